"""Figures of time to quality (chapters 92 and 94)."""

from __future__ import annotations

import pandas as pd
import seaborn as sns
from matplotlib.figure import Figure

from lib.pipeline import figure_parts
from lib.pipeline.report import NEUTRAL


def curves(curves: pd.DataFrame, times: pd.DataFrame) -> Figure:
    """Macro-F1 after each epoch against seconds of training, a panel a system and a line a loop and seed; dashed: the
    targets.

    curves, times: of `lib.review.speed.time_to_quality`.
    """
    systems = list(dict.fromkeys(curves["system"]))
    figure, axes = figure_parts.panels(len(systems), 3.6, layout="constrained")
    palette = figure_parts.palette(curves["loop"])
    for axis, system in zip(axes, systems, strict=True):
        of_system = curves[curves["system"] == system]
        sns.lineplot(
            of_system, x="seconds", y="score", hue="loop", units="seed", estimator=None, palette=palette, ax=axis
        )
        for target in times.loc[times["system"] == system, "target"].unique():
            axis.axhline(target, color=NEUTRAL, linewidth=0.8, linestyle="--")
        axis.set(title=system, xlabel="seconds of training", ylabel="Macro-F1", xscale="log")
        figure_parts.remove_legend(axis)
    figure.legend(*axes[0].get_legend_handles_labels(), loc="outside lower center", ncols=3)
    return figure
