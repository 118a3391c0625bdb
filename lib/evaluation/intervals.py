"""Confidence intervals and tests by a bootstrap over vendors, since ads of one vendor are not independent draws."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TypeAlias

import numpy as np
import pandas as pd
from scipy import stats

from lib.evaluation.verdicts import Direction

Score: TypeAlias = pd.DataFrame | Sequence[pd.DataFrame]
"""A score as a ratio of sums over vendors: a frame with a row a vendor (index) and the columns `top, bottom`, or
several, one a seed. Its value is sum(top) / sum(bottom), averaged over seeds."""
COMPARED = ["difference", "low", "high", "vendors", "p", "p_holm", "direction"]


def bootstrap_weights(vendors: int, draws: int, seed: int) -> np.ndarray:
    """How often each of `vendors` is drawn in each resample with replacement: (draws, vendors), integers.

    The same arguments give the same resamples, so systems scored on the same vendors can be compared in pairs.
    """
    generator = np.random.default_rng(seed)
    weights: np.ndarray = generator.multinomial(vendors, np.full(vendors, 1 / max(vendors, 1)), size=draws)
    return weights


def resampled_ratio(weights: np.ndarray, top: np.ndarray, bottom: np.ndarray) -> np.ndarray:
    """sum(top) / sum(bottom) over the vendors of each resample.

    weights: `bootstrap_weights` (draws, vendors); top, bottom: (vendors,) -> (draws,), or (vendors, n) -> (draws, n).
    """
    with np.errstate(invalid="ignore", divide="ignore"):
        ratios: np.ndarray = (weights @ top) / (weights @ bottom)
    return ratios


def interval(resampled: np.ndarray) -> tuple[float, float]:
    """95 % percentile interval of a bootstrap's values (draws,); NaN where none is finite."""
    finite = resampled[np.isfinite(resampled)]
    if not len(finite):
        return np.nan, np.nan
    low, high = np.quantile(finite, [0.025, 0.975])
    return float(low), float(high)


def ratio_interval(top: np.ndarray, bottom: np.ndarray, draws: int, seed: int) -> tuple[float, float]:
    """95 % interval of sum(top) / sum(bottom), resampling vendors; top, bottom: (vendors,)."""
    return interval(resampled_ratio(bootstrap_weights(len(top), draws, seed), top, bottom))


def share_interval(
    hits: np.ndarray, among: np.ndarray, vendors: np.ndarray, draws: int, seed: int
) -> tuple[float, float, float]:
    """The share of the items `among` that are `hits`, and its 95 % interval, resampling vendors with all their items.

    hits, among: bool (n,), hits a subset; vendors: of each item (n,). NaN where `among` is empty.
    """
    names, place = np.unique(vendors, return_inverse=True)
    top, bottom = (np.bincount(place, counted, len(names)) for counted in (hits, among))
    share = float(hits.sum() / among.sum()) if among.any() else np.nan
    return share, *ratio_interval(top, bottom, draws, seed)


def mean_of_seeds(seeds: Sequence[pd.DataFrame], vendors: pd.Index, weights: np.ndarray) -> tuple[float, np.ndarray]:
    """A score averaged over seeds, and the same in each resample: (mean, (draws,)).

    seeds: a frame a seed, as in `Score`. weights: `bootstrap_weights` of `vendors`, shared by all seeds: vendors are
    resampled, seeds averaged.
    """
    scores, resampled = [], []
    for frame in seeds:
        top, bottom = (frame[column].reindex(vendors, fill_value=0).to_numpy(float) for column in ("top", "bottom"))
        scores.append(top.sum() / bottom.sum())
        resampled.append(resampled_ratio(weights, top, bottom))
    return float(np.mean(scores)), np.mean(resampled, axis=0)


def mean_interval(seeds: Sequence[pd.DataFrame], draws: int, seed: int) -> tuple[float, float, float]:
    """A score averaged over seeds, and its 95 % interval (`mean_of_seeds` over all vendors of any seed)."""
    vendors = all_vendors(seeds)
    mean, resampled = mean_of_seeds(seeds, vendors, bootstrap_weights(len(vendors), draws, seed))
    return mean, *interval(resampled)


def all_vendors(frames: Iterable[pd.DataFrame]) -> pd.Index:
    """The vendors of any frame, sorted."""
    return pd.Index(sorted(set().union(*(frame.index for frame in frames))))


def difference(first: Score, second: Score, draws: int = 1000, seed: int = 0) -> dict[str, float | int | Direction]:
    """How much higher the score `first` is than `second`, both resampled over the same vendors.

    Returns `difference, low, high, vendors, p` (two-sided, of no difference) and `direction`: `higher` or `lower` when
    the 95 % interval excludes 0, else `undecided`.
    """
    sides = [[side] if isinstance(side, pd.DataFrame) else list(side) for side in (first, second)]
    vendors = all_vendors(frame for side in sides for frame in side)
    weights = bootstrap_weights(len(vendors), draws, seed)
    (one, ones), (two, twos) = (mean_of_seeds(side, vendors, weights) for side in sides)
    gaps = ones - twos
    low, high = interval(gaps)
    return {
        "difference": one - two,
        "low": low,
        "high": high,
        "vendors": len(vendors),
        "p": _p_value(one - two, gaps, len(vendors)),
        "direction": Direction.HIGHER if low > 0 else Direction.LOWER if high < 0 else Direction.UNDECIDED,
    }


def _p_value(gap: float, gaps: np.ndarray, vendors: int) -> float:
    """Student's t test of a difference over its bootstrap standard error, with vendors - 1 degrees of freedom.

    The share of resamples beyond 0 could not serve. N resamples give no p below 2 / (N + 1), too coarse to correct for
    many comparisons; with few vendors its tails are too thin (of 39 true nulls over 60 vendors some is rejected in 10 %
    of families at a nominal 5 %; by t in 4 %). The variance is widened by n / (n - 1), which a bootstrap's lacks.
    """
    gaps = gaps[np.isfinite(gaps)]
    if len(gaps) < 2 or vendors < 2:
        return float("nan")
    error = gaps.std(ddof=1) * np.sqrt(vendors / (vendors - 1))
    if error <= 1e-12:  # the same for every vendor
        return 1.0 if abs(gap) <= 1e-12 else 0.0
    return float(2 * stats.t.sf(abs(gap) / error, vendors - 1))


def compared(pairs: Sequence[tuple[Score, Score]], draws: int = 1000, seed: int = 0) -> pd.DataFrame:
    """`difference` of several pairs, corrected for their number: a row a pair, columns COMPARED.

    `direction` is `higher` or `lower` at the Holm-corrected 5 % level, else `undecided`. Each interval is of its pair
    alone, not corrected.
    """
    table = pd.DataFrame([difference(first, second, draws, seed) for first, second in pairs], columns=COMPARED)
    table["p_holm"] = holm(table["p"].astype(float))
    return table.assign(direction=table["direction"].where(table["p_holm"] < 0.05, Direction.UNDECIDED))


def holm(p: Sequence[float]) -> np.ndarray:
    """p values corrected for their number (Holm 1979), which bounds the chance that any true null is rejected.

    Missing ones (NaN) stay so and don't count.
    """
    values = pd.Series(np.asarray(p, float))
    return np.asarray(holm_by_family(values, pd.Series(0, index=values.index)))


def holm_by_family(p: pd.Series, family: pd.Series) -> pd.Series:
    """p values corrected for the number of their family (Holm 1979); missing ones stay so and don't count.

    statsmodels' function collects garbage at each call, a third of a second with the models loaded.
    """
    ordered = p.astype(float).dropna().sort_values(kind="stable")
    groups = family[ordered.index]
    left = ordered.groupby(groups).transform("size") - ordered.groupby(groups).cumcount()
    return (ordered * left).clip(upper=1.0).groupby(groups).cummax().reindex(p.index)


def order(low: pd.Series, high: pd.Series, other_low: pd.Series, other_high: pd.Series) -> np.ndarray:
    """How intervals lie to others, row by row: -1 below, 1 above, 0 where they overlap or one is missing."""
    ranks: np.ndarray = (low > other_high).to_numpy(int) - (high < other_low).to_numpy(int)
    return ranks
