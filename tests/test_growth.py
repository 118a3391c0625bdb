"""What chapter 92 measures of growth, and what it makes of it."""

import json
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest

from lib.core.files import ROOT
from lib.review.speed import scaling


def test_growth_measures_every_index_at_every_decade():
    grown = scaling.gallery(10_000, dimensions=32, queries=50)
    assert len(grown) == 6 and set(grown["documents"]) == {1000, 10_000}
    by = grown.set_index(["index", "documents"])
    assert (by.loc["flat", "recall"] == 1.0).all() and (by["recall"].between(0.05, 1.0)).all()
    assert by.loc[("IVF-PQ", 10_000), "bytes"] < by.loc[("IVF", 10_000), "bytes"]


def test_memory_is_the_peak_and_not_what_is_left():
    """In a process of its own: threads that other tests leave behind give memory back when they like."""
    code = (
        "import json, numpy as np; from lib.review.speed import scaling as growth; "
        "work = lambda: np.ones(20_000_000).sum(); "  # 160 MB, let go of at once
        "print(json.dumps([growth.cost(work), growth.cost(lambda: None)]))"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    found, nothing = json.loads(done.stdout)
    if np.isnan(found["megabytes"]):
        pytest.skip("This system doesn't let a process ask for its peak of memory anew.")
    assert 120 < found["megabytes"] < 400 and found["seconds"] > 0
    assert nothing["megabytes"] < 20


def test_memory_is_unknown_where_the_system_does_not_tell(monkeypatch):
    def refused(*_, **__):
        raise PermissionError

    monkeypatch.setattr(scaling.Path, "write_text", refused)
    found = scaling.cost(lambda: None)
    assert np.isnan(found["megabytes"]) and found["seconds"] >= 0


def test_a_gallery_of_decades():
    assert scaling.sizes(30_000) == [30, 300, 3000, 30_000]
    assert scaling.sizes(500) == [50, 500] and scaling.sizes(7) == [7]


def test_a_planted_exponent_is_found():
    size = np.array([10, 100, 1000, 10_000])
    table = pd.DataFrame({"what": "x", "size": size, "seconds": 3e-4 * size**1.5, "megabytes": 7.0})
    [row] = scaling.exponents(table, "what", "size", ["seconds", "megabytes"]).itertuples()
    assert row.seconds == pytest.approx(1.5) and row.megabytes == pytest.approx(0)


def test_near_duplicates_and_class_heads_are_measured_at_every_size():
    for table in (scaling.texts(200), scaling.vendors(200)):
        assert list(table["size"]) == [20, 200] and (table["seconds"] > 0).all()


def test_made_up_texts_have_copies_with_one_word_changed():
    made = [text.split() for text in scaling._made_up(400, 60)]
    near = sum(
        any(sum(a != b for a, b in zip(one, other, strict=True)) == 1 for other in made[:row])
        for row, one in enumerate(made)
    )
    assert 40 < near < 160


def test_the_estimate_carries_what_was_measured_on():
    parts = pd.DataFrame({"part": ["embedding texts", "embedding pictures"], "ours": [100.0, 50.0]})
    size = np.array([1000, 10_000, 100_000])
    grown = pd.DataFrame({"what": "texts: near-duplicates", "size": size, "seconds": size / 1000})
    found = pd.DataFrame({"index": "flat", "documents": size, "search": size / 1e5, "bytes": 512.0})
    by = scaling.estimate(parts, grown, found, ads=1e6, pictures=2).set_index("what")["amount"]
    assert by["embedding all texts"] == pytest.approx(1e4 / 86_400)
    assert by["embedding all pictures"] == pytest.approx(2e6 / 50 / 86_400)
    assert by["grouping near-duplicates"] == pytest.approx(1000 / 86_400)
    assert by["a gallery of all texts, flat: size"] == pytest.approx(0.512)
    assert by["a gallery of all texts, flat: a thousand queries"] == pytest.approx(10)
