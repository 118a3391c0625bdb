"""Two studies side by side: which of the numbers that both have moved, beyond their intervals or not (`make compare A=quick B=cpu`).

python -m lib.review.study_diff quick cpu
"""

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


def numbers(folder: Path) -> pd.DataFrame:
    """Every number with an interval of a study's tables: `table, number` (the words of its row), `value, low, high`. Rows whose words another row of the table has as well
    can't be told apart and are left out."""
    found = []
    for path in sorted(folder.glob("*.csv")):
        named = tables.names(path)
        value = next((name for name in VALUES if name in named), None)
        if value is None or not {"low", "high"} <= set(named) or (table := tables.chapter(path)).empty:
            continue
        words = [name for name in table.select_dtypes(exclude="number") if name not in ASIDE]
        number = table[words].astype(str).agg(lambda row: ", ".join(filter(None, row)), axis=1)
        rows = pd.DataFrame({"table": path.stem, "number": number if words else "", "value": table[value]})
        found.append(rows.assign(low=table["low"], high=table["high"])[~number.duplicated(keep=False)])
    if not found:
        raise DataError(f"{folder}: no table with intervals is here. Run the study first.")
    return pd.concat(found, ignore_index=True).dropna(subset="value")


def beside(one: Path, other: Path) -> pd.DataFrame:
    """The numbers that two studies' tables share, COLUMNS: *apart* where their intervals don't meet, *within* where they do, *no interval* where one lacks it; what moved most
    comes first."""
    both = numbers(one).merge(numbers(other), on=["table", "number"], suffixes=("_one", "_other"))
    names = {f"{column}_{side}": f"{side}_{column}" for side in ("one", "other") for column in ("low", "high")}
    both = both.rename(columns=names | {"value_one": "one", "value_other": "other"})
    both["moved"] = both["other"] - both["one"]
    order = intervals.order(both["one_low"], both["one_high"], both["other_low"], both["other_high"])
    both["verdict"] = np.where(order != 0, "apart", "within")
    both.loc[both[list(names.values())].isna().any(axis=1), "verdict"] = "no interval"
    most = both["moved"].abs().sort_values(ascending=False, kind="stable").index
    return both.loc[most, COLUMNS].reset_index(drop=True)


def counts(table: pd.DataFrame) -> pd.DataFrame:
    """How many numbers of each table have which verdict: `table, apart, within, no interval, numbers`."""
    found = pd.crosstab(table["table"], table["verdict"]).reindex(
        columns=["apart", "within", "no interval"], fill_value=0
    )
    return found.assign(numbers=found.sum(axis=1)).rename_axis(columns=None).reset_index()
