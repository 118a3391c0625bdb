"""Tables that are read back from CSV, each by its schema: no type is guessed.

Names stay text, whatever they look like (a region called `75`, `null` or `1e5`), numbers are read as exactly as they were
written, and a value is missing only where a column may miss one and its cell is empty. A text is never missing: an empty
cell is the empty text.
"""

from __future__ import annotations

import csv
import itertools
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pandera.pandas as pa

from lib.core.errors import DataError

TEXT, WHOLE, TRUTH = pa.Column("str"), pa.Column("int64"), pa.Column("bool")
NUMBER = pa.Column("float64", nullable=True)
_FORMS = {
    "int64": (re.compile(r"-?[0-9]{1,18}"), "a whole number"),
    "float64": (re.compile(r"[-+]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][-+]?[0-9]{1,3})?|-?inf"), "a number"),
    "bool": (re.compile("True|False"), "True or False"),
}
"""How each type is written, and what an error calls it; any cell is a text."""


def _schema(**columns: pa.Column) -> pa.DataFrameSchema:
    return pa.DataFrameSchema(dict(columns), strict="filter")


def _optional(column: pa.Column) -> pa.Column:
    return pa.Column(column.dtype, nullable=column.nullable, required=False)


SCORED = _schema(
    region=TEXT,
    vendor=WHOLE,
    **dict.fromkeys(("query", "relevant", "documents"), _optional(WHOLE)),
    **dict.fromkeys(("MRR@10", "R-Precision@X", "mAP@R"), _optional(NUMBER)),
)
"""Scored queries (`lib.evaluation.verification.scores`)."""
QUERIES = SCORED.add_columns({"modality": TEXT})
"""`queries.csv` of a run: those of each modality that it retrieves by."""
PREDICTIONS = _schema(text=_optional(WHOLE), image=_optional(WHOLE), truth=WHOLE, predicted=WHOLE)
"""`predictions.csv` of a run."""
TEXT_TO_IMAGE = _schema(region=TEXT, vendor=WHOLE, **dict.fromkeys(("R-Precision@X", "R-Precision@X, chance"), NUMBER))
"""`text_to_image.csv` of an alignment (`lib.evaluation.text_to_image.scores`), as far as it is read back."""
TWIN_ADS = _schema(**dict.fromkeys(("hiding", "phone", "phone2", "name", "vendor"), TEXT))
"""`truth/ads.csv` of the twin."""
TWIN_PICTURES = _schema(image=TEXT, vendor=WHOLE, face=TEXT)
"""`truth/images.csv` of the twin."""
HOTEL_PICTURES = _schema(image=TEXT, place=WHOLE, chain=WHOLE, source=TEXT, room=WHOLE)
"""`truth/pictures.csv` of the hotels' twin."""
FACES = _schema(image=TEXT, confidence=pa.Column("float64"), seconds=pa.Column("float64"))
"""What `lib.data.face_detection` remembers of pictures."""
PRINTED = _schema(
    row=WHOLE,
    mean=pa.Column("float64"),
    std=_optional(NUMBER),
    metric=TEXT,
    **dict.fromkeys(
        ("seed", "group", "system", "objective", "fusion", "modality", "vendors", "dataset", "split", "note"),
        _optional(TEXT),
    ),
)
"""A table of a paper, `results/published/<paper>_table_<number>.csv`."""
PRINTED_DATA = _schema(statistic=TEXT, region=TEXT, mean=pa.Column("float64"), place=TEXT)
"""`results/published/matched_text_data.csv`."""

_COUNTS = """ads answered checked disagree known known_vendors labels labels_merging links losses new new_vendors of pairs per_class
pictures round rounds split_vendors test_items unrelated vendors_split violations without_label"""
_NUMBERS = """across adjusted_rand auroc auroc_high auroc_low batch centres chance co2_g corrected crowd difference documents effect epochs epsilon fall
false first found fpr fpr_high fpr_low gamma gib high high_published items kept least low low_published m margin mean milliseconds most
of_peak off ours overlap p p_holm pair_precision pair_recall parameters plain precision precision_high precision_low prepared proxy_lr
published queries rate ratio ratio_high ratio_low ratio_published recall recall_high recall_low recomputed released right row seconds seed_sd seeds
share sound std std_ours target temperature tflops theirs threshold times_paper times_plain trained training_seconds true truth untrained
value vendors wh within wrong"""
_SPACED = """Hotel-ID, Hotels-50K, at least, at most, difference high, difference low, furthest apart, vendor's level"""
CHAPTERS: dict[str, pa.Column] = {
    **dict.fromkeys(_COUNTS.split(), WHOLE),
    **dict.fromkeys([*_NUMBERS.split(), *_SPACED.split(", ")], NUMBER),
    **dict.fromkeys(("face", "holds", "role"), TRUTH),
}
"""What the columns of the chapters' tables hold that is no text. Counts that some tables lack in some rows are numbers."""
ELSEWHERE: dict[tuple[str, str], pa.Column] = {
    **{(f"claims_{name}", "paper"): NUMBER for name in ("alignment", "identification", "verification")},
    **{(name, "items"): TEXT for name in ("leakage", "leakage_probe", "leakage_scores", "speed_parts")},
    **{
        (name, column): TEXT
        for name, column in (("calibration_card", "target"), ("face_photographs", "wrong"), ("likeness", "pairs"))
    },
    ("factors_together", "faces"): NUMBER,
    ("found", "right"): TRUTH,
    ("hotels_own_invariants", "holds"): WHOLE,
    ("identification_on_pairs", "pairs"): NUMBER,
    ("one_entity", "split"): WHOLE,
}
"""Tables in which a column of that name holds something else."""


def read(path: str | Path, schema: pa.DataFrameSchema, remedy: str = "", comment: str | None = None) -> pd.DataFrame:
    """A CSV file's columns that a schema names, each of its type and checked, in the file's order; others are left out.

    comment: the sign that begins lines above the table. Raises DataError for a file that isn't there, is no CSV file
    in UTF-8, lacks a column, or holds something else than the schema says: a paragraph with file, row, column and `remedy` (what
    to do, in sentences) that doesn't show the value, which may be of an ad.
    """
    text = cells(path, remedy, comment)
    if absent := [name for name, column in schema.columns.items() if column.required and name not in text]:
        needed = ", ".join(name for name, column in schema.columns.items() if column.required)
        raise DataError(_said(f"{path} has no column {', '.join(absent)}. It needs the columns {needed}.", remedy))
    named = text[[name for name in text if name in schema.columns]]
    _check(path, {name: _misfits(named[name], schema.columns[name]) for name in named}, remedy)
    typed = pd.DataFrame({name: _typed(named[name], schema.columns[name]) for name in named})
    try:
        return schema.validate(typed, lazy=True)
    except pa.errors.SchemaErrors as problem:
        # Not "from problem": its traceback would print the values into a notebook.
        raise _broken(path, problem.failure_cases, remedy) from None


def chapter(path: str | Path) -> pd.DataFrame:
    """A table that a chapter wrote with `lib.pipeline.report.save_table`: columns of CHAPTERS (but for ELSEWHERE) have their types, all others are
    text. One that was written without a column has none. Raises DataError as `read` does."""
    path = Path(path)
    if _nothing(path):
        return pd.DataFrame()
    text = cells(path, _RERUN).rename(columns=unguarded)
    kinds = {name: ELSEWHERE.get((path.stem, name), CHAPTERS.get(name, TEXT)) for name in text}
    _check(path, {name: _misfits(text[name], kinds[name]) for name in text}, _RERUN)
    return pd.DataFrame({name: _typed(text[name].map(unguarded), kinds[name]) for name in text}, index=text.index)


def names(path: str | Path) -> list[str]:
    """The columns of a table that a chapter wrote. Raises DataError as `read` does."""
    path = Path(path)
    return [] if _nothing(path) else [unguarded(name) for name in cells(path, _RERUN)]


def cells(path: str | Path, remedy: str = "", comment: str | None = None) -> pd.DataFrame:
    """A CSV file as it is written: every cell a text. Raises DataError, with `remedy`, for a file that isn't there, isn't UTF-8, or isn't a
    table with as many cells in each row as its first row has names, none of them twice."""
    try:
        with Path(path).open(encoding="utf-8-sig", newline="") as stream:
            rows = list(_rows(stream, comment))
    except UnicodeDecodeError as problem:
        raise DataError(_said(f"{path} is not UTF-8 text.", remedy)) from problem
    except OSError as problem:
        raise DataError(_said(f"{path} can't be read: {problem.strerror}.", remedy)) from problem
    except csv.Error as problem:
        raise DataError(_said(f"{path} is not a table of comma-separated values: {problem}.", remedy)) from problem
    if not rows:
        raise DataError(_said(f"{path} is empty.", remedy))
    (_, header), *below = rows
    if len(set(header)) < len(header):
        raise DataError(_said(f"{path}: two columns have the same name.", remedy))
    for number, (line, row) in enumerate(below, 1):
        if len(row) > len(header):
            said = f"line {line} has {len(row)} cells, and {len(header)} have a name"
            raise DataError(_said(f"{path} is not a table of comma-separated values: {said}.", remedy))
        if len(row) < len(header):
            where = f"{path}, row {number} below the header, column {header[len(row)]}"
            raise DataError(_said(f"{where}: the row ends before it.", remedy))
    return pd.DataFrame([row for _, row in below], columns=header, dtype="str")


def _rows(stream: Iterable[str], comment: str | None) -> Iterator[tuple[int, list[str]]]:
    """The rows below the comment lines at the head, each with the line that it ends in; blank lines are none."""
    for head, line in enumerate(stream):
        if comment is None or not line.startswith(comment):
            reader = csv.reader(itertools.chain([line], stream), strict=True)
            yield from ((head + reader.line_num, row) for row in reader if row)


def _nothing(path: Path) -> bool:
    """Whether a table was written that has no column."""
    return path.is_file() and path.read_bytes().strip() == b""


_RERUN = "Remove the file and run the study again: its chapter writes it anew."
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def guarded(value: Any) -> Any:
    """A value as it can stand in a cell: a text that a spreadsheet would take for a formula has an apostrophe before it, and no text a lone
    carriage return, at which readers would end the row."""
    if not isinstance(value, str):
        return value
    marked = f"'{value}" if value.startswith(_FORMULA) else value
    return marked.replace("\r\n", "\n").replace("\r", "\n")


def unguarded(cell: str) -> str:
    """The text that `guarded` was given, but for carriage returns, and for an apostrophe that stood before such a sign by itself."""
    return cell[1:] if cell.startswith("'") and cell[1:].startswith(_FORMULA) else cell


def _misfits(column: pd.Series, kind: pa.Column) -> tuple[list[int], str]:
    """The rows of a column, from 0, whose cells aren't of its type, and what they should be."""
    if str(kind.dtype) not in _FORMS:
        return [], "a text"
    form, called = _FORMS[str(kind.dtype)]
    fits = (form.fullmatch(cell) or (kind.nullable and cell == "") for cell in column)
    return [row for row, fit in enumerate(fits) if not fit], called


def _typed(column: pd.Series, kind: pa.Column) -> pd.Series:
    """A column whose cells were found to fit."""
    name = str(kind.dtype)
    if name == "bool":
        return column == "True"
    if name == "float64":
        return column.replace("", "nan").astype(name)
    return column.astype(name) if name in _FORMS else column


def _check(path: str | Path, misfits: dict[str, tuple[list[int], str]], remedy: str) -> None:
    wrong = [(row, name, called) for name, (rows, called) in misfits.items() for row in rows]
    if wrong:
        raise _wrong(path, *min(wrong, key=lambda place: place[0]), len(wrong), remedy)


def _broken(path: str | Path, failures: pd.DataFrame, remedy: str) -> DataError:
    """For pandera's failure cases."""
    first = failures.sort_values("index", kind="stable").iloc[0]
    return _wrong(path, int(first["index"]), first["column"], first["check"], len(failures), remedy)


def _wrong(path: str | Path, row: int, column: str, called: str, count: int, remedy: str) -> DataError:
    where = f"{path}, row {row + 1} below the header, column {column}: the value is not {called}."
    return DataError(_said(f"{where} Wrong values in this file: {count}.", remedy))


def _said(problem: str, remedy: str) -> str:
    return f"{problem} {remedy}".strip()
