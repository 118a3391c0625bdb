"""lib.evaluation.retrieval against a plain reference: loops, full sort, ties in document order."""

import numpy as np
import pandas as pd
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from lib.core.errors import DataError
from lib.evaluation import retrieval


def reference(queries, query_vendors, documents, document_vendors, k=10):
    """What the definitions say, one query at a time."""

    def unit(x):
        x = np.asarray(x, np.float32)
        n = np.linalg.norm(x, axis=1, keepdims=True)
        return np.where(n > 0, x / np.where(n > 0, n, 1), 0).astype(np.float32)

    q, d = unit(queries), unit(documents)
    by_vendor = {}
    for vector, vendor in zip(q, query_vendors, strict=True):
        relevant = sum(v == vendor for v in document_vendors)
        if relevant == 0:
            continue
        scores = [float(np.dot(vector.astype(np.float64), document.astype(np.float64))) for document in d]
        order = sorted(range(len(d)), key=lambda i: (-scores[i], i))
        hits = [document_vendors[i] == vendor for i in order]
        first = next((i for i, hit in enumerate(hits[:k]) if hit), None)
        average = sum(sum(hits[: i + 1]) / (i + 1) for i in range(relevant) if hits[i]) / relevant
        by_vendor.setdefault(vendor, []).append(
            (sum(hits[:relevant]) / relevant, 0.0 if first is None else 1 / (first + 1), average)
        )
    means = np.array([np.mean(scores, axis=0) for scores in by_vendor.values()])
    everything = np.array([row for scores in by_vendor.values() for row in scores])
    return (
        {
            "R-Precision@X": (means[:, 0].mean(), means[:, 0].std()),
            f"MRR@{k}": (means[:, 1].mean(), means[:, 1].std()),
            "Macro-F1@X": (everything[:, 0].mean(), means[:, 0].std()),
            "mAP@R": (means[:, 2].mean(), means[:, 2].std()),
        },
        len(everything),
        len(means),
    )


def agrees(queries, query_vendors, documents, document_vendors, k=10):
    table = retrieval.evaluate(queries, query_vendors, documents, document_vendors, k)
    expected, scored, vendors = reference(queries, query_vendors, documents, document_vendors, k)
    assert list(table.columns) == ["metric", "mean", "std", "queries", "vendors"]
    assert set(table["metric"]) == set(expected)
    for row in table.itertuples():
        assert (row.mean, row.std) == pytest.approx(expected[row.metric], abs=1e-9), row.metric
        assert (row.queries, row.vendors) == (scored, vendors)


@pytest.mark.parametrize("seed", range(5))
def test_random_data(seed):
    rng = np.random.default_rng(seed)
    documents, queries = rng.normal(size=(300, 16)), rng.normal(size=(80, 16))
    agrees(queries, rng.integers(0, 25, 80), documents, rng.integers(0, 25, 300))


@pytest.mark.parametrize("seed", range(5))
def test_ties_go_by_document_order(seed):
    """Few distinct vectors, many copies: nearly every rank is a tie, also over the end of FAISS's list."""
    rng = np.random.default_rng(seed)
    bank = rng.normal(size=(4, 24))
    documents, queries = bank[rng.integers(0, 4, 400)], bank[rng.integers(0, 4, 40)]
    agrees(queries, rng.integers(0, 7, 40), documents, rng.integers(0, 7, 400))


def test_one_document_vendors_and_vendors_without_any():
    documents, queries = np.eye(3), np.array([[1, 0.1, 0], [0, 1, 0.2], [0, 0, 1.0], [1.0, 0, 0]])
    query_vendors, document_vendors = np.array([0, 2, 9, 1]), np.array([0, 1, 2])
    agrees(queries, query_vendors, documents, document_vendors)
    table = retrieval.evaluate(queries, query_vendors, documents, document_vendors)
    assert set(table["queries"]) == {3}  # vendor 9 has no document: left out and counted


def test_orthogonal_and_zero_vectors():
    documents = np.vstack([np.eye(4), np.zeros((3, 4)), np.eye(4)])
    agrees(np.eye(4), np.arange(4), documents, np.array([3, 2, 1, 0, 0, 1, 2, 0, 1, 2, 3]))


@pytest.mark.parametrize("seed", range(3))
def test_without_ties_the_scores_are_those_of_pytorch_metric_learning(seed):
    """Its AccuracyCalculator has the same metrics; it averages over vendors or queries, and leaves out the same."""
    from pytorch_metric_learning.utils.accuracy_calculator import AccuracyCalculator

    rng = np.random.default_rng(seed)
    queries, documents = (rng.normal(size=(count, 12)).astype(np.float32) for count in (60, 300))
    query_vendors, document_vendors = (
        rng.integers(0, 23, 60),
        rng.integers(0, 20, 300),
    )  # three vendors have no document
    table = retrieval.evaluate(queries, query_vendors, documents, document_vendors, k=300).set_index("metric")["mean"]
    unit_queries, unit_documents = retrieval.unit(queries), retrieval.unit(documents)
    theirs = {
        by_vendor: AccuracyCalculator(avg_of_avgs=by_vendor, k=300, device=torch.device("cpu")).get_accuracy(
            *map(torch.from_numpy, (unit_queries, query_vendors, unit_documents, document_vendors))
        )
        for by_vendor in (True, False)
    }
    assert table["R-Precision@X"] == pytest.approx(theirs[True]["r_precision"])
    assert table["mAP@R"] == pytest.approx(theirs[True]["mean_average_precision_at_r"])
    assert table["MRR@300"] == pytest.approx(theirs[True]["mean_reciprocal_rank"])
    assert table["Macro-F1@X"] == pytest.approx(theirs[False]["r_precision"])


@settings(deadline=None, max_examples=60)
@given(st.integers(0, 2**32 - 1), st.integers(1, 30), st.integers(1, 12), st.integers(1, 6), st.integers(1, 12))
def test_any_shape(seed, documents, queries, vendors, k):
    """Small integer vectors: exact ties of different vectors, vendors with one, many or no documents."""
    rng = np.random.default_rng(seed)
    document_vendors = rng.integers(0, vendors, documents)
    query_vendors = rng.choice(document_vendors, queries)
    agrees(rng.integers(-1, 2, (queries, 3)), query_vendors, rng.integers(-1, 2, (documents, 3)), document_vendors, k)


def test_blocks_do_not_change_the_result(monkeypatch):
    rng = np.random.default_rng(3)
    arguments = rng.normal(size=(90, 8)), rng.integers(0, 9, 90), rng.normal(size=(200, 8)), rng.integers(0, 9, 200)
    whole = retrieval.evaluate(*arguments)
    monkeypatch.setattr(retrieval, "CELLS", 64)
    assert retrieval.evaluate(*arguments).equals(whole)


@settings(deadline=None, max_examples=40)
@given(st.integers(0, 2**32 - 1), st.integers(1, 30), st.integers(1, 12), st.integers(1, 6), st.integers(1, 12))
def test_another_way_to_rank_is_scored_as_vectors_are(seed, documents, queries, vendors, k):
    """Queries of vendors without documents among them; nothing is asked for that isn't there."""
    rng = np.random.default_rng(seed)
    query_vectors, document_vectors = rng.integers(-1, 2, (queries, 3)), rng.integers(-1, 2, (documents, 3))
    query_vendors, document_vendors = rng.integers(0, vendors + 1, queries), rng.integers(0, vendors, documents)

    def nearest(rows, depth):
        assert 1 <= depth <= documents
        return retrieval.rank(retrieval.unit(query_vectors[rows]), retrieval.unit(document_vectors), depth)

    ours = retrieval.per_query_ranked(nearest, query_vendors, document_vendors, k)
    theirs = retrieval.per_query(query_vectors, query_vendors, document_vectors, document_vendors, k)
    pd.testing.assert_frame_equal(ours, theirs, check_exact=True)


def test_a_ranking_by_hand():
    """R = 2 for vendor 0: a miss, then both of its documents; vendor 1 first; vendor 9 has none."""
    order = np.array([[1, 0, 2], [1, 0, 2], [0, 1, 2]])
    found = retrieval.per_query_ranked(lambda rows, depth: order[rows, :depth], [0, 1, 9], [0, 1, 0])
    assert found["query"].tolist() == [0, 1] and found["relevant"].tolist() == [2, 1]
    assert found["MRR@10"].tolist() == [1 / 2, 1]
    assert found["R-Precision@X"].tolist() == [1 / 2, 1]
    assert found["mAP@R"].tolist() == [1 / 4, 1]


def test_string_vendors():
    rng = np.random.default_rng(0)
    names = np.array(["a", "bb", "ccc"])
    agrees(
        rng.normal(size=(20, 5)), names[rng.integers(0, 3, 20)], rng.normal(size=(40, 5)), names[rng.integers(0, 3, 40)]
    )


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"queries": np.ones((3, 4))}, "don't fit"),
        ({"queries": np.ones((2, 5))}, "5 dimensions"),
        ({"queries": np.array([[1, 2, 3, np.nan], [1, 2, 3, 4]])}, "row 0"),
        ({"documents": np.empty((0, 4)), "document_vendors": np.array([], int)}, "none to rank"),
    ],
)
def test_bad_input_says_what_is_wrong(change, words):
    arguments = {
        "queries": np.ones((2, 4)),
        "query_vendors": np.array([0, 1]),
        "documents": np.ones((3, 4)),
        "document_vendors": np.array([0, 1, 1]),
    } | change
    with pytest.raises(DataError, match=words):
        retrieval.evaluate(**arguments)
