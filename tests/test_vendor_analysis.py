"""lib.review.vendor_analysis: scores over what vendors are like."""

from pathlib import Path

import nbformat
import numpy as np
import pandas as pd
import pytest
from made_up_runs import fusion, image, text
from sklearn.metrics import f1_score

from lib.data.ads import Ads
from lib.review import vendor_analysis
from lib.review.vendor_analysis import Panel
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


def panel(rise, vendors=60, seed=0, region="south"):
    generator = np.random.default_rng(seed)
    ads = generator.permutation(vendors) + 1
    return shown_panel(region, pd.DataFrame({"ads": ads, "MRR@10": rise * ads / vendors + generator.random(vendors)}))


def shown_panel(region, table):
    return Panel(region, "MRR@10", "ads", table.assign(system="Multimodal"), {})


def test_smoothing_is_judged_by_what_chance_would_do():
    alone = pd.DataFrame({"ads": [1] * 40, "MRR@10": np.linspace(0, 1, 40)})
    panels = [panel(1.0), shown_panel("west", alone)]
    panels += [panel(0.0, seed=number, region=f"null {number}") for number in range(30)]
    table = vendor_analysis.smoothing(panels, "Multi").set_index("region")
    assert table.loc["south", "decided"] == vendor_analysis.DECIDED
    assert table.loc["west", "decided"] == vendor_analysis.NOTHING and table.loc["west", "means"] == 1
    assert np.isnan(table.loc["west", "span"]) and table.loc["west", "smoothed"] > 0
    assert set(table["decided"].drop(["south", "west"])) == {vendor_analysis.OPEN}
    binned = vendor_analysis.binned(panels[0].vendors, "ads", "MRR@10", draws=5)["mean"]
    line = vendor_analysis.smoothed(panels[0].vendors, "ads", "MRR@10")["smoothed"]
    assert table.loc["south", "span"] == pytest.approx(binned.max() - binned.min())
    assert table.loc["south", "smoothed"] == pytest.approx(line.max() - line.min())


def test_scores_that_are_all_equal_differ_by_nothing():
    level = shown_panel("south", pd.DataFrame({"ads": np.arange(40), "MRR@10": 1.0}))
    assert vendor_analysis.smoothing([level], "Multimodal")["p"].item() == 1.0
    nothing = vendor_analysis.smoothing([], "Multimodal")
    assert nothing.empty and vendor_analysis.smoothing_by_region(nothing).empty


def test_smoothing_looks_at_the_system_asked_for_alone():
    mixed = pd.concat([panel(1.0).vendors, panel(0.0).vendors.assign(system="Text")], ignore_index=True)
    both = Panel("south", "MRR@10", "ads", mixed, {})
    for system, rise in (("Multimodal", 1.0), ("Text", 0.0)):
        expected = vendor_analysis.smoothing([panel(rise)], "Multimodal")
        pd.testing.assert_frame_equal(vendor_analysis.smoothing([both], system), expected)


def test_panels_are_summed_up_by_region():
    rows = [
        ("south", "MRR@10", "ads", "yes", 0.5),
        ("south", "F1", "names", "yes", 0.4),
        ("south", "F1", "ads", "no", 0.2),
    ]
    rows += [("west", "F1", "ads", "nothing to compare", 0.3), ("west", "F1", "names", "no", 0.1)]
    panels = pd.DataFrame(rows, columns=["region", "metric", "factor", "decided", "smoothed"])
    found = vendor_analysis.smoothing_by_region(panels).set_index("region")
    assert found.loc["south", ["panels", "decided", "open", vendor_analysis.NOTHING]].tolist() == [3, 2, 1, 0]
    assert found.loc["west", ["panels", "decided", "open", vendor_analysis.NOTHING]].tolist() == [2, 0, 1, 1]
    assert found["differ over"].tolist() == ["MRR@10: ads; F1: names", ""]
    assert found["line moves"].tolist() == [0.2, 0.3]


def test_factors_that_grow_together_are_told():
    known = pd.DataFrame({"region": "south", "ads": range(1, 9), "names": [1] * 7 + [2], "faces": range(8, 0, -1)})
    known = pd.concat([known, known.head(4).assign(region="west")])
    [found] = vendor_analysis.factor_correlations(known).to_dict("records")
    assert found["region"] == "south" and found["vendors"] == 8 and found["faces"] == pytest.approx(-1)
    assert 0 < found["names"] < 1


@pytest.mark.parametrize("chapter", ["32_known_and_new_vendors", "33_insights", "34_knowledge_graph", "36_one_ad"])
def test_every_figure_says_from_which_runs_it_came(chapter):
    cells = nbformat.read(NOTEBOOKS / f"{chapter}.ipynb", 4).cells
    drawn = [cell for cell in cells if "save_figure(" in cell.source or "figures.network(" in cell.source]
    assert drawn
    for cell in drawn:
        assert "results.sources(" in cell.source or "no run is behind" in cell.source, cell.id


def test_a_panel_shows_what_is_known_of_its_factor():
    scored = pd.DataFrame(
        {"region": "south", "vendor": [1, 2], "system": "Vision", "ads": [3, 4], "faces": [1, 2], "MRR@10": [0.5, 1.0]}
    )
    queries = pd.DataFrame(
        {"region": ["south", "south", "south", "west"], "vendor": [1, 1, 2, 1], "system": "Vision-Face",
         "faces": [1, 1, 2, 9], "face": [True, True, False, True], "MRR@10": [0.2, 0.4, 0.9, 1.0]}
    )  # fmt: skip
    assert vendor_analysis.panel_vendors(scored, queries, "ads", "MRR@10") is scored
    assert vendor_analysis.panel_vendors(scored, None, "faces", "MRR@10") is None
    assert vendor_analysis.panel_vendors(scored, queries, "names", "MRR@10") is None
    shown = vendor_analysis.panel_vendors(scored, queries, "faces", "MRR@10")
    assert shown.to_dict("records") == [
        {"system": "Vision-Face", "vendor": 1, "faces": 1, "MRR@10": pytest.approx(0.3)}
    ]


def test_each_system_has_points_and_a_line():
    table = pd.DataFrame({"system": np.repeat(["Text", "Vision"], 20), "ads": np.tile(np.arange(20), 2), "F1": 0.5})
    drawn = vendor_analysis.curves(table, "ads", "F1", ["Text", "Vision", "Multimodal"], draws=20)
    assert list(drawn) == ["Text", "Vision"] and all(len(points) and len(line) == 20 for points, line in drawn.values())


def test_panels_of_identification_are_of_systems_that_see_what_the_factor_counts():
    rows = {"vendor": np.tile(np.arange(20), 3), "system": np.repeat(["Text", "Vision", "Multimodal"], 20)}
    table = pd.DataFrame(rows).assign(ads=np.tile(np.arange(20), 3), faces=1, F1=np.linspace(0, 1, 60))
    panels = vendor_analysis.identification_panels(table, "south", draws=20)
    assert [(panel.factor, list(panel.curves)) for panel in panels] == [
        ("ads", ["Text", "Vision", "Multimodal"]),
        ("faces", ["Vision", "Multimodal"]),
    ]
    points = vendor_analysis.points(panels)
    assert points.groupby("factor")["system"].nunique().to_dict() == {"ads": 3, "faces": 2}
    every = vendor_analysis.identification_points(table, draws=20)
    assert every.groupby("factor")["system"].nunique().to_dict() == {"ads": 3, "faces": 3}
    same = points.merge(every, on=["value", "mean", "low", "high", "vendors", "factor", "system"])
    assert len(same) == len(points) and set(points["region"]) == {"south"} and set(points["metric"]) == {"F1"}


def test_a_region_has_a_panel_for_each_metric_and_known_factor():
    rows = {"region": "west", "vendor": np.arange(30), "system": "Text", "ads": np.arange(30), "faces": 2}
    table = pd.DataFrame(rows).assign(**{"MRR@10": 0.5, "R-Precision@X": 0.25})
    panels = vendor_analysis.retrieval_panels(table, None, draws=20)
    assert [(panel.region, panel.metric, panel.factor) for panel in panels] == [
        ("west", "MRR@10", "ads"),
        ("west", "R-Precision@X", "ads"),
    ]
    assert vendor_analysis.points(panels)["mean"].unique().tolist() == [0.5, 0.25]
    assert vendor_analysis.points([]).empty


def test_the_share_of_right_answers_is_of_all_items():
    rows = {
        "system": ["Text", "Text", "Vision"],
        "vendor": [1, 2, 1],
        "true": [3.0, 1.0, 1.0],
        "false": [1.0, 0.0, 2.0],
    }
    table = vendor_analysis.positives(pd.DataFrame(rows).assign(items=[4.0, 4.0, 4.0], F1=0.0)).set_index("system")
    assert table.loc["Text"].tolist() == [4, 1, 8, 0.5] and table.loc["Vision", "right"] == 0.25
