"""Figures of many panels about vendors' scores (chapter 33, MATCHED Figs 3 to 7); `lib.pipeline.figures` draws each."""

from __future__ import annotations

from collections.abc import Iterable

import matplotlib.pyplot as plt
import pandas as pd
from matplotlib.figure import Figure

from lib.pipeline import figures
from lib.review.vendor_analysis import FACTORS, Panel


def identification(identified: pd.DataFrame, panels: Iterable[Panel], first: str, single_vendors: bool) -> Figure:
    """MATCHED Fig 3: F1 by vendor (left out without `single_vendors`), over each factor, and the mean positives.

    identified: `lib.review.vendor_analysis.identified`; first: the system whose scores order the vendors.
    """
    figure, axes = plt.subplots(2, 3, figsize=(11, 6))
    by_name = dict(zip(["vendor", "ads", "positives", "names", "faces", "no_faces"], axes.flat, strict=True))
    if single_vendors:
        figures.by_vendor(by_name["vendor"], identified, "F1", first)
    for panel in panels:
        figures.over_factor(by_name[panel.factor], panel.curves, panel.factor, FACTORS[panel.factor], panel.metric)
    figures.positives(by_name["positives"], identified.groupby("system", sort=False)[["true", "false"]].mean())
    if by_name["ads"].get_legend_handles_labels()[0]:
        by_name["ads"].legend(fontsize=8)
    figure.set_layout_engine("tight")
    return figure


def retrieval(retrieved: pd.DataFrame, panels: Iterable[Panel], first: str, single_vendors: bool) -> Figure:
    """MATCHED Figs 4 to 7, one region: each metric by vendor (left out without `single_vendors`) and over each factor.

    retrieved: `lib.review.vendor_analysis.retrieved` of the region; first: the system whose scores order the vendors.
    """
    panels = list(panels)
    metrics = list(dict.fromkeys(panel.metric for panel in panels))
    figure, axes = plt.subplots(2, 1 + len(FACTORS), figsize=(15, 5.6))
    by_name = {
        (metric, factor): axes[row][column]
        for row, metric in enumerate(metrics)
        for column, factor in enumerate(["vendor", *FACTORS])
    }
    for metric in metrics if single_vendors else ():
        figures.by_vendor(by_name[metric, "vendor"], retrieved, metric, first)
    for panel in panels:
        axis = by_name[panel.metric, panel.factor]
        figures.over_factor(axis, panel.curves, panel.factor, FACTORS[panel.factor], panel.metric)
    for factor in ("ads", "faces"):
        if by_name[metrics[0], factor].get_legend_handles_labels()[0]:  # not where the data lacks the factor
            by_name[metrics[0], factor].legend(fontsize=7)
    figure.suptitle(retrieved["region"].iloc[0])
    figure.set_layout_engine("tight")
    return figure
