"""A study's hotel pictures with their splits: the twin, made on the way if it is not there yet, or the user's own."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import pandas as pd

from lib.core import data_state, tables
from lib.core.errors import DataError
from lib.core.files import locked
from lib.core.schemas import HotelTwinPictures
from lib.data import image_arrays, image_files
from lib.hotels import cleaning, published_splits, splitting
from lib.study.plan import Study
from lib.twin import hotel_pictures

FINDINGS = ["finding", "cases", "rows"]


@dataclass(frozen=True)
class HotelPictures:
    """splits: the splits table (`lib.hotels.published_splits`), of pictures that are there; findings: `finding, cases, rows`, what was found wrong and mended or left
    out; folder: of the pictures; fingerprint: of their bytes, labels and splits; files: what each picture is, by its name."""

    splits: pd.DataFrame
    findings: pd.DataFrame
    folder: Path
    fingerprint: str
    files: dict[str, image_files.PictureFile]

    @cached_property
    def names(self) -> list[str]:
        """The paths of all pictures, which `rows` counts."""
        return sorted(self.splits["image"].unique())

    def rows(self, split: str) -> tuple[np.ndarray, np.ndarray]:
        """A split's pictures: rows of `names` (n,), and their branches (n,). Raises DataError when it has none."""
        table = self.splits[self.splits["split"] == split]
        if table.empty:
            raise DataError(
                f"{self.folder}: no picture is in the split {split}. Give more hotels, or another hotels.split_seed."
            )
        return np.searchsorted(self.names, table["image"]), table["branch"].to_numpy()

    def array(self, pixels: int, cache: Path) -> np.ndarray:
        """All pictures (n, pixels, pixels, 3) uint8, in the order of `names`. Raises DataError as `lib.data.image_arrays.as_array` does."""
        files = [self.files[name] for name in self.names]
        paths, digests = [file.path for file in files], [file.sha256 for file in files]
        return image_arrays.as_array(paths, pixels, cache, self.fingerprint, digests)


def read(study: Study) -> HotelPictures:
    """The study's hotel pictures. Raises DataError when there are no usable ones.

    Pictures that are missing, damaged or outside the folder are left out and counted. Of a collection, and of the twin, pictures are first cleaned
    (`lib.hotels.cleaning`, by look) and split (`lib.hotels.splitting`); published splits are taken as they are.
    """
    given, folder = study.hotels, study.hotel_pictures
    if given.source == "splits":
        if study.hotel_folder is None:
            raise DataError(
                f"{study.name}: hotels.source is splits, and no folder of them is given. {published_splits.HOW_TO_GET}"
            )
        table = published_splits.read_splits(study.hotel_folder, given.unknown_chain)
        _check_labels(table)
    else:
        if given.source == "twin":
            make_twin(study)
        table = published_splits.read_collection(folder, given.unknown_chain if given.source == "collected" else 0)
    found = image_files.inspect(folder, table["image"].unique(), study.cache, decode=given.source != "twin")
    table, missing = _usable(table, found, folder)
    if given.source == "splits":
        splits, findings = table, missing
    else:
        content = _fingerprint(table, found)
        files = [found[image] for image in table["image"]]
        paths, digests = [file.path for file in files], [file.sha256 for file in files]
        alike = cleaning.by_look(paths, study.cache, content, digests)
        cleaned, mended = cleaning.clean(table, alike)
        splits = splitting.split(cleaned, seed=given.split_seed)
        findings = pd.concat([missing, mended], ignore_index=True)
    read_as = _fingerprint(splits, found)
    data_state.settle(study.hotels_identity, read_as, folder)
    return HotelPictures(splits, findings, folder, read_as, found)


NAMED = {"D_SS": (True, True), "D_SU": (False, True), "D_UU": (False, False), "D_??": (False, False)}
"""Whether a test's branches, and whether its known chains, are in the training set by what its name says (section 2.2)."""


def seen(splits: pd.DataFrame, train: str) -> pd.DataFrame:
    """What a model of the split `train` has seen of each test: `split, branches, branches_seen, chains, chains_seen` (counts; known chains), and `as_named`, whether that
    is what the split's name says: all of them or none."""
    sizes = published_splits.split_sizes(splits)
    sizes = sizes[sizes["split"].isin(NAMED)]
    table = sizes[["split", "branches", "chains"]].astype({"split": str})
    holds = []
    for unit, place in (("branches", 0), ("chains", 1)):
        table[f"{unit}_seen"] = sizes[f"{unit}_in_{train.lower()}"]
        expected = sizes[unit].where(table["split"].map(lambda name, place=place: NAMED[name][place]), 0)
        holds.append(table[f"{unit}_seen"] == expected)
    table["as_named"] = holds[0] & holds[1]
    return table[["split", "branches", "branches_seen", "chains", "chains_seen", "as_named"]]


def make_twin(study: Study) -> None:
    """Write the hotels' twin unless it is there, whole; a second process that wants it waits for the first."""
    folder, given = study.hotel_pictures, study.hotels
    with locked(folder / ".lock"):
        if not (folder / "twin.json").exists():
            hotel_pictures.write(hotel_pictures.Settings(given.scale, given.seed, given.pixels), folder)


def truth(study: Study) -> pd.DataFrame:
    """What the twin knows of its pictures: `image` (index), `place, chain, source, room`."""
    folder = study.hotel_pictures
    path, remedy = folder / "truth" / "pictures.csv", f"Remove {folder}: it is made anew."
    return tables.read(path, HotelTwinPictures, remedy).set_index("image")


def sheet(
    study: Study, found: HotelPictures, chains: int = 3, each: int = 3
) -> tuple[list[list[np.ndarray]], list[str]]:
    """Pictures of the chains with most branches, a picture of each of `each` branches and another of the same ones, a row a chain; and the rows' names."""
    known = found.splits[(found.splits["split"] == "Total") & found.splits["chain"].notna()]
    largest = known.groupby("chain")["branch"].nunique().sort_values(ascending=False, kind="stable").index[:chains]
    shown, side = found.array(study.hotels.image_pixels, study.cache), []
    for chain in largest:
        here = known[known["chain"] == chain].groupby("branch")["image"]
        names = [name for _, images in list(here)[:each] for name in images.head(2)]
        side.append([shown[row] for row in np.searchsorted(found.names, names)])
    return side, [f"chain {number + 1}" for number in range(len(side))]


def _check_labels(splits: pd.DataFrame) -> None:
    """Published splits with which nothing could be linked fairly are an error; what else they break, chapter 40 counts."""
    total = splits[["branch", "chain"]].drop_duplicates()
    if total["branch"].duplicated().any():
        raise DataError(
            f"{total['branch'].duplicated().sum()} branches have two chains in the split files. Correct them, or give the "
            "pictures as a collection (hotels.source: collected), which is cleaned."
        )
    for train, held_out in (
        ("Trainval", published_splits.TESTS),
        ("Train", [*published_splits.VALIDATIONS, *published_splits.TESTS]),
    ):
        twice = splits.loc[splits["split"].isin([train, *held_out]), "image"].duplicated()
        if twice.any():
            raise DataError(
                f"{int(twice.sum())} pictures of the split files are in two splits of {train}, {', '.join(held_out)}, so that what is asked of a model would be "
                "trained on, or asked twice. Correct them."
            )


def _usable(
    table: pd.DataFrame, found: dict[str, image_files.PictureFile], folder: Path
) -> tuple[pd.DataFrame, pd.DataFrame]:
    table = table.assign(problem=table["image"].map({name: file.problem for name, file in found.items()}))
    usable = table["problem"] == ""
    if not usable.any():
        raise DataError(
            f"{folder}: none of the {table['image'].nunique()} pictures that the files name can be used ({table['problem'].iloc[0]}). Their paths are "
            "taken as below this folder (hotels.folder)."
        )
    rows = [
        {"finding": f"left out: {problem}", "cases": here["image"].nunique(), "rows": len(here)}
        for problem, here in table[~usable].groupby("problem")
    ]
    return table[usable].drop(columns="problem").reset_index(drop=True), pd.DataFrame(rows, columns=FINDINGS)


def _fingerprint(splits: pd.DataFrame, found: dict[str, image_files.PictureFile]) -> str:
    digest = hashlib.sha256(splits.to_csv(index=False).encode())
    for image in sorted(splits["image"].unique()):
        digest.update(found[image].sha256.encode())
    return digest.hexdigest()
