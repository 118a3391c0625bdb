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

from lib.core import published
from lib.core.errors import DataError
from lib.data.ads import REGIONS
from lib.hotels.published_splits import REFERENCE

COLUMNS = ["check", "paper", "place", "what", "printed", "recomputed", "difference", "agrees", "reading"]
LABELS = ("seed", "group", "system", "objective", "fusion", "modality", "vendors", "dataset")
"""Columns of a published table that say what a row is about."""
OTHERS = tuple(name.title() for name in REGIONS if name != "south")
EVERY = tuple(name.title() for name in REGIONS)
ALIKE = 4
"""Cells that two rows must have, equal with their ±, to be called copies: fewer may coincide by chance."""
PARTLY = 2
"""Cells of three digits or more that two rows must share, with their ±, to be called partial copies."""
NO_FIT = "no reading fits"

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

    @classmethod
    def exactly(cls, number: int) -> Range:
        return cls(Fraction(number), Fraction(number))

    @property
    def middle(self) -> Fraction:
        return (self.low + self.high) / 2

    def meets(self, other: Range) -> bool:
        return self.low <= other.high and other.low <= self.high

    def same(self, other: Range) -> bool:
        """Whether both may be roundings of one number; neighbours, which only touch, are not."""
        return self == other or (self.low < other.high and other.low < self.high)

    def distance(self, other: Range) -> Fraction:
        """Between their middles; none where they meet."""
        return Fraction(0) if self.meets(other) else abs(self.middle - other.middle)

    def __add__(self, other: Range) -> Range:
        return Range(self.low + other.low, self.high + other.high)

    def __sub__(self, other: Range) -> Range:
        return Range(self.low - other.high, self.high - other.low)

    def __mul__(self, other: Range) -> Range:
        """Of numbers that are not negative."""
        return Range(self.low * other.low, self.high * other.high)

    def __truediv__(self, other: Range | int) -> Range:
        """Of numbers that are not negative."""
        bottom = other if isinstance(other, Range) else Range.exactly(other)
        return Range(self.low / bottom.high, self.high / bottom.low)


RELATIONS: Mapping[str, Callable[[Range, Range], bool]] = {
    "repeated": Range.same,
    "text: cell": Range.same,
    "text: at least": lambda printed, computed: printed.high >= computed.low,
    "text: at most": lambda printed, computed: printed.low <= computed.high,
    "text: fewer": lambda printed, computed: printed.low < computed.high,
}
"""How a printed number must stand to the computed one, by check; in every other check they must meet."""


def total(numbers: Iterable[Range]) -> Range:
    """Their sum."""
    return sum(numbers, Range.exactly(0))


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

    tables: as `all_tables` gives them; said: as `lib.core.published.text_numbers`.
    """
    tables = all_tables() if tables is None else tables
    said = published.text_numbers() if said is None else said
    rows = [*averages(tables), *totals(tables), *partitions(tables), *over_seeds(tables)]
    rows += [*repeated(tables), *brackets(tables), *copies(tables), *statements(tables, said)]
    return pd.DataFrame(rows, columns=COLUMNS)


def averages(tables: Tables) -> Iterable[dict]:
    """OOD, ZS and Avg of MATCHED's Tables 5 to 11, and their ±: section 5 defines OOD as the three other regions and ZS as all four.

    A ± has two digits and takes few values, so that something else often fits it by chance: it is read in another way only where its score is, and never as another row's.
    """
    for (paper, number), table in tables.items():
        if "split" not in table or not {"OOD", "ZS", "Avg"} & set(table["split"]):
            continue
        rows = {key: row.set_index("split") for key, row in table.groupby(["row", "metric"], sort=False)}
        computed = {
            (column, key, names): _mean_of(cells[column], names)
            for column, (key, cells), names in itertools.product(("mean", "std"), rows.items(), (OTHERS, EVERY))
        }
        for column, (key, cells) in itertools.product(("mean", "std"), rows.items()):
            for average in [name for name in ("OOD", "ZS", "Avg") if cells[column].get(name)]:
                own, other = (OTHERS, EVERY) if average == "OOD" else (EVERY, OTHERS)
                readings = {f"mean of {_regions(own)}": computed[column, key, own]}
                if column == "mean" or Range.of(cells["mean"][average]).meets(computed["mean", key, other]):
                    readings[f"mean of {_regions(other)}"] = computed[column, key, other]
                if column == "mean":
                    for again, theirs in rows.items():
                        if again != key and again[1] == key[1] and average in theirs.index:
                            readings[f"that of row {again[0]}"] = computed[column, again, own]
                yield _row(
                    "average",
                    paper,
                    f"Table {number}, row {key[0]}",
                    f"{_named(table, key[0])}, {key[1]}: {average} of {column if column == 'std' else 'score'}",
                    cells[column][average],
                    readings,
                )


def _mean_of(cells: pd.Series, names: Iterable[str]) -> Range:
    return mean(Range.of(cells[name]) for name in names)


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


def brackets(tables: Tables) -> Iterable[dict]:
    """A score of all vendors against those of the groups that make them up (MATCHED's Tables 9 to 11 and 12): it must lie between them.

    A mean over all is a mean of the groups' means, weighted by their sizes, if every vendor (or query, where a metric is averaged over these) is in one group and scored
    alike. By A.5 all metrics are averaged over vendors. Not so where the groups were ranked in galleries of their own, which have fewer documents to take for another.
    """
    about = ["system", "objective", "modality", "metric", "split"]
    grouped = {key: table for key, table in tables.items() if {"vendors", *about} <= set(table)}
    for ((paper, number), parts), (other, whole) in itertools.product(grouped.items(), tables.items()):
        if other[0] != paper or other in grouped or not set(about) <= set(whole):
            continue
        groups = {key: here for key, here in parts.groupby(about, sort=False) if len(here) > 1}
        all_of_them = _settled(whole, parts)
        for key, row, score in zip(
            map(tuple, all_of_them[about].to_numpy()), all_of_them["row"], all_of_them["mean"], strict=True
        ):
            if key not in groups:
                continue
            here = groups[key]
            ranges = here["mean"].map(Range.of)
            middles = [one.middle for one in ranges]
            said = ", ".join(here["vendors"] + " " + here["mean"])
            yield _row(
                "bracket",
                paper,
                f"Tables {other[1]} and {number}, rows {row} and {', '.join(here['row'])}",
                f"{' '.join(key)}: {said}",
                score,
                {"between the groups": Range(min(one.low for one in ranges), max(one.high for one in ranges))},
                otherwise="not between the groups",
                shown_as=min(max(Range.of(score).middle, min(middles)), max(middles)),
            )


def copies(tables: Tables) -> Iterable[dict]:
    """Rows with the same numbers, each with its ±; only what is found is a row here.

    Of different systems, or of one by different modalities, throughout a metric: nobody measures that twice. Of one system in two metrics: these are averaged alike then, or
    one is a copy. In part, in cells of three digits or more; how many rows have such a cell tells whether chance may do it.
    """
    rows = []
    for (paper, number), table in tables.items():
        if not {"system", "std"} <= set(table):
            continue
        for (row, metric), here in table[table["mean"] != ""].groupby(["row", "metric"], sort=False):
            named = [name for name in ("system", "objective", "modality", "vendors") if name in here]
            cells = list(zip(here["split"], here["mean"], here["std"], strict=True))
            rows.append((paper, number, row, metric, " ".join(here[named].iloc[0]), cells))
    for one, two in itertools.combinations(rows, 2):
        (paper, number, row, metric, about, cells), (same, other, again, measured, them, theirs) = one, two
        shared = [cell for cell in cells if cell in theirs]
        if paper != same or not shared or (metric == measured) == (about == them):
            continue
        many = len(shared) >= ALIKE and len({score for _, score, _ in shared}) > 2
        check, what = "copy", f"{about} and {them}"
        if about == them:
            if number != other or not many:
                continue
            what = f"{about}: {metric} and {measured}"
            reading = f"{len(shared)} of {len(cells)} cells with their ± are the same: averaged alike, or copied"
        elif many and shared == cells == theirs:
            reading = f"{len(shared)} cells with their ± are the same"
        elif sum(_telling(score) for _, score, _ in shared) >= PARTLY:
            check, what = "partial copy", f"{what}: {metric}"
            near = [line[5] for line in rows if line[0] == paper and line[1] in (number, other) and line[3] == metric]
            found = ", ".join(f"{cell[0]} (in {sum(cell in line for line in near)} rows)" for cell in shared)
            reading = f"{len(shared)} of {len(cells)} cells with their ± are the same: {found}"
        else:
            continue
        yield {
            "check": check, "paper": paper, "place": f"Tables {number} and {other}, rows {row} and {again}" if number != other else f"Table {number}, rows {row} and {again}",
            "what": what, "printed": shared[0][1], "recomputed": float(shared[0][1]), "difference": 0.0, "agrees": "no", "reading": reading,
        }  # fmt: skip


def _telling(score: str) -> bool:
    """Whether a score has three digits or so: its last one is a hundredth of it or less. Small scores of one digit are often the same."""
    return Range.of(score).high - Range.of(score).low <= Range.of(score).middle / 100


PLAIN = {
    "cell": "cell",
    "mean": "mean",
    "at least": "at least the sum of what is listed",
    "at most": "at most that: it may be a part",
    "fewer": "fewer than the sum of parts that share members",
}
"""The reading of the kinds of statement that stand against one computed number."""
KINDS = {*PLAIN, "gain", "rank", "moved", "merged", "product", "count"}


def statements(tables: Tables, said: pd.DataFrame) -> Iterable[dict]:
    """What text and captions say in numbers (`lib.core.published.text_numbers`), each against the tables. A gain is looked for in points and in per cent, in every split, and
    against every row that it may be over; where none fits, the nearest is shown. Raises DataError at a kind that there isn't."""
    by_id = said.set_index("id")

    def numbers(row: pd.Series, which: str) -> list[tuple[str, Range]]:
        chosen = []
        for condition in filter(None, (row["about"], row["against"]) if which == "both" else (row[which],)):
            if condition.startswith("ids="):
                others = by_id.loc[condition.removeprefix("ids=").split("|")]
                chosen += [(name, Range.of(one["printed"], Fraction(one["scale"]))) for name, one in others.iterrows()]
            else:
                cells = _chosen(_table(tables, row), condition, row["id"])
                chosen += [(_about(cell), Range.of(cell["mean"])) for _, cell in cells.iterrows()]
        return chosen

    for _, row in said[said["kind"] != "given"].iterrows():
        kind, scale, otherwise = row["kind"], Fraction(row["scale"]), NO_FIT
        shown = Range.of(row["printed"], scale)
        if kind not in KINDS:
            raise DataError(
                f"results/published/text_numbers.csv, {row['id']}: there is no kind {kind!r} (lib/review/audit.py has {', '.join(sorted(KINDS))})."
            )
        if kind == "gain":
            # the papers don't say in what, where and over which row: a reading that fits is taken for theirs
            readings = dict(sorted(_gains(_table(tables, row), row), key=lambda reading: reading[1].distance(shown)))
            otherwise = f"{NO_FIT}; nearest: {next(iter(readings))}"
        elif kind == "rank":
            readings, otherwise = _ranked(_places(_table(tables, row), row), shown)
        elif kind == "moved":
            readings = _moved(tables, row)
        elif kind == "merged":
            before, after = (numbers(row, side)[0][1] for side in ("about", "against"))
            readings = {"merged into one, which is left: before - after + 1": before - after + Range.exactly(1)}
        elif kind == "product":
            factors = numbers(row, "both")
            readings = {
                " × ".join(name for name, _ in factors): math.prod((f for _, f in factors), start=Range.exactly(1))
            }
            rest = math.prod((f for _, f in factors[1:]), start=Range.exactly(1))
            readings[f"{factors[0][0]} would have to be {float((shown / rest).middle):.4g}"] = shown
        elif kind == "count":
            named = set(row["about"].removeprefix("list=").split("|"))
            readings = {"different ones in the list": Range.exactly(len(named))}
        else:
            compute: Callable = mean if kind in ("cell", "mean") else total
            readings = {PLAIN[kind]: compute(number for _, number in numbers(row, "both"))}
            if f"text: {kind}" in RELATIONS and kind != "cell":
                otherwise = f"not {PLAIN[kind].partition(':')[0]}"
        yield _row(f"text: {kind}", row["paper"], row["place"], _said(row), row["printed"], readings, scale, otherwise)


def _table(tables: Tables, row: pd.Series) -> pd.DataFrame:
    """The table that a statement is about, or several as one; what two of them print alike counts once."""
    chosen = pd.concat([tables[row["paper"], int(number)] for number in row["table"].split("|")], ignore_index=True)
    chosen = chosen[chosen["mean"] != ""].fillna("")
    about = [name for name in ("system", "objective", "modality", "metric", "split", "mean") if name in chosen]
    return chosen.drop_duplicates(about) if "|" in row["table"] else chosen


def _gains(table: pd.DataFrame, row: pd.Series) -> Iterable[tuple[str, Range]]:
    """In points (a loss is less than none), then in per cent; a split at a time, and of the mean of all regions; over each row that it may be over."""
    better, worse = (_chosen(table, row[side], row["id"]) for side in ("about", "against"))
    for relative in (False, True):
        for (_, one), (_, other) in itertools.product(
            better.groupby("row", sort=False), worse.groupby("row", sort=False)
        ):
            for split in (*one["split"], "mean of all four regions"):
                high, low = _score(one, split), _score(other, split)
                if high and low and (high.middle > low.middle or not relative):
                    gain = (high - low) / low if relative else high - low
                    yield f"{'per cent' if relative else 'points'}, {split}, over {_about(other.iloc[0])}", gain


def _score(row: pd.DataFrame, split: str) -> Range | None:
    """A row's score in a split, or the mean of its regions'."""
    cells = row.set_index("split")["mean"]
    names = EVERY if split.startswith("mean") else (split,)
    return _mean_of(cells, names) if set(names) <= set(cells.index) else None


def _places(table: pd.DataFrame, row: pd.Series) -> list[tuple[dict[str, str], Range, int]]:
    """The place of `about` among `against`, and among how many, wherever `about` leaves something open: in every metric, split, … that it has. Scores that may be
    roundings of one number may stand in either order."""
    about, against = (_chosen(table, row[side], row["id"]) for side in ("about", "against"))
    if row["kind"] == "moved":
        highest = about.loc[about["mean"].astype(float).idxmax(), "system"]
        about = against[against["system"] == highest]
    left = [name for name in (*LABELS, "metric", "split") if name in about and about[name].nunique() > 1]

    def keyed(rows: pd.DataFrame) -> Iterable[tuple[tuple, int, Range]]:
        return zip(map(tuple, rows[left].to_numpy()), rows.index, rows["mean"].map(Range.of), strict=True)

    places = []
    for where, own, score in keyed(about):
        others = [other for key, rival, other in keyed(against) if key == where and rival != own]
        ties = sum(other.same(score) for other in others)
        first = 1 + sum(other.middle > score.middle and not other.same(score) for other in others)
        places.append(
            (dict(zip(left, where, strict=True)), Range(Fraction(first), Fraction(first + ties)), len(others) + 1)
        )
    return places


def _ranked(places: list[tuple[dict[str, str], Range, int]], shown: Range) -> tuple[dict[str, Range], str]:
    """Readings of a rank, and what to say if none fits. One that is said of several regions is looked for in each, then in South and the average of the others."""

    def farthest(some: list[tuple[dict[str, str], Range, int]]) -> Range:
        return max((place for _, place, _ in some), key=shown.distance)

    averaged = [one for one in places if one[0].get("split") not in OTHERS]
    each = [one for one in places if one[0].get("split") != "OOD"]
    wrong = [" ".join(where.values()) for where, place, _ in each if not place.meets(shown)]
    said = "; ".join(wrong[:3]) + (f" and {len(wrong) - 3} more" if len(wrong) > 3 else "")
    name = f"place among {each[0][2]}"
    if len(each) == 1:
        return {name: farthest(each)}, NO_FIT
    readings = {f"{name}, {len(each)} times": farthest(each)}
    if len(averaged) < len(places) and any(where["split"] == "OOD" for where, _, _ in averaged):
        readings[f"by the OOD average, not in {said}"] = farthest(averaged)
    return readings, f"not in {said}"


def _moved(tables: Tables, row: pd.Series) -> dict[str, Range]:
    """The place in the table, then where else it may be if the figure shows what the table leaves out: systems whose hyper-parameters are printed, but no score."""
    table = _table(tables, row)
    _, place, among = _places(table, row)[0]
    named = {
        system
        for (paper, _), other in tables.items()
        if paper == row["paper"] and {"system", "dataset"} <= set(other)
        for system in other["system"]
    } - set(table["system"])
    readings = {f"place among {among}": place}
    if named:
        lower = Range(place.low, place.high + len(named))
        readings[f"with {', '.join(sorted(named))}, which the table leaves out"] = lower
    return readings


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
    otherwise: str = NO_FIT,
    shown_as: Fraction | None = None,
) -> dict:
    """The plain reading (the first) if it fits, else the first other that does, which is then no agreement, else `otherwise`. shown_as: the recomputed value, if not the middle."""
    shown = Range.of(printed, scale)
    (plain, computed), *others = readings.items()
    value = computed.middle if shown_as is None else shown_as
    agrees = RELATIONS.get(check, Range.meets)(shown, computed)
    fits = next((name for name, other in others if shown.meets(other)), "")
    return {
        "check": check, "paper": paper, "place": place, "what": what, "printed": printed,
        "recomputed": float(value * scale), "difference": float((shown.middle - value) * scale), "agrees": "yes" if agrees else "no",
        "reading": plain if agrees else f"fits: {fits}" if fits else otherwise,
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
    names = about.partition("=")[2].replace("|", ", ") if about.startswith(("ids=", "list=")) else ""
    where = f" in Table {row['table'].replace('|', ', ')}" if row["table"] else ""
    return f"{row['kind']}{where}: {names or about.replace(';', ', ').replace('|', ' or ')}"


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
        if check.endswith("copy"):  # of these only what was found is a row
            lines.append(
                f"- **{check}**: {len(here)} found; the first: {largest['what']} ({largest['place']}); {largest['reading']}."
            )
            continue
        lines.append(
            f"- **{check}**: {len(here)} of {(found['check'] == check).sum()} disagree; relatively the largest: {largest['what']} ({largest['place']}), printed {largest['printed']}, "
            f"recomputed {float(largest['recomputed']):.6g}; {largest['reading']}."
        )
    return "\n".join(lines)
