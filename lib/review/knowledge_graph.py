"""Tables of chapter 34: may a link be trusted, do communities coincide with vendors, what does a query find (A.7)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import networkx as nx
import numpy as np
import pandas as pd

from lib.core.errors import DataError
from lib.data.disclosure import LEAST
from lib.evaluation import similarity_graph as graphs
from lib.study.plan import Study


def link_table(
    study: Study, items: pd.DataFrame, vectors: np.ndarray, regions: Sequence[str], threshold: float
) -> pd.DataFrame:
    """`lib.evaluation.similarity_graph.link_scores` of test ads: `region, threshold, …, vendors`.

    Regions in which fewer than five vendors are tested are left out.
    """
    rows = []
    for region in regions:
        tested = graphs.links(*graphs.in_region(items, vectors, region), "test")
        vendors = tested["vendor"].nunique()
        if vendors >= LEAST:
            scores = graphs.link_scores(tested, threshold, study.bootstrap, study.split.seed)
            rows.append({"region": region, "threshold": threshold, **scores, "vendors": vendors})
    return pd.DataFrame(rows)


def community_table(
    items: pd.DataFrame, vectors: np.ndarray, regions: Sequence[str], threshold: float, seed: int
) -> pd.DataFrame:
    """`lib.evaluation.similarity_graph.communities` of all items of a region: `region, items, communities, …`.

    Regions with fewer than five vendors are left out.
    """
    rows = []
    for region in regions:
        of_region, region_vectors = graphs.in_region(items, vectors, region)
        vendors = of_region["vendor"].to_numpy()
        if len(np.unique(vendors)) >= LEAST:
            rows.append({"region": region, **graphs.communities(region_vectors, vendors, threshold, seed)})
    names = {"ads": "items", "labels": "communities", "labels_merging": "communities_merging"}
    return pd.DataFrame(rows).rename(columns=names).drop(columns="without_label", errors="ignore")


def queries(items: pd.DataFrame, ads: np.ndarray, region: str, ad: str = "", vendor: str = "") -> list[int]:
    """The rows of the test items that ask.

    items: `region, vendor, part`; ads: the number of each item's ad. With `ad` or `vendor` (a number) its first test
    item; without, the first ones in `region` of the vendor with most training items and of the one in the middle.
    Raises DataError for a number without a test item.
    """
    test = items["part"] == "test"
    in_region = test & (items["region"] == region)
    if ad:
        wanted = test & (pd.Series(ads, items.index).astype(str) == str(ad).removeprefix("ad "))
        if not wanted.any():
            raise DataError(f"ad {ad}: this is no test ad. Give the number of one, such as {ads[in_region][0]}.")
        return [int(np.flatnonzero(wanted)[0])]
    if vendor:
        wanted = test & (items["vendor"].astype(str) == str(vendor))
        if not wanted.any():
            example = items["vendor"][in_region].iloc[0]
            raise DataError(f"vendor {vendor}: it has no test ad. Give a vendor that has one, such as {example}.")
        return [int(np.flatnonzero(wanted)[0])]
    gallery = items.loc[(items["part"] == "train") & (items["region"] == region), "vendor"]
    first = pd.Series(np.flatnonzero(in_region), items["vendor"][in_region]).groupby(level=0, sort=False).first()
    sizes = first.index.to_series().map(gallery.value_counts(sort=False)).dropna().sort_values(kind="stable")
    return list(dict.fromkeys(int(first[sizes.index[place]]) for place in (-1, len(sizes) // 2)))


def found_table(views: Mapping[tuple[str, str], nx.Graph]) -> pd.DataFrame:
    """The ads that queries find: `query, view, node, rank, similarity, vendor, right`.

    views: `lib.evaluation.similarity_graph.neighbourhood` by query and view.
    """
    columns = ["rank", "similarity", "vendor", "right"]
    rows = [
        (query, view, node, *(about[name] for name in columns))
        for (query, view), graph in views.items()
        for node, about in graph.nodes(data=True)
        if about["role"] == "found"
    ]
    return pd.DataFrame(rows, columns=["query", "view", "node", *columns])
