"""Fusions: how a pair's text vector and image vector become one (MATCHED section 4 iii C)."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import nn
from torch.nn import functional


class Fusion(nn.Module):
    """Fuses the text and image vectors of pairs: (n, d), (n, d) -> (n, dimensions)."""

    def __init__(self, dimensions: int) -> None:
        super().__init__()
        self.dimensions = dimensions


class MeanFusion(Fusion):
    """(text + image) / 2 (MATCHED section 4 iii C)."""

    def forward(self, text: torch.Tensor, image: torch.Tensor) -> torch.Tensor:
        return (text + image) / 2


class ConcatFusion(Fusion):
    """The concatenation of the two vectors."""

    def __init__(self, dimensions: int) -> None:
        super().__init__(2 * dimensions)

    def forward(self, text: torch.Tensor, image: torch.Tensor) -> torch.Tensor:
        return torch.cat([text, image], dim=-1)


class AutoFusion(Fusion):
    """A linear layer over the concatenation (the authors' "learned fusion", after Sahu & Vechtomova 2021)."""

    def __init__(self, dimensions: int) -> None:
        super().__init__(dimensions)
        self.mix = nn.Linear(2 * dimensions, dimensions)

    def forward(self, text: torch.Tensor, image: torch.Tensor) -> torch.Tensor:
        fused: torch.Tensor = self.mix(torch.cat([text, image], dim=-1))
        return fused


class AttentionFusion(Fusion):
    """Self-attention (8 heads) between a pair's two vectors, and the mean of the two outputs."""

    def __init__(self, dimensions: int) -> None:
        super().__init__(dimensions)
        self.attention = nn.MultiheadAttention(dimensions, num_heads=8, batch_first=True)

    def forward(self, text: torch.Tensor, image: torch.Tensor) -> torch.Tensor:
        pair = torch.stack([text, image], dim=1)
        outputs: torch.Tensor = self.attention(pair, pair, pair, need_weights=False)[0]
        return outputs.mean(1)


class ReleasedAttentionFusion(AttentionFusion):
    """The authors' attention from text vectors to image vectors, which runs along the *batch*.

    Their layer takes (sequence, batch, d) and gets (batch, 1, d). So each text attends to the pictures of all pairs of
    its batch, and a pair's vector depends on the other pairs of its batch.
    """

    def forward(self, text: torch.Tensor, image: torch.Tensor) -> torch.Tensor:
        outputs: torch.Tensor = self.attention(text[None], image[None], image[None], need_weights=False)[0]
        return outputs[0]


class MeanSimilarity(nn.Module):
    """The concatenation of the two unit vectors, whose cosine is the mean of the two modalities' cosines.

    For encoders that were not trained together, whose vectors can't be averaged. It has no layer to train and no one
    size: text and image vectors keep their own, (n, d), (n, e) -> (n, d + e).
    """

    def __init__(self, dimensions: int) -> None:
        super().__init__()

    def forward(self, text: torch.Tensor, image: torch.Tensor) -> torch.Tensor:
        return torch.cat([functional.normalize(text, dim=-1), functional.normalize(image, dim=-1)], dim=-1)


Fusions = Mapping[str, type[Fusion] | type[MeanSimilarity]]
FUSIONS: Fusions = {
    "mean": MeanFusion,
    "concat": ConcatFusion,
    "auto": AutoFusion,
    "attention": AttentionFusion,
    "mean-similarity": MeanSimilarity,
}
"""The fusions by name. A new one is a `Fusion` and a line here."""
RELEASED_FUSIONS: Fusions = {**FUSIONS, "attention": ReleasedAttentionFusion}
"""The fusions as the authors' code computes them."""
