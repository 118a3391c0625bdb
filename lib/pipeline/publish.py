"""Make a study's results the published ones: the only way in which results/ changes (`make publish STUDY=quick`)."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from lib.core.errors import DataError
from lib.core.files import ROOT, read_json
from lib.pipeline import leak_scan, study_lock, thin_notebooks
from lib.study import plan, steps
from lib.study.plan import Study, executed

LIMIT = 20 * 2**20
"""Bytes that all tracked files of the repository may have together."""
OF_STUDY = ("study.json", "notebooks/[0-9]*.ipynb", "tables/*.csv", "graphs/*.graphml")
OF_RUNS = {"records": ("metrics.json", "history.csv"), "whole": ("notebook.ipynb", "tables/*.csv")}
"""What is published of a run, by the parameter `publish`: of `whole` both."""
KEPT = "README.md"
"""What is written by hand beside published results, and stays."""
LISTED = 10  # problems in an error message


def publish(name: str, chosen: Study, partial: bool = False) -> Path:
    """Replace results/<study> by what the study's folder holds, whole or not at all; the folder of published results.

    name: the study as the command line names it. partial: also a study that has something left to do.

    Raises DataError, and changes nothing, for a study that failed, is stale (parameters, code or data are no longer
    what it was executed from) or is under way, for one that holds something of sensitive data or the path of a folder
    of this machine, and where the repository would grow beyond LIMIT. Raises OSError, and leaves what is published as
    it was, when it can't be written.
    """
    with study_lock.alone(chosen):
        if problems := list(_problems(name, chosen, partial)):
            more = f"\n  and {len(problems) - LISTED} more" if len(problems) > LISTED else ""
            listed = "\n  ".join(problems[:LISTED])
            raise DataError(
                f"{chosen.name} can't be published as it is:\n  {listed}{more}\n"
                f"`make study PROFILE={chosen.name}` brings it up to date."
            )
        leak_scan.check(chosen)
        files = list(_files(chosen))
        _check_paths(files)
        contents = {path: thin_notebooks.content(path) for path in files}
        _check_size(chosen, contents)
        return _replace(chosen, contents)


def _problems(name: str, chosen: Study, partial: bool) -> Iterator[str]:
    """What keeps a study from being published, a line each."""
    record = chosen.folder / "study.json"
    if not record.exists():
        yield "it was not run to its end (there is no study.json)"
        return
    for path in sorted(chosen.folder.rglob("*.failed.ipynb")):
        yield f"{path.relative_to(chosen.folder)}: this notebook failed"
    if (left := read_json(record).get("left")) and not partial:
        yield f"{len(left)} of its notebooks are left for another time ({', '.join(left[:3])} …)"
        return
    planned = steps.of(name, chosen, finished=partial)
    for step in planned.values():
        if step.key and not step.up_to_date:
            stale = "is stale: its code, parameters or data changed" if (ROOT / step.output).exists() else "was not run"
            yield f"{step.name} {stale}"
    for path in executed(chosen.folder):
        if path.stem not in planned:
            yield f"notebooks/{path.name} can't be checked, since it isn't among what can be run now. Remove it, or:"
            yield from chosen.left_out
    written = [_written(plan.notebook(chapter)) for chapter in chosen.chapters]
    for path in sorted(chosen.folder.glob("tables/*.csv")):
        if not any(pattern.fullmatch(path.stem) for patterns in written for pattern in patterns):
            yield f"tables/{path.name}: no chapter of this study writes it any more. Remove it"


def _written(notebook: Path) -> list[re.Pattern[str]]:
    """The names of the tables that a notebook writes; parts that are computed match anything."""
    paths = re.findall(r"/tables/([^\s/]+?)\.csv", notebook.read_text(encoding="utf-8"))
    return [re.compile(".+".join(map(re.escape, re.split(r"\{[^}]*\}", path)))) for path in paths]


def _files(chosen: Study) -> Iterator[Path]:
    """The files of a study's folder that are published."""
    for pattern in OF_STUDY:
        yield from sorted(chosen.folder.glob(pattern))
    patterns = OF_RUNS["records"] + (OF_RUNS["whole"] if chosen.publish == "whole" else ())
    for run in chosen.all_runs().values():
        for pattern in patterns:
            yield from sorted(run.folder.glob(pattern))


def _check_paths(files: Sequence[Path]) -> None:
    """Raise DataError when a file holds the path of the project's or the user's folder."""
    own = {str(ROOT), str(Path.home())} - {"/", "/root"}
    for path in files:
        content = path.read_text(encoding="utf-8")
        if any(folder in content for folder in own):
            raise DataError(f"{path}: it shows the path of a folder of this machine. Take that out of what writes it.")


def _check_size(chosen: Study, contents: Mapping[Path, bytes]) -> None:
    """Raise DataError where the repository would have more than LIMIT bytes."""
    size = sum(map(len, contents.values()))
    place = f"{chosen.published().folder.relative_to(ROOT)}/"
    rest = sum((ROOT / name).stat().st_size for name in tracked() if not name.startswith(place))
    if size + rest > LIMIT:
        raise DataError(
            f"{chosen.name}: published it would have {size / 2**20:.1f} MiB, and the rest of the repository has "
            f"{rest / 2**20:.1f}; together it may have {LIMIT / 2**20:.0f}. `publish: records` in the parameter file "
            "leaves out the runs' notebooks and tables."
        )


def tracked() -> list[str]:
    """The files that git tracks, and which are there; none outside of a checkout."""
    try:
        listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    except (OSError, subprocess.CalledProcessError):
        return []
    return [name for name in listed.split("\0") if name and (ROOT / name).exists()]


def _replace(chosen: Study, contents: Mapping[Path, bytes]) -> Path:
    """Write the files beside what is published, then put them into its place."""
    place = chosen.published().folder
    new, old = (place.with_name(f".{chosen.name}.{what}") for what in ("new", "old"))
    _restore(place, old)
    shutil.rmtree(new, ignore_errors=True)
    try:
        for path, content in contents.items():
            copy = new / path.relative_to(chosen.folder)
            copy.parent.mkdir(parents=True, exist_ok=True)
            copy.write_bytes(content)
        if (place / KEPT).exists():
            shutil.copyfile(place / KEPT, new / KEPT)
        if place.exists():
            place.rename(old)
        new.rename(place)
    finally:
        _restore(place, old)
        shutil.rmtree(new, ignore_errors=True)
    return place


def _restore(place: Path, old: Path) -> None:
    """Undo a replacement that was cut off between its two steps; clear up after one that wasn't."""
    if old.exists() and not place.exists():
        old.rename(place)
    shutil.rmtree(old, ignore_errors=True)
