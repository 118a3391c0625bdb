"""The order in which batches take items: all of them shuffled, several items a vendor, or units of two of one vendor.

Each sampler draws from the seed and the epoch alone, so that a resumed run draws what it would have drawn.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
import torch
from pytorch_metric_learning.samplers import MPerClassSampler
from pytorch_metric_learning.utils import common_functions
from torch.utils.data import Sampler

from lib.core.errors import DataError

UNIT = 2
"""Items of one vendor that stand together where the sampling is by units."""


def check_vendors(classes: np.ndarray, per_vendor: int, batch_size: int) -> None:
    """Raises DataError where batches of several items a vendor would have nothing to tell apart."""
    if len(np.unique(classes)) < 2:
        raise DataError(
            "There is a single vendor to train on, and an objective that compares vendors has nothing to tell apart. "
            "Give ads of more vendors with two ads or more in the training region, or the objective pre-trained."
        )
    if batch_size < 2 * per_vendor:
        raise DataError(
            f"A batch of {batch_size} has no room for {per_vendor} items of each of two classes. Enlarge it."
        )


class BalancedSampler(MPerClassSampler):  # type: ignore[misc]  # the library has no types
    """`per_vendor` items of each of a batch's vendors; as many batches as a shuffled epoch has.

    The library draws from one global generator, which is set anew for each epoch. `size`: the items of a batch.
    """

    labels: list[int]

    def __init__(self, classes: np.ndarray, per_vendor: int, batch_size: int, seed: int) -> None:
        check_vendors(classes, per_vendor, batch_size)
        size = min(batch_size // per_vendor, len(np.unique(classes))) * per_vendor
        super().__init__(classes, per_vendor, batch_size=size, length_before_new_iter=max(len(classes), size))
        self.size, self.seed, self.order = size, seed, list(self.labels)

    def set_epoch(self, epoch: int) -> None:
        common_functions.NUMPY_RANDOM = np.random.RandomState(self.seed + epoch)
        self.labels = list(self.order)


class UnitSampler(Sampler[int]):
    """Units of two items of one vendor, in random order, so that every item of a batch has a positive.

    The authors' sampling of contrastive texts: each epoch a vendor's items are paired anew, one of an odd number is
    left out, and so is a last batch that isn't full.
    """

    def __init__(self, classes: np.ndarray, batch_size: int, seed: int) -> None:
        check_vendors(classes, UNIT, batch_size)
        self.rows = [np.flatnonzero(classes == vendor) for vendor in np.unique(classes)]
        units = sum(len(rows) // UNIT for rows in self.rows)
        if not units:
            raise DataError(
                "No vendor has two items to train on, so there are no units of two. Give more ads, or the sampling "
                "shuffled."
            )
        self.seed, self.epoch = seed, 0
        self.size = min(batch_size // UNIT, units) * UNIT
        self.length = units * UNIT // self.size * self.size

    def __len__(self) -> int:
        return self.length

    def set_epoch(self, epoch: int) -> None:
        self.epoch = epoch

    def __iter__(self) -> Iterator[int]:
        generator = np.random.default_rng([self.seed, self.epoch])
        whole = [generator.permutation(rows)[: len(rows) // UNIT * UNIT] for rows in self.rows]
        units = generator.permutation(np.concatenate(whole).reshape(-1, UNIT))
        yield from units.flatten()[: self.length].tolist()


class LengthSampler(Sampler[int]):
    """All items in each epoch, in an order in which a batch's texts are of similar length, so that little is padded.

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
        # Here, since it takes seconds to import, which runs without training don't need.
        from transformers.trainer_pt_utils import get_length_grouped_indices

        generator = torch.Generator().manual_seed(self.seed * 1_000_003 + self.epoch)
        grouped: Callable[..., list[int]] = get_length_grouped_indices
        order = torch.tensor(grouped(self.lengths, self.batch_size, generator=generator))
        whole = len(order) // self.batch_size * self.batch_size
        batches = order[:whole].view(-1, self.batch_size)
        yield from batches[torch.randperm(len(batches), generator=generator)].flatten().tolist()
        yield from order[whole:].tolist()


class Rounds(Sampler[int]):
    """`batches` whole batches a round of another sampler's epochs, one epoch after the other.

    Training is counted in steps then, whatever the number of items. The rest of an epoch that doesn't fill a batch is
    left out, another rest in each epoch.
    """

    def __init__(self, sampler: Any, batch_size: int, batches: int) -> None:
        self.sampler, self.batches, self.round = sampler, batches, 0
        self.batch_size = min(batch_size, len(sampler))
        self.an_epoch = len(sampler) // self.batch_size

    def __len__(self) -> int:
        return self.batches * self.batch_size

    def set_epoch(self, epoch: int) -> None:
        self.round = epoch

    def __iter__(self) -> Iterator[int]:
        first, drawn, order = self.round * self.batches, -1, []
        for batch in range(first, first + self.batches):
            epoch, place = divmod(batch, self.an_epoch)
            if epoch != drawn:
                self.sampler.set_epoch(epoch)
                drawn, order = epoch, list(self.sampler)
            yield from order[place * self.batch_size : (place + 1) * self.batch_size]


class Shared(Sampler[int]):
    """Of every batch of a sampler the part of this process, where several train together.

    In a step they see together what one process would have seen. The rest of a last batch that can't be shared evenly
    is left out.
    """

    def __init__(self, sampler: Any, batch_size: int, processes: int) -> None:
        self.sampler, self.batch_size, self.processes = sampler, batch_size, processes

    def __len__(self) -> int:
        whole, rest = divmod(len(self.sampler), self.batch_size)
        return whole * (self.batch_size // self.processes) + rest // self.processes

    def set_epoch(self, epoch: int) -> None:
        self.sampler.set_epoch(epoch)

    def __iter__(self) -> Iterator[int]:
        distributed = torch.distributed.is_initialized()
        rank, order = torch.distributed.get_rank() if distributed else 0, list(self.sampler)
        for start in range(0, len(order), self.batch_size):
            batch = order[start : start + self.batch_size]
            share = len(batch) // self.processes
            yield from batch[rank * share : (rank + 1) * share]
