"""Graphs of similar ads: what a query retrieves (MATCHED A.7, Fig 8), and the communities of a whole region.

Nodes are ads, edges carry the cosine of their vectors. An edge counts from a threshold chosen on validation ads.
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
from lib.evaluation.intervals import share_interval

PRECISION = 0.9
"""Share of right links at which the threshold is set."""
NEIGHBOURS = 10
"""Links of each ad in the graph of a region."""


def ads_of(items: pd.DataFrame, pairs: pd.DataFrame) -> np.ndarray:
    """The first ad of each item, (n,): a text, a picture or a pair of a vendor in a region.

    pairs: as in `lib.data.ads.Ads`.
    """
    columns = [column for column in ("region", "vendor", "text", "image") if column in items]
    first = pairs.drop_duplicates(columns)[[*columns, "ad"]]
    ads: np.ndarray = items[columns].merge(first, how="left", on=columns)["ad"].to_numpy()
    return ads


def in_region(items: pd.DataFrame, vectors: np.ndarray, region: str) -> tuple[pd.DataFrame, np.ndarray]:
    """The items and vectors of a region."""
    inside = (items["region"] == region).to_numpy()
    return items[inside], vectors[inside]


def neighbourhood(
    items: pd.DataFrame, vectors: np.ndarray, query: int, names: Sequence[str], threshold: float, k: int | None = None
) -> nx.Graph:
    """A query and the R or `k` nearest training items of its region, R being how many its vendor has there.

    items: `region, part, vendor`, a row for each of vectors (n, d); query: a row number; names: of each item's node.
    The query has an edge to each node, and nodes have edges among themselves from `threshold` up; edges have a `weight`
    (cosine). Nodes have `item` (its row number), `vendor`, `role` (query or found), `rank`, `similarity` (to the query)
    and `right`. Raises DataError when the query's vendor has no training item in the region.
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
    places = list(first.values())
    rows = [query, *gallery[np.array(places[1:], int) - 1]]
    shown = unit[places]
    cosines = shown @ shown.T  # one array: of two equal ones the product differs in its last digit
    graph = nx.Graph(query=names[query], region=region, relevant=relevant)
    for rank, (name, row) in enumerate(zip(first, rows, strict=True)):
        graph.add_node(
            name,
            role="found" if rank else "query",
            item=int(row),
            vendor=int(vendor[row]),
            rank=rank,
            similarity=float(cosines[0, rank]),
            right=bool(vendor[row] == vendor[query]),
        )
        if rank:
            graph.add_edge(names[query], name, weight=float(cosines[0, rank]))
    for one, other in itertools.combinations(range(1, len(rows)), 2):
        if cosines[one, other] >= threshold:
            graph.add_edge(names[rows[one]], names[rows[other]], weight=float(cosines[one, other]))
    return graph


def links(items: pd.DataFrame, vectors: np.ndarray, part: str) -> pd.DataFrame:
    """Each item of a part with its NEIGHBOURS among the training items: `similarity, right, vendor` (the query's)."""
    vendor, parts = items["vendor"].to_numpy(), items["part"].to_numpy()
    query, gallery = np.flatnonzero(parts == part), np.flatnonzero(parts == "train")
    queries, documents = retrieval.unit(vectors[query]), retrieval.unit(vectors[gallery])
    near = retrieval.rank(queries, documents, NEIGHBOURS)
    return pd.DataFrame(
        {
            "similarity": np.einsum("qd,qkd->qk", queries, documents[near]).ravel(),
            "right": (vendor[gallery][near] == vendor[query][:, None]).ravel(),
            "vendor": np.repeat(vendor[query], near.shape[1]),
        }
    )


def threshold(validation: pd.DataFrame, precision: float = PRECISION) -> float:
    """The lowest similarity from which `precision` of the validation links are right; above every link if none is."""
    ordered = validation.sort_values("similarity", ascending=False, kind="stable")
    share = ordered["right"].cumsum() / np.arange(1, len(ordered) + 1)
    kept = ordered["similarity"][share >= precision]
    return float(kept.min()) if len(kept) else float(np.nextafter(ordered["similarity"].max(), np.inf))


def link_scores(tests: pd.DataFrame, least: float, draws: int = 1000, seed: int = 0) -> dict[str, float | int]:
    """Of test links from `least` up: `links, precision, low, high` (vendors resampled) and `kept`, their recall."""
    taken = (tests["similarity"] >= least).to_numpy()
    hits = taken & tests["right"].to_numpy()
    precision, low, high = share_interval(hits, taken, tests["vendor"].to_numpy(), draws, seed)
    scores = {"links": int(taken.sum()), "precision": precision, "low": low, "high": high}
    return {**scores, "kept": hits.sum() / max(1, tests["right"].sum())}


def communities(vectors: np.ndarray, vendors: np.ndarray, least: float, seed: int = 0) -> dict[str, float | int]:
    """How far Louvain communities of similar ads agree with vendors (`lib.data.vendor_labels.agreement`).

    vectors (n, d), vendors (n,): all items of a region. An edge joins an item to each of its NEIGHBOURS whose cosine is
    `least` or more. Items without an edge are communities of one.
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
    """Write a graph as GraphML, atomically."""
    with replacing(path) as temporary:
        nx.write_graphml(graph, temporary)
