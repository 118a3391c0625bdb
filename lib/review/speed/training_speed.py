"""Items a second of training, ours beside a plain loop as the authors' scripts have it, in one run (chapter 92).

The plain loop: float32, every text padded to 512 tokens and tokenised when it is needed, every picture opened, shrunk
and cropped when it is needed, a text encoded anew for each of its pictures. Ours: tokenised and decoded once, batches
of like length, each text and picture of a batch encoded once, the precision that the device computes fastest. Both
train the same system with the same objective and the same number of items a step, on the same items.
"""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
import torch
from torch.utils.data import DataLoader

from lib.data import identifiers, image_arrays
from lib.models.acceleration import PrecisionSetting, device, precision
from lib.models.system import System
from lib.review.speed import changes
from lib.runs import batches
from lib.runs.attribution import Experiment
from lib.study.config import Speed

Batch = dict[str, torch.Tensor]


class PlainLoader:
    """Batches of a run's training items, made anew at each use as the authors' loaders make them. One pass is an epoch
    in an order of its own."""

    sampler = None  # nothing that several devices could share

    def __init__(self, run: Experiment, size: int, padded: int, seed: int) -> None:
        """size: items of a batch; padded: tokens of each text."""
        self.items, self.classes = run.data.items[run.data.part("train")], run.batch_items("train").classes
        self.run, self.size, self.padded = run, min(size, len(self.items)), padded
        self.generator = np.random.default_rng(seed)

    def __len__(self) -> int:
        return len(self.items) // self.size

    def __iter__(self) -> Iterator[Batch]:
        rows = self.generator.permutation(len(self.items))
        for start in range(0, len(self) * self.size, self.size):
            yield self._batch(rows[start : start + self.size])

    def _batch(self, rows: np.ndarray) -> Batch:
        run, chosen = self.run, self.items.iloc[rows]
        batch: Batch = {"class": torch.from_numpy(self.classes[rows])}
        if run.system.tokenizer is not None:
            tokenised = run.system.tokenizer(
                [identifiers.mask(run.data.ads.texts[text]) for text in chosen["text"]],
                padding="max_length",
                truncation=True,
                max_length=self.padded,
                return_tensors="pt",
            )
            batch |= {"tokens": tokenised["input_ids"], "mask": tokenised["attention_mask"]}
            batch["text"] = torch.arange(len(rows))
        if run.system.takes_images:
            files, side = run.data.ads.images, run.study.image.pixels
            pictures = np.stack([image_arrays.decode(files[image], side) for image in chosen["image"]])
            batch |= {"pictures": torch.from_numpy(pictures), "image": torch.arange(len(rows))}
        return batch


def plain_batches(run: Experiment, size: int, padded: int) -> Iterator[Batch]:
    """`PlainLoader`'s batches for ever."""
    loader = PlainLoader(run, size, padded, seed=0)
    while True:
        yield from loader


def our_batches(items: batches.Items, size: int) -> Iterator[Batch]:
    """Batches of items for ever, as a run has them."""
    loader = batches.training_batches(items, size, seed=0, group_by_length=True)
    sampler: Any = loader.sampler
    for epoch in itertools.count():
        sampler.set_epoch(epoch)
        yield from loader


def on_device(batch: Batch) -> Batch:
    """The batch where the system is trained."""
    return {name: value.to(device()) for name, value in batch.items()}


def learn(optimiser: torch.optim.Optimizer, loss: torch.Tensor) -> None:
    """One step down the gradient of a loss."""
    optimiser.zero_grad()
    loss.backward()
    optimiser.step()


def stepper(run: Experiment, system: System, source: Iterator[Batch], setting: PrecisionSetting) -> Callable[[], int]:
    """What trains `system` on the next batch of `source` with a run's objective, and says how many items that were.
    setting: the precision, as `lib.models.acceleration.precision` has it."""
    optimiser = torch.optim.AdamW(system.parameters(), lr=1e-6, fused=True)
    half = precision(setting) == "bf16-mixed"

    def step() -> int:
        batch = on_device(next(source))
        with torch.autocast(device().type, torch.bfloat16, enabled=half):
            loss = run.objective.of(system, batch, "train")
        learn(optimiser, loss)
        return len(batch["class"])

    return step


def rate(run: Experiment, source: Iterator[Batch], setting: PrecisionSetting, seconds: float) -> float:
    """Items a second that the run's system trains on batches of `source`: whole steps for `seconds` at least, one of
    them before the clock starts."""
    step = stepper(run, run.system.to(device()).train(), source, setting)
    step()
    return steady(step, seconds)


def steady(step: Callable[[], int], seconds: float) -> float:
    """Items a second of steps one after another, for `seconds` at least. The device is waited for at the end alone, and
    at the end of every eighth step, so that no queue grows."""
    wait()
    begin, items, steps = time.perf_counter(), 0, 0
    while not items or time.perf_counter() - begin < seconds:
        items, steps = items + step(), steps + 1
        if steps % 8 == 0:
            wait()
    wait()
    return items / (time.perf_counter() - begin)


def wait() -> None:
    """Until the device has done all that was queued."""
    if device().type == "cuda":
        torch.cuda.synchronize()


def in_turns(name: str, plain: Callable[[], float], ours: Callable[[], float], rounds: int) -> list[dict[str, Any]]:
    """What two ways of the same work do a second, one after the other in every round: `system, round, plain, ours,
    ratio`."""
    rows = []
    for number in range(rounds):
        slow, fast = plain(), ours()
        rows.append({"system": name, "round": number + 1, "plain": slow, "ours": fast, "ratio": fast / slow})
    return rows


def training(runs: Mapping[str, Callable[[], Experiment]], settings: Speed, size: int) -> pd.DataFrame:
    """Each system's rate in both loops, as `in_turns` has them; of one that reads texts a second time as `<name>, cut
    alike`, with the plain loop's texts padded to the length at which ours cuts them: what is left then is the loops'
    own, and no choice of how much is read.

    runs: a name -> what makes the run, so that one system is held at a time (in two copies). size: items of a step.
    """
    rows = []
    for name, make in runs.items():
        run, plain_run = make(), make()
        changes.everything(plain_run)
        ours = our_batches(run.batch_items("train"), size)
        fast = partial(rate, run, ours, run.study.training.precision, settings.seconds)
        lengths = {name: settings.padded}
        if run.system.tokenizer:
            lengths[f"{name}, cut alike"] = run.inputs.max_tokens
        for label, padded in lengths.items():
            slow = partial(rate, plain_run, plain_batches(run, size, padded), "32-true", settings.seconds)
            rows += in_turns(label, slow, fast, settings.rounds)
    return pd.DataFrame(rows)


class PlainRun(Experiment):
    """A run that is trained on the batches of `PlainLoader`, and in all else as its study says."""

    def loaders(self) -> tuple[Any, DataLoader[int] | None, int]:
        _, val, _ = super().loaders()
        train = PlainLoader(self, self.variant.training.batch_size, self.inputs.max_tokens, self.parameters["seed"])
        return train, val, len(train.items)


def spread(measured: pd.DataFrame) -> pd.DataFrame:
    """Median, least and most over rounds, a row a system: `system, plain, ours, ratio, ratio_low, ratio_high,
    rounds`."""
    by = measured.groupby("system", sort=False)
    table = by[["plain", "ours", "ratio"]].median()
    table["ratio_low"], table["ratio_high"], table["rounds"] = by["ratio"].min(), by["ratio"].max(), by.size()
    return table.reset_index()
