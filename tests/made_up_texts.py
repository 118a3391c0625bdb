"""Made-up texts of which some are near-duplicates, for tests of what joins and splits them."""

import numpy as np

WORDS = [f"word{number}" for number in range(400)]


def text(seed, changed=0, length=60):
    """The same words for a seed, with so many of them changed."""
    generator = np.random.default_rng(seed)
    words = list(generator.choice(WORDS, length))
    for place in range(changed):
        words[7 + 20 * place] = "other"
    return " ".join(words)
