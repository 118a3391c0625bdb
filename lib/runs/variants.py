"""The two variants of a system and its training.

`corrected`: as a specialist would do it and the study's parameters say. `released`: as the authors' scripts do it. The
latter was read from the scripts of maastrichtlawtech/MATCHED (text: textClassifier, textContraLearn; images:
imageContraClassifier; both: e2e_fusion) and takes their defaults. These are neither the values that the paper prints
(A.4: learning rate 0.001, batches of 32, 100 steps of warm-up) nor all of what was run (learning rate 0.0001, batches
of 32, by README and the paths of checkpoints): docs/variants.md lists each difference. The released losses and
attention are in `lib.runs.losses` and `lib.models.fusion`.
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
    """The class head that transformers puts on a RoBERTa; used for texts with cross-entropy alone."""

    def __init__(self, dimensions: int, classes: int) -> None:
        dropout = nn.Dropout(0.1)
        super().__init__(dropout, nn.Linear(dimensions, dimensions), nn.Tanh(), dropout, nn.Linear(dimensions, classes))


class ReleasedMultitaskTextHead(nn.Sequential):
    """The authors' own class head, with a hidden layer of 512; used for texts with a contrastive loss besides."""

    def __init__(self, dimensions: int, classes: int) -> None:
        dropout = nn.Dropout(0.3)
        super().__init__(dropout, nn.Linear(dimensions, 512), nn.LeakyReLU(0.2), dropout, nn.Linear(512, classes))


@dataclass(frozen=True)
class Variant:
    """How a system is made and trained.

    training: the study's settings with the variant's changes. mask_digits: as in `lib.study.config.Text`. pooling: of a
    text's token vectors, None for the backbone's own. head: the class of the class head. fusions: by name.
    """

    name: str
    training: Training
    mask_digits: str
    pooling: str | None = None
    head: type[nn.Module] = nn.Linear
    fusions: Fusions = field(default_factory=lambda: FUSIONS)


def _one_lr(lr: float) -> dict[str, float]:
    return {"text_lr": lr, "image_lr": lr, "head_lr": lr}


_ALWAYS: dict[str, Any] = {"per_vendor": None, "group_by_length": False, "epsilon": 1e-6, "weight_decay": 0.01}
_WARMUP = 0.1
"""Share of steps in which the learning rate rises: of text and of image systems a share of the first epoch's. The paper
has 100 steps (A.4)."""


def variant(
    name: str, training: Training, mask_digits: str, modality: str, contrasts: bool, aligned: bool = False
) -> Variant:
    """The variant called `name` for systems of a modality.

    contrasts: whether the objective has a contrastive part. aligned: whether the system begins with an alignment, which
    is fine-tuned at a lower learning rate. In the released variant batches are shuffled (a vendor may have a single
    item in one; the authors' contrastive texts come in units of two items a vendor), all layers have one learning rate,
    and only training texts have their digits masked. Epochs stay the study's. Raises DataError for an unknown name.
    """
    _check(name)
    if name == "corrected":
        return Variant(name, training, mask_digits)
    pooling = "first"
    head: type[nn.Module] = nn.Linear
    if modality == "text" and contrasts:
        change = {**_one_lr(1e-4), "batch_size": 32, "accumulate": 4, "patience": 5, "min_delta": 0.5}
        pooling, head = "mean", ReleasedMultitaskTextHead
    elif modality == "text":
        change = {**_one_lr(6e-4), "batch_size": 64, "patience": 5, "min_delta": 0.01}
        head = ReleasedTextHead
    else:
        change = {**_one_lr(1e-5 if aligned else 6e-4), "batch_size": 32, "patience": 3, "min_delta": 0.01}
    if modality != "text":
        # Their two groups of parameters have one decay for images with a contrastive loss and single-stream models. Not
        # so for fusions and fine-tuning, which spare biases; images with CE don't decay.
        change["decay_norms"] = True
    change["warmup"] = _WARMUP if modality == "multimodal" else _WARMUP / training.epochs
    return Variant(name, training.model_copy(update=_ALWAYS | change), "train", pooling, head, RELEASED_FUSIONS)


def alignment(name: str, training: Training, mask_digits: str, plan: Alignment, parts: Collection[str]) -> Variant:
    """The variant called `name` for an alignment with these parts (`lib.models.alignment_losses.METHODS`).

    As released (train/multimodal/CLIPStyleModels), a text's vector is its last token's in ITC and its first token's
    elsewhere, all layers have a learning rate of 1e-4 (by the paths of checkpoints; the default is 6e-4), and batches
    hold 32 pairs. Where encoders are locked there is nothing to train at that rate, and the study's own is used. Raises
    DataError for an unknown name.
    """
    _check(name)
    changes = {"epochs": plan.epochs, "batch_size": plan.batch_size}
    training = training.model_copy(update={field: value for field, value in changes.items() if value is not None})
    training = training.model_copy(update={"per_vendor": plan.per_vendor})
    if name == "corrected":
        return Variant(name, training, mask_digits)
    change = {**_ALWAYS, "batch_size": 32, "patience": 3, "min_delta": 0.01, "warmup": _WARMUP}
    if not plan.locked:
        change |= _one_lr(1e-4)
    return Variant(name, training.model_copy(update=change), "train", "first" if "itm" in parts else "last")


def _check(name: str) -> None:
    if name not in VARIANTS:
        raise DataError(f"There is no variant called {name!r}; give {' or '.join(VARIANTS)}.")
