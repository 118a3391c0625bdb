"""How MATCHED's scripts draw parts: by scikit-learn's `train_test_split` and torch's `random_split`.

A draw takes the vendors of rows and gives each row's part. Which rows a script draws from, `lib.data.splits` knows.
scikit-learn refuses a stratum of one row, and more strata than a part has rows; a script then stops. Here such a row
stays where it is, and the part is enlarged to a row a stratum, as the scripts for pairs do themselves for validation.
That concerns data much smaller than MATCHED, and vendors of whom the first draw left one row. Neither the scripts nor
these draws give each vendor a row of validation: strata of few rows often get none.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from sklearn.model_selection import train_test_split

TEST, VALIDATION = 0.20, 0.05
"""Shares that are cut off: for test of all rows, for validation of what is left."""


def counts(vendors: np.ndarray) -> np.ndarray:
    """How many rows each row's vendor has, (n,)."""
    _, codes, sizes = np.unique(vendors, return_inverse=True, return_counts=True)
    return np.asarray(sizes[codes])


def cut(vendors: np.ndarray, share: float, seed: int, stratified: bool, least: int = 0) -> np.ndarray:
    """Which rows `train_test_split` cuts off: (n,) bool, a `share` of them, `least` at least; none of a single row."""
    off = np.zeros(len(vendors), bool)
    rows = np.flatnonzero(counts(vendors) > 1) if stratified else np.arange(len(vendors))
    if len(rows) < 2:
        return off
    strata = len(np.unique(vendors[rows])) if stratified else 1
    size = min(max(math.ceil(share * len(rows)), least, strata), len(rows) - strata)
    _, test = train_test_split(rows, test_size=size, random_state=seed, stratify=vendors[rows] if stratified else None)
    off[test] = True
    return off


def two_cuts(
    vendors: np.ndarray, seed: int, stratified: bool, shuffled: bool = False, a_vendor: bool = False
) -> np.ndarray:
    """Parts by cutting off TEST and, of the rest, VALIDATION: (n,) of train, val and test.

    shuffled: rows are shuffled before. a_vendor: validation has as many rows as there are vendors at least (MATCHED's
    scripts for pairs and for ads).
    """
    order = np.random.RandomState(seed).permutation(len(vendors)) if shuffled else np.arange(len(vendors))
    given, parts = vendors[order], np.full(len(vendors), "train", dtype="<U8")
    test = cut(given, TEST, seed, stratified)
    parts[order[test]] = "test"
    rest = order[~test]
    least = len(np.unique(vendors)) if a_vendor else 0
    parts[rest[cut(vendors[rest], VALIDATION, seed, stratified, least)]] = "val"
    return parts


def at_random(rows: int, seed: int) -> np.ndarray:
    """Parts by a shuffle and `random_split` into 0.75, 0.20 and the rest, as texts with CE have them: (rows,).

    The scripts' shuffle has the global generator, whose state is unknown; here the seed's.
    """
    from torch import Generator
    from torch.utils.data import random_split

    order: Any = np.random.RandomState(seed).permutation(rows)
    sizes = [int(0.75 * rows), int(TEST * rows)]
    lots = random_split(order, [*sizes, rows - sum(sizes)], generator=Generator().manual_seed(seed))
    parts = np.full(rows, "train", dtype="<U8")
    for name, lot in zip(("train", "test", "val"), lots, strict=True):
        parts[order[list(lot.indices)]] = name
    return parts
