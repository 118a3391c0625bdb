"""Where a number comes from: code, data, weights, device and time, kept beside the number."""

from __future__ import annotations

import importlib.metadata
import os
import platform
import subprocess
import time
from typing import Any

from lib.core.files import ROOT

PACKAGES = (
    "torch",
    "lightning",
    "transformers",
    "timm",
    "pytorch-metric-learning",
    "faiss-cpu",
    "scikit-learn",
    "numpy",
    "pandas",
    "snakemake",
    "papermill",
)


def environment() -> dict[str, Any]:
    """Machine, Python, packages and the state of the repository; of an accelerator its name if there is one."""
    import torch

    return {
        "python": platform.python_version(),
        "system": platform.system(),
        "processor": _processor(),
        "cores": os.cpu_count(),
        "device": torch.cuda.get_device_name() if torch.cuda.is_available() else "cpu",
        "packages": {name: importlib.metadata.version(name) for name in PACKAGES},
        "commit": commit(),
    }


def commit() -> str:
    """The checked-out commit, with `+` when tracked files differ from it; `unknown` outside of a checkout."""
    try:
        head = _git("rev-parse", "--short=12", "HEAD")
        return head + (
            "+" if _git("status", "--porcelain", "--untracked-files=no", "--", "lib", "notebooks", "params") else ""
        )
    except (OSError, subprocess.CalledProcessError):
        return "unknown"


class Stopwatch:
    """Seconds since it was made."""

    def __init__(self) -> None:
        self.begin = time.monotonic()

    @property
    def seconds(self) -> float:
        return round(time.monotonic() - self.begin, 1)


def _processor() -> str:
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as lines:
            return next(line.split(":", 1)[1].strip() for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        return platform.processor() or platform.machine()


def _git(*arguments: str) -> str:
    return subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, text=True, check=True).stdout.strip()
