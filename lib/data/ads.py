"""The ads table: a folder of CSV files and images, checked as it is read.

MATCHED's layout (A.3.2) is one CSV file a region, with the columns `TEXT` (title and description joined by [SEP]),
`IMAGES` (paths below the folder, joined by `|`) and `VENDOR` (a label), and the image files. `lib.study.config.Data`
describes others.

Labels, regions, pseudonyms and names of image files are compared in one Unicode form (`lib.core.csv_reader.name`);
texts stay as they are. An ad that lacks a text or an image is kept for what doesn't need it.
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
from lib.study.config import Columns, Data

REGIONS = ("south", "midwest", "west", "northeast")
"""MATCHED's, in the order in which they are shown; other regions follow by name."""

ADS = pa.DataFrameSchema(
    {
        "ad": pa.Column("int64", unique=True),
        "region": pa.Column(str, pa.Check(lambda names: names.map(region_problem) == "")),
        "vendor": pa.Column("int64", pa.Check.ge(0)),
        "text": pa.Column("int64", pa.Check.ge(-1)),
        "group": pa.Column("int64", pa.Check.ge(0), required=False),
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
class Ads:
    """The ads of a data folder.

    ads: one row an ad: `ad` (number), `region`, `vendor` (number, one for all regions), `text` (row of `texts`, -1 for
        none), and of data with groups `group` (a number). A group is of one vendor: of two vendors' groups of one name
        each has a number of its own, and so has each ad that is in no group.
    pairs: one row for each text of an ad with each of its images: `ad, region, vendor, text, image` (row of `images`),
        and `group` as in ads. An ad without an image has one row with image -1; one without a text has text -1 in all
        of its rows.
    texts: the unique texts. images: the files of the unique images. labels: the label of each vendor number.
    fingerprint: SHA-256 of the files' contents and the CSV files' names.
    modalities: those of `text` and `image` that the data has.
    rows: how many rows were read, rejected ones included.
    quarantine: what was rejected, and why: `file, row, column, reason` (row 1 is a file's first); nothing of the ads'
        content.
    names: the pseudonym of each ad; empty if the data has none. digests: the SHA-256 of each of `images`.
    groups: the name of each group number, '' for an ad in no group; empty if the data has no groups.
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
    groups: list[str] = field(default_factory=list)

    @property
    def regions(self) -> list[str]:
        """The regions of the ads: those of REGIONS in their order, then others by name."""
        return sorted(
            set(self.ads["region"]), key=lambda name: (REGIONS.index(name) if name in REGIONS else len(REGIONS), name)
        )

    def training_region(self, region: str | None = None) -> str:
        """The region that systems are trained on: the given one, else South, else the one with the most ads.

        Raises DataError when the data has no region of this name.
        """
        if region is None:
            counts = self.ads["region"].value_counts()
            return "south" if "south" in counts else min(self.regions, key=lambda name: -counts[name])
        region = _region(region)
        if region not in self.regions:
            raise DataError(
                f"data.train_region: there is no region {region!r} among {', '.join(self.regions)}. Give one of these, "
                "or leave it out for South or else the largest."
            )
        return region


@dataclass
class _Row:
    """A row of a CSV file that may become an ad.

    text, group: '' for none. images: paths as given. lacks: why the row has no text or no image, by column.
    """

    file: str
    row: int
    region: str
    vendor: str
    text: str
    images: list[str]
    name: str
    group: str
    lacks: dict[str, str]


def read(folder: Path, data: Data | None = None, cache: Path | None = None, check_pictures: bool = True) -> Ads:
    """Read and check a folder's CSV files and the images that they name.

    data: how the files are written and what their columns are called; MATCHED's layout if None. check_pictures: whether
    to decode images too. cache: a folder in which the outcome is kept.

    The quarantine holds the rows that can't be used: those whose label or region is empty or has control characters;
    those whose group has control characters; those with too few or too many fields; those with neither a usable text
    (not empty, not too long, no control characters) nor a usable image (in the folder, whole, not too large); and ads
    that stand under two vendors. It also notes which ads lack a text or an image, or are in no group.

    Raises DataError, which names file, place and remedy, for: no folder or CSV file, two files of one region, a file
    that is not CSV with these columns (`lib.core.csv_reader.read`), no ads at all, and more than a tenth of the rows
    unusable.
    """
    data, quarantine = data or Data(), Quarantine()
    columns, files = data.columns, _files(folder, data.columns)
    count, rows = 0, []
    for path, region in files.items():
        table = csv_reader.read(path, columns.required, data.delimiter, data.encoding)
        count += len(table.rows)
        rows += _usable(path.name, region, table, data, quarantine)
    if not count:
        raise DataError(f"{folder}: there are no ads in {', '.join(path.name for path in files)}, only a header.")
    pictures: dict[str, image_files.PictureFile] = {}
    if columns.images is not None:
        names = dict.fromkeys(name for row in rows for name in row.images)
        pictures = image_files.inspect(folder, names, cache, check_pictures)
        for row in rows:
            _drop_bad_images(row, pictures, columns.images, quarantine)
    rows = _unambiguous([row for row in rows if _has_content(row, columns, quarantine)], pictures, quarantine)
    quarantine.check(folder, count)
    if columns.group is not None:
        _note_ungrouped(rows, columns.group, quarantine)
    used = {row.file for row in rows}
    for path in files:
        if path.name not in used:
            quarantine.note(path.name, 1, "", "the file has no ad that can be used: it is left out")
    return _tables(rows, columns, pictures, count, quarantine, files)


def _files(folder: Path, columns: Columns) -> dict[Path, str]:
    """The folder's CSV files in the order of their regions, each with the region's name; '' if a column holds it."""
    if not folder.is_dir():
        raise DataError(f"{folder}: there is no such folder. Set data.folder in the parameter file to the ads' folder.")
    paths = csv_reader.tables(folder)
    if not paths:
        raise DataError(
            f"{folder}: no CSV or TSV file is here. Expected are one or more (.csv, .tsv; a spreadsheet is saved as "
            f"CSV UTF-8), each with the columns {', '.join(columns.required)}. Without data.columns.region each file "
            f"is a region, called as the file is: {', '.join(f'{region}.csv' for region in REGIONS)}."
        )
    if columns.region is not None:
        return dict.fromkeys(paths, "")
    regions: dict[str, Path] = {}
    for path in paths:
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


def _usable(file: str, region: str, table: csv_reader.Rows, data: Data, quarantine: Quarantine) -> list[_Row]:
    """The rows of a file that have a vendor and a region; the others go to the quarantine."""
    columns, width, rows = data.columns, len(table.header), []
    place = {column: table.header.index(csv_reader.name(column)) for column in columns.required}
    for number, fields in table.rows:
        if len(fields) < width or any(fields[width:]):
            quarantine.row(
                file, number, "", f"{'fewer' if len(fields) < width else 'more'} fields than the header names"
            )
            continue
        cells = {column: fields[index] for column, index in place.items()}
        if problem := cell_problem(cells[columns.vendor]):
            quarantine.row(file, number, columns.vendor, problem)
            continue
        if columns.region is not None:
            cell = cells[columns.region]
            region = _region(cell)
            if problem := cell_problem(cell) or region_problem(region):
                quarantine.row(file, number, columns.region, problem)
                continue
        group = "" if columns.group is None else csv_reader.name(cells[columns.group])
        if group and (problem := cell_problem(cells[str(columns.group)])):
            quarantine.row(file, number, str(columns.group), problem)
            continue
        text, images, lacks = "", [], {}
        if columns.text is not None:
            if problem := text_problem(cells[columns.text]):
                lacks[columns.text] = problem
            else:
                text = cells[columns.text]
        if columns.images is not None:
            cell = cells[columns.images]
            listed = dict.fromkeys(csv_reader.name(part) for part in cell.split(data.separator))
            images = [part for part in listed if part]
            if problem := cell_problem(cell) or ("" if images else "empty"):
                images, lacks[columns.images] = [], problem
        vendor = csv_reader.name(cells[columns.vendor])
        pseudonym = "" if columns.pseudonym is None else csv_reader.name(cells[columns.pseudonym])
        rows.append(_Row(file, number, region, vendor, text, images, pseudonym, group, lacks))
    return rows


def _drop_bad_images(
    row: _Row, pictures: dict[str, image_files.PictureFile], column: str, quarantine: Quarantine
) -> None:
    """Drop a row's unusable images, and note why."""
    problems = [pictures[name].problem for name in row.images]
    good = [name for name, problem in zip(row.images, problems, strict=True) if not problem]
    if row.images and not good:
        row.lacks[column] = problems[0]
    for place, problem in enumerate(problems if good else [], start=1):
        if problem:
            taken = f"picture {place} of {len(problems)} was taken off, the ad keeps its others: {problem}"
            quarantine.note(row.file, row.row, column, taken)
    row.images = good


def _has_content(row: _Row, columns: Columns, quarantine: Quarantine) -> bool:
    """Whether a row has a text or an image. What it lacks is noted; a row with neither is rejected."""
    usable = bool(row.text or row.images)
    for column, reason in row.lacks.items():
        if usable:
            what = "text" if column == columns.text else "picture"
            quarantine.note(row.file, row.row, column, f"the ad is kept without a {what}: {reason}")
        else:
            quarantine.row(row.file, row.row, column, reason)
    return usable


def _note_ungrouped(rows: list[_Row], column: str, quarantine: Quarantine) -> None:
    """Note which ads are in no group."""
    for row in rows:
        if not row.group:
            quarantine.note(row.file, row.row, column, "the ad is in no group: it is one by itself")


def _unambiguous(rows: list[_Row], pictures: dict[str, image_files.PictureFile], quarantine: Quarantine) -> list[_Row]:
    """The rows without ads that stand under several vendors: of one text, with images of the same bytes."""
    contents = [(row.text, frozenset(pictures[name].sha256 for name in row.images)) for row in rows]
    vendors: dict[tuple[str, frozenset[str]], set[str]] = {}
    for row, content in zip(rows, contents, strict=True):
        vendors.setdefault(content, set()).add(row.vendor)
    unambiguous = []
    for row, content in zip(rows, contents, strict=True):
        if len(vendors[content]) == 1:
            unambiguous.append(row)
        else:
            quarantine.row(row.file, row.row, "", "the same ad stands under several vendors")
    return unambiguous


def _tables(
    rows: list[_Row],
    columns: Columns,
    pictures: dict[str, image_files.PictureFile],
    count: int,
    quarantine: Quarantine,
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
    names: list[str] = []
    if any(row.group for row in rows):
        # An ad in no group has its own number in place of a name.
        keys = [(row.vendor, row.group or number) for number, row in enumerate(rows)]
        ads["group"], unique = pd.factorize(pd.Index(keys, tupleize_cols=False))
        names = [name if isinstance(name, str) else "" for _, name in unique]
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
        quarantine.table(),
        [row.name for row in rows] if columns.pseudonym is not None else [],
        digests,
        names,
    )


def _label_order(label: str) -> tuple[bool, int, str, str]:
    """Sort key of labels: numbers by value, then other labels by name."""
    digits = label.lstrip("0")
    return (False, len(digits), digits, label) if label.isdecimal() else (True, 0, "", label)
