"""Items of a room, the paints of a place, and the simple parts that furniture is made of.

An `Item` says what a thing is, where it stands and how large it is; a `Look`, which paints the place has. A `Piece`
turns both into parts for `lib.twin.drawing.scene3d`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from lib.twin.drawing.furnishing import Furnishing
from lib.twin.drawing.motifs import front
from lib.twin.drawing.scene3d import Corner, Part
from lib.twin.drawing.textures import Colour, Paint


@dataclass(frozen=True)
class Item:
    """A thing in a room: its kind, the foot of its back (m), where it faces (radians, pi: the viewer), its size (m)."""

    kind: str
    x: float
    y: float
    z: float
    facing: float
    width: float
    height: float
    depth: float
    variant: int = 0  # any integer ≥ 0: picks among forms and seeds what is painted on it

    def corners(self) -> tuple[np.ndarray, np.ndarray]:
        """The lowest and the highest corner (3,) of its box in the room, m."""
        s, c = math.sin(self.facing), math.cos(self.facing)
        x, z = abs(c) * self.width / 2, abs(s) * self.width / 2
        ends = (self.x, self.x + s * self.depth), (self.z, self.z + c * self.depth)
        lo = min(ends[0]) - x, self.y, min(ends[1]) - z
        return np.array(lo), np.array((max(ends[0]) + x, self.y + self.height, max(ends[1]) + z))


@dataclass(frozen=True)
class Look:
    """The paints of one place in its owner's taste; made by `lib.twin.drawing.decor.look_of`."""

    taste: Furnishing
    wood: Paint
    trim: Paint  # doors, frames, sills, kitchen fronts
    fabric: Paint  # sofas and armchairs
    bedding: Paint
    cushion: Paint
    curtain: Paint
    rug: Paint
    accent: Paint
    metal: Paint
    shade: Paint  # lampshades
    outside: Paint  # what the window shows
    lamps_on: float  # 0..1
    open: float  # how far curtains are drawn back, 0..1


WHITE = Paint(((240, 240, 236),) * 3)
DARK = Paint(((48, 46, 46),) * 3)
PAPER = Paint(((244, 240, 230),) * 3)
PORCELAIN = Paint(((238, 240, 240),) * 3)


def tinted(paint: Paint, gain: float) -> Paint:
    """The same paint, darker (gain < 1) or lighter."""
    return paint.but(colours=tuple(tuple(min(255.0, c * gain) for c in colour) for colour in paint.colours))


def tone(paint: Paint) -> Colour:
    """The main colour of a paint."""
    return tuple(float(c) for c in paint.colours[0])


def fronted(look: Look, paint: Paint, rows: int, columns: int) -> Paint:
    """The paint with rows and columns of drawers or doors."""
    return paint.but(image=front(tone(paint), rows, columns, tone(look.metal)), pattern="plain")


Piece: TypeAlias = "Callable[[Item, Look, float, float, float], list[Part]]"
"""Parts of an item in a look, given half its width, its height and its depth."""
Profile: TypeAlias = Sequence[tuple[float, float]]
"""Of a turned part: (height, radius), both 0 to 1."""
ROD: Profile = ((0, 1), (1, 1))
JAR: Profile = ((0, 0.85), (0.1, 1), (1, 1))
VASE: Profile = ((0, 0.6), (0.4, 1), (0.8, 0.45), (1, 0.5))
BOTTLE: Profile = ((0, 1), (0.6, 1), (0.75, 0.4), (1, 0.4))
BOWL: Profile = ((0, 0.45), (0.7, 0.95), (1, 1))
BALL: Profile = [(t, 2 * math.sqrt(max(t * (1 - t), 0.02))) for t in np.linspace(0, 1, 9).tolist()]


def turned(
    at: tuple[float, float],
    heights: tuple[float, float],
    radius: float,
    paint: Paint,
    profile: Profile = ROD,
    top: Paint | None = None,
) -> Part:
    """A solid of revolution about the upright axis `at` (x, z), between two heights."""
    (x, z), (low, high) = at, heights
    lo, hi = (x - radius, low, z - radius), (x + radius, high, z + radius)
    return Part(lo, hi, paint, "turned", profile=profile, top=top)


def padded(lo: Corner, hi: Corner, paint: Paint) -> Part:
    """A cushion."""
    return Part(lo, hi, paint.but(relief="puff"), "soft")


def legs(item: Item, look: Look, height: float, inset: float = 0.05, thick: float = 0.045) -> list[Part]:
    """Four legs, `inset` from the edges of the item; slim ones are of metal."""
    slim = look.taste.form == "slim"
    x, z, t = item.width / 2 - inset, item.depth - inset, thick * (0.35 if slim else 0.5)
    return [
        Part((u - t, 0, v - t), (u + t, height, v + t), look.metal if slim else look.wood)
        for u in (-x, x)
        for v in (inset, z)
    ]
