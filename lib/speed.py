"""Items a second of training, ours beside a plain loop as the authors' scripts have it, in one run (chapter 92).

The plain loop: float32, every text padded to 512 tokens and tokenised when it is needed, every picture opened, shrunk and
cropped when it is needed, a text encoded anew for each of its pictures. Ours: tokenised and decoded once, batches of like
length, each text and picture of a batch encoded once, the precision that the device computes fastest. Both train the
same system with the same objective and the same number of items a step, on the same items.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

import numpy as np
import pandas as pd
import torch

from lib import batches, identifiers, pictures
from lib.experiment import Experiment
from lib.study import Speed
from lib.systems import device, precision

Batch = dict[str, torch.Tensor]


def plain_batches(run: Experiment, size: int, padded: int, seed: int) -> Iterator[Batch]:
    """Batches of `size` training items for ever, made as the authors' loaders make them; padded: tokens of each text."""
    items, classes = run.items[run.part("train")], run.batch_items("train").classes
    texts, images = run.data.texts, run.data.images
    tokenizer, sees = run.system.tokenizer, run.system.sees
    generator = np.random.default_rng(seed)
    size = min(size, len(items))
    while True:
        rows = generator.permutation(len(items))
        for start in range(0, len(rows) - size + 1, size):
            chosen = items.iloc[rows[start : start + size]]
            batch: Batch = {"class": torch.from_numpy(classes[rows[start : start + size]])}
            if tokenizer is not None:
                found = tokenizer(
                    [identifiers.mask(texts[text]) for text in chosen["text"]],
                    padding="max_length",
                    truncation=True,
                    max_length=padded,
                    return_tensors="pt",
                )
                batch |= {"tokens": found["input_ids"], "mask": found["attention_mask"], "text": torch.arange(size)}
            if sees:
                shown = [pictures.decode(images[image], run.study.image.pixels) for image in chosen["image"]]
                batch |= {"pictures": torch.from_numpy(np.stack(shown)), "image": torch.arange(size)}
            yield batch


def our_batches(run: Experiment, size: int, seed: int) -> Iterator[Batch]:
    """Batches of training items for ever, as a run has them."""
    loader = batches.training_batches(run.batch_items("train"), size, None, seed, by_length=True)
    epoch = 0
    while True:
        loader.sampler.set_epoch(epoch)
        yield from loader
        epoch += 1


def rate(run: Experiment, source: Iterator[Batch], asked: str, seconds: float) -> float:
    """Items a second that the run's system trains on batches of `source`: whole steps for `seconds` at least, one of them
    before the clock starts."""
    system = run.system.to(device()).train()
    optimiser = torch.optim.AdamW(system.parameters(), lr=1e-6)
    half = precision(asked) == "bf16-mixed"

    def step() -> int:
        batch = {name: value.to(device()) for name, value in next(source).items()}
        with torch.autocast(device().type, torch.bfloat16, enabled=half):
            vectors = system(batch)
            loss = run.objective(vectors, system.scores(vectors), batch["class"])
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        if device().type == "cuda":
            torch.cuda.synchronize()
        return len(batch["class"])

    step()
    begin, items = time.perf_counter(), 0
    while not items or time.perf_counter() - begin < seconds:
        items += step()
    return items / (time.perf_counter() - begin)


def training(runs: dict[str, Callable[[], Experiment]], how: Speed, size: int = 32) -> pd.DataFrame:
    """Each system's rate in both loops, one after the other in every round: columns `system, round, plain, ours, ratio`.

    runs: a name -> what makes the run, so that only one system is held at a time. size: items of a step.
    """
    rows = []
    for name, make in runs.items():
        run = make()
        plain, ours = plain_batches(run, size, how.padded, 0), our_batches(run, size, 0)
        for number in range(how.rounds):
            slow = rate(run, plain, "32-true", how.seconds)
            fast = rate(run, ours, run.study.training.precision, how.seconds)
            rows.append({"system": name, "round": number + 1, "plain": slow, "ours": fast, "ratio": fast / slow})
    return pd.DataFrame(rows)


def spread(measured: pd.DataFrame) -> pd.DataFrame:
    """Median, least and most over rounds, a row a system: `system, plain, ours, ratio, ratio_low, ratio_high, rounds`."""
    by = measured.groupby("system", sort=False)
    table = by[["plain", "ours", "ratio"]].median()
    table["ratio_low"], table["ratio_high"], table["rounds"] = by["ratio"].min(), by["ratio"].max(), by.size()
    return table.reset_index()
