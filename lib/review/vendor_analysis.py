"""Where a system does well or badly: scores of vendors over what they are like (MATCHED A.6, Figs 3 to 7)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.stats import permutation_test

from lib.data import disclosure
from lib.data.ads import Ads
from lib.evaluation import identification
from lib.evaluation.intervals import holm, ratio_interval
from lib.evaluation.verification import METRICS
from lib.review.data_tables import WINDOW
from lib.runs import results
from lib.runs.results import Results

FACTORS = {"ads": "ads", "names": "pseudonyms", "faces": "pictures with a face", "no_faces": "pictures without a face"}
"""What vendors differ in: columns of `factors`, and what they are called."""
IDENTIFIED = ("Text", "Vision", "Multimodal")
"""The systems that identify vendors, by the paper's names."""
BINS = 6
ORDERS = 9999
"""Random orders of a permutation test: the smallest p is 0.0001, or 0.01 after Holm's correction for 100 panels."""
DECIDED, OPEN, NOTHING = "yes", "no", "nothing to compare"
"""Whether the means of a panel differ by more than chance."""


def factors(ads: Ads, names: Sequence[str], with_face: np.ndarray | None) -> pd.DataFrame:
    """What each vendor of a region is like: `region, vendor, ads`, and as far as known `names, faces, no_faces`.

    names: the pseudonym of each ad, or none; the column counts a vendor's different ones. with_face: whether each image
    shows a face, (n,) bool; the columns count a vendor's images.
    """
    table = ads.ads.assign(name=list(names) or None)
    by = table.groupby(["region", "vendor"], sort=True)
    counts = pd.DataFrame({"ads": by.size()})
    if len(names):
        counts["names"] = table[table["name"] != ""].groupby(["region", "vendor"])["name"].nunique()
    if with_face is not None:
        images = ads.pairs[ads.pairs["image"] >= 0].drop_duplicates(["region", "vendor", "image"])
        face = pd.Series(with_face[images["image"].to_numpy()], index=images.index)
        keys = [images["region"], images["vendor"]]
        counts["faces"], counts["no_faces"] = face.groupby(keys).sum(), (~face).groupby(keys).sum()
    return counts.fillna(0).astype(int).reset_index()


def identified(measured: Results) -> pd.DataFrame:
    """Identification of each vendor by the benchmarks of IDENTIFIED, averaged over seeds.

    Columns `system, vendor, F1, true` (right answers), `false` (wrong answers that name this vendor), `items` (of the
    vendor in the training region's test part).
    """
    tables = []
    for name, (runs, _) in measured.representations().items():
        for run in runs if name in IDENTIFIED else ():
            answers = results.predictions(run)
            truth, predicted = answers["truth"].to_numpy(), answers["predicted"].to_numpy()
            table = pd.DataFrame({"F1": identification.shares(truth, predicted)["Macro-F1"]["top"]})
            table["true"] = pd.Series(predicted[predicted == truth]).value_counts()
            table["false"] = pd.Series(predicted[predicted != truth]).value_counts()
            table["items"] = pd.Series(truth).value_counts()
            tables.append(table.fillna(0).rename_axis("vendor").reset_index().assign(system=name))
    whole = pd.concat(tables, ignore_index=True) if tables else pd.DataFrame(columns=["system", "vendor"])
    return whole.groupby(["system", "vendor"], sort=False, as_index=False).mean()


def positives(identified: pd.DataFrame) -> pd.DataFrame:
    """Answers of each system, of `identified`: `system, true, false, items`, `right` (share of the items)."""
    sums = identified.groupby("system", sort=False)[["true", "false", "items"]].sum()
    return sums.assign(right=sums["true"] / sums["items"]).reset_index()


def retrieved(measured: Results) -> pd.DataFrame:
    """Retrieval of each vendor by the readings of `Results.representations`: `region, vendor, system` and METRICS."""
    tables = []
    for name, (runs, modality) in measured.representations().items():
        scores = measured.scored(runs, modality)
        tables.append(scores.groupby(["region", "vendor"], as_index=False)[list(METRICS)].mean().assign(system=name))
    columns = ["region", "vendor", "system", *METRICS]
    return pd.concat(tables, ignore_index=True)[columns] if tables else pd.DataFrame(columns=columns)


@dataclass(frozen=True)
class Panel:
    """A panel of Figs 3 to 7: a score of vendors over a factor.

    vendors: `system` and a row a vendor with the columns that `factor` and `metric` name. curves: for each system that
    is drawn its `binned` means and its `smoothed` line.
    """

    region: str
    metric: str
    factor: str
    vendors: pd.DataFrame
    curves: dict[str, tuple[pd.DataFrame, pd.DataFrame]]


def points(panels: Iterable[Panel]) -> pd.DataFrame:
    """The binned means that panels show: `value, mean, low, high, vendors, region, metric, factor, system`.

    value: the mean of the factor.
    """
    tables = [
        means.rename(columns={panel.factor: "value"}).assign(
            region=panel.region, metric=panel.metric, factor=panel.factor, system=system
        )
        for panel in panels
        for system, (means, _) in panel.curves.items()
    ]
    return pd.concat(tables, ignore_index=True) if tables else pd.DataFrame(columns=["value"])


def identification_panels(identified: pd.DataFrame, region: str, draws: int = 1000, seed: int = 0) -> list[Panel]:
    """Fig 3's panels over the factors that the data has; over faces only systems that see pictures.

    identified: `identified`, with the columns of `factors`.
    """
    panels = []
    for factor in [factor for factor in FACTORS if factor in identified]:
        systems = IDENTIFIED[1:] if "faces" in factor else IDENTIFIED
        lines = curves(identified, factor, "F1", systems, draws, seed)
        panels.append(Panel(region, "F1", factor, identified, lines))
    return panels


def identification_points(identified: pd.DataFrame, draws: int = 1000, seed: int = 0) -> pd.DataFrame:
    """The binned F1 of every system over every factor: `value, mean, low, high, vendors, factor, system`."""
    shown = [factor for factor in FACTORS if factor in identified]
    tables = [
        binned(rows, factor, "F1", draws, seed).rename(columns={factor: "value"}).assign(factor=factor, system=system)
        for system, rows in identified.groupby("system", sort=False)
        for factor in shown
    ]
    return pd.concat(tables, ignore_index=True)


def retrieval_panels(
    retrieved: pd.DataFrame, by_face: pd.DataFrame | None, draws: int = 1000, seed: int = 0
) -> list[Panel]:
    """The panels of a region's figure (Figs 4 to 7): each of METRICS over each factor that the data has.

    retrieved: `retrieved` of one region, with the columns of `factors`. by_face: `lib.review.face_effects.by_face`,
    with the same columns.
    """
    panels = []
    for metric in METRICS:
        for factor in FACTORS:
            vendors = panel_vendors(retrieved, by_face, factor, metric)
            if vendors is not None:
                lines = curves(vendors, factor, metric, dict.fromkeys(vendors["system"]), draws, seed)
                panels.append(Panel(retrieved["region"].iloc[0], metric, factor, vendors, lines))
    return panels


def panel_vendors(
    retrieved: pd.DataFrame, by_face: pd.DataFrame | None, factor: str, metric: str
) -> pd.DataFrame | None:
    """The vendors of a panel of Figs 4 to 7 (arguments as above); None where the data lacks the factor.

    Over pictures with or without a face the score is the mean of the vendor's queries of that kind.
    """
    if factor not in retrieved:
        return None
    if "faces" not in factor:
        return retrieved
    if by_face is None:
        return None
    queries = by_face[by_face["region"].isin(retrieved["region"]) & (by_face["face"] == (factor == "faces"))]
    return queries.groupby(["system", "vendor", factor], as_index=False)[metric].mean()


def curves(
    table: pd.DataFrame, factor: str, score: str, systems: Iterable[str], draws: int = 1000, seed: int = 0
) -> dict[str, tuple[pd.DataFrame, pd.DataFrame]]:
    """The `binned` means and the `smoothed` line of each system; systems without a row are left out."""
    rows = {system: table[table["system"] == system] for system in systems}
    return {
        system: (binned(here, factor, score, draws, seed), smoothed(here, factor, score))
        for system, here in rows.items()
        if len(here)
    }


def binned(table: pd.DataFrame, factor: str, score: str, draws: int = 1000, seed: int = 0) -> pd.DataFrame:
    """The mean of a score over vendors that are similar in a factor, a row a bin.

    Columns: the factor (its mean), `mean, low, high` (95 %, vendors resampled), `vendors`. At most BINS bins hold about
    as many vendors each, at least five; vendors with the same value are never separated.
    """
    rows = []
    for here in _bins(table, factor, score):
        low, high = ratio_interval(here[score].to_numpy(), np.ones(len(here)), draws, seed)
        rows.append((here[factor].mean(), here[score].mean(), low, high, len(here)))
    return pd.DataFrame(rows, columns=[factor, "mean", "low", "high", "vendors"])


def _bins(table: pd.DataFrame, factor: str, score: str) -> list[pd.DataFrame]:
    """The vendors of each of `binned`'s means."""
    table = table.dropna(subset=[factor, score])
    count = min(BINS, len(table) // disclosure.LEAST)
    if count < 1:
        return []
    if table[factor].nunique() == 1:  # no quantile separates them, and qcut would drop them all
        return [table]
    bin_of_vendor = pd.qcut(table[factor], count, labels=False, duplicates="drop")
    return [here for _, here in table.groupby(bin_of_vendor) if len(here) >= disclosure.LEAST]


def smoothed(table: pd.DataFrame, factor: str, score: str) -> pd.DataFrame:
    """The paper's line: vendors in the order of a factor, the score averaged over WINDOW neighbours.

    Columns: the factor, `smoothed`.
    """
    ordered = table.dropna(subset=[factor, score]).sort_values(factor, kind="stable")
    line = ordered[score].rolling(WINDOW, center=True, min_periods=1).mean()
    return pd.DataFrame({factor: ordered[factor], "smoothed": line})


def smoothing(panels: Iterable[Panel], system: str, seed: int = 0) -> pd.DataFrame:
    """What smoothing hides of a system, a row a panel: `region, metric, factor, means, vendors, span, smoothed, p, …`.

    system: the beginning of its name, since "Multimodal" is "Multimodal-Face" over pictures with faces.
    span: the highest less the lowest unsmoothed mean (`binned`). smoothed: the same of the paper's line.
    p: the chance that means differ as much (by their variance) when vendors are assigned to bins at random.
    p_holm: p corrected for all panels that can be compared. decided: DECIDED where p_holm is under 5 %, OPEN where not,
    NOTHING where there is one mean or none.
    """
    rows = []
    for panel in panels:
        shown = panel.vendors[panel.vendors["system"].str.startswith(system)]
        bins = [rows[panel.metric].to_numpy(float) for rows in _bins(shown, panel.factor, panel.metric)]
        means = [scores.mean() for scores in bins]
        line = smoothed(shown, panel.factor, panel.metric)["smoothed"]
        span, p = (max(means) - min(means), _permutation_p(bins, seed)) if len(bins) > 1 else (np.nan, np.nan)
        vendors = sum(map(len, bins))
        rows.append((panel.region, panel.metric, panel.factor, len(bins), vendors, span, line.max() - line.min(), p))
    columns = ["region", "metric", "factor", "means", "vendors", "span", "smoothed", "p"]
    table = pd.DataFrame(rows, columns=columns)
    table["p_holm"] = holm(table["p"].astype(float))
    compared = np.where(table["p_holm"] < 0.05, DECIDED, OPEN)
    return table.assign(decided=np.where(table["means"] > 1, compared, NOTHING))


def _permutation_p(bins: Sequence[np.ndarray], seed: int) -> float:
    """Share of random orders of the scores in which the bins' means vary as much.

    The statistic is that of the F test without the terms that no order changes.
    """

    def between(*bins: np.ndarray, axis: int) -> np.ndarray:
        squares: np.ndarray = np.sum([scores.sum(axis) ** 2 / scores.shape[axis] for scores in bins], axis=0)
        return squares

    test = permutation_test(
        bins, between, vectorized=True, n_resamples=ORDERS, batch=500, alternative="greater", rng=seed
    )
    return float(test.pvalue)


def smoothing_by_region(panels: pd.DataFrame) -> pd.DataFrame:
    """`smoothing` by region: `region, panels, decided, open, nothing to compare` (numbers of panels) and two more.

    `differ over`: metric and factors of the decided panels. `line moves`: the largest span of the smoothed line in the
    others.
    """
    rows = []
    for region, here in panels.groupby("region", sort=False):
        counts = here["decided"].value_counts().reindex([DECIDED, OPEN, NOTHING], fill_value=0)
        decided = here[here["decided"] == DECIDED]
        over = [f"{metric}: {', '.join(rows['factor'])}" for metric, rows in decided.groupby("metric", sort=False)]
        moves = here.loc[here["decided"] != DECIDED, "smoothed"].max()
        rows.append((region, len(here), *counts, "; ".join(over), moves))
    columns = ["region", "panels", "decided", "open", NOTHING, "differ over", "line moves"]
    return pd.DataFrame(rows, columns=columns)


def factor_correlations(factors: pd.DataFrame) -> pd.DataFrame:
    """Spearman's rank correlation of each other factor with the number of ads: `region, vendors` and the factors.

    factors: from `factors`. Regions with fewer than `lib.data.disclosure.LEAST` vendors are left out.
    """
    others = [factor for factor in FACTORS if factor in factors and factor != "ads"]
    rows = [
        {"region": region, "vendors": len(here), **here[others].corrwith(here["ads"], method="spearman")}
        for region, here in factors.groupby("region", sort=False)
        if len(here) >= disclosure.LEAST
    ]
    return pd.DataFrame(rows, columns=["region", "vendors", *others])
