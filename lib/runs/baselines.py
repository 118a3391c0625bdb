"""Baselines that a reviewer asks for and MATCHED lacks: what surface habits, copies and chance alone reach.

Each is a `Linker`: it says how like two items are. Retrieval ranks by that likeness; identification takes the vendor of
the most similar training item, or of a linear classifier where the linker has one. Nothing is learned from pixels or
words beyond counting. A new baseline is a class, a line in `BASELINES` and its name in `lib.study.registry`.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import Any, Literal

import numpy as np
import pandas as pd
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.svm import LinearSVC

from lib.core.errors import DataError
from lib.data import identifiers, image_arrays, near_duplicates
from lib.evaluation import retrieval, verification
from lib.runs.task import Task

BLOCK = 256
"""Queries whose likeness to all documents is held at a time."""


class Linker:
    """items: masked texts (str) or pictures (h, w, 3) uint8, all of the data; rows below are row numbers of these."""

    kind: Literal["text", "image", ""] = "text"  # '' where any item will do

    def __init__(self, items: Sequence[Any] | np.ndarray, seed: int) -> None:
        self.items: Any = items  # texts or pictures: each linker knows its kind
        self.seed = seed

    def fit(self, rows: np.ndarray, vendors: np.ndarray) -> None:
        """See the training items, once, before anything is asked."""

    def likeness(self, queries: np.ndarray, documents: np.ndarray, vendors: np.ndarray) -> np.ndarray:
        """(q, n): larger for more alike; vendors (n,) of the documents."""
        raise NotImplementedError

    def predict(self, queries: np.ndarray, documents: np.ndarray, vendors: np.ndarray) -> np.ndarray:
        """The vendor of each query (q,), among those of the training items `documents`: that of the most similar one."""
        nearest = [self.likeness(block, documents, vendors).argmax(1) for block in _blocks(queries)]
        return vendors[np.concatenate(nearest)]


class Ngrams(Linker):
    """TF-IDF of n-grams: a linear support vector machine for identification, the cosine for retrieval."""

    analyzer, span = "char_wb", (2, 4)

    def fit(self, rows: np.ndarray, vendors: np.ndarray) -> None:
        counter = TfidfVectorizer(
            analyzer=self.analyzer, ngram_range=self.span, max_features=50_000, sublinear_tf=True, dtype=np.float32
        )
        if len(np.unique(vendors)) < 2:
            raise DataError(
                f"{type(self).__name__}: there is one vendor to learn from; a classifier needs two at least."
            )
        try:
            counter.fit([self.items[row] for row in rows])
        except ValueError as error:  # scikit-learn's word for texts without any word of two letters
            raise DataError(f"{type(self).__name__}: the training texts hold nothing to count ({error}).") from error
        self.counts = counter.transform(self.items)
        self.model = LinearSVC(tol=1e-2, random_state=self.seed).fit(self.counts[rows], vendors)

    def likeness(self, queries: np.ndarray, documents: np.ndarray, vendors: np.ndarray) -> np.ndarray:
        return (self.counts[queries] @ self.counts[documents].T).toarray()

    def predict(self, queries: np.ndarray, documents: np.ndarray, vendors: np.ndarray) -> np.ndarray:
        return self.model.predict(self.counts[queries])


class WordNgrams(Ngrams):
    analyzer, span = "word", (1, 2)


class MinHash(Linker):
    """Near-duplicates: the Jaccard similarity of the texts' shingles of three words, estimated by 128 hashes."""

    @cached_property
    def signatures(self) -> np.ndarray:
        """(items, 128) hashes."""
        return near_duplicates.signatures(self.items, self.seed)

    def likeness(self, queries: np.ndarray, documents: np.ndarray, vendors: np.ndarray) -> np.ndarray:
        found = self.signatures[documents]
        return np.stack([(found == self.signatures[query]).mean(1) for query in queries])


class Bm25(Linker):
    """Words that a query shares with a document, rare ones more (Robertson's BM25)."""

    def likeness(self, queries: np.ndarray, documents: np.ndarray, vendors: np.ndarray) -> np.ndarray:
        index = self._index(tuple(documents.tolist()))
        return np.stack(
            [self._scores(index, near_duplicates.words(self.items[query]), len(documents)) for query in queries]
        )

    def _index(self, documents: tuple[int, ...]) -> Any:
        import bm25s

        if getattr(self, "_of", None) != documents:
            words = [near_duplicates.words(self.items[document]) for document in documents]
            self._built, self._of = bm25s.BM25() if any(words) else None, documents
            if self._built is not None:
                self._built.index(words, show_progress=False)
        return self._built

    @staticmethod
    def _scores(index: Any, words: list[str], documents: int) -> np.ndarray:
        """(documents,): words that no document has count for nothing; the library wants at least one that is known."""
        known = [word for word in words if index is not None and word in index.vocab_dict]
        return index.get_scores(known) if known else np.zeros(documents, np.float32)


class PerceptualHash(Linker):
    """Near-duplicate pictures: bits that two perceptual hashes (of 64, by DCT) share."""

    kind = "image"

    @cached_property
    def hashes(self) -> np.ndarray:
        """(items,) uint64."""
        return near_duplicates.image_hashes(self.items)

    def likeness(self, queries: np.ndarray, documents: np.ndarray, vendors: np.ndarray) -> np.ndarray:
        return 64.0 - np.bitwise_count(self.hashes[queries][:, None] ^ self.hashes[documents][None, :])


class Majority(Linker):
    """Knows only how many ads each vendor has."""

    kind = ""

    def likeness(self, queries: np.ndarray, documents: np.ndarray, vendors: np.ndarray) -> np.ndarray:
        _, place, counts = np.unique(vendors, return_inverse=True, return_counts=True)
        return np.broadcast_to(counts[place].astype(float), (len(queries), len(documents)))


class Random(Linker):
    """Chance."""

    kind = ""

    def likeness(self, queries: np.ndarray, documents: np.ndarray, vendors: np.ndarray) -> np.ndarray:
        # Each query's own numbers, so that blocks of another size would give the same.
        return np.stack([np.random.default_rng([self.seed, query]).random(len(documents)) for query in queries])


BASELINES: dict[str, type[Linker]] = {
    "char-ngrams": Ngrams,
    "word-ngrams": WordNgrams,
    "minhash": MinHash,
    "bm25": Bm25,
    "perceptual-hash": PerceptualHash,
    "majority": Majority,
    "random": Random,
}


class Baseline(Task):
    """A baseline on a study's data; its methods are called in the order in which they stand."""

    def __init__(self, notebook: str, study: str, out: str, baseline: str, seed: int, modality: str = "") -> None:
        """baseline: a name of BASELINES. modality: `text` or `image`, what majority and random are asked about; others
        know. Raises DataError when the two don't fit."""
        super().__init__(notebook, study, out, {"baseline": baseline, "modality": modality, "seed": seed})
        self._modality = BASELINES[baseline].kind or modality or "text"

    @property
    def modality(self) -> str:
        return self._modality

    @cached_property
    def linker(self) -> Linker:
        found, study = self.data, self.study
        if self.modality == "text":
            content: Sequence[Any] | np.ndarray = [identifiers.mask(text) for text in found.texts]
        else:
            content = image_arrays.as_array(
                found.images, study.image.pixels, study.cache, found.fingerprint, found.digests
            )
        return BASELINES[self.parameters["baseline"]](content, self.parameters["seed"])

    def identify(self) -> pd.DataFrame:
        """Scores on the training region's test items."""
        rows, vendors = self.items[self.modality].to_numpy(), self.items["vendor"].to_numpy()
        train, test = self.part("train"), self.test_part()
        self.linker.fit(rows[train], vendors[train])
        return self.score_identification(self.linker.predict(rows[test], rows[train], vendors[train]))

    def verify(self) -> pd.DataFrame:
        """Retrieval in every region. After `identify`."""
        items = self.items[self.shown(self.items)].reset_index(drop=True)
        rows, vendors = items[self.modality].to_numpy(), items["vendor"].to_numpy()

        def score(query: np.ndarray, document: np.ndarray) -> pd.DataFrame:
            def nearest(chosen: np.ndarray, depth: int) -> np.ndarray:
                asked = rows[query[chosen]]
                found = [self.linker.likeness(block, rows[document], vendors[document]) for block in _blocks(asked)]
                return np.concatenate([np.argsort(-part, axis=1, kind="stable")[:, :depth] for part in found])

            return retrieval.per_query_ranked(nearest, vendors[query], vendors[document])

        return self.score_verification({self.modality: verification.scores_by(items, score)})

    def finish(self, **more: Any) -> dict[str, Any]:
        return super().finish(weights=[], **more)


def _blocks(rows: np.ndarray) -> list[np.ndarray]:
    return np.array_split(rows, max(1, -(-len(rows) // BLOCK)))
