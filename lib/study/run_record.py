"""metrics.json: what a run notes of itself, typed: what it is, what it read and was made of, what it measured, what it took."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError

from lib.core.errors import DataError
from lib.core.files import read_json, write_json

Rows = list[dict[str, Any]]
"""A table, a row a dictionary."""


class Part(BaseModel):
    """A part of a record: a field that isn't known is a mistake."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class DataRecord(Part):
    """source: twin, matched, … ; fingerprint: SHA-256 of what was read; of ads the region that is trained on, and of each region and
    part the `items` and `vendors`; of hotel pictures the split that is trained on, its branches, and what of the tests was seen."""

    source: str = ""
    fingerprint: str = ""
    train_region: str = ""
    items: Rows = []
    left_out: int | None = None
    classes: int = 0
    trained_on: str = ""
    branches: int = 0
    seen: Rows = []


class WeightsRecord(Part):
    """A backbone: what was asked for and what was loaded, from where (hub, package, folder or random), SHA-256 and size of its weights."""

    kind: str
    requested: str
    loaded: str
    source: str
    sha256: str
    parameters: int
    label: str
    note: str = ""


class TrainingRecord(Part):
    """resumed: whether it went on from a checkpoint; what it took before that is in no clock or meter."""

    epochs: int
    seconds: float
    items: int
    resumed: bool


class EnergyRecord(Part):
    """By codecarbon: of the whole machine while the run was under way."""

    kwh: float
    co2_kg: float
    parts: dict[str, float] = {}
    method: str


class EnvironmentRecord(Part):
    """Machine, Python, packages and the commit of the code."""

    python: str = ""
    system: str = ""
    processor: str = ""
    cores: int | None = None
    device: str = ""
    packages: dict[str, str] = {}
    commit: str = ""


class RunRecord(Part):
    """study, notebook, parameters, key: what run this is a record of. code: fingerprint of the code that the notebook uses. The tables
    are None where a kind of run doesn't measure them."""

    run: str = ""
    study: str
    notebook: str
    parameters: dict[str, Any]
    key: str
    code: str = ""
    protocol: str = ""
    modality: str = ""
    data: DataRecord = DataRecord()
    weights: list[WeightsRecord] = []
    precision: str = ""
    training_settings: dict[str, Any] = {}
    hyperparameters: dict[str, int | float] = {}
    epochs: int | None = None
    splits: Rows | None = None
    environment: EnvironmentRecord = EnvironmentRecord()
    training: TrainingRecord | None = None
    identification: Rows | None = None
    verification: Rows | None = None
    text_to_image: Rows | None = None
    rewards: Rows | None = None
    linking: Rows | None = None
    transfer: Rows | None = None
    trials: Rows | None = None
    best: dict[str, float] = {}
    energy: EnergyRecord = EnergyRecord(kwh=0.0, co2_kg=0.0, method="")
    wall_seconds: float = 0.0


def read(path: Path) -> RunRecord:
    """The record in a file. Raises DataError when it is none."""
    try:
        return RunRecord.model_validate(read_json(path))
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        said = f"{'.'.join(map(str, first['loc']))}: {first['msg']}"
        raise DataError(
            f"{path}: this is no record of a run ({said}). Remove the folder and run the study again."
        ) from error


def write(path: Path, record: RunRecord) -> None:
    """Write what was set, in the order of the fields."""
    write_json(path, record.model_dump(exclude_unset=True))
