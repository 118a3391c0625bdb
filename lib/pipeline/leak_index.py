"""An index of what must not leave a data set, and the search for it in the passages of a file.

Searched for, in the plain view of `lib.data.normalize` (full-width or look-alike letters, zero-width characters and
accents make no difference), casefolded, and also behind HTML, JSON, percent and base64 data-URI escapes, tags and
colours:

- phones: a number that `lib.data.identifiers.phones` finds in the ads, however the output writes it;
- e-mails and links: those of the ads, also written "robin (at) example dot org"; a link also by a part of its path;
- names (vendor labels, pseudonyms, groups, image files' names), as whole words in one cell, heading or line (`vendor`
  above `7` is no `vendor 7`): of three letters and digits or more, one of them a letter. Of digits alone from six on: a
  label such as 17 stands in every table, and nothing can tell whether it is one. That is why sensitive data get numbers
  in the order of salted hashes (`lib.data.disclosure.renumbered`);
- text: eight words in a row of an ad, as it is or masked; of an ad of four to seven words all of them, in one cell.
  Eight in which no word has a letter (axis ticks!) or all words are N's of masked digits don't count. A Chinese
  character is a word.

Not found: what images show, the words of an ad in another order, numbers such as embeddings, and encryption.
"""

from __future__ import annotations

import bisect
import os
import re
from array import array
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from itertools import accumulate
from multiprocessing import get_context
from typing import Any, NamedTuple, cast

import numpy as np

from lib.data import identifiers
from lib.data.normalize import plain
from lib.data.phone_numbers import BLANK
from lib.pipeline.file_text import Passage, lines
from lib.pipeline.written_forms import views

KINDS = ("phone", "e-mail", "link", "name", "text")
RUN = 8  # words of an ad in a row that are a quotation
SHORTEST = 4  # words of an ad that counts as a whole
MANY = 4000  # texts that are worth starting processes for

_WORD = re.compile("[\u2e80-\u9fff]|[^\\W_\u2e80-\u9fff]+")
_NUMBER = re.compile(r"(?<![0-9])(?<![0-9]\.)(?:[0-9]{1,3}(?:,[0-9]{3})+|[0-9]{6,})(?![0-9])")
_DECIMAL = re.compile(r"(?<![0-9.])[0-9]{0,2}\.[0-9]{5,}(?![0-9.])")  # 0.2125550100; but 212.5550100 is a phone
_TLD = rf"(?:{identifiers.TOP_LEVELS}|{identifiers.AMBIGUOUS_TOP_LEVELS})\b"
_MAIL = re.compile(r"[\w.+%-]{1,64}+@(?:[\w-]{1,63}\.){1,6}[^\W\d_]{2,20}")
_LINK = re.compile(
    rf"{identifiers.LINK_START}(?P<a>[\w.-]+(?:[/?#][^\s\"'<>()\[\]{{}}]*)?)"
    rf"|(?<![\w@.-])(?P<b>(?:[\w-]{{1,63}}\.){{1,5}}(?:{_TLD}|[a-z]{{2,6}}(?=/\w))(?:[/?#][^\s\"'<>()\[\]{{}}]*)?)"
)
_BRACKETED = re.compile(r"\s{0,3}[\[({<*_-]\s?(at|@|dot|\.)\s?[\])}>*_-]\s{0,3}")
_SPOKEN_DOT = re.compile(r"(?<=\w)\s(?:dot|\.)\s(?=\w)")
_SPOKEN_AT = re.compile(r"(?<=\w)\s?(?:\sat\s|@)\s?(?=(?:[\w-]{1,63}\.){1,4}[a-z]{2})")
_LINE = re.compile(rf"[\n\r\t\v\f|{BLANK}\x1c-\x1e\x85\u2028\u2029]")  # what ends a line or a cell
_STEP = np.uint64(0x9E3779B97F4A7C15)  # odd, so that multiplying by it loses nothing

Secret = tuple[str, object]
"""A kind of KINDS, and what marks it: digits, an address, a name's words, or a run's length and hash."""
PartOf = Callable[[int], int]
"""From an offset in a passage to the number of the part that it is in."""


class Hit(NamedTuple):
    secret: Secret
    part: int  # of its passage


class Index:
    """Everything in a study's data that must not be in its results."""

    def __init__(self, texts: Sequence[str], names: Sequence[str] = ()) -> None:
        """texts: the ads'. names: labels, pseudonyms, groups and files' names.

        28,000 ads take 1 GB, and 60 to 90 s of one core, shared by all cores.
        """
        self.phones = {number for numbers in _each(identifiers.phones, texts) for number in numbers}
        self.mails: set[str] = set()
        self.links: set[str] = set()
        self.names: dict[str, set[tuple[str, ...]]] = {}
        self._broken: set[tuple[str, ...]] = set()  # names with a line's end, or the sign between two cells, in them
        self.numbers: set[str] = set()
        self._vocabulary: dict[str, int] = {}
        for text in texts:
            folded = _folded(text)
            self.mails |= set(_mails(folded))
            self.links |= {link for links in _links(folded) for link in links[:1]}
        for name in names:
            self._add_name(_folded(name))
        self._add_runs(texts)

    def _add_name(self, name: str) -> None:
        words = tuple(_WORD.findall(name))
        together = "".join(words)
        if together.isdecimal() and len(together) >= 6:
            self.numbers.add(together)
        elif not together.isdecimal() and len(together) >= 3:
            self.names.setdefault(words[0], set()).add(words)
            if _LINE.search(name):
                self._broken.add(words)

    def _add_runs(self, texts: Sequence[str]) -> None:
        """Hashes of all runs of words of the texts, as they are and masked, by the runs' length."""
        numbers, lengths = array("I"), []
        vocabulary = self._vocabulary
        for form in dict.fromkeys((*texts, *_each(identifiers.mask, texts))):
            for words in _readings(form):
                numbers.extend([vocabulary.setdefault(word, len(vocabulary) + 1) for word in words])
                lengths.append(len(words))
        self._hashes = np.random.default_rng(0).integers(2**64, size=len(vocabulary) + 1, dtype=np.uint64)
        telling = [word.strip("n") != "" and not word.isdecimal() for word in vocabulary]
        self._telling = np.array([False, *telling])  # 0 stands for a word of no ad
        every = np.frombuffer(numbers, np.uintc) if numbers else np.zeros(0, np.uintc)
        size, ends = np.array(lengths, int), np.cumsum(lengths, dtype=int)
        self.runs: dict[int, np.ndarray] = {}
        for length in range(SHORTEST, RUN + 1):
            remaining = np.repeat(ends, size) - np.arange(len(every))  # words from each one to its text's end
            whole = np.repeat(size, size)
            inside = remaining >= length if length == RUN else (remaining == length) & (whole == length)
            starts, hashes = self._hashed(every, length)
            unique = np.unique(hashes[inside[starts]])
            if len(unique):
                self.runs[length] = unique

    def _hashed(self, numbers: np.ndarray, length: int) -> tuple[np.ndarray, np.ndarray]:
        """Where the runs of `length` words start that hold a telling word, and their 64-bit hashes."""
        count = max(0, len(numbers) - length + 1)
        hashes, telling = np.zeros(count, np.uint64), np.zeros(count, bool)
        for shift in range(length):
            words = numbers[shift : shift + count]
            hashes = hashes * _STEP + self._hashes[words]
            telling |= self._telling[words]
        return np.flatnonzero(telling), hashes[telling]

    def forget(self, texts: Iterable[str]) -> None:
        """Remove what stands in these texts, which are public."""
        public = {hit.secret for text in texts for passage in lines(text) for hit in self.find(passage)}
        marks: dict[str, set[Any]] = {kind: {mark for each, mark in public if each == kind} for kind in KINDS}
        self.phones -= marks["phone"]
        self.mails -= marks["e-mail"]
        self.links -= marks["link"]
        self.numbers -= marks["name"]
        self.names = {first: names - marks["name"] for first, names in self.names.items()}
        for length, hashes in self.runs.items():
            removed = [value for words, value in marks["text"] if words == length]
            self.runs[length] = np.setdiff1d(hashes, np.array(removed, np.uint64), assume_unique=True)

    def find(self, passage: Passage) -> Iterator[Hit]:
        """What of the index stands in a passage, each with the part that it begins in; a hit may come more than
        once."""
        for texts in views(passage):
            plains = [plain(text).text for text in texts]
            starts = list(accumulate((len(text) + len(passage.gap) for text in plains), initial=0))
            whole, part_of = passage.gap.join(plains), partial(_part_of, starts)
            folded_parts = [text.casefold() for text in plains]
            folded = passage.gap.join(folded_parts)
            folded_starts = list(accumulate((len(text) + len(passage.gap) for text in folded_parts), initial=0))
            yield from self._phones(whole, plains, passage.gap)
            yield from self._digits(whole, part_of)
            yield from self._addresses(folded_parts)
            yield from self._words(folded, partial(_part_of, folded_starts), passage.shortest)

    def _phones(self, whole: str, parts: list[str], gap: str) -> Iterator[Hit]:
        whole = _DECIMAL.sub(_blank_digits, whole)
        wanted = self.phones.intersection(identifiers.phones(whole)) if self.phones else set()
        if not wanted:
            return
        for place, text in enumerate(parts):
            for number in wanted.intersection(identifiers.phones(_DECIMAL.sub(_blank_digits, text))):
                yield Hit(("phone", number), place)

        def complete(number: str, end: int) -> bool:
            return number in identifiers.phones(gap.join(parts[: end + 1]))

        for number in wanted:  # one that runs over several parts ends in the first that makes it complete
            last = bisect.bisect_left(range(len(parts) - 1), True, key=partial(complete, number))
            yield Hit(("phone", number), last)

    def _digits(self, whole: str, part_of: PartOf) -> Iterator[Hit]:
        """Numbers that are written as one: 2125550100, 2,125,550,100, or in a file's name."""
        for match in _NUMBER.finditer(whole):
            number = match[0].replace(",", "")
            phone = number[1:] if len(number) == 11 and number[0] == "1" else number
            if phone in self.phones:
                yield Hit(("phone", phone), part_of(match.start()))
            around = whole[max(0, match.start() - 1) : match.start()] + whole[match.end() : match.end() + 1]
            if number in self.numbers and not any(character.isalpha() for character in around):
                yield Hit(("name", number), part_of(match.start()))

    def _addresses(self, parts: list[str]) -> Iterator[Hit]:
        if not self.mails and not self.links:
            return
        for place, text in enumerate(parts):
            for mail in _mails(text):
                if mail in self.mails:
                    yield Hit(("e-mail", mail), place)
            for forms in _links(text):
                yield from (Hit(("link", form), place) for form in forms if form in self.links)

    def _words(self, folded: str, part_of: PartOf, shortest: int) -> Iterator[Hit]:
        words = _WORD.findall(folded)
        hits: list[tuple[int, Secret]] = []
        for place, word in enumerate(words):
            for name in self.names.get(word, ()) if word in self.names else ():
                if tuple(words[place : place + len(name)]) == name and len("".join(name)) >= shortest:
                    hits.append((place, ("name", name)))
        if len(words) >= SHORTEST:
            numbers = np.array([self._vocabulary.get(word, 0) for word in words], np.uintc)
            for length, secrets in self.runs.items():
                starts, hashes = self._hashed(numbers, length)
                where = np.searchsorted(secrets, hashes)
                same = secrets[np.minimum(where, len(secrets) - 1)] == hashes if len(secrets) else np.zeros(0, int)
                hits += [(int(starts[n]), ("text", (length, hashes[n]))) for n in np.flatnonzero(same)]
        if hits:
            spans = [match.span() for match in _WORD.finditer(folded)]
            for place, secret in hits:
                start, end = spans[place][0], spans[place + _length(secret) - 1][1]
                if not self._apart(secret, folded[start:end]):
                    yield Hit(secret, part_of(start))

    def _apart(self, secret: Secret, written: str) -> bool:
        """Whether the words stand in several cells, or those of a name in several lines, and so mean something else."""
        kind, mark = secret
        if kind == "name":
            return mark not in self._broken and _LINE.search(written) is not None
        return _length(secret) < RUN and BLANK in written


def _each(function: Callable[[str], Any], texts: Sequence[str]) -> list[Any]:
    """The function of each text; of many on all cores."""
    if len(texts) < MANY:
        return [function(text) for text in texts]
    with ProcessPoolExecutor(os.cpu_count(), get_context("spawn")) as pool:
        return list(pool.map(function, texts, chunksize=max(1, min(500, len(texts) // 8))))


def _length(secret: Secret) -> int:
    """How many words it has."""
    kind, mark = secret
    return len(cast("tuple[str, ...]", mark)) if kind == "name" else cast("tuple[int, Any]", mark)[0]


def _readings(text: str) -> list[list[str]]:
    """The words of a text: with the sign between title and description as one of them, without it, and of both
    alone."""
    pieces = [_WORD.findall(_folded(piece)) for piece in text.split(identifiers.SEPARATOR)]
    if len(pieces) == 1:
        return pieces
    sign = _WORD.findall(_folded(identifiers.SEPARATOR))
    with_sign = [word for piece in pieces[:-1] for word in (*piece, *sign)] + pieces[-1]
    return [with_sign, [word for piece in pieces for word in piece], *(piece for piece in pieces if len(piece) < RUN)]


def _part_of(starts: list[int], offset: int) -> int:
    return min(bisect.bisect_right(starts, offset), len(starts) - 1) - 1


def _blank_digits(match: re.Match[str]) -> str:
    return "_" * len(match[0])


def _folded(text: str) -> str:
    return plain(text).text.casefold()


def _mails(folded: str) -> list[str]:
    return [match[0].strip(".") for match in _MAIL.finditer(_spoken(folded))] if _may_hold_address(folded) else []


def _links(folded: str) -> list[list[str]]:
    """The links of a text, each with the addresses above it: "a.org/b/c", "a.org/b", "a.org"."""
    if not _may_hold_address(folded):
        return []
    links = [(match["a"] or match["b"]).rstrip(".,;:!?*~/") for match in _LINK.finditer(_spoken(folded))]
    return [_with_parents(link.removeprefix("www.")) for link in links if "." in link]


def _with_parents(link: str) -> list[str]:
    cuts = [cut.start() for cut in re.finditer("[/?#]", link)]
    return [link, *(link[:cut] for cut in reversed(cuts))]


def _may_hold_address(folded: str) -> bool:
    return "." in folded or "@" in folded or "dot" in folded


def _spoken(folded: str) -> str:
    """The text with "(at)", " dot " and the like as signs."""
    signs = {"at": "@", "@": "@", "dot": ".", ".": "."}
    return _SPOKEN_AT.sub("@", _SPOKEN_DOT.sub(".", _BRACKETED.sub(lambda match: signs[match[1]], folded)))
