"""What a test of a claim gives (`Finding`), the tables that it reads, and one verdict of several differences."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd

from lib.core import tables as read_back
from lib.core import yaml_files
from lib.evaluation import power
from lib.evaluation.intervals import holm_by_family
from lib.review import analysis_plan
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
    smallest: the effect that the study would have shown in each open comparison (80 % power, corrected); times_needed:
    how many times as many vendors (or what else was drawn) would decide them all, if effects are as measured, or as
    large as the margin where that is larger; vendors_needed, seeds_needed: the same as numbers, where known.
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
    smallest: float = np.nan
    times_needed: float = np.nan
    vendors_needed: float = np.nan
    seeds_needed: float = np.nan


def absent(table: str) -> Finding:
    why = f"chapter {CHAPTERS[table]} or its runs are not in this study"
    return Finding(ClaimVerdict.NOT_TESTABLE_HERE, why, chapter=CHAPTERS[table])


def combined(rows: pd.DataFrame, table: str, what: str, metric: str = "share", drawn: str = "vendors") -> Finding:
    """One verdict of several differences that a claim says are above 0.

    rows: `value, low, high`; with `p` where they are corrected together (Holm) or `p_holm` where they were, with the
    columns of `lib.review.order_tests.TestedOrders` where these are known, and `seeds` and runs (columns that end in
    `run`). effect: the mean, from the lowest to the highest end of the intervals. metric: whose margin in the analysis
    plan is that of equivalence; drawn: what more of would decide it.
    """
    rows = rows.dropna(subset=["low", "high"]).reset_index(drop=True)
    if rows.empty:
        return absent(table)
    planned, count = analysis_plan.load(), len(rows)
    sized = _sized(rows, planned.margin(metric))
    unsettled = rows["converged"].isin(["no", "not known"]) if "converged" in rows else pd.Series(False, rows.index)
    if unsettled.any():
        what += f" ({int(unsettled.sum())} of {count} of runs that hadn't converged, which decide nothing)"
    decided = (sized["p_holm"] < planned.level) & ~unsettled
    above, below = (rows["low"] > 0) & decided, (rows["high"] < 0) & decided
    alike = (sized["p_equivalent"] < planned.level) & ~unsettled & ~above & ~below
    still_open = ~(above | below | alike)
    finding = Finding(
        _verdict(int(above.sum()), int(below.sum()), int(alike.sum()), count),
        f"{what}: above in {above.sum()}, below in {below.sum()}, "
        + (f"equivalent in {alike.sum()}, " if alike.any() else "")
        + f"undecided in {still_open.sum()} of {count}",
        effect=float(rows["value"].mean()),
        low=float(rows["low"].min()),
        high=float(rows["high"].max()),
        seeds=rows["seeds"].min() if "seeds" in rows else np.nan,
        chapter=CHAPTERS[table],
        runs=[run for column in rows if column.endswith("run") for run in rows[column].dropna() if run],
    )
    if still_open.any():
        _say(finding, sized[still_open], drawn)
    return finding


def say_what_would_decide(finding: Finding, rows: pd.DataFrame, metric: str, drawn: str = "vendors") -> None:
    """Add to a finding that is undecided what its comparisons (as for `combined`) would take."""
    rows = rows.dropna(subset=["low", "high"]).reset_index(drop=True)
    if len(rows):
        _say(finding, _sized(rows, analysis_plan.load().margin(metric)), drawn)


def _sized(rows: pd.DataFrame, margin: float) -> pd.DataFrame:
    """What each difference could have been shown to be: `p_holm, p_equivalent` (corrected for the rows), `smallest,
    times, vendors_needed, seeds_needed`. Of intervals alone, by the normal distribution that they would be of."""
    planned, names = analysis_plan.load(), ["vendors_needed", "seeds_needed"]
    known = [power.from_interval(*ends) for ends in rows[["value", "low", "high"]].to_numpy(float)]
    level = planned.level / len(rows)
    sized = pd.DataFrame({"p_equivalent": [power.p_equivalent(one, margin) for one in known]}, rows.index)
    if "smallest" in rows:
        sized = rows[["p_equivalent", "smallest", *names]].assign(times=rows["vendors_needed"] / rows["vendors"])
    else:
        sized["smallest"] = [power.smallest_effect(one, level, planned.power) for one in known]
        sized["times"] = (sized["smallest"] / rows["value"].abs().clip(lower=margin)) ** 2
        sized[names] = np.nan
    one_family = pd.Series(0, rows.index)
    if "smallest" not in rows:
        sized["p_equivalent"] = holm_by_family(sized["p_equivalent"], one_family)
    if "p" in rows:
        return sized.assign(p_holm=holm_by_family(rows["p"], one_family))
    return sized.assign(p_holm=rows.get("p_holm", 0.0))


def _verdict(above: int, below: int, alike: int, count: int) -> ClaimVerdict:
    """Of so many comparisons decided for a claim, against it, or as equivalent."""
    if above == count:
        return ClaimVerdict.SUPPORTED
    if below == count:
        return ClaimVerdict.REVERSED
    if alike == count:
        return ClaimVerdict.EQUIVALENT
    if below or (above and above + alike == count):
        return ClaimVerdict.NOT_SUPPORTED
    return ClaimVerdict.PARTLY_SUPPORTED if above else ClaimVerdict.UNDECIDED


def _say(finding: Finding, sized: pd.DataFrame, drawn: str) -> None:
    finding.smallest, finding.times_needed = float(sized["smallest"].max()), float(sized["times"].max(skipna=False))
    finding.vendors_needed = float(sized["vendors_needed"].max(skipna=False))
    finding.seeds_needed = float(sized["seeds_needed"].max(skipna=False))
    ends = [f"{end:.2g}" for end in (sized["smallest"].min(), finding.smallest) if np.isfinite(end)]
    if ends:
        finding.why += f"; could have shown {' to '.join(dict.fromkeys(ends))}"
    if np.isfinite(finding.vendors_needed):
        finding.why += f"; {finding.vendors_needed:,.0f} {drawn} would decide what is open"
    elif np.isfinite(finding.times_needed):
        times = f"{finding.times_needed:,.{0 if finding.times_needed >= 10 else 1}f}"
        finding.why += f"; {times} times as many {drawn} would decide what is open"


def of_sameness(finding: Finding) -> Finding:
    """What tests say of a claim that there is no difference: equivalence supports it, differences speak against it."""
    if finding.verdict is ClaimVerdict.EQUIVALENT:
        finding.verdict = ClaimVerdict.SUPPORTED
    elif finding.verdict is ClaimVerdict.UNDECIDED:
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
