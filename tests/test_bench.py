"""`make bench` names what became slower, and nothing else."""

import pandas as pd

from lib.pipeline import bench


def test_ratios_are_read_from_the_chapters_tables(tmp_path):
    pd.DataFrame({"round": [1, 2, 3], "ratio": [20.0, 30.0, 25.0]}).to_csv(tmp_path / "speed_scoring.csv")
    spread = {"ratio": [2.0], "ratio_low": [1.5], "ratio_high": [2.5]}
    pd.DataFrame({"system": ["text"], **spread}).to_csv(tmp_path / "speed_training.csv")
    pd.DataFrame({"part": ["decoding"], **spread}).to_csv(tmp_path / "speed_parts.csv")
    found = bench.ratios(tmp_path).set_index("part")
    assert list(found.index) == ["scoring retrieval", "training, text", "decoding"]
    assert tuple(found.loc["scoring retrieval"]) == (25, 20, 30) and tuple(found.loc["decoding"]) == (2, 1.5, 2.5)


def table(**ratios):
    return pd.DataFrame([{"part": name, "ratio": r, "low": r - 1, "high": r + 1} for name, r in ratios.items()])


def test_only_spreads_that_are_apart_count():
    here = bench.of_executions([table(a=5, b=9, c=5, d=5)])
    found = bench.compared(here, table(a=6, b=5, c=9, e=5)).set_index("part")["verdict"]
    assert found.to_dict() == {"a": "same", "b": "faster", "c": "slower", "d": "new", "e": "gone"}


def test_what_executions_differ_by_is_no_alarm():
    here = bench.of_executions([table(a=5, b=5), table(a=5, b=5), table(a=8, b=5)])
    assert here.set_index("part").loc["a"].to_dict() == {"ratio": 5, "low": 4, "high": 9, "between": 1.6}
    found = bench.compared(here, table(a=12, b=12)).set_index("part")["verdict"]
    assert found.to_dict() == {"a": "same", "b": "slower"}, "11 / 1.6 is within what executions of a reach"
