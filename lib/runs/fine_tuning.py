"""A run that begins with an alignment: its two encoders, fused, are trained to identify vendors (MATCHED section 4 iii
D)."""

from __future__ import annotations

from functools import partial

from safetensors import SafetensorError
from safetensors.torch import load_file

from lib.core.errors import DataError
from lib.models.aligner import AlignedImage, AlignedText
from lib.runs.alignment import build_aligner
from lib.runs.attribution import Encoders, Experiment
from lib.runs.variants import Variant
from lib.study.plan import Run


def load_aligned(run: Run, variant: Variant) -> Encoders:
    """The encoders as the alignment that `run` begins with left them; of a Q-Former an image is the mean of its
    queries.

    Raises DataError when that alignment was not run, or when its weights are of other backbones or another size.
    """
    alignment = run.prerequisite
    assert alignment is not None, "every run of the notebook 21_alignment_finetune begins with an alignment"
    path, parameters = alignment.folder / "weights.safetensors", alignment.parameters
    if not (path.exists() and alignment.finished):
        raise DataError(
            f"{alignment.folder}: the alignment to begin with has not been run. `make study` runs it first; by hand "
            f"run notebooks/20_alignment.ipynb with the parameters {parameters} and that folder as `out`."
        )
    text, image, method = (parameters[name] for name in ("text", "image", "method"))
    aligner, provenance = build_aligner(run.study, text, image, method, variant, generates=False)
    # The alignment may have a generator as well.
    for backbone, before in zip(provenance, alignment.record().weights, strict=False):
        if backbone.source != "random" and backbone.sha256 != before.sha256:
            raise DataError(
                f"{path}: this alignment began with other weights of {before.label} than {backbone.label} has now "
                f"(SHA-256 {before.sha256[:12]}…, now {backbone.sha256[:12]}…). Run the alignment again."
            )
    try:
        stored = load_file(path)
        aligner.load_state_dict({name: stored[name] for name in aligner.state_dict()})
    except (KeyError, RuntimeError, SafetensorError) as error:
        raise DataError(
            f"{path}: these weights don't fit the alignment that the parameter file describes "
            f"({' '.join(str(error).split())[:300]}). Its section alignment (dimensions, queries, layers, heads, "
            "locked) must be the one that it was trained with."
        ) from error
    aligner.requires_grad_(True)
    return Encoders(AlignedText(aligner), AlignedImage(aligner), None, provenance)


FineTuning = partial(Experiment, load_encoders=load_aligned)
"""An `Experiment` of two backbones and a fusion with `aligned`, the method of the alignment that it begins with: a run
of 20_alignment with the same backbones, variant and seed in the study's folder."""
