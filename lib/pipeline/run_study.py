"""Run a study: bring its runs and chapters up to date, with progress, a record of what it took and a receipt."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import psutil

from lib.core import machine, provenance
from lib.core.errors import DataError
from lib.core.files import ROOT, read_json, write_json
from lib.pipeline import budget, kernel_server, plain_runner, snakemake_runner, study_lock
from lib.pipeline.bundles import Bundle
from lib.pipeline.progress import Progress
from lib.review import receipt
from lib.study import plan
from lib.study import steps as study_steps
from lib.study.steps import Step

SHOWN = 12
"""Names of steps that are left, at most, in a line."""


def run(
    name: str,
    jobs: int = 0,
    only: Sequence[str] = (),
    cluster: str = "",
    minutes: float = 0,
    bundle: Bundle | None = None,
) -> int:
    """Bring the study up to date, or `only` these chapters of it, here or on a `cluster` of profiles/; the exit status.

    jobs: notebooks at a time; 0 for as many as this machine bears. minutes: the time that there is, 0 for no limit;
    what it doesn't suffice for is left, and the same command goes on from there. bundle: what each finished run is
    packed into, first those that were finished before.

    Failed notebooks stop nothing that doesn't need them. A sensitive study counts as done when nothing of its data is
    found in what it wrote.
    """
    chosen = plan.load(name)
    if wrong := [chapter for chapter in only if chapter not in chosen.possible_chapters]:
        raise DataError(
            f"There is no chapter {wrong[0]!r} to run here; there are {', '.join(chosen.possible_chapters)}."
        )
    if cluster and minutes:
        raise DataError("MINUTES is for one machine; a cluster's jobs have their limits in its profile.")
    _check_before(name, chosen, only)
    begin, progress = time.monotonic(), Progress()
    with study_lock.alone(chosen):
        wanted = _needed(study_steps.of(name, chosen), only)
        if bundle:
            _pack_finished(bundle, wanted.values())
        try:
            status = _bring_up_to_date(name, chosen, wanted, jobs, cluster, minutes, bundle, progress)
        except KeyboardInterrupt:
            machine.end_children()
            sys.exit("\nStopped. The same command goes on from here.")
        seconds = time.monotonic() - begin
        left = [step.name for step in wanted.values() if step.key and not step.up_to_date] if minutes else []
        failures = progress.failures + ([] if only or minutes else _wrong_records(plan.load(name), wanted))
        if not status and not failures and not minutes:
            failures = [f"{step.name}: it was not executed" for step in plain_runner.out_of_date(wanted.values())]
        status = status or int(bool(failures))
        if status == 0:
            _write_record(chosen, seconds, progress.steps, only, left)
        leak = _leak(chosen) if chosen.sensitive or chosen.hotels.source != "twin" else ""
    if failures:
        print(f"\n{len(failures)} of the study's notebooks failed:", *failures, sep="\n  ")
    elif status:
        print("\nThe study stopped before its notebooks:", *progress.other[-20:], sep="\n  ")
    elif not leak:
        what = f"{progress.steps} steps run" if progress.steps else "nothing was out of date"
        print(f"Study {chosen.name}: {what}, {seconds:.0f} s. Read it from {_shown(chosen.folder / 'notebooks')}.")
        print(*chosen.left_out, sep="\n", end="\n" if chosen.left_out else "")
        if left:
            more = f" and {len(left) - SHOWN} more" if len(left) > SHOWN else ""
            print(f"Left for another time ({len(left)}): {', '.join(left[:SHOWN])}{more}. The same command goes on.")
        _print_receipt(chosen)
    if leak:
        print(f"\n{leak}")
    return status or int(bool(leak))


def _bring_up_to_date(
    name: str,
    chosen: plan.Study,
    wanted: Mapping[str, Step],
    jobs: int,
    cluster: str,
    minutes: float,
    bundle: Bundle | None,
    progress: Progress,
) -> int:
    """Execute what is out of date of the steps that are wanted, if anything is; an exit status."""
    out_of_date = plain_runner.out_of_date(wanted.values())
    if not out_of_date:
        return 0
    jobs = jobs or machine_bears(chosen)
    with _environment(chosen, jobs, bundle) as environment:
        if minutes:
            progress.failed(_within(minutes, name, chosen, wanted, jobs, environment, progress))
        elif cluster or snakemake_runner.available():
            where = snakemake_runner.place(chosen, jobs, cluster)
            return snakemake_runner.execute(name, where, out_of_date, environment, progress)
        else:
            print("Snakemake isn't installed: notebooks are executed by papermill alone.")
            progress.failed(plain_runner.execute(out_of_date, jobs, environment, progress.line))
    return 0


def machine_bears(chosen: plan.Study) -> int:
    """How many notebooks of the study processor, memory and accelerator bear at a time, one at least."""
    import torch

    limits: list[int] = [
        (os.cpu_count() or 1) // chosen.training.threads,
        psutil.virtual_memory().total // 2**20 // chosen.memory_mb,
    ]
    if torch.cuda.is_available():
        limits.append(torch.cuda.get_device_properties(0).total_memory // 2**20 // chosen.device_memory_mb)
    return max(1, min(limits))


def _needed(steps: Mapping[str, Step], only: Sequence[str]) -> dict[str, Step]:
    """The steps of the chapters `only` and those that they need, in their order; all without any."""
    if not only:
        return dict(steps)
    maker = {step.output: step for step in steps.values()}
    found, waiting = set[str](), [steps[chapter] for chapter in only]
    while waiting:
        step = waiting.pop()
        found.add(step.name)
        waiting += [maker[path] for path in (*step.inputs, *step.data) if path in maker]
    return {name: step for name, step in steps.items() if name in found}


def _pack_finished(bundle: Bundle, steps: Iterable[Step]) -> None:
    bundle.check()
    for step in steps:
        if step.run and step.up_to_date:
            bundle.add(step.run)


@contextmanager
def _environment(chosen: plan.Study, jobs: int, bundle: Bundle | None) -> Iterator[dict[str, str]]:
    """The environment of a study's steps, with a server of kernels for as long as the context lasts."""
    environment = {
        **os.environ,
        "PYTHONUNBUFFERED": "1",
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "OMP_NUM_THREADS": str(chosen.training.threads),
        machine.DEVICE_SHARE: str(1 / jobs),
        **(bundle.settings if bundle else {}),
    }
    signal.signal(signal.SIGTERM, lambda *_: machine.end_children())
    with kernel_server.server(environment) as more:
        yield environment | more


def _within(
    minutes: float,
    name: str,
    chosen: plan.Study,
    wanted: Mapping[str, Step],
    jobs: int,
    environment: Mapping[str, str],
    progress: Progress,
) -> list[str]:
    """Execute what there is time for, in the order of the parameter file, and then the chapters on the runs that are
    finished; the names of the steps that failed."""
    for_runs = 60 * minutes - budget.chapters_seconds(chosen, minutes)
    runs = [step for step in plain_runner.out_of_date(wanted.values()) if step.run or not step.key]
    for step in runs:
        if step.run:  # a record of other code or parameters, which no chapter could read
            (ROOT / step.output).unlink(missing_ok=True)
    limited = {**environment, budget.DEADLINE: str(time.time() + for_runs)}
    failed = plain_runner.execute(runs, jobs, limited, progress.line)
    chapters = study_steps.of(name, chosen, finished=True)
    to_do = plain_runner.out_of_date(chapters[step] for step in wanted if step in chapters)
    return failed + plain_runner.execute(to_do, jobs, environment, progress.line)


def _wrong_records(chosen: plan.Study, wanted: Mapping[str, Step]) -> list[str]:
    """Runs whose record is of something else than what was planned, a line each. They count as failed.

    chosen: the study as it is now; wanted: the steps that were planned, by name.
    """
    wrong = []
    for run in chosen.all_runs().values():
        try:
            if run.name not in wanted or wanted[run.name].key != run.key:
                wrong.append(f"{run.name}: parameters, data or code changed while the study ran; start it again")
            elif run.finished:
                run.record()
        except DataError as error:
            wrong.append(f"{run.name}: {error}")
    return wrong


def _leak(chosen: plan.Study) -> str:
    """What the study wrote, failed notebooks too, is searched before it counts as done; what is wrong, or ''."""
    from lib.pipeline import leak_scan  # imported for others' data alone: it takes seconds

    try:
        leak_scan.check(chosen)
    except DataError as error:
        (chosen.folder / "study.json").unlink(missing_ok=True)
        return str(error)
    return ""


def _write_record(
    chosen: plan.Study, seconds: float, steps: int, only: Sequence[str], left: Sequence[str] = ()
) -> None:
    """Write study.json: what stands now, and how long the last run from nothing took. A run that brought only a part up
    to date leaves that time as it was."""
    path = chosen.folder / "study.json"
    previous = read_json(path) if path.exists() else {}
    if steps == 0 and previous.get("left") == list(left):
        return
    runs = {run.name: run.record() for run in chosen.all_runs().values() if run.finished}
    requested = only or chosen.possible_chapters
    chapters = [name for name in requested if (chosen.folder / "notebooks" / f"{name}.ipynb").exists()]
    record = {
        "study": chosen.name,
        "finished": datetime.now(UTC).isoformat(timespec="seconds"),
        "parameters": chosen.model_dump(),
        "environment": provenance.environment(),
        "precision": "bf16-mixed" if any(run.precision == "bf16-mixed" for run in runs.values()) else "32-true",
        # A chapter that was left out, or not asked for, keeps the key that it was last executed with.
        "chapters": previous.get("chapters", {}) | {name: chosen.key(name, {}) for name in chapters},
        "runs": {name: {"key": run.key, "wall_seconds": run.wall_seconds} for name, run in runs.items()},
        "left": list(left),
    }
    if chosen.own_hotels:  # a part of keys that a reader without these files can't work out
        record["own_hotels"] = chosen.own_hotels
    if chosen.data.source == "twin":  # made by this study or by another with the same data
        record["twin"] = read_json(chosen.data_folder / "twin.json")
    if steps >= len(runs) + len(chapters):
        record |= {"wall_seconds": round(seconds, 1), "steps_run": steps}
    write_json(path, previous | record)


def _print_receipt(chosen: plan.Study) -> None:
    """Write the receipt where something was run since the last one, or published, and print it in a line."""
    published, path = chosen.published().folder, chosen.folder / "receipt.json"
    if not (published / "study.json").exists():
        return
    found = receipt.current(published, chosen.folder)
    if not found:
        from lib.review import receipt_numbers  # imported where a receipt is made alone: it takes seconds

        found = receipt_numbers.write(published, chosen.folder)
    text = receipt.line(found) if found else f"none, since {receipt.obstacle(published, chosen.folder)}"
    print(f"Receipt: {text}" + (f" ({_shown(path)})." if found else ""))


def _check_before(name: str, chosen: plan.Study, only: Sequence[str]) -> None:
    """Raise DataError for what can be known to be wrong before anything runs; print what was read of own data."""
    other = ROOT / "params" / f"{chosen.name}.yaml"
    if other.exists() and not other.samefile(plan.parameter_file(name)):
        raise DataError(
            f"{name}: the study's name, {chosen.name}, is that of params/{other.name}, whose results it would replace. "
            "Give it a name of its own."
        )
    if chosen.data.source == "matched":
        from lib.pipeline import preflight  # imported for own data alone: it takes seconds

        made = not only or any(plan.reads_runs(chapter) for chapter in only)
        print(*preflight.sentences(chosen, chosen.all_runs().values() if made else ()), sep="\n", flush=True)


def _shown(path: Path) -> str:
    return str(path.relative_to(ROOT)) if path.is_relative_to(ROOT) else str(path)
