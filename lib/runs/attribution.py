"""A run of an attribution system: its data, encoders, training, identification and verification of vendors.

A run notebook makes an `Experiment` and calls its steps; each returns the table to look at.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import torch
from torch.utils.data import DataLoader

from lib.core.errors import DataError
from lib.evaluation import scoring
from lib.models import acceleration, backbones
from lib.models.acceleration import device
from lib.models.backbones import Provenance
from lib.models.encoders import VisualBert
from lib.models.face_embeddings import FaceFeatures
from lib.models.system import System
from lib.runs import batches, embeddings, variants
from lib.runs.ad_items import AdItems
from lib.runs.evaluator import Evaluator
from lib.runs.inputs import Inputs
from lib.runs.losses import Objective
from lib.runs.recorder import Recorder, step
from lib.runs.trainer import HISTORY, Trainer
from lib.runs.variants import Variant
from lib.study.plan import Run
from lib.study.run_record import RunRecord

Vectors = dict[str, tuple[pd.DataFrame, np.ndarray]]
"""modality -> the items that it is retrieved by (`lib.data.splits`) and their vectors (n, d); IDENTIFIED -> training's
items, where these are others."""


class Encoders(NamedTuple):
    """The encoders of texts, of images and of pairs, None where the run has none, and the provenance of their
    weights."""

    text: Any
    image: Any
    multimodal: Any
    provenance: list[Provenance]


def load_backbones(run: Run, variant: Variant) -> Encoders:
    """The backbones that a run's parameters name."""
    arguments = backbones.load_arguments(run.study)
    encoders: dict[str, Any] = {"text": None, "image": None, "multimodal": None}
    provenance = []
    for kind in encoders:
        if name := run.parameters.get(kind):
            encoders[kind], loaded = backbones.load(name, **arguments, pooling=variant.pooling)
            provenance.append(loaded)
    return Encoders(**encoders, provenance=provenance)


class Experiment:
    """A system with one set of parameters on a study's data; results go to `out`."""

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
        sampling: str = "",
        faces: str = "all",
        protocol: str = "",
        aligned: str = "",
        load_encoders: Callable[[Run, Variant], Encoders] = load_backbones,
        metered: bool = True,
    ) -> None:
        """text, image: backbones by name, with a fusion when both are given; or multimodal: a single-stream backbone.
        variant: a name of `lib.runs.variants`. sampling: of training's batches, the variant's if not given. faces:
        `all` images, or only those with (`face`) or without (`no-face`) a face that MTCNN detects. protocol: of the
        split, if not the study's. aligned: the method of the alignment that load_encoders takes the encoders from
        (`lib.runs.fine_tuning`). metered: False for a run that is used and never finished. Raises DataError on bad
        input."""
        parameters: dict[str, Any] = {"text": text, "image": image, "multimodal": multimodal, "fusion": fusion}
        parameters |= {"objective": objective, "aligned": aligned}
        parameters |= {"variant": variant, "sampling": sampling, "faces": faces, "protocol": protocol, "seed": seed}
        self.recorder = Recorder(notebook, study, out, parameters, metered)
        self.study, self.parameters = self.recorder.study, self.recorder.parameters
        self.data = AdItems.of(self.recorder.run)
        modality = self.data.modality
        self.variant = variants.variant(self.recorder.run, Objective(objective).contrasts)
        self.objective = Objective(objective, self.variant.training, variant, modality, bool(aligned))
        torch.set_num_threads(self.variant.training.threads)
        torch.manual_seed(seed)
        encoders = load_encoders(self.recorder.run, self.variant)
        if isinstance(encoders.image, FaceFeatures):
            self._check_faces()
        if isinstance(encoders.multimodal, VisualBert):
            encoders.multimodal.hides_padding = variant != "released"
        classes = len(self.data.classes) if self.objective.classifies else 0
        torch.manual_seed(seed)  # new layers depend on the seed alone, whatever loading drew
        self.system = System(
            encoders.text,
            encoders.image,
            fusion,
            classes,
            encoders.multimodal,
            self.variant.fusions,
            self.variant.head,
        )
        self.inputs = Inputs(self.data, self.system.tokenizer, self.system.image, self.variant.mask_digits)
        self.trainer = Trainer(self.recorder, self.system, encoders.provenance, bool(self.objective.weights))
        self.evaluator = Evaluator(self.recorder, self.data)
        self.weights, self.sizes = self.trainer.weights, self.data.sizes

    def _check_faces(self) -> None:
        if not self.study.embeds_faces:
            raise DataError(
                f"{self.parameters['image']}: vectors of faces are biometric data, and this study's data is sensitive. "
                "They serve as features of vendors here, never to tell who a person is; if you may make them, say "
                "face_embeddings: true in the parameter file."
            )

    def batch_items(self, part: str) -> batches.Items:
        """The training region's items of a part, with their classes, for batches."""
        items, tokenizer = self.data.items[self.data.part(part)], self.system.tokenizer
        return batches.Items(
            items,
            np.searchsorted(self.data.classes, items["vendor"].to_numpy()),
            None if tokenizer is None else self.inputs.tokens_of(part),
            0 if tokenizer is None else tokenizer.pad_token_id,
            self._resident_images if self.system.takes_images else None,
            acceleration.LENGTH_MULTIPLE if device().type == "cuda" else 1,
        )

    @cached_property
    def _resident_images(self) -> np.ndarray | torch.Tensor:
        return acceleration.on_accelerator(self.inputs.images)

    def loaders(self) -> tuple[DataLoader[int], DataLoader[int] | None, int]:
        """Batches of training and of validation (None where there are too few items), and the number of training
        items."""
        settings, train, val = self.variant.training, self.batch_items("train"), self.batch_items("val")
        training = batches.of_training(train, settings, self.parameters["seed"], self.variant.sampling)
        validation = batches.ordered_batches(val, max(settings.batch_size, len(val))) if len(val) > 1 else None
        return training, validation, len(train)

    @step
    def train(self) -> pd.DataFrame:
        """Train the system, resume its training or load what a finished one left; the history, empty without
        training."""
        if not self.trainer.trained:
            return pd.DataFrame(columns=HISTORY)
        train, val, items = self.loaders()
        with self._used_rows():
            return self.trainer.fit(self.objective.of, train, val, self.variant.training, items)

    def _used_rows(self) -> AbstractContextManager[None]:
        """Where a text encoder is trained, of its token embeddings those that training's and validation's texts use."""
        encoder = self.system.text
        if encoder is None:
            return nullcontext()
        items = self.data.items
        texts = [
            self.inputs.tokens_of(part)[text]
            for part in ("train", "val")
            for text in items["text"][self.data.part(part)].unique()
        ]
        return acceleration.used_rows(getattr(encoder, "model", None), texts, encoder.tokenizer.pad_token_id)

    @step
    def embed(self) -> Vectors:
        """Vectors of all items of all regions: of texts, of images and, with both, of pairs. Written to the run's
        folder."""
        self.train()
        with torch.inference_mode():
            vectors = self._vectors()
        embeddings.save(self.recorder.out / "embeddings.safetensors", vectors)
        return vectors

    def _vectors(self) -> Vectors:
        system, inputs, precision = self.system.to(device()).eval(), self.inputs, self.variant.training.precision
        unique: dict[str, torch.Tensor] = {}
        if system.text is not None:
            unique["text"] = embeddings.encode_texts(system, inputs.all_tokens(), precision)
        if system.image is not None:
            unique["image"] = embeddings.encode_images(system, inputs.images, precision)
        named = [*unique, *(["multimodal"] if system.fuse is not None or system.multimodal is not None else [])]
        vectors: Vectors = {}
        for modality in named:
            items = self.data.retrieval_items_of(modality)
            vectors[modality] = items, self._vectors_of(items, modality, unique)
        if self.data.resplits:
            items = self.data.items
            vectors[embeddings.IDENTIFIED] = items, self._vectors_of(items, self.data.modality, unique)
        return vectors

    def _vectors_of(self, items: pd.DataFrame, modality: str, unique: dict[str, torch.Tensor]) -> np.ndarray:
        """Vectors of a modality's items (n, d), from those of unique texts and images."""
        system, inputs = self.system, self.inputs
        if modality in unique:
            return np.asarray(unique[modality].numpy()[self._rows(items, modality)])
        rows = self._rows(items, "text"), self._rows(items, "image")
        if system.fuse is not None:
            # In batches, since the released attention makes a pair's vector depend on the others of its batch.
            size, fuse = self.variant.training.batch_size, system.fuse.cpu()
            text, image = (
                unique[name][torch.from_numpy(side.copy())] for name, side in zip(("text", "image"), rows, strict=True)
            )
            fused = [fuse(*sides) for sides in zip(torch.split(text, size), torch.split(image, size), strict=True)]
            return np.asarray(torch.cat(fused).numpy())
        requested = self.variant.training.precision
        encoded = embeddings.encode_pairs(system, inputs.all_tokens(), inputs.images, *rows, requested)
        return np.asarray(encoded.numpy())

    def _rows(self, items: pd.DataFrame, modality: str) -> np.ndarray:
        """Each item's row among the vectors of unique texts or images."""
        return self.inputs.rows(items, modality, self.data.in_training(items))

    @step
    def identify(self) -> pd.DataFrame:
        """Scores of the class head on the training region's test items; empty without a head."""
        vectors = self.embed()
        head = self.system.head
        if head is None:
            return pd.DataFrame(columns=["metric", "mean", "low", "high", "items", "vendors"])
        _, of_items = vectors.get(embeddings.IDENTIFIED, vectors[self.data.modality])
        with torch.inference_mode():
            scores = head.cpu()(torch.from_numpy(of_items[self.data.test_part()]))
        return self.evaluator.identification(self.data.classes[scores.argmax(1).numpy()])

    @step
    def verify(self) -> pd.DataFrame:
        """`lib.evaluation.verification.table` of each `modality` that the run has vectors of."""
        scored, removed = {}, self.variant.scoring.duplicates == "removed"  # of texts alone
        for modality, (items, vectors) in self.embed().items():
            if modality == embeddings.IDENTIFIED:
                continue
            rows = self.data.scorable(items)
            here = items[rows].reset_index(drop=True)
            contents = self.inputs.contents(here, self.data.in_training(here)) if removed else None
            scored[modality] = scoring.scores(here, vectors[rows], self.variant.scoring, contents)
        return self.evaluator.verification(scored)

    def finish(self) -> RunRecord:
        """Do what was not done yet, store the weights and write the record (metrics.json)."""
        self.identify()
        self.verify()
        sampling = self.variant.sampling if self.trainer.trained else ""
        how = {"sampling": sampling, "scoring": self.variant.scoring.words}
        return self.trainer.finish(self.variant.training, **how, **self.data.record())
