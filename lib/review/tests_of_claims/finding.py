"""What a test of a claim gives (`Finding`), the tables that it reads, and one verdict of several differences."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd

from lib.core import tables as read_back
from lib.core import yaml_files
from lib.review.tests_of_claims.schemas import SCHEMAS
from lib.review.verdicts import ClaimVerdict

CHAPTERS = {
    table: chapter
    for chapter, written in yaml_files.read(Path(__file__).with_suffix(".yaml"), "expected are chapters").items()
    for table in written
}
"""Which chapter writes the tables that claims are tested on."""
COMPARISONS = ("claims_identification", "claims_verification")
"""The tables of `lib.review.claimed_orders`."""


class StudyTables(dict[str, pd.DataFrame | None]):
    """A study's tables by name, read when they are first asked for; one that its chapters didn't write is None."""

    def __init__(self, folder: Path, given: Mapping[str, pd.DataFrame] | None = None) -> None:
        super().__init__(given or {})
        self.folder = folder

    def __missing__(self, name: str) -> pd.DataFrame | None:
        path = self.folder / f"{name}.csv"
        if not path.exists():
            self[name] = None
        elif name in SCHEMAS:
            self[name] = read_back.read(path, SCHEMAS[name], f"Run chapter {CHAPTERS[name]} again.")
        else:
            self[name] = read_back.chapter(path)
        return self[name]


@dataclass
class Finding:
    """A verdict with its reason.

    why: what it was read from. effect: in the unit of the test, with `low` and `high` where there is an interval.
    chapter: where that stands. protocol: of the split, if not the study's. runs: folders behind it.
    """

    verdict: ClaimVerdict
    why: str
    effect: float = np.nan
    low: float = np.nan
    high: float = np.nan
    seeds: float = np.nan
    chapter: str = ""
    protocol: str = ""
    runs: list[str] = field(default_factory=list)


def absent(table: str) -> Finding:
    why = f"chapter {CHAPTERS[table]} or its runs are not in this study"
    return Finding(ClaimVerdict.NOT_TESTABLE_HERE, why, chapter=CHAPTERS[table])


def combined(rows: pd.DataFrame, table: str, what: str) -> Finding:
    """One verdict of several differences that a claim says are above 0.

    rows: `value, low, high`; with `p_holm` where they were corrected together, and `seeds` and runs (columns that end
    in `run`) where known. effect: the mean, from the lowest to the highest end of the intervals.
    """
    rows = rows.dropna(subset=["low", "high"])
    if rows.empty:
        return absent(table)
    decided = rows["p_holm"] < 0.05 if "p_holm" in rows else pd.Series(True, rows.index)
    unsettled = rows["converged"].isin(["no", "not known"]) if "converged" in rows else pd.Series(False, rows.index)
    decided &= ~unsettled
    count = len(rows)
    above, below = int(((rows["low"] > 0) & decided).sum()), int(((rows["high"] < 0) & decided).sum())
    if unsettled.any():
        what += f" ({int(unsettled.sum())} of {count} of runs that hadn't converged, which decide nothing)"
    if above == count:
        verdict = ClaimVerdict.SUPPORTED
    elif below:
        verdict = ClaimVerdict.REVERSED if below == count else ClaimVerdict.NOT_SUPPORTED
    else:
        verdict = ClaimVerdict.PARTLY_SUPPORTED if above else ClaimVerdict.UNDECIDED
    return Finding(
        verdict,
        f"{what}: above in {above}, below in {below}, undecided in {count - above - below} of {count}",
        effect=float(rows["value"].mean()),
        low=float(rows["low"].min()),
        high=float(rows["high"].max()),
        seeds=rows["seeds"].min() if "seeds" in rows else np.nan,
        chapter=CHAPTERS[table],
        runs=[run for column in rows if column.endswith("run") for run in rows[column].dropna() if run],
    )


def of_sameness(finding: Finding) -> Finding:
    """What intervals say of a claim that there is no difference: differences speak against it, none proves nothing."""
    if finding.verdict is ClaimVerdict.UNDECIDED:
        finding.why += ". No difference was shown, which is no proof of sameness"
    elif finding.verdict is not ClaimVerdict.NOT_TESTABLE_HERE:
        finding.verdict = ClaimVerdict.NOT_SUPPORTED
        finding.why += ". Differences were shown"
    return finding


def apart(
    one: pd.Series, other: pd.Series, score: str = "mean", low: str = "low", high: str = "high"
) -> dict[str, float]:
    """One score less another as `value, low, high`, from their 95 % intervals: decided only where these are apart.

    That is cautious: the interval of a difference is narrower than the sum of two.
    """
    return {
        "value": float(one[score] - other[score]),
        "low": float(one[low] - other[high]),
        "high": float(one[high] - other[low]),
    }
