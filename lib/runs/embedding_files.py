"""Embeddings of a run on disk: one safetensors file, a table of items and a matrix for each modality."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
from safetensors import safe_open
from safetensors.numpy import save_file

from lib.core.files import replacing
from lib.data.splits import PARTS

CODES = (*PARTS, "left out")


def save(path: str | Path, found: dict[str, tuple[pd.DataFrame, np.ndarray]]) -> None:
    """found: modality -> items (columns of `lib.data.splits.split`) and vectors (n, d), kept as 16-bit floats."""
    regions = sorted({region for items, _ in found.values() for region in items["region"]})
    tensors = {}
    for modality, (items, vectors) in found.items():
        tensors[f"{modality}/vectors"] = vectors.astype(np.float16)
        tensors[f"{modality}/region"] = items["region"].map(regions.index).to_numpy(np.int32)
        tensors[f"{modality}/part"] = items["part"].map(CODES.index).to_numpy(np.int8)
        for column in items.columns.intersection(["vendor", "text", "image"]):
            tensors[f"{modality}/{column}"] = items[column].to_numpy(np.int32)
    with replacing(path) as temporary:
        save_file(tensors, temporary, metadata={"regions": json.dumps(regions)})


def load(path: str | Path) -> dict[str, tuple[pd.DataFrame, np.ndarray]]:
    """What `save` was given, vectors as float32."""
    found = {}
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
            items = items.assign(region=regions[items["region"]], part=np.array(CODES)[items["part"]])
            found[modality] = items, stored.get_tensor(f"{modality}/vectors").astype(np.float32)
    return found
