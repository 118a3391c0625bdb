"""A known vector for a known input: whether what computes a packaged backbone still computes the same.

The hash of a file says that its bytes are right, and nothing of the library that puts them into layers.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import torch
from torch import nn

from lib.core.errors import DataError
from lib.models.encoders import ImageEncoder, TextEncoder
from lib.models.tokenizers import SENTENCE

TOLERANCE = 1e-3
"""Of its length: processors differ by a hundredth of this, other weights by a hundred times as much."""


def check(name: str, encoder: Any, known: tuple[float, ...]) -> None:
    """Raises DataError when the encoder's vector differs from the `known` length and first coordinates (`of`)."""
    found = of(encoder)[: len(known)]
    if not np.allclose(found, known, rtol=0, atol=TOLERANCE * known[0]):  # NaN is close to nothing
        raise DataError(
            f"{name}: the packaged weights are the ones that were checked, and what is computed with them is something else: a "
            f"known input has a vector of length {found[0]:.4f} that begins with {found[1]:.4f}, and not {known[0]:.4f} and "
            f"{known[1]:.4f}. A library that computes it has changed (transformers, timm, torch or dlib); take the versions "
            "that `make study` installs."
        )


def of(encoder: Any) -> tuple[float, ...]:
    """The length of the known input's vector, and its coordinates."""
    if isinstance(encoder, TextEncoder):
        vector = text(encoder).numpy()
    elif isinstance(encoder, ImageEncoder):
        with _judging(encoder):
            vector = encoder(torch.from_numpy(picture(64))[None])[0].numpy()
    else:  # a face network
        vector = encoder.embed(picture(encoder.side))
    return tuple(float(number) for number in (np.linalg.norm(vector), *vector))


def text(encoder: TextEncoder) -> torch.Tensor:
    """(d,): the mean of a sentence's token vectors, whatever the encoder's pooling."""
    grid = encoder.tokenizer([SENTENCE], return_tensors="pt")
    with _judging(encoder):
        return encoder.states(grid["input_ids"], grid["attention_mask"])[0].float().mean(0)


@contextmanager
def _judging(encoder: nn.Module) -> Iterator[None]:
    """No dropout, no gradients, and afterwards each part as it was."""
    modes = [(module, module.training) for module in encoder.modules()]
    try:
        with torch.no_grad():
            encoder.eval()
            yield
    finally:
        for module, training in modes:
            module.training = training


def picture(side: int) -> np.ndarray:
    """Three gradients, (side, side, 3) uint8."""
    down, across = np.mgrid[:side, :side] * 255 // (side - 1)
    return np.stack([across, down, (across + down) // 2], axis=-1).astype(np.uint8)
