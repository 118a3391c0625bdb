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
SOFT = np.clip(0.5 + 0.5 * np.stack([np.sign(np.cos(_TURN)) * np.abs(np.cos(_TURN)) ** 0.4,
                                    np.sign(np.sin(_TURN)) * np.abs(np.sin(_TURN)) ** 0.4], 1), 0, 1)
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
        """The same paint with some properties changed."""
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
    return np.clip(base + weights[..., :1] * (second - base) + weights[..., 1:] * (third - base) + 0.5, 0, 255).astype(np.uint8)


def _mean(paint: Paint) -> np.ndarray:
    """The colour of a face seen from far away, (3,)."""
    if paint.image is not None:
        return paint.image.reshape(-1, 3).mean(0)
    base, second, third = np.asarray(paint.colours, float)
    if paint.pattern == "plain":
        return base
    a, b = _share(paint.pattern)
    return base + a * (second - base) + b * (third - base)


@lru_cache(maxsize=None)
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
    return cv2.repeat(tile, int(down // n) + 1, int(across // n) + 1)[:int(down) + 1, :int(across) + 1], across, down


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
        return seen[:, :2] * (self.focal, -self.focal) / seen[:, 2:] + self.centre


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

    def at(self, points: np.ndarray, normals: np.ndarray, contact: bool = False) -> np.ndarray:
        """Light (n, 3) that reaches the points (n, 3) of faces with these outward normals, (n, 3) or, of one face, (3,)."""
        normals = np.broadcast_to(normals, points.shape)
        to = self.places - points[:, None]
        distance = np.sqrt((to * to).sum(-1)) + 1e-6
        facing = 0.45 + 0.55 * (to @ normals[:, :, None])[..., 0] / distance
        out = (np.maximum(facing, 0) / (1 + (distance / self.reach) ** 2)) @ self.colours
        out += (0.9 + 0.1 * normals[:, 1:2]) * self.ambient
        if self.sun is not None:
            out += self._sunshine(points, normals)
        if contact:
            out *= self._contact(points, normals[0])[:, None]
        return out

    def _sunshine(self, points, normals):
        direction, lo, hi, colour = self.sun
        axis = int(np.argmin(hi - lo))  # the window's thin axis: the wall it is in
        slope = normals @ direction
        steps = (lo[axis] - points[:, axis]) / direction[axis]
        hit = points + steps[:, None] * direction
        lit = (slope > 0.02) * (steps > 0) * np.minimum(1.0, slope + 0.3)
        for k in (1, 2 - axis):
            lit = lit * np.clip(np.minimum(hit[:, k] - lo[k], hi[k] - hit[:, k]) / 0.05 + 0.5, 0, 1)
        k = 2 - axis  # the bar in the middle
        return (lit * np.clip(np.abs(hit[:, k] - (lo[k] + hi[k]) / 2) / 0.04 - 0.3, 0, 1))[:, None] * colour

    def _contact(self, points, normal):
        """Darker in the corners of the room and next to what stands in it."""
        gaps = [d for k in range(3) if abs(normal[k]) < 0.5 for d in (points[:, k], self.room[k] - points[:, k])]
        out = 1 - 0.22 * np.exp(np.maximum(np.minimum.reduce(gaps), 0) / -0.25)
        axis, level = int(np.argmax(abs(normal))), float(points[0, int(np.argmax(abs(normal)))])
        for lo, hi in zip(self.lo, self.hi):
            if max(lo[axis] - level, level - hi[axis]) > 0.7:
                continue  # too far from this plane to darken it
            gap = np.maximum(np.maximum(lo - points, points - hi), 0) * (1, 0.7, 1)
            out *= 1 - 0.42 * np.exp(np.sqrt((gap * gap).sum(1)) / -0.16)
        return np.maximum(out, 0.35)


# Drawing -------------------------------------------------------------------------------------------------------------

def back_to_front(lo: np.ndarray, hi: np.ndarray, eye) -> list[int]:
    """An order in which boxes with corners `lo`, `hi` (n, 3) can be painted for `eye` (3,); what overlaps goes by distance."""
    eye, n = np.asarray(eye, float), len(lo)
    if n == 1:
        return [0]
    a, b = lo[:, None], hi[:, None]
    first = (((b <= lo + 1e-4) & (eye >= b - 1e-4)) | ((a >= hi - 1e-4) & (eye <= a + 1e-4))).any(-1)
    first &= ~first.T
    distance = ((lo + hi) / 2 - eye) ** 2
    left, order, blockers = np.argsort(-distance.sum(1), kind="stable").tolist(), [], first.sum(0)
    for _ in range(n):
        pick = next((k for k in left if blockers[k] == 0), left[0])
        order.append(pick)
        left.remove(pick)
        blockers = blockers - first[pick]
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


class Face(NamedTuple):
    """The parallelogram `origin` + u·`across` + v·`down` of a frame, or the `outline` (n, 2) in (u, v) within it."""

    origin: tuple
    across: tuple
    down: tuple
    paint: Paint
    outline: np.ndarray = SQUARE
    contact: bool = False  # darkened next to things: what belongs to the room itself


class Hull(NamedTuple):
    """The outline of a rounded solid through `points` (n, 3) of the room, filled with its middle tone."""

    points: np.ndarray
    middle: np.ndarray
    paint: Paint


class Canvas:
    """Where a room is drawn: `add_face` and `add_thing` queue, in order; `paint` draws what is queued."""

    def __init__(self, view: View, light: Light, pixels: int):
        self.view, self.light, self.pixels = view, light, pixels
        self.image = np.full((pixels, pixels, 3), 90, np.uint8)
        self._queue = []  # Face, Hull or a function that draws
        self._frames = [(np.zeros(3), np.eye(3))]  # place, turn
        self._frame_of = []

    def add_face(self, face: Face) -> None:
        """Queue a face given in room coordinates."""
        self._queue.append(face)
        self._frame_of.append(0)

    def add_thing(self, parts: list[Part], place, facing: float) -> None:
        """Queue the parts of a thing whose back stands at `place` (x, y, z) and whose front looks along `facing`
        (radians; 0 is towards +z, away from the viewer, pi towards the viewer, pi/2 towards +x)."""
        s, c = math.sin(facing), math.cos(facing)
        turn, place = np.array([[-c, 0, s], [0, 1, 0], [s, 0, c]]), np.asarray(place, float)
        lo, hi = np.array([p.lo for p in parts], float), np.array([p.hi for p in parts], float)
        corners = place + (lo.min(0) + _CORNERS * (hi.max(0) - lo.min(0))) @ turn.T
        right, up, ahead = self.view.seen(corners).T
        x, y = (self.pixels / 2 + abs(c - self.pixels / 2) for c in self.view.centre)
        if (ahead < NEAR).all() or (abs(right) * self.view.focal > ahead * x * 1.02).all() and (np.sign(right) == np.sign(right[0])).all() or (
                abs(up) * self.view.focal > ahead * y * 1.02).all() and (np.sign(up) == np.sign(up[0])).all():
            return  # out of the picture
        self._frames.append((place, turn))
        eye = (self.view.eye - place) @ turn
        for k in back_to_front(lo, hi, eye):
            getattr(self, "_" + parts[k].shape)(parts[k], parts[k].lo, parts[k].hi, eye, place, turn)
            self._frame_of += [len(self._frames) - 1] * (len(self._queue) - len(self._frame_of))

    def paint(self) -> None:
        """Draw the queue: projection and light of all faces at once, then one after the other."""
        view, faces = self.view, [entry for entry in self._queue if isinstance(entry, Face)]
        places, turns = (np.array(column) for column in zip(*self._frames))
        frame_of = np.array([f for f, entry in zip(self._frame_of, self._queue) if isinstance(entry, Face)])
        local = np.array([face[:3] for face in faces], float) @ turns[frame_of].transpose(0, 2, 1)  # origin, across, down
        origin, across, down = local[:, 0] + places[frame_of], local[:, 1], local[:, 2]
        middle = origin + (across + down) / 2
        normals = np.cross(across, down)
        normals *= -np.sign(((middle - view.eye) * normals).sum(1))[:, None]
        normals /= np.linalg.norm(normals, axis=1)[:, None] + 1e-12
        steps = np.array([1, 3, 5]) / 6
        spread = origin[:, None, None] + steps[:, None] * across[:, None, None] + steps[:, None, None] * down[:, None, None]
        light = self.light.at(spread.reshape(-1, 3), normals.repeat(9, 0)).reshape(-1, 3, 3, 3)
        frames = view.axes @ np.stack([across, down, origin - view.eye], 2)  # (u, v, 1) to the camera's frame
        seen = SQUARE @ frames[:, :, :2].transpose(0, 2, 1) + frames[:, None, :, 2]
        depth = np.maximum(seen[..., 2:], NEAR)
        spots = seen[..., :2] * (view.focal, -view.focal) / depth + view.centre
        lens = np.array([[view.focal, 0, view.centre[0]], [0, -view.focal, view.centre[1]], [0, 0, 1]]) @ frames
        columns = lens.transpose(0, 2, 1)
        backs = np.stack([np.cross(columns[:, (k + 1) % 3], columns[:, (k + 2) % 3]) for k in range(3)], 1)  # the inverse, to scale
        behind, nowhere = seen[..., 2].min(1) < NEAR, seen[..., 2].max(1) < NEAR
        lo, hi = spots.min(1), spots.max(1)
        outside = nowhere | (~behind & ((hi < 0) | (lo > self.pixels)).any(1))
        bounds = np.concatenate([lo, hi], 1).tolist()
        rows = zip(faces, outside.tolist(), behind.tolist(), bounds, spots, frames, backs, light, zip(origin, across, down, normals))
        hulls = iter(self._outlines([entry for entry in self._queue if isinstance(entry, Hull)]))
        for entry in self._queue:
            if isinstance(entry, Face):
                face, out, *row = next(rows)
                if not out:
                    self._face(face, *row)
            elif isinstance(entry, Hull):
                near, spots, tone = next(hulls)
                if near > NEAR:
                    cv2.fillPoly(self.image, [np.rint(cv2.convexHull(spots) * 16).astype(np.int32)], tone, shift=4)
            else:
                entry()
        self._queue, self._frame_of = [], []

    def _outlines(self, hulls: list[Hull]) -> list[tuple]:
        """For each hull its least depth, its points in pixels and its colour."""
        if not hulls:
            return []
        seen = (np.array([hull.points for hull in hulls]) - self.view.eye) @ self.view.axes.T
        depth = seen[..., 2].min(1).tolist()
        spots = seen[..., :2] * (self.view.focal, -self.view.focal) / np.maximum(seen[..., 2:], NEAR) + self.view.centre
        middle = np.array([hull.middle for hull in hulls])
        toward = self.view.eye - middle
        light = self.light.at(middle, toward / np.linalg.norm(toward, axis=1)[:, None])
        tones = np.minimum(0.9 * light * [_mean(hull.paint) for hull in hulls], 255).tolist()
        return list(zip(depth, spots.astype(np.float32), tones))

    def _face(self, face: Face, behind: bool, bounds, spots, frame, back, light, place) -> None:
        view, paint = self.view, face.paint
        if behind:
            seen = _cut(face.outline @ frame[:, :2].T + frame[:, 2])
            if len(seen) < 3:
                return
            spots = view.screen(seen)
            bounds = spots.min(0).tolist() + spots.max(0).tolist()
        elif face.outline is not SQUARE:
            spots = view.screen(face.outline @ frame[:, :2].T + frame[:, 2])
        left, top, right, bottom = bounds
        x0, y0, x1, y1 = max(int(left), 0), max(int(top), 0), min(int(right) + 2, self.pixels), min(int(bottom) + 2, self.pixels)
        if x1 <= x0 or y1 <= y0 or right < 0 or bottom < 0:
            return
        points, area = np.rint(spots * 16).astype(np.int32), (x1 - x0) * (y1 - y0)
        flat = paint.pattern == "plain" and paint.relief == "flat" and paint.image is None
        if area < (0.012 * self.pixels**2 if flat else 140):
            colour = np.minimum((paint.glow + (1 - paint.glow) * light[1, 1]) * _mean(paint), 255)
            cv2.fillPoly(self.image, [points], colour.tolist(), shift=4)
            return
        if face.contact or area > 0.05 * self.pixels**2:
            light = self._light_map(face, *place, 9 if not face.contact else max(16, self.pixels // 11))
        lit = paint.glow + (1 - paint.glow) * light
        size, shift = (x1 - x0, y1 - y0), np.array([[1, 0, x0], [0, 1, y0], [0, 0, 1]])
        back = back @ shift  # from pixels of the patch to (u, v)
        if flat:
            patch = self._warp(lit * np.asarray(paint.colours[0]), back, size)
        else:
            if paint.relief != "flat":
                lit = cv2.resize(lit, (48, 48), interpolation=cv2.INTER_LINEAR) * _relief(paint.relief)
            patch = self._warp(lit * 120, back, size)
            if paint.pattern == "plain" and paint.image is None:
                patch = cv2.multiply(patch, tuple(c / 120 for c in paint.colours[0]) + (0,))
            else:
                metres = math.dist((0, 0, 0), place[1]), math.dist((0, 0, 0), place[2])
                depth = float(frame[2, 2] + (frame[2, 0] + frame[2, 1]) / 2)
                image, w, h = texture(paint, metres, view.focal / max(depth, 0.5))
                patch = cv2.multiply(patch, self._warp(image, back, size, w, h), scale=1 / 120)
        mask = np.zeros((y1 - y0, x1 - x0), np.uint8)
        cv2.fillPoly(mask, [points - np.array([x0, y0], np.int32) * 16], 255, shift=4)
        cv2.copyTo(patch, mask, self.image[y0:y1, x0:x1])

    def _light_map(self, face, origin, across, down, normal, grid) -> np.ndarray:
        """Light over a face: float (grid, grid, 3), by its rows (down) and columns (across)."""
        steps = (np.arange(grid) + 0.5) / grid
        where = origin + (steps[:, None] * across)[None] + (steps[:, None] * down)[:, None]
        return self.light.at(where.reshape(-1, 3), normal, face.contact).reshape(grid, grid, 3)

    @staticmethod
    def _warp(image, back, size, across=None, down=None) -> np.ndarray:
        """A face's picture seen through its perspective: uint8; `across`, `down`: its pixels that the face takes."""
        if image.dtype != np.uint8:
            image = cv2.convertScaleAbs(image)
        h, w = image.shape[:2]
        scale = np.array([[across or w, 0, -0.5], [0, down or h, -0.5], [0, 0, 1]])
        return cv2.warpPerspective(image, scale @ back, size, flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP, borderMode=cv2.BORDER_REPLICATE)

    def _box(self, part, lo, hi, eye, place, turn, outline=SQUARE) -> None:
        (x, y, z), (r, t, f) = lo, hi
        dx, dy, dz = r - x, t - y, f - z
        paint, add = part.paint, self._queue.append
        if eye[0] < x:
            add(Face((x, t, z), (0, 0, dz), (0, -dy, 0), paint, outline))
        elif eye[0] > r:
            add(Face((r, t, f), (0, 0, -dz), (0, -dy, 0), paint, outline))
        if eye[2] < z:
            add(Face((r, t, z), (-dx, 0, 0), (0, -dy, 0), paint, outline))
        elif eye[2] > f:
            add(Face((x, t, f), (dx, 0, 0), (0, -dy, 0), part.extra or paint, outline))
        if eye[1] < y:
            add(Face((x, y, z), (dx, 0, 0), (0, 0, dz), paint, outline))
        elif eye[1] > t:
            add(Face((x, t, z), (dx, 0, 0), (0, 0, dz), part.top or paint, outline))

    def _soft(self, part, lo, hi, eye, place, turn) -> None:
        """A box with rounded edges: its chamfered outline in the middle tone, then its faces with round corners."""
        lo, hi = np.array(lo, float), np.array(hi, float)
        rim = 0.16 * np.minimum(hi - lo, 0.35)
        inward = np.where(_CORNERS > 0, -rim, rim)
        points = ((lo + _CORNERS * (hi - lo))[None] + inward[None] * np.eye(3)[:, None]).reshape(-1, 3)
        self._queue.append(Hull(place + points @ turn.T, place + turn @ ((lo + hi) / 2), part.paint))
        self._box(part, part.lo, part.hi, eye, place, turn, SOFT)

    def _sheet(self, part, lo, hi, eye, place, turn) -> None:
        self._queue.append(Face((lo[0], hi[1], hi[2]), (hi[0] - lo[0], 0, 0), (0, lo[1] - hi[1], 0), part.paint,
                                SQUARE if part.extra is None else part.extra))

    def _mat(self, part, lo, hi, eye, place, turn) -> None:
        self._queue.append(Face((lo[0], hi[1], lo[2]), (hi[0] - lo[0], 0, 0), (0, 0, hi[2] - lo[2]), part.paint,
                                SQUARE if part.extra is None else part.extra, lo[1] < 0.05))

    def _turned(self, part, lo, hi, eye, place, turn) -> None:
        """A solid of revolution; `extra` is its profile: rows (height 0..1, radius 0..1)."""
        profile = np.asarray(part.extra, float)
        foot = np.array([(lo[0] + hi[0]) / 2, lo[1], (lo[2] + hi[2]) / 2])
        radius, height = (hi[0] - lo[0]) / 2, hi[1] - lo[1]
        aside = self.view.axes[0] * (1, 0, 1) @ turn
        aside *= 2 * radius / np.linalg.norm(aside)
        sides = 0.5 * profile[:, 1]
        outline = np.stack([0.5 + np.concatenate([-sides, sides[::-1]]), 1 - np.concatenate([profile[:, 0], profile[::-1, 0]])], 1)
        self._queue.append(Face(foot - aside / 2 + (0, height, 0), aside, (0, -height, 0), part.paint._replace(relief="round"), outline))
        wide = radius * profile[-1, 1]
        if eye[1] > hi[1] and wide > 0.02:
            self._queue.append(Face(foot + (-wide, height, -wide), (2 * wide, 0, 0), (0, 0, 2 * wide), part.top or part.paint, ROUND))

    def _leaves(self, part, lo, hi, eye, place, turn) -> None:
        """A plant's crown: leaves about the middle of the box, the near ones lighter; `extra` seeds it, `pattern` shapes it."""
        lo, hi = np.array(lo), np.array(hi)
        middle = place + turn @ ((lo + hi) / 2)
        seen = self.view.seen(middle[None])
        if seen[0, 2] < 2 * NEAR:
            return
        rng = np.random.default_rng(part.extra)
        spot, metre, count, slim = self.view.screen(seen)[0], self.view.focal / seen[0, 2], 26, part.paint.pattern == "striped"
        wide, high = (hi[0] - lo[0]) / 2 * metre, (hi[1] - lo[1]) / 2 * metre
        angles, reach = rng.uniform(-0.15, 1.15, count) * math.pi, rng.uniform(0.45, 1.0, count)
        tones, droop = rng.uniform(0, 1, (count, 1)), rng.uniform(-0.5, 0.4, count)
        tip = spot + np.stack([np.cos(angles) * wide * reach, (droop * 0.4 - np.sin(angles) * reach) * high], 1)
        stem = np.broadcast_to(spot + (0, high), tip.shape) if slim else spot * 0.6 + tip * 0.4
        along = tip - stem
        side = np.stack([-along[:, 1], along[:, 0]], 1) * (0.07 if slim else 0.32)
        near, far = stem + along * 0.35, stem + along * 0.7
        leaves = np.rint(np.stack([stem, near + side, far + 0.8 * side, tip, far - 0.8 * side, near - side], 1) * 16).astype(np.int32)
        base, second = np.asarray(part.paint.colours[0]), np.asarray(part.paint.colours[1])
        colours = (base + (second - base) * tones) * np.linspace(0.62, 1.07, count)[:, None]

        def crown():
            lit = np.minimum(colours * self.light.at(middle[None], np.array([0, 0.6, -0.8])), 255).tolist()
            for leaf, colour in zip(leaves, lit):
                cv2.fillPoly(self.image, [leaf], colour, cv2.LINE_AA, shift=4)

        self._queue.append(crown)


_CORNERS = np.array([[x, y, z] for x in (0, 1) for y in (0, 1) for z in (0, 1)], float)
