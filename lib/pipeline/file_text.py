"""What can be read in a file that a study wrote, piece by piece, each with its place: for the search for leaks.

Notebooks by cell and output, tables by row and column, JSON by path, pictures by text chunk and EXIF, archives by
member; binary formats by their headers and by what reads as text in them.
"""

from __future__ import annotations

import base64
import binascii
import csv
import gzip
import io
import json
import re
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import unquote

import numpy as np
from PIL import ExifTags, Image

from lib.data.phone_numbers import BLANK

SHORTEST_IN_BYTES = 6  # characters of a name that random bytes don't spell by chance


class Part(NamedTuple):
    """A line, cell or value. place: where it stands, as a reader would say it; position: the same in numbers alone, for
    when the words of `place` (a column's name, a file's) are a leak themselves."""

    text: str
    place: str
    position: str


class Passage(NamedTuple):
    """Parts that are read one after the other, with `gap` between them. Names of fewer than `shortest` letters and
    digits aren't searched for in it."""

    parts: list[Part]
    gap: str = "\n"
    shortest: int = 3


CELLS = f"\n{BLANK}\n"  # a gap that eight words of a text run on over, but no telephone number, name or short text does
_DATA_URI = re.compile(r"data:([\w.+-]+/[\w.+-]+)?[^,\s\"'<>]{0,100};base64,([A-Za-z0-9+/=%\s]{16,}|[A-Za-z0-9+/=%]+)")
_READABLE = re.compile(
    rb"(?:[\t\n\r\x20-\x7e]|[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}){6,}"
)
_PADDING = re.compile(rb"\0{4,}")  # more than stand between two letters of UTF-32


def passages(name: str, content: bytes) -> Iterator[Passage]:
    """All that can be read in a file of this name, by its kind; of an unknown one its lines or its readable bytes."""
    suffix = Path(name).suffix.lower()
    if suffix == ".safetensors":
        yield from _safetensors(content)
    elif content[:2] == b"\x1f\x8b":
        yield from _gunzipped(name, content)
    elif content[:4] == b"PK\x03\x04":
        yield from _archive(content)
    elif (text := _decoded_bytes(content)) is None:
        if content.startswith((b"\xff\xfe", b"\xfe\xff")):
            yield from lines(content.decode("utf-16", "replace"))
        yield from _picture(content)
        yield from _readable_bytes(content)
    elif suffix in (".csv", ".tsv"):
        yield from _table(text, "," if suffix == ".csv" else "\t")
    elif suffix in (".json", ".ipynb") and (value := _json(text)) is not None:
        yield from _notebook(value) if suffix == ".ipynb" and isinstance(value, dict) else _tree(value)
    else:
        yield from lines(text)


def _decoded_bytes(content: bytes) -> str | None:
    """The text, or None when these bytes are none. UTF-16 can pass for UTF-8 that is full of NULs."""
    try:
        return None if b"\0" in content else content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return None


def _json(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None  # then its lines are searched


def _inside(place: str, position: str, name: str, content: bytes) -> Iterator[Passage]:
    """The passages of a file in a file."""
    for passage in passages(name, content):
        yield passage._replace(parts=_placed(place, position, passage.parts))


def _placed(place: str, position: str, parts: Iterable[Part]) -> list[Part]:
    return [Part(part.text, f"{place}, {part.place}", f"{position}, {part.position}") for part in parts]


def lines(text: str) -> Iterator[Passage]:
    """The lines of a text, and what is embedded in them as data URIs."""
    for uri in _DATA_URI.finditer(text):
        line = f"line {text.count(chr(10), 0, uri.start()) + 1}, embedded data"
        yield from _inside(line, line, "embedded", _base64(unquote(uri[2])))
    text = _DATA_URI.sub(lambda uri: "\n" * uri[0].count("\n"), text)
    lines = re.split("\r\n|\r|\n", text)
    yield Passage([Part(line, f"line {number}", f"line {number}") for number, line in enumerate(lines, 1)])


def _base64(text: str) -> bytes:
    try:
        return base64.b64decode("".join(text.split()))
    except (binascii.Error, ValueError):
        return text.encode("utf-8", "surrogatepass")


def _table(text: str, delimiter: str) -> Iterator[Passage]:
    """A table's cells, row by row and column by column, since a text can run over either."""
    before = csv.field_size_limit(len(text) + 1)  # a cell of any length is read
    try:
        rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter))
    except csv.Error:
        yield from lines(text)
        return
    finally:
        csv.field_size_limit(before)
    columns: list[list[Part]] = [[] for _ in range(max(map(len, rows), default=0))]
    for number, row in enumerate(rows, 1):
        for place, cell in enumerate(row):
            name = rows[0][place] if place < len(rows[0]) else str(place + 1)
            columns[place].append(Part(cell, f"row {number}, column {name}", f"row {number}, column {place + 1}"))
    yield from (Passage(column, CELLS) for column in columns)
    cells = [iter(column) for column in columns]
    yield Passage([next(cells[place]) for row in rows for place in range(len(row))], CELLS)


def _tree(value: Any, place: str = "") -> Iterator[Passage]:
    """The values of a JSON document in reading order, and its keys."""
    for chosen in ("value", "key"):
        texts = [(text, where) for kind, text, where in _leaves(value, place) if kind == chosen]
        parts = [
            Part(text, f"{chosen} at {where or 'the top'}", f"{chosen} {number}")
            for number, (text, where) in enumerate(texts, 1)
        ]
        for part in parts:
            if "base64," in part.text:
                yield from (
                    passage._replace(parts=_placed(part.place, part.position, passage.parts))
                    for passage in lines(part.text)
                )
        yield Passage(parts, CELLS)


def _leaves(value: Any, place: str) -> Iterator[tuple[str, str, str]]:
    """("value" or "key", its text, where it is) of all in a JSON document; plotly's packed arrays unpacked."""
    if isinstance(value, dict) and {"dtype", "bdata"} <= value.keys():
        value = {**value, "bdata": _unpacked(value)}
    if isinstance(value, dict):
        for key, below in value.items():
            yield "key", key, place
            yield from _leaves(below, f"{place}.{key}" if place else key)
    elif isinstance(value, list):
        for number, below in enumerate(value):
            yield from _leaves(below, f"{place}[{number}]")
    elif value is not None and not isinstance(value, bool):
        yield "value", str(value), place


def _unpacked(packed: dict[str, Any]) -> Any:
    """The integers of a packed array (of floats nothing is searched for)."""
    try:
        kind = np.dtype(packed["dtype"])
        return np.frombuffer(_base64(packed["bdata"]), kind).tolist() if kind.kind in "iu" else []
    except (TypeError, ValueError, AttributeError):
        return packed["bdata"]


def _notebook(book: dict[str, Any]) -> Iterator[Passage]:
    """A notebook's cells, counted from 1, with their outputs, counted from 1 in each cell, and all metadata."""
    cells = book.get("cells")
    if not isinstance(cells, list):
        cells = []
    for number, cell in enumerate(cells, 1):
        if isinstance(cell, dict):
            for passage in _cell(cell):
                where = f"cell {number}"
                yield passage._replace(parts=_placed(where, where, passage.parts))
    rest = {key: value for key, value in book.items() if key != "cells"}
    yield from _tree(rest if cells else book, "notebook")


def _cell(cell: dict[str, Any]) -> Iterator[Passage]:
    yield from _named("source", lines(_joined(cell.get("source", ""))))
    for name, bundle in (cell.get("attachments") or {}).items():
        for passage in _mime_bundle(bundle):
            yield passage._replace(parts=_placed(f"attachment {name}", "an attachment", passage.parts))
    outputs = [output for output in cell.get("outputs") or [] if isinstance(output, dict)]
    for number, output in enumerate(outputs, 1):
        yield from _named(f"output {number}", _output(output))
    # What is printed word by word stands in many outputs of one stream.
    for stream in dict.fromkeys(output.get("name") for output in outputs if output.get("output_type") == "stream"):
        texts = [_joined(output.get("text", "")) for output in outputs if output.get("name") == stream]
        if len(texts) > 1:
            yield from _named(f"all of {stream}", lines("".join(texts)))
    rest = {key: value for key, value in cell.items() if key not in ("source", "attachments", "outputs")}
    yield from _tree(rest)


def _output(output: dict[str, Any]) -> Iterator[Passage]:
    yield from lines(_joined(output.get("text", "")))
    if output.get("output_type") == "error":
        yield from _named("error", lines(f"{output.get('ename', '')}: {output.get('evalue', '')}"))
        yield from _named("traceback", lines("\n".join(map(str, output.get("traceback") or []))))
    yield from _mime_bundle(output.get("data") or {})
    handled = ("text", "ename", "evalue", "traceback", "data")
    yield from _tree({key: value for key, value in output.items() if key not in handled})


def _mime_bundle(bundle: dict[str, Any]) -> Iterator[Passage]:
    """What an output shows, in each of its forms."""
    for mime, value in bundle.items():
        if not isinstance(value, str) and not _is_lines(value):
            read = _tree(value)
        elif mime.startswith("text/") or mime.endswith(("xml", "json", "javascript")):
            read = lines(_joined(value))
        else:
            read = passages("output", _base64(_joined(value)))
        yield from _named(mime, read)


def _is_lines(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(line, str) for line in value)


def _joined(value: Any) -> str:
    return "".join(map(str, value)) if isinstance(value, list) else str(value)


def _named(place: str, read: Iterable[Passage]) -> Iterator[Passage]:
    for passage in read:
        yield passage._replace(parts=_placed(place, place, passage.parts))


def _picture(content: bytes) -> Iterator[Passage]:
    """Text chunks, comments and EXIF of a picture; nothing when it is none."""
    try:
        with Image.open(io.BytesIO(content)) as picture:
            picture.load()  # text chunks can stand behind the pixels
            chunk = "text chunk " if picture.format == "PNG" else ""
            notes = {f"{chunk}{name}": value for name, value in picture.info.items()}
            exif = picture.getexif()
            tags = {**exif, **{tag: value for block in ExifTags.IFD for tag, value in exif.get_ifd(block).items()}}
            notes |= {f"EXIF tag {ExifTags.TAGS.get(tag, tag)}": value for tag, value in tags.items()}
    except Exception:  # PIL's readers of its many formats raise what they like; the bytes are searched in any case
        return
    parts = []
    for number, (name, value) in enumerate(notes.items(), 1):
        text = value.replace(b"\0", b"").decode("utf-8", "replace") if isinstance(value, bytes) else str(value)
        position = f"note {number}"
        parts += [Part(text, name, position), Part(name, name, position)]
    yield Passage(parts, CELLS)


def _readable_bytes(content: bytes) -> Iterator[Passage]:
    """Stretches of readable characters; also without the NULs that UTF-16 and UTF-32 have between letters."""
    for form in dict.fromkeys((content, _PADDING.sub(b"\n", content).replace(b"\0", b""))):
        parts = [
            Part(match[0].decode("utf-8", "replace"), f"bytes from {match.start()}", f"bytes from {match.start()}")
            for match in _READABLE.finditer(form)
        ]
        yield Passage(parts, CELLS, SHORTEST_IN_BYTES)


def _safetensors(content: bytes) -> Iterator[Passage]:
    """The header: the tensors' names and the metadata. The tensors are numbers."""
    size = int.from_bytes(content[:8], "little")
    header = _json(content[8 : 8 + size].decode("utf-8", "replace"))
    yield from _named("header", _tree(header) if header is not None else _readable_bytes(content))


def _gunzipped(name: str, content: bytes) -> Iterator[Passage]:
    try:
        unpacked = gzip.decompress(content)
    except (OSError, EOFError, zlib.error):  # broken, or not what its first bytes say
        yield from _readable_bytes(content)
    else:
        yield from _inside("unpacked", "unpacked", name.removesuffix(".gz"), unpacked)


def _archive(content: bytes) -> Iterator[Passage]:
    """The members of a ZIP file (`.npz` and torch's checkpoints are such)."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            for number, member in enumerate(archive.namelist(), 1):
                place, position = f"member {member}", f"member {number}"
                yield Passage([Part(member, place, position)])
                yield from _inside(place, position, member, archive.read(member))
    # Broken, encrypted, or an unknown compression.
    except (zipfile.BadZipFile, RuntimeError, NotImplementedError, EOFError, zlib.error):
        yield from _readable_bytes(content)
