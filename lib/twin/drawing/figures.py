"""Draws a clothed person into a picture, with or without a face that can be seen.

Measures are in heads (chin at (0, 0), crown at (0, −1), y down). A visible face is drawn so that a face detector
(MTCNN) finds it, and a covered one so that it doesn't.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import replace

import cv2
import numpy as np

from lib.twin.drawing.faces import SKULL, draw_face
from lib.twin.drawing.pen import Bands, Pen, curve, disc, even, limb, toned
from lib.twin.drawing.people import ARMS, UP, Person

_TORSO = curve(even((0.27, 0.2), (0.55, 0.34), (0.84, 0.5), (0.92, 0.75), (0.82, 1.1), (0.7, 1.75), (0.74, 2.75)))
_LEGS = curve(even((0.72, 2.4), (0.8, 3.3), (0.66, 6.4), (0.12, 6.4), (0.02, 3.9)))
_NECK = even((0.2, -0.3), (0.22, 0.2), (0.3, 0.33), (0.02, 0.46))
_BACK_HAIR = {
    "long": curve(even((0, -1.06), (0.4, -0.85), (0.47, -0.4), (0.52, 0.3), (0.45, 0.85), (0.02, 0.7))),
    "bob": curve(even((0, -1.06), (0.4, -0.88), (0.49, -0.4), (0.46, 0.02), (0.02, 0.05))),
    "bun": disc(0.04, -1.1, 0.2, 0.17),
}


def _body(pen: Pen, p: Person) -> None:
    """Legs, arms, clothes and neck; the arm of a hidden face comes later."""
    wide, dark, raised = (p.build, 1), toned(p.top, 0.72), p.cover in ("phone", "hand")
    right, left = (joints * wide for joints in ARMS[UP if raised else p.pose])
    left = left * (-1, 1)
    bands = (toned(p.top, 0.45, 130), 0.3) if p.top_pattern == "striped" else None
    pen.form(_LEGS * wide, p.bottom, 0.2)
    if p.pose not in ("arms crossed", "holding a box") or raised:
        _arm(pen, p, left, bands)
    if p.pose == "arms down" and not raised:
        _arm(pen, p, right, bands)
    pen.form(_TORSO * wide, p.top, 0.25, 0.45, bands)
    for x, lean in ((-0.35, 0.12), (0.3, -0.1), (0.02, 0.05)):  # folds of the cloth
        fold = np.array([(x, 1.2), (x + 0.05, 1.2), (x + lean + 0.04, 2.4), (x + lean, 2.4)])
        pen.soft(fold * wide, dark, 0.35, 0.07)
    pen.form(_NECK, p.skin, 0.12, 0.45)
    pen.soft(disc(0.03, 0.06, 0.22, 0.12), toned(p.skin, 0.5), 0.55, 0.06)
    if p.cover != "away":
        _clothes(pen, p, wide, dark)
    if raised:
        return
    if p.pose == "holding a box":
        pen.form([(-0.75, 1.35), (0.75, 1.35), (0.7, 2.3), (-0.7, 2.3)], (190, 154, 108), 0.2, 0.25)
        pen.ink([(-0.09, 1.36), (0.09, 1.36), (0.09, 2.29), (-0.09, 2.29)], (214, 184, 140))
    if p.pose == "holding a mug":
        pen.form([(0.1, 1.0), (0.5, 1.0), (0.47, 1.5), (0.13, 1.5)], (226, 222, 212), 0.1, 0.4)
    if p.pose in ("arms crossed", "holding a box"):
        _arm(pen, p, left, bands)
    if p.pose != "arms down":
        _arm(pen, p, right, bands)


def _clothes(pen: Pen, p: Person, wide: tuple[float, float], dark: np.ndarray) -> None:
    if p.top_pattern == "shirt":
        for side in (-1, 1):
            collar = np.array([(0.3, 0.2), (0.02, 0.52), (0.24, 0.66), (0.44, 0.3)])
            pen.ink(collar * (side, 1), toned(p.top, 1.12))
        pen.line([(0, 0.5), (0.02, 2.7)], dark, 0.02)
        for y in (0.8, 1.25, 1.7, 2.15):
            pen.ink(disc(0.04, y, 0.03), toned(p.top, 0.55))
    elif p.top_pattern == "apron":
        cloth = toned(p.bottom, 0.35, 140)
        for side in (-1, 1):
            pen.line([(0.42 * side, 1.0), (0.3 * side, 0.3)], cloth, 0.07)
        pen.form(even((0.45, 0.95), (0.62, 1.7), (0.7, 4.2)) * wide, cloth, 0.2, 0.35)
    else:
        pen.line(curve([(-0.32, 0.28), (-0.16, 0.43), (0, 0.48), (0.16, 0.43), (0.32, 0.28)], False), dark, 0.035)


def _arm(pen: Pen, p: Person, joints: np.ndarray, bands: Bands | None) -> None:
    bare = p.top_pattern in ("plain", "apron")
    shoulder, elbow, wrist = joints
    along = (wrist - elbow) / np.linalg.norm(wrist - elbow)
    x, y = wrist + 0.13 * along
    pen.form(disc(x, y, 0.15, 0.17), p.skin, 0.08, 0.4)
    pen.form(limb(elbow, wrist, 0.165, 0.12), p.skin if bare else p.top, 0.1, 0.45, None if bare else bands)
    pen.form(limb(shoulder, elbow, 0.2 * p.build, 0.165), p.top, 0.12, 0.45, bands)


def _hair_behind(pen: Pen, p: Person) -> None:
    if p.hair_style in _BACK_HAIR:
        pen.form(_BACK_HAIR[p.hair_style], p.hair, 0.14, 0.5)
    elif p.hair_style == "curly":
        for k, a in enumerate(np.linspace(-0.12, 1.12, 16) * math.pi):
            curl = disc(0.43 * math.cos(a), -0.6 - 0.44 * math.sin(a), 0.15)
            pen.form(curl, toned(p.hair, 0.85 + 0.3 * (k % 2)), 0.08, 0.45)


def _hair_before(pen: Pen, p: Person) -> None:
    low, rim, t = (-0.84, 0.02, p.turn * 0.06) if p.hair_style == "cropped" else (-0.74, 0.06, p.turn * 0.06)
    across: tuple[float, ...] = (0.375, 0.345, 0.26 + t, 0.08 + t, -0.12 + t, -0.28 + t, -0.35, -0.375)
    down: tuple[float, ...] = (-0.55, -0.68, low - 0.03, low - 0.07, low - 0.04, low + 0.03, -0.66, -0.55)
    if p.hair_style in ("long", "bob"):  # parted
        across = (0.4, 0.36, 0.31, 0.14 + t, t, -0.14 + t, -0.31, -0.36, -0.4)
        down = (-0.12, -0.45, -0.66, -0.84, -0.9, -0.82, -0.62, -0.42, -0.12)
    across += (-0.4 - rim / 2, -0.37 - rim / 2, -0.2, 0.02, 0.22, 0.38 + rim / 2, 0.4 + rim / 2)
    down += (-0.6, -0.84, -1 - rim, -1.03 - rim, -1 - rim, -0.84, -0.6)
    pen.form(curve(np.column_stack((across, down)), steps=4), p.hair, 0.1, 0.45)
    pen.soft(curve([(-0.22, -0.97), (0.0, -1.0), (0.1, -0.95), (-0.1, -0.9)]), toned(p.hair, 1.5, 22), 0.5, 0.05)


def _back(pen: Pen, p: Person) -> None:
    """The head of somebody turned away."""
    low = {"long": 0.8, "bob": 0.05, "bun": -0.2, "curly": -0.1}.get(p.hair_style, -0.22)
    pen.form(SKULL, p.skin, 0.13, 0.42)
    if p.hair_style == "bun":
        pen.form(_BACK_HAIR["bun"], p.hair, 0.1, 0.5)
    back = even((0, -1.06), (0.24, -1.02), (0.4, -0.82), (0.44, -0.5), (0.4, low), (0.15, low + 0.05))
    pen.form(curve(back), p.hair, 0.14, 0.5)
    for x in (-0.2, -0.05, 0.12, 0.24):
        strand = [(x * 0.5, -1.0), (x, -0.6), (x * 1.1, low), (x * 1.1 + 0.02, low), (x + 0.03, -0.6)]
        pen.soft(curve(strand), toned(p.hair, 1.5, 14), 0.45, 0.03)


def _cover(pen: Pen, p: Person) -> None:
    """What hides the face: a phone, a hand, a hat, a bar, an emoji, or its blurring."""
    skin = np.asarray(p.skin, float)
    if p.cover in ("phone", "hand"):
        _arm(pen, p, ARMS[UP][0] * (p.build, 1), None)
    if p.cover == "phone":
        case = even((0.02, -0.92), (0.27, -0.91), (0.3, -0.85), (0.3, -0.05), (0.27, 0.0))
        pen.form(curve(case, steps=2), (34, 36, 42), 0.2, 0.25)
        for y in (-0.82, -0.7):
            pen.ink(disc(-0.2, y, 0.045), (80, 84, 92))
            pen.ink(disc(-0.2, y, 0.02), (14, 14, 18))
        for y in (-0.02, -0.15, -0.28, -0.41):
            pen.form(limb((0.34, y), (0.13, y - 0.03), 0.065, 0.055), skin, 0.04, 0.35)
    elif p.cover == "hand":
        palm = [(0.3, 0.12), (0.36, -0.25), (0.2, -0.42), (-0.22, -0.4), (-0.3, -0.2), (0, 0.08)]
        pen.form(curve(palm), skin * 0.97, 0.1, 0.3)
        for k, tip in enumerate([(-0.33, -0.78), (-0.12, -0.88), (0.1, -0.86), (0.29, -0.74)]):
            pen.form(limb((-0.21 + 0.14 * k, -0.3), tip, 0.085, 0.065), skin * (0.94 + 0.02 * k), 0.05, 0.4)
    elif p.cover == "hat":
        straw = (206, 176, 126) if p.features[0] > 1 else (92, 82, 84)
        pen.form(curve(even((0, -1.3), (0.3, -1.26), (0.42, -0.95), (0.46, -0.6))), straw, 0.12, 0.4)
        pen.form(disc(0, -0.42, 0.8, 0.33), straw, 0.12, 0.4)
        pen.soft(curve(even((0, -0.68), (0.45, -0.75), (0.45, -0.68), (0.02, -0.6))), (70, 54, 50), 0.8, 0.02)
    elif p.cover == "emoji":  # hearts for eyes, a wide grin
        pen.form(disc(0, -0.48, 0.6), (250, 204, 70), 0.2, 0.2)
        heart = curve(even((0, -0.65), (0.09, -0.72), (0.15, -0.62), (0.02, -0.46)), steps=3)
        for side in (-1, 1):
            pen.ink(np.add(heart, (side * 0.24, 0)), (220, 60, 70))
        pen.ink(curve([(-0.3, -0.34), (0, -0.3), (0.3, -0.34), (0.16, -0.12), (-0.16, -0.12)], steps=3), (112, 60, 30))
    elif p.cover == "bar":
        pen.ink([(-0.46, -0.68), (0.46, -0.72), (0.46, -0.12), (-0.46, -0.08)], (24, 24, 26))
    elif p.cover in ("blur", "pixels"):
        _unsharp(pen, p.cover)


def _unsharp(pen: Pen, how: str) -> None:
    """Blurs the head or turns it into 5 × 5 squares."""
    masked = pen.mask(disc(0, -0.5, 0.6), 0)
    if not masked:
        return
    mask, region, _ = masked
    h, w = mask.shape
    if how == "pixels":
        cells = cv2.resize(region, (5, 5), interpolation=cv2.INTER_AREA)
        region[:] = cv2.resize(cells, (w, h), interpolation=cv2.INTER_NEAREST)
        return
    far = cv2.resize(region, (max(1, w // 2), max(1, h // 2)), interpolation=cv2.INTER_AREA)
    far = cv2.resize(cv2.GaussianBlur(far, (0, 0), max(1.0, 0.1 * pen.unit)), (w, h))
    weight = cv2.GaussianBlur(mask, (0, 0), 0.05 * pen.unit + 0.5).astype(np.float32)[..., None] / 255
    region[:] = region + weight * (far.astype(np.float32) - region)


def draw(image: np.ndarray, person: Person, chin: tuple[float, float], unit: float, light: Iterable[float]) -> None:
    """Draw the person into `image`, uint8 (h, w, 3) RGB, changed in place: the chin at `chin` (x, y) in pixels, a head
    of `unit` pixels, in light of this colour (1 is full)."""
    light = tuple(light)
    upright, head = Pen(image, *chin, unit, 0.0, light), Pen(image, *chin, unit, person.tilt, light)
    if person.cover == "away":
        _body(upright, replace(person, pose="arms down"))
        _back(head, person)
        return
    if person.face != "cropped" or person.hair_style == "long":
        _hair_behind(head, person)
    _body(upright, person)
    if person.face != "cropped":
        draw_face(head, person)
        _hair_before(head, person)
        _cover(head, person)
