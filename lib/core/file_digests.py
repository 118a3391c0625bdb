"""SHA-256 of files, remembered for as long as a file is unchanged.

A file counts as unchanged while its size, modification time, change time and inode are the same. The modification time
alone is no evidence: a copy, an unpacked archive or `touch -d` sets it to anything. A file that changed within the last
seconds before it was read is read again the next time, since a second change in the same tick would not show.
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

from lib.core.files import remembered, sha256, write_text

TICK = 2_000_000_000
"""Nanoseconds, the coarsest resolution of a file system's times (FAT's)."""
WORKERS = os.cpu_count() or 1


def digests(files: Mapping[str, Path], cache: Path | None, about: str) -> dict[str, str]:
    """The SHA-256 of each of `files` (name -> path), '' for what is no readable regular file.

    cache: a folder in which digests are remembered, None for none. about: what the files belong to, such as their
    folder's path; each has a file of its own in the cache.
    """
    memory = cache / f"digests-{_sha256(about, 'surrogateescape')[:16]}.json" if cache else None
    # name -> its signature, whether any change would alter that, and its digest
    known = remembered(memory).items() if memory else ()
    rows = {name: row for name, row in known if isinstance(row, list) and len(row) == 6}
    signatures = {name: signature for name, path in files.items() if (signature := _signature(path))}
    new = [name for name, signature in signatures.items() if rows.get(name, [])[:-2] != signature or not rows[name][-2]]
    now = time.time_ns()
    with ThreadPoolExecutor(WORKERS) as pool:
        computed = dict(zip(new, pool.map(lambda name: _digest(files[name]), new), strict=True))
    for name, digest in computed.items():
        certain = max(signatures[name][1:3]) < now - TICK and _signature(files[name]) == signatures[name]
        rows[name] = [*signatures[name], certain, digest]
    if new and memory:
        write_text(memory, json.dumps(rows))
    return {name: rows[name][-1] if name in signatures else "" for name in files}


def combined(digests: Iterable[tuple[str, str]]) -> str:
    """One SHA-256 over pairs of a name and a digest, in the order given."""
    return _sha256("".join(f"{len(name)}:{name}={digest};" for name, digest in digests), "surrogatepass")


def _sha256(text: str, errors: str) -> str:
    return hashlib.sha256(text.encode("utf-8", errors)).hexdigest()


def _signature(path: Path) -> list[int] | None:
    try:
        status = os.stat(path)
    except (OSError, ValueError):
        return None
    if not stat.S_ISREG(status.st_mode):
        return None
    return [status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_ino]


def _digest(path: Path) -> str:
    try:
        return sha256(path)
    except OSError:
        return ""
