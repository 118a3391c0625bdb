"""What the papers' texts and captions say in numbers (`results/published/text_numbers.csv`), against their tables."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, NamedTuple

import pandas as pd

from lib.core.errors import DataError
from lib.review.arithmetic.check import EVERY, LABELS, NO_FIT, OTHERS, RELATIONS, Row, Tables, check
from lib.review.arithmetic.rounding import Range, mean, product, total
from lib.review.arithmetic.table_checks import mean_of

MEAN = "mean of all four regions"
"""Stands for a split where it is a row's mean over the regions."""


class Readings(NamedTuple):
    """What a printed number may be, the plain reading first, and what to say if none fits."""

    ranges: Mapping[str, Range]
    otherwise: str = NO_FIT


class Gain(NamedTuple):
    """How far a row is above another in a split, in points or relatively; both rows with all their splits."""

    relative: bool
    split: str
    better: pd.DataFrame
    worse: pd.DataFrame
    size: Range

    @property
    def reading(self) -> str:
        return f"{'per cent' if self.relative else 'points'}, {self.split}, over {_about(self.worse.iloc[0])}"


class Place(NamedTuple):
    """A rank: where it was taken (metric, split, …), the first and last place that rounding allows, among how many."""

    where: dict[str, str]
    place: Range
    among: int


@dataclass(frozen=True)
class Statement:
    """A row of `text_numbers.csv`, with all tables, and all rows by `id`, since it may be about other rows."""

    row: pd.Series
    tables: Tables
    others: pd.DataFrame

    @property
    def scale(self) -> Fraction:
        return Fraction(self.row["scale"])

    @property
    def printed(self) -> Range:
        return Range.of(self.row["printed"], self.scale)

    @property
    def table(self) -> pd.DataFrame:
        """The table that the statement is about, or several as one; what two of them print alike counts once."""
        numbers = self.row["table"].split("|")
        printed = [self.tables[self.row["paper"], int(number)].assign(table=number) for number in numbers]
        cells = pd.concat(printed, ignore_index=True)
        cells = cells[cells["mean"] != ""].fillna("")
        about = [name for name in ("system", "objective", "modality", "metric", "split", "mean") if name in cells]
        return cells.drop_duplicates(about) if len(numbers) > 1 else cells

    def cells(self, side: str) -> pd.DataFrame:
        """The cells of `about` or `against`: `column=value|other;column=value`. Raises DataError when none fits."""
        table, condition = self.table, self.row[side]
        for part in condition.split(";"):
            column, _, values = part.partition("=")
            table = table[table[column].isin(values.split("|"))]
        if table.empty:
            raise DataError(
                f"results/published/text_numbers.csv, {self.row['id']}: no cell of the table fits {condition!r}."
            )
        return table

    def numbers(self, side: str) -> list[tuple[str, Range]]:
        """The numbers of a side with their names: of table cells, or of other statements (`ids=a|b`)."""
        if self.row[side].startswith("ids="):
            rows = self.others.loc[self.row[side].removeprefix("ids=").split("|")]
            return [(str(name), Range.of(row["printed"], Fraction(row["scale"]))) for name, row in rows.iterrows()]
        return [(_about(cell), Range.of(cell["mean"])) for _, cell in self.cells(side).iterrows()]

    def all_numbers(self) -> list[tuple[str, Range]]:
        """Those of both sides, as far as they are given."""
        return [number for side in ("about", "against") if self.row[side] for number in self.numbers(side)]

    def describe(self) -> str:
        """The kind, the tables and the cells, in words."""
        about = self.row["about"] or self.row["against"]
        names = about.partition("=")[2].replace("|", ", ") if about.startswith(("ids=", "list=")) else ""
        where = f" in Table {self.row['table'].replace('|', ', ')}" if self.row["table"] else ""
        return f"{self.row['kind']}{where}: {names or about.replace(';', ', ').replace('|', ' or ')}"


def statements(tables: Tables, rows: pd.DataFrame) -> Iterator[Row]:
    """Each number of the texts against the tables; those of kind `given` follow from nothing that is printed.

    rows: as `lib.core.published.text_numbers`. Raises DataError at a kind that isn't one of KINDS.
    """
    others = rows.set_index("id")
    for _, row in rows[rows["kind"] != "given"].iterrows():
        if row["kind"] not in KINDS:
            known = ", ".join(sorted(KINDS))
            raise DataError(
                f"results/published/text_numbers.csv, {row['id']}: there is no kind {row['kind']!r} "
                f"(lib/review/arithmetic/text_checks.py has {known})."
            )
        statement = Statement(row, tables, others)
        ranges, otherwise = KINDS[row["kind"]](statement)
        yield check(
            f"text: {row['kind']}",
            row["paper"],
            row["place"],
            statement.describe(),
            row["printed"],
            ranges,
            statement.scale,
            otherwise,
        )


def _computed(reading: str, compute: Callable[[list[Range]], Range]) -> Callable[[Statement], Readings]:
    """A kind whose number stands against one that is computed from all that it is about."""

    def readings(statement: Statement) -> Readings:
        value = compute([number for _, number in statement.all_numbers()])
        is_bound = f"text: {statement.row['kind']}" in RELATIONS and statement.row["kind"] != "cell"
        return Readings({reading: value}, f"not {reading.partition(':')[0]}" if is_bound else NO_FIT)

    return readings


def _merged(statement: Statement) -> Readings:
    before, after = (statement.numbers(side)[0][1] for side in ("about", "against"))
    return Readings({"merged into one, which is left: before - after + 1": before - after + Range.exactly(1)})


def _product(statement: Statement) -> Readings:
    """Of all factors; else what the first would have to be."""
    (first, _), *_ = factors = statement.all_numbers()
    rest = product(number for _, number in factors[1:])
    needed = f"{first} would have to be {float((statement.printed / rest).middle):.4g}"
    return Readings(
        {" × ".join(name for name, _ in factors): product(number for _, number in factors), needed: statement.printed}
    )


def _count(statement: Statement) -> Readings:
    names = set(statement.row["about"].removeprefix("list=").split("|"))
    return Readings({"different ones in the list": Range.exactly(len(names))})


def gains(statement: Statement) -> list[Gain]:
    """What a gain may be, the nearest to the printed one first.

    In points (a loss is less than none), then in per cent; by split and of all regions' mean; over each rival row.
    """
    found: list[Gain] = []
    better, worse = (statement.cells(side).groupby("row", sort=False) for side in ("about", "against"))
    for relative in (False, True):
        for (_, one), (_, other) in itertools.product(better, worse):
            for split in (*one["split"], MEAN):
                high, low = _score(one, split), _score(other, split)
                if high and low and (high.middle > low.middle or not relative):
                    size = (high - low) / low if relative else high - low
                    found.append(Gain(relative, split, one, other, size))
    return sorted(found, key=lambda gain: gain.size.distance(statement.printed))


def _gain(statement: Statement) -> Readings:
    """The papers don't say in what, where and over which row: a reading that fits is taken for theirs, else the nearest
    is shown."""
    nearest_first = gains(statement)
    readings: dict[str, Range] = {}
    for gain in nearest_first:
        readings.setdefault(gain.reading, gain.size)
    return Readings(readings, f"{NO_FIT}; nearest: {nearest_first[0].reading}")


def _score(row: pd.DataFrame, split: str) -> Range | None:
    """A row's score in a split, or the mean of its regions'."""
    cells = row.set_index("split")["mean"]
    names = EVERY if split == MEAN else (split,)
    return mean_of(cells, names) if set(names) <= set(cells.index) else None


def left_open(about: pd.DataFrame) -> list[str]:
    """The columns in which the cells differ that a rank is about: it is said of each of these."""
    return [name for name in (*LABELS, "metric", "split") if name in about and about[name].nunique() > 1]


def _places(about: pd.DataFrame, against: pd.DataFrame) -> list[Place]:
    """The place of `about` among `against` wherever `about` leaves something open: in every metric, split, …

    Scores that may be roundings of one number may stand in either order.
    """
    names = left_open(about)

    def keyed(rows: pd.DataFrame) -> list[tuple[tuple[str, ...], Any, Range]]:
        keys = map(tuple, rows[names].to_numpy())
        return list(zip(keys, rows.index, rows["mean"].map(Range.of), strict=True))

    places = []
    for key, own, score in keyed(about):
        others = [other for where, rival, other in keyed(against) if where == key and rival != own]
        ties = sum(other.same(score) for other in others)
        first = 1 + sum(other.middle > score.middle and not other.same(score) for other in others)
        where = dict(zip(names, key, strict=True))
        places.append(Place(where, Range(Fraction(first), Fraction(first + ties)), len(others) + 1))
    return places


def _rank(statement: Statement) -> Readings:
    """A rank must hold in each region that it is said of; else it may hold in South and the average of the others."""
    places = _places(statement.cells("about"), statement.cells("against"))

    def farthest(some: list[Place]) -> Range:
        return max((place.place for place in some), key=statement.printed.distance)

    averaged = [place for place in places if place.where.get("split") not in OTHERS]
    each = [place for place in places if place.where.get("split") != "OOD"]
    wrong = [" ".join(place.where.values()) for place in each if not place.place.meets(statement.printed)]
    listed = "; ".join(wrong[:3]) + (f" and {len(wrong) - 3} more" if len(wrong) > 3 else "")
    name = f"place among {each[0].among}"
    if len(each) == 1:
        return Readings({name: farthest(each)})
    ranges = {f"{name}, {len(each)} times": farthest(each)}
    if len(averaged) < len(places) and any(place.where["split"] == "OOD" for place in averaged):
        ranges[f"by the OOD average, not in {listed}"] = farthest(averaged)
    return Readings(ranges, f"not in {listed}")


def _moved(statement: Statement) -> Readings:
    """The place in `against` of the system that is highest in `about`.

    It may be lower if the figure shows systems that the table leaves out: those whose hyper-parameters are printed, but
    no score.
    """
    about, against = (statement.cells(side) for side in ("about", "against"))
    highest = about.loc[about["mean"].astype(float).idxmax(), "system"]
    _, place, among = _places(against[against["system"] == highest], against)[0]
    ranges = {f"place among {among}": place}
    with_settings = {
        system
        for (paper, _), table in statement.tables.items()
        if paper == statement.row["paper"] and {"system", "dataset"} <= set(table)
        for system in table["system"]
    }
    if left_out := sorted(with_settings - set(statement.table["system"])):
        reading = f"with {', '.join(left_out)}, which the table leaves out"
        ranges[reading] = Range(place.low, place.high + len(left_out))
    return Readings(ranges)


def _about(cell: pd.Series) -> str:
    return " ".join(str(cell[name]) for name in (*LABELS, "metric") if cell.get(name))


KINDS: Mapping[str, Callable[[Statement], Readings]] = {
    "cell": _computed("cell", mean),
    "mean": _computed("mean", mean),
    "at least": _computed("at least the sum of what is listed", total),
    "at most": _computed("at most that: it may be a part", total),
    "fewer": _computed("fewer than the sum of parts that share members", total),
    "merged": _merged,
    "product": _product,
    "count": _count,
    "gain": _gain,
    "rank": _rank,
    "moved": _moved,
}
"""How each kind of statement follows from other numbers; `text_numbers.csv` explains them."""
