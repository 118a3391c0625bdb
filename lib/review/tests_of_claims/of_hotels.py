"""Tests of claims of the paper on hotels, on chapters 40 (the published files) and 42 (drawn hotels)."""

from __future__ import annotations

from collections.abc import Callable

import pandas as pd

from lib.hotels import split_invariants
from lib.review.tests_of_claims.finding import (
    CHAPTERS,
    Finding,
    StudyTables,
    absent,
    apart,
    combined,
    say_what_would_decide,
)
from lib.review.tests_of_claims.of_print import TESTS_OF_HOTELS
from lib.review.verdicts import ClaimVerdict


def falls(tables: StudyTables, argument: str) -> Finding:
    """`from;to`: each trained loss's AUC falls from one test split to another, over seeds."""
    table = tables["hotel_falls"]
    if table is None:
        return absent("hotel_falls")
    first, second = argument.split(";")
    rows = table[(table["from"] == first) & (table["to"] == second) & (table["loss"] != "pre-trained")]
    rows = rows.rename(columns={"fall": "value"})
    return combined(rows, "hotel_falls", f"AUC of {first} less {second}, losses, in points", "points", "seeds")


def hotels(tables: StudyTables, argument: str) -> Finding:
    """A question of chapter 42 (its beginning), answered there."""
    table = tables["hotel_verdicts"]
    if table is None:
        return absent("hotel_verdicts")
    row = table[table["question"].str.startswith(argument)].iloc[0]
    finding = Finding(ClaimVerdict(row["verdict"]), row["answer"], chapter=CHAPTERS["hotel_verdicts"])
    if finding.verdict is ClaimVerdict.UNDECIDED and "low" in row:
        finding.effect, finding.low, finding.high = row["effect"], row["low"], row["high"]
        one_row = row.to_frame().T.rename(columns={"effect": "value"}).astype({"low": float, "high": float})
        say_what_would_decide(finding, one_row, str(row["metric"]), "seeds")
    return finding


def invariants(tables: StudyTables, argument: str) -> Finding:
    """Every sentence of the splits that chapter 40 checks on the published files, but for the fifth of B.1."""
    return _sentences(tables, lambda names: ~names.str.contains("a fifth of"))


def fifth(tables: StudyTables, argument: str) -> Finding:
    """B.1's fifth, read as it stands, by chapter 40's name for it."""
    return _sentences(tables, lambda names: names == "D_SS: a fifth of a branch's images or fewer")


def _sentences(tables: StudyTables, which: Callable[[pd.Series], pd.Series]) -> Finding:
    """Broken where one is; decided where all were checked, or are true by construction."""
    table = tables["hotels_invariants"]
    if table is None:
        return absent("hotels_invariants")
    rows, left = table[which(table["invariant"])], _not_checked(tables)
    left = left[which(left["invariant"]) & (left["why"] != split_invariants.BY_CONSTRUCTION)]
    broken = rows[~rows["holds"]]
    why = f"{len(rows)} checks on the published files" + "".join(
        f"; {row.violations:,} of {row.checked:,} {row.unit} break “{row.invariant}”" for row in broken.itertuples()
    )
    if len(left):
        why += f"; {len(left)} could not be made: {', '.join(left['why'].unique())}"
    verdict = ClaimVerdict.NOT_TESTABLE_HERE if len(left) else ClaimVerdict.SUPPORTED
    verdict = verdict if broken.empty else ClaimVerdict.NOT_SUPPORTED
    return Finding(verdict, why, chapter=CHAPTERS["hotels_invariants"])


def _not_checked(tables: StudyTables) -> pd.DataFrame:
    """The sentences that chapter 40 couldn't check, `invariant, why`: none where it checked all."""
    table = tables["hotels_not_checked"]
    return pd.DataFrame({"invariant": [], "why": []}, dtype=str) if table is None else table


def recall_falls(tables: StudyTables, argument: str) -> Finding:
    """`from;to`: R@1, mean over losses, falls from one test split to another; decided where intervals are apart."""
    table = tables["hotel_recall"]
    if table is None:
        return absent("hotel_recall")
    one, other = (table[table["split"] == split] for split in argument.split(";"))
    rows = [apart(one.iloc[0], other.iloc[0], "R@1", "R@1 low", "R@1 high")] if len(one) and len(other) else []
    columns = ["value", "low", "high"]
    return combined(
        pd.DataFrame(rows, columns=columns), "hotel_recall", f"R@1 of {argument}, in points", "points", "seeds"
    )


def counts(tables: StudyTables, argument: str) -> Finding:
    """`table`: is each printed count what chapter 40 counts in the published files?"""
    table = tables[argument]
    counted = None if table is None else table[table["verdict"].isin(["equal", "differs"])]
    if counted is None or table is None:
        return absent(argument)
    if counted.empty:
        why = "none of its figures can be counted in the published files that are here"
        return Finding(ClaimVerdict.NOT_TESTABLE_HERE, why, chapter=CHAPTERS[argument])
    wrong, elsewhere = counted[counted["verdict"] == "differs"], (table["verdict"] == "not testable here").sum()
    why = f"{len(counted)} counts of the published files" + "".join(
        f"; {row.place} {row.quantity}: printed {row.published:.0f}, counted {row.ours:.0f}"
        for row in wrong.itertuples()
    )
    why += f"; {elsewhere} more are of files that are not here" if elsewhere else ""
    verdict = ClaimVerdict.SUPPORTED if wrong.empty else ClaimVerdict.NOT_SUPPORTED
    return Finding(verdict, why, chapter=CHAPTERS[argument])


def cleaned(tables: StudyTables, argument: str) -> Finding:
    """A finding of chapter 40 (its name) of which the published files should have no case left."""
    table = tables["hotels_cleaning"]
    if table is None:
        return absent("hotels_cleaning")
    cases = int(table.set_index("finding").loc[argument, "cases"])
    partial = _not_checked(tables)["why"].str.startswith("without").any()
    verdict = ClaimVerdict.NOT_TESTABLE_HERE if partial else ClaimVerdict.SUPPORTED
    verdict = ClaimVerdict.NOT_SUPPORTED if cases else verdict
    why = f"{argument}: {cases:,} cases in the published files, told apart by the names of pictures"
    why += "; not all files are here" if partial else ""
    return Finding(verdict, why, cases, chapter=CHAPTERS["hotels_cleaning"])


def class_sizes(tables: StudyTables, argument: str) -> Finding:
    """`small|long`: D_SS beside each other test split, in the published files (Figures 6 and 7).

    small: a larger share of its branches is in the histogram's first bin. long: its largest branch is in a lower bin.
    """
    table = tables["hotels_class_sizes"]
    if table is None:
        return absent("hotels_class_sizes")
    sizes = table.pivot(index="images_from", columns="split", values="branches").fillna(0)
    sizes = sizes[[split for split in TESTS_OF_HOTELS if split in sizes]]
    if argument == "small":
        measured, what = sizes.iloc[0] / sizes.sum(), f"share of branches with fewer than {sizes.index[1]} images"
        holds = measured["D_SS"] > measured.drop("D_SS")
    else:
        measured = sizes.apply(lambda branches: float(branches[branches > 0].index.max()))
        what, holds = "lower edge of the bin of the largest branches", measured["D_SS"] < measured.drop("D_SS")
    why = f"{what}: {', '.join(f'{split} {value:.3g}' for split, value in measured.items())}"
    verdict = ClaimVerdict.SUPPORTED if holds.all() else ClaimVerdict.NOT_SUPPORTED
    files = "the published files" + (" of Hotels-50K" if tables["hotels_table_02"] is not None else "")
    return Finding(verdict, f"{why} ({files})", chapter=CHAPTERS["hotels_class_sizes"])
