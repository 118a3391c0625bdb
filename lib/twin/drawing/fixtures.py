"""What kitchens, bathrooms and walls are fitted with: one function a piece, found by its name, the kind of the item.

The functions are those of `lib.twin.drawing.furniture`: an `Item` in a `Look` to parts in the item's own frame.
"""

from __future__ import annotations

import math

import cv2
import numpy as np

from lib.twin.drawing.items import (
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
    tinted,
    tone,
    turned,
)
from lib.twin.drawing.motifs import artwork, front
from lib.twin.drawing.scene3d import ARCH, ROUND, SOFT, Part
from lib.twin.drawing.textures import Paint


def counter(item: Item, look: Look, w: float, h: float, d: float) -> list[Part]:
    """Kitchen base units with a sink, or an oven and a hob."""
    units, oven = max(2, round(item.width / 0.6)), item.variant % 2
    k = item.variant % units
    x = -w + (k + 0.5) * item.width / units
    fronts = front(tone(look.trim), 1, units, tone(look.metal)).copy()
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
        Part((-w, 0.1, 0), (w, h - 0.04, d - 0.02), look.trim, front=look.trim.but(image=fronts)),
        Part((-w, 0, 0), (w, 0.099, d - 0.08), DARK),
        Part((-w - 0.01, h - 0.039, 0), (w + 0.01, h, d), stone),
        *upon,
        turned((math.copysign(0.55 * w, -x), 0.2), (h, h + 0.24), 0.06, look.accent, BOTTLE),
    ]


def cupboards(item: Item, look: Look, w: float, h: float, d: float) -> list[Part]:
    """Wall cupboards, or open shelves with jars."""
    if item.variant % 3:
        doors = fronted(look, look.trim, 1, max(2, round(item.width / 0.5)))
        return [Part((-w, 0, 0), (w, h, d), look.trim, front=doors)]
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


def fridge(item: Item, look: Look, w: float, h: float, d: float) -> list[Part]:
    body = (WHITE, look.metal, look.accent)[item.variant % 3]
    handles = [
        Part((w - 0.1, h * low, d), (w - 0.07, h * high, d + 0.03), look.metal)
        for low, high in ((0.4, 0.6), (0.68, 0.82))
    ]
    return [Part((-w, 0.03, 0), (w, h * 0.64, d), body), Part((-w, h * 0.645, 0), (w, h, d), body), *handles]


def vanity(item: Item, look: Look, w: float, h: float, d: float) -> list[Part]:
    body = look.wood if item.variant % 2 else look.trim
    return [
        Part((-w, 0.22, 0), (w, h - 0.1, d), body, front=fronted(look, body, 1, 2)),
        Part((-w - 0.02, h - 0.099, 0), (w + 0.02, h - 0.05, d + 0.02), tinted(WHITE, 0.98)),
        turned((0, d / 2), (h - 0.049, h + 0.06), 0.21, PORCELAIN, BOWL, tinted(PORCELAIN, 0.86)),
        turned((0, 0.04), (h - 0.049, h + 0.18), 0.015, look.metal),
        turned((-w * 0.8, 0.14), (h - 0.049, h + 0.1), 0.035, look.accent, BOTTLE),
    ]


def bathtub(item: Item, look: Look, w: float, h: float, d: float) -> list[Part]:
    side, hollow = (look.trim, PORCELAIN)[item.variant % 2], tinted(PORCELAIN, 0.84).but(relief="puff")
    return [
        Part((-w, 0, 0), (w, h, d), side),
        Part((-w + 0.06, h, 0.06), (w - 0.06, h + 0.002, d - 0.06), hollow, "mat", SOFT),
        Part((w * 0.4, h, d - 0.07), (w * 0.8, h + 0.005, d + 0.012), look.bedding),
    ]


def toilet(item: Item, look: Look, w: float, h: float, d: float) -> list[Part]:
    return [
        Part((-0.19, 0.4, 0), (0.19, 0.8, 0.18), PORCELAIN, "soft"),
        Part((-0.12, 0, 0.1), (0.12, 0.32, 0.5), tinted(PORCELAIN, 0.95), "soft"),
        Part((-0.19, 0.321, 0.19), (0.19, 0.43, 0.62), PORCELAIN, "soft"),
    ]


def towels(item: Item, look: Look, w: float, h: float, d: float) -> list[Part]:
    cloths = (look.bedding, look.accent)[:: 1 if item.variant % 2 else -1]
    return [Part((-w, h - 0.04, 0.05), (w, h - 0.02, 0.07), look.metal)] + [
        Part((x - 0.38 * w, 0.1 * k, 0.071), (x + 0.38 * w, h, 0.1), cloth.but(relief="drape"))
        for k, (x, cloth) in enumerate(zip((-0.45 * w, 0.5 * w), cloths, strict=True))
    ]


def mirror(item: Item, look: Look, w: float, h: float, d: float) -> list[Part]:
    sheen = np.linspace((196, 204, 208), (226, 230, 230), 24)[:, None].repeat(24, 1).astype(np.uint8)
    cv2.line(sheen, (2, 20), (20, 2), (240, 243, 243), 4, cv2.LINE_AA)
    cv2.rectangle(sheen, (0, 18), (24, 24), [0.5 * c + 80 for c in tone(look.fabric)], -1)
    glass = WHITE.but(image=cv2.GaussianBlur(sheen, (0, 0), 1.2))
    outline, rim = (ROUND, SOFT, ARCH)[item.variant % 3], 0.035
    return [
        Part((-w, 0, 0), (w, h, 0.02), look.metal if item.variant % 2 else look.wood, "sheet", outline),
        Part((-w + rim, rim, 0.02), (w - rim, h - rim, 0.025), glass, "sheet", outline),
    ]


def art(item: Item, look: Look, w: float, h: float, d: float) -> list[Part]:
    """One framed picture, or a row of two or three."""
    count = 1 if item.width < 0.75 or item.variant % 3 == 0 else 2 if item.width < 1.1 else 3
    frame = (look.wood, DARK, WHITE, look.metal)[item.variant // 3 % 4]
    full = look.taste.art in ("abstract", "landscape")  # no margin of paper
    ground = look.fabric if item.variant % 2 and look.taste.art in ("abstract", "wavy") else PAPER
    tones = tuple(tone(paint) for paint in (ground, look.accent, look.cushion, look.fabric, DARK))
    parts, rim, margin = [], 0.035, 0.0 if full else 0.05
    step = item.width / count
    r = min(step * 0.45, h * (0.75 if count == 1 else 0.5))
    for k in range(count):
        x, picture = -w + (k + 0.5) * step, PAPER.but(image=artwork(look.taste.art, tones, item.variant * 13 + k))
        parts.append(Part((x - r, 0, 0), (x + r, h, 0.025), frame))
        for z, edge, paint in ((0.026, rim, PAPER), (0.028, rim + margin, picture)):
            parts.append(Part((x - r + edge, edge, z), (x + r - edge, h - edge, z + 0.001), paint, "sheet"))
    return parts


def wall_shelf(item: Item, look: Look, w: float, h: float, d: float) -> list[Part]:
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


def clock(item: Item, look: Look, w: float, h: float, d: float) -> list[Part]:
    dial = np.full((48, 48, 3), 244, np.uint8)

    def end(angle: float, long: float) -> tuple[int, int]:
        return int(24 + long * math.sin(angle)), int(24 - long * math.cos(angle))

    for k in range(12):
        cv2.circle(dial, end(k * math.pi / 6, 19), 1, (70, 70, 70), -1, cv2.LINE_AA)
    for angle, long in ((item.variant % 12 * 0.5236, 10), (item.variant % 7 * 0.9, 16)):
        cv2.line(dial, (24, 24), end(angle, long), (50, 50, 50), 2, cv2.LINE_AA)
    r = 0.88 * w
    return [
        Part((-w, 0, 0), (w, 2 * w, 0.03), look.metal, "sheet", ROUND),
        Part((-r, w - r, 0.031), (r, w + r, 0.032), PAPER.but(image=dial), "sheet", ROUND),
    ]


def window(item: Item, look: Look, w: float, h: float, d: float) -> list[Part]:
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
    if look.taste.drapes == "blind":
        drop = h * (0.25 + 0.6 * (1 - look.open))
        parts.append(Part((-w - 0.03, h - drop, 0.06), (w + 0.03, h + 0.06, 0.08), look.curtain.but(glow=0.2)))
    elif look.taste.drapes != "none":
        sheer, wide = look.taste.drapes == "sheer", 0.1 + w * (0.42 + 0.4 * (1 - look.open))
        low, cloth = -0.22 if sheer else -item.y + 0.03, look.curtain.but(relief="folds", glow=0.12 if sheer else 0.04)
        parts += [
            Part((x, low, 0.07), (x + wide, h + 0.14, 0.12), cloth, "sheet") for x in (-w - 0.25, w + 0.25 - wide)
        ]
        parts.append(Part((-w - 0.35, h + 0.141, 0.08), (w + 0.35, h + 0.165, 0.105), look.metal))
    return parts


def door(item: Item, look: Look, w: float, h: float, d: float) -> list[Part]:
    colour, side = tone(look.trim), (1 if item.variant % 2 else -1) * 0.8 * w
    leaf = np.full((96, 44, 3), colour, np.uint8)
    for low, high in ((8, 40), (50, 88)):
        cv2.rectangle(leaf, (6, low), (37, high), [c * 0.82 for c in colour], 1)
        cv2.rectangle(leaf, (7, low + 1), (38, high + 1), [min(255.0, c * 1.05) for c in colour], 1)
    return [
        Part((-w - 0.07, 0, 0), (w + 0.07, h + 0.07, 0.03), tinted(look.trim, 0.95)),
        Part((-w, 0, 0.03), (w, h, 0.035), look.trim.but(image=leaf), "sheet"),
        Part((side - 0.04, h * 0.48, 0.036), (side + 0.04, h * 0.48 + 0.03, 0.08), look.metal),
    ]


def radiator(item: Item, look: Look, w: float, h: float, d: float) -> list[Part]:
    ribs = Paint(((230, 230, 227), (230, 230, 227), (170, 170, 168)), "panels", 0.3)
    return [Part((-w, 0.1, 0.03), (w, h, 0.12), tinted(WHITE, 0.96), front=ribs)]
