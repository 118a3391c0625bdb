"""lib.evaluation.similarity_graph and the confidence of lib.review.one_ad."""

import networkx as nx
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lib.core.errors import DataError
from lib.evaluation import similarity_graph as graphs
from lib.review.one_ad import Confidence


def data(vendors=6, each=10, noise=0.2, seed=0):
    generator = np.random.default_rng(seed)
    items = pd.DataFrame({"region": "south", "vendor": np.repeat(np.arange(vendors), each)})
    items["part"] = np.tile(["test", "val"] + ["train"] * (each - 2), vendors)
    points = generator.normal(size=(vendors, 12))[items["vendor"]]
    return items, points + noise * generator.normal(size=points.shape), [f"ad {row}" for row in range(len(items))]


def test_the_two_views_hold_what_they_say():
    items, vectors, names = data()
    whole = graphs.neighbourhood(items, vectors, 0, names, threshold=0.9)
    first = graphs.neighbourhood(items, vectors, 0, names, threshold=0.9, k=3)
    found = [kind for _, kind in whole.nodes(data=True) if kind["role"] == "found"]
    assert whole.graph["relevant"] == 8 == len(found) and all(kind["right"] for kind in found)
    assert first.number_of_nodes() == 4 and [kind["rank"] for _, kind in first.nodes(data=True)] == [0, 1, 2, 3]
    assert all(edge["weight"] >= 0.9 for one, other, edge in whole.edges(data=True) if "ad 0" not in (one, other))
    assert whole.degree("ad 0") == 8  # the query is joined to all, however alike
    near = [kind["similarity"] for kind in found]
    assert near == sorted(near, reverse=True)


def test_an_ad_of_several_items_is_one_node_at_its_best_place():
    items, vectors, names = data()
    names[2] = names[3] = "ad twice"
    graph = graphs.neighbourhood(items, vectors, 0, names, threshold=2.0)
    assert graph.number_of_nodes() == 8 and list(graph).count("ad twice") == 1


def test_a_query_without_documents_is_an_error():
    items, vectors, names = data()
    items.loc[items["vendor"] == 0, "part"] = "test"
    with pytest.raises(DataError, match="ad 0: its vendor has no training ad in south"):
        graphs.neighbourhood(items, vectors, 0, names, 0.5)


@settings(deadline=None, max_examples=60)
@given(st.integers(0, 2**32 - 1), st.integers(1, 80), st.floats(0.1, 1.0))
def test_the_threshold_gives_the_precision_asked_for(seed, count, precision):
    generator = np.random.default_rng(seed)
    links = pd.DataFrame({"similarity": generator.random(count), "right": generator.random(count) < 0.5})
    least = graphs.threshold(links, precision)
    taken = links[links["similarity"] >= least]
    assert not len(taken) or taken["right"].mean() >= precision - 1e-9
    if len(taken) < count:  # one link more and it would be missed, or no lower threshold meets it
        for lower in links["similarity"][links["similarity"] < least]:
            assert links[links["similarity"] >= lower]["right"].mean() < precision


def test_links_are_scored_above_the_threshold():
    items, vectors, _ = data(noise=0.05)
    tested = graphs.links(items, vectors, "test")
    assert len(tested) == 60
    scored = graphs.link_scores(tested, 0.9, draws=50)
    assert scored["precision"] == 1.0 and scored["kept"] == 1.0 and scored["links"] == tested["right"].sum()
    assert np.isnan(graphs.link_scores(tested, 2.0, draws=50)["precision"])


def test_communities_are_the_vendors_where_these_are_apart():
    items, vectors, _ = data(noise=0.05)
    found = graphs.communities(vectors, items["vendor"].to_numpy(), least=0.8)
    assert found["adjusted_rand"] == 1.0 and found["labels"] == 6
    alone = graphs.communities(vectors, items["vendor"].to_numpy(), least=2.0)
    assert alone["labels"] == len(items)  # no edge: each item by itself


def test_a_graph_is_kept_whole(tmp_path):
    items, vectors, names = data()
    graph = graphs.neighbourhood(items, vectors, 0, names, 0.9)
    graphs.save(graph, tmp_path / "g.graphml")
    kept = nx.read_graphml(tmp_path / "g.graphml")
    assert set(kept) == set(graph) and kept.number_of_edges() == graph.number_of_edges()
    assert kept.nodes["ad 0"]["role"] == "query"


def test_items_are_called_by_their_first_ad():
    pairs = pd.DataFrame({"ad": [4, 5, 6], "region": "south", "vendor": 1, "text": [0, 0, 1], "image": [0, 1, 2]})
    items = pd.DataFrame({"region": "south", "vendor": 1, "text": [1, 0]})
    assert graphs.ads_of(items, pairs).tolist() == [6, 4]


def test_confidence_rises_with_likeness_and_is_the_share_where_nothing_tells():
    generator = np.random.default_rng(0)
    similarity = generator.random(2000)
    links = pd.DataFrame({"similarity": similarity, "right": generator.random(2000) < similarity**2})
    sure = Confidence(links).of(np.array([0.2, 0.5, 0.9]))
    assert (np.diff(sure) > 0).all() and sure == pytest.approx([0.04, 0.25, 0.81], abs=0.12)
    assert Confidence(links.assign(right=True)).of(np.array([0.1, 0.9])).tolist() == [1.0, 1.0]
