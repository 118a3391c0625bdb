"""Bring the runs of bundles into a study: all of them are checked first, and nothing is merged unless all is well.

A run counts as the study's own when its key is the one that is planned here, so code, parameters and own data are the
same; where they aren't, the error says which differs.

**What a collected study can do**: execute every chapter that reads records, scores and predictions, and be shown as a
site. **What it can't**, since bundles have no weights: chapter 36, and in chapter 32 the probabilities of class heads,
read weights; runs of 21_alignment_finetune begin with those of their alignment, so they are collected too or not at
all. Chapters 32, 33, 34 and 36 read vectors, which are there if they were asked for when the runs were packed.
"""

from __future__ import annotations

import difflib
import hashlib
import os
import shutil
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from lib.core.errors import DataError
from lib.pipeline import bundle_checks, bundle_parts, study_lock
from lib.pipeline.bundle_parts import Packed
from lib.study.names import nearest
from lib.study.plan import Run, Study
from lib.study.steps import is_current

FEW = 5
"""Known names that an error lists."""


@dataclass
class Collected:
    """Names of runs. merged: those that are the study's now; present: those that were finished here before; notes: a
    sentence for all else that was found."""

    merged: list[str] = field(default_factory=list)
    present: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def collect(study: Study, paths: Sequence[str | Path]) -> Collected:
    """Merge the runs of bundles into a study's folder.

    paths: parts, bundles by the name that they were made with (`file.tar` for file-001.tar, …), or folders of parts. A
    run that is finished here is left as it is, and of a run that is there twice the first is taken. Raises DataError
    when anything in the bundles isn't whole, or isn't a run of this study as planned; then nothing is merged.
    """
    planned = study.all_runs()
    found, result = _found(paths)
    copies = _as_planned(study, planned, found, result)
    problem = f"{study.folder}: the runs can't be written there"
    advice = "Those that were merged are whole. Make room; the same command goes on from here."
    with bundle_parts.said(problem, advice), study_lock.alone(study):
        for left in study.folder.glob(".collect-*"):  # of a process that was killed
            shutil.rmtree(left)
        with tempfile.TemporaryDirectory(prefix=".collect-", dir=study.folder) as name:
            staged = _staged(planned, copies, Path(name), result)
            for number, (run, folder) in enumerate(staged.items()):
                _merge(planned[run], folder, Path(name) / f"old {number}")
                result.merged.append(run)
            _date(planned, result.merged)
    return result


def _found(paths: Sequence[str | Path]) -> tuple[list[Packed], Collected]:
    """The runs in the bundles that paths stand for, whole ones. Raises DataError when something isn't whole."""
    result = Collected()
    runs: list[Packed] = []
    for bundle, parts in _bundles(paths).items():
        found = bundle_parts.contents(parts)
        for number in sorted(found.headless)[:1]:
            before = max(lacking for lacking in range(1, number) if lacking not in parts)
            name = bundle_parts.part_of(bundle, before).name
            raise DataError(f"{parts[number]}: a run in it begins in a part before. Give {name} too.")
        for run in found.runs:
            bundle_checks.check_pieces(run, bundle, parts)
        result.notes += [
            f"{parts[number]}: the machine stopped while the run in it was packed; it is left out."
            for number in sorted(found.begun)
        ]
        runs += found.runs
    if not runs:
        raise DataError(
            f"{', '.join(map(str, paths)) or 'No bundle'}: there is no run to collect. Name a bundle's parts."
        )
    return runs, result


def _bundles(paths: Sequence[str | Path]) -> dict[Path, dict[int, Path]]:
    """The parts of each bundle that paths stand for, by number."""
    bundles: dict[Path, dict[int, Path]] = {}
    for given in paths:
        path = Path(os.path.abspath(given))
        if path.is_dir():
            named = bundle_parts.parts_in(path)
        elif path.is_file():
            place = bundle_parts.place(path)
            named = {place[0]: {place[1]: path}} if place else {}
        else:
            named = {path: bundle_parts.parts_in(path.parent).get(path, {})}
        if not any(named.values()):
            beside = [part.name for parts in bundle_parts.parts_in(path.parent).values() for part in parts.values()]
            known = f"; {nearest(path.name, beside)}" if beside else ""
            raise DataError(
                f"{given}: there is no part of a bundle here, called NAME-001.tar{known}. Correct the path."
            )
        for bundle, parts in named.items():
            bundles.setdefault(bundle, {}).update(parts)
    return bundles


def _as_planned(study: Study, planned: Mapping[str, Run], found: list[Packed], result: Collected) -> list[Packed]:
    """The runs that are as planned. One of older code or parameters is passed over where the same run is there as
    planned; else DataError says what differs."""
    right: list[Packed] = []
    wrong: list[Packed] = []
    for packed in found:
        manifest = packed.manifest
        if manifest.study != study.name:
            raise DataError(
                f"{packed.part}: the run {manifest.run} is of the study {manifest.study}, not of {study.name}. "
                f"Collect it there: PROFILE={manifest.study}"
            )
        if manifest.run not in planned:
            similar = difflib.get_close_matches(manifest.run, planned, FEW, 0)
            raise DataError(
                f"{packed.part}: the run {manifest.run} is none of the study {study.name}; "
                f"{nearest(manifest.run, similar)}. Collect it with the parameter file that it was run with."
            )
        (right if manifest.key == planned[manifest.run].key else wrong).append(packed)
    names = {packed.manifest.run for packed in right}
    for packed in wrong:
        name, why = packed.manifest.run, bundle_checks.difference(packed.manifest, planned[packed.manifest.run])
        if name not in names:
            raise DataError(
                f"{packed.part}: the run {name} is of {why}. Collect it with the parameters, code and data that it was "
                "run with, or leave this bundle out."
            )
        result.notes.append(f"{packed.part}: the run {name} is also there of {why}; that one is passed over.")
    return right


def _staged(planned: Mapping[str, Run], copies: Sequence[Packed], folder: Path, result: Collected) -> dict[str, Path]:
    """The runs to merge, each written to a folder below this one. Every copy is read and checked, also of those that
    aren't merged."""
    present = {name for name in {packed.manifest.run for packed in copies} if is_current(planned[name])}
    staged: dict[str, Path] = {}
    first: dict[str, Packed] = {}
    for number, packed in enumerate(copies):
        name, place = packed.manifest.run, folder / str(number)
        _write(packed, place)
        bundle_checks.check_record(packed, planned[name], place)
        if name in first:
            result.notes.append(f"{packed.part}: the run {name} is also in {first[name].part}, which is taken.")
        if name in present or name in first:
            shutil.rmtree(place)
        else:
            staged[name] = place
        first.setdefault(name, packed)
    result.present += [name for name in first if name in present]
    return staged


def _write(packed: Packed, folder: Path) -> None:
    """Write a packed run's files below a folder. Raises DataError where their bytes aren't those that were packed, or
    aren't what their suffix says."""
    for file in packed.manifest.files:
        path, digest = folder / file.name, hashlib.sha256()
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("wb") as target:
            for piece in packed.pieces[file.name]:
                with piece.part.open("rb") as source:
                    source.seek(piece.start)
                    for start in range(0, piece.size, 2**20):
                        block = source.read(min(2**20, piece.size - start))
                        digest.update(block)
                        target.write(block)
        place = f"{packed.pieces[file.name][0].part}: the run {packed.manifest.run}, {file.name}"
        if digest.hexdigest() != file.sha256:
            raise DataError(f"{place}: its bytes are not those that were packed. {bundle_checks.AGAIN}")
        if problem := bundle_checks.problem(path):
            raise DataError(
                f"{place}: {problem}, so it is no file that a run wrote. Find out where this bundle is from."
            )


def _merge(run: Run, staged: Path, old: Path) -> None:
    """Put a staged run into its place, its record last: killed before, it is a run that isn't finished."""
    record = run.folder / "metrics.json"
    aside = staged.with_suffix(".json")
    os.replace(staged / "metrics.json", aside)
    record.unlink(missing_ok=True)
    if run.folder.exists():
        os.replace(run.folder, old)  # of other code, or not finished: weights of one and a record of another don't mix
    run.folder.parent.mkdir(parents=True, exist_ok=True)
    os.replace(staged, run.folder)
    os.replace(aside, record)


def _date(planned: Mapping[str, Run], merged: Sequence[str]) -> None:
    """Date what was merged, and finished runs that begin with one of those, alike: to Snakemake none is newer."""
    now = time.time()
    for run in planned.values():
        begins = run.prerequisite
        if run.name in merged or (begins and begins.name in merged and run.finished):
            for path in run.folder.rglob("*"):
                os.utime(path, (now, now))
