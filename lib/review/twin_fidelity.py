"""How near the twin comes to what the paper prints of its data: the calibration card (chapter 01).

A row a statistic, with the published value, this study's, and whether the generator aims at it. What is a target agrees by
construction and is no finding; what isn't, and every trained system, is a prediction of the twin that can be wrong.
"""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.metrics import f1_score
from sklearn.pipeline import make_pipeline
from sklearn.svm import LinearSVC

from lib.core import published
from lib.data.ads import Ads
from lib.review import data_tables

COLUMNS = ["statistic", "region", "published", "ours", "difference", "target", "source", "reading"]


def card(
    counts: pd.DataFrame, ads: Ads, lengths: pd.DataFrame, languages: pd.DataFrame, scores: pd.DataFrame, scale: float
) -> pd.DataFrame:
    """The card of a twin: columns COLUMNS; target: `yes`, `no`, `shape` where the paper only says
    "most", `at scale 1` where fewer vendors make it easier.

    counts: `describe.beside_published` at the twin's scale. lengths: `region, tokens`, a row a text. languages: `region,
    english` (bool), a row a text. scores: `lib.evaluation.verification.table` of untrained encoders, with `modality`.
    """
    rows = [
        *_counts(counts, ads, scale),
        *_texts(lengths, languages),
        *_shapes(ads, lengths),
        *_untrained(scores, scale),
    ]
    table = pd.DataFrame(rows).reindex(columns=COLUMNS)
    table["difference"] = table["ours"] - table["published"]
    return table.fillna({"reading": ""})


def _counts(counts: pd.DataFrame, ads: Ads, scale: float) -> list[dict[str, object]]:
    """Table 1, at the twin's scale, and the two readings of its last row."""
    at = "" if scale == 1 else f"published value times {scale:g}"
    rows = [
        {
            "statistic": "share of faces" if row.quantity == "Faces" else row.quantity.lower(),
            "region": row.region.lower(),
            "published": row.target,
            "ours": row.ours,
            "target": "yes",
            "source": "Table 1",
            "reading": "" if row.quantity == "Faces" else at,
        }
        for row in counts[counts["region"] != "All"].itertuples()
    ]
    total = counts[counts["region"] == "All"].set_index("quantity")
    by_region = counts[counts["region"] != "All"].pivot(index="region", columns="quantity", values="ours")
    weighted = (by_region["Faces"] * by_region["Images"]).sum() / by_region["Images"].sum()
    readings = [
        (name.lower(), total.loc[name, "target"], by_region[name].sum(), "yes", f"sum of the regions{at and '; '}{at}")
        for name in ("Ads", "Texts", "Images", "Vendors")
    ]
    readings += [
        (
            "vendors",
            total.loc["Vendors", "target"],
            ads.ads["vendor"].nunique(),
            "no",
            "distinct ones: the paper prints the sum, although regions share vendors (Fig 2a A); the twin keeps each region's "
            "number and shares vendors",
        ),
        (
            "share of faces",
            total.loc["Faces", "published"],
            by_region["Faces"].mean(),
            "yes",
            "mean of the regions' shares, as the paper must have averaged",
        ),
        (
            "share of faces",
            total.loc["Faces", "published"],
            weighted,
            "no",
            "share of all pictures; the paper's own regions give 0.537, not the 56 % of its text",
        ),
    ]
    return rows + [
        {"statistic": name, "region": "all", "published": p, "ours": o, "target": t, "source": "Table 1", "reading": r}
        for name, p, o, t, r in readings
    ]


def _texts(lengths: pd.DataFrame, languages: pd.DataFrame) -> list[dict[str, object]]:
    said = published.text_data().set_index(["statistic", "region"])
    ours = {
        "tokens": lengths.groupby("region")["tokens"].mean(),
        "english": languages.groupby("region")["english"].mean(),
    }
    ours["english"].loc["all"] = languages["english"].mean()
    names = {
        "tokens": ("mean tokens of a text", "tokens of MiniLM's tokenizer, the paper's of DeCLUTR-small's"),
        "english": ("share of texts in English", "by LangDetect, its errors on noisy English included"),
    }
    return [
        {
            "statistic": names[statistic][0],
            "region": region,
            "published": row["mean"],
            "ours": ours[statistic].get(region),
            "target": "yes",
            "source": row["place"],
            "reading": names[statistic][1],
        }
        for (statistic, region), row in said.iterrows()
        if region in ours[statistic].index
    ]


def _shapes(ads: Ads, lengths: pd.DataFrame) -> list[dict[str, object]]:
    """What the paper says of Fig 2 with the word "most"."""
    vendors = data_tables.per_vendor(ads)
    shapes = {
        "share of vendors with 1 to 20 texts": ("Fig 2b C", vendors["texts"].between(1, 20).mean()),
        "share of vendors with 5 to 24 pictures": ("Fig 2b D", vendors["images"].between(5, 24).mean()),
        "share of texts under 512 tokens": ("Fig 2b A", (lengths["tokens"] < 512).mean()),
    }
    return [
        {"statistic": name, "region": "all", "ours": value, "target": "shape", "source": place, "reading": '"most"'}
        for name, (place, value) in shapes.items()
    ]


def _untrained(scores: pd.DataFrame, scale: float) -> list[dict[str, object]]:
    """The rows of encoders without training: the only scores at which the twin's difficulty was set, and on South only."""
    rows = []
    for modality, number in (("text", 5), ("image", 7)):
        theirs = published.table("matched", number).query("objective == 'pre-trained'")
        ours = scores[scores["modality"] == modality].set_index(["metric", "region"])["mean"]
        for row in theirs.itertuples():
            place = row.split if row.split in ("OOD", "ZS") else row.split.lower()
            if (row.metric, place) in ours.index:
                aimed = row.metric == "R-Precision@X" and place == "south"
                rows.append(
                    {
                        "statistic": f"{row.metric} of the untrained {modality} encoder",
                        "region": place,
                        "published": row.mean,
                        "ours": ours[row.metric, place],
                        "target": "no" if not aimed else "yes" if scale == 1 else "at scale 1",
                        "source": f"Table {number}",
                        "reading": f"a packaged encoder in place of {row.system}",
                    }
                )
    return rows


def character_baseline(
    texts: Sequence[str], vendors: Sequence[int], test_texts: Sequence[str], test_vendors: Sequence[int]
) -> float:
    """Macro-F1 of a linear model on character n-grams (2 to 4): how much of a vendor surface habits alone tell.

    A twin on which it fails or is near 1 would say nothing about better systems.
    """
    model = make_pipeline(
        TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 4), max_features=20_000, sublinear_tf=True),
        LinearSVC(tol=1e-2, random_state=0),
    )
    predicted = model.fit(texts, vendors).predict(test_texts)
    return float(f1_score(test_vendors, predicted, average="macro", labels=sorted(set(vendors)), zero_division=0))
