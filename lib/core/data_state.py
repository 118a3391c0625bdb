"""The state of files that are somebody's own, as one SHA-256: of their bytes and their names, whatever their dates say.

It is part of the key of all that reads them, so that a picture that was replaced, or an older table that was copied in, is
seen. `lib.core.file_digests` remembers digests, so asking about an unchanged folder costs a look at each file and not its bytes.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from pathlib import Path

from lib.core import csv_reader, data_paths, file_digests
from lib.core.errors import DataError
from lib.core.files import ROOT, read_json, write_json

STATES = ROOT / "data" / "states"
"""Where each state that a study met has its file, which is the graph's input."""


def of_tables(
    folder: Path,
    images: str | None,
    separator: str = "",
    delimiter: str = ",",
    encoding: str = "utf-8",
    cache: Path | None = None,
) -> str:
    """The state of a folder's tables and of the files below the folder that their column `images` names.

    separator: between the paths in a cell, '' for one path a cell. A table that can't be read counts by its bytes alone: who reads it
    says what is wrong with it. '' when there is no such folder.
    """
    if not folder.is_dir():
        return ""
    tables = csv_reader.tables(folder)
    names: dict[str, None] = {}
    for table in tables if images is not None else []:
        try:
            found = csv_reader.read(table, [images or ""], delimiter, encoding)
        except DataError:
            continue
        place = found.header.index(csv_reader.name(images or ""))
        cells = (fields[place] for _, fields in found.rows if len(fields) > place)
        parts = (csv_reader.name(part) for cell in cells for part in (cell.split(separator) if separator else [cell]))
        names |= dict.fromkeys(filter(None, parts))
    of_tables = file_digests.digests({table.name: table for table in tables}, cache, f"tables of {folder.resolve()}")
    places = data_paths.places(folder, names)
    there = {name: place for name, place in places.items() if isinstance(place, Path)}
    of_pictures = file_digests.digests(there, cache, f"pictures of {folder.resolve()}")
    listed = [(f"table {name}", digest) for name, digest in of_tables.items()]
    return file_digests.combined(listed + sorted((name, of_pictures.get(name, "")) for name in names))


def of_folder(folder: Path, cache: Path | None = None) -> str:
    """The state of all files below a folder; '' when there is no such folder."""
    if not folder.is_dir():
        return ""
    return of_files(sorted(path for path in folder.rglob("*") if path.is_file()), folder, cache)


def of_files(paths: Iterable[Path], folder: Path, cache: Path | None = None) -> str:
    """The state of these files, named as they lie below a folder."""
    files = {path.relative_to(folder).as_posix(): path for path in paths}
    return file_digests.combined(sorted(file_digests.digests(files, cache, f"files of {folder.resolve()}").items()))


def marker(state: str) -> Path:
    """The file that stands for a state in the graph: Snakemake compares names and dates of files, and this one is as old as
    the state's first sight."""
    path = STATES / f"{state[:16]}.json"
    if not path.exists():
        write_json(path, {"state": state})
    return path


def settle(identity: str, fingerprint: str, folder: Path) -> None:
    """Note what data of this identity (all that should decide its content) was read as, or compare with what was noted.

    Raises DataError when it is other data than when it was first read: files were changed that nothing should change.
    """
    path = _noted(identity)
    if not path.exists():
        write_json(path, {"fingerprint": fingerprint})
    if (before := read_json(path)["fingerprint"]) != fingerprint:
        raise DataError(
            f"{folder}: these files are not what they were when they were first read (fingerprint {fingerprint[:12]}, before "
            f"{before[:12]}), and nothing that should change them did. If they are the twin's, remove the folder and they are "
            f"made again; if the change was meant, remove {path}."
        )


def settled(identity: str) -> str:
    """The fingerprint that `settle` noted, '' if none."""
    path = _noted(identity)
    return read_json(path)["fingerprint"] if path.exists() else ""


def _noted(identity: str) -> Path:
    return STATES / f"read-{hashlib.sha256(identity.encode()).hexdigest()[:16]}.json"
