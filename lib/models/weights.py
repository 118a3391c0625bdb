"""Tensors of a checkpoint: read whole from safetensors, and held against what a model needs.

A loader that fills what is missing at random, or passes over what it doesn't know, gives numbers under a wrong name: here
every tensor is accounted for. Pickles are never read.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file

from lib.core.errors import DataError

FILE, INDEX = "model.safetensors", "model.safetensors.index.json"
FLOATS = (torch.float32, torch.float16, torch.bfloat16, torch.float64)
"""Types that become float32; of others nobody has said how they are to be read."""
COUNTERS = ("position_ids", "token_type_ids", "num_batches_tracked")
"""Last parts of the names of tensors that hold whole numbers; no model's vector depends on their values."""
HEADS = (
    "lm_head.",
    "cls.",
    "mlm_score.",
    "itm_score.",
    "rank_output.",
    "qa_outputs.",
    "classifier.",
    "predictions.",
    "discriminator_predictions.",
    "generator_predictions.",
    "generator_lm_head.",
    "vocab_transform.",
    "vocab_layer_norm.",
    "vocab_projector.",
    "embeddings.position_ids",
)
"""What training leaves in checkpoints of transformers and encoders don't use: heads, and a counter that older versions kept."""
WRAPPERS = ("0.auto_model.", "0.model.", "auto_model.", "model.", "module.", "_orig_mod.", "encoder.", "backbone.")
"""What sentence-transformers, DataParallel, torch.compile and models around a model put before every tensor's name."""


def stored(folder: Path) -> dict[str, torch.Tensor]:
    """Every tensor of `folder`, by name: of model.safetensors, or of the files that model.safetensors.index.json lists. Floats
    become float32.

    Raises DataError when there is none, when a file is broken or not what the index says, when a tensor stands in two
    files, when it holds whole numbers where numbers are expected, and when it isn't finite.
    """
    found: dict[str, torch.Tensor] = {}
    listed = _files(folder)
    for file in sorted(set(listed.values())) if listed else [FILE]:
        try:
            more = load_file(folder / file)
        # A broken header ends in any of these.
        except (OSError, SafetensorError, KeyError, ValueError, TypeError, AttributeError, RuntimeError) as error:
            raise DataError(
                f"{folder / file}: this is no whole safetensors file ({said(error)}). Copy it again; a pickle under another "
                "name isn't read."
            ) from error
        if twice := sorted(found.keys() & more.keys()):
            raise DataError(f"{folder / file}: {counted(twice)} in another file of this checkpoint too. Save it again.")
        found |= more
    if not found:
        raise DataError(f"{folder}: the checkpoint holds no tensors. Take the whole one.")
    if lost := sorted(listed.keys() - found.keys()):
        raise DataError(f"{folder}: {INDEX} lists {counted(lost)} that its files don't hold. Copy them all again.")
    return {name: _number(folder, name, tensor) for name, tensor in found.items()}


def _files(folder: Path) -> dict[str, str]:
    """The file of each tensor by the index; empty where there is one file."""
    if (folder / FILE).is_file():
        return {}
    if not (folder / INDEX).is_file():
        pickled = any(path.suffix in (".bin", ".pt", ".pth", ".ckpt", ".pkl", ".msgpack") for path in folder.iterdir())
        raise DataError(
            f"{folder}: there is no {FILE}"
            + (
                "; what is here is a pickle, and pickles are never read, since they can hold code. Save the model as safetensors."
                if pickled
                else f", nor an {INDEX} of several. Put it there."
            )
        )
    try:
        listed = json.loads((folder / INDEX).read_text(encoding="utf-8"))["weight_map"]
        plain = all(isinstance(file, str) and Path(file).name == file for file in listed.values()) and bool(listed)
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise DataError(f"{folder / INDEX}: this is no index of tensors ({said(error)}). Copy it again.") from error
    if not plain:
        raise DataError(f"{folder / INDEX}: its weight_map must give each tensor a file of this folder.")
    if lost := sorted({file for file in listed.values() if not (folder / file).is_file()}):
        raise DataError(
            f"{folder}: {INDEX} names the file {lost[0]}, which is not here ({len(lost)} in all are missing)."
        )
    return listed


def _number(folder: Path, name: str, tensor: torch.Tensor) -> torch.Tensor:
    if name.rpartition(".")[2] in COUNTERS:
        return tensor
    if tensor.dtype not in FLOATS:
        raise DataError(
            f"{folder}: the tensor {name} holds {str(tensor.dtype).removeprefix('torch.')}; weights are read as float32, "
            "float16, bfloat16 or float64. Quantised weights are none: save the model as it was trained."
        )
    number = tensor.float()
    if not torch.isfinite(number).all():
        raise DataError(
            f"{folder}: the tensor {name} holds values that are no finite numbers (NaN or infinity). The file is broken, or the "
            "model's training diverged; take other weights."
        )
    return number


def unwrapped(
    where: object, tensors: Mapping[str, torch.Tensor], known: Collection[str], base: str = ""
) -> tuple[dict[str, torch.Tensor], str]:
    """Tensors by the names that a model has, and the prefix that was taken off. known: the model's names; base: what transformers puts
    before them in a model with a head (`bert.`), taken off where it stands.

    A wrapper's prefix is taken off only where every tensor has it and no name fits as it stands. Raises DataError when two tensors would
    have one name.
    """
    bare, prefix = dict(tensors), ""
    while bare and not any(name.removeprefix(base) in known for name in bare):
        found = next((wrapper for wrapper in WRAPPERS if all(name.startswith(wrapper) for name in bare)), None)
        if found is None:
            break
        bare, prefix = {name.removeprefix(found): tensor for name, tensor in bare.items()}, prefix + found
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
    """Raises DataError that names the first tensor of each kind and how many there are; misshaped: what is wrong, by name."""
    wrong = [(sorted(missing), "missing"), (sorted(unexpected), "unexpected"), (sorted(misshaped), "of another shape")]
    parts = []
    for names, kind in wrong:
        if names:
            shape = f" ({misshaped[names[0]]})" if kind == "of another shape" else ""
            parts.append(f"{kind}: {counted(names)}{shape}")
    if parts:
        raise DataError(
            f"{where}: these are not the weights of {what}; {'; '.join(parts)}. Nothing is filled in or passed over: take the whole "
            "checkpoint of this very model."
        )


def counted(names: list[str]) -> str:
    """The first of some tensors, and how many there are."""
    return f"the tensor {names[0]}" if len(names) == 1 else f"{len(names)} tensors, the first {names[0]},"


def shapes(found: Iterable[int], expected: Iterable[int]) -> str:
    return f"{tuple(found)} in place of {tuple(expected)}"


def said(error: BaseException) -> str:
    """A library's message in one short line."""
    return " ".join(f"{type(error).__name__}: {error}".split())[:200]
