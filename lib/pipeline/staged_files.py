"""Before a commit: search what goes into it for what only the data of this machine's sensitive studies knows.

    python -m lib staged FILE ...        # a table of findings, none of which shows what was found; exit status 1

pre-commit calls it. What the last commit holds of the project's sources is public, what is about to be committed is
not: an ad pasted into a notebook is found.
"""

from __future__ import annotations

import io
import re
import subprocess
import tarfile
import tempfile
from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from lib.core.files import ROOT
from lib.pipeline import leak_scan
from lib.study.plan import Study, load

NAMED = re.compile(r"^name:", re.MULTILINE)
"""What parameters of a study have and the other files of params/ haven't."""


def sensitive_studies(root: Path) -> list[Study]:
    """The studies of params/ whose data is sensitive and lies on this machine.

    Raises DataError for a parameter file that can't be read.
    """
    paths = sorted((root / "params").glob("*.yaml"))
    studies = [load(path) for path in paths if NAMED.search(path.read_text(encoding="utf-8"))]
    return [study for study in studies if study.sensitive and study.data_folder.exists()]


def search(files: Sequence[Path], studies: Sequence[Study], root: Path) -> pd.DataFrame:
    """What of the studies' data stands in `files` of the repository at `root`: `study, file, place, kind`, a row
    each."""
    findings = [pd.DataFrame(columns=["study", *leak_scan.COLUMNS])]
    with tempfile.TemporaryDirectory() as folder:
        _last_commit(root, Path(folder))
        public = leak_scan.own_sources(Path(folder))
    for study in studies:
        rows = leak_scan.scan(root, *leak_scan.secrets_of(study), public=public, files=files)
        findings.append(rows.assign(study=study.name))
    return pd.concat(findings, ignore_index=True)


def _last_commit(root: Path, folder: Path) -> None:
    """The sources as the last commit has them."""
    packed = subprocess.run(
        ["git", "archive", "HEAD", "lib", "notebooks", "results/published"], cwd=root, capture_output=True, check=True
    )
    with tarfile.open(fileobj=io.BytesIO(packed.stdout)) as archive:
        archive.extractall(folder, filter="data")


def check(files: Sequence[Path]) -> int:
    """Search `files` for the data of this machine's sensitive studies and print what is found; the exit status."""
    studies = sensitive_studies(ROOT)
    findings = search([path.resolve() for path in files], studies, ROOT) if studies else pd.DataFrame()
    if len(findings):
        print(findings.to_string(index=False))
        print("Something of sensitive data stands in what would be committed. Take it out; nothing was committed.")
    return int(len(findings) > 0)
