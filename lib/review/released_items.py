"""Which rows of MATCHED's Tables 4 and 5 were scored on the same items, as the authors' scripts split (chapter 03).

Computed on a study's data by `lib.data.splits.released_training` and `released_retrieval`; no run is needed.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
import pandas as pd

from lib.data import splits
from lib.data.ads import Ads
from lib.data.disclosure import LEAST
from lib.study.plan import Study
from lib.study.run_kinds import CONTENT

ROWS = {
    "texts, CE": "text",
    "texts, contrastive": "contrastive text",
    "pictures": "image",
    "pairs, end to end": "fusion",
    "pairs, single-stream": "single-stream",
    "pairs, after alignment": "fine-tuning",
}
"""Groups of rows of the tables, and the script (`lib.data.splits.SCRIPTS`) that splits for them."""

SIZES = [
    *("rows_of", *splits.PARTS, "left_out", "vendors", "text_in_training", "picture_in_training"),
    *("documents", "queries", "trained_on"),
]


class Drawn(NamedTuple):
    """The training region's items of a group of rows: those of training and identification, those of retrieval, and
    the parts of an ad (`text`, `image`) that an item has."""

    training: pd.DataFrame
    retrieval: pd.DataFrame
    content: tuple[str, ...]


def drawn(study: Study, ads: Ads) -> dict[str, Drawn]:
    """The items of each group of ROWS that the data allows, by the study's split seed.

    Groups of which too few vendors are tested are left out: one is enough, of sensitive data five are.
    """
    region, least = ads.training_region(study.data.train_region), LEAST if study.sensitive else 1
    pairs, seed, found = ads.pairs[ads.pairs["region"] == region], study.split.seed, {}
    for row, script in ROWS.items():
        modality = splits.SCRIPTS[script]
        if not splits.has(pairs, modality).any():
            continue
        training = splits.released_training(pairs, script, seed)
        retrieval = splits.released_retrieval(pairs, script, modality, seed)
        if min(_tested(items)["vendor"].nunique() for items in (training, retrieval)) >= least:
            found[row] = Drawn(training, retrieval, CONTENT[modality])
    return found


def sizes(rows: Mapping[str, Drawn]) -> pd.DataFrame:
    """How each group's items were drawn, and what of its test its training has.

    Columns `rows_of` (a name of ROWS); `train, val, test, left_out` (items) and `vendors` (in test) of identification;
    `text_in_training, picture_in_training` (shares of test items whose text or picture is in a training item, NaN where
    they have none); `documents, queries` of retrieval, and `trained_on` (the share of queries whose content is in a
    training item).
    """
    table = []
    for row, (training, retrieval, content) in rows.items():
        train, test, queries = (training[training["part"] == "train"], _tested(training), _tested(retrieval))
        counts = training["part"].value_counts()
        table.append(
            {
                "rows_of": row,
                **{part: int(counts.get(part, 0)) for part in splits.PARTS},
                "left_out": int(counts.get("left out", 0)),
                "vendors": test["vendor"].nunique(),
                **{
                    column: splits.share_among(test, train, [name]) if name in content else np.nan
                    for column, name in (("text_in_training", "text"), ("picture_in_training", "image"))
                },
                "documents": int((retrieval["part"] == "train").sum()),
                "queries": len(queries),
                "trained_on": splits.share_among(queries, train, list(content)),
            }
        )
    return pd.DataFrame(table, columns=SIZES)


def overlaps(rows: Mapping[str, Drawn], ads: Ads) -> pd.DataFrame:
    """Of what one group of rows is tested on, how much another is tested on too; a row each two groups and task.

    Columns `task` (identification, retrieval), `rows_of, other, by` (text, picture, pair: the most that items of both
    groups have; ad where they have nothing in common), `tested` (different ones, of `rows_of`), `shared` (the share of
    them that `other` is tested on) and `by_chance` (the share of all of the first's, whatever their part, that `other`
    is tested on). Draws that know nothing of each other have `shared` near `by_chance`.
    """
    table = []
    for task, (row, other) in itertools.product(("identification", "retrieval"), itertools.combinations(rows, 2)):
        one, two = (_of_task(rows[name], task) for name in (row, other))
        common = [name for name in rows[row].content if name in rows[other].content]
        by = {(): "ad", ("text",): "text", ("image",): "picture"}.get(tuple(common), "pair")
        units = [_units(items, common, ads) for items in (_tested(one), one, _tested(two))]
        tested, every, others = units
        shares = (len(tested & others) / len(tested), len(every & others) / len(every))
        table.append((task, row, other, by, len(tested), *shares))
    return pd.DataFrame(table, columns=["task", "rows_of", "other", "by", "tested", "shared", "by_chance"])


def summary(sizes: pd.DataFrame, overlaps: pd.DataFrame) -> str:
    """What `sizes` and `overlaps` come to, as a list in Markdown."""
    if sizes.empty:
        return "Too few vendors could be tested by the authors' splits."
    lines = []
    for task, table in overlaps.groupby("task", sort=False):
        same = table[table["shared"] == 1]
        named = "; ".join(f"{row} and {other}" for row, other in zip(same["rows_of"], same["other"], strict=True))
        apart = table[table["shared"] < 1]
        line = f"{str(task).capitalize()} on the same items: {named or 'no two groups'}"
        if len(apart):
            line += f". The other {len(apart)} comparisons share {apart['shared'].min():.0%} to "
            line += f"{apart['shared'].max():.0%} of what is tested"
        lines.append(line)
    asked = ", ".join(f"{row} {share:.0%}" for row, share in zip(sizes["rows_of"], sizes["trained_on"], strict=True))
    lines.append(f"Queries that the system was trained on: {asked}")
    return "\n".join(f"- {line}" for line in lines)


def _tested(items: pd.DataFrame) -> pd.DataFrame:
    return items[items["part"] == "test"]


def _of_task(rows: Drawn, task: str) -> pd.DataFrame:
    """The items of a task that are in any part."""
    items = rows.training if task == "identification" else rows.retrieval
    return items[items["part"] != "left out"]


def _units(items: pd.DataFrame, common: list[str], ads: Ads) -> set[tuple[int, ...]]:
    """What items are compared by: their vendor and `common` columns, or without these the ads that have them."""
    if common:
        return set(items[["vendor", *common]].itertuples(index=False, name=None))
    content = [name for name in ("text", "image") if name in items]
    found = ads.pairs.merge(items[["region", "vendor", *content]].drop_duplicates())
    return {(int(ad),) for ad in found["ad"]}
