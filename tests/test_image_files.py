"""Files that rows name: each is found, or there is a reason; cached outcomes depend on a file's bytes, not its date."""

import os
import time
import unicodedata
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from lib.core import data_paths
from lib.core.files import sha256
from lib.data import image_arrays, image_files

COMPOSED = "caf\u00e9.png"
DECOMPOSED = unicodedata.normalize("NFD", COMPOSED)


@pytest.fixture
def folder(tmp_path) -> Path:
    (tmp_path / "data" / "images").mkdir(parents=True)
    return tmp_path / "data"


def draw(path: Path, number: int = 0) -> Path:
    Image.fromarray(np.random.default_rng(number).integers(0, 256, (5, 7, 3), np.uint8)).save(path, "png")
    return path


def one(folder: Path, name: str, cache: Path | None = None) -> image_files.PictureFile:
    [(key, found)] = image_files.inspect(folder, [name], cache).items()
    assert key == name
    return found


def test_a_good_file_with_its_digest_and_its_path(folder):
    path = draw(folder / "images" / "a.png")
    assert one(folder, "images/a.png") == ("", sha256(path), path)


@pytest.mark.parametrize(
    "name",
    [
        "",
        ".",
        "images",
        "images/",
        "images/a.png/",
        "images/gone.png",
        "images/nul\0.png",
        "images/" + "x" * 300 + ".png",
        "/".join(["images"] * 3000),
        "images/\ud800.png",
        "images/\udcff.png",
        "images/pipe.png",
        "images/nowhere.png",
        "images/circle.png",
        "images/a.png/b.png",
    ],
)
def test_what_is_no_file_of_the_folder(folder, name):
    draw(folder / "images" / "a.png")
    os.mkfifo(folder / "images" / "pipe.png")
    (folder / "images" / "nowhere.png").symlink_to("gone")
    (folder / "images" / "circle.png").symlink_to("circle.png")
    found = one(folder, name)
    assert found.problem == data_paths.MISSING and found.sha256 == "" and isinstance(found.path, Path)


@pytest.mark.parametrize(
    "name", ["/etc/passwd", "../secret.png", "images/../../secret.png", "images/out.png", "away/secret.png"]
)
def test_what_is_outside(folder, name):
    draw(folder.parent / "secret.png")
    (folder / "images" / "out.png").symlink_to(folder.parent / "secret.png")
    (folder / "away").symlink_to(folder.parent)
    assert one(folder, name)[:2] == (data_paths.OUTSIDE, "")


@pytest.mark.parametrize(
    "name", ["C:\\Users\\a.png", "images\\a.png", "..\\secret.png", "c:/images/a.png", "\\\\host\\a.png"]
)
def test_paths_of_windows(folder, name):
    draw(folder / "images" / "a.png")
    assert one(folder, name)[:2] == (data_paths.WINDOWS, "")


def test_a_link_within_the_folder_is_followed(folder):
    path = draw(folder / "images" / "a.png")
    (folder / "images" / "b.png").symlink_to("a.png")
    (folder / "more").symlink_to("images")
    assert one(folder, "more/b.png") == ("", sha256(path), folder / "more" / "b.png")


# Unicode


@pytest.mark.parametrize(("asked", "kept"), [(COMPOSED, DECOMPOSED), (DECOMPOSED, COMPOSED), (COMPOSED, COMPOSED)])
def test_a_name_is_found_in_either_unicode_form(folder, asked, kept):
    inner = folder / kept.removesuffix(".png")
    inner.mkdir()
    path = draw(inner / kept)
    asked = f"{asked.removesuffix('.png')}/{asked}"
    assert one(folder, asked) == ("", sha256(path), path)
    assert one(folder, f"./{asked}")[:2] == ("", sha256(path))


def test_of_two_forms_the_exact_one_wins(folder):
    exact, other = draw(folder / COMPOSED, 1), draw(folder / DECOMPOSED, 2)
    assert one(folder, COMPOSED) == ("", sha256(exact), exact)
    assert one(folder, DECOMPOSED) == ("", sha256(other), other)
    (folder / "caf\u00e9").mkdir()
    (folder / "cafe\u0301").mkdir()
    inner = draw(folder / "cafe\u0301" / "a.png", 3)
    assert one(folder, "caf\u00e9/a.png") == ("", sha256(inner), inner)


def test_a_folder_is_listed_once(folder, monkeypatch):
    for number in range(20):
        draw(folder / "images" / f"{number}{DECOMPOSED}", number)
    listed, names = [], os.listdir
    monkeypatch.setattr(os, "listdir", lambda path: listed.append(path) or names(path))
    found = image_files.inspect(folder, [f"images/{number}{COMPOSED}" for number in range(20)])
    assert {file.problem for file in found.values()} == {""} and len(listed) == 2


def test_other_forms_do_not_lead_out(folder):
    draw(folder.parent / "secret.png")
    (folder / DECOMPOSED).symlink_to(folder.parent / "secret.png")
    assert one(folder, COMPOSED)[:2] == (data_paths.OUTSIDE, "")


# What is remembered


@pytest.fixture
def looked(monkeypatch) -> list[str]:
    seen, look = [], image_arrays.problem
    monkeypatch.setattr(image_arrays, "problem", lambda path, digest: seen.append(path.name) or look(path, digest))
    return seen


def old(path: Path, seconds: int = 1_000_000_000) -> None:
    os.utime(path, (seconds, seconds))


def test_a_replaced_file_is_looked_into_again_whatever_its_date(folder, tmp_path, looked):
    path = draw(folder / "a.png")
    old(path)
    first = one(folder, "a.png", tmp_path / "cache")
    assert first.problem == "" and one(folder, "a.png", tmp_path / "cache") == first and looked == ["a.png"]
    path.write_bytes(b"x" * path.stat().st_size)  # of the same size, date and place
    old(path)
    assert "no picture" in one(folder, "a.png", tmp_path / "cache").problem
    draw(tmp_path / "other.png", 9)
    old(tmp_path / "other.png", 5)
    os.replace(tmp_path / "other.png", path)
    again = one(folder, "a.png", tmp_path / "cache")
    assert again.problem == "" and again.sha256 == sha256(path) != first.sha256 and len(looked) == 3


def test_what_is_known_of_bytes_holds_wherever_they_are(folder, tmp_path, looked):
    (folder / "bad.png").write_bytes(b"no picture")
    before = one(folder, "bad.png", tmp_path / "cache")
    (folder / "bad.png").rename(folder / "images" / "worse.png")
    assert one(folder, "images/worse.png", tmp_path / "cache")[:2] == before[:2] and looked == ["bad.png"]


def test_another_decoder_looks_again(folder, tmp_path, looked, monkeypatch):
    draw(folder / "a.png")
    one(folder, "a.png", tmp_path / "cache")
    monkeypatch.setattr(image_arrays, "rules", lambda: "0" * 64)
    one(folder, "a.png", tmp_path / "cache")
    assert len(looked) == 2


@pytest.mark.parametrize("reason", image_arrays.PASSING)
def test_what_may_pass_is_not_remembered(folder, tmp_path, monkeypatch, reason):
    draw(folder / "a.png")
    with monkeypatch.context() as during:
        during.setattr(image_arrays, "problem", lambda *_: reason)
        assert one(folder, "a.png", tmp_path / "cache").problem == reason
    assert one(folder, "a.png", tmp_path / "cache").problem == ""


def test_a_file_that_changes_while_it_is_looked_into(folder, tmp_path, monkeypatch):
    path = draw(folder / "a.png")
    look = image_arrays.problem
    monkeypatch.setattr(
        image_arrays, "problem", lambda *given: draw(path, int(time.time_ns() % 1000) + 1) and look(*given)
    )
    assert one(folder, "a.png", tmp_path / "cache").problem == image_arrays.CHANGED


@pytest.mark.parametrize("content", ["cut o", "[]", "\ufffd"])
def test_a_memory_that_can_not_be_read_is_none(folder, tmp_path, content):
    draw(folder / "a.png")
    right = one(folder, "a.png", tmp_path / "cache")
    for keeper in (tmp_path / "cache").glob("*.json"):
        keeper.write_text(content, encoding="utf-8")
    assert one(folder, "a.png", tmp_path / "cache") == right


def test_without_decoding_bytes_are_read_all_the_same(folder, looked):
    (folder / "a.png").write_bytes(b"no picture")
    found = image_files.inspect(folder, ["a.png"], decode=False)["a.png"]
    assert found[:2] == ("", sha256(folder / "a.png")) and not looked
