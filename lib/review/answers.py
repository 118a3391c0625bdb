"""What systems of different modality answer for the same items: the test pairs of a multimodal system."""

from __future__ import annotations

import pandas as pd

from lib.evaluation import identification
from lib.runs.results import predictions
from lib.study.plan import Run
from lib.study.run_kinds import CONTENT


def on_pairs(run: Run, modality: str, pairs: Run) -> pd.DataFrame:
    """A run's answers for the test items of the multimodal run `pairs`: `truth, predicted`, a row a pair.

    The prediction for a text or a picture (modality) counts for each pair that it is in. A pair whose text or picture
    the run didn't see has no prediction (NaN).
    """
    keys = [*CONTENT[modality], "truth"]
    asked = predictions(pairs)[["text", "image", "truth"]]
    given = predictions(run).drop_duplicates(keys)[[*keys, "predicted"]]
    return asked.merge(given, on=keys, how="left")[["truth", "predicted"]]


def shares(runs: list[Run], modality: str, pairs: Run) -> list[pd.DataFrame]:
    """Macro-F1 on the pairs that the runs, seeds of one row, saw: sums over vendors, for
    `lib.evaluation.intervals.difference`."""
    seen = [on_pairs(run, modality, pairs).dropna().astype(int) for run in runs]
    return [
        identification.shares(frame["truth"].to_numpy(), frame["predicted"].to_numpy())["Macro-F1"] for frame in seen
    ]
