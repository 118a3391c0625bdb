"""A study's runs as tables, beside the papers' and against their claims: on runs whose answers are made up here."""

import numpy as np
import pandas as pd
import pytest
from made_up_runs import PAIRS, SEED, baseline, fusion, image, predictions, queries, text
from sklearn.metrics import f1_score

from lib.core import published
from lib.core.errors import DataError
from lib.core.files import write_text
from lib.evaluation import intervals, verification
from lib.review import claimed_orders, paper_tables
from lib.runs import results


def macro_f1(frame):
    return f1_score(frame["truth"], frame["predicted"], average="macro", zero_division=0)


def rows_of(found, metric="Macro-F1"):
    return found.identification[found.identification["metric"] == metric]


# lib.runs.results


def test_a_study_without_finished_runs_says_how_to_make_some(measured):
    with pytest.raises(DataError, match="make study PROFILE=fake"):
        measured()


def test_a_figure_names_every_seed_behind_it_and_folds_many_away(measured):
    found = measured(text("ce", seed=1), text("ce", seed=2), image("ce"))
    runs = found.behind([found.runs["run"].iloc[1]])
    assert [run.parameters["seed"] for run in runs] == [1, 2]
    assert results.sources(*runs, runs[0]) == (
        "From `runs/text/minilm-l6/ce/ad/seed1`, `runs/text/minilm-l6/ce/ad/seed2`."
    )
    found = measured(*(text("ce", seed=seed) for seed in range(7)))
    assert results.sources(*found.behind(found.runs["run"])).startswith("<details><summary>From 7 runs</summary>")


def test_readings_are_the_benchmarks_and_none_is_an_error(measured):
    found = measured(text("ce+supcon"), fusion("ce+supcon"))
    readings = found.representations()
    assert {name: modality for name, (_, modality) in readings.items()} == {
        "Text": "text",
        "Multimodal": "multimodal",
        "M-Text": "text",
        "M-Vision": "image",
    }
    with pytest.raises(DataError, match="no benchmark with the objective Triplet"):
        found.representations("Triplet")


def test_the_authors_mrr_knows_the_first_result_alone(measured):
    found = measured(text("ce"))
    [row] = paper_tables.first_result_only(found).query("region == 'south'").to_dict("records")
    [run] = found.find("text", "CE")
    scored = results.queries(run, "text")
    here = scored[scored["region"] == "south"]
    assert row["MRR@10"] == pytest.approx(here.groupby("vendor")["MRR@10"].mean().mean())
    assert row["first only"] == (here["MRR@10"] == 1).groupby(here["vendor"]).mean().mean() <= row["MRR@10"]


def test_the_authors_mrr_is_of_each_seed(measured):
    """A query that one seed answers first and another second is half answered."""
    found = measured(text("ce", seed=1), text("ce", seed=2))
    runs = found.find("text", "CE")
    for run, ranks in zip(runs, ([1.0, 0.5], [1.0, 1.0]), strict=True):
        scored = pd.read_csv(run.folder / "queries.csv")
        scored["MRR@10"] = np.resize(ranks, len(scored))  # vendors are even in number, so each keeps its own
        write_text(run.folder / "queries.csv", scored.to_csv(index=False))
    [row] = paper_tables.first_result_only(found).query("region == 'south'").to_dict("records")
    assert row["first only"] == pytest.approx(0.75) and row["MRR@10"] == pytest.approx(0.875)
    assert row["difference"] == pytest.approx(0.125) and row["queries"] == 60


def test_seeds_that_scored_other_queries_have_no_mean(measured):
    found = measured(text("ce", seed=1), text("ce", seed=2))
    runs = found.find("text", "CE")
    scored = pd.read_csv(runs[1].folder / "queries.csv")
    write_text(runs[1].folder / "queries.csv", scored.assign(relevant=scored["relevant"] + 1).to_csv(index=False))
    with pytest.raises(
        DataError, match=r"seeds of one system scored different queries.*remove the system's run folders"
    ):
        found.scored(runs, "text")


def test_runs_that_are_not_finished_are_left_out(measured):
    found = measured(text(), image())
    [run] = found.find("image", "CE")
    (run.folder / "metrics.json").unlink()
    assert results.load(found.study).runs["modality"].tolist() == ["text"]


def test_runs_that_differ_in_their_seed_alone_are_one_row(measured):
    shares = {100: 0.2, 500: 0.3, 1111: 0.4}
    found = measured(*(text(seed=seed, wrong=wrong) for seed, wrong in shares.items()))
    assert len(found.runs) == 3 and found.runs["row"].nunique() == 1
    [row] = rows_of(found).to_dict("records")
    each = [macro_f1(predictions("text", wrong, seed)) for seed, wrong in shares.items()]
    assert row["mean"] == pytest.approx(np.mean(each))
    assert row["seed_sd"] == pytest.approx(np.std(each, ddof=1))
    assert row["low"] < row["mean"] < row["high"] and row["seeds"] == 3
    assert row["run"] == row["row"] == "text/minilm-l6/ce/ad/seed100"

    scored = found.verification.set_index(["metric", "region"])
    south = [
        verification.shares(queries("text", wrong, seed), "R-Precision@X", "south") for seed, wrong in shares.items()
    ]
    expected = np.mean([parts["top"].sum() / parts["bottom"].sum() for parts in south])
    assert scored.loc[("R-Precision@X", "south"), "mean"] == pytest.approx(expected)
    assert set(scored["seeds"]) == {3} and len(scored) == 4 * 6  # metrics, regions and averages


def test_what_differs_in_more_than_the_seed_stays_apart(measured):
    runs = [
        text(),
        text("ce+supcon"),
        text(name="declutr-small"),
        text(variant="released"),
        image(),
        image(faces="face"),
        image(faces="no-face"),
        fusion(),
        fusion(how="concat"),
        baseline("char-ngrams"),
        baseline("random"),
        baseline("random", modality="image"),
    ]
    found = measured(*runs)
    assert found.runs["row"].nunique() == len(rows_of(found)) == len(runs)
    assert not found.identification.duplicated([*results.ROW, "metric"]).any()
    table = paper_tables.rows_of_ours(found)
    assert len(table) == len(runs) and table["system"].tolist().count("random") == 2
    assert set(table[table["objective"] == "baseline"]["parameters"]) == {0}


def test_a_stand_in_is_another_system_than_what_it_stands_in_for(measured):
    """Two seeds of one row whose weights were not the same are two rows."""
    found = measured(
        text(name="declutr-small", seed=1), text(name="declutr-small", seed=2, loaded={"declutr-small": "minilm-l6"})
    )
    assert set(rows_of(found)["system"]) == {"declutr-small", "minilm-l6 in place of declutr-small"}


def test_what_is_not_trained_to_identify_has_no_identification(measured):
    found = measured(text("pre-trained"), text("supcon"))
    assert found.identification.empty and set(found.verification["representation"]) == {"text"}
    found = measured(text("pre-trained"), text("ce"))
    assert set(found.identification["objective"]) == {"CE"}


def test_each_representation_of_a_multimodal_system_is_scored(measured):
    found = measured(fusion("pre-trained", "mean-similarity"), text())
    counts = found.verification.groupby(["modality", "representation"]).size()
    assert set(counts.index) == {
        ("text", "text"),
        ("multimodal", "text"),
        ("multimodal", "image"),
        ("multimodal", "multimodal"),
    }


def test_find_gives_the_benchmark_alone(measured):
    found = measured(
        text(variant="released"),
        fusion(variant="released"),
        fusion(how="concat"),
        fusion(how="auto"),
        image(faces="face"),
        image(name="resnet-50"),
        text(seed=1),
        text(seed=2),
        image(faces="no-face"),
        fusion(),
        image(),
    )
    named = {modality: [run.name for run in found.find(modality, "CE")] for modality in ("text", "image", "multimodal")}
    assert named == {
        "text": ["text/minilm-l6/ce/ad/seed1", "text/minilm-l6/ce/ad/seed2"],
        "image": ["image/efficientnet-lite0/ce/ad/seed1111"],
        "multimodal": ["fusion/minilm-l6/efficientnet-lite0/mean/ce/ad/seed1111"],
    }
    assert found.find("text", "CE+SupCon") == []
    [concat] = found.find("multimodal", "CE", fusion="concat")
    assert concat.parameters["fusion"] == "concat"
    [published] = found.find("text", "CE", variant="released")
    assert published.parameters["variant"] == "released"


def test_without_the_benchmark_find_gives_nothing_else(measured):
    found = measured(
        text(variant="released"),
        image(faces="face"),
        image(name="resnet-50"),
        fusion(how="concat"),
        baseline("bm25"),
    )
    assert [found.find(modality, "CE") for modality in ("text", "image", "multimodal")] == [[], [], []]
    assert found.find("text", "baseline") == []


@pytest.mark.parametrize(
    ("run", "loaded", "expected"),
    [
        (text(), {}, ("DeCLUTR-small", True)),
        (text(name="declutr-small"), {}, ("DeCLUTR-small", True)),
        (text(name="declutr-small"), {"declutr-small": "minilm-l6"}, ("DeCLUTR-small", True)),
        (text(name="style-embedding"), {}, ("Style-Embedding", False)),
        (text(name="style-embedding"), {"style-embedding": "minilm-l6"}, ("", False)),
        (text(name="transformer-small"), {}, ("", False)),
        (image(), {}, ("ViT-base-patch16", True)),
        (image(name="vgg-16"), {}, ("VGG-16", False)),
        (image(name="vgg-16"), {"vgg-16": "efficientnet-lite0"}, ("", False)),
        (image(name="dlib-face"), {}, ("", False)),
        (image(name="arcface"), {"arcface": "dlib-face"}, ("", False)),
        (fusion(), {}, ("DeCLUTR-ViT", True)),
        (fusion(how="concat"), {}, ("DeCLUTR-ViT", False)),
        (fusion(variant="released"), {}, ("DeCLUTR-ViT", False)),
        (fusion(names=("minilm-l6", "vgg-16")), {"vgg-16": "efficientnet-lite0"}, ("", False)),
        (fusion(names=("style-embedding", "vit-base-patch16")), {}, ("", False)),
        ({"notebook": "13_single_stream", "multimodal": "visualbert", "objective": "ce"}, {}, ("VisualBERT", False)),
        (baseline("char-ngrams"), {}, ("", False)),
    ],
)
def test_what_a_run_stands_beside(measured, run, loaded, expected):
    [found] = measured(run | {"loaded": loaded}).runs.to_dict("records")
    assert (found["published"], found["benchmark"]) == expected


# lib.review.paper_tables


def test_table_4_keeps_every_printed_score_and_names_our_run(measured):
    found = measured(text(seed=1, wrong=0.2), text(seed=2, wrong=0.2), text(variant="released"), image(faces="face"))
    table = paper_tables.identification(found, 4)
    printed = published.table("matched", 4)
    printed = printed[printed["metric"].isin(["Balanced accuracy", "Weighted-F1", "Micro-F1", "Macro-F1"])]
    kept = table.drop_duplicates(["row", "metric"]).set_index(["row", "metric"])["published"]
    assert kept.to_dict() == printed.set_index(["row", "metric"])["mean"].to_dict()

    beside = table.dropna(subset="ours")
    assert set(beside["paper_system"] + " " + beside["objective"]) == {"DeCLUTR-small CE"}
    sound = beside[(beside["variant"] == "corrected") & (beside["metric"] == "Macro-F1")].iloc[0]
    assert (sound["run"], sound["seeds"]) == ("text/minilm-l6/ce/ad/seed1", 2)
    assert (sound["our_system"], sound["same_system"]) == ("minilm-l6", "no")
    assert sound["ours"] == pytest.approx(np.mean([macro_f1(predictions("text", 0.2, seed)) for seed in (1, 2)]))
    assert set(beside["variant"]) == {"corrected", "released"} and len(beside) == 2 * 4
    assert set(table[table["ours"].isna()]["same_system"]) == {""}


def test_only_the_papers_own_weights_are_the_same_system(measured):
    found = measured(
        text(name="declutr-small"),
        image(name="resnet-50", loaded={"resnet-50": "resnet-50-random"}),
        fusion(names=("declutr-small", "vit-base-patch16")),
        fusion("ce+supcon"),
    )
    table = paper_tables.identification(found, 4).dropna(subset="ours").drop_duplicates("run")
    same = dict(zip(table["paper_system"] + " " + table["objective"], table["same_system"], strict=True))
    assert same == {
        "DeCLUTR-small CE": "yes",
        "ResNet-50 CE": "no",
        "DeCLUTR-ViT CE": "yes",
        "DeCLUTR-ViT CE+SupCon": "no",
    }


def test_table_2_has_the_rows_that_are_fused_by_the_mean(measured):
    found = measured(fusion(wrong=0.1), fusion(how="concat", wrong=0.5), image())
    table = paper_tables.identification(found, 2)
    assert len(table) == len(published.table("matched", 2)) == 9
    multimodal = table[table["modality"] == "multimodal"].dropna(subset="ours")
    assert multimodal["run"].tolist() == ["fusion/minilm-l6/efficientnet-lite0/mean/ce/ad/seed1111"]


def test_verification_has_the_papers_averages_only_over_its_regions(measured):
    found = measured(text("ce+supcon"), fusion("ce+supcon"))
    table = paper_tables.verification(found, 5, "text")
    assert len(table) == len(published.table("matched", 5))
    ours = table.dropna(subset="ours")
    assert set(ours["objective"]) == {"CE+SupCon"} and "OOD" in set(ours["split"])
    assert set(ours["run"]) == {"text/minilm-l6/ce+supcon/ad/seed1111"}
    found.verification.drop(found.verification.index[found.verification["region"] == "west"], inplace=True)
    assert set(paper_tables.verification(found, 5, "text").dropna(subset="ours")["split"]) <= {
        "South",
        "Midwest",
        "Northeast",
    }


SYSTEMS = [
    fusion("ce+supcon", names=("declutr-small", "vit-base-patch16")),
    fusion(names=("declutr-small", "vit-base-patch16")),
    fusion(how="auto", names=("declutr-small", "vit-base-patch16")),
    text("ce+supcon", "declutr-small"),
    image(name="resnet-50"),
    text("ce+triplet", "declutr-small"),
]
"""From the paper's best to its worst of these by macro-F1."""


@pytest.mark.parametrize(("first", "last", "tau"), [(0.05, 0.8, 1), (0.8, 0.05, -1)])
def test_order_agrees_or_is_the_reverse(measured, first, last, tau):
    shares = np.linspace(first, last, len(SYSTEMS))
    found = measured(*(system | {"wrong": wrong} for system, wrong in zip(SYSTEMS, shares, strict=True)))
    agreement, swapped = paper_tables.order(found, paper_tables.identification(found, 4))
    assert agreement["tau"] == pytest.approx(tau) and agreement["rows"] == len(SYSTEMS)
    assert -1 <= agreement["low"] <= agreement["high"] <= 1
    assert len(swapped) == (0 if tau > 0 else 15)  # of six rows all pairs
    if len(swapped):
        assert (swapped["published"] > 0).all() and (swapped["ours"] < 0).all()
        far = swapped[
            (swapped["better"] == "declutr-small + vit-base-patch16 CE+SupCon mean")
            & (swapped["worse"] == "declutr-small CE+Triplet")
        ]
        assert far["decided"].tolist() == ["yes"]


def test_order_lists_the_one_pair_that_swaps(measured):
    shares = [0.1, 0.2, 0.5, 0.4, 0.6, 0.7]
    found = measured(*(system | {"wrong": wrong} for system, wrong in zip(SYSTEMS, shares, strict=True)))
    agreement, swapped = paper_tables.order(found, paper_tables.identification(found, 4))
    assert agreement["tau"] == pytest.approx(13 / 15)
    [pair] = swapped.to_dict("records")
    assert (pair["better"], pair["worse"]) == ("declutr-small + vit-base-patch16 CE auto", "declutr-small CE+SupCon")
    ours = [macro_f1(predictions(modality, wrong, SEED)) for modality, wrong in (("multimodal", 0.5), ("text", 0.4))]
    assert pair["ours"] == pytest.approx(ours[0] - ours[1])
    assert pair["published"] == pytest.approx(0.9121 - 0.6540)


def test_printed_costs_stand_beside_ours(measured):
    table = paper_tables.costs(measured(text(), text("ce+supcon"), image("ce", faces="face"), baseline("minhash")))
    assert table["paper_system"].unique().tolist() == ["DeCLUTR-small"]
    assert set(table["metric"]) == set(paper_tables.PRINTED_COST) and len(table) == 6
    epochs = table[(table["metric"] == "Epochs") & (table["objective"] == "CE")].iloc[0]
    printed = published.table("matched", 4)
    printed = printed[(printed["system"] == "DeCLUTR-small") & (printed["objective"] == "CE")].set_index("metric")
    assert epochs["published"] == printed.loc["Epochs", "mean"]
    assert epochs["ours"] == measured(text()).runs["epochs"].iloc[0] and epochs["same_system"] == "no"


def test_the_cost_of_an_interrupted_run_is_not_known(measured):
    runs = measured(text(), text("ce+supcon", resumed=True)).runs.set_index("objective")
    assert runs["wh"].notna().to_dict() == {"CE": True, "CE+SupCon": False}


def test_two_rows_have_no_order(measured):
    found = measured(text(), image())
    agreement, swapped = paper_tables.order(found, paper_tables.identification(found, 4))
    assert np.isnan(agreement["tau"]) and agreement["rows"] == 2 and swapped.empty


def test_neighbours_are_corrected_for_all_comparisons(measured):
    found = measured(
        text("ce+supcon", wrong=0.1),
        text("ce", wrong=0.5),
        text("ce+triplet", wrong=0.5),
        image("ce", wrong=0.2),
        image("ce+supcon", wrong=0.3),
        image("ce", wrong=0.9, faces="face"),
        fusion(),
    )
    table = paper_tables.neighbours(found)
    assert table["modality"].tolist() == ["image", "text", "text"]  # a modality's only row has no neighbour
    assert not table["lower"].str.contains("face/").any()
    assert table["p_holm"].to_numpy() == pytest.approx(intervals.holm(table["p"]))
    assert (table["p_holm"] >= table["p"]).all() and (table["p_holm"] > table["p"]).any()
    text_rows = table[table["modality"] == "text"]
    assert text_rows["verdict"].tolist() == ["higher", "undecided"]  # the second pair answers the same
    assert text_rows["higher"].iloc[0] == "text/minilm-l6/ce+supcon/ad/seed1111"
    assert text_rows["difference"].tolist() == pytest.approx(
        [macro_f1(predictions("text", 0.1, SEED)) - macro_f1(predictions("text", 0.5, SEED)), 0]
    )


def test_without_a_pair_there_are_no_neighbours(measured):
    assert paper_tables.neighbours(measured(text())).empty
    assert paper_tables.neighbours(measured(text("pre-trained"))).empty


def test_seeds_stand_beside_table_3(measured):
    shares = {100: 0.1, 500: 0.2, 1111: 0.3}
    found = measured(*(fusion("ce+supcon", seed=seed, wrong=wrong) for seed, wrong in shares.items()))
    table = paper_tables.seeds(found)
    assert table["published"].tolist() == published.table("matched", 3)["mean"].tolist()
    ours = table[table["metric"] == "Macro-F1"].set_index("seed")["ours"]
    each = [macro_f1(predictions("multimodal", wrong, seed)) for seed, wrong in shares.items()]
    assert ours.loc[["100", "500", "1111"]].tolist() == pytest.approx(each)
    assert ours.loc[["Mean", "Std"]].tolist() == pytest.approx([np.mean(each), np.std(each, ddof=1)])
    assert table["ours"].notna().all()


def test_seeds_that_were_not_run_are_empty(measured):
    table = paper_tables.seeds(measured(text()))
    assert len(table) == 20 and table["ours"].isna().all()


def test_on_pairs_a_verdict_counts_for_each_pair_that_it_is_in(measured):
    found = measured(text(wrong=0.3), image(wrong=0.5), fusion(wrong=0.1), text("ce+supcon"))
    [run] = found.find("text", "CE")
    kept = results.predictions(run).iloc[5:]
    kept.to_csv(run.folder / "predictions.csv", index=False)  # five texts, so ten pairs, that it didn't see
    table = paper_tables.on_pairs(found).set_index("modality")
    assert table.index.tolist() == ["text", "image", "multimodal"]  # CE+SupCon has no multimodal row to ask
    assert set(table["objective"]) == {"CE"}
    assert table["missing"].to_dict() == {"text": 10, "image": 0, "multimodal": 0}
    assert table["items"].to_dict() == {"text": 190, "image": 200, "multimodal": 200}
    by_image, by_both = predictions("image", 0.5, SEED), predictions("multimodal", 0.1, SEED)
    expected = {
        "text": macro_f1(PAIRS.drop(columns="image").merge(kept, on=["text", "truth"])),
        "image": macro_f1(by_image),
        "multimodal": macro_f1(by_both),
    }
    assert table["pairs"].to_dict() == pytest.approx(expected)
    assert table["own_items"].to_dict() == pytest.approx(expected | {"text": macro_f1(kept)})
    assert ((table["low"] <= table["pairs"]) & (table["pairs"] <= table["high"])).all()


def test_runs_that_have_not_converged_are_marked_where_they_are_named(measured):
    found = measured(text(late_fall=0.3), text("ce+supcon", late_fall=None), text("pre-trained"))
    told = results.sources(*found.behind(found.runs["run"]))
    assert "ce/ad/seed1111` (not converged), " in told and "supcon/ad/seed1111` (convergence not known)" in told
    assert told.endswith("`runs/text/minilm-l6/pre-trained/ad/seed1111`.")
    many = measured(*(text(seed=seed, late_fall=0.3 * (seed > 5)) for seed in range(1, 8)))
    assert "From 7 runs, 2 of which had not converged" in results.sources(*many.behind(many.runs["run"]))


# lib.review.claimed_orders


def verdicts(found):
    table = claimed_orders.identification(found, "corrected").set_index("claim")
    assert list(table.index) == [order.statement for order in claimed_orders.orders("identification")]
    return table


def test_verdicts_follow_the_predictions(measured):
    def verdict(ce, supcon):
        row = verdicts(measured(text(wrong=ce), text("ce+supcon", wrong=supcon))).loc[
            "CE+SupCon identifies better than CE, by text"
        ]
        assert row["paper"] == pytest.approx(0.6540 - 0.6379)
        gap = macro_f1(predictions("text", supcon, SEED)) - macro_f1(predictions("text", ce, SEED))
        assert row["ours"] == pytest.approx(gap) and row["low"] <= row["ours"] <= row["high"]
        assert row["p_holm"] >= row["p"]
        assert (row["better_run"], row["worse_run"]) == (
            "text/minilm-l6/ce+supcon/ad/seed1111",
            "text/minilm-l6/ce/ad/seed1111",
        )
        return row["verdict"]

    assert verdict(0.6, 0.1) == "supported"
    assert verdict(0.1, 0.6) == "reversed"
    assert verdict(0.3, 0.3) == "undecided"


CE_AND_SUPCON = "CE+SupCon identifies better than CE, by text"


def test_a_comparison_says_what_both_sides_had_in_common(measured):
    row = verdicts(measured(text(wrong=0.6), text("ce+supcon", wrong=0.1))).loc[CE_AND_SUPCON]
    shared = {
        "variant": "corrected",
        "sampling": "shuffled",
        "steps": "40 steps",
        "items": "100 texts",
        "converged": "yes",
    }
    assert row[list(shared)].to_dict() == shared


@pytest.mark.parametrize(("late_fall", "said"), [(0.2, "no"), (None, "not known")])
def test_what_has_not_converged_decides_nothing(measured, late_fall, said):
    runs = text(wrong=0.6), text("ce+supcon", wrong=0.1, late_fall=late_fall)
    row = verdicts(measured(*runs)).loc[CE_AND_SUPCON]
    assert (row["verdict"], row["converged"]) == ("not converged", said)
    assert row["low"] > 0 and row["p_holm"] < 0.05  # it would have been supported


def test_claims_are_judged_on_what_is_described(measured):
    """The variant described where both sides were run in it, else corrected; never on another sampling."""
    ce, supcon = text(wrong=0.1, variant="described"), text("ce+supcon", wrong=0.6, variant="described")
    own = text(wrong=0.6), text("ce+supcon", wrong=0.1), text("ce+supcon", wrong=0.9, sampling="balanced")
    found = measured(ce, supcon, *own, image(wrong=0.6), image("ce+supcon", wrong=0.1))
    tested = pd.concat([claimed_orders.identification(found, name) for name in ("described", "corrected")])
    judged = claimed_orders.judged(tested).set_index("claim")
    assert judged.index.is_unique and set(judged.index) == set(tested["claim"])
    assert judged.loc[CE_AND_SUPCON, ["variant", "verdict"]].tolist() == ["described", "reversed"]
    unsettled = text("ce+supcon", wrong=0.6, variant="described", late_fall=0.3)
    found = measured(text(wrong=0.1, variant="described"), unsettled, text(wrong=0.6), text("ce+supcon", wrong=0.1))
    both = pd.concat([claimed_orders.identification(found, name) for name in ("described", "corrected")])
    row = claimed_orders.judged(both).set_index("claim").loc[CE_AND_SUPCON]
    assert row[["variant", "verdict"]].tolist() == ["corrected", "supported"], "what hasn't converged judges nothing"
    by_image = judged.loc["CE+SupCon identifies better than CE, by image"]
    assert by_image[["variant", "verdict"]].tolist() == ["corrected", "supported"]


def test_systems_of_two_modalities_are_compared_on_the_same_pairs(measured):
    found = measured(text("ce+supcon", wrong=0.6), fusion("ce+supcon", wrong=0.1))
    row = verdicts(found).loc["Both together identify better than text alone"]
    pairs = PAIRS.merge(predictions("text", 0.6, SEED)[["text", "predicted"]])
    assert row["items"] == "200 pairs"
    assert row["ours"] == pytest.approx(macro_f1(predictions("multimodal", 0.1, SEED)) - macro_f1(pairs))


def test_claims_whose_runs_are_missing_are_not_run(measured):
    table = verdicts(measured(text(), text("ce+supcon"), fusion(variant="released")))
    assert (table["verdict"] != "not run").sum() == 1
    assert table[table["verdict"] == "not run"]["ours"].isna().all()
    assert table["paper"].notna().all()
    assert set(verdicts(measured(text()))["verdict"]) == {"not run"}


def test_claims_have_their_columns_where_nothing_was_run(measured):
    table = claimed_orders.identification(measured(text()), "corrected")
    assert {"ours", "low", "high", "vendors", "p", "p_holm", "seeds", "better_run", "worse_run"} <= set(table)


def test_the_mean_is_compared_with_each_other_fusion(measured):
    table = verdicts(measured(fusion(wrong=0.1), fusion(how="concat", wrong=0.6), fusion(how="auto", wrong=0.1)))
    named = {how: f"Mean fusion identifies better than {how}" for how in ("concat", "auto", "attention")}
    assert [table.loc[name, "verdict"] for name in named.values()] == ["supported", "undecided", "not run"]
    assert table.loc[named["concat"], "worse_run"] == "fusion/minilm-l6/efficientnet-lite0/concat/ce/ad/seed1111"
    assert table.loc[named["concat"], "better_run"] == "fusion/minilm-l6/efficientnet-lite0/mean/ce/ad/seed1111"


def test_claims_average_over_the_seeds_of_both_sides(measured):
    found = measured(*(text(seed=seed, wrong=0.4) for seed in (1, 2)), text("ce+supcon", wrong=0.1))
    row = verdicts(found).loc["CE+SupCon identifies better than CE, by text"]
    worse = np.mean([macro_f1(predictions("text", 0.4, seed)) for seed in (1, 2)])
    assert row["ours"] == pytest.approx(macro_f1(predictions("text", 0.1, SEED)) - worse)
    assert row["seeds"] == 1 and row["worse_run"] == "text/minilm-l6/ce/ad/seed1"


def test_claims_on_retrieval_are_made_in_each_region(measured):
    found = measured(text("pre-trained", wrong=0.8), text("ce+supcon", wrong=0.1), image("ce+supcon", wrong=0.1))
    table = claimed_orders.verification(found, "corrected").set_index("claim")
    for region in ("South", "Midwest", "West", "Northeast"):
        assert table.loc[f"Training improves text retrieval, {region}", "verdict"] == "supported"
        assert table.loc[f"Text retrieves better than images, {region}", "verdict"] == "undecided"
        assert table.loc[f"Training improves image retrieval, {region}", "verdict"] == "not run"
    assert (table["p_holm"] >= table["p"])[table["p"].notna()].all()
