"""The protocol `released`: each script's own draws, a second one for retrieval, and what rows of tables then share."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.model_selection import train_test_split

from lib.core.errors import DataError
from lib.data import draws, splits
from lib.data.ads import Ads
from lib.review import released_items
from lib.runs.ad_items import AdItems
from lib.study.plan import Run, Study
from lib.study.run_kinds import CONTENT, RUN_KINDS

COUNTS = st.lists(st.integers(1, 30), min_size=1, max_size=40)
PRE_TRAINED = {"text": "minilm-l6", "objective": "pre-trained", "seed": 1}


def rows_of(counts, seed=0):
    return np.random.default_rng(seed).permutation(np.repeat(np.arange(len(counts)), counts))


def pairs(vendors=40, ads=10, images=4, regions=("south", "west")):
    """Ads with pictures of their own, but for every fifth ad, which has the text and a picture of the ad before."""
    rows = []
    for ad in range(len(regions) * vendors * ads):
        source = ad - (ad % 5 == 4)
        shown = [images * ad + number for number in range(images - (ad % 5 == 4))] + [images * source] * (ad % 5 == 4)
        place = (ad, regions[ad // (vendors * ads)], ad // ads % vendors, source)
        rows += [(*place, image) for image in shown]
    return pd.DataFrame(rows, columns=["ad", "region", "vendor", "text", "image"])


def of_test(items, region="south"):
    return items[(items["region"] == region) & (items["part"] == "test")]


def shares(items, region="south"):
    there = items[(items["region"] == region) & (items["part"] != "left out")]
    return there["part"].value_counts(normalize=True).reindex([*splits.PARTS], fill_value=0).to_numpy()


@settings(deadline=None, max_examples=80)
@given(COUNTS, st.integers(0, 2**31 - 1), st.booleans(), st.booleans(), st.booleans())
def test_any_vendors_can_be_drawn(counts, seed, stratified, shuffled, a_vendor):
    """Also those that scikit-learn would refuse; a stratum keeps a row to learn from."""
    vendors = rows_of(counts)
    parts = draws.two_cuts(vendors, seed, stratified, shuffled, a_vendor)
    assert set(parts) <= set(splits.PARTS)
    assert np.array_equal(parts, draws.two_cuts(vendors, seed, stratified, shuffled, a_vendor))
    if stratified:
        assert (parts[draws.counts(vendors) == 1] == "train").all()


@settings(deadline=None, max_examples=40)
@given(st.lists(st.integers(30, 60), min_size=2, max_size=20), st.integers(0, 2**31 - 1))
def test_strata_get_their_shares(counts, seed):
    vendors = rows_of(counts)
    parts = draws.two_cuts(vendors, seed, stratified=True)
    for vendor, count in enumerate(counts):
        mine = parts[vendors == vendor]
        assert abs((mine == "test").sum() - 0.20 * count) < 2.1 and abs((mine == "val").sum() - 0.04 * count) < 2.1


@settings(deadline=None, max_examples=40)
@given(st.lists(st.integers(25, 50), min_size=2, max_size=20), st.integers(0, 2**31 - 1), st.booleans())
def test_a_cut_is_that_of_scikit_learn(counts, seed, stratified):
    vendors = rows_of(counts)
    rows = np.arange(len(vendors))
    _, test = train_test_split(rows, test_size=0.20, random_state=seed, stratify=vendors if stratified else None)
    assert set(np.flatnonzero(draws.cut(vendors, 0.20, seed, stratified))) == set(test)


@settings(deadline=None, max_examples=40)
@given(st.integers(0, 300), st.integers(0, 2**31 - 1))
def test_texts_with_ce_are_split_as_random_split_does(rows, seed):
    parts = draws.at_random(rows, seed)
    sizes = [(parts == name).sum() for name in ("train", "test")]
    assert sizes == [int(0.75 * rows), int(0.20 * rows)] and (parts == "val").sum() == rows - sum(sizes)
    assert np.array_equal(parts, draws.at_random(rows, seed))


@pytest.mark.parametrize(
    ("script", "expected"),
    [
        ("text", [0.75, 0.05, 0.20]),
        ("contrastive text", [0.76, 0.04, 0.20]),
        ("image", [0.76, 0.04, 0.20]),
        ("fusion", [0.76, 0.04, 0.20]),
        ("fine-tuning", [0.76, 0.04, 0.20]),
        ("alignment", [0.76, 0.04, 0.20]),
        ("single-stream", [0.70, 0.10, 0.20]),  # validation has as many ads as there are vendors: 40 of 400
    ],
)
def test_shares_of_each_script(script, expected):
    items = splits.released_training(pairs(), script, 1111)
    assert shares(items) == pytest.approx(expected, abs=0.02) and shares(items, "west").sum() == pytest.approx(1)
    assert items.equals(splits.released_training(pairs(), script, 1111))
    assert not items.equals(splits.released_training(pairs(), script, 1112))


@pytest.mark.parametrize("script", splits.SCRIPTS)
def test_queries_are_a_fifth_and_drawn_anew(script):
    """A query is a training item as often as any item is; of single-stream systems never."""
    given, modality = pairs(), splits.SCRIPTS[script]
    train, retrieval = (
        splits.released_training(given, script, 1111),
        splits.released_retrieval(given, script, modality, 1111),
    )
    assert shares(retrieval)[2] == pytest.approx(0.20, abs=0.02) and set(retrieval["part"]) <= {"train", "test"}
    content = ["vendor", *CONTENT[modality]]
    known = train[(train["part"] == "train") & (train["region"] == "south")]
    asked = splits.share_among(of_test(retrieval), known, content)
    repeats = splits.share_among(train[train["region"] == "south"], known, content)
    if script == "single-stream":
        ads = given.drop_duplicates("ad")
        assert set(of_test(retrieval)["image"]) == set(of_test(train)["image"]) and len(ads) == 800
    else:
        assert asked == pytest.approx(repeats, abs=0.08) and asked > 0.6


def test_pictures_are_rows_and_may_stand_on_both_sides():
    given = pairs()
    images = splits.released_training(given, "image", 1111)
    assert len(images) == len(given)  # a row for each ad that has it
    assert images.groupby("image")["part"].nunique().max() == 2
    texts = splits.released_training(given, "text", 1111)
    assert not texts.duplicated(["region", "vendor", "text"]).any()


def test_rows_of_tables_that_share_their_items_and_those_that_do_not():
    data = pairs()
    found = Ads(data.drop_duplicates("ad")[["ad", "region", "vendor", "text"]], data, [], [], [], "")
    study = Study(name="x", split={"protocol": "released", "seed": 1111})
    rows = released_items.drawn(study, found)
    assert list(rows) == list(released_items.ROWS)
    sizes, shared = released_items.sizes(rows), released_items.overlaps(rows, found)
    same = shared[shared["shared"] == 1].set_index("task")[["rows_of", "other"]]
    assert ("pairs, end to end", "pairs, after alignment") in set(
        same.loc[["identification"]].itertuples(index=False, name=None)
    )
    assert set(same.loc[["retrieval"]].itertuples(index=False, name=None)) >= {
        ("texts, CE", "texts, contrastive"),
        ("pairs, end to end", "pairs, single-stream"),
    }
    apart = shared[(shared["shared"] < 1) & (shared["by"] != "ad")]
    assert (apart["shared"] - apart["by_chance"]).abs().max() < 0.2
    by = sizes.set_index("rows_of")
    assert by.loc["pairs, single-stream", "trained_on"] < 0.1 and by.loc["pairs, end to end", "text_in_training"] > 0.8
    assert by.loc["texts, CE", ["text_in_training"]].item() == 0 and by.loc["pictures", "picture_in_training"] > 0
    told = released_items.summary(sizes, shared)
    assert "pairs, end to end and pairs, after alignment" in told and "pairs, single-stream 7%" in told


def test_data_of_one_region_without_pictures():
    data = pairs(regions=("west",)).assign(image=-1).drop_duplicates()
    found = Ads(data[["ad", "region", "vendor", "text"]], data, [], [], [], "")
    study = Study(name="x", split={"protocol": "released", "seed": 1111})
    rows = released_items.drawn(study, found)
    assert list(rows) == ["texts, CE", "texts, contrastive"]
    with pytest.raises(DataError, match="no pictures"):
        splits.split(data, "image", "released", 1)


def test_too_few_vendors_of_sensitive_data_are_not_shown():
    data = pairs(vendors=4)
    found = Ads(data.drop_duplicates("ad")[["ad", "region", "vendor", "text"]], data, [], [], [], "")
    study = SimpleNamespace(
        data=SimpleNamespace(train_region=None), sensitive=True, split=SimpleNamespace(seed=1111), data_folder="x"
    )
    rows = released_items.drawn(study, found)
    sizes, shared = released_items.sizes(rows), released_items.overlaps(rows, found)
    assert sizes.empty and shared.empty and "Too few vendors" in released_items.summary(sizes, shared)


def test_vendors_with_one_item_are_left_out_as_each_script_does():
    """Vendor 90 has one ad with one picture, vendor 91 one with three, vendor 92 two equal ads."""
    few = [
        (5000, 90, 5000, [9000]),
        (5001, 91, 5001, [9001, 9002, 9003]),
        (5002, 92, 5002, [9004]),
        (5003, 92, 5002, [9004]),
    ]
    more = [(ad, "south", vendor, text, image) for ad, vendor, text, images in few for image in images]
    given = pd.concat([pairs(), pd.DataFrame(more, columns=pairs().columns)], ignore_index=True)

    def kept(items):
        return set(items.loc[items["part"] != "left out", "vendor"]) & {90, 91, 92}

    by_script = {script: kept(splits.released_training(given, script, 7)) for script in splits.SCRIPTS}
    assert by_script == {
        "text": set(),
        "contrastive text": set(),
        "image": {91, 92},
        "fusion": {91},
        "single-stream": set(),
        "fine-tuning": {91},
        "alignment": {91},
    }
    asked = {name: kept(splits.released_retrieval(given, name, splits.SCRIPTS[name], 7)) for name in splits.SCRIPTS}
    assert asked["text"] == asked["fine-tuning"] == asked["alignment"] == {90, 91, 92}
    assert asked["image"] == {91, 92} and asked["fusion"] == asked["single-stream"] == set()


def test_a_run_is_split_by_its_script():
    objectives = {"ce": "text", "pre-trained": "text", "supcon": "contrastive text", "ce+triplet": "contrastive text"}
    for objective, script in objectives.items():
        assert RUN_KINDS["10_text"].script_of({"objective": objective}) == script
    assert RUN_KINDS["12_fusion"].script_of({"objective": "ce+supcon"}) == "fusion"
    assert RUN_KINDS["14_baselines"].script_of({"baseline": "bm25"}) == ""
    run = Run(Study(name="x"), "10_text", PRE_TRAINED | {"protocol": "released", "objective": "supcon"})
    items = AdItems.of(run)
    assert (items.protocol, items.script, items.resplits) == ("released", "contrastive text", True)


@pytest.mark.parametrize("protocol", ["paper", "ad", "released"])
def test_retrieval_has_items_of_its_own_under_released_alone(protocol):
    data = pairs()
    items = AdItems(Study(name="x", split={"protocol": protocol, "seed": 1111}), "text")
    items.ads = Ads(data.drop_duplicates("ad")[["ad", "region", "vendor", "text"]], data, [], [], [], "f")
    same = items.retrieval_items_of("text").equals(items.items_of("text"))
    assert same == (protocol != "released")
    record = items.record()["data"].model_dump(exclude_unset=True)
    assert ("queries_trained_on" in record) == (protocol == "released")
    if protocol == "released":
        assert record["queries_trained_on"] == pytest.approx(0.75, abs=0.1)
