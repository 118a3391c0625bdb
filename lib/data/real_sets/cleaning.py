"""How a real set is cleaned, step by step, with the rows before and after each step; and which works are kept.

Every step is seeded or has one outcome, so that each machine keeps the same works.
"""

from __future__ import annotations

import pandas as pd
from pandera.typing import DataFrame

from lib.core.errors import DataError
from lib.core.schemas import Table

FEWEST, MOST, SEED = 5, 60, 1111
"""Works of an author that is kept, works of one author at most, and the seed of the choice."""
KNOWN = 0.75
"""Share of the authors that a study may train on; the others are new to it."""


class CleaningSteps(Table):
    """What each step of cleaning left: `about/cleaning.csv`."""

    step: str
    why: str
    before: int  # rows
    after: int  # rows


class Steps:
    """A list of the steps that were taken."""

    def __init__(self) -> None:
        self._rows: list[tuple[str, str, int, int]] = []

    def note(self, step: str, why: str, before: int, after: int) -> None:
        """Note a step by its numbers of rows."""
        self._rows.append((step, why, before, after))

    def keep(self, table: pd.DataFrame, kept: pd.Series, step: str, why: str) -> pd.DataFrame:
        """The rows that are kept, numbered anew; the step is noted."""
        left = table[kept.to_numpy(bool)].reset_index(drop=True)
        self.note(step, why, len(table), len(left))
        return left

    def table(self) -> DataFrame[CleaningSteps]:
        """All steps in their order."""
        return CleaningSteps.validate(pd.DataFrame(self._rows, columns=["step", "why", "before", "after"]))


def distinct(table: pd.DataFrame, key: str, author: str) -> tuple[pd.Series, pd.Series]:
    """Which rows of a table are the first with their `key` (bool), and whose key one author alone has (bool).

    A work that stands under two authors can't be attributed to either.
    """
    first = ~table.duplicated(key)
    alone = table.groupby(key)[author].transform("nunique") == 1
    return first, alone


def chosen(table: pd.DataFrame, author: str, steps: Steps, unit: str = "") -> pd.DataFrame:
    """The rows of authors with FEWEST works or more, and MOST of each at most, drawn by SEED.

    unit: a column; authors need FEWEST different values of it instead of FEWEST rows. Raises DataError when fewer than
    two authors are left.
    """
    grouped = table.groupby(author)[unit or author]
    counts = grouped.transform("nunique" if unit else "size")
    what = f"values of {unit}" if unit else "works"
    table = steps.keep(table, counts >= FEWEST, f"authors with {FEWEST} {what} or more", "fewer can't be split")
    if table[author].nunique() < 2:
        raise DataError(f"After cleaning fewer than two authors have {FEWEST} {what}: there is nothing to tell apart.")
    order = table.sample(frac=1, random_state=SEED).groupby(author).cumcount().sort_index()
    return steps.keep(table, order < MOST, f"at most {MOST} of an author", "one author would outweigh the others")


def shares(authors: pd.Series) -> pd.Series:
    """For each row `known` or `new`: KNOWN of the authors (names, in their order), drawn by SEED, are known."""
    unique = pd.Series(sorted(authors.unique()))
    known = set(unique.sample(frac=KNOWN, random_state=SEED))
    return authors.map(lambda author: "known" if author in known else "new")
