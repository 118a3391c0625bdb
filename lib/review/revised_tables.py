"""Tables 5 to 11 as the labels of the authors' notebooks have them, so that what is said of them can be asked again."""

from __future__ import annotations

from functools import cache

import numpy as np
import pandas as pd
import pandera.pandas as pa
from pandera.typing import DataFrame

from lib.core.schemas import Table
from lib.review import as_in_notebooks, source_table
from lib.review.arithmetic import audit
from lib.review.arithmetic.check import Tables
from lib.review.claimed_orders import RETRIEVAL_TABLES, Side
from lib.review.notebook_outputs import METRICS, REGIONS
from lib.review.printed_sources import TABLES, PrintedRow

AVERAGES = {"OOD": REGIONS[1:], "ZS": REGIONS, "Avg": REGIONS}
"""Of which regions each printed average is said to be (section 5)."""


class Changes(Table):
    """A printed cell of a region that isn't the output of a cell that loads what its row is named."""

    table: int
    group: str
    system: str
    objective: str
    metric: str
    region: str
    row: int
    printed: float = pa.Field(nullable=True)
    revised: float = pa.Field(nullable=True)  # missing where no such output is stored


@cache
def tables() -> Tables:
    """All printed tables, Tables 5 to 11 as the notebooks' labels have them.

    A cell that equals an output of another metric is given the one of its heading. A cell that equals the output of
    what another row is named is given the output of a cell that loads what its own row is named, and so is a cell that
    equals none if that output stands in another row; without such an output it is left out. Averages over regions are
    computed again. All else is as printed.
    """
    found = dict(audit.all_tables())
    for number in TABLES:
        found["matched", number] = _revised(number, found["matched", number])
    return found


@cache
def changes() -> DataFrame[Changes]:
    """The cells of regions that `tables` changes or leaves out."""
    rows = [
        (row.table, row.group, row.system, row.objective, METRICS[m], REGIONS[r], row.rows[m], row.means[m, r], value)
        for row, _ in source_table.matched()
        for (m, r), value in np.ndenumerate(_values(row))
        if not (value == row.means[m, r] or np.isnan([value, row.means[m, r]]).all())
    ]
    return Changes.validate(pd.DataFrame(rows, columns=list(Changes.to_schema().columns)))


def _revised(number: int, table: pd.DataFrame) -> pd.DataFrame:
    own = changes()[changes()["table"] == number]
    cells = table.set_index(["row", "split"])["mean"]
    for cell in own.itertuples():
        cells[str(cell.row), cell.region] = _written(cell.revised)
    for row in map(str, own["row"].unique()):
        for average in set(AVERAGES) & set(cells[row].index):
            mean = cells[row][list(AVERAGES[average])].replace("", np.nan).astype(float).mean(skipna=False)
            cells[row, average] = _written(mean)
    table = table.assign(mean=cells.to_numpy())
    return table[table["mean"] != ""]


def _written(value: float) -> str:
    return "" if np.isnan(value) else f"{value:.4f}"


def _values(row: PrintedRow) -> np.ndarray:
    """A printed row as `revised` has it: (metrics, regions), NaN where it is left out."""
    values = row.means.copy()
    [own] = [matches for other, matches in source_table.matched() if other is row]
    printed_elsewhere = _printed_elsewhere(row)
    stored = as_in_notebooks.outputs(side_of(row))
    loaded = stored["no"].means if "no" in stored else np.full_like(values, np.nan)
    left = np.ones(values.shape, bool)
    for match in own:
        there = match.source.means[:, list(match.order)]
        right = match.equal & (np.array(match.metrics) == np.arange(len(METRICS)))[:, None]
        other = source_table.name_of(match.source) not in ("", row.objective)
        values = np.where(match.equal & other, loaded, np.where(match.equal & ~right, there, values))
        left &= ~match.equal
    moved: np.ndarray = np.where(left & printed_elsewhere & np.isfinite(loaded), loaded, values)
    return moved


def _printed_elsewhere(row: PrintedRow) -> np.ndarray:
    """Where another row of the table equals an output of what this row is named: (metrics, regions)."""
    found = np.zeros(row.means.shape, bool)
    for other, matches in source_table.matched():
        for match in matches:
            if other.table == row.table and other is not row and source_table.name_of(match.source) == row.objective:
                found |= match.equal
    return found


def side_of(row: PrintedRow) -> Side:
    """The side of an order that a printed row is; of a baseline row, the single modality's."""
    kinds = {number: kind for kind, number in RETRIEVAL_TABLES.items()} | {6: ("image", "image")}
    modality, representation = kinds.get(row.table, ("multimodal", "text to image"))
    return Side(representation if row.group == "baseline" else modality, row.objective, representation)
