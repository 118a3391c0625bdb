"""Fixtures that several files of tests share."""

from made_up_runs import measured  # noqa: F401
