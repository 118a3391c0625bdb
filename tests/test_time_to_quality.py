"""Seconds until a loop is as good as the plain one ends."""

import numpy as np
import pandas as pd
import pytest
from matplotlib import pyplot as plt

from lib.pipeline import figure_speed
from lib.review.speed import machine_limits, time_to_quality
from lib.review.speed.time_to_quality import OURS, PLAIN


def curve(loop, seconds, scores, seed=1, half=0.1):
    return pd.DataFrame(
        {
            "system": "text",
            "loop": loop,
            "seed": seed,
            "steps": range(1, len(scores) + 1),
            "seconds": seconds,
            "score": scores,
            "low": np.subtract(scores, half),
            "high": np.add(scores, half),
            "wh": np.divide(seconds, 10),
        }
    )


CURVES = pd.concat(
    [
        curve(PLAIN, [10, 20, 30, 40], [0.2, 0.5, 0.9, 0.8]),
        curve(OURS, [5, 10, 15, 20], [0.3, 0.7, 0.72, 0.8]),
        curve("worse", [1, 2, 3, 4], [0.1, 0.2, 0.3, 0.4]),
    ],
    ignore_index=True,
)


def test_the_target_is_the_lower_end_of_the_plain_loops_last_interval():
    table = time_to_quality.times(CURVES).set_index("loop")
    assert table["target"].tolist() == pytest.approx([0.7] * 3)
    assert table["reached"].tolist() == pytest.approx([25, 10, np.nan], nan_ok=True)
    assert table.loc[OURS, "ratio"] == pytest.approx(2.5) and table.loc[PLAIN, "ratio"] == 1
    assert np.isnan(table.loc["worse", "ratio"])
    assert table.loc[OURS, "reached_wh"] == pytest.approx(1) and table.loc[OURS, "seconds"] == 20


@pytest.mark.parametrize(
    ("scores", "epochs"), [([0.4, 0.6], 1.5), ([0.5, 0.8], 1.0), ([0.3, 0.4], np.nan), ([0.8, 0.1], 0.625)]
)
def test_a_target_is_reached_on_a_straight_line_between_two_epochs(scores, epochs):
    assert time_to_quality.crossed(np.array(scores), 0.5) == pytest.approx(epochs, nan_ok=True)
    assert time_to_quality.crossed(np.array(scores), -0.1) == 0, "a target below all scores is met from the beginning"


def test_a_loop_that_ends_worse_is_apart_and_said_to_miss():
    both = pd.concat([CURVES, CURVES.assign(seed=2, seconds=2 * CURVES["seconds"])], ignore_index=True)
    found = time_to_quality.summary(time_to_quality.times(both)).set_index("loop")
    assert found["missed"].tolist() == [0, 0, 2] and found["apart"].tolist() == [0, 0, 2]
    assert found.loc[OURS, ["reached", "ratio", "seeds"]].tolist() == pytest.approx([15, 2.5, 2])
    words = time_to_quality.answer(found.reset_index())
    assert "2.5 times as soon" in words and "2 of 2 seeds never reach it" in words and PLAIN + ":" not in words


def test_the_clock_stands_still_while_quality_is_looked_at(monkeypatch):
    now = iter(range(0, 1000, 10))
    monkeypatch.setattr(time_to_quality, "clock", lambda: next(now))
    monkeypatch.setattr(time_to_quality, "quality", lambda run: {"score": 0.5, "low": 0.4, "high": 0.6})
    watched = time_to_quality.Curve(None, lambda system, batch, part: part)
    for part in ("train", "train", "val", "train", "val"):
        assert watched(None, {}, part) == part
    assert [row["steps"] for row in watched.rows] == [2, 3]
    assert [row["seconds"] for row in watched.rows] == [10, 20], "what passes between two readings is no training"


def test_what_was_measured_is_not_measured_again(monkeypatch, tmp_path):
    asked = []

    def measured(notebook, arguments, loop, epochs):
        asked.append((arguments["seed"], loop.name))
        if len(asked) == 3:
            raise KeyboardInterrupt
        return curve(loop.name, [1.0], [0.5]).drop(columns=["system", "loop", "seed"])

    monkeypatch.setattr(time_to_quality, "curve", measured)
    loops = [time_to_quality.Loop(PLAIN), time_to_quality.Loop(OURS, systems=("text",))]
    systems = {"text": ("10_text", {}), "image": ("11_image", {})}
    with pytest.raises(KeyboardInterrupt):
        time_to_quality.measure(systems, loops, 1, [1, 2], tmp_path)
    found = time_to_quality.measure(systems, loops, 1, [1, 2], tmp_path)
    assert asked == [(1, PLAIN), (1, OURS), (2, PLAIN), (2, PLAIN), (2, OURS), (1, PLAIN), (2, PLAIN)]
    assert found[["system", "seed", "loop"]].to_numpy().tolist() == [
        *[["text", seed, loop] for seed in (1, 2) for loop in (PLAIN, OURS)],
        *[["image", seed, PLAIN] for seed in (1, 2)],
    ]


def test_curves_are_drawn_with_their_targets():
    figure = figure_speed.curves(CURVES, time_to_quality.times(CURVES))
    [axes] = figure.axes
    targets = [line for line in axes.lines if line.get_linestyle() == "--"]
    assert [line.get_ydata()[0] for line in targets] == pytest.approx([0.7])
    assert [len(line.get_xdata()) for line in axes.lines[:3]] == [4, 4, 4]
    plt.close(figure)


def test_the_machines_limits_are_measured():
    table = machine_limits.measure(0.01, rounds=1)
    assert len(table) == 4 and (table["gflops"] > 0).all()


def test_every_loop_has_a_name_of_its_own_and_a_system():
    loops = [*time_to_quality.MAIN, *time_to_quality.STEPS, *time_to_quality.TRIED]
    assert len({loop.name for loop in loops}) == len(loops) and all(loop.systems for loop in loops)
    assert loops[0].name == PLAIN and loops[1].name == OURS
