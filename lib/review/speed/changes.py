"""Runs without one of the things that make training faster, or with one that was tried (chapter 92).

Each function changes a run before it is trained.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext
from functools import partial
from typing import Any

import torch
from torch import nn

from lib.models import cpu_training
from lib.runs.attribution import Experiment


def fused_attention(run: Experiment) -> None:
    """torch's fused attention in place of matrix products, as transformers has it."""
    _attention(run, "sdpa")


def torchs_dropout(run: Experiment) -> None:
    """torch's dropout, a draw a value, of the attention's weights too."""
    _attention(run, "eager")
    for module in run.system.modules():
        if isinstance(module, cpu_training.Dropout):
            module.forward = partial(nn.Dropout.forward, module)  # type: ignore[method-assign]


def no_dropout(run: Experiment) -> None:
    """No dropout, of the attention's weights neither."""
    for module in run.system.modules():
        if isinstance(module, nn.Dropout):  # a transformer's attention reads its rate there too
            module.p = 0.0


def all_rows(run: Experiment) -> None:
    """All token embeddings are trained, also those that no text uses."""
    run._used_rows = nullcontext  # type: ignore[method-assign]


def torchs_convolutions(run: Experiment) -> None:
    """torch's convolutions, grouped ones in float32."""
    for module in run.system.modules():
        if isinstance(module, nn.Conv2d) and "forward" in vars(module):
            own = partial(type(module).forward, module)
            module.forward = partial(_in_float32, own) if module.groups > 1 else own  # type: ignore[method-assign]


def _in_float32(forward: Callable[[torch.Tensor], torch.Tensor], inputs: torch.Tensor) -> torch.Tensor:
    if not torch.is_grad_enabled():
        return forward(inputs)
    with torch.autocast(inputs.device.type, enabled=False):
        return forward(inputs.float())


def fixed_normalisation(run: Experiment) -> None:
    """Batch normalisation by the statistics of the packaged weights."""
    for module in run.system.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.eval()
            module.train = lambda mode=True, module=module: module  # type: ignore[method-assign, misc]


def lower_half_frozen(run: Experiment) -> None:
    """The token embeddings and the first half of a text encoder's layers, of a picture encoder's stages, stay as they
    came."""
    if run.system.text is not None:
        model: Any = run.system.text.model  # type: ignore[attr-defined]
        layers = model.encoder.layer
        for part in (model.embeddings, *layers[: len(layers) // 2]):
            part.requires_grad_(False)
        all_rows(run)  # the rows that texts use would be a matrix of their own, which is trained
    if run.system.image is not None:
        network: Any = run.system.image.model  # type: ignore[attr-defined]
        for part in (network.conv_stem, network.bn1, *network.blocks[: len(network.blocks) // 2]):
            part.requires_grad_(False)


def everything(run: Experiment) -> None:
    """A plain loop has none of it: attention, dropout, token embeddings and convolutions as the libraries have them."""
    for change in (torchs_dropout, fused_attention, all_rows, torchs_convolutions):
        change(run)


def _attention(run: Experiment, kind: str) -> None:
    model: Any = getattr(run.system.text, "model", None)
    if hasattr(model, "set_attn_implementation"):
        model.set_attn_implementation(kind)
