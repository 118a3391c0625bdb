"""What is loaded is what is named: checkpoints of other tensors, other tokenizers, other files, each refused or read and said."""

import json
import shutil

import pytest
import torch
from safetensors.torch import load_file, save_file
from transformers import (
    BertConfig,
    BertForMaskedLM,
    BertModel,
    T5Config,
    T5ForConditionalGeneration,
    ViltConfig,
    ViltModel,
    VisualBertConfig,
    VisualBertModel,
)

from lib.core.errors import DataError
from lib.models import backbones, pretrained
from lib.study.registry import Backbone

SMALL = {"hidden_size": 24, "num_hidden_layers": 3, "num_attention_heads": 3, "intermediate_size": 32}
KINDS = {"text": "declutr-small", "multimodal": "vilt", "generator": "flan-t5-small", "image": "own"}


@pytest.fixture(autouse=True)
def no_hub(monkeypatch):
    from huggingface_hub import constants

    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    monkeypatch.setitem(backbones.BACKBONES, "own", Backbone("image", "test_resnet"))


@pytest.fixture(scope="module")
def good(tmp_path_factory):
    """A whole small checkpoint of each kind, as its library saves it."""
    root, tokenizer = tmp_path_factory.mktemp("good"), backbones._minilm_tokenizer()
    torch.manual_seed(3)
    rows = len(tokenizer)
    sizes = {"d_model": 24, "d_kv": 8, "d_ff": 32, "num_layers": 2, "num_heads": 3}
    models = {
        "text": BertModel(BertConfig(vocab_size=rows, **SMALL)),
        "multimodal": ViltModel(ViltConfig(vocab_size=rows, image_size=32, patch_size=16, **SMALL)),
        "generator": T5ForConditionalGeneration(
            T5Config(vocab_size=rows + 28, pad_token_id=0, eos_token_id=102, decoder_start_token_id=0, **sizes)
        ),
    }
    for kind, model in models.items():
        model.save_pretrained(root / kind / KINDS[kind])
        tokenizer.save_pretrained(root / kind / KINDS[kind])
    import timm

    folder = root / "image" / "own"
    folder.mkdir(parents=True)
    save_file(timm.create_model("test_resnet").state_dict(), folder / "model.safetensors")
    return root


@pytest.fixture
def copy(good, tmp_path):
    """`copy(kind)`: a checkpoint to spoil, and what loads it."""

    def made(kind):
        folder = tmp_path / kind / KINDS[kind]
        shutil.copytree(good / kind / KINDS[kind], folder)
        return folder, lambda: backbones.load(KINDS[kind], 32, "require", str(folder.parent))

    return made


def rewrite(folder, change):
    """The checkpoint's tensors, changed."""
    file = folder / "model.safetensors"
    save_file({name: tensor.contiguous() for name, tensor in change(load_file(file)).items()}, file)


def first(tensors, part="weight"):
    """A tensor that matters, somewhere in the middle."""
    return sorted(name for name in tensors if part in name and tensors[name].ndim > 1)[1]


@pytest.mark.parametrize("kind", KINDS)
def test_a_whole_checkpoint_is_taken_and_nothing_is_to_be_said(copy, kind):
    _, load = copy(kind)
    _, found = load()
    assert (found.source, found.label) == ("folder", KINDS[kind])
    assert found.note == ("not used: fc" if kind == "image" else "")
    assert found.row()["note"] == found.note
    torch.manual_seed(99)  # nothing of it is drawn
    assert load()[1] == found


def without(tensors):
    name = first(tensors)
    return {key: tensor for key, tensor in tensors.items() if key != name}


FAULTS = {
    "missing": (without, "missing: the tensor "),
    "unexpected": (lambda t: t | {"extra.weight": torch.ones(2, 2)}, "unexpected: the tensor extra.weight"),
    "misshaped": (lambda t: t | {first(t): t[first(t)][:, :-1]}, r"of another shape: the tensor \S+ \(.* in place of "),
    "nan": (lambda t: t | {first(t): t[first(t)] * float("nan")}, "no finite numbers"),
    "infinite": (lambda t: t | {first(t): t[first(t)] + float("inf")}, "no finite numbers"),
    "whole numbers": (lambda t: t | {first(t): t[first(t)].to(torch.int8)}, "holds int8"),
    "nothing": (lambda t: {}, "holds no tensors"),
    "other names": (lambda t: {f"x{n}": v for n, v in t.items()}, "missing: .* unexpected: "),
    "half a prefix": (
        lambda t: {f"module.{n}" if i % 2 else n: v for i, (n, v) in enumerate(sorted(t.items()))},
        "missing: .* unexpected: ",
    ),
}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("fault", FAULTS)
def test_a_checkpoint_of_other_tensors_is_refused(copy, kind, fault):
    folder, load = copy(kind)
    change, match = FAULTS[fault]
    rewrite(folder, change)
    with pytest.raises(DataError, match=match) as caught:
        load()
    assert str(folder) in str(caught.value) and "\n" not in str(caught.value)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("prefix", ["module.", "0.auto_model.", "module.0.auto_model.", "model."])
def test_a_wrappers_prefix_is_taken_off_and_said(copy, kind, prefix):
    folder, load = copy(kind)
    given = load()[1]
    rewrite(folder, lambda tensors: {prefix + name: tensor for name, tensor in tensors.items()})
    found = load()[1]
    assert found.sha256 == given.sha256 and f"prefix {prefix} taken off" in found.note


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float64])
def test_other_floats_become_float32(copy, dtype):
    folder, load = copy("text")
    rewrite(folder, lambda tensors: {name: tensor.to(dtype) for name, tensor in tensors.items()})
    assert {parameter.dtype for parameter in load()[0].parameters()} == {torch.float32}


@pytest.mark.parametrize("kind", ["text", "multimodal", "generator", "image"])
def test_a_checkpoint_in_several_files_is_one(copy, kind):
    folder, load = copy(kind)
    given, file = load()[1], folder / "model.safetensors"
    tensors = load_file(file)
    listed = {name: f"model-0000{1 + place % 2}-of-00002.safetensors" for place, name in enumerate(sorted(tensors))}
    for name in set(listed.values()):
        save_file({key: tensors[key] for key in tensors if listed[key] == name}, folder / name)
    file.unlink()
    (folder / "model.safetensors.index.json").write_text(json.dumps({"weight_map": listed}))
    assert load()[1].sha256 == given.sha256
    (folder / "model-00002-of-00002.safetensors").unlink()
    with pytest.raises(DataError, match=r"names the file model-00002-of-00002\.safetensors, which is not here"):
        load()


@pytest.mark.parametrize(
    "content", ["[]", "{", "{}", '{"weight_map": {"a": "../a.safetensors"}}', '{"weight_map": {}}']
)
def test_an_index_that_is_none_is_refused(copy, content):
    folder, load = copy("text")
    (folder / "model.safetensors").unlink()
    (folder / "model.safetensors.index.json").write_text(content)
    with pytest.raises(DataError, match="index"):
        load()


@pytest.mark.parametrize("kind", KINDS)
def test_files_that_are_no_tensors_are_refused(copy, kind):
    folder, load = copy(kind)
    file = folder / "model.safetensors"
    whole = file.read_bytes()
    for content in (b"", b"\0" * 20, whole[:-100], whole[:5], whole + b"more", b"\x80\x04K\x01."):
        file.write_bytes(content)
        with pytest.raises(DataError, match="no whole safetensors file"):
            load()
    file.unlink()
    with pytest.raises(DataError, match=r"there is no model\.safetensors"):
        load()
    torch.save({"a": torch.ones(1)}, folder / "pytorch_model.bin")
    with pytest.raises(DataError, match="pickles are never read"):
        load()


CONFIGS = {
    "none": None,
    "broken": "{",
    "a list": "[]",
    "empty": "{}",
    "no type": {"model_type": None},
    "unknown type": {"model_type": "nonsense"},
    "its own code": {"model_type": "nonsense", "auto_map": {"AutoConfig": "code.C", "AutoModel": "code.M"}},
    "no heads": {"num_attention_heads": None, "num_heads": None},
    "heads that don't divide": {"num_attention_heads": 7},
    "a word": {"hidden_size": "wide", "d_model": "wide"},
    "wider": {"hidden_size": 48, "d_model": 48},
    "fewer layers": {"num_hidden_layers": 1, "num_layers": 1},
    "more layers": {"num_hidden_layers": 4, "num_layers": 4},
    "negative": {"vocab_size": -1},
    "a billion layers": {"num_hidden_layers": 10**9, "num_layers": 10**9},
    "a billion words": {"vocab_size": 10**9},
    "quantised": {"quantization_config": {"quant_method": "bitsandbytes", "load_in_8bit": True}},
}


@pytest.mark.parametrize("kind", ["text", "multimodal", "generator"])
@pytest.mark.parametrize("fault", CONFIGS)
def test_a_config_of_another_model_is_refused(copy, kind, fault):
    folder, load = copy(kind)
    path, change = folder / "config.json", CONFIGS[fault]
    (folder / "code.py").write_text("raise SystemExit('code that came with a model was run')")
    if change is None:
        path.unlink()
    elif isinstance(change, str):
        path.write_text(change)
    else:
        given = json.loads(path.read_text())
        known = {
            key: value for key, value in change.items() if key in given or key.startswith(("model", "auto", "quant"))
        }
        path.write_text(json.dumps({key: value for key, value in (given | known).items() if value is not None}))
        if not known or (kind == "generator" and fault.startswith("heads")):
            pytest.skip("it has no such field")
    with pytest.raises(DataError) as caught:
        load()
    assert str(folder) in str(caught.value) and "\n" not in str(caught.value)


def test_another_kind_of_model_is_refused(copy, good):
    for kind, other in [("text", "generator"), ("text", "multimodal"), ("multimodal", "text"), ("generator", "text")]:
        folder, load = copy(kind)
        shutil.rmtree(folder)
        shutil.copytree(good / other / KINDS[other], folder)
        with pytest.raises(DataError, match=str(folder)):
            load()
        shutil.rmtree(folder.parent)


def test_heads_of_training_are_left_out_and_said(copy):
    folder, load = copy("text")
    torch.manual_seed(3)
    config = BertConfig(vocab_size=30522, **SMALL)
    BertForMaskedLM(config).save_pretrained(folder)
    _, found = load()
    assert found.note == "prefix bert. taken off the tensors' names; not used: cls; without a pooler, which isn't used"
    torch.manual_seed(8)
    encoder, again = load()
    assert again == found and encoder.model.pooler is None  # no random tensor is in the hash
    assert torch.equal(
        encoder.model.embeddings.word_embeddings.weight,
        load_file(folder / "model.safetensors")["bert.embeddings.word_embeddings.weight"],
    )


def test_half_a_pooler_and_one_that_is_used_are_errors(copy):
    folder, load = copy("text")
    rewrite(folder, lambda tensors: {name: tensor for name, tensor in tensors.items() if name != "pooler.dense.bias"})
    with pytest.raises(DataError, match=r"missing: the tensor pooler\.dense\.bias"):
        load()
    folder, load = copy("multimodal")
    rewrite(
        folder, lambda tensors: {name: tensor for name, tensor in tensors.items() if not name.startswith("pooler.")}
    )
    with pytest.raises(DataError, match=r"missing: 2 tensors, the first pooler\.dense\.bias"):
        load()


def test_one_model_twice_in_a_checkpoint_is_refused(copy):
    folder, load = copy("text")
    rewrite(folder, lambda tensors: tensors | {f"bert.{name}": tensor + 1 for name, tensor in tensors.items()})
    with pytest.raises(DataError, match="a second time"):
        load()


# The tokenizer

TOKENIZER = ("tokenizer.json", "tokenizer_config.json", "vocab.txt", "special_tokens_map.json")


def vocabulary(folder, change):
    """The words of tokenizer.json, changed."""
    path = folder / "tokenizer.json"
    given = json.loads(path.read_text())
    words = sorted(given["model"]["vocab"], key=given["model"]["vocab"].get)
    given["model"]["vocab"] = {word: number for number, word in enumerate(change(words))}
    given["added_tokens"] = [
        token | {"id": given["model"]["vocab"].get(token["content"], token["id"])} for token in given["added_tokens"]
    ]
    path.write_text(json.dumps(given))


TOKENIZERS = {
    "no files": lambda folder: [(folder / name).unlink(missing_ok=True) for name in TOKENIZER],
    "no vocabulary": lambda folder: [
        (folder / name).unlink(missing_ok=True) for name in ("tokenizer.json", "vocab.txt")
    ],
    "broken": lambda folder: (folder / "tokenizer.json").write_text("{"),
    "half": lambda folder: vocabulary(folder, lambda words: words[:15000]),
    "more": lambda folder: vocabulary(folder, lambda words: words + [f"word{n}" for n in range(60)]),
    "other words": lambda folder: vocabulary(
        folder, lambda words: words[:104] + [f"~{number}" for number in range(len(words) - 104)]
    ),
    "no unknown": lambda folder: vocabulary(
        folder, lambda words: [word if word != "[UNK]" else "~" for word in words[:15000]]
    ),
    "shifted": lambda folder: vocabulary(folder, lambda words: [words[-1], *words[:-1]]),
    "capitals": lambda folder: (folder / "tokenizer.json").write_text(
        (folder / "tokenizer.json")
        .read_text()
        .replace('"lowercase": true', '"lowercase": false')
        .replace('"lowercase":true', '"lowercase":false')
    ),
}


@pytest.mark.parametrize("kind", ["text", "multimodal", "generator"])
@pytest.mark.parametrize("fault", TOKENIZERS)
def test_a_tokenizer_that_does_not_fit_is_refused(copy, kind, fault):
    folder, load = copy(kind)
    if fault == "shifted" and kind == "multimodal":
        pytest.skip("ViLT's config doesn't say what its special tokens are")
    TOKENIZERS[fault](folder)
    if fault == "capitals":
        path = folder / "tokenizer_config.json"
        path.write_text(json.dumps(json.loads(path.read_text()) | {"do_lower_case": False}))
    with pytest.raises(DataError, match=r"tokenizer.*embedding matrix.* 30,?5\d\d rows") as caught:
        load()
    assert str(folder) in str(caught.value) and "\n" not in str(caught.value)


# The hub


def test_what_the_hub_has_is_checked_as_a_folder_is(copy, monkeypatch):
    """A checkpoint that is there and doesn't fit has no stand-in; one that isn't there has."""
    folder, _ = copy("text")
    monkeypatch.setitem(backbones.BACKBONES, "mine", Backbone("text", str(folder)))
    assert backbones.load("mine")[1].source == "hub"
    rewrite(folder, without)
    with pytest.raises(DataError, match="missing: "):
        backbones.load("mine")
    (folder / "model.safetensors").unlink()
    monkeypatch.setattr(pretrained, "from_hub", lambda name: (_ for _ in ()).throw(OSError("no safetensors")))
    assert backbones.load("mine")[1].label == "minilm-l6 in place of mine"


@pytest.mark.parametrize("change", [without, FAULTS["misshaped"][0], FAULTS["nan"][0]])
def test_pictures_of_the_hub_that_do_not_fit_have_no_stand_in(copy, monkeypatch, change):
    """A shape that differs was a RuntimeError of timm's, and efficientnet-lite0 came in its place."""
    folder, _ = copy("image")
    monkeypatch.setattr(pretrained, "from_hub", lambda name: folder)
    assert backbones.load("own")[1].source == "hub"
    rewrite(folder, change)
    with pytest.raises(DataError, match=str(folder)):
        backbones.load("own")


def test_the_hubs_cache_is_used(copy, tmp_path, monkeypatch):
    from huggingface_hub import constants

    folder, _ = copy("text")
    snapshot = tmp_path / "cache" / "models--nobody--mine" / "snapshots" / ("a" * 40)
    shutil.copytree(folder, snapshot)
    (snapshot.parent.parent / "refs").mkdir()
    (snapshot.parent.parent / "refs" / "main").write_text("a" * 40)
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "cache"))
    monkeypatch.setitem(backbones.BACKBONES, "mine", Backbone("text", "nobody/mine"))
    assert backbones.load("mine")[1].source == "hub"
    (snapshot / "model.safetensors").write_bytes(b"cut")
    with pytest.raises(DataError, match="no whole safetensors file"):
        backbones.load("mine")
    (snapshot / "model.safetensors").unlink()
    torch.save({}, snapshot / "pytorch_model.bin")
    assert backbones.load("mine")[1].loaded == "minilm-l6"


def test_fresh_weights_of_what_is_not_to_be_had_say_so():
    with pytest.raises(DataError, match=r"declutr-small-random: .* not to be had"):
        backbones.load("declutr-small-random")


# VisualBERT sees by a ViT


def test_a_joint_model_needs_the_weights_that_it_sees_by(tmp_path, monkeypatch):
    import timm

    monkeypatch.setitem(backbones.BACKBONES, "eye", Backbone("image", "vit_tiny_patch16_224"))
    monkeypatch.setitem(
        backbones.BACKBONES, "both", Backbone("multimodal", "nobody/both", pooling="first", image_encoder="eye")
    )
    tokenizer = backbones._minilm_tokenizer()
    sizes = SMALL | {"hidden_size": 192}
    VisualBertModel(VisualBertConfig(vocab_size=len(tokenizer), visual_embedding_dim=12, **sizes)).save_pretrained(
        tmp_path / "both"
    )
    tokenizer.save_pretrained(tmp_path / "both")
    with pytest.raises(DataError, match="it sees by eye, whose weights are not to be had"):
        backbones.load("both", 32, folder=str(tmp_path))
    (tmp_path / "eye").mkdir()
    save_file(
        timm.create_model("vit_tiny_patch16_224", img_size=64).state_dict(), tmp_path / "eye" / "model.safetensors"
    )
    _, found = backbones.load("both", 32, folder=str(tmp_path))
    assert found.label == "both" and "eye: not used: head; positions of 4 x 4 patches brought to 2 x 2" in found.note
    rewrite(tmp_path / "eye", without)
    with pytest.raises(DataError, match=r"eye.*missing"):
        backbones.load("both", 32, folder=str(tmp_path))
