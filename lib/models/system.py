"""A system: a text encoder, an image encoder or both, the fusion of their vectors, and a class head."""

from __future__ import annotations

from typing import Any, Protocol

import torch
from torch import nn

from lib.core.errors import DataError
from lib.models.fusion import FUSIONS, Fusion, Fusions, MeanSimilarity


class Encoder(Protocol):
    """A module that gives vectors of the size `dimensions`."""

    dimensions: int

    def __call__(self, *inputs: torch.Tensor) -> torch.Tensor: ...


class TokenEncoder(Encoder, Protocol):
    """An encoder of texts, with its tokenizer."""

    tokenizer: Any


class System(nn.Module):
    """Encoders, their fusion and a class head.

    text, image: one encoder or both; else `multimodal`: a single-stream encoder of pairs. fusion: a name in `fusions`,
    when text and image are given. Where their sizes differ (the paper's backbones both have 768), a linear layer first
    projects image vectors to the text's size, except for `mean-similarity`. classes: size of the head, 0 for none.
    head: the head's class. Raises DataError for an unknown fusion.
    """

    def __init__(
        self,
        text: TokenEncoder | None,
        image: Encoder | None,
        fusion: str = "",
        classes: int = 0,
        multimodal: TokenEncoder | None = None,
        fusions: Fusions = FUSIONS,
        head: type[nn.Module] = nn.Linear,
    ) -> None:
        super().__init__()
        self.text, self.image, self.multimodal = text, image, multimodal
        self.project: nn.Module = nn.Identity()
        self.fuse: Fusion | MeanSimilarity | None = None
        first = multimodal or text or image
        assert first is not None, "a system has at least one encoder"
        dimensions = first.dimensions
        if text is not None and image is not None:
            if fusion not in fusions:
                raise DataError(
                    f"There is no fusion called {fusion!r}. Known are {', '.join(fusions)} (lib/models/fusion.py)."
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
        """`text`, `image` or `multimodal`: what its vectors are of."""
        return "multimodal" if self.multimodal or self.fuse else "text" if self.text is not None else "image"

    @property
    def tokenizer(self) -> Any:
        """Of the text or multimodal encoder; None without one."""
        encoder = self.multimodal or self.text
        return None if encoder is None else encoder.tokenizer

    @property
    def takes_images(self) -> bool:
        """Whether batches must hold pictures."""
        return self.multimodal is not None or self.image is not None

    def encode_text(self, tokens: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        """Token numbers and mask, both (n, t) -> (n, d)."""
        assert self.text is not None, "this system encodes no texts alone"
        return self.text(tokens, mask)

    def encode_image(self, pictures: torch.Tensor) -> torch.Tensor:
        """Pictures (n, h, w, 3) uint8 -> (n, d), projected to the text's size where the two are fused."""
        assert self.image is not None, "this system encodes no pictures alone"
        vectors: torch.Tensor = self.project(self.image(pictures))
        return vectors

    def forward(self, batch: dict[str, torch.Tensor]) -> torch.Tensor:
        """The embeddings (n, d) of a batch's items (`lib.runs.batches`)."""
        if self.multimodal is not None:
            return self.multimodal(batch["tokens"], batch["mask"], batch["pictures"], batch["text"], batch["image"])
        vectors = []
        if self.text is not None:
            vectors.append(self.encode_text(batch["tokens"], batch["mask"])[batch["text"]])
        if self.image is not None:
            vectors.append(self.encode_image(batch["pictures"])[batch["image"]])
        return vectors[0] if self.fuse is None else self.fuse(*vectors)

    def scores(self, embeddings: torch.Tensor) -> torch.Tensor | None:
        """Class scores (n, classes), or None when there is no head."""
        return None if self.head is None else self.head(embeddings)
