"""Kernels forked from one process that has imported what notebooks import."""

import os
import signal
import subprocess
import sys
import time

import nbformat
import psutil
import pytest

from lib.core.files import ROOT
from lib.pipeline import kernel_server

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="forks are used on Linux alone")
ENVIRONMENT = {**os.environ, "OMP_NUM_THREADS": "1"}


def notebook(path, code):
    made = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(code)])
    made.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3", "language": "python"}
    nbformat.write(made, path)
    return path


def command(source, output):
    return [sys.executable, "-m", "lib", "execute", str(source), str(output)]


def said(output):
    cells = nbformat.read(output, as_version=4)["cells"]
    return "".join(part.get("text", "") for cell in cells for part in cell["outputs"]).split()


def run(source, output, environment):
    return subprocess.run(command(source, output), env=environment, cwd=ROOT, capture_output=True, text=True)


def test_kernels_are_forks_that_share_nothing(served, tmp_path):
    code = (
        "import os, lib.study.plan\n"
        "print(os.getpid(), os.getppid(), hasattr(lib.study.plan, 'left'), os.environ['MARK'])\n"
        "lib.study.plan.left = 1"
    )
    found = []
    for mark in ("one", "two"):
        output = tmp_path / f"{mark}.ipynb"
        done = run(notebook(tmp_path / f"source-{mark}.ipynb", code), output, served | {"MARK": mark})
        assert done.returncode == 0, done.stderr
        found.append(said(output))
    (one, parent, left, mark), (other, same, also_left, other_mark) = found
    assert one != other and parent == same, "both are forks of the server"
    assert (left, also_left) == ("False", "False"), "what one notebook sets no other one sees"
    assert (mark, other_mark) == ("one", "two"), "each has its asker's environment"
    assert psutil.Process(int(parent)).cmdline()[2:5] == ["lib", "kernel", "serve"]


def test_a_kernel_that_dies_is_named_and_takes_nothing_along(served, tmp_path):
    died = run(notebook(tmp_path / "dies.ipynb", "import os; os._exit(3)"), tmp_path / "out.ipynb", served)
    assert died.returncode and "kernel died" in died.stdout + died.stderr
    assert run(notebook(tmp_path / "well.ipynb", "print(1)"), tmp_path / "well_out.ipynb", served).returncode == 0


def test_a_kernel_ends_with_those_who_asked_for_it(served, tmp_path):
    mark = tmp_path / "pid"
    source = notebook(
        tmp_path / "long.ipynb", f"import os, time\nopen({str(mark)!r}, 'w').write(str(os.getpid()))\ntime.sleep(600)"
    )
    asking = subprocess.Popen(command(source, tmp_path / "out.ipynb"), env=served, cwd=ROOT, stdout=subprocess.DEVNULL)
    while not mark.exists() or not mark.read_text():
        assert asking.poll() is None, "it ended before its kernel began"
        time.sleep(0.2)
    kernel = psutil.Process(int(mark.read_text()))
    for process in [*psutil.Process(asking.pid).children(recursive=True), asking]:
        process.send_signal(signal.SIGKILL)
    asking.wait()
    kernel.wait(timeout=20)


def test_without_a_server_a_kernel_is_an_ordinary_one(served, tmp_path):
    output = tmp_path / "out.ipynb"
    source = notebook(tmp_path / "plain.ipynb", "import sys; print('torch' in sys.modules)")
    done = run(source, output, served | {kernel_server.ADDRESS: str(tmp_path)})
    assert done.returncode == 0, done.stderr
    assert said(output) == ["False"]


def test_where_forks_are_not_safe_kernels_are_ordinary_ones(tmp_path):
    """Told to use several threads, libraries start them when they are imported."""
    with kernel_server.server(ENVIRONMENT | {"OMP_NUM_THREADS": "2"}) as more:
        for name in ("one", "two"):
            source = notebook(tmp_path / f"{name}.ipynb", "print(1)")
            done = run(source, tmp_path / f"{name}_out.ipynb", ENVIRONMENT | more)
            assert done.returncode == 0, done.stderr
