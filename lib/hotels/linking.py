"""A run that learns to link hotel pictures by one loss, and the search for its hyper-parameters (Revisited Hotels, Appendices C and D).

A backbone, LayerNorm and a fully connected layer of 512 (D.1), batches of m branches with k pictures each; scored on every test split, and on the ads' own pictures,
which show such rooms. Optimised by AdamW like all of this study's systems: the paper doesn't say by what.

**What is trained on.** Trials of the search learn from Train and are scored on the validation splits, which are cut against it and served the paper "for model selection and hyper-parameter
tuning" (section 2.2). Models that the tests are asked of learn from Trainval, with what the search found and for as many epochs, and nothing is left to validate them on. The paper doesn't say
which of the two it trained on. But its tests are named by what the training set holds (section 2.2), and that set has every known chain but D_UU's (B.1, C_train = C_rest): so it is Trainval, 75 of Table 3's
87 chains, and not Train, which has 65. A model of Train alone has not seen some chains of D_SS, nor some of D_SU.
"""

from __future__ import annotations

import itertools
import shutil
import warnings
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch
from torch import nn
from torchvision.transforms import v2

from lib.core.errors import DataError
from lib.core.files import read_json, write_json, write_text
from lib.data import image_arrays
from lib.evaluation import verification
from lib.hotels import linking_losses, loading, metrics
from lib.hotels.published_splits import TESTS, VALIDATIONS
from lib.models import backbones
from lib.models.acceleration import device
from lib.models.encoders import ImageEncoder
from lib.runs import batches, encoding
from lib.runs.task import Recorded, Task
from lib.runs.trained import Learned
from lib.study.config import Training
from lib.study.plan import Run

DIMENSIONS = 512
"""Of a picture's vector (D.1)."""
UNTRAINED = "pre-trained"
"""The backbone's own vectors, no loss."""
TRAINED, TUNED = "Trainval", "Train"
"""What models that the tests are asked of are trained on, and what trials of a search."""


class Linker(nn.Module):
    """Pictures (n, h, w, 3) uint8 -> vectors (n, 512); without a loss the backbone's own (n, d)."""

    def __init__(self, image: ImageEncoder, loss: nn.Module | None) -> None:
        super().__init__()
        self.image, self.loss = image, loss
        head = nn.Sequential(nn.LayerNorm(image.dimensions), nn.Linear(image.dimensions, DIMENSIONS))
        self.head = nn.Identity() if loss is None else head

    def encode_image(self, found: torch.Tensor) -> torch.Tensor:
        return self.head(self.image(found))


class Linking(Learned):
    """One loss, one backbone and one seed on a study's hotel pictures."""

    system: Linker

    def __init__(self, notebook: str, study: str, out: str, loss: str, image: str, seed: int, **how: Any) -> None:
        """loss: a name of `lib.hotels.linking_losses.KINDS`, or `pre-trained`. how: for a trial of a search, its hyper-parameters, `epochs`, `hotels`, the study's
        pictures, and `part`, the split to train on. Raises DataError on bad input."""
        super().__init__(notebook, study, out, {"image": image, "loss": loss, "seed": seed})
        self.trained, self.part = loss != UNTRAINED, how.pop("part", TRAINED)
        self.hotels = how.pop("hotels", None) or loading.read(self.study)
        self.epochs = how.pop("epochs", self.study.hotels.epochs)
        self.hyper = self._hyper(loss, how or self._searched()) if self.trained else {}
        torch.set_num_threads(self.study.training.threads)
        torch.manual_seed(seed)
        chosen = self.study.hotels
        encoder, found = backbones.load(image, **backbones.load_arguments(self.study) | {"pixels": chosen.image_pixels})
        self.provenance = [found]
        torch.manual_seed(seed)  # new layers start from the seed alone, whatever loading drew
        self.system = Linker(encoder, self._loss(loss) if self.trained else None)

    def _hyper(self, loss: str, instead: dict[str, float]) -> dict[str, float]:
        chosen = self.study.hotels
        known = linking_losses.hyperparameters(loss, chosen.table_6)
        if chosen.batch_size:
            known["batch"] = chosen.batch_size
        if "classes" in known:  # of the paper's batch; ours may be smaller, with as many of a branch
            per_class = round(linking_losses.hyperparameters(loss, chosen.table_6)["batch"] / known.pop("classes"))
        else:
            per_class = chosen.per_class
        known["per_class"] = per_class
        if unknown := set(instead) - set(known):
            raise DataError(
                f"{loss} has no hyper-parameter {', '.join(sorted(unknown))}; it has {', '.join(known)} (hotels.search)."
            )
        return known | instead

    def _searched(self) -> dict[str, float]:
        """What the study's search found best for this loss; nothing where none was made."""
        search = Run(self.study, self.notebook, self.parameters).begins_with
        return search.record().best if search else {}

    def _loss(self, name: str) -> nn.Module:
        own = {key: self.hyper[key] for key in linking_losses.KINDS[name].settings}
        return linking_losses.loss(name, len(self.branches), DIMENSIONS, **own)

    @cached_property
    def settings(self) -> Training:
        """AdamW as elsewhere; one rate for the whole network (Table 6), and where printed another for proxies."""
        hyper = self.hyper
        return self.study.training.model_copy(
            update={
                "epochs": self.epochs,
                "patience": None,
                "batch_size": int(hyper.get("batch", 2)),
                "accumulate": 1,
                "per_vendor": int(hyper.get("per_class", 2)),
                "image_lr": hyper.get("rate", 1.0),
                "head_lr": hyper.get("rate", 1.0),
                "proxy_lr": hyper.get("proxy_lr"),
                "epsilon": linking_losses.KINDS[self.parameters["loss"]].epsilon if self.trained else 1e-8,
            }
        )

    @cached_property
    def branches(self) -> np.ndarray:
        """The branches that are trained on, in the order of their class numbers."""
        return np.unique(self.hotels.rows(self.part)[1])

    @cached_property
    def pictures(self) -> np.ndarray:
        return self.hotels.array(self.study.hotels.image_pixels, self.study.cache)

    @cached_property
    def views(self) -> v2.Transform:
        """A crop, a mirror image, another light: one for every loss, two for SupCon (Appendix C)."""
        side = self.study.hotels.image_pixels
        return v2.Compose(
            [v2.RandomResizedCrop(side, (0.6, 1.0), antialias=True), v2.RandomHorizontalFlip(), v2.ColorJitter(0.2, 0.2, 0.2)]
        )  # fmt: skip

    def sizes(self) -> pd.DataFrame:
        """Pictures, branches and chains of each split."""
        by = self.hotels.splits.groupby("split", observed=True)
        return by.agg(images=("image", "size"), branches=("branch", "nunique"), chains=("chain", "nunique"))

    def train(self) -> pd.DataFrame:
        """Train (or go on with, or take up finished) the system on its part; the history, without a number for `val_loss`."""
        if not self.trained:
            return pd.DataFrame(columns=["epoch", "train_loss", "val_loss", "seconds"])
        rows, labels = self.hotels.rows(self.part)
        items = batches.Items(
            pd.DataFrame({"image": rows}), np.searchsorted(self.branches, labels), None, 0, self.pictures
        )
        settings, seed = self.settings, self.parameters["seed"]
        if len(self.branches) < 2:
            raise DataError(f"{self.hotels.folder}: there are fewer than two branches to train on.")
        train = batches.training_batches(
            items, settings.batch_size, settings.per_vendor, seed, processes=settings.devices
        )
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", message="You defined a `validation_step` but have no `val_dataloader`")
            return self.fit(self._of, train, None, len(rows))

    def _of(self, system: Any, batch: dict[str, torch.Tensor], part: str) -> torch.Tensor:
        shown, place, classes = batch["pictures"].permute(0, 3, 1, 2), batch["image"], batch["class"]
        repeats = 2 if linking_losses.KINDS[self.parameters["loss"]].views else 1
        seen = torch.stack([self.views(shown[row]) for row in place.repeat(repeats).tolist()])
        vectors = system.encode_image(seen.permute(0, 2, 3, 1).to(classes.device))
        return system.loss(vectors.float(), classes.repeat(repeats))

    def vectors_of(self, rows: np.ndarray) -> np.ndarray:
        """Of these pictures, (n, d) float32."""
        return encoding.pictures(self.system.eval(), self.pictures[rows], self.study.training.precision).numpy()

    def validation(self) -> pd.DataFrame:
        """R@1 of each validation split, which only a model of TUNED hasn't seen: `split, R@1`."""
        found = []
        for split in VALIDATIONS:
            rows, labels = self.hotels.rows(split)
            found.append({"split": split, "R@1": metrics.recall_at_1(self.vectors_of(rows), labels).mean()})
        return pd.DataFrame(found)

    def link(self, repeats: int = 10) -> pd.DataFrame:
        """`lib.hotels.metrics.scores` of each test, and R@1 with the class sizes of the split of seen branches among as many branches of each as the split with
        fewest has (`R@1, sizes of D_SS`; `images, branches` of what was left, means of `repeats` draws), per cent."""
        self.system.to(device())
        of_test = {split: self.hotels.rows(split) for split in TESTS}
        sizes = np.unique(of_test["D_SS"][1], return_counts=True)[1]
        fewest = min(len(np.unique(labels)) for _, labels in of_test.values())
        tables, seed = [], self.parameters["seed"]
        for split, (rows, labels) in of_test.items():
            vectors = self.vectors_of(rows)
            table = metrics.scores(vectors, labels, repeats, seed=seed)
            cut = metrics.equal_sized(vectors, labels, sizes, fewest, repeats, seed)
            found = [100 * cut["R@1"].mean(), 100 * cut["R@1"].std(), cut["images"].mean(), cut["branches"].mean()]
            table.loc[len(table)] = ["R@1, sizes of D_SS", *found]
            tables.append(table.assign(split=split))
        whole = pd.concat(tables, ignore_index=True)
        self.result["linking"] = whole.to_dict("records")
        return whole

    def transfer(self) -> pd.DataFrame:
        """`lib.evaluation.verification.table` of the study's ads by their pictures: does a model that was trained for rooms link ads by theirs? Empty where the ads
        have no pictures."""
        if "image" in self.study.data.lacks:
            return pd.DataFrame(columns=["region", "metric", "mean"])
        task = AdsPictures(self.notebook, self.study_file, str(self.out), self.parameters)
        found, side = task.data, self.study.hotels.image_pixels
        shown = image_arrays.as_array(found.images, side, self.study.cache, found.fingerprint, found.digests)
        vectors = encoding.pictures(self.system.eval(), shown, self.study.training.precision).numpy()
        kept = task.shown(task.items)
        items = task.items[kept].reset_index(drop=True)
        table = task.score_verification({"image": verification.scores(items, vectors[items["image"].to_numpy()])})
        self.result["transfer"] = table.to_dict("records")
        return table

    def finish(self, **more: Any) -> dict[str, Any]:
        found = self.hotels
        data = {
            "source": self.study.hotels.source,
            "fingerprint": found.fingerprint,
            "trained_on": self.part,
            "branches": len(self.branches),
            "seen": loading.seen(found.splits, self.part).to_dict("records"),
        }
        return super().finish(data=data, hyperparameters=self.hyper, splits=self.sizes().reset_index().astype({"split": str}).to_dict("records"), **more)  # fmt: skip


class Search(Recorded):
    """All combinations of a loss's hyper-parameters that the study names, each trained on TUNED and tried on the validation splits (D.2)."""

    def __init__(self, notebook: str, study: str, out: str, loss: str, image: str, seed: int) -> None:
        super().__init__(notebook, study, out, {"image": image, "loss": loss, "seed": seed})
        linking_losses.kind(loss)
        searched = self.study.hotels.search
        self.grid = searched.get(loss, searched.get("any", {}))
        if not self.grid:
            raise DataError(
                f"{study}: hotels.search names no hyper-parameter to try for {loss}. Name some, or leave out this run."
            )
        self.hotels = loading.read(self.study)

    def trials(self) -> pd.DataFrame:
        """A row a trial, best first: its hyper-parameters, `R@1` (mean of the validation splits, at the last epoch), that of each split, and `problem`, why there is
        none. A trial that was finished before isn't made again."""
        rows = []
        for number, values in enumerate(itertools.product(*self.grid.values())):
            hyper, path = dict(zip(self.grid, values, strict=True)), self.out / "trials" / f"{number}.json"
            if not path.exists() or read_json(path)["key"] != self.key:
                write_json(path, {"key": self.key, **hyper, **self._tried(hyper, path.with_suffix(""))})
            rows.append({name: value for name, value in read_json(path).items() if name != "key"})
        table = pd.DataFrame(rows).sort_values("R@1", ascending=False, ignore_index=True)
        if table["R@1"].isna().all():
            raise DataError(f"{self.out}: every trial failed, the first so: {table['problem'][0]}")
        self.result["trials"] = table.astype(object).where(table.notna(), None).to_dict("records")
        self.result["best"] = {name: float(table[name][0]) for name in self.grid}
        write_text(self.out / "trials.csv", table.to_csv(index=False))
        return table

    def _tried(self, hyper: dict[str, float], folder: Path) -> dict[str, Any]:
        epochs = self.study.hotels.search_epochs or self.study.hotels.epochs
        given = {**self.parameters, "part": TUNED, "epochs": epochs, "hotels": self.hotels, **hyper}
        run = Linking(self.notebook, self.study_file, str(folder), **given)
        try:
            run.train()
            found = run.validation().set_index("split")["R@1"]
        except DataError as error:
            return {"R@1": None, "problem": str(error)}
        finally:
            shutil.rmtree(folder / "checkpoint", ignore_errors=True)
        return {"R@1": float(found.mean()), **found.to_dict(), "problem": ""}

    def finish(self, **more: Any) -> dict[str, Any]:
        chosen = self.study.hotels
        data = {"source": chosen.source, "fingerprint": self.hotels.fingerprint}
        return super().finish(data=data, epochs=chosen.search_epochs or chosen.epochs, **more)


class AdsPictures(Task):
    """The study's ads by their pictures alone."""

    modality = "image"
