"""The answers with which a site begins, computed from the study's ledger: of the whole on its first page, and of a
chapter at the head of that.

site/questions.yaml says which claims answer which question; site/index.md and site/answer.md have the words.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from markupsafe import Markup

from lib.core import yaml_files
from lib.core.files import ROOT
from lib.pipeline import claim_pages, figures, solutions
from lib.pipeline.claim_tables import Evidence
from lib.review.verdicts import AS_PRINTED, ClaimVerdict

QUESTIONS = ROOT / "site" / "questions.yaml"
NOT_TESTABLE = (ClaimVerdict.NOT_TESTABLE_AS_PUBLISHED, ClaimVerdict.NOT_TESTABLE_HERE)
KINDS = {
    "measured": tuple(verdict for verdict in ClaimVerdict if verdict not in (*AS_PRINTED, *NOT_TESTABLE)),
    "printed": AS_PRINTED,
    "untested": NOT_TESTABLE,
}
"""What a verdict rests on: what the study ran or counted, the papers' own numbers, or nothing."""
Row = Mapping[str, Any]


def parts(claims: Sequence[Evidence]) -> dict[str, Any]:
    """What site/index.md shows of a study's claims."""
    rows = {claim.row["id"]: claim.row for claim in claims}
    return {
        "claims": len(rows),
        "kinds": {kind: counted(rows.values(), verdicts) for kind, verdicts in KINDS.items()},
        "questions": [
            {"question": question, "parts": answered}
            for question, asked in yaml_files.read(QUESTIONS, "it should hold questions and their claims").items()
            if (answered := _answers(asked, rows))
        ],
        "marks": _marks(rows.values()),
        "papers": list(claim_pages.PAPERS.values()),
    }


def chapter_answer(name: str, claims: Iterable[Evidence]) -> str:
    """What the claims that a chapter tests came to, as Markdown with links to their pages; '' where it tests none."""
    rows = [claim.row for claim in claims if claim.row["chapter"] == name]
    if not rows:
        return ""
    grouped = {
        verdict: found for verdict in figures.VERDICTS if (found := [row for row in rows if row["verdict"] == verdict])
    }
    return solutions.template("answer.md").render(
        count=len(rows), grouped=grouped, mark=claim_pages.mark, shown=_shown(rows)
    )


def counted(rows: Iterable[Row], verdicts: Sequence[str]) -> dict[str, int]:
    """How many rows have each of these verdicts, without those that none has."""
    counts = Counter(row["verdict"] for row in rows)
    return {str(verdict): counts[verdict] for verdict in verdicts if counts[verdict]}


def _answers(asked: Mapping[str, Sequence[str]], rows: Mapping[str, Row]) -> list[dict[str, Any]]:
    """The parts of a question that this study's ledger has, with verdicts as links and how sure they are."""
    found = {part: [rows[name] for name in names if name in rows] for part, names in asked.items()}
    return [
        {"part": part, "marks": [_link(row, row["verdict"]) for row in those], "sure": _sure(those)}
        for part, those in found.items()
        if those
    ]


def _sure(rows: Sequence[Row]) -> str:
    """What was measured, from the lowest to the highest end of the intervals, and what could have been shown."""
    low, high = ([row[end] for row in rows if not np.isnan(row[end])] for end in ("low", "high"))
    measured = f"measured {min(low):.2f} to {max(high):.2f}" if low and high else ""
    return "; ".join(filter(None, [measured, _shown(rows)]))


def _shown(rows: Sequence[Row]) -> str:
    """The smallest differences that the study could have shown, of the undecided claims; '' where none is known."""
    smallest = [row.get("smallest", np.nan) for row in rows if row["verdict"] == "undecided"]
    smallest = [value for value in smallest if np.isfinite(value)]
    if not smallest:
        return ""
    least, most = (f"{value:.2g}" for value in (min(smallest), max(smallest)))
    return f"could have shown {least}" if least == most else f"could have shown {least} to {most}"


def _marks(rows: Iterable[Row]) -> list[dict[str, Any]]:
    """The scorecard: a line a verdict, and of each paper a mark a claim that leads to its page."""
    by_verdict: dict[str, dict[str, list[Row]]] = {verdict: {} for verdict in figures.VERDICTS}
    for row in rows:
        by_verdict.setdefault(row["verdict"], {}).setdefault(row["paper"], []).append(row)
    return [
        {
            "verdict": claim_pages.mark(verdict),
            "papers": [[_link(row, row["id"]) for row in of.get(paper, [])] for paper in claim_pages.PAPERS],
        }
        for verdict, of in by_verdict.items()
        if of
    ]


def _link(row: Row, word: str) -> Markup:
    """A claim as a word on its verdict's colour that leads to its page and says the claim when pointed at."""
    link = '<a class="mark" href="claims/{}.html" title="{}">{}</a>'
    said = " ".join(f"{row['statement']}: {row['verdict']}".split())
    return Markup(link).format(row["id"], said, claim_pages.mark(row["verdict"], word))
