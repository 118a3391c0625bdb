"""A CSV file as rows of text, or an error that says where the whole file goes wrong and what to do.

Rows that have too few or too many fields are no error here: `lib.quarantine` puts them aside.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from lib.errors import DataError

DELIMITERS = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "vertical bars"}
# Names of columns are shown in errors; the first row of a file without any, which may be of an ad, is not.
_COLUMN_NAME = re.compile(r"[^\W\d][\w .-]{0,29}")


class Rows(NamedTuple):
    """header: the columns' names, trimmed. rows: number (the header is row 1) and fields of each row that isn't blank."""

    header: list[str]
    rows: list[tuple[int, list[str]]]


def read(path: Path, columns: Sequence[str], delimiter: str = ",") -> Rows:
    """Read a file that must have each of `columns` once.

    Raises DataError for: a file that can't be read or is empty, UTF-16, bytes that are not UTF-8 (a byte order mark is accepted), another
    delimiter, a column that is missing or there twice, and a quote that doesn't close.
    """
    text = _decoded(path)
    if not text.strip():
        raise DataError(f"{path}: this file is empty. A CSV file begins with a line that names its columns.")
    _check_delimiter(path, re.split(r"[\r\n]", text[:10_000], maxsplit=1)[0], columns, delimiter)
    found = _parsed(path, text, delimiter)
    header = [name.strip() for name in found.pop(0)[1]]
    missing = [column for column in columns if column not in header]
    if missing:
        names = [name for name in header if _COLUMN_NAME.fullmatch(name)]
        others = f" and {len(header) - len(names)} that don't look like names" if len(names) < len(header) else ""
        raise DataError(
            f"{path}, first line: no column {' and '.join(missing)} among {', '.join(names) or 'its columns'}{others}. "
            f"Every CSV file of the data folder has the columns {', '.join(columns)}; if yours are called otherwise, "
            "say how under data.columns in the parameter file."
        )
    twice = [column for column in columns if header.count(column) > 1]
    if twice:
        raise DataError(
            f"{path}, first line: the column {' and '.join(twice)} is there twice, and the two may differ. "
            "Remove or rename one of them."
        )
    return Rows(header, [(number, fields) for number, fields in found if fields])


def _decoded(path: Path) -> str:
    try:
        content = path.read_bytes()
    except OSError as error:
        raise DataError(f"{path}: this file can't be read ({error.strerror}). Make it readable.") from error
    head = content[:256]
    nuls = max(head[::2].count(0), head[1::2].count(0))
    if content.startswith((b"\xff\xfe", b"\xfe\xff")) or nuls > len(head) / 5:
        raise DataError(
            f"{path}, line 1: this file is UTF-16, as Excel saves “Unicode text”. Save it as “CSV UTF-8”, or: "
            f"iconv -f utf-16 -t utf8 '{path.name}' > fixed.csv"
        )
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise DataError(
            f"{path}, line {line}: this file is not UTF-8 (byte {content[error.start]:#04x}). Save it as "
            f"UTF-8; from Latin-1, for one: iconv -f latin1 -t utf8 '{path.name}' > fixed.csv"
        ) from error


def _check_delimiter(path: Path, line: str, columns: Sequence[str], delimiter: str) -> None:
    def names(by: str) -> set[str]:
        return {name.strip() for name in next(csv.reader([line], delimiter=by), [])}

    if set(columns) <= names(delimiter):
        return
    fitting = [by for by in DELIMITERS if by != delimiter and set(columns) <= names(by)]
    if not fitting and len(names(delimiter)) == 1:  # other columns, but many by another delimiter and one by this
        fitting = [by for by in sorted(DELIMITERS, key=line.count, reverse=True) if by in line]
    if fitting:
        raise DataError(
            f"{path}, first line: the columns look separated by {DELIMITERS[fitting[0]]}, not by "
            f"{DELIMITERS.get(delimiter, repr(delimiter))}. If they are, set data.delimiter in the parameter file, "
            + ('delimiter: "\\t"' if fitting[0] == "\t" else f'delimiter: "{fitting[0]}"')
        )


def _parsed(path: Path, text: str, delimiter: str) -> list[tuple[int, list[str]]]:
    before = csv.field_size_limit(len(text) + 1)  # a text of any length is read, to be judged with its row
    found, line = [], 1
    try:
        reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
        for number, fields in enumerate(reader, start=1):
            found.append((number, fields))
            line = reader.line_num + 1
    except csv.Error as error:
        raise DataError(
            f"{path}, line {_open_quote(text, line, delimiter)}: a quote opens here and doesn't close where its field "
            f"ends. A text in double quotes ends with one, followed by {delimiter!r} or the line's end, and quotes "
            "inside it are doubled."
        ) from error
    finally:
        csv.field_size_limit(before)
    return found


def _open_quote(text: str, line: int, delimiter: str) -> int:
    """The line of the first quote, in the row that begins at `line`, that nothing or not the field's end closes."""
    place = 0
    for found in list(re.finditer(r"\r\n|\r|\n", text))[line - 2 : line - 1] if line > 1 else []:
        place = found.end()
    field_end = re.compile(f"[{re.escape(delimiter)}\r\n]")
    while place < len(text):
        begin = place
        if text[place] == '"':
            place = text.find('"', place + 1)
            while place >= 0 and text.startswith('""', place):
                place = text.find('"', place + 2)
            if place < 0 or text[place + 1 : place + 2] not in ("", delimiter, "\r", "\n"):
                return line
            place += 1
        else:
            end = field_end.search(text, place)
            place = end.start() if end else len(text)
        place += 2 if text.startswith("\r\n", place) else 1
        line += len(re.findall(r"\r\n|\r|\n", text[begin:place]))
    return line
