"""A perspective canvas: lit, patterned faces of rooms and furniture, drawn back to front with OpenCV.

Room coordinates are metres, x to the right, y up, z away from the viewer, the floor at y = 0.
Colours are RGB triples of floats, 0 to 255; `Canvas.image` is uint8 (pixels, pixels, 3) RGB.
A thing is made of `Part`s in its own frame: x across, y up, z from its back (0) to its front; `Canvas.thing`
draws them in an order in which nothing near is hidden by what lies behind it.
"""

from __future__ import annotations

import math
from functools import lru_cache
from typing import Any, NamedTuple

import cv2
import numpy as np

NEAR = 0.12  # m in front of the eye; nearer geometry is cut off
SQUARE = np.array([[0, 0], [1, 0], [1, 1], [0, 1]], np.float64)
_TURN = np.linspace(0, 2 * math.pi, 33)[:-1]
ROUND = 0.5 + 0.5 * np.stack([np.cos(_TURN), np.sin(_TURN)], 1)
FAR = np.clip(0.5 + 0.5 * np.stack([np.sign(np.cos(_TURN)) * np.abs(np.cos(_TURN)) ** 0.4,
                                    np.sign(np.sin(_TURN)) * np.abs(np.sin(_TURN)) ** 0.4], 1), 0, 1)
SOFT = FAR  # a square with rounded corners (a superellipse)
ARCH = np.concatenate([[[0, 1], [0, 0.4]], np.stack([0.5 - 0.5 * np.cos(_TURN[:17]), 0.4 - 0.4 * np.sin(_TURN[:17])], 1), [[1, 1]]])
TRAPEZE = np.array([[0.2, 0], [0.8, 0], [1, 1], [0, 1]])


class Paint(NamedTuple):
    """How a face looks: a pattern of three colours repeated every `period` metres, or an image, and its relief."""

    colours: tuple  # base, second, third; RGB 0..255
    pattern: str = "plain"
    period: float = 0.3
    relief: str = "flat"  # flat, puff, folds, drape, round
    glow: float = 0.0  # 0: lit by the room only; 1: shines by itself
    image: Any = None  # uint8 (h, w, 3), stretched over the face instead of a pattern

    def but(self, **changes) -> "Paint":
        return self._replace(**changes)


class Part(NamedTuple):
    """One convex piece of a thing, between the corners `lo` and `hi` of its frame."""

    lo: tuple
    hi: tuple
    paint: Paint
    shape: str = "box"  # box, soft, sheet (front only), mat (top only), turned, leaves
    extra: Any = None  # box/soft: paint of the front; sheet/mat: outline; turned: profile; leaves: generator seed
    top: Paint | None = None


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


@lru_cache(maxsize=None)
def _weights(pattern: str) -> np.ndarray:
    """One repeat of a pattern: float32 (96, 96, 2), the weights of the second and third colour."""
    n = 96
    u, v = np.meshgrid((np.arange(n) + 0.5) / n, (np.arange(n) + 0.5) / n)
    zero = np.zeros((n, n))
    noise = np.random.default_rng(len(pattern)).random((n, n))
    a, b = zero, zero
    if pattern == "striped":
        a, b = (np.abs(u - 0.5) < 0.22) * 1.0, (np.abs(np.abs(u - 0.5) - 0.33) < 0.025) * 1.0
    elif pattern == "checked":
        a = 0.5 * (u < 0.5) + 0.5 * (v < 0.5)
        b = 0.8 * ((np.abs(u - 0.75) < 0.02) | (np.abs(v - 0.75) < 0.02))
    elif pattern == "dotted":
        a = _near(u, v, [(0.25, 0.25), (0.75, 0.75)], 0.12)
    elif pattern == "floral":
        for x, y, turn in ((0.28, 0.3, 0.0), (0.78, 0.74, 0.6)):
            a = np.maximum(a, sum(_leaf(u, v, x + 0.1 * math.cos(k * 1.2566 + turn), y + 0.1 * math.sin(k * 1.2566 + turn),
                                        k * 1.2566 + turn, 0.1, 0.062) for k in range(5)))
        b = np.maximum(_near(u, v, [(0.28, 0.3), (0.78, 0.74)], 0.045),
                       np.maximum(_leaf(u, v, 0.62, 0.28, 0.8, 0.12, 0.04), _leaf(u, v, 0.2, 0.76, -0.7, 0.12, 0.04)))
    elif pattern == "zigzag":
        a = ((v * 3 + 1.2 * np.abs(u * 2 % 1 - 0.5)) % 1 < 0.42) * 1.0
    elif pattern == "diamond":
        d = np.abs(u - 0.5) + np.abs(v - 0.5)
        a, b = (d < 0.4) * 1.0, (d < 0.17) * 1.0
    elif pattern == "leafy":
        spots = [(0.2, 0.25, 0.9), (0.55, 0.2, -0.7), (0.85, 0.5, 1.0), (0.35, 0.62, -0.8), (0.7, 0.85, 0.7), (0.08, 0.86, -0.5)]
        for k, (x, y, turn) in enumerate(spots):
            leaf = _leaf(u, v, x, y, turn, 0.17, 0.066)
            a, b = (np.maximum(a, leaf), b) if k % 2 else (a, np.maximum(b, leaf))
    elif pattern == "woven":
        a = 0.3 * ((np.floor(u * 8) + np.floor(v * 8)) % 2) + 0.15 * noise
    elif pattern == "planks":  # five boards of a floor, each with its own tone, grain and end joint
        board = np.floor(u * 5).astype(int)
        a = np.array([0.1, 0.6, 0.3, 0.8, 0.4])[board] + 0.25 * cv2.GaussianBlur(noise, (0, 0), sigmaX=0.8, sigmaY=14) - 0.1
        b = 0.75 * ((u * 5 % 1 < 0.05) | (np.abs((v + np.array([0, 0.45, 0.2, 0.7, 0.55])[board]) % 1 - 0.5) < 0.006))
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


@lru_cache(maxsize=None)
def _relief(kind: str) -> np.ndarray:
    """float32 (48, 48): how strongly the parts of a face with this relief catch the light."""
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
    return out.astype(np.float32)


def texture(paint: Paint, metres: tuple, pixels: tuple) -> np.ndarray:
    """A face of `metres` (across, down) at `pixels` (across, down): float32 (h, w, 3), unlit, values 0..255."""
    w, h = pixels
    if paint.image is not None:
        return cv2.resize(paint.image, (w, h), interpolation=cv2.INTER_AREA).astype(np.float32)
    base, second, third = np.asarray(paint.colours, np.float32)
    n, m = (max(1, round(paint.period * p / d)) for p, d in zip(pixels, metres))
    if paint.pattern == "plain":
        return np.broadcast_to(base, (h, w, 3))
    weights = _weights(paint.pattern)
    if n < 3 or m < 3:  # too far away to see it
        weights = weights.mean((0, 1), keepdims=True)
    weights = cv2.resize(weights, (n, m), interpolation=cv2.INTER_AREA).reshape(m, n, 2)
    tile = base + weights[..., :1] * (second - base) + weights[..., 1:] * (third - base)
    return np.tile(tile, (-(-h // m), -(-w // n), 1))[:h, :w]


# View and light ------------------------------------------------------------------------------------------------------

class View(NamedTuple):
    """A pinhole camera: `eye` in m; `axes` rows right, up, forward; `focal` and `centre` in pixels."""

    eye: np.ndarray
    axes: np.ndarray
    focal: float
    centre: tuple

    @classmethod
    def look(cls, eye, yaw: float, pitch: float, roll: float, focal: float, centre) -> "View":
        """Look from `eye`; yaw turns right, pitch up, roll clockwise, all in radians."""
        forward = np.array([math.sin(yaw) * math.cos(pitch), math.sin(pitch), math.cos(yaw) * math.cos(pitch)])
        right = np.array([math.cos(yaw), 0.0, -math.sin(yaw)])
        up = np.cross(forward, right)
        c, s = math.cos(roll), math.sin(roll)
        return cls(np.asarray(eye, float), np.stack([c * right - s * up, c * up + s * right, forward]), focal, tuple(centre))

    def seen(self, points) -> np.ndarray:
        """Points (n, 3) of the room in the camera's frame: right, up, forward (m)."""
        return (np.asarray(points, float) - self.eye) @ self.axes.T

    def screen(self, seen: np.ndarray) -> np.ndarray:
        """Camera-frame points (n, 3), all in front of the eye, to pixels (n, 2)."""
        scale = self.focal / seen[:, 2]
        return np.stack([self.centre[0] + seen[:, 0] * scale, self.centre[1] - seen[:, 1] * scale], 1)


class Light(NamedTuple):
    """Light of a room: ambient colour, point sources (position, colour, reach), sun through a window, contact shadows."""

    ambient: np.ndarray  # (3,), 1 is full
    places: np.ndarray  # (k, 3) m
    colours: np.ndarray  # (k, 3)
    reach: np.ndarray  # (k,) m
    room: tuple  # width, height, depth in m
    sun: tuple | None = None  # direction towards the sun (3,), window lo (3,), window hi (3,), colour (3,)
    lo: np.ndarray = np.zeros((0, 3))  # corners of what stands in the room
    hi: np.ndarray = np.zeros((0, 3))

    def at(self, points: np.ndarray, normal: np.ndarray, contact: bool = False) -> np.ndarray:
        """Light (n, 3) that reaches the points (n, 3) of a face with this outward normal."""
        out = np.repeat((self.ambient * (0.9 + 0.1 * normal[1]))[None], len(points), 0)
        to = self.places[None] - points[:, None]
        distance = np.sqrt(np.einsum("nki,nki->nk", to, to)) + 1e-6
        facing = np.clip(0.45 + 0.55 * (to @ normal) / distance, 0, 1)
        out += (facing / (1 + (distance / self.reach) ** 2)) @ self.colours
        if self.sun is not None:
            out += self._sunshine(points, normal)
        if contact:
            size = np.asarray(self.room, float)
            corner = np.stack([points, size - points], 1).reshape(len(points), -1)
            corner = np.where(np.abs(np.concatenate([normal, normal])) > 0.5, 9, corner)  # its own plane casts nothing
            out *= (1 - 0.22 * np.exp(-np.clip(corner.min(1), 0, 9) / 0.25))[:, None]
            if len(self.lo):
                gap = np.maximum(np.maximum(self.lo[None] - points[:, None], points[:, None] - self.hi[None]), 0)
                gap[..., 1] *= 0.7
                out *= (1 - 0.42 * np.exp(-np.sqrt((gap**2).sum(-1)) / 0.16)).prod(1).clip(0.35, 1)[:, None]
        return out

    def _sunshine(self, points, normal):
        direction, lo, hi, colour = self.sun
        slope = float(normal @ direction)
        axis = int(np.argmin(hi - lo))  # the window's thin axis: the wall it is in
        steps = (lo[axis] - points[:, axis]) / direction[axis]
        if slope <= 0.02:
            return 0.0
        hit = points + steps[:, None] * direction
        inside = np.ones(len(points))
        for k in range(3):
            if k != axis:
                inside *= np.clip(np.minimum(hit[:, k] - lo[k], hi[k] - hit[:, k]) / 0.05 + 0.5, 0, 1)
                if k != 1:  # the bar in the middle
                    inside *= np.clip(np.abs(hit[:, k] - (lo[k] + hi[k]) / 2) / 0.04 - 0.3, 0, 1)
        return (inside * (steps > 0) * min(1.0, slope + 0.3))[:, None] * colour


# Drawing -------------------------------------------------------------------------------------------------------------

def back_to_front(lo: np.ndarray, hi: np.ndarray, eye) -> list[int]:
    """An order in which boxes (n, 3)–(n, 3) can be painted for `eye`; what overlaps is ordered by distance."""
    eye = np.asarray(eye, float)
    a, b = lo[:, None], hi[:, None]
    first = (((b <= lo[None] + 1e-4) & (eye >= b - 1e-4)) | ((a >= hi[None] - 1e-4) & (eye <= a + 1e-4))).any(-1)
    first &= ~first.T
    distance = np.linalg.norm((lo + hi) / 2 - eye, axis=1)
    left, order = list(np.argsort(-distance, kind="stable")), []
    while left:
        ahead = first[:, left][left].any(0)  # still has something that must come first
        pick = left[int(np.argmin(ahead))]
        order.append(int(pick))
        left.remove(pick)
    return order


def _cut(seen: np.ndarray) -> np.ndarray:
    """The part of a polygon (camera frame) that lies beyond the near plane."""
    out = []
    for p, q in zip(seen, np.roll(seen, -1, 0)):
        if p[2] >= NEAR:
            out.append(p)
        if (p[2] >= NEAR) != (q[2] >= NEAR):
            out.append(p + (q - p) * ((NEAR - p[2]) / (q[2] - p[2])))
    return np.array(out).reshape(-1, 3)


_CORNERS = np.array([[x, y, z] for x in (0, 1) for y in (0, 1) for z in (0, 1)], float)


class Canvas:
    """Where the room is drawn. All methods draw; none returns anything."""

    def __init__(self, view: View, light: Light, pixels: int):
        self.view, self.light, self.pixels = view, light, pixels
        self.image = np.full((pixels, pixels, 3), 90, np.uint8)

    def face(self, origin, across, down, paint: Paint, outline=SQUARE, contact: bool = False) -> None:
        """Paint the parallelogram `origin` + u·`across` + v·`down`, or the `outline` (n, 2) in (u, v) within it."""
        view = self.view
        across, down = np.asarray(across, float), np.asarray(down, float)
        start = np.asarray(origin, float) - view.eye
        frame = view.axes @ np.stack([across, down, start], 1)
        seen = outline @ frame[:, :2].T + frame[:, 2]
        if (seen[:, 2] < NEAR).any():
            seen = _cut(seen)
            if len(seen) < 3:
                return
        spots = view.screen(seen)
        x0, y0 = np.maximum(np.floor(spots.min(0)), 0).astype(int)
        x1, y1 = np.minimum(np.ceil(spots.max(0)) + 1, self.pixels).astype(int)
        if x1 <= x0 or y1 <= y0:
            return
        normal = np.cross(across, down)
        normal /= np.linalg.norm(normal) + 1e-12
        if normal @ (start + (across + down) / 2) > 0:
            normal = -normal
        big = (x1 - x0) * (y1 - y0) / self.pixels**2
        flat = paint.pattern == "plain" and paint.relief == "flat" and paint.image is None
        grid = 1 if flat and big < 0.012 else 3 if big < 0.06 else 7 if not contact and big < 0.3 else 40 if contact else 12
        steps = (np.arange(grid) + 0.5) / grid
        where = np.asarray(origin, float) + (steps[None, :, None] * across + steps[:, None, None] * down).reshape(-1, 3)
        light = self.light.at(where, normal, contact)
        light = (paint.glow + (1 - paint.glow) * light).astype(np.float32).reshape(grid, grid, 3)
        points = np.round(spots * 16).astype(np.int32)
        if grid == 1:
            colour = np.clip(light[0, 0] * np.asarray(paint.colours[0], np.float32), 0, 255)
            cv2.fillPoly(self.image, [points], colour.tolist(), shift=4)
            return
        metres = np.linalg.norm(across), np.linalg.norm(down)
        if flat:
            lit = light * np.asarray(paint.colours[0], np.float32)
        else:
            density = self._density(frame, metres)
            size = tuple(int(np.clip(m * density, 4, 480)) for m in metres)
            lit = texture(paint, metres, size) * cv2.resize(light, size, interpolation=cv2.INTER_LINEAR)
            if paint.relief != "flat":
                lit = lit * cv2.resize(_relief(paint.relief), size, interpolation=cv2.INTER_LINEAR)[..., None]
        lit = np.clip(lit, 0, 255).astype(np.uint8)
        h, w = lit.shape[:2]
        lens = np.array([[view.focal, 0, view.centre[0] - x0], [0, -view.focal, view.centre[1] - y0], [0, 0, 1]])
        try:
            back = np.array([[w, 0, -0.5], [0, h, -0.5], [0, 0, 1]]) @ np.linalg.inv(lens @ frame)
        except np.linalg.LinAlgError:  # seen exactly edge-on
            return
        patch = cv2.warpPerspective(lit, back, (int(x1 - x0), int(y1 - y0)), flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
                                    borderMode=cv2.BORDER_REPLICATE)
        mask = np.zeros((y1 - y0, x1 - x0), np.uint8)
        cv2.fillPoly(mask, [points - np.array([x0, y0], np.int32) * 16], 255, shift=4)
        region = self.image[y0:y1, x0:x1]
        region[:] = cv2.copyTo(patch, mask, region.copy())

    def _density(self, frame, metres) -> float:
        """Pixels of the canvas a metre of this face covers, about its middle."""
        middle = frame[:, 2] + (frame[:, 0] + frame[:, 1]) / 2
        return self.view.focal / max(float(middle[2]), 0.5)

    def thing(self, parts: list[Part], place, facing: float) -> None:
        """Draw the parts of a thing whose back stands at `place` (x, y, z) and whose front looks along `facing`
        (radians; 0 is towards +z, away from the viewer, pi towards the viewer, pi/2 towards +x)."""
        ahead = np.array([math.sin(facing), 0, math.cos(facing)])
        turn = np.stack([[-ahead[2], 0, ahead[0]], [0, 1, 0], ahead], 1)  # columns: the thing's x, y, z in the room
        place = np.asarray(place, float)
        eye = (self.view.eye - place) @ turn
        lo, hi = np.array([p.lo for p in parts], float), np.array([p.hi for p in parts], float)
        for k in back_to_front(lo, hi, eye):
            part = parts[k]
            getattr(self, "_" + part.shape)(part, lo[k], hi[k], eye, place, turn)

    def _box(self, part, lo, hi, eye, place, turn, soft: float = 0.0) -> None:
        size = hi - lo
        (x, y, z), (dx, dy, dz) = lo, size
        front = part.extra or part.paint
        outline = SOFT if soft else SQUARE
        faces = (
            (eye[0] < lo[0], (x, y + dy, z), (0, 0, dz), (0, -dy, 0), part.paint),
            (eye[0] > hi[0], (x + dx, y + dy, z + dz), (0, 0, -dz), (0, -dy, 0), part.paint),
            (eye[2] < lo[2], (x + dx, y + dy, z), (-dx, 0, 0), (0, -dy, 0), part.paint),
            (eye[2] > hi[2], (x, y + dy, z + dz), (dx, 0, 0), (0, -dy, 0), front),
            (eye[1] < lo[1], (x, y, z), (dx, 0, 0), (0, 0, dz), part.paint),
            (eye[1] > hi[1], (x, y + dy, z), (dx, 0, 0), (0, 0, dz), part.top or part.paint),
        )
        for visible, origin, across, down, paint in faces:
            if visible:
                self.face(place + turn @ origin, turn @ across, turn @ down, paint, outline)

    def _soft(self, part, lo, hi, eye, place, turn) -> None:
        """A box with rounded edges: its chamfered outline in the middle tone, then its faces with round corners."""
        rim = 0.16 * np.minimum(hi - lo, 0.35)
        corners = lo + _CORNERS * (hi - lo)
        inward = np.where(_CORNERS > 0, -rim, rim)
        points = np.concatenate([corners + inward * (np.arange(3) == k) for k in range(3)])
        seen = self.view.seen(place + points @ turn.T)
        if (seen[:, 2] < NEAR).any():
            return
        hull = cv2.convexHull(self.view.screen(seen).astype(np.float32))
        middle = place + turn @ ((lo + hi) / 2)
        toward = self.view.eye - middle
        light = self.light.at(middle[None], toward / np.linalg.norm(toward))[0] * 0.9
        colours, weights = np.asarray(part.paint.colours), _weights(part.paint.pattern).mean((0, 1))
        tone = colours[0] + weights[0] * (colours[1] - colours[0]) + weights[1] * (colours[2] - colours[0])
        cv2.fillPoly(self.image, [np.round(hull * 16).astype(np.int32)], np.clip(tone * light, 0, 255).tolist(), shift=4)
        self._box(part, lo, hi, eye, place, turn, soft=1.0)

    def _sheet(self, part, lo, hi, eye, place, turn) -> None:
        self.face(place + turn @ (lo[0], hi[1], hi[2]), turn @ (hi[0] - lo[0], 0, 0), turn @ (0, lo[1] - hi[1], 0), part.paint,
                  SQUARE if part.extra is None else part.extra)

    def _mat(self, part, lo, hi, eye, place, turn) -> None:
        self.face(place + turn @ (lo[0], hi[1], lo[2]), turn @ (hi[0] - lo[0], 0, 0), turn @ (0, 0, hi[2] - lo[2]), part.paint,
                  SQUARE if part.extra is None else part.extra, contact=lo[1] < 0.05)

    def _turned(self, part, lo, hi, eye, place, turn) -> None:
        """A solid of revolution; `extra` is its profile: rows (height 0..1, radius 0..1)."""
        profile = np.asarray(part.extra, float)
        foot = place + turn @ ((lo[0] + hi[0]) / 2, lo[1], (lo[2] + hi[2]) / 2)
        radius, height = (hi[0] - lo[0]) / 2, hi[1] - lo[1]
        aside = self.view.axes[0] * (1, 0, 1)
        aside /= np.linalg.norm(aside)
        left = np.stack([0.5 - 0.5 * profile[:, 1], 1 - profile[:, 0]], 1)
        right = np.stack([0.5 + 0.5 * profile[::-1, 1], 1 - profile[::-1, 0]], 1)
        self.face(foot - aside * radius + (0, height, 0), aside * 2 * radius, (0, -height, 0), part.paint.but(relief="round"),
                  np.concatenate([left, right]))
        wide = radius * profile[-1, 1]
        if self.view.eye[1] > foot[1] + height and wide > 0.02:
            self.face(foot + (-wide, height, -wide), (2 * wide, 0, 0), (0, 0, 2 * wide), part.top or part.paint, ROUND)

    def _leaves(self, part, lo, hi, eye, place, turn) -> None:
        """A plant's crown: leaves about the middle of the box, the far ones darker; `extra` seeds it, `pattern` shapes it."""
        rng = np.random.default_rng(part.extra)
        middle = place + turn @ ((lo + hi) / 2)
        seen = self.view.seen(middle[None])
        if seen[0, 2] < 2 * NEAR:
            return
        x, y = self.view.screen(seen)[0]
        metre = self.view.focal / seen[0, 2]
        wide, high = (hi[0] - lo[0]) / 2 * metre, (hi[1] - lo[1]) / 2 * metre
        light = self.light.at(middle[None], np.array([0, 0.6, -0.8]))[0]
        slim = part.paint.pattern == "striped"
        count = 26
        angles, reach = rng.uniform(-0.15, 1.15, count) * math.pi, rng.uniform(0.45, 1.0, count)
        tones, droop = rng.uniform(0, 1, count), rng.uniform(-0.5, 0.4, count)
        root = np.array([x, y + high])
        base, second = np.asarray(part.paint.colours[0]), np.asarray(part.paint.colours[1])
        for k in range(count):
            bright = (0.62 + 0.45 * k / count) * light
            colour = np.clip((base + (second - base) * tones[k]) * bright, 0, 255).tolist()
            tip = np.array([x + math.cos(angles[k]) * wide * reach[k], y - math.sin(angles[k]) * high * reach[k] + droop[k] * high * 0.4])
            stem = root if slim else np.array([x, y]) * 0.6 + tip * 0.4
            along = tip - stem
            side = np.array([-along[1], along[0]]) * (0.07 if slim else 0.32)
            leaf = np.stack([stem, stem + along * 0.35 + side, stem + along * 0.7 + side * 0.8, tip, stem + along * 0.7 - side * 0.8,
                             stem + along * 0.35 - side])
            cv2.fillPoly(self.image, [np.round(leaf * 16).astype(np.int32)], colour, cv2.LINE_AA, shift=4)
