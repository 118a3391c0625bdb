"""Retrieval scored as the authors' analysis notebooks do (analysis/faiss_*.ipynb): by raw inner product, without
duplicates.

Duplicates are vectors (`remove_duplicate_embeddings`): of equal ones in training the first stays, whoever's it is; of
equal ones in test the first stays; and a test vector that is in training goes. Equal texts have equal vectors, and so
have texts that differ only in what is masked or cut off. Where it is known what the encoder read, that is compared in
place of the vectors, whose last bits depend on the batch: so all seeds of a system have the same duplicates.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pandas as pd
from pandera.typing import DataFrame

from lib.core.schemas import ScoredQueries
from lib.evaluation import retrieval, verification


class Scoring(NamedTuple):
    """How vectors are compared. likeness: `cosine` or `inner product` (of vectors as they come). duplicates: `kept` or
    `removed`."""

    likeness: str = "cosine"
    duplicates: str = "kept"

    @property
    def words(self) -> str:
        return self.likeness + (", duplicates removed" if self.duplicates == "removed" else "")


def scores(
    items: pd.DataFrame, vectors: np.ndarray, scoring: Scoring, contents: np.ndarray | None = None
) -> DataFrame[ScoredQueries]:
    """`lib.evaluation.verification.scores` by a scoring, of members: queries whose vendor has a document.

    contents: as in `per_query`.
    """
    if scoring == Scoring():
        return verification.scores(items, vectors)
    every = per_query(items, vectors, *scoring, contents)
    members: DataFrame[ScoredQueries] = every[every["member"]].drop(columns=["first", "member"]).reset_index(drop=True)
    return members


def first_rows(vectors: np.ndarray) -> np.ndarray:
    """The rows (n, d), or numbers (n,), that no earlier one equals, as row numbers in ascending order."""
    return np.sort(np.unique(vectors, axis=0, return_index=True)[1])


def without_duplicates(query: np.ndarray, document: np.ndarray, contents: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Row numbers of queries and documents without duplicates, as the authors remove them.

    query, document: row numbers of contents, which are vectors (n, d) or numbers (n,). Of equal documents the first
    stays, of equal queries too, and of a query that equals a document none.
    """
    kept = document[first_rows(contents[document])]
    asked = query[first_rows(contents[query])]
    fresh = first_rows(np.concatenate([contents[kept], contents[asked]])) - len(kept)
    return asked[fresh[fresh >= 0]], kept


def per_query(
    items: pd.DataFrame, vectors: np.ndarray, likeness: str, duplicates: str, contents: np.ndarray | None = None
) -> pd.DataFrame:
    """Every query's scores (`lib.evaluation.verification.scores`), with `first` and `member`.

    items: `region, part, vendor`, a row for each of vectors (n, d), as they come from the encoder. contents:
    (n,) numbers, equal where the encoder read the same, which duplicates are told by; the vectors if not given. query:
    the place among all of the region's test items, whatever was removed. first: whether the
    first result is of the query's vendor (1 or 0). A query whose vendor has no document is no member: MRR and `first`
    are 0 then, all else NaN.
    """
    vendors = items["vendor"].to_numpy()
    scaled = retrieval.unit(vectors) if likeness == "cosine" else _shortened(vectors)
    alike = vectors if contents is None else contents

    def score(every: np.ndarray, document: np.ndarray) -> pd.DataFrame:
        query = every
        if duplicates == "removed":
            query, document = without_duplicates(every, document, alike)
        scored = retrieval.per_query_ranked(
            lambda rows, depth: retrieval.rank(scaled[query[rows]], scaled[document], depth),
            vendors[query],
            vendors[document],
        )
        scored = scored.assign(first=(scored["MRR@10"] == 1).astype(float), member=True)
        outside = np.flatnonzero(~np.isin(vendors[query], vendors[document]))
        asked = {"query": outside, "vendor": vendors[query[outside]], "MRR@10": 0.0, "first": 0.0, "member": False}
        whole = pd.concat([scored, pd.DataFrame(asked)], ignore_index=True) if len(outside) else scored
        return whole.assign(query=np.flatnonzero(np.isin(every, query))[whole["query"]])

    return verification.scores_by(items, score)


def _shortened(vectors: np.ndarray) -> np.ndarray:
    """Vectors (n, d) divided by one power of two, so that none is longer than 1 (what `lib.evaluation.retrieval.rank`
    expects) and equal inner products stay equal: float32."""
    longest = float(np.linalg.norm(vectors, axis=1).max(initial=1.0))
    shortened: np.ndarray = np.ldexp(vectors, -int(np.ceil(np.log2(longest)))).astype(np.float32)
    return shortened
