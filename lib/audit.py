"""Do the papers' numbers follow from one another? Every printed average, total, spread, repeated number and difference, computed again from what is printed (chapter 90).

A printed number stands for an interval: half a unit of its last digit to either side. A result is computed on intervals, exactly (`fractions`), and disagrees only where
its interval and the printed number's don't meet: what rounding explains is no finding. Where the plain reading fails others are tried, and the one that fits is named.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction

import pandas as pd

from lib import published
from lib.ads import REGIONS
from lib.errors import DataError
from lib.hotels import REFERENCE

COLUMNS = ["check", "paper", "place", "what", "printed", "recomputed", "difference", "agrees", "reading"]
LABELS = ("seed", "group", "system", "objective", "fusion", "modality", "vendors", "dataset")
"""Columns of a published table that say what a row is about."""
OTHERS = [name.title() for name in REGIONS if name != "south"]
EVERY = [name.title() for name in REGIONS]
ALIKE = 4
"""Cells that two different rows must have, all of them equal with their ±, to be called copies: fewer may coincide by chance."""

Tables = Mapping[tuple[str, int], pd.DataFrame]


@dataclass(frozen=True)
class Range:
    """All values that a printed or computed number may stand for."""

    low: Fraction
    high: Fraction

    @classmethod
    def of(cls, printed: str, scale: Fraction = Fraction(1)) -> Range:
        """A number as printed, divided by `scale`. Whole numbers are exact counts where they aren't scaled."""
        plain = printed.replace(",", "")
        digits = len(plain.partition(".")[2])
        half = Fraction(1, 2 * 10**digits) if digits or scale > 1 else Fraction(0)
        value = Fraction(plain)
        return cls((value - half) / scale, (value + half) / scale)

    @property
    def middle(self) -> Fraction:
        return (self.low + self.high) / 2

    def meets(self, other: Range) -> bool:
        return self.low <= other.high and other.low <= self.high

    def same(self, other: Range) -> bool:
        """Whether both may be roundings of one number; neighbours, which only touch, are not."""
        return self == other or (self.low < other.high and other.low < self.high)

    def __add__(self, other: Range) -> Range:
        return Range(self.low + other.low, self.high + other.high)

    def __sub__(self, other: Range) -> Range:
        return Range(self.low - other.high, self.high - other.low)

    def __mul__(self, other: Range) -> Range:
        """Of numbers that are not negative."""
        return Range(self.low * other.low, self.high * other.high)

    def __truediv__(self, other: Range | int) -> Range:
        """Of numbers that are not negative."""
        bottom = other if isinstance(other, Range) else Range(Fraction(other), Fraction(other))
        return Range(self.low / bottom.high, self.high / bottom.low)


def total(numbers: Iterable[Range]) -> Range:
    """Their sum."""
    return sum(numbers, Range(Fraction(0), Fraction(0)))


def mean(numbers: Iterable[Range]) -> Range:
    """Their average."""
    numbers = list(numbers)
    return total(numbers) / len(numbers)


def spread(numbers: Iterable[Range], ddof: int) -> Range:
    """Their standard deviation: at the middles, give or take what the rounding of all of them can change (no more than the largest half unit times √(n / (n - ddof)))."""
    numbers = list(numbers)
    centre = sum(number.middle for number in numbers) / len(numbers)
    rest = len(numbers) - ddof
    found = math.sqrt(sum((number.middle - centre) ** 2 for number in numbers) / rest)
    most = max((number.high - number.low) / 2 for number in numbers) * Fraction(math.sqrt(len(numbers) / rest))
    return Range(Fraction(found) - most, Fraction(found) + most)


def all_tables() -> dict[tuple[str, int], pd.DataFrame]:
    """Every transcribed table, its cells as they are printed."""
    return {key: published.cells(*key) for key in published.tables()}


def audit(tables: Tables | None = None, said: pd.DataFrame | None = None) -> pd.DataFrame:
    """Every check, a row each: `check, paper, place, what, printed, recomputed, difference, agrees` (yes or no), `reading` (what fits, or the plain reading).

    tables: as `all_tables` gives them; said: as `lib.published.text_numbers`.
    """
    tables = all_tables() if tables is None else tables
    said = published.text_numbers() if said is None else said
    rows = [*averages(tables), *totals(tables), *partitions(tables), *over_seeds(tables)]
    rows += [*repeated(tables), *copies(tables), *statements(tables, said)]
    return pd.DataFrame(rows, columns=COLUMNS)


def averages(tables: Tables) -> Iterable[dict]:
    """OOD, ZS and Avg of MATCHED's Tables 5 to 11, and their ±: section 5 defines OOD as the three other regions and ZS as all four."""
    for (paper, number), table in tables.items():
        if "split" not in table or not {"OOD", "ZS", "Avg"} & set(table["split"]):
            continue
        for column in ("mean", "std"):
            plain = {name: OTHERS if name == "OOD" else EVERY for name in ("OOD", "ZS", "Avg")}
            rows = {key: row.set_index("split")[column] for key, row in table.groupby(["row", "metric"], sort=False)}
            computed = {
                (key, names): mean(Range.of(cells[name]) for name in names)
                for key, cells in rows.items()
                for names in (tuple(OTHERS), tuple(EVERY))
            }
            for key, cells in rows.items():
                for average in [name for name in plain if cells.get(name)]:
                    own = tuple(plain[average])
                    readings = {f"mean of {_regions(names)}": computed[key, names] for names in (own, *{tuple(OTHERS), tuple(EVERY)} - {own})}  # fmt: skip
                    for other in (
                        other for other in rows if other != key and other[1] == key[1] and average in rows[other].index
                    ):
                        readings[f"that of row {other[0]}"] = computed[other, own]
                    label = f"{average} of {column if column == 'std' else 'score'}"
                    yield _row(
                        "average",
                        paper,
                        f"Table {number}, row {key[0]}",
                        f"{_named(table, key[0])}, {key[1]}: {label}",
                        cells[average],
                        readings,
                    )


def totals(tables: Tables) -> Iterable[dict]:
    """MATCHED's Table 1: All over the regions; a share is the regions' mean, or theirs by how many pictures each has."""
    table = tables["matched", 1].pivot(index="split", columns="metric", values="mean")
    parts = table.drop("All")
    for metric in table:
        numbers = parts[metric].map(Range.of)
        if "." in table.loc["All", metric]:
            images = parts["Images"].map(Range.of)
            weighted = total(one * other for one, other in zip(numbers, images, strict=True)) / total(images)
            readings = {
                "share of all images": weighted,
                "mean of the regions' shares, whatever their size": mean(numbers),
            }
        else:
            readings = {"sum of regions": total(numbers)}
        yield _row("total", "matched", "Table 1", f"{metric} of All", table.loc["All", metric], readings)


def partitions(tables: Tables) -> Iterable[dict]:
    """Hotels' Tables 2 and 3: a training set and what is held out of it make up the whole. Of branches those that are seen count once, and unknown chains are none."""
    for number in (2, 3):
        table = tables["hotels", number].pivot(index="split", columns="metric", values="mean")
        for whole, train in (("Trainval", "Train"), ("Total", "Trainval")):
            held = [name for name, reference in REFERENCE.items() if reference == train]
            for metric in ("Images", "Branches", "Chains"):
                new = {"Images": held, "Branches": held[1:], "Chains": held[2:3]}[metric]
                numbers = {
                    name: Range.of(table.loc[name, metric])
                    for name in (train, *held)
                    if isinstance(table.loc[name, metric], str)
                }
                readings = {f"sum of {', '.join((train, *new))}": total(numbers[name] for name in (train, *new))}
                for size in range(len(numbers), 1, -1):
                    for names in itertools.combinations(numbers, size):
                        readings.setdefault(f"sum of {', '.join(names)}", total(numbers[name] for name in names))
                yield _row(
                    "total", "hotels", f"Table {number}", f"{metric} of {whole}", table.loc[whole, metric], readings
                )
        system = {2: "Revisited Hotels-50K", 3: "Revisited Hotel-ID"}[number]
        first = tables["hotels", 1].query("system == @system").set_index("metric")["mean"]
        for metric in first.index:
            yield _row(
                "repeated",
                "hotels",
                f"Tables 1 and {number}",
                f"{metric} of {system}",
                first[metric],
                {f"Total of Table {number}": Range.of(table.loc["Total", metric])},
            )


def over_seeds(tables: Tables) -> Iterable[dict]:
    """MATCHED's Table 3: mean and standard deviation over seeds, and which one."""
    table = tables["matched", 3]
    for metric, here in table.groupby("metric", sort=False):
        cells = here.set_index("seed")["mean"]
        numbers = [Range.of(cells[seed]) for seed in cells.index.drop(["Mean", "Std"])]
        yield _row(
            "mean over seeds",
            "matched",
            "Table 3",
            f"{metric}, mean",
            cells["Mean"],
            {"mean of the seeds": mean(numbers)},
        )
        readings = {
            "standard deviation of a sample (n - 1)": spread(numbers, 1),
            "standard deviation of all there are (n)": spread(numbers, 0),
        }
        yield _row("spread over seeds", "matched", "Table 3", f"{metric}, standard deviation", cells["Std"], readings)


def repeated(tables: Tables) -> Iterable[dict]:
    """Cells of two tables of a paper that are about the same system, metric and split: they should be equal. Where a table names no fusion, group or seed, it means
    the one that the other has, if there is only one."""
    keyed = {
        key: table[~table["metric"].isin(["Images", "Branches", "Chains"])]
        for key, table in tables.items()
        if {"system", "split"} <= set(table) and "dataset" not in table
    }
    for (one, first), (other, second) in itertools.combinations(keyed.items(), 2):
        if one[0] != other[0]:
            continue
        shared = [
            name
            for name in ("system", "objective", "modality", "metric", "split", "vendors")
            if name in first and name in second
        ]
        if {"vendors"} & (set(first) ^ set(second)) or "objective" not in shared:
            continue
        left, right = _settled(first, second), _settled(second, first)
        for _, pair in left.merge(right, on=shared, suffixes=("", "_2")).iterrows():
            where = f"Tables {one[1]} and {other[1]}, rows {pair['row']} and {pair['row_2']}"
            yield _row(
                "repeated",
                one[0],
                where,
                " ".join(pair[name] for name in shared if pair[name]),
                pair["mean"],
                {f"Table {other[1]}": Range.of(pair["mean_2"])},
            )


def _settled(table: pd.DataFrame, other: pd.DataFrame) -> pd.DataFrame:
    """Without rows that `other` couldn't mean: of other seeds than the benchmark's, or of an aligned group where `other` knows none."""
    if "seed" in table and "seed" not in other:
        table = table[table["seed"] == "1111"]
    if "group" in table and "group" not in other:
        table = table[table["group"].isin(["baseline", "End2End"])]
    if "fusion" in table and "fusion" not in other:
        table = table[table["fusion"].isin(["", "mean"])]
    return table[table["mean"] != ""]


def copies(tables: Tables) -> Iterable[dict]:
    """Rows of different systems, or of one by different modalities, with the same numbers throughout a metric and a ±: nobody measures that twice."""
    found: dict[tuple, list[tuple]] = {}
    for (paper, number), table in tables.items():
        if "system" not in table or "std" not in table:
            continue
        for row, here in table.groupby("row", sort=False):
            cells = here[here["mean"] != ""]
            if len(cells) >= ALIKE and cells["mean"].nunique() > 2:
                key = tuple(zip(cells["metric"], cells["split"], cells["mean"], cells["std"], strict=True))
                about = tuple(str(here[name].iloc[0]) for name in ("system", "objective", "modality") if name in here)
                found.setdefault((paper, key), []).append((number, row, about))
    for (paper, key), places in found.items():
        for (number, row, about), (other, again, same) in itertools.combinations(places, 2):
            if about != same:
                yield {
                    "check": "copy", "paper": paper, "place": f"Tables {number} and {other}, rows {row} and {again}", "what": f"{' '.join(about)} and {' '.join(same)}",
                    "printed": key[0][2], "recomputed": key[0][2], "difference": 0.0, "agrees": "no", "reading": f"{len(key)} cells with their ± are the same",
                }  # fmt: skip


def statements(tables: Tables, said: pd.DataFrame) -> Iterable[dict]:
    """What text and captions say in numbers (`lib.published.text_numbers`), each against the tables. A gain is looked for in points and in per cent, in every split, and
    against every row that it may be over; the first reading is a difference of points."""
    by_id = said.set_index("id")

    def numbers(row: pd.Series, which: str) -> list[tuple[str, Range]]:
        chosen = []
        for condition in filter(None, (row["about"], row["against"]) if which == "both" else (row[which],)):
            if condition.startswith("ids="):
                others = by_id.loc[condition.removeprefix("ids=").split("|")]
                chosen += [(name, Range.of(one["printed"], Fraction(one["scale"]))) for name, one in others.iterrows()]
            else:
                cells = _chosen(tables[row["paper"], int(row["table"])], condition, row["id"])
                chosen += [(_about(cell), Range.of(cell["mean"])) for _, cell in cells.iterrows()]
        return chosen

    for _, row in said[said["kind"] != "given"].iterrows():
        kind, scale = row["kind"], Fraction(row["scale"])
        if kind == "gain":
            readings = dict(_gains(tables[row["paper"], int(row["table"])], row))
        elif kind in ("rank", "moved"):
            readings = {
                f"place among {len(numbers(row, 'against'))}": _place(tables[row["paper"], int(row["table"])], row)
            }
        elif kind == "difference":
            readings = {"difference": numbers(row, "about")[0][1] - numbers(row, "against")[0][1]}
        elif kind == "product":
            factors = numbers(row, "both")
            readings = {
                " × ".join(name for name, _ in factors): math.prod(
                    (f for _, f in factors), start=Range(Fraction(1), Fraction(1))
                )
            }
            rest = math.prod((f for _, f in factors[1:]), start=Range(Fraction(1), Fraction(1)))
            needed = Range.of(row["printed"], scale) / rest
            readings[f"{factors[0][0]} would have to be {float(needed.middle):.4g}"] = Range.of(row["printed"], scale)
        else:
            compute: Callable = {"cell": mean, "mean": mean, "sum": total}[kind]
            readings = {
                {"cell": "cell", "mean": "mean", "sum": "sum"}[kind]: compute(
                    number for _, number in numbers(row, "both")
                )
            }
        if (
            kind == "gain"
        ):  # the papers don't say in what, where and over which row; a reading that fits is taken for theirs
            shown = Range.of(row["printed"], scale)
            readings = dict(sorted(readings.items(), key=lambda reading: not shown.meets(reading[1])))
        yield _row(f"text: {kind}", row["paper"], row["place"], _said(row), row["printed"], readings, scale)


def _gains(table: pd.DataFrame, row: pd.Series) -> Iterable[tuple[str, Range]]:
    """In points, then in per cent; a split at a time, and of the mean of all regions; over each row that it may be over."""
    better, worse = (_chosen(table, row[side], row["id"]) for side in ("about", "against"))
    for relative in (False, True):
        for (_, one), (_, other) in itertools.product(
            better.groupby("row", sort=False), worse.groupby("row", sort=False)
        ):
            for split in (*one["split"], "mean of all four regions"):
                high, low = _score(one, split), _score(other, split)
                if high and low and high.middle > low.middle:
                    gain = (high - low) / low if relative else high - low
                    yield f"{'per cent' if relative else 'points'}, {split}, over {_about(other.iloc[0])}", gain


def _score(row: pd.DataFrame, split: str) -> Range | None:
    """A row's score in a split, or the mean of its regions'."""
    cells = row.set_index("split")["mean"]
    names = EVERY if split.startswith("mean") else [split]
    return mean(Range.of(cells[name]) for name in names) if set(names) <= set(cells.index) else None


def _place(table: pd.DataFrame, row: pd.Series) -> Range:
    about, against = (_chosen(table, row[side], row["id"]) for side in ("about", "against"))
    if row["kind"] == "moved":
        highest = about.loc[about["mean"].astype(float).idxmax(), "system"]
        about = against[against["system"] == highest]
    place = 1 + int((against["mean"].astype(float) > float(about["mean"].iloc[0])).sum())
    return Range(Fraction(place), Fraction(place))


def _chosen(table: pd.DataFrame, condition: str, name: str) -> pd.DataFrame:
    """The rows that fit `column=value|other;column=value`. Raises DataError when there is none."""
    for part in condition.split(";"):
        column, _, values = part.partition("=")
        table = table[table[column].isin(values.split("|"))]
    if table.empty:
        raise DataError(f"results/published/text_numbers.csv, {name}: no cell of the table fits {condition!r}.")
    return table


def _row(
    check: str,
    paper: str,
    place: str,
    what: str,
    printed: str,
    readings: Mapping[str, Range],
    scale: Fraction = Fraction(1),
) -> dict:
    """The plain reading (the first) if it fits, else the first other that does, which is then no agreement."""
    shown = Range.of(printed, scale)
    (plain, computed), *others = readings.items()
    agrees = (shown.same if check in ("repeated", "text: cell") else shown.meets)(computed)
    fits = plain if agrees else next((name for name, value in others if shown.meets(value)), "")
    return {
        "check": check, "paper": paper, "place": place, "what": what, "printed": printed,
        "recomputed": float(computed.middle * scale), "difference": float((shown.middle - computed.middle) * scale), "agrees": "yes" if agrees else "no",
        "reading": plain if agrees else f"fits: {fits}" if fits else "no reading fits",
    }  # fmt: skip


def _regions(names: Iterable[str]) -> str:
    names = list(names)
    return "all four regions" if len(names) == len(EVERY) else ", ".join(names)


def _named(table: pd.DataFrame, row: str) -> str:
    first = table[table["row"] == row].iloc[0]
    return " ".join(str(first[name]) for name in LABELS if name in table and first[name])


def _about(cell: pd.Series) -> str:
    return " ".join(str(cell[name]) for name in (*LABELS, "metric") if cell.get(name))


def _said(row: pd.Series) -> str:
    about = row["about"] or row["against"]
    return f"{row['kind']} of {about.removeprefix('ids=').replace(';', ', ').replace('|', ' or ')}"


def summary(found: pd.DataFrame) -> pd.DataFrame:
    """How many checks of each kind there are, and how many disagree: `check, paper, checked, disagree, readings` (those that fit where the plain one doesn't)."""
    rows = []
    for (check, paper), here in found.groupby(["check", "paper"], sort=False):
        wrong = here[here["agrees"] == "no"]
        fits = (
            wrong["reading"]
            .str.removeprefix("fits: ")
            .str.replace(r"row \d+", "another row", regex=True)
            .value_counts()
        )
        said = "; ".join(f"{name} ({count})" for name, count in fits.head(3).items())
        rows.append({"check": check, "paper": paper, "checked": len(here), "disagree": len(wrong), "readings": said})
    return pd.DataFrame(rows)


def told(found: pd.DataFrame) -> str:
    """The largest disagreements of each kind, as Markdown."""
    wrong = found[found["agrees"] == "no"]
    if wrong.empty:
        return "Everything that was computed again agrees."
    lines = []
    for check, here in wrong.groupby("check", sort=False):
        largest = here.loc[(here["difference"].astype(float) / here["recomputed"].astype(float).abs()).abs().idxmax()]
        lines.append(
            f"- **{check}**: {len(here)} of {(found['check'] == check).sum()} disagree; relatively the largest: {largest['what']} ({largest['place']}), printed {largest['printed']}, "
            f"recomputed {float(largest['recomputed']):.6g}; {largest['reading']}."
        )
    return "\n".join(lines)
