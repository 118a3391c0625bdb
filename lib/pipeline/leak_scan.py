"""Search all that a study wrote for what only its data knows, before the study counts as done.

    python -m lib.pipeline.leak_scan my_study        # a table of findings, none of which shows what was found; exit status 1

Searched for, in the plain view of `lib.data.normalize` (full-width or look-alike letters, zero-width characters and accents
make no difference), casefolded, and also behind HTML, JSON, percent and base64 data-URI escapes, tags and colours:

- phones: a number that `lib.data.identifiers.phones` finds in the ads, however the output writes it;
- e-mails and links: those of the ads, also written "robin (at) example dot org"; a link also by a part of its path;
- names (vendor labels, pseudonyms, picture files' names), as whole words in one cell, heading or line (`vendor` above `7` is
  no `vendor 7`): of three letters and digits or more, one of them a letter. Of digits alone from six on: a label such as 17 stands in every table, and nothing can tell whether it
  is one. That is why sensitive data get numbers in the order of salted hashes (`lib.data.disclosure.renumbered`);
- text: eight words in a row of an ad, as it is or masked; of an ad of four to seven words all of them, in one cell. Eight in which
  no word has a letter (axis ticks!) or all words are N's of masked digits don't count. A Chinese character is a word.

What the project's own notebooks and modules hold is public and no leak: their examples, and also names such as "mean" that
are words of the code; so a vendor called "Max" is not searched for. The twin's word lists are not taken for public.

Not found: what pictures show, the words of an ad in another order, numbers such as embeddings, and encryption.
"""

from __future__ import annotations

import bisect
import html
import os
import re
import sys
from array import array
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from itertools import accumulate
from multiprocessing import get_context
from pathlib import Path
from typing import Any, NamedTuple, cast
from urllib.parse import unquote

import numpy as np
import pandas as pd

from lib.core.errors import DataError
from lib.core.files import ROOT
from lib.data import ads, identifiers, loading
from lib.data.normalize import plain
from lib.data.phone_numbers import BLANK
from lib.pipeline.file_text import Part, Passage, lines, passages
from lib.study.plan import Study

COLUMNS = ("file", "place", "kind")
KINDS = ("phone", "e-mail", "link", "name", "text")
RUN = 8  # words of an ad in a row that are a quotation
SHORTEST = 4  # words of an ad that counts as a whole
SHORTEST_STEM = 6  # characters of a picture's file name that is an id and not just a word
TWIN_WORDS = ("lexicon", "advertisements", "wording")  # modules whose names of people and places are content, not code
MANY = 4000  # texts that are worth starting processes for
TOLD = 10  # findings in an error message


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
_ANSI = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")
_ESCAPE = re.compile(r"\\(?:u([0-9a-fA-F]{4})|x([0-9a-fA-F]{2})|[nrt])")
_INLINE = "a|abbr|b|big|code|em|font|i|mark|q|s|small|span|strong|sub|sup|tspan|u|wbr"
_CELLS = "caption|dd|dt|figcaption|h[1-6]|li|option|summary|td|text|th|title|tr"
_BLOCKS = "article|blockquote|details|div|dl|figure|footer|header|main|nav|ol|p|pre|section|table|tbody|thead|ul"
_TAG = re.compile(
    rf"<!--|-->|<(?:/?(?:(?P<inline>{_INLINE})|(?P<cell>{_CELLS})|(?P<block>{_BLOCKS}))(?=[\s/>])[^<>]*|[a-zA-Z!?/][^<>]*)>",
    re.IGNORECASE,
)
_WRAPPED = re.compile(
    rf"(<({_CELLS}|p)\b[^<>]*>)((?:(?!</?(?:{_CELLS}|{_BLOCKS})\b).)*)(</\2\s*>)", re.IGNORECASE | re.DOTALL
)
_LINE = re.compile(rf"[\n\r\t\v\f|{BLANK}\x1c-\x1e\x85\u2028\u2029]")  # what ends a line or a cell
_STEP = np.uint64(0x9E3779B97F4A7C15)  # odd, so that multiplying by it loses nothing

Secret = tuple[str, object]  # a kind, and what marks it


class Hit(NamedTuple):
    secret: Secret
    part: int  # of its passage


class Index:
    """Everything in a study's data that must not be in its results."""

    def __init__(self, texts: Sequence[str], names: Sequence[str] = ()) -> None:
        """texts: the ads'. names: labels, pseudonyms and files' names. 28,000 ads take 60 to 90 s of one core, shared by all, and 1 GB."""
        self.phones = {number for numbers in _each(identifiers.phones, texts) for number in numbers}
        self.mails: set[str] = set()
        self.links: set[str] = set()
        self.names: dict[str, set[tuple[str, ...]]] = {}
        self._broken: set[tuple[str, ...]] = (
            set()
        )  # names that have a line's end, or the sign between two cells, in them
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
        told = [word.strip("n") != "" and not word.isdecimal() for word in vocabulary]
        self._telling = np.array([False, *told])  # 0 stands for a word of no ad
        every = np.frombuffer(numbers, np.uintc) if numbers else np.zeros(0, np.uintc)
        size, ends = np.array(lengths, int), np.cumsum(lengths, dtype=int)
        self.runs: dict[int, np.ndarray] = {}
        for length in range(SHORTEST, RUN + 1):
            left = np.repeat(ends, size) - np.arange(len(every))  # words from each one to its text's end
            of = np.repeat(size, size)
            inside = left >= length if length == RUN else (left == length) & (of == length)
            starts, hashes = self._hashed(every, length)
            found = np.unique(hashes[inside[starts]])
            if len(found):
                self.runs[length] = found

    def _hashed(self, numbers: np.ndarray, length: int) -> tuple[np.ndarray, np.ndarray]:
        """Where the runs of `length` words start that tell something, and their 64-bit hashes."""
        count = max(0, len(numbers) - length + 1)
        hashes, telling = np.zeros(count, np.uint64), np.zeros(count, bool)
        for shift in range(length):
            words = numbers[shift : shift + count]
            hashes = hashes * _STEP + self._hashes[words]
            telling |= self._telling[words]
        return np.flatnonzero(telling), hashes[telling]

    def forget(self, texts: Iterable[str]) -> None:
        """What is in these texts is public: from now on it is not looked for."""
        public = {hit.secret for text in texts for passage in lines(text) for hit in self.find(passage)}
        of: dict[str, set[Any]] = {kind: {mark for each, mark in public if each == kind} for kind in KINDS}
        self.phones -= of["phone"]
        self.mails -= of["e-mail"]
        self.links -= of["link"]
        self.numbers -= of["name"]
        self.names = {first: names - of["name"] for first, names in self.names.items()}
        for length, known in self.runs.items():
            told = [value for words, value in of["text"] if words == length]
            self.runs[length] = np.setdiff1d(known, np.array(told, np.uint64), assume_unique=True)

    def find(self, passage: Passage) -> Iterator[Hit]:
        """What of it stands in a passage, each with the part that it begins in; a hit may come more than once."""
        for texts in _views(passage):
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

    def _digits(self, whole: str, part_of: Any) -> Iterator[Hit]:
        """Numbers that are written as one: 2125550100, 2,125,550,100, or in a file's name."""
        for found in _NUMBER.finditer(whole):
            number = found[0].replace(",", "")
            phone = number[1:] if len(number) == 11 and number[0] == "1" else number
            if phone in self.phones:
                yield Hit(("phone", phone), part_of(found.start()))
            around = whole[max(0, found.start() - 1) : found.start()] + whole[found.end() : found.end() + 1]
            if number in self.numbers and not any(character.isalpha() for character in around):
                yield Hit(("name", number), part_of(found.start()))

    def _addresses(self, parts: list[str]) -> Iterator[Hit]:
        if not self.mails and not self.links:
            return
        for place, text in enumerate(parts):
            for mail in _mails(text):
                if mail in self.mails:
                    yield Hit(("e-mail", mail), place)
            for forms in _links(text):
                yield from (Hit(("link", form), place) for form in forms if form in self.links)

    def _words(self, folded: str, part_of: Any, shortest: int) -> Iterator[Hit]:
        words = _WORD.findall(folded)
        hits: list[tuple[int, Secret]] = []
        for place, word in enumerate(words):
            for name in self.names.get(word, ()) if word in self.names else ():
                if tuple(words[place : place + len(name)]) == name and len("".join(name)) >= shortest:
                    hits.append((place, ("name", name)))
        if len(words) >= SHORTEST:
            numbers = np.array([self._vocabulary.get(word, 0) for word in words], np.uintc)
            for length, known in self.runs.items():
                starts, hashes = self._hashed(numbers, length)
                where = np.searchsorted(known, hashes)
                same = known[np.minimum(where, len(known) - 1)] == hashes if len(known) else np.zeros(0, int)
                hits += [(int(starts[n]), ("text", (length, hashes[n]))) for n in np.flatnonzero(same)]
        if hits:
            spans = [found.span() for found in _WORD.finditer(folded)]
            for place, secret in hits:
                start, end = spans[place][0], spans[place + _length(secret) - 1][1]
                if not self._apart(secret, folded[start:end]):
                    yield Hit(secret, part_of(start))

    def _apart(self, secret: Secret, written: str) -> bool:
        """Whether the words that were found stand in several cells, or those of a name in several lines, and mean something else."""
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
    """The words of a text: with the sign between title and description as one of them, without it, and of both alone."""
    pieces = [_WORD.findall(_folded(piece)) for piece in text.split(identifiers.SEPARATOR)]
    if len(pieces) == 1:
        return pieces
    sign = _WORD.findall(_folded(identifiers.SEPARATOR))
    with_sign = [word for piece in pieces[:-1] for word in (*piece, *sign)] + pieces[-1]
    return [with_sign, [word for piece in pieces for word in piece], *(piece for piece in pieces if len(piece) < RUN)]


def _part_of(starts: list[int], offset: int) -> int:
    return min(bisect.bisect_right(starts, offset), len(starts) - 1) - 1


def _blank_digits(found: re.Match[str]) -> str:
    return "_" * len(found[0])


def _folded(text: str) -> str:
    return plain(text).text.casefold()


def _mails(folded: str) -> list[str]:
    return [found[0].strip(".") for found in _MAIL.finditer(_spoken(folded))] if _may_hold_address(folded) else []


def _links(folded: str) -> list[list[str]]:
    """The links of a text, each with the addresses above it: "a.org/b/c", "a.org/b", "a.org"."""
    if not _may_hold_address(folded):
        return []
    found = [(link["a"] or link["b"]).rstrip(".,;:!?*~/") for link in _LINK.finditer(_spoken(folded))]
    return [_with_parents(link.removeprefix("www.")) for link in found if "." in link]


def _with_parents(link: str) -> list[str]:
    cuts = [cut.start() for cut in re.finditer("[/?#]", link)]
    return [link, *(link[:cut] for cut in reversed(cuts))]


def _may_hold_address(folded: str) -> bool:
    return "." in folded or "@" in folded or "dot" in folded


def _spoken(folded: str) -> str:
    """The text with "(at)", " dot " and the like as signs."""
    signs = {"at": "@", "@": "@", "dot": ".", ".": "."}
    return _SPOKEN_AT.sub("@", _SPOKEN_DOT.sub(".", _BRACKETED.sub(lambda found: signs[found[1]], folded)))


def _views(passage: Passage) -> Iterator[list[str]]:
    """The parts' texts as they are written and as they may be meant, without repetitions."""
    raw = [_ANSI.sub("", part.text) for part in passage.parts]
    unescaped = [html.unescape(text) if "&" in text else text for text in raw]
    decoded = [_ESCAPE.sub(_character, unquote(text)) if "%" in text or "\\" in text else text for text in unescaped]
    seen = []
    for view in (raw, unescaped, decoded, _untagged(raw, passage.gap), _untagged(decoded, passage.gap)):
        if view not in seen:
            seen.append(view)
            yield view


def _character(escape: re.Match[str]) -> str:
    code = escape[1] or escape[2]
    return chr(int(code, 16)) if code else " "


def _untagged(texts: list[str], gap: str) -> list[str]:
    """Without tags: those inside a line of text leave nothing, those of cells what no name or number runs over, others a blank. A tag may
    run over lines, not cells, and a line that is wrapped in a cell is one."""
    if not any("<" in text for text in texts):
        return texts
    joined = [gap.join(texts)] if gap == "\n" and not any("\n" in text for text in texts) else texts
    bare = [html.unescape(_TAG.sub(_blank_tag, _WRAPPED.sub(_one_line, text))) for text in joined]
    return bare if joined is texts else _split_like(bare[0], len(texts))


def _split_like(text: str, parts: int) -> list[str]:
    lines = text.split("\n")  # an unescaped line break makes a line more: it joins the last
    return [*lines[: parts - 1], "\n".join(lines[parts - 1 :])]


def _blank_tag(tag: re.Match[str]) -> str:
    left = "" if tag["inline"] else f" {BLANK} " if tag["cell"] else "\v" if tag["block"] else " "
    return "\n" * tag[0].count("\n") + left


def _one_line(cell: re.Match[str]) -> str:
    """A cell on one line, and the lines that it took after it, so that all others keep their numbers."""
    begin, _, text, end = cell.groups()
    return f"{begin}{text.replace(chr(10), ' ')}{end}" + "\n" * text.count("\n")


# Scanning ------------------------------------------------------------------------------------------------------------


def scan(
    folder: Path,
    texts: Sequence[str],
    names: Sequence[str] = (),
    known: Sequence[str] | None = None,
    files: Sequence[Path] | None = None,
) -> pd.DataFrame:
    """Every place under `folder` that holds something of the data, also in hidden files and below run folders.

    texts: the ads'. names: vendors' labels, pseudonyms, ids. known: texts that are public, the project's own without it.
    files: those of the folder to look into, all without it.
    Returns `file` (below the folder), `place` and `kind` (phone, e-mail, link, name, text), a row each, in order. No
    finding shows what was found: where a file's, column's or key's name is a leak itself, its number stands instead.
    """
    index = Index(texts, names)
    index.forget(own_sources() if known is None else known)
    rows = [row for file in (_files(folder) if files is None else files) for row in _findings(index, folder, file)]
    return pd.DataFrame(rows, columns=list(COLUMNS)).drop_duplicates(ignore_index=True)


def own_sources(root: Path = ROOT) -> list[str]:
    """The texts of the project that are public: its notebooks, modules and printed tables, and what all tables of a
    notebook consist of. The twin's lists of names are not among them, else no vendor could be called Violet."""
    modules = [path for path in sorted((root / "lib").rglob("*.py")) if path.stem not in TWIN_WORDS]
    published = sorted((root / "results" / "published").glob("*.csv"))
    paths = [*sorted((root / "notebooks").glob("*.ipynb")), *modules, *published]
    return [*(path.read_text(encoding="utf-8") for path in paths), pd.DataFrame({"": [0]})._repr_html_()]


def _files(folder: Path) -> list[Path]:
    """Everything below the folder, links to folders unopened."""
    return sorted(Path(top) / name for top, below, names in os.walk(folder) for name in (*below, *names))


def _findings(index: Index, folder: Path, path: Path) -> Iterator[dict[str, str]]:
    for passage in _all_passages(path.relative_to(folder).as_posix(), path):
        for (kind, _), number in dict.fromkeys((hit.secret, hit.part) for hit in index.find(passage)):
            part = passage.parts[number]
            place = part.place if _clean(index, part.place) else part.position
            yield {"file": _shown(index, folder, path), "place": place, "kind": kind}


def _all_passages(name: str, path: Path) -> Iterator[Passage]:
    yield Passage([Part(Path(name).name, "the file's name", "the file's name")])
    yield Passage([Part(name, "the file's path", "the file's path")], shortest=sys.maxsize)
    if path.is_symlink():
        yield Passage([Part(os.readlink(path), "the link's target", "the link's target")])
    if path.is_file():
        yield from passages(name, _content(path))


def _content(path: Path) -> bytes:
    """The bytes; of safetensors, which can be very large, the header alone."""
    with path.open("rb") as stream:
        if path.suffix in (".safetensors", ".ckpt"):  # a checkpoint of a training that was cut off is one too
            size = stream.read(8)
            return size + stream.read(min(int.from_bytes(size, "little"), 2**27))
        return stream.read()


def _shown(index: Index, folder: Path, path: Path) -> str:
    """The file's path below the folder, with a number for each name in it that is a leak itself."""
    steps, above = [], folder
    for name in path.relative_to(folder).parts:
        beside = sorted(os.listdir(above))
        steps.append(name if _clean(index, name) else f"(entry {beside.index(name) + 1} of {len(beside)} by name)")
        above /= name
    return "/".join(steps)


def _clean(index: Index, text: str) -> bool:
    return not any(index.find(Passage([Part(text, "", "")])))


def check(study: Study, names: Sequence[str] = ()) -> None:
    """Raise DataError, which names the first findings, when something of the study's data is in its results.

    names: what else identifies somebody, beside the labels and pseudonyms that the data has.
    """
    found = of_study(study, names)
    if found.empty:
        return
    listed = "; ".join(f"{row.file}, {row.place}: {row.kind}" for row in found.head(TOLD).itertuples())
    more = f"; and {len(found) - TOLD} more" if len(found) > TOLD else ""
    raise DataError(
        f"{study.folder}: this study's data is sensitive, and something of it stands in what the study wrote, so it "
        f"does not count as done. {len(found)} {'place' if len(found) == 1 else 'places'}: {listed}{more}. Take it out of "
        "the notebook that writes it (show counts or salted ids, see lib/data/disclosure.py), remove those files and run the study "
        "again; pass nothing on before that. `python -m lib leaks` with the study lists all places."
    )


def of_study(study: Study, names: Sequence[str] = ()) -> pd.DataFrame:
    """`scan` of the study's folder for its data's texts, labels, pseudonyms and pictures' names, and further `names`."""
    texts, own = known_of(study)
    return scan(study.folder, texts, [*own, *names])


def known_of(study: Study) -> tuple[list[str], list[str]]:
    """What only the study's data knows: the ads' texts; and labels, pseudonyms and pictures' names."""
    found = loading.read(study)
    return list(found.texts), [*found.labels, *sorted(set(found.names)), *_stems(found)]


def _stems(found: ads.Ads) -> list[str]:
    """The names of picture files that are ids: long, and not just a number."""
    stems = {path.stem for path in found.images}
    return sorted(stem for stem in stems if len(stem) >= SHORTEST_STEM and not stem.isdecimal())
