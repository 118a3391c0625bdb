"""What stands where in a room: furniture along the walls, without overlaps, by the kind of room."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np

from lib.core import yaml_files
from lib.twin.drawing.draws import pick
from lib.twin.drawing.items import Item

_OPTIONAL = yaml_files.read(Path(__file__).with_suffix(".yaml"), "it should hold what a room may have")
TOPS = ("table", "nightstand", "dresser", "counter", "desk", "tv_unit")  # what small things stand on


def upon(item: Item, variant: int, where: float) -> Item:
    """A small thing on top of an item, `where` (−0.45..0.45) along its width."""
    if item.kind in ("desk", "tv_unit"):  # beside the screen
        where = math.copysign(0.4, where)
    s, c, aside, ahead = math.sin(item.facing), math.cos(item.facing), where * item.width, item.depth / 2 - 0.15
    top = item.y + item.height + (0.03 if item.kind == "dresser" else 0.0)
    x, z = item.x - c * aside + s * ahead, item.z + s * aside + c * ahead
    return Item("clutter", x, top, z, item.facing, 0.2, 0.3, 0.3, variant)


class FloorPlan:
    """Places furniture along the walls of a room without overlaps; one method a kind of room.

    The order of random draws counts: it decides the twin's bytes.
    """

    def __init__(self, rng: np.random.Generator, width: float, height: float, depth: float) -> None:
        self.rng, self.width, self.height, self.depth = rng, width, height, depth
        self.items: list[Item] = []

    def add(
        self, kind: str, x: float, y: float, z: float, facing: float, width: float, height: float, depth: float
    ) -> bool:
        """Place an item unless it would stand in another or out of the room."""
        place, size = (float(x), float(y), float(z)), (float(width), float(height), float(depth))
        item = Item(kind, *place, float(facing), *size, variant=int(self.rng.integers(10_000)))
        lo, hi = item.corners()
        free = lo[0] > -0.02 and hi[0] < self.width + 0.02 and hi[2] < self.depth + 0.02 and lo[2] > 0.3
        for other in self.items if kind != "rug" else ():
            free &= not (kind == other.kind == "art" and item.facing == other.facing)
            if other.kind != "rug":
                o, p = other.corners()
                free &= not ((lo < p - 0.015) & (hi > o + 0.015)).all()
        if free:
            self.items.append(item)
        return bool(free)

    def against(
        self, wall: str, along: float, kind: str, width: float, height: float, depth: float, y: float = 0.0
    ) -> bool:
        """Place an item with its back to the back, left or right wall, its middle at `along` (0..1 of the wall)."""
        if wall == "back":
            x = width / 2 + along * (self.width - width)
            return self.add(kind, x, y, self.depth, math.pi, width, height, depth)
        x, facing = (0, math.pi / 2) if wall == "left" else (self.width, -math.pi / 2)
        return self.add(kind, x, y, 0.7 + width / 2 + along * (self.depth - 0.7 - width), facing, width, height, depth)

    def some(self, chance: float, kind: str, width: float, height: float, depth: float, y: float = 0.0) -> bool:
        """With this chance, place the item on the first wall, in random order, where it fits."""
        if self.rng.random() > chance:
            return False
        spots = self.rng.permutation([(wall, along) for wall in range(3) for along in (0.02, 0.2, 0.5, 0.8, 0.98)])
        walls = ("back", "left", "right")
        return any(self.against(walls[int(wall)], along, kind, width, height, depth, y) for wall, along in spots)

    def optional(self, room: str) -> None:
        """Place what such a room may have, in the order of `floor_plan.yaml`."""
        for chance, kind, *sizes in _OPTIONAL[room]:
            self.some(chance, kind, *(self.rng.uniform(*size) if isinstance(size, list) else size for size in sizes))

    def opening(self, back: float) -> None:
        """The window, in the back wall with probability `back`."""
        u, wall = self.rng.uniform, "back" if self.rng.random() < back else pick(self.rng, "left", "right")
        self.against(wall, u(0.3, 0.7), "window", u(0.9, 1.5), u(1.1, 1.35), 0.16, u(0.85, 1.0))

    def over(self, kind: str, width: float, height: float, depth: float, y: float) -> None:
        """Hang something on the wall over the item placed last."""
        base = self.items[-1]
        self.add(kind, base.x, y, base.z, base.facing, width, height, depth)

    def lamp(self, aside: float = 0.0) -> None:
        """Stand a lamp on the item placed last, `aside` m off its middle."""
        base = self.items[-1]
        s, c = math.sin(base.facing), math.cos(base.facing)
        x, z = base.x - c * aside + 0.06 * s, base.z + s * aside + 0.06 * c
        self.add("table_lamp", x, base.y + base.height, z, base.facing, 0.28, 0.46, 0.28)
        self.items.append(self.items.pop(self.items.index(base)))  # still the last

    def extras(self) -> None:
        """What any room may have, and small things on the furniture."""
        u = self.rng.uniform
        self.optional("any room")
        for item in list(self.items):
            if item.kind in TOPS and self.rng.random() < 0.55:
                what = pick(self.rng, 1, 2, 2, 3, 4) + 8 * int(self.rng.integers(4))
                self.items.append(upon(item, what, u(-0.4, 0.4)))

    def bedroom(self) -> None:
        u, rng = self.rng.uniform, self.rng
        wall = pick(rng, "back", "back", "left", "right")
        width, along, long = pick(rng, 0.95, 1.45, 1.6, 1.8), u(0.3, 0.7), 2.05
        self.against(wall, along if wall == "back" else u(0.55, 1.0), "bed", width, 1.0, long)
        bed = self.items[-1]
        self.over("art", u(0.7, 1.5), u(0.45, 0.65), 0.05, u(1.4, 1.6))
        for gap in (-0.32 - width / 2, 0.32 + width / 2):
            x, z = bed.x - math.cos(bed.facing) * gap, bed.z + math.sin(bed.facing) * gap
            placed = rng.random() < 0.85 and self.add("nightstand", x, 0, z, bed.facing, 0.45, 0.52, 0.4)
            if placed and rng.random() < 0.8:
                self.lamp()
        lo, hi = bed.corners()
        x, z = (lo + hi)[[0, 2]] / 2
        self.add("rug", x, 0, max(0.6, z - 1.6), 0, u(1.8, 2.6), 0.01, u(1.3, 1.9))
        self.opening(0.45)
        self.optional("bedroom")
        if rng.random() < 0.4:
            self.add("pendant", self.width / 2, self.height - 0.75, self.depth * 0.55, math.pi, 0.4, 0.75, 0.4)
        self.extras()

    def living_room(self) -> None:
        u, rng = self.rng.uniform, self.rng
        wall = pick(rng, "back", "back", "back", "left", "right")
        self.against(wall, u(0.25, 0.75), "sofa", u(1.6, 2.3), u(0.78, 0.9), u(0.85, 0.95))
        sofa = self.items[-1]
        self.over("art", u(0.6, 1.6), u(0.5, 0.75), 0.05, u(1.3, 1.45))
        ahead = np.array([math.sin(sofa.facing), math.cos(sofa.facing)])
        x, z = np.array([sofa.x, sofa.z]) + ahead * 1.25
        self.add("rug", x, 0, z - 0.6, 0, u(2.0, 2.7), 0.01, u(1.4, 1.9))
        self.add("table", x, 0, z, sofa.facing, u(0.8, 1.1), u(0.36, 0.46), u(0.5, 0.8))
        self.opening(0.3)
        self.optional("living room")
        self.extras()

    def kitchen(self) -> None:
        u, rng = self.rng.uniform, self.rng
        width, end = u(1.9, 2.6), pick(rng, 0.0, 1.0)
        self.against("back", end, "fridge", 0.62, u(1.7, 1.9), 0.64)
        x = self.width - 0.66 - width / 2 if end else 0.66 + width / 2
        self.add("counter", x, 0, self.depth, math.pi, width, 0.91, 0.62)
        if rng.random() < 0.45:
            self.over("window", u(0.9, 1.2), 0.85, 0.16, 1.15)
        else:
            self.over("cupboards", width * u(0.7, 1.0), 0.72, 0.34, 1.45)
            self.opening(0.0)
        if rng.random() < 0.75:
            self._seats(self.width * u(0.35, 0.65), self.depth - u(1.9, 2.3), u(0.85, 1.3), 0.8)
        self.extras()

    def _seats(self, x: float, z: float, width: float, depth: float) -> None:
        """A table with chairs around it and a lamp over it."""
        u, rng = self.rng.uniform, self.rng
        self.add("table", x, 0, z + depth / 2, math.pi, width, 0.75, depth)
        behind, aside = z + depth / 2 + 0.45, width / 2 + 0.5
        for dx, at, facing in (
            (-0.25 * width, behind, math.pi),
            (0.25 * width, behind, math.pi),
            (-aside, z, math.pi / 2),
            (aside, z, -math.pi / 2),
        ):
            if rng.random() < 0.75:
                self.add("chair", x + dx, 0, at, facing, 0.42, u(0.82, 0.95), 0.42)
        if rng.random() < 0.65:
            self.add("pendant", x, self.height - 0.95, z + 0.2, math.pi, 0.42, 0.95, 0.4)

    def dining_room(self) -> None:
        u = self.rng.uniform
        self._seats(self.width * u(0.4, 0.6), self.depth - u(1.7, 2.2), u(1.2, 1.8), u(0.8, 1.0))
        x, z = self.items[0].x, self.items[0].z
        self.some(0.7, "dresser", u(1.2, 1.6), 0.85, 0.45)
        if self.items[-1].kind == "dresser":
            self.lamp(u(-0.35, 0.35))
            self.over("art", u(0.6, 1.4), u(0.5, 0.7), 0.05, u(1.45, 1.55))
        self.opening(0.5)
        self.some(0.3, "bookcase", u(0.8, 1.1), u(1.5, 2.1), 0.32)
        self.add("rug", x, 0, z - 1.6, 0, u(2.0, 2.8), 0.01, u(1.5, 2.2))
        self.extras()

    def office(self) -> None:
        u, rng = self.rng.uniform, self.rng
        wall = pick(rng, "back", "back", "left", "right")
        self.against(wall, u(0.25, 0.75), "desk", u(1.2, 1.6), 0.74, u(0.6, 0.72))
        desk = self.items[-1]
        self.over(pick(rng, "art", "wall_shelf", "art"), u(0.7, 1.2), u(0.45, 0.6), 0.2, u(1.42, 1.5))
        x, z = desk.x + 1.35 * math.sin(desk.facing), desk.z + 1.35 * math.cos(desk.facing)
        self.add("office_chair", x, 0, z, desk.facing + math.pi, 0.52, u(0.95, 1.1), 0.56)
        self.opening(0.35)
        self.optional("office")
        if rng.random() < 0.6:
            self.add("rug", self.width / 2, 0, 0.9, 0, u(1.8, 2.4), 0.01, u(1.3, 1.9))
        self.extras()

    def bathroom(self) -> None:
        u, rng = self.rng.uniform, self.rng
        self.against("back", u(0.15, 0.85), "vanity", u(0.75, 1.1), 0.85, 0.5)
        self.over("mirror", u(0.55, 0.75), u(0.65, 0.85), 0.05, 1.2)
        side = pick(rng, "left", "right")
        self.against(side, 0.9, "bathtub", 1.6, 0.56, 0.72)
        self.against("right" if side == "left" else "left", u(0.4, 0.8), "toilet", 0.42, 0.8, 0.62)
        if rng.random() < 0.5:
            self.opening(0.0)
        self.some(0.9, "towels", 0.6, 0.6, 0.12, 0.95)
        self.add("rug", self.width / 2, 0, self.depth - 1.45, 0, 0.9, 0.01, 0.6)
        self.optional("bathroom")
