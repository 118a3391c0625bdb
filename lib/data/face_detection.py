"""Face / No-Face by two detectors (MATCHED A.2), their accuracy and their cost.

Detection only: whether an image shows a face, never whose. The weights of both detectors come with their packages. Each
has its authors' settings, and the shorter side of every image is resized to `side` pixels, at which both detect faces
from about an eighth of it.

- `MTCNN` (Zhang et al. 2016, https://arxiv.org/abs/1604.02878; weights of facenet-pytorch, in `faceie`): the paper's
  detector. Confidence is a probability. Upright faces from 24 px, the input size of R-Net. facenet-pytorch's threshold
  is 0.7, at which a photographed motorcycle is a face (`photograph_check`); ours is 0.9.
- `HOG` (Dalal & Triggs 2005, trained with a max-margin objective, https://arxiv.org/abs/1502.00046; in `dlib`): frontal
  faces from 80 px. Confidence is a margin; the threshold is dlib's, 0.

**Our reading of "Face"**: a face that can be seen, the twin's kind `visible`. The kinds `hidden` (turned away, behind a
telephone, a hand, a hat), `cropped` (out of the frame), `blurred` (pixelated, under a bar or an emoji) and `none`
(nobody) are No-Face, and a detection in them counts as wrong. The paper doesn't define these cases.
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

from lib.core import tables, yaml_files
from lib.core.files import locked, replacing
from lib.core.schemas import FaceDetections
from lib.data import image_arrays

KINDS = ("visible", "hidden", "cropped", "blurred", "none")
"""How an image shows a face (the twin's truth); the first kind is Face, the others No-Face."""
CHUNK = 256
"""Images between two writes of the cache: as many are lost at most if the process is killed."""
LONGEST = 4
"""Longest side in units of the shorter: a longer image is shrunk further, since a banner would take minutes."""
LEAST = 12
"""Pixels of MTCNN's window: an image that is narrower after resizing can't hold a face."""


@dataclass(frozen=True)
class Detector:
    """A detector: an image (h, w, 3) uint8 RGB of any size -> the confidence of its best face, 0 if there is none.

    package: the distribution that holds its weights. side: pixels to which an image's shorter side is resized.
    threshold: an image has a face above it. settings: arguments of `score`, which takes the resized image.
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
        """A hash of what a confidence depends on: versions, size and settings, but not the threshold."""
        parts = [self.package, version(self.package), cv2.__version__, self.side, LONGEST, self.settings]
        return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()[:8]


def sized(image: np.ndarray, side: int) -> np.ndarray:
    """The image with its shorter side resized to `side` pixels, or to fewer if it is very long."""
    height, width = image.shape[:2]
    scale = min(side / min(height, width), LONGEST * side / max(height, width))
    if scale == 1:
        return image
    size = max(1, round(width * scale)), max(1, round(height * scale))
    return cv2.resize(image, size, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC)


def _mtcnn(image: np.ndarray, **settings: float) -> float:
    from faceie.mtcnn.detect_faces import detect_faces  # loads the networks
    from PIL import Image

    faces = detect_faces(Image.fromarray(image), rotations=np.zeros(1), extract_images=None, **settings)
    return float(faces.probabilities.max(initial=0))


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
    """Which images have a face: `image, detector, confidence, face, seconds`, a row for each of `images`.

    images: paths below the data `folder`. detector: a name of DETECTORS. seconds: wall time of reading and detecting,
    with one thread. processes: images at a time.

    `cache` keeps the results of each detector (with version and settings) and data `fingerprint`: no image is processed
    twice, and a run that was killed continues. Its file names images, so it must not be published. Raises DataError for
    a file that is no image, and ValueError for an unknown detector.
    """
    if detector not in DETECTORS:
        raise ValueError(f"detector {detector!r}: there are {', '.join(DETECTORS)}")
    chosen = DETECTORS[detector]
    path = cache / f"faces-{detector.lower()}-{chosen.key}-{fingerprint[:16]}-{image_arrays.rules()[:8]}.csv"
    with locked(path.with_suffix(".lock")):
        cached = _cached(path)
        missing = [image for image in dict.fromkeys(images) if image not in cached.index]
        if missing:
            with _mapping(processes) as mapping:
                for first in range(0, len(missing), CHUNK):
                    chunk = missing[first : first + CHUNK]
                    paths = [folder / image for image in chunk]
                    measured = list(mapping(functools.partial(_measured, detector), paths))
                    rows = pd.DataFrame(measured, pd.Index(chunk, name="image"), ["confidence", "seconds"])
                    cached = pd.concat([cached, rows]) if len(cached) else rows
                    with replacing(path) as temporary:
                        cached.to_csv(temporary, lineterminator="\n")
    detections = cached.loc[list(images)].reset_index()
    detections.insert(1, "detector", detector)
    detections.insert(3, "face", detections["confidence"] > chosen.threshold)
    return detections


def _cached(path: Path) -> pd.DataFrame:
    """Columns `confidence, seconds` by image."""
    if not path.exists():
        return pd.DataFrame({"confidence": [], "seconds": []}, pd.Index([], name="image", dtype=str))
    return tables.read(path, FaceDetections, "Remove the file: it is made anew.").set_index("image")


@contextmanager
def _mapping(processes: int) -> Iterator[Callable[..., Any]]:
    """`map`, in this process or several, each with one thread, since sums (and confidences) depend on threads."""
    if processes == 1:
        with _one_thread():
            yield map
    else:
        # Spawned, not forked: a forked copy of a process in which a library has started threads can hang forever.
        with ProcessPoolExecutor(processes, get_context("spawn"), _one_thread) as pool:
            yield functools.partial(pool.map, chunksize=8)


def _one_thread() -> Any:
    """Limit linear algebra to one thread from here on; as a context, to the end of the block."""
    from threadpoolctl import threadpool_limits

    return threadpool_limits(1)


def _measured(detector: str, path: Path) -> tuple[float, float]:
    """Confidence and seconds for one file."""
    begin = time.perf_counter()
    confidence = DETECTORS[detector](image_arrays.read(path))  # the whole image: a crop could lose a face
    return confidence, round(time.perf_counter() - begin, 5)


def sample(pictures: pd.DataFrame, size: int, seed: int, by: Sequence[str] = ("face",)) -> pd.DataFrame:
    """About equally many rows of each stratum (values of the columns `by`), `size` in all, with the column `weight`.

    pictures: a row an image. A stratum that is too small is taken whole, and the others are sampled more. weight: how
    many images of the stratum a sampled one represents. Equal arguments give equal rows, in the order of `pictures`,
    and a larger sample contains the smaller one. Raises ValueError if `size` is less than the number of strata.
    """
    strata = list(pictures.groupby(list(by), sort=True).indices.values())
    if size < len(strata):
        raise ValueError(f"size: {size} pictures for {len(strata)} strata ({', '.join(by)}); give at least one each")
    drawn: dict[int, float] = {}
    remaining = size
    smallest_first = sorted(range(len(strata)), key=lambda number: (len(strata[number]), number))
    for done, number in enumerate(smallest_first):
        rows = strata[number]
        take = min(len(rows), remaining // (len(strata) - done))
        remaining -= take
        chosen = np.random.default_rng([seed, number]).permutation(rows)[:take]
        drawn |= dict.fromkeys(chosen.tolist(), len(rows) / take)
    return pictures.iloc[sorted(drawn)].assign(weight=[drawn[row] for row in sorted(drawn)]).reset_index(drop=True)


def wilson(rate: float, pictures: float) -> tuple[float, float]:
    """95 % interval of a rate over `pictures` images (Wilson 1927), which may be a fraction; NaN for no image."""
    from statsmodels.stats.proportion import proportion_confint

    if not pictures > 0:
        return math.nan, math.nan
    low, high = proportion_confint(rate * pictures, pictures, method="wilson")
    return 0.0 if rate == 0 else low, 1.0 if rate == 1 else high  # exact ends, without rounding


def _rate(hits: pd.Series, weights: pd.Series) -> tuple[float, float, float]:
    """Weighted share of `hits` and its Wilson interval, for the effective sample size of the weights (Kish 1965)."""
    if hits.empty:
        return math.nan, math.nan, math.nan
    rate = min(1.0, float(weights[hits].sum() / weights.sum()))
    return rate, *wilson(rate, float(weights.sum() ** 2 / (weights**2).sum()))


def scores(detections: pd.DataFrame, truth: pd.DataFrame) -> pd.DataFrame:
    """How often a face is detected in each kind of image: `detector, kind, pictures, detected, rate, low, high`.

    detections: rows of `detect` for at least all images of `truth` (else ValueError). truth: `image, face` (one of
    KINDS) and, if it is a sample, `weight`. rate: the weighted share; low, high: its 95 % interval. The right rate is 1
    for `visible` and 0 for the other kinds.
    """
    rows = []
    for detector, joined in _joined(detections, truth):
        for kind in KINDS:
            of_kind = joined[joined["kind"] == kind]
            if len(of_kind):
                rate, low, high = _rate(of_kind["face"], of_kind["weight"])
                rows.append((detector, kind, len(of_kind), int(of_kind["face"].sum()), rate, low, high))
    return pd.DataFrame(rows, columns=["detector", "kind", "pictures", "detected", "rate", "low", "high"])


def accuracy(detections: pd.DataFrame, truth: pd.DataFrame) -> pd.DataFrame:
    """Precision and recall for the kind `visible`, weighted, and the time per image: a row a detector.

    Arguments as of `scores`. Columns `detector, pictures, precision, precision_low, precision_high, recall, recall_low,
    recall_high, seconds`. low, high: 95 % intervals. seconds: the median over images.
    """
    rows = []
    for detector, joined in _joined(detections, truth):
        visible, detected = joined["kind"] == KINDS[0], joined["face"]
        row = {"detector": detector, "pictures": len(joined)}
        for name, hits, among in (("precision", visible, detected), ("recall", detected, visible)):
            values = _rate(hits[among], joined["weight"][among])
            row |= dict(zip((name, f"{name}_low", f"{name}_high"), values, strict=True))
        rows.append(row | {"seconds": float(joined["seconds"].median())})
    return pd.DataFrame(rows)


def _joined(detections: pd.DataFrame, truth: pd.DataFrame) -> Iterator[tuple[str, pd.DataFrame]]:
    """For each detector its detections joined to the truth, whose `face` becomes `kind`; weights are 1 by default."""
    truth = truth.assign(weight=truth.get("weight", 1.0)).rename(columns={"face": "kind"})
    for detector, rows in detections.groupby("detector", sort=False):
        missing = ~truth["image"].isin(rows["image"])
        if missing.any():
            raise ValueError(f"{detector}: nothing was detected yet in {missing.sum()} of {len(truth)} pictures")
        columns = ["image", "face", "confidence", "seconds"]
        yield str(detector), truth.merge(rows[columns].drop_duplicates("image"), on="image")


def shares(detections: pd.DataFrame, placed: pd.DataFrame) -> pd.DataFrame:
    """Share of images with a face, by region: `region, detector, pictures, share, low, high` (Table 1's Faces).

    detections: as of `scores`. placed: `image, region` (a row for each region that an image is in), with `weight` if it
    is a sample and `face` if the truth is known: then the column `truth` is the weighted share of `visible`. The region
    `all` counts an image once. low, high: a 95 % interval for the sampling of images, without the detector's errors.
    """
    rows = []
    for detector, joined in _joined(detections, placed):
        for region in [*placed["region"].unique(), "all"]:
            images = joined[joined["region"] == region] if region != "all" else joined.drop_duplicates("image")
            share, low, high = _rate(images["face"], images["weight"])
            row = {"region": region, "detector": detector, "pictures": len(images)}
            row |= {"share": share, "low": low, "high": high}
            if "face" in placed:
                row["truth"] = _rate(images["kind"] == KINDS[0], images["weight"])[0]
            rows.append(row)
    return pd.DataFrame(rows)


_PHOTOGRAPHS = yaml_files.read(Path(__file__).with_suffix(".yaml"), "it should hold what each photograph shows")


def photographs() -> dict[str, tuple[np.ndarray, bool]]:
    """Real photographs by name: (h, w, 3) uint8 RGB, and whether a human face is visible. Nothing is downloaded."""
    folder = Path(str(files("skimage"))) / "data"
    return {name: (image_arrays.read(folder / name), about["face"]) for name, about in _PHOTOGRAPHS.items()}


def photograph_check() -> pd.DataFrame:
    """Every detector on every photograph: `photograph, shows, face`, a column of confidences for each, and `wrong`.

    wrong: the detectors that err at their threshold. A check that the detectors work, not a measure of their accuracy.
    """
    rows = []
    with _one_thread():
        for name, (image, face) in photographs().items():
            confidences = {detector: score(image) for detector, score in DETECTORS.items()}
            wrong = [key for key, value in confidences.items() if (value > DETECTORS[key].threshold) != face]
            row = {"photograph": name, "shows": _PHOTOGRAPHS[name]["shows"], "face": face}
            rows.append(row | confidences | {"wrong": ", ".join(wrong)})
    return pd.DataFrame(rows)


def crop_check(each: int = 100) -> pd.DataFrame:
    """Every detector on small real crops: `detector, kind, pictures, detected, rate, low, high, seconds`.

    each: how many crops with a face, and how many without, at most 100. seconds: the median over crops.

    scikit-image's `lfw_subset` (Labeled Faces in the Wild): 100 frontal faces and 100 pieces of background, of which a
    few hold a part of a face; 25 × 25 grey pixels, without names. The crop's edge is repeated over a border of 6 px,
    since detectors expect some room around a face.
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
