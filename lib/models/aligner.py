"""An aligner: two encoders whose texts and pictures are brought into one space, as ITC, ITC+ITM and BLIP2 train it
(MATCHED section 4 iii D, Tables 8 to 11)."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import torch
from torch import nn
from torch.nn import functional

from lib.core.errors import DataError
from lib.models import alignment_losses
from lib.models.alignment_losses import METHODS
from lib.models.encoders import ImageEncoder, TextEncoder
from lib.models.qformer import Generator, QFormer


def looked_at(encoder: ImageEncoder, tokens: torch.Tensor, qformer: QFormer | None) -> torch.Tensor:
    """What stands for pictures, by their tokens (n, p, d): the Q-Former's queries (n, q, d), or without one (n, 1, d) the class
    token, or of a feature map the mean."""
    if qformer is not None:
        return qformer(tokens)
    has_class_token = getattr(encoder.model, "num_prefix_tokens", 0) > 0
    return tokens[:, :1] if has_class_token else tokens.mean(1, keepdim=True)


class Aligner(nn.Module):
    """Encoders, a linear layer each where sizes differ, and from ITC+ITM on a Q-Former.

    dimensions: of the common space. locked: of `text` and `image`, whose encoder stays as it came; batches hold its states or
    patches, computed beforehand, and a linear layer is trained in its place. released: with the losses of the
    authors' code. temperature: of ITC and, as released, ITM. Without a Q-Former a picture is its class token, or of a
    feature map the mean. Raises DataError for a method that isn't in `lib.models.alignment_losses.METHODS`.
    """

    def __init__(
        self,
        text: TextEncoder,
        image: ImageEncoder,
        method: str,
        dimensions: int,
        qformer: QFormer | None = None,
        generator: Generator | None = None,
        temperature: float = 0.1,
        locked: Collection[str] = (),
        released: bool = False,
    ) -> None:
        super().__init__()
        if method not in METHODS:
            raise DataError(
                f"There is no alignment called {method!r}. Known are {', '.join(METHODS)} (lib/models/alignment_losses.py)."
            )
        self.text, self.image, self.qformer, self.generator = text, image, qformer, generator
        self.parts, self.dimensions = METHODS[method], dimensions
        self.temperature, self.locked, self.released = temperature, locked, released
        self.text_side, self.image_side = (
            nn.Linear(size, dimensions) if side in locked or size != dimensions else nn.Identity()
            for side, size in (("text", text.dimensions), ("image", image.width))
        )
        self.match = nn.Linear(dimensions, 1) if "itm" in self.parts and not released else None
        self.tell = nn.Linear(dimensions, generator.dimensions) if generator is not None else None
        for side, encoder in (("text", text), ("image", image)):
            encoder.requires_grad_(side not in locked)

    def encode_text(self, tokens: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        """Vectors of texts, not of unit length: tokens and mask (u, t), of a locked encoder its states (u, t, d) -> (u, dimensions)."""
        found = tokens.float() if "text" in self.locked else self.text.states(tokens, mask)
        return self.text_side(self.text.pooled(found, mask))

    def see(self, pictures: torch.Tensor) -> torch.Tensor:
        """Tokens of pictures: (v, h, w, 3) uint8, of a locked encoder its patches (v, p, d) -> (v, p, dimensions)."""
        return self.image_side(pictures.float() if "image" in self.locked else self.image.patches(pictures))

    def look(self, tokens: torch.Tensor) -> torch.Tensor:
        """What stands for a picture, not of unit length: tokens (v, p, dimensions) -> its queries, or without a Q-Former its one
        vector, (v, q, dimensions)."""
        return looked_at(self.image, tokens, self.qformer)

    @property
    def tokenizer(self) -> Any:
        """Of the text encoder."""
        return self.text.tokenizer

    def encode_image(self, pictures: torch.Tensor) -> torch.Tensor:
        """Pictures -> (v, q, dimensions), as `look` gives them."""
        return self.look(self.see(pictures))

    def forward(self, batch: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
        """The losses of a batch (`lib.runs.batches.PairItems`) by their names in `lib.models.alignment_losses.METHODS`."""
        text = self.encode_text(batch["tokens"], batch["mask"])
        tokens = self.see(batch["pictures"])
        unit = functional.normalize(text, dim=-1)
        losses = self._released(batch, unit, tokens) if self.released else self._corrected(batch, text, unit, tokens)
        if "generation" in self.parts:
            losses["generation"] = self._written(batch, tokens)
        return losses

    def _corrected(
        self, batch: dict[str, torch.Tensor], text: torch.Tensor, unit: torch.Tensor, tokens: torch.Tensor
    ) -> dict[str, torch.Tensor]:
        positive = batch["positive"]
        image = functional.normalize(self.look(tokens), dim=-1)
        scores = alignment_losses.similarity(unit, image) / self.temperature
        losses = {"itc": alignment_losses.itc(scores, positive)}
        if "itm" in self.parts:
            assert self.qformer is not None and self.match is not None, "ITM has a Q-Former"
            own = torch.stack([batch["text"], batch["image"]])
            pictures, texts = (
                alignment_losses.hard_negatives(scores, positive),
                alignment_losses.hard_negatives(scores.T, positive.T),
            )
            pairs = torch.cat([own, pictures, texts.flip(0)], dim=1)
            truth = torch.zeros(pairs.shape[1], device=pairs.device)
            truth[: own.shape[1]] = 1
            logits = self.match(self.qformer(tokens[pairs[1]], text[pairs[0]])).mean((1, 2))
            losses["itm"] = functional.binary_cross_entropy_with_logits(logits, truth)
        return losses

    def _released(
        self, batch: dict[str, torch.Tensor], unit: torch.Tensor, tokens: torch.Tensor
    ) -> dict[str, torch.Tensor]:
        own, seen, others = unit[batch["text"]], tokens[batch["image"]], batch["negative_image"]
        if "itm" not in self.parts:
            image = functional.normalize(self.look(tokens)[:, 0], dim=-1)
            sides = image[batch["image"]], unit[batch["negative_text"]], image[others]
            return {"itc": alignment_losses.released_itc(own, *sides, self.temperature)}
        assert self.qformer is not None, "ITM has a Q-Former"
        queries = functional.normalize(self.qformer(seen), dim=-1)
        past = functional.normalize(tokens.mean(1), dim=-1)[others]
        found = alignment_losses.released_matching(own, queries, past, self.temperature)
        return dict(zip(("itc", "itm"), found, strict=True))

    def _written(self, batch: dict[str, torch.Tensor], tokens: torch.Tensor) -> torch.Tensor:
        assert self.qformer is not None and self.generator is not None and self.tell is not None, "BLIP2 has them"
        queries = self.qformer(tokens[batch["image"]])
        if self.released:  # theirs are of unit length here too
            queries = functional.normalize(queries, dim=-1)
        given = {"tokens": batch["given"], "mask": batch["given_mask"]} if "given" in batch else None
        return self.generator(self.tell(queries), batch["written"], given)


class AlignedText(nn.Module):
    """An aligner's side of texts as an encoder of a `lib.models.systems.System`: tokens and mask (n, t) -> (n, dimensions)."""

    def __init__(self, aligner: Aligner) -> None:
        super().__init__()
        self.encoder, self.side = aligner.text, aligner.text_side
        self.tokenizer, self.dimensions = aligner.text.tokenizer, aligner.dimensions

    def forward(self, tokens: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        return self.side(self.encoder(tokens, mask))


class AlignedImage(nn.Module):
    """An aligner's side of pictures: (n, h, w, 3) uint8 -> (n, dimensions), of a Q-Former the mean of its queries."""

    def __init__(self, aligner: Aligner) -> None:
        super().__init__()
        self.encoder, self.side, self.qformer = aligner.image, aligner.image_side, aligner.qformer
        self.dimensions = aligner.dimensions

    def forward(self, pictures: torch.Tensor) -> torch.Tensor:
        return looked_at(self.encoder, self.side(self.encoder.patches(pictures)), self.qformer).mean(1)
