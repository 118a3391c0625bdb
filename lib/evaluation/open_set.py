"""Is the vendor of an ad known? What tells known from new vendors, and what answering only when sure would buy.

The gallery are the training ads of the region that was trained on; test ads of every region ask. A vendor is known when the
gallery has an ad of it. MATCHED's section 5 calls retrieval open-set verification and scores only queries whose vendor is in the
gallery; whoever uses such a system does not know whether that is so.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from sklearn.metrics import auc, roc_curve

from lib.core.errors import DataError
from lib.data import disclosure
from lib.evaluation import retrieval, verification
from lib.evaluation.intervals import bootstrap_weights, interval, resampled_ratio
from lib.evaluation.verification import METRICS

RECALL = 0.95
"""Share of known vendors' ads that a threshold lets through where false positives are counted."""
SHARES = (0.1, 0.25, 0.5, 0.75, 0.9, 1.0)


def nearest(items: pd.DataFrame, vectors: np.ndarray, trained_on: str) -> pd.DataFrame:
    """Each test item's nearest gallery item: `query, document` (rows of items), `region, vendor, known, similarity` (cosine), `right` (the
    same vendor).

    items: `region, part, vendor`, a row for each of vectors (n, d). Raises DataError when nothing asks or nothing is there.
    """
    part, region, vendor = (items[column].to_numpy() for column in ("part", "region", "vendor"))
    gallery = np.flatnonzero((region == trained_on) & (part == "train"))
    asking = np.flatnonzero(part == "test")
    if not len(gallery) or not len(asking):
        raise DataError(f"Open-set use: {trained_on} has no training item, or no region a test item.")
    documents, queries = retrieval.unit(vectors[gallery]), retrieval.unit(vectors[asking])
    best = retrieval.rank(queries, documents, 1)[:, 0]
    return pd.DataFrame(
        {
            "query": asking,
            "document": gallery[best],
            "region": region[asking],
            "vendor": vendor[asking],
            "known": np.isin(vendor[asking], vendor[gallery]),
            "similarity": np.einsum("qd,qd->q", queries, documents[best]),
            "right": vendor[gallery][best] == vendor[asking],
        }
    )


def detection(asked: pd.DataFrame, draws: int = 1000, seed: int = 0) -> dict[str, float | int | str]:
    """How well `similarity` tells ads of known vendors from those of new ones: `auroc`, `fpr` (share of new vendors' ads that a
    threshold lets through which lets through RECALL of the known ones), each with `_low, _high` by resampling vendors, and
    `known, new` (ads), `known_vendors, new_vendors`, and `told` (see there). No numbers where one of the two kinds is missing.
    """
    known, similarity = asked["known"].to_numpy(), asked["similarity"].to_numpy()
    row: dict[str, float | int | str] = {"known": int(known.sum()), "new": int((~known).sum())}
    counts = [int(asked["vendor"][which].nunique()) for which in (known, ~known)]
    row |= {"known_vendors": counts[0], "new_vendors": counts[1]}
    vendors, place = np.unique(asked["vendor"], return_inverse=True)
    values = np.full((1, 2), np.nan)
    resampled = np.full((1, 2), np.nan)
    if row["known"] and row["new"]:
        values = np.array([_separation(known, similarity, np.ones(len(known)))])
        weights = bootstrap_weights(len(vendors), draws, seed)[:, place]
        both = (weights @ known > 0) & (weights @ ~known > 0)
        resampled = np.array([_separation(known, similarity, weight) for weight in weights[both]]).reshape(-1, 2)
    for column, name in enumerate(("auroc", "fpr")):
        low, high = interval(resampled[:, column])
        row |= {name: float(values[0, column]), f"{name}_low": low, f"{name}_high": high}
    return {**row, "told": told(*interval(resampled[:, 0]), min(counts))}


def told(low: float, high: float, vendors: int) -> str:
    """What the interval of an AUROC tells: `yes` above chance, `reversed` below it, else `undecided`; also of fewer than `privacy.LEAST`
    vendors, of which an interval says nothing."""
    if vendors < disclosure.LEAST:
        return "undecided"
    return "yes" if low > 0.5 else "reversed" if high < 0.5 else "undecided"


def _separation(known: np.ndarray, similarity: np.ndarray, weights: np.ndarray) -> tuple[float, float]:
    """Area under the ROC curve, and the false positive rate at RECALL (the curve is a line between thresholds)."""
    false, true, _ = roc_curve(known, similarity, sample_weight=weights)
    return float(auc(false, true)), float(np.interp(RECALL, true, false))


def coverage(asked: pd.DataFrame, draws: int = 1000, seed: int = 0) -> pd.DataFrame:
    """What is right of the answers when only the most similar `share` of queries is answered.

    A row for each of SHARES: `share, threshold` (cosine), `answered` (ads), `precision, low, high` (of the answers; one to an ad of
    a new vendor is always wrong; vendors resampled), `found` (right answers among all queries of known vendors).
    """
    vendors, place = np.unique(asked["vendor"], return_inverse=True)
    times = bootstrap_weights(len(vendors), draws, seed)
    ordered = np.sort(asked["similarity"].to_numpy())[::-1]
    rows = []
    for share in SHARES:
        threshold = ordered[max(0, round(share * len(ordered)) - 1)]
        answered = (asked["similarity"] >= threshold).to_numpy()
        right = answered & asked["right"].to_numpy()
        top, bottom = (np.bincount(place, counted, len(vendors)) for counted in (right, answered))
        low, high = interval(resampled_ratio(times, top, bottom))
        rows.append(
            {
                "share": share,
                "threshold": threshold,
                "answered": int(answered.sum()),
                "precision": right.sum() / answered.sum(),
                "low": low,
                "high": high,
                "found": right.sum() / max(1, asked["known"].sum()),
            }
        )
    return pd.DataFrame(rows)


def growth(
    items: pd.DataFrame, vectors: np.ndarray, region: str, draws: int = 1000, seed: int = 0, steps: int = 5
) -> pd.DataFrame:
    """How retrieval in a region falls as unrelated ads join its documents: items of other regions, all parts, whose vendors the region
    doesn't have, in random order; none first, then doubling up to all of them.

    Columns `unrelated, documents, crowd` (unrelated ones for each of the region's), `metric, mean, low, high`; the same queries at every step.
    """
    part, place, vendor = (items[column].to_numpy() for column in ("part", "region", "vendor"))
    here = place == region
    query, document = np.flatnonzero(here & (part == "test")), np.flatnonzero(here & (part == "train"))
    others = np.flatnonzero(~here & ~np.isin(vendor, vendor[here]))
    others = np.random.default_rng(seed).permutation(others)
    counts = sorted({0, *(len(others) >> step for step in range(steps))})
    tables = []
    for count in counts:
        among = np.concatenate([document, others[:count]])
        scored = retrieval.per_query(vectors[query], vendor[query], vectors[among], vendor[among])
        table = verification.table(scored.assign(region=region, documents=len(among)), draws, seed, region)
        table = table[(table["region"] == region) & table["metric"].isin(METRICS)]
        tables.append(table.assign(unrelated=count, crowd=count / len(document)))
    columns = ["unrelated", "documents", "crowd", "metric", "mean", "low", "high"]
    return pd.concat(tables, ignore_index=True)[columns]
