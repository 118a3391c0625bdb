"""Vendors that a system confuses: its most confident errors, and whether they are one entity under two labels (A.6)."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd
from scipy.stats import fisher_exact
from sklearn.metrics import roc_auc_score

from lib.data.ads import Ads
from lib.evaluation import open_set, retrieval
from lib.evaluation import similarity_graph as graphs
from lib.evaluation.intervals import bootstrap_weights, interval
from lib.evaluation.verdicts import Separation
from lib.runs import results
from lib.runs.results import Results


def wrong_links(nearest: pd.DataFrame, items: pd.DataFrame, most: int) -> pd.DataFrame:
    """The `most` similar of the links to another vendor: `similarity, vendor, taken for` and both ends' contents.

    nearest: `lib.evaluation.open_set.nearest` of items. Contents are numbers: `text, nearest text` and `image, nearest
    image`, as far as items have them.
    """
    wrong = nearest[~nearest["right"]].sort_values("similarity", ascending=False).head(most)
    query, document = items.iloc[wrong["query"]], items.iloc[wrong["document"]]
    table = pd.DataFrame({"similarity": wrong["similarity"].to_numpy(), "vendor": query["vendor"].to_numpy()})
    table["taken for"] = document["vendor"].to_numpy()
    for content in [content for content in ("text", "image") if content in items]:
        table[content], table[f"nearest {content}"] = query[content].to_numpy(), document[content].to_numpy()
    return table


def with_texts(links: pd.DataFrame, texts: Sequence[str]) -> pd.DataFrame:
    """`wrong_links` with the beginnings of the texts, `its text, nearest text`, in place of numbers.

    texts: by number, masked. They are the ads' own words: never of sensitive data.
    """
    table = links[["similarity", "vendor", "taken for"]].copy()
    if "text" in links:
        table["its text"] = [texts[text][:160] for text in links["text"]]
        table["nearest text"] = [texts[text][:160] for text in links["nearest text"]]
    return table


def confused(nearest: pd.DataFrame, vendors: np.ndarray) -> pd.DataFrame:
    """Pairs of vendors whose ads are taken for one another, most often first: `one, other, links, similarity`.

    nearest: `lib.evaluation.open_set.nearest`; vendors: of each item, (n,). similarity: the mean cosine of the links.
    """
    wrong = nearest[~nearest["right"]]
    ends = np.sort(np.stack([vendors[wrong["query"]], vendors[wrong["document"]]], axis=1), axis=1).reshape(-1, 2)
    table = pd.DataFrame({"one": ends[:, 0], "other": ends[:, 1], "similarity": wrong["similarity"].to_numpy()})
    counted = table.groupby(["one", "other"], as_index=False).agg(
        links=("similarity", "size"), similarity=("similarity", "mean")
    )
    return counted.sort_values(["links", "similarity"], ascending=False, ignore_index=True)


def values_by_vendor(ads: Ads, region: str, values: Sequence[Iterable[str]]) -> dict[int, set[str]]:
    """All values (telephone numbers, names) in the ads of each vendor of a region. values: of each ad."""
    collected: dict[int, set[str]] = {}
    for of_ad, vendor, place in zip(values, ads.ads["vendor"], ads.ads["region"], strict=True):
        if place == region:
            collected.setdefault(int(vendor), set()).update(of_ad)
    return collected


def evidence(pairs: pd.DataFrame, values: Mapping[str, Mapping[int, set[str]]]) -> pd.DataFrame:
    """Do confused vendors share more that points to one entity than any two vendors do?

    pairs: from `confused`; values: a kind of evidence (telephone numbers, names) -> each vendor's. Columns `evidence,
    confused pairs, sharing, all pairs, sharing of all, p`: Fisher's exact test, one-sided, of the confused pairs
    against all others.
    """
    rows = []
    confused_pairs = list(zip(pairs["one"], pairs["other"], strict=True))
    for kind, of_vendor in values.items():
        all_pairs = combinations(sorted(of_vendor), 2)
        sharing = {(one, other) for one, other in all_pairs if of_vendor[one] & of_vendor[other]}
        count, confused_count = math.comb(len(of_vendor), 2), len(confused_pairs)
        hits = sum(pair in sharing for pair in confused_pairs)
        others = count - confused_count
        table = [[hits, confused_count - hits], [len(sharing) - hits, others - len(sharing) + hits]]
        p = float(fisher_exact(table, alternative="greater").pvalue)
        rows.append((kind, confused_count, hits, count, len(sharing), p))
    columns = ["evidence", "confused pairs", "sharing", "all pairs", "sharing of all", "p"]
    return pd.DataFrame(rows, columns=columns)


def unseen_vendors(items: pd.DataFrame, trained_on: str) -> np.ndarray:
    """Whether each item (`region, vendor`) is of another region, and of a vendor that isn't in the training region.

    (n,) bool. In training a system sees which ads of its region are one vendor's; it may then know that vendor's ads
    elsewhere too.
    """
    here = items["region"] == trained_on
    return np.asarray(~here & ~items["vendor"].isin(items["vendor"][here]))


def one_entity(
    vectors: np.ndarray, labels: np.ndarray, vendors: np.ndarray, draws: int = 1000, seed: int = 0
) -> dict[str, float | int | str]:
    """Does similarity tell whether two labels are one vendor's? A test on data where the truth is known.

    vectors (n, d) of items, their extracted labels (n,) and their true vendors (n,). The similarity of two labels is
    the cosine of their mean vectors. Of all pairs of labels:

    - `labels, pairs, split` (pairs of one vendor), `split_vendors`;
    - `auroc, low, high`: the chance that a split pair is more similar than a pair of two vendors (vendors resampled);
    - `first`: the share of split pairs in which one is the other's nearest label;
    - `told`: `lib.evaluation.open_set.separation` of the split vendors.
    """
    names, codes = np.unique(labels, return_inverse=True)
    sums = np.zeros((len(names), vectors.shape[1]))
    np.add.at(sums, codes, retrieval.unit(vectors))
    centres = retrieval.unit(sums)
    owner = np.array([np.bincount(vendors[codes == label]).argmax() for label in range(len(names))], int)
    cosines = centres @ centres.T
    np.fill_diagonal(cosines, -np.inf)
    one, other = np.triu_indices(len(names), 1)
    same = owner[one] == owner[other]
    split_vendors = len(np.unique(owner[one][same]))
    counts = {"labels": len(names), "pairs": len(one), "split": int(same.sum()), "split_vendors": split_vendors}
    if not same.any() or same.all():
        unknown = dict.fromkeys(["auroc", "low", "high", "first"], np.nan)
        return {**counts, **unknown, "told": Separation.UNDECIDED}
    low, high = interval(_resampled_auroc(cosines[one, other], same, owner[one], owner[other], draws, seed))
    nearest = cosines.argmax(1)
    first = (nearest[one] == other) | (nearest[other] == one)
    return {
        **counts,
        "auroc": float(roc_auc_score(same, cosines[one, other])),
        "low": low,
        "high": high,
        "first": float(first[same].mean()),
        "told": open_set.separation(low, high, split_vendors),
    }


def _resampled_auroc(
    similarity: np.ndarray, same: np.ndarray, one: np.ndarray, other: np.ndarray, draws: int, seed: int
) -> np.ndarray:
    """The AUROC of `same` by `similarity` in each resample of the vendors, (draws or fewer,).

    one, other: the vendors of each pair's two labels (all vendors with a label are among them). A pair of one vendor
    counts as often as the vendor is drawn, a pair of two vendors as often as the product. Resamples without one of the
    two kinds are left out.
    """
    vendors, numbers = np.unique(np.concatenate([one, other]), return_inverse=True)
    # Sorted once: at MATCHED's size there are millions of pairs.
    order = np.argsort(similarity, kind="stable")
    same, first, second = same[order], numbers[: len(one)][order], numbers[len(one) :][order]
    resampled = []
    for drawn in bootstrap_weights(len(vendors), draws, seed):
        weight = drawn[first] * np.where(same, 1, drawn[second])
        below, split = np.cumsum(weight * ~same), weight * same
        if split.any() and below[-1]:
            resampled.append((split @ below) / (split.sum() * below[-1]))
    return np.array(resampled)


def planted_case(
    measured: Results, ads: Ads, labels: np.ndarray, trained_on: str, draws: int = 1000, seed: int = 0
) -> pd.DataFrame:
    """`one_entity` of systems without and with training: `system, objective`, its columns, `run` (the first seed's).

    labels: of each ad, extracted from its telephone numbers (-1 for none), so that a vendor of several numbers stands
    under several labels. Only ads of `unseen_vendors` are asked about.
    """
    label_of_ad = dict(zip(ads.ads["ad"], labels, strict=True))
    rows: list[dict[str, Any]] = []
    for objective in ("pre-trained", "CE+SupCon"):
        if not any(measured.find(modality, objective) for modality in ("text", "image", "multimodal")):
            continue
        for name, (runs, modality) in measured.representations(objective).items():
            if objective == "pre-trained" and name.startswith("M-"):
                continue  # the same vectors as Text and Vision
            items, vectors = results.vectors(runs[0])[modality]
            label = pd.Series(graphs.ads_of(items, ads.pairs)).map(label_of_ad).to_numpy()
            rows_asked = unseen_vendors(items, trained_on) & (label >= 0)
            vendors = items["vendor"].to_numpy()[rows_asked]
            tested = one_entity(vectors[rows_asked], label[rows_asked], vendors, draws, seed)
            rows.append({"system": name, "objective": objective, **tested, "run": runs[0].name})
    return pd.DataFrame(rows)
