"""The aligner: a text encoder and an image encoder, with the heads that alignment trains to bring both into one space.

It is trained as ITC, ITC+ITM or BLIP2 (MATCHED section 4 iii D, Tables 8 to 11); the losses are in
`lib.models.alignment_losses`.
"""

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


def image_vectors(encoder: ImageEncoder, tokens: torch.Tensor, qformer: QFormer | None) -> torch.Tensor:
    """The vectors that represent pictures, from their tokens (n, p, d).

    With a Q-Former its queries (n, q, d); without one the class token, or the mean of a feature map, (n, 1, d).
    """
    if qformer is not None:
        queries: torch.Tensor = qformer(tokens)
        return queries
    has_class_token = getattr(encoder.model, "num_prefix_tokens", 0) > 0
    return tokens[:, :1] if has_class_token else tokens.mean(1, keepdim=True)


class Aligner(nn.Module):
    """Two encoders, a linear layer each where sizes differ, a Q-Former from ITC+ITM on, and a generator for BLIP2.

    dimensions: of the common space. locked: of `text` and `image`, whose encoder stays as loaded; batches then hold its
    states or patches, computed beforehand, and a linear layer is trained instead. variant: whose losses
    (`lib.models.alignment_losses`). temperature: of ITC and, as released, ITM. Raises DataError for a method that isn't
    in `lib.models.alignment_losses.METHODS`.
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
        variant: str = "corrected",
    ) -> None:
        super().__init__()
        if method not in METHODS:
            raise DataError(
                f"There is no alignment called {method!r}. Known are {', '.join(METHODS)} "
                "(lib/models/alignment_losses.py)."
            )
        self.text, self.image, self.qformer, self.generator = text, image, qformer, generator
        self.parts, self.dimensions = METHODS[method], dimensions
        self.temperature, self.locked, self.variant = temperature, locked, variant
        self.text_side, self.image_side = (
            nn.Linear(size, dimensions) if side in locked or size != dimensions else nn.Identity()
            for side, size in (("text", text.dimensions), ("image", image.width))
        )
        # The names of these two heads are keys of stored weights: `match` scores a pair, `tell` feeds the generator.
        self.match = nn.Linear(dimensions, 1) if "itm" in self.parts and variant != "released" else None
        self.tell = nn.Linear(dimensions, generator.dimensions) if generator is not None else None
        for side, encoder in (("text", text), ("image", image)):
            encoder.requires_grad_(side not in locked)

    @property
    def tokenizer(self) -> Any:
        """The text encoder's."""
        return self.text.tokenizer

    def encode_text(self, tokens: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        """Vectors of texts, not normalised, (u, dimensions).

        tokens and mask (u, t), or a locked encoder's states (u, t, d) and the mask.
        """
        states = tokens.float() if "text" in self.locked else self.text.states(tokens, mask)
        vectors: torch.Tensor = self.text_side(self.text.pooled(states, mask))
        return vectors

    def image_tokens(self, pictures: torch.Tensor) -> torch.Tensor:
        """Pictures (v, h, w, 3) uint8, or a locked encoder's patches of them (v, p, d) -> (v, p, dimensions)."""
        patches = pictures.float() if "image" in self.locked else self.image.patches(pictures)
        tokens: torch.Tensor = self.image_side(patches)
        return tokens

    def image_vectors(self, tokens: torch.Tensor) -> torch.Tensor:
        """`image_tokens` -> the pictures' vectors, not normalised: (v, q, dimensions), q = 1 without a Q-Former."""
        return image_vectors(self.image, tokens, self.qformer)

    def encode_image(self, pictures: torch.Tensor) -> torch.Tensor:
        """Pictures, as `image_tokens` takes them -> (v, q, dimensions)."""
        return self.image_vectors(self.image_tokens(pictures))

    def forward(self, batch: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
        """The losses of a batch (`lib.runs.batches.PairItems`), by name as in `lib.models.alignment_losses.METHODS`."""
        text = self.encode_text(batch["tokens"], batch["mask"])
        tokens = self.image_tokens(batch["pictures"])
        unit = functional.normalize(text, dim=-1)
        if self.variant == "released":
            losses = self._released(batch, unit, tokens)
        elif self.variant == "described":
            losses = self._described(batch, text, unit, tokens)
        else:
            losses = self._corrected(batch, text, unit, tokens)
        if "generation" in self.parts:
            losses["generation"] = self._generation(batch, tokens)
        return losses

    def _corrected(
        self, batch: dict[str, torch.Tensor], text: torch.Tensor, unit: torch.Tensor, tokens: torch.Tensor
    ) -> dict[str, torch.Tensor]:
        positive = batch["positive"]
        image = functional.normalize(self.image_vectors(tokens), dim=-1)
        scores = alignment_losses.similarity(unit, image) / self.temperature
        losses = {"itc": alignment_losses.itc(scores, positive)}
        if "itm" in self.parts:
            wrong_pictures = alignment_losses.hard_negatives(scores, positive)
            wrong_texts = alignment_losses.hard_negatives(scores.T, positive.T).flip(0)
            losses["itm"] = self._matching(batch, text, tokens, torch.cat([wrong_pictures, wrong_texts], dim=1))
        return losses

    def _described(
        self, batch: dict[str, torch.Tensor], text: torch.Tensor, unit: torch.Tensor, tokens: torch.Tensor
    ) -> dict[str, torch.Tensor]:
        image = functional.normalize(self.image_vectors(tokens), dim=-1)
        scores = alignment_losses.similarity(unit, image) / self.temperature
        own, other_texts, other_images = batch["text"], batch["negative_text"], batch["negative_image"]
        to_images = scores[own[:, None], other_images]
        to_texts = scores[other_texts, batch["image"][:, None]]
        losses = {"itc": alignment_losses.itc_of_drawn(scores[own, batch["image"]], to_images, to_texts)}
        if "itm" in self.parts:
            wrong = [[own, other_images[:, 0]], [other_texts[:, 0], batch["image"]]]
            losses["itm"] = self._matching(batch, text, tokens, torch.cat([torch.stack(pair) for pair in wrong], dim=1))
        return losses

    def _matching(
        self, batch: dict[str, torch.Tensor], text: torch.Tensor, tokens: torch.Tensor, wrong: torch.Tensor
    ) -> torch.Tensor:
        """Binary cross-entropy of the batch's pairs against wrong ones (2, n), rows of texts and of pictures."""
        assert self.qformer is not None and self.match is not None, "ITM has a Q-Former"
        own = torch.stack([batch["text"], batch["image"]])
        pairs = torch.cat([own, wrong], dim=1)
        truth = torch.zeros(pairs.shape[1], device=pairs.device)
        truth[: own.shape[1]] = 1
        logits = self.match(self.qformer(tokens[pairs[1]], text[pairs[0]])).mean((1, 2))
        return functional.binary_cross_entropy_with_logits(logits, truth)

    def _released(
        self, batch: dict[str, torch.Tensor], unit: torch.Tensor, tokens: torch.Tensor
    ) -> dict[str, torch.Tensor]:
        text, negatives = unit[batch["text"]], batch["negative_image"]
        if "itm" not in self.parts:
            image = functional.normalize(self.image_vectors(tokens)[:, 0], dim=-1)
            others = unit[batch["negative_text"]], image[negatives]
            return {"itc": alignment_losses.released_itc(text, image[batch["image"]], *others, self.temperature)}
        assert self.qformer is not None, "ITM has a Q-Former"
        queries = functional.normalize(self.qformer(tokens[batch["image"]]), dim=-1)
        means = functional.normalize(tokens.mean(1), dim=-1)[negatives]  # of tokens that bypass the Q-Former
        itc, itm = alignment_losses.released_matching(text, queries, means, self.temperature)
        return {"itc": itc, "itm": itm}

    def _generation(self, batch: dict[str, torch.Tensor], tokens: torch.Tensor) -> torch.Tensor:
        assert self.qformer is not None and self.generator is not None and self.tell is not None, "BLIP2 has them"
        queries = self.qformer(tokens[batch["image"]])
        if self.variant == "released":  # the authors' are normalised here too
            queries = functional.normalize(queries, dim=-1)
        prompt = {"tokens": batch["prompt"], "mask": batch["prompt_mask"]} if "prompt" in batch else None
        loss: torch.Tensor = self.generator(self.tell(queries), batch["target"], prompt)
        return loss


class AlignedText(nn.Module):
    """An aligner's text side as an encoder of a `lib.models.system.System`: tokens and mask (n, t) -> (n,
    dimensions)."""

    def __init__(self, aligner: Aligner) -> None:
        super().__init__()
        self.encoder, self.side = aligner.text, aligner.text_side
        self.tokenizer, self.dimensions = aligner.text.tokenizer, aligner.dimensions

    def forward(self, tokens: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        vectors: torch.Tensor = self.side(self.encoder(tokens, mask))
        return vectors


class AlignedImage(nn.Module):
    """An aligner's image side as an encoder: pictures (n, h, w, 3) uint8 -> (n, dimensions), the mean of a Q-Former's
    queries."""

    def __init__(self, aligner: Aligner) -> None:
        super().__init__()
        self.encoder, self.side, self.qformer = aligner.image, aligner.image_side, aligner.qformer
        self.dimensions = aligner.dimensions

    def forward(self, pictures: torch.Tensor) -> torch.Tensor:
        return image_vectors(self.encoder, self.side(self.encoder.patches(pictures)), self.qformer).mean(1)
