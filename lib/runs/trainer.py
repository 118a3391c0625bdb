"""A run's system, from the weights that it begins with to those that training leaves."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from safetensors.torch import save_file
from torch import nn
from torch.utils.data import DataLoader

from lib.core.errors import DataError
from lib.core.files import replacing, write_text
from lib.models.acceleration import precision
from lib.models.backbones import Provenance
from lib.runs import convergence
from lib.runs.batches import Loss
from lib.runs.recorder import Recorder
from lib.study.config import Training
from lib.study.run_record import RunRecord, TrainingRecord

HISTORY = ["steps", "train_loss", "val_loss", "seconds"]
"""The columns of a training's history, a row a round (`lib.study.config.Training`)."""


class Trainer:
    """Trains `system` and records how. provenance: the weights of its backbones. trained: whether it is trained at
    all."""

    def __init__(self, recorder: Recorder, system: nn.Module, provenance: list[Provenance], trained: bool) -> None:
        self.recorder, self.system, self.provenance, self.trained = recorder, system, provenance, trained
        self.checkpoints = recorder.out / "checkpoint"

    def weights(self) -> pd.DataFrame:
        """The weights that were requested and those that were loaded, a row a backbone."""
        return pd.DataFrame([backbone.row() for backbone in self.provenance]).drop(columns="kind")

    def fit(
        self, loss: Loss, train: DataLoader[int], val: DataLoader[int] | None, settings: Training, items: int
    ) -> pd.DataFrame:
        """Train the system, resume its training or load what a finished one left; the history (HISTORY).

        items: how many it is trained on. Raises DataError when the training diverges.
        """
        # Importing Lightning takes ten seconds, which a run without training doesn't need.
        from lib.runs import training

        recorder = self.recorder
        resumed = (self.checkpoints / f"{recorder.key}.ckpt").exists()
        seed = recorder.parameters["seed"]
        history = training.fit(self.system, loss, train, val, settings, seed, self.checkpoints, recorder.key)
        if not np.isfinite(history["train_loss"]).all():
            raise DataError(
                f"{recorder.out}: the training loss is no number any more after step {history['steps'].iloc[-1]}; the "
                "training diverged. Lower the rates of training in the parameter file."
            )
        write_text(recorder.out / "history.csv", history.to_csv(index=False))
        steps, an_epoch = int(history["steps"].iloc[-1]), training.an_epoch(train)
        recorder.results["training"] = TrainingRecord(
            epochs=round(steps * settings.accumulate / an_epoch, 1) if settings.steps else len(history),
            steps=steps,
            late_fall=convergence.late_fall(history["val_loss"]),
            seconds=round(float(history["seconds"].sum()), 1),
            items=items,
            resumed=resumed,
        )
        return history

    def finish(self, settings: Training, **fields: Any) -> RunRecord:
        """Store the trained weights, write the record with `fields`, and remove the checkpoint."""
        if self.trained:
            weights = {name: tensor.contiguous() for name, tensor in self.system.state_dict().items()}
            with replacing(self.recorder.out / "weights.safetensors") as temporary:
                save_file(weights, temporary)
        record = self.recorder.finish(
            weights=[backbone.row() for backbone in self.provenance],
            precision=precision(settings.precision),
            training_settings=settings.model_dump() if self.trained else {},
            **fields,
        )
        for path in self.checkpoints.glob("*.ckpt"):
            path.unlink()
        return record
