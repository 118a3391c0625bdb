"""Where a system does well or badly: scores vendor by vendor over what a vendor is like (MATCHED A.6, Figs 3 to 7)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
import pandas as pd
from scipy.stats import fisher_exact
from sklearn.metrics import roc_auc_score

from lib import campaigns, identification, results, retrieval
from lib.ads import Ads
from lib.compare import METRICS
from lib.describe import WINDOW
from lib.intervals import bootstrap_weights, interval
from lib.results import Results
from lib.study import Study

FACTORS = {"ads": "ads", "names": "pseudonyms", "faces": "pictures with a face", "no_faces": "pictures without a face"}


def factors(ads: Ads, names: Sequence[str], with_face: np.ndarray | None) -> pd.DataFrame:
    """What each vendor of a region is like: `region, vendor, ads`, and as far as it is known `names` (how many it goes by), `faces,
    no_faces` (its pictures). names: each ad's, or none; with_face: of each picture (n,) bool."""
    table = ads.ads.assign(name=list(names) or None)
    by = table.groupby(["region", "vendor"], sort=True)
    found = pd.DataFrame({"ads": by.size()})
    if len(names):
        found["names"] = table[table["name"] != ""].groupby(["region", "vendor"])["name"].nunique()
    if with_face is not None:
        shown = ads.pairs.drop_duplicates(["region", "vendor", "image"])
        face = pd.Series(with_face[shown["image"].to_numpy()], index=shown.index)
        counted = [shown["region"], shown["vendor"]]
        found["faces"], found["no_faces"] = face.groupby(counted).sum(), (~face).groupby(counted).sum()
    return found.fillna(0).astype(int).reset_index()


def identified(found: Results) -> pd.DataFrame:
    """Each vendor of the training region's test by the benchmarks of the three modalities: `system, vendor, F1, true, false` (right answers, and
    wrong ones that name this vendor), averaged over seeds, and `items`."""
    tables = []
    for name, (runs, _) in found.representations().items():
        for run in runs if name in ("Text", "Vision", "Multimodal") else ():
            told = results.predictions(run)
            truth, said = told["truth"].to_numpy(), told["predicted"].to_numpy()
            shares = identification.shares(truth, said)["Macro-F1"]
            table = pd.DataFrame({"F1": shares["top"]})
            table["true"] = pd.Series(said[said == truth]).value_counts()
            table["false"] = pd.Series(said[said != truth]).value_counts()
            table["items"] = pd.Series(truth).value_counts()
            tables.append(table.fillna(0).rename_axis("vendor").reset_index().assign(system=name))
    whole = pd.concat(tables, ignore_index=True) if tables else pd.DataFrame(columns=["system", "vendor"])
    return whole.groupby(["system", "vendor"], sort=False, as_index=False).mean()


def retrieved(found: Results) -> pd.DataFrame:
    """Each vendor's retrieval by the five readings of `Results.representations`: `region, vendor, system` and METRICS."""
    tables = []
    for name, (runs, modality) in found.representations().items():
        scored = found.scored(runs, modality)
        tables.append(scored.groupby(["region", "vendor"], as_index=False)[list(METRICS)].mean().assign(system=name))
    columns = ["region", "vendor", "system", *METRICS]
    return pd.concat(tables, ignore_index=True)[columns] if tables else pd.DataFrame(columns=columns)


def by_face(found: Results, ads: Ads, with_face: np.ndarray) -> pd.DataFrame:
    """Queries of the systems that see, apart for pictures with and without a face: `region, vendor, system` (Vision-Face,
    Multimodal-Face), `face` and METRICS. with_face: of each picture (n,) bool."""
    tables = []
    for name, (runs, modality) in found.representations().items():
        if name in ("Vision", "Multimodal"):
            scored = found.scored(runs, modality)
            asked = query_images(ads, found.study, modality)
            scored = scored.merge(asked, on=["region", "query"], validate="many_to_one")
            scored = scored.assign(system=f"{name}-Face", face=with_face[scored["image"].to_numpy()])
            tables.append(scored)
    columns = ["region", "vendor", "system", "face", *METRICS]
    return pd.concat(tables, ignore_index=True)[columns] if tables else pd.DataFrame(columns=columns)


def query_images(ads: Ads, study: Study, modality: str) -> pd.DataFrame:
    """The picture of each query as `lib.verification.scores` numbers them: `region, query, image`."""
    items = campaigns.split(study, ads, modality)
    tests = items[items["part"] == "test"]
    return pd.DataFrame(
        {"region": tests["region"], "query": tests.groupby("region").cumcount(), "image": tests["image"]}
    )


def binned(
    table: pd.DataFrame, factor: str, score: str, draws: int = 1000, seed: int = 0, bins: int = 6, least: int = 5
) -> pd.DataFrame:
    """The mean of a score over vendors that are alike in a factor: `factor` (mean), `mean, low, high` (95 %, vendors resampled), `vendors`.

    Bins hold about as many vendors each, `least` at least, and those of one value are never parted.
    """
    table = table.dropna(subset=[factor, score])
    count = min(bins, len(table) // least)
    if count < 1:
        return pd.DataFrame(columns=[factor, "mean", "low", "high", "vendors"])
    cut = pd.qcut(table[factor], count, labels=False, duplicates="drop")
    rows = []
    for _, here in table.groupby(cut):
        if len(here) >= least:
            resampled = bootstrap_weights(len(here), draws, seed) @ here[score].to_numpy() / len(here)
            low, high = interval(resampled)
            row = {factor: here[factor].mean(), "mean": here[score].mean(), "low": low, "high": high}
            rows.append({**row, "vendors": len(here)})
    return pd.DataFrame(rows, columns=[factor, "mean", "low", "high", "vendors"])


def smoothed(table: pd.DataFrame, factor: str, score: str, window: int = WINDOW) -> pd.DataFrame:
    """The line as the paper draws it: vendors in the order of a factor, their score averaged over `window` neighbours: `factor, smoothed`."""
    ordered = table.dropna(subset=[factor, score]).sort_values(factor, kind="stable")
    line = ordered[score].rolling(window, center=True, min_periods=1).mean()
    return pd.DataFrame({factor: ordered[factor], "smoothed": line})


def over(
    table: pd.DataFrame, factor: str, score: str, systems: Iterable[str], draws: int = 1000, seed: int = 0
) -> dict[str, tuple[pd.DataFrame, pd.DataFrame]]:
    """Each system's `binned` points and its `smoothed` line; systems without a row are left out."""
    rows = {system: table[table["system"] == system] for system in systems}
    return {
        system: (binned(here, factor, score, draws, seed), smoothed(here, factor, score))
        for system, here in rows.items()
        if len(here)
    }


def of_factor(scored: pd.DataFrame, apart: pd.DataFrame | None, factor: str, metric: str) -> pd.DataFrame | None:
    """What a panel of Figs 4 to 7 shows over a factor: a region's vendors as `retrieved` has them, and over pictures with or without a face the mean
    of their queries of that kind (`apart`, from `by_face`). None where the data doesn't know the factor."""
    if factor not in scored:
        return None
    if "faces" not in factor:
        return scored
    if apart is None:
        return None
    queries = apart[apart["region"].isin(scored["region"]) & (apart["face"] == (factor == "faces"))]
    return queries.groupby(["system", "vendor", factor], as_index=False)[metric].mean()


def confused(asked: pd.DataFrame, vendors: np.ndarray) -> pd.DataFrame:
    """Pairs of vendors whose ads are taken for one another, most often first: `one, other, links, similarity` (mean cosine).

    asked: `lib.open_set.nearest`; vendors: of each item (n,).
    """
    wrong = asked[~asked["right"]]
    ends = np.sort(np.stack([vendors[wrong["query"]], vendors[wrong["document"]]], axis=1), axis=1).reshape(-1, 2)
    table = pd.DataFrame({"one": ends[:, 0], "other": ends[:, 1], "similarity": wrong["similarity"].to_numpy()})
    counted = table.groupby(["one", "other"], as_index=False).agg(
        links=("similarity", "size"), similarity=("similarity", "mean")
    )
    return counted.sort_values(["links", "similarity"], ascending=False, ignore_index=True)


def evidence(pairs: pd.DataFrame, shown: dict[str, dict[int, set[str]]]) -> pd.DataFrame:
    """Do vendors that are confused share more that points to one entity than any two vendors do?

    pairs: from `confused`; shown: a kind of evidence (telephone numbers, pseudonyms) -> each vendor's. Columns `evidence, confused pairs, sharing,
    all pairs, sharing of all, p`: Fisher's exact test, one-sided, of the confused pairs against the others.
    """
    rows = []
    for kind, of_vendor in shown.items():
        vendors = sorted(of_vendor)
        sharing = {
            (one, other)
            for place, one in enumerate(vendors)
            for other in vendors[place + 1 :]
            if of_vendor[one] & of_vendor[other]
        }
        every = len(vendors) * (len(vendors) - 1) // 2
        taken = [(one, other) for one, other in zip(pairs["one"], pairs["other"], strict=True)]
        hits = sum(pair in sharing for pair in taken)
        table = [[hits, len(taken) - hits], [len(sharing) - hits, every - len(taken) - len(sharing) + hits]]
        rows.append(
            {
                "evidence": kind,
                "confused pairs": len(taken),
                "sharing": hits,
                "all pairs": every,
                "sharing of all": len(sharing),
                "p": float(fisher_exact(table, alternative="greater").pvalue),
            }
        )
    return pd.DataFrame(rows)


def one_entity(
    vectors: np.ndarray, labels: np.ndarray, vendors: np.ndarray, draws: int = 1000, seed: int = 0
) -> dict[str, float | int]:
    """Would the likeness of two labels tell that they are one vendor's? A test where the truth is known.

    vectors (n, d) of items, their labels as extracted (n,) and their true vendors (n,). Of all pairs of labels: `labels, pairs, split` (pairs
    of one vendor), `auroc, low, high` (chance that a split pair is more alike than a pair of two vendors; vendors resampled), and `first`: the
    share of split pairs where one is the other's nearest label. A label is as alike to another as their mean vectors.
    """
    names, place = np.unique(labels, return_inverse=True)
    sums = np.zeros((len(names), vectors.shape[1]))
    np.add.at(sums, place, retrieval.unit(vectors))
    centres = retrieval.unit(sums)
    owner = np.array([np.bincount(vendors[place == number]).argmax() for number in range(len(names))])
    alike = centres @ centres.T
    np.fill_diagonal(alike, -np.inf)
    one, other = np.triu_indices(len(names), 1)
    same = owner[one] == owner[other]
    found = {"labels": len(names), "pairs": len(one), "split": int(same.sum())}
    if not same.any() or same.all():
        return {**found, "auroc": np.nan, "low": np.nan, "high": np.nan, "first": np.nan}
    likeness = alike[one, other]
    _, number = np.unique(owner, return_inverse=True)
    order = np.argsort(likeness, kind="stable")  # once: there are millions of pairs at MATCHED's size
    ordered, first_vendor, other_vendor = same[order], number[one][order], number[other][order]
    resampled = []
    for drawn in bootstrap_weights(number.max() + 1, draws, seed):
        weight = drawn[first_vendor] * np.where(ordered, 1, drawn[other_vendor])
        below, split = np.cumsum(weight * ~ordered), weight * ordered
        if split.any() and below[-1]:
            resampled.append((split @ below) / (split.sum() * below[-1]))
    low, high = interval(np.array(resampled))
    nearest = alike.argmax(1)
    first = (nearest[one] == other) | (nearest[other] == one)
    auroc = float(roc_auc_score(same, likeness))
    return {**found, "auroc": auroc, "low": low, "high": high, "first": float(first[same].mean())}
