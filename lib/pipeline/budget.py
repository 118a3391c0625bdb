"""The time that a study has (`MINUTES=12 make study`): what can't end in it is not begun, or ends at a checkpoint."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from types import FrameType

from lib.core.files import read_json
from lib.study.plan import Study

DEADLINE = "STUDY_DEADLINE"
"""The environment variable that tells a notebook when it must have ended, in seconds since 1970."""
LEFT = 75
"""Exit status of a notebook that was left for another time (EX_TEMPFAIL)."""
SHARE_OF_CHAPTERS = 0.25
"""Of the time, kept for the chapters of a study whose chapters' times are unknown."""
SPARE = 1.3
"""How much longer than the last time chapters may take."""


class OutOfTime(BaseException):
    """The deadline passed while a notebook was executed."""


def remaining() -> float:
    """Seconds until the deadline; infinite where there is none."""
    return float(os.environ.get(DEADLINE, "inf")) - time.time()


@contextmanager
def until_the_deadline() -> Iterator[None]:
    """Raises OutOfTime inside the block when the deadline passes."""

    def stop(*_: int | FrameType | None) -> None:
        raise OutOfTime

    if (seconds := remaining()) == float("inf"):
        yield
        return
    before = signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, max(seconds, 1e-3))
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def expected_seconds(chosen: Study, notebook: str) -> float:
    """How long a run of this notebook takes: the median of those that the study has finished here, or else of the
    published ones; 0 where there are none, so that the first is begun."""
    for study in (chosen, chosen.published()):
        paths = (run.folder / "metrics.json" for run in study.all_runs().values() if run.notebook == notebook)
        if seconds := [read_json(path)["wall_seconds"] for path in paths if path.exists()]:
            return float(median(seconds))
    return 0.0


def chapters_seconds(chosen: Study, minutes: float) -> float:
    """What to keep of the time for the chapters: as long as they took here the last time, or else when published."""
    for study in (chosen, chosen.published()):
        paths = [study.folder / "notebooks" / f"{name}.ipynb" for name in chosen.possible_chapters]
        if seconds := [_duration(path) for path in paths if path.exists()]:
            return SPARE * sum(seconds) * len(paths) / len(seconds)
    return SHARE_OF_CHAPTERS * 60 * minutes


def _duration(notebook: Path) -> float:
    return float(read_json(notebook)["metadata"]["papermill"]["duration"] or 0.0)
