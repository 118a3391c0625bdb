"""A packaged backbone computes what it computed when its hash was noted; other weights of the same names and shapes don't."""

import shutil
from dataclasses import replace

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file

from lib.core.errors import DataError
from lib.core.files import package, sha256
from lib.models import backbones, canary, face_embeddings

PACKAGED = [name for name, found in backbones.BACKBONES.items() if found.package]


@pytest.mark.parametrize("name", PACKAGED)
def test_each_packaged_backbone_has_a_canary_that_sings(name):
    known = backbones.BACKBONES[name].canary
    assert len(known) >= 6 and sum(number != 0 for number in known) >= 4
    encoder, found = backbones.load(name, pixels=32)
    assert found.source == "package" and canary.signature(encoder)[: len(known)] == pytest.approx(
        known, abs=1e-3 * known[0]
    )


def test_it_leaves_an_encoder_and_its_random_numbers_as_they_were():
    torch.manual_seed(5)
    encoder, _ = backbones.load("efficientnet-lite0", pixels=32)
    drawn, statistics = torch.random.get_rng_state(), {k: v.clone() for k, v in encoder.state_dict().items()}
    canary.signature(encoder)
    assert torch.equal(torch.random.get_rng_state(), drawn) and all(module.training for module in encoder.modules())
    assert all(torch.equal(statistics[name], tensor) for name, tensor in encoder.state_dict().items())


def planted(monkeypatch, tmp_path, name, change):
    """The package of a backbone with its file changed and the hash noted anew."""
    entry = backbones.BACKBONES[name]
    file = tmp_path / entry.file
    source = package(entry.package) / entry.file
    file.parent.mkdir(parents=True, exist_ok=True)
    if source.is_dir():
        shutil.copytree(source, file)
        change(file / "model.safetensors")
        noted = sha256(file / "model.safetensors")
    else:
        shutil.copy(source, file)
        change(file)
        noted = sha256(file)
    monkeypatch.setattr(backbones, "package", lambda _: tmp_path)
    monkeypatch.setitem(backbones.BACKBONES, name, replace(entry, file_sha256=noted))


@pytest.mark.parametrize(("one", "two"), [("layer.1.", "layer.2."), ("layer.0.", "layer.5.")])
def test_exchanged_layers_of_texts_are_found(monkeypatch, tmp_path, one, two):
    def change(file):
        names = {one: two, two: one}
        found = load_file(file)
        exchanged = {
            next((name.replace(old, new) for old, new in names.items() if old in name), name): tensor
            for name, tensor in found.items()
        }
        assert exchanged.keys() == found.keys()
        save_file(exchanged, file)

    planted(monkeypatch, tmp_path, "minilm-l6", change)
    with pytest.raises(DataError, match=r"minilm-l6: the packaged weights are the ones .* library"):
        backbones.load("minilm-l6")


def test_exchanged_layers_of_pictures_are_found(monkeypatch, tmp_path):
    """Of all pairs of convolutions of one shape, the two that are deepest."""

    def change(file):
        found = torch.load(file, weights_only=True)
        names = [name for name, tensor in found.items() if tensor.ndim == 4]
        one, two = next((a, b) for a in names[::-1] for b in names[::-1] if a != b and found[a].shape == found[b].shape)
        found[one], found[two] = found[two], found[one]
        torch.save(found, file)

    planted(monkeypatch, tmp_path, "efficientnet-lite0", change)
    with pytest.raises(DataError, match=r"efficientnet-lite0: the packaged weights .* library"):
        backbones.load("efficientnet-lite0", pixels=32)


def test_a_face_network_that_computes_otherwise_is_found(monkeypatch):
    made = face_embeddings._dlib

    def reversed_colours(file):
        embed = made(file)
        return lambda chip: embed(np.ascontiguousarray(chip[..., ::-1]))

    monkeypatch.setattr(face_embeddings, "_dlib", reversed_colours)
    with pytest.raises(DataError, match=r"dlib-face: the packaged weights .* library"):
        backbones.load("dlib-face")


def test_a_vector_that_is_no_number_is_close_to_nothing(monkeypatch):
    encoder, _ = backbones.load("efficientnet-lite0", pixels=32)
    monkeypatch.setattr(canary, "signature", lambda _: (float("nan"),) * 17)
    with pytest.raises(DataError, match="library"):
        canary.check("efficientnet-lite0", encoder, backbones.BACKBONES["efficientnet-lite0"].canary)
