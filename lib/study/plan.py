"""A study: which runs and chapters follow from its parameter file, and the key of each.

`lib.study.config.StudyFile` is the file's schema. A study is executed as a graph of notebooks with parameters
(Snakefile, lib/pipeline/run_study.py).
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
from pydantic_core import ErrorDetails

from lib.core import data_state, fingerprints, yaml_files
from lib.core.errors import DataError
from lib.core.files import ROOT
from lib.study import messages, parameters, run_kinds, run_record
from lib.study.config import FACE_NETWORKS, StudyFile, check_batch
from lib.study.names import nearest
from lib.study.run_kinds import NO_GROUPS, RUN_KINDS
from lib.study.run_record import RunRecord

HOTEL_SPLITS = "40_hotel_splits"
"""The chapter that reads split files of hotel pictures."""
SUMMARIES = ("91_scorecard", "93_checklist")
"""Chapters that read what the others wrote, but for what machines do."""
DEFAULTS: dict[str, Any] = {"variant": "corrected", "faces": "all"}
"""Parameters of run notebooks that are left out of a run's name where they have these values."""
OF_NO_RESULT = ("about", "publish", "hotel_splits")
"""Fields of the parameter file that no result depends on, but for the files in a folder that one names."""
_OF_SOME = {"speed", "alignment", "hotels"}
"""Sections that only some notebooks read."""
ORDER = [
    *("text", "image", "multimodal", "baseline", "method", "aligned", "fusion", "objective", "loss"),
    *("modality", "variant", "sampling", "faces", "temperature", "overlap", "protocol", "seed"),
]
"""The order of the parameters in a run's name, however the parameter file has them."""


class Study(StudyFile):
    """A parameter file with its runs, its chapters, and the key of each."""

    @field_validator("runs")
    @classmethod
    def _runs_are_valid(cls, value: list[dict[str, Any]]) -> list[dict[str, Any]]:
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
                raise ValueError(f"there is no chapter called {name!r}; {nearest(name, known)}")
        if duplicates := [name for name in value if value.count(name) > 1]:
            raise ValueError(f"{duplicates[0]} is there twice")
        return value

    @model_validator(mode="after")
    def _sections_agree(self) -> Study:
        if self.alignment.per_vendor:
            check_batch(self.alignment.batch_size or self.training.batch_size, self.alignment.per_vendor, "vendor")
        if self.alignment.steps and self.alignment.steps % self.training.check_every:
            raise ValueError(
                f"alignment.steps, {self.alignment.steps}, must be a multiple of training.check_every, "
                f"{self.training.check_every}"
            )
        if self.data.source != "twin" and any(entry.get("overlap", [""]) != [""] for entry in self.runs):
            raise ValueError("runs: overlap is the twin's; other data has the overlap that it has")
        protocols = {self.split.protocol, *(name for entry in self.runs for name in entry.get("protocol", ()))}
        if "group" in protocols and self.data.columns.group is None:
            raise ValueError(f"protocol group: {NO_GROUPS}")
        for entry in self.runs:
            for loss in entry["loss"] if entry["notebook"] == run_kinds.SEARCH.notebook else ():
                if not self.hotels.search.get(loss, self.hotels.search.get("any")):
                    raise ValueError(
                        f"hotels.search names no hyper-parameter to try for {loss}, which {run_kinds.SEARCH.notebook} "
                        "asks for"
                    )
        return self

    @model_validator(mode="after")
    def _no_run_twice(self) -> Study:
        entries: dict[tuple[Any, ...], int] = {}
        for number, entry in enumerate(self.runs, start=1):
            for run in self._combinations(entry):
                same = (run.notebook, *sorted(parameters.canonical(run.parameters).items()))
                if same in entries:
                    where = "twice" if entries[same] == number else f"as entry {entries[same]} does"
                    raise ValueError(f"runs: entry {number} makes {run.name} {where}; leave it out once")
                entries[same] = number
        return self

    @model_validator(mode="after")
    def _prerequisites_are_planned(self) -> Study:
        planned = self._planned()
        names = {run.name for run in planned}
        for run in planned:
            first = run.prerequisite
            if first and first.name not in names:
                raise ValueError(f"{run.name} begins with {first.name}, which is not among the runs; add it")
        return self

    @property
    def possible_chapters(self) -> list[str]:
        """The chapters that can be executed; `left_out` says why others can't."""
        return [name for name in self.chapters if not self._chapter_obstacle(name)]

    @property
    def left_out(self) -> list[str]:
        """A sentence for each run notebook and chapter of the study that can't be executed: which one, and why."""
        sentences = []
        for name in dict.fromkeys(entry["notebook"] for entry in self.runs):
            runs = [run for run in self._planned() if run.notebook == name]
            for reason in dict.fromkeys(filter(None, map(self._run_obstacle, runs))):
                count = sum(self._run_obstacle(run) == reason for run in runs)
                sentences.append(f"{count} {'run' if count == 1 else 'runs'} of {name} left out: {reason}")
        for name in self.chapters:
            if reason := self._chapter_obstacle(name):
                sentences.append(f"Chapter {name} was left out: {reason}")
        return sentences

    def all_runs(self) -> dict[str, Run]:
        """Every run of the study that can be executed, by its name."""
        return {run.name: run for run in self._planned() if not self._run_obstacle(run)}

    def _planned(self) -> list[Run]:
        """All combinations of each entry's lists."""
        return [run for entry in self.runs for run in self._combinations(entry)]

    def _combinations(self, entry: Mapping[str, Any]) -> list[Run]:
        return [Run(self, entry["notebook"], values) for values in _combinations(entry)]

    def _run_obstacle(self, run: Run) -> str:
        """Why a run can't be executed, as a sentence; '' if it can."""
        if run.parameters.get("image") in FACE_NETWORKS and not self.embeds_faces:
            return "vectors of faces are made of sensitive data only where face_embeddings is true."
        return self._lacking(run.needs)

    def _lacking(self, needs: Sequence[str]) -> str:
        """What is needed and the data doesn't have, as a sentence; '' if nothing."""
        return next((self.data.lacks[need] for need in needs if need in self.data.lacks), "")

    def _chapter_obstacle(self, name: str) -> str:
        """Why a chapter can't be executed, as a sentence; '' if it can."""
        if name == HOTEL_SPLITS and not self.hotel_folder:
            return (
                "it needs the split files of Revisited Hotel-ID from the authors' public repository "
                "aarashfeizi/revisited-hotels. With them: make study HOTEL_SPLITS=/folder/of/the/csv/files"
            )
        if self.runs and not self.all_runs() and reads_runs(name):
            return "it compares runs, and this data allows none of the study's."
        if name in run_kinds.OF_BENCHMARKS and self.runs and not any(map(_is_benchmark, self.all_runs().values())):
            return (
                f"it is about systems trained by {run_kinds.BENCHMARK}, and none of the study's runs is, as is usual "
                "(without variant, sampling or faces). Add that objective to a run of 10_text, 11_image or 12_fusion."
            )
        return self._lacking(run_kinds.CHAPTER_NEEDS.get(name, ()))

    def key(self, notebook_name: str, parameters: dict[str, Any]) -> str:
        """A fingerprint of all that a notebook's results depend on: 16 hexadecimal digits.

        That is its code, its parameters, the sections of the parameter file that it reads, which runs or chapters it
        sums up, and the user's own data and weights. The twin's bytes follow from its parameters and its code.
        """
        relevant = self.model_dump(exclude=unread(notebook_name))
        code, files = fingerprints.fingerprint(notebook(notebook_name)), self._own_files(notebook_name, parameters)
        read = list(self.all_runs()) if notebook_name not in RUN_KINDS and reads_runs(notebook_name) else []
        read += self.chapters if notebook_name in SUMMARIES else []
        text = json.dumps([relevant, parameters, code, files, *([sorted(read)] if read else [])], sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()[:16]

    @cached_property
    def own_ads(self) -> str:
        """A fingerprint of the user's ads: of their tables, and of the pictures that these name; '' for the twin.

        It is that of when it was first asked for: load the study again to see changes.
        """
        data = self.data
        if data.source == "twin":
            return ""
        return data_state.of_tables(
            self.data_folder, data.columns.images, data.separator, data.delimiter, data.encoding, self.cache
        )

    @cached_property
    def own_hotels(self) -> str:
        """Fingerprints of the user's hotel pictures and of the split files; '' where there are none."""
        states = []
        if self.hotels.source != "twin":
            states.append(data_state.of_tables(self.hotel_pictures, "image", cache=self.cache))
        if self.hotel_folder:
            states.append(data_state.of_folder(self.hotel_folder, self.cache))
        return " ".join(states)

    @property
    def ads_identity(self) -> str:
        """All that the ads table depends on: the files' place and state, how they are read, and the code that reads."""
        source = [self.data.model_dump(), str(self.data_folder), self.own_ads, self.sensitive]
        return json.dumps(["ads", *source, fingerprints.module_fingerprint("lib.data.loading")])

    @property
    def hotels_identity(self) -> str:
        """All that the tables of hotel pictures depend on, as `ads_identity` has it of ads."""
        source = [self.hotels.model_dump(), str(self.hotel_pictures), str(self.hotel_folder), self.own_hotels]
        return json.dumps(["hotels", *source, fingerprints.module_fingerprint("lib.hotels.loading")])

    def _own_files(self, notebook_name: str, values: Mapping[str, Any]) -> list[str]:
        """The states of the user's files that a notebook with these parameters reads, for its key."""
        modules = fingerprints.modules_of(notebook(notebook_name))
        reads_hotels = "hotels" in run_kinds.sections_of(notebook_name) or notebook_name == HOTEL_SPLITS
        reads_ads = fingerprints.module_file("lib.data.loading") in modules
        states = [self.own_ads if reads_ads else "", self.own_hotels if reads_hotels else ""]
        if self.weights_folder and fingerprints.module_file("lib.models.backbones") in modules:
            names = parameters.backbones(values) if notebook_name in RUN_KINDS else [""]
            states += [data_state.of_folder(Path(self.weights_at) / name, self.cache) for name in names]
        if self.datasheet and notebook_name == "01_data":
            states.append(data_state.of_files([self.datasheet], self.datasheet.parent, self.cache))
        return states


def without_defaults(parameters: dict[str, Any], study: Study) -> dict[str, Any]:
    """A run's parameters in the order of ORDER, without those that are empty, at their default or as the study's."""
    usual = DEFAULTS | {"protocol": study.split.protocol, "sampling": run_kinds.usual_sampling(parameters)}
    names = sorted(parameters, key=lambda name: ORDER.index(name) if name in ORDER else len(ORDER))
    return {name: parameters[name] for name in names if parameters[name] not in ("", usual.get(name))}


class Run:
    """One run notebook with one set of parameters. Raises DataError for parameters that the notebook can't have."""

    def __init__(self, study: Study, notebook_name: str, values: dict[str, Any]) -> None:
        self.study, self.notebook, self.parameters = study, notebook_name, without_defaults(values, study)
        parameters.check_run(notebook_name, self.parameters)
        self.kind = RUN_KINDS[notebook_name]

    @property
    def name(self) -> str:
        """Such as text/minilm-l6/ce+supcon/ad/seed1111; of hotel pictures without a protocol."""
        values = [str(value) for key, value in self.parameters.items() if key not in ("protocol", "seed")]
        protocol = [] if self.kind.hotels else [self.parameters.get("protocol", self.study.split.protocol)]
        return "/".join([self.kind.name, *values, *protocol, f"seed{self.parameters['seed']}"])

    @property
    def needs(self) -> tuple[str, ...]:
        """What the ads must have, of `text` and `image`."""
        return self.kind.needs(self.parameters)

    @property
    def prerequisite(self) -> Run | None:
        """The run that must come first, if any: the alignment to fine-tune, or the search for hyper-parameters."""
        values = self.parameters
        if self.kind is run_kinds.LINKING:
            same = {name: values[name] for name in ("image", "loss")}
            searches = (entry for entry in self.study.runs if entry["notebook"] == run_kinds.SEARCH.notebook)
            entries = [entry for entry in searches if all(value in entry[name] for name, value in same.items())]
            if not entries:
                return None
            return Run(self.study, run_kinds.SEARCH.notebook, same | {"seed": entries[0]["seed"][0]})
        if self.kind is not run_kinds.FINE_TUNING:
            return None
        same = {name: values.get(name, "") for name in ("text", "image")} | {"method": values.get("aligned", "")}
        same |= {name: values[name] for name in ("variant", "seed") if name in values}
        return Run(self.study, run_kinds.ALIGNMENT.notebook, same)

    @property
    def folder(self) -> Path:
        return self.study.folder / "runs" / self.name

    @property
    def key(self) -> str:
        return self.study.key(self.notebook, self.parameters)

    @property
    def identity(self) -> dict[str, Any]:
        """The fields of its record that tell it from other runs."""
        return {"study": self.study.name, "notebook": self.notebook, "parameters": self.parameters, "key": self.key}

    @property
    def finished(self) -> bool:
        """Whether it has a record, which is written last."""
        return (self.folder / "metrics.json").exists()

    def record(self) -> RunRecord:
        """The run's record (metrics.json).

        Raises DataError when it is a record of another run: of another study, notebook or parameters, of other code or
        settings (the key stands for both), or of other data.
        """
        record = run_record.read(self.folder / "metrics.json")
        wrong = [name for name, value in self.identity.items() if getattr(record, name) != value]
        expected = data_state.noted_fingerprint(self._data_identity)
        if expected and (record.data.fingerprint or expected) != expected:
            wrong.append("data")
        if wrong:
            raise DataError(
                f"{self.folder / 'metrics.json'}: this record is of another run than {self.name} as planned: its "
                f"{', '.join(wrong)} {'differs' if len(wrong) == 1 else 'differ'}. (The key stands for code, settings "
                "and own files.) Nothing is read from it. Remove the folder, then: make study "
                f"PROFILE={self.study.name}"
            )
        return record

    @property
    def _data_identity(self) -> str:
        if self.kind.hotels:
            return self.study.hotels_identity
        overlap = self.parameters.get("overlap")
        return (self.study if overlap is None else self.study.at_overlap(overlap)).ads_identity


def unread(notebook_name: str) -> set[str]:
    """The sections and fields of the parameter file that a notebook's results don't depend on."""
    return {*OF_NO_RESULT, "name", "runs", "chapters", *_OF_SOME - set(run_kinds.sections_of(notebook_name))}


def notebook(name: str) -> Path:
    """The source of the notebook called `name`."""
    return ROOT / "notebooks" / f"{name}.ipynb"


def chapters() -> list[str]:
    """The notebooks that are chapters: all but those that make a run."""
    return sorted(path.stem for path in (ROOT / "notebooks").glob("[0-9]*.ipynb") if path.stem not in RUN_KINDS)


def _is_benchmark(run: Run) -> bool:
    """Whether a run is one of those that the chapters of run_kinds.OF_BENCHMARKS are about."""
    unusual = {"variant", "sampling", "faces", "protocol"} & set(run.parameters)
    return run.parameters.get("objective") == run_kinds.BENCHMARK and not run.parameters.get("aligned") and not unusual


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
    return next(filter(None, (parameters.problem(name, values) for values in _combinations(entry))), "")


def executed(folder: Path) -> list[Path]:
    """The notebooks of a study's folder of results that were executed to the end, in the order of their names."""
    paths = sorted((folder / "notebooks").glob("[0-9]*.ipynb"))  # none that is being written
    return [path for path in paths if not path.name.endswith(".failed.ipynb")]


def shown(study: str | Path) -> Study:
    """The study as it was run here, or as it is published where it wasn't. Raises DataError as `load` does."""
    chosen = load(study)
    return chosen if executed(chosen.folder) else chosen.published()


def reads_runs(name: str) -> bool:
    """Whether a chapter reads the results of runs, that is uses lib.runs.results."""
    return fingerprints.module_file("lib.runs.results") in fingerprints.modules_of(notebook(name))


def parameter_file(study: str | Path) -> Path:
    """The parameter file that a path (from here or from the project's folder) or a name in params/ stands for.

    Raises DataError when there is none.
    """
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
    """Read and check a study's parameter file, as `parameter_file` finds it; `results/NAME` is the published study.

    Raises DataError when there is no such file, or when something in it is not as `Study` says.
    """
    if str(study).startswith("results/"):
        return load(str(study).removeprefix("results/")).published()
    path = parameter_file(study)
    try:
        return Study(**yaml_files.read(path, "expected are parameters, as in params/quick.yaml"))
    except ValidationError as error:
        wrong = "; ".join(dict.fromkeys(_message(item) for item in error.errors(include_url=False)))
        raise DataError(
            f"{path}: {wrong}. The parameters and their types are listed in lib/study/config.py."
        ) from error


def _message(error: ErrorDetails) -> str:
    """One of pydantic's errors, with the nearest valid name where a name isn't known."""
    *above, last = error["loc"] or ("",)
    where = messages.place(error["loc"])
    if error["type"] == "extra_forbidden":
        section: Any = Study
        for part in above:
            section = section.model_fields[part].annotation
        return f"{where}: there is no such parameter; {nearest(last, section.model_fields)}"
    return messages.clause(error, where)
