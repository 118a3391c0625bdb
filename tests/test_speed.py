"""Chapter 92's two loops train on the same items, and say how far their rates spread."""

from types import SimpleNamespace

import cv2
import numpy as np
import pandas as pd
import pytest
import torch

from lib.core.errors import DataError
from lib.review.speed import training_speed
from lib.runs import batches, training
from lib.study.config import Training


class Reader:
    """A tokenizer of letters."""

    pad_token_id = 0

    def __call__(self, texts, max_length, **_):
        grid = torch.zeros((len(texts), max_length), dtype=torch.int64)
        for row, text in enumerate(texts):
            letters = [ord(letter) for letter in text[:max_length]]
            grid[row, : len(letters)] = torch.tensor(letters)
        return {"input_ids": grid, "attention_mask": (grid > 0).long()}


@pytest.fixture
def run(tmp_path):
    """What the loops need of a run: two texts, each with two pictures."""
    files = []
    for number in range(4):
        files.append(tmp_path / f"{number}.png")
        cv2.imwrite(str(files[-1]), np.full((8, 8, 3), 60 * number, np.uint8))
    items = pd.DataFrame({"text": [0, 0, 1, 1], "image": [0, 1, 2, 3], "vendor": [5, 5, 9, 9]})
    pictures = np.stack([np.full((8, 8, 3), 60 * number, np.uint8) for number in range(4)])
    made = batches.Items(items, np.array([0, 0, 1, 1]), [[97, 98], [99]], 0, pictures)
    return SimpleNamespace(
        data=SimpleNamespace(
            items=items, part=lambda name: np.ones(4, bool), ads=SimpleNamespace(texts=["ab", "c"], images=files)
        ),
        inputs=SimpleNamespace(),
        batch_items=lambda name: made,
        system=SimpleNamespace(tokenizer=Reader(), takes_images=True),
        study=SimpleNamespace(image=SimpleNamespace(pixels=8)),
    )


def test_the_plain_loop_pads_every_text_and_encodes_it_for_each_picture(run):
    batch = next(training_speed.plain_batches(run, 4, padded=16))
    assert batch["tokens"].shape == (4, 16) and batch["text"].tolist() == [0, 1, 2, 3]
    assert batch["pictures"].shape == (4, 8, 8, 3)


def test_the_plain_loop_is_for_one_device(run, tmp_path):
    loader = training_speed.PlainLoader(run, 4, 16, seed=0)
    with pytest.raises(DataError, match="one device"):
        training.fit(torch.nn.Linear(1, 1), lambda *_: None, loader, None, Training(devices=2), 0, tmp_path, "key")


def test_our_loop_encodes_each_text_once(run):
    batch = next(training_speed.our_batches(run.batch_items("train"), 4))
    assert batch["tokens"].shape == (2, 2) and sorted(batch["text"].tolist()) == [0, 0, 1, 1]


def test_both_loops_train_on_the_same_items(run):
    """The same class goes with the same picture, whatever the order."""
    plain, ours = (
        next(training_speed.plain_batches(run, 4, 16)),
        next(training_speed.our_batches(run.batch_items("train"), 4)),
    )
    for batch in (plain, ours):
        shown = batch["pictures"][batch["image"]].float().mean((1, 2, 3)).int()
        assert sorted(zip(shown.tolist(), batch["class"].tolist(), strict=True)) == [
            (0, 0),
            (60, 0),
            (120, 1),
            (180, 1),
        ]


def test_fewer_items_than_a_batch_are_one_batch(run):
    assert len(next(training_speed.plain_batches(run, 32, 16))["class"]) == 4


def test_texts_are_also_compared_at_the_length_that_ours_reads(run, monkeypatch):
    run.inputs.max_tokens, run.study.training = 2, SimpleNamespace(precision="32-true")
    lengths = []

    def rate(_, source, *rest):
        lengths.append(next(source)["tokens"].shape[1])
        return 1.0

    monkeypatch.setattr(training_speed, "rate", rate)
    monkeypatch.setattr(training_speed.changes, "everything", lambda run: None)
    how = SimpleNamespace(padded=16, rounds=1, seconds=0.1)
    assert training_speed.training({"both": lambda: run}, how, 4)["system"].tolist() == ["both", "both, cut alike"]
    assert lengths == [16, 2, 2, 2]  # plain, ours, and again
    run.system.tokenizer = None
    monkeypatch.setattr(training_speed, "rate", lambda *_: 1.0)
    assert training_speed.training({"image": lambda: run}, how, 4)["system"].tolist() == ["image"]


def test_spread_is_over_rounds():
    measured = pd.DataFrame(
        {
            "system": "text",
            "round": [1, 2, 3],
            "plain": [1.0, 2.0, 3.0],
            "ours": [4.0, 4.0, 9.0],
            "ratio": [4.0, 2.0, 3.0],
        }
    )
    [row] = training_speed.spread(measured).itertuples()
    assert (row.plain, row.ours, row.ratio, row.ratio_low, row.ratio_high, row.rounds) == (2, 4, 3, 2, 4, 3)
