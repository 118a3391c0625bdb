"""Campaigns: ads that nearly the same text or picture joins, and splits that keep each of them whole (protocol `campaign`)."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import networkx as nx
import numpy as np
import pandas as pd

from lib.data import identifiers, image_arrays, near_texts, perceptual_hashes, splits
from lib.data.ads import Ads
from lib.study.plan import Study


def split(
    study: Study, found: Ads, modality: str, protocol: str = "", groups: Mapping[str, np.ndarray] | None = None
) -> pd.DataFrame:
    """`lib.data.splits.split` by the study's protocol, or another; groups: of `alike`, where they are known already."""
    protocol, of_ads = protocol or study.split.protocol, None
    if protocol == "campaign":
        of_ads = campaigns(found, groups or alike(found, study.image.pixels, study.cache))
    return splits.split(found.pairs, modality, protocol, study.split.seed, of_ads)


def campaigns(found: Ads, groups: Mapping[str, np.ndarray]) -> pd.Series:
    """Each ad's campaign, a number (index: the ads' numbers): ads are joined by texts of one group, and by pictures of one group (`alike`); what an ad lacks joins it to none."""
    graph = nx.Graph()
    graph.add_nodes_from(("ad", ad) for ad in found.ads["ad"])
    for modality, of in groups.items():
        rows = found.pairs.loc[splits.has(found.pairs, modality), ["ad", modality]].drop_duplicates()
        graph.add_edges_from((("ad", ad), (modality, of[row])) for ad, row in rows.itertuples(index=False))
    number = {
        node: place
        for place, members in enumerate(nx.connected_components(graph))
        for node in members
        if node[0] == "ad"
    }
    return pd.Series({ad: place for (_, ad), place in number.items()}).sort_index()


def alike(found: Ads, pixels: int, cache: Path) -> dict[str, np.ndarray]:
    """Which unique texts are nearly the same (`lib.data.near_texts`, identifiers masked) and which pictures look the same (`lib.data.perceptual_hashes`): `text`, `image` -> (n,) int;
    what the data doesn't have is not there."""
    groups = {}
    if "text" in found.modalities:
        groups["text"] = near_texts.groups([identifiers.mask(text) for text in found.texts])
    if "image" in found.modalities:
        shown = image_arrays.as_array(found.images, pixels, cache, found.fingerprint, found.digests)
        groups["image"] = perceptual_hashes.groups(perceptual_hashes.hashes(shown))
    return groups
