"""What an error says of a name that isn't known."""

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
"""What was called otherwise in parameter files written before November 2026."""


def nearest(name: object, known: Iterable[str]) -> str:
    """What stands in an error for a name that isn't known: what it is called now, or the nearest one that is known and all of them."""
    names = list(known)
    if (now := RENAMED.get(str(name))) in names:
        return f"it is called {now!r} now"
    near = difflib.get_close_matches(str(name).lower(), names, 1, 0.5)
    return (f"did you mean {near[0]!r}? " if near else "") + f"known are {', '.join(names)}"
