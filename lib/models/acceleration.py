"""The device and precision of systems, and ways to make them faster that change results only by rounding."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from itertools import pairwise
from typing import Any, Literal

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from lib.core import machine

Precision = Literal["32-true", "bf16-mixed"]
"""Numeric precision, by Lightning's names."""
PrecisionSetting = Literal["auto", "32-true", "bf16-mixed"]
"""Numeric precision as a study sets it."""


LENGTH_MULTIPLE = 16
"""Texts are padded to multiples of so many tokens on an accelerator, which plans its kernels anew for every length."""
MIN_BLOCKS = 4
"""The least number of like modules in a row that count as a network's repeated blocks."""


def device() -> torch.device:
    """The accelerator if there is one, else the CPU."""
    if not torch.cuda.is_available():
        return torch.device("cpu")
    _limit_memory(machine.device_share())
    return torch.device("cuda")


@cache
def _limit_memory(share: float) -> None:
    """Keep this process to its share of the accelerator's memory: another's cache would grow into the rest."""
    if share < 1:
        torch.cuda.set_per_process_memory_fraction(share)


def precision(setting: PrecisionSetting = "auto") -> Precision:
    """The precision for a setting: `auto` is what `device()` computes fastest.

    bf16 is faster on hardware with units for it (an accelerator's, a CPU's AMX or AVX-512 BF16), except for grouped
    convolutions (`lib.models.cpu_training.by_channel`). Other CPUs emulate it, about ten times slower than float32
    (chapter 92 measures both).
    """
    if setting != "auto":
        return setting
    if device().type == "cuda":
        fast = torch.cuda.is_bf16_supported(including_emulation=False)
    else:
        units = torch.cpu.get_capabilities()
        fast = units.get("amx_bf16") or units.get("avx512_bf16")
    return "bf16-mixed" if fast else "32-true"


def on_accelerator(pictures: np.ndarray) -> np.ndarray | torch.Tensor:
    """Pictures (n, h, w, 3) uint8 on the accelerator if they take at most half of its free memory, else as given.

    Of a batch only row numbers travel then.
    """
    if device().type != "cuda" or pictures.nbytes > torch.cuda.mem_get_info()[0] // 2:
        return pictures
    resident = torch.empty(pictures.shape, dtype=torch.uint8, device=device())
    for start in range(0, len(pictures), 1024):  # in pieces, so that a memory map is never whole in memory
        resident[start : start + 1024] = torch.from_numpy(np.array(pictures[start : start + 1024])).to(device())
    return resident


def repeated_blocks(network: nn.Module) -> Iterator[nn.Module]:
    """A network's repeated blocks, such as a transformer's layers: MIN_BLOCKS or more modules in a row of one class
    whose parameters have the same names and shapes."""
    for module in network.modules():
        if isinstance(module, nn.ModuleList | nn.Sequential) and len(module) >= MIN_BLOCKS:
            members = list(module)
            if all(_signature(one) == _signature(other) for one, other in pairwise(members)):
                yield from members


def _signature(module: nn.Module) -> tuple[Any, ...]:
    return type(module), *((name, parameter.shape) for name, parameter in module.named_parameters())


def compile_blocks(network: nn.Module) -> int:
    """Compile the repeated blocks in place (torch.compile); returns how many there are.

    The code compiled for one of them serves all: it takes seconds, where the whole network would take minutes.
    """
    blocks = list(repeated_blocks(network))
    for block in blocks:
        block.compile()
    return len(blocks)


class PatchConvolution(nn.Conv2d):
    """A convolution whose kernel is as large as its stride, computed as a matrix product with a row a patch."""

    def forward(self, pixels: torch.Tensor) -> torch.Tensor:
        """(n, c, h, w) -> (n, d, h / p, w / p)."""
        height, width = self.kernel_size
        rows = torch.unflatten(torch.unflatten(pixels, 3, (-1, width)), 2, (-1, height))
        grid = rows.permute(0, 2, 4, 1, 3, 5)  # (n, rows, columns, c, height, width)
        return functional.linear(grid.flatten(3), self.weight.flatten(1), self.bias).permute(0, 3, 1, 2)


def patches_as_product(network: nn.Module) -> int:
    """Replace a network's convolutions over patches by `PatchConvolution`s of the same parameters; returns how many."""
    convolutions = [
        (parent, name, child)
        for parent in network.modules()
        for name, child in parent.named_children()
        if type(child) is nn.Conv2d
        and child.kernel_size == child.stride
        and child.padding == (0, 0)
        and child.groups == 1
        and child.stride != (1, 1)
    ]
    for parent, name, child in convolutions:
        height, width = child.kernel_size
        size = height, width  # of the stride too
        product = PatchConvolution(child.in_channels, child.out_channels, size, size, bias=child.bias is not None)
        product.weight, product.bias = child.weight, child.bias
        setattr(parent, name, product)
    return len(convolutions)


def prepare(network: nn.Module) -> None:
    """Make a network faster, before training: all of this module's changes to it."""
    patches_as_product(network)
    bf16_tokens(network)
    compile_blocks(network)


def bf16_tokens(network: nn.Module) -> int:
    """Keep the tokens of timm's ViTs in bf16 between blocks where autocast is on; returns how many ViTs there are.

    Otherwise adding the positions, in float32, makes all that follows float32.
    """
    vits: list[Any] = [module for module in network.modules() if hasattr(module, "pos_drop")]
    for vit in vits:
        vit.pos_drop.register_forward_hook(_autocast)
    return len(vits)


def _autocast(_: nn.Module, __: Any, tokens: torch.Tensor) -> torch.Tensor:
    device_type = tokens.device.type
    return tokens.to(torch.get_autocast_dtype(device_type)) if torch.is_autocast_enabled(device_type) else tokens


class UsedRows(nn.Module):
    """The rows of a matrix of token embeddings that these tokens use, in place of the whole matrix."""

    lookup: torch.Tensor

    def __init__(self, whole: nn.Embedding, tokens: np.ndarray) -> None:
        super().__init__()
        lookup = torch.zeros(whole.num_embeddings, dtype=torch.long)
        lookup[torch.from_numpy(tokens)] = torch.arange(len(tokens))
        self.register_buffer("lookup", lookup, persistent=False)
        self.weight = nn.Parameter(whole.weight.detach()[torch.from_numpy(tokens).to(whole.weight.device)].clone())
        padding = whole.padding_idx
        self.padding = int(lookup[padding]) if padding is not None and padding in tokens else None

    def forward(self, tokens: torch.Tensor) -> torch.Tensor:
        return functional.embedding(self.lookup[tokens], self.weight, self.padding)


@contextmanager
def used_rows(model: Any, texts: Sequence[Sequence[int]], padding: int) -> Iterator[None]:
    """Train only those rows of a transformer's token embeddings that `texts` use; the optimiser then has no others.

    The others get no gradient either way; here weight decay leaves them too. Models of another kind stay as they are.
    """
    whole = model.get_input_embeddings() if hasattr(model, "get_input_embeddings") else None
    if type(whole) is not nn.Embedding or not texts:
        yield
        return
    tokens = np.unique(np.concatenate([np.asarray(text, np.int64) for text in texts] + [np.array([padding])]))
    rows = UsedRows(whole, tokens)
    model.set_input_embeddings(rows)
    try:
        yield
    finally:
        with torch.no_grad():
            whole.to(rows.weight.device).weight[torch.from_numpy(tokens).to(rows.weight.device)] = rows.weight
        model.set_input_embeddings(whole)
