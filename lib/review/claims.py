"""Orders of systems that the paper claims, tested on a study's runs, paired over vendors."""

from __future__ import annotations

from typing import Any, NamedTuple

import pandas as pd

from lib.core import published
from lib.evaluation.intervals import compared
from lib.runs.results import ROLES, Results
from lib.study.plan import Run


class Side(NamedTuple):
    """A benchmark by modality and objective, for retrieval which of its representations, and its fusion if not the mean."""

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


IDENTIFICATION = (
    Order("CE+SupCon identifies better than CE, by text", "Table 2", Side("text", "CE+SupCon"), Side("text", "CE")),
    Order("CE+SupCon identifies better than CE, by image", "Table 2", Side("image", "CE+SupCon"), Side("image", "CE")),
    Order(
        "CE+SupCon identifies better than CE, by both",
        "Table 2",
        Side("multimodal", "CE+SupCon"),
        Side("multimodal", "CE"),
    ),
    Order(
        "Both together identify better than text alone",
        "section 5 (i)",
        Side("multimodal", "CE+SupCon"),
        Side("text", "CE+SupCon"),
    ),
    Order(
        "Both together identify better than images alone",
        "section 5 (i)",
        Side("multimodal", "CE+SupCon"),
        Side("image", "CE+SupCon"),
    ),
    Order("Text identifies better than images", "section 5", Side("text", "CE+SupCon"), Side("image", "CE+SupCon")),
    Order("CE+Triplet identifies worse than CE, by text", "Table 4", Side("text", "CE"), Side("text", "CE+Triplet")),
    Order(
        "CE+Triplet identifies better than CE, by image", "Table 4", Side("image", "CE+Triplet"), Side("image", "CE")
    ),
    *(
        Order(
            f"Mean fusion identifies better than {fusion}",
            "A.5.3",
            Side("multimodal", "CE"),
            Side("multimodal", "CE", fusion=fusion),
        )
        for fusion in ("concat", "auto", "attention")
    ),
    *(
        Order(
            f"End-to-end training identifies better than after {method} alignment, {objective}",
            "Table 4, A.5",
            Side("multimodal", objective),
            Side("multimodal", f"{method}+{objective}"),
        )
        for method, objective in (("ITC", "CE"), ("ITC+ITM", "CE"), ("BLIP2", "CE"), ("BLIP2", "CE+SupCon"))
    ),
)
VERIFICATION = tuple(
    Order(f"{statement}, {region}", place, better, worse, region.lower())
    for region in ("South", "Midwest", "West", "Northeast")
    for statement, place, better, worse in (
        (
            "Training improves text retrieval",
            "Table 5",
            Side("text", "CE+SupCon", "text"),
            Side("text", "pre-trained", "text"),
        ),
        (
            "Training improves image retrieval",
            "Table 7",
            Side("image", "CE+SupCon", "image"),
            Side("image", "pre-trained", "image"),
        ),
        (
            "CE+SupCon retrieves better than CE, by text",
            "Table 5",
            Side("text", "CE+SupCon", "text"),
            Side("text", "CE", "text"),
        ),
        (
            "CE+SupCon retrieves better than CE, by image",
            "Table 7",
            Side("image", "CE+SupCon", "image"),
            Side("image", "CE", "image"),
        ),
        (
            "CE+SupCon retrieves better than CE, by both",
            "Table 11",
            Side("multimodal", "CE+SupCon", "multimodal"),
            Side("multimodal", "CE", "multimodal"),
        ),
        (
            "Text retrieves better after multimodal training",
            "Table 9",
            Side("multimodal", "CE+SupCon", "text"),
            Side("text", "CE+SupCon", "text"),
        ),
        (
            "Images retrieve better after multimodal training",
            "Table 10",
            Side("multimodal", "CE+SupCon", "image"),
            Side("image", "CE+SupCon", "image"),
        ),
        (
            "Text of the multimodal system retrieves better than both together",
            "takeaway (vi)",
            Side("multimodal", "CE+SupCon", "text"),
            Side("multimodal", "CE+SupCon", "multimodal"),
        ),
        (
            "Text retrieves better than images",
            "Tables 5, 7",
            Side("text", "CE+SupCon", "text"),
            Side("image", "CE+SupCon", "image"),
        ),
        (
            "End-to-end training retrieves better than after BLIP2 alignment, by both",
            "Table 11, A.5",
            Side("multimodal", "CE+SupCon", "multimodal"),
            Side("multimodal", "BLIP2+CE+SupCon", "multimodal"),
        ),
        (
            "Fine-tuning an alignment improves retrieval, by both",
            "Table 11",
            Side("multimodal", "ITC+CE", "multimodal"),
            Side("multimodal", "ITC", "multimodal"),
        ),
    )
)
TESTED = ["ours", "low", "high", "vendors", "verdict", "p", "p_holm"]
COLUMNS = ["claim", "place", "paper", *TESTED, "seeds", "better_run", "worse_run"]
_TABLES = {
    ("text", "text"): 5,
    ("image", "image"): 7,
    ("multimodal", "text"): 9,
    ("multimodal", "image"): 10,
    ("multimodal", "multimodal"): 11,
}


def identification(results: Results) -> pd.DataFrame:
    """The orders of IDENTIFICATION on macro-F1; see `_tested` for the columns."""
    printed = published.table("matched", 4)
    printed = printed[printed["metric"] == "Macro-F1"]

    def theirs(side: Side, order: Order) -> float:
        fusion = side.fusion or ("mean" if side.modality == "multimodal" else "")
        chosen = printed[(printed["system"] == ROLES[side.modality]) & (printed["fusion"] == fusion)]
        return _only(chosen[chosen["objective"] == side.objective])

    return _tested(results, IDENTIFICATION, theirs, lambda runs, side, order: results.macro_f1_shares(runs))


def verification(results: Results) -> pd.DataFrame:
    """The orders of VERIFICATION on R-Precision, region by region; see `_tested` for the columns."""

    def theirs(side: Side, order: Order) -> float:
        table = published.table("matched", _TABLES[side.modality, side.representation])
        chosen = table[
            (table["metric"] == "R-Precision@X")
            & (table["split"].str.lower() == order.region)
            & (table["objective"] == side.objective)
        ]
        return _only(chosen[chosen["group"] != "baseline"] if side.modality == "multimodal" else chosen)

    return _tested(
        results,
        VERIFICATION,
        theirs,
        lambda runs, side, order: results.retrieval_shares(runs, side.representation, order.region),
        set(results.verification["region"]),
    )


def _only(chosen: pd.DataFrame) -> float:
    [value] = chosen["mean"]
    return float(value)


def _runs(results: Results, side: Side) -> list[Run]:
    """The seeds of a side's row; empty if it wasn't run."""
    if not side.fusion:
        return results.find(side.modality, side.objective)
    where = {"published": ROLES[side.modality], "fusion": side.fusion, "variant": "corrected", "faces": "all"}
    return results.find(side.modality, side.objective, **where)


def _tested(results: Results, orders: tuple[Order, ...], theirs, ours, regions: set[str] | None = None) -> pd.DataFrame:
    """Columns `claim, place, paper` (its difference), `ours, low, high, vendors, verdict, p, p_holm` (corrected for all
    the orders that were tested), `seeds, better_run, worse_run` (the first seed's).

    verdict: supported or reversed at the corrected 5 % level, else undecided; or not run (this study lacks a run, or its
    data the region).
    """
    rows: list[dict[str, Any]] = []
    pairs: dict[int, tuple[Any, Any]] = {}
    for order in orders:
        sides = [_runs(results, side) for side in (order.better, order.worse)]
        row = {
            "claim": order.statement,
            "place": order.place,
            "paper": theirs(order.better, order) - theirs(order.worse, order),
            "verdict": "not run",
        }
        if all(sides) and (regions is None or order.region in regions):
            better, worse = zip(sides, (order.better, order.worse), strict=True)
            pairs[len(rows)] = ours(*better, order), ours(*worse, order)
            row |= {
                "seeds": min(map(len, sides)),
                "better_run": sides[0][0].name,
                "worse_run": sides[1][0].name,
            }
        rows.append(row)
    found = compared(list(pairs.values()), results.study.bootstrap, results.study.split.seed)
    found["verdict"] = found["direction"].replace({"higher": "supported", "lower": "reversed"})
    table = pd.DataFrame(rows).reindex(columns=COLUMNS)
    tested = found.rename(columns={"difference": "ours"}).set_index(pd.Index(pairs))
    table.loc[tested.index, [*TESTED]] = tested[[*TESTED]]
    return table
