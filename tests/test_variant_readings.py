"""lib.review.variant_readings: every reading names places that exist, and its page and table hold all of them."""

import importlib
import re

import pandas as pd
import pytest

from lib.core import published
from lib.core.errors import DataError
from lib.core.files import ROOT
from lib.pipeline import site
from lib.review import variant_readings
from lib.runs.variants import VARIANTS

READINGS = variant_readings.load().readings
NO_NAME = "No name of a file tells."


@pytest.mark.parametrize("reading", READINGS, ids=lambda reading: reading.topic)
def test_nothing_is_left_empty(reading):
    texts = (reading.paper, reading.scripts, reading.run, reading.described, reading.released, reading.corrected)
    assert all(re.search(r"\w.*\.$", text, re.DOTALL) for text in texts)
    assert reading.place and reading.at and reading.released_at and reading.corrected_at
    assert reading.run_at or NO_NAME in reading.run or "No name tells" in reading.run
    assert set(reading.differs) <= set(variant_readings.MARKS)
    assert list(reading.differs) == [mark for mark in variant_readings.MARKS if mark in reading.differs]


@pytest.mark.parametrize("reading", READINGS, ids=lambda reading: reading.topic)
def test_where_the_paper_is_silent_the_scripts_cannot_differ_from_it(reading):
    if reading.place == "not said":
        assert "scripts" not in reading.differs


@pytest.mark.parametrize("reading", READINGS, ids=lambda reading: reading.topic)
def test_the_scripts_places_are_lines_or_cells_that_their_files_have(reading):
    for place in (*reading.at, *reading.run_at):
        address = variant_readings.link(place)
        assert re.fullmatch(r"https://github\.com/\w+/\w+/blob/[0-9a-f]{40}/[\w/.]+(#L\d+(-L\d+)?)?", address)


@pytest.mark.parametrize("reading", READINGS, ids=lambda reading: reading.topic)
def test_places_of_ours_exist(reading):
    for place in (*reading.released_at, *reading.corrected_at):
        module, _, path = place.partition(":")
        found = importlib.import_module(module)
        for name in path.split("."):
            found = getattr(found, name)


@pytest.mark.parametrize(
    "place",
    [
        "train/text/textClassifier.py",
        "train/text/textClassifier.py:0",
        "train/text/textClassifier.py:9999",
        "train/text/textClassifier.py:20-10",
        "train/text/nothing.py:1",
        "analysis/faiss_trained.ipynb cell 37",
        "analysis/faiss_trained.ipynb:3",
    ],
)
def test_a_place_that_is_not_there_is_said(place):
    with pytest.raises(DataError, match=re.escape(place)):
        variant_readings.link(place)


def test_a_file_of_another_form_is_refused(tmp_path):
    path = tmp_path / "readings.yaml"
    path.write_text("repository: a/b\ncommit: c\nfiles: {}\nreadings:\n  - topic: Only this\n")
    with pytest.raises(DataError, match=r"readings\.yaml: a field is missing"):
        variant_readings.load(path)


def test_table_and_page_hold_every_topic():
    table, page = variant_readings.table(), variant_readings.page()
    assert {*variant_readings.THEIRS, *variant_readings.OURS} <= set(table.columns)
    assert list(table["topic"]) == [reading.topic for reading in READINGS] == re.findall("^### (.+)$", page, re.M)
    assert table["topic"].is_unique and not (table.drop(columns="shown by") == "").any(axis=None)
    assert all(f"`{name}`" in page for name in VARIANTS)


def test_the_page_has_one_place_for_the_readings_and_the_commit_that_was_read():
    page = (ROOT / "docs" / "variants.md").read_text(encoding="utf-8")
    assert page.count(variant_readings.LINK) == 1 and variant_readings.load().commit in page
    assert "variants" in site.PAGES


def test_macro_f1_of_texts_and_pictures_is_what_averaging_over_batches_gives():
    """Of Table 4: where each item of a batch is of another vendor, macro-F1 is micro / (2 - micro)."""
    rows = published.table("matched", 4)
    scores = rows.pivot_table(index=["row", "modality"], columns="metric", values="mean").reset_index()
    off = (scores["Macro-F1"] - scores["Micro-F1"] / (2 - scores["Micro-F1"])).abs()
    single = scores["modality"].isin(["text", "image"])
    assert single.sum() == 13 and off[single].max() < 0.006
    assert off[~single].max() > 0.02


def test_printed_mrr_is_the_first_hit_without_strangers():
    """Table 5, CE and SupCon: the stored MRR of one neighbour, with strangers as 0, divided by members alone."""
    rows = published.table("matched", 5)
    printed = rows[(rows["metric"] == "MRR@10")].set_index(["objective", "split"])["mean"]
    stored = pd.DataFrame(
        {
            "CE": [0.7361, 0.5622, 0.6179, 0.5558],
            "SupCon": [0.8729, 0.7527, 0.8051, 0.7131],
            "all": [975, 633, 268, 309],
            "members": [964, 624, 259, 293],
        },
        index=["South", "Midwest", "West", "Northeast"],
    )
    for objective in ("CE", "SupCon"):
        expected = stored[objective] * stored["all"] / stored["members"]
        assert printed[objective][stored.index].sub(expected).abs().max() < 1e-4
