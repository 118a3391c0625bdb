"""What the data is like: counts, text lengths, languages (MATCHED section 3, Table 1, Fig 2, A.2)."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from langdetect import DetectorFactory, LangDetectException, detect

from lib.core import published
from lib.data.ads import Ads

WINDOW = 30  # of the paper's smoothing in Fig 2c
CUT = 512  # tokens that the paper's text encoder reads


def table_1(ads: Ads, faces: pd.Series | None = None) -> pd.DataFrame:
    """Counts by region and over all: columns `region, Ads, Texts, Images, Faces, Vendors`.

    faces: whether an image shows a face, by its path relative to the data folder; without it the column is empty.
    Texts and Images count the unique ones of a region. `All` counts each ad, text, image and vendor once.
    """
    has_face = np.full(len(ads.images), np.nan)
    if faces is not None:
        has_face = np.array([float(faces["/".join(path.parts[-3:])]) for path in ads.images])
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
                "Faces": float(has_face[images].mean()) if faces is not None else np.nan,
                "Vendors": here["vendor"].nunique(),
            }
        )
    return pd.DataFrame(rows)


def compared_with_published(ours: pd.DataFrame, theirs: pd.DataFrame, scale: float | None) -> pd.DataFrame:
    """Table 1 in long form: `region, quantity, published, ours`, and of a twin `target, difference`.

    ours: `table_1`; theirs: `lib.core.published.table("matched", 1)`. A region of ours that the paper lacks follows
    its regions, and `All` comes last. scale: the twin's; None for other data, which has rows only for what it has.
    target: the published value times `scale` for counts, shares as they are; difference: ours less the target.
    """
    long = ours.melt("region", var_name="quantity", value_name="ours")
    paper = theirs.rename(columns={"split": "region", "metric": "quantity", "mean": "published"})
    if scale is None:
        counted = long["ours"].notna() & long["ours"].ne(0)
        long = long[long["quantity"].isin(long.loc[counted, "quantity"])]
        paper = paper[paper["region"].isin(long["region"]) & paper["quantity"].isin(long["quantity"])]
    more = long[~long["region"].isin(paper["region"])]
    joined = pd.concat([paper.merge(long, on=["region", "quantity"], how="left"), more], ignore_index=True)
    joined = joined.dropna(subset=["published", "ours"], how="all")
    joined = joined.sort_values("region", key=lambda names: names == "All", kind="stable", ignore_index=True)
    if scale is None:
        return joined[["region", "quantity", "published", "ours"]]
    joined["target"] = joined["published"].where(joined["quantity"] == "Faces", (joined["published"] * scale).round())
    joined["difference"] = joined["ours"] - joined["target"]
    return joined[["region", "quantity", "published", "target", "ours", "difference"]]


def unique_texts(ads: Ads) -> pd.DataFrame:
    """The unique texts of each region: `region, vendor, text` (number of the text), the vendor of the first ad."""
    return ads.ads[ads.ads["text"] >= 0].drop_duplicates(["region", "text"])[["region", "vendor", "text"]]


def text_lengths(texts: pd.DataFrame, words: Sequence[str], tokenizer: Any) -> pd.DataFrame:
    """The length of each of `unique_texts`: `region, tokens, characters`, nothing masked or cut.

    words: the texts by their number; tokenizer: one of transformers, whose special tokens aren't counted.
    """
    written = [words[text] for text in texts["text"]]
    tokens = tokenizer(written, add_special_tokens=False, verbose=False)["input_ids"]
    return texts[["region"]].assign(tokens=list(map(len, tokens)), characters=list(map(len, written)))


def length_table(lengths: pd.DataFrame) -> pd.DataFrame:
    """Section 3's text lengths: `region, published mean, mean tokens, median tokens, share under 512`.

    Without the published column where no region is the paper's.
    """
    tokens = lengths.assign(short=lengths["tokens"] < CUT).groupby("region", sort=False)
    table = tokens.agg(mean=("tokens", "mean"), median=("tokens", "median"), short=("short", "mean")).reset_index()
    table.columns = pd.Index(["region", "mean tokens", "median tokens", f"share under {CUT}"])
    return _beside_published(table, "tokens", "published mean", 1)


def text_languages(texts: pd.DataFrame, words: Sequence[str]) -> pd.DataFrame:
    """The language of each of `unique_texts`: `region, language` (as `languages` has it), `english` (bool)."""
    detected = pd.Series(languages([words[text] for text in texts["text"]]), texts.index, dtype=object)
    return pd.DataFrame({"region": texts["region"], "language": detected, "english": detected == "en"})


def language_table(detected: pd.DataFrame) -> pd.DataFrame:
    """Languages by region (A.2), of `text_languages`: `region, texts, published share, share in English`.

    Without the published column where no region is the paper's.
    """
    table = detected.groupby("region", sort=False)["english"].agg(["size", "mean"]).reset_index()
    table.columns = pd.Index(["region", "texts", "share in English"])
    return _beside_published(table, "english", "published share", 2)


def _beside_published(table: pd.DataFrame, statistic: str, name: str, place: int) -> pd.DataFrame:
    """The table with what the paper says of its texts by region as the column `name`, if it says something of one."""
    rows = published.text_data()
    rows = rows[rows["statistic"] == statistic]
    means = table["region"].map(dict(zip(rows["region"], rows["mean"], strict=True)))
    if means.notna().any():
        table.insert(place, name, means)
    return table


def languages(texts: Sequence[str]) -> list[str]:
    """The language that LangDetect, the paper's tool, sees in each text: ISO 639-1, `?` where it finds no words."""

    def language(text: str) -> str:
        try:
            return str(detect(text))
        except LangDetectException:
            return "?"

    DetectorFactory.seed = 0
    return [language(text) for text in texts]


def per_vendor(ads: Ads) -> pd.DataFrame:
    """What each vendor has in each region: `region, vendor, ads, texts, images, pairs`; all but ads are unique ones."""
    pairs = ads.pairs.assign(**{name: ads.pairs[name].where(ads.pairs[name] >= 0) for name in ("text", "image")})
    unique = pairs.drop_duplicates(["region", "vendor", "text", "image"]).dropna(subset=["text", "image"])
    by = ["region", "vendor"]
    counts = pairs.groupby(by, sort=False).agg(
        ads=("ad", "nunique"), texts=("text", "nunique"), images=("image", "nunique")
    )
    return counts.join(unique.groupby(by).size().rename("pairs")).fillna({"pairs": 0}).reset_index()


def vendor_table(vendors: pd.DataFrame) -> pd.DataFrame:
    """Quantiles of vendors' texts and images by region, and the share of vendors typical in the paper (Fig 2b C, D).

    vendors: `per_vendor`. Columns `region`, `texts` and `images` at 5, 50 and 95 %, `share with 1-20 texts`,
    `share with 5-24 images`; without those of texts or images where nobody has any.
    """
    typical = {"texts": ("share with 1-20 texts", (1, 20)), "images": ("share with 5-24 images", (5, 24))}
    kinds = [kind for kind in typical if vendors[kind].any()]
    quantiles = vendors.groupby("region", sort=False)[kinds].quantile([0.05, 0.5, 0.95]).round(1).unstack()
    quantiles.columns = pd.Index([f"{column}, {int(part * 100)} %" for column, part in quantiles.columns])
    within = pd.DataFrame({typical[kind][0]: vendors[kind].between(*typical[kind][1]) for kind in kinds})
    return quantiles.join(within.groupby(vendors["region"], sort=False).mean()).reset_index()


def frequencies(counts: pd.Series, window: int = WINDOW) -> pd.DataFrame:
    """How many vendors have 1, 2, 3 … items (MATCHED Fig 2c): `items, vendors, smoothed`.

    counts: the items of each vendor. smoothed: the mean over `window` neighbouring numbers of items, as in the paper.
    """
    vendors = counts.value_counts().reindex(range(1, int(counts.max()) + 1), fill_value=0).sort_index()
    smoothed = vendors.rolling(window, center=True, min_periods=1).mean()
    return pd.DataFrame({"items": vendors.index, "vendors": vendors.to_numpy(), "smoothed": smoothed.to_numpy()})


def image_paths(ads: Ads, folder: Path) -> list[str]:
    """The path of each unique image below the data folder, (n,)."""
    return [image.relative_to(folder).as_posix() for image in ads.images]


def image_regions(pairs: pd.DataFrame, paths: Sequence[str]) -> pd.DataFrame:
    """Each image with the first region that shows it: `image` (its path), `region`. paths: `image_paths`."""
    first = pairs[pairs["image"] >= 0].drop_duplicates("image")[["image", "region"]]
    return first.assign(image=[paths[number] for number in first["image"]])
