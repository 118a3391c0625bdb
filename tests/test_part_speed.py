"""What chapter 92 measures around training."""

import json

import pandas as pd

from lib.review.speed import part_speed, training_speed


def test_two_ways_take_turns():
    called = []
    rows = training_speed.in_turns(
        "x", lambda: called.append("plain") or 2.0, lambda: called.append("ours") or 6.0, rounds=2
    )
    assert called == ["plain", "ours"] * 2
    assert rows == [{"system": "x", "round": n, "plain": 2.0, "ours": 6.0, "ratio": 3.0} for n in (1, 2)]


def test_a_table_says_how_each_part_goes():
    measured = pd.DataFrame(training_speed.in_turns("decoding", lambda: 10.0, lambda: 40.0, rounds=3))
    [row] = part_speed.described(measured).itertuples()
    assert (row.part, row.ratio, row.items, row.rounds) == ("decoding", 4.0, "pictures", 3)
    assert set(part_speed.PARTS) > {"decoding"} and len(set(part_speed.PARTS)) == 6


def test_start_up_is_measured_in_a_new_interpreter():
    [row] = part_speed.start_up(2, {"sleep": "import time; time.sleep(0.3)"}).itertuples()
    assert 0.3 < row.low <= row.seconds <= row.high


def test_times_of_notebooks_are_summed(tmp_path):
    for name, seconds in (("a", 3), ("b", 5)):
        (tmp_path / "runs" / name).mkdir(parents=True)
        (tmp_path / "runs" / name / "metrics.json").write_text(
            json.dumps({"notebook": "10_text", "wall_seconds": seconds})
        )
    (tmp_path / "notebooks").mkdir()
    (tmp_path / "notebooks/01_data.ipynb").write_text(json.dumps({"metadata": {"papermill": {"duration": 2.5}}}))
    (tmp_path / "notebooks/.92_speed.ipynb.x.ipynb").write_text("")
    (tmp_path / "notebooks/31_verification.failed.ipynb").write_text("{}")
    table = part_speed.notebook_times(tmp_path)
    assert table.to_dict("list") == {"notebook": ["10_text", "01_data"], "executions": [2, 1], "seconds": [8, 2.5]}
    assert part_speed.notebook_times(tmp_path / "nothing").empty
