"""Small pictures that hang or stand in furniture: prints, the view of a window, fronts of drawers, books, screens.

Each is uint8 (h, w, 3) RGB, made once for its arguments. Colours are RGB triples, 0 to 255.
"""

from __future__ import annotations

from functools import lru_cache

import cv2
import numpy as np

from lib.twin.drawing.textures import Colour, Colours

_SKIES = (((26, 32, 58), (58, 60, 88)), ((120, 130, 175), (245, 190, 150)), ((176, 208, 240), (240, 246, 250)))
"""At night, at dusk and by day: its colours at the top and low down."""
_HOUSES = ((196, 176, 160), (170, 160, 158), (186, 150, 130), (205, 200, 190))


@lru_cache(maxsize=256)
def artwork(style: str, colours: Colours, seed: int) -> np.ndarray:
    """A small picture for a frame: uint8 (72, 72, 3)."""
    rng = np.random.default_rng(seed)
    tones = [tuple(float(c) for c in colour) for colour in colours]
    image: np.ndarray = np.full((72, 72, 3), tones[0], np.uint8)
    if style == "landscape":
        image[:] = np.linspace(np.array(tones[0]) * 0.9, np.minimum(np.array(tones[0]) * 1.15, 255), 72)[:, None]
        x, y, r = int(rng.integers(15, 57)), int(rng.integers(12, 30)), int(rng.integers(4, 9))
        cv2.circle(image, (x, y), r, tones[3], -1, cv2.LINE_AA)
        for k in range(3):
            y, turn = 34 + 11 * k, rng.uniform(0, 6)
            xs = np.arange(-1, 74)
            ridge = y + 7 * np.sin(xs / rng.uniform(7, 16) + turn) + 3 * np.sin(xs / 4 + turn)
            hill = np.stack([np.r_[xs, 73, -1], np.r_[ridge, 73, 73]], 1).astype(np.int32)
            cv2.fillPoly(image, [hill], [c * (0.95 - 0.16 * k) for c in tones[1 + k % 2]], cv2.LINE_AA)
    elif style == "botanical":
        cv2.line(image, (36, 68), (36, 14), tones[4], 1, cv2.LINE_AA)
        for k in range(7):
            side = 1 if k % 2 else -1
            middle, axes, turn = (36 + side * 10, 58 - 7 * k), (11 - k // 2, 4), -side * float(rng.uniform(20, 45))
            cv2.ellipse(image, middle, axes, turn, 0, 360, tones[1 + k % 3], -1, cv2.LINE_AA)
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
            wave = 12 + 12 * k + 6 * np.sin(np.linspace(0, rng.uniform(3, 9), 20) + rng.uniform(0, 6))
            points = np.stack([np.linspace(-2, 74, 20), wave], 1).astype(np.int32)
            cv2.polylines(image, [points], False, tones[1 + k % 4], int(rng.integers(1, 5)), cv2.LINE_AA)
    else:  # abstract: soft blocks
        for k in range(5):
            x, y, w, h = (int(c) for c in rng.integers([-5, -5, 16, 12], [50, 50, 48, 40]))
            middle, axes, turn = (x + w // 2, y + h // 2), (w // 2, h // 2), float(rng.uniform(0, 90))
            cv2.ellipse(image, middle, axes, turn, 0, 360, tones[1 + k % 4], -1, cv2.LINE_AA)
        image = cv2.GaussianBlur(image, (0, 0), 1.1)
    return image


@lru_cache(maxsize=512)
def outdoors(view: str, day: int, seed: int) -> np.ndarray:
    """What a window shows: uint8 (96, 72, 3); `view` is garden, street or sky, `day` 0 (night) to 2 (day)."""
    rng = np.random.default_rng(seed)
    top, low = _SKIES[day]
    image = np.linspace(top, low, 96)[:, None].repeat(72, 1)
    gain = (0.22, 0.6, 1.0)[day]
    if view == "street":
        x = -4
        while x < 72:
            w, h = int(rng.integers(12, 24)), int(rng.integers(28, 70))
            wall = np.array(rng.choice(_HOUSES)) * gain
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
def front(colour: Colour, rows: int, columns: int, knob: Colour) -> np.ndarray:
    """A front of drawers or doors with knobs: uint8 (36·rows, 36·columns, 3)."""
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
def shelf_of_books(colours: Colours, back: Colour, seed: int) -> np.ndarray:
    """One shelf with books and a few gaps: uint8 (40, 96, 3)."""
    rng = np.random.default_rng(seed)
    image = np.full((40, 96, 3), np.asarray(back) * 0.62, np.uint8)
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
    """A screen that is off, shows something to read or a sky: uint8 (36, 60, 3)."""
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
