"""Every check of what a printed number can be at all, and how many numbers each has seen (chapter 90).

The audit's other checks compute a number again from others. These ask whether it can be what it is said to be: a
standard deviation of values between 0 and 1, a share of so many items, an F1 beside such an accuracy.
"""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd
from pandera.typing import DataFrame

from lib.core.schemas import Table
from lib.review.arithmetic import counts, dispersion, ordering
from lib.review.arithmetic.check import Row, Tables, score_cells

NAMES = {
    "score in its range": "scores",
    "± and mean": "±",
    "± of zeros and ones": "±",
    "granularity": "scores",
    "weighted and micro-F1": "scores",
    "macro-F1 and balanced accuracy": "scores",
}
"""The checks, and which printed numbers each is about."""
WHY_NOT = {
    "± of zeros and ones": "averages over regions, whose regions are checked",
    "granularity": "means over vendors or classes have no steps; elsewhere they are finer than the print",
    "weighted and micro-F1": "no other metric beside it that bounds it",
    "macro-F1 and balanced accuracy": "no other metric beside it that bounds it",
}
"""Why a check leaves numbers out."""


class ForensicCoverage(Table):
    """How many numbers of a table each check has seen."""

    check: str
    paper: str
    table: int
    deviation: str  # what ± is taken over by the paper's text; '' where none is printed
    printed: int  # scores or ± that the table prints
    checked: int  # of these; granularity counts a score's row, or all systems that share a test set as one
    flagged: int
    left_out: str  # why the others were


def rows(tables: Tables, statements: pd.DataFrame) -> Iterator[Row]:
    """All forensic checks. tables, statements: as in `lib.review.arithmetic.audit.audit`."""
    cells = list(score_cells(tables))
    yield from ordering.in_range(cells)
    yield from dispersion.spreads(cells)
    yield from dispersion.zeros_and_ones(cells)
    yield from ordering.weighted_and_micro(cells)
    yield from ordering.macro_and_balanced(cells)
    yield from counts.recalls(cells, tables)
    yield from counts.shares_of_images(cells, tables)
    yield from counts.accuracies(tables)
    yield from counts.shares_of_ads(tables, statements)


def coverage(checks: pd.DataFrame, tables: Tables) -> DataFrame[ForensicCoverage]:
    """A row a check and table that has such numbers. checks: of `lib.review.arithmetic.audit.audit`."""
    cells = pd.DataFrame(score_cells(tables))
    cells["±"] = cells["std"] != ""
    of_tables = checks["place"].str.extract(r"Table (\d+)")[0]
    found = []
    for name, kind in NAMES.items():
        seen = checks[checks["check"] == name].assign(table=of_tables)
        for (paper, table), group in cells.groupby(["paper", "table"], sort=False):
            printed = len(group) if kind == "scores" else int(group["±"].sum())
            rows_of = seen[(seen["paper"] == paper) & (seen["table"] == str(table))]
            over = dispersion.OVER.get((paper, table), "")
            flagged = int((rows_of["agrees"] == "no").sum())
            if printed:
                why = WHY_NOT.get(name, "") if len(rows_of) < printed else ""
                found.append((name, paper, table, over, printed, len(rows_of), flagged, why))
    return ForensicCoverage.validate(pd.DataFrame(found, columns=list(ForensicCoverage.to_schema().columns)))
