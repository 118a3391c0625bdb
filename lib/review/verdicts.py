"""What can be said of a claim of the papers. README and chapter 91 explain the words to readers."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from enum import StrEnum

import pandas as pd

from lib.evaluation.intervals import Score, compared
from lib.evaluation.verdicts import Direction
from lib.study.plan import Study


class ClaimVerdict(StrEnum):
    """A verdict, in the words that tables print.

    *supported*, *reversed*: every difference that the test reads is decided, for the claim or against it: its interval
    leaves out no effect, and where several were corrected together its p stays below 5 %. *equivalent*: every
    difference is shown to lie within the margin of the analysis plan, so that there is none worth the name. *partly
    supported*: some are decided for the claim, none against. *undecided*: none is. *not supported*: it doesn't hold, or
    holds in some places and not in others.
    *… as printed*: by the paper's own numbers alone, which says nothing of the world. *not testable as published*: what
    was published can't answer it, for a reason that is given. *not testable here*: what it needs was not run.
    """

    SUPPORTED = "supported"
    PARTLY_SUPPORTED = "partly supported"
    UNDECIDED = "undecided"
    EQUIVALENT = "equivalent"
    NOT_SUPPORTED = "not supported"
    REVERSED = "reversed"
    CONSISTENT = "consistent as printed"
    PARTLY_CONSISTENT = "partly consistent as printed"
    INCONSISTENT = "inconsistent as printed"
    NOT_TESTABLE_AS_PUBLISHED = "not testable as published"
    NOT_TESTABLE_HERE = "not testable here"


NOT_RUN, NOT_CONVERGED = "not run", "not converged"
"""Verdicts of comparisons that decide nothing, for lack of a run or since a training was still improving."""
AS_PRINTED = (ClaimVerdict.CONSISTENT, ClaimVerdict.PARTLY_CONSISTENT, ClaimVerdict.INCONSISTENT)
"""Verdicts by the papers' own numbers alone."""


def in_common(of_sides: Iterable[str]) -> str:
    """What both sides of a comparison have, once, or what each has."""
    return " | ".join(dict.fromkeys(of_sides))


def with_verdicts(
    rows: pd.DataFrame,
    pairs: Sequence[tuple[Score, Score]],
    study: Study,
    higher: str = Direction.HIGHER,
    lower: str = Direction.LOWER,
) -> pd.DataFrame:
    """`rows` beside `lib.evaluation.intervals.compared` of their pairs, with its direction in words as `verdict`."""
    table = rows.join(compared(pairs, study.bootstrap, study.split.seed)).rename(columns={"direction": "verdict"})
    return table.assign(verdict=table["verdict"].replace({Direction.HIGHER: higher, Direction.LOWER: lower}))
