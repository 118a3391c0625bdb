"""How faces look before light falls on them: paints with patterns and reliefs.

A pattern is a repeat of three colours. `PATTERNS` are those of textiles and wallpapers; floors and walls have others.
Colours are RGB triples, 0 to 255.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from functools import cache, lru_cache
from typing import Any, NamedTuple, TypeAlias

import cv2
import numpy as np

Colour: TypeAlias = tuple[float, ...]
Colours: TypeAlias = tuple[Colour, ...]


class Paint(NamedTuple):
    """How a face looks: a pattern of three colours repeated every `period` metres, or an image, and its relief."""

    colours: Colours  # base, second, third; RGB 0..255
    pattern: str = "plain"
    period: float = 0.3
    relief: str = "flat"  # flat, puff, folds, drape, round
    glow: float = 0.0  # 0: lit by the room only; 1: shines by itself
    image: np.ndarray | None = None  # uint8 (h, w, 3), stretched over the face instead of a pattern

    def but(self, **changes: Any) -> Paint:
        """The same paint with some properties changed."""
        return self._replace(**changes)


# Patterns ------------------------------------------------------------------------------------------------------------

PATTERNS = ("plain", "striped", "checked", "dotted", "floral", "zigzag", "diamond", "leafy", "woven")


_LEAVES = (
    (0.2, 0.25, 0.9),
    (0.55, 0.2, -0.7),
    (0.85, 0.5, 1.0),
    (0.35, 0.62, -0.8),
    (0.7, 0.85, 0.7),
    (0.08, 0.86, -0.5),
)


def _near(u: np.ndarray, v: np.ndarray, points: Iterable[tuple[float, float]], radius: float) -> np.ndarray:
    """1 inside the discs of `radius` about `points` on the torus, 0 outside, with a soft rim."""
    out = np.zeros_like(u)
    for x, y in points:
        d = np.hypot((u - x + 0.5) % 1 - 0.5, (v - y + 0.5) % 1 - 0.5)
        out = np.maximum(out, np.clip((radius - d) * 60 + 0.5, 0, 1))
    return out


def _leaf(u: np.ndarray, v: np.ndarray, x: float, y: float, angle: float, long: float, wide: float) -> np.ndarray:
    """1 inside an ellipse about (x, y) on the torus, 0 outside, with a soft rim."""
    du, dv = (u - x + 0.5) % 1 - 0.5, (v - y + 0.5) % 1 - 0.5
    s, t = du * math.cos(angle) + dv * math.sin(angle), dv * math.cos(angle) - du * math.sin(angle)
    return np.clip((1 - (s / long) ** 2 - (t / wide) ** 2) * 4, 0, 1)


@cache
def _weights(pattern: str) -> np.ndarray:
    """One repeat of a pattern: float32 (96, 96, 2), the weights of the second and third colour."""
    n = 96
    u, v = np.meshgrid((np.arange(n) + 0.5) / n, (np.arange(n) + 0.5) / n)
    noise = np.random.default_rng(len(pattern)).random((n, n))
    a: np.ndarray = np.zeros((n, n))
    b = a
    if pattern == "striped":
        a, b = (np.abs(u - 0.5) < 0.22) * 1.0, (np.abs(np.abs(u - 0.5) - 0.33) < 0.025) * 1.0
    elif pattern == "checked":
        a = 0.5 * (u < 0.5) + 0.5 * (v < 0.5)
        b = 0.8 * ((np.abs(u - 0.75) < 0.02) | (np.abs(v - 0.75) < 0.02))
    elif pattern == "dotted":
        a = _near(u, v, [(0.25, 0.25), (0.75, 0.75)], 0.12)
    elif pattern == "floral":
        for x, y, turn in ((0.28, 0.3, 0.0), (0.78, 0.74, 0.6)):
            for angle in np.arange(5) * 1.2566 + turn:
                petal = x + 0.1 * math.cos(angle), y + 0.1 * math.sin(angle)
                a = np.maximum(a, _leaf(u, v, *petal, angle, 0.1, 0.062))
        b = np.maximum(
            _near(u, v, [(0.28, 0.3), (0.78, 0.74)], 0.045),
            np.maximum(_leaf(u, v, 0.62, 0.28, 0.8, 0.12, 0.04), _leaf(u, v, 0.2, 0.76, -0.7, 0.12, 0.04)),
        )
    elif pattern == "zigzag":
        a = ((v * 3 + 1.2 * np.abs(u * 2 % 1 - 0.5)) % 1 < 0.42) * 1.0
    elif pattern == "diamond":
        d = np.abs(u - 0.5) + np.abs(v - 0.5)
        a, b = (d < 0.4) * 1.0, (d < 0.17) * 1.0
    elif pattern == "leafy":
        for k, (x, y, turn) in enumerate(_LEAVES):
            leaf = _leaf(u, v, x, y, turn, 0.17, 0.066)
            a, b = (np.maximum(a, leaf), b) if k % 2 else (a, np.maximum(b, leaf))
    elif pattern == "woven":
        a = 0.3 * ((np.floor(u * 8) + np.floor(v * 8)) % 2) + 0.15 * noise
    elif pattern == "planks":  # five boards of a floor, each with its own tone, grain and end joint
        board = np.floor(u * 5).astype(int)
        grain = cv2.GaussianBlur(noise, (0, 0), sigmaX=0.8, sigmaY=14)
        end = (v + np.array([0, 0.45, 0.2, 0.7, 0.55])[board]) % 1
        a = np.array([0.1, 0.6, 0.3, 0.8, 0.4])[board] + 0.25 * grain - 0.1
        b = 0.75 * ((u * 5 % 1 < 0.05) | (np.abs(end - 0.5) < 0.006))
    elif pattern == "parquet":  # squares of four staves, turned in alternation
        turned = (np.floor(u * 2) + np.floor(v * 2)) % 2
        along, cell = np.where(turned, u, v) * 8 % 1, np.floor(np.where(turned, u, v) * 8)
        a, b = 0.25 + 0.3 * turned + 0.25 * (cell % 3 == 0), 0.5 * (along < 0.09)
    elif pattern == "tiles":
        a = 0.35 * ((np.floor(u * 2) + 2 * np.floor(v * 2)) % 3 == 1) + 0.1 * noise
        b = 1.0 * ((u * 2 % 1 < 0.05) | (v * 2 % 1 < 0.05))
    elif pattern == "chequer":
        a, b = ((u < 0.5) ^ (v < 0.5)) * 1.0, 0.7 * ((u * 2 % 1 < 0.03) | (v * 2 % 1 < 0.03))
    elif pattern == "bricks":
        row = np.floor(v * 4)
        b = 1.0 * ((v * 4 % 1 < 0.09) | ((u * 2 + 0.5 * (row % 2)) % 1 < 0.045))
        a = 0.3 * ((np.floor(u * 2 + 0.5 * (row % 2)) + row) % 3 == 0)
    elif pattern == "carpet":
        a = 0.7 * cv2.GaussianBlur(noise, (0, 0), 1.0) + 0.1 * noise
    elif pattern == "grain":
        a = np.clip(cv2.GaussianBlur(noise, (0, 0), sigmaX=20, sigmaY=1.2) * 3.2 - 1.1, 0, 1)
    elif pattern == "panels":
        b = 0.55 * (u * 4 % 1 < 0.035) + 0.25 * (u * 4 % 1 > 0.965)
    elif pattern != "plain":
        raise ValueError(f"unknown pattern {pattern!r}")
    b = np.clip(b, 0, 1)
    return np.stack([np.clip(a, 0, 1) * (1 - b), b], -1).astype(np.float32)


@cache
def relief(kind: str) -> np.ndarray:
    """float32 (48, 48, 1): how strongly the parts of a face with this relief catch the light."""
    v, u = np.meshgrid(np.linspace(-1, 1, 48), np.linspace(-1, 1, 48), indexing="ij")
    if kind == "puff":
        out = 1.04 - 0.2 * u**4 - 0.24 * v**4 - 0.07 * v
    elif kind == "folds":
        out = 0.95 + 0.13 * np.sin(u * 17 + 1.3 * np.sin(3 * u)) + 0.05 * np.sin(u * 41 + v)
    elif kind == "drape":
        out = 1.0 - 0.1 * v + 0.07 * np.sin(u * 15 + np.sin(4 * u)) * (v + 1) / 2
    elif kind == "round":
        out = 0.62 + 0.45 * np.sqrt(np.clip(1 - (u * 0.9 + 0.25) ** 2, 0, 1))
    else:
        out = np.ones_like(u)
    return out.astype(np.float32)[..., None]


_SIZES = (3, 4, 6, 8, 12, 16, 24, 32, 48, 64, 96, 128, 192, 256)  # pixels of one repeat of a pattern


@lru_cache(maxsize=1024)
def _tile(colours: Colours, pattern: str, n: int) -> np.ndarray:
    """One repeat of a pattern in its colours: uint8 (n, n, 3)."""
    base, second, third = np.asarray(colours, np.float32)
    weights = cv2.resize(_weights(pattern), (n, n), interpolation=cv2.INTER_AREA)
    colour = base + weights[..., :1] * (second - base) + weights[..., 1:] * (third - base)
    tile: np.ndarray = np.clip(colour + 0.5, 0, 255).astype(np.uint8)
    return tile


def mean(paint: Paint) -> np.ndarray:
    """The colour of a face seen from far away, (3,)."""
    base, second, third = np.asarray(paint.colours, float)
    colour: np.ndarray = base
    if paint.image is not None:
        colour = paint.image.reshape(-1, 3).mean(0)
    elif paint.pattern != "plain":
        a, b = _shares(paint.pattern)
        colour = base + a * (second - base) + b * (third - base)
    return colour


@cache
def _shares(pattern: str) -> tuple[float, float]:
    a, b = _weights(pattern).mean((0, 1)).tolist()
    return a, b


def texture(paint: Paint, metres: tuple[float, float], density: float) -> tuple[np.ndarray, float, float]:
    """A face of `metres` (across, down) at about `density` pixels a metre, unlit: uint8 (h, w, 3), and how many of its
    pixels (across, down; not whole numbers) the face takes."""
    if paint.image is not None:
        image = paint.image
        h, w = image.shape[:2]
        if metres[0] * density < 0.6 * w:  # shrink it first, or the warp would skip pixels
            w, h = max(2, round(metres[0] * density)), max(2, round(metres[1] * density))
            image = cv2.resize(image, (w, h), interpolation=cv2.INTER_AREA)
        return image, w, h
    pixels = paint.period * min(density, 480 / max(metres))
    n = min(_SIZES, key=lambda size: abs(size - pixels))
    across, down = (max(1.0, m / paint.period * n) for m in metres)
    tile = _tile(paint.colours, paint.pattern, n)
    return cv2.repeat(tile, int(down // n) + 1, int(across // n) + 1)[: int(down) + 1, : int(across) + 1], across, down
