"""lib.runs.recorder: steps are done once, and a run's energy meter always stops."""

import gc

import pytest

from lib.core import provenance
from lib.runs.recorder import Recorder, step


class Run:
    def __init__(self):
        self.done = []

    @step
    def train(self):
        self.done.append("train")
        return 1

    @step
    def embed(self):
        self.done.append(f"embed {self.train()}")
        return None

    @step
    def fail(self):
        self.done.append("fail")
        raise ValueError


def test_a_step_does_what_it_needs_first_and_everything_once():
    run = Run()
    assert run.embed() is None and run.train() == 1 and run.embed() is None
    assert run.done == ["train", "embed 1"]
    assert Run().train() == 1 and run.done == ["train", "embed 1"]


def test_a_step_that_failed_is_done_again():
    run = Run()
    for _ in range(2):
        with pytest.raises(ValueError):
            run.fail()
    assert run.done == ["fail", "fail"]


@pytest.fixture
def meters(monkeypatch):
    """What happens to meters."""
    happened = []

    class Meter:
        def __enter__(self):
            happened.append("started")
            return self

        def __exit__(self, *error):
            happened.append("stopped")

    monkeypatch.setattr(provenance, "Meter", Meter)
    return happened


def recorder(out, **more):
    return Recorder("14_baselines", "smoke", str(out), {"baseline": "random", "seed": 1}, **more)


def test_the_meter_of_a_run_that_is_given_up_stops(meters, tmp_path):
    run = recorder(tmp_path)
    assert meters == ["started"]
    del run
    gc.collect()
    assert meters == ["started", "stopped"]


def test_a_run_that_is_only_used_has_no_meter_and_no_record(meters, tmp_path):
    with pytest.raises(RuntimeError, match="can't be finished"):
        recorder(tmp_path, metered=False).finish()
    assert meters == [] and not (tmp_path / "metrics.json").exists()
