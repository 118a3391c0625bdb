"""Pictures decoded once into an array on disk, and read from there ever after."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np

from lib.errors import DataError
from lib.files import replacing


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


def decode(image: Path, pixels: int) -> np.ndarray:
    """One picture as (pixels, pixels, 3) uint8, RGB."""
    picture = cv2.imread(str(image), cv2.IMREAD_COLOR)
    if picture is None:
        raise DataError(
            f"{image}: this file is no picture that can be decoded. Replace it, or take it off its row in IMAGES."
        )
    height, width = picture.shape[:2]
    side = min(height, width)
    top, left = (height - side) // 2, (width - side) // 2
    square = picture[top : top + side, left : left + side]
    if side != pixels:
        square = cv2.resize(
            square, (pixels, pixels), interpolation=cv2.INTER_AREA if side > pixels else cv2.INTER_LINEAR
        )
    return cv2.cvtColor(square, cv2.COLOR_BGR2RGB)
