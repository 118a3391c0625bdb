"""Tastes in furnishing (a vendor's, a hotel chain's): palettes, woods, patterns and forms.

Tastes share forty palettes and nine patterns, so that two of them can look alike. The colours are in `furnishing.yaml`.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from lib.core import yaml_files
from lib.twin.drawing.draws import pick
from lib.twin.drawing.textures import PATTERNS, Colour, Colours

_TABLE = yaml_files.read(Path(__file__).with_suffix(".yaml"), "it should hold the colours that places are furnished in")
PALETTES: tuple[Colours, ...] = tuple(
    tuple(tuple(bytes.fromhex(colour)) for colour in palette.split()) for palette in _TABLE["palettes"].splitlines()
)
WOODS: dict[str, Colours] = {name: tuple(map(tuple, colours)) for name, colours in _TABLE["woods"].items()}
METALS: dict[str, Colour] = {name: tuple(colour) for name, colour in _TABLE["metals"].items()}
FLOORS: tuple[str, ...] = tuple(_TABLE["floors"])
WALLS: tuple[str, ...] = tuple(_TABLE["walls"])


@dataclass(frozen=True)
class Furnishing:
    """A taste in furnishing; `palette` indexes PALETTES, patterns are from `lib.twin.drawing.textures.PATTERNS`."""

    palette: int
    tint: tuple[float, ...]  # small shift of all colours, RGB −12..12
    wood: str
    floor_wood: str
    metal: str
    form: str  # boxy, rounded, slim
    headboard: str  # panel, padded, slats
    bedding: str  # pattern
    cushion: str  # pattern
    curtain: str  # pattern
    rug: str  # pattern
    paper: str  # pattern of wallpaper
    scale: float  # size of the patterns, 0.6..1.5
    drapes: str  # long, blind, sheer, none
    wall: str  # one of WALLS
    floor: str  # pattern
    art: str  # abstract, landscape, botanical, geometric, wavy
    lamp: str  # cone, drum, globe
    dark_trim: bool

    @classmethod
    def draw(cls, rng: np.random.Generator) -> Furnishing:
        """A new taste; many tastes share palettes and patterns."""
        woods = tuple(WOODS)
        return cls(
            palette=int(rng.integers(len(PALETTES))),
            tint=tuple(rng.uniform(-10, 10, 3).round(1).tolist()),
            wood=pick(rng, *woods),
            floor_wood=pick(rng, *woods[:5], "grey"),
            metal=pick(rng, *METALS),
            form=pick(rng, "boxy", "rounded", "slim"),
            headboard=pick(rng, "panel", "padded", "slats"),
            bedding=pick(rng, "plain", *PATTERNS),
            cushion=pick(rng, "plain", *PATTERNS),
            curtain=pick(rng, "plain", "plain", "plain", "striped", "floral", "leafy"),
            rug=pick(rng, *PATTERNS),
            paper=pick(rng, "striped", "floral", "diamond", "leafy", "dotted"),
            scale=float(rng.uniform(0.65, 1.5)),
            drapes=pick(rng, "long", "long", "sheer", "blind", "none"),
            wall=pick(rng, *WALLS),
            floor=pick(rng, *FLOORS),
            art=pick(rng, "abstract", "landscape", "botanical", "geometric", "wavy"),
            lamp=pick(rng, "cone", "drum", "globe"),
            dark_trim=bool(rng.random() < 0.2),
        )
