"""What the map of printed rows and stored outputs shows, finding by finding, in words (`lib.review.source_table`).

Each finding says what is equal (`equal`), and what would follow if the source that stands above an output made it
(`follows`). It never says more: an output can be older than the source.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

import pandas as pd
import pandera.pandas as pa
from pandera.typing import DataFrame

from lib.core.schemas import Table
from lib.review import scoring_choices, source_table
from lib.review.as_in_notebooks import as_in_notebooks
from lib.review.notebook_outputs import REGIONS

NAMES = ["table", "group", "objective"]
"""What tells printed rows of one system apart from others."""


class SourceFindings(Table):
    """A row for each printed row, or table, of which something was found."""

    finding: str
    place: str
    cells: int = pa.Field(ge=0)  # printed cells that it is about
    chance: float = pa.Field(nullable=True)  # of the equality, corrected; the largest where there are several
    equal: str
    follows: str


def findings() -> DataFrame[SourceFindings]:
    """All findings, kind by kind."""
    rows = [row for kind in KINDS for row in kind(source_table.table())]
    columns = list(SourceFindings.to_schema().columns)
    return SourceFindings.validate(pd.DataFrame(rows, columns=columns))


def summary() -> str:
    """How much was found, in a sentence or two."""
    table, cells = source_table.table(), source_table.cells()
    rows = table.drop_duplicates(["table", "row"])
    equal = cells[cells["source"] != ""]
    found = rows[rows["reading"] != "none found"]
    counts = found["reading"].value_counts()
    other = equal[(equal["called"] != "") & (equal["called"] != equal["objective"])]
    systems = len(other.drop_duplicates(NAMES))
    return (
        f"**{len(equal)} of {len(cells)} printed cells of Tables {cells['table'].min()} to {cells['table'].max()} "
        f"equal a stored output**, mean and ±, in {len(found)} of {len(rows)} printed rows: "
        f"{', '.join(f'{count} {reading}' for reading, count in counts.items())}. The rows of {systems} systems equal, "
        f"in {len(other)} cells, an output under the name of another system."
    )


Row = tuple[str, str, int, float, str, str]


def _exchanged(table: pd.DataFrame) -> Iterator[Row]:
    for (number, group, objective), rows in table[table["reading"] == "exchanged"].groupby(NAMES, sort=False):
        pairs = " and ".join(f"{row.metric} equals what the cell calls {row.metric_there}" for row in rows.itertuples())
        compared = as_in_notebooks()
        own = compared[(compared["worse_reading"] == "exchanged") & (compared["instead"] == "")]
        own = own[own["worse"].str.startswith(f"{objective} ")]
        change = (own["headed"] - own["printed"]).round(4)
        yield (
            "metrics exchanged",
            _place(number, group, objective),
            int(rows["equal"].sum()),
            rows["chance"].max(),
            f"In {_cell(rows.iloc[0])}: {pairs}.",
            f"With R-Precision under its own heading a gain over this row changes by {change.min():+.3f} to "
            f"{change.max():+.3f}, by region."
            if len(own)
            else "",
        )


def _other_system(table: pd.DataFrame) -> Iterator[Row]:
    other = table[(table["called"] != "") & (table["called"] != table["objective"])]
    for (number, group, objective, called), rows in other.groupby([*NAMES, "called"], sort=False):
        also = table[(table["table"] == number) & (table["objective"] == called) & (table["called"] == objective)]
        yield (
            "output of another system",
            _place(number, group, objective),
            int(rows["equal"].sum()),
            rows["chance"].max(),
            f"In {_regions(rows)} it equals {_cell(rows.iloc[0])}, whose source loads {called}.",
            f"These numbers would be {called}'s"
            + (f", and those of the row {called} would be {objective}'s" if len(also) else "")
            + ".",
        )


def _two_outputs(table: pd.DataFrame) -> Iterator[Row]:
    for (number, group, objective), rows in table[table["reading"] == "mixed"].groupby(NAMES, sort=False):
        parts = [f"{_cell(own.iloc[0])} in {_regions(own)}" for _, own in rows.groupby("cell", sort=False)]
        yield (
            "two outputs in a row",
            _place(number, group, objective),
            int(rows["equal"].sum()),
            rows["chance"].max(),
            f"It equals {' and '.join(parts)}.",
            "Its South and its other regions would be of two systems, and so would differences between them.",
        )


def _shared(table: pd.DataFrame) -> Iterator[Row]:
    """One output, parts of which stand in two rows."""
    found = table[table["reading"] != "none found"]
    for (number, *_), rows in found.groupby(["table", "notebook", "cell"], sort=False):
        if rows["objective"].nunique() < 2:
            continue
        parts = [f"{_regions(own)} in the row {name}" for name, own in rows.groupby("objective", sort=False)]
        yield (
            "one output in two rows",
            f"Table {number}",
            int(rows["equal"].sum()),
            rows["chance"].max(),
            f"{_cell(rows.iloc[0])} equals {' and '.join(parts)}.",
            f"The rows {' and '.join(rows['objective'].unique())} would have exchanged some of their regions.",
        )


def _scored_otherwise(table: pd.DataFrame) -> Iterator[Row]:
    """Rows that were scored by cosine among rows of their table that were not."""
    found = table[table["reading"] != "none found"]
    for number, rows in found.groupby("table", sort=False):
        cosine, others = rows[rows["normalised"] == "yes"], rows[rows["normalised"] == "no"]
        for (_, group, objective), own in cosine.groupby(NAMES, sort=False):
            if others.empty:
                continue
            yield (
                "scored otherwise than its table",
                _place(number, group, objective),
                int(own["equal"].sum()),
                own["chance"].max(),
                f"It equals {_cell(own.iloc[0])}: normalised, {own['scored'].iloc[0]} vendors by region. The other "
                f"rows with an output ({', '.join(others['objective'].unique())}) are not normalised, of "
                f"{_list(others['scored'].unique())}.",
                "It can't be compared with the rows around it.",
            )


def _not_normalised(table: pd.DataFrame) -> Iterator[Row]:
    """Rows of vectors as they come that have the same vectors' scores by cosine beside them."""
    changes = scoring_choices.authors_change()
    for objective, own in changes[changes["metric"] == "R-Precision@X"].groupby("objective", sort=False):
        rows = table[(table["table"] == 5) & (table["objective"] == objective) & (table["reading"] != "none found")]
        cosine = ", ".join(f"{value:.3f}" for value in own["cosine"])
        raw = ", ".join(f"{value:.3f}" for value in own["inner product"])
        yield (
            "not normalised",
            _place(5, "", str(objective)),
            int(rows["equal"].sum()),
            rows["chance"].max(),
            f"It equals {_cell(rows.iloc[0])}, which ranks by inner product. Another cell has the same vectors by "
            f"cosine: R-Precision {cosine} in place of {raw}.",
            f"By cosine it is {own['difference'].min():.2f} to {own['difference'].max():.2f} higher.",
        )


def _vendors(table: pd.DataFrame) -> Iterator[Row]:
    """How many vendors of South the outputs behind each table are of."""
    found = table[(table["reading"] != "none found") & (table["classes"] == "vendor")]
    for number, rows in found.groupby("table", sort=False):
        first = rows.assign(vendors=[_south(row) for row in rows.itertuples()])
        parts = [f"{count} ({_list(own['objective'].unique())})" for count, own in first.groupby("vendors")]
        yield (
            "vendors",
            f"Table {number}",
            int(rows["equal"].sum()),
            rows["chance"].max(),
            f"South has {_list(parts)} vendors with a document.",
            "A difference between rows, or tables, of different vendors is also a difference of vendors.",
        )


def _south(row: Any) -> str:
    """South's vendors with a document, or how many were asked, which is the most that they can be."""
    members, scored = row.members.split(", ")[0], row.scored.split(", ")[0]
    return f"{int(members):,}" if members != "?" else f"at most {int(scored):,}"


def _without_members(table: pd.DataFrame) -> Iterator[Row]:
    for (number, group, objective), rows in table[table["reading"] == "equal by members"].groupby(NAMES, sort=False):
        yield (
            "MRR over vendors with a document",
            _place(number, group, objective),
            int(rows["equal"].sum()),
            rows["chance"].max(),
            f"{_cell(rows.iloc[0])} asks {rows['scored'].iloc[0]} vendors by region; its MRR, as a mean over the "
            f"{rows['members'].iloc[0]} that have a document, is the printed one.",
            "The printed MRR is of the members, as R-Precision and Macro-F1 are.",
        )


KINDS: tuple[Callable[[pd.DataFrame], Iterator[Row]], ...] = (
    _exchanged,
    _other_system,
    _two_outputs,
    _shared,
    _scored_otherwise,
    _not_normalised,
    _without_members,
    _vendors,
)


def _place(number: object, group: str, objective: str) -> str:
    return f"Table {number}, {f'{group}, ' if group else ''}{objective}"


def _cell(row: pd.Series) -> str:
    return f"{row['notebook'].removesuffix('.ipynb')} cell {row['cell']:.0f}"


def _regions(rows: pd.DataFrame) -> str:
    named = {name for names in rows["regions"] for name in names.split(", ")}
    return _list([region for region in REGIONS if region in named])


def _list(names: Iterable[object]) -> str:
    listed = [str(name) for name in names]
    return listed[0] if len(listed) == 1 else f"{', '.join(listed[:-1])} and {listed[-1]}"
