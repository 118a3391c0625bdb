"""Vendor verification as retrieval: rank the documents (training ads) for each query (test ad).

Definitions (MATCHED, section 4 iv), with R documents of the query's vendor among those of its region; the first three
are averaged by vendor, then over vendors. The authors' published code compares vectors as they are in some cells, and
its MRR looks at the first neighbour alone where systems are trained (docs/variants.md).

* R-Precision@X: hits among the first R, divided by R;
* MRR@10: 1 / rank of the first hit among the first ten, else 0;
* mAP@R: the mean, over the first R ranks, of precision at each rank that is a hit (Musgrave et al. 2020);
* Macro-F1@X, as the authors compute it: the hits of R-Precision averaged over queries (at a cut-off of R, precision,
  recall and F1 are one number).
"""

from __future__ import annotations

from collections.abc import Callable

import faiss
import numpy as np
import pandas as pd

from lib.core.errors import DataError

TIE = 1e-6
"""Inner products of unit vectors in float32 that differ by less may be equal (rounding is about 1e-7)."""
CELLS = 1 << 22
"""Scores held at a time, which bounds the memory when a vendor has many documents."""


def unit(vectors: np.ndarray) -> np.ndarray:
    """Rows of `vectors` (n, d) scaled to length 1 as float32; a zero row stays zero."""
    vectors = np.ascontiguousarray(vectors, dtype=np.float32)
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    scaled: np.ndarray = np.divide(vectors, lengths, out=np.zeros_like(vectors), where=lengths > 0)
    return scaled


def rank(queries: np.ndarray, documents: np.ndarray, k: int) -> np.ndarray:
    """The `k` nearest documents of each query by cosine similarity, best first; ties in document order.

    queries (q, d) and documents (n, d) must be unit rows (see `unit`); returns indices (q, min(k, n)), int64. FAISS
    ranks. Where its scores are within TIE, the order comes from inner products in double precision, so that equal
    documents, frequent in such ads, tie exactly on every machine; a tie that may go on past the end of the list is
    resolved over all documents.
    """
    k = min(k, len(documents))
    if not len(queries) or not k:
        return np.empty((len(queries), k), np.int64)
    index = faiss.IndexFlatIP(documents.shape[1])
    index.add(documents)
    depth = min(k + 8, len(documents))
    ranked = np.empty((len(queries), k), np.int64)
    step = max(1, CELLS // depth)
    for start in range(0, len(queries), step):
        block = queries[start : start + step]
        scores, near = index.search(block, depth)
        open_ended = np.flatnonzero((scores[:, k - 1] - scores[:, -1] < TIE) & (depth < len(documents)))
        _resolve_ties(block, documents, scores, near)
        ranked[start : start + step] = near[:, :k]
        for row in open_ended:
            whole = np.einsum("d,nd->n", block[row], documents, dtype=np.float64)
            ranked[start + row] = np.argsort(-whole, kind="stable")[:k]
    return ranked


def _resolve_ties(queries: np.ndarray, documents: np.ndarray, scores: np.ndarray, near: np.ndarray) -> None:
    """Put runs of neighbours in `near` (q, depth) whose scores are within TIE of the next in exact order, in place."""
    close = np.zeros((len(near), near.shape[1] + 1), bool)  # whether a rank ties with the one before
    close[:, 1:-1] = scores[:, :-1] - scores[:, 1:] < TIE
    rows, places = np.nonzero(close[:, :-1] | close[:, 1:])
    run = np.cumsum(~close[:, :-1].ravel())[rows * near.shape[1] + places]
    tied, exact = near[rows, places], np.empty(len(rows))
    step = max(1, CELLS // documents.shape[1])
    for start in range(0, len(rows), step):
        some = slice(start, start + step)
        exact[some] = np.einsum("nd,nd->n", queries[rows[some]], documents[tied[some]], dtype=np.float64)
    near[rows, places] = tied[np.lexsort((tied, -exact, run))]


def per_query(
    queries: np.ndarray, query_vendors: np.ndarray, documents: np.ndarray, document_vendors: np.ndarray, k: int = 10
) -> pd.DataFrame:
    """Scores of every query whose vendor has at least one document.

    queries (q, d), documents (n, d): embeddings, normalised here; vendors: (q,) and (n,) labels. Columns: `query` (row
    number), `vendor`, `relevant` (R), `MRR@k`, `R-Precision@X`, `mAP@R`. Raises DataError when the shapes don't fit,
    there are no documents, or a number is not finite.
    """
    query_vendors, document_vendors = np.asarray(query_vendors), np.asarray(document_vendors)
    _check(queries, query_vendors, documents, document_vendors)
    unit_queries, unit_documents = unit(queries), unit(documents)
    return per_query_ranked(
        lambda rows, depth: rank(unit_queries[rows], unit_documents, depth), query_vendors, document_vendors, k
    )


def per_query_ranked(
    nearest: Callable[[np.ndarray, int], np.ndarray],
    query_vendors: np.ndarray,
    document_vendors: np.ndarray,
    k: int = 10,
) -> pd.DataFrame:
    """`per_query` by another way to rank: nearest(rows, depth) gives the row numbers of the `depth` best documents of
    the queries `rows`, best first, (len(rows), depth)."""
    query_vendors, document_vendors = np.asarray(query_vendors), np.asarray(document_vendors)
    vendors, relevant = np.unique(document_vendors, return_counts=True)
    place = np.clip(np.searchsorted(vendors, query_vendors), 0, len(vendors) - 1)
    counts = np.where(vendors[place] == query_vendors, relevant[place], 0)
    answered = np.flatnonzero(counts)
    answered = answered[np.argsort(counts[answered], kind="stable")]  # a block of like depths wastes little search
    reciprocal, precision, average = (np.zeros(len(answered)) for _ in range(3))
    start = 0
    while start < len(answered):
        stop = start + 1
        while stop < len(answered) and (stop + 1 - start) * max(k, counts[answered[stop]]) <= CELLS:
            stop += 1
        rows = answered[start:stop]
        depth = counts[rows]
        near = nearest(rows, min(max(k, int(depth.max())), len(document_vendors)))
        hits = document_vendors[near] == query_vendors[rows, None]
        reciprocal[start:stop], precision[start:stop], average[start:stop] = _metrics_of(hits, depth, k)
        start = stop
    frame = pd.DataFrame(
        {
            "query": answered,
            "vendor": query_vendors[answered],
            "relevant": counts[answered],
            f"MRR@{k}": reciprocal,
            "R-Precision@X": precision,
            "mAP@R": average,
        }
    )
    return frame.sort_values("query", ignore_index=True)


def per_query_related(order: np.ndarray, related: np.ndarray, vendors: np.ndarray, k: int = 10) -> pd.DataFrame:
    """`per_query` where each query has its own relevant documents in place of its vendor's.

    order (q, n): every document's row number, best first; related (q, n) bool: the relevant documents of each query;
    vendors (q,): of the queries.
    """
    counts = related.sum(1)
    answered = np.flatnonzero(counts)
    hits = np.take_along_axis(related[answered], order[answered], axis=1)
    values = _metrics_of(hits, counts[answered], k)
    columns = dict(zip((f"MRR@{k}", "R-Precision@X", "mAP@R"), values, strict=True))
    return pd.DataFrame({"query": answered, "vendor": vendors[answered], "relevant": counts[answered], **columns})


def _metrics_of(hits: np.ndarray, depth: np.ndarray, k: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """MRR@k, R-Precision@X and mAP@R, each (q,); hits: bool (q, the largest depth or more), by rank; depth (q,): R."""
    top = hits[:, :k]
    reciprocal = np.where(top.any(1), 1.0 / (top.argmax(1) + 1), 0.0)
    within = hits & (np.arange(hits.shape[1]) < depth[:, None])
    at_rank = np.cumsum(within, 1) / np.arange(1, hits.shape[1] + 1)
    return reciprocal, within.sum(1) / depth, (at_rank * within).sum(1) / depth


def evaluate(
    queries: np.ndarray, query_vendors: np.ndarray, documents: np.ndarray, document_vendors: np.ndarray, k: int = 10
) -> pd.DataFrame:
    """Retrieval metrics of one set of queries against one set of documents (MATCHED Tables 5 to 12).

    Arguments and errors as for `per_query`. One row a metric, columns `metric, mean, std, queries, vendors`; `std` is
    the population standard deviation over vendors; `queries` and `vendors` count what was scored: a query whose vendor
    has no document is left out.
    """
    scores = per_query(queries, query_vendors, documents, document_vendors, k)
    grouped = scores.groupby("vendor", sort=True)
    sizes = grouped.size().to_numpy(float)
    rows = []
    for metric, (column, by_vendor) in metrics(k).items():
        means = grouped[column].mean().to_numpy()
        mean = np.average(means, weights=None if by_vendor else sizes) if len(means) else np.nan
        std = means.std() if len(means) else np.nan
        rows.append((metric, mean, std, len(scores), len(means)))
    return pd.DataFrame(rows, columns=["metric", "mean", "std", "queries", "vendors"])


def metrics(k: int = 10) -> dict[str, tuple[str, bool]]:
    """Each metric: the column of `per_query` that it averages, and whether it is averaged by vendor, not by query."""
    return {
        "R-Precision@X": ("R-Precision@X", True),
        f"MRR@{k}": (f"MRR@{k}", True),
        "Macro-F1@X": ("R-Precision@X", False),
        "mAP@R": ("mAP@R", True),
    }


def _check(queries: np.ndarray, query_vendors: np.ndarray, documents: np.ndarray, document_vendors: np.ndarray) -> None:
    for name, vectors, labels in (("queries", queries, query_vendors), ("documents", documents, document_vendors)):
        if np.ndim(vectors) != 2 or len(vectors) != len(labels):
            raise DataError(
                f"{name}: embeddings of shape {np.shape(vectors)} and {len(labels)} vendors don't fit; "
                f"give one row of numbers and one vendor for each of the {name}."
            )
        if not np.isfinite(vectors).all():
            bad = int(np.flatnonzero(~np.isfinite(vectors).all(axis=1))[0])
            raise DataError(
                f"{name}: row {bad} holds a number that is not finite. Such an embedding comes from a "
                "training that diverged; lower its learning rate and run it again."
            )
    if np.shape(queries)[1] != np.shape(documents)[1]:
        raise DataError(
            f"queries have {np.shape(queries)[1]} dimensions and documents {np.shape(documents)[1]}; "
            "both must come from the same system and modality."
        )
    if not len(documents):
        raise DataError("documents: there are none to rank. The training part of this region is empty.")
