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
from lib.evaluation.intervals import Score, holm_by_family
from lib.evaluation.power import Estimate
from lib.review import analysis_plan
from lib.review.verdicts import NOT_CONVERGED, ClaimVerdict
from lib.study.plan import Study


class TestedOrders(ClaimComparisons):
    """`ClaimComparisons`, and what the study could have shown. Tables of studies before the analysis plan lack it.

    p and the interval are over vendors and, of several seeds, over seeds too.
    """

    __test__ = False  # no tests of pytest's

    family: str | None  # the claim (id) whose comparisons are corrected together
    margin: float | None = pa.Field(nullable=True)  # within which a difference counts as none
    p_equivalent: float | None = pa.Field(nullable=True)  # of a difference outside the margin, corrected (Holm)
    vendor_error: float | None = pa.Field(nullable=True)  # standard error over vendors
    seed_error: float | None = pa.Field(nullable=True)  # over seeds; missing where one seed was trained
    seed_freedom: float | None = pa.Field(nullable=True)  # degrees of freedom of `seed_error`
    smallest: float | None = pa.Field(nullable=True)  # difference that would have been shown, 80 % power, corrected
    vendors_needed: float | None = pa.Field(nullable=True)  # to show the measured difference, or the margin if larger
    seeds_needed: float | None = pa.Field(nullable=True)  # of each side, with as many vendors


MEASURED = ["ours", "low", "high", "vendors", "p", "p_holm", "margin", "p_equivalent", "vendor_error", "seed_error"]
MEASURED += ["seed_freedom", "smallest", "vendors_needed", "seeds_needed"]
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
    sizes = measured.groupby(measured).transform("size")
    margin = planned.margin(metric)
    numbers = [_numbers(one, margin, sizes[place], planned) for place, one in estimates.items()]
    found = pd.DataFrame(numbers, index=measured.index, columns=[name for name in MEASURED if name != "p_holm"])
    found["p_holm"] = holm_by_family(found["p"], measured)
    found["p_equivalent"] = holm_by_family(found["p_equivalent"], measured)
    table.loc[found.index, MEASURED] = found[MEASURED]
    table.loc[found.index, "verdict"] = _verdicts(found, planned.level)
    open_ended = measured.index[table.loc[measured.index, "converged"].isin(["no", "not known"])]
    table.loc[open_ended, "verdict"] = NOT_CONVERGED
    return table


def _numbers(of: Estimate, margin: float, family: int, planned: analysis_plan.AnalysisPlan) -> dict[str, float]:
    """What a comparison alone says. family: how many are corrected together; sizes are by the first step of Holm's
    correction, which the others are never stricter than."""
    low, high = power.interval(of, planned.level)
    level, effect = planned.level / family, max(abs(of.effect), margin)
    return {
        "ours": of.effect,
        "low": low,
        "high": high,
        "vendors": of.vendors,
        "p": power.p_value(of),
        "margin": margin,
        "p_equivalent": power.p_equivalent(of, margin),
        "vendor_error": of.vendor_error,
        "seed_error": of.seed_error,
        "seed_freedom": of.seed_freedom,
        "smallest": power.smallest_effect(of, level, planned.power),
        "vendors_needed": power.vendors_needed(of, effect, level, planned.power),
        "seeds_needed": power.seeds_needed(of, effect, level, planned.power),
    }


def _verdicts(found: pd.DataFrame, level: float) -> np.ndarray:
    decided = found["p_holm"] < level
    return np.select(
        [decided & (found["ours"] > 0), decided & (found["ours"] < 0), found["p_equivalent"] < level],
        [ClaimVerdict.SUPPORTED, ClaimVerdict.REVERSED, ClaimVerdict.EQUIVALENT],
        ClaimVerdict.UNDECIDED,
    )
