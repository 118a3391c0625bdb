"""lib.review.knowledge_graph: which ads ask, and the tables of what is found."""

import networkx as nx
import numpy as np
import pandas as pd
import pytest

from lib.core.errors import DataError
from lib.review import knowledge_graph


def items():
    """Vendor 2 has most training items in south, vendor 3 fewest; vendor 9 has a test item in west only."""
    rows = [("south", 1, "train")] * 2 + [("south", 2, "train")] * 3 + [("south", 3, "train")]
    rows += [("south", vendor, "test") for vendor in (3, 1, 2, 1)] + [("west", 9, "test"), ("south", 8, "test")]
    return pd.DataFrame(rows, columns=["region", "vendor", "part"]), np.arange(100, 112)


def test_a_large_and_a_middling_vendor_ask_by_themselves():
    assert knowledge_graph.queries(*items(), "south") == [8, 7]  # vendor 2, then 1: each one's first test item


@pytest.mark.parametrize(("asked", "row"), [({"ad": "110"}, 10), ({"ad": "ad 107"}, 7), ({"vendor": "9"}, 10)])
def test_an_ad_or_a_vendor_asks_by_its_number(asked, row):
    assert knowledge_graph.queries(*items(), "south", **asked) == [row]


@pytest.mark.parametrize(
    ("asked", "told"), [({"ad": "100"}, "no test ad.*106"), ({"vendor": "77"}, "has one, such as 3")]
)
def test_a_number_that_can_not_ask_is_an_error(asked, told):
    with pytest.raises(DataError, match=told):
        knowledge_graph.queries(*items(), "south", **asked)


def test_what_a_query_finds_is_a_row_each():
    graph = nx.Graph()
    graph.add_node("ad 1", role="query", rank=0, similarity=1.0, vendor=7, right=True)
    graph.add_node("ad 2", role="found", rank=1, similarity=0.5, vendor=8, right=False)
    [row] = knowledge_graph.found_table({("ad 1", "first 10"): graph}).to_dict("records")
    found = {"rank": 1, "similarity": 0.5, "vendor": 8, "right": False}
    assert row == {"query": "ad 1", "view": "first 10", "node": "ad 2", **found}
