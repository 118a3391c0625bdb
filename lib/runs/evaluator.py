"""Scores of a run's predictions and retrieval; the tables of single items are kept beside its record."""

from __future__ import annotations

import numpy as np
import pandas as pd

from lib.core.files import write_text
from lib.evaluation import identification, verification
from lib.runs.ad_items import AdItems
from lib.runs.recorder import Recorder


class Evaluator:
    """Scores items of `data` and writes the scores to the results of `recorder`."""

    def __init__(self, recorder: Recorder, data: AdItems) -> None:
        self.recorder, self.data = recorder, data
        self.draws, self.seed = data.study.bootstrap, data.study.split.seed

    def identification(self, predicted: np.ndarray) -> pd.DataFrame:
        """`lib.evaluation.identification.scores` of the vendors predicted for the items of `AdItems.test_part`, (n,).

        The predictions are written to predictions.csv.
        """
        items = self.data.items[self.data.test_part()]
        truth = items["vendor"].to_numpy()
        columns = items.columns.intersection(["text", "image"])
        self._write("predictions", items[columns].assign(truth=truth, predicted=predicted))
        table = identification.scores(truth, predicted, self.draws, seed=self.seed)
        self.recorder.results["identification"] = table.to_dict("records")
        return table

    def verification(self, scored: dict[str, pd.DataFrame], field: str = "verification") -> pd.DataFrame:
        """`lib.evaluation.verification.table` of each modality's scored queries (`lib.evaluation.verification.scores`).

        The queries are written to queries.csv. field: of the record, that gets the table.
        """
        queries = [frame.assign(modality=modality) for modality, frame in scored.items()]
        self._write("queries", pd.concat(queries, ignore_index=True))
        tables = [
            verification.table(frame, self.draws, self.seed, self.data.region, self.data.ads.regions).assign(
                modality=modality
            )
            for modality, frame in scored.items()
        ]
        table = pd.concat(tables, ignore_index=True)
        self.recorder.results[field] = table.to_dict("records")
        return table

    def _write(self, name: str, table: pd.DataFrame) -> None:
        write_text(self.recorder.out / f"{name}.csv", table.to_csv(index=False))
