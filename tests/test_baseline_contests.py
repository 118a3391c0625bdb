"""lib.review.baseline_contests: where a baseline that learns nothing is above the best trained system."""

import numpy as np
import pandas as pd
import pytest
from made_up_runs import SEED, baseline, fusion, image, text

from lib.core import tables
from lib.core.files import write_text
from lib.pipeline import report
from lib.review import baseline_contests
from lib.review.baseline_contests import SAME


def test_a_baseline_is_set_against_the_best_trained_system(measured):
    found = measured(
        text("ce", wrong=0.5),
        text("ce+supcon", wrong=0.4),
        text("pre-trained", wrong=0.1),
        image("ce", wrong=0.1),
        baseline("minhash", wrong=0.1),
        baseline("perceptual-hash", wrong=0.6),
        baseline("random", modality="text", wrong=0.0),
    )
    table = baseline_contests.identification(found)
    assert table["baseline"].tolist() == ["minhash", "perceptual-hash"]  # chance looks at no item
    by_text, by_image = table.to_dict("records")
    assert by_text["best trained"] == "minilm-l6, CE+SupCon" and by_text["verdict"] == "baseline higher"
    assert by_text["difference"] == pytest.approx(by_text["mean"] - by_text["trained"])
    assert by_text["answers for"] == SAME and "first 512 tokens" in by_text["reading"]
    assert by_image["verdict"] == "trained higher" and by_image["reading"] == SAME
    [sentence] = baseline_contests.won(table)
    assert sentence.startswith("By text, Macro-F1 of minhash (0.") and "decided. But the baseline reads" in sentence
    assert "In 1 of 2 comparisons" in baseline_contests.prose(table)


def test_retrieval_is_compared_region_by_region(measured, tmp_path):
    found = measured(
        text("ce", wrong=0.5), fusion("ce", wrong=0.3), image("ce", wrong=0.5), baseline("perceptual-hash", wrong=0.1)
    )
    table = baseline_contests.retrieval(found)
    assert len(table) == 4 * 2 and set(table["metric"]) == {"MRR@10", "R-Precision@X"}
    # A multimodal system that is asked by its pictures alone retrieves by pictures.
    assert set(table["best trained"]) == {"minilm-l6 + efficientnet-lite0, CE, mean"}
    said = baseline_contests.won(table)
    assert len(said) == 8 and all("Both answer for the same items and read as much." in line for line in said)
    report.save_table(table, tmp_path / "baselines_verification.csv")
    assert baseline_contests.won(tables.chapter(tmp_path / "baselines_verification.csv")) == said


def test_other_items_are_said(measured):
    found = measured(text("ce", wrong=0.5), text("ce+supcon", wrong=0.3), baseline("minhash", wrong=0.1))
    runs = found.find("text", "CE+SupCon")
    kept = pd.read_csv(runs[0].folder / "predictions.csv").iloc[1:]
    write_text(runs[0].folder / "predictions.csv", kept.to_csv(index=False))
    [row] = baseline_contests.identification(found).to_dict("records")
    assert row["best trained"] == "minilm-l6, CE" and row["answers for"] == SAME  # the best on the same items
    found = measured(text("ce+supcon", wrong=0.3, seed=SEED), baseline("minhash", wrong=0.1))
    runs = found.find("text", "CE+SupCon")
    write_text(runs[0].folder / "predictions.csv", kept.to_csv(index=False))
    table = baseline_contests.identification(found)
    assert table["answers for"].tolist() == ["other items"]
    assert "But they answer for other items; the baseline reads" in baseline_contests.won(table)[0]


def test_without_both_sides_there_is_no_contest(measured):
    for runs in ([text("ce")], [baseline("minhash")], [text("pre-trained"), baseline("minhash")]):
        table = baseline_contests.identification(measured(*runs))
        assert table.empty and list(table) == baseline_contests.COLUMNS and baseline_contests.won(table) == []
        assert "no baseline beside" in baseline_contests.prose(table)


def test_equal_scores_are_not_won(measured):
    found = measured(text("ce", wrong=0.2), baseline("minhash", wrong=0.2))
    table = baseline_contests.identification(found)
    assert table["difference"].abs().max() == 0 and baseline_contests.won(table) == []
    assert np.isfinite(table["low"]).all()
