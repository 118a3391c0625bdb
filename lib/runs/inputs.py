"""What a system reads of a study's ads: texts as tokens, images as arrays, each made once."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from lib.core import cached, fingerprints, packages
from lib.data import identifiers, image_arrays
from lib.models.face_embeddings import FaceFeatures
from lib.runs.ad_items import AdItems


class Inputs:
    """The unique texts and images of `data`, as a system with this tokenizer and image encoder reads them.

    mask_digits: `all` texts have their digits masked, or only those of training items (`train`). max_tokens: longer
    texts are cut; the study's limit if not given.
    """

    def __init__(
        self, data: AdItems, tokenizer: Any, image_encoder: object, mask_digits: str, max_tokens: int | None = None
    ) -> None:
        self.data, self.tokenizer, self.image_encoder, self.mask_digits = data, tokenizer, image_encoder, mask_digits
        self.max_tokens = max_tokens or data.study.text.max_tokens

    @cached_property
    def tokens(self) -> list[list[int]]:
        """Every unique text with identifiers and digits masked, tokenised."""
        return self._tokenised(identifiers.mask)

    @cached_property
    def tokens_with_digits(self) -> list[list[int]]:
        """Every unique text with identifiers masked and other digits kept, tokenised."""
        return self._tokenised(identifiers.mask_identifiers)

    def _tokenised(self, mask: Callable[[str], str]) -> list[list[int]]:
        """Kept for all runs on the same data that read texts alike."""
        ads, study = self.data.ads, self.data.study

        def compute() -> list[list[int]]:
            masked = [mask(text) for text in ads.texts]
            tokens: list[list[int]] = self.tokenizer(masked, truncation=True, max_length=self.max_tokens)["input_ids"]
            return tokens

        code = fingerprints.module_fingerprint("lib.data.identifiers")
        words = self.tokenizer.backend_tokenizer.to_str()  # the whole of it
        rules = cached.name(mask.__name__, code, words, packages.version("tokenizers"), self.max_tokens)
        return cached.ragged(study.cache / f"tokens-{ads.fingerprint[:16]}-{rules}.npz", compute)

    def tokens_of(self, part: str) -> list[list[int]]:
        """The texts as items of a part are read."""
        masked = part == "train" or self.mask_digits == "all"
        return self.tokens if masked else self.tokens_with_digits

    def all_tokens(self) -> list[list[int]]:
        """Every text; where only training texts are masked, followed by the same texts with their digits."""
        return self.tokens + (self.tokens_with_digits if self.mask_digits == "train" else [])

    def rows(self, items: pd.DataFrame, modality: str, in_training: np.ndarray) -> np.ndarray:
        """Each item's row among the vectors of `all_tokens` or of the images, (n,); in_training (n,) bool."""
        rows = np.asarray(items[modality])
        if modality == "image" or self.mask_digits == "all":
            return rows
        return np.where(in_training, rows, rows + len(self.data.ads.texts))

    def contents(self, items: pd.DataFrame, in_training: np.ndarray) -> np.ndarray:
        """Each item's number, (n,), equal for those whose texts are read as the same tokens; in_training (n,) bool."""
        read: dict[tuple[int, ...], int] = {}
        numbers = np.array([read.setdefault(tuple(tokens), len(read)) for tokens in self.all_tokens()])
        return np.asarray(numbers[self.rows(items, "text", in_training)])

    @cached_property
    def images(self) -> np.ndarray:
        """(images, h, w, 3) uint8, or of a face network its vectors (images, d)."""
        ads, study = self.data.ads, self.data.study
        if isinstance(self.image_encoder, FaceFeatures):
            return self.image_encoder.of(ads.images, study.cache, ads.fingerprint, ads.digests)
        return image_arrays.as_array(ads.images, study.image.pixels, study.cache, ads.fingerprint, ads.digests)
