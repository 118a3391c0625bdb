"""lib.review.one_ad: what two ads share, and which of an ad's pictures speaks for it."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from lib.core.errors import DataError
from lib.review import one_ad
from lib.review.one_ad import Investigation, identifiers_of
from lib.runs import embeddings


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Call 212-555-0100 or two one two 555 0100", {"phones": {"2125550100"}}),
        ("Mail CORAL92@example.org, or mailto:coral92@example.org?!", {"mails": {"coral92@example.org"}}),
        ("(robin@example.org)|ana@example.org", {"mails": {"robin@example.org", "ana@example.org"}}),
        ("see https://www.example.org/rooms/ or example.org/rooms.", {"links": {"example.org/rooms"}}),
        ("ask for @Night.Owl7! or @home", {"handles": {"@night.owl7", "@home"}}),
        ("ｍｅ＠example.org 212-555-0100", {"phones": {"2125550100"}, "mails": {"me@example.org"}}),
        ("12/04/2015, $120, 2@ 5pm, @@, me@x, post id: 12345678", {}),
        ("", {}),
    ],
)
def test_identifiers_are_found_however_they_are_written(text, expected):
    assert identifiers_of(text) == {kind: expected.get(kind, set()) for kind in one_ad.KINDS}


def pictures():
    """Ads 0 and 1 of vendor 7 share picture 11; ad 2 has none; ad 3 is vendor 8's in another region."""
    rows = [(0, "south", 7, 10), (0, "south", 7, 11), (1, "south", 7, 11), (2, "south", 7, -1), (3, "west", 8, 12)]
    pairs = pd.DataFrame(rows, columns=["ad", "region", "vendor", "image"])
    items = pairs[pairs["image"] >= 0].drop_duplicates(["region", "vendor", "image"])[["region", "vendor", "image"]]
    vectors = np.array([[1.0, 0, 0], [0, 2.0, 0], [1.0, 1.0, 0]])
    return items.assign(part="train").reset_index(drop=True), vectors, pairs


def test_of_each_ad_the_picture_most_like_the_query_is_taken():
    queries = np.array([[0, 0, 3.0], [0, 5.0, 0]])  # the second is like picture 11
    found = an_investigation([""] * 4).nearest_pictures({"image": queries}, [3, 1, 0, 2])
    assert found["ad"].tolist() == [3, 1, 0]  # in the order asked; ad 2 has no picture
    assert found["image"].tolist() == [12, 11, 11] and found["asked"].tolist() == [1, 1, 1]
    assert found["similarity"].tolist() == pytest.approx([np.sqrt(0.5), 1, 1])


def test_a_run_without_its_weights_says_what_to_do(tmp_path):
    items, vectors, _ = pictures()
    embeddings.save(tmp_path / "embeddings.safetensors", {"image": (items, vectors)})
    with pytest.raises(DataError, match=r"weights.safetensors: it is not there; weights are not published. Run the"):
        Investigation("quick", SimpleNamespace(folder=tmp_path))


def an_investigation(texts):
    items, vectors, pairs = pictures()
    asked = object.__new__(Investigation)  # without a run's weights
    ads = pd.DataFrame({"ad": range(4), "region": ["south"] * 3 + ["west"], "vendor": [7, 7, 7, 8], "text": range(4)})
    asked.data = SimpleNamespace(ads=ads, pairs=pairs, texts=texts)
    asked.stored = {"image": (items, vectors)}
    asked.calibrated = lambda by: one_ad.Confidence(pd.DataFrame({"similarity": [0.1, 0.9], "right": [True, True]}))
    return asked


def test_candidates_say_which_identifiers_they_share():
    asked = an_investigation(["mail me@example.org", "call 212-555-0100", "", "@owl_7, me@example.org"])
    query = {"image": np.array([[1.0, 0.2, 0]])}
    found = asked.candidates(query, "write to ME@example.org or @owl_7").set_index("ad")
    shared = found[[f"shared {kind}" for kind in one_ad.KINDS]]
    assert shared.loc[0].tolist() == [0, 1, 0, 0] and shared.loc[3].tolist() == [0, 1, 0, 1]
    assert asked.nearest_pictures(query, [0])["image"].tolist() == [10]
    assert asked.nearest_pictures({"text": np.ones((1, 3))}, [0]).empty
