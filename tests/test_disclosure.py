"""Salted ids tell nothing and stay the same; no table shows a group under five, nor lets it be worked out."""

import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lib.core.errors import DataError
from lib.data import ads, disclosure


def test_salt_is_made_once_and_for_its_owner_alone(tmp_path):
    path = tmp_path / "data" / "salt"
    first = disclosure.salt(path)
    assert len(first) == 32 and disclosure.salt(path) == first
    assert stat.S_IMODE(path.stat().st_mode) == 0o600 and [file.name for file in path.parent.iterdir()] == ["salt"]
    assert disclosure.salt(tmp_path / "other") != first


def test_those_that_start_at_once_get_one_salt(tmp_path):
    with ThreadPoolExecutor(8) as pool:
        assert len(set(pool.map(disclosure.salt, [tmp_path / "salt"] * 16))) == 1


def test_a_broken_salt_is_told(tmp_path):
    (tmp_path / "salt").write_bytes(b"short")
    with pytest.raises(DataError, match=r"salt: this is no salt \(5 bytes"):
        disclosure.salt(tmp_path / "salt")


def test_salted_order_is_a_permutation_that_follows_the_salt():
    values = [str(number) for number in range(50)]
    order = disclosure.salted_order(values, b"a" * 32)
    assert sorted(order) == list(range(50)) and order == disclosure.salted_order(values, b"a" * 32)
    assert order != list(range(50)) and order != disclosure.salted_order(values, b"b" * 32)
    assert [values[place] for place in order] == [
        values[::-1][place] for place in disclosure.salted_order(values[::-1], b"a" * 32)
    ]  # whatever the order in which the data has them


def test_renumbered_ads_are_the_same_ads():
    table = pd.DataFrame(
        {"ad": range(6), "region": list("ssswww"), "vendor": [0, 0, 1, 2, 1, 0], "text": [0, 1, 2, 3, 4, 0]}
    ).assign(group=[0, 1, 2, 3, 4, 0])
    pairs = table.loc[[0, 0, 1, 2, 3, 4, 5]].assign(image=[0, 1, 1, 2, -1, 3, 0]).reset_index(drop=True)
    images = [Path(f"{number}.jpg") for number in range(4)]
    given = ads.Ads(
        table,
        pairs,
        list("tuvxy"),
        images,
        ["Ana", "Bea", "Cleo"],
        "abc",
        names=list("klmnop"),
        groups=["g", "", "g", "", "h"],
    )

    def content(found: ads.Ads) -> tuple[set, list]:
        rows = [
            (found.names[row.ad], row.region, found.labels[row.vendor], found.texts[row.text], found.groups[row.group])
            for row in found.ads.itertuples()
        ]
        shown = [
            (found.names[row.ad], found.texts[row.text], found.images[row.image] if row.image >= 0 else None)
            for row in found.pairs.itertuples()
        ]
        return set(rows), sorted(shown, key=str)

    found = disclosure.renumbered(given, b"a" * 32)
    assert content(found) == content(given) and found.ads["ad"].tolist() == list(range(6))
    assert found.labels == [
        ["Ana", "Bea", "Cleo"][place] for place in disclosure.salted_order(["Ana", "Bea", "Cleo"], b"a" * 32)
    ]
    assert found.texts != given.texts and found.fingerprint != disclosure.renumbered(given, b"b" * 32).fingerprint
    assert given.fingerprint == "abc"


TABLE = pd.DataFrame(
    {
        "region": ["south", "midwest", "west", "northeast"],
        "Ads": [100, 50, 12, 9],
        "Vendors": [20, 10, 3, 4],
        "score": [0.5, 0.6, 0.7, 0.4],
        "note": ["a", "b", "c", "d"],
        "length": [100.0, 120.0, 90.0, 69.0],
    }
)


def test_small_groups_are_folded():
    found = disclosure.fold(TABLE, ["Ads", "Vendors"], "region")
    assert found["region"].tolist() == ["south", "midwest", "other (2 groups)"]
    assert list(found.columns) == list(TABLE.columns)
    last = found.iloc[-1]
    assert (last["Ads"], last["Vendors"]) == (21, 7) and last[["score", "note", "length"]].isna().all()


def test_a_table_without_small_groups_stays():
    pd.testing.assert_frame_equal(disclosure.fold(TABLE, "Ads", "region"), TABLE)


def test_one_small_group_takes_the_next_along(monkeypatch):
    """Else a total that is printed elsewhere would tell it."""
    monkeypatch.setattr(disclosure, "LEAST", 4)
    found = disclosure.fold(TABLE, "Vendors", "region")
    assert found["region"].tolist() == ["south", "midwest", "other (2 groups)"] and found["Vendors"].iloc[-1] == 7


def test_all_too_small():
    found = disclosure.fold(pd.DataFrame({"g": ["a", "b"], "n": [1, 2], "x": [1.0, 2.0]}), "n", "g")
    assert found["g"].tolist() == ["other (2 groups)"] and found["n"].tolist() == ["<5"] and found["x"].isna().all()
    assert disclosure.fold(pd.DataFrame({"g": ["a"], "n": [1]}), "n", "g")["g"].tolist() == ["other (1 group)"]


@given(st.lists(st.integers(0, 12), min_size=1, max_size=12))
def test_nothing_small_is_shown_or_can_be_worked_out(counts):
    found = disclosure.fold(pd.DataFrame({"g": [f"g{n}" for n in range(len(counts))], "n": counts}), "n", "g")
    shown = found[~found["g"].str.startswith("other")]
    assert (shown["n"] >= 5).all()
    if len(found) > len(shown):
        hidden = len(counts) - len(shown)
        assert hidden >= 2 or len(counts) == 1
        assert found["n"].iloc[-1] == ("<5" if sum(counts) < 5 else sum(counts) - shown["n"].sum())
        assert found["n"].iloc[-1] == "<5" or found["n"].iloc[-1] >= 5
    else:
        assert min(counts) >= 5


def test_hidden_counts():
    checks = pd.DataFrame({"what": list("abcd"), "texts": [0, 3, 5, 900], "share": [0.0, 0.1, 0.2, 0.3]})
    found = disclosure.hide(checks, "texts", also=["share"])
    assert found["texts"].tolist() == [0, "<5", 5, 900]
    assert found["share"].isna().tolist() == [False, True, False, False]
    assert checks["texts"].tolist() == [0, 3, 5, 900]


def test_groups_with_enough_members():
    rows = pd.DataFrame({"region": ["s"] * 6 + ["w"] * 6, "vendor": [1, 2, 3, 4, 5, 5, 1, 2, 3, 4, 4, 4]})
    assert disclosure.enough(rows["region"], rows["vendor"]).tolist() == [True] * 6 + [False] * 6


@given(st.lists(st.integers(0, 1000), max_size=40))
def test_averaged_values_are_of_five_at_least(values):
    found = disclosure.averaged(np.array(values))
    if len(values) < 5:
        assert len(found) == 0
    else:
        assert len(found) == len(values) and found.sum() == pytest.approx(sum(values))
        assert (np.diff(found) >= 0).all() and all((found == value).sum() >= 5 for value in found)


@pytest.mark.parametrize(
    "options",
    [
        {"counts": ["Ads", "Vendors"], "by": "region", "total": "All"},
        {"counts": "Vendors", "also": ["score"]},
    ],
)
def test_a_table_of_data_that_is_not_sensitive_is_shown_as_it_is(options):
    assert disclosure.publishable(TABLE, False, **options) is TABLE


def test_small_regions_are_merged_and_the_total_stays():
    everything = pd.DataFrame({"region": ["All"], "Ads": [171], "Vendors": [35]})
    table = pd.concat([TABLE[["region", "Ads", "Vendors"]], everything], ignore_index=True).assign(Texts=0)
    shown = disclosure.publishable(table, True, counts=["Ads", "Vendors", "Texts"], by="region", total="All")
    assert shown["region"].tolist() == ["south", "midwest", "other (2 groups)", "All"]
    assert shown["Vendors"].tolist() == [20, 10, 7, 35]


def test_small_counts_are_hidden_with_what_gives_them_away():
    shown = disclosure.publishable(TABLE, True, counts="Vendors", also=["score"])
    assert shown["Vendors"].tolist() == [20, 10, "<5", "<5"]
    assert shown["score"].isna().tolist() == [False, False, True, True]


VENDORS = pd.DataFrame(
    {"region": ["west"] * 4 + ["south"] * 11, "vendor": [*range(4), *range(11)], "texts": [9, 8, 7, 6, *range(11)]}
)


def test_groups_of_few_vendors_are_left_out():
    shown = disclosure.publishable(VENDORS, True, within="region")
    pd.testing.assert_frame_equal(shown, VENDORS[4:])


@pytest.mark.parametrize("within", ["region", None])
def test_a_number_per_vendor_is_a_mean_of_five(within):
    shown = disclosure.publishable(VENDORS, True, within=within, averages=["texts"])
    assert shown["texts"].dtype == int and shown["texts"].value_counts().min() >= 5
    assert shown.loc[4:, "texts"].is_monotonic_increasing  # a vendor gets the mean of its neighbours


def test_shares_of_few_are_empty():
    shares = pd.DataFrame({"south": [1.0, 0.5], "west": [0.1, 1.0]}, index=["south", "west"])
    shown = disclosure.publishable(shares, True, sizes=pd.Series({"west": 8, "south": 50, "east": 3}))
    assert shown.isna().to_numpy().tolist() == [[False, False], [True, False]]
