"""Rooms and the tastes they are furnished in: what stands where, in which paints, and its name in English.

A `Furnishing` is a taste (a vendor's, a hotel chain's), a `Room` one place with its furniture; both draw themselves
from a `numpy.random.Generator`. Tastes share forty palettes and nine patterns, so that two of them can look alike;
`lib.twin.drawing.render` takes the pictures.
"""

from __future__ import annotations

import colorsys
import math
from dataclasses import dataclass

import numpy as np

from lib.twin.drawing.furniture import CLUTTER, round_table
from lib.twin.drawing.items import Item, Look
from lib.twin.drawing.motifs import outdoors
from lib.twin.drawing.textures import PATTERNS, Paint

_PALETTES = """
    ece6da b9a58c d9ccb8 7d8c74 4a4038 | e8e4df 8f9aa3 c9d1d6 c98a5b 3b4650 | f2ece2 a3b18a dad7cd 588157 344e41
    e3dcd2 6b705c cb997e b7b7a4 3f4238 | eae7e7 7a8b99 d4dde4 e0a458 2f3e4e | f4efe6 d5a6a0 f0d9d0 9c6b63 5a3e3a
    e6e9e4 5f7a76 bcd0c7 d9a679 2e4442 | f0ede8 a59e98 dcd6cf 6c5b7b 41384a | dfe5ea 4f6d8f c3d3e2 d98e73 263a52
    f3e9dc c08552 e6ccb2 5e3023 3a2419 | e9e5dc 8a8f6a d9d4b4 b5651d 45472f | f1f0ee 9fa8a3 e3e2df 2f6f73 2b3a3b
    eadfd8 b07d6b e3cabd 556b5d 4b332b | e4e2ee 7c77a0 cfcbe2 d8a657 3c3958 | f5f1e8 c9b79c efe6d3 a44a3f 4f3d2a
    dde6e2 6f9a8d cfe3da e4b363 2c4b45 | efe8e4 937b84 d9c6cd 5d737e 42323a | f0f2f2 5b6c75 c7d0d3 f0a35e 27343a
    ece8d8 b4a269 e6dcb0 49654e 494021 | e5ddd5 7d5a50 cbb2a6 e5b299 3d2a25 | e2e8ea 86a3ad d5e3e7 b65d57 33505b
    f6f3ee b3aca2 e8e1d6 d4a017 403b33 | dcd9d4 55585c b7b4ae a8763e 2a2c2f | f3ebe6 cf9d8e f1d8cd 40798c 52403b
    e9ede5 95a97f dbe4cb c97064 3f4d31 | eee5ec a184a0 dfcbdd 7b9e87 48364a | f0eadf 9c8061 dfcba9 3e5c76 3b2f23
    e1e0dd 7f8583 cdd1ce 9b2c3c 2d3130 | f4f0ea 7ea0b7 d6e4ee e9b872 2b4257 | e8ded0 a0683a d9b98f 5b7553 40290f
    eceff1 6d8fa6 cddbe6 455a64 25323a | f2e8dc da9f7b f3d5bf 6f8f72 5e4030 | dbe2dc 476a5b b3c9bb c7a14a 21362d
    efefe9 b1b59a e1e3cf 7a6a8a 45483a | e6dfe0 8d6f72 d2bcbd a3a380 3f3031 | f3f1f4 9aa0b5 dcdfe9 cf7b67 363b50
    ebe3d5 6e6259 c8b8a6 d17b49 332c27 | e0e7e9 3f7d8c b8d8dd f2c078 1e434c | f7f2ea e0b973 f6e3b8 4f6d7a 5d4a22
    e7e4e9 64607a c2bfd0 b98b82 2e2b3d
"""  # forty: wall, large furniture, textile, accent, dark accent
PALETTES = tuple(
    tuple(tuple(bytes.fromhex(colour)) for colour in palette.split())
    for palette in _PALETTES.strip().replace("\n", "|").split("|")
)

WOODS = {  # base, grain, dark line
    "oak": ((198, 160, 112), (176, 136, 90), (120, 90, 58)),
    "pine": ((222, 186, 136), (206, 164, 112), (160, 120, 76)),
    "walnut": ((118, 82, 58), (96, 64, 44), (60, 40, 28)),
    "birch": ((228, 208, 172), (214, 190, 150), (170, 146, 110)),
    "teak": ((160, 108, 66), (138, 88, 52), (92, 58, 34)),
    "white": ((236, 234, 228), (226, 223, 216), (180, 176, 168)),
    "grey": ((166, 160, 152), (148, 142, 134), (104, 98, 92)),
    "black": ((58, 54, 52), (48, 44, 42), (30, 28, 28)),
}
METALS = {"steel": (182, 186, 190), "brass": (190, 156, 92), "black": (44, 44, 46), "copper": (184, 118, 86)}
FLOORS = ("planks", "planks", "planks", "parquet", "parquet", "tiles", "carpet", "carpet", "chequer")
WALLS = ("painted", "painted", "painted", "papered", "half", "panelled", "accent", "brick")
ROOMS = ("bedroom", "living room", "kitchen", "office", "bathroom", "dining room")


def _pick(rng: np.random.Generator, options):
    return options[int(rng.integers(len(options)))]


@dataclass(frozen=True)
class Furnishing:
    """A taste in furnishing. `palette` indexes PALETTES; patterns are from `lib.twin.drawing.scene3d.PATTERNS`; the rest is words."""

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
    art: str  # abstract, landscape, botanical, geometric, wavy
    lamp: str  # cone, drum, globe
    dark_trim: bool

    @classmethod
    def draw(cls, rng: np.random.Generator) -> Furnishing:
        """A new taste; many tastes share palettes and patterns."""
        pick, woods = lambda *options: _pick(rng, options), tuple(WOODS)
        return cls(
            palette=int(rng.integers(len(PALETTES))),
            tint=tuple(rng.uniform(-10, 10, 3).round(1).tolist()),
            wood=pick(*woods),
            floor_wood=pick(*woods[:5], "grey"),
            metal=pick(*METALS),
            form=pick("boxy", "rounded", "slim"),
            headboard=pick("panel", "padded", "slats"),
            bedding=pick("plain", *PATTERNS),
            cushion=pick("plain", *PATTERNS),
            curtain=pick("plain", "plain", "plain", "striped", "floral", "leafy"),
            rug=pick(*PATTERNS),
            paper=pick("striped", "floral", "diamond", "leafy", "dotted"),
            scale=float(rng.uniform(0.65, 1.5)),
            drapes=pick("long", "long", "sheer", "blind", "none"),
            wall=pick(*WALLS),
            floor=pick(*FLOORS),
            art=pick("abstract", "landscape", "botanical", "geometric", "wavy"),
            lamp=pick("cone", "drum", "globe"),
            dark_trim=bool(rng.random() < 0.2),
        )


@dataclass(frozen=True)
class Room:
    """One room: its size in m, what stands where (`items`), the spot pictures are taken from, and its light."""

    kind: str  # one of ROOMS
    width: float
    height: float
    depth: float
    items: tuple  # of lib.twin.drawing.furniture.Item
    eye: tuple  # m
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
        plan = _Plan(rng, width, float(u(2.45, 2.85)), depth)
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
            view=_pick(rng, ("garden", "street", "sky")),
            daylight=float(u(0.6, 1.0)),
            warmth=float(u(0.2, 1.0)),
            details=int(rng.integers(2**31)),
        )


TOPS = ("table", "nightstand", "dresser", "counter", "desk", "tv_unit")  # what small things stand on


def upon(item: Item, variant: int, where: float) -> Item:
    """A small thing on top of an item, `where` (−0.45..0.45) along its width."""
    if item.kind in ("desk", "tv_unit"):  # beside the screen
        where = math.copysign(0.4, where)
    s, c, aside, ahead = math.sin(item.facing), math.cos(item.facing), where * item.width, item.depth / 2 - 0.15
    top = item.y + item.height + (0.03 if item.kind == "dresser" else 0.0)
    x, z = item.x - c * aside + s * ahead, item.z + s * aside + c * ahead
    return Item("clutter", x, top, z, item.facing, 0.2, 0.3, 0.3, variant)


class _Plan:
    """Places furniture along the walls of a room without overlaps; one method a kind of room."""

    def __init__(self, rng: np.random.Generator, width: float, height: float, depth: float):
        self.rng, self.width, self.height, self.depth = rng, width, height, depth
        self.items: list[Item] = []

    def add(self, kind, x, y, z, facing, width, height, depth) -> bool:
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

    def against(self, wall: str, along: float, kind, width, height, depth, y=0.0) -> bool:
        """Place an item with its back to the back, left or right wall, its middle at `along` (0..1 of the wall)."""
        if wall == "back":
            x = width / 2 + along * (self.width - width)
            return self.add(kind, x, y, self.depth, math.pi, width, height, depth)
        x, facing = (0, math.pi / 2) if wall == "left" else (self.width, -math.pi / 2)
        return self.add(kind, x, y, 0.7 + width / 2 + along * (self.depth - 0.7 - width), facing, width, height, depth)

    def some(self, chance: float, kind, width, height, depth, y=0.0) -> bool:
        """With this chance, place the item on the first wall, in random order, where it fits."""
        if self.rng.random() > chance:
            return False
        spots = self.rng.permutation([(wall, along) for wall in range(3) for along in (0.02, 0.2, 0.5, 0.8, 0.98)])
        walls = ("back", "left", "right")
        return any(self.against(walls[int(wall)], along, kind, width, height, depth, y) for wall, along in spots)

    def opening(self, back: float = 0.4) -> None:
        """The window, in the back wall with probability `back`."""
        u, wall = self.rng.uniform, "back" if self.rng.random() < back else _pick(self.rng, ("left", "right"))
        self.against(wall, u(0.3, 0.7), "window", u(0.9, 1.5), u(1.1, 1.35), 0.16, u(0.85, 1.0))

    def over(self, kind, width, height, depth, y) -> None:
        """Hang something on the wall over the item placed last."""
        base = self.items[-1]
        self.add(kind, base.x, y, base.z, base.facing, width, height, depth)

    def on(self, kind, width, height, depth, aside: float = 0.0) -> None:
        """Stand something on the item placed last, `aside` m off its middle."""
        base = self.items[-1]
        s, c = math.sin(base.facing), math.cos(base.facing)
        x, z = base.x - c * aside + 0.06 * s, base.z + s * aside + 0.06 * c
        self.add(kind, x, base.y + base.height, z, base.facing, width, height, depth)
        self.items.append(self.items.pop(self.items.index(base)))  # still the last

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
                what = _pick(self.rng, (1, 2, 2, 3, 4)) + 8 * int(self.rng.integers(4))
                self.items.append(upon(item, what, u(-0.4, 0.4)))

    def bedroom(self) -> None:
        u, rng = self.rng.uniform, self.rng
        wall = _pick(rng, ("back", "back", "left", "right"))
        width, along, long = _pick(rng, (0.95, 1.45, 1.6, 1.8)), u(0.3, 0.7), 2.05
        self.against(wall, along if wall == "back" else u(0.55, 1.0), "bed", width, 1.0, long)
        bed = self.items[-1]
        self.over("art", u(0.7, 1.5), u(0.45, 0.65), 0.05, u(1.4, 1.6))
        for gap in (-0.32 - width / 2, 0.32 + width / 2):
            x, z = bed.x - math.cos(bed.facing) * gap, bed.z + math.sin(bed.facing) * gap
            placed = rng.random() < 0.85 and self.add("nightstand", x, 0, z, bed.facing, 0.45, 0.52, 0.4)
            if placed and rng.random() < 0.8:
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
        self.add("table", x, 0, z, sofa.facing, u(0.8, 1.1), u(0.36, 0.46), u(0.5, 0.8))
        self.opening(0.3)
        self.some(0.65, "floor_lamp", 0.42, u(1.45, 1.75), 0.42)
        self.some(0.6, "armchair", 0.85, 0.86, 0.85)
        self.some(0.5, "bookcase", u(0.7, 1.1), u(1.5, 2.1), 0.32)
        self.some(0.4, "tv_unit", u(1.3, 1.7), 0.5, 0.42)
        self.some(0.3, "ottoman", 0.55, 0.42, 0.55)
        self.extras()

    def kitchen(self) -> None:
        u, rng = self.rng.uniform, self.rng
        width, end = u(1.9, 2.6), _pick(rng, (0.0, 1.0))
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
        x, z = desk.x + 1.35 * math.sin(desk.facing), desk.z + 1.35 * math.cos(desk.facing)
        self.add("office_chair", x, 0, z, desk.facing + math.pi, 0.52, u(0.95, 1.1), 0.56)
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
    palette = np.clip(np.array(PALETTES[furnishing.palette]) + furnishing.tint, 0, 255)
    return [tuple(colour) for colour in palette.tolist()]


def _mixed(one: tuple, other: tuple, share: float) -> tuple:
    """A colour with this share of the other."""
    return tuple(a + (b - a) * share for a, b in zip(one, other, strict=True))


def _plain(colour: tuple, **properties) -> Paint:
    return Paint((colour,) * 3, **properties)


def look_of(f: Furnishing, room: Room, lamps: float = 0.0, opened: float = 1.0, hour: int = 2) -> Look:
    """The paints of a room; `lamps` 0..1, curtains `opened` 0..1, `hour` 0 night, 1 dusk, 2 day."""
    wall, large, textile, accent, dark = _colours(f)
    wood, s, light = WOODS[f.wood], f.scale, _mixed(wall, (248, 248, 248), 0.7)
    trim = _mixed(wood[0], (0, 0, 0), 0.45) if f.dark_trim else _mixed(wall, (244, 244, 244), 0.75)
    if room.kind == "kitchen":
        trim = (trim, large, accent)[room.details % 3]
    return Look(
        wood=Paint(wood, "grain", 0.9),
        trim=_plain(trim),
        fabric=Paint((large, dark, textile)),
        bedding=Paint((textile, large, accent), f.bedding, 0.42 * s),
        cushion=Paint((accent, light, dark), f.cushion, 0.22 * s),
        curtain=Paint((light if f.drapes == "sheer" else textile, accent, large), f.curtain, 0.4 * s),
        rug=Paint(({"plain": large}.get(f.rug, textile), {"woven": large}.get(f.rug, accent), dark), f.rug, 0.5 * s),
        accent=Paint((accent, dark, light)),
        metal=_plain(METALS[f.metal]),
        shade=_plain(light),
        outside=_plain(light, image=outdoors(room.view, hour, room.details % 40), glow=0.9),
        form=f.form,
        art=f.art,
        lamp=f.lamp,
        headboard=f.headboard,
        drapes=f.drapes,
        lamps_on=lamps,
        open=opened,
    )


def surfaces_of(f: Furnishing, room: Room) -> tuple[Paint, Paint, Paint, Paint | None]:
    """Paints of the side walls, of the back wall, of the floor, and of the walls' lower part (or None)."""
    wall, large, textile, accent, dark = _colours(f)
    side, lower, floor, wood = _plain(wall), None, f.floor, WOODS[f.floor_wood]
    back = side
    if f.wall == "papered":
        colours = wall, _mixed(wall, textile, 0.75), _mixed(wall, accent, 0.4)
        side = back = Paint(colours, f.paper, 0.45 * f.scale)
    elif f.wall == "accent":
        back = _plain((large, _mixed(accent, wall, 0.25), _mixed(dark, large, 0.5))[f.palette % 3])
    elif f.wall == "brick":
        brick = (_mixed((176, 112, 88), wall, 0.15), wall)[f.palette % 2]
        back = Paint((brick, _mixed(brick, dark, 0.25), _mixed(brick, (230, 226, 220), 0.6)), "bricks", 0.45)
    if room.kind == "bathroom":
        tile = (wall, _mixed(wall, textile, 0.8), _mixed(wall, accent, 0.55))[room.details % 3]
        colours = tile, _mixed(tile, wall, 0.4), _mixed(tile, (250, 250, 250), 0.6)
        lower = Paint(colours, ("tiles", "bricks")[room.details % 2], 0.42)
    elif f.wall == "half":
        lower = _plain(_mixed(wall, large, 0.75))
    elif f.wall == "panelled":
        pale = _mixed(wall, (250, 250, 248), 0.6)
        lower = Paint((pale, pale, _mixed(wall, dark, 0.5)), "panels", 0.9)
    if floor not in {"bathroom": ("chequer",), "kitchen": ("chequer", "planks", "parquet")}.get(room.kind, FLOORS):
        floor = "tiles"
    ground = {
        "planks": Paint(wood, "planks", 0.75),
        "parquet": Paint(wood, "parquet", 0.6),
        "carpet": Paint((_mixed(textile, large, 0.4), _mixed(large, textile, 0.3), dark), "carpet", 0.35),
        "tiles": Paint(
            (_mixed(wall, (200, 196, 190), 0.7), _mixed(wall, (170, 166, 160), 0.8), (150, 148, 144)), "tiles", 0.9
        ),
        "chequer": Paint(((232, 228, 220), _mixed(dark, (90, 90, 92), 0.5), (170, 168, 164)), "chequer", 0.66),
    }[floor]
    return side, back, ground, lower


# In words ------------------------------------------------------------------------------------------------------------

_HUES = (
    (15, "pink", "red"),
    (42, "apricot", "brown"),
    (65, "yellow", "olive"),
    (165, "sage", "green"),
    (195, "aqua", "teal"),
    (255, "pale blue", "blue"),
    (300, "lilac", "purple"),
    (345, "pink", "plum"),
    (361, "pink", "red"),
)  # up to this hue (degrees): pale, deep


def colour_name(colour: tuple) -> str:
    """An everyday English word for an RGB colour, 0..255."""
    hue, light, _ = colorsys.rgb_to_hls(*(c / 255 for c in colour))
    hue, chroma = 360 * hue, (max(colour) - min(colour)) / 255
    if chroma < 0.07 or light > 0.93:
        return "white" if light > 0.86 else "grey" if light > 0.3 else "black"
    if light < 0.2:
        return "dark brown" if 10 < hue < 50 else "navy" if 190 < hue < 260 else "black"
    if 15 <= hue < 65 and chroma < 0.32:
        return "cream" if light > 0.8 else "beige" if light > 0.58 else "brown"
    pale, deep = next(names for limit, *names in _HUES if hue < limit)
    return pale if light > 0.62 else "orange" if deep == "brown" and light > 0.45 and chroma > 0.35 else deep


def _named(paint: Paint, noun: str) -> str:
    """A textile by its pattern and colour."""
    return f"{'' if paint.pattern == 'plain' else paint.pattern + ' '}{colour_name(paint.colours[0])} {noun}"


def _name(item: Item, f: Furnishing, room: Room, look: Look) -> list[str]:
    """What an English speaker may call an item: one phrase, for a bed, a sofa and a window two."""
    v, noun, seat = item.variant, item.kind.replace("_", " "), colour_name(look.fabric.colours[0])
    accent = colour_name(look.accent.colours[0])
    match item.kind:
        case "bed":
            board = {"panel": f.wood, "padded": f"padded {seat}", "slats": f"slatted {f.wood}"}[f.headboard]
            return [_named(look.bedding, "bedspread"), f"{board} headboard"]
        case "sofa":
            return [f"{seat} sofa", _named(look.cushion, "cushions")]
        case "window":
            view = {"garden": "trees", "street": "houses", "sky": "open sky"}[room.view]
            hung = [] if f.drapes == "none" else [_named(look.curtain, "blind" if f.drapes == "blind" else "curtains")]
            return [f"window with {view}", *hung]
        case "table":
            return [f"{'round ' * round_table(item)}{f.wood} {'coffee table' if item.height < 0.5 else 'table'}"]
        case "rug":
            return [f"{'round ' * (v % 4 == 0)}{_named(look.rug, 'rug')}"]
        case "art":
            return [f"{f.art} {'picture' if item.width < 0.75 else 'pictures'}"]
        case "mirror":
            return [f"{('round', 'framed', 'arched')[v % 3]} mirror"]
        case "plant":
            return [("leafy plant", "slender plant")[v % 2]]
        case "clutter":
            return [CLUTTER[v % 8]]
        case "cupboards":
            return ["wall cupboards" if v % 3 else "open shelves"]
        case "ottoman":
            return [_named(look.cushion, "footstool")]
        case "counter":
            return [f"{colour_name(look.trim.colours[0])} kitchen units"]
        case "armchair":
            return [f"{seat} armchair"]
        case "office_chair" | "towels":
            return [f"{accent} {noun}"]
        case "floor_lamp":
            return [f"{f.metal} {noun}"]
        case "table_lamp" | "pendant":
            return [f"{f.lamp} {'pendant lamp' if noun == 'pendant' else noun}"]
        case "desk" | "chair" | "dresser" | "nightstand" | "bookcase":
            return [f"{f.wood} {noun}"]
        case "vanity" | "tv_unit":
            return [{"vanity": "washbasin", "tv_unit": "television"}[item.kind]]
    return [noun]


def things(furnishing: Furnishing, room: Room) -> tuple[str, ...]:
    """Short English noun phrases for what pictures of this room show, the largest first, none twice; never empty."""
    look, (_, _, ground, _) = look_of(furnishing, room), surfaces_of(furnishing, room)
    phrases = []
    for item in sorted(room.items, key=lambda item: -item.width * max(item.height, item.depth)):
        phrases += _name(item, furnishing, room, look)
    floors = {"carpet": "carpet", "tiles": "tiled floor", "chequer": "chequered floor"}
    phrases.append(floors.get(ground.pattern, f"{furnishing.floor_wood} floor"))
    if furnishing.wall in ("papered", "brick"):
        phrases.append("brick wall" if furnishing.wall == "brick" else f"{furnishing.paper} wallpaper")
    return tuple(dict.fromkeys(phrases))
