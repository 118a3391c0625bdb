"""Splits: shares, stratification, protocols, and what may never happen."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lib.core.errors import DataError
from lib.data import near_duplicates, splits
from lib.data.ads import Ads
from lib.study.run_kinds import CONTENT

SHARES = np.array([0.75, 0.05, 0.20])


@settings(deadline=None, max_examples=150)
@given(st.lists(st.integers(1, 45), min_size=1, max_size=40), st.integers(0, 2**31))
def test_stratified_properties(counts, seed):
    """Each vendor's parts near the exact shares; one item at least to learn from; singles left out."""
    vendors = np.random.default_rng(seed).permutation(np.repeat(np.arange(len(counts)), counts))
    parts = splits.stratified(vendors, seed)
    for vendor, count in enumerate(counts):
        mine = parts[vendors == vendor]
        if count < 2:
            assert (mine == -1).all()
            continue
        sizes = np.bincount(mine, minlength=3)
        assert sizes.sum() == count and sizes[0] >= 1
        assert (np.abs(sizes - SHARES * count) < [2, 1, 1]).all()
    assert np.array_equal(parts, splits.stratified(vendors, seed))


def test_overall_shares_and_seed():
    vendors = np.repeat(np.arange(500), 8)
    parts = splits.stratified(vendors, 1111)
    assert np.abs(np.bincount(parts) / len(parts) - SHARES).max() < 0.001
    assert not np.array_equal(parts, splits.stratified(vendors, 1112))


def pairs():
    """Two regions; ad 0 and ad 1 share a text, and every ad has three images."""
    ads = pd.DataFrame(
        {
            "ad": range(40),
            "region": ["south"] * 24 + ["west"] * 16,
            "vendor": np.repeat(range(5), 8),
            "text": [0, 0, *range(2, 40)],
        }
    )
    return ads.loc[ads.index.repeat(3)].assign(image=range(120)).reset_index(drop=True)


def test_ad_protocol_keeps_an_ad_together():
    multimodal = splits.split(pairs(), "multimodal", "ad", 1111).merge(
        pairs(), on=["text", "image", "region", "vendor"]
    )
    assert multimodal.groupby("ad")["part"].nunique().max() == 1
    images = splits.split(pairs(), "image", "ad", 1111)
    assert images.set_index("image")["part"].to_dict() == multimodal.set_index("image")["part"].to_dict()


def test_paper_protocol_lets_a_text_cross():
    multimodal = splits.split(pairs(), "multimodal", "paper", 1111)
    assert multimodal.groupby("text")["part"].nunique().max() > 1
    text = splits.split(pairs(), "text", "paper", 1111)
    assert text.groupby(["region", "text"])["part"].nunique().max() == 1  # unique texts are split


def test_each_region_is_split_by_itself():
    items = splits.split(pairs(), "multimodal", "paper", 1111)
    for _, region in items.groupby("region"):
        assert abs((region["part"] == "train").mean() - 0.75) < 0.05


def test_small_vendors_are_left_out_and_counted():
    ads = pairs()
    ads.loc[ads["ad"] == 39, "vendor"] = 99
    items = splits.split(ads, "multimodal", "ad", 1111)
    assert set(items.loc[items["vendor"] == 99, "part"]) == {"left out"}
    assert splits.sizes(items).query("part == 'left out'")["items"].sum() == 3


def test_unknown_protocol():
    with pytest.raises(DataError, match="give one of paper, ad, group, campaign, released"):
        splits.split(pairs(), "multimodal", "random", 1111)


def lacking():
    """`pairs`, but every fourth ad has no text and every fifth no picture (one row)."""
    given = pairs()
    given.loc[given["ad"] % 4 == 0, "text"] = -1
    given.loc[given["ad"] % 5 == 1, "image"] = -1
    return given.drop_duplicates(["ad", "text", "image"]).assign(group=lambda table: table["ad"]).reset_index(drop=True)


@pytest.mark.parametrize("protocol", ["paper", "ad", "group", "campaign", "released"])
@pytest.mark.parametrize("modality", ["text", "image", "multimodal"])
def test_what_an_ad_lacks_is_no_item(protocol, modality):
    given, of = lacking(), pd.Series(range(40))
    items = splits.split(given, modality, protocol, 1111, of)
    content = list(CONTENT[modality])
    there = given[(given[content] >= 0).all(axis=1)]
    assert (items[content] >= 0).all(axis=None) and list(items.columns) == ["region", "vendor", *content, "part"]
    assert set(items[content].itertuples(index=False)) == set(there[content].itertuples(index=False))


@pytest.mark.parametrize("protocol", ["ad", "group", "campaign"])
def test_ads_are_split_once_for_all_modalities(protocol):
    """An ad goes where it goes when all ads have everything."""
    of = pd.Series(range(40))
    every = pairs().assign(group=lambda table: table["ad"])
    whole = splits.split(every, "image", protocol, 1111, of).set_index("image")["part"]
    items = splits.split(lacking(), "image", protocol, 1111, of).set_index("image")["part"]
    assert items.equals(whole[items.index])


def test_no_ad_with_both():
    given = pairs()
    given.loc[given["ad"] < 20, "text"] = -1
    given.loc[given["ad"] >= 20, "image"] = -1
    for protocol in ("paper", "ad"):
        with pytest.raises(DataError, match="no ad of this data has both a text and a picture"):
            splits.split(given, "multimodal", protocol, 1)
        assert len(splits.split(given, "text", protocol, 1)) == 20


def test_what_an_ad_lacks_joins_no_campaign():
    given = lacking()
    found = Ads(given.drop_duplicates("ad")[["ad", "region", "vendor", "text"]], given, [], [], [], "")
    of = near_duplicates.campaigns(found, {"text": np.arange(40), "image": np.arange(120)})
    assert of.nunique() == 40  # ads 0 and 1 shared a text, which ad 0 lacks here


# Groups ---------------------------------------------------------------------------------------------------------------


def grouped(ads):
    """An ad each with a text of its own: (vendor, group of the vendor, region)."""
    table = pd.DataFrame(ads, columns=["vendor", "name", "region"])
    table["group"] = pd.factorize(pd.MultiIndex.from_frame(table[["vendor", "name"]]))[0]
    number = np.arange(len(table))
    return table.drop(columns="name").assign(ad=number, text=number, image=-1)


@given(
    st.lists(st.tuples(st.integers(0, 4), st.integers(0, 5), st.sampled_from(["south", "west"])), min_size=1),
    st.integers(0, 99),
)
def test_no_group_stands_in_two_parts_in_whatever_regions(ads, seed):
    given_ads = grouped(ads)
    items = splits.split(given_ads, "text", "group", seed)
    assert items["text"].tolist() == given_ads["text"].tolist()
    assert items.groupby(given_ads["group"])["part"].nunique().max() == 1
    assert splits.split(given_ads, "text", "group", seed).equals(items)


def test_a_vendor_of_one_group_in_a_region_is_left_out_there_and_others_have_one_to_learn_from():
    ads = [(vendor, group, "south") for vendor in range(30) for group in range(4) for _ in range(1 + group)]
    ads += [(77, 0, "south")] * 9 + [(vendor, 5, "west") for vendor in range(3)]
    items = splits.split(grouped(ads), "text", "group", 3)
    out = items[items["part"] == "left out"]
    assert set(zip(out["vendor"], out["region"], strict=True)) == {(77, "south"), *((n, "west") for n in range(3))}
    assert splits.sizes(items).query("part == 'left out'")["vendors"].tolist() == [1, 3]
    assert set(items.loc[items["part"] == "train", "vendor"]) == set(range(30))
    groups = items[items["part"] != "left out"].assign(group=lambda table: grouped(ads)["group"][table.index])
    shares = groups.drop_duplicates("group")["part"].value_counts(normalize=True)
    assert shares["train"] == pytest.approx(0.75, abs=0.03) and shares["test"] == pytest.approx(0.20, abs=0.03)


def test_a_group_of_two_regions_counts_where_most_of_its_ads_are():
    ads = [(1, 0, "south")] * 3 + [(1, 0, "west")] + [(1, 1, "south"), (1, 2, "west"), (1, 3, "west")]
    items = splits.split(grouped(ads), "text", "group", 0)
    assert "left out" not in set(items["part"]) and items["part"][:4].nunique() == 1


def test_data_without_groups_says_what_to_do():
    with pytest.raises(DataError, match=r"protocol group: this data has no groups.*data\.columns\.group.*chapter 01"):
        splits.split(pairs(), "text", "group", 1)
