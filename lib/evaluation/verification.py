"""Vendor verification of one system: retrieval in every region, and the papers' two averages of regions.

OOD is the mean over the regions that no system was trained on, in MATCHED Midwest, West and Northeast; ZS the mean over
all, in MATCHED four, printed by the paper for systems without task training (MATCHED section 5; Tables 5 to 12).
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
"""What MATCHED shows of single vendors and of groups of them (A.6)."""


def scores(items: pd.DataFrame, vectors: np.ndarray, k: int = 10) -> DataFrame[ScoredQueries]:
    """`lib.evaluation.retrieval.per_query` for the test items of each region among its training items, with `region, documents`.

    items: `region, part, vendor`, a row for each of vectors (n, d). A region without queries or documents has no row;
    DataError when that is every region.
    """
    vendors = items["vendor"].to_numpy()
    return scores_by(
        items,
        lambda query, document: retrieval.per_query(
            vectors[query], vendors[query], vectors[document], vendors[document], k
        ),
    )


def scores_by(items: pd.DataFrame, score: Callable[[np.ndarray, np.ndarray], pd.DataFrame]) -> DataFrame[ScoredQueries]:
    """`scores` for any way to score: score(queries, documents), row numbers of items of one region, gives
    `lib.evaluation.retrieval.per_query`'s frame."""
    found = []
    for region in items["region"].unique():
        here = (items["region"] == region).to_numpy()
        query, document = (np.flatnonzero(here & (items["part"] == part).to_numpy()) for part in ("test", "train"))
        if len(query) and len(document):
            found.append(score(query, document).assign(region=region, documents=len(document)))
    if not found:
        raise DataError(
            "Verification: no region has a training and a test item, so there is nothing to retrieve. A region needs "
            "vendors with two ads or more, some five of them at least."
        )
    scored: DataFrame[ScoredQueries] = pd.concat(found, ignore_index=True)
    return scored


def shares(
    scored: pd.DataFrame, metric: str, region: str, metrics: Mapping[str, tuple[str, bool]] | None = None
) -> pd.DataFrame:
    """A region's metric as a sum over vendors (index): columns `top, bottom`, for `lib.evaluation.intervals`. metrics: as
    `lib.evaluation.retrieval.metrics` gives them; queries without a number of the column are left out."""
    column, by_vendor = (metrics or retrieval.metrics())[metric]
    grouped = scored[scored["region"] == region].dropna(subset=column).groupby("vendor")[column]
    bottom = grouped.size() * 0 + 1 if by_vendor else grouped.size()
    return pd.DataFrame({"top": grouped.mean() * bottom, "bottom": bottom}).astype(float)


def averages(regions: Sequence[str], trained_on: str) -> dict[str, list[str]]:
    """The regions of each average: OOD all but `trained_on` (there is none with that region alone), ZS all."""
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

    low, high: 95 % interval by resampling vendors, the same ones in every region that they post in. std is over
    vendors; of an average it is the mean of its regions', as in the papers. regions: all of the data (those that are
    scored, if not given); an average needs all its regions, so one that couldn't be scored leaves it out. metrics: others than
    `lib.evaluation.retrieval.metrics`, in its form.
    """
    vendors = np.unique(scored["vendor"])
    times = bootstrap_weights(len(vendors), draws, seed)
    there = list(dict.fromkeys(scored["region"]))
    rows = []
    for metric in metrics or retrieval.metrics():
        values, resampled = {}, {}
        for region in there:
            here = scored[scored["region"] == region]
            parts = shares(scored, metric, region, metrics)
            values[region] = {
                "mean": parts["top"].sum() / parts["bottom"].sum(),
                "std": (parts["top"] / parts["bottom"]).std(ddof=0),
                "queries": len(here),
                "vendors": len(parts),
                "documents": int(here["documents"].iloc[0]),
            }
            every = parts.reindex(vendors, fill_value=0.0)
            resampled[region] = resampled_ratio(times, every["top"].to_numpy(), every["bottom"].to_numpy())
        for average, members in averages(regions or there, trained_on).items():
            if set(members) <= set(there):
                values[average] = {
                    column: np.mean([values[region][column] for region in members]) for column in ("mean", "std")
                }
                values[average] |= {
                    column: sum(values[region][column] for region in members) for column in ("queries", "documents")
                }
                values[average]["vendors"] = scored.loc[scored["region"].isin(members), "vendor"].nunique()
                resampled[average] = np.mean([resampled[region] for region in members], axis=0)
        for place, found in values.items():
            low, high = interval(resampled[place])
            rows.append(
                {
                    "metric": metric,
                    "region": place,
                    "mean": found["mean"],
                    "std": found["std"],
                    "low": low,
                    "high": high,
                    **{column: int(found[column]) for column in ("queries", "vendors", "documents")},
                }
            )
    summary: DataFrame[VerificationScores] = pd.DataFrame(rows)
    return summary
