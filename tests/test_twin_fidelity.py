"""The calibration card, and what it and the chapters measure with: the character baseline, digits, vectors in order."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from lib.core import published
from lib.data.ads import Ads
from lib.models.acceleration import device
from lib.models.system import System
from lib.review import data_tables, masking_ablation, scoring_choices, twin_fidelity, twin_targets
from lib.runs import embeddings

REGIONS = ("south", "midwest", "west", "northeast")
SCALE = 0.01


def counted() -> pd.DataFrame:
    """Table 1 of a small twin; the regions differ in pictures, so that the two means of faces differ."""
    rows = [
        ("South", 140, 130, 100, 0.5, 15),
        ("Midwest", 90, 80, 300, 0.6, 10),
        ("West", 30, 30, 50, 0.6, 5),
        ("Northeast", 30, 20, 50, 0.7, 6),
        ("All", 290, 250, 490, 0.59, 30),
    ]
    return pd.DataFrame(rows, columns=["region", "Ads", "Texts", "Images", "Faces", "Vendors"])


def ads() -> Ads:
    """Thirty vendors; the numbers of their texts and pictures are 1 to 30 (of a vendor in south), or 3."""
    rows = [("south", vendor, vendor * 100 + item) for vendor in range(30) for item in range(vendor + 1)]
    rows += [("west", vendor, 9000 + vendor * 3 + item) for vendor in range(10) for item in range(3)]
    table = pd.DataFrame(rows, columns=["region", "vendor", "text"]).rename_axis("ad").reset_index()
    return Ads(table, table.assign(image=table["text"]), [], [], [], "")


@pytest.fixture(scope="module")
def card() -> pd.DataFrame:
    lengths = pd.DataFrame({"region": np.repeat(REGIONS, 2), "tokens": [100, 150, 511, 512, 513, 20, 1, 2]})
    english = pd.DataFrame({"region": [*["south"] * 6, "midwest", "west"], "english": [True] * 5 + [False, True, True]})
    scores = pd.DataFrame(
        [
            (modality, metric, region, value, value - 0.1, value + 0.1)
            for modality, value in (("text", 0.3), ("image", 0.1))
            for metric in ("R-Precision@X", "MRR@10", "mAP@R")
            for region in (*REGIONS, "ZS", "OOD")
        ],
        columns=["modality", "metric", "region", "mean", "low", "high"],
    )
    of_texts = pd.DataFrame(
        [(metric, region, 0.6, 0.5, 0.7) for metric in twin_targets.METRICS for region in (*REGIONS, "ZS", "OOD")],
        columns=["metric", "region", "mean", "low", "high"],
    )
    counts = data_tables.compared_with_published(counted(), published.table("matched", 1), SCALE)
    return twin_fidelity.card(counts, ads(), lengths, english, scores, of_texts, SCALE)


def row(card: pd.DataFrame, statistic: str, region: str, reading: str = "") -> pd.Series:
    [found] = [
        place
        for place, each in enumerate(card.itertuples())
        if each.statistic == statistic and each.region == region and each.reading.startswith(reading)
    ]
    return card.iloc[found]


def test_card_has_its_columns_and_every_difference(card):
    assert card.columns.tolist() == twin_fidelity.COLUMNS
    assert card["difference"].to_numpy(float) == pytest.approx(
        card["ours"].to_numpy(float) - card["published"].to_numpy(float), nan_ok=True
    )
    assert set(card["target"]) == {"yes", "no", "shape", "at scale 1"}
    assert not card[["statistic", "region", "target", "met", "source", "reading"]].isna().any().any()
    assert ((card["met"] != "") <= ((card["target"] == "yes") & card["low"].notna())).all()
    assert not card.duplicated(["statistic", "region", "reading"]).any()
    assert card["ours"].notna().all() and (card["published"].notna() | (card["target"] == "shape")).all()


def test_card_sets_counts_beside_the_published_ones_at_scale(card):
    found = row(card, "ads", "south")
    assert found[["published", "ours", "difference", "target", "source"]].tolist() == [141, 140, -1, "yes", "Table 1"]
    assert "0.01" in found["reading"]
    assert row(card, "share of faces", "midwest")["published"] == 0.5542


def test_card_reads_the_last_row_of_table_1_both_ways(card):
    summed, distinct = row(card, "vendors", "all", "sum"), row(card, "vendors", "all", "distinct")
    assert summed["published"] == distinct["published"] == 35  # 3,549 at a hundredth
    assert (summed["ours"], summed["target"]) == (15 + 10 + 5 + 6, "yes")
    assert (distinct["ours"], distinct["target"]) == (30, "no")
    assert row(card, "images", "all", "sum")["ours"] == 500
    mean, weighted = row(card, "share of faces", "all", "mean"), row(card, "share of faces", "all", "share of all")
    assert mean["published"] == weighted["published"] == 0.5676
    assert (mean["ours"], mean["target"]) == (pytest.approx((0.5 + 0.6 + 0.6 + 0.7) / 4), "yes")
    assert (weighted["ours"], weighted["target"]) == (pytest.approx((50 + 180 + 30 + 35) / 500), "no")


def test_what_the_card_says_of_the_papers_faces():
    """Table 1's last row is the plain mean of its regions; weighted by pictures they give 0.537."""
    wide = published.table("matched", 1).pivot(index="split", columns="metric", values="mean").drop("All")
    assert wide["Faces"].mean() == pytest.approx(0.5676, abs=5e-5)
    assert (wide["Faces"] * wide["Images"]).sum() / wide["Images"].sum() == pytest.approx(0.537, abs=5e-4)


def test_card_measures_texts(card):
    assert row(card, "mean tokens of a text", "south")[["published", "ours"]].tolist() == [125, 125]
    assert row(card, "share of texts in English", "south")["ours"] == pytest.approx(5 / 6)
    assert row(card, "share of texts in English", "all")["ours"] == pytest.approx(7 / 8)  # of texts, not of regions
    shapes = card[card["target"] == "shape"].set_index("statistic")["ours"]
    assert shapes["share of texts under 512 tokens"] == 6 / 8
    assert shapes["share of vendors with 1 to 20 texts"] == (20 + 10) / 40
    assert shapes["share of vendors with 5 to 24 pictures"] == 20 / 40


def test_card_aims_at_the_authors_normalised_outputs_and_at_one_number_of_pictures(card):
    scores = card[card["statistic"].str.contains("untrained")]
    aimed = scores[scores["target"] != "no"]
    texts, pictures = (aimed[aimed["statistic"].str.contains(name)] for name in ("text encoder", "image encoder"))
    assert len(texts) == 3 * 4 and set(texts["target"]) == {"yes"} and set(texts["source"]) == {twin_targets.SOURCE}
    assert pictures[["region", "published", "ours", "target", "met"]].to_numpy().tolist() == [
        ["south", 0.0420, 0.1, "at scale 1", ""]
    ]
    precision = texts[texts["statistic"].str.startswith("R-Precision@X")].set_index("region")
    assert precision["met"].to_dict() == {"south": "yes", "midwest": "yes", "west": "no", "northeast": "yes"}
    assert precision["published"].to_dict() == twin_targets.TARGETS["R-Precision@X"]
    assert precision["statistic"].str.endswith("mean over vendors").all()
    first = texts[texts["statistic"].str.startswith("MRR@1 ")]
    assert first["statistic"].str.endswith("mean over queries").all() and len(first) == 4
    # what is printed stands beside it: four regions and ZS of two encoders; not OOD, which the paper has not for
    # untrained ones, nor mAP@R, which it has not at all
    printed = scores[scores["statistic"].str.endswith("as printed")]
    assert len(printed) == 2 * 2 * 5 and len(scores) == len(printed) + len(texts)
    south = row(card, "R-Precision@X of the untrained text encoder, as printed", "south")
    assert south["published"] == 0.3265 and south["target"] == "no" and "MRR@1 of unnormalised" in south["reading"]


def test_a_score_that_is_a_target_says_whether_it_is_met_at_scale_1():
    scores = pd.DataFrame(
        [("image", "R-Precision@X", "south", 0.1, 0.05, 0.15)],
        columns=["modality", "metric", "region", "mean", "low", "high"],
    )
    [found] = list(twin_fidelity._untrained(scores, 1.0))
    assert found[2:7] == (0.0420, 0.1, 0.05, 0.15, "yes")


def test_targets_are_those_of_the_cell_that_chapter_31_compares():
    """`scoring_choices.yaml` has the same cell's R-Precision and Macro-F1."""
    by_cosine = scoring_choices.printed_rows()[5, "pre-trained"].by_cosine
    for region, scores in by_cosine.items():
        for metric, value in scores.items():
            assert twin_targets.TARGETS[metric][region.lower()] == value


def test_texts_are_scored_as_the_authors_cell_scores_them():
    """Texts alone, whatever the study's protocol; validation texts are documents; what is on both sides goes."""
    owners = np.repeat(np.arange(12), 10)
    table = pd.DataFrame({"ad": np.arange(120), "region": "south", "vendor": owners, "text": np.arange(120)})
    study = SimpleNamespace(split=SimpleNamespace(seed=1, protocol="ad"), bootstrap=50)
    given = Ads(table, table.assign(image=0), ["text"] * 120, [], [], "")
    apart = np.eye(12)[owners] + 1e-3 * np.random.default_rng(0).random((120, 12))
    found = twin_targets.text_scores(study, given, apart.astype(np.float32)).set_index(["metric", "region"])
    assert set(found.index.get_level_values("metric")) == set(twin_targets.METRICS)
    south = found.loc[("MRR@1", "south")]
    assert south["mean"] == 1 and south["queries"] + south["documents"] == 120 and south["documents"] == 96
    copied = apart.copy()
    copied[1::2] = copied[::2]
    fewer = twin_targets.text_scores(study, given, copied.astype(np.float32)).set_index(["metric", "region"])
    assert fewer.loc[("MRR@1", "south"), "queries"] < south["queries"]


def written(shuffled: bool, vendors=8, each=12):
    """Texts whose vendors differ in two words of their own among common ones; or whose labels say nothing."""
    rng = np.random.default_rng(0)
    common = ["room", "quiet", "near", "station", "call", "today", "nice"]
    owner = np.repeat(np.arange(vendors), each)
    texts = [" ".join([*rng.choice(common, 5), f"{chr(97 + vendor) * 3}zz"]) for vendor in owner]
    labels = rng.permutation(owner) if shuffled else owner
    train = np.tile(np.arange(each) < 8, vendors)
    texts = np.array(texts, dtype=object)
    return texts[train], labels[train], texts[~train], labels[~train]


def test_character_baseline_finds_habits_and_no_more():
    assert twin_fidelity.character_baseline(*written(shuffled=False)) > 0.95
    assert twin_fidelity.character_baseline(*written(shuffled=True)) < 0.35  # chance is 1/8


def test_character_baseline_counts_a_vendor_that_it_never_finds():
    """Macro over the vendors of training: two right, one without a test text."""
    score = twin_fidelity.character_baseline(
        ["aaa"] * 3 + ["bbb"] * 3 + ["ccc"] * 3, list("aaabbbccc"), ["aaa", "bbb"], ["a", "b"]
    )
    assert score == pytest.approx(2 / 3)


class Characters:
    """A tokenizer whose tokens are characters, cut as transformers' are."""

    pad_token_id = 0

    def __call__(self, texts: list[str], truncation: bool, max_length: int) -> dict[str, list[list[int]]]:
        assert isinstance(texts, list)  # transformers' take nothing else
        return {"input_ids": [[ord(letter) for letter in text[:max_length]] for text in texts]}


class Letters(nn.Module):
    """A text encoder small enough for tests: how often each character stands in a text."""

    dimensions = 128

    def __init__(self):
        super().__init__()
        self.tokenizer = Characters()
        self.register_buffer("table", torch.eye(128))

    def forward(self, tokens, mask):
        return (self.table[tokens] * mask.unsqueeze(-1)).sum(1)


def reader() -> System:
    return System(Letters(), None).eval().to(device())


def effect(rows, limit=100) -> pd.Series:
    """Scores by mask_digits and system; rows: (text, vendor, part)."""
    items = pd.DataFrame(rows, columns=["words", "vendor", "part"])
    codes, texts = pd.factorize(items["words"])
    table = masking_ablation.effect(list(texts), items.assign(text=codes)[["text", "vendor", "part"]], reader(), limit)
    assert table.columns.tolist() == ["mask_digits", "system", "metric", "score", "queries"]
    assert set(table["queries"]) == {sum(part == "test" for *_, part in rows)}
    return table.set_index(["mask_digits", "system"])["score"]


ENCODER, LINEAR = "untrained encoder", "character n-grams, linear"


def priced() -> list[tuple[str, int, str]]:
    """Vendors that differ in their prices only; and rows that aren't to be used, with prices that would mislead."""
    rows = [("Quiet room: $11", 99, "left out")]
    for vendor in range(8):
        price, other = f"${vendor + 1}{vendor + 1} " * 6, f"${8 - vendor}{8 - vendor} " * 6
        rows += [(f"Quiet room, {stay}: {price}", vendor, "train") for stay in ("one night", "a week", "long stay")]
        rows += [(f"Quiet room, weekend: {price}", vendor, "test"), (f"Quiet room, weekend: {other}", vendor, "val")]
    return rows


def test_digits_that_tell_the_vendor_are_gone_when_masked():
    found = effect(priced())
    for system in (ENCODER, LINEAR):
        assert found["none", system] == 1
        assert found["all", system] < 0.3 and found["train", system] < 0.3, system


def test_train_masks_the_documents_and_not_the_queries():
    """The queries of vendor 1 write N themselves: they are found among masked documents only."""
    rows = [(text, 0, "train") for text in ("ZZZZ ZZ", "ZZZ ZZZ")] + [("ZZZZ ZZZ", 0, "test")]
    rows += [(text, 1, "train") for text in ("7777 77", "777 777")] + [("NNNN NNN", 1, "test")]
    found = effect(rows)
    assert found["train", ENCODER] == found["all", ENCODER] == 1 and found["none", ENCODER] == 0.5
    # and the other way round, the queries' digits stay
    rows = [(text.replace("7", "N"), vendor, part) for text, vendor, part in rows[:-1]] + [("7777 777", 1, "test")]
    found = effect(rows)
    assert found["all", ENCODER] == 1 and found["train", ENCODER] == found["none", ENCODER] == 0.5


def test_the_encoder_sees_texts_up_to_the_limit():
    cut, whole = effect(priced(), limit=10), effect(priced(), limit=100)
    assert cut["none", ENCODER] < 0.3 and cut["none", LINEAR] == 1 == whole["none", ENCODER]


class Counter(nn.Module):
    """Vectors that can be worked out: (first token, sum of tokens, number of tokens); (mean pixel, first pixel)."""

    dimensions = 3
    tokenizer = SimpleNamespace(pad_token_id=7)  # a padding that counts where the mask is ignored

    def __init__(self):
        super().__init__()
        self.sizes = []

    def forward(self, first, mask=None):
        self.sizes.append(len(first))
        if mask is None:
            return torch.stack([first.double().mean((1, 2, 3)), first[:, 0, 0, 0].double()], dim=1)
        return torch.stack([first[:, 0], (first * mask).sum(1), mask.sum(1)], dim=1)


@settings(deadline=None, max_examples=40)
@given(st.integers(1, 300), st.integers(1, 12), st.integers(0, 2**31))
def test_texts_come_back_in_order_whatever_the_batches(count, longest, seed):
    rng = np.random.default_rng(seed)
    tokens = [rng.integers(1, 1000, rng.integers(1, longest + 1)).tolist() for _ in range(count)]
    counter = Counter()
    found = embeddings.encode_texts(System(counter, None), tokens)
    assert found.dtype == torch.float32 and found.device.type == "cpu"
    assert found.tolist() == [[text[0], sum(text), len(text)] for text in tokens]
    assert sum(counter.sizes) == count and max(counter.sizes) < 128


@pytest.mark.parametrize("count", [1, 127, 128, 129, 300])
def test_pictures_come_back_in_order_whatever_the_batches(count):
    array = np.random.default_rng(count).integers(0, 256, (count, 3, 4, 3)).astype(np.uint8)
    counter = Counter()
    found = embeddings.encode_images(System(None, counter), array)
    assert found.dtype == torch.float32 and found.device.type == "cpu"
    assert found.numpy() == pytest.approx(np.stack([array.mean((1, 2, 3)), array[:, 0, 0, 0]], axis=1), rel=1e-6)
    assert sum(counter.sizes) == count and max(counter.sizes) <= 128
