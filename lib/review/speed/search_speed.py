"""How fast retrieval is scored, ours beside the authors' way (chapter 92).

The authors' way (analysis/faiss_trained.ipynb): for each metric and each vendor a search of its own, then a Python set
of the documents found and one of the vendor's for every query. Ours searches once for all queries and counts in arrays.
Both on the same vectors, threads and machine.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import faiss
import numpy as np
import pandas as pd

from lib.evaluation import retrieval

Gallery = tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]


def gallery(size: int, queries: int, dimensions: int, seed: int, each: int = 13) -> Gallery:
    """Made-up unit vectors (size, dimensions) and (queries, dimensions) float32, each with its vendors: noise around
    one point a vendor; vendors have `each` documents on average, as unequal as MATCHED's (log-normal). Returns queries,
    their vendors, documents, their vendors."""
    generator = np.random.default_rng(seed)
    vendors = max(2, size // each)
    share = generator.lognormal(0, 1.2, vendors)
    share /= share.sum()
    points = generator.standard_normal((vendors, dimensions), np.float32)

    def drawn(count: int) -> tuple[np.ndarray, np.ndarray]:
        owner = generator.choice(vendors, count, p=share)
        noise = generator.standard_normal((count, dimensions), np.float32)
        return retrieval.unit(points[owner] + 1.5 * noise), owner

    return *drawn(queries), *drawn(size)


def by_vendor(
    queries: np.ndarray, query_vendors: np.ndarray, documents: np.ndarray, document_vendors: np.ndarray
) -> dict[str, float]:
    """R-Precision@X, Macro-F1@X and MRR@10 as the authors' scripts go about it: each metric by itself, vendor by
    vendor, with Python sets."""
    index = faiss.IndexFlatIP(documents.shape[1])
    index.add(documents)

    def each(score: Callable[[np.ndarray, set[int], int], float], depth: int | None) -> Iterator[list[float]]:
        for vendor in np.unique(query_vendors):
            own = np.flatnonzero(document_vendors == vendor)
            if len(own):
                _, near = index.search(queries[query_vendors == vendor], depth or len(own))
                yield [score(row, set(own.tolist()), len(own)) for row in near]

    def precision(row: np.ndarray, own: set[int], relevant: int) -> float:
        return len(own & set(row.tolist())) / relevant

    def reciprocal(row: np.ndarray, own: set[int], relevant: int) -> float:
        return next((1 / rank for rank, document in enumerate(row.tolist(), 1) if document in own), 0.0)

    return {
        "R-Precision@X": float(np.mean([np.mean(scores) for scores in each(precision, None)])),
        "Macro-F1@X": float(np.mean([score for scores in each(precision, None) for score in scores])),
        "MRR@10": float(np.mean([np.mean(scores) for scores in each(reciprocal, 10)])),
    }


def scoring(documents: int, queries: int, dimensions: int, rounds: int, seed: int = 0) -> pd.DataFrame:
    """Seconds of both ways on one made-up gallery, one after the other in every round: `round, theirs, ours, ratio,
    furthest apart` (of the three metrics)."""
    vectors, rows = gallery(documents, queries, dimensions, seed), []
    with threads():
        for number in range(rounds):
            begin = time.perf_counter()
            slow = by_vendor(*vectors)
            middle = time.perf_counter()
            fast = retrieval.evaluate(*vectors).set_index("metric")["mean"]
            end = time.perf_counter()
            apart = max(abs(value - fast[metric]) for metric, value in slow.items())
            theirs, ours = middle - begin, end - middle
            rows.append((number + 1, theirs, ours, theirs / ours, apart))
    return pd.DataFrame(rows, columns=["round", "theirs", "ours", "ratio", "furthest apart"])


@contextmanager
def threads() -> Iterator[None]:
    """FAISS on two cores, or on one where there is no other."""
    before = faiss.omp_get_max_threads()
    faiss.omp_set_num_threads(min(2, os.cpu_count() or 1))
    try:
        yield
    finally:
        faiss.omp_set_num_threads(before)
