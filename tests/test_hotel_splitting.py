"""lib.hotel_splitting: what the paper says of its splits holds for any chains and branches, and near its sizes on the real file's shape."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from lib import hotel_splitting, hotels
from lib.errors import DataError

LOOSE = "B.1"  # where the paper's sentence can't hold for small branches, "read loosely" can


def pictures(seed, chains=20, branches=120, unknown=0.2):
    """Chains and branches with long tails; some branches of no known chain."""
    generator = np.random.default_rng(seed)
    share = generator.pareto(1.0, chains) + 0.2
    of = generator.choice(chains, branches, p=share / share.sum())
    chain = pd.array(np.where(generator.random(branches) < unknown, -1, of), "Int64")
    table = pd.DataFrame({"branch": np.arange(branches), "chain": chain}).replace({"chain": {-1: pd.NA}})
    table = table.loc[table.index.repeat(np.maximum(2, generator.geometric(0.08, branches)))].reset_index(drop=True)
    return table.assign(image=[f"{row}.jpg" for row in range(len(table))])


def splits_of(table, **more):
    try:
        return hotel_splitting.split(table, **more)
    except DataError:
        assume(False)


@settings(deadline=None, max_examples=25)
@given(st.integers(0, 2**32 - 1), st.integers(8, 30), st.integers(60, 200))
def test_every_invariant_of_the_paper_holds(seed, chains, branches):
    found = splits_of(pictures(seed, chains, branches), seed=seed)
    checked = hotels.invariants(found)
    broken = checked[
        ~checked["holds"] & ~(checked["place"].str.startswith("B.1") & checked["invariant"].str.endswith("or fewer"))
    ]
    broken = broken[~broken["invariant"].str.contains("two images or more")]  # of the data, not of the splits
    assert broken.empty, broken.to_string()


@settings(deadline=None, max_examples=25)
@given(st.integers(0, 2**32 - 1))
def test_enough_is_held_out_and_left(seed):
    table, plan = pictures(seed), hotel_splitting.Plan()
    found = splits_of(table, seed=seed)
    sizes = found.groupby(["split", "branch"], observed=True).size().unstack(0).fillna(0)
    held = sizes[sizes["D_SS"] > 0]
    assert (held["D_SS"] >= plan.fewest).all() and (held["D_SS"] + held["Trainval"] >= plan.least).all()
    known = table["chain"].notna().sum()
    for name in ("D_UU", "D_SU"):
        assert (found["split"] == name).sum() <= known / 7 * (1 + plan.tolerance) + 1e-9


def test_the_seed_decides():
    table = pictures(5)
    one, same, other = (hotel_splitting.split(table, seed=seed) for seed in (1, 1, 2))
    pd.testing.assert_frame_equal(one, same)
    assert not one.equals(other)


def test_a_branch_of_two_chains_is_an_error():
    table = pictures(5)
    table.loc[0, "chain"] = 99
    with pytest.raises(DataError, match="branches have more than one chain"):
        hotel_splitting.split(table)


def test_one_chain_leaves_none_to_hold_out():
    table = pictures(5).assign(chain=pd.array([1] * len(pictures(5)), "Int64"))
    with pytest.raises(DataError, match="No chains can be held out"):
        hotel_splitting.split(table)


@pytest.mark.parametrize("wrong", [{"new_chains": 0.6, "new_branches": 0.5}, {"least": 2}, {"part": 1}])
def test_a_plan_that_leaves_nothing_is_an_error(wrong):
    with pytest.raises(DataError):
        hotel_splitting.Plan(**wrong)
