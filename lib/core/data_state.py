"""The state of the user's own files as one SHA-256, of their names and bytes; their dates don't count.

It is part of the key of all that reads them, so that a replaced picture or table is noticed. `lib.core.file_digests`
remembers digests, so an unchanged file is not read again.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from pathlib import Path

from lib.core import csv_reader, data_paths, file_digests
from lib.core.errors import DataError
from lib.core.files import ROOT, read_json, write_json

STATES = ROOT / "data" / "states"
"""The folder of notes on the data that was read."""


def of_tables(
    folder: Path,
    images: str | None,
    separator: str = "",
    delimiter: str = ",",
    encoding: str = "utf-8",
    cache: Path | None = None,
) -> str:
    """The state of a folder's tables and of the pictures that they name; '' when there is no such folder.

    images: the column of the pictures' paths, None for none. separator: between the paths of a cell, '' for one path a
    cell. A table that can't be read counts by its bytes alone: what is wrong with it is said by those who read it.
    """
    if not folder.is_dir():
        return ""
    tables = csv_reader.tables(folder)
    names: set[str] = set()
    for table in tables if images is not None else []:
        try:
            header, rows = csv_reader.read(table, [images or ""], delimiter, encoding)
        except DataError:
            continue
        column = header.index(csv_reader.name(images or ""))
        cells = (fields[column] for _, fields in rows if len(fields) > column)
        names.update(
            csv_reader.name(path) for cell in cells for path in (cell.split(separator) if separator else [cell])
        )
    names.discard("")
    paths = {name: path for name, path in data_paths.places(folder, names).items() if isinstance(path, Path)}
    table_digests = file_digests.digests({path.name: path for path in tables}, cache, f"tables of {folder.resolve()}")
    picture_digests = file_digests.digests(paths, cache, f"pictures of {folder.resolve()}")
    listed = [(f"table {name}", digest) for name, digest in table_digests.items()]
    return file_digests.combined(listed + sorted((name, picture_digests.get(name, "")) for name in names))


def of_folder(folder: Path, cache: Path | None = None) -> str:
    """The state of all files below a folder; '' when there is no such folder."""
    if not folder.is_dir():
        return ""
    return of_files(sorted(path for path in folder.rglob("*") if path.is_file()), folder, cache)


def of_files(paths: Iterable[Path], folder: Path, cache: Path | None = None) -> str:
    """The state of these files, named by their paths below a folder."""
    files = {path.relative_to(folder).as_posix(): path for path in paths}
    return file_digests.combined(sorted(file_digests.digests(files, cache, f"files of {folder.resolve()}").items()))


def note_fingerprint(identity: str, fingerprint: str, folder: Path) -> None:
    """Note the fingerprint of data that was read, or compare it with the one that was noted before.

    identity: all that the data should depend on. Raises DataError when the fingerprint is another one than before.
    """
    path = _note(identity)
    if not path.exists():
        write_json(path, {"fingerprint": fingerprint})
    if (before := read_json(path)["fingerprint"]) != fingerprint:
        raise DataError(
            f"{folder}: these files are not what they were when they were first read (fingerprint {fingerprint[:12]}, "
            f"before {before[:12]}), and nothing that should change them did. If they are the twin's, remove the "
            f"folder and they are made again; if the change was meant, remove {path}."
        )


def noted_fingerprint(identity: str) -> str:
    """The fingerprint that `note_fingerprint` noted, '' if none."""
    path = _note(identity)
    return str(read_json(path)["fingerprint"]) if path.exists() else ""


def _note(identity: str) -> Path:
    return STATES / f"read-{hashlib.sha256(identity.encode()).hexdigest()[:16]}.json"
