"""What every run is about: a study's data, the items and classes of one modality, scores, and the record beside them.

`lib.runs.attribution.Experiment` (a trained system) and `lib.runs.baselines.Baseline` (one without learned vectors) add how
items are told apart.
"""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from lib.core import energy, fingerprints, provenance
from lib.core.errors import DataError
from lib.core.files import write_json, write_text
from lib.data import ads, disclosure, face_detection, loading, splits
from lib.data.splits import PARTS
from lib.evaluation import identification, verification
from lib.study import plan


class Recorded:
    """A run with a record of what it is and took; results go to `out`."""

    def __init__(self, notebook: str, study: str, out: str, given: dict[str, Any]) -> None:
        """given: the notebook's parameters. Raises DataError on bad input."""
        self.clock, self.meter = provenance.Stopwatch(), energy.Meter()
        self.study_file, self.study, self.out = study, plan.load(study), Path(out)
        self.notebook, self.parameters = notebook, plan.Run(self.study, notebook, given).parameters
        self.key = self.study.key(notebook, self.parameters)
        self.result: dict[str, Any] = {}

    def finish(self, **more: Any) -> dict[str, Any]:
        """Write metrics.json, what a reader needs to trust a number, with `more` in it; what was written.

        Raises DataError when the parameter file, or data of the user's, is no longer what it was at the start.
        """
        if plan.load(self.study_file).key(self.notebook, self.parameters) != self.key:
            raise DataError(
                f"{self.out}: the parameter file or the data changed while the run was under way, so its numbers may be of both "
                "states. Start it again."
            )
        written = {
            "run": self.out.as_posix(),
            "study": self.study.name,
            "notebook": self.notebook,
            "parameters": self.parameters,
            "key": self.key,
            "code": fingerprints.fingerprint(plan.notebook(self.notebook)),
            **more,
            "environment": provenance.environment(),
            **self.result,
            "energy": self.meter.read(),
            "wall_seconds": self.clock.seconds,
        }
        write_json(self.out / "metrics.json", written)
        return written


class Task(Recorded):
    """One run's question, on a study's ads."""

    @property
    def modality(self) -> str:
        """`text`, `image` or `multimodal`: what an item of this run is."""
        raise NotImplementedError

    @property
    def protocol(self) -> str:
        """By which the run's ads are split: its own, or the study's."""
        return self.parameters.get("protocol", self.study.split.protocol)

    @cached_property
    def data(self) -> ads.Ads:
        return loading.read(self.study)

    @cached_property
    def region(self) -> str:
        """The region that systems are trained on."""
        return self.data.training_region(self.study.data.train_region)

    @cached_property
    def items(self) -> pd.DataFrame:
        """The run's items with their parts (`lib.data.splits.split`)."""
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
        items = splits.items(self.study, self.data, modality, self.protocol)
        wanted = self.parameters.get("faces")
        if wanted is None:
            return items
        seen = self._with_face[items["image"].to_numpy()]
        return items[seen == (wanted == "face")].reset_index(drop=True)

    @cached_property
    def _with_face(self) -> np.ndarray:
        """Whether a face was detected in each picture, (pictures,) bool."""
        found, study = self.data, self.study
        names = [image.relative_to(study.data_folder).as_posix() for image in found.images]
        return face_detection.detect(names, study.data_folder, "MTCNN", study.cache, found.fingerprint)[
            "face"
        ].to_numpy()

    def shown(self, items: pd.DataFrame) -> np.ndarray:
        """Which items scores are made of, (n,) bool: of sensitive data those of regions with five vendors in the test."""
        if not self.study.sensitive:
            return np.ones(len(items), bool)
        test = items[items["part"] == "test"]
        return items["region"].isin(test["region"][disclosure.enough(test["region"], test["vendor"])]).to_numpy()

    def sizes(self) -> pd.DataFrame:
        """Items and vendors: a row a region, a column a part."""
        items = self.items[self.shown(self.items)]
        counts = splits.sizes(items).pivot(index="region", columns="part", values=["items", "vendors"]).fillna(0)
        counts = counts.astype(int).reindex([name for name in self.data.regions if name in counts.index])
        return disclosure.hide(counts, list(counts.columns)) if self.study.sensitive else counts

    def part(self, name: str) -> np.ndarray:
        """Which items are the training region's of a part, with vendors that are known classes, (n,) bool."""
        items = self.items
        return (
            (items["region"] == self.region) & (items["part"] == name) & items["vendor"].isin(self.classes)
        ).to_numpy()

    def test_part(self) -> np.ndarray:
        """`part("test")`, checked: DataError when there is nothing to identify, or of sensitive data too few vendors."""
        test = self.part("test")
        if not test.any():
            raise DataError(
                f"{self.study.data_folder}: no ad of the region {self.region} is left for testing, so nothing can be "
                "identified. It needs some five ads of vendors with two or more."
            )
        if self.study.sensitive and self.items["vendor"][test].nunique() < disclosure.LEAST:
            raise DataError(
                f"{self.study.data_folder}: fewer than {disclosure.LEAST} vendors are left for testing, and scores of so few "
                "would tell of single ones. Sensitive data needs more vendors with two ads or more."
            )
        return test

    def score_identification(self, predicted: np.ndarray) -> pd.DataFrame:
        """`lib.evaluation.identification.scores` of the vendors predicted for `test_part`'s items, which are kept beside them."""
        asked = self.items[self.test_part()]
        truth = asked["vendor"].to_numpy()
        kept = asked[asked.columns.intersection(["text", "image"])].assign(truth=truth, predicted=predicted)
        write_text(self.out / "predictions.csv", kept.to_csv(index=False))
        table = identification.scores(truth, predicted, self.study.bootstrap, seed=self.study.split.seed)
        self.result["identification"] = table.to_dict("records")
        return table

    def score_verification(self, scored: dict[str, pd.DataFrame]) -> pd.DataFrame:
        """`lib.evaluation.verification.table` of each modality's scored queries (`lib.evaluation.verification.scores`), which are kept beside it."""
        kept = pd.concat([frame.assign(modality=modality) for modality, frame in scored.items()], ignore_index=True)
        write_text(self.out / "queries.csv", kept.to_csv(index=False))
        table = pd.concat(
            [
                verification.table(
                    frame, self.study.bootstrap, self.study.split.seed, self.region, self.data.regions
                ).assign(modality=modality)
                for modality, frame in scored.items()
            ],
            ignore_index=True,
        )
        self.result["verification"] = table.to_dict("records")
        return table

    def finish(self, **more: Any) -> dict[str, Any]:
        """`Recorded.finish` with what the run's data is."""
        counts = splits.sizes(self.items[self.shown(self.items)])
        left_out = int((self.items["part"] == "left out").sum())
        if self.study.sensitive:
            counts = disclosure.hide(counts, ["items", "vendors"])
        return super().finish(
            protocol=self.protocol,
            modality=self.modality,
            data={
                "source": self.study.data.source,
                "fingerprint": self.data.fingerprint,
                "train_region": self.region,
                "items": counts[counts["part"].isin(PARTS)].to_dict("records"),
                "left_out": None if self.study.sensitive else left_out,
                "classes": len(self.classes),
            },
            **more,
        )
