"""The code that a notebook uses, and a fingerprint of it.

A fingerprint is over statements; comments and docstrings don't count. An import of this project's counts as the name
that it binds and the statements of the module that it comes from. So moving a module changes no fingerprint, and
importing another function of the same name does. A table of data beside a module counts with it (`DATA`).
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
"""The suffixes of a module's table of data: `lexicon.yaml` is that of `lexicon.py`."""
Binding = tuple[str, str, Path]
"""What an import binds: a name, the module's own name for it ('' for the module itself), and the module's file."""


def modules_of(notebook: str | Path) -> list[Path]:
    """The files of `lib` that a notebook imports, directly or indirectly, sorted."""
    return list(_used(_code(Path(notebook))))


def fingerprint(notebook: str | Path) -> str:
    """SHA-256 over the code of a notebook and of the modules that it uses."""
    return _of_program(_code(Path(notebook)))


def module_fingerprint(*names: str) -> str:
    """SHA-256 over the code of the named modules (`lib.data.ads`) and of what they use."""
    return _combined(map(_module, _used_by(map(module_file, names))))


def module_file(name: str) -> Path:
    """The file of a module of this project, `lib.data.ads`."""
    return ROOT.joinpath(*name.split(".")).with_suffix(".py")


@cache
def _of_program(code: str) -> str:
    return _combined([_with_imports(*_parts(code)), *map(_module, _used(code))])


def _combined(parts: Iterable[str]) -> str:
    """SHA-256 over parts in whatever order: that of files depends on where they lie."""
    digests = sorted(hashlib.sha256(part.encode()).hexdigest() for part in parts)
    return hashlib.sha256("\n".join(digests).encode()).hexdigest()


@cache
def _used(code: str) -> tuple[Path, ...]:
    """The files that a program uses, directly or indirectly, sorted."""
    return tuple(_used_by(path for _, _, path in _parts(code)[0]))


def _used_by(start: Iterable[Path]) -> list[Path]:
    """These files and those that they use, directly or indirectly, sorted."""
    used: set[Path] = set()
    waiting = list(start)
    while waiting:
        path = waiting.pop()
        if path not in used:
            used.add(path)
            waiting.extend(imported for _, _, imported in _parts_of(path)[0])
    return sorted(used)


def _code(notebook: Path) -> str:
    """The notebook's code cells as one program, without IPython's own lines (%, !)."""
    cells = json.loads(notebook.read_text(encoding="utf-8"))["cells"]
    lines = "\n".join("".join(cell["source"]) for cell in cells if cell["cell_type"] == "code").splitlines()
    return "\n".join(line for line in lines if not line.lstrip().startswith(("%", "!")))


@cache
def _parts_of(path: Path) -> tuple[tuple[Binding, ...], str]:
    return _parts(path.read_text(encoding="utf-8"))


@cache
def _module(path: Path) -> str:
    """A module's statements and imports, and the digests of its tables of data."""
    data = (path.with_suffix(suffix) for suffix in DATA)
    return "\n".join([_with_imports(*_parts_of(path)), *(sha256(table) for table in data if table.exists())])


def _with_imports(imports: Iterable[Binding], statements: str) -> str:
    """A program's statements and imports, each import with the statements of the module that it comes from."""
    return "\n".join([*sorted(f"{bound}={name}@{_parts_of(path)[1]}" for bound, name, path in imports), statements])


def _parts(code: str) -> tuple[tuple[Binding, ...], str]:
    """A program's imports of this project, and SHA-256 over its other statements without docstrings."""
    tree = ast.parse(code)
    imports = tuple(_bindings(tree))
    return imports, hashlib.sha256(ast.dump(_Bare().visit(tree)).encode()).hexdigest()


def _bindings(tree: ast.Module) -> list[Binding]:
    """A program's imports of this project."""
    bindings = []
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and _own(node):
            for alias in node.names:
                module = module_file(f"{node.module}.{alias.name}")
                name, path = ("", module) if module.exists() else (alias.name, module_file(str(node.module)))
                bindings.append((alias.asname or alias.name, name, path))
        elif isinstance(node, ast.Import):
            for alias in (alias for alias in node.names if alias.name.startswith("lib.")):
                bindings.append((alias.asname or alias.name, "", module_file(alias.name)))
    return bindings


def _own(node: ast.ImportFrom) -> bool:
    return (node.module or "").split(".")[0] == "lib"


class _Bare(ast.NodeTransformer):
    """Removes docstrings, and imports of this project."""

    def visit_Expr(self, node: ast.Expr) -> ast.Expr | None:
        bare = isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)
        return None if bare else node

    def visit_ImportFrom(self, node: ast.ImportFrom) -> ast.ImportFrom | None:
        return None if _own(node) else node

    def visit_Import(self, node: ast.Import) -> ast.Import | None:
        node.names = [alias for alias in node.names if not alias.name.startswith("lib.")]
        return node if node.names else None
