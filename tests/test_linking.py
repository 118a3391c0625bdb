"""lib.hotels.metrics against scikit-learn and plain loops."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import roc_auc_score

from lib.core.errors import DataError
from lib.hotels import metrics


def data(seed, count=60, classes=8, noise=1.0):
    generator = np.random.default_rng(seed)
    labels = generator.integers(0, classes, count)
    return generator.normal(size=(classes, 6))[labels] + noise * generator.normal(size=(count, 6)), labels


def plain_auc(vectors, labels):
    unit = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    one, other = np.triu_indices(len(labels), 1)
    return roc_auc_score(labels[one] == labels[other], (unit @ unit.T)[one, other])


@settings(deadline=None, max_examples=40)
@given(st.integers(0, 2**32 - 1), st.integers(4, 70))
def test_the_area_is_scikit_learns(seed, count):
    vectors, labels = data(seed, count)
    if len(set(labels)) in (1, count):
        with pytest.raises(DataError):
            metrics.auc(vectors, labels)
    else:
        assert metrics.auc(vectors, labels) == pytest.approx(plain_auc(vectors, labels), abs=1e-5)


def test_ties_count_half():
    vectors, labels = np.ones((6, 3)), np.array([0, 0, 0, 1, 1, 1])
    assert metrics.auc(vectors, labels) == 0.5
    assert metrics.sampled_auc(vectors, labels, 50, 3) == pytest.approx(0.5)


def test_blocks_do_not_change_the_area(monkeypatch):
    vectors, labels = data(1)
    whole = metrics.auc(vectors, labels)
    monkeypatch.setattr(metrics, "BLOCK", 7)
    assert metrics.auc(vectors, labels) == pytest.approx(whole, abs=1e-9)


def test_recall_at_1_is_the_nearest_others_class():
    vectors, labels = data(2)
    unit = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    alike = unit @ unit.T
    np.fill_diagonal(alike, -np.inf)
    assert (metrics.recall_at_1(vectors, labels) == (labels[alike.argmax(1)] == labels)).all()


def test_a_picture_is_never_its_own_neighbour():
    """Five equal pictures of five classes, and two of one class."""
    vectors = np.vstack([np.tile([1.0, 0.0], (5, 1)), np.tile([0.0, 1.0], (2, 1))])
    assert metrics.recall_at_1(vectors, np.array([0, 1, 2, 3, 4, 5, 5])).tolist() == [False] * 5 + [True, True]


@pytest.mark.parametrize("noise", [0.3, 3.0])
def test_sampled_pairs_agree_with_all_of_them(noise):
    """Sampling takes a picture first, so classes weigh by their pictures; with like classes that is all pairs."""
    generator = np.random.default_rng(3)
    labels = np.repeat(np.arange(12), 10)
    vectors = generator.normal(size=(12, 6))[labels] + noise * generator.normal(size=(120, 6))
    found = metrics.sampled_auc(vectors, labels, 4000, 8)
    assert found.mean() == pytest.approx(metrics.auc(vectors, labels), abs=0.01) and 0 < found.std() < 0.02


def test_scores_are_in_per_cent():
    table = metrics.scores(*data(4, noise=0.1), repeats=3, pairs=100).set_index("metric")
    assert 90 < table.loc["R@1", "mean"] <= 100 and table.loc["AUC", "std"] >= 0 and table["branches"].iloc[0] == 8


def test_a_cut_split_has_the_sizes_that_are_asked_for_and_no_more_branches():
    vectors, labels = data(5, 400, 20)
    cut = metrics.equal_sized(vectors, labels, np.array([2, 2, 2, 3, 5]), 4, 20)
    assert (cut["branches"] == 4).all() and cut["images"].between(9, 12).all() and cut["R@1"].between(0, 1).all()
    assert cut["images"].nunique() > 1  # of five sizes four, anew each time
    scarce = metrics.equal_sized(vectors[labels < 3], labels[labels < 3], np.array([2, 2, 500]), 3, 5)
    assert (scarce["branches"] == 2).all()  # no branch has 500
    with pytest.raises(DataError, match="Too few branches"):
        metrics.equal_sized(vectors, labels, np.array([500, 2]), 2, 1)


@pytest.mark.parametrize("large", [True, False])
def test_a_cut_split_takes_any_branch_that_has_as_many(large):
    """Not the largest ones alone, whose pictures may be easier; here each branch is wholly easy or wholly hard by its
    size."""
    sizes = np.r_[np.full(10, 4), np.full(10, 40)]
    labels = np.repeat(np.arange(20), sizes)
    easy = (sizes[labels] == 40) == large
    vectors = np.random.default_rng(0).normal(size=(len(labels), 30))
    vectors[easy] = 9 * np.eye(30)[labels[easy]]
    assert 0.3 < metrics.equal_sized(vectors, labels, np.full(10, 4), 10, 40)["R@1"].mean() < 0.7


def test_fewer_branches_are_easier_and_a_cut_to_all_of_them_is_the_same():
    vectors, labels = data(6, 400, 40, noise=0.8)
    sizes = np.unique(labels, return_counts=True)[1]
    whole = metrics.recall_at_1(vectors, labels).mean()
    assert metrics.equal_sized(vectors, labels, sizes, len(sizes), 3)["R@1"].tolist() == pytest.approx([whole] * 3)
    assert metrics.equal_sized(vectors, labels, sizes, 8, 20)["R@1"].mean() > whole


def test_vectors_that_are_no_numbers_are_an_error():
    with pytest.raises(DataError, match="training diverged"):
        metrics.auc(np.array([[np.nan, 1], [1, 1]]), np.array([0, 1]))
