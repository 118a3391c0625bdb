"""The image files that a data folder's rows name: whether they lie in the folder and are whole, and their SHA-256.

Decoding tens of thousands of images takes minutes, so the outcome is cached by content: a file that is replaced is
checked again, whatever its date, and one that is moved is not.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from pathlib import Path
from typing import NamedTuple

from lib.core import data_paths, file_digests
from lib.core.files import locked, remembered, write_text
from lib.data import image_arrays


class PictureFile(NamedTuple):
    """problem: why it can't be used, '' if it can. sha256: of its bytes; '' for a file that wasn't read. path: where it
    is expected."""

    problem: str
    sha256: str
    path: Path


def inspect(
    folder: Path, names: Iterable[str], cache: Path | None = None, decode: bool = True
) -> dict[str, PictureFile]:
    """The file of each of the paths `names`, which are relative to `folder` (`lib.core.data_paths.places`).

    decode: whether to decode images too, to find damaged ones. cache: folder in which outcomes are kept.
    """
    places = data_paths.places(folder, dict.fromkeys(names))
    paths = {name: place for name, place in places.items() if isinstance(place, Path)}
    lock = locked(cache / ".pictures.lock") if cache else nullcontext()  # of runs that start together one reads them
    with lock:
        digests = file_digests.digests(paths, cache, f"pictures of {folder.resolve()}")
        readable = {digests[name]: path for name, path in paths.items() if digests[name]}
        problems = _problems(readable, cache) if decode else {}
    files = {}
    for name, place in places.items():
        if not isinstance(place, Path):
            files[name] = PictureFile(place, "", folder / name)
        elif not (digest := digests[name]):
            files[name] = PictureFile(image_arrays.UNREADABLE, "", place)
        else:
            files[name] = PictureFile(problems.get(digest, ""), digest, place)
    return files


def _problems(files: dict[str, Path], cache: Path | None) -> dict[str, str]:
    """The problem of each image, '' for none, by its SHA-256. All but `image_arrays.PASSING` are cached."""
    record = cache / f"pictures-{image_arrays.rules()[:16]}.json" if cache is not None else None
    cached: dict[str, str] = remembered(record) if record is not None else {}
    new = [digest for digest in files if digest not in cached]
    with ThreadPoolExecutor(image_arrays.WORKERS) as pool:
        reasons = pool.map(lambda digest: image_arrays.problem(files[digest], digest), new)
        problems = dict(zip(new, reasons, strict=True))
    if new and record is not None:
        lasting = {digest: problem for digest, problem in problems.items() if problem not in image_arrays.PASSING}
        write_text(record, json.dumps(cached | lasting))
    return cached | problems
