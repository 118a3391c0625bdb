"""The site's pages of claims: one a row of the study's ledger, and one that lists them.

    claims/index.html, claims/m01.html, claims/h01.html …

A page holds what a reader needs to check a verdict: the statement with its place, why the verdict is what it is, the
printed difference beside the measured one, what twin and real sets can say, power, the paper's own sampling error, and
the rows that the test reads, as a table and as CSV. Parts whose tables a study lacks are left out. The pages are made
from site/claim.md and site/claims.md; nothing of them is kept in the repository.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from markupsafe import Markup, escape
from seaborn.utils import relative_luminance

from lib.core.files import write_text
from lib.pipeline import claim_figure, figures, page_links, report, solutions
from lib.pipeline.claim_tables import Evidence
from lib.review.claim_tests import COMPARISONS, TESTS

PAPERS = {"matched": "MATCHED", "hotels": "Revisited Hotels"}
LINK = "[all claims](../notebooks/91_scorecard.ipynb)"
"""What stands in docs/glossary.md where the site leads to its page of claims."""
MANY = 12
"""A table of more rows is folded."""
_LONG_NUMBER = re.compile(r"-?\d+\.\d{6,}(e-?\d+)?")
_VERDICT = re.compile(rf"(<td[^>]*>)({'|'.join(map(re.escape, figures.VERDICTS))})(</td>)")
CHECKED = ["what", "printed", "recomputed", "agrees", "reading"]
"""Columns of chapter 90's audit that stand in a figure's place."""


def write(
    claims: Sequence[Evidence], chapters: Collection[str], runs: Collection[str], pages: Path, extra: Path
) -> str:
    """The pages of a study's claims into `pages`, their figures and rows into `extra`; the name of the page of all.

    chapters, runs: names of those that the site shows, which become links. '' without claims.
    """
    if not claims:
        return ""
    template = solutions.template("claim.md")
    for claim in claims:
        text = template.render(_parts(claim, chapters, runs, extra))
        write_text(pages / "claims" / f"{claim.row['id']}.md", text)
    write_text(pages / "claims" / "index.md", _all(claims))
    return "claims/index"


def names(claims: Sequence[Evidence]) -> dict[str, str]:
    """The address of a claim's page by what chapters call it: its id, its statement, or a comparison that it rests on.

    What several claims rest on leads to the first.
    """
    found: dict[str, str] = {}
    for claim in claims:
        page = f"claims/{claim.row['id']}.html"
        compared = [name for table in COMPARISONS if table in claim.behind for name in claim.behind[table]["claim"]]
        found |= {name: page for name in (claim.row["id"], claim.row["statement"], *compared) if name not in found}
    return found


def _parts(claim: Evidence, chapters: Collection[str], runs: Collection[str], extra: Path) -> dict[str, Any]:
    """What site/claim.md shows of a claim."""
    row = claim.row
    return {
        **row,
        "paper": PAPERS[row["paper"]],
        "verdict": mark(row["verdict"]),
        "reasons": row["why"].split("; "),
        "figure": _figure(claim, extra),
        "checks": _table(claim.behind["paper_audit"][CHECKED]) if "paper_audit" in claim.behind else "",
        "real": None if claim.real is None else _table(claim.real),
        "power": _power(claim),
        "printed_errors": _table(claim.errors),
        "sentences": {name: row.get(name) or "" for name in ("printed_error", "in_notebooks", "planned")},
        "test": _test(claim.test),
        "argument": Markup(report.code(claim.argument)) if claim.argument else "",
        "needs": claim.needs,
        "chapter": _chapter(row["chapter"], chapters),
        "runs": [_run(name, runs) for name in row["runs"].split()],
        "tables": [_rows(row["id"], name, table, runs, extra) for name, table in claim.behind.items()],
    }


def mark(verdict: str, word: str = "") -> Markup:
    """A verdict, or another word in its place, on the verdict's colour, in letters that stand out from it."""
    ground = figures.VERDICTS.get(verdict, "#ffffff")
    letters = "#000000" if relative_luminance(ground) > 0.18 else "#ffffff"  # where both would be as far from it
    span = '<span class="verdict" style="background-color: {}; color: {}">{}</span>'
    return Markup(span).format(ground, letters, Markup(report.markdown(word or verdict)))


def marked(table: str) -> str:
    """The HTML of tables, with each cell that holds nothing but a verdict as `mark` has it."""
    return _VERDICT.sub(lambda cell: f"{cell[1]}{mark(cell[2])}{cell[3]}", table)


def _figure(claim: Evidence, extra: Path) -> Markup | str:
    """The figure, which is saved too; '' where nothing has a number."""
    shown = claim_figure.rows(claim)
    if not shown:
        return ""
    title = " ".join(claim.row["statement"].split())
    svg = claim_figure.drawn(shown, title, claim_figure.axis(claim), claim_figure.margin(claim))
    name = f"claim-{claim.row['id']}.svg"
    write_text(extra / "figures" / name, svg)
    return Markup(
        '<figure class="shown">{0}<figcaption><a href="../figures/{1}" download>SVG</a></figcaption></figure>'
    ).format(svg, name)


def _power(claim: Evidence) -> dict[str, Any]:
    """The numbers of the ledger, in words, and the table of comparisons; empty where the study has neither."""
    row = claim.row
    numbers = {
        "smallest": _smallest(row),
        "vendors": _number(row.get("vendors_needed", np.nan), ",.0f"),
        "seeds": _number(row.get("seeds_needed", np.nan), ",.0f"),
        "table": _table(claim.power),
    }
    return numbers if any(numbers.values()) else {}


def _smallest(row: Mapping[str, Any]) -> str:
    return _number(row.get("smallest", np.nan), ".3g")


def _number(value: float, form: str) -> str:
    """A number in words, '' for one that is missing. Infinite is how many would be needed of what can't decide."""
    if np.isnan(value):
        return ""
    return format(value, form) if np.isfinite(value) else "more would not decide it"


def _test(name: str) -> Markup:
    """What a test does, as its function says, and where it stands; '' for one that isn't known."""
    if name not in TESTS:
        return Markup("")
    first, *_ = inspect.cleandoc(TESTS[name].__doc__ or "").split("\n\n")
    said = re.sub("&#96;(.+?)&#96;", r"<code>\1</code>", report.markdown(first))
    return Markup(f"{said} ({report.code(f'{TESTS[name].__module__}.{name}')})")


def _chapter(name: str, chapters: Collection[str]) -> Markup:
    shown = Markup(report.markdown(name))
    return Markup('<a href="../{}.html">{}</a>').format(name, shown) if name in chapters else shown


def _run(name: str, runs: Collection[str]) -> Markup:
    return Markup(page_links.runs(f"<code>{report.markdown(name)}</code>", runs, "../runs.html"))


def _rows(claim: str, name: str, table: pd.DataFrame, runs: Collection[str], extra: Path) -> dict[str, Any]:
    """The rows that a claim's test reads in a table, as the page shows them, and as CSV."""
    file = f"{claim}_{name}.csv"
    report.save_table(table, extra / "claims" / file)
    shown = Markup(page_links.runs(_table(table), runs, "../runs.html"))
    return {"name": name, "count": len(table), "shown": shown, "file": file, "fold": len(table) > MANY}


def _all(claims: Sequence[Evidence]) -> str:
    """The page that lists the claims, paper by paper from the best verdict to the untestable."""
    order = list(figures.VERDICTS)
    order += [claim.row["verdict"] for claim in claims if claim.row["verdict"] not in order]
    by_paper = {
        name: sorted(
            (claim.row for claim in claims if claim.row["paper"] == paper),
            key=lambda row: (order.index(row["verdict"]), row["id"]),
        )
        for paper, name in PAPERS.items()
    }
    counts = {
        mark(verdict): [sum(row["verdict"] == verdict for row in rows) for rows in by_paper.values()]
        for verdict in dict.fromkeys(order)
    }
    return solutions.template("claims.md").render(
        papers=by_paper,
        counts={verdict: numbers for verdict, numbers in counts.items() if any(numbers)},
        names=[claim.row["id"] for claim in claims],
        mark=mark,
        effect=_effect,
        smallest={row["id"]: number for claim in claims if (number := _smallest(row := claim.row))},
    )


def _effect(row: Mapping[str, Any]) -> str:
    """A claim's effect with its interval, a dash where it has none."""
    value, *ends = (_number(row[name], ".3f") for name in ("effect", "low", "high"))
    return f"{value} ({' to '.join(ends)})" if all(ends) else value or "–"


def _table(frame: pd.DataFrame) -> Markup:
    """A table without the columns in which nothing stands, on one line of HTML; '' without rows. Cells are escaped."""
    columns = {name: column for name in frame if any(map(_stands, column := frame[name].tolist()))}
    if not columns:
        return Markup("")
    heads = Markup("").join(Markup("<th>{}</th>").format(_cell(name.replace("_", " "), False)) for name in columns)
    whole = [_is_whole(frame[name]) for name in columns]
    rows = Markup("").join(
        Markup("<tr>{}</tr>").format(
            Markup("").join(Markup("<td>{}</td>").format(_cell(*cell)) for cell in zip(row, whole, strict=True))
        )
        for row in zip(*columns.values(), strict=True)
    )
    table = '<div class="cell_output"><table><thead><tr>{}</tr></thead><tbody>{}</tbody></table></div>'
    return Markup(table).format(heads, Markup(marked(rows)))


def _stands(value: Any) -> bool:
    return bool(value != "" and value == value)  # NaN is unequal to itself


def _is_whole(column: pd.Series) -> bool:
    return bool(pd.api.types.is_numeric_dtype(column) and (column.dropna() % 1 == 0).all())


def _cell(value: Any, whole: bool) -> Markup:
    """A cell's text: three decimals of numbers that aren't whole, a dash for what is missing.

    Columns that `lib.core.tables.chapter` doesn't know are text: of their numbers too no more than three decimals.
    """
    if isinstance(value, str) and _LONG_NUMBER.fullmatch(value):
        value = float(value)
    if isinstance(value, float):
        value = "–" if np.isnan(value) else f"{value:,.0f}" if whole else f"{value:,.3f}"
    return escape(" ".join(str(value).split()))  # a blank line would end the HTML
