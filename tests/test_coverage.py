"""lib.review.coverage and printed_cells: each section and each printed cell has an answer or a reason."""

from pathlib import Path

import pandas as pd
import pytest

from lib.core import published
from lib.core.errors import DataError
from lib.core.files import ROOT
from lib.review import coverage, printed_cells, scorecard
from lib.review.claim_tests import StudyTables
from lib.review.printed_cells import Lack

NOWHERE = StudyTables(Path("/nowhere"))


@pytest.fixture(scope="module")
def claims():
    return scorecard.scorecard(NOWHERE)


def test_every_section_has_claims_or_a_reason(claims):
    table = coverage.sections(claims)
    listed = coverage.listed()
    assert list(table["section"]) == list(listed["section"]) and not listed.duplicated(["paper", "section"]).any()
    assert ((table["claims"] != "") | (table["no_claim"] != "")).all()
    counted = table[["measured", "printed", "not_as_published", "not_here"]].sum(axis=1)
    assert (counted == table["claims"].str.split().str.len()).all()
    assert set(table["claims"].str.split().explode().dropna()) == set(claims["id"])


def test_every_printed_table_is_a_section():
    tables = {(paper, f"Table {number}") for paper, number in published.tables()}
    listed = coverage.listed()
    assert tables <= set(zip(listed["paper"], listed["section"], strict=True))


def test_places_name_sections():
    assert coverage.named("abstract; section 5 (i); Tables 2 and 9 to 11") == [
        "abstract",
        "section 5 (i)",
        "Table 2",
        "Table 9",
        "Table 10",
        "Table 11",
    ]
    assert coverage.named("Figures 1 and 3; A.2 (i)") == ["Figure 1", "Figure 3", "A.2 (i)"]


def test_a_claim_of_a_part_is_one_of_the_whole(claims):
    table = coverage.sections(claims).set_index(["paper", "section"])["claims"]
    assert set(table["matched", "Figure 3 (v)"].split()) < set(table["matched", "Figure 3"].split())
    assert "m30" in table["matched", "A.5"].split()  # of A.5.1


def test_a_place_that_is_no_section_is_an_error(claims):
    with pytest.raises(DataError, match=r"m01: its place names 'section 77', which is no section of matched"):
        coverage.sections(claims.assign(place="section 77"))


def test_a_section_without_an_answer_is_an_error(claims):
    with pytest.raises(DataError, match=r"matched abstract: no claim stands in it. Say in the column no_claim"):
        coverage.sections(claims[~claims["place"].str.contains("abstract")])


def test_every_printed_cell_is_counted_once():
    every = sum(len(published.table(*table)) for table in published.tables())
    for study in ("quick", "hotels"):
        table = printed_cells.cells(StudyTables(ROOT / "results" / study / "tables"))
        one = table.drop_duplicates(["paper", "table"])
        assert one["printed"].sum() == every == one["ours"].sum() + table["lacking"].sum()
        assert set(table["reason"]) <= {"", *map(str, Lack)}


def test_without_a_study_every_cell_lacks_its_chapter():
    table = printed_cells.cells(NOWHERE)
    assert set(table["reason"]) == {Lack.CHAPTER} and (table["ours"] == 0).all()


def reasons(tables, number):
    every = printed_cells.each(StudyTables(Path("/nowhere"), tables))
    return every[(every["paper"] == "matched") & (every["table"] == number)].set_index(["what", "metric", "split"])


def test_a_cell_lacks_ours_for_a_reason_that_follows_from_the_study():
    printed = published.table("matched", 6)
    ours = printed.assign(ours=printed["mean"].where(printed["system"] == "ViT-base-patch16"))
    found = reasons({"matched_table_06": ours}, 6)["reason"]
    assert (found.loc["ViT-base-patch16 CE image"] == "").all()
    assert (found.loc["VGG-16 CE image"] == Lack.WEIGHTS).all()
    found = reasons({"matched_table_06": ours.assign(ours=ours["ours"].where(ours["split"] != "West"))}, 6)["reason"]
    assert found["ViT-base-patch16 CE image", "MRR@10", "West"] == Lack.UNDEFINED
    assert (reasons({"matched_table_06": ours.assign(ours=float("nan"))}, 6)["reason"] != "").all()
    printed = published.table("matched", 7)
    ours = printed.assign(ours=printed["mean"].where(printed["objective"] == "CE"))
    found = reasons({"matched_table_07": ours}, 7)["reason"]
    assert (found.loc["ViT-base-patch16 SupCon image"] == Lack.NOT_RUN).all()


def test_costs_and_alignments_stand_in_tables_of_their_own():
    printed = published.table("matched", 4)
    scores, costs = (printed[printed["metric"].isin(["Time"]) == own].assign(ours=1.0) for own in (False, True))
    assert (reasons({"matched_table_04": scores, "identification_costs": costs}, 4)["reason"] == "").all()
    assert (reasons({"matched_table_04": scores}, 4)["reason"] != "").sum() == len(costs)


def test_where_a_chapter_ran_what_it_lacks_is_not_here():
    counted = pd.DataFrame({"place": ["Train"], "quantity": ["Images"], "ours": [1.0], "verdict": ["equal"]})
    every = printed_cells.each(StudyTables(Path("/nowhere"), {"hotels_table_03": counted}))
    every = every[every["paper"] == "hotels"].set_index("table")["reason"]
    assert (
        (every.loc[2] == Lack.DATA).all() and (every.loc[3] == "").sum() == 1 and (every.loc[4] == Lack.CHAPTER).all()
    )
    listed = printed_cells.each(StudyTables(Path("/nowhere"), {"hotels_table_06": pd.DataFrame({"loss": ["triplet"]})}))
    assert (listed[(listed["paper"] == "hotels") & (listed["table"] == 6)]["reason"] == Lack.APART).all()
