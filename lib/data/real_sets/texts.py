"""What sets of texts have in common: texts by authors, in groups, become a folder of ads without pictures."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from lib.data.real_sets import cleaning, layout, names


def one_author(table: pd.DataFrame, steps: cleaning.Steps) -> pd.DataFrame:
    """The rows (`text, author`) whose text is there, once, and by one author."""
    table = steps.keep(table, table["text"] != "", "texts", "nothing is left of the text")
    _, alone = cleaning.distinct(table, "text", "author")
    table = steps.keep(table, alone, "texts of one author", "the same text under two authors")
    first, _ = cleaning.distinct(table, "text", "author")
    return steps.keep(table, first, "different texts", "the same text as another one of the author")


def write(table: pd.DataFrame, name: str, folder: Path) -> None:
    """Write `<name>.csv` of rows `text, author, group`, in the order of the texts' hashes."""
    order = layout.by_content([text.encode("utf-8") for text in table["text"]])
    table, salt = table.iloc[order].reset_index(drop=True), layout.salt(folder)
    works = pd.DataFrame(
        {
            "TEXT": table["text"],
            "VENDOR": table["author"].map(names.numbers(table["author"], salt)),
            "GROUP": table["group"].map(names.numbers(table["group"], salt)),
            "AUTHORS": cleaning.shares(table["author"]),
        }
    )
    layout.write_works(folder, name, works)
