"""Debian's package descriptions as ads: a text each, by maintainer, in groups by source package.

Source: the index of packages (who maintains what) and the English descriptions (Translation-en) of one release,
component main. Only single persons count as maintainers; teams write with many hands.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

import pandas as pd

from lib.core.errors import DataError
from lib.data.real_sets import cleaning, layout, names, packages, texts

_TEAM = re.compile(
    r"\bdebian\b[^<]*<|\b(teams?|maintainers?|groups?|packagers?|developers?|task ?force|project|community|"
    r"strike force|crew|committee|qa|users?)\b|@(lists|packages|tracker|teams|alioth-lists)\.|@googlegroups|"
    r"-(devel|maintainers|team)@",
    re.IGNORECASE,
)
"""What the name or address of a team has in it."""


def build(found: Sequence[Path], folder: Path) -> None:
    """Write the set into an empty folder. found: the verified files Packages and Translation-en.

    Raises DataError when a file isn't an index, or fewer than two maintainers are left.
    """
    steps, (index, translations) = cleaning.Steps(), found
    table = _descriptions(index, translations, steps)
    persons = ~table["written"].map(lambda name: bool(_TEAM.search(name)))
    table = steps.keep(table, persons, "maintainers who are persons", "a team writes with many hands")
    authors = sorted(table["written"].unique())
    remove = names.remover(authors)
    cleaned = [
        names.nameless(names.without_addresses(text), author, remove)
        for text, author in table[["text", "written"]].itertuples(index=False)
    ]
    table = table.assign(text=cleaned, author=table["written"].map(names.fold))
    table = steps.keep(table, table["author"] != "", "texts with an author", "no name")
    table = texts.one_author(table, steps)
    table = cleaning.chosen(table, "author", steps, unit="group")
    texts.write(table, "debian", folder)
    layout.write_about(folder, steps, authors)


def _descriptions(index: Path, translations: Path, steps: cleaning.Steps) -> pd.DataFrame:
    """The different descriptions with who wrote them and where: `text, written, group`."""
    described = {
        paragraph["Description-md5"]: paragraph["Description-en"]
        for paragraph in _paragraphs(translations)
        if "Description-md5" in paragraph and "Description-en" in paragraph
    }
    rows = [
        (paragraph.get("Description-md5", ""), paragraph["Maintainer"], _source(paragraph))
        for paragraph in _paragraphs(index)
        if "Maintainer" in paragraph and "Package" in paragraph
    ]
    if not rows or not described:
        raise DataError(f"{index if described else translations}: this is no index of Debian packages. Get it anew.")
    table = pd.DataFrame(rows, columns=["key", "written", "group"]).sort_values(["key", "group"], ignore_index=True)
    table = steps.keep(table, table["key"].isin(list(described)), "packages with a description", "none in English")
    table = steps.keep(table, ~table.duplicated("key"), "different descriptions", "several packages have the same one")
    return table.assign(text=table["key"].map(described)).drop(columns="key")


def _source(paragraph: dict[str, str]) -> str:
    return paragraph.get("Source", paragraph["Package"]).split(" ")[0]


def _paragraphs(path: Path) -> Iterator[dict[str, str]]:
    """The paragraphs of a file in Debian's control form (deb822(5)): field -> value, its lines joined.

    Raises DataError for a file that isn't in that form or is cut off.
    """
    with packages.opened(path) as stream:
        fields: dict[str, str] = {}
        last = ""
        for number, raw in enumerate(stream, start=1):
            line = raw.decode("utf-8", "replace").rstrip("\n")
            if not line:
                yield fields
                fields = {}
            elif line[0] == " " and last in fields:
                fields[last] += "\n" + line[1:].removeprefix(".")
            elif ":" in line and line[0] not in " :":
                last, value = line.split(":", 1)
                fields[last] = value.strip()
            else:
                raise DataError(f"{path}, line {number}: this is no index of Debian packages. Get it anew.")
        if fields:
            yield fields
