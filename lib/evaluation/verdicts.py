"""Verdicts of comparisons, as tables and CSV files spell them."""

from __future__ import annotations

from enum import StrEnum


class Direction(StrEnum):
    """How a score compares with another one."""

    HIGHER = "higher"
    LOWER = "lower"
    UNDECIDED = "undecided"


class Separation(StrEnum):
    """Whether a score separates two groups better than chance (`REVERSED`: worse than chance)."""

    YES = "yes"
    REVERSED = "reversed"
    UNDECIDED = "undecided"
