"""Adults for a scene: nobody real, their looks, clothes and poses drawn at random.

`lib.twin.drawing.figures` draws them. The colours and poses are in `people.yaml`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from lib.core import yaml_files
from lib.twin.drawing.draws import pick
from lib.twin.drawing.textures import Colour, Colours

FACES = ("visible", "hidden", "cropped", "blurred")
COVERS = {  # what keeps a face from being seen
    "visible": ("none",),
    "cropped": ("none",),
    "hidden": ("away", "phone", "hand", "hat"),
    "blurred": ("blur", "pixels", "emoji", "bar"),
}
_TABLE = yaml_files.read(Path(__file__).with_suffix(".yaml"), "it should hold what people are drawn from")


def _colours(name: str) -> Colours:
    return tuple(tuple(colour) for colour in _TABLE[name])


SKINS, HAIRS, CLOTHES, TROUSERS = map(_colours, ("skins", "hairs", "clothes", "trousers"))
HAIR_STYLES: tuple[str, ...] = tuple(_TABLE["hair_styles"])
UP = "up to the face"
"""How an arm is held that hides the face: no pose by itself."""
ARMS: dict[str, np.ndarray] = {pose: np.array(arms) for pose, arms in _TABLE["arms"].items()}
"""Joints of each pose in heads: (2 arms, 3 joints, x and y); the second arm is seen in a mirror."""
POSES = tuple(pose for pose in ARMS if pose != UP)


@dataclass(frozen=True)
class Person:
    """A drawn person and how much of the face a picture of it shows (`face`, one of FACES; `cover` says by what)."""

    skin: Colour
    hair: Colour
    hair_style: str
    top: Colour
    top_pattern: str  # plain, striped, shirt, apron
    bottom: Colour
    beard: bool
    glasses: bool
    build: float  # width of the body, 1 is average
    stature: float  # m
    features: tuple[float, ...]  # width of face, eye spacing, eye size, nose, mouth, brow: each about 1
    face: str = "visible"
    cover: str = "none"
    pose: str = POSES[0]
    x: float = 0.5  # where the head is, share of the picture's width
    head: float = 0.25  # height of the head, share of the picture's height
    turn: float = 0.0  # of the head, -1 (left) to 1 (right)
    tilt: float = 0.0  # of the head, degrees
    smile: float = 0.0  # 0..1

    @classmethod
    def draw(cls, rng: np.random.Generator, face: str = "visible") -> Person:
        """A new person; `ValueError` for a `face` that is not in FACES."""
        u = rng.uniform
        person = cls(
            skin=pick(rng, *SKINS),
            hair=pick(rng, *HAIRS),
            hair_style=pick(rng, *HAIR_STYLES),
            top=pick(rng, *CLOTHES),
            top_pattern=pick(rng, "plain", "plain", "striped", "shirt", "apron"),
            bottom=pick(rng, *TROUSERS),
            beard=bool(u() < 0.3),
            glasses=bool(u() < 0.2),
            build=float(u(0.88, 1.15)),
            stature=float(u(1.58, 1.86)),
            features=tuple(u(0.92, 1.08, 6).tolist()),
        )
        return person.posed(rng, face)

    def posed(self, rng: np.random.Generator, face: str) -> Person:
        """The same person, looks and clothes, in another picture: another pose, place and size, and this `face`."""
        if face not in FACES:
            raise ValueError(f"face must be one of {FACES}, not {face!r}")
        u = rng.uniform
        return replace(
            self,
            face=face,
            cover=pick(rng, *COVERS[face]),
            pose=pick(rng, *POSES),
            x=float(u(0.27, 0.73)),
            head=float(np.exp(u(math.log(0.15), math.log(0.38)))),
            turn=float(np.clip(rng.normal(0, 0.3), -0.7, 0.7)),
            tilt=float(np.clip(rng.normal(0, 4), -10, 10)),
            smile=float(u()),
        )
