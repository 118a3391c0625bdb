"""What it does to mask digits in the training texts only, as the authors' published code does, or in all texts, or in none."""

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


def effect(texts: Sequence[str], items: pd.DataFrame, system: System, limit: int) -> pd.DataFrame:
    """Scores on one region's texts under each of SETTINGS: `mask_digits, system, metric, score, queries`.

    texts: unique texts, as they were written. items: `text, vendor, part` of one region (`lib.data.splits.split`). The other
    identifiers are masked in all three. The untrained encoder (texts cut at `limit` tokens) is scored by retrieval, the
    linear model on character n-grams by identification.
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
        found = retrieval.evaluate(vectors[queries][test], vendors[test], vectors[documents][train], vendors[train])
        score = character_baseline(versions[documents][train], vendors[train], versions[queries][test], vendors[test])
        rows += [
            {"mask_digits": name, "system": "untrained encoder", "metric": "R-Precision@X",
             "score": found.set_index("metric").loc["R-Precision@X", "mean"], "queries": int(test.sum())},
            {"mask_digits": name, "system": "character n-grams, linear", "metric": "Macro-F1", "score": score,
             "queries": int(test.sum())},
        ]  # fmt: skip
    return pd.DataFrame(rows)
