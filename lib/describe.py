"""What the data is like: counts, lengths, frequencies (MATCHED Table 1, Fig 2)."""

from __future__ import annotations

import pandas as pd

from lib.ads import Ads


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
        images = ads.pairs.loc[ads.pairs["ad"].isin(here["ad"]), "image"].unique()
        rows.append(
            {
                "region": name.capitalize(),
                "Ads": len(here),
                "Texts": here["text"].nunique(),
                "Images": len(images),
                "Faces": float(shown[images].mean()) if faces is not None else float("nan"),
                "Vendors": here["vendor"].nunique(),
            }
        )
    return pd.DataFrame(rows)


def beside_published(ours: pd.DataFrame, theirs: pd.DataFrame, scale: float | None) -> pd.DataFrame:
    """Table 1 in long form: `region, quantity, published, target, ours, difference`.

    theirs: `lib.published.table("matched", 1)`. target: the published value at the twin's `scale` (counts; shares as they
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
    """Unique texts and images of each vendor in each region: `region, vendor, ads, texts, images`."""
    texts = ads.ads.groupby(["region", "vendor"]).agg(ads=("ad", "size"), texts=("text", "nunique"))
    images = ads.pairs.groupby(["region", "vendor"])["image"].nunique().rename("images")
    return texts.join(images).reset_index()


def shared_vendors(ads: Ads) -> pd.DataFrame:
    """Share of the vendors of one region (row) that post in another too (column), 0 to 1 (MATCHED Fig 2a A)."""
    of = {region: set(rows) for region, rows in ads.ads.groupby("region")["vendor"]}
    return pd.DataFrame(
        [[len(of[row] & of[column]) / len(of[row]) for column in ads.regions] for row in ads.regions],
        index=ads.regions,
        columns=ads.regions,
    )
