"""The house: a package imports only those before it, nothing imports in a circle, and no `__init__.py` brings anything."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from lib.core.files import ROOT


def checked(folder: Path) -> subprocess.CompletedProcess:
    """import-linter on the project in `folder`; its rules are in pyproject.toml."""
    code = (
        f"import sys; sys.path.insert(0, {str(folder)!r}); from importlinter.cli import lint_imports_command as c; c()"
    )
    arguments = ["--no-cache", "--no-logo"]
    return subprocess.run([sys.executable, "-c", code, *arguments], cwd=folder, capture_output=True, text=True)


def test_imports_point_down():
    done = checked(ROOT)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize(
    ("file", "line", "broken"),
    [
        ("core/errors.py", "from lib.data import splits", "a package imports only those before it"),
        ("evaluation/retrieval.py", "from lib.runs import results", "a package imports only those before it"),
        ("data/near_duplicates.py", "from lib.data import splits", "no cycle"),
        ("twin/drawing/rooms.py", "from lib.twin import wording", "the drawing of pictures knows nothing"),
    ],
)
def test_an_import_that_points_up_is_found(tmp_path, file, line, broken):
    shutil.copytree(ROOT / "lib", tmp_path / "lib", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    path = tmp_path / "lib" / file
    path.write_text(f"{path.read_text(encoding='utf-8')}\n{line}\n", encoding="utf-8")
    done = checked(tmp_path)
    assert done.returncode == 1 and f"{broken}" in done.stdout and "BROKEN" in done.stdout


def test_packages_bring_nothing():
    """A package that re-exported something would make any change in it stale for all that imports it."""
    found = sorted((ROOT / "lib").rglob("__init__.py"))
    assert len(found) >= 12 and all(path.read_text(encoding="utf-8") == "" for path in found)
    folders = {path.parent for path in (ROOT / "lib").rglob("*.py")}
    assert folders == {path.parent for path in found}
