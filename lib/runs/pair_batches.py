"""Batches for alignment: pairs of a text and a picture of its ad, which of a batch belong together, and drawn negatives."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import torch

from lib.core.errors import DataError
from lib.models.qformer import IGNORED
from lib.runs.batches import Items, padded


@dataclass(frozen=True)
class Writing:
    """What a generator is to write: `written`, and what it is `given` for it (None: nothing), the tokens of every unique text.

    padding: its padding token. length: texts are padded to so many tokens, and the padding is to be written too, as the
    authors' code has it for BLIP2; None: padding doesn't count.
    """

    written: Sequence[Sequence[int]]
    given: Sequence[Sequence[int]] | None
    padding: int
    length: int | None = None


class PairItems(Items):
    """Pairs of all regions; `batch` has what `lib.models.aligner.Aligner.forward` reads.

    negatives: how many texts, and apart from them pictures, are drawn for a pair from another region than its own (as
    released); None: none, the batch's others serve. Raises DataError when there is no other region to draw from.
    """

    text: np.ndarray
    image: np.ndarray
    tokens: Sequence[Any]
    pictures: np.ndarray

    def __init__(
        self,
        items: pd.DataFrame,
        tokens: Sequence[Any],
        padding: int,
        pictures: np.ndarray,
        negatives: int | None = None,
        seed: int = 0,
        writing: Writing | None = None,
    ) -> None:
        """items: `text, image, vendor, region`, numbers of the unique ones."""
        super().__init__(items, items["vendor"].to_numpy(), tokens, padding, pictures)
        self.negatives, self.seed, self.writing = negatives, seed, writing
        self.width = 1 + int(self.image.max())
        self.together = np.unique(self.text.astype(np.int64) * self.width + self.image)
        self.region, self.regions = items["region"].to_numpy(), np.unique(items["region"])
        self.of_region = {region: np.flatnonzero(self.region == region) for region in self.regions}
        if negatives is not None and len(self.regions) < 2:
            raise DataError(
                f"The released alignment draws negatives from another region than a pair's own, and there is only "
                f"{', '.join(self.regions)}. Give ads of a second region, or take the variant corrected."
            )

    def batch(self, indices: Sequence[int]) -> dict[str, torch.Tensor]:
        """`tokens, mask` and `pictures` of the batch's unique ones, `text, image` (n,) each pair's rows of them, and
        `positive` (texts, pictures): which belong to one ad; with negatives `negative_text, negative_image` (n, k) instead. With
        a generator `written` (n, t), and where it is given something `given, given_mask` (n, s)."""
        rows = np.asarray(indices)
        drawn = (
            self._drawn(rows, self.negatives) if self.negatives is not None else np.empty((2, len(rows), 0), np.int64)
        )
        texts, text_place = np.unique(np.c_[self.text[rows], self.text[drawn[0]]], return_inverse=True)
        images, image_place = np.unique(np.c_[self.image[rows], self.image[drawn[1]]], return_inverse=True)
        text, image = (torch.from_numpy(place.reshape(len(rows), -1)) for place in (text_place, image_place))
        found = padded([self.tokens[number] for number in texts], self.padding)
        found |= {
            "class": torch.from_numpy(self.classes[rows]),
            "pictures": torch.from_numpy(self.pictures[images]),
            "text": text[:, 0],
            "image": image[:, 0],
        }
        if self.negatives is None:
            keys = texts[:, None].astype(np.int64) * self.width + images
            found["positive"] = torch.from_numpy(np.isin(keys, self.together))
        else:
            found |= {"negative_text": text[:, 1:], "negative_image": image[:, 1:]}
        return found | (self._writing(self.text[rows], self.writing) if self.writing else {})

    def _drawn(self, rows: np.ndarray, negatives: int) -> np.ndarray:
        """Pairs whose texts, and pairs whose pictures, are negatives: (2, n, k). By the seed and the batch's pairs alone, so
        that a run that is resumed draws what it would have drawn."""
        generator = np.random.default_rng([self.seed, *rows.tolist()])
        found = np.empty((2, len(rows), negatives), np.int64)
        for place, row in enumerate(rows):
            other = generator.choice(self.regions[self.regions != self.region[row]])
            found[:, place] = generator.choice(self.of_region[other], (2, negatives))
        return found

    def _writing(self, texts: np.ndarray, plan: Writing) -> dict[str, torch.Tensor]:
        made = padded([plan.written[text] for text in texts], plan.padding)
        tokens, mask = made["tokens"], made["mask"]
        if plan.length is None:
            tokens = tokens.masked_fill(mask == 0, IGNORED)
        else:
            tokens = torch.nn.functional.pad(tokens, (0, plan.length - tokens.shape[1]), value=plan.padding)
        found = {"written": tokens}
        if plan.given is not None:
            given = padded([plan.given[text] for text in texts], plan.padding)
            found |= {"given": given["tokens"], "given_mask": given["mask"]}
        return found
