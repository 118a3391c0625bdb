"""lib.review.open_set_tables: what chapter 32 shows of queries whose vendor may be new."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from made_up_runs import fusion, text

from lib.review import open_set_tables

RUN = SimpleNamespace(name="text/a/seed1")
SYSTEMS = {"Text": ([RUN], "text")}


def a_study(sensitive=False):
    return SimpleNamespace(bootstrap=50, split=SimpleNamespace(seed=1), sensitive=sensitive)


def queries(vendors=6, new_vendors=6, seed=0):
    """Queries of known vendors, of both regions, and of new ones; the known ones are more similar."""
    generator = np.random.default_rng(seed)
    vendor = np.repeat(np.arange(vendors + new_vendors), 8)
    known = vendor < vendors
    similarity = 0.5 * known + 0.1 * generator.random(len(vendor))
    region = np.where(known & (np.arange(len(vendor)) % 2 == 0), "south", "west")
    rows = {"region": region, "vendor": vendor, "known": known, "similarity": similarity, "right": known}
    return pd.DataFrame(rows)


def test_known_vendors_are_told_from_new_ones_in_all_queries_and_in_other_regions():
    table = open_set_tables.detection(a_study(), SYSTEMS, {"Text": queries()}, "south")
    assert table[["system", "asking", "run"]].to_numpy().tolist() == [
        ["Text", "all", RUN.name],
        ["Text", "other regions", RUN.name],
    ]
    assert table["auroc"].tolist() == [1, 1] and table["known"].tolist() == [48, 24]
    assert open_set_tables.detection_verdicts(table) == "better than chance by Text"
    assert open_set_tables.detection_verdicts(table.assign(told="reversed")) == "worse than chance by Text"
    assert open_set_tables.detection_verdicts(pd.DataFrame()) == ""


@pytest.mark.parametrize(("sensitive", "rows"), [(False, 2), (True, 0)])
def test_of_sensitive_data_few_vendors_have_no_row(sensitive, rows):
    few = {"Text": queries(vendors=4)}
    assert len(open_set_tables.detection(a_study(sensitive), SYSTEMS, few, "south")) == rows


def test_coverage_of_few_answers_is_left_out():
    table = open_set_tables.coverage(a_study(), {"Text": queries(), "Few": queries(2, 0)})
    assert (table["answered"] >= 5).all() and table.columns[-1] == "system"
    assert (table["system"] == "Text").sum() == 6 > (table["system"] == "Few").sum()


def test_what_a_growing_gallery_costs():
    rows = {"system": "Text", "mean": [0.75, 0.5, 0.25], "documents": [10, 20, 40]}
    [row] = open_set_tables.growth_ends(pd.DataFrame(rows)).to_dict("records")
    assert row == {"system": "Text", "alone": 0.75, "crowded": 0.25, "fewest": 10, "most": 40, "lost": 0.5}


def test_without_a_classifier_there_is_no_confidence_to_show(measured):
    systems = measured(text("ce+supcon"), fusion("ce+supcon")).representations()
    only_parts = {name: system for name, system in systems.items() if name.startswith("M-")}
    scores, curves = open_set_tables.class_confidence(a_study(), only_parts, "south")
    assert scores.empty and curves.empty
    assert open_set_tables.gallery_growth(a_study(), {}, "south").empty
