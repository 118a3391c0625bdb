"""Phone numbers in a plain view (`lib.data.normalize`), however an ad spells, splits or disguises them.

A text is read as *atoms* ("212" is one, "O1OO" is one, "5five5" is three). Atoms that are separated only by signs and
a few filler words make a *run*. A phone is a stretch of a run that has ten digits, is a valid North American number and
is grouped like one. The rules use no list of known numbers and no learned model; the published data were made with
TJBatchExtractor and a neural extractor (MATCHED A.3.2).

The prefix decides about the country. A number is North American if "+1", "001", "1" or nothing precedes it. After a
plus, 00, 011 (010, 0011) and any other country code, or such a code joined by a dash or dot ("91-9876543210"), all
digits up to the fifteen of E.164 are one foreign number, however they are grouped. The next number begins with its own
plus, or where ten digits grouped as a phone would make the foreign number longer than fifteen digits.

Known misses: homophones ("to", "ate"), other languages, misspelt digits ("fiv", "t w o"), "five hundred", "three
fives", Roman and Chinese numerals, letters and words that are not in `_FILLER` between the groups ("212x555x0100"),
groups of letters alone set off by blanks ("212 SSS 0100"), "!!" for 11, an area code given last, odd groups set off by
blanks of which none starts with a zero ("21 25 55 12 34"), two or four odd groups set off by dots, commas or
apostrophes (decimals, amounts, IP addresses); a number with a plus before it that is no prefix and not set apart
("+212-555-0100"); a number that follows a foreign one of few digits, or follows one in odd groups or digit by digit
without a list's sign between.
Known false positives: ten digits in a table or a list that happen to be grouped 3-3-4; foreign numbers whose code has
no sign ("91 9876543210", "wa.me/91 9876543210"), stands behind a word ("+44 (UK) 7925234567") or after 810; one of ten
digits with its code, set apart from its plus and grouped as a phone ("+ 372 555 0100": the plus may be a bullet); a
second foreign number whose code was left out, where it has ten digits ("+91 9876543210 / 9876543211").
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import accumulate
from pathlib import Path
from typing import Literal, NamedTuple

from lib.core import yaml_files

BLANK = "\ue000"  # private use; replaces what is not part of a phone, and ends one

# Prices, amounts, times, heights and document numbers: a list of them may have ten digits. _START is for speed.
_START = r"(?<![^\W\d_])(?=[$€£0-9olicasp])"
_NO_PHONE = re.compile(
    _START + r"(?:(?<![$€£])[$€£][0-9]{1,6}(?![0-9])|(?<![0-9])(?<![0-9][-. ])[1-9][0-9]{0,5}\s?[$€£](?![$€£0-9])"
    r"|(?<![0-9,])[0-9]{1,3}(?:,[0-9]{3}){1,9}(?!,?[0-9])"  # 2,125,550,100
    r"|(?<![0-9:])[0-9]{1,2}:[0-9]{2}(?![0-9:])|\b24\s?/\s?7\b"  # 9:30
    r"|(?<![0-9])[4-7]\s?['’′]\s?(?:1[01]|[0-9])(?![0-9])"  # 5'7"
    r"|(?:\bisbn(?:-?1[03])?\b|\b(?:licen[sc]e|lic|order|invoice|case|account|acct|serial|item|sku|permit)\b"
    r"[\s:.]{0,3}(?:#|:|no\b\.?|number\b|num\b))[\s:#.]{0,3}[0-9-]{5,20}+)",
    re.IGNORECASE,
)

_TABLES = yaml_files.read(Path(__file__).with_suffix(".yaml"), "the words and letters that stand for digits")
_ONES, _TEENS, _TENS = _TABLES["ones"], _TABLES["teens"], _TABLES["tens"]
_VALUES = {"oh": "0", "o": "0"} | {word: str(value) for value, word in enumerate(_ONES + _TEENS)}
_VALUES |= {word: str(value) for value, word in enumerate(_TENS, start=2)}  # "0" follows where no unit does
_LEET = str.maketrans({letter: f"[{letter}{digit}]" for letter, digit in _TABLES["digits_in_words"].items()})
_UNLEET = str.maketrans({digit: letter for letter, digit in _TABLES["digits_in_words"].items()})
_ONE = f"(?i:{'|'.join(_ONES).translate(_LEET)}|oh)"
_TEN = f"(?i:{'|'.join(_TENS)})"
_UNIT = f"(?i:{'|'.join(_ONES[1:]).translate(_LEET)})"
SPELLED_TENS = rf"{_TEN}(?:[\W_]?{_UNIT}(?![^\W_]))?"  # "twenty", "twenty-five"
_SPELLED = f"(?i:{'|'.join(reversed(_TEENS))}|{_TEN}|{_ONE})"
_LONG_FILLER = f"(?i:{'|'.join(_TABLES['long_fillers'])})"
_FILLER = rf"{_LONG_FILLER}|(?i:{'|'.join(_TABLES['short_fillers'])}|(?:or|and)(?![^\W_]))"
_LETTERS = "".join(_TABLES["letters"])
_LETTER_DIGITS = str.maketrans(_TABLES["letters"] | {"!": "1"})
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
_ALTERNATIVE = re.compile(r"\b(?:or|plus)\b|^\W*and\W*$", re.IGNORECASE)  # 200 or 300
_LIST = re.compile(r"[/&|,;\n]|[^\W_]")  # what ends a number, as a dash or a blank does not

# A plus before digits; more than two pluses are an ornament. If a blank separates it from them ("+ 212…"), or any sign
# when it is joined to what precedes it ("18+-212…"), or if it is a word, it may also be a bullet, "and" or "or more".
_PLUS = re.compile(
    rf"(?P<glued>[^\W_]|{BLANK})?(?<!\+)\+{{1,2}}(?P<apart>(?:[^\w+\n)\]}}>,;!?|&]|_){{0,4}})(?=[^\W_])"
    r"|(?<![^\W_])(?P<word>(?i:plus))[\W_]{0,3}(?=[^\W_])"
)
_AFTER_PLUS = re.compile("(?:0011|01[01]|0{0,3})[2-9]")  # up to the first digit of a country code that is not 1
_DIALLED = re.compile("(?:0011|01[01]|00)[2-9]")  # from Europe, America and Japan, Australia
_DECIMALS = re.compile(rf"[0-9{BLANK}][.,:'’-]")  # before the "00" of "9.00"
_COUNTRY_CODE = re.compile("(?:00|011)?1")  # of America
_OTHER_CODE = re.compile("[2-9][0-9]{1,2}")
_LONGEST, _SHORTEST = 15, 8  # digits of a number with its country code, as E.164 has it and as we believe it
_NOT_AMERICAN = ""


class Atom(NamedTuple):
    """digits; start, end: its span in the plain view; gap: the characters between the previous atom and this one; plus:
    whether a plus precedes it; opens: whether 00 here may start a number."""

    digits: str
    start: int
    end: int
    gap: str
    plus: Literal["", "maybe", "sure"]
    opens: bool


class Run(NamedTuple):
    """atoms; digits: of all atoms; ends: where each atom begins in the digits, and where the last one ends; atom_at:
    from such an offset to the atom's index."""

    atoms: list[Atom]
    digits: str
    ends: list[int]
    atom_at: dict[int, int]


class Stretch(NamedTuple):
    """Ten digits of a run that are grouped as a phone, before the atom `last`. usual: 3-3-4, or some joined."""

    number: str
    last: int
    usual: bool


class Phone(NamedTuple):
    """number: ten digits, '' if it is not North American; atoms: where it is written (only the last digits of a number
    that is cut short)."""

    number: str
    atoms: list[Atom]


def blank(match: re.Match[str]) -> str:
    """The replacement, as long as the match, in which no phone is found."""
    return BLANK * len(match[0])


def find(plain: str) -> Iterator[Phone]:
    """Phones in a plain view, in order. Those without `number` (foreign numbers, and digits grouped as an address or an
    amount) are to be masked too. Other strings that may hold digits should be blanked out before."""
    for atoms in _runs(_NO_PHONE.sub(blank, plain)):
        ends = list(accumulate((len(atom.digits) for atom in atoms), initial=0))
        if ends[-1] >= _SHORTEST:
            digits = "".join(atom.digits for atom in atoms)
            yield from _phones_of(Run(atoms, digits, ends, {end: index for index, end in enumerate(ends)}))


def _runs(plain: str) -> Iterator[list[Atom]]:
    run: list[Atom] = []
    atom_end = chunk_end = fillers = 0
    pluses = _pluses(plain)
    for chunk in _CHUNK.finditer(plain):
        start = chunk.start()
        wide = fillers > _MOST_FILLERS or start - chunk_end > _WIDEST_GAP
        if run and (wide or _BREAK.search(plain, chunk_end, start)):
            yield run
            run = []
        chunk_end = chunk.end()
        for piece in (chunk,) if chunk[0].isdecimal() else _pieces(plain, start, chunk_end):
            if digits := _digits(piece):
                begin = piece.start()
                gap = plain[atom_end:begin] if run else ""
                opens = bool(gap or not run) and not _DECIMALS.fullmatch(plain[max(0, begin - 2) : begin])
                run.append(Atom(digits, begin, piece.end(), gap, pluses.get(begin, ""), opens))
                atom_end, fillers = piece.end(), 0
            else:
                fillers += 1
    yield run


def _pluses(plain: str) -> dict[int, Literal["maybe", "sure"]]:
    """The offsets right after a plus, and whether it is surely one of a number."""
    pluses: dict[int, Literal["maybe", "sure"]] = {}
    for plus in _PLUS.finditer(plain):
        apart = plus["word"] or (plus["apart"] and (plus["glued"] or re.search(r"\s", plus["apart"])))
        pluses[plus.end()] = "maybe" if apart else "sure"
    return pluses


def _pieces(plain: str, start: int, end: int) -> Iterator[re.Match[str]]:
    """The pieces of a chunk, one after the other; a lookahead may extend beyond the chunk."""
    while start < end and (piece := _PIECE.match(plain, start)):
        yield piece
        start = piece.end()


def _digits(piece: re.Match[str]) -> str:
    """The digits of a piece: "five" 5, "double oh" 00, "O1Oo" 0100, "fifty" 50, a filler word none."""
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


def _phones_of(run: Run) -> Iterator[Phone]:
    """The phones of a run, leftmost first, each followed by its variants, which give their last digits only."""
    atoms, first = run.atoms, 0
    while first < len(atoms):
        if end := _foreign(run, first):
            yield Phone(_NOT_AMERICAN, atoms[first:end])
            first = end
            continue
        stretch = _stretch(run, first)
        if not stretch or _foreign_within(run, first, stretch.last):
            first += 1
            continue
        yield Phone(stretch.number, atoms[first : stretch.last])
        first = stretch.last
        if stretch.number == _NOT_AMERICAN:
            continue
        for last in _variants(atoms, first):
            tail = "".join(atom.digits for atom in atoms[first:last])
            variant = stretch.number[: 10 - len(tail)] + tail
            if not _NANP.fullmatch(variant):
                break
            yield Phone(variant, atoms[first:last])
            first = last


def _stretch(run: Run, first: int) -> Stretch | None:
    """The phone that begins at the atom `first`, whatever precedes it; None if none does."""
    begin = run.ends[first]
    if code := _COUNTRY_CODE.match(run.digits, begin):  # not part of the number
        begin = code.end()
    number, last = run.digits[begin : begin + 10], run.atom_at.get(begin + 10)
    if last is None or not _NANP.fullmatch(number) or number == _COUNTING:
        return None
    cuts = {end - begin for end in run.ends[first + 1 : last] if end > begin}
    if not _grouped_as_phone(run.atoms, first, last, cuts):
        return None
    if _grouped_otherwise(run.atoms[first:last], cuts):
        number = _NOT_AMERICAN
    gaps = {run.ends[index] - begin for index in range(first + 1, last) if run.atoms[index].gap}  # "2one2" is a group
    return Stretch(number, last, {cut for cut in gaps if cut > 0} <= {3, 6})


def _foreign(run: Run, first: int) -> int | None:
    """The end (an atom) of the foreign number that begins at the atom `first`; None if none does."""
    if (code := _foreign_code(run, first)) is None:
        return None
    end, atoms = len(run.atoms), run.atoms
    for index in range(first + 1, end):
        atom, count = atoms[index], run.ends[index] - code
        too_long = count + len(atom.digits) > _LONGEST and len(atom.digits) > 1  # digit by digit, the end is unknown
        if too_long or (count > _LONGEST - 10 and _begins(run, first, index)):
            end = index
            break
    return end if run.ends[end] - code >= _SHORTEST else None


def _begins(run: Run, first: int, index: int) -> bool:
    """Whether the next number begins at the atom `index`, after a foreign one that begins at `first` and would be too
    long with ten more digits."""
    atom = run.atoms[index]
    # "+44+20+7946+0958": a plus between all groups is a separator.
    if atom.plus and (index == first + 1 or not run.atoms[index - 1].plus):
        return True
    stretch = _stretch(run, index)
    return stretch is not None and (stretch.usual or _LIST.search(atom.gap) is not None)


def _foreign_code(run: Run, first: int) -> int | None:
    """The offset in the digits at which a foreign country code begins, if the atom `first` marks one."""
    atom, begin = run.atoms[first], run.ends[first]
    if atom.plus and (prefix := _AFTER_PLUS.match(run.digits, begin)):
        american = atom.plus == "maybe" and _ends_with_ten(run, first)
        return None if american else prefix.end() - 1
    if atom.opens and (prefix := _DIALLED.match(run.digits, begin)):
        size = len(prefix[0]) - 1
        # In one atom or digit by digit, not the zeros and ones of several groups.
        if len(atom.digits) >= size or all(len(single.digits) == 1 for single in run.atoms[first : first + size]):
            return prefix.end() - 1
    return begin if _code_joined(run, first) else None


def _ends_with_ten(run: Run, first: int) -> bool:
    """Whether a phone begins at the atom `first` and is grouped as usual, or isn't followed by one of its own
    separators: if the "+ " before it is no bullet, more than ten digits follow."""
    if not (stretch := _stretch(run, first)):
        return False
    inner = {_separator(atom) for atom in run.atoms[first + 1 : stretch.last]}
    return stretch.usual or stretch.last == len(run.atoms) or _separator(run.atoms[stretch.last]) not in inner


def _code_joined(run: Run, first: int) -> bool:
    """Whether a foreign code is joined to the phone after it, and to nothing before it: "91-987-654-3210"."""
    joints, atoms = ("-", "."), run.atoms
    if not _OTHER_CODE.fullmatch(atoms[first].digits) or atoms[first].gap in joints or first + 1 == len(atoms):
        return False
    if atoms[first + 1].gap not in joints or _stretch(run, first):
        return False
    stretch = _stretch(run, first + 1)
    return stretch is not None and stretch.usual


def _foreign_within(run: Run, first: int, last: int) -> bool:
    """Whether a foreign number begins inside a stretch: at a plus, unless there is one between all groups."""
    inner = range(first + 1, last)
    if not any(run.atoms[index].plus for index in inner) or {_separator(run.atoms[index]) for index in inner} == {"+"}:
        return False
    return any(run.atoms[index].plus and _foreign(run, index) for index in inner)


def _grouped_as_phone(run: list[Atom], first: int, last: int, cuts: set[int]) -> bool:
    """Whether the atoms `first` to `last` are grouped as a phone's, not a list of numbers that happens to have ten
    digits. cuts: where a new group starts, counted in digits."""
    atoms = run[first:last]
    gaps = [_separator(atom) for atom in atoms[1:]]
    if any(_ALTERNATIVE.search(gap) for gap in gaps):
        return False
    # Amounts: "250, 300, 4000". A phone of such round groups is accepted only with a phone's dashes, dots or brackets.
    if all(gap in " ,/" for gap in gaps) and all(re.fullmatch("[1-9][0-9]{0,3}[05]0", a.digits) for a in atoms):
        return len(atoms) == 1
    if cuts <= {3, 6} or all(len(set(atom.digits)) == 1 for atom in atoms):  # as usual, or digit by digit
        return True
    if {3, 6} <= cuts:
        return "," not in gaps
    # An odd grouping ("21.25.55.01.00") is accepted if it has one separator throughout, which occurs on neither side.
    # Prices may be separated by blanks as well, but they are shorter and do not start with a zero.
    around = [_separator(run[index]) for index in (first, last) if 0 < index < len(run)]
    alone = len(set(gaps)) == 1 and gaps[0] not in around
    no_price = any(atom.digits.startswith("0") or len(atom.digits) > 5 for atom in atoms)
    return alone and (no_price or gaps[0] != " ") and not any(_YEAR.fullmatch(atom.digits) for atom in atoms[:-1])


def _grouped_otherwise(atoms: list[Atom], cuts: set[int]) -> bool:
    """Whether the groups of a stretch are more likely those of an IP address ("212.55.50.100"), an amount or a decimal
    ("2.125.550.100", "41.87811360") or a book's number ("2-253-24567-8")."""
    if len(cuts) not in (1, 3) or cuts <= {3, 6}:
        return False
    gaps, groups = {_separator(atom) for atom in atoms[1:]}, [atom.digits for atom in atoms[-len(cuts) - 1 :]]
    if len(gaps) != 1:
        return False
    if gaps <= {".", ",", "'", "’"}:
        octets = all(len(group) <= 3 and group[0] != "0" and int(group) <= 255 for group in groups)
        return not {3, 6} <= cuts or (len(groups) == 4 and octets)
    return gaps == {"-"} and len(groups) == 4 and len(groups[-1]) == 1


def _separator(atom: Atom) -> str:
    """The gap before an atom: its sign, " " for blanks alone, "" for nothing."""
    return atom.gap.strip() or (" " if atom.gap else "")


def _variants(run: list[Atom], first: int) -> Iterator[int]:
    """The ends of the variants that follow a phone: its last 4 or 7 digits after a "/" or "or", or its last 2 or 3
    after a "/" without blanks."""
    while first < len(run) and _AGAIN.fullmatch(run[first].gap):
        end = first + 1
        while end < len(run) and not run[end].plus and not _AGAIN.fullmatch(run[end].gap):
            end += 1
        size = sum(len(atom.digits) for atom in run[first:end])
        if size not in (4, 7) and not (size in (2, 3) and run[first].gap == "/"):
            return
        yield end
        first = end
