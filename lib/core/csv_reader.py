"""Reads the user's tables, CSV or TSV, as rows of text; an error says where a file goes wrong and what to do.

Rows with too few or too many fields are no error here: `lib.data.rejected_rows` puts them aside. An error shows nothing
of a row, and of the first row only what is known to be the name of a column.
"""

from __future__ import annotations

import codecs
import csv
import io
import re
import unicodedata
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from lib.core.errors import DataError

SUFFIXES = (".csv", ".tsv")
DELIMITERS = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "vertical bars"}
# Names of columns are shown in errors where the first row is a header; cells that look otherwise are not.
_COLUMN_NAME = re.compile(r"[^\W\d][\w .-]{0,29}")
_LINE_END = re.compile(r"\r\n|\r|\n")
# Excel's first line, which names the delimiter. Programs that don't know it write it back padded with delimiters.
_SEPARATOR = re.compile(r'"?sep=(\\t|[^"\r\n])"?\1*[ \t]*(?=[\r\n]|\Z)', re.IGNORECASE)
# Byte order marks, each with the encodings that it belongs to.
_MARKS = {
    codecs.BOM_UTF8: ("utf-8", "utf-8-sig"),
    codecs.BOM_UTF32_LE: ("utf-32", "utf-32-le"),  # before UTF-16's, with which it begins
    codecs.BOM_UTF32_BE: ("utf-32", "utf-32-be"),
    codecs.BOM_UTF16_LE: ("utf-16", "utf-16-le"),
    codecs.BOM_UTF16_BE: ("utf-16", "utf-16-be"),
}
_OTHERS = ("utf-8", "cp1252", "utf-16-le", "utf-16-be", "gb18030", "shift_jis", "cp1251")
"""Encodings that are tried where a file lacks columns."""
_EVIDENCE = 3
"""Continuation bytes from which on a file that fits UTF-8 doesn't do so by chance."""


class Rows(NamedTuple):
    """A table as it was read."""

    header: list[str]  # the columns' names, as `name` writes them
    rows: list[tuple[int, list[str]]]  # number (the file's first row is 1) and fields of each row that isn't blank


def tables(folder: Path) -> list[Path]:
    """The files `*.csv` and `*.tsv` of a folder, in upper or lower case, sorted; hidden ones are left out.

    Raises DataError when the folder can't be read, and for a file whose name can't be printed.
    """
    try:
        listed = [path for path in folder.iterdir() if path.suffix.lower() in SUFFIXES]
        paths = sorted(path for path in listed if not path.name.startswith(".") and not path.is_dir())
    except OSError as error:
        raise DataError(f"{folder}: this folder can't be read ({error.strerror}). Make it readable.") from error
    for path in paths:
        if any(unicodedata.category(letter) in ("Cc", "Cs") for letter in path.name):
            raise DataError(f"{folder}: the name of the file {path.name!a} is no text in UTF-8. Rename the file.")
    return paths


def name(cell: str) -> str:
    """A name (a column's, a label, a region, a picture's path) in the form in which names are compared.

    In Unicode's NFC, since a name can be written in several ways that look the same; trimmed; and without byte order
    marks, which are inside a file where files were joined.
    """
    return unicodedata.normalize("NFC", cell.replace("\ufeff", "")).strip()


def read(path: Path, columns: Sequence[str], delimiter: str = ",", encoding: str = "utf-8") -> Rows:
    """Read a file that must have each of `columns` once.

    delimiter: between the columns of a CSV file. A TSV file has tabs, and a first line such as `sep=;` names the file's
    own. encoding: Python's name of it. UTF-8 and UTF-16 may begin with a byte order mark, and `utf-16` must.

    Raises DataError for a file that can't be read or is empty; an encoding that isn't known, that the bytes don't fit,
    or that a byte order mark contradicts; UTF-8 that another encoding would silently misread; another delimiter; a
    column that is missing or there twice; and a quote that doesn't close.
    """
    content = _content(path)
    text = _decoded(path, content, encoding)
    separator = _SEPARATOR.match(text)
    if separator:
        delimiter = "\t" if separator[1] == "\\t" else separator[1]
        text = text[separator.end() :]  # the rest of the line is a blank row: rows and lines keep their numbers
        remedy = "correct or remove its first line, which names another delimiter (sep=)"
    elif path.suffix.lower() == ".tsv":
        delimiter, remedy = "\t", "rename it: a .tsv file has tabs, a .csv file what data.delimiter says"
    else:
        remedy = ""
    if not text.strip():
        raise DataError(f"{path}: this file is empty. A CSV file begins with a line that names its columns.")
    required = [name(column) for column in columns]
    _check_delimiter(path, _first_line(text), required, delimiter, remedy)
    rows = [(number, fields) for number, fields in _parsed(path, text, delimiter) if fields]
    header = [name(field) for field in rows.pop(0)[1]]
    if missing := [column for column in required if column not in header]:
        raise DataError(
            f"{path}, first line: no column {' and '.join(missing)} among {_listed(header, required)}. "
            + (_other_encoding(content, required, delimiter, encoding) or _other_names(header, required, encoding))
        )
    if repeated := [column for column in required if header.count(column) > 1]:
        raise DataError(
            f"{path}, first line: the column {' and '.join(repeated)} is there twice, and the two may differ. "
            "Remove or rename one of them."
        )
    return Rows(header, rows)


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise DataError(f"{path}: this file can't be read ({error.strerror}). Make it readable.") from error


def _decoded(path: Path, content: bytes, encoding: str) -> str:
    """The file's text without a byte order mark."""
    try:
        codec = codecs.lookup(encoding).name
        if codec in ("idna", "punycode"):
            raise LookupError("an encoding of names of hosts, not of files")
        _check_mark(path, content, codec, encoding)
        text = content.decode("utf-8" if codec == "utf-8-sig" else codec)
    except UnicodeDecodeError as error:
        raise _undecodable(path, content, encoding, error) from error
    except (LookupError, ValueError) as error:  # also codecs that are no encodings of text
        raise DataError(
            f"{path}: this file can't be read by the encoding {encoding!r}. Give data.encoding as Python names it: "
            "utf-8, cp1252 (Windows, Western languages), utf-16, gb18030 and others."
        ) from error
    if len(text) == len(content) and codec not in ("utf-8", "utf-8-sig") and _is_utf_8(content):
        raise DataError(
            f"{path}: this file is UTF-8, and read as {encoding} its letters would turn into others. Leave "
            f"data.encoding out if all files are UTF-8, or save this one as {encoding}, or the others as UTF-8."
        )
    return text.removeprefix("\ufeff")


def _check_mark(path: Path, content: bytes, codec: str, encoding: str) -> None:
    """Raises DataError where a file's byte order mark, or its NUL bytes, show another encoding than the one given."""
    fitting = next((encodings for mark, encodings in _MARKS.items() if content.startswith(mark)), ())
    head = content[:256]
    wide = max(head[::2].count(0), head[1::2].count(0)) > len(head) / 5  # UTF-16 or UTF-32 of Western text
    if content and not fitting and codec in ("utf-16", "utf-32"):
        remedy = (
            f"Name its byte order too, data.encoding: {codec}-le or {codec}-be."
            if wide
            else "It isn't UTF-16; if it is UTF-8, leave data.encoding out."
        )
        raise DataError(f"{path}, line 1: this file doesn't begin with a byte order mark, as {encoding} does. {remedy}")
    if fitting[:1] == ("utf-8",) and codec not in fitting:
        raise DataError(
            f"{path}, line 1: this file begins with the mark of UTF-8, but data.encoding is {encoding}. Leave that out "
            f"if all files are UTF-8, or save this one as {encoding}."
        )
    if (fitting and codec not in fitting) or (wide and not codec.startswith(("utf-16", "utf-32"))):
        kind = fitting[0] if fitting else "utf-16-le" if head[1::2].count(0) >= head[::2].count(0) else "utf-16-be"
        raise DataError(
            f"{path}, line 1: this file is UTF-{kind[4:6]}, as Excel saves “Unicode text”. Say data.encoding: {kind} "
            f"in the parameter file if all files are; or save it as “CSV UTF-8”, or: iconv -f {kind} -t utf-8"
        )


def _undecodable(path: Path, content: bytes, encoding: str, error: UnicodeDecodeError) -> DataError:
    line = len(_LINE_END.findall(content[: error.start].decode(encoding, "replace"))) + 1
    byte = error.object[error.start : error.start + 1].hex()
    problem = f"{path}, line {line}: this file is not {_called(encoding)} (byte 0x{byte})"
    if _called(encoding) != "UTF-8":
        likely = "it is UTF-8" if _is_utf_8(content) else "it is another encoding's or damaged"
        return DataError(
            f"{problem}; {likely}. data.encoding names the encoding of all CSV files: correct it, or this file."
        )
    if _fits(content, "cp1252"):
        return DataError(
            f"{problem}. If it was written on Windows in a Western language, say data.encoding: cp1252 in the "
            "parameter file (not latin-1, by which curly quotes turn into control characters); it is the right one if "
            "accents and quotes look right when a spreadsheet program opens the file as “Windows-1252”. Other "
            "languages have others, such as cp1251, gb18030 or shift_jis. Or save the file as UTF-8."
        )
    return DataError(
        f"{problem}, nor is it Windows-1252 (data.encoding: cp1252). Say which encoding it is, such as data.encoding: "
        "gb18030, shift_jis or cp1251, or save the file as UTF-8; if one line alone is damaged, correct it."
    )


def _called(encoding: str) -> str:
    return "UTF-8" if codecs.lookup(encoding).name in ("utf-8", "utf-8-sig") else encoding


def _fits(content: bytes, encoding: str) -> bool:
    try:
        content.decode(encoding)
    except UnicodeDecodeError:
        return False
    return True


def _is_utf_8(content: bytes) -> bool:
    """Whether a file is UTF-8, and doesn't fit it by chance."""
    return _fits(content, "utf-8") and len(content) - len(content.decode("utf-8")) >= _EVIDENCE


def _first_line(text: str) -> str:
    """The first line that isn't blank."""
    return re.split(r"[\r\n]", text.lstrip("\r\n")[:10_000], maxsplit=1)[0]


def _names(line: str, delimiter: str) -> set[str]:
    try:
        return {name(field) for field in next(csv.reader([line], delimiter=delimiter), [])}
    except csv.Error:
        return set()


def _listed(header: Sequence[str], required: Sequence[str]) -> str:
    """The names of a header's columns; of a first row without a known column only their number: it may be an ad's."""
    known = {field.lower() for field in header} & {column.lower() for column in required}
    if len(known) < 2 and not set(header) & set(required):
        return f"its {len(header)} columns (not shown: where no header is there, they are an ad's)"
    names = [field for field in header if _COLUMN_NAME.fullmatch(field)]
    others = f" and {len(header) - len(names)} that don't look like names" if len(names) < len(header) else ""
    return f"{', '.join(names)}{others}"


def _other_encoding(content: bytes, required: Sequence[str], delimiter: str, encoding: str) -> str:
    """A remedy where the columns are there in another encoding; '' where they are in none."""
    for other in _OTHERS:
        line = _first_line(content[:10_000].decode(other, "replace").removeprefix("\ufeff"))
        if set(required) <= _names(line, delimiter):
            return (
                f"In the encoding {other} they are there: data.encoding is {encoding}, which isn't this file's; say "
                f"{other}."
            )
    return ""


def _other_names(header: Sequence[str], required: Sequence[str], encoding: str) -> str:
    also = "" if _called(encoding) == "UTF-8" else f" The encoding may be wrong too: data.encoding is {encoding}."
    lower = {column.lower(): column for column in header}
    alike = [
        f"{lower[column.lower()]} for {column}" for column in required if lower.get(column.lower(), column) != column
    ]
    capitals = f" Capitals count: the file has {' and '.join(alike)}." if alike else ""
    return (
        f"Every CSV file of the data folder has the columns {', '.join(required)}. If yours are called otherwise, "
        "say how under data.columns in the parameter file; texts or images that the data doesn't have are set to null "
        f"there; and a file that holds no ads belongs elsewhere.{capitals}{also}"
    )


def _check_delimiter(path: Path, line: str, required: Sequence[str], delimiter: str, remedy: str) -> None:
    """Raises DataError where another delimiter fits the first line better.

    remedy: what to do where the file itself names its delimiter; '' where data.delimiter does.
    """
    names = _names(line, delimiter)
    if set(required) <= names:
        return
    fitting = [other for other in DELIMITERS if other != delimiter and set(required) <= _names(line, other)]
    if not fitting and len(names) == 1:  # other columns, but several by another delimiter and one by this
        fitting = [other for other in sorted(DELIMITERS, key=line.count, reverse=True) if other in line]
    if fitting:
        quoted = '"\\t"' if fitting[0] == "\t" else f'"{fitting[0]}"'
        raise DataError(
            f"{path}, first line: the columns look separated by {DELIMITERS[fitting[0]]}, not by "
            f"{DELIMITERS.get(delimiter, repr(delimiter))}. If they are, "
            + (remedy or f"set data.delimiter in the parameter file, delimiter: {quoted}")
        )


def _parsed(path: Path, text: str, delimiter: str) -> list[tuple[int, list[str]]]:
    limit = csv.field_size_limit(len(text) + 1)  # a text of any length is read, to be judged with its row
    rows, line = [], 1
    try:
        reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
        for number, fields in enumerate(reader, start=1):
            rows.append((number, fields))
            line = reader.line_num + 1
    except csv.Error as error:
        raise DataError(
            f"{path}, line {_open_quote(text, line, delimiter)}: a quote opens here and doesn't close where its field "
            f"ends. A text in double quotes ends with one, followed by {delimiter!r} or the line's end, and quotes "
            "inside it are doubled."
        ) from error
    finally:
        csv.field_size_limit(limit)
    return rows


def _open_quote(text: str, line: int, delimiter: str) -> int:
    """The line of the first quote, in the row that begins at `line`, that isn't closed at its field's end."""
    place = 0
    for line_end in list(_LINE_END.finditer(text))[line - 2 : line - 1] if line > 1 else []:
        place = line_end.end()
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
        line += len(_LINE_END.findall(text[begin:place]))
    return line
