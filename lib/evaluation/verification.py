"""Vendor verification of one system: retrieval in every region, and the papers' two averages of regions.

OOD is the mean over the regions not trained on (in MATCHED Midwest, West and Northeast), ZS the mean over all (in
MATCHED four), which the paper prints for systems without task training (MATCHED section 5; Tables 5 to 12).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np
import pandas as pd
from pandera.typing import DataFrame

from lib.core.errors import DataError
from lib.core.schemas import ScoredQueries, VerificationScores
from lib.evaluation import retrieval
from lib.evaluation.intervals import bootstrap_weights, interval, resampled_ratio

METRICS = ("MRR@10", "R-Precision@X")
"""The metrics that MATCHED shows for single vendors and groups of them (A.6)."""


def scores(items: pd.DataFrame, vectors: np.ndarray) -> DataFrame[ScoredQueries]:
    """`lib.evaluation.retrieval.per_query` of each region's test items among its training items.

    items: `region, part, vendor`, a row for each of vectors (n, d). `region, documents` (their number) are added.
    A region without queries or documents has no row. Raises DataError when that is every region.
    """
    vendors = items["vendor"].to_numpy()
    return scores_by(
        items,
        lambda query, document: retrieval.per_query(
            vectors[query], vendors[query], vectors[document], vendors[document]
        ),
    )


def scores_by(items: pd.DataFrame, score: Callable[[np.ndarray, np.ndarray], pd.DataFrame]) -> DataFrame[ScoredQueries]:
    """`scores` by another way to score: score(queries, documents) takes row numbers of items of one region and gives
    `lib.evaluation.retrieval.per_query`'s frame."""
    frames = []
    for region in items["region"].unique():
        inside = (items["region"] == region).to_numpy()
        query, document = (np.flatnonzero(inside & (items["part"] == part).to_numpy()) for part in ("test", "train"))
        if len(query) and len(document):
            frames.append(score(query, document).assign(region=region, documents=len(document)))
    if not frames:
        raise DataError(
            "Verification: no region has a training and a test item, so there is nothing to retrieve. A region needs "
            "vendors with two ads or more, about five of them at least."
        )
    scored: DataFrame[ScoredQueries] = pd.concat(frames, ignore_index=True)
    return scored


def shares(
    scored: pd.DataFrame, metric: str, region: str, metrics: Mapping[str, tuple[str, bool]] | None = None
) -> pd.DataFrame:
    """A region's metric as a ratio of sums over vendors (`lib.evaluation.intervals.Score`).

    metrics: in the form of `lib.evaluation.retrieval.metrics`, its own by default. Queries whose value is NaN are left
    out.
    """
    column, by_vendor = (metrics or retrieval.metrics())[metric]
    grouped = scored[scored["region"] == region].dropna(subset=column).groupby("vendor")[column]
    bottom = grouped.size() * 0 + 1 if by_vendor else grouped.size()
    return pd.DataFrame({"top": grouped.mean() * bottom, "bottom": bottom}).astype(float)


def averages(regions: Sequence[str], trained_on: str) -> dict[str, list[str]]:
    """The regions of each average: OOD all but `trained_on` (no OOD if there are no others), ZS all."""
    others = [region for region in regions if region != trained_on]
    return ({"OOD": others} if others else {}) | {"ZS": list(regions)}


def table(
    scored: pd.DataFrame,
    draws: int = 1000,
    seed: int = 0,
    trained_on: str = "south",
    regions: Sequence[str] | None = None,
    metrics: Mapping[str, tuple[str, bool]] | None = None,
) -> DataFrame[VerificationScores]:
    """Columns `metric, region, mean, std, low, high, queries, vendors, documents`; a row a region and average.

    low, high: 95 % interval by resampling vendors, the same ones in every region where they post. std: over vendors;
    of an average the mean of its regions', as in the papers. regions: all of the data, by default those that are
    scored; an average that lacks the scores of one of its regions is left out. metrics: in the form of
    `lib.evaluation.retrieval.metrics`, its own by default.
    """
    vendors = np.unique(scored["vendor"])
    weights = bootstrap_weights(len(vendors), draws, seed)
    scored_regions = list(dict.fromkeys(scored["region"]))
    rows = []
    for metric in metrics or retrieval.metrics():
        values, resampled = {}, {}
        for region in scored_regions:
            queries = scored[scored["region"] == region]
            parts = shares(scored, metric, region, metrics)
            values[region] = {
                "mean": parts["top"].sum() / parts["bottom"].sum(),
                "std": (parts["top"] / parts["bottom"]).std(ddof=0),
                "queries": len(queries),
                "vendors": len(parts),
                "documents": int(queries["documents"].iloc[0]),
            }
            every = parts.reindex(vendors, fill_value=0.0)
            resampled[region] = resampled_ratio(weights, every["top"].to_numpy(), every["bottom"].to_numpy())
        for average, members in averages(regions or scored_regions, trained_on).items():
            if set(members) <= set(scored_regions):
                of_members = pd.DataFrame([values[region] for region in members])
                values[average] = {
                    "mean": np.mean(of_members["mean"].to_numpy()),
                    "std": np.mean(of_members["std"].to_numpy()),
                    "queries": of_members["queries"].sum(),
                    "vendors": scored.loc[scored["region"].isin(members), "vendor"].nunique(),
                    "documents": of_members["documents"].sum(),
                }
                resampled[average] = np.mean([resampled[region] for region in members], axis=0)
        for place, score in values.items():
            low, high = interval(resampled[place])
            row = {
                "metric": metric,
                "region": place,
                "mean": score["mean"],
                "std": score["std"],
                "low": low,
                "high": high,
            }
            rows.append(row | {column: int(score[column]) for column in ("queries", "vendors", "documents")})
    summary: DataFrame[VerificationScores] = pd.DataFrame(rows)
    return summary
