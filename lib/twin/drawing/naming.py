"""What an English speaker calls the things in a room: short noun phrases with colours, patterns and materials."""

from __future__ import annotations

import colorsys

from lib.twin.drawing.decor import look_of, surfaces_of
from lib.twin.drawing.furnishing import Furnishing
from lib.twin.drawing.furniture import CLUTTER, round_table
from lib.twin.drawing.items import Item, Look
from lib.twin.drawing.rooms import Room
from lib.twin.drawing.textures import Colour, Paint

_HUES = (
    (15, "pink", "red"),
    (42, "apricot", "brown"),
    (65, "yellow", "olive"),
    (165, "sage", "green"),
    (195, "aqua", "teal"),
    (255, "pale blue", "blue"),
    (300, "lilac", "purple"),
    (345, "pink", "plum"),
    (361, "pink", "red"),
)
"""Up to this hue (degrees): the name of a pale and of a deep colour."""


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
    f, v, noun, seat = look.taste, item.variant, item.kind.replace("_", " "), colour_name(look.fabric.colours[0])
    accent = colour_name(look.accent.colours[0])
    match item.kind:
        case "bed":
            board = {"panel": f.wood, "padded": f"padded {seat}", "slats": f"slatted {f.wood}"}[f.headboard]
            return [_named(look.bedding, "bedspread"), f"{board} headboard"]
        case "sofa":
            return [f"{seat} sofa", _named(look.cushion, "cushions")]
        case "window":
            view = {"garden": "trees", "street": "houses", "sky": "open sky"}[room.view]
            hung = [] if f.drapes == "none" else [_named(look.curtain, "blind" if f.drapes == "blind" else "curtains")]
            return [f"window with {view}", *hung]
        case "table":
            return [f"{'round ' * round_table(item)}{f.wood} {'coffee table' if item.height < 0.5 else 'table'}"]
        case "rug":
            return [f"{'round ' * (v % 4 == 0)}{_named(look.rug, 'rug')}"]
        case "art":
            return [f"{f.art} {'picture' if item.width < 0.75 else 'pictures'}"]
        case "mirror":
            return [f"{('round', 'framed', 'arched')[v % 3]} mirror"]
        case "plant":
            return [("leafy plant", "slender plant")[v % 2]]
        case "clutter":
            return [CLUTTER[v % 8]]
        case "cupboards":
            return ["wall cupboards" if v % 3 else "open shelves"]
        case "ottoman":
            return [_named(look.cushion, "footstool")]
        case "counter":
            return [f"{colour_name(look.trim.colours[0])} kitchen units"]
        case "armchair":
            return [f"{seat} armchair"]
        case "office_chair" | "towels":
            return [f"{accent} {noun}"]
        case "floor_lamp":
            return [f"{f.metal} {noun}"]
        case "table_lamp" | "pendant":
            return [f"{f.lamp} {'pendant lamp' if noun == 'pendant' else noun}"]
        case "desk" | "chair" | "dresser" | "nightstand" | "bookcase":
            return [f"{f.wood} {noun}"]
        case "vanity" | "tv_unit":
            return [{"vanity": "washbasin", "tv_unit": "television"}[item.kind]]
    return [noun]


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
