"""The scorecard (chapter 91): every claim of the two papers with its verdict, and how far rankings agree."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np
import pandas as pd
from scipy.stats import kendalltau

from lib.core import published
from lib.core.errors import DataError
from lib.review import baseline_contests, claimed_orders, scoring_claims
from lib.review.analysis_plan import ORDERS
from lib.review.claim_tests import TESTS, StudyTables
from lib.review.verdicts import AS_PRINTED, ClaimVerdict

NOTES = {"printed_error": "printed_error_notes", "in_notebooks": "printed_sources_notes"}
"""What chapters 90 and 89 say of claims by the papers' own numbers, of their sampling error and of the outputs behind
them: by column the table, of `id, note`."""
COLUMNS = ["id", "paper", "place", "statement", "verdict", "effect", "low", "high", "seeds", "protocol", "why", "twin"]
COLUMNS += ["chapter", "runs", "smallest", "times_needed", "vendors_needed", "seeds_needed", *NOTES]
COLUMNS += ["planned"]
AGREEMENT = ["paper", "table", "metric", "split", "rows", "tau", "low", "high"]
TAKEAWAYS: dict[str, tuple[ClaimVerdict, ...]] = {
    "What holds here": (ClaimVerdict.SUPPORTED,),
    "What is too small to matter": (ClaimVerdict.EQUIVALENT,),
    "What the study can't decide": (ClaimVerdict.UNDECIDED, ClaimVerdict.PARTLY_SUPPORTED),
    "What doesn't hold": (ClaimVerdict.NOT_SUPPORTED, ClaimVerdict.REVERSED),
    "What the papers' own numbers say": AS_PRINTED,
    "What can't be told from what was published": (ClaimVerdict.NOT_TESTABLE_AS_PUBLISHED,),
    "What was not run": (ClaimVerdict.NOT_TESTABLE_HERE,),
}
"""The headings of `takeaways`, and the verdicts under each."""


def scorecard(
    tables: StudyTables,
    protocol: str = "",
    claims: pd.DataFrame | None = None,
    planned: Mapping[str, str] | None = None,
) -> pd.DataFrame:
    """Every claim with its verdict: COLUMNS.

    protocol: by which the study splits, which is that of what its chapters 30 to 36 compare; claims: as
    `lib.core.published.claims`; planned: of `lib.review.analysis_plan.followed`. Raises DataError for a claim whose
    test isn't one of `claim_tests.TESTS`.
    """
    claims = published.claims() if claims is None else claims
    noted = _noted(tables) | {"planned": planned or {}}
    survived = scoring_claims.said(scoring_claims.survival(tables["scoring_comparisons"]))
    rows = []
    for claim in claims.itertuples():
        if claim.test not in TESTS:
            raise DataError(
                f"results/published/claims.csv, {claim.id}: there is no test called {claim.test!r} "
                f"(lib/review/claim_tests.py has {', '.join(TESTS)})."
            )
        finding = TESTS[claim.test](tables, claim.argument)
        tested = finding.verdict is not ClaimVerdict.NOT_TESTABLE_HERE
        if tested and claim.id in survived:
            finding.why += f"; {survived[claim.id]}"
        if tested and claim.test in ORDERS:
            finding.why += "".join(f"; {clause}" for clause in _baselines_above(claim.argument, tables))
        splits_as_study = tested and finding.chapter.startswith("3")
        row = {
            **claim._asdict(),
            **vars(finding),
            "verdict": finding.verdict.value,
            "protocol": finding.protocol or (protocol if splits_as_study else ""),
            "runs": " ".join(dict.fromkeys(finding.runs)),
            **{column: of.get(claim.id, "") for column, of in noted.items()},
        }
        rows.append({column: row[column] for column in COLUMNS})
    return pd.DataFrame(rows)


def _noted(tables: StudyTables) -> dict[str, Mapping[str, str]]:
    """What NOTES say of claims: by column, then by id; nothing where the chapter wasn't run."""
    read = {column: tables[name] for column, name in NOTES.items()}
    return {column: {} if notes is None else dict(notes[["id", "note"]].to_numpy()) for column, notes in read.items()}


def _baselines_above(argument: str, tables: StudyTables) -> list[str]:
    """Where a baseline is above every trained system of a modality that the claimed orders are about."""
    tasks = (("identification", "Macro-F1"), ("verification", "R-Precision@X"))
    clauses = []
    for task, metric in tasks:
        above = baseline_contests.above_all_trained(tables[f"baselines_{task}"], metric)
        for order in claimed_orders.orders(task):
            if order.statement.startswith(tuple(argument.split(";"))):
                sides = (order.better, order.worse)
                clauses += [above.get(side.representation or side.modality, "") for side in sides]
    return [clause for clause in dict.fromkeys(clauses) if clause]


def counts(claims: pd.DataFrame) -> pd.DataFrame:
    """How many claims of each paper have which verdict: `verdict, matched, hotels`. claims: a `scorecard`."""
    table = claims.pivot_table(index="verdict", columns="paper", values="id", aggfunc="count", fill_value=0)
    verdicts = [verdict.value for verdict in ClaimVerdict if verdict in table.index]
    table = table.reindex(index=verdicts, columns=["matched", "hotels"], fill_value=0)
    return table.rename_axis(index="verdict", columns=None).reset_index()


def ranking_agreement(tables: StudyTables, draws: int = 300, seed: int = 0) -> pd.DataFrame:
    """Do rows of ours stand in the order in which the papers' tables have them?

    AGREEMENT, a row for each table, metric and split with three rows of ours or more: Kendall's tau with an interval,
    for which each of our scores is drawn anew (`draws` times) from a normal distribution as wide as its own interval.
    """
    generator = np.random.default_rng(seed)
    rows = []
    for paper, number in published.tables():
        table = tables[f"{paper}_table_{number:02d}"]
        if table is None or not {"published", "ours", "low", "high"} <= set(table):
            continue
        if "variant" in table:
            table = table[table["variant"] == "corrected"]
        table = table.assign(split=table.get("split", "")).dropna(subset=["published", "ours", "low", "high"])
        for (metric, split), scores in table.groupby(["metric", "split"], sort=False):
            if len(scores) < 3 or scores["published"].nunique() < 2:
                continue
            width = ((scores["high"] - scores["low"]) / (2 * 1.96)).to_numpy()
            drawn = generator.normal(scores["ours"].to_numpy(), width, (draws, len(scores)))
            taus = [kendalltau(scores["published"], resampled).statistic for resampled in drawn]
            low, high = np.nanquantile(taus, [0.025, 0.975])
            tau = kendalltau(scores["published"], scores["ours"]).statistic
            rows.append((paper, number, metric, split, len(scores), tau, low, high))
    return pd.DataFrame(rows, columns=AGREEMENT)


def takeaways(claims: pd.DataFrame, tables: StudyTables) -> str:
    """What a reader should take home, as Markdown: findings that no claim is about, and every claim by its verdict."""
    findings = "\n".join(f"- {line}" for line in _beside_the_claims(tables))
    parts = [f"**Beside the claims**\n\n{findings}"] if findings else []
    for title, verdicts in TAKEAWAYS.items():
        rows = claims[claims["verdict"].isin(verdicts)]
        if len(rows):
            papers = rows["paper"].map({"matched": "MATCHED", "hotels": "Hotels"})
            lines = "- " + rows["statement"] + " (" + papers + ", " + rows["place"] + "): " + rows["verdict"]
            parts.append(f"**{title}** ({len(rows)})\n\n" + "\n".join(lines))
    return "\n\n".join(parts)


def runs_behind(claims: pd.DataFrame) -> str:
    """The run folders, below the study's, that each claim's verdict rests on, folded away, as Markdown.

    claims: a `scorecard`.
    """
    lines = []
    for claim in claims[claims["runs"] != ""].itertuples():
        folders = ", ".join(f"`runs/{run}`" for run in claim.runs.split())
        lines.append(f"- {claim.id}: {folders}")
    return "\n".join(["<details><summary>Runs behind each claim</summary>", "", *lines, "", "</details>"])


def _beside_the_claims(tables: StudyTables) -> Iterator[str]:
    for name, chapter in (("baselines_identification", "30"), ("baselines_verification", "31")):
        contests = tables[name]
        if contests is not None and len(contests):
            won = baseline_contests.won(contests)
            yield from (f"{sentence} (chapter {chapter})" for sentence in won)
            if not won:
                yield f"No baseline that learns no vectors is above the best trained system (chapter {chapter})."
    crossing, audited = (tables[name] for name in ("leakage", "paper_audit_summary"))
    if crossing is not None:
        own_text = crossing[crossing["what"].eq("own text") & crossing["items"].eq("multimodal")]
        shares = own_text.set_index("protocol")["share"]
        if "paper" in shares:
            by_split = ", ".join(f"{name} {share:.0%}" for name, share in shares.items())
            yield f"Test pairs that have their own text in training, by split: {by_split} (chapter 03)."
    if audited is not None:
        yield (
            f"Of {audited['checked'].sum():,} checks of numbers that the papers print, {audited['disagree'].sum():,} "
            "don't come out (chapter 90 says which, and likely readings)."
        )
