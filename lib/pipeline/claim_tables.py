"""What a study has of each claim: its row of the ledger and the rows of tables that speak of it.

Every table but the ledger may be missing, since older published studies lack some.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import pandas as pd
import pandera.pandas as pa
from pandera.typing import DataFrame

from lib.core import published, tables
from lib.core.schemas import Table
from lib.review.arithmetic.text_checks import Statement
from lib.review.claim_tests import COMPARISONS

Model = TypeVar("Model", bound=Table)
REMEDY = "Run chapter 91_scorecard again, which writes it."


class LedgerRows(Table):
    """`ledger.csv` (chapter 91): a row a claim. Units of `effect`, `low`, `high`, `smallest` are those of its test."""

    id: str = pa.Field(str_matches=r"^[a-z][a-z0-9_-]*$")  # also a file's name
    paper: str  # matched or hotels
    place: str  # where the paper says so
    statement: str
    verdict: str
    effect: float = pa.Field(nullable=True)
    low: float = pa.Field(nullable=True)  # 95 % interval
    high: float = pa.Field(nullable=True)
    seeds: float = pa.Field(nullable=True)
    protocol: str
    why: str
    twin: str  # what the twin can say of it
    chapter: str
    runs: str  # names, with blanks between
    smallest: float | None = pa.Field(nullable=True)  # effect that the study could have shown, 80 % power
    vendors_needed: float | None = pa.Field(nullable=True)  # to show the measured effect, or the margin if larger
    seeds_needed: float | None = pa.Field(nullable=True)  # of each side, with as many vendors
    printed_error: str | None  # sentences
    in_notebooks: str | None
    planned: str | None


class PowerRows(Table):
    """`power.csv`: a row a comparison that a claim rests on, in the unit of the claim's test."""

    claim: str  # id of the ledger
    comparison: str
    variant: str
    effect: float = pa.Field(nullable=True)
    se: float = pa.Field(nullable=True)  # standard error of the effect
    vendors: float = pa.Field(nullable=True)
    seeds: float = pa.Field(nullable=True)
    smallest: float = pa.Field(nullable=True)  # effect that could have been shown, 80 % power
    vendors_needed: float = pa.Field(nullable=True)
    seeds_needed: float = pa.Field(nullable=True)
    margin: float = pa.Field(nullable=True)  # within which two scores count as equivalent


class PrintedErrors(Table):
    """`printed_error.csv` (chapter 90): the sampling error of printed differences.

    se_0 … se_9: the standard error where both scores correlate over vendors by 0, 0.3, 0.5, 0.7, 0.9.
    """

    claim: str  # id of the ledger
    statement: str
    place: str
    split: str
    difference: float = pa.Field(nullable=True)
    n: float = pa.Field(nullable=True)  # vendors or queries
    basis: str | None  # what the error is taken from
    se_0: float = pa.Field(nullable=True)
    se_3: float = pa.Field(nullable=True)
    se_5: float = pa.Field(nullable=True)
    se_7: float = pa.Field(nullable=True)
    se_9: float = pa.Field(nullable=True)
    survives_from: str  # the lowest of these correlations at which the order stays; empty where at none


@dataclass(frozen=True)
class Evidence:
    """A claim with what the study has of it. row: of `LedgerRows`; test, argument, needs: of `claims.csv`, '' where
    that doesn't list it; behind: the rows that its test reads, by table; real: of `real_sets.csv`, None without one."""

    row: Mapping[str, Any]
    test: str = ""
    argument: str = ""
    needs: str = ""
    behind: Mapping[str, pd.DataFrame] = field(default_factory=dict)
    power: pd.DataFrame = field(default_factory=pd.DataFrame)
    errors: pd.DataFrame = field(default_factory=pd.DataFrame)
    real: pd.DataFrame | None = None


def read(folder: Path) -> list[Evidence]:
    """What the tables in `folder` say of each claim, in the ledger's order; nothing without a ledger.

    Raises DataError where a table isn't as its schema says.
    """
    ledger = _checked(folder / "ledger.csv", LedgerRows)
    power, errors = (_checked(folder / f"{name}.csv", of) for name, of in _OPTIONAL.items())
    found = _Tables(folder)
    real, listed = found["real_sets"], published.claims().set_index("id")
    evidence = []
    for row in ledger.to_dict("records"):
        claim = listed.loc[row["id"]] if row["id"] in listed.index else pd.Series("", ["test", "argument", "needs"])
        evidence.append(
            Evidence(
                row,
                **claim[["test", "argument", "needs"]],
                behind=behind(claim["test"], claim["argument"], found),
                power=_of(power, row["id"]),
                errors=_of(errors, row["id"]),
                real=None if real is None else _of(real, row["id"]),
            )
        )
    return evidence


_OPTIONAL: dict[str, type[Table]] = {"power": PowerRows, "printed_error": PrintedErrors}


class _Tables(dict[str, pd.DataFrame | None]):
    """A study's tables by name, read when they are first asked for; None where there is none or it has no rows."""

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self.folder = folder

    def __missing__(self, name: str) -> pd.DataFrame | None:
        path = self.folder / f"{name}.csv"
        table = tables.chapter(path) if path.exists() else pd.DataFrame()
        self[name] = None if table.empty else table
        return self[name]


def _checked(path: Path, model: type[Model]) -> pd.DataFrame:
    """A table by its schema, without the apostrophes that spreadsheets need; no rows where there is none."""
    if not path.exists():
        return pd.DataFrame(columns=list(model.to_schema().columns))
    frame: DataFrame[Model] = tables.read(path, model, REMEDY)
    return frame.assign(**{name: frame[name].map(tables.unguarded) for name in frame.select_dtypes("str")})


def _of(table: pd.DataFrame, claim: str) -> pd.DataFrame:
    return table[table["claim"] == claim].drop(columns="claim")


def behind(test: str, argument: str, found: Mapping[str, pd.DataFrame | None]) -> dict[str, pd.DataFrame]:
    """The rows that a test of `lib.review.claim_tests` reads with this argument, by table, of those in `found`.

    Nothing for a test that isn't one of `READS`.
    """
    rows = READS[test](argument) if test in READS else ()
    chosen = {name: table[which(table)] for name, which in rows if (table := found[name]) is not None}
    return {name: table for name, table in chosen.items() if len(table)}


Which = Callable[[pd.DataFrame], pd.Series]
"""Which rows of a table a test reads."""


def _all(table: pd.DataFrame) -> pd.Series:
    return pd.Series(True, table.index)


def _whole(*names: str) -> Callable[[str], Iterator[tuple[str, Which]]]:
    return lambda argument: ((name, _all) for name in names)


def _orders(argument: str) -> Iterator[tuple[str, Which]]:
    starts = tuple(argument.split(";"))
    yield from ((name, lambda table: table["claim"].str.startswith(starts)) for name in COMPARISONS)


def _face_networks(argument: str) -> Iterator[tuple[str, Which]]:
    task, faces = argument.split(";")
    name = {"identification": "identification_rows"}.get(task, task)
    yield name, lambda table: table["faces"].isin(faces.split("|"))


def _interval(argument: str) -> Iterator[tuple[str, Which]]:
    name, where, *_ = argument.split(";")
    column, _, value = where.partition("=")
    yield name, _all if column.endswith("!") else lambda table: table[column] == value


def _bins(argument: str) -> Iterator[tuple[str, Which]]:
    name, factor, *systems = argument.split(";")  # and which bins, or which way
    yield name, lambda table: (table["factor"] == factor) & table["system"].isin(systems)


def _positives(argument: str) -> Iterator[tuple[str, Which]]:
    yield "positives", lambda table: table["system"].isin(argument.split(";"))


def _falls(argument: str) -> Iterator[tuple[str, Which]]:
    first, second = argument.split(";")
    asked = {"from": first, "to": second}
    yield (
        "hotel_falls",
        lambda table: (table[list(asked)] == pd.Series(asked)).all(axis=1) & (table["loss"] != "pre-trained"),
    )


def _recall_falls(argument: str) -> Iterator[tuple[str, Which]]:
    yield "hotel_recall", lambda table: table["split"].isin(argument.split(";"))


def _cleaned(argument: str) -> Iterator[tuple[str, Which]]:
    yield "hotels_cleaning", lambda table: table["finding"] == argument


def _hotels(argument: str) -> Iterator[tuple[str, Which]]:
    yield "hotel_verdicts", lambda table: table["question"].str.startswith(argument)


def _invariants(argument: str) -> Iterator[tuple[str, Which]]:
    yield "hotels_invariants", lambda table: ~table["invariant"].str.contains("a fifth of")


def _fifth(argument: str) -> Iterator[tuple[str, Which]]:
    yield "hotels_invariants", lambda table: table["invariant"].str.contains("a fifth of")


def _printed(argument: str) -> Iterator[tuple[str, Which]]:
    numbers = published.text_numbers().set_index("id", drop=False)
    asked = numbers.loc[[name for name in argument.split() if name in numbers.index]]
    checks = {(row["paper"], row["place"], Statement(row, {}, numbers).describe()) for _, row in asked.iterrows()}
    yield (
        "paper_audit",
        lambda table: pd.Series(
            [check in checks for check in table[["paper", "place", "what"]].itertuples(index=False, name=None)],
            table.index,
        ),
    )


READS: dict[str, Callable[[str], Iterator[tuple[str, Which]]]] = {
    "orders": _orders,
    "on_par": _orders,
    "reversed_orders": _orders,
    "face_networks": _face_networks,
    "interval": _interval,
    "setting": lambda argument: _whole(argument.split(";")[0])(argument),
    "bins": _bins,
    "trend": _bins,
    "positives": _positives,
    "alignment": _whole("alignment_judged", "alignment_contrasts"),
    "seeds": _whole("matched_table_03"),
    "printed": _printed,
    "falls": _falls,
    "recall_falls": _recall_falls,
    "counts": lambda argument: _whole(argument)(argument),
    "cleaned": _cleaned,
    "class_sizes": _whole("hotels_class_sizes"),
    "hotels": _hotels,
    "invariants": _invariants,
    "fifth": _fifth,
    "leak": _whole("leakage", "leakage_falls", "leakage_probe"),
}
"""What each test reads: for its argument, names of tables and which of their rows."""
