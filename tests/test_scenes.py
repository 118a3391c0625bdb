"""The scene renderer: same arguments, same bytes; shots of one room belong together; every size and seed draws."""

from __future__ import annotations

import hashlib
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lib.twin.drawing.people import COVERS, FACES
from lib.twin.drawing.render import Camera, Furnishing, Person, Room, render, things, varied, write_jpeg
from lib.twin.drawing.rooms import ROOMS


def drawn(seed: int, kind: str | None = None) -> tuple[Furnishing, Room, Camera]:
    rng = np.random.default_rng(seed)
    return Furnishing.draw(rng), Room.draw(rng, kind), Camera.draw(rng)


def digest(seeds: range) -> str:
    """Of pictures with and without people, in all kinds of rooms."""
    total = hashlib.sha256()
    for seed in seeds:
        rng = np.random.default_rng(seed)
        person = Person.draw(rng, FACES[seed % 4]) if seed % 3 else None
        total.update(render(*drawn(seed, ROOMS[seed % 6]), person, rng, 64).tobytes())
    return total.hexdigest()


def test_same_seed_same_bytes_here_and_in_another_process():
    code = "from tests.test_scenes import digest; print(digest(range(12)))"
    root = Path(__file__).parents[1]
    other = subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, text=True, check=True)
    assert digest(range(12)) == digest(range(12)) == other.stdout.strip()


def test_threads_do_not_change_the_bytes():
    threads = cv2.getNumThreads()
    try:
        cv2.setNumThreads(1)
        alone = digest(range(6))
        cv2.setNumThreads(4)
        assert digest(range(6)) == alone
    finally:
        cv2.setNumThreads(threads)


@settings(max_examples=40, deadline=None)
@given(st.integers(32, 256), st.integers(0, 2**63), st.floats(0, 1), st.sampled_from((None, *FACES)))
def test_every_size_and_seed_draws(size, seed, variation, face):
    rng = np.random.default_rng(seed)
    person = face and Person.draw(rng, face)
    image = render(*drawn(seed), person, rng, size, variation)
    assert image.shape == (size, size, 3) and image.dtype == np.uint8
    assert image.std() > 4 and 25 < image.mean() < 240  # a picture, neither black nor white


def test_numpy_integers_are_sizes_too():
    one, other = (render(*drawn(1), None, np.random.default_rng(1), size) for size in (np.int64(64), 64))
    assert (one == other).all()


def test_wrong_arguments_are_said():
    rng = np.random.default_rng(0)
    for size, variation in ((31, 0.5), (1025, 0.5), (64, 1.1), (64, -0.1)):
        with pytest.raises(ValueError, match="must be between"):
            render(*drawn(0), None, rng, size, variation)
    with pytest.raises(ValueError, match="kind"):
        Room.draw(rng, "castle")
    with pytest.raises(ValueError, match="face"):
        Person.draw(rng, "smiling")


def small(image: np.ndarray) -> np.ndarray:
    """Colours of a 12 × 12 grid, without the overall brightness."""
    grid = cv2.resize(image, (12, 12), interpolation=cv2.INTER_AREA).astype(float)
    return grid - grid.mean()


def test_shots_of_one_room_are_nearer_than_rooms():
    shots = []
    for seed in range(40):
        scene = drawn(seed)
        shots.append([small(render(*scene, None, np.random.default_rng([seed, k]), 64, 0.4)) for k in range(2)])
    shots = np.array(shots).reshape(40, 2, -1)
    distance = np.linalg.norm(shots[:, None, 0] - shots[None, :, 1], axis=-1)
    same, other = distance.diagonal().mean(), distance[~np.eye(40, dtype=bool)].mean()
    assert same < 0.75 * other
    assert (distance.argmin(1) == np.arange(40)).mean() > 0.4  # linking by colours is possible


def test_variation_says_how_much_shots_differ():
    def spread(variation):
        total = 0.0
        for seed in range(12):
            one, other = (render(*drawn(seed), None, np.random.default_rng([seed, k]), 64, variation) for k in range(2))
            total += np.linalg.norm(small(one) - small(other))
        return total

    still, some, much = spread(0.0), spread(0.3), spread(1.0)
    assert 2 * still < some < much


def test_things_are_words_and_stable():
    for seed in range(60):
        furnishing, room, _ = drawn(seed, ROOMS[seed % 6])
        words = things(furnishing, room)
        assert words == things(*drawn(seed, ROOMS[seed % 6])[:2])
        assert 3 <= len(words) == len(set(words))
        assert all(re.fullmatch(r"[a-z]+( [a-z]+)*", word) for word in words)
    bedroom = Room.draw(np.random.default_rng(3), "bedroom")
    for pattern in ("striped", "floral"):
        spread = next(word for word in things(replace(furnishing, bedding=pattern), bedroom) if "bedspread" in word)
        assert spread.startswith(pattern)


def test_faces_change_the_picture_where_the_head_is():
    scene = drawn(5)
    scene = (*scene[:2], replace(scene[2], noise=0.0, mirrored=False, blur=0.0))
    pictures = {None: render(*scene, None, np.random.default_rng(1), 128)}
    someone = replace(Person.draw(np.random.default_rng(2)), x=0.5, head=0.3)
    for face in FACES:
        for cover in COVERS[face]:
            person = replace(someone, face=face, cover=cover)
            pictures[face, cover] = render(*scene, person, np.random.default_rng(1), 128)
    images = list(pictures.values())
    for k, one in enumerate(images):
        assert all((one != other).mean() > 0.01 for other in images[:k])
    changed = np.abs(pictures["visible", "none"].astype(int) - pictures["blurred", "pixels"]).sum(-1)
    assert changed[:, 32:96].mean() > 10 * changed[:, [*range(16), *range(112, 128)]].mean()


def test_a_person_stays_the_same_in_another_pose():
    rng = np.random.default_rng(4)
    someone = Person.draw(rng)
    again = someone.posed(rng, "hidden")
    assert again.face == "hidden" and again.cover in COVERS["hidden"]
    looks = ("skin", "hair", "hair_style", "top", "bottom", "features", "build")
    assert all(getattr(again, look) == getattr(someone, look) for look in looks) and again != someone


def test_varied_keeps_or_draws_anew():
    furnishing, _, camera = drawn(6)
    rng = np.random.default_rng(0)
    assert varied(furnishing, rng, 0.0) == furnishing and varied(camera, rng, 0.0) == camera
    half = varied(furnishing, rng, 0.5)
    assert half != furnishing and half.__dict__.items() & furnishing.__dict__.items()


def test_jpeg_is_whole_and_its_bytes_are_fixed(tmp_path):
    image = render(*drawn(7), None, np.random.default_rng(7), 96)
    for name in "ab":
        write_jpeg(tmp_path / name, image, 80)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()
    back = cv2.cvtColor(cv2.imread(str(tmp_path / "a")), cv2.COLOR_BGR2RGB)
    assert back.shape == image.shape and np.abs(back.astype(int) - image).mean() < 8
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a", "b"]
    with pytest.raises(ValueError, match="uint8"):
        write_jpeg(tmp_path / "c", image.astype(float), 80)
    with pytest.raises(ValueError, match="quality"):
        write_jpeg(tmp_path / "c", image, 0)
    with pytest.raises(OSError):
        write_jpeg(tmp_path / "a" / "c", image, 80)
