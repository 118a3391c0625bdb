"""Cameras: how pictures are taken and treated afterwards, watermark and border included."""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np

from lib.twin.drawing.draws import pick
from lib.twin.drawing.textures import Colour


@dataclass(frozen=True)
class Camera:
    """How pictures are taken and treated afterwards. `quality` is for `write_jpeg`; `render` does not compress."""

    field: float  # of view, radians
    exposure: float  # 1 is neutral
    balance: tuple[float, float, float]  # gains of R, G, B
    contrast: float
    saturation: float
    noise: float  # standard deviation, grey levels
    blur: float  # pixels at 224
    vignette: float  # 0..1 lost in the corners
    tilt: float  # radians
    shift: tuple[float, float]  # of the optical axis, shares of the picture (crop)
    mirrored: bool
    quality: int  # JPEG
    mark: str  # watermark: none, bar, disc, ring, star, stripes, corner
    mark_place: tuple[float, float]  # its middle, shares of the picture
    mark_size: float  # share of the picture
    mark_colour: Colour
    mark_strength: float
    border: str  # none, white, black, instant, round
    filter: str  # none, warm, cool, faded, sepia, grey

    @classmethod
    def draw(cls, rng: np.random.Generator) -> Camera:
        """A new camera with its owner's habits."""
        u, normal = rng.uniform, rng.normal
        warm = float(normal(0, 0.05))
        return cls(
            field=float(u(0.92, 1.2)),
            exposure=float(np.exp(normal(0, 0.13))),
            balance=(1 + warm, 1 + float(normal(0, 0.012)), 1 - warm),
            contrast=float(u(0.95, 1.28)),
            saturation=float(u(0.8, 1.25)),
            noise=float(min(9.0, rng.gamma(1.3, 1.7))),
            blur=float(max(0.0, normal(0.2, 0.35))),
            vignette=float(u(0, 0.4)),
            tilt=float(normal(0, 0.022)),
            shift=tuple(normal(0, 0.035, 2).tolist()),
            mirrored=bool(rng.random() < 0.12),
            quality=int(rng.integers(55, 96)),
            mark=pick(rng, *["none"] * 6, "bar", "disc", "ring", "star", "stripes", "corner"),
            mark_place=(
                pick(rng, 0.15, 0.85) + float(u(-0.05, 0.05)),
                pick(rng, 0.12, 0.88, 0.88) + float(u(-0.03, 0.03)),
            ),
            mark_size=float(u(0.05, 0.095)),
            mark_colour=pick(rng, (255, 255, 255), (20, 20, 20), (200, 60, 60), (60, 110, 180), (235, 190, 70)),
            mark_strength=float(u(0.35, 0.9)),
            border=pick(rng, *["none"] * 12, "white", "black", "instant", "round"),
            filter=pick(rng, *["none"] * 12, "warm", "cool", "faded", "sepia", "grey"),
        )


_FILTERS = {  # gains of R, G, B; lift of the blacks; colour kept
    "none": ((1.0, 1.0, 1.0), 0, 1.0),
    "warm": ((1.08, 1.0, 0.86), 6, 0.95),
    "cool": ((0.93, 1.0, 1.1), 0, 0.95),
    "faded": ((0.92, 0.92, 0.94), 26, 0.7),
    "sepia": ((1.1, 0.98, 0.8), 8, 0.18),
    "grey": ((1.0, 1.0, 1.0), 0, 0.0),
}


def developed(image: np.ndarray, camera: Camera, gain: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Exposure, colour, optics, noise, and what the owner adds: filter, watermark, border."""
    size = len(image)
    if camera.mirrored:
        image = image[:, ::-1]
    if camera.blur * size / 224 > 0.25:
        image = cv2.GaussianBlur(image, (0, 0), camera.blur * size / 224)
    tint, lift, kept = _FILTERS[camera.filter]
    tone = np.asarray(camera.balance) * gain * tint * (138 / (float(image.mean()) + 1)) ** 0.7 * camera.exposure
    tone = tone if kept else np.full(3, tone.mean())  # a grey picture has no tint
    share = camera.saturation * kept
    matrix = camera.contrast * (share * np.eye(3) + (1 - share) * np.array([0.3, 0.59, 0.11]))
    matrix = matrix * tone if kept > 0.5 else matrix * tone[:, None]  # tints after the colours went
    offset = np.full((3, 1), 128 * (1 - camera.contrast) + lift)
    light: np.ndarray = cv2.transform(image.astype(np.float32), np.hstack([matrix, offset]).astype(np.float32))
    if camera.vignette > 0.02:
        ramp = (np.arange(size, dtype=np.float32) + 0.5) / size * 2 - 1
        light *= (1 - camera.vignette * ((ramp[:, None] ** 2 + ramp**2) / 2) ** 1.3)[..., None]
    noise = rng.standard_normal((size, size, 3), np.float32)
    light += camera.noise * (0.75 * noise[..., :1] + 0.5 * kept * noise)
    light = np.where(light > 225, 225 + (light - 225) * 0.55, light)  # highlights roll off
    out = np.clip(light + 0.5, 0, 255).astype(np.uint8)
    _mark(out, camera)
    _frame(out, camera)
    return out


def _mark(image: np.ndarray, camera: Camera) -> None:
    """The watermark: a shape without words, of one colour, half see-through."""
    size, layer, turn = len(image), image.copy(), np.arange(20) * math.pi / 10
    (x, y), r = (c * size for c in camera.mark_place), camera.mark_size * size
    circle, ends = np.stack([np.cos(turn), np.sin(turn)], 1), np.array([(-1, -1), (1, -1), (1, 1), (-1, 1)])
    if camera.mark == "none":
        return
    if camera.mark == "bar":
        shapes = [ends * (1.3, 0.3)] + [ends * (0.09, 0.14) + (0.42 * k - 0.84, 0) for k in range(5)]  # with holes
    elif camera.mark == "star":
        shapes = [circle[::2] @ [[0, -1], [1, 0]] * np.where(np.arange(10) % 2, 0.42, 1.0)[:, None]]
    elif camera.mark == "stripes":
        shapes = [ends * (1 - 0.2 * k, 0.12) + (-0.2 * k, 0.42 * (k - 1)) for k in range(3)]
    elif camera.mark == "corner":  # a ribbon over it
        sides = np.array([1 if c < size / 2 else -1 for c in (x, y)])
        x, y = (0 if c < size / 2 else size for c in (x, y))
        shapes = [np.array([(1.2, 0), (2, 0), (0, 2), (0, 1.2)]) * sides]
    else:
        shapes = [circle, circle * 0.68] if camera.mark == "ring" else [circle]
    points = [np.rint((shape * r + (x, y)) * 16).astype(np.int32) for shape in shapes]
    cv2.fillPoly(layer, points, camera.mark_colour, cv2.LINE_AA, shift=4)
    image[:] = cv2.addWeighted(layer, camera.mark_strength, image, 1 - camera.mark_strength, 0)


def _frame(image: np.ndarray, camera: Camera) -> None:
    size = len(image)
    rim = max(1, round(0.025 * size))
    if camera.border in ("white", "black", "instant"):
        colour = (14, 14, 14) if camera.border == "black" else (247, 246, 242)
        image[:rim], image[:, :rim], image[:, -rim:] = colour, colour, colour
        image[-(rim if camera.border != "instant" else 4 * rim) :] = colour
    elif camera.border == "round":
        mask = np.zeros((size, size), np.uint8)
        k = 4 * rim
        cv2.rectangle(mask, (k, 0), (size - 1 - k, size - 1), 255, -1)
        cv2.rectangle(mask, (0, k), (size - 1, size - 1 - k), 255, -1)
        for x in (k, size - 1 - k):
            for y in (k, size - 1 - k):
                cv2.circle(mask, (x, y), k, 255, -1)
        image[mask == 0] = (250, 250, 250)
