"""lib.review.confused_vendors: wrong links, and whether confused vendors are one entity."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from lib.data.ads import Ads
from lib.review import confused_vendors


def test_confused_pairs_are_counted_whichever_asks():
    vendors = np.array([1, 2, 2, 1, 3])
    asked = pd.DataFrame({"query": [0, 1, 4], "document": [1, 3, 2], "right": False, "similarity": [0.9, 0.7, 0.8]})
    pairs = confused_vendors.confused(asked, vendors)
    assert pairs[["one", "other", "links"]].to_numpy().tolist() == [[1, 2, 2], [2, 3, 1]]
    assert pairs["similarity"].tolist() == pytest.approx([0.8, 0.8])


def test_evidence_is_found_where_it_was_planted_and_not_elsewhere():
    pairs = pd.DataFrame({"one": [0, 2, 4], "other": [1, 3, 5]})
    numbers = {
        vendor: {f"own {vendor}", f"pair {vendor // 2}"} if vendor < 6 else {f"own {vendor}"} for vendor in range(20)
    }
    alone = {vendor: {f"own {vendor}"} for vendor in range(20)}
    table = confused_vendors.evidence(pairs, {"planted": numbers, "none": alone}).set_index("evidence")
    assert table.loc["planted", "sharing"] == 3 and table.loc["planted", "p"] < 0.001
    assert table.loc["none", "sharing"] == 0 and table.loc["none", "p"] == 1.0


@pytest.mark.parametrize(("apart", "least", "most"), [(0.0, 0.95, 1.0), (50.0, 0.2, 0.8)])
def test_labels_of_one_vendor_are_found_by_likeness_if_they_are_alike(apart, least, most):
    """Ten vendors of two labels each; `apart` moves each label to a place of its own."""
    generator = np.random.default_rng(4)
    labels = np.repeat(np.arange(20), 6)
    vendors = labels // 2
    points = generator.normal(size=(10, 16))[vendors] + apart * generator.normal(size=(20, 16))[labels]
    found = confused_vendors.one_entity(points + 0.1 * generator.normal(size=points.shape), labels, vendors, draws=50)
    assert found["labels"] == 20 and found["pairs"] == 190 and found["split"] == 10
    assert least <= found["auroc"] <= most and found["low"] <= found["auroc"] <= found["high"]


def test_without_a_split_vendor_there_is_nothing_to_test():
    found = confused_vendors.one_entity(np.eye(6), np.arange(6), np.arange(6), draws=5)
    assert found["split"] == 0 and np.isnan(found["auroc"]) and found["told"] == "undecided"
    none = confused_vendors.one_entity(np.empty((0, 6)), np.empty(0, int), np.empty(0, int), draws=5)
    assert none["pairs"] == 0 and none["told"] == "undecided"


@pytest.mark.parametrize(("vendors", "expected"), [(10, "yes"), (4, "undecided")])
def test_too_few_split_vendors_decide_nothing(vendors, expected):
    generator = np.random.default_rng(1)
    labels = np.repeat(np.arange(2 * vendors), 6)
    points = generator.normal(size=(vendors, 16))[labels // 2] + 0.1 * generator.normal(size=(len(labels), 16))
    found = confused_vendors.one_entity(points, labels, labels // 2, draws=50)
    assert found["split_vendors"] == vendors and found["auroc"] > 0.95 and found["told"] == expected


def test_what_training_told_is_not_taken_for_a_finding():
    """The two labels of a vendor are alike where a system was told so, and nowhere else."""
    items = pd.DataFrame({"vendor": np.repeat(np.arange(40), 12)})
    items["region"] = np.where(items["vendor"] < 20, "south", "west")
    items.loc[items.index % 12 > 8, "region"] = "west"  # vendors of the south post elsewhere, too
    label, vendors, told = np.arange(len(items)) // 6, items["vendor"].to_numpy(), {"all": [], "never told": []}
    asking = confused_vendors.unseen_vendors(items, "south")
    assert set(vendors[asking]) == set(range(20, 40)) and set(items["region"][asking]) == {"west"}
    for seed in range(10):
        generator = np.random.default_rng(seed)
        learnt, own = generator.normal(size=(40, 16))[vendors], generator.normal(size=(80, 16))[label]
        points = np.where((vendors < 20)[:, None], learnt, own) + 0.1 * generator.normal(size=own.shape)
        for name, rows in {"all": np.full(len(items), True), "never told": asking}.items():
            told[name].append(confused_vendors.one_entity(points[rows], label[rows], vendors[rows], draws=100)["told"])
    assert told["all"] == ["yes"] * 10 and told["never told"].count("yes") <= 1


def test_the_most_similar_wrong_links_come_first():
    items = pd.DataFrame({"vendor": [1, 2, 3, 1], "text": [0, 1, 2, 3]})
    nearest = pd.DataFrame({"query": [0, 1, 2], "document": [1, 3, 0], "similarity": [0.5, 0.9, 0.7]})
    nearest["right"] = [False, False, True]
    links = confused_vendors.wrong_links(nearest, items, most=5)
    assert links.to_numpy().tolist() == [[0.9, 2, 1, 1, 3], [0.5, 1, 2, 0, 1]]
    assert links.columns.tolist() == ["similarity", "vendor", "taken for", "text", "nearest text"]
    assert len(confused_vendors.wrong_links(nearest, items, most=1)) == 1
    told = confused_vendors.with_texts(links, ["a" * 200, "b", "c", "d"])
    assert told[["its text", "nearest text"]].to_numpy().tolist() == [["b", "d"], ["a" * 160, "b"]]
    without = confused_vendors.wrong_links(nearest, items[["vendor"]], most=5)
    assert confused_vendors.with_texts(without, []).equals(links[["similarity", "vendor", "taken for"]])


def test_values_are_collected_by_vendor_within_a_region():
    frame = pd.DataFrame({"ad": range(4), "region": ["south", "south", "west", "south"], "vendor": [1, 2, 1, 1]})
    ads = Ads(frame.assign(text=range(4)), frame, [], [Path("a.jpg")], [], "")
    values = [["7", "8"], [], ["9"], ["7"]]
    assert confused_vendors.values_by_vendor(ads, "south", values) == {1: {"7", "8"}, 2: set()}
