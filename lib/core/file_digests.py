"""What files hold, by content: SHA-256 remembered for as long as a file is unchanged, so that asking again is cheap.

A file counts as unchanged while its size, its time of writing, its time of change and its inode are the same. The time
of writing alone can lie: a copy that keeps dates, an unpacked archive or `touch -d` set it to anything; the time of change
is the system's own, and nothing but a write, a rename or a change of rights sets it. A file that was changed within the
last seconds before it was read is read again the next time, since a second change in the same tick would not show.
"""

from __future__ import annotations

import hashlib
import json
import os
import stat
import time
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from lib.core.files import sha256, write_text

TICK = 2_000_000_000
"""Nanoseconds: file systems keep times no more coarsely than this (FAT's two seconds)."""
WORKERS = min(8, os.cpu_count() or 1)


def digests(files: Mapping[str, Path], cache: Path | None, about: str) -> dict[str, str]:
    """The SHA-256 of each of `files` (name -> path), '' for what is no readable regular file.

    cache: the folder that remembers, in one file for all that is ever asked `about` something (a folder's path, say); None remembers
    nothing.
    """
    keeper = (
        cache / f"digests-{hashlib.sha256(about.encode('utf-8', 'surrogateescape')).hexdigest()[:16]}.json"
        if cache
        else None
    )
    kept = _read(keeper) if keeper else {}
    signatures = {name: _signature(path) for name, path in files.items()}
    there = {name: found for name, found in signatures.items() if found}
    new = [name for name, found in there.items() if kept.get(name, [])[:-2] != found or not kept[name][-2]]
    now = time.time_ns()
    with ThreadPoolExecutor(WORKERS) as pool:
        looked = dict(zip(new, pool.map(lambda name: _digest(files[name]), new), strict=True))
    for name, found in looked.items():
        settled = max(there[name][1:3]) < now - TICK and _signature(files[name]) == there[name]
        kept[name] = [*there[name], settled, found]
    if new and keeper:
        write_text(keeper, json.dumps(kept))
    return {name: kept[name][-1] if name in there else "" for name in files}


def combined(found: Iterable[tuple[str, str]]) -> str:
    """One SHA-256 over names and digests, in the order given."""
    digest = hashlib.sha256()
    for name, content in found:
        digest.update(f"{len(name)}:{name}={content};".encode("utf-8", "surrogatepass"))
    return digest.hexdigest()


def _signature(path: Path) -> list[int] | None:
    try:
        found = os.stat(path)
    except (OSError, ValueError):
        return None
    if not stat.S_ISREG(found.st_mode):
        return None
    return [found.st_size, found.st_mtime_ns, found.st_ctime_ns, found.st_ino]


def _digest(path: Path) -> str:
    try:
        return sha256(path)
    except OSError:
        return ""


def _read(keeper: Path) -> dict[str, list]:
    try:
        found = json.loads(keeper.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    rows = found.items() if isinstance(found, dict) else ()
    return {name: row for name, row in rows if isinstance(row, list) and len(row) == 6}
