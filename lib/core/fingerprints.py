"""Which code a notebook really uses, and a fingerprint of it that comments, docstrings and the place of a module don't change.

The study's graph compares these fingerprints, so a change to a plot retrains nothing and a change to a loss
retrains what uses it; each run records its own, so that a reader can tell whether the code has moved since.

A fingerprint is over statements. Instead of an import line of this project's it has what the line brings: the name that is bound, and
the statements of the module that it comes from, wherever that lies and however the line is spelt. So moving modules makes
nothing stale, and importing another function of the same name does. A table of data beside a module counts with it (`DATA`).
"""

from __future__ import annotations

import ast
import hashlib
import json
from collections.abc import Iterable
from functools import cache
from pathlib import Path

from lib.core.files import ROOT, sha256

DATA = (".yaml", ".csv")
"""What a module's table of data may be: `lexicon.yaml` is that of `lexicon.py`, which reads it."""
Binding = tuple[str, str, Path]
"""What an import binds: the name, what of the module it is ('' for the module itself), and the module's file."""


def modules_of(notebook: str | Path) -> list[Path]:
    """The files of `lib` that a notebook imports, and what they import in turn, sorted."""
    return list(_used(_code(Path(notebook))))


def fingerprint(notebook: str | Path) -> str:
    """SHA-256 over the code of a notebook and of the modules that it uses."""
    return _whole(_code(Path(notebook)))


def module_fingerprint(*names: str) -> str:
    """SHA-256 over the code of the named modules (`lib.data.ads`) and of what they use."""
    return _combined(map(_module, _used_by(ROOT.joinpath(*name.split(".")).with_suffix(".py") for name in names)))


@cache
def _whole(code: str) -> str:
    return _combined([_with_imports(*_parts(code)), *map(_module, _used(code))])


def _combined(parts: Iterable[str]) -> str:
    """In an order of their own: that of files is that of their places."""
    digests = sorted(hashlib.sha256(part.encode()).hexdigest() for part in parts)
    return hashlib.sha256("\n".join(digests).encode()).hexdigest()


@cache
def _used(code: str) -> tuple[Path, ...]:
    """The files that a program uses."""
    return tuple(_used_by(path for _, _, path in _parts(code)[0]))


def _used_by(start: Iterable[Path]) -> list[Path]:
    """These files and what they use in turn, sorted."""
    found: set[Path] = set()
    waiting = list(start)
    while waiting:
        path = waiting.pop()
        if path not in found:
            found.add(path)
            waiting.extend(brought for _, _, brought in _of(path)[0])
    return sorted(found)


def _code(notebook: Path) -> str:
    """The notebook's code cells as one program; lines of IPython's own (%, !) are not Python and are left out."""
    cells = json.loads(notebook.read_text(encoding="utf-8"))["cells"]
    lines = "\n".join("".join(cell["source"]) for cell in cells if cell["cell_type"] == "code").splitlines()
    return "\n".join(line for line in lines if not line.lstrip().startswith(("%", "!")))


@cache
def _of(path: Path) -> tuple[tuple[Binding, ...], str]:
    return _parts(path.read_text(encoding="utf-8"))


@cache
def _module(path: Path) -> str:
    """A module's statements, with what its imports bring, and the bytes of its data: files beside it that are called as it is."""
    beside = (path.with_suffix(suffix) for suffix in DATA)
    return "\n".join([_with_imports(*_of(path)), *(sha256(data) for data in beside if data.exists())])


def _with_imports(brought: Iterable[Binding], statements: str) -> str:
    """A module is known by its statements, wherever it lies."""
    return "\n".join([*sorted(f"{bound}={name}@{_of(path)[1]}" for bound, name, path in brought), statements])


def _parts(code: str) -> tuple[tuple[Binding, ...], str]:
    """What a program imports of this project, and SHA-256 over the rest of its statements, docstrings left out."""
    tree = ast.parse(code)
    brought = tuple(_bindings(tree))
    return brought, hashlib.sha256(ast.dump(_Bare().visit(tree)).encode()).hexdigest()


def _bindings(tree: ast.Module) -> list[Binding]:
    """What a program imports of this project."""
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and _own(node):
            package = ROOT.joinpath(*(node.module or "").split("."))
            for alias in node.names:
                module = package / f"{alias.name}.py"
                name, path = ("", module) if module.exists() else (alias.name, package.with_suffix(".py"))
                found.append((alias.asname or alias.name, name, path))
        elif isinstance(node, ast.Import):
            for alias in (alias for alias in node.names if alias.name.startswith("lib.")):
                path = ROOT.joinpath(*alias.name.split(".")).with_suffix(".py")
                found.append((alias.asname or alias.name, "", path))
    return found


def _own(node: ast.ImportFrom) -> bool:
    return (node.module or "").split(".")[0] == "lib"


class _Bare(ast.NodeTransformer):
    def visit_Expr(self, node: ast.Expr) -> ast.Expr | None:
        bare = isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)
        return None if bare else node

    def visit_ImportFrom(self, node: ast.ImportFrom) -> ast.ImportFrom | None:
        return None if _own(node) else node

    def visit_Import(self, node: ast.Import) -> ast.Import | None:
        node.names = [alias for alias in node.names if not alias.name.startswith("lib.")]
        return node if node.names else None
