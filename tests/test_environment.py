"""The lock, its sources and environment.yml describe one environment, and it is the one that tests run in."""

import importlib.metadata
import os
import re
import subprocess
import sys

import pytest
import yaml
from packaging.requirements import Requirement

from lib.core.files import ROOT


def requirements(name):
    lines = (ROOT / name).read_text(encoding="utf-8").splitlines()
    return [Requirement(line) for line in lines if line.strip() and not line.lstrip().startswith("#")]


def locked():
    return [item for item in requirements("requirements.lock") if not item.marker or item.marker.evaluate()]


def test_lock_is_exact():
    for item in requirements("requirements.lock"):
        assert re.fullmatch(r"==[^*,]+", str(item.specifier)), item


def test_lock_holds_every_direct_dependency():
    versions = {item.name.lower(): str(item.specifier).removeprefix("==") for item in locked()}
    for item in requirements("requirements.in"):
        assert item.specifier.contains(versions[item.name.lower()]), item


def test_conda_environment_is_the_lock():
    environment = yaml.safe_load((ROOT / "environment.yml").read_text(encoding="utf-8"))
    plain = [item for item in environment["dependencies"] if isinstance(item, str)]
    [pip] = [item["pip"] for item in environment["dependencies"] if isinstance(item, dict)]
    assert pip == ["-r requirements.lock", "-e ."], "pip's part is the lock and the project, nothing beside them"
    names = {re.split("[=<>]", item)[0] for item in plain}
    assert names == {"python", "pip", "make"}, "whatever else Python needs belongs into requirements.in"
    [python] = [item.partition("=")[2] for item in plain if item.startswith("python")]
    project = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    least = re.search(r'requires-python = ">=([\d.]+)"', project)[1]
    assert tuple(map(int, python.split("."))) >= tuple(map(int, least.split(".")))


def test_the_tests_run_in_the_locked_environment():
    wrong = {
        item.name: importlib.metadata.version(item.name)
        for item in locked()
        if not item.specifier.contains(importlib.metadata.version(item.name))
    }
    assert not wrong, "run them by `make test`"


def bootstrap(*command, **arguments):
    return subprocess.run(
        [sys.executable, str(ROOT / "bootstrap.py"), *command], capture_output=True, text=True, timeout=120, **arguments
    )


def test_bootstrap_runs_in_an_environment_that_has_everything(tmp_path):
    """And lets processes keep their bytecode where an image for containers forbids it."""
    code = "import sys, lib.core.files; print(sys.prefix, sys.dont_write_bytecode, sep='\\n')"
    done = bootstrap("python", "-c", code, cwd=tmp_path, env=os.environ | {"PYTHONDONTWRITEBYTECODE": "1"})
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == [sys.prefix, "False"]


def test_bootstrap_says_when_a_command_is_not_there():
    done = bootstrap("no-such-command")
    assert done.returncode != 0 and "no-such-command" in done.stderr


def test_bootstrap_refuses_an_old_python():
    code = (
        "import runpy, sys; sys.version_info = (3, 9, 2); sys.argv = ['bootstrap.py', 'python'];"
        f"runpy.run_path({str(ROOT / 'bootstrap.py')!r}, run_name='__main__')"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode != 0 and "3.11 or newer" in done.stderr


def test_failed_set_up_says_what_to_do(tmp_path):
    """A copy of the project in a folder with a space, whose registry can't be reached."""
    project = tmp_path / "a folder" / "project"
    project.mkdir(parents=True)
    for name in ("bootstrap.py", "requirements.lock", "pyproject.toml"):
        (project / name).write_bytes((ROOT / name).read_bytes())
    (project / "requirements.lock").write_text("no-such-distribution-anywhere==1.0\n", encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "bootstrap.py", "python"],
        cwd=project,
        capture_output=True,
        text=True,
        timeout=120,
        env={"PATH": "/usr/bin:/bin", "PIP_INDEX_URL": "http://127.0.0.1:9", "PIP_RETRIES": "0", "HOME": str(tmp_path)},
    )
    assert done.returncode != 0
    assert "could not be set up" in done.stderr and "run the same command again" in done.stderr
    assert not (project / ".venv" / "lock.sha256").exists()


@pytest.mark.parametrize("target", ["study", "site", "bench", "test", "lab"])
def test_make_targets_go_through_bootstrap(target):
    shown = subprocess.run(
        ["make", "--no-print-directory", "-n", target], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout
    assert shown.startswith("python3 bootstrap.py")
