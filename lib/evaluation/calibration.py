"""Calibration of class probabilities: reliability, expected calibration error and temperature scaling.

Guo et al. (2017), "On calibration of modern neural networks": one temperature, fitted on validation items, divides all
scores.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.optimize import minimize_scalar
from scipy.special import log_softmax, softmax

from lib.evaluation.intervals import bootstrap_weights, interval, resampled_ratio

BINS = 10
"""Bins of equal width from 0 to 1."""


@dataclass(frozen=True)
class Scores:
    """Class scores of some items (n, classes), each item's class (n,) and vendor (n,)."""

    scores: np.ndarray
    truth: np.ndarray
    vendors: np.ndarray

    def confidence(self, temperature: float = 1.0) -> tuple[np.ndarray, np.ndarray]:
        """The probability of the likeliest class (n,), and whether it is the right one (n,) bool."""
        probabilities = softmax(self.scores / temperature, axis=1)
        return probabilities.max(1), probabilities.argmax(1) == self.truth

    def surprise(self, temperature: float = 1.0) -> float:
        """Mean negative log-likelihood of the true classes, in nats."""
        likelihoods = log_softmax(self.scores / temperature, axis=1)
        return float(-likelihoods[np.arange(len(self.truth)), self.truth].mean())


def temperature(scores: Scores) -> float:
    """The divisor of the scores, between 0.05 and 20, that makes the true classes likeliest; 1 without items."""
    if not len(scores.truth):
        return 1.0
    best = minimize_scalar(
        lambda log: scores.surprise(np.exp(log)), bounds=(np.log(0.05), np.log(20)), method="bounded"
    )
    return float(np.exp(best.x))


def reliability(
    confidence: np.ndarray, right: np.ndarray, vendors: np.ndarray, draws: int = 1000, seed: int = 0
) -> tuple[pd.DataFrame, dict[str, float]]:
    """How often predictions of some confidence are right, and the expected calibration error (ECE).

    Returns a row for each of BINS that has items: `confidence` (mean), `right` (share), `low, high` (95 %, vendors
    resampled), `items`; and `ece, low, high`: the mean distance of confidence and share, bins weighted by their items.
    The ECE of few items is above 0 even where probabilities are right.
    """
    names, place = np.unique(vendors, return_inverse=True)
    cell = place * BINS + np.minimum((confidence * BINS).astype(int), BINS - 1)
    items, sums, hits = (
        np.bincount(cell, counted, len(names) * BINS).reshape(len(names), BINS)
        for counted in (np.ones(len(cell)), confidence, right)
    )
    weights = bootstrap_weights(len(names), draws, seed)
    shares = resampled_ratio(weights, hits, items)
    rows = []
    for number in np.flatnonzero(items.sum(0)):
        low, high = interval(shares[:, number])
        count = items[:, number].sum()
        rows.append(
            {
                "confidence": sums[:, number].sum() / count,
                "right": hits[:, number].sum() / count,
                "low": low,
                "high": high,
                "items": int(count),
            }
        )
    error = np.abs(sums.sum(0) - hits.sum(0)).sum() / items.sum()
    low, high = interval(np.abs(weights @ sums - weights @ hits).sum(1) / (weights @ items).sum(1))
    return pd.DataFrame(rows), {"ece": float(error), "low": low, "high": high}
