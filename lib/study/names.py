"""Suggestions for names that aren't known, for error messages."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from pathlib import Path

from lib.core import yaml_files

RENAMED: dict[str, str] = yaml_files.read(Path(__file__).with_suffix(".yaml"), "it should hold older names")


def nearest(name: object, known: Iterable[str]) -> str:
    """A clause that suggests a known name: today's where it was renamed, else the one that it begins (`01`) or the most
    similar one, and lists all."""
    names = list(known)
    if (today := RENAMED.get(str(name))) in names:
        return f"it is called {today!r} now"
    begun = [other for other in names if name and other.startswith(str(name).lower())]
    similar = begun if len(begun) == 1 else difflib.get_close_matches(str(name).lower(), names, 1, 0.5)
    return (f"did you mean {similar[0]!r}? " if similar else "") + f"known are {', '.join(names)}"
