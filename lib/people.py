"""A drawn, clothed adult for a scene: nobody real, made of shaded shapes.

Measures are in heads (chin at (0, 0), crown at (0, -1), y down); `draw` puts the figure into a picture.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import cv2
import numpy as np

FACES = ("visible", "hidden", "cropped", "blurred")
COVERS = {"visible": ("none",), "cropped": ("none",), "hidden": ("away", "phone", "hand", "hat"), "blurred": ("blur", "pixels", "emoji", "bar")}
SKINS = ((246, 214, 190), (236, 196, 166), (222, 176, 142), (198, 148, 112), (166, 116, 84), (128, 86, 62), (96, 64, 48))
HAIRS = ((38, 30, 28), (62, 42, 32), (92, 62, 42), (132, 92, 58), (178, 138, 88), (206, 174, 122), (120, 58, 38), (142, 138, 134))
CLOTHES = ((58, 74, 104), (122, 60, 62), (70, 96, 84), (196, 186, 170), (70, 70, 76), (232, 230, 224), (186, 142, 70), (112, 130, 156), (158, 112, 128), (92, 84, 112))
TROUSERS = ((56, 66, 92), (48, 48, 54), (116, 100, 84), (88, 94, 100))
HAIR_STYLES = ("short", "bob", "long", "bun", "curly", "cropped")
POSES = ("arms down", "hand on hip", "arms crossed", "waving", "holding a mug", "holding a box")


@dataclass(frozen=True)
class Person:
    """A drawn person and how much of the face a picture of it shows (`face`, one of FACES; `cover` says by what)."""

    face: str
    cover: str
    skin: tuple
    hair: tuple
    hair_style: str
    top: tuple
    top_pattern: str  # plain, striped, shirt, apron
    bottom: tuple
    beard: bool
    glasses: bool
    build: float  # width of the body, 1 is average
    stature: float  # m
    features: tuple  # width of face, eye spacing, eye size, nose, mouth, brow: each about 1
    pose: str
    x: float  # where the head is, share of the picture's width
    head: float  # height of the head, share of the picture's height
    turn: float  # of the head, -1 (left) to 1 (right)
    tilt: float  # of the head, degrees
    smile: float  # 0..1

    @classmethod
    def draw(cls, rng: np.random.Generator, face: str = "visible") -> "Person":
        """Somebody new; `ValueError` for a `face` that is not in FACES."""
        pick = lambda options: options[int(rng.integers(len(options)))]  # noqa: E731
        blank = cls(face, "none", pick(SKINS), pick(HAIRS), pick(HAIR_STYLES), pick(CLOTHES), pick(("plain", "plain", "striped", "shirt", "apron")), pick(TROUSERS),
                    bool(rng.random() < 0.3), bool(rng.random() < 0.2), float(rng.uniform(0.88, 1.15)), float(rng.uniform(1.58, 1.86)),
                    tuple(float(f) for f in rng.uniform(0.92, 1.08, 6)), "arms down", 0.5, 0.25, 0.0, 0.0, 0.0)
        return blank.posed(rng, face)

    def posed(self, rng: np.random.Generator, face: str | None = None) -> "Person":
        """The same person in another picture: pose, place, size and, if given, `face` change; looks and clothes stay."""
        face = face or self.face
        if face not in FACES:
            raise ValueError(f"face must be one of {FACES}, not {face!r}")
        covers = COVERS[face]
        return replace(self, face=face, cover=covers[int(rng.integers(len(covers)))], pose=POSES[int(rng.integers(len(POSES)))],
                       x=float(rng.uniform(0.27, 0.73)), head=float(np.exp(rng.uniform(math.log(0.15), math.log(0.38)))),
                       turn=float(np.clip(rng.normal(0, 0.3), -0.7, 0.7)), tilt=float(np.clip(rng.normal(0, 4), -10, 10)), smile=float(rng.random()))


class _Pen:
    """Draws shaded shapes given in heads onto a uint8 RGB image, with a chin at (x, y) and `unit` pixels a head."""

    def __init__(self, image: np.ndarray, x: float, y: float, unit: float, tilt: float, light):
        self.image, self.unit, self.light = image, unit, np.asarray(light, float)
        c, s = math.cos(math.radians(tilt)) * unit, math.sin(math.radians(tilt)) * unit
        self.matrix, self.place = np.array([[c, -s], [s, c]]), np.array([x, y])

    def pixels(self, points) -> np.ndarray:
        return np.asarray(points, float) @ self.matrix.T + self.place

    def _lit(self, colour):
        return np.clip(np.asarray(colour, float) * self.light, 0, 255)

    def ink(self, points, colour) -> None:
        """A flat shape."""
        cv2.fillPoly(self.image, [np.round(self.pixels(points) * 16).astype(np.int32)], self._lit(colour).tolist(), cv2.LINE_AA, shift=4)

    def line(self, points, colour, width: float) -> None:
        thick = max(1, round(width * self.unit))
        cv2.polylines(self.image, [np.round(self.pixels(points) * 16).astype(np.int32)], False, self._lit(colour).tolist(), thick, cv2.LINE_AA, shift=4)

    def _mask(self, points, margin):
        spots = self.pixels(points)
        x0, y0 = np.floor(spots.min(0) - margin).astype(int)
        x1, y1 = np.ceil(spots.max(0) + margin).astype(int) + 1
        h, w = self.image.shape[:2]
        x0, y0, x1, y1 = max(x0, 0), max(y0, 0), min(x1, w), min(y1, h)
        if x1 - x0 < 2 or y1 - y0 < 2:
            return None
        mask = np.zeros((y1 - y0, x1 - x0), np.uint8)
        cv2.fillPoly(mask, [np.rint((spots - (x0, y0)) * 16).astype(np.int32)], 255, shift=4)
        return mask, self.image[y0:y1, x0:x1], (x0, y0)

    def soft(self, points, colour, strength: float, blur: float) -> None:
        """A shape with a blurred rim (`blur` in heads), laid over at `strength`."""
        sigma = blur * self.unit
        found = self._mask(points, 2.5 * max(0.5, sigma))
        if found:
            mask, region, _ = found
            if sigma > 0.7:
                mask = cv2.GaussianBlur(mask, (0, 0), sigma)
            weight = cv2.merge([cv2.multiply(mask, strength / 255, dtype=cv2.CV_32F)] * 3)
            region[:] = region + weight * (self._lit(colour).astype(np.float32) - region)

    def form(self, points, colour, blur: float = 0.12, depth: float = 0.5, bands: tuple | None = None) -> None:
        """A rounded shape: darker towards its rim, lighter on the side of the light; `bands` = (colour, heads a stripe)."""
        found = self._mask(points, 0)
        if not found:
            return
        mask, region, (x0, y0) = found
        sigma, step = max(0.6, blur * self.unit), max(1, int(blur * self.unit / 2.5))
        h, w = mask.shape
        pad = int(2 * sigma)
        small = cv2.copyMakeBorder(mask, pad, pad, pad, pad, cv2.BORDER_CONSTANT)
        small = cv2.resize(small, (max(2, small.shape[1] // step), max(2, small.shape[0] // step)), interpolation=cv2.INTER_AREA)
        wide = 2 * round(1.3 * sigma / step) + 1
        small = cv2.blur(small, (wide, wide))
        k = min(pad, int(sigma * 0.6))  # shifted: lit from the upper left
        wide = cv2.resize(small, (w + 2 * pad, h + 2 * pad), interpolation=cv2.INTER_LINEAR)[pad + k // 2:pad + k // 2 + h, pad + k:pad + k + w]
        tone = self._shaded(wide, colour, depth)
        cv2.copyTo(tone, mask, region)
        if bands:
            odd = (np.arange(h) + y0 - self.place[1]) / (bands[1] * self.unit) % 1 >= 0.5
            mask[~odd] = 0
            cv2.copyTo(self._shaded(wide, bands[0], depth), mask, region)

    def _shaded(self, shade, colour, depth) -> np.ndarray:
        return cv2.merge([cv2.convertScaleAbs(shade, alpha=c * depth * 1.12 / 255, beta=c * (1 - depth)) for c in self._lit(colour).tolist()])


def _curve(points, closed: bool = True, steps: int = 6) -> np.ndarray:
    """A smooth (Catmull–Rom) curve through the points (n, 2)."""
    p = np.asarray(points, float)
    p = np.concatenate([p[-1:], p, p[:2]]) if closed else np.concatenate([p[:1], p, p[-1:]])
    t = (np.arange(steps) / steps)[:, None, None]
    a, b, c, d = p[:-3], p[1:-2], p[2:-1], p[3:]
    out = 0.5 * (2 * b + (c - a) * t + (2 * a - 5 * b + 4 * c - d) * t**2 + (3 * b - a - 3 * c + d) * t**3)
    out = out.transpose(1, 0, 2).reshape(-1, 2)
    return out if closed else np.concatenate([out, p[-2:-1]])


_CIRCLE = np.stack([np.cos(np.linspace(0, 2 * math.pi, 25)[:-1]), np.sin(np.linspace(0, 2 * math.pi, 25)[:-1])], 1)


def _disc(x, y, rx, ry=None) -> np.ndarray:
    return _CIRCLE * (rx, ry or rx) + (x, y)


def _limb(points, radii) -> list[np.ndarray]:
    """Tapered capsules along a chain of joints."""
    out = []
    for p, q, r, s in zip(points[:-1], points[1:], radii[:-1], radii[1:]):
        out.append(cv2.convexHull(np.concatenate([_disc(*p, r), _disc(*q, s)]).astype(np.float32))[:, 0])
    return out


def _mirrored(points) -> np.ndarray:
    p = np.asarray(points, float)
    return np.concatenate([p, p[::-1] * (-1, 1)])


_SKULL = _curve(_mirrored([(0.0, -1.0), (0.2, -0.96), (0.33, -0.8), (0.372, -0.58), (0.355, -0.36), (0.3, -0.17), (0.19, -0.035), (0.07, 0.01)])[:-1])
_ARMS = {  # joints of the (right, left) arm: shoulder, elbow, wrist
    "arms down": (((0.75, 0.66), (1.0, 1.75), (0.98, 2.85)), ((-0.75, 0.66), (-1.0, 1.75), (-0.98, 2.85))),
    "hand on hip": (((0.75, 0.66), (1.42, 1.6), (0.72, 2.3)), ((-0.75, 0.66), (-1.0, 1.75), (-0.98, 2.85))),
    "arms crossed": (((0.75, 0.66), (0.95, 1.62), (-0.25, 1.5)), ((-0.75, 0.66), (-0.95, 1.66), (0.25, 1.7))),
    "waving": (((0.75, 0.66), (1.3, 1.35), (1.35, 0.1)), ((-0.75, 0.66), (-1.0, 1.75), (-0.98, 2.85))),
    "holding a mug": (((0.75, 0.66), (1.05, 1.65), (0.4, 1.35)), ((-0.75, 0.66), (-1.0, 1.75), (-0.98, 2.85))),
    "holding a box": (((0.75, 0.66), (1.02, 1.6), (0.55, 2.1)), ((-0.75, 0.66), (-1.02, 1.6), (-0.55, 2.1))),
}


def _body(pen: _Pen, p: Person) -> None:
    b = p.build
    dark = tuple(0.72 * c for c in p.top)
    bands = (tuple(min(255, 0.45 * c + 130) for c in p.top), 0.3) if p.top_pattern == "striped" else None
    pen.form(_curve([(-0.72 * b, 2.4), (0.72 * b, 2.4), (0.8 * b, 3.3), (0.66 * b, 6.4), (0.12, 6.4), (0, 3.9), (-0.12, 6.4), (-0.66 * b, 6.4), (-0.8 * b, 3.3)]), p.bottom, 0.2)
    arms = {side: [np.array(j) * (b, 1) for j in joints] for side, joints in zip("rl", _ARMS[p.pose])}
    if p.cover in ("phone", "hand"):
        arms["r"] = [np.array((0.75 * b, 0.66)), np.array((1.05 * b, 1.45)), np.array((0.3, 0.18))]
    ahead = {"r": p.pose not in ("arms down",) or p.cover in ("phone", "hand"), "l": p.pose in ("arms crossed", "holding a box")}
    for side in "rl":
        if not ahead[side]:
            _arm(pen, p, arms[side], bands)
    pen.form(_curve([(-0.27, 0.2), (-0.55 * b, 0.34), (-0.84 * b, 0.5), (-0.92 * b, 0.75), (-0.82 * b, 1.1), (-0.7 * b, 1.75), (-0.74 * b, 2.75), (0.74 * b, 2.75), (0.7 * b, 1.75),
                     (0.82 * b, 1.1), (0.92 * b, 0.75), (0.84 * b, 0.5), (0.55 * b, 0.34), (0.27, 0.2)]), p.top, 0.25, 0.45, bands)
    for x, lean in ((-0.35, 0.12), (0.3, -0.1), (0.02, 0.05)):  # folds of the cloth
        pen.soft([(x * b, 1.2), (x * b + 0.05, 1.2), (x * b + lean + 0.04, 2.4), (x * b + lean, 2.4)], dark, 0.35, 0.07)
    pen.form([(-0.2, -0.3), (0.2, -0.3), (0.22, 0.2), (0.3, 0.33), (0, 0.46), (-0.3, 0.33), (-0.22, 0.2)], p.skin, 0.12, 0.45)
    pen.soft(_disc(0.03, 0.06, 0.22, 0.12), tuple(0.5 * c for c in p.skin), 0.55, 0.06)
    if p.cover == "away":
        pass
    elif p.top_pattern == "shirt":
        light = tuple(min(255, 1.12 * c) for c in p.top)
        pen.ink([(-0.3, 0.2), (-0.02, 0.52), (-0.24, 0.66), (-0.44, 0.3)], light)
        pen.ink([(0.3, 0.2), (0.02, 0.52), (0.24, 0.66), (0.44, 0.3)], light)
        pen.line([(0, 0.5), (0.02, 2.7)], dark, 0.02)
        for y in (0.8, 1.25, 1.7, 2.15):
            pen.ink(_disc(0.04, y, 0.03), tuple(0.55 * c for c in p.top))
    elif p.top_pattern == "apron":
        cloth = tuple(0.35 * c + 140 for c in p.bottom)
        pen.line([(-0.42, 1.0), (-0.3, 0.3)], cloth, 0.07)
        pen.line([(0.42, 1.0), (0.3, 0.3)], cloth, 0.07)
        pen.form([(-0.45, 0.95), (0.45, 0.95), (0.62 * b, 1.7), (0.7 * b, 4.2), (-0.7 * b, 4.2), (-0.62 * b, 1.7)], cloth, 0.2, 0.35)
    else:
        pen.line(_curve([(-0.32, 0.28), (-0.16, 0.43), (0, 0.48), (0.16, 0.43), (0.32, 0.28)], False), dark, 0.035)
    if p.pose == "holding a box" and p.cover not in ("phone", "hand"):
        pen.form([(-0.75, 1.35), (0.75, 1.35), (0.7, 2.3), (-0.7, 2.3)], (190, 154, 108), 0.2, 0.25)
        pen.ink([(-0.09, 1.36), (0.09, 1.36), (0.09, 2.29), (-0.09, 2.29)], (214, 184, 140))
    if p.pose == "holding a mug" and p.cover not in ("phone", "hand"):
        pen.form([(0.1, 1.0), (0.5, 1.0), (0.47, 1.5), (0.13, 1.5)], (226, 222, 212), 0.1, 0.4)
    for side in "lr":
        if ahead[side] and not (side == "r" and p.cover in ("phone", "hand")):
            _arm(pen, p, arms[side], bands)


def _arm(pen: _Pen, p: Person, joints, bands) -> None:
    bare = p.top_pattern in ("plain", "apron")
    hand = joints[-1] + (joints[-1] - joints[-2]) / np.linalg.norm(joints[-1] - joints[-2]) * 0.13
    upper, lower = _limb(joints, (0.2 * p.build, 0.165, 0.12))
    pen.form(_disc(*hand, 0.15, 0.17), p.skin, 0.08, 0.4)
    pen.form(lower, p.skin if bare else p.top, 0.1, 0.45, None if bare else bands)
    pen.form(upper, p.top, 0.12, 0.45, bands)


def _hair_behind(pen: _Pen, p: Person) -> None:
    if p.hair_style == "long":
        pen.form(_curve([(0, -1.06), (0.4, -0.85), (0.47, -0.4), (0.52, 0.3), (0.45, 0.85), (0, 0.7), (-0.45, 0.85), (-0.52, 0.3), (-0.47, -0.4), (-0.4, -0.85)]), p.hair, 0.14, 0.5)
    elif p.hair_style == "bob":
        pen.form(_curve([(0, -1.06), (0.4, -0.88), (0.49, -0.4), (0.46, 0.02), (0, 0.05), (-0.46, 0.02), (-0.49, -0.4), (-0.4, -0.88)]), p.hair, 0.14, 0.5)
    elif p.hair_style == "bun":
        pen.form(_disc(0.04, -1.1, 0.2, 0.17), p.hair, 0.1, 0.5)
    elif p.hair_style == "curly":
        for k in range(16):
            a = math.pi * (-0.12 + 1.24 * k / 15)
            pen.form(_disc(0.43 * math.cos(a), -0.6 - 0.44 * math.sin(a), 0.15), tuple(c * (0.85 + 0.3 * (k % 2)) for c in p.hair), 0.08, 0.45)


def _hair_before(pen: _Pen, p: Person) -> None:
    low, t = (-0.74, p.turn * 0.06)
    if p.hair_style == "cropped":
        low = -0.84
    front = [(0.375, -0.55), (0.345, -0.68), (0.26 + t, low - 0.03), (0.08 + t, low - 0.07), (-0.12 + t, low - 0.04), (-0.28 + t, low + 0.03), (-0.35, -0.66), (-0.375, -0.55)]
    if p.hair_style in ("long", "bob"):
        front = [(0.4, -0.12), (0.36, -0.45), (0.31, -0.66), (0.14 + t, -0.84), (0.0 + t, -0.9), (-0.14 + t, -0.82), (-0.31, -0.62), (-0.36, -0.42), (-0.4, -0.12)]
    rim = 0.02 if p.hair_style == "cropped" else 0.06
    outer = [(-0.4 - rim / 2, -0.6), (-0.37 - rim / 2, -0.84), (-0.2, -1.0 - rim), (0.02, -1.03 - rim), (0.22, -1.0 - rim), (0.38 + rim / 2, -0.84), (0.4 + rim / 2, -0.6)]
    pen.form(_curve(front + outer, steps=4), p.hair, 0.1, 0.45)
    pen.soft(_curve([(-0.22, -0.97), (0.0, -1.0), (0.1, -0.95), (-0.1, -0.9)]), tuple(min(255, c * 1.5 + 22) for c in p.hair), 0.5, 0.05)


def _face(pen: _Pen, p: Person) -> None:
    wide, spacing, eye, nose, mouth, brow = p.features
    skin = np.asarray(p.skin, float)
    deep, shade, light = skin * (0.5, 0.42, 0.4), skin * (0.72, 0.63, 0.6), np.minimum(skin * 1.12 + 14, 255)
    t = p.turn * 0.11
    for side in (-1, 1):
        pen.form(_disc(side * 0.375 * wide, -0.46, 0.055, 0.11), skin * 0.92, 0.05, 0.4)
    pen.form(_SKULL * (wide, 1), skin, 0.13, 0.42)
    pen.soft(_disc(t - 0.03, -0.78, 0.2, 0.1), light, 0.55, 0.07)
    for side in (-1, 1):
        x = t + side * 0.165 * spacing
        pen.soft(_disc(x, -0.51, 0.11, 0.065), shade, 0.75, 0.035)
        pen.soft(_disc(t + side * 0.21, -0.3, 0.09, 0.07), skin * (0.98, 0.74, 0.7), 0.5, 0.05)
        pen.soft(_disc(t + side * 0.19, -0.38, 0.08, 0.035), light, 0.5, 0.03)
    pen.soft([(t + 0.03, -0.5), (t + 0.055, -0.5), (t + 0.1 * nose, -0.28), (t + 0.05, -0.26)], shade, 0.95, 0.02)  # the nose
    pen.soft([(t - 0.05, -0.5), (t - 0.03, -0.5), (t - 0.05, -0.3), (t - 0.08 * nose, -0.28)], shade, 0.4, 0.022)
    pen.soft([(t - 0.015, -0.55), (t + 0.015, -0.55), (t + 0.03, -0.31), (t - 0.03, -0.31)], light, 0.7, 0.018)
    pen.soft(_disc(t + 0.01, -0.243, 0.085 * nose, 0.024), deep, 0.8, 0.016)
    for side in (-1, 1):
        pen.soft(_disc(t + side * 0.042 * nose, -0.262, 0.022, 0.013), deep * 0.6, 0.9, 0.008)
        pen.soft(_disc(t + side * 0.085 * nose, -0.275, 0.014, 0.03), shade * 0.9, 0.6, 0.012)
    for side in (-1, 1):
        x, w, h = t + side * 0.165 * spacing, 0.076 * eye, 0.034 * eye
        almond = _curve([(x - w, -0.498), (x - 0.35 * w, -0.5 - h), (x + 0.4 * w, -0.5 - 0.95 * h), (x + w, -0.502), (x + 0.3 * w, -0.5 + 0.75 * h), (x - 0.4 * w, -0.5 + 0.75 * h)], steps=3)
        pen.soft(_curve([(x - w, -0.545), (x, -0.575), (x + w, -0.545)], False), deep, 0.7, 0.01)
        pen.ink(almond, (218, 211, 204))
        iris = x + p.turn * 0.015
        pen.ink(_disc(iris, -0.503, 0.035 * eye, 0.034 * eye), (74, 56, 44))
        pen.ink(_disc(iris, -0.503, 0.017 * eye), (20, 16, 16))
        pen.ink(_disc(iris - 0.012, -0.515, 0.009), (250, 250, 250))
        lid = _curve([(x - w * 1.06, -0.494), (x - 0.4 * w, -0.505 - h), (x + 0.4 * w, -0.505 - 0.95 * h), (x + w * 1.08, -0.503)], False)
        pen.line(lid, deep * 0.35, 0.022)
        pen.soft(_curve([(x - w * 0.8, -0.465), (x, -0.455), (x + w * 0.8, -0.465)], False), deep, 0.45, 0.012)
        hair = np.minimum(0.35 * np.asarray(p.hair, float) + 0.25 * deep, 90)
        inner, outer = x - side * 0.085, x + side * 0.125
        pen.soft(_curve([(inner, -0.585 - 0.01 * brow), (x, -0.635 * brow ** 0.2), (outer, -0.59), (x + side * 0.02, -0.6), (inner, -0.56)]), hair, 0.9, 0.01)
    up = 0.03 * p.smile
    w = (0.125 + 0.03 * p.smile) * mouth
    lip = skin * (0.82, 0.5, 0.5)
    pen.soft(_disc(t, -0.085, 0.08, 0.018), shade, 0.8, 0.022)
    pen.soft(_curve([(t - w, -0.16 - up), (t - 0.04, -0.178), (t, -0.17), (t + 0.04, -0.178), (t + w, -0.16 - up), (t, -0.145)], steps=3), lip * 0.85, 0.95, 0.008)
    pen.soft(_curve([(t - w * 0.9, -0.155 - up), (t, -0.148), (t + w * 0.9, -0.155 - up), (t + 0.075, -0.113), (t, -0.104), (t - 0.075, -0.113)], steps=3), np.minimum(lip * 1.12, 255), 0.95, 0.009)
    if p.smile > 0.6:
        pen.ink(_curve([(t - w * 0.75, -0.16 - up * 0.6), (t, -0.158), (t + w * 0.75, -0.16 - up * 0.6), (t, -0.132)], steps=3), (238, 234, 226))
    pen.line(_curve([(t - w, -0.16 - up), (t - 0.4 * w, -0.153), (t + 0.4 * w, -0.153), (t + w, -0.16 - up)], False), deep * 0.6, 0.012)
    if p.beard and p.hair_style in ("short", "cropped", "bun"):
        hair = np.asarray(p.hair, float) * 0.6 + 0.12 * skin
        pen.soft(_curve([(-0.34, -0.36), (-0.25, -0.2), (t - 0.14, -0.21), (t, -0.215), (t + 0.14, -0.21), (0.25, -0.2), (0.34, -0.36), (0.3, -0.12), (0.14, 0.03), (-0.14, 0.03), (-0.3, -0.12)]), hair, 0.8, 0.016)
        pen.soft(_curve([(t - w * 0.85, -0.15), (t, -0.165), (t + w * 0.85, -0.15), (t, -0.115)]), lip, 0.9, 0.01)
    if p.glasses:
        for side in (-1, 1):
            pen.line(_curve(_disc(t + side * 0.168 * spacing, -0.49, 0.115, 0.085))[::4], (40, 38, 40), 0.018)
        pen.line([(t - 0.055, -0.5), (t + 0.055, -0.5)], (40, 38, 40), 0.018)


def _cover(pen: _Pen, p: Person) -> None:
    """What hides the face: a phone, a hand, a hat, an emoji, or its blurring."""
    skin = np.asarray(p.skin, float)
    if p.cover in ("phone", "hand"):
        b = p.build
        upper, lower = _limb([np.array((0.75 * b, 0.68)), np.array((1.0 * b, 1.5)), np.array((0.3, 0.1))], (0.2 * b, 0.165, 0.12))
        pen.form(lower, p.top, 0.1, 0.45)
        pen.form(upper, p.top, 0.12, 0.45)
    if p.cover == "phone":
        pen.form(_curve(_mirrored([(0.0, -0.92), (0.27, -0.91), (0.3, -0.85), (0.3, -0.05), (0.27, 0.0)]), steps=2), (34, 36, 42), 0.2, 0.25)
        for y in (-0.82, -0.7):
            pen.ink(_disc(-0.2, y, 0.045), (80, 84, 92))
            pen.ink(_disc(-0.2, y, 0.02), (14, 14, 18))
        for k in range(4):
            pen.form(_limb([(0.34, -0.02 - 0.13 * k), (0.13, -0.05 - 0.13 * k)], (0.065, 0.055))[0], skin, 0.04, 0.35)
    elif p.cover == "hand":
        pen.form(_curve([(0.3, 0.12), (0.36, -0.25), (0.2, -0.42), (-0.22, -0.4), (-0.3, -0.2), (0.0, 0.08)]), skin * 0.97, 0.1, 0.3)
        for k, (x, y) in enumerate([(-0.33, -0.78), (-0.12, -0.88), (0.1, -0.86), (0.29, -0.74)]):
            pen.form(_limb([(-0.21 + 0.14 * k, -0.3), (x, y)], (0.085, 0.065))[0], skin * (0.94 + 0.02 * k), 0.05, 0.4)
    elif p.cover == "hat":
        straw = (206, 176, 126) if p.features[0] > 1 else (92, 82, 84)
        pen.form(_curve(_mirrored([(0.0, -1.3), (0.3, -1.26), (0.42, -0.95), (0.46, -0.6)])), straw, 0.12, 0.4)
        pen.form(_disc(0, -0.42, 0.8, 0.33), straw, 0.12, 0.4)
        pen.soft(_curve([(-0.45, -0.68), (0, -0.6), (0.45, -0.68), (0.45, -0.75), (0, -0.68), (-0.45, -0.75)]), (70, 54, 50), 0.8, 0.02)
    elif p.cover == "emoji":
        pen.form(_disc(0, -0.48, 0.6), (250, 204, 70), 0.2, 0.2)
        for side in (-1, 1):  # hearts for eyes, a wide grin
            x = side * 0.24
            pen.ink(_curve([(x, -0.46), (x + 0.15, -0.62), (x + 0.09, -0.72), (x, -0.65), (x - 0.09, -0.72), (x - 0.15, -0.62)], steps=3), (220, 60, 70))
        pen.ink(_curve([(-0.3, -0.34), (0, -0.3), (0.3, -0.34), (0.16, -0.12), (-0.16, -0.12)], steps=3), (112, 60, 30))
    elif p.cover == "bar":
        pen.ink([(-0.46, -0.68), (0.46, -0.72), (0.46, -0.12), (-0.46, -0.08)], (24, 24, 26))
    elif p.cover in ("blur", "pixels"):
        x, y = pen.pixels([(0, -0.5)])[0]
        r = 0.62 * pen.unit
        h, w = pen.image.shape[:2]
        x0, y0, x1, y1 = max(0, int(x - r)), max(0, int(y - r)), min(w, int(x + r)), min(h, int(y + r))
        if x1 - x0 > 4 and y1 - y0 > 4:
            region = pen.image[y0:y1, x0:x1]
            if p.cover == "blur":
                far = cv2.resize(region, ((x1 - x0) // 2, (y1 - y0) // 2), interpolation=cv2.INTER_AREA)
                far = cv2.resize(cv2.GaussianBlur(far, (0, 0), max(1.0, 0.1 * pen.unit)), (x1 - x0, y1 - y0))
                mask = np.zeros((y1 - y0, x1 - x0), np.uint8)
                cv2.circle(mask, (int(x - x0), int(y - y0)), int(0.9 * r), 255, -1)
                weight = cv2.GaussianBlur(mask, (0, 0), 0.06 * pen.unit + 0.5).astype(np.float32)[..., None] / 255
                region[:] = region + weight * (far.astype(np.float32) - region)
            else:
                cell = cv2.resize(region, (5, 5), interpolation=cv2.INTER_AREA)
                region[:] = cv2.resize(cell, (x1 - x0, y1 - y0), interpolation=cv2.INTER_NEAREST)


def draw(image: np.ndarray, person: Person, chin: tuple, unit: float, light=(1.0, 1.0, 1.0)) -> None:
    """Draw the person into `image` (uint8 RGB, changed in place): the chin at `chin` (x, y) pixels, a head of `unit` pixels."""
    upright = _Pen(image, *chin, unit, 0.0, light)
    head = _Pen(image, *chin, unit, person.tilt, light)
    away = person.cover == "away"
    if not away and (person.face != "cropped" or person.hair_style == "long"):
        _hair_behind(head, person)
    _body(upright, person)
    if away:
        head.form(_SKULL, person.skin, 0.13, 0.42)
        low = {"long": 0.8, "bob": 0.05, "bun": -0.2, "curly": -0.1}.get(person.hair_style, -0.22)
        if person.hair_style == "bun":
            head.form(_disc(0, -1.08, 0.2, 0.17), person.hair, 0.1, 0.5)
        head.form(_curve(_mirrored([(0.0, -1.06), (0.24, -1.02), (0.4, -0.82), (0.44, -0.5), (0.4, low), (0.15, low + 0.05)])), person.hair, 0.14, 0.5)
        for x in (-0.2, -0.05, 0.12, 0.24):
            head.soft(_curve([(x * 0.5, -1.0), (x, -0.6), (x * 1.1, low), (x * 1.1 + 0.02, low), (x + 0.03, -0.6)]), tuple(min(255, c * 1.5 + 14) for c in person.hair), 0.45, 0.03)
        return
    if person.face != "cropped":
        _face(head, person)
        _hair_before(head, person)
        _cover(head, person)
