"""What the machine can do, beside what training reaches of it (chapter 92)."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping

import pandas as pd
import torch
from torch.nn import functional

from lib.models.acceleration import device
from lib.review.speed import gpu_speed, training_speed
from lib.runs.attribution import Experiment

SIDES = (256, 512, 1024, 2048, 4096)  # rows and columns of the matrices
PICTURES = (1, 2, 4, 8, 16, 32)  # of the convolution, 3 x 3
CHANNELS, MAP = 128, 56  # its channels, and its pictures' sides


def measure(seconds: float = 1.0, rounds: int = 3) -> pd.DataFrame:
    """GFLOP/s of a matrix product and of a convolution forward, by precision, in one thread, as runs have:
    `what, precision, gflops`.

    Larger ones come nearer to the limit. The sizes grow until a call takes so many `seconds`, since a CPU that has no
    bf16 would compute the largest for minutes.
    """
    rows = []
    for name, kind in {"float32": torch.float32, "bf16": torch.bfloat16}.items():
        for what, sizes, made in (("matrix product", SIDES, _product), ("convolution", PICTURES, _convolution)):
            reached = 0.0
            for size in sizes:
                work, operations = made(size, kind)
                taken = _least(work, rounds)
                reached = max(reached, operations / taken / 1e9)
                if taken * 4 > seconds:
                    break
            rows.append({"what": what, "precision": name, "gflops": reached})
    return pd.DataFrame(rows)


def _product(side: int, kind: torch.dtype) -> tuple[Callable[[], torch.Tensor], int]:
    """The product of two square matrices, and its operations."""
    one, other = (torch.randn(side, side, device=device()).to(kind) for _ in range(2))
    return lambda: one @ other, 2 * side**3


def _convolution(pictures: int, kind: torch.dtype) -> tuple[Callable[[], torch.Tensor], int]:
    """A convolution of so many pictures, and its operations."""
    shown = torch.randn(pictures, CHANNELS, MAP, MAP, device=device()).to(kind, memory_format=torch.channels_last)
    weights = torch.randn(CHANNELS, CHANNELS, 3, 3, device=device()).to(kind)
    return lambda: functional.conv2d(shown, weights, padding=1), 2 * 9 * CHANNELS**2 * pictures * MAP**2


@torch.inference_mode()
def _least(work: Callable[[], torch.Tensor], rounds: int) -> float:
    """Seconds of one of several calls, the fastest; one more is made before."""
    taken = []
    for _ in range(rounds + 1):
        begin = time.perf_counter()
        work()
        training_speed.wait()
        taken.append(time.perf_counter() - begin)
    return min(taken[1:])


def share(
    systems: Mapping[str, Callable[[], Experiment]], measured: pd.DataFrame, limits: pd.DataFrame, batch: int
) -> pd.DataFrame:
    """What training reaches of the fastest limit: `system, mflop` (of an item, forward and backward), `rate` (items a
    second, the median of ours), `gflops, share`. measured: of `training_speed.training`; limits: of `measure`."""
    rates = measured.groupby("system")["ours"].median()
    rows = []
    for name, make in systems.items():
        run = make()
        needed = gpu_speed.flops(run, run.batch_items("train"), batch)
        reached = needed * rates[name] / 1e9
        row = {"system": name, "mflop": needed / 1e6, "rate": rates[name], "gflops": reached}
        rows.append(row | {"share": reached / limits["gflops"].max()})
    return pd.DataFrame(rows)
