"""Text-to-image retrieval by hand, and what chance is expected to give against simulation."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lib.core.errors import DataError
from lib.evaluation import pair_separation, retrieval, text_to_image


def table():
    rows = [
        ("south", 0, 0, 0, "test"), ("south", 0, 0, 1, "test"), ("south", 0, 1, 2, "test"),
        ("south", 1, 2, 3, "test"), ("south", 1, 3, 9, "train"), ("west", 2, 4, 4, "test"),
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=["region", "vendor", "text", "image", "part"])


def test_by_hand():
    """South's gallery is pictures 0 to 3; West has one picture and can't be ranked."""
    likes = {0: [0.9, 0.1, 0.8, 0.2], 1: [0.5, 0.4, 0.6, 0.7], 2: [0.1, 0.2, 0.3, 0.9]}
    found = text_to_image.scores(table(), lambda texts, images: [likes[text] for text in texts]).set_index("query")
    assert found["R-Precision@X"].tolist() == [0.5, 0.0, 1.0] and found["MRR@10"].tolist() == [1.0, 0.5, 1.0]
    assert found["R-Precision@X, chance"].tolist() == [0.5, 0.25, 0.25]
    assert found["R-Precision@X, vendor's level"].tolist() == pytest.approx([2 / 3, 1 / 3, 1])
    # Among the vendor's own pictures 0, 1, 2: text 0 takes 0 and 2, text 1 takes 2; text 2's vendor has no other.
    assert found["within"].tolist()[:2] == [0.5, 1.0] and np.isnan(found["within"].iloc[2])
    assert found["within, chance"].tolist()[:2] == pytest.approx([2 / 3, 1 / 3])
    summed = text_to_image.table(found.reset_index(), 20, 0, "south", ["south"]).set_index(["metric", "region"])
    assert summed.loc[("R-Precision@X", "south"), "mean"] == pytest.approx((0.25 + 1) / 2)
    assert summed.loc[("R-Precision@X", "south"), "chance"] == pytest.approx((0.375 + 0.25) / 2)
    assert summed.loc[("within", "south"), "mean"] == pytest.approx(0.75)


def test_nothing_to_rank_says_so():
    with pytest.raises(DataError, match="nothing to rank"):
        text_to_image.scores(table().assign(part="train"), lambda texts, images: None)


@settings(deadline=None, max_examples=15)
@given(st.integers(1, 5), st.integers(0, 14), st.integers(0, 2**31))
def test_chance_is_what_blind_ranking_gives(relevant, others, seed):
    documents = relevant + others
    expected = text_to_image.by_chance(np.array([relevant]), np.array([documents]))
    generator = np.random.default_rng(seed)
    related = np.zeros((4000, documents), bool)
    related[:, :relevant] = True
    order = np.argsort(generator.random(related.shape), axis=1)
    found = retrieval.per_query_related(order, related, np.arange(4000))
    for metric, value in expected.items():
        assert found[metric].mean() == pytest.approx(value[0], abs=4 * found[metric].std() / 4000**0.5 + 1e-9)


def test_above_counts_ties_half():
    assert pair_separation.above(np.array([1.0, 0.0]), np.array([[0.0, 1.0], [1.0, 2.0]])).tolist() == [0.75, 0.0]


def test_a_region_that_shows_tells_all_and_one_that_does_not_nothing():
    """Readers learn from the first half and are asked about the second."""
    generator = np.random.default_rng(0)
    side = np.arange(2000) % 2
    frame = pd.DataFrame({"text": range(2000), "image": range(2000), "region": np.array(["a", "b"])[side]})
    train, asked = frame[:1000], frame[1000:].reset_index(drop=True)
    others = 1001 + 2 * generator.integers(500, size=(1000, 5)) - side[1000:, None]
    assert ((others % 2) != side[1000:, None]).all()
    blind = generator.normal(size=(2, 2000, 3))
    assert pair_separation.by_region(*(blind + 4 * side[:, None]), others, train, asked).mean() > 0.95
    assert pair_separation.by_region(*blind, others, train, asked).mean() == pytest.approx(0.5, abs=0.1)


def test_summary_averages_vendors_not_pairs():
    found = pair_separation.summary({"content": np.array([1.0, 1.0, 1.0, 0.0])}, np.array([0, 0, 0, 1]), 50, 0)
    assert found["share"].tolist() == [0.5] and found["vendors"].tolist() == [2] and found["pairs"].tolist() == [4]
