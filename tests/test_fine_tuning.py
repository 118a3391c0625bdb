"""A fine-tuning begins with what its alignment trained, and says what is wrong when that doesn't fit."""

import json

import pytest
import torch
import yaml
from safetensors.torch import load_file

from lib.core.errors import DataError
from lib.core.files import ROOT
from lib.runs.alignment import Alignment
from lib.runs.fine_tuning import FineTuning
from lib.study import plan

RUN = {"text": "minilm-l6", "image": "efficientnet-lite0", "seed": 1}
PLAN = {"locked": True, "dimensions": 24, "queries": 3, "layers": 1, "heads": 3}


@pytest.fixture
def chosen(tmp_path, monkeypatch):
    """The smoke study, its results under tmp_path."""
    content = yaml.safe_load((ROOT / "params" / "smoke.yaml").read_text())
    content |= {"name": "aligned", "alignment": PLAN, "runs": [], "chapters": []}
    monkeypatch.setattr(plan.Study, "folder", property(lambda self: tmp_path / self.name))

    def written(**alignment):
        path = tmp_path / "aligned.yaml"
        path.write_text(yaml.safe_dump(content | {"alignment": PLAN | alignment}))
        return str(path)

    return written


def start(chosen, monkeypatch, method="itc+itm"):
    """The alignment that fine-tunings begin with, untrained, as a finished run."""
    path = chosen()
    run = plan.Run(
        plan.load(path), "20_alignment", {"text": RUN["text"], "image": RUN["image"], "method": method, "seed": 1}
    )
    made = Alignment("20_alignment", path, str(run.folder), method=method, **RUN)
    for step in ("retrieve", "pair_separation", "verify"):
        monkeypatch.setattr(made, step, lambda: None)
    made.recorder.results["verification"] = []
    made.finish()
    return run


def tuned(chosen, method="itc+itm", tmp="out", **alignment):
    return FineTuning(
        "21_alignment_finetune", chosen(**alignment), tmp, aligned=method, fusion="mean", objective="ce", **RUN
    )


def test_it_begins_with_the_alignments_weights(chosen, tmp_path, monkeypatch):
    run = start(chosen, monkeypatch)
    stored = load_file(run.folder / "weights.safetensors")
    made = tuned(chosen, tmp=str(tmp_path / "out"))
    assert torch.equal(made.system.image.qformer.queries, stored["qformer.queries"])
    assert torch.equal(made.system.text.side.weight, stored["text_side.weight"])
    assert all(parameter.requires_grad for parameter in made.system.parameters())
    picture = torch.zeros(2, 32, 32, 3, dtype=torch.uint8)
    assert made.system.encode_image(picture).shape == (2, 24)


def test_an_alignment_that_was_not_run_says_how(chosen, tmp_path):
    with pytest.raises(DataError, match=r"has not been run.*20_alignment.ipynb"):
        tuned(chosen, tmp=str(tmp_path / "out"))


def test_an_alignment_whose_record_is_missing_is_not_finished(chosen, tmp_path, monkeypatch):
    """Weights are written before the record: a run that was killed between them is to be run again."""
    (start(chosen, monkeypatch).folder / "metrics.json").unlink()
    with pytest.raises(DataError, match=r"has not been run"):
        tuned(chosen, tmp=str(tmp_path / "out"))


def test_an_alignment_that_began_with_other_weights_is_refused(chosen, tmp_path, monkeypatch):
    path = start(chosen, monkeypatch).folder / "metrics.json"
    found = json.loads(path.read_text())
    found["weights"][1]["sha256"] = "0" * 64
    path.write_text(json.dumps(found))
    with pytest.raises(DataError, match=r"began with other weights of efficientnet-lite0.*SHA-256 000000000000"):
        tuned(chosen, tmp=str(tmp_path / "out"))


def test_validation_pairs_of_one_region_are_no_error(chosen, tmp_path, monkeypatch):
    """Published negatives are of another region, and training has them; of validation there is then no loss to
    watch."""
    made = Alignment("20_alignment", chosen(), str(tmp_path / "out"), method="itc", variant="released", **RUN)
    pairs, watched = made._pairs, []
    monkeypatch.setattr(
        made, "_pairs", lambda part: pairs(part).query("region == 'south'") if part == "val" else pairs(part)
    )
    monkeypatch.setattr(made.trainer, "fit", lambda loss, train, val, settings, items: watched.append(val))
    made.train()
    assert watched == [None]


def test_other_backbones_are_refused(chosen, tmp_path, monkeypatch):
    run = start(chosen, monkeypatch)
    path = run.folder / "metrics.json"
    found = json.loads(path.read_text())
    found["parameters"]["image"] = "vit-tiny-patch16"
    path.write_text(json.dumps(found))
    with pytest.raises(DataError, match=r"another run than alignment.* its parameters differs"):
        tuned(chosen, tmp=str(tmp_path / "out"))


def test_another_size_is_refused(chosen, tmp_path, monkeypatch):
    start(chosen, monkeypatch)
    with pytest.raises(DataError, match=r"another run than alignment.* its key differs"):
        tuned(chosen, tmp=str(tmp_path / "out"), queries=5)


def test_a_study_plans_the_alignment_that_a_run_needs_first(tmp_path):
    content = yaml.safe_load((ROOT / "params" / "smoke.yaml").read_text())
    entry = {"notebook": "21_alignment_finetune", "text": ["minilm-l6"], "image": ["efficientnet-lite0"]}
    entry |= {"aligned": ["itc"], "fusion": ["mean"], "objective": ["ce"], "seed": [1]}
    path = tmp_path / "own.yaml"
    path.write_text(yaml.safe_dump(content | {"runs": [entry]}))
    with pytest.raises(DataError, match=r"begins with alignment/minilm-l6/efficientnet-lite0/itc/ad/seed1.*add it"):
        plan.load(path)
    first = {"notebook": "20_alignment", "text": ["minilm-l6"], "image": ["efficientnet-lite0"], "method": ["itc"]}
    path.write_text(yaml.safe_dump(content | {"runs": [entry, first | {"seed": [1]}]}))
    assert len(plan.load(path).all_runs()) == 2
