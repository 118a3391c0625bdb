"""Encoders of texts, of pictures, of pairs of both (single-stream) and of ready features: a vector an item."""

from __future__ import annotations

from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any

import torch
from torch import nn
from torch.nn import functional

from lib.models import cpu_training


class Pixels(nn.Module):
    """Pictures (n, h, w, 3) uint8 -> normalised pixels (n, 3, h, w), on the device, so that only bytes travel there.

    cfg: `mean` and `std` of the model's training pictures, for values from 0 to 1 (timm's `pretrained_cfg`).
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


class BagOfTokens(nn.Module):
    """The mean of a text's token embeddings, as the state of each token; it learns from little data."""

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
    """A transformer and its pooling (`mean`, `first` or `last` token): tokens and mask (n, t) -> (n, dimensions)."""

    def __init__(self, model: Any, tokenizer: Any, pooling: str) -> None:
        super().__init__()
        cpu_training.prepare_text(model)
        self.model, self.tokenizer, self.pooling = model, tokenizer, pooling
        self.dimensions: int = model.config.hidden_size

    def states(self, tokens: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        """The last hidden state of every token: (n, t, dimensions)."""
        hidden: torch.Tensor = self.model(input_ids=tokens, attention_mask=mask).last_hidden_state
        return hidden

    def pooled(self, states: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        """`states` (n, t, dimensions) and mask (n, t) -> (n, dimensions)."""
        if self.pooling == "first":
            return states[:, 0]
        if self.pooling == "last":
            return states[torch.arange(len(states), device=states.device), mask.sum(1) - 1]
        weights = mask.unsqueeze(-1).to(states.dtype)
        return (states * weights).sum(1) / weights.sum(1).clamp(min=1)

    def forward(self, tokens: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        return self.pooled(self.states(tokens, mask), mask)


class ImageEncoder(nn.Module):
    """A timm model without its classifier: pictures (n, h, w, 3) uint8 -> vectors (n, dimensions)."""

    def __init__(self, model: Any) -> None:
        super().__init__()
        cpu_training.prepare_images(model)
        self.model = model.to(memory_format=torch.channels_last)
        self.dimensions: int = model.head_hidden_size  # of the pooled vector; VGG's is longer than its patches' `width`
        self.width: int = model.num_features
        self.pixels = Pixels(model.pretrained_cfg)

    def patches(self, pictures: torch.Tensor) -> torch.Tensor:
        """A vector for each patch, the class token's first, or for each position of the last feature map: (n, p,
        width)."""
        features: torch.Tensor = self.model.forward_features(self.pixels(pictures))
        return features.flatten(2).transpose(1, 2) if features.ndim == 4 else features

    def forward(self, pictures: torch.Tensor) -> torch.Tensor:
        vectors: torch.Tensor = self.model(self.pixels(pictures))
        return vectors


class FrozenFeatures(nn.Module):
    """Vectors computed beforehand (n, dimensions), scaled to norm sqrt(dimensions): only the head on them is trained.

    A head's usual learning rate expects coordinates of about 1. Networks give vectors of any norm (dlib's have 1.4),
    and a few epochs of a head on those would change nothing.
    """

    def __init__(self, dimensions: int) -> None:
        super().__init__()
        self.dimensions = dimensions

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        scaled: torch.Tensor = functional.normalize(features, dim=-1) * self.dimensions**0.5
        return scaled


class VisualBert(nn.Module):
    """VisualBERT (Li et al. 2019) on a ViT's tokens, as MATCHED uses it (section 4 iii C, Table 4).

    A pair's vector is the first token's. model: VisualBertModel; image_encoder: a ViT of timm, whose tokens, the class
    token too, are the visual tokens. hides_padding: whether padding is masked out of the attention. The authors' code
    *adds* its mask of ones and zeros to the attention scores: padding then counts only less by a factor of e, and a
    text's vector depends on how much it was padded.
    """

    def __init__(self, model: Any, image_encoder: Any, tokenizer: Any) -> None:
        super().__init__()
        self.model, self.image_encoder, self.tokenizer = model, image_encoder, tokenizer
        self.pixels = Pixels(image_encoder.pretrained_cfg)
        self.dimensions: int = model.config.hidden_size
        self.hides_padding = True

    def forward(
        self, tokens: torch.Tensor, mask: torch.Tensor, pictures: torch.Tensor, text: torch.Tensor, image: torch.Tensor
    ) -> torch.Tensor:
        """Vectors of a batch's n pairs, (n, d); each text and picture of the batch is turned into tokens once.

        tokens, mask (u, t) of the texts; pictures (v, h, w, 3) uint8; text, image (n,): each pair's rows of them.
        """
        visual = self.image_encoder.forward_features(self.pixels(pictures))[image]
        length = self.model.config.max_position_embeddings - visual.shape[1]  # long texts are cut to fit the picture
        visual_mask = torch.ones(visual.shape[:2], dtype=mask.dtype, device=mask.device)
        vectors = self.model.embeddings(input_ids=tokens[text, :length], visual_embeds=visual)
        bias = torch.cat([mask[text, :length], visual_mask], dim=1)[:, None, None, :].to(vectors.dtype)
        if self.hides_padding:
            bias = (1 - bias) * torch.finfo(vectors.dtype).min
        hidden: torch.Tensor = self.model.encoder(vectors, attention_mask=bias)[0]
        return hidden[:, 0]


class Vilt(nn.Module):
    """ViLT (Kim et al. 2021): its pooled first token. model: ViltModel."""

    def __init__(self, model: Any, tokenizer: Any) -> None:
        super().__init__()
        self.model, self.tokenizer = model, tokenizer
        self.pixels = Pixels({"mean": (0.5, 0.5, 0.5), "std": (0.5, 0.5, 0.5)})  # as its authors normalise
        self.dimensions: int = model.config.hidden_size

    def forward(
        self, tokens: torch.Tensor, mask: torch.Tensor, pictures: torch.Tensor, text: torch.Tensor, image: torch.Tensor
    ) -> torch.Tensor:
        """As `VisualBert.forward`."""
        pixels, length = self.pixels(pictures)[image], self.model.config.max_position_embeddings
        tokens, mask = tokens[text, :length], mask[text, :length]
        vectors: torch.Tensor = self.model(input_ids=tokens, attention_mask=mask, pixel_values=pixels).pooler_output
        return vectors
