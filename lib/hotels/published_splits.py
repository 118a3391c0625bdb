"""The published splits of the Revisited Hotels data sets: read and counted.

Source: Feizi et al., "Revisiting Hotels-50K and Hotel-ID", section 2 (Tables 1 to 3) and Appendix B.
A *branch* is one hotel, the class; a *chain* is its brand, the super-class, which may be unknown.

The **splits table** has one row for each picture in each file, so that a picture of Train is also a row of Trainval and
of Total: `split` (ordered category: its name in the paper's Table 3, see FILES), `image` (path as the file gives it),
`branch` (int64, the file's `label`) and `chain` (Int64, the file's `super_label`). An unknown chain is <NA>, so no
count of chains includes it. The paper counts so too: in Table 3 D_?? has a dash for chains, and Trainval's and D_UU's
chains add up to the Total's.
"""

from collections.abc import Collection, Hashable
from pathlib import Path

import pandas as pd

from lib.core import tables
from lib.core.errors import DataError
from lib.core.schemas import HotelSplitFile

FILES = {
    "train": "Train",
    "trainval": "Trainval",
    "val1": "D_SS val",
    "test1": "D_SS",
    "val2": "D_SU val",
    "test2": "D_SU",
    "val3": "D_UU val",
    "test3": "D_UU",
    "test4": "D_??",
    "all": "Total",
}
"""File stem → the split's name in Tables 2 and 3, in their order."""

SEEN = ["D_SS", "D_SU", "D_UU"]
"""The tests that are named by what was seen of them, in the order in which the paper expects them to get harder."""
TESTS = [*SEEN, "D_??"]
VALIDATIONS = ["D_SS val", "D_SU val", "D_UU val"]

REFERENCE = dict.fromkeys(VALIDATIONS, "Train") | dict.fromkeys(TESTS, "Trainval")
"""The training set that "seen" refers to: validation splits are cut from Trainval, what is left is Train."""

HOW_TO_GET = (
    "The split files are published by the paper's authors in github.com/aarashfeizi/revisited-hotels: "
    "clone it and give, as the parameter `folder`, the folder that holds one data set's "
    + ", ".join(f"{stem}.csv" for stem in FILES)
    + "."
)


def read_splits(folder: str | Path, unknown_chain: int = 0, partial: bool = False) -> pd.DataFrame:
    """The splits table of a data set's ten split files; partial: of those of them that are there, one or more.

    unknown_chain: the code that `super_label` has for an unknown chain, 0 in Hotel-ID's files; see `unknown_chains`.
    Raises DataError if the folder or a file is missing, or a file is not as published.
    """
    rows = _read_files(folder, partial)
    splits = _labelled(rows, _unknown(rows, unknown_chain))
    splits.insert(0, "split", pd.Categorical(rows["split"], categories=list(FILES.values()), ordered=True))
    return splits


def unknown_chains(folder: str | Path, unknown_chain: int = 0) -> list[int]:
    """The codes of `super_label` that stand for an unknown chain, sorted.

    That is `unknown_chain`; but where D_?? has no picture of that code, it is every code that D_?? has. In the files of
    Hotels-50K each branch of unknown chain has a code of its own, and 0 is a known chain. Raises DataError as
    `read_splits` does.
    """
    return _unknown(_read_files(folder, partial=True), unknown_chain)


def missing(splits: pd.DataFrame) -> dict[str, str]:
    """The splits of which the table has no row, in their order, with the files that would hold them."""
    there = set(splits["split"])
    return {name: f"{stem}.csv" for stem, name in FILES.items() if name not in there}


def _read_files(folder: str | Path, partial: bool) -> pd.DataFrame:
    """The files' rows (image, label, super_label) and their `split`."""
    if not str(folder):
        raise DataError(f"No folder of hotel splits was given. {HOW_TO_GET}")
    folder = Path(folder).expanduser()
    if not folder.is_dir():
        raise DataError(f"There is no folder of hotel splits at {folder}. {HOW_TO_GET}")
    paths = {name: folder / f"{stem}.csv" for stem, name in FILES.items()}
    there = {name: path for name, path in paths.items() if path.is_file()}
    if not there or (len(there) < len(paths) and not partial):
        lacks = ", ".join(path.name for name, path in paths.items() if name not in there)
        raise DataError(f"The folder {folder} lacks {lacks}. {HOW_TO_GET}")
    return pd.concat([_read_file(path).assign(split=name) for name, path in there.items()], ignore_index=True)


def _unknown(rows: pd.DataFrame, unknown_chain: int) -> list[int]:
    """`unknown_chains` of the rows of files."""
    if not isinstance(unknown_chain, int):
        raise DataError(f"`unknown_chain` is {unknown_chain!r}, but chains are coded by whole numbers: give one.")
    codes = rows.loc[rows["split"] == "D_??", "super_label"].unique()
    return sorted(map(int, codes)) if len(codes) and unknown_chain not in codes else [unknown_chain]


def read_collection(folder: str | Path, unknown_chain: int = 0) -> pd.DataFrame:
    """Pictures as they were collected, before cleaning and splitting: `image, branch, chain` of every row of the CSV
    files in `folder` (such as the original train and test sets). Raises DataError when there is none, or one is not as
    split files are."""
    folder = Path(folder).expanduser()
    paths = sorted(folder.glob("*.csv"))
    if not paths:
        columns = ", ".join(HotelSplitFile.to_schema().columns)
        raise DataError(f"{folder}: there is no CSV file of hotel pictures (columns {columns}).")
    return _labelled(pd.concat([_read_file(path) for path in paths], ignore_index=True), [unknown_chain])


def _labelled(rows: pd.DataFrame, unknown: Collection[int]) -> pd.DataFrame:
    chain = rows["super_label"].astype("Int64")
    chain = chain.mask(chain.isin(unknown))
    return pd.DataFrame({"image": rows["image"], "branch": rows["label"], "chain": chain})


def _read_file(path: Path) -> pd.DataFrame:
    """One split file: image, label, super_label."""
    frame = tables.read(path, HotelSplitFile, f"Correct it, or fetch it again. {HOW_TO_GET}")
    if frame.empty:
        raise DataError(f"{path} has a header but no rows. Fetch it again. {HOW_TO_GET}")
    return frame


def split_sizes(splits: pd.DataFrame) -> pd.DataFrame:
    """Tables 2 and 3, and what they leave out: one row a split, in the paper's order; all counts.

    Columns: split; images, branches, chains (known ones); images_of_unknown_chain; fewest, median, most (images a
    branch); reference (the training set that "seen" means, none for training sets); branches_in_train,
    branches_in_trainval, chains_in_train, chains_in_trainval (how many of this split's that training set has too; no
    such column where it isn't there).
    """
    branches, chains = members(splits, "branch"), members(splits, "chain")
    trains = [train for train in ("Train", "Trainval") if train in branches]
    rows = []
    for name, part in splits.groupby("split", observed=True):
        images_a_branch = part["branch"].value_counts()
        rows.append(
            {
                "split": name,
                "images": len(part),
                "branches": len(branches[name]),
                "chains": len(chains[name]),
                "images_of_unknown_chain": part["chain"].isna().sum(),
                "fewest": images_a_branch.min(),
                "median": images_a_branch.median(),
                "most": images_a_branch.max(),
                "reference": REFERENCE.get(name, ""),
                **{f"branches_in_{train.lower()}": len(branches[name] & branches[train]) for train in trains},
                **{f"chains_in_{train.lower()}": len(chains[name] & chains[train]) for train in trains},
            }
        )
    return pd.DataFrame(rows)


def members(splits: pd.DataFrame, column: str) -> dict[str, set[Hashable]]:
    """Split → the set of its known values in `column`."""
    return {name: set(part[column].dropna()) for name, part in splits.groupby("split", observed=True)}
