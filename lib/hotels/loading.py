"""A study's hotel pictures with their splits: the twin, made on the way if it is not there yet, or the user's own."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
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


@dataclass(frozen=True)
class HotelPictures:
    """splits: the splits table (`lib.hotels.published_splits`), of pictures that are there; findings: `finding, cases,
    rows`, what was mended or left out; fingerprint: of the pictures' bytes, labels and splits; files: by their
    names."""

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
        """All pictures (n, pixels, pixels, 3) uint8, in the order of `names`. Raises DataError as
        `lib.data.image_arrays.as_array` does."""
        paths, digests = _paths_and_digests(self.names, self.files)
        return image_arrays.as_array(paths, pixels, cache, self.fingerprint, digests)


def read(study: Study) -> HotelPictures:
    """The study's hotel pictures. Raises DataError when there are no usable ones.

    Pictures that are missing, damaged or outside the folder are left out and counted. Of a collection, and of the twin,
    pictures are first cleaned (`lib.hotels.cleaning`, by look, and without branches of one picture) and split
    (`lib.hotels.splitting`); published splits are taken as they are.
    """
    settings, folder = study.hotels, study.hotel_pictures
    if settings.source == "splits":
        if study.hotel_folder is None:
            raise DataError(
                f"{study.name}: hotels.source is splits, and no folder of them is given. {published_splits.HOW_TO_GET}"
            )
        splits = published_splits.read_splits(study.hotel_folder, settings.unknown_chain)
        _check_labels(splits)
    else:
        if settings.source == "twin":
            make_twin(study)
        unknown_chain = settings.unknown_chain if settings.source == "collected" else 0
        splits = published_splits.read_collection(folder, unknown_chain)
    files = image_files.inspect(folder, splits["image"].unique(), study.cache, decode=settings.source != "twin")
    splits, findings = _usable(splits, files, folder)
    if settings.source != "splits":
        paths, digests = _paths_and_digests(splits["image"], files)
        keys = cleaning.by_look(paths, study.cache, _fingerprint(splits, files), digests)
        cleaned, mended = cleaning.clean(splits, keys)
        linkable, lone = cleaning.without_lone(cleaned)
        splits = splitting.split(linkable, seed=settings.split_seed)
        findings = pd.concat([findings, mended, lone], ignore_index=True)
    fingerprint = _fingerprint(splits, files)
    data_state.note_fingerprint(study.hotels_identity, fingerprint, folder)
    return HotelPictures(splits, findings, folder, fingerprint, files)


SEEN = {"branches": ["D_SS"], "chains": ["D_SS", "D_SU"]}
"""The tests whose branches, and whose known chains, are in the training set by what their names say (section 2.2)."""


def seen(splits: pd.DataFrame, train: str) -> pd.DataFrame:
    """What a model of the split `train` has seen of each test: `split, branches, branches_seen, chains, chains_seen`
    (counts; known chains), and `as_named`, whether that is what the split's name says: all of them or none."""
    sizes = published_splits.split_sizes(splits)
    sizes = sizes[sizes["split"].isin(published_splits.TESTS)]
    table = sizes[["split", "branches", "chains"]].astype({"split": str}).assign(as_named=True)
    for unit, tests in SEEN.items():
        table[f"{unit}_seen"] = sizes[f"{unit}_in_{train.lower()}"]
        table["as_named"] &= table[f"{unit}_seen"] == sizes[unit].where(table["split"].isin(tests), 0)
    return table[["split", "branches", "branches_seen", "chains", "chains_seen", "as_named"]]


def make_twin(study: Study) -> None:
    """Write the hotels' twin unless it is there; a second process that wants it waits for the first."""
    folder, hotels = study.hotel_pictures, study.hotels
    with locked(folder / ".lock"):
        if not (folder / "twin.json").exists():
            hotel_pictures.write(hotel_pictures.Settings(hotels.scale, hotels.seed, hotels.pixels), folder)


def truth(study: Study) -> pd.DataFrame:
    """What the twin knows of its pictures: `image` (index), `place, chain, source, room`."""
    folder = study.hotel_pictures
    remedy = f"Remove {folder}: it is made anew."
    return tables.read(folder / "truth" / "pictures.csv", HotelTwinPictures, remedy).set_index("image")


def sheet(study: Study, hotels: HotelPictures) -> tuple[list[list[np.ndarray]], list[str]]:
    """Pictures of the three chains with most branches, two of each of three branches, a row a chain; and the rows'
    names."""
    known = hotels.splits[(hotels.splits["split"] == "Total") & hotels.splits["chain"].notna()]
    largest = known.groupby("chain")["branch"].nunique().sort_values(ascending=False, kind="stable").index[:3]
    array, rows = hotels.array(study.hotels.image_pixels, study.cache), []
    for chain in largest:
        branches = known[known["chain"] == chain].groupby("branch")["image"]
        names = [name for _, images in list(branches)[:3] for name in images.head(2)]
        rows.append([array[row] for row in np.searchsorted(hotels.names, names)])
    return rows, [f"chain {number + 1}" for number in range(len(rows))]


def _check_labels(splits: pd.DataFrame) -> None:
    """Raises DataError for published splits with which nothing could be linked fairly; what else they break, chapter 40
    counts."""
    total = splits[["branch", "chain"]].drop_duplicates()
    if total["branch"].duplicated().any():
        raise DataError(
            f"{total['branch'].duplicated().sum()} branches have two chains in the split files. Correct them, or give "
            "the pictures as a collection (hotels.source: collected), which is cleaned."
        )
    tests, validations = published_splits.TESTS, published_splits.VALIDATIONS
    for train, held_out in (("Trainval", tests), ("Train", [*validations, *tests])):
        twice = splits.loc[splits["split"].isin([train, *held_out]), "image"].duplicated()
        if twice.any():
            raise DataError(
                f"{int(twice.sum())} pictures of the split files are in two splits of {train}, "
                f"{', '.join(held_out)}, so that what is asked of a model would be trained on, or asked twice. Correct "
                "them."
            )


def _usable(
    table: pd.DataFrame, files: dict[str, image_files.PictureFile], folder: Path
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The rows whose pictures can be used, and `finding, cases, rows` of the others."""
    table = table.assign(problem=table["image"].map({name: file.problem for name, file in files.items()}))
    usable = table["problem"] == ""
    if not usable.any():
        raise DataError(
            f"{folder}: none of the {table['image'].nunique()} pictures that the files name can be used "
            f"({table['problem'].iloc[0]}). Their paths are taken as below this folder (hotels.folder)."
        )
    rows = [
        (f"left out: {problem}", left_out["image"].nunique(), len(left_out))
        for problem, left_out in table[~usable].groupby("problem")
    ]
    findings = pd.DataFrame(rows, columns=["finding", "cases", "rows"])
    return table[usable].drop(columns="problem").reset_index(drop=True), findings


def _paths_and_digests(names: Iterable[str], files: dict[str, image_files.PictureFile]) -> tuple[list[Path], list[str]]:
    named = [files[name] for name in names]
    return [file.path for file in named], [file.sha256 for file in named]


def _fingerprint(splits: pd.DataFrame, files: dict[str, image_files.PictureFile]) -> str:
    digest = hashlib.sha256(splits.to_csv(index=False).encode())
    for image in sorted(splits["image"].unique()):
        digest.update(files[image].sha256.encode())
    return digest.hexdigest()
