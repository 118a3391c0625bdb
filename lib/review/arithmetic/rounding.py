"""Exact arithmetic on printed numbers.

Each stands for all values that round to it: half a unit of its last digit to either side.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from functools import cache


@dataclass(frozen=True)
class Range:
    """All values that a printed or computed number may stand for."""

    low: Fraction
    high: Fraction

    @classmethod
    @cache
    def of(cls, printed: str, scale: Fraction = Fraction(1)) -> Range:
        """A number as printed, divided by `scale`. Whole numbers are exact counts where they aren't scaled."""
        plain = printed.replace(",", "")
        digits = len(plain.partition(".")[2])
        half = Fraction(1, 2 * 10**digits) if digits or scale > 1 else Fraction(0)
        value = Fraction(plain)
        return cls((value - half) / scale, (value + half) / scale)

    @classmethod
    def exactly(cls, number: int) -> Range:
        return cls(Fraction(number), Fraction(number))

    @property
    def middle(self) -> Fraction:
        return (self.low + self.high) / 2

    def meets(self, other: Range) -> bool:
        return self.low <= other.high and other.low <= self.high

    def same(self, other: Range) -> bool:
        """Whether both may be roundings of one number; neighbours, which only touch, are not."""
        return self == other or (self.low < other.high and other.low < self.high)

    def within(self, low: Fraction, high: Fraction) -> Range:
        """What of it lies between two bounds; the nearer bound where nothing does."""
        return Range(min(max(self.low, low), high), max(min(self.high, high), low))

    def root(self) -> Range:
        """The square root of a number that is not negative, by no more than 10⁻²⁰ too wide."""
        unit = 10**40
        low, high = (math.isqrt(int(bound * unit)) for bound in (self.low, self.high))
        return Range(Fraction(low, 10**20), Fraction(high + 1, 10**20))

    def distance(self, other: Range) -> Fraction:
        """Between their middles; none where they meet."""
        return Fraction(0) if self.meets(other) else abs(self.middle - other.middle)

    def __add__(self, other: Range) -> Range:
        return Range(self.low + other.low, self.high + other.high)

    def __sub__(self, other: Range) -> Range:
        return Range(self.low - other.high, self.high - other.low)

    def __mul__(self, other: Range) -> Range:
        """Of numbers that are not negative."""
        return Range(self.low * other.low, self.high * other.high)

    def __truediv__(self, other: Range | int) -> Range:
        """Of numbers that are not negative."""
        bottom = other if isinstance(other, Range) else Range.exactly(other)
        return Range(self.low / bottom.high, self.high / bottom.low)


def total(numbers: Iterable[Range]) -> Range:
    """Their sum."""
    return sum(numbers, Range.exactly(0))


def product(numbers: Iterable[Range]) -> Range:
    """Their product."""
    return math.prod(numbers, start=Range.exactly(1))


def mean(numbers: Iterable[Range]) -> Range:
    """Their average."""
    numbers = list(numbers)
    return total(numbers) / len(numbers)


def is_share(share: Range, items: int) -> bool:
    """Whether some whole number of items, of so many, rounds to a printed share."""
    return math.ceil(share.low * items) <= math.floor(share.high * items)


def spread(numbers: Iterable[Range], ddof: int) -> Range:
    """Their standard deviation.

    It is that of the middles, give or take what the rounding of all of them can change: no more than the largest half
    unit times √(n / (n - ddof)).
    """
    numbers = list(numbers)
    centre = sum(number.middle for number in numbers) / len(numbers)
    freedom = len(numbers) - ddof
    deviation = Fraction(math.sqrt(sum((number.middle - centre) ** 2 for number in numbers) / freedom))
    half_unit = max((number.high - number.low) / 2 for number in numbers)
    margin = half_unit * Fraction(math.sqrt(len(numbers) / freedom))
    return Range(deviation - margin, deviation + margin)
