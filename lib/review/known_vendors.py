"""MATCHED Table 12: is retrieval elsewhere as good for vendors that were never trained on as for those that were?"""

from __future__ import annotations

import numpy as np
import pandas as pd

from lib.core import published
from lib.data import disclosure
from lib.evaluation import verification
from lib.evaluation.intervals import compared
from lib.evaluation.verification import METRICS
from lib.review.paper_tables import SPLITS
from lib.runs.results import Results


def groups(found: Results, known: set[int]) -> pd.DataFrame:
    """The multimodal benchmark's scored queries outside the region that it was trained on, with `modality` (what they retrieve by: text, image,
    multimodal) and `group`: `shared` (vendors in `known`, who also post in that region) or `unique`. A group of fewer than five vendors in a
    region is left out: an interval over so few says nothing, and of sensitive data it would say too much. Empty without that run."""
    runs, tables = found.find("multimodal", "CE+SupCon"), []
    if runs:
        trained_on = found.runs.set_index("run").loc[runs[0].name, "train_region"]
        for modality in ("text", "image", "multimodal"):
            scored = found.scored(runs, modality)
            shared = np.where(scored["vendor"].isin(known), "shared", "unique")
            scored = scored.assign(modality=modality, group=shared)[scored["region"] != trained_on]
            tables.append(scored[disclosure.enough(scored["region"] + " " + scored["group"], scored["vendor"])])
    return pd.concat(tables, ignore_index=True) if tables else pd.DataFrame(columns=["modality", "group", "region"])


def table_12(found: Results, scored: pd.DataFrame) -> pd.DataFrame:
    """Table 12 beside ours: `row, modality, group, metric, split, published, std, ours, low, high, std_ours, queries, vendors`.

    scored: from `groups`. Each group's interval resamples its own vendors.
    """
    theirs = published.table("matched", 12).rename(columns={"mean": "published", "vendors": "group"})
    ours = [
        verification.table(rows, found.study.bootstrap, found.study.split.seed).assign(modality=modality, group=group)
        for (modality, group), rows in scored.groupby(["modality", "group"], sort=False)
    ]
    columns = ["modality", "group", "metric", "split", "ours", "low", "high", "std_ours", "queries", "vendors"]
    whole = pd.concat(ours, ignore_index=True) if ours else pd.DataFrame(columns=["region"])
    whole = whole.assign(split=whole["region"].map(SPLITS)).rename(columns={"mean": "ours", "std": "std_ours"})
    joined = theirs.merge(whole.reindex(columns=columns), how="left", on=["modality", "group", "metric", "split"])
    return joined[["row", *columns[:4], "published", "std", *columns[4:]]]


def gaps(found: Results, scored: pd.DataFrame) -> pd.DataFrame:
    """Shared less unique vendors: `modality, metric, region, difference, low, high, vendors, p, p_holm, verdict`.

    verdict: *shared higher* or *unique higher* at the corrected 5 % level, else *undecided*, which is not the same as equal: the interval
    says how far the two may be apart. The groups have no vendor in common; both are resampled.
    """
    rows, pairs = [], []
    for (modality, region), here in scored.groupby(["modality", "region"], sort=False):
        for metric in METRICS:
            shared, unique = (
                verification.shares(here[here["group"] == group], metric, region) for group in ("shared", "unique")
            )
            if len(shared) and len(unique):
                pairs.append((shared, unique))
                rows.append((modality, metric, region))
    table = pd.DataFrame(rows, columns=["modality", "metric", "region"])
    table = table.join(compared(pairs, found.study.bootstrap, found.study.split.seed))
    told = {"higher": "shared higher", "lower": "unique higher"}
    return table.assign(verdict=table["direction"].replace(told)).drop(columns="direction")
