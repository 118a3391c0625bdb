"""Figures of chapter 90: the differences that the papers print, with the errors that ± and numbers of vendors imply."""

from __future__ import annotations

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from lib.pipeline import figure_parts
from lib.pipeline.report import NEUTRAL, OURS, THEIRS
from lib.review.arithmetic.paired_errors import Z

WIDTHS = {"se_0": (1.0, "0"), "se_5": (3.0, "0.5"), "se_9": (6.0, "0.9")}
"""Column of standard errors -> line width and the correlation that it stands for."""


def differences(table: pd.DataFrame, label: str = "statement", farthest: float = 0.15) -> Figure:
    """Printed differences as dots with 95 % intervals: the thin one at a correlation of 0, thicker ones at 0.5 and 0.9.

    table: rows of `sampling_error.PrintedError`, a panel for each split; rows of one label share a line. A dot is
    filled where its widest interval leaves out zero. Differences beyond `farthest` are arrows at the border.
    """
    splits, names = table["split"].unique(), list(table[label].unique())
    size = (3.2 + max(1.9 * len(splits), 4), 0.25 * len(names) + 1.9)
    figure, panels = plt.subplots(1, len(splits), figsize=size, sharey=True, squeeze=False, layout="tight")
    for axis, split in zip(panels[0], splits, strict=True):
        rows = table[table["split"] == split]
        heights = np.array([names.index(name) for name in rows[label]])
        near = (rows["difference"] <= farthest).to_numpy()
        for column, (width, correlation) in WIDTHS.items():
            axis.errorbar(
                rows["difference"][near],
                heights[near],
                xerr=Z * rows[column][near],
                fmt="none",
                elinewidth=width,
                ecolor=OURS,
                alpha=0.45,
                label=f"95 % interval at a correlation of {correlation}",
            )
        sure = (rows["difference"].abs() > Z * rows["se_0"]).to_numpy()
        for shown, marker, face, words in (
            (near & sure, "o", THEIRS, "printed difference"),
            (near & ~sure, "o", "white", "printed difference, within noise at a correlation of 0"),
            (~near, ">", THEIRS, f"printed difference above {farthest}"),
        ):
            place = rows["difference"][shown].clip(upper=farthest)
            axis.plot(place, heights[shown], marker, color=THEIRS, markerfacecolor=face, ms=4, label=words)
        axis.axvline(0, color=NEUTRAL, linewidth=1)
        axis.set(title=split, xlabel="difference", xlim=(-0.55 * farthest, 1.06 * farthest))
    figure_parts.name_rows(panels[0][0], names)
    panels[0][0].invert_yaxis()
    figure.legend(*panels[0][0].get_legend_handles_labels(), loc="upper center", bbox_to_anchor=(0.5, 0), ncols=2)
    return figure
