"""A study's processes on a machine: what they know of sharing it, and how they end."""

from __future__ import annotations

import os
from contextlib import suppress

import psutil

DEVICE_SHARE = "STUDY_DEVICE_SHARE"
"""Each process's part of the accelerator's memory, from 0 to 1, where several share it."""


def device_share() -> float:
    """This process's part of the accelerator's memory; 1 where nothing is said."""
    return float(os.environ.get(DEVICE_SHARE, "1"))


def end_children() -> None:
    """End every process that this one started, and those that they started."""
    for process in psutil.Process().children(recursive=True):
        with suppress(psutil.NoSuchProcess):
            process.terminate()
