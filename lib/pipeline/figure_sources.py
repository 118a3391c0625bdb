"""The map of printed cells and stored outputs (`lib.review.source_table`)."""

from __future__ import annotations

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.colors import ListedColormap
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from pandera.typing import DataFrame

from lib.pipeline.report import NEUTRAL
from lib.review.source_table import PrintedCells

COLOURS = {
    "equal": "#1f6f8b",
    "equal by members": "#7fb3c8",
    "second output": "#7a5195",
    "exchanged": "#c8553d",
    "out of order": "#d9a21b",
    "nearly equal": "#cfe0d2",
    "none found": "#f0f0f0",
}
"""A colour for each kind of `lib.review.source_table.KINDS`."""


def source_map(cells: DataFrame[PrintedCells]) -> Figure:
    """Printed systems by metric and region, coloured by the kind of equality; a dot marks a cell that equals an output
    under the name of another system. A line divides tables, and metrics."""
    names = cells.assign(label=[_label(cell) for cell in cells.itertuples()])
    rows = list(dict.fromkeys(names["label"]))
    columns = list(dict.fromkeys(zip(cells["metric"], cells["region"], strict=True)))
    codes = names.assign(code=names["kind"].map(list(COLOURS).index))
    wide = codes.pivot(index="label", columns=["metric", "region"], values="code").reindex(index=rows, columns=columns)
    figure, axes = plt.subplots(figsize=(6.5, 0.17 * len(rows) + 1))
    colours = ListedColormap(list(COLOURS.values()))
    sns.heatmap(wide, cmap=colours, vmin=-0.5, vmax=len(COLOURS) - 0.5, cbar=False, linewidths=0.4, ax=axes)
    other = names[(names["called"] != "") & (names["called"] != names["objective"])]
    places = [columns.index(place) + 0.5 for place in zip(other["metric"], other["region"], strict=True)]
    axes.scatter(places, [rows.index(label) + 0.5 for label in other["label"]], s=7, color="white")
    _divide(axes, names, rows, columns)
    axes.set(xlabel="", ylabel="")
    axes.set_xticks(np.arange(len(columns)) + 0.5, [region for _, region in columns], rotation=90, fontsize=7)
    axes.set_yticks(np.arange(len(rows)) + 0.5, rows, fontsize=7, rotation=0)
    shown = [Patch(color=COLOURS[kind], label=kind) for kind in COLOURS if kind in set(cells["kind"])]
    dot = Line2D([], [], marker="o", markersize=4, linestyle="none", markerfacecolor="white", markeredgecolor=NEUTRAL)
    dot.set_label("of another system's name")
    axes.legend(handles=[*shown, dot], loc="upper left", bbox_to_anchor=(1.01, 1))
    return figure


def _divide(axes: Axes, names: pd.DataFrame, rows: list[str], columns: list[tuple[str, str]]) -> None:
    tables = names.drop_duplicates("label").set_index("label").loc[rows, "table"].to_numpy()
    for place in (np.flatnonzero(np.diff(tables)) + 1).tolist():
        axes.axhline(place, color="#444444", linewidth=0.8)
    metrics = np.array([metric for metric, _ in columns])
    for place in (np.flatnonzero(metrics[1:] != metrics[:-1]) + 1).tolist():
        axes.axvline(place, color="#444444", linewidth=0.8)
    for metric in dict.fromkeys(metrics):
        axes.text(np.flatnonzero(metrics == metric).mean() + 0.5, -0.4, metric, ha="center", fontsize=8)


def _label(cell: tuple[object, ...]) -> str:
    """What tells a printed system apart: its table, objective, group, and in Table 6 the backbone."""
    table, objective = cell.table, cell.objective  # type: ignore[attr-defined]
    system, group = cell.system, cell.group  # type: ignore[attr-defined]
    return f"{table}  {system if table == 6 else objective}{f' ({group})' if group else ''}"
