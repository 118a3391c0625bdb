"""Objectives by the sampling of their batches: what each is worth with the other held fixed.

An objective that compares vendors needs several items of one in a batch; whether a gain is the objective's or the
batches' shows only where both were varied. The benchmarks of each modality, in each variant.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pandas as pd

from lib.evaluation.intervals import Score
from lib.review.verdicts import NOT_CONVERGED, in_common, with_verdicts
from lib.runs.results import Results
from lib.study.plan import Run

SCORES = ["modality", "variant", "objective", "sampling", "mean", "low", "high", "seeds", "steps", "converged", "run"]
COMPARED = ["modality", "variant", "at", "compared", "with", "difference", "low", "high", "steps", "p", "p_holm"]
COMPARED += ["verdict", "run", "other_run"]


def identification(measured: Results) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Macro-F1 of each objective and sampling (SCORES), and the differences (COMPARED)."""
    scores = measured.identification
    scores = scores[scores["metric"] == "Macro-F1"]
    return _both(measured, scores, lambda runs, modality: measured.macro_f1_shares(runs))


def retrieval(measured: Results, region: str) -> tuple[pd.DataFrame, pd.DataFrame]:
    """As `identification`, of R-Precision in a region, by the vectors of a system's own modality."""
    scores = measured.verification
    scores = scores[(scores["metric"] == "R-Precision@X") & (scores["region"] == region)]
    return _both(
        measured,
        scores[scores["representation"] == scores["modality"]],
        lambda runs, modality: measured.retrieval_shares(runs, modality, region),
    )


def _both(
    measured: Results, scores: pd.DataFrame, shares: Callable[[list[Run], str], Score]
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The trained benchmarks of each modality and variant that was run with two samplings or more.

    A row of differences is of an objective and CE *at* a sampling, or of a sampling and shuffled batches *at* an
    objective.
    """
    scores = scores[scores["role"] & (scores["faces"] == "all") & (scores["sampling"] != "")]
    samplings = scores.groupby(["modality", "variant"])["sampling"].transform("nunique")
    scores = scores[samplings > 1].sort_values(["modality", "variant", "objective", "sampling"], kind="stable")
    rows: list[dict[str, Any]] = []
    pairs: list[tuple[Score, Score]] = []
    for (modality, variant), group in scores.groupby(["modality", "variant"], sort=False):
        for held, varied, usual in (("sampling", "objective", "CE"), ("objective", "sampling", "shuffled")):
            for at, alike in group.groupby(held, sort=False):
                second = alike[alike[varied] == usual]
                for first in alike[alike[varied] != usual].to_dict("records") if len(second) else ():
                    other = second.iloc[0].to_dict()
                    one_shares, other_shares = (shares(measured.seeds(row["row"]), modality) for row in (first, other))
                    pairs.append((one_shares, other_shares))
                    row = {"modality": modality, "variant": variant, "at": at, "compared": first[varied], "with": usual}
                    row["steps"] = in_common(f"{of['steps']:.0f} steps" for of in (first, other))
                    row["settled"] = first["converged"] == other["converged"] == "yes"
                    rows.append(row | {"run": first["run"], "other_run": other["run"]})
    columns = [*COMPARED[:5], "steps", "settled", "run", "other_run"]
    compared = with_verdicts(pd.DataFrame(rows, columns=columns), pairs, measured.study)
    compared["verdict"] = compared["verdict"].where(compared["settled"].astype(bool), NOT_CONVERGED)
    return scores[SCORES].reset_index(drop=True), compared[COMPARED]


def prose(compared: pd.DataFrame) -> str:
    """What the differences say, in a sentence or two. compared: the second table of `identification` or `retrieval`."""
    if compared.empty:
        return (
            "No benchmark of this study was run with two samplings: add `sampling: [shuffled, balanced]` to an entry "
            "of its runs, with the objectives to compare."
        )
    by_sampling = compared["with"] == "shuffled"
    sentences = []
    for what, rows in (("objective at equal sampling", ~by_sampling), ("sampling at equal objective", by_sampling)):
        if rows.any():
            counts = compared.loc[rows, "verdict"].value_counts()
            said = ", ".join(f"{count} {verdict}" for verdict, count in counts.items())
            sentences.append(f"Of {rows.sum()} comparisons of {what}: {said}.")
    return " ".join(sentences)
