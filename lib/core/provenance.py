"""Where a number comes from: code, packages, machine, time and electricity, recorded beside the number."""

from __future__ import annotations

import logging
import os
import platform
import subprocess
from types import TracebackType
from typing import Any, Self

from lib.core import packages
from lib.core.files import ROOT

CARBON = 0.475
"""kg of CO2 per kWh, as MATCHED counts it in its section on the environment; codecarbon's own mix is not used."""
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
        "packages": {name: packages.version(name) for name in PACKAGES},
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


class Meter:
    """Electricity used inside a `with` block, by codecarbon, and its CO2.

    The draw is measured where the machine allows it (a GPU's NVML, a CPU's RAPL) and otherwise estimated from the
    processor's rated power and load. It is that of the whole machine: runs side by side count each other's too.
    """

    def __init__(self) -> None:
        from codecarbon import OfflineEmissionsTracker

        logging.getLogger("codecarbon").disabled = True  # it would print the machine's details in every notebook
        # The country only decides codecarbon's own CO2, which isn't used; offline, it asks no server where this is.
        self._tracker = OfflineEmissionsTracker(
            country_iso_code="USA", save_to_file=False, log_level="critical", allow_multiple_runs=True
        )
        self._reading: dict[str, Any] = {}

    def __enter__(self) -> Self:
        self._tracker.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.read()

    def read(self) -> dict[str, Any]:
        """Stop the meter and return `kwh`, `co2_kg`, `parts` (kWh by part) and `method` (how each part is known).

        Further calls return the same reading.
        """
        if not self._reading:
            self._tracker.stop()
            self._reading = _reading(self._tracker)
        return self._reading


def _reading(tracker: Any) -> dict[str, Any]:
    data = tracker.final_emissions_data
    parts = {"cpu": data.cpu_energy, "gpu": data.gpu_energy, "memory": data.ram_energy}
    modes = {type(part).__name__: getattr(part, "_mode", "") for part in tracker._hardware}
    measured = modes.get("CPU") in ("intel_rapl", "intel_power_gadget")
    return {
        "kwh": round(data.energy_consumed, 6),
        "co2_kg": round(CARBON * data.energy_consumed, 6),
        "parts": {name: round(kwh, 6) for name, kwh in parts.items() if kwh},
        "method": ("cpu measured" if measured else "cpu estimated from rated power and load")
        + ("; gpu measured" if data.gpu_energy else ""),
    }


def _processor() -> str:
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as lines:
            return next(line.split(":", 1)[1].strip() for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        return platform.processor() or platform.machine()


def _git(*arguments: str) -> str:
    return subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, text=True, check=True).stdout.strip()
