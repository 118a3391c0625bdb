"""Embeddings of texts and images: computed by a system's encoders batch by batch, and kept on disk.

A run's file is safetensors: for each modality a table of items and a matrix of vectors.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch
from safetensors import safe_open
from safetensors.numpy import save_file

from lib.core.files import replacing
from lib.data.splits import PARTS
from lib.models.acceleration import PrecisionSetting, device, precision
from lib.models.encoders import TextEncoder
from lib.models.system import System
from lib.runs import batches

PART_CODES = (*PARTS, "left out")
"""A part's number in the file is its place here."""
IDENTIFIED = "identified"
"""In place of a modality: the items that a system was trained and identifies with, where retrieval has others."""


@torch.inference_mode()
def encode_texts(system: Any, tokens: Sequence[Sequence[int]], requested: PrecisionSetting = "auto") -> torch.Tensor:
    """Vectors of tokenised texts by the text encoder, in batches of similar length: (n, d) float32, on the CPU.

    system: a `lib.models.system.System` or an aligner. requested: the precision.
    """
    system.to(device())
    vectors, order = [], _by_length(tokens)
    for rows in order:
        batch = batches.padded([tokens[row] for row in rows], system.tokenizer.pad_token_id)
        with _autocast(requested):
            encoded = system.encode_text(*(batch[name].to(device()) for name in ("tokens", "mask")))
            vectors.append(encoded.float().cpu())
    return _in_order(vectors, order)


def encode_images(system: Any, images: np.ndarray, requested: PrecisionSetting = "auto") -> torch.Tensor:
    """Vectors of images (n, h, w, 3) uint8 by the image encoder: (n, …) float32, on the CPU. system: as in
    `encode_texts`."""
    return encode_rows(system.to(device()).encode_image, images, requested)


@torch.inference_mode()
def encode_rows(
    encode: Callable[[torch.Tensor], torch.Tensor], array: np.ndarray, requested: PrecisionSetting = "auto"
) -> torch.Tensor:
    """`encode` of the rows of an array, in batches: float32, on the CPU."""
    vectors = []
    for start in range(0, len(array), 128):
        block = torch.from_numpy(np.array(array[start : start + 128])).to(device())
        with _autocast(requested):
            vectors.append(encode(block).float().cpu())
    return torch.cat(vectors)


@torch.inference_mode()
def token_states(
    encoder: TextEncoder, tokens: Sequence[Sequence[int]], requested: PrecisionSetting = "auto"
) -> list[np.ndarray]:
    """A text encoder's states of every token of each text: n times (t, d) float16."""
    encoder.to(device()).eval()
    states: list[np.ndarray] = [np.empty(0, np.float16)] * len(tokens)
    for rows in _by_length(tokens):
        batch = batches.padded([tokens[row] for row in rows], encoder.tokenizer.pad_token_id)
        with _autocast(requested):
            encoded = encoder.states(*(batch[name].to(device()) for name in ("tokens", "mask"))).half().cpu().numpy()
        for row, of_text in zip(rows, encoded, strict=True):
            states[row] = of_text[: len(tokens[row])].copy()
    return states


@torch.inference_mode()
def encode_pairs(
    system: System,
    tokens: Sequence[Sequence[int]],
    images: np.ndarray,
    text: np.ndarray,
    image: np.ndarray,
    requested: PrecisionSetting = "auto",
) -> torch.Tensor:
    """A single-stream encoder's vectors of the pairs (text[i], image[i]), rows of `tokens` and of `images`: (n, d)
    float32, on the CPU."""
    system.to(device())
    pairs, classes = pd.DataFrame({"text": text, "image": image}), np.zeros(len(text), int)
    items = batches.Items(pairs, classes, tokens, system.tokenizer.pad_token_id, images)
    vectors, order = [], _by_length([tokens[row] for row in text])
    for rows in order:
        batch = {name: value.to(device()) for name, value in items.batch(rows.tolist()).items()}
        with _autocast(requested):
            vectors.append(system(batch).float().cpu())
    return _in_order(vectors, order)


def _by_length(tokens: Sequence[Sequence[int]]) -> list[np.ndarray]:
    """Batches of texts of similar length, as row numbers."""
    order = np.argsort([len(text) for text in tokens], kind="stable")
    return np.array_split(order, max(1, len(order) // 64))


def _in_order(vectors: list[torch.Tensor], order: list[np.ndarray]) -> torch.Tensor:
    return torch.cat(vectors)[np.argsort(np.concatenate(order), kind="stable")]


def _autocast(requested: PrecisionSetting) -> torch.autocast:
    return torch.autocast(device().type, torch.bfloat16, enabled=precision(requested) == "bf16-mixed")


def save(path: str | Path, embeddings: dict[str, tuple[pd.DataFrame, np.ndarray]]) -> None:
    """Write, by modality, items (columns of `lib.data.splits.split`) and their vectors (n, d), as 16-bit floats."""
    regions = sorted({region for items, _ in embeddings.values() for region in items["region"]})
    tensors = {}
    for modality, (items, vectors) in embeddings.items():
        tensors[f"{modality}/vectors"] = vectors.astype(np.float16)
        tensors[f"{modality}/region"] = items["region"].map(regions.index).to_numpy(np.int32)
        tensors[f"{modality}/part"] = items["part"].map(PART_CODES.index).to_numpy(np.int8)
        for column in items.columns.intersection(["vendor", "text", "image"]):
            tensors[f"{modality}/{column}"] = items[column].to_numpy(np.int32)
    with replacing(path) as temporary:
        save_file(tensors, temporary, metadata={"regions": json.dumps(regions)})


def load(path: str | Path) -> dict[str, tuple[pd.DataFrame, np.ndarray]]:
    """What `save` was given, vectors as float32."""
    embeddings = {}
    with safe_open(path, framework="numpy") as stored:
        regions = np.array(json.loads(stored.metadata()["regions"]))
        names = list(stored.keys())
        for modality in dict.fromkeys(name.split("/")[0] for name in names):
            items = pd.DataFrame(
                {
                    name.split("/")[1]: stored.get_tensor(name)
                    for name in names
                    if name.startswith(f"{modality}/") and not name.endswith("/vectors")
                }
            )
            items = items.assign(region=regions[items["region"]], part=np.array(PART_CODES)[items["part"]])
            embeddings[modality] = items, stored.get_tensor(f"{modality}/vectors").astype(np.float32)
    return embeddings
