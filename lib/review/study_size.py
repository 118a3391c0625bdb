"""How large must a study be? What each claimed order could have shown here, and what would decide it (chapter 37)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
import pandera.pandas as pa
from pandera.typing import DataFrame

from lib.core import published
from lib.core.schemas import Table
from lib.evaluation import power
from lib.evaluation.power import Estimate
from lib.review import analysis_plan
from lib.review.claimed_orders import REGIONS
from lib.review.order_tests import TestedOrders

COUNTS = np.unique(np.geomspace(4, 4000, 25).round())
"""Numbers of vendors that power is drawn at."""
DIFFERENCES = (0.01, 0.02, 0.05, 0.1, 0.2)
"""Differences that a planner may want to see, scores from 0 to 1."""


class StudySizes(Table):
    """A comparison that a claim rests on: what the study could have shown of it, and what would decide it.

    Power is 80 % at the level of the plan, corrected for the claim's comparisons. *vendors* without another word are
    those of the comparison: in retrieval those of one region that have documents and queries.
    """

    claim: str  # id in the ledger
    comparison: str
    variant: str
    verdict: str
    effect: float  # measured, in the score's unit
    printed: float = pa.Field(nullable=True)  # the papers' difference
    se: float = pa.Field(nullable=True)  # standard error, over seeds too where there are several
    vendors: float
    seeds: float
    family: int  # comparisons that are corrected together
    margin: float
    smallest: float = pa.Field(nullable=True)  # difference that this study would have shown
    vendors_needed: float = pa.Field(nullable=True)  # for the measured difference, or for the margin if that is larger
    vendors_printed: float = pa.Field(nullable=True)  # for the printed difference
    vendors_margin: float = pa.Field(nullable=True)  # for a difference of the margin, the smallest that counts
    seeds_needed: float = pa.Field(nullable=True)  # for the measured difference, with as many vendors


def _estimate(row: pd.Series) -> Estimate:
    return Estimate(
        row["ours"], row["vendor_error"], row["vendors"], row["seed_error"], row["seed_freedom"], row["seeds"]
    )


def _compared(judged: DataFrame[TestedOrders]) -> pd.DataFrame:
    rows = judged.dropna(subset=["vendor_error"]).reset_index(drop=True)
    return rows.assign(size=rows.groupby("family")["claim"].transform("size"))


def sizes(judged: DataFrame[TestedOrders]) -> DataFrame[StudySizes]:
    """A row a comparison that was run. judged: of `lib.review.claimed_orders.judged`, one task or both."""
    planned = analysis_plan.load()
    rows = []
    for _, row in _compared(judged).iterrows():
        known, level = _estimate(row), planned.level / row["size"]
        rows.append(
            {
                "claim": row["family"],
                "comparison": row["claim"],
                "printed": row["paper"],
                "effect": row["ours"],
                "se": known.error,
                "family": row["size"],
                "vendors_printed": (
                    power.vendors_needed(known, row["paper"], level, planned.power)
                    if np.isfinite(row["paper"])
                    else np.nan
                ),
                "vendors_margin": power.vendors_needed(known, row["margin"], level, planned.power),
                **row[
                    ["variant", "verdict", "vendors", "seeds", "margin", "smallest", "vendors_needed", "seeds_needed"]
                ],
            }
        )
    table: DataFrame[StudySizes] = pd.DataFrame(rows, columns=list(StudySizes.to_schema().columns))
    return table


def headline(sized: DataFrame[StudySizes]) -> pd.DataFrame:
    """The comparisons of identification, and of retrieval those of the region with most vendors: few enough to draw."""
    return sized[_is_headline(sized["comparison"])]


def _is_headline(comparisons: pd.Series) -> pd.Series:
    region = comparisons.astype(str).str.extract(rf", ({'|'.join(REGIONS)})$")[0]
    return region.isna() | (region == REGIONS[0])


def at_sizes(judged: DataFrame[TestedOrders], times: Sequence[float], seeds: int) -> pd.DataFrame:
    """What studies of `times` as many vendors would show, a row a comparison and size.

    Columns `comparison, times, vendors, seeds, smallest`, and whether a difference as printed (`shows_printed`, missing
    where none is) or as measured here (`shows_measured`) would be shown. The variance over seeds counts where it is
    known.
    """
    planned = analysis_plan.load()
    rows = []
    for _, row in _compared(judged).iterrows():
        known, level = _estimate(row), planned.level / row["size"]
        for factor in times:
            larger = known.resized(max(2.0, round(factor * known.vendors)), max(seeds, known.seeds))
            smallest = power.smallest_effect(larger, level, planned.power)
            rows.append(
                {
                    "comparison": row["claim"],
                    "times": factor,
                    "vendors": larger.vendors,
                    "seeds": larger.seeds,
                    "smallest": smallest,
                    "shows_printed": float(abs(row["paper"]) >= smallest) if np.isfinite(row["paper"]) else np.nan,
                    "shows_measured": abs(row["ours"]) >= smallest,
                }
            )
    columns = ["comparison", "times", "vendors", "seeds", "smallest", "shows_printed", "shows_measured"]
    return pd.DataFrame(rows, columns=columns)


def decided_at(grown: pd.DataFrame) -> pd.DataFrame:
    """How many comparisons a study of each size would decide: `times, comparisons, as printed, as measured, smallest`
    (its median); missing as printed where no comparison has a printed difference. grown: of `at_sizes`."""
    table = grown.groupby("times", as_index=False).agg(
        comparisons=("comparison", "size"),
        as_printed=("shows_printed", lambda shows: shows.sum(min_count=1)),
        as_measured=("shows_measured", "sum"),
        smallest=("smallest", "median"),
    )
    return table.rename(columns={"as_printed": "as printed", "as_measured": "as measured"})


def curves(judged: DataFrame[TestedOrders], seeds: Sequence[int]) -> pd.DataFrame:
    """Power against the number of vendors, for a true difference as printed, of the comparisons of `headline`.

    Columns `comparison, effect, seeds, vendors, power`; of one seed's comparisons vendors alone count, and `seeds` is
    then 0, not known.
    """
    planned = analysis_plan.load()
    rows = []
    compared = _compared(judged).dropna(subset=["paper"])
    for _, row in compared[_is_headline(compared["claim"])].iterrows():
        known, level = _estimate(row), planned.level / row["size"]
        for count in seeds if known.seed_error > 0 else (0,):
            powers = [
                power.power(known.resized(vendors, count or known.seeds), row["paper"], level) for vendors in COUNTS
            ]
            rows.append(
                pd.DataFrame(
                    {
                        "comparison": row["claim"],
                        "effect": row["paper"],
                        "seeds": count,
                        "vendors": COUNTS,
                        "power": powers,
                    }
                )
            )
    columns = ["comparison", "effect", "seeds", "vendors", "power"]
    return pd.concat(rows, ignore_index=True) if rows else pd.DataFrame(columns=columns)


def for_planners(judged: DataFrame[TestedOrders]) -> pd.DataFrame:
    """Vendors that show a difference, by how much vendors differ: for those who plan a study of their own.

    A row for the least, the median and the greatest standard deviation over vendors of the comparisons here (`of`,
    `sd`), with a column for each of DIFFERENCES; one comparison, no correction, so many seeds that theirs don't matter.
    """
    rows = _compared(judged)
    spreads = rows["vendor_error"] * np.sqrt(rows["vendors"])
    columns = ["of", "sd", *(f"{difference:g}" for difference in DIFFERENCES)]
    if rows.empty:
        return pd.DataFrame(columns=columns)
    table = []
    for name, share in (("least", 0.0), ("median", 0.5), ("greatest", 1.0)):
        spread = float(spreads.quantile(share))
        one = Estimate(0.0, spread / np.sqrt(2), 2)
        table.append((name, spread, *(power.vendors_needed(one, difference) for difference in DIFFERENCES)))
    return pd.DataFrame(table, columns=columns)


def answer(sized: DataFrame[StudySizes]) -> str:
    """What this study could show and what would decide the rest, as Markdown."""
    if sized.empty:
        return "No claimed order was run in this study."
    open_ended = sized[sized["verdict"].isin(["undecided", "not converged"])]
    decided = len(sized) - len(open_ended)
    counts, shown = sized["vendors"], sized["smallest"]
    words = [
        f"**Of {len(sized)} comparisons that claims rest on, {decided} are decided.** With {counts.min():.0f} to "
        f"{counts.max():.0f} vendors and {_count(sized['seeds'].min(), 'seed')} a side at least, a difference of "
        f"{shown.median():.2f} (median; least {shown.min():.2f}, greatest {shown.max():.2f}) would have been shown in "
        "four studies of five."
    ]
    with_print = sized.dropna(subset=["printed"])
    too_small = (with_print["printed"].abs() < with_print["smallest"]).sum()
    words.append(f"{too_small} of {len(with_print)} printed differences are smaller than what could be shown here.")
    if len(open_ended):
        own = published.regions()["vendors"]["south"]
        enough = (open_ended["vendors_needed"] <= own).sum()
        words.append(
            f"Of the {len(open_ended)} that are open, {enough} would be decided by as many vendors as MATCHED has in "
            f"its South region ({own:,}), if the differences are what was measured here (at least the margin)."
        )
    if sized["seeds"].min() < 2:
        words.append(
            "Where a trained side has one seed, its variance over seeds isn't known: the figures are then for these "
            "trainings alone, and too hopeful for others."
        )
    return " ".join(words)


def _count(number: float, what: str) -> str:
    return f"{number:.0f} {what}" + ("s" if number != 1 else "")
