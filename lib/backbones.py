"""Backbones of `lib.catalogue` with weights, and the record of what was really loaded.

Weights are looked for in a local folder, then in the Hugging Face cache or hub, then a packaged stand-in is
taken; `<name>-random` asks for fresh weights. Whatever happens is in `Provenance`, and tables show its `label`:
a backbone whose weights were not loaded never lends its name to a number.
"""

from __future__ import annotations

import hashlib
import os
import socket
import urllib.request
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import nn

from lib.catalogue import BACKBONES, FILES, RANDOM, STAND_INS, Backbone
from lib.encoders import Bag, ImageEncoder, TextEncoder
from lib.errors import DataError
from lib.face_embeddings import FaceFeatures
from lib.files import package, sha256
from lib.single_stream import Vilt, VisualBert
from lib.study import Study

VOCABULARY = 2000
"""Tokens of a generator with fresh weights."""


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


def load(
    name: str,
    pixels: int = 224,
    weights: str = "prefer",
    folder: str = "",
    pooling: str | None = None,
    texts: Sequence[str] = (),
) -> tuple[Any, Provenance]:
    """The encoder called `name` and the record of its weights.

    pixels: side of the pictures that an image model will see. weights: `prefer` falls back on the packaged
    stand-in, `require` raises DataError instead. folder: where `<folder>/<name>/` may hold the weights, as
    transformers saves them (text, joint), as `model.safetensors` (image) or as `model.onnx` (face). pooling: of a text's
    token vectors, in place of the backbone's own. texts: what the tokens of a generator with fresh weights are learnt
    from. Raises DataError for an unknown name.
    """
    base = name.removesuffix(RANDOM)
    if base not in BACKBONES:
        raise DataError(
            f"There is no backbone called {name!r}. Known are {', '.join(BACKBONES)}, each also with {RANDOM} "
            "for fresh weights; a new one is a line in lib/catalogue.py."
        )
    backbone = BACKBONES[base]
    if name != base and (backbone.kind == "face" or (backbone.kind == "joint" and not backbone.config)):
        instead = (
            f"{base}-small is from scratch" if backbone.kind == "joint" else "a face network is taken as it was trained"
        )
        raise DataError(f"{name}: there are no fresh weights of {base}; {instead}.")
    change: dict[str, Any] = {"pooling": pooling} if pooling else {}
    backbone = replace(backbone, **change)
    if name != base or backbone.config:
        return _found(name, base, "random", _fresh(backbone, pixels, texts))
    local = Path(folder).expanduser() / name
    if folder and local.is_dir():
        return _found(name, name, "folder", _from_folder(name, backbone, local, pixels))
    if backbone.package:
        return _found(name, name, "package", _from_package(name, backbone, pixels))
    try:
        return _found(name, name, "hub", _from_hub(backbone, pixels))
    except (OSError, RuntimeError, ValueError) as error:  # transformers and timm raise these for "not to be had"
        if weights == "require":
            raise DataError(
                f"{name}: its weights are neither in {local if folder else 'a local folder (weights_folder is not set)'} "
                f"nor to be had from the hub as {backbone.hub!r} ({type(error).__name__}), and the parameters say "
                f"`weights: require`. Put them into the folder ({FILES[backbone.kind]}), or allow a stand-in with "
                "`weights: prefer`."
            ) from error
    stand_in = STAND_INS.get(backbone.kind, f"{name}-small")
    other = BACKBONES[stand_in]
    if other.config:
        return _found(name, stand_in, "random", _fresh(other, pixels, texts))
    return _found(name, stand_in, "package", _from_package(stand_in, replace(other, **change), pixels))


def asked(study: Study) -> dict[str, Any]:
    """What a study says of loading, as arguments of `load`."""
    return {"pixels": study.image.pixels, "weights": study.weights, "folder": study.weights_folder}


def _found(requested: str, loaded: str, source: Any, encoder: nn.Module) -> tuple[Any, Provenance]:
    digest, count = hashlib.sha256(), 0
    if isinstance(encoder, FaceFeatures):
        digest.update(sha256(encoder.file).encode())
        count = encoder.file.stat().st_size // 4
    for key, tensor in sorted(encoder.state_dict().items()):
        digest.update(key.removeprefix("model.").encode())
        digest.update(tensor.contiguous().view(-1).view(torch.uint8).numpy().tobytes())
    for parameter in encoder.parameters():
        count += parameter.numel()
    return encoder, Provenance(BACKBONES[loaded].kind, requested, loaded, source, digest.hexdigest(), count)


def _packaged(name: str, backbone: Backbone) -> Path:
    """The file or folder of weights in an installed package, its hash checked."""
    path = package(backbone.package) / backbone.file
    weights = path / "model.safetensors" if backbone.kind == "text" else path
    if (found := sha256(weights)) != backbone.file_sha256:
        raise DataError(
            f"{weights}: these are not the weights that were checked (SHA-256 {found[:12]}…, expected "
            f"{backbone.file_sha256[:12]}…). Install the package again; if it was renewed on purpose, check "
            "the new file and change its hash in lib/catalogue.py."
        )
    return path


def _from_package(name: str, backbone: Backbone, pixels: int) -> nn.Module:
    path = _packaged(name, backbone)
    if backbone.kind == "text":
        return _text(path, backbone)
    if backbone.kind == "face":
        return FaceFeatures(name, path)
    model = _timm(backbone.hub, pixels)
    # Pickled by its authors: read only after its hash was checked, and by the loader that runs no code. Its
    # tensors carry other names than timm's and stand in the same order.
    stored = torch.load(path, map_location="cpu", weights_only=True)
    own = [key for key in model.state_dict() if not key.startswith("classifier.")]
    tensors = [tensor for key, tensor in stored.items() if not key.startswith("_fc.")]
    model.load_state_dict(dict(zip(own, tensors, strict=True)))
    return ImageEncoder(model)


def _from_folder(name: str, backbone: Backbone, folder: Path, pixels: int) -> nn.Module:
    try:
        if backbone.kind == "text":
            return _text(folder, backbone)
        if backbone.kind == "joint":
            return _joint(backbone, pixels, folder)
        if backbone.kind == "generator":
            return _generator(folder)
        if backbone.kind == "face":
            return FaceFeatures(name, folder / "model.onnx")
        model = _timm(backbone.hub, pixels)
        stored = load_file(folder / "model.safetensors")
        missing = model.load_state_dict(stored, strict=False).missing_keys
        if missing:
            raise ValueError(f"no tensor {missing[0]}")
        return ImageEncoder(model)
    except (OSError, ValueError, RuntimeError, SafetensorError) as error:
        raise DataError(
            f"{folder}: the weights of {name} can't be read from here ({error}). Expected are {FILES[backbone.kind]}."
        ) from error


def _from_hub(backbone: Backbone, pixels: int) -> nn.Module:
    if not backbone.hub:
        raise OSError("not on the hub")
    _offline_when_unreachable()
    if backbone.kind == "image":
        return ImageEncoder(_timm(backbone.hub, pixels, pretrained=True))
    if backbone.kind == "generator":
        return _generator(backbone.hub)
    return _joint(backbone, pixels, backbone.hub) if backbone.kind == "joint" else _text(backbone.hub, backbone)


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


def _fresh(backbone: Backbone, pixels: int, texts: Sequence[str] = ()) -> nn.Module:
    """Fresh weights, by torch's global generator: seed it before. Texts of our own models are read in MiniLM's tokens."""
    if backbone.kind == "image":
        return ImageEncoder(_timm(backbone.hub, pixels))
    if backbone.kind == "joint":
        return _joint(backbone, pixels)
    from transformers import AutoConfig, AutoModel, AutoTokenizer, BertConfig, BertModel

    if backbone.kind == "generator":
        return _own_generator(backbone, texts)
    if backbone.config:
        tokenizer = _own_tokenizer()
        sizes: Mapping[str, Any] = backbone.config
        if "num_hidden_layers" not in sizes:
            return TextEncoder(Bag(len(tokenizer), **sizes), tokenizer, backbone.pooling)
        model = BertModel(BertConfig(vocab_size=len(tokenizer), **sizes), add_pooling_layer=False)
        return TextEncoder(model, tokenizer, backbone.pooling)
    where = _packaged("", backbone) if backbone.package else backbone.hub
    model = AutoModel.from_config(AutoConfig.from_pretrained(where))
    return TextEncoder(model, AutoTokenizer.from_pretrained(where), backbone.pooling)


def _generator(where: str | Path) -> nn.Module:
    """A T5 with the weights at `where`."""
    from transformers import AutoTokenizer, T5ForConditionalGeneration

    from lib.qformer import Generator

    arguments: dict[str, Any] = {"trust_remote_code": False}
    model = T5ForConditionalGeneration.from_pretrained(where, use_safetensors=True, dtype=torch.float32, **arguments)
    return Generator(model, AutoTokenizer.from_pretrained(where, **arguments))


def _own_generator(backbone: Backbone, texts: Sequence[str]) -> nn.Module:
    """A T5 with fresh weights. Its tokens are learnt from the texts: of MiniLM's thirty thousand they have few, and a
    generator chooses among all of them at each step."""
    from transformers import T5Config, T5ForConditionalGeneration

    from lib.qformer import Generator

    tokenizer = _own_tokenizer().train_new_from_iterator(texts, VOCABULARY)
    padding, end = tokenizer.pad_token_id, tokenizer.sep_token_id
    special: dict[str, Any] = {"pad_token_id": padding, "eos_token_id": end, "decoder_start_token_id": padding}
    sizes: Mapping[str, Any] = backbone.config or {}
    config = T5Config(vocab_size=len(tokenizer), **special, **sizes)
    return Generator(T5ForConditionalGeneration(config), tokenizer)


def _own_tokenizer() -> Any:
    from transformers import AutoTokenizer

    return AutoTokenizer.from_pretrained(_packaged("minilm-l6", BACKBONES["minilm-l6"]))


def _joint(backbone: Backbone, pixels: int, where: str | Path | None = None) -> nn.Module:
    """A single-stream encoder with the weights at `where`, or with fresh ones of `backbone.config`."""
    from transformers import AutoTokenizer, ViltConfig, ViltModel, VisualBertConfig, VisualBertModel

    tokenizer = AutoTokenizer.from_pretrained(where, trust_remote_code=False) if where else _own_tokenizer()
    arguments: dict[str, Any] = {"use_safetensors": True, "dtype": torch.float32, "trust_remote_code": False}
    sizes: Any = backbone.config  # None where there are weights to load
    if not backbone.viewer:
        if where:
            return Vilt(ViltModel.from_pretrained(where, **arguments), tokenizer)
        config = ViltConfig(
            vocab_size=len(tokenizer), image_size=pixels, patch_size=16, max_position_embeddings=512, **sizes
        )
        return Vilt(ViltModel(config), tokenizer)
    viewer = BACKBONES[backbone.viewer]
    if where:
        # The pictures' side is the viewer's own; a viewer without weights would make the whole a stand-in.
        seeing = _timm(viewer.hub, pixels, pretrained=True)
        model = VisualBertModel.from_pretrained(where, **arguments)
        # Its own projection is for detectors' features of another size; a ViT's tokens go in as they are, as published.
        width, size = seeing.num_features, model.config.hidden_size
        model.embeddings.visual_projection = nn.Identity() if width == size else nn.Linear(width, size)
        return VisualBert(model, seeing, tokenizer)
    seeing = _timm(viewer.hub, pixels)
    own = VisualBertConfig(vocab_size=len(tokenizer), visual_embedding_dim=seeing.num_features, **sizes)
    return VisualBert(VisualBertModel(own, add_pooling_layer=False), seeing, tokenizer)


def _text(where: str | Path, backbone: Backbone) -> nn.Module:
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    from transformers import AutoModel, AutoTokenizer
    from transformers.utils import logging

    logging.disable_progress_bar()
    arguments: dict[str, Any] = {"trust_remote_code": False}
    model = AutoModel.from_pretrained(where, use_safetensors=True, dtype=torch.float32, **arguments)
    return TextEncoder(model, AutoTokenizer.from_pretrained(where, **arguments), backbone.pooling)


def _timm(name: str, pixels: int, pretrained: bool = False) -> Any:
    import timm

    arguments: dict[str, Any] = {"img_size": pixels} if name.startswith("vit_") else {}
    return timm.create_model(name, pretrained=pretrained, num_classes=0, **arguments)
