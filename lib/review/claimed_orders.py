"""Orders of systems that MATCHED claims (`claimed_orders.yaml`), tested on a study's runs, paired over vendors."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd
from pandera.typing import DataFrame

from lib.core import published, yaml_files
from lib.evaluation.intervals import Score
from lib.review import answers
from lib.review.order_tests import Pair, TestedOrders, tested
from lib.review.verdicts import NOT_CONVERGED, NOT_RUN, in_common
from lib.runs.results import ROLES, Results, predictions, queries
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


ITEMS = {"text": "texts", "image": "pictures", "multimodal": "pairs"}


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


class Compared(NamedTuple):
    """Both sides' scores as sums over vendors, a frame a seed, and the items that they are of."""

    better: Score
    worse: Score
    items: str


@cache
def orders(task: str) -> tuple[Order, ...]:
    """The orders of a task (identification, verification) in the file's order, those of retrieval region by region."""
    return _listed(task) if task == "identification" else in_regions(REGIONS)


def in_regions(regions: Iterable[str]) -> tuple[Order, ...]:
    """The orders of retrieval, asked in each of these regions."""
    return tuple(
        order._replace(statement=f"{order.statement}, {region}", region=region.lower())
        for region in regions
        for order in _listed("verification")
    )


def regions_of(results: Results) -> tuple[str, ...]:
    """MATCHED's regions; of data that has none of them its own, that of training first."""
    present = dict.fromkeys(region for regions in results.runs["regions"] for region in regions)
    if not present or {region.lower() for region in REGIONS} & set(present):
        return REGIONS
    first = results.runs["train_region"].iloc[0]
    return (first, *(region for region in present if region != first))


@cache
def _listed(task: str) -> tuple[Order, ...]:
    listed = yaml_files.read(Path(__file__).with_suffix(".yaml"), "expected are the orders of both tasks")[task]
    return tuple(Order(row["statement"], row["place"], Side(**row["better"]), Side(**row["worse"])) for row in listed)


def identification(results: Results, variant: str) -> DataFrame[TestedOrders]:
    """The orders of identification on macro-F1, both sides in a variant.

    Systems of different modality are compared on the test pairs of the multimodal one, where a text's or a picture's
    prediction counts for each pair that it is in; without one of them on the items of each.
    """
    printed = published.table("matched", 4)
    printed = printed[printed["metric"] == "Macro-F1"]

    def published_score(side: Side, order: Order) -> float:
        fusion = side.fusion or ("mean" if side.modality == "multimodal" else "")
        rows = printed[(printed["system"] == ROLES[side.modality]) & (printed["fusion"] == fusion)]
        return _only(rows[rows["objective"] == side.objective])

    def compared(better: list[Run], worse: list[Run], order: Order) -> Compared:
        modalities = [order.better.modality, order.worse.modality]
        pairs = results.benchmark("multimodal", order.better.objective, variant)
        if modalities[0] != modalities[1] and pairs:
            shares = [answers.shares(runs, of, pairs[0]) for runs, of in zip((better, worse), modalities, strict=True)]
            return Compared(shares[0], shares[1], f"{len(predictions(pairs[0]))} pairs")
        items = [
            f"{len(predictions(runs[0]))} {ITEMS[of]}" for runs, of in zip((better, worse), modalities, strict=True)
        ]
        return Compared(results.macro_f1_shares(better), results.macro_f1_shares(worse), in_common(items))

    return _tested(results, orders("identification"), variant, "Macro-F1", published_score, compared)


def verification(results: Results, variant: str) -> DataFrame[TestedOrders]:
    """The orders of retrieval on R-Precision, region by region (`regions_of`), both sides in a variant.

    Under the protocol `ad` the queries of text, picture and pairs come from the same ads; R-Precision is averaged by
    vendor, so that it weighs vendors alike whatever their number of items.
    """

    def published_score(side: Side, order: Order) -> float:
        if order.region.title() not in REGIONS:
            return float("nan")
        table = published.table("matched", RETRIEVAL_TABLES[side.modality, side.representation])
        rows = table[
            (table["metric"] == "R-Precision@X")
            & (table["split"].str.lower() == order.region)
            & (table["objective"] == side.objective)
        ]
        return _only(rows[rows["group"] != "baseline"] if side.modality == "multimodal" else rows)

    def compared(better: list[Run], worse: list[Run], order: Order) -> Compared:
        shares, items = [], []
        for runs, side in ((better, order.better), (worse, order.worse)):
            shares.append(results.retrieval_shares(runs, side.representation, order.region))
            asked = queries(runs[0], side.representation)
            items.append(f"{int((asked['region'] == order.region).sum())} {ITEMS[side.representation]}")
        return Compared(shares[0], shares[1], in_common(items))

    return _tested(results, in_regions(regions_of(results)), variant, "R-Precision@X", published_score, compared)


def judged(comparisons: DataFrame[TestedOrders]) -> DataFrame[TestedOrders]:
    """The rows that a claim is judged by: those of `described` where it was run and had converged, else of `corrected`
    where that was run, else those that there are.

    comparisons: of `identification` or `verification`, in one variant or both.
    """
    decides = ~comparisons["verdict"].isin([NOT_RUN, NOT_CONVERGED])
    ran = comparisons["verdict"] != NOT_RUN
    described = comparisons["variant"] == "described"
    order = 4 * (described & decides) + 2 * (~described & ran) + (described & ran)
    best = order.groupby(comparisons["claim"], sort=False).transform("max") == order
    rows: DataFrame[TestedOrders] = comparisons[best].drop_duplicates("claim", keep="last")
    return rows


def summary(comparisons: DataFrame[TestedOrders], where: str) -> str:
    """How many orders have which verdict, in a sentence.

    comparisons: of `identification` or `verification`; where: the data, in words.
    """
    counts = ", ".join(f"{count} {verdict}" for verdict, count in comparisons["verdict"].value_counts().items())
    return f"Of {len(comparisons)} orders, {counts} on {where}."


def shown(comparisons: DataFrame[TestedOrders]) -> pd.DataFrame:
    """What a chapter shows of the orders that were run: all but run folders and the parts of the error."""
    hidden = ["family", "margin", "p", "vendor_error", "seed_error", "seed_freedom", "better_run", "worse_run"]
    return comparisons[comparisons["verdict"] != NOT_RUN].drop(columns=hidden)


def _only(rows: pd.DataFrame) -> float:
    [value] = rows["mean"]
    return float(value)


def runs_of(results: Results, side: Side, variant: str = "corrected") -> list[Run]:
    """The seeds of a side's row; empty if it wasn't run."""
    return results.benchmark(side.modality, side.objective, variant, side.fusion)


def _tested(
    results: Results,
    orders: tuple[Order, ...],
    variant: str,
    metric: str,
    published_score: Callable[[Side, Order], float],
    compared: Callable[[list[Run], list[Run], Order], Compared],
) -> DataFrame[TestedOrders]:
    """A row an order; verdicts by `lib.review.order_tests`, or *not run* (this study lacks a run, or its data the
    region)."""
    rows: list[dict[str, Any]] = []
    pairs: dict[int, Pair] = {}
    for order in orders:
        better, worse = runs_of(results, order.better, variant), runs_of(results, order.worse, variant)
        row = {
            "claim": order.statement,
            "variant": variant,
            "place": order.place,
            "paper": published_score(order.better, order) - published_score(order.worse, order),
            "verdict": NOT_RUN,
        }
        both = compared(better, worse, order) if better and worse else None
        if both and all(len(frame) for side in both[:2] for frame in side):
            learned = trained(results, better, worse)
            pairs[len(rows)] = Pair(both.better, both.worse, learned)
            of_trained = [results.of(runs) for runs, is_so in zip((better, worse), learned, strict=True) if is_so]
            row |= {
                "seeds": min(len(better), len(worse)),
                "sampling": in_common([of["sampling"] for of in of_trained]),
                "steps": in_common([f"{of['steps']:.0f} steps" for of in of_trained]),
                "items": both.items,
                "converged": results.converged([*better, *worse]),
                "better_run": better[0].name,
                "worse_run": worse[0].name,
            }
        rows.append(row)
    return tested(pd.DataFrame(rows), pairs, results.study, metric)


def trained(results: Results, better: list[Run], worse: list[Run]) -> tuple[bool, bool]:
    """Whether each side was trained, so that its scores vary over seeds."""
    first, second = (bool(results.of(runs)["steps"] != 0) for runs in (better, worse))
    return first, second
