"""The text of an ad: a draft with its facts filled in and its writer's habits applied.

    style = Style.draw(rng, distinctness=0.5)
    template = compose(style, rng, tokens=125)
    text = render(edit(template, style, rng, share=0.3), style, facts, rng)   # "TITLE [SEP] DESCRIPTION"

All chance comes from the generator that is passed in. No text can name a person, a working telephone number, or an
address outside of example.org: `Facts` refuses them, and the words are those of `lib.twin.lexicon`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from numpy.random import Generator

from lib.twin import lexicon
from lib.twin.writing.drafts import Draft, Sentence, write_sentence
from lib.twin.writing.draws import pick
from lib.twin.writing.lettering import cased, change_one_word, clutter, mistyped, set_in, spaced_out, stretched
from lib.twin.writing.phone_hiding import HIDINGS, hide_phone
from lib.twin.writing.style import Style

_PHONE = re.compile(r"[2-9]\d\d55501\d\d")
_MAIL = re.compile(r"[\w.+-]+@example\.org")
_SLOT = re.compile(r"\{(\w+)\}")
_WORD = re.compile(r"\{\w+\}|[A-Za-z]+")
_LONG_FORM = re.compile(r"\b(" + "|".join(lexicon.CONTRACTIONS) + r")\b")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


@dataclass(frozen=True)
class Facts:
    """What an ad tells: who, where, how to reach, and the figures of the trade.

    name: a nickname. phone: ten digits, NPA 555 01xx. hiding: one of HIDINGS. date: ISO. price: dollars.
    count: people or pieces, 2 to 9. size: feet or miles. since: a year. things: noun phrases that the text names.
    Raises ValueError where a number or address could be somebody's.
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

    def __post_init__(self) -> None:
        for value, allowed in ((self.phone, _PHONE), (self.phone2, _PHONE), (self.mail, _MAIL)):
            if value is not None and not allowed.fullmatch(value):
                raise ValueError(f"{value!r} is neither a fictional number (NPA-555-01xx) nor at example.org")
        if self.hiding not in HIDINGS:
            raise ValueError(f"{self.hiding!r} is no way of writing a number; there are {', '.join(HIDINGS)}")


def render(draft: Draft, style: Style, facts: Facts, rng: Generator) -> str:
    """The ad's text, "TITLE [SEP] DESCRIPTION": slots filled, the writer's habits and some noise applied.

    Things and mail are named if the facts have them, in place of as many of the draft's details.
    """
    soft, hard = _soft_slots(style, facts), _hard_slots(style, facts, rng)

    def finish(text: str, casing: str, font: str = "plain") -> str:
        return _fill(set_in(font, cased(_fill(text, soft), casing, rng)), hard)

    english = draft.language == "en"
    title = style.divider.join(_polish(part, english, style, rng) for part in draft.title)
    left, right = style.title_frame
    lines = [
        style.bullet + finish(_polish(text, english, style, rng), style.casing) + _ending(style, rng)
        for _, text in _with_extras(draft, style, facts, rng)
    ]
    if rng.random() < style.clutter:
        lines.insert(int(rng.random() * (len(lines) + 1)), clutter(rng))
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
    """Facts that keep their casing."""
    return {
        "phone": hide_phone(facts.phone, facts.hiding, rng, facts.phone2),
        "mail": facts.mail or "",
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
    """The body with sentences for things and mail, which take the places of the last details."""
    body = list(draft.body)
    details = [place for place, sentence in enumerate(body) if sentence.role == "detail"]
    for role, fact in (("things", facts.things), ("mail", facts.mail)):
        if fact:
            extra = Sentence(role, write_sentence(role, draft, style, rng, set()))
            if details:
                body[details.pop()] = extra
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
        text = change_one_word(text, stretched, rng)
    if style.typos and rng.random() < style.typos * (text.count(" ") + 1):
        text = change_one_word(text, mistyped, rng)
    if style.comma != ", ":
        text = text.replace(", ", style.comma)
    return spaced_out(text, style.gaps, rng) if style.gaps else text


def _respelled(word: str, style: Style, rng: Generator) -> str:
    """The writer's own spelling of a word, nine times of ten."""
    own = style.respellings.get(word.lower())
    if own is None or rng.random() < 0.1:
        return word
    return own.capitalize() if word[0].isupper() else own


def _ending(style: Style, rng: Generator) -> str:
    """The writer's stop (now and then another), and at times an emoji or a few."""
    stop = style.stop if rng.random() < 0.93 else pick(rng, (".", "!", ""))
    if rng.random() >= style.emoji_rate:
        return stop
    return f"{stop} {pick(rng, style.emoji) * int(1 + 2.2 * rng.random())}"
