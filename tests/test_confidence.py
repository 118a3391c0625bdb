"""lib.evaluation.calibration: probabilities that are right, too sure or too shy, made to be so."""

import numpy as np
import pandas as pd
import pytest
from made_up_runs import text
from safetensors.numpy import save_file

from lib.core.errors import DataError
from lib.evaluation import calibration
from lib.runs import embeddings, results


def scores(count=4000, classes=6, scale=1.0, seed=0):
    """Classes drawn from the probabilities that the scores stand for; then the scores are scaled."""
    generator = np.random.default_rng(seed)
    logits = generator.normal(size=(count, classes)) * 1.5
    likely = np.exp(logits) / np.exp(logits).sum(1, keepdims=True)
    truth = (generator.random((count, 1)) > likely.cumsum(1)).sum(1)
    return calibration.Scores(logits * scale, truth, np.arange(count) % 50)


@pytest.mark.parametrize("scale", [0.4, 1.0, 3.0])
def test_the_temperature_undoes_a_scale(scale):
    assert calibration.temperature(scores(scale=scale)) == pytest.approx(scale, rel=0.1)


def test_scaling_changes_how_sure_and_never_what():
    found = scores(scale=3.0)
    (before, right), (after, still) = found.confidence(), found.confidence(3.0)
    assert (right == still).all() and after.mean() < before.mean()
    assert found.surprise(3.0) < found.surprise()


def test_the_error_is_small_where_probabilities_are_right_and_large_where_not():
    errors = {}
    for scale in (1.0, 4.0):
        sure, right = scores(scale=scale).confidence()
        table, found = calibration.reliability(sure, right, scores().vendors, draws=100)
        errors[scale] = found
        assert table["items"].sum() == len(sure) and found["low"] <= found["high"]
    assert errors[1.0]["ece"] < 0.03 < 0.1 < errors[4.0]["ece"]


def test_no_validation_items_leave_the_scores_alone():
    assert calibration.temperature(calibration.Scores(np.empty((0, 3)), np.empty(0, int), np.empty(0, int))) == 1.0


def test_a_runs_scores_are_its_heads(measured):
    found = measured(text("ce"))
    [run] = found.find("text", "CE")
    items = pd.DataFrame(
        {
            "region": "south",
            "part": ["train", "train", "val", "test", "test"],
            "vendor": [3, 7, 7, 3, 9],
            "text": range(5),
        }
    )
    vectors = np.eye(5, 2, dtype=np.float32)
    with pytest.raises(DataError, match=r"embeddings.safetensors.*Run the study anew"):
        results.class_scores(run, "text", "south")
    embeddings.save(run.folder / "embeddings.safetensors", {"text": (items, vectors)})
    with pytest.raises(DataError, match=r"weights.safetensors: it is not there; weights are not published. Run the"):
        results.class_scores(run, "text", "south")
    save_file({"body": np.zeros(1, np.float32)}, run.folder / "weights.safetensors")
    with pytest.raises(DataError, match="no linear class head"):
        results.class_scores(run, "text", "south")
    head = {"head.weight": np.array([[1, 2], [3, 4]], np.float32), "head.bias": np.array([0.5, -0.5], np.float32)}
    save_file(head, run.folder / "weights.safetensors")
    parts = results.class_scores(run, "text", "south")
    assert parts["val"].truth.tolist() == [1] and parts["test"].vendors.tolist() == [3]  # vendor 9 is no class
    np.testing.assert_allclose(parts["test"].scores, vectors[[3]] @ head["head.weight"].T + head["head.bias"])
