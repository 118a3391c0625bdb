"""Open-set use of retrieval: is the vendor of an ad known, and how good are answers given only when sure?

The gallery holds the training ads of the region trained on, the queries the test ads of every region. A vendor is known
when the gallery has an ad of it. MATCHED's section 5 calls retrieval open-set verification but scores only queries
whose vendor is in the gallery.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from sklearn.metrics import auc, roc_curve

from lib.core.errors import DataError
from lib.data import disclosure
from lib.evaluation import retrieval, verification
from lib.evaluation.intervals import bootstrap_weights, interval, share_interval
from lib.evaluation.verdicts import Separation
from lib.evaluation.verification import METRICS

RECALL = 0.95
"""Share of known vendors' ads above the threshold at which false positives are counted."""
SHARES = (0.1, 0.25, 0.5, 0.75, 0.9, 1.0)
"""Shares of queries that are answered (`coverage`)."""


def nearest(items: pd.DataFrame, vectors: np.ndarray, trained_on: str) -> pd.DataFrame:
    """Each test item's nearest gallery item.

    items: `region, part, vendor`, a row for each of vectors (n, d). Returns `query, document` (row numbers of items),
    `region, vendor, known, similarity` (cosine), `right` (the same vendor). Raises DataError when there is no query or
    no gallery item.
    """
    part, region, vendor = (items[column].to_numpy() for column in ("part", "region", "vendor"))
    gallery = np.flatnonzero((region == trained_on) & (part == "train"))
    tests = np.flatnonzero(part == "test")
    if not len(gallery) or not len(tests):
        raise DataError(f"Open-set use: {trained_on} has no training item, or no region a test item.")
    documents, queries = retrieval.unit(vectors[gallery]), retrieval.unit(vectors[tests])
    best = retrieval.rank(queries, documents, 1)[:, 0]
    return pd.DataFrame(
        {
            "query": tests,
            "document": gallery[best],
            "region": region[tests],
            "vendor": vendor[tests],
            "known": np.isin(vendor[tests], vendor[gallery]),
            "similarity": np.einsum("qd,qd->q", queries, documents[best]),
            "right": vendor[gallery][best] == vendor[tests],
        }
    )


def detection(queries: pd.DataFrame, draws: int = 1000, seed: int = 0) -> dict[str, float | int | str]:
    """How well `similarity` separates ads of known vendors from those of new ones; queries: as `nearest` gives them.

    Returns `auroc`, `fpr` (share of new vendors' ads above the threshold that RECALL of the known ones are above), each
    with `_low, _high` by resampling vendors; `known, new` (ads), `known_vendors, new_vendors`; and `told`
    (`separation`). Scores are NaN where one of the two kinds is missing.
    """
    known, similarity = queries["known"].to_numpy(), queries["similarity"].to_numpy()
    row: dict[str, float | int | str] = {"known": int(known.sum()), "new": int((~known).sum())}
    known_vendors, new_vendors = (int(queries["vendor"][which].nunique()) for which in (known, ~known))
    row |= {"known_vendors": known_vendors, "new_vendors": new_vendors}
    vendors, place = np.unique(queries["vendor"], return_inverse=True)
    scores, resampled = (np.nan, np.nan), np.empty((0, 2))
    if row["known"] and row["new"]:
        scores = _auroc_and_fpr(known, similarity, np.ones(len(known)))
        weights = bootstrap_weights(len(vendors), draws, seed)[:, place]
        both = (weights @ known > 0) & (weights @ ~known > 0)
        resampled = np.array([_auroc_and_fpr(known, similarity, weight) for weight in weights[both]]).reshape(-1, 2)
    for name, score, values in zip(("auroc", "fpr"), scores, resampled.T, strict=True):
        low, high = interval(values)
        row |= {name: score, f"{name}_low": low, f"{name}_high": high}
    return {**row, "told": separation(*interval(resampled[:, 0]), min(known_vendors, new_vendors))}


def separation(low: float, high: float, vendors: int) -> Separation:
    """What the interval of an AUROC shows: `yes` above chance, `reversed` below it, else `undecided`.

    Also undecided of fewer than `lib.data.disclosure.LEAST` vendors, whose interval means nothing.
    """
    if vendors < disclosure.LEAST:
        return Separation.UNDECIDED
    return Separation.YES if low > 0.5 else Separation.REVERSED if high < 0.5 else Separation.UNDECIDED


def _auroc_and_fpr(known: np.ndarray, similarity: np.ndarray, weights: np.ndarray) -> tuple[float, float]:
    """Area under the ROC curve, and the false positive rate at RECALL, interpolated between thresholds."""
    false, true, _ = roc_curve(known, similarity, sample_weight=weights)
    return float(auc(false, true)), float(np.interp(RECALL, true, false))


def coverage(queries: pd.DataFrame, draws: int = 1000, seed: int = 0) -> pd.DataFrame:
    """How precise the answers are when only the most similar share of queries is answered.

    A row for each of SHARES: `share, threshold` (cosine), `answered` (ads), `precision, low, high` (of the answers,
    vendors resampled; an answer to an ad of a new vendor is always wrong), `found` (right answers among all queries of
    known vendors).
    """
    descending = np.sort(queries["similarity"].to_numpy())[::-1]
    vendors = queries["vendor"].to_numpy()
    rows = []
    for share in SHARES:
        threshold = descending[max(0, round(share * len(descending)) - 1)]
        answered = (queries["similarity"] >= threshold).to_numpy()
        right = answered & queries["right"].to_numpy()
        precision, low, high = share_interval(right, answered, vendors, draws, seed)
        row = {"share": share, "threshold": threshold, "answered": int(answered.sum())}
        row |= {"precision": precision, "low": low, "high": high}
        rows.append({**row, "found": right.sum() / max(1, queries["known"].sum())})
    return pd.DataFrame(rows)


def growth(items: pd.DataFrame, vectors: np.ndarray, region: str, draws: int = 1000, seed: int = 0) -> pd.DataFrame:
    """How retrieval in a region falls as unrelated ads join its documents.

    Unrelated are items of other regions, of all parts, whose vendors the region doesn't have. They join in random
    order: none at first, then a sixteenth, doubling up to all; the queries stay the same. Columns `unrelated,
    documents, crowd` (unrelated ones for each of the region's), `metric, mean, low, high`.
    """
    part, place, vendor = (items[column].to_numpy() for column in ("part", "region", "vendor"))
    inside = place == region
    queries, documents = np.flatnonzero(inside & (part == "test")), np.flatnonzero(inside & (part == "train"))
    others = np.flatnonzero(~inside & ~np.isin(vendor, vendor[inside]))
    others = np.random.default_rng(seed).permutation(others)
    tables = []
    for count in sorted({0, *(len(others) >> halvings for halvings in range(5))}):
        among = np.concatenate([documents, others[:count]])
        scored = retrieval.per_query(vectors[queries], vendor[queries], vectors[among], vendor[among])
        table = verification.table(scored.assign(region=region, documents=len(among)), draws, seed, region)
        table = table[(table["region"] == region) & table["metric"].isin(METRICS)]
        tables.append(table.assign(unrelated=count, crowd=count / len(documents)))
    columns = ["unrelated", "documents", "crowd", "metric", "mean", "low", "high"]
    return pd.concat(tables, ignore_index=True)[columns]
