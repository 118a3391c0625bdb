"""lib.review.tests_of_claims: what each test of the further claims makes of tables that are made up."""

from pathlib import Path

import pandas as pd
import pytest

from lib.core.errors import DataError
from lib.core.files import ROOT
from lib.review.claim_tests import SCHEMAS, TESTS, StudyTables
from lib.review.verdicts import ClaimVerdict

NOWHERE = Path("/nowhere")


def found(test, argument, **tables):
    return TESTS[test](StudyTables(NOWHERE, tables), argument)


def orders(*rows):
    table = pd.DataFrame(rows, columns=["claim", "ours", "low", "high"])
    given = {"variant": "corrected", "converged": "yes", "verdict": "undecided", "better_run": "", "worse_run": ""}
    return table.assign(seeds=1.0, **given)


def test_a_claim_may_be_of_several_orders():
    table = orders(("A beats B, Midwest", 0.2, 0.1, 0.3), ("A beats B, South", -0.2, -0.3, -0.1))
    assert found("orders", "A beats B, Midwest;A beats B, West", claims_verification=table).verdict == "supported"
    assert found("orders", "A beats B", claims_verification=table).verdict == "not supported"


def test_an_order_that_was_not_run_names_the_chapter_that_would():
    retrieval = found("orders", "By text CE+SupCon retrieves better than SupCon")
    assert retrieval.verdict == ClaimVerdict.NOT_TESTABLE_HERE and retrieval.chapter == "31_verification"
    assert found("orders", "Mean fusion").chapter == "30_identification"


def test_sameness_is_never_proved_by_no_difference():
    table = orders(("A beats B", 0.0, -0.1, 0.1))
    same = found("on_par", "A", claims_verification=table)
    assert same.verdict == "undecided" and "no proof of sameness" in same.why
    assert found("on_par", "A", claims_verification=table.assign(low=0.05)).verdict == "not supported"
    assert found("on_par", "A").verdict == ClaimVerdict.NOT_TESTABLE_HERE


def test_a_claim_may_be_an_order_the_other_way_round():
    table = orders(("A beats B, South", -0.2, -0.3, -0.1))
    answer = found("reversed_orders", "A beats B, South", claims_verification=table)
    assert (
        answer.verdict == "supported" and answer.effect == -0.2 and answer.why.endswith("Claimed is the reverse: below")
    )
    above = table.assign(ours=0.2, low=0.1, high=0.3)
    assert found("reversed_orders", "A", claims_verification=above).verdict == "reversed"
    assert found("reversed_orders", "A", claims_verification=table.assign(high=0.1)).verdict == "undecided"
    assert found("reversed_orders", "A").verdict == ClaimVerdict.NOT_TESTABLE_HERE


def network(system, mean, faces="all", **more):
    row = {"system": system, "objective": "CE", "variant": "corrected", "sampling": "shuffled", "faces": faces}
    return row | {"mean": mean, "low": mean - 0.05, "high": mean + 0.05, "run": system} | more


def test_face_networks_are_compared_with_picture_networks_of_the_same_training():
    rows = [network("efficientnet-lite0", 0.5), network("dlib-face", 0.1), network("minilm-l6", 0.9)]
    rows += [network("dlib-face", 0.4, "face"), network("efficientnet-lite0 (random weights)", 0.1, "face")]
    table = pd.DataFrame(rows)
    answer = found("face_networks", "identification;all", identification_rows=table)
    assert answer.verdict == "supported" and answer.effect == pytest.approx(0.4)
    assert answer.runs == ["efficientnet-lite0", "dlib-face"]
    subsets = found("face_networks", "identification;face|no-face", identification_rows=table)
    assert subsets.verdict == ClaimVerdict.NOT_TESTABLE_HERE
    retrieval = pd.DataFrame(
        [
            network(system, mean, region="south", metric=metric)
            for metric in ("R-Precision@X", "MRR@10")
            for system, mean in (("efficientnet-lite0", 0.2), ("dlib-face", 0.18))
        ]
    )
    assert found("face_networks", "verification;all", verification=retrieval).verdict == "undecided"


def test_a_setting_is_the_best_where_it_is_above_each_other():
    rows = [(0.01, 0.2, 0.15, 0.25), (0.1, 0.5, 0.45, 0.55), (0.3, 0.4, 0.3, 0.5)]
    table = pd.DataFrame(rows, columns=["temperature", "mean", "low", "high"])
    table = table.assign(method="ITC", variant="described", run="one")
    argument = "alignment_temperature;temperature;0.1;mean"
    assert found("setting", argument, alignment_temperature=table).verdict == "partly supported"
    assert found("setting", argument, alignment_temperature=table.head(2)).verdict == "supported"
    assert found("setting", argument, alignment_temperature=table.head(1)).verdict == ClaimVerdict.NOT_TESTABLE_HERE


def panel(*means):
    rows = [(system, value, mean, mean - 0.05, mean + 0.05) for system, value, mean in means]
    return pd.DataFrame(rows, columns=["system", "value", "mean", "low", "high"]).assign(factor="ads")


def test_a_lead_grows_or_shrinks_from_the_first_bin_to_the_last():
    table = panel(("Both", 2.0, 0.9), ("Both", 20.0, 0.9), ("Text", 3.0, 0.3), ("Text", 19.0, 0.85))
    shrinks = found("trend", "fig_3;ads;Both;Text;shrinks", fig_3=table)
    assert shrinks.verdict == "supported" and shrinks.effect == pytest.approx(0.55)
    assert (shrinks.low, shrinks.high) == (pytest.approx(0.35), pytest.approx(0.75))
    assert found("trend", "fig_3;ads;Both;Text;grows", fig_3=table).verdict == "reversed"
    alone = found("trend", "fig_3;ads;Text;;grows", fig_3=table)
    assert alone.verdict == "supported" and alone.effect == pytest.approx(0.55)
    assert (alone.low, alone.high) == (pytest.approx(0.45), pytest.approx(0.65))
    assert found("trend", "fig_3;ads;Both;;grows", fig_3=table).verdict == "undecided"


def test_a_trend_takes_two_means():
    table = panel(("Both", 2.0, 0.9), ("Text", 3.0, 0.3), ("Text", 19.0, 0.85))
    answer = found("trend", "fig_3;ads;Both;Text;grows", fig_3=table)
    assert answer.verdict == ClaimVerdict.NOT_TESTABLE_HERE and "no panel" in answer.why
    assert found("trend", "fig_3;names;Text;;grows", fig_3=table).verdict == ClaimVerdict.NOT_TESTABLE_HERE
    assert "33_insights" in found("trend", "fig_3;ads;Vision;;grows", fig_3=table).why


def test_printed_spreads_are_compared_cell_by_cell():
    answer = found("spread", "5:objective=CE+SupCon;5:objective=CE")
    assert answer.verdict == ClaimVerdict.CONSISTENT and "15 of 15" in answer.why and answer.effect < 0
    assert found("spread", "5:objective=CE;5:objective=CE+SupCon").verdict == ClaimVerdict.INCONSISTENT
    mixed = found("spread", "11:group=End2End,objective=CE+SupCon;7:objective=CE+SupCon")
    assert mixed.verdict == ClaimVerdict.PARTLY_CONSISTENT and "not in R-Precision@X Midwest" in mixed.why


def test_printed_orders_of_losses():
    assert found("order_moves", "").verdict == ClaimVerdict.CONSISTENT
    assert found("moves_more", "Hotel-ID;Hotels-50K").verdict == ClaimVerdict.PARTLY_CONSISTENT
    unrelated = found("foretells_nothing", "D_SS;D_UU")
    assert unrelated.verdict == ClaimVerdict.PARTLY_CONSISTENT and "Hotels-50K R@1 tau 1.00" in unrelated.why
    not_shown = found("foretells_nothing", "D_SS;D_??")  # six losses: the highest tau is 0.73, of p 0.056
    assert not_shown.verdict == ClaimVerdict.NOT_TESTABLE_AS_PUBLISHED and "no proof of none" in not_shown.why


def test_what_nothing_tests_has_a_reason():
    assert found("none", "here: no ads").verdict == ClaimVerdict.NOT_TESTABLE_HERE
    answer = found("none", "published: no number is printed")
    assert answer.verdict == ClaimVerdict.NOT_TESTABLE_AS_PUBLISHED and answer.why == "no number is printed"
    for argument in ("", "here: ", "somewhere: no ads"):
        with pytest.raises(DataError, match="the test none has the argument"):
            found("none", argument)


def test_counts_of_published_files():
    table = pd.DataFrame({"place": "Train", "quantity": ["Images", "Chains"], "published": [9.0, 86.0]})
    table = table.assign(ours=[9.0, 87.0], verdict=["equal", "differs"])
    answer = found("counts", "hotels_table_03", hotels_table_03=table)
    assert answer.verdict == "not supported" and "Train Chains: printed 86, counted 87" in answer.why
    assert found("counts", "hotels_table_03", hotels_table_03=table.head(1)).verdict == "supported"
    absent = table.assign(verdict="not testable here")
    assert found("counts", "hotels_table_03", hotels_table_03=absent).verdict == ClaimVerdict.NOT_TESTABLE_HERE


def test_cleaning_leaves_no_case():
    table = pd.DataFrame({"finding": ["picture under several branches"], "cases": [0]})
    argument = "picture under several branches"
    assert found("cleaned", argument, hotels_cleaning=table).verdict == "supported"
    assert found("cleaned", argument, hotels_cleaning=table.assign(cases=2)).verdict == "not supported"


def test_class_sizes_of_the_seen_split():
    rows = [("D_SS", 0, 90), ("D_SS", 5, 10), ("D_SU", 0, 2), ("D_SU", 5, 90), ("D_SU", 60, 1)]
    table = pd.DataFrame(rows, columns=["split", "images_from", "branches"])
    small = found("class_sizes", "small", hotels_class_sizes=table)
    assert small.verdict == "supported" and "fewer than 5 images: D_SS 0.9," in small.why
    assert found("class_sizes", "long", hotels_class_sizes=table).verdict == "supported"
    turned = table.replace({"split": {"D_SS": "D_SU", "D_SU": "D_SS"}})
    for argument in ("small", "long"):
        assert found("class_sizes", argument, hotels_class_sizes=turned).verdict == "not supported"


def test_recall_falls_where_intervals_are_apart():
    table = pd.DataFrame({"split": ["D_SU", "D_UU"], "R@1": [60.0, 50.0], "R@1 low": [58.0, 48.0]})
    table["R@1 high"] = table["R@1"] + 2
    assert found("recall_falls", "D_SU;D_UU", hotel_recall=table).verdict == "supported"
    assert found("recall_falls", "D_UU;D_SU", hotel_recall=table).verdict == "reversed"
    assert found("recall_falls", "D_SU;D_??", hotel_recall=table).verdict == ClaimVerdict.NOT_TESTABLE_HERE


def test_tables_with_a_schema_are_read_by_it():
    tables = StudyTables(ROOT / "results" / "hotels" / "tables")
    of_hotels = [name for name in SCHEMAS if name.startswith("hotel")]
    for name in of_hotels:
        assert tables[name] is not None and list(tables[name]) == list(SCHEMAS[name].to_schema().columns)
