"""Ways of writing a telephone number so that a reader finds it and a program may not."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from numpy.random import Generator

from lib.twin import lexicon
from lib.twin.writing.draws import pick

Writer = Callable[[str, Generator], str]
"""Writes ten digits."""


def _grouped(separator: str) -> Writer:
    """A writer of numbers in groups of 3, 3 and 4 digits."""
    return lambda digits, rng: separator.join((digits[:3], digits[3:6], digits[6:]))


def _separated(separators: Sequence[str]) -> Writer:
    """A writer of numbers with marks between groups or between all digits."""

    def write(digits: str, rng: Generator) -> str:
        separator = pick(rng, separators)
        return separator.join(digits) if rng.random() < 0.4 else _grouped(separator)(digits, rng)

    return write


def _joined(separators: Sequence[str], mark: str = "") -> Writer:
    """A writer of numbers with a mark after each digit and one of the separators between all of them."""
    return lambda digits, rng: pick(rng, separators).join(digit + mark for digit in digits)


def _bracketed(digits: str, rng: Generator) -> str:
    return f"({digits[:3]}){pick(rng, (' ', ''))}{digits[3:6]}-{digits[6:]}"


def _spelled(digits: str, rng: Generator) -> str:
    case = pick(rng, (str.lower, str.title, str.upper))
    zero = pick(rng, ("zero", "oh"))
    words = (zero if digit == "0" else lexicon.NUMBER_WORDS[int(digit)] for digit in digits)
    return case(pick(rng, (" ", "-", "  ")).join(words))


def _mixed(digits: str, rng: Generator) -> str:
    """Some digits spelled, at least one, the others not."""
    spelled = rng.random(10) < 0.4
    spelled[rng.integers(10)] = True
    marks = [lexicon.NUMBER_WORDS[int(digit)] if word else digit for digit, word in zip(digits, spelled, strict=True)]
    between = pick(rng, ("", " ", "-"))
    return between.join(("".join(marks[:3]), "".join(marks[3:6]), "".join(marks[6:])))


def _replaced(characters: Mapping[str, str], share: float) -> Writer:
    """A writer of dashed numbers with about `share` of the digits (one or more, if any can be) as another character."""

    def write(digits: str, rng: Generator) -> str:
        swap = rng.random(10) < share
        able = [place for place, digit in enumerate(digits) if digit in characters]
        if able:
            swap[pick(rng, able)] = True
        written = [pick(rng, characters[d]) if s and d in characters else d for d, s in zip(digits, swap, strict=True)]
        return _grouped("-")("".join(written), rng)

    return write


def _other_digits(zeros: str, ones: str) -> Writer:
    """A writer with the digits of other alphabets, given by their zeros and their ones, which the others follow."""

    def write(digits: str, rng: Generator) -> str:
        alphabet = int(rng.random() * len(ones))
        return "".join(
            zeros[alphabet] if digit == "0" else chr(ord(ones[alphabet]) + int(digit) - 1) for digit in digits
        )

    return write


def _in_words(digits: str, rng: Generator) -> str:
    first, second, last = digits[:3], digits[3:6], digits[6:]
    return pick(
        rng,
        (
            f"area code {first}, then {second}, then {last}",
            f"{first} and then {second} and last {last}",
            f"{first} (call) {second} (now) {last}",
            f"start {first} next {second} end {last}",
        ),
    )


_WRITERS: dict[str, Writer] = {
    "plain": lambda digits, rng: digits,
    "dashed": _grouped("-"),
    "dotted": _grouped("."),
    "spaced": _grouped(" "),
    "bracketed": _bracketed,
    "spelled": _spelled,
    "mixed": _mixed,
    "letters": _replaced(lexicon.LETTER_DIGITS, 0.8),
    "lookalike": _replaced(lexicon.LOOKALIKE_DIGITS, 0.4),
    "fullwidth": _other_digits("０", "１"),
    "circled": _other_digits("⓪⓿", "①❶"),
    "keycap": _joined(("", " "), "\ufe0f\u20e3"),
    "mathematical": _other_digits("𝟎𝟘𝟢𝟬𝟶", "𝟏𝟙𝟣𝟭𝟷"),
    "zerowidth": _joined(("\u200b", "\u200c", "\u2060")),
    "stars": _separated(("*", "★", "~", "_", "•", "**")),
    "emoji": _separated(("📞", "✨", "⭐", "🌟", "🔔")),
    "words": _in_words,
    "slash": _grouped("/"),
}
HIDINGS = tuple(_WRITERS)


def hide_phone(digits: str, hiding: str, rng: Generator, second: str | None = None) -> str:
    """Ten digits, written in one of HIDINGS.

    In the way "slash" a `second` number follows behind a slash: its last four digits alone where the first six are the
    same.
    """
    if hiding == "slash" and second:
        dashed = _grouped("-")
        return f"{dashed(digits, rng)}/{second[6:] if second[:6] == digits[:6] else dashed(second, rng)}"
    return _WRITERS[hiding](digits, rng)
