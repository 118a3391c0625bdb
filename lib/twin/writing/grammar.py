"""The grammar of the twin's texts: frames of sentences with choices in them, and how long they become.

The notation is that of `lib/twin/lexicon.yaml`: [a|b] is a choice by the writer's liking, <a|b> a choice by voice
(singular or plural), {city} a slot.
"""

from __future__ import annotations

import re
from functools import cache
from typing import NamedTuple, TypeAlias
from zlib import crc32

from lib.twin import lexicon

ROLES = ("greeting", "offer", "about", "detail", "price", "times", "area", "contact", "closing")
PHONE_TOKENS = 7
MASK = 2**64 - 1
_PIECE = re.compile(r"\{\w+\}|[^\W\d_]+|\d+|[^\w\s]|_")

Parts: TypeAlias = "tuple[str | Choice, ...]"


class Choice(NamedTuple):
    """One of several wordings, chosen by the writer's voice or by liking (`key` identifies the choice).

    A choice's key is a hash of the `repr` of its options, so the names of this class and its fields are part of the
    twin's bytes.
    """

    key: int
    options: tuple[Parts, ...]
    by_voice: bool


class Frame(NamedTuple):
    """A sentence with choices in it; `key` identifies it."""

    key: int
    parts: Parts


def _hash(name: str) -> int:
    """64 well-mixed bits of a name (splitmix64 of its CRC), the same in every process."""
    x = crc32(name.encode()) * 0x9E3779B97F4A7C15 & MASK
    x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9 & MASK
    x = (x ^ (x >> 27)) * 0x94D049BB133111EB & MASK
    return x ^ (x >> 31)


def parse(source: str) -> Frame:
    """A frame from its notation."""
    marks = iter(re.findall(r"[\[\]<>|]|[^\[\]<>|]+", source))

    def options(end: str) -> tuple[Parts, ...]:
        complete: list[Parts] = []
        parts: list[str | Choice] = []
        for mark in marks:
            if mark == end:
                break
            if mark == "|":
                complete.append(tuple(parts))
                parts = []
            elif mark in "[<":
                inner = options("]" if mark == "[" else ">")
                parts.append(Choice(_hash(repr(inner)), inner, mark == "<"))
            else:
                parts.append(mark)
        return (*complete, tuple(parts))

    (parts,) = options("")
    return Frame(_hash(source), parts)


@cache
def frames(language: str, service: str, role: str) -> tuple[Frame, ...]:
    """What a writer may say in a role; an English service adds its own sentences to those that all services share."""
    shared = lexicon.COMMON if language == "en" else lexicon.FOREIGN[language]
    own = lexicon.SERVICES[service] if service else {}
    return tuple(parse(source) for source in (*own.get(role, ()), *shared.get(role, ())))


def count_pieces(text: str) -> int:
    """Words and marks in a text, a telephone number for its usual length: a quick estimate of the number of tokens."""
    return len(_PIECE.findall(text)) + (PHONE_TOKENS - 1) * text.count("{phone}")
