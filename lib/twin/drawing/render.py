"""Pictures of innocuous rooms, for the twins: furnishing × room × camera × person → an RGB picture.

A `Furnishing` is a taste (a vendor's, a hotel chain's), a `Room` one place furnished in that taste (both in
`lib.twin.drawing.rooms`), a `Camera` how pictures of it are taken and treated, a `Person` (`lib.twin.drawing.people`) who stands in it, if
anybody. Each is a frozen dataclass that draws itself from a `numpy.random.Generator`; `render` turns them into a
picture, and the generator it is given makes one shot of a room differ from the next. Nothing here knows of vendors or
hotels. All bytes follow from the arguments (on one kind of machine, with one version of NumPy and OpenCV).
"""

from __future__ import annotations

import math
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import NamedTuple, TypeVar

import cv2
import numpy as np

from lib.core.files import replacing
from lib.twin.drawing import people
from lib.twin.drawing.fixtures import FIXTURES
from lib.twin.drawing.furniture import FURNITURE
from lib.twin.drawing.items import Item, tinted
from lib.twin.drawing.optics import Light, Sun, View
from lib.twin.drawing.people import FACES, Person
from lib.twin.drawing.rooms import ROOMS, TOPS, Furnishing, Room, look_of, surfaces_of, things, upon
from lib.twin.drawing.scene3d import Canvas, Face, back_to_front
from lib.twin.drawing.textures import Paint

__all__ = ["FACES", "ROOMS", "Camera", "Furnishing", "Person", "Room", "render", "things", "varied", "write_jpeg"]

_PIECES = FURNITURE | FIXTURES


@dataclass(frozen=True)
class Camera:
    """How pictures are taken and treated afterwards. `quality` is for `write_jpeg`; `render` does not compress."""

    field: float  # of view, radians
    exposure: float  # 1 is neutral
    balance: tuple  # gains of R, G, B
    contrast: float
    saturation: float
    noise: float  # standard deviation, grey levels
    blur: float  # pixels at 224
    vignette: float  # 0..1 lost in the corners
    tilt: float  # radians
    shift: tuple  # of the optical axis, shares of the picture (crop)
    mirrored: bool
    quality: int  # JPEG
    mark: str  # watermark: none, bar, disc, ring, star, stripes, corner
    mark_place: tuple  # its middle, shares of the picture
    mark_size: float  # share of the picture
    mark_colour: tuple
    mark_strength: float
    border: str  # none, white, black, instant, round
    filter: str  # none, warm, cool, faded, sepia, grey

    @classmethod
    def draw(cls, rng: np.random.Generator) -> Camera:
        """A new camera with its owner's habits."""
        u, normal, pick = rng.uniform, rng.normal, lambda *options: options[int(rng.integers(len(options)))]
        warm = float(normal(0, 0.05))
        return cls(
            field=float(u(0.92, 1.2)),
            exposure=float(np.exp(normal(0, 0.13))),
            balance=(1 + warm, 1 + float(normal(0, 0.012)), 1 - warm),
            contrast=float(u(0.95, 1.28)),
            saturation=float(u(0.8, 1.25)),
            noise=float(min(9.0, rng.gamma(1.3, 1.7))),
            blur=float(max(0.0, normal(0.2, 0.35))),
            vignette=float(u(0, 0.4)),
            tilt=float(normal(0, 0.022)),
            shift=tuple(normal(0, 0.035, 2).tolist()),
            mirrored=bool(rng.random() < 0.12),
            quality=int(rng.integers(55, 96)),
            mark=pick(*["none"] * 6, "bar", "disc", "ring", "star", "stripes", "corner"),
            mark_place=(pick(0.15, 0.85) + float(u(-0.05, 0.05)), pick(0.12, 0.88, 0.88) + float(u(-0.03, 0.03))),
            mark_size=float(u(0.05, 0.095)),
            mark_colour=pick((255, 255, 255), (20, 20, 20), (200, 60, 60), (60, 110, 180), (235, 190, 70)),
            mark_strength=float(u(0.35, 0.9)),
            border=pick(*["none"] * 12, "white", "black", "instant", "round"),
            filter=pick(*["none"] * 12, "warm", "cool", "faded", "sepia", "grey"),
        )


Drawn = TypeVar("Drawn", Furnishing, Camera)


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
    items: tuple

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
    def _moved(rng: np.random.Generator, room: Room, variation: float) -> tuple:
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
    sources, stands, sun = [behind], [], None  # a source: place, colour, reach
    for item in shot.items:
        lo, hi = item.corners()
        if item.kind == "window":
            inward = np.array([math.sin(item.facing), 0, math.cos(item.facing)])
            sources.append(((lo + hi) / 2 + 0.25 * inward, day * shot.sun * 0.85, 2.2))
            if shot.hour and room.details % 2:  # the sun shines in
                rise, aside = 0.9 + 0.5 * (room.details % 7) / 7, 0.7 * ((room.details // 7 % 9) / 4 - 1)
                toward = np.array([-inward[0] + aside * inward[2], rise, -inward[2] - aside * inward[0]])
                pane = [np.where(abs(inward) > 0.5, (item.x, 0, item.z), end) for end in (lo, hi)]  # flat in its wall
                sun = Sun(toward / np.linalg.norm(toward), *pane, day * 0.38 * shot.sun)
        elif item.kind in ("floor_lamp", "table_lamp", "pendant") and shot.lamps:
            x, _, z = (lo + hi) / 2
            sources.append(((x, item.y + (0.2 if item.kind == "pendant" else item.height - 0.15), z), lamp * 0.55, 0.9))
        if item.y < 0.3 and item.kind not in ("rug", "door", "radiator"):
            stands.append((lo, hi))
    if shot.lamps and len(sources) < 3:  # one on the ceiling
        sources.append(((room.width / 2, room.height - 0.2, room.depth * 0.55), lamp * 0.5, 2.5))
    ambient = (0.42 + 0.1 * shot.sun) * (0.6 + 0.4 * lamp if shot.lamps and shot.hour < 2 else np.ones(3))
    places, colours, reach = (np.array(column) for column in zip(*sources, strict=True))
    lo, hi = np.array(stands).reshape(-1, 2, 3).transpose(1, 0, 2)
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
        parts = _PIECES[item.kind](item, look, item.width / 2, item.height, item.depth)
        canvas.add_thing(parts, (item.x, item.y, item.z), item.facing)
    canvas.paint()


def _draw_person(canvas: Canvas, person: Person) -> None:
    pixels, view = canvas.pixels, canvas.view
    unit = person.head * pixels
    distance = view.focal * 0.23 / unit
    where = view.eye + distance * view.axes[2]
    chin = view.screen(view.seen(np.array([[where[0], person.stature - 0.23, where[2]]])))[0, 1]
    if person.face == "cropped":
        chin = -0.06 * pixels
    else:
        chin = float(np.clip(chin, unit * 1.25 + 0.04 * pixels, unit * 1.25 + 0.3 * pixels))
    light = canvas.light.at(where[None], -view.axes[2])[0] * 0.95 + 0.12
    people.draw(canvas.image, person, (person.x * pixels, chin), unit, np.clip(light, 0.25, 1.25))


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
    return _developed(image, camera, shot.gain, rng)


_FILTERS = {  # gains of R, G, B; lift of the blacks; colour kept
    "none": ((1.0, 1.0, 1.0), 0, 1.0),
    "warm": ((1.08, 1.0, 0.86), 6, 0.95),
    "cool": ((0.93, 1.0, 1.1), 0, 0.95),
    "faded": ((0.92, 0.92, 0.94), 26, 0.7),
    "sepia": ((1.1, 0.98, 0.8), 8, 0.18),
    "grey": ((1.0, 1.0, 1.0), 0, 0.0),
}


def _developed(image: np.ndarray, camera: Camera, gain: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Exposure, colour, optics, noise, and what the owner adds: filter, watermark, border."""
    size = len(image)
    if camera.mirrored:
        image = image[:, ::-1]
    if camera.blur * size / 224 > 0.25:
        image = cv2.GaussianBlur(image, (0, 0), camera.blur * size / 224)
    tint, lift, kept = _FILTERS[camera.filter]
    tone = np.asarray(camera.balance) * gain * tint * (138 / (float(image.mean()) + 1)) ** 0.7 * camera.exposure
    tone = tone if kept else np.full(3, tone.mean())  # a grey picture has no tint
    share = camera.saturation * kept
    matrix = camera.contrast * (share * np.eye(3) + (1 - share) * np.array([0.3, 0.59, 0.11]))
    matrix = matrix * tone if kept > 0.5 else matrix * tone[:, None]  # tints after the colours went
    offset = np.full((3, 1), 128 * (1 - camera.contrast) + lift)
    light: np.ndarray = cv2.transform(image.astype(np.float32), np.hstack([matrix, offset]).astype(np.float32))
    if camera.vignette > 0.02:
        ramp = (np.arange(size, dtype=np.float32) + 0.5) / size * 2 - 1
        light *= (1 - camera.vignette * ((ramp[:, None] ** 2 + ramp**2) / 2) ** 1.3)[..., None]
    noise = rng.standard_normal((size, size, 3), np.float32)
    light += camera.noise * (0.75 * noise[..., :1] + 0.5 * kept * noise)
    light = np.where(light > 225, 225 + (light - 225) * 0.55, light)  # highlights roll off
    out = np.clip(light + 0.5, 0, 255).astype(np.uint8)
    _mark(out, camera)
    _frame(out, camera)
    return out


def _mark(image: np.ndarray, camera: Camera) -> None:
    """The watermark: a shape without words, of one colour, half see-through."""
    size, layer, turn = len(image), image.copy(), np.arange(20) * math.pi / 10
    (x, y), r = (c * size for c in camera.mark_place), camera.mark_size * size
    circle, ends = np.stack([np.cos(turn), np.sin(turn)], 1), np.array([(-1, -1), (1, -1), (1, 1), (-1, 1)])
    if camera.mark == "none":
        return
    if camera.mark == "bar":
        shapes = [ends * (1.3, 0.3)] + [ends * (0.09, 0.14) + (0.42 * k - 0.84, 0) for k in range(5)]  # with holes
    elif camera.mark == "star":
        shapes = [circle[::2] @ [[0, -1], [1, 0]] * np.where(np.arange(10) % 2, 0.42, 1.0)[:, None]]
    elif camera.mark == "stripes":
        shapes = [ends * (1 - 0.2 * k, 0.12) + (-0.2 * k, 0.42 * (k - 1)) for k in range(3)]
    elif camera.mark == "corner":  # a ribbon over it
        sides = np.array([1 if c < size / 2 else -1 for c in (x, y)])
        x, y = (0 if c < size / 2 else size for c in (x, y))
        shapes = [np.array([(1.2, 0), (2, 0), (0, 2), (0, 1.2)]) * sides]
    else:
        shapes = [circle, circle * 0.68] if camera.mark == "ring" else [circle]
    points = [np.rint((shape * r + (x, y)) * 16).astype(np.int32) for shape in shapes]
    cv2.fillPoly(layer, points, camera.mark_colour, cv2.LINE_AA, shift=4)
    image[:] = cv2.addWeighted(layer, camera.mark_strength, image, 1 - camera.mark_strength, 0)


def _frame(image: np.ndarray, camera: Camera) -> None:
    size = len(image)
    rim = max(1, round(0.025 * size))
    if camera.border in ("white", "black", "instant"):
        colour = (14, 14, 14) if camera.border == "black" else (247, 246, 242)
        image[:rim], image[:, :rim], image[:, -rim:] = colour, colour, colour
        image[-(rim if camera.border != "instant" else 4 * rim) :] = colour
    elif camera.border == "round":
        mask = np.zeros((size, size), np.uint8)
        k = 4 * rim
        cv2.rectangle(mask, (k, 0), (size - 1 - k, size - 1), 255, -1)
        cv2.rectangle(mask, (0, k), (size - 1, size - 1 - k), 255, -1)
        for x in (k, size - 1 - k):
            for y in (k, size - 1 - k):
                cv2.circle(mask, (x, y), k, 255, -1)
        image[mask == 0] = (250, 250, 250)


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
