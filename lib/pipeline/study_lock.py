"""One process at a time changes what a study has written."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from lib.core.errors import DataError
from lib.core.files import locked
from lib.study.plan import Study


@contextmanager
def alone(study: Study) -> Iterator[None]:
    """Hold the study's lock, which the system lets go of however the process ends.

    Raises DataError when another process has it.
    """
    lock = study.folder / ".lock"
    try:
        with locked(lock, wait=False):
            yield
    except BlockingIOError:
        raise DataError(
            f"This study is being run by another process (it holds {lock}). Wait for it, or stop it."
        ) from None
