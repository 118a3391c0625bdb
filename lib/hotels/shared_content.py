"""A test in which what a picture shows can't tell whose it is: every branch of D_?? draws the same concepts, each once.

Split files of one's own may have a column CONCEPT, a number for what a picture shows. In those of icons D_?? are the
emoji sets (`lib.data.real_sets.iconify`), and not the branches of unknown chain that the paper means by it.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from pandera import pandas as pa

from lib.core import tables
from lib.core.schemas import HotelSplitFile
from lib.hotels.published_splits import FILES, SEEN, TESTS
from lib.study.plan import Study

SPLIT = "D_??"


class DrawnConcepts(HotelSplitFile):
    """A split file that may say what each picture shows."""

    concept: int | None = pa.Field(alias="CONCEPT")


def concepts(study: Study) -> int:
    """How many concepts each branch of D_?? draws, if all draw the same, each once; else 0.

    0 also where D_?? has one branch, or its file doesn't say what pictures show. Raises DataError for a damaged file.
    """
    if study.hotels.source != "splits" or study.hotel_folder is None:
        return 0
    (stem,) = (stem for stem, split in FILES.items() if split == SPLIT)
    listed = tables.read(study.hotel_folder / f"{stem}.csv", DrawnConcepts)
    if "CONCEPT" not in listed:
        return 0
    drawn = pd.crosstab(listed["label"], listed["CONCEPT"])
    return drawn.shape[1] if len(drawn) > 1 and (drawn == 1).all(axis=None) else 0


def named_tests(study: Study) -> list[str]:
    """The tests that the paper means by their names: all, or without a D_?? of shared concepts."""
    return SEEN if concepts(study) else TESTS


def chance(splits: pd.DataFrame) -> pd.Series:
    """R@1 by chance in each split, per cent: the share of other pictures that are of a picture's branch, mean over
    pictures. splits: the splits table (`lib.hotels.published_splits`)."""
    of_branch = splits.groupby(["split", "branch"], observed=True).size()
    images = of_branch.groupby("split", observed=True).sum()
    pairs = (of_branch * (of_branch - 1)).groupby("split", observed=True).sum()
    return 100 * pairs / (images * (images - 1))


def in_words(drawn: int, table: pd.DataFrame) -> str:
    """What D_?? is, and what came of it. drawn: `concepts`; table: `lib.hotels.linking_tables.without_content`."""
    if not drawn:
        return "In this study no test is known to have the same content in every branch."
    row = table.set_index("split").loc[SPLIT]
    scores = (
        f"R@1 by chance {row['chance']:.1f}, of trained models {row['R@1']:.1f} (D_SS {table['R@1'].iloc[0]:.1f})"
        f"; AUC {row['AUC']:.1f}, where 50 is chance"
    )
    if np.isfinite(row["untrained R@1"]):
        scores += f"; of the backbone as it comes R@1 {row['untrained R@1']:.1f}, AUC {row['untrained AUC']:.1f}"
    return (
        f"{SPLIT} is another test here than the paper's: its {row['branches']:.0f} branches draw the same {drawn} "
        f"concepts, each once, so that what a picture shows can't tell whose it is. Per cent: {scores}. Below chance, "
        "pictures lie nearer to what shows the same than to what is of one hand. Verdicts leave it out."
    )
