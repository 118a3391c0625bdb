"""Parts that the chapters' figures share: intervals, names of rows, colours, panels."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.container import BarContainer
from matplotlib.figure import Figure

from lib.pipeline.report import NEUTRAL, OURS, THEIRS

PALETTE = (OURS, THEIRS, "#7a5195", "#5b8c3a", "#d9a21b", NEUTRAL, "#3f4a8a")
SYSTEMS = ("Text", "Vision", "Multimodal", "M-Text", "M-Vision")
"""The systems of MATCHED's figures, each of one colour wherever it stands."""
INTERVAL = {"estimator": "median", "errorbar": ("pi", 100)}
"""Has seaborn draw the rows of `with_interval`: the score as a point, from `low` to `high` as its interval."""


def with_interval(table: pd.DataFrame, score: str) -> pd.DataFrame:
    """Three rows for each of the table's: `score` as it is, at `low` and at `high`, to be drawn with INTERVAL."""
    return pd.concat([table.assign(**{score: table[column]}) for column in (score, "low", "high")], ignore_index=True)


def intervals(
    axis: Axes, rows: pd.DataFrame, x: str, y: str, by: str, colours: Mapping[str, str], **style: object
) -> None:
    """A line for each value of `by` with its intervals as bars, nothing without rows. The legend is left to the
    caller."""
    if rows.empty:
        return
    style = {"marker": "o", "err_style": "bars", "err_kws": {"capsize": 3}} | style
    sns.lineplot(
        with_interval(rows, y),
        x=x,
        y=y,
        hue=by,
        hue_order=list(colours),
        palette=colours,
        ax=axis,
        **INTERVAL,
        **style,
    )
    remove_legend(axis)


def remove_legend(axis: Axes) -> None:
    """Remove a panel's legend; the names of what is drawn stay, for another legend and the words of the figure."""
    if legend := axis.get_legend():
        legend.remove()


def bars_of(axis: Axes) -> list[BarContainer]:
    return [bars for bars in axis.containers if isinstance(bars, BarContainer)]


def numbers(frame: pd.DataFrame) -> list[str]:
    """The rows' numbers as categories: labels of rows may be equal."""
    return [str(number) for number in range(len(frame))]


def name_rows(axes: Axes, labels: Iterable[str]) -> None:
    names = list(labels)
    axes.set_yticks(range(len(names)), names)
    axes.set_ylabel("")


def palette(names: Iterable[str]) -> dict[str, str]:
    return dict(zip(dict.fromkeys(names), itertools.cycle(PALETTE), strict=False))


def system_palette(names: Iterable[str]) -> dict[str, str]:
    """A colour for each name: SYSTEMS (and what is scored of them on pictures with faces) have their own."""
    fixed = dict(zip(SYSTEMS, PALETTE, strict=False))
    free = itertools.cycle([*PALETTE[len(SYSTEMS) :], *PALETTE])
    return {name: fixed.get(name.removesuffix("-Face")) or next(free) for name in dict.fromkeys(names)}


def panels(count: int, width: float, sharey: bool = False, layout: str = "tight") -> tuple[Figure, np.ndarray]:
    """Panels side by side, each `width` inches wide."""
    figure, axes = plt.subplots(1, count, figsize=(width * count, 3.2), sharey=sharey, squeeze=False, layout=layout)
    return figure, axes[0]


def stacked(axis: Axes, table: pd.DataFrame, colours: Mapping[str, str], **style: object) -> None:
    """A horizontal bar for each row, its parts the columns from left to right (by pandas: seaborn stacks no bars)."""
    table.plot.barh(stacked=True, width=0.8, color=colours, legend=False, ax=axis, **style)
    axis.invert_yaxis()
    axis.set_ylabel("")
