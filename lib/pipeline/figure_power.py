"""Figures of what a study can show (chapter 37)."""

from __future__ import annotations

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.figure import Figure

from lib.pipeline import figure_parts
from lib.pipeline.report import NEUTRAL, OURS, THEIRS


def smallest(sized: pd.DataFrame) -> Figure:
    """The smallest difference that was within reach, with the measured and the printed one: a row a comparison.

    sized: of `lib.review.study_size.sizes`. A printed difference left of the bar's end could not have been shown.
    """
    rows = sized.sort_values("smallest", ascending=False)
    figure, axes = plt.subplots(figsize=(7.5, 0.22 * len(rows) + 1.3))
    places = np.arange(len(rows))
    axes.barh(places, rows["smallest"], color="#dddddd", label="out of reach: smaller than what could be shown")
    axes.plot(rows["effect"].abs(), places, "o", color=OURS, markersize=4, label="measured here")
    printed = rows["printed"].abs()
    axes.plot(printed, places, "D", color=THEIRS, markerfacecolor="white", markersize=4, label="printed")
    figure_parts.name_rows(axes, rows["comparison"].set_axis(places))
    axes.set(xlabel="size of the difference, whatever its sign", xlim=(0, None), ylim=(len(rows) - 0.4, -0.6))
    axes.legend(loc="lower center", bbox_to_anchor=(0.3, 1.0), ncols=3, fontsize=8)
    return figure


def curves(drawn: pd.DataFrame, here: float, there: dict[str, float]) -> Figure:
    """Power against vendors for differences as printed (`lib.review.study_size.curves`), a line a comparison.

    here: vendors of this study; there: those of others by name, drawn as upright lines.
    """
    figure, axes = plt.subplots(figsize=(7.5, 4.2), layout="constrained")
    several = drawn.assign(seeds=drawn["seeds"].map({0: "not known"}).fillna(drawn["seeds"].astype(int).astype(str)))
    sns.lineplot(
        several,
        x="vendors",
        y="power",
        hue="seeds",
        palette=figure_parts.palette(several["seeds"]),
        units="comparison",
        estimator=None,
        linewidth=0.9,
        alpha=0.7,
        ax=axes,
    )
    axes.axhline(0.8, color=NEUTRAL, linewidth=0.8, linestyle=":")
    for name, vendors in {"here": here, **there}.items():
        axes.axvline(vendors, color=NEUTRAL, linewidth=0.8, linestyle="--")
        axes.annotate(name, (vendors, 1.02), ha="center", fontsize=8, annotation_clip=False)
    axes.set(
        xscale="log", ylim=(0, 1), xlabel="vendors of the comparison", ylabel="chance to show the printed difference"
    )
    axes.legend(title="seeds", loc="center left", bbox_to_anchor=(1.0, 0.5))
    return figure
