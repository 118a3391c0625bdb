"""Images: checked before use, and decoded once into an array on disk.

Checking and reading use the same decoder (`lib.data.image_decoder`) on the file's bytes. A caller that gives the bytes'
SHA-256 is sure that no other bytes are decoded.
"""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import cv2
import numpy as np
import PIL

from lib.core import cached, fingerprints
from lib.core.errors import DataError
from lib.data import image_decoder
from lib.data.image_decoder import Unusable

MOST_BYTES = 500_000_000
"""Of a file that is read: more than an image of `image_decoder.LARGEST` pixels has in any of the formats."""
WORKERS = min(32, os.cpu_count() or 1)  # each may hold an image of `image_decoder.LARGEST` pixels

UNREADABLE = "the file can't be read"
CHANGED = "the picture changed while the study ran"
PASSING = (UNREADABLE, CHANGED, image_decoder.NO_MEMORY)
"""Reasons that don't depend on a file's bytes: they may not hold the next time."""


def as_array(
    images: Sequence[Path], pixels: int, cache: Path, fingerprint: str, digests: Sequence[str] = ()
) -> np.ndarray:
    """All images as one read-only memory map (n, pixels, pixels, 3) of uint8, RGB, cropped to a square in the centre.

    Made smaller by area averaging, larger by linear interpolation. digests: the SHA-256 of each file as it was when the
    `fingerprint` of the data was taken. The file in `cache` is named by that fingerprint, the size and the code that
    decodes. Raises DataError, which names the row, for a file that is no image and for one whose bytes no longer have
    its digest.
    """
    path = cache / f"{fingerprint[:16]}-{pixels}-{rules()[:8]}.npy"
    cached.file(path, lambda temporary: _write(temporary, images, pixels, digests or [""] * len(images)))
    array: np.ndarray = np.load(path, mmap_mode="r")
    return array


def _write(temporary: Path, images: Sequence[Path], pixels: int, digests: Sequence[str]) -> None:
    with ThreadPoolExecutor(WORKERS) as pool:
        array = np.lib.format.open_memmap(temporary, mode="w+", dtype=np.uint8, shape=(len(images), pixels, pixels, 3))

        def fill(row: int, image: Path, digest: str) -> None:
            try:
                array[row] = decode(image, pixels, digest)
            except DataError as error:
                raise DataError(f"Row {row} of the {len(images)} pictures: {error}") from None

        for _ in pool.map(fill, range(len(images)), images, digests):
            pass
        array.flush()


def read(image: Path, digest: str = "") -> np.ndarray:
    """A whole image, (h, w, 3) uint8, RGB.

    Raises DataError, without the file's name, which may be sensitive, for a file that is no image or too large, and for
    bytes that don't have the SHA-256 `digest`, if it is given.
    """
    try:
        return image_decoder.decode(_content(image, digest))
    except Unusable as reason:
        if str(reason) == CHANGED:
            raise DataError("A picture's file changed while the study ran. Start the study again.") from None
        why = "" if str(reason) == image_decoder.NO_PICTURE else f" ({reason})"
        raise DataError(
            f"This file is no picture that can be decoded{why}. Replace it, or take it off its row in IMAGES."
        ) from None


def decode(image: Path, pixels: int, digest: str = "") -> np.ndarray:
    """One image as (pixels, pixels, 3) uint8, RGB, cropped in the centre. Raises DataError as `read` does."""
    picture = read(image, digest)
    height, width = picture.shape[:2]
    side = min(height, width)
    top, left = (height - side) // 2, (width - side) // 2
    square = picture[top : top + side, left : left + side]
    if side != pixels:
        square = cv2.resize(
            square, (pixels, pixels), interpolation=cv2.INTER_AREA if side > pixels else cv2.INTER_LINEAR
        )
    return square


def problem(image: Path, digest: str = "") -> str:
    """Why `read` would reject a file, without its name; '' if it wouldn't. Decodes the whole image."""
    try:
        image_decoder.decode(_content(image, digest))
    except Unusable as reason:
        return str(reason)
    return ""


def rules() -> str:
    """A fingerprint of the code and libraries that decode images; caches are named by it."""
    versions = f"{fingerprints.module_fingerprint('lib.data.image_arrays')} {PIL.__version__} {cv2.__version__}"
    return hashlib.sha256(versions.encode()).hexdigest()


def _content(image: Path, digest: str) -> bytes:
    """A file's bytes. Raises Unusable when they can't be read or are not those of the `digest`, unless it is ''."""
    try:
        status = os.stat(image)
        if not stat.S_ISREG(status.st_mode):  # opening a pipe would wait for ever
            raise Unusable(UNREADABLE)
        if status.st_size > MOST_BYTES:
            raise Unusable(f"the file has more than {MOST_BYTES // 1_000_000} million bytes")
        content = image.read_bytes()
    except (OSError, ValueError, MemoryError):  # ValueError: a name that no file can have
        raise Unusable(CHANGED if digest else UNREADABLE) from None
    if digest and hashlib.sha256(content).hexdigest() != digest:
        raise Unusable(CHANGED)
    return content
