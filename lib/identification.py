"""Vendor identification: closed-set classification scores with intervals (MATCHED Tables 2, 3 and 4)."""

from __future__ import annotations

import numpy as np
import pandas as pd
from sklearn.metrics import precision_recall_fscore_support

from lib.intervals import bootstrap_weights, interval, resampled_ratio

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


def scores(truth: np.ndarray, predicted: np.ndarray, draws: int = 1000, seed: int = 0) -> pd.DataFrame:
    """The four scores of Table 4: columns `metric, mean, low, high, items, vendors`.

    truth, predicted: vendor of each item (n,). The values are scikit-learn's; low and high are 95 % intervals by
    resampling vendors with all their items, each with the F1 that it has among all predictions. A vendor that is
    predicted but has no item counts into Macro-F1 with 0, as in scikit-learn.
    """
    parts = shares(truth, predicted)
    times = bootstrap_weights(len(parts["Macro-F1"]), draws, seed)
    rows = []
    for metric in METRICS:
        top, bottom = (parts[metric][name].to_numpy() for name in ("top", "bottom"))
        low, high = interval(resampled_ratio(times, top, bottom))
        rows.append(
            {
                "metric": metric,
                "mean": top.sum() / bottom.sum(),
                "low": low,
                "high": high,
                "items": len(truth),
                "vendors": len(np.unique(truth)),
            }
        )
    return pd.DataFrame(rows)
