"""lib.hotels.rank_agreement: an order that the split turns is found, one that seeds alone turn is not."""

import itertools

import numpy as np
import pandas as pd
import pytest

from lib.hotels import rank_agreement

LOSSES = [f"loss{number}" for number in range(8)]
PAIR = [("one", "other")]


def scored(generator, first, second, noise=(0.3, 0.3), seeds=3):
    """Two splits whose true scores are `first` and `second`, (8,), with noise of their own."""
    return {
        name: pd.DataFrame(true[:, None] + width * generator.normal(size=(8, seeds)), LOSSES, range(seeds))
        for name, true, width in zip(("one", "other"), (first, second), noise, strict=True)
    }


def shares(make, times=40):
    """How often each verdict falls."""
    generator = np.random.default_rng(7)
    found = [rank_agreement.agreement(make(generator), PAIR)["verdict"] for _ in range(times)]
    return pd.Series(found).value_counts(normalize=True)


@pytest.mark.parametrize("noise", [(0.3, 0.3), (0.7, 0.7), (0.2, 1.5)])
def test_one_true_order_is_not_taken_for_two(noise):
    """Also where one split is much noisier, which the arithmetic mean of `within` would take for a change."""

    def null(generator):
        true = generator.normal(size=8)
        return scored(generator, true, true, noise)

    assert shares(null).get("changes", 0) <= 0.05


def test_a_turned_order_is_found():
    def turned(generator):
        true = generator.normal(size=8)
        return scored(generator, true, -true)

    assert shares(turned)["changes"] > 0.9


def test_the_same_scores_keep_their_order():
    true = np.arange(8.0)
    same = scored(np.random.default_rng(0), true, 2 * true, (0, 0))
    found = rank_agreement.agreement(same, PAIR)
    assert found["verdict"] == "keeps"
    assert [found[name] for name in ("ours", "low", "high", "across", "within")] == pytest.approx([1] * 5)


@pytest.mark.parametrize("seeds", [1, 2])
def test_too_few_seeds_decide_nothing(seeds):
    true = np.arange(8.0)
    assert (
        rank_agreement.agreement(scored(np.random.default_rng(0), true, -true, seeds=seeds), PAIR)["verdict"]
        == "undecided"
    )


def test_seeds_that_a_loss_lacks_do_not_count():
    by = scored(np.random.default_rng(0), np.arange(8.0), np.arange(8.0), seeds=4)
    by["other"].loc["loss3", 2] = np.nan
    found = rank_agreement.agreement(by, PAIR)
    assert found["seeds"] == 3 and np.isfinite(found["ours"])


def test_pairs_are_averaged():
    generator = np.random.default_rng(1)
    by = scored(generator, np.arange(8.0), -np.arange(8.0)) | {
        "third": pd.DataFrame(generator.normal(size=(8, 3)), LOSSES)
    }
    pairs = list(itertools.combinations(by, 2))
    each = [rank_agreement.agreement(by, [pair]) for pair in pairs]
    together = rank_agreement.agreement(by, pairs)
    for name in ("ours", "across", "within", "difference"):
        assert together[name] == pytest.approx(np.mean([one[name] for one in each]))
