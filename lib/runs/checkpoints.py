"""Lightning checkpoints without pickle: tensors as safetensors, the rest as JSON, written whole or not at all."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import torch
from lightning.pytorch.plugins.io import CheckpointIO
from safetensors import safe_open
from safetensors.torch import save_file

from lib.core.files import replacing


class SafetensorsIO(CheckpointIO):
    """Reads and writes a checkpoint's tree of dicts, lists, numbers, strings and tensors; nothing else is let in."""

    def save_checkpoint(self, checkpoint: dict[str, Any], path: str | Path, storage_options: Any = None) -> None:
        tensors: dict[str, torch.Tensor] = {}
        tree = _pack(checkpoint, tensors)
        with replacing(path) as temporary:
            save_file(tensors, temporary, metadata={"tree": json.dumps(tree)})

    def load_checkpoint(
        self, path: str | Path, map_location: Any = None, weights_only: bool | None = None
    ) -> dict[str, Any]:
        with safe_open(path, framework="pt", device="cpu") as stored:
            return _unpack(json.loads(stored.metadata()["tree"]), stored)

    def remove_checkpoint(self, path: str | Path) -> None:
        Path(path).unlink(missing_ok=True)


def _pack(value: Any, tensors: dict[str, torch.Tensor]) -> Any:
    if isinstance(value, torch.Tensor):
        name = str(len(tensors))
        tensors[name] = value.detach().cpu().clone().contiguous()  # a clone: tied weights may not share memory here
        return {"tensor": name}
    if isinstance(value, dict):  # as pairs, since an optimiser's keys are numbers and JSON's are strings
        return {"dict": [[_pack(key, tensors), _pack(item, tensors)] for key, item in value.items()]}
    if isinstance(value, (list, tuple)):
        return {type(value).__name__: [_pack(item, tensors) for item in value]}
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    raise TypeError(
        f"A checkpoint can't hold a {type(value).__name__}; keep numbers, strings, lists, dicts and tensors in it."
    )


def _unpack(value: Any, stored: Any) -> Any:
    if not isinstance(value, dict):
        return value
    [(kind, content)] = value.items()
    if kind == "tensor":
        return stored.get_tensor(content)
    if kind == "dict":
        return {_unpack(key, stored): _unpack(item, stored) for key, item in content}
    return (tuple if kind == "tuple" else list)(_unpack(item, stored) for item in content)
