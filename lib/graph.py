"""Run a study: Snakemake on the Snakefile, with readable progress and a record of what it took.

python -m lib.graph quick --jobs 2
"""

from __future__ import annotations

import argparse
import fcntl
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

import psutil

from lib import ads, record, study
from lib.errors import DataError
from lib.files import ROOT, read_json, write_json

STEPS = re.compile(r"^(\d+) of (\d+) steps")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("study", help="a parameter file, or the name of one in params/")
    parser.add_argument("--jobs", type=int, default=2, help="notebooks at a time")
    arguments = parser.parse_args()
    try:
        sys.exit(run(arguments.study, arguments.jobs))
    except DataError as error:
        sys.exit(f"{error}")
    except KeyboardInterrupt:
        _stop_all()
        sys.exit("\nStopped. The same command goes on from here.")


def run(name: str, jobs: int) -> int:
    """Bring the study up to date; the exit status. Failed notebooks stop nothing that doesn't need them."""
    chosen = study.load(name)
    _check_before(chosen)
    begin = time.monotonic()
    with _only_one(chosen.folder / ".lock"):
        failures, executed, other, status = _snakemake(name, chosen, jobs)
        seconds = time.monotonic() - begin
        if status == 0:
            _write_record(chosen, seconds, executed)
    if failures:
        print(f"\n{len(failures)} of the study's notebooks failed:", *failures, sep="\n  ")
    elif status:
        print("\nThe study stopped before its notebooks:", *other[-20:], sep="\n  ")
    else:
        what = f"{executed} steps run" if executed else "nothing was out of date"
        print(f"Study {chosen.name}: {what}, {seconds:.0f} s. Read it from {_shown(chosen.folder / 'notebooks')}.")
        if chosen.possible_chapters != chosen.chapters:
            print(
                "Chapter 40_hotel_splits was left out: it needs the split files of Revisited Hotel-ID from the authors' "
                "public repository aarashfeizi/revisited-hotels. With them: make study HOTEL_SPLITS=/folder/of/the/csv/files"
            )
    return status


def _snakemake(name: str, chosen: study.Study, jobs: int) -> tuple[list[str], int, list[str], int]:
    """Run the graph; what failed (a line each), steps done, its other output, and its exit status."""
    command = [
        sys.executable,
        "-m",
        "snakemake",
        "--snakefile",
        str(ROOT / "Snakefile"),
        "--directory",
        str(ROOT),
        "--cores",
        str(jobs),
        "--config",
        f"study={name}",
        "--keep-going",
        "--rerun-incomplete",
        "--nolock",
        "--rerun-triggers",
        "params",
        "mtime",
        "input",
        "--quiet",
        "host",
        "reason",
        "rules",
    ]
    environment = {
        **os.environ,
        "PYTHONUNBUFFERED": "1",
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "OMP_NUM_THREADS": str(chosen.training.threads),
    }
    failures, other, progress, finished, steps = [], [], "", [], 0
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=environment)
    signal.signal(signal.SIGTERM, _stop_all)
    for line in map(str.rstrip, process.stdout):
        if match := STEPS.match(line):
            steps, progress = int(match[1]), f"[{match[1]}/{match[2]}] "
            print(*(f"{progress}{text}" for text in finished), sep="\n", end="\n" if finished else "", flush=True)
            finished.clear()
        elif line.startswith("done "):
            finished.append(line)
        elif line.startswith(("running ", "  ", "FAILED ")) and not line.startswith("   "):
            print(f"{progress}{line}", flush=True)
            failures += [line.removeprefix("FAILED ").strip()] if line.startswith("FAILED ") else []
        else:
            other.append(line)
    return failures, steps, other, process.wait()


def _write_record(chosen: study.Study, seconds: float, steps: int) -> None:
    """Write results/<study>/study.json: the whole run when it did something, the re-run's time when it didn't."""
    path = chosen.folder / "study.json"
    before = read_json(path) if path.exists() else {}
    if steps == 0 and before:
        write_json(path, before | {"unchanged_rerun_seconds": round(seconds, 1)})
        return
    runs = {run.name: read_json(run.folder / "metrics.json") for run in chosen.all_runs().values()}
    written = {
        "study": chosen.name,
        "finished": datetime.now(UTC).isoformat(timespec="seconds"),
        "wall_seconds": round(seconds, 1),
        "steps_run": steps,
        "parameters": chosen.model_dump(),
        "environment": record.environment(),
        # A chapter that was left out keeps the key that it was last executed with.
        "chapters": before.get("chapters", {}) | {name: chosen.key(name, {}) for name in chosen.possible_chapters},
        "runs": {name: {"key": run["key"], "wall_seconds": run["wall_seconds"]} for name, run in runs.items()},
    }
    write_json(path, before | written)


def _stop_all(*_: object) -> None:
    """End every process that this one started; Snakemake alone would wait for its notebooks to end."""
    for process in psutil.Process().children(recursive=True):
        with suppress(psutil.NoSuchProcess):
            process.terminate()


def _check_before(chosen: study.Study) -> None:
    """What can be known to be wrong before anything runs is said before anything runs."""
    if chosen.data.source == "matched":
        ads.read(chosen.data_folder)


@contextmanager
def _only_one(lock: Path) -> Iterator[None]:
    """One `make study` of a study at a time; the system lets go of the lock however the process ends."""
    lock.parent.mkdir(parents=True, exist_ok=True)
    with lock.open("w") as stream:
        try:
            fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise DataError(
                f"This study is being run by another process (it holds {lock}). Wait for it, or stop it."
            ) from None
        yield


def _shown(path: Path) -> str:
    return str(path.relative_to(ROOT)) if path.is_relative_to(ROOT) else str(path)


if __name__ == "__main__":
    main()
