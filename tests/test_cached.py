"""Arrays that are computed once for all processes that need them."""

import subprocess
import sys
import time

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lib.core import cached
from lib.core.files import ROOT


@given(st.lists(st.lists(st.integers(-(2**40), 2**40), max_size=5), max_size=6))
def test_lists_come_back_as_they_were(tmp_path_factory, rows):
    path = tmp_path_factory.mktemp("cache") / "rows.npz"
    assert cached.ragged(path, lambda: rows) == rows
    assert cached.ragged(path, lambda: pytest.fail("it is there")) == rows


def test_an_array_is_computed_once_and_read_only(tmp_path):
    made = cached.array(tmp_path / "a.npy", lambda: np.arange(3))
    again = cached.array(tmp_path / "a.npy", lambda: pytest.fail("it is there"))
    assert list(made) == list(again) == [0, 1, 2] and not again.flags.writeable


def test_what_fails_leaves_nothing(tmp_path):
    with pytest.raises(ZeroDivisionError):
        cached.array(tmp_path / "a.npy", lambda: 1 / 0)
    assert {path.suffix for path in tmp_path.iterdir()} <= {".lock"}
    assert list(cached.array(tmp_path / "a.npy", lambda: np.arange(2))) == [0, 1]


def test_of_processes_that_start_together_one_computes(tmp_path):
    code = (
        "import sys, time; from pathlib import Path; import numpy as np; from lib.core import cached\n"
        "folder = Path(sys.argv[1])\n"
        "def compute():\n"
        "    (folder / f'computed-{time.time_ns()}').touch(); time.sleep(1); return np.arange(4)\n"
        "assert list(cached.array(folder / 'a.npy', compute)) == [0, 1, 2, 3]\n"
    )
    begun = [subprocess.Popen([sys.executable, "-c", code, str(tmp_path)], cwd=ROOT) for _ in range(4)]
    time.sleep(0.1)
    assert [process.wait() for process in begun] == [0] * 4
    assert len(list(tmp_path.glob("computed-*"))) == 1


def test_names_differ_with_any_part():
    assert len({cached.name(*parts) for parts in ([1, "a"], [1, "b"], ["1", "a"], [1, "a", None], [[1, "a"]])}) == 5
