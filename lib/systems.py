"""A system: a text encoder, an image encoder or both, how the two become one vector, and a class head."""

from __future__ import annotations

import torch
from torch import nn
from torch.nn import functional

from lib.errors import DataError


class MeanFusion(nn.Module):
    """(text + image) / 2 (MATCHED section 4 iii C), the vectors having one size."""

    def forward(self, text: torch.Tensor, image: torch.Tensor) -> torch.Tensor:
        return (text + image) / 2


class MeanSimilarity(nn.Module):
    """Unit vectors side by side: the cosine of two such vectors is the mean of the two modalities' cosines.

    For encoders that were not trained together, whose spaces have nothing in common that could be averaged.
    """

    def forward(self, text: torch.Tensor, image: torch.Tensor) -> torch.Tensor:
        return torch.cat([functional.normalize(text, dim=-1), functional.normalize(image, dim=-1)], dim=-1)


FUSIONS = {"mean": MeanFusion, "mean-similarity": MeanSimilarity}


class System(nn.Module):
    """Encoders, fusion and head.

    text, image: encoders with `dimensions`; at least one. fusion: a name of FUSIONS when both are given; for
    `mean` the image's vector is first brought to the text's size by a linear layer if they differ (the paper's
    backbones both have 768). classes: size of the head, 0 for none. Raises DataError for an unknown fusion.
    """

    def __init__(self, text: nn.Module | None, image: nn.Module | None, fusion: str = "", classes: int = 0) -> None:
        super().__init__()
        self.text, self.image = text, image
        self.project: nn.Module = nn.Identity()
        self.fuse: nn.Module | None = None
        if text is not None and image is not None:
            if fusion not in FUSIONS:
                raise DataError(
                    f"There is no fusion called {fusion!r}. Known are {', '.join(FUSIONS)} (lib/systems.py)."
                )
            self.fuse = FUSIONS[fusion]()
            if fusion == "mean" and text.dimensions != image.dimensions:
                self.project = nn.Linear(image.dimensions, text.dimensions)
        dimensions = (text or image).dimensions
        self.head = nn.Linear(dimensions, classes) if classes else None

    @property
    def modality(self) -> str:
        """What the system is about: `text`, `image` or `joint`."""
        return "joint" if self.fuse is not None else "text" if self.text is not None else "image"

    def encode_text(self, tokens: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        """(n, t) token numbers and mask -> (n, d)."""
        return self.text(tokens, mask)

    def encode_image(self, pictures: torch.Tensor) -> torch.Tensor:
        """(n, h, w, 3) uint8 -> (n, d), of the text's size where the two are averaged."""
        return self.project(self.image(pictures))

    def forward(self, batch: dict[str, torch.Tensor]) -> torch.Tensor:
        """The embeddings (n, d) of a batch's items (see lib.batches)."""
        text = image = None
        if self.text is not None:
            text = self.encode_text(batch["tokens"], batch["mask"])[batch["text"]]
        if self.image is not None:
            image = self.encode_image(batch["pictures"])[batch["image"]]
        if self.fuse is not None:
            return self.fuse(text, image)
        return image if text is None else text

    def scores(self, embeddings: torch.Tensor) -> torch.Tensor | None:
        """Class scores (n, classes), or None when there is no head."""
        return None if self.head is None else self.head(embeddings)


def device() -> torch.device:
    """Where embeddings are computed: the accelerator if there is one."""
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")
