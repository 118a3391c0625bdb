"""lib.hotels.cleaning: what stands twice stands once, and what is one place is one branch."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lib.core.errors import DataError
from lib.hotels import cleaning, splitting


def table(*rows):
    frame = pd.DataFrame(rows, columns=["image", "branch", "chain"])
    return frame.assign(chain=pd.array(frame["chain"], "Int64"))


def cases(findings):
    return findings.set_index("finding")["cases"].to_dict()


def test_clean_pictures_stay_as_they_are():
    given_ = table(("a", 1, 5), ("b", 1, 5), ("c", 2, None))
    kept, findings = cleaning.clean(given_, ["a", "b", "c"])
    pd.testing.assert_frame_equal(kept, given_)
    assert set(findings["cases"]) == {0}


def test_a_picture_under_two_branches_makes_them_one_under_the_larger():
    given_ = table(("a", 1, 5), ("b", 2, 5), ("c", 2, 5), ("x/a", 2, 5), ("d", 3, 5))
    kept, findings = cleaning.clean(given_, cleaning.by_name(given_["image"]))
    assert kept["image"].tolist() == ["a", "b", "c", "d"] and kept["branch"].tolist() == [2, 2, 2, 3]
    assert cases(findings) == {
        "picture listed twice": 0,
        "picture under several branches": 1,
        "branches that are one place": 1,
        "branch of several chains": 0,
    }


def test_places_are_joined_over_several_steps():
    given_ = table(("a", 1, 5), ("a", 2, 5), ("b", 2, 5), ("b", 3, 5))
    kept, _ = cleaning.clean(given_, given_["image"])
    assert kept["branch"].nunique() == 1 and len(kept) == 2


@pytest.mark.parametrize(("chains", "expected"), [((5, 5, 7), 5), ((5, 7), None), ((None, 7), 7), ((None, None), None)])
def test_the_commonest_chain_counts(chains, expected):
    given_ = table(*((f"{row}", 1, chain) for row, chain in enumerate(chains)))
    kept, findings = cleaning.clean(given_, given_["image"])
    assert kept["chain"].isna().all() if expected is None else (kept["chain"] == expected).all()
    assert cases(findings)["branch of several chains"] == (len({chain for chain in chains if chain}) > 1)


@settings(deadline=None, max_examples=60)
@given(st.integers(0, 2**32 - 1), st.integers(2, 60))
def test_what_comes_out_can_be_split(seed, rows):
    generator = np.random.default_rng(seed)
    given_ = table(
        *(
            (f"{generator.integers(rows)}", int(generator.integers(9)), [None, 1, 2, 3][generator.integers(4)])
            for _ in range(rows)
        )
    )
    kept, _ = cleaning.clean(given_, given_["image"])
    assert kept["image"].is_unique and set(kept["image"]) == set(given_["image"])
    assert kept.groupby("branch")["chain"].nunique(dropna=False).max() == 1
    again, findings = cleaning.clean(kept, kept["image"])
    pd.testing.assert_frame_equal(again, kept)
    assert set(findings["cases"]) == {0}
    splitting._check(kept)


def test_branches_of_one_picture_are_left_out_whatever_their_chain():
    """Counted after cleaning: one picture under two names is one, and two branches that share it are one of two."""
    given_ = table(("a", 1, 5), ("x/a", 1, 5), ("b", 2, None), ("c", 3, 5), ("d", 4, 5), ("x/d", 5, 5), ("e", 5, 5))
    cleaned, _ = cleaning.clean(given_, cleaning.by_name(given_["image"]))
    kept, findings = cleaning.without_lone(cleaned)
    assert kept["image"].tolist() == ["d", "e"] and kept["branch"].nunique() == 1
    assert findings.values.tolist() == [["left out: branch of one picture", 3, 3]]
    assert cleaning.without_lone(kept)[1]["cases"].tolist() == [0]


def test_a_key_is_needed_for_each_row():
    with pytest.raises(DataError, match="1 keys for 2 pictures"):
        cleaning.clean(table(("a", 1, 5), ("b", 1, 5)), ["a"])


def test_scores_know_what_was_joined_wrongly():
    cleaned = table(("a", 1, None), ("b", 1, None), ("c", 2, None))
    assert cleaning.scores(cleaned, pd.Series({"a": 1, "b": 2, "c": 2})) == {
        "pair_precision": 0.0,
        "pair_recall": 0.0,
    }
    assert cleaning.scores(cleaned, pd.Series({"a": 1, "b": 1, "c": 2})) == {
        "pair_precision": 1.0,
        "pair_recall": 1.0,
    }
