"""Graphs of ads that look alike: what a query brings up (MATCHED A.7, Fig 8), and the communities of a whole region.

Nodes are ads, edges the cosine of their vectors. Whether an edge may be believed is asked with a threshold that validation ads set.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from pathlib import Path

import networkx as nx
import numpy as np
import pandas as pd

from lib.core.errors import DataError
from lib.core.files import replacing
from lib.data import vendor_labels
from lib.evaluation import retrieval
from lib.evaluation.intervals import bootstrap_weights, interval, resampled_ratio

PRECISION = 0.9
"""Share of links that shall be right, by which the threshold is chosen."""
NEIGHBOURS = 10
"""Of each ad, in the graph of a region."""


def ads_of(items: pd.DataFrame, pairs: pd.DataFrame) -> np.ndarray:
    """The first ad that each item (a text, a picture or a pair of a vendor in a region) stands in, (n,): `pairs` as in `lib.data.ads.Ads`."""
    columns = [column for column in ("region", "vendor", "text", "image") if column in items]
    first = pairs.drop_duplicates(columns)[[*columns, "ad"]]
    return items[columns].merge(first, how="left", on=columns)["ad"].to_numpy()


def in_region(items: pd.DataFrame, vectors: np.ndarray, region: str) -> tuple[pd.DataFrame, np.ndarray]:
    """The items and vectors of a region."""
    here = (items["region"] == region).to_numpy()
    return items[here], vectors[here]


def neighbourhood(
    items: pd.DataFrame, vectors: np.ndarray, query: int, names: Sequence[str], threshold: float, k: int | None = None
) -> nx.Graph:
    """A query and what it brings up among the training items of its region: as many as its vendor has there (R), or the first `k`.

    items: `region, part, vendor`, a row for each of vectors (n, d); query: a row; names: how each item's node is called. The query has an
    edge to each, and they have edges among themselves from `threshold` up; edges have a `weight` (cosine), nodes `item` (its row), `vendor, role` (query or
    found), `rank`, `similarity` (to the query) and `right`. Raises DataError when the query's vendor has no training item there.
    """
    region, vendor = items["region"].iloc[query], items["vendor"].to_numpy()
    gallery = np.flatnonzero((items["region"] == region).to_numpy() & (items["part"] == "train").to_numpy())
    relevant = int((vendor[gallery] == vendor[query]).sum())
    if not relevant:
        raise DataError(f"{names[query]}: its vendor has no training ad in {region}, so there is nothing to find.")
    unit = retrieval.unit(vectors[[query, *gallery]])
    nearest = retrieval.rank(unit[:1], unit[1:], k or relevant)[0]
    first = {names[query]: 0}  # an ad with several texts or pictures is one node, at its best place
    for place in nearest:
        first.setdefault(names[gallery[place]], int(place) + 1)
    shown, rows = unit[list(first.values())], [query, *gallery[np.array(list(first.values())[1:], int) - 1]]
    alike = shown @ shown.T
    graph = nx.Graph(query=names[query], region=region, relevant=relevant)
    for rank, (name, row) in enumerate(zip(first, rows, strict=True)):
        graph.add_node(
            name,
            role="found" if rank else "query",
            item=int(row),
            vendor=int(vendor[row]),
            rank=rank,
            similarity=float(alike[0, rank]),
            right=bool(vendor[row] == vendor[query]),
        )
        if rank:
            graph.add_edge(names[query], name, weight=float(alike[0, rank]))
    for one, other in itertools.combinations(range(1, len(shown)), 2):
        if alike[one, other] >= threshold:
            graph.add_edge(names[rows[one]], names[rows[other]], weight=float(alike[one, other]))
    return graph


def links(items: pd.DataFrame, vectors: np.ndarray, part: str) -> pd.DataFrame:
    """Every item of a part with each of its NEIGHBOURS among the training items: `similarity, right, vendor` (of the item that asks)."""
    vendor, parts = items["vendor"].to_numpy(), items["part"].to_numpy()
    asking, gallery = np.flatnonzero(parts == part), np.flatnonzero(parts == "train")
    queries, documents = retrieval.unit(vectors[asking]), retrieval.unit(vectors[gallery])
    near = retrieval.rank(queries, documents, NEIGHBOURS)
    return pd.DataFrame(
        {
            "similarity": np.einsum("qd,qkd->qk", queries, documents[near]).ravel(),
            "right": (vendor[gallery][near] == vendor[asking][:, None]).ravel(),
            "vendor": np.repeat(vendor[asking], near.shape[1]),
        }
    )


def threshold(validation: pd.DataFrame, precision: float = PRECISION) -> float:
    """The lowest similarity from which `precision` of the validation links are right; above every link if there is none."""
    ordered = validation.sort_values("similarity", ascending=False, kind="stable")
    share = ordered["right"].cumsum() / np.arange(1, len(ordered) + 1)
    kept = ordered["similarity"][share >= precision]
    return float(kept.min()) if len(kept) else float(np.nextafter(ordered["similarity"].max(), np.inf))


def link_scores(tested: pd.DataFrame, least: float, draws: int = 1000, seed: int = 0) -> dict[str, float | int]:
    """Of test links from `least` up: `links, precision, low, high` (vendors resampled), and `kept`: the share of right links that are kept."""
    vendors, place = np.unique(tested["vendor"], return_inverse=True)
    taken = (tested["similarity"] >= least).to_numpy()
    hits = taken & tested["right"].to_numpy()
    top, bottom = (np.bincount(place, counted, len(vendors)) for counted in (hits, taken))
    low, high = interval(resampled_ratio(bootstrap_weights(len(vendors), draws, seed), top, bottom))
    found = {"links": int(taken.sum()), "precision": hits.sum() / taken.sum() if taken.any() else np.nan}
    return {**found, "low": low, "high": high, "kept": hits.sum() / max(1, tested["right"].sum())}


def communities(vectors: np.ndarray, vendors: np.ndarray, least: float, seed: int = 0) -> dict[str, float | int]:
    """Do groups of ads that are alike coincide with vendors? `lib.data.vendor_labels.agreement` of Louvain communities with the truth.

    vectors (n, d), vendors (n,): all items of a region. An edge joins an item to each of its NEIGHBOURS from `least` up. Items without an edge
    are communities of one.
    """
    unit = retrieval.unit(vectors)
    near = retrieval.rank(unit, unit, NEIGHBOURS + 1)
    similarity = np.einsum("qd,qkd->qk", unit, unit[near])
    graph = nx.Graph()
    graph.add_nodes_from(range(len(unit)))
    rows, columns = np.nonzero(similarity >= least)
    graph.add_weighted_edges_from(
        (int(row), int(near[row, column]), float(similarity[row, column]))
        for row, column in zip(rows, columns, strict=True)
        if near[row, column] != row
    )
    label = np.empty(len(unit), int)
    for number, members in enumerate(nx.community.louvain_communities(graph, seed=seed)):
        label[list(members)] = number
    return vendor_labels.agreement(label, vendors)


def save(graph: nx.Graph, path: str | Path) -> None:
    """Write a graph as GraphML, whole or not at all."""
    with replacing(path) as temporary:
        nx.write_graphml(graph, temporary)
