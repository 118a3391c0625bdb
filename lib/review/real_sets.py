"""What real sets say beside the twin: verdicts of claims, scores by split, alignment, rankings (chapter 50).

All is read from tables that the studies' own chapters wrote, so that a reader without the sets has it too.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import pandera.pandas as pa
from pandera.typing import DataFrame

from lib.core import published
from lib.core.errors import DataError
from lib.core.files import read_json
from lib.core.schemas import Table
from lib.review import ranking_transfer
from lib.review.claim_tests import StudyTables
from lib.review.ranking_transfer import ALL, DecidedPairs, RankAgreement, Ranking
from lib.review.verdicts import AS_PRINTED, ClaimVerdict
from lib.study import plan
from lib.study.plan import Study

TWIN, REAL = "twin", "real"
WITHOUT_RUNS = ("40_hotel_splits", "89_printed_numbers", "90_paper_audit")
"""Chapters whose verdicts are about printed numbers and published files: alike in all studies."""
ANSWERS = {
    ClaimVerdict.SUPPORTED: "for it",
    ClaimVerdict.EQUIVALENT: "no difference",
    ClaimVerdict.NOT_SUPPORTED: "against it",
    ClaimVerdict.REVERSED: "against it",
}
"""Verdicts that decide a claim, and for what."""
ROOTS = {"R@1": 100.0, "AUC": 100.0}
"""The hotels' scores are per cent."""


class RealClaims(Table):
    """A claim in a study: its row of the ledger, whose units are those of the claim's test."""

    claim: str
    set: str  # the study's name
    data: str  # twin or real
    verdict: str
    effect: float = pa.Field(nullable=True)
    low: float = pa.Field(nullable=True)  # 95 % interval; of several comparisons from the lowest to the highest end
    high: float = pa.Field(nullable=True)
    seeds: float = pa.Field(nullable=True)
    chapter: str


@dataclass(frozen=True)
class Side:
    """A study with its tables. data: whether its runs saw the twin or real works."""

    study: Study
    tables: StudyTables

    @property
    def name(self) -> str:
        return self.study.name

    @property
    def data(self) -> str:
        drawn = self.study.data.source == "twin" and self.study.hotels.source == "twin"
        return TWIN if drawn else REAL

    @property
    def ranking(self) -> Ranking | None:
        """Its ranking of systems; None where chapter 37 wasn't executed."""
        scores, covariances = self.tables["system_scores"], self.tables["system_covariances"]
        return None if scores is None or covariances is None else Ranking(scores, covariances)


def sides(names: Sequence[str]) -> tuple[list[Side], list[str]]:
    """The studies that were run here or are published, and the names of those that are neither."""
    found, missing = [], []
    for name in names:
        chosen = plan.shown(name)
        if plan.executed(chosen.folder):
            found.append(Side(chosen, StudyTables(chosen.folder / "tables")))
        else:
            missing.append(name)
    return found, missing


def sources(found: Sequence[Side], running: str) -> pd.DataFrame:
    """What each study is and of which state: `study, data, about, runs, core hours, finished, commit, results`.

    running: the study that reads this now; its record is written after its last chapter.
    """
    rows = []
    for side in found:
        now = side.name == running
        finished = "this run" if now else read_json(side.study.folder / "study.json")["finished"][:10]
        runs = [run.folder / "metrics.json" for run in side.study.all_runs().values()]
        records = [read_json(path) for path in runs if path.exists()]
        rows.append(
            {
                "study": side.name,
                "data": side.data,
                "about": side.study.about,
                "runs": len(records),
                "core hours": sum(of_run["wall_seconds"] for of_run in records) / 3600,
                "finished": finished,
                "commit": ", ".join(sorted({of_run["environment"]["commit"][:9] for of_run in records})),
                "results": side.study.standing,
            }
        )
    return pd.DataFrame(rows)


def claims(found: Sequence[Side]) -> DataFrame[RealClaims]:
    """Every claim that a study measured, a row a claim and study, in the ledger's order.

    Raises DataError for a study without a ledger.
    """
    parts = []
    for side in found:
        ledger = side.tables["ledger"]
        if ledger is None:
            raise DataError(f"{side.study.folder}: it has no ledger; add 91_scorecard to its chapters and run it.")
        measured = ~ledger["verdict"].isin([verdict.value for verdict in _NOT_MEASURED])
        rows = ledger[measured & ~ledger["chapter"].isin(WITHOUT_RUNS)].rename(columns={"id": "claim"})
        parts.append(rows.assign(set=side.name, data=side.data))
    whole = pd.concat(parts, ignore_index=True)[list(RealClaims.to_schema().columns)]
    order = {name: place for place, name in enumerate(published.claims()["id"])}
    whole = whole.sort_values("claim", key=lambda ids: ids.map(order), kind="stable")
    table: DataFrame[RealClaims] = whole.reset_index(drop=True)
    return table


_NOT_MEASURED = (*AS_PRINTED, ClaimVerdict.NOT_TESTABLE_AS_PUBLISHED, ClaimVerdict.NOT_TESTABLE_HERE)


def side_by_side(measured: DataFrame[RealClaims]) -> pd.DataFrame:
    """The claims that a real set measured, a row each: `claim, statement, twin`, a column a real set (verdicts),
    `together`, what twin and real sets decide, and `seeds`, the fewest behind a real set's verdict, where known.

    twin: of the first twin that measured the claim, named where it isn't the first study.
    """
    statements = published.claims().set_index("id")["statement"]
    home = measured.loc[measured["data"] == TWIN, "set"].iloc[:1].tolist()
    real = list(dict.fromkeys(measured.loc[measured["data"] == REAL, "set"]))
    rows = []
    for claim, of_claim in measured.groupby("claim", sort=False):
        on_real = of_claim[of_claim["data"] == REAL].set_index("set")["verdict"]
        if on_real.empty:
            continue
        drawn = of_claim[of_claim["data"] == TWIN]
        twin = ""
        if len(drawn):
            first = drawn.iloc[0]
            twin = first["verdict"] if first["set"] in home else f"{first['verdict']} ({first['set']})"
        row = {"claim": claim, "statement": statements[claim], "twin": twin}
        row |= {name: on_real.get(name, "") for name in real}
        row["together"] = _together(drawn["verdict"].iloc[0] if len(drawn) else "", on_real)
        row["seeds"] = of_claim.loc[of_claim["data"] == REAL, "seeds"].min()
        rows.append(row)
    return pd.DataFrame(rows, columns=["claim", "statement", "twin", *real, "together", "seeds"])


def _together(twin: str, real: pd.Series) -> str:
    """What a twin and real sets decide of a claim together, in words."""
    answers = {ANSWERS[verdict] for verdict in map(ClaimVerdict, real) if verdict in ANSWERS}
    here = ANSWERS.get(ClaimVerdict(twin), "") if twin else ""
    if len(answers) > 1:
        return "real sets differ"
    if not answers:
        return f"decided on the twin alone, {here}" if here else "open"
    [there] = answers
    if not here:
        return f"decided on real works alone, {there}"
    return f"the same: {there}" if here == there else f"the twin says {here}, real works {there}"


def answer(together: pd.DataFrame) -> str:
    """How many claims are decided where, in sentences. together: of `side_by_side`."""
    if together.empty:
        return "No real set that was run here or is published measures a claim of the ledger."
    words = together["together"].str
    same, differ = words.startswith("the same"), words.startswith("the twin says")
    alone, twin_alone = words.startswith("decided on real"), words.startswith("decided on the twin")
    apart = "; ".join(
        f"{row.claim} ({row.statement}): {row.together}" for row in together[differ].itertuples(index=False)
    )
    decided = same | differ | alone | words.startswith("real sets differ")
    single = (together.loc[decided, "seeds"] == 1).sum()
    return (
        f"**Of {len(together)} claims that real works can speak to, real sets decide "
        f"{decided.sum()}** ({single} of them by one seed of a side, so that another training may say otherwise). The "
        f"twin says the same of "
        f"{same.sum()} and something else of {differ.sum()}{f' ({apart})' if apart else ''}; {alone.sum()} are "
        f"decided on real works alone, {twin_alone.sum()} on the twin alone, and "
        f"{(words.startswith('open')).sum()} nowhere."
    )


def by_split(found: Sequence[Side]) -> pd.DataFrame:
    """What systems score by each way to split: `set, data, metric, system, protocol, score, low, high` (chapter 03)."""
    parts = []
    for side in found:
        scores = side.tables["leakage_scores"]
        if scores is not None and len(scores):
            parts.append(scores.rename(columns={"mean": "score"}).assign(set=side.name, data=side.data))
    columns = ["set", "data", "metric", "system", "protocol", "score", "low", "high"]
    return pd.concat(parts, ignore_index=True)[columns] if parts else pd.DataFrame(columns=columns)


def falls(found: Sequence[Side]) -> pd.DataFrame:
    """By how much scores fall from one way to split to a stricter one, on the same vendors (chapter 03)."""
    parts = []
    for side in found:
        fallen = side.tables["leakage_falls"]
        if fallen is not None and len(fallen):
            parts.append(fallen.assign(set=side.name, data=side.data))
    columns = ["set", "data", "metric", "system", "from", "to", "fall", "low", "high", "p_holm", "verdict"]
    return pd.concat(parts, ignore_index=True)[columns] if parts else pd.DataFrame(columns=columns)


def alignment(found: Sequence[Side]) -> pd.DataFrame:
    """Table 8's last column in each study: pictures found by texts, the mean of all regions.

    Columns `set, data, objective, variant, metric, published, ours, low, high, chance, queries, converged`.
    """
    parts = []
    for side in found:
        table = side.tables["matched_table_08"]
        if table is not None:
            table = table[(table["split"] == "Avg")].dropna(subset="ours")
            parts.append(table.assign(set=side.name, data=side.data))
    columns = ["set", "data", "objective", "variant", "metric", "published", "ours", "low", "high", "chance"]
    columns += ["queries", "converged"]
    return pd.concat(parts, ignore_index=True)[columns] if parts else pd.DataFrame(columns=columns)


def rankings(found: Sequence[Side]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """`ranking_transfer.agreement` and `ranking_transfer.pairs` of twin and real sets, with `twin, set` before them.

    Systems of ads stand beside the first twin that has a ranking, losses of hotel pictures beside the first that has
    scores of them.
    """
    agreements, pairs = [], []
    for of in (lambda side: side.ranking, linking_ranking):
        ranked = [(side, ranking) for side in found if (ranking := of(side))]
        twins = [(side.name, ranking) for side, ranking in ranked if side.data == TWIN]
        for side, ranking in ranked if twins else ():
            if side.data == REAL:
                name, of_twin = twins[0]
                both = {"twin": name, "set": side.name}
                agreements.append(_named(ranking_transfer.agreement(of_twin, ranking), both))
                pairs.append(_named(ranking_transfer.pairs(of_twin, ranking), both))
    columns = [["twin", "set", *of.to_schema().columns] for of in (RankAgreement, DecidedPairs)]
    one, two = (
        pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=names)
        for parts, names in zip((agreements, pairs), columns, strict=True)
    )
    return one, two


def _named(table: pd.DataFrame, words: dict[str, str]) -> pd.DataFrame:
    for place, (column, word) in enumerate(words.items()):
        table.insert(place, column, word)
    return table


def agreed(agreements: pd.DataFrame) -> str:
    """`agreements` of `rankings` in sentences, as Markdown."""
    lines = [
        f"- **{name}** beside the twin of `{twin}`: {ranking_transfer.answer(rows, 'the twin', name)}"
        for (name, twin), rows in agreements.groupby(["set", "twin"], sort=False)
    ]
    return "\n".join(lines) or "No real set here has a ranking of systems that the twin ranks too."


def of_the_twin(together: pd.DataFrame, agreements: pd.DataFrame, pairs: pd.DataFrame) -> str:
    """What real sets say of the twin, as Markdown. The arguments are of `side_by_side` and `rankings`."""
    lines = [answer(together)]
    for name, rows in pairs.groupby("set", sort=False):
        both = rows[rows["orders"].isin(["alike", "opposite"])]
        opposite = rows[rows["orders"] == "opposite"]
        within = agreements[(agreements["set"] == name) & (agreements["modality"] == ALL)]
        told = (within["high"] < within[["itself", "itself_other"]].min(axis=1)).sum()
        lines.append(
            f"**{name}**: of {len(both)} pairs of systems that both decide, {len(opposite)} have the opposite order. "
            f"In {told} of {len(within)} tasks the rankings agree less than noise alone would let them (the interval "
            "of tau ends below what either side reaches with itself)."
        )
        worse = opposite["worse"].value_counts()
        if len(worse):
            listed = ", ".join(f"{system} ({count})" for system, count in worse.head(5).items())
            lines.append(f"Systems that the twin puts too low, by such pairs: {listed}.")
    return "\n\n".join(lines)


def aligned(table: pd.DataFrame, metric: str = "R-Precision@X") -> str:
    """How many alignments of each study and variant find more than chance does, as Markdown. table: of `alignment`."""
    lines = []
    for (name, variant), rows in table[table["metric"] == metric].groupby(["set", "variant"], sort=False):
        above = (rows["low"] > rows["chance"]).sum()
        lines.append(
            f"- **{name}**, {variant}: {above} of {len(rows)} runs are above chance ({rows['chance'].max():.3f} at "
            "most); "
            f"{metric} {rows['ours'].min():.3f} to {rows['ours'].max():.3f}."
        )
    return "\n".join(lines) or "No study here has an alignment."


def linking_ranking(side: Side) -> Ranking | None:
    """A study's losses by R@1 and AUC on each test split, in the form of `lib.review.system_ranking`; None without.

    Scores from 0 to 1. Their variance over seeds is pooled over losses, whose runs are independent; that over branches
    isn't in it.
    """
    table = side.tables["hotel_scores"]
    if table is None:
        return None
    scores, covariances = [], []
    table = table[table["metric"].isin(list(ROOTS))].assign(mean=lambda rows: rows["mean"] / rows["metric"].map(ROOTS))
    for (metric, split), rows in table.groupby(["metric", "split"], sort=False):
        by_loss = rows.groupby("loss")["mean"].agg(["mean", "count", "var"])
        freedom = (by_loss["count"] - 1).sum()
        pooled = (by_loss["var"].fillna(0) * (by_loss["count"] - 1)).sum() / freedom if freedom else np.nan
        variance = (pooled / by_loss["count"]).where(by_loss.index != "pre-trained", 0.0)
        task = {"metric": metric, "asked": split}
        scores.append(
            pd.DataFrame(
                task
                | {
                    "system": by_loss.index,
                    "modality": "image",
                    "score": by_loss["mean"].to_numpy(),
                    "vendors": int(freedom) + 1,  # degrees of freedom and one
                }
            )
        )
        wide = np.diag(variance.to_numpy())
        upper = np.triu_indices(len(by_loss))
        names = by_loss.index.to_numpy()
        covariances.append(
            pd.DataFrame(task | {"system": names[upper[0]], "other": names[upper[1]], "covariance": wide[upper]})
        )
    return Ranking(pd.concat(scores, ignore_index=True), pd.concat(covariances, ignore_index=True))
