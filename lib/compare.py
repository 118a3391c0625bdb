"""Published numbers beside ours.

A run of ours stands beside the paper's benchmark of the same role: a text run beside DeCLUTR-small, a vision run
beside ViT-base-patch16, a multimodal run with mean fusion beside End2End DeCLUTR-ViT. When other backbones were loaded, or
the data is the twin, the two are no replication of one another; the tables say so on each row (`same_system`, `data`).
"""

from __future__ import annotations

import pandas as pd

from lib import published
from lib.ads import REGIONS
from lib.backbones import BACKBONES
from lib.results import Results

ROLES = {"text": "DeCLUTR-small", "image": "ViT-base-patch16", "joint": "DeCLUTR-ViT"}
"""The benchmark of the paper that our runs of a modality stand beside."""
PLACES = {"South": "south", "Midwest": "midwest", "West": "west", "Northeast": "northeast", "OOD": "OOD", "ZS": "ZS"}


def identification(results: Results, number: int) -> pd.DataFrame:
    """MATCHED Table 2 or 4 beside ours: every printed score, with our run of the same role and objective where there is one.

    Columns: `row, modality, paper_system, objective, fusion, metric, published, ours, low, high, our_system, same_system,
    items, run`; without a run of ours the last columns are empty.
    """
    theirs = published.table("matched", number)
    theirs = theirs[theirs["metric"].isin(results.identification["metric"].unique())].copy()
    theirs["modality"] = theirs["modality"].replace({"multimodal": "joint"})
    benchmark = theirs["system"] == theirs["modality"].map(ROLES)
    if "fusion" in theirs:
        benchmark &= theirs["fusion"].isin(["", "mean"])
    ours = results.identification.rename(columns={"mean": "ours"})
    keys = ["modality", "objective", "metric"]
    joined = theirs.assign(objective_key=theirs["objective"].where(benchmark)).merge(
        ours[[*keys, "ours", "low", "high", "system", "items", "run"]],
        how="left",
        left_on=["modality", "objective_key", "metric"],
        right_on=keys,
        suffixes=("", "_ours"),
    )
    joined = joined.rename(columns={"system": "paper_system", "mean": "published", "system_ours": "our_system"})
    return _columns(
        joined,
        [
            "row",
            "modality",
            "paper_system",
            "objective",
            "fusion",
            "metric",
            "published",
            "ours",
            "low",
            "high",
            "our_system",
            "same_system",
            "items",
            "run",
        ],
    )


def verification(results: Results, number: int, representation: str) -> pd.DataFrame:
    """MATCHED Table 5, 7 or 11 beside ours: every printed score of the role's own rows, region by region.

    representation: `text`, `image` or `joint`, of our runs of that modality. Columns as for `identification`, with
    `split` (region or average), `std, std_ours` (over vendors) and `queries, vendors` of ours; `group` where printed.
    """
    theirs = published.table("matched", number).assign(modality=representation)
    ours = results.verification
    ours = ours[(ours["modality"] == representation) & (ours["representation"] == representation)]
    ours = ours.rename(columns={"mean": "ours", "std": "std_ours"}).assign(
        split=ours["region"].map({place: name for name, place in PLACES.items()})
    )
    if not set(REGIONS) <= set(ours["region"]):  # averages over other regions are not the paper's
        ours = ours[~ours["split"].isin(["OOD", "ZS"])]
    keys = ["modality", "objective", "metric", "split"]
    if "group" in theirs:  # our multimodal runs are trained end to end
        theirs["modality"] = theirs["modality"].where(theirs["group"] == "End2End", "")
    joined = theirs.merge(
        ours[[*keys, "ours", "std_ours", "low", "high", "system", "queries", "vendors", "run"]],
        how="left",
        on=keys,
        suffixes=("", "_ours"),
    )
    joined = joined.rename(columns={"system": "paper_system", "mean": "published", "system_ours": "our_system"})
    return _columns(
        joined,
        [
            "row",
            "group",
            "paper_system",
            "objective",
            "metric",
            "split",
            "published",
            "std",
            "ours",
            "std_ours",
            "low",
            "high",
            "our_system",
            "same_system",
            "queries",
            "vendors",
            "run",
        ],
    )


def _columns(joined: pd.DataFrame, wanted: list[str]) -> pd.DataFrame:
    joined["same_system"] = [
        "" if not isinstance(ours, str) else "yes" if _published_name(ours) == paper else "no"
        for ours, paper in zip(joined["our_system"], joined["paper_system"], strict=True)
    ]
    return joined[[column for column in wanted if column in joined]]


def _published_name(label: str) -> str:
    """How the paper would call what was loaded; '' when it has no such system."""
    names = [BACKBONES[part].published if part in BACKBONES else "" for part in label.split(" + ")]
    return "DeCLUTR-ViT" if names == ["DeCLUTR-small", "ViT-base-patch16"] else names[0] if len(names) == 1 else ""
