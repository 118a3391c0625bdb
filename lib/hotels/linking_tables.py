"""What a study's runs on hotel pictures measured, as tables for chapter 42."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence

import numpy as np
import pandas as pd
from scipy.stats import kendalltau, t

from lib.core import published
from lib.core.errors import DataError
from lib.core.schemas import RunLinking, SearchTrials
from lib.evaluation import verification
from lib.evaluation.intervals import compared
from lib.hotels import rank_agreement, shared_content
from lib.hotels.linking import EQUAL, UNTRAINED
from lib.hotels.linking_losses import KINDS
from lib.hotels.published_splits import SEEN, TESTS
from lib.runs import results
from lib.study.plan import Run, Study
from lib.study.run_kinds import LINKING, SEARCH, RunKind


def runs(study: Study, kind: RunKind = LINKING) -> dict[str, list[Run]]:
    """The finished runs of each loss, seeds in order. Raises DataError when there are none that link."""
    of_loss: dict[str, list[Run]] = {}
    for run in study.all_runs().values():
        if run.kind is kind and run.finished:
            of_loss.setdefault(run.parameters["loss"], []).append(run)
    if not of_loss and kind is LINKING:
        raise DataError(
            f"{study.folder / 'runs'}: this study has no run on hotel pictures. Name some of {LINKING.notebook} among "
            "its runs, or leave out chapter 42."
        )
    return {loss: sorted(seeds, key=lambda run: run.parameters["seed"]) for loss, seeds in of_loss.items()}


def scores(study: Study) -> pd.DataFrame:
    """Every score of every run: `RunLinking`, `loss, system` (as the paper calls the loss), `seed, run`."""
    tables = []
    for loss, seeds in runs(study).items():
        for run in seeds:
            table = RunLinking.validate(pd.DataFrame(run.record().linking))
            system = loss if loss == UNTRAINED else KINDS[loss].published
            tables.append(table.assign(loss=loss, system=system, seed=run.parameters["seed"], run=run.name))
    return pd.concat(tables, ignore_index=True)


def over_seeds(table: pd.DataFrame, by: Iterable[str], value: str = "mean") -> pd.DataFrame:
    """The mean over seeds with its 95 % interval (Student's t; none of one seed): the columns `by`, `mean, low, high,
    seeds`."""
    grouped = table.groupby(list(by), sort=False)[value]
    means = grouped.agg(["mean", "std", "size"]).rename(columns={"size": "seeds"}).reset_index()
    several = means["seeds"].clip(lower=2)
    half = t.ppf(0.975, several - 1) * means["std"] / np.sqrt(several)
    return means.assign(low=means["mean"] - half, high=means["mean"] + half)[[*by, "mean", "low", "high", "seeds"]]


def beside(study: Study, number: int) -> pd.DataFrame:
    """Table 4 or 5 beside ours: `row, system, metric, split, published, std, ours, low, high, seeds, run`; losses that
    the paper prints no row of come last."""
    theirs = published.table("hotels", number).rename(columns={"mean": "published"})
    scored = scores(study)
    scored = scored[scored["split"].isin(TESTS) & scored["metric"].isin(["R@1", "AUC"])]
    ours = over_seeds(scored, ["system", "metric", "split"]).rename(columns={"mean": "ours"})
    ours = ours.merge(scored.groupby("system", sort=False)["run"].first().reset_index(), on="system")
    joined = theirs.merge(ours, how="outer", on=["system", "metric", "split"], sort=False)
    joined = joined.sort_values("row", kind="stable", ignore_index=True)
    return joined[["row", "system", "metric", "split", "published", "std", "ours", "low", "high", "seeds", "run"]]


def seen(study: Study) -> pd.DataFrame:
    """What the study's models have seen of each test, by their records: `lib.hotels.loading.seen` and `trained_on`."""
    first, *_ = next(iter(runs(study).values()))
    data = first.record().data
    return pd.DataFrame(data.seen).assign(trained_on=data.trained_on)


def falls(study: Study, metric: str = "AUC") -> pd.DataFrame:
    """How much each loss's score falls from split to split: `loss, from, to, fall, low, high` (over seeds), `seeds,
    verdict`; `untrained`, the fall of the backbone as it comes, which has seen none of them; and `Hotels-50K, Hotel-ID`
    as the paper's Tables 4 and 5 have it. A split whose name doesn't hold for what was trained on (`seen`) is left
    out."""
    named = seen(study).set_index("split")["as_named"]
    scored, tables = scores(study), []
    scored = scored[scored["metric"] == metric].pivot(index=["loss", "system", "seed"], columns="split", values="mean")
    for first, second in (pair for pair in itertools.pairwise(SEEN) if named[list(pair)].all()):
        gaps = (scored[first] - scored[second]).rename("fall").reset_index()
        table = over_seeds(gaps, ["loss", "system"], "fall").rename(columns={"mean": "fall"})
        untrained = table.loc[table["loss"] == UNTRAINED, "fall"].mean()
        printed = {name: table["system"].map(means[first] - means[second]) for name, means in _printed(metric).items()}
        tables.append(table.assign(**{"from": first, "to": second, "untrained": untrained}, **printed))
    columns = ["loss", "from", "to", "fall", "low", "high", "seeds", "verdict", "untrained", "Hotels-50K", "Hotel-ID"]
    if not tables:
        return pd.DataFrame(columns=columns)
    whole = pd.concat(tables, ignore_index=True)
    return whole.assign(verdict=directions(whole))[columns]


def directions(table: pd.DataFrame, than: float | pd.Series = 0.0) -> np.ndarray:
    """Where intervals lie: `falls` by more than that, `rises` (by less), or `undecided`."""
    return np.select([table["low"] > than, table["high"] < than], ["falls", "rises"], "undecided")


def _printed(metric: str) -> dict[str, pd.DataFrame]:
    """Tables 4 and 5 by the data that they are of: a row a system, a column a split."""
    tables = {}
    for name, number in (("Hotels-50K", 4), ("Hotel-ID", 5)):
        table = published.table("hotels", number)
        tables[name] = table[table["metric"] == metric].pivot(index="system", columns="split", values="mean")
    return tables


def ranks(study: Study) -> pd.DataFrame:
    """Do trained losses rank alike in different tests (`lib.hotels.shared_content.named_tests`)?
    `lib.hotels.rank_agreement.agreement` of each two, and of all pairs together (`all, all`): `metric, one, other`;
    Kendall's tau of `Hotels-50K, Hotel-ID` as printed; then ours."""
    scored, rows = scores(study), []
    scored = scored[scored["loss"] != UNTRAINED]
    tests = shared_content.named_tests(study)
    all_pairs = list(itertools.combinations(tests, 2))
    for metric in ("AUC", "R@1"):
        means = scored[scored["metric"] == metric].pivot(index="loss", columns=["split", "seed"], values="mean")
        by_split = {split: means[split] for split in tests}
        for pairs in [*([pair] for pair in all_pairs), all_pairs]:
            one, other = pairs[0] if len(pairs) == 1 else ("all", "all")
            printed = {
                name: np.mean([kendalltau(table[first], table[second]).statistic for first, second in pairs])
                for name, table in _printed(metric).items()
            }
            row = {"metric": metric, "one": one, "other": other, **printed}
            rows.append(row | rank_agreement.agreement(by_split, pairs))
    return pd.DataFrame(rows)


def recall(study: Study) -> pd.DataFrame:
    """R@1 of each split, means over losses and seeds of trained runs, in per cent and points: `split`; `R@1` as it is,
    and how far `ahead` of D_SS's; `equal sizes`, among as many branches of each with the class sizes of D_SS
    (`lib.hotels.metrics.equal_sized`; none of D_??), and then `equal ahead`; `moved`, by how much equal sizes changed
    it: each with `… low, … high` over seeds; `images, branches, equal branches`. The paper explains D_SS's low R@1 by
    its classes, which are small and many. If so, other splits lose their advantage at equal sizes, and D_SS itself
    gains among fewer branches.
    """
    scored = scores(study)
    scored = scored[(scored["loss"] != UNTRAINED) & scored["split"].isin(TESTS)]
    of_seed = scored.pivot_table("mean", ["metric", "seed"], "split")
    plain, equal = of_seed.loc["R@1"], of_seed.loc[EQUAL]
    parts = {
        "R@1": plain,
        "ahead": plain.sub(plain["D_SS"], axis=0),
        "equal sizes": equal,
        "equal ahead": equal.sub(equal["D_SS"], axis=0),
        "moved": equal - plain,
    }
    tables = []
    for name, values in parts.items():
        means = over_seeds(values.melt(var_name="split", value_name=name), ["split"], name).set_index("split")
        tables.append(means[["mean", "low", "high"]].set_axis([name, f"{name} low", f"{name} high"], axis=1))
    sizes = scored[scored["metric"] == "R@1"].groupby("split")[["images", "branches"]].first()
    cut = scored[scored["metric"] == EQUAL].groupby("split")["branches"].mean().rename("equal branches")
    return pd.concat([*tables, sizes, cut], axis=1).loc[TESTS].rename_axis("split").reset_index()


def without_content(study: Study, splits: pd.DataFrame) -> pd.DataFrame:
    """A test in which what a picture shows doesn't help (`lib.hotels.shared_content`) beside the others; no row where
    the study has none. In per cent: `split, images, branches`; `chance`, R@1 of a random picture; `R@1` and `AUC`,
    means over losses and seeds of trained runs, with `… low, … high` over seeds, and `untrained …`.

    splits: the study's splits table.
    """
    scored = scores(study)
    scored = scored[scored["split"].isin(TESTS) & scored["metric"].isin(["R@1", "AUC"])]
    untrained = scored[scored["loss"] == UNTRAINED].groupby(["metric", "split"])["mean"].mean()
    table = scored.groupby("split")[["images", "branches"]].first().join(shared_content.chance(splits).rename("chance"))
    for metric in ("R@1", "AUC"):
        trained = scored[(scored["loss"] != UNTRAINED) & (scored["metric"] == metric)]
        of_seed = trained.groupby(["split", "seed"])["mean"].mean().rename(metric).reset_index()
        means = over_seeds(of_seed, ["split"], metric).set_index("split")[["mean", "low", "high"]]
        table = table.join(means.set_axis([metric, f"{metric} low", f"{metric} high"], axis=1))
        table[f"untrained {metric}"] = untrained.get(metric, np.nan)
    table = table.loc[TESTS].rename_axis("split").reset_index()
    return table if shared_content.concepts(study) else table.head(0)


def trials(study: Study) -> pd.DataFrame:
    """Every trial of every search, best first within a loss: `loss`, hyper-parameters, `R@1` on validation,
    `chosen`."""
    tables = []
    for loss, searches in runs(study, SEARCH).items():
        for run in searches:
            table = SearchTrials.validate(pd.DataFrame(run.record().trials))
            tables.append(table.assign(loss=loss, chosen=["yes"] + [""] * (len(table) - 1), run=run.name))
    if not tables:
        return pd.DataFrame(columns=["loss", "lr", "R@1", "chosen"])
    whole = pd.concat(tables, ignore_index=True)
    return whole[["loss", *whole.columns.difference(["loss", "chosen", "run"], sort=False), "chosen", "run"]]


def chosen(study: Study) -> pd.DataFrame:
    """What each search chose, and by how little: `loss`, the values, `trials`, `epochs` (of each), `R@1` on validation,
    `lead` over the next best trial, `at the edge` (values that are the least or the greatest of those that were tried,
    so that better ones may lie beyond), and `AUC of D_SS` that the loss then came to (mean over seeds, per cent)."""
    scored, rows = scores(study), []
    came_to = scored[(scored["metric"] == "AUC") & (scored["split"] == "D_SS")].groupby("loss")["mean"].mean()
    for loss, searches in runs(study, SEARCH).items():
        record = searches[0].record()
        tried, best = SearchTrials.validate(pd.DataFrame(record.trials)), record.best
        edge = [
            name
            for name, value in best.items()
            if tried[name].nunique() > 1 and value in (tried[name].min(), tried[name].max())
        ]
        score = tried["R@1"]
        lead = score[0] - score[1] if len(score) > 1 else np.nan
        row = {"loss": loss, **best, "trials": len(tried), "epochs": record.epochs, "R@1": score[0], "lead": lead}
        rows.append(row | {"at the edge": ", ".join(edge), "AUC of D_SS": came_to.get(loss, np.nan)})
    last = ["trials", "epochs", "R@1", "lead", "at the edge", "AUC of D_SS"]
    table = pd.DataFrame(rows, columns=["loss", *last] if not rows else None)
    return table[["loss", *table.columns.difference(["loss", *last], sort=False), *last]]


def settings(study: Study) -> pd.DataFrame:
    """Table 6 beside what our runs had: `loss`, hyper-parameters, `epochs`, `run`; of the paper those of the data set
    that the study takes its defaults from."""
    rows = []
    for loss, (run, *_) in runs(study).items():
        record = run.record()
        if record.training:  # none of the backbone as it comes
            rows.append({"loss": loss, **record.hyperparameters, "epochs": record.training.epochs, "run": run.name})
    return pd.DataFrame(rows)


def transfer(study: Study, metric: str = "R-Precision@X") -> pd.DataFrame:
    """Ads linked by their pictures with models trained on hotel rooms, against the backbone without that training:
    `region, loss, untrained, trained, difference, low, high, p_holm, verdict` (at the corrected level), vendors
    resampled in pairs. Empty without an untrained run beside trained ones."""
    of_loss = runs(study)
    columns = ["region", "loss", "untrained", "trained", "difference", "low", "high", "p_holm", "verdict"]
    if UNTRAINED not in of_loss or len(of_loss) < 2:
        return pd.DataFrame(columns=columns)
    queries = {loss: [results.all_queries(run) for run in seeds] for loss, seeds in of_loss.items()}
    untrained = queries.pop(UNTRAINED)
    rows, pairs = [], []
    for region in untrained[0]["region"].unique():
        base = [verification.shares(frame, metric, region) for frame in untrained]
        for loss, frames in queries.items():
            ours = [verification.shares(frame, metric, region) for frame in frames]
            rows.append({"region": region, "loss": loss, "untrained": _level(base), "trained": _level(ours)})
            pairs.append((ours, base))
    table = pd.DataFrame(rows).join(compared(pairs, study.bootstrap, study.split.seed))
    table["verdict"] = table["direction"].replace({"higher": "helps", "lower": "harms"})
    return table[columns]


def _level(shares: Sequence[pd.DataFrame]) -> float:
    """The metric whose sums over vendors these are (`top / bottom`), mean over seeds."""
    return float(np.mean([share["top"].sum() / share["bottom"].sum() for share in shares]))
