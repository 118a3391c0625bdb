"""Training with Lightning: optimiser and schedule, checkpoints, resuming to the same numbers."""

from __future__ import annotations

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
from lightning.pytorch.utilities.types import OptimizerLRSchedulerConfig
from torch import nn
from torch.utils.data import DataLoader
from transformers import get_linear_schedule_with_warmup

from lib.core.errors import DataError
from lib.models import acceleration
from lib.models.acceleration import precision
from lib.runs.batches import Shared
from lib.runs.checkpoints import SafetensorsIO
from lib.study.config import Training

logging.getLogger("lightning.pytorch").setLevel(logging.WARNING)  # of a run only its epochs are told


Loss = Callable[[Any, dict[str, torch.Tensor], str], torch.Tensor]
"""The loss of a system, of the kind that it is for, on a batch of a part, `train` or `val`."""


class Learner(lightning.LightningModule):
    """A system with its loss, optimiser and history (one row an epoch)."""

    def __init__(self, system: nn.Module, loss: Loss, settings: Training, steps: int, seed: int) -> None:
        super().__init__()
        self.system, self.loss, self.settings, self.steps, self.seed = system, loss, settings, steps, seed
        self.history: list[dict[str, float]] = []
        self._sums: dict[str, list[float | torch.Tensor]] = {"train": [0.0, 0], "val": [0.0, 0]}
        self._began = 0.0

    def training_step(self, batch: dict[str, torch.Tensor], number: int) -> torch.Tensor:
        if number == 0:
            self._began, self._sums = time.monotonic(), {"train": [0.0, 0], "val": [0.0, 0]}
        # Dropout and drawn negatives depend on the batch's number and the seed alone, so that a resumed run goes on as it would have gone.
        torch.manual_seed(self.seed * 1_000_003 + self.trainer.fit_loop.epoch_loop.total_batch_idx)
        return self._loss(batch, "train")

    def validation_step(self, batch: dict[str, torch.Tensor], number: int) -> None:
        self._loss(batch, "val")

    def on_validation_epoch_end(self) -> None:
        self.log("val_loss", self._mean("val"))

    def on_train_epoch_end(self) -> None:
        row = {
            "epoch": self.current_epoch + 1,
            "train_loss": self._mean("train"),
            "val_loss": self._mean("val"),
            "seconds": round(time.monotonic() - self._began, 1),
        }
        self.history.append(row)
        if not self.trainer.is_global_zero:
            return
        validation = "" if math.isnan(row["val_loss"]) else f"validation {row['val_loss']:.3f}, "
        print(
            f"epoch {row['epoch']}/{self.settings.epochs}: training loss {row['train_loss']:.3f}, "
            f"{validation}{row['seconds']:.0f} s",
            flush=True,
        )

    def configure_optimizers(self) -> OptimizerLRSchedulerConfig:
        """AdamW with a linear warm-up and decay; a rate for each encoder and for new layers."""
        settings = self.settings
        rates = {"text": settings.text_lr, "image": settings.image_lr, "multimodal": settings.text_lr}
        rates["loss"] = settings.proxy_lr or settings.head_lr
        groups: dict[tuple[float, float], list[nn.Parameter]] = {}
        learnt = ((name, found) for name, found in self.system.named_parameters() if found.requires_grad)
        for name, parameter in learnt:
            rate = rates.get(name.split(".")[0], settings.head_lr)
            decay = settings.weight_decay if parameter.ndim > 1 or settings.decay_norms else 0.0
            groups.setdefault((rate, decay), []).append(parameter)
        optimiser = torch.optim.AdamW(
            [{"params": parameters, "lr": rate, "weight_decay": decay} for (rate, decay), parameters in groups.items()],
            eps=settings.epsilon,
            fused=True,
        )
        schedule = get_linear_schedule_with_warmup(optimiser, round(settings.warmup * self.steps), self.steps)
        return {"optimizer": optimiser, "lr_scheduler": {"scheduler": schedule, "interval": "step"}}

    def on_save_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        checkpoint["history"] = self.history

    def on_load_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        self.history = checkpoint["history"]

    def _loss(self, batch: dict[str, torch.Tensor], part: str) -> torch.Tensor:
        loss = self.loss(self.system, batch, part)
        count = len(batch["class"])
        self._sums[part][0] += loss.detach().double() * count  # a tensor: to read it would wait for the device
        self._sums[part][1] += count
        return loss

    def _mean(self, part: str) -> float:
        reduce = self.trainer.strategy.reduce  # over the devices, if there are several
        sums = (torch.tensor(float(found), device=self.device) for found in self._sums[part])
        total, count = (float(reduce(found, reduce_op="sum")) for found in sums)
        return total / count if count else float("nan")


def fit(
    system: nn.Module,
    loss: Loss,
    train: DataLoader,
    val: DataLoader | None,
    settings: Training,
    seed: int,
    folder: Path,
    key: str,
) -> pd.DataFrame:
    """Train `system` in place; the history: `epoch, train_loss, val_loss, seconds`.

    A checkpoint is written after each epoch to `folder/<key>.ckpt`. If one is there, training goes on from it
    and ends with the numbers that it would have had undisturbed. `key` names all that decides those numbers,
    so that a checkpoint of other parameters is never taken up. Raises DataError where several devices are asked for batches that
    can't be shared.
    """
    if settings.compiled:
        acceleration.prepare(system)
    if settings.devices > 1 and not isinstance(train.sampler, Shared):
        raise DataError(
            f"This kind of run is trained on one device, not on {settings.devices}: its batches can't be shared."
        )
    system.train()  # pretrained encoders come in evaluation mode, and Lightning leaves modes as they are
    steps = settings.epochs * math.ceil(len(train) / settings.accumulate)
    learner = Learner(system, loss, settings, steps, seed)
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
        max_epochs=settings.epochs,
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
        if not checkpoint.exists():
            trainer.fit(learner, train, val)
        elif _finished(stored := SafetensorsIO().load_checkpoint(checkpoint), settings):
            learner.load_state_dict(stored["state_dict"])
            learner.history = stored["history"]
        else:
            trainer.fit(learner, train, val, ckpt_path=checkpoint)
        if settings.devices > 1:  # other processes trained: what they came to is in the checkpoint
            stored = SafetensorsIO().load_checkpoint(checkpoint)
            learner.load_state_dict(stored["state_dict"])
            learner.history = stored["history"]
    return pd.DataFrame(learner.history)


def _finished(checkpoint: dict[str, Any], settings: Training) -> bool:
    """Whether the checkpoint is the last one: all epochs done, or stopped early after it."""
    waited = max((state.get("wait_count", 0) for state in checkpoint["callbacks"].values()), default=0)
    return len(checkpoint["history"]) >= settings.epochs or bool(settings.patience and waited >= settings.patience)
