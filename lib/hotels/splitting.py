"""Hotel pictures into splits by what was seen in training: the branch, its chain alone, or neither (Revisited Hotels,
Appendix B.1).

The appendix says that chains and branches are drawn at random, not how many. The authors' script (create_splits.ipynb,
cell 30) holds out a fixed number of chains, then of branches, and draws them again until Train, D_SS and D_SU together
have six times the images of D_UU, and Train and D_SS five times those of D_SU, both within 0.05. It names 75 chains to
keep of 87 and 65 of 75, that is a seventh held out, rounded down; of branches a sixth. Its loop has no end. Where
chains are so few that no draw is within the margin, as in a small twin, the nearest of many counts here. And B.1's
condition that the training set has every chain that is left, which the script doesn't look at, is kept.

The published files show what else is open: t1 is 8 and t2 is 2 (3 for validation), the count of held-out images of a
branch is drawn evenly from t2 to a fifth of its images, and where a fifth is less than t2 it is t2; validation is cut
from Trainval by the same steps as the tests from all. Branches of one picture are left out before
(`lib.hotels.cleaning.without_lone`).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from lib.core.errors import DataError
from lib.hotels.published_splits import FILES


@dataclass(frozen=True)
class Plan:
    """How large splits are, and of which branches images are held out."""

    times: int = 4  # images to train on (those of D_SS besides) for one of D_SU or D_UU
    margin: float = 0.05  # how far that ratio may be off; infinite: the first draw counts
    draws: int = 10_000  # of chains or branches, at most; then the nearest one counts
    least: int = 8  # t1: images of a branch that some are held out of
    fewest: int = 2  # t2: images held out of a branch, at least
    fewest_in_validation: int = 3
    part: int = 5  # at most a fifth of a branch's images, where that is `fewest` or more

    def __post_init__(self) -> None:
        if self.times < 1 or self.part < 2 or self.draws < 1 or not self.margin > 0:
            raise DataError(
                "A plan of splits needs `times` and `draws` of 1 or more, `part` of 2 or more and a positive `margin`."
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


def repeated(pictures: pd.DataFrame, seeds: Iterable[int], plan: Plan = Plan()) -> list[pd.DataFrame]:
    """Pictures (`image, branch, chain`) split anew, once a seed."""
    return [split(pictures, plan, seed) for seed in seeds]


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
    unseen = pictures["chain"].isin(_drawn(pictures.groupby("chain").size(), plan.times + 2, plan, generator))
    rest = pictures[~unseen]
    chain_of = rest.drop_duplicates("branch").set_index("branch")["chain"]
    new = rest["branch"].isin(_drawn(rest.groupby("branch").size(), plan.times + 1, plan, generator, chain_of))
    left = rest[~new]
    held = _some_of_each(left, plan, fewest, generator)
    return left[held], rest[new], pictures[unseen], left[~held]


def _drawn(
    sizes: pd.Series, ratio: int, plan: Plan, generator: np.random.Generator, chain_of: pd.Series | None = None
) -> np.ndarray:
    """Random groups (index of `sizes`, their images): one of `ratio` + 1, rounded down, but one at least.

    They are drawn again until the others have `ratio` times their images. With `chain_of` never the last branch of a
    chain: in random order each is passed over that is. Raises DataError when no group can be drawn.
    """
    groups, images = sizes.index.to_numpy(), sizes.to_numpy()
    chains = None if chain_of is None else np.unique(chain_of[groups], return_inverse=True)[1]
    free = len(groups) - (1 if chains is None else chains.max(initial=-1) + 1)
    count = min(max(1, len(groups) // (ratio + 1)), free)
    if count < 1:
        what = "chains" if chains is None else "branches"
        raise DataError(
            f"No {what} can be held out: there are {len(groups)}, and none would be left to train on. Give more hotels."
        )
    total, nearest, off = images.sum(), np.arange(count), np.inf
    for _ in range(plan.draws):
        order = generator.permutation(len(groups))
        if chains is not None:
            order = order[~_last_of_each(chains[order])]
        taken = order[:count]
        drawn = images[taken].sum()
        if abs((total - drawn) / drawn - ratio) < plan.margin:
            nearest = taken
            break
        # Nearest by share: by ratio, one chain that has most images would be nearer to six than one that has few.
        if (distance := abs(drawn / total - 1 / (ratio + 1))) < off:
            nearest, off = taken, distance
    return np.asarray(groups[nearest])


def _last_of_each(values: np.ndarray) -> np.ndarray:
    """Whether none like it comes later, (n,) bool."""
    last = np.zeros(len(values), bool)
    last[len(values) - 1 - np.unique(values[::-1], return_index=True)[1]] = True
    return last


def _some_of_each(pictures: pd.DataFrame, plan: Plan, fewest: int, generator: np.random.Generator) -> np.ndarray:
    """Which pictures are held out of branches that are trained on, (n,) bool."""
    _, place, sizes = np.unique(pictures["branch"], return_inverse=True, return_counts=True)
    most = np.maximum(sizes // plan.part, fewest)
    count = np.where(sizes >= plan.least, generator.integers(fewest, most + 1), 0)
    rank = pd.Series(generator.random(len(pictures))).groupby(place).rank(method="first")
    return np.asarray(rank <= count[place])
