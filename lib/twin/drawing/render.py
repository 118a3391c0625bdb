"""Pictures of innocuous rooms, for the twins: furnishing × room × camera × person → an RGB picture.

A `Furnishing` is a taste (a vendor's, a hotel chain's), a `Room` one place furnished in that taste, a `Camera` how
pictures of it are taken and treated, a `Person` who stands in it, if anybody. Each draws itself from a
`numpy.random.Generator`. `render` turns them into a picture; its generator makes one shot of a room differ from the
next. All bytes follow from the arguments (on one kind of machine, with one version of NumPy and OpenCV).
"""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import fields, replace
from multiprocessing import get_context
from pathlib import Path
from typing import NamedTuple, TypeVar

import cv2
import numpy as np

from lib.core.files import replacing
from lib.twin.drawing import figures, fixtures, furniture
from lib.twin.drawing.camera import Camera, developed
from lib.twin.drawing.decor import look_of, surfaces_of
from lib.twin.drawing.floor_plan import TOPS, upon
from lib.twin.drawing.furnishing import Furnishing
from lib.twin.drawing.items import Item, Piece, tinted
from lib.twin.drawing.naming import things
from lib.twin.drawing.optics import Light, Sun, View
from lib.twin.drawing.people import Person
from lib.twin.drawing.rooms import Room
from lib.twin.drawing.scene3d import Canvas, Face, back_to_front
from lib.twin.drawing.textures import Paint

__all__ = ["Camera", "Furnishing", "Person", "Room", "in_processes", "render", "things", "varied", "write_jpeg"]

Drawn = TypeVar("Drawn", Furnishing, Camera)
Job = TypeVar("Job")
Done = TypeVar("Done")


def varied(thing: Drawn, rng: np.random.Generator, share: float) -> Drawn:
    """The same furnishing or camera, each property drawn anew with probability `share`: a branch of a chain, say."""
    other = type(thing).draw(rng)
    return replace(thing, **{f.name: getattr(other, f.name) for f in fields(thing) if rng.random() < share})


# A shot --------------------------------------------------------------------------------------------------------------


class _Shot(NamedTuple):
    """What differs between two pictures of one room."""

    eye: np.ndarray
    yaw: float
    pitch: float
    roll: float
    zoom: float
    sun: float  # brightness of the day
    lamps: float
    hour: int  # 0 night, 1 dusk, 2 day
    opened: float
    gain: np.ndarray
    items: tuple[Item, ...]

    @classmethod
    def draw(cls, rng: np.random.Generator, room: Room, variation: float) -> _Shot:
        n, u = rng.normal(0, 1, 12) * variation, rng.random(4)
        late = u[0] < 0.35 * variation
        hour = int(u[1] < 0.6) if late else 2
        eye = np.asarray(room.eye) + n[:3] * (0.35, 0.1, 0.18)
        eye = np.clip(eye, (0.35, 0.9, -0.6), (room.width - 0.35, 1.8, 0.45))
        return cls(
            eye=eye,
            yaw=float(room.yaw + 0.13 * n[3] - 0.2 * (eye[0] - room.eye[0])),
            pitch=room.pitch + 0.06 * n[4],
            roll=0.02 * n[5],
            zoom=math.exp(0.13 * n[6] + 0.1 * variation),
            sun=room.daylight * (1 - 0.25 * variation * u[2]) * (0.05, 0.45, 1.0)[hour],
            lamps=float(late or room.details % 5 == 0 or u[3] < 0.3 * variation),
            hour=hour,
            opened=float(np.clip(0.75 + 0.3 * n[7], 0, 1)),
            gain=1 + 0.04 * n[8:11],
            items=cls._moved(rng, room, variation),
        )

    @staticmethod
    def _moved(rng: np.random.Generator, room: Room, variation: float) -> tuple[Item, ...]:
        """The room's items, the movable ones nudged, and clutter put on what can carry it."""
        items = []
        for item in room.items:
            (dx, dz, turn), swap = rng.normal(0, 1, 3).tolist(), rng.random()
            if item.kind in ("chair", "office_chair", "armchair", "ottoman", "floor_lamp", "plant"):
                x = np.clip(item.x + 0.07 * dx * variation, 0.3, room.width - 0.3)
                z = min(item.z + 0.07 * dz * variation, room.depth)
                item = replace(item, x=float(x), z=float(z), facing=item.facing + 0.18 * turn * variation)
            elif item.kind in ("sofa", "bed") and swap < 0.3 * variation:
                item = replace(item, variant=item.variant // 100 * 100 + (item.variant + 2) % 100)  # its cushions
            items.append(item)
        for item in room.items:
            roll, kind, where, tone = rng.random(), int(rng.integers(5)), rng.uniform(-0.3, 0.3), int(rng.integers(40))
            if item.kind in TOPS and roll < 0.2 + 0.5 * variation:
                items.append(upon(item, kind + 8 * tone, where))
        floor = rng.random(4)
        if floor[0] < 0.5 * variation:
            side = 0.35 if floor[1] < 0.5 else room.width - 0.35
            z, kind = float(1.4 + floor[2] * (room.depth - 1.9)), 5 + int(floor[3] * 3) + 8 * int(floor[3] * 40)
            lump = Item("clutter", side, 0.0, z, math.pi, 0.36, 0.34, 0.3, kind)
            lo, hi = lump.corners()
            if not any(((lo < q) & (hi > p)).all() for p, q in (item.corners() for item in items)):
                items.append(lump)
        return tuple(items)


def _light(room: Room, shot: _Shot) -> Light:
    day = np.array((1.0, 1.0, 1.02)) * {0: (0.5, 0.55, 0.8), 1: (1.05, 0.86, 0.78), 2: (1.0, 1.0, 1.0)}[shot.hour]
    lamp = np.array((1.0, 0.84 - 0.08 * room.warmth, 0.66 - 0.2 * room.warmth))
    behind = (room.width / 2, room.height * 0.8, -0.2), np.full(3, 0.2 * max(shot.sun, 0.25)), 3.5
    sources, standing, sun = [behind], [], None  # a source: place, colour, reach
    for item in shot.items:
        lo, hi = item.corners()
        if item.kind == "window":
            inward = np.array([math.sin(item.facing), 0, math.cos(item.facing)])
            sources.append(((lo + hi) / 2 + 0.25 * inward, day * shot.sun * 0.85, 2.2))
            if shot.hour and room.details % 2:  # the sun shines in
                rise, aside = 0.9 + 0.5 * (room.details % 7) / 7, 0.7 * ((room.details // 7 % 9) / 4 - 1)
                toward = np.array([-inward[0] + aside * inward[2], rise, -inward[2] - aside * inward[0]])
                wall = item.x, 0, item.z  # the window is flat in it
                pane_lo, pane_hi = (np.where(abs(inward) > 0.5, wall, corner) for corner in (lo, hi))
                sun = Sun(toward / np.linalg.norm(toward), pane_lo, pane_hi, day * 0.38 * shot.sun)
        elif item.kind in ("floor_lamp", "table_lamp", "pendant") and shot.lamps:
            x, _, z = (lo + hi) / 2
            sources.append(((x, item.y + (0.2 if item.kind == "pendant" else item.height - 0.15), z), lamp * 0.55, 0.9))
        if item.y < 0.3 and item.kind not in ("rug", "door", "radiator"):
            standing.append((lo, hi))
    if shot.lamps and len(sources) < 3:  # one on the ceiling
        sources.append(((room.width / 2, room.height - 0.2, room.depth * 0.55), lamp * 0.5, 2.5))
    ambient = (0.42 + 0.1 * shot.sun) * (0.6 + 0.4 * lamp if shot.lamps and shot.hour < 2 else np.ones(3))
    places, colours, reach = (np.array(column) for column in zip(*sources, strict=True))
    lo, hi = np.array(standing).reshape(-1, 2, 3).transpose(1, 0, 2)
    return Light(ambient, places, colours, reach, (room.width, room.height, room.depth), sun, lo, hi)


def _draw_room(canvas: Canvas, furnishing: Furnishing, room: Room, shot: _Shot) -> None:
    look, items = look_of(furnishing, room, shot.lamps, shot.opened, shot.hour), shot.items
    wall, back, ground, lower = surfaces_of(furnishing, room)
    w, h, d, near = room.width, room.height, room.depth, -1.0
    half = 1.25 if room.kind == "bathroom" else 0.95
    add = canvas.add_face
    add(Face((0, h, near), (w, 0, 0), (0, 0, d - near), Paint(((246, 245, 242),) * 3), contact=True))
    add(Face((0, 0, near), (w, 0, 0), (0, 0, d - near), ground, contact=True))
    for x, z, across, nx, nz, paint in (
        (0, near, (0, 0, d - near), 1, 0, wall),
        (w, d, (0, 0, near - d), -1, 0, wall),
        (0, d, (w, 0, 0), 0, -1, back),
    ):
        add(Face((x, h, z), across, (0, -h, 0), paint, contact=True))
        if lower is not None:
            add(Face((x + 0.004 * nx, half, z + 0.004 * nz), across, (0, -half, 0), lower, contact=True))
            add(Face((x + 0.008 * nx, half + 0.025, z + 0.008 * nz), across, (0, -0.045, 0), tinted(look.trim, 0.97)))
        add(Face((x + 0.008 * nx, 0.09, z + 0.008 * nz), across, (0, -0.09, 0), look.trim))
    rugs, others = [item for item in items if item.kind == "rug"], [item for item in items if item.kind != "rug"]
    lo, hi = np.array([item.corners() for item in others]).transpose(1, 0, 2)
    for item in rugs + [others[k] for k in back_to_front(lo, hi, canvas.view.eye)]:
        piece: Piece = getattr(furniture, item.kind, None) or getattr(fixtures, item.kind)
        parts = piece(item, look, item.width / 2, item.height, item.depth)
        canvas.add_thing(parts, (item.x, item.y, item.z), item.facing)
    canvas.paint()


def _draw_person(canvas: Canvas, person: Person) -> None:
    pixels, view = canvas.pixels, canvas.view
    unit = person.head * pixels
    distance = view.focal * 0.23 / unit
    place = view.eye + distance * view.axes[2]
    chin = view.screen(view.seen(np.array([[place[0], person.stature - 0.23, place[2]]])))[0, 1]
    if person.face == "cropped":
        chin = -0.06 * pixels
    else:
        chin = float(np.clip(chin, unit * 1.25 + 0.04 * pixels, unit * 1.25 + 0.3 * pixels))
    light = canvas.light.at(place[None], -view.axes[2])[0] * 0.95 + 0.12
    figures.draw(canvas.image, person, (person.x * pixels, chin), unit, np.clip(light, 0.25, 1.25))


def render(
    furnishing: Furnishing,
    room: Room,
    camera: Camera,
    person: Person | None,
    rng: np.random.Generator,
    size: int,
    variation: float = 0.5,
) -> np.ndarray:
    """One picture: uint8 (size, size, 3) RGB. `size` in pixels, 32 to 1024; `variation` 0..1 says how much shots of the
    same room differ (spot, zoom, moved and added things, time of day). `ValueError` outside these ranges."""
    if not 32 <= size <= 1024:
        raise ValueError(f"size must be between 32 and 1024 pixels, not {size}")
    if not 0 <= variation <= 1:
        raise ValueError(f"variation must be between 0 and 1, not {variation}")
    pixels = int(size) * 2
    shot = _Shot.draw(rng, room, float(variation))
    focal = pixels / 2 / math.tan(camera.field / 2) * shot.zoom
    centre = (pixels * (0.5 + camera.shift[0]), pixels * (0.5 + camera.shift[1]))
    view = View.look(shot.eye, shot.yaw, shot.pitch, camera.tilt + shot.roll, focal, centre)
    canvas = Canvas(view, _light(room, shot), pixels)
    _draw_room(canvas, furnishing, room, shot)
    if person is not None:
        _draw_person(canvas, person)
    image = cv2.resize(canvas.image, (int(size), int(size)), interpolation=cv2.INTER_AREA)
    return developed(image, camera, shot.gain, rng)


def in_processes(work: Callable[[Job], Done], jobs: Sequence[Job], processes: int | None = None) -> list[Done]:
    """The result of `work` for each job, on so many processes (one a core if None), each with one thread of OpenCV."""
    # Spawned, not forked: a forked copy of a process in which a library has started threads can hang for ever.
    with ProcessPoolExecutor(processes or os.cpu_count(), get_context("spawn"), cv2.setNumThreads, (1,)) as pool:
        return list(pool.map(work, jobs, chunksize=4))


def write_jpeg(path: str | Path, image: np.ndarray, quality: int) -> None:
    """Write `image`, uint8 (h, w, 3) RGB, as a JPEG of this quality (1..100), whole or not at all.
    `ValueError` for another kind of array or quality, `OSError` where the folder can't be written."""
    if image.dtype != np.uint8 or image.ndim != 3 or image.shape[2] != 3:
        raise ValueError(f"expected uint8 (h, w, 3), not {image.dtype} {image.shape}")
    if not 1 <= quality <= 100:
        raise ValueError(f"quality must be between 1 and 100, not {quality}")
    done, data = cv2.imencode(".jpg", cv2.cvtColor(image, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_JPEG_QUALITY, int(quality)])
    if not done:
        raise ValueError("OpenCV could not encode the image")
    with replacing(path) as temporary:
        temporary.write_bytes(data.tobytes())
