"""Near-duplicate texts and images are grouped, and nothing else is; groups are numbered as their first members come."""

import networkx as nx
import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from made_up_texts import text

from lib.data import near_duplicates
from lib.data.components import components


@given(st.integers(0, 12), st.lists(st.tuples(st.integers(0, 11), st.integers(0, 11)), max_size=20))
def test_components_are_networkxs_in_the_order_of_their_first_nodes(nodes, edges):
    edges = [edge for edge in edges if max(edge) < nodes]
    graph = nx.Graph(edges)
    graph.add_nodes_from(range(nodes))
    expected = sorted(nx.connected_components(graph), key=min)
    number = {node: place for place, members in enumerate(expected) for node in members}
    assert components(nodes, np.array(edges, int)).tolist() == [number[node] for node in range(nodes)]


def test_edited_texts_are_one_group_and_others_are_not():
    groups = near_duplicates.text_groups([text(1), text(2), text(1, changed=2), text(3), text(2)])
    assert groups.tolist() == [0, 1, 0, 2, 1]


def test_a_text_without_words_is_a_group_of_its_own():
    assert len(set(near_duplicates.text_groups(["", "hello there, you", text(1)]))) == 3


def test_image_hashes_within_four_bits_are_one_group():
    hashes = np.random.default_rng(0).integers(0, 2**63, 20, dtype=np.uint64)
    near = hashes[:3] ^ np.uint64(0b1011)
    assert near_duplicates.image_groups(np.concatenate([hashes, near])).tolist() == [*range(20), 0, 1, 2]
    far = hashes[:1] ^ np.uint64(0b11111)
    assert len(set(near_duplicates.image_groups(np.concatenate([hashes, far])))) == 21
