"""Icon sets as Iconify packs them: which are taken, their icons in groups of one style, and an icon as a picture.

Source: the npm package @iconify/json; its form is Iconify's "IconifyJSON" (one file a set) and `collections.json`.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import cv2
import numpy as np
import pandas as pd

from lib.core.errors import DataError
from lib.data.real_sets import archives, cleaning

PIXELS = 64
"""Side of an icon that is rendered."""
CANDIDATES = 80
"""Icons of a group that are rendered, of which some fall as duplicates."""
EMOJI = "Emoji"
"""The category of sets that draw the same concepts."""
NOT_TAKEN = ("Logos", "Flags / Maps")
"""Categories whose drawings are other people's designs."""
RESERVED = ("GPL", "NC")
"""What licences of sets that aren't taken have in their names: GPL (and so AGPL, LGPL) and non-commercial terms."""
VIEW = ("left", "top", "width", "height")
DEFAULTS = {"left": 0, "top": 0, "width": 16, "height": 16}
"""Of an icon's view, in the set's units, where neither the icon nor its set says it."""
HOW_TO_INSTALL = "Icons are rendered by resvg, which is not installed here: pip install resvg-py."


class IconSet(NamedTuple):
    """prefix: its name in the package. author: as written. icons: visible ones, name -> view and body (SVG)."""

    prefix: str
    author: str
    emoji: bool
    icons: dict[str, dict[str, Any]]
    styles: dict[str, str]  # icon -> style, '' for none


def sets(package: Path, steps: cleaning.Steps) -> Iterator[IconSet]:
    """The sets that are taken, in the archive's order.

    Raises DataError when the archive is damaged, or is no package of icon sets.
    """
    found = list(archives.members(package, lambda name: name == "package/collections.json"))
    listed: Mapping[str, Any] = _parsed(package, found[0]) if found else {}
    if not listed:
        raise DataError(f"{package}: there is no list of icon sets in this package. Is it @iconify/json?")
    free = {prefix: about for prefix, about in listed.items() if not _reserved(about)}
    own = {prefix: about for prefix, about in free.items() if about.get("category") not in NOT_TAKEN}
    taken = {prefix: about for prefix, about in own.items() if not about.get("hidden")}
    steps.note("sets under free licences", "GPL and non-commercial terms", len(listed), len(free))
    steps.note("sets of own designs", "logos and flags are drawn after others", len(free), len(own))
    steps.note("current sets", "a hidden set is an earlier state of another", len(own), len(taken))
    for member in archives.members(package, lambda name: _prefix(name) in taken):
        about, content = taken[_prefix(member.name)], _parsed(package, member)
        yield _icon_set(_prefix(member.name), about, content)


def _prefix(name: str) -> str:
    return name.removeprefix("package/json/").removesuffix(".json") if name.startswith("package/json/") else ""


def _reserved(about: Mapping[str, Any]) -> bool:
    terms = about.get("license", {})
    name = f"{terms.get('spdx', '')} {terms.get('title', '')}"
    return any(word in name for word in RESERVED)


def _parsed(package: Path, member: archives.Member) -> dict[str, Any]:
    try:
        return dict(json.loads(member.content))
    except ValueError:
        raise DataError(f"{package}: {member.name} is not JSON. Get the package anew.") from None


def _icon_set(prefix: str, about: Mapping[str, Any], content: Mapping[str, Any]) -> IconSet:
    view = {name: content.get(name, DEFAULTS[name]) for name in VIEW}
    icons = {name: view | icon for name, icon in content.get("icons", {}).items() if not icon.get("hidden")}
    author = str(about.get("author", {}).get("name", ""))
    emoji = about.get("category") == EMOJI
    return IconSet(prefix, author, emoji, icons, {name: _style(name, content) for name in icons})


def _style(name: str, content: Mapping[str, Any]) -> str:
    """The longest declared suffix or prefix that the icon's name has."""
    ends = [end for end in content.get("suffixes", {}) if end and name.endswith(f"-{end}")]
    starts = [start for start in content.get("prefixes", {}) if start and name.startswith(f"{start}-")]
    return max([*ends, *starts], key=len, default="")


def renderer() -> Any:
    """The module that renders SVG. Raises DataError when it isn't installed."""
    try:
        import resvg_py
    except ImportError:
        raise DataError(HOW_TO_INSTALL) from None
    return resvg_py


def drawn(icon: Mapping[str, Any]) -> np.ndarray | None:
    """An icon, (PIXELS, PIXELS, 3) uint8, RGB, black where it has no colour of its own, on white.

    None for what can't be rendered, shows one colour, or embeds a picture from elsewhere. Raises DataError when resvg
    isn't installed.
    """
    body = str(icon.get("body", ""))
    if "<image" in body:
        return None
    view = " ".join(str(icon[name]) for name in VIEW)
    text = (
        f'<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" viewBox="{view}" '
        f'width="{PIXELS}" height="{PIXELS}">{body.replace("currentColor", "#000000")}</svg>'
    )
    try:
        content = bytes(
            renderer().svg_to_bytes(
                svg_string=text, background="#ffffff", width=PIXELS, height=PIXELS, skip_system_fonts=True
            )
        )
    except ValueError:
        return None
    picture = cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_COLOR)
    if picture is None or picture.shape[:2] != (PIXELS, PIXELS) or (picture == picture[0, 0]).all():
        return None
    return np.asarray(picture[:, :, ::-1], np.uint8)


def candidates(icon_set: IconSet) -> pd.DataFrame:
    """Up to CANDIDATES icons of each style of a set, drawn by the seed: `name, style`."""
    table = pd.DataFrame({"name": sorted(icon_set.icons)}, dtype=str)
    table["style"] = table["name"].map(icon_set.styles)
    return table.sample(frac=1, random_state=cleaning.SEED).groupby("style").head(CANDIDATES).sort_values("name")
