"""Arrays that are computed once and kept in a file for all runs and chapters on the same data."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from pathlib import Path

import numpy as np

from lib.core.files import locked, replacing


def name(*parts: object) -> str:
    """A file name's part for all that an array depends on: 16 hexadecimal digits. The parts are what JSON can hold."""
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:16]


def file(path: Path, write: Callable[[Path], None]) -> Path:
    """The file `path`, made by `write` if it isn't there: by one process, while the others that need it wait."""
    if not path.exists():
        with locked(path.with_suffix(".lock")):
            if not path.exists():
                with replacing(path) as temporary:
                    write(temporary)
    return path


def array(path: Path, compute: Callable[[], np.ndarray]) -> np.ndarray:
    """The array in the file `path` (.npy), as a read-only memory map; computed if it isn't there (`file`)."""
    kept: np.ndarray = np.load(file(path, lambda temporary: np.save(temporary, compute())), mmap_mode="r")
    return kept


def ragged(path: Path, compute: Callable[[], list[list[int]]]) -> list[list[int]]:
    """Lists of whole numbers of different lengths in the file `path` (.npz); computed if it isn't there (`file`)."""

    def write(temporary: Path) -> None:
        rows = compute()
        flat = np.array([number for row in rows for number in row], np.int64)
        np.savez(temporary, flat=flat, lengths=np.array([len(row) for row in rows], np.int64))

    with np.load(file(path, write)) as stored:
        flat, ends = stored["flat"].tolist(), np.cumsum(stored["lengths"]).tolist()
    return [flat[begin:end] for begin, end in zip([0, *ends], ends, strict=False)]
