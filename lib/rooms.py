"""Rooms and the tastes they are furnished in: what stands where, in which paints, and its name in English.

A `Furnishing` is a taste (a vendor's, a hotel chain's), a `Room` one place with its furniture; both draw themselves from a
`numpy.random.Generator`. Tastes share some forty palettes and nine patterns, so that two of them can look alike. `lib.scenes`
takes the pictures.
"""

from __future__ import annotations

import colorsys
import math
from dataclasses import dataclass

import numpy as np

from lib.canvas import PATTERNS, Paint
from lib.furniture import Item, Look, outdoors

# wall, large furniture, textile, accent, dark accent
PALETTES = tuple(tuple(tuple(bytes.fromhex(c)) for c in row.split()) for row in """
    ece6da b9a58c d9ccb8 7d8c74 4a4038|e8e4df 8f9aa3 c9d1d6 c98a5b 3b4650|f2ece2 a3b18a dad7cd 588157 344e41|e3dcd2 6b705c cb997e b7b7a4 3f4238
    eae7e7 7a8b99 d4dde4 e0a458 2f3e4e|f4efe6 d5a6a0 f0d9d0 9c6b63 5a3e3a|e6e9e4 5f7a76 bcd0c7 d9a679 2e4442|f0ede8 a59e98 dcd6cf 6c5b7b 41384a
    dfe5ea 4f6d8f c3d3e2 d98e73 263a52|f3e9dc c08552 e6ccb2 5e3023 3a2419|e9e5dc 8a8f6a d9d4b4 b5651d 45472f|f1f0ee 9fa8a3 e3e2df 2f6f73 2b3a3b
    eadfd8 b07d6b e3cabd 556b5d 4b332b|e4e2ee 7c77a0 cfcbe2 d8a657 3c3958|f5f1e8 c9b79c efe6d3 a44a3f 4f3d2a|dde6e2 6f9a8d cfe3da e4b363 2c4b45
    efe8e4 937b84 d9c6cd 5d737e 42323a|f0f2f2 5b6c75 c7d0d3 f0a35e 27343a|ece8d8 b4a269 e6dcb0 49654e 494021|e5ddd5 7d5a50 cbb2a6 e5b299 3d2a25
    e2e8ea 86a3ad d5e3e7 b65d57 33505b|f6f3ee b3aca2 e8e1d6 d4a017 403b33|dcd9d4 55585c b7b4ae a8763e 2a2c2f|f3ebe6 cf9d8e f1d8cd 40798c 52403b
    e9ede5 95a97f dbe4cb c97064 3f4d31|eee5ec a184a0 dfcbdd 7b9e87 48364a|f0eadf 9c8061 dfcba9 3e5c76 3b2f23|e1e0dd 7f8583 cdd1ce 9b2c3c 2d3130
    f4f0ea 7ea0b7 d6e4ee e9b872 2b4257|e8ded0 a0683a d9b98f 5b7553 40290f|eceff1 6d8fa6 cddbe6 455a64 25323a|f2e8dc da9f7b f3d5bf 6f8f72 5e4030
    dbe2dc 476a5b b3c9bb c7a14a 21362d|efefe9 b1b59a e1e3cf 7a6a8a 45483a|e6dfe0 8d6f72 d2bcbd a3a380 3f3031|f3f1f4 9aa0b5 dcdfe9 cf7b67 363b50
    ebe3d5 6e6259 c8b8a6 d17b49 332c27|e0e7e9 3f7d8c b8d8dd f2c078 1e434c|f7f2ea e0b973 f6e3b8 4f6d7a 5d4a22|e7e4e9 64607a c2bfd0 b98b82 2e2b3d
""".strip().replace("\n", "|").split("|"))

WOODS = {  # base, grain, dark line
    "oak": ((198, 160, 112), (176, 136, 90), (120, 90, 58)), "pine": ((222, 186, 136), (206, 164, 112), (160, 120, 76)),
    "walnut": ((118, 82, 58), (96, 64, 44), (60, 40, 28)), "birch": ((228, 208, 172), (214, 190, 150), (170, 146, 110)),
    "teak": ((160, 108, 66), (138, 88, 52), (92, 58, 34)), "white": ((236, 234, 228), (226, 223, 216), (180, 176, 168)),
    "grey": ((166, 160, 152), (148, 142, 134), (104, 98, 92)), "black": ((58, 54, 52), (48, 44, 42), (30, 28, 28)),
}
METALS = {"steel": (182, 186, 190), "brass": (190, 156, 92), "black": (44, 44, 46), "copper": (184, 118, 86)}
FLOORS = ("planks", "planks", "planks", "parquet", "parquet", "tiles", "carpet", "carpet", "chequer")
WALLS = ("painted", "painted", "painted", "papered", "half", "panelled", "accent", "brick")
ROOMS = ("bedroom", "living room", "kitchen", "office", "bathroom", "dining room")
_TEXTILES = ("plain", "plain") + PATTERNS[1:]


def _pick(rng: np.random.Generator, options):
    return options[int(rng.integers(len(options)))]


@dataclass(frozen=True)
class Furnishing:
    """A taste in furnishing. `palette` indexes PALETTES; patterns are from `lib.canvas.PATTERNS`; the rest is words."""

    palette: int
    tint: tuple  # small shift of all colours, RGB −12..12
    wood: str
    floor_wood: str
    metal: str
    form: str  # boxy, rounded, slim
    headboard: str  # panel, padded, slats
    bedding: str  # pattern
    cushion: str  # pattern
    curtain: str  # pattern
    rug: str  # pattern
    paper: str  # pattern of wallpaper
    scale: float  # size of the patterns, 0.6..1.5
    drapes: str  # long, blind, sheer, none
    wall: str  # one of WALLS
    floor: str  # pattern
    art: str  # abstract, landscape, botanical, geometric, lines
    lamp: str  # cone, drum, globe
    dark_trim: bool

    @classmethod
    def draw(cls, rng: np.random.Generator) -> "Furnishing":
        """A new taste; many tastes share palettes and patterns."""
        woods = tuple(WOODS)
        wood = _pick(rng, woods)
        return cls(int(rng.integers(len(PALETTES))), tuple(float(c) for c in rng.uniform(-10, 10, 3).round(1)), wood, _pick(rng, woods[:5] + ("grey",)), _pick(rng, tuple(METALS)),
                   _pick(rng, ("boxy", "rounded", "slim")), _pick(rng, ("panel", "padded", "slats")), _pick(rng, _TEXTILES), _pick(rng, _TEXTILES),
                   _pick(rng, ("plain", "plain", "plain", "striped", "floral", "leafy")), _pick(rng, PATTERNS), _pick(rng, ("striped", "floral", "diamond", "leafy", "dotted")),
                   float(rng.uniform(0.65, 1.5)), _pick(rng, ("long", "long", "sheer", "blind", "none")), _pick(rng, WALLS), _pick(rng, FLOORS),
                   _pick(rng, ("abstract", "landscape", "botanical", "geometric", "lines")), _pick(rng, ("cone", "drum", "globe")), bool(rng.random() < 0.2))


@dataclass(frozen=True)
class Room:
    """One room: its size in m, what stands where (`items`), the spot pictures are taken from, and its light."""

    kind: str  # one of ROOMS
    width: float
    height: float
    depth: float
    items: tuple  # of lib.furniture.Item
    eye: tuple  # m
    yaw: float  # radians, to the right
    pitch: float  # radians, up
    view: str  # what the window shows: garden, street, sky
    daylight: float  # 0..1
    warmth: float  # of lamps, 0..1
    details: int  # seeds small things

    @classmethod
    def draw(cls, rng: np.random.Generator, kind: str | None = None) -> "Room":
        """A new room, of the given kind (one of ROOMS) or any; `ValueError` for another kind."""
        kind = kind or ROOMS[int(rng.choice(len(ROOMS), p=(0.28, 0.28, 0.14, 0.12, 0.08, 0.1)))]
        if kind not in ROOMS:
            raise ValueError(f"kind must be one of {ROOMS}, not {kind!r}")
        small = kind == "bathroom"
        width, depth = float(rng.uniform(2.6, 3.2) if small else rng.uniform(3.2, 4.6)), float(rng.uniform(2.9, 3.5) if small else rng.uniform(3.5, 4.6))
        plan = _Plan(rng, width, float(rng.uniform(2.45, 2.85)), depth)
        getattr(plan, kind.replace(" ", "_"))()
        lo, hi = plan.items[0].corners()
        x, _, z = 0.6 * (lo + hi) / 2 + 0.4 * np.array([width / 2, 0, depth * 0.7])  # look about at the main thing
        eye = (float(rng.uniform(0.45, width - 0.45)), float(rng.uniform(1.2, 1.6)), float(rng.uniform(-0.25, 0.3)))
        yaw = float(np.clip(math.atan2(x - eye[0], z - eye[2]) + rng.normal(0, 0.06), -0.75, 0.75))
        return cls(kind, width, plan.height, depth, tuple(plan.items), eye, yaw, float(rng.uniform(-0.26, -0.1)), _pick(rng, ("garden", "street", "sky")),
                   float(rng.uniform(0.6, 1.0)), float(rng.uniform(0.2, 1.0)), int(rng.integers(2**31)))


TOPS = ("table", "nightstand", "dresser", "counter", "desk", "tv_unit")  # what small things stand on


def upon(item: Item, variant: int, where: float) -> Item:
    """A small thing on top of an item, `where` (−0.45..0.45) along its width."""
    if item.kind in ("desk", "tv_unit"):  # beside the screen
        where = math.copysign(0.4, where)
    s, c, aside, ahead = math.sin(item.facing), math.cos(item.facing), where * item.width, item.depth / 2 - 0.15
    top = item.y + item.height + (0.03 if item.kind == "dresser" else 0.0)
    return Item("clutter", item.x - c * aside + s * ahead, top, item.z + s * aside + c * ahead, item.facing, 0.2, 0.3, 0.3, variant)


class _Plan:
    """Places furniture along the walls of a room without overlaps; one method a kind of room."""

    def __init__(self, rng: np.random.Generator, width: float, height: float, depth: float):
        self.rng, self.width, self.height, self.depth, self.items = rng, width, height, depth, []

    def add(self, kind, x, y, z, facing, width, height, depth) -> bool:
        """Place an item unless it would stand in another or out of the room."""
        item = Item(kind, float(x), float(y), float(z), float(facing), float(width), float(height), float(depth), int(self.rng.integers(10_000)))
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

    def against(self, wall: str, along: float, kind, width, height, depth, y=0.0) -> bool:
        """Place an item with its back to the back, left or right wall, its middle at `along` (0..1 of the wall)."""
        if wall == "back":
            return self.add(kind, width / 2 + along * (self.width - width), y, self.depth, math.pi, width, height, depth)
        z = 0.7 + width / 2 + along * (self.depth - 0.7 - width)
        return self.add(kind, 0 if wall == "left" else self.width, y, z, math.pi / 2 if wall == "left" else -math.pi / 2, width, height, depth)

    def some(self, chance, *choices) -> bool:
        """With this chance, place the item on the first wall, in random order, where it fits."""
        kind, width, height, depth, y = (choices + (0.0,))[:5]
        if self.rng.random() > chance:
            return False
        walls = self.rng.permutation(["back", "left", "right"])
        return any(self.against(str(wall), along, kind, width, height, depth, y) for wall in walls for along in self.rng.permutation([0.02, 0.2, 0.5, 0.8, 0.98]))

    def opening(self, back: float = 0.4) -> str:
        """The window, and its wall."""
        wall = "back" if self.rng.random() < back else _pick(self.rng, ("left", "right"))
        self.against(wall, self.rng.uniform(0.3, 0.7), "window", self.rng.uniform(0.9, 1.5), self.rng.uniform(1.1, 1.35), 0.16, self.rng.uniform(0.85, 1.0))
        return wall

    def over(self, kind, width, height, depth, y) -> None:
        """Hang something on the wall over the item placed last."""
        base = self.items[-1]
        self.add(kind, base.x, y, base.z, base.facing, width, height, depth)

    def on(self, kind, width, height, depth, aside: float = 0.0) -> None:
        """Stand something on the item placed last, `aside` m off its middle."""
        base = self.items[-1]
        self.add(kind, base.x - math.cos(base.facing) * aside, base.y + base.height, base.z + math.cos(base.facing) * 0.08, base.facing, width, height, depth)
        self.items.append(self.items.pop(self.items.index(base)))

    def extras(self) -> None:
        """What any room may have: lamp, plant, pictures, clock, door."""
        u = self.rng.uniform
        self.some(0.55, "plant", u(0.4, 0.65), u(0.8, 1.5), 0.5)
        self.some(0.3, "plant", u(0.35, 0.5), u(0.5, 0.9), 0.45)
        for _ in range(2):
            self.some(0.5, "art", u(0.5, 1.3), u(0.5, 0.75), 0.05, u(1.25, 1.45))
        self.some(0.35, "wall_shelf", u(0.7, 1.1), 0.35, 0.2, u(1.4, 1.6))
        self.some(0.15, "clock", 0.34, 0.34, 0.04, 1.75)
        self.some(0.2, "door", 0.85, 2.02, 0.06)
        self.some(0.15, "radiator", 0.9, 0.62, 0.13)
        for item in list(self.items):
            if item.kind in TOPS and self.rng.random() < 0.55:
                self.items.append(upon(item, int(self.rng.choice([1, 2, 2, 3, 4])) + 8 * int(self.rng.integers(4)), u(-0.4, 0.4)))

    def bedroom(self) -> None:
        u, rng = self.rng.uniform, self.rng
        wall = _pick(rng, ("back", "back", "left", "right"))
        width, along, long = _pick(rng, (0.95, 1.45, 1.6, 1.8)), u(0.3, 0.7), 2.05
        self.against(wall, along if wall == "back" else u(0.55, 1.0), "bed", width, 1.0, long)
        bed = self.items[-1]
        self.over("art", u(0.7, 1.5), u(0.45, 0.65), 0.05, u(1.4, 1.6))
        for side in (-1, 1):
            if rng.random() < 0.85:
                dx, dz = -math.cos(bed.facing) * side, math.sin(bed.facing) * side
                gap = width / 2 + 0.32
                if self.add("nightstand", bed.x + dx * gap, 0, bed.z + dz * gap, bed.facing, 0.45, 0.52, 0.4) and rng.random() < 0.8:
                    self.on("table_lamp", 0.28, 0.46, 0.28)
        lo, hi = bed.corners()
        x, z = (lo + hi)[[0, 2]] / 2
        self.add("rug", x, 0, max(0.6, z - 1.6), 0, u(1.8, 2.6), 0.01, u(1.3, 1.9))
        self.opening(0.45)
        self.some(0.6, "wardrobe", u(1.0, 1.5), u(1.9, 2.15), 0.58)
        self.some(0.4, "dresser", u(0.9, 1.2), 0.85, 0.45)
        self.some(0.3, "armchair", 0.8, 0.85, 0.8)
        self.some(0.3, "mirror", u(0.45, 0.6), u(1.0, 1.4), 0.05, 0.5)
        if rng.random() < 0.4:
            self.add("pendant", self.width / 2, self.height - 0.75, self.depth * 0.55, math.pi, 0.4, 0.75, 0.4)
        self.extras()

    def living_room(self) -> None:
        u, rng = self.rng.uniform, self.rng
        wall = _pick(rng, ("back", "back", "back", "left", "right"))
        self.against(wall, u(0.25, 0.75), "sofa", u(1.6, 2.3), u(0.78, 0.9), u(0.85, 0.95))
        sofa = self.items[-1]
        self.over("art", u(0.6, 1.6), u(0.5, 0.75), 0.05, u(1.3, 1.45))
        ahead = np.array([math.sin(sofa.facing), math.cos(sofa.facing)])
        x, z = np.array([sofa.x, sofa.z]) + ahead * 1.25
        self.add("rug", x, 0, z - 0.6, 0, u(2.0, 2.7), 0.01, u(1.4, 1.9))
        long, deep = u(0.8, 1.1), u(0.5, 0.8)
        self.add("table", x - ahead[0] * 0.0, 0, z + ahead[1] * 0.0, sofa.facing, long, u(0.36, 0.46), deep)
        self.opening(0.3)
        self.some(0.65, "floor_lamp", 0.42, u(1.45, 1.75), 0.42)
        self.some(0.6, "armchair", 0.85, 0.86, 0.85)
        self.some(0.5, "bookcase", u(0.7, 1.1), u(1.5, 2.1), 0.32)
        self.some(0.4, "tv_unit", u(1.3, 1.7), 0.5, 0.42)
        self.some(0.3, "ottoman", 0.55, 0.42, 0.55)
        self.extras()

    def kitchen(self) -> None:
        u, rng = self.rng.uniform, self.rng
        width = u(1.9, 2.6)
        end = _pick(rng, (0.0, 1.0))
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

    def _seats(self, x, z, width, depth) -> None:
        """A table with chairs around it and a lamp over it."""
        u, rng = self.rng.uniform, self.rng
        self.add("table", x, 0, z + depth / 2, math.pi, width, 0.75, depth)
        for dx, dz, facing in ((-0.25, 0.62, math.pi), (0.25, 0.62, math.pi), (-0.5, 0, math.pi / 2), (0.5, 0, -math.pi / 2)):
            if rng.random() < 0.75:
                if dz:
                    self.add("chair", x + dx * width, 0, z + depth / 2 + 0.45, facing, 0.42, u(0.82, 0.95), 0.42)
                else:
                    self.add("chair", x + dx * (width + 1.0), 0, z, facing, 0.42, u(0.82, 0.95), 0.42)
        if rng.random() < 0.65:
            self.add("pendant", x, self.height - 0.95, z + 0.2, math.pi, 0.42, 0.95, 0.4)

    def dining_room(self) -> None:
        u = self.rng.uniform
        self._seats(self.width * u(0.4, 0.6), self.depth - u(1.7, 2.2), u(1.2, 1.8), u(0.8, 1.0))
        x, z = self.items[0].x, self.items[0].z
        self.some(0.7, "dresser", u(1.2, 1.6), 0.85, 0.45)
        if self.items[-1].kind == "dresser":
            self.on("table_lamp", 0.28, 0.46, 0.28, u(-0.35, 0.35))
            self.over("art", u(0.6, 1.4), u(0.5, 0.7), 0.05, u(1.45, 1.55))
        self.opening(0.5)
        self.some(0.3, "bookcase", u(0.8, 1.1), u(1.5, 2.1), 0.32)
        self.add("rug", x, 0, z - 1.6, 0, u(2.0, 2.8), 0.01, u(1.5, 2.2))
        self.extras()

    def office(self) -> None:
        u, rng = self.rng.uniform, self.rng
        wall = _pick(rng, ("back", "back", "left", "right"))
        self.against(wall, u(0.25, 0.75), "desk", u(1.2, 1.6), 0.74, u(0.6, 0.72))
        desk = self.items[-1]
        self.over(_pick(rng, ("art", "wall_shelf", "art")), u(0.7, 1.2), u(0.45, 0.6), 0.2, u(1.42, 1.5))
        ahead = np.array([math.sin(desk.facing), math.cos(desk.facing)]) * 1.35
        self.add("office_chair", desk.x + ahead[0], 0, desk.z + ahead[1], desk.facing + math.pi, 0.52, u(0.95, 1.1), 0.56)
        self.opening(0.35)
        self.some(0.8, "bookcase", u(0.7, 1.2), u(1.5, 2.1), 0.32)
        self.some(0.5, "floor_lamp", 0.42, u(1.5, 1.75), 0.42)
        self.some(0.35, "armchair", 0.8, 0.86, 0.8)
        if rng.random() < 0.6:
            self.add("rug", self.width / 2, 0, 0.9, 0, u(1.8, 2.4), 0.01, u(1.3, 1.9))
        self.extras()

    def bathroom(self) -> None:
        u, rng = self.rng.uniform, self.rng
        self.against("back", u(0.15, 0.85), "vanity", u(0.75, 1.1), 0.85, 0.5)
        self.over("mirror", u(0.55, 0.75), u(0.65, 0.85), 0.05, 1.2)
        side = _pick(rng, ("left", "right"))
        self.against(side, 0.9, "bathtub", 1.6, 0.56, 0.72)
        self.against("right" if side == "left" else "left", u(0.4, 0.8), "toilet", 0.42, 0.8, 0.62)
        if rng.random() < 0.5:
            self.opening(0.0)
        self.some(0.9, "towels", 0.6, 0.6, 0.12, 0.95)
        self.add("rug", self.width / 2, 0, self.depth - 1.45, 0, 0.9, 0.01, 0.6)
        self.some(0.5, "plant", 0.45, u(0.6, 1.0), 0.45)
        self.some(0.3, "clutter", 0.36, 0.36, 0.32)


# From taste to paint -------------------------------------------------------------------------------------------------

def _colours(furnishing: Furnishing) -> list[tuple]:
    return [tuple(float(min(255, max(0, c + t))) for c, t in zip(colour, furnishing.tint)) for colour in PALETTES[furnishing.palette]]


def look_of(f: Furnishing, room: Room, lamps: float, opened: float, hour: int) -> Look:
    wall, large, textile, accent, dark = _colours(f)
    wood, metal, s = WOODS[f.wood], METALS[f.metal], f.scale
    light = tuple(0.3 * c + 0.7 * 248 for c in wall)
    trim = tuple(0.55 * c for c in wood[0]) if f.dark_trim else tuple(0.25 * c + 0.75 * 244 for c in wall)
    if room.kind == "kitchen":
        trim = (trim, large, accent)[room.details % 3]
    return Look(Paint(wood, "grain", 0.9), Paint((trim,) * 3), Paint((large, dark, textile), "plain", 0.4), Paint((textile, large, accent), f.bedding, 0.42 * s),
                Paint((accent, light, dark), f.cushion, 0.22 * s), Paint(((textile if f.drapes != "sheer" else light), accent, large), f.curtain, 0.4 * s),
                Paint((large if f.rug == "plain" else textile, accent if f.rug != "woven" else large, dark), f.rug, 0.5 * s), Paint((accent, dark, light)), Paint((metal,) * 3),
                Paint((light,) * 3), Paint((light,) * 3, image=outdoors(room.view, hour, room.details % 997), glow=0.9), f.form, f.art, f.lamp, f.headboard, f.drapes, lamps, opened)


def surfaces_of(f: Furnishing, room: Room) -> tuple[Paint, Paint, Paint, Paint | None]:
    """Paints of walls, back wall and floor, and of the lower half of the walls (or None)."""
    wall, large, textile, accent, dark = _colours(f)
    mild = lambda a, b, t: tuple(x + (y - x) * t for x, y in zip(a, b))  # noqa: E731
    plain, lower = Paint((wall,) * 3), None
    back = plain
    floor = f.floor
    if room.kind == "bathroom":
        tone = (wall, mild(wall, textile, 0.8), mild(wall, accent, 0.55))[room.details % 3]
        lower = Paint((tone, mild(tone, wall, 0.4), mild(tone, (250, 250, 250), 0.6)), _pick_by(room.details, ("tiles", "bricks")), 0.42)
        floor = "tiles" if floor in ("carpet", "planks", "parquet") else floor
    elif room.kind == "kitchen" and floor == "carpet":
        floor = "tiles"
    if f.wall == "papered":
        plain = back = Paint((wall, mild(wall, textile, 0.75), mild(wall, accent, 0.4)), f.paper, 0.45 * f.scale)
    elif f.wall == "accent":
        back = Paint((_pick_by(f.palette, (large, mild(accent, wall, 0.25), mild(dark, large, 0.5))),) * 3)
    elif f.wall == "brick":
        tone = (mild((176, 112, 88), wall, 0.15), wall)[f.palette % 2]
        back = Paint((tone, mild(tone, dark, 0.25), mild(tone, (230, 226, 220), 0.6)), "bricks", 0.45)
    elif f.wall == "half" and lower is None:
        lower = Paint((mild(wall, large, 0.75),) * 3)
    elif f.wall == "panelled" and lower is None:
        lower = Paint((mild(wall, (250, 250, 248), 0.6),) * 2 + (mild(wall, dark, 0.5),), "panels", 0.9)
    wood = WOODS[f.floor_wood]
    ground = {"planks": Paint(wood, "planks", 0.75), "parquet": Paint(wood, "parquet", 0.6), "carpet": Paint((mild(textile, large, 0.4), mild(large, textile, 0.3), dark), "carpet", 0.35),
              "tiles": Paint((mild(wall, (200, 196, 190), 0.7), mild(wall, (170, 166, 160), 0.8), (150, 148, 144)), "tiles", 0.9),
              "chequer": Paint(((232, 228, 220), mild(dark, (90, 90, 92), 0.5), (170, 168, 164)), "chequer", 0.66)}[floor]
    return plain, back, ground, lower


def _pick_by(number: int, options):
    return options[number % len(options)]


# In words ------------------------------------------------------------------------------------------------------------

def _colour_name(colour) -> str:
    """An everyday English word for an RGB colour."""
    h, l, s = colorsys.rgb_to_hls(*(c / 255 for c in colour))  # noqa: E741
    h *= 360
    chroma = (max(colour) - min(colour)) / 255
    if chroma < 0.07 or l > 0.93:
        return "white" if l > 0.86 else "grey" if l > 0.3 else "black"
    if l < 0.2:
        return "dark brown" if 10 < h < 50 else "navy" if 190 < h < 260 else "black"
    if 15 <= h < 65 and chroma < 0.32:
        return "cream" if l > 0.8 else "beige" if l > 0.58 else "brown"
    for limit, light, deep in ((15, "pink", "red"), (42, "apricot", "brown"), (65, "yellow", "olive"), (165, "sage", "green"), (195, "aqua", "teal"), (255, "pale blue", "blue"),
                               (300, "lilac", "purple"), (345, "pink", "plum"), (361, "pink", "red")):
        if h < limit:
            return light if l > 0.62 else "orange" if deep == "brown" and l > 0.45 and chroma > 0.35 else deep
    return "grey"


def things(furnishing: Furnishing, room: Room) -> tuple[str, ...]:
    """Short English noun phrases for what pictures of this room show, the largest first, none twice; never empty."""
    f, kind = furnishing, room.kind
    look = look_of(f, room, 0, 1, 2)
    tone = lambda paint: _colour_name(paint.colours[0])  # noqa: E731
    cloth = lambda paint, noun: f"{tone(paint)} {noun}" if paint.pattern == "plain" else f"{paint.pattern} {tone(paint)} {noun}"  # noqa: E731
    out = []
    for item in sorted(room.items, key=lambda i: -i.width * max(i.height, i.depth)):
        v, name = item.variant, item.kind.replace("_", " ")
        out += {
            "bed": [cloth(look.bedding, "bedspread"), {"panel": f"{f.wood} headboard", "padded": f"padded {tone(look.fabric)} headboard", "slats": f"slatted {f.wood} headboard"}[f.headboard]],
            "sofa": [f"{tone(look.fabric)} sofa", cloth(look.cushion, "cushions")], "armchair": [f"{tone(look.fabric)} armchair"],
            "table": [f"{'round ' if v % 3 == 0 and abs(item.width - item.depth) < 0.35 else ''}{f.wood} {'coffee table' if item.height < 0.5 else 'table'}"],
            "mirror": [f"{('round', 'framed', 'arched')[v % 3]} mirror"], "art": [f"{f.art} {'picture' if item.width < 0.75 else 'pictures'}"],
            "floor_lamp": [f"{f.metal} floor lamp"], "table_lamp": [f"{f.lamp} table lamp"], "pendant": [f"{f.lamp} pendant lamp"],
            "rug": [f"{'round ' if v % 4 == 0 else ''}{cloth(look.rug, 'rug')}"], "plant": [("leafy plant", "slender plant")[v % 2]],
            "window": [f"window with {dict(garden='trees', street='houses', sky='open sky')[room.view]}"]
            + ([] if f.drapes == "none" else [f"{tone(look.curtain)} blind" if f.drapes == "blind" else cloth(look.curtain, "curtains")]),
            "bookcase": [f"{f.wood} bookcase"], "wardrobe": ["wide wardrobe" if item.width > 1.25 else "wardrobe"], "counter": [f"{tone(look.trim)} kitchen units"],
            "office_chair": [f"{tone(look.accent)} office chair"], "vanity": ["washbasin"], "towels": [f"{tone(look.accent)} towels"],
            "clutter": [("mug", "books", "vase with twigs", "fruit bowl", "bottle", "basket", "bag", "folded linen")[v % 8]],
            "cupboards": ["open shelves" if v % 3 == 0 else "wall cupboards"], "tv_unit": ["television"], "ottoman": [cloth(look.cushion, "footstool")],
        }.get(item.kind, [f"{f.wood} {name}" if item.kind in ("desk", "chair", "dresser", "nightstand") else name])
    wood = kind not in ("bathroom",) and f.floor in ("planks", "parquet")
    out += [f"{f.floor_wood} floor" if wood else "tiled floor" if f.floor != "carpet" or kind in ("kitchen", "bathroom") else "carpet"]
    if f.wall in ("papered", "brick"):
        out.append(f"{f.paper} wallpaper" if f.wall == "papered" else "brick wall")
    return tuple(dict.fromkeys(out))


