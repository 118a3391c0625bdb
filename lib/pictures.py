"""Pictures: checked before use, decoded once into an array on disk, and read from there ever after."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
from PIL import Image

from lib.errors import DataError
from lib.files import replacing

LARGEST = 50_000_000
"""Pixels of the largest picture that is decoded; the file's header tells, before anything is unpacked."""
FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF", "JPEG2000", "PPM")


def as_array(images: list[Path], pixels: int, cache: Path, fingerprint: str) -> np.ndarray:
    """All pictures as one read-only memory map (n, pixels, pixels, 3) of uint8, RGB.

    Shrunk by area averaging to the shorter side and cropped in the centre. The file in `cache` is named by the
    data's `fingerprint` and the size. Raises DataError for a file that is no picture, naming it.
    """
    path = cache / f"{fingerprint[:16]}-{pixels}.npy"
    if not path.exists():
        with replacing(path) as temporary:
            array = np.lib.format.open_memmap(
                temporary, mode="w+", dtype=np.uint8, shape=(len(images), pixels, pixels, 3)
            )
            for row, image in enumerate(images):
                array[row] = decode(image, pixels)
            array.flush()
    return np.load(path, mmap_mode="r")


def read(image: Path) -> np.ndarray:
    """A whole picture, (h, w, 3) uint8, RGB. Raises DataError for no picture, or one larger than LARGEST."""
    picture = None if _header_problem(image) else cv2.imread(str(image), cv2.IMREAD_COLOR)
    if picture is None:
        raise DataError(
            f"{image}: this file is no picture that can be decoded. Replace it, or take it off its row in IMAGES."
        )
    return cv2.cvtColor(picture, cv2.COLOR_BGR2RGB)


def decode(image: Path, pixels: int) -> np.ndarray:
    """One picture as (pixels, pixels, 3) uint8, RGB, cropped in the centre. Raises DataError as `read` does."""
    picture = read(image)
    height, width = picture.shape[:2]
    side = min(height, width)
    top, left = (height - side) // 2, (width - side) // 2
    square = picture[top : top + side, left : left + side]
    if side != pixels:
        square = cv2.resize(
            square, (pixels, pixels), interpolation=cv2.INTER_AREA if side > pixels else cv2.INTER_LINEAR
        )
    return square


def problem(image: Path) -> str:
    """Why a file can't be used as a picture, in words that don't name it; '' if it can. Decodes all of it."""
    if found := _header_problem(image):
        return found
    try:
        with Image.open(image, formats=FORMATS) as picture:
            picture.draft(
                "RGB", (picture.width // 8 or 1, picture.height // 8 or 1)
            )  # a JPEG's bytes, few of its pixels
            picture.load()
    except Exception:  # Pillow raises many kinds for a file that is broken
        return "the picture is damaged or cut off"
    return "" if cv2.haveImageReader(str(image)) else "the file is no picture that can be decoded"


def _header_problem(image: Path) -> str:
    try:
        with Image.open(image, formats=FORMATS) as picture:
            large = picture.width * picture.height > LARGEST
    except Image.DecompressionBombError:
        large = True
    except Exception:  # Pillow raises many kinds for a file that is broken
        return "the file is no picture that can be decoded"
    return f"the picture has more than {LARGEST // 1_000_000} million pixels" if large else ""
