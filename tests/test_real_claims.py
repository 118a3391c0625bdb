"""What real sets say beside the twin: rankings with their uncertainty, their agreement, claims side by side."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from made_up_runs import fusion, image, text

from lib.core.errors import DataError
from lib.core.files import write_json, write_text
from lib.pipeline import figure_real
from lib.review import claimed_orders, ranking_transfer, real_sets, system_ranking
from lib.review.claim_tests import StudyTables
from lib.review.ranking_transfer import DecidedPairs, RankAgreement, Ranking
from lib.review.real_sets import RealClaims, Side
from lib.review.system_ranking import SystemCovariances, SystemScores
from lib.study import plan, steps
from lib.study.plan import Study

SYSTEMS = [
    text("pre-trained", wrong=0.8),
    text("ce", wrong=0.5, seed=1),
    text("ce", wrong=0.52, seed=2),
    text("ce+supcon", wrong=0.2, seed=1),
    text("ce+supcon", wrong=0.22, seed=2),
    image("ce", wrong=0.7),
    fusion("ce", wrong=0.1),
]


def ranking(order, error=0.01, vendors=40, metric="Macro-F1", asked="", modality="text"):
    """Systems a, b, … with scores that fall in `order`, independent, each with the same error."""
    names = sorted(order)
    scores = pd.DataFrame(
        {
            "metric": metric,
            "asked": asked,
            "system": names,
            "modality": modality,
            "score": [0.9 - 0.1 * order.index(name) for name in names],
            "vendors": vendors,
        }
    )
    upper = np.triu_indices(len(names))
    covariances = pd.DataFrame({"metric": metric, "asked": asked, "system": np.array(names)[upper[0]]})
    covariances = covariances.assign(other=np.array(names)[upper[1]], covariance=(np.eye(len(names)) * error**2)[upper])
    return Ranking(scores, covariances)


def test_systems_are_ranked_on_the_same_items_with_seeds_in_the_error(measured):
    found = measured(*SYSTEMS)
    scores, covariances = system_ranking.ranked(found)
    SystemScores.validate(scores)
    SystemCovariances.validate(covariances)
    identified = scores[scores["metric"] == "Macro-F1"].set_index("system")
    assert identified.index.tolist() == ["multimodal, CE", "text, CE+SupCon", "text, CE", "image, CE"]
    assert identified.loc["text, CE", "seeds"] == 2
    asked = scores.loc[scores["metric"] == "R-Precision@X", "asked"]
    assert asked.value_counts().to_dict() == {"training region": 5, "other regions": 5}
    assert "text, pre-trained" in set(scores["system"])  # which retrieves and doesn't identify
    assert (identified["highest"] <= identified["place"]).all() and (identified["place"] <= identified["lowest"]).all()
    of_task = covariances[covariances["metric"] == "Macro-F1"]
    whole = system_ranking.matrix(identified.index.tolist(), of_task)
    assert np.allclose(whole, whole.T) and np.linalg.eigvalsh(whole).min() > -1e-8
    assert np.allclose(np.sqrt(np.diag(whole)), identified["error"], atol=1e-4)
    words = system_ranking.answer(scores)
    assert "of 4 systems" in words and "multimodal, CE is" in words
    assert len(system_ranking.shown(scores)) == len(scores)


def test_an_error_over_seeds_widens_what_is_known_over_vendors(measured):
    alike, apart = (
        system_ranking.ranked(
            measured(text("ce", wrong=0.3, seed=1), text("ce", wrong=other, seed=1000), text("supcon", wrong=0.3))
        )[0]
        for other in (0.3, 0.9)
    )
    errors = [table.loc[table["system"] == "text, CE", "error"].iloc[0] for table in (alike, apart)]
    assert errors[1] > errors[0] + 0.1


def test_equal_rankings_agree_and_reversed_ones_dont():
    one = ranking("abcde")
    same = ranking_transfer.agreement(one, ranking("abcde"))
    RankAgreement.validate(same)
    assert (
        same["tau"].iloc[0] == pytest.approx(1)
        and same["high"].iloc[0] == pytest.approx(1)
        and same["low"].iloc[0] > 0.9
    )
    assert same[["pairs", "both", "alike"]].iloc[0].tolist() == [10, 10, 10]
    other = ranking_transfer.agreement(one, ranking("edcba"))
    assert other["tau"].iloc[0] == pytest.approx(-1) and other["both"].iloc[0] == 10 and other["alike"].iloc[0] == 0
    assert "Of 10 pairs that both decide, 0 have the same order" in ranking_transfer.answer(other, "one", "other")


def test_what_is_uncertain_is_decided_nowhere():
    vague = ranking_transfer.agreement(ranking("abcd", error=0.5), ranking("abcd"))
    assert vague["decided"].iloc[0] == 0 and vague["decided_other"].iloc[0] == 6 and vague["both"].iloc[0] == 0
    assert vague["itself"].iloc[0] < 0.6 < vague["itself_other"].iloc[0]
    assert vague["low"].iloc[0] <= vague["tau"].iloc[0] <= vague["high"].iloc[0]


def test_a_covariance_makes_a_pair_surer():
    loose, tied = ranking("ab", error=0.1), ranking("ab", error=0.1)
    together = (tied.covariances["system"] != tied.covariances["other"]).to_numpy()
    tied = Ranking(tied.scores, tied.covariances.assign(covariance=np.where(together, 0.0099, 0.01)))
    third = [ranking("abc", error=0.1), ranking("abc", error=0.1)]
    assert ranking_transfer.agreement(loose, tied).empty  # two systems have no rank correlation
    off = (third[1].covariances["system"] != third[1].covariances["other"]).to_numpy()
    third[1] = Ranking(third[1].scores, third[1].covariances.assign(covariance=np.where(off, 0.0099, 0.01)))
    found = ranking_transfer.pairs(*third)
    DecidedPairs.validate(found)
    assert (found["p_other"] < found["p"]).all() and "there" in set(found["orders"])


def test_systems_of_one_side_alone_and_small_groups_are_left_out():
    found = ranking_transfer.agreement(ranking("abcd"), ranking("abx"))
    assert found.empty
    modalities = ranking("abcd")
    modalities = Ranking(modalities.scores.assign(modality=["text", "text", "text", "image"]), modalities.covariances)
    assert ranking_transfer.agreement(modalities, ranking("abcd"))["modality"].tolist() == ["all", "text"]


def ledger(**verdicts):
    """A ledger with these claims; chapter 30 unless a verdict is about print."""
    rows = [
        {
            "id": claim,
            "verdict": verdict,
            "effect": 0.1,
            "low": -0.1,
            "high": 0.3,
            "seeds": 1.0,
            "chapter": "90_paper_audit" if "printed" in verdict else "30_identification",
        }
        for claim, verdict in verdicts.items()
    ]
    return pd.DataFrame(rows)


def side(name, tables, real):
    data = {"source": "matched", "folder": "data/real/x"} if real else {}
    return Side(Study(name=name, data=data), StudyTables(Path("nowhere"), tables))


def test_claims_stand_side_by_side():
    twin = ledger(m01="supported", m02="reversed", m03="undecided", m04="equivalent", m05="supported")
    clip = ledger(m01="supported", m02="supported", m03="reversed", m04="undecided", m30="consistent as printed")
    icons = ledger(m01="supported", m03="supported", m17="partly supported")
    found = [side("quick", {"ledger": twin}, False), side("clip", {"ledger": clip}, True)]
    found.append(side("icons", {"ledger": icons}, True))
    measured = real_sets.claims(found)
    RealClaims.validate(measured)
    assert "m30" not in set(measured["claim"])  # printed numbers say the same in all studies
    together = real_sets.side_by_side(measured).set_index("claim")
    assert together["together"].to_dict() == {
        "m01": "the same: for it",
        "m02": "the twin says against it, real works for it",
        "m03": "real sets differ",
        "m04": "decided on the twin alone, no difference",
        "m17": "open",
    }
    assert together.loc["m17", "twin"] == "" and together.loc["m02", "clip"] == "supported"
    words = real_sets.answer(together.reset_index())
    assert "Of 5 claims that real works can speak to, real sets decide 3**" in words and "m02 (" in words
    assert figure_real.effects(measured).axes


def test_a_second_twin_speaks_where_the_first_has_nothing():
    found = [side("quick", {"ledger": ledger(m01="supported")}, False)]
    found += [side("hotels", {"ledger": ledger(m02="supported")}, False)]
    found += [side("clip", {"ledger": ledger(m01="supported", m02="supported")}, True)]
    together = real_sets.side_by_side(real_sets.claims(found)).set_index("claim")
    assert together["twin"].to_dict() == {"m01": "supported", "m02": "supported (hotels)"}


def test_without_real_sets_and_without_a_ledger():
    alone = [side("quick", {"ledger": ledger(m01="supported")}, False)]
    together = real_sets.side_by_side(real_sets.claims(alone))
    assert together.empty and "No real set" in real_sets.answer(together)
    agreements, pairs = real_sets.rankings(alone)
    assert agreements.empty and pairs.empty and "No real set" in real_sets.agreed(agreements)
    assert real_sets.by_split(alone).empty and real_sets.falls(alone).empty and real_sets.alignment(alone).empty
    assert "No real set" in real_sets.of_the_twin(together, agreements, pairs)
    with pytest.raises(DataError, match="it has no ledger; add 91_scorecard"):
        real_sets.claims([side("quick", {}, False)])


def test_alignments_above_chance_are_counted():
    rows = [("corrected", 0.2, 0.1), ("corrected", 0.1, 0.005), ("released", 0.01, 0.002)]
    table = pd.DataFrame(rows, columns=["variant", "ours", "low"]).assign(
        set="clip", metric="R-Precision@X", chance=0.01
    )
    words = real_sets.aligned(table)
    assert "**clip**, corrected: 1 of 2 runs are above chance (0.010 at most); R-Precision@X 0.100 to 0.200" in words
    assert "released: 0 of 1" in words and "No study" in real_sets.aligned(table.head(0))


def test_rankings_stand_beside_the_twin_of_their_kind():
    def tables(order):
        one = ranking(order)
        return {"system_scores": one.scores, "system_covariances": one.covariances}

    def losses(order):
        rows = [
            {"metric": metric, "split": "D_SU", "loss": loss, "seed": seed, "mean": 90 - 10 * order.index(loss) + seed}
            for metric in ("AUC", "R@1")
            for loss in "abc"
            for seed in (1, 2)
        ]
        return {"hotel_scores": pd.DataFrame(rows)}

    found = [side("quick", tables("abcd"), False), side("hotels", losses("abc"), False)]
    found += [side("clip", tables("abdc"), True), side("icons", losses("cba"), True)]
    agreements, pairs = real_sets.rankings(found)
    by = agreements.set_index(["twin", "set", "metric"])["tau"]
    assert by["quick", "clip", "Macro-F1"] == pytest.approx(2 / 3)
    assert by["hotels", "icons", "AUC"] == by["hotels", "icons", "R@1"] == -1.0
    words = real_sets.agreed(agreements)
    assert "**clip** beside the twin of `quick`" in words and "**icons** beside the twin of `hotels`" in words
    together = real_sets.side_by_side(real_sets.claims([side("quick", {"ledger": ledger(m01="supported")}, False)]))
    assert "opposite order" in real_sets.of_the_twin(together, agreements, pairs)


def test_losses_of_one_seed_have_no_error_of_their_own():
    rows = [("pre-trained", 1, 20.0), ("a", 1, 50.0), ("a", 2, 54.0), ("b", 1, 60.0)]
    table = pd.DataFrame(rows, columns=["loss", "seed", "mean"]).assign(metric="AUC", split="D_UU")
    one = real_sets.linking_ranking(side("icons", {"hotel_scores": table}, True))
    variances = one.covariances[one.covariances["system"] == one.covariances["other"]].set_index("system")["covariance"]
    assert variances["pre-trained"] == 0.0
    assert variances["a"] == pytest.approx(0.0008 / 2) and variances["b"] == pytest.approx(0.0008)


def test_retrieval_is_asked_in_the_regions_that_the_data_has(measured):
    runs = measured(text("ce", wrong=0.3), text("ce+supcon", wrong=0.2))
    assert claimed_orders.regions_of(runs) == claimed_orders.REGIONS
    runs.runs["regions"] = [["new", "known"]] * len(runs.runs)
    runs.runs["train_region"] = "known"
    assert claimed_orders.regions_of(runs) == ("known", "new")
    asked = claimed_orders.in_regions(("known", "new"))
    assert len(asked) == 2 * len(claimed_orders.orders("verification")) // 4
    assert asked[0].statement.endswith(", known") and asked[0].region == "known"
    table = claimed_orders.verification(runs, "corrected")  # the made-up queries have MATCHED's regions
    assert table["paper"].isna().all() and set(table["verdict"]) == {"not run"}


def test_chapter_50_is_made_after_the_scorecard_and_again_after_a_real_set(tmp_path, monkeypatch):
    monkeypatch.setattr(plan.Study, "folder", property(lambda self: tmp_path / "studies" / self.name))
    monkeypatch.setattr(steps, "ROOT", tmp_path)
    chosen = Study(name="fake", chapters=["50_real_data", "91_scorecard", "93_checklist"])
    made = steps.of("fake", chosen)
    assert list(made)[-1] == "50_real_data"
    outputs = {name: step.output for name, step in made.items()}
    assert made["50_real_data"].inputs == (outputs["91_scorecard"],)
    assert outputs["50_real_data"] not in made["93_checklist"].inputs + made["91_scorecard"].inputs
    record = tmp_path / "studies" / "openclipart" / "study.json"
    write_text(record.parent / "notebooks" / "30_identification.ipynb", "{}")
    write_json(record, {})
    [*_, added] = steps.of("fake", chosen)["50_real_data"].inputs
    assert added == "studies/openclipart/study.json"
