"""What rows of ours are called in figures."""

from __future__ import annotations

import pandas as pd


def of_rows(rows: pd.DataFrame) -> pd.Series:
    """How a row of `lib.runs.results.ROW` is called in a figure: what isn't empty or usual of it; and whether it had
    `converged`."""
    parts = [
        rows["system"],
        rows["objective"].where(rows["objective"] != "baseline", ""),
        rows["fusion"].where(rows["fusion"] != "mean", ""),
        rows["variant"].where(rows["variant"] != "corrected", ""),
        rows["sampling"].where(rows["sampling"] != "shuffled", ""),
        rows["faces"].where(rows["faces"] != "all", "").replace({"face": "faces only", "no-face": "no faces"}),
    ]
    labels = pd.concat(parts, axis=1).apply(lambda row: ", ".join(filter(None, row)), axis=1)
    return unless_converged(labels, rows["converged"])


def beside_sampling(rows: pd.DataFrame) -> pd.Series:
    """How a row of `lib.review.sampling_effects` is called where its sampling has a colour."""
    variant = (", " + rows["variant"]).where(rows["variant"] != "corrected", "")
    return unless_converged(rows["modality"] + ", " + rows["objective"] + variant, rows["converged"])


def unless_converged(labels: pd.Series, converged: pd.Series) -> pd.Series:
    """Labels of rows, with a word where a row's training hadn't converged, or isn't known to have."""
    words = converged.map({"no": " (not converged)", "not known": " (convergence not known)"}).fillna("")
    return labels + words
