"""A drawn, clothed adult for a scene: nobody real, made of shaded shapes.

Measures are in heads (chin at (0, 0), crown at (0, −1), y down); `draw` puts the figure into a picture. A visible face
is drawn so that a face detector (MTCNN) finds it, and the ways of not showing one so that it doesn't.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import cv2
import numpy as np

FACES = ("visible", "hidden", "cropped", "blurred")
COVERS = {  # what keeps a face from being seen
    "visible": ("none",),
    "cropped": ("none",),
    "hidden": ("away", "phone", "hand", "hat"),
    "blurred": ("blur", "pixels", "emoji", "bar"),
}
SKINS = (
    (246, 214, 190),
    (236, 196, 166),
    (222, 176, 142),
    (198, 148, 112),
    (166, 116, 84),
    (128, 86, 62),
    (96, 64, 48),
)
HAIRS = (
    (38, 30, 28),
    (62, 42, 32),
    (92, 62, 42),
    (132, 92, 58),
    (178, 138, 88),
    (206, 174, 122),
    (120, 58, 38),
    (142, 138, 134),
)
CLOTHES = (
    (58, 74, 104),
    (122, 60, 62),
    (70, 96, 84),
    (196, 186, 170),
    (70, 70, 76),
    (232, 230, 224),
    (186, 142, 70),
    (112, 130, 156),
    (158, 112, 128),
    (92, 84, 112),
)
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
    def draw(cls, rng: np.random.Generator, face: str = "visible") -> Person:
        """Somebody new; `ValueError` for a `face` that is not in FACES."""
        u, pick = rng.uniform, lambda *options: options[int(rng.integers(len(options)))]
        someone = cls(
            face="visible",
            cover="none",
            skin=pick(*SKINS),
            hair=pick(*HAIRS),
            hair_style=pick(*HAIR_STYLES),
            top=pick(*CLOTHES),
            top_pattern=pick("plain", "plain", "striped", "shirt", "apron"),
            bottom=pick(*TROUSERS),
            beard=bool(u() < 0.3),
            glasses=bool(u() < 0.2),
            build=float(u(0.88, 1.15)),
            stature=float(u(1.58, 1.86)),
            features=tuple(u(0.92, 1.08, 6).tolist()),
            pose=POSES[0],
            x=0.5,
            head=0.25,
            turn=0.0,
            tilt=0.0,
            smile=0.0,
        )
        return someone.posed(rng, face)

    def posed(self, rng: np.random.Generator, face: str | None = None) -> Person:
        """The same person, looks and clothes, in another picture: another pose, place and size, and `face` if given."""
        face = self.face if face is None else face
        if face not in FACES:
            raise ValueError(f"face must be one of {FACES}, not {face!r}")
        u, pick = rng.uniform, lambda *options: options[int(rng.integers(len(options)))]
        return replace(
            self,
            face=face,
            cover=pick(*COVERS[face]),
            pose=pick(*POSES),
            x=float(u(0.27, 0.73)),
            head=float(np.exp(u(math.log(0.15), math.log(0.38)))),
            turn=float(np.clip(rng.normal(0, 0.3), -0.7, 0.7)),
            tilt=float(np.clip(rng.normal(0, 4), -10, 10)),
            smile=float(u()),
        )


# Shaded shapes -------------------------------------------------------------------------------------------------------


class _Pen:
    """Draws shapes given in heads onto an image: the chin at (x, y), `unit` pixels a head, tilted by degrees."""

    def __init__(self, image: np.ndarray, x: float, y: float, unit: float, tilt: float, light):
        self.image, self.unit, self.light = image, unit, tuple(float(part) for part in light)
        c, s = math.cos(math.radians(tilt)) * unit, math.sin(math.radians(tilt)) * unit
        self.matrix, self.place = np.array([[c, -s], [s, c]]), np.array([x, y])

    def pixels(self, points) -> np.ndarray:
        """Points (n, 2) in pixels of the image."""
        return np.asarray(points, float) @ self.matrix.T + self.place

    def _lit(self, colour) -> list[float]:
        return [min(255.0, float(c) * part) for c, part in zip(colour, self.light, strict=True)]

    def ink(self, points, colour) -> None:
        """A flat shape."""
        points = np.rint(self.pixels(points) * 16).astype(np.int32)
        cv2.fillPoly(self.image, [points], self._lit(colour), cv2.LINE_AA, shift=4)

    def line(self, points, colour, width: float) -> None:
        """An open line, `width` in heads."""
        points, width = np.rint(self.pixels(points) * 16).astype(np.int32), max(1, round(width * self.unit))
        cv2.polylines(self.image, [points], False, self._lit(colour), width, cv2.LINE_AA, shift=4)

    def _mask(self, points, margin: float):
        """(mask of a shape, the image under it, the first row), or None outside the image; `margin` in pixels."""
        spots, (h, w) = np.rint(self.pixels(points) * 16).astype(np.int32), self.image.shape[:2]
        left, top, wide, high = (edge / 16 for edge in cv2.boundingRect(spots))
        x0, y0 = max(math.floor(left - margin), 0), max(math.floor(top - margin), 0)
        x1, y1 = min(math.ceil(left + wide + margin) + 1, w), min(math.ceil(top + high + margin) + 1, h)
        if x1 - x0 < 2 or y1 - y0 < 2:
            return None
        mask = np.zeros((y1 - y0, x1 - x0), np.uint8)
        cv2.fillPoly(mask, [spots - np.array([x0, y0], np.int32) * 16], 255, shift=4)
        return mask, self.image[y0:y1, x0:x1], y0

    def soft(self, points, colour, strength: float, blur: float) -> None:
        """A shape with a blurred rim (`blur` in heads), laid over at `strength`."""
        sigma = blur * self.unit
        if found := self._mask(points, 2.5 * max(0.5, sigma)):
            mask, region, _ = found
            if sigma > 0.7:
                mask = cv2.GaussianBlur(mask, (0, 0), sigma)
            # OpenCV takes a number here, which its stubs don't know.
            share = cv2.multiply(mask, strength / 255, dtype=cv2.CV_32F)  # type: ignore[call-overload]
            weight = cv2.merge([share] * 3)
            region[:] = region + weight * (np.array(self._lit(colour), np.float32) - region)

    def form(self, points, colour, blur: float = 0.12, depth: float = 0.5, bands: tuple | None = None) -> None:
        """A rounded shape, darker by `depth` towards its rim (`blur` heads wide), lit from the upper left; `bands` of
        another colour: (colour, heads a pair of stripes)."""
        if not (found := self._mask(points, 0)):
            return
        (mask, region, y0), sigma = found, max(0.6, blur * self.unit)
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

    def _shaded(self, shade, colour, depth) -> np.ndarray:
        return cv2.merge(
            [cv2.convertScaleAbs(shade, alpha=c * depth * 1.12 / 255, beta=c * (1 - depth)) for c in self._lit(colour)]
        )


def _curve(points, closed: bool = True, steps: int = 6) -> np.ndarray:
    """A smooth (Catmull–Rom) curve through the points (n, 2)."""
    p = np.asarray(points, float)
    p = np.concatenate([p[-1:], p, p[:2]]) if closed else np.concatenate([p[:1], p, p[-1:]])
    t = (np.arange(steps) / steps)[:, None, None]
    a, b, c, d = p[:-3], p[1:-2], p[2:-1], p[3:]
    out = 0.5 * (2 * b + (c - a) * t + (2 * a - 5 * b + 4 * c - d) * t**2 + (3 * b - a - 3 * c + d) * t**3)
    out = out.transpose(1, 0, 2).reshape(-1, 2)
    return out if closed else np.concatenate([out, p[-2:-1]])


_TURN = np.linspace(0, 2 * math.pi, 25)[:-1]
_CIRCLE = np.stack([np.cos(_TURN), np.sin(_TURN)], 1)


def _disc(x, y, rx, ry=None) -> np.ndarray:
    return _CIRCLE * (rx, ry or rx) + (x, y)


def _limb(p, q, r, s) -> np.ndarray:
    """A tapered capsule from joint p (radius r) to joint q (radius s)."""
    return cv2.convexHull(np.concatenate([_disc(p[0], p[1], r), _disc(q[0], q[1], s)]).astype(np.float32))[:, 0]


def _even(*points) -> np.ndarray:
    """An outline, given by its right half from the top down."""
    p = np.asarray(points, float)
    return np.concatenate([p, (p[::-1] if p[0, 0] else p[:0:-1]) * (-1, 1)])


def _toned(colour, gain: float, lift: float = 0.0) -> np.ndarray:
    return np.minimum(np.asarray(colour, float) * gain + lift, 255)


# The figure ----------------------------------------------------------------------------------------------------------

_SKULL = _curve(
    _even(
        (0, -1), (0.2, -0.96), (0.33, -0.8), (0.372, -0.58), (0.355, -0.36), (0.3, -0.17), (0.19, -0.035), (0.07, 0.01)
    )
)
_TORSO = _curve(_even((0.27, 0.2), (0.55, 0.34), (0.84, 0.5), (0.92, 0.75), (0.82, 1.1), (0.7, 1.75), (0.74, 2.75)))
_LEGS = _curve(_even((0.72, 2.4), (0.8, 3.3), (0.66, 6.4), (0.12, 6.4), (0.02, 3.9)))
_NECK = _even((0.2, -0.3), (0.22, 0.2), (0.3, 0.33), (0.02, 0.46))
_BACK_HAIR = {
    "long": _curve(_even((0, -1.06), (0.4, -0.85), (0.47, -0.4), (0.52, 0.3), (0.45, 0.85), (0.02, 0.7))),
    "bob": _curve(_even((0, -1.06), (0.4, -0.88), (0.49, -0.4), (0.46, 0.02), (0.02, 0.05))),
    "bun": _disc(0.04, -1.1, 0.2, 0.17),
}
_DOWN, _BENT = ((0.75, 0.66), (1.0, 1.75), (0.98, 2.85)), ((0.75, 0.66), (0.95, 1.66), (-0.25, 1.7))
_ARMS = {  # shoulder, elbow and wrist of the right arm, and of the left one seen in a mirror
    "arms down": (_DOWN, _DOWN),
    "hand on hip": (((0.75, 0.66), (1.42, 1.6), (0.72, 2.3)), _DOWN),
    "arms crossed": (((0.75, 0.66), (0.95, 1.62), (-0.25, 1.5)), _BENT),
    "waving": (((0.75, 0.66), (1.3, 1.35), (1.35, 0.1)), _DOWN),
    "holding a mug": (((0.75, 0.66), (1.05, 1.65), (0.4, 1.35)), _DOWN),
    "holding a box": (((0.75, 0.66), (1.02, 1.6), (0.55, 2.1)),) * 2,
    "up to the face": (((0.75, 0.66), (1.05, 1.45), (0.3, 0.16)), _DOWN),
}


def _body(pen: _Pen, p: Person) -> None:
    """Legs, arms, clothes and neck; the arm of a hidden face comes later."""
    wide, dark, raised = (p.build, 1), _toned(p.top, 0.72), p.cover in ("phone", "hand")
    right, left = (np.array(joints) * wide for joints in _ARMS["up to the face" if raised else p.pose])
    left = left * (-1, 1)
    bands = (_toned(p.top, 0.45, 130), 0.3) if p.top_pattern == "striped" else None
    pen.form(_LEGS * wide, p.bottom, 0.2)
    if p.pose not in ("arms crossed", "holding a box") or raised:
        _arm(pen, p, left, bands)
    if p.pose == "arms down" and not raised:
        _arm(pen, p, right, bands)
    pen.form(_TORSO * wide, p.top, 0.25, 0.45, bands)
    for x, lean in ((-0.35, 0.12), (0.3, -0.1), (0.02, 0.05)):  # folds of the cloth
        fold = np.array([(x, 1.2), (x + 0.05, 1.2), (x + lean + 0.04, 2.4), (x + lean, 2.4)])
        pen.soft(fold * wide, dark, 0.35, 0.07)
    pen.form(_NECK, p.skin, 0.12, 0.45)
    pen.soft(_disc(0.03, 0.06, 0.22, 0.12), _toned(p.skin, 0.5), 0.55, 0.06)
    if p.cover != "away":
        _clothes(pen, p, wide, dark)
    if raised:
        return
    if p.pose == "holding a box":
        pen.form([(-0.75, 1.35), (0.75, 1.35), (0.7, 2.3), (-0.7, 2.3)], (190, 154, 108), 0.2, 0.25)
        pen.ink([(-0.09, 1.36), (0.09, 1.36), (0.09, 2.29), (-0.09, 2.29)], (214, 184, 140))
    if p.pose == "holding a mug":
        pen.form([(0.1, 1.0), (0.5, 1.0), (0.47, 1.5), (0.13, 1.5)], (226, 222, 212), 0.1, 0.4)
    if p.pose in ("arms crossed", "holding a box"):
        _arm(pen, p, left, bands)
    if p.pose != "arms down":
        _arm(pen, p, right, bands)


def _clothes(pen: _Pen, p: Person, wide: tuple, dark) -> None:
    if p.top_pattern == "shirt":
        for side in (-1, 1):
            collar = np.array([(0.3, 0.2), (0.02, 0.52), (0.24, 0.66), (0.44, 0.3)])
            pen.ink(collar * (side, 1), _toned(p.top, 1.12))
        pen.line([(0, 0.5), (0.02, 2.7)], dark, 0.02)
        for y in (0.8, 1.25, 1.7, 2.15):
            pen.ink(_disc(0.04, y, 0.03), _toned(p.top, 0.55))
    elif p.top_pattern == "apron":
        cloth = _toned(p.bottom, 0.35, 140)
        for side in (-1, 1):
            pen.line([(0.42 * side, 1.0), (0.3 * side, 0.3)], cloth, 0.07)
        pen.form(_even((0.45, 0.95), (0.62, 1.7), (0.7, 4.2)) * wide, cloth, 0.2, 0.35)
    else:
        pen.line(_curve([(-0.32, 0.28), (-0.16, 0.43), (0, 0.48), (0.16, 0.43), (0.32, 0.28)], False), dark, 0.035)


def _arm(pen: _Pen, p: Person, joints, bands) -> None:
    bare = p.top_pattern in ("plain", "apron")
    shoulder, elbow, wrist = joints
    along = (wrist - elbow) / np.linalg.norm(wrist - elbow)
    x, y = wrist + 0.13 * along
    pen.form(_disc(x, y, 0.15, 0.17), p.skin, 0.08, 0.4)
    pen.form(_limb(elbow, wrist, 0.165, 0.12), p.skin if bare else p.top, 0.1, 0.45, None if bare else bands)
    pen.form(_limb(shoulder, elbow, 0.2 * p.build, 0.165), p.top, 0.12, 0.45, bands)


def _hair_behind(pen: _Pen, p: Person) -> None:
    if p.hair_style in _BACK_HAIR:
        pen.form(_BACK_HAIR[p.hair_style], p.hair, 0.14, 0.5)
    elif p.hair_style == "curly":
        for k, a in enumerate(np.linspace(-0.12, 1.12, 16) * math.pi):
            curl = _disc(0.43 * math.cos(a), -0.6 - 0.44 * math.sin(a), 0.15)
            pen.form(curl, _toned(p.hair, 0.85 + 0.3 * (k % 2)), 0.08, 0.45)


def _hair_before(pen: _Pen, p: Person) -> None:
    low, rim, t = (-0.84, 0.02, p.turn * 0.06) if p.hair_style == "cropped" else (-0.74, 0.06, p.turn * 0.06)
    line = [
        (0.375, -0.55),
        (0.345, -0.68),
        (0.26 + t, low - 0.03),
        (0.08 + t, low - 0.07),
        (-0.12 + t, low - 0.04),
        (-0.28 + t, low + 0.03),
        (-0.35, -0.66),
        (-0.375, -0.55),
    ]
    if p.hair_style in ("long", "bob"):  # parted
        line = [
            (0.4, -0.12),
            (0.36, -0.45),
            (0.31, -0.66),
            (0.14 + t, -0.84),
            (t, -0.9),
            (-0.14 + t, -0.82),
            (-0.31, -0.62),
            (-0.36, -0.42),
            (-0.4, -0.12),
        ]
    top = [
        (-0.4 - rim / 2, -0.6),
        (-0.37 - rim / 2, -0.84),
        (-0.2, -1 - rim),
        (0.02, -1.03 - rim),
        (0.22, -1 - rim),
        (0.38 + rim / 2, -0.84),
        (0.4 + rim / 2, -0.6),
    ]
    pen.form(_curve(line + top, steps=4), p.hair, 0.1, 0.45)
    pen.soft(_curve([(-0.22, -0.97), (0.0, -1.0), (0.1, -0.95), (-0.1, -0.9)]), _toned(p.hair, 1.5, 22), 0.5, 0.05)


def _face(pen: _Pen, p: Person) -> None:
    wide, spacing, eye, nose, mouth, brow = p.features
    skin, t = np.asarray(p.skin, float), p.turn * 0.11
    deep, shade, light = skin * (0.5, 0.42, 0.4), skin * (0.72, 0.63, 0.6), _toned(skin, 1.12, 14)
    for side in (-1, 1):
        pen.form(_disc(side * 0.375 * wide, -0.46, 0.055, 0.11), skin * 0.92, 0.05, 0.4)  # ears
    pen.form(_SKULL * (wide, 1), skin, 0.13, 0.42)
    pen.soft(_disc(t - 0.03, -0.78, 0.2, 0.1), light, 0.55, 0.07)
    for side in (-1, 1):  # sockets and cheeks
        pen.soft(_disc(t + side * 0.165 * spacing, -0.51, 0.115, 0.075), shade, 1.0, 0.04)
        pen.soft(_disc(t + side * 0.21, -0.3, 0.09, 0.07), skin * (0.98, 0.74, 0.7), 0.5, 0.05)
        pen.soft(_disc(t + side * 0.19, -0.38, 0.08, 0.035), light, 0.5, 0.03)
    bridge = np.array([(0.03, -0.5), (0.055, -0.5), (0.1 * nose, -0.28), (0.05, -0.26)])
    pen.soft(np.add(bridge, (t, 0)), shade, 0.95, 0.02)
    pen.soft(np.add(bridge * (-0.9, 1), (t, 0)), shade, 0.4, 0.022)
    pen.soft([(t - 0.015, -0.55), (t + 0.015, -0.55), (t + 0.03, -0.31), (t - 0.03, -0.31)], light, 0.7, 0.018)
    pen.soft(_disc(t + 0.01, -0.243, 0.085 * nose, 0.024), deep, 0.8, 0.016)
    for side in (-1, 1):
        pen.soft(_disc(t + side * 0.042 * nose, -0.262, 0.022, 0.013), deep * 0.6, 0.9, 0.008)
        pen.soft(_disc(t + side * 0.085 * nose, -0.275, 0.014, 0.03), shade * 0.9, 0.6, 0.012)
        _eye(pen, p, t + side * 0.165 * spacing, side, eye, brow, deep)
    _mouth(pen, p, t, (0.125 + 0.03 * p.smile) * mouth, skin, shade, deep)
    if p.glasses:
        for side in (-1, 1):
            pen.line(_curve(_disc(t + side * 0.168 * spacing, -0.49, 0.115, 0.085))[::4], (40, 38, 40), 0.018)
        pen.line([(t - 0.055, -0.5), (t + 0.055, -0.5)], (40, 38, 40), 0.018)


def _eye(pen: _Pen, p: Person, x: float, side: int, size: float, brow: float, deep) -> None:
    w, h = 0.076 * size, 0.034 * size
    almond = [
        (x - w, -0.498),
        (x - 0.4 * w, -0.5 - h),
        (x + 0.4 * w, -0.5 - h),
        (x + w, -0.502),
        (x + 0.3 * w, -0.5 + 0.75 * h),
        (x - 0.4 * w, -0.5 + 0.75 * h),
    ]
    pen.soft(_curve([(x - w, -0.545), (x, -0.575), (x + w, -0.545)], False), deep, 0.7, 0.01)
    pen.ink(_curve(almond, steps=3), (218, 211, 204))
    iris = x + p.turn * 0.015
    pen.ink(_disc(iris, -0.503, 0.035 * size, 0.034 * size), (74, 56, 44))
    pen.ink(_disc(iris, -0.503, 0.017 * size), (20, 16, 16))
    pen.ink(_disc(iris - 0.012, -0.515, 0.009), (250, 250, 250))
    lid = [(x - 1.06 * w, -0.494), (x - 0.4 * w, -0.505 - h), (x + 0.4 * w, -0.505 - h), (x + 1.08 * w, -0.503)]
    pen.line(_curve(lid, False), deep * 0.5, 0.012)
    pen.soft(_curve([(x - w * 0.8, -0.465), (x, -0.455), (x + w * 0.8, -0.465)], False), deep, 0.45, 0.012)
    inner, outer, hair = x - side * 0.085, x + side * 0.125, np.minimum(0.35 * np.asarray(p.hair) + 0.25 * deep, 90)
    pen.soft(
        _curve(
            [
                (inner, -0.585 - 0.01 * brow),
                (x, -0.635 * brow**0.2),
                (outer, -0.59),
                (x + side * 0.02, -0.6),
                (inner, -0.56),
            ]
        ),
        hair,
        0.9,
        0.01,
    )


def _mouth(pen: _Pen, p: Person, t: float, w: float, skin, shade, deep) -> None:
    lip, corner = skin * (0.82, 0.5, 0.5), -0.16 - 0.03 * p.smile
    pen.soft(_disc(t, -0.085, 0.08, 0.018), shade, 0.8, 0.022)
    pen.soft(
        _curve(
            [(t - w, corner), (t - 0.04, -0.178), (t, -0.17), (t + 0.04, -0.178), (t + w, corner), (t, -0.145)], steps=3
        ),
        lip * 0.85,
        0.95,
        0.008,
    )
    pen.soft(
        _curve(
            [
                (t - 0.9 * w, corner + 0.005),
                (t, -0.148),
                (t + 0.9 * w, corner + 0.005),
                (t + 0.075, -0.113),
                (t, -0.104),
                (t - 0.075, -0.113),
            ],
            steps=3,
        ),
        _toned(lip, 1.12),
        0.95,
        0.009,
    )
    if p.smile > 0.6:  # teeth
        ends = (t - 0.75 * w, corner + 0.4 * (-0.16 - corner)), (t + 0.75 * w, corner + 0.4 * (-0.16 - corner))
        pen.ink(_curve([ends[0], (t, -0.158), ends[1], (t, -0.132)], steps=3), (238, 234, 226))
    gap = [(t - w, corner), (t - 0.4 * w, -0.153), (t + 0.4 * w, -0.153), (t + w, corner)]
    pen.line(_curve(gap, False), deep * 0.6, 0.012)
    if p.beard and p.hair_style in ("short", "cropped", "bun"):
        beard = [
            (-0.34, -0.36),
            (-0.25, -0.2),
            (t - 0.14, -0.21),
            (t, -0.215),
            (t + 0.14, -0.21),
            (0.25, -0.2),
            (0.34, -0.36),
            (0.3, -0.12),
            (0.14, 0.03),
            (-0.14, 0.03),
            (-0.3, -0.12),
        ]
        pen.soft(_curve(beard), np.asarray(p.hair) * 0.6 + 0.12 * skin, 0.8, 0.016)
        pen.soft(_curve([(t - 0.85 * w, -0.15), (t, -0.165), (t + 0.85 * w, -0.15), (t, -0.115)]), lip, 0.9, 0.01)


def _back(pen: _Pen, p: Person) -> None:
    """The head of somebody turned away."""
    low = {"long": 0.8, "bob": 0.05, "bun": -0.2, "curly": -0.1}.get(p.hair_style, -0.22)
    pen.form(_SKULL, p.skin, 0.13, 0.42)
    if p.hair_style == "bun":
        pen.form(_BACK_HAIR["bun"], p.hair, 0.1, 0.5)
    back = _even((0, -1.06), (0.24, -1.02), (0.4, -0.82), (0.44, -0.5), (0.4, low), (0.15, low + 0.05))
    pen.form(_curve(back), p.hair, 0.14, 0.5)
    for x in (-0.2, -0.05, 0.12, 0.24):
        strand = [(x * 0.5, -1.0), (x, -0.6), (x * 1.1, low), (x * 1.1 + 0.02, low), (x + 0.03, -0.6)]
        pen.soft(_curve(strand), _toned(p.hair, 1.5, 14), 0.45, 0.03)


def _cover(pen: _Pen, p: Person) -> None:
    """What hides the face: a phone, a hand, a hat, a bar, an emoji, or its blurring."""
    skin = np.asarray(p.skin, float)
    if p.cover in ("phone", "hand"):
        _arm(pen, p, np.array(_ARMS["up to the face"][0]) * (p.build, 1), None)
    if p.cover == "phone":
        case = _even((0.02, -0.92), (0.27, -0.91), (0.3, -0.85), (0.3, -0.05), (0.27, 0.0))
        pen.form(_curve(case, steps=2), (34, 36, 42), 0.2, 0.25)
        for y in (-0.82, -0.7):
            pen.ink(_disc(-0.2, y, 0.045), (80, 84, 92))
            pen.ink(_disc(-0.2, y, 0.02), (14, 14, 18))
        for y in (-0.02, -0.15, -0.28, -0.41):
            pen.form(_limb((0.34, y), (0.13, y - 0.03), 0.065, 0.055), skin, 0.04, 0.35)
    elif p.cover == "hand":
        palm = [(0.3, 0.12), (0.36, -0.25), (0.2, -0.42), (-0.22, -0.4), (-0.3, -0.2), (0, 0.08)]
        pen.form(_curve(palm), skin * 0.97, 0.1, 0.3)
        for k, tip in enumerate([(-0.33, -0.78), (-0.12, -0.88), (0.1, -0.86), (0.29, -0.74)]):
            pen.form(_limb((-0.21 + 0.14 * k, -0.3), tip, 0.085, 0.065), skin * (0.94 + 0.02 * k), 0.05, 0.4)
    elif p.cover == "hat":
        straw = (206, 176, 126) if p.features[0] > 1 else (92, 82, 84)
        pen.form(_curve(_even((0, -1.3), (0.3, -1.26), (0.42, -0.95), (0.46, -0.6))), straw, 0.12, 0.4)
        pen.form(_disc(0, -0.42, 0.8, 0.33), straw, 0.12, 0.4)
        pen.soft(_curve(_even((0, -0.68), (0.45, -0.75), (0.45, -0.68), (0.02, -0.6))), (70, 54, 50), 0.8, 0.02)
    elif p.cover == "emoji":  # hearts for eyes, a wide grin
        pen.form(_disc(0, -0.48, 0.6), (250, 204, 70), 0.2, 0.2)
        heart = _curve(_even((0, -0.65), (0.09, -0.72), (0.15, -0.62), (0.02, -0.46)), steps=3)
        for side in (-1, 1):
            pen.ink(np.add(heart, (side * 0.24, 0)), (220, 60, 70))
        pen.ink(_curve([(-0.3, -0.34), (0, -0.3), (0.3, -0.34), (0.16, -0.12), (-0.16, -0.12)], steps=3), (112, 60, 30))
    elif p.cover == "bar":
        pen.ink([(-0.46, -0.68), (0.46, -0.72), (0.46, -0.12), (-0.46, -0.08)], (24, 24, 26))
    elif p.cover in ("blur", "pixels"):
        _unsharp(pen, p.cover)


def _unsharp(pen: _Pen, how: str) -> None:
    """Blurs the head or turns it into 5 × 5 squares."""
    found = pen._mask(_disc(0, -0.5, 0.6), 0)
    if not found:
        return
    mask, region, _ = found
    h, w = mask.shape
    if how == "pixels":
        cells = cv2.resize(region, (5, 5), interpolation=cv2.INTER_AREA)
        region[:] = cv2.resize(cells, (w, h), interpolation=cv2.INTER_NEAREST)
        return
    far = cv2.resize(region, (max(1, w // 2), max(1, h // 2)), interpolation=cv2.INTER_AREA)
    far = cv2.resize(cv2.GaussianBlur(far, (0, 0), max(1.0, 0.1 * pen.unit)), (w, h))
    weight = cv2.GaussianBlur(mask, (0, 0), 0.05 * pen.unit + 0.5).astype(np.float32)[..., None] / 255
    region[:] = region + weight * (far.astype(np.float32) - region)


def draw(image: np.ndarray, person: Person, chin: tuple[float, float], unit: float, light=(1.0, 1.0, 1.0)) -> None:
    """Draw the person into `image`, uint8 (h, w, 3) RGB, changed in place: the chin at `chin` (x, y) in pixels, a head
    of `unit` pixels, in light of this colour (1 is full)."""
    upright, head = _Pen(image, *chin, unit, 0.0, light), _Pen(image, *chin, unit, person.tilt, light)
    if person.cover == "away":
        _body(upright, replace(person, pose="arms down"))
        _back(head, person)
        return
    if person.face != "cropped" or person.hair_style == "long":
        _hair_behind(head, person)
    _body(upright, person)
    if person.face != "cropped":
        _face(head, person)
        _hair_before(head, person)
        _cover(head, person)
