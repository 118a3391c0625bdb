"""The site's page of solutions: each exercise as its chapter puts it, and the executed tables that answer it.

site/solutions.md is a Jinja template that has the answers in words. What can change it calls for:

    chapter(NAME)                    heading of a chapter, with a link to where it was executed for its exercises
    exercise(N)                      the N-th exercise of that chapter
    table(STUDY/TABLE, rows, columns)    a study's table: rows by a query of pandas', columns separated by blanks
    verdicts(STUDY/TABLE, rows)      how often these rows have which verdict
    numbers(), gallery(), swaps()    what is worked out here: see the functions of these names
    count()                          how many exercises have an answer of which kind
"""

from __future__ import annotations

import itertools
import re
from collections import Counter
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import ParamSpec

import jinja2
import numpy as np
import pandas as pd
from markupsafe import Markup
from pandas.io.formats.style import Styler

from lib.core import tables
from lib.core.files import ROOT, read_json
from lib.data import identifiers
from lib.evaluation import retrieval
from lib.pipeline import report

P = ParamSpec("P")

STUDY = "exercises"
"""The study whose runs are solutions."""
KINDS = {
    "Executed": "an executed solution",
    "From a table": "an answer that a published table or a line of code gives",
    "In words": "an answer in words",
    "Yours": "none: nothing was executed for them",
}
"""How an answer begins, by what it rests on."""
PAGES = jinja2.Environment(autoescape=True, undefined=jinja2.StrictUndefined, keep_trailing_newline=True)
"""The site's pages are its templates. What data or parameters say is escaped, unless it is Markup made here."""
PAGES.filters["markdown"] = lambda value: Markup(report.markdown(value))
_SOLVED = re.compile(r" *\*Solution: study `exercises`\.\*")


def template(name: str) -> jinja2.Template:
    """A file of the folder site, as one of PAGES."""
    return PAGES.from_string((ROOT / "site" / name).read_text(encoding="utf-8"))


def filled(page: str, executed: dict[str, str]) -> str:
    """The template `page` rendered. executed: address of each chapter that was executed for its exercises.

    In place of a table that its study doesn't have stands a sentence that says so.
    """
    in_chapter: list[str] = []

    def chapter(name: str) -> Markup:
        in_chapter[:] = exercises(name)
        return _heading(name, executed.get(name, ""))

    def exercise(number: int) -> Markup:
        return Markup(f"> **{number}.** {in_chapter[number - 1]}")  # Markdown of our own notebooks

    return PAGES.from_string(page).render(
        chapter=chapter,
        exercise=exercise,
        count=lambda: count(page),
        numbers=numbers,
        gallery=gallery,
        swaps=_or_missing(swaps),
        table=_or_missing(table),
        verdicts=_or_missing(verdicts),
    )


def _or_missing(answer: Callable[P, str]) -> Callable[P, str]:
    """The answer, or a sentence which says that the table it is read from isn't here."""

    @wraps(answer)
    def answered(*args: P.args, **kwargs: P.kwargs) -> str:
        try:
            return answer(*args, **kwargs)
        except FileNotFoundError as error:
            name = Path(error.filename).name
            return Markup("*{} isn't here: its study was executed without that chapter.*").format(name)

    return answered


def exercises(chapter: str) -> list[str]:
    """A chapter's exercises, in order, each on one line; none where it has none."""
    section = next((text for text in _prose(chapter) if text.startswith("## Exercises")), "")
    _, *items = re.split(r"^\d+\. ", section, flags=re.MULTILINE)
    return [_SOLVED.sub("", " ".join(item.split("\n\n")[0].split())) for item in items]


def _prose(chapter: str) -> list[str]:
    """The Markdown cells of a chapter."""
    cells = read_json(ROOT / "notebooks" / f"{chapter}.ipynb")["cells"]
    return ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "markdown"]


def count(page: str) -> str:
    """How many of the page's answers are of which kind, in words."""
    kinds = Counter(re.findall(rf"^\*\*({'|'.join(KINDS)})\.\*\*", page, re.MULTILINE))
    return f"Of {kinds.total()} exercises " + ", ".join(f"{kinds[name]} have {what}" for name, what in KINDS.items())


def numbers() -> Markup:
    """Ways to write a number, and what `lib.data.identifiers.phones` finds in each."""
    texts = [
        "call two-oh-six 555 zero142",
        "call CCVI DLV CXLII",
        "my number, backwards: 2410555602",
        "order 2065550123 is ready",
    ]
    rows = [{"text": text, "found": ", ".join(identifiers.phones(text)) or "nothing"} for text in texts]
    return _shown(pd.DataFrame(rows))


def gallery() -> Markup:
    """Two vendors of a document each, all queries like the first one's: one query of the second vendor misses, 99 of
    the first hit."""
    documents, vendors = np.eye(2), np.array([0, 1])
    query_vendors = np.array([0] * 99 + [1])
    scored = retrieval.evaluate(documents[np.zeros(len(query_vendors), int)], query_vendors, documents, vendors)
    return _shown(scored[scored["metric"].isin(["R-Precision@X", "Macro-F1@X"])].drop(columns="std"))


def swaps() -> str:
    """Pairs of rows of a modality that balanced accuracy and weighted F1 order differently, among those beside Table
    4."""
    scores = tables.chapter(_path(f"{STUDY}/matched_table_04")).dropna(subset="ours").query("variant == 'corrected'")
    wide = scores.pivot_table(index=["modality", "our_system", "objective"], columns="metric", values="ours")
    pairs = [
        f"{' '.join(one[1:])} and {' '.join(other[1:])} ({one[0]})"
        for one, other in itertools.combinations(wide.index, 2)
        if one[0] == other[0] and (wide.loc[one] - wide.loc[other])[["Balanced accuracy", "Weighted-F1"]].prod() < 0
    ]
    return f"Ordered differently: {'; '.join(pairs)}." if pairs else "No two rows are ordered differently here."


def _heading(chapter: str, executed: str) -> Markup:
    title = _prose(chapter)[0].splitlines()[0].removeprefix("# ")
    heading = Markup(f"({anchor(chapter)})=\n\n## {chapter[:2]} {title}")  # Markdown of our own notebooks
    link = Markup('\n\nThe runs and tables: <a href="{}">the chapter, executed for its exercises</a>.')
    return heading + link.format(executed) if executed else heading


def anchor(chapter: str) -> str:
    """Where a chapter's answers stand on the page."""
    return f"chapter-{chapter[:2]}"


def _path(where: str) -> Path:
    study, name = where.split("/")
    return (ROOT / "results" / study / "tables" / f"{name}.csv").resolve(strict=True)  # or FileNotFoundError


def _rows(where: str, rows: str) -> pd.DataFrame:
    frame = tables.chapter(_path(where))
    frame = frame.query(rows) if rows else frame
    return frame.mask(frame == "")  # shown as what is missing


def table(where: str, rows: str = "", columns: str = "") -> Markup:
    """Rows (all without a query) and columns (without names all that hold something) of a study's table."""
    frame = _rows(where, rows)
    frame = frame[columns.split()] if columns else frame.dropna(axis="columns", how="all")
    return _shown(frame, f"{where.replace('/', ': tables/')}.csv")


def verdicts(where: str, rows: str = "") -> str:
    """How often rows of a study's table have which verdict, in words."""
    counts = _rows(where, rows)["verdict"].dropna().value_counts()
    return ", ".join(f"{verdict} {times} of {counts.sum()}" for verdict, times in counts.items())


def _shown(frame: pd.DataFrame, caption: str = "") -> Markup:
    """A table as the chapters show theirs. Its cells are escaped."""
    return on_one_line(report.show(frame, caption))


def on_one_line(table: Styler) -> Markup:
    """A table that is shown, as HTML that Markdown takes as it is."""
    lines = table.to_html().splitlines()
    return Markup(f'<div class="cell_output">{" ".join(line.strip() for line in lines)}</div>')
