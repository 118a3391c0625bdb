"""The published hotel splits beside the paper: its tables of sizes, its figures of class sizes, and which files and
codes these are, in words.

Source: Feizi et al., "Revisiting Hotels-50K and Hotel-ID", section 2 (Tables 1 to 3) and Appendix B. A splits table is
that of `lib.hotels.published_splits`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

import pandas as pd

from lib.core.errors import DataError
from lib.hotels.published_splits import FILES, TESTS, missing

TABLES = {"Revisited Hotels-50K": 2, "Revisited Hotel-ID": 3}
"""Data set, as Table 1 names it → the number of the table that prints its splits."""

SECTION_2_1 = pd.DataFrame(
    {"system": "Revisited Hotel-ID", "metric": ["Images", "Branches", "Chains"], "mean": [97_553, 7_769, 86]}
)
"""What section 2.1 says of Hotel-ID in words, in the form of a published table. The revised data set has the same
images and branches, by Table 1."""

UNKNOWN_FOLDER = "-1"
"""The folder of pictures of unknown chain where paths name the chain: the authors' code for it (create_splits.ipynb,
cell 0)."""


def files_in_words(folder: str | Path, splits: pd.DataFrame) -> str:
    """Which of the ten files are there, and what else is in their folder, in sentences."""
    lacks = missing(splits)
    others = sorted(path.name for path in Path(folder).expanduser().glob("*.csv") if path.stem not in FILES)
    sentence = f"{len(FILES) - len(lacks)} of {len(FILES)} split files are here"
    if lacks:
        sentence += (
            f"; {', '.join(lacks.values())} ({', '.join(lacks)}) are not, so that what needs them is not testable"
        )
    if others:
        sentence += f". Not read, since no split of the paper's tables is in them: {', '.join(others)}"
    return f"{sentence}."


def without(splits: pd.DataFrame, what: str, needs: Iterable[str]) -> str:
    """That `what` can't be told for want of the files of these splits, in a sentence; nothing if all are there."""
    lacks = missing(splits)
    absent = [lacks[split] for split in needs if split in lacks]
    return f"{what} can't be told here without {', '.join(absent)}." if absent else ""


def unknown_in_words(splits: pd.DataFrame, codes: Sequence[int], unknown_chain: int) -> str:
    """Which codes count as unknown chains (`lib.hotels.published_splits.unknown_chains`), and what paths say."""
    if unknown_chain in codes:
        return f"The code of an unknown chain is {unknown_chain}."
    pictures = splits.drop_duplicates("image")
    apart = pictures["image"].isin(splits.loc[splits["split"] == "D_??", "image"])
    in_folder = pd.Series([UNKNOWN_FOLDER in Path(image).parts for image in pictures["image"]], pictures.index)
    return (
        f"No picture of D_?? has the code {unknown_chain}, so every code that D_?? has is taken as an unknown chain: "
        f"{len(codes):,} codes of {pictures.loc[apart, 'branch'].nunique():,} branches. That D_?? has unknown chains "
        f"only is then true by construction. By their paths {in_folder[apart].sum():,} of its {apart.sum():,} "
        f"pictures, and {in_folder[~apart].sum():,} of {(~apart).sum():,} others, lie in a folder {UNKNOWN_FOLDER}."
    )


def train_in_words(sizes: pd.DataFrame) -> str:
    """What names of splits don't say to a model of Train alone. sizes: as `split_sizes` gives them."""
    if not {"branches_in_train", "branches_in_trainval"} <= set(sizes):
        return "What a model of Train alone has seen can't be told here without both train.csv and trainval.csv."
    test = sizes.set_index("split").loc[TESTS]
    unseen = test["branches_in_trainval"] - test["branches_in_train"]
    unseen_chains = test["chains_in_trainval"] - test["chains_in_train"]
    return (
        f"For a model trained on Train alone, {unseen['D_SS']:,} of the {test.loc['D_SS', 'branches']:,} branches of "
        f"D_SS are not seen ({unseen['D_SS'] / test.loc['D_SS', 'branches']:.0%}), nor are {unseen_chains['D_SS']} of "
        f"its {test.loc['D_SS', 'chains']} chains; of D_SU's {test.loc['D_SU', 'chains']} chains "
        f"{unseen_chains['D_SU']} are not seen."
    )


def listed(splits: pd.DataFrame) -> pd.DataFrame:
    """Every picture of Total; without that file every picture of the others. `image, branch, chain`."""
    rows = splits[splits["split"] == "Total"] if "Total" not in missing(splits) else splits.drop_duplicates("image")
    return rows[["image", "branch", "chain"]]


def class_sizes(splits: pd.DataFrame, width: int = 5) -> pd.DataFrame:
    """Figures 6 and 7 as a table: split, images_from (first of `width` sizes), branches (of such sizes)."""
    sizes = splits.groupby(["split", "branch"], observed=True).size()
    counts = (sizes // width * width).groupby("split", observed=True).value_counts()
    table = counts.rename_axis(["split", "images_from"]).rename("branches").reset_index()
    return table.sort_values(["split", "images_from"], ignore_index=True)


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


def compared_in_words(table: pd.DataFrame) -> str:
    """What `compare` comes to: how many figures are equal, and each that differs."""
    printed = table[table["verdict"].isin(["equal", "differs"])]
    differing = printed[printed["verdict"] == "differs"]
    return f"of {len(printed)} figures {len(printed) - len(differing)} are equal to ours" + "".join(
        f"; {row.quantity} of {row.place}: {row.published:,}, ours {row.ours:,}" for row in differing.itertuples()
    )
