"""From the bytes of an image file to RGB, by Pillow.

Every image becomes what a viewer shows on a white page: turned by its orientation tag, transparency over white, 16 bits
a channel scaled to 8, other colour spaces and embedded profiles converted to sRGB, the first frame of an animation.
Images of numbers without a defined range (32-bit integers, floats, signed integers) are rejected.
"""

from __future__ import annotations

import functools
import logging
import threading
import warnings
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from io import BytesIO

import numpy as np
from PIL import ExifTags, Image, ImageCms, ImageFile, ImageMode, ImageOps
from PIL.TiffImagePlugin import BITSPERSAMPLE, PHOTOMETRIC_INTERPRETATION, SAMPLEFORMAT

LARGEST = 50_000_000
"""Pixels of the largest image that is decoded; checked by the header, before anything is decoded."""
FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF", "JPEG2000", "PPM")

NO_PICTURE = "the file is no picture that can be decoded"
TOO_LARGE = f"the picture has more than {LARGEST // 1_000_000} million pixels"
DAMAGED = "the picture is damaged or cut off"
NO_RANGE = "the picture holds numbers without a defined range (32-bit, signed or floats), not colours"
NO_MEMORY = "there is not enough memory to decode the picture"

SAME = 2
"""Levels of 255: a profile whose colours differ from sRGB's by at most this (rounding) is taken for sRGB."""

logging.getLogger("PIL").addHandler(logging.NullHandler())  # else Python prints what Pillow logs of odd files


class Unusable(Exception):
    """Why a file can't be used as an image; the message reveals nothing of it."""


def decode(content: bytes) -> np.ndarray:
    """The image in a file's bytes, (h, w, 3) uint8, RGB. Raises Unusable, with the reason, and no other exception."""
    with _quiet():
        try:
            return _decode(content)
        except Unusable:
            raise
        except MemoryError:
            raise Unusable(NO_MEMORY) from None
        except Exception:  # Pillow raises many kinds for a file that is broken
            raise Unusable(DAMAGED) from None


def _decode(content: bytes) -> np.ndarray:
    picture = _open(content)
    if picture.format == "PNG":
        picture.verify()  # its checksums, which decoding passes over; afterwards a picture must be opened anew
        picture = _open(content)
    stored = picture.tile[0].args if picture.format == "PNG" else None
    covered = picture.tile[0].extents if picture.format == "GIF" else None
    picture.load()
    profile = picture.info.get("icc_profile")
    orientation = _orientation(picture)  # none in TIFF, which `load` has turned
    colours, opaque = _without_alpha(_eight_bits(picture, stored), covered)
    rgb = _srgb(colours, profile)
    if opaque is not None:
        white = Image.new("RGB", rgb.size, "white")
        white.paste(rgb, mask=opaque)
        rgb = white
    return np.array(_upright(rgb, orientation))


def _open(content: bytes) -> ImageFile.ImageFile:
    """The image with its header read. Raises Unusable for a file that is none, and for one that is too large."""
    try:
        picture = Image.open(BytesIO(content), formats=FORMATS)
    except Image.DecompressionBombError:
        raise Unusable(TOO_LARGE) from None
    except MemoryError:
        raise
    except Exception:
        raise Unusable(NO_PICTURE) from None
    if picture.width * picture.height > LARGEST:
        raise Unusable(TOO_LARGE)
    if not picture.width * picture.height:
        raise Unusable(NO_PICTURE)
    return picture


def _orientation(picture: Image.Image) -> int:
    """EXIF's orientation, 1 to 8; 1 (upright) if there is none that can be read."""
    try:
        orientation = picture.getexif().get(ExifTags.Base.Orientation)
    except Exception:  # broken metadata don't make an image unusable
        return 1
    return orientation if isinstance(orientation, int) and 1 <= orientation <= 8 else 1


def _upright(picture: Image.Image, orientation: int) -> Image.Image:
    if orientation == 1:
        return picture
    picture = picture.copy()
    picture.info = {}  # the file's own metadata, which may be broken
    picture.getexif()[ExifTags.Base.Orientation] = orientation
    return ImageOps.exif_transpose(picture)


def _eight_bits(picture: Image.Image, stored: object) -> Image.Image:
    """The picture with 8 bits a channel at most. stored: how a PNG's pixels lie in the file (Pillow's raw mode).

    16 bits lose their lower 8, as Pillow's colour pictures of 16 bits do. Raises Unusable for numbers without a range.
    """
    tags = getattr(picture, "tag_v2", {})
    if picture.mode == "F" or set(tags.get(SAMPLEFORMAT, (1,))) != {1}:
        raise Unusable(NO_RANGE)
    transparent = picture.info.get("transparency")
    if picture.mode.startswith("I"):
        if picture.mode == "I" and picture.format != "PPM":  # PPM's numbers were scaled to 16 bits
            raise Unusable(NO_RANGE)
        numbers = np.asarray(picture)
        grey = (numbers >> (tags.get(BITSPERSAMPLE, (16,))[0] - 8)).astype(np.uint8)
        if tags.get(PHOTOMETRIC_INTERPRETATION) == 0:  # white is zero; Pillow inverts 8 bits and fewer only
            grey = 255 - grey
        if transparent is not None:
            return Image.fromarray(np.dstack([grey, np.where(numbers == transparent, 0, 255).astype(np.uint8)]))
        return Image.fromarray(grey)
    if transparent is not None and stored is not None:
        # Pillow scales these pixels, but leaves the transparent value as the file has it.
        if stored in ("L;2", "L;4"):
            picture.info["transparency"] = transparent * (85 if stored == "L;2" else 17)
        elif stored == "RGB;16B":
            picture.info["transparency"] = tuple(value >> 8 for value in transparent)
    return picture


def _without_alpha(
    picture: Image.Image, covered: tuple[int, int, int, int] | None
) -> tuple[Image.Image, Image.Image | None]:
    """The picture's colours, and how opaque each pixel is (mode L), None where all are.

    covered: the part of a GIF that its first frame fills; what is around it is nothing, as in viewers.
    """
    if picture.has_transparency_data:
        grey = picture.mode in ("1", "L", "LA", "La")
        whole = picture.convert("LA" if grey else "RGBA")
        return whole.convert("L" if grey else "RGB"), whole.getchannel("A")
    if covered is not None and covered != (0, 0, *picture.size):
        opaque = Image.new("L", picture.size, 0)
        opaque.paste(255, covered)
        return picture, opaque
    return picture, None


def _srgb(picture: Image.Image, profile: bytes | None) -> Image.Image:
    """The image in mode RGB; a profile that is broken, or that is of another colour space, is ignored."""
    if profile and picture.mode != "LAB":
        if picture.mode not in ("L", "RGB", "CMYK"):
            picture = picture.convert("L" if picture.mode == "1" else "RGB")
        if transform := _transform(profile, picture.mode):
            return transform.apply(picture)
    return picture if picture.mode == "RGB" else picture.convert("RGB")


@functools.lru_cache(16)
def _transform(profile: bytes, mode: str) -> ImageCms.ImageCmsTransform | None:
    """From a profile's colours to sRGB; None for sRGB itself and for a profile that can't be used."""
    try:
        transform = ImageCms.buildTransform(
            ImageCms.ImageCmsProfile(BytesIO(profile)), ImageCms.createProfile("sRGB"), mode, "RGB"
        )
    except MemoryError:
        raise
    except Exception:  # many kinds, as for pictures
        return None
    bands = len(ImageMode.getmode(mode).bands)
    levels = np.stack(np.meshgrid(*[np.linspace(0, 255, 9).astype(np.uint8)] * bands), -1)  # 9 of each band, combined
    colours = Image.frombytes(mode, (levels.size // bands, 1), levels.tobytes())
    difference = np.asarray(transform.apply(colours), int) - np.asarray(colours.convert("RGB"), int)
    return None if np.abs(difference).max() <= SAME else transform


_filters_lock = threading.Lock()
_filters = ExitStack()
_decoding = 0


@contextmanager
def _quiet() -> Iterator[None]:
    """Hide Pillow's warnings. Warning filters are shared by all threads: the first to enter sets them aside, and the
    last to leave restores them."""
    global _decoding
    with _filters_lock:
        _decoding += 1
        if _decoding == 1:
            _filters.enter_context(warnings.catch_warnings(action="ignore"))
    try:
        yield
    finally:
        with _filters_lock:
            _decoding -= 1
            if not _decoding:
                _filters.close()
