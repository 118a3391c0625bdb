"""Counts, frequencies, languages and likeness, against what can be counted by hand or by a double loop."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from lib.core import published
from lib.data.ads import ADS, PAIRS, Ads
from lib.review import data_tables, region_similarity

ROWS = [
    ("south", 0, 0, [0, 1]),
    ("south", 0, 0, [1]),  # the same text and picture again
    ("south", 1, 1, [2]),
    ("west", 0, 1, [2, 3]),
]


def ads(rows=ROWS, text=True, image=True) -> Ads:
    """Ads of (region, vendor, text, pictures); without `text` or `image` as data that lacks it is read."""
    table = pd.DataFrame(
        [(ad, region, vendor, words if text else -1) for ad, (region, vendor, words, _) in enumerate(rows)],
        columns=["ad", "region", "vendor", "text"],
    )
    shown = [(ad, picture) for ad, row in enumerate(rows) for picture in (row[3] if image else [-1])]
    pairs = table.loc[[ad for ad, _ in shown]].assign(image=[picture for _, picture in shown]).reset_index(drop=True)
    count = 1 + max(max(row[3]) for row in rows)
    return Ads(
        ADS.validate(table),
        PAIRS.validate(pairs),
        [f"text {number}" for number in range(1 + max(row[2] for row in rows))] if text else [],
        [Path("/data/images/south") / f"{number}.jpg" for number in range(count)] if image else [],
        ["a", "b"],
        "",
    )


def test_table_1_counts_once_in_a_region_and_once_over_all():
    faces = pd.Series({"images/south/3.jpg": False, "images/south/0.jpg": True, "images/south/1.jpg": False})
    faces["images/south/2.jpg"] = True  # in an order that isn't the ads'
    table = data_tables.table_1(ads(), faces).set_index("region")
    assert list(table.index) == ["South", "West", "All"]
    assert table[["Ads", "Texts", "Images", "Vendors"]].to_numpy().tolist() == [
        [3, 2, 3, 2],
        [1, 1, 2, 1],
        [4, 2, 4, 2],
    ]
    assert table["Faces"].tolist() == pytest.approx([2 / 3, 1 / 2, 1 / 2])  # over all: of pictures, not of regions


def test_table_1_without_faces():
    table = data_tables.table_1(ads())
    assert table["Faces"].isna().all() and table["Images"].tolist() == [3, 2, 4]


def test_what_the_data_lacks_is_counted_as_nothing():
    no_pictures, no_texts = data_tables.table_1(ads(image=False)), data_tables.table_1(ads(text=False))
    assert no_pictures["Images"].tolist() == [0, 0, 0] and no_pictures["Texts"].tolist() == [2, 1, 2]
    assert no_texts["Texts"].tolist() == [0, 0, 0] and no_texts["Images"].tolist() == [3, 2, 4]


def test_targets_are_the_published_counts_at_scale_and_shares_as_they_are():
    ours = data_tables.table_1(ads())
    theirs, keys = published.table("matched", 1), ["region", "quantity"]
    long = data_tables.compared_with_published(ours, theirs, 0.1).set_index(keys)
    assert long.loc[("South", "Ads"), ["published", "target", "ours", "difference"]].tolist() == [14088, 1409, 3, -1406]
    assert long.loc[("South", "Faces"), "target"] == 0.4928
    assert np.isnan(long.loc[("Midwest", "Ads"), "ours"])  # a region that this data lacks


def test_other_data_stands_beside_the_paper_by_its_own_regions():
    """The regions that it has, the paper's or not, then all; no target, and no face that nobody counted."""
    theirs, ours = published.table("matched", 1), data_tables.table_1(ads())
    table = data_tables.compared_with_published(ours, theirs, None)
    assert list(table.columns) == ["region", "quantity", "published", "ours"]
    assert list(dict.fromkeys(table["region"])) == ["South", "West", "All"]
    renamed = ours.replace({"region": {"West": "Bonn"}})
    table = data_tables.compared_with_published(renamed, theirs, None)
    assert list(dict.fromkeys(table["region"])) == ["South", "Bonn", "All"]
    bonn = table[table["region"] == "Bonn"].set_index("quantity")
    assert bonn["published"].isna().all() and "Faces" not in set(table["quantity"])
    without = data_tables.compared_with_published(data_tables.table_1(ads(image=False)), theirs, None)
    assert set(without["quantity"]) == {"Ads", "Texts", "Vendors"}
    assert bonn["ours"].to_dict() == renamed.set_index("region").loc["Bonn"].dropna().to_dict()


def test_per_vendor_counts_unique_items():
    table = data_tables.per_vendor(ads()).set_index(["region", "vendor"]).sort_index()
    assert table.columns.tolist() == ["ads", "texts", "images", "pairs"]
    assert table.loc[("south", 0)].tolist() == [2, 1, 2, 2]
    assert table.loc[("south", 1)].tolist() == [1, 1, 1, 1]
    assert table.loc[("west", 0)].tolist() == [1, 1, 2, 2]
    assert len(table) == 3


@pytest.mark.parametrize("lacking", ["text", "image"])
def test_per_vendor_of_data_without_texts_or_pictures(lacking):
    table = data_tables.per_vendor(ads(**{lacking: False}))
    whole = data_tables.per_vendor(ads())
    there = "images" if lacking == "text" else "texts"
    assert table[f"{lacking}s"].tolist() == [0, 0, 0] == table["pairs"].tolist()
    assert table[["ads", there]].equals(whole[["ads", there]])


def test_columns_that_would_be_empty_are_left_out():
    vendors = data_tables.per_vendor(ads())
    whole = data_tables.vendor_table(vendors)
    assert {"texts, 50 %", "images, 50 %", "share with 1-20 texts", "share with 5-24 images"} <= set(whole)
    texts = data_tables.vendor_table(vendors.assign(images=0))
    assert list(texts) == [name for name in whole if "images" not in name]
    lengths = pd.DataFrame({"region": ["south", "bonn"], "tokens": [10, 600], "characters": 1})
    assert data_tables.length_table(lengths)["published mean"].isna().tolist() == [False, True]
    assert "published mean" not in data_tables.length_table(lengths[lengths["region"] == "bonn"])
    detected = pd.DataFrame({"region": ["bonn"], "language": ["de"], "english": [False]})
    assert list(data_tables.language_table(detected)) == ["region", "texts", "share in English"]


def test_frequencies_by_hand():
    table = data_tables.frequencies(pd.Series([1, 4, 1, 2]), window=3)
    assert table["items"].tolist() == [1, 2, 3, 4] and table["vendors"].tolist() == [2, 1, 0, 1]
    assert table["smoothed"].tolist() == pytest.approx([3 / 2, 3 / 3, 2 / 3, 1 / 2])


@given(st.lists(st.integers(0, 50), min_size=1, max_size=40), st.sampled_from([1, 5, 31]))
@example([0, 0], 5)
def test_frequencies_count_every_vendor_that_has_something(counts, window):
    table = data_tables.frequencies(pd.Series(counts), window)
    assert table["vendors"].tolist() == [counts.count(number) for number in range(1, max(counts) + 1)]
    vendors = table["vendors"].to_numpy()
    for place, value in enumerate(table["smoothed"]):
        assert value == pytest.approx(vendors[max(0, place - window // 2) : place + window // 2 + 1].mean())


def test_languages_of_plain_sentences():
    texts = [
        "A quiet room near the station, call me in the evening.",
        "Una habitación tranquila cerca de la estación, llámame por la tarde.",
        "Ein ruhiges Zimmer in der Nähe des Bahnhofs, bitte abends anrufen.",
        "",
        "555 !!! 12",
    ]
    found = data_tables.languages(texts)
    assert found == ["en", "es", "de", "?", "?"]
    assert data_tables.languages(texts[::-1]) == found[::-1]  # nothing depends on what came before


def test_languages_are_the_same_each_time():
    """LangDetect draws by chance: on words of two languages an unseeded one changes its mind."""
    texts = ["casa room sol near", "ok bb", "muy nice room"]
    assert all(data_tables.languages(texts) == data_tables.languages(texts) for _ in range(3))


def pairwise(items: pd.DataFrame, vectors: np.ndarray, same_vendor: bool) -> np.ndarray:
    """Likeness as its docstring says it, pair by pair."""
    regions, owners = items["region"].tolist(), items["vendor"].tolist()
    unit = [vector / np.linalg.norm(vector) for vector in vectors]
    names = list(dict.fromkeys(regions))
    return np.array(
        [
            [
                np.mean(
                    [
                        unit[i] @ unit[j]
                        for i in range(len(unit))
                        for j in range(len(unit))
                        if regions[i] == one
                        and regions[j] == two
                        and i != j
                        and (same_vendor or owners[i] != owners[j])
                    ]
                    or [np.nan]
                )
                for two in names
            ]
            for one in names
        ]
    )


@settings(deadline=None, max_examples=60)
@given(
    st.lists(st.tuples(st.sampled_from(["west", "south", "bern"]), st.integers(0, 3)), min_size=1, max_size=10),
    st.booleans(),
    st.integers(0, 2**31),
)
def test_likeness_is_the_mean_over_all_pairs(rows, same_vendor, seed):
    items = pd.DataFrame(rows, columns=["region", "vendor"])
    vectors = np.random.default_rng(seed).normal(size=(len(rows), 3)) * 5
    table = region_similarity.mean_cosines(items, vectors, same_vendor)
    assert table.index.tolist() == table.columns.tolist() == list(dict.fromkeys(items["region"]))
    np.testing.assert_allclose(table.to_numpy(), pairwise(items, vectors, same_vendor), rtol=1e-5, atol=1e-6)


def test_likeness_that_comes_from_shared_vendors_goes_with_them():
    """Each vendor has a direction of its own: what regions have in common is the vendor that posts in both."""
    items = pd.DataFrame({"region": ["south"] * 4 + ["west"] * 4, "vendor": [0, 0, 1, 1, 0, 0, 2, 2]})
    vectors = np.eye(3, dtype=np.float32)[items["vendor"]]
    assert region_similarity.mean_cosines(items, vectors).loc["south", "west"] == pytest.approx(4 / 16)
    assert region_similarity.mean_cosines(items, vectors).loc["south", "south"] == pytest.approx(4 / 12)
    others = region_similarity.mean_cosines(items, vectors, same_vendor=False)
    assert others.abs().to_numpy().max() == pytest.approx(0, abs=1e-6)


def test_shared_vendors_is_the_row_s_share():
    table = region_similarity.shared_vendors(ads())
    assert table.loc["south", "west"] == 0.5 and table.loc["west", "south"] == 1
    assert table.loc["south", "south"] == table.loc["west", "west"] == 1
