"""Uncertainty: bootstrap over vendors, since ads of one vendor are no independent draws."""

from __future__ import annotations

import numpy as np


def bootstrap_weights(vendors: int, draws: int, seed: int) -> np.ndarray:
    """How often each of `vendors` is drawn in each resample with replacement: (draws, vendors), integers.

    Same arguments, same resamples: two systems scored on the same vendors can be compared pair by pair.
    """
    generator = np.random.default_rng(seed)
    return generator.multinomial(vendors, np.full(vendors, 1 / max(vendors, 1)), size=draws)


def bootstrap_means(values: np.ndarray, weights: np.ndarray, draws: int, seed: int) -> tuple[float, float]:
    """95 % percentile interval of the weighted mean of per-vendor `values` (v,), resampling vendors."""
    if len(values) < 2:
        return (np.nan, np.nan)
    times = bootstrap_weights(len(values), draws, seed)
    totals = times @ weights
    with np.errstate(invalid="ignore", divide="ignore"):
        means = (times @ (values * weights)) / totals
    low, high = np.nanquantile(means, [0.025, 0.975])
    return float(low), float(high)
