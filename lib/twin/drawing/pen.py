"""A pen for shaded shapes: flat, soft-edged and rounded ones, and the outlines that people are drawn with.

Measures are in heads: the chin at (0, 0), the crown at (0, −1), y down.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import TypeAlias

import cv2
import numpy as np
from numpy.typing import ArrayLike

Ink: TypeAlias = "Sequence[float] | np.ndarray"
"""A colour, RGB 0 to 255."""
Point: TypeAlias = "Sequence[float] | np.ndarray"
Bands: TypeAlias = tuple[Ink, float]
"""Stripes of another colour: the colour, and heads a pair of stripes."""


class Pen:
    """Draws shapes given in heads onto an image: the chin at (x, y), `unit` pixels a head, tilted by degrees."""

    def __init__(self, image: np.ndarray, x: float, y: float, unit: float, tilt: float, light: Iterable[float]) -> None:
        self.image, self.unit, self.light = image, unit, tuple(float(part) for part in light)
        c, s = math.cos(math.radians(tilt)) * unit, math.sin(math.radians(tilt)) * unit
        self.matrix, self.place = np.array([[c, -s], [s, c]]), np.array([x, y])

    def pixels(self, points: ArrayLike) -> np.ndarray:
        """Points (n, 2) in pixels of the image."""
        pixels: np.ndarray = np.asarray(points, float) @ self.matrix.T + self.place
        return pixels

    def _spots(self, points: ArrayLike) -> np.ndarray:
        """Points in sixteenths of a pixel, as OpenCV takes them with `shift=4`."""
        spots: np.ndarray = np.rint(self.pixels(points) * 16).astype(np.int32)
        return spots

    def _lit(self, colour: Ink) -> list[float]:
        return [min(255.0, float(c) * part) for c, part in zip(colour, self.light, strict=True)]

    def ink(self, points: ArrayLike, colour: Ink) -> None:
        """A flat shape."""
        cv2.fillPoly(self.image, [self._spots(points)], self._lit(colour), cv2.LINE_AA, shift=4)

    def line(self, points: ArrayLike, colour: Ink, width: float) -> None:
        """An open line, `width` in heads."""
        thickness = max(1, round(width * self.unit))
        cv2.polylines(self.image, [self._spots(points)], False, self._lit(colour), thickness, cv2.LINE_AA, shift=4)

    def mask(self, points: ArrayLike, margin: float) -> tuple[np.ndarray, np.ndarray, int] | None:
        """(mask of a shape, the image under it, the first row), or None outside the image; `margin` in pixels."""
        spots, (h, w) = self._spots(points), self.image.shape[:2]
        left, top, wide, high = (edge / 16 for edge in cv2.boundingRect(spots))
        x0, y0 = max(math.floor(left - margin), 0), max(math.floor(top - margin), 0)
        x1, y1 = min(math.ceil(left + wide + margin) + 1, w), min(math.ceil(top + high + margin) + 1, h)
        if x1 - x0 < 2 or y1 - y0 < 2:
            return None
        mask = np.zeros((y1 - y0, x1 - x0), np.uint8)
        cv2.fillPoly(mask, [spots - np.array([x0, y0], np.int32) * 16], 255, shift=4)
        return mask, self.image[y0:y1, x0:x1], y0

    def soft(self, points: ArrayLike, colour: Ink, strength: float, blur: float) -> None:
        """A shape with a blurred rim (`blur` in heads), laid over at `strength`."""
        sigma = blur * self.unit
        if masked := self.mask(points, 2.5 * max(0.5, sigma)):
            mask, region, _ = masked
            if sigma > 0.7:
                mask = cv2.GaussianBlur(mask, (0, 0), sigma)
            # OpenCV takes a number here, which its stubs don't know.
            share = cv2.multiply(mask, strength / 255, dtype=cv2.CV_32F)  # type: ignore[call-overload]
            weight = cv2.merge([share] * 3)
            region[:] = region + weight * (np.array(self._lit(colour), np.float32) - region)

    def form(
        self, points: ArrayLike, colour: Ink, blur: float = 0.12, depth: float = 0.5, bands: Bands | None = None
    ) -> None:
        """A rounded shape, darker by `depth` towards its rim (`blur` heads wide), lit from the upper left; `bands` of
        another colour: (colour, heads a pair of stripes)."""
        if not (masked := self.mask(points, 0)):
            return
        (mask, region, y0), sigma = masked, max(0.6, blur * self.unit)
        (h, w), pad, step = mask.shape, int(2 * sigma), max(1, int(blur * self.unit / 2.5))
        wide, k = 2 * round(1.3 * sigma / step) + 1, min(pad, int(sigma * 0.6))
        shade = cv2.copyMakeBorder(mask, pad, pad, pad, pad, cv2.BORDER_CONSTANT)
        small = max(2, shade.shape[1] // step), max(2, shade.shape[0] // step)
        shade = cv2.blur(cv2.resize(shade, small, interpolation=cv2.INTER_AREA), (wide, wide))
        shade = cv2.resize(shade, (w + 2 * pad, h + 2 * pad), interpolation=cv2.INTER_LINEAR)
        shade = shade[pad + k // 2 : pad + k // 2 + h, pad + k : pad + k + w]
        cv2.copyTo(self._shaded(shade, colour, depth), mask, region)
        if bands:
            mask[(np.arange(h) + y0 - self.place[1]) / (bands[1] * self.unit) % 1 < 0.5] = 0
            cv2.copyTo(self._shaded(shade, bands[0], depth), mask, region)

    def _shaded(self, shade: np.ndarray, colour: Ink, depth: float) -> np.ndarray:
        return cv2.merge(
            [cv2.convertScaleAbs(shade, alpha=c * depth * 1.12 / 255, beta=c * (1 - depth)) for c in self._lit(colour)]
        )


def curve(points: ArrayLike, closed: bool = True, steps: int = 6) -> np.ndarray:
    """A smooth (Catmull–Rom) curve through the points (n, 2)."""
    p = np.asarray(points, float)
    p = np.concatenate([p[-1:], p, p[:2]]) if closed else np.concatenate([p[:1], p, p[-1:]])
    t = (np.arange(steps) / steps)[:, None, None]
    a, b, c, d = p[:-3], p[1:-2], p[2:-1], p[3:]
    out: np.ndarray = 0.5 * (2 * b + (c - a) * t + (2 * a - 5 * b + 4 * c - d) * t**2 + (3 * b - a - 3 * c + d) * t**3)
    out = out.transpose(1, 0, 2).reshape(-1, 2)
    return out if closed else np.concatenate([out, p[-2:-1]])


_TURN = np.linspace(0, 2 * math.pi, 25)[:-1]
_CIRCLE = np.stack([np.cos(_TURN), np.sin(_TURN)], 1)


def disc(x: float, y: float, rx: float, ry: float | None = None) -> np.ndarray:
    """An ellipse about (x, y), by default a circle."""
    outline: np.ndarray = _CIRCLE * (rx, ry or rx) + (x, y)
    return outline


def limb(p: Point, q: Point, r: float, s: float) -> np.ndarray:
    """A tapered capsule from joint p (radius r) to joint q (radius s)."""
    return cv2.convexHull(np.concatenate([disc(p[0], p[1], r), disc(q[0], q[1], s)]).astype(np.float32))[:, 0]


def even(*points: Point) -> np.ndarray:
    """An outline, given by its right half from the top down."""
    p = np.asarray(points, float)
    return np.concatenate([p, (p[::-1] if p[0, 0] else p[:0:-1]) * (-1, 1)])


def toned(colour: Ink, gain: float, lift: float = 0.0) -> np.ndarray:
    """The colour, darker (gain < 1) or lighter."""
    return np.minimum(np.asarray(colour, float) * gain + lift, 255)
