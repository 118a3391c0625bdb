"""Models of transformers and timm with the weights of a folder, every tensor accounted for (`lib.models.weights`)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import torch
from torch import nn

from lib.core.errors import DataError
from lib.models import weights
from lib.models.weights import error_summary

CONFIG = "config.json"
SIZES = ("vocab_size", "hidden_size", "num_hidden_layers", "num_attention_heads")
"""Fields that a config.json must have. transformers would replace missing ones by another model's (and a wrong number
of heads changes no tensor's shape)."""
TEXT_FILES = (weights.FILE, "model-*.safetensors", "*.json", "*.txt", "*.model")
"""Files fetched from the hub: tensors and tokenizers, never pickles or code."""


def from_hub(name: str) -> Path:
    """The folder in Hugging Face's cache with the hub's repository `name`, downloaded if needed.

    Raises OSError when there is no such repository, no network and nothing in the cache, or no safetensors.
    """
    import httpx
    from huggingface_hub import constants, snapshot_download
    from transformers.safetensors_conversion import auto_conversion

    if Path(name).is_dir():
        return Path(name)
    files: dict[str, Any] = {"allow_patterns": list(TEXT_FILES), "ignore_patterns": ["*/*"]}
    try:
        folder = Path(snapshot_download(name, **files))
        if not _holds_tensors(folder) and not constants.HF_HUB_OFFLINE:
            # The hub keeps a converted copy of a repository that has only a pickle; transformers uses it too.
            folder = Path(snapshot_download(name, revision=auto_conversion(name)[1], **files))
    except (ValueError, TypeError, httpx.HTTPError) as error:
        raise OSError(f"not to be had ({error_summary(error)})") from error
    if not _holds_tensors(folder):
        raise OSError("no safetensors")
    return folder


def _holds_tensors(folder: Path) -> bool:
    return (folder / weights.FILE).is_file() or (folder / weights.INDEX).is_file()


def read_config(folder: Path, kind: type | None = None) -> tuple[Any, dict[str, Any]]:
    """The configuration of `folder`, as transformers reads it and as the fields of its config.json.

    kind: the class of configuration that is expected, if any. Raises DataError when the file is missing, can't be read,
    lacks one of SIZES, or describes another kind of model, a quantised one, or one that needs code of its own.
    """
    from transformers import AutoConfig

    path = folder / CONFIG
    try:
        fields = json.loads(path.read_text(encoding="utf-8"))
        if not isinstance(fields, dict):
            raise ValueError("it holds no fields")
        config = AutoConfig.from_pretrained(folder, trust_remote_code=False, local_files_only=True)
    except Exception as error:  # a wrong field can raise a dozen kinds of error in Python and transformers
        raise DataError(
            f"{path}: this describes no model that can be loaded ({error_summary(error)}). Put the config.json there "
            "that came with the weights; code that comes with a model is never run."
        ) from error
    if kind is not None and not isinstance(config, kind):
        raise DataError(
            f"{path}: this describes a model of type {config.model_type!r}, and {kind.__name__} is expected."
        )
    if fields.get("quantization_config") is not None:
        raise DataError(f"{path}: this model is quantised. Save it as it was trained, in float32 or float16.")
    for field in SIZES:
        own = config.attribute_map.get(field, field)
        value = fields.get(own)
        if hasattr(config, own) and not (type(value) is int and value > 0):
            raise DataError(
                f"{path}: the field {own} is missing or no positive whole number. Put the config.json there that came "
                "with the weights."
            )
    return config, fields


def load_transformer(folder: Path, config: Any, kind: Any | None = None, pooled: bool = False) -> tuple[Any, str]:
    """The model of a configuration with the weights of `folder`, in float32, and a note on how their tensors differ.

    kind: the model's class, by default transformers' own for `config`. pooled: whether the pooler's output is used; if
    not, and the checkpoint has none, the model gets none either. Raises DataError when tensors are missing, unexpected
    (except `weights.HEADS`) or of another shape.
    """
    from transformers import MODEL_MAPPING, logging

    logging.disable_progress_bar()  # type: ignore[no-untyped-call]
    kind = kind or MODEL_MAPPING.get(type(config), None)
    if kind is None or isinstance(kind, tuple):
        raise DataError(f"{folder / CONFIG}: transformers has no encoder of type {config.model_type!r}.")
    stored = weights.read(folder)
    for field, value in config.to_dict().items():
        if "layers" in field and isinstance(value, int) and value > len(stored):  # before as many are allocated
            raise DataError(
                f"{folder / CONFIG}: {field} is {value}, and the checkpoint has {len(stored)} tensors in all."
            )
    try:
        with torch.device("meta"):
            expected = {name: tensor.shape for name, tensor in kind(config).state_dict().items()}
    except Exception as error:  # sizes that contradict each other
        raise DataError(f"{folder / CONFIG}: no model can be made of these sizes ({error_summary(error)}).") from error
    names, what = set(expected), f"the {kind.__name__} that its config.json describes"
    base = f"{kind.base_model_prefix}."
    has_base = any(name.startswith(base) for name in names)
    stored, prefix = weights.without_prefix(folder, stored, names, "" if has_base else base)
    # Before transformers allocates what config.json describes.
    weights.check(folder, what, (), (), weights.misshaped(stored, expected))
    verbosity = logging.get_verbosity()
    logging.set_verbosity_error()  # type: ignore[no-untyped-call]  # what it would warn of is an error here
    try:
        # Missing tensors are drawn at random before they are reported: that must not change other random numbers.
        with torch.random.fork_rng(devices=[]):
            model, report = kind.from_pretrained(
                None,
                config=config,
                state_dict=stored,
                dtype=torch.float32,
                ignore_mismatched_sizes=True,
                output_loading_info=True,
            )
    except (ValueError, RuntimeError, TypeError, KeyError, ImportError) as error:
        raise DataError(f"{folder}: these weights can't be loaded ({error_summary(error)}).") from error
    finally:
        logging.set_verbosity(verbosity)
    missing = set(report["missing_keys"])
    pooler = {name for name in names if name.startswith("pooler.")}
    without_pooler = bool(not pooled and pooler and pooler <= missing)
    if without_pooler:
        model.pooler, missing = None, missing - pooler
    unused = {name for name in report["unexpected_keys"] if name.startswith(weights.HEADS)}
    shapes = {name: weights.shape_mismatch(*of_both) for name, *of_both in report["mismatched_keys"]}
    weights.check(folder, what, missing, report["unexpected_keys"] - unused, shapes)
    if messages := report.get("error_msgs"):
        raise DataError(f"{folder}: these weights can't be loaded ({' '.join(str(messages).split())[:200]}).")
    return model, _note(prefix, unused, "a pooler" if without_pooler else "")


def load_image_model(model: Any, folder: Path) -> tuple[Any, str]:
    """timm's `model`, which has no classifier, with the weights of `folder`, and a note on how their tensors differ.

    A ViT's positions are resampled to the model's number of patches, as timm does. Raises DataError when tensors are
    missing, unexpected (except the classifier's) or of another shape.
    """
    classifiers = model.pretrained_cfg.get("classifier") or ()
    heads = tuple(f"{name}." for name in ([classifiers] if isinstance(classifiers, str) else classifiers))
    own = model.state_dict()
    stored, prefix = weights.without_prefix(folder, weights.read(folder), own)
    # Inception's second classifier is on a side branch, which timm builds only for training.
    unused = {name for name in stored if name.startswith((*heads, "AuxLogits."))} - own.keys()
    stored = {name: tensor for name, tensor in stored.items() if name not in unused}
    resampled = _resample_positions(model, stored)
    # Older checkpoints of PyTorch have no counters of batches.
    missing = {name for name in own.keys() - stored.keys() if not name.endswith("num_batches_tracked")}
    shapes = weights.misshaped(stored, {name: tensor.shape for name, tensor in own.items()})
    what = model.pretrained_cfg.get("architecture") or type(model).__name__
    weights.check(folder, f"timm's {what}", missing, stored.keys() - own.keys(), shapes)
    model.load_state_dict(stored, strict=False)
    return model, "; ".join(filter(None, (_note(prefix, unused), resampled)))


def _resample_positions(model: Any, stored: dict[str, torch.Tensor]) -> str:
    """Resample a ViT's positions to the image size of `model`, in `stored` itself; returns a note if it did."""
    from timm.layers.pos_embed import resample_abs_pos_embed

    own, positions = getattr(model, "pos_embed", None), stored.get("pos_embed")
    if not isinstance(own, nn.Parameter) or positions is None or positions.ndim != 3:
        return ""
    first = model.num_prefix_tokens
    patches = positions.shape[1] - first
    side = round(max(patches, 0) ** 0.5)
    if own.shape[2] != positions.shape[2] or own.shape == positions.shape or side == 0 or side * side != patches:
        return ""
    grid = list(model.patch_embed.grid_size)
    stored["pos_embed"] = resample_abs_pos_embed(positions, new_size=grid, num_prefix_tokens=first)
    return f"positions of {side} x {side} patches brought to {grid[0]} x {grid[1]}"


def _note(prefix: str, unused: set[str], lacking: str = "") -> str:
    """How a checkpoint's tensors differ from its model's; '' where they don't."""
    heads = sorted({name.split(".")[0] for name in unused})
    notes = (
        f"prefix {prefix} taken off the tensors' names" if prefix else "",
        f"not used: {', '.join(heads)}" if heads else "",
        f"without {lacking}, which isn't used" if lacking else "",
    )
    return "; ".join(filter(None, notes))
