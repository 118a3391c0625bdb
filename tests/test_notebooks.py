"""What every notebook owes its readers: no outputs stored, parameters tagged, short cells, all code in lib."""

import ast
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
import papermill
import pytest

from lib.core import fingerprints
from lib.core.files import ROOT, read_json
from lib.pipeline import execute

NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
LONGEST_CELL = 25  # lines; what is longer belongs into lib


def cells(path, kind=None):
    found = json.loads(path.read_text(encoding="utf-8"))["cells"]
    return [cell for cell in found if kind in (None, cell["cell_type"])]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_conventions(path):
    assert all(not cell["outputs"] and cell["execution_count"] is None for cell in cells(path, "code")), (
        "stored without outputs"
    )
    first = cells(path)[0]
    assert first["cell_type"] == "markdown" and "".join(first["source"]).startswith("# ")
    [parameters] = [cell for cell in cells(path) if "parameters" in cell["metadata"].get("tags", [])]
    names = {target.id for node in ast.parse("".join(parameters["source"])).body for target in node.targets}
    assert {"study", "out"} <= names
    for cell in cells(path, "code"):
        code = "".join(cell["source"])
        assert code.count("\n") < LONGEST_CELL
        assert not any(isinstance(node, (ast.FunctionDef, ast.ClassDef)) for node in ast.walk(ast.parse(code))), (
            "functions live in lib"
        )


def test_fingerprint_follows_code_and_nothing_else(tmp_path):
    path = tmp_path / "n.ipynb"

    def written(code, prose="Prose."):
        path.write_text(
            json.dumps(
                {"cells": [{"cell_type": "markdown", "source": [prose]}, {"cell_type": "code", "source": [code]}]}
            ),
            encoding="utf-8",
        )
        return fingerprints.fingerprint(path)

    base = written("from lib.data import splits\nx = 1")
    assert written("from lib.data import splits  # why\nx = 1", "Other prose.") == base
    assert written("from lib.data import splits\nx = 2") != base
    assert written("from lib.core import files\nx = 1") != base


ALL_KEYS = """
import json
import os
import re
import shutil
import subprocess
import sys
from lib.core import fingerprints
from lib.core.files import ROOT
from lib.study import plan
found = {path.stem: fingerprints.fingerprint(path) for path in sorted((ROOT / "notebooks").glob("*.ipynb"))}
chosen = plan.load("quick")
found |= {name: run.key for name, run in chosen.all_runs().items()} | {"twin": chosen.data_folder.name}
print(json.dumps(found))
"""


def test_moving_a_module_makes_nothing_stale_and_changing_a_statement_does(tmp_path):
    """In a copy of the project a module goes into a package, and every import line of it is written anew."""
    for name in ("lib", "notebooks", "params"):
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))

    def keys():
        given = {**os.environ, "PYTHONPATH": str(tmp_path)}
        done = subprocess.run([sys.executable, "-c", ALL_KEYS], cwd=tmp_path, env=given, capture_output=True, text=True)
        return json.loads(done.stdout)

    def elsewhere(line):
        names = line[0].removeprefix("from lib.data import ").split(", ")
        others = [name for name in names if name != "near_duplicates"]
        if len(others) == len(names):
            return line[0]
        moved = "from lib.pixels import near_duplicates"
        return f"from lib.data import {', '.join(others)}; {moved}" if others else moved

    before = keys()
    package = tmp_path / "lib" / "pixels"
    package.mkdir()
    (package / "__init__.py").touch()
    (tmp_path / "lib" / "data" / "near_duplicates.py").rename(package / "near_duplicates.py")
    for path in [*(tmp_path / "lib").rglob("*.py"), *(tmp_path / "notebooks").glob("*.ipynb")]:
        path.write_text(re.sub(r"from lib\.data import [\w, ]+", elsewhere, path.read_text(encoding="utf-8")))
    users = [
        path.name
        for path in (tmp_path / "lib").rglob("*.py")
        if "from lib.pixels import near_duplicates" in path.read_text()
    ]
    assert len(users) >= 3 and keys() == before
    text = (package / "near_duplicates.py").read_text(encoding="utf-8")
    (package / "near_duplicates.py").write_text(text.replace("BITS = 4", "BITS = 5"), encoding="utf-8")
    changed = {name for name, key in keys().items() if key != before[name]}
    assert {"01_data", "03_splits_and_leakage", "baselines/perceptual-hash/ad/seed1111"} <= changed
    assert "90_paper_audit" not in changed and "twin" not in changed


def test_a_table_of_data_counts_with_its_module(tmp_path, monkeypatch):
    monkeypatch.setattr(fingerprints, "ROOT", tmp_path)
    (tmp_path / "lib").mkdir()
    (tmp_path / "lib" / "words.py").write_text("x = 1\n")

    def key():
        fingerprints._module.cache_clear()
        return fingerprints.module_fingerprint("lib.words")

    bare = key()
    (tmp_path / "lib" / "other.yaml").write_text("a: 1\n")
    assert key() == bare
    (tmp_path / "lib" / "words.yaml").write_text("a: 1\n")
    one = key()
    (tmp_path / "lib" / "words.yaml").write_text("a: 2\n")
    assert len({bare, one, key()}) == 3


def test_another_function_of_the_same_name_is_other_code(tmp_path):
    path = tmp_path / "n.ipynb"

    def of(line):
        cells = [
            {
                "cell_type": "code",
                "source": [f"import lib.hotels.published_splits\nfrom lib.data import ads\n{line}\nread"],
            }
        ]
        path.write_text(json.dumps({"cells": cells}), encoding="utf-8")
        return fingerprints.fingerprint(path)

    assert of("from lib.data.ads import read") != of("from lib.hotels.published_splits import read_splits as read")
    assert of("from lib.data.ads import read  # these") == of("from lib.data.ads import (read,)")


def test_a_run_depends_on_the_modules_that_it_uses():
    used = {path.stem for path in fingerprints.modules_of(ROOT / "notebooks" / "10_text.ipynb")}
    assert {"attribution", "training", "losses", "retrieval", "splits"} <= used
    assert not {"claims", "paper_tables", "published_splits", "results", "data_tables"} & used, (
        "a change to a chapter's code retrains nothing"
    )


def one_cell(folder, code):
    path = folder / "one.ipynb"
    nbformat.write(nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(code)]), path)
    return path


def test_a_kernel_that_dies_is_one_line(tmp_path):
    source = one_cell(tmp_path, "import os; os._exit(1)")
    with pytest.raises(SystemExit, match="FAILED   this one: its kernel died"):
        execute.execute(source, tmp_path / "out.ipynb", {}, "this one")
    assert [path.name for path in tmp_path.glob("*.ipynb")] == ["one.ipynb"]


def test_a_kernel_that_does_not_start_is_said(tmp_path, monkeypatch):
    def start(*_, **__):
        raise RuntimeError("Kernel died before replying to kernel_info")

    monkeypatch.setattr(papermill, "execute_notebook", start)
    with pytest.raises(SystemExit, match="FAILED   this one: its kernel could not be started: Kernel died before"):
        execute.execute(one_cell(tmp_path, "1 + 1"), tmp_path / "out.ipynb", {}, "this one")
    assert not (tmp_path / "out.ipynb").exists()


def test_a_kernel_is_spoken_to_by_files_that_are_gone_afterwards(tmp_path):
    """No port of the machine, which another user or process could reach; two kernels at once don't meet."""
    said = "from ipykernel.kernelapp import IPKernelApp as app; open('ip', 'w').write(app.instance().ip)"
    source = one_cell(tmp_path, f"import os; os.chdir({str(tmp_path)!r}); {said}; app.instance().transport")
    execute.execute(source, tmp_path / "out.ipynb", {}, "this one")
    [cell] = read_json(tmp_path / "out.ipynb")["cells"]
    assert cell["outputs"][0]["data"]["text/plain"] == ["'ipc'"]
    assert "TCP" not in json.dumps(cell["outputs"])
    assert not Path((tmp_path / "ip").read_text()).parent.exists()
