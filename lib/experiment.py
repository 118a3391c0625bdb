"""A run of a trained system, step by step: data, system, training, identification, embeddings, verification, record.

A run notebook makes an `Experiment` and calls its methods in order; each returns the table to look at.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
import torch
from safetensors.torch import save_file

from lib import backbones, batches, embeddings, encoding, identifiers, pictures, variants, verification
from lib.errors import DataError
from lib.face_embeddings import FaceFeatures
from lib.files import replacing, write_text
from lib.objectives import Objective
from lib.single_stream import VisualBert
from lib.systems import System, device, precision
from lib.task import Task


class Experiment(Task):
    """A system with one set of parameters on a study's data; results go to `out`."""

    def __init__(
        self,
        notebook: str,
        study: str,
        out: str,
        objective: str,
        seed: int,
        text: str = "",
        vision: str = "",
        fusion: str = "",
        joint: str = "",
        variant: str = "sound",
        faces: str = "all",
    ) -> None:
        """text, vision: backbones by name, with a fusion when there are both; or joint: a single-stream one. variant: a name
        of `lib.variants`. faces: `all` pictures, or only those with (`face`) or without (`no-face`) one that MTCNN sees.
        Raises DataError on bad input."""
        parameters = {"text": text, "vision": vision, "joint": joint, "fusion": fusion, "objective": objective}
        super().__init__(notebook, study, out, {**parameters, "variant": variant, "faces": faces, "seed": seed})
        if faces not in ("all", "face", "no-face"):
            raise DataError(f"There are no pictures called {faces!r}; give all, face or no-face.")
        contrasts = Objective(objective).contrasts
        self.variant = variants.variant(
            variant, self.study.training, self.study.text.mask_digits, self.modality, contrasts
        )
        settings = self.variant.training
        self.objective = Objective(objective, settings, variant, self.modality)
        self.trained = bool(self.objective.weights)
        torch.set_num_threads(settings.threads)
        torch.manual_seed(seed)
        arguments = {
            "pixels": self.study.image.pixels,
            "weights": self.study.weights,
            "folder": self.study.weights_folder,
            "pooling": self.variant.pooling,
        }
        loaded = [backbones.load(name, **arguments) if name else (None, None) for name in (text, vision, joint)]
        self.provenance = [found for _, found in loaded if found]
        (reader, _), (viewer, _), (both, _) = loaded
        if isinstance(viewer, FaceFeatures):
            self._check_faces()
        if isinstance(both, VisualBert):
            both.hides_padding = variant != "published"
        classes = len(self.classes) if self.objective.classifies else 0
        torch.manual_seed(seed)  # new layers start from the seed alone, whatever loading drew
        self.system = System(reader, viewer, fusion, classes, both, self.variant.fusions, self.variant.head)

    def _check_faces(self) -> None:
        if not self.study.embeds_faces:
            raise DataError(
                f"{self.parameters['vision']}: vectors of faces are biometric data, and this study's data is sensitive. "
                "They serve as features of vendors here, never to tell who a person is; if you may make them, say "
                "face_embeddings: true in the parameter file."
            )
        if self.parameters["objective"] not in ("pre-trained", "ce"):
            raise DataError(
                f"{self.parameters['vision']}: a face network's vectors are taken as they are, so only a class head can be "
                "trained on them. Give the objective pre-trained or ce."
            )

    @property
    def modality(self) -> str:
        given = self.parameters
        joint = "joint" in given or {"text", "vision"} <= set(given)
        return "joint" if joint else "text" if "text" in given else "image"

    def weights(self) -> pd.DataFrame:
        """What was asked for and what was loaded, a row a backbone."""
        return pd.DataFrame([found.row() for found in self.provenance]).drop(columns="kind")

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
        limit = self.study.text.max_tokens
        return self.system.tokenizer(masked, truncation=True, max_length=limit)["input_ids"]

    @cached_property
    def pictures(self) -> np.ndarray:
        """(pictures, h, w, 3) uint8, or of a face network its vectors (pictures, d)."""
        found, study = self.data, self.study
        if isinstance(self.system.image, FaceFeatures):
            return self.system.image.of(found.images, study.cache, found.fingerprint)
        return pictures.as_array(found.images, study.image.pixels, study.cache, found.fingerprint)

    def batch_items(self, part: str) -> batches.Items:
        """The training region's items of a part, with their classes, for batches."""
        chosen, tokenizer = self.items[self.part(part)], self.system.tokenizer
        masked = part == "train" or self.variant.mask_digits == "all"
        return batches.Items(
            chosen,
            np.searchsorted(self.classes, chosen["vendor"].to_numpy()),
            None if tokenizer is None else self.tokens if masked else self.tokens_with_digits,
            0 if tokenizer is None else tokenizer.pad_token_id,
            self.pictures if self.system.sees else None,
        )

    def train(self) -> pd.DataFrame:
        """Train (or go on with, or take up finished) the system; the history, an empty one without training."""
        if not self.trained:
            return pd.DataFrame(columns=["epoch", "train_loss", "val_loss", "seconds"])
        from lib import training  # Lightning takes ten seconds to import, and rows that are not trained need none of it

        settings, seed = self.variant.training, self.parameters["seed"]
        train, val = self.batch_items("train"), self.batch_items("val")
        per_vendor = settings.per_vendor if self.objective.contrasts else None
        history = training.fit(
            self.system,
            self.objective,
            batches.training_batches(train, settings.batch_size, per_vendor, seed, settings.by_length),
            batches.ordered_batches(val, max(settings.batch_size, len(val))) if len(val) else None,
            settings,
            seed,
            self.out / "checkpoint",
            self.key,
        )
        if not np.isfinite(history["train_loss"]).all():
            raise DataError(
                f"{self.out}: the training loss is no number any more after epoch {len(history)}; the training "
                "diverged. Lower the rates of training in the parameter file."
            )
        write_text(self.out / "history.csv", history.to_csv(index=False))
        self.result["training"] = {
            "epochs": len(history),
            "seconds": round(float(history["seconds"].sum()), 1),
            "items": len(train),
        }
        return history

    @torch.inference_mode()
    def embed(self) -> dict[str, tuple[pd.DataFrame, np.ndarray]]:
        """Vectors of all items of all regions, a modality each: text, image and (with both) joint; saved."""
        system, asked = self.system.to(device()).eval(), self.variant.training.precision
        found: dict[str, tuple[pd.DataFrame, np.ndarray]] = {}
        vectors: dict[str, torch.Tensor] = {}
        if system.text is not None:
            vectors["text"] = encoding.texts(system, self._all_tokens(), asked)
        if system.image is not None:
            vectors["image"] = encoding.pictures(system, self.pictures, asked)
        for modality in vectors:
            items = self.items_of(modality)
            found[modality] = items, vectors[modality].numpy()[self._rows(items, modality)]
        if system.fuse is not None:
            # In batches, since the published attention makes a pair's vector depend on those beside it.
            size, fuse = self.variant.training.batch_size, system.fuse.cpu()
            text, image = (
                vectors[name][torch.from_numpy(self._rows(self.items, name).copy())] for name in ("text", "image")
            )
            fused = [fuse(*sides) for sides in zip(text.split(size), image.split(size), strict=True)]
            found["joint"] = self.items, torch.cat(fused).numpy()
        if system.joint is not None:
            rows = self._rows(self.items, "text"), self._rows(self.items, "image")
            found["joint"] = self.items, encoding.pairs(system, self._all_tokens(), self.pictures, *rows, asked).numpy()
        embeddings.save(self.out / "embeddings.safetensors", found)
        self.vectors = found
        return found

    def _all_tokens(self) -> list[list[int]]:
        """Every text, and below them, where only training texts are masked, the same texts with their digits."""
        return self.tokens + (self.tokens_with_digits if self.variant.mask_digits == "train" else [])

    def _rows(self, items: pd.DataFrame, modality: str) -> np.ndarray:
        """Each item's row among the vectors of a modality."""
        rows = items[modality].to_numpy()
        if modality == "image" or self.variant.mask_digits == "all":
            return rows
        trained_on = ((items["region"] == self.region) & (items["part"] == "train")).to_numpy()
        return np.where(trained_on, rows, rows + len(self.data.texts))

    def identify(self) -> pd.DataFrame:
        """Scores of the class head on the training region's test items; empty without a head. After `embed`."""
        if not self.objective.classifies:
            return pd.DataFrame(columns=["metric", "mean", "low", "high", "items", "vendors"])
        vectors = self.vectors[self.modality][1][self.test_part()]
        with torch.inference_mode():
            scores = self.system.head.cpu()(torch.from_numpy(vectors))
        return self.score_identification(self.classes[scores.argmax(1).numpy()])

    def verify(self) -> pd.DataFrame:
        """`lib.verification.table` for each `modality` that the run has vectors of. After `embed`."""
        scored = {}
        for modality, (items, vectors) in self.vectors.items():
            rows = self.shown(items)
            scored[modality] = verification.scores(items[rows].reset_index(drop=True), vectors[rows])
        return self.score_verification(scored)

    def finish(self, **more: Any) -> dict[str, Any]:
        """Keep the weights, write metrics.json, drop the optimiser's state."""
        if self.trained:
            weights = {name: tensor.contiguous() for name, tensor in self.system.state_dict().items()}
            with replacing(self.out / "weights.safetensors") as temporary:
                save_file(weights, temporary)
        written = super().finish(
            weights=[found.row() for found in self.provenance],
            precision=precision(self.variant.training.precision),
            training_settings=self.variant.training.model_dump() if self.trained else {},
            **more,
        )
        for path in (self.out / "checkpoint").glob("*.ckpt"):
            path.unlink()
        return written
