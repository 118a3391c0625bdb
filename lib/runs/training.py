"""Training with Lightning: optimiser and schedule, checkpoints without pickle, resuming to the same numbers."""

from __future__ import annotations

import json
import logging
import math
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import lightning
import pandas as pd
import torch
from lightning.pytorch.callbacks import Callback, EarlyStopping, ModelCheckpoint
from lightning.pytorch.plugins.io import CheckpointIO
from lightning.pytorch.utilities.types import OptimizerLRSchedulerConfig
from safetensors import safe_open
from safetensors.torch import save_file
from torch import nn
from torch.utils.data import DataLoader
from transformers import get_constant_schedule_with_warmup, get_linear_schedule_with_warmup

from lib.core.errors import DataError
from lib.core.files import replacing
from lib.models import acceleration
from lib.models.acceleration import precision
from lib.runs.batches import Batch, Loss
from lib.runs.samplers import Rounds, Shared
from lib.study.config import Training

linear_schedule: Callable[..., torch.optim.lr_scheduler.LambdaLR] = get_linear_schedule_with_warmup
constant_schedule: Callable[..., torch.optim.lr_scheduler.LambdaLR] = get_constant_schedule_with_warmup
logging.getLogger("lightning.pytorch").setLevel(logging.WARNING)  # of a run only its rounds are printed


class Learner(lightning.LightningModule):
    """A system with its loss, optimiser and history (one row a round, which is an epoch to Lightning).

    steps: of the optimiser, in all; an_epoch: in one pass through the items. The round's mean loss is summed in double
    precision here: Lightning's own (`self.log(..., on_epoch=True)`) sums in single precision, and would give other last
    digits.
    """

    def __init__(self, system: nn.Module, loss: Loss, settings: Training, steps: int, an_epoch: int, seed: int) -> None:
        super().__init__()
        self.system, self.loss, self.settings, self.seed = system, loss, settings, seed
        self.steps, self.an_epoch = steps, an_epoch
        self.history: list[dict[str, float]] = []
        self._sums: dict[str, list[float | torch.Tensor]] = {"train": [0.0, 0], "val": [0.0, 0]}
        self._began = 0.0

    def training_step(self, batch: Batch, number: int) -> torch.Tensor:
        if number == 0:
            self._began, self._sums = time.monotonic(), {"train": [0.0, 0], "val": [0.0, 0]}
        # Dropout and drawn negatives depend on the batch's number and the seed alone, so that a resumed run draws what
        # it would have drawn.
        torch.manual_seed(self.seed * 1_000_003 + self.trainer.fit_loop.epoch_loop.total_batch_idx)
        return self._loss(batch, "train")

    def validation_step(self, batch: Batch, number: int) -> None:
        self._loss(batch, "val")

    def on_validation_epoch_end(self) -> None:
        self.log("val_loss", self._mean("val"))

    def on_train_epoch_end(self) -> None:
        row = {
            "steps": self.global_step,
            "train_loss": self._mean("train"),
            "val_loss": self._mean("val"),
            "seconds": round(time.monotonic() - self._began, 1),
        }
        self.history.append(row)
        if not self.trainer.is_global_zero:
            return
        validation = "" if math.isnan(row["val_loss"]) else f"validation {row['val_loss']:.3f}, "
        print(
            f"step {row['steps']}/{self.steps}: training loss {row['train_loss']:.3f}, "
            f"{validation}{row['seconds']:.0f} s",
            flush=True,
        )

    def configure_optimizers(self) -> OptimizerLRSchedulerConfig:
        """The optimiser and its schedule; a learning rate for each encoder and for new layers."""
        settings = self.settings
        rates = {"text": settings.text_lr, "image": settings.image_lr, "multimodal": settings.text_lr}
        rates["loss"] = settings.proxy_lr or settings.head_lr
        groups: dict[tuple[float, float], list[nn.Parameter]] = {}
        for name, parameter in self.system.named_parameters():
            if parameter.requires_grad:
                lr = rates.get(name.split(".")[0], settings.head_lr)
                decay = settings.weight_decay if parameter.ndim > 1 or settings.decay_norms else 0.0
                groups.setdefault((lr, decay), []).append(parameter)
        kind = torch.optim.AdamW if settings.optimiser == "adamw" else torch.optim.Adam
        optimiser = kind(
            [{"params": parameters, "lr": lr, "weight_decay": decay} for (lr, decay), parameters in groups.items()],
            eps=settings.epsilon,
            fused=True,
        )
        schedule = self._schedule(optimiser)
        return {"optimizer": optimiser, "lr_scheduler": {"scheduler": schedule, "interval": "step"}}

    def _schedule(self, optimiser: torch.optim.Optimizer) -> torch.optim.lr_scheduler.LambdaLR:
        """A linear rise, then a linear fall to 0 or none."""
        settings, counted = self.settings, 1
        if settings.schedule == "linear by batch":
            counted = settings.accumulate
        warmup: int | float = settings.warmup
        if isinstance(warmup, float):
            of = self.an_epoch if settings.warmup_of == "first epoch" else self.steps
            warmup = round(warmup * of * counted)
        if settings.schedule == "constant":
            return constant_schedule(optimiser, warmup)
        return linear_schedule(optimiser, warmup, self.steps * counted)

    def on_save_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        checkpoint["history"] = self.history

    def on_load_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        self.history = checkpoint["history"]

    def _loss(self, batch: Batch, part: str) -> torch.Tensor:
        loss = self.loss(self.system, batch, part)
        count = len(batch["class"])
        self._sums[part][0] += loss.detach().double() * count  # a tensor: to read it would wait for the device
        self._sums[part][1] += count
        return loss

    def _mean(self, part: str) -> float:
        reduce = self.trainer.strategy.reduce  # over the devices, if there are several
        sums = (torch.tensor(float(value), device=self.device) for value in self._sums[part])
        total, count = (float(reduce(value, reduce_op="sum")) for value in sums)
        return total / count if count else float("nan")


def fit(
    system: nn.Module,
    loss: Loss,
    train: DataLoader[int],
    val: DataLoader[int] | None,
    settings: Training,
    seed: int,
    folder: Path,
    key: str,
) -> pd.DataFrame:
    """Train `system` in place; the history, a row a round: `steps` so far, `train_loss, val_loss, seconds`.

    `train` has the batches of a round (`lib.runs.batches.training_batches`), which is an epoch unless `settings.steps`
    is given. A checkpoint is written after each round to `folder/<key>.ckpt`. If one is there, training resumes from it
    and ends with the same numbers as without an interruption. `key` stands for all that decides those numbers, so that
    a checkpoint of other parameters is never used. Raises DataError where several devices are requested for batches
    that can't be shared.
    """
    if settings.compiled:
        acceleration.prepare(system)
    if settings.devices > 1 and not isinstance(train.sampler, Shared):
        raise DataError(
            f"This kind of run is trained on one device, not on {settings.devices}: its batches can't be shared."
        )
    system.train()  # pretrained encoders come in evaluation mode, and Lightning leaves modes as they are
    rounds = settings.steps // settings.check_every if settings.steps else settings.epochs
    steps = settings.steps or rounds * math.ceil(len(train) / settings.accumulate)
    learner = Learner(system, loss, settings, steps, math.ceil(an_epoch(train) / settings.accumulate), seed)
    checkpoint = folder / f"{key}.ckpt"
    callbacks: list[Callback] = [
        ModelCheckpoint(folder, key, save_top_k=1, enable_version_counter=False, save_on_train_epoch_end=True)
    ]
    if settings.patience and val is not None:
        callbacks.append(EarlyStopping("val_loss", min_delta=settings.min_delta, patience=settings.patience))
    trainer = lightning.Trainer(
        accelerator="auto",
        devices=settings.devices,
        strategy=settings.strategy,
        max_epochs=rounds,
        accumulate_grad_batches=settings.accumulate,
        precision=precision(settings.precision),
        plugins=[SafetensorsIO()],
        callbacks=callbacks,
        logger=False,
        enable_progress_bar=False,
        enable_model_summary=False,
        num_sanity_val_steps=0,
        use_distributed_sampler=False,
    )
    with warnings.catch_warnings():
        warnings.filterwarnings(
            "ignore", message=".*(does not have many workers|Checkpoint directory|weights_only|LeafSpec).*"
        )
        resumed = checkpoint.exists()
        finished = resumed and _finished(SafetensorsIO().load_checkpoint(checkpoint), rounds, settings.patience)
        if not finished:
            trainer.fit(learner, train, val, ckpt_path=checkpoint if resumed else None)
        if finished or settings.devices > 1:  # where other processes trained, their result is in the checkpoint
            stored = SafetensorsIO().load_checkpoint(checkpoint)
            learner.load_state_dict(stored["state_dict"])
            learner.history = stored["history"]
    return pd.DataFrame(learner.history)


def an_epoch(train: DataLoader[int]) -> int:
    """The batches of one pass through the items."""
    sampler = train.sampler.sampler if isinstance(train.sampler, Shared) else train.sampler
    return sampler.an_epoch if isinstance(sampler, Rounds) else len(train)


def _finished(checkpoint: dict[str, Any], rounds: int, patience: int | None) -> bool:
    """Whether the checkpoint is the last one: all rounds done, or stopped early after it."""
    waited = max((state.get("wait_count", 0) for state in checkpoint["callbacks"].values()), default=0)
    return len(checkpoint["history"]) >= rounds or bool(patience and waited >= patience)


class SafetensorsIO(CheckpointIO):
    """Checkpoints without pickle: tensors as safetensors, the rest as JSON, written whole or not at all.

    A checkpoint is a tree of dicts, lists, numbers, strings and tensors. Raises TypeError for anything else.
    """

    def save_checkpoint(self, checkpoint: dict[str, Any], path: str | Path, storage_options: Any = None) -> None:
        tensors: dict[str, torch.Tensor] = {}
        tree = _pack(checkpoint, tensors)
        with replacing(path) as temporary:
            save_file(tensors, temporary, metadata={"tree": json.dumps(tree)})

    def load_checkpoint(
        self, path: str | Path, map_location: Any = None, weights_only: bool | None = None
    ) -> dict[str, Any]:
        with safe_open(path, framework="pt", device="cpu") as stored:
            checkpoint: dict[str, Any] = _unpack(json.loads(stored.metadata()["tree"]), stored)
            return checkpoint

    def remove_checkpoint(self, path: str | Path) -> None:
        Path(path).unlink(missing_ok=True)


def _pack(value: Any, tensors: dict[str, torch.Tensor]) -> Any:
    if isinstance(value, torch.Tensor):
        name = str(len(tensors))
        tensors[name] = value.detach().cpu().clone().contiguous()  # a clone: tied weights may not share memory here
        return {"tensor": name}
    if isinstance(value, dict):  # as pairs, since an optimiser's keys are numbers and JSON's are strings
        return {"dict": [[_pack(key, tensors), _pack(item, tensors)] for key, item in value.items()]}
    if isinstance(value, (list, tuple)):
        return {type(value).__name__: [_pack(item, tensors) for item in value]}
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    raise TypeError(
        f"A checkpoint can't hold a {type(value).__name__}; keep numbers, strings, lists, dicts and tensors in it."
    )


def _unpack(value: Any, stored: Any) -> Any:
    if not isinstance(value, dict):
        return value
    [(kind, content)] = value.items()
    if kind == "tensor":
        return stored.get_tensor(content)
    if kind == "dict":
        return {_unpack(key, stored): _unpack(item, stored) for key, item in content}
    return (tuple if kind == "tuple" else list)(_unpack(item, stored) for item in content)
