"""Vendor identification: closed-set classification scores with intervals (MATCHED Tables 2, 3 and 4).

Scores are of all test items together, as the authors' fusions have them. For texts and pictures their code averages
scores of test batches, which is another number (docs/variants.md).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from pandera.typing import DataFrame
from sklearn.metrics import precision_recall_fscore_support

from lib.core.schemas import IdentificationScores
from lib.evaluation.intervals import mean_interval

METRICS = ("Balanced accuracy", "Weighted-F1", "Micro-F1", "Macro-F1")


def shares(truth: np.ndarray, predicted: np.ndarray) -> dict[str, pd.DataFrame]:
    """Each metric as a ratio of sums over vendors (`lib.evaluation.intervals.Score`), equal to scikit-learn's score.

    truth, predicted: vendor of each item (n,).
    """
    vendors = np.union1d(truth, predicted)
    _, recall, f1, items = precision_recall_fscore_support(truth, predicted, labels=vendors, zero_division=0)
    has_items = (items > 0).astype(float)
    parts = {
        "Balanced accuracy": (recall * has_items, has_items),
        "Weighted-F1": (f1 * items, items),
        "Micro-F1": (recall * items, items),
        "Macro-F1": (f1, np.ones_like(f1)),
    }
    return {name: pd.DataFrame({"top": top, "bottom": bottom}, index=vendors) for name, (top, bottom) in parts.items()}


def scores(
    truth: np.ndarray, predicted: np.ndarray | Sequence[np.ndarray], draws: int = 1000, seed: int = 0
) -> DataFrame[IdentificationScores]:
    """The four scores of Table 4: columns `metric, mean, low, high, items, vendors, seeds`; of several seeds `seed_sd`.

    truth: vendor of each item (n,); predicted: the same by a system, or one array a seed. The values are
    scikit-learn's, averaged over seeds. low, high: 95 % interval by resampling vendors with all their items, each
    with its F1 among all predictions. seed_sd: standard deviation over seeds (n - 1). A vendor that is predicted but
    has no item counts as 0 in Macro-F1, as in scikit-learn.
    """
    by_seed = [predicted] if isinstance(predicted, np.ndarray) else list(predicted)
    parts = [shares(truth, one) for one in by_seed]
    rows = []
    for metric in METRICS:
        frames = [part[metric] for part in parts]
        mean, low, high = mean_interval(frames, draws, seed)
        row = {"metric": metric, "mean": mean, "low": low, "high": high, "items": len(truth)}
        row |= {"vendors": len(np.unique(truth)), "seeds": len(frames)}
        if len(frames) > 1:
            each = [frame["top"].sum() / frame["bottom"].sum() for frame in frames]
            row["seed_sd"] = np.std(each, ddof=1)
        rows.append(row)
    table: DataFrame[IdentificationScores] = pd.DataFrame(rows)
    return table
