"""lib.review.study_size: what a study could have shown, and what larger ones would."""

import numpy as np
import pandas as pd
import pytest

from lib.core import published
from lib.evaluation.power import Estimate
from lib.pipeline import figure_power
from lib.review import order_tests, study_size

CLAIMS = published.claims().query("test == 'orders'").set_index("id")["argument"]


def judged(*estimates, seeds=3, printed=0.1):
    """Comparisons of one claim each, as chapters 30 and 31 have them."""
    names = [f"{argument}, South" for argument in CLAIMS.iloc[: len(estimates)]]
    rows = pd.DataFrame(
        {"claim": names, "variant": "described", "paper": printed, "seeds": seeds, "verdict": "not run"}
    )
    return order_tests.judged(rows.assign(converged="yes"), dict(enumerate(estimates)), "Macro-F1")


SMALL, LARGE = Estimate(0.05, 0.04, 30, 0.005, 4, 3), Estimate(0.5, 0.04, 30)


def test_a_comparison_has_what_it_could_have_shown_and_what_would_decide_it():
    sized = study_size.sizes(judged(SMALL, LARGE))
    assert list(sized["claim"]) == list(CLAIMS.index[:2]) and list(sized["verdict"]) == ["undecided", "supported"]
    small, large = sized.iloc[0], sized.iloc[1]
    assert small["se"] == pytest.approx(np.hypot(0.04, 0.005)) and large["se"] == 0.04
    assert small["vendors_printed"] < small["vendors_needed"] < small["vendors_margin"]
    assert large["vendors_needed"] < 30 and np.isnan(large["seeds_needed"])
    assert np.isinf(small["seeds_needed"])  # with thirty vendors no number of seeds would do


def test_larger_studies_show_smaller_differences():
    grown = study_size.at_sizes(judged(SMALL, LARGE), [1.0, 4.0, 100.0], seeds=5)
    of_small = grown[grown["comparison"].str.startswith(CLAIMS.iloc[0])]
    assert of_small["smallest"].is_monotonic_decreasing and list(of_small["seeds"]) == [5, 5, 5]
    assert list(of_small["vendors"]) == [30, 120, 3000] and list(of_small["shows_printed"]) == [False, True, True]
    counted = study_size.decided_at(grown)
    assert list(counted["comparisons"]) == [2, 2, 2] and counted["as printed"].is_monotonic_increasing


def test_curves_rise_and_know_of_seeds_only_where_there_are_several():
    drawn = study_size.curves(judged(SMALL, LARGE), (2, 5))
    assert set(drawn["seeds"]) == {0, 2, 5}
    for _, line in drawn.groupby(["comparison", "seeds"]):
        assert (line["power"].diff().dropna() > -1e-6).all() and line["power"].between(0, 1).all()
    few, many = (drawn.loc[drawn["seeds"] == seeds, "power"].to_numpy() for seeds in (2, 5))
    assert (many[3:] > few[3:]).all()
    figure = figure_power.curves(drawn, 30, {"South": 1450.0})
    assert len(figure.axes[0].lines) > 3
    assert figure_power.smallest(study_size.sizes(judged(SMALL, LARGE))).axes


def test_planners_see_how_differing_vendors_cost_vendors():
    planners = study_size.for_planners(judged(SMALL, LARGE)).set_index("of")
    assert list(planners.index) == ["least", "median", "greatest"]
    numbers = planners.drop(columns="sd")
    assert (numbers.diff(axis="columns").iloc[:, 1:] <= 0).all(axis=None)
    sd = 0.04 * np.sqrt(30)
    assert planners.loc["least", "sd"] == pytest.approx(sd)
    assert numbers.loc["least", "0.1"] == pytest.approx((2.8 * sd / 0.1) ** 2, rel=0.08)


def test_the_answer_counts_and_warns_of_one_seed():
    words = study_size.answer(study_size.sizes(judged(SMALL, LARGE)))
    assert "Of 2 comparisons that claims rest on, 1 are decided" in words and "one seed" not in words
    assert "one seed" in study_size.answer(study_size.sizes(judged(SMALL, LARGE, seeds=1)))
    nothing = judged().head(0)
    assert "No claimed order was run" in study_size.answer(study_size.sizes(nothing))
    assert study_size.curves(nothing, (2,)).empty and study_size.for_planners(nothing).empty
    assert study_size.decided_at(study_size.at_sizes(nothing, [1.0], 1)).empty


def test_the_figure_shows_one_region():
    names = ["A above B", "C above D, South", "C above D, Northeast"]
    shown = study_size.headline(pd.DataFrame({"comparison": names}))
    assert list(shown["comparison"]) == names[:2]
