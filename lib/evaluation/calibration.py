"""Are a classifier's probabilities to be believed? Reliability, expected calibration error, temperature scaling.

Guo et al. (2017), "On calibration of modern neural networks": one temperature, fitted on validation items, divides all scores.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.optimize import minimize_scalar
from scipy.special import log_softmax, softmax

from lib.evaluation.intervals import bootstrap_weights, interval

BINS = 10
"""Bins of equal width from 0 to 1."""


@dataclass(frozen=True)
class Scores:
    """What a class head says of some items: scores (n, classes), each item's class (n,) and vendor (n,)."""

    scores: np.ndarray
    truth: np.ndarray
    vendors: np.ndarray

    def confidence(self, temperature: float = 1.0) -> tuple[np.ndarray, np.ndarray]:
        """The probability of the likeliest class (n,), and whether it is the right one (n,) bool."""
        likely = softmax(self.scores / temperature, axis=1)
        return likely.max(1), likely.argmax(1) == self.truth

    def surprise(self, temperature: float = 1.0) -> float:
        """Mean negative log-likelihood of the true classes, in nats."""
        likely = log_softmax(self.scores / temperature, axis=1)
        return float(-likely[np.arange(len(self.truth)), self.truth].mean())


def temperature(scores: Scores) -> float:
    """What to divide the scores by, so that the true classes are likeliest (between 0.05 and 20); 1 without items."""
    if not len(scores.truth):
        return 1.0
    best = minimize_scalar(
        lambda log: scores.surprise(np.exp(log)), bounds=(np.log(0.05), np.log(20)), method="bounded"
    )
    return float(np.exp(best.x))


def reliability(
    confidence: np.ndarray, right: np.ndarray, vendors: np.ndarray, draws: int = 1000, seed: int = 0
) -> tuple[pd.DataFrame, dict[str, float]]:
    """How often answers of a confidence are right, and the expected calibration error.

    Returns a row for each of BINS that has items: `confidence` (mean), `right` (share), `low, high` (95 %, vendors resampled),
    `items`; and `ece, low, high`: the mean distance of the two, bins weighted by their items. Of few items the error is above 0 even
    where probabilities are right.
    """
    names, place = np.unique(vendors, return_inverse=True)
    cell = place * BINS + np.minimum((confidence * BINS).astype(int), BINS - 1)
    items, sure, hits = (
        np.bincount(cell, counted, len(names) * BINS).reshape(len(names), BINS)
        for counted in (np.ones(len(cell)), confidence, right)
    )
    times = bootstrap_weights(len(names), draws, seed)
    with np.errstate(invalid="ignore", divide="ignore"):
        rates = (times @ hits) / (times @ items)
    rows = []
    for number in np.flatnonzero(items.sum(0)):
        low, high = interval(rates[:, number])
        count = items[:, number].sum()
        rows.append(
            {
                "confidence": sure[:, number].sum() / count,
                "right": hits[:, number].sum() / count,
                "low": low,
                "high": high,
                "items": int(count),
            }
        )
    error = np.abs(sure.sum(0) - hits.sum(0)).sum() / items.sum()
    low, high = interval(np.abs(times @ sure - times @ hits).sum(1) / (times @ items).sum(1))
    return pd.DataFrame(rows), {"ece": float(error), "low": low, "high": high}
