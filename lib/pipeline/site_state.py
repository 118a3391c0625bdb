"""Whether a built site is still that of what it was built from, without importing what builds it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path

from lib.core import fingerprints
from lib.core.files import ROOT, write_text
from lib.study.plan import Study

NAME = ".built_from"
"""The file in a site's folder that holds the state it was built from."""
SOURCES = ("site", "docs", "notebooks")
"""Folders of the project that every site shows something of."""


def folder(chosen: Study) -> Path:
    """Where a study's site is built."""
    return ROOT / "build" / "site" / chosen.name


def unchanged(chosen: Study) -> bool:
    """Whether the study's site is there and nothing that it shows, nor the code that shows it, has changed."""
    built = folder(chosen) / NAME
    return built.exists() and built.read_text(encoding="utf-8") == state(chosen)


def note(chosen: Study, before: str) -> None:
    """Note what the study's site was built from: its `state` before it was built."""
    write_text(folder(chosen) / NAME, before)


def state(chosen: Study) -> str:
    """A digest of the code of the site and of the names, sizes and dates of the files that it shows."""
    files = [(path.relative_to(ROOT).as_posix(), *_size_and_date(path)) for path in sorted(_files(chosen))]
    code = fingerprints.module_fingerprint("lib.pipeline.site")
    return hashlib.sha256(json.dumps([code, chosen.standing, chosen.model_dump(), files]).encode()).hexdigest()


def _files(chosen: Study) -> Iterator[Path]:
    for name in SOURCES:
        yield from (path for path in (ROOT / name).rglob("*") if path.is_file() and "__pycache__" not in path.parts)
    yield from (ROOT / "results").glob("*/tables/*.csv")  # the page of solutions reads tables of several studies
    for place in {chosen.folder, ROOT / "results" / "exercises"}:
        for pattern in ("*.json", "*.csv", "notebooks/[0-9]*", "tables/*.csv", "figures/*", "runs/**/metrics.json"):
            yield from place.glob(pattern)


def _size_and_date(path: Path) -> tuple[int, int]:
    status = path.stat()
    return status.st_size, status.st_mtime_ns
