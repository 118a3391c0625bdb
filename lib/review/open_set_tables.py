"""Ads whose vendor may be new: detection, coverage, confidence and growing galleries (chapter 32).

Systems are the readings of `lib.runs.results.Results.representations`: a name -> its runs, a seed each, and the
modality of its vectors. Each is represented by its first seed.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from lib.data import disclosure
from lib.evaluation import calibration, open_set
from lib.evaluation.verdicts import Separation
from lib.review.vendor_analysis import IDENTIFIED
from lib.runs import results
from lib.study.plan import Run, Study

Systems = Mapping[str, tuple[list[Run], str]]
OTHERS = "other regions"


def nearest(systems: Systems, trained_on: str) -> dict[str, pd.DataFrame]:
    """`lib.evaluation.open_set.nearest` of each system: the gallery is the region that it was trained on."""
    tables = {}
    for name, (runs, modality) in systems.items():
        items, vectors = results.vectors(runs[0])[modality]
        tables[name] = open_set.nearest(items, vectors, trained_on)
    return tables


def detection(study: Study, systems: Systems, nearest: Mapping[str, pd.DataFrame], trained_on: str) -> pd.DataFrame:
    """Are known vendors told from new ones? `system, asking, …, run`: all queries, and those of OTHERS.

    The other columns are `lib.evaluation.open_set.detection`. Of sensitive data rows with fewer than five known or new
    vendors are left out.
    """
    rows: list[dict[str, Any]] = []
    for name, queries in nearest.items():
        run = systems[name][0][0]
        for asking, rows_asked in {"all": queries, OTHERS: queries[queries["region"] != trained_on]}.items():
            enough = (rows_asked.groupby("known")["vendor"].nunique() >= disclosure.LEAST).all()
            if enough or not study.sensitive:
                scores = open_set.detection(rows_asked, study.bootstrap, study.split.seed)
                rows.append({"system": name, "asking": asking, **scores, "run": run.name})
    return pd.DataFrame(rows)


VERDICTS = {
    Separation.YES: "better than chance by",
    Separation.REVERSED: "worse than chance by",
    Separation.UNDECIDED: "not decided for",
}


def detection_verdicts(detected: pd.DataFrame) -> str:
    """What `detection` comes to among OTHERS, in words, each of VERDICTS with its systems; empty without such a row."""
    if not len(detected):
        return ""
    others = detected[detected["asking"] == OTHERS]
    by_verdict = {verdict: others.loc[others["told"] == verdict, "system"] for verdict in VERDICTS}
    return "; ".join(f"{VERDICTS[verdict]} {', '.join(names)}" for verdict, names in by_verdict.items() if len(names))


def coverage(study: Study, nearest: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """`lib.evaluation.open_set.coverage` of each system (`system`, the last column).

    Rows of fewer than five answers are left out: a share of so few is no precision.
    """
    draws, seed = study.bootstrap, study.split.seed
    tables = [open_set.coverage(queries, draws, seed).assign(system=name) for name, queries in nearest.items()]
    table = pd.concat(tables, ignore_index=True)
    return table[table["answered"] >= disclosure.LEAST]


def class_confidence(study: Study, systems: Systems, trained_on: str) -> tuple[pd.DataFrame, pd.DataFrame]:
    """How far the class heads' probabilities are right, as trained and with temperature scaling: scores and curves.

    Scores: `system, scores` (as trained, scaled), `temperature, confidence` (mean), `right` (share), `ece, low, high,
    surprise` (mean negative log-likelihood), `validation items, items, run`. Curves: `lib.evaluation.calibration.
    reliability` with `system, scaled`, without bins of fewer than five items. systems: trained with cross-entropy.
    """
    rows, curves = [], []
    for name, (runs, modality) in systems.items():
        if name not in IDENTIFIED:
            continue
        parts = results.class_scores(runs[0], modality, trained_on)
        test, fitted = parts["test"], calibration.temperature(parts["val"])
        for scaled, temperature in {"as trained": 1.0, "scaled": fitted}.items():
            confidence, right = test.confidence(temperature)
            draws, seed = study.bootstrap, study.split.seed
            curve, error = calibration.reliability(confidence, right, test.vendors, draws, seed)
            curves.append(curve.assign(system=name, scaled=scaled))
            rows.append(
                {
                    "system": name,
                    "scores": scaled,
                    "temperature": temperature,
                    "confidence": confidence.mean(),
                    "right": right.mean(),
                    **error,
                    "surprise": test.surprise(temperature),
                    "validation items": len(parts["val"].truth),
                    "items": len(right),
                    "run": runs[0].name,
                }
            )
    if not rows:
        return pd.DataFrame(), pd.DataFrame()
    curve = pd.concat(curves, ignore_index=True)
    return pd.DataFrame(rows), curve[curve["items"] >= disclosure.LEAST]


def gallery_growth(study: Study, systems: Systems, trained_on: str) -> pd.DataFrame:
    """`lib.evaluation.open_set.growth` of each system that has vectors of other regions, with `system, run`.

    Empty without such a system.
    """
    tables = []
    for name, (runs, modality) in systems.items():
        items, vectors = results.vectors(runs[0])[modality]
        if set(items["region"]) != {trained_on}:
            grown = open_set.growth(items, vectors, trained_on, study.bootstrap, study.split.seed)
            tables.append(grown.assign(system=name, run=runs[0].name))
    return pd.concat(tables, ignore_index=True) if tables else pd.DataFrame()


def growth_ends(growth: pd.DataFrame) -> pd.DataFrame:
    """R-Precision@X alone and with every unrelated ad, of `gallery_growth` rows of that metric.

    Columns `system, alone, crowded, fewest, most` (documents), `lost`.
    """
    ends = growth.groupby("system", sort=False).agg(
        alone=("mean", "first"), crowded=("mean", "last"), fewest=("documents", "first"), most=("documents", "last")
    )
    return ends.assign(lost=ends["alone"] - ends["crowded"]).reset_index()
