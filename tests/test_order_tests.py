"""lib.review.order_tests and analysis_plan: verdicts of orders, corrected by claim, and what was fixed beforehand."""

import os
from datetime import UTC, datetime, timedelta

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from statsmodels.stats.multitest import multipletests

from lib.core import published
from lib.core.errors import DataError
from lib.evaluation.intervals import holm_by_family
from lib.evaluation.power import Estimate
from lib.review import analysis_plan, claimed_orders, order_tests
from lib.runs import convergence

FIXED = "dc92d532815e518110fa12f6c41d888502b61baef53d853c4067f0aceab216be"
"""SHA-256 of the analysis plan: who changes the plan after large studies were run changes what it is worth."""


def rows(*claims, converged="yes"):
    return pd.DataFrame(
        {"claim": claims, "variant": "described", "place": "Table 2", "verdict": "not run", "converged": converged}
    )


@settings(max_examples=15, deadline=None)  # statsmodels collects garbage at each call
@given(st.lists(st.tuples(st.floats(0, 1) | st.just(np.nan), st.sampled_from("abc")), min_size=1))
def test_families_are_corrected_as_statsmodels_does(drawn):
    p, family = (pd.Series(list(column)) for column in zip(*drawn, strict=True))
    corrected = holm_by_family(p.astype(float), family)
    for name in family.unique():
        of_family = p[family == name].astype(float).dropna()
        if len(of_family):
            known = multipletests(of_family, method="holm")[1]
            np.testing.assert_allclose(corrected[of_family.index], known)
        assert corrected[(family == name) & p.isna()].isna().all()


@pytest.mark.parametrize(
    ("effect", "error", "expected"),
    [
        (0.2, 0.05, "supported"),
        (-0.2, 0.05, "reversed"),
        (0.001, 0.001, "equivalent"),
        (0.008, 0.0001, "supported"),  # decided, though within the margin
        (0.02, 0.05, "undecided"),
    ],
)
def test_verdicts(effect, error, expected):
    found = order_tests.judged(rows("A above B"), {0: Estimate(effect, error, 100)}, "Macro-F1").iloc[0]
    assert found["verdict"] == expected and found["low"] < effect < found["high"]
    unsettled = rows("A above B", converged="no")
    found = order_tests.judged(unsettled, {0: Estimate(effect, error, 100)}, "Macro-F1").iloc[0]
    assert found["verdict"] == "not converged" and found["ours"] == effect


def test_what_would_decide_it_is_said_of_the_effect_or_the_margin():
    both = {0: Estimate(0.02, 0.02, 50), 2: Estimate(0.0, 0.02, 50, 0.01, 4, 3)}
    found = order_tests.judged(rows("A above B", "C above D", "E above F"), both, "Macro-F1")
    first, second, third = (found.loc[place] for place in (0, 1, 2))
    assert second["verdict"] == "not run" and np.isnan(second["smallest"])
    assert first["smallest"] == pytest.approx(0.0572, abs=1e-3) and np.isnan(first["seeds_needed"])
    assert 300 < first["vendors_needed"] < 420
    assert third["vendors_needed"] == np.inf and third["seeds_needed"] == np.inf  # both are too few


def test_regions_of_one_claim_are_a_family():
    orders = [order.statement for task in ("identification", "verification") for order in claimed_orders.orders(task)]
    families = pd.Series({statement: analysis_plan.family(statement) for statement in orders})
    assert set(families) <= set(published.claims()["id"]), "an order that no claim reads"
    of_one = families[families == families.mode()[0]].index
    other = families[families != families.mode()[0]].index[0]
    same = {0: Estimate(1, 0.4, 99), 1: Estimate(1, 0.4, 99)}
    found = order_tests.judged(rows(of_one[0], other), same, "R-Precision@X")
    assert (found["p_holm"] == found["p"]).all()  # of two claims
    found = order_tests.judged(rows(of_one[0], of_one[1]), same, "R-Precision@X")
    assert (found["p_holm"] == 2 * found["p"]).all()


def test_the_plan_is_the_one_that_was_fixed():
    assert analysis_plan.digest() == FIXED
    assert set(analysis_plan.load().tests) <= set(published.claims()["id"])
    assert analysis_plan.load().late_fall == convergence.SETTLED
    with pytest.raises(DataError, match="no margin of 'Purity'"):
        analysis_plan.load().margin("Purity")


class Ran:
    """A study with one finished run."""

    def __init__(self, name, folder):
        self.name, self.folder, self.finished = name, folder, True
        (folder / "metrics.json").write_text("{}")

    def all_runs(self):
        return {"run": self}


def test_a_claim_follows_the_plan_or_it_is_said_why_not(tmp_path):
    claims = published.claims().head(3).copy()
    claims.loc[1, "argument"] = "something else"
    claims.loc[2, "id"] = "m999"
    study = Ran(analysis_plan.load().studies[0], tmp_path)
    after, before = (analysis_plan.load().fixed + timedelta(days=days) for days in (1, -1))
    os.utime(tmp_path / "metrics.json", (after.timestamp(),) * 2)
    assert list(analysis_plan.followed(claims, study).values()) == [
        "follows the plan",
        "its test was changed after the plan",
        "added after the plan",
    ]
    os.utime(tmp_path / "metrics.json", (before.timestamp(),) * 2)
    assert "before the plan was fixed" in analysis_plan.followed(claims, study)[claims["id"].iloc[0]]
    assert "isn't for" in analysis_plan.followed(claims, Ran("quick", tmp_path))[claims["id"].iloc[0]]
    assert analysis_plan.load().fixed <= datetime.now(UTC) + timedelta(days=1)
