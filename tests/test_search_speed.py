"""Chapter 92's search benchmarks compare the same thing, and leave the threads as they were."""

import faiss
import pytest

from lib.evaluation import retrieval
from lib.review.speed import search_speed


def test_the_authors_way_finds_the_same_numbers():
    found = search_speed.gallery(400, 90, 16, seed=2)
    ours = retrieval.evaluate(*found).set_index("metric")["mean"]
    for metric, value in search_speed.by_vendor(*found).items():
        assert value == pytest.approx(ours[metric], abs=1e-9), metric


def test_rounds_take_turns_and_say_how_far_apart_they_are():
    before = faiss.omp_get_max_threads()
    table = search_speed.scoring(200, 50, 8, rounds=2)
    assert list(table["round"]) == [1, 2] and (table["furthest apart"] < 1e-9).all()
    assert (table["ratio"] == table["theirs"] / table["ours"]).all() and faiss.omp_get_max_threads() == before
