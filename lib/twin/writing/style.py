"""A vendor's style of writing: habits of casing, marks, spelling, wording, order and services.

How well vendors can be told apart is tuned by the `distinctness` of `Style.draw`. The options that habits are drawn
from are in `style.yaml`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from numpy.random import Generator

from lib.core import yaml_files
from lib.twin import lexicon
from lib.twin.writing.draws import one_of, rate, some_of, weighted
from lib.twin.writing.grammar import MASK, ROLES, count_pieces

SERVICES = tuple(lexicon.SERVICES)
_OPTIONS = yaml_files.read(Path(__file__).with_suffix(".yaml"), "it should hold the options of a writer's habits")


def _shuffled_roles(rng: Generator) -> tuple[str, ...]:
    """The usual order of roles with three exchanges; a greeting stays first."""
    order = list(ROLES)
    for _ in range(3):
        a, b = rng.integers(1, len(order), 2)
        order[a], order[b] = order[b], order[a]
    return tuple(order)


HABITS: dict[str, Callable[[Generator], Any]] = {
    "services": some_of(SERVICES, 1, 2),
    "plural": one_of((True, False)),
    "order": _shuffled_roles,
    "sections": some_of(_OPTIONS["sections"], 1, 6),
    "title_parts": one_of(_OPTIONS["title_parts"]),
    "phone_in_title": one_of((False, False, False, True)),
    "casing": weighted(_OPTIONS["casing"]),
    "title_casing": weighted(_OPTIONS["title_casing"]),
    "title_font": weighted(_OPTIONS["title_font"]),
    "title_frame": one_of([tuple(sides) for sides in _OPTIONS["title_frame"]]),
    "divider": one_of(_OPTIONS["divider"]),
    "stop": one_of(_OPTIONS["stop"]),
    "comma": one_of(_OPTIONS["comma"]),
    "joiner": one_of(_OPTIONS["joiner"]),
    "bullet": one_of(_OPTIONS["bullet"]),
    "emoji": some_of(lexicon.EMOJI, 1, 5),
    "emoji_rate": rate(0.55, 0.6),
    "contractions": weighted(_OPTIONS["contractions"]),
    "slips": some_of(tuple(lexicon.SLIPS), 0, 12),
    "short_forms": some_of(tuple(lexicon.SHORT_FORMS), 0, 12),
    "money": one_of(_OPTIONS["money"]),
    "spelled_counts": one_of((False, False, True)),
    "dates": weighted(_OPTIONS["dates"]),
    "footer": one_of(_OPTIONS["footer"]),
    "gaps": rate(0.4, 0.15),
    "stretching": rate(0.25, 0.3),
    "typos": rate(0.5, 0.04),
    "clutter": rate(0.35, 0.8),
    "constancy": lambda rng: 0.5 + 0.45 * rng.random(),
}
"""How each habit is drawn for one writer, without regard to the school. They are drawn in this order."""


@dataclass(frozen=True)
class Style:
    """How a vendor writes; the default is the house style, from which the others depart.

    Rates are chances per sentence (emoji, stretching), per space (gaps), per word (typos) and per ad (clutter).
    constancy: how often a writer takes the favourite wording, and how far the favourite sentences prevail.
    tastes: (seed, share) of the writer's own likings, then of the school's, and so on. A wording is judged by the first
    whose share it falls into.
    """

    services: tuple[str, ...] = SERVICES
    plural: bool = True
    order: tuple[str, ...] = ROLES
    sections: tuple[str, ...] = ("greeting", "about", "price", "area", "closing")
    title_parts: int = 2
    phone_in_title: bool = False
    casing: str = "sentence"
    title_casing: str = "title"
    title_font: str = "plain"
    title_frame: tuple[str, str] = ("", "")
    divider: str = " - "
    stop: str = "."
    comma: str = ", "
    joiner: str = " "
    bullet: str = ""
    emoji: tuple[str, ...] = ("⭐", "📞")
    emoji_rate: float = 0.05
    contractions: str = "short"
    slips: tuple[str, ...] = ()
    short_forms: tuple[str, ...] = ()
    money: str = "${}"
    spelled_counts: bool = False
    dates: str = "us"
    footer: str = ""
    gaps: float = 0.01
    stretching: float = 0.0
    typos: float = 0.003
    clutter: float = 0.05
    constancy: float = 0.5
    tastes: tuple[tuple[int, float], ...] = ((0, 1.0),)

    @classmethod
    def draw(cls, rng: Generator, distinctness: float = 0.5, school: Style | None = None) -> Style:
        """A writer of the school (by default the house style) who keeps about 1 - distinctness of its habits.

        0 gives the school itself, 1 nothing in common. With the same generator a higher distinctness keeps the habits
        that a lower one had changed. A school is itself a style, drawn at 1, say.
        """
        school = school or cls()
        taste, *chances = (int(rng.integers(2**63)), *rng.random(len(HABITS)))
        own = {habit: draw(rng) for habit, draw in HABITS.items()}
        changed = {habit: own[habit] for habit, chance in zip(HABITS, chances, strict=True) if chance < distinctness}
        return replace(school, **changed, tastes=((taste, distinctness), *school.tastes))

    def liking(self, key: int) -> float:
        """How much the writer likes the wording with this key, 0 to 1."""
        for seed, share in self.tastes:
            bits = (seed ^ key) * 0xD6E8FEB86659FD93 & MASK
            if (bits ^ bits >> 29) & 0xFFFFF < share * 0x100000:
                return (bits >> 32) / 2**32
        return 0.5

    @cached_property
    def respellings(self) -> dict[str, str]:
        """Words (lower case) that this writer spells differently."""
        return {word: lexicon.SLIPS[word] for word in self.slips} | {
            word: lexicon.SHORT_FORMS[word] for word in self.short_forms
        }

    @cached_property
    def tokens_per_sentence(self) -> float:
        """Tokens that the marks add to a sentence, on average."""
        return count_pieces(self.bullet + self.stop + self.joiner) + 1.1 * self.emoji_rate

    @cached_property
    def tokens_per_ad(self) -> float:
        """Tokens that the marks add to an ad, on average."""
        return count_pieces("".join(self.title_frame) + self.footer) + 5 * self.clutter
