"""Items to batches: texts tokenised once, pictures read from the array on disk, each one once a batch."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import pandas as pd
import torch
from pytorch_metric_learning.samplers import MPerClassSampler
from pytorch_metric_learning.utils import common_functions
from torch.nn import functional
from torch.nn.utils.rnn import pad_sequence
from torch.utils.data import DataLoader, Dataset, DistributedSampler, Sampler

from lib.core.errors import DataError


class Items(Dataset):
    """The items of a part, as numbers: which text, which picture, which class."""

    def __init__(
        self,
        items: pd.DataFrame,
        classes: np.ndarray,
        tokens: Sequence[Any] | None,
        padding: int,
        pictures: np.ndarray | torch.Tensor | None,
        multiple: int = 1,
    ) -> None:
        """items: columns `text` and/or `image`; classes (n,): the class of each; tokens: of every unique text; pictures: on the CPU or on the device; multiple:
        of how many tokens a batch's length is."""
        self.text: np.ndarray | None = items["text"].to_numpy() if tokens is not None else None
        self.image: np.ndarray | None = items["image"].to_numpy() if pictures is not None else None
        self.classes, self.tokens, self.padding, self.pictures = classes, tokens, padding, pictures
        self.multiple = multiple

    def __len__(self) -> int:
        return len(self.classes)

    def __getitem__(self, index: int) -> int:
        return index

    def batch(self, indices: Sequence[int]) -> dict[str, torch.Tensor]:
        """`tokens, mask` (unique texts), `pictures` (unique), `text, image` (the row of each item's), `class`."""
        rows = np.asarray(indices)
        found: dict[str, torch.Tensor] = {"class": torch.from_numpy(self.classes[rows])}
        if self.text is not None and self.tokens is not None:
            unique, place = np.unique(self.text[rows], return_inverse=True)
            found |= padded([self.tokens[text] for text in unique], self.padding, self.multiple)
            found["text"] = torch.from_numpy(place)
        if self.image is not None and self.pictures is not None:
            unique, place = np.unique(self.image[rows], return_inverse=True)
            found["pictures"] = torch.as_tensor(self.pictures[unique])
            found["image"] = torch.from_numpy(place)
        return found


def padded(tokens: Sequence[Any], padding: int, multiple: int = 1) -> dict[str, torch.Tensor]:
    """`tokens` (n, longest), or of texts given as their tokens' states (t, d) those (n, longest, d), and `mask` (n, longest). multiple: of how many tokens the length is."""
    grid = pad_sequence([torch.as_tensor(text) for text in tokens], batch_first=True, padding_value=padding)
    if more := -grid.shape[1] % multiple:
        grid = functional.pad(grid, (0, 0) * (grid.ndim - 2) + (0, more), value=padding)
    lengths = torch.tensor([len(text) for text in tokens])
    return {"tokens": grid, "mask": (torch.arange(grid.shape[1]) < lengths[:, None]).long()}


class EpochSampler(MPerClassSampler):
    """Several items a vendor, drawn anew each epoch from the seed and the epoch alone.

    The library draws from one global generator; a run that is resumed must draw what it would have drawn.
    """

    labels: list[int]

    def __init__(self, classes: np.ndarray, per_vendor: int, batch_size: int, seed: int) -> None:
        vendors = len(np.unique(classes))
        if vendors < 2:
            raise DataError(
                "There is a single vendor to train on, and an objective that compares vendors has nothing to tell apart. "
                "Give ads of more vendors with two ads or more in the training region, or the objective pre-trained."
            )
        if batch_size < 2 * per_vendor:
            raise DataError(
                f"A batch of {batch_size} has no room for {per_vendor} items of each of two classes. Enlarge it."
            )
        size = min(batch_size // per_vendor, vendors) * per_vendor
        super().__init__(classes, per_vendor, batch_size=size, length_before_new_iter=max(len(classes), size))
        self.size, self.seed, self.order = size, seed, list(self.labels)

    def set_epoch(self, epoch: int) -> None:
        common_functions.NUMPY_RANDOM = np.random.RandomState(self.seed + epoch)
        self.labels = list(self.order)


class LengthSampler(Sampler):
    """Each epoch all items in an order of its own, in which a batch's texts are of like length, so that little is padded.

    transformers' grouping (shuffled, then sorted by length within stretches of up to 50 batches), and then the whole
    batches in random order, so that no epoch goes from long to short.
    """

    def __init__(self, lengths: Sequence[int], batch_size: int, seed: int) -> None:
        self.lengths, self.batch_size, self.seed, self.epoch = list(lengths), batch_size, seed, 0

    def __len__(self) -> int:
        return len(self.lengths)

    def set_epoch(self, epoch: int) -> None:
        self.epoch = epoch

    def __iter__(self) -> Iterator[int]:
        # Here, since it takes seconds to import and rows that are not trained need none of it.
        from transformers.trainer_pt_utils import get_length_grouped_indices

        generator = torch.Generator().manual_seed(self.seed * 1_000_003 + self.epoch)
        order = torch.tensor(get_length_grouped_indices(self.lengths, self.batch_size, generator=generator))
        whole = len(order) // self.batch_size * self.batch_size
        batches = order[:whole].view(-1, self.batch_size)
        yield from batches[torch.randperm(len(batches), generator=generator)].flatten().tolist()
        yield from order[whole:].tolist()


class Shared(Sampler):
    """Of every batch of a sampler the part that is this process's, where several train together: in a step they see together what one would have seen. Of a last batch that can't be shared
    evenly the rest is left out."""

    def __init__(self, sampler: Any, batch_size: int, processes: int) -> None:
        self.sampler, self.batch_size, self.processes = sampler, batch_size, processes

    def __len__(self) -> int:
        whole, rest = divmod(len(self.sampler), self.batch_size)
        return whole * (self.batch_size // self.processes) + rest // self.processes

    def set_epoch(self, epoch: int) -> None:
        self.sampler.set_epoch(epoch)

    def __iter__(self) -> Iterator[int]:
        together = torch.distributed.is_initialized()
        rank, order = torch.distributed.get_rank() if together else 0, list(self.sampler)
        for start in range(0, len(order), self.batch_size):
            batch = order[start : start + self.batch_size]
            share = len(batch) // self.processes
            yield from batch[rank * share : (rank + 1) * share]


def training_batches(
    items: Items, batch_size: int, per_vendor: int | None, seed: int, group_by_length: bool = False, processes: int = 1
) -> DataLoader:
    """Shuffled batches, `group_by_length` with texts of like length in a batch; with `per_vendor`, batches of several items of
    each of a few vendors. processes: how many share a batch, an equal part each; DataError where it can't be shared."""
    if per_vendor:
        sampler: Any = EpochSampler(items.classes, per_vendor, batch_size, seed)
        batch_size = sampler.size
    elif group_by_length and items.text is not None and items.tokens is not None:
        sampler = LengthSampler([len(items.tokens[text]) for text in items.text], batch_size, seed)
    else:
        sampler = DistributedSampler(items, num_replicas=1, rank=0, shuffle=True, seed=seed)
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


def ordered_batches(items: Items, batch_size: int) -> DataLoader:
    """All items once, in order, but for a last batch of one, which has nothing to be compared with."""
    lonely = len(items) > 1 and len(items) % batch_size == 1
    return DataLoader(items, batch_size=batch_size, collate_fn=items.batch, drop_last=lonely)
