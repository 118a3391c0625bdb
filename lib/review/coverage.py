"""What of both papers the ledger answers: section by section (`results/published/sections.csv`)."""

from __future__ import annotations

import re
from collections.abc import Iterable

import pandas as pd
from pandera.typing import DataFrame

from lib.core import published
from lib.core import tables as read_back
from lib.core.errors import DataError
from lib.core.schemas import Table
from lib.review.verdicts import AS_PRINTED, ClaimVerdict

_RANGE = re.compile(r"(?P<kind>Table|Figure)s (?P<numbers>[0-9]+(?:(?:, | and | to )[0-9]+)+)")
_PRINTED = (*AS_PRINTED, ClaimVerdict.NOT_TESTABLE_AS_PUBLISHED)


class Section(Table):
    """A section, table, figure or footnote of a paper, and what the ledger answers of it and of its parts."""

    paper: str
    section: str  # as the places of claims name it
    title: str  # in our words
    claims: str  # ids, separated by spaces
    measured: int  # claims that were tested on data (the twin's, or published files)
    printed: int  # claims that were tested on printed numbers alone
    not_as_published: int  # claims that what was published can't answer
    not_here: int  # claims that need data or runs which this study lacks
    no_claim: str  # what of it is no statement of result, and why; needed where it has no claim


def listed() -> pd.DataFrame:
    """`results/published/sections.csv`: `paper, section, title, no_claim`, all str, in the papers' order."""
    return read_back.cells(published.FOLDER / "sections.csv", comment="#")


def named(place: str) -> list[str]:
    """The sections that a claim's place names: `section 3; Tables 2 and 9 to 11` names section 3 and four tables."""
    found: list[str] = []
    for part in place.split("; "):
        if several := _RANGE.fullmatch(part):
            found += [f"{several['kind']} {number}" for number in _numbers(several["numbers"])]
        else:
            found.append(part)
    return found


def _numbers(text: str) -> Iterable[int]:
    """`2 and 9 to 11` as 2, 9, 10, 11."""
    for part in re.split(r", | and ", text):
        first, _, last = part.partition(" to ")
        yield from range(int(first), int(last or first) + 1)


def sections(claims: pd.DataFrame) -> DataFrame[Section]:
    """Every section of both papers with the claims in it or its parts, by how they were answered.

    claims: a `lib.review.scorecard.scorecard`. Raises DataError for a claim whose place names no section of its paper,
    and for a section without claims that doesn't say why.
    """
    known = listed()
    within: dict[tuple[str, str], list[str]] = {(row.paper, row.section): [] for row in known.itertuples()}
    for claim in claims.itertuples():
        for section in named(claim.place):
            if (claim.paper, section) not in within:
                raise DataError(
                    f"results/published/claims.csv, {claim.id}: its place names {section!r}, which is no section of "
                    f"{claim.paper} in results/published/sections.csv. Name one, or list it there."
                )
            for paper, whole in within:
                if paper == claim.paper and _is_part(section, whole) and claim.id not in within[paper, whole]:
                    within[paper, whole].append(claim.id)
    verdicts = claims.set_index("id")["verdict"]
    rows = []
    for row in known.itertuples():
        ids = within[row.paper, row.section]
        if not ids and not row.no_claim:
            raise DataError(
                f"results/published/sections.csv, {row.paper} {row.section}: no claim stands in it. Say in the column "
                "no_claim what it holds, and why that is no statement of result."
            )
        rows.append({**row._asdict(), "claims": " ".join(ids), **_answers(verdicts[ids])})
    table = pd.DataFrame(rows)[list(Section.to_schema().columns)]
    return Section.validate(table)


def _is_part(section: str, whole: str) -> bool:
    return section == whole or section.startswith((f"{whole} (", f"{whole}."))


def _answers(verdicts: pd.Series) -> dict[str, int]:
    """How many claims were answered in which way."""
    here, published_so = ClaimVerdict.NOT_TESTABLE_HERE, ClaimVerdict.NOT_TESTABLE_AS_PUBLISHED
    return {
        "measured": int((~verdicts.isin([*_PRINTED, here])).sum()),
        "printed": int(verdicts.isin(AS_PRINTED).sum()),
        "not_as_published": int((verdicts == published_so).sum()),
        "not_here": int((verdicts == here).sum()),
    }
