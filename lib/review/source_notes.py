"""What the stored outputs do to the claims that rest on Tables 5 to 11, in words for the ledger."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

import numpy as np
import pandas as pd
import pandera.pandas as pa
from pandera.typing import DataFrame

from lib.core import published
from lib.core.schemas import Table
from lib.review import as_in_notebooks, revised_tables, source_table
from lib.review.analysis_plan import ORDERS
from lib.review.arithmetic import audit, text_checks
from lib.review.arithmetic.check import Tables
from lib.review.as_in_notebooks import AsInNotebooks
from lib.review.notebook_outputs import REGIONS
from lib.review.printed_sources import TABLES

CELL = ["system", "objective", "metric", "region", "mean"]
KINDS = ("gain", "rank")
"""Kinds of `text_numbers.csv` that compare rows."""


class StatementsInNotebooks(Table):
    """A gain or rank of the papers' texts (`text_numbers.csv`), a row each: what it rests on, and what it becomes."""

    id: str
    place: str
    kind: str = pa.Field(isin=KINDS)
    tables: str
    printed: str
    cells: int = pa.Field(gt=0)  # printed cells of regions that it compares
    with_output: int = pa.Field(ge=0)  # of them those that equal a stored output
    of_other_metric: int = pa.Field(ge=0)
    of_other_system: int = pa.Field(ge=0)  # whose cell loads what another row is named
    changed: int = pa.Field(ge=0)  # that `lib.review.revised_tables` changes
    left_out: int = pa.Field(ge=0)  # that it leaves out
    about_vendors: str  # of South, by cells that load what the rows are named; empty where none counted them
    against_vendors: str
    as_printed: str  # recomputed from the printed tables, and whether it agrees
    as_in_notebooks: str  # the same from the revised tables, if none of its cells is left out


@cache
def statements() -> DataFrame[StatementsInNotebooks]:
    """The gains and ranks of MATCHED's texts that are about Tables 5 to 11."""
    numbers = published.text_numbers()
    about = numbers["table"].map(lambda names: bool(names) and all(int(name) in TABLES for name in names.split("|")))
    chosen = numbers[(numbers["paper"] == "matched") & numbers["kind"].isin(KINDS) & about]
    rows = [_statement(row, numbers) for _, row in chosen.iterrows()]
    return StatementsInNotebooks.validate(pd.DataFrame(rows))


def _statement(row: pd.Series, numbers: pd.DataFrame) -> dict[str, object]:
    statement = text_checks.Statement(row, audit.all_tables(), numbers.set_index("id"))
    rests = pd.concat([statement.cells(side) for side in ("about", "against")])
    rests = rests.assign(mean=rests["mean"].astype(float).map("{:.4f}".format), region=rests["split"])[CELL]
    cells = source_table.cells()
    cells = cells[cells["table"].isin([int(name) for name in row["table"].split("|")])]
    own = cells.drop_duplicates(CELL).merge(rests.drop_duplicates(), on=CELL)
    revised = own.merge(revised_tables.changes(), on=["table", "group", "system", "objective", "metric", "region"])
    left_out = int(revised["revised"].isna().sum())
    return {
        "id": row["id"],
        "place": row["place"],
        "kind": row["kind"],
        "tables": row["table"].replace("|", ", "),
        "printed": row["printed"],
        "cells": len(own),
        "with_output": int((own["source"] != "").sum()),
        "of_other_metric": int((own["kind"] == "exchanged").sum()),
        "of_other_system": int(((own["called"] != own["objective"]) & (own["called"] != "")).sum()),
        "changed": len(revised) - left_out,
        "left_out": left_out,
        "about_vendors": _vendors(statement.cells("about")),
        "against_vendors": _vendors(statement.cells("against")),
        "as_printed": _recomputed(row, numbers, audit.all_tables()),
        "as_in_notebooks": "" if left_out else _recomputed(row, numbers, revised_tables.tables()),
    }


def _vendors(cells: pd.DataFrame) -> str:
    """How many vendors of South the rows of these cells were scored on, as far as cells count them."""
    wanted = set(
        cells.reindex(columns=["group", "system", "objective"], fill_value="").itertuples(index=False, name=None)
    )
    counts = {
        as_in_notebooks.counted(revised_tables.side_of(row), REGIONS[0])
        for row, _ in source_table.matched()
        if (row.group, row.system, row.objective) in wanted
        and revised_tables.side_of(row).representation in set(cells["modality"])
    }
    known = sorted((count, sure) for count, sure in counts if count == count)  # not NaN
    return ", ".join(f"{count:,.0f}" if sure else f"at most {count:,.0f}" for count, sure in known)


def _recomputed(row: pd.Series, numbers: pd.DataFrame, tables: Tables) -> str:
    given = numbers[numbers["kind"] == "given"]
    [check] = text_checks.statements(tables, pd.concat([row.to_frame().T, given]))
    return f"{check.recomputed:.4g} ({check.reading}): {'agrees' if check.agrees == 'yes' else 'does not agree'}"


def notes(claims: pd.DataFrame) -> dict[str, str]:
    """For each claim that rests on Tables 5 to 11 what the stored outputs make of it, in a sentence or two, by id.

    claims: as `lib.core.published.claims`; those that are tested by orders of retrieval or as `printed`.
    """
    found = {}
    for claim in claims.to_dict("records"):
        if claim["paper"] != "matched":
            continue
        about = {**dict.fromkeys(ORDERS, _of_orders), "printed": _of_printed}
        note = about.get(claim["test"], lambda _: "")(claim["argument"])
        if note:
            found[str(claim["id"])] = note
    return found


def _of_orders(argument: str) -> str:
    table = as_in_notebooks.as_in_notebooks()
    rows = table[table["claim"].str.startswith(tuple(argument.split(";")))]
    if rows.empty:
        return ""
    named = rows[rows["instead"] == ""]
    told = [f"R-Precision as printed {_range(named['printed'])}"]
    if not np.allclose(named["printed"], named["headed"], equal_nan=True):
        told.append(f"{_range(named['headed'])} with the exchanged metrics under their own heading")
    told += _scored(named, "")
    for instead, group in rows[rows["instead"] != ""].groupby("instead", sort=False):
        told += _scored(group, f"{instead}: ")
    sentences = ["; ".join(told) + "."]
    if named[["as_they_come", "cosine"]].isna().all(axis=None):
        sentences.append("The notebooks store no pair of outputs for it.")
    return " ".join([*sentences, *_doubts(named)])


def _scored(rows: DataFrame[AsInNotebooks], lead: str) -> Iterator[str]:
    for column, way in (("as_they_come", "of the vectors as they come"), ("cosine", "by the notebooks' cosine")):
        if rows[column].notna().any() and not np.allclose(rows[column], rows["headed"], equal_nan=True):
            yield f"{lead}{_range(rows[column])} {way}"


def _range(values: pd.Series) -> str:
    """One difference, or the least and the largest of several regions, and how many are above 0."""
    known = values.dropna()
    ends = [f"{known.min():+.3f}", f"{known.max():+.3f}"]
    above = f" ({int((known > 0).sum())} of {len(known)} above 0)" if len(known) > 1 else ""
    return " to ".join(dict.fromkeys(ends)) + above


def _doubts(named: DataFrame[AsInNotebooks]) -> Iterator[str]:
    for side in ("better", "worse"):
        other = named[
            (named[f"{side}_equals"] != "") & (named[f"{side}_equals"] != named[side].str.split(" by ").str[0])
        ]
        for (row, equals), group in other.groupby([side, f"{side}_equals"], sort=False):
            yield f"In {_listed(group['region'])} the row of {row} equals an output under {equals}."
    differ = named[named["same_vendors"] == "no"]
    if len(differ):
        first = differ.iloc[0]
        yield (
            f"The sides are of different vendors in {_listed(differ['region'])} "
            f"({first['region']}: {first['better_vendors']:,.0f} and {first['worse_vendors']:,.0f})."
        )


def _listed(regions: pd.Series) -> str:
    names = list(dict.fromkeys(regions))
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def _of_printed(argument: str) -> str:
    table = statements()
    rows = table[table["id"].isin(argument.split())]
    if rows.empty:
        return ""
    told = []
    for row in rows.itertuples():
        share = f"Table {row.tables}: {row.with_output} of {row.cells} cells equal a stored output"
        of = [(row.of_other_metric, "of another metric"), (row.of_other_system, "of what another row is named")]
        share += "".join(f", {count} {what}" for count, what in of if count)
        if row.kind == "gain" and row.about_vendors and row.about_vendors != row.against_vendors:
            scored = row.against_vendors or "a number that isn't stored"
            share += f", of {row.about_vendors} vendors in South against {scored}"
        if row.left_out:
            share += f" ({row.left_out} without an output of what their own row is named)"
        elif row.as_in_notebooks != row.as_printed:
            share += f"; printed {row.printed}, as in the notebooks {row.as_in_notebooks}"
        told.append(share)
    return "; ".join(told) + "."
