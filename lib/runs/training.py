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
from transformers import get_linear_schedule_with_warmup

from lib.core.errors import DataError
from lib.core.files import replacing
from lib.models import acceleration
from lib.models.acceleration import precision
from lib.runs.batches import Batch, Loss, Shared
from lib.study.config import Training

linear_schedule: Callable[..., torch.optim.lr_scheduler.LambdaLR] = get_linear_schedule_with_warmup
logging.getLogger("lightning.pytorch").setLevel(logging.WARNING)  # of a run only its epochs are printed


class Learner(lightning.LightningModule):
    """A system with its loss, optimiser and history (one row an epoch).

    The epoch's mean loss is summed in double precision here: Lightning's own (`self.log(..., on_epoch=True)`) sums in
    single precision, and would give other last digits.
    """

    def __init__(self, system: nn.Module, loss: Loss, settings: Training, steps: int, seed: int) -> None:
        super().__init__()
        self.system, self.loss, self.settings, self.steps, self.seed = system, loss, settings, steps, seed
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
        """AdamW with a linear warm-up and decay; a learning rate for each encoder and for new layers."""
        settings = self.settings
        rates = {"text": settings.text_lr, "image": settings.image_lr, "multimodal": settings.text_lr}
        rates["loss"] = settings.proxy_lr or settings.head_lr
        groups: dict[tuple[float, float], list[nn.Parameter]] = {}
        for name, parameter in self.system.named_parameters():
            if parameter.requires_grad:
                lr = rates.get(name.split(".")[0], settings.head_lr)
                decay = settings.weight_decay if parameter.ndim > 1 or settings.decay_norms else 0.0
                groups.setdefault((lr, decay), []).append(parameter)
        optimiser = torch.optim.AdamW(
            [{"params": parameters, "lr": lr, "weight_decay": decay} for (lr, decay), parameters in groups.items()],
            eps=settings.epsilon,
            fused=True,
        )
        schedule = linear_schedule(optimiser, round(settings.warmup * self.steps), self.steps)
        return {"optimizer": optimiser, "lr_scheduler": {"scheduler": schedule, "interval": "step"}}

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
    """Train `system` in place; the history: `epoch, train_loss, val_loss, seconds`.

    A checkpoint is written after each epoch to `folder/<key>.ckpt`. If one is there, training resumes from it and ends
    with the same numbers as without an interruption. `key` stands for all that decides those numbers, so that a
    checkpoint of other parameters is never used. Raises DataError where several devices are requested for batches that
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
        resumed = checkpoint.exists()
        finished = resumed and _finished(SafetensorsIO().load_checkpoint(checkpoint), settings)
        if not finished:
            trainer.fit(learner, train, val, ckpt_path=checkpoint if resumed else None)
        if finished or settings.devices > 1:  # where other processes trained, their result is in the checkpoint
            stored = SafetensorsIO().load_checkpoint(checkpoint)
            learner.load_state_dict(stored["state_dict"])
            learner.history = stored["history"]
    return pd.DataFrame(learner.history)


def _finished(checkpoint: dict[str, Any], settings: Training) -> bool:
    """Whether the checkpoint is the last one: all epochs done, or stopped early after it."""
    waited = max((state.get("wait_count", 0) for state in checkpoint["callbacks"].values()), default=0)
    return len(checkpoint["history"]) >= settings.epochs or bool(settings.patience and waited >= settings.patience)


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
