"""Figures of the chapters; `lib.pipeline.report` saves and shows them."""

from __future__ import annotations

import base64
import io
import itertools
import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import matplotlib.pyplot as plt
import networkx as nx
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from PIL import Image

from lib.pipeline.report import NEUTRAL, OURS, THEIRS

PALETTE = (OURS, THEIRS, "#7a5195", "#5b8c3a", "#d9a21b", NEUTRAL, "#3f4a8a")


def contact_sheet(rows: Sequence[Sequence[np.ndarray]], labels: Sequence[str] = ()) -> Figure:
    """Pictures (h, w, 3) uint8 of one size in rows, for the eye; labels: one for each row."""
    columns = max(len(row) for row in rows)
    figure, axes = plt.subplots(len(rows), columns, figsize=(columns, len(rows)), squeeze=False)
    for row, pictures in zip(axes, rows, strict=True):
        for column, axis in enumerate(row):
            axis.set(xticks=[], yticks=[])
            axis.spines[:].set_visible(False)
            if column < len(pictures):
                axis.imshow(pictures[column])
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
    figure.set_layout_engine("tight")
    return figure


def draw_links(axis: Axes, links: nx.Graph, seed: int) -> None:
    """The graph of `lib.data.vendor_labels.mistakes`: squares in a colour a vendor, dots for numbers, red lines for wrong ones, dotted
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


def draw_neighbourhood(axis: Axes, graph: nx.Graph, seed: int) -> None:
    """A graph of `lib.evaluation.similarity_graph.neighbourhood`: the query a star, ads of its vendor in one colour and others in another."""
    places = nx.spring_layout(graph, seed=seed, weight="weight")
    widths = [2 * edge["weight"] ** 2 for _, _, edge in graph.edges(data=True)]
    nx.draw_networkx_edges(graph, places, width=widths, edge_color="#c8c8c8", ax=axis)
    for role, right, colour, shape, size in (
        ("found", True, OURS, "o", 60),
        ("found", False, THEIRS, "X", 60),
        ("query", True, "#d9a21b", "*", 260),
    ):
        chosen = [node for node, kind in graph.nodes(data=True) if (kind["role"], kind["right"]) == (role, right)]
        nx.draw_networkx_nodes(graph, places, chosen, size, colour, shape, ax=axis)
    nx.draw_networkx_labels(graph, places, font_size=5, ax=axis, verticalalignment="bottom")
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
    """How a row of `lib.runs.results.ROW` is called in a figure: what isn't empty or usual of it."""
    parts = [
        rows["system"],
        rows["objective"].where(rows["objective"] != "baseline", ""),
        rows["fusion"].where(rows["fusion"] != "mean", ""),
        rows["variant"].where(rows["variant"] != "corrected", ""),
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
    """A score over the twin's overlap, a panel a method, a line a variant (`lib.review.alignment_tables.control`)."""
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
    figure.set_layout_engine("tight")
    return figure


def lines(
    table: pd.DataFrame, x: str, y: str, by: str, x_label: str, y_label: str, level: float | None = None
) -> Figure:
    """A line for each value of `by` with its interval (columns `low, high`) as a band; level: a dotted line to compare with."""
    figure, axes = plt.subplots(figsize=(6.5, 3.6))
    colours = _colours(table[by])
    for name, rows in table.groupby(by, sort=False):
        axes.plot(rows[x], rows[y], "o-", markersize=3, color=colours[name], label=name)
        axes.fill_between(rows[x], rows["low"], rows["high"], color=colours[name], alpha=0.1, linewidth=0)
    if level is not None:
        axes.axhline(level, color=NEUTRAL, linestyle=":")
    axes.set(xlabel=x_label, ylabel=y_label, ylim=(0, 1.02))
    axes.legend(loc="upper left", bbox_to_anchor=(1.01, 1))
    return figure


def reliability(curves: pd.DataFrame) -> Figure:
    """How often answers of a confidence are right (`lib.evaluation.calibration.reliability`), a panel a `system`, as trained and `scaled`."""
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
    figure.set_layout_engine("tight")
    return figure


def over_factor(
    axis: Axes, scored: Mapping[str, tuple[pd.DataFrame, pd.DataFrame]], factor: str, label: str, score: str
) -> None:
    """A score over what vendors are like: for each system the binned means with intervals and the paper's smoothed line (`lib.review.vendor_analysis`)."""
    colours = _colours(scored)
    for system, (points, line) in scored.items():
        colour = colours[system]
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
    colours = _colours(table["system"])
    for system, rows in table.groupby("system", sort=False):
        rows = rows[rows["vendor"].isin(place)]
        axis.plot(rows["vendor"].map(place), rows[score], ".", markersize=3, color=colours[system], label=system)
    axis.set(xlabel=f"vendors, by {first}", ylabel=score, xticks=[], ylim=(-0.02, 1.02))


def positives(axis: Axes, counts: pd.DataFrame) -> None:
    """Right (full) and wrong (light) answers of each system, a row of `true, false`, side by side."""
    colours = list(_colours(counts.index).values())
    for shift, kind, alpha in ((-0.2, "true", 1.0), (0.2, "false", 0.4)):
        bars = axis.bar(np.arange(len(counts)) + shift, counts[kind], 0.38, color=colours, alpha=alpha)
        axis.bar_label(bars, [kind] * len(counts), fontsize=7)
    axis.set(xticks=range(len(counts)), xticklabels=counts.index, ylabel="positives of a vendor, mean")


def _spread(rows: pd.DataFrame) -> list[pd.Series]:
    """What `errorbar` wants of `mean, low, high`; a percentile interval may lie beside its mean by a hair."""
    return [(rows["mean"] - rows["low"]).clip(lower=0), (rows["high"] - rows["mean"]).clip(lower=0)]


def network(graph: nx.Graph, title: str, seed: int, thumbnails: Mapping[str, np.ndarray] | None = None) -> Interactive:
    """The same graph to turn over: hover tells of an ad, the list finds one by its id. thumbnails: of ads, (h, w, 3) uint8."""
    import plotly.graph_objects as go

    places = nx.spring_layout(graph, seed=seed, weight="weight")
    nodes = list(graph)
    across, up = ([places[node][axis] for node in nodes] for axis in (0, 1))
    figure = go.Figure()
    for strong in (False, True):  # edges above the median are drawn thicker
        middle = float(np.median([edge["weight"] for *_, edge in graph.edges(data=True)] or [0]))
        ends = [(one, other) for one, other, edge in graph.edges(data=True) if (edge["weight"] >= middle) == strong]
        x, y = (
            [value for pair in ends for value in (places[pair[0]][axis], places[pair[1]][axis], None)]
            for axis in (0, 1)
        )
        figure.add_scatter(x=x, y=y, mode="lines", line={"width": 1 + strong, "color": "#cccccc"}, hoverinfo="skip")
    told = [
        f"{node}<br>vendor {kind['vendor']}<br>rank {kind['rank']}, similarity {kind['similarity']:.3f}"
        for node, kind in graph.nodes(data=True)
    ]
    colours = [
        "#d9a21b" if kind["role"] == "query" else OURS if kind["right"] else THEIRS
        for _, kind in graph.nodes(data=True)
    ]
    symbols = [
        "star" if kind["role"] == "query" else "circle" if kind["right"] else "x" for _, kind in graph.nodes(data=True)
    ]
    figure.add_scatter(
        x=across,
        y=up,
        mode="markers",
        marker={"size": 16, "color": colours, "symbol": symbols},
        selected={"marker": {"size": 28}},
        unselected={"marker": {"opacity": 0.35}},
        text=told,
        hoverinfo="text",
    )
    find = [{"label": "find an ad …", "method": "restyle", "args": [{"selectedpoints": [None]}, [2]]}]
    find += [
        {"label": node, "method": "restyle", "args": [{"selectedpoints": [[place]]}, [2]]}
        for place, node in enumerate(nodes)
    ]
    pictures = [
        {"source": _inline(thumbnails[node]), "xref": "x", "yref": "y", "x": places[node][0], "y": places[node][1],
         "sizex": 0.16, "sizey": 0.16, "xanchor": "center", "yanchor": "bottom", "opacity": 0.9}
        for node in nodes if thumbnails and node in thumbnails
    ]  # fmt: skip
    hidden = {"visible": False, "range": [-1.25, 1.25]}
    figure.update_layout(
        template="plotly_white", width=760, height=560, title=title, showlegend=False, xaxis=hidden, yaxis=hidden, images=pictures,
        updatemenus=[{"buttons": find, "x": 1, "xanchor": "right", "y": 1.12}],
    )  # fmt: skip
    return Interactive(figure)


def retrieval_panels(tables: Mapping[str, pd.DataFrame]) -> Interactive:
    """Published retrieval scores (diamonds) and ours (dots, with intervals) by region, a panel a table of `lib.review.paper_tables.verification`, a colour a row;
    a list chooses the metric, the legend hides rows."""
    from plotly.subplots import make_subplots

    figure = make_subplots(1, len(tables), shared_yaxes=True, subplot_titles=list(tables))
    shown: list[str] = []  # each trace's metric
    for column, table in enumerate(tables.values(), start=1):
        group = table["group"].replace("baseline", "") if "group" in table else pd.Series("", index=table.index)
        table = table.assign(label=(group + " " + table["objective"]).str.strip())
        colours = dict(zip(dict.fromkeys(table["label"]), itertools.cycle(PALETTE)))
        for (metric, label), rows in table.groupby(["metric", "label"], sort=False):
            same = {"legendgroup": label, "name": label, "marker": {"color": colours[label], "size": 8}}
            spread = {"array": rows["high"] - rows["ours"], "arrayminus": rows["ours"] - rows["low"], "thickness": 1}
            figure.add_scatter(
                x=rows["split"], y=rows["ours"], error_y=spread, mode="markers", **same, row=1, col=column
            )
            same["marker"] = {**same["marker"], "symbol": "diamond-open"}
            figure.add_scatter(
                x=rows["split"], y=rows["published"], mode="markers", **same, showlegend=False, row=1, col=column
            )
            shown += [metric, metric]
    metrics = list(dict.fromkeys(shown))
    choices = [
        {"label": metric, "method": "update", "args": [{"visible": [name == metric for name in shown]}]}
        for metric in metrics
    ]
    figure.update_traces(visible=False)
    for trace, metric in zip(figure.data, shown, strict=True):
        trace.visible = metric == metrics[0]
    figure.update_layout(
        template="plotly_white",
        width=1100,
        height=480,
        updatemenus=[{"buttons": choices, "x": 0, "xanchor": "left", "y": 1.22}],
    )
    figure.update_yaxes(range=[0, 1.02])
    return Interactive(figure)


def _inline(picture: np.ndarray) -> str:
    """A picture (h, w, 3) uint8 as an address that holds it."""
    stream = io.BytesIO()
    Image.fromarray(picture).save(stream, "JPEG", quality=70)
    return "data:image/jpeg;base64," + base64.b64encode(stream.getvalue()).decode()


READINGS = ("Text", "Vision", "Multimodal", "M-Text", "M-Vision")
"""The systems of MATCHED's figures, each of one colour wherever it stands."""


def _colours(names: Iterable[str]) -> dict[str, str]:
    """A colour for each name: READINGS (and what is scored of them on pictures with faces) have their own."""
    fixed = dict(zip(READINGS, PALETTE, strict=False))
    free = iter([*PALETTE[len(READINGS) :], *PALETTE])
    return {name: fixed.get(name.removesuffix("-Face")) or next(free) for name in dict.fromkeys(names)}


def growth(grown: pd.DataFrame, by: str, size: str, panels: Mapping[str, str], shares: Sequence[str] = ()) -> Figure:
    """What grows with `size`, a line for each value of `by` and a panel for each column of `panels` (column -> label), logarithmic but for `shares`."""
    figure, axes = plt.subplots(1, len(panels), figsize=(3.6 * len(panels), 3.2), layout="constrained", squeeze=False)
    for axis, (column, label) in zip(axes[0], panels.items(), strict=True):
        for (name, rows), colour in zip(grown.groupby(by, sort=False), PALETTE, strict=False):
            axis.plot(rows[size], rows[column], "o-", markersize=3, color=colour, label=name)
        axis.set(xscale="log", xlabel=size, ylabel=label)
        axis.set(ylim=(0, 1.02)) if column in shares else axis.set(yscale="log")
    figure.legend(*axes[0][0].get_legend_handles_labels(), loc="outside lower center", ncols=3)
    return figure


VERDICTS = {
    "supported": "#2f7d4f",
    "partly supported": "#8db87c",
    "undecided": "#d9d9d9",
    "not supported": "#e0a58a",
    "reversed": "#b5432b",
    "consistent as printed": "#5b8fb9",
    "partly consistent as printed": "#a9c6dc",
    "inconsistent as printed": "#d7b26d",
    "not testable as published": "#8b7fb5",
    "not testable here": "#f0f0f0",
}


def verdicts(counts: pd.DataFrame) -> Figure:
    """Claims by verdict (`lib.review.scorecard.counts`), a stacked bar a paper."""
    figure, axes = plt.subplots(figsize=(9, 2.2), layout="constrained")
    papers = {"matched": "MATCHED", "hotels": "Revisited Hotels"}
    for row, name in enumerate(papers):
        left = 0
        for verdict, count in zip(counts["verdict"], counts[name], strict=True):
            label = verdict if row == 0 else None
            axes.barh(row, count, left=left, color=VERDICTS[verdict], edgecolor="#666", linewidth=0.4, label=label)
            if count:
                axes.text(left + count / 2, row, f"{count}", ha="center", va="center", fontsize=10)
            left += count
    axes.set(yticks=range(len(papers)), xlabel="claims")
    axes.set_yticklabels(papers.values())
    axes.invert_yaxis()
    axes.grid(visible=False)
    figure.legend(loc="outside lower center", ncols=4, fontsize=9)
    return figure


def bars(frame: pd.DataFrame, label: str, value: str, title: str) -> Figure:
    """A horizontal bar for each row, in the frame's order."""
    figure, axes = plt.subplots(figsize=(6.5, 0.24 * len(frame) + 1))
    axes.barh(range(len(frame)), frame[value], color=OURS)
    axes.set(yticks=range(len(frame)), xlabel=title)
    axes.set_yticklabels(frame[label], fontsize=8)
    axes.invert_yaxis()
    return figure


def ladder(frame: pd.DataFrame, published: Mapping[str, float]) -> Figure:
    """Items a second of every step (`system, step, rate`), a panel a system, and a line at what the paper's run did."""
    figure, panels = _panels(frame, "items a second")
    for name, axes in panels.items():
        rows = frame[frame["system"] == name]
        axes.barh(rows["step"], rows["rate"], color=OURS)
        axes.axvline(published[name], color=THEIRS, label="the paper's run")
    figure.legend(*axes.get_legend_handles_labels(), loc="outside lower center", fontsize=7)
    return figure


def shares(frame: pd.DataFrame) -> Figure:
    """Where each step's time goes (`system, step, kind, share`): a bar a step, a panel a system."""
    figure, panels = _panels(frame, "share of the time")
    for name, axes in panels.items():
        table = frame[frame["system"] == name].pivot_table(index="step", columns="kind", values="share", sort=False)
        left = np.zeros(len(table))
        for kind, color in zip(table.columns, PALETTE, strict=False):
            axes.barh(table.index, table[kind], left=left, color=color, label=kind)
            left += table[kind].to_numpy()
    figure.legend(*axes.get_legend_handles_labels(), loc="outside lower center", ncols=3, fontsize=7)
    return figure


def _panels(frame: pd.DataFrame, measured: str) -> tuple[Figure, dict[str, Axes]]:
    """A panel for each system of a frame, for horizontal bars by step, the first step on top."""
    systems = list(dict.fromkeys(frame["system"]))
    size = (3.6 * len(systems), 3.3)
    figure, axes = plt.subplots(1, len(systems), figsize=size, squeeze=False, layout="constrained")
    for axis, name in zip(axes[0], systems, strict=True):
        axis.set(title=name, xlabel=measured)
        axis.tick_params(axis="y", labelsize=7)
        axis.invert_yaxis()
    return figure, dict(zip(systems, axes[0], strict=True))
