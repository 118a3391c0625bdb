"""Time to quality: how long a training takes until it is as good as a plain loop's is at its end (chapter 92).

Items a second say little when what makes them costs quality. Each loop trains the same system on the same items for as
many epochs, and after each epoch its Macro-F1 on the test items is taken, with the clock stopped. The target is the
lower end of the plain loop's interval after its last epoch; what counts are the seconds until a loop reaches it, on
straight lines from one epoch to the next.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch

from lib.core.files import read_json, write_json
from lib.core.provenance import Meter
from lib.evaluation import identification
from lib.models.acceleration import device, precision
from lib.review.speed import changes, training_speed
from lib.review.speed.training_speed import PlainRun
from lib.runs.attribution import Experiment
from lib.runs.batches import Batch

Change = Callable[[Experiment], None]
"""What is done to a run before it is trained."""
PLAIN, OURS = "plain", "ours"
RATES = ("text_lr", "image_lr", "head_lr")
AUTHORS_RATE = 1e-4
"""Of all layers, as the authors' scripts were run (docs/variants.md)."""


@dataclass(frozen=True)
class Loop:
    """A way to train. training: what of the study's training it changes, from what that is; systems: those in which it
    makes a difference."""

    name: str
    kind: type[Experiment] = Experiment
    training: Callable[[Any], dict[str, Any]] = lambda settings: {}
    changes: tuple[Change, ...] = ()
    systems: tuple[str, ...] = ("text", "image", "multimodal")


@dataclass
class Curve:
    """The loss of a run, which looks at its quality whenever validation begins, with the clock stopped."""

    run: Experiment
    loss: Callable[[Any, Batch, str], torch.Tensor]
    rows: list[dict[str, float]] = field(default_factory=list)
    steps: int = 0
    spent: float = 0.0
    _since: float = field(default_factory=lambda: clock())

    def __call__(self, system: Any, batch: Batch, part: str) -> torch.Tensor:
        if part == "train":
            self.steps += 1
        else:
            self.spent += clock() - self._since
            self.rows.append({"steps": self.steps, "seconds": self.spent} | quality(self.run))
            self._since = clock()
        return self.loss(system, batch, part)


def clock() -> float:
    """Seconds: of this process's threads on a CPU, where others may run beside it; else of the wall."""
    training_speed.wait()
    return time.perf_counter() if device().type == "cuda" else time.process_time()


@torch.inference_mode()
def quality(run: Experiment) -> dict[str, float]:
    """Macro-F1 of the class head on the training region's test items: `score, low, high` (95 %, over vendors)."""
    system, items, predicted = run.system.to(device()), run.batch_items("test"), []
    training = system.training
    system.eval()
    half = precision(run.variant.training.precision) == "bf16-mixed"
    for start in range(0, len(items), 128):
        batch = training_speed.on_device(items.batch(range(start, min(start + 128, len(items)))))
        with torch.autocast(device().type, torch.bfloat16, enabled=half):
            scores = system.scores(system(batch))
        assert scores is not None, "time to quality is measured with an objective that classifies"
        predicted.append(scores.argmax(1).cpu().numpy())
    system.train(training)
    table = identification.scores(items.classes, np.concatenate(predicted)).set_index("metric")
    row = table.loc["Macro-F1"]
    return {"score": float(row["mean"]), "low": float(row["low"]), "high": float(row["high"])}


def curve(notebook: str, arguments: Mapping[str, Any], loop: Loop, epochs: int) -> pd.DataFrame:
    """A loop's training, a row an epoch: `steps, seconds, score, low, high, wh` (of the machine, until then)."""
    with tempfile.TemporaryDirectory() as folder:
        run = loop.kind(notebook, **(dict(arguments) | {"out": folder, "metered": False}))
        changed = {"epochs": epochs, "steps": None, "patience": None, "compiled": False}
        settings = run.variant.training.model_copy(update=changed | loop.training(run.variant.training))
        run.variant = replace(run.variant, training=settings)
        for change in loop.changes:
            change(run)
        watched = Curve(run, run.objective.of)
        run.objective.of = watched  # type: ignore[method-assign]
        begin = time.perf_counter()
        with Meter() as meter:
            run.train()
        whole = time.perf_counter() - begin
    table = pd.DataFrame(watched.rows)
    return table.assign(wh=1000 * meter.read()["kwh"] * table["seconds"] / whole)


def measure(
    systems: Mapping[str, tuple[str, Mapping[str, Any]]],
    loops: Sequence[Loop],
    epochs: int,
    seeds: Sequence[int],
    folder: Path,
) -> pd.DataFrame:
    """`curve` of every loop, system and seed: columns `system, loop, seed` more. The loops of a seed take turns.

    folder: where each curve is kept when it ends; those that are there are not measured again. It is for one state of
    code and study.
    """
    parts = []
    for name, (notebook, arguments) in systems.items():
        for seed in seeds:
            for loop in loops:
                if name in loop.systems:
                    kept = folder / f"{name}, {loop.name}, {epochs} epochs, seed {seed}.json"
                    if not kept.exists():
                        found = curve(notebook, dict(arguments) | {"seed": seed}, loop, epochs)
                        write_json(kept, found.to_dict("list"))
                    parts.append(pd.DataFrame(read_json(kept)).assign(system=name, loop=loop.name, seed=seed))
    return pd.concat(parts, ignore_index=True)


def alone(precision_here: str) -> tuple[Loop, ...]:
    """The loops that are measured in one seed, those of them that differ from ours at this precision."""
    return tuple(loop for loop in (*STEPS, *TRIED) if not (loop is STEPS[0] and precision_here == "32-true"))


def times(curves: pd.DataFrame) -> pd.DataFrame:
    """Each loop beside the plain one of its seed: `system, loop, seed, target`; at its end `score, low, high, seconds`;
    `reached, reached_wh`, to the target (missing where it isn't reached); `ratio`, how many times sooner than the plain
    loop."""
    rows = []
    for (system, seed), of_seed in curves.groupby(["system", "seed"], sort=False):
        target = of_seed.loc[of_seed["loop"] == PLAIN, "low"].iloc[-1]
        for loop, epochs in of_seed.groupby("loop", sort=False):
            end, there = epochs.iloc[-1], crossed(epochs["score"].to_numpy(), float(target))
            rows.append(
                {"system": system, "loop": loop, "seed": seed, "target": target}
                | {name: end[name] for name in ("score", "low", "high", "seconds")}
                | {"reached": passed(epochs["seconds"], there), "reached_wh": passed(epochs["wh"], there)}
            )
    table = pd.DataFrame(rows)
    plain = table[table["loop"] == PLAIN].set_index(["system", "seed"])["reached"]
    return table.assign(
        ratio=plain.reindex(pd.MultiIndex.from_frame(table[["system", "seed"]])).to_numpy() / table["reached"]
    )


def crossed(scores: np.ndarray, target: float) -> float:
    """How many epochs it takes until a score reaches the target, on straight lines between the scores (epochs,), from 0
    before the first; NaN where none does."""
    there = np.flatnonzero(scores >= target)
    if not len(there):
        return float("nan")
    before, after = np.append(0.0, scores)[there[0] : there[0] + 2]
    return float(there[0] + (max(target, 0.0) - before) / (after - before)) if after > before else float(there[0])


def passed(amounts: pd.Series, epochs: float) -> float:
    """What has been spent after so many epochs and parts of them; amounts: after each whole one."""
    if np.isnan(epochs):
        return epochs
    return float(np.interp(epochs, np.arange(len(amounts) + 1), np.append(0.0, amounts)))


def summary(table: pd.DataFrame) -> pd.DataFrame:
    """`times` over seeds: `system, loop, seeds, missed` (seeds in which the target isn't reached), `reached, wh, ratio`
    (medians), `ratio_low, ratio_high` (least and most), `score` (mean) and `apart`: seeds in which neither end's score
    lies in the other's interval."""
    ends = table[table["loop"] == PLAIN].set_index(["system", "seed"])[["score", "low", "high"]]
    plain = ends.reindex(pd.MultiIndex.from_frame(table[["system", "seed"]])).reset_index(drop=True)
    inside = table["score"].between(plain["low"], plain["high"]) | plain["score"].between(table["low"], table["high"])
    by = table.assign(apart=~inside).groupby(["system", "loop"], sort=False)
    found = pd.DataFrame(
        {
            "seeds": by.size(),
            "missed": by["reached"].agg(lambda reached: reached.isna().sum()),
            "reached": by["reached"].median(),
            "wh": by["reached_wh"].median(),
            "ratio": by["ratio"].median(),
            "ratio_low": by["ratio"].min(),
            "ratio_high": by["ratio"].max(),
            "score": by["score"].mean(),
            "apart": by["apart"].sum(),
        }
    )
    return found.reset_index()


def answer(found: pd.DataFrame) -> str:
    """The ratios of all loops but the plain one in sentences, as Markdown. found: of `summary`."""
    lines = []
    for row in found[found["loop"] != PLAIN].itertuples():
        missed = f"; {row.missed} of {row.seeds} seeds never reach it" if row.missed else ""
        apart = f"; in {row.apart} the end lies apart" if row.apart else ""
        lines.append(
            f"- **{row.system}**, {row.loop}: the plain loop's quality {row.ratio:.1f} times as soon "
            f"({row.ratio_low:.1f} to {row.ratio_high:.1f} over {row.seeds} seeds){missed}{apart}."
        )
    return "\n".join(lines)


def _larger(factor: int, times: float, **more: Any) -> Callable[[Any], dict[str, Any]]:
    """A batch so many times as large, at rates so many times as high; `more` as given."""

    def changed(settings: Any) -> dict[str, Any]:
        rates = {rate: times * getattr(settings, rate) for rate in RATES}
        return {"batch_size": factor * settings.batch_size} | rates | more

    return changed


TEXT, IMAGE = ("text",), ("image",)
SINGLE = (*TEXT, *IMAGE)
"""The systems in which single steps are measured: one encoder each."""
MAIN = (Loop(PLAIN, PlainRun, lambda _: {"precision": "32-true"}, (changes.everything,)), Loop(OURS))
"""What is measured in several seeds, at the same learning rates."""
STEPS = (
    Loop("ours, in float32", training=lambda _: {"precision": "32-true"}, systems=SINGLE),
    Loop("ours, any lengths together", training=lambda _: {"group_by_length": False}, systems=TEXT),
    Loop("ours, fused attention", changes=(changes.fused_attention,), systems=TEXT),
    Loop("ours, torch's dropout", changes=(changes.torchs_dropout,), systems=TEXT),
    Loop("ours, all token embeddings", changes=(changes.all_rows,), systems=TEXT),
    Loop("ours, torch's convolutions", changes=(changes.torchs_convolutions,), systems=IMAGE),
)
"""Ours without one of the things that it does: what each brings."""
TRIED = (
    Loop("tried: the authors' rate", training=lambda _: dict.fromkeys(RATES, AUTHORS_RATE), systems=SINGLE),
    Loop("tried: half the rates", training=_larger(1, 0.5), systems=SINGLE),
    Loop("tried: twice the rates", training=_larger(1, 2.0), systems=SINGLE),
    Loop("tried: twice the batch, rates by the square root", training=_larger(2, 2**0.5), systems=SINGLE),
    Loop("tried: twice the batch and rates", training=_larger(2, 2.0), systems=SINGLE),
    Loop("tried: head's rate three times", training=lambda old: {"head_lr": 3 * old.head_lr}, systems=SINGLE),
    Loop("tried: no dropout", changes=(changes.no_dropout,), systems=TEXT),
    Loop("tried: fixed batch normalisation", changes=(changes.fixed_normalisation,), systems=IMAGE),
    Loop("tried: lower half frozen", changes=(changes.lower_half_frozen,), systems=SINGLE),
)
"""What ours might do besides."""
ON_AN_ACCELERATOR = (
    MAIN[0],
    Loop(OURS, training=lambda _: {"compiled": True}),
    *(
        Loop(f"ours, 4 times the batch, rates times {rates}", training=_larger(4, rates, compiled=True))
        for rates in (1, 2, 4)
    ),
)
"""The plain loop, ours with compiled blocks, and with four times the batch at three rates."""
