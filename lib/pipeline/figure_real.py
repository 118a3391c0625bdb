"""Figures of real sets beside the twin (chapter 50)."""

from __future__ import annotations

import textwrap

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from lib.core import published
from lib.pipeline import figure_parts
from lib.pipeline.report import NEUTRAL

WIDTH = 62  # letters of a claim's line


def effects(measured: pd.DataFrame) -> Figure:
    """Effects with intervals of the claims that a real set measured, a colour a study; scores and points apart.

    measured: `lib.review.real_sets.RealClaims`. Empty circles: the interval holds 0.
    """
    on_real = set(measured.loc[(measured["data"] == "real"), "claim"])
    rows = measured[measured["claim"].isin(on_real)].dropna(subset=["effect", "low", "high"])
    panels = [rows[rows["claim"].str.startswith(paper)] for paper in ("m", "h")]
    panels = [panel for panel in panels if len(panel)] or [rows]
    counts = [max(1, panel["claim"].nunique()) for panel in panels]
    figure, grid = plt.subplots(
        len(panels),
        1,
        figsize=(9, 0.42 * sum(counts) + 1.2 * len(panels)),
        squeeze=False,
        height_ratios=counts,
        layout="constrained",
    )
    colours = dict(zip(dict.fromkeys(rows["set"]), figure_parts.PALETTE, strict=False))
    for axes, panel in zip(grid[:, 0], panels, strict=True):
        _effects(axes, panel, colours)
    marks = [Line2D([], [], marker="o", linestyle="-", color=colour, label=name) for name, colour in colours.items()]
    grid[0, 0].legend(handles=marks, loc="lower right", bbox_to_anchor=(1.0, 1.0), ncols=len(marks), fontsize=8)
    return figure


def _effects(axes: Axes, rows: pd.DataFrame, colours: dict[str, str]) -> None:
    statements = published.claims().set_index("id")["statement"]
    names = list(dict.fromkeys(rows["claim"]))
    shifts = np.linspace(-0.28, 0.28, len(colours)) if len(colours) > 1 else np.zeros(1)
    for shift, (name, colour) in zip(shifts, colours.items(), strict=True):
        of_set = rows[rows["set"] == name]
        places = np.array([names.index(claim) for claim in of_set["claim"]]) + shift
        axes.hlines(places, of_set["low"], of_set["high"], color=colour, linewidth=1.3)
        open_ended = (of_set["low"] <= 0) & (of_set["high"] >= 0)
        fills = np.where(open_ended, "white", colour)
        axes.scatter(of_set["effect"], places, s=22, c=fills, edgecolors=colour, linewidths=1.2, zorder=3)
    axes.axvline(0, color=NEUTRAL, linewidth=0.8)
    labels = [f"{name}  {textwrap.shorten(statements[name], WIDTH, placeholder=' …')}" for name in names]
    axes.set_yticks(range(len(names)), labels, fontsize=8)
    axes.set(ylim=(len(names) - 0.4, -0.6), xlabel="effect, in the unit of the claim's test")
    axes.grid(axis="x", linewidth=0.4)
