"""Authors' names: folded to tell authors apart, turned into salted numbers, and taken out of texts.

Authors are living people. Their names are read, used in memory and never written. What is written are numbers in the
order of salted hashes, and salted hashes of the names, by which a search can know a name without holding it.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Sequence

import pandas as pd
from pandera.typing import DataFrame

from lib.core.schemas import Table
from lib.data.disclosure import salted_order

_MAIL = re.compile(r"[\w.+%-]+\s?(?:@|\(at\)|\[at\])\s?[\w-]+(?:\.[\w-]+)+", re.IGNORECASE)
_LINK = re.compile(r"(?:https?://|ftp://|www\.)\S+", re.IGNORECASE)
_WORD = re.compile(r"[^\W\d_]+")
_REST = r"(?:[^.;\n]|(?<=\b[A-Z])\.)*"  # of a sentence; the point of an initial doesn't end it
_CREDIT = re.compile(
    r"\b(?:clip\s?-?art|art|image|picture|icon|drawing|drawn|photo|illustration|created|made|designed|uploaded|"
    r"submitted|contributed|original|originally|scanned|traced|based on)\b[^.;:\n]{0,30}?\bby\b" + _REST,
    re.IGNORECASE,
)
_BY = re.compile(r"\b[Bb]y:?\s+(?:[A-Z][\w'’-]*\.?\s*)+")
_PART_OF = re.compile(r"\bpart of\b[^.;\n]*", re.IGNORECASE)
_LONE_MARKS = re.compile(r"(?:^|\s)[.;,]+(?=\s|$)")
NO_AUTHOR = ("none", "anonymous", "anon", "unknown", "various", "n/a", "author", "nobody", "publicdomain")
"""What stands in an author's place where there is none, folded."""
SHORTEST = 3
"""Letters of a name, and of a word of the author's own name, that is taken out of texts and searched for."""
PREFIX = 4
"""Letters from which on a cut-off or lengthened form of a name counts as it."""


class NameHashes(Table):
    """Salted hashes of what names the authors: `about/names.csv`."""

    kind: str  # name or mail
    words: int  # in the name; 1 for a mail address
    hmac: str  # HMAC-SHA-256 by the folder's salt of the words, folded and joined by blanks; hexadecimal


def plain(text: str) -> str:
    """A text in lower case and without accents."""
    parts = unicodedata.normalize("NFKD", text).casefold()
    return "".join(letter for letter in parts if not unicodedata.combining(letter))


def fold(name: str) -> str:
    """A name's letters and digits, the same for all spellings that differ in case, accents, marks or an address.

    Of a name that is an address only, the part before the @. '' for what names nobody.
    """
    bare = _LINK.sub(" ", _MAIL.sub(" ", name))
    address = _MAIL.search(name)
    folded = _letters(bare) or (_letters(address[0].split("@")[0]) if address else _letters(name))
    return "" if folded in NO_AUTHOR else folded


def _letters(text: str) -> str:
    return "".join(letter for letter in plain(text) if letter.isalnum())


def words(name: str) -> list[str]:
    """The words of a name, without addresses; of a name that is an address only, those before the @. Folded."""
    found = _WORD.findall(plain(_LINK.sub(" ", _MAIL.sub(" ", name))))
    address = _MAIL.search(name)
    return found or (_WORD.findall(plain(address[0].split("@")[0])) if address else [])


def numbers(authors: Iterable[str], salt: bytes) -> dict[str, int]:
    """A number from 0 on for each author (folded name), in the order of salted hashes."""
    unique = sorted(set(authors))
    return {unique[index]: number for number, index in enumerate(salted_order(unique, salt))}


def hashes(names: Sequence[str], salt: bytes) -> DataFrame[NameHashes]:
    """The salted hashes of all names (as written; of SHORTEST letters) and of the mail addresses in them, sorted."""
    listed = {("name", len(found), " ".join(found)) for found in map(words, names) if len("".join(found)) >= SHORTEST}
    listed |= {("mail", 1, plain(address)) for name in names for address in _MAIL.findall(name)}
    rows = sorted((kind, count, _hmac(text, salt)) for kind, count, text in listed)
    return NameHashes.validate(pd.DataFrame(rows, columns=["kind", "words", "hmac"]))


def _hmac(text: str, salt: bytes) -> str:
    return hmac.new(salt, text.encode("utf-8"), hashlib.sha256).hexdigest()


class Search:
    """Knows the names and mail addresses of a folder by their hashes."""

    def __init__(self, table: DataFrame[NameHashes], salt: bytes) -> None:
        self._salt, self._hashed = salt, dict[str, str]()
        of_names = table[table["kind"] == "name"]
        self._known, self._lengths = set(table["hmac"]), sorted(set(of_names["words"]))

    def forget(self, texts: Iterable[str]) -> None:
        """Search no more for names that stand in public texts: words of a language, such as Mark."""
        self._known -= {found for text in texts for found in self._in(text)}

    def stands_in(self, text: str) -> bool:
        """Whether a text holds one of the names, all of its words in a row, or one of the addresses."""
        return any(True for _ in self._in(text))

    def _in(self, text: str) -> Iterator[str]:
        """The hashes of what is known and stands in a text."""
        found = _WORD.findall(plain(text))
        runs = (" ".join(found[at : at + length]) for length in self._lengths for at in range(len(found) - length + 1))
        addresses = map(plain, _MAIL.findall(text)) if "@" in text or "(at)" in text or "[at]" in text else ()
        yield from (hashed for run in (*runs, *addresses) if (hashed := self._hash(run)) in self._known)

    def _hash(self, words: str) -> str:
        if words not in self._hashed:
            self._hashed[words] = _hmac(words, self._salt)
        return self._hashed[words]


def without_addresses(text: str) -> str:
    """A text, in Unicode's NFC, without mail addresses and links."""
    return _tidy(_LINK.sub(" ", _MAIL.sub(" ", unicodedata.normalize("NFC", text))))


def without_credits(text: str) -> str:
    """A text without credits ("Clipart by …") and collections ("Part of …")."""
    for pattern in (_CREDIT, _PART_OF, _BY):
        text = pattern.sub(" ", text)
    return _tidy(_LONE_MARKS.sub(" ", text))


def remover(names: Sequence[str]) -> Callable[[str], str]:
    """A function that takes the full names (as written) of a set's authors out of a text, whoever's text it is.

    A name goes where all its words stand in a row; one of fewer than SHORTEST letters stays.
    """
    whole = {found for name in names if len("".join(found := tuple(words(name)))) >= SHORTEST}
    first: dict[str, list[tuple[str, ...]]] = {}
    for name in sorted(whole, key=lambda name: (-len(name), name)):
        first.setdefault(name[0], []).append(name)

    def remove(text: str) -> str:
        spans = [(match.start(), match.end(), plain(match[0])) for match in _WORD.finditer(text)]
        cut, place = [], 0
        while place < len(spans):
            here = (name for name in first.get(spans[place][2], []) if _stands(name, spans, place))
            name = next(here, None)
            if name:
                cut.append((spans[place][0], spans[place + len(name) - 1][1]))
            place += len(name) if name else 1
        return _without(text, cut)

    return remove


def _stands(name: tuple[str, ...], spans: Sequence[tuple[int, int, str]], place: int) -> bool:
    return name == tuple(word for _, _, word in spans[place : place + len(name)])


def without_own(text: str, author: str, loose: bool = False) -> str:
    """A text without the words of its author's name (as written); if `loose` also cut off, lengthened or run together,
    as in titles that were file names."""
    before = " ".join(address.split("@")[0] for address in _MAIL.findall(author))
    tokens = [word for word in (*words(author), *words(before)) if len(word) >= SHORTEST]
    whole = fold(author)
    return without_words(text, lambda word: word in tokens or word == whole or (loose and _like(word, tokens, whole)))


def nameless(text: str, author: str, remove: Callable[[str], str], loose: bool = False) -> str:
    """A text without its author's name (`without_own`) and without all others (`remover`), also where what is taken out
    between two words makes a name of them."""
    while (shorter := remove(without_own(remove(text), author, loose))) != text:
        text = shorter
    return text


def without_words(text: str, unwanted: Callable[[str], bool]) -> str:
    """A text without the words that are unwanted, which are asked for folded."""
    return _without(text, [match.span() for match in _WORD.finditer(text) if unwanted(plain(match[0]))])


def _like(word: str, tokens: Sequence[str], whole: str) -> bool:
    longer = (token for token in tokens if len(token) >= PREFIX)
    return len(word) >= PREFIX and (
        whole.startswith(word)
        or any(token.startswith(word) for token in tokens)
        or any(word.startswith(token) for token in longer)
    )


def _without(text: str, spans: Iterable[tuple[int, int]]) -> str:
    pieces, done = [], 0
    for start, end in spans:
        pieces.append(text[done:start])
        done = end
    return _tidy(" ".join([*pieces, text[done:]]))


def _tidy(text: str) -> str:
    """The text with single blanks, and without marks that nothing stands between."""
    text = re.sub(r"[(\[<{]\s*[)\]>}]", " ", text)
    return re.sub(r"\s+", " ", text).strip(" ,;:-|/\"'")
