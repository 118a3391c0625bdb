"""The face of a drawn person, such that a face detector (MTCNN) finds it. Measures are in heads."""

from __future__ import annotations

import numpy as np

from lib.twin.drawing.pen import Pen, curve, disc, even, toned
from lib.twin.drawing.people import Person

SKULL = curve(
    even(
        (0, -1), (0.2, -0.96), (0.33, -0.8), (0.372, -0.58), (0.355, -0.36), (0.3, -0.17), (0.19, -0.035), (0.07, 0.01)
    )
)


def draw_face(pen: Pen, p: Person) -> None:
    """Ears, head, nose, eyes, mouth, beard and glasses."""
    wide, spacing, eye, nose, mouth, brow = p.features
    skin, t = np.asarray(p.skin, float), p.turn * 0.11
    deep, shade, light = skin * (0.5, 0.42, 0.4), skin * (0.72, 0.63, 0.6), toned(skin, 1.12, 14)
    for side in (-1, 1):
        pen.form(disc(side * 0.375 * wide, -0.46, 0.055, 0.11), skin * 0.92, 0.05, 0.4)  # ears
    pen.form(SKULL * (wide, 1), skin, 0.13, 0.42)
    pen.soft(disc(t - 0.03, -0.78, 0.2, 0.1), light, 0.55, 0.07)
    for side in (-1, 1):  # sockets and cheeks
        pen.soft(disc(t + side * 0.165 * spacing, -0.51, 0.115, 0.075), shade, 1.0, 0.04)
        pen.soft(disc(t + side * 0.21, -0.3, 0.09, 0.07), skin * (0.98, 0.74, 0.7), 0.5, 0.05)
        pen.soft(disc(t + side * 0.19, -0.38, 0.08, 0.035), light, 0.5, 0.03)
    bridge = np.array([(0.03, -0.5), (0.055, -0.5), (0.1 * nose, -0.28), (0.05, -0.26)])
    pen.soft(np.add(bridge, (t, 0)), shade, 0.95, 0.02)
    pen.soft(np.add(bridge * (-0.9, 1), (t, 0)), shade, 0.4, 0.022)
    pen.soft([(t - 0.015, -0.55), (t + 0.015, -0.55), (t + 0.03, -0.31), (t - 0.03, -0.31)], light, 0.7, 0.018)
    pen.soft(disc(t + 0.01, -0.243, 0.085 * nose, 0.024), deep, 0.8, 0.016)
    for side in (-1, 1):
        pen.soft(disc(t + side * 0.042 * nose, -0.262, 0.022, 0.013), deep * 0.6, 0.9, 0.008)
        pen.soft(disc(t + side * 0.085 * nose, -0.275, 0.014, 0.03), shade * 0.9, 0.6, 0.012)
        _eye(pen, p, t + side * 0.165 * spacing, side, eye, brow, deep)
    _mouth(pen, p, t, (0.125 + 0.03 * p.smile) * mouth, skin, shade, deep)
    if p.glasses:
        for side in (-1, 1):
            pen.line(curve(disc(t + side * 0.168 * spacing, -0.49, 0.115, 0.085))[::4], (40, 38, 40), 0.018)
        pen.line([(t - 0.055, -0.5), (t + 0.055, -0.5)], (40, 38, 40), 0.018)


def _eye(pen: Pen, p: Person, x: float, side: int, size: float, brow: float, deep: np.ndarray) -> None:
    w, h = 0.076 * size, 0.034 * size
    across = (x - w, x - 0.4 * w, x + 0.4 * w, x + w, x + 0.3 * w, x - 0.4 * w)
    down = (-0.498, -0.5 - h, -0.5 - h, -0.502, -0.5 + 0.75 * h, -0.5 + 0.75 * h)
    pen.soft(curve([(x - w, -0.545), (x, -0.575), (x + w, -0.545)], False), deep, 0.7, 0.01)
    pen.ink(curve(np.column_stack((across, down)), steps=3), (218, 211, 204))
    iris = x + p.turn * 0.015
    pen.ink(disc(iris, -0.503, 0.035 * size, 0.034 * size), (74, 56, 44))
    pen.ink(disc(iris, -0.503, 0.017 * size), (20, 16, 16))
    pen.ink(disc(iris - 0.012, -0.515, 0.009), (250, 250, 250))
    lid = [(x - 1.06 * w, -0.494), (x - 0.4 * w, -0.505 - h), (x + 0.4 * w, -0.505 - h), (x + 1.08 * w, -0.503)]
    pen.line(curve(lid, False), deep * 0.5, 0.012)
    pen.soft(curve([(x - w * 0.8, -0.465), (x, -0.455), (x + w * 0.8, -0.465)], False), deep, 0.45, 0.012)
    inner, outer, hair = x - side * 0.085, x + side * 0.125, np.minimum(0.35 * np.asarray(p.hair) + 0.25 * deep, 90)
    arch = [
        (inner, -0.585 - 0.01 * brow),
        (x, -0.635 * brow**0.2),
        (outer, -0.59),
        (x + side * 0.02, -0.6),
        (inner, -0.56),
    ]
    pen.soft(curve(arch), hair, 0.9, 0.01)


def _mouth(pen: Pen, p: Person, t: float, w: float, skin: np.ndarray, shade: np.ndarray, deep: np.ndarray) -> None:
    lip, corner = skin * (0.82, 0.5, 0.5), -0.16 - 0.03 * p.smile
    pen.soft(disc(t, -0.085, 0.08, 0.018), shade, 0.8, 0.022)
    upper = [(t - w, corner), (t - 0.04, -0.178), (t, -0.17), (t + 0.04, -0.178), (t + w, corner), (t, -0.145)]
    pen.soft(curve(upper, steps=3), lip * 0.85, 0.95, 0.008)
    ends = (t - 0.9 * w, corner + 0.005), (t + 0.9 * w, corner + 0.005)
    lower = [ends[0], (t, -0.148), ends[1], (t + 0.075, -0.113), (t, -0.104), (t - 0.075, -0.113)]
    pen.soft(curve(lower, steps=3), toned(lip, 1.12), 0.95, 0.009)
    if p.smile > 0.6:  # teeth
        ends = (t - 0.75 * w, corner + 0.4 * (-0.16 - corner)), (t + 0.75 * w, corner + 0.4 * (-0.16 - corner))
        pen.ink(curve([ends[0], (t, -0.158), ends[1], (t, -0.132)], steps=3), (238, 234, 226))
    gap = [(t - w, corner), (t - 0.4 * w, -0.153), (t + 0.4 * w, -0.153), (t + w, corner)]
    pen.line(curve(gap, False), deep * 0.6, 0.012)
    if p.beard and p.hair_style in ("short", "cropped", "bun"):
        across = (-0.34, -0.25, t - 0.14, t, t + 0.14, 0.25, 0.34, 0.3, 0.14, -0.14, -0.3)
        down = (-0.36, -0.2, -0.21, -0.215, -0.21, -0.2, -0.36, -0.12, 0.03, 0.03, -0.12)
        pen.soft(curve(np.column_stack((across, down))), np.asarray(p.hair) * 0.6 + 0.12 * skin, 0.8, 0.016)
        pen.soft(curve([(t - 0.85 * w, -0.15), (t, -0.165), (t + 0.85 * w, -0.15), (t, -0.115)]), lip, 0.9, 0.01)
