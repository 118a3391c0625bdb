"""The claims ledger: each claim of the two papers (results/published/claims.csv), tested on the tables of a study's chapters.

A verdict is computed anew from the tables each time (chapter 91), so it changes when they do. *supported*, *reversed*: every difference that the test reads is decided, for the claim or
against it (its interval leaves out no effect, and where several were corrected together its p stays below 5 %); *partly supported*: some are, none against; *undecided*: none is; *not
supported*: it doesn't hold, or holds in some places and not in others; *consistent*, *partly consistent*, *inconsistent as printed*: by the paper's own numbers alone, which says nothing of
the world; *not testable here*: what it needs was not run; *not testable as published*: what was published can't answer it, for a reason that is said.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.stats import chi2, kendalltau

from lib.core import published
from lib.core import tables as read_back
from lib.core.errors import DataError
from lib.review import alignment_tables, audit

HERE, PUBLISHED = "not testable here", "not testable as published"
PRINTED = ["consistent as printed", "partly consistent as printed", "inconsistent as printed"]
CHAPTERS = {
    "claims_identification": "30_identification",
    "claims_verification": "31_verification",
    "matched_table_03": "30_identification",
    "alignment_judged": "35_alignment",
    "alignment_contrasts": "35_alignment",
    "shared_less_unique": "32_known_and_new_vendors",
    "open_set": "32_known_and_new_vendors",
    "fig_3": "33_insights",
    "figs_4_to_7": "33_insights",
    "positives": "33_insights",
    "leakage": "03_splits_and_leakage",
    "leakage_falls": "03_splits_and_leakage",
    "hotel_falls": "42_hotel_results",
    "hotel_verdicts": "42_hotel_results",
    "hotel_transfer": "42_hotel_results",
    "hotels_invariants": "40_hotel_splits",
    "paper_audit": "90_paper_audit",
}
"""Which chapter writes the tables that claims are tested on."""


@dataclass
class Verdict:
    """effect: in the unit of the test, with low and high where there is an interval; why: what it was read from; chapter: where that stands; protocol: of the split, if not the study's;
    runs: folders behind it."""

    verdict: str
    why: str
    effect: float = np.nan
    low: float = np.nan
    high: float = np.nan
    seeds: float = np.nan
    chapter: str = ""
    protocol: str = ""
    runs: list[str] = field(default_factory=list)


class Tables(dict):
    """A study's tables by name; one that its chapters didn't write is None."""

    def __init__(self, folder: Path, given: Mapping[str, pd.DataFrame] | None = None) -> None:
        super().__init__(given or {})
        self.folder = folder

    def __missing__(self, name: str) -> pd.DataFrame | None:
        path = self.folder / f"{name}.csv"
        self[name] = read_back.chapter(path) if path.exists() else None
        return self[name]


Test = Callable[[Tables, str], Verdict]


def ledger(tables: Tables, protocol: str = "", claims: pd.DataFrame | None = None) -> pd.DataFrame:
    """Every claim with its verdict: `id, paper, place, statement, verdict, effect, low, high, seeds, protocol, why, twin, chapter, runs`. protocol: by which the study splits, which is
    that of what its chapters 30 to 36 compare."""
    claims = published.claims() if claims is None else claims
    rows = []
    for claim in claims.itertuples():
        if claim.test not in TESTS:
            raise DataError(
                f"results/published/claims.csv, {claim.id}: there is no test called {claim.test!r} (lib/review/ledger.py has {', '.join(TESTS)})."
            )
        found = TESTS[claim.test](tables, claim.argument)
        compared = found.verdict != HERE and found.chapter.startswith("3")
        rows.append(
            {
                "id": claim.id, "paper": claim.paper, "place": claim.place, "statement": claim.statement, "verdict": found.verdict, "effect": found.effect, "low": found.low,
                "high": found.high, "seeds": found.seeds, "protocol": found.protocol or protocol * compared, "why": found.why, "twin": claim.twin, "chapter": found.chapter, "runs": " ".join(dict.fromkeys(found.runs)),
            }
        )  # fmt: skip
    return pd.DataFrame(rows)


def _absent(name: str) -> Verdict:
    return Verdict(HERE, f"chapter {CHAPTERS[name]} or its runs are not in this study", chapter=CHAPTERS[name])


def _combined(rows: pd.DataFrame, name: str, what: str) -> Verdict:
    """Of rows `value, low, high` whose claim says above 0; with `p_holm` where they were corrected together, `seeds` and runs (columns that end in `run`) where known."""
    rows = rows.dropna(subset=["low", "high"])
    if rows.empty:
        return _absent(name)
    decided = rows["p_holm"] < 0.05 if "p_holm" in rows else True
    ups, downs = int(((rows["low"] > 0) & decided).sum()), int(((rows["high"] < 0) & decided).sum())
    count = len(rows)
    if ups == count:
        verdict = "supported"
    elif downs:
        verdict = "reversed" if downs == count else "not supported"
    else:
        verdict = "partly supported" if ups else "undecided"
    said = f"{what}: above in {ups}, below in {downs}, undecided in {count - ups - downs} of {count}"
    low, high = rows["low"].min(), rows["high"].max()
    runs = [run for column in rows if column.endswith("run") for run in rows[column].dropna() if run]
    seeds = rows["seeds"].min() if "seeds" in rows else np.nan
    return Verdict(
        verdict, said, float(rows["value"].mean()), float(low), float(high), seeds, CHAPTERS[name], runs=runs
    )


def orders(tables: Tables, argument: str) -> Verdict:
    """Comparisons of `lib.review.claims` whose claim begins with the argument; effect: mean difference, the widest interval."""
    found = []
    for name in ("claims_identification", "claims_verification"):
        if tables[name] is not None:
            found.append(tables[name][tables[name]["claim"].str.startswith(argument)].assign(table=name))
    rows = pd.concat(found) if found else pd.DataFrame(columns=["table"])
    name = rows["table"].iloc[0] if len(rows) else "claims_identification"
    if rows.empty:
        return _absent(name)
    rows = rows.rename(columns={"ours": "value"})
    return _combined(rows, name, "difference of " + ("R-Precision" if name == "claims_verification" else "macro-F1"))


def interval(tables: Tables, argument: str) -> Verdict:
    """`table;column=value;score;level;above|same`: is the score's interval above a level in every row, or does it hold the level (no difference shown)?"""
    name, where, score, level, side = argument.split(";")
    table = tables[name]
    if table is None or table.empty:
        return _absent(name)
    column, _, value = where.partition("=")
    table = table if column.endswith("!") else table[table[column] == value]
    low, high = (f"{score}_{end}" if f"{score}_{end}" in table else end for end in ("low", "high"))
    rows = pd.DataFrame(
        {"value": table[score] - float(level), "low": table[low] - float(level), "high": table[high] - float(level)}
    )
    rows = rows.join(table[[column for column in ("p_holm", "run") if column in table]])
    found = _combined(rows, name, f"{score} less {level}")
    if side == "same" and found.verdict != HERE:
        shown = found.verdict != "undecided"
        found.verdict = "not supported" if shown else "undecided"
        found.why += ". Differences were shown" if shown else ". No difference was shown, which is no proof of sameness"
    return found


def bins(tables: Tables, argument: str) -> Verdict:
    """`table;factor;one;other`: in each bin of vendors, is one system's mean above the other's in the bin nearest to it? Decided where their intervals are apart."""
    name, factor, one, other = argument.split(";")
    table = tables[name]
    if table is None or not {one, other} <= set(table["system"]):
        return _absent(name)
    table, rows = table[table["factor"] == factor], []
    by = [column for column in ("region", "metric") if column in table]
    for _, here in table.groupby(by) if by else [("", table)]:
        first, second = (here[here["system"] == system] for system in (one, other))
        for row in first.itertuples() if len(second) else ():
            near = second.loc[(second["value"] - row.value).abs().idxmin()]
            rows.append(
                {"value": row.mean - near["mean"], "low": row.low - near["high"], "high": row.high - near["low"]}
            )
    return _combined(
        pd.DataFrame(rows, columns=["value", "low", "high"]),
        name,
        f"{one} less {other} over {factor}, bins whose intervals are apart",
    )


def positives(tables: Tables, argument: str) -> Verdict:
    """`one;other`: more true and fewer false positives of one system than of the other, as counts of the same items can be compared; effect: the difference of their shares of right answers."""
    table = tables["positives"]
    one, other = argument.split(";")
    if table is None or not {one, other} <= set(table["system"]):
        return _absent("positives")
    table = table.set_index("system")
    more, fewer = table.loc[one, "true"] > table.loc[other, "true"], table.loc[one, "false"] < table.loc[other, "false"]
    verdict = "supported" if more and fewer else "partly supported" if more or fewer else "reversed"
    said = ", ".join(
        f"{name}: {row['true']:.0f} true and {row['false']:.0f} false of {row['items']:.0f} items"
        for name, row in table.loc[[one, other]].iterrows()
    )
    if table.loc[one, "items"] != table.loc[other, "items"]:
        verdict, said = (
            PUBLISHED,
            f"{said}: a text with several pictures is several items of one system and one of the other, so that their counts can't be compared",
        )
    effect = float(table.loc[one, "right"] - table.loc[other, "right"])
    return Verdict(verdict, said, effect, chapter=CHAPTERS["positives"])


def alignment(tables: Tables, argument: str) -> Verdict:
    """Does what was published find pictures where texts name all of what they show? If not, and a corrected variant does, its failure on ads says nothing of ads (`lib.review.alignment_tables.conclusion`); effect: how much
    more the corrected variants gain, mean of methods."""
    judged, contrasts = tables["alignment_judged"], tables["alignment_contrasts"]
    if judged is None or contrasts is None or contrasts.empty:
        return _absent("alignment_judged")
    verdict, why = alignment_tables.conclusion(judged, contrasts)
    effect, low, high = contrasts["difference"].mean(), contrasts["low"].min(), contrasts["high"].max()
    return Verdict(
        verdict, why, float(effect), float(low), float(high), judged["seeds"].min(), CHAPTERS["alignment_judged"]
    )


def seeds(tables: Tables, argument: str) -> Verdict:
    """The standard deviation of macro-F1 over seeds beside twice the paper's, by its 95 % interval where scores are normal (chi-square): of three
    seeds it reaches from half of what was seen to six times that."""
    table = tables["matched_table_03"]
    if table is None or table["ours"].isna().all():
        return _absent("matched_table_03")
    row = table[(table["seed"].astype(str) == "Std") & (table["metric"] == "Macro-F1")].iloc[0]
    if not np.isfinite(row["ours"]):
        return Verdict(HERE, "one seed only", chapter=CHAPTERS["matched_table_03"])
    ran = table[(table["metric"] == "Macro-F1") & ~table["seed"].astype(str).isin(["Mean", "Std"])]["ours"].count()
    low, high = (row["ours"] * ((ran - 1) / chi2.ppf(share, ran - 1)) ** 0.5 for share in (0.975, 0.025))
    bound = 2 * row["published"]
    return Verdict(
        "supported" if high <= bound else "not supported" if low > bound else "undecided",
        f"macro-F1 over seeds: ours ±{row['ours']:.4f}, by its interval {low:.4f} to {high:.4f}, the paper's ±{row['published']:.4f}",
        float(row["ours"]),
        float(low),
        float(high),
        seeds=float(ran),
        chapter=CHAPTERS["matched_table_03"],
    )


@cache
def _all_tables() -> Mapping[tuple[str, int], pd.DataFrame]:
    return audit.all_tables()


def printed(tables: Tables, argument: str) -> Verdict:
    """Statements about the papers' own numbers (ids of `text_numbers.csv`), computed again (`lib.review.audit`)."""
    said = published.text_numbers()
    asked = said[said["id"].isin(argument.split()) | (said["kind"] == "given")]
    found = pd.DataFrame(list(audit.statements(_all_tables(), asked)))
    right = found["agrees"] == "yes"
    why = "; ".join(
        f"printed {row.printed}, recomputed {row.recomputed:.5g} ({row.reading})" for row in found.itertuples()
    )
    verdict = PRINTED[0] if right.all() else PRINTED[1] if right.any() else PRINTED[2]
    return Verdict(verdict, f"by the paper's own numbers: {why}", chapter=CHAPTERS["paper_audit"])


def falls(tables: Tables, argument: str) -> Verdict:
    """`from;to`: each trained loss's AUC falls from one test split to another, over seeds."""
    table = tables["hotel_falls"]
    if table is None:
        return _absent("hotel_falls")
    first, second = argument.split(";")
    rows = table[(table["from"] == first) & (table["to"] == second) & (table["loss"] != "pre-trained")]
    return _combined(
        rows.rename(columns={"fall": "value"}), "hotel_falls", f"AUC of {first} less {second}, losses, in points"
    )


def hotels(tables: Tables, argument: str) -> Verdict:
    """A question of chapter 42 (its beginning), answered there."""
    table = tables["hotel_verdicts"]
    if table is None:
        return _absent("hotel_verdicts")
    row = table[table["question"].str.startswith(argument)].iloc[0]
    return Verdict(row["verdict"], row["answer"], chapter=CHAPTERS["hotel_verdicts"])


def invariants(tables: Tables, argument: str) -> Verdict:
    """Every sentence of the splits that chapter 40 checks on the published files, but for the fifth of B.1."""
    return _sentences(tables, lambda table: ~table["invariant"].str.contains("a fifth of"))


def fifth(tables: Tables, argument: str) -> Verdict:
    """B.1's fifth, read as it stands."""
    return _sentences(tables, lambda table: table["invariant"] == "D_SS: a fifth of a branch's images or fewer")


def _sentences(tables: Tables, which: Callable[[pd.DataFrame], pd.Series]) -> Verdict:
    table = tables["hotels_invariants"]
    if table is None:
        return _absent("hotels_invariants")
    rows = table[which(table)]
    broken = rows[~rows["holds"]]
    why = f"{len(rows)} checks on the published files"
    why += "".join(
        f"; {row.violations:,} of {row.checked:,} {row.unit} break “{row.invariant}”" for row in broken.itertuples()
    )
    return Verdict("supported" if broken.empty else "not supported", why, chapter=CHAPTERS["hotels_invariants"])


def leak(tables: Tables, argument: str) -> Verdict:
    """Does the multimodal system keep its macro-F1 where no campaign crosses the split? Reported with it: how many test pairs have their own text in training under the published split, and what a lookup of
    that text alone scores. effect: the fall from the published split to `campaign`; a fall that is decided counts against the claim."""
    table, fallen, probed = tables["leakage"], tables["leakage_falls"], tables["leakage_probe"]
    if table is None or not ((table["items"] == "multimodal") & (table["protocol"] == "paper")).any():
        return _absent("leakage")
    row = table[(table["items"] == "multimodal") & (table["protocol"] == "paper") & (table["what"] == "own text")].iloc[
        0
    ]
    why = f"under the published split {row['share']:.0%} of test pairs have their own text in training"
    if probed is not None:
        looked = probed[
            (probed["items"] == "multimodal") & (probed["protocol"] == "paper") & (probed["probe"] == "same text")
        ]
        why += "".join(f", and looking it up scores {score:.2f}" for score in looked["mean"])
    if fallen is None or fallen.empty:
        return Verdict(HERE, f"{why}; no system was run under several protocols", chapter=CHAPTERS["leakage"])
    both = fallen[(fallen["metric"] == "Macro-F1") & fallen["run"].astype(str).str.startswith("fusion")]
    both = both[(both["from"] == "paper") & (both["to"] == "campaign")].rename(columns={"fall": "value"})
    found = _combined(
        both.assign(value=-both["value"], low=-both["high"], high=-both["low"]),
        "leakage_falls",
        "macro-F1 of campaign less paper",
    )
    # That nothing was lost can't be shown, only that something was.
    found.verdict = (
        "not supported"
        if found.verdict in ("reversed", "not supported")
        else "undecided"
        if found.verdict != HERE
        else HERE
    )
    found.why, found.protocol = f"{why}; {found.why}", "paper, campaign"
    return found


TESTS: dict[str, Test] = {
    test.__name__: test
    for test in (
        orders,
        interval,
        bins,
        positives,
        alignment,
        seeds,
        printed,
        falls,
        hotels,
        invariants,
        fifth,
        leak,
    )
}
"""How claims are tested, by the name that the data file uses."""


def counts(found: pd.DataFrame) -> pd.DataFrame:
    """How many claims of each paper have which verdict: `verdict, matched, hotels`."""
    order = ["supported", "partly supported", "undecided", "not supported", "reversed", *PRINTED, PUBLISHED, HERE]
    table = found.pivot_table(index="verdict", columns="paper", values="id", aggfunc="count", fill_value=0)
    table = table.reindex(
        index=[name for name in order if name in table.index], columns=["matched", "hotels"], fill_value=0
    )
    return table.rename_axis(columns=None).reset_index()


AGREEMENT = ["paper", "table", "metric", "split", "rows", "tau", "low", "high"]


def agreement(tables: Tables, draws: int = 300, seed: int = 0) -> pd.DataFrame:
    """Do rows of ours stand in the order in which the papers' tables have them? AGREEMENT, a row for each table, metric and split with three rows of ours or more: Kendall's tau with an
    interval, for which each of our scores is drawn anew from a normal distribution as wide as its own interval."""
    generator, rows = np.random.default_rng(seed), []
    for paper, number in published.tables():
        table = tables[f"{paper}_table_{number:02d}"]
        if table is None or not {"published", "ours", "low", "high"} <= set(table):
            continue
        if "variant" in table:
            table = table[table["variant"] == "corrected"]
        table = table.assign(split=table.get("split", "")).dropna(subset=["published", "ours", "low", "high"])
        for (metric, split), here in table.groupby(["metric", "split"], sort=False):
            if len(here) >= 3 and here["published"].nunique() > 1:
                width = ((here["high"] - here["low"]) / (2 * 1.96)).to_numpy()
                drawn = generator.normal(here["ours"].to_numpy(), width, (draws, len(here)))
                low, high = np.nanquantile(
                    [kendalltau(here["published"], one).statistic for one in drawn], [0.025, 0.975]
                )
                tau = kendalltau(here["published"], here["ours"]).statistic
                rows.append(
                    dict(zip(AGREEMENT, (paper, number, metric, split, len(here), tau, low, high), strict=True))
                )
    return pd.DataFrame(rows, columns=AGREEMENT)


def home(found: pd.DataFrame, tables: Tables) -> str:
    """What readers should know who read no more, as Markdown: what the study found beside the claims, and every claim by its verdict."""
    groups = {
        "What holds here": ["supported"],
        "What the study can't decide": ["undecided", "partly supported"],
        "What doesn't hold": ["not supported", "reversed"],
        "What the papers' own numbers say": PRINTED,
        "What can't be told from what was published": [PUBLISHED],
        "What was not run": [HERE],
    }
    parts = (
        [f"**Beside the claims**\n\n{beside}"] if (beside := "\n".join(f"- {line}" for line in _beside(tables))) else []
    )
    for title, names in groups.items():
        rows = found[found["verdict"].isin(names)]
        if len(rows):
            lines = "\n".join(
                f"- {row.statement} ({row.paper.upper() if row.paper == 'matched' else 'Hotels'}, {row.place}): {row.verdict}"
                for row in rows.itertuples()
            )
            parts.append(f"**{title}** ({len(rows)})\n\n{lines}")
    return "\n\n".join(parts)


def _beside(tables: Tables) -> Iterator[str]:
    scored, crossed, checked = (tables[name] for name in ("identification_rows", "leakage", "paper_audit_summary"))
    if scored is not None and (counted := scored["objective"] == "baseline").any() and not counted.all():
        ends = [side.loc[side["mean"].idxmax()] for side in (scored[counted], scored[~counted])]
        plain, trained = (f"{row['system']} ({row['mean']:.2f}, {row['low']:.2f} to {row['high']:.2f})" for row in ends)
        yield f"Of the baselines that learn no vectors, {plain} identifies best by macro-F1, of the trained systems {trained}. Their items and the length of what they read differ (chapter 30)."
    if crossed is not None:
        own = crossed[crossed["what"].eq("own text") & crossed["items"].eq("multimodal")].set_index("protocol")["share"]
        if "paper" in own:
            yield (
                "Test pairs that have their own text in training, by split: "
                + ", ".join(f"{name} {share:.0%}" for name, share in own.items())
                + " (chapter 03)."
            )
    if checked is not None:
        yield f"Of {checked['checked'].sum():,} checks of numbers that the papers print, {checked['disagree'].sum():,} don't come out (chapter 90 says which, and likely readings)."
