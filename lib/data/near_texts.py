"""Texts that are nearly the same: MinHash of their shingles of three words (Broder 1997)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import networkx as nx
import numpy as np

HASHES = 128
LIKE = 0.7
"""Jaccard similarity, as estimated, of near-duplicates: a word in about twenty was changed."""


def words(text: str) -> list[str]:
    """Words and signs, in lower case."""
    return re.findall(r"\w+|[^\w\s]", text.lower())


def signatures(texts: Sequence[str], seed: int = 1) -> np.ndarray:
    """(n, HASHES) uint64: the share of equal hashes of two texts estimates their Jaccard similarity."""
    return np.stack([sketch.hashvalues for sketch in _sketches(texts, seed)])


def _sketches(texts: Sequence[str], seed: int) -> list[Any]:
    from datasketch import MinHash

    shingles = [
        {" ".join(found[place : place + 3]).encode() for place in range(max(1, len(found) - 2))}
        for found in map(words, texts)
    ]
    return list(MinHash.generator(shingles, num_perm=HASHES, seed=seed))


def groups(texts: Sequence[str], like: float = LIKE, seed: int = 1) -> np.ndarray:
    """Which texts are nearly the same, (n,) int: a number for each group that chains of pairs of at least `like` join."""
    from datasketch import MinHashLSH

    found, index, graph = _sketches(texts, seed), MinHashLSH(threshold=like, num_perm=HASHES), nx.Graph()
    graph.add_nodes_from(range(len(texts)))
    for row, sketch in enumerate(found):
        graph.add_edges_from((row, other) for other in index.query(sketch) if sketch.jaccard(found[other]) >= like)
        index.insert(row, sketch)
    of = np.empty(len(texts), int)
    for number, members in enumerate(nx.connected_components(graph)):
        of[list(members)] = number
    return of
