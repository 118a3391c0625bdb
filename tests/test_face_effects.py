"""lib.review.face_effects: pictures with and without faces, and what errors of the detector change."""

import numpy as np
import pandas as pd
import pytest

from lib.review import face_effects


def asked_of_pictures(seed=0, better=0.0):
    """Forty vendors with six queries each, half of which show a face; `better`: what a face adds."""
    generator = np.random.default_rng(seed)
    face = np.tile([True, False], 120)
    score = generator.random(240) + better * face
    queries = {"region": "south", "vendor": np.arange(240) // 6, "system": "Vision-Face", "face": face}
    return pd.DataFrame({**queries, "MRR@10": score, "R-Precision@X": generator.random(240)})


def test_a_detector_that_sees_nothing_hides_what_faces_do():
    true = asked_of_pictures(better=1.0)
    blind = true.assign(face=np.random.default_rng(1).random(240) < 0.5)
    gaps = face_effects.parting_gaps(blind, true, draws=200).set_index(["metric", "compared"])["direction"]
    assert gaps["MRR@10", "faces less none, by the truth"] == "higher"
    assert gaps["MRR@10", "faces less none, by the detector"] == "undecided"
    assert gaps["MRR@10", "detector less truth, faces"] == "lower"
    assert gaps["MRR@10", "detector less truth, no faces"] == "higher"
    assert set(gaps["R-Precision@X"]) == {"undecided"}
    assert set(face_effects.parting_gaps(true, true, draws=200)["compared"]) == set(gaps["MRR@10"].index)
    alone = true[true["face"]]
    assert set(face_effects.parting_gaps(alone, alone, draws=200)["compared"]) == {"detector less truth, faces"}


def test_scores_of_both_partings_have_intervals():
    true = asked_of_pictures(better=1.0)
    table = face_effects.partings({"by MTCNN": true.assign(face=True), "by the truth": true}, draws=200)
    assert len(table) == 6 and ((table["low"] < table["mean"]) & (table["mean"] < table["high"])).all()
    row = table[(table["parting"] == "by the truth") & table["face"] & (table["metric"] == "MRR@10")].iloc[0]
    expected = true[true["face"]].groupby("vendor")["MRR@10"].mean().mean()
    assert row["mean"] == pytest.approx(expected) and row["vendors"] == 40 and row["queries"] == 120


def test_errors_of_a_detector_are_counted_with_their_intervals():
    vendors, true = np.arange(200) // 10, np.arange(200) % 2 == 0
    detected = true & (np.arange(200) % 4 == 0)
    table = face_effects.detector_errors(vendors, detected, true, draws=200).set_index("what")
    assert table["wrong"].to_dict() == {"all pictures": 50, "faces missed": 50, "faces made up": 0}
    assert table.loc["faces missed", "share"] == 0.5 and table.loc["faces made up", "high"] == 0
    assert table.loc["all pictures", "low"] < 0.25 < table.loc["all pictures", "high"]
