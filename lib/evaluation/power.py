"""What a comparison of two systems could have shown: its standard error, its power, and how large it would have to be.

A difference is uncertain since other vendors might have been drawn, and since other seeds might have trained the
systems. Both variances are estimated apart and added; the test is Student's t with Satterthwaite's degrees of freedom
(Satterthwaite 1946), its power that of the noncentral t, and equivalence is shown by two one-sided tests (Schuirmann
1987). With one seed of a trained system the variance over seeds isn't known: then everything here is about vendors
alone, and an upper bound of what the study can show.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from scipy import optimize, stats

from lib.evaluation.intervals import Score, all_vendors, bootstrap_weights, mean_of_seeds

LEVEL = 0.05
"""Chance of a false positive, two-sided, before any correction."""
POWER = 0.8
"""Chance of finding an effect that is there which a study should have."""
MOST = 10_000_000
"""Vendors or seeds beyond which no study will go: nothing larger is looked for."""


@dataclass(frozen=True)
class Estimate:
    """A difference of two scores and its uncertainty, in the scores' unit.

    vendor_error: standard error over `vendors`. seed_error: standard error over seeds, of which the side that has fewer
    has `seeds`, with `seed_freedom` degrees of freedom; NaN where a trained side has one seed only, and 0 where neither
    side was trained.
    """

    effect: float
    vendor_error: float
    vendors: float
    seed_error: float = math.nan
    seed_freedom: float = math.nan
    seeds: float = 1

    @property
    def error(self) -> float:
        """The standard error over vendors and, where it is known, over seeds."""
        return math.hypot(self.vendor_error, 0.0 if math.isnan(self.seed_error) else self.seed_error)

    @property
    def freedom(self) -> float:
        """Satterthwaite's degrees of freedom of `error`."""
        if not self.seed_error > 0:
            return self.vendors - 1
        parts = self.vendor_error**4 / (self.vendors - 1) + self.seed_error**4 / self.seed_freedom
        return float(self.error**4 / parts)

    def resized(self, vendors: float, seeds: float | None = None) -> Estimate:
        """The same difference in a study with so many vendors and seeds of each side, of these two at least where the
        variance over seeds counts."""
        seeds = self.seeds if seeds is None else seeds
        more = (seeds - 1) / (self.seeds - 1) if self.seeds > 1 else math.nan
        return replace(
            self,
            vendors=vendors,
            vendor_error=self.vendor_error * math.sqrt(self.vendors / vendors),
            seeds=seeds,
            seed_error=self.seed_error * math.sqrt(self.seeds / seeds),
            seed_freedom=self.seed_freedom * more,
        )


def estimate(
    first: Score, second: Score, draws: int = 1000, seed: int = 0, trained: tuple[bool, bool] = (True, True)
) -> Estimate:
    """How much higher the score `first` is than `second`.

    Vendors are resampled in pairs (`draws` times), seeds averaged; the bootstrap's variance is widened by n / (n - 1).
    Scores of a side that wasn't trained don't vary over seeds.
    """
    sides = [[side] if isinstance(side, pd.DataFrame) else list(side) for side in (first, second)]
    vendors = all_vendors(frame for side in sides for frame in side)
    weights = bootstrap_weights(len(vendors), draws, seed)
    (one, ones), (two, twos) = (mean_of_seeds(side, vendors, weights) for side in sides)
    gaps = (ones - twos)[np.isfinite(ones - twos)]
    known = len(gaps) > 1 and len(vendors) > 1
    error = float(gaps.std(ddof=1) * np.sqrt(len(vendors) / (len(vendors) - 1))) if known else math.nan
    over_seeds = [side for side, learned in zip(sides, trained, strict=True) if learned]
    seed_error, freedom = _over_seeds(over_seeds)
    fewest = min((len(side) for side in over_seeds), default=1)
    return Estimate(one - two, error, len(vendors), seed_error, freedom, fewest)


def _over_seeds(sides: list[list[pd.DataFrame]]) -> tuple[float, float]:
    """Standard error over seeds of a difference of independent sides, and its degrees of freedom.

    The variance is pooled over the sides: of three seeds each, two variances would leave Welch's test hardly any power.
    """
    if not sides:
        return 0.0, math.nan
    if any(len(side) < 2 for side in sides):
        return math.nan, math.nan
    scores = [[float(frame["top"].sum() / frame["bottom"].sum()) for frame in side] for side in sides]
    freedom = sum(len(of_side) - 1 for of_side in scores)
    pooled = sum(float(np.var(of_side)) * len(of_side) for of_side in scores) / freedom
    return math.sqrt(pooled * sum(1 / len(of_side) for of_side in scores)), float(freedom)


def from_interval(effect: float, low: float, high: float, vendors: float = math.inf) -> Estimate:
    """What is known of a difference by its 95 % interval alone, taken for that of a normal distribution."""
    return Estimate(effect, (high - low) / (2 * stats.norm.ppf(0.975)), vendors)


def interval(of: Estimate, level: float = LEVEL) -> tuple[float, float]:
    """The interval that belongs to `p_value`: 95 % at the default level."""
    half = float(stats.t.ppf(1 - level / 2, of.freedom)) * of.error
    return of.effect - half, of.effect + half


def p_value(of: Estimate) -> float:
    """Two-sided, of no difference; NaN where the error isn't known."""
    if of.error <= 1e-12:  # the same for every vendor
        return 1.0 if abs(of.effect) <= 1e-12 else 0.0
    return float(2 * stats.t.sf(abs(of.effect) / of.error, of.freedom))


def p_equivalent(of: Estimate, margin: float) -> float:
    """Of two one-sided tests, the larger p: small where the difference lies within ±margin; NaN if nothing is known.

    Where no vendor differs at all there is no variance to go by. Then p is the chance of that if a share `margin` of
    vendors differed by one, for scores from 0 to 1.
    """
    if of.error <= 1e-12:
        small = abs(of.effect) < margin < 1 and math.isfinite(of.vendors)
        return (1 - margin) ** of.vendors if small else 1.0
    return float(stats.t.sf((margin - abs(of.effect)) / of.error, of.freedom))


def power(of: Estimate, effect: float, level: float = LEVEL) -> float:
    """The chance that a study of this size decides a true difference `effect`, two-sided at `level`.

    NaN where the error isn't known, or where nothing varied, so that it can't be.
    """
    if math.isnan(of.error) or of.error <= 1e-12:
        return math.nan
    critical, shift = stats.t.ppf(1 - level / 2, of.freedom), abs(effect) / of.error
    right, left = stats.nct.sf(critical, of.freedom, shift), stats.nct.cdf(-critical, of.freedom, shift)
    if not np.isfinite(right):  # with very many degrees of freedom; then it is the normal distribution's
        right = stats.norm.sf(critical - shift)
    return min(1.0, float(right + (left if np.isfinite(left) else 0.0)))


def smallest_effect(of: Estimate, level: float = LEVEL, wanted: float = POWER) -> float:
    """The smallest true difference that a study of this size decides with the chance `wanted`; NaN as in `power`."""
    if math.isnan(power(of, of.effect, level)) or of.freedom < 1:
        return math.nan
    top = (float(stats.t.ppf(1 - level / 2, of.freedom)) + 10) * of.error
    return float(optimize.brentq(lambda effect: power(of, effect, level) - wanted, 0.0, top))


def vendors_needed(of: Estimate, effect: float, level: float = LEVEL, wanted: float = POWER) -> float:
    """The fewest vendors with which as many seeds decide a true difference `effect`.

    Infinite where no number does: then only more seeds help. NaN as in `power`, and where the effect isn't known.
    """
    if math.isnan(power(of, effect, level)) or not math.isfinite(of.vendors):
        return math.nan
    return _fewest(lambda count: power(of.resized(count), effect, level) >= wanted)


def seeds_needed(of: Estimate, effect: float, level: float = LEVEL, wanted: float = POWER) -> float:
    """The fewest seeds of each side with which as many vendors decide a true difference `effect`.

    Infinite where no number does: then only more vendors help. NaN where the variance over seeds isn't known.
    """
    if math.isnan(of.seed_error) or of.seeds < 2 or math.isnan(power(of, effect, level)):
        return math.nan
    return _fewest(lambda count: power(of.resized(of.vendors, count), effect, level) >= wanted)


def _fewest(enough: Callable[[float], bool]) -> float:
    """The smallest whole number from 2 on that is enough, if any up to MOST is; more never hurts."""
    if not enough(MOST):
        return math.inf
    few, many = 1, 2
    while not enough(many):
        few, many = many, min(2 * many, MOST)
    while many - few > 1:
        middle = (few + many) // 2
        few, many = (few, middle) if enough(middle) else (middle, many)
    return float(many)
