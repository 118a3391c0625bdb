"""The ads of a study as items of one modality: their split, the classes, and which of them may be scored."""

from __future__ import annotations

from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from lib.core.errors import DataError
from lib.data import ads, disclosure, face_detection, loading, splits
from lib.data.splits import PARTS
from lib.study.plan import Run, Study
from lib.study.run_kinds import CONTENT
from lib.study.run_record import DataRecord


class AdItems:
    """A study's ads as items: unique texts, unique images, or pairs of a text with an image of its ad.

    modality: `text`, `image` or `multimodal`. protocol: of the split, the study's if not given. faces: `face` or
    `no-face` for only the images with or without a face that MTCNN detects. script: of `lib.data.splits.SCRIPTS`, the
    authors' that splits under the protocol `released`; by default the modality's first.
    """

    def __init__(self, study: Study, modality: str, protocol: str = "", faces: str = "", script: str = "") -> None:
        self.study, self.modality, self.faces = study, modality, faces
        self.protocol, self.script = protocol or study.split.protocol, script or splits.FIRST[modality]

    @classmethod
    def of(cls, run: Run) -> AdItems:
        """The items that a run is about."""
        parameters = run.parameters
        protocol, faces = parameters.get("protocol", ""), parameters.get("faces", "")
        return cls(run.study, run.kind.modality_of(parameters), protocol, faces, run.kind.script_of(parameters))

    @cached_property
    def ads(self) -> ads.Ads:
        """The ads, their texts and their images. Raises DataError when there are no usable ones."""
        return loading.read(self.study)

    @cached_property
    def region(self) -> str:
        """The region that systems are trained on."""
        return self.ads.training_region(self.study.data.train_region)

    @cached_property
    def items(self) -> pd.DataFrame:
        """The items with their parts (`lib.data.splits.split`)."""
        return self.items_of(self.modality)

    @cached_property
    def classes(self) -> np.ndarray:
        """The vendors of the training region's training items, in the order of their class numbers."""
        vendors = self.items.loc[self.in_training(self.items), "vendor"]
        if vendors.empty:
            raise DataError(
                f"{self.study.data_folder}: there is nothing to train on: the region {self.region} has no "
                "vendor with two ads or more. Systems are trained on that region; give its ads, or name another as "
                "data.train_region."
            )
        return np.unique(vendors)

    def items_of(self, modality: str) -> pd.DataFrame:
        """The same ads as items of another modality, split by the same protocol."""
        return self._with_faces(splits.items(self.study, self.ads, modality, self.protocol, script=self.script))

    def retrieval_items_of(self, modality: str) -> pd.DataFrame:
        """The items of a modality that systems retrieve by: parts `train` (documents) and `test` (queries).

        Those of `items_of`, but under the protocol `released`, which splits anew (`lib.data.splits`).
        """
        if not self.resplits:
            return self.items_of(modality)
        splits.check(self.ads.pairs, modality)
        seed = self.study.split.seed
        return self._with_faces(splits.released_retrieval(self.ads.pairs, self.script, modality, seed))

    @property
    def resplits(self) -> bool:
        """Whether retrieval has a split of its own."""
        return self.protocol == "released"

    def queries_trained_on(self, modality: str) -> float | None:
        """The share of the training region's queries of a modality whose content is in a training item; None without
        queries."""
        queries, content = self.retrieval_items_of(modality), list(CONTENT[modality])
        queries = queries[((queries["region"] == self.region) & (queries["part"] == "test")).to_numpy()]
        train = self.items[self.in_training(self.items)]
        return splits.share_among(queries, train, content) if len(queries) else None

    def _with_faces(self, items: pd.DataFrame) -> pd.DataFrame:
        """`items` whose image has, or lacks, a face, as `faces` says. They are chosen after the split."""
        if not self.faces:
            return items
        with_face = self._images_with_face[items["image"].to_numpy()]
        return items[with_face == (self.faces == "face")].reset_index(drop=True)

    @cached_property
    def _images_with_face(self) -> np.ndarray:
        """Whether a face was detected in each image, (images,) bool."""
        folder = self.study.data_folder
        names = [image.relative_to(folder).as_posix() for image in self.ads.images]
        detected = face_detection.detect(names, folder, "MTCNN", self.study.cache, self.ads.fingerprint)
        return np.asarray(detected["face"])

    def in_training(self, items: pd.DataFrame) -> np.ndarray:
        """Which items are the training region's training items, (n,) bool."""
        return np.asarray((items["region"] == self.region) & (items["part"] == "train"))

    def part(self, name: str) -> np.ndarray:
        """Which items are the training region's of a part, with vendors that are among the classes, (n,) bool."""
        items = self.items
        here = (items["region"] == self.region) & (items["part"] == name)
        return np.asarray(here & items["vendor"].isin(self.classes))

    def test_part(self) -> np.ndarray:
        """`part("test")`. Raises DataError when it is empty, or when sensitive data has too few vendors in it."""
        test = self.part("test")
        if not test.any():
            raise DataError(
                f"{self.study.data_folder}: no ad of the region {self.region} is left for testing, so nothing can be "
                "identified. It needs some five ads of vendors with two or more."
            )
        if self.study.sensitive and self.items["vendor"][test].nunique() < disclosure.LEAST:
            raise DataError(
                f"{self.study.data_folder}: fewer than {disclosure.LEAST} vendors are left for testing, and scores of "
                "so few would tell of single ones. Sensitive data needs more vendors with two ads or more."
            )
        return test

    def scorable(self, items: pd.DataFrame) -> np.ndarray:
        """Which items scores may be made of, (n,) bool: of sensitive data those of regions with enough test vendors."""
        if not self.study.sensitive:
            return np.ones(len(items), bool)
        test = items[items["part"] == "test"]
        regions = test["region"][disclosure.enough(test["region"], test["vendor"])]
        return np.asarray(items["region"].isin(regions))

    def sizes(self) -> pd.DataFrame:
        """Items and vendors: a row a region, a column a part of training's split."""
        counts = splits.sizes(self.items[self.scorable(self.items)])
        table = counts.pivot(index="region", columns="part", values=["items", "vendors"]).fillna(0).astype(int)
        table = table.reindex([region for region in self.ads.regions if region in table.index])
        return disclosure.hide(table, list(table.columns)) if self.study.sensitive else table

    def record(self) -> dict[str, Any]:
        """The fields `protocol, modality, data` of a run's record."""
        sensitive = self.study.sensitive
        scorable = self.scorable(self.items)
        counts = splits.sizes(self.items[scorable])
        if sensitive:
            counts = disclosure.hide(counts, ["items", "vendors"])
        told = self.resplits and bool(scorable[(self.items["region"] == self.region).to_numpy()].any())
        resplit = {"queries_trained_on": self.queries_trained_on(self.modality) if told else None}
        data = DataRecord(
            source=self.study.data.source,
            fingerprint=self.ads.fingerprint,
            train_region=self.region,
            items=counts[counts["part"].isin(PARTS)].to_dict("records"),
            left_out=None if sensitive else int((self.items["part"] == "left out").sum()),
            classes=len(self.classes),
            **(resplit if self.resplits else {}),
        )
        return {"protocol": self.protocol, "modality": self.modality, "data": data}
