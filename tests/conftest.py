"""Fixtures that several files of tests share, and one thread for each worker: small sums gain nothing by more, and two
workers would wait for each other."""

import gc
import os

os.environ.setdefault("OMP_NUM_THREADS", "1")  # before anything imports torch
os.environ.setdefault(
    "TORCH_COMPILE_DISABLE", "1"
)  # it takes minutes on a CPU, and whether it compiles rightly is for torch to test

import pytest
from hypothesis import HealthCheck, settings
from made_up_runs import measured  # noqa: F401
from whole_studies import executed, project, smoke  # noqa: F401

from lib.pipeline import kernel_server

# Machines that are shared are slow at times; that says nothing of what is tested.
settings.register_profile("shared machine", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("shared machine")


@pytest.fixture(scope="session")
def served():
    """An environment whose notebooks' kernels are forks of one process; where there are no forks, ordinary ones."""
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    with kernel_server.server(environment) as more:
        yield environment | more


FIRST = ("test_study", "test_same_bytes", "test_site", "test_small_studies")
"""The files that take longest, so that those at the end are short and both workers end together. The first executes the
study that the fourth needs as well, mostly in the other worker and later."""


def pytest_collection_finish():
    """What is loaded by now stays, so the collector looks at it no more: statsmodels alone asks it for each p value."""
    gc.freeze()


def pytest_collection_modifyitems(items):
    items.sort(key=lambda item: FIRST.index(item.path.stem) if item.path.stem in FIRST else len(FIRST))
