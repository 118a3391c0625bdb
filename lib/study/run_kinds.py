"""The kinds of run: for each its notebook, its parameters with their types and allowed values, and its items' modality.

A new kind of run needs a class of parameters and an entry of `RUN_KINDS` here, and the class that makes it
(`RunKind.made_by`).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Literal, Self, get_args

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from lib.study.names import nearest
from lib.study.registry import (
    ALIGNMENT_NAMES,
    BACKBONES,
    BASELINES,
    FUSIONS,
    LOSSES,
    OBJECTIVE_NAMES,
    RANDOM,
    SAMPLINGS,
    VARIANTS,
)

Modality = Literal["text", "image", "multimodal"]
"""What an item is: a text, a picture, or a text with a picture of its ad."""
CONTENT: dict[str, tuple[str, ...]] = {"text": ("text",), "image": ("image",), "multimodal": ("text", "image")}
"""modality -> the parts of an ad that an item needs."""
Protocol = Literal["paper", "ad", "group", "campaign", "released"]
"""What is split, and how (`lib.data.splits`)."""
NO_GROUPS = (
    "this data has no groups to split by. The twin has none; of your own data name the column that says what an ad is "
    "part of, data.columns.group. Or choose another protocol: paper, ad, campaign or released"
)
"""Why data can't be split by the protocol `group`, and what to do."""
UNTRAINED = "pre-trained"
LARGEST_SEED = 2**31 - 1
"""Generators of NumPy and torch take 32 bits, and an epoch's number is added to the seed."""

Seed = Annotated[int, Field(ge=0, le=LARGEST_SEED)]


def _one_of(what: str, known: Collection[str], more: str = "") -> Any:
    def checked(name: str) -> str:
        if name not in known:
            raise ValueError(f"there is no {what} called {name!r}; {nearest(name, filter(None, known))}{more}")
        return name

    return AfterValidator(checked)


def _backbone(*kinds: str) -> Any:
    """A backbone of one of these kinds; `-random` after its name asks for fresh weights, where it can have them."""

    def checked(name: str) -> str:
        base = name.removesuffix(RANDOM)
        fitting = [known for known, backbone in BACKBONES.items() if backbone.kind in kinds]
        if base not in BACKBONES:
            fresh = f", each of kind text or image also with {RANDOM} for fresh weights"
            raise ValueError(f"there is no backbone called {name!r}; {nearest(base, fitting)}{fresh}")
        backbone = BACKBONES[base]
        if backbone.kind not in kinds:
            raise ValueError(f"{name!r} is a backbone of kind {backbone.kind}; {nearest(base, fitting)}")
        if name != base and (backbone.kind == "face" or (backbone.kind == "multimodal" and not backbone.config)):
            raise ValueError(f"there are no fresh weights of {base!r}; {nearest(base, fitting)}")
        return name

    return AfterValidator(checked)


Text = Annotated[str, _backbone("text")]
Image = Annotated[str, _backbone("image")]
ImageOrFace = Annotated[str, _backbone("image", "face")]
Multimodal = Annotated[str, _backbone("multimodal")]
Objective = Annotated[str, _one_of("objective", OBJECTIVE_NAMES)]
Fusion = Annotated[str, _one_of("fusion", FUSIONS)]
Method = Annotated[str, _one_of("alignment", ALIGNMENT_NAMES)]
Variant = Annotated[str, _one_of("variant", VARIANTS)]
Sampling = Annotated[str, _one_of("sampling", ("", *SAMPLINGS))]
Baseline = Annotated[str, _one_of("baseline", BASELINES, "; a new one is a class in lib/runs/baselines.py")]
Loss = Annotated[str, _one_of("loss", LOSSES)]
LossOrNone = Annotated[str, _one_of("loss", (*LOSSES, UNTRAINED))]
AnyProtocol = Annotated[str, _one_of("protocol", ("", *get_args(Protocol)))]
Faces = Annotated[str, _one_of("choice of pictures", ("all", "face", "no-face"))]


def usual_sampling(parameters: Mapping[str, Any]) -> str:
    """The sampling of a run that names none; '' for a run that draws no batches of vendors' items.

    `shuffled`, but for texts alone with a contrastive objective as released, which the authors' scripts draw in `units`
    (docs/variants.md).
    """
    objective = parameters.get("objective", UNTRAINED)
    if objective == UNTRAINED:
        return ""
    text_alone = parameters.get("text") and not parameters.get("image")
    return "units" if parameters.get("variant") == "released" and text_alone and objective != "ce" else "shuffled"


class RunParameters(BaseModel):
    """Base of all runs' parameters. A field without a default must be given."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, allow_inf_nan=False)

    seed: Seed

    @model_validator(mode="after")
    def _objective_fits(self) -> Self:
        """Whether the image encoder and the fusion, if there are any, can be trained by the objective."""
        values = dict(self)
        image, fusion, objective = (values.get(name, "") for name in ("image", "fusion", "objective"))
        backbone = BACKBONES.get(image.removesuffix(RANDOM))
        if backbone and backbone.kind == "face" and objective not in (UNTRAINED, "ce"):
            raise ValueError(
                f"{image}: a face network's vectors are taken as they are, so only a class head can be trained on "
                f"them; give the objective {UNTRAINED} or ce"
            )
        if fusion == "mean-similarity" and objective != UNTRAINED:
            raise ValueError(
                "mean-similarity compares encoders as they come and can't be trained; give the objective "
                f"{UNTRAINED}, or a fusion that learns"
            )
        if fusion in ("auto", "attention") and objective == UNTRAINED:
            raise ValueError(
                f"{fusion} has weights of its own, which {UNTRAINED} would leave at random; give the fusion "
                "mean-similarity, or an objective that trains it"
            )
        if objective == UNTRAINED and (values.get("sampling") or values.get("variant") == "described"):
            what = "sampling" if values.get("sampling") else "variant described"
            raise ValueError(f"{what} is about training, and {UNTRAINED} has none; leave it out")
        return self


class TextRun(RunParameters):
    text: Text
    objective: Objective
    variant: Variant = "corrected"
    sampling: Sampling = ""
    protocol: AnyProtocol = ""


class ImageRun(RunParameters):
    image: ImageOrFace
    objective: Objective
    variant: Variant = "corrected"
    sampling: Sampling = ""
    faces: Faces = "all"
    protocol: AnyProtocol = ""


class FusionRun(RunParameters):
    text: Text
    image: ImageOrFace
    fusion: Fusion
    objective: Objective
    variant: Variant = "corrected"
    sampling: Sampling = ""
    protocol: AnyProtocol = ""


class SingleStreamRun(RunParameters):
    multimodal: Multimodal
    objective: Objective
    variant: Variant = "corrected"
    sampling: Sampling = ""
    protocol: AnyProtocol = ""


class BaselineRun(RunParameters):
    baseline: Baseline
    modality: str = ""

    @model_validator(mode="after")
    def _modality_fits(self) -> BaselineRun:
        kind = BASELINES[self.baseline]
        if self.modality not in (("", kind) if kind else ("", "text", "image")):
            about = kind or "text or image"
            raise ValueError(f"{self.baseline}: modality {self.modality!r} doesn't fit; it is about {about} items")
        return self


class AlignmentRun(RunParameters):
    text: Text
    image: Image
    method: Method
    variant: Variant = "corrected"
    temperature: Annotated[float, Field(gt=0)] | Literal[""] = ""
    overlap: Annotated[float, Field(ge=0, le=1)] | Literal[""] = ""


class FineTuningRun(RunParameters):
    text: Text
    image: Image
    aligned: Method
    fusion: Fusion
    objective: Objective
    variant: Variant = "corrected"
    sampling: Sampling = ""


class LinkingRun(RunParameters):
    image: Image
    loss: LossOrNone


class SearchRun(RunParameters):
    image: Image
    loss: Loss


@dataclass(frozen=True)
class RunKind:
    """A kind of run."""

    notebook: str  # its source in notebooks/, without the suffix
    parameters: type[RunParameters]
    made_by: str  # the class that makes the run
    modality: Modality | None = None  # of its items; None where its parameters decide
    hotels: bool = False  # whether it is about hotel pictures, which have splits of their own
    sections: tuple[str, ...] = ()  # of the parameter file that only some notebooks read
    scripts: tuple[str, ...] = ()  # the authors' (`script_of`), for CE and, where it is another, with a contrast

    @property
    def name(self) -> str:
        """The first part of its runs' names: the notebook's name without its number."""
        return self.notebook.split("_", 1)[1]

    def modality_of(self, parameters: Mapping[str, Any]) -> Modality:
        """The modality of a run with these parameters: a baseline's own, or else the one that it is given."""
        if self.modality:
            return self.modality
        return "image" if (BASELINES[parameters["baseline"]] or parameters.get("modality")) == "image" else "text"

    def script_of(self, parameters: Mapping[str, Any]) -> str:
        """The authors' script of a run with these parameters, by its name in `lib.data.splits.SCRIPTS`; of what they
        didn't train (no training, baselines) the one of its modality with CE."""
        if self.scripts:
            contrasts = parameters["objective"] not in (UNTRAINED, "ce")
            return self.scripts[-1] if contrasts else self.scripts[0]
        return ""

    def needs(self, parameters: Mapping[str, Any]) -> tuple[str, ...]:
        """The parts of an ad (`text`, `image`) that a run with these parameters needs; none for hotel pictures."""
        return () if self.hotels else CONTENT[self.modality_of(parameters)]


ATTRIBUTION = "lib.runs.attribution.Experiment"
TEXT = RunKind("10_text", TextRun, ATTRIBUTION, "text", scripts=("text", "contrastive text"))
IMAGE = RunKind("11_image", ImageRun, ATTRIBUTION, "image", scripts=("image",))
FUSION = RunKind("12_fusion", FusionRun, ATTRIBUTION, "multimodal", scripts=("fusion",))
SINGLE_STREAM = RunKind("13_single_stream", SingleStreamRun, ATTRIBUTION, "multimodal", scripts=("single-stream",))
BASELINE = RunKind("14_baselines", BaselineRun, "lib.runs.baselines.Baseline")
ALIGNMENT = RunKind("20_alignment", AlignmentRun, "lib.runs.alignment.Alignment", "multimodal", sections=("alignment",))
FINE_TUNING = RunKind(
    "21_alignment_finetune",
    FineTuningRun,
    "lib.runs.fine_tuning.FineTuning",
    "multimodal",
    sections=("alignment",),
    scripts=("fine-tuning",),
)
LINKING = RunKind("41_hotel_linking", LinkingRun, "lib.hotels.linking.Linking", "image", True, ("hotels",))
SEARCH = RunKind("43_hotel_search", SearchRun, "lib.hotels.linking.Search", "image", True, ("hotels",))
RUN_KINDS = {
    kind.notebook: kind
    for kind in (TEXT, IMAGE, FUSION, SINGLE_STREAM, BASELINE, ALIGNMENT, FINE_TUNING, LINKING, SEARCH)
}
"""Every kind of run, by its notebook."""
CHAPTER_NEEDS: dict[str, tuple[str, ...]] = {
    "02_labels_and_masking": ("text",),
    "35_alignment": ("text", "image"),
    "94_gpu_speed": ("text", "image"),
}
"""Chapters that need the ads' texts or pictures; others show what there is."""
BENCHMARK = "ce+supcon"
"""The objective of the systems that chapters with one default for all compare: the papers' benchmark."""
OF_BENCHMARKS = ("32_known_and_new_vendors", "33_insights", "34_knowledge_graph", "36_one_ad")
"""Chapters that are about the systems trained by it (`lib.runs.results.Results.representations`)."""
CHAPTER_SECTIONS: dict[str, tuple[str, ...]] = {
    "35_alignment": ("alignment",),
    "42_hotel_results": ("hotels",),
    "92_speed": ("speed",),
}
"""Sections of the parameter file that only these chapters read."""


def sections_of(notebook: str) -> tuple[str, ...]:
    """The sections of the parameter file that a notebook reads and others don't."""
    return RUN_KINDS[notebook].sections if notebook in RUN_KINDS else CHAPTER_SECTIONS.get(notebook, ())
