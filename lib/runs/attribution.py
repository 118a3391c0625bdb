"""A run of a trained system, step by step: data, system, training, identification, embeddings, verification, record.

A run notebook makes an `Experiment` and calls its methods in order; each returns the table to look at.
"""

from __future__ import annotations

from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
import torch

from lib.core.errors import DataError
from lib.evaluation import verification
from lib.models import acceleration, backbones
from lib.models.acceleration import device
from lib.models.encoders import VisualBert
from lib.models.face_embeddings import FaceFeatures
from lib.models.system import System
from lib.runs import batches, embedding_files, encoding, variants
from lib.runs.losses import Objective
from lib.runs.trained import Trained


class Experiment(Trained):
    """A system with one set of parameters on a study's data; results go to `out`."""

    system: System

    def __init__(
        self,
        notebook: str,
        study: str,
        out: str,
        objective: str,
        seed: int,
        text: str = "",
        image: str = "",
        fusion: str = "",
        multimodal: str = "",
        variant: str = "corrected",
        faces: str = "all",
        protocol: str = "",
        **more: str,
    ) -> None:
        """text, image: backbones by name, with a fusion when there are both; or multimodal: a single-stream one. variant: a name
        of `lib.runs.variants`. protocol: of the split, if not the study's. faces: `all` pictures, or only those with (`face`) or without (`no-face`) one that MTCNN sees.
        more: parameters of a kind of experiment that begins otherwise. Raises DataError on bad input."""
        parameters: dict[str, Any] = {"text": text, "image": image, "multimodal": multimodal, "fusion": fusion}
        parameters |= {"objective": objective, **more}
        parameters |= {"variant": variant, "faces": faces, "protocol": protocol, "seed": seed}
        super().__init__(notebook, study, out, parameters)
        self.variant = self.chosen_variant(variant, Objective(objective).contrasts)
        settings = self.variant.training
        self.objective = Objective(objective, settings, variant, self.modality)
        self.trained = bool(self.objective.weights)
        torch.set_num_threads(settings.threads)
        torch.manual_seed(seed)
        text_encoder, image_encoder, both = self.encoders()
        if isinstance(image_encoder, FaceFeatures):
            self._check_faces()
        if isinstance(both, VisualBert):
            both.hides_padding = variant != "released"
        classes = len(self.classes) if self.objective.classifies else 0
        torch.manual_seed(seed)  # new layers start from the seed alone, whatever loading drew
        self.system = System(
            text_encoder, image_encoder, fusion, classes, both, self.variant.fusions, self.variant.head
        )

    def chosen_variant(self, name: str, contrasts: bool) -> variants.Variant:
        """How the system is made and trained; contrasts: whether the objective has a contrastive part."""
        return variants.variant(name, self.study.training, self.study.text.mask_digits, self.modality, contrasts)

    def encoders(self) -> list[Any]:
        """Of texts, of pictures and of pairs, None where the run has none; what was loaded is noted in `provenance`."""
        arguments = backbones.load_arguments(self.study)
        names = [self.parameters.get(kind) for kind in ("text", "image", "multimodal")]
        loaded = [
            backbones.load(name, **arguments, pooling=self.variant.pooling) if name else (None, None) for name in names
        ]
        self.provenance = [found for _, found in loaded if found]
        return [encoder for encoder, _ in loaded]

    def _check_faces(self) -> None:
        if not self.study.embeds_faces:
            raise DataError(
                f"{self.parameters['image']}: vectors of faces are biometric data, and this study's data is sensitive. "
                "They serve as features of vendors here, never to tell who a person is; if you may make them, say "
                "face_embeddings: true in the parameter file."
            )

    @property
    def modality(self) -> str:
        given = self.parameters
        multimodal = "multimodal" in given or {"text", "image"} <= set(given)
        return "multimodal" if multimodal else "text" if "text" in given else "image"

    @cached_property
    def pictures(self) -> np.ndarray:
        """(pictures, h, w, 3) uint8, or of a face network its vectors (pictures, d)."""
        if isinstance(self.system.image, FaceFeatures):
            return self.system.image.of(self.data.images, self.study.cache, self.data.fingerprint, self.data.digests)
        return super().pictures

    def batch_items(self, part: str) -> batches.Items:
        """The training region's items of a part, with their classes, for batches."""
        chosen, tokenizer = self.items[self.part(part)], self.system.tokenizer
        return batches.Items(
            chosen,
            np.searchsorted(self.classes, chosen["vendor"].to_numpy()),
            None if tokenizer is None else self.tokens_of(part),
            0 if tokenizer is None else tokenizer.pad_token_id,
            self._pictures_at_hand if self.system.takes_images else None,
            acceleration.LENGTH_MULTIPLE if device().type == "cuda" else 1,
        )

    @cached_property
    def _pictures_at_hand(self) -> np.ndarray | torch.Tensor:
        return acceleration.on_accelerator(self.pictures)

    def train(self) -> pd.DataFrame:
        """Train (or go on with, or take up finished) the system; the history, an empty one without training."""
        if not self.trained:
            return pd.DataFrame(columns=["epoch", "train_loss", "val_loss", "seconds"])
        settings, train, val = self.variant.training, self.batch_items("train"), self.batch_items("val")
        per_vendor = settings.per_vendor if self.objective.contrasts else None
        seed, size = self.parameters["seed"], settings.batch_size
        return self.fit(
            self.objective.of,
            batches.training_batches(train, size, per_vendor, seed, settings.group_by_length, settings.devices),
            batches.ordered_batches(val, max(size, len(val))) if len(val) > 1 else None,
            len(train),
        )

    @torch.inference_mode()
    def embed(self) -> dict[str, tuple[pd.DataFrame, np.ndarray]]:
        """Vectors of all items of all regions, a modality each: text, image and (with both) multimodal; saved."""
        system, asked = self.system.to(device()).eval(), self.variant.training.precision
        found: dict[str, tuple[pd.DataFrame, np.ndarray]] = {}
        vectors: dict[str, torch.Tensor] = {}
        if system.text is not None:
            vectors["text"] = encoding.texts(system, self.all_tokens(), asked)
        if system.image is not None:
            vectors["image"] = encoding.pictures(system, self.pictures, asked)
        for modality in vectors:
            items = self.items_of(modality)
            found[modality] = items, vectors[modality].numpy()[self._rows(items, modality)]
        if system.fuse is not None:
            # In batches, since the released attention makes a pair's vector depend on those beside it.
            size, fuse = self.variant.training.batch_size, system.fuse.cpu()
            text, image = (
                vectors[name][torch.from_numpy(self._rows(self.items, name).copy())] for name in ("text", "image")
            )
            fused = [fuse(*sides) for sides in zip(text.split(size), image.split(size), strict=True)]
            found["multimodal"] = self.items, torch.cat(fused).numpy()
        if system.multimodal is not None:
            rows = self._rows(self.items, "text"), self._rows(self.items, "image")
            found["multimodal"] = (
                self.items,
                encoding.pairs(system, self.all_tokens(), self.pictures, *rows, asked).numpy(),
            )
        embedding_files.save(self.out / "embeddings.safetensors", found)
        self.vectors = found
        return found

    def _rows(self, items: pd.DataFrame, modality: str) -> np.ndarray:
        """Each item's row among the vectors of a modality."""
        return self.rows(items, modality, ((items["region"] == self.region) & (items["part"] == "train")).to_numpy())

    def identify(self) -> pd.DataFrame:
        """Scores of the class head on the training region's test items; empty without a head. After `embed`."""
        if not self.objective.classifies:
            return pd.DataFrame(columns=["metric", "mean", "low", "high", "items", "vendors"])
        vectors = self.vectors[self.modality][1][self.test_part()]
        head = self.system.head
        assert head is not None  # the objective classifies
        with torch.inference_mode():
            scores = head.cpu()(torch.from_numpy(vectors))
        return self.score_identification(self.classes[scores.argmax(1).numpy()])

    def verify(self) -> pd.DataFrame:
        """`lib.evaluation.verification.table` for each `modality` that the run has vectors of. After `embed`."""
        scored = {}
        for modality, (items, vectors) in self.vectors.items():
            rows = self.shown(items)
            scored[modality] = verification.scores(items[rows].reset_index(drop=True), vectors[rows])
        return self.score_verification(scored)
