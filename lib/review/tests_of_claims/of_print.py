"""Tests of claims on what the papers print."""

from __future__ import annotations

import itertools

import pandas as pd
from scipy.stats import kendalltau

from lib.core import published
from lib.core.errors import DataError
from lib.review.arithmetic import audit, text_checks
from lib.review.tests_of_claims.finding import CHAPTERS, Finding, StudyTables
from lib.review.verdicts import ClaimVerdict

UNKNOWN = "D_??"
TESTS_OF_HOTELS = ("D_SS", "D_SU", "D_UU", UNKNOWN)
"""The test splits of the paper on hotels, in its order; the last is of unknown chains."""


def printed(tables: StudyTables, argument: str) -> Finding:
    """Statements about the papers' own numbers (ids of `text_numbers.csv`), computed again (chapter 90)."""
    numbers = published.text_numbers()
    rows = numbers[numbers["id"].isin(argument.split()) | (numbers["kind"] == "given")]
    checks = pd.DataFrame(list(text_checks.statements(audit.all_tables(), rows)))
    why = "; ".join(
        f"printed {row.printed}, recomputed {row.recomputed:.5g} ({row.reading})" for row in checks.itertuples()
    )
    verdict = _as_printed(checks["agrees"] == "yes")
    return Finding(verdict, f"by the paper's own numbers: {why}", chapter=CHAPTERS["paper_audit"])


def none(tables: StudyTables, argument: str) -> Finding:
    """`published: reason` or `here: reason`: what keeps a claim from any test, as it was published or in this project.

    Raises DataError for an argument without one of the two or without a reason.
    """
    lacking, _, reason = argument.partition(": ")
    verdicts = {"published": ClaimVerdict.NOT_TESTABLE_AS_PUBLISHED, "here": ClaimVerdict.NOT_TESTABLE_HERE}
    if lacking not in verdicts or not reason.strip():
        raise DataError(
            f"results/published/claims.csv: the test none has the argument {argument!r}. It takes `published: ` or "
            "`here: ` and the reason in a sentence."
        )
    return Finding(verdicts[lacking], reason)


def spread(tables: StudyTables, argument: str) -> Finding:
    """`table:column=value,…;table:column=value,…`: is one printed row's ± below the other's, wherever both have one?

    MATCHED's tables; each metric and split is one comparison. What rounding may have made equal counts as below.
    """
    sides = []
    for side in argument.split(";"):
        number, _, conditions = side.partition(":")
        rows = published.table("matched", int(number))
        for condition in conditions.split(","):
            column, _, value = condition.partition("=")
            rows = rows[rows[column] == value]
        sides.append(rows.dropna(subset="std").set_index(["metric", "split"])["std"])
    both = pd.concat(sides, axis=1, join="inner", keys=["one", "other"])
    holds = both["one"] <= both["other"]
    where = ", ".join(" ".join(key) for key in both.index[~holds])
    why = f"± is smaller or the same in {int(holds.sum())} of {len(both)} cells{f', not in {where}' if where else ''}"
    gap = both["one"] - both["other"]
    return Finding(_as_printed(holds), f"by the paper's own numbers: {why}", float(gap.mean()))


def order_moves(tables: StudyTables, argument: str) -> Finding:
    """Do the printed scores of losses rank in another order in some two test splits, by each metric and data set?

    Kendall's tau of Tables 4 and 5 of the paper on hotels; equal orders have 1.
    """
    agreement = _printed_agreement()
    lowest = agreement.groupby(["dataset", "metric"])["tau"].min()
    why = ", ".join(f"{' '.join(key)} {tau:.2f}" for key, tau in lowest.items())
    return Finding(_as_printed(lowest < 1), f"by the paper's own numbers: lowest tau of two splits: {why}")


def moves_more(tables: StudyTables, argument: str) -> Finding:
    """`one;other`: do losses change their order by AUC more in one data set than in the other (mean Kendall's tau)?

    Read in two ways: between all four test splits, and between the three of known chains. effect: the difference of
    mean taus, one less other, over all four.
    """
    one, other = argument.split(";")
    agreement = _printed_agreement()
    agreement = agreement[agreement["metric"] == "AUC"]
    known = agreement[~agreement["splits"].str.contains(UNKNOWN, regex=False)]
    means = pd.DataFrame(
        {
            "all four splits": agreement.groupby("dataset")["tau"].mean(),
            "the three of known chains": known.groupby("dataset")["tau"].mean(),
        }
    )
    gaps = means.loc[one] - means.loc[other]
    why = "; ".join(
        f"mean tau between {reading} {one} {of.loc[one]:.2f}, {other} {of.loc[other]:.2f}"
        for reading, of in means.items()
    )
    return Finding(_as_printed(gaps < 0), f"by the paper's own numbers: {why}", float(gaps.iloc[0]))


def foretells_nothing(tables: StudyTables, argument: str) -> Finding:
    """`one;other`: are the orders of losses in two test splits unrelated, by each metric and data set?

    A Kendall tau whose exact p is below 5 % says that they are related. Above it nothing is shown: of six losses tau
    must be 0.87 or more.
    """
    agreement = _printed_agreement()
    rows = agreement[agreement["splits"] == argument]
    related = (rows["tau"] > 0) & (rows["p"] < 0.05)
    why = ", ".join(f"{row.dataset} {row.metric} tau {row.tau:.2f} (p {row.p:.2g})" for row in rows.itertuples())
    if not related.any():
        why += "; that no relation is shown among six losses is no proof of none"
        return Finding(ClaimVerdict.NOT_TESTABLE_AS_PUBLISHED, f"by the paper's own numbers: {why}")
    verdict = ClaimVerdict.INCONSISTENT if related.all() else ClaimVerdict.PARTLY_CONSISTENT
    return Finding(verdict, f"by the paper's own numbers: {why}", float(rows["tau"].mean()))


def _printed_agreement() -> pd.DataFrame:
    """How alike losses rank in two test splits, as printed: `dataset, metric, splits` (`one;other`), `tau, p`."""
    rows = []
    for number, dataset in ((4, "Hotels-50K"), (5, "Hotel-ID")):
        for metric, scores in published.table("hotels", number).groupby("metric"):
            by_split = scores.pivot(index="system", columns="split", values="mean")[list(TESTS_OF_HOTELS)]
            for one, other in itertools.combinations(by_split, 2):
                found = kendalltau(by_split[one], by_split[other])
                rows.append((dataset, metric, f"{one};{other}", float(found.statistic), float(found.pvalue)))
    return pd.DataFrame(rows, columns=["dataset", "metric", "splits", "tau", "p"])


def _as_printed(holds: pd.Series) -> ClaimVerdict:
    """What is consistent everywhere, somewhere or nowhere."""
    if holds.all():
        return ClaimVerdict.CONSISTENT
    return ClaimVerdict.PARTLY_CONSISTENT if holds.any() else ClaimVerdict.INCONSISTENT
