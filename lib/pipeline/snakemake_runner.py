"""Execute a study's graph with Snakemake, here or on a cluster."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from collections.abc import Mapping, Sequence

import psutil

from lib.core.errors import DataError
from lib.core.files import ROOT
from lib.pipeline.progress import Progress, follow
from lib.study.plan import Study
from lib.study.steps import Step


def available() -> bool:
    """Whether Snakemake is installed."""
    return importlib.util.find_spec("snakemake") is not None


def execute(
    name: str, where: Sequence[str], steps: Sequence[Step], environment: Mapping[str, str], progress: Progress
) -> int:
    """Execute `steps` of a study that are out of date; Snakemake's exit status.

    Snakemake goes by dates and by its own notes, so that a chapter which it thinks is up to date is forced. where: of
    `place`. `progress` takes the lines of Snakemake's jobs, which share its output: a logger plugin of
    Snakemake's would not see them.
    """
    chapters = [step.output for step in steps if step.key and not step.run]
    command = [
        *(sys.executable, "-m", "snakemake", "--snakefile", str(ROOT / "Snakefile"), "--directory", str(ROOT)),
        *where,
        *("--config", f"study={name}", "--keep-going", "--rerun-incomplete", "--nolock"),
        *("--rerun-triggers", "params", "mtime", "--quiet", "host", "reason", "rules"),
        *(("--forcerun", *chapters) if chapters else ()),
        *("--", *(step.output for step in steps)),
    ]
    return follow(command, environment, progress.line)


def forget(name: str, outputs: Sequence[str]) -> None:
    """Remove Snakemake's notes of how these files of a study were made, since they were made elsewhere."""
    if outputs and (ROOT / ".snakemake").exists() and available():
        command = [sys.executable, "-m", "snakemake", "--config", f"study={name}", "--cleanup-metadata", *outputs]
        subprocess.run(command, cwd=ROOT, capture_output=True, check=False)  # it fails where it has no such note


def place(chosen: Study, jobs: int, cluster: str) -> list[str]:
    """Snakemake's arguments for where jobs run: `jobs` at a time within this machine's memory, or as a profile says.

    Raises DataError for a profile that isn't there.
    """
    if not cluster:
        memory = max(chosen.memory_mb, psutil.virtual_memory().total // 2**20)
        return ["--cores", str(jobs), "--resources", f"mem_mb={memory}"]
    folder = ROOT / "profiles" / cluster
    if not (folder / "config.yaml").exists():
        known = sorted(path.parent.name for path in (ROOT / "profiles").glob("*/config.yaml"))
        raise DataError(
            f"There is no profile {cluster!r}; there are {', '.join(known)}, and a new one is a folder of profiles/."
        )
    return ["--profile", str(folder)]
