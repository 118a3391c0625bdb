"""Face embeddings as features of vendors: how much a face recogniser's vectors tell of who *posts* an ad (MATCHED A.4).

The paper tried four networks (VGG-Face2, ArcFace, FaceNet512, GhostFaceNet) as classifiers of vendors and reports,
without numbers, that they struggle. **They are never used here to identify a person**: their vectors are frozen
features of a picture, under one linear layer over vendors. On sensitive data they run only when the parameters say
`face_embeddings: true`, since vectors of faces are biometric data.

As in the authors' code the largest face is embedded where one is found, else the whole picture.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from lib.core import cached
from lib.core.errors import DataError
from lib.core.files import package, sha256
from lib.data import face_detection, image_arrays
from lib.models import canary
from lib.models.encoders import FrozenFeatures
from lib.models.weights import error_summary
from lib.study.config import FACE_NETWORKS

SIDES = dict(zip(FACE_NETWORKS, (150, 224, 112, 160, 112), strict=True))
"""The side of each network's input, in pixels."""
PADDING = 0.25
"""Margin kept around a face, as a share of its size (dlib's own)."""


class FaceFeatures(FrozenFeatures):
    """A face network by name, with the file of its weights (dlib's own format, or ONNX).

    Raises DataError when the file is missing or can't be read as a network, when a vector is not finite, and when two
    pictures that have nothing in common have the same vector.
    """

    def __init__(self, name: str, file: Path) -> None:
        self.name, self.file, self.side = name, file, SIDES[name]
        try:
            self._embed = _dlib(file) if name == "dlib-face" else _onnx(file, self.side)
            black = self.embed(np.zeros((self.side, self.side, 3), np.uint8))
            coloured = self.embed(canary.known_picture(self.side))
        except (OSError, RuntimeError, ValueError, TypeError, cv2.error) as error:
            raise DataError(f"{file}: this is no face network that can be read ({error_summary(error)}).") from error
        if not (np.isfinite(black).all() and np.isfinite(coloured).all()):
            raise DataError(
                f"{file}: this network's vectors are not finite (NaN or infinity). Its weights are broken; take others."
            )
        if len(black) != len(coloured) or np.allclose(black, coloured, rtol=1e-6, atol=0):
            raise DataError(
                f"{file}: this network doesn't see: a black picture and a coloured one have the same vector. Take "
                "another file."
            )
        super().__init__(len(black))

    def embed(self, chip: np.ndarray) -> np.ndarray:
        """A cropped face, (side, side, 3) uint8 RGB -> its vector (dimensions,)."""
        vector: np.ndarray = self._embed(chip)
        return vector

    def of(self, images: Sequence[Path], cache: Path, fingerprint: str, digests: Sequence[str] = ()) -> np.ndarray:
        """Vectors of picture files, (n, dimensions) float32.

        They are kept in `cache`, keyed by the data's `fingerprint`, the weights' hash and the code that decodes
        pictures. digests: the SHA-256 of each file. Raises DataError as `lib.data.image_arrays.read` does.
        """
        path = cache / f"{fingerprint[:16]}-{self.name}-{sha256(self.file)[:8]}-{image_arrays.rules()[:8]}.npy"
        pictures = map(image_arrays.read, images, digests or [""] * len(images))
        faces = (_face(picture, SIDES[self.name]) for picture in pictures)
        return cached.array(path, lambda: np.stack([self.embed(face) for face in faces]).astype(np.float32))


def _face(image: np.ndarray, side: int) -> np.ndarray:
    """The largest face, upright, (side, side, 3) uint8 RGB; the whole picture where none is found."""
    import dlib

    sized = face_detection.sized(image, face_detection.DETECTORS["HOG"].side)
    boxes, margins, _ = face_detection.frontal_detector().run(sized, 0, face_detection.DETECTORS["HOG"].threshold)
    if not boxes:
        return cv2.resize(image, (side, side), interpolation=cv2.INTER_AREA)
    # The detector's boxes have a few sizes, give or take a pixel: of one size the most confident is taken.
    _, best = max(zip(margins, boxes, strict=True), key=lambda face: (round(math.log2(face[1].area()), 1), face[0]))
    chip: np.ndarray = dlib.get_face_chip(sized, _landmarks()(sized, best), size=side, padding=PADDING)
    return chip


@functools.cache
def _landmarks() -> Any:
    import dlib

    return dlib.shape_predictor(
        str(package("face_recognition_models") / "models" / "shape_predictor_5_face_landmarks.dat")
    )


def _dlib(file: Path) -> Callable[[np.ndarray], np.ndarray]:
    import dlib

    network = dlib.face_recognition_model_v1(str(file))
    return lambda chip: np.array(network.compute_face_descriptor(np.ascontiguousarray(chip)))


def _onnx(file: Path, side: int) -> Callable[[np.ndarray], np.ndarray]:
    _check_onnx(file, side)
    network = cv2.dnn.readNetFromONNX(str(file))

    def embed(chip: np.ndarray) -> np.ndarray:
        network.setInput(cv2.dnn.blobFromImage(chip, 1 / 127.5, (side, side), (127.5,) * 3))
        output: np.ndarray = network.forward()
        return output.ravel()

    return embed


def _check_onnx(file: Path, side: int) -> None:
    """Raises ValueError for a network whose input isn't one picture of `side` pixels in three colours, which OpenCV
    would run all the same, and for weights that are not finite or stored in another file."""
    import onnx
    from google.protobuf.message import DecodeError
    from onnx import numpy_helper

    try:
        graph = onnx.load(str(file), load_external_data=False).graph
    except DecodeError as error:
        raise ValueError("not ONNX") from error
    weights = {tensor.name: tensor for tensor in graph.initializer}
    inputs = [node for node in graph.input if node.name not in weights]
    # None is a dimension of any size.
    shapes = [[size.dim_value or None for size in node.type.tensor_type.shape.dim] for node in inputs]
    expected = (3, side, side)
    if [len(shape) for shape in shapes] != [4] or any(
        size not in (None, wanted) for size, wanted in zip(shapes[0][1:], expected, strict=True)
    ):
        raise ValueError(f"it must take one input of the shape 1 x 3 x {side} x {side}, and takes {shapes}")
    for name, tensor in weights.items():
        if tensor.data_location == onnx.TensorProto.EXTERNAL:
            raise ValueError(f"the tensor {name} lies in another file; save the network as one")
        if not np.isfinite(numpy_helper.to_array(tensor).astype(np.float64)).all():
            raise ValueError(f"the tensor {name} holds values that are not finite")
