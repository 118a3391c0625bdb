"""What a run takes of electricity, by codecarbon: measured where the machine tells (a GPU's NVML, a CPU's RAPL), else
estimated from the processor's rated power and its load.

CO2 is counted as MATCHED does (0.475 kg a kWh, its section on the environment), not by codecarbon's own mix.
"""

from __future__ import annotations

import logging
from typing import Any

CARBON = 0.475
"""kg of CO2 a kWh (MATCHED)."""


class Meter:
    """Counts from when it is made; the whole machine's draw, so runs side by side count each other's too."""

    def __init__(self) -> None:
        from codecarbon import OfflineEmissionsTracker

        logging.getLogger("codecarbon").disabled = True  # it would tell the machine's details in every notebook
        # The country decides codecarbon's own CO2 only, which isn't used; offline, it asks nobody where this is.
        self._tracker = OfflineEmissionsTracker(
            country_iso_code="USA", save_to_file=False, log_level="critical", allow_multiple_runs=True
        )
        self._tracker.start()

    def read(self) -> dict[str, Any]:
        """`kwh`, `co2_kg`, and `method`: how each part's power is known. Ends the counting."""
        self._tracker.stop()
        data = self._tracker.final_emissions_data
        parts = {"cpu": data.cpu_energy, "gpu": data.gpu_energy, "memory": data.ram_energy}
        modes = {type(part).__name__: getattr(part, "_mode", "") for part in self._tracker._hardware}
        measured = modes.get("CPU") in ("intel_rapl", "intel_power_gadget")
        return {
            "kwh": round(data.energy_consumed, 6),
            "co2_kg": round(CARBON * data.energy_consumed, 6),
            "parts": {name: round(kwh, 6) for name, kwh in parts.items() if kwh},
            "method": ("cpu measured" if measured else "cpu estimated from rated power and load")
            + ("; gpu measured" if data.gpu_energy else ""),
        }
