"""A room furnished in a taste: the paints of its furniture, walls and floor."""

from __future__ import annotations

import numpy as np

from lib.twin.drawing.furnishing import FLOORS, METALS, PALETTES, WOODS, Furnishing
from lib.twin.drawing.items import Look
from lib.twin.drawing.motifs import outdoors
from lib.twin.drawing.rooms import Room
from lib.twin.drawing.textures import Colour, Paint


def _colours(furnishing: Furnishing) -> list[Colour]:
    palette = np.clip(np.array(PALETTES[furnishing.palette]) + furnishing.tint, 0, 255)
    return [tuple(colour) for colour in palette.tolist()]


def _mixed(first: Colour, other: Colour, share: float) -> Colour:
    """A colour with this share of the other."""
    return tuple(a + (b - a) * share for a, b in zip(first, other, strict=True))


def _plain(colour: Colour) -> Paint:
    return Paint((colour,) * 3)


def look_of(f: Furnishing, room: Room, lamps: float = 0.0, opened: float = 1.0, hour: int = 2) -> Look:
    """The paints of a room; `lamps` 0..1, curtains `opened` 0..1, `hour` 0 night, 1 dusk, 2 day."""
    wall, large, textile, accent, dark = _colours(f)
    wood, s, light = WOODS[f.wood], f.scale, _mixed(wall, (248, 248, 248), 0.7)
    trim = _mixed(wood[0], (0, 0, 0), 0.45) if f.dark_trim else _mixed(wall, (244, 244, 244), 0.75)
    if room.kind == "kitchen":
        trim = (trim, large, accent)[room.details % 3]
    return Look(
        taste=f,
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
        outside=_plain(light).but(image=outdoors(room.view, hour, room.details % 40), glow=0.9),
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
