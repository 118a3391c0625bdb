"""How sure are the differences that the papers print? Their standard errors, from ± and numbers of vendors or items.

The papers print scores of two systems on the same vendors, but no error of their difference. With standard deviations
s₁, s₂ over n₁, n₂ vendors, the smaller set within the larger, and a correlation ρ between the systems' scores,

    se² = s₁²/n₁ + s₂²/n₂ - 2ρ s₁s₂/max(n₁, n₂)

ρ isn't printed, so the question is turned round: from which ρ on is a difference beyond 1.96 standard errors? A mean
over regions has the mean of the regions' errors, as of independent samples (vendors that post in several regions count
twice). Printed numbers are taken as they stand. An error of sampling is not all: one seed was trained of each system.

What stands for s and n is the *basis* of a comparison; some have two, a large error and a small one:

- `VENDORS`: ± over vendors (Tables 5 to 11, A.5), n from `sample_sizes.yaml`.
- `LARGEST`: Table 4 prints no ±. A class's F1 or recall is between 0 and 1, so s ≤ √(m(1 - m)): the largest error.
- `ITEMS`: micro and weighted F1, as a share of the test items, a fifth of Table 1's (A.4). Multimodal systems are
  tested on pairs, which are at least as many as the images.
- `SEEDS`: the spread over three seeds that Table 3 prints for the multimodal benchmark, √2 times it for two systems:
  the smallest error that two trainings have, if other systems vary no less. ρ plays no part.
- `IMAGES`, `BRANCHES`: R@1 of the hotels as a share of the split's images, or, in the worst case, where all images of a
  branch are right or wrong together, of its branches. Two splits share no image, so that ρ plays no part.
- `ERROR`: AUC of the hotels is printed with a ± that the paper doesn't explain; taken as its standard error.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import pandera.pandas as pa
from pandera.typing import DataFrame
from scipy import stats

from lib.core import published, yaml_files
from lib.core.schemas import Table
from lib.review.analysis_plan import ORDERS
from lib.review.arithmetic import audit, contests
from lib.review.arithmetic.check import EVERY, SCALES, Tables
from lib.review.arithmetic.contests import Contest, Side
from lib.review.arithmetic.counts import ITEMS as PRINTED_ITEMS
from lib.review.arithmetic.counts import SPLITS, TEST_SHARE
from lib.review.arithmetic.dispersion import AVERAGES
from lib.review.arithmetic.paired_errors import HIGHEST, Error, averaged, decided_by_holm, paired
from lib.review.arithmetic.text_checks import MEAN

VENDORS, LARGEST, SEEDS = "printed ± over vendors", "largest possible ± over vendors", "printed ± over seeds"
ITEMS, IMAGES, BRANCHES = "share of test items", "share of images", "share of branches (worst case)"
ERROR = "printed ± as standard error"
SIZES = Path(__file__).with_name("sample_sizes.yaml")
SHOWN = (0.0, 0.3, 0.5, 0.7, 0.9)
"""Correlations whose standard errors are tabulated."""
GRID = np.linspace(0, HIGHEST, 91)
"""Correlations that are tried with Holm's correction."""


class PrintedError(Table):
    """The standard error of a printed difference: a row a comparison, basis and claim that rests on it."""

    claim: str  # id in claims.csv; '' where no claim rests on it
    key: str  # the order's statement, or the id in text_numbers.csv
    statement: str
    place: str
    metric: str
    split: str
    better: str  # which is said to be above
    worse: str
    difference: float  # better less worse as printed, from -1 to 1
    n: float  # vendors or items of the smaller side, of all regions for a mean; 1 where ± is an error already
    basis: str  # what the error is taken from
    se_0: float  # standard error at a correlation of 0
    se_3: float
    se_5: float
    se_7: float
    se_9: float
    survives_from: float = pa.Field(nullable=True)  # least correlation with |difference| > 1.96 se; missing above 0.9
    survives_from_holm: float = pa.Field(nullable=True)  # the same, corrected for the claim's comparisons; to 0.01
    reading: str


class Measured(NamedTuple):
    """A comparison with its printed difference, from -1 to 1, and that one's error on a basis."""

    contest: Contest
    basis: str
    difference: float
    error: Error


def comparisons(claims: pd.DataFrame | None = None, tables: Tables | None = None) -> DataFrame[PrintedError]:
    """Every comparison of scores that a statement makes, for each claim that rests on it.

    claims: as `lib.core.published.claims`; those of the tests ORDERS (statements that begin with the argument, or one
    of several) and `printed` (ids of text_numbers.csv). tables: as `lib.review.arithmetic.audit.all_tables`.
    """
    claims = published.claims() if claims is None else claims
    tables = audit.all_tables() if tables is None else tables
    found = [*contests.of_orders(tables), *contests.of_statements(tables, published.text_numbers())]
    measured = [row for contest in found for row in _measured(contest, tables)]
    resting = {str(claim.id): _keys(claim, measured) for claim in claims.itertuples()}
    by_claim = [(claim, row) for claim, keys in resting.items() for row in measured if row.contest.key in keys]
    with_claim = set().union(*resting.values())
    by_claim += [("", row) for row in measured if row.contest.key not in with_claim]
    table = pd.DataFrame([_described(claim, row) for claim, row in by_claim])
    table["survives_from_holm"] = _holm(table, [row.error for _, row in by_claim])
    table["reading"] = [_reading(row) for _, row in by_claim]
    return PrintedError.validate(table)


def _keys(claim: Any, measured: Iterable[Measured]) -> set[str]:
    """The orders and statements that a claim, a row of claims.csv, rests on."""
    if claim.test == "printed":
        return set(claim.argument.split())
    if claim.test in ORDERS:
        starts = tuple(claim.argument.split(";"))
        return {row.contest.key for row in measured if row.contest.key.startswith(starts)}
    return set()


def _described(claim: str, measured: Measured) -> dict[str, object]:
    contest, error = measured.contest, measured.error
    splits = dict.fromkeys((contest.better.split, contest.worse.split))
    return {
        "claim": claim,
        "key": contest.key,
        "statement": contest.statement,
        "place": contest.place,
        "metric": contest.better.metric,
        "split": " and ".join(splits),
        "better": contest.better.name,
        "worse": contest.worse.name,
        "difference": measured.difference,
        "n": error.n,
        "basis": measured.basis,
        **{f"se_{correlation * 10:.0f}": float(error.at(correlation)) for correlation in SHOWN},
        "survives_from": error.survives_from(measured.difference),
    }


def _holm(table: pd.DataFrame, errors: list[Error]) -> pd.Series:
    """`survives_from` corrected among the comparisons of a claim (or of a statement without one) on one basis.

    Corrected p values fall as ρ rises, since each standard error does.
    """
    least = pd.Series(math.nan, table.index)
    together = table["claim"].where(table["claim"] != "", table["key"])
    for _, group in table.groupby([together, "basis"]):
        deviations = np.array([errors[row].at(GRID) for row in group.index])
        sizes = group["difference"].abs().to_numpy()[:, None]
        p = 2 * stats.norm.sf(np.divide(sizes, deviations, out=np.full(deviations.shape, np.inf), where=deviations > 0))
        decided = decided_by_holm(p)
        least.loc[group.index] = np.where(decided.any(axis=1), GRID[decided.argmax(axis=1)], math.nan)
    return least


def _reading(measured: Measured) -> str:
    least = measured.error.survives_from(measured.difference)
    return ("printed the other way round, " if measured.difference < 0 else "") + _in_words(least)


def _in_words(least: float) -> str:
    """What `survives_from` means."""
    if math.isnan(least):
        return f"within noise up to a correlation of {HIGHEST}"
    return f"beyond noise from a correlation of {least:.2f}" if least else "beyond noise at any correlation"


def _measured(contest: Contest, tables: Tables) -> Iterator[Measured]:
    """A comparison on each of its bases."""
    difference = _score(contest.better) - _score(contest.worse)
    for basis, error in _errors(contest.better, contest.worse, tables):
        yield Measured(contest, basis, difference, error)


def _score(side: Side) -> float:
    """Its printed score, from 0 to 1."""
    regions = EVERY if side.split == MEAN else (side.split,)
    return sum(side.means[region] for region in regions) / len(regions) / float(SCALES[side.metric])


def _errors(better: Side, worse: Side, tables: Tables) -> Iterator[tuple[str, Error]]:
    sides, metric = (better, worse), better.metric
    if metric == "R@1":
        for basis, counted in ((IMAGES, "Images"), (BRANCHES, "Branches")):
            counts = (_count(tables, "hotels", SPLITS[side.table], counted, side.split) for side in sides)
            first, second = zip(map(_bernoulli, sides), counts, strict=True)
            yield basis, paired(first, second, shares=better.split == worse.split)
    elif metric == "AUC":
        first, second = ((_deviation(side, side.split), 1.0) for side in sides)
        yield ERROR, paired(first, second)
    elif better.deviations:
        regions = EVERY if better.split == MEAN else AVERAGES.get(better.split, (better.split,))
        by_side = [[(_deviation(side, each), _vendors(side, each)) for each in regions] for side in sides]
        yield VENDORS, averaged(paired(one, other) for one, other in zip(*by_side, strict=True))
    else:
        of_items = metric in ("Micro-F1", "Weighted-F1")
        sizes = (_items(side, tables) if of_items else _vendors(side, side.split) for side in sides)
        first, second = zip(map(_bernoulli, sides), sizes, strict=True)
        yield ITEMS if of_items else LARGEST, paired(first, second)
        seeds = tables["matched", 3]
        spread = float(seeds[(seeds["seed"] == "Std") & (seeds["metric"] == metric)]["mean"].item())
        yield SEEDS, paired((spread, 1.0), (spread, 1.0), shares=False)


def _bernoulli(side: Side) -> float:
    """√(m(1 - m)): the deviation of zeros and ones, and the largest of values between."""
    score = _score(side)
    return math.sqrt(score * (1 - score))


def _deviation(side: Side, split: str) -> float:
    return side.deviations[split] / float(SCALES[side.metric])


def _vendors(side: Side, region: str) -> float:
    """How many vendors a score is the mean of, at most: of identification those of retrieval, which asks the same."""
    modality, group = side.labels["modality"], side.labels.get("group", "")
    jointly = modality == "text" and group not in ("", "baseline")
    return float(_sizes()["text of multimodal" if jointly else modality][region])


def _items(side: Side, tables: Tables) -> float:
    """How many items were tested, by Table 1 and the split; of pairs at least so many."""
    counted = PRINTED_ITEMS.get(side.labels["modality"], "Images")
    return float(TEST_SHARE) * _count(tables, "matched", 1, counted, side.split)


def _count(tables: Tables, paper: str, number: int, metric: str, split: str) -> float:
    """A printed count."""
    table = tables[paper, number]
    return float(table[(table["metric"] == metric) & (table["split"] == split)]["mean"].item())


@cache
def _sizes() -> dict[str, dict[str, int]]:
    """Kind of query -> region -> vendors."""
    sizes: dict[str, dict[str, int]] = yaml_files.read(SIZES, "expected are the vendors of each kind of query")[
        "vendors"
    ]
    return sizes


def notes(claims: pd.DataFrame, found: pd.DataFrame | None = None) -> dict[str, str]:
    """A short sentence for each claim that rests on printed differences, by its id.

    How many are beyond noise, corrected for their number (Holm). claims: as `lib.core.published.claims`; found: of
    `comparisons`, if it is at hand.
    """
    found = comparisons(claims) if found is None else found
    rows = found[found["claim"].isin(claims["id"])]
    said: dict[str, list[str]] = {}
    for (claim, basis), group in rows.groupby(["claim", "basis"], sort=False):
        said.setdefault(str(claim), []).append(f"{basis}: {_counted(group)}")
    return {claim: "; ".join(parts) for claim, parts in said.items()}


def _counted(group: pd.DataFrame) -> str:
    """How many comparisons are beyond noise at any correlation, from one on, or not."""
    least, turned = group["survives_from_holm"], (group["difference"] < 0).sum()
    if len(group) == 1:
        return _in_words(least.item()) + (", printed the other way round" if turned else "")
    later = least[least > 0]
    span = " to ".join(dict.fromkeys(f"{value:.2f}" for value in (later.min(), later.max())))
    counts = (
        ((least == 0).sum(), "beyond noise at any correlation"),
        (len(later), f"from a correlation of {span}"),
        (least.isna().sum(), f"within noise up to {HIGHEST}"),
        (turned, "printed the other way round"),
    )
    return f"of {len(group)} comparisons " + ", ".join(f"{count} {words}" for count, words in counts if count)


def verdict(once: pd.DataFrame) -> str:
    """How many comparisons are beyond noise, uncorrected, on each basis: a Markdown list. once: each only once."""
    lines = []
    for basis, group in once.groupby("basis", sort=False):
        least = group["survives_from"]
        later = f", {(least > 0).sum()} from some correlation on" if (least > 0).any() else ""
        within = least.isna().sum()
        lines.append(
            f"  - {basis}: of {len(group)} differences {(least == 0).sum()} at any correlation{later}, {within} not"
        )
    return "\n".join(lines)
