"""Single pieces of furniture, as parts for `lib.canvas`: one function a piece, found by name in `PIECES`.

A piece takes its `Item` (what it is, where it stands and how large it is) and the `Look` of the place (its paints)
and returns the parts in its own frame: x in [-width/2, width/2], y up from its foot, z from its back (0) to its front (depth).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import Callable

import cv2
import numpy as np

from lib.canvas import ARCH, ROUND, SOFT, TRAPEZE, Paint, Part


@dataclass(frozen=True)
class Item:
    """A thing in a room: its kind, the foot of its back (m), where it faces (radians, pi: to the viewer), its size (m)."""

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
        x0, x1, z0, z1 = min(0, s * self.depth) - x, max(0, s * self.depth) + x, min(0, c * self.depth) - z, max(0, c * self.depth) + z
        return np.array([self.x + x0, self.y, self.z + z0]), np.array([self.x + x1, self.y + self.height, self.z + z1])


@dataclass(frozen=True)
class Look:
    """The paints of one place and what its owner likes; made by `lib.scenes` from a Furnishing."""

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
    art: str  # abstract, landscape, botanical, geometric, lines
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


# Pictures that hang, shine or stand in things ------------------------------------------------------------------------

@lru_cache(maxsize=256)
def artwork(style: str, colours: tuple, seed: int) -> np.ndarray:
    """A small picture for a frame: uint8 (72, 72, 3)."""
    rng = np.random.default_rng(seed)
    tones = [tuple(float(c) for c in colour) for colour in colours]
    image = np.empty((72, 72, 3), np.uint8)
    image[:] = tones[0]
    if style == "landscape":
        image[:] = np.linspace(np.array(tones[0]) * 0.9, np.minimum(np.array(tones[0]) * 1.15, 255), 72)[:, None]
        cv2.circle(image, (int(rng.integers(15, 57)), int(rng.integers(12, 30))), int(rng.integers(4, 9)), tones[3], -1, cv2.LINE_AA)
        for k in range(3):
            y, turn = 34 + 11 * k, rng.uniform(0, 6)
            xs = np.arange(-1, 74)
            ridge = y + 7 * np.sin(xs / rng.uniform(7, 16) + turn) + 3 * np.sin(xs / 4 + turn)
            hill = np.stack([np.r_[xs, 73, -1], np.r_[ridge, 73, 73]], 1).astype(np.int32)
            cv2.fillPoly(image, [hill], [c * (0.95 - 0.16 * k) for c in tones[1 + k % 2]], cv2.LINE_AA)
    elif style == "botanical":
        cv2.line(image, (36, 68), (36, 14), tones[4], 1, cv2.LINE_AA)
        for k in range(7):
            y, side = 62 - 7 * k, 1 if k % 2 else -1
            cv2.ellipse(image, (36 + side * 10, y - 4), (11 - k // 2, 4), -side * float(rng.uniform(20, 45)), 0, 360, tones[1 + k % 3], -1, cv2.LINE_AA)
    elif style == "geometric":
        for k in range(6):
            x, y, r = (int(c) for c in rng.integers([8, 8, 7], [64, 64, 22]))
            colour = tones[1 + k % 4]
            if rng.random() < 0.5:
                cv2.circle(image, (x, y), r, colour, -1, cv2.LINE_AA)
            else:
                cv2.rectangle(image, (x - r, y - r // 2), (x + r, y + r // 2), colour, -1)
    elif style == "lines":
        for k in range(5):
            points = np.stack([np.linspace(-2, 74, 20), 12 + 12 * k + 6 * np.sin(np.linspace(0, rng.uniform(3, 9), 20) + rng.uniform(0, 6))], 1)
            cv2.polylines(image, [points.astype(np.int32)], False, tones[1 + k % 4], int(rng.integers(1, 5)), cv2.LINE_AA)
    else:  # abstract: soft blocks
        for k in range(5):
            x, y, w, h = (int(c) for c in rng.integers([-5, -5, 16, 12], [50, 50, 48, 40]))
            cv2.ellipse(image, (x + w // 2, y + h // 2), (w // 2, h // 2), float(rng.uniform(0, 90)), 0, 360, tones[1 + k % 4], -1, cv2.LINE_AA)
        image = cv2.GaussianBlur(image, (0, 0), 1.1)
    return image


@lru_cache(maxsize=64)
def outdoors(view: str, day: int, seed: int) -> np.ndarray:
    """What a window shows: uint8 (96, 72, 3); `view` is garden, street or sky, `day` 0 (night) to 2 (day)."""
    rng = np.random.default_rng(seed)
    top, low = [((26, 32, 58), (58, 60, 88)), ((120, 130, 175), (245, 190, 150)), ((176, 208, 240), (240, 246, 250))][day]
    image = np.linspace(top, low, 96)[:, None].repeat(72, 1)
    gain = (0.22, 0.6, 1.0)[day]
    if view == "street":
        x = -4
        while x < 72:
            w, h = int(rng.integers(12, 24)), int(rng.integers(28, 70))
            wall = np.array(rng.choice([(196, 176, 160), (170, 160, 158), (186, 150, 130), (205, 200, 190)])) * gain
            image[96 - h:, max(x, 0):x + w] = wall
            for y in range(96 - h + 5, 92, 9):
                for k in range(max(x, 0) + 2, min(x + w, 72) - 4, 6):
                    image[y:y + 5, k:k + 3] = (250, 214, 130) if day < 2 and rng.random() < 0.5 else wall * 0.72
            x += w
    elif view == "garden":
        image[70:] = np.array((112, 150, 84)) * gain
        for _ in range(16):
            x, y, r = (int(c) for c in rng.integers([-5, 42, 8], [77, 74, 18]))
            cv2.circle(image, (x, y), r, (np.array((88, 128, 72)) * rng.uniform(0.75, 1.25) * gain).tolist(), -1)
    else:
        for _ in range(6):
            x, y, r = (int(c) for c in rng.integers([-5, 15, 8], [77, 70, 20]))
            cv2.ellipse(image, (x, y), (r, r // 3), 0, 0, 360, (np.array(low) * 0.5 + 127).tolist(), -1)
        image[84:] = np.array((120, 134, 120)) * gain
    return cv2.GaussianBlur(np.clip(image, 0, 255).astype(np.uint8), (0, 0), 1.3)


@lru_cache(maxsize=256)
def front(colour: tuple, rows: int, columns: int, knob: tuple) -> np.ndarray:
    """A front of drawers or doors with knobs: uint8 (24·rows, 24·columns, 3)."""
    image = np.full((36 * rows, 36 * columns, 3), 0, np.float32) + np.asarray(colour, np.float32)
    image += np.random.default_rng(rows * 7 + columns).normal(0, 3, (36 * rows, 1, 1)).astype(np.float32)
    image = np.clip(image, 0, 255).astype(np.uint8)
    line, shine = [c * 0.6 for c in colour], [min(255.0, c * 1.12) for c in colour]
    for r in range(rows):
        for c in range(columns):
            x, y = 36 * c, 36 * r
            cv2.rectangle(image, (x, y), (x + 35, y + 35), line, 1)
            cv2.rectangle(image, (x + 4, y + 4), (x + 31, y + 31), shine, 1)
            at = (x + 18, y + 14) if rows >= columns else (x + (30 if c % 2 == 0 else 6), y + 18)
            cv2.circle(image, at, 2, knob, -1, cv2.LINE_AA)
    return image


@lru_cache(maxsize=128)
def shelf_of_books(colours: tuple, back: tuple, seed: int) -> np.ndarray:
    """One shelf with books and a few gaps: uint8 (40, 96, 3)."""
    rng = np.random.default_rng(seed)
    image = np.empty((40, 96, 3), np.uint8)
    image[:] = np.asarray(back) * 0.62
    x = int(rng.integers(2, 8))
    while x < 88:
        if rng.random() < 0.16:
            x += int(rng.integers(8, 24))
            continue
        w, h = int(rng.integers(3, 8)), int(rng.integers(20, 35))
        colour = np.asarray(colours[int(rng.integers(len(colours)))]) * rng.uniform(0.7, 1.15)
        cv2.rectangle(image, (x, 39 - h), (min(x + w, 94), 39), np.clip(colour, 0, 255).tolist(), -1)
        cv2.line(image, (x, 39 - h), (x, 39), np.clip(colour * 0.6, 0, 255).tolist(), 1)
        x += w + 1
    return image


def _tone(paint: Paint) -> tuple:
    return tuple(float(c) for c in paint.colours[0])


def _fronted(look: Look, paint: Paint, rows: int, columns: int) -> Paint:
    return paint.but(image=front(_tone(paint), rows, columns, _tone(look.metal)), pattern="plain")


def _legs(item: Item, look: Look, height: float, inset: float = 0.05, thick: float = 0.045) -> list[Part]:
    paint = look.metal if look.form == "slim" else look.wood
    t = thick * (0.7 if look.form == "slim" else 1.0)
    x, z = item.width / 2 - inset, item.depth - inset
    return [Part((u - t / 2, 0, v - t / 2), (u + t / 2, height, v + t / 2), paint) for u in (-x, x) for v in (inset, z)]


# The pieces ----------------------------------------------------------------------------------------------------------

def bed(item: Item, look: Look) -> list[Part]:
    w, d = item.width / 2, item.depth
    board = 1.0 + 0.1 * (item.variant // 100 % 3)
    head = {"panel": look.wood, "padded": look.fabric.but(relief="puff"), "slats": look.wood.but(pattern="panels", period=0.5)}[look.headboard]
    shape = "soft" if look.headboard == "padded" and look.form != "boxy" else "box"
    parts = [Part((-w - 0.04, 0.05, 0), (w + 0.04, board, 0.08), head, shape),
             Part((-w, 0.08, 0.09), (w, 0.3, d), look.wood),
             Part((-w + 0.02, 0.3, 0.09), (w - 0.02, 0.48, 0.62), tinted(WHITE, 0.97), "box")]
    spread = look.bedding
    hang = spread.but(relief="drape")
    parts.append(Part((-w - 0.02, 0.16, 0.62), (w + 0.02, 0.53, d + 0.02), hang, "box", hang, spread.but(relief="puff")))
    parts.append(Part((-w - 0.025, 0.531, 0.6), (w + 0.025, 0.56, 0.9), tinted(WHITE, 0.98).but(relief="puff"), "soft"))
    if item.variant % 2:
        throw = look.cushion if look.cushion.pattern == "plain" else look.accent
        parts.append(Part((-w - 0.03, 0.2, d * 0.72), (w + 0.03, 0.545, d * 0.72 + 0.42), throw.but(relief="drape"), "box", None, throw))
    pillows = 1 if item.width < 1.2 else 2
    for k in range(pillows):
        x = (k - (pillows - 1) / 2) * item.width / pillows * 0.92
        size = item.width / pillows * 0.42
        parts.append(Part((x - size, 0.49, 0.1), (x + size, 0.84, 0.26), tinted(WHITE, 0.99).but(relief="puff"), "soft"))
        if item.variant % 3:
            parts.append(Part((x - size * 0.7, 0.49, 0.28), (x + size * 0.7, 0.78, 0.42), look.cushion.but(relief="puff"), "soft"))
    return parts


def nightstand(item: Item, look: Look) -> list[Part]:
    w, h, d = item.width / 2, item.height, item.depth
    base = 0.16 if look.form == "slim" else 0.05
    rows = 1 + item.variant % 2
    body = look.wood if item.variant % 4 else look.trim
    parts = [Part((-w, base, 0), (w, h, d), body, "box", _fronted(look, body, rows, 1))]
    return parts + (_legs(item, look, base) if look.form == "slim" else [])


def dresser(item: Item, look: Look) -> list[Part]:
    w, h, d = item.width / 2, item.height, item.depth
    return [Part((-w, 0.1, 0), (w, h, d), look.wood, "box", _fronted(look, look.wood, 3, 2)),
            Part((-w - 0.02, h, 0), (w + 0.02, h + 0.03, d + 0.02), tinted(look.wood, 1.06))] + _legs(item, look, 0.1)


def wardrobe(item: Item, look: Look) -> list[Part]:
    w, h, d = item.width / 2, item.height, item.depth
    body = look.trim if item.variant % 3 == 0 else look.wood
    return [Part((-w, 0.06, 0), (w, h, d), body, "box", _fronted(look, body, 1, 2 + item.variant % 2)),
            Part((-w - 0.02, h, 0), (w + 0.02, h + 0.05, d + 0.03), tinted(body, 0.94))]


def bookcase(item: Item, look: Look) -> list[Part]:
    w, h, d = item.width / 2, item.height, item.depth
    shelves = max(2, round(h / 0.38))
    tones = (look.fabric.colours[0], look.accent.colours[0], look.cushion.colours[0], look.bedding.colours[0], (214, 206, 190), (70, 66, 64))
    rows = [shelf_of_books(tones, _tone(look.wood), item.variant * 31 + k) for k in range(shelves)]
    board = np.empty((4, 96, 3), np.uint8)
    board[:] = np.asarray(_tone(look.wood))
    image = np.concatenate([piece for row in rows for piece in (board, row)] + [board])
    image = np.concatenate([image[:, :4] * 0 + board[0, 0], image, image[:, :4] * 0 + board[0, 0]], 1).astype(np.uint8)
    return [Part((-w, 0, 0), (w, h, d), look.wood, "box", look.wood.but(image=image))]


def _seat(item: Item, look: Look, seats: int) -> list[Part]:
    w, h, d = item.width / 2, item.height, item.depth
    arm = {"boxy": 0.2, "rounded": 0.17, "slim": 0.1}[look.form]
    high = h * (0.66 if look.form != "slim" else 0.6)
    shape = "box" if look.form == "boxy" else "soft"
    cloth, seat = look.fabric, 0.42
    lift = 0.14 if look.form == "slim" else 0.06
    parts = [Part((-w + arm, lift, 0.18), (w - arm, seat - 0.13, d - 0.04), tinted(cloth, 0.9)),
             Part((-w + arm * 0.4, lift, 0), (w - arm * 0.4, h, 0.2), cloth.but(relief="puff"), shape),
             Part((-w, lift, 0.02), (-w + arm, high, d), cloth.but(relief="puff"), shape),
             Part((w - arm, lift, 0.02), (w, high, d), cloth.but(relief="puff"), shape)]
    step = (item.width - 2 * arm) / seats
    for k in range(seats):
        x = -w + arm + k * step
        parts.append(Part((x + 0.01, seat - 0.13, 0.22), (x + step - 0.01, seat + 0.04, d - 0.01), tinted(cloth, 1.04).but(relief="puff"), "soft"))
        parts.append(Part((x + 0.015, seat + 0.041, 0.2), (x + step - 0.015, h - 0.04, 0.36), tinted(cloth, 1.0).but(relief="puff"), "soft"))
    return parts + _legs(item, look, lift, 0.08)


def sofa(item: Item, look: Look) -> list[Part]:
    parts = _seat(item, look, 2 if item.width < 1.9 else 3)
    w = item.width / 2
    spots = [(-0.62, 0.2), (0.6, 0.2), (-0.25, 0.19)][: 1 + item.variant % 3]
    for k, (x, r) in enumerate(spots):
        paint = look.cushion if k != 1 else look.accent
        parts.append(Part((x * w - r, 0.461, 0.365), (x * w + r, 0.461 + 2 * r, 0.48), paint.but(relief="puff"), "soft"))
    return parts


def armchair(item: Item, look: Look) -> list[Part]:
    parts = _seat(item, look, 1)
    if item.variant % 2:
        parts.append(Part((-0.19, 0.461, 0.365), (0.19, 0.82, 0.47), look.cushion.but(relief="puff"), "soft"))
    return parts


def ottoman(item: Item, look: Look) -> list[Part]:
    w, h, d = item.width / 2, item.height, item.depth
    if item.variant % 2:
        return [Part((-w, 0, 0), (w, h, 2 * w), look.cushion, "turned", ((0, 0.9), (0.2, 1), (0.8, 1), (1, 0.9)), look.cushion)]
    return [Part((-w, 0.08, 0), (w, h, d), look.cushion.but(relief="puff"), "soft")] + _legs(item, look, 0.08)


def table(item: Item, look: Look) -> list[Part]:
    """A coffee, side or dining table: by its height."""
    w, h, d = item.width / 2, item.height, item.depth
    if item.variant % 3 == 0 and abs(item.width - item.depth) < 0.35:
        r = min(w, d / 2)
        return [Part((-r * 0.5, 0, d / 2 - r * 0.5), (r * 0.5, h - 0.04, d / 2 + r * 0.5), look.metal if look.form == "slim" else look.wood, "turned",
                     ((0, 1), (0.05, 0.9), (0.1, 0.2), (1, 0.2))),
                Part((-r, h - 0.04, d / 2 - r), (r, h, d / 2 + r), look.wood, "turned", ((0, 1), (1, 1)), look.wood.but(pattern="grain", period=0.9))]
    parts = [Part((-w, h - 0.045, 0), (w, h, d), look.wood)] + _legs(item, look, h - 0.046, 0.06, 0.06)
    if h < 0.5 and item.variant % 2:
        parts.append(Part((-w + 0.05, 0.12, 0.05), (w - 0.05, 0.15, d - 0.05), tinted(look.wood, 0.9)))
    return parts


def chair(item: Item, look: Look) -> list[Part]:
    w, h, d = item.width / 2, item.height, item.depth
    back = look.wood if item.variant % 2 else look.accent.but(relief="puff")
    seat = look.accent if item.variant % 3 == 1 else look.wood
    parts = [Part((-w, 0.42, 0.03), (w, 0.47, d), seat)] + _legs(item, look, 0.419, 0.04, 0.04)
    if look.form == "slim" or item.variant % 2:
        parts += [Part((x - 0.02, 0.471, 0), (x + 0.02, h, 0.035), look.wood) for x in (-w + 0.02, w - 0.02)]
        parts += [Part((-w + 0.041, y, 0.005), (w - 0.041, y + 0.08, 0.03), back) for y in (h - 0.09, h - 0.26)]
    else:
        parts.append(Part((-w, 0.471, 0), (w, h, 0.04), back, "soft"))
    return parts


def office_chair(item: Item, look: Look) -> list[Part]:
    w, h, d = item.width / 2, item.height, item.depth
    return [Part((-w, 0, d / 2 - w), (w, 0.08, d / 2 + w), DARK, "turned", ((0, 1), (0.6, 0.9), (1, 0.2))),
            Part((-0.04, 0.081, d / 2 - 0.04), (0.04, 0.42, d / 2 + 0.04), look.metal, "turned", ((0, 1), (1, 1))),
            Part((-w, 0.421, 0.06), (w, 0.52, d), look.accent.but(relief="puff"), "soft"),
            Part((-w * 0.9, 0.55, 0), (w * 0.9, h, 0.09), look.accent.but(relief="puff"), "soft")]


def _screen(look: Look, seed: int) -> Paint:
    rng = np.random.default_rng(seed)
    image = np.empty((36, 60, 3), np.uint8)
    if seed % 3 == 0:
        image[:] = (30, 32, 36)
        cv2.line(image, (4, 34), (40, 2), (52, 56, 62), 6, cv2.LINE_AA)
    elif seed % 3 == 1:
        image[:] = (236, 238, 242)
        for y in range(5, 33, 4):
            cv2.line(image, (5, y), (int(rng.integers(20, 56)), y), (150, 160, 175), 1)
    else:
        image[:] = cv2.resize(outdoors("sky", 2, seed), (60, 36))
    return DARK.but(image=image, glow=0.35)


def desk(item: Item, look: Look) -> list[Part]:
    w, h, d = item.width / 2, item.height, item.depth
    parts = [Part((-w, h - 0.04, 0), (w, h, d), look.wood)]
    if item.variant % 2:
        parts.append(Part((w - 0.42, 0.04, 0.03), (w - 0.04, h - 0.041, d - 0.04), look.wood, "box", _fronted(look, look.wood, 3, 1)))
    parts += _legs(item, look, h - 0.041)[: 2 if item.variant % 2 else 4]
    x = -0.1 * w
    parts += [Part((x - 0.09, h, 0.14), (x + 0.09, h + 0.02, 0.3), DARK), Part((x - 0.02, h + 0.021, 0.17), (x + 0.02, h + 0.1, 0.2), DARK),
              Part((x - 0.29, h + 0.1, 0.2), (x + 0.29, h + 0.44, 0.225), DARK, "box", _screen(look, item.variant)),
              Part((x - 0.2, h + 0.001, d - 0.24), (x + 0.2, h + 0.015, d - 0.11), tinted(WHITE, 0.85))]
    return parts


def tv_unit(item: Item, look: Look) -> list[Part]:
    w, h, d = item.width / 2, item.height, item.depth
    t = min(w * 0.8, 0.62)
    return [Part((-w, 0.06, 0), (w, h, d), look.wood, "box", _fronted(look, look.wood, 1, 3)),
            Part((-0.18, h, 0.12), (0.18, h + 0.03, 0.3), DARK),
            Part((-t, h + 0.05, 0.18), (t, h + 0.05 + t * 1.14, 0.22), DARK, "box", DARK.but(image=_screen(look, item.variant * 3).image, glow=0.1))]


def _lampshade(look: Look, y: float, r: float, z: float, x: float = 0.0) -> Part:
    h = r * 1.5
    profile = {"cone": ((0, 1), (1, 0.5)), "drum": ((0, 1), (1, 0.92)), "globe": tuple((t, 2 * math.sqrt(max(t * (1 - t), 0.02))) for t in np.linspace(0, 1, 9))}[look.lamp]
    paint = look.shade.but(glow=0.25 + 0.55 * look.lamps_on)
    if look.lamps_on > 0.3:
        paint = paint.but(colours=tuple(tuple(min(255.0, 0.35 * c + 0.7 * g) for c, g in zip(colour, (255, 236, 196))) for colour in paint.colours))
    return Part((x - r, y, z - r), (x + r, y + h, z + r), paint, "turned", profile, tinted(paint, 1.1))


def floor_lamp(item: Item, look: Look) -> list[Part]:
    h, z = item.height, item.depth / 2
    return [Part((-0.14, 0, z - 0.14), (0.14, 0.03, z + 0.14), look.metal, "turned", ((0, 1), (1, 1)), look.metal),
            Part((-0.018, 0.031, z - 0.018), (0.018, h - 0.3, z + 0.018), look.metal, "turned", ((0, 1), (1, 1))), _lampshade(look, h - 0.3, 0.2, z)]


def table_lamp(item: Item, look: Look) -> list[Part]:
    z = item.depth / 2
    body = look.accent if item.variant % 2 else look.metal
    waist = ((0, 1), (0.15, 0.9), (0.5, 0.55), (0.8, 0.3), (1, 0.25)) if item.variant % 3 else ((0, 0.6), (0.3, 1), (0.6, 0.9), (0.85, 0.3), (1, 0.3))
    return [Part((-0.07, 0, z - 0.07), (0.07, 0.24, z + 0.07), body, "turned", waist), _lampshade(look, 0.241, 0.14, z)]


def pendant(item: Item, look: Look) -> list[Part]:
    h, r, z = item.height, item.width / 2, item.depth / 2
    return [_lampshade(look, 0, r, z), Part((-0.01, r * 1.5, z - 0.01), (0.01, h, z + 0.01), DARK)]


def plant(item: Item, look: Look) -> list[Part]:
    w, h, d = item.width / 2, item.height, item.depth
    pot = min(0.34 * h, 0.34)
    r = min(0.42 * item.width, 0.2)
    greens = (((92, 128, 76), (58, 96, 60), (40, 70, 44)), ((112, 142, 92), (74, 112, 76), (50, 80, 50)), ((84, 120, 96), (50, 88, 72), (40, 70, 60)))[item.variant % 3]
    leaf = Paint(greens, "striped" if item.variant % 2 else "leafy")
    vessel = (look.accent, PORCELAIN, look.wood.but(pattern="woven", period=0.12))[item.variant // 2 % 3]
    z = d / 2
    return [Part((-r, 0, z - r), (r, pot, z + r), vessel, "turned", ((0, 0.7), (0.8, 1), (1, 1)), DARK.but(colours=((70, 54, 44),) * 3)),
            Part((-w, pot + 0.001, z - 0.2), (w, h, z + 0.2), leaf, "leaves", item.variant)]


def counter(item: Item, look: Look) -> list[Part]:
    """Kitchen base units with a sink or an oven."""
    w, h, d = item.width / 2, item.height, item.depth
    units = max(2, round(item.width / 0.6))
    fronts = front(_tone(look.trim), 1, units, _tone(look.metal)).copy()
    k = item.variant % units
    if item.variant % 2:  # an oven
        cv2.rectangle(fronts, (36 * k + 2, 2), (36 * k + 33, 34), (70, 70, 74), -1)
        cv2.rectangle(fronts, (36 * k + 6, 12), (36 * k + 29, 30), (34, 34, 38), -1)
        cv2.line(fronts, (36 * k + 6, 9), (36 * k + 29, 9), (190, 190, 190), 1)
    stone = look.wood if item.variant % 3 else Paint(((204, 202, 198), (180, 178, 176), (120, 118, 116)), "carpet", 0.5)
    x = -w + (k + 0.5) * item.width / units
    parts = [Part((-w, 0.1, 0), (w, h - 0.04, d - 0.02), look.trim, "box", look.trim.but(image=fronts)),
             Part((-w, 0, 0), (w, 0.099, d - 0.08), DARK), Part((-w - 0.01, h - 0.039, 0), (w + 0.01, h, d), stone)]
    if item.variant % 2:  # the hob
        parts.append(Part((x - 0.28, h, 0.08), (x + 0.28, h + 0.008, d - 0.08), DARK))
        parts.append(Part((x - 0.22, h + 0.01, 0.2), (x + 0.02, h + 0.14, 0.44), look.metal, "turned", ((0, 0.9), (0.2, 1), (1, 1)), tinted(look.metal, 0.8)))
    else:
        parts.append(Part((x - 0.02, h, 0.1), (x + 0.02, h + 0.28, 0.14), look.metal, "turned", ((0, 1), (1, 1))))
        parts.append(Part((x - 0.015, h + 0.281, 0.1), (x + 0.015, h + 0.31, 0.3), look.metal))
    x = w * (0.55 if x < 0 else -0.55)
    parts.append(Part((x - 0.06, h, 0.14), (x + 0.06, h + 0.24, 0.26), look.accent, "turned", ((0, 0.9), (0.6, 1), (0.8, 0.5), (1, 0.5))))
    return parts


def cupboards(item: Item, look: Look) -> list[Part]:
    w, h, d = item.width / 2, item.height, item.depth
    if item.variant % 3 == 0:  # open shelves with jars
        parts = []
        for k, y in enumerate((0.1, 0.48)):
            parts.append(Part((-w, y, 0), (w, y + 0.03, d * 0.8), look.wood))
            for j in range(int(item.width / 0.22)):
                x, r = -w + 0.14 + 0.22 * j, 0.045 + 0.012 * ((j * 7 + item.variant + k) % 3)
                paint = (look.accent, PORCELAIN, look.cushion.but(pattern="plain"), look.fabric)[(j * 3 + k + item.variant) % 4]
                if (j + item.variant + k) % 4:
                    parts.append(Part((x - r, y + 0.031, 0.1), (x + r, y + 0.13 + 0.05 * ((j + k) % 3), 0.1 + 2 * r), paint, "turned", ((0, 0.85), (0.2, 1), (1, 0.9)), tinted(paint, 0.7)))
        return parts
    return [Part((-w, 0, 0), (w, h, d), look.trim, "box", _fronted(look, look.trim, 1, max(2, round(item.width / 0.5))))]


def fridge(item: Item, look: Look) -> list[Part]:
    w, h, d = item.width / 2, item.height, item.depth
    body = (WHITE, look.metal, look.accent)[item.variant % 3]
    return [Part((-w, 0.03, 0), (w, h * 0.64, d), body), Part((-w, h * 0.645, 0), (w, h, d), body),
            Part((w - 0.1, h * 0.4, d), (w - 0.07, h * 0.6, d + 0.03), look.metal), Part((w - 0.1, h * 0.68, d), (w - 0.07, h * 0.82, d + 0.03), look.metal)]


def vanity(item: Item, look: Look) -> list[Part]:
    w, h, d = item.width / 2, item.height, item.depth
    body = look.wood if item.variant % 2 else look.trim
    return [Part((-w, 0.22, 0), (w, h - 0.1, d), body, "box", _fronted(look, body, 1, 2)), Part((-w - 0.02, h - 0.099, 0), (w + 0.02, h - 0.05, d + 0.02), tinted(WHITE, 0.98)),
            Part((-0.22, h - 0.049, d / 2 - 0.2), (0.22, h + 0.06, d / 2 + 0.2), PORCELAIN, "turned", ((0, 0.6), (0.7, 1), (1, 1)), tinted(PORCELAIN, 0.86)),
            Part((-0.015, h - 0.049, 0.04), (0.015, h + 0.18, 0.07), look.metal, "turned", ((0, 1), (1, 1))),
            Part((-w * 0.85, h - 0.049, 0.1), (-w * 0.85 + 0.07, h + 0.1, 0.17), look.accent, "turned", ((0, 1), (0.7, 1), (0.75, 0.4), (1, 0.4)))]


def bathtub(item: Item, look: Look) -> list[Part]:
    w, h, d = item.width / 2, item.height, item.depth
    side = PORCELAIN if item.variant % 2 else tinted(look.trim, 0.98)
    return [Part((-w, 0, 0), (w, h, d), side, "box", side.but(pattern="panels", period=1.2) if item.variant % 2 else side),
            Part((-w + 0.06, h, 0.06), (w - 0.06, h + 0.002, d - 0.06), tinted(PORCELAIN, 0.84).but(relief="puff"), "mat", SOFT),
            Part((w * 0.6, h, d - 0.07), (w * 0.6 + 0.4, h + 0.005, d + 0.012), look.bedding, "box", look.bedding)]


def toilet(item: Item, look: Look) -> list[Part]:
    return [Part((-0.19, 0.4, 0), (0.19, 0.8, 0.18), PORCELAIN, "soft"), Part((-0.12, 0, 0.1), (0.12, 0.32, 0.5), tinted(PORCELAIN, 0.95), "soft"),
            Part((-0.19, 0.321, 0.19), (0.19, 0.43, 0.62), PORCELAIN, "soft")]


def towels(item: Item, look: Look) -> list[Part]:
    w, h = item.width / 2, item.height
    parts = [Part((-w, h - 0.04, 0.05), (w, h - 0.02, 0.07), look.metal)]
    for k, x in enumerate((-0.45 * w, 0.5 * w)):
        paint = look.bedding if k == item.variant % 2 else look.accent
        parts.append(Part((x - 0.38 * w, 0.1 * k, 0.071), (x + 0.38 * w, h, 0.1), paint.but(relief="drape")))
    return parts


def mirror(item: Item, look: Look) -> list[Part]:
    w, h = item.width / 2, item.height
    outline = (ROUND, SOFT, ARCH)[item.variant % 3]
    sheen = np.linspace((196, 204, 208), (226, 230, 230), 24)[:, None].repeat(24, 1).astype(np.uint8)
    cv2.line(sheen, (2, 20), (20, 2), (240, 243, 243), 4, cv2.LINE_AA)
    cv2.rectangle(sheen, (0, 18), (24, 24), [0.5 * c + 80 for c in _tone(look.fabric)], -1)
    sheen = cv2.GaussianBlur(sheen, (0, 0), 1.2)
    frame = look.metal if item.variant % 2 else look.wood
    return [Part((-w, 0, 0), (w, h, 0.02), frame, "sheet", outline), Part((-w + 0.035, 0.035, 0.02), (w - 0.035, h - 0.035, 0.025), WHITE.but(image=sheen), "sheet", outline)]


def art(item: Item, look: Look) -> list[Part]:
    """One framed picture, or a row of two or three."""
    count = 1 if item.width < 0.75 or item.variant % 3 == 0 else 2 if item.width < 1.1 else 3
    step, h = item.width / count, item.height
    frame = (look.wood, DARK, WHITE, look.metal)[item.variant // 3 % 4]
    tones = tuple(tuple(map(float, p.colours[0])) for p in (PAPER, look.accent, look.cushion, look.fabric, DARK))
    tones = (tones[item.variant % 2 * 3] if look.art in ("abstract", "lines") else tones[0],) + tones[1:]
    parts = []
    for k in range(count):
        x = -item.width / 2 + (k + 0.5) * step
        w = min(step * 0.45, h * (0.75 if count == 1 else 0.5))
        parts.append(Part((x - w, 0, 0), (x + w, h, 0.025), frame))
        rim = 0.035
        parts.append(Part((x - w + rim, rim, 0.025), (x + w - rim, h - rim, 0.027), PAPER, "sheet"))
        mat = 0.0 if look.art in ("abstract", "landscape") else 0.05
        parts.append(Part((x - w + rim + mat, rim + mat, 0.028), (x + w - rim - mat, h - rim - mat, 0.029),
                          PAPER.but(image=artwork(look.art, tones, item.variant * 13 + k)), "sheet"))
    return parts


def wall_shelf(item: Item, look: Look) -> list[Part]:
    w, d = item.width / 2, item.depth
    parts = [Part((-w, 0, 0), (w, 0.035, d), look.wood)]
    for k in range(int(item.width / 0.2)):
        x, pick = -w + 0.1 + 0.2 * k, (item.variant + 5 * k) % 6
        paint = (look.accent, look.cushion.but(pattern="plain"), PORCELAIN, look.fabric, PAPER, DARK)[pick]
        if pick < 2:
            parts.append(Part((x - 0.06, 0.036, 0.05), (x + 0.06, 0.16 + 0.06 * pick, 0.17), paint, "turned", ((0, 0.8), (0.5, 1), (0.8, 0.5), (1, 0.55)), DARK))
        elif pick < 5:
            parts += [Part((x - 0.07 + 0.035 * j, 0.036, 0.03), (x - 0.04 + 0.035 * j, 0.2 + 0.03 * ((j + pick) % 3), 0.17), tinted(paint, 0.8 + 0.15 * j)) for j in range(3)]
    return parts


def clock(item: Item, look: Look) -> list[Part]:
    face = np.full((48, 48, 3), 244, np.uint8)
    for k in range(12):
        a = k * math.pi / 6
        cv2.circle(face, (int(24 + 19 * math.sin(a)), int(24 - 19 * math.cos(a))), 1, (70, 70, 70), -1, cv2.LINE_AA)
    for a, long in ((item.variant % 12 * 0.5236, 10), (item.variant % 7 * 0.9, 16)):
        cv2.line(face, (24, 24), (int(24 + long * math.sin(a)), int(24 - long * math.cos(a))), (50, 50, 50), 2, cv2.LINE_AA)
    w = item.width / 2
    return [Part((-w, 0, 0), (w, 2 * w, 0.03), look.metal, "sheet", ROUND), Part((-w * 0.88, w * 0.12, 0.031), (w * 0.88, w * 1.88, 0.032), PAPER.but(image=face), "sheet", ROUND)]


def window(item: Item, look: Look) -> list[Part]:
    """A window in its frame, with its curtains; `height` is the glass, the curtains hang longer."""
    w, h = item.width / 2, item.height
    bars = [Part((-w - 0.05, -0.05, 0), (w + 0.05, h + 0.05, 0.008), look.trim, "sheet"), Part((-w, 0, 0.009), (w, h, 0.01), look.outside, "sheet"),
            Part((-w - 0.08, -0.09, 0), (w + 0.08, -0.05, 0.12), look.trim)]
    for k in range(1, 2 + item.variant % 2):
        x = -w + item.width * k / (2 + item.variant % 2)
        bars.append(Part((x - 0.022, 0, 0.011), (x + 0.022, h, 0.03), look.trim))
    if item.variant % 3 == 0:
        bars.append(Part((-w, h * 0.66, 0.031), (w, h * 0.66 + 0.035, 0.04), look.trim))
    if look.drapes == "blind":
        drop = h * (0.25 + 0.6 * (1 - look.open))
        bars.append(Part((-w - 0.03, h - drop, 0.06), (w + 0.03, h + 0.06, 0.08), look.curtain.but(glow=0.2)))
    elif look.drapes != "none":
        long = max(-item.y + 0.03, -0.22 if look.drapes == "sheer" else -9)
        cover = w * (0.42 + 0.4 * (1 - look.open))
        paint = look.curtain.but(relief="folds", glow=0.12 if look.drapes == "sheer" else 0.04)
        bars += [Part((-w - 0.25, long, 0.07), (-w - 0.25 + cover + 0.1, h + 0.14, 0.12), paint, "sheet"),
                 Part((w + 0.15 - cover, long, 0.07), (w + 0.25, h + 0.14, 0.12), paint, "sheet"),
                 Part((-w - 0.35, h + 0.13, 0.08), (w + 0.35, h + 0.155, 0.105), look.metal)]
    return bars


def door(item: Item, look: Look) -> list[Part]:
    w, h = item.width / 2, item.height
    leaf = np.empty((96, 44, 3), np.uint8)
    leaf[:] = _tone(look.trim)
    for box in ((6, 8, 37, 40), (6, 50, 37, 88)):
        cv2.rectangle(leaf, box[:2], box[2:], [c * 0.82 for c in _tone(look.trim)], 1)
        cv2.rectangle(leaf, (box[0] + 1, box[1] + 1), (box[2] + 1, box[3] + 1), [min(255.0, c * 1.05) for c in _tone(look.trim)], 1)
    side = 1 if item.variant % 2 else -1
    return [Part((-w - 0.07, 0, 0), (w + 0.07, h + 0.07, 0.03), tinted(look.trim, 0.95)), Part((-w, 0, 0.03), (w, h, 0.035), look.trim.but(image=leaf), "sheet"),
            Part((side * w * 0.8 - 0.04, h * 0.48, 0.036), (side * w * 0.8 + 0.04, h * 0.48 + 0.03, 0.08), look.metal)]


def radiator(item: Item, look: Look) -> list[Part]:
    w, h = item.width / 2, item.height
    return [Part((-w, 0.1, 0.03), (w, h, 0.12), tinted(WHITE, 0.96), "box", tinted(WHITE, 0.96).but(pattern="panels", period=0.3, colours=(WHITE.colours[0], WHITE.colours[0], (170, 170, 168))))]


def rug(item: Item, look: Look) -> list[Part]:
    w, d = item.width / 2, item.depth
    outline = ROUND if item.variant % 4 == 0 else SQUARE_OR_SOFT[item.variant % 2]
    edge = tinted(look.rug, 0.82).but(pattern="plain")
    return [Part((-w, 0, 0), (w, 0.004, d), edge, "mat", outline), Part((-w + 0.06, 0.005, 0.06), (w - 0.06, 0.008, d - 0.06), look.rug, "mat", outline)]


SQUARE_OR_SOFT = (None, SOFT)


def clutter(item: Item, look: Look) -> list[Part]:
    """Small things that come and go, on a table or on the floor."""
    w, h, d, v = item.width / 2, item.height, item.depth, item.variant
    what = v % 8
    paint = (look.accent, look.cushion, PORCELAIN, look.fabric)[v // 8 % 4]
    z = d / 2
    if what == 0:  # a mug
        return [Part((-0.045, 0, z - 0.045), (0.045, 0.1, z + 0.045), paint.but(pattern="plain"), "turned", ((0, 0.85), (0.1, 1), (1, 1)), DARK)]
    if what == 1:  # books
        return [Part((-0.11 + 0.012 * k, 0.03 * k, z - 0.08), (0.11 - 0.01 * k, 0.03 * k + 0.029, z + 0.08), (look.fabric, PAPER, look.accent)[k]) for k in range(3)]
    if what == 2:  # a vase with twigs
        return [Part((-0.06, 0, z - 0.06), (0.06, 0.2, z + 0.06), paint.but(pattern="plain"), "turned", ((0, 0.6), (0.4, 1), (0.8, 0.45), (1, 0.5)), DARK),
                Part((-0.16, 0.15, z - 0.05), (0.16, 0.5, z + 0.05), Paint(((120, 142, 96), (190, 150, 120), (60, 80, 50)), "striped"), "leaves", v)]
    if what == 3:  # a bowl of fruit
        return [Part((-0.13, 0, z - 0.13), (0.13, 0.09, z + 0.13), paint.but(pattern="plain"), "turned", ((0, 0.45), (1, 1)), DARK)] + [
            Part((-0.09 + 0.075 * k, 0.075, z - 0.04), (-0.01 + 0.075 * k, 0.15, z + 0.04), Paint((((214, 150, 60), (196, 84, 62), (150, 176, 88))[k],) * 3), "turned",
                 tuple((t, 2 * math.sqrt(max(t * (1 - t), 0.01))) for t in np.linspace(0, 1, 7))) for k in range(3)]
    if what == 4:  # a candle or bottle
        return [Part((-0.035, 0, z - 0.035), (0.035, 0.22, z + 0.035), paint.but(pattern="plain"), "turned", ((0, 1), (0.6, 1), (0.75, 0.4), (1, 0.4)), paint)]
    if what == 5:  # a basket or a box
        return [Part((-w, 0, 0), (w, h, d), look.wood.but(pattern="woven", period=0.1) if v % 2 else Paint(((196, 162, 118),) * 3))]
    if what == 6:  # a bag
        return [Part((-w, 0, 0), (w, h, d), paint.but(relief="puff"), "soft")]
    return [Part((-w, 0, 0), (w, h * 0.45, d), look.bedding.but(relief="drape"), "soft")]  # folded linen


PIECES: dict[str, Callable[[Item, Look], list[Part]]] = {
    piece.__name__: piece
    for piece in (bed, nightstand, dresser, wardrobe, bookcase, sofa, armchair, ottoman, table, chair, office_chair, desk, tv_unit, floor_lamp, table_lamp,
                  pendant, plant, counter, cupboards, fridge, vanity, bathtub, toilet, towels, mirror, art, wall_shelf, clock, window, door, radiator, rug, clutter)
}
