"""The one exception that speaks to the user."""


class DataError(Exception):
    """Bad input. The message is one paragraph: what is wrong, where (file, row, column), what to do."""
