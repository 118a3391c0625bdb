"""The analysis that was fixed before the large studies were run (`analysis_plan.yaml`).

The tests read level, power, margins and families from the plan, so that what was announced is what is computed. A claim
follows the plan where its test and the test's argument are those that the plan lists.
"""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

import pandas as pd
from pydantic import BaseModel, ConfigDict, ValidationError

from lib.core import published, yaml_files
from lib.core.errors import DataError
from lib.study.plan import Study

PATH = Path(__file__).with_suffix(".yaml")


class AnalysisPlan(BaseModel):
    """studies: that the plan is for. level: of a claim's comparisons together, two-sided. power: that sizes are
    computed for. late_fall: the limit of `lib.runs.convergence`. margins: by metric, within which a difference counts
    as none. tests: of each claim (id), test and argument."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    fixed: datetime
    studies: tuple[str, ...]
    level: float
    power: float
    late_fall: float
    margins: dict[str, float]
    tests: dict[str, str]

    def margin(self, metric: str) -> float:
        """The margin of a metric, in its unit. Raises DataError where the plan has none."""
        if metric not in self.margins:
            raise DataError(f"{PATH.name}: there is no margin of {metric!r}; there are {', '.join(self.margins)}.")
        return self.margins[metric]


@cache
def load() -> AnalysisPlan:
    """The plan. Raises DataError where the file is none."""
    try:
        return AnalysisPlan.model_validate(yaml_files.read(PATH, "expected is the analysis plan"))
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        raise DataError(f"{PATH}: {'.'.join(map(str, first['loc']))}: {first['msg']}.") from error


def digest() -> str:
    """SHA-256 of the file."""
    return hashlib.sha256(PATH.read_bytes()).hexdigest()


def test_of(claim: pd.Series) -> str:
    """How the plan writes a claim's test. claim: a row of `lib.core.published.claims`."""
    return f"{claim['test']}: {claim['argument']}".removesuffix(": ")


ORDERS = ("orders", "on_par", "reversed_orders")
"""The tests of claims that read orders of systems."""


@cache
def _claims_of_orders() -> tuple[tuple[str, tuple[str, ...]], ...]:
    """Each claim that reads orders (id), and how the statements begin that it reads."""
    claims = published.claims()
    claims = claims[claims["test"].isin(ORDERS)]
    return tuple((row.id, tuple(row.argument.split(";"))) for row in claims.itertuples())


def family(statement: str) -> str:
    """The id of the (first) claim that reads an order of `lib.review.claimed_orders`, whose orders are corrected
    together; the statement itself where no claim does.

    A claim is *supported* only where all of its orders are, for which no correction would be needed; Holm's keeps the
    chance at the plan's level that a claim is called partly supported or reversed where none of its orders holds.
    """
    return next((claim for claim, starts in _claims_of_orders() if statement.startswith(starts)), statement)


def begun_before(study: Study) -> bool:
    """Whether some run of a study had ended before the plan was fixed, by the times of their records."""
    records = [run.folder / "metrics.json" for run in study.all_runs().values() if run.finished]
    times = [datetime.fromtimestamp(path.stat().st_mtime, UTC) for path in records]
    return any(time < load().fixed for time in times)


def followed(claims: pd.DataFrame, study: Study) -> dict[str, str]:
    """How each claim's verdict stands to the plan, in a few words, by id. claims: `lib.core.published.claims`."""
    planned, early = load(), begun_before(study)
    words = {}
    for _, claim in claims.iterrows():
        if claim["id"] not in planned.tests:
            words[claim["id"]] = "added after the plan"
        elif planned.tests[claim["id"]] != test_of(claim):
            words[claim["id"]] = "its test was changed after the plan"
        elif study.name not in planned.studies:
            words[claim["id"]] = "the plan's test, in a study that the plan isn't for"
        elif early:
            words[claim["id"]] = "the plan's test, but runs of this study had ended before the plan was fixed"
        else:
            words[claim["id"]] = "follows the plan"
    return words
