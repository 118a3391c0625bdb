"""The picture files that a data folder's rows name: inside the folder, whole, and known by their content.

Looking into each picture takes minutes for tens of thousands, so what was found is kept by the content: a file that is
replaced, whatever its date, is looked into again, and one that is moved is not.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

from lib.core import data_paths, file_digests
from lib.core.files import write_text
from lib.data import image_arrays


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
    (`lib.data.image_arrays.problem`). cache: folder in which findings are kept.
    """
    places = data_paths.places(folder, dict.fromkeys(names))
    there = {name: place for name, place in places.items() if isinstance(place, Path)}
    digests = file_digests.digests(there, cache, f"pictures of {folder.resolve()}")
    looked = _problems({digests[name]: path for name, path in there.items() if digests[name]}, cache) if decode else {}
    found = {}
    for name, place in places.items():
        if not isinstance(place, Path):
            found[name] = PictureFile(place, "", folder / name)
        elif not (digest := digests[name]):
            found[name] = PictureFile(image_arrays.UNREADABLE, "", place)
        else:
            found[name] = PictureFile(looked.get(digest, ""), digest, place)
    return found


def _problems(files: dict[str, Path], cache: Path | None) -> dict[str, str]:
    """The problem of each picture, '' for none, by its SHA-256, which tells all of it but for `pictures.PASSING`."""
    keeper = cache / f"pictures-{image_arrays.rules()[:16]}.json" if cache is not None else None
    kept = _read(keeper) if keeper is not None else {}
    new = [digest for digest in files if digest not in kept]
    with ThreadPoolExecutor(image_arrays.WORKERS) as pool:
        found = dict(zip(new, pool.map(lambda digest: image_arrays.problem(files[digest], digest), new), strict=True))
    if new and keeper is not None:
        lasting = {digest: problem for digest, problem in found.items() if problem not in image_arrays.PASSING}
        write_text(keeper, json.dumps(kept | lasting))
    return kept | found


def _read(keeper: Path) -> dict[str, str]:
    try:
        found = json.loads(keeper.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}
