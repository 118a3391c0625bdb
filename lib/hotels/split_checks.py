"""The published hotel splits beside the paper: its tables of sizes, its figures of class sizes, and what it promises.

Source: Feizi et al., "Revisiting Hotels-50K and Hotel-ID", section 2 (Tables 1 to 3) and Appendix B. A splits table is
that of `lib.hotels.published_splits`.
"""

import pandas as pd

from lib.core.errors import DataError

TABLES = {"Revisited Hotels-50K": 2, "Revisited Hotel-ID": 3}
"""Data set, as Table 1 names it → the number of the table that prints its splits."""

SECTION_2_1 = pd.DataFrame(
    {"system": "Revisited Hotel-ID", "metric": ["Images", "Branches", "Chains"], "mean": [97_553, 7_769, 86]}
)
"""What section 2.1 says of Hotel-ID in words, in the form of a published table. The revised data set has the same
images and branches, by Table 1."""


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
