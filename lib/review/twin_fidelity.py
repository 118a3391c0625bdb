"""How near the twin comes to what the paper prints of its data: the calibration card (chapter 01).

Each row has a statistic, the published value, this study's value, and whether the generator aims at it. A target agrees
by construction, so its agreement is no finding. Everything else, and every trained system, is a prediction of the twin.
How hard the texts are was set on the authors' outputs for an untrained encoder (`lib.review.twin_targets`), at every
scale; how hard the pictures are, on Table 7 at scale 1.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.metrics import f1_score
from sklearn.pipeline import make_pipeline
from sklearn.svm import LinearSVC

from lib.core import published
from lib.data.ads import Ads
from lib.review import data_tables, twin_targets

COLUMNS = [
    *("statistic", "region", "published", "ours", "low", "high", "difference"),
    *("target", "met", "source", "reading"),
]
Row = tuple[str, str, float, float, str, str, str]
"""statistic, region, published, ours, target, source, reading."""
ScoreRow = tuple[str, str, float, float, float, float, str, str, str]
"""A Row with `low` and `high` after `ours`."""


def card(
    counts: pd.DataFrame,
    ads: Ads,
    lengths: pd.DataFrame,
    languages: pd.DataFrame,
    scores: pd.DataFrame,
    text_scores: pd.DataFrame,
    scale: float,
) -> pd.DataFrame:
    """The calibration card of a twin: columns COLUMNS.

    target: `yes`, `no`, `shape` where the paper only says "most", `at scale 1` where fewer vendors make it easier.
    low, high: 95 % interval of a score, over vendors. met: of a target with an interval, whether the published value is
    in it (`yes`, `no`); otherwise empty.

    counts: `data_tables.compared_with_published` at the twin's scale. lengths: `data_tables.text_lengths`. languages:
    `data_tables.text_languages`. scores: `region_similarity.untrained_scores`. text_scores: `twin_targets.text_scores`.
    """
    rows = [*_counts(counts, ads, scale), *_texts(lengths, languages), *_shapes(ads, lengths)]
    plain = pd.DataFrame(rows, columns=["statistic", "region", "published", "ours", "target", "source", "reading"])
    columns = ["statistic", "region", "published", "ours", "low", "high", "target", "source", "reading"]
    scored = pd.DataFrame([*_targets(text_scores), *_untrained(scores, scale)], columns=columns)
    inside = scored["published"].between(scored["low"], scored["high"]).map({True: "yes", False: "no"})
    scored["met"] = inside.where(scored["target"] == "yes", "")
    table = pd.concat([plain.assign(low=np.nan, high=np.nan, met=""), scored], ignore_index=True)
    return table.assign(difference=table["ours"] - table["published"])[COLUMNS]


def _counts(counts: pd.DataFrame, ads: Ads, scale: float) -> Iterator[Row]:
    """Table 1 at the twin's scale, and the readings of its last row (sums, means, distinct vendors)."""
    scaled = "" if scale == 1 else f"published value times {scale:g}"
    is_total = counts["region"] == "All"
    for row in counts[~is_total].itertuples():
        name, reading = ("share of faces", "") if row.quantity == "Faces" else (row.quantity.lower(), scaled)
        yield name, row.region.lower(), row.target, row.ours, "yes", "Table 1", reading
    total = counts[is_total].set_index("quantity")["target"]
    by_region = counts[~is_total].pivot(index="region", columns="quantity", values="ours")
    summed = "; ".join(filter(None, ["sum of the regions", scaled]))
    for name in ("Ads", "Texts", "Images", "Vendors"):
        yield name.lower(), "all", total[name], by_region[name].sum(), "yes", "Table 1", summed
    distinct = (
        "distinct ones: the paper prints the sum, although regions share vendors (Fig 2a A); the twin keeps each "
        "region's number and shares vendors"
    )
    yield "vendors", "all", total["Vendors"], ads.ads["vendor"].nunique(), "no", "Table 1", distinct
    mean, averaged = by_region["Faces"].mean(), "mean of the regions' shares, as the paper must have averaged"
    yield "share of faces", "all", total["Faces"], mean, "yes", "Table 1", averaged
    weighted = (by_region["Faces"] * by_region["Images"]).sum() / by_region["Images"].sum()
    of_all = "share of all pictures; the paper's own regions give 0.537, not the 56 % of its text"
    yield "share of faces", "all", total["Faces"], weighted, "no", "Table 1", of_all


def _texts(lengths: pd.DataFrame, languages: pd.DataFrame) -> Iterator[Row]:
    """Mean tokens and share of English texts, where the paper prints them."""
    ours = {
        "tokens": lengths.groupby("region")["tokens"].mean(),
        "english": languages.groupby("region")["english"].mean(),
    }
    ours["english"].loc["all"] = languages["english"].mean()
    names = {
        "tokens": ("mean tokens of a text", "tokens of MiniLM's tokenizer, the paper's of DeCLUTR-small's"),
        "english": ("share of texts in English", "by LangDetect, its errors on noisy English included"),
    }
    for row in published.text_data().itertuples():
        if row.region in (values := ours[row.statistic]).index:
            name, reading = names[row.statistic]
            yield name, row.region, row.mean, values[row.region], "yes", row.place, reading


def _shapes(ads: Ads, lengths: pd.DataFrame) -> Iterator[Row]:
    """What the paper describes with the word "most" (Fig 2b)."""
    vendors = data_tables.per_vendor(ads)
    shares = {
        ("share of vendors with 1 to 20 texts", "Fig 2b C"): vendors["texts"].between(1, 20),
        ("share of vendors with 5 to 24 pictures", "Fig 2b D"): vendors["images"].between(5, 24),
        ("share of texts under 512 tokens", "Fig 2b A"): lengths["tokens"] < data_tables.CUT,
    }
    for (name, place), holds in shares.items():
        yield name, "all", np.nan, holds.mean(), "shape", place, '"most"'


def _targets(text_scores: pd.DataFrame) -> Iterator[ScoreRow]:
    """The untrained text encoder as the authors' notebook scores it: what the texts' difficulty was set on."""
    ours = text_scores.set_index(["metric", "region"])[["mean", "low", "high"]]
    reading = "MiniLM in place of DeCLUTR-small; by cosine, duplicates between documents and queries removed"
    for metric, regions in twin_targets.TARGETS.items():
        name = f"{metric} of the untrained text encoder, mean {twin_targets.AVERAGED[metric]}"
        for region, value in regions.items():
            if (metric, region) in ours.index:
                yield name, region, value, *ours.loc[(metric, region)], "yes", twin_targets.SOURCE, reading


def _untrained(scores: pd.DataFrame, scale: float) -> Iterator[ScoreRow]:
    """The papers' printed rows of untrained encoders; of these the pictures' difficulty was set on one number."""
    for modality, number in (("text", 5), ("image", 7)):
        theirs = published.table("matched", number).query("objective == 'pre-trained'")
        ours = scores[scores["modality"] == modality].set_index(["metric", "region"])[["mean", "low", "high"]]
        for row in theirs.itertuples():
            region = row.split if row.split in ("OOD", "ZS") else row.split.lower()
            if (row.metric, region) in ours.index:
                aimed = modality == "image" and row.metric == "R-Precision@X" and region == "south"
                target = "no" if not aimed else "yes" if scale == 1 else "at scale 1"
                name = f"{row.metric} of the untrained {modality} encoder, as printed"
                reading = f"a packaged encoder in place of {row.system}"
                reading += f"; {_MISPRINTED[row.metric]}" if modality == "text" else ""
                yield name, region, row.mean, *ours.loc[(row.metric, region)], target, f"Table {number}", reading


_MISPRINTED = {
    "R-Precision@X": "what is printed is MRR@1 of unnormalised vectors (faiss_pretrained, cell 16)",
    "MRR@10": "what is printed is R-Precision of unnormalised vectors (faiss_pretrained, cell 16)",
    "Macro-F1@X": "what is printed is of unnormalised vectors (faiss_pretrained, cell 16)",
}
"""What Table 5's row of the untrained encoder is, by heading."""


def character_baseline(
    texts: Sequence[str], vendors: Sequence[int], test_texts: Sequence[str], test_vendors: Sequence[int]
) -> float:
    """Macro-F1 of a linear model on character n-grams (2 to 4): how far surface habits alone tell vendors apart.

    A twin on which it fails, or is near 1, would say nothing about better systems.
    """
    model = make_pipeline(
        TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 4), max_features=20_000, sublinear_tf=True),
        LinearSVC(tol=1e-2, random_state=0),
    )
    predicted = model.fit(texts, vendors).predict(test_texts)
    return float(f1_score(test_vendors, predicted, average="macro", labels=sorted(set(vendors)), zero_division=0))


def character_table(items: pd.DataFrame, texts: Sequence[str], region: str) -> pd.DataFrame:
    """`character_baseline` on a region's test texts: `system, metric, region, score, vendors` (of training), one row.

    items: the text items of a split (`region, vendor, text, part`); texts: the masked texts by their number.
    """
    here = items[items["region"] == region]
    train, test = here[here["part"] == "train"], here[here["part"] == "test"]
    train_texts, test_texts = ([texts[text] for text in part["text"]] for part in (train, test))
    score = character_baseline(train_texts, train["vendor"], test_texts, test["vendor"])
    row = ("character n-grams, linear", "Macro-F1", region, score, train["vendor"].nunique())
    return pd.DataFrame([row], columns=["system", "metric", "region", "score", "vendors"])


def generation_speed(record: Mapping[str, Any]) -> pd.DataFrame:
    """What making the twin cost: `what, made, core seconds, a second and core`. record: the twin's `twin.json`."""
    rows = []
    for what in ("texts", "pictures"):
        made, seconds = record[what]["made"], record[what]["seconds"]
        rows.append((what, made, seconds, made / max(seconds, 1e-9)))
    return pd.DataFrame(rows, columns=["what", "made", "core seconds", "a second and core"])
