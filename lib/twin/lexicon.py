"""The words of the synthetic ads, from `lexicon.yaml`: sentence frames, nicknames, spelling habits and marks.

`lib.twin.writing` reads the frames, whose notation is explained in the YAML file. The order of every list counts, since
random draws pick by position.
"""

from __future__ import annotations

from pathlib import Path

from lib.core import yaml_files

Bank = dict[str, tuple[str, ...]]
"""The frames of each role of a sentence (greeting, offer, price, …)."""

_WORDS = yaml_files.read(Path(__file__).with_suffix(".yaml"), "it should hold the words of the synthetic ads")


def _bank(roles: dict[str, str]) -> Bank:
    return {role: tuple(frames.splitlines()) for role, frames in roles.items()}


def _pairs(name: str) -> dict[str, str]:
    return dict(pair.split(":") for pair in _WORDS[name].split())


NAMES: tuple[str, ...] = tuple(_WORDS["names"].split())
CITIES: dict[str, list[str]] = _WORDS["cities"]
COMMON = _bank(_WORDS["common"])
SERVICES: dict[str, Bank] = {service: _bank(roles) for service, roles in _WORDS["services"].items()}
FOREIGN: dict[str, Bank] = {language: _bank(roles) for language, roles in _WORDS["foreign"].items()}
SLIPS = _pairs("slips")
SHORT_FORMS = _pairs("short_forms")
CONTRACTIONS: dict[str, str] = dict(pair.split(":") for pair in _WORDS["contractions"].splitlines())
EMOJI: tuple[str, ...] = tuple(_WORDS["emoji"].split())
LETTER_DIGITS: dict[str, str] = _WORDS["letter_digits"]
LOOKALIKE_DIGITS: dict[str, str] = _WORDS["lookalike_digits"]
NUMBER_WORDS: tuple[str, ...] = tuple(_WORDS["number_words"])
