"""lib.insights: scores over what vendors are like, and whether confused vendors are one entity."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from made_up_runs import fusion, text, vision
from sklearn.metrics import f1_score

from lib import insights, results
from lib.ads import Ads


def an_ads_table():
    rows = [(0, "south", 1, 0), (1, "south", 1, 1), (2, "south", 2, 2), (3, "west", 1, 3)]
    frame = pd.DataFrame(rows, columns=["ad", "region", "vendor", "text"])
    pairs = frame.merge(pd.DataFrame({"ad": [0, 0, 1, 2, 3], "image": [0, 1, 1, 2, 3]}))
    return Ads(frame, pairs, ["a", "b", "c", "d"], [Path(f"{n}.jpg") for n in range(4)], ["x", "y", "z"], "f" * 64)


def test_factors_count_what_a_vendor_has_in_a_region():
    table = insights.factors(an_ads_table(), ["Bay", "Fern", "", "Bay"], np.array([True, False, True, False]))
    found = table.set_index(["region", "vendor"])
    assert found.loc[("south", 1)].tolist() == [2, 2, 1, 1]  # ads, names, with a face, without
    assert found.loc[("south", 2)].tolist() == [1, 0, 1, 0] and found.loc[("west", 1)].tolist() == [1, 1, 0, 1]


def test_what_is_not_known_is_no_column():
    assert list(insights.factors(an_ads_table(), [], None)) == ["region", "vendor", "ads"]


def test_identification_by_vendor_is_scikit_learns(measured):
    found = measured(text("ce+supcon"), vision("ce+supcon"), fusion("ce+supcon", wrong=0.1))
    table = insights.identified(found)
    [run] = found.find("joint", "CE+SupCon")
    told = results.predictions(run)
    here = table[table["system"] == "Multimodal"].set_index("vendor")
    expected = f1_score(told["truth"], told["predicted"], average=None, labels=here.index)
    np.testing.assert_allclose(here["F1"], expected)
    right = (told["truth"] == told["predicted"]).sum()
    assert here["true"].sum() == right and here["false"].sum() == len(told) - right
    assert set(table["system"]) == {"Text", "Vision", "Multimodal"}


def test_retrieval_has_the_papers_five_readings(measured):
    found = measured(text("ce+supcon"), vision("ce+supcon"), fusion("ce+supcon"))
    table = insights.retrieved(found)
    assert list(dict.fromkeys(table["system"])) == ["Text", "Vision", "Multimodal", "M-Text", "M-Vision"]
    assert set(table["region"]) == {"south", "midwest", "west", "northeast"}


def test_bins_hold_enough_vendors_and_their_means():
    generator = np.random.default_rng(0)
    table = pd.DataFrame({"ads": generator.integers(1, 60, 90), "F1": generator.random(90)})
    bins = insights.binned(table, "ads", "F1", draws=200)
    assert bins["vendors"].sum() == 90 and bins["vendors"].min() >= 5
    assert np.average(bins["mean"], weights=bins["vendors"]) == pytest.approx(table["F1"].mean())
    assert ((bins["low"] < bins["mean"]) & (bins["mean"] < bins["high"])).all()
    assert insights.binned(table.head(4), "ads", "F1").empty


def test_the_smoothed_line_is_a_mean_of_thirty_neighbours():
    table = pd.DataFrame({"ads": np.arange(100)[::-1], "F1": np.arange(100.0)})
    line = insights.smoothed(table, "ads", "F1")
    assert line["ads"].is_monotonic_increasing
    assert line["smoothed"].iloc[50] == pytest.approx(np.mean(99.0 - np.arange(35, 65)))


def test_confused_pairs_are_counted_whichever_asks():
    vendors = np.array([1, 2, 2, 1, 3])
    asked = pd.DataFrame({"query": [0, 1, 4], "document": [1, 3, 2], "right": False, "similarity": [0.9, 0.7, 0.8]})
    pairs = insights.confused(asked, vendors)
    assert pairs[["one", "other", "links"]].to_numpy().tolist() == [[1, 2, 2], [2, 3, 1]]
    assert pairs["similarity"].tolist() == pytest.approx([0.8, 0.8])


def test_evidence_is_found_where_it_was_planted_and_not_elsewhere():
    pairs = pd.DataFrame({"one": [0, 2, 4], "other": [1, 3, 5]})
    numbers = {
        vendor: {f"own {vendor}", f"pair {vendor // 2}"} if vendor < 6 else {f"own {vendor}"} for vendor in range(20)
    }
    alone = {vendor: {f"own {vendor}"} for vendor in range(20)}
    table = insights.evidence(pairs, {"planted": numbers, "none": alone}).set_index("evidence")
    assert table.loc["planted", "sharing"] == 3 and table.loc["planted", "p"] < 0.001
    assert table.loc["none", "sharing"] == 0 and table.loc["none", "p"] == 1.0


@pytest.mark.parametrize(("apart", "least", "most"), [(0.0, 0.95, 1.0), (50.0, 0.2, 0.8)])
def test_labels_of_one_vendor_are_found_by_likeness_if_they_are_alike(apart, least, most):
    """Ten vendors of two labels each; `apart` moves each label to a place of its own."""
    generator = np.random.default_rng(4)
    labels = np.repeat(np.arange(20), 6)
    vendors = labels // 2
    points = generator.normal(size=(10, 16))[vendors] + apart * generator.normal(size=(20, 16))[labels]
    found = insights.one_entity(points + 0.1 * generator.normal(size=points.shape), labels, vendors, draws=50)
    assert found["labels"] == 20 and found["pairs"] == 190 and found["split"] == 10
    assert least <= found["auroc"] <= most and found["low"] <= found["auroc"] <= found["high"]


def test_without_a_split_vendor_there_is_nothing_to_test():
    found = insights.one_entity(np.eye(6), np.arange(6), np.arange(6), draws=5)
    assert found["split"] == 0 and np.isnan(found["auroc"])


def test_a_panel_shows_what_is_known_of_its_factor():
    scored = pd.DataFrame(
        {"region": "south", "vendor": [1, 2], "system": "Vision", "ads": [3, 4], "faces": [1, 2], "MRR@10": [0.5, 1.0]}
    )
    queries = pd.DataFrame(
        {"region": ["south", "south", "south", "west"], "vendor": [1, 1, 2, 1], "system": "Vision-Face", "faces": [1, 1, 2, 9],
         "face": [True, True, False, True], "MRR@10": [0.2, 0.4, 0.9, 1.0]}
    )  # fmt: skip
    assert insights.of_factor(scored, queries, "ads", "MRR@10") is scored
    assert insights.of_factor(scored, None, "faces", "MRR@10") is None
    assert insights.of_factor(scored, queries, "names", "MRR@10") is None
    shown = insights.of_factor(scored, queries, "faces", "MRR@10")
    assert shown.to_dict("records") == [
        {"system": "Vision-Face", "vendor": 1, "faces": 1, "MRR@10": pytest.approx(0.3)}
    ]


def test_each_system_has_points_and_a_line():
    table = pd.DataFrame({"system": np.repeat(["Text", "Vision"], 20), "ads": np.tile(np.arange(20), 2), "F1": 0.5})
    drawn = insights.over(table, "ads", "F1", ["Text", "Vision", "Multimodal"], draws=20)
    assert list(drawn) == ["Text", "Vision"] and all(len(points) and len(line) == 20 for points, line in drawn.values())
