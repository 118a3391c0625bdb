"""Training on tiny systems: it learns, resumes to the same numbers, and its checkpoints hold no pickle."""

import json
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
import torch
from safetensors import safe_open
from torch import nn

from lib.core.errors import DataError
from lib.models.fusion import FUSIONS
from lib.models.system import System
from lib.runs import batches, convergence, training
from lib.runs.ad_items import AdItems
from lib.runs.inputs import Inputs
from lib.runs.losses import OBJECTIVES, Objective
from lib.runs.training import SafetensorsIO
from lib.study.config import Training
from lib.study.run_record import TrainingRecord

VENDORS, DIMENSIONS = 6, 8


class Bag(nn.Module):
    """A text encoder small enough for tests: the mean of token vectors, with dropout so that chance matters."""

    def __init__(self):
        super().__init__()
        self.table, self.drop, self.dimensions = nn.Embedding(40, DIMENSIONS), nn.Dropout(0.2), DIMENSIONS

    def forward(self, tokens, mask):
        return (self.drop(self.table(tokens)) * mask.unsqueeze(-1)).sum(1) / mask.sum(1, keepdim=True)


class Pixels(nn.Module):
    def __init__(self):
        super().__init__()
        self.linear, self.dimensions = nn.Linear(4 * 4 * 3, 5), 5

    def forward(self, pictures):
        return self.linear(pictures.flatten(1).float() / 255)


def items(count=60, seed=0):
    """Vendors with words and colours of their own."""
    rng = np.random.default_rng(seed)
    vendors = np.arange(count) % VENDORS
    tokens = [[int(1 + 6 * vendor + rng.integers(6)) for _ in range(rng.integers(2, 6))] for vendor in vendors]
    pictures = (vendors[:, None, None, None] * 40 + rng.integers(0, 30, (count, 4, 4, 3))).astype(np.uint8)
    frame = pd.DataFrame({"text": np.arange(count), "image": np.arange(count)})
    return batches.Items(frame, vendors, tokens, 0, pictures)


def trained(folder, objective="ce+supcon", epochs=4, **change):
    chosen = {"patience": None, "text_lr": 0.02, "image_lr": 0.02, "head_lr": 0.02} | change
    settings = Training(epochs=epochs, batch_size=12, per_vendor=2, **chosen)
    torch.manual_seed(1)
    system = System(Bag(), Pixels(), "mean", VENDORS)
    data = items()
    sampling = "balanced" if Objective(objective).contrasts else "shuffled"
    train = batches.of_training(data, settings, 3, sampling)
    history = training.fit(
        system,
        Objective(objective).of,
        train,
        batches.ordered_batches(items(24, seed=9), 24),
        settings,
        3,
        folder,
        "key",
    )
    return system, history


@pytest.mark.parametrize("objective", [name for name, parts in OBJECTIVES.items() if parts])
def test_every_objective_learns(objective, tmp_path):
    _, history = trained(tmp_path, objective, epochs=8)
    assert history["train_loss"].iloc[-1] < history["train_loss"].iloc[0]
    assert history["val_loss"].iloc[-1] < history["val_loss"].iloc[0]


IN_STEPS = {"steps": 12, "check_every": 3, "accumulate": 2}
"""Four rounds of three steps; an epoch of 60 items has five batches, so that rounds end in its midst."""


@pytest.mark.parametrize("stop", [1, 3])
@pytest.mark.parametrize(
    ("objective", "budget"), [("ce", {}), ("ce+supcon", {}), ("ce", IN_STEPS), ("ce+supcon", IN_STEPS)]
)
def test_resuming_ends_with_the_same_numbers(tmp_path, monkeypatch, objective, budget, stop):
    whole, history = trained(tmp_path / "whole", objective, **budget)
    write = SafetensorsIO.save_checkpoint
    written = []

    def killed(self, checkpoint, path, storage_options=None):
        if len(written) == stop:
            raise KeyboardInterrupt  # before the write, so that an epoch is lost
        write(self, checkpoint, path, storage_options)
        written.append(path)

    monkeypatch.setattr(SafetensorsIO, "save_checkpoint", killed)
    with pytest.raises((KeyboardInterrupt, SystemExit)):
        trained(tmp_path / "cut", objective, **budget)
    monkeypatch.setattr(SafetensorsIO, "save_checkpoint", write)
    resumed, again = trained(tmp_path / "cut", objective, **budget)
    pd.testing.assert_frame_equal(again.drop(columns="seconds"), history.drop(columns="seconds"), check_exact=True)
    for (name, one), two in zip(whole.state_dict().items(), resumed.state_dict().values(), strict=True):
        assert torch.equal(one, two), name


def test_a_budget_in_steps_is_kept_to_the_step(tmp_path):
    _, history = trained(tmp_path, "ce+supcon", **IN_STEPS)
    assert history["steps"].tolist() == [3, 6, 9, 12] and history["val_loss"].notna().all()
    _, epochs = trained(tmp_path / "epochs", "ce", accumulate=2)
    assert epochs["steps"].tolist() == [3, 6, 9, 12]  # five batches of twelve items


def schedule(**chosen):
    """The learning rates of new layers, step by step."""
    settings = Training(head_lr=1.0, **chosen)
    learner = training.Learner(nn.Linear(2, 2), lambda *_: None, settings, steps=20, an_epoch=10, seed=0)
    made = learner.configure_optimizers()
    optimiser, scheduler = made["optimizer"], made["lr_scheduler"]["scheduler"]
    rates = []
    for _ in range(20):
        rates.append(optimiser.param_groups[0]["lr"])
        optimiser.step(), scheduler.step()
    return optimiser, np.array(rates)


def test_a_schedule_rises_for_a_share_or_a_number_of_steps():
    _, share = schedule(warmup=0.1)
    assert share.argmax() == 2 and share[0] == 0 and share[-1] == pytest.approx(1 / 18)
    _, counted = schedule(warmup=5)
    assert counted.argmax() == 5 and counted[1] == pytest.approx(0.2)
    _, of_epoch = schedule(warmup=0.1, warmup_of="first epoch")
    assert of_epoch.argmax() == 1
    _, constant = schedule(warmup=0.0, schedule="constant")
    assert (constant == 1).all()
    _, long = schedule(warmup=100)  # A.4's warm-up on a budget that is shorter: the rate only rises
    assert long[-1] == pytest.approx(0.19)


def test_a_schedule_by_batch_ends_above_zero():
    """The authors' contrastive texts step once in four batches, and their schedule counts batches."""
    _, rates = schedule(schedule="linear by batch", accumulate=4, warmup=0.1, warmup_of="first epoch")
    assert rates.argmax() == 4 and rates[-1] == pytest.approx((80 - 19) / 76)


def test_adam_adds_the_decay_to_the_gradient():
    assert type(schedule(optimiser="adam")[0]) is torch.optim.Adam
    assert type(schedule()[0]) is torch.optim.AdamW


@pytest.mark.parametrize(
    ("losses", "late"),
    [
        ([4.0, 2.0, 1.0, 1.0], 0.0),
        ([4.0, 3.0, 2.0, 1.0], 1 / 3),
        ([1.0, 2.0, 3.0, 4.0], 0.0),  # it never fell
        ([4.0, 1.0, 2.0, 0.9, 1.5, 2.0, 0.8, 3.0], 0.1 / 3.2),
        ([4.0, 3.0, 2.0], None),
        ([np.nan] * 8, None),
        ([], None),
    ],
)
def test_a_late_fall_is_a_share_of_the_whole_fall(losses, late):
    found = convergence.late_fall(losses)
    assert found == (late if late is None else pytest.approx(late))
    record = TrainingRecord(epochs=1, seconds=1.0, items=1, resumed=False, late_fall=found)
    assert convergence.converged(record) == ("not known" if late is None else "yes" if late <= 0.05 else "no")


def test_a_run_that_dies_during_a_write_resumes_to_the_same_numbers(tmp_path, monkeypatch):
    """Half of the third checkpoint's bytes reach the disk: the second one stays, whole, and training goes on from
    it."""
    whole, history = trained(tmp_path / "whole")
    write, tries = training.save_file, []

    def cut(tensors, path, metadata):
        write(tensors, path, metadata=metadata)
        tries.append(path)
        if len(tries) == 3:
            content = path.read_bytes()
            path.write_bytes(content[: len(content) // 2])
            raise KeyboardInterrupt

    monkeypatch.setattr(training, "save_file", cut)
    with pytest.raises((KeyboardInterrupt, SystemExit)):
        trained(tmp_path / "cut")
    assert len(tries) == 3
    [left] = (tmp_path / "cut").iterdir()  # nothing half-written beside it
    assert len(SafetensorsIO().load_checkpoint(left)["history"]) == 2
    resumed, again = trained(tmp_path / "cut")
    assert len(tries) == 5  # the two epochs that were missing, none of the others
    pd.testing.assert_frame_equal(again.drop(columns="seconds"), history.drop(columns="seconds"), check_exact=True)
    for (name, one), two in zip(whole.state_dict().items(), resumed.state_dict().values(), strict=True):
        assert torch.equal(one, two), name


def test_a_finished_training_is_not_trained_again(tmp_path):
    whole, history = trained(tmp_path)
    again, same = trained(tmp_path)
    pd.testing.assert_frame_equal(same, history)  # seconds too: nothing ran
    assert all(
        torch.equal(one, two) for one, two in zip(whole.state_dict().values(), again.state_dict().values(), strict=True)
    )


def test_early_stopping_is_final(tmp_path):
    """No change is enough of one at this rate: patience ends it, and a resumed run doesn't go on."""
    _, history = trained(tmp_path, epochs=30, patience=2, text_lr=1e-6, image_lr=1e-6, head_lr=1e-6)
    assert len(history) == 3
    _, same = trained(tmp_path, epochs=30, patience=2, text_lr=1e-6, image_lr=1e-6, head_lr=1e-6)
    pd.testing.assert_frame_equal(same, history)


def test_seed_decides(tmp_path):
    assert trained(tmp_path / "a")[1]["train_loss"].tolist() == trained(tmp_path / "b")[1]["train_loss"].tolist()


def test_checkpoint_is_safetensors_and_json_through_and_through(tmp_path):
    trained(tmp_path)
    [path] = tmp_path.glob("*.ckpt")
    with safe_open(path, "pt") as stored:  # opens nothing but safetensors
        assert json.loads(stored.metadata()["tree"])
    with pytest.raises(TypeError, match="object"):
        SafetensorsIO().save_checkpoint({"x": object()}, tmp_path / "bad.ckpt")
    assert not (tmp_path / "bad.ckpt").exists()


def test_checkpoint_tree_survives():
    tree = {"a": [1, 2.5, None, True, "x"], 3: {"t": torch.arange(3)}, "u": (1, (2,)), "inf": float("inf")}
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        SafetensorsIO().save_checkpoint(tree, f"{folder}/x")
        back = SafetensorsIO().load_checkpoint(f"{folder}/x")
    assert torch.equal(back[3].pop("t"), tree[3].pop("t"))
    assert back == tree


def test_batches_encode_each_text_and_picture_once():
    frame = pd.DataFrame({"text": [0, 0, 1, 0], "image": [5, 6, 6, 5]})
    data = batches.Items(frame, np.zeros(4, int), [[1, 2], [3]], 0, np.zeros((7, 2, 2, 3), np.uint8))
    batch = data.batch([0, 1, 2, 3])
    assert batch["tokens"].tolist() == [[1, 2], [3, 0]] and batch["mask"].tolist() == [[1, 1], [1, 0]]
    assert batch["text"].tolist() == [0, 0, 1, 0]
    assert len(batch["pictures"]) == 2 and batch["image"].tolist() == [0, 1, 1, 0]


def test_contrasting_batches_hold_several_items_of_a_vendor():
    loader = batches.training_batches(items(), 12, 1, "balanced", 3)
    loader.sampler.set_epoch(0)
    first = [batch["class"].tolist() for batch in loader]
    assert all(set(np.bincount(batch)) <= {0, 3} for batch in first)
    loader.sampler.set_epoch(1)
    assert [batch["class"].tolist() for batch in loader] != first
    loader.sampler.set_epoch(0)
    assert [batch["class"].tolist() for batch in loader] == first


def test_mean_similarity_is_the_mean_of_cosines():
    text, image = torch.randn(2, 8), torch.randn(2, 5)
    fused = FUSIONS["mean-similarity"](8)(text, image)
    cosine = nn.functional.cosine_similarity
    assert cosine(fused[:1], fused[1:]).item() == pytest.approx(
        (cosine(text[:1], text[1:]).item() + cosine(image[:1], image[1:]).item()) / 2, abs=1e-6
    )


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: Objective("cee"), "ce\\+supcon"),
        (lambda: System(Bag(), Pixels(), "sum"), "mean"),
    ],
)
def test_unknown_names_list_the_known_ones(make, words):
    with pytest.raises(DataError, match=words):
        make()


@pytest.mark.parametrize(("mask_digits", "rows"), [("all", [0, 1, 2, 0]), ("train", [0, 4, 5, 3])])
def test_digits_of_queries_and_other_regions_are_kept_as_published(mask_digits, rows):
    """Below the masked texts stand the same ones with their digits; only the training region's training texts are
    masked."""
    data = object.__new__(AdItems)
    data.study = SimpleNamespace(text=SimpleNamespace(max_tokens=8))
    data.region, data.ads = "south", SimpleNamespace(texts=["a", "b", "c"])
    inputs = Inputs(data, None, None, mask_digits)
    items = pd.DataFrame(
        {
            "region": ["south", "south", "west", "west"],
            "part": ["train", "test", "train", "test"],
            "text": [0, 1, 2, 0],
            "image": [9, 8, 7, 6],
        }
    )
    assert inputs.rows(items, "text", data.in_training(items)).tolist() == rows
    assert inputs.rows(items, "image", data.in_training(items)).tolist() == [9, 8, 7, 6]


@pytest.mark.parametrize(("mask_digits", "same"), [("all", [0, 0, 1, 0]), ("train", [0, 2, 1, 0])])
def test_texts_that_are_read_as_the_same_tokens_are_one_content(mask_digits, same):
    """Two texts that differ in what is masked; as released that is so only where they are trained on."""
    data = object.__new__(AdItems)
    data.study = SimpleNamespace(text=SimpleNamespace(max_tokens=8))
    data.ads = SimpleNamespace(texts=["room", "room 1", "hall"])
    inputs = Inputs(data, None, None, mask_digits)
    inputs.tokens = [[7, 3], [7, 3], [7, 4]]
    inputs.tokens_with_digits = [[7, 3], [7, 5], [7, 4]]
    items = pd.DataFrame({"text": [0, 1, 2, 0]})
    assert inputs.contents(items, np.array([True, False, True, False])).tolist() == same


def test_two_processes_train_as_one(tmp_path):
    """Gloo on the CPU; cross-entropy, whose mean over a batch is the mean over its parts."""

    def fitted(folder, processes, strategy):
        settings = Training(
            epochs=3,
            batch_size=12,
            patience=None,
            text_lr=0.02,
            image_lr=0.02,
            head_lr=0.02,
            devices=processes,
            strategy=strategy,
            precision="32-true",  # sums of halves and of wholes round apart in bf16
        )
        torch.manual_seed(1)
        system = System(Bag(), Pixels(), "mean", VENDORS)
        system.text.drop.p = 0.0  # parts of a batch draw other dropout than the whole
        train = batches.training_batches(items(), 12, 5, group_by_length=True, processes=processes)
        val = batches.ordered_batches(items(24, 1), 24)
        history = training.fit(system, Objective("ce", settings).of, train, val, settings, 5, folder, "key")
        return system.state_dict(), history

    one, history = fitted(tmp_path / "one", 1, "auto")
    two, same = fitted(tmp_path / "two", 2, "ddp_notebook")
    for name, weights in one.items():
        torch.testing.assert_close(two[name], weights, rtol=1e-3, atol=1e-4)
    for column in ("train_loss", "val_loss"):
        assert same[column].tolist() == pytest.approx(history[column].tolist(), rel=1e-3)
    assert history["val_loss"].iloc[-1] < history["val_loss"].iloc[0]


def test_shares_of_a_batch_make_up_the_batch(monkeypatch):
    whole = list(batches.training_batches(items(), 12, 5).sampler)
    shares = []
    monkeypatch.setattr(torch.distributed, "is_initialized", lambda: True)
    for rank in range(3):
        monkeypatch.setattr(torch.distributed, "get_rank", lambda rank=rank: rank)
        loader = batches.training_batches(items(), 12, 5, processes=3)
        shares.append(list(loader.sampler))
        assert len(loader.sampler) == len(shares[-1]) and loader.batch_size == 4
    parts = [share[start : start + 4] for start in range(0, 20, 4) for share in shares]
    assert [item for part in parts for item in part] == whole
    with pytest.raises(DataError, match="evenly"):
        batches.training_batches(items(), 12, 5, processes=5)
