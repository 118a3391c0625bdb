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

SIDE = 4096  # rows and columns of the matrices
CHANNELS, MAP = 128, 56  # of the convolution, 3 x 3, and of its pictures


def measure(scale: float = 1.0, rounds: int = 3) -> pd.DataFrame:
    """GFLOP/s of a matrix product and of a convolution forward, by precision, the best of `rounds`: `what, precision,
    gflops`. scale: of the sides; one thread, as runs have."""
    rows = []
    side, size, pictures = (max(16, round(scale * full)) for full in (SIDE, MAP, 32))
    for name, kind in {"float32": torch.float32, "bf16": torch.bfloat16}.items():
        one, other = (torch.randn(side, side, device=device(), dtype=kind) for _ in range(2))
        shown = torch.randn(pictures, CHANNELS, size, size, device=device(), dtype=kind)
        shown = shown.contiguous(memory_format=torch.channels_last)
        weights = torch.randn(CHANNELS, CHANNELS, 3, 3, device=device(), dtype=kind)
        works: dict[str, tuple[Callable[[], torch.Tensor], float]] = {
            "matrix product": (lambda one=one, other=other: one @ other, 2 * side**3),  # type: ignore[misc]
            "convolution": (
                lambda shown=shown, weights=weights: functional.conv2d(shown, weights, padding=1),  # type: ignore[misc]
                2 * 9 * CHANNELS**2 * pictures * size**2,
            ),
        }
        for what, (work, operations) in works.items():
            rows.append({"what": what, "precision": name, "gflops": operations / _least(work, rounds) / 1e9})
    return pd.DataFrame(rows)


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
