"""How a system is made and trained: `corrected`, as the papers' text describes it and the study's parameters say, or
`released`, with what the authors' scripts do instead.

Read from the scripts of maastrichtlawtech/MATCHED (text: textClassifier, textContraLearn; pictures: imageContraClassifier;
both: e2e_fusion): their defaults, since the paper prints none. What else differs, the losses and the attention, is in
`lib.runs.losses` and `lib.models.fusion`.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any

from torch import nn

from lib.core.errors import DataError
from lib.models.fusion import FUSIONS, RELEASED_FUSIONS, Fusions
from lib.study.config import Alignment, Training

VARIANTS = ("corrected", "released")


class ReleasedTextHead(nn.Sequential):
    """The class head of texts that transformers puts on a RoBERTa, used with cross-entropy alone."""

    def __init__(self, dimensions: int, classes: int) -> None:
        dropout = nn.Dropout(0.1)
        super().__init__(dropout, nn.Linear(dimensions, dimensions), nn.Tanh(), dropout, nn.Linear(dimensions, classes))


class ReleasedMultitaskTextHead(nn.Sequential):
    """The authors' own, used with cross-entropy and a contrastive loss: one hidden layer of 512."""

    def __init__(self, dimensions: int, classes: int) -> None:
        dropout = nn.Dropout(0.3)
        super().__init__(dropout, nn.Linear(dimensions, 512), nn.LeakyReLU(0.2), dropout, nn.Linear(512, classes))


@dataclass(frozen=True)
class Variant:
    """training: the study's settings, changed. pooling: of a text's token vectors, None for the backbone's own. head: class
    of the class head. fusions: by name. mask_digits: as in `lib.study.config.Text`."""

    name: str
    training: Training
    mask_digits: str
    pooling: str | None = None
    head: type[nn.Module] = nn.Linear
    fusions: Fusions = field(default_factory=lambda: FUSIONS)


def _rates(rate: float) -> dict[str, float]:
    return {"text_lr": rate, "image_lr": rate, "head_lr": rate}


_ALWAYS: dict[str, Any] = {"per_vendor": None, "group_by_length": False, "epsilon": 1e-6, "weight_decay": 0.01}
_EPOCH = 0.1  # of the first epoch's steps, not of all steps, warm up texts and pictures


def variant(
    name: str, training: Training, mask_digits: str, modality: str, contrasts: bool, aligned: bool = False
) -> Variant:
    """The variant called `name` for systems of a modality; contrasts: whether the objective has a contrastive part; aligned:
    whether it begins with an alignment, which is fine-tuned at a lower rate.

    Batches are shuffled (no vendor is sure of a second item), one learning rate serves all layers, training digits are
    masked and others not. Epochs stay the study's: it is its budget. Raises DataError for an unknown name.
    """
    _check(name)
    if name == "corrected":
        return Variant(name, training, mask_digits)
    pooling = "first"
    head: type[nn.Module] = nn.Linear
    if modality == "text" and contrasts:
        change = {**_rates(1e-4), "batch_size": 32, "accumulate": 4, "patience": 5, "min_delta": 0.5}
        pooling, head = "mean", ReleasedMultitaskTextHead
    elif modality == "text":
        change = {**_rates(6e-4), "batch_size": 64, "patience": 5, "min_delta": 0.01}
        head = ReleasedTextHead
    else:
        change = {**_rates(1e-5 if aligned else 6e-4), "batch_size": 32, "patience": 3, "min_delta": 0.01}
    if modality != "text":
        change["decay_norms"] = True  # their two groups of parameters have one decay
    change["warmup"] = 0.1 if modality == "multimodal" else _EPOCH / training.epochs
    return Variant(name, training.model_copy(update=_ALWAYS | change), "train", pooling, head, RELEASED_FUSIONS)


def alignment(name: str, training: Training, mask_digits: str, plan: Alignment, parts: Collection[str]) -> Variant:
    """The variant called `name` for an alignment with these parts (`lib.models.aligner.METHODS`).

    As released (train/multimodal/CLIPStyleModels): a text is its last token in ITC and its first one elsewhere, one rate of 1e-4 for
    all layers, batches of 32; of a locked encoder there is nothing to train at that rate, and the study's serves. Raises
    DataError for an unknown name.
    """
    _check(name)
    changes = {"epochs": plan.epochs, "batch_size": plan.batch_size}
    training = training.model_copy(update={field: value for field, value in changes.items() if value is not None})
    training = training.model_copy(update={"per_vendor": plan.per_vendor})
    if name == "corrected":
        return Variant(name, training, mask_digits)
    change = {**_ALWAYS, "batch_size": 32, "patience": 3, "min_delta": 0.01, "warmup": 0.1}
    if not plan.locked:
        change |= _rates(1e-4)
    return Variant(name, training.model_copy(update=change), "train", "first" if "itm" in parts else "last")


def _check(name: str) -> None:
    if name not in VARIANTS:
        raise DataError(f"There is no variant called {name!r}; give {' or '.join(VARIANTS)}.")
