"""Training on an accelerator, step by step from a plain loop to the study's (chapter 94): what each step brings, where
the time goes, and what a whole run takes.

A system of MATCHED's size (a text encoder of DeCLUTR-small's, a ViT-B/16) learns its class head and all else on as many
items as the paper's South has; the weights are random, since a step costs the same whatever they are.
"""

from __future__ import annotations

import copy
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, islice
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch
from torch import nn
from torch.profiler import ProfilerActivity, profile
from torch.utils.flop_counter import FlopCounterMode

from lib.models import acceleration
from lib.models.acceleration import device
from lib.review.speed import training_speed
from lib.runs import batches, training
from lib.runs.attribution import Experiment

Change = Callable[[nn.Module], Any]
SEES = ("image", "multimodal")
"""The systems that see pictures."""


@dataclass(frozen=True)
class Step:
    """name; batch: items of a training step; ready: whether texts and pictures are prepared once and batches are of
    like length; half: bf16 where the device has it; changes: what is done to the system before; systems: where it makes
    a difference."""

    name: str
    batch: int
    ready: bool = True
    half: bool = True
    changes: tuple[Change, ...] = ()
    systems: tuple[str, ...] = ("text", *SEES)


def ladder(large: int = 256) -> list[Step]:
    """The steps, each with all before it. large: the larger batch."""
    compiled = (acceleration.compile_blocks,)
    product = (acceleration.patches_as_product, *compiled)
    narrow = (acceleration.bf16_tokens, *product)
    return [
        Step("plain loop", 32, ready=False, half=False),
        Step("prepared once, held on the device, like lengths", 32, half=False),
        Step("bf16", 32),
        Step("larger batch", large),
        Step("compiled blocks", large, changes=compiled),
        Step("patches as a matrix product", large, changes=product, systems=SEES),
        Step("bf16 from block to block", large, changes=narrow, systems=SEES),
        Step("twice the batch", 2 * large, changes=narrow),
    ]


def enlarged(items: batches.Items, size: int) -> batches.Items:
    """Items again and again until there are `size`; each time their texts and pictures count as others, so that none of
    them is encoded for two."""
    times = -(-size // len(items))
    rows, again = np.arange(size) % len(items), np.arange(size) // len(items)
    columns, tokens, pictures = {}, items.tokens, items.pictures
    if items.text is not None and tokens is not None:
        columns["text"] = items.text[rows] + again * len(tokens)
        tokens = list(tokens) * times
    if items.image is not None and pictures is not None:
        unique, place = np.unique(items.image, return_inverse=True)
        columns["image"] = place[rows] + again * len(unique)
        pictures = pictures[np.tile(unique, times)]
    return batches.Items(pd.DataFrame(columns), items.classes[rows], tokens, items.padding, pictures, items.multiple)


def measure(
    name: str, run: Experiment, size: int, seconds: float, padded: int, steps: Sequence[Step]
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Each step of the ladder for a run's system, on `size` training items: `system, step, batch, rate` (items a
    second), `milliseconds` (of a step), `prepared` (seconds before the first steady one), `gib` (at its peak),
    `tflops`; and where the time goes, `shares`. A step whose batch doesn't fit has no numbers.

    seconds: of each measurement, and of warming up before it, after a batch of every length. padded: tokens that the
    plain loop pads texts to.
    """
    items, rows, shared = enlarged(run.batch_items("train"), size), [], []
    needed = flops(run, items) / 1e12
    for step in steps:
        if name not in step.systems:
            continue
        begin = time.perf_counter()
        system = copy.deepcopy(run.system).to(device()).train()
        for change in step.changes:
            change(system)
        first = list(_every_length(items, step.batch)) if step.ready else []
        ours, plain = training_speed.our_batches, training_speed.plain_batches
        source = chain(first, ours(items, step.batch) if step.ready else plain(run, step.batch, padded))
        row = {"system": name, "step": step.name, "batch": step.batch}
        try:
            advance = training_speed.stepper(run, system, source, "auto" if step.half else "32-true")
            for _ in first:
                advance()
            training_speed.steady(advance, seconds)
            prepared = time.perf_counter() - begin
            rate = training_speed.steady(advance, seconds)
            row |= {"rate": rate, "milliseconds": 1000 * step.batch / rate, "prepared": prepared}
            row |= {"gib": _peak(), "tflops": needed * rate}
            shared.append(shares(advance).assign(system=name, step=step.name))
        except torch.OutOfMemoryError:
            pass  # the row has no numbers
        rows.append(row)
        del system, source, advance, first
        _forget()
    return pd.DataFrame(rows), pd.concat(shared, ignore_index=True)


def _every_length(items: batches.Items, size: int) -> Iterator[training_speed.Batch]:
    """A batch of every length that there is in an epoch: for each, kernels are compiled or planned when it is seen
    first. Without texts, one batch."""
    seen: set[tuple[int, ...]] = set()
    for batch in batches.training_batches(items, size, seed=0, group_by_length=True):
        shape = tuple(batch.get("tokens", batch["class"]).shape)
        if shape not in seen:
            seen.add(shape)
            yield batch
        if items.text is None:
            return


def flops(run: Experiment, items: batches.Items, size: int = 64, count: int = 4) -> float:
    """Floating-point operations of an item's training step, forward and backward (torch's counter, a multiply-add
    counts two), over `count` batches of like length."""
    system, counted = copy.deepcopy(run.system).to(device()).train(), 0
    with FlopCounterMode(display=False) as counter:
        for batch in islice(training_speed.our_batches(items, size), count):
            run.objective.of(system, training_speed.on_device(batch), "train").backward()
            counted += len(batch["class"])
    return float(counter.get_total_flops() / counted)


KINDS = {
    "attention": ("sdpa", "flash", "fmha", "attention"),
    "matrix products and convolutions": ("gemm", "nvjet", "cutlass", "conv", "addmm", "::mm", "bmm", "wgrad", "dgrad"),
    "optimiser": ("multi_tensor", "adam"),
    "copies": ("memcpy", "memset", "copy_"),
}
"""What a kernel does -> how its name tells; the first that fits. All others add, normalise, activate and move: memory
sets their pace."""


def shares(advance: Callable[[], int], steps: int = 3) -> pd.DataFrame:
    """Where `steps` training steps spend the device's time: `kind` (of KINDS, *element by element* or *waiting for the
    host*), `share`."""
    on_device = device().type == "cuda"
    with profile(activities=[ProfilerActivity.CUDA if on_device else ProfilerActivity.CPU]) as profiled:
        begin = time.perf_counter()
        for _ in range(steps):
            advance()
        training_speed.wait()
        taken = time.perf_counter() - begin
    seconds = dict.fromkeys([*KINDS, "element by element"], 0.0)
    for event in profiled.key_averages():
        seconds[kind_of(event.key)] += (event.self_device_time_total if on_device else event.self_cpu_time_total) / 1e6
    seconds["waiting for the host"] = max(0.0, taken - sum(seconds.values()))
    total = sum(seconds.values())
    return pd.DataFrame({"kind": list(seconds), "share": [value / total for value in seconds.values()]})


def kind_of(kernel: str) -> str:
    """What a kernel does, by its name."""
    name = kernel.lower()
    if "triton" in name:  # made by the compiler, which calls libraries for all else; its names list what they fuse
        return "element by element"
    return next((kind for kind, words in KINDS.items() if any(word in name for word in words)), "element by element")


def peak(side: int = 8192, repeats: int = 20) -> float:
    """TFLOP/s of a product of two matrices of random bf16 numbers: what the matrix units give to a library's best
    kernel."""
    one, other = (torch.randn(side, side, device=device(), dtype=torch.bfloat16) for _ in range(2))
    for _ in range(3):
        one @ other
    training_speed.wait()
    begin = time.perf_counter()
    for _ in range(repeats):
        one @ other
    training_speed.wait()
    return repeats * 2 * side**3 / (time.perf_counter() - begin) / 1e12


def whole(name: str, run: Experiment, size: int, batch: int, epochs: int) -> dict[str, Any]:
    """The study's own training (Lightning, checkpoints, schedule and all) for `epochs` epochs of `size` items: `system,
    batch, rate` and `epoch_seconds` of the last epoch, `first_seconds` (the first epoch with compiling), `joules` an
    item (NaN where the device doesn't tell)."""
    items = enlarged(run.batch_items("train"), size)
    settings = run.variant.training.model_copy(
        update={"epochs": epochs, "steps": None, "patience": None, "batch_size": batch, "compiled": True}
    )
    loader = batches.training_batches(items, batch, seed=0, group_by_length=True)
    before = _joules()
    with tempfile.TemporaryDirectory() as folder:  # a checkpoint is written as ever, and not kept
        history = training.fit(run.system, run.objective.of, loader, None, settings, 0, Path(folder), "whole")
    joules, (first, *_, last) = _joules() - before, history["seconds"].iloc[[0, -1]]
    row = {"system": name, "batch": batch, "rate": size / last, "epoch_seconds": last, "first_seconds": first}
    return row | {"joules": joules / (size * epochs)}


def _joules() -> float:
    """What the accelerator has used since its driver was loaded."""
    if device().type != "cuda":
        return float("nan")
    import pynvml

    pynvml.nvmlInit()
    return float(pynvml.nvmlDeviceGetTotalEnergyConsumption(pynvml.nvmlDeviceGetHandleByIndex(0)) / 1000)


def _peak() -> float:
    return torch.cuda.max_memory_allocated() / 2**30 if device().type == "cuda" else float("nan")


def _forget() -> None:
    torch._dynamo.reset()  # else what was compiled for one step's shapes counts against the next one's
    if device().type == "cuda":
        torch.cuda.empty_cache()
        torch.cuda.reset_peak_memory_stats()


def beside(measured: pd.DataFrame, published: Mapping[str, float], peak: float) -> pd.DataFrame:
    """`measure`'s rows with how many times the plain loop and the paper's rate each is, and what share of the `peak`
    TFLOP/s: columns `times_plain, times_paper, of_peak` more."""
    plain = measured[measured["step"] == measured["step"].iloc[0]].set_index("system")["rate"]
    return measured.assign(
        times_plain=measured["rate"] / measured["system"].map(plain),
        times_paper=measured["rate"] / measured["system"].map(published),
        of_peak=measured["tflops"] / peak,
    )
