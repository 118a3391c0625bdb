"""The text side of the twin: harmless classified ads, each in the writing style of its vendor.

A vendor is a `Style` (habits of casing, marks, spelling, lexicon, order, services), drawn near the habits of a
school; an ad starts as a `Draft` (a title and sentences with slots), which is reused and edited, and `render` fills
in an ad's `Facts` and applies the habits:

    style = Style.draw(rng, distinctness=0.5)
    template = compose(style, rng, tokens=125)
    text = render(edit(template, style, rng, share=0.3), style, facts, rng)   # "TITLE [SEP] DESCRIPTION"

How well vendors can be told apart is tuned by `distinctness` (habits), by the share of an edit (copies), by how many
templates a vendor has, and by whether the second is an edit of the first (themes).

All chance comes from the generator that is passed in. Nothing here can name a person, a working telephone number, or
an address outside of example.org: `Facts` refuses them. The words themselves are in `lib.twin.lexicon`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cache, cached_property
from itertools import chain, cycle
from typing import Any, NamedTuple
from zlib import crc32

from numpy.random import Generator

from lib.twin import lexicon

SERVICES = tuple(lexicon.SERVICES)
LANGUAGES = ("en", *lexicon.FOREIGN)
ROLES = ("greeting", "offer", "about", "detail", "price", "times", "area", "contact", "closing")


def _pick(rng: Generator, options: Sequence[Any]) -> Any:
    return options[int(rng.random() * len(options))]


# Telephone numbers in hiding ------------------------------------------------------------------------------------------


def _grouped(separator: str) -> Callable[[str, Generator], str]:
    """A writer of numbers in groups of 3, 3 and 4 digits."""
    return lambda digits, rng: separator.join((digits[:3], digits[3:6], digits[6:]))


def _spelled(digits: str, rng: Generator) -> str:
    case = _pick(rng, (str.lower, str.title, str.upper))
    zero = _pick(rng, ("zero", "oh"))
    words = (zero if digit == "0" else lexicon.NUMBER_WORDS[int(digit)] for digit in digits)
    return case(_pick(rng, (" ", "-", "  ")).join(words))


def _mixed(digits: str, rng: Generator) -> str:
    """Some digits spelled, at least one, the others not."""
    spelled = rng.random(10) < 0.4
    spelled[rng.integers(10)] = True
    marks = [lexicon.NUMBER_WORDS[int(digit)] if word else digit for digit, word in zip(digits, spelled, strict=True)]
    between = _pick(rng, ("", " ", "-"))
    return between.join(("".join(marks[:3]), "".join(marks[3:6]), "".join(marks[6:])))


def _replaced(digits: str, rng: Generator, characters: dict[str, str], share: float) -> str:
    """Dashed, with about `share` of the digits (at least one that can be) as another character."""
    swap = rng.random(10) < share
    able = [place for place, digit in enumerate(digits) if digit in characters]
    if able:
        swap[_pick(rng, able)] = True
    written = [_pick(rng, characters[d]) if s and d in characters else d for d, s in zip(digits, swap, strict=True)]
    return _grouped("-")("".join(written), rng)


def _offset(digits: str, zeros: Sequence[str], ones: Sequence[str], rng: Generator) -> str:
    """Digits of another alphabet: its zero, and its one, after which the others follow."""
    alphabet = int(rng.random() * len(ones))
    return "".join(zeros[alphabet] if digit == "0" else chr(ord(ones[alphabet]) + int(digit) - 1) for digit in digits)


def _keycap(digits: str, rng: Generator) -> str:
    return _pick(rng, ("", " ")).join(f"{digit}\ufe0f\u20e3" for digit in digits)


def _zero_width(digits: str, rng: Generator) -> str:
    return _pick(rng, ("\u200b", "\u200c", "\u2060")).join(digits)


def _separated(separators: Sequence[str]) -> Callable[[str, Generator], str]:
    """A writer of numbers with marks between groups or between all digits."""

    def write(digits: str, rng: Generator) -> str:
        separator = _pick(rng, separators)
        return separator.join(digits) if rng.random() < 0.4 else _grouped(separator)(digits, rng)

    return write


def _in_words(digits: str, rng: Generator) -> str:
    first, second, last = digits[:3], digits[3:6], digits[6:]
    return _pick(
        rng,
        (
            f"area code {first}, then {second}, then {last}",
            f"{first} and then {second} and last {last}",
            f"{first} (call) {second} (now) {last}",
            f"start {first} next {second} end {last}",
        ),
    )


_HIDERS: dict[str, Callable[[str, Generator], str]] = {
    "plain": lambda digits, rng: digits,
    "dashed": _grouped("-"),
    "dotted": _grouped("."),
    "spaced": _grouped(" "),
    "bracketed": lambda digits, rng: f"({digits[:3]}){_pick(rng, (' ', ''))}{digits[3:6]}-{digits[6:]}",
    "spelled": _spelled,
    "mixed": _mixed,
    "letters": lambda digits, rng: _replaced(digits, rng, lexicon.LETTER_DIGITS, 0.8),
    "lookalike": lambda digits, rng: _replaced(digits, rng, lexicon.LOOKALIKE_DIGITS, 0.4),
    "fullwidth": lambda digits, rng: _offset(digits, "０", "１", rng),
    "circled": lambda digits, rng: _offset(digits, "⓪⓿", "①❶", rng),
    "keycap": _keycap,
    "mathematical": lambda digits, rng: _offset(digits, "𝟎𝟘𝟢𝟬𝟶", "𝟏𝟙𝟣𝟭𝟷", rng),
    "zerowidth": _zero_width,
    "stars": _separated(("*", "★", "~", "_", "•", "**")),
    "emoji": _separated(("📞", "✨", "⭐", "🌟", "🔔")),
    "words": _in_words,
    "slash": _grouped("/"),
}
HIDINGS = tuple(_HIDERS)


def hide_phone(digits: str, way: str, rng: Generator, second: str | None = None) -> str:
    """Ten digits, written in one of HIDINGS; a `second` number stands behind a slash in the way "slash".

    Where both share their first six digits only the last four of the second are written.
    """
    if way == "slash" and second:
        return f"{_grouped('-')(digits, rng)}/{second[6:] if second[:6] == digits[:6] else _grouped('-')(second, rng)}"
    return _HIDERS[way](digits, rng)


# Facts ----------------------------------------------------------------------------------------------------------------


_PHONE = re.compile(r"[2-9]\d\d55501\d\d")
_MAIL = re.compile(r"[\w.+-]+@example\.org")
_LINK = re.compile(r"(https?://)?([\w-]+\.)*example\.org(/[\w./-]*)?")


@dataclass(frozen=True)
class Facts:
    """What an ad tells: who, where, how to reach, and the figures of the trade.

    name: a nickname. phone: ten digits, NPA 555 01xx. hiding: one of HIDINGS. date: ISO. price: dollars.
    count: people or pieces, 2 to 9. size: feet or miles. since: a year. things: noun phrases that the text names.
    mail and link are written when they are given. Raises ValueError where a number or address could be somebody's.
    """

    name: str
    city: str
    phone: str
    hiding: str
    mail: str | None
    post_id: str
    date: str
    price: int
    count: int
    size: int
    since: int
    things: tuple[str, ...] = ()
    phone2: str | None = None
    link: str | None = None

    def __post_init__(self):
        for value, allowed in ((self.phone, _PHONE), (self.phone2, _PHONE), (self.mail, _MAIL), (self.link, _LINK)):
            if value is not None and not allowed.fullmatch(value):
                raise ValueError(f"{value!r} is neither a fictional number (NPA-555-01xx) nor at example.org")
        if self.hiding not in HIDINGS:
            raise ValueError(f"{self.hiding!r} is no way of writing a number; there are {', '.join(HIDINGS)}")


# The grammar ----------------------------------------------------------------------------------------------------------


_MASK = 2**64 - 1


def _key(name: str) -> int:
    """A number for a name: 64 well-mixed bits (splitmix64 of its CRC), the same in every process."""
    x = crc32(name.encode()) * 0x9E3779B97F4A7C15 & _MASK
    x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9 & _MASK
    x = (x ^ (x >> 27)) * 0x94D049BB133111EB & _MASK
    return x ^ (x >> 31)


class Choice(NamedTuple):
    """One of several wordings: by the writer's voice, or by liking (`key` names the choice)."""

    key: int
    options: tuple[tuple, ...]
    by_voice: bool


class Frame(NamedTuple):
    """A sentence with choices in it; `key` names it."""

    key: int
    parts: tuple


def _compile(source: str) -> Frame:
    """Read the notation of lib.twin.lexicon: [a|b] is a choice by liking, <a|b> a choice by voice."""
    marks = iter(re.findall(r"[\[\]<>|]|[^\[\]<>|]+", source))

    def options(end: str) -> tuple[tuple, ...]:
        found: list[tuple] = []
        parts: list[str | Choice] = []
        for mark in marks:
            if mark == end:
                break
            if mark == "|":
                found.append(tuple(parts))
                parts = []
            elif mark in "[<":
                inner = options("]" if mark == "[" else ">")
                parts.append(Choice(_key(repr(inner)), inner, mark == "<"))
            else:
                parts.append(mark)
        return (*found, tuple(parts))

    (parts,) = options("")
    return Frame(_key(source), parts)


@cache
def _frames(language: str, service: str, role: str) -> tuple[Frame, ...]:
    """What a writer may say in a role; an English service adds its own sentences to those that all services share."""
    shared = lexicon.COMMON if language == "en" else lexicon.FOREIGN[language]
    own = lexicon.SERVICES[service] if service else {}
    return tuple(_compile(source) for source in (*own.get(role, ()), *shared.get(role, ())))


# Styles ---------------------------------------------------------------------------------------------------------------


def _one_of(**weights: int) -> Callable[[Generator], str]:
    options = tuple(name for name, weight in weights.items() for _ in range(weight))
    return lambda rng: _pick(rng, options)


def _among(*options: Any) -> Callable[[Generator], Any]:
    return lambda rng: _pick(rng, options)


def _rate(often: float, most: float) -> Callable[[Generator], float]:
    """A rate that is zero for some writers and up to `most` for a share `often` of them."""
    return lambda rng: max(0.0, 1 - rng.random() / often) * most


def _some_of(words: Sequence[str], least: int, most: int) -> Callable[[Generator], tuple[str, ...]]:
    def draw(rng: Generator) -> tuple[str, ...]:
        chosen = rng.permutation(len(words))[: rng.integers(least, most + 1)]
        return tuple(words[place] for place in sorted(chosen.tolist()))

    return draw


def _shuffled_roles(rng: Generator) -> tuple[str, ...]:
    """The usual order with three exchanges; who greets, greets first."""
    order = list(ROLES)
    for _ in range(3):
        a, b = rng.integers(1, len(order), 2)
        order[a], order[b] = order[b], order[a]
    return tuple(order)


# How a habit is drawn for one writer, without regard to the school. Repeated options are likelier.
_HABITS: dict[str, Callable[[Generator], Any]] = {
    "services": _some_of(SERVICES, 1, 2),
    "plural": _among(True, False),
    "order": _shuffled_roles,
    "sections": _some_of(("greeting", "about", "price", "times", "area", "closing"), 1, 6),
    "title_parts": _among(1, 2, 2, 3, 3, 4),
    "phone_in_title": _among(False, False, False, True),
    "casing": _one_of(sentence=8, lower=4, asis=2, upper=2, title=3, shouting=3),
    "title_casing": _one_of(sentence=3, title=5, upper=6, lower=2, asis=1, shouting=2),
    "title_font": _one_of(plain=400, spaced=1, bold=2, wide=1),
    "title_frame": _among(
        ("", ""),
        ("", ""),
        ("", ""),
        ("*** ", " ***"),
        ("~ ", " ~"),
        ("★ ", " ★"),
        ("!! ", " !!"),
        ("<< ", " >>"),
        ("-= ", " =-"),
        ("", "!!!"),
        ("", " !"),
        ("", "..."),
        (">> ", ""),
        ("✨", "✨"),
        ("** ", ""),
        ("_", "_"),
        ("* ", " *"),
        ("(", ")"),
        ("# ", ""),
    ),
    "divider": _among(" - ", " - ", ", ", " | ", " / ", " * ", " ~ ", "! ", " • ", "... ", " & ", " -- ", "  "),
    "stop": _among(
        ".", ".", ".", ".", "!", "!", "!!", "!!!", "...", "..", "", "", " .", " !", " ~", ",", ";", "?!", " ..."
    ),
    "comma": _among(", ", ", ", ", ", ", ", " , ", ",", "... ", " - ", "; ", " / ", " & "),
    "joiner": _among(" ", " ", " ", " ", "  ", "\n", "\n", "\n\n", " * ", " ~ ", " | ", " - ", " // ", " • "),
    "bullet": _among("", "", "", "", "", "", "- ", "* ", "• ", "✔ ", "➤ ", "> ", "+ ", "~", "-"),
    "emoji": _some_of(lexicon.EMOJI, 1, 5),
    "emoji_rate": _rate(0.55, 0.6),
    "contractions": _one_of(long=3, short=4, bare=3),
    "slips": _some_of(tuple(lexicon.SLIPS), 0, 12),
    "short_forms": _some_of(tuple(lexicon.SHORT_FORMS), 0, 12),
    "money": _among("${}", "${}", "${}", "{}$", "{} dollars", "{} bucks", "${}.00", "$ {}", "USD {}", "{} USD"),
    "spelled_counts": _among(False, False, True),
    "dates": _one_of(us=3, short=2, iso=1, dotted=1, month=2, day_month=1),
    "footer": _among(
        "",
        "",
        "",
        "",
        "",
        "post id {post_id}",
        "Post ID: {post_id} {city}",
        "posted {date}",
        "updated {date}",
        "ref {post_id}",
        "ad {post_id} of {date}",
        "#{post_id}",
    ),
    "gaps": _rate(0.4, 0.15),
    "stretching": _rate(0.25, 0.3),
    "typos": _rate(0.5, 0.04),
    "clutter": _rate(0.35, 0.8),
    "constancy": lambda rng: 0.5 + 0.45 * rng.random(),
}


@dataclass(frozen=True)
class Style:
    """How a vendor writes; the default is the house style, from which the others depart.

    Rates are chances per sentence (emoji, stretching), per space (gaps), per word (typos) and per ad (clutter).
    constancy: how often a writer takes the favourite wording, and how far the favourite sentences prevail.
    tastes: (seed, share) of the likings, the writer's own first, then the school's, and so on: a wording is judged
    by the first whose share it falls into.
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

        0: the school itself, 1: nothing in common. With the same generator a higher distinctness keeps the habits
        that a lower one had changed, so one vendor can be followed along the scale. A school is itself a style
        (drawn at 1, say), and so is a vendor's off-day (drawn at 0.1 with the vendor as the school).
        """
        school = school or cls()
        taste, *chances = (int(rng.integers(2**63)), *rng.random(len(_HABITS)))
        own = {habit: draw(rng) for habit, draw in _HABITS.items()}
        changed = {habit: own[habit] for habit, chance in zip(_HABITS, chances, strict=True) if chance < distinctness}
        return replace(school, **changed, tastes=((taste, distinctness), *school.tastes))

    def liking(self, key: int) -> float:
        """How much the writer likes the wording named `key`, 0 to 1."""
        for seed, share in self.tastes:
            bits = (seed ^ key) * 0xD6E8FEB86659FD93 & _MASK
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
        return _count(self.bullet + self.stop + self.joiner) + 1.1 * self.emoji_rate

    @cached_property
    def tokens_per_ad(self) -> float:
        """Tokens that the marks add to an ad, on average."""
        return _count("".join(self.title_frame) + self.footer) + 5 * self.clutter


# Drafts ---------------------------------------------------------------------------------------------------------------


# What an ad says first, and then, over and over, while there is room.
_FIRST = ("offer", "detail")
_THEN = ("detail", "detail", "offer", "detail", "times", "detail", "about", "detail", "price")
_PIECE = re.compile(r"\{\w+\}|[^\W\d_]+|\d+|[^\w\s]|_")
_PHONE_TOKENS = 7
# Tokens of MiniLM's tokenizer per piece counted here: rare words, slips and words of other languages fall apart.
_TOKENS_PER_PIECE = {"en": 1.05, "es": 1.75, "fr": 1.58, "de": 1.8, "pt": 1.75}


class Sentence(NamedTuple):
    """A sentence with slots, without its stop, and its part in the ad (one of ROLES)."""

    role: str
    text: str


@dataclass(frozen=True)
class Draft:
    """An ad before its facts: the parts of the title and the sentences of the body."""

    title: tuple[str, ...]
    body: tuple[Sentence, ...]
    service: str
    language: str = "en"


def _count(text: str) -> int:
    """Words and marks in a text, a telephone number for its usual length: a quick stand-in for tokens."""
    return len(_PIECE.findall(text)) + (_PHONE_TOKENS - 1) * text.count("{phone}")


def _expand(parts: tuple, style: Style, rng: Generator) -> str:
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


def _say(role: str, draft: Draft, style: Style, rng: Generator, said: set[int]) -> str:
    """A sentence for the role, not yet `said` if there is one left: of a few frames that come to mind the favourite."""
    frames = _frames(draft.language, draft.service, role)
    unsaid = [frame for frame in frames if frame.key not in said] or frames
    minded = [_pick(rng, unsaid) for _ in range(1 + int(10 * style.constancy**2))]
    frame = max(minded, key=lambda frame: style.liking(frame.key))
    said.add(frame.key)
    return " ".join(_expand(frame.parts, style, rng).split())


def _title(draft: Draft, style: Style, rng: Generator, room: float) -> tuple[str, ...]:
    """What is offered, then tags, as many as the writer uses and there is room for (in tokens)."""
    said: set[int] = set()
    parts = [_say("title", draft, style, rng, said)]
    while len(parts) < style.title_parts and _count(" ".join(parts)) < room - 4:
        parts.append(_say("tag", draft, style, rng, said))
    if style.phone_in_title and room > 2 * _PHONE_TOKENS:
        parts.append("{phone}")
    return tuple(parts)


def compose(style: Style, rng: Generator, tokens: int) -> Draft:
    """A new ad for one of the writer's services, about `tokens` long once rendered (20 to 600)."""
    return _compose(Draft((), (), _pick(rng, style.services)), style, rng, tokens)


def compose_foreign(language: str, rng: Generator, tokens: int, style: Style | None = None) -> Draft:
    """A new ad in another of LANGUAGES, of no service in particular, with a style's likings and order."""
    return _compose(Draft((), (), "", language), style or Style(), rng, tokens)


def _compose(empty: Draft, style: Style, rng: Generator, tokens: int) -> Draft:
    per_piece = _TOKENS_PER_PIECE[empty.language]
    title = _title(empty, style, rng, tokens / per_piece / 4)
    written = _set_in(style.title_font, style.divider.join(title))
    room = tokens - 1 - per_piece * _count(written) - style.tokens_per_ad
    said: set[int] = set()
    sections = [style.sections[place] for place in rng.permutation(len(style.sections))]
    body: list[Sentence] = []
    for role in chain(("contact", *_FIRST), sections, cycle(_THEN)):
        sentence = Sentence(role, _say(role, empty, style, rng, said))
        cost = per_piece * _count(sentence.text) + style.tokens_per_sentence
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
            body.append(_another(sentence, draft, style, rng))
        elif way < 0.7:
            body += [sentence, _another(Sentence("detail", ""), draft, style, rng)]
        elif way < 0.85 and sentence.role != "contact":
            continue
        else:
            body.insert(max(0, len(body) - 1), sentence)
    return replace(draft, title=title, body=tuple(body))


def _another(old: Sentence, draft: Draft, style: Style, rng: Generator) -> Sentence:
    """A sentence of the same role that isn't in the draft, if one of eight tries finds it."""
    said: set[int] = set()
    for _ in range(8):
        new = Sentence(old.role, _say(old.role, draft, style, rng, said))
        if new not in draft.body:
            break
    return new


def _another_title(draft: Draft, style: Style, rng: Generator) -> tuple[str, ...]:
    for _ in range(8):
        new = _title(draft, style, rng, _count(" ".join(draft.title)) + 4)
        if new != draft.title:
            break
    return new


# Rendering ------------------------------------------------------------------------------------------------------------


_SLOT = re.compile(r"\{(\w+)\}")
_WORD = re.compile(r"\{\w+\}|[A-Za-z]+")
_LONG_FORM = re.compile(r"\b(" + "|".join(lexicon.CONTRACTIONS) + r")\b")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_BOLD = {ord(letter): chr(0x1D5D4 + place) for place, letter in enumerate("ABCDEFGHIJKLMNOPQRSTUVWXYZ")} | {
    ord(letter): chr(0x1D5EE + place) for place, letter in enumerate("abcdefghijklmnopqrstuvwxyz")
}
_WIDE = {code: code + 0xFEE0 for code in range(ord("!"), ord("~") + 1)}
_CONSONANTS = "bcdfghjklmnpqrstvwxz"


def render(draft: Draft, style: Style, facts: Facts, rng: Generator) -> str:
    """The ad's text, "TITLE [SEP] DESCRIPTION": slots filled, the writer's habits and some noise applied.

    Things, mail and link are named if the facts have them, in place of as many of the draft's details.
    """
    soft, hard = _soft_slots(style, facts), _hard_slots(style, facts, rng)

    def finish(text: str, casing: str, font: str = "plain") -> str:
        return _fill(_set_in(font, _cased(_fill(text, soft), casing, rng)), hard)

    english = draft.language == "en"
    title = style.divider.join(_polish(part, english, style, rng) for part in draft.title)
    left, right = style.title_frame
    lines = [
        style.bullet + finish(_polish(text, english, style, rng), style.casing) + _ending(style, rng)
        for _, text in _with_extras(draft, style, facts, rng)
    ]
    if rng.random() < style.clutter:
        lines.insert(int(rng.random() * (len(lines) + 1)), _clutter(rng))
    if style.footer:
        lines.append(finish(style.footer, style.casing))
    return f"{left}{finish(title, style.title_casing, style.title_font)}{right} [SEP] {style.joiner.join(lines)}"


def _soft_slots(style: Style, facts: Facts) -> dict[str, str]:
    """Facts that the writer's casing applies to."""
    return {
        "name": facts.name,
        "city": facts.city,
        "things": ", ".join(facts.things),
        "price": style.money.format(facts.price),
        "size": str(facts.size),
        "since": str(facts.since),
        "count": lexicon.NUMBER_WORDS[facts.count] if style.spelled_counts else str(facts.count),
    }


def _hard_slots(style: Style, facts: Facts, rng: Generator) -> dict[str, str]:
    """Facts that stay as they are written here."""
    return {
        "phone": hide_phone(facts.phone, facts.hiding, rng, facts.phone2),
        "mail": facts.mail or "",
        "link": facts.link or "",
        "post_id": facts.post_id,
        "date": _dated(facts.date, style.dates),
    }


def _dated(iso: str, form: str) -> str:
    year, month, day = iso.split("-")
    name = _MONTHS[int(month) - 1]
    return {
        "us": f"{month}/{day}/{year}",
        "short": f"{int(month)}-{int(day)}-{year[2:]}",
        "iso": iso,
        "dotted": f"{day}.{month}.{year}",
        "month": f"{name} {int(day)}",
        "day_month": f"{int(day)} {name} {year}",
    }[form]


def _with_extras(draft: Draft, style: Style, facts: Facts, rng: Generator) -> list[Sentence]:
    """The body with sentences for things, mail and link, which take the places of the last details."""
    body = list(draft.body)
    spare = [place for place, sentence in enumerate(body) if sentence.role == "detail"]
    for role, told in (("things", facts.things), ("mail", facts.mail), ("link", facts.link)):
        if told:
            extra = Sentence(role, _say(role, draft, style, rng, set()))
            if spare:
                body[spare.pop()] = extra
            else:
                body.append(extra)
    return body


def _fill(text: str, values: dict[str, str]) -> str:
    """Fill the slots that have a value; a slot's name may have been cased with its sentence."""
    if "{" not in text:
        return text
    return _SLOT.sub(lambda match: values.get(match[1].lower(), match[0]), text)


def _polish(text: str, english: bool, style: Style, rng: Generator) -> str:
    """A sentence as the writer spells and spaces it."""
    if english:
        if style.contractions != "long":
            text = _LONG_FORM.sub(lambda match: lexicon.CONTRACTIONS[match[0]], text)
        if style.contractions == "bare":
            text = text.replace("'", "")
        if style.respellings:
            text = _WORD.sub(lambda match: _respelled(match[0], style, rng), text)
    if style.stretching and rng.random() < style.stretching:
        text = _with_one_word(text, _stretched, rng)
    if style.typos and rng.random() < style.typos * (text.count(" ") + 1):
        text = _with_one_word(text, _mistyped, rng)
    if style.comma != ", ":
        text = text.replace(", ", style.comma)
    return _spaced_out(text, style.gaps, rng) if style.gaps else text


def _respelled(word: str, style: Style, rng: Generator) -> str:
    """The writer's own spelling of a word, nine times of ten."""
    own = style.respellings.get(word.lower())
    if own is None or rng.random() < 0.1:
        return word
    return own.capitalize() if word[0].isupper() else own


def _with_one_word(text: str, change: Callable[[str, Generator], str], rng: Generator) -> str:
    """The text with a random word changed, if it is a plain word of three letters or more."""
    words = text.split(" ")
    place = int(rng.random() * len(words))
    if len(words[place]) > 2 and words[place].isalpha():
        words[place] = change(words[place], rng)
    return " ".join(words)


def _stretched(word: str, rng: Generator) -> str:
    return word + word[-1] * int(1 + 3 * rng.random())


def _mistyped(word: str, rng: Generator) -> str:
    """Two letters exchanged, one left out or one doubled."""
    at = int(rng.random() * (len(word) - 1))
    return word[:at] + _pick(rng, (word[at + 1] + word[at], word[at + 1], word[at] * 2 + word[at + 1])) + word[at + 2 :]


def _spaced_out(text: str, rate: float, rng: Generator) -> str:
    """Some spaces doubled or tripled."""
    words = text.split(" ")
    gaps = (rng.random(len(words)) / rate).tolist()
    after = ("   " if gap < 0.3 else "  " if gap < 1 else " " for gap in gaps)
    return "".join(chain.from_iterable(zip(words, after, strict=True))).rstrip(" ")


def _cased(text: str, casing: str, rng: Generator) -> str:
    if casing == "sentence":
        return text[:1].upper() + text[1:]
    if casing == "lower":
        return text.lower()
    if casing == "upper":
        return text.upper()
    if casing == "title":
        return " ".join([word[:1].upper() + word[1:] for word in text.split(" ")])
    if casing == "shouting":
        words = text.split(" ")
        loud = (rng.random(len(words)) < 0.2).tolist()
        return " ".join([word.upper() if up else word for word, up in zip(words, loud, strict=True)])
    return text


def _set_in(font: str, text: str) -> str:
    """A title in fancy letters; slots stay legible."""
    if font == "plain":
        return text
    change = {
        "spaced": lambda part: " ".join(part),
        "bold": lambda part: part.translate(_BOLD),
        "wide": lambda part: part.translate(_WIDE),
    }[font]
    return "".join(part if part[:1] == "{" else change(part) for part in re.split(r"(\{\w+\})", text))


def _ending(style: Style, rng: Generator) -> str:
    """The writer's stop (now and then another), and at times an emoji or a few."""
    stop = style.stop if rng.random() < 0.93 else _pick(rng, (".", "!", ""))
    if rng.random() >= style.emoji_rate:
        return stop
    return f"{stop} {_pick(rng, style.emoji) * int(1 + 2.2 * rng.random())}"


def _clutter(rng: Generator) -> str:
    """Random characters, or a rule of marks, as posters add them to make a copy look new."""
    if rng.random() < 0.5:
        return _pick(rng, ("*", "~", "-", "=", "_", ".", "#", "*~", "-=", "<>", "+ ")) * int(3 + 5 * rng.random())
    letters = "".join(_pick(rng, _CONSONANTS) for _ in range(int(3 + 4 * rng.random())))
    return f"{letters}{int(100 * rng.random())}"
