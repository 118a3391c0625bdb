"""lib.review.vendor_analysis: scores over what vendors are like, and whether confused vendors are one entity."""

from pathlib import Path

import nbformat
import numpy as np
import pandas as pd
import pytest
from made_up_runs import fusion, image, text
from sklearn.metrics import f1_score

from lib.data.ads import Ads
from lib.review import vendor_analysis
from lib.runs import results

NOTEBOOKS = Path(__file__).parents[1] / "notebooks"


def an_ads_table():
    rows = [(0, "south", 1, 0), (1, "south", 1, 1), (2, "south", 2, 2), (3, "west", 1, 3)]
    frame = pd.DataFrame(rows, columns=["ad", "region", "vendor", "text"])
    pairs = frame.merge(pd.DataFrame({"ad": [0, 0, 1, 2, 3], "image": [0, 1, 1, 2, 3]}))
    return Ads(frame, pairs, ["a", "b", "c", "d"], [Path(f"{n}.jpg") for n in range(4)], ["x", "y", "z"], "f" * 64)


def test_factors_count_what_a_vendor_has_in_a_region():
    table = vendor_analysis.factors(an_ads_table(), ["Bay", "Fern", "", "Bay"], np.array([True, False, True, False]))
    found = table.set_index(["region", "vendor"])
    assert found.loc[("south", 1)].tolist() == [2, 2, 1, 1]  # ads, names, with a face, without
    assert found.loc[("south", 2)].tolist() == [1, 0, 1, 0] and found.loc[("west", 1)].tolist() == [1, 1, 0, 1]


def test_what_is_not_known_is_no_column():
    assert list(vendor_analysis.factors(an_ads_table(), [], None)) == ["region", "vendor", "ads"]


def test_identification_by_vendor_is_scikit_learns(measured):
    found = measured(text("ce+supcon"), image("ce+supcon"), fusion("ce+supcon", wrong=0.1))
    table = vendor_analysis.identified(found)
    [run] = found.find("multimodal", "CE+SupCon")
    told = results.predictions(run)
    here = table[table["system"] == "Multimodal"].set_index("vendor")
    expected = f1_score(told["truth"], told["predicted"], average=None, labels=here.index)
    np.testing.assert_allclose(here["F1"], expected)
    right = (told["truth"] == told["predicted"]).sum()
    assert here["true"].sum() == right and here["false"].sum() == len(told) - right
    assert set(table["system"]) == {"Text", "Vision", "Multimodal"}


def test_retrieval_has_the_papers_five_readings(measured):
    found = measured(text("ce+supcon"), image("ce+supcon"), fusion("ce+supcon"))
    table = vendor_analysis.retrieved(found)
    assert list(dict.fromkeys(table["system"])) == ["Text", "Vision", "Multimodal", "M-Text", "M-Vision"]
    assert set(table["region"]) == {"south", "midwest", "west", "northeast"}


def test_bins_hold_enough_vendors_and_their_means():
    generator = np.random.default_rng(0)
    table = pd.DataFrame({"ads": generator.integers(1, 60, 90), "F1": generator.random(90)})
    bins = vendor_analysis.binned(table, "ads", "F1", draws=200)
    assert bins["vendors"].sum() == 90 and bins["vendors"].min() >= 5
    assert np.average(bins["mean"], weights=bins["vendors"]) == pytest.approx(table["F1"].mean())
    assert ((bins["low"] < bins["mean"]) & (bins["mean"] < bins["high"])).all()
    assert vendor_analysis.binned(table.head(4), "ads", "F1").empty


def test_the_smoothed_line_is_a_mean_of_thirty_neighbours():
    table = pd.DataFrame({"ads": np.arange(100)[::-1], "F1": np.arange(100.0)})
    line = vendor_analysis.smoothed(table, "ads", "F1")
    assert line["ads"].is_monotonic_increasing
    assert line["smoothed"].iloc[50] == pytest.approx(np.mean(99.0 - np.arange(35, 65)))


def test_confused_pairs_are_counted_whichever_asks():
    vendors = np.array([1, 2, 2, 1, 3])
    asked = pd.DataFrame({"query": [0, 1, 4], "document": [1, 3, 2], "right": False, "similarity": [0.9, 0.7, 0.8]})
    pairs = vendor_analysis.confused(asked, vendors)
    assert pairs[["one", "other", "links"]].to_numpy().tolist() == [[1, 2, 2], [2, 3, 1]]
    assert pairs["similarity"].tolist() == pytest.approx([0.8, 0.8])


def test_evidence_is_found_where_it_was_planted_and_not_elsewhere():
    pairs = pd.DataFrame({"one": [0, 2, 4], "other": [1, 3, 5]})
    numbers = {
        vendor: {f"own {vendor}", f"pair {vendor // 2}"} if vendor < 6 else {f"own {vendor}"} for vendor in range(20)
    }
    alone = {vendor: {f"own {vendor}"} for vendor in range(20)}
    table = vendor_analysis.evidence(pairs, {"planted": numbers, "none": alone}).set_index("evidence")
    assert table.loc["planted", "sharing"] == 3 and table.loc["planted", "p"] < 0.001
    assert table.loc["none", "sharing"] == 0 and table.loc["none", "p"] == 1.0


@pytest.mark.parametrize(("apart", "least", "most"), [(0.0, 0.95, 1.0), (50.0, 0.2, 0.8)])
def test_labels_of_one_vendor_are_found_by_likeness_if_they_are_alike(apart, least, most):
    """Ten vendors of two labels each; `apart` moves each label to a place of its own."""
    generator = np.random.default_rng(4)
    labels = np.repeat(np.arange(20), 6)
    vendors = labels // 2
    points = generator.normal(size=(10, 16))[vendors] + apart * generator.normal(size=(20, 16))[labels]
    found = vendor_analysis.one_entity(points + 0.1 * generator.normal(size=points.shape), labels, vendors, draws=50)
    assert found["labels"] == 20 and found["pairs"] == 190 and found["split"] == 10
    assert least <= found["auroc"] <= most and found["low"] <= found["auroc"] <= found["high"]


def test_without_a_split_vendor_there_is_nothing_to_test():
    found = vendor_analysis.one_entity(np.eye(6), np.arange(6), np.arange(6), draws=5)
    assert found["split"] == 0 and np.isnan(found["auroc"]) and found["told"] == "undecided"
    none = vendor_analysis.one_entity(np.empty((0, 6)), np.empty(0, int), np.empty(0, int), draws=5)
    assert none["pairs"] == 0 and none["told"] == "undecided"


@pytest.mark.parametrize(("vendors", "expected"), [(10, "yes"), (4, "undecided")])
def test_too_few_split_vendors_decide_nothing(vendors, expected):
    generator = np.random.default_rng(1)
    labels = np.repeat(np.arange(2 * vendors), 6)
    points = generator.normal(size=(vendors, 16))[labels // 2] + 0.1 * generator.normal(size=(len(labels), 16))
    found = vendor_analysis.one_entity(points, labels, labels // 2, draws=50)
    assert found["split_vendors"] == vendors and found["auroc"] > 0.95 and found["told"] == expected


def test_what_training_told_is_not_taken_for_a_finding():
    """The two labels of a vendor are alike where a system was told so, and nowhere else."""
    items = pd.DataFrame({"vendor": np.repeat(np.arange(40), 12)})
    items["region"] = np.where(items["vendor"] < 20, "south", "west")
    items.loc[items.index % 12 > 8, "region"] = "west"  # vendors of the south post elsewhere, too
    label, vendors, told = np.arange(len(items)) // 6, items["vendor"].to_numpy(), {"all": [], "never told": []}
    asking = vendor_analysis.never_told(items, "south")
    assert set(vendors[asking]) == set(range(20, 40)) and set(items["region"][asking]) == {"west"}
    for seed in range(10):
        generator = np.random.default_rng(seed)
        learnt, own = generator.normal(size=(40, 16))[vendors], generator.normal(size=(80, 16))[label]
        points = np.where((vendors < 20)[:, None], learnt, own) + 0.1 * generator.normal(size=own.shape)
        for name, rows in {"all": np.full(len(items), True), "never told": asking}.items():
            told[name].append(vendor_analysis.one_entity(points[rows], label[rows], vendors[rows], draws=100)["told"])
    assert told["all"] == ["yes"] * 10 and told["never told"].count("yes") <= 1


def panel(rise, vendors=60, seed=0):
    generator = np.random.default_rng(seed)
    ads = generator.permutation(vendors) + 1
    return pd.DataFrame({"ads": ads, "MRR@10": rise * ads / vendors + generator.random(vendors)})


def test_smoothing_is_judged_by_what_chance_would_do():
    alone = pd.DataFrame({"ads": [1] * 40, "MRR@10": np.linspace(0, 1, 40)})
    panels = {("south", "MRR@10", "ads"): panel(1.0), ("west", "MRR@10", "ads"): alone}
    panels |= {(f"null {number}", "MRR@10", "ads"): panel(0.0, seed=number) for number in range(30)}
    table = vendor_analysis.smoothing(panels).set_index("region")
    assert table.loc["south", "decided"] == vendor_analysis.DECIDED
    assert table.loc["west", "decided"] == vendor_analysis.NOTHING and table.loc["west", "means"] == 1
    assert np.isnan(table.loc["west", "span"]) and table.loc["west", "smoothed"] > 0
    assert set(table["decided"].drop(["south", "west"])) == {vendor_analysis.OPEN}
    binned = vendor_analysis.binned(panels["south", "MRR@10", "ads"], "ads", "MRR@10", draws=5)["mean"]
    line = vendor_analysis.smoothed(panels["south", "MRR@10", "ads"], "ads", "MRR@10")["smoothed"]
    assert table.loc["south", "span"] == pytest.approx(binned.max() - binned.min())
    assert table.loc["south", "smoothed"] == pytest.approx(line.max() - line.min())


def test_scores_that_are_all_equal_differ_by_nothing():
    level = pd.DataFrame({"ads": np.arange(40), "MRR@10": 1.0})
    assert vendor_analysis.smoothing({("south", "MRR@10", "ads"): level})["p"].item() == 1.0
    assert vendor_analysis.smoothing({}).empty and vendor_analysis.by_region(vendor_analysis.smoothing({})).empty


def test_panels_are_summed_up_by_region():
    rows = [
        ("south", "MRR@10", "ads", "yes", 0.5),
        ("south", "F1", "names", "yes", 0.4),
        ("south", "F1", "ads", "no", 0.2),
    ]
    rows += [("west", "F1", "ads", "nothing to compare", 0.3), ("west", "F1", "names", "no", 0.1)]
    panels = pd.DataFrame(rows, columns=["region", "metric", "factor", "decided", "smoothed"])
    found = vendor_analysis.by_region(panels).set_index("region")
    assert found.loc["south", ["panels", "decided", "open", vendor_analysis.NOTHING]].tolist() == [3, 2, 1, 0]
    assert found.loc["west", ["panels", "decided", "open", vendor_analysis.NOTHING]].tolist() == [2, 0, 1, 1]
    assert found["differ over"].tolist() == ["MRR@10: ads; F1: names", ""]
    assert found["line moves"].tolist() == [0.2, 0.3]


def test_factors_that_grow_together_are_told():
    known = pd.DataFrame({"region": "south", "ads": range(1, 9), "names": [1] * 7 + [2], "faces": range(8, 0, -1)})
    known = pd.concat([known, known.head(4).assign(region="west")])
    [found] = vendor_analysis.growing_together(known).to_dict("records")
    assert found["region"] == "south" and found["vendors"] == 8 and found["faces"] == pytest.approx(-1)
    assert 0 < found["names"] < 1


def asked_of_pictures(seed=0, better=0.0):
    """Forty vendors with six queries each, half of which show a face; `better`: what a face adds."""
    generator = np.random.default_rng(seed)
    face = np.tile([True, False], 120)
    score = generator.random(240) + better * face
    queries = {"region": "south", "vendor": np.arange(240) // 6, "system": "Vision-Face", "face": face}
    return pd.DataFrame({**queries, "MRR@10": score, "R-Precision@X": generator.random(240)})


def test_a_detector_that_sees_nothing_hides_what_faces_do():
    true = asked_of_pictures(better=1.0)
    blind = true.assign(face=np.random.default_rng(1).random(240) < 0.5)
    gaps = vendor_analysis.parting_gaps(blind, true, draws=200).set_index(["metric", "compared"])["direction"]
    assert gaps["MRR@10", "faces less none, by the truth"] == "higher"
    assert gaps["MRR@10", "faces less none, by the detector"] == "undecided"
    assert gaps["MRR@10", "detector less truth, faces"] == "lower"
    assert gaps["MRR@10", "detector less truth, no faces"] == "higher"
    assert set(gaps["R-Precision@X"]) == {"undecided"}
    assert set(vendor_analysis.parting_gaps(true, true, draws=200)["compared"]) == set(gaps["MRR@10"].index)
    alone = true[true["face"]]
    assert set(vendor_analysis.parting_gaps(alone, alone, draws=200)["compared"]) == {"detector less truth, faces"}


def test_scores_of_both_partings_have_intervals():
    true = asked_of_pictures(better=1.0)
    table = vendor_analysis.partings({"by MTCNN": true.assign(face=True), "by the truth": true}, draws=200)
    assert len(table) == 6 and ((table["low"] < table["mean"]) & (table["mean"] < table["high"])).all()
    row = table[(table["parting"] == "by the truth") & table["face"] & (table["metric"] == "MRR@10")].iloc[0]
    expected = true[true["face"]].groupby("vendor")["MRR@10"].mean().mean()
    assert row["mean"] == pytest.approx(expected) and row["vendors"] == 40 and row["queries"] == 120


def test_errors_of_a_detector_are_counted_with_their_intervals():
    vendors, true = np.arange(200) // 10, np.arange(200) % 2 == 0
    detected = true & (np.arange(200) % 4 == 0)
    table = vendor_analysis.detector_errors(vendors, detected, true, draws=200).set_index("what")
    assert table["wrong"].to_dict() == {"all pictures": 50, "faces missed": 50, "faces made up": 0}
    assert table.loc["faces missed", "share"] == 0.5 and table.loc["faces made up", "high"] == 0
    assert table.loc["all pictures", "low"] < 0.25 < table.loc["all pictures", "high"]


@pytest.mark.parametrize("chapter", ["32_known_and_new_vendors", "33_insights", "34_knowledge_graph", "36_one_ad"])
def test_every_figure_says_from_which_runs_it_came(chapter):
    cells = nbformat.read(NOTEBOOKS / f"{chapter}.ipynb", 4).cells
    drawn = [cell for cell in cells if "save_figure(" in cell.source or "interactive.network(" in cell.source]
    assert drawn
    for cell in drawn:
        assert "results.sources(" in cell.source or "no run is behind" in cell.source, cell.id


def test_a_panel_shows_what_is_known_of_its_factor():
    scored = pd.DataFrame(
        {"region": "south", "vendor": [1, 2], "system": "Vision", "ads": [3, 4], "faces": [1, 2], "MRR@10": [0.5, 1.0]}
    )
    queries = pd.DataFrame(
        {"region": ["south", "south", "south", "west"], "vendor": [1, 1, 2, 1], "system": "Vision-Face", "faces": [1, 1, 2, 9],
         "face": [True, True, False, True], "MRR@10": [0.2, 0.4, 0.9, 1.0]}
    )  # fmt: skip
    assert vendor_analysis.of_factor(scored, queries, "ads", "MRR@10") is scored
    assert vendor_analysis.of_factor(scored, None, "faces", "MRR@10") is None
    assert vendor_analysis.of_factor(scored, queries, "names", "MRR@10") is None
    shown = vendor_analysis.of_factor(scored, queries, "faces", "MRR@10")
    assert shown.to_dict("records") == [
        {"system": "Vision-Face", "vendor": 1, "faces": 1, "MRR@10": pytest.approx(0.3)}
    ]


def test_each_system_has_points_and_a_line():
    table = pd.DataFrame({"system": np.repeat(["Text", "Vision"], 20), "ads": np.tile(np.arange(20), 2), "F1": 0.5})
    drawn = vendor_analysis.over(table, "ads", "F1", ["Text", "Vision", "Multimodal"], draws=20)
    assert list(drawn) == ["Text", "Vision"] and all(len(points) and len(line) == 20 for points, line in drawn.values())
