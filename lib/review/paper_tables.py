"""Published numbers beside ours.

A row of ours stands beside the paper's row of the same architecture, objective and fusion, and a packaged backbone beside
the benchmark whose role it plays (`lib.runs.results.STANDING_IN`). When other weights were loaded, or the data is the twin, the
two are no replication of one another; the tables say so on each row (`same_system`).
"""

from __future__ import annotations

import itertools

import numpy as np
import pandas as pd
from scipy.stats import kendalltau

from lib.core import published
from lib.data.ads import REGIONS
from lib.evaluation import identification as scoring
from lib.evaluation.intervals import all_vendors, bootstrap_weights, compared, interval, mean_of_seeds
from lib.runs import results
from lib.runs.results import Results
from lib.study.registry import ALIGNMENT_NAMES, BACKBONES

PLACES = {"South": "south", "Midwest": "midwest", "West": "west", "Northeast": "northeast", "OOD": "OOD", "ZS": "ZS"}
COST = ["parameters", "epochs", "training_seconds", "wh", "co2_g"]
PRINTED_COST = {"Parameters": "parameters", "Epochs": "epochs", "Time": "training_seconds"}
"""What Table 4 prints of cost, and the column of ours that it stands beside."""
SWAPS = ["better", "worse", "published", "ours", "low", "high", "decided"]
MOST_DRAWS = 300
"""Resamples for an interval of a rank correlation: each ranks all rows anew."""


def identification(found: Results, number: int) -> pd.DataFrame:
    """MATCHED Table 2 or 4 beside ours: every printed score, and a row for each variant of ours that it stands beside.

    Columns: `row, modality, paper_system, objective, fusion, metric, published, ours, low, high, seeds, seed_sd, variant,
    our_system, same_system, items, run`; without a run of ours the later ones are empty.
    """
    theirs = published.table("matched", number)
    theirs = theirs[theirs["metric"].isin(scoring.METRICS)].copy()
    # Table 2 prints no fusion; its multimodal rows are Table 4's with the mean.
    theirs["fusion"] = (
        theirs["fusion"] if "fusion" in theirs else np.where(theirs["modality"] == "multimodal", "mean", "")
    )
    ours = found.identification[found.identification["faces"] == "all"]
    joined = _joined(theirs, ours, ["modality", "objective", "fusion", "metric"])
    columns = ["row", "modality", "paper_system", "objective", "fusion", "metric", "published", "ours", "low", "high"]
    columns += ["seeds", "seed_sd", "variant", "our_system", "same_system", "items", "run"]
    return joined[columns]


def costs(found: Results) -> pd.DataFrame:
    """What MATCHED Table 4 prints of cost beside ours: `row, modality, paper_system, objective, fusion, metric` (Parameters, Epochs, Time in seconds of
    training), `published, ours` (mean over seeds), `variant, our_system, same_system, run`; only where there is a run of ours."""
    theirs = published.table("matched", 4)
    theirs = theirs[theirs["metric"].isin(PRINTED_COST)].copy()
    every = found.runs[found.runs["faces"] == "all"].groupby("row", sort=False)
    ours = every.first().assign(**every[list(PRINTED_COST.values())].mean())
    ours = ours.rename(columns={column: metric for metric, column in PRINTED_COST.items()})
    kept = ["modality", "objective", "fusion", "published", "system", "variant", "run"]
    ours = ours.melt(kept, list(PRINTED_COST), "metric", "mean")
    joined = _joined(theirs, ours, ["modality", "objective", "fusion", "metric"]).dropna(subset="ours")
    columns = ["row", "modality", "paper_system", "objective", "fusion", "metric", "published", "ours"]
    return joined[[*columns, "variant", "our_system", "same_system", "run"]]


def verification(found: Results, number: int, representation: str) -> pd.DataFrame:
    """MATCHED Table 5, 6, 7, 9, 10 or 11 beside ours: every printed score of the role's own rows (in Table 6 of all picture backbones),
    region by region.

    representation: `text`, `image` or `multimodal`, what is retrieved by: in Tables 5 and 7 that of a system of its own, in Tables 9 to 11 that of
    a multimodal one (with the text or image baseline beside it). Columns as for `identification`, with `split` (region or average),
    `std, std_ours` (over vendors) and `queries, vendors` of ours; `group` where printed. Alignments stand in both variants.
    """
    theirs = published.table("matched", number).assign(modality=representation)
    if "group" in theirs:
        theirs["modality"] = np.where(theirs["group"] == "baseline", representation, "multimodal")
    ours = found.verification
    ours = ours[(ours["representation"] == representation) & (ours["faces"] == "all")]
    aligned = ours["objective"].str.split("+").str[0].isin([name.split("+")[0] for name in ALIGNMENT_NAMES.values()])
    # Table 6 is of other backbones than the benchmark's.
    usual = ours["benchmark"] if number != 6 else ours["variant"] == "corrected"
    ours = ours[usual | (aligned & ours["role"])].rename(columns={"std": "std_ours"})
    ours = ours.assign(split=ours["region"].map({place: name for name, place in PLACES.items()}))
    if not set(REGIONS) <= set(ours["region"]):  # averages over other regions are not the paper's
        ours = ours[~ours["split"].isin(["OOD", "ZS"])]
    joined = _joined(theirs, ours, ["modality", "objective", "metric", "split"])
    wanted = ["row", "group", "paper_system", "objective", "metric", "split", "published", "std", "ours", "std_ours"]
    wanted += ["low", "high", "variant", "our_system", "same_system", "queries", "vendors", "run"]
    return joined[[column for column in wanted if column in joined]]


def first_result_only(found: Results) -> pd.DataFrame:
    """MRR@10 of the benchmarks as defined and as the authors' code for texts computes it: `modality, objective, region, MRR@10, first only,
    difference, queries, run`, means over vendors.

    That code (analysis/faiss_trained.ipynb) asks its index for one result, so that a hit at rank 2 or later counts nothing: precision at 1.
    """
    rows = []
    for row, runs in found.runs[found.runs["benchmark"]].groupby("row", sort=False):
        first = runs.iloc[0]
        asked = pd.concat([results.queries(run, first["modality"]) for run in found.seeds(row)])
        asked = asked.assign(first=(asked["MRR@10"] == 1.0).astype(float))  # of each seed by itself
        for region, here in asked.groupby("region", sort=False):
            means = here.groupby("vendor")[["MRR@10", "first"]].mean().mean()
            rows.append(
                {
                    "modality": first["modality"],
                    "objective": first["objective"],
                    "region": region,
                    "MRR@10": means["MRR@10"],
                    "first only": means["first"],
                    "difference": means["MRR@10"] - means["first"],
                    "queries": here["query"].nunique(),
                    "run": first["run"],
                }
            )
    columns = ["modality", "objective", "region", "MRR@10", "first only", "difference", "queries", "run"]
    return pd.DataFrame(rows, columns=columns)


def _joined(theirs: pd.DataFrame, ours: pd.DataFrame, keys: list[str]) -> pd.DataFrame:
    """Printed cells with ours of the same `keys` and published system beside them."""
    theirs = theirs.rename(columns={"system": "paper_system", "mean": "published"})
    ours = ours.rename(columns={"published": "paper_system", "mean": "ours", "system": "our_system"})
    fresh = ["ours", "low", "high", "seeds", "seed_sd", "variant", "our_system", "items", "run", "benchmark"]
    fresh += ["std_ours", "queries", "vendors"]
    ours = ours[[*keys, "paper_system", *(column for column in fresh if column in ours)]]
    joined = theirs.merge(ours, how="left", on=[*keys, "paper_system"])
    joined["same_system"] = [
        "" if not isinstance(our, str) else "yes" if _same(our, paper) else "no"
        for our, paper in zip(joined["our_system"], joined["paper_system"], strict=True)
    ]
    return joined


def _same(label: str, paper: str) -> bool:
    """Whether what was loaded is the paper's system, weights and all."""
    names = [BACKBONES[part].published if part in BACKBONES else "" for part in label.split(" + ")]
    return (
        names[:2] == ["DeCLUTR-small", "ViT-base-patch16"] and "" not in names
        if paper == "DeCLUTR-ViT"
        else names == [paper]
    )


def rows_of_ours(found: Results, metric: str = "Macro-F1") -> pd.DataFrame:
    """Every row of ours that identifies, best first within a modality: the columns `lib.runs.results.ROW`, the score with its
    interval and seeds, the items it was scored on, what it cost (mean over seeds) and its first run."""
    scored = found.identification
    cost = found.runs.groupby("row")[COST].mean()
    table = (
        scored[scored["metric"] == metric]
        .join(cost, on="row")
        .sort_values(["modality", "mean"], ascending=[True, False], ignore_index=True)
    )
    columns = [*results.ROW, "mean", "low", "high", "seeds", "seed_sd", "items", "vendors", *COST, "run"]
    return table[columns]


def counted(rows: pd.DataFrame, max_tokens: int) -> str:
    """Where baselines that learn no vectors stand among the trained rows of their modality, as Markdown. rows: of `rows_of_ours`, all pictures;
    max_tokens: how much of a text a trained system reads, while baselines read all of it."""
    lines = []
    for modality, here in rows[rows["faces"] == "all"].groupby("modality"):
        counting = here["objective"] == "baseline"
        if counting.any() and not counting.all():
            best, trained = here[counting].nlargest(1, "mean").iloc[0], here[~counting]
            lines.append(
                f"- {modality}: the best baseline, {best['system']} ({best['mean']:.2f}, {best['low']:.2f} to {best['high']:.2f}), is above "
                f"{(trained['mean'] < best['mean']).sum()} of {len(trained)} trained rows; the best of these has {trained['mean'].max():.2f}"
            )
    reads = f"Baselines read whole texts, trained systems the first {max_tokens} tokens."
    return "\n".join([*lines, "", reads]) if lines else ""


def neighbours(found: Results) -> pd.DataFrame:
    """Each row of ours against the next lower one of its modality, on the same items: `modality, higher, lower, difference,
    low, high, p, p_holm, verdict` of macro-F1, vendors resampled in pairs, p corrected for all comparisons (Holm).

    Rows on other pictures (with or without faces) are left out: they were scored on other items.
    """
    scored = found.identification
    scored = scored[(scored["metric"] == "Macro-F1") & (scored["faces"] == "all")]
    table, pairs = [], []
    for modality, rows in scored.groupby("modality", sort=True):
        ordered = rows.sort_values("mean", ascending=False)["row"].tolist()
        shares = {row: found.macro_f1_shares(found.seeds(row)) for row in ordered}
        for higher, lower in itertools.pairwise(ordered):
            pairs.append((shares[higher], shares[lower]))
            table.append((modality, higher, lower))
    frame = pd.DataFrame(table, columns=["modality", "higher", "lower"])
    frame = frame.join(compared(pairs, found.study.bootstrap, found.study.split.seed))
    return frame.rename(columns={"direction": "verdict"}).drop(columns="vendors")


def order(found: Results, table: pd.DataFrame, variant: str = "corrected") -> tuple[dict[str, float], pd.DataFrame]:
    """Does our order of Table 4's rows agree with the paper's? Kendall's tau and the pairs that swap.

    table: `identification(found, 4)`, or some of its rows. Returns `tau, low, high, rows` (interval by resampling vendors for all rows at
    once) and a row for each pair that stands the other way round with us: `better, worse` (in the paper's order, by the names of what
    was run here), `published` and `ours` (differences of macro-F1, better less worse), `low, high, decided`.
    """
    chosen = table[(table["metric"] == "Macro-F1") & (table["variant"] == variant)].dropna(subset="ours")
    chosen = chosen.reset_index(drop=True)
    if len(chosen) < 3:
        return {"tau": np.nan, "low": np.nan, "high": np.nan, "rows": len(chosen)}, pd.DataFrame(columns=SWAPS)
    shares = [found.macro_f1_shares(found.behind([run])) for run in chosen["run"]]
    vendors = all_vendors(frame for seeds in shares for frame in seeds)
    times = bootstrap_weights(len(vendors), min(found.study.bootstrap, MOST_DRAWS), found.study.split.seed)
    resampled = np.array([mean_of_seeds(seeds, vendors, times)[1] for seeds in shares])
    taus = np.array([kendalltau(chosen["published"], scores).statistic for scores in resampled.T])
    low, high = interval(taus)
    label = (
        chosen["our_system"] + " " + chosen["objective"] + np.where(chosen["fusion"] != "", " " + chosen["fusion"], "")
    )
    swapped = []
    for one in range(len(chosen)):
        for other in range(len(chosen)):
            theirs = chosen["published"][one] - chosen["published"][other]
            ours = chosen["ours"][one] - chosen["ours"][other]
            if theirs > 0 > ours:
                least, most = interval(resampled[one] - resampled[other])
                swapped.append(
                    {"better": label[one], "worse": label[other], "published": theirs, "ours": ours,
                     "low": least, "high": most, "decided": "yes" if most < 0 else "no"}
                )  # fmt: skip
    found_tau = kendalltau(chosen["published"], chosen["ours"]).statistic
    return {"tau": found_tau, "low": low, "high": high, "rows": len(chosen)}, pd.DataFrame(swapped, columns=SWAPS)


def seeds(found: Results) -> pd.DataFrame:
    """MATCHED Table 3 beside ours: the multimodal benchmark (CE+SupCon, mean) by seed, and the mean and standard deviation
    (n - 1) over seeds: `seed, metric, published, ours`."""
    theirs = published.table("matched", 3)[["seed", "metric", "mean"]].rename(columns={"mean": "published"})
    ours = []
    for run in found.find("multimodal", "CE+SupCon"):
        table = results.predictions(run)
        scores = scoring.scores(table["truth"].to_numpy(), table["predicted"].to_numpy(), draws=0)
        ours.append(scores.assign(seed=str(run.parameters["seed"])))
    if not ours:
        return theirs.assign(ours=np.nan)
    each = pd.concat(ours)[["seed", "metric", "mean"]]
    summary = each.groupby("metric")["mean"].agg(Mean="mean", Std="std").reset_index()
    whole = pd.concat([each, summary.melt("metric", var_name="seed", value_name="mean")])
    return theirs.merge(whole.rename(columns={"mean": "ours"}), on=["seed", "metric"], how="left")


def on_pairs(found: Results) -> pd.DataFrame:
    """The benchmark rows of all three modalities scored on the same items, the test pairs of the multimodal rows: a text's
    or a picture's verdict counts for each pair that it is in. Columns `modality, objective, own_items` (macro-F1 as in
    Table 4), `pairs` (macro-F1 on pairs), `low, high, items, missing` (pairs whose text or picture the row didn't see).

    The paper scores text rows on texts, image rows on pictures and multimodal rows on pairs.
    """
    rows = []
    for objective in found.runs["objective"].unique():
        both = found.find("multimodal", objective)
        if not both or not (both[0].folder / "predictions.csv").exists():
            continue
        asked = results.predictions(both[0])[["text", "image", "truth"]]
        for modality in ("text", "image", "multimodal"):
            runs = [run for run in found.find(modality, objective) if (run.folder / "predictions.csv").exists()]
            if not runs:
                continue
            keys = {"text": ["text"], "image": ["image"], "multimodal": ["text", "image"]}[modality]
            given = [
                results.predictions(run).drop_duplicates([*keys, "truth"])[[*keys, "truth", "predicted"]]
                for run in runs
            ]
            merged = [asked.merge(frame, on=[*keys, "truth"], how="left") for frame in given]
            seen = merged[0]["predicted"].notna()
            scores = (
                scoring.scores(
                    asked["truth"].to_numpy()[seen],
                    [frame["predicted"].to_numpy()[seen].astype(int) for frame in merged],
                    found.study.bootstrap,
                    found.study.split.seed,
                )
                .set_index("metric")
                .loc["Macro-F1"]
            )
            own = found.identification
            own = own[(own["run"] == runs[0].name) & (own["metric"] == "Macro-F1")]["mean"]
            rows.append(
                {"modality": modality, "objective": objective, "own_items": own.iloc[0], "pairs": scores["mean"],
                 "low": scores["low"], "high": scores["high"], "items": int(seen.sum()), "missing": int((~seen).sum())}
            )  # fmt: skip
    return pd.DataFrame(
        rows, columns=["modality", "objective", "own_items", "pairs", "low", "high", "items", "missing"]
    )
