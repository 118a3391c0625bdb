"""What each rule of the authors' script for hotel splits changes, by labels alone.

create_splits.ipynb, cells 14 and 30: branches of one picture are left out, and chains and branches drawn again until
the ratio of images is met.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np
import pandas as pd

from lib.hotels import cleaning, own_splits, splitting
from lib.twin import hotel_pictures

ONCE = splitting.Plan(margin=np.inf)
"""The first draw counts, whatever its ratio of images."""
RULES: list[tuple[str, bool, splitting.Plan]] = [
    ("every branch, drawn once", False, ONCE),
    ("without branches of one picture", True, ONCE),
    ("and drawn until the ratio is met", True, splitting.Plan()),
]
"""Name, whether branches of one picture are left out, and the plan: each rule with those above it."""
SPLITS = ["Trainval", "D_SU", "D_UU", "D_??"]
"""That may hold a branch of one picture, or are drawn."""


def twin_listing(scale: float, seed: int = 1111) -> pd.DataFrame:
    """The hotels' twin as collected and cleaned, a row a picture: `image, branch, chain`.

    No picture is drawn: what is listed twice is found by what the twin knows. Looks find the same places in its
    pictures, and take one picture in 200 for another of its room. Raises DataError as
    `lib.twin.hotel_pictures.Settings` does.
    """
    listed = hotel_pictures.listing(hotel_pictures.Settings(scale=scale, seed=seed))
    chain = listed["super_label"].astype("Int64").replace(0, pd.NA)
    table = pd.DataFrame({"image": listed["image"], "branch": listed["label"], "chain": chain})
    return cleaning.clean(table, listed["copy_of"].where(listed["copy_of"] != "", listed["image"]))[0]


def effects(collections: Mapping[str, pd.DataFrame], seeds: Iterable[int]) -> pd.DataFrame:
    """Splits of cleaned pictures (`image, branch, chain`) under each of RULES, over seeds; a row a split.

    data (the collection's name); rule; split; images, branches (means over seeds) with `least` and `most`; lone
    (branches of one picture, mean); ratio_least, ratio_most (`lib.hotels.own_splits.ratios`, of splits that are drawn)
    and met, in how many `of` the seeds it was within the margin of 0.05. Raises DataError as
    `lib.hotels.splitting.split` does.
    """
    seeds, tables = list(seeds), []
    for data, pictures in collections.items():
        for rule, leave_out, plan in RULES:
            kept = cleaning.without_lone(pictures)[0] if leave_out else pictures
            sizes = pd.concat([_sizes(splits) for splits in splitting.repeated(kept, seeds, plan)])
            by_split = sizes.groupby(level="split", sort=False).agg(
                images=("images", "mean"),
                images_least=("images", "min"),
                images_most=("images", "max"),
                branches=("branches", "mean"),
                branches_least=("branches", "min"),
                branches_most=("branches", "max"),
                lone=("lone", "mean"),
                ratio_least=("ratio", "min"),
                ratio_most=("ratio", "max"),
                met=("met", lambda met: met.sum(min_count=1)),
            )
            tables.append(by_split.reset_index().assign(of=len(seeds)).assign(data=data, rule=rule))
    table = pd.concat(tables, ignore_index=True)
    return table[["data", "rule", *table.columns.drop(["data", "rule"])]]


def in_words(changed: pd.DataFrame) -> str:
    """What `effects` come to: a sentence for each collection."""
    sentences = []
    for data, table in changed.groupby("data", sort=False):
        first, _, last = (table[table["rule"] == rule].set_index("split") for rule, _, _ in RULES)
        once, again = first.loc["D_UU"], last.loc["D_UU"]
        drawn = [
            f"{row['images_least']:,} to {row['images_most']:,} images, {row['branches_least']:,} to "
            f"{row['branches_most']:,} branches, the ratio met with {row['met']:g} of {row['of']} seeds"
            for row in (once, again)
        ]
        sentences.append(
            f"{data}: branches of one picture {first['lone'].sum():g}; D_UU drawn once: {drawn[0]}; until the ratio is "
            f"met: {drawn[1]}."
        )
    return " ".join(sentences)


def _sizes(splits: pd.DataFrame) -> pd.DataFrame:
    """`images, branches, lone, ratio, met` (the last two missing where no ratio is asked for) of SPLITS (index)."""
    counts = splits.groupby(["split", "branch"], observed=True).size().rename("images").reset_index("branch")
    of_split = counts.groupby(level="split", observed=True)["images"]
    table = of_split.agg(images="sum", branches="size", lone=lambda images: (images == 1).sum())
    asked = own_splits.ratios(splits).set_index("split")[["ratio", "met"]].astype(float)
    return table.reindex(SPLITS, fill_value=0).join(asked)
