"""Uncertainty: bootstrap over vendors, since ads of one vendor are no independent draws."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from scipy import stats

COMPARED = ["difference", "low", "high", "vendors", "p", "p_holm", "direction"]


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
    if not len(finite):
        return np.nan, np.nan
    low, high = np.quantile(finite, [0.025, 0.975])
    return float(low), float(high)


def mean_of_seeds(seeds: Sequence[pd.DataFrame], vendors: pd.Index, times: np.ndarray) -> tuple[float, np.ndarray]:
    """A score averaged over seeds, and the same in each resample: (mean, (draws,)).

    seeds: a frame for each, a row a vendor (index) with the columns `top, bottom`, whose score is sum(top) / sum(bottom).
    times: `bootstrap_weights` of `vendors`, which every seed shares: vendors are resampled, seeds averaged.
    """
    scores, resampled = [], []
    for frame in seeds:
        top, bottom = (frame[column].reindex(vendors, fill_value=0).to_numpy(float) for column in ("top", "bottom"))
        scores.append(top.sum() / bottom.sum())
        resampled.append(resampled_ratio(times, top, bottom))
    return float(np.mean(scores)), np.mean(resampled, axis=0)


def difference(
    first: pd.DataFrame | Sequence[pd.DataFrame],
    second: pd.DataFrame | Sequence[pd.DataFrame],
    draws: int = 1000,
    seed: int = 0,
) -> dict[str, float | int | str]:
    """How much a score falls from `first` to `second`, each one frame or several seeds' (`mean_of_seeds`), with both
    resampled over the same vendors.

    Returns `difference, low, high, vendors, p` (two-sided, of no difference) and `direction`: `higher` or `lower` when the
    95 % interval leaves out 0, else `undecided`.
    """
    sides = [[side] if isinstance(side, pd.DataFrame) else list(side) for side in (first, second)]
    vendors = pd.Index(sorted(set().union(*(frame.index for side in sides for frame in side))))
    times = bootstrap_weights(len(vendors), draws, seed)
    (one, ones), (two, twos) = (mean_of_seeds(side, vendors, times) for side in sides)
    gaps = ones - twos
    low, high = interval(gaps)
    direction = "higher" if low > 0 else "lower" if high < 0 else "undecided"
    return {
        "difference": one - two,
        "low": low,
        "high": high,
        "vendors": len(vendors),
        "p": _p_value(one - two, gaps, len(vendors)),
        "direction": direction,
    }


def _p_value(gap: float, gaps: np.ndarray, vendors: int) -> float:
    """Of Student's t: the difference over its bootstrap standard error, vendors - 1 degrees of freedom.

    A share of resamples could not serve: N of them give no p below 2 / (N + 1), too coarse to be corrected for many comparisons, and
    with few vendors their tails are too thin (of 39 true nulls over 60 vendors some is rejected in 10 % of families at a nominal 5 %;
    by t in 4 %). The variance is widened by n / (n - 1), which a bootstrap's lacks.
    """
    gaps = gaps[np.isfinite(gaps)]
    if len(gaps) < 2 or vendors < 2:
        return float("nan")
    error = gaps.std(ddof=1) * np.sqrt(vendors / (vendors - 1))
    if error <= 1e-12:  # the same for every vendor
        return 1.0 if abs(gap) <= 1e-12 else 0.0
    return float(2 * stats.t.sf(abs(gap) / error, vendors - 1))


def compared(
    pairs: Sequence[tuple[pd.DataFrame | Sequence[pd.DataFrame], pd.DataFrame | Sequence[pd.DataFrame]]],
    draws: int = 1000,
    seed: int = 0,
) -> pd.DataFrame:
    """`difference` of several pairs, corrected for how many there are: a row a pair, `difference, low, high, vendors, p, p_holm,
    direction`, the last `higher` or `lower` at the corrected 5 % level, else `undecided`. Intervals are of each pair by itself."""
    found = pd.DataFrame([difference(first, second, draws, seed) for first, second in pairs], columns=COMPARED)
    found["p_holm"] = holm(found["p"].astype(float))
    return found.assign(direction=found["direction"].where(found["p_holm"] < 0.05, "undecided"))


def holm(p: Sequence[float]) -> np.ndarray:
    """p values corrected for how many there are (Holm 1979): the chance that any true null is rejected stays below them."""
    from statsmodels.stats.multitest import multipletests

    values = np.asarray(p, float)
    found = np.full(len(values), np.nan)
    known = np.isfinite(values)
    if known.any():
        found[known] = multipletests(values[known], method="holm")[1]
    return found


def order(low: pd.Series, high: pd.Series, other_low: pd.Series, other_high: pd.Series) -> np.ndarray:
    """Where intervals lie beside others, row by row: -1 below, 1 above, 0 where they meet or one is missing."""
    return (low > other_high).to_numpy(int) - (high < other_low).to_numpy(int)
