"""What is checked of a run that comes in a bundle: whether it is whole, is what is planned here, and has the files that
runs have.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from safetensors import SafetensorError, safe_open

from lib.core import fingerprints
from lib.core.errors import DataError
from lib.pipeline import bundle_parts
from lib.pipeline.bundle_parts import Manifest, Packed
from lib.study import difference as study_difference
from lib.study import plan, run_record
from lib.study.plan import Run

AGAIN = "Copy it again from the machine that made it."
PNG = b"\x89PNG\r\n\x1a\n"
"""What a PNG picture begins with."""


def check_pieces(run: Packed, bundle: Path, parts: Mapping[int, Path]) -> None:
    """Raise DataError unless each file that a run's manifest lists is there, all its pieces in order.

    parts: those of the bundle that were given, by number.
    """
    name = run.manifest.run
    for file in run.manifest.files:
        pieces, at = run.pieces.get(file.name, []), 0
        for piece in pieces:
            at = at + piece.size if piece.offset == at else -1
        if pieces and at == file.size:
            continue
        last = max(run.numbers, default=run.number)
        if lacking := [number for number in range(run.number, last + 2) if number not in parts]:
            raise DataError(
                f"{run.part}: the run {name} goes on in another part. Give "
                f"{bundle_parts.part_of(bundle, lacking[0]).name} too."
            )
        raise DataError(f"{run.part}: of the run {name}, pieces of {file.name} are missing or are too many. {AGAIN}")
    if unlisted := run.pieces.keys() - {file.name for file in run.manifest.files}:
        raise DataError(f"{run.part}: the run {name} has a file that it doesn't list, {min(unlisted)}. {AGAIN}")


def difference(manifest: Manifest, run: Run) -> str:
    """Why a packed run has another key than the planned one, as a clause."""
    study, reasons = run.study, []
    code = fingerprints.fingerprint(plan.notebook(run.notebook))
    if manifest.code != code:
        reasons.append(
            f"another code ({manifest.code[:12]}, of commit {manifest.commit or 'unknown'}; here {code[:12]})"
        )
    settings = json.loads(study.model_dump_json())
    if differs := study_difference.parameters(manifest.settings, settings, plan.unread(run.notebook)):
        reasons.append(f"other parameters ({differs})")
    own = {"ads": study.own_ads} | ({"hotels": study.own_hotels} if run.kind.hotels else {})
    if kinds := [kind for kind in own if manifest.own_files.get(kind, "") != own[kind]]:
        reasons.append(f"other data (the files of {' and '.join(kinds)} differ)")
    return " and of ".join(reasons) or "other files of your own (such as weights), or of other parameters"


def problem(path: Path) -> str:
    """Why a file isn't what its suffix says, '' if it is. It is read, never executed."""
    try:
        if path.suffix == ".safetensors":
            with safe_open(path, framework="numpy") as stored:
                stored.keys()
        elif path.suffix == ".png":
            with path.open("rb") as stream:
                return "" if stream.read(len(PNG)) == PNG else "this is no PNG picture"
        elif "\0" in (text := path.read_text(encoding="utf-8")):
            return "this is no text"
        elif path.suffix in (".json", ".ipynb") and not isinstance(json.loads(text), dict):
            return "this is no JSON object"
        elif path.suffix == ".svg" and "<svg" not in text[:1000]:
            return "this is no SVG picture"
    except (ValueError, RecursionError, SafetensorError) as error:
        return f"this can't be read as {path.suffix} ({type(error).__name__})"
    return ""


class _Staged(Run):
    """A planned run whose files lie elsewhere for now."""

    def __init__(self, run: Run, folder: Path) -> None:
        vars(self).update(vars(run))
        self._folder = folder

    @property
    def folder(self) -> Path:
        return self._folder


def check_record(packed: Packed, run: Run, folder: Path) -> None:
    """Raise DataError unless a staged run's record is of the run as planned, and of the data that is here."""
    place = f"{packed.part}: the run {run.name}"
    try:
        record = run_record.read(folder / "metrics.json")
    except DataError as error:
        why = str(error).removeprefix(f"{folder / 'metrics.json'}: ")
        raise DataError(f"{place}, metrics.json: {why}") from error
    right = run.identity | {"run": run.name, "code": packed.manifest.code}
    wrong = [
        name for name, value in right.items() if not getattr(record, name) == getattr(packed.manifest, name) == value
    ]
    if wrong:
        raise DataError(f"{place}: its record and what the bundle says of it disagree ({', '.join(wrong)}). {AGAIN}")
    try:
        _Staged(run, folder).record()
    except DataError as error:
        raise DataError(
            f"{place} is of other data: fingerprint {record.data.fingerprint[:12]}, which is not what was read here. "
            "Are the packages of both machines those of requirements.lock?"
        ) from error
