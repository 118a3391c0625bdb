"""A study: what its parameter file says, which runs and chapters follow from it, and where they go.

A parameter file is YAML; `Study` below is its schema, and its fields' comments are the file's reference.
The work itself is a graph (Snakefile, lib/graph.py): notebooks with parameters, executed by papermill.
"""

from __future__ import annotations

import hashlib
import itertools
import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal, get_args

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from lib import sources
from lib.errors import DataError
from lib.files import ROOT

Protocol = Literal["paper", "ad", "campaign"]
NEEDS: dict[str, tuple[str, ...]] = {
    "02_labels_and_masking": ("text",),
    "10_text": ("text",),
    "11_vision": ("image",),
    "12_fusion": ("text", "image"),
    "13_single_stream": ("text", "image"),
    "20_alignment": ("text", "image"),
    "21_alignment_finetune": ("text", "image"),
    "35_alignment": ("text", "image"),
    "94_gpu_speed": ("text", "image"),
}
"""Notebooks that can't do without the ads' texts or pictures; others show what there is."""
HOTELS = ("41_hotel_linking", "43_hotel_search")
"""Run notebooks on hotel pictures."""
READERS = {
    "speed": ("92_speed",),
    "alignment": ("20_alignment", "21_alignment_finetune", "35_alignment"),
    "hotels": (*HOTELS, "42_hotel_results"),
}
"""Sections of the parameter file that no other notebooks read, so that a change to them runs no others again."""
FACE_NETWORKS = ("dlib-face", "vgg-face2", "arcface", "facenet-512", "ghostfacenet")


class Part(BaseModel):
    """A section of the parameter file: a field that isn't known is a mistake, and nothing changes later."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Columns(Part):
    """What the columns of the user's CSV files are called; null: the data has none."""

    text: str | None = "TEXT"
    images: str | None = "IMAGES"  # paths below the folder
    vendor: str = "VENDOR"  # a label: ads with the same one are of the same vendor
    region: str | None = None  # null: each CSV file is a region, called as the file is
    pseudonym: str | None = None  # names that vendors go by: used to search results for leaks, never shown

    @model_validator(mode="after")
    def _columns_differ(self) -> Columns:
        given = [name for name in self.model_dump().values() if name is not None]
        if self.text is None and self.images is None:
            raise ValueError("text and images are both null; ads need one of them at least")
        if len(set(given)) < len(given):
            raise ValueError("one column is named for two things")
        return self


class Data(Part):
    """Where the ads come from."""

    source: Literal["twin", "matched"] = "twin"
    folder: str = ""  # matched: the folder with the CSV files, a region each, and the pictures
    columns: Columns = Columns()  # matched: the CSV files' columns
    separator: str = Field("|", min_length=1)  # matched: between the paths of an ad's images
    delimiter: str = Field(",", pattern=r'^[^"\r\n]$')  # matched: between columns
    train_region: str | None = None  # what systems are trained on; null: south if it is there, else the largest
    scale: float = Field(0.02, gt=0, le=4)  # twin: 1.0 has the size of MATCHED (Table 1)
    seed: int = 1111  # twin: fixes every byte
    pixels: int = Field(96, ge=32, le=512)  # twin: side of a picture
    overlap: float = Field(0.0, ge=0, le=1)  # twin: how often a text names what its pictures show
    sensitive: bool | None = None  # nothing of an ad may be shown; None: everything but the twin is
    datasheet: str = (
        ""  # matched: a file with answers about the data (chapter 01); see params/datasheet.yaml, the twin's
    )

    @field_validator("train_region")
    @classmethod
    def _region_names_are_lower_case(cls, value: str | None) -> str | None:
        return value if value is None else value.strip().lower()

    @model_validator(mode="after")
    def _source_fits(self) -> Data:
        if self.source == "matched" and not self.folder:
            raise ValueError("source matched needs a folder, the one with the CSV files")
        if self.source == "twin" and self.columns != Columns():
            raise ValueError("columns are for source matched; the twin's are known")
        return self

    @property
    def lacks(self) -> dict[str, str]:
        """What the data doesn't have, of `text` and `image`, each with the sentence that says so."""
        columns = {"text": ("texts", "text"), "image": ("pictures", "images")}
        return {
            name: f"this data has no {what} (data.columns.{column} is null)."
            for name, (what, column) in columns.items()
            if getattr(self.columns, column) is None
        }


class Split(Part):
    """How items are divided into train, validation and test (0.75, 0.05, 0.20)."""

    protocol: Protocol = "ad"
    seed: int = 1111


class Text(Part):
    max_tokens: int = Field(512, ge=8, le=512)  # longer texts are cut (MATCHED A.2: 512)
    mask_digits: Literal["all", "train"] = "all"  # digits become N in all texts, or as published in training texts only


class Image(Part):
    pixels: int = Field(224, ge=32, le=512)  # side of a picture as the model sees it


class Training(Part):
    """Optimisation: AdamW, linear warm-up and decay (MATCHED A.4 and the authors' code; our defaults differ)."""

    epochs: int = Field(40, ge=1)
    patience: int | None = 3  # epochs without a better validation loss before stopping; null: never stop early
    least_change: float = Field(0.01, ge=0)  # a smaller fall of the validation loss is none
    batch_size: int = Field(32, ge=2)
    accumulate: int = Field(1, ge=1)  # batches whose gradients are added up before a step
    per_vendor: int | None = Field(
        4, ge=2
    )  # items of one vendor in a batch, where the objective needs positives; null: by chance
    by_length: bool = True  # texts of like length share a batch, where it isn't made up of vendors
    text_rate: float = Field(1e-4, gt=0)  # learning rate of the text encoder's layers
    image_rate: float = Field(1e-4, gt=0)  # of the image encoder's
    head_rate: float = Field(1e-3, gt=0)  # of new layers
    weight_decay: float = 0.01
    decay_norms: bool = False  # whether biases and norms decay too
    epsilon: float = Field(1e-8, gt=0)  # AdamW's
    warmup: float = Field(0.1, ge=0, lt=1)  # share of all steps
    temperature: float = Field(0.1, gt=0)  # of SupCon
    margin: float = Field(0.3, gt=0)  # of Triplet, in cosine
    negatives: int | None = Field(
        5, ge=1
    )  # of an item, in its batch, for SupCon and Triplet (A.4); null: SupCon sees all
    proxy_rate: float | None = Field(None, gt=0)  # of a loss's own proxies or centres; null: as head_rate
    contrast_weight: float = Field(1.0, gt=0)  # of SupCon or Triplet beside cross-entropy
    precision: Literal["auto", "32-true", "bf16-mixed"] = "auto"  # auto: bf16 where the device computes it in hardware
    compiled: bool = False  # compile a transformer's blocks: takes seconds of each run, and pays on an accelerator
    devices: int = Field(1, ge=1)  # that train one run together, an equal part of every batch each
    strategy: str = "auto"  # Lightning's, of how they do; several devices of a notebook need ddp_notebook
    threads: int = Field(1, ge=1)  # per run on a CPU; part of the parameters because sums depend on it


class Alignment(Part):
    """Text-image alignment (20_alignment); what it doesn't say is as in Training."""

    epochs: int | None = Field(None, ge=1)  # null: as many as training has
    batch_size: int | None = Field(None, ge=2)  # null: as training's
    per_vendor: int | None = Field(None, ge=2)  # pairs of one vendor in a batch; null: by chance
    temperature: float = Field(0.1, gt=0)  # of ITC (A.4: the best of 0.01, 0.1 and 0.3), unless a run names its own
    negatives: int = Field(5, ge=1)  # of a pair, from another region (variant published)
    dimensions: int | None = Field(None, ge=8)  # of the common space; null: the text encoder's
    queries: int = Field(32, ge=1)  # of the Q-Former
    layers: int = Field(12, ge=1)
    heads: int = Field(12, ge=1)
    locked: bool = (
        False  # keep the encoders as they came and train what is on top: for a CPU, which encodes each item once
    )
    max_tokens: int | None = Field(None, ge=8, le=512)  # null: as text has


class Hotels(Part):
    """Linking of hotel pictures (41 to 43); what it doesn't say is as in Revisited Hotels' Table 6, and for any loss as in Training."""

    source: Literal["twin", "collected", "splits"] = "twin"
    # twin: drawn; collected: CSV files (image, label, super_label) in `folder` that are to be cleaned and split; splits: as published, in `hotel_splits`
    folder: str = ""  # collected, splits: below it the files' paths of pictures lead
    unknown_chain: int = 0  # collected, splits: what super_label is where the chain isn't known
    table_6: Literal["Revisited Hotel-ID", "Revisited Hotels-50K"] = "Revisited Hotel-ID"  # whose hyper-parameters
    scale: float = Field(0.02, ge=0.005, le=4)  # twin: 1.0 has the size of Hotel-ID (Table 3)
    seed: int = 1111  # twin: fixes every byte
    pixels: int = Field(96, ge=32, le=512)  # twin: side of a picture
    split_seed: int = 0  # twin, collected: which chains and branches are held out
    image_pixels: int = Field(224, ge=32, le=512)  # side of a picture as the model sees it
    epochs: int = Field(60, ge=1)  # D.2
    per_class: int = Field(4, ge=2)  # pictures of a branch in a batch, where Table 6 doesn't say it
    batch_size: int | None = Field(None, ge=4)  # null: Table 6's
    search: dict[str, dict[str, list[float]]] = {}
    # what 43 tries for a loss, or `any` without an entry of its own: hyper-parameters (lib/linking_losses.py) and their values, all combinations
    search_epochs: int | None = Field(None, ge=1)  # of each trial; null: as many as `epochs`

    @model_validator(mode="after")
    def _pictures_are_somewhere(self) -> Hotels:
        if self.source != "twin" and not self.folder:
            raise ValueError(f"source {self.source} needs a folder, the one with the pictures")
        return self


class Speed(Part):
    """How chapter 92 measures."""

    systems: list[Literal["text", "vision", "multimodal"]] = ["text", "vision", "multimodal"]  # which are trained
    rounds: int = Field(3, ge=1)  # how often each loop is measured
    seconds: float = Field(5.0, gt=0)  # of each measurement at least, and one step
    padded: int = Field(512, ge=8, le=512)  # tokens that the plain loop pads texts to; the authors' 512


class Study(Part):
    """A whole parameter file."""

    name: str = Field(pattern=r"^[a-z0-9][a-z0-9_-]*$")  # results go to results/<name>
    about: str = ""
    data: Data = Data()
    split: Split = Split()
    text: Text = Text()
    image: Image = Image()
    training: Training = Training()
    alignment: Alignment = Alignment()
    hotels: Hotels = Hotels()
    speed: Speed = Speed()
    weights: Literal["prefer", "require"] = "prefer"  # require: a missing checkpoint is an error, not a stand-in
    weights_folder: str = ""  # looked in first: <folder>/<backbone>/
    face_embeddings: bool | None = None  # whether runs may embed faces; None: not on sensitive data
    bootstrap: int = Field(1000, ge=0)  # resamples of vendors for an interval
    runs: list[dict[str, Any]] = []  # a run notebook and its parameters, each a list: all combinations are run
    chapters: list[str] = []
    hotel_splits: str = ""  # folder of published split files; chapter 40 is left out without it

    @field_validator("runs")
    @classmethod
    def _runs_are_lists(cls, value: list[dict[str, Any]]) -> list[dict[str, Any]]:
        for entry in value:
            if not {"notebook", "seed"} <= set(entry):
                raise ValueError(f"{entry}: give a notebook and its parameters, `seed` among them")
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

    @model_validator(mode="after")
    def _fine_tuned_is_aligned(self) -> Study:
        planned = self._planned()
        names = {run.name for run in planned}
        for run in planned:
            first = run.begins_with
            if first and first.name not in names:
                raise ValueError(f"{run.name} begins with {first.name}, which is not among the runs; add it")
        return self

    def at_overlap(self, overlap: float) -> Study:
        """The same study on a twin whose texts name more or less of what their pictures show."""
        if self.data.source != "twin":
            raise DataError(f"{self.name}: overlap is the twin's; other data has the overlap that it has.")
        return self.model_copy(update={"data": Data(**{**self.data.model_dump(), "overlap": overlap})})

    @property
    def sensitive(self) -> bool:
        """Whether nothing of an ad may be shown."""
        return self.data.source != "twin" if self.data.sensitive is None else self.data.sensitive

    @property
    def embeds_faces(self) -> bool:
        """Whether runs may use face embeddings (lib/face_embeddings.py says why it matters)."""
        return not self.sensitive if self.face_embeddings is None else self.face_embeddings

    @property
    def folder(self) -> Path:
        """Where the study's results go."""
        return ROOT / "results" / self.name

    @property
    def memory_mb(self) -> int:
        """About what one of the study's notebooks needs of memory, so that no more run at a time than fit (measured on the
        twin: 3 GB, and at MATCHED's size 12 GB more)."""
        return round(3000 + 12_000 * min(1.0, self.data.scale if self.data.source == "twin" else 0.25))

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
    def hotel_pictures(self) -> Path:
        """The folder of hotel pictures: the user's, or the twin's, named by all that decides its bytes."""
        hotels = self.hotels
        if hotels.source != "twin":
            return _from_root(hotels.folder)
        code = sources.module_fingerprint("hotel_twin")[:8]
        return ROOT / "data" / "hotels" / f"scale{hotels.scale:g}-seed{hotels.seed}-px{hotels.pixels}-{code}"

    @property
    def datasheet(self) -> Path | None:
        """The file with the datasheet's answers, if there are any."""
        if self.data.source == "twin":
            return ROOT / "params" / "datasheet.yaml"
        return _from_root(self.data.datasheet) if self.data.datasheet else None

    @property
    def hotel_folder(self) -> Path | None:
        """The folder of hotel split files, from the file or the environment variable HOTEL_SPLITS."""
        given = os.environ.get("HOTEL_SPLITS") or self.hotel_splits
        return _from_root(given) if given else None

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
        found = []
        for entry in self.runs:
            grid = {name: values for name, values in entry.items() if name != "notebook"}
            for values in itertools.product(*grid.values()):
                found.append(Run(self, entry["notebook"], dict(zip(grid, values, strict=True))))
        return found

    def _run_hindrance(self, run: Run) -> str:
        """Why a run can't be executed, said in a sentence; '' if it can."""
        if run.parameters.get("vision") in FACE_NETWORKS and not self.embeds_faces:
            return "vectors of faces are made of sensitive data only where face_embeddings is true."
        return self._lacking(run.needs)

    def _lacking(self, needs: Sequence[str]) -> str:
        """What is needed and the data doesn't have, said in a sentence; '' if nothing."""
        return next((self.data.lacks[need] for need in needs if need in self.data.lacks), "")

    def _chapter_hindrance(self, name: str) -> str:
        if name == "40_hotel_splits" and not self.hotel_folder:
            return (
                "it needs the split files of Revisited Hotel-ID from the authors' public repository "
                "aarashfeizi/revisited-hotels. With them: make study HOTEL_SPLITS=/folder/of/the/csv/files"
            )
        if self.runs and not self.all_runs() and reads_runs(name):
            return "it compares runs, and this data allows none of the study's."
        return self._lacking(NEEDS.get(name, ()))

    def key(self, notebook_name: str, parameters: dict[str, Any]) -> str:
        """A fingerprint of all that decides what a notebook computes from its data: code and parameters."""
        unread = {"name", "about", "runs", "chapters", "hotel_splits"}
        unread |= {part for part, readers in READERS.items() if notebook_name not in readers}
        relevant = self.model_dump(exclude=unread)
        text = json.dumps([relevant, parameters, sources.fingerprint(notebook(notebook_name))], sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()[:16]


DEFAULTS: dict[str, Any] = {"variant": "sound", "faces": "all"}
"""Parameters of run notebooks that don't count as given when they have these values."""
ORDER = [
    "text",
    "vision",
    "joint",
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
    """A run's parameters without those that are empty, at their default or (`protocol`) as the study's, in the order of ORDER. Raises DataError for an unknown protocol."""
    protocol = parameters.get("protocol") or study.split.protocol
    if protocol not in get_args(Protocol):
        raise DataError(f"There is no protocol called {protocol!r}; give {', '.join(get_args(Protocol))}.")
    parameters = {**parameters, "protocol": "" if protocol == study.split.protocol else protocol}
    names = sorted(parameters, key=lambda name: ORDER.index(name) if name in ORDER else len(ORDER))
    return {name: parameters[name] for name in names if parameters[name] not in ("", DEFAULTS.get(name))}


class Run:
    """One run notebook with one set of parameters."""

    def __init__(self, study: Study, notebook_name: str, parameters: dict[str, Any]) -> None:
        self.study, self.notebook, self.parameters = study, notebook_name, given(parameters, study)

    @property
    def name(self) -> str:
        """Readable: text/minilm-l6/ce+supcon/ad/seed1111. Hotel pictures have splits of their own, not an ads' protocol."""
        kind = self.notebook.split("_", 1)[1]
        values = [str(value) for key, value in self.parameters.items() if key not in ("protocol", "seed")]
        chosen = self.parameters.get("protocol", self.study.split.protocol)
        protocol = [] if self.notebook in HOTELS else [chosen]
        return "/".join([kind, *values, *protocol, f"seed{self.parameters['seed']}"])

    @property
    def needs(self) -> tuple[str, ...]:
        """What the data must have, of `text` and `image`."""
        if self.notebook == "14_baselines":
            asked = self.parameters.get("modality") or (
                "image" if self.parameters["baseline"] == "perceptual-hash" else "text"
            )
            return (asked,)
        return NEEDS.get(self.notebook, ())

    @property
    def begins_with(self) -> Run | None:
        """The run that this one takes up: the alignment that is fine-tuned, or the search for a loss's hyper-parameters, if there is one."""
        if self.notebook == "41_hotel_linking":
            same = {name: self.parameters[name] for name in ("vision", "loss")}
            searches = (entry for entry in self.study.runs if entry["notebook"] == "43_hotel_search")
            grids = [entry for entry in searches if all(value in entry[name] for name, value in same.items())]
            return Run(self.study, "43_hotel_search", same | {"seed": grids[0]["seed"][0]}) if grids else None
        if self.notebook != "21_alignment_finetune":
            return None
        given = self.parameters
        same = {name: given.get(name, "") for name in ("text", "vision")} | {"method": given.get("aligned", "")}
        same |= {name: given[name] for name in ("variant", "seed") if name in given}
        return Run(self.study, "20_alignment", same)

    @property
    def folder(self) -> Path:
        return self.study.folder / "runs" / self.name

    @property
    def key(self) -> str:
        return self.study.key(self.notebook, self.parameters)


def notebook(name: str) -> Path:
    """The source of the notebook called `name`."""
    return ROOT / "notebooks" / f"{name}.ipynb"


def executed(folder: Path) -> list[Path]:
    """The chapters of a study's folder that were executed whole, in their order."""
    found = sorted((folder / "notebooks").glob("[0-9]*.ipynb"))  # none that is being written
    return [path for path in found if not path.name.endswith(".failed.ipynb")]


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
