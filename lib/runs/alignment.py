"""A run of text-image alignment: pairs of all regions, training, text-to-image retrieval, what tells pairs apart.

The notebook 20_alignment makes an `Alignment` and calls its steps; `lib.runs.fine_tuning` begins with what it trained.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import cached_property
from typing import Any, Literal

import numpy as np
import pandas as pd
import torch
from torch import nn
from torch.nn import functional

from lib.core import cached
from lib.core.errors import DataError
from lib.core.files import write_text
from lib.data import identifiers
from lib.evaluation import pair_separation, text_to_image, verification
from lib.models import alignment_losses, backbones
from lib.models.acceleration import device, precision
from lib.models.aligner import Aligner
from lib.models.alignment_losses import METHODS
from lib.models.fusion import MeanFusion
from lib.models.qformer import QFormer
from lib.runs import batches, embeddings, variants
from lib.runs.ad_items import AdItems
from lib.runs.batches import Batch, PairItems, Writing
from lib.runs.evaluator import Evaluator
from lib.runs.inputs import Inputs
from lib.runs.recorder import Recorder, step
from lib.runs.trainer import Trainer
from lib.study.plan import Study
from lib.study.registry import GENERATOR
from lib.study.run_record import RunRecord

SAMPLE = 1000
"""Test pairs that `Alignment.pair_separation` looks at, at most."""
OTHERS = 5
"""Other images that each of them is compared with."""


def build_aligner(
    study: Study,
    text: str,
    image: str,
    method: str,
    variant: variants.Variant,
    temperature: float = 1.0,
    texts: Sequence[str] = (),
    generates: bool = True,
) -> tuple[Aligner, list[backbones.Provenance]]:
    """An aligner on the backbones' weights with new layers, and the provenance of the weights.

    New layers are drawn from torch's global generator: seed it before. texts: what a generator with fresh weights
    learns its tokens from. generates: whether the aligner has a generator where its method needs one. Raises DataError
    for a backbone of another kind.
    """
    settings = study.alignment
    arguments = backbones.load_arguments(study)
    text_encoder, text_provenance = backbones.load(text, pooling=variant.pooling, **arguments)
    image_encoder, image_provenance = backbones.load(image, **arguments)
    provenance, generator, qformer = [text_provenance, image_provenance], None, None
    for name, backbone, kind in zip((text, image), provenance, ("text", "image"), strict=True):
        if backbone.kind != kind:
            raise DataError(
                f"{name}: this is no {kind} backbone, and an alignment needs one (lib/study/registry.yaml)."
            )
    dimensions = settings.dimensions or text_encoder.dimensions
    parts = METHODS.get(method, ())
    # Encoders with fresh weights are never locked: they are there to be trained.
    lockable = [backbone.kind for backbone in provenance if settings.locked and backbone.source != "random"]
    if "generation" in parts and generates:
        generator, generator_provenance = backbones.load(GENERATOR, texts=texts, **arguments)
        provenance.append(generator_provenance)
    if "itm" in parts:
        sizes = dimensions, settings.queries, settings.layers, settings.heads
        qformer = QFormer(*sizes, causal=variant.name == "released", reads_text=variant.name != "released")
    aligner = Aligner(
        text_encoder, image_encoder, method, dimensions, qformer, generator, temperature, lockable, variant.name
    )
    return aligner, provenance


class Alignment:
    """Two backbones that are aligned by one method on a study's data; results go to `out`."""

    def __init__(
        self,
        notebook: str,
        study: str,
        out: str,
        text: str,
        image: str,
        method: str,
        seed: int,
        variant: str = "corrected",
        temperature: float | Literal[""] = "",
        overlap: float | Literal[""] = "",
    ) -> None:
        """method: a name of `lib.models.alignment_losses.METHODS`. temperature: of ITC, the study's if not given.
        overlap: of the twin, how often a text names what its images show; the study's if not given. Raises DataError on
        bad input."""
        parameters: dict[str, Any] = {"text": text, "image": image, "method": method, "variant": variant}
        parameters |= {"temperature": temperature, "overlap": overlap, "seed": seed}
        self.recorder = Recorder(notebook, study, out, parameters)
        self.parameters = self.recorder.parameters
        self.study = self.recorder.study if overlap == "" else self.recorder.study.at_overlap(overlap)
        self.method, self.data = method, AdItems(self.study, "multimodal", script="alignment")
        settings = self.study.alignment
        chosen = variants.alignment(self.recorder.run)
        torch.set_num_threads(chosen.training.threads)
        torch.manual_seed(seed)
        texts = [identifiers.mask(self.data.ads.texts[row]) for row in np.unique(self._pairs("train")["text"])]
        self.system, provenance = build_aligner(
            self.study, text, image, method, chosen, settings.temperature if temperature == "" else temperature, texts
        )
        # An encoder with fresh weights consists of new layers.
        head_lr = {
            f"{backbone.kind}_lr": chosen.training.head_lr for backbone in provenance[:2] if backbone.source == "random"
        }
        self.variant = replace(chosen, training=chosen.training.model_copy(update=head_lr))
        self.inputs = Inputs(
            self.data, self.system.tokenizer, self.system.image, chosen.mask_digits, settings.max_tokens
        )
        self.trainer = Trainer(self.recorder, self.system, provenance, trained=True)
        self.evaluator = Evaluator(self.recorder, self.data)
        self.weights, self.sizes = self.trainer.weights, self.data.sizes

    def _pairs(self, part: str) -> pd.DataFrame:
        """All regions' pairs of a part."""
        items = self.data.items
        return items[items["part"] == part].reset_index(drop=True)

    def _text_rows(self, items: pd.DataFrame) -> np.ndarray:
        """Each item's row among `text_inputs`; texts of training items of any region are masked."""
        return self.inputs.rows(items, "text", (items["part"] == "train").to_numpy())

    @cached_property
    def text_inputs(self) -> list[Any]:
        """The aligner's input for each text of `Inputs.all_tokens`: its tokens, or of a locked encoder their states (t,
        d)."""
        tokens = self.inputs.all_tokens()
        if "text" not in self.system.locked:
            return tokens
        name = f"{self.trainer.provenance[0].sha256[:8]}-{self.variant.mask_digits}-{self.inputs.max_tokens}"
        states = self._cached(
            name,
            lambda: np.concatenate(embeddings.token_states(self.system.text, tokens, self.variant.training.precision)),
        )
        return np.split(np.array(states), np.cumsum([len(text) for text in tokens])[:-1])

    @cached_property
    def image_inputs(self) -> np.ndarray:
        """The aligner's input for each image: its pixels, or of a locked encoder its patches (n, p, d)."""
        images = self.inputs.images
        if "image" not in self.system.locked:
            return images
        encoder = self.system.image.to(device()).eval()
        return self._cached(
            f"{self.trainer.provenance[1].sha256[:8]}-{self.study.image.pixels}",
            lambda: embeddings.encode_rows(encoder.patches, images, self.variant.training.precision).half().numpy(),
        )

    def _cached(self, name: str, compute: Callable[[], np.ndarray]) -> np.ndarray:
        """The output of a locked encoder, computed once for all runs on the same data."""
        name = f"{self.data.ads.fingerprint[:16]}-{name}-{precision(self.variant.training.precision)}.npy"
        return cached.array(self.study.cache / name, compute)

    def pair_items(self, part: str) -> PairItems:
        """All regions' pairs of a part for batches, with drawn negatives where the variant has them."""
        items = self._pairs(part)
        if items.empty:
            raise DataError(
                f"{self.study.data_folder}: no pair of a text and a picture is left for {part}: no vendor has two ads "
                "or more with both. An alignment needs such ads."
            )
        return PairItems(
            items.assign(text=self._text_rows(items)),
            self.text_inputs,
            self.system.tokenizer.pad_token_id,
            self.image_inputs,
            self.study.alignment.negatives if self.variant.draws_negatives else None,
            self.parameters["seed"],
            self._writing() if "generation" in self.system.parts else None,
        )

    def _writing(self) -> Writing:
        """Texts as the generator is to write them, cut as a study's texts are; with `blip2-cond` the title is its
        prompt."""
        assert self.system.generator is not None, "a method with generation has a generator until `finish`"
        tokenizer, limit = self.system.generator.tokenizer, self.study.text.max_tokens

        def tokens(texts: list[str]) -> list[list[int]]:
            numbers: list[list[int]] = tokenizer(texts, truncation=True, max_length=limit)["input_ids"]
            return numbers

        texts = [identifiers.mask(text) for text in self.data.ads.texts]
        if self.variant.mask_digits == "train":
            texts += [identifiers.mask_identifiers(text) for text in self.data.ads.texts]
        released = self.system.variant == "released"
        if self.method != "blip2-cond":
            return Writing(tokens(texts), None, tokenizer.pad_token_id, limit if released else None)
        parts = [text.partition(identifiers.SEPARATOR) for text in texts]
        titles = [title.strip() if separator else "" for title, separator, _ in parts]
        bodies = [(body if separator else title).strip() for title, separator, body in parts]
        return Writing(tokens(bodies), tokens(titles), tokenizer.pad_token_id)

    @step
    def train(self) -> pd.DataFrame:
        """Train the aligner on the training pairs of all regions, resume or load its training; the history."""
        settings, train = self.variant.training, self.pair_items("train")
        # Drawn negatives are of another region: with one region, or none, in validation there is no loss to compute.
        validated = self._pairs("val")["region"].nunique() > int(self.variant.draws_negatives)
        return self.trainer.fit(
            total,
            batches.training_batches(
                train,
                settings.batch_size,
                self.parameters["seed"],
                self.variant.sampling,
                settings.per_vendor,
                round_size=settings.round_size,
            ),
            batches.ordered_batches(self.pair_items("val"), settings.batch_size) if validated else None,
            settings,
            len(train),
        )

    @step
    def embed(self) -> tuple[torch.Tensor, torch.Tensor]:
        """Vectors of all `text_inputs` (t, d) and, by query, of all images (n, q, d)."""
        self.train()
        system, requested = self.system.to(device()).eval(), self.variant.training.precision
        text = embeddings.encode_texts(system, self.text_inputs, requested)
        return text, embeddings.encode_images(system, self.image_inputs, requested)

    @step
    def retrieve(self) -> pd.DataFrame:
        """Text-to-image retrieval in every region (MATCHED Table 8): `lib.evaluation.text_to_image.table`.

        `chance` and `vendor's level` stand beside each mean; `within` is a metric of its own.
        """
        text, queries = (functional.normalize(vectors, dim=-1) for vectors in self.embed())
        items = self.data.items[self.data.scorable(self.data.items)]
        items = items.assign(text=self._text_rows(items))
        scored = text_to_image.scores(
            items, lambda texts, images: alignment_losses.similarity(text[texts], queries[images]).numpy()
        )
        write_text(self.recorder.out / "text_to_image.csv", scored.to_csv(index=False))
        table = text_to_image.table(
            scored, self.study.bootstrap, self.study.split.seed, self.data.region, self.data.ads.regions
        )
        self.recorder.results["text_to_image"] = table.to_dict("records")
        return table

    @step
    def verify(self) -> pd.DataFrame:
        """`lib.evaluation.verification.table` of the aligned vectors of texts, of images and of both, averaged."""
        text, queries = self.embed()
        unique, fuse = {"text": text, "image": queries.mean(1)}, MeanFusion(self.system.dimensions)
        scored = {}
        for modality in ("text", "image", "multimodal"):
            items = self.data.retrieval_items_of(modality)
            items = items[self.data.scorable(items)].reset_index(drop=True)
            in_training = (items["part"] == "train").to_numpy()
            sides = {
                name: vectors[self.inputs.rows(items, name, in_training)]
                for name, vectors in unique.items()
                if name in items
            }
            vectors = fuse(**sides) if modality == "multimodal" else sides[modality]
            scored[modality] = verification.scores(items, vectors.numpy())
        return self.evaluator.verification(scored)

    @step
    def pair_separation(self) -> pd.DataFrame:
        """What separates test pairs from negatives (`lib.evaluation.pair_separation.summary`), by `what`.

        *content*: negatives are images of the same region, by the score that retrieval ranks by. *region*: negatives
        are of another region, as the drawn ones are, told by the region alone. *as trained* (described, released): the
        same negatives, by the objective's own scores, whose paths differ as released from ITC+ITM on. *path* (released,
        from ITC+ITM on): negatives of the same region take the path of positives, and the own image that of negatives.
        """
        text, queries = (functional.normalize(vectors, dim=-1) for vectors in self.embed())
        pairs, generator = self._pairs("test"), np.random.default_rng(self.parameters["seed"])
        pairs = pairs[self.data.scorable(pairs)]
        rows = pairs.iloc[np.sort(generator.permutation(len(pairs))[:SAMPLE])].reset_index(drop=True)
        rows = rows.assign(text=self._text_rows(rows))
        row_texts, own_image = text[np.array(rows["text"])], np.array(rows["image"])

        def scores(images: np.ndarray) -> np.ndarray:
            return torch.einsum("nd,nkqd->nkq", row_texts, queries[images]).amax(-1).numpy()

        near, far = self._negatives(rows, pairs, generator)
        own, inside = scores(own_image[:, None])[:, 0], scores(near)
        shares = {"content": pair_separation.above(own, inside)}
        if far is not None:
            train = self._pairs("train").sample(frac=1, random_state=self.parameters["seed"]).head(4 * SAMPLE)
            mean_image = functional.normalize(self.embed()[1].mean(1), dim=-1).numpy()
            shares["region"] = pair_separation.by_region(text.numpy(), mean_image, far, train, rows)
        if self.variant.draws_negatives and far is not None:
            bypass = self.system.variant == "released" and self.system.qformer is not None
            as_negative = self._past_qformer(row_texts) if bypass else scores
            shares["as trained"] = pair_separation.above(own, as_negative(far))
            if bypass:
                shares["path"] = 1 - pair_separation.above(as_negative(own_image[:, None])[:, 0], inside)
        table = pair_separation.summary(shares, rows["vendor"].to_numpy(), self.study.bootstrap, self.study.split.seed)
        self.recorder.results["rewards"] = table.to_dict("records")
        return table

    def _negatives(
        self, rows: pd.DataFrame, pairs: pd.DataFrame, generator: np.random.Generator
    ) -> tuple[np.ndarray, np.ndarray | None]:
        """Images of other ads for each row, of its own region and of another one (None with one region): (n,
        OTHERS)."""
        images = {region: of_region["image"].unique() for region, of_region in pairs.groupby("region")}
        own = pairs.groupby("text")["image"].agg(set)
        near, far = [], []
        for text, region in zip(rows["text"] % len(self.data.ads.texts), rows["region"], strict=True):
            others = np.array([image for image in images[region] if image not in own[text]])
            if not len(others):
                raise DataError(
                    f"{self.study.data_folder}: {region} has a single ad to test with; nothing can be compared."
                )
            near.append(generator.choice(others, OTHERS))
            if len(images) > 1:
                other = generator.choice([name for name in images if name != region])
                far.append(generator.choice(images[other], OTHERS))
        return np.array(near), np.array(far) if far else None

    def _past_qformer(self, texts: torch.Tensor) -> Callable[[np.ndarray], np.ndarray]:
        """Scores of negatives in `released_matching`, which go past the Q-Former: images (n, k) -> (n, k)."""

        def scores(images: np.ndarray) -> np.ndarray:
            unique, place = np.unique(images, return_inverse=True)
            tokens = embeddings.encode_rows(
                self.system.image_tokens, self.image_inputs[unique], self.variant.training.precision
            )
            means = functional.normalize(tokens.mean(1), dim=-1)[place.reshape(images.shape)]
            return torch.einsum("nd,nkd->nk", texts, means).numpy()

        return scores

    def finish(self) -> RunRecord:
        """Do what was not done yet, store the weights and write the record (metrics.json).

        The generator is not stored: nothing that begins with an alignment writes texts.
        """
        self.retrieve()
        self.pair_separation()
        self.verify()
        self.system.generator = None
        return self.trainer.finish(self.variant.training, sampling=self.variant.sampling, **self.data.record())


def total(system: nn.Module, batch: Batch, part: str) -> torch.Tensor:
    """The sum of an aligner's losses."""
    first, *others = system(batch).values()
    loss: torch.Tensor = sum(others, start=first)
    return loss
