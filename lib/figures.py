"""Figures of the chapters; `lib.report` saves and shows them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import matplotlib.pyplot as plt
import networkx as nx
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from lib.report import NEUTRAL, OURS, THEIRS

PALETTE = (OURS, THEIRS, "#7a5195", "#5b8c3a", "#d9a21b", NEUTRAL, "#3f4a8a")


def contact_sheet(rows: Sequence[Sequence[np.ndarray]], labels: Sequence[str] = ()) -> Figure:
    """Pictures (h, w, 3) uint8 of one size in rows, for the eye; labels: one for each row."""
    columns = max(len(row) for row in rows)
    figure, axes = plt.subplots(len(rows), columns, figsize=(columns, len(rows)), squeeze=False)
    for place in np.ndindex(axes.shape):
        axes[place].set(xticks=[], yticks=[])
        axes[place].spines[:].set_visible(False)
        if place[1] < len(rows[place[0]]):
            axes[place].imshow(rows[place[0]][place[1]])
    for axis, label in zip(axes[:, 0], labels, strict=False):
        axis.set_ylabel(label, fontsize=8)
    figure.subplots_adjust(wspace=0.04, hspace=0.04)
    return figure


def heatmaps(tables: Mapping[str, pd.DataFrame]) -> Figure:
    """Square tables of shares or cosines (0 to 1), each under its title, with the numbers written in."""
    figure, axes = plt.subplots(1, len(tables), figsize=(3.6 * len(tables), 3.2), squeeze=False)
    for axis, (title, table) in zip(axes[0], tables.items(), strict=True):
        axis.imshow(table, cmap="Blues", vmin=0, vmax=1)
        axis.grid(False)
        axis.set_title(title, fontsize=9)
        axis.set_xticks(range(len(table.columns)), table.columns, fontsize=8)
        axis.set_yticks(range(len(table)), table.index, fontsize=8)
        for row, column in np.ndindex(table.shape):
            value = table.iloc[row, column]
            colour = "white" if value > 0.6 else "black"
            axis.text(column, row, f"{value:.2f}", ha="center", va="center", color=colour, fontsize=8)
    figure.tight_layout()
    return figure


def draw_links(axis: Axes, links: nx.Graph, seed: int) -> None:
    """The graph of `lib.labels.mistakes`: squares in a colour a vendor, dots for numbers, red lines for wrong ones, dotted
    lines between the parts of a vendor that is split."""
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


class Interactive:
    """A plotly figure for notebooks: as data, without plotly's script, which the reader's notebook has."""

    def __init__(self, figure: Any) -> None:
        self.figure = figure

    def _repr_mimebundle_(self, **_: Any) -> dict[str, Any]:
        told = "An interactive figure: open this notebook in JupyterLab to turn it over."
        return {"application/vnd.plotly.v1+json": json.loads(self.figure.to_json()), "text/plain": told}


def interactive_scatter(frame: pd.DataFrame, x: str, y: str, by: str, x_label: str, y_label: str) -> Interactive:
    """Dots of two counts on logarithmic axes, a colour for each value of `by`."""
    import plotly.graph_objects as go

    figure = go.Figure(layout={"template": "plotly_white", "width": 720, "height": 420})
    for name, rows in frame.groupby(by, sort=False):
        figure.add_scatter(x=rows[x], y=rows[y], mode="markers", name=str(name), marker={"size": 5, "opacity": 0.5})
    figure.update_xaxes(type="log", title=x_label)
    figure.update_yaxes(type="log", title=y_label)
    return Interactive(figure)


def row_labels(rows: pd.DataFrame) -> pd.Series:
    """How a row of `lib.results.ROW` is called in a figure: what isn't empty or usual of it."""
    parts = [
        rows["system"],
        rows["objective"].where(rows["objective"] != "baseline", ""),
        rows["fusion"].where(rows["fusion"] != "mean", ""),
        rows["variant"].where(rows["variant"] != "sound", ""),
        rows["faces"].where(rows["faces"] != "all", "").replace({"face": "faces only", "no-face": "no faces"}),
    ]
    return pd.concat(parts, axis=1).apply(lambda row: ", ".join(filter(None, row)), axis=1)


def ranked(frame: pd.DataFrame, label: str, by: str, title: str) -> Figure:
    """Scores `mean, low, high` as dots with intervals, a row each in the frame's order, a colour for each value of `by`."""
    figure, axes = plt.subplots(figsize=(6.5, 0.22 * len(frame) + 1))
    colours = dict(zip(dict.fromkeys(frame[by]), PALETTE, strict=False))
    for name, rows in frame.reset_index(drop=True).groupby(by, sort=False):
        axes.hlines(rows.index, rows["low"], rows["high"], color=colours[name], linewidth=1.5)
        axes.plot(rows["mean"], rows.index, "o", markersize=4, color=colours[name], label=name)
    axes.set(yticks=range(len(frame)), xlim=(0, 1.02), xlabel=title)
    axes.set_yticklabels(frame[label], fontsize=8)
    axes.invert_yaxis()
    axes.legend(loc="upper left", bbox_to_anchor=(1.01, 1))
    return figure


def beside(frame: pd.DataFrame, label: str, title: str) -> Figure:
    """Ours with its interval and the paper's value, a row each: columns `label`, `published, ours, low, high`."""
    figure, axes = plt.subplots(figsize=(6.5, 0.32 * len(frame) + 1.2))
    rows = range(len(frame))
    axes.hlines(rows, frame["low"], frame["high"], color=OURS, linewidth=2)
    axes.plot(frame["ours"], rows, "o", color=OURS, label="ours, 95 % interval")
    axes.plot(frame["published"], rows, "D", color=THEIRS, markerfacecolor="white", label="paper")
    axes.set(yticks=list(rows), xlim=(0, 1.02), title=title)
    axes.set_yticklabels(frame[label])
    axes.invert_yaxis()
    axes.legend(loc="upper center", bbox_to_anchor=(0.5, -0.45 / max(1, 0.32 * len(frame))), ncols=2)
    return figure


def control(table: pd.DataFrame, label: str) -> Figure:
    """A score over the twin's overlap, a panel a method, a line a variant (`lib.alignments.control`)."""
    methods = list(dict.fromkeys(table["method"]))
    figure, axes = plt.subplots(1, len(methods), figsize=(3.4 * len(methods), 3.2), sharey=True, squeeze=False)
    for axis, method in zip(axes[0], methods, strict=True):
        here = table[table["method"] == method]
        for (variant, rows), colour in zip(here.groupby("variant", sort=True), (THEIRS, OURS), strict=False):
            rows = rows.groupby("overlap", as_index=False)[["mean", "low", "high", "chance"]].mean()
            axis.errorbar(
                rows["overlap"], rows["mean"], _spread(rows), marker="o", capsize=3, color=colour, label=variant
            )
        axis.plot(rows["overlap"], rows["chance"], ":", color=NEUTRAL, label="chance")
        axis.set(title=method, xlabel="overlap of text and pictures")
    axes[0][0].set(ylabel=label, ylim=(0, None))
    axes[0][-1].legend(fontsize=8)
    figure.tight_layout()
    return figure


def lines(
    table: pd.DataFrame, x: str, y: str, by: str, x_label: str, y_label: str, level: float | None = None
) -> Figure:
    """A line for each value of `by` with its interval (columns `low, high`) as a band; level: a dotted line to compare with."""
    figure, axes = plt.subplots(figsize=(6.5, 3.6))
    for (name, rows), colour in zip(table.groupby(by, sort=False), PALETTE, strict=False):
        axes.plot(rows[x], rows[y], "o-", markersize=3, color=colour, label=name)
        axes.fill_between(rows[x], rows["low"], rows["high"], color=colour, alpha=0.12, linewidth=0)
    if level is not None:
        axes.axhline(level, color=NEUTRAL, linestyle=":")
    axes.set(xlabel=x_label, ylabel=y_label, ylim=(0, 1.02))
    axes.legend(loc="upper left", bbox_to_anchor=(1.01, 1))
    return figure


def reliability(curves: pd.DataFrame) -> Figure:
    """How often answers of a confidence are right (`lib.confidence.reliability`), a panel a `system`, as trained and `scaled`."""
    systems = list(dict.fromkeys(curves["system"]))
    figure, axes = plt.subplots(1, len(systems), figsize=(3.3 * len(systems), 3.2), sharey=True, squeeze=False)
    for axis, system in zip(axes[0], systems, strict=True):
        axis.plot([0, 1], [0, 1], ":", color=NEUTRAL)
        here = curves[curves["system"] == system]
        for (scaled, rows), colour in zip(here.groupby("scaled", sort=False), (THEIRS, OURS), strict=False):
            axis.errorbar(
                rows["confidence"],
                rows["right"],
                _spread(rows.rename(columns={"right": "mean"})),
                fmt="o-",
                markersize=3,
                color=colour,
                label=scaled,
            )
        axis.set(title=system, xlabel="confidence", xlim=(0, 1), ylim=(0, 1.02))
    axes[0][0].set_ylabel("share that is right")
    axes[0][-1].legend(fontsize=8, loc="upper left")
    figure.tight_layout()
    return figure


def over_factor(
    axis: Axes, scored: Mapping[str, tuple[pd.DataFrame, pd.DataFrame]], factor: str, label: str, score: str
) -> None:
    """A score over what vendors are like: for each system the binned means with intervals and the paper's smoothed line (`lib.insights`)."""
    for (system, (points, line)), colour in zip(scored.items(), PALETTE, strict=False):
        axis.plot(line[factor], line["smoothed"], "--", linewidth=1, color=colour, alpha=0.6)
        axis.errorbar(
            points[factor],
            points["mean"],
            _spread(points),
            fmt="o",
            markersize=3,
            capsize=2,
            color=colour,
            label=system,
        )
    axis.set(xlabel=label, ylabel=score, ylim=(0, 1.02))


def by_vendor(axis: Axes, table: pd.DataFrame, score: str, first: str) -> None:
    """Each vendor's score by every `system`, vendors in the order of the system `first`'s."""
    order = table[table["system"] == first].sort_values(score, kind="stable")["vendor"].tolist()
    place = {vendor: number for number, vendor in enumerate(order)}
    for (system, rows), colour in zip(table.groupby("system", sort=False), PALETTE, strict=False):
        rows = rows[rows["vendor"].isin(place)]
        axis.plot(rows["vendor"].map(place), rows[score], ".", markersize=3, color=colour, label=system)
    axis.set(xlabel=f"vendors, by {first}", ylabel=score, xticks=[], ylim=(-0.02, 1.02))


def _spread(rows: pd.DataFrame) -> list[pd.Series]:
    """What `errorbar` wants of `mean, low, high`; a percentile interval may lie beside its mean by a hair."""
    return [(rows["mean"] - rows["low"]).clip(lower=0), (rows["high"] - rows["mean"]).clip(lower=0)]
