"""What MATCHED says, what its authors' scripts do and what ours does, topic by topic (`variant_readings.yaml`).

Chapter 93 shows the readings as tables; the site puts them into the page docs/variants.md.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import NamedTuple

import pandas as pd

from lib.core import yaml_files
from lib.core.errors import DataError

FILE = Path(__file__).with_suffix(".yaml")
LINK = "[the readings](../lib/review/variant_readings.yaml)"
"""What stands in docs/variants.md where the site shows the readings."""
MARKS = {
    "scripts": "the scripts from the paper",
    "run": "what was run from the scripts' defaults",
    "released": "our released from what was run",
    "corrected": "our corrected from our described",
}
"""What may differ from what."""
THEIRS = ["topic", "place", "the paper", "the scripts", "what was run", "differs"]
OURS = ["topic", "ours, described", "ours, released", "ours, corrected", "differs"]
"""The columns of `table` that chapter 93 shows: of the authors, and of us."""
_PLACE = re.compile(
    r"(?P<file>\S+\.(?:py|md)):(?P<first>\d+)(?:-(?P<last>\d+))?|(?P<book>\S+\.ipynb) cell (?P<cell>\d+)"
)


class Reading(NamedTuple):
    """One topic. place: in the paper; at, run_at: places in the authors' repository, and released_at, corrected_at in
    ours, as variant_readings.yaml says; differs: names of MARKS."""

    topic: str
    place: str
    paper: str
    scripts: str
    at: Sequence[str]
    run: str
    run_at: Sequence[str]
    released: str
    released_at: Sequence[str]
    corrected: str
    corrected_at: Sequence[str]
    described: str
    differs: Sequence[str]


class Readings(NamedTuple):
    """All topics; repository and commit that were read; files: the length of each, in lines or (notebooks) cells."""

    repository: str
    commit: str
    files: dict[str, int]
    readings: Sequence[Reading]


@cache
def load(path: Path = FILE) -> Readings:
    """The readings. Raises DataError for a file that isn't as variant_readings.yaml."""
    content = yaml_files.read(path, "expected are repository, commit, files and readings")
    try:
        return Readings(**{**content, "readings": tuple(Reading(**reading) for reading in content["readings"])})
    except (KeyError, TypeError) as error:
        raise DataError(f"{path}: a field is missing, or is none of a reading's ({error}).") from error


def link(place: str) -> str:
    """The address of a place in the authors' repository, at the commit that was read.

    Raises DataError for a place that isn't of the form `file:line`, `file:first-last` or `notebook cell number`, or
    that its file doesn't have.
    """
    read, match = load(), _PLACE.fullmatch(place)
    if match is None:
        raise DataError(f"{FILE}: {place!r} is no place; give file:line, file:first-last or notebook cell number.")
    name = match["file"] or match["book"]
    first, last = int(match["first"] or match["cell"]), int(match["last"] or match["first"] or match["cell"])
    length = read.files.get(name, 0)
    if not (first <= last < length if match["book"] else 0 < first <= last <= length):
        raise DataError(f"{FILE}: {place}: {name} has {length} {'cells' if match['book'] else 'lines'} by `files`.")
    address = f"https://github.com/{read.repository}/blob/{read.commit}/{name}"
    lines = f"#L{first}" if first == last else f"#L{first}-L{last}"
    return address if match["book"] else address + lines


def table() -> pd.DataFrame:
    """A row a topic: the columns THEIRS and OURS, and the places of each reading; `differs` says what from what."""
    rows = [
        {
            "topic": reading.topic,
            "place": reading.place,
            "the paper": reading.paper,
            "the scripts": reading.scripts,
            "lines": ", ".join(reading.at),
            "what was run": reading.run,
            "shown by": ", ".join(reading.run_at),
            "ours, described": reading.described,
            "ours, released": reading.released,
            "released by": ", ".join(reading.released_at),
            "ours, corrected": reading.corrected,
            "corrected by": ", ".join(reading.corrected_at),
            "differs": _differs(reading),
        }
        for reading in load().readings
    ]
    return pd.DataFrame(rows).replace("`", "", regex=True)


def _with_places(text: str, places: Sequence[str]) -> str:
    return f"{text} ({', '.join(places)})" if places else text


def _differs(reading: Reading) -> str:
    return "; ".join(MARKS[mark] for mark in reading.differs) or "nothing"


def page() -> str:
    """The readings as Markdown, a heading a topic, with links to the scripts' lines."""
    return "\n".join(_section(reading) for reading in load().readings)


def _section(reading: Reading) -> str:
    theirs = {"The scripts": (reading.scripts, reading.at), "What was run": (reading.run, reading.run_at)}
    ours = {
        "Ours, `released`": (reading.released, reading.released_at),
        "Ours, `corrected`": (reading.corrected, reading.corrected_at),
    }
    lines = [f"### {reading.topic}", "", f"- **The paper** ({reading.place}): {reading.paper}"]
    for name, (text, places) in theirs.items():
        lines.append(
            f"- **{name}**: {_with_places(text, [f'[{Path(place).name}]({link(place)})' for place in places])}"
        )
    lines.append(f"- **Ours, `described`**: {reading.described}")
    for name, (text, places) in ours.items():
        lines.append(f"- **{name}**: {_with_places(text, [f'`{place}`' for place in places])}")
    return "\n".join([*lines, f"- **Differs**: {_differs(reading)}", ""])
