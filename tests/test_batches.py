"""Batches of texts of like length: every item once, in an order that the seed and the epoch decide."""

import numpy as np
import pandas as pd
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.utils.data import DistributedSampler

from lib.core.errors import DataError
from lib.runs import batches
from lib.runs.batches import Items, ordered_batches, training_batches
from lib.runs.losses import Objective
from lib.runs.samplers import BalancedSampler, LengthSampler, Rounds, UnitSampler
from lib.study.config import Training


def order(sampler, epoch):
    sampler.set_epoch(epoch)
    return list(sampler)


@settings(deadline=None, max_examples=60)
@given(st.lists(st.integers(1, 512), min_size=1, max_size=200), st.integers(1, 40), st.integers(0, 2**31))
def test_each_item_comes_once_an_epoch(lengths, batch_size, seed):
    sampler = LengthSampler(lengths, batch_size, seed)
    for epoch in range(3):
        assert sorted(order(sampler, epoch)) == list(range(len(lengths)))
    assert len(sampler) == len(lengths)


def lengths(count=300, seed=0):
    return np.random.default_rng(seed).integers(5, 500, count).tolist()


def test_the_seed_and_the_epoch_decide_the_order():
    first, again, other = (LengthSampler(lengths(), 16, seed) for seed in (3, 3, 4))
    assert order(first, 0) == order(again, 0) != order(first, 1)
    assert order(first, 0) != order(other, 0)
    assert order(first, 7) == order(again, 7)  # whatever epochs each has drawn before


def padding(rows, batch_size=16):
    """Tokens that are none, in all batches."""
    long = np.array(lengths())[rows]
    return sum(
        batch.max() * len(batch) - batch.sum() for batch in np.split(long, range(batch_size, len(long), batch_size))
    )


@pytest.mark.parametrize("seed", range(5))
def test_less_is_padded_than_in_a_plain_shuffle(seed):
    plain = np.random.default_rng(seed).permutation(300)
    assert padding(order(LengthSampler(lengths(), 16, seed), 0)) < padding(plain) / 2


def test_no_epoch_goes_from_long_to_short():
    """The longest text is not always in the first batch, as it is with transformers' own sampler."""
    sampler = LengthSampler([*lengths(), 1000], 16, 1)
    assert len({order(sampler, epoch).index(300) // 16 for epoch in range(10)}) > 3


def items(count=40, texts=True):
    rng = np.random.default_rng(1)
    tokens = [[1] * int(rng.integers(2, 30)) for _ in range(count)]
    frame = pd.DataFrame({"text": np.arange(count), "image": np.arange(count)})
    pictures = np.zeros((count, 2, 2, 3), np.uint8)
    return batches.Items(frame, np.arange(count) % 8, tokens if texts else None, 0, pictures)


@pytest.mark.parametrize(
    ("arguments", "texts", "expected"),
    [
        ({}, True, DistributedSampler),
        ({"group_by_length": True}, True, LengthSampler),
        ({"group_by_length": True}, False, DistributedSampler),  # pictures have no length
        ({"sampling": "balanced", "per_vendor": 2}, True, BalancedSampler),
        (
            {"sampling": "balanced", "per_vendor": 2, "group_by_length": True},
            True,
            BalancedSampler,
        ),  # vendors come first
        ({"sampling": "units", "group_by_length": True}, True, UnitSampler),
        ({"sampling": "units", "round_size": 3}, True, Rounds),
    ],
)
def test_the_arguments_choose_the_sampler(arguments, texts, expected):
    loader = batches.training_batches(items(texts=texts), 8, seed=2, **arguments)
    assert type(loader.sampler) is expected and loader.batch_size == 8
    assert order(loader.sampler, 0) != order(loader.sampler, 1)
    assert order(loader.sampler, 0) == order(loader.sampler, 0)


@pytest.mark.parametrize("group_by_length", [False, True])
def test_a_shuffled_epoch_holds_every_item_once(group_by_length):
    loader = batches.training_batches(items(), 12, seed=2, group_by_length=group_by_length)
    found = [batch["mask"].sum(1)[batch["text"]].tolist() for batch in loader]
    assert sorted(map(len, found)) == [4, 12, 12, 12]
    assert sorted(length for batch in found for length in batch) == sorted(map(len, items().tokens))


def test_lengths_are_those_of_the_items_texts():
    """Items may share a text, and name texts in any order."""
    frame = pd.DataFrame({"text": [2, 0, 2, 1]})
    data = batches.Items(frame, np.zeros(4, int), [[1], [1] * 5, [1] * 3], 0, None)
    assert batches.training_batches(data, 2, seed=0, group_by_length=True).sampler.lengths == [3, 1, 3, 5]


@pytest.mark.parametrize(
    ("count", "size", "batches"), [(65, 64, 1), (64, 64, 1), (66, 64, 2), (9, 4, 2), (10, 4, 3), (1, 4, 1)]
)
@pytest.mark.parametrize("group_by_length", [False, True])
def test_a_last_batch_of_one_is_left_out(count, size, batches, group_by_length):
    """It has no variance for batch norm, and nothing to be compared with."""
    found = made(count)
    loader = training_batches(found, size, 1, group_by_length=group_by_length)
    sizes = [len(batch["class"]) for batch in loader]
    assert len(sizes) == len(loader) == batches and (count == 1 or min(sizes) > 1)
    assert [len(batch["class"]) for batch in ordered_batches(found, size)] == sorted(sizes, reverse=True)


def test_vision_supcon_as_released_has_a_loss_with_one_item_more_than_a_batch():
    objective = Objective("supcon", Training(), "published", "image")
    for batch in training_batches(made(65), 64, 1):
        assert torch.isfinite(objective(torch.randn(len(batch["class"]), 8), None, batch["class"]))


@pytest.mark.parametrize("sampling", ["balanced", "units"])
def test_a_single_vendor_is_nothing_to_tell_apart(sampling):
    items = Items(pd.DataFrame({"text": range(6)}), np.zeros(6, int), [[1]] * 6, 0, None)
    with pytest.raises(DataError, match="a single vendor"):
        training_batches(items, 4, 1, sampling, 2)


def made(count):
    return Items(pd.DataFrame({"text": range(count)}), np.arange(count) % 5, [[1, 2]] * count, 0, None)


counted = st.lists(st.integers(0, 9), min_size=4, max_size=120)


@settings(deadline=None, max_examples=60)
@given(counted, st.integers(4, 40), st.integers(0, 2**31))
def test_units_are_two_items_of_one_vendor(vendors, batch_size, seed):
    """Every item of a batch has a positive; none comes twice; of an odd number of items one is left out."""
    classes = np.array(vendors)
    if len(np.unique(classes)) < 2 or (np.bincount(classes) < 2).all():
        with pytest.raises(DataError):
            UnitSampler(classes, batch_size, seed)
        return
    sampler = UnitSampler(classes, batch_size, seed)
    drawn = order(sampler, 3)
    assert len(drawn) == len(sampler) == len(set(drawn)) and len(drawn) % sampler.size == 0
    assert (classes[drawn[::2]] == classes[drawn[1::2]]).all()
    units = 2 * (np.bincount(classes) // 2).sum()
    assert 0 <= units - len(drawn) < sampler.size  # the rest of a last batch that isn't full
    assert order(sampler, 3) == drawn


def test_units_are_paired_anew_each_epoch():
    sampler = UnitSampler(np.arange(200) % 4, 16, 1)
    pairs = [
        {frozenset(pair) for pair in zip(rows[::2], rows[1::2], strict=True)}
        for rows in map(list, map(lambda epoch: order(sampler, epoch), range(2)))
    ]
    assert len(pairs[0] & pairs[1]) < 20


@settings(deadline=None, max_examples=40)
@given(st.integers(2, 70), st.integers(2, 20), st.integers(1, 12))
def test_rounds_are_epochs_laid_end_to_end(count, batch_size, size):
    """Whatever the round, the whole batches of the inner sampler's epochs come one after the other."""
    inner = LengthSampler([5] * count, batch_size, 7)
    rounds = Rounds(inner, batch_size, size)
    drawn = [row for number in range(4) for row in order(rounds, number)]
    assert len(drawn) == 4 * len(rounds) == 4 * size * rounds.batch_size
    whole = count // rounds.batch_size * rounds.batch_size
    expected = []
    for epoch in range(-(-len(drawn) // whole)):
        expected += order(LengthSampler([5] * count, batch_size, 7), epoch)[:whole]
    assert drawn == expected[: len(drawn)]
    assert order(rounds, 2) == drawn[2 * len(rounds) : 3 * len(rounds)], "a resumed run draws what it would have drawn"


def test_a_round_has_as_many_batches_whatever_the_sampling():
    for sampling in ("shuffled", "balanced", "units"):
        loader = training_batches(items(), 8, 1, sampling, round_size=7)
        assert len(loader) == 7 and all(len(batch["class"]) == 8 for batch in loader)
