"""The published hotel splits beside the paper: its tables of sizes, its figures of class sizes, and what it promises.

Source: Feizi et al., "Revisiting Hotels-50K and Hotel-ID", section 2 (Tables 1 to 3) and Appendix B. A splits table is
that of `lib.hotels.published_splits`.
"""

from collections import Counter
from collections.abc import Hashable, Sized

import pandas as pd

from lib.core.errors import DataError
from lib.hotels.published_splits import TESTS, VALIDATIONS, members

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


def invariants(splits: pd.DataFrame) -> pd.DataFrame:
    """What the paper says of its splits, each sentence checked on the files.

    One row a sentence: invariant, unit (of what is counted), checked, violations (both counts of units), holds, and
    place: where the paper says it ("read loosely" is our reading); "implied" if no split or linking task could do
    without it; "by analogy" if said of the tests only. No example is given: a path or an id stays in the files.
    """
    pictures, branches, chains = (members(splits, column) for column in ("image", "branch", "chain"))
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


def _shared(members: dict[str, set[Hashable]], names: list[str]) -> set[Hashable]:
    """The values which more than one of the named splits has."""
    counts = Counter(value for name in names for value in members[name])
    return {value for value, splits in counts.items() if splits > 1}
