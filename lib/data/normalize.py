"""The plain view of a text: what a reader sees, in letters and digits that a pattern can match.

Ads hide numbers in full-width, circled, mathematical or Arabic digits, in look-alike letters and behind zero-width
characters. Saved web pages hold HTML entities, which are decoded once, as a browser does ("&nbsp;", "&#50;";
"&amp;nbsp;" shows the letters "&nbsp;"). Identifiers are searched for in this view. `Plain` records which character of
the source each of its characters comes from, so that a match can be replaced in the source.
"""

from __future__ import annotations

import html
import re
import unicodedata
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from html.entities import html5
from typing import NamedTuple

# Letters that look Latin; letters that look like a digit (they become the Latin letter that is read as that digit);
# signs drawn as a zero; and letters used as ornaments.
_LOOKALIKES: dict[int, int | str] = {
    **str.maketrans("аеосрхіѕуЕОТІЅВЧбЗзƧƐοιΟΙıᴏ⭕🅾øØツシღ➕", "aeocpxisyEOTISBAbEEZEoiOIioOOoO   +"),
    ord("🔟"): "10",
}
_BLANK_LETTERS = "\u115f\u1160\u3164\uffa0"
_KEYCAP = re.compile("([0-9])[\ufe0e\ufe0f]?\u20e3")
_ENTITY = re.compile(r"&(?:#(?:(?P<code>[0-9]++)|[xX](?P<hex>[0-9a-fA-F]++));?|(?P<name>[A-Za-z][A-Za-z0-9]{1,30};?))")

Edit = tuple[int, int, str]  # a span of the plain view, and what to write in its place


class Plain(NamedTuple):
    """source: the text; text: its plain view; origin: for each character of the view, its index in the source."""

    source: str
    text: str
    origin: Sequence[int]

    def edited(self, edits: Iterable[Edit]) -> str:
        """The source with the edits made; of two that overlap, only the first.

        A replaced span includes the marks and zero-width characters that follow its last character.
        """
        pieces, done = [], 0
        for start, end, replacement in sorted(edits):
            begin = self.origin[start]
            if begin >= done:
                pieces += [self.source[done:begin], replacement]
                following = bisect_right(self.origin, self.origin[end - 1])
                done = self.origin[following] if following < len(self.origin) else len(self.source)
        return "".join([*pieces, self.source[done:]])


def plain(text: str) -> Plain:
    """The plain view of a text: ASCII digits, look-alikes as Latin letters, entities decoded, marks left out."""
    if text.isascii() and "&" not in text:
        return Plain(text, text, range(len(text)))
    pieces = [_TO_PLAIN[ord(character)] for character in text]
    for start, end, characters in _entities(text):
        pieces[start:end] = [characters.translate(_TO_PLAIN)] + [""] * (end - start - 1)
    return Plain(text, "".join(pieces), [index for index, piece in enumerate(pieces) for _ in piece])


def mask_digits(text: str) -> str:
    """An N for each digit, of any script or shape: "5", "٥", "⁵", "⑤", "5️⃣", "&#53;"; "½" becomes "N⁄N".

    Entities of other characters keep their form without the number: "&#160;" becomes "&#NNN;".
    """
    pieces, done = [], 0
    for start, end, characters in _entities(text):
        pieces += [text[done:start], _n_for_entity(text[start:end], characters)]
        done = end
    return _KEYCAP.sub(r"\1", "".join([*pieces, text[done:]])).translate(_TO_N)


def _entities(text: str) -> Iterator[tuple[int, int, str]]:
    """Start, end and decoded characters of each HTML entity, by the rules of `html.unescape`, in linear time.

    By these rules a number and some names need no semicolon ("&nbsp555"), and invalid characters are decoded as U+FFFD
    or as nothing.
    """
    for entity in _ENTITY.finditer(text):
        end, name = entity.end(), entity["name"]
        if name is None:  # converting an integer of any length would take more than linear time
            number = (entity["code"] or entity["hex"]).lstrip("0")[:8]
            yield entity.start(), end, html.unescape(f"&#{'x' if entity['hex'] else ''}{number or 0};")
            continue
        while name and name not in html5:
            name, end = name[:-1], end - 1
        if name:
            yield entity.start(), end, html5[name]


def _n_for_entity(entity: str, characters: str) -> str:
    """The entity without digits, also when masked again: of "&#xBD0;" no "&#xBD" may remain, which is "½"."""
    if (masked := characters.translate(_TO_N)) != characters:
        return masked
    if (numbered := re.fullmatch("(&#[xX]?)([^;]+)(;?)", entity)) and re.search("[0-9]", entity):
        return numbered[1] + "N" * len(numbered[2]) + numbered[3]
    return entity


def _plain_character(character: str) -> str:
    """The plain form of one character: "" for marks and zero-width characters, ASCII for digits of all kinds."""
    category = unicodedata.category(character)
    if category in ("Mn", "Me", "Cf") or character in _BLANK_LETTERS:
        return ""
    if (digit := unicodedata.digit(character, None)) is not None:
        return str(digit)
    form = unicodedata.normalize("NFKD", character.translate(_LOOKALIKES))
    if category == "No" and not re.search("[0-9]", form):  # numbers above nine without a plain form: "❿"
        value = unicodedata.numeric(character)
        return form if value % 1 else str(int(value))
    form = "".join(c for c in form if unicodedata.category(c) != "Mn")
    return form if len(form) <= 4 else character  # "ﷺ" would be eighteen, and a long text much longer


def _n_for_digits(character: str) -> str:
    form = _plain_character(character)
    return re.sub("[0-9]", "N", form) if re.search("[0-9]", form) else character


class _Table(dict[int, str]):
    """A table for `str.translate` that computes the entry of a character when it is first needed."""

    def __init__(self, translate: Callable[[str], str]) -> None:
        self._translate = translate

    def __missing__(self, code: int) -> str:
        self[code] = self._translate(chr(code))
        return self[code]


_TO_PLAIN, _TO_N = _Table(_plain_character), _Table(_n_for_digits)
