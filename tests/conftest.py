"""Fixtures that several files of tests share, and one thread for each worker: small sums gain nothing by more, and two
workers would wait for each other."""

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")  # before anything imports torch
os.environ.setdefault(
    "TORCH_COMPILE_DISABLE", "1"
)  # it takes minutes on a CPU, and whether it compiles rightly is for torch to test

from hypothesis import HealthCheck, settings
from made_up_runs import measured  # noqa: F401

# Machines that are shared are slow at times; that says nothing of what is tested.
settings.register_profile("shared machine", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("shared machine")


def pytest_collection_modifyitems(items):
    """The file that takes longest comes first, so that one worker does it while the other does all else."""
    items.sort(key=lambda item: item.path.stem != "test_study")
