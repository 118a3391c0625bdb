"""Pictures with and without faces: retrieval of each kind, and whether the detector's errors matter (MATCHED A.6)."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from lib.data import splits
from lib.data.ads import Ads
from lib.evaluation.intervals import compared, ratio_interval, share_interval
from lib.evaluation.verification import METRICS
from lib.runs.results import Results
from lib.study.plan import Study


def by_face(measured: Results, ads: Ads, with_face: np.ndarray) -> pd.DataFrame:
    """Scored queries of the systems that see pictures: `region, vendor, system, face` and METRICS.

    system: Vision-Face or Multimodal-Face. with_face: whether each image shows a face, (n,) bool; `face`: the query's.
    """
    tables = []
    for name, (runs, modality) in measured.representations().items():
        if name in ("Vision", "Multimodal"):
            scores = measured.scored(runs, modality)
            images = query_images(ads, measured.study, modality)
            scores = scores.merge(images, on=["region", "query"], validate="many_to_one")
            tables.append(scores.assign(system=f"{name}-Face", face=with_face[scores["image"].to_numpy()]))
    columns = ["region", "vendor", "system", "face", *METRICS]
    return pd.concat(tables, ignore_index=True)[columns] if tables else pd.DataFrame(columns=columns)


def query_images(ads: Ads, study: Study, modality: str) -> pd.DataFrame:
    """The image of each query as `lib.evaluation.verification.scores` numbers them: `region, query, image`."""
    items = splits.items(study, ads, modality)
    tests = items[items["part"] == "test"]
    numbers = tests.groupby("region").cumcount()
    return pd.DataFrame({"region": tests["region"], "query": numbers, "image": tests["image"]})


def partings(queries_by: Mapping[str, pd.DataFrame], draws: int = 1000, seed: int = 0) -> pd.DataFrame:
    """Mean scores of pictures with and without faces, by each way to tell them apart.

    queries_by: what tells faces apart (detector, truth) -> its `by_face`. Columns `system, face, parting` (the way),
    `metric, mean, low, high` (over vendors, which are resampled), `vendors, queries`.
    """
    rows = []
    for parting, queries in queries_by.items():
        for (system, face), here in queries.groupby(["system", "face"]):
            for metric in METRICS:
                scores = _vendor_means(here, metric)
                low, high = ratio_interval(scores["top"].to_numpy(), scores["bottom"].to_numpy(), draws, seed)
                mean = scores["top"].mean()
                rows.append((system, face, parting, metric, mean, low, high, len(scores), len(here)))
    columns = ["system", "face", "parting", "metric", "mean", "low", "high", "vendors", "queries"]
    return pd.DataFrame(rows, columns=columns).sort_values(columns[:4], kind="stable", ignore_index=True)


COMPARISONS = {
    "faces less none, by the detector": (("detector", True), ("detector", False)),
    "faces less none, by the truth": (("truth", True), ("truth", False)),
    "detector less truth, faces": (("detector", True), ("truth", True)),
    "detector less truth, no faces": (("detector", False), ("truth", False)),
}
"""Differences of two scores, each of pictures that somebody says do (True) or don't show a face."""


def parting_gaps(detected: pd.DataFrame, true: pd.DataFrame, draws: int = 1000, seed: int = 0) -> pd.DataFrame:
    """Does it matter that a detector, not the truth, tells faces apart? `system, metric, compared` and intervals.

    detected, true: `by_face` with what the detector sees and with what is there. compared: one of COMPARISONS; the
    other columns are `lib.evaluation.intervals.compared`, of all rows together.
    """
    rows, pairs = [], []
    for system in dict.fromkeys(detected["system"]):
        for metric in METRICS:
            scores = {
                (name, face): _vendor_means(queries[(queries["system"] == system) & (queries["face"] == face)], metric)
                for name, queries in (("detector", detected), ("truth", true))
                for face in (True, False)
            }
            for comparison, (first, second) in COMPARISONS.items():
                if len(scores[first]) and len(scores[second]):
                    rows.append((system, metric, comparison))
                    pairs.append((scores[first], scores[second]))
    table = pd.DataFrame(rows, columns=["system", "metric", "compared"])
    return table.join(compared(pairs, draws, seed))


def _vendor_means(queries: pd.DataFrame, metric: str) -> pd.DataFrame:
    """A metric's mean by vendor as `lib.evaluation.intervals` takes it: `top, bottom`."""
    return pd.DataFrame({"top": queries.groupby("vendor")[metric].mean()}).assign(bottom=1.0)


def detector_errors(
    vendors: np.ndarray, detected: np.ndarray, true: np.ndarray, draws: int = 1000, seed: int = 0
) -> pd.DataFrame:
    """Pictures that a face detector gets wrong: `what, of, wrong, share, low, high` (vendors resampled).

    vendors, detected, true: of each picture its vendor, whether a face was detected, and whether there is one, (n,).
    """
    rows = []
    for what, among in (("all pictures", np.full(len(true), True)), ("faces missed", true), ("faces made up", ~true)):
        wrong = among & (detected != true)
        share, low, high = share_interval(wrong, among, vendors, draws, seed)
        rows.append((what, int(among.sum()), int(wrong.sum()), share, low, high))
    return pd.DataFrame(rows, columns=["what", "of", "wrong", "share", "low", "high"])
