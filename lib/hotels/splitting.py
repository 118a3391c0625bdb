"""Hotel pictures into splits by what was seen in training: the branch, its chain alone, or neither (Revisited Hotels,
Appendix B.1).

The published files show what the appendix leaves open: t1 is 8 and t2 is 2 (3 for validation), the count of held-out
images of a branch is drawn evenly from t2 to a fifth of its images, and where a fifth is less than t2 it is t2;
validation is cut from Trainval by the same steps as the tests from all.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from lib.core.errors import DataError
from lib.hotels.published_splits import FILES, TABLES, invariants, split_sizes


@dataclass(frozen=True)
class Plan:
    """How large splits are. Of Hotel-ID's images with a known chain the published D_UU and D_SU hold a seventh each,
    and so do the validation splits of Trainval's."""

    new_chains: float = 1 / 7  # share of images whose chain is held out
    new_branches: float = 1 / 7  # share of images whose branch is held out, of chains that are not
    least: int = 8  # t1: images of a branch that some are held out of
    fewest: int = 2  # t2: images held out of a branch, at least
    fewest_in_validation: int = 3
    part: int = 5  # at most a fifth of a branch's images, where that is `fewest` or more
    tolerance: float = 0.1  # a split's distance from its target, as a share of it, where chains and branches allow it

    def __post_init__(self) -> None:
        if not 0 < self.new_chains + self.new_branches < 1 or self.part < 2:
            raise DataError(
                "Shares of new chains and new branches must leave images to train on, and `part` be 2 or more."
            )
        if not 0 < max(self.fewest, self.fewest_in_validation) < self.least:
            raise DataError(
                "`least` must be larger than what is held out of a branch at least, or nothing is left to train on."
            )


def split(pictures: pd.DataFrame, plan: Plan = Plan(), seed: int = 0) -> pd.DataFrame:
    """The splits table (`lib.hotels.published_splits`) of cleaned pictures: `image` (unique), `branch`, `chain` (<NA>
    where unknown), one row each.

    Raises DataError when a branch has two chains, or there are too few chains or branches to hold any out.
    """
    _check(pictures)
    generator = np.random.default_rng(seed)
    known = pictures[pictures["chain"].notna()]
    parts = {"D_??": pictures[pictures["chain"].isna()], "Total": pictures}
    parts["D_SS"], parts["D_SU"], parts["D_UU"], trainval = _cut(known, plan, plan.fewest, generator)
    validation = _cut(trainval, plan, plan.fewest_in_validation, generator)
    parts["D_SS val"], parts["D_SU val"], parts["D_UU val"], parts["Train"] = validation
    parts["Trainval"] = trainval
    names = list(FILES.values())
    splits = pd.concat([parts[name].assign(split=name) for name in names], ignore_index=True)
    splits["split"] = pd.Categorical(splits["split"], categories=names, ordered=True)
    return splits[["split", "image", "branch", "chain"]]


def repeated(splits: pd.DataFrame, seeds: Iterable[int], plan: Plan = Plan()) -> list[pd.DataFrame]:
    """The pictures of a splits table split anew, once a seed."""
    pictures = splits.loc[splits["split"] == "Total", ["image", "branch", "chain"]]
    return [split(pictures, plan, seed) for seed in seeds]


def compared(again: Sequence[pd.DataFrame], sizes: pd.DataFrame) -> pd.DataFrame:
    """Sizes of splits made anew beside those of the files (`lib.hotels.published_splits.split_sizes`): `split,
    quantity, published, mean, least, most, off` (the mean's distance, as a share of the published)."""
    names, key = ["images", "branches", "chains"], ["split", "quantity"]
    ours = pd.concat([split_sizes(splits).melt("split", names, "quantity") for splits in again])
    ours = ours.astype({"value": float}).groupby(key, sort=False, observed=True)["value"]
    theirs = sizes.melt("split", names, "quantity", "published").set_index(key).astype(float)
    table = ours.agg(mean="mean", least="min", most="max").join(theirs).reset_index()
    table["off"] = (table["mean"] - table["published"]) / table["published"].where(table["published"] > 0)
    return table[["split", "quantity", "published", "mean", "least", "most", "off"]]


def kept(again: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """In how many of the splits each of the paper's sentences holds (`lib.hotels.published_splits.invariants`):
    `invariant, place, holds, of`."""
    checked = pd.concat([invariants(splits) for splits in again])
    return checked.groupby(["invariant", "place"], sort=False)["holds"].agg(holds="sum", of="size").reset_index()


def in_words(own: pd.DataFrame, held: pd.DataFrame) -> str:
    """What `compared` and `kept` come to, in a sentence: of each unit the split that is furthest off."""
    worst = own.loc[own["off"].abs().groupby(own["quantity"], sort=False).idxmax()]
    furthest = ", ".join(f"{row.off:+.0%} in {row.quantity} ({row.split})" for row in worst.itertuples())
    broken = held[held["holds"] < held["of"]]
    sentences = "; ".join(f"“{row.invariant}” holds in {row.holds} of {row.of}" for row in broken.itertuples())
    sentences = sentences or "every sentence holds in all of them"
    return f"mean sizes are off the published ones by at most {furthest}, and {sentences}"


FIGURES = {"Revisited Hotels-50K": (4, 5), "Revisited Hotel-ID": (6, 7)}
"""Class sizes of Trainval and of the evaluation splits, by the data set that they are of (B.2)."""


def elsewhere(dataset: str) -> str:
    """Which table and figures of splits are of a data set other than this one, in a sentence."""
    return "; ".join(
        f"Table {TABLES[other]} and Figures {' and '.join(map(str, FIGURES[other]))} are of {other}, whose files these "
        "are not: not testable here"
        for other in TABLES
        if other != dataset
    )


def _check(pictures: pd.DataFrame) -> None:
    chains = pictures.drop_duplicates(["branch", "chain"])
    twice = chains[chains.duplicated("branch", keep=False)]
    if len(twice):
        raise DataError(
            f"{twice['branch'].nunique()} branches have more than one chain; clean the pictures first "
            "(lib.hotels.cleaning)."
        )
    if pictures["image"].duplicated().any():
        raise DataError("A picture stands there twice; clean the pictures first (lib.hotels.cleaning).")


def _cut(pictures: pd.DataFrame, plan: Plan, fewest: int, generator: np.random.Generator) -> tuple[pd.DataFrame, ...]:
    """Seen branches' held-out pictures, new branches of seen chains, new chains, and what is left to train on."""
    target = len(pictures)
    chains = _drawn(pictures.groupby("chain").size(), plan.new_chains * target, plan.tolerance, generator)
    unseen = pictures["chain"].isin(chains)
    rest = pictures[~unseen]
    sizes = rest.groupby("branch").size()
    chain_of = rest.drop_duplicates("branch").set_index("branch")["chain"]
    branches = _drawn(sizes, plan.new_branches * target, plan.tolerance, generator, chain_of)
    new = rest["branch"].isin(branches)
    left = rest[~new]
    held = _some_of_each(left, plan, fewest, generator)
    return left[held], rest[new], pictures[unseen], left[~held]


def _drawn(
    sizes: pd.Series,
    target: float,
    tolerance: float,
    generator: np.random.Generator,
    chain_of: pd.Series | None = None,
) -> list[int]:
    """Random groups (index) whose `sizes` add up to about the target; with `chain_of` never the last branch of a chain.

    In random order each is taken that doesn't go beyond the target by more than the tolerance, until the target is
    reached.
    """
    taken, total, left = [], 0, {} if chain_of is None else chain_of.value_counts()
    for group in generator.permutation(sizes.index.to_numpy()):
        if total >= target:
            break
        if total + sizes[group] > target * (1 + tolerance):
            continue
        if chain_of is not None:
            if left[chain_of[group]] == 1:
                continue
            left[chain_of[group]] -= 1
        taken.append(group)
        total += sizes[group]
    if not taken or len(taken) == len(sizes):
        what = "chains" if chain_of is None else "branches"
        raise DataError(
            f"No {what} can be held out: there are {len(sizes)}, and each is too large or none would be left."
        )
    return taken


def _some_of_each(pictures: pd.DataFrame, plan: Plan, fewest: int, generator: np.random.Generator) -> np.ndarray:
    """Which pictures are held out of branches that are trained on, (n,) bool."""
    _, place, sizes = np.unique(pictures["branch"], return_inverse=True, return_counts=True)
    most = np.maximum(sizes // plan.part, fewest)
    count = np.where(sizes >= plan.least, generator.integers(fewest, most + 1), 0)
    rank = pd.Series(generator.random(len(pictures))).groupby(place).rank(method="first")
    return np.asarray(rank <= count[place])
