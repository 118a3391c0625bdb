"""Averages over seeds, differences of rows of several seeds, and the correction for many comparisons."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lib.evaluation.intervals import (
    bootstrap_weights,
    compared,
    difference,
    holm,
    interval,
    mean_interval,
    mean_of_seeds,
    ratio_interval,
    share_interval,
)
from lib.evaluation.verdicts import Direction


def frame(top, vendors=None, bottom=None):
    bottom = np.ones(len(top)) if bottom is None else bottom
    return pd.DataFrame({"top": top, "bottom": bottom}, index=vendors)


def ratio(one):
    return one["top"].sum() / one["bottom"].sum()


@settings(deadline=None, max_examples=30)
@given(st.integers(0, 2**31), st.integers(1, 40))
def test_the_mean_of_one_seed_is_its_plain_ratio(seed, vendors):
    rng = np.random.default_rng(seed)
    one = frame(rng.random(vendors), bottom=rng.integers(1, 9, vendors))
    times = bootstrap_weights(vendors, 25, seed)
    mean, resampled = mean_of_seeds([one], one.index, times)
    assert mean == pytest.approx(ratio(one))
    by_hand = [np.repeat(one["top"], row).sum() / np.repeat(one["bottom"], row).sum() for row in times]
    assert resampled == pytest.approx(by_hand)


def test_seeds_share_their_resamples_and_may_lack_vendors():
    """A vendor that one seed never names counts there with nothing, above and below."""
    rng = np.random.default_rng(0)
    one, two = frame(rng.random(6), list("abcdef")), frame(rng.random(4), list("bdfg"))
    vendors = pd.Index(list("abcdefg"))
    times = bootstrap_weights(7, 40, 1)
    mean, resampled = mean_of_seeds([one, two], vendors, times)
    assert mean == pytest.approx((ratio(one) + ratio(two)) / 2)
    parts = [mean_of_seeds([side], vendors, times)[1] for side in (one, two)]
    assert resampled == pytest.approx(np.mean(parts, axis=0), nan_ok=True)


@settings(deadline=None, max_examples=30)
@given(st.integers(0, 2**31), st.integers(1, 60))
def test_the_interval_of_a_share_resamples_vendors_with_all_their_items(seed, items):
    rng = np.random.default_rng(seed)
    vendors, among = rng.choice(list("abcdefg"), items), rng.random(items) < 0.7
    hits = among & (rng.random(items) < 0.5)
    share, low, high = share_interval(hits, among, vendors, 50, seed)
    by = pd.DataFrame({"top": hits, "bottom": among}).groupby(vendors).sum()
    assert (low, high) == pytest.approx(
        ratio_interval(by["top"].to_numpy(), by["bottom"].to_numpy(), 50, seed), nan_ok=True
    )
    assert share == pytest.approx(ratio(by) if among.any() else np.nan, nan_ok=True)
    if among.any():
        times = bootstrap_weights(len(by), 50, seed)
        assert mean_interval([by], 50, seed) == pytest.approx(
            (share, *interval(mean_of_seeds([by], by.index, times)[1]))
        )


def test_a_direction_is_its_word(tmp_path):
    table = compared(
        [(frame(np.ones(30) + np.arange(30) / 99), frame(np.zeros(30))), (frame(np.ones(5)), frame(np.ones(5)))]
    )
    assert table["direction"].tolist() == [Direction.HIGHER, Direction.UNDECIDED] == ["higher", "undecided"]
    table.to_csv(tmp_path / "table.csv")
    assert pd.read_csv(tmp_path / "table.csv")["direction"].tolist() == ["higher", "undecided"]


def test_a_difference_of_several_seeds_is_of_their_means():
    rng = np.random.default_rng(2)
    ones, twos = ([frame(rng.random(30)) for _ in range(count)] for count in (3, 2))
    expected = np.mean([ratio(one) for one in ones]) - np.mean([ratio(two) for two in twos])
    assert difference(ones, twos)["difference"] == pytest.approx(expected)


def test_one_seed_is_the_same_as_a_list_of_one():
    rng = np.random.default_rng(3)
    one, two = frame(rng.random(30)), frame(rng.random(30))
    assert difference(one, two) == difference([one], (two,)) == difference([one, one], two)


@settings(deadline=None, max_examples=20)
@given(st.integers(0, 2**31), st.integers(2, 30), st.floats(-0.5, 0.5))
def test_a_difference_is_antisymmetric(seed, vendors, gap):
    rng = np.random.default_rng(seed)
    ones = [frame(rng.random(vendors) + gap) for _ in range(2)]
    twos = [frame(rng.random(vendors + 1)) for _ in range(3)]
    there, back = difference(ones, twos, 100), difference(twos, ones, 100)
    assert (there["difference"], there["low"], there["high"]) == pytest.approx(
        (-back["difference"], -back["high"], -back["low"])
    )
    assert (there["p"], there["vendors"]) == (back["p"], back["vendors"]) == (there["p"], vendors + 1)
    assert (there["direction"], back["direction"]) in [("higher", "lower"), ("lower", "higher"), ("undecided",) * 2]


def test_p_is_small_for_a_planted_gap_and_not_for_none():
    rng = np.random.default_rng(4)
    base = rng.random(80)

    def seeds(gap):
        return [frame(base + gap + rng.normal(0, 0.05, 80)) for _ in range(3)]

    planted = difference(seeds(0.1), seeds(0), 1000)
    assert planted["p"] < 2 / 1001 and planted["direction"] == "higher"  # less than a share of 1000 draws could say
    none = difference(seeds(0), seeds(0), 1000)
    assert none["p"] > 0.05 and none["direction"] == "undecided"
    assert difference(frame(base), frame(base))["p"] == 1


def test_without_resamples_nothing_is_decided():
    found = difference(frame(np.ones(5)), frame(np.zeros(5)), draws=0)
    assert found["difference"] == 1 and found["direction"] == "undecided"
    assert np.isnan([found["p"], found["low"], found["high"]]).all()


def plain_holm(values):
    """The definition: the k-th smallest of m is multiplied by m - k + 1, and none falls below one before it."""
    order = sorted(range(len(values)), key=lambda place: values[place])
    corrected, highest = [0.0] * len(values), 0.0
    for rank, place in enumerate(order):
        highest = max(highest, min(1.0, (len(values) - rank) * values[place]))
        corrected[place] = highest
    return corrected


@settings(deadline=None, max_examples=60)
@given(st.lists(st.floats(0, 1) | st.just(float("nan")), max_size=12))
def test_holm_corrects_what_is_known(values):
    found, known = holm(values), np.isfinite(values)
    assert len(found) == len(values)
    assert np.isnan(found[~known]).all()
    given = np.array(values)[known]
    assert found[known] == pytest.approx(plain_holm(given.tolist()))
    assert (found[known] >= given).all() and (found[known] <= 1).all()


def test_holm_by_hand():
    assert holm([0.01, 0.04, float("nan"), 0.03]) == pytest.approx([0.03, 0.06, np.nan, 0.06], nan_ok=True)


def test_forty_comparisons_can_be_decided():
    """By the share of resamples beyond 0 none could: Holm would raise the least that a thousand give above 5 %."""
    rng = np.random.default_rng(11)
    nulls = [(frame(rng.random(60)), frame(rng.random(60))) for _ in range(39)]
    base = frame(rng.random(60))
    table = compared([(base.assign(top=base["top"] + 0.5 * rng.random(60)), base), *nulls], draws=1000)
    assert table["direction"].tolist() == ["higher"] + ["undecided"] * 39
    assert table.loc[0, "p_holm"] == pytest.approx(40 * table.loc[0, "p"])
    one, two = nulls[0]
    assert {**table.loc[1]} | {"p_holm": 0} == {**difference(one, two, 1000)} | {"p_holm": 0}


def test_of_true_nulls_no_more_are_rejected_than_said():
    """Families of ten nulls over twelve vendors, where percentiles of resamples would reject too often."""
    rng = np.random.default_rng(8)
    rejected = 0
    for _ in range(40):
        pairs = [(frame(rng.random(12)), frame(rng.random(12))) for _ in range(10)]
        rejected += (compared(pairs, draws=200)["direction"] != "undecided").any()
    assert rejected <= 6  # of 40 at 5 %; more in three of a thousand


def test_no_pairs_and_no_draws_decide_nothing():
    assert compared([]).empty and {"difference", "p_holm", "direction"} <= set(compared([]))
    one = frame(np.ones(5))
    assert compared([(one, one)], draws=0)["direction"].tolist() == ["undecided"]
