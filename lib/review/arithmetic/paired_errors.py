"""The standard error of a difference of two means that share their vendors or items, by how far these agree."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
from scipy import stats

LEVEL = 0.05
Z = float(stats.norm.isf(LEVEL / 2))
"""How many standard errors a difference has to be, 1.96."""
HIGHEST = 0.9
"""The highest correlation that is asked about."""


class Error(NamedTuple):
    """The variance of a difference is `alone` - ρ `shared`."""

    alone: float
    shared: float
    n: float

    def at(self, correlation: float | np.ndarray) -> np.ndarray:
        """The standard error at a correlation, or several."""
        return np.sqrt(np.maximum(self.alone - np.asarray(correlation) * self.shared, 0))

    def survives_from(self, difference: float) -> float:
        """The least ρ from 0 to HIGHEST from which |difference| > 1.96 se; NaN if there is none."""
        needed = self.alone - (difference / Z) ** 2
        if needed < 0:
            return 0.0
        least = needed / self.shared if self.shared else math.inf
        return least if least < HIGHEST else math.nan


def paired(first: tuple[float, float], second: tuple[float, float], shares: bool = True) -> Error:
    """Of the difference of two means, each given by its standard deviation and number.

    shares: whether they are of the same vendors or items, the fewer among the more.
    """
    (s1, n1), (s2, n2) = first, second
    shared = 2 * s1 * s2 / max(n1, n2) if shares else 0.0
    return Error(s1**2 / n1 + s2**2 / n2, shared, min(n1, n2))


def averaged(errors: Iterable[Error]) -> Error:
    """Of the mean of independent differences."""
    alone, shared, n = zip(*errors, strict=True)
    return Error(sum(alone) / len(alone) ** 2, sum(shared) / len(alone) ** 2, sum(n))


def decided_by_holm(p: np.ndarray) -> np.ndarray:
    """Which p values, (comparisons, correlations), are below LEVEL after Holm's correction, a correlation at a time.

    statsmodels does one column at a time and collects garbage after each; a test holds this to it.
    """
    order = p.argsort(axis=0)
    steps = np.take_along_axis(p, order, axis=0) * np.arange(len(p), 0, -1)[:, None]
    decided = np.empty(p.shape, bool)
    np.put_along_axis(decided, order, np.logical_and.accumulate(steps < LEVEL, axis=0), axis=0)
    return decided
