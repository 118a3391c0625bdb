"""The shape of vectors, against values worked out by hand and against what must not change them."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import ortho_group

from lib.core.errors import DataError
from lib.evaluation import geometry

OF_DIRECTIONS = ("mean_cosine", "effective_rank", "alignment", "uniformity")


def made_up(seed, size=40, dimensions=6):
    generator = np.random.default_rng(seed)
    return generator.normal(size=(size, dimensions)) + generator.normal(size=dimensions), np.arange(size) % 5


def directions(found):
    return [getattr(found, name) for name in OF_DIRECTIONS]


def test_equal_vectors_have_collapsed():
    found = geometry.measure(np.tile([3.0, 4.0, 0.0], (10, 1)), np.arange(10) % 2)
    assert (found.vectors, found.dimensions, found.length, found.length_sd) == (10, 3, 5.0, 0.0)
    assert directions(found) == pytest.approx([1, 1, 0, 0])


def test_two_opposite_points():
    """Cosine -1 and |u - v|² = 4, so that uniformity is log exp(-8); one direction, so rank 1."""
    opposite = geometry.measure(np.array([[2.0, 0.0], [-1.0, 0.0]]), np.array([0, 0]))
    assert directions(opposite) == pytest.approx([-1, 1, 4, -8])
    assert (opposite.length, opposite.length_sd) == (1.5, 0.5)


def test_a_cross_of_four_points():
    """Of six pairs four are at right angles (|u - v|² = 2) and two opposite (4); singular values are equal."""
    cross = np.array([[1.0, 0], [-1, 0], [0, 1], [0, -1]])
    found = geometry.measure(cross, np.array([0, 0, 1, 1]))
    expected = [(0 * 4 - 2) / 6, 2, 4, np.log((4 * np.exp(-4) + 2 * np.exp(-8)) / 6)]
    assert directions(found) == pytest.approx(expected)


def test_vectors_spread_evenly_over_the_sphere():
    """In three dimensions |u - v|² is uniform from 0 to 4: alignment 2, uniformity log((1 - e^-8) / 8)."""
    points = np.random.default_rng(0).normal(size=(3000, 3))
    found = geometry.measure(points, np.zeros(3000), most=3000)
    assert directions(found) == pytest.approx([0, 3, 2, np.log((1 - np.exp(-8)) / 8)], abs=0.02)


def test_positives_are_of_one_vendor():
    points = np.array([[1.0, 0], [1, 0], [0, 1]])
    assert geometry.measure(points, np.array([0, 0, 1])).alignment == 0
    assert geometry.measure(points, np.array([0, 1, 0])).alignment == pytest.approx(2)
    assert np.isnan(geometry.measure(points, np.arange(3)).alignment)


@settings(deadline=None, max_examples=30)
@given(st.integers(0, 2**32 - 1))
def test_neither_rotation_nor_length_changes_what_is_measured_of_directions(seed):
    vectors, vendors = made_up(seed)
    found = geometry.measure(vectors, vendors)
    rotated = geometry.measure(vectors @ ortho_group.rvs(vectors.shape[1], random_state=seed), vendors)
    assert rotated == pytest.approx(found)
    scales = np.random.default_rng(seed).uniform(0.1, 10, (len(vectors), 1))
    assert directions(geometry.measure(vectors * scales, vendors)) == pytest.approx(directions(found))
    tripled = geometry.measure(3 * vectors, vendors)
    assert (tripled.length, tripled.length_sd) == pytest.approx((3 * found.length, 3 * found.length_sd))


@settings(deadline=None, max_examples=30)
@given(st.integers(0, 2**32 - 1), st.integers(1, 8))
def test_measures_stay_within_their_bounds(seed, dimensions):
    vectors, vendors = made_up(seed, dimensions=dimensions)
    found = geometry.measure(vectors, vendors)
    assert -1 <= found.mean_cosine <= 1 and 0 <= found.alignment <= 4
    assert 1 - 1e-9 <= found.effective_rank <= dimensions + 1e-9 and -8 - 1e-9 <= found.uniformity <= 1e-12


def test_many_vectors_are_sampled_by_the_seed():
    vectors, vendors = made_up(1, 300)
    one, other = (geometry.measure(vectors, vendors, most=50, seed=seed) for seed in (0, 1))
    assert one.vectors == 50 and one == geometry.measure(vectors, vendors, most=50, seed=0) and one != other
    assert one.mean_cosine == pytest.approx(geometry.measure(vectors, vendors).mean_cosine, abs=0.1)


def test_no_rank_without_vectors_of_any_length():
    assert geometry.effective_rank(np.zeros((3, 2))) == 0


@pytest.mark.parametrize(
    ("vectors", "vendors", "message"),
    [
        (np.ones(3), np.zeros(3), r"shape \(3,\).*don't fit"),
        (np.ones((3, 2)), np.zeros(2), "one vendor for each item"),
        (np.ones((1, 2)), np.zeros(1), "two at least"),
        (np.array([[1.0, 0], [np.nan, 0]]), np.zeros(2), "row 1 holds a number that is not finite"),
        (np.array([[1.0, 0], [0, 0]]), np.zeros(2), "1 of 2 have length 0"),
    ],
)
def test_vectors_that_have_no_shape_are_refused(vectors, vendors, message):
    with pytest.raises(DataError, match=message):
        geometry.measure(vectors, vendors)
