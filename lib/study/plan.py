"""A study: which runs and chapters follow from its parameter file, and the key of each.

The file's schema is `lib.study.config.StudyFile`.
The work itself is a graph (Snakefile, lib/pipeline/run_study.py): notebooks with parameters, executed by papermill.
"""

from __future__ import annotations

import hashlib
import itertools
import json
from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

from pydantic import ValidationError, field_validator, model_validator

from lib.core import data_state, fingerprints, yaml_files
from lib.core.errors import DataError
from lib.core.files import ROOT
from lib.study import parameters, run_kinds, run_record
from lib.study.config import FACE_NETWORKS, StudyFile, check_batch
from lib.study.names import nearest
from lib.study.run_kinds import RUN_KINDS
from lib.study.run_record import RunRecord

HOTEL_SPLITS = "40_hotel_splits"
"""The chapter that reads split files of hotel pictures."""


class Study(StudyFile):
    """A parameter file with what follows from it: runs, chapters, and the key of each."""

    @field_validator("runs")
    @classmethod
    def _runs_can_be_made(cls, value: list[dict[str, Any]]) -> list[dict[str, Any]]:
        for number, entry in enumerate(value, start=1):
            if problem := _entry_problem(entry):
                raise ValueError(f"entry {number} ({entry.get('notebook', 'no notebook')}): {problem}")
        return value

    @field_validator("chapters")
    @classmethod
    def _chapters_exist(cls, value: list[str]) -> list[str]:
        known = chapters()
        for name in value:
            if name not in known:
                raise ValueError(f"there is no notebooks/{name}.ipynb among the chapters; {nearest(name, known)}")
        if twice := [name for name in value if value.count(name) > 1]:
            raise ValueError(f"{twice[0]} is there twice")
        return value

    @model_validator(mode="after")
    def _parts_fit(self) -> Study:
        if self.alignment.per_vendor:
            check_batch(self.alignment.batch_size or self.training.batch_size, self.alignment.per_vendor, "vendor")
        if self.data.source != "twin" and any(entry.get("overlap", [""]) != [""] for entry in self.runs):
            raise ValueError("runs: overlap is the twin's; other data has the overlap that it has")
        for entry in self.runs:
            for loss in entry["loss"] if entry["notebook"] == run_kinds.SEARCH.notebook else ():
                if not self.hotels.search.get(loss, self.hotels.search.get("any")):
                    raise ValueError(
                        f"hotels.search names no hyper-parameter to try for {loss}, which {run_kinds.SEARCH.notebook} asks for"
                    )
        return self

    @model_validator(mode="after")
    def _no_run_twice(self) -> Study:
        made: dict[tuple[Any, ...], int] = {}
        for number, entry in enumerate(self.runs, start=1):
            for run in self._combinations(entry):
                same = (run.notebook, *sorted(parameters.meant(run.parameters).items()))
                if same in made:
                    twice = "twice" if made[same] == number else f"as entry {made[same]} does"
                    raise ValueError(f"runs: entry {number} makes {run.name} {twice}; leave it out once")
                made[same] = number
        return self

    @model_validator(mode="after")
    def _fine_tuned_is_aligned(self) -> Study:
        planned = self._planned()
        names = {run.name for run in planned}
        for run in planned:
            first = run.begins_with
            if first and first.name not in names:
                raise ValueError(f"{run.name} begins with {first.name}, which is not among the runs; add it")
        return self

    @property
    def possible_chapters(self) -> list[str]:
        """The chapters that can be executed; `left_out` says why others can't."""
        return [name for name in self.chapters if not self._chapter_hindrance(name)]

    @property
    def left_out(self) -> list[str]:
        """A sentence for each run notebook and chapter of the study that can't be executed: which, and why."""
        said = []
        for name in dict.fromkeys(entry["notebook"] for entry in self.runs):
            runs = [run for run in self._planned() if run.notebook == name]
            for reason in dict.fromkeys(filter(None, map(self._run_hindrance, runs))):
                count = sum(self._run_hindrance(run) == reason for run in runs)
                said.append(f"{count} {'run' if count == 1 else 'runs'} of {name} left out: {reason}")
        for name in self.chapters:
            if reason := self._chapter_hindrance(name):
                said.append(f"Chapter {name} was left out: {reason}")
        return said

    def all_runs(self) -> dict[str, Run]:
        """Every run of the study that can be executed, by its name: all combinations of each entry's lists."""
        return {run.name: run for run in self._planned() if not self._run_hindrance(run)}

    def _planned(self) -> list[Run]:
        """All combinations of each entry's lists."""
        return [run for entry in self.runs for run in self._combinations(entry)]

    def _combinations(self, entry: Mapping[str, Any]) -> list[Run]:
        return [Run(self, entry["notebook"], given) for given in _combinations(entry)]

    def _run_hindrance(self, run: Run) -> str:
        """Why a run can't be executed, said in a sentence; '' if it can."""
        if run.parameters.get("image") in FACE_NETWORKS and not self.embeds_faces:
            return "vectors of faces are made of sensitive data only where face_embeddings is true."
        return self._lacking(run.needs)

    def _lacking(self, needs: Sequence[str]) -> str:
        """What is needed and the data doesn't have, said in a sentence; '' if nothing."""
        return next((self.data.lacks[need] for need in needs if need in self.data.lacks), "")

    def _chapter_hindrance(self, name: str) -> str:
        if name == HOTEL_SPLITS and not self.hotel_folder:
            return (
                "it needs the split files of Revisited Hotel-ID from the authors' public repository "
                "aarashfeizi/revisited-hotels. With them: make study HOTEL_SPLITS=/folder/of/the/csv/files"
            )
        if self.runs and not self.all_runs() and reads_runs(name):
            return "it compares runs, and this data allows none of the study's."
        return self._lacking(run_kinds.CHAPTER_NEEDS.get(name, ()))

    def key(self, notebook_name: str, parameters: dict[str, Any]) -> str:
        """A fingerprint of all that decides what a notebook computes: code, parameters, and the data and weights that are
        somebody's own files. (The twin's bytes follow from its parameters and its code.)"""
        unread = {"name", "about", "runs", "chapters", "hotel_splits"}
        unread |= {"speed", "alignment", "hotels"} - set(run_kinds.sections_of(notebook_name))
        relevant = self.model_dump(exclude=unread)
        code, files = fingerprints.fingerprint(notebook(notebook_name)), self._own_files(notebook_name, parameters)
        text = json.dumps([relevant, parameters, code, files], sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()[:16]

    @cached_property
    def own_ads(self) -> str:
        """A fingerprint of the user's ads as they are now (tables, and the bytes of the pictures that these name); '' of the twin.
        A study that is loaded anew looks anew."""
        if self.data.source == "twin":
            return ""
        given = self.data
        return data_state.of_tables(
            self.data_folder, given.columns.images, given.separator, given.delimiter, given.encoding, self.cache
        )

    @cached_property
    def own_hotels(self) -> str:
        """The same of the user's hotel pictures and of the split files; '' where there are none."""
        found = (
            []
            if self.hotels.source == "twin"
            else [data_state.of_tables(self.hotel_pictures, "image", cache=self.cache)]
        )
        return " ".join(found + ([data_state.of_folder(self.hotel_folder, self.cache)] if self.hotel_folder else []))

    @property
    def ads_identity(self) -> str:
        """All that decides what the ads are read as: where they are, their state, how they are read and by what code."""
        given = [self.data.model_dump(), str(self.data_folder), self.own_ads, self.sensitive]
        return json.dumps(["ads", *given, fingerprints.module_fingerprint("lib.data.loading")])

    @property
    def hotels_identity(self) -> str:
        """The same of the hotel pictures."""
        given = [self.hotels.model_dump(), str(self.hotel_pictures), str(self.hotel_folder), self.own_hotels]
        return json.dumps(["hotels", *given, fingerprints.module_fingerprint("lib.hotels.loading")])

    def _own_files(self, notebook_name: str, given: Mapping[str, Any]) -> list[str]:
        """The state of all files of the user's that a notebook reads, for its key."""
        used = fingerprints.modules_of(notebook(notebook_name))
        found = [self.own_ads if _module("lib.data.loading") in used else ""]
        found += [
            self.own_hotels if "hotels" in run_kinds.sections_of(notebook_name) or notebook_name == HOTEL_SPLITS else ""
        ]
        if self.weights_folder and _module("lib.models.backbones") in used:
            names = parameters.backbones(given) if notebook_name in RUN_KINDS else [""]
            found += [data_state.of_folder(Path(self.weights_at) / name, self.cache) for name in names]
        if self.datasheet and notebook_name == "01_data":
            found.append(data_state.of_files([self.datasheet], self.datasheet.parent, self.cache))
        return found


DEFAULTS: dict[str, Any] = {"variant": "corrected", "faces": "all"}
"""Parameters of run notebooks that don't count as given when they have these values."""
ORDER = [
    "text",
    "image",
    "multimodal",
    "baseline",
    "method",
    "aligned",
    "fusion",
    "objective",
    "loss",
    "modality",
    "variant",
    "faces",
    "temperature",
    "overlap",
    "protocol",
    "seed",
]
"""In which order a run's name has its parameters, however the parameter file has them."""


def given(parameters: dict[str, Any], study: Study) -> dict[str, Any]:
    """A run's parameters without those that are empty, at their default or (`protocol`) as the study's, in the order of ORDER."""
    protocol = parameters.get("protocol") or study.split.protocol
    parameters = {**parameters, "protocol": "" if protocol == study.split.protocol else protocol}
    names = sorted(parameters, key=lambda name: ORDER.index(name) if name in ORDER else len(ORDER))
    return {name: parameters[name] for name in names if parameters[name] not in ("", DEFAULTS.get(name))}


class Run:
    """One run notebook with one set of parameters. Raises DataError for parameters that the notebook can't have."""

    def __init__(self, study: Study, notebook_name: str, given_parameters: dict[str, Any]) -> None:
        self.study, self.notebook, self.parameters = study, notebook_name, given(given_parameters, study)
        parameters.check_run(notebook_name, self.parameters)
        self.kind = RUN_KINDS[notebook_name]

    @property
    def name(self) -> str:
        """Readable: text/minilm-l6/ce+supcon/ad/seed1111. Hotel pictures have splits of their own, not an ads' protocol."""
        values = [str(value) for key, value in self.parameters.items() if key not in ("protocol", "seed")]
        chosen = self.parameters.get("protocol", self.study.split.protocol)
        protocol = [] if self.kind.hotels else [chosen]
        return "/".join([self.kind.name, *values, *protocol, f"seed{self.parameters['seed']}"])

    @property
    def needs(self) -> tuple[str, ...]:
        """What the ads must have, of `text` and `image`."""
        return self.kind.needs(self.parameters)

    @property
    def begins_with(self) -> Run | None:
        """The run that this one takes up: the alignment that is fine-tuned, or the search for a loss's hyper-parameters, if there is one."""
        if self.kind is run_kinds.LINKING:
            same = {name: self.parameters[name] for name in ("image", "loss")}
            searches = (entry for entry in self.study.runs if entry["notebook"] == run_kinds.SEARCH.notebook)
            grids = [entry for entry in searches if all(value in entry[name] for name, value in same.items())]
            return Run(self.study, run_kinds.SEARCH.notebook, same | {"seed": grids[0]["seed"][0]}) if grids else None
        if self.kind is not run_kinds.FINE_TUNING:
            return None
        given = self.parameters
        same = {name: given.get(name, "") for name in ("text", "image")} | {"method": given.get("aligned", "")}
        same |= {name: given[name] for name in ("variant", "seed") if name in given}
        return Run(self.study, run_kinds.ALIGNMENT.notebook, same)

    @property
    def folder(self) -> Path:
        return self.study.folder / "runs" / self.name

    @property
    def key(self) -> str:
        return self.study.key(self.notebook, self.parameters)

    @property
    def identity(self) -> dict[str, Any]:
        """What its record must say of it."""
        return {"study": self.study.name, "notebook": self.notebook, "parameters": self.parameters, "key": self.key}

    @property
    def finished(self) -> bool:
        """Whether it has a record, which is written last."""
        return (self.folder / "metrics.json").exists()

    def record(self) -> RunRecord:
        """What the run noted of itself (metrics.json). Raises DataError when that is no record of this run: of another study, notebook
        or parameters, of other code or settings (the key has them), or of other data; no table may read such a run."""
        found = run_record.read(self.folder / "metrics.json")
        wrong = [name for name, value in self.identity.items() if getattr(found, name) != value]
        expected = data_state.settled(self._data_identity)
        if expected and (found.data.fingerprint or expected) != expected:
            wrong.append("data")
        if wrong:
            raise DataError(
                f"{self.folder / 'metrics.json'}: this record is of another run than {self.name} as planned: its "
                f"{', '.join(wrong)} {'differs' if len(wrong) == 1 else 'differ'}. (The key stands for code, settings and own "
                f"files.) Nothing is read from it. Remove the folder, then: make study PROFILE={self.study.name}"
            )
        return found

    @property
    def _data_identity(self) -> str:
        if self.kind.hotels:
            return self.study.hotels_identity
        overlap = self.parameters.get("overlap")
        return (self.study if overlap is None else self.study.at_overlap(overlap)).ads_identity


def notebook(name: str) -> Path:
    """The source of the notebook called `name`."""
    return ROOT / "notebooks" / f"{name}.ipynb"


def chapters() -> list[str]:
    """The notebooks that are chapters: all but those that make a run."""
    return sorted(path.stem for path in (ROOT / "notebooks").glob("[0-9]*.ipynb") if path.stem not in RUN_KINDS)


def _combinations(entry: Mapping[str, Any]) -> list[dict[str, Any]]:
    """All combinations of an entry's lists, each as a run's parameters."""
    grid = {name: values for name, values in entry.items() if name != "notebook"}
    return [dict(zip(grid, values, strict=True)) for values in itertools.product(*grid.values())]


def _entry_problem(entry: Mapping[str, Any]) -> str:
    """What is wrong with an entry of `runs`; '' if nothing is."""
    name = entry.get("notebook")
    if not isinstance(name, str) or name not in RUN_KINDS:
        return f"there is no run notebook called {name!r}; {nearest(name, RUN_KINDS)}"
    for field, values in entry.items():
        if field != "notebook" and (not isinstance(values, list) or not values):
            return f"{field}: give a list with something in it, such as [{values or 1111}]"
        if field != "notebook" and any(value in values[:place] for place, value in enumerate(values)):
            return f"{field} has a value twice (of {values})"
    return next(filter(None, (parameters.problem(name, found) for found in _combinations(entry))), "")


def _module(name: str) -> Path:
    """The file of a module of this project."""
    return ROOT.joinpath(*name.split(".")).with_suffix(".py")


def executed(folder: Path) -> list[Path]:
    """The chapters of a study's folder that were executed whole, in their order."""
    found = sorted((folder / "notebooks").glob("[0-9]*.ipynb"))  # none that is being written
    return [path for path in found if not path.name.endswith(".failed.ipynb")]


def reads_runs(name: str) -> bool:
    """Whether a chapter reads what runs have measured: whether its code uses lib.runs.results."""
    return _module("lib.runs.results") in fingerprints.modules_of(notebook(name))


def file(study: str | Path) -> Path:
    """The parameter file that is meant: a path (from here or from the project), or a name: params/<name>.yaml. Raises DataError when there is
    none."""
    path, named = Path(study), ROOT / "params" / f"{study}.yaml"
    if not path.suffix or named.exists():
        path = named
    if not path.exists() and not path.is_absolute():
        path = ROOT / path
    if not path.is_file():
        known = sorted(file.stem for file in (ROOT / "params").glob("*.yaml"))
        raise DataError(f"{path}: there is no such parameter file. Give a path, or a name: {nearest(study, known)}.")
    return path


def load(study: str | Path) -> Study:
    """The study of a parameter file. Raises DataError when there is no such file or something in it is not as `Study` says."""
    path = file(study)
    try:
        return Study(**yaml_files.read(path, "expected are parameters, as in params/quick.yaml"))
    except ValidationError as error:
        wrong = "; ".join(dict.fromkeys(_said(item) for item in error.errors(include_url=False)))
        raise DataError(
            f"{path}: {wrong}. The parameters and their types are listed in lib/study/config.py."
        ) from error


def _said(item: Any) -> str:
    """One of pydantic's errors, with the nearest valid name where a name isn't known."""
    *above, last = item["loc"] or ("",)
    where = ".".join(str(part) for part in item["loc"])
    if item["type"] == "extra_forbidden":
        section: Any = Study
        for part in above:
            section = section.model_fields[part].annotation
        return f"{where}: there is no such parameter; {nearest(last, section.model_fields)}"
    said = item["msg"].removeprefix("Value error, ")
    return f"{where}: {said}" if where else said
