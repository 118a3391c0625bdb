"""Text-to-image retrieval: an ad's text asks for the ad's own pictures among all pictures of its region (MATCHED Table 8).

Queries are the texts of the region's test ads, documents the pictures of its test ads, so that neither was trained on. Beside
each score stand two that need no alignment: *chance* ranks blindly, and the *vendor's level* is that of somebody who
knows whose the text is, ranks that vendor's pictures first, and those blindly. `within` is the score when only pictures of the own
vendor compete, where knowing the vendor helps nothing and nothing but what text and picture say can.
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
    """A row a test text of each region: `region, query, vendor, relevant, documents`, the metrics of `lib.evaluation.retrieval.per_query`,
    `within`, and for each metric what chance and the vendor's level give, `<metric>, chance` and so on.

    items: pairs, `region, vendor, text, image, part`. similarity(texts, images): of unique texts and pictures by their numbers, (u, v).
    `within` is R-Precision@X among the vendor's own pictures, with `within, chance`; missing where the vendor has no other.
    Raises DataError when no region has a text to ask with and a second picture.
    """
    found = []
    for region, here in items[items["part"] == "test"].groupby("region", sort=False):
        texts, text = np.unique(here["text"], return_inverse=True)
        images, image = np.unique(here["image"], return_inverse=True)
        if len(images) < 2:
            continue
        related = np.zeros((len(texts), len(images)), bool)
        related[text, image] = True
        vendors = here.drop_duplicates("text").set_index("text").loc[texts, "vendor"].to_numpy()
        owners = here.drop_duplicates("image").set_index("image").loc[images, "vendor"].to_numpy()
        alike = np.asarray(similarity(texts, images), np.float64)
        order = np.argsort(-alike, axis=1, kind="stable")
        frame = retrieval.per_query_related(order, related, vendors, k)
        own = vendors[:, None] == owners
        inside = [_within(alike[row], related[row], own[row]) for row in frame["query"]]
        frame["within"], frame["within, chance"] = np.array(inside).T
        relevant = frame["relevant"].to_numpy()
        for level, among in zip(LEVELS, (np.full(len(frame), len(images)), own.sum(1)[frame["query"]]), strict=True):
            for metric, value in by_chance(relevant, among, k).items():
                frame[f"{metric}, {level}"] = value
        found.append(frame.assign(region=region, documents=len(images)))
    if not found:
        raise DataError("Text-to-image retrieval: no region has two pictures of test ads, so there is nothing to rank.")
    return pd.concat(found, ignore_index=True)


def table(scored: pd.DataFrame, draws: int, seed: int, trained_on: str, regions: Sequence[str]) -> pd.DataFrame:
    """`lib.evaluation.verification.table` of `scores`, with the columns `chance` and `vendor's level`; `within` is a metric of its own, whose vendor's
    level is its chance."""
    usual = retrieval.metrics()
    arguments: dict[str, Any] = {"seed": seed, "trained_on": trained_on, "regions": regions}
    found = verification.table(scored, draws, metrics=usual | {"within": ("within", True)}, **arguments)
    for level in LEVELS:
        columns = {metric: (f"{column}, {level}", by_vendor) for metric, (column, by_vendor) in usual.items()}
        expected = verification.table(scored, 0, metrics=columns | {"within": ("within, chance", True)}, **arguments)
        found = found.merge(
            expected[["metric", "region", "mean"]].rename(columns={"mean": level}), on=["metric", "region"]
        )
    return found


def _within(alike: np.ndarray, related: np.ndarray, own: np.ndarray) -> tuple[float, float]:
    """R-Precision@X among the vendor's own pictures and by chance; no numbers where all of them are asked for."""
    wanted, among = int(related.sum()), int(own.sum())
    if among <= wanted:
        return np.nan, np.nan
    first = np.flatnonzero(own)[np.argsort(-alike[own], kind="stable")[:wanted]]
    return float(related[first].mean()), wanted / among


def by_chance(relevant: np.ndarray, documents: np.ndarray, k: int = 10) -> dict[str, np.ndarray]:
    """What blind ranking is expected to score, by metric: relevant (q,) of documents (q,), each order as likely.

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
    for row, (wanted, among) in enumerate(zip(relevant, documents, strict=True)):
        ranks = np.arange(1, wanted + 1)
        average[row] = np.mean(share[row] * (1 + (ranks - 1) * (wanted - 1) / max(among - 1, 1)) / ranks)
    return {f"MRR@{k}": reciprocal, "R-Precision@X": share, "mAP@R": average}
