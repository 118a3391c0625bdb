"""The names of backbones, objectives, alignments, fusions, baselines and losses, from `registry.yaml`.

Nothing here imports torch: plans and chapters need the names alone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from lib.core import yaml_files

_TABLE = yaml_files.read(Path(__file__).with_suffix(".yaml"), "it should hold the names that parameter files use")
OBJECTIVE_NAMES: dict[str, str] = _TABLE["objectives"]
ALIGNMENT_NAMES: dict[str, str] = _TABLE["alignments"]
FUSIONS: list[str] = _TABLE["fusions"]
BASELINES: dict[str, str] = _TABLE["baselines"]
LOSSES: list[str] = _TABLE["losses"]
STAND_INS: dict[str, str] = _TABLE["stand_ins"]
FILES: dict[str, str] = _TABLE["files"]
VARIANTS = ("described", "released", "corrected")
"""How a system is built and trained (`lib.runs.variants`)."""
SAMPLINGS = ("shuffled", "balanced", "units")
"""How batches are drawn (`lib.runs.batches.training_batches`)."""
GENERATOR = "flan-t5-small"
"""The text generator of BLIP2."""
RANDOM = "-random"
"""After a backbone's name: the same with fresh weights."""


@dataclass(frozen=True)
class Backbone:
    """A pre-trained model, or the architecture of one with fresh weights."""

    kind: Literal["text", "image", "multimodal", "face", "generator"]
    hub: str = ""  # Hugging Face id, or timm's name of an image backbone
    pooling: Literal["mean", "first"] = "mean"  # of a text's token vectors
    published: str = ""  # the system of the papers' tables that this is
    package: str = ""  # a Python package that carries the weights,
    file: str = ""  # in this file,
    file_sha256: str = ""  # with these bytes
    canary: Sequence[float] = ()  # length and first coordinates of a known input's vector (`lib.models.canary`)
    config: Mapping[str, int] | None = None  # of a small model of our own, which has only fresh weights
    image_encoder: str = ""  # the ViT inside a multimodal model


BACKBONES = {name: Backbone(**fields) for name, fields in _TABLE["backbones"].items()}
