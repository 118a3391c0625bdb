"""Models of transformers and timm with the weights of a folder: every tensor accounted for, nothing filled in."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import torch
from torch import nn

from lib.core.errors import DataError
from lib.models import weights
from lib.models.weights import said

CONFIG = "config.json"
SIZES = ("vocab_size", "hidden_size", "num_hidden_layers", "num_attention_heads")
"""Fields that a config.json must give: what is left out transformers replaces by the size of a model that isn't this one (and the
number of heads changes no tensor's shape)."""
TEXT_FILES = (weights.FILE, "model-*.safetensors", "*.json", "*.txt", "*.model")
"""What is fetched from the hub: tensors and tokenizers, never a pickle and never code."""


def from_hub(name: str) -> Path:
    """The folder in Hugging Face's cache that holds what the hub has as `name`, fetched if need be.

    Raises OSError when it is not to be had: no such entry, no network and nothing in the cache, or no safetensors.
    """
    import httpx
    from huggingface_hub import constants, snapshot_download
    from transformers.safetensors_conversion import auto_conversion

    if Path(name).is_dir():
        return Path(name)
    chosen: dict[str, Any] = {"allow_patterns": list(TEXT_FILES), "ignore_patterns": ["*/*"]}
    try:
        folder = Path(snapshot_download(name, **chosen))
        if not _holds_tensors(folder) and not constants.HF_HUB_OFFLINE:
            # Of an entry that has a pickle alone the hub keeps a converted copy, which transformers too takes.
            folder = Path(snapshot_download(name, revision=auto_conversion(name)[1], **chosen))
    except (ValueError, TypeError, httpx.HTTPError) as error:
        raise OSError(f"not to be had ({said(error)})") from error
    if not _holds_tensors(folder):
        raise OSError("no safetensors")
    return folder


def _holds_tensors(folder: Path) -> bool:
    return (folder / weights.FILE).is_file() or (folder / weights.INDEX).is_file()


def config(folder: Path, kind: type | None = None) -> tuple[Any, dict[str, Any]]:
    """The configuration of `folder`, as transformers reads it and as its config.json has it. kind: of configuration, if it must be one.

    Raises DataError when the file isn't there, is none, leaves out what decides a model's size, or describes another kind of model,
    a quantised one, or one that needs code of its own.
    """
    from transformers import AutoConfig

    path = folder / CONFIG
    try:
        given = json.loads(path.read_text(encoding="utf-8"))
        if not isinstance(given, dict):
            raise ValueError("it holds no fields")
        found = AutoConfig.from_pretrained(folder, trust_remote_code=False, local_files_only=True)
    except Exception as error:  # a field that is wrong ends in any of a dozen errors of Python's and transformers'
        raise DataError(
            f"{path}: this describes no model that can be loaded ({said(error)}). Put the config.json there that came with the weights; "
            "code that comes with a model is never run."
        ) from error
    if kind is not None and not isinstance(found, kind):
        raise DataError(
            f"{path}: this describes a model of type {found.model_type!r}, and {kind.__name__} is expected."
        )  # type: ignore[attr-defined]
    if given.get("quantization_config") is not None:
        raise DataError(f"{path}: this model is quantised. Save it as it was trained, in float32 or float16.")
    for field in SIZES:
        own = found.attribute_map.get(field, field)
        if hasattr(found, own) and not _counts(given.get(own)):
            raise DataError(
                f"{path}: the field {own} is missing or no positive whole number. Put the config.json there that came with the weights."
            )
    return found, given


def _counts(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value > 0


def transformer(folder: Path, of: Any, kind: Any | None = None, pooled: bool = False) -> tuple[Any, str]:
    """The model of class `kind` (transformers' own for the configuration `of` if None) with the weights of `folder`, in float32, and
    what is to be said of how they were read.

    pooled: whether the pooler's output is used. If not, and the checkpoint has none, the model gets none either. Raises DataError
    when tensors are missing, unexpected (but for `weights.HEADS`) or of another shape.
    """
    from transformers import MODEL_MAPPING
    from transformers.utils import logging

    logging.disable_progress_bar()
    kind = kind or MODEL_MAPPING.get(type(of), None)
    if kind is None or isinstance(kind, tuple):
        raise DataError(f"{folder / CONFIG}: transformers has no encoder of type {of.model_type!r}.")
    stored = weights.stored(folder)
    for field, value in of.to_dict().items():
        if "layers" in field and isinstance(value, int) and value > len(stored):  # before as many are made
            raise DataError(
                f"{folder / CONFIG}: {field} is {value}, and the checkpoint has {len(stored)} tensors in all."
            )
    try:
        with torch.device("meta"):
            expected = {name: tensor.shape for name, tensor in kind(of).state_dict().items()}
    except Exception as error:  # sizes that don't fit one another
        raise DataError(f"{folder / CONFIG}: no model can be made of these sizes ({said(error)}).") from error
    names, what = set(expected), f"the {kind.__name__} that its config.json describes"
    base = f"{kind.base_model_prefix}."
    stored, prefix = weights.unwrapped(
        folder, stored, names, "" if any(name.startswith(base) for name in names) else base
    )
    # Before transformers makes room for what its config.json describes.
    misshaped = {
        name: weights.shapes(tensor.shape, expected[name])
        for name, tensor in stored.items()
        if name in names and tensor.shape != expected[name]
    }
    weights.check(folder, what, (), (), misshaped)
    verbosity = logging.get_verbosity()
    logging.set_verbosity_error()  # what it would warn of is an error here
    try:
        # What is missing is drawn before it can be reported; nobody else's numbers are to change by it.
        with torch.random.fork_rng(devices=[]):
            model, told = kind.from_pretrained(
                None,
                config=of,
                state_dict=stored,
                dtype=torch.float32,
                ignore_mismatched_sizes=True,
                output_loading_info=True,
            )
    except (ValueError, RuntimeError, TypeError, KeyError, ImportError) as error:
        raise DataError(f"{folder}: these weights can't be loaded ({said(error)}).") from error
    finally:
        logging.set_verbosity(verbosity)
    missing = set(told["missing_keys"])
    own = {name for name in names if name.startswith("pooler.")}
    if not pooled and own and own <= missing:
        model.pooler, missing = None, missing - own
    else:
        own = set()
    unused = {name for name in told["unexpected_keys"] if name.startswith(weights.HEADS)}
    misshaped = {name: weights.shapes(found, asked) for name, found, asked in told["mismatched_keys"]}
    weights.check(folder, what, missing, told["unexpected_keys"] - unused, misshaped)
    if told.get("error_msgs"):
        raise DataError(f"{folder}: these weights can't be loaded ({' '.join(str(told['error_msgs']).split())[:200]}).")
    return model, _note(prefix, unused, "a pooler" if own else "")


def picture_model(model: Any, folder: Path) -> tuple[Any, str]:
    """timm's `model` without its classifier, given the weights of `folder`, and what is to be said of how they were read. A ViT's
    positions are brought to its number of patches, as timm does.

    Raises DataError when tensors are missing, unexpected (but for the classifier) or of another shape.
    """
    given = model.pretrained_cfg.get("classifier") or ()
    heads = tuple(f"{name}." for name in ([given] if isinstance(given, str) else given))
    own = model.state_dict()
    stored, prefix = weights.unwrapped(folder, weights.stored(folder), own)
    # Inception's second classifier stands on a side branch, which timm builds for training alone.
    unused = {name for name in stored if name.startswith((*heads, "AuxLogits."))} - own.keys()
    stored = {name: tensor for name, tensor in stored.items() if name not in unused}
    resized = _resized(model, stored)
    # Counters of batches that have been seen; PyTorch's own older checkpoints have none.
    missing = {name for name in own.keys() - stored.keys() if not name.endswith("num_batches_tracked")}
    misshaped = {
        name: weights.shapes(tensor.shape, own[name].shape)
        for name, tensor in stored.items()
        if name in own and tensor.shape != own[name].shape
    }
    what = model.pretrained_cfg.get("architecture") or type(model).__name__
    weights.check(folder, f"timm's {what}", missing, stored.keys() - own.keys(), misshaped)
    model.load_state_dict(stored, strict=False)
    return model, "; ".join(filter(None, (_note(prefix, unused), resized)))


def _resized(model: Any, stored: dict[str, torch.Tensor]) -> str:
    """A ViT's positions, learnt for pictures of another size, brought to those of `model`, in `stored` itself; what is to be said."""
    from timm.layers import resample_abs_pos_embed

    own, found = getattr(model, "pos_embed", None), stored.get("pos_embed")
    if not isinstance(own, nn.Parameter) or found is None or found.ndim != 3 or own.shape[2] != found.shape[2]:
        return ""
    first = model.num_prefix_tokens
    side = round(max(found.shape[1] - first, 0) ** 0.5)
    if own.shape == found.shape or side == 0 or side * side != found.shape[1] - first:
        return ""
    grid = list(model.patch_embed.grid_size)
    stored["pos_embed"] = resample_abs_pos_embed(found, new_size=grid, num_prefix_tokens=first)
    return f"positions of {side} x {side} patches brought to {grid[0]} x {grid[1]}"


def _note(prefix: str, unused: set[str], lacking: str = "") -> str:
    """How a checkpoint's names differ from its model's."""
    heads = sorted({name.split(".")[0] for name in unused})
    return "; ".join(
        filter(
            None,
            (
                f"prefix {prefix} taken off the tensors' names" if prefix else "",
                f"not used: {', '.join(heads)}" if heads else "",
                f"without {lacking}, which isn't used" if lacking else "",
            ),
        )
    )
