"""Identification scores, bootstrap intervals and region averages."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import balanced_accuracy_score, f1_score

from lib.evaluation import identification, retrieval, verification
from lib.evaluation.intervals import difference


@settings(deadline=None, max_examples=40)
@given(st.integers(0, 2**31), st.integers(2, 60), st.integers(2, 12))
def test_shares_sum_to_scikit_learns_scores(seed, items, vendors):
    rng = np.random.default_rng(seed)
    truth, predicted = rng.integers(0, vendors, items), rng.integers(0, vendors, items)
    expected = {
        "Balanced accuracy": balanced_accuracy_score(truth, predicted),
        **{
            f"{name.capitalize()}-F1": f1_score(truth, predicted, average=name, zero_division=0)
            for name in ("weighted", "micro", "macro")
        },
    }
    for metric, parts in identification.shares(truth, predicted).items():
        assert parts["top"].sum() / parts["bottom"].sum() == pytest.approx(expected[metric]), metric
    table = identification.scores(truth, predicted, draws=50).set_index("metric")
    assert table["mean"].to_dict() == pytest.approx(expected)


def test_interval_holds_the_score_and_narrows_with_vendors():
    def width(vendors):
        rng = np.random.default_rng(3)
        truth = np.repeat(np.arange(vendors), 6)
        wrong = rng.random(len(truth)) < 0.4
        row = (
            identification.scores(truth, np.where(wrong, rng.permutation(truth), truth), 400)
            .set_index("metric")
            .loc["Macro-F1"]
        )
        assert row["low"] < row["mean"] < row["high"]
        return row["high"] - row["low"]

    assert width(300) < width(20) / 2


def frame(values):
    return pd.DataFrame({"top": values, "bottom": np.ones(len(values))})


def test_a_planted_difference_is_found_and_a_null_is_not():
    rng = np.random.default_rng(0)
    base = rng.random(200)
    assert difference(frame(base + 0.1), frame(base))["direction"] == "higher"
    assert difference(frame(base), frame(base + 0.1))["direction"] == "lower"
    assert difference(frame(base), frame(rng.permutation(base)))["direction"] == "undecided"


def test_nulls_are_declared_different_about_as_often_as_promised():
    rng = np.random.default_rng(1)
    wrong = sum(
        difference(frame(rng.normal(size=60)), frame(rng.normal(size=60)), 200)["direction"] != "undecided"
        for _ in range(200)
    )
    assert 2 <= wrong <= 24  # 5 % of 200, with room for chance and a bootstrap of few vendors


def embedded(regions=("south", "midwest", "west", "northeast")):
    rng = np.random.default_rng(5)
    parts = []
    for place, region in enumerate(regions):
        vendors = np.repeat(np.arange(place * 4, place * 4 + 12), 8)
        parts.append(
            pd.DataFrame({"region": region, "vendor": vendors, "part": np.tile(["train"] * 5 + ["test"] * 3, 12)})
        )
    items = pd.concat(parts, ignore_index=True)
    centres = rng.normal(size=(40, 6))
    return items, centres[items["vendor"]] + rng.normal(size=(len(items), 6))


def test_verification_agrees_with_evaluate_and_averages_regions():
    items, vectors = embedded()
    table = verification.table(verification.scores(items, vectors), draws=100)
    for region in items["region"].unique():
        here = (items["region"] == region).to_numpy()
        test, train = here & (items["part"] == "test"), here & (items["part"] == "train")
        plain = retrieval.evaluate(vectors[test], items["vendor"][test], vectors[train], items["vendor"][train])
        ours = table[table["region"] == region].set_index("metric")
        for row in plain.itertuples():
            assert (ours.loc[row.metric, "mean"], ours.loc[row.metric, "std"]) == pytest.approx((row.mean, row.std))
            assert ours.loc[row.metric, "queries"] == row.queries and ours.loc[row.metric, "vendors"] == row.vendors
    wide = table.pivot(index="metric", columns="region", values="mean")
    assert wide["OOD"].to_numpy() == pytest.approx(wide[["midwest", "west", "northeast"]].mean(axis=1).to_numpy())
    assert wide["ZS"].to_numpy() == pytest.approx(
        wide[["south", "midwest", "west", "northeast"]].mean(axis=1).to_numpy()
    )
    assert ((table["low"] <= table["mean"]) & (table["mean"] <= table["high"])).all()


def test_an_average_needs_all_its_regions():
    items, vectors = embedded(("south", "west"))
    scored = verification.scores(items, vectors)
    table = verification.table(scored, draws=10, regions=("south", "midwest", "west", "northeast"))
    assert set(table["region"]) == {"south", "west"}


def test_averages_are_over_the_regions_that_there_are():
    items, vectors = embedded(("bern", "genf", "south"))
    table = verification.table(verification.scores(items, vectors), draws=10, trained_on="genf")
    wide = table.pivot(index="metric", columns="region", values="mean")
    assert wide["OOD"].to_numpy() == pytest.approx(wide[["bern", "south"]].mean(axis=1).to_numpy())
    assert wide["ZS"].to_numpy() == pytest.approx(wide[["bern", "genf", "south"]].mean(axis=1).to_numpy())


def test_one_region_has_no_other():
    items, vectors = embedded(("bern",))
    table = verification.table(verification.scores(items, vectors), draws=10, trained_on="bern")
    assert set(table["region"]) == {"bern", "ZS"}


def test_a_region_without_queries_has_no_row():
    items, vectors = embedded(("south", "west"))
    items.loc[items["region"] == "west", "part"] = "train"
    assert set(verification.scores(items, vectors)["region"]) == {"south"}
