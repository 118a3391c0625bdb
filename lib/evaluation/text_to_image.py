"""Text-to-image retrieval: an ad's text retrieves its own pictures among all pictures of its region (MATCHED Table 8).

Queries are the texts of a region's test ads, documents the pictures of its test ads, so neither were trained on. Two
levels that need no alignment are given with each score. *Chance* ranks blindly. The *vendor's level* is that of a
system that knows the text's vendor, ranks the vendor's pictures first, and those blindly. `within` is the score when
only pictures of the same vendor compete: knowing the vendor doesn't help there, only what text and picture say.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pandas as pd
from scipy.stats import hypergeom

from lib.core.errors import DataError
from lib.evaluation import retrieval, verification

LEVELS = ("chance", "vendor's level")


def scores(
    items: pd.DataFrame, similarity: Callable[[np.ndarray, np.ndarray], np.ndarray], k: int = 10
) -> pd.DataFrame:
    """A row for each test text of each region.

    items: pairs, `region, vendor, text, image, part`. similarity(texts, images): of texts (u,) and pictures (v,) by
    their numbers, (u, v). Columns `region, query, vendor, relevant, documents`; the metrics of
    `lib.evaluation.retrieval.per_query`, each with both LEVELS (`<metric>, chance` and so on); and `within`
    (R-Precision@X among the vendor's own pictures) with `within, chance`, NaN where the vendor has no other picture.
    Raises DataError when no region has a test text and two pictures.
    """
    frames = []
    for region, pairs in items[items["part"] == "test"].groupby("region", sort=False):
        texts, text = np.unique(pairs["text"], return_inverse=True)
        images, image = np.unique(pairs["image"], return_inverse=True)
        if len(images) < 2:
            continue
        related = np.zeros((len(texts), len(images)), bool)
        related[text, image] = True
        vendors = pairs.drop_duplicates("text").set_index("text").loc[texts, "vendor"].to_numpy()
        owners = pairs.drop_duplicates("image").set_index("image").loc[images, "vendor"].to_numpy()
        similarities = np.asarray(similarity(texts, images), np.float64)
        order = np.argsort(-similarities, axis=1, kind="stable")
        frame = retrieval.per_query_related(order, related, vendors, k)
        own = vendors[:, None] == owners
        within = [_within(similarities[row], related[row], own[row]) for row in frame["query"]]
        frame["within"], frame["within, chance"] = np.array(within).T
        relevant = frame["relevant"].to_numpy()
        for level, among in zip(LEVELS, (np.full(len(frame), len(images)), own.sum(1)[frame["query"]]), strict=True):
            for metric, value in by_chance(relevant, among, k).items():
                frame[f"{metric}, {level}"] = value
        frames.append(frame.assign(region=region, documents=len(images)))
    if not frames:
        raise DataError("Text-to-image retrieval: no region has two pictures of test ads, so there is nothing to rank.")
    return pd.concat(frames, ignore_index=True)


def table(scored: pd.DataFrame, draws: int, seed: int, trained_on: str, regions: Sequence[str]) -> pd.DataFrame:
    """`lib.evaluation.verification.table` of `scores`, with the columns LEVELS.

    `within` is a metric of its own, whose vendor's level is its chance.
    """
    usual = retrieval.metrics()
    arguments: dict[str, Any] = {"seed": seed, "trained_on": trained_on, "regions": regions}
    means = verification.table(scored, draws, metrics=usual | {"within": ("within", True)}, **arguments)
    for level in LEVELS:
        columns = {metric: (f"{column}, {level}", by_vendor) for metric, (column, by_vendor) in usual.items()}
        expected = verification.table(scored, 0, metrics=columns | {"within": ("within, chance", True)}, **arguments)
        expected = expected[["metric", "region", "mean"]].rename(columns={"mean": level})
        means = means.merge(expected, on=["metric", "region"])
    return means


def _within(similarities: np.ndarray, related: np.ndarray, own: np.ndarray) -> tuple[float, float]:
    """R-Precision@X of one text among its vendor's pictures, and by chance; NaN where all of them are relevant.

    similarities (v,); related, own: bool (v,).
    """
    relevant, among = int(related.sum()), int(own.sum())
    if among <= relevant:
        return np.nan, np.nan
    first = np.flatnonzero(own)[np.argsort(-similarities[own], kind="stable")[:relevant]]
    return float(related[first].mean()), relevant / among


def by_chance(relevant: np.ndarray, documents: np.ndarray, k: int = 10) -> dict[str, np.ndarray]:
    """The expected score of a random ranking, by metric; relevant, documents: their numbers for each query (q,).

    R-Precision: R / n. MRR@k: the sum over ranks r of P(first hit at r) / r. mAP@R: the mean over ranks r up to R of
    P(hit at r) E[precision at r | hit] = R / n (1 + (r - 1)(R - 1) / (n - 1)) / r.
    """
    relevant, documents = np.asarray(relevant, float), np.asarray(documents, float)
    share = relevant / documents
    reciprocal, average = np.zeros(len(share)), np.zeros(len(share))
    for rank in range(1, k + 1):
        left = np.maximum(documents - rank + 1, 1)
        none_before = hypergeom.pmf(0, documents, relevant, np.minimum(rank - 1, documents))
        reciprocal += np.where(rank <= documents, none_before * np.minimum(relevant / left, 1) / rank, 0)
    for row, (hits, among) in enumerate(zip(relevant, documents, strict=True)):
        ranks = np.arange(1, hits + 1)
        average[row] = np.mean(share[row] * (1 + (ranks - 1) * (hits - 1) / max(among - 1, 1)) / ranks)
    return {f"MRR@{k}": reciprocal, "R-Precision@X": share, "mAP@R": average}
