"""Tests of orders: is one system above another, equivalent to it, or is that not decided, and what would decide it.

Each difference is tested over vendors and seeds (`lib.evaluation.power`), by the margins and families of the analysis
plan (`lib.review.analysis_plan`).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
import pandas as pd
import pandera.pandas as pa
from pandera.typing import DataFrame

from lib.core.schemas import ClaimComparisons
from lib.evaluation import power
from lib.evaluation.intervals import Score, holm
from lib.evaluation.power import Estimate
from lib.review import analysis_plan
from lib.review.verdicts import NOT_CONVERGED, ClaimVerdict
from lib.study.plan import Study


class TestedOrders(ClaimComparisons):
    """`ClaimComparisons`, and what the study could have shown. Tables of studies before the analysis plan lack it.

    p and the interval are over vendors and, of several seeds, over seeds too.
    """

    __test__ = False  # no tests of pytest's

    family: str | None  # the comparisons that are corrected together: a claim's
    margin: float | None = pa.Field(nullable=True)  # within which a difference counts as none
    p_equivalent: float | None = pa.Field(nullable=True)  # of a difference outside the margin, corrected (Holm)
    vendor_error: float | None = pa.Field(nullable=True)  # standard error over vendors
    seed_error: float | None = pa.Field(nullable=True)  # over seeds; missing where one seed was trained
    smallest: float | None = pa.Field(nullable=True)  # difference that would have been shown, 80 % power, corrected
    vendors_needed: float | None = pa.Field(nullable=True)  # to show the measured difference, or the margin if larger
    seeds_needed: float | None = pa.Field(nullable=True)  # of each side, with as many vendors


MEASURED = ["ours", "low", "high", "vendors", "p", "p_holm", "margin", "p_equivalent", "vendor_error", "seed_error"]
MEASURED += ["smallest", "vendors_needed", "seeds_needed"]
"""The columns of `TestedOrders` that a comparison of scores fills in."""


class Pair(NamedTuple):
    """The scores of both sides of an order, and which of them were trained."""

    better: Score
    worse: Score
    trained: tuple[bool, bool] = (True, True)


def tested(rows: pd.DataFrame, pairs: Mapping[int, Pair], study: Study, metric: str) -> DataFrame[TestedOrders]:
    """`rows` with what the comparison of their pairs says.

    rows: columns of `ClaimComparisons` with an index from 0, those without a pair with their verdict. pairs: by index.
    metric: that the scores are of, for the margin. verdict: *supported* or *reversed* where p_holm is below the level
    of the plan, *equivalent* where p_equivalent is and that isn't, else *undecided*; *not converged* where a side
    hadn't.
    """
    estimates = {
        place: power.estimate(pair.better, pair.worse, study.bootstrap, study.split.seed, pair.trained)
        for place, pair in pairs.items()
    }
    return judged(rows, estimates, metric)


def judged(rows: pd.DataFrame, estimates: Mapping[int, Estimate], metric: str) -> DataFrame[TestedOrders]:
    """As `tested`, from estimates of the differences, by index of `rows`."""
    planned = analysis_plan.load()
    table: DataFrame[TestedOrders] = rows.reindex(columns=list(TestedOrders.to_schema().columns))
    table = table.astype(dict.fromkeys(MEASURED, float))
    table["family"] = table["claim"].map(analysis_plan.family)
    measured = table.loc[list(estimates), "family"]
    for family in measured.unique():
        places = list(measured.index[measured == family])
        of_family = [estimates[place] for place in places]
        found = _of_family(of_family, planned.margin(metric), planned).set_index(pd.Index(places))
        table.loc[places, [*MEASURED, "verdict"]] = found
    open_ended = measured.index[table.loc[measured.index, "converged"].isin(["no", "not known"])]
    table.loc[open_ended, "verdict"] = NOT_CONVERGED
    return table


def _of_family(estimates: list[Estimate], margin: float, planned: analysis_plan.AnalysisPlan) -> pd.DataFrame:
    """The tests of comparisons that are corrected together, a row each."""
    level = planned.level / len(estimates)  # the first step of Holm, which the others are never stricter than
    effects = [max(abs(one.effect), margin) for one in estimates]
    intervals = np.array([power.interval(one, planned.level) for one in estimates])
    table = pd.DataFrame(
        {
            "ours": [one.effect for one in estimates],
            "low": intervals[:, 0],
            "high": intervals[:, 1],
            "vendors": [one.vendors for one in estimates],
            "p": [power.p_value(one) for one in estimates],
            "margin": margin,
            "vendor_error": [one.vendor_error for one in estimates],
            "seed_error": [one.seed_error for one in estimates],
            "smallest": [power.smallest_effect(one, level, planned.power) for one in estimates],
            "vendors_needed": [
                power.vendors_needed(one, effect, level, planned.power)
                for one, effect in zip(estimates, effects, strict=True)
            ],
            "seeds_needed": [
                power.seeds_needed(one, effect, level, planned.power)
                for one, effect in zip(estimates, effects, strict=True)
            ],
        }
    )
    table["p_holm"] = holm(table["p"].astype(float))
    table["p_equivalent"] = holm(np.array([power.p_equivalent(one, margin) for one in estimates]))
    decided = table["p_holm"] < planned.level
    table["verdict"] = np.select(
        [decided & (table["ours"] > 0), decided & (table["ours"] < 0), table["p_equivalent"] < planned.level],
        [ClaimVerdict.SUPPORTED, ClaimVerdict.REVERSED, ClaimVerdict.EQUIVALENT],
        ClaimVerdict.UNDECIDED,
    )
    return table
