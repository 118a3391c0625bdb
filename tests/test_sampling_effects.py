"""Objective and sampling, each with the other held fixed, on made-up runs."""

import pytest
from made_up_runs import fusion, text

from lib.pipeline import row_labels
from lib.review import sampling_effects


def test_each_is_compared_with_the_other_held_fixed(measured):
    """CE+SupCon is better at either sampling; balanced batches are worse for both objectives."""
    wrong = {("ce", ""): 0.4, ("ce+supcon", ""): 0.1, ("ce", "balanced"): 0.9, ("ce+supcon", "balanced"): 0.6}
    found = measured(*(text(objective, sampling=how, wrong=share) for (objective, how), share in wrong.items()))
    scores, compared = sampling_effects.identification(found)
    assert scores[["objective", "sampling"]].agg(" ".join, axis=1).tolist() == [
        "CE balanced",
        "CE shuffled",
        "CE+SupCon balanced",
        "CE+SupCon shuffled",
    ]
    by = compared.set_index(["at", "compared", "with"])["verdict"].to_dict()
    assert by == {
        ("balanced", "CE+SupCon", "CE"): "higher",
        ("shuffled", "CE+SupCon", "CE"): "higher",
        ("CE", "balanced", "shuffled"): "lower",
        ("CE+SupCon", "balanced", "shuffled"): "lower",
    }
    assert (compared["steps"] == "40 steps").all()
    assert "Of 2 comparisons of objective at equal sampling: 2 higher." in sampling_effects.prose(compared)
    assert len(sampling_effects.retrieval(found, "south")[1]) == 4


def test_what_has_not_converged_is_marked_and_decides_nothing(measured):
    found = measured(text(wrong=0.1), text(sampling="units", wrong=0.9, late_fall=0.3))
    scores, compared = sampling_effects.identification(found)
    assert compared["verdict"].tolist() == ["not converged"] and compared["low"].notna().all()
    assert row_labels.beside_sampling(scores).tolist() == ["text, CE", "text, CE (not converged)"]


def test_a_study_with_one_sampling_says_what_to_add(measured):
    scores, compared = sampling_effects.identification(measured(text(), fusion(variant="released")))
    assert scores.empty and compared.empty
    assert "sampling: [shuffled, balanced]" in sampling_effects.prose(compared)


@pytest.mark.parametrize(("said", "mark"), [("yes", ""), ("no", " (not converged)"), ("not known", " (conv")])
def test_labels_carry_a_mark(measured, said, mark):
    scores, _ = sampling_effects.identification(measured(text(), text(sampling="units")))
    labels = row_labels.beside_sampling(scores.assign(converged=said))
    assert labels.str.startswith("text, CE" + mark).all()
