"""The site's page of solutions: what each exercise asks, read from its chapter, and the tables that answer it, read
from where they were executed.

site/solutions.md has the answers in words. What can change stands there in brackets, for `filled`:

[[chapter NAME]]                     the heading of a chapter, with a link to where its exercises were executed, if they were
[[exercise N]]                       the chapter's N-th exercise
[[table STUDY/TABLE | ROWS | COLUMNS]]   rows of a study's table by a query of pandas' (empty: all) and its columns (empty: all that hold something)
[[verdicts STUDY/TABLE | ROWS]]      how often these rows have which verdict
[[numbers]], [[gallery]], [[swaps]]  what is worked out here: see the functions of these names
[[count]]                            how many exercises have an answer of which kind
"""

from __future__ import annotations

import itertools
import json
import re
from collections import Counter
from pathlib import Path

import numpy as np
import pandas as pd

from lib.core import tables
from lib.core.files import ROOT
from lib.data import identifiers
from lib.evaluation import retrieval
from lib.pipeline import report

STUDY = "exercises"
"""The study whose runs are solutions."""
KINDS = {
    "Executed": "an executed solution",
    "From a table": "an answer that a published table or a line of code gives",
    "In words": "an answer in words",
    "Yours": "none: nothing was executed for them",
}
"""How an answer begins, by what it rests on."""
_SOLVED = re.compile(r" *\*Solution: study `exercises`\.\*")


def filled(page: str, executed: dict[str, str]) -> str:
    """The page with all that stands in brackets filled in. executed: chapters that were executed for their exercises,
    and where (an address)."""
    asked: list[str] = []

    def fill(found: re.Match[str]) -> str:
        kind, given = found[1], found[2].strip()
        if kind == "chapter":
            asked[:] = exercises(given)
            return _heading(given, executed.get(given, ""))
        if kind == "exercise":
            return f"> **{given}.** {asked[int(given) - 1]}"
        here = {"numbers": numbers, "gallery": gallery, "swaps": swaps, "count": lambda: count(page)}
        where, rows, columns = (part.strip() for part in f"{given}||".split("|")[:3])
        try:
            return here[kind]() if kind in here else TOLD[kind](where, rows, columns)
        except FileNotFoundError as missing:
            return f"*{Path(missing.filename).name} isn't here: its study was executed without that chapter.*"

    return re.sub(r"\[\[(\w+)(.*?)\]\]", fill, page)


def exercises(chapter: str) -> list[str]:
    """A chapter's exercises, in order; none where it has none."""
    cells = json.loads((ROOT / "notebooks" / f"{chapter}.ipynb").read_text(encoding="utf-8"))["cells"]
    texts = ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "markdown"]
    asked = next((text for text in texts if text.startswith("## Exercises")), "")
    return [_SOLVED.sub("", found) for found in re.findall(r"^\d+\. (.+)$", asked, re.MULTILINE)]


def count(page: str) -> str:
    """How many of the page's answers are of which kind, in words."""
    kinds = Counter(re.findall(rf"^\*\*({'|'.join(KINDS)})\.\*\*", page, re.MULTILINE))
    return f"Of {kinds.total()} exercises " + ", ".join(f"{kinds[name]} have {told}" for name, told in KINDS.items())


def numbers() -> str:
    """Ways to write a number, and what `lib.data.identifiers.phones` finds in each."""
    texts = [
        "call two-oh-six 555 zero142",
        "call CCVI DLV CXLII",
        "my number, backwards: 2410555602",
        "order 2065550123 is ready",
    ]
    found = [{"text": text, "found": ", ".join(identifiers.phones(text)) or "nothing"} for text in texts]
    return _shown(pd.DataFrame(found))


def gallery() -> str:
    """Two vendors of a document each, all queries like the first one's: one query of the second vendor misses, 99 of
    the first hit."""
    documents, vendors = np.eye(2), np.array([0, 1])
    asking = np.array([0] * 99 + [1])
    scored = retrieval.evaluate(documents[np.zeros(len(asking), int)], asking, documents, vendors)
    return _shown(scored[scored["metric"].isin(["R-Precision@X", "Macro-F1@X"])].drop(columns="std"))


def swaps() -> str:
    """Pairs of rows of a modality that balanced accuracy and weighted F1 order differently, among those beside Table
    4."""
    table = tables.chapter(_path(f"{STUDY}/matched_table_04")).dropna(subset="ours").query("variant == 'corrected'")
    wide = table.pivot_table(index=["modality", "our_system", "objective"], columns="metric", values="ours")
    told = [
        f"{' '.join(one[1:])} and {' '.join(other[1:])} ({one[0]})"
        for one, other in itertools.combinations(wide.index, 2)
        if one[0] == other[0] and (wide.loc[one] - wide.loc[other])[["Balanced accuracy", "Weighted-F1"]].prod() < 0
    ]
    return f"Ordered differently: {'; '.join(told)}." if told else "No two rows are ordered differently here."


def _heading(chapter: str, executed: str) -> str:
    first = json.loads((ROOT / "notebooks" / f"{chapter}.ipynb").read_text(encoding="utf-8"))["cells"][0]["source"]
    title = "".join(first).splitlines()[0].removeprefix("# ")
    link = (
        f'\n\nThe runs and tables: <a href="{executed}">the chapter, executed for its exercises</a>.'
        if executed
        else ""
    )
    return f"({anchor(chapter)})=\n\n## {chapter[:2]} {title}{link}"


def anchor(chapter: str) -> str:
    """Where a chapter's answers stand on the page."""
    return f"chapter-{chapter[:2]}"


def _path(where: str) -> Path:
    study, name = where.split("/")
    return (ROOT / "results" / study / "tables" / f"{name}.csv").resolve(strict=True)  # or FileNotFoundError


def _rows(where: str, rows: str) -> pd.DataFrame:
    table = tables.chapter(_path(where))
    table = table.query(rows) if rows else table
    return table.mask(table == "")  # shown as what is missing


def _table(where: str, rows: str, columns: str) -> str:
    found = _rows(where, rows)
    found = found[columns.split()] if columns else found.dropna(axis="columns", how="all")
    return _shown(found, f"{where.replace('/', ': tables/')}.csv")


def _verdicts(where: str, rows: str, _: str) -> str:
    counts = _rows(where, rows)["verdict"].dropna().value_counts()
    return ", ".join(f"{verdict} {times} of {counts.sum()}" for verdict, times in counts.items())


TOLD = {"table": _table, "verdicts": _verdicts}


def _shown(frame: pd.DataFrame, caption: str = "") -> str:
    """A table as the chapters show theirs, on one line, so that Markdown takes it as it is."""
    lines = report.show(frame, caption).to_html().splitlines()
    return f'<div class="cell_output">{" ".join(line.strip() for line in lines)}</div>'
