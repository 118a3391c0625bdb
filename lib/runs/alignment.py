"""A run of text-image alignment, step by step: pairs of all regions, training, retrieval, what the objective rewards, record.

The notebook 20_alignment makes an `Alignment` and calls its methods in order; `lib.runs.fine_tuning` takes up what it trained.
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

from lib.core.errors import DataError
from lib.core.files import locked, replacing, write_text
from lib.data import identifiers
from lib.evaluation import pair_separation, text_to_image, verification
from lib.models import alignment_losses, backbones
from lib.models.acceleration import device, precision
from lib.models.aligner import Aligner
from lib.models.alignment_losses import METHODS
from lib.models.fusion import MeanFusion
from lib.models.qformer import QFormer
from lib.runs import batches, encoding, variants
from lib.runs.pair_batches import PairItems, Writing
from lib.runs.trained import Trained
from lib.study.plan import Study
from lib.study.registry import GENERATOR

ASKED = 1000
"""Test pairs that `Alignment.rewards` asks about, at most."""
OTHERS = 5
"""Other pictures that each of them is compared with."""


def build(
    study: Study,
    text: str,
    image: str,
    method: str,
    variant: variants.Variant,
    temperature: float = 1.0,
    texts: Sequence[str] = (),
    generates: bool = True,
) -> tuple[Aligner, list[backbones.Provenance]]:
    """An aligner on the backbones' weights with fresh layers, by torch's global generator: seed it before; and the record of the
    weights. texts: what a fresh generator's tokens are learnt from; generates: whether it is to have one."""
    plan, released = study.alignment, variant.name == "released"
    arguments = backbones.load_arguments(study)
    text_encoder, of_text = backbones.load(text, pooling=variant.pooling, **arguments)
    image_encoder, of_image = backbones.load(image, **arguments)
    for name, found, kind in ((text, of_text, "text"), (image, of_image, "image")):
        if found.kind != kind:
            raise DataError(f"{name}: this is no {kind} backbone, and an alignment needs one (lib/study/registry.py).")
    provenance, generator, qformer = [of_text, of_image], None, None
    dimensions = plan.dimensions or text_encoder.dimensions
    parts = METHODS.get(method, ())
    if "generation" in parts and generates:
        generator, of_generator = backbones.load(GENERATOR, texts=texts, **arguments)
        provenance.append(of_generator)
    if "itm" in parts:
        qformer = QFormer(dimensions, plan.queries, plan.layers, plan.heads, causal=released, reads_text=not released)
    # Fresh weights are there to be trained.
    locked = [found.kind for found in provenance[:2] if plan.locked and found.source != "random"]
    made = Aligner(text_encoder, image_encoder, method, dimensions, qformer, generator, temperature, locked, released)
    return made, provenance


class Alignment(Trained):
    """Two backbones that are aligned by one method on a study's data; results go to `out`."""

    system: Aligner

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
        """method: a name of `lib.models.alignment_losses.METHODS`. temperature: the study's if not given. overlap: of the twin, how often a text names what
        its pictures show; the study's if not given. Raises DataError on bad input."""
        parameters: dict[str, Any] = {"text": text, "image": image, "method": method, "variant": variant}
        parameters |= {"temperature": temperature, "overlap": overlap, "seed": seed}
        super().__init__(notebook, study, out, parameters)
        if overlap != "":
            self.study = self.study.at_overlap(overlap)
        plan = self.study.alignment
        self.method, self.temperature = method, plan.temperature if temperature == "" else temperature
        self.variant = variants.alignment(
            variant, self.study.training, self.study.text.mask_digits, plan, METHODS.get(method, ())
        )
        self.trained = True
        torch.set_num_threads(self.variant.training.threads)
        torch.manual_seed(seed)
        training_texts = [identifiers.mask(self.data.texts[row]) for row in np.unique(self._pairs("train")["text"])]
        self.system, self.provenance = build(
            self.study, text, image, method, self.variant, self.temperature, training_texts
        )
        settings = self.variant.training  # an encoder with fresh weights is made of new layers
        fresh = {f"{found.kind}_lr": settings.head_lr for found in self.provenance[:2] if found.source == "random"}
        self.variant = replace(self.variant, training=settings.model_copy(update=fresh))

    @property
    def modality(self) -> str:
        return "multimodal"

    @property
    def max_tokens(self) -> int:
        return self.study.alignment.max_tokens or self.study.text.max_tokens

    def _pairs(self, part: str) -> pd.DataFrame:
        """All regions' pairs of a part."""
        return self.items[self.items["part"] == part].reset_index(drop=True)

    @cached_property
    def read(self) -> list[Any]:
        """What the aligner reads of each text of `all_tokens`: its tokens, or of a locked encoder their states (t, d)."""
        tokens, asked = self.all_tokens(), self.variant.training.precision
        if "text" not in self.system.locked:
            return tokens
        name = f"{self.provenance[0].sha256[:8]}-{self.variant.mask_digits}-{self.max_tokens}"
        flat = self._kept(name, lambda: np.concatenate(encoding.states(self.system.text, tokens, asked)))
        return np.split(np.array(flat), np.cumsum([len(text) for text in tokens])[:-1])

    @cached_property
    def seen(self) -> np.ndarray:
        """What it sees of each picture: its pixels, or of a locked encoder its patches (n, p, d)."""
        if "image" not in self.system.locked:
            return self.pictures
        image_encoder, asked = self.system.image.to(device()).eval(), self.variant.training.precision
        name = f"{self.provenance[1].sha256[:8]}-{self.study.image.pixels}"
        return self._kept(name, lambda: encoding.blocks(image_encoder.patches, self.pictures, asked).half().numpy())

    def _kept(self, name: str, make: Callable[[], np.ndarray]) -> np.ndarray:
        """What a locked encoder makes of the data, made once for all runs."""
        path = (
            self.study.cache / f"{self.data.fingerprint[:16]}-{name}-{precision(self.variant.training.precision)}.npy"
        )
        with locked(path.with_suffix(".lock")):
            if not path.exists():
                with replacing(path) as temporary:
                    np.save(temporary, make())
        return np.load(path, mmap_mode="r")

    def pair_items(self, part: str) -> PairItems:
        """All regions' pairs of a part for batches, with drawn negatives where the variant has them."""
        items = self._pairs(part)
        if items.empty:
            raise DataError(
                f"{self.study.data_folder}: no pair of a text and a picture is left for {part}: no vendor has two ads or more "
                "with both. An alignment needs such ads."
            )
        items = items.assign(text=self.rows(items, "text", (items["part"] == "train").to_numpy()))
        return PairItems(
            items,
            self.read,
            self.system.tokenizer.pad_token_id,
            self.seen,
            self.study.alignment.negatives if self.system.released else None,
            self.parameters["seed"],
            self._writing() if "generation" in self.system.parts else None,
        )

    def _writing(self) -> Writing:
        """Texts as the generator is to write them, cut as a study's texts are; `blip2-cond` is given the title."""
        assert self.system.generator is not None, "a method with generation has a generator until `finish`"
        tokenizer, limit = self.system.generator.tokenizer, self.study.text.max_tokens

        def tokens(texts: list[str]) -> list[list[int]]:
            return tokenizer(texts, truncation=True, max_length=limit)["input_ids"]

        texts = [identifiers.mask(text) for text in self.data.texts]
        if self.variant.mask_digits == "train":
            texts += [identifiers.mask_identifiers(text) for text in self.data.texts]
        if self.method != "blip2-cond":
            return Writing(tokens(texts), None, tokenizer.pad_token_id, limit if self.system.released else None)
        parts = [text.partition(identifiers.SEPARATOR) for text in texts]
        titles = [title.strip() if sign else "" for title, sign, _ in parts]
        rest = [(body if sign else title).strip() for title, sign, body in parts]
        return Writing(tokens(rest), tokens(titles), tokenizer.pad_token_id)

    def train(self) -> pd.DataFrame:
        """Train (or go on with, or take up finished) the aligner on the training pairs of all regions; the history."""
        settings, seed, train = self.variant.training, self.parameters["seed"], self.pair_items("train")
        # Published negatives are of another region: where validation has one region only, or none, there is no loss to watch.
        watched = self._pairs("val")["region"].nunique() > int(self.system.released)
        return self.fit(
            total,
            batches.training_batches(train, settings.batch_size, settings.per_vendor, seed),
            batches.ordered_batches(self.pair_items("val"), settings.batch_size) if watched else None,
            len(train),
        )

    @torch.inference_mode()
    def embed(self) -> None:
        """Vectors of all texts and, by query, of all pictures."""
        system, asked = self.system.to(device()).eval(), self.variant.training.precision
        self.text = encoding.texts(system, self.read, asked)
        self.queries = encoding.pictures(system, self.seen, asked)

    def retrieve(self) -> pd.DataFrame:
        """Text-to-image retrieval in every region (MATCHED Table 8): `lib.evaluation.verification.table`'s columns, with `chance` and `vendor's
        level` beside each mean, and `within` as a metric of its own. After `embed`."""
        items = self.items[self.shown(self.items)]
        unit_text, unit_image = (functional.normalize(vectors, dim=-1) for vectors in (self.text, self.queries))
        items = items.assign(text=self.rows(items, "text", (items["part"] == "train").to_numpy()))

        def similarity(texts: np.ndarray, images: np.ndarray) -> np.ndarray:
            asked = unit_text[texts]
            return alignment_losses.similarity(asked, unit_image[images]).numpy()

        scored = text_to_image.scores(items, similarity)
        write_text(self.out / "text_to_image.csv", scored.to_csv(index=False))
        table = text_to_image.table(scored, self.study.bootstrap, self.study.split.seed, self.region, self.data.regions)
        self.result["text_to_image"] = table.to_dict("records")
        return table

    def verify(self) -> pd.DataFrame:
        """`lib.evaluation.verification.table` of the aligned vectors of texts, of pictures and of both, averaged. After `embed`."""
        fuse, image = MeanFusion(self.system.dimensions), self.queries.mean(1)
        scored = {}
        for modality in ("text", "image", "multimodal"):
            items = self.items_of(modality)
            items = items[self.shown(items)].reset_index(drop=True)
            trained_on = (items["part"] == "train").to_numpy()
            sides = {
                name: vectors[self.rows(items, name, trained_on)]
                for name, vectors in (("text", self.text), ("image", image))
                if name in items
            }
            vectors = fuse(**sides) if modality == "multimodal" else sides[modality]
            scored[modality] = verification.scores(items, vectors.numpy())
        return self.score_verification(scored)

    def rewards(self) -> pd.DataFrame:
        """What tells test pairs from negatives (`lib.evaluation.pair_separation.summary`), by `what`. After `embed`.

        *content*: others are pictures of the same region, by the score that retrieval ranks by. *region*: others are of another region,
        as published negatives are, and told by the region alone. *as trained* (released): the same others, by the objective's own
        scores, whose paths differ from ITC+ITM on. *path* (released, from ITC+ITM on): others, of the same region, take the path of positives
        and the own picture that of negatives.
        """
        pairs, generator = self._pairs("test"), np.random.default_rng(self.parameters["seed"])
        pairs = pairs[self.shown(pairs)]
        rows = pairs.iloc[np.sort(generator.permutation(len(pairs))[:ASKED])].reset_index(drop=True)
        rows = rows.assign(text=self.rows(rows, "text", np.zeros(len(rows), bool)))
        text, queries = (functional.normalize(found, dim=-1) for found in (self.text, self.queries))
        asked = text[rows["text"].to_numpy()]

        def scores(pictures: np.ndarray) -> np.ndarray:
            return torch.einsum("nd,nkqd->nkq", asked, queries[pictures]).amax(-1).numpy()

        own_image = rows["image"].to_numpy()
        near, far = self._others(rows, pairs, generator)
        own, inside = scores(own_image[:, None])[:, 0], scores(near)
        found = {"content": pair_separation.above(own, inside)}
        if far is not None:
            train = self._pairs("train").sample(frac=1, random_state=self.parameters["seed"]).head(4 * ASKED)
            image = functional.normalize(self.queries.mean(1), dim=-1).numpy()
            found["region"] = pair_separation.by_region(text.numpy(), image, far, train, rows)
        if self.system.released and far is not None:
            past = scores if self.system.qformer is None else self._past(asked)
            found["as trained"] = pair_separation.above(own, past(far))
            if self.system.qformer is not None:
                found["path"] = 1 - pair_separation.above(past(own_image[:, None])[:, 0], inside)
        table = pair_separation.summary(found, rows["vendor"].to_numpy(), self.study.bootstrap, self.study.split.seed)
        self.result["rewards"] = table.to_dict("records")
        return table

    def finish(self, **more: Any) -> dict[str, Any]:
        """As every trained run, without the generator: nothing that begins with an alignment writes texts."""
        self.system.generator = None
        return super().finish(**more)

    def _others(
        self, rows: pd.DataFrame, pairs: pd.DataFrame, generator: np.random.Generator
    ) -> tuple[np.ndarray, np.ndarray | None]:
        """Pictures for each row that are of other ads of its region, and of another region (None where there is one region): (n, OTHERS)."""
        pictures = {region: found["image"].unique() for region, found in pairs.groupby("region")}
        own = pairs.groupby("text")["image"].agg(set)
        texts = rows["text"] % len(self.data.texts)
        near, far = [], []
        for text, region in zip(texts, rows["region"], strict=True):
            here = np.array([picture for picture in pictures[region] if picture not in own[text]])
            if not len(here):
                raise DataError(
                    f"{self.study.data_folder}: {region} has a single ad to test with; nothing can be compared."
                )
            near.append(generator.choice(here, OTHERS))
            if len(pictures) > 1:
                far.append(
                    generator.choice(pictures[generator.choice([name for name in pictures if name != region])], OTHERS)
                )
        return np.array(near), np.array(far) if far else None

    def _past(self, asked: torch.Tensor) -> Callable[[np.ndarray], np.ndarray]:
        """Scores of negatives in `released_matching`, past the Q-Former: pictures (n, k) -> (n, k)."""

        def scores(pictures: np.ndarray) -> np.ndarray:
            numbers, place = np.unique(pictures, return_inverse=True)
            tokens = encoding.blocks(self.system.image_tokens, self.seen[numbers], self.variant.training.precision)
            means = functional.normalize(tokens.mean(1), dim=-1)[place.reshape(pictures.shape)]
            return torch.einsum("nd,nkd->nk", asked, means).numpy()

        return scores


def total(system: nn.Module, batch: dict[str, torch.Tensor], part: str) -> torch.Tensor:
    """The sum of an aligner's losses."""
    return sum(system(batch).values())
