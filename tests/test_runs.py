"""Which runs follow from a parameter file, what they are called, and which can't be executed."""

from typing import get_args

import pytest

from lib.core.files import ROOT
from lib.study.plan import Study, load
from lib.study.registry import SAMPLINGS
from lib.study.run_kinds import Protocol

OWN = {"source": "matched", "folder": "/nowhere"}


def study(*runs, **more):
    return Study(name="x", runs=list(runs), **more)


def entry(notebook, **lists):
    return {"notebook": notebook, "seed": [1111], **lists}


def test_a_default_that_is_said_is_the_same_run():
    silent = entry("11_image", image=["efficientnet-lite0"], objective=["ce"])
    explicit = silent | {"variant": ["corrected"], "faces": ["all"]}
    [one], [other] = study(silent).all_runs().values(), study(explicit).all_runs().values()
    assert (one.name, one.key) == (other.name, other.key) and one.name.startswith("image/efficientnet-lite0/ce/ad")


def test_a_name_does_not_depend_on_the_order_of_the_file():
    lists = {"image": ["efficientnet-lite0"], "text": ["minilm-l6"], "fusion": ["mean"], "objective": ["ce"]}
    [one], [other] = (study(entry("12_fusion", **given)).all_runs() for given in (lists, dict(reversed(lists.items()))))
    assert one == other == "fusion/minilm-l6/efficientnet-lite0/mean/ce/ad/seed1111"


def test_variants_and_pictures_are_in_the_name():
    names = study(
        entry("11_image", image=["dlib-face"], objective=["ce"], variant=["corrected", "released"], faces=["no-face"])
    ).all_runs()
    assert list(names) == [
        "image/dlib-face/ce/no-face/ad/seed1111",
        "image/dlib-face/ce/released/no-face/ad/seed1111",
    ]


@pytest.mark.parametrize(
    ("lacking", "left"), [("images", {"bm25", "random/text"}), ("text", {"perceptual-hash", "random/image"})]
)
def test_baselines_run_on_what_the_data_has(lacking, left):
    chosen = study(
        entry("14_baselines", baseline=["bm25", "perceptual-hash"]),
        entry("14_baselines", baseline=["random"], modality=["text", "image"]),
        data=OWN | {"columns": {lacking: None}},
    )
    assert {name.removeprefix("baselines/").split("/ad/")[0] for name in chosen.all_runs()} == left
    [sentence] = chosen.left_out
    assert sentence.startswith("2 runs of 14_baselines left out")


@pytest.mark.parametrize(("allowed", "count"), [(None, 0), (True, 2), (False, 0)])
def test_faces_are_embedded_on_sensitive_data_only_where_that_is_said(allowed, count):
    faces = entry("11_image", image=["dlib-face", "arcface"], objective=["ce"])
    assert len(study(faces, data=OWN, face_embeddings=allowed).all_runs()) == count
    assert len(study(faces).all_runs()) == 2  # the twin has no person in it


def test_only_chapter_92_depends_on_how_speed_is_measured():
    one, other = study(), study(speed={"rounds": 9})
    assert one.key("10_text", {}) == other.key("10_text", {}) and one.key("92_speed", {}) != other.key("92_speed", {})


@pytest.mark.parametrize(
    "name",
    [
        path.stem
        for path in sorted((ROOT / "params").glob("*.yaml"))
        if path.stem not in ("checklist", "datasheet", "own_data.example")
    ],
)
def test_every_study_of_ours_plans_runs_of_known_parts(name):
    """A misspelled backbone, objective, fusion, variant or baseline would fail hours later."""
    from lib.hotels.linking import UNTRAINED
    from lib.hotels.linking_losses import KINDS
    from lib.models.alignment_losses import METHODS
    from lib.models.backbones import BACKBONES, RANDOM
    from lib.models.fusion import FUSIONS
    from lib.runs.baselines import BASELINES
    from lib.runs.losses import OBJECTIVES
    from lib.runs.variants import VARIANTS

    known = {"objective": OBJECTIVES, "fusion": FUSIONS, "variant": VARIANTS, "baseline": BASELINES}
    known |= dict.fromkeys(("text", "image", "multimodal"), BACKBONES)
    known |= {"protocol": get_args(Protocol), "loss": [*KINDS, UNTRAINED]}
    known |= {
        "sampling": SAMPLINGS,
        "faces": ("face", "no-face"),
        "modality": ("text", "image"),
        "method": METHODS,
        "aligned": METHODS,
    }
    chosen = load(name)
    runs = chosen.all_runs()
    assert runs or chosen.chapters
    for run in runs.values():
        for parameter, value in run.parameters.items():
            number = parameter in ("seed", "temperature", "overlap")
            assert number or value.removesuffix(RANDOM) in known[parameter], run.name
