"""Which items are for training ("documents"), validation and test ("queries"): 0.75, 0.05 and 0.20.

Protocols:

* `paper`: items are split after each text was joined with each of its images, pair by pair, so that one text can stand
  on both sides; texts alone and images alone are split over the unique ones. The shares and the joining are MATCHED's
  (A.4, A.2 ii), the pairs the authors' fusions'. Their scripts split texts without strata, images by the rows of a
  table in which images repeat, and everything anew for retrieval (docs/variants.md);
* `ad`: whole ads are split, and an ad's text, images and pairs go where it goes;
* `campaign`: ads that near-duplicate texts or images join (`lib.data.near_duplicates.campaigns`) go to one part, in all
  regions, whoever posted them.

Ads are split once for all modalities; an ad without a text or a picture has no item of those that need it.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from pandera.typing import DataFrame

from lib.core.errors import DataError
from lib.core.schemas import SplitItems
from lib.data import near_duplicates
from lib.data.ads import Ads
from lib.study.plan import Study
from lib.study.run_kinds import CONTENT

PARTS = ("train", "val", "test")
# Twenty items of a vendor: fifteen train, one val, four test. No two neighbours (the last and the first neither)
# are both outside of train, so that a vendor with two items or more always has one to learn from.
PATTERN = np.array([0, 0, 1, 0, 2, 0, 0, 0, 0, 2, 0, 0, 0, 0, 2, 0, 0, 0, 0, 2])

_WITHOUT = (
    ("text", "texts", "10_text or 12_fusion", "11_image"),
    ("image", "pictures", "11_image or 12_fusion", "10_text"),
)


def stratified(vendors: np.ndarray, seed: int) -> np.ndarray:
    """The part of each item, as a number into PARTS: (n,) int8; -1 where the vendor has fewer than two items.

    A systematic sample: vendors in random order, each one's items in random order, laid end to end and dealt by
    PATTERN. Each vendor's val and test counts are within one item of their exact shares (train's within two), which
    libraries' stratified splits can't give for vendors with fewer items than parts.
    """
    vendors = np.asarray(vendors)
    generator = np.random.default_rng(seed)
    _, codes, counts = np.unique(vendors, return_inverse=True, return_counts=True)
    places = generator.permutation(len(counts))[codes]
    order = np.lexsort((generator.random(len(vendors)), places))
    order = order[counts[codes[order]] >= 2]
    parts = np.full(len(vendors), -1, np.int8)
    parts[order] = PATTERN[(np.arange(len(order)) + generator.integers(len(PATTERN))) % len(PATTERN)]
    return parts


def items(
    study: Study, ads: Ads, modality: str, protocol: str = "", group_of: Mapping[str, np.ndarray] | None = None
) -> pd.DataFrame:
    """The items of a study's ads with their parts (`split`), by the study's protocol or another `protocol`.

    group_of: from `lib.data.near_duplicates.groups`, if known; otherwise the protocol `campaign` computes it.
    """
    protocol, campaigns = protocol or study.split.protocol, None
    if protocol == "campaign":
        group_of = group_of or near_duplicates.groups(ads, study.image.pixels, study.cache)
        campaigns = near_duplicates.campaigns(ads, group_of)
    return split(ads.pairs, modality, protocol, study.split.seed, campaigns)


def split(
    pairs: pd.DataFrame, modality: str, protocol: str, seed: int, campaigns: pd.Series | None = None
) -> DataFrame[SplitItems]:
    """The items of one modality with their parts, region by region.

    pairs: `ad, region, vendor, text, image` as of `lib.data.ads.Ads`. modality: `text`, `image` or `multimodal`.
    campaigns: of each ad (index), for the protocol of that name. Returns `region, vendor`, the modality's columns, and
    `part`: a name of PARTS, or `left out` for a vendor with fewer than two items in the region (under `ad` two ads,
    under `campaign` two campaigns).

    An item is one text, image or pair of a vendor in a region; under `ad` also of a part, since two ads that share a
    text can be in different parts (chapter 03). If some ads of a vendor lack the modality, all its items may be in one
    part. Raises DataError for an unknown protocol, and for a modality that the data doesn't have.
    """
    content = CONTENT[modality]
    for name, what, notebooks, possible in _WITHOUT:
        if name in content and (pairs[name] < 0).all():
            raise DataError(
                f"Split: this data has no {what}: a run of {notebooks} can't be made; only runs of {possible} can. If "
                f"the data does have {what}, name their column under data.columns in the parameter file; if it is "
                "named, chapter 01 says why none can be used."
            )
    if not has(pairs, modality).any():
        raise DataError(
            "Split: no ad of this data has both a text and a picture, so a run of 12_fusion can't be made; only runs "
            "of 10_text and 11_image can."
        )
    identity = ["region", "vendor", *content]
    items: DataFrame[SplitItems]
    if protocol == "paper":
        items = pairs[has(pairs, modality)].drop_duplicates(identity)[identity].reset_index(drop=True)
        items["part"] = _by_region(items, seed)
    elif protocol == "ad":
        ads = pairs.drop_duplicates("ad")[["ad", "region", "vendor"]].reset_index(drop=True)
        parts = pd.Series(_by_region(ads, seed), index=ads["ad"])
        items = _of_ads(pairs, parts, modality)
    elif protocol == "campaign":
        if campaigns is None:
            raise DataError("split: the protocol campaign needs each ad's campaign (lib.data.near_duplicates).")
        items = _of_ads(pairs, _by_campaign(pairs, campaigns, seed), modality)
    else:
        raise DataError(f"split: there is no protocol called {protocol!r}; give paper, ad or campaign.")
    return items


def has(pairs: pd.DataFrame, modality: str) -> np.ndarray:
    """Which of an ad's `pairs` (see `split`) have what the modality needs, (n,) bool."""
    return np.asarray((pairs[list(CONTENT[modality])] >= 0).all(axis=1))


def _of_ads(pairs: pd.DataFrame, parts: pd.Series, modality: str) -> pd.DataFrame:
    """The items of the ads of each part (parts: index ads)."""
    columns = ["region", "vendor", *CONTENT[modality], "part"]
    items = pairs.assign(part=pairs["ad"].map(parts).to_numpy())[has(pairs, modality)]
    return items.drop_duplicates(columns)[columns].reset_index(drop=True)


def _by_region(items: pd.DataFrame, seed: int) -> np.ndarray:
    names = np.array([*PARTS, "left out"])
    parts = np.empty(len(items), dtype=names.dtype)
    for _, rows in items.groupby("region", sort=True).indices.items():
        parts[rows] = names[stratified(items["vendor"].to_numpy()[rows], seed)]
    return parts


def _by_campaign(pairs: pd.DataFrame, campaigns: pd.Series, seed: int) -> pd.Series:
    """Each ad's part (index: ads): whole campaigns are dealt, stratified by vendor.

    A campaign of several vendors counts as that of the vendor with most ads in it.
    """
    ads = pairs.drop_duplicates("ad")[["ad", "vendor"]].assign(campaign=lambda table: table["ad"].map(campaigns))
    sizes = ads.groupby(["campaign", "vendor"]).size().rename("ads").reset_index()
    owner = sizes.sort_values(["campaign", "ads", "vendor"], ascending=[True, False, True]).drop_duplicates("campaign")
    parts = np.array([*PARTS, "left out"])[stratified(owner["vendor"].to_numpy(), seed)]
    return ads.set_index("ad")["campaign"].map(pd.Series(parts, index=owner["campaign"]))


def sizes(items: pd.DataFrame) -> pd.DataFrame:
    """Items and vendors of each region and part: columns `region, part, items, vendors`."""
    return (
        items.groupby(["region", "part"], sort=True)
        .agg(items=("vendor", "size"), vendors=("vendor", "nunique"))
        .reset_index()
    )
