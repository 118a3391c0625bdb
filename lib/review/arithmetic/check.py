"""One check: a printed number beside the same number computed from others, under one or several readings.

The plain reading comes first. Where it fails others are tried, and the one that fits is named as a likely cause.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from fractions import Fraction
from typing import NamedTuple

import pandas as pd

from lib.data.ads import REGIONS
from lib.review.arithmetic.rounding import Range

Tables = Mapping[tuple[str, int], pd.DataFrame]
"""(paper, number) -> a transcribed table, its cells as they are printed."""
LABELS = ("seed", "group", "system", "objective", "fusion", "modality", "vendors", "dataset")
"""Columns of a published table that say what a row is about."""
EVERY = tuple(name.title() for name in REGIONS)
"""MATCHED's regions as its tables name them."""
OTHERS = tuple(name for name in EVERY if name != "South")
"""The regions that were not trained on."""
NO_FIT = "no reading fits"
RELATIONS: Mapping[str, Callable[[Range, Range], bool]] = {
    "repeated": Range.same,
    "text: cell": Range.same,
    "text: at least": lambda printed, computed: printed.high >= computed.low,
    "text: at most": lambda printed, computed: printed.low <= computed.high,
    "text: fewer": lambda printed, computed: printed.low < computed.high,
}
"""How a printed number must stand to the computed one, by check; in every other check they must meet."""


SCALES: Mapping[str, Fraction] = {
    **dict.fromkeys(("MRR@10", "R-Precision@X", "Macro-F1@X"), Fraction(1)),
    **dict.fromkeys(("Balanced accuracy", "Weighted-F1", "Micro-F1", "Macro-F1", "Faces"), Fraction(1)),
    **dict.fromkeys(("R@1", "AUC"), Fraction(100)),
}
"""The metrics that lie between 0 and 1, and what their print is divided by to do so."""


class Cell(NamedTuple):
    """A printed score between 0 and 1."""

    paper: str
    table: int
    row: str
    about: str  # system, objective, …
    metric: str
    split: str  # '' where the table has none
    mean: str  # as printed
    std: str  # what follows ±; '' where nothing does

    @property
    def scale(self) -> Fraction:
        """What the print is divided by."""
        return SCALES[self.metric]

    @property
    def score(self) -> Range:
        """All scores, from 0 to 1, that the print may stand for."""
        return Range.of(self.mean, self.scale)

    @property
    def place(self) -> str:
        return f"Table {self.table}, row {self.row}"

    @property
    def what(self) -> str:
        return " ".join(filter(None, (self.about, self.metric, self.split)))


def score_cells(tables: Tables) -> Iterator[Cell]:
    """Every printed score of SCALES, table by table; the spread over seeds (Table 3) is none."""
    for (paper, number), table in tables.items():
        table = table[table["metric"].isin(SCALES) & (table["mean"] != "")]
        labels = [name for name in LABELS if name in table]
        for row in table.to_dict("records"):
            if row.get("seed") != "Std":
                about = " ".join(row[name] for name in labels if row[name])
                spread, split = row.get("std", ""), row.get("split", "")
                yield Cell(paper, number, row["row"], about, row["metric"], split, row["mean"], spread)


class Row(NamedTuple):
    """A row of the audit."""

    check: str  # which kind
    paper: str
    place: str
    what: str
    printed: str
    recomputed: float
    difference: float
    agrees: str  # yes or no
    reading: str  # what fits, or the plain reading


def check(
    name: str,
    paper: str,
    place: str,
    what: str,
    printed: str,
    readings: Mapping[str, Range],
    scale: Fraction = Fraction(1),
    otherwise: str = NO_FIT,
    shown_as: Fraction | None = None,
) -> Row:
    """A row of the audit. It agrees if the plain reading, the first of `readings`, fits.

    `reading` is then the plain reading's name; else `fits: …` with the first other reading that fits; else `otherwise`.
    name: which kind of check; scale: what the printed number is divided by; shown_as: the recomputed value, if not the
    middle of the plain reading's range.
    """
    shown = Range.of(printed, scale)
    (plain, computed), *others = readings.items()
    value = computed.middle if shown_as is None else shown_as
    agrees = RELATIONS.get(name, Range.meets)(shown, computed)
    fits = next((reading for reading, other in others if shown.meets(other)), "")
    reading = plain if agrees else f"fits: {fits}" if fits else otherwise
    difference = float((shown.middle - value) * scale)
    return Row(name, paper, place, what, printed, float(value * scale), difference, "yes" if agrees else "no", reading)
