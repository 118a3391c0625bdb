"""A random choice, as the drawing modules make it."""

from __future__ import annotations

from typing import TypeVar

import numpy as np

T = TypeVar("T")


def pick(rng: np.random.Generator, *options: T) -> T:
    """One of the options; an option that is repeated is likelier."""
    return options[int(rng.integers(len(options)))]
