"""The figure of a claim's page: what the paper prints beside what was measured, a row a comparison, drawn as SVG.

It is written by a template (site/claim.svg) and not by matplotlib: a hundred of them take a second, letters stay
letters, and colours follow the page's theme. Alone in a file it has the colours of a light page.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from markupsafe import Markup
from matplotlib.ticker import MaxNLocator
from scipy.stats import norm

from lib.pipeline import solutions
from lib.pipeline.claim_tables import Evidence
from lib.pipeline.report import NEUTRAL, OURS, THEIRS
from lib.review.verdicts import AS_PRINTED, NOT_RUN

NAN = float("nan")
HALF = float(norm.ppf(0.975))
"""Half the width of a 95 % interval, in standard errors."""
WIDTH, MARGIN = 480, 14
"""Of the drawing and beside its scale, in pixels of a phone; a wide page shows it larger."""
LINE, LETTERS = 15, 66
"""Height of a line of words in pixels, and how many letters it holds."""
MOST = 24
"""Printed differences that a figure still shows."""
_KINDS = {"paper": False, "ours": True}
_SCORES = {"claims_identification": "macro-F1", "claims_verification": "R-Precision"}


class Mark(NamedTuple):
    """A number with its 95 % interval (NaN where there is none) in the unit of the claim's test. name: in words."""

    ours: bool
    value: float
    low: float = NAN
    high: float = NAN
    name: str = ""

    @property
    def words(self) -> str:
        between = f" ({self.low:+.3g} to {self.high:+.3g})" if self.has_interval else ""
        return f"{self.name or ('ours' if self.ours else 'paper')} {self.value:+.3g}{between}"

    @property
    def has_interval(self) -> bool:
        return bool(np.isfinite([self.low, self.high]).all())


class Row(NamedTuple):
    """A comparison with what is known of it. label: what is compared, and what it came to."""

    label: str
    marks: tuple[Mark, ...]


def rows(claim: Evidence) -> list[Row]:
    """What a claim's figure shows: comparisons, printed differences, else its effect; none where nothing has a number.

    A row of a comparison has the printed difference, with the interval that its standard error gives at a correlation
    of 0.5 where `printed_error.csv` has it, and ours.
    """
    found = [row for name in _SCORES if name in claim.behind for row in _comparisons(claim, claim.behind[name])]
    found = found or list(_losses(claim)) or list(_scores(claim)) or list(_errors(claim))
    if not found:
        measured = claim.row["verdict"] not in AS_PRINTED  # or worked out from what is printed
        found = [Row("effect", (Mark(measured, *(claim.row[name] for name in ("effect", "low", "high"))),))]
    drawn = [Row(row.label, tuple(mark for mark in row.marks if np.isfinite(mark.value))) for row in found]
    return [row for row in drawn if row.marks]


def axis(claim: Evidence) -> str:
    """What the figure's scale is of."""
    score = next((score for name, score in _SCORES.items() if name in claim.behind), "")
    if score:
        return f"difference of {score}"
    if claim.test == "interval":
        _, _, score, level, _ = claim.argument.split(";")
        return f"{score} less {level}" if float(level) else score
    return "fall of AUC, in points" if claim.test == "falls" else "effect, in the unit of the test"


def margin(claim: Evidence) -> float:
    """Within how much of 0 a difference counts as none; NaN where the study's tables have no margin."""
    margins = [table["margin"].max() for name, table in claim.behind.items() if name in _SCORES and "margin" in table]
    return float(max(margins, default=NAN))


def _comparisons(claim: Evidence, table: pd.DataFrame) -> Iterator[Row]:
    for row in _run(table).to_dict("records"):
        compared = row["claim"].removeprefix(claim.argument).strip(" ,")  # all of it where the argument is several
        label = ", ".join(filter(None, [compared, row["variant"]])) or "difference"
        errors = claim.errors[[_same(row["claim"], error) for error in claim.errors.itertuples()]]
        printed = _printed(row["paper"], errors["se_5"].iloc[0] if len(errors) else NAN)
        yield Row(f"{label}: {row['verdict']}", (printed, Mark(True, row["ours"], row["low"], row["high"])))


def _run(table: pd.DataFrame) -> pd.DataFrame:
    """The comparisons without variants that were not run; of those that were run in none, one row."""
    ran = table["verdict"] != NOT_RUN
    none_ran = ~ran.groupby(table["claim"]).transform("any") & ~table.duplicated("claim")
    return table.assign(variant=table["variant"].where(ran, "") if "variant" in table else "")[ran | none_ran]


def _same(comparison: str, error: Any) -> bool:
    """Whether a row of `printed_error.csv` is about a comparison, whose name may end in its region, the split."""
    return comparison.lower() in (error.statement.lower(), f"{error.statement}, {error.split}".lower())


def _printed(difference: float, se: float) -> Mark:
    return Mark(False, difference, difference - HALF * se, difference + HALF * se)


def _losses(claim: Evidence) -> Iterator[Row]:
    """Falls of AUC by loss, as printed of both data sets and ours."""
    for row in claim.behind.get("hotel_falls", pd.DataFrame()).to_dict("records"):
        printed = [Mark(False, row[name], name=f"paper, {name}") for name in ("Hotels-50K", "Hotel-ID") if name in row]
        label = f"{row['loss']}: {row['verdict']}"
        yield Row(label, (*printed, Mark(True, row["fall"], row["low"], row["high"])))


def _scores(claim: Evidence) -> Iterator[Row]:
    """Scores of the test `interval` less the level that they are tested against."""
    if claim.test != "interval" or not claim.behind:
        return
    [table], (_, _, score, level, _) = claim.behind.values(), claim.argument.split(";")
    names = [name for name in ("system", "modality", "metric", "loss", "region", "asking") if name in table]
    ends = [f"{score}_{end}" if f"{score}_{end}" in table else end for end in ("low", "high")]
    for row in table.to_dict("records"):
        value, low, high = (row[name] - float(level) for name in (score, *ends))
        yield Row(", ".join(str(row[name]) for name in names), (Mark(True, value, low, high),))


def _errors(claim: Evidence) -> Iterator[Row]:
    """Printed differences alone; more than MOST are left to the table."""
    for error in claim.errors.to_dict("records") if len(claim.errors) <= MOST else ():
        label = ", ".join(filter(None, [error["statement"], error["split"], error.get("basis")]))
        yield Row(label, (_printed(error["difference"], error["se_5"]),))


def words(shown: Sequence[Row]) -> str:
    """A figure in words, with its numbers."""
    return ". ".join(f"{row.label}: {'; '.join(mark.words for mark in row.marks)}" for row in shown)


def drawn(shown: Sequence[Row], title: str, of: str, margin: float = NAN) -> Markup:
    """The figure as an SVG element on one line. title: what it shows; of: what its scale is of; margin: of a band
    around 0."""
    numbers = np.array([0.0, *(number for row in shown for mark in row.marks for number in mark[1:4])])
    ticks = MaxNLocator(5, steps=[1, 2, 2.5, 5, 10]).tick_values(*_ends(numbers[np.isfinite(numbers)]))
    left, right, banded = ticks[0], ticks[-1], bool(np.isfinite(margin))

    def x(value: float) -> float:
        return round(MARGIN + (WIDTH - 2 * MARGIN) * (value - left) / (right - left), 1)

    laid, y = [], 2 * LINE
    for row in shown:
        lines = textwrap.wrap(row.label, LETTERS) or [""]
        labels = [{"y": y + LINE * (number + 1), "words": line} for number, line in enumerate(lines)]
        y += LINE * len(lines) + 2
        marks = []
        for mark in row.marks:
            y += 12
            ends = (x(mark.low), x(mark.high)) if mark.has_interval else None
            marks.append({"ours": mark.ours, "x": x(mark.value), "y": y, "ends": ends, "words": mark.words})
        laid.append({"labels": labels, "marks": marks})
        y += 8
    svg = _TEMPLATE.render(
        title=title,
        words=words(shown) + (f". Shaded: the margin of {margin:g} within which a difference counts as none" * banded),
        band=(x(max(left, -margin)), x(min(right, margin))) if banded else None,
        margin=f"{margin:g}",
        rows=laid,
        ticks=[{"x": x(tick), "words": f"{tick:g}"} for tick in np.round(ticks, 10)],
        zero=x(0),
        bottom=y,
        width=WIDTH,
        axis=of,
        colours={"ours": OURS, "paper": THEIRS, "line": NEUTRAL},
        kinds={kind: any(mark.ours == ours for row in shown for mark in row.marks) for kind, ours in _KINDS.items()},
    )
    return Markup(" ".join(svg.split()))  # no line of it is blank, at which Markdown would end it


def _ends(numbers: np.ndarray) -> tuple[float, float]:
    """The least and the greatest number; a scale that has a length also where all are 0."""
    low, high = float(numbers.min()), float(numbers.max())
    return (low, high) if low < high else (low - 1, high + 1)


_TEMPLATE = solutions.template("claim.svg")
