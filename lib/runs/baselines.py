"""Baselines that MATCHED lacks: what n-grams, near-duplicates and chance alone reach.

Each is a `SimilarityBaseline`, which gives the similarity of two items. Retrieval ranks by it; identification takes the
vendor of the most similar training item, or the prediction of a linear classifier where the baseline has one. Nothing
is learned from pixels or words beyond counting. A new baseline is a class, a line in `BASELINES` and its name in
`lib.study.registry`.
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
from lib.runs.ad_items import AdItems
from lib.runs.evaluator import Evaluator
from lib.runs.recorder import Recorder, step
from lib.study.run_record import RunRecord

BLOCK = 256
"""Queries whose similarities to all documents are held in memory at a time."""


class SimilarityBaseline:
    """items: all masked texts (str) or images (h, w, 3) uint8 of the data; rows below are row numbers of these."""

    kind: Literal["text", "image", ""] = "text"  # '' for any kind of item

    def __init__(self, items: Sequence[Any] | np.ndarray, seed: int) -> None:
        self.items: Any = items  # texts or images: each baseline knows its kind
        self.seed = seed

    def fit(self, rows: np.ndarray, vendors: np.ndarray) -> None:
        """Learn from the training items, once, before anything else."""

    def similarity(self, queries: np.ndarray, documents: np.ndarray, vendors: np.ndarray) -> np.ndarray:
        """(q, n), larger for more similar; vendors (n,) of the documents."""
        raise NotImplementedError

    def predict(self, queries: np.ndarray, documents: np.ndarray, vendors: np.ndarray) -> np.ndarray:
        """The vendor of each query (q,), among those of the training items `documents`: that of the most similar
        one."""
        nearest = [self.similarity(block, documents, vendors).argmax(1) for block in _blocks(queries)]
        return np.asarray(vendors[np.concatenate(nearest)])


class Ngrams(SimilarityBaseline):
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
        except ValueError as error:  # no text has a word of two letters
            raise DataError(f"{type(self).__name__}: the training texts hold nothing to count ({error}).") from error
        self.counts = counter.transform(self.items)
        self.model = LinearSVC(tol=1e-2, random_state=self.seed).fit(self.counts[rows], vendors)

    def similarity(self, queries: np.ndarray, documents: np.ndarray, vendors: np.ndarray) -> np.ndarray:
        return np.asarray((self.counts[queries] @ self.counts[documents].T).toarray())

    def predict(self, queries: np.ndarray, documents: np.ndarray, vendors: np.ndarray) -> np.ndarray:
        return np.asarray(self.model.predict(self.counts[queries]))


class WordNgrams(Ngrams):
    analyzer, span = "word", (1, 2)


class MinHash(SimilarityBaseline):
    """Near-duplicates: the Jaccard similarity of the texts' shingles of three words, estimated by 128 hashes."""

    @cached_property
    def signatures(self) -> np.ndarray:
        """(items, 128) hashes."""
        return near_duplicates.signatures(self.items, self.seed)

    def similarity(self, queries: np.ndarray, documents: np.ndarray, vendors: np.ndarray) -> np.ndarray:
        signatures = self.signatures[documents]
        return np.stack([(signatures == self.signatures[query]).mean(1) for query in queries])


class Bm25(SimilarityBaseline):
    """Words that a query shares with a document, rare ones more (Robertson's BM25)."""

    _documents: tuple[int, ...] | None = None  # that _index is of
    _index: Any = None

    def similarity(self, queries: np.ndarray, documents: np.ndarray, vendors: np.ndarray) -> np.ndarray:
        self._build_index(tuple(documents.tolist()))
        return np.stack([self._scores(near_duplicates.words(self.items[query]), len(documents)) for query in queries])

    def _build_index(self, documents: tuple[int, ...]) -> None:
        import bm25s

        if self._documents != documents:
            words = [near_duplicates.words(self.items[document]) for document in documents]
            self._index, self._documents = bm25s.BM25() if any(words) else None, documents
            if self._index is not None:
                self._index.index(words, show_progress=False)

    def _scores(self, words: list[str], documents: int) -> np.ndarray:
        """(documents,); words that no document has count for nothing, and the library needs at least one other."""
        indexed = [word for word in words if self._index is not None and word in self._index.vocab_dict]
        return np.asarray(self._index.get_scores(indexed)) if indexed else np.zeros(documents, np.float32)


class PerceptualHash(SimilarityBaseline):
    """Near-duplicate images: the bits that two perceptual hashes (of 64, by DCT) share."""

    kind = "image"

    @cached_property
    def hashes(self) -> np.ndarray:
        """(items,) uint64."""
        return near_duplicates.image_hashes(self.items)

    def similarity(self, queries: np.ndarray, documents: np.ndarray, vendors: np.ndarray) -> np.ndarray:
        differing = np.bitwise_count(self.hashes[queries][:, None] ^ self.hashes[documents][None, :])
        return np.asarray(64.0 - differing)


class Majority(SimilarityBaseline):
    """The number of items that the document's vendor has, whatever the query."""

    kind = ""

    def similarity(self, queries: np.ndarray, documents: np.ndarray, vendors: np.ndarray) -> np.ndarray:
        _, place, counts = np.unique(vendors, return_inverse=True, return_counts=True)
        return np.broadcast_to(counts[place].astype(float), (len(queries), len(documents)))


class Random(SimilarityBaseline):
    """Random similarities."""

    kind = ""

    def similarity(self, queries: np.ndarray, documents: np.ndarray, vendors: np.ndarray) -> np.ndarray:
        # A generator for each query, so that the size of blocks doesn't matter.
        return np.stack([np.random.default_rng([self.seed, query]).random(len(documents)) for query in queries])


BASELINES: dict[str, type[SimilarityBaseline]] = {
    "char-ngrams": Ngrams,
    "word-ngrams": WordNgrams,
    "minhash": MinHash,
    "bm25": Bm25,
    "perceptual-hash": PerceptualHash,
    "majority": Majority,
    "random": Random,
}


class Baseline:
    """A baseline on a study's data; results go to `out`."""

    def __init__(self, notebook: str, study: str, out: str, baseline: str, seed: int, modality: str = "") -> None:
        """baseline: a name of BASELINES. modality: of the items, `text` or `image`, for baselines that fit both. Raises
        DataError when the two don't fit."""
        parameters = {"baseline": baseline, "modality": modality, "seed": seed}
        self.recorder = Recorder(notebook, study, out, parameters)
        self.study, self.parameters = self.recorder.study, self.recorder.parameters
        self.data = AdItems.of(self.recorder.run)
        self.evaluator = Evaluator(self.recorder, self.data)
        self.sizes = self.data.sizes

    @cached_property
    def model(self) -> SimilarityBaseline:
        """The baseline, fitted on the training region's training items."""
        ads, study = self.data.ads, self.study
        if self.data.modality == "text":
            content: Sequence[Any] | np.ndarray = [identifiers.mask(text) for text in ads.texts]
        else:
            content = image_arrays.as_array(ads.images, study.image.pixels, study.cache, ads.fingerprint, ads.digests)
        model = BASELINES[self.parameters["baseline"]](content, self.parameters["seed"])
        model.fit(*self._rows(self.data.items[self.data.part("train")]))
        return model

    def _rows(self, items: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
        """Rows of the model's items, and their vendors: each (n,)."""
        return items[self.data.modality].to_numpy(), items["vendor"].to_numpy()

    @step
    def identify(self) -> pd.DataFrame:
        """Scores on the training region's test items."""
        queries, _ = self._rows(self.data.items[self.data.test_part()])
        train = self._rows(self.data.items[self.data.part("train")])
        return self.evaluator.identification(self.model.predict(queries, *train))

    @step
    def verify(self) -> pd.DataFrame:
        """Retrieval in every region."""
        items = self.data.retrieval_items_of(self.data.modality)
        items = items[self.data.scorable(items)].reset_index(drop=True)
        rows, vendors = self._rows(items)

        def score(query: np.ndarray, document: np.ndarray) -> pd.DataFrame:
            def nearest(chosen: np.ndarray, depth: int) -> np.ndarray:
                similarities = (
                    self.model.similarity(block, rows[document], vendors[document])
                    for block in _blocks(rows[query[chosen]])
                )
                return np.concatenate([np.argsort(-block, axis=1, kind="stable")[:, :depth] for block in similarities])

            return retrieval.per_query_ranked(nearest, vendors[query], vendors[document])

        return self.evaluator.verification({self.data.modality: verification.scores_by(items, score)})

    def finish(self) -> RunRecord:
        """Do what was not done yet and write the record (metrics.json)."""
        self.identify()
        self.verify()
        return self.recorder.finish(weights=[], **self.data.record())


def _blocks(rows: np.ndarray) -> list[np.ndarray]:
    return np.array_split(rows, max(1, -(-len(rows) // BLOCK)))
