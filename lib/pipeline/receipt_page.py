"""The site's page of a study's receipt."""

from __future__ import annotations

import shutil
from pathlib import Path

from lib.pipeline import report, solutions
from lib.review import receipt, receipt_numbers

MOST = 200
"""Numbers that are shown; the table of all is a download."""
SHOWN = ["table", "row", "column", "published", "here", "judgement", "low", "high"]


def page(template: str, folder: Path, extra: Path) -> str:
    """site/receipt.md filled in for the study in `folder`; the table of all numbers is copied to `extra`."""
    shutil.copy(folder / "receipt.csv", extra)
    found, numbers = receipt_numbers.read(folder)
    unequal = numbers.loc[numbers["judgement"] != "equal", SHOWN]
    shown = report.show(unequal.head(MOST), f"{min(len(unequal), MOST):,} of {len(unequal):,}")
    differs = dict(found["differs"])
    stale = differs.pop(receipt.STALE, [])
    return solutions.PAGES.from_string(template).render(
        {name: found[name] for name in ("published", "finished", "numbers", "judgements")},
        line=receipt.line(found),
        verdicts=found["verdicts_changed"],
        tolerance=f"{found['tolerance']['relative']:g}",
        precision=found["tolerance"]["precision"],
        differs=list(differs.items()),
        stale=stale,
        times=receipt.times_in_words(found["times"]),
        table=solutions.on_one_line(shown) if len(unequal) else "None.",
    )
