"""Canaries: a packaged backbone must give the known vector of a known input.

A file's hash shows that its bytes are right, but not that the library that runs them still computes the same.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
import torch
from torch import nn

from lib.core.errors import DataError
from lib.models.encoders import ImageEncoder, TextEncoder
from lib.models.tokenizers import SENTENCE

TOLERANCE = 1e-3
"""Share of the vector's norm. Processors differ by a hundredth of this, other weights by a hundred times it."""


def check(name: str, encoder: Any, known: Sequence[float]) -> None:
    """Raises DataError when the encoder's `signature` doesn't begin with the `known` one."""
    computed = signature(encoder)[: len(known)]
    if not np.allclose(computed, known, rtol=0, atol=TOLERANCE * known[0]):  # NaN is close to nothing
        raise DataError(
            f"{name}: the packaged weights are the ones that were checked, but other vectors are computed with them: a "
            f"known input has a vector of length {computed[0]:.4f} that begins with {computed[1]:.4f}, and not "
            f"{known[0]:.4f} and {known[1]:.4f}. A library that computes it has changed (transformers, timm, torch or "
            "dlib); take the versions that `make study` installs."
        )


def signature(encoder: Any) -> tuple[float, ...]:
    """The norm of the known input's vector, and its coordinates."""
    if isinstance(encoder, TextEncoder):
        vector = sentence_vector(encoder).numpy()
    elif isinstance(encoder, ImageEncoder):
        with _evaluating(encoder):
            vector = encoder(torch.from_numpy(known_picture(64))[None])[0].numpy()
    else:  # a face network
        vector = encoder.embed(known_picture(encoder.side))
    return tuple(float(number) for number in (np.linalg.norm(vector), *vector))


def sentence_vector(encoder: TextEncoder) -> torch.Tensor:
    """(d,): the mean of SENTENCE's token vectors, whatever the encoder's pooling."""
    tokens = encoder.tokenizer([SENTENCE], return_tensors="pt")
    with _evaluating(encoder):
        return encoder.states(tokens["input_ids"], tokens["attention_mask"])[0].float().mean(0)


@contextmanager
def _evaluating(encoder: nn.Module) -> Iterator[None]:
    """Evaluation mode without gradients; afterwards each module's mode is restored."""
    modes = [(module, module.training) for module in encoder.modules()]
    try:
        with torch.no_grad():
            encoder.eval()
            yield
    finally:
        for module, training in modes:
            module.training = training


def known_picture(side: int) -> np.ndarray:
    """A picture of three colour gradients, (side, side, 3) uint8."""
    down, across = np.mgrid[:side, :side] * 255 // (side - 1)
    return np.stack([across, down, (across + down) // 2], axis=-1).astype(np.uint8)
