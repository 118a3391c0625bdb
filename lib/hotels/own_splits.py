"""Splits made anew (`lib.hotels.splitting`) beside the published files, and the rule of the authors' script on both."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from lib.hotels import split_invariants
from lib.hotels.published_splits import split_sizes
from lib.hotels.split_checks import TABLES
from lib.hotels.splitting import Plan


def ratios(splits: pd.DataFrame) -> pd.DataFrame:
    """How near the held-out splits of a splits table are to what the authors' script asks for: a row a split.

    split; unit (`chains` or `branches`, of which it is made); drawn and of (their counts); expected (the count by the
    rule, drawn from `of`); ratio (images of what was left to those drawn; missing where none were), wanted; met
    (whether it is within the margin). Counts are of known chains only.
    """
    plan = Plan()
    known = splits[splits["chain"].notna()].groupby("split", observed=False)
    counts = known.agg(images=("image", "size"), chains=("chain", "nunique"), branches=("branch", "nunique"))
    rows = []
    for whole, new_chains, new_branches in (("Total", "D_UU", "D_SU"), ("Trainval", "D_UU val", "D_SU val")):
        left = counts.loc[whole]
        for split, unit, wanted in ((new_chains, "chains", plan.times + 2), (new_branches, "branches", plan.times + 1)):
            drawn, of = counts.loc[split], left[unit]
            left = left - drawn
            ratio = left["images"] / drawn["images"] if drawn["images"] else np.nan
            rows.append((split, unit, drawn[unit], of, of // (wanted + 1), ratio, wanted))
    table = pd.DataFrame(rows, columns=["split", "unit", "drawn", "of", "expected", "ratio", "wanted"])
    return table.assign(met=(table["ratio"] - table["wanted"]).abs() < plan.margin)


def compared(again: Sequence[pd.DataFrame], sizes: pd.DataFrame) -> pd.DataFrame:
    """Sizes of splits made anew beside those of the files (`lib.hotels.published_splits.split_sizes`): `split,
    quantity, published, mean, least, most, off` (the mean's distance, as a share of the published)."""
    names, key = ["images", "branches", "chains"], ["split", "quantity"]
    ours = pd.concat([split_sizes(splits).melt("split", names, "quantity") for splits in again])
    ours = ours.astype({"value": float}).groupby(key, sort=False, observed=True)["value"]
    theirs = sizes.melt("split", names, "quantity", "published").set_index(key).astype(float)
    table = ours.agg(mean="mean", least="min", most="max").join(theirs).reset_index()
    table["off"] = (table["mean"] - table["published"]) / table["published"].where(table["published"] > 0)
    return table[["split", "quantity", "published", "mean", "least", "most", "off"]]


def kept(again: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """In how many of the splits each of the paper's sentences holds (`lib.hotels.split_invariants.checked`):
    `invariant, place, holds, of`."""
    checked = pd.concat([split_invariants.checked(splits) for splits in again])
    return checked.groupby(["invariant", "place"], sort=False)["holds"].agg(holds="sum", of="size").reset_index()


def in_words(own: pd.DataFrame, held: pd.DataFrame) -> str:
    """What `compared` and `kept` come to, in a sentence: of each unit the split that is furthest off."""
    worst = own.loc[own["off"].abs().groupby(own["quantity"], sort=False).idxmax()]
    furthest = ", ".join(f"{row.off:+.0%} in {row.quantity} ({row.split})" for row in worst.itertuples())
    broken = held[held["holds"] < held["of"]]
    sentences = "; ".join(f"“{row.invariant}” holds in {row.holds} of {row.of}" for row in broken.itertuples())
    sentences = sentences or "every sentence holds in all of them"
    return f"mean sizes are off the published ones by at most {furthest}, and {sentences}"


FIGURES = {"Revisited Hotels-50K": (4, 5), "Revisited Hotel-ID": (6, 7)}
"""Class sizes of Trainval and of the evaluation splits, by the data set that they are of (B.2)."""


def elsewhere(dataset: str) -> str:
    """Which table and figures of splits are of a data set other than this one, in a sentence."""
    return "; ".join(
        f"Table {TABLES[other]} and Figures {' and '.join(map(str, FIGURES[other]))} are of {other}, whose files these "
        "are not: not testable here"
        for other in TABLES
        if other != dataset
    )
