"""Tensors of a checkpoint, read from safetensors and compared with those that a model needs.

Every tensor is accounted for: a loader that fills missing tensors at random or skips unknown ones would label results
with a model that wasn't loaded. Pickles are never read.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file

from lib.core import yaml_files
from lib.core.errors import DataError

FILE, INDEX = "model.safetensors", "model.safetensors.index.json"
FLOATS = (torch.float32, torch.float16, torch.bfloat16, torch.float64)
"""Types that are converted to float32; others are refused."""
_NAMES = yaml_files.read(Path(__file__).with_suffix(".yaml"), "expected are counters, heads and wrappers")
COUNTERS, HEADS, WRAPPERS = (tuple(_NAMES[kind]) for kind in ("counters", "heads", "wrappers"))
"""Of tensors' names the last parts, beginnings and prefixes that weights.yaml explains."""


def read(folder: Path) -> dict[str, torch.Tensor]:
    """Every tensor of `folder` by name, floats as float32.

    They come from model.safetensors, or from the files that model.safetensors.index.json lists. Raises DataError when
    there is none, when a file is broken or not what the index says, when two files hold the same tensor, and when a
    tensor isn't finite or of a type that isn't read.
    """
    tensors: dict[str, torch.Tensor] = {}
    listed = _files(folder)
    for file in sorted(set(listed.values())) if listed else [FILE]:
        try:
            more = load_file(folder / file)
        # A broken header ends in any of these.
        except (OSError, SafetensorError, KeyError, ValueError, TypeError, AttributeError, RuntimeError) as error:
            raise DataError(
                f"{folder / file}: this is no whole safetensors file ({error_summary(error)}). Copy it again; a "
                "pickle under another name isn't read."
            ) from error
        if twice := sorted(tensors.keys() & more.keys()):
            raise DataError(f"{folder / file}: {counted(twice)} in another file of this checkpoint too. Save it again.")
        tensors |= more
    if not tensors:
        raise DataError(f"{folder}: the checkpoint holds no tensors. Take the whole one.")
    if lost := sorted(listed.keys() - tensors.keys()):
        raise DataError(f"{folder}: {INDEX} lists {counted(lost)} that its files don't hold. Copy them all again.")
    return {name: _float32(folder, name, tensor) for name, tensor in tensors.items()}


def _files(folder: Path) -> dict[str, str]:
    """The file of each tensor, as the index says; empty where there is one file."""
    if (folder / FILE).is_file():
        return {}
    if not (folder / INDEX).is_file():
        pickled = any(path.suffix in (".bin", ".pt", ".pth", ".ckpt", ".pkl", ".msgpack") for path in folder.iterdir())
        raise DataError(
            f"{folder}: there is no {FILE}; what is here is a pickle, and pickles are never read, since they can hold "
            "code. Save the model as safetensors."
            if pickled
            else f"{folder}: there is no {FILE}, nor an {INDEX} of several. Put it there."
        )
    try:
        listed: dict[str, str] = json.loads((folder / INDEX).read_text(encoding="utf-8"))["weight_map"]
        plain = all(isinstance(file, str) and Path(file).name == file for file in listed.values()) and bool(listed)
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise DataError(
            f"{folder / INDEX}: this is no index of tensors ({error_summary(error)}). Copy it again."
        ) from error
    if not plain:
        raise DataError(f"{folder / INDEX}: its weight_map must give each tensor a file of this folder.")
    if lost := sorted({file for file in listed.values() if not (folder / file).is_file()}):
        raise DataError(
            f"{folder}: {INDEX} names the file {lost[0]}, which is not here ({len(lost)} in all are missing)."
        )
    return listed


def _float32(folder: Path, name: str, tensor: torch.Tensor) -> torch.Tensor:
    if name.rpartition(".")[2] in COUNTERS:
        return tensor
    if tensor.dtype not in FLOATS:
        raise DataError(
            f"{folder}: the tensor {name} holds {str(tensor.dtype).removeprefix('torch.')}; weights are read as "
            "float32, float16, bfloat16 or float64. Quantised weights can't be read: save the model as it was trained."
        )
    values = tensor.float()
    if not torch.isfinite(values).all():
        raise DataError(
            f"{folder}: the tensor {name} holds values that are no finite numbers (NaN or infinity). The file is "
            "broken, or the model's training diverged; take other weights."
        )
    return values


def without_prefix(
    where: object, tensors: Mapping[str, torch.Tensor], model_names: Collection[str], base: str = ""
) -> tuple[dict[str, torch.Tensor], str]:
    """Tensors by a model's own names, and the prefix that was removed from the stored ones.

    base: transformers' prefix in a model with a head (`bert.`), removed from the names that have it. A wrapper's prefix
    is removed only if every tensor has it and none of `model_names` is there without that. Raises DataError when two
    tensors would have one name.
    """
    bare, prefix = dict(tensors), ""
    while bare and not any(name.removeprefix(base) in model_names for name in bare):
        wrapper = next((wrapper for wrapper in WRAPPERS if all(name.startswith(wrapper) for name in bare)), None)
        if wrapper is None:
            break
        bare, prefix = {name.removeprefix(wrapper): tensor for name, tensor in bare.items()}, prefix + wrapper
    if base and any(name.startswith(base) for name in bare):
        short = {name.removeprefix(base): tensor for name, tensor in bare.items()}
        if len(short) < len(bare):
            twice = sorted(name for name in bare if name.startswith(base) and name.removeprefix(base) in bare)
            raise DataError(
                f"{where}: this checkpoint holds {counted(twice)} a second time without {base!r}. Save one model in it."
            )
        bare, prefix = short, prefix + base
    return bare, prefix


def check(
    where: object, what: str, missing: Iterable[str], unexpected: Iterable[str], misshaped: Mapping[str, str]
) -> None:
    """Raises DataError, with the first tensor of each kind and their number, if there are any.

    misshaped: the names of tensors of another shape, with `shape_mismatch` of each.
    """
    kinds = {"missing": sorted(missing), "unexpected": sorted(unexpected)}
    parts = [f"{kind}: {counted(names)}" for kind, names in kinds.items() if names]
    if misshaped:
        names = sorted(misshaped)
        parts.append(f"of another shape: {counted(names)} ({misshaped[names[0]]})")
    if parts:
        raise DataError(
            f"{where}: these are not the weights of {what}; {'; '.join(parts)}. Nothing is filled in or passed over: "
            "take the whole checkpoint of this very model."
        )


def counted(names: list[str]) -> str:
    """The first of some tensors' names, and how many there are."""
    return f"the tensor {names[0]}" if len(names) == 1 else f"{len(names)} tensors, the first {names[0]},"


def shape_mismatch(stored: Iterable[int], expected: Iterable[int]) -> str:
    """The two shapes in words."""
    return f"{tuple(stored)} in place of {tuple(expected)}"


def misshaped(stored: Mapping[str, torch.Tensor], expected: Mapping[str, torch.Size]) -> dict[str, str]:
    """The names of stored tensors of another shape than expected, with `shape_mismatch` of each."""
    return {
        name: shape_mismatch(tensor.shape, expected[name])
        for name, tensor in stored.items()
        if name in expected and tensor.shape != expected[name]
    }


def error_summary(error: BaseException) -> str:
    """A library's error in one short line."""
    return " ".join(f"{type(error).__name__}: {error}".split())[:200]
