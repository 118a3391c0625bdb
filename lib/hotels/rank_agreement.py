"""Do losses rank alike in two splits of hotel pictures, or does the split turn their order? Kendall's tau, with what
seeds alone do to an order.

Rankings differ between two seeds of one split as well. So an order has changed only where two splits agree less than
they would with one true order and each its own noise. That is the geometric mean of the splits' own agreements between
seeds: noise in either of two things lowers their agreement, as it does a correlation (Spearman 1904). The arithmetic
mean is larger where one split is noisier than the other, and would see a change where there is none.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd
from scipy.stats import kendalltau, t

Scores = dict[str, pd.DataFrame]
"""A measure by split: losses x seeds."""
Pairs = Sequence[tuple[str, str]]
"""Of splits."""


def agreement(by: Scores, pairs: Pairs) -> dict[str, float | int | str]:
    """How alike losses rank in pairs of splits, means over the pairs; only seeds that all losses have count.

    `losses, seeds`; `ours`, tau of means over seeds, with `low, high`; `across`, tau of one split by a seed and the
    other by another; `within`, what that would be with one true order; their `difference` with `difference low,
    difference high`; and `verdict`: the order `changes` where that interval lies below 0, `keeps` where it is the same
    by every seed, and else it is undecided, since no difference is no proof of sameness.
    """
    tables = list(by.values())
    seeds = [seed for seed in tables[0] if all(seed in table and table[seed].notna().all() for table in tables)]
    ours, low, high = jackknife(lambda kept: _of_means(by, pairs, kept), seeds)
    gap, *interval = jackknife(lambda kept: float(np.subtract(*_between_seeds(by, pairs, kept))), seeds)
    gap_low, gap_high = np.round(interval, 9)
    across, within = _between_seeds(by, pairs, seeds)
    return {
        "losses": len(tables[0]),
        "seeds": len(seeds),
        "ours": ours,
        "low": max(low, -1.0),
        "high": min(high, 1.0),
        "across": across,
        "within": within,
        "difference": gap,
        "difference low": gap_low,
        "difference high": gap_high,
        "verdict": "changes" if gap_high < 0 else "keeps" if np.isclose(across, 1) else "undecided",
    }


def jackknife(of: Callable[[Sequence[int]], float], seeds: Sequence[int]) -> tuple[float, float, float]:
    """What `of` gives of seeds, and its 95 % interval (Student's t) from what it gives without each seed in turn.

    A bootstrap of three seeds would draw one seed alone in 3 of 27 resamples, where no two can be compared, and its
    intervals are too narrow.
    """
    whole, count = of(seeds), len(seeds)
    if count < 2:
        return whole, np.nan, np.nan
    without = np.array([of([seed for seed in seeds if seed != left_out]) for left_out in seeds])
    half = float(t.ppf(0.975, count - 1) * np.sqrt((count - 1) * without.var()))
    return whole, whole - half, whole + half


def _of_means(by: Scores, pairs: Pairs, seeds: Sequence[int]) -> float:
    means = {split: table[list(seeds)].mean(axis=1) for split, table in by.items()}
    return float(np.mean([_tau(means[one], means[other]) for one, other in pairs]))


def _tau(one: pd.Series, other: pd.Series) -> float:
    """No number where there are fewer than two losses."""
    return float(kendalltau(one, other).statistic) if len(one) > 1 else np.nan


def _between_seeds(by: Scores, pairs: Pairs, seeds: Sequence[int]) -> tuple[float, float]:
    """`across` and `within`."""

    def tau(one: str, other: str) -> float:
        taus = [_tau(by[one][a], by[other][b]) for a, b in itertools.permutations(seeds, 2)]
        return float(np.mean(taus)) if taus else np.nan

    own = {split: np.clip(tau(split, split), 0, None) for split in {split for pair in pairs for split in pair}}
    across = [tau(one, other) for one, other in pairs]
    return float(np.mean(across)), float(np.mean([np.sqrt(own[one] * own[other]) for one, other in pairs]))
