"""Steps executed without Snakemake: in their order, what is out of date, each after what it needs."""

import threading
import time

import pytest

from lib.core.files import write_json
from lib.pipeline import budget, plain_runner
from lib.pipeline.progress import Progress
from lib.study import plan, steps
from lib.study.steps import KEY, Step


@pytest.fixture
def project(tmp_path, monkeypatch):
    for module in (steps, plain_runner):
        monkeypatch.setattr(module, "ROOT", tmp_path)
    return tmp_path


def step(name: str, *needs: str, data: tuple[str, ...] = (), **more) -> Step:
    return Step(name, f"{name}.ipynb", (name,), tuple(f"{need}.ipynb" for need in needs), data, key="k", **more)


def write(project, name: str, key: str = "k") -> None:
    write_json(project / f"{name}.ipynb", {"metadata": {KEY: key}, "cells": []})
    time.sleep(0.002)  # so that what is written later is younger


@pytest.fixture
def executed(project, monkeypatch):
    """Steps that write their output, fail or are left; when each began and ended, and how many were under way."""
    log, under_way, lock = [], set(), threading.Lock()
    statuses: dict[str, int] = {}

    def run(step, environment, line):
        with lock:
            under_way.add(step.name)
            log.append(("begin", step.name, len(under_way)))
        time.sleep(0.02)
        if not statuses.get(step.name):
            write(project, step.name)
        with lock:
            under_way.remove(step.name)
            log.append(("end", step.name, len(under_way)))
        return statuses.get(step.name, 0)

    monkeypatch.setattr(plain_runner, "_run", run)
    return log, statuses


def begun(log):
    return [name for what, name, _ in log if what == "begin"]


def test_steps_begin_in_their_order_and_after_what_they_need(executed):
    log, _ = executed
    lines = []
    plain_runner.execute([step("c", "a"), step("b"), step("a"), step("d", "c", "b")], 1, {}, lines.append)
    assert begun(log) == ["b", "a", "c", "d"]
    assert lines == ["1 of 4 steps", "2 of 4 steps", "3 of 4 steps", "4 of 4 steps"]


def test_as_many_at_a_time_as_are_wanted_and_some_alone(executed):
    log, _ = executed
    plain_runner.execute([*map(step, "abcdef"), step("alone", alone=True), step("g")], 3, {}, lambda line: None)
    most = max(number for what, _, number in log if what == "begin")
    assert most == 3 and ("begin", "alone", 1) in log
    place = begun(log).index("alone")
    assert log[log.index(("begin", "alone", 1)) + 1] == ("end", "alone", 0) and place >= 6


@pytest.mark.parametrize("status", [1, budget.LEFT])
def test_what_needs_a_step_that_failed_or_was_left_is_left_out(executed, status):
    log, statuses = executed
    statuses["a"] = status
    plain_runner.execute([step("a"), step("b", "a"), step("c", "b"), step("d")], 1, {}, lambda line: None)
    assert begun(log) == ["a", "d"]


def test_a_step_is_up_to_date_by_its_key_and_its_inputs(project):
    first, second = step("a"), step("b", "a")
    assert plain_runner.out_of_date([first, second]) == [first, second]
    write(project, "a")
    write(project, "b")
    assert plain_runner.out_of_date([first, second]) == []
    write(project, "a", key="another")
    assert plain_runner.out_of_date([first, second]) == [first, second], "what is made from it too"
    write(project, "a")
    assert plain_runner.out_of_date([first, second]) == [second], "its input is younger"


def test_a_twin_is_drawn_only_for_what_needs_it(project):
    twin = Step("twin of ads", "twin.json", ("draw", "ads", "x"))
    chapter = step("a", data=("twin.json",))
    assert plain_runner.out_of_date([twin, chapter]) == [twin, chapter]
    write(project, "a")
    assert plain_runner.out_of_date([twin, chapter]) == [], "its data is gone, and nothing needs it"


def test_progress_shows_what_matters_and_counts(capsys):
    progress = Progress()
    for line in (
        "running  a",
        "  a: epoch 1/2: training loss 1.0, 1 s",
        "   more of a traceback",
        "done     a  3 s",
        "1 of 2 steps (50%) done",
        "FAILED   b: ValueError: no  [see b.failed.ipynb]",
        "left     c: the time is over",
        "Building DAG of jobs...",
    ):
        progress.line(line)
    assert capsys.readouterr().out.splitlines() == [
        "running  a",
        "  a: epoch 1/2: training loss 1.0, 1 s",
        "[1/2] done     a  3 s",
        "[1/2] FAILED   b: ValueError: no  [see b.failed.ipynb]",
        "[1/2] left     c: the time is over",
    ]
    assert progress.steps == 1 and progress.failures == ["b: ValueError: no  [see b.failed.ipynb]"]
    assert progress.other == ["   more of a traceback", "Building DAG of jobs..."]


def test_the_plan_and_the_graph_have_the_same_steps():
    """Every run and chapter, each after what it begins with, and the files that the Snakefile names."""
    chosen = plan.load("smoke")
    planned = steps.of("smoke", chosen)
    assert {step.name for step in planned.values() if step.run} == set(chosen.all_runs())
    assert [name for name in planned if name in chosen.chapters] != [] and next(iter(planned)) == "twin of ads"
    made = {f"results/{name}/study.json" for name in steps.OTHER_STUDIES["50_real_data"]}  # published, not made here
    for each in planned.values():
        assert set(each.inputs) | set(each.data) <= made, each.name
        made.add(each.output)
    scorecard = planned["91_scorecard"]
    assert any("30_identification" in path for path in scorecard.inputs)
    assert not any("92_speed" in path for path in scorecard.inputs) and planned["92_speed"].alone


def test_the_deadline_ends_what_is_under_way(monkeypatch):
    monkeypatch.setenv(budget.DEADLINE, str(time.time() + 0.2))
    begin = time.monotonic()
    with pytest.raises(budget.OutOfTime), budget.until_the_deadline():
        time.sleep(20)
    assert time.monotonic() - begin < 10
    monkeypatch.delenv(budget.DEADLINE)
    assert budget.remaining() == float("inf")
    with budget.until_the_deadline():
        pass


def test_times_are_expected_as_they_were_before(tmp_path, monkeypatch):
    monkeypatch.setattr(plan.Study, "folder", property(lambda self: tmp_path / self.standing))
    chosen = plan.load("smoke")
    assert budget.expected_seconds(chosen, "10_text") == 0 and budget.chapters_seconds(chosen, 10) == 150
    for standing, seconds in (("published", 30.0), ("run here", 50.0)):
        write_json(
            tmp_path / standing / "runs/text/minilm-l6/ce+supcon/ad/seed1111/metrics.json", {"wall_seconds": seconds}
        )
        write_json(tmp_path / standing / "notebooks/01_data.ipynb", {"metadata": {"papermill": {"duration": 2.0}}})
        assert budget.expected_seconds(chosen, "10_text") == seconds
    assert budget.expected_seconds(chosen, "11_image") == 0
    assert budget.chapters_seconds(chosen, 10) == pytest.approx(1.3 * 2 * len(chosen.possible_chapters))
