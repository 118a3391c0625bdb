"""lib.evaluation.open_set: planted cases that must be found, nulls that must not, and what holds for any data."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lib.core.errors import DataError
from lib.evaluation import open_set, retrieval


def data(seed=0, vendors=12, each=10, noise=0.3):
    """Vendors 0 to 7 post in south, 6 to 11 in west; each ad near its vendor's point."""
    generator = np.random.default_rng(seed)
    points = generator.normal(size=(vendors, 8))
    rows = [("south", vendor) for vendor in range(8)] + [("west", vendor) for vendor in range(6, vendors)]
    items = pd.DataFrame([row for row in rows for _ in range(each)], columns=["region", "vendor"])
    items["part"] = np.where(np.arange(len(items)) % 5 == 0, "test", "train")
    return items, points[items["vendor"]] + noise * generator.normal(size=(len(items), 8))


def test_the_nearest_is_found_and_told():
    items, vectors = data()
    asked = open_set.nearest(items, vectors, "south")
    unit = retrieval.unit(vectors)
    gallery = np.flatnonzero((items["region"] == "south") & (items["part"] == "train"))
    for row in asked.itertuples():
        alike = unit[gallery] @ unit[row.query]
        assert row.document == gallery[alike.argmax()] and row.similarity == pytest.approx(alike.max(), abs=1e-6)
        assert row.known == (row.vendor < 8) and row.right == (items["vendor"][row.document] == row.vendor)


def test_a_region_without_a_gallery_is_an_error():
    items, vectors = data()
    with pytest.raises(DataError, match="north has no training item"):
        open_set.nearest(items, vectors, "north")


def test_known_vendors_are_told_where_they_can_be():
    items, vectors = data(noise=0.05)
    found = open_set.detection(open_set.nearest(items, vectors, "south"), draws=100)
    assert found["auroc"] > 0.99 and found["fpr"] < 0.1 and found["known"] == 20 and found["new"] == 8


def test_chance_is_not_taken_for_knowledge():
    generator = np.random.default_rng(1)
    asked = pd.DataFrame(
        {"vendor": np.arange(400) // 4, "known": np.arange(400) // 4 % 2 == 0, "similarity": generator.random(400)}
    )
    found = open_set.detection(asked, draws=200)
    assert found["auroc_low"] < 0.5 < found["auroc_high"] and found["fpr"] > 0.8


@pytest.mark.parametrize(
    ("vendors", "shift", "expected"), [(20, 3, "yes"), (20, 0, "undecided"), (20, -3, "reversed"), (8, 3, "undecided")]
)
def test_what_is_told_is_told_by_the_interval_and_by_enough_vendors(vendors, shift, expected):
    generator = np.random.default_rng(2)
    vendor = np.repeat(np.arange(vendors), 10)
    known = vendor % 2 == 0
    asked = pd.DataFrame(
        {"vendor": vendor, "known": known, "similarity": generator.normal(size=len(vendor)) + shift * known}
    )
    found = open_set.detection(asked, draws=200)
    assert found["told"] == expected and found["known_vendors"] == found["new_vendors"] == vendors // 2


def test_one_kind_alone_has_no_numbers():
    asked = pd.DataFrame({"vendor": [1, 2], "known": [True, True], "similarity": [0.1, 0.2]})
    found = open_set.detection(asked, draws=10)
    assert np.isnan(found["auroc"]) and found["told"] == "undecided"


@settings(deadline=None, max_examples=40)
@given(st.integers(0, 2**32 - 1), st.integers(1, 60))
def test_coverage_at_any_data(seed, count):
    generator = np.random.default_rng(seed)
    known = generator.random(count) < 0.6
    asked = pd.DataFrame(
        {"vendor": generator.integers(0, 9, count), "known": known, "similarity": generator.random(count).round(1)}
    )
    asked["right"] = known & (generator.random(count) < 0.7)
    table = open_set.coverage(asked, draws=20)
    last = table.iloc[-1]
    assert last["answered"] == count and last["precision"] == pytest.approx(asked["right"].mean())
    assert (table["answered"].diff().dropna() >= 0).all() and table["precision"].between(0, 1).all()
    assert last["precision"] <= known.mean() + 1e-12  # an answer to a new vendor's ad is always wrong


def test_unrelated_ads_only_get_in_the_way():
    items, vectors = data(noise=1.5)
    grown = open_set.growth(items, vectors, "south", draws=20)
    for metric, table in grown.groupby("metric"):
        assert (table["mean"].diff().dropna() <= 1e-12).all(), metric
    south = (items["region"] == "south").to_numpy()
    query, document = south & (items["part"] == "test"), south & (items["part"] == "train")
    alone = retrieval.evaluate(vectors[query], items["vendor"][query], vectors[document], items["vendor"][document])
    first = grown[grown["unrelated"] == 0].set_index("metric")["mean"]
    assert first["R-Precision@X"] == pytest.approx(alone.set_index("metric")["mean"]["R-Precision@X"])
    assert grown["unrelated"].max() == 40  # west's vendors that south doesn't have, all parts
