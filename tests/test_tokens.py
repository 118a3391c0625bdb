"""A vocabulary that is learnt from texts is the same on every run, and is the vocabulary of those texts."""

import json
import os
import subprocess
import sys

import pytest
import yaml

from lib.core.files import ROOT
from lib.data import identifiers, loading
from lib.models import backbones, tokenizers
from lib.study import plan

CHILD = """
import hashlib, json, sys
from lib.models import backbones, tokenizers as tokens
made = tokens.train(backbones._minilm_tokenizer(), json.load(open(sys.argv[1])), backbones.VOCABULARY)
print("vocabulary", len(made), hashlib.sha256(made.backend_tokenizer.to_str().encode()).hexdigest())
"""


def test_three_processes_learn_the_same_vocabulary(tmp_path):
    """The trainer numbered what goes on with a word in the order of a hash map, and broke ties by number."""
    parameters, texts, found = tmp_path / "tiny.yaml", tmp_path / "texts.json", []
    parameters.write_text(yaml.safe_dump({"name": "tiny", "data": {"scale": 0.001, "pixels": 32}}))
    texts.write_text(json.dumps([identifiers.mask(text) for text in loading.read(plan.load(parameters)).texts]))
    for number in range(3):
        more = {"PYTHONHASHSEED": str(number), "PYTHONPATH": str(ROOT), "TOKENIZERS_PARALLELISM": "false"}
        if number == 2:
            more |= {"TOKENIZERS_PARALLELISM": "true", "RAYON_NUM_THREADS": "3"}
        asked = [sys.executable, "-c", CHILD, str(texts)]
        run = subprocess.run(asked, env=os.environ | more, cwd=ROOT, capture_output=True, text=True)
        found += [line for line in run.stdout.splitlines() if line.startswith("vocabulary")] or [run.stderr[-2000:]]
    assert len(set(found)) == 1 and found[0].startswith("vocabulary ")


@pytest.fixture(scope="module")
def like():
    return backbones._minilm_tokenizer()


def test_a_learnt_tokenizer_splits_as_its_example_does_and_knows_its_texts(like):
    texts = ["Red brick house, RED door; café naïve", "a red [SEP] brick ##x 漢字 house"] * 3
    made = tokenizers.train(like, texts, 80)
    assert len(made) <= 80 and made.get_vocab().keys() >= {"[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "red", "漢"}
    assert [made.pad_token_id, made.unk_token_id, made.cls_token_id, made.sep_token_id] == [0, 1, 2, 3]
    assert sorted(made.get_vocab().values()) == list(range(len(made)))
    for text in texts:
        read = made(text)["input_ids"]
        assert read[0] == made.cls_token_id and read[-1] == made.sep_token_id and made.unk_token_id not in read
    assert (
        made.tokenize("RED café") == ["red", "cafe"]
        or "".join(made.tokenize("RED café")).replace("##", "") == "redcafe"
    )
    # What stands for itself in texts is no special token: only the five are.
    assert set(made.all_special_ids) == {0, 1, 2, 3, 4}
    assert made.decode(made("red brick")["input_ids"], skip_special_tokens=True) == "red brick"


def test_no_texts_give_no_words(like):
    assert len(tokenizers.train(like, [], 80)) == 5
