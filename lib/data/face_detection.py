"""Face / No-Face by real detectors (MATCHED A.2), how right they are, and what they cost.

Detection only: whether a face can be seen in a picture, never whose. Two detectors whose weights come in their
packages, each with its makers' settings and one rule for pictures of all sizes: the shorter side is brought to `side`
pixels, at which both see faces from about an eighth of it.

- `MTCNN` (Zhang et al. 2016, https://arxiv.org/abs/1604.02878; weights of facenet-pytorch, in `faceie`): the paper's
  own. Confidence is a probability. Faces from 24 px are looked for, R-Net's input size, and upright ones only.
  facenet-pytorch accepts from 0.7, where a photographed motorcycle is a face (`photograph_check`); we from 0.9.
- `HOG` (Dalal & Triggs 2005 with a max-margin training, https://arxiv.org/abs/1502.00046; in `dlib`): frontal faces
  from 80 px. Confidence is a margin, accepted from dlib's own 0.

Enlarging adds no detail: of the twin's visible faces (heads of 15 to 38 % of a picture's height) both detectors find
nearly all in pictures of 224 px, but far fewer at 64 px (chapter 01 measures both).

**Our reading of "Face"**: a face that is seen, the twin's kind `visible`. The kinds `hidden` (turned away, behind a
telephone, a hand, a hat), `cropped` (out of the frame) and `blurred` (pixels, a bar, an emoji over it) are No-Face, as
`none` (nobody there) is: a detection there counts as wrong. The paper doesn't say what it did with these.
"""

from __future__ import annotations

import functools
import hashlib
import json
import math
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import version
from importlib.resources import files
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pandas as pd

from lib.core import tables
from lib.core.files import locked, replacing
from lib.core.schemas import FaceDetections
from lib.data import image_arrays

KINDS = ("visible", "hidden", "cropped", "blurred", "none")
"""How a picture shows a face (the twin's truth); the first is Face, the others No-Face."""
CHUNK = 256
"""So many pictures are detected before the cache is written: what a kill can cost."""
LONGEST = 4
"""Of the shorter side: a longer picture is shrunk further, so that a banner costs no minutes."""
LEAST = 12
"""Pixels of MTCNN's window: a picture that is narrower, brought to size, has no room for a face."""


@dataclass(frozen=True)
class Detector:
    """A detector: (h, w, 3) uint8 RGB of any size -> the confidence of its best face, 0 where there is none.

    package: the distribution that holds its weights. side: pixels that a picture's shorter side is brought to.
    threshold: above it a picture has a face. settings: arguments of `score`, which takes the picture brought to size.
    """

    package: str
    side: int
    threshold: float
    settings: dict[str, Any]
    score: Callable[..., float]

    def __call__(self, image: np.ndarray) -> float:
        fitted = sized(image, self.side)
        return self.score(fitted, **self.settings) if min(fitted.shape[:2]) >= LEAST else 0.0

    @property
    def key(self) -> str:
        """Names all that decides a confidence (not the threshold): packages' versions, size and settings."""
        made_of = [self.package, version(self.package), cv2.__version__, self.side, LONGEST, self.settings]
        return hashlib.sha256(json.dumps(made_of, sort_keys=True).encode()).hexdigest()[:8]


def sized(image: np.ndarray, side: int) -> np.ndarray:
    """The picture with its shorter side brought to `side` pixels, or less where it is very long."""
    height, width = image.shape[:2]
    scale = min(side / min(height, width), LONGEST * side / max(height, width))
    if scale == 1:
        return image
    size = max(1, round(width * scale)), max(1, round(height * scale))
    return cv2.resize(image, size, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC)


def _mtcnn(image: np.ndarray, **settings: float) -> float:
    from faceie.mtcnn import detect_faces  # loads the networks
    from PIL import Image

    found = detect_faces(Image.fromarray(image), rotations=np.zeros(1), extract_images=None, **settings)
    return float(found.probabilities.max(initial=0))


def _hog(image: np.ndarray, upsampled: int) -> float:
    margins = frontal_detector().run(image, upsampled, 0.0)[1]
    return float(max(margins, default=0))


@functools.cache
def frontal_detector() -> Any:
    import dlib

    return dlib.get_frontal_face_detector()


DETECTORS = {
    "MTCNN": Detector(
        package="faceie",
        side=224,
        threshold=0.9,
        settings={
            "pyramid_downscale_factor": math.sqrt(2),
            "proposal_skip_downscale_factor": 2.0,  # P-Net's window of 12 px on the halved picture: faces from 24 px
            "proposal_probability_threshold": 0.6,  # this and the next as facenet-pytorch has them
            "refine_probability_threshold": 0.7,
            "output_probability_threshold": 0.5,  # below our threshold, so that another one can be tried on the cache
        },
        score=_mtcnn,
    ),
    "HOG": Detector(package="dlib-bin", side=672, threshold=0.0, settings={"upsampled": 0}, score=_hog),
}
"""The detectors by name."""


def detect(
    images: Sequence[str], folder: Path, detector: str, cache: Path, fingerprint: str, processes: int = 1
) -> pd.DataFrame:
    """Which pictures have a face: a row for each of `images`: `image, detector, confidence, face, seconds`.

    images: paths below the data `folder`, as in the twin's truth. confidence: as DETECTORS has it; face: whether it is
    above the threshold; seconds: wall time of reading the picture and detecting, with one thread.
    processes: how many pictures at a time.

    Results are kept in `cache`, a CSV file for each detector (with its version and settings) and data `fingerprint`:
    what has been detected once, in whatever sample, never is again, and a run that was killed goes on where it was. A
    second process that wants the same waits. The file names pictures, so the cache is no place to publish from.
    Raises DataError for a file that is no picture; ValueError for a detector that isn't known.
    """
    if detector not in DETECTORS:
        raise ValueError(f"detector {detector!r}: there are {', '.join(DETECTORS)}")
    chosen = DETECTORS[detector]
    path = cache / f"faces-{detector.lower()}-{chosen.key}-{fingerprint[:16]}-{image_arrays.rules()[:8]}.csv"
    with locked(path.with_suffix(".lock")):
        known = _cached(path)
        missing = [image for image in dict.fromkeys(images) if image not in known.index]
        if missing:
            with _mapping(processes) as mapping:
                for first in range(0, len(missing), CHUNK):
                    chunk = missing[first : first + CHUNK]
                    measured = list(
                        mapping(functools.partial(_measured, detector), [folder / image for image in chunk])
                    )
                    rows = pd.DataFrame(measured, pd.Index(chunk, name="image"), ["confidence", "seconds"])
                    known = pd.concat([known, rows]) if len(known) else rows
                    with replacing(path) as temporary:
                        known.to_csv(temporary, lineterminator="\n")
    found = known.loc[list(images)].reset_index()
    found.insert(1, "detector", detector)
    found.insert(3, "face", found["confidence"] > chosen.threshold)
    return found


def _cached(path: Path) -> pd.DataFrame:
    """Columns `confidence, seconds` by image."""
    if not path.exists():
        return pd.DataFrame({"confidence": [], "seconds": []}, pd.Index([], name="image", dtype=str))
    return tables.read(path, FaceDetections, "Remove the file: it is made anew.").set_index("image")


@contextmanager
def _mapping(processes: int) -> Iterator[Callable[..., Any]]:
    """`map`, here or in processes of its own, each with one thread: sums, and so confidences, depend on threads."""
    if processes == 1:
        with _one_thread():
            yield map
    else:
        # Spawned, not forked: a forked copy of a process in which a library has started threads can hang for ever.
        with ProcessPoolExecutor(processes, get_context("spawn"), _one_thread) as pool:
            yield functools.partial(pool.map, chunksize=8)


def _one_thread() -> Any:
    """From here on linear algebra runs in one thread; to the end of the block, used as a context."""
    from threadpoolctl import threadpool_limits

    return threadpool_limits(1)


def _measured(detector: str, path: Path) -> tuple[float, float]:
    """Confidence and seconds for one file."""
    begin = time.perf_counter()
    confidence = DETECTORS[detector](image_arrays.read(path))  # whole: a crop could lose a face
    return confidence, round(time.perf_counter() - begin, 5)


def sample(pictures: pd.DataFrame, size: int, seed: int, by: Sequence[str] = ("face",)) -> pd.DataFrame:
    """About equally many rows of each stratum (values of the columns `by`), `size` in all, with the column `weight`.

    pictures: a row a picture, such as the twin's `truth/images.csv`. A stratum that is too small is taken whole, and
    others make up for it. weight: how many pictures of the stratum a drawn one stands for, so that weights sum to the
    number of pictures. Same arguments, same rows, in the order of `pictures`; a larger sample holds the smaller one,
    so that nothing is detected twice. ValueError when `size` has not one picture for each stratum.
    """
    strata = list(pictures.groupby(list(by), sort=True).indices.values())
    if size < len(strata):
        raise ValueError(f"size: {size} pictures for {len(strata)} strata ({', '.join(by)}); give at least one each")
    drawn: dict[int, float] = {}
    left = size
    smallest_first = sorted(range(len(strata)), key=lambda number: (len(strata[number]), number))
    for done, number in enumerate(smallest_first):
        rows = strata[number]
        take = min(len(rows), left // (len(strata) - done))
        left -= take
        chosen = np.random.default_rng([seed, number]).permutation(rows)[:take]
        drawn |= dict.fromkeys(chosen.tolist(), len(rows) / take)
    return pictures.iloc[sorted(drawn)].assign(weight=[drawn[row] for row in sorted(drawn)]).reset_index(drop=True)


def wilson(rate: float, pictures: float) -> tuple[float, float]:
    """95 % interval of a rate seen in so many pictures (Wilson 1927); no numbers where there is no picture."""
    if not pictures > 0:
        return math.nan, math.nan
    z = 1.959963984540054
    middle = (rate + z**2 / (2 * pictures)) / (1 + z**2 / pictures)
    half = z / (1 + z**2 / pictures) * math.sqrt(rate * (1 - rate) / pictures + z**2 / (4 * pictures**2))
    return 0.0 if rate == 0 else middle - half, 1.0 if rate == 1 else middle + half  # exact ends, without rounding


def _rate(hits: pd.Series, weights: pd.Series) -> tuple[float, float, float]:
    """Weighted share of `hits` and its Wilson interval, for as many pictures as unequal weights leave (Kish 1965)."""
    if hits.empty:
        return math.nan, math.nan, math.nan
    rate = min(1.0, float(weights[hits].sum() / weights.sum()))
    return rate, *wilson(rate, float(weights.sum() ** 2 / (weights**2).sum()))


def scores(found: pd.DataFrame, truth: pd.DataFrame) -> pd.DataFrame:
    """How often a face is found in each kind of picture: `detector, kind, pictures, detected, rate, low, high`.

    found: rows of `detect`, of one or more detectors, for all pictures of `truth` at least (ValueError if one is
    missing). truth: `image, face` (one of KINDS) and, if it is a sample, `weight`. pictures and detected are counts of
    the sample; rate is weighted; low, high: its 95 % interval. Right is 1 for `visible` and 0 for all others: that is
    our reading of "Face" (see above).
    """
    rows = []
    for detector, joined in _joined(found, truth):
        for kind in KINDS:
            of_kind = joined[joined["kind"] == kind]
            if len(of_kind):
                rate, low, high = _rate(of_kind["face"], of_kind["weight"])
                rows.append((detector, kind, len(of_kind), int(of_kind["face"].sum()), rate, low, high))
    return pd.DataFrame(rows, columns=["detector", "kind", "pictures", "detected", "rate", "low", "high"])


def accuracy(found: pd.DataFrame, truth: pd.DataFrame) -> pd.DataFrame:
    """Precision and recall for the kind `visible`, a row a detector, and what a picture costs.

    Arguments as of `scores`. Columns `detector, pictures, precision, precision_low, precision_high, recall, recall_low,
    recall_high, seconds`: rates are weighted, so they are for all pictures and not for the sample's mix of kinds; low
    and high: 95 % intervals; seconds: the median of a picture.
    """
    rows = []
    for detector, joined in _joined(found, truth):
        visible, detected = joined["kind"] == KINDS[0], joined["face"]
        row = {"detector": detector, "pictures": len(joined)}
        for name, hits, among in (("precision", visible, detected), ("recall", detected, visible)):
            values = _rate(hits[among], joined["weight"][among])
            row |= dict(zip((name, f"{name}_low", f"{name}_high"), values, strict=True))
        rows.append(row | {"seconds": float(joined["seconds"].median())})
    return pd.DataFrame(rows)


def _joined(found: pd.DataFrame, truth: pd.DataFrame) -> Iterator[tuple[str, pd.DataFrame]]:
    """For each detector `found` beside the truth, whose `face` becomes `kind`; weights are 1 if it has none."""
    truth = truth.assign(weight=truth.get("weight", 1.0)).rename(columns={"face": "kind"})
    for detector, rows in found.groupby("detector", sort=False):
        missing = ~truth["image"].isin(rows["image"])
        if missing.any():
            raise ValueError(f"{detector}: nothing was detected yet in {missing.sum()} of {len(truth)} pictures")
        columns = ["image", "face", "confidence", "seconds"]
        yield str(detector), truth.merge(rows[columns].drop_duplicates("image"), on="image")


def shares(found: pd.DataFrame, placed: pd.DataFrame) -> pd.DataFrame:
    """Share of pictures with a face, by region: `region, detector, pictures, share, low, high` (Table 1's Faces).

    found: as of `scores`. placed: `image, region` (a row for each region that a picture is in), with `weight` if it is
    a sample and, where the truth is known, `face`: then the column `truth` has its share of `visible`, by the same
    weights. The region `all` counts a picture once. low, high: a 95 % interval for the sampling of pictures, on the
    safe side when strata were drawn; what a detector gets wrong is in `scores`.
    """
    known = "face" in placed
    rows = []
    for detector, joined in _joined(found, placed):
        for region in [*placed["region"].unique(), "all"]:
            here = joined[joined["region"] == region] if region != "all" else joined.drop_duplicates("image")
            share, low, high = _rate(here["face"], here["weight"])
            row = {"region": region, "detector": detector, "pictures": len(here)}
            row |= {"share": share, "low": low, "high": high}
            rows.append(row | ({"truth": _rate(here["kind"] == KINDS[0], here["weight"])[0]} if known else {}))
    return pd.DataFrame(rows)


# What each photograph shows and whether a face is seen in it: labelled by looking at them. All lie in scikit-image's
# wheel. Left out: coins.png, whose heads are faces or not as one likes.
_PHOTOGRAPHS = {
    "astronaut.png": ("a person in a space suit, from the front", True),
    "camera.png": ("a man in profile behind a camera: no frontal face", True),
    "chelsea.png": ("a cat's face", False),
    "coffee.png": ("a cup of coffee", False),
    "rocket.jpg": ("a rocket", False),
    "motorcycle_left.png": ("a motorcycle in a garage", False),
    "brick.png": ("a brick pavement", False),
    "grass.png": ("grass", False),
    "gravel.png": ("gravel", False),
    "moon.png": ("the moon's surface", False),
    "hubble_deep_field.jpg": ("galaxies", False),
    "page.png": ("a printed page", False),
}


def photographs() -> dict[str, tuple[np.ndarray, bool]]:
    """Real photographs by name: (h, w, 3) uint8 RGB, and whether a human face is seen. Nothing is downloaded."""
    folder = Path(str(files("skimage"))) / "data"
    return {name: (image_arrays.read(folder / name), face) for name, (_, face) in _PHOTOGRAPHS.items()}


def photograph_check() -> pd.DataFrame:
    """Every detector on every photograph: `photograph, shows, face`, a column of confidences each, and `wrong`.

    wrong: the detectors that err at their threshold. It shows that detectors are real ones, not how good they are.
    """
    rows = []
    with _one_thread():
        for name, (image, face) in photographs().items():
            confidences = {detector: score(image) for detector, score in DETECTORS.items()}
            wrong = [key for key, value in confidences.items() if (value > DETECTORS[key].threshold) != face]
            row = {"photograph": name, "shows": _PHOTOGRAPHS[name][0], "face": face}
            rows.append(row | confidences | {"wrong": ", ".join(wrong)})
    return pd.DataFrame(rows)


def crop_check(each: int = 100) -> pd.DataFrame:
    """Every detector on small real crops, `each` (to 100) with and without a face: columns as of `scores`, one more.

    scikit-image's `lfw_subset` (Labeled Faces in the Wild): 100 frontal faces and 100 pieces of background, 25 × 25
    grey pixels, without names. A border of 6 px, continuing the crop's edge, gives the room around a face that
    detectors expect. A few of the backgrounds hold a part of a face. seconds: the median of a crop.
    """
    crops = np.load(Path(str(files("skimage"))) / "data" / "lfw_subset.npy", allow_pickle=False)
    rows = []
    with _one_thread():
        for name, detector in DETECTORS.items():
            for kind, chosen in (("face", crops[:100][:each]), ("background", crops[100:][:each])):
                measured = [_measured_crop(detector, crop) for crop in chosen]
                face = pd.Series([confidence > detector.threshold for confidence, _ in measured])
                rate, low, high = _rate(face, pd.Series(np.ones(len(face))))
                seconds = float(np.median([seconds for _, seconds in measured]))
                rows.append((name, kind, len(face), int(face.sum()), rate, low, high, seconds))
    columns = ["detector", "kind", "pictures", "detected", "rate", "low", "high", "seconds"]
    return pd.DataFrame(rows, columns=columns)


def _measured_crop(detector: Detector, crop: np.ndarray) -> tuple[float, float]:
    """crop: (25, 25), 0 to 1."""
    begin = time.perf_counter()
    grey = cv2.copyMakeBorder((crop * 255).round().astype(np.uint8), 6, 6, 6, 6, cv2.BORDER_REPLICATE)
    return detector(cv2.cvtColor(grey, cv2.COLOR_GRAY2RGB)), time.perf_counter() - begin
