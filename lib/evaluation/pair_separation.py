"""How well an alignment's scores, and what its vectors hold, separate text-image pairs from their negatives.

Each number is the share of negative pictures that the text's own picture scores above: 0.5 at chance.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from sklearn.linear_model import LogisticRegression

from lib.evaluation.intervals import ratio_interval


def above(own: np.ndarray, others: np.ndarray) -> np.ndarray:
    """own (n,), others (n, k) -> (n,): the share of a row's others that its own is above, ties counting half."""
    gaps = own[:, None] - others
    shares: np.ndarray = ((gaps > 0) + (gaps == 0) / 2).mean(1)
    return shares


def by_region(
    text: np.ndarray, image: np.ndarray, others: np.ndarray, train: pd.DataFrame, rows: pd.DataFrame
) -> np.ndarray:
    """`above` when a pair is scored by its region alone: the probability that text and picture are of one region.

    The regions' probabilities are logistic regressions on the vectors. text (u, d), image (v, d): all vectors; train:
    `text, image, region` of the pairs that they are fitted to; rows: `text, image` of the pairs that are scored;
    others (n, k): pictures of their negatives.
    """
    classifiers = {
        side: LogisticRegression(max_iter=300).fit(vectors[train[side]], train["region"])
        for side, vectors in (("text", text), ("image", image))
    }
    of_text = classifiers["text"].predict_proba(text[rows["text"]])
    own = (of_text * classifiers["image"].predict_proba(image[rows["image"]])).sum(1)
    of_others = classifiers["image"].predict_proba(image[others.ravel()]).reshape(*others.shape, -1)
    return above(own, (of_text[:, None] * of_others).sum(-1))


def summary(shares: dict[str, np.ndarray], vendors: np.ndarray, draws: int, seed: int) -> pd.DataFrame:
    """Shares by vendor, averaged: `what, share, low, high, pairs, vendors` (95 %, vendors resampled).

    shares: `above` (n,) by what it is of; vendors: of each pair (n,).
    """
    table = []
    for what, values in shares.items():
        means = pd.Series(values).groupby(vendors).mean().to_numpy()
        low, high = ratio_interval(means, np.ones(len(means)), draws, seed)
        row = {"what": what, "share": float(means.mean()), "low": low, "high": high}
        table.append({**row, "pairs": len(values), "vendors": len(means)})
    return pd.DataFrame(table)
