"""Find the phone numbers that ads hide, and mask what identifies a person.

    phones("call 2one2 · five55 · o1oo")           -> ["2125550100"]
    mask("Ana, 34 yrs old, (212) 555-0100, $120")  -> "Ana, NN yrs old, (NNN) NNN-NNNN, $NNN"

Why: phone numbers make the vendor labels (MATCHED A.2) and must then be gone from the texts that a
model sees (9.2, A.3.2). The published data were made with TJBatchExtractor and a neural extractor,
which are not public in a form that runs here; this is a reading of their task, not a copy.

Formats, as we read the paper. 9.2 prints `<EMAILID-23>` and `<LINK>`; A.3.2, in damaged type, an
e-mail id, `POSTID: NNNNN`, `<DATES>`, `<LINK>` and the letter N for a digit. We write
`<EMAILID-N>` (a running number would tie ads together by their address, and its digits are N by the
paper's own rule), `<LINK>`, `<DATES>`, `POSTID: NNNNN` (five Ns however long the id, a label and not a
measure), all without inner spaces. Phones, ages and body measurements get one N a digit, where they
stand: separators and words between them are style. "five five" becomes "N N", "double five" "NN".
Prices, heights, opening hours and years without a day or month are no identifiers: `mask` turns their
digits to N, `mask_identifiers` leaves them readable.

How: every search runs on a *plain* view of the text (marks and zero-width characters gone, all kinds
of digits and letters brought to their plain form) that remembers where each character came from, so
that what is found there is replaced in the text as it was written.

All functions take any `str` (NUL, lone surrogates, any length), never raise, and take time linear in
its length: each repetition below is possessive, bounded, or starts at a place that occurs once.
"""

import re
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from itertools import accumulate
from typing import NamedTuple

SEPARATOR = "[SEP]"  # between title and description (A.2); nothing is found across it or changed in it


def phones(text: str) -> list[str]:
    """Phone numbers in `text`: ten digits each, in order of appearance, without duplicates.

    Only North American numbers (area code and exchange start with 2-9); a leading 1 is dropped.
    "212-555-0100/0123" is two numbers. A number in an e-mail address, a web address (but for
    WhatsApp's), a post id, date, time, price or height is none.
    """
    numbers: dict[str, None] = {}
    for part in text.split(SEPARATOR):
        plain = _plain(part)[0]
        for pattern, _ in _LABELLED:
            plain = pattern.sub(lambda m: m[0] if _WHATSAPP.search(m[0]) else _blank(m), plain)
        numbers.update((phone.number, None) for phone in _find_phones(plain))
    return list(numbers)


def mask(text: str) -> str:
    """`text` without identifiers and without digits: `mask_identifiers`, then `mask_digits`.

    `mask(mask(x)) == mask(x)` and `phones(mask(x)) == []`; see the module for the formats.
    """
    return _until_stable(lambda t: mask_digits(_mask_once(t)), text)


def mask_identifiers(text: str) -> str:
    """`text` with phones, e-mails, links, post ids, dates, ages and body measurements masked.

    Other digits stay: the authors' code masks digits in training texts only (`mask_digits: train`).
    """
    return _until_stable(_mask_once, text)


def mask_digits(text: str) -> str:
    """`text` with an N for each digit of any script or shape ("5", "٥", "⁵", "⑤", "5️⃣"; "½" is N⁄N)."""
    return _KEYCAP.sub(r"\1", text).translate(_DIGITS_TO_N)


def _until_stable(step: Callable[[str], str], text: str) -> str:
    """Repeat `step` until it changes nothing, so that the result is idempotent by construction.

    Ends, because a step that changes anything takes away characters that no label puts back; one
    pass and one to confirm, on nearly all texts.
    """
    while (changed := step(text)) != text:
        text = changed
    return text


# ---------------------------------------------------------------- the plain view

# Letters of other alphabets that look Latin, and signs drawn as a digit that Unicode does not call one.
_LOOKALIKES = str.maketrans("аеосрхіѕуЕОТІЅοιΟΙ⭕🅾ø∅", "aeocpxisyEOTISoiOIOOo0") | {ord("🔟"): "10"}
_KEYCAP = re.compile("([0-9])[\ufe0e\ufe0f]?\u20e3")


def _plain_character(character: str) -> str:
    """The plain form of one character: "" for marks and zero-width ones, ASCII for digits."""
    if unicodedata.category(character) in ("Mn", "Me", "Cf"):
        return ""
    if character in "\u115f\u1160\u3164\uffa0":  # letters by category, but blank
        return ""
    if (digit := unicodedata.digit(character, None)) is not None:
        return str(digit)
    if unicodedata.category(character) == "No":  # numbers above nine: "⑫", "❿", "½"
        value = unicodedata.numeric(character)
        plain = unicodedata.normalize("NFKD", character)
        return plain if re.search("[0-9]", plain) or value % 1 else str(int(value))
    plain = unicodedata.normalize("NFKD", character.translate(_LOOKALIKES))
    plain = "".join(c for c in plain if unicodedata.category(c) != "Mn")
    return plain if len(plain) <= 4 else character  # "ﷺ" would be eighteen, and a long text much longer


class _Table(dict):
    """A lazy `str.translate` table: code point -> string, worked out at first sight."""

    def __init__(self, translate: Callable[[str], str]):
        self._translate = translate

    def __missing__(self, code: int) -> str:
        self[code] = self._translate(chr(code))
        return self[code]


def _digit_to_n(character: str) -> str:
    plain = _plain_character(character)
    return re.sub("[0-9]", "N", plain) if re.search("[0-9]", plain) else character


_TO_PLAIN = _Table(_plain_character)
_DIGITS_TO_N = _Table(_digit_to_n)


def _plain(text: str) -> tuple[str, Sequence[int]]:
    """The plain view and, for each of its characters, the index in `text` that it came from."""
    if text.isascii():
        return text, range(len(text))
    pieces = [_TO_PLAIN[ord(character)] for character in text]
    return "".join(pieces), [i for i, piece in enumerate(pieces) for _ in piece]


# ---------------------------------------------------------------- what has a label of its own

_I = re.IGNORECASE
_START = r"(?<![^\W\d_])"  # not inside a word; tried first, it makes the long patterns fast
_MAILBOX = r"\w.!#$%&'*+/=?^`{|}~-"  # what RFC 5322 lets the part before the @ consist of
_AT = r"(?:\s{0,3}(?:@|[\[({<*_-]\s?(?:at|@)\s?[\])}>*_-])\s{0,3}|\sat\s)"
_DOT = r"(?:\s{0,2}(?:\.|[\[({<*_-]\s?(?:dot|\.)\s?[\])}>*_-])\s{0,2}|,|\sdot\s)"
_TLD = r"(?:com|net|org|edu|gov|info|biz|io|co|ca|uk|eu|xyz|site|online|club|app|dev)\b"
_MAILER = r"(?:gmail|googlemail|yahoo|ymail|hotmail|outlook|icloud|aol|msn|protonmail)\b"
_EMAIL = re.compile(
    # as it should be: any domain under any top level
    rf"(?:(?<!\w)\w[{_MAILBOX}]{{0,63}}+|(?<![{_MAILBOX}])(?:(?!\w)[{_MAILBOX}]){{1,64}}+)"
    r"@(?:[\w-]{1,63}\.){1,9}[^\W\d_][\w-]{1,62}"
    # written out or spaced out: only before a known end, since "me @ home. Thanks" is no address
    rf"|(?<!\w)\w[\w.+-]{{0,63}}+(?:{_DOT}\w{{1,40}}+){{0,3}}{_AT}"
    rf"(?:(?:[\w-]{{1,63}}{_DOT}){{1,4}}{_TLD}|{_MAILER}(?:[\W_]{{1,3}}(?:com|net|org)\b)?)",
    _I,
)
_LINK_END = r"""[^\s.,;:!?()\[\]{}"'<>*~]"""  # what follows the address in the sentence is not part of it
_LINK = re.compile(
    rf"(?:\b(?:https?|hxxps?|ftp)\s?:\s?//|\bwww\s?\.)\s?\S*{_LINK_END}"
    rf"|(?<![\w-])(?:[\w-]{{1,63}}\.){{1,5}}(?:{_TLD}|[a-z]{{2,6}}(?=/\w))(?:[/?#]\S*{_LINK_END}|/)?"
    r"|(?<![\w-])[\w-]{2,63}+(?:\s?[\[({]\s?(?:dot|\.)\s?[\])}]\s?|\sdot\s)(?:com|net|org)\b",
    _I,
)
_WHATSAPP = re.compile(r"\bwa\.me/|whatsapp", _I)  # web addresses that hold a phone number
_POST_ID = re.compile(
    r"\b(?:(?:post(?:ing)?|ad|listing|ref(?:erence)?)[\s_-]{0,2}(?:id|no|num(?:ber)?|#)|id\s?[:#])"
    r"[\s:#.=-]{0,4}[0-9]{4,20}+(?![-. ]?[0-9]|[^\W_])",
    _I,
)

_YEAR, _MM, _DD = r"(?:19|20)[0-9]{2}", r"(?:1[0-2]|0?[1-9])", r"(?:3[01]|[12][0-9]|0?[1-9])"
_MONTHS = "jan(?:uary)?|feb(?:ruary)?|apr(?:il)?|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?"
_MONTHS = rf"\b(?:{_MONTHS}|nov(?:ember)?|dec(?:ember)?)\b\.?"
_ANY_MONTH = rf"(?:{_MONTHS}|\b(?:may|mar(?:ch)?)\b\.?)"  # these two are words as well
_TH = r"\s?(?:st|nd|rd|th)\b"
_DATE = re.compile(
    rf"""{_START}(?=[0-9jfmasond])(?:
    (?<![0-9])(?<![0-9][-./])(?=[0-9]{{1,4}}[-./])(?:                            # 12/4/2015
        {_YEAR}(?P<a>[-./]){_MM}(?P=a){_DD}
      | {_MM}(?P<b>[-./]){_DD}(?P=b)(?:{_YEAR}|'?[0-9]{{2}})
      | {_DD}(?P<c>[-./]){_MM}(?P=c)(?:{_YEAR}|'?[0-9]{{2}})
      | (?:(?<=\bon\s)|(?<=\bby\s)|(?<=\bfrom\s)|(?<=\btill\s)|(?<=\buntil\s)){_MM}/{_DD}
    )(?![0-9]|[-./][0-9])
    | {_ANY_MONTH}\s{{0,2}}{_DD}(?:{_TH})?(?![0-9])                              # May 4th, 2016
      (?:,?\s{{0,2}}{_YEAR}(?![0-9]))?(?!\s?[:/'$%]|\s?[ap]\.?m\b)
    | {_ANY_MONTH},?\s{{0,2}}{_YEAR}(?![0-9])                                    # March 2016
    | (?<![0-9$])(?=[0-9]{{1,2}}[\s-]{{0,2}}[a-z]){_DD}(?:(?:{_TH})?[\s-]{{0,2}}{_MONTHS}                         # 4 Dec 2015
      | {_TH}\s?(?:of\s)?{_ANY_MONTH} | [\s-]{{0,2}}{_ANY_MONTH}(?=[\s,-]{{0,3}}{_YEAR}))
      (?:[\s,-]{{0,3}}{_YEAR})?(?![0-9]))""",
    _I | re.VERBOSE,
)
_LABELLED = (
    (_EMAIL, "<EMAILID-N>"),
    (_LINK, "<LINK>"),
    (_POST_ID, "POSTID: NNNNN"),
    (_DATE, "<DATES>"),
)

# ---------------------------------------------------------------- ages and body measurements

_TENS = r"(?:twenty|thirty|forty|fifty|sixty)(?:[\s-]?(?:one|two|three|four|five|six|seven|eight|nine))?"
_PERSONAL = re.compile(
    # "34 yrs old", "34yo"
    rf"{_START}(?:(?:(?<![0-9.$])[0-9]{{1,2}}|\b{_TENS})[\s-]{{0,2}}"
    r"(?:(?:years?|yrs?)[\s-]{0,2}(?:old|young|of\sage)|y/?o\b|y\.o\b)"
    # "age: 34", "I'm 34", but not "I'm 20 min away"
    rf"|\b(?:aged?\b|i['’]?m\b|i\sam\b)\s?[:=-]?\s?(?:[2-9][0-9]|1[89]|{_TENS}\b)"
    r"(?![0-9]|[-.:/'\"%$][0-9]|\s?(?:[%$'\"]|mi|block|hours?|hrs?|h\b|f(?:oo|ee)?t\b|(?:yea|y)rs?\b|days?\b|[ap]m\b))"
    # bust-waist-hips, cup size, weight
    r"|(?<![\w/-])[0-9]{2}[a-k]{0,4}\s?[-/]\s?[0-9]{2}\s?[-/]\s?[0-9]{2}(?![\w/-])"
    r"|(?<![\w$])[34][0-9](?:d{1,4}|[abc])\b|(?<![\w$.-])[0-9]{2,3}\s?(?:lbs?|pounds?|kgs?)\b)",
    _I,
)
_NUMBER = re.compile(rf"[0-9]+|{_TENS}", _I)

# ---------------------------------------------------------------- phones

_BLANK = "\ue000"  # private use; stands where a phone cannot be, and ends one
_NO_PHONE = re.compile(
    rf"{_START}(?=[$€£0-9olicasp])(?:"
    r"(?<![$€£])[$€£][0-9]{1,6}(?![0-9])|(?<![0-9])(?<![0-9][-. ])[0-9]{1,6}\s?[$€£](?![0-9])"  # prices
    r"|(?<![0-9,])[0-9]{1,3}(?:,[0-9]{3}){1,9}(?!,?[0-9])"  # 2,125,550,100
    r"|(?<![0-9:])[0-9]{1,2}:[0-9]{2}(?![0-9:])"  # times
    r"|(?<![0-9])[4-7]\s?['’′]\s?(?:1[01]|[0-9])(?![0-9])"  # heights
    r"|\b24\s?/\s?7\b"
    r"|\b(?:licen[sc]e|lic|order|invoice|case|account|acct|serial|isbn|item|sku|permit)\b"
    r"[\s:.]{0,3}(?:#|:|no\b\.?|number\b|num\b)[\s:#.]{0,3}[0-9-]{5,20}+)",
    _I,
)
_WORDS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
_VALUES = {word: str(value) for value, word in enumerate(_WORDS)} | {"oh": "0", "o": "0"}
_LEET = str.maketrans({"o": "[o0]", "i": "[i1]", "e": "[e3]", "s": "[s5]"})  # "zer0", "f1ve", "5ix"
_UNLEET = str.maketrans("0135", "oies")
_WORD = "(?i:" + "|".join(word.translate(_LEET) for word in _WORDS) + "|oh)"
_FILLER = (
    "(?i:please|pls|plz|phone|number|num|nbr|message|msg|area|code|call|cell|text|txt|dial|ring|tel|dash|"
    "hyphen|space|slash|star|point|dot|then|now|at|me|my|on|no|is|it|us|up|hey|hun|babe|love|kiss|ask)"
)
_LETTERS = "oOlIizZEASsGbTBgq"  # a digit each, in a group that holds a real one
_LETTER_DIGITS = str.maketrans(_LETTERS, "00111223455667899")
_PIECE = re.compile(
    r"(?P<digits>[0-9]+(?![A-Za-z]))|(?P<between>(?i:or|and)(?![^\W_]))"
    rf"|(?P<many>(?i:double|triple)[\W_]{{0,3}})(?P<repeated>{_WORD}|[0-9oO])"
    rf"|(?P<word>{_WORD})|(?P<filler>{_FILLER})"
    rf"|(?P<group>(?=[{_LETTERS}]{{0,6}}[0-9])(?:[0-9]+(?![A-Za-z])|(?!{_WORD}|{_FILLER})[0-9{_LETTERS}])+)"
    r"|(?P<zeros>(?<![^\W_])(?=[lI]{0,3}[oO])[oOlI]{1,4}(?![^\W_]))"  # "555-OlOO", "5 5 5 o 1 o o"
)
# A run of letters and digits that consists of such pieces alone: "someone" holds no "one".
_CHUNK = re.compile(rf"(?<![^\W_])(?:{re.sub('[?]P<[a-z]+>', '?:', _PIECE.pattern)})++(?![^\W_])")
_BREAK = re.compile(rf"[^\W_]|{_BLANK}|\n\s*\n")
_AGAIN = re.compile(r"[\s()]*(?:[/&|,;]|or|and)[\s()]*", _I)  # "212-555-0100/0123"
_NANP = re.compile(r"[2-9][0-9]{2}[2-9][0-9]{6}")


class _Atom(NamedTuple):
    """Digits that are written as one: "212", "five", "double oh"; `gap` is what stands before them."""

    digits: str
    start: int
    end: int
    gap: str


class _Phone(NamedTuple):
    number: str
    atoms: list[_Atom]


def _blank(match: re.Match[str]) -> str:
    return _BLANK * len(match[0])


def _runs(plain: str) -> Iterator[list[_Atom]]:
    """Stretches of digits, in whatever form, with nothing but short gaps and filler words between."""
    run: list[_Atom] = []
    end = last_end = fillers = 0
    for chunk in _CHUNK.finditer(plain):
        start, chunk_end = chunk.start(), chunk.end()
        if run and (fillers > 3 or start - last_end > 12 or _BREAK.search(plain, last_end, start)):
            yield run
            run = []
        for piece in (chunk,) if chunk[0].isdecimal() else _PIECE.finditer(plain, start, chunk_end):
            if digits := _digits(piece):
                run.append(_Atom(digits, piece.start(), piece.end(), plain[end : piece.start()] if run else ""))
                end, fillers = piece.end(), 0
            else:
                fillers += 1
        last_end = chunk_end
    yield run


def _digits(piece: re.Match[str]) -> str:
    """The digits that a piece stands for: "five" 5, "double oh" 00, "O1Oo" 0100, a filler word none."""
    if piece[0].isdecimal():
        return piece[0]
    if piece["filler"] or piece["between"]:
        return ""
    if spelled := piece["word"] or piece["repeated"]:
        digit = spelled if spelled.isdecimal() else _VALUES[spelled.lower().translate(_UNLEET)]
        return digit * (1 if piece["word"] else 2 if piece["many"][0] in "dD" else 3)
    return piece[0].translate(_LETTER_DIGITS)


def _find_phones(plain: str) -> Iterator[_Phone]:
    """The phones of a plain view from which labelled identifiers are blanked out already."""
    for run in _runs(_NO_PHONE.sub(_blank, plain)):
        yield from _phones_of(run)


def _phones_of(run: list[_Atom]) -> Iterator[_Phone]:
    """Phones in one run, leftmost first, each followed by those that give their last digits only."""
    ends = list(accumulate((len(atom.digits) for atom in run), initial=0))
    digits, atom_at = "".join(atom.digits for atom in run), {end: i for i, end in enumerate(ends)}
    first = 0
    while first < len(run):
        start = ends[first] + (digits[ends[first]] == "1")  # a country code is no part of the number
        number, last = digits[start : start + 10], atom_at.get(start + 10)
        if last is None or not _NANP.fullmatch(number) or not _grouped(run, ends, first, last, start):
            first += 1
            continue
        yield _Phone(number, run[first:last])
        first = last
        for upto in _tails(run, first):
            tail = "".join(atom.digits for atom in run[first:upto])
            yield _Phone(number[: 10 - len(tail)] + tail, run[first:upto])
            first = upto


def _grouped(run: list[_Atom], ends: list[int], first: int, last: int, start: int) -> bool:
    """Whether the atoms are grouped as a phone's, not as a list of numbers that happens to have ten."""
    gaps = [atom.gap.strip() for atom in run[first + 1 : last]]
    if any(re.search(r"[&;$€£]|\b(?:or|and)\b", gap, _I) for gap in gaps):
        return False
    cuts = {end - start for end in ends[first + 1 : last]} - {0}
    if cuts <= {3, 6} or {3, 6} <= cuts:
        return True
    # An odd grouping ("21.25.55.01.00") counts where one separator holds it together and none adjoins.
    around = [run[i].gap.strip() for i in (first, last) if 0 < i < len(run)]
    years = any(re.fullmatch("(?:19|20)[0-9]{2}", atom.digits) for atom in run[first : last - 1])
    return len(set(gaps)) == 1 and gaps[0] not in around and not years


def _tails(run: list[_Atom], first: int) -> Iterator[int]:
    """Ends of what follows a phone as its variants: after "/" or "or", the last 2, 3, 4 or 7 digits."""
    while first < len(run) and _AGAIN.fullmatch(run[first].gap):
        end = first + 1
        while end < len(run) and not _AGAIN.fullmatch(run[end].gap):
            end += 1
        size = sum(len(atom.digits) for atom in run[first:end])
        if size not in (4, 7) and not (size in (2, 3) and run[first].gap == "/"):
            return
        yield end
        first = end


# ---------------------------------------------------------------- masking

_Edit = tuple[int, int, str]  # a span of the plain view and what to write there


def _mask_once(text: str) -> str:
    return SEPARATOR.join(_mask_part(part) for part in text.split(SEPARATOR))


def _mask_part(text: str) -> str:
    plain, origin = _plain(text)
    edits: list[_Edit] = []

    def note(match: re.Match[str], label: str) -> str:
        edits.append((*match.span(), label))
        return _blank(match)

    with_digits = re.search("[0-9]", plain)
    for pattern, label in _LABELLED if with_digits else _LABELLED[:2]:  # post ids and dates have digits
        plain = pattern.sub(partial(note, label=label), plain)
    for phone in _find_phones(plain):
        edits += [(atom.start, atom.end, "N" * len(atom.digits)) for atom in phone.atoms]
    for personal in _PERSONAL.finditer(plain):
        for number in _NUMBER.finditer(plain, *personal.span()):
            edits.append((*number.span(), "N" * len(number[0]) if number[0].isdecimal() else "NN"))
    return _apply(sorted(edits), text, origin) if edits else text


def _apply(edits: list[_Edit], text: str, origin: Sequence[int]) -> str:
    """`text` with the edits, of a sorted list, made; where two overlap, the first one wins.

    A replaced span takes the marks and zero-width characters that follow its last character along.
    """
    pieces, done = [], 0
    for start, end, label in edits:
        begin = origin[start]
        if begin < done:
            continue
        pieces += [text[done:begin], label]
        done = max(origin[end - 1] + 1, origin[end] if end < len(origin) else len(text))
    return "".join(pieces) + text[done:]
