"""A pinhole view into a room, and the light in the room.

Room coordinates are metres, x to the right, y up, z away from the viewer, the floor at y = 0.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike


class View(NamedTuple):
    """A pinhole camera: `eye` in m; `axes` rows right, up, forward; `focal` and `centre` in pixels."""

    eye: np.ndarray
    axes: np.ndarray
    focal: float
    centre: tuple[float, float]

    @classmethod
    def look(
        cls, eye: ArrayLike, yaw: float, pitch: float, roll: float, focal: float, centre: tuple[float, float]
    ) -> View:
        """Look from `eye`; yaw turns right, pitch up, roll clockwise, all in radians."""
        forward = np.array([math.sin(yaw) * math.cos(pitch), math.sin(pitch), math.cos(yaw) * math.cos(pitch)])
        right = np.array([math.cos(yaw), 0.0, -math.sin(yaw)])
        up = np.cross(forward, right)
        c, s = math.cos(roll), math.sin(roll)
        axes = np.stack([c * right - s * up, c * up + s * right, forward])
        return cls(np.asarray(eye, float), axes, focal, centre)

    def seen(self, points: ArrayLike) -> np.ndarray:
        """Points (…, 3) of the room in the camera's frame: right, up, forward (m)."""
        seen: np.ndarray = (np.asarray(points, float) - self.eye) @ self.axes.T
        return seen

    def screen(self, seen: np.ndarray, near: float = 0) -> np.ndarray:
        """Camera-frame points (…, 3) to pixels (…, 2); those nearer than `near` are taken to be as far as that."""
        depth = np.maximum(seen[..., 2:], near)
        pixels: np.ndarray = seen[..., :2] * (self.focal, -self.focal) / depth + self.centre
        return pixels


class Sun(NamedTuple):
    """The sun through a window; all (3,), the corners of the window in m."""

    toward: np.ndarray  # the direction of the sun
    lo: np.ndarray
    hi: np.ndarray
    colour: np.ndarray


class Light(NamedTuple):
    """Light of a room: ambient, point sources, the sun through a window, and shadows where things touch."""

    ambient: np.ndarray  # (3,), 1 is full
    places: np.ndarray  # (k, 3) m
    colours: np.ndarray  # (k, 3)
    reach: np.ndarray  # (k,) m
    room: tuple[float, float, float]  # width, height, depth in m
    sun: Sun | None = None
    lo: np.ndarray = np.zeros((0, 3))  # corners of what stands in the room
    hi: np.ndarray = np.zeros((0, 3))

    def at(self, points: np.ndarray, normals: np.ndarray, contact: bool = False) -> np.ndarray:
        """Light (n, 3) at points (n, 3) of faces with these outward normals: (n, 3), or (3,) of one face."""
        normals = np.broadcast_to(normals, points.shape)
        to = self.places - points[:, None]
        distance = np.sqrt((to * to).sum(-1)) + 1e-6
        facing = 0.45 + 0.55 * (to @ normals[:, :, None])[..., 0] / distance
        out: np.ndarray = (np.maximum(facing, 0) / (1 + (distance / self.reach) ** 2)) @ self.colours
        out += (0.9 + 0.1 * normals[:, 1:2]) * self.ambient
        if self.sun is not None:
            out += self._sunshine(self.sun, points, normals)
        if contact:
            out *= self._contact(points, normals[0])[:, None]
        return out

    @staticmethod
    def _sunshine(sun: Sun, points: np.ndarray, normals: np.ndarray) -> np.ndarray:
        direction, lo, hi, colour = sun
        axis = int(np.argmin(hi - lo))  # the window's thin axis: the wall it is in
        slope = normals @ direction
        steps = (lo[axis] - points[:, axis]) / direction[axis]
        hit = points + steps[:, None] * direction
        lit: np.ndarray = (slope > 0.02) * (steps > 0) * np.minimum(1.0, slope + 0.3)
        for k in (1, 2 - axis):
            lit = lit * np.clip(np.minimum(hit[:, k] - lo[k], hi[k] - hit[:, k]) / 0.05 + 0.5, 0, 1)
        k = 2 - axis  # the bar in the middle
        lit = lit * np.clip(np.abs(hit[:, k] - (lo[k] + hi[k]) / 2) / 0.04 - 0.3, 0, 1)
        sunshine: np.ndarray = lit[:, None] * colour
        return sunshine

    def _contact(self, points: np.ndarray, normal: np.ndarray) -> np.ndarray:
        """Darker in the corners of the room and next to what stands in it."""
        gaps = [d for k in range(3) if abs(normal[k]) < 0.5 for d in (points[:, k], self.room[k] - points[:, k])]
        out: np.ndarray = 1 - 0.22 * np.exp(np.maximum(np.minimum.reduce(gaps), 0) / -0.25)
        axis = int(np.argmax(abs(normal)))
        level = points[0, axis]
        for lo, hi in zip(self.lo, self.hi, strict=True):
            if max(lo[axis] - level, level - hi[axis]) > 0.7:
                continue  # too far from this plane to darken it
            gap = np.maximum(np.maximum(lo - points, points - hi), 0) * (1, 0.7, 1)
            out *= 1 - 0.42 * np.exp(np.sqrt((gap * gap).sum(1)) / -0.16)
        out = np.maximum(out, 0.35)
        return out
