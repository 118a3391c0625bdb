"""Letters and spaces of a text: casing, fancy fonts, stretched and mistyped words, doubled spaces."""

from __future__ import annotations

import re
from collections.abc import Callable
from itertools import chain
from string import ascii_lowercase, ascii_uppercase

from numpy.random import Generator

from lib.twin.writing.draws import pick

_BOLD = {ord(letter): chr(0x1D5D4 + place) for place, letter in enumerate(ascii_uppercase)} | {
    ord(letter): chr(0x1D5EE + place) for place, letter in enumerate(ascii_lowercase)
}
_WIDE = {code: code + 0xFEE0 for code in range(ord("!"), ord("~") + 1)}
_FONTS: dict[str, Callable[[str], str]] = {
    "spaced": lambda part: " ".join(part),
    "bold": lambda part: part.translate(_BOLD),
    "wide": lambda part: part.translate(_WIDE),
}
_CONSONANTS = "bcdfghjklmnpqrstvwxz"


def cased(text: str, casing: str, rng: Generator) -> str:
    """The text in a casing: sentence, lower, upper, title, shouting (some words in capitals) or asis."""
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


def set_in(font: str, text: str) -> str:
    """The text in a font: plain, spaced, bold or wide; slots stay legible."""
    if font == "plain":
        return text
    change = _FONTS[font]
    return "".join(part if part[:1] == "{" else change(part) for part in re.split(r"(\{\w+\})", text))


def change_one_word(text: str, change: Callable[[str, Generator], str], rng: Generator) -> str:
    """The text with a random word changed, if it is a plain word of three letters or more."""
    words = text.split(" ")
    place = int(rng.random() * len(words))
    if len(words[place]) > 2 and words[place].isalpha():
        words[place] = change(words[place], rng)
    return " ".join(words)


def stretched(word: str, rng: Generator) -> str:
    """The word with its last letter repeated."""
    return word + word[-1] * int(1 + 3 * rng.random())


def mistyped(word: str, rng: Generator) -> str:
    """The word with two letters exchanged, one left out or one doubled."""
    at = int(rng.random() * (len(word) - 1))
    return word[:at] + pick(rng, (word[at + 1] + word[at], word[at + 1], word[at] * 2 + word[at + 1])) + word[at + 2 :]


def spaced_out(text: str, rate: float, rng: Generator) -> str:
    """The text with about `rate` of its spaces doubled or tripled."""
    words = text.split(" ")
    gaps = (rng.random(len(words)) / rate).tolist()
    after = ("   " if gap < 0.3 else "  " if gap < 1 else " " for gap in gaps)
    return "".join(chain.from_iterable(zip(words, after, strict=True))).rstrip(" ")


def clutter(rng: Generator) -> str:
    """Random characters, or a rule of marks, as posters add them to make a copy look new."""
    if rng.random() < 0.5:
        return pick(rng, ("*", "~", "-", "=", "_", ".", "#", "*~", "-=", "<>", "+ ")) * int(3 + 5 * rng.random())
    letters = "".join(pick(rng, _CONSONANTS) for _ in range(int(3 + 4 * rng.random())))
    return f"{letters}{int(100 * rng.random())}"
