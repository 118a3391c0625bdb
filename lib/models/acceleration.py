"""The device and the precision that systems are computed in, and what makes them faster there: they compute what they computed,
up to rounding."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import Any, Literal

import numpy as np
import torch
from torch import nn
from torch.nn import functional

Precision = Literal["32-true", "bf16-mixed"]
"""What numbers are computed in, by Lightning's names."""
Asked = Literal["auto", "32-true", "bf16-mixed"]
"""The same as a study asks for it."""


LENGTHS = 16
"""Texts are padded to multiples of so many tokens on an accelerator: its kernels are planned anew for every length."""
BLOCKS = 4
"""So many modules of one kind in a row, at least, are a network's repeated blocks."""


def device() -> torch.device:
    """Where embeddings are computed: the accelerator if there is one."""
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


def precision(asked: Asked = "auto") -> Precision:
    """`32-true` or `bf16-mixed`: what was asked for, or with `auto` what the device of `device` computes fastest.

    bf16 pays where there are units for it (an accelerator's, a CPU's AMX or AVX-512 BF16), but for convolutions in groups
    (`encoders.widen_grouped`). Other CPUs emulate it and are some ten times slower than in float32 (chapter 92 measures both).
    """
    if asked != "auto":
        return asked
    if device().type == "cuda":
        fast = torch.cuda.is_bf16_supported(including_emulation=False)
    else:
        units = torch.cpu.get_capabilities()
        fast = units.get("amx_bf16") or units.get("avx512_bf16")
    return "bf16-mixed" if fast else "32-true"


def resident(pictures: np.ndarray) -> np.ndarray | torch.Tensor:
    """Pictures (n, h, w, 3) uint8 on the accelerator, if there is one and they take half of its free memory at most: then of a batch only row numbers travel. Else as they come."""
    if device().type != "cuda" or pictures.nbytes > torch.cuda.mem_get_info()[0] // 2:
        return pictures
    held = torch.empty(pictures.shape, dtype=torch.uint8, device=device())
    for start in range(0, len(pictures), 1024):  # in pieces, so that a memory map is never whole in memory
        held[start : start + 1024] = torch.from_numpy(np.array(pictures[start : start + 1024])).to(device())
    return held


def blocks(network: nn.Module) -> Iterator[nn.Module]:
    """The repeated blocks of a network: modules of one class and of equal parameters, BLOCKS of them or more in a row (a transformer's layers)."""
    for module in network.modules():
        if isinstance(module, nn.ModuleList | nn.Sequential) and len(module) >= BLOCKS:
            members = list(module)
            if all(_likeness(one) == _likeness(other) for one, other in pairwise(members)):
                yield from members


def _likeness(module: nn.Module) -> tuple[Any, ...]:
    return type(module), *((name, parameter.shape) for name, parameter in module.named_parameters())


def compile_blocks(network: nn.Module) -> int:
    """Compile the repeated blocks in place (torch.compile); how many. What is compiled for one of them serves all, so that it takes seconds where the whole network would
    take minutes; a network without repeated blocks stays as it is."""
    found = list(blocks(network))
    for block in found:
        block.compile()
    return len(found)


class Patches(nn.Conv2d):
    """A convolution whose kernel is its stride, as the matrix product that it is: every patch a row."""

    def forward(self, pixels: torch.Tensor) -> torch.Tensor:
        """(n, c, h, w) -> (n, d, h / p, w / p)."""
        tall, wide = self.kernel_size
        grid = pixels.unflatten(3, (-1, wide)).unflatten(2, (-1, tall)).permute(0, 2, 4, 1, 3, 5)
        return functional.linear(grid.flatten(3), self.weight.flatten(1), self.bias).permute(0, 3, 1, 2)


def patches_as_product(network: nn.Module) -> int:
    """Replace a network's convolutions over patches by `Patches` with the same parameters; how many."""
    found = [
        (parent, name, child)
        for parent in network.modules()
        for name, child in parent.named_children()
        if type(child) is nn.Conv2d
        and child.kernel_size == child.stride
        and child.padding == (0, 0)
        and child.groups == 1
        and child.stride != (1, 1)
    ]
    for parent, name, child in found:
        tall, wide = child.kernel_size
        side = tall, wide  # of the stride too
        made = Patches(child.in_channels, child.out_channels, side, side, bias=child.bias is not None)
        made.weight, made.bias = child.weight, child.bias
        setattr(parent, name, made)
    return len(found)


def prepare(network: nn.Module) -> None:
    """All of it, before training."""
    patches_as_product(network)
    narrow_stream(network)
    compile_blocks(network)


def narrow_stream(network: nn.Module) -> int:
    """Let a timm ViT's tokens be bf16 from block to block where it is computed in bf16: adding positions in float32 would widen all that follows. How many networks."""
    found: list[Any] = [module for module in network.modules() if hasattr(module, "pos_drop")]
    for vit in found:
        vit.pos_drop.register_forward_hook(_narrowed)
    return len(found)


def _narrowed(_: nn.Module, __: Any, tokens: torch.Tensor) -> torch.Tensor:
    kind = tokens.device.type
    return tokens.to(torch.get_autocast_dtype(kind)) if torch.is_autocast_enabled(kind) else tokens
