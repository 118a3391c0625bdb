"""The parts of a bundle: what they are called, what is in them, and how they are read.

A bundle `file.tar` is `file-001.tar`, `file-002.tar`, …, plain tar files that any tool opens. Their members are files
of finished runs, `STUDY/RUN/KEY/queries.csv`, or pieces of files, with the place of their first byte behind their name:
`…/queries.csv@1048576`. A run begins with a manifest, which lists its files and says what it is a run of; its files
follow in the manifest's order, the pieces in this part and the next ones.

Parts come from elsewhere, so they are read strictly: each byte is one that `lib.pipeline.bundles` would have written,
and anything else (links, devices, other headers, bytes after the end) is an error. None of it is ever executed. That
says nothing of who made a bundle: its notebooks are shown as they are, so collect those of your own machines.
"""

from __future__ import annotations

import hashlib
import re
import tarfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

from pydantic import Field, ValidationError, field_validator

from lib.core.errors import DataError
from lib.study.run_record import Record

BLOCK, TAPE_RECORD = tarfile.BLOCKSIZE, tarfile.RECORDSIZE
"""Bytes that members and whole tar files are padded to."""
LARGEST_MANIFEST = 2**24
"""Bytes; a manifest is read into memory."""
EMBEDDINGS = "embeddings.safetensors"
_NAME = r"[A-Za-z0-9][A-Za-z0-9_.+-]*"
_FILES = (
    rf"(?:metrics\.json|notebook\.ipynb|{EMBEDDINGS}|(?:tables/|trials/(?:[0-9]+/)?)?{_NAME}\.csv|trials/[0-9]+\.json|"
)
_FILES += rf"figures/{_NAME}\.(?:png|svg))"
FILE = re.compile(_FILES)
"""The files of a run that bundles have, below its folder: all but weights, checkpoints and what failed."""
_MANIFEST = r"(?P<digest>[0-9a-f]{64})\.manifest\.json"
_MEMBER = re.compile(
    rf"(?P<study>{_NAME})/(?P<run>(?:{_NAME}/)+seed[0-9]+)/(?P<key>[0-9a-f]{{16}})/"
    rf"(?:{_MANIFEST}|(?P<file>{_FILES})(?:@(?P<offset>[0-9]+))?)"
)
_PART = re.compile(r"(?P<stem>.+)-(?P<number>[0-9]{3,})\.tar")


class PackedFile(Record):
    """A file of a run."""

    name: str  # below the run's folder
    size: int = Field(ge=0)  # bytes
    sha256: str


class Manifest(Record):
    """What a run in a bundle is, and all that its key depends on, so that it can be said why keys differ."""

    study: str
    run: str
    notebook: str
    parameters: dict[str, Any]
    key: str
    code: str  # fingerprint of the code
    commit: str
    own_files: dict[str, str]  # `ads` and `hotels`: states of the user's files
    settings: dict[str, Any]  # the study's parameters, without its runs and chapters
    files: list[PackedFile]

    @field_validator("files")
    @classmethod
    def _files_are_a_runs(cls, value: list[PackedFile]) -> list[PackedFile]:
        names = [file.name for file in value]
        if len(set(names)) < len(names) or "metrics.json" not in names:
            raise ValueError("a file is listed twice, or there is no metrics.json")
        if unknown := [name for name in names if not FILE.fullmatch(name)]:
            raise ValueError(f"{unknown[0]!r} is no file of a run")
        return value

    @property
    def folder(self) -> str:
        """What its members' names begin with; no other run has it."""
        return folder_of(self.study, self.run, self.key)


@dataclass(frozen=True)
class Member:
    """A whole file, or a piece of one, in a part."""

    part: Path
    folder: str  # of its run, as `Manifest.folder`
    file: str  # "" for the manifest
    digest: str  # of the manifest; "" for others
    offset: int  # the place of its first byte in the file
    start: int  # the place of its first byte in the part
    size: int


@dataclass
class Packed:
    """A run in a bundle: its manifest, and the part that has it with its number; of each file its pieces in order, and
    the numbers of the parts that have them."""

    manifest: Manifest
    part: Path
    number: int
    pieces: dict[str, list[Member]] = field(default_factory=dict)
    numbers: set[int] = field(default_factory=set)


@dataclass
class Contents:
    """What is in a bundle's parts. headless, begun: parts, by number, with the rest of a run whose manifest is not
    there: because a part before isn't, or because the machine stopped before it was written."""

    runs: list[Packed] = field(default_factory=list)
    headless: set[int] = field(default_factory=set)
    begun: set[int] = field(default_factory=set)


def folder_of(study: str, run: str, key: str) -> str:
    """What the names of a run's members begin with."""
    return f"{study}/{run}/{key}"


def part_of(bundle: Path, number: int) -> Path:
    """The path of a bundle's part; the first is number 1."""
    return bundle.with_name(f"{bundle.stem}-{number:03d}.tar")


def place(part: Path) -> tuple[Path, int] | None:
    """The bundle that a part belongs to, and its number; None for a path that isn't called like a part."""
    match = _PART.fullmatch(part.name)
    if not match:
        return None
    bundle, number = part.with_name(f"{match['stem']}.tar"), int(match["number"])
    return (bundle, number) if number and part_of(bundle, number).name == part.name else None


def parts_in(folder: Path) -> dict[Path, dict[int, Path]]:
    """The parts that lie in a folder by their numbers, of each bundle."""
    bundles: dict[Path, dict[int, Path]] = {}
    for path in sorted(folder.iterdir()) if folder.is_dir() else ():
        if (found := place(path)) and not path.name.startswith("."):
            bundles.setdefault(found[0], {})[found[1]] = path
    return bundles


def header(name: str, size: int) -> tarfile.TarInfo:
    """A member's header: a regular file, without owner and date, so that equal runs are equal bytes."""
    info = tarfile.TarInfo(name)
    info.size = size
    return info


def padded(size: int, to: int = BLOCK) -> int:
    """The next multiple of `to`."""
    return -(-size // to) * to


def end_of(members: list[Member]) -> int:
    """The place in a part at which the next member's header would stand."""
    return padded(members[-1].start + members[-1].size) if members else 0


def members(part: Path) -> list[Member]:
    """What is in a part, in order. Raises DataError when it isn't whole, or has anything but files of runs."""
    found: list[Member] = []
    seen: set[str] = set()
    try:
        size = part.stat().st_size
        with part.open("rb") as stream:
            while (info := _header(part, stream, size)) is not None:
                if info.name in seen:
                    raise _damaged(part, f"the member {info.name!r} is there twice")
                seen.add(info.name)
                found.append(_member(part, info, stream.tell()))
                stream.seek(info.size, 1)
                if any(stream.read(padded(info.size) - info.size)):
                    raise _damaged(part, f"there is something behind the member {info.name!r}")
            if size > padded(stream.tell() + BLOCK, TAPE_RECORD) or any(stream.read()):
                raise _damaged(part, "there is something behind its end")
    except OSError as error:
        raise DataError(f"{part}: this part of a bundle can't be read ({error.strerror}).") from error
    return found


def _header(part: Path, stream: BinaryIO, size: int) -> tarfile.TarInfo | None:
    """The next member's header, None at the end. Raises DataError for any other than `header` makes."""
    block = stream.read(BLOCK)
    if len(block) == BLOCK and not any(block):
        if size < padded(stream.tell() + BLOCK, TAPE_RECORD):
            raise _cut_off(part, size)
        return None
    if len(block) < BLOCK:
        raise _cut_off(part, size)
    try:
        info = tarfile.TarInfo.frombuf(block, "utf-8", "surrogateescape")
    except (tarfile.HeaderError, ValueError) as error:
        raise _damaged(part, f"at byte {stream.tell() - BLOCK} there is no header of a member") from error
    kinds = {"a symbolic link": info.issym(), "a hard link": info.islnk(), "a folder": info.isdir()}
    kinds |= {"a device": info.isdev(), "no plain file": not info.isreg()}
    if kind := next((name for name, true in kinds.items() if true), ""):
        raise _damaged(part, f"the member {info.name!r} is {kind}, and bundles have files only")
    if not _MEMBER.fullmatch(info.name):
        raise _damaged(part, f"the member {info.name!r} is no file of a run")
    if info.size < 0 or padded(info.size) > size - stream.tell():
        raise _cut_off(part, size)
    try:
        plain = header(info.name, info.size).tobuf(tarfile.USTAR_FORMAT) == block
    except ValueError:  # the name is longer than it could be
        plain = False
    if not plain:
        raise _damaged(part, f"the member {info.name!r} says more of itself than its name and size")
    return info


def _member(part: Path, info: tarfile.TarInfo, start: int) -> Member:
    match = _MEMBER.fullmatch(info.name)
    assert match is not None  # or `_header` had refused it
    folder = folder_of(match["study"], match["run"], match["key"])
    return Member(part, folder, match["file"] or "", match["digest"] or "", int(match["offset"] or 0), start, info.size)


def contents(parts: Mapping[int, Path]) -> Contents:
    """What is in these parts of a bundle, which are not necessarily all.

    When a machine stops while a run is packed, parts without its manifest may be left, since that is written last.
    Raises DataError as `members` does, for a manifest that can't be read, and where one is missing otherwise.
    """
    found = Contents()
    latest: dict[str, Packed] = {}
    for number, part in sorted(parts.items()):
        inside = members(part)
        for member in inside:
            if member.digest:
                latest[member.folder] = Packed(manifest(member), part, number)
                found.runs.append(latest[member.folder])
            elif member.folder in latest:
                latest[member.folder].pieces.setdefault(member.file, []).append(member)
                latest[member.folder].numbers.add(number)
            elif any(before not in parts for before in range(1, number)):
                found.headless.add(number)
            elif number > 1 and all(other.folder == member.folder for other in inside):
                found.begun.add(number)
            else:
                raise _damaged(part, f"the manifest of the run {member.folder} is missing")
    return found


def manifest(member: Member) -> Manifest:
    """The manifest that a member is. Raises DataError when it is none, or another one than its name says."""
    if member.size > LARGEST_MANIFEST:
        raise _damaged(member.part, f"the manifest of {member.folder} has {member.size} bytes")
    with member.part.open("rb") as stream:
        stream.seek(member.start)
        content = stream.read(member.size)
    try:
        read = Manifest.model_validate_json(content)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        problem = f"{'.'.join(map(str, first['loc']))}: {first['msg']}"
        raise _damaged(member.part, f"the manifest of {member.folder} is none ({problem})") from error
    if hashlib.sha256(content).hexdigest() != member.digest or read.folder != member.folder:
        raise _damaged(member.part, f"the manifest of {member.folder} is another one than its name says")
    return read


def _cut_off(part: Path, size: int) -> DataError:
    return _damaged(part, f"it is cut off, at byte {size}")


def _damaged(part: Path, what: str) -> DataError:
    return DataError(f"{part}: this part of a bundle is damaged: {what}. Copy it again from the machine that made it.")


@contextmanager
def said(problem: str, advice: str) -> Iterator[None]:
    """Raises DataError for an error of the system inside the block: the problem, what the system says, the advice."""
    try:
        yield
    except OSError as error:
        raise DataError(f"{problem} ({error.strerror or error}). {advice}") from error
