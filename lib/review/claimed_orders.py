"""Orders of systems that MATCHED claims (`claimed_orders.yaml`), tested on a study's runs, paired over vendors."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd

from lib.core import published, yaml_files
from lib.evaluation.intervals import compared
from lib.review.verdicts import ClaimVerdict
from lib.runs.results import ROLES, Results
from lib.study.plan import Run

REGIONS = ("South", "Midwest", "West", "Northeast")
"""The order in which claims of retrieval are tested."""
TESTED = ["ours", "low", "high", "vendors", "verdict", "p", "p_holm"]
COLUMNS = ["claim", "place", "paper", *TESTED, "seeds", "better_run", "worse_run"]
NOT_RUN = "not run"
_RETRIEVAL_TABLES = {
    ("text", "text"): 5,
    ("image", "image"): 7,
    ("multimodal", "text"): 9,
    ("multimodal", "image"): 10,
    ("multimodal", "multimodal"): 11,
}
"""(modality, representation) -> MATCHED's table of its retrieval scores."""


class Side(NamedTuple):
    """A benchmark by modality and objective, for retrieval which of its representations, and its fusion if not mean."""

    modality: str
    objective: str
    representation: str = ""
    fusion: str = ""


class Order(NamedTuple):
    """`better` is said to score higher than `worse`; place: where the paper says so; region of retrieval."""

    statement: str
    place: str
    better: Side
    worse: Side
    region: str = "south"


@cache
def identification_orders() -> tuple[Order, ...]:
    """The orders of identification, in the file's order."""
    return tuple(_read("identification"))


@cache
def verification_orders() -> tuple[Order, ...]:
    """The orders of retrieval, region by region."""
    return tuple(
        order._replace(statement=f"{order.statement}, {region}", region=region.lower())
        for region in REGIONS
        for order in _read("verification")
    )


def _read(task: str) -> Iterable[Order]:
    orders = yaml_files.read(Path(__file__).with_suffix(".yaml"), "expected are the orders of both tasks")
    for order in orders[task]:
        yield Order(order["statement"], order["place"], Side(**order["better"]), Side(**order["worse"]))


def identification(results: Results) -> pd.DataFrame:
    """The orders of identification on macro-F1; see `_tested` for the columns."""
    printed = published.table("matched", 4)
    printed = printed[printed["metric"] == "Macro-F1"]

    def published_score(side: Side, order: Order) -> float:
        fusion = side.fusion or ("mean" if side.modality == "multimodal" else "")
        rows = printed[(printed["system"] == ROLES[side.modality]) & (printed["fusion"] == fusion)]
        return _only(rows[rows["objective"] == side.objective])

    def shares(runs: list[Run], side: Side, order: Order) -> list[pd.DataFrame]:
        return results.macro_f1_shares(runs)

    return _tested(results, identification_orders(), published_score, shares)


def verification(results: Results) -> pd.DataFrame:
    """The orders of retrieval on R-Precision, region by region; see `_tested` for the columns."""

    def published_score(side: Side, order: Order) -> float:
        table = published.table("matched", _RETRIEVAL_TABLES[side.modality, side.representation])
        rows = table[
            (table["metric"] == "R-Precision@X")
            & (table["split"].str.lower() == order.region)
            & (table["objective"] == side.objective)
        ]
        return _only(rows[rows["group"] != "baseline"] if side.modality == "multimodal" else rows)

    def shares(runs: list[Run], side: Side, order: Order) -> list[pd.DataFrame]:
        return results.retrieval_shares(runs, side.representation, order.region)

    regions = set(results.verification["region"])
    return _tested(results, verification_orders(), published_score, shares, regions)


def summary(tested: pd.DataFrame, where: str) -> str:
    """How many orders have which verdict, in a sentence.

    tested: of `identification` or `verification`; where: the data, in words.
    """
    counts = ", ".join(f"{count} {verdict}" for verdict, count in tested["verdict"].value_counts().items())
    return f"Of {len(tested)} orders, {counts} on {where}."


def _only(rows: pd.DataFrame) -> float:
    [value] = rows["mean"]
    return float(value)


def _runs(results: Results, side: Side) -> list[Run]:
    """The seeds of a side's row; empty if it wasn't run."""
    if not side.fusion:
        return results.find(side.modality, side.objective)
    where = {"published": ROLES[side.modality], "fusion": side.fusion, "variant": "corrected", "faces": "all"}
    return results.find(side.modality, side.objective, **where)


def _tested(
    results: Results,
    orders: tuple[Order, ...],
    published_score: Callable[[Side, Order], float],
    shares: Callable[[list[Run], Side, Order], list[pd.DataFrame]],
    regions: set[str] | None = None,
) -> pd.DataFrame:
    """A row an order: `claim, place, paper` (its difference), `ours, low, high, vendors, verdict, p, p_holm`, …

    … `seeds, better_run, worse_run` (the first seed's). p_holm is corrected for all the orders that were tested.
    verdict: supported or reversed at the corrected 5 % level, else undecided; or *not run* (this study lacks a run, or
    its data the region). shares: a score as sums over vendors, a frame a seed; regions: of the data.
    """
    rows: list[dict[str, Any]] = []
    pairs: dict[int, tuple[list[pd.DataFrame], list[pd.DataFrame]]] = {}
    for order in orders:
        better, worse = _runs(results, order.better), _runs(results, order.worse)
        row = {
            "claim": order.statement,
            "place": order.place,
            "paper": published_score(order.better, order) - published_score(order.worse, order),
            "verdict": NOT_RUN,
        }
        if better and worse and (regions is None or order.region in regions):
            pairs[len(rows)] = shares(better, order.better, order), shares(worse, order.worse, order)
            row |= {
                "seeds": min(len(better), len(worse)),
                "better_run": better[0].name,
                "worse_run": worse[0].name,
            }
        rows.append(row)
    differences = compared(list(pairs.values()), results.study.bootstrap, results.study.split.seed)
    verdicts = {"higher": ClaimVerdict.SUPPORTED.value, "lower": ClaimVerdict.REVERSED.value}
    differences["verdict"] = differences["direction"].replace(verdicts)
    tested = differences.rename(columns={"difference": "ours"}).set_index(pd.Index(pairs))
    table = pd.DataFrame(rows).reindex(columns=COLUMNS)
    table.loc[tested.index, TESTED] = tested[TESTED]
    return table
