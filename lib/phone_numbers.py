"""Telephone numbers in a plain view (`lib.plain_text`), however an ad spells, splits or disguises them.

A text is read as *atoms* ("212" is one, "O1OO" is one, "5five5" is three). Atoms with nothing between them but signs
and a few filler words make a *run*; a phone is a stretch of a run that has ten digits, is a valid North American
number and is grouped as one. There is no list of known numbers and no learnt model: the published data were made
with TJBatchExtractor and a neural extractor (MATCHED A.3.2), whose task this reads anew.

Known misses: homophones ("to", "ate"), other languages, misspelt digits ("fiv", "t w o"), "five hundred", "three
fives", Roman and Chinese numerals, letters and words that are not in `_FILLER` between the groups ("212x555x0100"),
groups of letters alone set off by blanks ("212 SSS 0100"), "!!" for 11, an area code given last, odd groups set off by
blanks of which none starts with a zero ("21 25 55 12 34").
Known false finds: ten digits in a table or a list that happen to be grouped 3-3-4.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import accumulate
from typing import NamedTuple

BLANK = "\ue000"  # private use; stands where a phone cannot be, and ends one

# Prices, amounts, times, heights and numbered papers: a list of them may have ten digits. _START is there for speed.
_START = r"(?<![^\W\d_])(?=[$€£0-9olicasp])"
_NO_PHONE = re.compile(
    _START + r"(?:(?<![$€£])[$€£][0-9]{1,6}(?![0-9])|(?<![0-9])(?<![0-9][-. ])[1-9][0-9]{0,5}\s?[$€£](?![$€£0-9])"
    r"|(?<![0-9,])[0-9]{1,3}(?:,[0-9]{3}){1,9}(?!,?[0-9])"  # 2,125,550,100
    r"|(?<![0-9:])[0-9]{1,2}:[0-9]{2}(?![0-9:])|\b24\s?/\s?7\b"  # 9:30
    r"|(?<![0-9])[4-7]\s?['’′]\s?(?:1[01]|[0-9])(?![0-9])"  # 5'7"
    r"|\b(?:licen[sc]e|lic|order|invoice|case|account|acct|serial|isbn|item|sku|permit)\b"
    r"[\s:.]{0,3}(?:#|:|no\b\.?|number\b|num\b)[\s:#.]{0,3}[0-9-]{5,20}+)",
    re.IGNORECASE,
)

_ONES = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
_TEENS = ("ten", "eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen")
_TENS = ("twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
_VALUES = {"oh": "0", "o": "0"} | {word: str(value) for value, word in enumerate(_ONES + _TEENS)}
_VALUES |= {word: str(value) for value, word in enumerate(_TENS, start=2)}  # "0" follows where no unit does
_LEET = str.maketrans({"o": "[o0]", "i": "[i1]", "e": "[e3]", "s": "[s5]"})  # "zer0", "f1ve", "5ix"
_UNLEET = str.maketrans("0135", "oies")
_ONE = "(?i:" + "|".join(word.translate(_LEET) for word in _ONES) + "|oh)"
_TEN = f"(?i:{'|'.join(_TENS)})"
_UNIT = "(?i:" + "|".join(word.translate(_LEET) for word in _ONES[1:]) + ")"
SPELLED_TENS = rf"{_TEN}(?:[\W_]?{_UNIT}(?![^\W_]))?"  # "twenty", "twenty-five"
_SPELLED = f"(?i:{'|'.join(reversed(_TEENS))}|{_TEN}|{_ONE})"
_LONG_FILLER = (
    "(?i:please|pls|plz|phone|number|num|nbr|message|msg|area|code|call|cell|text|txt|dial|ring|tel|dash|hyphen|space|"
    "slash|star|point|dot|then|now|next|last|end|start|first|after|hey|hun|babe|love|kiss|ask|today|anytime)"
)
_FILLER = f"{_LONG_FILLER}|(?i:at|me|my|on|no|is|it|us|up|(?:or|and)(?![^\\W_]))"
_LETTERS = "oOQlIizZEASsGbTBgq"  # one digit each, in a group that holds a real one
_LETTER_DIGITS = str.maketrans(_LETTERS + "!", "000111223455667899" + "1")
_LIKE = f"[0-9{_LETTERS}]"
_PIECE = re.compile(
    rf"(?P<digits>[0-9]++(?![A-Za-z]|!{_LIKE}))"
    rf"|(?P<times>(?i:double|triple))[\W_]{{0,3}}(?P<repeated>{_ONE}|[0-9oO])"
    rf"|(?P<tens>{_TEN})(?:[\W_]?(?P<unit>{_UNIT})(?![^\W_]))?"
    rf"|(?P<word>{_SPELLED})|(?P<filler>{_FILLER})"
    rf"|(?=[{_LETTERS}!]{{0,6}}[0-9])"  # O1OO, 0!OO
    rf"(?:[0-9]+(?![A-Za-z])|(?!{_SPELLED}|{_LONG_FILLER}){_LIKE}|(?<={_LIKE})(?<!{_LIKE * 3})!(?={_LIKE}))+"
    r"|(?<![^\W_])(?=[lI]{0,3}[oO])[oOlI]{1,4}(?![^\W_])"  # 5 5 5 o 1 o o
    r"|(?<![^\W_])[lI](?=[\W_]{1,3}[oO0-9](?![^\W_]))"  # 5 5 5 o l o o
    rf"|[{_LETTERS}]{{3}}(?=[-./_]{_LIKE}{{3}}[-./_]{_LIKE}{{4}}(?![^\W_]))"  # ZIZ-555-0100
    rf"|(?<=[^\W_][-./_])[{_LETTERS}]{{3,4}}(?![^\W_])"  # 212-SSS-OIOO
)
_EXTENSION = r"(?i:x|ext)[\W_]?[0-9]"  # 555-0100x12
# Letters and digits that consist of such pieces alone, so that "someone" holds no "one".
_CHUNK = re.compile(rf"(?<![^\W_])(?:{re.sub('[?]P<[a-z]+>', '?:', _PIECE.pattern)})++(?=[\W_]|$|{_EXTENSION})")
_BREAK = re.compile(rf"[^\W_]|{BLANK}|\n\s*\n")
_WIDEST_GAP, _MOST_FILLERS = 30, 3

_NANP = re.compile(r"[2-9][0-9]{2}[2-9][0-9]{6}")
_COUNTING = "2345678910"  # "(one) two three ... nine ten"
_YEAR = re.compile(r"(?:19|20)[0-9]{2}")
_AGAIN = re.compile(r"[\s()]*(?:[/&|,;]|or|and)[\s()]*", re.IGNORECASE)  # 212-555-0100/0123
_ALTERNATIVE = re.compile(r"\bor\b|^\W*and\W*$", re.IGNORECASE)  # 200 or 300


class Atom(NamedTuple):
    """digits; start, end: its span in the plain view; gap: what stands between the atom before and this one."""

    digits: str
    start: int
    end: int
    gap: str


class Phone(NamedTuple):
    """number: ten digits; atoms: where they are written (of a number cut short, only its last digits are)."""

    number: str
    atoms: list[Atom]


def blank(match: re.Match[str]) -> str:
    """The replacement, as long as the match, that keeps a phone from being found there."""
    return BLANK * len(match[0])


def find(plain: str) -> Iterator[Phone]:
    """Phones in a plain view, in order; whatever else may hold digits should be blanked out before."""
    for run in _runs(_NO_PHONE.sub(blank, plain)):
        if sum(len(atom.digits) for atom in run) >= 10:
            yield from _phones_of(run)


def _runs(plain: str) -> Iterator[list[Atom]]:
    run: list[Atom] = []
    atom_end = chunk_end = fillers = 0
    for chunk in _CHUNK.finditer(plain):
        start = chunk.start()
        wide = fillers > _MOST_FILLERS or start - chunk_end > _WIDEST_GAP
        if run and (wide or _BREAK.search(plain, chunk_end, start)):
            yield run
            run = []
        chunk_end = chunk.end()
        for piece in (chunk,) if chunk[0].isdecimal() else _pieces(plain, start, chunk_end):
            if digits := _digits(piece):
                gap = plain[atom_end : piece.start()] if run else ""
                run.append(Atom(digits, piece.start(), piece.end(), gap))
                atom_end, fillers = piece.end(), 0
            else:
                fillers += 1
    yield run


def _pieces(plain: str, start: int, end: int) -> Iterator[re.Match[str]]:
    """The pieces of a chunk, one after the other; each may look at what stands behind the chunk."""
    while start < end and (piece := _PIECE.match(plain, start)):
        yield piece
        start = piece.end()


def _digits(piece: re.Match[str]) -> str:
    """The digits that a piece stands for: "five" 5, "double oh" 00, "O1Oo" 0100, "fifty" 50, a filler word none."""
    if piece[0].isdecimal():
        return piece[0]
    if piece["filler"]:
        return ""
    if piece["times"]:
        return _value(piece["repeated"]) * (2 if piece["times"][0] in "dD" else 3)
    if piece["tens"]:
        return _value(piece["tens"]) + _value(piece["unit"] or "0")
    return _value(piece["word"]) if piece["word"] else piece[0].translate(_LETTER_DIGITS)


def _value(spelled: str) -> str:
    return spelled if spelled.isdecimal() else _VALUES[spelled.lower().translate(_UNLEET)]


def _phones_of(run: list[Atom]) -> Iterator[Phone]:
    """The phones of a run, leftmost first, each followed by those that give their last digits only."""
    ends = list(accumulate((len(atom.digits) for atom in run), initial=0))
    digits, atom_at = "".join(atom.digits for atom in run), {end: index for index, end in enumerate(ends)}
    first = 0
    while first < len(run):
        start = ends[first] + (digits[ends[first]] == "1")  # a country code is no part of the number
        number, last = digits[start : start + 10], atom_at.get(start + 10)
        if last is None or not _NANP.fullmatch(number) or number == _COUNTING:
            first += 1
            continue
        cuts = {end - start for end in ends[first + 1 : last]} - {0}
        if not _grouped_as_phone(run, first, last, cuts):
            first += 1
            continue
        yield Phone(number, run[first:last])
        first = last
        for last in _variants(run, first):
            tail = "".join(atom.digits for atom in run[first:last])
            variant = number[: 10 - len(tail)] + tail
            if not _NANP.fullmatch(variant):
                break
            yield Phone(variant, run[first:last])
            first = last


def _grouped_as_phone(run: list[Atom], first: int, last: int, cuts: set[int]) -> bool:
    """Whether the atoms `first` to `last` are grouped as a phone's, not a list of numbers that happens to have ten
    digits. cuts: where a new group starts, counted in digits."""
    atoms = run[first:last]
    gaps = [_separator(atom) for atom in atoms[1:]]
    if any(_ALTERNATIVE.search(gap) for gap in gaps):
        return False
    # Amounts: "250, 300, 4000". A phone that is as round is believed where it has a phone's dashes, dots or brackets.
    if all(gap in " ,/" for gap in gaps) and all(re.fullmatch("[1-9][0-9]{0,3}[05]0", a.digits) for a in atoms):
        return len(atoms) == 1
    if cuts <= {3, 6} or all(len(set(atom.digits)) == 1 for atom in atoms):  # as usual, or digit by digit
        return True
    if {3, 6} <= cuts:
        return "," not in gaps
    # An odd grouping ("21.25.55.01.00") counts where one separator holds it together and does not go on at either
    # side. Blanks hold prices together as well, but prices are shorter and do not start with a zero.
    around = [_separator(run[index]) for index in (first, last) if 0 < index < len(run)]
    alone = len(set(gaps)) == 1 and gaps[0] not in around
    no_price = any(atom.digits.startswith("0") or len(atom.digits) > 5 for atom in atoms)
    return alone and (no_price or gaps[0] != " ") and not any(_YEAR.fullmatch(atom.digits) for atom in atoms[:-1])


def _separator(atom: Atom) -> str:
    """What stands before an atom: a sign, " " for blanks alone, "" for nothing."""
    return atom.gap.strip() or (" " if atom.gap else "")


def _variants(run: list[Atom], first: int) -> Iterator[int]:
    """Ends of what follows a phone as its variants: the last 4 or 7 digits after a "/" or "or", or 2 or 3 after a "/"
    without blanks."""
    while first < len(run) and _AGAIN.fullmatch(run[first].gap):
        end = first + 1
        while end < len(run) and not _AGAIN.fullmatch(run[end].gap):
            end += 1
        size = sum(len(atom.digits) for atom in run[first:end])
        if size not in (4, 7) and not (size in (2, 3) and run[first].gap == "/"):
            return
        yield end
        first = end
