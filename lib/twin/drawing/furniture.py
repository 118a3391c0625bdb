"""Single pieces of furniture, as parts for `lib.twin.drawing.scene3d`: one function a piece, found by its name in `PIECES`.

`PIECES[item.kind](item, look)` gives the parts of an `Item` (what it is, where it stands, how large it is) in a `Look`
(the paints of the place), in the item's own frame: x from −width/2 to width/2, y up from its foot, z from its back (0)
to its front (depth), in metres. Inside a piece, `w` is half the width, `h` the height and `d` the depth.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np

from lib.twin.drawing.scene3d import ARCH, ROUND, SOFT, Part
from lib.twin.drawing.textures import Paint, artwork, front, screen, shelf_of_books


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
    """The paints of one place and what its owner likes; made by `lib.twin.drawing.render` from a Furnishing."""

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
    form: str  # boxy, rounded, slim
    art: str  # abstract, landscape, botanical, geometric, wavy
    lamp: str  # cone, drum, globe
    headboard: str  # panel, padded, slats
    drapes: str  # long, blind, sheer, none
    lamps_on: float  # 0..1
    open: float  # how far curtains are drawn back, 0..1


WHITE = Paint(((240, 240, 236),) * 3)
DARK = Paint(((48, 46, 46),) * 3)
PAPER = Paint(((244, 240, 230),) * 3)
PORCELAIN = Paint(((238, 240, 240),) * 3)


def tinted(paint: Paint, gain: float) -> Paint:
    """The same paint, darker (gain < 1) or lighter."""
    return paint.but(colours=tuple(tuple(min(255.0, c * gain) for c in colour) for colour in paint.colours))


def _tone(paint: Paint) -> tuple:
    return tuple(float(c) for c in paint.colours[0])


def _fronted(look: Look, paint: Paint, rows: int, columns: int) -> Paint:
    return paint.but(image=front(_tone(paint), rows, columns, _tone(look.metal)), pattern="plain")


# The pieces ----------------------------------------------------------------------------------------------------------

PIECES: dict[str, Callable[[Item, Look], list[Part]]] = {}

ROD = ((0, 1), (1, 1))  # profiles of turned parts: (height, radius), both 0..1
JAR = ((0, 0.85), (0.1, 1), (1, 1))
VASE = ((0, 0.6), (0.4, 1), (0.8, 0.45), (1, 0.5))
BOTTLE = ((0, 1), (0.6, 1), (0.75, 0.4), (1, 0.4))
BOWL = ((0, 0.45), (0.7, 0.95), (1, 1))
BALL = tuple((t, 2 * math.sqrt(max(t * (1 - t), 0.02))) for t in np.linspace(0, 1, 9).tolist())


def piece(make: Callable[[Item, Look, float, float, float], list[Part]]) -> Callable:
    """Enter a function under its name; it is given the item, the look, half the width, the height and the depth."""
    PIECES[make.__name__] = lambda item, look: make(item, look, item.width / 2, item.height, item.depth)
    return make


def turned(at: tuple, heights: tuple, radius: float, paint: Paint, profile=ROD, top: Paint | None = None) -> Part:
    """A solid of revolution about the upright axis `at` (x, z), between two heights."""
    (x, z), (low, high) = at, heights
    return Part((x - radius, low, z - radius), (x + radius, high, z + radius), paint, "turned", profile, top)


def padded(lo: tuple, hi: tuple, paint: Paint) -> Part:
    """A cushion."""
    return Part(lo, hi, paint.but(relief="puff"), "soft")


def _legs(item: Item, look: Look, height: float, inset: float = 0.05, thick: float = 0.045) -> list[Part]:
    slim = look.form == "slim"
    x, z, t = item.width / 2 - inset, item.depth - inset, thick * (0.35 if slim else 0.5)
    return [
        Part((u - t, 0, v - t), (u + t, height, v + t), look.metal if slim else look.wood)
        for u in (-x, x)
        for v in (inset, z)
    ]


@piece
def bed(item, look, w, h, d):
    head = {
        "panel": look.wood,
        "padded": look.fabric.but(relief="puff"),
        "slats": look.wood.but(pattern="panels", period=0.5),
    }[look.headboard]
    shape = "soft" if look.headboard == "padded" and look.form != "boxy" else "box"
    sheet, hang = tinted(WHITE, 0.98), look.bedding.but(relief="drape")
    parts = [
        Part((-w - 0.04, 0.05, 0), (w + 0.04, 1.0 + 0.1 * (item.variant // 100 % 3), 0.08), head, shape),
        Part((-w, 0.08, 0.09), (w, 0.3, d), look.wood),
        Part((-w + 0.02, 0.3, 0.09), (w - 0.02, 0.48, 0.62), sheet),
        Part((-w - 0.02, 0.16, 0.62), (w + 0.02, 0.53, d + 0.02), hang, top=look.bedding.but(relief="puff")),
        padded((-w - 0.025, 0.531, 0.6), (w + 0.025, 0.56, 0.9), sheet),
    ]
    if item.variant % 2:
        throw, z = look.cushion if look.cushion.pattern == "plain" else look.accent, 0.72 * d
        parts.append(Part((-w - 0.03, 0.2, z), (w + 0.03, 0.545, z + 0.42), throw.but(relief="drape"), top=throw))
    pillows = 1 if item.width < 1.2 else 2
    for k in range(pillows):
        x, r = (k - (pillows - 1) / 2) * item.width / pillows * 0.92, item.width / pillows * 0.42
        parts.append(padded((x - r, 0.49, 0.1), (x + r, 0.84, 0.26), sheet))
        if item.variant % 3:
            parts.append(padded((x - 0.7 * r, 0.49, 0.28), (x + 0.7 * r, 0.78, 0.42), look.cushion))
    return parts


@piece
def nightstand(item, look, w, h, d):
    slim, body = look.form == "slim", look.wood if item.variant % 4 else look.trim
    base = 0.16 if slim else 0.05
    box = Part((-w, base, 0), (w, h, d), body, extra=_fronted(look, body, 1 + item.variant % 2, 1))
    return [box] + (_legs(item, look, base) if slim else [])


@piece
def dresser(item, look, w, h, d):
    return [
        Part((-w, 0.1, 0), (w, h, d), look.wood, extra=_fronted(look, look.wood, 3, 2)),
        Part((-w - 0.02, h, 0), (w + 0.02, h + 0.03, d + 0.02), tinted(look.wood, 1.06)),
        *_legs(item, look, 0.1),
    ]


@piece
def wardrobe(item, look, w, h, d):
    body = look.wood if item.variant % 3 else look.trim
    return [
        Part((-w, 0.06, 0), (w, h, d), body, extra=_fronted(look, body, 1, 2 + item.variant % 2)),
        Part((-w - 0.02, h, 0), (w + 0.02, h + 0.05, d + 0.03), tinted(body, 0.94)),
    ]


@piece
def bookcase(item, look, w, h, d):
    tones = tuple(paint.colours[0] for paint in (look.fabric, look.accent, look.cushion, look.bedding, PAPER, DARK))
    board = np.empty((4, 96, 3), np.uint8)
    board[:] = _tone(look.wood)
    rows = [board]
    for k in range(max(2, round(h / 0.38))):
        rows += [shelf_of_books(tones, _tone(look.wood), item.variant * 31 + k), board]
    image = cv2.copyMakeBorder(np.concatenate(rows), 0, 0, 4, 4, cv2.BORDER_CONSTANT, value=board[0, 0].tolist())
    return [Part((-w, 0, 0), (w, h, d), look.wood, extra=look.wood.but(image=image))]


def _seat(item: Item, look: Look, seats: int) -> list[Part]:
    w, h, d, cloth, seat = item.width / 2, item.height, item.depth, look.fabric, 0.42
    arm, lift, high = {"boxy": (0.2, 0.06, 0.66), "rounded": (0.17, 0.06, 0.66), "slim": (0.1, 0.14, 0.6)}[look.form]
    body = [
        ((-w + arm * 0.4, lift, 0), (w - arm * 0.4, h, 0.2)),
        ((-w, lift, 0.02), (-w + arm, high * h, d)),
        ((w - arm, lift, 0.02), (w, high * h, d)),
    ]
    parts = [Part((-w + arm, lift, 0.18), (w - arm, seat - 0.13, d - 0.04), tinted(cloth, 0.9))]
    parts += [padded(*ends, cloth)._replace(shape="box" if look.form == "boxy" else "soft") for ends in body]
    step = (item.width - 2 * arm) / seats
    for x in (-w + arm + k * step for k in range(seats)):
        parts += [
            padded((x + 0.01, seat - 0.13, 0.22), (x + step - 0.01, seat + 0.04, d - 0.01), tinted(cloth, 1.04)),
            padded((x + 0.015, seat + 0.041, 0.2), (x + step - 0.015, h - 0.04, 0.36), cloth),
        ]
    return parts + _legs(item, look, lift, 0.08)


@piece
def sofa(item, look, w, h, d):
    parts = _seat(item, look, 2 if item.width < 1.9 else 3)
    for k, (x, r) in enumerate([(-0.62, 0.2), (0.6, 0.2), (-0.25, 0.19)][: 1 + item.variant % 3]):
        cloth = look.accent if k == 1 else look.cushion
        parts.append(padded((x * w - r, 0.461, 0.365), (x * w + r, 0.461 + 2 * r, 0.48), cloth))
    return parts


@piece
def armchair(item, look, w, h, d):
    cushion = [padded((-0.19, 0.461, 0.365), (0.19, 0.82, 0.47), look.cushion)] if item.variant % 2 else []
    return _seat(item, look, 1) + cushion


@piece
def ottoman(item, look, w, h, d):
    if item.variant % 2:
        return [turned((0, w), (0, h), w, look.cushion, ((0, 0.9), (0.2, 1), (0.8, 1), (1, 0.9)))]
    return [padded((-w, 0.08, 0), (w, h, d), look.cushion), *_legs(item, look, 0.08)]


def round_table(item: Item) -> bool:
    """Whether a table is a round one."""
    return item.variant % 3 == 0 and abs(item.width - item.depth) < 0.35


@piece
def table(item, look, w, h, d):
    """A coffee, side or dining table, by its height."""
    if round_table(item):
        r, foot = min(w, d / 2), look.metal if look.form == "slim" else look.wood
        return [
            turned((0, d / 2), (0, h - 0.04), r / 2, foot, ((0, 1), (0.05, 0.9), (0.1, 0.2), (1, 0.2))),
            turned((0, d / 2), (h - 0.04, h), r, look.wood),
        ]
    parts = [Part((-w, h - 0.045, 0), (w, h, d), look.wood), *_legs(item, look, h - 0.046, 0.06, 0.06)]
    if h < 0.5 and item.variant % 2:
        parts.append(Part((-w + 0.05, 0.12, 0.05), (w - 0.05, 0.15, d - 0.05), tinted(look.wood, 0.9)))
    return parts


@piece
def chair(item, look, w, h, d):
    open_back, seat = look.form == "slim" or item.variant % 2, look.accent if item.variant % 3 == 1 else look.wood
    parts = [Part((-w, 0.42, 0.03), (w, 0.47, d), seat), *_legs(item, look, 0.419, 0.04, 0.04)]
    if not open_back:
        return [*parts, padded((-w, 0.471, 0), (w, h, 0.04), look.accent)]
    parts += [Part((x - 0.02, 0.471, 0), (x + 0.02, h, 0.035), look.wood) for x in (-w + 0.02, w - 0.02)]
    return parts + [Part((-w + 0.041, y, 0.005), (w - 0.041, y + 0.08, 0.03), look.wood) for y in (h - 0.09, h - 0.26)]


@piece
def office_chair(item, look, w, h, d):
    return [
        turned((0, d / 2), (0, 0.08), w, DARK, ((0, 1), (0.6, 0.9), (1, 0.2))),
        turned((0, d / 2), (0.081, 0.42), 0.04, look.metal),
        padded((-w, 0.421, 0.06), (w, 0.52, d), look.accent),
        padded((-w * 0.9, 0.55, 0), (w * 0.9, h, 0.09), look.accent),
    ]


@piece
def desk(item, look, w, h, d):
    drawers, x, shown = item.variant % 2, -0.1 * w, DARK.but(image=screen(item.variant), glow=0.35)
    parts = [Part((-w, h - 0.04, 0), (w, h, d), look.wood), *_legs(item, look, h - 0.041)[: 2 if drawers else 4]]
    if drawers:
        box = (w - 0.42, 0.04, 0.03), (w - 0.04, h - 0.041, d - 0.04)
        parts.append(Part(*box, look.wood, extra=_fronted(look, look.wood, 3, 1)))
    return [
        *parts,
        Part((x - 0.09, h, 0.14), (x + 0.09, h + 0.02, 0.3), DARK),
        Part((x - 0.02, h + 0.021, 0.17), (x + 0.02, h + 0.1, 0.2), DARK),
        Part((x - 0.29, h + 0.1, 0.2), (x + 0.29, h + 0.44, 0.225), DARK, extra=shown),
        Part((x - 0.2, h + 0.001, d - 0.24), (x + 0.2, h + 0.015, d - 0.11), tinted(WHITE, 0.85)),
    ]


@piece
def tv_unit(item, look, w, h, d):
    t, shown = min(w * 0.8, 0.62), DARK.but(image=screen(3 * item.variant), glow=0.1)
    return [
        Part((-w, 0.06, 0), (w, h, d), look.wood, extra=_fronted(look, look.wood, 1, 3)),
        Part((-0.18, h, 0.12), (0.18, h + 0.03, 0.3), DARK),
        Part((-t, h + 0.05, 0.18), (t, h + 0.05 + 1.14 * t, 0.22), DARK, extra=shown),
    ]


def _lampshade(look: Look, y: float, r: float, z: float) -> Part:
    profile = {"cone": ((0, 1), (1, 0.5)), "drum": ((0, 1), (1, 0.92)), "globe": BALL}[look.lamp]
    paint = look.shade.but(glow=0.25 + 0.55 * look.lamps_on)
    if look.lamps_on > 0.3:
        warm = tuple(min(255.0, 0.35 * c + 0.7 * g) for c, g in zip(_tone(paint), (255, 236, 196), strict=True))
        paint = paint.but(colours=(warm,) * 3)
    return turned((0, z), (y, y + 1.5 * r), r, paint, profile, tinted(paint, 1.1))


@piece
def floor_lamp(item, look, w, h, d):
    z = d / 2
    return [
        turned((0, z), (0, 0.03), 0.14, look.metal),
        turned((0, z), (0.031, h - 0.3), 0.018, look.metal),
        _lampshade(look, h - 0.3, 0.2, z),
    ]


@piece
def table_lamp(item, look, w, h, d):
    body = look.accent if item.variant % 2 else look.metal
    waist = ((0, 0.6), (0.3, 1), (0.6, 0.9), (1, 0.3)), ((0, 1), (0.15, 0.9), (0.5, 0.55), (1, 0.25))
    waist = waist[item.variant % 3 > 0]
    return [turned((0, d / 2), (0, 0.24), 0.07, body, waist), _lampshade(look, 0.241, 0.14, d / 2)]


@piece
def pendant(item, look, w, h, d):
    return [_lampshade(look, 0, w, d / 2), Part((-0.01, 1.5 * w, d / 2 - 0.01), (0.01, h, d / 2 + 0.01), DARK)]


GREENS = (
    ((92, 128, 76), (58, 96, 60), (40, 70, 44)),
    ((112, 142, 92), (74, 112, 76), (50, 80, 50)),
    ((84, 120, 96), (50, 88, 72), (40, 70, 60)),
)


@piece
def plant(item, look, w, h, d):
    high, r = min(0.34 * h, 0.34), min(0.42 * item.width, 0.2)
    pot = (look.accent, PORCELAIN, look.wood.but(pattern="woven", period=0.12))[item.variant // 2 % 3]
    leaf = Paint(GREENS[item.variant % 3], "striped" if item.variant % 2 else "leafy")
    return [
        turned((0, d / 2), (0, high), r, pot, ((0, 0.7), (0.8, 1), (1, 1)), Paint(((70, 54, 44),) * 3)),
        Part((-w, high + 0.001, d / 2 - 0.2), (w, h, d / 2 + 0.2), leaf, "leaves", item.variant),
    ]


@piece
def counter(item, look, w, h, d):
    """Kitchen base units with a sink, or an oven and a hob."""
    units, oven = max(2, round(item.width / 0.6)), item.variant % 2
    k = item.variant % units
    x = -w + (k + 0.5) * item.width / units
    fronts = front(_tone(look.trim), 1, units, _tone(look.metal)).copy()
    stone = look.wood if item.variant % 3 else Paint(((204, 202, 198), (180, 178, 176), (120, 118, 116)), "carpet", 0.5)
    if oven:
        cv2.rectangle(fronts, (36 * k + 2, 2), (36 * k + 33, 34), (70, 70, 74), -1)
        cv2.rectangle(fronts, (36 * k + 6, 12), (36 * k + 29, 30), (34, 34, 38), -1)
        cv2.line(fronts, (36 * k + 6, 9), (36 * k + 29, 9), (190, 190, 190), 1)
        upon = [
            Part((x - 0.28, h, 0.08), (x + 0.28, h + 0.008, d - 0.08), DARK),
            turned((x - 0.1, 0.32), (h + 0.01, h + 0.14), 0.12, look.metal, JAR, tinted(look.metal, 0.8)),
        ]
    else:
        upon = [
            turned((x, 0.12), (h, h + 0.28), 0.02, look.metal),
            Part((x - 0.015, h + 0.281, 0.1), (x + 0.015, h + 0.31, 0.3), look.metal),
        ]
    return [
        Part((-w, 0.1, 0), (w, h - 0.04, d - 0.02), look.trim, extra=look.trim.but(image=fronts)),
        Part((-w, 0, 0), (w, 0.099, d - 0.08), DARK),
        Part((-w - 0.01, h - 0.039, 0), (w + 0.01, h, d), stone),
        *upon,
        turned((math.copysign(0.55 * w, -x), 0.2), (h, h + 0.24), 0.06, look.accent, BOTTLE),
    ]


@piece
def cupboards(item, look, w, h, d):
    """Wall cupboards, or open shelves with jars."""
    if item.variant % 3:
        doors = _fronted(look, look.trim, 1, max(2, round(item.width / 0.5)))
        return [Part((-w, 0, 0), (w, h, d), look.trim, extra=doors)]
    parts, paints = [], (look.accent, PORCELAIN, look.cushion.but(pattern="plain"), look.fabric)
    for k, y in enumerate((0.1, 0.48)):
        parts.append(Part((-w, y, 0), (w, y + 0.03, d * 0.8), look.wood))
        for j in range(int(item.width / 0.22)):
            if (j + item.variant + k) % 4:
                r, top = 0.045 + 0.012 * ((j * 7 + item.variant + k) % 3), y + 0.13 + 0.05 * ((j + k) % 3)
                paint = paints[(j * 3 + k + item.variant) % 4]
                at = -w + 0.14 + 0.22 * j, 0.1 + r
                parts.append(turned(at, (y + 0.031, top), r, paint, JAR, tinted(paint, 0.7)))
    return parts


@piece
def fridge(item, look, w, h, d):
    body = (WHITE, look.metal, look.accent)[item.variant % 3]
    handles = [
        Part((w - 0.1, h * low, d), (w - 0.07, h * high, d + 0.03), look.metal)
        for low, high in ((0.4, 0.6), (0.68, 0.82))
    ]
    return [Part((-w, 0.03, 0), (w, h * 0.64, d), body), Part((-w, h * 0.645, 0), (w, h, d), body), *handles]


@piece
def vanity(item, look, w, h, d):
    body = look.wood if item.variant % 2 else look.trim
    return [
        Part((-w, 0.22, 0), (w, h - 0.1, d), body, extra=_fronted(look, body, 1, 2)),
        Part((-w - 0.02, h - 0.099, 0), (w + 0.02, h - 0.05, d + 0.02), tinted(WHITE, 0.98)),
        turned((0, d / 2), (h - 0.049, h + 0.06), 0.21, PORCELAIN, BOWL, tinted(PORCELAIN, 0.86)),
        turned((0, 0.04), (h - 0.049, h + 0.18), 0.015, look.metal),
        turned((-w * 0.8, 0.14), (h - 0.049, h + 0.1), 0.035, look.accent, BOTTLE),
    ]


@piece
def bathtub(item, look, w, h, d):
    side, hollow = (look.trim, PORCELAIN)[item.variant % 2], tinted(PORCELAIN, 0.84).but(relief="puff")
    return [
        Part((-w, 0, 0), (w, h, d), side),
        Part((-w + 0.06, h, 0.06), (w - 0.06, h + 0.002, d - 0.06), hollow, "mat", SOFT),
        Part((w * 0.4, h, d - 0.07), (w * 0.8, h + 0.005, d + 0.012), look.bedding),
    ]


@piece
def toilet(item, look, w, h, d):
    return [
        Part((-0.19, 0.4, 0), (0.19, 0.8, 0.18), PORCELAIN, "soft"),
        Part((-0.12, 0, 0.1), (0.12, 0.32, 0.5), tinted(PORCELAIN, 0.95), "soft"),
        Part((-0.19, 0.321, 0.19), (0.19, 0.43, 0.62), PORCELAIN, "soft"),
    ]


@piece
def towels(item, look, w, h, d):
    cloths = (look.bedding, look.accent)[:: 1 if item.variant % 2 else -1]
    return [Part((-w, h - 0.04, 0.05), (w, h - 0.02, 0.07), look.metal)] + [
        Part((x - 0.38 * w, 0.1 * k, 0.071), (x + 0.38 * w, h, 0.1), cloth.but(relief="drape"))
        for k, (x, cloth) in enumerate(zip((-0.45 * w, 0.5 * w), cloths, strict=True))
    ]


@piece
def mirror(item, look, w, h, d):
    sheen = np.linspace((196, 204, 208), (226, 230, 230), 24)[:, None].repeat(24, 1).astype(np.uint8)
    cv2.line(sheen, (2, 20), (20, 2), (240, 243, 243), 4, cv2.LINE_AA)
    cv2.rectangle(sheen, (0, 18), (24, 24), [0.5 * c + 80 for c in _tone(look.fabric)], -1)
    glass = WHITE.but(image=cv2.GaussianBlur(sheen, (0, 0), 1.2))
    outline, rim = (ROUND, SOFT, ARCH)[item.variant % 3], 0.035
    return [
        Part((-w, 0, 0), (w, h, 0.02), look.metal if item.variant % 2 else look.wood, "sheet", outline),
        Part((-w + rim, rim, 0.02), (w - rim, h - rim, 0.025), glass, "sheet", outline),
    ]


@piece
def art(item, look, w, h, d):
    """One framed picture, or a row of two or three."""
    count = 1 if item.width < 0.75 or item.variant % 3 == 0 else 2 if item.width < 1.1 else 3
    frame = (look.wood, DARK, WHITE, look.metal)[item.variant // 3 % 4]
    full = look.art in ("abstract", "landscape")  # no margin of paper
    ground = look.fabric if item.variant % 2 and look.art in ("abstract", "wavy") else PAPER
    tones = tuple(_tone(paint) for paint in (ground, look.accent, look.cushion, look.fabric, DARK))
    parts, rim, margin = [], 0.035, 0.0 if full else 0.05
    step = item.width / count
    r = min(step * 0.45, h * (0.75 if count == 1 else 0.5))
    for k in range(count):
        x, picture = -w + (k + 0.5) * step, PAPER.but(image=artwork(look.art, tones, item.variant * 13 + k))
        parts.append(Part((x - r, 0, 0), (x + r, h, 0.025), frame))
        for z, edge, paint in ((0.026, rim, PAPER), (0.028, rim + margin, picture)):
            parts.append(Part((x - r + edge, edge, z), (x + r - edge, h - edge, z + 0.001), paint, "sheet"))
    return parts


@piece
def wall_shelf(item, look, w, h, d):
    parts = [Part((-w, 0, 0), (w, 0.035, d), look.wood)]
    for k in range(int(item.width / 0.2)):
        x, pick = -w + 0.1 + 0.2 * k, (item.variant + 5 * k) % 6
        paint = (look.accent, look.cushion.but(pattern="plain"), PORCELAIN, look.fabric, PAPER, DARK)[pick]
        if pick < 2:
            parts.append(turned((x, 0.11), (0.036, 0.16 + 0.06 * pick), 0.06, paint, VASE, DARK))
        elif pick < 5:
            for j, left in enumerate((x - 0.07, x - 0.035, x)):  # books
                top = 0.2 + 0.03 * ((j + pick) % 3)
                parts.append(Part((left, 0.036, 0.03), (left + 0.03, top, 0.17), tinted(paint, 0.8 + 0.15 * j)))
    return parts


@piece
def clock(item, look, w, h, d):
    dial = np.full((48, 48, 3), 244, np.uint8)
    turn = lambda a, long: (int(24 + long * math.sin(a)), int(24 - long * math.cos(a)))  # noqa: E731
    for k in range(12):
        cv2.circle(dial, turn(k * math.pi / 6, 19), 1, (70, 70, 70), -1, cv2.LINE_AA)
    for angle, long in ((item.variant % 12 * 0.5236, 10), (item.variant % 7 * 0.9, 16)):
        cv2.line(dial, (24, 24), turn(angle, long), (50, 50, 50), 2, cv2.LINE_AA)
    r = 0.88 * w
    return [
        Part((-w, 0, 0), (w, 2 * w, 0.03), look.metal, "sheet", ROUND),
        Part((-r, w - r, 0.031), (r, w + r, 0.032), PAPER.but(image=dial), "sheet", ROUND),
    ]


@piece
def window(item, look, w, h, d):
    """A window in its frame, with its curtains; `h` is the glass, curtains hang longer."""
    parts = [
        Part((-w - 0.05, -0.05, 0), (w + 0.05, h + 0.05, 0.008), look.trim, "sheet"),
        Part((-w, 0, 0.009), (w, h, 0.01), look.outside, "sheet"),
        Part((-w - 0.08, -0.09, 0), (w + 0.08, -0.05, 0.12), look.trim),
    ]
    panes = 2 + item.variant % 2
    for x in (-w + item.width * k / panes for k in range(1, panes)):
        parts.append(Part((x - 0.022, 0, 0.011), (x + 0.022, h, 0.03), look.trim))
    if item.variant % 3 == 0:
        parts.append(Part((-w, h * 0.66, 0.031), (w, h * 0.66 + 0.035, 0.04), look.trim))
    if look.drapes == "blind":
        drop = h * (0.25 + 0.6 * (1 - look.open))
        parts.append(Part((-w - 0.03, h - drop, 0.06), (w + 0.03, h + 0.06, 0.08), look.curtain.but(glow=0.2)))
    elif look.drapes != "none":
        sheer, wide = look.drapes == "sheer", 0.1 + w * (0.42 + 0.4 * (1 - look.open))
        low, cloth = -0.22 if sheer else -item.y + 0.03, look.curtain.but(relief="folds", glow=0.12 if sheer else 0.04)
        parts += [
            Part((x, low, 0.07), (x + wide, h + 0.14, 0.12), cloth, "sheet") for x in (-w - 0.25, w + 0.25 - wide)
        ]
        parts.append(Part((-w - 0.35, h + 0.141, 0.08), (w + 0.35, h + 0.165, 0.105), look.metal))
    return parts


@piece
def door(item, look, w, h, d):
    tone, side = _tone(look.trim), (1 if item.variant % 2 else -1) * 0.8 * w
    leaf = np.empty((96, 44, 3), np.uint8)
    leaf[:] = tone
    for low, high in ((8, 40), (50, 88)):
        cv2.rectangle(leaf, (6, low), (37, high), [c * 0.82 for c in tone], 1)
        cv2.rectangle(leaf, (7, low + 1), (38, high + 1), [min(255.0, c * 1.05) for c in tone], 1)
    return [
        Part((-w - 0.07, 0, 0), (w + 0.07, h + 0.07, 0.03), tinted(look.trim, 0.95)),
        Part((-w, 0, 0.03), (w, h, 0.035), look.trim.but(image=leaf), "sheet"),
        Part((side - 0.04, h * 0.48, 0.036), (side + 0.04, h * 0.48 + 0.03, 0.08), look.metal),
    ]


@piece
def radiator(item, look, w, h, d):
    ribs = Paint(((230, 230, 227), (230, 230, 227), (170, 170, 168)), "panels", 0.3)
    return [Part((-w, 0.1, 0.03), (w, h, 0.12), tinted(WHITE, 0.96), extra=ribs)]


@piece
def rug(item, look, w, h, d):
    outline = ROUND if item.variant % 4 == 0 else SOFT if item.variant % 2 else None
    return [
        Part((-w, 0, 0), (w, 0.004, d), tinted(look.rug, 0.82).but(pattern="plain"), "mat", outline),
        Part((-w + 0.06, 0.005, 0.06), (w - 0.06, 0.008, d - 0.06), look.rug, "mat", outline),
    ]


CLUTTER = ("mug", "books", "vase with twigs", "fruit bowl", "bottle", "basket", "bag", "folded linen")
FRUITS = ((214, 150, 60), (196, 84, 62), (150, 176, 88))


@piece
def clutter(item, look, w, h, d):
    """A small thing that comes and goes: CLUTTER[variant % 8]; the last three stand on the floor."""
    what, z, v = CLUTTER[item.variant % 8], d / 2, item.variant
    cloth = (look.accent, look.cushion, PORCELAIN, look.fabric)[v // 8 % 4]
    plain = cloth.but(pattern="plain")
    if what == "mug":
        return [turned((0, z), (0, 0.1), 0.045, plain, JAR, DARK)]
    if what == "books":
        return [
            Part((-0.11 + 0.012 * k, 0.03 * k, z - 0.08), (0.11 - 0.01 * k, 0.03 * k + 0.029, z + 0.08), paint)
            for k, paint in enumerate((look.fabric, PAPER, look.accent))
        ]
    if what == "vase with twigs":
        twigs = Paint(((120, 142, 96), (190, 150, 120), (60, 80, 50)), "striped")
        return [
            turned((0, z), (0, 0.2), 0.06, plain, VASE, DARK),
            Part((-0.16, 0.15, z - 0.05), (0.16, 0.5, z + 0.05), twigs, "leaves", v),
        ]
    if what == "fruit bowl":
        fruits = [
            turned((0.075 * k - 0.05, z), (0.075, 0.15), 0.04, Paint((fruit,) * 3), BALL)
            for k, fruit in enumerate(FRUITS)
        ]
        return [turned((0, z), (0, 0.09), 0.13, plain, BOWL, DARK), *fruits]
    if what == "bottle":
        return [turned((0, z), (0, 0.22), 0.035, plain, BOTTLE)]
    if what == "basket":
        return [Part((-w, 0, 0), (w, h, d), look.wood.but(pattern="woven", period=0.1))]
    if what == "bag":
        return [padded((-w, 0, 0), (w, h, d), cloth)]
    return [Part((-w, 0, 0), (w, h * 0.45, d), look.bedding.but(relief="drape"), "soft")]
