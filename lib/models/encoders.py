"""Encoders: token numbers, pixels or ready features in, one vector an item out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from types import SimpleNamespace
from typing import Any

import torch
from torch import nn
from torch.nn import functional


class Pixels(nn.Module):
    """(n, h, w, 3) uint8 -> (n, 3, h, w) as a model wants them: normalised here, so that only bytes travel to the device.

    cfg: `mean` and `std` of its training pictures, for values from 0 to 1 (timm's `pretrained_cfg`).
    """

    mean: torch.Tensor
    scale: torch.Tensor

    def __init__(self, cfg: Mapping[str, Any]) -> None:
        super().__init__()
        mean, std = (torch.tensor(cfg[name], dtype=torch.float32).view(1, 3, 1, 1) * 255 for name in ("mean", "std"))
        self.register_buffer("mean", mean, persistent=False)
        self.register_buffer("scale", 1 / std, persistent=False)

    def forward(self, pictures: torch.Tensor) -> torch.Tensor:
        pixels = pictures.permute(0, 3, 1, 2).to(self.mean.dtype).contiguous(memory_format=torch.channels_last)
        return (pixels - self.mean) * self.scale


class Bag(nn.Module):
    """A text as its tokens in no order: the mean of their embeddings, as the state of each of them. What a word counts for is
    learnt alone, so that little data is enough."""

    def __init__(self, vocabulary: int, hidden_size: int) -> None:
        super().__init__()
        self.config = SimpleNamespace(hidden_size=hidden_size)
        self.embeddings = nn.Embedding(vocabulary, hidden_size)
        nn.init.normal_(self.embeddings.weight, std=0.05)

    def forward(self, input_ids: torch.Tensor, attention_mask: torch.Tensor) -> SimpleNamespace:
        weights = attention_mask.unsqueeze(-1).to(self.embeddings.weight.dtype)
        mean = (self.embeddings(input_ids) * weights).sum(1, keepdim=True) / weights.sum(1, keepdim=True).clamp(min=1)
        return SimpleNamespace(last_hidden_state=mean.expand(-1, input_ids.shape[1], -1))


class TextEncoder(nn.Module):
    """A transformer and its pooling, `mean` over tokens, `first` or `last` token: token numbers and mask (n, t) -> vectors
    (n, dimensions)."""

    def __init__(self, model: Any, tokenizer: Any, pooling: str) -> None:
        super().__init__()
        self.model, self.tokenizer, self.pooling = model, tokenizer, pooling
        self.dimensions: int = model.config.hidden_size

    def states(self, tokens: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        """Of every token: (n, t, dimensions)."""
        return self.model(input_ids=tokens, attention_mask=mask).last_hidden_state

    def pooled(self, states: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        """`states` and mask -> (n, dimensions)."""
        if self.pooling == "first":
            return states[:, 0]
        if self.pooling == "last":
            return states[torch.arange(len(states), device=states.device), mask.sum(1) - 1]
        weights = mask.unsqueeze(-1).to(states.dtype)
        return (states * weights).sum(1) / weights.sum(1).clamp(min=1)

    def forward(self, tokens: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        return self.pooled(self.states(tokens, mask), mask)


def widen_grouped(network: nn.Module) -> int:
    """Let convolutions in groups be computed in float32 where they are trained on a CPU, also where all else is in bf16; how many.

    Their backward pass in bf16 takes most of a step there: without this, EfficientNet-Lite0 trains slower in bf16 than in float32.
    """
    found = [module for module in network.modules() if isinstance(module, nn.Conv2d) and module.groups > 1]
    for module in found:
        module.forward = partial(_wide, module.forward)  # type: ignore[method-assign]
    return len(found)


def _wide(forward: Callable[[torch.Tensor], torch.Tensor], given: torch.Tensor) -> torch.Tensor:
    if given.device.type != "cpu" or not torch.is_grad_enabled():
        return forward(given)
    with torch.autocast("cpu", enabled=False):
        return forward(given.float())


class ImageEncoder(nn.Module):
    """A timm model without its classifier: pictures (n, h, w, 3) uint8 -> vectors (n, dimensions)."""

    def __init__(self, model: Any) -> None:
        super().__init__()
        widen_grouped(model)
        self.model = model.to(memory_format=torch.channels_last)
        self.dimensions: int = model.head_hidden_size  # of the pooled vector; VGG's is longer than its patches'
        self.width: int = model.num_features
        self.pixels = Pixels(model.pretrained_cfg)

    def patches(self, pictures: torch.Tensor) -> torch.Tensor:
        """A vector for every patch, the class token's first, or for every place of the last feature map: (n, p, width)."""
        found = self.model.forward_features(self.pixels(pictures))
        return found.flatten(2).transpose(1, 2) if found.ndim == 4 else found

    def forward(self, pictures: torch.Tensor) -> torch.Tensor:
        return self.model(self.pixels(pictures))


class FrozenFeatures(nn.Module):
    """Vectors that were computed beforehand (n, dimensions), their directions as they are: what there is to train is the head alone.

    Each is drawn to the length that makes its coordinates of size one, as a head's usual rate expects: networks give vectors of any length
    (dlib's are of 1.4), and under a head that starts at such inputs a few epochs change nothing.
    """

    def __init__(self, dimensions: int) -> None:
        super().__init__()
        self.dimensions = dimensions

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        return functional.normalize(features, dim=-1) * self.dimensions**0.5
