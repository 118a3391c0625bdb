"""Where a system does well or badly: scores vendor by vendor over what a vendor is like (MATCHED A.6, Figs 3 to 7)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import numpy as np
import pandas as pd
from scipy.stats import fisher_exact, permutation_test
from sklearn.metrics import roc_auc_score

from lib.data import disclosure, splits
from lib.data.ads import Ads
from lib.evaluation import identification, open_set, retrieval
from lib.evaluation.intervals import bootstrap_weights, compared, holm, interval, ratio_interval, share_interval
from lib.evaluation.verdicts import Separation
from lib.evaluation.verification import METRICS
from lib.review.data_tables import WINDOW
from lib.runs import results
from lib.runs.results import Results
from lib.study.plan import Study

FACTORS = {"ads": "ads", "names": "pseudonyms", "faces": "pictures with a face", "no_faces": "pictures without a face"}
ORDERS = 9999
"""Random orders that a panel's means are compared with: the smallest p is 0.0001, which Holm's correction for a hundred panels leaves at 0.01."""
DECIDED, OPEN, NOTHING = "yes", "no", "nothing to compare"


def factors(ads: Ads, names: Sequence[str], with_face: np.ndarray | None) -> pd.DataFrame:
    """What each vendor of a region is like: `region, vendor, ads`, and as far as it is known `names` (how many it goes by), `faces,
    no_faces` (its pictures). names: each ad's, or none; with_face: of each picture (n,) bool."""
    table = ads.ads.assign(name=list(names) or None)
    by = table.groupby(["region", "vendor"], sort=True)
    found = pd.DataFrame({"ads": by.size()})
    if len(names):
        found["names"] = table[table["name"] != ""].groupby(["region", "vendor"])["name"].nunique()
    if with_face is not None:
        shown = ads.pairs[ads.pairs["image"] >= 0].drop_duplicates(["region", "vendor", "image"])
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


def partings(apart: Mapping[str, pd.DataFrame], draws: int = 1000, seed: int = 0) -> pd.DataFrame:
    """Scores of pictures with and without faces, parted in several ways: `system, face, parting, metric, mean, low, high` (over vendors,
    which are resampled), `vendors, queries`. apart: a way to part -> `by_face`."""
    rows = []
    for parting, queries in apart.items():
        for (system, face), here in queries.groupby(["system", "face"]):
            for metric in METRICS:
                shares = _shares(here, metric)
                low, high = ratio_interval(shares["top"].to_numpy(), shares["bottom"].to_numpy(), draws, seed)
                row = {"system": system, "face": face, "parting": parting, "metric": metric}
                row |= {"mean": shares["top"].mean(), "low": low, "high": high}
                rows.append({**row, "vendors": len(shares), "queries": len(here)})
    columns = ["system", "face", "parting", "metric", "mean", "low", "high", "vendors", "queries"]
    return pd.DataFrame(rows, columns=columns).sort_values(columns[:4], kind="stable", ignore_index=True)


def parting_gaps(detected: pd.DataFrame, true: pd.DataFrame, draws: int = 1000, seed: int = 0) -> pd.DataFrame:
    """Does it matter that a detector parts the pictures? `system, metric, compared` and `lib.evaluation.intervals.compared`, of all rows together.

    detected, true: `by_face` with what the detector sees and with what is there. compared: pictures with faces less those without, by either
    parting, and for each of the two kinds the score by the detector's parting less that by the true one.
    """
    rows, pairs = [], []
    for system in dict.fromkeys(detected["system"]):
        for metric in METRICS:
            found = {
                (name, face): _shares(queries[(queries["system"] == system) & (queries["face"] == face)], metric)
                for name, queries in (("detector", detected), ("truth", true))
                for face in (True, False)
            }
            for what, one, other in (
                ("faces less none, by the detector", ("detector", True), ("detector", False)),
                ("faces less none, by the truth", ("truth", True), ("truth", False)),
                ("detector less truth, faces", ("detector", True), ("truth", True)),
                ("detector less truth, no faces", ("detector", False), ("truth", False)),
            ):
                if len(found[one]) and len(found[other]):
                    rows.append((system, metric, what))
                    pairs.append((found[one], found[other]))
    table = pd.DataFrame(rows, columns=["system", "metric", "compared"])
    return table.join(compared(pairs, draws, seed))


def _shares(queries: pd.DataFrame, metric: str) -> pd.DataFrame:
    """A metric's mean by vendor as `lib.evaluation.intervals` takes it: `top, bottom`."""
    return pd.DataFrame({"top": queries.groupby("vendor")[metric].mean()}).assign(bottom=1.0)


def detector_errors(
    vendors: np.ndarray, detected: np.ndarray, true: np.ndarray, draws: int = 1000, seed: int = 0
) -> pd.DataFrame:
    """Pictures that a face detector gets wrong: `what, of, wrong, share, low, high` (vendors resampled). Of each picture its vendor, whether a
    face was seen and whether there is one, (n,)."""
    rows = []
    for what, among in (("all pictures", np.full(len(true), True)), ("faces missed", true), ("faces made up", ~true)):
        wrong = among & (detected != true)
        share, low, high = share_interval(wrong, among, vendors, draws, seed)
        rows.append({"what": what, "of": int(among.sum()), "wrong": int(wrong.sum()), "share": share, "low": low, "high": high})  # fmt: skip
    return pd.DataFrame(rows)


def query_images(ads: Ads, study: Study, modality: str) -> pd.DataFrame:
    """The picture of each query as `lib.evaluation.verification.scores` numbers them: `region, query, image`."""
    items = splits.items(study, ads, modality)
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
    rows = []
    for here in _bins(table, factor, score, bins, least):
        low, high = ratio_interval(here[score].to_numpy(), np.ones(len(here)), draws, seed)
        row = {factor: here[factor].mean(), "mean": here[score].mean(), "low": low, "high": high}
        rows.append({**row, "vendors": len(here)})
    return pd.DataFrame(rows, columns=[factor, "mean", "low", "high", "vendors"])


def _bins(table: pd.DataFrame, factor: str, score: str, bins: int = 6, least: int = 5) -> list[pd.DataFrame]:
    """The vendors of each of `binned`'s means."""
    table = table.dropna(subset=[factor, score])
    count = min(bins, len(table) // least)
    if count < 1:
        return []
    if table[factor].nunique() == 1:  # no quantile parts them, and qcut would drop them all
        return [table]
    cut = pd.qcut(table[factor], count, labels=False, duplicates="drop")
    return [here for _, here in table.groupby(cut) if len(here) >= least]


def smoothed(table: pd.DataFrame, factor: str, score: str, window: int = WINDOW) -> pd.DataFrame:
    """The line as the paper draws it: vendors in the order of a factor, their score averaged over `window` neighbours: `factor, smoothed`."""
    ordered = table.dropna(subset=[factor, score]).sort_values(factor, kind="stable")
    line = ordered[score].rolling(window, center=True, min_periods=1).mean()
    return pd.DataFrame({factor: ordered[factor], "smoothed": line})


def smoothing(panels: Mapping[tuple[str, str, str], pd.DataFrame], seed: int = 0) -> pd.DataFrame:
    """What smoothing hides, a row a panel: `region, metric, factor, means, vendors, span, smoothed, p, p_holm, decided`.

    panels: by region, metric and factor the vendors that one system is scored on, with the columns that the last two name. span: highest less lowest
    unsmoothed mean (`binned`); smoothed: of the paper's line. p: how often means differ as much (by their variance) when the vendors are shared
    out among them at random. decided: whether they do by more than that, at the 5 % level corrected for all panels that can be compared
    (Holm): DECIDED, OPEN, or NOTHING where there is one mean or none.
    """
    rows = []
    for (region, metric, factor), table in panels.items():
        groups = [here[metric].to_numpy(float) for here in _bins(table, factor, metric)]
        means, line = [group.mean() for group in groups], smoothed(table, factor, metric)["smoothed"]
        row = {
            "region": region,
            "metric": metric,
            "factor": factor,
            "means": len(groups),
            "vendors": sum(map(len, groups)),
        }
        row |= {"span": np.nan, "smoothed": line.max() - line.min(), "p": np.nan}
        if len(groups) > 1:
            row |= {"span": max(means) - min(means), "p": _by_chance(groups, seed)}
        rows.append(row)
    columns = ["region", "metric", "factor", "means", "vendors", "span", "smoothed", "p"]
    found = pd.DataFrame(rows, columns=columns)
    found["p_holm"] = holm(found["p"].astype(float))
    told = np.where(found["p_holm"] < 0.05, DECIDED, OPEN)
    return found.assign(decided=np.where(found["means"] > 1, told, NOTHING))


def _by_chance(groups: Sequence[np.ndarray], seed: int) -> float:
    """Share of random orders of the scores in which the groups' means vary as much (the F test's statistic but for what no order changes)."""

    def between(*groups: np.ndarray, axis: int) -> np.ndarray:
        return np.sum([group.sum(axis) ** 2 / group.shape[axis] for group in groups], axis=0)

    told = permutation_test(
        groups, between, vectorized=True, n_resamples=ORDERS, batch=500, alternative="greater", rng=seed
    )
    return float(told.pvalue)


def by_region(panels: pd.DataFrame) -> pd.DataFrame:
    """`smoothing` summed up: `region, panels, decided, open, nothing to compare` (panels), `differ over` (metric over factor of the decided
    ones), `line moves` (the smoothed line's largest span where nothing is decided)."""
    rows = []
    for region, here in panels.groupby("region", sort=False):
        counts = here["decided"].value_counts().reindex([DECIDED, OPEN, NOTHING], fill_value=0)
        decided = here[here["decided"] == DECIDED]
        over = [f"{metric}: {', '.join(rows['factor'])}" for metric, rows in decided.groupby("metric", sort=False)]
        row = {
            "region": region,
            "panels": len(here),
            "decided": counts[DECIDED],
            "open": counts[OPEN],
            NOTHING: counts[NOTHING],
        }
        rest = here.loc[here["decided"] != DECIDED, "smoothed"]
        rows.append({**row, "differ over": "; ".join(over), "line moves": rest.max()})
    columns = ["region", "panels", "decided", "open", NOTHING, "differ over", "line moves"]
    return pd.DataFrame(rows, columns=columns)


def growing_together(known: pd.DataFrame) -> pd.DataFrame:
    """Do vendors with more ads also have more of the other factors? Spearman's rank correlation of each with `ads`: `region, vendors` and the
    factors that `known` (from `factors`) has. Regions with fewer than `privacy.LEAST` vendors are left out."""
    others = [factor for factor in FACTORS if factor in known and factor != "ads"]
    rows = [
        {"region": region, "vendors": len(here), **here[others].corrwith(here["ads"], method="spearman")}
        for region, here in known.groupby("region", sort=False)
        if len(here) >= disclosure.LEAST
    ]
    return pd.DataFrame(rows, columns=["region", "vendors", *others])


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

    asked: `lib.evaluation.open_set.nearest`; vendors: of each item (n,).
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


def never_told(items: pd.DataFrame, trained_on: str) -> np.ndarray:
    """Whether each item (`region, vendor`) is of another region and of a vendor that the region trained on doesn't have, (n,) bool.

    Training told a system which ads of its region are one vendor's, and of such a vendor it may know more elsewhere too.
    """
    here = items["region"] == trained_on
    return (~here & ~items["vendor"].isin(items["vendor"][here])).to_numpy()


def one_entity(
    vectors: np.ndarray, labels: np.ndarray, vendors: np.ndarray, draws: int = 1000, seed: int = 0
) -> dict[str, float | int | str]:
    """Would the likeness of two labels tell that they are one vendor's? A test where the truth is known.

    vectors (n, d) of items, their labels as extracted (n,) and their true vendors (n,). Of all pairs of labels: `labels, pairs, split` (pairs
    of one vendor), `split_vendors`, `auroc, low, high` (chance that a split pair is more alike than a pair of two vendors; vendors resampled),
    `first`: the share of split pairs where one is the other's nearest label, and `lib.evaluation.open_set.separation` of the split vendors. A label is as alike to
    another as their mean vectors.
    """
    names, place = np.unique(labels, return_inverse=True)
    sums = np.zeros((len(names), vectors.shape[1]))
    np.add.at(sums, place, retrieval.unit(vectors))
    centres = retrieval.unit(sums)
    owner = np.array([np.bincount(vendors[place == number]).argmax() for number in range(len(names))], int)
    alike = centres @ centres.T
    np.fill_diagonal(alike, -np.inf)
    one, other = np.triu_indices(len(names), 1)
    same = owner[one] == owner[other]
    owners = len(np.unique(owner[one][same]))
    found = {"labels": len(names), "pairs": len(one), "split": int(same.sum()), "split_vendors": owners}
    if not same.any() or same.all():
        return {**found, "auroc": np.nan, "low": np.nan, "high": np.nan, "first": np.nan, "told": Separation.UNDECIDED}
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
    scores = {
        "auroc": float(roc_auc_score(same, likeness)),
        "low": low,
        "high": high,
        "first": float(first[same].mean()),
    }
    return {**found, **scores, "told": open_set.separation(low, high, owners)}
