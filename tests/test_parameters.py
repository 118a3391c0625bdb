"""Parameter files and notebooks' parameters are checked before anything runs."""

import importlib
import json
import subprocess
import sys

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from lib.core import yaml_files
from lib.core.errors import DataError
from lib.core.files import ROOT
from lib.hotels.linking_losses import KINDS
from lib.models.fusion import FUSIONS
from lib.runs.baselines import BASELINES
from lib.runs.losses import OBJECTIVES
from lib.runs.variants import VARIANTS
from lib.study import parameters, plan, registry
from lib.study.run_kinds import RUN_KINDS

TEXT = {"notebook": "10_text", "text": ["minilm-l6"], "objective": ["ce"], "seed": [1111]}
VISION = {"notebook": "11_image", "image": ["efficientnet-lite0"], "objective": ["ce"], "seed": [1111]}
FUSION = {**VISION, "notebook": "12_fusion", "text": ["minilm-l6"], "fusion": ["mean"]}
ALIGNED = {"notebook": "20_alignment", "text": ["minilm-l6"], "image": ["efficientnet-lite0"], "method": ["itc"]}
ALIGNED |= {"seed": [1]}


def load(tmp_path, text=None, **change):
    path = tmp_path / "tried.yaml"
    path.write_text(text if text is not None else yaml.safe_dump({"name": "tried", **change}), encoding="utf-8")
    return plan.load(path)


def refused(tmp_path, *words, **change):
    with pytest.raises(DataError) as error:
        load(tmp_path, **change)
    message = str(error.value)
    assert "\n" not in message and all(word in message for word in words), message


def test_names_are_those_of_the_code_that_knows_them():
    assert set(registry.FUSIONS) == set(FUSIONS) and set(registry.LOSSES) == set(KINDS)
    assert set(registry.OBJECTIVE_NAMES) == set(OBJECTIVES) and registry.VARIANTS == VARIANTS
    assert {name: baseline.kind for name, baseline in BASELINES.items()} == registry.BASELINES


@pytest.mark.parametrize("notebook", RUN_KINDS)
def test_a_run_notebook_has_the_parameters_that_are_known_and_sound_defaults(notebook):
    defaults, fields = parameters.defaults(notebook), RUN_KINDS[notebook].parameters.model_fields
    assert set(defaults) == {"study", "out", *fields}
    assert parameters.problem(notebook, {name: defaults[name] for name in fields}) == ""
    for name, field in fields.items():
        assert field.is_required() or field.default == defaults[name]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"runs": [{**TEXT, "objectiv": ["ce"]}]}, ["entry 1", "10_text", "'objectiv'", "'objective'"]),
        ({"runs": [TEXT, {k: v for k, v in TEXT.items() if k != "objective"}]}, ["entry 2", "objective is missing"]),
        ({"runs": [{**TEXT, "notebook": "10_txt"}]}, ["'10_txt'", "'10_text'"]),
        ({"runs": [{**TEXT, "notebook": "30_identification"}]}, ["no run notebook", "30_identification"]),
        ({"runs": [{**TEXT, "notebook": ["10_text"]}]}, ["no run notebook"]),
        ({"runs": [{"text": ["minilm-l6"]}]}, ["no notebook"]),
        ({"runs": [{**TEXT, "text": "minilm-l6"}]}, ["text: give a list", "minilm-l6"]),
        ({"runs": [{**TEXT, "seed": []}]}, ["seed: give a list"]),
        ({"runs": [{**TEXT, "text": ["minilm"]}]}, ["'minilm'", "'minilm-l6'"]),
        ({"runs": [{**TEXT, "text": ["efficientnet-lite0"]}]}, ["of kind image", "declutr-small"]),
        ({"runs": [{**TEXT, "objective": ["CE"]}]}, ["'CE'", "did you mean 'ce'"]),
        ({"runs": [{**TEXT, "variant": ["fair"]}]}, ["no variant called 'fair'", "described, released, corrected"]),
        ({"runs": [{**TEXT, "protocol": ["cluster"]}]}, ["no protocol called 'cluster'", "known are paper, ad"]),
        ({"runs": [{**TEXT, "protocol": ["release"]}]}, ["no protocol called 'release'", "did you mean 'released'"]),
        ({"runs": [{**TEXT, "seed": [None]}]}, ["seed is empty (null)", "integer"]),
        ({"runs": [{**TEXT, "seed": [True]}]}, ["seed is True", "integer"]),
        ({"runs": [{**TEXT, "seed": ["1111"]}]}, ["seed is '1111'", "integer"]),
        ({"runs": [{**TEXT, "seed": [1.5]}]}, ["seed is 1.5", "integer"]),
        ({"runs": [{**TEXT, "seed": [1.0]}]}, ["seed is 1.0", "integer"]),
        ({"runs": [{**TEXT, "seed": [-1]}]}, ["seed is -1", "greater"]),
        ({"runs": [{**TEXT, "seed": [2**32]}]}, [f"seed is {2**32}", "less"]),
        ({"runs": [{**TEXT, "seed": [[1]]}]}, ["seed is [1]", "integer"]),
        ({"runs": [{**TEXT, "seed": [1, 1]}]}, ["seed has a value twice"]),
        ({"runs": [{**TEXT, "seed": [1, "1"]}]}, ["seed is '1'", "integer"]),
        (
            {"runs": [TEXT, {**TEXT, "objective": ["ce", "supcon"]}]},
            ["entry 2 makes text/minilm-l6/ce/ad/seed1111 as entry 1 does"],
        ),
        ({"runs": [TEXT, {**TEXT, "protocol": ["ad"]}]}, ["entry 2 makes", "as entry 1 does"]),
        (
            {"runs": [{**ALIGNED, "overlap": [0]}, {**ALIGNED, "overlap": [0.0]}]},
            ["entry 2 makes", "as entry 1 does"],
        ),
        (
            {"runs": [{"notebook": "14_baselines", "baseline": ["random"], "modality": ["", "text"], "seed": [1]}]},
            ["entry 1 makes baselines/random/text/ad/seed1 twice"],
        ),
        ({"runs": [{**TEXT, "text": ["transformer-small", "transformer-small-random"]}]}, ["twice"]),
        ({"runs": [{**TEXT, "variant": ["corrected", ""]}]}, ["no variant called ''"]),
        ({"runs": [{**TEXT, "sampling": ["random"]}]}, ["no sampling called 'random'", "shuffled, balanced, units"]),
        ({"runs": [{**TEXT, "sampling": ["", "shuffled"]}]}, ["entry 1 makes text/minilm-l6/ce/ad/seed1111 twice"]),
        ({"runs": [{**TEXT, "objective": ["pre-trained"], "sampling": ["units"]}]}, ["sampling is about training"]),
        ({"runs": [{**TEXT, "objective": ["pre-trained"], "variant": ["described"]}]}, ["variant described is about"]),
        ({"runs": [{**ALIGNED, "sampling": ["units"]}]}, ["no parameter 'sampling'"]),
        ({"runs": [{**VISION, "faces": ["faces"]}]}, ["'faces'", "no-face"]),
        ({"runs": [{**VISION, "image": ["dlib-face"], "objective": ["supcon"]}]}, ["dlib-face", "class head"]),
        ({"runs": [{**VISION, "image": ["dlib-face-random"]}]}, ["no fresh weights"]),
        ({"runs": [{**FUSION, "fusion": ["mean-similarity"]}]}, ["mean-similarity", "pre-trained"]),
        ({"runs": [{**FUSION, "fusion": ["auto"], "objective": ["pre-trained"]}]}, ["auto", "at random"]),
        ({"runs": [{**FUSION, "fusion": ["sum"]}]}, ["no fusion called 'sum'"]),
        ({"runs": [{"notebook": "14_baselines", "baseline": ["ngrams"], "seed": [1]}]}, ["'ngrams'", "char-ngrams"]),
        (
            {"runs": [{"notebook": "14_baselines", "baseline": ["minhash"], "modality": ["image"], "seed": [1]}]},
            ["minhash", "text items"],
        ),
        ({"runs": [{**ALIGNED, "method": ["clip"]}]}, ["no alignment called 'clip'"]),
        ({"runs": [{**ALIGNED, "temperature": [0]}]}, ["temperature is 0", "greater"]),
        ({"runs": [{**ALIGNED, "temperature": [0.1, "0.1"]}]}, ["temperature is '0.1'"]),
        ({"runs": [{**ALIGNED, "overlap": [1.5]}]}, ["overlap is 1.5"]),
        ({"runs": [{**ALIGNED, "overlap": [1, 1.0]}]}, ["overlap has a value twice"]),
        (
            {"runs": [{**ALIGNED, "overlap": [0.5]}], "data": {"source": "matched", "folder": "somewhere"}},
            ["overlap is the twin's"],
        ),
        ({"split": {"protocol": "group"}}, ["protocol group", "The twin has none", "paper, ad, campaign or released"]),
        (
            {"runs": [{**TEXT, "protocol": ["ad", "group"]}], "data": {"source": "matched", "folder": "somewhere"}},
            ["protocol group", "data.columns.group"],
        ),
        (
            {"data": {"source": "matched", "folder": "somewhere", "columns": {"group": "VENDOR"}}},
            ["one column is named for two things"],
        ),
        ({"runs": [{"notebook": "43_hotel_search", "image": ["resnet-50"], "loss": ["arc"], "seed": [1]}]}, ["'arc'"]),
        (
            {"runs": [{"notebook": "43_hotel_search", "image": ["resnet-50"], "loss": ["bce"], "seed": [1]}]},
            ["hotels.search names no hyper-parameter to try for bce"],
        ),
        ({"chapters": ["30_identificaton"]}, ["30_identificaton", "'30_identification'"]),
        ({"chapters": ["10_text"]}, ["10_text", "chapters"]),
        ({"chapters": ["91_scorecard", "91_scorecard"]}, ["91_scorecard is there twice"]),
        ({"training": {"text_rate": 1e-4}}, ["training.text_rate", "it is called 'text_lr' now"]),
        ({"training": {"least_change": 0.1}}, ["training.least_change", "'min_delta' now"]),
        ({"training": {"by_length": True}}, ["training.by_length", "'group_by_length' now"]),
        ({"runs": [{**TEXT, "variant": ["sound"]}]}, ["no variant called 'sound'", "'corrected' now"]),
        ({"runs": [{**TEXT, "variant": ["published"]}]}, ["no variant called 'published'", "'released' now"]),
        ({"runs": [{"notebook": "11_vision", "seed": [1]}]}, ["no run notebook called '11_vision'", "'11_image' now"]),
        (
            {"runs": [{"notebook": "11_image", "vision": ["resnet-50"], "objective": ["ce"], "seed": [1]}]},
            ["no parameter 'vision'", "'image' now"],
        ),
        (
            {"runs": [{"notebook": "13_single_stream", "joint": ["vilt"], "objective": ["ce"], "seed": [1]}]},
            ["no parameter 'joint'", "'multimodal' now"],
        ),
        ({"speed": {"systems": ["vision"]}}, ["speed.systems", "'image'"]),
        ({"name": "published"}, ["'published'"]),
        ({"name": "bench"}, ["'bench'"]),
        ({"trainings": {}}, ["trainings", "'training'"]),
        ({"training": {"epoch": 3}}, ["training.epoch", "'epochs'"]),
        ({"training": {"epochs": "3"}}, ["training.epochs", "integer"]),
        ({"training": {"epochs": True}}, ["training.epochs", "integer"]),
        ({"training": {"text_lr": float("inf")}}, ["training.text_lr", "finite"]),
        ({"training": {"text_lr": float("nan")}}, ["training.text_lr"]),
        ({"training": {"batch_size": 2, "per_vendor": 4}}, ["batch_size, 2", "per_vendor, 4"]),
        ({"training": {"batch_size": 4, "per_vendor": 4}}, ["two vendors"]),
        ({"training": {"steps": 50, "check_every": 20}}, ["steps, 50", "multiple of check_every, 20"]),
        ({"training": {"warmup": -1}}, ["training.warmup"]),
        ({"training": {"warmup": 1.5}}, ["training.warmup"]),
        ({"training": {"batch_size": 33, "devices": 2}}, ["33", "2 devices"]),
        ({"alignment": {"batch_size": 6, "per_vendor": 4}}, ["two vendors"]),
        ({"training": {"batch_size": 8, "per_vendor": 2}, "alignment": {"per_vendor": 8}}, ["two vendors"]),
        ({"alignment": {"dimensions": 100, "heads": 12}}, ["100", "multiple of heads, 12"]),
        ({"hotels": {"batch_size": 6}}, ["two classes"]),
        ({"hotels": {"search": {"arc": {"lr": [1.0]}}}}, ["no loss called 'arc'"]),
        ({"hotels": {"search": {"any": {"lr": []}}}}, ["give some values"]),
        ({"hotels": {"search": {"any": {"rate": [1.0]}}}}, ["'rate' is called 'lr' now"]),
        ({"data": {"seed": -1}}, ["data.seed is -1", "greater"]),
        ({"data": None}, ["data is empty (null)", "leave the line out"]),
        ({"runs": None}, ["runs is empty (null): give a list, or leave"]),
        ({"data": {"source": "csv"}}, ["no source called 'csv'", "matched is a folder of your own"]),
        ({"data": {"sensitive": "no"}}, ["data.sensitive is 'no': give true or false"]),
        ({"data": {"train_region": 1}}, ["data.train_region is 1: give a text"]),
        ({"data": {"separator": ""}}, ["data.separator is '': it must have at least 1 character"]),
        ({"data": {"delimiter": "tab"}}, ["data.delimiter", "one character", "(not 'tab')"]),
        ({"data": {"delimiter": '"'}}, ["data.delimiter", "not a quote"]),
        (
            {"data": {"source": "matched", "folder": "x", "columns": {"text": ["TITLE", "BODY"]}}},
            ["data.columns.text", "join a title and a description"],
        ),
        ({"name": "Own Data"}, ["name: 'Own Data'", "small letters"]),
        ({"name": ""}, ["name: ''", "small letters"]),
        ({"split": {"protocol": "by author"}}, ["split.protocol is 'by author'", "known are paper, ad, group"]),
        ({"chapters": ["01"]}, ["no chapter called '01'", "did you mean '01_data'"]),
        ({"image": {"pixels": 4}}, ["image.pixels is 4: it must be greater than or equal to 32"]),
        ({"data": {"encoding": "utf8-with-hats"}}, ["no encoding called 'utf8-with-hats'"]),
        ({"data": {"encoding": "rot13"}}, ["no encoding called 'rot13'"]),
    ],
)
def test_what_is_wrong_in_a_plan_is_said_before_anything_runs(tmp_path, change, words):
    refused(tmp_path, *words, **change)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("name: a\nname: b\n", ["line 2", "'name' is there twice"]),
        ("name: a\ntraining: {epochs: 2, epochs: 3}\n", ["line 2", "'epochs'"]),
        ("- a\n", ["no", "mapping"]),
        ("", ["mapping"]),
        ("1: a\n", ["mapping"]),
        ("name: [\n", ["line"]),
        ("name: !!python/object/apply:os.getcwd []\n", ["line 1"]),
        ("name: a\nruns: &x [*x]\n", ["runs"]),
        ("name: " + "[" * 5000, ["can be read"]),
        ("name: a\nabout: \x07\n", ["can be read"]),
    ],
)
def test_what_is_no_parameter_file_is_said_with_its_line(tmp_path, text, words):
    refused(tmp_path, *words, text=text)


def test_bytes_that_are_no_utf8_are_no_parameter_file(tmp_path):
    (tmp_path / "tried.yaml").write_bytes(b"name: caf\xe9\n")
    with pytest.raises(DataError, match=r"can be read.*position 9"):
        plan.load(tmp_path / "tried.yaml")
    with pytest.raises(DataError, match="no such parameter file"):
        plan.load(tmp_path)
    with pytest.raises(DataError, match="did you mean 'quick'"):
        plan.load("quik")


def test_yaml_means_what_people_mean(tmp_path):
    path = tmp_path / "some.yaml"
    path.write_text("a: 1e-4\nb: no\nc: on\nd: 12:30\ne: 2026-01-01\nf: 0x10\ng: .5\nh: true\ni: -3\nj: ~\nk: 1_000\n")
    assert yaml_files.read(path, "") == {
        **{"a": 1e-4, "b": "no", "c": "on", "d": "12:30", "e": "2026-01-01", "f": 16, "g": 0.5, "h": True, "i": -3},
        **{"j": None, "k": "1_000"},
    }


@given(st.dictionaries(st.sampled_from("abc"), st.floats(allow_nan=False) | st.integers() | st.booleans() | st.text()))
def test_what_yaml_writes_is_read_as_it_was(tmp_path_factory, mapping):
    path = tmp_path_factory.mktemp("yaml") / "some.yaml"
    path.write_text(yaml.safe_dump(mapping), encoding="utf-8")
    assert yaml_files.read(path, "") == mapping


@pytest.mark.parametrize(
    ("more", "words"),
    [
        (["-p", "objectiv", "ce"], ["no parameter 'objectiv'", "'objective'"]),
        (["-r", "seed", "1111"], ["seed is '1111'"]),
        (["-y", "seed: [1]"], ["seed is [1]"]),
        (["-p", "study", "5"], ["study is of type int", "text"]),
    ],
)
def test_a_notebook_refuses_what_it_does_not_have_before_data_is_read(served, tmp_path, more, words):
    path = tmp_path / "tried.yaml"
    path.write_text("name: tried\ndata: {source: matched, folder: /nowhere}\n")
    given = ["-p", "study", str(path), "-p", "out", str(tmp_path / "out"), *more]
    command = [sys.executable, "-m", "papermill", "--no-progress-bar", str(ROOT / "notebooks/10_text.ipynb")]
    command += [str(tmp_path / "o.ipynb"), *given]
    done = subprocess.run(command, env=served, capture_output=True, text=True, cwd=tmp_path)
    assert done.returncode and "DataError" in done.stderr and not (tmp_path / "out").exists()
    for word in words:
        assert word in done.stderr, done.stderr[-2000:]


def test_the_backbones_whose_weights_a_run_may_load():
    assert parameters.backbones({"multimodal": "visualbert", "seed": 1}) == ["visualbert", "vit-base-patch16"]
    aligned = {"text": "minilm-l6", "image": "resnet-50", "aligned": "blip2-cond"}
    assert parameters.backbones(aligned) == ["minilm-l6", "resnet-50", "flan-t5-small"]
    assert parameters.backbones({"text": "minilm-l6-random", "temperature": 0.1}) == []


def test_a_chapters_parameters_are_checked_by_their_defaults():
    defaults = parameters.defaults("36_one_ad")
    parameters.check("36_one_ad", defaults | {"something of the reader's": 1})
    with pytest.raises(DataError, match="most is of type str; it must be a whole number, such as 10"):
        parameters.check("36_one_ad", defaults | {"most": "10"})
    with pytest.raises(DataError, match="images is of type str; it must be a list"):
        parameters.check("36_one_ad", defaults | {"images": "a.jpg"})


def test_every_notebook_checks_what_it_was_given_first():
    for path in (ROOT / "notebooks").glob("*.ipynb"):
        cells = [cell for cell in json.loads(path.read_text(encoding="utf-8"))["cells"] if cell["cell_type"] == "code"]
        lines = "".join(cells[1]["source"]).splitlines()
        first = next(line for line in lines if line and not line.startswith(("import ", "from ", "    ", ")")))
        assert "parameters" in cells[0]["metadata"]["tags"]
        assert first == f'parameters.check("{path.stem}", globals())', path


@pytest.mark.parametrize("kind", RUN_KINDS.values(), ids=RUN_KINDS)
def test_a_kind_of_run_names_the_class_that_its_notebook_makes(kind):
    module, name = kind.made_by.rsplit(".", 1)
    assert callable(getattr(importlib.import_module(module), name))
    code = (ROOT / "notebooks" / f"{kind.notebook}.ipynb").read_text(encoding="utf-8")
    assert f"from {module} import {name}" in code and f"= {name}(" in code
