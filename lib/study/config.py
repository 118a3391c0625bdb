"""The schema of a parameter file: its sections, their fields with types and defaults, and the folders that they name.

A parameter file is YAML, and `StudyFile` is the whole of it; the comments of the fields are its reference. The runs and
chapters that follow from it are in `lib.study.plan`.
"""

from __future__ import annotations

import codecs
import os
import re
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, PrivateAttr, field_validator, model_validator

from lib.core import csv_reader, fingerprints
from lib.core.errors import DataError
from lib.core.files import ROOT
from lib.study.names import RENAMED, nearest
from lib.study.registry import LOSSES
from lib.study.run_kinds import Protocol, Seed

FACE_NETWORKS = ("dlib-face", "vgg-face2", "arcface", "facenet-512", "ghostfacenet")
RESERVED = ("published", "bench", "compare")
"""Folders of results/ and studies/ that belong to no study."""


class Section(BaseModel):
    """A section of the parameter file, read-only. A field that isn't known, or of another type, is an error."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False)


def check_batch(batch_size: int, per_class: int | None, what: str) -> None:
    """Raises ValueError for a batch that can't hold `per_class` items of two classes: it would have no negatives.

    what: `vendor` or `class`, as in the name of the parameter that gives `per_class`.
    """
    if per_class and batch_size < 2 * per_class:
        raise ValueError(
            f"batch_size, {batch_size}, must be at least twice per_{what}, {per_class}: a batch needs items of two "
            f"{'vendors' if what == 'vendor' else 'classes'}, or there is nothing to tell apart"
        )


class Columns(Section):
    """The names of the columns of the user's CSV files; null: the data has none."""

    text: str | None = "TEXT"
    images: str | None = "IMAGES"  # paths below the folder
    vendor: str = "VENDOR"  # a label: ads with the same one are of the same vendor
    region: str | None = None  # null: each CSV file is a region of that name
    pseudonym: str | None = None  # names that vendors go by: used to search results for leaks, never shown
    # What an ad is part of, such as a collection, for the split protocol `group`. An empty cell: of none.
    group: str | None = None

    @field_validator("text", mode="before")
    @classmethod
    def _text_is_one_column(cls, value: Any) -> Any:
        if isinstance(value, list):
            raise ValueError(
                "one column has the text: join a title and a description into one, with [SEP] between them"
            )
        return value

    @model_validator(mode="after")
    def _columns_differ(self) -> Columns:
        columns = [csv_reader.name(name) for name in self.required]
        if self.text is None and self.images is None:
            raise ValueError("text and images are both null; ads need one of them at least")
        if len(set(columns)) < len(columns):
            raise ValueError("one column is named for two things")
        return self

    @property
    def required(self) -> list[str]:
        """The columns that every file must have."""
        return [name for name in self.model_dump().values() if name is not None]


class Data(Section):
    """Where the ads come from."""

    source: Literal["twin", "matched"] = "twin"
    folder: str = ""  # matched: the folder with the CSV files, a region each, and the pictures
    columns: Columns = Columns()  # matched: the CSV files' columns
    separator: str = Field("|", min_length=1)  # matched: between the paths of an ad's images
    delimiter: str = ","  # matched: between columns
    encoding: str = "utf-8"  # matched: of the CSV files, by Python's name; Windows' is cp1252
    train_region: str | None = None  # what systems are trained on; null: south if it is there, else the largest
    scale: float = Field(0.02, gt=0, le=4)  # twin: 1.0 has the size of MATCHED (Table 1)
    seed: Seed = 1111  # twin: fixes every byte
    pixels: int = Field(96, ge=32, le=512)  # twin: side of a picture
    overlap: float = Field(0.0, ge=0, le=1)  # twin: how often a text names what its pictures show
    sensitive: bool | None = None  # nothing of an ad may be shown; None: everything but the twin is
    datasheet: str = (
        ""  # matched: a file of answers about the data (chapter 01), as params/datasheet.yaml is the twin's
    )

    @field_validator("source", mode="before")
    @classmethod
    def _source_is_known(cls, value: Any) -> Any:
        if value not in ("twin", "matched"):
            raise ValueError(
                f"there is no source called {value!r}: matched is a folder of your own, twin the synthetic ads"
            )
        return value

    @field_validator("train_region")
    @classmethod
    def _region_names_are_lower_case(cls, value: str | None) -> str | None:
        return value if value is None else csv_reader.name(value).lower()

    @field_validator("delimiter")
    @classmethod
    def _delimiter_is_a_character(cls, value: str) -> str:
        if len(value) != 1 or value in '"\r\n':
            raise ValueError(
                f'a delimiter is one character, such as ";", and not a quote; tabs are "\\t" (not {value!r})'
            )
        return value

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
            raise ValueError("source matched, your own data, needs a folder: the one with the CSV files")
        if self.source == "twin" and self.columns != Columns():
            raise ValueError("columns are for source matched; the twin's are known")
        return self

    @property
    def lacks(self) -> dict[str, str]:
        """Which of `text` and `image` the data doesn't have, each with a sentence that says so."""
        columns = {"text": ("texts", "text"), "image": ("pictures", "images")}
        return {
            name: f"this data has no {what} (data.columns.{column} is null)."
            for name, (what, column) in columns.items()
            if getattr(self.columns, column) is None
        }


class Split(Section):
    """How items are divided into train, validation and test (0.75, 0.05, 0.20)."""

    protocol: Protocol = "ad"
    seed: Seed = 1111


class Text(Section):
    """How texts are read."""

    max_tokens: int = Field(512, ge=8, le=512)  # longer texts are cut (MATCHED A.2: 512)
    mask_digits: Literal["all", "train"] = "all"  # digits become N in all texts, or as released only in training texts


class Image(Section):
    """How pictures are read."""

    pixels: int = Field(224, ge=32, le=512)  # side of a picture as the model sees it


class Training(Section):
    """Optimisation. The defaults are neither A.4's nor the authors' scripts': those are lib/runs/variants.yaml's.

    A round is what ends with a validation: an epoch, or `check_every` steps where `steps` are given.
    """

    epochs: int = Field(40, ge=1)
    steps: int | None = Field(None, ge=1)  # of the optimiser, in place of epochs: one budget for all data
    check_every: int = Field(20, ge=1)  # steps from one validation to the next, where `steps` are given
    patience: int | None = Field(3, ge=1)  # rounds without a better validation loss before stopping; null: no stopping
    min_delta: float = Field(0.01, ge=0)  # a smaller fall of the validation loss is none
    batch_size: int = Field(32, ge=2)
    accumulate: int = Field(1, ge=1)  # batches whose gradients are added up before a step
    per_vendor: int = Field(4, ge=2)  # items of one vendor in a batch, where the sampling is balanced
    group_by_length: bool = True  # texts of like length share a batch, where the sampling is shuffled
    text_lr: float = Field(1e-4, gt=0)  # learning rate of the text encoder's layers
    image_lr: float = Field(1e-4, gt=0)  # of the image encoder's
    head_lr: float = Field(1e-3, gt=0)  # of new layers
    optimiser: Literal["adamw", "adam"] = "adamw"  # adam adds the decay to the gradient
    weight_decay: float = Field(0.01, ge=0)
    decay_norms: bool = False  # whether biases and norms decay too
    epsilon: float = Field(1e-8, gt=0)  # the optimiser's
    # linear: the rate falls to 0 with the last step; by batch: as if each batch were a step, where several make one.
    schedule: Literal["linear", "linear by batch", "constant"] = "linear"
    # The rate's rise: a share of `warmup_of`, or a number of steps.
    warmup: Annotated[int, Field(ge=1)] | Annotated[float, Field(ge=0, lt=1)] = 0.1
    warmup_of: Literal["training", "first epoch"] = "training"
    temperature: float = Field(0.1, gt=0)  # of SupCon
    margin: float = Field(0.3, gt=0)  # of Triplet, in cosine
    # Of an item, in its batch, for SupCon and Triplet (A.4); null: SupCon sees all.
    negatives: int | None = Field(5, ge=1)
    proxy_lr: float | None = Field(None, gt=0)  # of a loss's own proxies or centres; null: as head_lr
    contrast_weight: float = Field(1.0, gt=0)  # of SupCon or Triplet beside cross-entropy
    precision: Literal["auto", "32-true", "bf16-mixed"] = "auto"  # auto: bf16 where the device computes it in hardware
    compiled: bool = False  # compile a transformer's blocks: takes seconds of each run, and pays on an accelerator
    devices: int = Field(1, ge=1)  # that train one run together, each with an equal part of every batch
    strategy: str = "auto"  # Lightning's; several devices of a notebook need ddp_notebook
    threads: int = Field(1, ge=1)  # per run on a CPU; part of the parameters because sums depend on it

    @property
    def budget(self) -> str:
        """How long training goes on, in words."""
        return f"{self.steps} steps" if self.steps else f"{'at most ' if self.patience else ''}{self.epochs} epochs"

    @property
    def round_size(self) -> int | None:
        """Batches of a round; None: an epoch's."""
        return self.check_every * self.accumulate if self.steps else None

    @model_validator(mode="after")
    def _batches_hold_vendors(self) -> Training:
        check_batch(self.batch_size, self.per_vendor, "vendor")
        if self.steps and self.steps % self.check_every:
            raise ValueError(f"steps, {self.steps}, must be a multiple of check_every, {self.check_every}")
        if self.batch_size % self.devices:
            raise ValueError(
                f"a batch of {self.batch_size} can't be shared evenly by {self.devices} devices; change batch_size or "
                "devices"
            )
        return self


class Alignment(Section):
    """Text-image alignment (20_alignment). All other settings are Training's."""

    epochs: int | None = Field(None, ge=1)  # null: as many as training has, or its steps
    steps: int | None = Field(None, ge=1)  # null: training's, unless epochs are given here
    batch_size: int | None = Field(None, ge=2)  # null: as training's
    per_vendor: int | None = Field(None, ge=2)  # pairs of one vendor in a batch; null: by chance
    temperature: float = Field(0.1, gt=0)  # of ITC (A.4: the best of 0.01, 0.1 and 0.3), unless a run names its own
    negatives: int = Field(5, ge=1)  # of a pair, from another region (A.4): the variants described and released
    dimensions: int | None = Field(None, ge=8)  # of the common space; null: the text encoder's
    queries: int = Field(32, ge=1)  # of the Q-Former
    layers: int = Field(12, ge=1)
    heads: int = Field(12, ge=1)
    locked: bool = False  # train only what is on top of the encoders: for a CPU, which then encodes each item once
    max_tokens: int | None = Field(None, ge=8, le=512)  # null: as text has

    def budgeted(self, training: Training) -> Training:
        """A study's training with what this section says of epochs, steps and batches."""
        changes: dict[str, Any] = {"batch_size": self.batch_size, "per_vendor": self.per_vendor, "epochs": self.epochs}
        changes = {field: value for field, value in changes.items() if value is not None}
        if self.steps or self.epochs:
            changes["steps"] = self.steps
        return training.model_copy(update=changes)

    @model_validator(mode="after")
    def _heads_divide(self) -> Alignment:
        if self.dimensions and self.dimensions % self.heads:
            raise ValueError(f"dimensions, {self.dimensions}, must be a multiple of heads, {self.heads}")
        return self


class Hotels(Section):
    """Linking of hotel pictures (41 to 43). A loss's other settings are Revisited Hotels' (Table 6), or Training's."""

    # twin: drawn; collected: CSV files (image, label, super_label) in `folder`, which are cleaned and split; splits: as
    # published, in `hotel_splits`.
    source: Literal["twin", "collected", "splits"] = "twin"
    folder: str = ""  # collected, splits: the folder that the files' paths of pictures start from
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
    # What 43 tries for a loss, or for `any` without an entry: hyper-parameters (lib/hotels/linking_losses.py) and
    # their values, in all combinations.
    search: dict[str, dict[str, list[float]]] = {}
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
                raise ValueError(f"search: there is no loss called {loss!r}; {nearest(loss, (*LOSSES, 'any'))}")
            for name, values in grid.items():
                if name in RENAMED:
                    raise ValueError(f"search, {loss}: {name!r} is called {RENAMED[name]!r} now")
                if not values or len(set(values)) < len(values):
                    raise ValueError(f"search, {loss}, {name}: give some values, each once")
        if self.batch_size:
            check_batch(self.batch_size, self.per_class, "class")
        return self


class Speed(Section):
    """How chapter 92 measures."""

    systems: list[Literal["text", "image", "multimodal"]] = ["text", "image", "multimodal"]  # which are trained
    rounds: int = Field(3, ge=1)  # measurements of each loop
    seconds: float = Field(5.0, gt=0)  # that each measurement takes at least
    padded: int = Field(512, ge=8, le=512)  # tokens that the plain loop pads texts to, as the authors' does


class StudyFile(Section):
    """A whole parameter file."""

    name: str  # results go to studies/<name>
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
    publish: Literal["records", "whole"] = "records"  # of runs: without or with their notebooks and tables
    hotel_splits: str = ""  # folder of published split files; chapter 40 is left out without it
    _published: bool = PrivateAttr(False)

    @field_validator("name")
    @classmethod
    def _name_is_a_free_folder_s(cls, value: str) -> str:
        if not re.fullmatch(r"[a-z0-9][a-z0-9_-]*", value):
            raise ValueError(
                f"{value!r} can't be a folder's name on every system; use small letters a to z, digits, - and _, and "
                "begin with a letter or a digit"
            )
        if value in RESERVED:
            raise ValueError(f"no study can be called {value!r}: a folder of that name is something else")
        return value

    def at_overlap(self, overlap: float) -> Self:
        """The same study on a twin with another `data.overlap`. Raises DataError when its data isn't the twin's."""
        if self.data.source != "twin":
            raise DataError(f"{self.name}: overlap is the twin's; other data has the overlap that it has.")
        return self.model_copy(update={"data": Data(**{**self.data.model_dump(), "overlap": overlap})})

    @property
    def sensitive(self) -> bool:
        """Whether nothing of an ad may be shown."""
        return self.data.source != "twin" if self.data.sensitive is None else self.data.sensitive

    @property
    def embeds_faces(self) -> bool:
        """Whether runs may use face embeddings; lib/models/face_embeddings.py says why this is a setting."""
        return not self.sensitive if self.face_embeddings is None else self.face_embeddings

    @property
    def folder(self) -> Path:
        """Where the study's results are: its own run's in studies/, which git ignores, or the published ones'."""
        return ROOT / ("results" if self._published else "studies") / self.name

    def published(self) -> Self:
        """The same study with the folder of its published results, which `make publish` alone changes."""
        copy = self.model_copy()
        copy._published = True
        return copy

    @property
    def standing(self) -> str:
        """Whose results `folder` has, in words: `run here` or `published`."""
        return "published" if self._published else "run here"

    @property
    def memory_mb(self) -> int:
        """Memory that a notebook of the study needs, about: 3 GB, and 12 GB more at MATCHED's size, as on the twin."""
        return round(3000 + 12_000 * min(1.0, self.data.scale if self.data.source == "twin" else 0.25))

    @property
    def device_memory_mb(self) -> int:
        """Memory of an accelerator that a run of the study needs, about: 12 GB at MATCHED's sizes of texts and
        pictures with the paper's batch, as on an H100."""
        size = max(self.text.max_tokens / 512, (self.image.pixels / 224) ** 2) * self.training.batch_size / 32
        return round(2000 + 10_000 * size)

    @property
    def cache(self) -> Path:
        """Where decoded pictures are kept."""
        return ROOT / "data" / "cache"

    @property
    def data_folder(self) -> Path:
        """The folder of ads: the user's, or the twin's, whose name has all that its bytes depend on."""
        if self.data.source == "matched":
            return _from_root(self.data.folder)
        data, code = self.data, fingerprints.module_fingerprint("lib.twin.advertisements")[:8]
        name = f"scale{data.scale:g}-seed{data.seed}-px{data.pixels}-overlap{data.overlap:g}-{code}"
        return ROOT / "data" / "twin" / name

    @property
    def hotel_pictures(self) -> Path:
        """The folder of hotel pictures: the user's, or the twin's, whose name has all that its bytes depend on."""
        hotels = self.hotels
        if hotels.source != "twin":
            return _from_root(hotels.folder)
        code = fingerprints.module_fingerprint("lib.twin.hotel_pictures")[:8]
        return ROOT / "data" / "hotels" / f"scale{hotels.scale:g}-seed{hotels.seed}-px{hotels.pixels}-{code}"

    @property
    def datasheet(self) -> Path | None:
        """The file of the datasheet's answers, if there is one."""
        if self.data.source == "twin":
            return ROOT / "params" / "datasheet.yaml"
        return _from_root(self.data.datasheet) if self.data.datasheet else None

    @property
    def weights_at(self) -> str:
        """The folder of local weights, '' for none. Raises DataError when the one that is named isn't there."""
        if not self.weights_folder:
            return ""
        folder = _from_root(self.weights_folder)
        if not folder.is_dir():
            raise DataError(
                f"{folder}: there is no such folder of weights. Correct weights_folder in the parameter file."
            )
        return str(folder)

    @property
    def hotel_folder(self) -> Path | None:
        """The folder of hotel split files: the environment variable HOTEL_SPLITS, or else `hotel_splits`."""
        folder = os.environ.get("HOTEL_SPLITS") or self.hotel_splits
        return _from_root(folder) if folder else None


def _from_root(path: str) -> Path:
    return ROOT / Path(path).expanduser()
