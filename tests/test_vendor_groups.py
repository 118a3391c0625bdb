"""Table 12 beside ours, on runs whose answers are made up."""

from made_up_runs import VENDORS, fusion, text

from lib.review import paper_tables

SHARED = set(range(VENDORS // 2))


def test_groups_leave_out_the_trained_region_and_groups_of_few(measured):
    found = measured(fusion("ce+supcon"))
    scored = paper_tables.vendor_groups(found, SHARED)
    assert set(scored["region"]) == {"midwest", "west", "northeast"} and set(scored["modality"]) == {
        "text",
        "image",
        "multimodal",
    }
    assert scored.loc[scored["group"] == "shared", "vendor"].isin(SHARED).all()
    few = paper_tables.vendor_groups(found, set(range(4)))
    assert set(few["group"]) == {"unique"}  # four shared vendors are too few to score


def test_every_printed_cell_has_ours_beside_it(measured):
    found = measured(fusion("ce+supcon"))
    scored = paper_tables.vendor_groups(found, SHARED)
    table = paper_tables.table_12(found, scored)
    assert len(table) == 36 and table["ours"].notna().all()
    cell = table[(table["modality"] == "multimodal") & (table["group"] == "shared") & (table["metric"] == "MRR@10")]
    here = scored[(scored["modality"] == "multimodal") & (scored["group"] == "shared") & (scored["region"] == "west")]
    expected = here.groupby("vendor")["MRR@10"].mean().mean()
    assert abs(cell.set_index("split").loc["West", "ours"] - expected) < 1e-9


def test_a_planted_gap_is_found_and_none_is_not(measured):
    found = measured(fusion("ce+supcon"))
    scored = paper_tables.vendor_groups(found, SHARED)
    assert set(paper_tables.shared_less_unique(found, scored)["verdict"]) == {"undecided"}
    planted = scored.copy()
    planted.loc[planted["group"] == "shared", "MRR@10"] += 2
    gaps = paper_tables.shared_less_unique(found, planted)
    assert set(gaps.loc[gaps["metric"] == "MRR@10", "verdict"]) == {"shared higher"}
    assert set(gaps.loc[gaps["metric"] == "R-Precision@X", "verdict"]) == {"undecided"}


def test_without_the_multimodal_run_the_table_is_the_papers(measured):
    found = measured(text("ce"))
    scored = paper_tables.vendor_groups(found, SHARED)
    assert (
        paper_tables.table_12(found, scored)["ours"].isna().all()
        and paper_tables.shared_less_unique(found, scored).empty
    )
