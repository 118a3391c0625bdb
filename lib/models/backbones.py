"""Loads the backbones of `lib.study.registry`, with a record of the weights that were loaded.

Weights come from a local folder, else from the Hugging Face cache or hub, else from a packaged stand-in;
`<name>-random` stands for fresh weights. `Provenance` records which, and tables show its `label`: results are labelled
with the backbone actually loaded.
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
from lib.models.encoders import BagOfTokens, ImageEncoder, TextEncoder, Vilt, VisualBert
from lib.models.face_embeddings import FaceFeatures
from lib.models.weights import error_summary
from lib.study.plan import Study
from lib.study.registry import BACKBONES, FILES, RANDOM, STAND_INS, Backbone

VOCABULARY = 2000
"""Number of tokens of a generator with fresh weights."""


@dataclass(frozen=True)
class Provenance:
    """Which backbone was requested and which was loaded.

    sha256: over the loaded tensors; parameters: their count; note: how the checkpoint's tensors differ in name or
    number from the model's, '' where they don't.
    """

    kind: str
    requested: str
    loaded: str
    source: Literal["folder", "hub", "package", "random"]
    sha256: str
    parameters: int
    note: str = ""

    @property
    def label(self) -> str:
        """The name for tables: of the backbone that was loaded, and which one it replaces."""
        name = f"{self.loaded} (random weights)" if self.source == "random" else self.loaded
        return name if self.loaded == self.requested.removesuffix(RANDOM) else f"{name} in place of {self.requested}"

    def row(self) -> dict[str, Any]:
        """All fields and the label, by name."""
        return {**asdict(self), "label": self.label}


def load(
    name: str,
    pixels: int = 224,
    weights: str = "prefer",
    folder: str = "",
    pooling: str | None = None,
    texts: Sequence[str] = (),
) -> tuple[Any, Provenance]:
    """The encoder called `name` and the provenance of its weights.

    pixels: side of an image model's pictures. weights: `prefer` falls back on a stand-in where there are no weights,
    `require` raises DataError instead. folder: `<folder>/<name>/` may hold the weights, as transformers saves them
    (text, multimodal), as `model.safetensors` (image) or as `model.onnx` (face). pooling: of a text's token vectors,
    instead of the backbone's own. texts: from which the tokens of a generator with fresh weights are learnt. Raises
    DataError for an unknown name, and for weights, a tokenizer or a packaged library that exist but are not what they
    should be: these get no stand-in.
    """
    base = name.removesuffix(RANDOM)
    if base not in BACKBONES:
        raise DataError(
            f"There is no backbone called {name!r}. Known are {', '.join(BACKBONES)}, each also with {RANDOM} "
            "for fresh weights; a new one is a line in lib/study/registry.yaml."
        )
    change: dict[str, Any] = {"pooling": pooling} if pooling else {}
    backbone = replace(BACKBONES[base], **change)
    if name != base and backbone.kind == "face":
        raise DataError(f"{name}: there are no fresh weights of {base}; a face network is taken as it was trained.")
    if name != base and backbone.kind == "multimodal" and not backbone.config:
        raise DataError(f"{name}: there are no fresh weights of {base}; {base}-small is from scratch.")
    if name != base or backbone.config:
        return _with_provenance(name, base, "random", _fresh(base, backbone, pixels, texts))
    local = Path(folder).expanduser() / name
    if folder and local.is_dir():
        return _with_provenance(name, name, "folder", *_from_folder(name, backbone, local, pixels))
    if backbone.package:
        return _with_provenance(name, name, "package", _from_package(name, backbone, pixels))
    try:
        fetched = _from_hub(backbone)
        image_encoder = _image_encoder(backbone, Path(folder).expanduser() if folder else None)
    except OSError as error:  # there are none; weights that exist and don't fit raise DataError below
        if weights == "require":
            raise DataError(
                f"{name}: its weights are neither in "
                f"{local if folder else 'a local folder (weights_folder is not set)'} nor to be had from the hub as "
                f"{backbone.hub!r} ({type(error).__name__}), and the parameters say `weights: require`. Put them into "
                f"the folder ({FILES[backbone.kind]}), or allow a stand-in with `weights: prefer`."
            ) from error
    else:
        return _with_provenance(name, name, "hub", *_from_folder(name, backbone, fetched, pixels, image_encoder))
    stand_in = STAND_INS.get(backbone.kind, f"{name}-small")  # which has a package, or needs no weights
    encoder, provenance = load(stand_in, pixels, pooling=pooling, texts=texts)
    return encoder, replace(provenance, requested=name)


def load_arguments(study: Study) -> dict[str, Any]:
    """The arguments of `load` that a study sets."""
    return {"pixels": study.image.pixels, "weights": study.weights, "folder": study.weights_at}


def _with_provenance(
    requested: str, loaded: str, source: Any, encoder: nn.Module, note: str = ""
) -> tuple[Any, Provenance]:
    digest, count = hashlib.sha256(), 0
    if isinstance(encoder, FaceFeatures):
        digest.update(sha256(encoder.file).encode())
        count = encoder.file.stat().st_size // 4
    for key, tensor in sorted(encoder.state_dict().items()):
        digest.update(key.removeprefix("model.").encode())
        digest.update(tensor.contiguous().view(-1).view(torch.uint8).numpy().tobytes())
    count += sum(parameter.numel() for parameter in encoder.parameters())
    return encoder, Provenance(BACKBONES[loaded].kind, requested, loaded, source, digest.hexdigest(), count, note)


def _packaged(name: str, backbone: Backbone) -> Path:
    """The file or folder of weights in an installed package, its hash checked."""
    path = package(backbone.package) / backbone.file
    weights = path / "model.safetensors" if backbone.kind == "text" else path
    if (digest := sha256(weights)) != backbone.file_sha256:
        raise DataError(
            f"{weights}: these are not the weights that were checked (SHA-256 {digest[:12]}…, expected "
            f"{backbone.file_sha256[:12]}…). Install the package again; if it was renewed on purpose, check "
            "the new file and change its hash in lib/study/registry.yaml."
        )
    return path


def _from_package(name: str, backbone: Backbone, pixels: int) -> nn.Module:
    """The encoder with the weights of an installed package, its canary checked."""
    path = _packaged(name, backbone)
    if backbone.kind == "text":
        encoder: nn.Module = _text(path, backbone)[0]
    elif backbone.kind == "face":
        encoder = FaceFeatures(name, path)
    else:
        model = _timm(backbone.hub, pixels)
        # Its authors pickled it: it is read only after its hash was checked, and by the loader that runs no code. Its
        # tensors have other names than timm's, in the same order.
        stored = torch.load(path, map_location="cpu", weights_only=True)
        own = [key for key in model.state_dict() if not key.startswith("classifier.")]
        tensors = [tensor for key, tensor in stored.items() if not key.startswith("_fc.")]
        try:
            model.load_state_dict(dict(zip(own, tensors, strict=True)))
        except (ValueError, RuntimeError) as error:
            raise DataError(
                f"{path}: timm's {backbone.hub} has other tensors than this file ({error_summary(error)}). Take the "
                "version of timm that `make study` installs."
            ) from error
        encoder = ImageEncoder(model)
    canary.check(name, encoder, backbone.canary)
    return encoder


def _from_folder(
    name: str, backbone: Backbone, folder: Path, pixels: int, image_encoder: Path | None = None
) -> tuple[nn.Module, str]:
    """The encoder with the weights of `folder`, and a note on how their tensors differ.

    image_encoder: the folder of a multimodal model's ViT; by default beside `folder`, else on the hub.
    """
    try:
        if backbone.kind == "text":
            return _text(folder, backbone)
        if backbone.kind == "multimodal":
            return _multimodal(backbone, pixels, folder, image_encoder or _image_encoder(backbone, folder.parent))
        if backbone.kind == "generator":
            return _generator(folder)
        if backbone.kind == "face":
            return FaceFeatures(name, folder / "model.onnx"), ""
        model, note = pretrained.load_image_model(_timm(backbone.hub, pixels), folder)
        return ImageEncoder(model), note
    except (OSError, ValueError, RuntimeError) as error:
        raise DataError(
            f"{folder}: the weights of {name} can't be read from here ({error_summary(error)}). Expected are "
            f"{FILES[backbone.kind]}."
        ) from error


def _image_encoder(backbone: Backbone, siblings: Path | None) -> Path | None:
    """The folder of the weights of a multimodal model's image encoder, in the folder `siblings` or from the hub.

    Raises OSError when they are in neither: with other weights it would be another model.
    """
    if not backbone.image_encoder:
        return None
    if siblings is not None and (siblings / backbone.image_encoder).is_dir():
        return siblings / backbone.image_encoder
    try:
        return _from_hub(BACKBONES[backbone.image_encoder])
    except OSError as error:
        raise OSError(f"it sees by {backbone.image_encoder}, whose weights are not to be had") from error


def _from_hub(backbone: Backbone) -> Path:
    """The folder of the hub's weights. Raises OSError when there are none, or no connection."""
    name = backbone.hub
    if backbone.kind == "image":
        import timm

        config: Any = timm.get_pretrained_cfg(backbone.hub)
        name = config and config.hf_hub_id
    if not name:
        raise OSError("not on the hub")
    _offline_when_unreachable()
    return pretrained.from_hub(name)


@cache
def _offline_when_unreachable() -> None:
    """Use only the hub's cache when the hub can't be reached: its client would try for a minute before it gives up."""
    from huggingface_hub import constants

    address = urlsplit(constants.ENDPOINT)
    if not urllib.request.getproxies():
        try:
            socket.create_connection((address.hostname, address.port or 443), timeout=5).close()
        except OSError:
            constants.HF_HUB_OFFLINE = True


def _fresh(name: str, backbone: Backbone, pixels: int, texts: Sequence[str] = ()) -> nn.Module:
    """The backbone with fresh weights, drawn by torch's global generator: seed it before."""
    if backbone.kind == "image":
        return ImageEncoder(_timm(backbone.hub, pixels))
    if backbone.kind == "multimodal":
        return _fresh_multimodal(backbone, pixels)
    if backbone.config:
        return _fresh_generator(backbone.config, texts) if backbone.kind == "generator" else _fresh_text(backbone)
    from transformers import AutoModel, T5ForConditionalGeneration

    from lib.models.qformer import Generator

    try:
        folder = _packaged(name, backbone) if backbone.package else _from_hub(backbone)
    except OSError as error:
        raise DataError(
            f"{name}{RANDOM}: the sizes and the tokens of {name} are not to be had from the hub as {backbone.hub!r}, "
            "so no fresh model can be made of them; transformer-small is one that needs nothing."
        ) from error
    config, fields = pretrained.read_config(folder)
    if backbone.kind == "generator":
        writer = T5ForConditionalGeneration(config)
        return Generator(writer, tokenizers.load(folder, _rows(writer), fields))
    model = AutoModel.from_config(config)  # type: ignore[no-untyped-call]
    return TextEncoder(model, tokenizers.load(folder, _rows(model), fields), backbone.pooling)


def _fresh_text(backbone: Backbone) -> TextEncoder:
    """A text encoder of `backbone.config` with fresh weights, on MiniLM's tokens."""
    from transformers import BertConfig, BertModel

    tokenizer, sizes = _minilm_tokenizer(), dict[str, Any](backbone.config or {})
    if "num_hidden_layers" not in sizes:
        return TextEncoder(BagOfTokens(len(tokenizer), **sizes), tokenizer, backbone.pooling)
    model = BertModel(BertConfig(vocab_size=len(tokenizer), **sizes), add_pooling_layer=False)
    return TextEncoder(model, tokenizer, backbone.pooling)


def _fresh_generator(sizes: Mapping[str, Any], texts: Sequence[str]) -> nn.Module:
    """A T5 with fresh weights. Its tokens are learnt from the texts, which hold few of MiniLM's thirty thousand: a
    generator chooses among all its tokens at each step."""
    from transformers import T5Config, T5ForConditionalGeneration

    from lib.models.qformer import Generator

    tokenizer = tokenizers.train(_minilm_tokenizer(), texts, VOCABULARY)
    padding, end = tokenizer.pad_token_id, tokenizer.sep_token_id
    special: dict[str, Any] = {"pad_token_id": padding, "eos_token_id": end, "decoder_start_token_id": padding}
    config = T5Config(vocab_size=len(tokenizer), **special, **sizes)
    return Generator(T5ForConditionalGeneration(config), tokenizer)


def _fresh_multimodal(backbone: Backbone, pixels: int) -> Vilt | VisualBert:
    """A single-stream encoder of `backbone.config` with fresh weights, on MiniLM's tokens."""
    from transformers import ViltConfig, ViltModel, VisualBertConfig, VisualBertModel

    tokenizer, sizes = _minilm_tokenizer(), dict[str, Any](backbone.config or {})
    if not backbone.image_encoder:
        config = ViltConfig(
            vocab_size=len(tokenizer), image_size=pixels, patch_size=16, max_position_embeddings=512, **sizes
        )
        return Vilt(ViltModel(config), tokenizer)
    vit = _timm(BACKBONES[backbone.image_encoder].hub, pixels)
    own = VisualBertConfig(vocab_size=len(tokenizer), visual_embedding_dim=vit.num_features, **sizes)
    return VisualBert(VisualBertModel(own, add_pooling_layer=False), vit, tokenizer)


def _minilm_tokenizer() -> Any:
    from transformers import AutoTokenizer

    return AutoTokenizer.from_pretrained(_packaged("minilm-l6", BACKBONES["minilm-l6"]))


def _generator(folder: Path) -> tuple[nn.Module, str]:
    """A T5 with the weights of `folder`."""
    from transformers import T5Config, T5ForConditionalGeneration

    from lib.models.qformer import Generator

    config, fields = pretrained.read_config(folder, T5Config)
    model, note = pretrained.load_transformer(folder, config, T5ForConditionalGeneration)
    return Generator(model, tokenizers.load(folder, _rows(model), fields)), note


def _multimodal(
    backbone: Backbone, pixels: int, folder: Path, image_encoder: Path | None
) -> tuple[Vilt | VisualBert, str]:
    """A single-stream encoder with the weights of `folder`, and those of its image encoder, if it has one."""
    from transformers import ViltConfig, ViltModel, VisualBertConfig, VisualBertModel

    if image_encoder is None:
        config, fields = pretrained.read_config(folder, ViltConfig)
        model, note = pretrained.load_transformer(folder, config, ViltModel, pooled=True)
        return Vilt(model, tokenizers.load(folder, _rows(model), fields)), note
    config, _ = pretrained.read_config(folder, VisualBertConfig)
    model, note = pretrained.load_transformer(folder, config, VisualBertModel)
    # A config of this class has RoBERTa's special tokens unless it says otherwise; the model's tokens are BERT's.
    tokenizer = tokenizers.load(folder, _rows(model), {})
    vit, vit_note = pretrained.load_image_model(_timm(BACKBONES[backbone.image_encoder].hub, pixels), image_encoder)
    # Its own projection is for detectors' features of another size; a ViT's tokens are used directly, as published.
    if vit.num_features != model.config.hidden_size:
        raise ValueError(
            f"its tokens have {model.config.hidden_size} numbers and those of {backbone.image_encoder} "
            f"{vit.num_features}; there are no weights to bring one to the other"
        )
    model.embeddings.visual_projection = nn.Identity()
    notes = (note, vit_note and f"{backbone.image_encoder}: {vit_note}")
    return VisualBert(model, vit, tokenizer), "; ".join(filter(None, notes))


def _text(folder: Path, backbone: Backbone) -> tuple[TextEncoder, str]:
    """A text encoder with the weights of `folder`, tried on a sentence."""
    config, fields = pretrained.read_config(folder)
    if config.is_encoder_decoder:
        raise DataError(f"{folder}: this model ({config.model_type}) writes texts; an encoder of texts is expected.")
    model, note = pretrained.load_transformer(folder, config)
    encoder = TextEncoder(model, tokenizers.load(folder, _rows(model), fields), backbone.pooling)
    try:
        vector = canary.sentence_vector(encoder)
    except Exception as error:  # of any kind: a model with other inputs fails in its own way
        raise DataError(
            f"{folder}: this model ({config.model_type}) can't encode a sentence ({error_summary(error)})."
        ) from error
    if not torch.isfinite(vector).all():
        raise DataError(f"{folder}: this model's vector of a sentence is not finite. Take other weights.")
    return encoder, note


def _rows(model: Any) -> int:
    """The number of rows of a model's matrix of token embeddings."""
    return int(model.get_input_embeddings().weight.shape[0])


def _timm(name: str, pixels: int) -> Any:
    import timm

    arguments: dict[str, Any] = {"img_size": pixels} if name.startswith("vit_") else {}
    return timm.create_model(name, pretrained=False, num_classes=0, **arguments)
