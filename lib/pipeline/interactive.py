"""Figures of the chapters to click on: plotly's data without plotly's script."""

from __future__ import annotations

import base64
import io
import itertools
import json
from collections.abc import Mapping
from typing import Any

import networkx as nx
import numpy as np
import pandas as pd
from PIL import Image

from lib.pipeline.figure_parts import PALETTE
from lib.pipeline.graph_figures import QUERY
from lib.pipeline.report import OURS, THEIRS


class Interactive:
    """A plotly figure for notebooks: as data, without plotly's script, which the reader's notebook has."""

    def __init__(self, figure: Any) -> None:
        self.figure = figure

    def _repr_mimebundle_(self, **_: Any) -> dict[str, Any]:
        words = "An interactive figure: open this notebook in JupyterLab to use it."
        return {"application/vnd.plotly.v1+json": json.loads(self.figure.to_json()), "text/plain": words}


def scatter(frame: pd.DataFrame, x: str, y: str, by: str, x_label: str, y_label: str) -> Interactive:
    """Dots of two counts on logarithmic axes, a colour for each value of `by`."""
    import plotly.graph_objects as go

    figure = go.Figure(layout={"template": "plotly_white", "width": 720, "height": 420})
    for name, rows in frame.groupby(by, sort=False):
        figure.add_scatter(x=rows[x], y=rows[y], mode="markers", name=str(name), marker={"size": 5, "opacity": 0.5})
    figure.update_xaxes(type="log", title=x_label)
    figure.update_yaxes(type="log", title=y_label)
    return Interactive(figure)


def network(graph: nx.Graph, title: str, seed: int, thumbnails: Mapping[str, np.ndarray] | None = None) -> Interactive:
    """The graph that `lib.pipeline.graph_figures.draw_neighbourhood` draws, to turn over. thumbnails: of ads, (h, w, 3)
    uint8.

    Hovering over an ad shows its vendor, rank and similarity; a list finds an ad by its id.
    """
    import plotly.graph_objects as go

    places = nx.spring_layout(graph, seed=seed, weight="weight")
    figure = go.Figure()
    middle = float(np.median([weight for *_, weight in graph.edges(data="weight")] or [0]))
    for strong in (False, True):  # edges from the median on are drawn thicker
        edges = [(one, other) for one, other, weight in graph.edges(data="weight") if (weight >= middle) == strong]
        x, y = (
            [end for one, other in edges for end in (places[one][axis], places[other][axis], None)] for axis in (0, 1)
        )
        figure.add_scatter(x=x, y=y, mode="lines", line={"width": 1 + strong, "color": "#cccccc"}, hoverinfo="skip")
    ads = dict(graph.nodes(data=True))
    kinds = ["query" if ad["role"] == "query" else "right" if ad["right"] else "wrong" for ad in ads.values()]
    figure.add_scatter(
        x=[places[name][0] for name in ads],
        y=[places[name][1] for name in ads],
        mode="markers",
        marker={
            "size": 16,
            "color": [{"query": QUERY, "right": OURS, "wrong": THEIRS}[kind] for kind in kinds],
            "symbol": [{"query": "star", "right": "circle", "wrong": "x"}[kind] for kind in kinds],
        },
        selected={"marker": {"size": 28}},
        unselected={"marker": {"opacity": 0.35}},
        text=[
            f"{name}<br>vendor {ad['vendor']}<br>rank {ad['rank']}, similarity {ad['similarity']:.3f}"
            for name, ad in ads.items()
        ],
        hoverinfo="text",
    )
    for name, picture in (thumbnails or {}).items():
        if name in places:
            figure.add_layout_image(
                source=_data_uri(picture),
                **dict(zip("xy", places[name], strict=True)),
                **{"xref": "x", "yref": "y", "xanchor": "center", "yanchor": "bottom"},
                **{"sizex": 0.16, "sizey": 0.16, "opacity": 0.9},
            )
    choices = {"find an ad …": None} | {name: [place] for place, name in enumerate(ads)}
    buttons = [
        {"label": name, "method": "restyle", "args": [{"selectedpoints": [points]}, [2]]}
        for name, points in choices.items()
    ]
    hidden = {"visible": False, "range": [-1.25, 1.25]}
    figure.update_layout(template="plotly_white", width=760, height=560, title=title, showlegend=False)
    figure.update_layout(
        xaxis=hidden, yaxis=hidden, updatemenus=[{"buttons": buttons, "x": 1, "xanchor": "right", "y": 1.12}]
    )
    return Interactive(figure)


def retrieval_panels(tables: Mapping[str, pd.DataFrame]) -> Interactive:
    """Published retrieval scores (diamonds) and ours (dots, with intervals) by region: a panel for each table of
    `lib.review.paper_tables.verification`, a colour for each row. A list chooses the metric, the legend hides rows."""
    from plotly.subplots import make_subplots

    figure = make_subplots(1, len(tables), shared_yaxes=True, subplot_titles=list(tables))
    metrics: list[str] = []  # of each trace
    for column, table in enumerate(tables.values(), start=1):
        group = table["group"].replace("baseline", "") if "group" in table else pd.Series("", index=table.index)
        table = table.assign(label=(group + " " + table["objective"]).str.strip())
        colours = dict(zip(dict.fromkeys(table["label"]), itertools.cycle(PALETTE), strict=False))
        for (metric, label), rows in table.groupby(["metric", "label"], sort=False):
            marker = {"color": colours[label], "size": 8}
            interval = {"array": rows["high"] - rows["ours"], "arrayminus": rows["ours"] - rows["low"], "thickness": 1}
            shared = {"x": rows["split"], "mode": "markers", "legendgroup": label, "name": label}
            shared |= {"visible": not metrics or metric == metrics[0], "row": 1, "col": column}
            figure.add_scatter(y=rows["ours"], error_y=interval, marker=marker, **shared)
            diamonds = {**marker, "symbol": "diamond-open"}
            figure.add_scatter(y=rows["published"], marker=diamonds, showlegend=False, **shared)
            metrics += [metric, metric]
    buttons = [
        {"label": chosen, "method": "update", "args": [{"visible": [metric == chosen for metric in metrics]}]}
        for chosen in dict.fromkeys(metrics)
    ]
    menu = {"buttons": buttons, "x": 0, "xanchor": "left", "y": 1.22}
    figure.update_layout(template="plotly_white", width=1100, height=480, updatemenus=[menu])
    figure.update_yaxes(range=[0, 1.02])
    return Interactive(figure)


def _data_uri(picture: np.ndarray) -> str:
    """A picture (h, w, 3) uint8 as an address that holds it."""
    stream = io.BytesIO()
    Image.fromarray(picture).save(stream, "JPEG", quality=70)
    return "data:image/jpeg;base64," + base64.b64encode(stream.getvalue()).decode()
