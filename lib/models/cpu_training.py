"""Ways to train on a CPU in less time that change results by rounding alone, or draw the same dropout in another way.

Chapter 92 measures each of them. Dropout and convolutions are as ever where nothing is trained, and all of it is on an
accelerator.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, partial
from typing import Any

import torch
from torch import nn
from torch.nn import functional

ATTENTION = "matrix products"
"""The name of `attention` among transformers' attentions."""
SMALL_MAP = 16
"""Positions of the largest map whose depthwise convolution is computed as a matrix product."""
LEVELS = 1 << 16
"""Steps in which a drawn dropout rate is exact."""


def attention(
    module: nn.Module,
    query: torch.Tensor,
    key: torch.Tensor,
    value: torch.Tensor,
    attention_mask: torch.Tensor | None,
    scaling: float | None = None,
    dropout: float = 0.0,
    **_: Any,
) -> tuple[torch.Tensor, torch.Tensor]:
    """Attention as matrix products: of short texts a CPU's fused kernel takes longer in training, and has no dropout.

    query, key, value (n, heads, t, d) -> (n, t, heads, d), and the weights.
    """
    scores = query @ key.transpose(2, 3) * (query.shape[-1] ** -0.5 if scaling is None else scaling)
    if attention_mask is not None:
        scores = scores + attention_mask
    weights = dropped(scores.softmax(-1), dropout, module.training)
    return (weights @ value).transpose(1, 2).contiguous(), weights


def dropped(values: torch.Tensor, rate: float, training: bool) -> torch.Tensor:
    """Dropout with 16 random bits a value, four values a draw: torch draws one value at a time on a CPU."""
    if not training or not rate or values.device.type != "cpu":
        return functional.dropout(values, rate, training)
    drawn = torch.empty(-(-values.numel() // 4), dtype=torch.int64).random_(-(2**63), None).view(torch.int16)
    limit = round(rate * LEVELS)
    kept = drawn[: values.numel()].view(values.shape) >= limit - LEVELS // 2
    return values * kept.to(values.dtype).mul_(LEVELS / (LEVELS - limit))


class Dropout(nn.Dropout):
    """torch's dropout, drawn by `dropped`."""

    def forward(self, values: torch.Tensor) -> torch.Tensor:
        return dropped(values, self.p, self.training)


def prepare_text(model: Any) -> None:
    """Make a transformer of texts train faster on a CPU: its attention, where it takes another, and its dropout."""
    for parent in list(model.modules()):
        for name, child in list(parent.named_children()):
            if type(child) is nn.Dropout:
                setattr(parent, name, Dropout(child.p).train(child.training))
    if torch.cuda.is_available() or not _takes_attention(model):
        return
    from transformers import AttentionInterface, AttentionMaskInterface
    from transformers.masking_utils import eager_mask

    AttentionInterface.register(ATTENTION, attention)
    AttentionMaskInterface.register(ATTENTION, eager_mask)
    model.set_attn_implementation(ATTENTION)


def _takes_attention(model: Any) -> bool:
    """Whether a model takes attention from transformers' table, with as many keys as queries."""
    known = getattr(model, "_supports_attention_backend", False)
    return bool(known) and getattr(model.config, "num_key_value_heads", None) is None


def prepare_images(network: nn.Module) -> int:
    """Compute a network's pointwise (1 x 1) convolutions as matrix products, and its depthwise and other grouped ones
    as `by_channel` does, where it is trained on a CPU; returns how many of both there are."""
    convolutions = [module for module in network.modules() if isinstance(module, nn.Conv2d)]
    found = 0
    for convolution in convolutions:
        single = convolution.kernel_size == convolution.stride == (1, 1) and convolution.padding == (0, 0)
        ways: dict[Callable[..., torch.Tensor], bool] = {
            _pointwise: single and convolution.groups == 1,
            by_channel: convolution.groups > 1 and convolution.padding_mode == "zeros",
        }
        for way, fits in ways.items():
            if fits:
                convolution.forward = partial(_trained_on_a_cpu, way, convolution, convolution.forward)  # type: ignore[method-assign]
                found += 1
    return found


def _trained_on_a_cpu(
    way: Callable[..., torch.Tensor],
    convolution: nn.Conv2d,
    forward: Callable[[torch.Tensor], torch.Tensor],
    inputs: torch.Tensor,
) -> torch.Tensor:
    if inputs.device.type != "cpu" or not torch.is_grad_enabled():
        return forward(inputs)
    return way(convolution, forward, inputs)


def _pointwise(convolution: nn.Conv2d, _: Any, inputs: torch.Tensor) -> torch.Tensor:
    product = functional.linear(inputs.permute(0, 2, 3, 1), convolution.weight.flatten(1), convolution.bias)
    return product.permute(0, 3, 1, 2)


def by_channel(
    convolution: nn.Conv2d, forward: Callable[[torch.Tensor], torch.Tensor], inputs: torch.Tensor
) -> torch.Tensor:
    """A grouped convolution, trained in less time: its backward pass in bf16 takes most of a step on a CPU.

    A depthwise one on a small map is a product of the map's positions with a matrix of the kernel's weights for each
    channel, since most of the kernel lies beside the map; any other is computed in float32.
    """
    n, channels, height, width = inputs.shape
    single = convolution.groups == channels == convolution.out_channels and convolution.dilation == (1, 1)
    if not single or height * width > SMALL_MAP or isinstance(convolution.padding, str) or convolution.bias is not None:
        with torch.autocast("cpu", enabled=False):
            return forward(inputs.float())
    same = type(convolution).__name__ == "Conv2dSame"  # timm's: pads as TensorFlow does, so that the size is kept
    taps, rows, columns = _taps((height, width), convolution.kernel_size, convolution.stride, convolution.padding, same)
    kernel = functional.pad(convolution.weight.flatten(1), (0, 1))  # the last weight, 0, stands for beside the kernel
    matrix = kernel.index_select(1, taps).view(channels, height * width, rows * columns)
    products = torch.bmm(inputs.permute(1, 0, 2, 3).reshape(channels, n, height * width), matrix)
    maps = products.view(channels, n, rows, columns).permute(1, 0, 2, 3)
    return maps.contiguous(memory_format=torch.channels_last)


@cache
def _taps(
    size: tuple[int, int], kernel: tuple[int, ...], stride: tuple[int, ...], padding: tuple[int, ...], same: bool
) -> tuple[torch.Tensor, int, int]:
    """Which of the kernel's weights leads from each position of a map to each of the convolution's, one after the
    other (the number after the last: none), and the rows and columns of the result."""
    offsets, counts = [], []
    for axis, length in enumerate(size):
        before, count = padding[axis], (length + 2 * padding[axis] - kernel[axis]) // stride[axis] + 1
        if same:
            count = -(-length // stride[axis])
            before = max((count - 1) * stride[axis] + kernel[axis] - length, 0) // 2
        offsets.append(torch.arange(length)[:, None] - (torch.arange(count) * stride[axis] - before))
        counts.append(count)
    down, across = offsets[0][:, None, :, None], offsets[1][None, :, None, :]
    within = (down >= 0) & (down < kernel[0]) & (across >= 0) & (across < kernel[1])
    taps = torch.where(within, down * kernel[1] + across, kernel[0] * kernel[1])
    return taps.flatten(), counts[0], counts[1]
