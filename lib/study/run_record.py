"""The record of a run (metrics.json): what it is, its data and weights, what it measured, and what it took."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError

from lib.core.errors import DataError
from lib.core.files import read_json, write_json

Rows = list[dict[str, Any]]
"""A table as a list of its rows."""


class Record(BaseModel):
    """Base of a record and of its parts: a field that isn't known is an error."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class DataRecord(Record):
    """The data of a run: ads, or hotel pictures."""

    source: str = ""  # twin, matched, …
    fingerprint: str = ""  # SHA-256 of what was read
    train_region: str = ""  # ads: the region that systems are trained on
    items: Rows = []  # ads: `items` and `vendors` of each region and part
    left_out: int | None = None  # ads: items in no part; None of sensitive data
    classes: int = 0  # ads: vendors that are classes
    queries_trained_on: float | None = None  # protocol `released`: share of the training region's queries
    trained_on: str = ""  # hotels: the split that systems are trained on
    branches: int = 0  # hotels: of that split
    seen: Rows = []  # hotels: how much of each test split that split has


class WeightsRecord(Record):
    """A backbone of a run: which was requested, and which weights were loaded."""

    kind: str
    requested: str
    loaded: str
    source: str  # hub, package, folder or random
    sha256: str
    parameters: int
    label: str  # what results are labelled with
    note: str = ""


class TrainingRecord(Record):
    """What training took, and whether it had converged (`lib.runs.convergence`)."""

    epochs: int | float  # passes through the items
    steps: int | None = None  # of the optimiser; None in records of older studies
    late_fall: float | None = None  # share of the validation loss's fall that came in the last quarter of rounds
    seconds: float
    items: int
    resumed: bool  # from a checkpoint: `seconds`, wall time and energy then lack what came before it


class EnergyRecord(Record):
    """Electricity of the whole machine during the run (`lib.core.provenance.Meter`)."""

    kwh: float
    co2_kg: float
    parts: dict[str, float] = {}
    method: str


class EnvironmentRecord(Record):
    """Machine and software (`lib.core.provenance.environment`)."""

    python: str = ""
    system: str = ""
    processor: str = ""
    cores: int | None = None
    device: str = ""
    packages: dict[str, str] = {}
    commit: str = ""


class RunRecord(Record):
    """A whole metrics.json. A table that a kind of run doesn't measure is None."""

    run: str = ""  # its name, and its folder below the study's `runs`
    study: str
    notebook: str
    parameters: dict[str, Any]
    key: str  # `lib.study.plan.Study.key`
    code: str = ""  # fingerprint of the code that the notebook uses
    protocol: str = ""
    sampling: str = ""  # of training's batches (`lib.study.registry.SAMPLINGS`)
    scoring: str = "cosine"  # of retrieval (`lib.evaluation.scoring.Scoring`)
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
    except json.JSONDecodeError as error:
        raise DataError(f"{path}: this is no JSON ({error}). Remove the folder and run the study again.") from error
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        problem = f"{'.'.join(map(str, first['loc']))}: {first['msg']}"
        raise DataError(
            f"{path}: this is no record of a run ({problem}). Remove the folder and run the study again."
        ) from error


def write(path: Path, record: RunRecord) -> None:
    """Write the fields that were set, in their order."""
    write_json(path, record.model_dump(exclude_unset=True))
