"""The smoke study, executed once for all tests, and what tests of whole studies do with copies of its project."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from lib.core.files import ROOT, locked, read_json, write_json

TEXT = {"notebook": "10_text", "text": ["minilm-l6"], "objective": ["ce+supcon"], "seed": [1111]}
SMALL = {"notebook": "14_baselines", "baseline": ["char-ngrams"], "seed": [1111]}
UNTRAINED = {**TEXT, "objective": ["pre-trained"]}
"""Runs of seconds."""


def study(project: Path, name: str, **change) -> None:
    """Write params/<name>.yaml: the smoke study with some of its fields changed."""
    given = yaml.safe_load((ROOT / "params" / "smoke.yaml").read_text(encoding="utf-8"))
    (project / "params" / f"{name}.yaml").write_text(
        yaml.safe_dump({**given, "name": name, **change}, sort_keys=False), encoding="utf-8"
    )


def command(name: str, *arguments: str) -> list[str]:
    return [sys.executable, "-m", "lib", "run", name, "--jobs", "2", *arguments]


def run(project: Path, name: str, *arguments: str) -> subprocess.CompletedProcess:
    environment = {key: value for key, value in os.environ.items() if key != "HOTEL_SPLITS"}
    return subprocess.run(
        command(name, *arguments), cwd=project, capture_output=True, text=True, timeout=1700, env=environment
    )


def planned(project: Path, name: str) -> list[str]:
    """What the graph would run: the lines that Snakemake's dry run names notebooks in."""
    shown = subprocess.run(
        [
            sys.executable,
            "-m",
            "snakemake",
            "--cores",
            "1",
            "--config",
            f"study={name}",
            "--dry-run",
            "--printshellcmds",
            "--nolock",
            "--rerun-triggers",
            "params",
            "mtime",
        ],
        cwd=project,
        capture_output=True,
        text=True,
        check=True,
    )
    return sorted({line.split("--label ")[1].split(" ")[0] for line in shown.stdout.splitlines() if "--label " in line})


def copied(folder: Path) -> None:
    """Copy to `folder` what of the project a study needs."""
    for name in ("lib", "notebooks", "params", "results/published"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("Snakefile", "bootstrap.py", "requirements.in", "requirements.lock", "pyproject.toml", "Makefile"):
        shutil.copy(ROOT / name, folder / name)


@pytest.fixture(scope="session")
def executed(tmp_path_factory) -> tuple[Path, subprocess.CompletedProcess]:
    """A copy of the project whose path has spaces and braces in it, in which the smoke study was executed, and how that
    ended. pytest's workers share it: the first one executes, another waits for it."""
    base = tmp_path_factory.getbasetemp()
    shared = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base
    folder, ended = shared / "executed" / "the {project}", shared / "executed" / "ended.json"
    with locked(shared / "executed.lock"):
        if not ended.exists():
            copied(folder)
            done = run(folder, "smoke")
            write_json(
                ended, {"args": done.args, "returncode": done.returncode, "stdout": done.stdout, "stderr": done.stderr}
            )
    return folder, subprocess.CompletedProcess(**read_json(ended))


@pytest.fixture(scope="session")
def project(executed, tmp_path_factory) -> Path:
    """A worker's own copy of that project, which its tests may change."""
    folder = tmp_path_factory.mktemp("a folder") / "the {project}"
    shutil.copytree(executed[0], folder)
    return folder


@pytest.fixture(scope="session")
def smoke(executed) -> subprocess.CompletedProcess:
    return executed[1]
