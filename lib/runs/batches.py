"""Items to batches: texts tokenised once, images read from the array on disk, each one once in a batch."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import torch
from torch.nn import functional
from torch.nn.utils.rnn import pad_sequence
from torch.utils.data import DataLoader, Dataset, DistributedSampler

from lib.core.errors import DataError
from lib.models.qformer import IGNORED
from lib.runs.samplers import BalancedSampler, LengthSampler, Rounds, Shared, UnitSampler
from lib.study.config import Training

Batch = dict[str, torch.Tensor]
Loss = Callable[[Any, Batch, str], torch.Tensor]
"""The loss of a system on a batch of a part, `train` or `val`."""


class Items(Dataset[int]):
    """The items of a part, as numbers: which text, which image, which class."""

    def __init__(
        self,
        items: pd.DataFrame,
        classes: np.ndarray,
        tokens: Sequence[Any] | None,
        padding: int,
        pictures: np.ndarray | torch.Tensor | None,
        multiple: int = 1,
    ) -> None:
        """items: columns `text` and/or `image`, row numbers of tokens and pictures. classes (n,): of each item. tokens:
        of every unique text. pictures (images, h, w, 3): on the CPU or on the device. multiple: a batch's texts are
        padded to a multiple of so many tokens."""
        self.text: np.ndarray | None = items["text"].to_numpy() if tokens is not None else None
        self.image: np.ndarray | None = items["image"].to_numpy() if pictures is not None else None
        self.classes, self.tokens, self.padding, self.pictures = classes, tokens, padding, pictures
        self.multiple = multiple

    def __len__(self) -> int:
        return len(self.classes)

    def __getitem__(self, index: int) -> int:
        return index

    def batch(self, indices: Sequence[int]) -> Batch:
        """`tokens, mask` (unique texts), `pictures` (unique), `text, image` (the row of each item's), `class`."""
        rows = np.asarray(indices)
        batch: Batch = {"class": torch.from_numpy(self.classes[rows])}
        if self.text is not None and self.tokens is not None:
            unique, place = np.unique(self.text[rows], return_inverse=True)
            batch |= padded([self.tokens[text] for text in unique], self.padding, self.multiple)
            batch["text"] = torch.from_numpy(place)
        if self.image is not None and self.pictures is not None:
            unique, place = np.unique(self.image[rows], return_inverse=True)
            batch["pictures"] = torch.as_tensor(self.pictures[unique])
            batch["image"] = torch.from_numpy(place)
        return batch


def padded(tokens: Sequence[Any], padding: int, multiple: int = 1) -> Batch:
    """`tokens` (n, longest) and `mask` (n, longest) of texts given as token numbers; of texts given as their tokens'
    states (t, d), `tokens` is (n, longest, d). multiple: the length is a multiple of so many tokens."""
    grid = pad_sequence([torch.as_tensor(text) for text in tokens], batch_first=True, padding_value=padding)
    if missing := -grid.shape[1] % multiple:
        grid = functional.pad(grid, (0, 0) * (grid.ndim - 2) + (0, missing), value=padding)
    lengths = torch.tensor([len(text) for text in tokens])
    return {"tokens": grid, "mask": (torch.arange(grid.shape[1]) < lengths[:, None]).long()}


def training_batches(
    items: Items,
    batch_size: int,
    seed: int,
    sampling: str = "shuffled",
    per_vendor: int = 4,
    group_by_length: bool = False,
    processes: int = 1,
    round_size: int | None = None,
) -> DataLoader[int]:
    """Batches of one round of training (`lib.study.config.Training`).

    sampling: `shuffled`, every item once an epoch, with `group_by_length` texts of similar length together; `balanced`,
    `per_vendor` items of each of a few vendors; or `units`, two items of a vendor at a time (`lib.runs.samplers`).
    processes: how many share a batch, an equal part each. round_size: batches of a round; None: an epoch is a round.
    Raises DataError where a batch can't be shared, or where vendors are too few.
    """
    sampler: Any
    if sampling == "balanced":
        sampler = BalancedSampler(items.classes, per_vendor, batch_size, seed)
        batch_size = sampler.size
    elif sampling == "units":
        sampler = UnitSampler(items.classes, batch_size, seed)
        batch_size = sampler.size
    elif group_by_length and items.text is not None and items.tokens is not None:
        sampler = LengthSampler([len(items.tokens[text]) for text in items.text], batch_size, seed)
    else:
        sampler = DistributedSampler(items, num_replicas=1, rank=0, shuffle=True, seed=seed)
    if round_size:
        sampler = Rounds(sampler, batch_size, round_size)
        batch_size = sampler.batch_size
    if batch_size % processes:
        raise DataError(
            f"A batch of {batch_size} can't be shared by {processes} devices evenly. Change batch_size or devices."
        )
    if processes > 1:
        sampler = Shared(sampler, batch_size, processes)
    share = batch_size // processes
    # A last batch of one has nothing to be compared with, and no variance for batch norm: it is left out.
    lonely = len(sampler) > 1 and len(sampler) % share == 1
    return DataLoader(items, batch_size=share, sampler=sampler, collate_fn=items.batch, drop_last=lonely)


def of_training(items: Items, settings: Training, seed: int, sampling: str) -> DataLoader[int]:
    """`training_batches` as the settings of a training say."""
    return training_batches(
        items,
        settings.batch_size,
        seed,
        sampling,
        settings.per_vendor,
        settings.group_by_length,
        settings.devices,
        settings.round_size,
    )


def ordered_batches(items: Items, batch_size: int) -> DataLoader[int]:
    """All items once, in order, without a last batch of one, which has nothing to be compared with."""
    lonely = len(items) > 1 and len(items) % batch_size == 1
    return DataLoader(items, batch_size=batch_size, collate_fn=items.batch, drop_last=lonely)


@dataclass(frozen=True)
class Writing:
    """What a generator is to write: the tokens of each text's `target`, and of its `prompt` (None: it has none).

    padding: its padding token. length: texts are padded to so many tokens and the padding is to be written too, as in
    the authors' code for BLIP2; None: padding doesn't count.
    """

    target: Sequence[Sequence[int]]
    prompt: Sequence[Sequence[int]] | None
    padding: int
    length: int | None = None


class PairItems(Items):
    """Pairs of all regions for alignment; `batch` has what `lib.models.aligner.Aligner.forward` reads.

    negatives: how many texts, and apart from them images, are drawn for a pair from another region than its own (A.4;
    described and released); None: the batch's other pairs are the negatives. Raises DataError when there is no other
    region to draw from.
    """

    text: np.ndarray
    image: np.ndarray
    tokens: Sequence[Any]
    pictures: np.ndarray

    def __init__(
        self,
        items: pd.DataFrame,
        tokens: Sequence[Any],
        padding: int,
        pictures: np.ndarray,
        negatives: int | None = None,
        seed: int = 0,
        writing: Writing | None = None,
    ) -> None:
        """items: `text, image, vendor, region`, row numbers of tokens and pictures."""
        super().__init__(items, items["vendor"].to_numpy(), tokens, padding, pictures)
        self.negatives, self.seed, self.writing = negatives, seed, writing
        self.width = 1 + int(self.image.max())
        self.pairs = np.unique(self.text.astype(np.int64) * self.width + self.image)
        self.region, self.regions = items["region"].to_numpy(), np.unique(items["region"])
        self.of_region = {region: np.flatnonzero(self.region == region) for region in self.regions}
        if negatives is not None and len(self.regions) < 2:
            raise DataError(
                f"This alignment draws negatives from another region than a pair's own, and there is only "
                f"{', '.join(self.regions)}. Give ads of a second region, or take the variant corrected."
            )

    def batch(self, indices: Sequence[int]) -> Batch:
        """`tokens, mask` and `pictures` of the batch's unique texts and images, `text, image` (n,): each pair's rows of
        them.

        Besides `positive` (texts, images): which belong to one ad; or with drawn negatives `negative_text,
        negative_image` (n, k). With a generator `target` (n, t), and with a prompt `prompt, prompt_mask` (n, s).
        """
        rows = np.asarray(indices)
        drawn = np.empty((2, len(rows), 0), np.int64) if self.negatives is None else self._drawn(rows, self.negatives)
        texts, text_place = np.unique(np.c_[self.text[rows], self.text[drawn[0]]], return_inverse=True)
        images, image_place = np.unique(np.c_[self.image[rows], self.image[drawn[1]]], return_inverse=True)
        text, image = (torch.from_numpy(place.reshape(len(rows), -1)) for place in (text_place, image_place))
        batch = padded([self.tokens[number] for number in texts], self.padding)
        batch |= {
            "class": torch.from_numpy(self.classes[rows]),
            "pictures": torch.from_numpy(self.pictures[images]),
            "text": text[:, 0],
            "image": image[:, 0],
        }
        if self.negatives is None:
            keys = texts[:, None].astype(np.int64) * self.width + images
            batch["positive"] = torch.from_numpy(np.isin(keys, self.pairs))
        else:
            batch |= {"negative_text": text[:, 1:], "negative_image": image[:, 1:]}
        return batch | (self._to_write(self.text[rows], self.writing) if self.writing else {})

    def _drawn(self, rows: np.ndarray, negatives: int) -> np.ndarray:
        """Pairs whose texts, and pairs whose images, are negatives: (2, n, k).

        They depend on the seed and the batch's pairs alone, so that a resumed run draws what it would have drawn.
        """
        generator = np.random.default_rng([self.seed, *rows.tolist()])
        drawn = np.empty((2, len(rows), negatives), np.int64)
        for place, row in enumerate(rows):
            other = generator.choice(self.regions[self.regions != self.region[row]])
            drawn[:, place] = generator.choice(self.of_region[other], (2, negatives))
        return drawn

    def _to_write(self, texts: np.ndarray, writing: Writing) -> Batch:
        targets = padded([writing.target[text] for text in texts], writing.padding)
        tokens, mask = targets["tokens"], targets["mask"]
        if writing.length is None:
            tokens = tokens.masked_fill(mask == 0, IGNORED)
        else:
            tokens = functional.pad(tokens, (0, writing.length - tokens.shape[1]), value=writing.padding)
        batch = {"target": tokens}
        if writing.prompt is not None:
            prompt = padded([writing.prompt[text] for text in texts], writing.padding)
            batch |= {"prompt": prompt["tokens"], "prompt_mask": prompt["mask"]}
        return batch
