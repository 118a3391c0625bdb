"""What every notebook owes its readers: no outputs stored, parameters tagged, short cells, all code in lib."""

import ast
import json

import pytest

from lib import sources
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
