"""Which items are for training ("documents"), validation and test ("queries"): 0.75, 0.05 and 0.20.

Protocols:

* `paper`: items are split after each text was joined with each of its images, pair by pair, so that one text can stand
  on both sides; texts alone and images alone are split over the unique ones. The shares and the joining are MATCHED's
  (A.4, A.2 ii), the pairs the authors' fusions';
* `ad`: whole ads are split, and an ad's text, images and pairs go where it goes;
* `group`: whole groups of a vendor's ads, such as collections of works, are split, and an ad goes where its group goes,
  in all regions. A group is of one vendor, and an ad without one is a group of its own. So nothing that all of a group
  share can give its vendor away. What two groups of a vendor share crosses, and the shares are of groups, whatever
  their sizes;
* `campaign`: ads that near-duplicate texts or images join (`lib.data.near_duplicates.campaigns`) go to one part, in all
  regions, whoever posted them;
* `released`: each of the authors' scripts (SCRIPTS) drops and draws in its own way, and retrieval is split anew
  (`released_retrieval`). So an item can be a query of a system that was trained on it.

By `ad`, `group` and `campaign` ads are split once for all modalities. An ad without a text or a picture has no item of
those that need it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import get_args

import numpy as np
import pandas as pd
from pandera.typing import DataFrame

from lib.core.errors import DataError
from lib.core.schemas import SplitItems
from lib.data import draws, near_duplicates
from lib.data.ads import Ads
from lib.study.plan import Study
from lib.study.run_kinds import CONTENT, NO_GROUPS, Protocol

PARTS = ("train", "val", "test")
SCRIPTS = {
    "text": "text",  # texts with CE
    "contrastive text": "text",
    "image": "image",
    "fusion": "multimodal",
    "single-stream": "multimodal",
    "fine-tuning": "multimodal",  # of an alignment
    "alignment": "multimodal",
}
"""What the authors train by scripts that split differently -> the modality of its items."""
FIRST = {modality: script for script, modality in reversed(SCRIPTS.items())}
"""modality -> the script that speaks for it where none is named."""
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
    study: Study,
    ads: Ads,
    modality: str,
    protocol: str = "",
    group_of: Mapping[str, np.ndarray] | None = None,
    script: str = "",
) -> pd.DataFrame:
    """The items of a study's ads with their parts (`split`), by the study's protocol or another `protocol`.

    group_of: from `lib.data.near_duplicates.groups`, if known; otherwise the protocol `campaign` computes it. script:
    as in `split`.
    """
    protocol, campaigns = protocol or study.split.protocol, None
    if protocol == "campaign":
        group_of = group_of or near_duplicates.groups(ads, study.image.pixels, study.cache)
        campaigns = near_duplicates.campaigns(ads, group_of)
    return split(ads.pairs, modality, protocol, study.split.seed, campaigns, script)


def split(
    pairs: pd.DataFrame,
    modality: str,
    protocol: str,
    seed: int,
    campaigns: pd.Series | None = None,
    script: str = "",
) -> DataFrame[SplitItems]:
    """The items of one modality with their parts, region by region.

    pairs: `ad, region, vendor, text, image`, and `group` where there are groups, as of `lib.data.ads.Ads`. modality:
    `text`, `image` or `multimodal`. campaigns: of each ad (index), for the protocol of that name. script: of SCRIPTS,
    for the protocol `released`; the modality's FIRST by default. Returns `region, vendor`, the modality's columns, and
    `part`: a name of PARTS, or `left out` for a vendor with fewer than two items in the region (under `ad` two ads,
    under `group` two groups, under `campaign` two campaigns, under `released` as `released_training` says). A group of
    several regions counts in the one with most of its ads.

    An item is one text, image or pair of a vendor in a region; under `ad` and `group` also of a part, since two ads
    that share a text can be in different parts (chapter 03). If some ads of a vendor lack the modality, all its items
    may be in one part. Raises DataError for an unknown protocol, for a modality that the data doesn't have, and for
    `group` where the data has no groups.
    """
    check(pairs, modality)
    content = CONTENT[modality]
    identity = ["region", "vendor", *content]
    items: DataFrame[SplitItems]
    if protocol == "paper":
        items = pairs[has(pairs, modality)].drop_duplicates(identity)[identity].reset_index(drop=True)
        items["part"] = _by_region(items, seed)
    elif protocol == "ad":
        ads = pairs.drop_duplicates("ad")[["ad", "region", "vendor"]].reset_index(drop=True)
        parts = pd.Series(_by_region(ads, seed), index=ads["ad"])
        items = _of_ads(pairs, parts, modality)
    elif protocol == "group":
        if "group" not in pairs:
            raise DataError(
                f"Split, protocol group: {NO_GROUPS}. If the column is named, it is empty: chapter 01 lists its cells."
            )
        items = _of_ads(pairs, _by_group(pairs, seed), modality)
    elif protocol == "campaign":
        if campaigns is None:
            raise DataError("split: the protocol campaign needs each ad's campaign (lib.data.near_duplicates).")
        items = _of_ads(pairs, _by_campaign(pairs, campaigns, seed), modality)
    elif protocol == "released":
        items = released_training(pairs, script if SCRIPTS.get(script) == modality else FIRST[modality], seed)
    else:
        known = ", ".join(get_args(Protocol))
        raise DataError(f"split: there is no protocol called {protocol!r}; give one of {known}.")
    return items


def check(pairs: pd.DataFrame, modality: str) -> None:
    """Raise DataError where no ad of `pairs` has what the modality needs."""
    for name, what, notebooks, possible in _WITHOUT:
        if name in CONTENT[modality] and (pairs[name] < 0).all():
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


def has(pairs: pd.DataFrame, modality: str) -> np.ndarray:
    """Which of an ad's `pairs` (see `split`) have what the modality needs, (n,) bool."""
    return np.asarray((pairs[list(CONTENT[modality])] >= 0).all(axis=1))


def _of_ads(pairs: pd.DataFrame, parts: pd.Series, modality: str) -> DataFrame[SplitItems]:
    """The items of the ads of each part (parts: index ads)."""
    columns = ["region", "vendor", *CONTENT[modality], "part"]
    items = pairs.assign(part=pairs["ad"].map(parts).to_numpy())[has(pairs, modality)]
    unique: DataFrame[SplitItems] = items.drop_duplicates(columns)[columns].reset_index(drop=True)
    return unique


def _by_region(items: pd.DataFrame, seed: int) -> np.ndarray:
    names = np.array([*PARTS, "left out"])
    parts = np.empty(len(items), dtype=names.dtype)
    for _, rows in items.groupby("region", sort=True).indices.items():
        parts[rows] = names[stratified(items["vendor"].to_numpy()[rows], seed)]
    return parts


def _by_group(pairs: pd.DataFrame, seed: int) -> pd.Series:
    """Each ad's part (index: ads): whole groups are dealt region by region, stratified by vendor."""
    ads = pairs.drop_duplicates("ad")[["ad", "region", "vendor", "group"]]
    home = _by_most_ads(ads, "group", ["region", "vendor"])
    return ads.set_index("ad")["group"].map(pd.Series(_by_region(home, seed), index=home["group"]))


def _by_most_ads(ads: pd.DataFrame, whole: str, of: list[str]) -> pd.DataFrame:
    """For each value of the column `whole` the values of `of` that most of its ads have, first ones where they tie."""
    sizes = ads.groupby([whole, *of]).size().rename("ads").reset_index()
    order = sizes.sort_values([whole, "ads", *of], ascending=[True, False, *[True] * len(of)])
    return order.drop_duplicates(whole)


def _by_campaign(pairs: pd.DataFrame, campaigns: pd.Series, seed: int) -> pd.Series:
    """Each ad's part (index: ads): whole campaigns are dealt, stratified by vendor.

    A campaign of several vendors counts as that of the vendor with most ads in it.
    """
    ads = pairs.drop_duplicates("ad")[["ad", "vendor"]].assign(campaign=lambda table: table["ad"].map(campaigns))
    owner = _by_most_ads(ads, "campaign", ["vendor"])
    parts = np.array([*PARTS, "left out"])[stratified(owner["vendor"].to_numpy(), seed)]
    return ads.set_index("ad")["campaign"].map(pd.Series(parts, index=owner["campaign"]))


def released_training(pairs: pd.DataFrame, script: str, seed: int) -> DataFrame[SplitItems]:
    """The items that a script (of SCRIPTS) trains, validates and identifies with; pairs, seed: as in `split`.

    * text: unique texts of vendors with two or more, split at random (`lib.data.draws.at_random`);
    * contrastive text: the same texts, 0.20 for test and then 0.05 of the rest;
    * image: rows of the table of (ad, picture), so that a picture of several ads is as many items, which may stand on
      both sides; vendors with two rows or more; 0.20 and then 0.05, stratified;
    * fusion, fine-tuning: unique pairs, vendors with two or more, stratified, validation as many pairs as vendors;
    * single-stream: whole ads, equal ones once, of vendors with two or more; stratified, validation as for pairs;
    * alignment: pairs of all regions together, of vendors with three or more; 0.20 and then 0.05, stratified.

    Each region is split by itself, but for alignment. Source: maastrichtlawtech/MATCHED, the lines under "Split and
    stratification" in lib/review/variant_readings.yaml. Not followed: the scripts' heads have classes for vendors
    without training items, whose test items count as wrong; here such items are not scored. Ads without a picture are
    items of the scripts' draw of pairs, though they are left out later; here they aren't drawn.
    """
    if script == "single-stream":
        return _of_ads(
            pairs, _ads_drawn(pairs, lambda vendors: draws.two_cuts(vendors, seed, True, a_vendor=True)), "multimodal"
        )
    items = _rows(pairs, SCRIPTS[script])
    if script == "text":
        return _drawn(items, lambda vendors: draws.at_random(len(vendors), seed))
    if script == "contrastive text":
        return _drawn(items, lambda vendors: draws.two_cuts(vendors, seed, stratified=False, shuffled=True))
    if script == "alignment":
        return _drawn(items, lambda vendors: draws.two_cuts(vendors, seed, stratified=True), least=3, by_region=False)
    a_vendor = script != "image"
    return _drawn(items, lambda vendors: draws.two_cuts(vendors, seed, stratified=True, a_vendor=a_vendor))


def released_retrieval(pairs: pd.DataFrame, script: str, modality: str, seed: int) -> DataFrame[SplitItems]:
    """The items that vectors of a script's systems are retrieved by: documents are `train`, queries `test`.

    The authors' notebooks split anew when they write vectors, 0.80 and 0.20, each region by itself:

    * text, contrastive text: unique texts, those of vendors with one text included, not stratified;
    * image: the rows of `released_training`, not stratified;
    * fusion, single-stream: whole ads of vendors with two or more, stratified. Of single-stream systems that is
      training's own draw (the same call), so that a query was trained on only where two ads have it;
    * fine-tuning: pairs, nobody left out, not stratified;
    * alignment: unique texts, pictures or pairs of ads with both, nobody left out, not stratified.

    pairs, seed: as in `split`. Source: the lines under "Items that retrieval is scored on" in
    lib/review/variant_readings.yaml. A text, picture or pair of two drawn ads or pairs may be document and query;
    within each it is one item. Pictures that repeat are as many items: which repeats are scored is a matter of
    scoring.
    """
    parts = np.array(["train", "test"])
    if script in ("fusion", "single-stream"):
        drawn = _ads_drawn(pairs, lambda vendors: parts[draws.cut(vendors, draws.TEST, seed, True).astype(int)])
        return _of_ads(pairs, drawn, modality)
    items: DataFrame[SplitItems]
    if script == "alignment":
        whole = pairs[has(pairs, "multimodal")]
        items = whole.drop_duplicates(["region", *CONTENT[modality]])[["region", "vendor", *CONTENT[modality]]]
    else:
        items = _rows(pairs, SCRIPTS[script])
    least = 2 if script == "image" else 1
    items = _drawn(items, lambda vendors: parts[draws.cut(vendors, draws.TEST, seed, False).astype(int)], least)
    if modality != SCRIPTS[script]:
        columns = ["region", "vendor", *CONTENT[modality], "part"]
        items = items.drop_duplicates(columns)[columns].reset_index(drop=True)
    return items


def _rows(pairs: pd.DataFrame, modality: str) -> pd.DataFrame:
    """What the scripts draw from: unique texts or pairs of a vendor in a region, or the pictures of each ad."""
    columns = ["region", "vendor", *CONTENT[modality]]
    once = ["ad", *columns] if modality == "image" else columns
    return pairs[has(pairs, modality)].drop_duplicates(once)[columns].reset_index(drop=True)


def _drawn(
    items: pd.DataFrame, draw: Callable[[np.ndarray], np.ndarray], least: int = 2, by_region: bool = True
) -> DataFrame[SplitItems]:
    """`items` with their `part`: `draw` of the vendors of those whose vendor has `least` of them, region by region."""
    parts = np.full(len(items), "left out", dtype="<U8")
    groups = items.groupby("region", sort=True).indices.values() if by_region else [np.arange(len(items))]
    vendors = items["vendor"].to_numpy()
    for rows in groups:
        kept = rows[draws.counts(vendors[rows]) >= least]
        parts[kept] = draw(vendors[kept])
    drawn: DataFrame[SplitItems] = items.assign(part=parts).reset_index(drop=True)
    return drawn


def _ads_drawn(pairs: pd.DataFrame, draw: Callable[[np.ndarray], np.ndarray]) -> pd.Series:
    """Each ad's part (index: ads) by `draw`; equal ads (vendor, text and pictures) are drawn once."""
    by_ad = pairs.groupby("ad", sort=False)
    ads = by_ad[["region", "vendor", "text"]].first().assign(images=by_ad["image"].agg(tuple))
    first = ads.groupby(["region", "vendor", "text", "images"], sort=False).ngroup()
    drawn = _drawn(ads.drop_duplicates(["region", "vendor", "text", "images"]), draw)
    return pd.Series(drawn["part"].to_numpy()[first.to_numpy()], index=ads.index)


def share_among(items: pd.DataFrame, others: pd.DataFrame, content: list[str]) -> float:
    """The share of `items`, one or more, whose `content` (columns) an item of `others` has too."""
    known = pd.MultiIndex.from_frame(others[content])
    return float(pd.MultiIndex.from_frame(items[content]).isin(known).mean())


def sizes(items: pd.DataFrame) -> pd.DataFrame:
    """Items and vendors of each region and part: columns `region, part, items, vendors`."""
    return (
        items.groupby(["region", "part"], sort=True)
        .agg(items=("vendor", "size"), vendors=("vendor", "nunique"))
        .reset_index()
    )
