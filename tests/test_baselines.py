"""Baselines: each links what it is about, and a run of one leaves the record that every run leaves."""

import cv2
import numpy as np
import pandas as pd
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from lib.core.errors import DataError
from lib.core.files import read_json
from lib.evaluation import retrieval
from lib.runs import baselines
from lib.runs.baselines import BASELINES, Baseline
from lib.study import registry

VENDORS, EACH = 8, 10
TEXT_LINKERS = [name for name, linker in BASELINES.items() if linker.kind == "text"]


def words(rng, count, length=6):
    return ["".join(rng.choice(list("abcdefghijklmnopqrstuvwxyz"), length)) for _ in range(count)]


def ads(seed=0):
    """Texts of vendors, every other one for training: words that all share, around two of a vendor's own phrases."""
    rng = np.random.default_rng(seed)
    shared = words(rng, 30)
    own = [[" ".join(words(rng, 5)) for _ in range(3)] for _ in range(VENDORS)]
    vendors = np.repeat(np.arange(VENDORS), EACH)
    texts = []
    for vendor in vendors:
        parts = [" ".join(rng.choice(shared, 6)), *rng.choice(own[vendor], 2, replace=False)]
        texts.append(" ".join(parts[place] for place in rng.permutation(3)))
    rows = np.arange(len(texts))
    return texts, vendors, rows[::2], rows[1::2]


def scenes(count=12, side=96):
    """Pictures with large shapes, as photographs have them and noise has not."""
    rng = np.random.default_rng(4)
    blurred = [cv2.GaussianBlur(rng.normal(size=(side, side, 3)), (0, 0), 6) for _ in range(count)]
    return [cv2.normalize(one, None, 20, 220, cv2.NORM_MINMAX).astype(np.uint8) for one in blurred]


@pytest.mark.parametrize("name", TEXT_LINKERS)
def test_text_linkers_link_vendors_with_words_of_their_own(name):
    texts, vendors, train, test = ads()
    linker = BASELINES[name](texts, seed=1)
    linker.fit(train, vendors[train])
    assert (linker.predict(test, train, vendors[train]) == vendors[test]).mean() > 0.9  # chance is 1 / 8
    likeness = linker.similarity(test, train, vendors[train])
    assert likeness.shape == (len(test), len(train)) and np.isfinite(likeness).all()
    first = np.argsort(-likeness, axis=1, kind="stable")[:, : EACH // 2]
    assert (vendors[train][first] == vendors[test][:, None]).mean() > 0.8


def test_minhash_finds_an_edited_copy_and_no_other_text():
    rng = np.random.default_rng(0)
    text, other = words(rng, 300), words(rng, 300)
    edited = [*text[:150], "another", *text[151:]]
    found = BASELINES["minhash"]([" ".join(one) for one in (text, edited, other)], seed=1)
    copy, strange = found.similarity(np.array([0]), np.array([1, 2]), np.zeros(2))[0]
    assert copy > 0.9 and strange < 0.05


@settings(deadline=None, max_examples=25, derandomize=True)
@given(st.integers(0, 2**31), st.integers(0, 60), st.integers(1, 1000))
def test_minhash_is_near_the_jaccard_similarity_of_three_word_shingles(data_seed, changed, seed):
    rng = np.random.default_rng(data_seed)
    one = words(rng, 60)
    two = [*words(rng, changed), *one[changed:]]
    shingles = [{tuple(text[place : place + 3]) for place in range(len(text) - 2)} for text in (one, two)]
    exact = len(shingles[0] & shingles[1]) / len(shingles[0] | shingles[1])
    linker = BASELINES["minhash"]([" ".join(one), " ".join(two)], seed)
    estimate = linker.similarity(np.array([0]), np.array([1]), np.zeros(1)).item()
    assert estimate == pytest.approx(exact, abs=0.2)  # 128 hashes have a standard error of 0.044 at most


def test_perceptual_hash_finds_a_picture_after_compression_and_brightening():
    pictures = scenes()
    spoiled = []
    for picture in pictures:
        _, stored = cv2.imencode(
            ".jpg", cv2.convertScaleAbs(picture, alpha=1.05, beta=10), [cv2.IMWRITE_JPEG_QUALITY, 40]
        )
        spoiled.append(cv2.imdecode(stored, cv2.IMREAD_COLOR))
    linker = BASELINES["perceptual-hash"]([*pictures, *spoiled], seed=1)
    own = np.arange(len(pictures))
    shared = linker.similarity(own + len(own), own, own)
    assert np.diag(shared).min() >= 58  # of 64 bits
    assert shared[~np.eye(len(own), dtype=bool)].max() < 54
    assert linker.predict(own + len(own), own, own).tolist() == own.tolist()
    assert (np.diag(linker.similarity(own, own, own)) == 64).all()


def bm25(documents, query):
    linker = BASELINES["bm25"]([*documents, query], seed=1)
    places = np.arange(len(documents))
    return linker.similarity(np.array([len(documents)]), places, places)[0]


def test_bm25_ranks_a_document_that_shares_a_rare_word_first():
    documents = ["call me now tonight", "call me now please", "call me zanzibar today", "call now me friend"]
    found = bm25(documents, "call me now in Zanzibar")
    assert found.argmax() == 2 and (found > 0).all()


@pytest.mark.parametrize("query", ["nothing familiar", ""])
def test_bm25_tells_nothing_by_words_that_it_does_not_know(query):
    assert bm25(["red apple", "green pear", "blue plum"], query).tolist() == [0, 0, 0]


def test_bm25_copes_with_empty_and_unknown_texts():
    found = bm25(["red apple", "", "blue plum"], "apple quux quux")
    assert np.isfinite(found).all() and found.argmax() == 0 and found[1] == 0
    for query in ("quux", ""):
        assert np.isfinite(bm25(["red apple", "", "blue plum"], query)).all()


def test_bm25_asks_the_documents_that_it_is_given():
    linker = BASELINES["bm25"](["red apple", "blue plum", "green pear", "blue apple"], seed=1)
    query = np.array([3])
    assert linker.similarity(query, np.array([0, 2]), np.zeros(2)).argmax() == 0
    assert linker.similarity(query, np.array([2, 1]), np.zeros(2)).argmax() == 1


@settings(deadline=None, max_examples=20)
@given(st.lists(st.integers(0, 4), min_size=1, max_size=30), st.integers(1, 9))
def test_majority_names_the_largest_vendor(vendors, queries):
    vendors = np.array(vendors)
    rows = np.arange(len(vendors))
    found = BASELINES["majority"]([""] * len(vendors), 1).predict(np.zeros(queries, int), rows, vendors)
    counts = np.bincount(vendors)
    assert len(set(found)) == 1 and counts[found[0]] == counts.max()


def test_random_is_near_chance_and_follows_its_seed():
    vendors = np.repeat(np.arange(10), 10)
    train, test = np.arange(100), np.arange(100, 2100)
    answers = [BASELINES["random"]([""] * 2100, seed).predict(test, train, vendors) for seed in (1, 1, 2)]
    share = (answers[0] == np.arange(2000) % 10).mean()
    assert share == pytest.approx(0.1, abs=0.03)  # four standard errors
    assert (answers[0] == answers[1]).all() and (answers[0] != answers[2]).any()


@pytest.mark.parametrize("name", [name for name in BASELINES if name != "perceptual-hash"])
def test_the_size_of_a_block_changes_nothing(name, monkeypatch):
    texts, vendors, train, test = ads(seed=2)
    linker = BASELINES[name](texts, seed=1)
    linker.fit(train, vendors[train])
    whole = linker.predict(test, train, vendors[train])
    monkeypatch.setattr(baselines, "BLOCK", 7)
    assert linker.predict(test, train, vendors[train]).tolist() == whole.tolist()


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    """The parameter file of the smallest twin."""
    path = tmp_path_factory.mktemp("study") / "tiny.yaml"
    parameters = {"name": "tiny", "data": {"scale": 0.001, "pixels": 32}, "image": {"pixels": 32}, "bootstrap": 20}
    path.write_text(yaml.safe_dump(parameters))
    return str(path)


def baseline(study, out, name, **more):
    return Baseline("14_baselines", study, str(out), baseline=name, seed=1, **more)


@pytest.mark.parametrize(
    ("name", "modality", "wanted"),
    [
        ("oracle", "", ["oracle", "char-ngrams", "lib/runs/baselines.py"]),
        ("minhash", "image", ["minhash", "'image'", "about text items"]),
        ("perceptual-hash", "text", ["perceptual-hash", "'text'", "about image items"]),
        ("random", "multimodal", ["random", "'multimodal'", "text or image"]),
    ],
)
def test_what_there_is_no_baseline_for_says_so(study, tmp_path, name, modality, wanted):
    with pytest.raises(DataError) as error:
        baseline(study, tmp_path, name, modality=modality)
    for part in wanted:
        assert part in str(error.value)


@pytest.mark.parametrize(
    ("name", "modality", "expected"),
    [
        ("majority", "", "text"),
        ("majority", "image", "image"),
        ("perceptual-hash", "", "image"),
        ("bm25", "text", "text"),
    ],
)
def test_a_baseline_knows_what_it_is_about(study, tmp_path, name, modality, expected):
    assert baseline(study, tmp_path, name, modality=modality).data.modality == expected


def test_a_run_scores_its_vectors_and_leaves_a_record(study, tmp_path):
    run = baseline(study, tmp_path, "char-ngrams")
    identified, verified = run.identify(), run.verify()
    run.finish()
    written = read_json(tmp_path / "metrics.json")
    assert (written["modality"], written["weights"], written["key"]) == ("text", [], run.recorder.key)
    assert written["parameters"] == {"baseline": "char-ngrams", "seed": 1}
    assert written["energy"]["kwh"] >= 0 and written["energy"]["method"]
    assert written["identification"] == identified.to_dict("records")
    assert written["verification"] == verified.to_dict("records")

    items = run.data.items
    asked = items[(items["region"] == "south") & (items["part"] == "test")]
    predicted = pd.read_csv(tmp_path / "predictions.csv")
    assert predicted["text"].tolist() == asked["text"].tolist()
    assert predicted["truth"].tolist() == asked["vendor"].tolist()
    assert predicted["predicted"].isin(run.data.classes).all()

    queries = pd.read_csv(tmp_path / "queries.csv")
    assert set(queries["modality"]) == {"text"}
    vectors = run.model.counts.toarray()[items["text"]]
    for region in items["region"].unique():
        test, train = ((items["region"] == region) & (items["part"] == part) for part in ("test", "train"))
        expected = retrieval.evaluate(vectors[test], items["vendor"][test], vectors[train], items["vendor"][train])
        found = verified[verified["region"] == region].set_index("metric").loc[expected["metric"]]
        for column in ("mean", "std", "queries", "vendors"):
            assert found[column].to_numpy() == pytest.approx(expected[column].to_numpy()), (region, column)
        assert (queries["region"] == region).sum() == expected["queries"].iloc[0]


def test_steps_in_any_order_give_the_same(study, tmp_path):
    backwards = baseline(study, tmp_path / "backwards", "char-ngrams")
    backwards.verify()
    backwards.identify()
    backwards.finish()
    baseline(study, tmp_path / "at once", "char-ngrams").finish()
    for file in ("predictions.csv", "queries.csv"):
        assert (tmp_path / "backwards" / file).read_text() == (tmp_path / "at once" / file).read_text()


def test_pictures_are_linked_as_texts_are(study, tmp_path):
    run = baseline(study, tmp_path, "perceptual-hash")
    assert run.model.items.shape[1:] == (32, 32, 3)
    assert len(run.identify()) == 4
    assert run.verify()["mean"].between(0, 1).all()
    assert set(pd.read_csv(tmp_path / "predictions.csv").columns) == {"image", "truth", "predicted"}


def test_a_new_baseline_is_a_class_and_its_name(study, tmp_path, monkeypatch):
    class Length(baselines.SimilarityBaseline):
        """Texts are the more alike the less their lengths differ."""

        def similarity(self, queries, documents, vendors):
            lengths = np.array([len(text) for text in self.items])
            return -np.abs(lengths[queries][:, None] - lengths[documents])

    monkeypatch.setitem(BASELINES, "length", Length)
    monkeypatch.setitem(registry.BASELINES, "length", Length.kind)
    run = baseline(study, tmp_path, "length")
    assert len(run.identify()) == 4 and set(run.verify()["region"]) == {*run.data.ads.regions, "OOD", "ZS"}


def test_bm25_of_documents_without_a_word():
    assert bm25(["", " "], "apple").tolist() == [0, 0]


@pytest.mark.parametrize(
    ("name", "texts", "vendors", "words"),
    [
        ("char-ngrams", ["one text", "another"], [1, 1], "one vendor"),
        ("word-ngrams", ["!", "?"], [0, 1], "nothing to count"),
    ],
)
def test_a_classifier_says_what_it_lacks(name, texts, vendors, words):
    with pytest.raises(DataError, match=words):
        BASELINES[name](texts, seed=1).fit(np.arange(2), np.array(vendors))
