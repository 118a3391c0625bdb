"""Pictures of every kind: what checks them is what reads them, and what they hold is what a viewer shows on white."""

import hashlib
import io
import os
import struct
import warnings
import zlib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from PIL import Image, ImageCms, ImageOps

from lib.core.errors import DataError
from lib.data import image_arrays, image_decoder
from lib.twin.drawing import render

SECRET = "Zanzibar"
"""In the name of each file: no message may hold it."""
COLOURS = np.random.default_rng(0).integers(0, 256, (6, 9, 3), np.uint8)
SMOOTH = cv2.resize(np.random.default_rng(1).integers(0, 256, (2, 3, 3), np.uint8), (48, 32))
"""A picture that lossy compression hardly changes."""


@pytest.fixture
def keep(tmp_path):
    """Writes a picture (or bytes) into a file of its own and gives its path."""

    def write(picture: Image.Image | bytes, kind: str = "png", **options) -> Path:
        path = tmp_path / f"{SECRET}.{kind}"
        if isinstance(picture, bytes):
            path.write_bytes(picture)
        else:
            picture.save(path, **options)
        return path

    return write


def reads(path: Path) -> np.ndarray:
    assert image_arrays.problem(path) == ""
    return image_arrays.read(path)


def refused(path: Path, reason: str) -> None:
    """Both who checks and who reads say why, and not of which file."""
    found = image_arrays.problem(path)
    assert reason in found and SECRET not in found
    with pytest.raises(DataError) as error:
        image_arrays.read(path)
    assert reason in str(error.value) and SECRET not in str(error.value) and "\n" not in str(error.value)


def png(width: int, height: int, depth: int, kind: int, rows: bytes, transparent: bytes = b"") -> bytes:
    """A PNG by hand, for what Pillow doesn't write."""

    def chunk(name: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))

    header = struct.pack(">IIBBBBB", width, height, depth, kind, 0, 0, 0)
    extra = chunk(b"tRNS", transparent) if transparent else b""
    whole = chunk(b"IHDR", header) + extra + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + whole


def with_tag(content: bytes, tag: int, value: int) -> bytes:
    """A little-endian TIFF with another value of one tag (Pillow chooses these values when it writes)."""
    place = content.index(struct.pack("<HHI", tag, 3, 1))
    return content[: place + 8] + struct.pack("<H", value) + content[place + 10 :]


# Transparency


@pytest.mark.parametrize("hidden", [0, 255, 77])
@pytest.mark.parametrize("mode", ["RGBA", "LA"])
@pytest.mark.parametrize("kind", ["png", "webp", "tiff"])
def test_what_is_transparent_is_white(keep, kind, mode, hidden):
    grey = np.full((6, 8), hidden, np.uint8)
    grey[2:4] = 0
    opaque = np.zeros((6, 8), np.uint8)
    opaque[2:4] = 255
    opaque[2, 0] = 128
    bands = [grey] * (len(mode) - 1) + [opaque]
    found = reads(keep(Image.fromarray(np.dstack(bands), mode), kind, **({"lossless": True} if kind == "webp" else {})))
    assert (
        (found[[0, 1, 4, 5]] == 255).all() and (found[3] == 0).all() and (abs(found[2, 0].astype(int) - 127) <= 1).all()
    )


def test_colours_that_were_multiplied_by_their_opacity(keep):
    for straight, multiplied in (((200, 100, 0, 128), (100, 50, 0, 128)), ((100, 128), (50, 128))):
        right = reads(keep(Image.fromarray(np.full((4, 4, len(straight)), straight, np.uint8)))).astype(int)
        content = keep(Image.fromarray(np.full((4, 4, len(straight)), multiplied, np.uint8)), "tiff").read_bytes()
        assert np.abs(reads(keep(with_tag(content, 338, 1), "tiff")) - right).max() <= 2


def test_a_palette_with_transparency(keep):
    picture = Image.fromarray(np.array([[0, 1, 2, 2]], np.uint8), "P")
    picture.putpalette([0, 0, 0, 255, 0, 0, 0, 0, 255])
    right = [[255, 255, 255], [255, 0, 0], [0, 0, 255], [0, 0, 255]]
    for kind in ("png", "gif"):
        assert reads(keep(picture, kind, transparency=0))[0].tolist() == right
    half = reads(keep(picture, "png", transparency=bytes([0, 128, 255])))
    assert np.abs(half[0].astype(int) - [[255] * 3, [255, 127, 127], [0, 0, 255], [0, 0, 255]]).max() <= 1
    alpha = Image.merge("PA", [picture, Image.fromarray(np.array([[0, 255, 255, 0]], np.uint8))])
    assert reads(keep(alpha, "tiff"))[0].tolist() == [[255] * 3, [255, 0, 0], [0, 0, 255], [255] * 3]


@pytest.mark.parametrize(
    ("depth", "row", "right"),
    [
        (1, bytes([0b01000000]), [0, 255]),
        (2, bytes([0b00011011]), [0, 255, 170, 255]),
        (4, bytes([0x01, 0x23]), [0, 255, 34, 51]),
        (8, bytes([0, 1, 2, 3]), [0, 255, 2, 3]),
        (16, bytes([0, 0, 0, 1, 1, 2, 200, 3]), [0, 255, 1, 200]),
    ],
)
def test_a_grey_that_a_png_calls_transparent(keep, depth, row, right):
    found = reads(keep(png(len(right), 1, depth, 0, b"\0" + row, struct.pack(">H", 1))))
    assert found[0, :, 0].tolist() == right


@pytest.mark.parametrize("depth", [8, 16])
def test_a_colour_that_a_png_calls_transparent(keep, depth):
    values = np.array([[9, 8, 7], [9, 8, 8], [0, 0, 0]]) * (257 if depth == 16 else 1)
    form = f">{values.size}{'H' if depth == 16 else 'B'}"
    content = png(3, 1, depth, 2, b"\0" + struct.pack(form, *values.ravel()), struct.pack(">3H", *values[0]))
    assert reads(keep(content))[0].tolist() == [[255] * 3, [9, 8, 8], [0, 0, 0]]


def test_sixteen_bits_with_opacity(keep):
    pixels = struct.pack(">8H", 65535, 0, 0, 0, 0, 0, 65535, 65535)
    assert reads(keep(png(2, 1, 16, 6, b"\0" + pixels)))[0].tolist() == [[255] * 3, [0, 0, 255]]
    assert reads(keep(png(2, 1, 16, 4, b"\0" + pixels[8:])))[0].tolist() == [[255] * 3, [255] * 3]


def test_the_files_of_the_list_look_alike(keep):
    logo = np.zeros((40, 60, 4), np.uint8)
    logo[10:30, 20:40, 3] = 255
    hidden = logo.copy()
    hidden[logo[..., 3] == 0, :3] = 255
    palette = Image.fromarray(logo[..., 3] // 255, "P")
    palette.putpalette([0, 0, 0, 0, 0, 0])
    first = reads(keep(Image.fromarray(logo)))
    assert first.min() == 0 and 200 < first.mean() < 220
    assert np.array_equal(reads(keep(Image.fromarray(hidden))), first)
    assert np.array_equal(reads(keep(palette, transparency=bytes([0, 255]))), first)


# Orientation

UPRIGHT = [None, *(getattr(Image.Transpose, name) for name in ("FLIP_LEFT_RIGHT", "ROTATE_180", "FLIP_TOP_BOTTOM"))]
UPRIGHT += [getattr(Image.Transpose, name) for name in ("TRANSPOSE", "ROTATE_270", "TRANSVERSE", "ROTATE_90")]


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize(
    ("kind", "options"),
    [
        ("jpg", {"quality": 100, "subsampling": 0}),
        ("png", {}),
        ("webp", {"lossless": True}),
        ("tiff", {}),
        ("tiff", {"compression": "tiff_lzw"}),
    ],
)
def test_a_picture_is_turned_once_as_its_orientation_says(keep, kind, options, orientation):
    shown = Image.fromarray(SMOOTH)
    lies = shown if orientation == 1 else shown.transpose(UPRIGHT[orientation - 1])
    upright = lies if orientation == 1 else lies.transpose(UPRIGHT[orientation - 1])
    exif = Image.Exif()
    exif[0x0112] = orientation
    found = reads(keep(lies, kind, exif=exif, **options))
    assert found.shape == (upright.height, upright.width, 3)
    assert np.abs(found.astype(int) - np.asarray(upright)).max() <= (6 if kind == "jpg" else 0)


def test_turned_and_transparent_at_once(keep):
    exif = Image.Exif()
    exif[0x0112] = 6
    lies = np.zeros((4, 6, 4), np.uint8)
    lies[0, :, 3] = 255  # the row above becomes the column to the right
    found = reads(keep(Image.fromarray(lies), exif=exif))
    assert found.shape == (6, 4, 3) and (found[:, 3] == 0).all() and (found[:, :3] == 255).all()


@pytest.mark.parametrize("value", [0, 9, 77])
def test_an_orientation_that_means_nothing(keep, value):
    exif = Image.Exif()
    exif[0x0112] = value
    assert np.array_equal(reads(keep(Image.fromarray(COLOURS), exif=exif)), COLOURS)


def test_broken_notes_do_not_break_a_picture(keep):
    exif = Image.Exif()
    exif[0x0112] = 6
    broken = [b"Exif\0\0", b"Exif\0\0MM\0*\0\0\0\x08\xff\xff", exif.tobytes()[:-9], b"Exif\0\0" + os.urandom(40)]
    for notes in broken:
        assert np.array_equal(reads(keep(Image.fromarray(COLOURS), exif=notes)), COLOURS)


# Depth


@pytest.mark.parametrize(("kind", "options"), [("png", {}), ("tiff", {}), ("tiff", {"compression": "tiff_lzw"})])
def test_sixteen_bits_of_grey_are_scaled(keep, kind, options):
    grey = np.arange(256, dtype=np.uint16).reshape(16, 16) * 257
    found = reads(keep(Image.fromarray(grey), kind, **options))
    assert np.array_equal(found, np.dstack([np.arange(256).reshape(16, 16)] * 3))


@pytest.mark.parametrize("most", [65535, 1000, 255, 100, 1])
@pytest.mark.parametrize("colour", [False, True])
def test_portable_maps_are_scaled_by_what_they_call_most(keep, most, colour):
    values = np.array([0, most // 2, most] * (3 if colour else 1))
    raw = f"P{6 if colour else 5} 3 1 {most}\n".encode() + values.astype(">u2" if most > 255 else "u1").tobytes()
    plain = f"P{3 if colour else 2} 3 1 {most}\n{' '.join(map(str, values))}\n".encode()
    right = (values * (255 / most)).reshape(3, -1)
    for content in (raw, plain):
        assert np.abs(reads(keep(content, "ppm"))[0] - right).max() <= 1


def test_sixteen_bits_of_colour(keep):
    values = COLOURS.astype(np.uint16) * 257
    for kind in ("png", "tiff"):
        assert cv2.imwrite(str(path := keep(b"", kind)), values[..., ::-1])
        assert np.array_equal(reads(path), COLOURS)


@pytest.mark.parametrize("options", [{}, {"compression": "tiff_lzw"}])
def test_a_tiff_whose_zero_is_white(keep, options):
    for dtype in (np.uint8, np.uint16):
        top = np.iinfo(dtype).max
        path = keep(Image.fromarray(np.array([[0, top, top]], dtype)), "tiff", **options)
        white_is_zero = with_tag(path.read_bytes(), 262, 0)
        assert reads(keep(white_is_zero, "tiff"))[0, :, 0].tolist() == [255, 0, 0]


@pytest.mark.parametrize("options", [{}, {"compression": "tiff_lzw"}])
@pytest.mark.parametrize("dtype", [np.int32, np.float32])
def test_numbers_without_a_range_are_put_aside(keep, dtype, options):
    refused(keep(Image.fromarray(np.arange(54).reshape(6, 9).astype(dtype)), "tiff", **options), "defined range")


def test_signed_numbers_and_portable_floats_are_put_aside(keep):
    path = keep(Image.fromarray(COLOURS[..., 0]), "tiff", tiffinfo={339: 2})
    refused(path, "defined range")
    refused(keep(Image.fromarray(np.ones((3, 4), np.float32)), "pfm"), "defined range")
    refused(keep(b"PF 1 1 -1.0\n" + bytes(12), "pfm"), "no picture")


# Colours


@pytest.mark.parametrize("kind", ["png", "bmp", "ppm", "tiff", "webp", "jp2"])
def test_red_is_red(keep, kind):
    options = {"webp": {"lossless": True}, "jp2": {"irreversible": False}}.get(kind, {})
    assert np.array_equal(reads(keep(Image.fromarray(COLOURS), kind, **options)), COLOURS)


@pytest.mark.parametrize(
    ("kind", "mode"), [("jpg", "CMYK"), ("jpg", "YCbCr"), ("tiff", "CMYK"), ("tiff", "YCbCr"), ("tiff", "LAB")]
)
def test_other_colour_spaces(keep, kind, mode):
    muted = (SMOOTH // 2 + 64).astype(np.uint8)  # LAB of 8 bits has no vivid colours
    found = reads(keep(Image.fromarray(muted).convert(mode), kind, **({"quality": 100} if kind == "jpg" else {})))
    assert np.abs(found.astype(int) - muted).mean() < 3 and np.abs(found.astype(int) - muted).max() < 16


def test_black_and_white_grey_and_palettes(keep):
    bits = np.array([[True, False, True, True]])
    for kind in ("png", "tiff", "bmp", "pbm", "gif"):
        assert reads(keep(Image.fromarray(bits), kind))[0, :, 1].tolist() == [255, 0, 255, 255]
    few = Image.fromarray(COLOURS).quantize(16)
    for kind in ("png", "tiff", "bmp", "gif"):
        assert np.array_equal(reads(keep(few, kind)), np.asarray(few.convert("RGB")))


def wide() -> bytes:
    """A profile of primaries that are wider than sRGB's: sRGB's own, with red and green changed about."""
    profile = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    tags = {
        bytes(profile[at : at + 4]): at for at in range(132, 132 + 12 * struct.unpack(">I", profile[128:132])[0], 12)
    }
    red, green = tags[b"rXYZ"], tags[b"gXYZ"]
    profile[red + 4 : red + 12], profile[green + 4 : green + 12] = (
        profile[green + 4 : green + 12],
        profile[red + 4 : red + 12],
    )
    return bytes(profile)


def test_an_embedded_profile_is_followed_and_srgb_changes_nothing(keep):
    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    for kind in ("png", "tiff"):
        assert np.array_equal(reads(keep(Image.fromarray(COLOURS), kind, icc_profile=srgb)), COLOURS)
        swapped = reads(keep(Image.fromarray(COLOURS), kind, icc_profile=wide()))
        assert np.abs(swapped.astype(int) - COLOURS[..., [1, 0, 2]]).max() <= 3
    clear = np.dstack([COLOURS, np.full(COLOURS.shape[:2], 255, np.uint8)])
    clear[0, 0, 3] = 0
    found = reads(keep(Image.fromarray(clear), icc_profile=wide()))
    assert (found[0, 0] == 255).all() and np.abs(found[1:].astype(int) - COLOURS[1:][..., [1, 0, 2]]).max() <= 3
    few = Image.fromarray(COLOURS).quantize(8)
    right = np.asarray(few.convert("RGB"))[..., [1, 0, 2]].astype(int)
    assert np.abs(reads(keep(few, icc_profile=wide())) - right).max() <= 3


def test_a_profile_that_is_broken_or_of_another_space_is_passed_over(keep):
    for profile in (b"no profile", wide()[:200], os.urandom(500)):
        assert np.array_equal(reads(keep(Image.fromarray(COLOURS), icc_profile=profile)), COLOURS)
    lab = ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB")).tobytes()
    assert np.array_equal(reads(keep(Image.fromarray(COLOURS), icc_profile=lab)), COLOURS)
    grey = Image.fromarray(COLOURS[..., 0])
    assert np.array_equal(reads(keep(grey, icc_profile=wide()))[..., 2], COLOURS[..., 0])


# What moves


@pytest.mark.parametrize("kind", ["gif", "png", "webp", "tiff"])
def test_the_first_frame_of_what_moves(keep, kind):
    frames = [Image.new("RGB", (9, 6), colour) for colour in ("red", "blue", "lime")]
    options = {"lossless": True} if kind == "webp" else {}
    found = reads(keep(frames[0], kind, save_all=True, append_images=frames[1:], **options))
    assert found.shape == (6, 9, 3) and (found == [255, 0, 0]).all()


def test_around_a_first_frame_that_is_smaller_there_is_nothing(keep):
    frame = keep(Image.new("P", (2, 1)), "gif").read_bytes()
    content = bytearray(frame)
    content[6:10] = struct.pack("<HH", 4, 3)  # the screen's size; the frame's own stays 2 by 1
    found = reads(keep(bytes(content), "gif"))
    assert (
        found.shape == (3, 4, 3)
        and (found[0, :2] == 0).all()
        and (found[1:] == 255).all()
        and (found[0, 2:] == 255).all()
    )


# What can't be read


@pytest.mark.parametrize("kind", ["jpg", "png", "webp", "bmp", "tiff", "gif", "jp2", "ppm"])
@pytest.mark.parametrize("share", [0.02, 0.5, 0.9])
def test_what_is_cut_off(keep, kind, share):
    noise = np.random.default_rng(0).integers(0, 256, (64, 64, 3), np.uint8)
    content = keep(Image.fromarray(noise), kind).read_bytes()
    refused(keep(content[: int(len(content) * share)], kind), "")


def test_a_png_with_a_changed_byte(keep):
    content = bytearray(keep(Image.fromarray(COLOURS), "png", compress_level=0).read_bytes())
    content[-40] ^= 1
    refused(keep(bytes(content)), "damaged")


@pytest.mark.parametrize(
    "content", [b"", b"hello", b"<html>not found</html>", b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"GIF89a"]
)
def test_what_is_no_picture(keep, content):
    refused(keep(content, "jpg"), "no picture that can be decoded")


def test_a_picture_without_pixels(keep):
    refused(keep(png(0, 5, 8, 2, b"")), "")
    refused(keep(b"P6 0 3 255\n", "ppm"), "")


def test_a_picture_that_is_too_large_is_never_unpacked(keep, monkeypatch):
    monkeypatch.setattr(image_decoder.ImageFile.ImageFile, "load", None)
    for side in (7_100, 12_000, 60_000):
        refused(keep(png(side, side, 8, 2, b"")), "more than 50 million pixels")
        refused(keep(f"P6 {side} {side} 255\n".encode(), "ppm"), "more than 50 million pixels")


def test_a_file_of_too_many_bytes_is_never_read(keep):
    path = keep(b"")
    os.truncate(path, image_arrays.MOST_BYTES + 1)  # a hole
    refused(path, "million bytes")


@pytest.mark.parametrize("error", [MemoryError, RecursionError, struct.error, SystemError, OSError, ValueError])
def test_whatever_goes_wrong_within_is_a_reason(keep, error, monkeypatch):
    path = keep(Image.fromarray(COLOURS))

    def fail(*_):
        raise error(SECRET)

    monkeypatch.setattr(ImageCms, "buildTransform", fail)
    monkeypatch.setattr(image_decoder.ImageFile.ImageFile, "load", fail)
    refused(path, "memory" if error is MemoryError else "damaged")


def test_what_is_no_file_of_bytes_never_hangs(tmp_path):
    os.mkfifo(tmp_path / f"{SECRET}.jpg")
    (tmp_path / SECRET).mkdir()
    for name in (f"{SECRET}.jpg", SECRET, "gone.jpg", "nul\0.jpg", "x" * 5000, "\ud800.jpg"):
        refused(tmp_path / name, "can't be read")


@pytest.mark.filterwarnings("error")
def test_warnings_are_not_shown_and_filters_stay_as_they_were(keep):
    picture = Image.new("P", (5, 5))
    picture.putpalette([1, 2, 3] * 4)
    odd = keep(picture, transparency=bytes([9, 1]))
    large = keep(png(9_600, 9_600, 8, 2, b""), "x.png")  # Pillow warns of it
    exif = Image.Exif()
    exif[0x0112] = 3
    tiff = keep(Image.fromarray(COLOURS), "tiff").read_bytes()
    cut = keep(tiff[:-30], "cut.tiff")
    with warnings.catch_warnings(record=True) as shown:
        warnings.simplefilter("always")
        before = list(warnings.filters)
        with ThreadPoolExecutor(4) as pool:
            list(pool.map(image_arrays.problem, [odd, large, cut] * 20))
        assert not shown and warnings.filters == before


# The array


def test_plain_pictures_are_read_as_opencv_read_them(tmp_path):
    noise = np.random.default_rng(0).integers(0, 256, (97, 64, 3), np.uint8)
    for picture, quality in [
        (picture, quality) for picture in (COLOURS, SMOOTH, noise) for quality in (30, 75, 90, 100)
    ]:
        path = tmp_path / "x.jpg"
        render.write_jpeg(path, picture, quality)  # as the twins' are written
        assert np.array_equal(reads(path), cv2.imread(str(path), cv2.IMREAD_COLOR)[..., ::-1])


def folder_of(tmp_path: Path, count: int = 12) -> tuple[list[Path], list[str]]:
    images = [tmp_path / f"{SECRET}{row}.png" for row in range(count)]
    for row, path in enumerate(images):
        Image.fromarray(np.random.default_rng(row).integers(0, 256, (20 + row, 30, 3), np.uint8)).save(path)
    return images, [hashlib.sha256(path.read_bytes()).hexdigest() for path in images]


def test_the_array_is_the_same_whatever_the_threads(tmp_path, monkeypatch):
    images, digests = folder_of(tmp_path)
    right = np.stack([image_arrays.decode(path, 16) for path in images])
    for workers in (1, 2, 7):
        monkeypatch.setattr(image_arrays, "WORKERS", workers)
        array = image_arrays.as_array(images, 16, tmp_path / f"cache{workers}", "f" * 64, digests)
        assert np.array_equal(array, right) and not array.flags.writeable


def test_a_picture_that_changed_since_its_fingerprint_was_taken(tmp_path):
    images, digests = folder_of(tmp_path)
    for replaced in (images[5].read_bytes(), None):
        images[4].unlink()
        if replaced is not None:
            images[4].write_bytes(replaced)
        with pytest.raises(DataError, match=r"Row 4 of the 12 pictures: .*changed while.* again") as error:
            image_arrays.as_array(images, 16, tmp_path / "cache", "f" * 64, digests)
        assert SECRET not in str(error.value) and not list((tmp_path / "cache").glob("*.npy"))


def test_what_can_not_be_decoded_is_told_by_its_row(tmp_path):
    images, _ = folder_of(tmp_path)
    for row in (7, 3):
        images[row].write_text("no picture")
    with pytest.raises(DataError, match=r"Row 3 of the 12 pictures: .*no picture that can be decoded") as error:
        image_arrays.as_array(images, 16, tmp_path / "cache", "f" * 64)
    assert SECRET not in str(error.value) and error.value.__cause__ is None


def test_another_decoder_reads_nothing_that_an_older_one_wrote(tmp_path, monkeypatch):
    images, digests = folder_of(tmp_path, 3)
    image_arrays.as_array(images, 16, tmp_path / "cache", "f" * 64, digests)
    monkeypatch.setattr(image_arrays, "rules", lambda: "0" * 64)
    calls = []
    decode = image_arrays.decode
    monkeypatch.setattr(image_arrays, "decode", lambda *given: calls.append(1) or decode(*given))
    image_arrays.as_array(images, 16, tmp_path / "cache", "f" * 64, digests)
    image_arrays.as_array(images, 16, tmp_path / "cache", "f" * 64, digests)
    assert len(calls) == 3


def test_who_wants_the_same_array_at_once_waits_for_one(tmp_path, monkeypatch):
    images, digests = folder_of(tmp_path, 5)
    calls = []
    decode = image_arrays.decode
    monkeypatch.setattr(image_arrays, "decode", lambda *given: calls.append(1) or decode(*given))
    with ThreadPoolExecutor(4) as pool:
        arrays = list(
            pool.map(lambda _: image_arrays.as_array(images, 16, tmp_path / "cache", "f" * 64, digests), range(4))
        )
    assert len(calls) == 5 and all(np.array_equal(array, arrays[0]) for array in arrays)


# Properties

LOSSLESS = {
    "png": {},
    "tiff": {},
    "bmp": {},
    "webp": {"lossless": True},
}
SHAPES = st.tuples(st.integers(1, 12), st.integers(1, 12))


@given(
    SHAPES.flatmap(lambda shape: st.sampled_from([shape, (*shape, 3)])).flatmap(lambda shape: arrays(np.uint8, shape)),
    st.sampled_from(sorted(LOSSLESS)),
    st.integers(1, 8),
)
@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
def test_what_is_kept_without_loss_is_read_as_it_was(pixels, kind, orientation):
    stream, exif = io.BytesIO(), Image.Exif()
    exif[0x0112] = orientation
    Image.fromarray(pixels).save(stream, kind, **LOSSLESS[kind], **({} if kind == "bmp" else {"exif": exif}))
    right = Image.fromarray(pixels).convert("RGB")
    if kind != "bmp":
        right.getexif()[0x0112] = orientation
        right = ImageOps.exif_transpose(right)
    assert np.array_equal(image_decoder.decode(stream.getvalue()), np.asarray(right))


def seeds() -> list[bytes]:
    kept = []
    for picture in (
        Image.fromarray(COLOURS),
        Image.fromarray(COLOURS).convert("LA"),
        Image.fromarray(COLOURS).quantize(4),
    ):
        for kind in ("jpeg", "png", "webp", "gif", "bmp", "tiff", "ppm", "jpeg2000"):
            stream = io.BytesIO()
            try:
                picture.save(stream, kind)
            except (OSError, ValueError):
                continue
            kept.append(stream.getvalue())
    return kept


@given(st.one_of(st.binary(max_size=60), st.sampled_from(seeds())), st.data())
@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
def test_any_bytes_are_a_picture_or_have_a_reason(tmp_path_factory, content, data):
    changed = bytearray(content)
    for _ in range(data.draw(st.integers(0, 4)) if changed else 0):
        changed[data.draw(st.integers(0, len(changed) - 1))] = data.draw(st.integers(0, 255))
    path = tmp_path_factory.getbasetemp() / f"{SECRET}.any"
    path.write_bytes(bytes(changed)[: data.draw(st.integers(0, len(changed)))] if data.draw(st.booleans()) else changed)
    reason = image_arrays.problem(path)
    try:
        found = image_arrays.read(path)
    except DataError as error:
        assert reason and reason.removeprefix("the ") in str(error)
        assert SECRET not in str(error) and "\n" not in str(error)
    else:
        assert reason == "" and found.dtype == np.uint8 and found.ndim == 3 and found.shape[2] == 3 and found.size
