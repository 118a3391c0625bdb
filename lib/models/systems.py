"""A system: a text encoder, an image encoder or both, how the two become one vector, and a class head."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

import torch
from torch import nn
from torch.nn import functional

from lib.core.errors import DataError


class Encoder(Protocol):
    """What a system is made of: a module that gives vectors of the size `dimensions`."""

    dimensions: int

    def __call__(self, *inputs: torch.Tensor) -> torch.Tensor: ...


class EncoderOfTexts(Encoder, Protocol):
    """An encoder with the tokenizer that its texts are cut by."""

    tokenizer: Any


class Fusion(nn.Module):
    """A pair's two vectors to one of the size `dimensions`."""

    dimensions: int


class MeanFusion(Fusion):
    """(text + image) / 2 (MATCHED section 4 iii C), the vectors having one size."""

    def __init__(self, dimensions: int) -> None:
        super().__init__()
        self.dimensions = dimensions

    def forward(self, text: torch.Tensor, image: torch.Tensor) -> torch.Tensor:
        return (text + image) / 2


class ConcatFusion(Fusion):
    """The two vectors end to end."""

    def __init__(self, dimensions: int) -> None:
        super().__init__()
        self.dimensions = 2 * dimensions

    def forward(self, text: torch.Tensor, image: torch.Tensor) -> torch.Tensor:
        return torch.cat([text, image], dim=-1)


class AutoFusion(Fusion):
    """One linear layer over the two vectors end to end (the authors' "learned fusion", after Sahu & Vechtomova 2021)."""

    def __init__(self, dimensions: int) -> None:
        super().__init__()
        self.dimensions, self.mix = dimensions, nn.Linear(2 * dimensions, dimensions)

    def forward(self, text: torch.Tensor, image: torch.Tensor) -> torch.Tensor:
        return self.mix(torch.cat([text, image], dim=-1))


class AttentionFusion(Fusion):
    """Self-attention of a pair's two vectors over each other (8 heads), and the mean of the two outputs."""

    def __init__(self, dimensions: int, heads: int = 8) -> None:
        super().__init__()
        self.dimensions, self.attention = dimensions, nn.MultiheadAttention(dimensions, heads, batch_first=True)

    def forward(self, text: torch.Tensor, image: torch.Tensor) -> torch.Tensor:
        pair = torch.stack([text, image], dim=1)
        return self.attention(pair, pair, pair, need_weights=False)[0].mean(1)


class ReleasedAttentionFusion(AttentionFusion):
    """The authors' attention: text vectors ask, picture vectors answer, but along the *batch*.

    Their layer takes (sequence, batch, d) and is given (batch, 1, d): each text attends to the pictures of all pairs of
    its batch, so a pair's vector depends on which other pairs stand beside it.
    """

    def forward(self, text: torch.Tensor, image: torch.Tensor) -> torch.Tensor:
        return self.attention(text[None], image[None], image[None], need_weights=False)[0][0]


class MeanSimilarity(nn.Module):
    """Unit vectors side by side: the cosine of two such vectors is the mean of the two modalities' cosines.

    For encoders that were not trained together, whose spaces have nothing in common that could be averaged; no layer
    is put on it, and its two sides keep their own sizes.
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
"""The fusions by name; a new one is a `Fusion`."""
RELEASED_FUSIONS: Fusions = {**FUSIONS, "attention": ReleasedAttentionFusion}
"""The same as the authors' code computes them."""


class System(nn.Module):
    """Encoders, fusion and head.

    text, image: encoders with `dimensions`; at least one, or `multimodal`: a single-stream encoder of pairs. fusion: a name of
    FUSIONS when text and image are given; the image's vector is first brought to the text's size by a linear layer if they
    differ (the paper's backbones both have 768), except for `mean-similarity`, which is for encoders as they come.
    classes: size of the head, 0 for none. head: the head's class. Raises DataError for an unknown fusion.
    """

    def __init__(
        self,
        text: EncoderOfTexts | None,
        image: Encoder | None,
        fusion: str = "",
        classes: int = 0,
        multimodal: EncoderOfTexts | None = None,
        fusions: Fusions = FUSIONS,
        head: type[nn.Module] = nn.Linear,
    ) -> None:
        super().__init__()
        self.text, self.image, self.multimodal = text, image, multimodal
        self.project: nn.Module = nn.Identity()
        self.fuse: Fusion | MeanSimilarity | None = None
        first = multimodal or text or image
        assert first is not None, "a system has an encoder at least"
        dimensions = first.dimensions
        if text is not None and image is not None:
            if fusion not in fusions:
                raise DataError(
                    f"There is no fusion called {fusion!r}. Known are {', '.join(fusions)} (lib/models/systems.py)."
                )
            self.fuse = fusions[fusion](dimensions)
            if isinstance(self.fuse, MeanSimilarity):
                if classes:
                    raise DataError(
                        "mean-similarity compares encoders as they come and can't be trained to classify. Give the "
                        "objective pre-trained, or a fusion that learns."
                    )
            else:
                dimensions = self.fuse.dimensions
                if text.dimensions != image.dimensions:
                    self.project = nn.Linear(image.dimensions, text.dimensions)
        self.head = head(dimensions, classes) if classes else None

    @property
    def modality(self) -> str:
        """What the system is about: `text`, `image` or `multimodal`."""
        return "multimodal" if self.multimodal or self.fuse else "text" if self.text is not None else "image"

    @property
    def tokenizer(self) -> Any:
        """Of the encoder that reads texts; None where none does."""
        encoder = self.multimodal or self.text
        return None if encoder is None else encoder.tokenizer

    @property
    def sees(self) -> bool:
        """Whether it takes pictures."""
        return self.multimodal is not None or self.image is not None

    def encode_text(self, tokens: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        """(n, t) token numbers and mask -> (n, d)."""
        assert self.text is not None, "this system reads no texts by themselves"
        return self.text(tokens, mask)

    def encode_image(self, pictures: torch.Tensor) -> torch.Tensor:
        """(n, h, w, 3) uint8 -> (n, d), of the text's size where the two are fused."""
        assert self.image is not None, "this system sees no pictures by themselves"
        return self.project(self.image(pictures))

    def forward(self, batch: dict[str, torch.Tensor]) -> torch.Tensor:
        """The embeddings (n, d) of a batch's items (see lib.runs.batches)."""
        if self.multimodal is not None:
            return self.multimodal(batch["tokens"], batch["mask"], batch["pictures"], batch["text"], batch["image"])
        sides = []
        if self.text is not None:
            sides.append(self.encode_text(batch["tokens"], batch["mask"])[batch["text"]])
        if self.image is not None:
            sides.append(self.encode_image(batch["pictures"])[batch["image"]])
        return sides[0] if self.fuse is None else self.fuse(*sides)

    def scores(self, embeddings: torch.Tensor) -> torch.Tensor | None:
        """Class scores (n, classes), or None when there is no head."""
        return None if self.head is None else self.head(embeddings)
