"""A perspective canvas: lit, patterned faces of rooms and furniture, drawn back to front with OpenCV.

Room coordinates are metres, x to the right, y up, z away from the viewer, the floor at y = 0. A thing is made of
`Part`s in its own frame: x across, y up, z from its back (0) to its front. `Canvas.add_thing` orders them so that
nothing near is hidden by what lies behind it; `Canvas.paint` draws into `Canvas.image`, uint8 (pixels, pixels, 3) RGB.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple, TypeAlias

import cv2
import numpy as np

from lib.twin.drawing.optics import Light, View
from lib.twin.drawing.textures import Paint, mean, relief, texture

NEAR = 0.12  # m in front of the eye; nearer geometry is cut off
_TURN = np.linspace(0, 2 * math.pi, 33)[:-1]
_COS, _SIN = np.cos(_TURN), np.sin(_TURN)
SQUARE = np.array([[0, 0], [1, 0], [1, 1], [0, 1]], float)  # outlines in the unit square, v downwards
ROUND = 0.5 + 0.5 * np.stack([_COS, _SIN], 1)
SOFT = np.clip(0.5 + 0.5 * np.stack([np.sign(_COS) * abs(_COS) ** 0.4, np.sign(_SIN) * abs(_SIN) ** 0.4], 1), 0, 1)
ARCH = np.concatenate([[[0, 1]], 0.5 - 0.5 * np.stack([_COS[:17], _SIN[:17] * 0.8 + 0.2], 1), [[1, 1]]])
_CORNERS = np.array([[x, y, z] for x in (0, 1) for y in (0, 1) for z in (0, 1)], float)

Corner: TypeAlias = tuple[float, float, float]
Place: TypeAlias = tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]
"""A face in the room: origin, across, down, normal; each (3,)."""


class Part(NamedTuple):
    """One convex piece of a thing, between the corners `lo` and `hi` of its frame."""

    lo: Corner
    hi: Corner
    paint: Paint
    shape: str = "box"  # box, soft, sheet (front only), mat (top only), turned, leaves
    outline: np.ndarray = SQUARE  # of a sheet or mat, in the unit square
    front: Paint | None = None  # of a box or soft part, where it isn't as the rest
    top: Paint | None = None  # of a box, soft or turned part
    profile: Sequence[tuple[float, float]] = ()  # of a turned part: (height, radius), both 0 to 1
    seed: int = 0  # of leaves


class _Frame(NamedTuple):
    """A thing's own frame in the room, and the eye as seen from it."""

    place: np.ndarray
    turn: np.ndarray
    eye: np.ndarray


def back_to_front(lo: np.ndarray, hi: np.ndarray, eye: np.ndarray) -> list[int]:
    """An order to paint boxes with corners `lo`, `hi` (n, 3), seen from `eye` (3,); what overlaps goes by distance."""
    n = len(lo)
    if n == 1:
        return [0]
    a, b = lo[:, None], hi[:, None]
    first: np.ndarray = np.any(((b <= lo + 1e-4) & (eye >= b - 1e-4)) | ((a >= hi - 1e-4) & (eye <= a + 1e-4)), axis=-1)
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
    for p, q in zip(seen, np.roll(seen, -1, 0), strict=True):
        if p[2] >= NEAR:
            out.append(p)
        if (p[2] >= NEAR) != (q[2] >= NEAR):
            out.append(p + (q - p) * ((NEAR - p[2]) / (q[2] - p[2])))
    return np.array(out).reshape(-1, 3)


class Face(NamedTuple):
    """The parallelogram `origin` + u·`across` + v·`down` of a frame, or the `outline` (n, 2) in (u, v) within it."""

    origin: Sequence[float] | np.ndarray
    across: Sequence[float] | np.ndarray
    down: Sequence[float] | np.ndarray
    paint: Paint
    outline: np.ndarray = SQUARE
    contact: bool = False  # darkened next to things: what belongs to the room itself


class Hull(NamedTuple):
    """The outline of a rounded solid through `points` (n, 3) of the room, filled with its middle tone."""

    points: np.ndarray
    middle: np.ndarray
    paint: Paint


class _Projection(NamedTuple):
    """How a face is seen."""

    behind: bool  # whether some of it lies behind the near plane
    bounds: list[float]  # left, top, right, bottom in pixels
    spots: np.ndarray  # its corners (4, 2) in pixels
    frame: np.ndarray  # (3, 3): from (u, v, 1) to the camera's frame
    back: np.ndarray  # (3, 3): from pixels to (u, v, 1), but for a factor
    light: np.ndarray  # (3, 3, 3): by rows, columns and colour
    place: Place


class Canvas:
    """Where a room is drawn: `add_face` and `add_thing` queue, in order; `paint` draws what is queued."""

    def __init__(self, view: View, light: Light, pixels: int):
        self.view, self.light, self.pixels = view, light, pixels
        self.image = np.full((pixels, pixels, 3), 90, np.uint8)
        self._queue: list[Face | Hull | Callable[[], None]] = []  # a function draws by itself
        self._frames = [(np.zeros(3), np.eye(3))]  # place, turn
        self._frame_of: list[int] = []

    def add_face(self, face: Face) -> None:
        """Queue a face given in room coordinates."""
        self._queue.append(face)
        self._frame_of.append(0)

    def add_thing(self, parts: list[Part], at: Corner, facing: float) -> None:
        """Queue the parts of a thing whose back stands at `at` (x, y, z) and whose front looks along `facing`
        (radians; 0 is towards +z, away from the viewer, pi towards the viewer, pi/2 towards +x)."""
        s, c = math.sin(facing), math.cos(facing)
        turn, place = np.array([[-c, 0, s], [0, 1, 0], [s, 0, c]]), np.asarray(at, float)
        lo, hi = np.array([p.lo for p in parts], float), np.array([p.hi for p in parts], float)
        low, high = lo.min(0), hi.max(0)
        if not self._may_show(place + turn @ ((low + high) / 2), math.dist(low, high) / 2):
            return
        self._frames.append((place, turn))
        frame = _Frame(place, turn, (self.view.eye - place) @ turn)
        for k in back_to_front(lo, hi, frame.eye):
            getattr(self, f"_{parts[k].shape}")(parts[k], frame)
            self._frame_of += [len(self._frames) - 1] * (len(self._queue) - len(self._frame_of))

    def _may_show(self, middle: np.ndarray, radius: float) -> bool:
        """Whether some of a ball can be in the picture."""
        right, up, ahead = self.view.seen(middle).tolist()
        focal, halves = self.view.focal, (self.pixels / 2 + abs(at - self.pixels / 2) for at in self.view.centre)
        outside = (focal * abs(side) - half * ahead for side, half in zip((right, up), halves, strict=True))
        return bool(ahead > NEAR - radius and all(past < radius * math.hypot(focal, self.pixels) for past in outside))

    def paint(self) -> None:
        """Draw the queue: projection and light of all faces at once, then one after the other."""
        projections = self._projected()
        hulls = iter(self._outlines([entry for entry in self._queue if isinstance(entry, Hull)]))
        for entry in self._queue:
            if isinstance(entry, Face):
                if projection := next(projections):
                    self._face(entry, projection)
            elif isinstance(entry, Hull):
                near, spots, tone = next(hulls)
                if near > NEAR:
                    cv2.fillPoly(self.image, [np.rint(cv2.convexHull(spots) * 16).astype(np.int32)], tone, shift=4)
            else:
                entry()
        self._queue, self._frame_of = [], []

    def _projected(self) -> Iterator[_Projection | None]:
        """How each queued face is seen, or None for one outside the picture."""
        view = self.view
        queued = [
            (face, frame) for face, frame in zip(self._queue, self._frame_of, strict=True) if isinstance(face, Face)
        ]
        frame_of = [frame for _, frame in queued]
        places, turns = (np.array(column) for column in zip(*self._frames, strict=True))
        local = np.array([face[:3] for face, _ in queued], float)  # origin, across, down
        local = local @ turns[frame_of].transpose(0, 2, 1)
        origin, across, down = local[:, 0] + places[frame_of], local[:, 1], local[:, 2]
        middle = origin + (across + down) / 2
        normals = np.cross(across, down)
        normals *= -np.sign(((middle - view.eye) * normals).sum(1))[:, None]
        normals /= np.linalg.norm(normals, axis=1)[:, None] + 1e-12
        steps = np.array([1, 3, 5]) / 6
        rows, columns = steps[:, None, None] * down[:, None, None], steps[:, None] * across[:, None, None]
        spread = origin[:, None, None] + rows + columns
        light = self.light.at(spread.reshape(-1, 3), normals.repeat(9, 0)).reshape(-1, 3, 3, 3)
        frames = view.axes @ np.stack([across, down, origin - view.eye], 2)
        seen = SQUARE @ frames[:, :, :2].transpose(0, 2, 1) + frames[:, None, :, 2]
        spots = view.screen(seen, NEAR)
        lens = np.array([[view.focal, 0, view.centre[0]], [0, -view.focal, view.centre[1]], [0, 0, 1]]) @ frames
        u, v, w = lens.transpose(2, 0, 1)
        backs = np.stack([np.cross(v, w), np.cross(w, u), np.cross(u, v)], 1)
        behind, nowhere = seen[..., 2].min(1) < NEAR, seen[..., 2].max(1) < NEAR
        lo, hi = spots.min(1), spots.max(1)
        outside = nowhere | (~behind & ((hi < 0) | (lo > self.pixels)).any(1))
        bounds = np.concatenate([lo, hi], 1).tolist()
        places_of = zip(origin, across, down, normals, strict=True)
        projections = zip(behind.tolist(), bounds, spots, frames, backs, light, places_of, strict=True)
        for unseen, projection in zip(outside.tolist(), projections, strict=True):
            yield None if unseen else _Projection(*projection)

    def _outlines(self, hulls: list[Hull]) -> list[tuple[float, np.ndarray, list[float]]]:
        """For each hull its least depth, its points in pixels and its colour."""
        if not hulls:
            return []
        seen = self.view.seen([hull.points for hull in hulls])
        depth = seen[..., 2].min(1).tolist()
        spots = self.view.screen(seen, NEAR)
        middle = np.array([hull.middle for hull in hulls])
        toward = self.view.eye - middle
        light = self.light.at(middle, toward / np.linalg.norm(toward, axis=1)[:, None])
        tones = np.minimum(0.9 * light * [mean(hull.paint) for hull in hulls], 255).tolist()
        return list(zip(depth, spots.astype(np.float32), tones, strict=True))

    def _face(self, face: Face, projection: _Projection) -> None:
        view, paint = self.view, face.paint
        behind, bounds, spots, frame, back, light, place = projection
        if behind:
            seen = _cut(face.outline @ frame[:, :2].T + frame[:, 2])
            if len(seen) < 3:
                return
            spots = view.screen(seen)
            bounds = spots.min(0).tolist() + spots.max(0).tolist()
        elif face.outline is not SQUARE:
            spots = view.screen(face.outline @ frame[:, :2].T + frame[:, 2])
        left, top, right, bottom = bounds
        x0, y0 = max(int(left), 0), max(int(top), 0)
        x1, y1 = min(int(right) + 2, self.pixels), min(int(bottom) + 2, self.pixels)
        if x1 <= x0 or y1 <= y0 or right < 0 or bottom < 0:
            return
        points, area = np.rint(spots * 16).astype(np.int32), (x1 - x0) * (y1 - y0)
        flat = paint.pattern == "plain" and paint.relief == "flat" and paint.image is None
        if area < (0.012 * self.pixels**2 if flat else 200):
            colour = np.minimum((paint.glow + (1 - paint.glow) * light[1, 1]) * mean(paint), 255)
            cv2.fillPoly(self.image, [points], colour.tolist(), shift=4)
            return
        if face.contact or (area > 0.05 * self.pixels**2 and self.light.sun):
            light = self._light_map(face, place, 9 if not face.contact else max(16, self.pixels // 11))
        lit = paint.glow + (1 - paint.glow) * light
        size, shift = (x1 - x0, y1 - y0), np.array([[1, 0, x0], [0, 1, y0], [0, 0, 1]])
        back = back @ shift  # from pixels of the patch to (u, v)
        if flat:
            patch = self._warp(lit * np.asarray(paint.colours[0]), back, size)
        else:
            if paint.relief != "flat":
                lit = cv2.resize(lit, (48, 48), interpolation=cv2.INTER_LINEAR) * relief(paint.relief)
            patch = self._warp(lit * 120, back, size)
            if paint.pattern == "plain" and paint.image is None:
                gains = (*(c / 120 for c in paint.colours[0]), 0)
                # OpenCV takes a number a channel here, which its stubs don't know.
                patch = cv2.multiply(patch, gains)  # type: ignore[call-overload]
            else:
                metres = math.dist((0, 0, 0), place[1]), math.dist((0, 0, 0), place[2])
                depth = float(frame[2, 2] + (frame[2, 0] + frame[2, 1]) / 2)
                image, w, h = texture(paint, metres, view.focal / max(depth, 0.5))
                patch = cv2.multiply(patch, self._warp(image, back, size, w, h), scale=1 / 120)
        mask = np.zeros((y1 - y0, x1 - x0), np.uint8)
        cv2.fillPoly(mask, [points - np.array([x0, y0], np.int32) * 16], 255, shift=4)
        cv2.copyTo(patch, mask, self.image[y0:y1, x0:x1])

    def _light_map(self, face: Face, place: Place, grid: int) -> np.ndarray:
        """Light over a face: float (grid, grid, 3), by its rows (down) and columns (across)."""
        origin, across, down, normal = place
        steps = (np.arange(grid) + 0.5) / grid
        points = origin + (steps[:, None] * across)[None] + (steps[:, None] * down)[:, None]
        return self.light.at(points.reshape(-1, 3), normal, face.contact).reshape(grid, grid, 3)

    @staticmethod
    def _warp(
        image: np.ndarray, back: np.ndarray, size: tuple[int, int], across: float = 0, down: float = 0
    ) -> np.ndarray:
        """A face's picture seen through its perspective: uint8; `across`, `down`: its pixels that the face takes."""
        if image.dtype != np.uint8:
            image = cv2.convertScaleAbs(image)
        h, w = image.shape[:2]
        scale = np.array([[across or w, 0, -0.5], [0, down or h, -0.5], [0, 0, 1]])
        flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
        return cv2.warpPerspective(image, scale @ back, size, flags=flags, borderMode=cv2.BORDER_REPLICATE)

    def _box(self, part: Part, frame: _Frame, outline: np.ndarray = SQUARE) -> None:
        (x, y, z), (r, t, f), eye = part.lo, part.hi, frame.eye
        dx, dy, dz = r - x, t - y, f - z
        paint, add = part.paint, self._queue.append
        if eye[0] < x:
            add(Face((x, t, z), (0, 0, dz), (0, -dy, 0), paint, outline))
        elif eye[0] > r:
            add(Face((r, t, f), (0, 0, -dz), (0, -dy, 0), paint, outline))
        if eye[2] < z:
            add(Face((r, t, z), (-dx, 0, 0), (0, -dy, 0), paint, outline))
        elif eye[2] > f:
            add(Face((x, t, f), (dx, 0, 0), (0, -dy, 0), part.front or paint, outline))
        if eye[1] < y:
            add(Face((x, y, z), (dx, 0, 0), (0, 0, dz), paint, outline))
        elif eye[1] > t:
            add(Face((x, t, z), (dx, 0, 0), (0, 0, dz), part.top or paint, outline))

    def _soft(self, part: Part, frame: _Frame) -> None:
        """A box with rounded edges: its chamfered outline in the middle tone, then its faces with round corners."""
        lo, hi, (place, turn, _) = np.array(part.lo, float), np.array(part.hi, float), frame
        rim = 0.16 * np.minimum(hi - lo, 0.35)
        inward = np.where(_CORNERS > 0, -rim, rim)
        points = ((lo + _CORNERS * (hi - lo))[None] + inward[None] * np.eye(3)[:, None]).reshape(-1, 3)
        self._queue.append(Hull(place + points @ turn.T, place + turn @ ((lo + hi) / 2), part.paint))
        self._box(part, frame, SOFT)

    def _sheet(self, part: Part, frame: _Frame) -> None:
        (left, low, _), (right, high, front) = part.lo, part.hi
        self._queue.append(
            Face((left, high, front), (right - left, 0, 0), (0, -(high - low), 0), part.paint, part.outline)
        )

    def _mat(self, part: Part, frame: _Frame) -> None:
        (left, low, back), (right, high, front) = part.lo, part.hi
        across, down = (right - left, 0, 0), (0, 0, front - back)
        self._queue.append(Face((left, high, back), across, down, part.paint, part.outline, low < 0.05))

    def _turned(self, part: Part, frame: _Frame) -> None:
        """A solid of revolution with the part's profile."""
        lo, hi = part.lo, part.hi
        heights, sides = np.asarray(part.profile, float).T
        foot = np.array([(lo[0] + hi[0]) / 2, lo[1], (lo[2] + hi[2]) / 2])
        radius, height = (hi[0] - lo[0]) / 2, hi[1] - lo[1]
        aside: np.ndarray = self.view.axes[0] * (1, 0, 1) @ frame.turn
        aside *= 2 * radius / np.linalg.norm(aside)
        outline = np.stack([0.5 + 0.5 * np.append(-sides, sides[::-1]), 1 - np.append(heights, heights[::-1])], 1)
        up = np.array([0, height, 0])
        self._queue.append(Face(foot + up - aside / 2, aside, -up, part.paint.but(relief="round"), outline))
        wide = radius * sides[-1]
        if frame.eye[1] > hi[1] and wide > 0.02:
            origin, top = (foot[0] - wide, hi[1], foot[2] - wide), part.top or part.paint
            self._queue.append(Face(origin, (2 * wide, 0, 0), (0, 0, 2 * wide), top, ROUND))

    def _leaves(self, part: Part, frame: _Frame) -> None:
        """A plant's crown: leaves about the middle of the box, slim ones if the paint is striped."""
        lo, hi = np.array(part.lo), np.array(part.hi)
        middle = frame.place + frame.turn @ ((lo + hi) / 2)
        seen = self.view.seen(middle[None])
        if seen[0, 2] < 2 * NEAR:
            return
        rng, count, slim = np.random.default_rng(part.seed), 26, part.paint.pattern == "striped"
        spot, metre = self.view.screen(seen)[0], self.view.focal / seen[0, 2]
        wide, high = (hi[0] - lo[0]) / 2 * metre, (hi[1] - lo[1]) / 2 * metre
        angles, reach = rng.uniform(-0.15, 1.15, count) * math.pi, rng.uniform(0.45, 1.0, count)
        tones, droop = rng.uniform(0, 1, (count, 1)), rng.uniform(-0.5, 0.4, count)
        tip = spot + np.stack([np.cos(angles) * wide * reach, (droop * 0.4 - np.sin(angles) * reach) * high], 1)
        stem = np.broadcast_to((spot[0], spot[1] + high), tip.shape) if slim else spot * 0.6 + tip * 0.4
        along = tip - stem
        side = np.stack([-along[:, 1], along[:, 0]], 1) * (0.07 if slim else 0.32)
        near, far = stem + along * 0.35, stem + along * 0.7
        leaves = np.stack([stem, near + side, far + 0.8 * side, tip, far - 0.8 * side, near - side], 1)
        base, second = np.asarray(part.paint.colours[:2], float)
        colours = (base + (second - base) * tones) * np.linspace(0.62, 1.07, count)[:, None]

        def crown() -> None:
            lit = np.minimum(colours * self.light.at(middle[None], np.array([0, 0.6, -0.8])), 255).tolist()
            for leaf, colour in zip(np.rint(leaves * 16).astype(np.int32), lit, strict=True):
                cv2.fillPoly(self.image, [leaf], colour, cv2.LINE_AA, shift=4)

        self._queue.append(crown)
