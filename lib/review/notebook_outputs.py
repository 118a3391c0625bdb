"""The scores stored in the authors' analysis notebooks of MATCHED (`results/published/matched_notebook_outputs.csv`),
as sources that printed rows can be compared with (`lib.review.printed_sources`).

A source is a cell with the scores that it printed. MRR of a cell that asks vendors without a document too counts them
as 0. Where another cell shows how many vendors have one, the same MRR averaged over them alone is a source of its own
(`by_members`): its sum is the same, divided by fewer.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import NamedTuple

import numpy as np
import pandas as pd
import pandera.pandas as pa
from pandera.typing import DataFrame

from lib.core import published
from lib.core import tables as read_back
from lib.core.schemas import Table

FILE = published.FOLDER / "matched_notebook_outputs.csv"
REGIONS = ("South", "Midwest", "West", "Northeast")
METRICS = ("MRR@10", "R-Precision@X", "Macro-F1@X")
"""As the tables print them. An output's MRR@1 stands under the first."""
UNIT, UNIT_STD = 1e-4, 1e-2
"""A unit of the last digit of a mean and of a ±, in print and in the outputs of regions."""
EXACT = 1e-9
BY_MEMBERS = ", by members"
"""How the name of a source ends whose MRR was averaged over members."""
LEAST_SHARE = 0.9
"""A count of vendors with a document belongs to a cell that counts more only if it is at least this share of it."""


class NotebookOutputs(Table):
    """A row for each stored score; the file's head explains the columns."""

    notebook: str
    cell: int = pa.Field(ge=0)
    executed: int = pa.Field(gt=0)
    loader: str
    loads: str
    representation: str = pa.Field(isin=["text", "image", "multimodal", "text to image", "image to text"])
    index: str = pa.Field(isin=["inner product", "distance"])
    pooled: str = pa.Field(isin=["yes", "no"])
    duplicates_removed: str = pa.Field(isin=["yes", "no"])
    members_only: str = pa.Field(isin=["yes", "no"])
    normalised: str = pa.Field(isin=["yes", "no"])
    classes: str = pa.Field(isin=["vendor", "ad"])
    scored: int = pa.Field(gt=0)
    region: str
    metric: str = pa.Field(isin=["MRR@1", *METRICS])
    mean: float = pa.Field(ge=0, le=1, nullable=True)  # missing where the cell stored a count alone
    std: float = pa.Field(ge=0, nullable=True)


class Source(NamedTuple):
    """Scores of a cell. means, stds, scored: (metrics, regions), NaN where none is stored; mean_slack, std_slack: by
    how much a printed number may differ from them and still be the same; members: (regions,), vendors with a document,
    NaN where that isn't known; facts: a row of the cell in `read`; headings: what its output calls the metrics."""

    name: str
    means: np.ndarray
    stds: np.ndarray
    scored: np.ndarray
    mean_slack: np.ndarray
    std_slack: np.ndarray
    members: np.ndarray
    facts: pd.Series
    headings: tuple[str, ...]
    by_members: bool = False


@cache
def read() -> DataFrame[NotebookOutputs]:
    """The stored scores. Raises DataError where the file isn't as `NotebookOutputs` says."""
    return read_back.read(FILE, NotebookOutputs, comment="#")


@cache
def sources() -> tuple[Source, ...]:
    """`sources_of` the published outputs."""
    return tuple(sources_of(read()))


def sources_of(outputs: DataFrame[NotebookOutputs]) -> list[Source]:
    """Every cell that scored the four regions, then those whose MRR can be averaged over members.

    Cells that scored cities are left out: no table prints cities.
    """
    outputs = outputs[outputs["mean"].notna()]
    cells = [_source(group) for _, group in outputs.groupby(["notebook", "cell"], sort=False) if _regions(group)]
    return [*cells, *_by_members(cells)]


def _regions(group: pd.DataFrame) -> bool:
    return bool(group["region"].isin(REGIONS).all())


def _source(group: pd.DataFrame) -> Source:
    metric = group["metric"].replace("MRR@1", METRICS[0])
    columns = {}
    for name in ("mean", "std", "scored"):
        table = group.assign(metric=metric).pivot(index="metric", columns="region", values=name)
        columns[name] = table.reindex(index=METRICS, columns=REGIONS).to_numpy(float)
    facts = group.iloc[0]
    name = f"{facts['notebook'].removesuffix('.ipynb')} {facts['cell']}"
    none = np.full(columns["mean"].shape, EXACT)
    first = group["metric"].str.startswith("MRR")
    headings = (*group.loc[first, "metric"].head(1), *METRICS[1:])
    asked = columns["scored"][0]
    members = asked if facts["members_only"] == "yes" else np.full_like(asked, np.nan)
    return Source(name, columns["mean"], columns["std"], columns["scored"], none, none, members, facts, headings)


def _by_members(cells: list[Source]) -> Iterator[Source]:
    for cell in cells:
        members = _members(cell, cells)
        mrr, deviation, asked = cell.means[0], cell.stds[0], cell.scored[0]
        if cell.facts["members_only"] == "yes" or not (members < asked).any():
            continue
        counts = np.where(np.isfinite(members), members, asked)
        ratio = asked / counts
        mean, (low, high) = mrr * ratio, _std_between(mrr, deviation, ratio)
        moved = counts < asked
        changed = (
            mean,
            np.where(moved, (low + high) / 2, deviation),
            np.where(moved, UNIT / 2 * (1 + ratio), EXACT),
            np.where(moved, (high - low) / 2 + UNIT_STD / 2, EXACT),
        )
        kept = (cell.means, cell.stds, cell.mean_slack, cell.std_slack)
        arrays = [np.vstack([of_mrr, rest[1:]]) for of_mrr, rest in zip(changed, kept, strict=True)]
        yield cell._replace(
            name=f"{cell.name}{BY_MEMBERS}",
            means=arrays[0],
            stds=arrays[1],
            mean_slack=arrays[2],
            std_slack=arrays[3],
            members=members,
            by_members=True,
        )


def _std_between(mean: np.ndarray, std: np.ndarray, ratio: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The least and the largest ± of MRR over members: zeros are dropped, the sum of squares stays."""
    squares = [np.maximum(std + sign * UNIT_STD / 2, 0) ** 2 + mean**2 for sign in (-1, 1)]
    low, high = (np.sqrt(np.maximum(square * ratio - (mean * ratio) ** 2, 0)) for square in squares)
    return low, high


def _members(cell: Source, cells: list[Source]) -> np.ndarray:
    """How many vendors may have a document, by region: the largest count that fits of cells alike that keep members
    only; NaN where there is none. Whether it is so shows where a printed MRR equals the one that follows."""
    alike = [
        other.scored[0]
        for other in cells
        if other.facts["members_only"] == "yes"
        and all(other.facts[name] == cell.facts[name] for name in ("notebook", "representation", "classes"))
    ]
    asked = cell.scored[0]
    fits = [np.where((count <= asked) & (count >= LEAST_SHARE * asked), count, 0) for count in alike]
    most = np.max([np.zeros_like(asked), *fits], axis=0)
    return np.where(most > 0, most, np.nan)
