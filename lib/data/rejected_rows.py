"""Rows of a data folder that can't be used, with reasons that quote nothing of an ad.

Control characters are those of both ranges (C0 and C1) except tab, line feed and carriage return. They include U+0085,
a line's end on some mainframes, because an ellipsis of a Windows file becomes U+0085 when it is read as Latin-1. Lone
surrogates are rejected, since no file can hold them. Invisible letters are accepted, as are noncharacters such as
U+FFFF and a byte order mark inside a text.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from dataclasses import dataclass, field
from itertools import chain

import pandas as pd

from lib.core import csv_reader
from lib.core.errors import DataError

COLUMNS = ("file", "row", "column", "reason")
LONGEST = 100_000
"""Characters of the longest text that is accepted."""
MOST = 0.1
"""Largest share of unusable rows: above it reading fails."""
_C1 = (
    "a control character of the second range (C1), as quotes and dashes of Windows become where a file is read as "
    "Latin-1: data.encoding may have to be cp1252"
)
_CHARACTERS = {
    "a NUL byte or another control character": re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]"),
    _C1: re.compile(r"[\x80-\x9f]"),
    "half of a character (a lone surrogate)": re.compile(r"[\ud800-\udfff]"),
}
LONGEST_REGION = 40
_REGION = re.compile(r"[^\W_][\w .&'-]*")
_RESERVED = ("all", "ood", "zs")  # names of averages and totals in tables


@dataclass
class Quarantine:
    """Entries (file, row, column, reason), collected while a folder is read. Row 1 is a file's first, its header.

    unusable: why each row that can't be used is none; other entries are notes.
    """

    entries: list[tuple[str, int, str, str]] = field(default_factory=list)
    unusable: dict[tuple[str, int], list[str]] = field(default_factory=dict)

    def row(self, file: str, row: int, column: str, reason: str) -> None:
        """A row that can't be used."""
        self.note(file, row, column, reason)
        self.unusable.setdefault((file, row), []).append(f"{column}: {reason}" if column else reason)

    def note(self, file: str, row: int, column: str, reason: str) -> None:
        """An image that was dropped, an ad without a text or an image, or a file without ads: no row is lost."""
        self.entries.append((file, row, column, reason))

    def table(self) -> pd.DataFrame:
        """All entries in the order of files and rows: columns `file, row, column, reason`."""
        return pd.DataFrame(sorted(self.entries), columns=list(COLUMNS)).astype({"row": "int64"})

    def check(self, folder: object, rows: int) -> None:
        """Raises DataError, with counts by reason and the first rows, if more than MOST of `rows` rows are unusable."""
        if len(self.unusable) <= MOST * rows:
            return
        counts, first = Counter(chain.from_iterable(self.unusable.values())), sorted(self.unusable)[:5]
        raise DataError(
            f"{folder}: {len(self.unusable):,} of {rows:,} rows can't be used, more than a tenth, so nothing is done "
            f"with the rest either. {'; '.join(f'{count:,} × {what}' for what, count in counts.most_common(8))}. The "
            f"first: {', '.join(f'{file} row {row}' for file, row in first)} (a file's first row is row 1). "
            "Correct these rows or leave them out; if all of a column is unusable, its name under data.columns may be "
            "wrong, and texts, images, regions or groups that the data doesn't have are set to null there."
        )


def cell_problem(value: str) -> str:
    """What is wrong with a cell that is needed; '' if nothing is."""
    if not csv_reader.name(value):
        return "empty"
    return next((reason for reason, characters in _CHARACTERS.items() if characters.search(value)), "")


def text_problem(text: str) -> str:
    """What is wrong with an ad's text; '' if nothing is. Any script, markup or invisible letter is fine."""
    return cell_problem(text) or (f"longer than {LONGEST:,} characters" if len(text) > LONGEST else "")


def region_problem(name: str) -> str:
    """What is wrong with a region's (lower-case) name, which tables and figures show; '' if nothing is."""
    if name in _RESERVED:
        return f"no region can be called {', '.join(_RESERVED)}: tables call their averages so"
    # Marks, such as the vowels of Hindi and Thai, belong to the letter before them.
    letters = "".join(letter for letter in name if not unicodedata.category(letter).startswith("M"))
    if len(name) > LONGEST_REGION or not _REGION.fullmatch(letters):
        return (
            f"a region's name has 1 to {LONGEST_REGION} letters, digits, spaces or any of . _ & ' - and begins with "
            "one of the first two"
        )
    return ""
