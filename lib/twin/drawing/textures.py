"""How faces look before light falls on them: patterns, reliefs, and the small pictures that hang or stand in furniture.

A pattern is a repeat of three colours (`PATTERNS` are those of textiles and wallpapers; floors and walls have their
own); a picture is uint8 RGB, made once for its arguments. Colours are RGB triples of floats, 0 to 255.
"""

from __future__ import annotations

import math
from functools import cache, lru_cache
from typing import Any, NamedTuple

import cv2
import numpy as np


class Paint(NamedTuple):
    """How a face looks: a pattern of three colours repeated every `period` metres, or an image, and its relief."""

    colours: tuple  # base, second, third; RGB 0..255
    pattern: str = "plain"
    period: float = 0.3
    relief: str = "flat"  # flat, puff, folds, drape, round
    glow: float = 0.0  # 0: lit by the room only; 1: shines by itself
    image: Any = None  # uint8 (h, w, 3), stretched over the face instead of a pattern

    def but(self, **changes) -> Paint:
        """The same paint with some properties changed."""
        return self._replace(**changes)


# Patterns ------------------------------------------------------------------------------------------------------------

PATTERNS = ("plain", "striped", "checked", "dotted", "floral", "zigzag", "diamond", "leafy", "woven")


def _near(u, v, points, radius):
    """1 inside the discs of `radius` about `points` on the torus, 0 outside, with a soft rim."""
    out = np.zeros_like(u)
    for x, y in points:
        d = np.hypot((u - x + 0.5) % 1 - 0.5, (v - y + 0.5) % 1 - 0.5)
        out = np.maximum(out, np.clip((radius - d) * 60 + 0.5, 0, 1))
    return out


def _leaf(u, v, x, y, angle, long, wide):
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
        for k, (x, y, turn) in enumerate(
            (
                (0.2, 0.25, 0.9),
                (0.55, 0.2, -0.7),
                (0.85, 0.5, 1.0),
                (0.35, 0.62, -0.8),
                (0.7, 0.85, 0.7),
                (0.08, 0.86, -0.5),
            )
        ):
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
def _tile(colours: tuple, pattern: str, n: int) -> np.ndarray:
    """One repeat of a pattern in its colours: uint8 (n, n, 3)."""
    base, second, third = np.asarray(colours, np.float32)
    weights = cv2.resize(_weights(pattern), (n, n), interpolation=cv2.INTER_AREA)
    colour = base + weights[..., :1] * (second - base) + weights[..., 1:] * (third - base)
    return np.clip(colour + 0.5, 0, 255).astype(np.uint8)


def mean(paint: Paint) -> np.ndarray:
    """The colour of a face seen from far away, (3,)."""
    if paint.image is not None:
        return paint.image.reshape(-1, 3).mean(0)
    base, second, third = np.asarray(paint.colours, float)
    if paint.pattern == "plain":
        return base
    a, b = _share(paint.pattern)
    return base + a * (second - base) + b * (third - base)


@cache
def _share(pattern: str) -> tuple:
    return tuple(float(x) for x in _weights(pattern).mean((0, 1)))


def texture(paint: Paint, metres: tuple, density: float) -> tuple[np.ndarray, float, float]:
    """A face of `metres` (across, down) at about `density` pixels a metre, unlit: uint8 (h, w, 3), and how many of its
    pixels (across, down; not whole numbers) the face takes."""
    if paint.image is not None:
        image = paint.image
        h, w = image.shape[:2]
        if metres[0] * density < 0.6 * w:  # shrink it first, or the warp would skip pixels
            w, h = max(2, round(metres[0] * density)), max(2, round(metres[1] * density))
            image = cv2.resize(image, (w, h), interpolation=cv2.INTER_AREA)
        return image, w, h
    wanted = paint.period * min(density, 480 / max(metres))
    n = min(_SIZES, key=lambda size: abs(size - wanted))
    across, down = (max(1.0, m / paint.period * n) for m in metres)
    tile = _tile(paint.colours, paint.pattern, n)
    return cv2.repeat(tile, int(down // n) + 1, int(across // n) + 1)[: int(down) + 1, : int(across) + 1], across, down


# Pictures ------------------------------------------------------------------------------------------------------------


@lru_cache(maxsize=256)
def artwork(style: str, colours: tuple, seed: int) -> np.ndarray:
    """A small picture for a frame: uint8 (72, 72, 3)."""
    rng = np.random.default_rng(seed)
    tones = [tuple(float(c) for c in colour) for colour in colours]
    image: np.ndarray = np.empty((72, 72, 3), np.uint8)
    image[:] = tones[0]
    if style == "landscape":
        image[:] = np.linspace(np.array(tones[0]) * 0.9, np.minimum(np.array(tones[0]) * 1.15, 255), 72)[:, None]
        cv2.circle(
            image,
            (int(rng.integers(15, 57)), int(rng.integers(12, 30))),
            int(rng.integers(4, 9)),
            tones[3],
            -1,
            cv2.LINE_AA,
        )
        for k in range(3):
            y, turn = 34 + 11 * k, rng.uniform(0, 6)
            xs = np.arange(-1, 74)
            ridge = y + 7 * np.sin(xs / rng.uniform(7, 16) + turn) + 3 * np.sin(xs / 4 + turn)
            hill = np.stack([np.r_[xs, 73, -1], np.r_[ridge, 73, 73]], 1).astype(np.int32)
            cv2.fillPoly(image, [hill], [c * (0.95 - 0.16 * k) for c in tones[1 + k % 2]], cv2.LINE_AA)
    elif style == "botanical":
        cv2.line(image, (36, 68), (36, 14), tones[4], 1, cv2.LINE_AA)
        for k in range(7):
            y, side = 62 - 7 * k, 1 if k % 2 else -1
            cv2.ellipse(
                image,
                (36 + side * 10, y - 4),
                (11 - k // 2, 4),
                -side * float(rng.uniform(20, 45)),
                0,
                360,
                tones[1 + k % 3],
                -1,
                cv2.LINE_AA,
            )
    elif style == "geometric":
        for k in range(6):
            x, y, r = (int(c) for c in rng.integers([8, 8, 7], [64, 64, 22]))
            colour = tones[1 + k % 4]
            if rng.random() < 0.5:
                cv2.circle(image, (x, y), r, colour, -1, cv2.LINE_AA)
            else:
                cv2.rectangle(image, (x - r, y - r // 2), (x + r, y + r // 2), colour, -1)
    elif style == "wavy":
        for k in range(5):
            points = np.stack(
                [
                    np.linspace(-2, 74, 20),
                    12 + 12 * k + 6 * np.sin(np.linspace(0, rng.uniform(3, 9), 20) + rng.uniform(0, 6)),
                ],
                1,
            )
            cv2.polylines(
                image, [points.astype(np.int32)], False, tones[1 + k % 4], int(rng.integers(1, 5)), cv2.LINE_AA
            )
    else:  # abstract: soft blocks
        for k in range(5):
            x, y, w, h = (int(c) for c in rng.integers([-5, -5, 16, 12], [50, 50, 48, 40]))
            cv2.ellipse(
                image,
                (x + w // 2, y + h // 2),
                (w // 2, h // 2),
                float(rng.uniform(0, 90)),
                0,
                360,
                tones[1 + k % 4],
                -1,
                cv2.LINE_AA,
            )
        image = cv2.GaussianBlur(image, (0, 0), 1.1)
    return image


@lru_cache(maxsize=512)
def outdoors(view: str, day: int, seed: int) -> np.ndarray:
    """What a window shows: uint8 (96, 72, 3); `view` is garden, street or sky, `day` 0 (night) to 2 (day)."""
    rng = np.random.default_rng(seed)
    top, low = [((26, 32, 58), (58, 60, 88)), ((120, 130, 175), (245, 190, 150)), ((176, 208, 240), (240, 246, 250))][
        day
    ]
    image = np.linspace(top, low, 96)[:, None].repeat(72, 1)
    gain = (0.22, 0.6, 1.0)[day]
    if view == "street":
        x = -4
        while x < 72:
            w, h = int(rng.integers(12, 24)), int(rng.integers(28, 70))
            wall = np.array(rng.choice([(196, 176, 160), (170, 160, 158), (186, 150, 130), (205, 200, 190)])) * gain
            image[96 - h :, max(x, 0) : x + w] = wall
            for y in range(96 - h + 5, 92, 9):
                for k in range(max(x, 0) + 2, min(x + w, 72) - 4, 6):
                    image[y : y + 5, k : k + 3] = (250, 214, 130) if day < 2 and rng.random() < 0.5 else wall * 0.72
            x += w
    elif view == "garden":
        image[70:] = np.array((112, 150, 84)) * gain
        for _ in range(16):
            x, y, r = (int(c) for c in rng.integers([-5, 42, 8], [77, 74, 18]))
            cv2.circle(image, (x, y), r, (np.array((88, 128, 72)) * rng.uniform(0.75, 1.25) * gain).tolist(), -1)
    else:
        for _ in range(6):
            x, y, r = (int(c) for c in rng.integers([-5, 15, 8], [77, 70, 20]))
            cv2.ellipse(image, (x, y), (r, r // 3), 0, 0, 360, (np.array(low) * 0.5 + 127).tolist(), -1)
        image[84:] = np.array((120, 134, 120)) * gain
    return cv2.GaussianBlur(np.clip(image, 0, 255).astype(np.uint8), (0, 0), 1.3)


@lru_cache(maxsize=256)
def front(colour: tuple, rows: int, columns: int, knob: tuple) -> np.ndarray:
    """A front of drawers or doors with knobs: uint8 (24·rows, 24·columns, 3)."""
    image = np.full((36 * rows, 36 * columns, 3), 0, np.float32) + np.asarray(colour, np.float32)
    image += np.random.default_rng(rows * 7 + columns).normal(0, 3, (36 * rows, 1, 1)).astype(np.float32)
    image = np.clip(image, 0, 255).astype(np.uint8)
    line, shine = [c * 0.6 for c in colour], [min(255.0, c * 1.12) for c in colour]
    for r in range(rows):
        for c in range(columns):
            x, y = 36 * c, 36 * r
            cv2.rectangle(image, (x, y), (x + 35, y + 35), line, 1)
            cv2.rectangle(image, (x + 4, y + 4), (x + 31, y + 31), shine, 1)
            at = (x + 18, y + 14) if rows >= columns else (x + (30 if c % 2 == 0 else 6), y + 18)
            cv2.circle(image, at, 2, knob, -1, cv2.LINE_AA)
    return image


@lru_cache(maxsize=128)
def shelf_of_books(colours: tuple, back: tuple, seed: int) -> np.ndarray:
    """One shelf with books and a few gaps: uint8 (40, 96, 3)."""
    rng = np.random.default_rng(seed)
    image = np.empty((40, 96, 3), np.uint8)
    image[:] = np.asarray(back) * 0.62
    x = int(rng.integers(2, 8))
    while x < 88:
        if rng.random() < 0.16:
            x += int(rng.integers(8, 24))
            continue
        w, h = int(rng.integers(3, 8)), int(rng.integers(20, 35))
        colour = np.asarray(colours[int(rng.integers(len(colours)))]) * rng.uniform(0.7, 1.15)
        cv2.rectangle(image, (x, 39 - h), (min(x + w, 94), 39), np.clip(colour, 0, 255).tolist(), -1)
        cv2.line(image, (x, 39 - h), (x, 39), np.clip(colour * 0.6, 0, 255).tolist(), 1)
        x += w + 1
    return image


@lru_cache(maxsize=64)
def screen(seed: int) -> np.ndarray:
    """A screen that is off, shows something to read or a sky: (36, 60, 3)."""
    rng = np.random.default_rng(seed)
    image: np.ndarray = np.full((36, 60, 3), 238, np.uint8)
    if seed % 3 == 0:
        image[:] = (30, 32, 36)
        cv2.line(image, (4, 34), (40, 2), (52, 56, 62), 6, cv2.LINE_AA)
    elif seed % 3 == 1:
        for y in range(5, 33, 4):
            cv2.line(image, (5, y), (int(rng.integers(20, 56)), y), (150, 160, 175), 1)
    else:
        image = cv2.resize(outdoors("sky", 2, seed % 40), (60, 36))
    return image
