"""Vendor labels from phone numbers: ads that share a number have one vendor (MATCHED sections 3 and A.2).

The paper extracts numbers with two existing tools, takes connected components of ads and numbers as vendors, and drops
ads without a number or an image. Here the extractor is `lib.data.identifiers.phones`, with two simple baselines.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import networkx as nx
import numpy as np
import pandas as pd
import phonenumbers
from sklearn.metrics import adjusted_rand_score
from sklearn.metrics.cluster import pair_confusion_matrix

from lib.core import tables
from lib.core.schemas import TwinAds, TwinPictures
from lib.data import identifiers
from lib.data.components import components
from lib.twin.lexicon import NUMBER_WORDS

_TEN_DIGITS = re.compile(r"(?<!\d)(?:\+?1[\s.-]?)?\(?(\d{3})\)?[\s./-]?(\d{3})[\s./-]?(\d{4})(?!\d)")


def by_expression(text: str) -> list[str]:
    """Baseline: ten digits with common separators, by one regular expression."""
    return list(dict.fromkeys("".join(match.groups()) for match in _TEN_DIGITS.finditer(text)))


def by_library(text: str) -> list[str]:
    """Baseline: possible numbers of the United States according to the `phonenumbers` library."""
    matches = phonenumbers.PhoneNumberMatcher(text, "US", leniency=phonenumbers.Leniency.POSSIBLE)
    return list(dict.fromkeys(str(match.number.national_number) for match in matches))


EXTRACTORS: dict[str, Callable[[str], list[str]]] = {
    "ours": identifiers.phones,
    "phonenumbers": by_library,
    "one expression": by_expression,
}


def extraction_scores(extracted: Mapping[str, Sequence[Sequence[str]]], truth: pd.DataFrame) -> pd.DataFrame:
    """Precision and recall of each extractor, for each way in which ads hide numbers and over all.

    extracted: an extractor's name -> the numbers that it returned for each ad. truth: `hiding, phone, phone2` (ten
    digits; phone2 may be empty), a row an ad. Columns `extractor, hiding, ads, numbers, found, wrong, precision,
    recall`; `wrong` counts returned numbers that the ad doesn't have.
    """
    true_numbers = _true_numbers(truth)
    rows = []
    for name, numbers in extracted.items():
        returned = [set(of_ad) for of_ad in numbers]
        counts = pd.DataFrame(
            {
                "hiding": truth["hiding"].to_numpy(),
                "ads": 1,
                "numbers": [len(true) for true in true_numbers],
                "found": [len(true & got) for true, got in zip(true_numbers, returned, strict=True)],
                "wrong": [len(got - true) for true, got in zip(true_numbers, returned, strict=True)],
            }
        )
        total = counts.drop(columns="hiding").sum().to_frame().T.assign(hiding="all")
        rows.append(pd.concat([total, counts.groupby("hiding", as_index=False).sum()]).assign(extractor=name))
    table = pd.concat(rows, ignore_index=True)
    table["precision"] = table["found"] / (table["found"] + table["wrong"])
    table["recall"] = table["found"] / table["numbers"]
    return table[["extractor", "hiding", "ads", "numbers", "found", "wrong", "precision", "recall"]]


def communities(numbers: Sequence[Iterable[str]]) -> np.ndarray:
    """The vendor label of each ad, (n,) int: connected components of ads and their numbers; -1 without a number.

    Label 0 is the component with the most ads; of two of one size the one with the first ad comes first.
    """
    rows = np.array([ad for ad, of_ad in enumerate(numbers) for _ in of_ad], int)
    codes, _ = pd.factorize(np.array([number for of_ad in numbers for number in of_ad], object))
    ads = len(numbers)
    component = components(ads + int(codes.max(initial=-1)) + 1, np.column_stack([rows, ads + codes]))[:ads]
    with_number = np.unique(rows)
    _, places, sizes = np.unique(component[with_number], return_inverse=True, return_counts=True)
    rank = np.argsort(np.argsort(-sizes, kind="stable"))
    labels = np.full(ads, -1)
    labels[with_number] = rank[places]
    return labels


def _true_numbers(truth: pd.DataFrame) -> list[set[str]]:
    """The one or two numbers of each ad."""
    return [{phone for phone in pair if phone} for pair in zip(truth["phone"], truth["phone2"], strict=True)]


def agreement(labels: np.ndarray, vendors: np.ndarray) -> dict[str, float | int]:
    """Agreement of labels (n,) with the true vendors (n,), over the ads with a label (-1: none).

    pair_precision: the share of pairs of ads under one label that have one vendor; merging vendors lowers it.
    pair_recall: the share of pairs of ads of one vendor that have one label; splitting vendors lowers it.
    adjusted_rand: the adjusted Rand index. vendors_split: vendors with several labels. labels_merging: labels with
    several vendors.
    """
    labels, vendors = np.asarray(labels), np.asarray(vendors)
    labelled = labels >= 0
    (_, wrongly_joined), (apart, together) = pair_confusion_matrix(vendors[labelled], labels[labelled])
    table = pd.DataFrame({"label": labels[labelled], "vendor": vendors[labelled]}).drop_duplicates()
    return {
        "ads": len(labels),
        "without_label": int((~labelled).sum()),
        "labels": int(table["label"].nunique()),
        "vendors": int(table["vendor"].nunique()),
        "pair_precision": float(together / (together + wrongly_joined)) if together + wrongly_joined else float("nan"),
        "pair_recall": float(together / (together + apart)) if together + apart else float("nan"),
        "adjusted_rand": float(adjusted_rand_score(vendors[labelled], labels[labelled])),
        "vendors_split": int((table["vendor"].value_counts() > 1).sum()),
        "labels_merging": int((table["label"].value_counts() > 1).sum()),
    }


def truth(folder: Path) -> pd.DataFrame:
    """The twin's truth about each ad, in the order of the ads table: `hiding, phone, phone2, name, vendor`, as text."""
    return tables.read(folder / "truth" / "ads.csv", TwinAds, f"Remove {folder}: it is made anew.")


def pictures_truth(folder: Path) -> pd.DataFrame:
    """The twin's truth about each image: `image` (path below the folder), `vendor`, `face` (`visible`, or why not)."""
    return tables.read(folder / "truth" / "images.csv", TwinPictures, f"Remove {folder}: it is made anew.")


def label_scores(
    extracted: Mapping[str, Sequence[Sequence[str]]], vendors: np.ndarray, truth: pd.DataFrame | None
) -> pd.DataFrame:
    """`agreement` of the labels from each extractor's numbers with the vendors (n,): a row each, named in `numbers`.

    extracted: as of `extraction_scores`. With the `truth` there is a row `true numbers`; without it there are only the
    counts `ads, without_label, labels`.
    """
    sources: dict[str, Sequence[Iterable[str]]] = {} if truth is None else {"true numbers": _true_numbers(truth)}
    table = pd.DataFrame(
        [
            {"numbers": name, **agreement(communities(numbers), vendors)}
            for name, numbers in (sources | dict(extracted)).items()
        ]
    )
    return table if truth is not None else table[["numbers", "ads", "without_label", "labels"]]


def losses(labels: np.ndarray, vendors: np.ndarray, pictures: np.ndarray) -> pd.DataFrame:
    """How many ads and vendors remain after each of the paper's rules: `step, ads, share, vendors`.

    labels (n,): from `communities`. vendors (n,): the true or given ones. pictures (n,): how many images each ad has.
    An ad needs a number and an image (A.3.2), and a label needs two ads, since otherwise none can be held out (A.2).
    """
    number, picture = np.asarray(labels) >= 0, np.asarray(pictures) > 0
    sizes = pd.Series(labels[number & picture]).value_counts()
    paired = number & picture & np.isin(labels, sizes.index[sizes > 1])
    steps = {
        "all ads": np.ones(len(labels), bool),
        "with a number that was found": number,
        "and a picture": number & picture,
        "and a second ad under the label": paired,
    }
    vendors = np.asarray(vendors)
    return pd.DataFrame(
        [
            {"step": step, "ads": int(rows.sum()), "share": rows.mean(), "vendors": len(np.unique(vendors[rows]))}
            for step, rows in steps.items()
        ]
    )


def mistakes(
    numbers: Sequence[Sequence[str]], vendors: np.ndarray, truth: pd.DataFrame, limit: int = 8
) -> nx.Graph[Any]:
    """Labels that merge vendors, and vendors that are split over labels, as a graph (`limit` vendors of each kind).

    numbers: of each ad. Nodes: the ads of one vendor under one label (`kind` part, `vendor`) and the numbers (`kind`
    number). Edges: `shows` from a part to a number in its ads, with the count `ads` and whether it is `true` for one of
    them; `split` between the parts of one vendor.
    """
    labels, vendors = communities(numbers), np.asarray(vendors)
    pairs = pd.DataFrame({"label": labels, "vendor": vendors})[labels >= 0].drop_duplicates()
    merged = pairs[pairs.duplicated("label", keep=False)].sort_values("label")["vendor"].drop_duplicates()[:limit]
    split = pairs[pairs.duplicated("vendor", keep=False) & ~pairs["vendor"].isin(merged)]["vendor"].drop_duplicates()
    drawn: nx.Graph[Any] = nx.Graph()
    for ad in np.flatnonzero(np.isin(vendors, [*merged, *split[:limit]]) & (labels >= 0)).tolist():
        part = (int(vendors[ad]), int(labels[ad]))
        drawn.add_node(part, kind="part", vendor=part[0])
        for number in numbers[ad]:
            before = drawn.get_edge_data(part, number, {"ads": 0, "true": False})
            true = before["true"] or number in (truth["phone"].iloc[ad], truth["phone2"].iloc[ad])
            drawn.add_node(number, kind="number")
            drawn.add_edge(part, number, kind="shows", ads=before["ads"] + 1, true=true)
    parts = sorted(node for node, kind in drawn.nodes(data="kind") if kind == "part")
    drawn.add_edges_from(((a, b) for a, b in itertools.pairwise(parts) if a[0] == b[0]), kind="split", ads=1, true=True)
    return drawn


EXAMPLES = (
    "Call 212 five55-O1oo or (212) 555-0100 today",
    "write to robin (at) example dot org or robin@example.org",
    "photos at www.example.org/rooms, posted 12/04/2015, post id: 12345678",
    "I'm 34 years old, 5'7\", since 2009, open 9am-5pm, only $120",
)


def masking_examples() -> pd.DataFrame:
    """Made-up sentences: `text, identifiers masked, digits masked too`."""
    return pd.DataFrame(
        [
            {
                "text": text,
                "identifiers masked": identifiers.mask_identifiers(text),
                "digits masked too": identifiers.mask(text),
            }
            for text in EXAMPLES
        ]
    )


def masking_misses(texts: Sequence[str], truth: pd.DataFrame | None) -> pd.DataFrame:
    """What masking leaves: `what, texts, share`, a row a check.

    texts: of each ad, '' for none. truth: about the same ads; if given, two more checks search for the true number,
    spelled out, and for the pseudonym.
    """
    masked = [identifiers.mask(text) for text in texts if text]
    checks = {
        f"{name} still finds a number": [bool(extract(text)) for text in masked] for name, extract in EXTRACTORS.items()
    }
    checks["a digit is left"] = [any(character.isdecimal() for character in text) for text in masked]
    checks["an e-mail address is left"] = [bool(re.search(r"\w@\w+\.\w", text)) for text in masked]
    if truth is not None:
        truth = truth[[bool(text) for text in texts]]
        spelled = [" ".join(NUMBER_WORDS[int(digit)] for digit in phone) for phone in truth["phone"]]
        checks["the number is left, spelled out"] = [
            words in re.sub(r"[^a-z]+", " ", text.lower()) for words, text in zip(spelled, masked, strict=True)
        ]
        checks["the pseudonym is left"] = [
            bool(name) and name.lower() in text.lower() for name, text in zip(truth["name"], masked, strict=True)
        ]
    return pd.DataFrame(
        [{"what": what, "texts": int(np.sum(hits)), "share": float(np.mean(hits))} for what, hits in checks.items()]
    )
