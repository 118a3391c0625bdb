"""The shape of a set of vectors: have they collapsed, and is what belongs together near?

Retrieval by cosine can fail in two ways. Vectors of one vendor lie no nearer than others, or all vectors lie in nearly
the same direction (collapse), so that little is left to rank by. Measures but that of lengths are taken of unit
vectors, hence the same after any rotation and whatever the vectors' lengths:

* mean cosine of two different vectors: 1 when all have one direction, about 0 when they are spread evenly;
* effective rank (Roy & Vetterli 2007, "The effective rank"; of embeddings Garrido et al. 2023, "RankMe"): exp of the
  entropy of the singular values divided by their sum. 1 when all have one direction, d when they fill d dimensions
  evenly, and never above the number of vectors. The mean is not taken away, since a common direction is what collapse
  is;
* alignment (Wang & Isola 2020, "Understanding contrastive representation learning through alignment and uniformity on
  the hypersphere", section 4.1): the mean of |u - v|² over pairs of one vendor. 0 when all pairs coincide;
* uniformity (the same, section 4.2): log of the mean of exp(-2 |u - v|²) over all pairs. 0 when all coincide; the lower
  the more evenly spread, and never below -8. The lower both are, the better.

Pairs are of two different vectors. Alignment alone says little: vectors that have all collapsed are well aligned.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy.spatial.distance import pdist
from scipy.special import logsumexp

from lib.core.errors import DataError

MOST = 2000
"""Vectors that are measured unless more are asked for; more are sampled: 2,000 have two million pairs."""
KERNEL = 2.0
"""The factor in uniformity's exponent, Wang & Isola's t."""


class Geometry(NamedTuple):
    """What `measure` finds; a number that needs pairs that aren't there is NaN."""

    vectors: int
    dimensions: int
    length: float
    length_sd: float
    mean_cosine: float
    effective_rank: float
    alignment: float
    uniformity: float


def measure(vectors: np.ndarray, vendors: np.ndarray, most: int = MOST, seed: int = 0) -> Geometry:
    """The shape of vectors (n, d) of vendors (n,).

    length, length_sd: mean and population standard deviation of the vectors' lengths. Of more than `most` vectors as
    many are drawn by `seed`, without replacement. Raises DataError when vectors and vendors don't fit, there are fewer
    than two vectors, a number is not finite, or a vector has length 0 and so no direction.
    """
    vectors, vendors = np.asarray(vectors, np.float64), np.asarray(vendors)
    _check(vectors, vendors)
    if len(vectors) > most:
        drawn = np.sort(np.random.default_rng(seed).choice(len(vectors), most, replace=False))
        vectors, vendors = vectors[drawn], vendors[drawn]
    lengths = np.linalg.norm(vectors, axis=1)
    if not lengths.all():
        raise DataError(
            f"vectors: {int((lengths == 0).sum())} of {len(vectors)} have length 0 and so no direction. Such an "
            "encoder gives nothing to rank by; train it anew, or at a lower learning rate."
        )
    unit = vectors / lengths[:, None]
    squared = pdist(unit, "sqeuclidean")
    first, second = np.triu_indices(len(unit), 1)
    same = vendors[first] == vendors[second]
    return Geometry(
        len(unit),
        unit.shape[1],
        float(lengths.mean()),
        float(lengths.std()),
        float(1 - squared.mean() / 2),
        effective_rank(unit),
        float(squared[same].mean()) if same.any() else np.nan,
        float(logsumexp(-KERNEL * squared) - np.log(len(squared))),
    )


def effective_rank(vectors: np.ndarray) -> float:
    """exp of the entropy of the singular values of `vectors` (n, d) divided by their sum; 0 when all are 0."""
    singular = np.linalg.svd(vectors, compute_uv=False)
    total = singular.sum()
    if not total:
        return 0.0
    shares = singular[singular > 0] / total
    return float(np.exp(-(shares * np.log(shares)).sum()))


def _check(vectors: np.ndarray, vendors: np.ndarray) -> None:
    if vectors.ndim != 2 or vendors.shape != vectors.shape[:1]:
        raise DataError(
            f"vectors of shape {vectors.shape} and vendors of shape {vendors.shape} don't fit; give one row of "
            "numbers and one vendor for each item."
        )
    if len(vectors) < 2:
        raise DataError(f"vectors: {len(vectors)} of them have no pair to compare; two at least are needed.")
    if not np.isfinite(vectors).all():
        bad = int(np.flatnonzero(~np.isfinite(vectors).all(axis=1))[0])
        raise DataError(
            f"vectors: row {bad} holds a number that is not finite. Such a vector comes from a training that "
            "diverged; lower its learning rate and run it again."
        )
