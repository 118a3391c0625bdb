"""The names of backbones, objectives, alignments, fusions, baselines and losses, and what the papers call them.

A new backbone is one entry of `registry.yaml`. Nothing here imports torch: chapters need the names alone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from lib.core import yaml_files

OBJECTIVE_NAMES = {
    "pre-trained": "pre-trained",
    "ce": "CE",
    "triplet": "Triplet",
    "supcon": "SupCon",
    "ce+triplet": "CE+Triplet",
    "ce+supcon": "CE+SupCon",
}
"""The objectives' names in the papers' tables."""
ALIGNMENT_NAMES = {"itc": "ITC", "itc+itm": "ITC+ITM", "blip2": "BLIP2", "blip2-cond": "BLIP2-Cond"}
"""The alignment methods' names in the papers' tables."""
GENERATOR = "flan-t5-small"
"""The text generator of BLIP2."""
VARIANTS = ("corrected", "released")
"""How a system is built and trained (`lib.runs.variants`)."""
FUSIONS = ("mean", "concat", "auto", "attention", "mean-similarity")
"""How two vectors become one (`lib.models.fusion`)."""
BASELINES = {
    "char-ngrams": "text",
    "word-ngrams": "text",
    "minhash": "text",
    "bm25": "text",
    "perceptual-hash": "image",
    "majority": "",
    "random": "",
}
"""The baselines (`lib.runs.baselines`) -> their items' modality; '' for any."""
LOSSES = ("triplet", "circle", "multi-similarity", "proxynca++", "supcon", "softtriple", "bce", "hard-bce")
"""The losses that link hotel pictures (`lib.hotels.linking_losses`)."""


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


_TABLE = yaml_files.read(Path(__file__).with_suffix(".yaml"), "it should hold the backbones")
BACKBONES = {name: Backbone(**fields) for name, fields in _TABLE["backbones"].items()}
STAND_INS = {"text": "minilm-l6", "image": "efficientnet-lite0", "face": "dlib-face", "generator": "t5-small"}
"""kind -> the backbone that replaces one whose weights are missing; a multimodal one has a small form of its own."""
FILES = {
    "generator": "as transformers' save_pretrained writes them, with safetensors",
    "text": "as transformers' save_pretrained writes them, with safetensors",
    "multimodal": "as transformers' save_pretrained writes them, with safetensors",
    "image": "one model.safetensors of timm's",
    "face": "one model.onnx",
}
"""kind -> what a folder of weights must hold."""
RANDOM = "-random"
"""After a backbone's name: the same with fresh weights."""
