"""Which numbers that the papers print in tables a study has one of its own beside, and why others have none."""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple

import pandas as pd
from pandera.typing import DataFrame

from lib.core import published
from lib.core.schemas import Table
from lib.review.arithmetic.check import LABELS
from lib.review.tests_of_claims.finding import StudyTables
from lib.runs.results import ROLES
from lib.study.registry import BACKBONES

KEYS = ("row", "seed", "metric", "split")
"""What tells the cells of a printed table apart, as far as a table of ours has it."""


class Lack(StrEnum):
    """Why a printed number has none of ours beside it."""

    CHAPTER = "its chapter is not in this study"
    DATA = "the data or files that it is about are not here"
    WEIGHTS = "the weights of its system are not here"
    UNDEFINED = "not defined on this study's data, of which other cells of its row are"
    NOT_RUN = "not run in this study"
    APART = "ours are listed by themselves, since they are not of the same settings"


class _Ours(NamedTuple):
    """Tables of ours beside a printed one, of one chapter, and what our columns are called in the printed one."""

    tables: tuple[str, ...]
    chapter: str
    named: dict[str, str]


def _beside(paper: str, number: int) -> _Ours:
    name = f"{paper}_table_{number:02d}"
    if paper == "hotels":
        if number <= 3:
            return _Ours((name,), "40", {"place": "system" if number == 1 else "split", "quantity": "metric"})
        return _Ours((name,), "42", {})
    further = {4: ("identification_costs",), **{table: (f"{name}_alignment",) for table in (9, 10, 11)}}
    chapters = {1: "01", 2: "30", 3: "30", 4: "30", 8: "35", 12: "32"}
    named = {"region": "split", "quantity": "metric"} if number == 1 else {}
    return _Ours((name, *further.get(number, ())), chapters.get(number, "31"), named)


class Cells(Table):
    """Printed cells of a table that a study has something beside, and those that it hasn't, by the reason."""

    paper: str
    table: int
    printed: int  # cells of the table
    ours: int  # those with a number of ours beside them
    reason: str  # why others have none; empty where none is lacking
    lacking: int  # cells that this is the reason of
    rows: str  # the printed rows that these stand in


def cells(tables: StudyTables) -> DataFrame[Cells]:
    """Coverage of both papers' tables by a study: a row for each table and reason that cells of it lack one of ours."""
    rows = []
    every = each(tables)
    for (paper, number), of_table in every.groupby(["paper", "table"], sort=False):
        lacking = of_table[of_table["reason"] != ""]
        about = {"paper": paper, "table": number, "printed": len(of_table), "ours": len(of_table) - len(lacking)}
        reasons = [
            {"reason": reason, "lacking": len(group), "rows": "; ".join(dict.fromkeys(group["what"]))}
            for reason, group in lacking.groupby("reason", sort=False)
        ]
        rows += [about | reason for reason in reasons or [{"reason": "", "lacking": 0, "rows": ""}]]
    return Cells.validate(pd.DataFrame(rows))


def each(tables: StudyTables) -> pd.DataFrame:
    """Every printed cell: `paper, table, what` (the printed row), `metric, split`, `reason` (a `Lack`, or '')."""
    written = {_beside(*table).chapter for table in published.tables() if tables[_beside(*table).tables[0]] is not None}
    parts = []
    for paper, number in published.tables():
        printed = published.table(paper, number).reset_index(drop=True)
        beside = _beside(paper, number)
        if (first := tables[beside.tables[0]]) is None:
            lack = pd.Series(Lack.DATA if beside.chapter in written else Lack.CHAPTER, printed.index)
        else:
            lack = _lacks(printed, _found(printed, beside, tables), first)
        labels = [name for name in LABELS if name in printed] or ["split"]
        what = printed[labels].fillna("").agg(lambda row: " ".join(filter(None, row)), axis=1)
        part = printed.reindex(columns=["metric", "split"]).fillna("")
        parts.append(part.assign(paper=paper, table=number, what=what, reason=lack.astype(str)))
    return pd.concat(parts, ignore_index=True)[["paper", "table", "what", "metric", "split", "reason"]]


def _found(printed: pd.DataFrame, beside: _Ours, tables: StudyTables) -> pd.Series:
    """Whether each printed cell has a number of ours, (cells,) bool."""
    found = pd.Series(False, printed.index)
    for name in beside.tables:
        table = tables[name]
        if table is None or "ours" not in table:
            continue
        ours = table.rename(columns=beside.named).dropna(subset=["ours"])
        keys = [key for key in KEYS if key in ours and key in printed]
        keys += [] if "row" in keys else [name for name in ("system",) if name in ours and name in printed]
        has = ours[keys].drop_duplicates().assign(here=True)
        found |= printed[keys].merge(has, how="left", on=keys)["here"].notna()
    return found


def _lacks(printed: pd.DataFrame, found: pd.Series, first: pd.DataFrame) -> pd.Series:
    """The reason of each cell, '' where ours is beside it, (cells,) str. first: the first table of ours beside it."""
    if "ours" not in first:
        return pd.Series(Lack.APART, printed.index)
    if "quantity" in first:
        return pd.Series(Lack.DATA, printed.index).where(~found, "")
    loadable = {backbone.published for backbone in BACKBONES.values() if backbone.package or backbone.config}
    known = {backbone.published for backbone in BACKBONES.values()}
    system = printed.get("system", pd.Series("", printed.index))
    reason = pd.Series(Lack.NOT_RUN, printed.index)
    reason[system.isin(known - loadable - set(ROLES.values()))] = Lack.WEIGHTS
    others = found.groupby(printed["row"]).transform("any")
    return reason.mask(others, Lack.UNDEFINED).where(~found, "")
