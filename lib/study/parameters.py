"""Check what a notebook is given, before anything runs or any data is read.

A study's plan (`lib.study.plan`) is checked whole against the classes of `lib.study.run_kinds`; a notebook that is executed by
hand calls `check` first, since papermill only warns of a parameter that a notebook doesn't have.
"""

from __future__ import annotations

import ast
import json
from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from lib.core.errors import DataError
from lib.core.files import ROOT
from lib.study.names import nearest
from lib.study.registry import BACKBONES, GENERATOR, RANDOM
from lib.study.run_kinds import BASELINE, RUN_KINDS


def problem(notebook: str, parameters: Mapping[str, Any]) -> str:
    """What is wrong with the parameters of a run notebook, in a sentence or two; '' if nothing is."""
    kind = RUN_KINDS[notebook].parameters
    if unknown := [name for name in parameters if name not in kind.model_fields]:
        return f"there is no parameter {unknown[0]!r}; {nearest(unknown[0], kind.model_fields)}"
    try:
        kind(**parameters)
    except ValidationError as error:
        first = {
            item["loc"][:1]: item for item in reversed(error.errors(include_url=False))
        }  # of a union one is enough
        return "; ".join(_said(item) for item in reversed(first.values()))
    return ""


def meant(given: Mapping[str, Any]) -> dict[str, Any]:
    """A run's parameters as they are meant, so that two ways of naming one run are the same: a baseline's items where they go without saying,
    and no `-random` of a backbone that has no other weights."""
    found = {name: _plain(value) for name, value in given.items()}
    if "baseline" in found:
        found["modality"] = BASELINE.modality_of(found)
    return found


def _plain(value: Any) -> Any:
    base = value.removesuffix(RANDOM) if isinstance(value, str) else value
    return base if isinstance(base, str) and base in BACKBONES and BACKBONES[base].config else value


def backbones(given: Mapping[str, Any]) -> list[str]:
    """The backbones whose weights a run with these parameters may load: those it names, the ViT that a single-stream one sees by, and
    the generator of BLIP2."""
    named = [value for value in given.values() if isinstance(value, str) and value in BACKBONES]
    image_encoders = [BACKBONES[name].image_encoder for name in named if BACKBONES[name].image_encoder]
    writes = any(str(given.get(name, "")).startswith("blip2") for name in ("method", "aligned"))
    return [*named, *image_encoders, *([GENERATOR] if writes else [])]


def check_run(notebook: str, parameters: Mapping[str, Any]) -> None:
    """Raises DataError when these are no parameters of the run notebook."""
    if wrong := problem(notebook, parameters):
        raise DataError(f"{notebook}: {wrong}. What its parameters may be is in lib/study/run_kinds.py.")


def check(notebook: str, values: Mapping[str, Any]) -> None:
    """Check what a notebook was given, as its first statement: `parameters.check("10_text", globals())`.

    values: at least all that the notebook's cell of parameters names. Raises DataError for a parameter that the notebook doesn't
    have (papermill has then set a name that nothing reads), and for a value of another type than the default's.
    """
    known = defaults(notebook)
    for name in _injected():
        if name not in known:
            raise DataError(f"{notebook}: there is no parameter {name!r}; {nearest(name, known)}.")
    if missing := [name for name in known if name not in values]:
        raise DataError(f"{notebook}: {missing[0]} is not set; run the cell with the parameters first.")
    for name, default in known.items():
        kinds = _KINDS.get(type(default), (type(default),))
        if type(values[name]) not in kinds and not (
            notebook in RUN_KINDS and name in RUN_KINDS[notebook].parameters.model_fields
        ):
            kind = type(values[name]).__name__  # not the value: a chapter may be given an ad
            raise DataError(
                f"{notebook}: {name} is of type {kind}; it must be {_TYPES[type(default)]}, such as {default!r}."
            )
    if notebook in RUN_KINDS:
        check_run(
            notebook, {name: values[name] for name in known if name in RUN_KINDS[notebook].parameters.model_fields}
        )


_KINDS: dict[type, tuple[type, ...]] = {float: (float, int), list: (list, tuple)}
_TYPES = {str: "text", int: "a whole number", float: "a number", list: "a list", bool: "true or false"}


def defaults(notebook: str) -> dict[str, Any]:
    """The parameters of a notebook with their defaults: what its cell with the tag `parameters` assigns."""
    cells = json.loads((ROOT / "notebooks" / f"{notebook}.ipynb").read_text(encoding="utf-8"))["cells"]
    [source] = ["".join(cell["source"]) for cell in cells if "parameters" in cell["metadata"].get("tags", [])]
    return {name: ast.literal_eval(value) for name, value in _assigned(source).items()}


def _injected() -> list[str]:
    """The names that papermill has set in this kernel: those that its cell, which begins with `# Parameters`, assigns."""
    from IPython import get_ipython

    shell = get_ipython()  # type: ignore[no-untyped-call]
    cells = shell.user_ns.get("In", []) if shell else []
    return [name for cell in cells if cell.lstrip().startswith("# Parameters") for name in _assigned(cell)]


def _assigned(source: str) -> dict[str, ast.expr]:
    found = [node for node in ast.parse(source).body if isinstance(node, ast.Assign)]
    return {target.id: node.value for node in found for target in node.targets if isinstance(target, ast.Name)}


def _said(item: Any) -> str:
    """One of pydantic's errors as a sentence that names the parameter."""
    where = ".".join(str(part) for part in item["loc"][:1])
    if item["type"] == "missing":
        return f"{where} is missing; give it"
    said = item["msg"].removeprefix("Value error, ")
    if item["type"] == "value_error":
        return said
    return f"{where} is {_quoted(item['input'])}: {said[0].lower()}{said[1:]}"


def _quoted(value: object) -> str:
    shown = repr(value)
    return shown if len(shown) <= 60 else f"{shown[:57]}…"
