"""What tells a pair from its negatives: what an alignment objective rewards, and what its vectors hold.

Each number is the share of wrong pictures that a text's own one scores above: 0.5 when nothing tells them apart.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from sklearn.linear_model import LogisticRegression

from lib.evaluation.intervals import bootstrap_weights, interval, resampled_ratio


def above(own: np.ndarray, others: np.ndarray) -> np.ndarray:
    """own (n,), others (n, k) -> (n,): the share of a row's others that its own is above, ties counting half."""
    gaps = own[:, None] - others
    return ((gaps > 0) + (gaps == 0) / 2).mean(1)


def by_region(
    text: np.ndarray, image: np.ndarray, others: np.ndarray, train: pd.DataFrame, rows: pd.DataFrame
) -> np.ndarray:
    """`above` when a pair is told by its region alone: by how likely a text and a picture are of one region, as linear readers
    of the vectors find it.

    text (u, d), image (v, d): all vectors; train: `text, image, region` of pairs that the readers learn from; rows: `text, image` of the pairs
    that are asked about, others (n, k) their negatives' pictures.
    """
    readers = {
        side: LogisticRegression(max_iter=300).fit(vectors[train[side]], train["region"])
        for side, vectors in (("text", text), ("image", image))
    }
    asked = readers["text"].predict_proba(text[rows["text"]])
    own = (asked * readers["image"].predict_proba(image[rows["image"]])).sum(1)
    likely = readers["image"].predict_proba(image[others.ravel()]).reshape(*others.shape, -1)
    return above(own, (asked[:, None] * likely).sum(-1))


def summary(shares: dict[str, np.ndarray], vendors: np.ndarray, draws: int, seed: int) -> pd.DataFrame:
    """`what, share, low, high, pairs, vendors`: shares (n,) averaged by vendor, with a 95 % interval that resamples vendors (n,)."""
    table = []
    for what, found in shares.items():
        means = pd.Series(found).groupby(vendors).mean().to_numpy()
        times = bootstrap_weights(len(means), draws, seed)
        low, high = interval(resampled_ratio(times, means, np.ones(len(means))))
        table.append(
            {
                "what": what,
                "share": float(means.mean()),
                "low": low,
                "high": high,
                "pairs": len(found),
                "vendors": len(means),
            }
        )
    return pd.DataFrame(table)
