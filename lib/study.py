"""A study: what its parameter file says, which runs and chapters follow from it, and where they go.

A parameter file is YAML; `Study` below is its schema, and its fields' comments are the file's reference.
The work itself is a graph (Snakefile, lib/graph.py): notebooks with parameters, executed by papermill.
"""

from __future__ import annotations

import codecs
import hashlib
import itertools
import json
import os
from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from lib import csv_rows, data_state, parameters, sources, yaml_files
from lib.catalogue import LOSSES
from lib.errors import DataError
from lib.files import ROOT, read_json
from lib.parameters import Protocol, Seed

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
RESERVED = ("published", "bench")
"""Folders of results/ that are no study's."""


class Part(BaseModel):
    """A section of the parameter file: a field that isn't known, or a value of another type, is a mistake, and nothing changes
    later."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False)


def _check_batch(batch_size: int, per_class: int | None, what: str) -> None:
    """A batch of one vendor has no negatives, and one of fewer items than a vendor gives none at all."""
    if per_class and batch_size < 2 * per_class:
        raise ValueError(
            f"batch_size, {batch_size}, must be at least twice per_{what}, {per_class}: a batch needs items of two "
            f"{'vendors' if what == 'vendor' else 'classes'}, or there is nothing to tell apart"
        )


class Columns(Part):
    """What the columns of the user's CSV files are called; null: the data has none."""

    text: str | None = "TEXT"
    images: str | None = "IMAGES"  # paths below the folder
    vendor: str = "VENDOR"  # a label: ads with the same one are of the same vendor
    region: str | None = None  # null: each CSV file is a region, called as the file is
    pseudonym: str | None = None  # names that vendors go by: used to search results for leaks, never shown

    @model_validator(mode="after")
    def _columns_differ(self) -> Columns:
        given = [csv_rows.name(name) for name in self.model_dump().values() if name is not None]
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
    encoding: str = "utf-8"  # matched: of the CSV files, by Python's name; Windows' is cp1252
    train_region: str | None = None  # what systems are trained on; null: south if it is there, else the largest
    scale: float = Field(0.02, gt=0, le=4)  # twin: 1.0 has the size of MATCHED (Table 1)
    seed: Seed = 1111  # twin: fixes every byte
    pixels: int = Field(96, ge=32, le=512)  # twin: side of a picture
    overlap: float = Field(0.0, ge=0, le=1)  # twin: how often a text names what its pictures show
    sensitive: bool | None = None  # nothing of an ad may be shown; None: everything but the twin is
    datasheet: str = (
        ""  # matched: a file with answers about the data (chapter 01); see params/datasheet.yaml, the twin's
    )

    @field_validator("train_region")
    @classmethod
    def _region_names_are_lower_case(cls, value: str | None) -> str | None:
        return value if value is None else csv_rows.name(value).lower()

    @field_validator("encoding")
    @classmethod
    def _encoding_is_known(cls, value: str) -> str:
        try:
            codecs.lookup(value)
            "".encode(value)  # refused by codecs that are no encodings of text
        except (LookupError, ValueError) as error:
            raise ValueError(f"there is no encoding called {value!r}; utf-8, cp1252 and utf-16 are some") from error
        return value

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
    seed: Seed = 1111


class Text(Part):
    max_tokens: int = Field(512, ge=8, le=512)  # longer texts are cut (MATCHED A.2: 512)
    mask_digits: Literal["all", "train"] = "all"  # digits become N in all texts, or as published in training texts only


class Image(Part):
    pixels: int = Field(224, ge=32, le=512)  # side of a picture as the model sees it


class Training(Part):
    """Optimisation: AdamW, linear warm-up and decay (MATCHED A.4 and the authors' code; our defaults differ)."""

    epochs: int = Field(40, ge=1)
    patience: int | None = Field(
        3, ge=1
    )  # epochs without a better validation loss before stopping; null: never stop early
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
    weight_decay: float = Field(0.01, ge=0)
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

    @model_validator(mode="after")
    def _batches_hold_vendors(self) -> Training:
        _check_batch(self.batch_size, self.per_vendor, "vendor")
        if self.batch_size % self.devices:
            raise ValueError(
                f"a batch of {self.batch_size} can't be shared evenly by {self.devices} devices; change batch_size or devices"
            )
        return self


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

    @model_validator(mode="after")
    def _heads_divide(self) -> Alignment:
        if self.dimensions and self.dimensions % self.heads:
            raise ValueError(f"dimensions, {self.dimensions}, must be a multiple of heads, {self.heads}")
        return self


class Hotels(Part):
    """Linking of hotel pictures (41 to 43); what it doesn't say is as in Revisited Hotels' Table 6, and for any loss as in Training."""

    source: Literal["twin", "collected", "splits"] = "twin"
    # twin: drawn; collected: CSV files (image, label, super_label) in `folder` that are to be cleaned and split; splits: as published, in `hotel_splits`
    folder: str = ""  # collected, splits: below it the files' paths of pictures lead
    unknown_chain: int = 0  # collected, splits: what super_label is where the chain isn't known
    table_6: Literal["Revisited Hotel-ID", "Revisited Hotels-50K"] = "Revisited Hotel-ID"  # whose hyper-parameters
    scale: float = Field(0.02, ge=0.005, le=4)  # twin: 1.0 has the size of Hotel-ID (Table 3)
    seed: Seed = 1111  # twin: fixes every byte
    pixels: int = Field(96, ge=32, le=512)  # twin: side of a picture
    split_seed: Seed = 0  # twin, collected: which chains and branches are held out
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

    @model_validator(mode="after")
    def _search_is_of_losses(self) -> Hotels:
        for loss, grid in self.search.items():
            if loss not in (*LOSSES, "any"):
                raise ValueError(
                    f"search: there is no loss called {loss!r}; {parameters.nearest(loss, (*LOSSES, 'any'))}"
                )
            for name, values in grid.items():
                if not values or len(set(values)) < len(values):
                    raise ValueError(f"search, {loss}, {name}: give some values, each once")
        if self.batch_size:
            _check_batch(self.batch_size, self.per_class, "class")
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

    @field_validator("name")
    @classmethod
    def _name_is_free(cls, value: str) -> str:
        if value in RESERVED:
            raise ValueError(f"no study can be called {value!r}: results/{value} is something else")
        return value

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
                raise ValueError(
                    f"there is no notebooks/{name}.ipynb among the chapters; {parameters.nearest(name, known)}"
                )
        if twice := [name for name in value if value.count(name) > 1]:
            raise ValueError(f"{twice[0]} is there twice")
        return value

    @model_validator(mode="after")
    def _parts_fit(self) -> Study:
        if self.alignment.per_vendor:
            _check_batch(self.alignment.batch_size or self.training.batch_size, self.alignment.per_vendor, "vendor")
        if self.data.source != "twin" and any(entry.get("overlap", [""]) != [""] for entry in self.runs):
            raise ValueError("runs: overlap is the twin's; other data has the overlap that it has")
        for entry in self.runs:
            for loss in entry["loss"] if entry["notebook"] == "43_hotel_search" else ():
                if not self.hotels.search.get(loss, self.hotels.search.get("any")):
                    raise ValueError(
                        f"hotels.search names no hyper-parameter to try for {loss}, which 43_hotel_search asks for"
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
    def weights_at(self) -> str:
        """The folder of local weights, '' for none. Raises DataError when the one that is named isn't there."""
        if not self.weights_folder:
            return ""
        found = _from_root(self.weights_folder)
        if not found.is_dir():
            raise DataError(
                f"{found}: there is no such folder of weights. Correct weights_folder in the parameter file."
            )
        return str(found)

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
        return [run for entry in self.runs for run in self._combinations(entry)]

    def _combinations(self, entry: Mapping[str, Any]) -> list[Run]:
        return [Run(self, entry["notebook"], given) for given in _combinations(entry)]

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
        """A fingerprint of all that decides what a notebook computes: code, parameters, and the data and weights that are
        somebody's own files. (The twin's bytes follow from its parameters and its code.)"""
        unread = {"name", "about", "runs", "chapters", "hotel_splits"}
        unread |= {part for part, readers in READERS.items() if notebook_name not in readers}
        relevant = self.model_dump(exclude=unread)
        code, files = sources.fingerprint(notebook(notebook_name)), self._own_files(notebook_name, parameters)
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
        return json.dumps(["ads", *given, sources.module_fingerprint("data")])

    @property
    def hotels_identity(self) -> str:
        """The same of the hotel pictures."""
        given = [self.hotels.model_dump(), str(self.hotel_pictures), str(self.hotel_folder), self.own_hotels]
        return json.dumps(["hotels", *given, sources.module_fingerprint("hotel_data")])

    def _own_files(self, notebook_name: str, given: Mapping[str, Any]) -> list[str]:
        """The state of all files of the user's that a notebook reads, for its key."""
        used = sources.modules_of(notebook(notebook_name))
        found = [self.own_ads if ROOT / "lib" / "data.py" in used else ""]
        found += [self.own_hotels if notebook_name in (*READERS["hotels"], "40_hotel_splits") else ""]
        if self.weights_folder and ROOT / "lib" / "backbones.py" in used:
            names = parameters.backbones(given) if notebook_name in parameters.RUNS else [""]
            found += [data_state.of_folder(Path(self.weights_at) / name, self.cache) for name in names]
        if self.datasheet and notebook_name == "01_data":
            found.append(data_state.of_files([self.datasheet], self.datasheet.parent, self.cache))
        return found


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

    @property
    def identity(self) -> dict[str, Any]:
        """What its record must say of it."""
        return {"study": self.study.name, "notebook": self.notebook, "parameters": self.parameters, "key": self.key}

    @property
    def finished(self) -> bool:
        """Whether it has a record, which is written last."""
        return (self.folder / "metrics.json").exists()

    def record(self) -> dict[str, Any]:
        """What the run noted of itself (metrics.json). Raises DataError when that is no record of this run: of another study, notebook
        or parameters, of other code or settings (the key has them), or of other data; no table may read such a run."""
        found = read_json(self.folder / "metrics.json")
        wrong = [name for name, value in self.identity.items() if found.get(name) != value]
        expected = data_state.settled(self._data_identity)
        if expected and found.get("data", {}).get("fingerprint", expected) != expected:
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
        if self.notebook in HOTELS:
            return self.study.hotels_identity
        overlap = self.parameters.get("overlap")
        return (self.study if overlap is None else self.study.at_overlap(overlap)).ads_identity


def notebook(name: str) -> Path:
    """The source of the notebook called `name`."""
    return ROOT / "notebooks" / f"{name}.ipynb"


def chapters() -> list[str]:
    """The notebooks that are chapters: all but those that make a run."""
    return sorted(path.stem for path in (ROOT / "notebooks").glob("[0-9]*.ipynb") if path.stem not in parameters.RUNS)


def _combinations(entry: Mapping[str, Any]) -> list[dict[str, Any]]:
    """All combinations of an entry's lists, each as a run's parameters."""
    grid = {name: values for name, values in entry.items() if name != "notebook"}
    return [dict(zip(grid, values, strict=True)) for values in itertools.product(*grid.values())]


def _entry_problem(entry: Mapping[str, Any]) -> str:
    """What is wrong with an entry of `runs`; '' if nothing is."""
    name = entry.get("notebook")
    if not isinstance(name, str) or name not in parameters.RUNS:
        return f"there is no run notebook called {name!r}; {parameters.nearest(name, parameters.RUNS)}"
    for field, values in entry.items():
        if field != "notebook" and (not isinstance(values, list) or not values):
            return f"{field}: give a list with something in it, such as [{values or 1111}]"
        if field != "notebook" and any(value in values[:place] for place, value in enumerate(values)):
            return f"{field} has a value twice (of {values})"
    return next(filter(None, (parameters.problem(name, found) for found in _combinations(entry))), "")


def executed(folder: Path) -> list[Path]:
    """The chapters of a study's folder that were executed whole, in their order."""
    found = sorted((folder / "notebooks").glob("[0-9]*.ipynb"))  # none that is being written
    return [path for path in found if not path.name.endswith(".failed.ipynb")]


def reads_runs(name: str) -> bool:
    """Whether a chapter reads what runs have measured: whether its code uses lib.results."""
    return ROOT / "lib" / "results.py" in sources.modules_of(notebook(name))


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
        raise DataError(
            f"{path}: there is no such parameter file. Give a path, or a name: {parameters.nearest(study, known)}."
        )
    return path


def load(study: str | Path) -> Study:
    """The study of a parameter file. Raises DataError when there is no such file or something in it is not as `Study` says."""
    path = file(study)
    try:
        return Study(**yaml_files.read(path, "expected are parameters, as in params/quick.yaml"))
    except ValidationError as error:
        wrong = "; ".join(dict.fromkeys(_said(item) for item in error.errors(include_url=False)))
        raise DataError(f"{path}: {wrong}. The parameters and their types are listed in lib/study.py.") from error


def _said(item: Any) -> str:
    """One of pydantic's errors, with the nearest valid name where a name isn't known."""
    *above, last = item["loc"] or ("",)
    where = ".".join(str(part) for part in item["loc"])
    if item["type"] == "extra_forbidden":
        section: Any = Study
        for part in above:
            section = section.model_fields[part].annotation
        return f"{where}: there is no such parameter; {parameters.nearest(last, section.model_fields)}"
    said = item["msg"].removeprefix("Value error, ")
    return f"{where}: {said}" if where else said


def _from_root(path: str) -> Path:
    given = Path(path).expanduser()
    return given if given.is_absolute() else ROOT / given
