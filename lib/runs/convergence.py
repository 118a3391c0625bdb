"""Whether a training had converged when it ended: was its validation loss still falling?

A rate that falls to zero flattens any curve, so a run that passes has settled within its budget; that a longer one
would come no further is not said. A run that was still falling decides no claim.
"""

from __future__ import annotations

from collections.abc import Sequence

from lib.study.run_record import TrainingRecord

LATE = 0.25
"""The rounds that count as late: this share of all, the last ones."""
LEAST_ROUNDS = 4
"""With fewer there is no last quarter to look at."""
SETTLED = 0.05
"""A training has converged where no more than this share of its fall came late."""


def late_fall(losses: Sequence[float]) -> float | None:
    """The share of the fall of the validation loss that came in the last quarter of rounds, 0 to 1.

    losses: by round. The fall is from the first round's loss to the lowest one; 0 where it never fell. None where fewer
    than LEAST_ROUNDS rounds were validated.
    """
    known = [loss for loss in losses if loss == loss]  # NaN: no validation
    if len(known) < max(LEAST_ROUNDS, len(losses)):
        return None
    fall = known[0] - min(known)
    before = min(known[: len(known) - round(LATE * len(known))])
    return (before - min(known)) / fall if fall > 0 else 0.0


def converged(training: TrainingRecord | None) -> str:
    """Whether a training had converged: `yes`, `no`, or `not known`; `yes` where nothing was trained."""
    if training is None:
        return "yes"
    return "not known" if training.late_fall is None else "yes" if training.late_fall <= SETTLED else "no"
