"""Where the files are that a data folder's rows name: below the folder, whatever Unicode form their names have on disk."""

from __future__ import annotations

import os
import stat
import unicodedata
from collections.abc import Iterable
from pathlib import Path, PureWindowsPath

OUTSIDE = "the path leads out of the data folder"
MISSING = "there is no such file in the data folder"
WINDOWS = "the path has a drive or backslashes, as on Windows: give it below the data folder, with /"


def places(folder: Path, names: Iterable[str]) -> dict[str, Path | str]:
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
