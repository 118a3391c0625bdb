"""Drawings of graphs by networkx: wrong vendor labels, and an ad's neighbours."""

from __future__ import annotations

import matplotlib.pyplot as plt
import networkx as nx
import numpy as np
from matplotlib.axes import Axes

from lib.pipeline.report import NEUTRAL, OURS, THEIRS

QUERY = "#d9a21b"
"""The colour of the ad that is asked about."""


def draw_links(axis: Axes, links: nx.Graph, seed: int) -> None:
    """The graph of `lib.data.vendor_labels.mistakes`: squares in a colour a vendor and dots for telephone numbers.

    Red lines join an ad's label to a wrong number, dotted lines the parts of a vendor that is split.
    """
    places = nx.spring_layout(links, seed=seed, k=1.5 / max(1, len(links)) ** 0.5)
    parts = [node for node, kind in links.nodes(data="kind") if kind == "part"]
    numbers = [node for node, kind in links.nodes(data="kind") if kind == "number"]
    vendors = list(dict.fromkeys(links.nodes[part]["vendor"] for part in parts))
    colours = [plt.get_cmap("tab20")(vendors.index(links.nodes[part]["vendor"]) % 20) for part in parts]
    for style, colour, wanted in (
        (":", NEUTRAL, ("split", True)),
        ("-", NEUTRAL, ("shows", True)),
        ("-", THEIRS, ("shows", False)),
    ):
        lines = [(a, b) for a, b, edge in links.edges(data=True) if (edge["kind"], edge["true"]) == wanted]
        widths = [0.7 + 0.4 * np.log(links.edges[line]["ads"]) for line in lines]
        nx.draw_networkx_edges(links, places, lines, widths, colour, style, ax=axis)
    nx.draw_networkx_nodes(links, places, parts, 45, colours, "s", ax=axis)
    nx.draw_networkx_nodes(links, places, numbers, 12, "#333333", "o", ax=axis)
    axis.axis("off")


def draw_neighbourhood(axis: Axes, graph: nx.Graph, seed: int) -> None:
    """A graph of `lib.evaluation.similarity_graph.neighbourhood`: the query a star, its vendor's ads dots, others
    crosses."""
    places = nx.spring_layout(graph, seed=seed, weight="weight")
    widths = [2 * edge["weight"] ** 2 for _, _, edge in graph.edges(data=True)]
    nx.draw_networkx_edges(graph, places, width=widths, edge_color="#c8c8c8", ax=axis)
    for role, right, colour, shape, size in (
        ("found", True, OURS, "o", 60),
        ("found", False, THEIRS, "X", 60),
        ("query", True, QUERY, "*", 260),
    ):
        chosen = [node for node, kind in graph.nodes(data=True) if (kind["role"], kind["right"]) == (role, right)]
        nx.draw_networkx_nodes(graph, places, chosen, size, colour, shape, ax=axis)
    nx.draw_networkx_labels(graph, places, font_size=5, ax=axis, verticalalignment="bottom")
    axis.axis("off")
