"""Suggestions for names that aren't known, for error messages."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

RENAMED = {
    "text_rate": "text_lr",
    "image_rate": "image_lr",
    "head_rate": "head_lr",
    "proxy_rate": "proxy_lr",
    "rate": "lr",
    "least_change": "min_delta",
    "by_length": "group_by_length",
    "vision": "image",
    "joint": "multimodal",
    "11_vision": "11_image",
    "sound": "corrected",
    "published": "released",
}
"""Names in parameter files written before November 2026 -> today's."""


def nearest(name: object, known: Iterable[str]) -> str:
    """A clause that suggests a known name: today's where it was renamed, else the most similar one, and lists all."""
    names = list(known)
    if (today := RENAMED.get(str(name))) in names:
        return f"it is called {today!r} now"
    similar = difflib.get_close_matches(str(name).lower(), names, 1, 0.5)
    return (f"did you mean {similar[0]!r}? " if similar else "") + f"known are {', '.join(names)}"
