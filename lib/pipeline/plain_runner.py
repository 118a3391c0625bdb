"""Execute a study's steps in their order, some at a time: where there is no Snakemake, and where time is limited."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait

from lib.core.files import ROOT
from lib.pipeline.budget import LEFT
from lib.pipeline.progress import follow
from lib.study.steps import Step


def out_of_date(steps: Iterable[Step]) -> list[Step]:
    """The steps to execute: those out of date, what is made from their results, and the twins that they need."""
    steps = list(steps)
    chosen: dict[str, Step] = {}
    for step in steps:
        if step.key and (not step.up_to_date or any(path in chosen for path in step.inputs)):
            chosen[step.output] = step
    data = {path for step in chosen.values() for path in step.data}
    twins = [step for step in steps if step.output in data and not (ROOT / step.output).exists()]
    return [*twins, *chosen.values()]


def execute(steps: Sequence[Step], jobs: int, environment: Mapping[str, str], line: Callable[[str], None]) -> list[str]:
    """Execute the `steps` (of `out_of_date`), `jobs` at a time, each when what it needs is there.

    `line` is called with each line that a step prints, and after each step with how many are done. What needs a step
    that failed, or was left for lack of time, is left out. Returns the names of those that failed.
    """
    waiting, executed, failed, unmade = list(steps), 0, list[str](), set[str]()
    with ThreadPoolExecutor(jobs) as pool:
        running: dict[Future[int], Step] = {}
        while waiting or running:
            for step in list(waiting):
                needed = {*step.inputs, *step.data}
                if needed & unmade:
                    waiting.remove(step)
                    unmade.add(step.output)
                    continue
                under_way = {other.output for other in (*waiting, *running.values())}
                busy = len(running) >= jobs or any(other.alone for other in running.values())
                if not needed & under_way and not busy and not (step.alone and running):
                    waiting.remove(step)
                    running[pool.submit(_run, step, environment, line)] = step
            for future in wait(running, return_when=FIRST_COMPLETED).done:
                step = running.pop(future)
                if status := future.result():
                    unmade.add(step.output)
                    failed += [step.name] if status != LEFT else []
                else:
                    executed += 1
                    line(f"{executed} of {len(steps)} steps")
    return failed


def _run(step: Step, environment: Mapping[str, str], line: Callable[[str], None]) -> int:
    """Execute a step; its exit status."""
    return follow([sys.executable, "-m", "lib", *step.arguments], environment, line)
