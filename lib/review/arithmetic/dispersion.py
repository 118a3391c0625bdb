"""What a standard deviation can be, given the mean: bounds on ± (chapter 90).

A score x between 0 and 1 has x² ≤ x. So E[x(1 - x)] = m(1 - m) - sd² is never negative, whatever the distribution:
sd ≤ √(m(1 - m)), with equality if and only if x is 0 or 1 (Bhatia and Davis 2000). A sample's deviation may be larger
by √(n/(n - 1)); the papers don't say which one they print, so that the bound allows for it.

This holds whatever ± is taken over, vendors, queries, seeds or draws, for as long as each value lies between 0 and 1
and the printed score is their mean. What it was taken over is in `OVER`.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Mapping
from fractions import Fraction

from lib.review.arithmetic.check import EVERY, OTHERS, Cell, Row, check
from lib.review.arithmetic.rounding import Range, is_share, mean

VENDORS = "vendors (A.5)"
OVER: Mapping[tuple[str, int], str] = {
    **{("matched", number): VENDORS for number in (5, 6, 7, 9, 10, 11)},
    ("matched", 3): "seeds (A.4)",
    ("matched", 8): "vendors by A.5; a text stands for itself in this task",
    ("matched", 12): "vendors by A.5; of a group of them",
    ("hotels", 4): "not said",
    ("hotels", 5): "not said",
}
"""(paper, table) -> what a printed ± is taken over, by the paper's text."""
FEWEST = 32
"""The fewest vendors that a stored output of the authors' notebooks counts (faiss_multimodal, cell 34, Northeast)."""
AVERAGES: Mapping[str, tuple[str, ...]] = {"OOD": OTHERS, "ZS": EVERY, "Avg": EVERY}
"""The splits that are means over regions, and over which."""
EXTREME = Fraction(1, 20)
"""At most so much of m(1 - m) is left to values between 0 and 1 where ± is called that of zeros and ones."""


def variance_bound(score: Range) -> Range:
    """m(1 - m), the largest variance of a quantity between 0 and 1 with mean m."""
    score = score.within(Fraction(0), Fraction(1))
    ends = [score.low * (1 - score.low), score.high * (1 - score.high)]
    top = Fraction(1, 4) if score.low <= Fraction(1, 2) <= score.high else max(ends)
    return Range(min(ends), top)


def spreads(cells: Iterable[Cell]) -> Iterator[Row]:
    """Each printed ± against the largest that its score allows.

    An average over regions (OOD, ZS, Avg) has the mean of the regions' ± (`table_checks.averages` finds it so), which
    is at most the mean of their bounds; by concavity that is at most √(m(1 - m)) of the averaged score. If it were
    instead the deviation over all regions' vendors at once, it would be bounded by that of their pooled mean, which
    lies between the regions': the second reading.
    """
    for cell, regions in _with_regions(cells):
        if not cell.std:
            continue
        bounds = [_sample(variance_bound(region.score).root()).high for region in regions]
        if cell.split in AVERAGES and regions:
            among = Range(min(each.score.low for each in regions), max(each.score.high for each in regions))
            pooled = _sample(variance_bound(among).root()).high
            largest = mean(Range(bound, bound) for bound in bounds).high
            readings = {
                "at most the mean of the regions' √(m(1 - m))": Range(Fraction(0), largest),
                "at most √(m(1 - m)) of all regions' vendors": Range(Fraction(0), pooled),
            }
        else:
            largest = _sample(variance_bound(cell.score).root()).high
            readings = {"at most √(m(1 - m))": Range(Fraction(0), largest)}
        yield check(
            "± and mean",
            cell.paper,
            cell.place,
            f"{cell.what}: {cell.mean} ± {cell.std}",
            cell.std,
            readings,
            cell.scale,
            otherwise="impossible as printed",
            shown_as=largest,
        )


def zeros_and_ones(cells: Iterable[Cell]) -> Iterator[Row]:
    """Each region's ± that only values of 0 and 1 would explain; averages are left to their regions.

    R-Precision, MRR@10 and F1 take values between, a score at rank 1 of single queries doesn't. Rounding leaves room:
    the reading says the largest share of values from ¼ to ¾, where x(1 - x) ≥ 3/16, so that by Markov's inequality the
    share is at most (m(1 - m) - sd²) / (3/16). Small ± have too few digits to tell. If all values are 0 or 1, the score
    is a share of the vendors: the reading names the fewest that it can be a share of.
    """
    for cell in cells:
        if not cell.std or cell.split in AVERAGES:
            continue
        deviation, bound = Range.of(cell.std, cell.scale), variance_bound(cell.score)
        left = max(bound.high - deviation.low**2, Fraction(0))
        extreme = deviation.high**2 >= bound.low and left <= EXTREME * bound.high
        largest = bound.root().middle
        yield Row(
            "± of zeros and ones",
            cell.paper,
            cell.place,
            f"{cell.what}: {cell.mean} ± {cell.std}",
            cell.std,
            float(largest * cell.scale),
            float((deviation.middle - largest) * cell.scale),
            "no" if extreme else "yes",
            _on_the_bound(cell.score, left) if extreme else "values between",
        )


def _on_the_bound(score: Range, left: Fraction) -> str:
    """What a ± on its bound says of the values. left: the most that m(1 - m) - sd² can be."""
    share = float(left / Fraction(3, 16))
    fewest = next(items for items in itertools.count(1) if is_share(score, items))
    return f"on the bound: at most {share:.1%} of values from ¼ to ¾; if all are 0 or 1, a share of {fewest} or more"


def _sample(deviation: Range) -> Range:
    """The same as a sample's of FEWEST, which is larger by √(n/(n - 1))."""
    factor = Fraction(FEWEST, FEWEST - 1)
    return deviation * Range(factor, factor).root()


def _with_regions(every: Iterable[Cell]) -> Iterator[tuple[Cell, list[Cell]]]:
    """Each cell with those of the regions that it averages: none for a region, or where one of them isn't printed."""
    for _, group in itertools.groupby(every, key=lambda cell: (*cell[:3], cell.metric)):
        cells = list(group)
        by_split = {cell.split: cell for cell in cells}
        for cell in cells:
            names = AVERAGES.get(cell.split, ())
            complete = set(names) <= set(by_split)
            yield cell, [by_split[name] for name in names] if complete else []
