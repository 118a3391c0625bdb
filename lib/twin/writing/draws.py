"""Random draws of the text generator, each a function of a `numpy.random.Generator`."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar

from numpy.random import Generator

T = TypeVar("T")
Draw = Callable[[Generator], T]


def pick(rng: Generator, options: Sequence[T]) -> T:
    """One of the options, all equally likely."""
    return options[int(rng.random() * len(options))]


def one_of(options: Sequence[T]) -> Draw[T]:
    """A draw of one option; an option that is repeated is likelier."""
    return lambda rng: pick(rng, options)


def weighted(weights: Mapping[str, int]) -> Draw[str]:
    """A draw of one name, each with its weight."""
    return one_of([name for name, weight in weights.items() for _ in range(weight)])


def rate(share: float, most: float) -> Draw[float]:
    """A draw of a rate: above zero, up to `most`, for this share of the draws, else zero."""
    return lambda rng: max(0.0, 1 - rng.random() / share) * most


def some_of(words: Sequence[str], least: int, most: int) -> Draw[tuple[str, ...]]:
    """A draw of `least` to `most` of the words, in their order."""

    def draw(rng: Generator) -> tuple[str, ...]:
        chosen = rng.permutation(len(words))[: rng.integers(least, most + 1)]
        return tuple(words[place] for place in sorted(chosen.tolist()))

    return draw
