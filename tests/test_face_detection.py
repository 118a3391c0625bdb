"""Faces: real detectors on real and drawn pictures, the cache, the sample, and scores by hand."""

from dataclasses import replace

import cv2
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binomtest

from lib.core.errors import DataError
from lib.data import face_detection
from lib.twin.drawing import render

NAMES = list(face_detection.DETECTORS)


# --- detectors


@pytest.fixture(scope="module")
def photographs():
    return face_detection.photographs()


@pytest.mark.parametrize("name", NAMES)
def test_a_real_face_is_found_and_what_is_none_is_not(photographs, name):
    detector = face_detection.DETECTORS[name]
    for photograph in ("astronaut.png", "chelsea.png", "coffee.png", "grass.png"):
        image, face = photographs[photograph]
        assert (detector(image) > detector.threshold) == face, photograph


@pytest.mark.parametrize("name", NAMES)
def test_a_face_has_to_be_upright_and_whole(photographs, name):
    image, _ = photographs["astronaut.png"]
    detector = face_detection.DETECTORS[name]
    assert detector(image[::-1].copy()) <= detector.threshold  # on its head
    assert detector(image[130:].copy()) <= detector.threshold  # from the mouth downwards


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("shape", [(64, 64), (1, 1), (5, 900), (900, 5), (50, 400), (300, 200)])
def test_every_shape_can_be_asked(name, shape):
    assert face_detection.DETECTORS[name](np.full((*shape, 3), 127, np.uint8)) == 0


def test_photographs_are_pictures_with_labels(photographs):
    for image, face in photographs.values():
        assert image.dtype == np.uint8 and image.ndim == 3 and image.shape[2] == 3 and isinstance(face, bool)
    assert sum(face for _, face in photographs.values()) == 2
    red, _, blue = photographs["coffee.png"][0].reshape(-1, 3).mean(0)
    assert red > blue  # RGB


def test_the_check_says_who_errs(monkeypatch, photographs):
    monkeypatch.setattr(
        face_detection, "photographs", lambda: {key: photographs[key] for key in ("camera.png", "moon.png")}
    )
    monkeypatch.setattr(face_detection, "DETECTORS", {"yes": _fake(lambda image: 1.0), "no": _fake(lambda image: 0.0)})
    checked = face_detection.photograph_check().set_index("photograph")
    assert checked["wrong"].to_dict() == {"camera.png": "no", "moon.png": "yes"}
    assert checked["yes"].tolist() == [1, 1] and checked["no"].tolist() == [0, 0]


def test_real_crops_are_told_from_background():
    checked = face_detection.crop_check(each=8).set_index(["detector", "kind"])["detected"]
    for name in NAMES:
        assert checked[name, "face"] >= 6 and checked[name, "background"] <= 1


def test_drawn_faces_are_found_where_they_are_seen(tmp_path):
    """Eight scenes with a face, without and with nobody; of 160 seen faces of the twin MTCNN finds 98 % at 224 px."""
    rows = []
    for kind in ("visible", "hidden", "none"):
        for number in range(8):
            rng = np.random.default_rng(number)
            scene = render.Furnishing.draw(rng), render.Room.draw(rng), render.Camera.draw(rng)
            person = None if kind == "none" else render.Person.draw(rng, kind)
            rows.append({"image": f"{kind}{number}.jpg", "face": kind})
            render.write_jpeg(tmp_path / rows[-1]["image"], render.render(*scene, person, rng, 224), 85)
    truth = pd.DataFrame(rows)
    found = [face_detection.detect(truth["image"], tmp_path, name, tmp_path / "cache", "drawn") for name in NAMES]
    scores = face_detection.scores(pd.concat(found), truth).set_index(["detector", "kind"])["detected"]
    for name in NAMES:
        assert scores[name, "visible"] >= 6, scores
        assert scores[name, "hidden"] <= 1 and scores[name, "none"] <= 1, scores


# --- cache


def _fake(score) -> face_detection.Detector:
    return face_detection.Detector("faceie", 16, 0.5, {}, score)


@pytest.fixture
def folder(tmp_path):
    for number in range(10):
        (tmp_path / "images").mkdir(exist_ok=True)
        cv2.imwrite(str(tmp_path / f"images/{number}.png"), np.full((16, 16, 3), 25 * number, np.uint8))
    return tmp_path


@pytest.fixture
def seen(monkeypatch):
    """What the detector `bright` was asked: it finds a face where grey is above a half, with that confidence."""
    asked = []

    def bright(image):
        asked.append(int(image[0, 0, 0]) // 25)
        return float(image.mean() / 255)

    monkeypatch.setattr(face_detection, "DETECTORS", {"bright": _fake(bright)})
    monkeypatch.setattr(face_detection, "CHUNK", 3)
    return asked


def names(numbers):
    return [f"images/{number}.png" for number in numbers]


def test_rows_come_as_asked_and_nothing_is_detected_twice(folder, seen):
    ask = lambda numbers: face_detection.detect(names(numbers), folder, "bright", folder / "cache", "a" * 64)  # noqa: E731
    first = ask([7, 2, 2, 9, 5])
    assert list(first.columns) == ["image", "detector", "confidence", "face", "seconds"]
    assert first["image"].tolist() == names([7, 2, 2, 9, 5]) and set(first["detector"]) == {"bright"}
    assert first["face"].tolist() == [True, False, False, True, False]
    assert first["confidence"].tolist() == [25 * n / 255 for n in (7, 2, 2, 9, 5)] and (first["seconds"] > 0).all()
    assert seen == [7, 2, 9, 5]
    pd.testing.assert_frame_equal(ask([7, 2, 2, 9, 5]), first)
    assert ask([5, 0])["face"].tolist() == [False, False] and seen == [7, 2, 9, 5, 0]


def test_it_goes_on_after_a_kill(folder, seen, monkeypatch):
    ask = lambda: face_detection.detect(names(range(10)), folder, "bright", folder / "cache", "a")  # noqa: E731
    whole = _fake(face_detection.DETECTORS["bright"].score)

    def killed(image):
        if image[0, 0, 0] == 25 * 7:
            raise KeyboardInterrupt
        return whole.score(image)

    monkeypatch.setitem(face_detection.DETECTORS, "bright", _fake(killed))
    with pytest.raises(KeyboardInterrupt):
        ask()
    assert seen == list(range(7))
    monkeypatch.setitem(face_detection.DETECTORS, "bright", whole)
    assert ask()["confidence"].tolist() == [25 * n / 255 for n in range(10)]
    assert seen == [*range(7), *range(6, 10)]  # two chunks of three had been written
    assert not list((folder / "cache").glob(".*")), "no temporary file is left"


def test_other_data_detectors_and_settings_are_not_mixed(folder, seen, monkeypatch):
    ask = lambda fingerprint: face_detection.detect(names([3]), folder, "bright", folder / "cache", fingerprint)  # noqa: E731
    ask("a")
    ask("b")
    assert seen == [3, 3]
    other = replace(face_detection.DETECTORS["bright"], side=17)
    monkeypatch.setitem(face_detection.DETECTORS, "bright", other)
    ask("a")
    assert seen == [3, 3, 3]
    monkeypatch.setitem(face_detection.DETECTORS, "bright", replace(other, threshold=0.1))
    assert ask("a")["face"].item() and seen == [3, 3, 3]  # another threshold needs no detecting


def test_what_cannot_be_asked_is_said(folder, seen):
    (folder / "images/broken.png").write_bytes(b"no picture")
    with pytest.raises(DataError, match=r"no picture that can be decoded\. Replace"):
        face_detection.detect(["images/1.png", "images/broken.png"], folder, "bright", folder / "cache", "a")
    with pytest.raises(ValueError, match="bright"):
        face_detection.detect([], folder, "eyes", folder / "cache", "a")


def test_processes_do_not_change_the_result(folder, photographs):
    cv2.imwrite(str(folder / "astronaut.png"), photographs["astronaut.png"][0][:200, 130:330, ::-1])
    asked = ["astronaut.png", *names([1, 2])]
    alone, pooled = (face_detection.detect(asked, folder, "MTCNN", folder / f"{n}", "a", processes=n) for n in (1, 2))
    columns = ["image", "confidence", "face"]
    pd.testing.assert_frame_equal(alone[columns], pooled[columns])
    assert alone["face"].tolist() == [True, False, False]


# --- sample


@settings(max_examples=30, deadline=None)
@given(st.lists(st.integers(1, 40), min_size=1, max_size=5), st.integers(0, 120), st.integers(0, 2**32))
def test_weights_sum_to_the_population_and_samples_are_nested(sizes, more, seed):
    kinds = np.repeat(face_detection.KINDS[: len(sizes)], sizes)
    pictures = pd.DataFrame({"image": np.arange(len(kinds)).astype(str), "face": kinds})
    pictures = pictures.sample(frac=1, random_state=seed % 1000)
    size = len(sizes) + more
    drawn = face_detection.sample(pictures, size, seed)
    assert len(drawn) == min(size, len(pictures)) == drawn["image"].nunique()
    weights = drawn.groupby("face")["weight"].sum()
    assert weights.round(6).to_dict() == pd.Series(kinds).value_counts().to_dict()
    counts = drawn["face"].value_counts()
    for kind, count in counts.items():  # a kind that is not taken whole has as many as any other, to one
        assert count == (kinds == kind).sum() or count >= counts.max() - 1
    pd.testing.assert_frame_equal(drawn, face_detection.sample(pictures, size, seed))
    assert set(drawn["image"]) <= set(face_detection.sample(pictures, size + 3, seed)["image"])
    assert drawn["image"].tolist() == [image for image in pictures["image"] if image in set(drawn["image"])]


def test_a_seed_draws_its_own_and_too_few_is_said():
    pictures = pd.DataFrame({"image": range(100), "face": ["visible", "none"] * 50, "region": ["a"] * 40 + ["b"] * 60})
    one, other = (face_detection.sample(pictures, 20, seed) for seed in (1, 2))
    assert set(one["image"]) != set(other["image"])
    assert (
        face_detection.sample(pictures, 8, 1, by=["region", "face"]).groupby(["region", "face"]).size().tolist()
        == [2] * 4
    )
    with pytest.raises(ValueError, match="4 strata"):
        face_detection.sample(pictures, 3, 1, by=["region", "face"])


# --- scores


@given(st.integers(0, 50), st.integers(0, 50))
def test_the_interval_is_wilsons(hits, misses):
    pictures = hits + misses
    if pictures:
        theirs = binomtest(hits, pictures).proportion_ci(method="wilson")
        assert face_detection.wilson(hits / pictures, pictures) == pytest.approx((theirs.low, theirs.high), abs=1e-12)
    else:
        assert np.isnan(face_detection.wilson(0, 0)).all()


@pytest.fixture
def by_hand():
    """Four visible (three found), two hidden (one found, a false alarm), one without anybody."""
    kinds = ["visible", "visible", "visible", "visible", "hidden", "hidden", "none"]
    truth = pd.DataFrame({"image": list("abcdefg"), "face": kinds})
    found = pd.DataFrame({"image": list("gfedcba"), "detector": "D", "confidence": 0.0, "seconds": range(7)})
    return found.assign(face=[False, False, True, False, True, True, True]), truth


def test_scores_by_hand(by_hand):
    found, truth = by_hand
    scores = face_detection.scores(found, truth)
    assert scores[["kind", "pictures", "detected", "rate"]].to_numpy().tolist() == [
        ["visible", 4, 3, 0.75],
        ["hidden", 2, 1, 0.5],
        ["none", 1, 0, 0.0],
    ]
    assert scores.loc[0, ["low", "high"]].tolist() == pytest.approx(face_detection.wilson(0.75, 4))
    accuracy = face_detection.accuracy(found, truth).iloc[0]
    assert (accuracy["precision"], accuracy["recall"], accuracy["seconds"], accuracy["pictures"]) == (0.75, 0.75, 3, 7)
    extra = pd.concat([found, found.tail(2), found.head(1).assign(image="z")])  # more than the truth, or twice
    pd.testing.assert_frame_equal(face_detection.scores(extra, truth), scores)
    with pytest.raises(ValueError, match="D: nothing was detected yet in 2 of 7"):
        face_detection.scores(found.head(5), truth)


def test_weights_make_rates_of_all_pictures(by_hand):
    found, truth = by_hand
    truth = truth.assign(weight=[1.0, 1, 1, 1, 3, 3, 10])
    accuracy = face_detection.accuracy(found, truth).iloc[0]
    assert accuracy["precision"] == 0.5 and accuracy["recall"] == 0.75  # the false alarm stands for three
    assert (accuracy["precision_low"], accuracy["precision_high"]) == pytest.approx(face_detection.wilson(0.5, 36 / 12))


def test_nothing_found_has_no_precision(by_hand):
    found, truth = by_hand
    accuracy = face_detection.accuracy(found.assign(face=False), truth).iloc[0]
    assert np.isnan(accuracy["precision"]) and accuracy["recall"] == 0 == accuracy["recall_low"]


def test_shares_by_region(by_hand):
    found, truth = by_hand
    placed = truth.assign(region=["south"] * 3 + ["west"] * 4, weight=[1.0, 1, 1, 1, 3, 3, 10])
    shares = face_detection.shares(found, placed).set_index("region")
    assert shares["pictures"].to_dict() == {"south": 3, "west": 4, "all": 7}
    assert shares["share"].to_dict() == pytest.approx({"south": 1, "west": 3 / 17, "all": 6 / 20})
    assert shares["truth"].to_dict() == pytest.approx({"south": 1, "west": 1 / 17, "all": 4 / 20})
    unknown = face_detection.shares(found, placed[["image", "region"]]).set_index("region")
    assert "truth" not in unknown and unknown.loc["all", "share"] == pytest.approx(4 / 7)
    twice = pd.concat([placed, placed.head(1).assign(region="west")])  # one picture in two regions
    assert face_detection.shares(found, twice).set_index("region")["pictures"].to_dict() == {
        "south": 3,
        "west": 5,
        "all": 7,
    }
