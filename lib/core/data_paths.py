"""The files that a data folder's rows name: their places below the folder.

A name is found whatever Unicode form it has on disk.
"""

from __future__ import annotations

import os
import stat
import unicodedata
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path, PureWindowsPath

OUTSIDE = "the path leads out of the data folder"
MISSING = "there is no such file in the data folder"
WINDOWS = "the path has a drive or backslashes, as on Windows: give it below the data folder, with /"


def places(folder: Path, names: Iterable[str]) -> dict[str, Path | str]:
    """name -> the path of a regular file in the folder, or a clause that says why there is none."""
    root = os.path.realpath(folder)
    inside_by_parent: dict[str, bool] = {}  # links are followed once a folder, not once a file
    listings: dict[str, dict[str, list[str]]] = {}

    def inside(path: str) -> bool:
        return Path(os.path.realpath(path)).is_relative_to(root)

    def place(name: str) -> Path | str:
        if name.startswith("/") or ".." in name.split("/"):
            return OUTSIDE
        on_disk = name if os.path.lexists(os.path.join(root, name)) else _in_other_form(root, name, listings)
        if on_disk is None:
            return WINDOWS if "\\" in name or PureWindowsPath(name).drive else MISSING
        path, parent = os.path.join(root, on_disk), os.path.dirname(on_disk)
        if parent not in inside_by_parent:
            inside_by_parent[parent] = inside(os.path.join(root, parent))
        if not inside_by_parent[parent] or (os.path.islink(path) and not inside(path)):
            return OUTSIDE
        return folder / on_disk if stat.S_ISREG(os.stat(path).st_mode) else MISSING

    paths: dict[str, Path | str] = {}
    for name in names:
        try:
            name.encode()
            paths[name] = place(name)
        except (OSError, ValueError):  # ValueError: characters that no file's name can have
            paths[name] = MISSING
    return paths


def _in_other_form(root: str, name: str, listings: dict[str, dict[str, list[str]]]) -> str | None:
    """The path below `root` that differs from `name` in its Unicode form only; None for none.

    listings: folder -> `_entries`, filled on the way.
    """

    def search(above: str, parts: list[str]) -> str | None:
        if not parts:
            return above
        if above not in listings:
            listings[above] = _entries(os.path.join(root, above))
        same = listings[above].get(unicodedata.normalize("NFC", parts[0]), [])
        for entry in sorted(same, key=lambda entry: (entry != parts[0], entry)):
            if path := search(os.path.join(above, entry), parts[1:]):
                return path
        return None

    *above, last = name.split("/")
    return search("", [*(part for part in above if part not in ("", ".")), last])


def _entries(folder: str) -> dict[str, list[str]]:
    """The entries of a folder by their names in NFC; none where it can't be listed."""
    entries: dict[str, list[str]] = {}
    with suppress(OSError):
        for entry in os.listdir(folder):
            entries.setdefault(unicodedata.normalize("NFC", entry), []).append(entry)
    return entries
