"""The record of a run: what it is, what it measured and what it took, written to metrics.json when it is finished."""

from __future__ import annotations

import functools
import time
import weakref
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any, TypeVar

from lib.core import fingerprints, provenance
from lib.core.errors import DataError
from lib.study import plan, run_record
from lib.study.run_record import EnergyRecord, EnvironmentRecord, RunRecord

AnyRun = TypeVar("AnyRun")
Result = TypeVar("Result")


def step(method: Callable[[AnyRun], Result]) -> Callable[[AnyRun], Result]:
    """A step of a run, done once: the first call does the work, later ones return its result.

    A step calls those it depends on, so that steps give the same results in whatever order they are called.
    """

    @functools.wraps(method)
    def once(run: AnyRun) -> Result:
        results: dict[str, Result] = run.__dict__.setdefault("_steps", {})
        if method.__name__ not in results:
            results[method.__name__] = method(run)
        return results[method.__name__]

    return once


class Recorder:
    """A run's study, parameters and key, its clock and energy meter, and the results that go into its record.

    `results` holds fields of `lib.study.run_record.RunRecord` by name. The meter stops when the run is finished, or
    else with the recorder's life.
    """

    def __init__(self, notebook: str, study: str, out: str, parameters: dict[str, Any], metered: bool = True) -> None:
        """notebook: the run notebook's name. study: a parameter file, or the name of one in params/. out: the run's
        folder. metered: False for a run that is used and never finished. Raises DataError on bad input."""
        self._begin = time.monotonic()
        self.parameter_file, self.study, self.out = study, plan.load(study), Path(out)
        self.run = plan.Run(self.study, notebook, parameters)
        self.notebook, self.parameters, self.key = notebook, self.run.parameters, self.run.key
        self.results: dict[str, Any] = {}
        self._meter: provenance.Meter | None = None
        if metered:
            with ExitStack() as stack:
                self._meter = stack.enter_context(provenance.Meter())
                weakref.finalize(self, stack.pop_all().close)

    def finish(self, **fields: Any) -> RunRecord:
        """Write the record of the run, with `fields` of it besides `results`.

        Raises DataError when the parameter file, or the user's data, changed since the run was started.
        """
        if self._meter is None:
            raise RuntimeError("A run without a meter can't be finished.")
        if plan.load(self.parameter_file).key(self.notebook, self.parameters) != self.key:
            raise DataError(
                f"{self.out}: the parameter file or the data changed while the run was under way, so its numbers may "
                "be of both states. Start it again."
            )
        record = RunRecord(
            run=self.run.name,
            **self.run.identity,
            code=fingerprints.fingerprint(plan.notebook(self.notebook)),
            environment=EnvironmentRecord(**provenance.environment()),
            energy=EnergyRecord(**self._meter.read()),
            wall_seconds=round(time.monotonic() - self._begin, 1),
            **self.results,
            **fields,
        )
        run_record.write(self.out / "metrics.json", record)
        return record
