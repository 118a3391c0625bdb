"""Two studies side by side: which numbers that both have moved, beyond their intervals or not (`make compare`)."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from lib.core import tables
from lib.core.errors import DataError
from lib.evaluation import intervals

VALUES = ("ours", "mean", "share", "score", "difference", "effect", "fall", "precision", "auroc")
"""Columns that hold what was measured, beside `low` and `high`; the first that a table has."""
ASIDE = ("run", "runs", "better_run", "worse_run", "verdict", "why", "chapter", "code", "key", "seed")
"""Columns of words that differ between studies and name no number."""
COLUMNS = ["table", "number", "one", "one_low", "one_high", "other", "other_low", "other_high", "moved", "verdict"]
VERDICTS = ["apart", "within", "no interval"]


def numbers(folder: Path) -> pd.DataFrame:
    """Every number with an interval of a study's tables: `table, number` (the words of its row), `value, low, high`.

    Rows whose words another row of the table has as well can't be told apart and are left out. Raises DataError when no
    table of the folder has intervals.
    """
    parts = []
    for path in sorted(folder.glob("*.csv")):
        columns = tables.names(path)
        value = next((name for name in VALUES if name in columns), None)
        if value is None or not {"low", "high"} <= set(columns) or (table := tables.chapter(path)).empty:
            continue
        words = [name for name in table.select_dtypes(exclude="number") if name not in ASIDE]
        number = table[words].astype(str).agg(lambda row: ", ".join(filter(None, row)), axis=1)
        rows = pd.DataFrame({"table": path.stem, "number": number if words else "", "value": table[value]})
        parts.append(rows.assign(low=table["low"], high=table["high"])[~number.duplicated(keep=False)])
    if not parts:
        raise DataError(f"{folder}: no table with intervals is here. Run the study first.")
    return pd.concat(parts, ignore_index=True).dropna(subset="value")


def compare(one: Path, other: Path) -> pd.DataFrame:
    """The numbers that the tables in two folders share: COLUMNS, what moved most first.

    verdict: *apart* where their intervals don't meet, *within* where they do, *no interval* where one lacks it.
    """
    both = numbers(one).merge(numbers(other), on=["table", "number"], suffixes=("_one", "_other"))
    ends = {f"{end}_{side}": f"{side}_{end}" for side in ("one", "other") for end in ("low", "high")}
    both = both.rename(columns=ends | {"value_one": "one", "value_other": "other"})
    both["moved"] = both["other"] - both["one"]
    order = intervals.order(both["one_low"], both["one_high"], both["other_low"], both["other_high"])
    both["verdict"] = np.where(order != 0, "apart", "within")
    both.loc[both[list(ends.values())].isna().any(axis=1), "verdict"] = "no interval"
    most_first = both["moved"].abs().sort_values(ascending=False, kind="stable").index
    return both.loc[most_first, COLUMNS].reset_index(drop=True)


def counts(table: pd.DataFrame) -> pd.DataFrame:
    """How many numbers of each table have which verdict: `table, apart, within, no interval, numbers`."""
    counted = pd.crosstab(table["table"], table["verdict"]).reindex(columns=VERDICTS, fill_value=0)
    return counted.assign(numbers=counted.sum(axis=1)).rename_axis(columns=None).reset_index()
