"""Weights and their record: what is loaded is what is said."""

import cv2
import numpy as np
import pytest
import torch
import yaml

from lib.core.errors import DataError
from lib.models import backbones
from lib.runs.attribution import Experiment
from lib.study.registry import Backbone


@pytest.fixture(autouse=True)
def no_hub(monkeypatch):
    """Tests decide the same with and without a network."""
    from huggingface_hub import constants

    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)


def test_packaged_text_backbone_knows_meaning():
    encoder, found = backbones.load("minilm-l6")
    assert (found.source, found.label, found.parameters) == ("package", "minilm-l6", 22_713_216)
    texts = ["I repair bicycles and tyres", "Bike fixing, new tubes", "Piano lessons for children"]
    grid = encoder.tokenizer(texts, padding=True, return_tensors="pt")
    with torch.inference_mode():
        vectors = torch.nn.functional.normalize(encoder.eval()(grid["input_ids"], grid["attention_mask"]), dim=1)
    assert vectors[0] @ vectors[1] > vectors[0] @ vectors[2] + 0.2


def test_packaged_image_backbone_is_trained_not_random():
    """Neighbours in its space: a scene is nearer to itself brightened than to another scene; less so at random."""
    rng = np.random.default_rng(0)
    scenes = [cv2.GaussianBlur(rng.integers(0, 255, (96, 96, 3)).astype(np.uint8), (0, 0), blur) for blur in (1, 6)]
    pictures = torch.from_numpy(np.stack([scenes[0], cv2.convertScaleAbs(scenes[0], alpha=1.2), scenes[1]]))
    encoder, found = backbones.load("efficientnet-lite0", pixels=96)
    assert (found.source, found.label) == ("package", "efficientnet-lite0")
    with torch.inference_mode():
        vectors = torch.nn.functional.normalize(encoder.eval()(pictures), dim=1)
    assert vectors[0] @ vectors[1] > vectors[0] @ vectors[2] + 0.2


@pytest.mark.parametrize(
    ("name", "stand_in"), [("declutr-small", "minilm-l6"), ("vit-base-patch16", "efficientnet-lite0")]
)
def test_a_stand_in_never_takes_the_name(name, stand_in):
    _, found = backbones.load(name, pixels=32)
    assert (found.requested, found.loaded, found.source) == (name, stand_in, "package")
    assert found.label == f"{stand_in} in place of {name}"


def test_required_weights_that_are_not_there():
    with pytest.raises(DataError, match="weights: require"):
        backbones.load("vgg-16", weights="require")


def test_random_weights_say_so_and_follow_the_seed():
    def digest(seed):
        torch.manual_seed(seed)
        found = backbones.load("efficientnet-lite0-random", pixels=32)[1]
        assert found.label == "efficientnet-lite0 (random weights)"
        return found.sha256

    assert digest(1) == digest(1) != digest(2)


def test_a_folder_comes_first(tmp_path):
    encoder, _ = backbones.load("minilm-l6")
    with torch.no_grad():
        encoder.model.embeddings.word_embeddings.weight[0] += 1
    encoder.model.save_pretrained(tmp_path / "declutr-small")
    encoder.tokenizer.save_pretrained(tmp_path / "declutr-small")
    _, found = backbones.load("declutr-small", folder=str(tmp_path))
    assert (found.source, found.label) == ("folder", "declutr-small")
    assert found.sha256 != backbones.load("minilm-l6")[1].sha256


def test_image_weights_from_a_folder(tmp_path):
    from safetensors.torch import save_file

    encoder, given = backbones.load("resnet-50-random", pixels=32)
    (tmp_path / "resnet-50").mkdir()
    save_file(
        {name: tensor.contiguous() for name, tensor in encoder.model.state_dict().items()},
        tmp_path / "resnet-50" / "model.safetensors",
    )
    _, found = backbones.load("resnet-50", pixels=32, folder=str(tmp_path))
    assert (found.source, found.sha256) == ("folder", given.sha256)


def test_a_broken_folder_is_an_error_not_a_stand_in(tmp_path):
    (tmp_path / "resnet-50").mkdir()
    (tmp_path / "resnet-50" / "model.safetensors").write_bytes(b"nothing")
    with pytest.raises(DataError, match="resnet-50"):
        backbones.load("resnet-50", folder=str(tmp_path))


def test_changed_package_file_is_refused(monkeypatch):
    changed = backbones.BACKBONES["efficientnet-lite0"].__class__(
        **{**vars(backbones.BACKBONES["efficientnet-lite0"]), "file_sha256": "0" * 64}
    )
    monkeypatch.setitem(backbones.BACKBONES, "efficientnet-lite0", changed)
    with pytest.raises(DataError, match="not the weights that were checked"):
        backbones.load("efficientnet-lite0")


def test_unknown_backbone_lists_the_known_ones():
    with pytest.raises(DataError, match="minilm-l6"):
        backbones.load("bert-giant")


@pytest.mark.parametrize("name", ["vilt-random", "visualbert-random", "dlib-face-random"])
def test_what_has_no_fresh_weights_says_so(name):
    with pytest.raises(DataError, match="no fresh weights"):
        backbones.load(name)


def test_a_bag_has_one_state_whatever_the_order():
    torch.manual_seed(0)
    encoder, found = backbones.load("bag-of-tokens")
    tokens, mask = torch.tensor([[5, 6, 7, 0], [7, 5, 6, 0]]), torch.tensor([[1, 1, 1, 0]] * 2)
    states = encoder.states(tokens, mask)
    assert torch.allclose(states[0, 0], states[1, 2]) and found.label == "bag-of-tokens (random weights)"
    mean = encoder.model.embeddings.weight[[5, 6, 7]].mean(0)
    assert torch.allclose(encoder(tokens, mask)[0], mean, atol=1e-6)


def test_a_pooled_vector_may_be_longer_than_its_patches():
    encoder, _ = backbones.load("vgg-16-random", pixels=32)
    pictures = torch.zeros(1, 32, 32, 3, dtype=torch.uint8)
    assert encoder(pictures).shape == (1, encoder.dimensions) == (1, 4096)
    assert encoder.patches(pictures).shape == (1, 1, encoder.width) == (1, 1, 512)


@pytest.mark.parametrize(
    ("side", "entry", "asked", "label"),
    [
        ("text", Backbone("text", config={"hidden_size": 12}), "own", "own (random weights)"),
        ("image", Backbone("image", "test_resnet"), "own-random", "own (random weights)"),
        ("image", Backbone("image", "test_resnet"), "own", "own"),
    ],
)
def test_a_backbone_is_one_entry(tmp_path, monkeypatch, side, entry, asked, label):
    """A line of BACKBONES and nothing else: with it a whole run trains, identifies, links, and is named by what it
    loaded."""
    from safetensors.torch import save_file

    monkeypatch.setitem(backbones.BACKBONES, "own", entry)
    parameters = {"name": "tiny", "data": {"scale": 0.001, "pixels": 32}, "text": {"max_tokens": 8}, "bootstrap": 20}
    parameters |= {"image": {"pixels": 32}, "training": {"epochs": 1, "patience": None}}
    if label == "own":
        weights = backbones.load("own-random", pixels=32)[0].model.state_dict()
        (tmp_path / "own").mkdir()
        stored = {name: tensor.contiguous() for name, tensor in weights.items()}
        save_file(stored, tmp_path / "own" / "model.safetensors")
        parameters |= {"weights": "require", "weights_folder": str(tmp_path)}
    (tmp_path / "tiny.yaml").write_text(yaml.safe_dump(parameters))
    notebook = {"text": "10_text", "image": "11_image"}[side]
    run = Experiment(
        notebook, str(tmp_path / "tiny.yaml"), str(tmp_path / "out"), objective="ce", seed=1, **{side: asked}
    )
    assert len(run.train()) == 1
    assert len(run.identify()) == 4 and set(run.verify()["region"]) == {*run.data.ads.regions, "OOD", "ZS"}
    assert run.weights()["label"].tolist() == [label]


def test_weights_that_are_not_to_be_had_give_a_new_backbone_its_kinds_stand_in(monkeypatch):
    monkeypatch.setitem(backbones.BACKBONES, "own", Backbone("text", "nobody/has-this"))
    assert backbones.load("own")[1].label == "minilm-l6 in place of own"
