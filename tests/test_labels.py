"""From numbers to vendors, against truths small enough to count."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lib import labels


def test_ads_that_share_a_number_are_one_vendor():
    numbers = [["a"], ["b"], ["a", "c"], [], ["c"], ["d"]]
    assert labels.communities(numbers).tolist() == [0, 1, 0, -1, 0, 2]


@given(st.lists(st.lists(st.sampled_from("abcdefgh"), max_size=3), max_size=12))
def test_communities_are_connected_components(numbers):
    """Sharing a number means one label; one label means a chain of shared numbers."""
    found = labels.communities(numbers)
    reach = np.array([[bool(set(one) & set(two)) for two in numbers] for one in numbers], bool).reshape(
        len(numbers), len(numbers)
    )
    for _ in numbers:
        reach = (reach.astype(int) @ reach.astype(int)) > 0
    for one in range(len(numbers)):
        assert (found[one] == -1) == (not numbers[one])
        for two in range(len(numbers)):
            if numbers[one] and numbers[two]:
                assert (found[one] == found[two]) == reach[one, two]


def test_agreement_counts_what_splits_and_what_merges():
    whole = labels.agreement(np.array([0, 0, 1, 1]), np.array([5, 5, 7, 7]))
    assert (whole["pair_precision"], whole["pair_recall"], whole["adjusted_rand"]) == (1, 1, 1)
    merged = labels.agreement(np.array([0, 0, 0, 0, -1]), np.array([5, 5, 7, 7, 7]))
    assert merged["pair_precision"] == pytest.approx(2 / 6) and merged["pair_recall"] == 1
    assert merged["labels_merging"] == 1 and merged["vendors_split"] == 0 and merged["without_label"] == 1
    split = labels.agreement(np.array([0, 1, 2, 2]), np.array([5, 5, 7, 7]))
    assert split["pair_precision"] == 1 and split["pair_recall"] == 0.5 and split["vendors_split"] == 1


def test_extraction_scores_count_missed_and_wrong_numbers():
    texts = ["call 212-555-0100", "call five55 five five 5", "212-555-0101 or 212-555-0102"]
    truth = pd.DataFrame(
        {
            "hiding": ["dashed", "mixed", "dashed"],
            "phone": ["2125550100", "2125550199", "2125550101"],
            "phone2": ["", "", ""],
        }
    )
    table = labels.extraction_scores(texts, truth).set_index(["extractor", "hiding"])
    row = table.loc[("one expression", "all")]
    assert (row["numbers"], row["found"], row["wrong"]) == (3, 2, 1)
    assert row["precision"] == pytest.approx(2 / 3) == row["recall"]
    assert table.loc[("one expression", "mixed"), "recall"] == 0


@pytest.mark.parametrize("extract", labels.EXTRACTORS.values(), ids=labels.EXTRACTORS)
def test_every_extractor_finds_a_plain_number_once(extract):
    assert extract("Call (212) 555-0100 or 212.555.0100") == ["2125550100"]
    assert extract("since 2014, $120, 9am-5pm") == []


def test_without_truth_only_counts():
    table = labels.label_scores(["call 212-555-0100", "no number"], np.array([1, 2]), None)
    assert list(table.columns) == ["numbers", "ads", "without_label", "labels"]
    assert set(labels.masking_misses(["call 212-555-0100"], None)["texts"]) == {0}
