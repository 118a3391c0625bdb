"""A table of ads, CSV or TSV, as rows of text, or an error that says where the whole file goes wrong and what to do.

Rows that have too few or too many fields are no error here: `lib.data.rejected_rows` puts them aside. Nothing of a row is shown
in an error, and of a first row only what is known to be a name of a column.
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
# Names of columns are shown in errors where the first row is a header; cells that look like none are not.
_COLUMN_NAME = re.compile(r"[^\W\d][\w .-]{0,29}")
_LINE_END = re.compile(r"\r\n|\r|\n")
# Excel's first line, which names the delimiter; programs that know it not write it back padded with delimiters.
_SEPARATOR = re.compile(r'"?sep=(\\t|[^"\r\n])"?\1*[ \t]*(?=[\r\n]|\Z)', re.IGNORECASE)
# Marks at the beginning of a file, each with the encodings that it is one of.
_MARKS = {
    codecs.BOM_UTF8: ("utf-8", "utf-8-sig"),
    codecs.BOM_UTF32_LE: ("utf-32", "utf-32-le"),  # before UTF-16's, with which it begins
    codecs.BOM_UTF32_BE: ("utf-32", "utf-32-be"),
    codecs.BOM_UTF16_LE: ("utf-16", "utf-16-le"),
    codecs.BOM_UTF16_BE: ("utf-16", "utf-16-be"),
}
_OTHERS = ("utf-8", "cp1252", "utf-16-le", "utf-16-be", "gb18030", "shift_jis", "cp1251")
"""Encodings in which columns that aren't found are looked for."""
_EVIDENCE = 3
"""Bytes beyond the first of UTF-8's longer characters: so many don't fit together by chance."""


class Rows(NamedTuple):
    """header: the columns' names, as `name` has them. rows: number (the file's first row is row 1) and fields of each row that isn't blank."""

    header: list[str]
    rows: list[tuple[int, list[str]]]


def tables(folder: Path) -> list[Path]:
    """The files of a folder that are its tables, by name: `.csv` and `.tsv`, in any case; none that is hidden, no folder.

    Raises DataError when the folder can't be read, and for a table whose own name no message and no other table could show.
    """
    try:
        listed = [path for path in folder.iterdir() if path.suffix.lower() in SUFFIXES]
        found = sorted(path for path in listed if not path.name.startswith(".") and not path.is_dir())
    except OSError as error:
        raise DataError(f"{folder}: this folder can't be read ({error.strerror}). Make it readable.") from error
    for path in found:
        if any(unicodedata.category(letter) in ("Cc", "Cs") for letter in path.name):
            raise DataError(f"{folder}: the name of the file {path.name!a} is no text in UTF-8. Rename the file.")
    return found


def name(cell: str) -> str:
    """A name (a column's, a label, a region, a picture's path) in the form in which names are compared.

    Unicode's NFC, since one name can be written in several ways that look the same; trimmed; without byte order marks,
    which stand inside where files were joined.
    """
    return unicodedata.normalize("NFC", cell.replace("\ufeff", "")).strip()


def read(path: Path, columns: Sequence[str], delimiter: str = ",", encoding: str = "utf-8") -> Rows:
    """Read a file that must have each of `columns` once.

    delimiter: between the columns of a CSV file; a TSV file has tabs, and a first line such as `sep=;` names the file's own.
    encoding: Python's name of the files' encoding; UTF-8 and UTF-16 may begin with a byte order mark, and `utf-16` must.
    Raises DataError for: a file that can't be read or is empty, an encoding that isn't known, bytes that don't fit it, a mark of another one,
    UTF-8 that another one would misread without a word, another delimiter, a column that is missing or there twice, and a quote that doesn't close.
    """
    content = _content(path)
    text = _decoded(path, content, encoding)
    said = _SEPARATOR.match(text)
    if said:
        delimiter = "\t" if said[1] == "\\t" else said[1]
        text = text[said.end() :]  # what is left of the line is a blank row, so that rows and lines keep their numbers
        remedy = "correct or remove its first line, which names another delimiter (sep=)"
    elif path.suffix.lower() == ".tsv":
        delimiter, remedy = "\t", "rename it: a .tsv file has tabs, a .csv file what data.delimiter says"
    else:
        remedy = ""
    if not text.strip():
        raise DataError(f"{path}: this file is empty. A CSV file begins with a line that names its columns.")
    wanted = [name(column) for column in columns]
    _check_delimiter(path, _first_line(text), wanted, delimiter, remedy)
    found = [(number, fields) for number, fields in _parsed(path, text, delimiter) if fields]
    header = [name(field) for field in found.pop(0)[1]]
    if missing := [column for column in wanted if column not in header]:
        raise DataError(
            f"{path}, first line: no column {' and '.join(missing)} among {_shown(header, wanted)}. "
            + (_other_encoding(content, wanted, delimiter, encoding) or _other_names(wanted, encoding))
        )
    twice = [column for column in wanted if header.count(column) > 1]
    if twice:
        raise DataError(
            f"{path}, first line: the column {' and '.join(twice)} is there twice, and the two may differ. "
            "Remove or rename one of them."
        )
    return Rows(header, found)


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise DataError(f"{path}: this file can't be read ({error.strerror}). Make it readable.") from error


def _decoded(path: Path, content: bytes, encoding: str) -> str:
    """The file's text, without a byte order mark."""
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
            f"{path}: this file can't be read by the encoding {encoding!r}. Give data.encoding as Python names it: utf-8, "
            "cp1252 (Windows, Western languages), utf-16, gb18030 and others."
        ) from error
    if len(text) == len(content) and codec not in ("utf-8", "utf-8-sig") and _is_utf_8(content):
        raise DataError(
            f"{path}: this file is UTF-8, and read as {encoding} its letters would turn into others. Leave data.encoding "
            f"out if all files are UTF-8, or save this one as {encoding}, or the others as UTF-8."
        )
    return text.removeprefix("\ufeff")


def _check_mark(path: Path, content: bytes, codec: str, encoding: str) -> None:
    """Raises DataError where a file's mark, or its NUL bytes, tell of another encoding than the one given."""
    fitting = next((of for mark, of in _MARKS.items() if content.startswith(mark)), ())
    head = content[:256]
    wide = max(head[::2].count(0), head[1::2].count(0)) > len(head) / 5
    if content and not fitting and codec in ("utf-16", "utf-32"):
        raise DataError(
            f"{path}, line 1: this file doesn't begin with a byte order mark, as {encoding} does. "
            + (f"Name its byte order too, data.encoding: {codec}-le or {codec}-be." if wide else "It isn't UTF-16; if it is UTF-8, leave data.encoding out.")
        )  # fmt: skip
    if fitting[:1] == ("utf-8",) and codec not in fitting:
        raise DataError(
            f"{path}, line 1: this file begins with the mark of UTF-8, but data.encoding is {encoding}. Leave that out if "
            f"all files are UTF-8, or save this one as {encoding}."
        )
    if (fitting and codec not in fitting) or (wide and not codec.startswith(("utf-16", "utf-32"))):
        kind = fitting[0] if fitting else "utf-16-le" if head[1::2].count(0) >= head[::2].count(0) else "utf-16-be"
        raise DataError(
            f"{path}, line 1: this file is UTF-{kind[4:6]}, as Excel saves “Unicode text”. Say data.encoding: {kind} in the "
            f"parameter file if all files are; or save it as “CSV UTF-8”, or: iconv -f {kind} -t utf-8"
        )


def _undecodable(path: Path, content: bytes, encoding: str, error: UnicodeDecodeError) -> DataError:
    line = len(_LINE_END.findall(content[: error.start].decode(encoding, "replace"))) + 1
    what = f"{path}, line {line}: this file is not {_called(encoding)} (byte 0x{error.object[error.start : error.start + 1].hex()})"
    if _called(encoding) != "UTF-8":
        also = "it is UTF-8" if _is_utf_8(content) else "it is another encoding's or damaged"
        return DataError(
            f"{what}; {also}. data.encoding names the encoding of all CSV files: correct it, or this file."
        )
    if _fits(content, "cp1252"):
        return DataError(
            f"{what}. If it was written on Windows in a Western language, say data.encoding: cp1252 in the parameter file (not "
            "latin-1, by which curly quotes turn into control characters); it is the right one if accents and quotes look right "
            "when a spreadsheet program opens the file as “Windows-1252”. Other languages have others, such as cp1251, gb18030 or "
            "shift_jis. Or save the file as UTF-8."
        )
    return DataError(
        f"{what}, nor is it Windows-1252 (data.encoding: cp1252). Say which encoding it is, such as data.encoding: gb18030, "
        "shift_jis or cp1251, or save the file as UTF-8; if one line alone is damaged, correct it."
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
    """Whether a file can't but be UTF-8: it fits, and not by chance."""
    return _fits(content, "utf-8") and len(content) - len(content.decode("utf-8")) >= _EVIDENCE


def _first_line(text: str) -> str:
    """The first line that isn't blank."""
    return re.split(r"[\r\n]", text.lstrip("\r\n")[:10_000], maxsplit=1)[0]


def _names(line: str, delimiter: str) -> set[str]:
    try:
        return {name(field) for field in next(csv.reader([line], delimiter=delimiter), [])}
    except csv.Error:
        return set()


def _shown(header: Sequence[str], wanted: Sequence[str]) -> str:
    """The names of a header's columns. Of a first row that has no known column nothing: it may be an ad's."""
    known = {field.lower() for field in header} & {column.lower() for column in wanted}
    if len(known) < 2 and not set(header) & set(wanted):
        return f"its {len(header)} columns (not shown: where no header is there, they are an ad's)"
    names = [field for field in header if _COLUMN_NAME.fullmatch(field)]
    others = f" and {len(header) - len(names)} that don't look like names" if len(names) < len(header) else ""
    return f"{', '.join(names)}{others}"


def _other_encoding(content: bytes, wanted: Sequence[str], delimiter: str, encoding: str) -> str:
    """What to do where the columns are there in another encoding; '' where they are in none."""
    for other in _OTHERS:
        line = _first_line(content[:10_000].decode(other, "replace").removeprefix("\ufeff"))
        if set(wanted) <= _names(line, delimiter):
            return f"In the encoding {other} they are there: data.encoding is {encoding}, which isn't this file's; say {other}."
    return ""


def _other_names(wanted: Sequence[str], encoding: str) -> str:
    also = "" if _called(encoding) == "UTF-8" else f" The encoding may be wrong too: data.encoding is {encoding}."
    return (
        f"Every CSV file of the data folder has the columns {', '.join(wanted)}; if yours are called otherwise, "
        f"say how under data.columns in the parameter file.{also}"
    )


def _check_delimiter(path: Path, line: str, wanted: Sequence[str], delimiter: str, remedy: str) -> None:
    """remedy: what to do where the file itself names its delimiter; '' where data.delimiter does."""
    names = _names(line, delimiter)
    if set(wanted) <= names:
        return
    fitting = [by for by in DELIMITERS if by != delimiter and set(wanted) <= _names(line, by)]
    if not fitting and len(names) == 1:  # other columns, but many by another delimiter and one by this
        fitting = [by for by in sorted(DELIMITERS, key=line.count, reverse=True) if by in line]
    if fitting:
        shown = '"\\t"' if fitting[0] == "\t" else f'"{fitting[0]}"'
        raise DataError(
            f"{path}, first line: the columns look separated by {DELIMITERS[fitting[0]]}, not by "
            f"{DELIMITERS.get(delimiter, repr(delimiter))}. If they are, "
            + (remedy or f"set data.delimiter in the parameter file, delimiter: {shown}")
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
    for found in list(_LINE_END.finditer(text))[line - 2 : line - 1] if line > 1 else []:
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
        line += len(_LINE_END.findall(text[begin:place]))
    return line
