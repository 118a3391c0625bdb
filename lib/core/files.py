"""Writing files whole or not at all, locks between processes, and digests of files."""

from __future__ import annotations

import fcntl
import hashlib
import importlib.util
import json
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lib.core.errors import DataError

if TYPE_CHECKING:
    import pandas as pd

ROOT = Path(__file__).resolve().parents[2]
"""The project's folder, wherever a process was started."""


@contextmanager
def replacing(path: str | Path) -> Iterator[Path]:
    """A temporary path beside `path`, moved onto it when the block ends well and removed when it fails.

    Whoever reads, and whenever the process is killed: the file is the old one or the new one, never a part.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", suffix=path.suffix, dir=path.parent)
    os.close(handle)
    try:
        yield Path(name)
        os.chmod(name, 0o644)
        os.replace(name, path)
    finally:
        Path(name).unlink(missing_ok=True)


@contextmanager
def locked(path: str | Path, wait: bool = True) -> Iterator[None]:
    """Hold the lock file `path`: one process at a time is inside the block, others wait for it.

    The system releases it however the process ends. Without `wait`, raises BlockingIOError when another one holds it.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w") as stream:
        fcntl.flock(stream, fcntl.LOCK_EX if wait else fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield


def package(name: str) -> Path:
    """The folder of an installed package that carries weights. Raises DataError when it isn't installed."""
    spec = importlib.util.find_spec(name)
    if spec is None or spec.origin is None:
        raise DataError(
            f"The package {name} that carries weights is not installed. `make study` sets up the environment that has "
            "it."
        )
    return Path(spec.origin).parent


def write_text(path: str | Path, text: str) -> None:
    """Write `text` as UTF-8, whole or not at all."""
    with replacing(path) as temporary:
        temporary.write_text(text, encoding="utf-8", newline="\n")


def write_csv(path: str | Path, table: pd.DataFrame) -> None:
    """Write a table without its index."""
    with replacing(path) as temporary:
        table.to_csv(temporary, index=False, lineterminator="\n")


def write_json(path: str | Path, value: Any) -> None:
    """Write `value` as readable JSON, keys in the order given."""
    write_text(path, json.dumps(value, indent=1, ensure_ascii=False) + "\n")


def read_json(path: str | Path) -> Any:
    """The value in a JSON file."""
    return json.loads(Path(path).read_text(encoding="utf-8"))


def remembered(path: Path) -> dict[str, Any]:
    """The mapping in a JSON file of a cache, empty where there is none that can be read."""
    try:
        content = read_json(path)
    except (OSError, ValueError):
        return {}
    return content if isinstance(content, dict) else {}


def sha256(*paths: str | Path) -> str:
    """The SHA-256 of the files' bytes, one after the other, in hexadecimal."""
    digest = hashlib.sha256()
    for path in paths:
        with Path(path).open("rb") as stream:
            while block := stream.read(1 << 20):
                digest.update(block)
    return digest.hexdigest()
