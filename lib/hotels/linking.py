"""A run that learns to link hotel images by one loss, and the search for its hyper-parameters (Revisited Hotels, C and
D).

The model is a backbone, LayerNorm and a fully connected layer of 512 (D.1), trained on batches of m branches with k
images each. It is scored on every test split, and on the images of the study's ads. The optimiser is AdamW as in all of
this study's systems; the paper doesn't name one.

Trials of the search are trained on Train and scored on the validation splits, which served the paper "for model
selection and hyper-parameter tuning" (section 2.2). Models that are scored on the tests are trained on Trainval, with
what the search found. The paper doesn't say which of the two it trained on. But its tests are named by what the
training set holds, and that set has every known chain except those of D_UU (B.1, C_train = C_rest). So it is Trainval,
with 75 of Table 3's 87 chains, and not Train, which has 65.
"""

from __future__ import annotations

import itertools
import shutil
import warnings
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch
from pandera.typing import DataFrame
from torch import nn
from torchvision.transforms import v2

from lib.core.errors import DataError
from lib.core.files import read_json, write_json, write_text
from lib.core.schemas import RunLinking, SearchTrials
from lib.data import image_arrays
from lib.evaluation import verification
from lib.hotels import linking_losses, loading, metrics
from lib.hotels.published_splits import SEEN, TESTS, VALIDATIONS
from lib.models import backbones
from lib.models.acceleration import device
from lib.models.encoders import ImageEncoder
from lib.runs import batches, embeddings
from lib.runs.ad_items import AdItems
from lib.runs.batches import Batch
from lib.runs.evaluator import Evaluator
from lib.runs.recorder import Recorder, step
from lib.runs.trainer import HISTORY, Trainer
from lib.study.config import Training
from lib.study.plan import Run
from lib.study.run_record import DataRecord, RunRecord

DIMENSIONS = 512
"""Of an image's vector (D.1)."""
UNTRAINED = "pre-trained"
"""The backbone's own vectors, without a loss."""
TRAINED, TUNED = "Trainval", "Train"
"""The splits that scored models and trials of a search are trained on."""
DRAWS = 10
"""Of equally sized splits, for EQUAL."""
EQUAL = "R@1, sizes of D_SS"
"""R@1 with the class sizes of D_SS, and as many branches in each of SEEN."""


class EmbeddingModel(nn.Module):
    """Images (n, h, w, 3) uint8 -> vectors (n, 512); without a loss the backbone's own (n, d)."""

    def __init__(self, image: ImageEncoder, loss: nn.Module | None) -> None:
        super().__init__()
        self.image, self.loss = image, loss
        head = nn.Sequential(nn.LayerNorm(image.dimensions), nn.Linear(image.dimensions, DIMENSIONS))
        self.head: nn.Module = nn.Identity() if loss is None else head

    def encode_image(self, images: torch.Tensor) -> torch.Tensor:
        vectors: torch.Tensor = self.head(self.image(images))
        return vectors


class Linking:
    """One loss, one backbone and one seed on a study's hotel images; results go to `out`."""

    def __init__(
        self,
        notebook: str,
        study: str,
        out: str,
        loss: str,
        image: str,
        seed: int,
        part: str = TRAINED,
        hyperparameters: Mapping[str, float] | None = None,
        epochs: int | None = None,
        hotels: loading.HotelPictures | None = None,
        metered: bool = True,
    ) -> None:
        """loss: a name of `lib.hotels.linking_losses.KINDS`, or `pre-trained`. image: a backbone. A trial of a search
        also gives part, the split to train on; hyperparameters and epochs, in place of what the search found and the
        study says; hotels, the study's images; and metered: False, since it is never finished. Raises DataError on bad
        input."""
        self.recorder = Recorder(notebook, study, out, {"image": image, "loss": loss, "seed": seed}, metered)
        self.study, self.parameters = self.recorder.study, self.recorder.parameters
        settings, trained = self.study.hotels, loss != UNTRAINED
        self.part, self.epochs = part, epochs or settings.epochs
        self.hotels = hotels or loading.read(self.study)
        self.hyper = self._hyperparameters(loss, hyperparameters or self._best_of_search()) if trained else {}
        torch.set_num_threads(self.study.training.threads)
        torch.manual_seed(seed)
        arguments = backbones.load_arguments(self.study) | {"pixels": settings.image_pixels}
        encoder, provenance = backbones.load(image, **arguments)
        torch.manual_seed(seed)  # new layers depend on the seed alone, whatever loading drew
        self.system = EmbeddingModel(encoder, self._loss_module(loss) if trained else None)
        self.trainer = Trainer(self.recorder, self.system, [provenance], trained)
        self.weights = self.trainer.weights

    def _hyperparameters(self, loss: str, changed: Mapping[str, float]) -> dict[str, float]:
        """Those of Table 6 and the loss's own, with the study's batch, and `changed` ones in their place."""
        settings = self.study.hotels
        printed = linking_losses.hyperparameters(loss, settings.table_6)
        values = printed | ({"batch": settings.batch_size} if settings.batch_size else {})
        # `classes` is of the paper's batch; ours may be smaller, with as many images of a branch.
        classes = values.pop("classes", None)
        values["per_class"] = round(printed["batch"] / classes) if classes else settings.per_class
        if unknown := set(changed) - set(values):
            raise DataError(
                f"{loss} has no hyper-parameter {', '.join(sorted(unknown))}; "
                f"it has {', '.join(values)} (hotels.search)."
            )
        return values | dict(changed)

    def _best_of_search(self) -> dict[str, float]:
        """The best hyper-parameters of the study's search for this loss; none without a search."""
        search = Run(self.study, self.recorder.notebook, self.parameters).prerequisite
        return search.record().best if search else {}

    def _loss_module(self, name: str) -> nn.Module:
        own = {key: self.hyper[key] for key in linking_losses.KINDS[name].settings}
        return linking_losses.loss(name, len(self.branches), DIMENSIONS, **own)

    @cached_property
    def settings(self) -> Training:
        """AdamW with one learning rate for the whole network and, where Table 6 prints one, another for proxies."""
        hyper = self.hyper
        return self.study.training.model_copy(
            update={
                "epochs": self.epochs,
                "steps": None,
                "patience": None,
                "batch_size": int(hyper.get("batch", 2)),
                "accumulate": 1,
                "per_vendor": int(hyper.get("per_class", 2)),
                "image_lr": hyper.get("lr", 1.0),
                "head_lr": hyper.get("lr", 1.0),
                "proxy_lr": hyper.get("proxy_lr"),
                "epsilon": linking_losses.KINDS[self.parameters["loss"]].epsilon if self.trainer.trained else 1e-8,
            }
        )

    @cached_property
    def branches(self) -> np.ndarray:
        """The branches that the model is trained on, in the order of their class numbers."""
        return np.unique(self.hotels.rows(self.part)[1])

    @cached_property
    def images(self) -> np.ndarray:
        """All hotel images, (n, h, w, 3) uint8."""
        return self.hotels.array(self.study.hotels.image_pixels, self.study.cache)

    @cached_property
    def augmentation(self) -> v2.Transform:
        """A crop, a mirror image, another light: one view of an image for every loss, two for SupCon (Appendix C)."""
        crop = v2.RandomResizedCrop(self.study.hotels.image_pixels, (0.6, 1.0), antialias=True)
        return v2.Compose([crop, v2.RandomHorizontalFlip(), v2.ColorJitter(0.2, 0.2, 0.2)])

    def sizes(self) -> pd.DataFrame:
        """Images, branches and chains of each split."""
        by_split = self.hotels.splits.groupby("split", observed=True)
        return by_split.agg(images=("image", "size"), branches=("branch", "nunique"), chains=("chain", "nunique"))

    @step
    def train(self) -> pd.DataFrame:
        """Train the model, resume its training or load what a finished one left; the history, without validation."""
        if not self.trainer.trained:
            return pd.DataFrame(columns=HISTORY)
        rows, labels = self.hotels.rows(self.part)
        classes = np.searchsorted(self.branches, labels)
        items = batches.Items(pd.DataFrame({"image": rows}), classes, None, 0, self.images)
        if len(self.branches) < 2:
            raise DataError(f"{self.hotels.folder}: there are fewer than two branches to train on.")
        settings, seed = self.settings, self.parameters["seed"]
        train = batches.of_training(items, settings, seed, "balanced")
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", message="You defined a `validation_step` but have no `val_dataloader`")
            return self.trainer.fit(self._loss, train, None, settings, len(rows))

    def _loss(self, system: Any, batch: Batch, part: str) -> torch.Tensor:
        """The loss of the batch's images, each in one view or two."""
        pictures, rows, classes = batch["pictures"].permute(0, 3, 1, 2), batch["image"], batch["class"]
        repeats = 2 if linking_losses.KINDS[self.parameters["loss"]].views else 1
        views = torch.stack([self.augmentation(pictures[row]) for row in rows.repeat(repeats).tolist()])
        vectors = system.encode_image(views.permute(0, 2, 3, 1).to(classes.device))
        loss: torch.Tensor = system.loss(vectors.float(), classes.repeat(repeats))
        return loss

    def _encode(self, images: np.ndarray) -> np.ndarray:
        """Vectors of images by the trained model, (n, d) float32."""
        self.train()
        return embeddings.encode_images(self.system.eval(), images, self.study.training.precision).numpy()

    def validate(self) -> pd.DataFrame:
        """R@1 of each validation split, which only a model of TUNED hasn't seen: `split, R@1`."""
        scores = []
        for split in VALIDATIONS:
            rows, labels = self.hotels.rows(split)
            scores.append({"split": split, "R@1": metrics.recall_at_1(self._encode(self.images[rows]), labels).mean()})
        return pd.DataFrame(scores)

    @step
    def link(self) -> DataFrame[RunLinking]:
        """`lib.hotels.metrics.scores` of each test, with a row of EQUAL for each of SEEN.

        That is R@1 with the class sizes of the split of seen branches, among as many branches of each of SEEN as the
        smallest one has; `images, branches` of what was left, means of DRAWS draws. D_?? has no such row: what was seen
        of its chains nobody knows, and few branches of it would cut the others.
        """
        self.train()
        self.system.to(device())
        tests = {split: self.hotels.rows(split) for split in TESTS}
        sizes = np.unique(tests["D_SS"][1], return_counts=True)[1]
        fewest = min(len(np.unique(tests[split][1])) for split in SEEN)
        tables, seed = [], self.parameters["seed"]
        for split, (rows, labels) in tests.items():
            vectors = self._encode(self.images[rows])
            table = metrics.scores(vectors, labels, DRAWS, seed=seed)
            if split in SEEN:
                cut = metrics.equal_sized(vectors, labels, sizes, fewest, DRAWS, seed)
                means = [100 * cut["R@1"].mean(), 100 * cut["R@1"].std(), cut["images"].mean(), cut["branches"].mean()]
                table.loc[len(table)] = [EQUAL, *means]
            tables.append(table.assign(split=split))
        whole: DataFrame[RunLinking] = pd.concat(tables, ignore_index=True)
        self.recorder.results["linking"] = whole.to_dict("records")
        return whole

    @step
    def transfer(self) -> pd.DataFrame:
        """`lib.evaluation.verification.table` of the study's ads by their images; empty where ads have none.

        Does a model that was trained on hotel rooms link ads by their images?
        """
        if "image" in self.study.data.lacks:
            return pd.DataFrame(columns=["region", "metric", "mean"])
        data, side = AdItems(self.study, "image"), self.study.hotels.image_pixels
        ads = data.ads
        images = image_arrays.as_array(ads.images, side, self.study.cache, ads.fingerprint, ads.digests)
        items = data.items[data.scorable(data.items)].reset_index(drop=True)
        scored = verification.scores(items, self._encode(images)[items["image"].to_numpy()])
        return Evaluator(self.recorder, data).verification({"image": scored}, "transfer")

    def finish(self) -> RunRecord:
        """Do what was not done yet, store the weights and write the record (metrics.json)."""
        self.link()
        self.transfer()
        data = DataRecord(
            source=self.study.hotels.source,
            fingerprint=self.hotels.fingerprint,
            trained_on=self.part,
            branches=len(self.branches),
            seen=loading.seen(self.hotels.splits, self.part).to_dict("records"),
        )
        splits = self.sizes().reset_index().astype({"split": str}).to_dict("records")
        return self.trainer.finish(self.settings, data=data, hyperparameters=self.hyper, splits=splits)


class Search:
    """All combinations of a loss's hyper-parameters that the study names (D.2); results go to `out`.

    Each is trained on TUNED and scored on the validation splits.
    """

    def __init__(self, notebook: str, study: str, out: str, loss: str, image: str, seed: int) -> None:
        """loss: a name of `lib.hotels.linking_losses.KINDS`. image: a backbone. Raises DataError on bad input."""
        self.recorder = Recorder(notebook, study, out, {"image": image, "loss": loss, "seed": seed})
        self.study, self.out = self.recorder.study, self.recorder.out
        linking_losses.kind(loss)
        grids = self.study.hotels.search
        self.grid = grids.get(loss, grids.get("any", {}))
        if not self.grid:
            raise DataError(
                f"{study}: hotels.search names no hyper-parameter to try for {loss}. Name some, or leave out this run."
            )
        self.epochs = self.study.hotels.search_epochs or self.study.hotels.epochs
        self.hotels = loading.read(self.study)

    @step
    def trials(self) -> DataFrame[SearchTrials]:
        """The trials, scored after their last epoch. One that was finished before isn't made again.

        Raises DataError when every trial failed.
        """
        rows = []
        for number, values in enumerate(itertools.product(*self.grid.values())):
            hyper, path = dict(zip(self.grid, values, strict=True)), self.out / "trials" / f"{number}.json"
            if not path.exists() or read_json(path)["key"] != self.recorder.key:
                write_json(path, {"key": self.recorder.key, **hyper, **self._trial(hyper, path.with_suffix(""))})
            rows.append({name: value for name, value in read_json(path).items() if name != "key"})
        table: DataFrame[SearchTrials] = pd.DataFrame(rows).sort_values("R@1", ascending=False, ignore_index=True)
        if table["R@1"].isna().all():
            raise DataError(f"{self.out}: every trial failed, the first so: {table['problem'][0]}")
        self.recorder.results["trials"] = table.astype(object).where(table.notna(), None).to_dict("records")
        self.recorder.results["best"] = {name: float(table[name][0]) for name in self.grid}
        write_text(self.out / "trials.csv", table.to_csv(index=False))
        return table

    def _trial(self, hyper: dict[str, float], folder: Path) -> dict[str, Any]:
        """The scores of one combination; its checkpoints, in `folder`, are removed."""
        run = Linking(
            self.recorder.notebook,
            self.recorder.parameter_file,
            str(folder),
            **self.recorder.parameters,
            part=TUNED,
            hyperparameters=hyper,
            epochs=self.epochs,
            hotels=self.hotels,
            metered=False,
        )
        try:
            scores = run.validate().set_index("split")["R@1"]
        except DataError as error:
            return {"R@1": None, "problem": str(error)}
        finally:
            shutil.rmtree(folder / "checkpoint", ignore_errors=True)
        return {"R@1": float(scores.mean()), **scores.to_dict(), "problem": ""}

    def finish(self) -> RunRecord:
        """Do what was not done yet and write the record (metrics.json)."""
        self.trials()
        data = DataRecord(source=self.study.hotels.source, fingerprint=self.hotels.fingerprint)
        return self.recorder.finish(data=data, epochs=self.epochs)
