"""Static figures of the chapters: statistics by seaborn, pictures by matplotlib.

`lib.pipeline.report` sets the style, saves and shows them; `lib.pipeline.graph_figures` draws
graphs, `lib.pipeline.interactive` what can be clicked on.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from lib.pipeline import figure_parts
from lib.pipeline.report import NEUTRAL, OURS, THEIRS

VERDICTS = {
    "supported": "#2f7d4f",
    "partly supported": "#8db87c",
    "undecided": "#d9d9d9",
    "equivalent": "#7fb8b0",
    "not supported": "#e0a58a",
    "reversed": "#b5432b",
    "consistent as printed": "#5b8fb9",
    "partly consistent as printed": "#a9c6dc",
    "inconsistent as printed": "#d7b26d",
    "not testable as published": "#8b7fb5",
    "not testable here": "#f0f0f0",
}
"""Verdicts on claims, from the best to the untestable, with their colours."""
# Pictures and tables of numbers ------------------------------------------------------------------


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
    """Square tables of shares or cosines (0 to 1), each under its title, with the numbers written in; missing ones
    blank."""
    figure, axes = plt.subplots(1, len(tables), figsize=(3.6 * len(tables), 3.2), squeeze=False, layout="tight")
    for axis, table in zip(axes[0], tables.values(), strict=True):
        labels = {"xticklabels": False, "yticklabels": False}
        sns.heatmap(
            table, vmin=0, vmax=1, cmap="Blues", annot=True, fmt=".2f", cbar=False, square=True, ax=axis, **labels
        )
    for axis, (title, table) in zip(axes[0], tables.items(), strict=True):
        # Named only now: seaborn draws the whole figure, and `lib.pipeline.fonts` has not yet seen to the letters.
        axis.set_xticks(np.arange(len(table.columns)) + 0.5, table.columns)
        axis.set_yticks(np.arange(len(table)) + 0.5, table.index)
        axis.set(title=title, xlabel="", ylabel="")
    return figure


# Scores with intervals ---------------------------------------------------------------------------


def ranked(frame: pd.DataFrame, label: str, by: str, title: str) -> Figure:
    """Scores `mean, low, high` as dots with intervals: a row each in the frame's order, a colour for each `by`."""
    figure, axes = plt.subplots(figsize=(6.5, 0.22 * len(frame) + 1))
    numbered = figure_parts.with_interval(frame.assign(row=figure_parts.numbers(frame)), "mean")
    sns.pointplot(
        numbered,
        x="mean",
        y="row",
        hue=by,
        palette=figure_parts.palette(frame[by]),
        **figure_parts.INTERVAL,
        linestyle="none",
        markersize=4,
        err_kws={"linewidth": 1.5},
        ax=axes,
    )
    figure_parts.name_rows(axes, frame[label])
    axes.set(xlim=(0, 1.02), xlabel=title)
    axes.legend(loc="upper left", bbox_to_anchor=(1.01, 1))
    return figure


def published_and_ours(frame: pd.DataFrame, label: str, title: str) -> Figure:
    """Our score with its interval and the paper's value, a row each: columns `label`, `published, ours, low, high`."""
    figure, axes = plt.subplots(figsize=(6.5, 0.32 * len(frame) + 1.2))
    numbered = frame.assign(row=figure_parts.numbers(frame))
    shared = {"y": "row", "linestyle": "none", "order": numbered["row"], "ax": axes}
    sns.pointplot(
        figure_parts.with_interval(numbered, "ours"),
        x="ours",
        color=OURS,
        label="ours, 95 % interval",
        **figure_parts.INTERVAL,
        **shared,
    )
    sns.pointplot(
        numbered,
        x="published",
        color=THEIRS,
        label="paper",
        errorbar=None,
        marker="D",
        markerfacecolor="white",
        **shared,
    )
    figure_parts.name_rows(axes, frame[label])
    axes.set(xlim=(0, 1.02), title=title, xlabel="")
    axes.legend(loc="upper center", bbox_to_anchor=(0.5, -0.45 / max(1, 0.32 * len(frame))), ncols=2)
    return figure


def changes(table: pd.DataFrame, panel: str, label: str, by: str, title: str) -> Figure:
    """Differences from 0 with their intervals, columns `difference, difference low, difference high`: a panel for each
    `panel`, a row a `label`, a colour for each `by`."""
    table = table.rename(columns={"difference low": "low", "difference high": "high"})
    names, labels = (list(dict.fromkeys(table[column])) for column in (panel, label))
    size = 2.2 * len(names) + 1.5, 0.55 * len(labels) + 1.2
    figure, axes = plt.subplots(1, len(names), figsize=size, sharex=True, sharey=True, squeeze=False, layout="tight")
    for axis, name in zip(axes[0], names, strict=True):
        sns.pointplot(
            figure_parts.with_interval(table[table[panel] == name], "difference"),
            x="difference",
            y=label,
            order=labels,
            hue=by,
            palette=figure_parts.palette(table[by]),
            dodge=0.5 if table.loc[table[panel] == name, by].nunique() > 1 else False,
            **figure_parts.INTERVAL,
            linestyle="none",
            markersize=4,
            err_kws={"linewidth": 1.5},
            ax=axis,
        )
        axis.axvline(0, color=NEUTRAL, linestyle=":")
        axis.set(title=name, xlabel="", ylabel="")
        figure_parts.remove_legend(axis)
    axes[0][-1].legend(loc="upper left", bbox_to_anchor=(1.01, 1))
    figure.supxlabel(title, fontsize="medium")
    return figure


def control(table: pd.DataFrame, label: str) -> Figure:
    """A score over the twin's overlap, a panel a method, a line a variant (`lib.review.alignment_tables.control`)."""
    methods = list(dict.fromkeys(table["method"]))
    colours = dict(zip(sorted(set(table["variant"])), (THEIRS, OURS, *figure_parts.PALETTE[2:]), strict=False))
    figure, axes = figure_parts.panels(len(methods), 3.4, sharey=True)
    for axis, method in zip(axes, methods, strict=True):
        rows = table[table["method"] == method]
        rows = rows.groupby(["variant", "overlap"], as_index=False)[["mean", "low", "high", "chance"]].mean()
        figure_parts.intervals(axis, rows, "overlap", "mean", "variant", colours)
        sns.lineplot(
            rows, x="overlap", y="chance", errorbar=None, color=NEUTRAL, linestyle=":", label="chance", ax=axis
        )
        axis.set(title=method, xlabel="overlap of text and pictures", ylabel="")
    axes[0].set(ylabel=label, ylim=(0, None))
    axes[-1].legend()
    return figure


def reliability(curves: pd.DataFrame) -> Figure:
    """How often answers of a confidence are right (`lib.evaluation.calibration.reliability`): a panel a `system`, as
    trained and `scaled`."""
    systems = list(dict.fromkeys(curves["system"]))
    colours = dict(zip(dict.fromkeys(curves["scaled"]), (THEIRS, OURS), strict=False))
    figure, axes = figure_parts.panels(len(systems), 3.3, sharey=True)
    for axis, system in zip(axes, systems, strict=True):
        axis.axline((0, 0), slope=1, linestyle=":", color=NEUTRAL)
        figure_parts.intervals(axis, curves[curves["system"] == system], "confidence", "right", "scaled", colours)
        axis.set(title=system, xlabel="confidence", ylabel="", xlim=(0, 1), ylim=(0, 1.02))
    axes[0].set_ylabel("share that is right")
    axes[-1].legend(loc="upper left")
    return figure


def alignment_and_uniformity(table: pd.DataFrame, label: str) -> Figure:
    """The shape of systems' vectors (`lib.review.strange_row.systems`): their alignment over their uniformity.

    A colour an `objective`, a mark a `variant`; the column `label` is written beside each point with three decimals.
    """
    table = table.dropna(subset=["alignment", "uniformity"])
    figure, axes = plt.subplots(figsize=(6.5, 3.8))
    sns.scatterplot(
        table,
        x="uniformity",
        y="alignment",
        hue="objective",
        palette=figure_parts.palette(table["objective"]),
        style="variant",
        s=70,
        ax=axes,
    )
    for x, y, score in table[["uniformity", "alignment", label]].itertuples(index=False):
        axes.annotate(f"{score:.3f}", (x, y), xytext=(5, 4), textcoords="offset points", fontsize=7)
    axes.set(
        xlabel="uniformity (lower: spread more evenly)",
        ylabel="alignment (lower: a vendor's nearer)",
        xlim=(None, 0.3),
        ylim=(-0.05, None),
    )
    axes.legend(loc="upper left", bbox_to_anchor=(1.01, 1))
    return figure


def lines(
    table: pd.DataFrame, x: str, y: str, by: str, x_label: str, y_label: str, level: float | None = None
) -> Figure:
    """A line for each value of `by` with its interval (columns `low, high`) as a band. level: of a dotted line."""
    figure, axes = plt.subplots(figsize=(6.5, 3.6))
    sns.lineplot(
        figure_parts.with_interval(table, y),
        x=x,
        y=y,
        hue=by,
        palette=figure_parts.system_palette(table[by]),
        **figure_parts.INTERVAL,
        sort=False,
        marker="o",
        markersize=4,
        err_kws={"alpha": 0.1},
        ax=axes,
    )
    if level is not None:
        axes.axhline(level, color=NEUTRAL, linestyle=":")
    axes.set(xlabel=x_label, ylabel=y_label, ylim=(0, 1.02))
    axes.legend(loc="upper left", bbox_to_anchor=(1.01, 1))
    return figure


# Panels of chapter 33 ----------------------------------------------------------------------------


def over_factor(
    axis: Axes, scored: Mapping[str, tuple[pd.DataFrame, pd.DataFrame]], factor: str, label: str, score: str
) -> None:
    """A score over what vendors are like: for each system the binned means with intervals and the paper's smoothed line
    (`lib.review.vendor_analysis`)."""
    colours = figure_parts.system_palette(scored)
    for system, (_, smoothed) in scored.items():
        axis.plot(smoothed[factor], smoothed["smoothed"], "--", linewidth=1, color=colours[system], alpha=0.6)
    if scored:  # few vendors give no bins
        points = pd.concat([binned.assign(system=system) for system, (binned, _) in scored.items()])
        figure_parts.intervals(axis, points, factor, "mean", "system", colours, linestyle="none", markersize=4)
    axis.set(xlabel=label, ylabel=score, ylim=(0, 1.02))


def by_vendor(axis: Axes, table: pd.DataFrame, score: str, first: str) -> None:
    """Each vendor's score by every `system`, vendors in the order of the system `first`'s."""
    order = table[table["system"] == first].sort_values(score, kind="stable")["vendor"].tolist()
    places = table["vendor"].map({vendor: place for place, vendor in enumerate(order)})
    sns.scatterplot(
        table.assign(place=places).dropna(subset="place"),
        x="place",
        y=score,
        hue="system",
        palette=figure_parts.system_palette(table["system"]),
        s=8,
        linewidth=0,
        ax=axis,
    )
    figure_parts.remove_legend(axis)
    axis.set(xlabel=f"vendors, by {first}", ylabel=score, xticks=[], ylim=(-0.02, 1.02))


def positives(axis: Axes, counts: pd.DataFrame) -> None:
    """Right (full) and wrong (light) answers of each system, a row of `true, false`, side by side."""
    answers = counts[["true", "false"]].melt(var_name="answer", value_name="count", ignore_index=False)
    sns.barplot(answers, x=answers.index, y="count", hue="answer", errorbar=None, legend=False, ax=axis)
    colours = figure_parts.system_palette(counts.index).values()
    for bars_of_answer, answer, alpha in zip(figure_parts.bars_of(axis), ("true", "false"), (1.0, 0.4), strict=True):
        for bar, colour in zip(bars_of_answer, colours, strict=True):
            bar.set(color=colour, alpha=alpha)
        axis.bar_label(bars_of_answer, [answer] * len(counts), fontsize=7)
    axis.set(xlabel="", ylabel="positives of a vendor, mean")


# Counts, times and shares ------------------------------------------------------------------------


def bars(frame: pd.DataFrame, label: str, value: str, title: str) -> Figure:
    """A horizontal bar for each row, in the frame's order."""
    figure, axes = plt.subplots(figsize=(6.5, 0.24 * len(frame) + 1))
    sns.barplot(x=frame[value], y=figure_parts.numbers(frame), color=OURS, saturation=1, ax=axes)
    figure_parts.name_rows(axes, frame[label])
    axes.set_xlabel(title)
    return figure


def verdicts(counts: pd.DataFrame) -> Figure:
    """Claims by verdict (`lib.review.scorecard.counts`), a stacked bar a paper."""
    figure, axes = plt.subplots(figsize=(9, 2.2), layout="constrained")
    papers = counts.set_index("verdict")[["matched", "hotels"]].T.set_axis(["MATCHED", "Revisited Hotels"])
    figure_parts.stacked(axes, papers, VERDICTS, edgecolor="#666", linewidth=0.4)
    for segments in figure_parts.bars_of(axes):
        sizes = [f"{size:.0f}" if (size := bar.get_width()) else "" for bar in segments]
        axes.bar_label(segments, sizes, label_type="center")
    axes.set_xlabel("claims")
    axes.grid(visible=False)
    figure.legend(loc="outside lower center", ncols=4)
    return figure


def growth(grown: pd.DataFrame, by: str, size: str, panels: Mapping[str, str], shares: Sequence[str] = ()) -> Figure:
    """What grows with `size`: a line for each value of `by`, a panel for each column of `panels` (column -> label).

    Axes are logarithmic but for the columns in `shares`, which run from 0 to 1.
    """
    figure, axes = figure_parts.panels(len(panels), 3.6, layout="constrained")
    for axis, (column, label) in zip(axes, panels.items(), strict=True):
        sns.lineplot(
            grown,
            x=size,
            y=column,
            hue=by,
            palette=figure_parts.palette(grown[by]),
            errorbar=None,
            marker="o",
            markersize=4,
            ax=axis,
        )
        axis.set(xscale="log", xlabel=size, ylabel=label)
        axis.set(ylim=(0, 1.02)) if column in shares else axis.set(yscale="log")
        figure_parts.remove_legend(axis)
    figure.legend(*axes[0].get_legend_handles_labels(), loc="outside lower center", ncols=3)
    return figure


def ladder(frame: pd.DataFrame, published: Mapping[str, float]) -> Figure:
    """Items a second of every step (`system, step, rate`), a panel a system, and a line at what the paper's run did."""
    systems = list(dict.fromkeys(frame["system"]))
    figure, axes = figure_parts.panels(len(systems), 3.6, layout="constrained")
    for axis, system in zip(axes, systems, strict=True):
        sns.barplot(
            frame[frame["system"] == system], x="rate", y="step", color=OURS, saturation=1, errorbar=None, ax=axis
        )
        axis.axvline(published[system], color=THEIRS, label="the paper's run")
        axis.set(title=system, xlabel="items a second", ylabel="")
        axis.tick_params(axis="y", labelsize=7)
    figure.legend(*axes[-1].get_legend_handles_labels(), loc="outside lower center")
    return figure


def shares(frame: pd.DataFrame) -> Figure:
    """Where each step's time goes (`system, step, kind, share`): a bar a step, a panel a system."""
    systems = list(dict.fromkeys(frame["system"]))
    figure, axes = figure_parts.panels(len(systems), 3.6, layout="constrained")
    colours = figure_parts.palette(frame["kind"])
    for axis, system in zip(axes, systems, strict=True):
        rows = frame[frame["system"] == system]
        figure_parts.stacked(axis, rows.pivot_table(index="step", columns="kind", values="share", sort=False), colours)
        axis.set(title=system, xlabel="share of the time")
        axis.tick_params(axis="y", labelsize=7)
    figure.legend(*axes[-1].get_legend_handles_labels(), loc="outside lower center", ncols=3)
    return figure
