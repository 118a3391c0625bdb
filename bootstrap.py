"""Run a command in the project's environment, building that environment first if need be.

    python3 bootstrap.py COMMAND [ARGUMENT ...]

Only Python 3.11 or newer with pip and venv is assumed. If the Python that runs this file already
has every distribution that `requirements.lock` names (an activated conda environment made from
`environment.yml`, say), that one is used. Otherwise `.venv` is made beside this file and filled
from the lock by uv; it is refilled whenever the lock changes. COMMAND is then looked up in the
environment first.
"""

from __future__ import annotations

import hashlib
import importlib.metadata
import os
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

ROOT = Path(__file__).resolve().parent
LOCK = ROOT / "requirements.lock"
VENV = ROOT / ".venv"
STAMP = VENV / "lock.sha256"
UV = "uv==0.13.9"
PROJECT = "matched-executable-review"


def main(command: list[str]) -> None:
    if not command:
        sys.exit(__doc__)
    if sys.version_info < (3, 11):
        sys.exit(
            f"This project needs Python 3.11 or newer; {sys.executable} is {sys.version.split()[0]}. "
            "Install a newer python3, or make the conda environment: conda env create -f environment.yml"
        )
    scripts = Path(sysconfig.get_path("scripts")) if satisfied() else virtual_environment()
    environment = dict(os.environ)
    environment["PATH"] = f"{scripts}{os.pathsep}{environment.get('PATH', '')}"
    # Kernels are looked for beside this Python before the user's own, so notebooks run where lib is.
    environment["JUPYTER_PREFER_ENV_PATH"] = "1"
    # Images for containers often forbid bytecode. A study is dozens of processes, and each would compile torch,
    # transformers and pandas anew, which takes longer than to import them.
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    program = shutil.which(command[0], path=environment["PATH"])
    if program is None:
        sys.exit(f"{command[0]}: no such command in the environment at {scripts}.")
    os.execve(program, [program, *command[1:]], environment)


def satisfied() -> bool:
    """Whether the running Python has this project and everything in the lock, at exactly those versions."""
    try:
        from pip._vendor.packaging.requirements import Requirement

        importlib.metadata.version(PROJECT)
    except (ImportError, importlib.metadata.PackageNotFoundError):
        return False
    for line in LOCK.read_text(encoding="utf-8").splitlines():
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        requirement = Requirement(line.rstrip("\\ "))
        if requirement.marker and not requirement.marker.evaluate():
            continue
        try:
            if not requirement.specifier.contains(importlib.metadata.version(requirement.name), prereleases=True):
                return False
        except importlib.metadata.PackageNotFoundError:
            return False
    return True


def virtual_environment() -> Path:
    """Make or refresh `.venv`; the folder of its programs. Stamped last, so a cut-off set-up is redone."""
    scripts = VENV / ("Scripts" if os.name == "nt" else "bin")
    python = scripts / "python"
    wanted = hashlib.sha256(LOCK.read_bytes()).hexdigest()
    if STAMP.exists() and STAMP.read_text() == wanted and python.exists():
        return scripts
    print("Setting up .venv from requirements.lock (about 6 GB; the first time, minutes over a network).", flush=True)
    try:
        if not python.exists():
            subprocess.run([sys.executable, "-m", "venv", "--clear", str(VENV)], check=True)
        subprocess.run([str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", UV], check=True)
        subprocess.run(
            [str(python), "-m", "uv", "pip", "sync", "--quiet", "--python", str(python), str(LOCK)], check=True
        )
        # Editable, so that any kernel of this environment finds lib, whatever folder it is started in.
        subprocess.run(
            [
                str(python),
                "-m",
                "uv",
                "pip",
                "install",
                "--quiet",
                "--python",
                str(python),
                "--no-deps",
                "--editable",
                str(ROOT),
            ],
            check=True,
        )
    except (subprocess.CalledProcessError, OSError) as error:
        sys.exit(
            f"\nThe environment could not be set up ({error}).\nWhat to check: a network that reaches a Python "
            f"package registry, about 12 GB free under {ROOT}, and python3 with its venv module (Debian: "
            "apt-get install python3-venv). Then run the same command again; it goes on from here."
        )
    STAMP.write_text(wanted)
    return scripts


if __name__ == "__main__":
    main(sys.argv[1:])
