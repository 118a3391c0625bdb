"""Run a study: Snakemake on the Snakefile, with readable progress and a record of what it took."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import psutil

from lib.core import provenance
from lib.core.errors import DataError
from lib.core.files import ROOT, locked, read_json, write_json
from lib.data import loading
from lib.pipeline import kernel_server, leak_scan
from lib.study import plan

STEPS = re.compile(r"^(\d+) of (\d+) steps")


def run(name: str, jobs: int, only: Sequence[str] = (), cluster: str = "") -> int:
    """Bring the study up to date, or `only` these chapters of it, here or on a `cluster` of profiles/; the exit status.

    Failed notebooks stop nothing that doesn't need them. A sensitive study counts as done when nothing of its data is
    found in what it wrote.
    """
    chosen = plan.load(name)
    if wrong := [chapter for chapter in only if chapter not in chosen.possible_chapters]:
        raise DataError(
            f"There is no chapter {wrong[0]!r} to run here; there are {', '.join(chosen.possible_chapters)}."
        )
    where = _where(chosen, jobs, cluster)
    _check_before(name, chosen)
    planned = {run.name: run.key for run in chosen.all_runs().values()}
    begin = time.monotonic()
    with _only_one(chosen.folder / ".lock"):
        try:
            outcome = _snakemake(name, chosen, where, only)
        except KeyboardInterrupt:
            _stop_all()
            sys.exit("\nStopped. The same command goes on from here.")
        seconds = time.monotonic() - begin
        failures = outcome.failures + ([] if only else _wrong_records(plan.load(name), planned))
        status = outcome.status or int(bool(failures))
        if status == 0:
            _write_record(chosen, seconds, outcome.steps, only)
        leak = _leak(chosen) if chosen.sensitive else ""
    if failures:
        print(f"\n{len(failures)} of the study's notebooks failed:", *failures, sep="\n  ")
    elif status:
        print("\nThe study stopped before its notebooks:", *outcome.other[-20:], sep="\n  ")
    elif not leak:
        what = f"{outcome.steps} steps run" if outcome.steps else "nothing was out of date"
        print(f"Study {chosen.name}: {what}, {seconds:.0f} s. Read it from {_shown(chosen.folder / 'notebooks')}.")
        print(*chosen.left_out, sep="\n", end="\n" if chosen.left_out else "")
    if leak:
        print(f"\n{leak}")
    return status or int(bool(leak))


def _wrong_records(chosen: plan.Study, planned: Mapping[str, str]) -> list[str]:
    """Runs whose record is of something else than what was planned, a line each. They count as failed.

    chosen: the study as it is now; planned: keys by the runs' names.
    """
    wrong = []
    for run in chosen.all_runs().values():
        try:
            if planned.get(run.name) != run.key:
                wrong.append(f"{run.name}: parameters, data or code changed while the study ran; start it again")
            elif run.finished:
                run.record()
        except DataError as error:
            wrong.append(f"{run.name}: {error}")
    return wrong


def _leak(chosen: plan.Study) -> str:
    """What the study wrote, failed notebooks too, is searched before it counts as done; what is wrong, or ''."""
    try:
        leak_scan.check(chosen)
    except DataError as error:
        (chosen.folder / "study.json").unlink(missing_ok=True)
        return str(error)
    return ""


def _where(chosen: plan.Study, jobs: int, cluster: str) -> list[str]:
    """Snakemake's arguments for where jobs run: `jobs` at a time within this machine's memory, or as a profile says."""
    if not cluster:
        memory = max(chosen.memory_mb, psutil.virtual_memory().total // 2**20)
        return ["--cores", str(jobs), "--resources", f"mem_mb={memory}"]
    folder = ROOT / "profiles" / cluster
    if not (folder / "config.yaml").exists():
        known = sorted(path.parent.name for path in (ROOT / "profiles").glob("*/config.yaml"))
        raise DataError(
            f"There is no profile {cluster!r}; there are {', '.join(known)}, and a new one is a folder of profiles/."
        )
    return ["--profile", str(folder)]


@dataclass
class Outcome:
    """What Snakemake did. failures: a line for each failed notebook; steps: how many were done; other: whatever else it
    printed; status: its exit status."""

    failures: list[str] = field(default_factory=list)
    steps: int = 0
    other: list[str] = field(default_factory=list)
    status: int = 0


def _snakemake(name: str, chosen: plan.Study, where: Sequence[str], only: Sequence[str]) -> Outcome:
    """Run the graph."""
    targets = [os.path.relpath(chosen.folder / "notebooks" / f"{chapter}.ipynb", ROOT) for chapter in only]
    command = [
        *(sys.executable, "-m", "snakemake", "--snakefile", str(ROOT / "Snakefile"), "--directory", str(ROOT)),
        *where,
        *("--config", f"study={name}", "--keep-going", "--rerun-incomplete", "--nolock"),
        *("--rerun-triggers", "params", "mtime", "input", "--quiet", "host", "reason", "rules"),
        *("--", *targets),
    ]
    environment = {
        **os.environ,
        "PYTHONUNBUFFERED": "1",
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "OMP_NUM_THREADS": str(chosen.training.threads),
    }
    signal.signal(signal.SIGTERM, _stop_all)
    with kernel_server.server(environment) as more:
        return _follow(command, environment | more)


def _follow(command: Sequence[str], environment: Mapping[str, str]) -> Outcome:
    """Run Snakemake and print its progress, a line for each notebook that starts, ends or fails.

    All lines but STEPS are those that `lib.pipeline.execute` prints in Snakemake's jobs. They share its output, where a
    logger plugin of Snakemake's would not see them.
    """
    outcome = Outcome()
    progress, finished = "", list[str]()
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=environment)
    assert process.stdout is not None  # a pipe
    for line in map(str.rstrip, process.stdout):
        if match := STEPS.match(line):
            outcome.steps, progress = int(match[1]), f"[{match[1]}/{match[2]}] "
            for text in finished:
                print(f"{progress}{text}", flush=True)
            finished.clear()
        elif line.startswith("done "):
            finished.append(line)  # shown with the number of steps, which follows it
        elif line.startswith(("running ", "  ", "FAILED ")) and not line.startswith("   "):
            print(f"{progress}{line}", flush=True)
            if line.startswith("FAILED "):
                outcome.failures.append(line.removeprefix("FAILED ").strip())
        else:
            outcome.other.append(line)
    outcome.status = process.wait()
    return outcome


def _write_record(chosen: plan.Study, seconds: float, steps: int, only: Sequence[str]) -> None:
    """Write results/<study>/study.json: what stands now, and how long the last run from nothing and the last without
    anything to do took. A run that brought only a part up to date changes neither time."""
    path = chosen.folder / "study.json"
    previous = read_json(path) if path.exists() else {}
    if steps == 0 and previous:
        write_json(path, previous | {"unchanged_rerun_seconds": round(seconds, 1)})
        return
    runs = {run.name: run.record() for run in chosen.all_runs().values() if run.finished}
    requested = only or chosen.possible_chapters
    chapters = [name for name in requested if (chosen.folder / "notebooks" / f"{name}.ipynb").exists()]
    record = {
        "study": chosen.name,
        "finished": datetime.now(UTC).isoformat(timespec="seconds"),
        "parameters": chosen.model_dump(),
        "environment": provenance.environment(),
        # A chapter that was left out, or not asked for, keeps the key that it was last executed with.
        "chapters": previous.get("chapters", {}) | {name: chosen.key(name, {}) for name in chapters},
        "runs": {name: {"key": run.key, "wall_seconds": run.wall_seconds} for name, run in runs.items()},
    }
    if chosen.own_hotels:  # a part of keys that a reader without these files can't work out
        record["own_hotels"] = chosen.own_hotels
    if chosen.data.source == "twin":  # made by this study or by another with the same data
        record["twin"] = read_json(chosen.data_folder / "twin.json")
    if steps >= len(runs) + len(chapters):
        record |= {"wall_seconds": round(seconds, 1), "steps_run": steps}
    write_json(path, previous | record)


def _stop_all(*_: object) -> None:
    """End every process that this one started; Snakemake alone would wait for its notebooks to end."""
    for process in psutil.Process().children(recursive=True):
        with suppress(psutil.NoSuchProcess):
            process.terminate()


def _check_before(name: str, chosen: plan.Study) -> None:
    """Raise DataError for what can be known to be wrong before anything runs; print which ads can't be used."""
    other = ROOT / "params" / f"{chosen.name}.yaml"
    if other.exists() and not other.samefile(plan.parameter_file(name)):
        raise DataError(
            f"{name}: the study's name, {chosen.name}, is that of params/{other.name}, whose results it would replace. "
            "Give it a name of its own."
        )
    if chosen.data.source == "matched":
        data = loading.read(chosen)
        if unusable := data.rows - len(data.ads):
            print(f"{unusable} of {data.rows} ads can't be used and were put aside; chapter 01 says why.")
        for what, column in (("text", "text"), ("picture", "image")):
            if column in data.modalities and (lacking := int((data.pairs.groupby("ad")[column].max() < 0).sum())):
                of = f"{lacking} of {len(data.ads)} ads"
                print(f"{of} have no {what} and serve where none is needed; chapter 01 says why.")


@contextmanager
def _only_one(lock: Path) -> Iterator[None]:
    """One `make study` of a study at a time; the system lets go of the lock however the process ends."""
    try:
        with locked(lock, wait=False):
            yield
    except BlockingIOError:
        raise DataError(
            f"This study is being run by another process (it holds {lock}). Wait for it, or stop it."
        ) from None


def _shown(path: Path) -> str:
    return str(path.relative_to(ROOT)) if path.is_relative_to(ROOT) else str(path)
