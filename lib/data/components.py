"""Connected components of a graph whose nodes are numbers."""

from __future__ import annotations

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components


def components(nodes: int, edges: np.ndarray) -> np.ndarray:
    """The component of each node, (nodes,) int64, numbered from 0 in the order of the components' first nodes.

    edges: (m, 2) integers from 0 to nodes - 1, in any order and direction.
    """
    first, second = np.asarray(edges, np.int64).reshape(-1, 2).T
    graph = coo_array((np.ones(len(first), bool), (first, second)), shape=(nodes, nodes))
    return np.asarray(connected_components(graph, directed=False)[1], np.int64)
