"""Rows of a data folder that can't be used: what is wrong with each, told without quoting anything of an ad."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field

import pandas as pd

from lib.errors import DataError

COLUMNS = ("file", "row", "column", "reason")
LONGEST = 100_000
"""Characters of the longest text that is an ad's."""
MOST = 0.1
"""Share of unusable rows above which there is something wrong with the whole."""
_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1f\x7f]")
_REGION = re.compile(r"[^\W_][\w .&'-]{0,39}")
_RESERVED = ("all", "ood", "zs")  # names of averages and totals in tables


@dataclass
class Quarantine:
    """Collects entries (file, row, column, reason) while a folder is read. Row 1 is a file's header."""

    entries: list[tuple[str, int, str, str]] = field(default_factory=list)
    unusable: set[tuple[str, int]] = field(default_factory=set)

    def row(self, file: str, row: int, column: str, reason: str) -> None:
        """A row that can't be used."""
        self.note(file, row, column, reason)
        self.unusable.add((file, row))

    def note(self, file: str, row: int, column: str, reason: str) -> None:
        """Something taken off, or a file without ads: no row is lost by it."""
        self.entries.append((file, row, column, reason))

    def table(self) -> pd.DataFrame:
        """All entries in the order of files and rows: columns `file, row, column, reason`."""
        return pd.DataFrame(sorted(self.entries), columns=list(COLUMNS)).astype({"row": "int64"})

    def check(self, folder: object, rows: int) -> None:
        """Raises DataError, with counts by reason and the first places, if more than MOST of all `rows` are unusable."""
        if len(self.unusable) <= MOST * rows:
            return
        lost = [entry for entry in sorted(self.entries) if entry[:2] in self.unusable]
        counts = Counter(f"{column}: {reason}" if column else reason for _, _, column, reason in lost)
        raise DataError(
            f"{folder}: {len(self.unusable):,} of {rows:,} rows can't be used, more than a tenth, so nothing is done "
            f"with the rest either. {'; '.join(f'{count:,} × {what}' for what, count in counts.most_common(8))}. The "
            f"first: {', '.join(f'{file} row {row}' for file, row, *_ in lost[:5])} (the header is row 1). Correct "
            "these rows or leave them out; if all of a column is unusable, its name under data.columns may be wrong, "
            "and texts or images that the data doesn't have are set to null there."
        )


def cell_problem(value: str) -> str:
    """What is wrong with a cell that every ad needs; '' if nothing is."""
    if not value.strip():
        return "empty"
    return "a NUL byte or another control character" if _CONTROL.search(value) else ""


def text_problem(text: str) -> str:
    """What is wrong with an ad's text; '' if nothing is. Any script, markup or invisible letter is fine."""
    return cell_problem(text) or (f"longer than {LONGEST:,} characters" if len(text) > LONGEST else "")


def region_problem(name: str) -> str:
    """What is wrong with a region's (lower-case) name, which tables and figures show; '' if nothing is."""
    if name in _RESERVED:
        return f"no region can be called {', '.join(_RESERVED)}: tables call their averages so"
    if not _REGION.fullmatch(name):
        return "a region's name has 1 to 40 letters, digits, spaces or any of . _ & ' - and begins with one of the first two"
    return ""
