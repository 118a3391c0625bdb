"""What the parameters of a notebook may be, checked before anything runs or any data is read.

Each run notebook has a class here: its parameters by name, with types and known values, and what of them must fit
together. A study's plan (`lib.study.plan`) is checked against these classes whole; a notebook that is executed by hand calls
`check` first, since papermill only warns of a parameter that a notebook doesn't have.
"""

from __future__ import annotations

import ast
import difflib
import json
from collections.abc import Collection, Iterable, Mapping
from typing import Annotated, Any, Literal, get_args

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator

from lib.core.errors import DataError
from lib.core.files import ROOT
from lib.study.registry import (
    ALIGNMENT_NAMES,
    BACKBONES,
    BASELINES,
    FUSIONS,
    GENERATOR,
    LOSSES,
    OBJECTIVE_NAMES,
    RANDOM,
    VARIANTS,
)

Protocol = Literal["paper", "ad", "campaign"]
UNTRAINED = "pre-trained"
LARGEST_SEED = 2**31 - 1
"""Generators of NumPy and torch take 32 bits; an epoch's number is added to the seed."""

Seed = Annotated[int, Field(ge=0, le=LARGEST_SEED)]


RENAMED = {
    "text_rate": "text_lr",
    "image_rate": "image_lr",
    "head_rate": "head_lr",
    "proxy_rate": "proxy_lr",
    "least_change": "min_delta",
    "by_length": "group_by_length",
    "vision": "image",
    "joint": "multimodal",
    "11_vision": "11_image",
    "sound": "corrected",
    "published": "released",
}
"""What was called otherwise in parameter files written before November 2026."""


def nearest(name: object, known: Iterable[str]) -> str:
    """What stands in an error for a name that isn't known: what it is called now, or the nearest one that is known and all of them."""
    names = list(known)
    if (now := RENAMED.get(str(name))) in names:
        return f"it is called {now!r} now"
    near = difflib.get_close_matches(str(name).lower(), names, 1, 0.5)
    return (f"did you mean {near[0]!r}? " if near else "") + f"known are {', '.join(names)}"


def _one_of(what: str, known: Collection[str], more: str = "") -> Any:
    def checked(name: str) -> str:
        if name not in known:
            raise ValueError(f"there is no {what} called {name!r}; {nearest(name, known)}{more}")
        return name

    return AfterValidator(checked)


def _backbone(*kinds: str) -> Any:
    """A backbone of one of these kinds, or one with fresh weights where there can be such."""

    def checked(name: str) -> str:
        base = name.removesuffix(RANDOM)
        fitting = [known for known, found in BACKBONES.items() if found.kind in kinds]
        if base not in BACKBONES:
            fresh = f", each of kind text or image also with {RANDOM} for fresh weights"
            raise ValueError(f"there is no backbone called {name!r}; {nearest(base, fitting)}{fresh}")
        found = BACKBONES[base]
        if found.kind not in kinds:
            raise ValueError(f"{name!r} is a backbone of kind {found.kind}; {nearest(base, fitting)}")
        if name != base and (found.kind == "face" or (found.kind == "multimodal" and not found.config)):
            raise ValueError(f"there are no fresh weights of {base!r}; {nearest(base, fitting)}")
        return name

    return AfterValidator(checked)


Text = Annotated[str, _backbone("text")]
Image = Annotated[str, _backbone("image")]
ImageOrFace = Annotated[str, _backbone("image", "face")]
Joint = Annotated[str, _backbone("multimodal")]
Objective = Annotated[str, _one_of("objective", OBJECTIVE_NAMES)]
Fusion = Annotated[str, _one_of("fusion", FUSIONS)]
Method = Annotated[str, _one_of("alignment", ALIGNMENT_NAMES)]
Variant = Annotated[str, _one_of("variant", VARIANTS)]
Baseline = Annotated[str, _one_of("baseline", BASELINES, "; a new one is a class in lib/runs/baselines.py")]
Loss = Annotated[str, _one_of("loss", LOSSES)]
LossOrNone = Annotated[str, _one_of("loss", (*LOSSES, UNTRAINED))]
AnyProtocol = Annotated[str, _one_of("protocol", ("", *get_args(Protocol)))]
Faces = Annotated[str, _one_of("choice of pictures", ("all", "face", "no-face"))]


class RunParameters(BaseModel):
    """Of every run; a field without a default must be given."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, allow_inf_nan=False)

    seed: Seed


class TextRun(RunParameters):
    text: Text
    objective: Objective
    variant: Variant = "corrected"
    protocol: AnyProtocol = ""


class ImageRun(RunParameters):
    image: ImageOrFace
    objective: Objective
    variant: Variant = "corrected"
    faces: Faces = "all"
    protocol: AnyProtocol = ""

    @model_validator(mode="after")
    def _faces_are_frozen(self) -> ImageRun:
        _check_face_network(self.image, self.objective)
        return self


class FusionRun(RunParameters):
    text: Text
    image: ImageOrFace
    fusion: Fusion
    objective: Objective
    variant: Variant = "corrected"
    protocol: AnyProtocol = ""

    @model_validator(mode="after")
    def _fusion_fits(self) -> FusionRun:
        _check_face_network(self.image, self.objective)
        _check_fusion(self.fusion, self.objective)
        return self


class SingleStreamRun(RunParameters):
    multimodal: Joint
    objective: Objective
    variant: Variant = "corrected"


class BaselineRun(RunParameters):
    baseline: Baseline
    modality: str = ""

    @model_validator(mode="after")
    def _modality_fits(self) -> BaselineRun:
        kind = BASELINES[self.baseline]
        if self.modality not in (("", kind) if kind else ("", "text", "image")):
            about = kind or "text or image"
            raise ValueError(f"{self.baseline}: modality {self.modality!r} doesn't fit; it is about {about} items")
        return self


class AlignmentRun(RunParameters):
    text: Text
    image: Image
    method: Method
    variant: Variant = "corrected"
    temperature: Annotated[float, Field(gt=0)] | Literal[""] = ""
    overlap: Annotated[float, Field(ge=0, le=1)] | Literal[""] = ""


class FineTuningRun(RunParameters):
    text: Text
    image: Image
    aligned: Method
    fusion: Fusion
    objective: Objective
    variant: Variant = "corrected"

    @model_validator(mode="after")
    def _fusion_fits(self) -> FineTuningRun:
        _check_fusion(self.fusion, self.objective)
        return self


class LinkingRun(RunParameters):
    image: Image
    loss: LossOrNone


class SearchRun(RunParameters):
    image: Image
    loss: Loss


RUNS: dict[str, type[RunParameters]] = {
    "10_text": TextRun,
    "11_image": ImageRun,
    "12_fusion": FusionRun,
    "13_single_stream": SingleStreamRun,
    "14_baselines": BaselineRun,
    "20_alignment": AlignmentRun,
    "21_alignment_finetune": FineTuningRun,
    "41_hotel_linking": LinkingRun,
    "43_hotel_search": SearchRun,
}
"""The run notebooks, and what their parameters may be."""


def _check_face_network(image: str, objective: str) -> None:
    if BACKBONES[image.removesuffix(RANDOM)].kind == "face" and objective not in (UNTRAINED, "ce"):
        raise ValueError(
            f"{image}: a face network's vectors are taken as they are, so only a class head can be trained on them; "
            f"give the objective {UNTRAINED} or ce"
        )


def _check_fusion(fusion: str, objective: str) -> None:
    if fusion == "mean-similarity" and objective != UNTRAINED:
        raise ValueError(
            "mean-similarity compares encoders as they come and can't be trained; give the objective "
            f"{UNTRAINED}, or a fusion that learns"
        )
    if fusion in ("auto", "attention") and objective == UNTRAINED:
        raise ValueError(
            f"{fusion} has weights of its own, which {UNTRAINED} would leave at random; give the fusion mean-similarity, "
            "or an objective that trains it"
        )


def problem(notebook: str, parameters: Mapping[str, Any]) -> str:
    """What is wrong with the parameters of a run notebook, in a sentence or two; '' if nothing is."""
    kind = RUNS[notebook]
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
        found["modality"] = BASELINES[found["baseline"]] or found.get("modality") or "text"
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
        raise DataError(f"{notebook}: {wrong}. What its parameters may be is in lib/study/parameters.py.")


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
        if type(values[name]) not in kinds and not (notebook in RUNS and name in RUNS[notebook].model_fields):
            kind = type(values[name]).__name__  # not the value: a chapter may be given an ad
            raise DataError(
                f"{notebook}: {name} is of type {kind}; it must be {_TYPES[type(default)]}, such as {default!r}."
            )
    if notebook in RUNS:
        check_run(notebook, {name: values[name] for name in known if name in RUNS[notebook].model_fields})


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
