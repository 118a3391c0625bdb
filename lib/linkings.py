"""What a study's runs on hotel pictures measured, as tables for chapter 42: Tables 4 and 5, what falls, who ranks where, and what ads gain."""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from typing import Any

import numpy as np
import pandas as pd
from scipy.stats import kendalltau, t

from lib import published, verification
from lib.errors import DataError
from lib.files import read_json
from lib.hotels import TESTS
from lib.intervals import difference, holm
from lib.linking_losses import KINDS
from lib.linking_run import UNTRAINED
from lib.study import Run, Study

SEEN = ["D_SS", "D_SU", "D_UU"]
"""The tests in the order in which the paper expects them to get harder."""
EQUAL = "R@1, sizes of D_SS"


def runs(study: Study, notebook: str = "41_hotel_linking") -> dict[str, list[Run]]:
    """The finished runs of each loss, seeds in order. Raises DataError when there are none."""
    found: dict[str, list[Run]] = {}
    for run in study.all_runs().values():
        if run.notebook == notebook and (run.folder / "metrics.json").exists():
            found.setdefault(run.parameters["loss"], []).append(run)
    if not found and notebook == "41_hotel_linking":
        raise DataError(
            f"{study.folder / 'runs'}: this study has no run on hotel pictures. Name some of 41_hotel_linking among its runs, or leave out chapter 42."
        )
    return {loss: sorted(seeds, key=lambda run: run.parameters["seed"]) for loss, seeds in found.items()}


def scores(study: Study) -> pd.DataFrame:
    """Every score of every run: `loss, system` (as the paper calls the loss), `seed, split, metric, mean, std, images, branches, run`."""
    tables = []
    for loss, seeds in runs(study).items():
        for run in seeds:
            table = pd.DataFrame(read_json(run.folder / "metrics.json")["linking"])
            tables.append(table.assign(loss=loss, system=_published(loss), seed=run.parameters["seed"], run=run.name))
    return pd.concat(tables, ignore_index=True)


def over_seeds(table: pd.DataFrame, by: Iterable[str], value: str = "mean") -> pd.DataFrame:
    """The mean over seeds with its 95 % interval (Student's t; none of one seed): the columns `by`, `mean, low, high, seeds`."""
    grouped = table.groupby(list(by), sort=False)[value]
    found = grouped.agg(["mean", "std", "size"]).rename(columns={"size": "seeds"}).reset_index()
    several = found["seeds"].clip(lower=2)
    half = t.ppf(0.975, several - 1) * found["std"] / np.sqrt(several)
    return found.assign(low=found["mean"] - half, high=found["mean"] + half)[[*by, "mean", "low", "high", "seeds"]]


def beside(study: Study, number: int) -> pd.DataFrame:
    """Table 4 or 5 beside ours: `row, system, metric, split, published, std, ours, low, high, seeds, run`; losses that the paper prints no row of come last."""
    theirs = published.table("hotels", number).rename(columns={"mean": "published"})
    every = scores(study)
    every = every[every["split"].isin(TESTS) & every["metric"].isin(["R@1", "AUC"])]
    ours = over_seeds(every, ["system", "metric", "split"]).rename(columns={"mean": "ours"})
    ours = ours.merge(every.groupby("system", sort=False)["run"].first().reset_index(), on="system")
    joined = theirs.merge(ours, how="outer", on=["system", "metric", "split"], sort=False)
    joined = joined.sort_values("row", kind="stable", ignore_index=True)
    return joined[["row", "system", "metric", "split", "published", "std", "ours", "low", "high", "seeds", "run"]]


def falls(study: Study, metric: str = "AUC") -> pd.DataFrame:
    """How much each loss's score falls from split to split: `loss, from, to, fall, low, high` (over seeds), `seeds, verdict`, and `Hotels-50K, Hotel-ID` as the
    paper's Tables 4 and 5 have it."""
    every, rows = scores(study), []
    every = every[every["metric"] == metric].pivot(index=["loss", "system", "seed"], columns="split", values="mean")
    for first, second in itertools.pairwise(SEEN):
        gaps = (every[first] - every[second]).rename("fall").reset_index()
        found = over_seeds(gaps, ["loss", "system"], "fall").rename(columns={"mean": "fall"})
        rows.append(found.assign(**{"from": first, "to": second}))
    table = pd.concat(rows, ignore_index=True)
    table["verdict"] = np.select([table["low"] > 0, table["high"] < 0], ["falls", "rises"], "undecided")
    for name, printed in _printed(metric).items():
        table[name] = [
            printed[row["from"]].get(row["system"], np.nan) - printed[row["to"]].get(row["system"], np.nan)
            for _, row in table.iterrows()
        ]
    return table[["loss", "from", "to", "fall", "low", "high", "seeds", "verdict", "Hotels-50K", "Hotel-ID"]]


def _printed(metric: str) -> dict[str, pd.DataFrame]:
    """Tables 4 and 5 by the data that they are of: a row a system, a column a split."""
    tables = {"Hotels-50K": published.table("hotels", 4), "Hotel-ID": published.table("hotels", 5)}
    return {
        name: table[table["metric"] == metric].pivot(index="system", columns="split", values="mean")
        for name, table in tables.items()
    }


def ranks(study: Study) -> pd.DataFrame:
    """Do losses rank alike in two splits? Kendall's tau of trained losses: `metric, one, other, Hotels-50K, Hotel-ID` (as printed), `ours` (of means over seeds), `losses`;
    and, so that chance isn't taken for a change, means over pairs of different seeds: `across` the two splits, and `within` each of them."""
    every, rows = scores(study), []
    every = every[every["loss"] != UNTRAINED]
    for metric, (one, other) in itertools.product(("AUC", "R@1"), itertools.combinations(TESTS, 2)):
        row: dict[str, Any] = {"metric": metric, "one": one, "other": other}
        for name, printed in _printed(metric).items():
            row[name] = kendalltau(printed[one], printed[other]).statistic
        here = every[every["metric"] == metric].pivot(index="loss", columns=["split", "seed"], values="mean")
        row["ours"] = kendalltau(here[one].mean(axis=1), here[other].mean(axis=1)).statistic
        row |= {"across": _between_seeds(here[one], here[other]), "losses": len(here)}
        row["within"] = np.mean([_between_seeds(here[split], here[split]) for split in (one, other)])
        rows.append(row)
    return pd.DataFrame(rows)


def _between_seeds(one: pd.DataFrame, other: pd.DataFrame) -> float:
    """Mean tau of one's ranking by a seed and the other's by another; losses x seeds."""
    pairs = [kendalltau(one[a], other[b]).statistic for a in one for b in other if a != b]
    return float(np.mean(pairs)) if pairs else np.nan


def recall(study: Study) -> pd.DataFrame:
    """R@1 of each split as it is and with the class sizes of D_SS, means over losses and seeds of trained runs: `split, R@1, low, high, equal sizes, equal low,
    equal high, images, branches`. The paper explains D_SS's low R@1 by its many small classes; at equal sizes that is gone."""
    every = scores(study)
    every = every[(every["loss"] != UNTRAINED) & every["split"].isin(TESTS)]
    of_seed = every.groupby(["metric", "split", "seed"], sort=False)["mean"].mean().reset_index()
    found = over_seeds(of_seed, ["metric", "split"]).set_index("metric")
    plain, equal = found.loc[["R@1"]].set_index("split"), found.loc[[EQUAL]].set_index("split")
    sizes = every[every["metric"] == "R@1"].groupby("split")[["images", "branches"]].first()
    table = plain[["mean", "low", "high"]].rename(columns={"mean": "R@1"}).join(
        equal[["mean", "low", "high"]].rename(columns=lambda name: f"equal {name}".replace("mean", "sizes"))
    )  # fmt: skip
    return table.join(sizes).loc[TESTS].rename_axis("split").reset_index()


def trials(study: Study) -> pd.DataFrame:
    """Every trial of every search, best first within a loss: `loss`, hyper-parameters, `R@1` on validation, `chosen`."""
    tables = []
    for loss, found in runs(study, "43_hotel_search").items():
        for run in found:
            table = pd.DataFrame(read_json(run.folder / "metrics.json")["trials"])
            tables.append(table.assign(loss=loss, chosen=["yes"] + [""] * (len(table) - 1), run=run.name))
    if not tables:
        return pd.DataFrame(columns=["loss", "rate", "R@1", "chosen"])
    whole = pd.concat(tables, ignore_index=True)
    return whole[["loss", *whole.columns.difference(["loss", "chosen", "run"], sort=False), "chosen", "run"]]


def settings(study: Study) -> pd.DataFrame:
    """Table 6 beside what our runs had: `loss`, hyper-parameters, `epochs`, `run`; of the paper those of the data set that the study takes its defaults from."""
    rows = []
    for loss, found in runs(study).items():
        metrics = read_json(found[0].folder / "metrics.json")
        if loss != UNTRAINED:
            rows.append({"loss": loss, **metrics["hyperparameters"], "epochs": metrics["training"]["epochs"], "run": found[0].name})  # fmt: skip
    return pd.DataFrame(rows)


def transfer(study: Study, metric: str = "R-Precision@X") -> pd.DataFrame:
    """Ads linked by their pictures with models trained on hotel rooms, against the backbone without that training: `region, loss, untrained, trained, difference, low,
    high, p_holm, verdict`, vendors resampled in pairs. Empty without an untrained run."""
    found = runs(study)
    if UNTRAINED not in found:
        return pd.DataFrame(columns=["region", "loss", "difference", "verdict"])
    asked = {loss: [pd.read_csv(run.folder / "queries.csv") for run in seeds] for loss, seeds in found.items()}
    rows = []
    for region in asked[UNTRAINED][0]["region"].unique():
        base = [verification.shares(frame, metric, region) for frame in asked[UNTRAINED]]
        for loss in (name for name in asked if name != UNTRAINED):
            ours = [verification.shares(frame, metric, region) for frame in asked[loss]]
            gap = difference(ours, base, study.bootstrap, study.split.seed)
            level = {name: np.mean([s["top"].sum() / s["bottom"].sum() for s in side]) for name, side in (("untrained", base), ("trained", ours))}  # fmt: skip
            rows.append({"region": region, "loss": loss, **level, **gap})
    table = pd.DataFrame(rows)
    table["p_holm"] = holm(table["p"])
    table["verdict"] = np.where(
        table["p_holm"] < 0.05, np.where(table["difference"] > 0, "helps", "harms"), "undecided"
    )
    return table[["region", "loss", "untrained", "trained", "difference", "low", "high", "p_holm", "verdict"]]


def transferred(moved: pd.DataFrame) -> str:
    """What `transfer` comes to, in a sentence."""
    if moved.empty:
        return "Whether rooms help to link ads was not asked: this study has no untrained run beside the trained ones."
    counts = moved["verdict"].value_counts()
    said = ", ".join(f"{name} in {count}" for name, count in counts.items())
    return (
        f"Training on hotel rooms, of {len(moved)} combinations of a loss and a region: {said} (Holm-corrected). Mean difference of R-Precision "
        f"{moved['difference'].mean():+.3f}."
    )


def verdicts(study: Study) -> pd.DataFrame:
    """What chapter 42 was asked, answered by its tables: `question, answer, verdict`."""
    fell, ranked, recalled = falls(study), ranks(study), recall(study).set_index("split")
    fell = fell[fell["loss"] != UNTRAINED]
    down = {pair: here["verdict"].value_counts().to_dict() for pair, here in fell.groupby(["from", "to"], sort=False)}
    seen = [counts for counts in down.values()]
    all_fall = all(set(counts) == {"falls"} for counts in seen)
    none_fall = not any("falls" in counts for counts in seen)
    ranked = ranked[ranked["metric"] == "AUC"]
    moved = ranked["across"] < ranked["within"]
    lower = recalled["R@1"].drop("D_SS") - recalled.loc["D_SS", "R@1"]
    equal = recalled["equal sizes"].drop("D_SS") - recalled.loc["D_SS", "equal sizes"]
    rows = [
        (
            "Does AUC fall from D_SS to D_SU to D_UU (section 3)?",
            "; ".join(f"{one} to {two}: " + ", ".join(f"{name} {count}" for name, count in counts.items()) for (one, two), counts in down.items()) + " (losses)",
            "supported" if all_fall else "not supported" if none_fall else "partly supported",
        ),
        (
            "Is R@1 lowest on D_SS, for its many small classes (B.2)?",
            f"other splits are {lower.min():+.1f} to {lower.max():+.1f} points from D_SS; with D_SS's class sizes {equal.min():+.1f} to {equal.max():+.1f}",
            "supported" if lower.min() > 0 and equal.max() < lower.min() else "partly supported" if lower.min() > 0 else "not supported",
        ),
        (
            "Do losses rank differently in different splits (section 3)?",
            f"Kendall's tau of AUC between tests is {ranked['ours'].min():.2f} to {ranked['ours'].max():.2f}; between seeds {ranked['across'].mean():.2f} across two "
            f"tests and {ranked['within'].mean():.2f} within one",
            "undecided" if ranked["within"].isna().any() else "supported" if moved.all() else "partly supported" if moved.any() else "not supported",
        ),
        _trained(study),
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=["question", "answer", "verdict"])


def _trained(study: Study) -> tuple[str, str, str]:
    """Whether training beat the backbone as it comes: where it didn't, what differs between losses says little."""
    every = scores(study)
    ours = over_seeds(every[every["loss"] != UNTRAINED], ["loss", "metric", "split"])
    before = every[every["loss"] == UNTRAINED].groupby(["metric", "split"])["mean"].mean().rename("before")
    table = ours[ours["split"].isin(TESTS)].merge(before.reset_index(), on=["metric", "split"])
    better, worse = table["low"] > table["before"], table["high"] < table["before"]
    told = [
        f"{metric}: higher in {better[rows].sum()}, lower in {worse[rows].sum()} of {len(rows)}"
        for metric, rows in table.groupby("metric", sort=False).groups.items()
    ]
    verdict = (
        "undecided"
        if table.empty or not (better | worse).any()
        else "yes"
        if not worse.any()
        else "partly"
        if better.any()
        else "no"
    )
    return (
        "Does training beat the backbone as it comes?",
        "; ".join(told) + " combinations of a loss and a split",
        verdict,
    )


def _published(loss: str) -> str:
    return loss if loss == UNTRAINED else KINDS[loss].published
