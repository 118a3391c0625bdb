"""Single-stream encoders of pairs: one transformer over the tokens of a text and the patches of a picture together.

VisualBERT (Li et al. 2019) with a ViT's tokens as its visual tokens, and ViLT (Kim et al. 2021), as MATCHED uses them
(section 4 iii C, Table 4). The models are transformers'; each text and picture of a batch is brought to tokens once.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import nn

from lib.models.encoders import Pixels


class VisualBert(nn.Module):
    """The first token's vector. model: VisualBertModel; image_encoder: a ViT of timm's, whose tokens (class token too) it reads.

    hides_padding: whether padding is left out of the attention. The authors' code hands its mask of ones and zeros to the
    encoder as it is, where it is *added* to the attention scores: padding then counts a little less (by a factor of e),
    and a text's vector depends on how much it was padded.
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
        """tokens, mask (u, t) of a batch's texts; pictures (v, h, w, 3) uint8; text, image (n,): each pair's rows -> (n, d)."""
        seen = self.image_encoder.forward_features(self.pixels(pictures))[image]
        room = self.model.config.max_position_embeddings - seen.shape[1]  # a long text gives way to the picture
        both = torch.cat([mask[text, :room], torch.ones(seen.shape[:2], dtype=mask.dtype, device=mask.device)], dim=1)
        vectors = self.model.embeddings(input_ids=tokens[text, :room], visual_embeds=seen)
        added = both[:, None, None, :].to(vectors.dtype)
        if self.hides_padding:
            added = (1 - added) * torch.finfo(vectors.dtype).min
        return self.model.encoder(vectors, attention_mask=added)[0][:, 0]


class Vilt(nn.Module):
    """ViLT's pooled first token. model: ViltModel."""

    def __init__(self, model: Any, tokenizer: Any) -> None:
        super().__init__()
        self.model, self.tokenizer = model, tokenizer
        self.pixels = Pixels({"mean": (0.5, 0.5, 0.5), "std": (0.5, 0.5, 0.5)})  # as its authors normalise
        self.dimensions: int = model.config.hidden_size

    def forward(
        self, tokens: torch.Tensor, mask: torch.Tensor, pictures: torch.Tensor, text: torch.Tensor, image: torch.Tensor
    ) -> torch.Tensor:
        """As `VisualBert.forward`."""
        seen = self.pixels(pictures)[image]
        room = self.model.config.max_position_embeddings
        found = self.model(input_ids=tokens[text, :room], attention_mask=mask[text, :room], pixel_values=seen)
        return found.pooler_output
