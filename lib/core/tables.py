"""Tables that are read back from CSV, each by its schema: no type is guessed.

Names stay text, whatever they look like (a region called `75`, `null` or `1e5`). Numbers are read exactly as they were
written. A value is missing only where its column may miss values and its cell is empty; of a text, an empty cell is the
empty text.
"""

from __future__ import annotations

import csv
import itertools
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, TypeVar

import pandas as pd
import pandera.pandas as pa
from pandera.typing import DataFrame

from lib.core import yaml_files
from lib.core.errors import DataError

Model = TypeVar("Model", bound=pa.DataFrameModel)

_FORMS = {
    "int64": (re.compile(r"-?[0-9]{1,18}"), "a whole number"),
    "float64": (re.compile(r"[-+]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][-+]?[0-9]{1,3})?|-?inf"), "a number"),
    "bool": (re.compile("True|False"), "True or False"),
}
"""How each type is written, and what an error calls it; any cell is a text."""
_KINDS = {
    "text": pa.Column("str"),
    "whole": pa.Column("int64"),
    "number": pa.Column("float64", nullable=True),
    "truth": pa.Column("bool"),
}
"""What tables.yaml says of a chapter's column."""
_LISTED = yaml_files.read(Path(__file__).with_suffix(".yaml"), "expected are columns and elsewhere")
_COLUMNS = {name: _KINDS[kind] for kind, names in _LISTED["columns"].items() for name in names}
_ELSEWHERE = {
    table: {name: _KINDS[kind] for name, kind in columns.items()} for table, columns in _LISTED["elsewhere"].items()
}
_RERUN = "Remove the file and run the study again: its chapter writes it anew."
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def read(path: str | Path, model: type[Model], remedy: str = "", comment: str | None = None) -> DataFrame[Model]:
    """Read and check a CSV file's columns that a schema of `lib.core.schemas` names, in the file's order.

    comment: the sign that begins lines above the table. remedy: what to do about a bad file, in sentences. Raises
    DataError for a file that isn't there, is no CSV file in UTF-8, lacks a column, or holds something else than the
    schema says. The message names file, row and column and doesn't show the value, which may be of an ad.
    """
    text, columns = cells(path, remedy, comment), model.to_schema().columns
    needed = [name for name, column in columns.items() if column.required]
    if absent := [name for name in needed if name not in text]:
        problem = f"{path} has no column {', '.join(absent)}. It needs the columns {', '.join(needed)}."
        raise DataError(_message(problem, remedy))
    typed = _typed(path, text, {name: columns[name] for name in text if name in columns}, remedy)
    try:
        return model.validate(typed, lazy=True)
    except pa.errors.SchemaErrors as error:
        first = error.failure_cases.sort_values("index", kind="stable").iloc[0]
        problem = _misfit(path, int(first["index"]), first["column"], first["check"], len(error.failure_cases))
        # Not "from error": its traceback would print the values into a notebook.
        raise DataError(_message(problem, remedy)) from None


def chapter(path: str | Path) -> pd.DataFrame:
    """Read a table that a chapter wrote with `lib.pipeline.report.save_table`, columns typed as tables.yaml says.

    One that was written without a column has none. Raises DataError as `read` does.
    """
    path = Path(path)
    if _is_blank(path):
        return pd.DataFrame()
    text = cells(path, _RERUN).rename(columns=unguarded)
    types = _COLUMNS | _ELSEWHERE.get(path.stem, {})
    frame = _typed(path, text, {name: types.get(name, _KINDS["text"]) for name in text}, _RERUN)
    for name in frame.columns[frame.dtypes == "str"]:
        frame[name] = frame[name].map(unguarded)
    return frame


def names(path: str | Path) -> list[str]:
    """The columns of a table that a chapter wrote. Raises DataError as `read` does."""
    path = Path(path)
    return [] if _is_blank(path) else [unguarded(name) for name in cells(path, _RERUN)]


def cells(path: str | Path, remedy: str = "", comment: str | None = None) -> pd.DataFrame:
    """A CSV file as it is written: every cell a text.

    Raises DataError, with `remedy`, for a file that isn't there, isn't UTF-8, or isn't a table: each row must have as
    many cells as the first has names, and no name may be there twice.
    """
    try:
        with Path(path).open(encoding="utf-8-sig", newline="") as stream:
            rows = list(_rows(stream, comment))
    except UnicodeDecodeError as error:
        raise DataError(_message(f"{path} is not UTF-8 text.", remedy)) from error
    except OSError as error:
        raise DataError(_message(f"{path} can't be read: {error.strerror}.", remedy)) from error
    except csv.Error as error:
        raise DataError(_message(f"{path} is not a table of comma-separated values: {error}.", remedy)) from error
    if not rows:
        raise DataError(_message(f"{path} is empty.", remedy))
    (_, header), *body = rows
    if len(set(header)) < len(header):
        raise DataError(_message(f"{path}: two columns have the same name.", remedy))
    for number, (line, row) in enumerate(body, 1):
        if len(row) > len(header):
            problem = f"line {line} has {len(row)} cells, and {len(header)} have a name"
            raise DataError(_message(f"{path} is not a table of comma-separated values: {problem}.", remedy))
        if len(row) < len(header):
            place = f"{path}, row {number} below the header, column {header[len(row)]}"
            raise DataError(_message(f"{place}: the row ends before it.", remedy))
    return pd.DataFrame([row for _, row in body], columns=header, dtype="str")


def _rows(stream: Iterable[str], comment: str | None) -> Iterator[tuple[int, list[str]]]:
    """The rows below the comment lines at the head, each with the line that it ends in; blank lines are none."""
    for head, line in enumerate(stream):
        if comment is None or not line.startswith(comment):
            reader = csv.reader(itertools.chain([line], stream), strict=True)
            yield from ((head + reader.line_num, row) for row in reader if row)


def _is_blank(path: Path) -> bool:
    """Whether a table was written that has no column."""
    return path.is_file() and path.read_bytes().strip() == b""


def guarded(value: Any) -> Any:
    """A value as it can stand in a cell of a file that spreadsheet programs open.

    A text that looks like a formula gets an apostrophe before it; lone carriage returns become line feeds.
    """
    if not isinstance(value, str):
        return value
    marked = f"'{value}" if value.startswith(_FORMULA) else value
    return marked.replace("\r\n", "\n").replace("\r", "\n")


def unguarded(cell: str) -> str:
    """The text that `guarded` was given, but for carriage returns, and for an apostrophe of its own before a sign."""
    return cell[1:] if cell.startswith("'") and cell[1:].startswith(_FORMULA) else cell


def _typed(path: str | Path, text: pd.DataFrame, types: Mapping[str, pa.Column], remedy: str) -> pd.DataFrame:
    """These columns of a table of text, each of its type. Raises DataError for cells that aren't of theirs."""
    misfits = [(row, name) for name, column in types.items() for row in _misfits(text[name], column)]
    if misfits:
        row, name = min(misfits, key=lambda place: place[0])
        raise DataError(_message(_misfit(path, row, name, _FORMS[str(types[name].dtype)][1], len(misfits)), remedy))
    return pd.DataFrame({name: _converted(text[name], column) for name, column in types.items()}, index=text.index)


def _misfits(text: pd.Series, column: pa.Column) -> list[int]:
    """The rows, from 0, whose cells aren't of the column's type."""
    if str(column.dtype) not in _FORMS:
        return []
    form, _ = _FORMS[str(column.dtype)]
    return [row for row, cell in enumerate(text) if not (form.fullmatch(cell) or (column.nullable and cell == ""))]


def _converted(text: pd.Series, column: pa.Column) -> pd.Series:
    """A column of cells that fit its type."""
    dtype = str(column.dtype)
    if dtype == "bool":
        return text == "True"
    if dtype == "float64":
        return text.replace("", "nan").astype(dtype)
    return text.astype(dtype) if dtype in _FORMS else text


def _misfit(path: str | Path, row: int, column: str, expected: str, count: int) -> str:
    place = f"{path}, row {row + 1} below the header, column {column}"
    return f"{place}: the value is not {expected}. Wrong values in this file: {count}."


def _message(problem: str, remedy: str) -> str:
    return f"{problem} {remedy}".strip()
