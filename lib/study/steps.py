"""A study's steps: its twin's drawing, its runs and its chapters, each with its command and what that needs.

The Snakefile makes a graph of them, and `lib.pipeline.plain_runner` executes them where there is no Snakemake.
"""

from __future__ import annotations

import json
import os
import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lib.core.errors import DataError
from lib.core.files import ROOT, read_json
from lib.study import plan
from lib.study.plan import Run, Study

MACHINES = ("92_speed", "94_gpu_speed")
"""Chapters that measure the machine, and so run alone."""
AFTER = {"50_real_data": "91_scorecard"}
"""Chapters that read what another one, which sums up others, wrote."""
OTHER_STUDIES = {"50_real_data": ("hotels", "openclipart", "openclipart-pairs", "iconify", "debian", "speeches")}
"""Studies whose chapters' tables a chapter reads beside its own study's, as they were run here or are published."""
KEY = "key"
"""Where an executed notebook's metadata hold the key that it was executed with."""


@dataclass(frozen=True)
class Step:
    """A command and its files. All paths begin at the project's folder, where commands are started, so that no result
    names anybody's home."""

    name: str
    output: str  # the file that is written last
    arguments: tuple[str, ...]  # of `python -m lib`
    inputs: tuple[str, ...] = ()  # results of other steps
    data: tuple[str, ...] = ()  # the twin's marker files, which must be there; their age says nothing
    key: str = ""  # of the notebook; "" for a twin, whose folder is named by what it depends on
    run: Run | None = None
    alone: bool = False

    @property
    def command(self) -> str:
        """The command for a shell."""
        return shlex.join(("python", "-m", "lib", *self.arguments))

    @property
    def up_to_date(self) -> bool:
        """Whether its result is there, is of its key, and isn't older than the results that it was made from."""
        output = ROOT / self.output
        if not output.exists() or any(not (ROOT / path).exists() for path in self.inputs):
            return False
        times = [(ROOT / path).stat().st_mtime_ns for path in self.inputs]
        return max(times, default=0) <= output.stat().st_mtime_ns and self._has_its_key(output)

    def _has_its_key(self, output: Path) -> bool:
        if self.run:
            return is_current(self.run)
        return not self.key or read_json(output)["metadata"].get(KEY) == self.key


def is_current(run: Run) -> bool:
    """Whether a run is finished, and its record is of what is planned."""
    try:
        return run.finished and bool(run.record())
    except (DataError, ValueError):  # of other code, or no record at all
        return False


def of(study: str, chosen: Study, finished: bool = False) -> dict[str, Step]:
    """A study's steps by name, in an order in which they can be executed: twins, runs as the parameter file has them
    (what one begins with before it), chapters.

    study: as the command line names it. finished: plan the chapters alone, on the runs that are finished.
    """
    twins = _twins(study, chosen)
    runs = {} if finished else _in_order(chosen.all_runs())
    steps = [*twins.values(), *(_run_step(study, run, twins) for run in runs.values())]
    records = [from_root(run.folder / "metrics.json") for run in chosen.all_runs().values()]
    if finished:
        records = [path for path in records if (ROOT / path).exists()]
    names = [name for name in chosen.possible_chapters if records or not chosen.runs or not plan.reads_runs(name)]
    outputs = {name: from_root(chosen.folder / "notebooks" / f"{name}.ipynb") for name in names}
    others = [outputs[name] for name in names if name not in (*plan.SUMMARIES, *MACHINES, *AFTER)]
    for name in sorted(names, key=_turn):  # stable: else as in the file
        inputs = [*(records if plan.reads_runs(name) else ()), *(others if name in plan.SUMMARIES else ())]
        inputs += [outputs[AFTER[name]]] if AFTER.get(name) in outputs else []
        inputs += _records_of(OTHER_STUDIES.get(name, ()))
        settings = {"out": from_root(chosen.folder), **(_split_files(chosen) if name == plan.HOTEL_SPLITS else {})}
        key = chosen.key(name, {})
        arguments = _execution(study, name, outputs[name], name, key, settings)
        data = tuple(twins[what].output for what in ("ads",) if what in twins)
        step = Step(name, outputs[name], arguments, tuple(inputs), data, key, alone=name in MACHINES)
        steps.append(step)
    return {step.name: step for step in steps}


def _turn(chapter: str) -> int:
    """A chapter's turn: after those of smaller turns."""
    return (chapter in MACHINES) + 2 * (chapter in plan.SUMMARIES) + 3 * (chapter in AFTER)


def _records_of(studies: Sequence[str]) -> list[str]:
    """The records of these studies, as they were run here or are published, that are there: each is written last."""
    records = [plan.shown(name).folder / "study.json" for name in studies]
    return [from_root(path) for path in records if path.exists()]


def _twins(study: str, chosen: Study) -> dict[str, Step]:
    """`ads` and `hotels` -> the step that draws that twin, where the study has it."""
    folders = {}
    if chosen.data.source == "twin":
        folders["ads"] = chosen.data_folder
    if chosen.hotels.source == "twin" and any(run.kind.hotels for run in chosen.all_runs().values()):
        folders["hotels"] = chosen.hotel_pictures
    return {
        what: Step(f"twin of {what}", from_root(folder / "twin.json"), ("draw", what, study))
        for what, folder in folders.items()
    }


def _in_order(runs: dict[str, Run]) -> dict[str, Run]:
    """Runs as given, but each after the one that it begins with."""
    ordered: dict[str, Run] = {}
    for name, run in runs.items():
        if first := run.prerequisite:
            ordered.setdefault(first.name, runs[first.name])
        ordered.setdefault(name, run)
    return ordered


def _run_step(study: str, run: Run, twins: dict[str, Step]) -> Step:
    # A run that links hotel pictures is also asked about the ads' pictures.
    data = [twins[what].output for what in ("ads", "hotels") if what in twins and (what == "ads" or run.kind.hotels)]
    before = [from_root(run.prerequisite.folder / "metrics.json")] if run.prerequisite else []
    notebook = from_root(run.folder / "notebook.ipynb")
    settings = {"out": from_root(run.folder), **run.parameters}
    arguments = _execution(study, run.notebook, notebook, run.name, run.key, settings)
    return Step(run.name, from_root(run.folder / "metrics.json"), arguments, tuple(before), tuple(data), run.key, run)


def _execution(
    study: str, notebook: str, output: str, label: str, key: str, settings: dict[str, Any]
) -> tuple[str, ...]:
    """The arguments that execute a notebook. settings: its parameters beside `study`."""
    parameters = json.dumps({"study": study, **settings})
    source = from_root(plan.notebook(notebook))
    return ("execute", source, output, "--label", label, "--key", key, "--parameters", parameters)


def _split_files(chosen: Study) -> dict[str, Any]:
    """Where chapter 40's split files are, which data set's they are and how they code an unknown chain."""
    hotels = chosen.hotels
    assert chosen.hotel_folder is not None  # else the chapter isn't among the possible ones
    folder = from_root(chosen.hotel_folder)
    return {"folder": folder, "unknown_chain": hotels.unknown_chain, "dataset": hotels.table_6}


def from_root(path: Path) -> str:
    """A path as seen from the project's folder."""
    return os.path.relpath(path, ROOT)
