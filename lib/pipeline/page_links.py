"""Links of the site's pages: from the names of runs, chapters and claims that notebooks show to what is known of them.

Links are made in HTML that a notebook displays, in cells that hold nothing but a name, and in its Markdown.
"""

from __future__ import annotations

import html
import re
from collections.abc import Collection, Mapping
from pathlib import Path

from markupsafe import Markup

_RUNS = r"(?:results/[\w-]+/)?runs/"
"""What stands before a run's name where its folder is shown; older studies show it from the project's folder."""


def anchor(run: str) -> str:
    """A run's name as an anchor; + and . would not do in every reader."""
    return "run-" + re.sub(r"[^a-z0-9]+", "-", run.lower().replace("+", " plus ")).strip("-")


def to_pages(table: str, folder: Path) -> str:
    """Links to executed notebooks, as links to their pages; of chapters that the study doesn't have, plain words.

    folder: the study's.
    """

    def link(match: re.Match[str]) -> str:
        exists = (folder / "notebooks" / f"{match[1]}.ipynb").exists()
        return f'<a href="{match[1]}.html">{match[2]}</a>' if exists else match[2]

    return re.sub(r'<a href="(\w+)\.ipynb">([^<]*)</a>', link, table)


def runs(table: str, known: Collection[str], page: str = "runs.html") -> str:
    """Table cells that hold nothing but the name of a run, and folders of runs, as links to it. page: that of runs."""

    def link(match: re.Match[str]) -> str:
        name = re.sub(f"^{_RUNS}", "", html.unescape(match[2]))
        return f'{match[1]}<a href="{page}#{anchor(name)}">{match[2]}</a>{match[3]}' if name in known else match[0]

    return re.sub(r"(<(?:td|code)[^>]*>)([^<>]+)(</(?:td|code)>)", link, table)


def runs_in_prose(text: str, known: Collection[str]) -> str:
    """The same for Markdown, where folders of runs stand as code."""

    def link(match: re.Match[str]) -> str:
        shown = Markup('<a href="runs.html#{}"><code>{}</code></a>')
        return shown.format(anchor(match[1]), match[0].strip("`")) if match[1] in known else match[0]

    return re.sub(rf"`{_RUNS}([^`]+)`", link, runs(text, known))


def claims(table: str, pages: Mapping[str, str]) -> str:
    """Cells of a table's columns `id` and `claim` that name a claim, as links to its page.

    pages: addresses by what a claim is called (`lib.pipeline.claim_pages.names`).
    """

    def of_table(match: re.Match[str]) -> str:
        heads = [re.sub("<[^>]*>", "", head).strip() for head in re.findall(r"<th\b[^>]*>(.*?)</th>", match[0], re.S)]
        places = {place for place, head in enumerate(heads) if head in ("id", "claim")}
        return re.sub(r"<tr\b[^>]*>.*?</tr>", lambda row: of_row(row[0], places), match[0], flags=re.S)

    def of_row(row: str, places: Collection[int]) -> str:
        cells = iter(range(row.count("<td")))

        def link(cell: re.Match[str]) -> str:
            page = pages.get(html.unescape(cell[2])) if next(cells) in places else None
            return f'{cell[1]}<a href="{page}">{cell[2]}</a>{cell[3]}' if page else cell[0]

        return re.sub(r"(<td\b[^>]*>)(.*?)(</td>)", link, row, flags=re.S)

    return re.sub(r"<table\b.*?</table>", of_table, table, flags=re.S) if pages else table


def claims_in_prose(text: str, pages: Mapping[str, str]) -> str:
    """Items of Markdown lists that begin with what a claim is called, as links to its page."""

    def link(match: re.Match[str]) -> str:
        name = next((name for name in longest_first if re.match(rf"{re.escape(name)}(?=:| \()", match[1])), "")
        return f'- <a href="{pages[name]}">{name}</a>{match[1][len(name) :]}' if name else match[0]

    longest_first = sorted(pages, key=len, reverse=True)
    return re.sub(r"^- (.+)$", link, text, flags=re.MULTILINE) if pages else text
