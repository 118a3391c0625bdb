"""Bundles: a study's finished runs as tar files of a limited size, to be carried from a machine that may vanish.

A run is packed as soon as it is finished. Whenever the machine vanishes, each part is a whole tar file, and a run that
was added is in them: a part is written beside the old one and then takes its place, and of a run in several parts the
one with its manifest is written last. `lib.pipeline.collect` brings the runs into a study elsewhere.

Packed is what chapters read of a run, its executed notebook, and its vectors where asked for, which
`lib.runs.embeddings` stores as 16-bit floats. Weights and checkpoints are not.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import tarfile
import tempfile
from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import BinaryIO

from lib.core.errors import DataError
from lib.core.files import locked, replacing, sha256
from lib.pipeline import bundle_parts
from lib.pipeline.bundle_parts import BLOCK, EMBEDDINGS, FILE, TAPE_RECORD, Contents, Manifest, PackedFile
from lib.study.plan import Run

SMALLEST, LARGEST = 2 * TAPE_RECORD, 2**33
"""Bytes of a part: a tar header counts a member's bytes up to the latter."""


@dataclass(frozen=True)
class Piece:
    """A member to write: `size` bytes of `source`, a file or what is in it, from `offset` on."""

    name: str
    source: Path | bytes
    offset: int
    size: int


SETTINGS = "STUDY_BUNDLE"
"""The environment variable that tells a notebook's process which bundle its run is packed into (`Bundle.settings`)."""


@dataclass(frozen=True)
class Bundle:
    """A bundle called `path`, such as `file.tar`, whose parts `file-001.tar`, … have `part_bytes` at most.

    embeddings: whether runs are packed with their vectors. Raises DataError for another name or a size that can't be.
    """

    path: Path
    part_bytes: int
    embeddings: bool = False

    def __post_init__(self) -> None:
        if self.path.suffix != ".tar" or self.path.is_dir():
            raise DataError(f"{self.path}: a bundle is called NAME.tar, and its parts NAME-001.tar, NAME-002.tar, …")
        if not SMALLEST <= self.part_bytes < LARGEST:
            raise DataError(
                f"{self.path}: parts of {self.part_bytes:,} bytes can't be; give {SMALLEST:,} to {LARGEST - 1:,}."
            )

    @property
    def settings(self) -> dict[str, str]:
        """What tells the processes of a study of this bundle, as environment variables."""
        return {SETTINGS: json.dumps([str(self.path), self.part_bytes, self.embeddings])}

    def parts(self) -> dict[int, Path]:
        """The parts that are there, by number."""
        return bundle_parts.parts_in(self.path.parent).get(self.path, {})

    def check(self) -> None:
        """Raises DataError when the bundle can't be gone on with: a part is damaged, or nothing can be written here."""
        bundle_parts.contents(self.parts())
        with _writing(self.path):
            self.path.parent.mkdir(parents=True, exist_ok=True)
            tempfile.TemporaryFile(dir=self.path.parent).close()

    def add(self, run: Run) -> list[Path]:
        """Pack a finished run: the parts that it is in now, none if it was in the bundle already.

        Runs of one study can be added by several processes. Raises DataError when the run isn't finished or is another
        one than planned, when a part is damaged, or when one can't be written (a full disk): then the bundle is what it
        was before.
        """
        if not run.finished:
            raise DataError(f"{run.folder}: this run is not finished, and only finished runs are packed.")
        with locked(run.study.folder / ".bundle.lock"):  # not beside the bundle, where locks may be unknown
            with _writing(self.path):
                found = self._continued()
            folder = bundle_parts.folder_of(run.study.name, run.name, run.key)
            if folder in {packed.manifest.folder for packed in found.runs}:
                return []
            manifest, sources = _manifest(run, self.embeddings)
            parts = self.parts()
            number = max(parts, default=1)
            if number in found.headless:  # a part that may be the rest of a run stays as it is
                number += 1
            end = bundle_parts.end_of(bundle_parts.members(parts[number])) if number in parts else 0
            layout = _layout(self, manifest, sources, number, end)
            with _writing(self.path):
                self._write(layout)
        return [bundle_parts.part_of(self.path, number) for number in layout]

    def _continued(self) -> Contents:
        """What is in the bundle. What a process left that was killed while it packed is removed."""
        parts = self.parts()
        found = bundle_parts.contents(parts)
        for number in sorted(found.begun, reverse=True):
            parts[number].unlink()
        temporary = re.compile(rf"\.{re.escape(self.path.stem)}-[0-9]+\.tar\..+\.tar")  # as `replacing` calls them
        for path in self.path.parent.iterdir() if self.path.parent.is_dir() else ():
            if temporary.fullmatch(path.name):
                path.unlink()
        return found

    def _write(self, layout: dict[int, list[Piece]]) -> None:
        """Write the parts of a run, the first one, which has the manifest, last. When that fails, none is left."""
        first, *others = (bundle_parts.part_of(self.path, number) for number in layout)
        pieces = list(layout.values())
        new = [path for path in (first, *others) if not path.exists()]
        try:
            if first in new and others:
                _append(first, [])  # no number is left out, whenever this ends
            for part, content in zip(others, pieces[1:], strict=True):
                _append(part, content)
            _append(first, pieces[0])
        except BaseException:
            for path in reversed(new):
                path.unlink(missing_ok=True)
            raise


def of_environment() -> Bundle | None:
    """The bundle that this process's run is packed into, if any."""
    if settings := os.environ.get(SETTINGS):
        path, part_bytes, embeddings = json.loads(settings)
        return Bundle(Path(path), part_bytes, embeddings)
    return None


def files_of(run: Run, embeddings: bool) -> list[str]:
    """The files of a run that are packed, below its folder, sorted."""
    paths = (path for path in run.folder.rglob("*") if path.is_file() and not path.is_symlink())
    names = (path.relative_to(run.folder).as_posix() for path in paths)
    return sorted(name for name in names if FILE.fullmatch(name) and (embeddings or name != EMBEDDINGS))


def _manifest(run: Run, embeddings: bool) -> tuple[Manifest, list[Path]]:
    """A run's manifest, and the files that it lists. Raises DataError for a run that is another one than planned."""
    record, study = run.record(), run.study
    paths = [run.folder / name for name in files_of(run, embeddings)]
    files = [
        PackedFile(name=path.relative_to(run.folder).as_posix(), size=path.stat().st_size, sha256=sha256(path))
        for path in paths
    ]
    manifest = Manifest(
        study=study.name,
        run=run.name,
        notebook=run.notebook,
        parameters=run.parameters,
        key=record.key,
        code=record.code,
        commit=record.environment.commit,
        own_files={"ads": study.own_ads, "hotels": study.own_hotels},
        settings=study.model_dump(exclude={"about", "runs", "chapters"}),
        files=files,
    )
    return manifest, paths


def _layout(
    bundle: Bundle, manifest: Manifest, sources: Sequence[Path], number: int, end: int
) -> dict[int, list[Piece]]:
    """The pieces of a run by the number of their part: its manifest, then its files, each cut where a part is full.

    number, end: of the part under way, and how many of its bytes are taken.
    """
    room = bundle.part_bytes // TAPE_RECORD * TAPE_RECORD - 2 * BLOCK  # a tar file ends with two empty blocks
    listed = manifest.model_dump_json().encode()
    if room < BLOCK + bundle_parts.padded(len(listed)):
        raise DataError(
            f"{bundle.path}: the list of the files of {manifest.run} takes {len(listed):,} bytes, and a part has only "
            f"{bundle.part_bytes:,}. Allow larger parts."
        )
    if room - end < BLOCK + bundle_parts.padded(len(listed)):
        number, end = number + 1, 0
    name = f"{manifest.folder}/{hashlib.sha256(listed).hexdigest()}.manifest.json"
    layout = {number: [Piece(name, listed, 0, len(listed))]}
    end += BLOCK + bundle_parts.padded(len(listed))
    for file, source in zip(manifest.files, sources, strict=True):
        offset = 0
        while True:
            left = file.size - offset
            if room - end < BLOCK + min(left, BLOCK):
                number, end = number + 1, 0
            taken = min(left, room - end - BLOCK)
            suffix = "" if taken == file.size else f"@{offset}"
            piece = Piece(f"{manifest.folder}/{file.name}{suffix}", source, offset, taken)
            layout.setdefault(number, []).append(piece)
            offset, end = offset + taken, end + BLOCK + bundle_parts.padded(taken)
            if offset == file.size:
                break
    return layout


def _append(part: Path, pieces: Sequence[Piece]) -> None:
    """Add members to a part, or begin it: whole or not at all."""
    with replacing(part) as temporary:
        old = part.exists()
        if old:
            shutil.copyfile(part, temporary)
        with tarfile.open(temporary, "a" if old else "w", format=tarfile.USTAR_FORMAT) as tar:
            for piece in pieces:
                with _opened(piece.source) as stream:
                    stream.seek(piece.offset)
                    tar.addfile(bundle_parts.header(piece.name, piece.size), stream)
        with temporary.open("rb+") as stream:
            os.fsync(stream.fileno())  # before it takes the old one's place, also where power fails


def _opened(source: Path | bytes) -> BinaryIO:
    return BytesIO(source) if isinstance(source, bytes) else source.open("rb")


def _writing(bundle: Path) -> AbstractContextManager[None]:
    """Raises DataError for what the system says when the bundle can't be written."""
    return bundle_parts.said(
        f"{bundle}: the bundle can't be written here",
        "The parts that were there are as they were. Make room, or name another place; the same command goes on from "
        "here.",
    )
