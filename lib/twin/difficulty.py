"""How hard the twin's texts are to tell apart, by region and at every scale.

A small gallery is easier than a large one, and MATCHED's regions differ. Two habits of vendors make up for both: how
far one template prevails over a vendor's others (which sets how many of its ads look alike), and how many vendors use
no template at all but write each ad anew, about any service (which sets how often the first hit is somebody else's).
`difficulty.yaml` has the settings, at the scales on which they were set.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd

from lib.core import yaml_files
from lib.twin.ad_plan import PLAN, REGIONS, Settings, stream

_SETTINGS = yaml_files.read(Path(__file__).with_suffix(".yaml"), "it should hold how hard the texts of regions are")
_GOLDEN = (5**0.5 - 1) / 2


class Habits(NamedTuple):
    """A region's habits at a scale; `difficulty.yaml` says what each number is."""

    main: float
    varied: float
    edited: float
    tilt: float


@cache
def habits(region: str, scale: float) -> Habits:
    """The habits of a region's vendors in a twin of this scale (1: MATCHED's size)."""
    given: dict[float, dict[str, float]] = _SETTINGS["regions"][region]
    scales = sorted(given)

    def at(name: str) -> float:
        return float(np.interp(np.log(scale), np.log(scales), [given[each][name] for each in scales]))

    return Habits(*map(at, Habits._fields))


def varied(settings: Settings, ads: pd.DataFrame) -> set[tuple[str, int]]:
    """The vendors that write every ad anew, each with the region where it does.

    ads: from `lib.twin.ad_plan.plan`. A vendor's chance is `varied` times (its texts / a vendor's mean) ** `tilt`.
    Vendors are taken in the order of their texts by steps of the golden ratio, so that small twins too have their share
    of them, and of each size.
    """
    found: set[tuple[str, int]] = set()
    for region, rows in ads[ads["copied"] < 0].groupby("region", sort=False):
        posts = rows.groupby("vendor").size().sort_values(kind="stable")
        own = habits(str(region), settings.scale)
        chance = own.varied * (posts / posts.mean()) ** own.tilt
        start = stream(settings, PLAN, 3, REGIONS.index(region)).random()
        steps = (start + _GOLDEN * np.arange(len(posts))) % 1
        found |= {(str(region), int(vendor)) for vendor in posts.index[steps < chance]}
    return found
