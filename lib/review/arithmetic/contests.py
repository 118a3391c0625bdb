"""Which printed scores the papers compare: the two sides of each order and of each statement about scores.

Orders of systems are those of `lib/review/claimed_orders.yaml`, statements those of `results/published/text_numbers.csv`
of a kind in `KINDS`. No data and no run is read.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd

from lib.core import yaml_files
from lib.core.errors import DataError
from lib.review.arithmetic.check import EVERY, Tables
from lib.review.arithmetic.text_checks import MEAN, Statement, gains, left_open

ORDERS = Path(__file__).parents[1] / "claimed_orders.yaml"


class Side(NamedTuple):
    """A printed row in one metric, all its splits, and the split that is compared (MEAN for that of all regions)."""

    paper: str
    table: int
    cells: pd.DataFrame  # index split; as printed
    split: str

    def text(self, column: str) -> str:
        """What the row says in a column; '' where its table has none."""
        return str(self.cells[column].iloc[0]) if column in self.cells else ""

    @property
    def name(self) -> str:
        """The row in words."""
        words = (self.text(name) for name in ("group", "system", "objective", "fusion", "modality"))
        return " ".join(filter(None, words))


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
            return Side(paper, number, rows.set_index("split"), split)
    raise DataError(f"{ORDERS.name}: no printed row of {metric} fits {dict(side)}. Compare results/published/.")


def _benchmark(tables: Tables, modality: str) -> str:
    """The paper's benchmark of a modality: the system that Table 4 trains with CE+SupCon."""
    table = tables["matched", 4]
    rows = table[(table["objective"] == "CE+SupCon") & (table["modality"] == modality)]
    return str(rows["system"].iloc[0])


def of_statements(tables: Tables, statements: pd.DataFrame) -> Iterator[Contest]:
    """What the statements of KINDS compare. statements: as `lib.core.published.text_numbers`."""
    others = statements.set_index("id")
    for _, row in statements[statements["kind"].isin(KINDS)].iterrows():
        statement = Statement(row, tables, others)
        if _is_of_scores(statement):
            yield from KINDS[row["kind"]](statement)


def _is_of_scores(statement: Statement) -> bool:
    """Whether it is about scores of named rows, not about counts, times or other statements."""
    row = statement.row
    if not row["about"] or not row["against"] or "ids=" in row["about"] + row["against"]:
        return False
    scores = {"MRR@10", "R-Precision@X", "Macro-F1@X", "Balanced accuracy", "Weighted-F1", "Micro-F1", "Macro-F1"}
    return set(statement.cells("about")["metric"]) <= scores | {"R@1", "AUC"}


def _contest(statement: Statement, better: Side, worse: Side) -> Contest:
    row = statement.row
    return Contest(row["id"], f"{statement.describe()}: {row['printed']}", row["place"], better, worse)


def _side(statement: Statement, cell: pd.Series) -> Side:
    """The printed row of a cell, all its splits, with the cell's split."""
    rows = statement.tables[statement.row["paper"], int(cell["table"])]
    rows = rows[(rows["row"] == cell["row"]) & (rows["metric"] == cell["metric"]) & (rows["mean"] != "")]
    return Side(statement.row["paper"], int(cell["table"]), rows.fillna("").set_index("split"), cell["split"])


def _gain(statement: Statement) -> Iterator[Contest]:
    """The reading of a gain that comes nearest to it (`text_checks.gains`)."""
    nearest = gains(statement)[0]
    split = MEAN if nearest.split == MEAN else nearest.split
    sides = (_side(statement, rows.iloc[0])._replace(split=split) for rows in (nearest.better, nearest.worse))
    yield _contest(statement, *sides)


def _rank(statement: Statement) -> Iterator[Contest]:
    """Each pair that a place is about: first among n is above all others, last below all."""
    about, against = statement.cells("about"), statement.cells("against")
    keys = left_open(about)
    for _, own in about.iterrows():
        same = (against[keys] == own[keys]).all(axis=1) & (against.index != own.name)
        rivals = against[same]
        place = int(statement.row["printed"])
        for _, rival in rivals.iterrows():
            above = float(own["mean"]) >= float(rival["mean"])
            if place == 1 or (above and place <= len(rivals)):
                yield _contest(statement, _side(statement, own), _side(statement, rival))
            else:
                yield _contest(statement, _side(statement, rival), _side(statement, own))


def _moved(statement: Statement) -> Iterator[Contest]:
    """The system that is highest in `about` against all others there, and by the print in `against`."""
    about, against = (statement.cells(side) for side in ("about", "against"))
    best = about.loc[about["mean"].astype(float).idxmax()]
    for _, rival in about[about.index != best.name].iterrows():
        yield _contest(statement, _side(statement, best), _side(statement, rival))
    own = against[against["system"] == best["system"]].iloc[0]
    for _, rival in against[against.index != own.name].iterrows():
        pair = sorted((own, rival), key=lambda cell: -float(cell["mean"]))
        yield _contest(statement, *(_side(statement, cell) for cell in pair))


KINDS: Mapping[str, Callable[[Statement], Iterator[Any]]] = {"gain": _gain, "rank": _rank, "moved": _moved}
"""The kinds of statements that compare scores."""
