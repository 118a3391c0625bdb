"""`make compare` finds the numbers that two studies share, and says which moved beyond their intervals."""

import pandas as pd
import pytest

from lib.core.errors import DataError
from lib.core.files import ROOT
from lib.review import study_diff


def write(folder, **tables):
    folder.mkdir()
    for name, rows in tables.items():
        pd.DataFrame(rows).to_csv(folder / f"{name}.csv", index=False)
    return folder


def row(system, ours, half=0.1, **more):
    return {"system": system, "ours": ours, "low": ours - half, "high": ours + half, "run": f"{system}/{ours}", **more}


def test_what_moved_beyond_its_interval_is_apart(tmp_path):
    one = write(tmp_path / "a", t=[row("x", 0.5), row("y", 0.5), row("gone", 0.1)], u=[{"name": "no interval", "n": 1}])
    other = write(tmp_path / "b", t=[row("x", 0.55), row("y", 0.9), row("new", 0.1)])
    table = study_diff.compare(one, other)
    assert list(table["number"]) == ["y", "x"] and list(table["verdict"]) == ["apart", "within"]
    assert table["moved"].iloc[0] == pytest.approx(0.4)
    [counted] = study_diff.counts(table).to_dict("records")
    assert counted == {"table": "t", "apart": 1, "within": 1, "no interval": 0, "numbers": 2}


def test_a_number_without_an_interval_is_never_apart(tmp_path):
    one = write(tmp_path / "a", t=[row("x", 0.5), row("y", 0.5)])
    other = write(tmp_path / "b", t=[row("x", 0.9) | {"low": None}, row("y", 0.5)])
    assert study_diff.compare(one, other).set_index("number")["verdict"].to_dict() == {
        "x": "no interval",
        "y": "within",
    }


def test_rows_that_cannot_be_told_apart_are_left_out(tmp_path):
    folder = write(tmp_path / "a", t=[row("x", 0.5), row("x", 0.6), row("y", 0.7)])
    assert list(study_diff.numbers(folder)["number"]) == ["y"]


def test_a_study_that_was_not_run_says_so(tmp_path):
    with pytest.raises(DataError, match="Run the study first"):
        study_diff.numbers(tmp_path)


def test_the_published_studies_share_numbers():
    table = study_diff.compare(*(ROOT / "results" / name / "tables" for name in ("quick", "openclipart")))
    assert len(table) > 100 and {"apart", "within"} <= set(table["verdict"])
    same = study_diff.compare(ROOT / "results/quick/tables", ROOT / "results/quick/tables")
    assert set(same["verdict"]) <= {"within", "no interval"} and (same["moved"] == 0).all()
