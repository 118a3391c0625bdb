"""Printed rows beside the outputs that they equal, as a table and cell by cell (`lib.review.printed_sources`)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import pandera.pandas as pa
from pandera.typing import DataFrame

from lib.core import yaml_files
from lib.core.schemas import Table
from lib.review import notebook_outputs, printed_sources
from lib.review.notebook_outputs import METRICS, REGIONS, UNIT, UNIT_STD, Source
from lib.review.printed_sources import AS_PRINTED, Match, PrintedRow

READINGS = ("equal", "equal by members", "exchanged", "out of order", "mixed", "partly equal", "none found")
"""Of a printed row and metric: all cells equal one output; MRR once it is averaged over members; an output of another
metric; of other regions; two outputs, each in some regions; one output in some regions; none."""
FACTS = (
    "notebook",
    "cell",
    "loads",
    "representation",
    "index",
    "normalised",
    "duplicates_removed",
    "members_only",
    "classes",
)
"""Columns of `PrintedSources` that are the cell's, as `lib.review.notebook_outputs` has them."""
OF_SOURCE = (*FACTS, "regions", "called", "metric_there", "scored", "members", "also")
KINDS = ("equal", "equal by members", "exchanged", "out of order", "second output", "nearly equal", "none found")
"""Of a printed cell. nearly equal: mean and ± differ from the row's output by a unit of their last digit at most."""


class PrintedSources(Table):
    """What each printed row equals, metric by metric: a row for each source, or one that says none was found."""

    table: int
    row: int
    group: str
    system: str
    objective: str
    metric: str  # as printed
    reading: str = pa.Field(isin=READINGS)  # of the printed row, all its sources together
    regions: str  # in which the row equals this source
    equal: int = pa.Field(ge=0, le=4)
    of: int = pa.Field(ge=0, le=4)  # printed cells of the row
    near: str  # regions that are nearly equal
    chance: float = pa.Field(nullable=True)  # that so many cells of the system equal the source, corrected
    notebook: str
    cell: float = pa.Field(nullable=True)
    loads: str
    called: str  # the tables' name of what the cell's source loads; empty where it isn't known
    representation: str
    metric_there: str
    index: str
    normalised: str
    duplicates_removed: str
    members_only: str
    classes: str
    scored: str  # vendors (of Table 8: ads) that were asked, by region, South first
    members: str  # those of them that have a document, where that is known
    also: str  # cells with the same numbers


class PrintedCells(Table):
    """A row for each printed cell of a region: what kind of equality it has, and with which source."""

    table: int
    group: str
    objective: str
    system: str
    metric: str
    region: str
    mean: str  # as printed in four decimals
    kind: str = pa.Field(isin=KINDS)
    source: str  # the cell that it equals, empty if none
    called: str  # what the tables call that cell's vectors


@cache
def called() -> dict[tuple[str, str], str]:
    """The tables' name of vectors by loader and what it is given (`source_table.yaml`)."""
    listed = yaml_files.read(Path(__file__).with_suffix(".yaml"), "expected are the names of loaded vectors")["called"]
    return {(row["loader"], row["loads"]): row["objective"] for row in listed}


def name_of(source: Source) -> str:
    """What the tables call the vectors that a source's cell loads; '' where it isn't known."""
    return called().get((source.facts["loader"], source.facts["loads"]), "")


@cache
def matched() -> tuple[tuple[PrintedRow, tuple[Match, ...]], ...]:
    """Every printed row with its matches, of the published tables and the published outputs."""
    rows = printed_sources.printed_rows()
    found = printed_sources.matches(rows, notebook_outputs.sources())
    return tuple((row, tuple(own)) for row, own in zip(rows, found, strict=True))


@cache
def table() -> DataFrame[PrintedSources]:
    """What each printed row equals, in the order of print."""
    everything = notebook_outputs.sources()
    rows = [
        line
        for number in printed_sources.TABLES
        for metric in range(len(METRICS))
        for row, own in matched()
        if row.table == number
        for line in _lines(row, own, metric, everything)
    ]
    return PrintedSources.validate(pd.DataFrame(rows))


def _lines(
    row: PrintedRow, own: tuple[Match, ...], metric: int, everything: Sequence[Source]
) -> Iterator[dict[str, object]]:
    kinds = _kinds(row, own)[metric]
    printed = np.isfinite(row.means[metric])
    head = {
        "table": row.table,
        "row": row.rows[metric],
        "group": row.group,
        "system": row.system,
        "objective": row.objective,
        "metric": METRICS[metric],
        "reading": _reading(own, metric, kinds, int(printed.sum())),
        "of": int(printed.sum()),
        "near": _names(kinds == "nearly equal"),
    }
    here = [match for match in own if match.equal[metric].any()]
    for match in here:
        yield head | _of_match(row, match, metric, everything)
    if not here:
        yield dict.fromkeys(OF_SOURCE, "") | head | {"equal": 0, "chance": np.nan, "cell": np.nan}


def _of_match(row: PrintedRow, match: Match, metric: int, everything: Sequence[Source]) -> dict[str, object]:
    facts = match.source.facts
    equal = printed_sources.equal_cells([row], everything)[0]
    alike = [
        source.name
        for source, pairs in zip(everything, equal, strict=True)
        if not source.by_members
        and (source.facts["notebook"], source.facts["cell"]) != (facts["notebook"], facts["cell"])
        and (printed_sources.placed(pairs, [(match.metrics, match.order)])[0] >= match.equal)[metric].all()
    ]
    there = match.metrics[metric]
    return {name: facts[name] for name in FACTS} | {
        "regions": _names(match.equal[metric]),
        "equal": int(match.equal[metric].sum()),
        "chance": match.chance,
        "called": name_of(match.source),
        "metric_there": match.source.headings[there],
        "scored": _counts(match.source.scored[there]),
        "members": _counts(match.source.members),
        "also": ", ".join(alike),
    }


def _counts(counts: np.ndarray) -> str:
    return ", ".join("?" if np.isnan(count) else f"{count:.0f}" for count in counts)


def _names(chosen: np.ndarray) -> str:
    return ", ".join(region for region, one in zip(REGIONS, chosen, strict=True) if one)


def _kinds(row: PrintedRow, own: tuple[Match, ...]) -> np.ndarray:
    """The kind of each printed cell: (metrics, regions), names of KINDS."""
    found = np.full(row.means.shape, "none found", object)
    for place, match in enumerate(own):
        metrics, order = list(match.metrics), list(match.order)
        means, stds, slack = (
            array[metrics][:, order] for array in (match.source.means, match.source.stds, match.source.mean_slack)
        )
        near = (np.abs(row.means - means) < 1.5 * UNIT) & (np.abs(row.stds - stds) < 1.5 * UNIT_STD)
        found[near & (found == "none found")] = "nearly equal"
        kind = np.full(row.means.shape, "equal" if place == 0 else "second output", object)
        kind[slack > UNIT / 2] = "equal by members"
        kind[np.array(match.metrics) != AS_PRINTED[0]] = "exchanged"
        if match.order != AS_PRINTED[1]:
            kind[:] = "out of order"
        found[match.equal] = kind[match.equal]
    return found


def _reading(own: tuple[Match, ...], metric: int, kinds: np.ndarray, printed: int) -> str:
    here = [match for match in own if match.equal[metric].any()]
    if not here:
        return "none found"
    if len(here) > 1:
        return "mixed"
    for name in ("exchanged", "out of order"):
        if name in kinds:
            return name
    if here[0].equal[metric].sum() < printed:
        return "partly equal"
    return "equal by members" if "equal by members" in kinds else "equal"


@cache
def cells() -> DataFrame[PrintedCells]:
    """Every printed cell of a region with its kind, in the order of print."""
    rows = []
    for row, own in matched():
        kinds = _kinds(row, own)
        for (metric, region), kind in np.ndenumerate(kinds):
            sources = [match.source for match in own if match.equal[metric, region]]
            rows.append(
                {
                    "table": row.table,
                    "group": row.group,
                    "objective": row.objective,
                    "system": row.system,
                    "metric": METRICS[metric],
                    "region": REGIONS[region],
                    "kind": kind,
                    "mean": f"{row.means[metric, region]:.4f}",
                    "source": "".join(source.name for source in sources),
                    "called": "".join(map(name_of, sources)),
                }
            )
    return PrintedCells.validate(pd.DataFrame(rows))
