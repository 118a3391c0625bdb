"""Drafts of ads: a title and sentences with slots, composed in a vendor's style, reused and edited from ad to ad."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import chain, cycle
from typing import NamedTuple

from numpy.random import Generator

from lib.twin import lexicon
from lib.twin.writing.draws import pick
from lib.twin.writing.grammar import PHONE_TOKENS, Parts, count_pieces, frames
from lib.twin.writing.lettering import set_in
from lib.twin.writing.style import Style

LANGUAGES = ("en", *lexicon.FOREIGN)
_FIRST = ("offer", "detail")
_THEN = ("detail", "detail", "offer", "detail", "times", "detail", "about", "detail", "price")
"""What an ad says first, and then, over and over, while there is room."""
_TOKENS_PER_PIECE = {"en": 1.05, "es": 1.75, "fr": 1.58, "de": 1.8, "pt": 1.75}
"""Tokens of MiniLM's tokenizer per counted piece: rare words, slips and words of other languages are split."""
_ATTEMPTS = 8
"""At a sentence or title that the draft doesn't have yet."""


class Sentence(NamedTuple):
    """A sentence with slots, without its stop, and its role in the ad (one of ROLES)."""

    role: str
    text: str


@dataclass(frozen=True)
class Draft:
    """An ad before its facts: the parts of the title and the sentences of the body."""

    title: tuple[str, ...]
    body: tuple[Sentence, ...]
    service: str
    language: str = "en"


def compose(style: Style, rng: Generator, tokens: int, language: str = "en") -> Draft:
    """A new ad, about `tokens` long once rendered (20 to 600).

    For one of the writer's services, or in another of LANGUAGES for none in particular.
    """
    empty = Draft((), (), pick(rng, style.services) if language == "en" else "", language)
    per_piece = _TOKENS_PER_PIECE[language]
    title = _title(empty, style, rng, tokens / per_piece / 4)
    written = set_in(style.title_font, style.divider.join(title))
    room = tokens - 1 - per_piece * count_pieces(written) - style.tokens_per_ad
    used: set[int] = set()
    sections = [style.sections[place] for place in rng.permutation(len(style.sections))]
    body: list[Sentence] = []
    for role in chain(("contact", *_FIRST), sections, cycle(_THEN)):
        sentence = Sentence(role, write_sentence(role, empty, style, rng, used))
        cost = per_piece * count_pieces(sentence.text) + style.tokens_per_sentence
        if body and room < cost / 2:
            break
        body.append(sentence)
        room -= cost
    body.sort(key=lambda sentence: style.order.index(sentence.role))
    return replace(empty, title=title, body=tuple(body))


def edit(draft: Draft, style: Style, rng: Generator, share: float) -> Draft:
    """The draft used again: about `share` of its sentences (and its title as often) replaced, dropped, added to or
    moved up by one. The sentence with the telephone number is never dropped."""
    title = _another_title(draft, style, rng) if rng.random() < share else draft.title
    body: list[Sentence] = []
    for sentence, chance in zip(draft.body, rng.random(len(draft.body)), strict=True):
        if chance >= share:
            body.append(sentence)
            continue
        way = rng.random()
        if way < 0.55:
            body.append(_another(sentence.role, draft, style, rng))
        elif way < 0.7:
            body += [sentence, _another("detail", draft, style, rng)]
        elif way < 0.85 and sentence.role != "contact":
            continue
        else:
            body.insert(max(0, len(body) - 1), sentence)
    return replace(draft, title=title, body=tuple(body))


def write_sentence(role: str, draft: Draft, style: Style, rng: Generator, used: set[int]) -> str:
    """A sentence for the role: of a few random frames the writer's favourite.

    used: keys of frames that are not to be repeated, as long as there are others; the new one is added.
    """
    known = frames(draft.language, draft.service, role)
    unused = [frame for frame in known if frame.key not in used] or known
    candidates = [pick(rng, unused) for _ in range(1 + int(10 * style.constancy**2))]
    frame = max(candidates, key=lambda frame: style.liking(frame.key))
    used.add(frame.key)
    return " ".join(_expand(frame.parts, style, rng).split())


def _expand(parts: Parts, style: Style, rng: Generator) -> str:
    """One wording of a frame: the favourite of each choice, as often as the writer is constant."""
    text = ""
    for part in parts:
        if isinstance(part, str):
            text += part
        elif part.by_voice:
            text += _expand(part.options[style.plural], style, rng)
        else:
            place = style.liking(part.key) if rng.random() < style.constancy else rng.random()
            text += _expand(part.options[int(place * len(part.options))], style, rng)
    return text


def _title(draft: Draft, style: Style, rng: Generator, room: float) -> tuple[str, ...]:
    """What is offered, then tags, as many as the writer uses and there is room for (in tokens)."""
    used: set[int] = set()
    parts = [write_sentence("title", draft, style, rng, used)]
    while len(parts) < style.title_parts and count_pieces(" ".join(parts)) < room - 4:
        parts.append(write_sentence("tag", draft, style, rng, used))
    if style.phone_in_title and room > 2 * PHONE_TOKENS:
        parts.append("{phone}")
    return tuple(parts)


def _another(role: str, draft: Draft, style: Style, rng: Generator) -> Sentence:
    """A sentence of the role that isn't in the draft, if an attempt finds one."""
    used: set[int] = set()
    for _ in range(_ATTEMPTS):
        sentence = Sentence(role, write_sentence(role, draft, style, rng, used))
        if sentence not in draft.body:
            break
    return sentence


def _another_title(draft: Draft, style: Style, rng: Generator) -> tuple[str, ...]:
    for _ in range(_ATTEMPTS):
        title = _title(draft, style, rng, count_pieces(" ".join(draft.title)) + 4)
        if title != draft.title:
            break
    return title
