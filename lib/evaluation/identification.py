"""Vendor identification: closed-set classification scores with intervals (MATCHED Tables 2, 3 and 4)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from pandera.typing import DataFrame
from sklearn.metrics import precision_recall_fscore_support

from lib.core.schemas import IdentificationScores
from lib.evaluation.intervals import bootstrap_weights, interval, mean_of_seeds

METRICS = ("Balanced accuracy", "Weighted-F1", "Micro-F1", "Macro-F1")


def shares(truth: np.ndarray, predicted: np.ndarray) -> dict[str, pd.DataFrame]:
    """Each score as a sum over vendors: metric -> a row a vendor (index), columns `top, bottom`.

    sum(top) / sum(bottom) is scikit-learn's score; the parts are what the bootstrap draws and comparisons pair.
    """
    vendors = np.union1d(truth, predicted)
    _, recall, f1, items = precision_recall_fscore_support(truth, predicted, labels=vendors, zero_division=0)
    there = (items > 0).astype(float)
    parts = {
        "Balanced accuracy": (recall * there, there),
        "Weighted-F1": (f1 * items, items),
        "Micro-F1": (recall * items, items),
        "Macro-F1": (f1, np.ones_like(f1)),
    }
    return {name: pd.DataFrame({"top": top, "bottom": bottom}, index=vendors) for name, (top, bottom) in parts.items()}


def scores(
    truth: np.ndarray, predicted: np.ndarray | Sequence[np.ndarray], draws: int = 1000, seed: int = 0
) -> DataFrame[IdentificationScores]:
    """The four scores of Table 4: columns `metric, mean, low, high, items, vendors, seeds`, and over several `seed_sd`.

    truth: vendor of each item (n,); predicted: the same by a system, or by one for each seed. The values are
    scikit-learn's, averaged over seeds; low and high are 95 % intervals by resampling vendors with all their items, each
    with the F1 that it has among all predictions; seed_sd is the standard deviation over seeds (n - 1). A vendor that is
    predicted but has no item counts into Macro-F1 with 0, as in scikit-learn.
    """
    by_seed = [predicted] if isinstance(predicted, np.ndarray) else list(predicted)
    parts = [shares(truth, one) for one in by_seed]
    vendors = pd.Index(np.unique(np.concatenate([truth, *by_seed])))
    times = bootstrap_weights(len(vendors), draws, seed)
    rows = []
    for metric in METRICS:
        frames = [part[metric] for part in parts]
        mean, resampled = mean_of_seeds(frames, vendors, times)
        low, high = interval(resampled)
        row = {"metric": metric, "mean": mean, "low": low, "high": high, "items": len(truth)}
        row |= {"vendors": len(np.unique(truth)), "seeds": len(frames)}
        if len(frames) > 1:
            each = [frame["top"].sum() / frame["bottom"].sum() for frame in frames]
            row["seed_sd"] = np.std(each, ddof=1)
        rows.append(row)
    table: DataFrame[IdentificationScores] = pd.DataFrame(rows)
    return table
