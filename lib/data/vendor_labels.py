"""From telephone numbers to vendors: ads that share a number belong together (MATCHED sections 3 and A.2).

The paper extracts numbers with two tools of others and joins ads by connected components (NetworkX); ads without a
number or a picture are dropped. Here the extractor is `lib.data.identifiers.phones`, beside two plain baselines.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import networkx as nx
import numpy as np
import pandas as pd
import phonenumbers
from sklearn.metrics import adjusted_rand_score
from sklearn.metrics.cluster import pair_confusion_matrix

from lib.core import tables
from lib.core.schemas import TwinAds, TwinPictures
from lib.data import identifiers
from lib.twin.lexicon import NUMBER_WORDS

_TEN_DIGITS = re.compile(r"(?<!\d)(?:\+?1[\s.-]?)?\(?(\d{3})\)?[\s./-]?(\d{3})[\s./-]?(\d{4})(?!\d)")


def by_expression(text: str) -> list[str]:
    """Baseline: ten digits with common separators, by one regular expression."""
    return list(dict.fromkeys("".join(found.groups()) for found in _TEN_DIGITS.finditer(text)))


def by_library(text: str) -> list[str]:
    """Baseline: what the `phonenumbers` library finds as possible numbers of the United States."""
    matches = phonenumbers.PhoneNumberMatcher(text, "US", leniency=phonenumbers.Leniency.POSSIBLE)
    return list(dict.fromkeys(str(match.number.national_number) for match in matches))


EXTRACTORS: dict[str, Callable[[str], list[str]]] = {
    "ours": identifiers.phones,
    "phonenumbers": by_library,
    "one expression": by_expression,
}


def extraction_scores(found: Mapping[str, Sequence[Sequence[str]]], truth: pd.DataFrame) -> pd.DataFrame:
    """How well each extractor finds the numbers that ads hide, by way of hiding and over all.

    found: an extractor's name -> the numbers that it returned for each ad. truth: a row an ad with `hiding, phone,
    phone2` (ten digits; phone2 may be empty). Columns `extractor, hiding, ads, numbers, found, wrong, precision, recall`:
    `wrong` are numbers returned that the ad doesn't have.
    """
    wanted = [{phone for phone in pair if phone} for pair in zip(truth["phone"], truth["phone2"], strict=True)]
    rows = []
    for name, numbers in found.items():
        returned = [set(shown) for shown in numbers]
        counts = pd.DataFrame(
            {
                "hiding": truth["hiding"].to_numpy(),
                "ads": 1,
                "numbers": [len(real) for real in wanted],
                "found": [len(real & got) for real, got in zip(wanted, returned, strict=True)],
                "wrong": [len(got - real) for real, got in zip(wanted, returned, strict=True)],
            }
        )
        total = counts.drop(columns="hiding").sum().to_frame().T.assign(hiding="all")
        rows.append(pd.concat([total, counts.groupby("hiding", as_index=False).sum()]).assign(extractor=name))
    table = pd.concat(rows, ignore_index=True)
    table["precision"] = table["found"] / (table["found"] + table["wrong"])
    table["recall"] = table["found"] / table["numbers"]
    return table[["extractor", "hiding", "ads", "numbers", "found", "wrong", "precision", "recall"]]


def graph(numbers: Sequence[Sequence[str]]) -> nx.Graph:
    """Ads (their place, an int) joined to the numbers (strings of digits) that they show."""
    joined = nx.Graph()
    for ad, shown in enumerate(numbers):
        joined.add_edges_from((ad, number) for number in shown)
    return joined


def communities(numbers: Sequence[Sequence[str]]) -> np.ndarray:
    """The vendor label of each ad, (n,): connected components of `graph`, the largest first; -1 without a number."""
    labels = np.full(len(numbers), -1)
    parts = nx.connected_components(graph(numbers))
    ads = sorted(
        (sorted(node for node in part if isinstance(node, int)) for part in parts), key=lambda part: (-len(part), part)
    )
    for label, members in enumerate(ads):
        labels[members] = label
    return labels


def agreement(labels: np.ndarray, vendors: np.ndarray) -> dict[str, float | int]:
    """Labels against the true vendors, over the ads that have a label.

    pair precision: of the pairs of ads that labels join, how many are of one vendor (merging lowers it); pair recall: of
    one vendor's pairs, how many are joined (splitting lowers it); adjusted Rand index; ads without a label; vendors that
    stand under several labels, and labels that hold several vendors.
    """
    labels, vendors = np.asarray(labels), np.asarray(vendors)
    known = labels >= 0
    (_, wrongly_joined), (apart, together) = pair_confusion_matrix(vendors[known], labels[known])
    table = pd.DataFrame({"label": labels[known], "vendor": vendors[known]}).drop_duplicates()
    return {
        "ads": len(labels),
        "without_label": int((~known).sum()),
        "labels": int(table["label"].nunique()),
        "vendors": int(table["vendor"].nunique()),
        "pair_precision": float(together / (together + wrongly_joined)) if together + wrongly_joined else float("nan"),
        "pair_recall": float(together / (together + apart)) if together + apart else float("nan"),
        "adjusted_rand": float(adjusted_rand_score(vendors[known], labels[known])),
        "vendors_split": int((table["vendor"].value_counts() > 1).sum()),
        "labels_merging": int((table["label"].value_counts() > 1).sum()),
    }


def truth(folder: Path) -> pd.DataFrame:
    """The twin's truth about each ad, in the order of the ads table: `hiding, phone, phone2, name, vendor`, as text."""
    return tables.read(folder / "truth" / "ads.csv", TwinAds, f"Remove {folder}: it is made anew.")


def pictures_truth(folder: Path) -> pd.DataFrame:
    """The twin's truth about each picture: `image` (path below the folder), `vendor`, `face` (`visible`, or why none is)."""
    return tables.read(folder / "truth" / "images.csv", TwinPictures, f"Remove {folder}: it is made anew.")


def label_scores(
    found: Mapping[str, Sequence[Sequence[str]]], vendors: np.ndarray, known: pd.DataFrame | None
) -> pd.DataFrame:
    """`agreement` of the labels from each extractor's numbers (found: its name -> of each ad), a row each (`numbers`).

    With the truth about the ads also `true numbers`; without it only what can be counted.
    """
    numbers = dict(found)
    if known is not None:
        pairs = zip(known["phone"], known["phone2"], strict=True)
        numbers = {"true numbers": [[phone for phone in pair if phone] for pair in pairs], **numbers}
    table = pd.DataFrame(
        [{"numbers": name, **agreement(communities(shown), vendors)} for name, shown in numbers.items()]
    )
    return table if known is not None else table[["numbers", "ads", "without_label", "labels"]]


def losses(labels: np.ndarray, vendors: np.ndarray, pictures: np.ndarray) -> pd.DataFrame:
    """What the paper's rules leave of the ads, step by step: `step, ads, share, vendors`.

    labels: from `communities`; vendors: of each ad, the true ones or those given; pictures: how many each ad has. An ad needs
    a number and a picture (section A.3.2), and a label two ads, or nothing can be held out (A.2).
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
            {"step": step, "ads": int(kept.sum()), "share": kept.mean(), "vendors": len(np.unique(vendors[kept]))}
            for step, kept in steps.items()
        ]
    )


def mistakes(found: Sequence[Sequence[str]], vendors: np.ndarray, known: pd.DataFrame, limit: int = 8) -> nx.Graph:
    """Labels that merge vendors, and vendors that are split over labels, as a graph (`limit` vendors of each).

    Nodes: a vendor's ads under one label (`kind` part, `vendor`) and numbers (`kind` number). Edges: `shows` from a part to
    a number in its ads, with `ads` and whether it is `true`ly theirs; `split` between the parts of one vendor. Parts of two
    vendors that hang on one number are merged.
    """
    labels, vendors = communities(found), np.asarray(vendors)
    pairs = pd.DataFrame({"label": labels, "vendor": vendors})[labels >= 0].drop_duplicates()
    merged = pairs[pairs.duplicated("label", keep=False)].sort_values("label")["vendor"].drop_duplicates()[:limit]
    split = pairs[pairs.duplicated("vendor", keep=False) & ~pairs["vendor"].isin(merged)]["vendor"].drop_duplicates()
    drawn = nx.Graph()
    for ad in np.flatnonzero(np.isin(vendors, [*merged, *split[:limit]]) & (labels >= 0)).tolist():
        part = (int(vendors[ad]), int(labels[ad]))
        drawn.add_node(part, kind="part", vendor=part[0])
        for number in found[ad]:
            before = drawn.get_edge_data(part, number, {"ads": 0, "true": False})
            true = before["true"] or number in (known["phone"].iloc[ad], known["phone2"].iloc[ad])
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


def masking_misses(texts: Sequence[str], known: pd.DataFrame | None) -> pd.DataFrame:
    """What is left after masking, a row a check: `what, texts, share`. texts: of each ad, '' for none, which counts for nothing; known: the truth about these ads."""
    there = np.array([bool(text) for text in texts], bool)
    texts = [text for text in texts if text]
    known = known if known is None else known[there]
    masked = [identifiers.mask(text) for text in texts]
    checks = {
        f"{name} still finds a number": [bool(extract(text)) for text in masked] for name, extract in EXTRACTORS.items()
    }
    checks["a digit is left"] = [any(character.isdecimal() for character in text) for text in masked]
    checks["an e-mail address is left"] = [bool(re.search(r"\w@\w+\.\w", text)) for text in masked]
    if known is not None:
        spelled = [" ".join(NUMBER_WORDS[int(digit)] for digit in phone) for phone in known["phone"]]
        checks["the number is left, spelled out"] = [
            words in re.sub(r"[^a-z]+", " ", text.lower()) for words, text in zip(spelled, masked, strict=True)
        ]
        checks["the pseudonym is left"] = [
            bool(name) and name.lower() in text.lower() for name, text in zip(known["name"], masked, strict=True)
        ]
    return pd.DataFrame(
        [{"what": what, "texts": int(np.sum(left)), "share": float(np.mean(left))} for what, left in checks.items()]
    )
