"""Extract the phone numbers that ads hide, and mask what identifies a person.

    phones("call 2one2 · five55 · o1oo")           -> ["2125550100"]
    mask("Ana, 34 yrs old, (212) 555-0100, $120")  -> "Ana, NN yrs old, (NNN) NNN-NNNN, $NNN"

Phone numbers make the vendor labels (MATCHED A.2) and must be removed from the texts that a model sees (9.2, A.3.2).

Formats, as we read the paper: 9.2 prints `<EMAILID-23>` and `<LINK>`; A.3.2, whose type is damaged, has an e-mail id,
`POSTID: NNNNN`, `<DATES>`, `<LINK>` and the letter N for a digit. Here:
- `<EMAILID-N>`: a running number would link ads by their address, and its digits become N by the paper's own rule;
- `<LINK>`, `<DATES>`, without inner blanks; a year alone, a time or a weekday is not a date;
- `POSTID: NNNNN`, five N whatever the length of the id;
- phones (foreign ones with their country code), ages and body measurements: an N for each digit in its place, since the
  grouping of a number is style. "five five" becomes "N N", "double five" "NN"; words and signs between them stay;
- prices, heights, opening hours and years: only their digits are masked, like all others;
- names and places stay, as in the paper.

Every function accepts any `str` (NUL, lone surrogates, a million characters), raises nothing, and takes time linear in
its length: each repetition in the patterns is possessive or bounded, or starts at a place that it consumes.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import partial

from lib.data import phone_numbers
from lib.data.normalize import Edit, mask_digits, plain

SEPARATOR = "[SEP]"  # between title and description (A.2); it is never changed, and no match extends across it


def phones(text: str) -> list[str]:
    """The phone numbers in a text: ten digits each, in order of appearance, without duplicates.

    North American numbers (area code and exchange start with 2 to 9) without a leading 1, +1 or 001;
    "212-555-0100/0123" is two numbers. Numbers with another country's code, e-mail addresses, web addresses (except
    WhatsApp's), post ids, dates, times, prices, heights, IP addresses and decimals give none. `lib.data.phone_numbers`
    lists the forms that are missed.
    """
    numbers: dict[str, None] = {}
    for part in text.split(SEPARATOR):
        view = plain(part).text
        for pattern, _ in _LABELLED:
            view = pattern.sub(lambda m: m[0] if _WHATSAPP.search(m[0]) else phone_numbers.blank(m), view)
        numbers.update((phone.number, None) for phone in phone_numbers.find(view) if phone.number)
    return list(numbers)


def mask(text: str) -> str:
    """The text without identifiers and without digits: `mask_identifiers` and `mask_digits`.

    `mask(mask(x)) == mask(x)` and `phones(mask(x)) == []`.
    """
    return _until_stable(lambda part: mask_digits(_identifiers_masked(part)), text)


def mask_identifiers(text: str) -> str:
    """The text without phones, e-mails, links, post ids, dates, ages and body measurements; other digits stay.

    For `mask_digits: train`, as in the authors' code: digits are masked in the training texts only.
    """
    return _until_stable(_identifiers_masked, text)


def _until_stable(step: Callable[[str], str], text: str) -> str:
    """Repeat `step` on each part of the text until nothing changes, which makes masking idempotent.

    This terminates, since a step replaces characters by a label in which no pattern matches. Most texts need one pass
    and a second one to confirm it.
    """
    parts = text.split(SEPARATOR)
    for index, part in enumerate(parts):
        while (changed := step(part)) != part:
            part = changed
        parts[index] = part
    return SEPARATOR.join(parts)


# Patterns of web addresses, which `lib.pipeline.leak_scan` uses too ---------------------------------------------------

TOP_LEVELS = "com|net|org|edu|gov|info|biz|io|co|ca|uk|eu|xyz|site|online|club|app|dev"
AMBIGUOUS_TOP_LEVELS = "us|me|ly|tv"
"""Not masked without a scheme, `www.` or a path: "text.me" is more often two words without a blank than a link."""
LINK_START = r"(?:\b(?:https?|hxxps?|ftp)\s?:\s?//|\bwww\s?\.)\s?"

# What a label replaces -----------------------------------------------------------------------------------------------

_I = re.IGNORECASE
_MAILBOX = r"\w.!#$%&'*+/=?^`{|}~-"  # what RFC 5322 lets the part before the @ consist of
_AT = r"(?:\s{0,3}(?:@|[\[({<*_-]\s?(?:at|@)\s?[\])}>*_-])\s{0,3}|\sat\s)"
_DOT = r"(?:\s{0,2}(?:\.|[\[({<*_-]\s?(?:dot|\.)\s?[\])}>*_-])\s{0,2}|,|\sdot\s)"
_TLD = rf"(?:{TOP_LEVELS})\b"
_MAILER = r"(?:gmail|googlemail|yahoo|ymail|hotmail|outlook|icloud|aol|msn|protonmail)\b"
_EMAIL = re.compile(
    # as it should be: any domain under any top level
    rf"(?:(?<!\w)\w[{_MAILBOX}]{{0,63}}+|(?<![{_MAILBOX}])(?:(?!\w)[{_MAILBOX}]){{1,64}}+)"
    r"@(?:[\w-]{1,63}\.){1,126}[^\W\d_][\w-]{1,62}"
    # written out or spaced out: only before a known end, since "me @ home. Thanks" is no address
    rf"|(?<!\w)\w[\w.+-]{{0,63}}+(?:{_DOT}\w{{1,40}}+){{0,3}}{_AT}(?!www\b)"  # "photos at www…" is a link
    rf"(?:(?:[\w-]{{1,63}}{_DOT}){{1,4}}{_TLD}|{_MAILER}(?:[\W_]{{1,3}}(?:com|net|org)\b)?)",
    _I,
)
_LINK_END = r"""[^\s.,;:!?()\[\]{}"'<>*~]"""  # what follows an address in the sentence is not part of it
_LINK = re.compile(
    rf"{LINK_START}\S*{_LINK_END}"
    rf"|(?<![\w-])(?:[\w-]{{1,63}}\.){{1,5}}(?:{_TLD}|[a-z]{{2,6}}(?=/\w))(?:[/?#]\S*{_LINK_END}|/)?"
    r"|(?<![\w-])[\w-]{2,63}+(?:\s?[\[({]\s?(?:dot|\.)\s?[\])}]\s?|\sdot\s)(?:com|net|org)\b",
    _I,
)
_WHATSAPP = re.compile(r"\bwa\.me/|whatsapp", _I)  # web addresses that hold a phone number
_POST_ID = re.compile(
    r"\b(?:(?:post(?:ing)?|ad|listing|ref(?:erence)?)[\s_-]{0,2}(?:id|no|num(?:ber)?|#)|id\s?[:#])"
    r"[\s:#.=-]{0,4}[0-9]{4,20}+(?![-.]?[0-9])",
    _I,
)

_START = r"(?<![^\W\d_])"  # not inside a word; tried first, it makes the long patterns fast
_YEAR, _MM, _DD = r"(?:19|20)[0-9]{2}", r"(?:1[0-2]|0?[1-9])", r"(?:3[01]|[12][0-9]|0?[1-9])"
_MONTHS = "jan(?:uary)?|feb(?:ruary)?|apr(?:il)?|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?"
_MONTH = rf"\b(?:{_MONTHS}|nov(?:ember)?|dec(?:ember)?)\b\.?"
_ANY_MONTH = rf"(?:{_MONTH}|\b(?:may|mar(?:ch)?)\b\.?)"  # these two are words as well
_TH = r"\s?(?:st|nd|rd|th)\b"
_DATE = re.compile(
    rf"""{_START}(?=[0-9jfmasond])(?:
    (?<![0-9])(?<![0-9][-./])(?=[0-9]{{1,4}}[-./])(?:
        {_YEAR}(?P<a>[-./]){_MM}(?P=a){_DD}                                             # 2015-12-04
      | {_MM}(?P<b>[-./]){_DD}(?P=b)(?:{_YEAR}|'?[0-9]{{2}})                            # 12/4/2015
      | {_DD}(?P<c>[-./]){_MM}(?P=c)(?:{_YEAR}|'?[0-9]{{2}})                            # 24.12.15
      | (?:(?<=\bon\s)|(?<=\bby\s)|(?<=\bfrom\s)|(?<=\btill\s)|(?<=\buntil\s)){_MM}/{_DD}
    )(?![0-9]|[-./][0-9])
    | {_ANY_MONTH}\s{{0,2}}{_DD}(?:{_TH})?(?![0-9])(?:,?\s{{0,2}}{_YEAR}(?![0-9]))?     # May 4th, 2016
      (?!\s?[:/'$%]|\s?[ap]\.?m\b)
    | {_ANY_MONTH},?\s{{0,2}}{_YEAR}(?![0-9])                                           # March 2016
    | (?<![0-9$])(?=[0-9]{{1,2}}[\s-]{{0,2}}[a-z])                                      # 4 Dec 2015
      {_DD}(?:(?:{_TH})?[\s-]{{0,2}}{_MONTH}|{_TH}\s?(?:of\s)?{_ANY_MONTH}|[\s-]{{0,2}}{_ANY_MONTH}(?=[\s,-]{{0,3}}{_YEAR}))
      (?:[\s,-]{{0,3}}{_YEAR})?(?![0-9]))""",
    _I | re.VERBOSE,
)
_WITHOUT_DIGITS = ((_EMAIL, "<EMAILID-N>"), (_LINK, "<LINK>"))
_LABELLED = (*_WITHOUT_DIGITS, (_POST_ID, "POSTID: NNNNN"), (_DATE, "<DATES>"))

# What keeps its place, an N for each digit ---------------------------------------------------------------------------

_NUMBER = re.compile(rf"[0-9]+|\b{phone_numbers.SPELLED_TENS}", _I)
_UNITS_BUT_YEARS = r"[%$'\"]|mi|block|hours?|hrs?|h\b|f(?:oo|ee)?t\b|(?:yea|y)rs?\b|days?\b|[ap]m\b"
_PERSONAL = re.compile(
    # "34 yrs old", "34yo"
    rf"{_START}(?:(?:(?<![0-9.$])[0-9]{{1,2}}|\b{phone_numbers.SPELLED_TENS})[\s-]{{0,2}}"
    r"(?:(?:years?|yrs?)[\s-]{0,2}(?:old|young|of\sage)|y/?o\b|y\.o\b)"
    # "age: 34", "I'm 34", but not "I'm 20 min away"
    rf"|\b(?:aged?\b|i['’]?m\b|i\sam\b)\s?[:=-]?\s?(?:[2-9][0-9]|1[89]|{phone_numbers.SPELLED_TENS}\b)"
    rf"(?![0-9]|[-.:/'\"%$][0-9]|\s?(?:{_UNITS_BUT_YEARS}))"
    # bust-waist-hips, cup size, weight
    r"|(?<![\w/-])[0-9]{2}[a-k]{0,4}\s?[-/]\s?[0-9]{2}\s?[-/]\s?[0-9]{2}(?![\w/-])"
    r"|(?<![\w$])[34][0-9](?:d{1,4}|[abc])\b|(?<![\w$.-])[0-9]{2,3}\s?(?:lbs?|pounds?|kgs?)\b)",
    _I,
)


def _identifiers_masked(text: str) -> str:
    """One pass of `mask_identifiers` over a part of a text."""
    view = plain(text)
    searched, edits = view.text, []

    def labelled(match: re.Match[str], label: str) -> str:
        edits.append((*match.span(), label))
        return phone_numbers.blank(match)

    for pattern, label in _LABELLED if re.search("[0-9]", searched) else _WITHOUT_DIGITS:
        searched = pattern.sub(partial(labelled, label=label), searched)
    for phone in phone_numbers.find(searched):
        edits += [(atom.start, atom.end, "N" * len(atom.digits)) for atom in phone.atoms]
    for personal in _PERSONAL.finditer(searched):
        edits += [_n_for_number(number) for number in _NUMBER.finditer(searched, *personal.span())]
    return view.edited(edits) if edits else text


def _n_for_number(number: re.Match[str]) -> Edit:
    return *number.span(), "N" * len(number[0]) if number[0].isdecimal() else "NN"
