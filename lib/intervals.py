"""Uncertainty: bootstrap over vendors, since ads of one vendor are no independent draws."""

from __future__ import annotations

import numpy as np
import pandas as pd


def bootstrap_weights(vendors: int, draws: int, seed: int) -> np.ndarray:
    """How often each of `vendors` is drawn in each resample with replacement: (draws, vendors), integers.

    Same arguments, same resamples: two systems scored on the same vendors can be compared pair by pair.
    """
    generator = np.random.default_rng(seed)
    return generator.multinomial(vendors, np.full(vendors, 1 / max(vendors, 1)), size=draws)


def resampled_ratio(times: np.ndarray, top: np.ndarray, bottom: np.ndarray) -> np.ndarray:
    """sum(top) / sum(bottom) over the vendors of each resample: times (draws, vendors) -> (draws,)."""
    with np.errstate(invalid="ignore", divide="ignore"):
        return (times @ top) / (times @ bottom)


def interval(resampled: np.ndarray) -> tuple[float, float]:
    """95 % percentile interval; no numbers where there were no resamples."""
    finite = resampled[np.isfinite(resampled)]
    return tuple(map(float, np.quantile(finite, [0.025, 0.975]))) if len(finite) else (np.nan, np.nan)


def difference(
    first: pd.DataFrame, second: pd.DataFrame, draws: int = 1000, seed: int = 0
) -> dict[str, float | int | str]:
    """How much a score falls from `first` to `second`, with both resampled over the same vendors.

    Each frame has a row a vendor (index) and the columns `top, bottom`: the score is sum(top) / sum(bottom).
    Returns `difference, low, high, vendors` and `direction`: `higher` or `lower` when the 95 % interval leaves out 0,
    else `undecided`.
    """
    vendors = first.index.union(second.index)
    times = bootstrap_weights(len(vendors), draws, seed)
    sides = []
    for frame in (first, second):
        top, bottom = (frame[column].reindex(vendors, fill_value=0).to_numpy(float) for column in ("top", "bottom"))
        sides.append((top.sum() / bottom.sum(), resampled_ratio(times, top, bottom)))
    (one, ones), (two, twos) = sides
    low, high = interval(ones - twos)
    direction = "higher" if low > 0 else "lower" if high < 0 else "undecided"
    return {"difference": one - two, "low": low, "high": high, "vendors": len(vendors), "direction": direction}
