"""lib.review.claim_tests and scorecard: verdicts follow from tables, change with them, and say what is missing."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from lib.core import published
from lib.core.errors import DataError
from lib.core.files import ROOT
from lib.hotels import split_invariants
from lib.review import claimed_orders, scorecard
from lib.review.claim_tests import CHAPTERS, TESTS, StudyTables
from lib.review.verdicts import AS_PRINTED, ClaimVerdict

NOWHERE = Path("/nowhere")


def claims(*rows):
    """Comparisons as lib.review.claimed_orders has them: (claim, value, low, high)."""
    table = pd.DataFrame(rows, columns=["claim", "ours", "low", "high"])
    given = {"variant": "corrected", "converged": "yes", "verdict": "undecided"}
    return table.assign(seeds=3.0, better_run="text/one", worse_run="text/other", **given)


def verdict(test, argument, **tables):
    return TESTS[test](StudyTables(NOWHERE, tables), argument)


def test_the_data_file_is_whole():
    table = published.claims()
    assert (table["paper"] == "matched").sum() >= 25 and (table["paper"] == "hotels").sum() >= 8
    assert table["id"].is_unique and set(table["test"]) <= set(TESTS)
    assert (table[["place", "statement", "needs", "twin"]] != "").all(axis=None)
    said = set(published.text_numbers()["id"])
    asked = table.loc[table["test"] == "printed", "argument"].str.split().explode()
    assert set(asked) <= said
    for paper, letter in (("matched", "m"), ("hotels", "h")):
        ids = table.loc[table["paper"] == paper, "id"]
        assert list(ids) == [f"{letter}{number:02d}" for number in range(1, len(ids) + 1)]


def test_every_claimed_order_is_a_claims_and_every_claim_has_its_orders():
    table = published.claims()
    asked = table.loc[table["test"].isin(["orders", "reversed_orders", "on_par"]), "argument"].str.split(";").explode()
    named = [order.statement for task in ("identification", "verification") for order in claimed_orders.orders(task)]
    assert len(named) == len(set(named))
    assert all(any(name.startswith(start) for name in named) for start in asked)
    assert all(any(name.startswith(start) for start in asked) for name in named)


def test_every_table_that_a_claim_is_tested_on_has_its_chapter():
    table = published.claims()
    tables = table.loc[table["test"].isin(["interval", "bins", "trend", "setting", "counts"]), "argument"]
    assert set(tables.str.partition(";")[0]) <= set(CHAPTERS)


def test_every_claim_has_a_verdict_and_a_reason_in_published_studies():
    for study in ("quick", "hotels"):
        found = scorecard.scorecard(StudyTables(ROOT / "results" / study / "tables"))
        assert list(found["id"]) == list(published.claims()["id"]) and (found["why"] != "").all()


def test_without_a_study_only_what_the_papers_print_is_judged():
    found = scorecard.scorecard(StudyTables(NOWHERE))
    tests = published.claims()["test"]
    judged = found["verdict"] != ClaimVerdict.NOT_TESTABLE_HERE
    assert set(tests[judged]) == {"printed", "spread", "order_moves", "moves_more", "foretells_nothing", "none"}
    unanswered = judged & (tests == "none")
    assert set(found.loc[judged & ~unanswered, "verdict"]) <= set(AS_PRINTED) and (found["protocol"] == "").all()
    assert set(found.loc[unanswered, "verdict"]) == {ClaimVerdict.NOT_TESTABLE_AS_PUBLISHED}
    assert found.loc[~judged & (tests != "none"), "why"].str.contains("not in this study").all()


@pytest.mark.parametrize(
    ("intervals", "expected"),
    [
        ([(0.1, 0.3)], "supported"),
        ([(-0.1, 0.3)], "undecided"),
        ([(-0.3, -0.1)], "reversed"),
        ([(0.1, 0.3), (-0.1, 0.2)], "partly supported"),
        ([(0.1, 0.3), (-0.3, -0.1)], "not supported"),
        ([(-0.3, -0.1), (-0.2, -0.1)], "reversed"),
        ([(-0.3, -0.1), (-0.2, -0.1), (-0.1, 0.2)], "not supported"),
        ([(np.nan, np.nan)], ClaimVerdict.NOT_TESTABLE_HERE),
    ],
)
def test_a_verdict_follows_from_intervals(intervals, expected):
    rows = claims(
        *((f"A beats B, {place}", (low + high) / 2, low, high) for place, (low, high) in enumerate(intervals))
    )
    assert verdict("orders", "A beats B", claims_verification=rows).verdict == expected


def test_what_was_corrected_together_is_decided_together():
    rows = claims(("A beats B", 0.2, 0.1, 0.3)).assign(p_holm=0.2)
    assert verdict("orders", "A", claims_identification=rows).verdict == "undecided"
    assert verdict("orders", "A", claims_identification=rows.assign(p_holm=0.01)).verdict == "supported"


def test_a_verdict_changes_with_its_table_and_names_its_runs():
    before = verdict("orders", "A", claims_identification=claims(("A beats B", 0.2, 0.1, 0.3)))
    after = verdict("orders", "A", claims_identification=claims(("A beats B", 0.2, -0.1, 0.3)))
    assert (before.verdict, after.verdict) == ("supported", "undecided")
    assert before.runs == ["text/one", "text/other"] and before.chapter == "30_identification" and before.seeds == 3


def test_a_damaged_table_of_comparisons_is_named(tmp_path):
    (tmp_path / "claims_verification.csv").write_text("claim,place\nA beats B,Table 5\n")
    words = r"claims_verification\.csv has no column variant, paper.* Run chapter 31_verification"
    with pytest.raises(DataError, match=words):
        TESTS["orders"](StudyTables(tmp_path), "A")


def test_levels_and_sameness():
    table = pd.DataFrame({"asking": "all", "auroc": [0.8, 0.7], "auroc_low": [0.6, 0.55], "auroc_high": [0.9, 0.8]})
    argument = "open_set;asking=all;auroc;0.5;above"
    assert verdict("interval", argument, open_set=table).verdict == "supported"
    assert verdict("interval", argument, open_set=table.assign(auroc_low=0.4)).verdict == "undecided"
    gaps = pd.DataFrame({"metric": "R-Precision@X", "difference": [0.0, 0.1], "low": [-0.1, -0.05], "high": [0.1, 0.2]})
    same = "shared_less_unique;metric=R-Precision@X;difference;0;same"
    found = verdict("interval", same, shared_less_unique=gaps)
    assert found.verdict == "undecided" and "no proof of sameness" in found.why
    assert verdict("interval", same, shared_less_unique=gaps.assign(low=0.05)).verdict == "not supported"


def test_bins_are_compared_with_the_nearest_of_the_other_system():
    rows = [(2.0, 0.8, 0.7, 0.9, "ads", "Multimodal"), (9.0, 0.9, 0.8, 1.0, "ads", "Multimodal")]
    rows += [(2.5, 0.3, 0.2, 0.4, "ads", "Text"), (8.0, 0.85, 0.7, 0.95, "ads", "Text")]
    table = pd.DataFrame(rows, columns=["value", "mean", "low", "high", "factor", "system"])
    found = verdict("bins", "fig_3;ads;Multimodal;Text;all", fig_3=table)
    assert found.verdict == "partly supported" and found.effect == pytest.approx((0.5 + 0.05) / 2)
    assert verdict("bins", "fig_3;ads;Multimodal;Vision;all", fig_3=table).verdict == ClaimVerdict.NOT_TESTABLE_HERE
    few, many = (verdict("bins", f"fig_3;ads;Multimodal;Text;{part} 5", fig_3=table) for part in ("below", "from"))
    assert (few.verdict, many.verdict) == ("supported", "undecided") and "over ads below 5" in few.why
    none = verdict("bins", "fig_3;ads;Multimodal;Text;from 120", fig_3=table)
    assert none.verdict == ClaimVerdict.NOT_TESTABLE_HERE and "no vendors of this study" in none.why


def test_alignment_is_judged_by_its_control():
    both = {"method": "ITC", "seeds": 1, "variant": ["corrected", "released"]}
    judged = pd.DataFrame({**both, "verdict": ["learns", "undecided"]})
    gains = pd.DataFrame(
        {"method": ["ITC"], "verdict": "corrected gains more", "difference": 0.2, "low": 0.1, "high": 0.3}
    )
    found = verdict("alignment", "", alignment_judged=judged, alignment_contrasts=gains)
    assert found.verdict == ClaimVerdict.NOT_TESTABLE_AS_PUBLISHED and (found.effect, found.low, found.high) == (
        0.2,
        0.1,
        0.3,
    )
    assert verdict("alignment", "", alignment_judged=judged).verdict == ClaimVerdict.NOT_TESTABLE_HERE


def test_seeds_positives_hotels_and_leaks():
    spread = pd.DataFrame(
        {"seed": ["1", "2", "3", "Std"], "metric": "Macro-F1", "published": [0.9, 0.9, 0.9, 0.009], "ours": 0.5}
    )
    for deviation, expected in (
        (0.002, "supported"),
        (0.01, "undecided"),
        (0.03, "undecided"),
        (0.07, "not supported"),
    ):
        found = verdict("seeds", "", matched_table_03=spread.assign(ours=[0.5, 0.5, 0.5, deviation]))
        assert found.verdict == expected and found.seeds == 3
        assert found.low == pytest.approx(0.5207 * deviation, rel=1e-3)  # of three: the tables' factors
        assert found.high == pytest.approx(6.2847 * deviation, rel=1e-3)
    counts = pd.DataFrame(
        {"system": ["Multimodal", "Text"], "true": [90, 50], "false": [10, 50], "items": 100, "right": [0.9, 0.5]}
    )
    assert verdict("positives", "Multimodal;Text", positives=counts).verdict == "supported"
    assert verdict("positives", "Text;Multimodal", positives=counts).verdict == "reversed"
    close = counts.assign(true=[52, 50], false=[48, 50], right=[0.52, 0.5])
    assert verdict("positives", "Multimodal;Text", positives=close).verdict == "undecided"
    assert (
        verdict("positives", "Multimodal;Text", positives=counts.assign(items=[100, 50])).verdict
        == ClaimVerdict.NOT_TESTABLE_AS_PUBLISHED
    )
    fell = pd.DataFrame(
        {
            "loss": ["circle", "pre-trained"],
            "from": "D_SS",
            "to": "D_SU",
            "fall": [5.0, -9.0],
            "low": [4.0, -10.0],
            "high": [6.0, -8.0],
        }
    )
    assert verdict("falls", "D_SS;D_SU", hotel_falls=fell).verdict == "supported"  # an untrained backbone saw nothing
    answered = pd.DataFrame({"question": ["Is R@1 lowest on D_SS, for …"], "answer": "yes", "verdict": "supported"})
    assert verdict("hotels", "Is R@1 lowest on D_SS", hotel_verdicts=answered).verdict == "supported"
    crossed = pd.DataFrame(
        {"items": ["multimodal"], "protocol": "paper", "what": "own text", "share": 0.7, "low": 0.6, "high": 0.8}
    )
    lost = {"metric": "Macro-F1", "from": "paper", "to": "campaign", "run": "fusion/one", "p_holm": 0.01}
    lost = pd.DataFrame([lost | {"fall": 0.3, "low": 0.2, "high": 0.4}])
    assert verdict("leak", "", leakage=crossed).verdict == ClaimVerdict.NOT_TESTABLE_HERE
    assert verdict("leak", "", leakage=crossed, leakage_falls=lost).verdict == "not supported"
    assert verdict("leak", "", leakage=crossed, leakage_falls=lost.assign(p_holm=0.3)).verdict == "undecided"
    checked = pd.DataFrame(
        {
            "invariant": ["A branch has one chain", "D_SS: a fifth of a branch's images or fewer"],
            "unit": "branches",
            "checked": 9,
            "violations": [0, 3],
            "holds": [True, False],
        }
    )
    assert verdict("invariants", "", hotels_invariants=checked).verdict == "supported"
    assert verdict("fifth", "", hotels_invariants=checked).verdict == "not supported"


def test_what_lacks_files_is_not_testable_unless_it_is_broken():
    """Chapter 40 on the files of Hotels-50K, without those of the training sets."""
    holds = {"unit": "branches", "checked": 9, "violations": 0, "holds": True}
    done = pd.DataFrame([{"invariant": "A branch has one chain", **holds}])
    unmade = ["D_SS: branches are seen in Trainval", "D_SS: a fifth of a branch's images or fewer"]
    left = pd.DataFrame({"invariant": unmade, "why": "without trainval.csv"})
    given = {"hotels_invariants": done, "hotels_not_checked": left}
    for name in ("invariants", "fifth"):
        found = verdict(name, "", **given)
        assert found.verdict == ClaimVerdict.NOT_TESTABLE_HERE and "without trainval.csv" in found.why
    assert (
        verdict("invariants", "", **given | {"hotels_invariants": done.assign(holds=False)}).verdict == "not supported"
    )
    built = left.head(1).assign(why=split_invariants.BY_CONSTRUCTION)
    assert verdict("invariants", "", **given | {"hotels_not_checked": built}).verdict == "supported"

    cases = pd.DataFrame({"finding": ["picture listed twice"], "cases": [0]})
    assert verdict("cleaned", "picture listed twice", hotels_cleaning=cases).verdict == "supported"
    given = {"hotels_cleaning": cases, "hotels_not_checked": left}
    assert verdict("cleaned", "picture listed twice", **given).verdict == ClaimVerdict.NOT_TESTABLE_HERE
    given["hotels_cleaning"] = cases.assign(cases=1)
    assert verdict("cleaned", "picture listed twice", **given).verdict == "not supported"

    counted = pd.DataFrame(
        {
            "place": "D_SS",
            "quantity": "Images",
            "published": 9.0,
            "ours": [9.0, None],
            "verdict": ["equal", "not testable here"],
        }
    )
    found = verdict("counts", "hotels_table_02", hotels_table_02=counted)
    assert found.verdict == "supported" and "1 more are of files that are not here" in found.why
    found = verdict("counts", "hotels_table_02", hotels_table_02=counted.tail(1))
    assert found.verdict == ClaimVerdict.NOT_TESTABLE_HERE and "none of its figures" in found.why


def test_an_unknown_test_is_an_error():
    with pytest.raises(DataError, match=r"claims\.csv, m01: there is no test called 'guess'"):
        scorecard.scorecard(StudyTables(NOWHERE), claims=published.claims().assign(test="guess"))


def test_rankings_agree_as_far_as_they_do():
    theirs = [0.2, 0.4, 0.6, 0.8]
    table = pd.DataFrame({"metric": "Macro-F1", "published": theirs, "ours": theirs, "variant": "corrected"})
    table = table.assign(low=table["ours"] - 0.01, high=table["ours"] + 0.01)
    row = scorecard.ranking_agreement(StudyTables(NOWHERE, {"matched_table_04": table})).iloc[0]
    assert (row["tau"], row["low"], row["high"], row["rows"]) == (1, 1, 1, 4)
    turned = table.assign(
        ours=table["ours"][::-1].to_numpy(),
        low=lambda frame: frame["ours"] - 0.5,
        high=lambda frame: frame["ours"] + 0.5,
    )
    row = scorecard.ranking_agreement(StudyTables(NOWHERE, {"matched_table_04": turned})).iloc[0]
    assert row["tau"] == -1 and row["low"] < row["high"]
    assert scorecard.ranking_agreement(StudyTables(NOWHERE, {"matched_table_04": table.head(2)})).empty


def test_counts_and_conclusions_hold_every_claim():
    found = scorecard.scorecard(StudyTables(NOWHERE))
    assert scorecard.counts(found)[["matched", "hotels"]].to_numpy().sum() == len(found)
    assert scorecard.takeaways(found, StudyTables(NOWHERE)).count("\n- ") == len(found)


def test_a_baseline_that_wins_is_named_beside_the_claims():
    row = {"modality": "text", "region": "south", "metric": "MRR@10", "baseline": "bm25", "best trained": "ours, CE"}
    row |= {"mean": 0.9, "low": 0.4, "high": 0.95, "trained": 0.5, "at least": 0.3, "at most": 0.6}
    row |= {"difference": 0.4, "difference low": 0.1, "difference high": 0.5, "verdict": "baseline higher"}
    contests = pd.DataFrame([row | {"answers for": "the same", "reading": "the same"}])

    def beside(table):
        return scorecard.takeaways(claims().assign(verdict=""), StudyTables(NOWHERE, {"baselines_verification": table}))

    assert "By text in South, MRR@10 of bm25 (0.90, 0.40 to 0.95) is above" in beside(contests)
    lost = contests.assign(difference=-0.1)
    assert "No baseline that learns no vectors is above the best trained system (chapter 31)" in beside(lost)
    assert beside(contests.head(0)) == ""


def test_a_claim_says_what_another_way_to_score_makes_of_it():
    row = {"claim": "Training improves text retrieval, South", "ours": 0.2, "low": 0.1, "high": 0.3, "p_holm": 0.01}
    row |= {"variant": "corrected"}
    undecided = row | {"low": -0.1, "p_holm": 0.5, "choice": "inner product", "verdict": "undecided"}
    compared = pd.DataFrame([row | {"choice": "ours", "verdict": "supported"}, undecided])
    tested = claims((row["claim"], 0.2, 0.1, 0.3))
    given = StudyTables(NOWHERE, {"scoring_comparisons": compared, "claims_verification": tested})
    found = scorecard.scorecard(given).set_index("id")
    assert found.loc["m13", "why"].endswith("scored in another way (chapter 31): inner product undecided")
    assert "another way" not in found.loc["m15", "why"]


def test_runs_that_have_not_converged_decide_no_claim():
    rows = claims(("A beats B, 1", 0.2, 0.1, 0.3), ("A beats B, 2", 0.2, 0.1, 0.3)).assign(converged=["yes", "no"])
    found = verdict("orders", "A beats B", claims_verification=rows)
    assert found.verdict == "partly supported" and "1 of 2 of runs that hadn't converged" in found.why
    assert verdict("orders", "A", claims_verification=rows.assign(converged="not known")).verdict == "undecided"


def test_a_claim_is_judged_on_what_is_described_and_says_the_other():
    rows = claims(("A beats B", 0.2, 0.1, 0.3), ("A beats B", -0.2, -0.3, -0.1)).assign(
        variant=["corrected", "described"]
    )
    found = verdict("orders", "A beats B", claims_identification=rows)
    assert found.verdict == "reversed" and found.effect == -0.2
    assert "by the variant described" in found.why and found.why.endswith("by corrected supported")
    unsettled = rows.assign(converged=["yes", "no"], verdict=["supported", "not converged"])
    found = verdict("orders", "A beats B", claims_identification=unsettled)
    assert found.verdict == "supported" and found.why.endswith("by described not converged")


def test_the_ledger_names_a_baseline_that_is_above_every_trained_system():
    """In the rows of claims about its modality alone."""
    row = {"modality": "text", "metric": "R-Precision@X", "baseline": "bm25", "trained": 0.5, "difference": 0.4}
    rows = [row | {"region": region, "mean": 0.9, "verdict": "baseline higher"} for region in ("south", "west")]
    contests = pd.DataFrame([*rows, row | {"region": "west", "baseline": "minhash", "mean": 0.1, "difference": -0.4}])
    tested = claims(("Training improves text retrieval, South", 0.2, 0.1, 0.3))
    given = StudyTables(NOWHERE, {"baselines_verification": contests, "claims_verification": tested})
    why = scorecard.scorecard(given).set_index("id")["why"]
    said = "by text, a baseline that learns no vectors (bm25) is above every trained system in 2 of 2 regions"
    assert f"{said}, 2 of 2 decided: R-Precision@X 0.90 and 0.50 in South" in why["m13"]
    assert why.str.contains("bm25").sum() == why[why.str.contains("difference of R-Precision")].count()
    lost = contests.assign(difference=-0.1)
    given = StudyTables(NOWHERE, {"baselines_verification": lost, "claims_verification": tested})
    assert not scorecard.scorecard(given)["why"].str.contains("bm25").any()
