"""The ads table: reading a folder in MATCHED's layout, checked on entry.

Layout (MATCHED A.3.2): a CSV file a region with the columns `TEXT` (title and description joined by [SEP]),
`IMAGES` (paths below the folder, joined by `|`) and `VENDOR` (a label), and the pictures.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import numpy as np
import pandas as pd
import pandera.pandas as pa

from lib.errors import DataError

REGIONS = ("south", "midwest", "west", "northeast")
COLUMNS = ("TEXT", "IMAGES", "VENDOR")

ADS = pa.DataFrameSchema(
    {
        "ad": pa.Column("int64", unique=True),
        "region": pa.Column(str, pa.Check.isin(REGIONS)),
        "vendor": pa.Column("int64", pa.Check.ge(0)),
        "text": pa.Column("int64", pa.Check.ge(0)),
    },
    strict=True,
)
PAIRS = pa.DataFrameSchema(
    {
        **{name: column for name, column in ADS.columns.items() if name != "ad"},
        "ad": pa.Column("int64"),
        "image": pa.Column("int64", pa.Check.ge(0)),
    },
    strict=True,
)


@dataclass(frozen=True)
class Ads:
    """The ads of a data folder.

    ads: one row an ad: `ad` (number), `region`, `vendor` (number, one for all regions), `text` (row of `texts`).
    pairs: one row for each text of an ad with each of its images: `ad, region, vendor, text, image` (row of
    `images`). texts: the unique texts. images: the unique pictures' files. labels: each vendor number's label.
    """

    ads: pd.DataFrame
    pairs: pd.DataFrame
    texts: list[str]
    images: list[Path]
    labels: list[str]
    fingerprint: str

    @property
    def regions(self) -> list[str]:
        """The regions that are there, in the order of REGIONS."""
        there = set(self.ads["region"])
        return [region for region in REGIONS if region in there]


def read(folder: str | Path) -> Ads:
    """Read and check the folder's regions (those of REGIONS that have a file, upper or lower case).

    Raises DataError, a paragraph that names file, row and remedy, for: no folder or region file, a file that
    isn't UTF-8, a missing column, no rows, an empty text, vendor or list of images, and a picture that isn't
    there or lies outside of the folder.
    """
    folder = Path(folder)
    files = {region: path for region in REGIONS for path in _region_files(folder, region)}
    if not files:
        raise DataError(
            f"{folder}: no file of a region is here. Expected one or more of "
            f"{', '.join(f'{region}.csv' for region in REGIONS)}, each with the columns TEXT, IMAGES and VENDOR."
        )
    tables = {region: _read_region(path) for region, path in files.items()}
    rows = pd.concat([table.assign(region=region) for region, table in tables.items()], ignore_index=True)
    labels = sorted(
        rows["VENDOR"].unique(), key=lambda label: (not label.isdigit(), int(label) if label.isdigit() else 0, label)
    )
    text_codes, texts = pd.factorize(rows["TEXT"])
    ads = pd.DataFrame(
        {
            "ad": np.arange(len(rows)),
            "region": rows["region"],
            "vendor": rows["VENDOR"].map({label: code for code, label in enumerate(labels)}),
            "text": text_codes,
        }
    )
    listed = rows["IMAGES"].str.split("|").explode().str.strip()
    image_codes, images = pd.factorize(listed)
    pairs = ads.loc[listed.index].assign(image=image_codes).reset_index(drop=True)
    pairs = pairs.drop_duplicates(["ad", "image"], ignore_index=True)
    paths = [folder / name for name in images]
    return Ads(
        ADS.validate(ads), PAIRS.validate(pairs), list(texts), paths, labels, _fingerprint(files.values(), paths)
    )


def _region_files(folder: Path, region: str) -> list[Path]:
    return [path for path in sorted(folder.glob("*.csv")) if path.stem.lower() == region][:1]


def _read_region(path: Path) -> pd.DataFrame:
    try:
        table = pd.read_csv(path, dtype=str, keep_default_na=False, encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        row = path.read_bytes()[: error.start].count(b"\n") + 1
        raise DataError(
            f"{path}, line {row}: this file is not UTF-8 (byte {error.object[error.start]:#04x}). Save it as "
            f"UTF-8; from Latin-1, for one: iconv -f latin1 -t utf8 '{path.name}' > fixed.csv"
        ) from error
    except (pd.errors.ParserError, pd.errors.EmptyDataError) as error:
        raise DataError(
            f"{path}: this can't be read as a CSV file ({error}). Columns are separated by commas, and a "
            "text that holds commas, quotes or line breaks stands in double quotes."
        ) from error
    missing = [column for column in COLUMNS if column not in table.columns]
    if missing:
        raise DataError(
            f"{path}, first line: no column {' and '.join(missing)} among {', '.join(map(str, table.columns))[:200]}. "
            "A region's file has the columns TEXT, IMAGES and VENDOR, separated by commas."
        )
    if table.empty:
        raise DataError(f"{path}: there are no ads in this file. Remove it if the region has none.")
    table = table[list(COLUMNS)]
    for column, remedy in (
        ("VENDOR", "give each ad the label of its vendor, or leave out ads that have none"),
        ("TEXT", "give the ad's text, or leave the row out"),
        ("IMAGES", "give the paths of the ad's pictures joined by |, or leave the row out"),
    ):
        empty = np.flatnonzero(table[column].str.strip() == "")
        if len(empty):
            raise DataError(
                f"{path}, row {empty[0] + 2} (the header is row 1), column {column}: empty, as in "
                f"{len(empty)} of {len(table)} rows. Every ad needs one: {remedy}."
            )
    _check_images(path, table["IMAGES"])
    return table.assign(VENDOR=table["VENDOR"].str.strip())


def _check_images(path: Path, images: pd.Series) -> None:
    folder = path.parent.resolve()
    seen: set[str] = set()
    for row, names in enumerate(images, start=2):
        for name in (part.strip() for part in names.split("|")):
            if name in seen:
                continue
            where = f"{path}, row {row} (the header is row 1), column IMAGES"
            if (
                PurePosixPath(name).is_absolute()
                or ".." in PurePosixPath(name).parts
                or not (folder / name).resolve().is_relative_to(folder)
            ):
                raise DataError(
                    f"{where}: {name!r} leads out of the data folder. Paths are relative to {folder} and stay in it."
                )
            if not name or not (folder / name).is_file():
                raise DataError(
                    f"{where}: there is no picture {name!r} in {folder}. Put it there or take it off the row."
                )
            seen.add(name)


def _fingerprint(files: object, images: list[Path]) -> str:
    """SHA-256 over all bytes of the CSV files and the pictures."""
    digest = hashlib.sha256()
    for path in [*files, *images]:
        digest.update(path.read_bytes())
    return digest.hexdigest()
