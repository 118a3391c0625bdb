"""From numbers to vendors, against truths small enough to count."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lib.data import vendor_labels


def test_ads_that_share_a_number_are_one_vendor():
    numbers = [["a"], ["b"], ["a", "c"], [], ["c"], ["d"]]
    assert vendor_labels.communities(numbers).tolist() == [0, 1, 0, -1, 0, 2]


@given(st.lists(st.lists(st.sampled_from("abcdefgh"), max_size=3), max_size=12))
def test_communities_are_connected_components(numbers):
    """Sharing a number means one label; one label means a chain of shared numbers."""
    found = vendor_labels.communities(numbers)
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
    whole = vendor_labels.agreement(np.array([0, 0, 1, 1]), np.array([5, 5, 7, 7]))
    assert (whole["pair_precision"], whole["pair_recall"], whole["adjusted_rand"]) == (1, 1, 1)
    merged = vendor_labels.agreement(np.array([0, 0, 0, 0, -1]), np.array([5, 5, 7, 7, 7]))
    assert merged["pair_precision"] == pytest.approx(2 / 6) and merged["pair_recall"] == 1
    assert merged["labels_merging"] == 1 and merged["vendors_split"] == 0 and merged["without_label"] == 1
    split = vendor_labels.agreement(np.array([0, 1, 2, 2]), np.array([5, 5, 7, 7]))
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
    found = {"one expression": [vendor_labels.by_expression(text) for text in texts]}
    table = vendor_labels.extraction_scores(found, truth).set_index(["extractor", "hiding"])
    row = table.loc[("one expression", "all")]
    assert (row["numbers"], row["found"], row["wrong"]) == (3, 2, 1)
    assert row["precision"] == pytest.approx(2 / 3) == row["recall"]
    assert table.loc[("one expression", "mixed"), "recall"] == 0


@pytest.mark.parametrize("extract", vendor_labels.EXTRACTORS.values(), ids=vendor_labels.EXTRACTORS)
def test_every_extractor_finds_a_plain_number_once(extract):
    assert extract("Call (212) 555-0100 or 212.555.0100") == ["2125550100"]
    assert extract("since 2014, $120, 9am-5pm") == []


def test_without_truth_only_counts():
    found = {"ours": [["2125550100"], []], "phonenumbers": [["2125550100"], ["2125550100"]]}
    table = vendor_labels.label_scores(found, np.array([1, 2]), None)
    assert list(table.columns) == ["numbers", "ads", "without_label", "labels"]
    assert table.to_numpy().tolist() == [["ours", 2, 1, 1], ["phonenumbers", 2, 0, 1]]
    assert set(vendor_labels.masking_misses(["call 212-555-0100"], None)["texts"]) == {0}


def truth_of(*numbers):
    """What `labels.truth` reads: the one or two numbers of each ad."""
    return pd.DataFrame([{"phone": shown[0], "phone2": "".join(shown[1:])} for shown in numbers])


def test_label_scores_of_the_numbers_that_were_given():
    vendors, known = np.array([5, 5, 5, 7]), truth_of("a", "b", "ba", "c")
    found = {"merging": [["x"], ["x"], ["x"], ["x"]], "splitting": [["a"], ["b"], [], ["c"]], "nothing": [[]] * 4}
    table = vendor_labels.label_scores(found, vendors, known).set_index("numbers")
    assert table.index.tolist() == ["true numbers", "merging", "splitting", "nothing"]
    columns = ["labels", "without_label", "vendors_split", "labels_merging"]
    assert table.loc["true numbers", columns].tolist() == [2, 0, 0, 0]  # the third ad shows both numbers
    assert table.loc["true numbers", "pair_recall"] == 1 == table.loc["true numbers", "pair_precision"]
    assert table.loc["merging", columns].tolist() == [1, 0, 0, 1]
    assert table.loc["merging", "pair_precision"] == pytest.approx(3 / 6)
    assert table.loc["splitting", columns].tolist() == [3, 1, 1, 0]
    assert table.loc["splitting", "pair_recall"] == 0  # of the ads that have a label
    assert table.loc["nothing", columns].tolist() == [0, 4, 0, 0] and np.isnan(table.loc["nothing", "pair_precision"])


def test_losses_by_hand():
    table = vendor_labels.losses(
        np.array([0, 0, 0, 1, 1, -1, -1, 2]), np.array([5, 5, 5, 6, 6, 7, 7, 8]), np.array([1, 2, 0, 1, 0, 3, 1, 1])
    )
    assert table["ads"].tolist() == [8, 6, 4, 2]  # label 1 has one ad with a picture, label 2 one ad at all
    assert table["vendors"].tolist() == [4, 3, 3, 1]
    assert table["share"].tolist() == pytest.approx([1, 6 / 8, 4 / 8, 2 / 8])


@given(st.lists(st.tuples(st.integers(-1, 4), st.integers(0, 4), st.integers(0, 2)), min_size=1, max_size=20))
def test_losses_keep_what_the_rules_keep(rows):
    given_labels, vendors, pictures = map(np.array, zip(*rows, strict=True))
    table = vendor_labels.losses(given_labels, vendors, pictures)
    good = [label for label, _, shown in rows if label >= 0 and shown > 0]
    last = [row for row in rows if row[0] >= 0 and row[2] > 0 and good.count(row[0]) > 1]
    assert table["ads"].is_monotonic_decreasing and table["vendors"].is_monotonic_decreasing
    assert table["ads"].iloc[-1] == len(last) and table["vendors"].iloc[-1] == len({vendor for _, vendor, _ in last})


FOUND = [["A"], ["B"], ["C"], ["C"], ["E"], ["C"], []]
VENDORS = np.array([1, 1, 2, 3, 4, 2, 1])
KNOWN = truth_of("A", "B", "C", "D", "E", "C", "A")
"""Vendor 1 is split over A and B, vendors 2 and 3 are merged since D was read as C, vendor 4 is right."""


def test_mistakes_show_who_is_merged_and_who_is_split():
    drawn = vendor_labels.mistakes(FOUND, VENDORS, KNOWN)
    parts = {vendor: [node for node, of in drawn.nodes(data="vendor") if of == vendor] for vendor in (1, 2, 3, 4)}
    assert [len(parts[vendor]) for vendor in (1, 2, 3, 4)] == [2, 1, 1, 0]
    assert {node for node, kind in drawn.nodes(data="kind") if kind == "number"} == {"A", "B", "C"}
    assert drawn.edges[parts[2][0], "C"] == {"kind": "shows", "ads": 2, "true": True}
    assert drawn.edges[parts[3][0], "C"] == {"kind": "shows", "ads": 1, "true": False}
    assert drawn.edges[parts[1]]["kind"] == "split"
    assert drawn.number_of_edges() == 5


def test_mistakes_of_right_labels_are_none():
    assert not vendor_labels.mistakes([["A"], ["A"], ["B"], []], np.array([1, 1, 2, 2]), truth_of("A", "A", "B", "B"))


def test_mistakes_are_limited_to_a_number_of_vendors_of_each_kind():
    """Vendors 0 to 9 share one number, 10 to 19 have two that no ad joins."""
    found = [["M"] for _ in range(10)] + [[f"{vendor}{side}"] for vendor in range(10, 20) for side in "ab"]
    vendors = np.array([*range(10), *np.repeat(range(10, 20), 2)])
    drawn = vendor_labels.mistakes(found, vendors, truth_of(*(["x"] * len(found))), limit=3)
    of = {vendor for _, vendor in drawn.nodes(data="vendor") if vendor is not None}
    assert len([vendor for vendor in of if vendor < 10]) == 3 == len([vendor for vendor in of if vendor >= 10])


def test_mistakes_do_not_depend_on_the_order_of_the_ads():
    """The number is the vendor's own, whatever another of its ads has: `true`ly theirs in either order."""
    found, vendors = [["A"], ["A"], ["B"]], np.array([1, 1, 1])
    known = truth_of("A", "B", "B")  # in the second ad it was misread
    for order in ([0, 1, 2], [1, 0, 2]):
        drawn = vendor_labels.mistakes([found[ad] for ad in order], vendors, known.iloc[order].reset_index(drop=True))
        [edge] = [edge for _, node, edge in drawn.edges("A", data=True)]
        assert edge["ads"] == 2 and edge["true"]
