"""Do the papers' numbers follow from one another? (chapter 90)

Every printed average, total, spread, repeated number and gain is computed again from what else is printed, and every
score and ± is asked whether it can be what it is said to be (`forensics`). Results are exact intervals (`rounding`):
only what rounding can't explain is a disagreement.
"""

from __future__ import annotations

from functools import cache

import pandas as pd

from lib.core import published
from lib.review.arithmetic import forensics, table_checks, text_checks
from lib.review.arithmetic.check import Row, Tables


@cache
def all_tables() -> dict[tuple[str, int], pd.DataFrame]:
    """Every transcribed table, its cells as they are printed."""
    return {key: published.cells(*key) for key in published.tables()}


def audit(tables: Tables | None = None, statements: pd.DataFrame | None = None) -> pd.DataFrame:
    """Every check, a row each with the columns of `Row`.

    tables: as `all_tables` gives them; statements: as `lib.core.published.text_numbers`.
    """
    tables = all_tables() if tables is None else tables
    statements = published.text_numbers() if statements is None else statements
    rows = [row for checks in table_checks.ALL for row in checks(tables)]
    rows += [*text_checks.statements(tables, statements), *forensics.rows(tables, statements)]
    return pd.DataFrame(rows, columns=Row._fields)


def summary(checks: pd.DataFrame) -> pd.DataFrame:
    """How many checks of each kind there are, and how many disagree.

    Columns `check, paper, checked, disagree, readings` (those that fit where the plain one doesn't).
    """
    rows = []
    for (check, paper), group in checks.groupby(["check", "paper"], sort=False):
        wrong = group[group["agrees"] == "no"]
        readings = wrong["reading"].str.removeprefix("fits: ").str.replace(r"row \d+", "another row", regex=True)
        commonest = "; ".join(f"{name} ({count})" for name, count in readings.value_counts().head(3).items())
        rows.append((check, paper, len(group), len(wrong), commonest))
    return pd.DataFrame(rows, columns=["check", "paper", "checked", "disagree", "readings"])


def largest(checks: pd.DataFrame) -> str:
    """The largest disagreement of each kind, as Markdown."""
    wrong = checks[checks["agrees"] == "no"]
    if wrong.empty:
        return "Everything that was computed again agrees."
    lines = []
    for check, group in wrong.groupby("check", sort=False):
        relative = group["difference"].astype(float) / group["recomputed"].astype(float).abs()
        row = group.loc[relative.abs().idxmax()]
        about = f"{row['what']} ({row['place']})"
        if str(check).endswith("copy"):  # only the copies that were found have a row
            lines.append(f"- **{check}**: {len(group)} found; the first: {about}; {row['reading']}.")
        else:
            lines.append(
                f"- **{check}**: {len(group)} of {(checks['check'] == check).sum()} disagree; relatively the largest: "
                f"{about}, printed {row['printed']}, recomputed {float(row['recomputed']):.6g}; {row['reading']}."
            )
    return "\n".join(lines)
