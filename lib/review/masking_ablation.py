"""Digits masked in all texts, in the training texts only (as the authors' published code does), or in none."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from lib.data import identifiers
from lib.evaluation import retrieval
from lib.models.system import System
from lib.review.twin_fidelity import character_baseline
from lib.runs import embeddings

SETTINGS = {"all": (True, True), "train": (True, False), "none": (False, False)}
"""mask_digits -> whether digits become N in the documents (training ads), and in the queries (test ads)."""


def whole_vendors(items: pd.DataFrame, most: int, seed: int) -> pd.DataFrame:
    """The items (`vendor, …`) of vendors drawn at random, whole, as many as fit into `most` items."""
    cumulated = items.groupby("vendor").size().sample(frac=1, random_state=seed).cumsum()
    return items[items["vendor"].isin(cumulated.index[cumulated <= most])]


def effect(texts: Sequence[str], items: pd.DataFrame, system: System, limit: int) -> pd.DataFrame:
    """Scores on one region's texts under each of SETTINGS: `mask_digits, system, metric, score, queries`.

    texts: the unique texts as they were written. items: `text, vendor, part` of one region (`lib.data.splits.split`).
    Other identifiers than digits are masked throughout. The untrained encoder (texts cut at `limit` tokens) is scored
    by retrieval, the linear model on character n-grams by identification.
    """
    used = items[items["part"].isin(["train", "test"])].reset_index(drop=True)
    train, test = (used["part"] == "train").to_numpy(), (used["part"] == "test").to_numpy()
    vendors = used["vendor"].to_numpy()
    versions, vectors = {}, {}
    for digits, mask in ((True, identifiers.mask), (False, identifiers.mask_identifiers)):
        versions[digits] = np.array([mask(texts[text]) for text in used["text"]], dtype=object)
        tokens = system.tokenizer(versions[digits].tolist(), truncation=True, max_length=limit)["input_ids"]
        vectors[digits] = embeddings.encode_texts(system, tokens).numpy()
    rows = []
    for name, (documents, queries) in SETTINGS.items():
        retrieved = retrieval.evaluate(vectors[queries][test], vendors[test], vectors[documents][train], vendors[train])
        precision = retrieved.set_index("metric").loc["R-Precision@X", "mean"]
        f1 = character_baseline(versions[documents][train], vendors[train], versions[queries][test], vendors[test])
        rows.append((name, "untrained encoder", "R-Precision@X", precision, int(test.sum())))
        rows.append((name, "character n-grams, linear", "Macro-F1", f1, int(test.sum())))
    return pd.DataFrame(rows, columns=["mask_digits", "system", "metric", "score", "queries"])
