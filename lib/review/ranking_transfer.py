"""Does one set of data rank systems as another does? Kendall's tau, and which pairs each of them decides (chapter 50).

What is compared are the systems that both studies have, by `lib.review.system_ranking`'s scores and covariances.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import pandas as pd
import pandera.pandas as pa
from pandera.typing import DataFrame
from scipy.stats import kendalltau

from lib.core.schemas import Table
from lib.evaluation import power
from lib.evaluation.intervals import holm_by_family, interval
from lib.evaluation.power import Estimate
from lib.review import analysis_plan
from lib.review.system_ranking import TASK, drawn, matrix

DRAWS = 1000
FEWEST = 3
"""Systems in common that a rank correlation takes."""
ALL = "all"


class Ranking(NamedTuple):
    """A study's tables `system_scores` and `system_covariances`."""

    scores: pd.DataFrame
    covariances: pd.DataFrame


class RankAgreement(Table):
    """How far two sets of data rank the systems of a modality alike.

    tau: Kendall's, with a 95 % interval over draws of both sides' scores. The draws' noise pulls it towards 0, so that
    it is widened to hold tau where it would end below. itself, itself_other: the median tau of two draws of one side,
    what noise alone leaves. decided, decided_other, both: pairs of systems whose order one side, the other or both
    decide (Holm over its pairs); alike: of both, those of one order.
    """

    metric: str
    asked: str
    modality: str
    systems: int
    tau: float
    low: float = pa.Field(nullable=True)
    high: float = pa.Field(nullable=True)
    itself: float = pa.Field(nullable=True)
    itself_other: float = pa.Field(nullable=True)
    pairs: int
    decided: int
    decided_other: int
    both: int
    alike: int


class DecidedPairs(Table):
    """A pair of systems: how much higher `better` scores on one side, where it is the better of them, and on the other.

    p is two-sided, corrected for the pairs of a task (Holm).
    """

    metric: str
    asked: str
    better: str
    worse: str
    difference: float
    p: float = pa.Field(nullable=True)
    difference_other: float
    p_other: float = pa.Field(nullable=True)
    orders: str  # alike, opposite, or what is decided on one side alone: here, there, neither


def agreement(one: Ranking, other: Ranking, seed: int = 0) -> DataFrame[RankAgreement]:
    """A row a task and modality (and all together) that both have FEWEST systems of."""
    decided = pairs(one, other)
    rows = []
    for task, systems in _common(one, other):
        of_one, of_other = (_scores(side, task, systems) for side in (one, other))
        covariances = [_of_task(side.covariances, task) for side in (one, other)]
        draws = [
            [drawn(scores, covariance, DRAWS, seed + number + 10 * turn) for turn in range(2)]
            for number, (scores, covariance) in enumerate(zip((of_one, of_other), covariances, strict=True))
        ]
        for modality in dict.fromkeys([ALL, *of_one["modality"]]):
            chosen = np.flatnonzero((of_one["modality"] == modality) | (modality == ALL))
            if len(chosen) < FEWEST or (modality != ALL and of_one["modality"].nunique() == 1):
                continue
            (first, again), (second, second_again) = [[turn[:, chosen] for turn in side] for side in draws]
            tau = float(kendalltau(of_one["score"].iloc[chosen], of_other["score"].iloc[chosen]).statistic)
            low, high = interval(_taus(first, second))
            names = set(of_one["system"].iloc[chosen])
            listed = decided[decided["better"].isin(names) & decided["worse"].isin(names)]
            listed = _of_task(listed, task)
            rows.append(
                {
                    **dict(zip(TASK, task, strict=True)),
                    "modality": modality,
                    "systems": len(chosen),
                    "tau": tau,
                    "low": min(low, tau),
                    "high": max(high, tau),
                    "itself": np.nanmedian(_taus(first, again)),
                    "itself_other": np.nanmedian(_taus(second, second_again)),
                    "pairs": len(listed),
                    "decided": int(listed["orders"].isin(["alike", "opposite", "here"]).sum()),
                    "decided_other": int(listed["orders"].isin(["alike", "opposite", "there"]).sum()),
                    "both": int(listed["orders"].isin(["alike", "opposite"]).sum()),
                    "alike": int((listed["orders"] == "alike").sum()),
                }
            )
    table: DataFrame[RankAgreement] = pd.DataFrame(rows, columns=list(RankAgreement.to_schema().columns))
    return table


def pairs(one: Ranking, other: Ranking) -> DataFrame[DecidedPairs]:
    """Each pair of systems that both have, by its difference on both sides."""
    rows = []
    for task, systems in _common(one, other):
        here, there = (_differences(side, task, systems) for side in (one, other))
        rows += [
            {
                **dict(zip(TASK, task, strict=True)),
                "better": first if here[first, second].effect >= 0 else second,
                "worse": second if here[first, second].effect >= 0 else first,
                "difference": abs(here[first, second].effect),
                "p": power.p_value(here[first, second]),
                "difference_other": there[first, second].effect * (1 if here[first, second].effect >= 0 else -1),
                "p_other": power.p_value(there[first, second]),
            }
            for first, second in itertools.combinations(systems, 2)
        ]
    table = pd.DataFrame(rows, columns=[name for name in DecidedPairs.to_schema().columns if name != "orders"])
    family = table["metric"] + table["asked"]
    for column in ("p", "p_other"):
        table[column] = holm_by_family(table[column], family)
    level = analysis_plan.load().level
    here, there = table["p"] < level, table["p_other"] < level
    same = table["difference_other"] > 0
    words = [here & there & same, here & there, here, there]
    found: DataFrame[DecidedPairs] = table.assign(
        orders=np.select(words, ["alike", "opposite", "here", "there"], "neither")
    )
    return found


def answer(found: pd.DataFrame, here: str, there: str) -> str:
    """What an `agreement` says of all modalities together, as a sentence."""
    words = []
    for row in found[found["modality"] == ALL].itertuples():
        where = f", {row.asked}" if row.asked else ""
        sentence = (
            f"{row.metric}{where}: Kendall's tau {row.tau:.2f} ({row.low:.2f} to {row.high:.2f}) over {row.systems} "
            f"systems; {here} agrees with itself at {row.itself:.2f}, {there} at {row.itself_other:.2f}. "
        )
        words.append(sentence + f"Of {row.both} pairs that both decide, {row.alike} have the same order.")
    return " ".join(words)


def _common(one: Ranking, other: Ranking) -> Iterator[tuple[tuple[str, str], list[str]]]:
    for task, scores in one.scores.groupby(TASK, sort=False):
        there = set(_of_task(other.scores, task)["system"])
        systems = [name for name in scores["system"] if name in there]
        if len(systems) >= FEWEST:
            yield task, systems


def _of_task(table: pd.DataFrame, task: tuple[str, str]) -> pd.DataFrame:
    return table[(table[TASK] == list(task)).all(axis=1)]


def _scores(side: Ranking, task: tuple[str, str], systems: list[str]) -> pd.DataFrame:
    """The task's scores of `systems`, in this order."""
    return _of_task(side.scores, task).set_index("system").loc[systems].reset_index()


def _differences(side: Ranking, task: tuple[str, str], systems: list[str]) -> dict[tuple[str, str], Estimate]:
    scores = _scores(side, task, systems)
    covariance = matrix(systems, _of_task(side.covariances, task))
    return {
        (systems[a], systems[b]): Estimate(
            scores["score"].iloc[a] - scores["score"].iloc[b],
            float(np.sqrt(max(0.0, covariance[a, a] + covariance[b, b] - 2 * covariance[a, b]))),
            float(scores["vendors"].iloc[a]),
        )
        for a, b in itertools.combinations(range(len(systems)), 2)
    }


def _taus(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Kendall's tau of each draw of one with the same draw of the other: (draws, systems) -> (draws,).

    Draws have no ties but those of systems that are one in all draws, which count as no agreement.
    """
    one, other = np.triu_indices(first.shape[1], 1)
    signs = (np.sign(side[:, one] - side[:, other]) for side in (first, second))
    taus: np.ndarray = np.mean(next(signs) * next(signs), axis=1)
    return taus
