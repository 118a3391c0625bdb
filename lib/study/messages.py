"""What pydantic finds wrong in a parameter file, in plain words that say what to give instead."""

from __future__ import annotations

import re
from collections.abc import Sequence

from pydantic_core import ErrorDetails

from lib.study.names import nearest

LONGEST = 60
"""Characters of a value that a message shows."""
_GIVE = {
    "string": "a text",
    "int": "a whole number (integer)",
    "float": "a number",
    "bool": "true or false",
    "list": "a list",
    "dict": "names with values below it",
    "model": "its fields below it",
}
"""What is asked for, by the first part of pydantic's name of an error (`string_type`, `int_from_float`, …)."""


def clause(error: ErrorDetails, where: str) -> str:
    """One of pydantic's errors as a clause: the place `where`, the value that is there, and what it may be."""
    message = error["msg"].removeprefix("Value error, ")
    if error["type"] == "value_error":  # of the schema's own checks, which say what to do
        return f"{where}: {message}" if where else message
    if error["input"] is None:
        return f"{where} is empty (null): give {_asked(error)}, or leave the line out"
    return f"{where} is {_quoted(error['input'])}: {_remedy(error, message)}"


def place(parts: Sequence[str | int]) -> str:
    """A value's place in a parameter file: `data.columns.text`."""
    return ".".join(map(str, parts))


def _asked(error: ErrorDetails) -> str:
    return _GIVE.get(error["type"].split("_")[0], "a value")


def _remedy(error: ErrorDetails, message: str) -> str:
    if error["type"] == "literal_error":
        return nearest(error["input"], re.findall(r"'([^']*)'", error["ctx"]["expected"]))
    if error["type"].split("_")[0] in _GIVE and error["type"].endswith(("_type", "_from_float", "_parsing")):
        return f"give {_asked(error)}"
    return f"it must {re.sub(r'^[A-Z][a-z]+ should ', '', message)}"


def _quoted(value: object) -> str:
    shown = repr(value)
    return shown if len(shown) <= LONGEST else f"{shown[: LONGEST - 3]}…"
