"""lib.evaluation.power: the figures agree with simulation, and with statsmodels where it has them."""

import math

import numpy as np
import pandas as pd
import pytest
from statsmodels.stats.power import TTestPower

from lib.evaluation import intervals, power
from lib.evaluation.power import Estimate

VENDORS, SEEDS = 40, 3


def frames(scores):
    """A score a vendor and seed (seeds, vendors) as `lib.evaluation.intervals.Score`."""
    return [pd.DataFrame({"top": of_seed, "bottom": 1.0}) for of_seed in scores]


def drawn(generator, effect, over_vendors, over_seeds):
    """Two systems' scores: each vendor's difference is drawn, and each side's seeds."""
    gaps = generator.normal(effect, over_vendors, VENDORS)
    first, second = generator.normal(0, over_seeds, (2, SEEDS, 1))
    return frames(first + gaps), frames(second + np.zeros(VENDORS))


def true(effect, over_vendors, over_seeds):
    """What `estimate` of such draws would be if the variances were known."""
    seed_error = math.sqrt(2 * over_seeds**2 / SEEDS)
    return Estimate(effect, over_vendors / math.sqrt(VENDORS), VENDORS, seed_error, 2 * (SEEDS - 1), SEEDS)


@pytest.mark.parametrize(("over_vendors", "over_seeds"), [(0.3, 0.0), (0.3, 0.02), (0.1, 0.05)])
def test_simulated_studies_decide_as_often_as_was_said(over_vendors, over_seeds):
    generator = np.random.default_rng(1)
    known = true(0, over_vendors, over_seeds)
    smallest = power.smallest_effect(known)
    trials = 500
    for effect, expected in ((smallest, power.POWER), (0.0, power.LEVEL)):
        decided = np.mean(
            [
                power.p_value(power.estimate(*drawn(generator, effect, over_vendors, over_seeds), draws=200)) < 0.05
                for _ in range(trials)
            ]
        )
        error = math.sqrt(expected * (1 - expected) / trials)
        assert abs(decided - expected) < 3 * error + 0.02, (effect, decided)


def test_equivalence_is_rarely_shown_where_the_difference_is_the_margin():
    generator = np.random.default_rng(2)
    wrong = [
        power.p_equivalent(power.estimate(*drawn(generator, 0.1, 0.3, 0.0), draws=200), 0.1) < 0.05 for _ in range(400)
    ]
    assert np.mean(wrong) <= 0.08
    assert power.p_equivalent(Estimate(0.0, 0.01, 100), 0.05) < 0.001
    assert power.p_equivalent(Estimate(0.2, 0.01, 100), 0.05) > 0.999


@pytest.mark.parametrize(("vendors", "level"), [(5, 0.05), (29, 0.05), (29, 0.05 / 44), (964, 0.001)])
def test_over_vendors_alone_it_is_the_paired_t_test_of_statsmodels(vendors, level):
    spread = 0.3
    known = Estimate(0.1, spread / math.sqrt(vendors), vendors)
    theirs = TTestPower()
    both_tails = theirs.power(0.05 / spread, vendors, level)
    one_tail = theirs.power(0.05 / spread, vendors, level / 2, alternative="larger")
    expected = both_tails if math.isfinite(both_tails) else one_tail  # its lower tail is NaN where it is tiny
    assert power.power(known, 0.05, level) == pytest.approx(expected, abs=1e-6)
    smallest = theirs.solve_power(nobs=vendors, alpha=level, power=0.8) * spread
    assert power.smallest_effect(known, level) == pytest.approx(smallest, rel=1e-3)
    needed = theirs.solve_power(effect_size=0.1 / spread, alpha=level, power=0.8)
    assert power.vendors_needed(known, 0.1, level) == math.ceil(needed)


def test_more_seeds_help_where_seeds_are_the_uncertain_part_and_more_vendors_elsewhere():
    seeds_rule, vendors_rule = true(0.05, 0.01, 0.1), true(0.05, 0.5, 0.001)
    assert power.vendors_needed(seeds_rule, 0.05) == math.inf
    assert 10 < power.seeds_needed(seeds_rule, 0.05) < 200
    assert power.seeds_needed(vendors_rule, 0.05) == math.inf
    needed = power.vendors_needed(vendors_rule, 0.05)
    assert power.power(vendors_rule.resized(needed), 0.05) >= 0.8
    assert power.power(vendors_rule.resized(needed - 1), 0.05) < 0.8


def test_one_seed_says_nothing_of_seeds_and_an_untrained_side_does_not_vary():
    generator = np.random.default_rng(3)
    first, second = drawn(generator, 0.1, 0.2, 0.05)
    one = power.estimate(first[0], second[0])
    assert math.isnan(one.seed_error) and one.error == one.vendor_error and one.freedom == VENDORS - 1
    assert math.isnan(power.seeds_needed(one, 0.1)) and power.vendors_needed(one, 0.1) > 2
    both = power.estimate(first, second[0], trained=(True, False))
    scores = [frame["top"].mean() for frame in first]
    assert both.seed_error == pytest.approx(np.std(scores, ddof=1) / math.sqrt(SEEDS)) and both.seeds == SEEDS
    assert power.estimate(first[0], second[0], trained=(False, False)).seed_error == 0


def test_without_seeds_it_is_the_p_of_the_intervals():
    generator = np.random.default_rng(4)
    first, second = drawn(generator, 0.1, 0.2, 0.0)
    here = power.p_value(power.estimate(first[0], second[0]))
    assert here == pytest.approx(intervals.difference(first[0], second[0])["p"])
    low, high = power.interval(power.estimate(first[0], second[0]))
    assert (low > 0) == (here < 0.05) and low < high


def test_where_nothing_varied_little_is_known():
    """Five vendors that don't differ are no proof that others don't."""
    alike = Estimate(0.0, 0.0, 5)
    assert power.p_equivalent(alike, 0.05) == pytest.approx(0.95**5)
    assert power.p_equivalent(Estimate(0.0, 0.0, 100), 0.05) < 0.01
    assert power.p_equivalent(Estimate(0.1, 0.0, 100), 0.05) == 1
    assert power.p_equivalent(power.from_interval(0.0, 0.0, 0.0), 0.05) == 1
    assert math.isnan(power.smallest_effect(alike)) and math.isnan(power.vendors_needed(alike, 0.1))


def test_from_an_interval_alone():
    known = power.from_interval(0.1, 0.1 - 0.0196, 0.1 + 0.0196)
    assert known.error == pytest.approx(0.01, rel=1e-3) and power.p_value(known) < 1e-9
    assert power.smallest_effect(known) == pytest.approx(0.028, rel=0.01)
    assert math.isnan(power.vendors_needed(known, 0.1))
    assert math.isnan(power.smallest_effect(Estimate(0.1, math.nan, 10)))
