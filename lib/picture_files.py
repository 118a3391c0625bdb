"""The picture files that a data folder's rows name: inside the folder, whole, and known by their content.

Looking into each picture takes minutes for tens of thousands, so what was found is kept and used again for as
long as a file keeps its size and time.
"""

from __future__ import annotations

import hashlib
import json
import os
import stat
import warnings
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

from lib import pictures, sources
from lib.files import sha256, write_text

OUTSIDE = "the path leads out of the data folder"
MISSING = "there is no such file in the data folder"
WORKERS = min(8, os.cpu_count() or 1)  # each may hold a picture of `lib.pictures.LARGEST`


class PictureFile(NamedTuple):
    """problem: why it can't be used, '' if it can. sha256: of its bytes; '' for a file that wasn't read."""

    problem: str
    sha256: str


def inspect(
    folder: Path, names: Iterable[str], cache: Path | None = None, decode: bool = True
) -> dict[str, PictureFile]:
    """What each of the paths `names`, relative to `folder`, is.

    decode: whether to look for damage in pictures as well (`lib.pictures.problem`). cache: folder in which findings
    are kept, by a file's path, size and time of change.
    """
    names, kept, keeper = list(names), {}, None
    if cache is not None:
        rules = f"{folder.resolve()} {decode} {sources.module_fingerprint('pictures') if decode else ''}"
        keeper = cache / f"files-{hashlib.sha256(rules.encode()).hexdigest()[:16]}.json"
        kept = _read(keeper)
    places = dict(zip(names, _places(folder, names), strict=True))
    found = {name: PictureFile(place, "") for name, place in places.items() if isinstance(place, str)}
    there = {name: place for name, place in places.items() if not isinstance(place, str)}
    new = [name for name, place in there.items() if kept.get(name, [])[:2] != list(place)]
    # Pillow warns of pictures that are large or odd; a filter for all threads, since filters are not theirs to set.
    with warnings.catch_warnings(action="ignore"), ThreadPoolExecutor(WORKERS) as pool:
        looked = pool.map(lambda name: _look(folder / name, decode), new)
        kept |= {name: [*there[name], *result] for name, result in zip(new, looked, strict=True)}
    found |= {name: PictureFile(*kept[name][2:]) for name in there}
    if new and keeper is not None:
        write_text(keeper, json.dumps({name: kept[name] for name in there if found[name].sha256}))
    return found


def _places(folder: Path, names: list[str]) -> Iterable[tuple[int, int] | str]:
    """Size in bytes and time of change in ns of each file, or why it is none of the folder's."""
    root = folder.resolve()
    parents: dict[str, bool] = {}  # links are followed once a folder, not once a file

    def inside(path: str) -> bool:
        return Path(os.path.realpath(path)).is_relative_to(root)

    for name in names:
        if name.startswith("/") or ".." in name.split("/"):
            yield OUTSIDE
            continue
        path, parent = os.path.join(root, name), os.path.dirname(name)
        try:
            if parent not in parents:
                parents[parent] = inside(os.path.join(root, parent))
            status = os.lstat(path) if parents[parent] else None
            if status is None or (stat.S_ISLNK(status.st_mode) and not inside(path)):
                yield OUTSIDE
                continue
            status = os.stat(path) if stat.S_ISLNK(status.st_mode) else status
        except OSError:
            yield MISSING
            continue
        yield (status.st_size, status.st_mtime_ns) if stat.S_ISREG(status.st_mode) else MISSING


def _look(path: Path, decode: bool) -> tuple[str, str]:
    try:
        return (pictures.problem(path) if decode else ""), sha256(path)
    except OSError:
        return "the file can't be read", ""


def _read(keeper: Path) -> dict[str, list]:
    try:
        return json.loads(keeper.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
