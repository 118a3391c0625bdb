"""The tests of the papers' claims on the tables of a study's chapters (chapter 91).

A claim of `results/published/claims.csv` names its test, a function of `TESTS`, and the test's argument. A verdict is
computed anew from the tables each time, so it changes when they do.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.stats import chi2

from lib.core import published, yaml_files
from lib.core import tables as read_back
from lib.core.schemas import ClaimComparisons
from lib.review import alignment_tables, claimed_orders
from lib.review.arithmetic import audit, text_checks
from lib.review.verdicts import NOT_CONVERGED, ClaimVerdict

CHAPTERS = {
    table: chapter
    for chapter, written in yaml_files.read(Path(__file__).with_suffix(".yaml"), "expected are chapters").items()
    for table in written
}
"""Which chapter writes the tables that claims are tested on."""
COMPARISONS = ("claims_identification", "claims_verification")
"""The tables of `lib.review.claimed_orders`."""


class StudyTables(dict[str, pd.DataFrame | None]):
    """A study's tables by name, read when they are first asked for; one that its chapters didn't write is None."""

    def __init__(self, folder: Path, given: Mapping[str, pd.DataFrame] | None = None) -> None:
        super().__init__(given or {})
        self.folder = folder

    def __missing__(self, name: str) -> pd.DataFrame | None:
        path = self.folder / f"{name}.csv"
        if not path.exists():
            self[name] = None
        elif name in COMPARISONS:
            self[name] = read_back.read(path, ClaimComparisons, f"Run chapter {CHAPTERS[name]} again.")
        else:
            self[name] = read_back.chapter(path)
        return self[name]


@dataclass
class Finding:
    """A verdict with its reason.

    why: what it was read from. effect: in the unit of the test, with `low` and `high` where there is an interval.
    chapter: where that stands. protocol: of the split, if not the study's. runs: folders behind it.
    """

    verdict: ClaimVerdict
    why: str
    effect: float = np.nan
    low: float = np.nan
    high: float = np.nan
    seeds: float = np.nan
    chapter: str = ""
    protocol: str = ""
    runs: list[str] = field(default_factory=list)


def _absent(table: str) -> Finding:
    why = f"chapter {CHAPTERS[table]} or its runs are not in this study"
    return Finding(ClaimVerdict.NOT_TESTABLE_HERE, why, chapter=CHAPTERS[table])


def _combined(rows: pd.DataFrame, table: str, what: str) -> Finding:
    """One verdict of several differences that a claim says are above 0.

    rows: `value, low, high`; with `p_holm` where they were corrected together, and `seeds` and runs (columns that end
    in `run`) where known. effect: the mean, from the lowest to the highest end of the intervals.
    """
    rows = rows.dropna(subset=["low", "high"])
    if rows.empty:
        return _absent(table)
    decided = rows["p_holm"] < 0.05 if "p_holm" in rows else pd.Series(True, rows.index)
    unsettled = rows["converged"].isin(["no", "not known"]) if "converged" in rows else pd.Series(False, rows.index)
    decided &= ~unsettled
    count = len(rows)
    above, below = int(((rows["low"] > 0) & decided).sum()), int(((rows["high"] < 0) & decided).sum())
    if unsettled.any():
        what += f" ({int(unsettled.sum())} of {count} of runs that hadn't converged, which decide nothing)"
    if above == count:
        verdict = ClaimVerdict.SUPPORTED
    elif below:
        verdict = ClaimVerdict.REVERSED if below == count else ClaimVerdict.NOT_SUPPORTED
    else:
        verdict = ClaimVerdict.PARTLY_SUPPORTED if above else ClaimVerdict.UNDECIDED
    return Finding(
        verdict,
        f"{what}: above in {above}, below in {below}, undecided in {count - above - below} of {count}",
        effect=float(rows["value"].mean()),
        low=float(rows["low"].min()),
        high=float(rows["high"].max()),
        seeds=rows["seeds"].min() if "seeds" in rows else np.nan,
        chapter=CHAPTERS[table],
        runs=[run for column in rows if column.endswith("run") for run in rows[column].dropna() if run],
    )


def orders(tables: StudyTables, argument: str) -> Finding:
    """Comparisons of `lib.review.claimed_orders` whose claim begins with the argument.

    By the rows of `lib.review.claimed_orders.judged`; what the other variant says is in *why*.
    """
    for name, score in zip(COMPARISONS, ("macro-F1", "R-Precision"), strict=True):
        table = tables[name]
        rows = None if table is None else table[table["claim"].str.startswith(argument)]
        if rows is not None and len(rows):
            rows = rows.rename(columns={"ours": "value"})
            judged = claimed_orders.judged(rows)
            by = " and ".join(judged["variant"].unique())
            finding = _combined(judged, name, f"by the variant {by}, difference of {score}")
            others = rows[~rows.index.isin(judged.index)].dropna(subset=["low", "high"])
            for variant, of_variant in others.groupby("variant"):
                open_ended = (of_variant["verdict"] == NOT_CONVERGED).all()
                finding.why += (
                    f"; by {variant} {NOT_CONVERGED if open_ended else _combined(of_variant, name, score).verdict}"
                )
            return finding
    return _absent("claims_identification")


def interval(tables: StudyTables, argument: str) -> Finding:
    """`table;column=value;score;level;above|same`: is the score's interval above a level in every row?

    With *same* the claim is that the level holds: then a difference speaks against it, and none proves nothing.
    """
    name, where, score, level, side = argument.split(";")
    table = tables[name]
    if table is None or table.empty:
        return _absent(name)
    column, _, value = where.partition("=")
    table = table if column.endswith("!") else table[table[column] == value]
    low, high = (f"{score}_{end}" if f"{score}_{end}" in table else end for end in ("low", "high"))
    rows = table[[score, low, high]].set_axis(["value", "low", "high"], axis="columns") - float(level)
    rows = rows.join(table[[column for column in ("p_holm", "run") if column in table]])
    finding = _combined(rows, name, f"{score} less {level}")
    if side == "same" and finding.verdict is not ClaimVerdict.NOT_TESTABLE_HERE:
        if finding.verdict is ClaimVerdict.UNDECIDED:
            finding.why += ". No difference was shown, which is no proof of sameness"
        else:
            finding.verdict = ClaimVerdict.NOT_SUPPORTED
            finding.why += ". Differences were shown"
    return finding


def bins(tables: StudyTables, argument: str) -> Finding:
    """`table;factor;one;other`: in each bin of vendors, is one system's mean above the other's in the nearest bin?

    Decided where their intervals are apart.
    """
    name, factor, one, other = argument.split(";")
    table = tables[name]
    if table is None or not {one, other} <= set(table["system"]):
        return _absent(name)
    table = table[table["factor"] == factor]
    keys = [column for column in ("region", "metric") if column in table]
    rows = []
    for _, group in table.groupby(keys) if keys else [("", table)]:
        first, second = (group[group["system"] == system] for system in (one, other))
        for row in first.itertuples() if len(second) else ():
            near = second.loc[(second["value"] - row.value).abs().idxmin()]
            rows.append((row.mean - near["mean"], row.low - near["high"], row.high - near["low"]))
    differences = pd.DataFrame(rows, columns=["value", "low", "high"])
    return _combined(differences, name, f"{one} less {other} over {factor}, bins whose intervals are apart")


def positives(tables: StudyTables, argument: str) -> Finding:
    """`one;other`: has one system more true and fewer false positives than the other on the same items?

    effect: the difference of their shares of right answers.
    """
    table = tables["positives"]
    one, other = argument.split(";")
    if table is None or not {one, other} <= set(table["system"]):
        return _absent("positives")
    first, second = (table.set_index("system").loc[name] for name in (one, other))
    more, fewer = first["true"] > second["true"], first["false"] < second["false"]
    why = ", ".join(
        f"{name}: {row['true']:.0f} true and {row['false']:.0f} false of {row['items']:.0f} items"
        for name, row in ((one, first), (other, second))
    )
    if first["items"] != second["items"]:
        verdict = ClaimVerdict.NOT_TESTABLE_AS_PUBLISHED
        why += (
            ": a text with several pictures is several items of one system and one of the other, so that their counts "
            "can't be compared"
        )
    elif more and fewer:
        verdict = ClaimVerdict.SUPPORTED
    else:
        verdict = ClaimVerdict.PARTLY_SUPPORTED if more or fewer else ClaimVerdict.REVERSED
    return Finding(verdict, why, float(first["right"] - second["right"]), chapter=CHAPTERS["positives"])


def alignment(tables: StudyTables, argument: str) -> Finding:
    """The control of chapter 35 (`lib.review.alignment_tables.conclusion`).

    Does what was published find pictures where texts name all of what they show? If not, and a corrected variant does,
    its failure on ads says nothing of ads. effect: how much more the corrected variants gain, mean of methods.
    """
    judged, contrasts = tables["alignment_judged"], tables["alignment_contrasts"]
    if judged is None or contrasts is None or contrasts.empty:
        return _absent("alignment_judged")
    verdict, why = alignment_tables.conclusion(judged, contrasts)
    effect, low, high = contrasts["difference"].mean(), contrasts["low"].min(), contrasts["high"].max()
    chapter = CHAPTERS["alignment_judged"]
    return Finding(verdict, why, float(effect), float(low), float(high), judged["seeds"].min(), chapter)


def seeds(tables: StudyTables, argument: str) -> Finding:
    """Is the standard deviation of macro-F1 over seeds at most twice the paper's?

    By its 95 % interval where scores are normal (chi-square): of three seeds it reaches from half of what was seen to
    six times that.
    """
    table = tables["matched_table_03"]
    if table is None or table["ours"].isna().all():
        return _absent("matched_table_03")
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
    return Finding(verdict, why, float(ours), low, high, float(count), chapter)


def printed(tables: StudyTables, argument: str) -> Finding:
    """Statements about the papers' own numbers (ids of `text_numbers.csv`), computed again (chapter 90)."""
    numbers = published.text_numbers()
    rows = numbers[numbers["id"].isin(argument.split()) | (numbers["kind"] == "given")]
    checks = pd.DataFrame(list(text_checks.statements(audit.all_tables(), rows)))
    agrees = checks["agrees"] == "yes"
    if agrees.all():
        verdict = ClaimVerdict.CONSISTENT
    else:
        verdict = ClaimVerdict.PARTLY_CONSISTENT if agrees.any() else ClaimVerdict.INCONSISTENT
    why = "; ".join(
        f"printed {row.printed}, recomputed {row.recomputed:.5g} ({row.reading})" for row in checks.itertuples()
    )
    return Finding(verdict, f"by the paper's own numbers: {why}", chapter=CHAPTERS["paper_audit"])


def falls(tables: StudyTables, argument: str) -> Finding:
    """`from;to`: each trained loss's AUC falls from one test split to another, over seeds."""
    table = tables["hotel_falls"]
    if table is None:
        return _absent("hotel_falls")
    first, second = argument.split(";")
    rows = table[(table["from"] == first) & (table["to"] == second) & (table["loss"] != "pre-trained")]
    rows = rows.rename(columns={"fall": "value"})
    return _combined(rows, "hotel_falls", f"AUC of {first} less {second}, losses, in points")


def hotels(tables: StudyTables, argument: str) -> Finding:
    """A question of chapter 42 (its beginning), answered there."""
    table = tables["hotel_verdicts"]
    if table is None:
        return _absent("hotel_verdicts")
    row = table[table["question"].str.startswith(argument)].iloc[0]
    return Finding(ClaimVerdict(row["verdict"]), row["answer"], chapter=CHAPTERS["hotel_verdicts"])


def invariants(tables: StudyTables, argument: str) -> Finding:
    """Every sentence of the splits that chapter 40 checks on the published files, but for the fifth of B.1."""
    return _sentences(tables, lambda names: ~names.str.contains("a fifth of"))


def fifth(tables: StudyTables, argument: str) -> Finding:
    """B.1's fifth, read as it stands, by chapter 40's name for it."""
    return _sentences(tables, lambda names: names == "D_SS: a fifth of a branch's images or fewer")


def _sentences(tables: StudyTables, which: Callable[[pd.Series], pd.Series]) -> Finding:
    table = tables["hotels_invariants"]
    if table is None:
        return _absent("hotels_invariants")
    rows = table[which(table["invariant"])]
    broken = rows[~rows["holds"]]
    why = f"{len(rows)} checks on the published files" + "".join(
        f"; {row.violations:,} of {row.checked:,} {row.unit} break “{row.invariant}”" for row in broken.itertuples()
    )
    verdict = ClaimVerdict.SUPPORTED if broken.empty else ClaimVerdict.NOT_SUPPORTED
    return Finding(verdict, why, chapter=CHAPTERS["hotels_invariants"])


def leak(tables: StudyTables, argument: str) -> Finding:
    """Does the multimodal system keep its macro-F1 where no campaign crosses the split?

    effect: the score of `campaign` less that of the published split. A fall that is decided counts against the claim;
    that nothing was lost can't be shown. Reported with it: how many test pairs have their own text in training under
    the published split, and what a lookup of that text alone scores.
    """
    crossing, falls_of, lookups = tables["leakage"], tables["leakage_falls"], tables["leakage_probe"]
    if crossing is None or (pairs := _published_pairs(crossing)).empty:
        return _absent("leakage")
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
    finding = _combined(rows, "leakage_falls", "macro-F1 of campaign less paper")
    if finding.verdict in (ClaimVerdict.REVERSED, ClaimVerdict.NOT_SUPPORTED):
        finding.verdict = ClaimVerdict.NOT_SUPPORTED
    elif finding.verdict is not ClaimVerdict.NOT_TESTABLE_HERE:
        finding.verdict = ClaimVerdict.UNDECIDED
    finding.why, finding.protocol = f"{why}; {finding.why}", "paper, campaign"
    return finding


def _published_pairs(table: pd.DataFrame) -> pd.DataFrame:
    """The rows about pairs of text and picture, split by the protocol `paper`."""
    return table[(table["items"] == "multimodal") & (table["protocol"] == "paper")]


_FUNCTIONS = (orders, interval, bins, positives, alignment, seeds, printed, falls, hotels, invariants, fifth, leak)
TESTS: dict[str, Callable[[StudyTables, str], Finding]] = {test.__name__: test for test in _FUNCTIONS}
"""How claims are tested, by the name that the data file uses."""
