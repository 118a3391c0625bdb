"""Where a baseline that learns no vectors (`lib.runs.baselines`) scores higher than the best trained system.

Each baseline against the best trained row that answers for the same items. What they read may differ: a baseline reads
whole texts, a trained system the first tokens of each; pictures are the same for both.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd

from lib.evaluation import verification
from lib.evaluation.intervals import Score
from lib.review.verdicts import with_verdicts
from lib.runs import results
from lib.runs.results import Results
from lib.study.plan import Run

BY_CHANCE = ("majority", "random")
"""Baselines that look at no item."""
SAME = "the same"
COLUMNS = ["modality", "region", "metric", "baseline", "mean", "low", "high", "best trained", "trained", "at least"]
COLUMNS += ["at most", "difference", "difference low", "difference high", "p_holm", "verdict", "answers for", "reading"]
COLUMNS += ["baseline run", "run"]


def identification(measured: Results) -> pd.DataFrame:
    """Macro-F1 of each baseline less that of the best trained row of its modality: COLUMNS, vendors resampled in pairs.

    mean, low, high: of the baseline; trained, at least, at most: of the other. answers for, reading: SAME, or in what
    the two differ. p is corrected for the whole table (Holm).
    """
    scores = measured.identification[measured.identification["metric"] == "Macro-F1"]
    scores = scores.assign(representation=scores["modality"], region="")

    def items(run: Run, modality: str, region: str) -> pd.DataFrame:
        frame = results.predictions(run)
        return frame[frame.columns.intersection([modality, "truth"])]

    def shares(runs: list[Run], modality: str, metric: str, region: str) -> Score:
        return measured.macro_f1_shares(runs)

    return _contests(measured, scores, items, shares)


def retrieval(measured: Results) -> pd.DataFrame:
    """R-Precision and MRR@10 of each baseline less those of the best trained row that retrieves by its modality, region
    by region.

    As `identification`. A multimodal system that is asked by its text vectors alone is one of those that retrieve by
    text.
    """
    scores = measured.verification
    scores = scores[scores["metric"].isin(verification.METRICS) & ~scores["region"].isin(["OOD", "ZS"])]
    scores = scores[scores["scoring"] == "cosine"]  # as baselines are: all queries, whatever equals a document

    def items(run: Run, modality: str, region: str) -> pd.DataFrame:
        frame = results.queries(run, modality)
        return frame.loc[frame["region"] == region, ["query", "vendor", "relevant", "documents"]]

    def shares(runs: list[Run], modality: str, metric: str, region: str) -> Score:
        return [verification.shares(results.queries(run, modality), metric, region) for run in runs]

    return _contests(measured, scores, items, shares)


def _contests(
    measured: Results,
    scores: pd.DataFrame,
    items: Callable[[Run, str, str], pd.DataFrame],
    shares: Callable[[list[Run], str, str, str], Score],
) -> pd.DataFrame:
    """scores: rows of ours with `metric, region, representation`; items: what a run answered for; shares: its score."""
    scores = scores[scores["faces"] == "all"]
    is_baseline = (scores["objective"] == "baseline") & ~scores["system"].isin(BY_CHANCE)
    is_trained = ~scores["objective"].isin(["baseline", "pre-trained"])
    rows, pairs = [], []
    for baseline in scores[is_baseline].itertuples():
        of_same = (scores["representation"] == baseline.representation) & (scores["metric"] == baseline.metric)
        candidates = scores[is_trained & of_same & (scores["region"] == baseline.region)]
        if candidates.empty:
            continue
        where = baseline.representation, baseline.region
        answered = items(measured.seeds(baseline.row)[0], *where)
        alike = [_equal(answered, items(measured.seeds(row)[0], *where)) for row in candidates["row"]]
        best = (candidates[alike] if any(alike) else candidates).nlargest(1, "mean").iloc[0]
        sides = [measured.seeds(row) for row in (baseline.row, best["row"])]
        first, second = (shares(runs, baseline.representation, baseline.metric, baseline.region) for runs in sides)
        pairs.append((first, second))
        rows.append(
            {
                "modality": baseline.representation,
                "region": baseline.region,
                "metric": baseline.metric,
                "baseline": baseline.system,
                **{name: getattr(baseline, name) for name in ("mean", "low", "high")},
                "best trained": ", ".join(filter(None, (best["system"], best["objective"], best["fusion"]))),
                "trained": best["mean"],
                "at least": best["low"],
                "at most": best["high"],
                "answers for": SAME if any(alike) else "other items",
                "reading": _reading(measured, baseline.representation, sides[1][0]),
                "baseline run": baseline.run,
                "run": best["run"],
            }
        )
    table = pd.DataFrame(rows)
    words = pd.DataFrame(index=table.index)
    tested = with_verdicts(words, pairs, measured.study, "baseline higher", "trained higher")
    tested = tested.rename(columns={end: f"difference {end}" for end in ("low", "high")})
    return table.join(tested).reindex(columns=COLUMNS)


def _equal(one: pd.DataFrame, other: pd.DataFrame) -> bool:
    """Whether two tables have the same rows, in any order."""
    columns = list(one.columns)
    if set(columns) != set(other.columns) or len(one) != len(other):
        return False
    first, second = (frame[columns].sort_values(columns).to_numpy() for frame in (one, other))
    return bool(np.array_equal(first, second))


def _reading(measured: Results, modality: str, trained: Run) -> str:
    """What a baseline reads of an item beside what the system of a run does."""
    if modality == "image":
        return SAME
    study = measured.study
    alignment = study.alignment.max_tokens if "method" in trained.parameters else None
    first = alignment or study.text.max_tokens
    return f"the baseline reads whole texts, the trained system their first {first} tokens"


def won(contests: pd.DataFrame) -> list[str]:
    """Where a baseline scores higher, in words: a sentence a modality, region and metric, of the best baseline there.

    contests: of `identification` or `retrieval`, also as read back.
    """
    sentences = []
    for (modality, region, metric), group in contests.fillna({"region": ""}).groupby(
        ["modality", "region", "metric"], sort=False
    ):
        best = group.nlargest(1, "mean").iloc[0]
        if not best["difference"] > 0:
            continue
        baseline, trained = (
            f"{best[name]} ({best[score]:.2f}, {best[low]:.2f} to {best[high]:.2f})"
            for name, score, low, high in (
                ("baseline", "mean", "low", "high"),
                ("best trained", "trained", "at least", "at most"),
            )
        )
        place = f" in {region.title()}" if region else ""
        verdict = "decided" if best["verdict"] == "baseline higher" else "undecided"
        differs = [f"they answer for {best['answers for']}"] if best["answers for"] != SAME else []
        differs += [best["reading"]] if best["reading"] != SAME else []
        sentences.append(
            f"By {modality}{place}, {metric} of {baseline} is above that of the best trained system, {trained}: by "
            f"{best['difference']:+.2f} ({best['difference low']:+.2f} to {best['difference high']:+.2f}), {verdict}. "
            + (f"But {'; '.join(differs)}." if differs else "Both answer for the same items and read as much.")
        )
    return sentences


def above_all_trained(contests: pd.DataFrame | None, metric: str) -> dict[str, str]:
    """Where a baseline is above every trained system of a modality, by modality, as a clause for the ledger.

    contests: of `identification` or `retrieval`, also as read back; None where the chapter wasn't run.
    """
    found: dict[str, str] = {}
    if contests is None or contests.empty:
        return found
    of_metric = contests[contests["metric"] == metric].fillna({"region": ""})
    for modality, group in of_metric.groupby("modality", sort=False):
        best = group.loc[group.groupby("region", sort=False)["mean"].idxmax()]
        won = best[best["difference"] > 0]
        if won.empty:
            continue
        first = won.iloc[0]
        regions = "" if list(best["region"]) == [""] else f" in {len(won)} of {len(best)} regions"
        decided = int((won["verdict"] == "baseline higher").sum())
        names = " and ".join(dict.fromkeys(won["baseline"]))
        found[str(modality)] = (
            f"by {modality}, a baseline that learns no vectors ({names}) is above every trained system{regions}, "
            f"{decided} of {len(won)} decided: {metric} {first['mean']:.2f} and {first['trained']:.2f}"
            + (f" in {first['region'].title()}" if first["region"] else "")
        )
    return found


def prose(contests: pd.DataFrame) -> str:
    """`won` as a Markdown list, with how many comparisons there are."""
    if contests.empty:
        return "This study has no baseline beside a trained system."
    places = len(contests.drop_duplicates(["modality", "region", "metric"]))
    sentences = won(contests)
    lead = (
        f"In {len(sentences)} of {places} comparisons a baseline that learns no vectors is above all trained systems."
    )
    return "\n".join([lead, "", *(f"- {sentence}" for sentence in sentences)])
