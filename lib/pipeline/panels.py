"""Figures of many panels about data and graphs (chapters 01, 02 and 34)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import matplotlib.pyplot as plt
import networkx as nx
import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from lib.pipeline import graph_figures
from lib.pipeline.report import NEUTRAL, OURS, THEIRS
from lib.review import data_tables

ITEMS = {"texts": "texts", "images": "pictures", "pairs": "pairs of text and picture"}
"""Columns of `lib.review.data_tables.per_vendor` and what they are called."""
TICKS = {"tokens": [20, 50, 100, 200, 512], "characters": [100, 300, 1000, 3000]}


def text_lengths(lengths: pd.DataFrame) -> Figure:
    """Histograms of `lib.review.data_tables.text_lengths` by region, in tokens and characters (MATCHED Fig 2b A, B)."""
    figure, axes = plt.subplots(1, 2, figsize=(9, 2.8))
    for axis, (column, ticks) in zip(axes, TICKS.items(), strict=True):
        edges = np.geomspace(max(5, lengths[column].min()), lengths[column].max() + 1, 40)
        for region, rows in lengths.groupby("region", sort=False):
            axis.hist(rows[column], edges, histtype="step", density=True, label=region)
        axis.set(xlabel=f"{column} of a text", xscale="log", yticks=[])
        axis.set_xticks(ticks, ticks)
        axis.minorticks_off()
    axes[0].axvline(data_tables.CUT, color=NEUTRAL, linestyle=":")
    axes[0].legend()
    return figure


def frequencies(vendors: pd.DataFrame) -> Figure:
    """How many vendors have how many items, by region (MATCHED Fig 2c): counts as dots, the smoothed line of the paper.

    vendors: `lib.review.data_tables.per_vendor`. Items that nobody has get no panel.
    """
    regions, columns = list(dict.fromkeys(vendors["region"])), [column for column in ITEMS if vendors[column].any()]
    size = 3 * len(columns), 1.7 * len(regions)
    figure, axes = plt.subplots(len(regions), len(columns), figsize=size, squeeze=False)
    for row, region in zip(axes, regions, strict=True):
        for axis, column in zip(row, columns, strict=True):
            counts = data_tables.frequencies(vendors[vendors["region"] == region][column])
            axis.plot(counts["items"], counts["vendors"], ".", color=OURS, markersize=3)
            axis.plot(counts["items"], counts["smoothed"], color=THEIRS)
            axis.set(xlim=(0, 80))
        row[0].set_ylabel(f"vendors, {region}")
    for axis, column in zip(axes[-1], columns, strict=True):
        axis.set_xlabel(f"{ITEMS[column]} of a vendor")
    figure.set_layout_engine("tight")
    return figure


def recall_by_hiding(scores: pd.DataFrame, extractors: Iterable[str]) -> Figure:
    """Recall of each extractor (a column) for each way of hiding a number (a row), darker for more.

    scores: `lib.data.vendor_labels.extraction_scores`.
    """
    columns = list(extractors)
    wide = scores[scores["hiding"] != "all"].pivot(index="hiding", columns="extractor", values="recall")
    wide = wide[columns].sort_values(columns)
    figure, axes = plt.subplots(figsize=(5, 0.28 * len(wide) + 1))
    cells = axes.imshow(wide, cmap="Blues", vmin=0, vmax=1, aspect="auto")
    axes.grid(False)
    axes.set(xticks=range(len(columns)), yticks=range(len(wide)), title="recall by way of hiding")
    axes.set_xticklabels(columns)
    axes.set_yticklabels(wide.index)
    figure.colorbar(cells)
    return figure


def label_mistakes(mistakes: Mapping[str, nx.Graph], labels: pd.DataFrame) -> Figure:
    """A panel for each extractor: its `lib.data.vendor_labels.mistakes`, titled by their number.

    labels: `lib.data.vendor_labels.label_scores`, with the numbers of labels that merge and of vendors that are split.
    """
    counts = labels.astype(object).set_index("numbers")
    figure, axes = plt.subplots(1, len(mistakes), figsize=(5 * len(mistakes), 5))
    for axis, (name, graph) in zip(axes, mistakes.items(), strict=True):
        graph_figures.draw_links(axis, graph, seed=1)
        merging, split = counts.loc[name, ["labels_merging", "vendors_split"]]
        axis.set_title(f"{name}: {merging} labels merge vendors, {split} vendors are split", fontsize=9)
    return figure


def neighbourhoods(views: Mapping[tuple[str, str], nx.Graph], seed: int) -> Figure:
    """MATCHED Fig 8: a row a query, a panel a view of what it finds, titled by how much of that is right.

    views: `lib.evaluation.similarity_graph.neighbourhood` by query and view, two views of each query.
    """
    figure, axes = plt.subplots(len(views) // 2, 2, figsize=(11, 5 * (len(views) // 2)), squeeze=False)
    for axis, ((name, view), graph) in zip(axes.flat, views.items(), strict=True):
        graph_figures.draw_neighbourhood(axis, graph, seed)
        hits = [kind["right"] for _, kind in graph.nodes(data=True) if kind["role"] == "found"]
        axis.set_title(f"{name}, {view}: {sum(hits)} of {len(hits)} ads found are its vendor's", fontsize=9)
    return figure
