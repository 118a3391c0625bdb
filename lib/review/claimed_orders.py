"""Orders of systems that MATCHED claims (`claimed_orders.yaml`), tested on a study's runs, paired over vendors."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd
from pandera.typing import DataFrame

from lib.core import published, yaml_files
from lib.core.schemas import ClaimComparisons
from lib.review.verdicts import ClaimVerdict, with_verdicts
from lib.runs.results import ROLES, Results
from lib.study.plan import Run

REGIONS = ("South", "Midwest", "West", "Northeast")
"""The order in which claims of retrieval are tested."""
RETRIEVAL_TABLES = {
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
def orders(task: str) -> tuple[Order, ...]:
    """The orders of a task (identification, verification) in the file's order, those of retrieval region by region."""
    listed = yaml_files.read(Path(__file__).with_suffix(".yaml"), "expected are the orders of both tasks")[task]
    of_task = [Order(row["statement"], row["place"], Side(**row["better"]), Side(**row["worse"])) for row in listed]
    if task == "identification":
        return tuple(of_task)
    return tuple(
        order._replace(statement=f"{order.statement}, {region}", region=region.lower())
        for region in REGIONS
        for order in of_task
    )


def identification(results: Results) -> DataFrame[ClaimComparisons]:
    """The orders of identification on macro-F1."""
    printed = published.table("matched", 4)
    printed = printed[printed["metric"] == "Macro-F1"]

    def published_score(side: Side, order: Order) -> float:
        fusion = side.fusion or ("mean" if side.modality == "multimodal" else "")
        rows = printed[(printed["system"] == ROLES[side.modality]) & (printed["fusion"] == fusion)]
        return _only(rows[rows["objective"] == side.objective])

    def shares(runs: list[Run], side: Side, order: Order) -> list[pd.DataFrame]:
        return results.macro_f1_shares(runs)

    return _tested(results, orders("identification"), published_score, shares)


def verification(results: Results) -> DataFrame[ClaimComparisons]:
    """The orders of retrieval on R-Precision, region by region."""

    def published_score(side: Side, order: Order) -> float:
        table = published.table("matched", RETRIEVAL_TABLES[side.modality, side.representation])
        rows = table[
            (table["metric"] == "R-Precision@X")
            & (table["split"].str.lower() == order.region)
            & (table["objective"] == side.objective)
        ]
        return _only(rows[rows["group"] != "baseline"] if side.modality == "multimodal" else rows)

    def shares(runs: list[Run], side: Side, order: Order) -> list[pd.DataFrame]:
        return results.retrieval_shares(runs, side.representation, order.region)

    regions = set(results.verification["region"])
    return _tested(results, orders("verification"), published_score, shares, regions)


def summary(tested: DataFrame[ClaimComparisons], where: str) -> str:
    """How many orders have which verdict, in a sentence.

    tested: of `identification` or `verification`; where: the data, in words.
    """
    counts = ", ".join(f"{count} {verdict}" for verdict, count in tested["verdict"].value_counts().items())
    return f"Of {len(tested)} orders, {counts} on {where}."


def _only(rows: pd.DataFrame) -> float:
    [value] = rows["mean"]
    return float(value)


def runs_of(results: Results, side: Side) -> list[Run]:
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
) -> DataFrame[ClaimComparisons]:
    """A row an order; p_holm is corrected for all the orders that were tested.

    verdict: supported or reversed at the corrected 5 % level, else undecided; or *not run* (this study lacks a run, or
    its data the region). shares: a score as sums over vendors, a frame a seed; regions: of the data.
    """
    rows: list[dict[str, Any]] = []
    pairs: dict[int, tuple[list[pd.DataFrame], list[pd.DataFrame]]] = {}
    for order in orders:
        better, worse = runs_of(results, order.better), runs_of(results, order.worse)
        row = {
            "claim": order.statement,
            "place": order.place,
            "paper": published_score(order.better, order) - published_score(order.worse, order),
            "verdict": "not run",
        }
        if better and worse and (regions is None or order.region in regions):
            pairs[len(rows)] = shares(better, order.better, order), shares(worse, order.worse, order)
            seeds = min(len(better), len(worse))
            row |= {"seeds": seeds, "better_run": better[0].name, "worse_run": worse[0].name}
        rows.append(row)
    tested = with_verdicts(
        pd.DataFrame(index=range(len(pairs))),
        list(pairs.values()),
        results.study,
        ClaimVerdict.SUPPORTED,
        ClaimVerdict.REVERSED,
    )
    tested = tested.rename(columns={"difference": "ours"}).set_index(pd.Index(pairs))
    table: DataFrame[ClaimComparisons] = pd.DataFrame(rows).reindex(columns=list(ClaimComparisons.to_schema().columns))
    table.loc[tested.index, tested.columns] = tested
    return table
