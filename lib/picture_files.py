"""The picture files that a data folder's rows name: inside the folder, whole, and known by their content.

Looking into each picture takes minutes for tens of thousands, so what was found is kept by the content: a file that is
replaced, whatever its date, is looked into again, and one that is moved is not.
"""

from __future__ import annotations

import json
import os
import stat
import unicodedata
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path, PureWindowsPath
from typing import NamedTuple

from lib import file_states, pictures
from lib.files import write_text

OUTSIDE = "the path leads out of the data folder"
MISSING = "there is no such file in the data folder"
WINDOWS = "the path has a drive or backslashes, as on Windows: give it below the data folder, with /"


class PictureFile(NamedTuple):
    """problem: why it can't be used, '' if it can. sha256: of its bytes; '' for a file that wasn't read. path: where it
    is, or would be."""

    problem: str
    sha256: str
    path: Path


def inspect(
    folder: Path, names: Iterable[str], cache: Path | None = None, decode: bool = True
) -> dict[str, PictureFile]:
    """What each of the paths `names`, relative to `folder`, is.

    A name and the file on disk may be written in two Unicode forms (NFC, NFD); of files that differ in nothing else the
    one that is written like the name is taken. decode: whether to look for damage in pictures as well
    (`lib.pictures.problem`). cache: folder in which findings are kept.
    """
    places = _places(folder, dict.fromkeys(names))
    there = {name: place for name, place in places.items() if isinstance(place, Path)}
    # !a: a folder's name may hold bytes that are no characters
    digests = file_states.digests(there, cache, f"pictures of {str(folder.resolve())!a}")
    looked = _problems({digests[name]: path for name, path in there.items() if digests[name]}, cache) if decode else {}
    found = {}
    for name, place in places.items():
        if not isinstance(place, Path):
            found[name] = PictureFile(place, "", folder / name)
        elif not (digest := digests[name]):
            found[name] = PictureFile(pictures.UNREADABLE, "", place)
        else:
            found[name] = PictureFile(looked.get(digest, ""), digest, place)
    return found


def _problems(files: dict[str, Path], cache: Path | None) -> dict[str, str]:
    """The problem of each picture, '' for none, by its SHA-256, which tells all of it but for `pictures.PASSING`."""
    keeper = cache / f"pictures-{pictures.rules()[:16]}.json" if cache is not None else None
    kept = _read(keeper) if keeper is not None else {}
    new = [digest for digest in files if digest not in kept]
    with ThreadPoolExecutor(pictures.WORKERS) as pool:
        found = dict(zip(new, pool.map(lambda digest: pictures.problem(files[digest], digest), new), strict=True))
    if new and keeper is not None:
        lasting = {digest: problem for digest, problem in found.items() if problem not in pictures.PASSING}
        write_text(keeper, json.dumps(kept | lasting))
    return kept | found


def _places(folder: Path, names: Iterable[str]) -> dict[str, Path | str]:
    """Where each file is, a regular one in the folder, or why it is none."""
    root = os.path.realpath(folder)
    parents: dict[str, bool] = {}  # links are followed once a folder, not once a file
    listings: dict[str, dict[str, list[str]]] = {}

    def inside(path: str) -> bool:
        return Path(os.path.realpath(path)).is_relative_to(root)

    def place(name: str) -> Path | str:
        if name.startswith("/") or ".." in name.split("/"):
            return OUTSIDE
        there = name if os.path.lexists(os.path.join(root, name)) else _otherwise_written(root, name, listings)
        if there is None:
            return WINDOWS if "\\" in name or PureWindowsPath(name).drive else MISSING
        path, parent = os.path.join(root, there), os.path.dirname(there)
        if parent not in parents:
            parents[parent] = inside(os.path.join(root, parent))
        if not parents[parent] or (os.path.islink(path) and not inside(path)):
            return OUTSIDE
        return folder / there if stat.S_ISREG(os.stat(path).st_mode) else MISSING

    found: dict[str, Path | str] = {}
    for name in names:
        try:
            name.encode()
            found[name] = place(name)
        except (OSError, ValueError):  # ValueError: characters that no file's name can have
            found[name] = MISSING
    return found


def _otherwise_written(root: str, name: str, listings: dict[str, dict[str, list[str]]]) -> str | None:
    """The path below `root` that is `name` but for its Unicode form, None for none; `listings` keeps folders' entries."""

    def search(above: str, parts: list[str]) -> str | None:
        if not parts:
            return above
        if above not in listings:
            listings[above] = _entries(os.path.join(root, above))
        same = listings[above].get(unicodedata.normalize("NFC", parts[0]), [])
        for entry in sorted(same, key=lambda entry: (entry != parts[0], entry)):
            if found := search(os.path.join(above, entry), parts[1:]):
                return found
        return None

    *above, last = name.split("/")
    return search("", [*(part for part in above if part not in ("", ".")), last])


def _entries(folder: str) -> dict[str, list[str]]:
    """What is in a folder, by names in NFC; nothing for what is no folder that can be listed."""
    found: dict[str, list[str]] = {}
    try:
        for entry in os.listdir(folder):
            found.setdefault(unicodedata.normalize("NFC", entry), []).append(entry)
    except OSError:
        pass
    return found


def _read(keeper: Path) -> dict[str, str]:
    try:
        found = json.loads(keeper.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}
