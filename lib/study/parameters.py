"""Checks of notebooks' parameters, before anything runs or any data is read.

Parameters of run notebooks are checked against the classes of `lib.study.run_kinds`. Each notebook calls `check` first,
since papermill only warns of a parameter that the notebook doesn't have.
"""

from __future__ import annotations

import ast
import json
from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from lib.core.errors import DataError
from lib.core.files import ROOT
from lib.study import messages
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
        # The first error of each parameter: a union has one for each of its types.
        errors = {item["loc"][:1]: item for item in reversed(error.errors(include_url=False))}
        return "; ".join(_message(item) for item in reversed(errors.values()))
    return ""


def canonical(parameters: Mapping[str, Any]) -> dict[str, Any]:
    """A run's parameters in a form that is the same for two ways of naming one run.

    A baseline's modality is filled in, and `-random` is dropped from a backbone that has only fresh weights.
    """
    values = {name: _without_random(value) for name, value in parameters.items()}
    if "baseline" in values:
        values["modality"] = BASELINE.modality_of(values)
    return values


def _without_random(value: Any) -> Any:
    base = value.removesuffix(RANDOM) if isinstance(value, str) else value
    return base if isinstance(base, str) and base in BACKBONES and BACKBONES[base].config else value


def backbones(parameters: Mapping[str, Any]) -> list[str]:
    """The backbones whose weights a run with these parameters may load.

    They are those that it names, the image encoder of a single-stream model, and the text generator of BLIP2.
    """
    named = [value for value in parameters.values() if isinstance(value, str) and value in BACKBONES]
    image_encoders = [BACKBONES[name].image_encoder for name in named if BACKBONES[name].image_encoder]
    generates = any(str(parameters.get(name, "")).startswith("blip2") for name in ("method", "aligned"))
    return [*named, *image_encoders, *([GENERATOR] if generates else [])]


def check_run(notebook: str, parameters: Mapping[str, Any]) -> None:
    """Raises DataError when the run notebook can't have these parameters."""
    if wrong := problem(notebook, parameters):
        raise DataError(f"{notebook}: {wrong}. What its parameters may be is in lib/study/run_kinds.py.")


def check(notebook: str, values: Mapping[str, Any]) -> None:
    """Check a notebook's parameters, as its first statement: `parameters.check("10_text", globals())`.

    values: at least those of the notebook's cell of parameters. Raises DataError for a parameter that the notebook
    doesn't have (papermill has then set a name that nothing reads), and for a value of another type than the default's.
    """
    known = defaults(notebook)
    checked = RUN_KINDS[notebook].parameters.model_fields if notebook in RUN_KINDS else {}
    for name in _injected():
        if name not in known:
            raise DataError(f"{notebook}: there is no parameter {name!r}; {nearest(name, known)}.")
    if missing := [name for name in known if name not in values]:
        raise DataError(f"{notebook}: {missing[0]} is not set; run the cell with the parameters first.")
    for name, default in known.items():
        types = _TYPES.get(type(default), (type(default),))
        if type(values[name]) not in types and name not in checked:
            kind = type(values[name]).__name__  # not the value: a chapter may be given an ad
            raise DataError(
                f"{notebook}: {name} is of type {kind}; it must be {_TYPE_NAMES[type(default)]}, such as {default!r}."
            )
    if notebook in RUN_KINDS:
        check_run(notebook, {name: values[name] for name in known if name in checked})


_TYPES: dict[type, tuple[type, ...]] = {float: (float, int), list: (list, tuple)}
_TYPE_NAMES = {str: "text", int: "a whole number", float: "a number", list: "a list", bool: "true or false"}


def defaults(notebook: str) -> dict[str, Any]:
    """The parameters of a notebook with their defaults, as its cell with the tag `parameters` assigns them."""
    cells = json.loads((ROOT / "notebooks" / f"{notebook}.ipynb").read_text(encoding="utf-8"))["cells"]
    [source] = ["".join(cell["source"]) for cell in cells if "parameters" in cell["metadata"].get("tags", [])]
    return {name: ast.literal_eval(value) for name, value in _assigned(source).items()}


def _injected() -> list[str]:
    """The names that papermill has set in this kernel, by a cell that begins with `# Parameters`."""
    from IPython import get_ipython

    shell = get_ipython()
    cells = shell.user_ns.get("In", []) if shell else []
    return [name for cell in cells if cell.lstrip().startswith("# Parameters") for name in _assigned(cell)]


def _assigned(source: str) -> dict[str, ast.expr]:
    assignments = [node for node in ast.parse(source).body if isinstance(node, ast.Assign)]
    return {target.id: node.value for node in assignments for target in node.targets if isinstance(target, ast.Name)}


def _message(error: ErrorDetails) -> str:
    """One of pydantic's errors as a clause that names the parameter."""
    where = messages.place(error["loc"][:1])
    if error["type"] == "missing":
        return f"{where} is missing; give it"
    return messages.clause(error, "" if error["type"] == "value_error" else where)
