"""The three variants of a system and its training; what each takes from where is in docs/variants.md.

`described`: what MATCHED's text says, with the values of its appendix A.4. `released`: what the authors' scripts do
(maastrichtlawtech/MATCHED), with the values that README and the paths of checkpoints show were run. `corrected`: what a
specialist would do, as the study's parameters say. Settings are in variants.yaml; the released losses and attention are
in `lib.runs.losses` and `lib.models.fusion`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from torch import nn

from lib.core import yaml_files
from lib.core.errors import DataError
from lib.evaluation.scoring import Scoring
from lib.models.alignment_losses import METHODS
from lib.models.fusion import FUSIONS, RELEASED_FUSIONS, Fusions
from lib.study import run_kinds
from lib.study.config import Training
from lib.study.plan import Run
from lib.study.registry import VARIANTS

_SETTINGS: dict[str, Any] = yaml_files.read(Path(__file__).with_suffix(".yaml"), "expected are the variants' settings")


class SequenceHead(nn.Sequential):
    """The class head that transformers puts on a RoBERTa for sequence classification: described for texts, and
    released for texts with cross-entropy alone."""

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

    training: the study's settings with the variant's changes. mask_digits: as in `lib.study.config.Text`. sampling: of
    batches (`lib.study.registry.SAMPLINGS`). scoring: of retrieval. pooling: of a text's token vectors, None for the
    backbone's own. head: the class of the class head. fusions: by name.
    """

    name: str
    training: Training
    mask_digits: str
    sampling: str = "shuffled"
    scoring: Scoring = field(default_factory=Scoring)
    pooling: str | None = None
    head: type[nn.Module] = nn.Linear
    fusions: Fusions = field(default_factory=lambda: FUSIONS)

    @property
    def draws_negatives(self) -> bool:
        """Whether an alignment's negatives are drawn from another region than a pair's own."""
        return self.name != "corrected"


def variant(run: Run, contrasts: bool) -> Variant:
    """The variant of an attribution run. contrasts: whether its objective has a contrastive part.

    Epochs and steps stay the study's; where the study stops no training early, no variant does. Raises DataError for an
    unknown name.
    """
    parameters, study = run.parameters, run.study
    name = _checked(parameters.get("variant", "corrected"))
    sampling = parameters.get("sampling") or run_kinds.usual_sampling(parameters)
    modality = run.kind.modality_of(parameters)
    if name == "corrected":
        return Variant(name, study.training, study.text.mask_digits, sampling)
    if name == "described":
        described_head = SequenceHead if modality == "text" else nn.Linear
        return Variant(name, _changed(study.training, _SETTINGS[name]), "all", sampling, head=described_head)
    kinds = {run_kinds.FINE_TUNING: "fine-tuning", run_kinds.FUSION: "fusion", run_kinds.SINGLE_STREAM: "single-stream"}
    training = _released(study.training, kinds.get(run.kind, f"{modality}, {'contrastive' if contrasts else 'ce'}"))
    pooling: str = "first"
    head: type[nn.Module] = nn.Linear
    # As the cells that the rows of Table 5 come from; how pictures and pairs were scored is not known of most rows.
    scoring = Scoring("inner product", "removed") if modality == "text" else Scoring()
    if modality == "text":
        pooling, head = ("mean", ReleasedMultitaskTextHead) if contrasts else ("first", SequenceHead)
    return Variant(name, training, "train", sampling, scoring, pooling, head, RELEASED_FUSIONS)


def alignment(run: Run) -> Variant:
    """The variant of an alignment run.

    As released (train/multimodal/CLIPStyleModels), a text's vector is its last token's in ITC and its first token's
    elsewhere. Where encoders are locked there is nothing to train at the authors' rate, and the study's own is used.
    Raises DataError for an unknown name.
    """
    study, plan = run.study, run.study.alignment
    name = _checked(run.parameters.get("variant", "corrected"))
    training = plan.budgeted(study.training)
    sampling = "balanced" if plan.per_vendor else "shuffled"
    if name == "corrected":
        return Variant(name, training, study.text.mask_digits, sampling)
    if name == "described":
        return Variant(name, _changed(training, _SETTINGS[name]), "all")
    rates = training.model_dump(include={"text_lr", "image_lr", "head_lr"}) if plan.locked else {}
    training = _released(training, "alignment").model_copy(update=rates)
    pooling = "first" if "itm" in METHODS.get(run.parameters["method"], ()) else "last"
    return Variant(name, training, "train", pooling=pooling)


def _changed(training: Training, settings: dict[str, Any]) -> Training:
    return Training.model_validate(training.model_dump() | settings)


def _released(training: Training, kind: str) -> Training:
    settings = _SETTINGS["released"] | _SETTINGS["released of"][kind]
    if training.patience is None:
        settings = settings | {"patience": None}
    return _changed(training, settings)


def _checked(name: str) -> str:
    if name not in VARIANTS:
        raise DataError(f"There is no variant called {name!r}; give one of {', '.join(VARIANTS)}.")
    return name
