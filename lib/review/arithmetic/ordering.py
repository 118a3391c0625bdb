"""Relations between metrics that hold for any predictions, and those that don't (chapter 90).

They are few, since the papers print few metrics of the same items averaged alike.

**Identification** (MATCHED's Tables 3 and 4; w, r, q: a class's share of the items, its recall, its share of the
predictions; F1 = 2wr/(w + q)):

- Micro-F1 is the accuracy A = Σ wr, and so is weighted recall: each item has one class and one prediction.
- F1 ≤ 2r/(1 + r), since precision is at most 1. That is concave in r, so that by Jensen's inequality
  weighted F1 ≤ 2A/(1 + A), and **macro-F1 ≤ 2B/(1 + B)** with B the balanced accuracy, the mean of r. (Classes that
  are predicted but have no item count as 0 in macro-F1 alone, which only lowers it.)
- **Weighted F1 ≥ 2A²/(1 + A)**: it is 2 Σ a/(1 + q/w) with a = wr, by Cauchy's inequality at least
  2(Σ a)² / Σ a(1 + q/w), and a/w = r ≤ 1 while Σ q = 1.
- For a mean over seeds (Table 3) both hold too: the upper bound is concave, the lower convex.
- Macro-F1, weighted F1 and accuracy have no order among themselves: either may be larger.

**Retrieval** (Tables 5 to 12). Nothing that is printed together is ordered:

- MRR@10 ≥ precision at 1, query by query and in any average; the papers don't print the latter.
- mAP@R ≤ R-Precision, query by query; mAP@R isn't printed.
- MRR@10 and R-Precision have no order. Of three documents found at ranks 2, 3 and 4, R-Precision is 2/3 and the
  reciprocal rank 1/2; found at ranks 1, 4 and 5 they are 1/3 and 1.
- At cutoff R precision, recall and F1 are one number. R-Precision and Macro-F1@X would be equal if both were averaged
  over vendors, as section 4 says; averaged over queries, as in the released code, the latter may be larger or smaller.
- R@1 falls as a gallery grows only if queries and relevant pictures stay: the hotels' splits share neither. R@1 and AUC
  have no order.

`tests/test_forensics.py` holds these to random predictions and rankings.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from fractions import Fraction

from lib.review.arithmetic.check import Cell, Row, check
from lib.review.arithmetic.rounding import Range

ONE = Fraction(1)


def in_range(cells: Iterable[Cell]) -> Iterator[Row]:
    """Each score lies between 0 and 1, or 0 and 100 per cent."""
    for cell in cells:
        whole = Range(Fraction(0), ONE)
        nearest = cell.score.within(whole.low, whole.high).middle
        yield _row("score in its range", cell, {"between 0 and 1": whole}, nearest)


def weighted_and_micro(cells: Iterable[Cell]) -> Iterator[Row]:
    """Weighted F1 lies between 2A²/(1 + A) and 2A/(1 + A), A the micro-F1 beside it."""
    for weighted, accuracy in _pairs(cells, "Weighted-F1", "Micro-F1"):
        low, high = accuracy.score.low, accuracy.score.high
        allowed = Range(2 * low**2 / (1 + low), largest_f1(high))
        nearest = weighted.score.within(allowed.low, allowed.high).middle
        yield _row("weighted and micro-F1", weighted, {"what the micro-F1 allows": allowed}, nearest)


def macro_and_balanced(cells: Iterable[Cell]) -> Iterator[Row]:
    """Macro-F1 is at most 2B/(1 + B), B the balanced accuracy beside it."""
    for macro, balanced in _pairs(cells, "Macro-F1", "Balanced accuracy"):
        allowed = Range(Fraction(0), largest_f1(balanced.score.high))
        yield _row("macro-F1 and balanced accuracy", macro, {"what balanced accuracy allows": allowed}, allowed.high)


def largest_f1(recall: Fraction) -> Fraction:
    """The largest F1 of a class with this recall: its precision is 1."""
    return 2 * recall / (1 + recall)


def _pairs(every: Iterable[Cell], one: str, other: str) -> Iterator[tuple[Cell, Cell]]:
    """Scores in two metrics of the same row."""
    cells = {(cell.paper, cell.table, cell.row, cell.metric, cell.split): cell for cell in every}
    for (paper, table, row, metric, split), cell in cells.items():
        beside = cells.get((paper, table, row, other, split))
        if metric == one and beside:
            yield cell, beside


def _row(name: str, cell: Cell, readings: dict[str, Range], nearest: Fraction) -> Row:
    otherwise = f"not {next(iter(readings))}"
    return check(name, cell.paper, cell.place, cell.what, cell.mean, readings, cell.scale, otherwise, nearest)
