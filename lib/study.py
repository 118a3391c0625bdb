"""A study: what its parameter file says, which runs and chapters follow from it, and where they go.

A parameter file is YAML; `Study` below is its schema, and its fields' comments are the file's reference.
The work itself is a graph (Snakefile, lib/graph.py): notebooks with parameters, executed by papermill.
"""

from __future__ import annotations

import hashlib
import itertools
import json
import os
from pathlib import Path
from typing import Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from lib import sources
from lib.errors import DataError
from lib.files import ROOT

Protocol = Literal["paper", "ad"]


class Part(BaseModel):
    """A section of the parameter file: a field that isn't known is a mistake, and nothing changes later."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Data(Part):
    """Where the ads come from."""

    source: Literal["twin", "matched"] = "twin"
    folder: str = ""  # matched: the folder with one CSV a region and the pictures
    scale: float = Field(0.02, gt=0, le=4)  # twin: 1.0 has the size of MATCHED (Table 1)
    seed: int = 1111  # twin: fixes every byte
    pixels: int = Field(96, ge=32, le=512)  # twin: side of a picture
    overlap: float = Field(0.0, ge=0, le=1)  # twin: how often a text names what its pictures show
    sensitive: bool | None = None  # nothing of an ad may be shown; None: everything but the twin is


class Split(Part):
    """How items are divided into train, validation and test (0.75, 0.05, 0.20)."""

    protocol: Protocol = "ad"
    seed: int = 1111


class Text(Part):
    max_tokens: int = Field(512, ge=8, le=512)  # longer texts are cut (MATCHED A.2: 512)


class Image(Part):
    pixels: int = Field(224, ge=32, le=512)  # side of a picture as the model sees it


class Training(Part):
    """Optimisation: AdamW, linear warm-up and decay (MATCHED A.4 and the authors' code; our defaults differ)."""

    epochs: int = Field(40, ge=1)
    patience: int | None = 3  # epochs without a better validation loss before stopping; null: never stop early
    batch_size: int = Field(32, ge=2)
    per_vendor: int = Field(4, ge=2)  # items of one vendor in a batch, where the objective needs positives
    text_rate: float = Field(1e-4, gt=0)  # learning rate of the text encoder's layers
    image_rate: float = Field(1e-4, gt=0)  # of the image encoder's
    head_rate: float = Field(1e-3, gt=0)  # of new layers
    weight_decay: float = 0.01  # not on biases and norms
    warmup: float = Field(0.1, ge=0, lt=1)  # share of all steps
    temperature: float = Field(0.1, gt=0)  # of SupCon
    precision: Literal["32-true", "bf16-mixed"] = "32-true"
    threads: int = Field(1, ge=1)  # per run on a CPU; part of the parameters because sums depend on it


class Study(Part):
    """A whole parameter file."""

    name: str = Field(pattern=r"^[a-z0-9][a-z0-9_-]*$")  # results go to results/<name>
    about: str = ""
    data: Data = Data()
    split: Split = Split()
    text: Text = Text()
    image: Image = Image()
    training: Training = Training()
    weights: Literal["prefer", "require"] = "prefer"  # require: a missing checkpoint is an error, not a stand-in
    weights_folder: str = ""  # looked in first: <folder>/<backbone>/
    bootstrap: int = Field(1000, ge=0)  # resamples of vendors for an interval
    runs: list[dict[str, Any]] = []  # a run notebook and its parameters, each a list: all combinations are run
    chapters: list[str] = []
    hotel_splits: str = ""  # folder of published split files; chapter 40 is left out without it

    @field_validator("runs")
    @classmethod
    def _runs_are_lists(cls, value: list[dict[str, Any]]) -> list[dict[str, Any]]:
        for entry in value:
            if "notebook" not in entry or list(entry)[-1] != "seed":
                raise ValueError(f"{entry}: give a notebook first and its parameters, `seed` last")
            for name, values in entry.items():
                if name != "notebook" and not isinstance(values, list):
                    raise ValueError(f"{entry['notebook']}, {name}: give a list, such as [{values}]")
        return value

    @model_validator(mode="after")
    def _notebooks_exist(self) -> Study:
        for name in [entry["notebook"] for entry in self.runs] + self.chapters:
            if not notebook(name).exists():
                raise ValueError(f"there is no notebooks/{name}.ipynb")
        return self

    @property
    def sensitive(self) -> bool:
        """Whether nothing of an ad may be shown."""
        return self.data.source != "twin" if self.data.sensitive is None else self.data.sensitive

    @property
    def folder(self) -> Path:
        """Where the study's results go."""
        return ROOT / "results" / self.name

    @property
    def cache(self) -> Path:
        """Where decoded pictures are kept."""
        return ROOT / "data" / "cache"

    @property
    def data_folder(self) -> Path:
        """The folder in MATCHED's layout: the user's, or the twin's, named by all that decides its bytes."""
        if self.data.source == "matched":
            return _from_root(self.data.folder)
        data, code = self.data, sources.module_fingerprint("twin")[:8]
        name = f"scale{data.scale:g}-seed{data.seed}-px{data.pixels}-overlap{data.overlap:g}-{code}"
        return ROOT / "data" / "twin" / name

    @property
    def hotel_folder(self) -> Path | None:
        """The folder of hotel split files, from the file or the environment variable HOTEL_SPLITS."""
        given = os.environ.get("HOTEL_SPLITS") or self.hotel_splits
        return _from_root(given) if given else None

    @property
    def possible_chapters(self) -> list[str]:
        """The chapters that can be executed: the hotel splits' only with their folder."""
        return [name for name in self.chapters if name != "40_hotel_splits" or self.hotel_folder]

    def all_runs(self) -> dict[str, Run]:
        """Every run of the study by its name: all combinations of each entry's lists."""
        found = {}
        for entry in self.runs:
            grid = {name: values for name, values in entry.items() if name != "notebook"}
            for values in itertools.product(*grid.values()):
                run = Run(self, entry["notebook"], dict(zip(grid, values, strict=True)))
                found[run.name] = run
        return found

    def key(self, notebook_name: str, parameters: dict[str, Any]) -> str:
        """A fingerprint of all that decides what a notebook computes from its data: code and parameters."""
        relevant = self.model_dump(exclude={"name", "about", "runs", "chapters", "hotel_splits"})
        text = json.dumps([relevant, parameters, sources.fingerprint(notebook(notebook_name))], sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()[:16]


class Run:
    """One run notebook with one set of parameters."""

    def __init__(self, study: Study, notebook_name: str, parameters: dict[str, Any]) -> None:
        self.study, self.notebook, self.parameters = study, notebook_name, parameters

    @property
    def name(self) -> str:
        """Readable: text/minilm-l6/ce+supcon/ad/seed1111."""
        kind = self.notebook.split("_", 1)[1]
        values = [f"seed{value}" if key == "seed" else str(value) for key, value in self.parameters.items()]
        return "/".join([kind, *values[:-1], self.study.split.protocol, values[-1]])

    @property
    def folder(self) -> Path:
        return self.study.folder / "runs" / self.name

    @property
    def key(self) -> str:
        return self.study.key(self.notebook, self.parameters)


def notebook(name: str) -> Path:
    """The source of the notebook called `name`."""
    return ROOT / "notebooks" / f"{name}.ipynb"


def reads_runs(name: str) -> bool:
    """Whether a chapter reads what runs have measured: whether its code uses lib.results."""
    return ROOT / "lib" / "results.py" in sources.modules_of(notebook(name))


def load(study: str | Path) -> Study:
    """The study of a parameter file: a path (from here or from the project), or a name: params/<name>.yaml.

    Raises DataError when there is no such file or something in it is not as `Study` says.
    """
    path = Path(study)
    if not path.suffix:
        path = ROOT / "params" / f"{study}.yaml"
    if not path.exists() and not path.is_absolute():
        path = ROOT / path
    if not path.exists():
        known = ", ".join(sorted(file.stem for file in (ROOT / "params").glob("*.yaml")))
        raise DataError(f"{path}: there is no such parameter file. Give a path, or one of {known}.")
    try:
        return Study(**yaml.safe_load(path.read_text(encoding="utf-8")))
    except (yaml.YAMLError, TypeError, UnicodeDecodeError) as error:
        raise DataError(
            f"{path}: this is not a YAML mapping of parameters ({error}). See params/quick.yaml."
        ) from error
    except ValidationError as error:
        wrong = "; ".join(f"{'.'.join(map(str, item['loc']))}: {item['msg']}" for item in error.errors())
        raise DataError(f"{path}: {wrong}. The parameters and their types are listed in lib/study.py.") from error


def _from_root(path: str) -> Path:
    given = Path(path).expanduser()
    return given if given.is_absolute() else ROOT / given
