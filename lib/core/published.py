"""The numbers that the two papers print, one CSV file a table, read as data frames.

Sources: "MATCHED: Multimodal Authorship-Attribution To Combat Human Trafficking in Escort-Advertisement Data"
(`matched`, Tables 1-12) and "Revisiting Hotels-50K and Hotel-ID" (`hotels`, Tables 1-6). The comment lines at the head
of each file in `results/published/` say where the table stands, its units, and what was ambiguous. Printed values are
kept even where they look wrong: an error is a finding.
"""

from __future__ import annotations

from pathlib import Path

import pandas as pd
from pandera.typing import DataFrame

from lib.core import tables as read_back
from lib.core.errors import DataError
from lib.core.files import ROOT
from lib.core.schemas import PrintedData, PrintedTable

FOLDER = ROOT / "results" / "published"


def tables() -> list[tuple[str, int]]:
    """All published tables, as (paper, number)."""
    names = (path.stem.split("_table_") for path in FOLDER.glob("*_table_[0-9][0-9].csv"))
    return sorted((paper, int(number)) for paper, number in names)


def table(paper: str, number: int) -> pd.DataFrame:
    """One published table, a row for each printed number, with the columns of `PrintedTable` that it has.

    A further column `printed` is `mean` with the digits of the print (`0.9670`), which tells its rounding; counts are
    without separators there, times and parameters already in their unit.
    """
    frame = read_back.read(_path(paper, number), PrintedTable, comment="#")
    frame.insert(frame.columns.get_loc("mean") + 1, "printed", cells(paper, number)["mean"])
    return frame


def cells(paper: str, number: int) -> pd.DataFrame:
    """One published table with every cell as printed, a str, for exact computation (`lib.review.arithmetic`)."""
    return read_back.cells(_path(paper, number), comment="#")


def text_numbers() -> pd.DataFrame:
    """The numbers in both papers' texts and captions, a row each, all str; the file's head explains its columns."""
    return read_back.cells(FOLDER / "text_numbers.csv", comment="#")


def claims() -> pd.DataFrame:
    """The papers' claims: `id, paper, place, statement, test, argument, needs, twin`, str (`lib.review.scorecard`)."""
    return read_back.cells(FOLDER / "claims.csv", comment="#")


def text_data() -> DataFrame[PrintedData]:
    """What MATCHED's text says of its data in numbers."""
    return read_back.read(FOLDER / "matched_text_data.csv", PrintedData, comment="#")


def regions() -> pd.DataFrame:
    """MATCHED's regions, index `region` (south, …).

    Columns: `ads, texts, images, vendors` (Table 1), `faces` (share, Table 1), `tokens` (average length, section 3),
    `english` (share, A.2).
    """
    counts = table("matched", 1).pivot(index="split", columns="metric", values="mean")
    in_text = text_data().pivot(index="region", columns="statistic", values="mean")
    regions = counts.rename(index=str.lower, columns=str.lower).join(in_text).drop("all")
    whole = {name: int for name in ("ads", "texts", "images", "vendors")}
    return regions.loc[["south", "midwest", "west", "northeast"]].astype(whole).rename_axis("region")


def _path(paper: str, number: int) -> Path:
    if (paper, number) not in tables():
        numbers = {name: [n for p, n in tables() if p == name] for name, _ in tables()}
        known = "; ".join(f"{name}: {', '.join(map(str, ns))}" for name, ns in numbers.items())
        raise DataError(f"There is no published table {number!r} of {paper!r}. Tables in {FOLDER}: {known or 'none'}.")
    return FOLDER / f"{paper}_table_{number:02d}.csv"
