"""The published splits of the Revisited Hotels data sets: read, counted, checked, set beside the paper.

Source: Feizi et al., "Revisiting Hotels-50K and Hotel-ID", section 2 (Tables 1 to 3) and Appendix B.
A *branch* is one hotel, the class; a *chain* is its brand, the super-class, which may be unknown.

The **splits table** has one row for each picture in each file, so that a picture of Train is also a row of Trainval and
of Total: `split` (ordered category: its name in the paper's Table 3, see FILES), `image` (path as the file gives it),
`branch` (int64, the file's `label`) and `chain` (Int64, the file's `super_label`). An unknown chain is <NA>, so no
count of chains includes it. The paper counts so too: in Table 3 D_?? has a dash for chains, and Trainval's and D_UU's
chains add up to the Total's.
"""

from collections import Counter
from collections.abc import Hashable, Sized
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

TESTS = ["D_SS", "D_SU", "D_UU", "D_??"]
VALIDATIONS = ["D_SS val", "D_SU val", "D_UU val"]

REFERENCE = dict.fromkeys(VALIDATIONS, "Train") | dict.fromkeys(TESTS, "Trainval")
"""The training set that "seen" refers to: validation splits are cut from Trainval, what is left is Train."""

TABLES = {"Revisited Hotels-50K": 2, "Revisited Hotel-ID": 3}
"""Data set, as Table 1 names it → the number of the table that prints its splits."""

SECTION_2_1 = pd.DataFrame(
    {"system": "Revisited Hotel-ID", "metric": ["Images", "Branches", "Chains"], "mean": [97_553, 7_769, 86]}
)
"""What section 2.1 says of Hotel-ID in words, in the form of a published table. The revised data set has the same
images and branches, by Table 1."""

HOW_TO_GET = (
    "The split files are published by the paper's authors in github.com/aarashfeizi/revisited-hotels: "
    "clone it and give, as the parameter `folder`, the folder that holds one data set's "
    + ", ".join(f"{stem}.csv" for stem in FILES)
    + "."
)


def read_splits(folder: str | Path, unknown_chain: int = 0) -> pd.DataFrame:
    """The splits table of a data set's ten split files.

    unknown_chain: the code that `super_label` has for an unknown chain, 0 in Hotel-ID's files. Raises DataError if the
    folder or a file is missing, or a file is not as published.
    """
    if not isinstance(unknown_chain, int):
        raise DataError(f"`unknown_chain` is {unknown_chain!r}, but chains are coded by whole numbers: give one.")
    if not str(folder):
        raise DataError(f"No folder of hotel splits was given. {HOW_TO_GET}")
    folder = Path(folder).expanduser()
    if not folder.is_dir():
        raise DataError(f"There is no folder of hotel splits at {folder}. {HOW_TO_GET}")
    paths = {name: folder / f"{stem}.csv" for stem, name in FILES.items()}
    if missing := [path.name for path in paths.values() if not path.is_file()]:
        raise DataError(f"The folder {folder} lacks {', '.join(missing)}. {HOW_TO_GET}")
    rows = pd.concat([_read_file(path).assign(split=name) for name, path in paths.items()], ignore_index=True)
    splits = _labelled(rows, unknown_chain)
    splits.insert(0, "split", pd.Categorical(rows["split"], categories=list(FILES.values()), ordered=True))
    return splits


def read_collection(folder: str | Path, unknown_chain: int = 0) -> pd.DataFrame:
    """Pictures as they were collected, before cleaning and splitting: `image, branch, chain` of every row of the CSV
    files in `folder` (such as the original train and test sets). Raises DataError when there is none, or one is not as
    split files are."""
    folder = Path(folder).expanduser()
    paths = sorted(folder.glob("*.csv"))
    if not paths:
        columns = ", ".join(HotelSplitFile.to_schema().columns)
        raise DataError(f"{folder}: there is no CSV file of hotel pictures (columns {columns}).")
    return _labelled(pd.concat([_read_file(path) for path in paths], ignore_index=True), unknown_chain)


def _labelled(rows: pd.DataFrame, unknown_chain: int) -> pd.DataFrame:
    chain = rows["super_label"].astype("Int64").replace(unknown_chain, pd.NA)
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
    branches_in_trainval, chains_in_train, chains_in_trainval (how many of this split's that training set has too).
    """
    branches, chains = _members(splits, "branch"), _members(splits, "chain")
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
                "branches_in_train": len(branches[name] & branches["Train"]),
                "branches_in_trainval": len(branches[name] & branches["Trainval"]),
                "chains_in_train": len(chains[name] & chains["Train"]),
                "chains_in_trainval": len(chains[name] & chains["Trainval"]),
            }
        )
    return pd.DataFrame(rows)


def class_sizes(splits: pd.DataFrame, width: int = 5) -> pd.DataFrame:
    """Figures 6 and 7 as a table: split, images_from (first of `width` sizes), branches (of such sizes)."""
    sizes = splits.groupby(["split", "branch"], observed=True).size()
    counts = (sizes // width * width).groupby("split", observed=True).value_counts()
    table = counts.rename_axis(["split", "images_from"]).rename("branches").reset_index()
    return table.sort_values(["split", "images_from"], ignore_index=True)


def invariants(splits: pd.DataFrame) -> pd.DataFrame:
    """What the paper says of its splits, each sentence checked on the files.

    One row a sentence: invariant, unit (of what is counted), checked, violations (both counts of units), holds, and
    place: where the paper says it ("read loosely" is our reading); "implied" if no split or linking task could do
    without it; "by analogy" if said of the tests only. No example is given: a path or an id stays in the files.
    """
    pictures, branches, chains = (_members(splits, column) for column in ("image", "branch", "chain"))
    total = splits[["image", "branch", "chain"]].drop_duplicates()
    rows = []

    def check(place: str, unit: str, invariant: str, checked: Sized, violations: Sized) -> None:
        rows.append((invariant, place, unit, len(checked), len(violations)))

    listed = splits[splits.duplicated(["split", "image"])]
    check("implied", "pictures", "A file lists each picture once", splits, listed)
    relabelled = total[total.duplicated("image")]
    check("implied", "pictures", "A picture has the same branch and chain in every file", pictures["Total"], relabelled)
    owners = total[["branch", "chain"]].drop_duplicates()
    check("B.1", "branches", "A branch has one chain", branches["Total"], owners[owners.duplicated("branch")])
    classes = splits.groupby(["split", "branch"], observed=True).size()
    single = classes[classes < 2]
    check("implied", "branches", "A branch has two images or more in a split that has it", classes, single)

    unknown = set(splits.loc[splits["chain"].isna(), "image"])
    check("§2.2", "pictures", "D_?? has pictures of unknown chain only", pictures["D_??"], pictures["D_??"] - unknown)
    check("B.1", "pictures", "All pictures of unknown chain are in D_??", unknown, unknown - pictures["D_??"])

    for whole, train, held_out in (("Total", "Trainval", TESTS), ("Trainval", "Train", VALIDATIONS)):
        parts, (ss, su, uu, *_) = [train, *held_out], held_out
        together, new = ", ".join(parts), ", ".join(held_out[1:])
        check("implied", "pictures", f"{together} share no picture", pictures[whole], _shared(pictures, parts))
        union = set().union(*(pictures[part] for part in parts))
        check("B.1", "pictures", f"{together} make up {whole}", pictures[whole] | union, pictures[whole] ^ union)
        whole_branches = set().union(*(branches[part] for part in held_out[1:]))
        split_up = _shared(branches, parts) & whole_branches
        check("B.2", "branches", f"{new} hold all images of their branches in {whole}", whole_branches, split_up)
        check("§2.2", "branches", f"{ss}: branches are seen in {train}", branches[ss], branches[ss] - branches[train])
        check("B.1", "chains", f"{ss}: chains are seen in {train}", chains[ss], chains[ss] - chains[train])
        check("§2.2", "branches", f"{su}: branches are new to {train}", branches[su], branches[su] & branches[train])
        check("§2.2", "chains", f"{su}: chains are seen in {train}", chains[su], chains[su] - chains[train])
        check("§2.2", "branches", f"{uu}: branches are new to {train}", branches[uu], branches[uu] & branches[train])
        check("§2.2", "chains", f"{uu}: chains are new to {train}", chains[uu], chains[uu] & chains[train])
        rest = chains[whole] - chains[uu]
        check("B.1", "chains", f"{train} has all known chains of {whole} but {uu}'s", rest, rest - chains[train])

        taken = classes[ss]
        limit = (taken + classes[train].reindex(taken.index, fill_value=0)) / 5
        check("B.1", "branches", f"{ss}: a fifth of a branch's images or fewer", taken, taken[taken > limit])
        # B.1 also asks for t2 images or more, which a fifth of a small branch can't meet.
        limit = limit.clip(lower=taken.min())
        check("B.1, read loosely", "branches", f"{ss}: as before, or the split's fewest", taken, taken[taken > limit])

    table = pd.DataFrame(rows, columns=["invariant", "place", "unit", "checked", "violations"])
    table.loc[table["invariant"].str.contains(" val") & (table["place"] != "implied"), "place"] += ", by analogy"
    return table.assign(holds=table["violations"] == 0)


def table_of(dataset: str) -> int:
    """The number of the table that prints a data set's splits. Raises DataError if it has none."""
    if dataset not in TABLES:
        raise DataError(f"`dataset` is {dataset!r}, but the paper prints splits of {' and '.join(TABLES)}: give one.")
    return TABLES[dataset]


def compare(sizes: pd.DataFrame, published: pd.DataFrame, by: str = "split") -> pd.DataFrame:
    """Our images, branches and chains beside a published table's, the paper's rows first.

    sizes: as `split_sizes` gives them, `split` naming the row of the published table; by: the column of `published`
    (`lib.core.published`) that names the row, "split" in Tables 2 and 3, "system" in Table 1. Columns: place, quantity,
    published, ours, difference (ours less published), verdict: "equal", "differs", "not printed" (the paper has no
    number there) or "not testable here" (these files have no such row).
    """
    printed = published.set_index([by, "metric"])["mean"].astype("Int64")
    ours = sizes.set_index("split")[["images", "branches", "chains"]].rename(columns=str.title).stack().astype("Int64")
    table = pd.DataFrame({"published": printed, "ours": ours}, index=printed.index.union(ours.index, sort=False))
    table["difference"] = table["ours"] - table["published"]
    table["verdict"] = "differs"
    table.loc[(table["difference"] == 0).fillna(False), "verdict"] = "equal"
    table.loc[table["ours"].isna(), "verdict"] = "not testable here"
    table.loc[table["published"].isna(), "verdict"] = "not printed"
    return table.rename_axis(["place", "quantity"]).reset_index()


def _members(splits: pd.DataFrame, column: str) -> dict[str, set[Hashable]]:
    """Split → the set of its known values in `column`."""
    return {name: set(part[column].dropna()) for name, part in splits.groupby("split", observed=True)}


def _shared(members: dict[str, set[Hashable]], names: list[str]) -> set[Hashable]:
    """The values which more than one of the named splits has."""
    counts = Counter(value for name in names for value in members[name])
    return {value for value, splits in counts.items() if splits > 1}
