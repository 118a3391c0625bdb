"""What every notebook owes its readers: no outputs stored, parameters tagged, short cells, all code in lib."""

import ast
import json

import nbformat
import papermill
import pytest

from lib import notebooks, sources
from lib.files import ROOT

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
        return sources.fingerprint(path)

    base = written("from lib import splits\nx = 1")
    assert written("from lib import splits  # why\nx = 1", "Other prose.") == base
    assert written("from lib import splits\nx = 2") != base
    assert written("from lib import files\nx = 1") != base


def test_a_run_depends_on_the_modules_that_it_uses():
    used = {path.stem for path in sources.modules_of(ROOT / "notebooks" / "10_text.ipynb")}
    assert {"experiment", "training", "objectives", "retrieval", "splits"} <= used
    assert not {"claims", "compare", "hotels", "results", "describe"} & used, (
        "a change to a chapter's code retrains nothing"
    )


def one_cell(folder, code):
    path = folder / "one.ipynb"
    nbformat.write(nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(code)]), path)
    return path


def test_a_kernel_that_dies_is_one_line(tmp_path):
    source = one_cell(tmp_path, "import os; os._exit(1)")
    with pytest.raises(SystemExit, match="FAILED   this one: its kernel died"):
        notebooks.execute(source, tmp_path / "out.ipynb", {}, "this one")
    assert [path.name for path in tmp_path.glob("*.ipynb")] == ["one.ipynb"]


@pytest.mark.parametrize(("failures", "ends"), [(2, "done"), (3, "FAILED   this one: its kernel could not be started")])
def test_a_kernel_that_does_not_start_is_tried_again(tmp_path, monkeypatch, capsys, failures, ends):
    source, out, really, left = (
        one_cell(tmp_path, "1 + 1"),
        tmp_path / "out.ipynb",
        papermill.execute_notebook,
        [None] * failures,
    )

    def start(*given, **named):
        if left:
            left.pop()
            raise RuntimeError("Kernel died before replying to kernel_info")
        really(*given, **named)

    monkeypatch.setattr(papermill, "execute_notebook", start)
    if ends == "done":
        notebooks.execute(source, out, {}, "this one")
        assert out.exists() and "done     this one" in capsys.readouterr().out
    else:
        with pytest.raises(SystemExit, match=ends):
            notebooks.execute(source, out, {}, "this one")
        assert not out.exists()
