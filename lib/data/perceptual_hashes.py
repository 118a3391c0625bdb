"""What a picture looks like in 64 bits, by which it is known again after it was shrunk or compressed anew (perceptual hash, by DCT)."""

from __future__ import annotations

from collections.abc import Iterable

import faiss
import networkx as nx
import numpy as np

NEAR = 4
"""Bits in which two hashes of one picture may differ. Of the hotels' twin's pictures that were shrunk and compressed anew all are within 4 of themselves,
and no two places are (976 pictures)."""


def hashes(pictures: Iterable[np.ndarray]) -> np.ndarray:
    """(n,) uint64 of pictures (h, w, 3) uint8."""
    import imagehash
    from PIL import Image

    bits = [imagehash.phash(Image.fromarray(picture)).hash.ravel() for picture in pictures]
    return np.packbits(np.stack(bits), axis=1).view(np.uint64).ravel()


def groups(found: np.ndarray, near: int = NEAR) -> np.ndarray:
    """Which pictures look the same, (n,) int: a number for each group that chains of hashes (n,) uint64 within `near` bits join."""
    codes = found.view(np.uint8).reshape(-1, 8)
    index = faiss.IndexBinaryFlat(64)
    index.add(codes)
    limits, _, neighbours = index.range_search(codes, near + 1)
    graph = nx.Graph()
    graph.add_nodes_from(range(len(found)))
    graph.add_edges_from(zip(np.repeat(np.arange(len(found)), np.diff(limits.astype(int))), neighbours, strict=True))
    of = np.empty(len(found), int)
    for number, members in enumerate(nx.connected_components(graph)):
        of[list(members)] = number
    return of
