"""The ads table: reading a folder of CSV files and pictures, checked on entry.

MATCHED's layout (A.3.2) is a CSV file a region with the columns `TEXT` (title and description joined by [SEP]),
`IMAGES` (paths below the folder, joined by `|`) and `VENDOR` (a label), and the pictures. Other names of columns,
a column for the region, and data without texts or without pictures are described by a `Layout`.

Labels, regions, pseudonyms and pictures' names are compared in one Unicode form (`lib.core.csv_reader.name`); texts stay as they
are. An ad that lacks a text or a picture is kept for what needs none of it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd
import pandera.pandas as pa

from lib.core import csv_reader
from lib.core.errors import DataError
from lib.core.file_digests import combined
from lib.core.files import sha256
from lib.data import image_files
from lib.data.rejected_rows import COLUMNS, Quarantine, cell_problem, region_problem, text_problem

REGIONS = ("south", "midwest", "west", "northeast")
"""MATCHED's, in the order in which they are shown; other regions follow by name."""

ADS = pa.DataFrameSchema(
    {
        "ad": pa.Column("int64", unique=True),
        "region": pa.Column(str, pa.Check(lambda names: names.map(region_problem) == "")),
        "vendor": pa.Column("int64", pa.Check.ge(0)),
        "text": pa.Column("int64", pa.Check.ge(-1)),
    },
    strict=True,
)
PAIRS = pa.DataFrameSchema(
    {
        **{name: column for name, column in ADS.columns.items() if name != "ad"},
        "ad": pa.Column("int64"),
        "image": pa.Column("int64", pa.Check.ge(-1)),
    },
    strict=True,
)


@dataclass(frozen=True)
class Layout:
    """The columns of a data folder's CSV files, by name.

    text, images: at least one; None where the data has no texts, or no pictures. region: None where each file is a
    region, called as the file is. pseudonym: a column with the names that vendors go by, for the search for leaks.
    separator stands between the paths of an ad's images, delimiter between the columns of a CSV file; encoding: of all
    files, by Python's name.
    """

    text: str | None = "TEXT"
    images: str | None = "IMAGES"
    vendor: str = "VENDOR"
    region: str | None = None
    pseudonym: str | None = None
    separator: str = "|"
    delimiter: str = ","
    encoding: str = "utf-8"

    def __post_init__(self) -> None:
        if self.text is None and self.images is None:
            raise DataError("data.columns: neither text nor images has a column. Ads need one of them at least.")

    @property
    def columns(self) -> list[str]:
        """The columns that every file must have."""
        return [name for name in (self.text, self.images, self.vendor, self.region, self.pseudonym) if name is not None]


@dataclass(frozen=True)
class Ads:
    """The ads of a data folder.

    ads: one row an ad: `ad` (number), `region`, `vendor` (number, one for all regions), `text` (row of `texts`, -1 for
    none). pairs: one row for each text of an ad with each of its images: `ad, region, vendor, text, image` (row of
    `images`); an ad without a picture has one row with image -1, one without a text has -1 in all of its rows.
    texts: the unique texts. images: the unique pictures' files. labels: each vendor number's label.
    fingerprint: SHA-256 of the files' contents and the tables' names. modalities: what there is in the data, of `text` and `image`.
    rows: how many rows were read, with those that were put aside; quarantine: what was put aside or taken off, and
    why: `file, row, column, reason` (row 1 is a file's first), nothing of the ads' content. names: each ad's pseudonym,
    or none at all. digests: the SHA-256 of each of `images`.
    """

    ads: pd.DataFrame
    pairs: pd.DataFrame
    texts: list[str]
    images: list[Path]
    labels: list[str]
    fingerprint: str
    modalities: tuple[str, ...] = ("text", "image")
    rows: int = 0
    quarantine: pd.DataFrame = field(default_factory=lambda: pd.DataFrame(columns=list(COLUMNS)))
    names: list[str] = field(default_factory=list)
    digests: list[str] = field(default_factory=list)

    @property
    def regions(self) -> list[str]:
        """The regions that are there: those of REGIONS in their order, then others by name."""
        return sorted(
            set(self.ads["region"]), key=lambda name: (REGIONS.index(name) if name in REGIONS else len(REGIONS), name)
        )

    def training_region(self, wanted: str | None = None) -> str:
        """The region that systems are trained on: the one wanted, else South, else the one with the most ads.

        Raises DataError when the data doesn't have the one wanted.
        """
        if wanted is None:
            counts = self.ads["region"].value_counts()
            return "south" if "south" in counts else min(self.regions, key=lambda name: -counts[name])
        wanted = _region(wanted)
        if wanted not in self.regions:
            raise DataError(
                f"data.train_region: there is no region {wanted!r} among {', '.join(self.regions)}. Give one of these, "
                "or leave it out for South or else the largest."
            )
        return wanted


@dataclass
class _Row:
    """An ad on its way into the table; `images` are paths as given. text: '' for none. lacks: why it has no text or no picture, by column."""

    file: str
    row: int
    region: str
    vendor: str
    text: str
    images: list[str]
    name: str
    lacks: dict[str, str]


def read(
    folder: str | Path, layout: Layout | None = None, cache: Path | None = None, check_pictures: bool = True
) -> Ads:
    """Read and check a folder's CSV files and the pictures that they name.

    Rows that can't be used go to the quarantine: a label or region that is empty or has control characters, too few or too
    many fields, neither a text (empty, of enormous length, with control characters) nor a picture (none named, missing,
    outside of the folder, damaged, too large when unpacked), and an ad that stands under two vendors. Of an ad that has one
    of the two it is noted there what it lacks. Pictures are looked into unless `check_pictures` is False; `cache` is a folder that remembers what was found.

    Raises DataError, a paragraph that names file, place and remedy, for: no folder or CSV file, two files of one
    region, a file that is no CSV file with the layout's columns (`lib.core.csv_reader.read`), no ads at all, and more than
    a tenth of the rows unusable.
    """
    folder, layout, aside = Path(folder), layout or Layout(), Quarantine()
    files = _files(folder, layout)
    count, rows = 0, []
    for path, region in files.items():
        found = csv_reader.read(path, layout.columns, layout.delimiter, layout.encoding)
        count += len(found.rows)
        rows += _usable(path.name, region, found, layout, aside)
    if not count:
        raise DataError(f"{folder}: there are no ads in {', '.join(path.name for path in files)}, only a header.")
    pictures: dict[str, image_files.PictureFile] = {}
    if layout.images is not None:
        names = dict.fromkeys(name for row in rows for name in row.images)
        pictures = image_files.inspect(folder, names, cache, check_pictures)
        for row in rows:
            _take_off(row, pictures, layout.images, aside)
    rows = _unambiguous([row for row in rows if _has_something(row, layout, aside)], pictures, aside)
    aside.check(folder, count)
    left = {row.file for row in rows}
    for path in files:
        if path.name not in left:
            aside.note(path.name, 1, "", "the file has no ad that can be used: it is left out")
    return _tables(rows, layout, pictures, count, aside, files)


def _files(folder: Path, layout: Layout) -> dict[Path, str]:
    """The folder's tables, each with the name of its region ('' when a column tells it), in the regions' order."""
    if not folder.is_dir():
        raise DataError(f"{folder}: there is no such folder. Set data.folder in the parameter file to the ads' folder.")
    found = csv_reader.tables(folder)
    if not found:
        raise DataError(
            f"{folder}: no CSV or TSV file is here. Expected one a region, such as "
            f"{', '.join(f'{region}.csv' for region in REGIONS)}, each with the columns {', '.join(layout.columns)}."
        )
    if layout.region is not None:
        return dict.fromkeys(found, "")
    regions: dict[str, Path] = {}
    for path in found:
        name = _region(path.stem)
        if problem := region_problem(name):
            raise DataError(
                f"{path}: a file's name is the name of its region, and {problem}. Rename the file, move it away if it "
                "holds no ads, or name a column that holds the region: data.columns.region."
            )
        if name in regions:
            raise DataError(
                f"{path}: {regions[name].name} is the region {name} too. Join the two files, or rename one."
            )
        regions[name] = path
    order = [*(name for name in REGIONS if name in regions), *(name for name in regions if name not in REGIONS)]
    return {regions[name]: name for name in order}


def _region(name: str) -> str:
    return csv_reader.name(name.lower())


def _usable(file: str, region: str, found: csv_reader.Rows, layout: Layout, aside: Quarantine) -> list[_Row]:
    """The rows of a file that have a vendor and a region; the others are put aside."""
    place = {column: found.header.index(csv_reader.name(column)) for column in layout.columns}
    width, rows = len(found.header), []
    for number, fields in found.rows:
        if len(fields) < width or any(fields[width:]):
            aside.row(file, number, "", f"{'fewer' if len(fields) < width else 'more'} fields than the header names")
            continue
        cells = {column: fields[place[column]] for column in layout.columns}
        if problem := cell_problem(cells[layout.vendor]):
            aside.row(file, number, layout.vendor, problem)
            continue
        if layout.region is not None:
            cell = cells[layout.region]
            region = _region(cell)
            if problem := cell_problem(cell) or region_problem(region):
                aside.row(file, number, layout.region, problem)
                continue
        text, images, lacks = "", [], {}
        if layout.text is not None:
            if problem := text_problem(cells[layout.text]):
                lacks[layout.text] = problem
            else:
                text = cells[layout.text]
        if layout.images is not None:
            cell = cells[layout.images]
            listed = dict.fromkeys(csv_reader.name(part) for part in cell.split(layout.separator))
            images = [part for part in listed if part]
            if problem := cell_problem(cell) or ("" if images else "empty"):
                images, lacks[layout.images] = [], problem
        vendor = csv_reader.name(cells[layout.vendor])
        pseudonym = "" if layout.pseudonym is None else csv_reader.name(cells[layout.pseudonym])
        rows.append(_Row(file, number, region, vendor, text, images, pseudonym, lacks))
    return rows


def _take_off(row: _Row, pictures: dict[str, image_files.PictureFile], column: str, aside: Quarantine) -> None:
    """Leave a row its good pictures, and say why others go, or why it has none."""
    problems = [pictures[name].problem for name in row.images]
    good = [name for name, problem in zip(row.images, problems, strict=True) if not problem]
    if row.images and not good:
        row.lacks[column] = problems[0]
    for place, problem in enumerate(problems if good else [], start=1):
        if problem:
            taken = f"picture {place} of {len(problems)} was taken off, the ad keeps its others: {problem}"
            aside.note(row.file, row.row, column, taken)
    row.images = good


def _has_something(row: _Row, layout: Layout, aside: Quarantine) -> bool:
    """Whether a row has a text or a picture. What it lacks is noted; a row with neither is put aside."""
    usable = bool(row.text or row.images)
    for column, reason in row.lacks.items():
        if usable:
            what = "text" if column == layout.text else "picture"
            aside.note(row.file, row.row, column, f"the ad is kept without a {what}: {reason}")
        else:
            aside.row(row.file, row.row, column, reason)
    return usable


def _unambiguous(rows: list[_Row], pictures: dict[str, image_files.PictureFile], aside: Quarantine) -> list[_Row]:
    """The rows but for ads, the same in text and in the content of all pictures, that stand under several vendors."""
    contents = [(row.text, frozenset(pictures[name].sha256 for name in row.images)) for row in rows]
    vendors: dict[tuple, set[str]] = {}
    for row, content in zip(rows, contents, strict=True):
        vendors.setdefault(content, set()).add(row.vendor)
    kept = []
    for row, content in zip(rows, contents, strict=True):
        if len(vendors[content]) == 1:
            kept.append(row)
        else:
            aside.row(row.file, row.row, "", "the same ad stands under several vendors")
    return kept


def _tables(
    rows: list[_Row],
    layout: Layout,
    pictures: dict[str, image_files.PictureFile],
    count: int,
    aside: Quarantine,
    files: dict[Path, str],
) -> Ads:
    labels = sorted({row.vendor for row in rows}, key=_label_order)
    codes = {label: code for code, label in enumerate(labels)}
    text_codes, texts = pd.factorize(np.array([row.text or None for row in rows], dtype=object))  # no text: -1
    ads = pd.DataFrame(
        {
            "ad": np.arange(len(rows)),
            "region": [row.region for row in rows],
            "vendor": [codes[row.vendor] for row in rows],
            "text": text_codes,
        }
    )
    listed = pd.Series([row.images if row.images else [None] for row in rows]).explode()
    image_codes, images = pd.factorize(listed)  # no picture: -1
    pairs = ads.loc[listed.index].assign(image=image_codes).reset_index(drop=True)
    digests = [pictures[name].sha256 for name in images]
    contents = [*((csv_reader.name(path.name), sha256(path)) for path in files), *(("", digest) for digest in digests)]
    return Ads(
        ADS.validate(ads),
        PAIRS.validate(pairs),
        list(texts),
        [pictures[name].path for name in images],
        labels,
        combined(contents),
        tuple(name for name, content in (("text", texts), ("image", images)) if len(content)),
        count,
        aside.table(),
        [row.name for row in rows] if layout.pseudonym is not None else [],
        digests,
    )


def _label_order(label: str) -> tuple[bool, int, str, str]:
    """Numbers by size, however long, then other labels by name."""
    digits = label.lstrip("0")
    return (False, len(digits), digits, label) if label.isdecimal() else (True, 0, "", label)
