"""How sure is the order of a study's systems? Their scores with a covariance over vendors and seeds (chapter 37).

Systems are scored on the same vendors, so their scores vary together: an order can be surer than each score's own
interval says. Scores and covariance together are all that another study needs to compare its order with this one
(`lib.review.ranking_transfer`), without anything of a vendor.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd
import pandera.pandas as pa
from pandera.typing import DataFrame

from lib.core.schemas import Table
from lib.evaluation import verification
from lib.evaluation.intervals import all_vendors, bootstrap_weights, interval, mean_of_seeds
from lib.review import answers
from lib.runs.results import Results, queries

TASK = ["metric", "asked"]
"""What systems are ranked by: identification by Macro-F1, retrieval by R-Precision@X."""
TRAINING, OTHERS = "training region", "other regions"
"""Which vendors are asked about in retrieval."""
DRAWS = 2000
"""Draws from scores as uncertain as they are, for intervals of ranks."""


class SystemScores(Table):
    """A system of a study by one metric. Scores run from 0 to 1."""

    metric: str
    asked: str  # of retrieval: which vendors; empty in identification
    system: str  # in words that other studies use too
    modality: str  # what it is asked by: text, image, multimodal
    score: float
    error: float = pa.Field(nullable=True)  # standard error over vendors and, where it is known, seeds
    vendors: int
    seeds: int
    place: int  # 1: the best
    highest: int  # 95 % interval of its place
    lowest: int


class SystemCovariances(Table):
    """The covariance of two systems' scores in `SystemScores`, each pair once."""

    metric: str
    asked: str
    system: str
    other: str
    covariance: float


def ranked(measured: Results) -> tuple[DataFrame[SystemScores], DataFrame[SystemCovariances]]:
    """All systems of a study by Macro-F1 and by R-Precision, and their covariances.

    In identification all are scored on the test pairs of a multimodal system where there is one
    (`lib.review.answers`), so that texts, pictures and pairs answer for the same items.
    """
    parts = [_of_task(measured, task, seeds) for task, seeds in _shares(measured)]
    scores = pd.concat([part[0] for part in parts], ignore_index=True) if parts else pd.DataFrame()
    pairs = pd.concat([part[1] for part in parts], ignore_index=True) if parts else pd.DataFrame()
    one: DataFrame[SystemScores] = scores.reindex(columns=list(SystemScores.to_schema().columns))
    two: DataFrame[SystemCovariances] = pairs.reindex(columns=list(SystemCovariances.to_schema().columns))
    return one, two


def drawn(scores: pd.DataFrame, covariances: pd.DataFrame, draws: int, seed: int) -> np.ndarray:
    """Scores as uncertain as they are, from a normal distribution: (draws, systems).

    scores: of one task; covariances: the same task's.
    """
    draws_of: np.ndarray = np.random.default_rng(seed).multivariate_normal(
        scores["score"].to_numpy(float),
        matrix(scores["system"].tolist(), covariances),
        draws,
        check_valid="ignore",
        method="eigh",
    )
    return draws_of


def matrix(systems: list[str], covariances: pd.DataFrame) -> np.ndarray:
    """The covariance matrix of `systems`, in this order, of the rows of one task."""
    wide = covariances.pivot(index="system", columns="other", values="covariance")
    wide = wide.reindex(index=systems, columns=systems)
    whole: np.ndarray = wide.combine_first(wide.T).loc[systems, systems].to_numpy(float)
    return whole


def shown(scores: DataFrame[SystemScores]) -> pd.DataFrame:
    """What the chapter shows: places as `1 (1 to 3)`."""
    places = scores.apply(lambda row: f"{row['place']} ({row['highest']} to {row['lowest']})", axis=1)
    columns = [*TASK, "system", "score", "error", "vendors", "seeds"]
    return scores[columns].assign(place=places if len(scores) else None)


def answer(scores: DataFrame[SystemScores]) -> str:
    """How sure the orders are, in sentences."""
    words = []
    for (metric, asked), rows in scores.groupby(TASK, sort=False):
        first = rows.sort_values("place").iloc[0]
        could = int((rows["highest"] == 1).sum())
        width = (rows["lowest"] - rows["highest"]).median() + 1
        where = f" ({asked})" if asked else ""
        words.append(
            f"{metric}{where}: of {len(rows)} systems {could} could be the best, {first['system']} is; the median "
            f"interval of a place spans {width:.0f} places."
        )
    return " ".join(words)


Shares = dict[str, tuple[str, list[pd.DataFrame], bool]]
"""By system: its modality, its score as sums over vendors, a frame a seed, and whether it was trained."""


def _shares(measured: Results) -> Iterator[tuple[tuple[str, str], Shares]]:
    """By task the systems' scores; in retrieval each system is asked by what its items are."""
    pairs = next((runs for name in ("CE", "CE+SupCon") if (runs := measured.find("multimodal", name))), [])
    identified: Shares = {}
    asked: dict[str, Shares] = {TRAINING: {}, OTHERS: {}}
    for _, row in measured.runs.drop_duplicates("row").iterrows():
        runs, modality, name, trained = measured.seeds(row["row"]), row["modality"], _name(row), bool(row["steps"])
        if row["identifies"]:
            frames = answers.shares(runs, modality, pairs[0]) if pairs else measured.macro_f1_shares(runs)
            identified[name] = (modality, frames, trained)
        scored = [queries(run, modality) for run in runs]
        others = [region for region in row["regions"] if region != row["train_region"]]
        for where, regions in ((TRAINING, [row["train_region"]]), (OTHERS, others)):
            frames = [_retrieval(of_run, regions) for of_run in scored]
            if all(len(frame) for frame in frames):
                asked[where][name] = (modality, frames, trained)
    yield ("Macro-F1", ""), identified
    yield from ((("R-Precision@X", where), systems) for where, systems in asked.items())


def _retrieval(scored: pd.DataFrame, regions: list[str]) -> pd.DataFrame:
    """R-Precision over regions together, as sums over vendors: a vendor of two regions counts in each."""
    frames = [verification.shares(scored, "R-Precision@X", region) for region in regions]
    return pd.concat(frames).groupby(level=0).sum() if frames else pd.DataFrame()


def _name(row: pd.Series) -> str:
    """All that differs between systems but the seed, in words."""
    usual = {"variant": "corrected", "faces": "all", "fusion": "mean"}
    is_baseline = row["objective"] == "baseline"
    more = [] if row["role"] is True or is_baseline else [row["system"]]
    more += [row[column] for column in usual if row[column] not in ("", usual[column])]
    more += [] if row["usual"] else [row["sampling"]]
    return ", ".join([row["modality"], row["system"] if is_baseline else row["objective"], *more])


def _of_task(measured: Results, task: tuple[str, str], systems: Shares) -> tuple[pd.DataFrame, pd.DataFrame]:
    if not systems:
        return pd.DataFrame(), pd.DataFrame()
    vendors = all_vendors(frame for _, frames, _ in systems.values() for frame in frames)
    weights = bootstrap_weights(len(vendors), measured.study.bootstrap, measured.study.split.seed)
    found = {name: mean_of_seeds(frames, vendors, weights) for name, (_, frames, _) in systems.items()}
    resampled = np.array([draws for _, draws in found.values()])
    resampled = resampled[:, np.isfinite(resampled).all(axis=0)]
    covariance = np.atleast_2d(np.cov(resampled)) * len(vendors) / max(1, len(vendors) - 1)
    covariance += np.diag(_over_seeds(systems))
    names = list(systems)
    scores = pd.DataFrame(
        {
            **dict(zip(TASK, task, strict=True)),
            "system": names,
            "modality": [modality for modality, _, _ in systems.values()],
            "score": [score for score, _ in found.values()],
            "error": np.sqrt(np.diag(covariance)),
            "vendors": len(vendors),
            "seeds": [len(frames) for _, frames, _ in systems.values()],
        }
    )
    upper = np.triu_indices(len(names))
    pairs = pd.DataFrame(
        {
            **dict(zip(TASK, task, strict=True)),
            "system": np.array(names)[upper[0]],
            "other": np.array(names)[upper[1]],
            "covariance": covariance[upper].round(9),
        }
    )
    order = (-drawn(scores, pairs, DRAWS, measured.study.split.seed)).argsort(axis=1).argsort(axis=1) + 1
    ends = np.array([interval(of_system) for of_system in order.T])
    return scores.assign(
        place=scores["score"].rank(ascending=False, method="first").astype(int),
        highest=np.floor(ends[:, 0]).astype(int),
        lowest=np.ceil(ends[:, 1]).astype(int),
    ).sort_values("place"), pairs


def _over_seeds(systems: Shares) -> np.ndarray:
    """The variance over seeds of each system's mean, pooled over those that have several seeds; 0 where none was
    trained, and where no system has several, so that it isn't known."""
    scores = [[float(frame["top"].sum() / frame["bottom"].sum()) for frame in of] for _, of, _ in systems.values()]
    freedom = sum(len(of_system) - 1 for of_system in scores)
    pooled = sum(float(np.var(of_system)) * len(of_system) for of_system in scores) / freedom if freedom else 0.0
    return np.array([pooled / len(of) if trained else 0.0 for _, of, trained in systems.values()])
