"""A run that begins with an alignment: its two encoders, fused, are fine-tuned to identify vendors (MATCHED section 4 iii D)."""

from __future__ import annotations

from typing import Any

from safetensors import SafetensorError
from safetensors.torch import load_file

from lib.core.errors import DataError
from lib.models.aligner import AlignedImage, AlignedText
from lib.runs import alignment, variants
from lib.runs.attribution import Experiment
from lib.study.plan import Run


class FineTuning(Experiment):
    """As an `Experiment` of two backbones and a fusion, with `aligned`: the method of the alignment (a run of 20_alignment of the same
    backbones, variant and seed in the study's folder) that they begin with; of a Q-Former a picture is the mean of its queries."""

    def chosen_variant(self, name: str, contrasts: bool) -> variants.Variant:
        """At a lower rate than from scratch, as published."""
        study = self.study
        return variants.variant(name, study.training, study.text.mask_digits, self.modality, contrasts, aligned=True)

    def encoders(self) -> list[Any]:
        """The encoders as the alignment left them. Raises DataError when it hasn't been run, or when what lies in its folder is
        of other backbones or another size."""
        run = Run(self.study, self.notebook, self.parameters).prerequisite
        assert run is not None, "every run of the notebook 21_alignment_finetune begins with one"
        path, asked = run.folder / "weights.safetensors", run.parameters
        if not (path.exists() and run.finished):
            raise DataError(
                f"{run.folder}: the alignment to begin with has not been run. `make study` runs it first; by hand run "
                f"notebooks/20_alignment.ipynb with the parameters {asked} and that folder as `out`."
            )
        began = run.record()
        made, self.provenance = alignment.build(
            self.study, asked["text"], asked["image"], asked["method"], self.variant, generates=False
        )
        for found, before in zip(self.provenance, began.weights, strict=False):  # its generator is not needed here
            if found.source != "random" and found.sha256 != before.sha256:
                raise DataError(
                    f"{path}: this alignment began with other weights of {before.label} than {found.label} has now "
                    f"(SHA-256 {before.sha256[:12]}…, now {found.sha256[:12]}…). Run the alignment again."
                )
        try:
            stored = load_file(path)
            made.load_state_dict({name: stored[name] for name in made.state_dict()})
        except (KeyError, RuntimeError, SafetensorError) as error:
            raise DataError(
                f"{path}: these weights don't fit the alignment that the parameter file describes "
                f"({' '.join(str(error).split())[:300]}). Its section alignment (dimensions, queries, layers, heads, "
                "locked) must be the one that it was trained with."
            ) from error
        made.requires_grad_(True)
        return [AlignedText(made), AlignedImage(made), None]
