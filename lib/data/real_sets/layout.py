"""The folder of a real set: written whole or not at all, and in the form that the loaders of own data read.

`<set>.csv` holds the works (TEXT, IMAGES, VENDOR and more), `images/` their pictures, named by numbers. What says how
the folder came about is in `about/`, where no loader looks: `cleaning.csv`, `source.json`, `names.csv` and `salt`.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import cv2
import numpy as np
import pandas as pd

from lib.core import csv_reader, tables
from lib.core.errors import DataError
from lib.core.files import locked, read_json, write_csv, write_json
from lib.core.schemas import Table
from lib.data import disclosure
from lib.data.real_sets import names
from lib.data.real_sets.cleaning import Steps

PIXELS = 224
"""Side of a picture that is written."""


class Works(Table):
    """The works of a set as `<set>.csv` holds them. More columns may follow."""

    class Config:
        strict = False

    TEXT: str
    VENDOR: int  # the author, a salted number
    GROUP: int  # collection, source package or speech
    AUTHORS: str  # known or new


@contextmanager
def new_folder(into: Path) -> Iterator[Path]:
    """A temporary folder beside `into`, which becomes it when the block ends well, and is removed when it fails.

    Raises DataError when `into` is there already.
    """
    into.parent.mkdir(parents=True, exist_ok=True)
    with locked(into.parent / f".{into.name}.lock"):
        if into.exists():
            raise DataError(f"{into}: this is there already. Remove it, or name another folder: --into FOLDER.")
        for left in into.parent.glob(f".{into.name}.part.*"):  # of a fetch that was killed
            shutil.rmtree(left)
        temporary = Path(tempfile.mkdtemp(prefix=f".{into.name}.part.", dir=into.parent))
        try:
            yield temporary
            temporary.chmod(0o755)
            os.rename(temporary, into)
        finally:
            shutil.rmtree(temporary, ignore_errors=True)


def sources(folder: Path) -> dict[str, str]:
    """The SHA-256 of each package that a folder was made of; empty for a folder that isn't one of a real set."""
    path = folder / "about" / "source.json"
    return dict(read_json(path)["packages"]) if path.is_file() else {}


def salt(folder: Path) -> bytes:
    """The folder's own salt, drawn with the first call."""
    return disclosure.salt(folder / "about" / "salt")


def write_about(folder: Path, steps: Steps, authors: Sequence[str]) -> None:
    """Write how a folder was cleaned. authors: names as written, of which salted hashes are kept."""
    write_csv(folder / "about" / "cleaning.csv", steps.table())
    write_csv(folder / "about" / "names.csv", names.hashes(authors, salt(folder)))


def name_search(folder: Path) -> names.Search | None:
    """What knows the authors of a folder by their hashes; None of a folder that isn't one of a real set."""
    path = folder / "about" / "names.csv"
    return names.Search(tables.read(path, names.NameHashes), salt(folder)) if path.is_file() else None


def check_nameless(folder: Path) -> None:
    """Raise DataError when one of the folder's texts holds an author's name, by the hashes of the names."""
    search = name_search(folder)
    assert search is not None  # `write_about` has written the hashes
    for path in csv_reader.tables(folder):
        table = tables.cells(path)
        found = sum(map(search.stands_in, table.get("TEXT", ())))
        if found:
            raise DataError(
                f"{path.name}: {found} texts still hold an author's name after cleaning, so nothing was written. If "
                "the package is the pinned one, this is an error of lib/data/real_sets/names.py: please report it."
            )


def write_source(folder: Path, packages: dict[str, str]) -> None:
    """Write what a folder was made of. packages: name and version -> SHA-256."""
    write_json(folder / "about" / "source.json", {"packages": packages})


def by_content(contents: Sequence[bytes]) -> np.ndarray:
    """The order of contents by their SHA-256, (n,) int: the same on each machine, and it says nothing of them."""
    return np.argsort(np.array([hashlib.sha256(content).hexdigest() for content in contents]), kind="stable")


def square(picture: np.ndarray, pixels: int = PIXELS) -> np.ndarray:
    """A picture (h, w, 3) uint8, RGB, whole on a white square of `pixels`; made smaller by area averaging, larger by
    linear interpolation."""
    height, width = picture.shape[:2]
    scale = pixels / max(height, width)
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    picture = cv2.resize(picture, size, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR)
    whole = np.full((pixels, pixels, 3), 255, np.uint8)
    top, left = (pixels - size[1]) // 2, (pixels - size[0]) // 2
    whole[top : top + size[1], left : left + size[0]] = picture
    return whole


def png(picture: np.ndarray) -> bytes:
    """A picture (h, w, 3) uint8, RGB, as the bytes of a PNG file without any metadata."""
    return bytes(cv2.imencode(".png", picture[:, :, ::-1])[1])


def write_works(folder: Path, name: str, works: pd.DataFrame) -> None:
    """Write `<name>.csv`. Raises pandera's SchemaError for a table that isn't as `Works` says."""
    write_csv(folder / f"{name}.csv", Works.validate(works))
