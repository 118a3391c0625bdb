"""Inputs damaged at random give a right result or one clear paragraph: no traceback and no silent change.

A seeded tenth of what `MUTATIONS=300` tries; each case's number is its seed, so that one that fails can be tried alone.
"""

import csv
import io
import json
import os
import random
import shutil

import numpy as np
import pytest
import torch
import yaml
from PIL import Image
from safetensors import safe_open
from safetensors.torch import load_file, save_file

from lib.core import data_state
from lib.core.errors import DataError
from lib.core.files import ROOT
from lib.data import ads, image_arrays
from lib.models import backbones
from lib.study import plan

CASES = range(int(os.environ.get("MUTATIONS", "30")))
KINDS = ("parameters", "table", "picture", "weights")


def paragraph(error):
    said = str(error)
    assert said and "\n" not in said and "Traceback" not in said and len(said) < 3000, said
    return said


def damaged(content, chance):
    """Bytes with some of them changed, taken out, doubled or moved."""
    found = bytearray(content)
    for _ in range(chance.choice([1, 1, 2, 5])):
        place, length = chance.randrange(len(found) + 1), chance.choice([1, 1, 4, 40, 400])
        what = chance.randrange(6)
        if what == 0:
            found[place : place + length] = chance.randbytes(length)
        elif what == 1:
            del found[place : place + length]
        elif what == 2:
            found[place:place] = found[place : place + length]
        elif what == 3:
            found[place:place] = chance.choice([b"\0", b'"', b"\xff\xfe", b"\x85", b"\n", b"e\xcc\x81", b"null", b"-1"])
        elif what == 4:
            del found[place:]
        else:
            found += found[:length]
    return bytes(found)


# Parameter files -----------------------------------------------------------------------------------------------------

VALUES = [None, True, False, -1, 0, 1, "1111", 1.5, 1e400, "", "nan", [], [1], {}, {"a": 1}, "minilm", "ce", 10**30]


def changed(value, chance):
    """A tree of YAML with one of its places changed: a value replaced, a key misspelt, taken away or added."""
    if isinstance(value, dict) and value and chance.random() < 0.9:
        key = chance.choice(list(value))
        what = chance.randrange(5)
        if what == 0:
            return {name if name != key else key[:-1] + chance.choice("xs_"): inner for name, inner in value.items()}
        if what == 1:
            return {name: inner for name, inner in value.items() if name != key}
        return {name: changed(inner, chance) if name == key else inner for name, inner in value.items()}
    if isinstance(value, list) and value and chance.random() < 0.8:
        place = chance.randrange(len(value))
        return [changed(inner, chance) if number == place else inner for number, inner in enumerate(value)] + (
            [value[place]] if chance.random() < 0.2 else []
        )
    return chance.choice(VALUES)


def parameters(chance, tmp_path):
    path = tmp_path / "tried.yaml"
    text = (ROOT / "params" / f"{chance.choice(['smoke', 'quick', 'hotels', 'own_data.example'])}.yaml").read_bytes()
    if chance.random() < 0.6:
        text = yaml.safe_dump(changed(yaml.safe_load(text), chance), sort_keys=False).encode()
    else:
        text = damaged(text, chance)
    path.write_bytes(text)
    try:
        found = plan.load(path)
        names = [run.name for run in found.all_runs().values()]
    except DataError as error:
        return paragraph(error)
    said = yaml.safe_load(text.decode("utf-8-sig"))
    for part, given in said.items():  # what the file says is what the study has
        have = getattr(found, part)
        for name, value in given.items() if isinstance(given, dict) else ():
            inner = getattr(have, name) if not isinstance(have, dict) else have[name]
            if not isinstance(value, dict):
                assert inner == value or isinstance(value, str), (part, name, value, inner)
    assert len(set(names)) == len(names) == len(found.all_runs())
    for run in found.all_runs().values():
        assert type(run.parameters["seed"]) is int
    return "loaded"


# Tables --------------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Forty ads of eight vendors with eight pictures."""
    made, chance = tmp_path_factory.mktemp("ads"), np.random.default_rng(1)
    for number in range(8):
        noise = chance.integers(0, 255, (20, 24, 3)).astype(np.uint8)
        Image.fromarray(noise).save(made / f"{number}.{'jpg' if number % 2 else 'png'}")
    rows = [["TEXT", "IMAGES", "VENDOR"]]
    rows += [
        [f"room {number}, “quiet”\nnow [SEP] ask", f"{number % 8}.{'jpg' if number % 2 else 'png'}", str(number % 8)]
        for number in range(40)
    ]
    for place, region in enumerate(("south", "Montréal")):
        with (made / f"{region}.csv").open("w", encoding="utf-8", newline="") as stream:
            csv.writer(stream).writerows(rows[:1] + rows[1 + 20 * place : 21 + 20 * place])
    return made


def read_folder(path):
    """The ads, and what must hold of any: nothing is lost or made up."""
    found = ads.read(path)
    aside = {(row.file, row.row) for row in found.quarantine.itertuples()}
    assert found.rows >= len(found.ads) > 0 and found.rows - len(found.ads) <= len(aside)
    assert len(found.digests) == len(found.images) and all(image.is_file() for image in found.images)
    assert found.ads["vendor"].between(0, len(found.labels) - 1).all()
    for image in found.images:
        assert image_arrays.problem(image) == ""
    return found


def table(chance, tmp_path, folder):
    shutil.copytree(folder, tmp_path / "ads")
    path = tmp_path / "ads" / "south.csv"
    content = path.read_bytes()
    if chance.random() < 0.3:
        content = content.decode().encode(chance.choice(["utf-16", "cp1252", "utf-8-sig", "utf-16-le"]))
    elif chance.random() < 0.3:
        content = content.replace(b",", chance.choice([b";", b"\t", b"|"]))
    else:
        content = damaged(content, chance)
    path.write_bytes(content)
    if chance.random() < 0.2:
        path.rename(
            path.with_name(chance.choice(["null.csv", "SOUTH.CSV", "75.csv", "北京.csv", "a{b}.csv", "ood.csv"]))
        )
    try:
        found = read_folder(tmp_path / "ads")
    except DataError as error:
        return paragraph(error)
    text = content.decode("utf-8-sig", "replace")
    cells = {cell.strip() for row in csv.reader(io.StringIO(text, newline=""), delimiter=",") for cell in row}
    for label in found.labels:
        assert label in cells or label in {str(number) for number in range(8)}
    return "read"


# Pictures ------------------------------------------------------------------------------------------------------------


def picture(chance, tmp_path, folder):
    shutil.copytree(folder, tmp_path / "ads")
    path = tmp_path / "ads" / chance.choice(["0.png", "1.jpg"])
    modes = ["RGB", "RGBA", "L", "LA", "P", "1", "I;16", "CMYK", "F", "I", "YCbCr", "LAB", "HSV"]
    with Image.open(path) as image:
        whole = image.convert("RGB")
    content = io.BytesIO()
    form = chance.choice(["PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF", "PPM", "JPEG2000"])
    try:
        mode = chance.choice(modes)
        drawn = whole.convert("L").convert(mode) if mode in ("F", "I", "I;16") else whole.convert(mode)
        exif = Image.Exif()
        exif[0x0112] = chance.randrange(10)
        drawn.save(content, form, **({"exif": exif} if form in ("PNG", "JPEG", "WEBP", "TIFF") else {}))
    except (OSError, ValueError, KeyError):
        content = io.BytesIO(path.read_bytes())
    written = content.getvalue() if chance.random() < 0.4 else damaged(content.getvalue(), chance)
    path.write_bytes(written)
    found = read_folder(
        tmp_path / "ads"
    )  # one picture of eight is no tenth of all that can't be used: the ads have texts
    problem = image_arrays.problem(path)
    assert (path in found.images) == (problem == "")
    if problem:
        with pytest.raises(DataError) as error:
            image_arrays.read(path)
        assert path.name not in paragraph(error.value)
        return problem
    shown = image_arrays.read(path)
    assert shown.ndim == 3 and shown.shape[2] == 3 and shown.dtype == np.uint8 and shown.size
    assert np.array_equal(shown, image_arrays.read(path))
    return "read"


# Weights -------------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory):
    """A small BERT with MiniLM's tokens, as somebody's own weights of a backbone."""
    from transformers import BertConfig, BertModel

    made = tmp_path_factory.mktemp("weights") / "declutr-small"
    tokenizer = backbones.load("minilm-l6")[0].tokenizer
    sizes = {"hidden_size": 8, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 16}
    torch.manual_seed(0)
    BertModel(BertConfig(vocab_size=len(tokenizer), **sizes), add_pooling_layer=False).save_pretrained(made)
    tokenizer.save_pretrained(made)
    return made


def weights(chance, tmp_path, checkpoint):
    shutil.copytree(checkpoint, tmp_path / "declutr-small")
    path = tmp_path / "declutr-small" / "model.safetensors"
    tensors, what = load_file(path), chance.randrange(8)
    name = chance.choice(sorted(tensors))
    if what == 0:
        del tensors[name]
    elif what == 1:
        tensors["encoder.layer.9.output.dense.weight"] = torch.zeros(2, 2)
    elif what == 2:
        tensors[name] = torch.cat([tensors[name], tensors[name]])
    elif what == 3:
        prefix = chance.choice(["0.auto_model.", "module.", "model.", "bert.", "something."])
        tensors = {prefix + key: tensor for key, tensor in tensors.items()}
    elif what == 4:
        tensors[name] = tensors[name] * torch.nan
    if what < 5:
        save_file(tensors, path, metadata={"format": "pt"})
    else:
        path = path.with_name(["model.safetensors", "config.json", "tokenizer.json"][what - 5])
        path.write_bytes(damaged(path.read_bytes(), chance))
    stored_in = tmp_path / "declutr-small" / "model.safetensors"
    try:
        encoder, found = backbones.load("declutr-small", folder=str(tmp_path))
    except DataError as error:
        return paragraph(error)
    assert (found.source, found.loaded) == ("folder", "declutr-small")
    with safe_open(stored_in, framework="pt") as stored:
        kept = {key: stored.get_tensor(key) for key in stored.keys()}  # noqa: SIM118 (not a mapping)
    for key, tensor in encoder.model.state_dict().items():
        [same] = [value for name, value in kept.items() if name == key or name.endswith(f".{key}")]
        assert torch.equal(same.float(), tensor), key
    return "loaded"


@pytest.mark.parametrize("kind", KINDS)
def test_mutated_inputs_end_well(kind, tmp_path, folder, checkpoint, monkeypatch):
    monkeypatch.setattr(data_state, "STATES", tmp_path / "states")
    tried = {"parameters": parameters, "table": table, "picture": picture, "weights": weights}[kind]
    more = {"table": [folder], "picture": [folder], "weights": [checkpoint]}.get(kind, [])
    ends: dict[str, int] = {}
    for case in CASES:
        if case % len(KINDS) != KINDS.index(kind):
            continue
        place = tmp_path / str(case)
        place.mkdir()
        try:
            end = tried(random.Random(case), place, *more)
        except Exception as error:
            raise AssertionError(f"case {case} of {kind}: {type(error).__name__}: {error}") from error
        ends[end[:60]] = ends.get(end[:60], 0) + 1
        shutil.rmtree(place)
    print(json.dumps(ends, indent=1))
    assert ends
