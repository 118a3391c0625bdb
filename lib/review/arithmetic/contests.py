"""Which printed scores the papers compare: the two sides of each order and of each statement about scores.

Orders of systems are those of `lib/review/claimed_orders.yaml`, statements those of a kind in `KINDS` in
`results/published/text_numbers.csv`. No data and no run is read.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

import pandas as pd

from lib.core import yaml_files
from lib.core.errors import DataError
from lib.review.arithmetic.check import EVERY, SCALES, Tables
from lib.review.arithmetic.text_checks import Statement, gains, left_open

NAMES = ("group", "system", "objective", "fusion", "modality")
ORDERS = Path(__file__).parents[1] / "claimed_orders.yaml"


class Side(NamedTuple):
    """A printed row in one metric, all its splits, and the split that is compared (MEAN for that of all regions)."""

    paper: str
    table: int
    metric: str
    labels: Mapping[str, str]  # group, system, objective, … as far as the table has them
    means: Mapping[str, float]  # split -> score as printed
    deviations: Mapping[str, float]  # split -> what follows ±; empty where nothing does
    split: str

    @property
    def name(self) -> str:
        """The row in words."""
        return " ".join(filter(None, (self.labels.get(name, "") for name in NAMES)))


class Contest(NamedTuple):
    """`better` is said to be above `worse`; where only a place between others is said, the print says which is above.

    key: an order's statement, or the id of a statement in the text.
    """

    key: str
    statement: str
    place: str
    better: Side
    worse: Side


def of_orders(tables: Tables) -> Iterator[Contest]:
    """Each order of systems: macro-F1 of Table 4, R-Precision of Tables 5 to 11 in each region."""
    listed = yaml_files.read(ORDERS, "expected are the orders of both tasks")
    for task, splits in (("identification", ("South",)), ("verification", EVERY)):
        for order in listed[task]:
            for split in splits:
                sides = [_row_of(tables, task, order[side], split) for side in ("better", "worse")]
                name = order["statement"] if task == "identification" else f"{order['statement']}, {split}"
                yield Contest(name, name, order["place"], *sides)


def _row_of(tables: Tables, task: str, side: Mapping[str, str], split: str) -> Side:
    """The printed row of a side. Raises DataError when there is none."""
    modality, metric = side["modality"], "Macro-F1" if task == "identification" else "R-Precision@X"
    for (paper, number), table in tables.items():
        if paper != "matched" or not {"objective", "modality", "split"} <= set(table) or "vendors" in table:
            continue
        if (number == 4) != (task == "identification") or "seed" in table:
            continue
        rows = table[(table["metric"] == metric) & (table["objective"] == side["objective"])]
        rows = rows[(rows["modality"] == side.get("representation", modality)) & (rows["mean"] != "")]
        rows = rows[rows["system"] == _benchmark(tables, modality)]
        if task == "identification":
            fusion = side.get("fusion", "mean" if modality == "multimodal" else "")
            rows = rows[rows["fusion"] == fusion]
        if len(rows):
            return _of_rows(paper, number, rows, split)
    raise DataError(f"{ORDERS.name}: no printed row of {metric} fits {dict(side)}. Compare results/published/.")


def _of_rows(paper: str, table: int, rows: pd.DataFrame, split: str) -> Side:
    """A side from all printed cells of a row in one metric."""
    first = rows.iloc[0]
    labels = {name: first[name] for name in NAMES if name in rows}
    means = dict(zip(rows["split"], rows["mean"].astype(float), strict=True))
    spreads = rows[rows["std"] != ""] if "std" in rows else rows.head(0).assign(std="")
    deviations = dict(zip(spreads["split"], spreads["std"].astype(float), strict=True))
    return Side(paper, table, first["metric"], labels, means, deviations, split)


def _benchmark(tables: Tables, modality: str) -> str:
    """The paper's benchmark of a modality: the system that Table 4 trains with CE+SupCon."""
    table = tables["matched", 4]
    rows = table[(table["objective"] == "CE+SupCon") & (table["modality"] == modality)]
    return str(rows["system"].iloc[0])


def of_statements(tables: Tables, statements: pd.DataFrame) -> Iterator[Contest]:
    """What the statements of KINDS compare. statements: as `lib.core.published.text_numbers`."""
    others = statements.set_index("id")
    printed = {
        (paper, str(number), row, metric): _of_rows(paper, number, rows, "")
        for (paper, number), table in tables.items()
        if "split" in table
        for (row, metric), rows in table[table["mean"] != ""].groupby(["row", "metric"])
        if metric in SCALES
    }
    for _, row in statements[statements["kind"].isin(KINDS)].iterrows():
        statement = Statement(row, tables, others)
        if _is_of_scores(statement):
            description = f"{statement.describe()}: {row['printed']}"
            for better, worse in KINDS[row["kind"]](statement):
                sides = (
                    printed[row["paper"], cell["table"], cell["row"], cell["metric"]]._replace(split=cell["split"])
                    for cell in (better, worse)
                )
                yield Contest(row["id"], description, row["place"], *sides)


def _is_of_scores(statement: Statement) -> bool:
    """Whether it is about scores of named rows, not about counts, times or other statements."""
    row = statement.row
    if not row["about"] or not row["against"] or "ids=" in row["about"] + row["against"]:
        return False
    return set(statement.cells("about")["metric"]) <= set(SCALES)


def _gain(statement: Statement) -> Iterator[tuple[pd.Series, pd.Series]]:
    """The reading of a gain that comes nearest to it (`text_checks.gains`)."""
    nearest = gains(statement)[0]
    better, worse = (rows.assign(split=nearest.split).iloc[0] for rows in (nearest.better, nearest.worse))
    yield better, worse


def _rank(statement: Statement) -> Iterator[tuple[pd.Series, pd.Series]]:
    """Each pair that a place is about: the first is above all others, the last below, one between as printed."""
    about, against = statement.cells("about"), statement.cells("against")
    keys, place = left_open(about), int(statement.row["printed"])
    for _, own in about.iterrows():
        rivals = against[(against[keys] == own[keys]).all(axis=1) & (against.index != own.name)]
        for _, rival in rivals.iterrows():
            above = float(own["mean"]) >= float(rival["mean"])
            yield (own, rival) if place == 1 or (above and place <= len(rivals)) else (rival, own)


def _moved(statement: Statement) -> Iterator[tuple[pd.Series, pd.Series]]:
    """The system that is highest in `about` against all others there, and by the print in `against`."""
    about, against = (statement.cells(side) for side in ("about", "against"))
    best = about.loc[about["mean"].astype(float).idxmax()]
    for _, rival in about[about.index != best.name].iterrows():
        yield best, rival
    own = against[against["system"] == best["system"]].iloc[0]
    for _, rival in against[against.index != own.name].iterrows():
        yield (own, rival) if float(own["mean"]) >= float(rival["mean"]) else (rival, own)


KINDS: Mapping[str, Callable[[Statement], Iterator[tuple[pd.Series, pd.Series]]]] = {
    "gain": _gain,
    "rank": _rank,
    "moved": _moved,
}
"""Kinds of statements that compare scores, and the pairs of cells, better and worse, that each compares."""
