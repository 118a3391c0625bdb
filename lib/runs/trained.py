"""What runs of a learned system share: its weights, its texts as tokens and its pictures as arrays, training and record."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
import torch
from safetensors.torch import save_file
from torch import nn
from torch.utils.data import DataLoader

from lib.core.errors import DataError
from lib.core.files import replacing, write_text
from lib.data import identifiers, image_arrays
from lib.models.acceleration import precision
from lib.models.backbones import Provenance
from lib.runs.task import Recorded, Task
from lib.runs.variants import Variant
from lib.study.config import Training


class Learned(Recorded):
    """A run of a `system` with weights, their `provenance`, and `trained`: whether it is trained at all."""

    system: nn.Module
    provenance: list[Provenance]
    trained: bool

    @property
    def settings(self) -> Training:
        """How it is trained."""
        raise NotImplementedError

    def weights(self) -> pd.DataFrame:
        """What was asked for and what was loaded, a row a backbone."""
        return pd.DataFrame([found.row() for found in self.provenance]).drop(columns="kind")

    def fit(
        self,
        loss: Callable[[Any, dict[str, torch.Tensor], str], torch.Tensor],
        train: DataLoader,
        val: DataLoader | None,
        items: int,
    ) -> pd.DataFrame:
        """Train the system (or go on with, or take up finished); the history. items: how many it is trained on."""
        from lib.runs import (
            training,  # Lightning takes ten seconds to import, and rows that are not trained need none of it
        )

        folder = self.out / "checkpoint"
        resumed = (folder / f"{self.key}.ckpt").exists()
        history = training.fit(self.system, loss, train, val, self.settings, self.parameters["seed"], folder, self.key)
        if not np.isfinite(history["train_loss"]).all():
            raise DataError(
                f"{self.out}: the training loss is no number any more after epoch {len(history)}; the training "
                "diverged. Lower the rates of training in the parameter file."
            )
        write_text(self.out / "history.csv", history.to_csv(index=False))
        self.result["training"] = {
            "epochs": len(history),
            "seconds": round(float(history["seconds"].sum()), 1),
            "items": items,
            "resumed": resumed,  # then what it took before it was interrupted is in no clock or meter
        }
        return history

    def finish(self, **more: Any) -> dict[str, Any]:
        """Keep the weights, write metrics.json, drop the optimiser's state."""
        if self.trained:
            weights = {name: tensor.contiguous() for name, tensor in self.system.state_dict().items()}
            with replacing(self.out / "weights.safetensors") as temporary:
                save_file(weights, temporary)
        written = super().finish(
            weights=[found.row() for found in self.provenance],
            precision=precision(self.settings.precision),
            training_settings=self.settings.model_dump() if self.trained else {},
            **more,
        )
        for path in (self.out / "checkpoint").glob("*.ckpt"):
            path.unlink()
        return written


class Trained(Learned, Task):
    """A task with a `system` that has a `tokenizer`, and the `variant` that it is made by."""

    variant: Variant

    @property
    def settings(self) -> Training:
        return self.variant.training

    @property
    def max_tokens(self) -> int:
        """Longer texts are cut."""
        return self.study.text.max_tokens

    @cached_property
    def tokens(self) -> list[list[int]]:
        """Every unique text, identifiers and digits masked, tokenised once."""
        return self._tokenised(identifiers.mask)

    @cached_property
    def tokens_with_digits(self) -> list[list[int]]:
        """The same with the digits that are in no identifier: what is read of items that aren't trained on when only
        training texts are masked."""
        return self._tokenised(identifiers.mask_identifiers)

    def _tokenised(self, mask: Callable[[str], str]) -> list[list[int]]:
        masked = [mask(text) for text in self.data.texts]
        tokenizer: Any = self.system.tokenizer
        return tokenizer(masked, truncation=True, max_length=self.max_tokens)["input_ids"]

    def tokens_of(self, part: str) -> list[list[int]]:
        """The texts as items of a part are read."""
        masked = part == "train" or self.variant.mask_digits == "all"
        return self.tokens if masked else self.tokens_with_digits

    def all_tokens(self) -> list[list[int]]:
        """Every text, and below them, where only training texts are masked, the same texts with their digits."""
        return self.tokens + (self.tokens_with_digits if self.variant.mask_digits == "train" else [])

    def rows(self, items: pd.DataFrame, modality: str, trained_on: np.ndarray) -> np.ndarray:
        """Each item's row among the vectors of `all_tokens`, or of the pictures; trained_on (items,) bool."""
        rows = items[modality].to_numpy()
        if modality == "image" or self.variant.mask_digits == "all":
            return rows
        return np.where(trained_on, rows, rows + len(self.data.texts))

    @cached_property
    def pictures(self) -> np.ndarray:
        """(pictures, h, w, 3) uint8."""
        found, study = self.data, self.study
        return image_arrays.as_array(found.images, study.image.pixels, study.cache, found.fingerprint, found.digests)
