"""Where each real set's packages come from, and how they are got: by a package manager, or as files that a user has.

Names, versions and hashes are in packages.yaml. No file is read before its SHA-256 was compared. What a package manager
got is kept, so that a second fetch needs no network.
"""

from __future__ import annotations

import bz2
import gzip
import hashlib
import lzma
import os
import shutil
import subprocess
import tempfile
import zlib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import IO, Any, Literal, NamedTuple

from lib.core import yaml_files
from lib.core.errors import DataError

Manager = Literal["apt", "npm", "index"]
SECONDS = 3600
"""That a package manager may take."""
PROGRAM: dict[str, str] = {"apt": "apt-get", "npm": "npm", "index": "apt-get"}
SUFFIXES: dict[str, tuple[str, ...]] = {"apt": (".deb",), "npm": (".tgz",), "index": ("", ".xz", ".gz", ".bz2")}
"""Of a package's file, by the manager that gets it."""
PLACE: dict[str, str] = {
    "apt": "Debian's archive keeps it in its pool, in a folder with the name of the source package",
    "npm": "the npm registry keeps it as the tarball of that version",
    "index": "Debian's archive keeps it among the lists of that release, component main",
}
_OPEN: dict[str, Callable[..., Any]] = {".xz": lzma.open, ".gz": gzip.open, ".bz2": bz2.open}


class Package(NamedTuple):
    """A package at the version that was counted. sha256: of its file; of an index of its text, uncompressed."""

    name: str
    manager: Manager
    version: str
    sha256: str

    @property
    def label(self) -> str:
        """As its manager is asked for it."""
        return f"{self.name}{'@' if self.manager == 'npm' else '='}{self.version}"

    @property
    def stem(self) -> str:
        """What its file's name has in it."""
        return self.name.removeprefix("@").replace("/", "-")

    @property
    def how_to_get(self) -> str:
        """What to do where the manager is missing or fails."""
        return (
            f"Get {self.name} {self.version} on another machine ({PLACE[self.manager]}; its SHA-256 begins with "
            f"{self.sha256[:12]}) and give its file: --from FILE."
        )


class Found(NamedTuple):
    """A package's file that may be read. sha256: what it has, which is another one where any version will do."""

    package: Package
    path: Path
    sha256: str


def of_set(name: str) -> list[Package]:
    """The packages of a real set, in the order of packages.yaml."""
    listed = yaml_files.read(Path(__file__).with_suffix(".yaml"), "expected are packages")
    return [
        Package(package, entry["manager"], entry["version"], entry["sha256"])
        for package, entry in listed.items()
        if name in entry["sets"]
    ]


def files(wanted: Sequence[Package], given: Sequence[Path], kept: Path, any_version: bool = False) -> list[Found]:
    """The verified files of packages, in their order.

    given: files, or folders of files, that the user has. Of packages that aren't among them the file in `kept` is
    taken, and got by the package manager where there is none. any_version: whether files with other hashes will do;
    their names then say which package they are of. Raises DataError when a given file is of no package or has another
    hash; and when there is no package manager, it fails (no network, no such version), or gets something else.
    """
    found = {each.package.name: each for each in _recognised(wanted, _listed(wanted, given), any_version)}
    if given and not found:
        raise DataError(
            f"{', '.join(map(str, given))}: none of {', '.join(package.label for package in wanted)} is here, by the "
            "SHA-256 of the files. A file of another version, or one that is cut off, has another one."
        )
    for package in wanted:
        if package.name not in found and not any_version:
            stored = [path for path in kept.glob(f"*{package.stem}*") if content_sha256(path) == package.sha256]
            found |= {each.package.name: each for each in _recognised([package], stored, False)}
        if package.name not in found:
            found |= {each.package.name: each for each in _got(package, wanted, kept, any_version)}
    return [found[package.name] for package in wanted]


def _listed(wanted: Sequence[Package], given: Sequence[Path]) -> list[Path]:
    """The given files, and those in given folders that may be packages."""
    suffixes, paths = {suffix for package in wanted for suffix in SUFFIXES[package.manager]}, []
    for place in given:
        if not place.exists():
            raise DataError(f"{place}: there is no such file. Correct --from.")
        if place.is_dir():
            paths += [path for path in sorted(place.iterdir()) if path.is_file() and path.suffix in suffixes]
        else:
            paths.append(place)
    return paths


def _recognised(wanted: Sequence[Package], paths: Sequence[Path], any_version: bool) -> list[Found]:
    """Those files that are of the packages: by their hashes, or where any version will do by their names.

    Raises DataError for a file that is called as one of the packages and has another hash.
    """
    found = []
    for path in paths:
        named = [package for package in wanted if package.stem in path.name]
        digest = content_sha256(path) if named or len(paths) <= len(wanted) else ""
        same = [package for package in wanted if package.sha256 == digest]
        if same or (named and any_version):
            found.append(Found((same or named)[0], path, digest))
        elif named:
            raise DataError(
                f"{path}: this isn't {named[0].label}. Its SHA-256 is {digest[:12]}…, not {named[0].sha256[:12]}…: it "
                "is another version, or cut off. What was counted holds for that version. "
                f"{named[0].how_to_get} Or take what there is, with other counts: --any-version."
            )
    return found


def content_sha256(path: Path) -> str:
    """The SHA-256 of a file's bytes, decompressed if it is an index that is compressed.

    Raises DataError for a file that can't be read.
    """
    digest = hashlib.sha256()
    try:
        with opened(path) as stream:
            while block := stream.read(1 << 20):
                digest.update(block)
    except (OSError, EOFError, lzma.LZMAError, zlib.error) as error:
        raise DataError(f"{path}: this file is damaged or cut off ({type(error).__name__}). Get it anew.") from None
    return digest.hexdigest()


def opened(path: Path) -> IO[bytes]:
    """A file's bytes as a stream, those of a compressed index decompressed."""
    stream: IO[bytes] = _OPEN[path.suffix](path) if path.suffix in _OPEN else path.open("rb")
    return stream


def _got(package: Package, wanted: Sequence[Package], kept: Path, any_version: bool) -> list[Found]:
    """The packages that the manager of this one got, in the folder `kept`; this one is among them."""
    program = shutil.which(PROGRAM[package.manager])
    if program is None:
        raise DataError(f"{package.name}: there is no {PROGRAM[package.manager]} on this machine. {package.how_to_get}")
    kept.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".getting.", dir=kept) as folder:
        paths = _run(package, program, Path(folder), any_version)
        found = _recognised(wanted, paths, any_version)
        if package not in [each.package for each in found]:
            raise DataError(f"{package.name}: {PROGRAM[package.manager]} got another file. {package.how_to_get}")
        moved = [each._replace(path=kept / each.path.name) for each in found]
        for each, new in zip(found, moved, strict=True):
            os.replace(each.path, new.path)
    return moved


def _run(package: Package, program: str, folder: Path, any_version: bool) -> list[Path]:
    """The files that the package manager put into a folder."""
    label = package.name if any_version else package.label
    if package.manager == "index":
        return _index(package, program, folder, any_version)
    if package.manager == "apt":
        _call(package, [program, "-q", "download", label], folder)
    else:
        _call(package, [program, "pack", "--silent", "--ignore-scripts", label], folder)
    return sorted(folder.glob(f"*{SUFFIXES[package.manager][0]}"))


def _index(package: Package, program: str, folder: Path, any_version: bool) -> list[Path]:
    """Debian's lists of packages and of their descriptions, of component main, as this system's sources have them.

    Nothing of the system's own lists is touched.
    """
    for name in ("lists", "cache"):
        (folder / name / "partial").mkdir(parents=True)
    settings = {
        "Dir::State::lists": folder / "lists",
        "Dir::Cache": folder / "cache",
        "Acquire::Languages": "en",
        "Acquire::GzipIndexes": "false",
        "APT::Architecture": "amd64",
        "APT::Architectures": "amd64",
    }
    options = [part for name, value in settings.items() for part in ("-o", f"{name}={value}")]
    _call(package, [program, "-q", *options, "update"], folder)
    form = "$(CODENAME)\t$(COMPONENT)\t$(CREATED_BY)\t$(FILENAME)"
    lines = _call(package, [program, *options, "indextargets", "--format", form], folder).splitlines()
    paths: dict[str, Path] = {}
    for codename, component, created, path in (line.split("\t") for line in lines):
        name = {"Packages": "Packages", "Translations": "Translation-en"}.get(created, "")
        if component == "main" and name and (codename == package.version or any_version) and name not in paths:
            paths[name] = Path(path).rename(folder / f"{codename}-{name}")
    return list(paths.values())


def _call(package: Package, command: Sequence[Any], folder: Path) -> str:
    """What a command prints. Raises DataError when it fails."""
    try:
        done = subprocess.run(command, cwd=folder, capture_output=True, check=True, timeout=SECONDS)
    except (subprocess.SubprocessError, OSError) as error:
        said = getattr(error, "stderr", None) or b""
        last = (said.decode("utf-8", "replace").strip().splitlines() or [type(error).__name__])[-1][:200]
        raise DataError(
            f"{package.name}: {PROGRAM[package.manager]} couldn't get version {package.version} ({last}). Is there a "
            f"network, and does this system's archive have that version? {package.how_to_get}"
        ) from None
    return done.stdout.decode("utf-8", "replace")
