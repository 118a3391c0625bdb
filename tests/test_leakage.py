"""Near-duplicates stay together under the protocol `campaign`, and what crosses the other splits is counted."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from made_up_texts import text

from lib.core.errors import DataError
from lib.core.files import write_json
from lib.data import splits
from lib.data.ads import Ads
from lib.review import split_leakage
from lib.study.plan import Run, Study


def pairs_of(vendors, campaigns):
    """An ad each with a text and a picture of its own."""
    number = np.arange(len(vendors))
    table = pd.DataFrame({"ad": number, "region": "south", "vendor": vendors, "text": number, "image": number})
    return table, pd.Series(campaigns, index=number)


@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 12)), min_size=2, max_size=80), st.integers(0, 99))
def test_no_campaign_stands_in_two_parts(ads, seed):
    pairs, campaigns = pairs_of([vendor for vendor, _ in ads], [campaign for _, campaign in ads])
    items = splits.split(pairs, "multimodal", "campaign", seed, campaigns)
    assert len(items) == len(pairs)
    assert items.groupby(items["text"].map(campaigns))["part"].nunique().max() == 1


def test_campaigns_are_dealt_in_the_usual_shares_and_one_alone_is_left_out():
    vendors = np.repeat(np.arange(40), 40)
    campaigns = np.arange(1600) // 2
    pairs, of = pairs_of(np.append(vendors, [77] * 9), np.append(campaigns, [9999] * 9))
    items = splits.split(pairs, "text", "campaign", 3, of)
    share = items[items["vendor"] != 77]["part"].value_counts(normalize=True)
    assert abs(share["train"] - 0.75) < 0.03 and abs(share["test"] - 0.20) < 0.03
    assert set(items.loc[items["vendor"] == 77, "part"]) == {"left out"}


def test_the_protocol_needs_its_campaigns():
    pairs, _ = pairs_of([1, 1], [1, 2])
    with pytest.raises(DataError, match="needs each ad's campaign"):
        splits.split(pairs, "text", "campaign", 1)


def test_the_parts_of_each_protocol_are_counted_with_the_vendors_that_are_left_out():
    table = pd.DataFrame({"region": "south", "vendor": [1, 1, 1, 2, 3, 3], "text": range(6)})
    table["part"] = ["train", "train", "test", "left out", "left out", "left out"]
    [counts] = split_leakage.part_sizes({("group", "text"): table}).to_dict("records")
    expected = {"protocol": "group", "items_of": "text", "train": 2, "val": 0, "test": 1, "left_out_vendors": 2}
    assert counts == expected


def test_groups_are_one_of_the_protocols_where_there_are_some():
    number = np.arange(60)
    ads = pd.DataFrame({"ad": number, "region": "south", "vendor": number % 6, "text": number, "group": number // 2})
    pairs = ads.assign(image=-1)
    found = Ads(ads, pairs, [text(n) for n in number], [], [], "", groups=["a"] * 30)
    alike = {"text": number}
    study = Study(name="grouped")
    assert [name for name, _ in split_leakage.items_of(study, found, alike)] == ["paper", "ad", "group", "campaign"]
    plain = replace(found, ads=ads.drop(columns="group"), pairs=pairs.drop(columns="group"), groups=[])
    assert [name for name, _ in split_leakage.items_of(study, plain, alike)] == ["paper", "ad", "campaign"]


@pytest.fixture
def items():
    """Of ten test texts three stand in training too and two more nearly do."""
    train = pd.DataFrame({"vendor": [1, 1, 2, 2, 3], "text": [0, 1, 2, 3, 4], "part": "train"})
    test = pd.DataFrame(
        {"vendor": [1, 1, 2, 2, 3, 3, 1, 2, 3, 1], "text": [0, 1, 2, 13, 14, 20, 21, 22, 23, 24], "part": "test"}
    )
    return {("paper", "text"): pd.concat([train, test], ignore_index=True)}


def test_what_crosses_is_counted(items):
    alike = np.arange(30)
    alike[13], alike[14] = 3, 4
    table = split_leakage.crossing(items, {"text": alike}, 200, 0).set_index("what")
    assert table.loc["own text", "share"] == pytest.approx(0.3)
    assert table.loc["near-duplicate text", "share"] == pytest.approx(0.5)
    assert table.loc["own text", "low"] <= 0.3 <= table.loc["own text", "high"] and table["vendors"].eq(3).all()


def test_a_probe_scores_what_the_leak_is_worth_and_nothing_without_one(items):
    texts = [text(number) for number in range(30)]
    texts[13] = texts[3]
    probed = split_leakage.probe(items, texts, 50, 0).set_index("probe")["mean"]
    assert 0 < probed["same text"] < probed["nearest text"]
    apart = {
        ("campaign", "text"): items["paper", "text"].assign(
            text=lambda table: table["text"] + 100 * (table["part"] == "test")
        )
    }
    assert (
        split_leakage.probe(apart, [text(number) for number in range(130)], 50, 0).set_index("probe")["mean"][
            "same text"
        ]
        == 0
    )


def test_runs_have_the_studys_protocol_or_their_own():
    entry = {
        "notebook": "10_text",
        "text": ["minilm-l6"],
        "objective": ["ce"],
        "protocol": ["paper", "ad", "campaign", "released"],
        "seed": [1],
    }
    names = list(Study(name="protocols", runs=[entry]).all_runs())
    assert names == [f"text/minilm-l6/ce/{protocol}/seed1" for protocol in ("paper", "ad", "campaign", "released")]
    with pytest.raises(DataError, match="no protocol called 'cluster'"):
        Run(
            Study(name="protocols"),
            "10_text",
            {"text": "minilm-l6", "objective": "ce", "protocol": "cluster", "seed": 1},
        )


@pytest.mark.parametrize("first", ["paper", "released"])
@pytest.mark.parametrize(("better", "verdict"), [("first", "falls"), ("campaign", "rises")])
def test_systems_are_compared_from_protocol_to_protocol(tmp_path, monkeypatch, first, better, verdict):
    better = first if better == "first" else better
    monkeypatch.setattr(Study, "folder", property(lambda self: tmp_path))
    entry = {
        "notebook": "10_text",
        "text": ["minilm-l6"],
        "objective": ["ce"],
        "protocol": [first, "campaign"],
        "seed": [1],
    }
    study = Study(name="protocols", split={"protocol": first}, runs=[entry], bootstrap=200)
    generator = np.random.default_rng(0)
    for protocol, run in zip((first, "campaign"), study.all_runs().values(), strict=True):
        run.folder.mkdir(parents=True)
        write_json(run.folder / "metrics.json", run.identity)
        truth = np.repeat(np.arange(30), 5)
        right = generator.random(len(truth)) < (0.9 if protocol == better else 0.3)
        predicted = np.where(right, truth, (truth + 1) % 30)
        pd.DataFrame({"truth": truth, "predicted": predicted, "text": 0}).to_csv(
            run.folder / "predictions.csv", index=False
        )
        queries = pd.DataFrame(
            {"modality": "text", "region": "south", "vendor": truth, "R-Precision@X": right.astype(float)}
        )
        queries.to_csv(run.folder / "queries.csv", index=False)
    table, scored = split_leakage.falls(study, "south"), split_leakage.scores(study, "south")
    assert scored["protocol"].tolist() == [first, "campaign"] * 2
    assert table[["from", "to", "verdict"]].to_numpy().tolist() == [[first, "campaign", verdict]] * 2
    means = scored.set_index(["metric", "protocol"])["mean"].unstack()
    assert table.set_index("metric")["fall"].to_dict() == pytest.approx((means[first] - means["campaign"]).to_dict())
