"""Shares of a counted number of items: which decimals they can have (chapter 90).

A share of n items is k/n for a whole k (the GRIM test of Brown and Heathers 2017). It tells something only where 1/n is
more than a unit of the last printed digit. A mean of vendors' or classes' scores (retrieval, macro-F1, balanced
accuracy) has no such steps.

What counts as an item is a reading: a share that isn't k of the number that the text names may be k of another.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from fractions import Fraction

import pandas as pd

from lib.review.arithmetic.check import EVERY, NO_FIT, Cell, Row, Tables, check
from lib.review.arithmetic.rounding import Range, is_share

ITEMS: Mapping[str, str] = {"text": "Texts", "image": "Images"}
"""Modality -> what Table 1 calls its items; the pairs of a multimodal system are not counted in print."""
SPLITS: Mapping[int, int] = {4: 2, 5: 3}
"""Revisited Hotels' tables of scores -> those that count their splits' images and branches."""
TEST_SHARE = Fraction(1, 5)
"""Of a data set that is tested on (A.4)."""
NEAR = Fraction(1, 50)
"""Test sets that differ from a fifth by this share or less are tried too."""


def bites(printed: str, items: int, scale: Fraction = Fraction(1)) -> bool:
    """Whether some values with so many digits are no share of so many items."""
    rounding = Range.of(printed, scale)
    return rounding.high - rounding.low < Fraction(1, items)


def nearest_share(share: Range, items: int) -> Range:
    """The share k/n that is nearest to a printed one's middle."""
    value = Fraction(round(share.middle * items), items)
    return Range(value, value)


def shares_of_images(cells: Iterable[Cell], tables: Tables) -> Iterator[Row]:
    """MATCHED's Table 1: a region's share of images with a face."""
    sizes = _sizes(tables)
    for cell in cells:
        if cell.metric == "Faces" and cell.split in EVERY:
            yield from _granular(cell, {name: sizes[cell.split][name] for name in ("Images", "Ads", "Texts")})


def shares_of_ads(tables: Tables, statements: pd.DataFrame) -> Iterator[Row]:
    """MATCHED's A.2 (i): a region's share of "text ads" in English, which may be ads or unique texts."""
    sizes = _sizes(tables)
    rows = statements.set_index("id")
    for region in EVERY:
        name = f"m-a2-english-{region.lower()}"
        if name in rows.index:
            said, scale = rows.loc[name], Fraction(rows.loc[name, "scale"])
            items = {kind: sizes[region][kind] for kind in ("Ads", "Texts")}
            if bites(said["printed"], items["Ads"], scale):
                place, what = said["place"], f"share of ads in English, {region}"
                yield _check(said["paper"], place, what, said["printed"], items, scale)


def recalls(cells: Iterable[Cell], tables: Tables) -> Iterator[Row]:
    """R@1 of the hotels: k of a split's images, if every image is a query."""
    for cell in cells:
        if cell.metric == "R@1":
            sizes = tables["hotels", SPLITS[cell.table]]
            images = sizes[(sizes["metric"] == "Images") & (sizes["split"] == cell.split)]["mean"].item()
            yield from _granular(cell, {"Images": int(images)})


def accuracies(tables: Tables) -> Iterator[Row]:
    """MATCHED's Table 4: all micro-F1 of a modality are shares of one test set, a fifth of Table 1's items.

    A row for each modality; `printed` is how many of its systems there are, `recomputed` how many are a share of the
    fifth, rounded up or down as fits better. The reading names the nearest number of items that fits all.
    """
    table = tables["matched", 4]
    for modality, items in ITEMS.items():
        printed = table[(table["metric"] == "Micro-F1") & (table["modality"] == modality)]["mean"]
        fifth = TEST_SHARE * _sizes(tables)["South"][items]
        if any(bites(score, math.ceil(fifth)) for score in printed):
            what = f"micro-F1 of {len(printed)} systems by {modality}: shares of one test set"
            yield _test_set(what, items, [Range.of(score) for score in printed], fifth)


def _test_set(what: str, items: str, scores: list[Range], fifth: Fraction) -> Row:
    def fitting(number: int) -> int:
        return sum(is_share(score, number) for score in scores)

    near = range(math.floor(fifth * (1 - NEAR)), math.ceil(fifth * (1 + NEAR)) + 1)
    best = max((math.floor(fifth), math.ceil(fifth)), key=fitting)
    fits = [number for number in near if fitting(number) == len(scores)]
    agrees = best in fits
    if agrees:
        reading = f"shares of {best:,} items, a fifth of {items}"
    elif fits:
        reading = f"fits: shares of {min(fits, key=lambda number: abs(number - fifth)):,} items"
    else:
        reading = f"no number of items within {float(NEAR):.0%} of a fifth fits all"
    missing = float(len(scores) - fitting(best))
    agreement = "yes" if agrees else "no"
    return Row(
        "granularity", "matched", "Table 4", what, str(len(scores)), float(fitting(best)), missing, agreement, reading
    )


def _granular(cell: Cell, items: Mapping[str, int]) -> Iterator[Row]:
    """A row where the print has digits enough."""
    if bites(cell.mean, next(iter(items.values())), cell.scale):
        yield _check(cell.paper, cell.place, cell.what, cell.mean, items, cell.scale)


def _check(paper: str, place: str, what: str, printed: str, items: Mapping[str, int], scale: Fraction) -> Row:
    share = Range.of(printed, scale)
    readings = {f"a share of {number:,} {kind.lower()}": nearest_share(share, number) for kind, number in items.items()}
    return check("granularity", paper, place, what, printed, readings, scale, NO_FIT)


def _sizes(tables: Tables) -> dict[str, dict[str, int]]:
    """MATCHED's Table 1: split -> what is counted -> how many."""
    table = tables["matched", 1]
    counts = table[table["metric"] != "Faces"]
    return {
        split: dict(zip(rows["metric"], rows["mean"].astype(int), strict=True))
        for split, rows in counts.groupby("split", sort=False)
    }
