"""Which code a notebook really uses, and a fingerprint of it that comments and docstrings don't change.

The study's graph compares these fingerprints, so a change to a plot retrains nothing and a change to a loss
retrains what uses it; each run records its own, so that a reader can tell whether the code has moved since.
"""

from __future__ import annotations

import ast
import hashlib
import json
from functools import cache
from pathlib import Path

from lib.files import ROOT


def modules_of(notebook: str | Path) -> list[Path]:
    """The files of `lib` that a notebook imports, and what they import in turn, sorted."""
    found: set[Path] = set()
    waiting = list(_imports(_code(Path(notebook))))
    while waiting:
        path = waiting.pop()
        if path not in found:
            found.add(path)
            waiting.extend(_module_imports(path))
    return sorted(found)


def fingerprint(notebook: str | Path) -> str:
    """SHA-256 over the code of a notebook and of the modules that it uses."""
    digest = hashlib.sha256(_normal(_code(Path(notebook))).encode())
    for path in modules_of(notebook):
        digest.update(_module_fingerprint(path).encode())
    return digest.hexdigest()


def module_fingerprint(*names: str) -> str:
    """SHA-256 over the code of the named modules of `lib` and of what they use."""
    digest = hashlib.sha256()
    waiting, found = [ROOT / "lib" / f"{name}.py" for name in names], set()
    while waiting:
        path = waiting.pop()
        if path not in found:
            found.add(path)
            waiting.extend(_module_imports(path))
    for path in sorted(found):
        digest.update(_module_fingerprint(path).encode())
    return digest.hexdigest()


def _code(notebook: Path) -> str:
    """The notebook's code cells as one program; lines of IPython's own (%, !) are not Python and are left out."""
    cells = json.loads(notebook.read_text(encoding="utf-8"))["cells"]
    lines = "\n".join("".join(cell["source"]) for cell in cells if cell["cell_type"] == "code").splitlines()
    return "\n".join(line for line in lines if not line.lstrip().startswith(("%", "!")))


@cache
def _module_imports(path: Path) -> tuple[Path, ...]:
    return _imports(path.read_text(encoding="utf-8"))


@cache
def _module_fingerprint(path: Path) -> str:
    return path.name + _normal(path.read_text(encoding="utf-8"))


def _imports(code: str) -> tuple[Path, ...]:
    names = []
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, ast.ImportFrom) and node.module == "lib":
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("lib."):
            names.append(node.module.split(".")[1])
        elif isinstance(node, ast.Import):
            names += [alias.name.split(".")[1] for alias in node.names if alias.name.startswith("lib.")]
    return tuple(ROOT / "lib" / f"{name}.py" for name in names)


def _normal(code: str) -> str:
    """The syntax tree as text, without docstrings and other bare strings."""
    tree = ast.parse(code)
    for node in ast.walk(tree):
        if hasattr(node, "body") and isinstance(node.body, list):
            node.body = [
                item
                for item in node.body
                if not (
                    isinstance(item, ast.Expr)
                    and isinstance(item.value, ast.Constant)
                    and isinstance(item.value.value, str)
                )
            ]
    return ast.dump(tree)
