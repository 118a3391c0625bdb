"""The loader on good folders in MATCHED's layout; other layouts and bad input are in test_own_data.py."""

import hashlib
from pathlib import Path

import cv2
import numpy as np
import pytest

from lib.core.errors import DataError
from lib.data import ads, disclosure, image_arrays


@pytest.fixture
def folder(tmp_path) -> Path:
    for name in ("a", "b", "c", "d"):
        path = tmp_path / "images" / f"{name}.jpg"
        path.parent.mkdir(exist_ok=True)
        cv2.imwrite(str(path), np.full((20, 30, 3), ord(name), np.uint8))
    write(
        tmp_path / "south.csv",
        'TEXT,IMAGES,VENDOR\n"One [SEP] first, ad",images/a.jpg|images/b.jpg,7\n'
        "Two [SEP] second,images/b.jpg,7\nOne [SEP] third,images/c.jpg,12\n",
    )
    write(tmp_path / "West.csv", "TEXT,IMAGES,VENDOR\nTwo [SEP] second,images/d.jpg,12\n")
    return tmp_path


def write(path, text, encoding="utf-8"):
    path.write_bytes(text.encode(encoding))


def test_tables(folder):
    found = ads.read(folder)
    assert found.regions == ["south", "west"] and found.labels == ["7", "12"]
    assert found.ads["vendor"].tolist() == [0, 0, 1, 1]  # one number for all regions
    assert found.ads["text"].tolist() == [0, 1, 2, 1]  # the same text is the same item
    assert found.pairs["image"].tolist() == [0, 1, 1, 2, 3]
    assert [path.name for path in found.images] == ["a.jpg", "b.jpg", "c.jpg", "d.jpg"]


def test_fingerprint_follows_every_byte(folder):
    before = ads.read(folder).fingerprint
    assert ads.read(folder).fingerprint == before
    (folder / "images" / "d.jpg").write_bytes((folder / "images" / "c.jpg").read_bytes())
    assert ads.read(folder).fingerprint != before


def test_fingerprint_follows_the_tables_names(folder):
    """A file's name is its region's."""
    before = ads.read(folder).fingerprint
    (folder / "West.csv").rename(folder / "midwest.csv")
    assert ads.read(folder).fingerprint != before


def test_digests_are_the_pictures(folder):
    found = ads.read(folder)
    assert found.digests == [hashlib.sha256(path.read_bytes()).hexdigest() for path in found.images]
    orders = (disclosure.renumbered(found, bytes([number]) * 32) for number in range(20))
    again = next(order for order in orders if order.images != found.images)  # paths differ from run to run
    assert again.digests == [hashlib.sha256(path.read_bytes()).hexdigest() for path in again.images]


def test_byte_order_mark_is_no_part_of_a_name(folder):
    write(folder / "west.csv", "TEXT,IMAGES,VENDOR\nTwo,images/d.jpg,12\n", "utf-8-sig")
    (folder / "West.csv").unlink()
    assert len(ads.read(folder).ads) == 4


def test_pictures_are_decoded_once(folder, tmp_path, monkeypatch):
    found = ads.read(folder)
    array = image_arrays.as_array(found.images, 16, tmp_path / "cache", found.fingerprint)
    assert array.shape == (4, 16, 16, 3) and array.dtype == np.uint8
    assert np.abs(array[:, 8, 8, 0].astype(int) - [ord(name) for name in "abcd"]).max() <= 2
    monkeypatch.setattr(image_arrays, "decode", None)  # a second call reads the file
    assert np.array_equal(image_arrays.as_array(found.images, 16, tmp_path / "cache", found.fingerprint), array)


def test_a_file_that_is_no_picture(folder, tmp_path):
    (folder / "images" / "b.jpg").write_text("not a picture")
    found = ads.read(folder, check_pictures=False)
    with pytest.raises(DataError, match="Row 1 of the 4 pictures") as error:
        image_arrays.as_array(found.images, 16, tmp_path / "cache", found.fingerprint)
    assert "b.jpg" not in str(error.value)  # a file's name may be an id
    assert not list((tmp_path / "cache").glob("*.npy"))  # nothing half-written
