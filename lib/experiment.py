"""One run, step by step: data, system, training, identification, embeddings, verification, record.

A run notebook makes an `Experiment` and calls its methods in order; each returns the table to look at.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch
from safetensors.torch import save_file

from lib import (
    ads,
    backbones,
    batches,
    data,
    embeddings,
    encoding,
    identification,
    identifiers,
    pictures,
    privacy,
    record,
    sources,
    splits,
    verification,
)
from lib import study as studies
from lib.errors import DataError
from lib.files import replacing, write_json, write_text
from lib.objectives import Objective
from lib.splits import PARTS
from lib.systems import System, device


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
        vision: str = "",
        fusion: str = "",
    ) -> None:
        """text, vision: backbones by name, at least one; fusion when there are both. Raises DataError on bad input."""
        self.clock = record.Stopwatch()
        self.study, self.out = studies.load(study), Path(out)
        given = {"text": text, "vision": vision, "fusion": fusion}
        self.parameters = {
            **{name: value for name, value in given.items() if value},
            "objective": objective,
            "seed": seed,
        }
        self.notebook = notebook
        self.key = self.study.key(notebook, self.parameters)
        settings = self.study.training
        torch.set_num_threads(settings.threads)
        torch.manual_seed(seed)
        self.objective = Objective(objective, settings.temperature)
        self.trained = bool(self.objective.weights)
        arguments = {
            "pixels": self.study.image.pixels,
            "weights": self.study.weights,
            "folder": self.study.weights_folder,
        }
        loaded = [backbones.load(name, **arguments) if name else (None, None) for name in (text, vision)]
        self.provenance = [found for _, found in loaded if found]
        classes = len(self.classes) if self.objective.classifies else 0
        torch.manual_seed(seed)  # new layers start from the seed alone, whatever loading drew
        self.system = System(loaded[0][0], loaded[1][0], fusion, classes)
        self.result: dict[str, Any] = {}

    @cached_property
    def data(self) -> ads.Ads:
        return data.read(self.study)

    @cached_property
    def region(self) -> str:
        """The region that systems are trained on."""
        return self.data.training_region(self.study.data.train_region)

    @property
    def modality(self) -> str:
        """`text`, `image` or `joint`: what an item of this run is."""
        given = self.parameters
        return "joint" if "text" in given and "vision" in given else "text" if "text" in given else "image"

    @cached_property
    def items(self) -> pd.DataFrame:
        """The run's items with their parts (`lib.splits.split`)."""
        return self.items_of(self.modality)

    @cached_property
    def classes(self) -> np.ndarray:
        """The vendors of the training region, in the order of their class numbers."""
        chosen = self.items[(self.items["region"] == self.region) & (self.items["part"] == "train")]
        if chosen.empty:
            raise DataError(
                f"{self.study.data_folder}: there is nothing to train on: the region {self.region} has no "
                "vendor with two ads or more. Systems are trained on that region; give its ads, or name another as "
                "data.train_region."
            )
        return np.unique(chosen["vendor"])

    def items_of(self, modality: str) -> pd.DataFrame:
        split = self.study.split
        return splits.split(self.data.pairs, modality, split.protocol, split.seed)

    def shown(self, items: pd.DataFrame) -> np.ndarray:
        """Which items scores are made of, (n,) bool: of sensitive data those of regions with five vendors in the test."""
        if not self.study.sensitive:
            return np.ones(len(items), bool)
        test = items[items["part"] == "test"]
        return items["region"].isin(test["region"][privacy.enough(test["region"], test["vendor"])]).to_numpy()

    def weights(self) -> pd.DataFrame:
        """What was asked for and what was loaded, a row a backbone."""
        return pd.DataFrame([found.row() for found in self.provenance]).drop(columns="kind")

    def sizes(self) -> pd.DataFrame:
        """Items and vendors: a row a region, a column a part."""
        items = self.items[self.shown(self.items)]
        counts = splits.sizes(items).pivot(index="region", columns="part", values=["items", "vendors"]).fillna(0)
        counts = counts.astype(int).reindex([name for name in self.data.regions if name in counts.index])
        return privacy.hide(counts, list(counts.columns)) if self.study.sensitive else counts

    @cached_property
    def tokens(self) -> list[list[int]]:
        """Every unique text, identifiers and digits masked, tokenised once."""
        return self._tokenised(identifiers.mask)

    def _tokenised(self, mask: Callable[[str], str]) -> list[list[int]]:
        masked = [mask(text) for text in self.data.texts]
        limit = self.study.text.max_tokens
        return self.system.text.tokenizer(masked, truncation=True, max_length=limit)["input_ids"]

    @cached_property
    def pictures(self) -> np.ndarray:
        return pictures.as_array(self.data.images, self.study.image.pixels, self.study.cache, self.data.fingerprint)

    def part(self, name: str) -> tuple[pd.DataFrame, batches.Items]:
        """The training region's items of a part whose vendors are known classes, and the same for batches."""
        chosen = self.items[
            (self.items["region"] == self.region)
            & (self.items["part"] == name)
            & self.items["vendor"].isin(self.classes)
        ].reset_index(drop=True)
        classes = np.searchsorted(self.classes, chosen["vendor"].to_numpy())
        system = self.system
        tokens, padding = (self.tokens, system.text.tokenizer.pad_token_id) if system.text is not None else (None, 0)
        return chosen, batches.Items(
            chosen, classes, tokens, padding, self.pictures if system.image is not None else None
        )

    def train(self) -> pd.DataFrame:
        """Train (or go on with, or take up finished) the system; the history, an empty one without training."""
        if not self.trained:
            return pd.DataFrame(columns=["epoch", "train_loss", "val_loss", "seconds"])
        from lib import training  # Lightning takes ten seconds to import, and rows that are not trained need none of it

        settings = self.study.training
        (_, train), (_, val) = self.part("train"), self.part("val")
        seed = self.parameters["seed"]
        per_vendor = settings.per_vendor if self.objective.contrasts else None
        history = training.fit(
            self.system,
            self.objective,
            batches.training_batches(train, settings.batch_size, per_vendor, seed),
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
        system = self.system.to(device()).eval()
        found: dict[str, tuple[pd.DataFrame, np.ndarray]] = {}
        vectors: dict[str, torch.Tensor] = {}
        bf16 = self.study.training.precision == "bf16-mixed"
        if system.text is not None:
            vectors["text"] = encoding.texts(system, self.tokens, bf16)
            if self.study.text.mask_digits == "train":  # below them the same texts with their digits
                with_digits = encoding.texts(system, self._tokenised(identifiers.mask_identifiers), bf16)
                vectors["text"] = torch.cat([vectors["text"], with_digits])
        if system.image is not None:
            vectors["image"] = encoding.pictures(system, self.pictures, bf16)
        for modality in vectors:
            items = self.items_of(modality)
            found[modality] = items, vectors[modality].numpy()[self._rows(items, modality)]
        if system.fuse is not None:
            sides = [
                torch.from_numpy(vectors[name].numpy()[self._rows(self.items, name)]) for name in ("text", "image")
            ]
            found["joint"] = self.items, system.fuse.cpu()(*sides).numpy()
        embeddings.save(self.out / "embeddings.safetensors", found)
        self.vectors = found
        return found

    def _rows(self, items: pd.DataFrame, modality: str) -> np.ndarray:
        """Each item's row among the vectors of a modality."""
        rows = items[modality].to_numpy()
        if modality == "image" or self.study.text.mask_digits == "all":
            return rows
        trained_on = ((items["region"] == self.region) & (items["part"] == "train")).to_numpy()
        return np.where(trained_on, rows, rows + len(self.data.texts))

    def identify(self) -> pd.DataFrame:
        """Scores of the class head on the training region's test items; empty without a head. After `embed`."""
        if not self.objective.classifies:
            return pd.DataFrame(columns=["metric", "mean", "low", "high", "items", "vendors"])
        items, vectors = self.vectors[self.modality]
        test = (
            (items["region"] == self.region) & (items["part"] == "test") & items["vendor"].isin(self.classes)
        ).to_numpy()
        if not test.any():
            raise DataError(
                f"{self.study.data_folder}: no ad of the region {self.region} is left for testing, so nothing can be "
                "identified. It needs some five ads of vendors with two or more."
            )
        if self.study.sensitive and items["vendor"][test].nunique() < privacy.LEAST:
            raise DataError(
                f"{self.study.data_folder}: fewer than {privacy.LEAST} vendors are left for testing, and scores of so few "
                "would tell of single ones. Sensitive data needs more vendors with two ads or more."
            )
        with torch.inference_mode():
            scores = self.system.head.cpu()(torch.from_numpy(vectors[test]))
        truth, predicted = items["vendor"].to_numpy()[test], self.classes[scores.argmax(1).numpy()]
        write_text(
            self.out / "predictions.csv", pd.DataFrame({"truth": truth, "predicted": predicted}).to_csv(index=False)
        )
        table = identification.scores(truth, predicted, self.study.bootstrap, seed=self.study.split.seed)
        self.result["identification"] = table.to_dict("records")
        return table

    def verify(self) -> pd.DataFrame:
        """`lib.verification.table` for each `modality` that the run has vectors of. After `embed`."""
        table = pd.concat(
            [
                verification.table(
                    verification.scores(items[rows].reset_index(drop=True), vectors[rows]),
                    self.study.bootstrap,
                    self.study.split.seed,
                    self.region,
                    self.data.regions,
                ).assign(modality=modality)
                for modality, (items, vectors) in self.vectors.items()
                for rows in [self.shown(items)]
            ],
            ignore_index=True,
        )
        self.result["verification"] = table.to_dict("records")
        return table

    def finish(self) -> dict[str, Any]:
        """Keep the weights, write metrics.json (what a reader needs to trust a number), drop the optimiser's state."""
        if self.trained:
            weights = {name: tensor.contiguous() for name, tensor in self.system.state_dict().items()}
            with replacing(self.out / "weights.safetensors") as temporary:
                save_file(weights, temporary)
        counts, left_out = (
            splits.sizes(self.items[self.shown(self.items)]),
            int((self.items["part"] == "left out").sum()),
        )
        if self.study.sensitive:
            counts = privacy.hide(counts, ["items", "vendors"])
        written = {
            "run": self.out.as_posix(),
            "study": self.study.name,
            "notebook": self.notebook,
            "parameters": self.parameters,
            "protocol": self.study.split.protocol,
            "modality": self.modality,
            "key": self.key,
            "code": sources.fingerprint(studies.notebook(self.notebook)),
            "data": {
                "source": self.study.data.source,
                "fingerprint": self.data.fingerprint,
                "train_region": self.region,
                "items": counts[counts["part"].isin(PARTS)].to_dict("records"),
                "left_out": None if self.study.sensitive else left_out,
                "classes": len(self.classes),
            },
            "weights": [found.row() for found in self.provenance],
            "environment": record.environment(),
            **self.result,
            "wall_seconds": self.clock.seconds,
        }
        write_json(self.out / "metrics.json", written)
        for path in (self.out / "checkpoint").glob("*.ckpt"):
            path.unlink()
        return written
