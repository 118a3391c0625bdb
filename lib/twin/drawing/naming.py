"""What an English speaker calls the things in a room: short noun phrases with colours, patterns and materials."""

from __future__ import annotations

import colorsys
from functools import lru_cache
from pathlib import Path

from lib.core import yaml_files
from lib.twin.drawing.decor import look_of, surfaces_of
from lib.twin.drawing.furnishing import Furnishing
from lib.twin.drawing.furniture import CLUTTER, round_table
from lib.twin.drawing.items import Item, Look
from lib.twin.drawing.rooms import Room
from lib.twin.drawing.textures import Colour, Paint

_HUES = yaml_files.read(Path(__file__).with_suffix(".yaml"), "it should hold the names of hues")["hues"]


def colour_name(colour: Colour) -> str:
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


def _name(item: Item, room: Room, look: Look) -> list[str]:
    """What an English speaker may call an item: one phrase, for a bed, a sofa and a window two."""
    taste, v = look.taste, item.variant
    seat, accent = colour_name(look.fabric.colours[0]), colour_name(look.accent.colours[0])
    board = {"panel": taste.wood, "padded": f"padded {seat}", "slats": f"slatted {taste.wood}"}[taste.headboard]
    view = {"garden": "trees", "street": "houses", "sky": "open sky"}[room.view]
    hung = [] if taste.drapes == "none" else [_named(look.curtain, "blind" if taste.drapes == "blind" else "curtains")]
    wooden = ("desk", "chair", "dresser", "nightstand", "bookcase")
    phrases = {
        "bed": [_named(look.bedding, "bedspread"), f"{board} headboard"],
        "sofa": [f"{seat} sofa", _named(look.cushion, "cushions")],
        "window": [f"window with {view}", *hung],
        "table": [f"{'round ' * round_table(item)}{taste.wood} {'coffee table' if item.height < 0.5 else 'table'}"],
        "rug": [f"{'round ' * (v % 4 == 0)}{_named(look.rug, 'rug')}"],
        "art": [f"{taste.art} {'picture' if item.width < 0.75 else 'pictures'}"],
        "mirror": [f"{('round', 'framed', 'arched')[v % 3]} mirror"],
        "plant": [("leafy plant", "slender plant")[v % 2]],
        "clutter": [CLUTTER[v % 8]],
        "cupboards": ["wall cupboards" if v % 3 else "open shelves"],
        "ottoman": [_named(look.cushion, "footstool")],
        "counter": [f"{colour_name(look.trim.colours[0])} kitchen units"],
        "armchair": [f"{seat} armchair"],
        "office_chair": [f"{accent} office chair"],
        "towels": [f"{accent} towels"],
        "floor_lamp": [f"{taste.metal} floor lamp"],
        "table_lamp": [f"{taste.lamp} table lamp"],
        "pendant": [f"{taste.lamp} pendant lamp"],
        "vanity": ["washbasin"],
        "tv_unit": ["television"],
    } | {kind: [f"{taste.wood} {kind}"] for kind in wooden}
    return phrases.get(item.kind, [item.kind.replace("_", " ")])


@lru_cache(maxsize=64)  # a vendor's rooms: many of its ads name the same
def things(furnishing: Furnishing, room: Room) -> tuple[str, ...]:
    """Short English noun phrases for what pictures of this room show, the largest first, none twice; never empty."""
    look, (_, _, ground, _) = look_of(furnishing, room), surfaces_of(furnishing, room)
    phrases = []
    for item in sorted(room.items, key=lambda item: -item.width * max(item.height, item.depth)):
        phrases += _name(item, room, look)
    floors = {"carpet": "carpet", "tiles": "tiled floor", "chequer": "chequered floor"}
    phrases.append(floors.get(ground.pattern, f"{furnishing.floor_wood} floor"))
    if furnishing.wall in ("papered", "brick"):
        phrases.append("brick wall" if furnishing.wall == "brick" else f"{furnishing.paper} wallpaper")
    return tuple(dict.fromkeys(phrases))
