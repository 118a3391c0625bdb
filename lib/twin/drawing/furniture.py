"""Furniture that stands in a room: one function a piece, found by its name, the kind of the item.

Each gives the parts of an `Item` in a `Look`, in the item's own frame: x from −w to w, y up from its foot, z from its
back (0) to its front (d), in metres. `w` is half the item's width, `h` its height and `d` its depth.
"""

from __future__ import annotations

import cv2
import numpy as np

from lib.twin.drawing.items import (
    BALL,
    BOTTLE,
    BOWL,
    DARK,
    JAR,
    PAPER,
    PORCELAIN,
    VASE,
    WHITE,
    Item,
    Look,
    fronted,
    legs,
    padded,
    tinted,
    tone,
    turned,
)
from lib.twin.drawing.motifs import screen, shelf_of_books
from lib.twin.drawing.scene3d import ROUND, SOFT, SQUARE, Part
from lib.twin.drawing.textures import Paint

GREENS = (
    ((92, 128, 76), (58, 96, 60), (40, 70, 44)),
    ((112, 142, 92), (74, 112, 76), (50, 80, 50)),
    ((84, 120, 96), (50, 88, 72), (40, 70, 60)),
)
CLUTTER = ("mug", "books", "vase with twigs", "fruit bowl", "bottle", "basket", "bag", "folded linen")
FRUITS = ((214, 150, 60), (196, 84, 62), (150, 176, 88))


def bed(item: Item, look: Look, w: float, h: float, d: float) -> list[Part]:
    head = {
        "panel": look.wood,
        "padded": look.fabric.but(relief="puff"),
        "slats": look.wood.but(pattern="panels", period=0.5),
    }[look.taste.headboard]
    shape = "soft" if look.taste.headboard == "padded" and look.taste.form != "boxy" else "box"
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


def nightstand(item: Item, look: Look, w: float, h: float, d: float) -> list[Part]:
    slim, body = look.taste.form == "slim", look.wood if item.variant % 4 else look.trim
    base = 0.16 if slim else 0.05
    box = Part((-w, base, 0), (w, h, d), body, front=fronted(look, body, 1 + item.variant % 2, 1))
    return [box] + (legs(item, look, base) if slim else [])


def dresser(item: Item, look: Look, w: float, h: float, d: float) -> list[Part]:
    return [
        Part((-w, 0.1, 0), (w, h, d), look.wood, front=fronted(look, look.wood, 3, 2)),
        Part((-w - 0.02, h, 0), (w + 0.02, h + 0.03, d + 0.02), tinted(look.wood, 1.06)),
        *legs(item, look, 0.1),
    ]


def wardrobe(item: Item, look: Look, w: float, h: float, d: float) -> list[Part]:
    body = look.wood if item.variant % 3 else look.trim
    return [
        Part((-w, 0.06, 0), (w, h, d), body, front=fronted(look, body, 1, 2 + item.variant % 2)),
        Part((-w - 0.02, h, 0), (w + 0.02, h + 0.05, d + 0.03), tinted(body, 0.94)),
    ]


def bookcase(item: Item, look: Look, w: float, h: float, d: float) -> list[Part]:
    tones = tuple(paint.colours[0] for paint in (look.fabric, look.accent, look.cushion, look.bedding, PAPER, DARK))
    board = np.full((4, 96, 3), tone(look.wood), np.uint8)
    rows = [board]
    for k in range(max(2, round(h / 0.38))):
        rows += [shelf_of_books(tones, tone(look.wood), item.variant * 31 + k), board]
    image = cv2.copyMakeBorder(np.concatenate(rows), 0, 0, 4, 4, cv2.BORDER_CONSTANT, value=board[0, 0].tolist())
    return [Part((-w, 0, 0), (w, h, d), look.wood, front=look.wood.but(image=image))]


def _seat(item: Item, look: Look, seats: int) -> list[Part]:
    w, h, d, cloth, seat = item.width / 2, item.height, item.depth, look.fabric, 0.42
    arm, lift, high = {"boxy": (0.2, 0.06, 0.66), "rounded": (0.17, 0.06, 0.66), "slim": (0.1, 0.14, 0.6)}[
        look.taste.form
    ]
    body = [
        ((-w + arm * 0.4, lift, 0), (w - arm * 0.4, h, 0.2)),
        ((-w, lift, 0.02), (-w + arm, high * h, d)),
        ((w - arm, lift, 0.02), (w, high * h, d)),
    ]
    parts = [Part((-w + arm, lift, 0.18), (w - arm, seat - 0.13, d - 0.04), tinted(cloth, 0.9))]
    parts += [padded(*ends, cloth)._replace(shape="box" if look.taste.form == "boxy" else "soft") for ends in body]
    step = (item.width - 2 * arm) / seats
    for x in (-w + arm + k * step for k in range(seats)):
        parts += [
            padded((x + 0.01, seat - 0.13, 0.22), (x + step - 0.01, seat + 0.04, d - 0.01), tinted(cloth, 1.04)),
            padded((x + 0.015, seat + 0.041, 0.2), (x + step - 0.015, h - 0.04, 0.36), cloth),
        ]
    return parts + legs(item, look, lift, 0.08)


def sofa(item: Item, look: Look, w: float, h: float, d: float) -> list[Part]:
    parts = _seat(item, look, 2 if item.width < 1.9 else 3)
    for k, (x, r) in enumerate([(-0.62, 0.2), (0.6, 0.2), (-0.25, 0.19)][: 1 + item.variant % 3]):
        cloth = look.accent if k == 1 else look.cushion
        parts.append(padded((x * w - r, 0.461, 0.365), (x * w + r, 0.461 + 2 * r, 0.48), cloth))
    return parts


def armchair(item: Item, look: Look, w: float, h: float, d: float) -> list[Part]:
    cushion = [padded((-0.19, 0.461, 0.365), (0.19, 0.82, 0.47), look.cushion)] if item.variant % 2 else []
    return _seat(item, look, 1) + cushion


def ottoman(item: Item, look: Look, w: float, h: float, d: float) -> list[Part]:
    if item.variant % 2:
        return [turned((0, w), (0, h), w, look.cushion, ((0, 0.9), (0.2, 1), (0.8, 1), (1, 0.9)))]
    return [padded((-w, 0.08, 0), (w, h, d), look.cushion), *legs(item, look, 0.08)]


def round_table(item: Item) -> bool:
    """Whether a table is a round one."""
    return item.variant % 3 == 0 and abs(item.width - item.depth) < 0.35


def table(item: Item, look: Look, w: float, h: float, d: float) -> list[Part]:
    """A coffee, side or dining table, by its height."""
    if round_table(item):
        r, foot = min(w, d / 2), look.metal if look.taste.form == "slim" else look.wood
        return [
            turned((0, d / 2), (0, h - 0.04), r / 2, foot, ((0, 1), (0.05, 0.9), (0.1, 0.2), (1, 0.2))),
            turned((0, d / 2), (h - 0.04, h), r, look.wood),
        ]
    parts = [Part((-w, h - 0.045, 0), (w, h, d), look.wood), *legs(item, look, h - 0.046, 0.06, 0.06)]
    if h < 0.5 and item.variant % 2:
        parts.append(Part((-w + 0.05, 0.12, 0.05), (w - 0.05, 0.15, d - 0.05), tinted(look.wood, 0.9)))
    return parts


def chair(item: Item, look: Look, w: float, h: float, d: float) -> list[Part]:
    open_back, seat = look.taste.form == "slim" or item.variant % 2, look.accent if item.variant % 3 == 1 else look.wood
    parts = [Part((-w, 0.42, 0.03), (w, 0.47, d), seat), *legs(item, look, 0.419, 0.04, 0.04)]
    if not open_back:
        return [*parts, padded((-w, 0.471, 0), (w, h, 0.04), look.accent)]
    parts += [Part((x - 0.02, 0.471, 0), (x + 0.02, h, 0.035), look.wood) for x in (-w + 0.02, w - 0.02)]
    return parts + [Part((-w + 0.041, y, 0.005), (w - 0.041, y + 0.08, 0.03), look.wood) for y in (h - 0.09, h - 0.26)]


def office_chair(item: Item, look: Look, w: float, h: float, d: float) -> list[Part]:
    return [
        turned((0, d / 2), (0, 0.08), w, DARK, ((0, 1), (0.6, 0.9), (1, 0.2))),
        turned((0, d / 2), (0.081, 0.42), 0.04, look.metal),
        padded((-w, 0.421, 0.06), (w, 0.52, d), look.accent),
        padded((-w * 0.9, 0.55, 0), (w * 0.9, h, 0.09), look.accent),
    ]


def desk(item: Item, look: Look, w: float, h: float, d: float) -> list[Part]:
    drawers, x, display = item.variant % 2, -0.1 * w, DARK.but(image=screen(item.variant), glow=0.35)
    parts = [Part((-w, h - 0.04, 0), (w, h, d), look.wood), *legs(item, look, h - 0.041)[: 2 if drawers else 4]]
    if drawers:
        box = (w - 0.42, 0.04, 0.03), (w - 0.04, h - 0.041, d - 0.04)
        parts.append(Part(*box, look.wood, front=fronted(look, look.wood, 3, 1)))
    return [
        *parts,
        Part((x - 0.09, h, 0.14), (x + 0.09, h + 0.02, 0.3), DARK),
        Part((x - 0.02, h + 0.021, 0.17), (x + 0.02, h + 0.1, 0.2), DARK),
        Part((x - 0.29, h + 0.1, 0.2), (x + 0.29, h + 0.44, 0.225), DARK, front=display),
        Part((x - 0.2, h + 0.001, d - 0.24), (x + 0.2, h + 0.015, d - 0.11), tinted(WHITE, 0.85)),
    ]


def tv_unit(item: Item, look: Look, w: float, h: float, d: float) -> list[Part]:
    t, display = min(w * 0.8, 0.62), DARK.but(image=screen(3 * item.variant), glow=0.1)
    return [
        Part((-w, 0.06, 0), (w, h, d), look.wood, front=fronted(look, look.wood, 1, 3)),
        Part((-0.18, h, 0.12), (0.18, h + 0.03, 0.3), DARK),
        Part((-t, h + 0.05, 0.18), (t, h + 0.05 + 1.14 * t, 0.22), DARK, front=display),
    ]


def _lampshade(look: Look, y: float, r: float, z: float) -> Part:
    profile = {"cone": ((0, 1), (1, 0.5)), "drum": ((0, 1), (1, 0.92)), "globe": BALL}[look.taste.lamp]
    paint = look.shade.but(glow=0.25 + 0.55 * look.lamps_on)
    if look.lamps_on > 0.3:
        warm = tuple(min(255.0, 0.35 * c + 0.7 * g) for c, g in zip(tone(paint), (255, 236, 196), strict=True))
        paint = paint.but(colours=(warm,) * 3)
    return turned((0, z), (y, y + 1.5 * r), r, paint, profile, tinted(paint, 1.1))


def floor_lamp(item: Item, look: Look, w: float, h: float, d: float) -> list[Part]:
    z = d / 2
    return [
        turned((0, z), (0, 0.03), 0.14, look.metal),
        turned((0, z), (0.031, h - 0.3), 0.018, look.metal),
        _lampshade(look, h - 0.3, 0.2, z),
    ]


def table_lamp(item: Item, look: Look, w: float, h: float, d: float) -> list[Part]:
    body = look.accent if item.variant % 2 else look.metal
    waists = ((0, 0.6), (0.3, 1), (0.6, 0.9), (1, 0.3)), ((0, 1), (0.15, 0.9), (0.5, 0.55), (1, 0.25))
    waist = waists[item.variant % 3 > 0]
    return [turned((0, d / 2), (0, 0.24), 0.07, body, waist), _lampshade(look, 0.241, 0.14, d / 2)]


def pendant(item: Item, look: Look, w: float, h: float, d: float) -> list[Part]:
    return [_lampshade(look, 0, w, d / 2), Part((-0.01, 1.5 * w, d / 2 - 0.01), (0.01, h, d / 2 + 0.01), DARK)]


def plant(item: Item, look: Look, w: float, h: float, d: float) -> list[Part]:
    high, r = min(0.34 * h, 0.34), min(0.42 * item.width, 0.2)
    pot = (look.accent, PORCELAIN, look.wood.but(pattern="woven", period=0.12))[item.variant // 2 % 3]
    leaf = Paint(GREENS[item.variant % 3], "striped" if item.variant % 2 else "leafy")
    return [
        turned((0, d / 2), (0, high), r, pot, ((0, 0.7), (0.8, 1), (1, 1)), Paint(((70, 54, 44),) * 3)),
        Part((-w, high + 0.001, d / 2 - 0.2), (w, h, d / 2 + 0.2), leaf, "leaves", seed=item.variant),
    ]


def rug(item: Item, look: Look, w: float, h: float, d: float) -> list[Part]:
    outline = ROUND if item.variant % 4 == 0 else SOFT if item.variant % 2 else SQUARE
    return [
        Part((-w, 0, 0), (w, 0.004, d), tinted(look.rug, 0.82).but(pattern="plain"), "mat", outline),
        Part((-w + 0.06, 0.005, 0.06), (w - 0.06, 0.008, d - 0.06), look.rug, "mat", outline),
    ]


def clutter(item: Item, look: Look, w: float, h: float, d: float) -> list[Part]:
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
            Part((-0.16, 0.15, z - 0.05), (0.16, 0.5, z + 0.05), twigs, "leaves", seed=v),
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
