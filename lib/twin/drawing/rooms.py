"""Rooms: size, furniture, light and the spot that pictures are taken from."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from lib.twin.drawing.draws import pick
from lib.twin.drawing.floor_plan import FloorPlan
from lib.twin.drawing.items import Item

ROOMS = ("bedroom", "living room", "kitchen", "office", "bathroom", "dining room")


@dataclass(frozen=True)
class Room:
    """One room: its size in m, what stands where (`items`), the spot pictures are taken from, and its light."""

    kind: str  # one of ROOMS
    width: float
    height: float
    depth: float
    items: tuple[Item, ...]
    eye: tuple[float, float, float]  # m
    yaw: float  # radians, to the right
    pitch: float  # radians, up
    view: str  # what the window shows: garden, street, sky
    daylight: float  # 0..1
    warmth: float  # of lamps, 0..1
    details: int  # seeds small things

    @classmethod
    def draw(cls, rng: np.random.Generator, kind: str | None = None) -> Room:
        """A new room, of the given kind (one of ROOMS) or any; `ValueError` for another kind."""
        kind = kind or ROOMS[int(rng.choice(len(ROOMS), p=(0.28, 0.28, 0.14, 0.12, 0.08, 0.1)))]
        if kind not in ROOMS:
            raise ValueError(f"kind must be one of {ROOMS}, not {kind!r}")
        u, small = rng.uniform, kind == "bathroom"
        width, depth = (float(u(2.6, 3.2)), float(u(2.9, 3.5))) if small else (float(u(3.2, 4.6)), float(u(3.5, 4.6)))
        plan = FloorPlan(rng, width, float(u(2.45, 2.85)), depth)
        getattr(plan, kind.replace(" ", "_"))()
        lo, hi = plan.items[0].corners()
        x, _, z = 0.6 * (lo + hi) / 2 + 0.4 * np.array([width / 2, 0, depth * 0.7])  # look about at the main thing
        eye = (float(u(0.45, width - 0.45)), float(u(1.2, 1.6)), float(u(-0.25, 0.3)))
        yaw = float(np.clip(math.atan2(x - eye[0], z - eye[2]) + rng.normal(0, 0.06), -0.75, 0.75))
        return cls(
            kind=kind,
            width=width,
            height=plan.height,
            depth=depth,
            items=tuple(plan.items),
            eye=eye,
            yaw=yaw,
            pitch=float(u(-0.26, -0.1)),
            view=pick(rng, "garden", "street", "sky"),
            daylight=float(u(0.6, 1.0)),
            warmth=float(u(0.2, 1.0)),
            details=int(rng.integers(2**31)),
        )
