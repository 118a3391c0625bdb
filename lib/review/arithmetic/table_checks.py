"""What tables print more than once or compute from their own cells: averages, totals, spreads, repetitions, copies."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator
from typing import NamedTuple

import pandas as pd

from lib.hotels.published_splits import REFERENCE
from lib.review.arithmetic.check import EVERY, LABELS, OTHERS, Row, Tables, check
from lib.review.arithmetic.rounding import Range, mean, spread, total

ALIKE = 4
"""Cells that two rows must have, equal with their ±, to be called copies: fewer may coincide by chance."""
PARTLY = 2
"""Cells of three digits or more that two rows must share, with their ±, to be called partial copies."""


def averages(tables: Tables) -> Iterator[Row]:
    """OOD, ZS and Avg of MATCHED's Tables 5 to 11, and their ±.

    Section 5 defines OOD as the mean of the three other regions and ZS as that of all four. A ± has two digits and
    takes few values, so that something else often fits it by chance: it is read in another way only where its score
    is, and never as another row's.
    """
    for (paper, number), table in tables.items():
        if "split" not in table or not {"OOD", "ZS", "Avg"} & set(table["split"]):
            continue
        rows = {key: row.set_index("split") for key, row in table.groupby(["row", "metric"], sort=False)}
        means = {
            (column, key, regions): mean_of(cells[column], regions)
            for column in ("mean", "std")
            for key, cells in rows.items()
            for regions in (OTHERS, EVERY)
        }
        for column, ((row, metric), cells) in itertools.product(("mean", "std"), rows.items()):
            key = (row, metric)
            for average in [name for name in ("OOD", "ZS", "Avg") if cells[column].get(name)]:
                own, other = (OTHERS, EVERY) if average == "OOD" else (EVERY, OTHERS)
                readings = {f"mean of {_regions(own)}": means[column, key, own]}
                if column == "mean" or Range.of(cells["mean"][average]).meets(means["mean", key, other]):
                    readings[f"mean of {_regions(other)}"] = means[column, key, other]
                if column == "mean":
                    for another, its_cells in rows.items():
                        if another != key and another[1] == metric and average in its_cells.index:
                            readings[f"that of row {another[0]}"] = means[column, another, own]
                score = "score" if column == "mean" else column
                yield check(
                    "average",
                    paper,
                    f"Table {number}, row {row}",
                    f"{_labels(table, row)}, {metric}: {average} of {score}",
                    cells[column][average],
                    readings,
                )


def mean_of(cells: pd.Series, names: Iterable[str]) -> Range:
    """The mean of the named cells."""
    return mean(Range.of(cells[name]) for name in names)


def _regions(names: tuple[str, ...]) -> str:
    return "all four regions" if names == EVERY else ", ".join(names)


def _labels(table: pd.DataFrame, row: str) -> str:
    first = table[table["row"] == row].iloc[0]
    return " ".join(str(first[name]) for name in LABELS if name in table and first[name])


def totals(tables: Tables) -> Iterator[Row]:
    """MATCHED's Table 1: All is the sum over the regions; a share is that of all pictures, or the regions' mean."""
    table = tables["matched", 1].pivot(index="split", columns="metric", values="mean")
    regions = table.drop("All")
    for metric in table:
        numbers = regions[metric].map(Range.of)
        if "." in table.loc["All", metric]:
            images = regions["Images"].map(Range.of)
            weighted = total(share * count for share, count in zip(numbers, images, strict=True)) / total(images)
            readings = {
                "share of all images": weighted,
                "mean of the regions' shares, whatever their size": mean(numbers),
            }
        else:
            readings = {"sum of regions": total(numbers)}
        yield check("total", "matched", "Table 1", f"{metric} of All", table.loc["All", metric], readings)


def partitions(tables: Tables) -> Iterator[Row]:
    """Hotels' Tables 2 and 3: a training set and what is held out of it make up the whole; Table 1 repeats the total.

    Of branches those that are seen count once, and unknown chains are none.
    """
    for number, system in ((2, "Revisited Hotels-50K"), (3, "Revisited Hotel-ID")):
        table = tables["hotels", number].pivot(index="split", columns="metric", values="mean")
        for whole, train in (("Trainval", "Train"), ("Total", "Trainval")):
            held_out = [name for name, reference in REFERENCE.items() if reference == train]
            for metric, new in (("Images", held_out), ("Branches", held_out[1:]), ("Chains", held_out[2:3])):
                cells = {name: table.loc[name, metric] for name in (train, *held_out)}
                numbers = {name: Range.of(cell) for name, cell in cells.items() if isinstance(cell, str)}
                plain = (train, *new)
                readings = {f"sum of {', '.join(plain)}": total(numbers[name] for name in plain)}
                for size in range(len(numbers), 1, -1):
                    for names in itertools.combinations(numbers, size):
                        readings.setdefault(f"sum of {', '.join(names)}", total(numbers[name] for name in names))
                printed = table.loc[whole, metric]
                yield check("total", "hotels", f"Table {number}", f"{metric} of {whole}", printed, readings)
        sizes = tables["hotels", 1].query("system == @system").set_index("metric")["mean"]
        for metric, printed in sizes.items():
            readings = {f"Total of Table {number}": Range.of(table.loc["Total", metric])}
            yield check("repeated", "hotels", f"Tables 1 and {number}", f"{metric} of {system}", printed, readings)


def over_seeds(tables: Tables) -> Iterator[Row]:
    """MATCHED's Table 3: mean and standard deviation over seeds, and which one."""
    for metric, rows in tables["matched", 3].groupby("metric", sort=False):
        cells = rows.set_index("seed")["mean"]
        numbers = [Range.of(cells[seed]) for seed in cells.index.drop(["Mean", "Std"])]
        readings = {"mean of the seeds": mean(numbers)}
        yield check("mean over seeds", "matched", "Table 3", f"{metric}, mean", cells["Mean"], readings)
        readings = {
            "standard deviation of a sample (n - 1)": spread(numbers, 1),
            "standard deviation of all there are (n)": spread(numbers, 0),
        }
        yield check("spread over seeds", "matched", "Table 3", f"{metric}, standard deviation", cells["Std"], readings)


def repeated(tables: Tables) -> Iterator[Row]:
    """Cells of two tables of a paper about the same system, metric and split: they should be equal.

    Where a table names no fusion, group or seed, it means the one that the other has, if there is only one.
    """
    scores = {
        key: table[~table["metric"].isin(["Images", "Branches", "Chains"])]
        for key, table in tables.items()
        if {"system", "split"} <= set(table) and "dataset" not in table
    }
    for ((paper, number), first), ((other_paper, other), second) in itertools.combinations(scores.items(), 2):
        names = ("system", "objective", "modality", "metric", "split", "vendors")
        shared = [name for name in names if name in first and name in second]
        one_has_groups = ("vendors" in first) != ("vendors" in second)
        if paper != other_paper or one_has_groups or "objective" not in shared:
            continue
        pairs = _comparable(first, second).merge(_comparable(second, first), on=shared, suffixes=("", "_2"))
        for _, pair in pairs.iterrows():
            yield check(
                "repeated",
                paper,
                f"Tables {number} and {other}, rows {pair['row']} and {pair['row_2']}",
                " ".join(pair[name] for name in shared if pair[name]),
                pair["mean"],
                {f"Table {other}": Range.of(pair["mean_2"])},
            )


def _comparable(table: pd.DataFrame, other: pd.DataFrame) -> pd.DataFrame:
    """The rows that `other` may mean: of the benchmark's seed and fusion, and of no aligned group where it has none."""
    if "seed" in table and "seed" not in other:
        table = table[table["seed"] == "1111"]
    if "group" in table and "group" not in other:
        table = table[table["group"].isin(["baseline", "End2End"])]
    if "fusion" in table and "fusion" not in other:
        table = table[table["fusion"].isin(["", "mean"])]
    return table[table["mean"] != ""]


def brackets(tables: Tables) -> Iterator[Row]:
    """A score of all vendors must lie between those of the groups that make them up (MATCHED's Tables 9 to 12).

    A mean over all is a mean of the groups' means, weighted by their sizes, if every vendor (or query, where a metric
    is averaged over these) is in one group and scored alike. By A.5 all metrics are averaged over vendors. Not so where
    the groups were ranked in galleries of their own, which have fewer documents to take for another.
    """
    about = ["system", "objective", "modality", "metric", "split"]
    grouped = {key: table for key, table in tables.items() if {"vendors", *about} <= set(table)}
    for ((paper, number), parts), (other, whole) in itertools.product(grouped.items(), tables.items()):
        if other[0] != paper or other in grouped or not set(about) <= set(whole):
            continue
        groups = {key: rows for key, rows in parts.groupby(about, sort=False) if len(rows) > 1}
        every = _comparable(whole, parts)
        keys = map(tuple, every[about].to_numpy())
        for key, row, score in zip(keys, every["row"], every["mean"], strict=True):
            if key not in groups:
                continue
            rows = groups[key]
            ranges = [Range.of(printed) for printed in rows["mean"]]
            middles = [group.middle for group in ranges]
            between = Range(min(group.low for group in ranges), max(group.high for group in ranges))
            yield check(
                "bracket",
                paper,
                f"Tables {other[1]} and {number}, rows {row} and {', '.join(rows['row'])}",
                f"{' '.join(key)}: {', '.join(rows['vendors'] + ' ' + rows['mean'])}",
                score,
                {"between the groups": between},
                otherwise="not between the groups",
                shown_as=min(max(Range.of(score).middle, min(middles)), max(middles)),
            )


class Line(NamedTuple):
    """A table's row in one metric. cells: split, score and ±, as printed."""

    paper: str
    table: int
    row: str
    metric: str
    about: str
    cells: list[tuple[str, str, str]]


def copies(tables: Tables) -> Iterator[Row]:
    """Rows with the same numbers, each with its ±; only what is found is a row here.

    Of different systems, or of one by different modalities, throughout a metric: nobody measures that twice. Of one
    system in two metrics: these are averaged alike then, or one is a copy. In part, in cells of three digits or more;
    how many rows have such a cell tells whether chance may do it.
    """
    lines = list(_lines(tables))
    for one, two in itertools.combinations(lines, 2):
        shared = [cell for cell in one.cells if cell in two.cells]
        if one.paper != two.paper or not shared or (one.metric == two.metric) == (one.about == two.about):
            continue
        many = len(shared) >= ALIKE and len({score for _, score, _ in shared}) > 2
        name, what = "copy", f"{one.about} and {two.about}"
        if one.about == two.about:
            if one.table != two.table or not many:
                continue
            what = f"{one.about}: {one.metric} and {two.metric}"
            reading = f"{len(shared)} of {len(one.cells)} cells with their ± are the same: averaged alike, or copied"
        elif many and shared == one.cells == two.cells:
            reading = f"{len(shared)} cells with their ± are the same"
        elif sum(_is_precise(score) for _, score, _ in shared) >= PARTLY:
            name, what = "partial copy", f"{what}: {one.metric}"
            near = [
                line.cells
                for line in lines
                if (line.paper, line.metric) == (one.paper, one.metric) and line.table in (one.table, two.table)
            ]
            counts = ", ".join(f"{cell[0]} (in {sum(cell in cells for cells in near)} rows)" for cell in shared)
            reading = f"{len(shared)} of {len(one.cells)} cells with their ± are the same: {counts}"
        else:
            continue
        where = f"Table {one.table}" if one.table == two.table else f"Tables {one.table} and {two.table}"
        place, printed = f"{where}, rows {one.row} and {two.row}", shared[0][1]
        yield Row(name, one.paper, place, what, printed, float(printed), 0.0, "no", reading)


def _lines(tables: Tables) -> Iterator[Line]:
    for (paper, number), table in tables.items():
        if {"system", "std"} <= set(table):
            labels = [name for name in ("system", "objective", "modality", "vendors") if name in table]
            for (row, metric), cells in table[table["mean"] != ""].groupby(["row", "metric"], sort=False):
                triples = list(zip(cells["split"], cells["mean"], cells["std"], strict=True))
                yield Line(paper, number, row, metric, " ".join(cells[labels].iloc[0]), triples)


def _is_precise(score: str) -> bool:
    """Whether a score has about three digits, its last unit a hundredth of it or less: small ones often coincide."""
    printed = Range.of(score)
    return printed.high - printed.low <= printed.middle / 100


ALL = (averages, totals, partitions, over_seeds, repeated, brackets, copies)
"""Every check on tables alone, in the order of the audit."""
