"""Backbones of `lib.study.registry` with weights, and the record of what was really loaded.

Weights are looked for in a local folder, then in the Hugging Face cache or hub, then a packaged stand-in is
taken; `<name>-random` asks for fresh weights. Whatever happens is in `Provenance`, and tables show its `label`:
a backbone whose weights were not loaded never lends its name to a number.
"""

from __future__ import annotations

import hashlib
import socket
import urllib.request
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

import torch
from torch import nn

from lib.core.errors import DataError
from lib.core.files import package, sha256
from lib.models import canary, pretrained, tokenizers
from lib.models.encoders import Bag, ImageEncoder, TextEncoder
from lib.models.face_embeddings import FaceFeatures
from lib.models.single_stream import Vilt, VisualBert
from lib.models.weights import said
from lib.study.plan import Study
from lib.study.registry import BACKBONES, FILES, RANDOM, STAND_INS, Backbone

VOCABULARY = 2000
"""Tokens of a generator with fresh weights."""


@dataclass(frozen=True)
class Provenance:
    """What was asked for and what was loaded; sha256 is over the loaded tensors, parameters their count. note: how the checkpoint's
    tensors differ in name or number from the model's, '' where they don't."""

    kind: str
    requested: str
    loaded: str
    source: Literal["folder", "hub", "package", "random"]
    sha256: str
    parameters: int
    note: str = ""

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
    transformers saves them (text, multimodal), as `model.safetensors` (image) or as `model.onnx` (face). pooling: of a text's
    token vectors, in place of the backbone's own. texts: what the tokens of a generator with fresh weights are learnt
    from. Raises DataError for an unknown name, and for weights, a tokenizer or a packaged library that are there and aren't what
    they are called: only what is not to be had has a stand-in.
    """
    base = name.removesuffix(RANDOM)
    if base not in BACKBONES:
        raise DataError(
            f"There is no backbone called {name!r}. Known are {', '.join(BACKBONES)}, each also with {RANDOM} "
            "for fresh weights; a new one is a line in lib/study/registry.py."
        )
    backbone = BACKBONES[base]
    if name != base and (backbone.kind == "face" or (backbone.kind == "multimodal" and not backbone.config)):
        instead = (
            f"{base}-small is from scratch"
            if backbone.kind == "multimodal"
            else "a face network is taken as it was trained"
        )
        raise DataError(f"{name}: there are no fresh weights of {base}; {instead}.")
    change: dict[str, Any] = {"pooling": pooling} if pooling else {}
    backbone = replace(backbone, **change)
    if name != base or backbone.config:
        return _found(name, base, "random", _fresh(base, backbone, pixels, texts))
    local = Path(folder).expanduser() / name
    if folder and local.is_dir():
        return _found(name, name, "folder", *_from_folder(name, backbone, local, pixels))
    if backbone.package:
        return _found(name, name, "package", _from_package(name, backbone, pixels))
    try:
        fetched = _from_hub(backbone)
        image_encoder = _image_encoder(backbone, Path(folder).expanduser() if folder else None)
    except OSError as error:  # not to be had; what is had and doesn't fit is an error below
        if weights == "require":
            raise DataError(
                f"{name}: its weights are neither in {local if folder else 'a local folder (weights_folder is not set)'} "
                f"nor to be had from the hub as {backbone.hub!r} ({type(error).__name__}), and the parameters say "
                f"`weights: require`. Put them into the folder ({FILES[backbone.kind]}), or allow a stand-in with "
                "`weights: prefer`."
            ) from error
    else:
        return _found(name, name, "hub", *_from_folder(name, backbone, fetched, pixels, image_encoder))
    stand_in = STAND_INS.get(backbone.kind, f"{name}-small")
    other = BACKBONES[stand_in]
    if other.config:
        return _found(name, stand_in, "random", _fresh(stand_in, other, pixels, texts))
    return _found(name, stand_in, "package", _from_package(stand_in, replace(other, **change), pixels))


def asked(study: Study) -> dict[str, Any]:
    """What a study says of loading, as arguments of `load`."""
    return {"pixels": study.image.pixels, "weights": study.weights, "folder": study.weights_at}


def _found(requested: str, loaded: str, source: Any, encoder: nn.Module, note: str = "") -> tuple[Any, Provenance]:
    digest, count = hashlib.sha256(), 0
    if isinstance(encoder, FaceFeatures):
        digest.update(sha256(encoder.file).encode())
        count = encoder.file.stat().st_size // 4
    for key, tensor in sorted(encoder.state_dict().items()):
        digest.update(key.removeprefix("model.").encode())
        digest.update(tensor.contiguous().view(-1).view(torch.uint8).numpy().tobytes())
    for parameter in encoder.parameters():
        count += parameter.numel()
    return encoder, Provenance(BACKBONES[loaded].kind, requested, loaded, source, digest.hexdigest(), count, note)


def _packaged(name: str, backbone: Backbone) -> Path:
    """The file or folder of weights in an installed package, its hash checked."""
    path = package(backbone.package) / backbone.file
    weights = path / "model.safetensors" if backbone.kind == "text" else path
    if (found := sha256(weights)) != backbone.file_sha256:
        raise DataError(
            f"{weights}: these are not the weights that were checked (SHA-256 {found[:12]}…, expected "
            f"{backbone.file_sha256[:12]}…). Install the package again; if it was renewed on purpose, check "
            "the new file and change its hash in lib/study/registry.py."
        )
    return path


def _from_package(name: str, backbone: Backbone, pixels: int) -> nn.Module:
    path = _packaged(name, backbone)
    if backbone.kind == "text":
        encoder: nn.Module = _text(path, backbone)[0]
    elif backbone.kind == "face":
        encoder = FaceFeatures(name, path)
    else:
        model = _timm(backbone.hub, pixels)
        # Pickled by its authors: read only after its hash was checked, and by the loader that runs no code. Its
        # tensors carry other names than timm's and stand in the same order.
        stored = torch.load(path, map_location="cpu", weights_only=True)
        own = [key for key in model.state_dict() if not key.startswith("classifier.")]
        tensors = [tensor for key, tensor in stored.items() if not key.startswith("_fc.")]
        try:
            model.load_state_dict(dict(zip(own, tensors, strict=True)))
        except (ValueError, RuntimeError) as error:
            raise DataError(
                f"{path}: timm's {backbone.hub} has other tensors than this file ({said(error)}). Take the version of timm "
                "that `make study` installs."
            ) from error
        encoder = ImageEncoder(model)
    canary.check(name, encoder, backbone.canary)
    return encoder


def _from_folder(
    name: str, backbone: Backbone, folder: Path, pixels: int, image_encoder: Path | None = None
) -> tuple[nn.Module, str]:
    """The encoder with the weights of `folder`, and what is to be said of how they were read. image_encoder: the folder of a multimodal model's
    ViT; beside `folder`, or else on the hub, if not given."""
    try:
        if backbone.kind == "text":
            return _text(folder, backbone)
        if backbone.kind == "multimodal":
            return _multimodal(backbone, pixels, folder, image_encoder or _image_encoder(backbone, folder.parent))
        if backbone.kind == "generator":
            return _generator(folder)
        if backbone.kind == "face":
            return FaceFeatures(name, folder / "model.onnx"), ""
        model, note = pretrained.picture_model(_timm(backbone.hub, pixels), folder)
        return ImageEncoder(model), note
    except (OSError, ValueError, RuntimeError) as error:
        raise DataError(
            f"{folder}: the weights of {name} can't be read from here ({said(error)}). Expected are {FILES[backbone.kind]}."
        ) from error


def _image_encoder(backbone: Backbone, beside: Path | None) -> Path | None:
    """The folder of the weights that a multimodal model sees by: in the folder `beside` or on the hub. Raises OSError when they are in
    neither: with other ones the whole would be another model."""
    if not backbone.image_encoder:
        return None
    if beside is not None and (beside / backbone.image_encoder).is_dir():
        return beside / backbone.image_encoder
    try:
        return _from_hub(BACKBONES[backbone.image_encoder])
    except OSError as error:
        raise OSError(f"it sees by {backbone.image_encoder}, whose weights are not to be had") from error


def _from_hub(backbone: Backbone) -> Path:
    """The folder that holds what the hub has. Raises OSError when it is not to be had."""
    name = backbone.hub
    if backbone.kind == "image":
        import timm

        found: Any = timm.get_pretrained_cfg(backbone.hub)
        name = found and found.hf_hub_id
    if not name:
        raise OSError("not on the hub")
    _offline_when_unreachable()
    return pretrained.from_hub(name)


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


def _fresh(name: str, backbone: Backbone, pixels: int, texts: Sequence[str] = ()) -> nn.Module:
    """Fresh weights, by torch's global generator: seed it before. Texts of our own models are read in MiniLM's tokens."""
    if backbone.kind == "image":
        return ImageEncoder(_timm(backbone.hub, pixels))
    if backbone.kind == "multimodal":
        return _own_joint(backbone, pixels)
    from transformers import AutoModel, BertConfig, BertModel

    if backbone.kind == "generator" and backbone.config:
        return _own_generator(backbone, texts)
    if backbone.config:
        tokenizer = _own_tokenizer()
        sizes: Mapping[str, Any] = backbone.config
        if "num_hidden_layers" not in sizes:
            return TextEncoder(Bag(len(tokenizer), **sizes), tokenizer, backbone.pooling)
        model = BertModel(BertConfig(vocab_size=len(tokenizer), **sizes), add_pooling_layer=False)
        return TextEncoder(model, tokenizer, backbone.pooling)
    try:
        where = _packaged(name, backbone) if backbone.package else _from_hub(backbone)
    except OSError as error:
        raise DataError(
            f"{name}{RANDOM}: the sizes and the tokens of {name} are not to be had from the hub as {backbone.hub!r}, so no fresh model can "
            "be made of them; transformer-small is one that needs nothing."
        ) from error
    config, given = pretrained.config(where)
    if backbone.kind == "generator":
        from transformers import T5ForConditionalGeneration

        from lib.models.qformer import Generator

        writer = T5ForConditionalGeneration(config)
        return Generator(writer, tokenizers.read(where, _rows(writer), given))
    model = AutoModel.from_config(config)
    return TextEncoder(model, tokenizers.read(where, _rows(model), given), backbone.pooling)


def _generator(folder: Path) -> tuple[nn.Module, str]:
    """A T5 with the weights of `folder`."""
    from transformers import T5Config, T5ForConditionalGeneration

    from lib.models.qformer import Generator

    config, given = pretrained.config(folder, T5Config)
    model, note = pretrained.transformer(folder, config, T5ForConditionalGeneration)
    return Generator(model, tokenizers.read(folder, _rows(model), given)), note


def _own_generator(backbone: Backbone, texts: Sequence[str]) -> nn.Module:
    """A T5 with fresh weights. Its tokens are learnt from the texts: of MiniLM's thirty thousand they have few, and a
    generator chooses among all of them at each step."""
    from transformers import T5Config, T5ForConditionalGeneration

    from lib.models.qformer import Generator

    tokenizer = tokenizers.learnt(_own_tokenizer(), texts, VOCABULARY)
    padding, end = tokenizer.pad_token_id, tokenizer.sep_token_id
    special: dict[str, Any] = {"pad_token_id": padding, "eos_token_id": end, "decoder_start_token_id": padding}
    sizes: Mapping[str, Any] = backbone.config or {}
    config = T5Config(vocab_size=len(tokenizer), **special, **sizes)
    return Generator(T5ForConditionalGeneration(config), tokenizer)


def _own_tokenizer() -> Any:
    from transformers import AutoTokenizer

    return AutoTokenizer.from_pretrained(_packaged("minilm-l6", BACKBONES["minilm-l6"]))


def _multimodal(backbone: Backbone, pixels: int, folder: Path, image_encoder: Path | None) -> tuple[nn.Module, str]:
    """A single-stream encoder with the weights of `folder`, and of `image_encoder` those that it sees by."""
    from transformers import ViltConfig, ViltModel, VisualBertConfig, VisualBertModel

    if image_encoder is None:
        config, given = pretrained.config(folder, ViltConfig)
        model, note = pretrained.transformer(folder, config, ViltModel, pooled=True)
        return Vilt(model, tokenizers.read(folder, _rows(model), given)), note
    config, given = pretrained.config(folder, VisualBertConfig)
    model, note = pretrained.transformer(folder, config, VisualBertModel)
    # A config of this class says RoBERTa's special tokens where nobody said otherwise; its tokens are BERT's.
    tokenizer = tokenizers.read(folder, _rows(model), {})
    seeing, seen = pretrained.picture_model(_timm(BACKBONES[backbone.image_encoder].hub, pixels), image_encoder)
    # Its own projection is for detectors' features of another size; a ViT's tokens go in as they are, as published.
    if seeing.num_features != model.config.hidden_size:
        raise ValueError(
            f"its tokens have {model.config.hidden_size} numbers and those of {backbone.image_encoder} {seeing.num_features}; there are no "
            "weights to bring one to the other"
        )
    model.embeddings.visual_projection = nn.Identity()
    return VisualBert(model, seeing, tokenizer), "; ".join(
        filter(None, (note, seen and f"{backbone.image_encoder}: {seen}"))
    )


def _own_joint(backbone: Backbone, pixels: int) -> nn.Module:
    """A single-stream encoder with fresh weights of `backbone.config`."""
    from transformers import ViltConfig, ViltModel, VisualBertConfig, VisualBertModel

    tokenizer = _own_tokenizer()
    sizes: Any = backbone.config
    if not backbone.image_encoder:
        config = ViltConfig(
            vocab_size=len(tokenizer), image_size=pixels, patch_size=16, max_position_embeddings=512, **sizes
        )
        return Vilt(ViltModel(config), tokenizer)
    seeing = _timm(BACKBONES[backbone.image_encoder].hub, pixels)
    own = VisualBertConfig(vocab_size=len(tokenizer), visual_embedding_dim=seeing.num_features, **sizes)
    return VisualBert(VisualBertModel(own, add_pooling_layer=False), seeing, tokenizer)


def _text(folder: Path, backbone: Backbone) -> tuple[TextEncoder, str]:
    """A text encoder with the weights of `folder`, which has read a sentence."""
    config, given = pretrained.config(folder)
    if config.is_encoder_decoder:
        raise DataError(f"{folder}: this model ({config.model_type}) writes texts; an encoder of texts is expected.")
    model, note = pretrained.transformer(folder, config)
    encoder = TextEncoder(model, tokenizers.read(folder, _rows(model), given), backbone.pooling)
    try:
        vector = canary.text(encoder)
    except Exception as error:  # of whatever kind: a model that reads something else fails in its own way
        raise DataError(
            f"{folder}: this model ({config.model_type}) can't encode a sentence ({said(error)})."
        ) from error
    if not torch.isfinite(vector).all():
        raise DataError(f"{folder}: this model's vector of a sentence is not finite. Take other weights.")
    return encoder, note


def _rows(model: Any) -> int:
    """Of a model's matrix of token embeddings."""
    return model.get_input_embeddings().weight.shape[0]


def _timm(name: str, pixels: int) -> Any:
    import timm

    arguments: dict[str, Any] = {"img_size": pixels} if name.startswith("vit_") else {}
    return timm.create_model(name, pretrained=False, num_classes=0, **arguments)
