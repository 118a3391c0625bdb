"""How well vectors link pictures of one place: recall at 1, and the area under the ROC curve over pairs (Revisited
Hotels, section 3).

Both by cosine. The area is exact over all pairs, which are never held at once: positive pairs are few and kept sorted,
and each block of negative ones is counted into them. The paper prints a ± after AUC and doesn't say what it is of.
R@1 has none, which suggests samples of pairs rather than runs; so `scores` gives the spread over those. The reading is
ours.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd
from pandera.typing import DataFrame

from lib.core.errors import DataError
from lib.core.schemas import LinkingScores
from lib.evaluation import retrieval

BLOCK = 2048
"""Rows of vectors whose similarities to all are held at a time."""


def recall_at_1(vectors: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Whether each picture's nearest other one is of the same class, (n,) bool. Of equally near ones the first
    counts."""
    labels = _checked(vectors, labels)
    unit = retrieval.unit(vectors)
    near = retrieval.rank(unit, unit, 2)
    own = near == np.arange(len(unit))[:, None]
    # Among more than two equal pictures a picture may not be in its own list; then the first is another one.
    best = np.where(own[:, 0], near[:, 1], near[:, 0])
    return np.asarray(labels[best] == labels)


def auc(vectors: np.ndarray, labels: np.ndarray) -> float:
    """Chance that a pair of one class is more alike than a pair of two, over all pairs, ties counting half.

    Raises DataError when there is no pair of one kind.
    """
    labels = _checked(vectors, labels)
    unit = retrieval.unit(vectors)
    positive = np.sort(np.concatenate([scores[same] for scores, same in _pairs(unit, labels)]))
    above, negatives = 0.0, 0
    if len(positive):
        for scores, same in _pairs(unit, labels):
            negative = scores[~same]
            left, right = (np.searchsorted(positive, negative, side) for side in ("left", "right"))
            above += float((len(positive) - right).sum() + 0.5 * (right - left).sum())
            negatives += len(negative)
    if not len(positive) or not negatives:
        raise DataError("There is no pair of one class, or none of two: nothing can be told apart.")
    return above / (len(positive) * negatives)


def sampled_auc(vectors: np.ndarray, labels: np.ndarray, pairs: int, repeats: int, seed: int = 0) -> np.ndarray:
    """The same on as many random pairs of either kind, (repeats,). Their spread is our reading of
    the paper's ±, which it doesn't explain.

    A positive pair is a picture and another of its class, a negative pair a picture and one of another class. Raises
    DataError as `auc` does.
    """
    labels, unit = _checked(vectors, labels), retrieval.unit(vectors)
    generator = np.random.default_rng(seed)
    order = np.argsort(labels, kind="stable")
    classes, first, sizes = np.unique(labels[order], return_index=True, return_counts=True)
    several = np.flatnonzero(np.repeat(sizes > 1, sizes))
    if len(classes) < 2 or not len(several):
        raise DataError("There is no pair of one class, or none of two: nothing can be told apart.")
    # Of each picture in the order of classes: where its class begins, and how many it has.
    begin, size = np.repeat(first, sizes), np.repeat(sizes, sizes)
    areas = []
    for _ in range(repeats):
        anchor = generator.choice(several, pairs)
        step = generator.integers(1, size[anchor])
        partner = begin[anchor] + (anchor - begin[anchor] + step) % size[anchor]
        positive = _cosines(unit, order[anchor], order[partner])
        anchor = generator.integers(0, len(labels), pairs)
        beyond = generator.integers(0, len(labels) - size[anchor])
        partner = np.where(beyond < begin[anchor], beyond, beyond + size[anchor])
        negative = np.sort(_cosines(unit, order[anchor], order[partner]))
        left, right = (np.searchsorted(negative, positive, side) for side in ("left", "right"))
        areas.append((left + 0.5 * (right - left)).mean() / pairs)
    return np.array(areas)


def equal_sized(
    vectors: np.ndarray, labels: np.ndarray, sizes: np.ndarray, branches: int, repeats: int, seed: int = 0
) -> pd.DataFrame:
    """R@1 among random branches that are cut to `branches` random ones of `sizes`: what a split would give if it had
    another's class sizes, and no more classes than that. A row a repeat: `R@1, images, branches`.

    A size that no branch is left for is left out, so that there may be fewer branches. Raises DataError when there are
    fewer than two.
    """
    labels = _checked(vectors, labels)
    generator, repeated = np.random.default_rng(seed), []
    for _ in range(repeats):
        shuffled = generator.permutation(len(labels))
        order = shuffled[np.argsort(labels[shuffled], kind="stable")]
        _, first, counts = np.unique(labels[order], return_index=True, return_counts=True)
        left, chosen = np.ones(len(counts), bool), []
        # Largest first, each to any branch that has as many: what is large enough now is so for every later size.
        for size in np.sort(generator.choice(sizes, min(branches, len(sizes)), replace=False))[::-1]:
            able = np.flatnonzero(left & (counts >= size))
            if len(able):
                branch = generator.choice(able)
                left[branch] = False
                chosen.append(order[first[branch] :][:size])
        if len(chosen) < 2:
            raise DataError("Too few branches have as many pictures as asked for.")
        rows = np.concatenate(chosen)
        repeated.append((recall_at_1(vectors[rows], labels[rows]).mean(), len(rows), len(chosen)))
    return pd.DataFrame(repeated, columns=["R@1", "images", "branches"])


def scores(
    vectors: np.ndarray, labels: np.ndarray, repeats: int = 10, pairs: int = 10_000, seed: int = 0
) -> DataFrame[LinkingScores]:
    """R@1 and AUC, in per cent as the paper prints them; std of AUC over `repeats` samples of `pairs`, which the
    paper's ± may be or not: it doesn't say."""
    spread = 100 * sampled_auc(vectors, labels, pairs, repeats, seed).std(ddof=1)
    rows = [("R@1", 100 * recall_at_1(vectors, labels).mean(), np.nan), ("AUC", 100 * auc(vectors, labels), spread)]
    means = pd.DataFrame(rows, columns=["metric", "mean", "std"])
    table: DataFrame[LinkingScores] = means.assign(images=len(labels), branches=len(np.unique(labels)))
    return table


def _pairs(unit: np.ndarray, labels: np.ndarray) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Every pair of different pictures once, in blocks: cosines and whether they are of one class."""
    for start in range(0, len(unit), BLOCK):
        rows = np.arange(start, min(start + BLOCK, len(unit)))
        later = np.arange(len(unit))[None, :] > rows[:, None]
        yield (unit[rows] @ unit.T)[later], (labels[rows][:, None] == labels[None, :])[later]


def _cosines(unit: np.ndarray, anchors: np.ndarray, partners: np.ndarray) -> np.ndarray:
    return np.asarray(np.einsum("nd,nd->n", unit[anchors], unit[partners]))


def _checked(vectors: np.ndarray, labels: np.ndarray) -> np.ndarray:
    labels = np.asarray(labels)
    if np.ndim(vectors) != 2 or len(vectors) != len(labels) or len(labels) < 2:
        raise DataError(
            f"Vectors of shape {np.shape(vectors)} and {len(labels)} labels don't fit; give two pictures or more, a "
            "row and a label each."
        )
    if not np.isfinite(vectors).all():
        raise DataError("A vector holds a number that is not finite: the training diverged. Lower its learning rate.")
    return labels
