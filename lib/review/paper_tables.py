"""Published numbers beside ours.

A row of ours stands beside the paper's row of the same architecture, objective and fusion, and a packaged backbone
beside the benchmark whose role it plays (`lib.runs.results.STANDING_IN`). When other weights were loaded, or the data
is the twin, the two are no replication of one another; the tables say so on each row (`same_system`).
"""

from __future__ import annotations

import itertools

import numpy as np
import pandas as pd
from scipy.stats import kendalltau

from lib.core import published
from lib.data import disclosure
from lib.data.ads import REGIONS
from lib.evaluation import identification as scoring
from lib.evaluation import verification as retrieval
from lib.evaluation.intervals import all_vendors, bootstrap_weights, interval, mean_of_seeds
from lib.review import answers
from lib.review.verdicts import with_verdicts
from lib.runs import results
from lib.runs.results import Results
from lib.study.registry import BACKBONES
from lib.study.run_kinds import CONTENT

SPLITS = {**{region: region.title() for region in REGIONS}, "OOD": "OOD", "ZS": "ZS"}
"""Regions and averages of ours, and what the papers' tables call them."""
TRAINED = ["variant", "sampling", "steps", "converged"]
"""How a row of ours was trained, and whether its training had converged."""
COST = ["parameters", "epochs", "training_seconds", "wh", "co2_g"]
PRINTED_COST = {"Parameters": "parameters", "Epochs": "epochs", "Time": "training_seconds"}
"""What Table 4 prints of cost, and the column of ours that it stands beside."""
SWAPS = ["better", "worse", "published", "ours", "low", "high", "decided"]
MOST_DRAWS = 300
"""Resamples for an interval of a rank correlation: each ranks all rows anew."""


def identification(measured: Results, number: int) -> pd.DataFrame:
    """MATCHED Table 2 or 4 beside ours: every printed score, and a row for each variant of ours that it stands beside.

    Each variant at its own sampling. Columns: `row, modality, paper_system, objective, fusion, metric, published, ours,
    low, high, seeds, seed_sd, variant, sampling, steps, converged, our_system, same_system, items, run`; without a run
    of ours the later ones are empty.
    """
    printed = published.table("matched", number)
    printed = printed[printed["metric"].isin(scoring.METRICS)].copy()
    # Table 2 prints no fusion; its multimodal rows are Table 4's with the mean.
    if "fusion" not in printed:
        printed["fusion"] = np.where(printed["modality"] == "multimodal", "mean", "")
    ours = measured.identification[(measured.identification["faces"] == "all") & measured.identification["usual"]]
    joined = _joined(printed, ours, ["modality", "objective", "fusion", "metric"])
    columns = ["row", "modality", "paper_system", "objective", "fusion", "metric", "published", "ours", "low", "high"]
    return joined[[*columns, "seeds", "seed_sd", *TRAINED, "our_system", "same_system", "items", "run"]]


def costs(measured: Results) -> pd.DataFrame:
    """What MATCHED Table 4 prints of cost beside ours; only where there is a run of ours.

    Columns: `row, modality, paper_system, objective, fusion, metric` (Parameters, Epochs, Time in seconds of training),
    `published, ours` (mean over seeds), `variant, our_system, same_system, run`.
    """
    printed = published.table("matched", 4)
    printed = printed[printed["metric"].isin(PRINTED_COST)].copy()
    by_row = measured.runs[(measured.runs["faces"] == "all") & measured.runs["usual"]].groupby("row", sort=False)
    ours = by_row.first().assign(**by_row[list(PRINTED_COST.values())].mean())
    ours = ours.rename(columns={column: metric for metric, column in PRINTED_COST.items()})
    kept = ["modality", "objective", "fusion", "published", "system", "variant", "run"]
    ours = ours.melt(kept, list(PRINTED_COST), "metric", "mean")
    joined = _joined(printed, ours, ["modality", "objective", "fusion", "metric"]).dropna(subset="ours")
    columns = ["row", "modality", "paper_system", "objective", "fusion", "metric", "published", "ours"]
    return joined[[*columns, "variant", "our_system", "same_system", "run"]]


def verification(measured: Results, number: int, representation: str) -> pd.DataFrame:
    """MATCHED Table 5, 6, 7, 9, 10 or 11 beside ours: every printed score of the role's own rows, region by region.

    In Table 6 of all picture backbones. representation: `text`, `image` or `multimodal`, what is retrieved by: in
    Tables 5 and 7 that of a system of its own, in Tables 9 to 11 that of a multimodal one (with the text or image
    baseline beside it). Columns as for `identification`, with `split` (region or average), `std, std_ours` (over
    vendors) and `queries, vendors` of ours; `group` where printed.
    """
    printed = published.table("matched", number).assign(modality=representation)
    if "group" in printed:
        printed["modality"] = np.where(printed["group"] == "baseline", representation, "multimodal")
    ours = measured.verification
    ours = ours[(ours["representation"] == representation) & (ours["faces"] == "all") & ours["usual"]]
    # Table 6 is of other backbones than the benchmark's.
    ours = ours[ours["role"] if number != 6 else ours["variant"] == "corrected"].rename(columns={"std": "std_ours"})
    ours = ours.assign(split=ours["region"].map(SPLITS))
    if not set(REGIONS) <= set(ours["region"]):  # averages over other regions are not the paper's
        ours = ours[~ours["split"].isin(["OOD", "ZS"])]
    joined = _joined(printed, ours, ["modality", "objective", "metric", "split"])
    columns = ["row", "group", "paper_system", "objective", "metric", "split", "published", "std", "ours", "std_ours"]
    columns += ["low", "high", *TRAINED, "scoring", "our_system", "same_system", "queries", "vendors", "run"]
    return joined[[column for column in columns if column in joined]]


def side_by_side(table: pd.DataFrame, index: list[str]) -> pd.DataFrame:
    """A long table as a wide one: a row for each `index`, with each metric as published and as ours."""
    wide = table.pivot(index=index, columns="metric", values=["published", "ours"])
    return wide.set_axis([f"{metric}, {side}" for side, metric in wide.columns], axis="columns")


def first_result_only(measured: Results) -> pd.DataFrame:
    """MRR@10 of the benchmarks as defined, and as the authors' code for texts computes it; means over vendors.

    That code (analysis/faiss_trained.ipynb) asks its index for one result, so that a hit at rank 2 or later counts
    nothing: precision at 1. Columns `modality, objective, region, MRR@10, first only, difference, queries, run`.
    """
    rows = []
    for row, runs in measured.runs[measured.runs["benchmark"]].groupby("row", sort=False):
        first = runs.iloc[0]
        queries = pd.concat([results.queries(run, first["modality"]) for run in measured.seeds(row)])
        queries = queries.assign(first=(queries["MRR@10"] == 1.0).astype(float))  # of each seed by itself
        for region, group in queries.groupby("region", sort=False):
            rank, hit = group.groupby("vendor")[["MRR@10", "first"]].mean().mean()[["MRR@10", "first"]]
            about = (first["modality"], first["objective"], region)
            rows.append((*about, rank, hit, rank - hit, group["query"].nunique(), first["run"]))
    columns = ["modality", "objective", "region", "MRR@10", "first only", "difference", "queries", "run"]
    return pd.DataFrame(rows, columns=columns)


def _joined(printed: pd.DataFrame, ours: pd.DataFrame, keys: list[str]) -> pd.DataFrame:
    """Printed cells with ours of the same `keys` and published system beside them."""
    printed = printed.rename(columns={"system": "paper_system", "mean": "published"})
    ours = ours.rename(columns={"published": "paper_system", "mean": "ours", "system": "our_system"})
    fields = ["ours", "low", "high", "seeds", "seed_sd", *TRAINED, "scoring", "our_system", "items", "run", "benchmark"]
    fields += ["std_ours", "queries", "vendors"]
    ours = ours[[*keys, "paper_system", *(column for column in fields if column in ours)]]
    joined = printed.merge(ours, how="left", on=[*keys, "paper_system"])
    joined["same_system"] = [
        "" if not isinstance(our, str) else "yes" if _is_the_papers(our, paper) else "no"
        for our, paper in zip(joined["our_system"], joined["paper_system"], strict=True)
    ]
    return joined


def _is_the_papers(label: str, paper: str) -> bool:
    """Whether what was loaded is the paper's system, weights and all."""
    names = [BACKBONES[part].published if part in BACKBONES else "" for part in label.split(" + ")]
    if paper == "DeCLUTR-ViT":
        return names[:2] == ["DeCLUTR-small", "ViT-base-patch16"] and "" not in names
    return names == [paper]


def rows_of_ours(measured: Results) -> pd.DataFrame:
    """Every row of ours that identifies, best macro-F1 first within a modality.

    The columns `lib.runs.results.ROW`, the score with its interval and seeds, the items it was scored on, what it cost
    (mean over seeds) and its first run.
    """
    scores = measured.identification[measured.identification["metric"] == "Macro-F1"]
    table = scores.join(measured.runs.groupby("row")[COST].mean(), on="row")
    table = table.sort_values(["modality", "mean"], ascending=[True, False], ignore_index=True)
    scored = ["mean", "low", "high", "seeds", "seed_sd", "items", "vendors"]
    return table[[*results.ROW, *scored, "steps", "converged", *COST, "run"]]


def neighbours(measured: Results) -> pd.DataFrame:
    """Each row of ours against the next lower one of its modality by macro-F1, on the same items.

    Columns `modality, higher, lower, difference, low, high, p, p_holm, verdict`: vendors resampled in pairs, p
    corrected for all comparisons (Holm). Rows on other pictures (with or without faces) are left out: they were scored
    on other items.
    """
    scores = measured.identification
    scores = scores[(scores["metric"] == "Macro-F1") & (scores["faces"] == "all")]
    rows, pairs = [], []
    for modality, group in scores.groupby("modality", sort=True):
        ranked = group.sort_values("mean", ascending=False)["row"].tolist()
        shares = {row: measured.macro_f1_shares(measured.seeds(row)) for row in ranked}
        for higher, lower in itertools.pairwise(ranked):
            pairs.append((shares[higher], shares[lower]))
            rows.append((modality, higher, lower))
    table = pd.DataFrame(rows, columns=["modality", "higher", "lower"])
    return with_verdicts(table, pairs, measured.study).drop(columns="vendors")


def order(measured: Results, table: pd.DataFrame, variant: str = "corrected") -> tuple[dict[str, float], pd.DataFrame]:
    """Does our order of Table 4's rows agree with the paper's? Kendall's tau and the pairs that swap.

    table: `identification(measured, 4)`, or some of its rows. Returns `tau, low, high, rows` (interval by resampling
    vendors for all rows at once) and a row for each pair that stands the other way round with us: `better, worse` (in
    the paper's order, by the names of what was run here), `published` and `ours` (differences of macro-F1, better less
    worse), `low, high, decided`.
    """
    rows = table[(table["metric"] == "Macro-F1") & (table["variant"] == variant)].dropna(subset="ours")
    rows = rows.reset_index(drop=True)
    if len(rows) < 3:
        return {"tau": np.nan, "low": np.nan, "high": np.nan, "rows": len(rows)}, pd.DataFrame(columns=SWAPS)
    shares = [measured.macro_f1_shares(measured.behind([run])) for run in rows["run"]]
    vendors = all_vendors(frame for seeds in shares for frame in seeds)
    times = bootstrap_weights(len(vendors), min(measured.study.bootstrap, MOST_DRAWS), measured.study.split.seed)
    resampled = np.array([mean_of_seeds(seeds, vendors, times)[1] for seeds in shares])
    taus = np.array([kendalltau(rows["published"], scores).statistic for scores in resampled.T])
    low, high = interval(taus)
    tau = kendalltau(rows["published"], rows["ours"]).statistic
    fusion = np.where(rows["fusion"] != "", " " + rows["fusion"], "")
    labels = rows["our_system"] + " " + rows["objective"] + fusion
    swaps = []
    for better, worse in itertools.permutations(range(len(rows)), 2):
        theirs = rows["published"][better] - rows["published"][worse]
        ours = rows["ours"][better] - rows["ours"][worse]
        if theirs > 0 > ours:
            least, most = interval(resampled[better] - resampled[worse])
            decided = "yes" if most < 0 else "no"
            swaps.append((labels[better], labels[worse], theirs, ours, least, most, decided))
    return {"tau": tau, "low": low, "high": high, "rows": len(rows)}, pd.DataFrame(swaps, columns=SWAPS)


def order_summary(from_weights: dict[str, float], with_random: dict[str, float], swaps: pd.DataFrame) -> str:
    """`order` in words: of systems from pre-trained weights with its `swaps`, and with those from random weights."""
    if from_weights["rows"] < 3:
        return "This study has too few rows beside the paper's for an order."
    (rows, tau, low, high), (all_rows, all_tau, all_low, all_high) = (
        [agreement[name] for name in ("rows", "tau", "low", "high")] for agreement in (from_weights, with_random)
    )
    return (
        f"Over {rows} rows tau is {tau:.2f} (95 % interval {low:.2f} to {high:.2f}); {len(swaps)} pairs swap, "
        f"{(swaps['decided'] == 'yes').sum()} of them decidedly. With those from random weights it is {all_tau:.2f} "
        f"({all_low:.2f} to {all_high:.2f}) over {all_rows}."
    )


def seeds(measured: Results) -> pd.DataFrame:
    """MATCHED Table 3 beside ours: the multimodal benchmark (CE+SupCon, mean) by seed: `seed, metric, published, ours`.

    With the mean and the standard deviation (n - 1) over seeds.
    """
    printed = published.table("matched", 3)[["seed", "metric", "mean"]].rename(columns={"mean": "published"})
    ours = []
    for run in measured.find("multimodal", "CE+SupCon"):
        predictions = results.predictions(run)
        scores = scoring.scores(predictions["truth"].to_numpy(), predictions["predicted"].to_numpy(), draws=0)
        ours.append(scores.assign(seed=str(run.parameters["seed"])))
    if not ours:
        return printed.assign(ours=np.nan)
    each = pd.concat(ours)[["seed", "metric", "mean"]]
    summary = each.groupby("metric")["mean"].agg(Mean="mean", Std="std").reset_index()
    whole = pd.concat([each, summary.melt("metric", var_name="seed", value_name="mean")])
    return printed.merge(whole.rename(columns={"mean": "ours"}), on=["seed", "metric"], how="left")


def on_pairs(measured: Results) -> pd.DataFrame:
    """The benchmark rows of all three modalities scored on the same items, the test pairs of the multimodal rows.

    A text's or a picture's prediction counts for each pair that it is in. Columns `modality, objective, own_items`
    (macro-F1 as in Table 4), `pairs` (macro-F1 on pairs), `low, high, items, missing` (pairs whose text or picture the
    row didn't see). The paper scores text rows on texts, image rows on pictures and multimodal rows on pairs.
    """
    rows = []
    for objective in measured.runs.loc[measured.runs["identifies"], "objective"].unique():
        by_modality = {modality: measured.find(modality, objective) for modality in CONTENT}
        if not by_modality["multimodal"]:
            continue
        [pairs, *_] = by_modality["multimodal"]
        for modality, runs in by_modality.items():
            if not runs:
                continue
            given = [answers.on_pairs(run, modality, pairs) for run in runs]
            seen = given[0]["predicted"].notna()
            truth = given[0]["truth"].to_numpy()[seen]
            predicted = [frame["predicted"].to_numpy()[seen].astype(int) for frame in given]
            scores = scoring.scores(truth, predicted, measured.study.bootstrap, measured.study.split.seed)
            macro_f1 = scores.set_index("metric").loc["Macro-F1"]
            own = measured.identification.set_index(["run", "metric"]).loc[(runs[0].name, "Macro-F1"), "mean"]
            score = macro_f1[["mean", "low", "high"]]
            rows.append((modality, objective, own, *score, int(seen.sum()), int((~seen).sum())))
    columns = ["modality", "objective", "own_items", "pairs", "low", "high", "items", "missing"]
    return pd.DataFrame(rows, columns=columns)


def vendor_groups(measured: Results, known: set[int]) -> pd.DataFrame:
    """The multimodal benchmark's scored queries outside the region that it was trained on, by groups of vendors.

    With `modality` (what they retrieve by: text, image, multimodal) and `group`: `shared` (vendors in `known`, who also
    post in that region) or `unique`. A group of fewer than five vendors in a region is left out: an interval over so
    few says nothing, and of sensitive data it would say too much. Empty without that run.
    """
    runs, tables = measured.find("multimodal", "CE+SupCon"), []
    if runs:
        trained_on = measured.runs.set_index("run").loc[runs[0].name, "train_region"]
        for modality in CONTENT:
            scored = measured.scored(runs, modality)
            group = np.where(scored["vendor"].isin(known), "shared", "unique")
            scored = scored.assign(modality=modality, group=group)[scored["region"] != trained_on]
            tables.append(scored[disclosure.enough(scored["region"] + " " + scored["group"], scored["vendor"])])
    return pd.concat(tables, ignore_index=True) if tables else pd.DataFrame(columns=["modality", "group", "region"])


def table_12(measured: Results, scored: pd.DataFrame) -> pd.DataFrame:
    """MATCHED Table 12 beside ours: is retrieval elsewhere as good for vendors that were never trained on?

    Columns `row, modality, group, metric, split, published, std, ours, low, high, std_ours, queries, vendors`. scored:
    from `vendor_groups`. Each group's interval resamples its own vendors.
    """
    printed = published.table("matched", 12).rename(columns={"mean": "published", "vendors": "group"})
    draws, seed = measured.study.bootstrap, measured.study.split.seed
    ours = [
        retrieval.table(rows, draws, seed).assign(modality=modality, group=group)
        for (modality, group), rows in scored.groupby(["modality", "group"], sort=False)
    ]
    columns = ["modality", "group", "metric", "split", "ours", "low", "high", "std_ours", "queries", "vendors"]
    whole = pd.concat(ours, ignore_index=True) if ours else pd.DataFrame(columns=["region"])
    whole = whole.assign(split=whole["region"].map(SPLITS)).rename(columns={"mean": "ours", "std": "std_ours"})
    joined = printed.merge(whole.reindex(columns=columns), how="left", on=["modality", "group", "metric", "split"])
    return joined[["row", *columns[:4], "published", "std", *columns[4:]]]


def shared_less_unique(measured: Results, scored: pd.DataFrame) -> pd.DataFrame:
    """Scores of shared less those of unique vendors, both resampled: they have no vendor in common.

    Columns `modality, metric, region, difference, low, high, vendors, p, p_holm, verdict`. scored: from
    `vendor_groups`. verdict: *shared higher* or *unique higher* at the corrected 5 % level, else *undecided*, which is
    not the same as equal: the interval says how far the two may be apart.
    """
    rows, pairs = [], []
    for (modality, region), queries in scored.groupby(["modality", "region"], sort=False):
        groups = [queries[queries["group"] == group] for group in ("shared", "unique")]
        for metric in retrieval.METRICS:
            shared, unique = (retrieval.shares(group, metric, region) for group in groups)
            if len(shared) and len(unique):
                pairs.append((shared, unique))
                rows.append((modality, metric, region))
    table = pd.DataFrame(rows, columns=["modality", "metric", "region"])
    return with_verdicts(table, pairs, measured.study, "shared higher", "unique higher")
