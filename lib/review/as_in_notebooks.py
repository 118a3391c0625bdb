"""What MATCHED's claims of retrieval become where their numbers are taken from the stored outputs.

A printed difference compares two rows. Here the same difference stands as the notebooks' own labels would have it
(`source_table.called`): each side's R-Precision is the output of a cell that loads what the side is named, scored alike
on both sides, either by vectors as they come or by cosine. An order whose side has no such output is repeated with
other systems of the same vectors in its place, marked as such. A stored output can be older than the source above it:
the differences hold if the labels do.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import NamedTuple

import numpy as np
import pandas as pd
import pandera.pandas as pa
from pandera.typing import DataFrame

from lib.core.schemas import Table
from lib.review import claimed_orders, notebook_outputs, source_table
from lib.review.claimed_orders import RETRIEVAL_TABLES, Order, Side
from lib.review.notebook_outputs import METRICS, REGIONS, Source
from lib.review.printed_sources import Match, PrintedRow

METRIC = METRICS.index("R-Precision@X")
SCORED = {"no": "as they come", "yes": "cosine"}
"""How vectors were scored, by whether they were normalised."""


END_TO_END = ("CE", "SupCon", "CE+SupCon")
"""Objectives without alignment, of which one may stand for another, marked as such."""


class AsInNotebooks(Table):
    """A row for each order, region, and way to replace a side that has no output."""

    claim: str
    region: str
    better: str  # the systems that are compared
    worse: str
    instead: str  # which system stands in for which; empty where none does
    printed: float = pa.Field(nullable=True)  # R-Precision, better less worse
    headed: float = pa.Field(nullable=True)  # the same with exchanged metrics under their own heading
    as_they_come: float = pa.Field(nullable=True)  # of outputs that load what the sides are named, not normalised
    cosine: float = pa.Field(nullable=True)  # the same, normalised
    better_reading: str  # of `PrintedSources`, of the printed rows
    worse_reading: str
    better_equals: str  # what the cell loads that the printed number equals, as the tables call it
    worse_equals: str
    better_vendors: float = pa.Field(nullable=True)  # with a document, else (where that isn't known) asked
    worse_vendors: float = pa.Field(nullable=True)
    same_vendors: str = pa.Field(isin=["yes", "no", "not known"])  # whether as many have a document


class _Found(NamedTuple):
    """A side in a region: its printed row with matches, and outputs that load what it is named, by normalised."""

    row: PrintedRow
    own: tuple[Match, ...]
    stored: dict[str, Source]


@cache
def outputs(side: Side) -> dict[str, Source]:
    """The outputs of cells that load what a side is named, by whether they are normalised; the first where there are
    several."""
    found: dict[str, Source] = {}
    for source in notebook_outputs.sources():
        if _is_of(side, source.facts):
            found.setdefault(source.facts["normalised"], source)
    return found


def _is_of(side: Side, facts: pd.Series) -> bool:
    """Whether a cell loads what a side is named. Texts of the text model and of the multimodal one are told apart by
    the notebook."""
    both = facts["notebook"] == "faiss_multimodal.ipynb"
    name = source_table.called().get((facts["loader"], facts["loads"]))
    own = (side.objective, side.representation, side.modality == "multimodal")
    return bool((name, facts["representation"], both) == own)


def _found(side: Side) -> _Found:
    number = RETRIEVAL_TABLES[side.modality, side.representation]
    [(row, own)] = [
        (row, own)
        for row, own in source_table.matched()
        if row.table == number and row.objective == side.objective and row.group != "baseline"
    ]
    return _Found(row, own, outputs(side))


@cache
def as_in_notebooks() -> DataFrame[AsInNotebooks]:
    """Every order of retrieval (`claimed_orders`), region by region, then with other systems in place of those without
    outputs."""
    rows = [line for order in claimed_orders.orders("verification") for line in _lines(order)]
    return AsInNotebooks.validate(pd.DataFrame(rows))


def _lines(order: Order) -> Iterator[dict[str, object]]:
    yield _line(order, order.better, order.worse, "")
    lacking = [side for side in (order.better, order.worse) if not outputs(side)]
    if len(lacking) != 1:
        return
    for name in END_TO_END:
        stand_in = lacking[0]._replace(objective=name)
        better, worse = (stand_in if side == lacking[0] else side for side in (order.better, order.worse))
        if lacking[0].objective in END_TO_END and better != worse and outputs(stand_in):
            yield _line(order, better, worse, f"{name} in place of {lacking[0].objective}")


def _line(order: Order, better: Side, worse: Side, instead: str) -> dict[str, object]:
    region = REGIONS.index(order.region.title())
    sides = {"better": _found(better), "worse": _found(worse)}
    found: dict[str, object] = {"claim": order.statement, "region": REGIONS[region], "instead": instead}
    found |= {"better": _named(better), "worse": _named(worse)}
    found["printed"] = _less(*(side.row.means[METRIC, region] for side in sides.values()))
    found["headed"] = _less(*(_headed(side, region) for side in sides.values()))
    pairs = {normalised: _alike([side.stored.get(normalised) for side in sides.values()]) for normalised in SCORED}
    for normalised, way in SCORED.items():
        found[way.replace(" ", "_")] = _less(*(_value(source, region) for source in pairs[normalised]))
    scored = next((pair for pair in pairs.values() if all(pair)), [None, None])
    counts = [
        _vendors(source, region) if source else counted(side, REGIONS[region])
        for source, side in zip(scored, (better, worse), strict=True)
    ]
    for (name, side), count in zip(sides.items(), counts, strict=True):
        found |= {
            f"{name}_reading": _reading(side),
            f"{name}_equals": _equals(side, region),
            f"{name}_vendors": count[0],
        }
    found["same_vendors"] = _same(*counts)
    return found


def _named(side: Side) -> str:
    by = {"text": "text", "image": "pictures", "multimodal": "both"}[side.representation]
    return f"{side.objective} by {by}" + (" of the multimodal model" if side.modality != side.representation else "")


def _less(better: float, worse: float) -> float:
    return float(np.round(better - worse, 4))


def _value(source: Source | None, region: int) -> float:
    return float(source.means[METRIC, region]) if source else np.nan


def _alike(pair: list[Source | None]) -> list[Source | None]:
    """Both sides' outputs if they were scored alike; vectors that aren't normalised need the same index for that."""
    better, worse = pair
    if better is None or worse is None:
        return [None, None]
    alike = better.facts["normalised"] == "yes" or better.facts["index"] == worse.facts["index"]
    return pair if alike else [None, None]


@cache
def counted(side: Side, region: str) -> tuple[float, bool]:
    """The same as `_vendors` of any cell that loads what a side is named, one without scores too."""
    every = notebook_outputs.read()
    rows = every[(every["region"] == region) & (every["metric"] == METRICS[METRIC])]
    own = rows[[_is_of(side, facts) for _, facts in rows.iterrows()]]
    if own.empty:
        return np.nan, False
    first = own.sort_values("members_only", ascending=False, kind="stable").iloc[0]
    return float(first["scored"]), first["members_only"] == "yes"


@cache
def _confirmed() -> dict[str, Source]:
    """The sources by members that a printed row equals, by cell: how many members they have is known."""
    own = [match.source for _, matches in source_table.matched() for match in matches if match.source.by_members]
    return {source.name.removesuffix(notebook_outputs.BY_MEMBERS): source for source in own}


def _vendors(source: Source, region: int) -> tuple[float, bool]:
    """How many vendors R-Precision is of, and whether that is known: else how many were asked."""
    members = _confirmed().get(source.name, source).members[region]
    return (float(members), True) if np.isfinite(members) else (float(source.scored[METRIC, region]), False)


def _same(better: tuple[float, bool], worse: tuple[float, bool]) -> str:
    if better[1] and worse[1]:
        return "yes" if better[0] == worse[0] else "no"
    fewer = (better[0] < worse[0] and worse[1]) or (worse[0] < better[0] and better[1])
    return "no" if fewer else "not known"


def _headed(side: _Found, region: int) -> float:
    """The printed R-Precision; where that equals an output of another metric, the cell's own R-Precision."""
    for match in side.own:
        if match.equal[METRIC, region] and match.metrics[METRIC] != METRIC:
            return float(match.source.means[METRIC, match.order[region]])
    return float(side.row.means[METRIC, region])


def _reading(side: _Found) -> str:
    table = source_table.table()
    rows = table[(table["table"] == side.row.table) & (table["row"] == side.row.rows[METRIC])]
    return str(rows["reading"].iloc[0])


def _equals(side: _Found, region: int) -> str:
    for match in side.own:
        if match.equal[METRIC, region]:
            return source_table.name_of(match.source)
    return ""
