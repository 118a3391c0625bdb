"""Each published number beside the one that was measured here (`lib.review.receipt`).

A number is a numeric cell of a table that a chapter wrote; with the interval that stands beside it, one number of three
cells. It is found again by its table, its column and the words of its row.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from lib.core import tables
from lib.core.errors import DataError
from lib.core.files import read_json, write_json, write_text
from lib.review import receipt
from lib.review.receipt import Judgement
from lib.review.study_diff import ASIDE, VALUES

TOLERANCES = {"32-true": 1e-5, "bf16-mixed": 1e-2}
"""precision -> the largest relative difference that another order of the same sums explains. A float32 has 24 binary
digits and a bfloat16 has 8 (6e-8 and 4e-3); sums of a thousand terms lose two more decimal digits of the first, and
products are summed in float32 in the second. On one machine with the same versions the tolerance is 0."""
COLUMNS = ["table", "row", "column", "published", "low", "high", "here", "judgement"]
HERE = ["here", "low_here", "high_here"]
_NUMBER = re.compile(r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?|-?inf")
_MACHINE = re.compile(r"(?:^|_)(?:seconds|hours|wh|kwh|co2\w*|energy|power|device|commit|fingerprint|key|code)(?:_|$)")
"""Columns about the machine, the moment and the code: no results."""
_MACHINE_TABLES = re.compile("speed_|gpu_|generation|identification_costs")
"""Tables of times, and of what follows from them."""
_PRINTED = ("published", "row")
"""Columns that the papers printed: the same whatever was run."""


def compare(published: Path, here: Path, tolerance: float) -> pd.DataFrame:
    """Every number of the tables in the folder `published` beside that in `here`, as text: COLUMNS.

    tolerance: relative, of `Judgement.TOLERANCE`. Raises DataError for a file that is no table.
    """
    paths = [path for path in sorted(published.glob("*.csv")) if not _MACHINE_TABLES.match(path.name)]
    parts = [_beside(path, here / path.name) for path in paths]
    table = (
        pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=[*COLUMNS[:-1], *HERE[1:]], dtype=str)
    )
    table["judgement"] = _judged(table, tolerance)
    return table[COLUMNS]


def _beside(path: Path, other: Path) -> pd.DataFrame:
    """The numbers of one table, before they are judged; `same` says whether their intervals are the same."""
    one, two = _numbers(path), _numbers(other)
    both = one.merge(two, how="left", on=["table", "row", "column"], suffixes=("", "_here"), indicator=True)
    both["here"] = both["value_here"].where(both["_merge"] == "both")
    return both.rename(columns={"value": "published"})[[*COLUMNS[:-1], *HERE[1:]]]


def _numbers(path: Path) -> pd.DataFrame:
    """The numbers of a table as text: `table, row, column, value, low, high`, none of a file that isn't there."""
    cells = _cells(path)
    if cells.empty:
        return pd.DataFrame(columns=["table", "row", "column", "value", "low", "high"], dtype=str)
    numeric = _numeric(cells)
    machine = cells.isin(["seconds", "wh", "co2_g"]).any(axis=1)  # the row's measure is one of the machine
    value = next((name for name in VALUES if name in numeric), "") if {"low", "high"} <= set(cells) else ""
    apart = (*_PRINTED, *(("low", "high") if value else ()))
    shown = [name for name in numeric if not _MACHINE.search(name) and name not in apart]
    rows = cells.set_index(_rows(cells, numeric).rename("row"))[~machine.to_numpy()]
    long = rows[shown].rename_axis(columns="column").stack().rename("value").reset_index()
    for end in ("low", "high"):
        long[end] = long["row"].map(rows[end]).where(long["column"] == value, "") if value else ""
    return long[long["value"] != ""].assign(table=path.stem)


def _cells(path: Path) -> pd.DataFrame:
    if not path.exists() or not tables.names(path):
        return pd.DataFrame()
    return tables.cells(path)


def _rows(cells: pd.DataFrame, numeric: list[str]) -> pd.Series:
    """What each row is called: its words, and a number where several have the same."""
    words = [name for name in cells if name not in (*numeric, *ASIDE, "low", "high") and not _MACHINE.search(name)]
    called = cells[words].agg(lambda row: ", ".join(filter(None, row)), axis=1) if words else cells.index.map(str)
    called = pd.Series(called, cells.index).astype(str)
    number = called.groupby(called).cumcount()
    return called.where(number == 0, called + " #" + (number + 1).astype(str))


def _numeric(cells: pd.DataFrame) -> list[str]:
    """The columns that hold numbers, and nothing else."""
    return [name for name in cells if cells[name].map(_is_number).all() and (cells[name] != "").any()]


def _is_number(cell: str) -> bool:
    return cell == "" or _NUMBER.fullmatch(cell) is not None


def _as_number(cell: object) -> float:
    return float(cell) if isinstance(cell, str) and _NUMBER.fullmatch(cell) else np.nan


def _judged(table: pd.DataFrame, tolerance: float) -> np.ndarray:
    published, here = (table[names].map(_as_number).to_numpy(float) for names in (["published", "low", "high"], HERE))
    both_missing = np.isnan(published) & np.isnan(here)
    near = (np.isclose(here, published, rtol=tolerance, atol=0) | both_missing).all(axis=1)
    value, low, high = here[:, 0], published[:, 1], published[:, 2]
    conditions = {
        Judgement.ABSENT: table["here"].isna(),
        Judgement.EQUAL: (table[["published", "low", "high"]] == table[HERE].to_numpy()).all(axis=1),
        Judgement.TOLERANCE: near & (tolerance > 0),
        Judgement.INTERVAL: (low <= value) & (value <= high),
    }
    return np.select(list(conditions.values()), list(conditions), Judgement.DIFFERENT)


def verdicts_changed(published: Path, here: Path) -> list[str]:
    """The rows whose `verdict` is another one, a line each; claims by their id."""
    changed = []
    for path in sorted(published.glob("*.csv")):
        one, two = _cells(path), _cells(here / path.name)
        if "verdict" not in one or "verdict" not in two or one.empty or two.empty:
            continue
        names = [frame["id"] if path.stem == "ledger" else _rows(frame, _numeric(frame)) for frame in (one, two)]
        verdicts = [frame.set_index(name)["verdict"] for frame, name in zip((one, two), names, strict=True)]
        for row, before, after in pd.concat(verdicts, axis=1, join="inner").itertuples():
            if before != after:
                changed.append(f"{path.stem}, {row}: {before} → {after}")
    return changed


def write(published: Path, here: Path) -> dict[str, Any] | None:
    """Write receipt.csv and receipt.json into a study's folder `here`; what the second holds.

    published: the folder of the published study of the same name. None, and no receipt, where there is none or its
    parameters were others; `receipt.obstacle` says why. Raises DataError for a table that can't be read.
    """
    paths = {name: here / f"receipt.{name}" for name in ("csv", "json")}
    for path in paths.values():
        path.unlink(missing_ok=True)
    if receipt.obstacle(published, here):
        return None
    one, two = (read_json(folder / "study.json") for folder in (published, here))
    differs = receipt.what_differs(one, two)
    same_machine = not set(differs) - {"commit", receipt.STALE}
    precision = "bf16-mixed" if "bf16-mixed" in (one.get("precision"), two.get("precision")) else "32-true"
    tolerance = 0.0 if same_machine else TOLERANCES[precision]
    table = compare(published / "tables", here / "tables", tolerance)
    counts = table["judgement"].value_counts()
    made = {
        "study": two["study"],
        "published": one["finished"],
        "finished": two["finished"],
        "numbers": len(table),
        "judgements": {str(judgement): int(counts.get(judgement, 0)) for judgement in Judgement},
        "tolerance": {"relative": tolerance, "precision": precision, "device": two["environment"]["device"]},
        "verdicts_changed": verdicts_changed(published / "tables", here / "tables"),
        "differs": differs,
        "times": receipt.times(one, two),
    }
    write_text(paths["csv"], table.to_csv(index=False))
    write_json(paths["json"], made)
    return made


def read(folder: Path) -> tuple[dict[str, Any], pd.DataFrame]:
    """A study's receipt: what receipt.json holds, and the numbers. Raises DataError when there is none."""
    if not receipt.exists(folder):
        raise DataError(f"{folder}: this study has no receipt.")
    return read_json(folder / "receipt.json"), tables.cells(folder / "receipt.csv")
