"""What the data is like: counts, lengths, languages, frequencies, likeness of regions (MATCHED Table 1, Fig 2, A.2)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from langdetect import DetectorFactory, LangDetectException, detect

from lib.data.ads import Ads
from lib.evaluation import retrieval

WINDOW = 30  # of the paper's smoothing in Fig 2c


def table_1(ads: Ads, faces: pd.Series | None = None) -> pd.DataFrame:
    """Counts per region and over all: columns `region, Ads, Texts, Images, Faces, Vendors`.

    faces: for each image's path relative to the data folder whether a face is in it; without it the column is empty.
    Texts and Images count unique ones in a region. `All` counts each ad, text, image and vendor once, wherever it is.
    """
    shown = (
        pd.Series([None] * len(ads.images))
        if faces is None
        else pd.Series([bool(faces["/".join(path.parts[-3:])]) for path in ads.images])
    )
    rows = []
    for name in [*ads.regions, "all"]:
        here = ads.ads if name == "all" else ads.ads[ads.ads["region"] == name]
        images = ads.pairs.loc[ads.pairs["ad"].isin(here["ad"]) & (ads.pairs["image"] >= 0), "image"].unique()
        rows.append(
            {
                "region": name.capitalize(),
                "Ads": len(here),
                "Texts": here.loc[here["text"] >= 0, "text"].nunique(),
                "Images": len(images),
                "Faces": float(shown[images].mean()) if faces is not None else float("nan"),
                "Vendors": here["vendor"].nunique(),
            }
        )
    return pd.DataFrame(rows)


def beside_published(ours: pd.DataFrame, theirs: pd.DataFrame, scale: float | None) -> pd.DataFrame:
    """Table 1 in long form: `region, quantity, published, target, ours, difference`.

    theirs: `lib.core.published.table("matched", 1)`. target: the published value at the twin's `scale` (counts; shares as they
    are); without a scale there is none. difference: ours less the target.
    """
    long = ours.melt("region", var_name="metric", value_name="ours").rename(columns={"region": "split"})
    joined = theirs.merge(long, on=["split", "metric"], how="left").rename(
        columns={"split": "region", "metric": "quantity", "mean": "published"}
    )
    factor = joined["quantity"].map(lambda name: 1.0 if name == "Faces" else scale or float("nan"))
    joined["target"] = (joined["published"] * factor).where(
        joined["quantity"] == "Faces", (joined["published"] * factor).round()
    )
    joined["difference"] = joined["ours"] - joined["target"]
    return joined[["region", "quantity", "published", "target", "ours", "difference"]]


def per_vendor(ads: Ads) -> pd.DataFrame:
    """What each vendor has in each region: `region, vendor, ads, texts, images, pairs`, unique ones but for ads."""
    shown = ads.pairs.assign(**{name: ads.pairs[name].where(ads.pairs[name] >= 0) for name in ("text", "image")})
    unique = shown.drop_duplicates(["region", "vendor", "text", "image"]).dropna(subset=["text", "image"])
    owners = ["region", "vendor"]
    counts = shown.groupby(owners, sort=False).agg(
        ads=("ad", "nunique"), texts=("text", "nunique"), images=("image", "nunique")
    )
    return counts.join(unique.groupby(owners).size().rename("pairs")).fillna({"pairs": 0}).reset_index()


def frequencies(counts: pd.Series, window: int = WINDOW) -> pd.DataFrame:
    """How many vendors have 1, 2, 3 … items (MATCHED Fig 2c): `items, vendors, smoothed`.

    counts: a vendor's items each. smoothed: the mean over `window` neighbouring numbers of items, as the paper draws it.
    """
    vendors = counts.value_counts().reindex(range(1, int(counts.max()) + 1), fill_value=0).sort_index()
    smoothed = vendors.rolling(window, center=True, min_periods=1).mean()
    return pd.DataFrame({"items": vendors.index, "vendors": vendors.to_numpy(), "smoothed": smoothed.to_numpy()})


def languages(texts: Sequence[str], seed: int = 0) -> list[str]:
    """The language that LangDetect, the paper's tool, sees in each text: ISO 639-1, `?` where it finds no words."""
    DetectorFactory.seed = seed
    return [_language(text) for text in texts]


def _language(text: str) -> str:
    try:
        return detect(text)
    except LangDetectException:
        return "?"


def likeness(items: pd.DataFrame, vectors: np.ndarray, same_vendor: bool = True) -> pd.DataFrame:
    """Mean cosine of items of one region (row) with those of another (column), over all pairs (MATCHED Fig 2a B, C).

    items: `region, vendor`, a row for each of vectors (n, d). An item is not paired with itself. Without `same_vendor`
    only pairs of different vendors count. NaN where no pair is left.
    """
    unit = retrieval.unit(vectors)
    regions = list(dict.fromkeys(items["region"]))
    codes, owners = pd.factorize(items["vendor"])
    sums, counts = np.zeros((len(regions), len(owners), unit.shape[1])), np.zeros((len(regions), len(owners)))
    for place, region in enumerate(regions):
        here = (items["region"] == region).to_numpy()
        np.add.at(sums[place], codes[here], unit[here])
        counts[place] = np.bincount(codes[here], minlength=len(owners))
    # The sum of the cosines of all pairs is the product of the sums of the vectors.
    products = np.einsum("id,jd->ij", sums.sum(1), sums.sum(1))
    pairs = np.outer(counts.sum(1), counts.sum(1))
    if same_vendor:  # an item with itself: cosine 1
        products -= np.diag(counts.sum(1))
        pairs -= np.diag(counts.sum(1))
    else:
        products -= np.einsum("ivd,jvd->ij", sums, sums)
        pairs -= counts @ counts.T
    means = np.divide(products, pairs, out=np.full_like(products, np.nan), where=pairs > 0)
    return pd.DataFrame(means, index=regions, columns=regions)


def shared_vendors(ads: Ads) -> pd.DataFrame:
    """Share of the vendors of one region (row) that post in another too (column), 0 to 1 (MATCHED Fig 2a A)."""
    of = {region: set(rows) for region, rows in ads.ads.groupby("region")["vendor"]}
    return pd.DataFrame(
        [[len(of[row] & of[column]) / len(of[row]) for column in ads.regions] for row in ads.regions],
        index=ads.regions,
        columns=ads.regions,
    )
