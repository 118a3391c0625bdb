"""Forensic checks on simulated papers: no false alarm on clean ones, and each kind of planted fault is found.

A paper is simulated from vendors × queries × ranked documents and from confusion matrices, and printed by rounding.
"""

from collections import Counter

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import balanced_accuracy_score, f1_score

from lib.core import published
from lib.review.arithmetic import audit, dispersion, forensics, ordering
from lib.review.arithmetic.check import EVERY, Row
from lib.review.arithmetic.rounding import Range

PAPERS = 300
GALLERY, VENDORS, QUERIES = 40, 40, 3
IMAGES = 9013
TEXTS = 2000
CLASSES = 30


def ranked(generator, papers):
    """MRR@10 and R-Precision by vendor, (papers, 4 regions, VENDORS), and queries' R-Precision, from ranked galleries.

    Each vendor has 2 to 12 documents, which stand out from the others as much as the system, the region and the
    vendor's style make them.
    """
    shape = (papers, 4, VENDORS)
    relevant = generator.integers(2, 13, shape)
    skill = generator.normal(0, 1.5, (papers, 1, 1)) + generator.normal(0, 0.3, (papers, 4, 1))
    skill = skill + generator.normal(0, 1, shape)
    own = np.arange(GALLERY) < relevant[..., None]
    reciprocal, precision = np.zeros((2, *shape, QUERIES))
    for query in range(QUERIES):
        score = generator.standard_normal((*shape, GALLERY), dtype=np.float32) + own * skill[..., None]
        found = np.take_along_axis(own, np.argsort(-score, axis=-1), axis=-1)
        first = found.argmax(axis=-1) + 1
        reciprocal[..., query] = np.where(first <= 10, 1 / first, 0)
        within = np.arange(GALLERY) < relevant[..., None]
        precision[..., query] = (found & within).sum(axis=-1) / relevant
    return reciprocal.mean(axis=-1), precision.mean(axis=-1)


def retrieval_table(generator, values, ddof):
    """A table as Table 5 is printed: metrics by region with their average. values: metric -> (4 regions, VENDORS)."""
    rows = []
    for number, (metric, by_region) in enumerate(values.items(), 1):
        means, spreads = by_region.mean(axis=1), by_region.std(axis=1, ddof=ddof)
        split, names = ("OOD", slice(1, 4)) if generator.random() < 0.5 else ("ZS", slice(0, 4))
        printed = [*zip(EVERY, means, spreads, strict=True), (split, means[names].mean(), spreads[names].mean())]
        rows += [(str(number), metric, split, f"{mean:.4f}", f"{spread:.2f}") for split, mean, spread in printed]
    table = pd.DataFrame(rows, columns=["row", "metric", "split", "mean", "std"])
    return table.assign(system="DeCLUTR-small", objective="CE", modality="text")


def identification_table(generator, systems=4):
    """A table as Table 4: text systems tested on a fifth of TEXTS, and their scores as scikit-learn defines them."""
    labels = np.concatenate([np.arange(CLASSES), generator.choice(CLASSES, TEXTS // 5 - CLASSES)])
    rows = []
    for row in range(1, systems + 1):
        right = generator.random(len(labels)) < generator.beta(2, 1, CLASSES)[labels]
        guessed = np.where(
            right, labels, generator.choice(CLASSES, len(labels), p=generator.dirichlet(np.ones(CLASSES)))
        )
        hits = np.bincount(labels[guessed == labels], minlength=CLASSES)
        sizes, answers = np.bincount(labels, minlength=CLASSES), np.bincount(guessed, minlength=CLASSES)
        f1 = 2 * hits / (sizes + answers)
        scores = (
            ("Balanced accuracy", (hits / sizes).mean()),
            ("Weighted-F1", (f1 * sizes).sum() / sizes.sum()),
            ("Micro-F1", hits.sum() / sizes.sum()),
            ("Macro-F1", f1.mean()),
        )
        rows += [(str(row), metric, f"{score:.4f}") for metric, score in scores]
    table = pd.DataFrame(rows, columns=["row", "metric", "mean"])
    return table.assign(system="DeCLUTR-small", objective="CE", fusion="", modality="text", split="South")


def hotels_tables(generator):
    """Tables 3 and 5 as of the hotels: R@1 over all images of a split."""
    hits = generator.integers(0, IMAGES + 1, 6)
    scores = pd.DataFrame({"row": [str(row) for row in range(1, 7)], "system": "Triplet", "metric": "R@1"})
    scores = scores.assign(split="D_SS", mean=[f"{100 * hit / IMAGES:.2f}" for hit in hits], std="")
    sizes = pd.DataFrame([("4", "Images", "D_SS", str(IMAGES))], columns=["row", "metric", "split", "mean"])
    return {("hotels", 3): sizes, ("hotels", 5): scores}


def size_table(generator):
    """A table as Table 1, and what the text says of the ads' language."""
    counts = {"Ads": TEXTS + 60, "Texts": TEXTS, "Images": 2 * TEXTS}
    rows = [("1", metric, region, str(count)) for region in EVERY for metric, count in counts.items()]
    faces = generator.integers(0, counts["Images"] + 1, 4)
    rows += [
        ("1", "Faces", region, f"{number / counts['Images']:.4f}") for region, number in zip(EVERY, faces, strict=True)
    ]
    english = generator.integers(counts["Ads"] // 2, counts["Ads"] + 1, 4)
    said = [
        {"id": f"m-a2-english-{region.lower()}", "paper": "matched", "place": "A.2 (i)", "scale": "100"}
        | {"printed": f"{100 * number / counts['Ads']:.2f}"}
        for region, number in zip(EVERY, english, strict=True)
    ]
    return pd.DataFrame(rows, columns=["row", "metric", "split", "mean"]), pd.DataFrame(said)


@pytest.fixture(scope="module")
def papers():
    """PAPERS clean papers: their tables and statements."""
    generator = np.random.default_rng(0)
    made = []
    for start in range(0, PAPERS, 50):
        reciprocal, precision = ranked(generator, 50)
        for paper in range(50):
            values = {"MRR@10": reciprocal[paper], "R-Precision@X": precision[paper]}
            sizes, said = size_table(generator)
            tables = {
                ("matched", 1): sizes,
                ("matched", 4): identification_table(generator),
                ("matched", 5): retrieval_table(generator, values, ddof=(start + paper) % 2),
            }
            made.append((tables | hotels_tables(generator), said))
    return made


def flagged(tables, statements):
    return [row for row in forensics.rows(tables, statements) if row.agrees == "no"]


def test_no_false_alarm_in_clean_papers(papers):
    """Whichever deviation is printed, that of all or of a sample; and every kind of check has seen numbers."""
    seen = Counter()
    for tables, statements in papers:
        rows = list(forensics.rows(tables, statements))
        seen.update(row.check for row in rows)
        assert not [row for row in rows if row.agrees == "no"]
    assert set(seen) == set(forensics.NAMES) and min(seen.values()) >= PAPERS


def with_cell(tables, key, where, column, value):
    """Tables with one cell changed: the first that fits."""
    table = tables[key].copy()
    chosen = table.index[np.logical_and.reduce([table[name] == wanted for name, wanted in where.items()])]
    table.loc[chosen[0], column] = value
    return tables | {key: table}


def cell(tables, key, **where):
    table = tables[key]
    return table[np.logical_and.reduce([table[name] == wanted for name, wanted in where.items()])].iloc[0]


REGION = {"metric": "R-Precision@X", "split": "West"}
TEXT = ("matched", 4)


def too_wide(tables, statements):
    """A ± that is larger than any distribution with this mean has, by a unit of its last digit."""
    score = float(cell(tables, ("matched", 5), **REGION)["mean"])
    widest = np.sqrt(score * (1 - score) * dispersion.FEWEST / (dispersion.FEWEST - 1))
    return with_cell(tables, ("matched", 5), REGION, "std", f"{widest + 0.011:.2f}"), statements


def average_too_wide(tables, statements):
    """An average's ± that is none of the regions', nor of all their vendors."""
    table = tables["matched", 5]
    split = "OOD" if "OOD" in set(table["split"]) else "ZS"
    return with_cell(tables, ("matched", 5), {"split": split}, "std", "0.53"), statements


def of_rank_one(tables, statements):
    """A score at rank 1 of single queries under the name of R-Precision."""
    tables = with_cell(tables, ("matched", 5), REGION, "mean", "0.3265")
    return with_cell(tables, ("matched", 5), REGION, "std", "0.47"), statements


def out_of_range(tables, statements):
    return with_cell(tables, ("matched", 5), REGION, "mean", "1.0312"), statements


def recall_of_no_count(tables, statements):
    """The hundredth that no number of images has."""
    possible = {f"{100 * hits / IMAGES:.2f}" for hits in range(IMAGES + 1)}
    value = next(f"{number / 100:.2f}" for number in range(3000, 4000) if f"{number / 100:.2f}" not in possible)
    return with_cell(tables, ("hotels", 5), {"metric": "R@1"}, "mean", value), statements


def share_of_no_count(tables, statements):
    """Of images, ads and texts alike."""
    possible = {f"{k / n:.4f}" for n in (4000, 2060, 2000) for k in range(n + 1)}
    value = next(f"{number / 1e4:.4f}" for number in range(5000, 6000) if f"{number / 1e4:.4f}" not in possible)
    return with_cell(tables, ("matched", 1), {"metric": "Faces"}, "mean", value), statements


def language_of_no_count(tables, statements):
    possible = {f"{100 * k / n:.2f}" for n in (2060, 2000) for k in range(n + 1)}
    value = next(f"{number / 100:.2f}" for number in range(9900, 10000) if f"{number / 100:.2f}" not in possible)
    return tables, statements.assign(printed=[value, *statements["printed"][1:]])


def accuracy_of_no_count(tables, statements):
    """Of a test set of 400 no accuracy ends in 0.0012."""
    score = float(cell(tables, TEXT, metric="Micro-F1")["mean"])
    value = f"{round(score * 400) / 400 + 0.0012 * (1 if score < 0.9 else -1):.4f}"
    return with_cell(tables, TEXT, {"metric": "Micro-F1"}, "mean", value), statements


def weighted_too_high(tables, statements):
    accuracy = float(cell(tables, TEXT, metric="Micro-F1", row="1")["mean"])
    value = f"{2 * accuracy / (1 + accuracy) + 0.0003:.4f}"
    return with_cell(tables, TEXT, {"metric": "Weighted-F1", "row": "1"}, "mean", value), statements


def weighted_too_low(tables, statements):
    accuracy = float(cell(tables, TEXT, metric="Micro-F1", row="1")["mean"])
    value = f"{2 * accuracy**2 / (1 + accuracy) - 0.0003:.4f}"
    return with_cell(tables, TEXT, {"metric": "Weighted-F1", "row": "1"}, "mean", value), statements


def macro_too_high(tables, statements):
    balanced = float(cell(tables, TEXT, metric="Balanced accuracy", row="1")["mean"])
    value = f"{2 * balanced / (1 + balanced) + 0.0003:.4f}"
    return with_cell(tables, TEXT, {"metric": "Macro-F1", "row": "1"}, "mean", value), statements


FAULTS = {
    too_wide: "± and mean",
    average_too_wide: "± and mean",
    of_rank_one: "± of zeros and ones",
    out_of_range: "score in its range",
    recall_of_no_count: "granularity",
    share_of_no_count: "granularity",
    language_of_no_count: "granularity",
    accuracy_of_no_count: "granularity",
    weighted_too_high: "weighted and micro-F1",
    weighted_too_low: "weighted and micro-F1",
    macro_too_high: "macro-F1 and balanced accuracy",
}


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.__name__)
def test_every_planted_fault_is_found(papers, fault):
    for tables, statements in papers[:40]:
        assert FAULTS[fault] in {row.check for row in flagged(*fault(tables, statements))}


# The relations themselves ---------------------------------------------------------------------------------------------

answers = st.lists(st.tuples(st.integers(0, 5), st.integers(0, 6)), min_size=1, max_size=40)


@given(answers)
def test_f1_stays_within_what_accuracy_and_balanced_accuracy_allow(pairs):
    """Against scikit-learn; class 6 is predicted and has no item."""
    truth, guess = zip(*pairs, strict=True)
    accuracy = f1_score(truth, guess, average="micro", zero_division=0)
    assert accuracy == pytest.approx(np.mean(np.equal(truth, guess)))
    weighted = f1_score(truth, guess, average="weighted", zero_division=0)
    with pytest.warns() if set(guess) - set(truth) else np.testing.suppress_warnings():
        balanced = balanced_accuracy_score(truth, guess)
    macro = f1_score(truth, guess, average="macro", zero_division=0)
    slack = 1e-12
    assert 2 * accuracy**2 / (1 + accuracy) - slack <= weighted <= ordering.largest_f1(accuracy) + slack
    assert macro <= ordering.largest_f1(balanced) + slack


rankings = st.lists(st.booleans(), min_size=10, max_size=30).filter(any)


@given(rankings)
def test_what_holds_of_any_ranking(found):
    """Per query, and so in any average: MRR@10 ≥ precision at 1, mAP@R ≤ R-Precision."""
    found = np.array(found)
    relevant = found.sum()
    ranks = np.flatnonzero(found) + 1
    reciprocal = 1 / ranks[0] if ranks[0] <= 10 else 0
    hits = found[:relevant].sum()
    average = sum((place + 1) / rank for place, rank in enumerate(ranks) if rank <= relevant) / relevant
    assert reciprocal >= found[0] and average <= hits / relevant + 1e-12


def test_reciprocal_rank_and_r_precision_have_no_order():
    """The counterexamples of `ordering`'s docstring."""
    for ranks, precision, reciprocal in (((2, 3, 4), 2 / 3, 1 / 2), ((1, 4, 5), 1 / 3, 1)):
        assert (sum(rank <= 3 for rank in ranks) / 3, 1 / min(ranks)) == (precision, reciprocal)


@given(st.lists(st.integers(0, 1000), min_size=2, max_size=50), st.integers(2, 4), st.integers(2, 3))
@settings(max_examples=200)
def test_a_deviation_of_scores_is_never_beyond_its_bound(values, digits, digits_of_spread):
    scores = np.array(values) / 1000
    mean, spread = Range.of(f"{scores.mean():.{digits}f}"), Range.of(f"{scores.std():.{digits_of_spread}f}")
    assert spread.low <= dispersion.variance_bound(mean).root().high


# The papers themselves ------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def found():
    tables = audit.all_tables()
    return pd.DataFrame(forensics.rows(tables, published.text_numbers()), columns=Row._fields)


def test_what_the_papers_print_that_cannot_be(found):
    """By hand: 0.223 is the most that Table 11's OOD allows; 0.86, 0.84 are 43 and 42 of 50."""
    wrong = found[found["agrees"] == "no"]
    (wide,) = wrong[wrong["check"] == "± and mean"].itertuples()
    assert (wide.place, wide.printed) == ("Table 11, row 8", "0.23") and wide.recomputed == pytest.approx(
        0.2231, abs=1e-4
    )
    extreme = wrong[wrong["check"] == "± of zeros and ones"]
    assert (extreme["place"] == "Table 5, row 7").sum() == 4
    assert extreme["what"].str.contains(r"MRR@10 West: 0.8[46]00").sum() == 6
    counted = wrong[wrong["check"] == "granularity"]
    assert counted["reading"].tolist() == [
        "fits: a share of 3,262 ads",
        "fits: shares of 2,717 items",
        "fits: shares of 5,577 items",
    ]


def test_coverage_counts_every_printed_score_and_spread(found):
    table = forensics.coverage(found, audit.all_tables())
    scores = table[table["check"] == "score in its range"]
    assert (scores["printed"] == scores["checked"]).all()
    spreads = table[table["check"] == "± and mean"]
    assert (spreads["printed"] == spreads["checked"]).all() and (spreads["deviation"] != "").all()
    assert (table.loc[table["checked"] < table["printed"], "left_out"] != "").all()
    assert table["flagged"].sum() == (found["agrees"] == "no").sum()
