"""One run, step by step: data, system, training, identification, embeddings, verification, record.

A run notebook makes an `Experiment` and calls its methods in order; each returns the table to look at.
"""

from __future__ import annotations

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
    identification,
    identifiers,
    pictures,
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

TRAINED_ON = "south"


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
        chosen = self.items[(self.items["region"] == TRAINED_ON) & (self.items["part"] == "train")]
        if chosen.empty:
            raise DataError(
                f"{self.study.data_folder}: there is nothing to train on: the region {TRAINED_ON} has no vendor "
                "with two ads or more. Systems are trained on that region; give its file."
            )
        return np.unique(chosen["vendor"])

    def items_of(self, modality: str) -> pd.DataFrame:
        split = self.study.split
        return splits.split(self.data.pairs, modality, split.protocol, split.seed)

    def weights(self) -> pd.DataFrame:
        """What was asked for and what was loaded, a row a backbone."""
        return pd.DataFrame([found.row() for found in self.provenance]).drop(columns="kind")

    def sizes(self) -> pd.DataFrame:
        """Items and vendors: a row a region, a column a part."""
        counts = splits.sizes(self.items).pivot(index="region", columns="part", values=["items", "vendors"]).fillna(0)
        return counts.astype(int).reindex(self.data.regions)

    @cached_property
    def tokens(self) -> list[list[int]]:
        """Every unique text, identifiers masked, tokenised once."""
        masked = [identifiers.mask(text) for text in self.data.texts]
        limit = self.study.text.max_tokens
        return self.system.text.tokenizer(masked, truncation=True, max_length=limit)["input_ids"]

    @cached_property
    def pictures(self) -> np.ndarray:
        return pictures.as_array(self.data.images, self.study.image.pixels, self.study.cache, self.data.fingerprint)

    def part(self, name: str) -> tuple[pd.DataFrame, batches.Items]:
        """The training region's items of a part whose vendors are known classes, and the same for batches."""
        chosen = self.items[
            (self.items["region"] == TRAINED_ON)
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
        if system.text is not None:
            vectors["text"] = self._encode_texts(system)
        if system.image is not None:
            vectors["image"] = self._encode_images(system)
        for modality in vectors:
            items = self.items_of(modality)
            found[modality] = items, vectors[modality].numpy()[items[modality].to_numpy()]
        if system.fuse is not None:
            sides = [torch.from_numpy(vectors[name].numpy()[self.items[name].to_numpy()]) for name in ("text", "image")]
            found["joint"] = self.items, system.fuse.cpu()(*sides).numpy()
        embeddings.save(self.out / "embeddings.safetensors", found)
        self.vectors = found
        return found

    def identify(self) -> pd.DataFrame:
        """Scores of the class head on the training region's test items; empty without a head. After `embed`."""
        if not self.objective.classifies:
            return pd.DataFrame(columns=["metric", "mean", "low", "high", "items", "vendors"])
        items, vectors = self.vectors[self.modality]
        test = (
            (items["region"] == TRAINED_ON) & (items["part"] == "test") & items["vendor"].isin(self.classes)
        ).to_numpy()
        if not test.any():
            raise DataError(
                f"{self.study.data_folder}: no ad of the region {TRAINED_ON} is left for testing, so nothing can be "
                "identified. It needs some five ads of vendors with two or more."
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
                    verification.scores(items, vectors), self.study.bootstrap, seed=self.study.split.seed
                ).assign(modality=modality)
                for modality, (items, vectors) in self.vectors.items()
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
        counts = splits.sizes(self.items)
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
                "items": counts[counts["part"].isin(PARTS)].to_dict("records"),
                "left_out": int((self.items["part"] == "left out").sum()),
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

    def _encode_texts(self, system: System) -> torch.Tensor:
        """(unique texts, d), in batches of like length."""
        tokens = self.tokens
        order = np.argsort([len(text) for text in tokens], kind="stable")
        parts = []
        for rows in np.array_split(order, max(1, len(order) // 64)):
            batch = batches.padded([tokens[row] for row in rows], system.text.tokenizer.pad_token_id)
            with self._precision():
                parts.append(
                    system.encode_text(*(batch[name].to(device()) for name in ("tokens", "mask"))).float().cpu()
                )
        return torch.cat(parts)[np.argsort(order, kind="stable")]

    def _encode_images(self, system: System) -> torch.Tensor:
        """(unique pictures, d)."""
        parts = []
        for start in range(0, len(self.pictures), 128):
            block = torch.from_numpy(np.array(self.pictures[start : start + 128])).to(device())
            with self._precision():
                parts.append(system.encode_image(block).float().cpu())
        return torch.cat(parts)

    def _precision(self) -> torch.autocast:
        return torch.autocast(device().type, torch.bfloat16, enabled=self.study.training.precision == "bf16-mixed")
