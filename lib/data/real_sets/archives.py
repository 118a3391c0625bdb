"""Files read straight out of package archives: nothing is unpacked, so no path and no link can lead anywhere.

A Debian package is an `ar` archive (ar(5), deb(5)) that holds `data.tar.*`; an npm package is a tar archive compressed
by gzip. Both are read from front to back, one file at a time.
"""

from __future__ import annotations

import gzip
import lzma
import tarfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, NamedTuple

from lib.core.errors import DataError

LARGEST = 250_000_000
"""Bytes of the largest file that is read."""
MOST = 3_000_000_000
"""Bytes of all files of an archive, whether they are read or not."""
_AR = b"!<arch>\n"
_AR_HEADER = 60
_OPEN: dict[str, Callable[..., Any]] = {".xz": lzma.open, ".gz": gzip.open}


class Member(NamedTuple):
    """A file of an archive. name: its path, without a leading `./`. link: where a symbolic link points, else ''.
    content: its bytes; none of a link."""

    name: str
    link: str
    content: bytes


def members(path: Path, wanted: Callable[[str], bool]) -> Iterator[Member]:
    """The regular files and symbolic links of a `.deb` or `.tgz` archive whose names are `wanted`, in its order.

    Raises DataError for a file that is no such archive or is cut off, for a name that leads out of the archive, for
    what is neither file, folder nor link, and for sizes above LARGEST and MOST.
    """
    total = 0
    try:
        with path.open("rb") as stream, _tar(path, stream) as archive:
            for entry in archive:
                name = _checked(path, entry)
                total += entry.size
                if entry.size > LARGEST or total > MOST:
                    raise DataError(f"{path}: the archive unpacks to more than is plausible. {_AGAIN}")
                if entry.isdir() or not wanted(name):
                    continue
                if entry.issym():
                    yield Member(name, entry.linkname, b"")
                elif entry.isreg():
                    file = archive.extractfile(entry)
                    content = file.read() if file else b""
                    if len(content) != entry.size:
                        raise EOFError
                    yield Member(name, "", content)
    except (OSError, EOFError, tarfile.TarError, lzma.LZMAError, zlib.error) as error:
        raise DataError(f"{path}: this archive is damaged or cut off ({type(error).__name__}). {_AGAIN}") from None


_AGAIN = "Get the package anew."


def _checked(path: Path, entry: tarfile.TarInfo) -> str:
    name = entry.name.removeprefix("./")
    if name.startswith("/") or ".." in name.split("/"):
        raise DataError(f"{path}: the archive names a file outside of itself, so it isn't the published one. {_AGAIN}")
    if not (entry.isreg() or entry.isdir() or entry.issym() or entry.islnk()):
        raise DataError(f"{path}: the archive holds a device or a pipe, so it isn't the published one. {_AGAIN}")
    return name


@contextmanager
def _tar(path: Path, stream: IO[bytes]) -> Iterator[tarfile.TarFile]:
    """The tar archive in a package. What comes after its last file is read too, which finds a file that was cut off."""
    if stream.read(len(_AR)) == _AR:
        suffix, packed = _data_part(path, stream)
        if suffix not in _OPEN:
            raise DataError(f"{path}: its data is compressed as {suffix}, which isn't how it was published. {_AGAIN}")
    else:
        stream.seek(0)
        suffix, packed = ".gz", stream
    with _OPEN[suffix](packed) as content, tarfile.open(fileobj=content, mode="r|") as archive:
        yield archive
        while content.read(1 << 20):
            pass


class _Part:
    """The next `size` bytes of a stream, as a file that can be read once."""

    def __init__(self, stream: IO[bytes], size: int) -> None:
        self.stream, self.left = stream, size

    def read(self, size: int = -1) -> bytes:
        content = self.stream.read(self.left if size < 0 else min(size, self.left))
        self.left -= len(content)
        return content


def _data_part(path: Path, stream: IO[bytes]) -> tuple[str, IO[bytes]]:
    """The part `data.tar.*` of a Debian package whose first eight bytes were read, and its suffix."""
    while len(header := stream.read(_AR_HEADER)) == _AR_HEADER:
        name, digits = header[:16].decode("ascii", "replace").strip(" /"), header[48:58].strip()
        if not digits.isdigit() or header[58:] != b"`\n":
            raise tarfile.ReadError("a header of ar")
        size = int(digits)
        if name.startswith("data.tar"):
            return name.removeprefix("data.tar"), _Part(stream, size)  # type: ignore[return-value]  # tarfile's streams only read
        stream.seek(size + size % 2, 1)
    raise DataError(f"{path}: this Debian package has no data in it. {_AGAIN}")
