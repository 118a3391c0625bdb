"""Tests of claims on what chapters 03, 30, 31 and 35 measured of a study's runs."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy.stats import chi2

from lib.review import alignment_tables, claimed_orders
from lib.review.tests_of_claims.finding import (
    CHAPTERS,
    COMPARISONS,
    Finding,
    StudyTables,
    absent,
    combined,
    of_sameness,
    say_what_would_decide,
)
from lib.review.verdicts import NOT_CONVERGED, ClaimVerdict
from lib.study.registry import BACKBONES


def orders(tables: StudyTables, argument: str) -> Finding:
    """Comparisons of `lib.review.claimed_orders` whose claim begins with the argument, or with one of several (;).

    By the rows of `lib.review.claimed_orders.judged`; what the other variant says is in *why*.
    """
    starts = tuple(argument.split(";"))
    for name, metric in zip(COMPARISONS, ("Macro-F1", "R-Precision@X"), strict=True):
        table = tables[name]
        rows = None if table is None else table[table["claim"].str.startswith(starts)]
        if rows is not None and len(rows):
            rows = rows.rename(columns={"ours": "value"})
            judged = claimed_orders.judged(rows)
            by = " and ".join(judged["variant"].unique())
            finding = combined(judged, name, f"by the variant {by}, difference of {metric}", metric)
            others = rows[~rows.index.isin(judged.index)].dropna(subset=["low", "high"])
            for variant, of_variant in others.groupby("variant"):
                open_ended = (of_variant["verdict"] == NOT_CONVERGED).all()
                verdict = NOT_CONVERGED if open_ended else combined(of_variant, name, "", metric).verdict
                finding.why += f"; by {variant} {verdict}"
            return finding
    retrieval = any(order.statement.startswith(starts) for order in claimed_orders.orders("verification"))
    return absent(COMPARISONS[retrieval])


def reversed_orders(tables: StudyTables, argument: str) -> Finding:
    """`orders` that are claimed the other way round: what is below supports them."""
    finding = orders(tables, argument)
    if finding.verdict is ClaimVerdict.NOT_TESTABLE_HERE:
        return finding
    other_way = {
        ClaimVerdict.SUPPORTED: ClaimVerdict.REVERSED,
        ClaimVerdict.REVERSED: ClaimVerdict.SUPPORTED,
        ClaimVerdict.PARTLY_SUPPORTED: ClaimVerdict.NOT_SUPPORTED,
    }
    finding.verdict = other_way.get(finding.verdict, finding.verdict)
    finding.why += ". Claimed is the reverse: below"
    return finding


def on_par(tables: StudyTables, argument: str) -> Finding:
    """`orders` whose two sides are said to score alike."""
    return of_sameness(orders(tables, argument))


def face_networks(tables: StudyTables, argument: str) -> Finding:
    """`identification|verification;faces|faces`: does a picture network score above each face network (A.4)?

    Pairs of rows that differ in the network alone; faces: which pictures both had (all, face, no-face). By macro-F1, or
    by R-Precision in each region.
    """
    task, which = argument.split(";")
    name = {"identification": "identification_rows", "verification": "verification"}[task]
    table = tables[name]
    if table is None:
        return absent(name)
    table = table[table["faces"].isin(which.split("|")) & table["system"].isin(BACKBONES)]
    if task == "verification":
        table = table[table["metric"] == "R-Precision@X"]
    kinds = table["system"].map(lambda system: BACKBONES[system].kind)
    alike = [column for column in ("objective", "variant", "sampling", "faces", "region") if column in table]
    both = table[kinds == "image"].merge(table[kinds == "face"], on=alike, suffixes=("", "_face"))
    rows = pd.DataFrame(
        {
            "value": both["mean"] - both["mean_face"],
            "low": both["low"] - both["high_face"],
            "high": both["high"] - both["low_face"],
            "run": both["run"],
            "face_run": both["run_face"],
        }
    )
    return combined(
        rows, name, f"picture network less face network, {task}, pairs whose intervals are apart", "Macro-F1"
    )


def seeds(tables: StudyTables, argument: str) -> Finding:
    """Is the standard deviation of macro-F1 over seeds at most twice the paper's?

    By its 95 % interval where scores are normal (chi-square): of three seeds it reaches from half of what was seen to
    six times that.
    """
    table = tables["matched_table_03"]
    if table is None or table["ours"].isna().all():
        return absent("matched_table_03")
    table = table[table["metric"] == "Macro-F1"].assign(seed=lambda rows: rows["seed"].astype(str)).set_index("seed")
    ours, paper = table.loc["Std", "ours"], table.loc["Std", "published"]
    chapter = CHAPTERS["matched_table_03"]
    if not np.isfinite(ours):
        return Finding(ClaimVerdict.NOT_TESTABLE_HERE, "one seed only", chapter=chapter)
    count = table.loc[~table.index.isin(["Mean", "Std"]), "ours"].count()
    low, high = (float(ours * ((count - 1) / chi2.ppf(share, count - 1)) ** 0.5) for share in (0.975, 0.025))
    if high <= 2 * paper:
        verdict = ClaimVerdict.SUPPORTED
    else:
        verdict = ClaimVerdict.NOT_SUPPORTED if low > 2 * paper else ClaimVerdict.UNDECIDED
    why = f"macro-F1 over seeds: ours ±{ours:.4f}, by its interval {low:.4f} to {high:.4f}, the paper's ±{paper:.4f}"
    finding = Finding(verdict, why, float(ours), low, high, float(count), chapter)
    if verdict is ClaimVerdict.UNDECIDED:
        finding.seeds_needed = _seeds_that_decide(ours / (2 * paper))
        finding.times_needed = finding.seeds_needed / count
        finding.why += f"; {finding.seeds_needed:.0f} seeds would decide it"
    return finding


def _seeds_that_decide(ratio: float) -> float:
    """How many seeds put the interval of a standard deviation, `ratio` times a level, on one side of it.

    Infinite at a ratio of about one.
    """
    counts = np.arange(2, 10_000)
    low, high = (ratio * np.sqrt((counts - 1) / chi2.ppf(share, counts - 1)) for share in (0.975, 0.025))
    enough = counts[(high <= 1) | (low > 1)]
    return float(enough[0]) if len(enough) else np.inf


def alignment(tables: StudyTables, argument: str) -> Finding:
    """The control of chapter 35 (`lib.review.alignment_tables.conclusion`).

    Does what was published find pictures where texts name all of what they show? If not, and a corrected variant does,
    its failure on ads says nothing of ads. effect: how much more the corrected variants gain, mean of methods.
    """
    judged, contrasts = tables["alignment_judged"], tables["alignment_contrasts"]
    if judged is None or contrasts is None or contrasts.empty:
        return absent("alignment_judged")
    verdict, why = alignment_tables.conclusion(judged, contrasts)
    effect, low, high = contrasts["difference"].mean(), contrasts["low"].min(), contrasts["high"].max()
    chapter = CHAPTERS["alignment_judged"]
    finding = Finding(verdict, why, float(effect), float(low), float(high), judged["seeds"].min(), chapter)
    if verdict is ClaimVerdict.UNDECIDED:
        say_what_would_decide(finding, contrasts.rename(columns={"difference": "value"}), "R-Precision@X")
    return finding


def leak(tables: StudyTables, argument: str) -> Finding:
    """Does the multimodal system keep its macro-F1 where no campaign crosses the split?

    effect: the score of `campaign` less that of the published split. A fall that is decided counts against the claim;
    that nothing was lost can't be shown. Reported with it: how many test pairs have their own text in training under
    the published split, and what a lookup of that text alone scores.
    """
    crossing, falls_of, lookups = tables["leakage"], tables["leakage_falls"], tables["leakage_probe"]
    if crossing is None or (pairs := _published_pairs(crossing)).empty:
        return absent("leakage")
    own_text = pairs[pairs["what"] == "own text"].iloc[0]
    why = f"under the published split {own_text['share']:.0%} of test pairs have their own text in training"
    if lookups is not None:
        lookups = _published_pairs(lookups)
        scores = lookups.loc[lookups["probe"] == "same text", "mean"]
        why += "".join(f", and looking it up scores {score:.2f}" for score in scores)
    if falls_of is None or falls_of.empty:
        why += "; no system was run under several protocols"
        return Finding(ClaimVerdict.NOT_TESTABLE_HERE, why, chapter=CHAPTERS["leakage"])
    rows = falls_of[(falls_of["metric"] == "Macro-F1") & falls_of["run"].astype(str).str.startswith("fusion")]
    rows = rows[(rows["from"] == "paper") & (rows["to"] == "campaign")]
    rows = rows.assign(value=-rows["fall"], low=-rows["high"], high=-rows["low"])
    finding = combined(rows, "leakage_falls", "macro-F1 of campaign less paper", "Macro-F1")
    if finding.verdict in (ClaimVerdict.REVERSED, ClaimVerdict.NOT_SUPPORTED):
        finding.verdict = ClaimVerdict.NOT_SUPPORTED
    elif finding.verdict is not ClaimVerdict.NOT_TESTABLE_HERE:
        finding.verdict = ClaimVerdict.UNDECIDED
    finding.why, finding.protocol = f"{why}; {finding.why}", "paper, campaign"
    return finding


def _published_pairs(table: pd.DataFrame) -> pd.DataFrame:
    """The rows about pairs of text and picture, split by the protocol `paper`."""
    return table[(table["items"] == "multimodal") & (table["protocol"] == "paper")]
