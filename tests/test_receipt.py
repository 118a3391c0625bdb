"""The receipt sets each published number beside the new one and says what else differs."""

import copy

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lib.core.files import ROOT, read_json, write_json
from lib.review import receipt, receipt_numbers
from lib.review.receipt import Judgement
from lib.study import difference

RECORD = {
    "study": "x",
    "finished": "2026-01-01",
    "parameters": {"name": "x", "about": "", "training": {"epochs": 3, "text_lr": 1e-4}, "runs": [{"seed": [1, 2]}]},
    "environment": {
        "commit": "a",
        "python": "3.11",
        "processor": "A",
        "cores": 2,
        "device": "cpu",
        "packages": {"t": "1"},
    },
    "precision": "32-true",
    "chapters": {"30": "k0"},
    "runs": {"text/seed1": {"key": "k1", "wall_seconds": 10.0}, "text/seed2": {"key": "k2", "wall_seconds": 20.0}},
    "wall_seconds": 100.0,
}
SCORES = [
    {"system": "a", "run": "text/seed1", "ours": 0.5, "low": 0.4, "high": 0.6, "vendors": 7, "verdict": "supported"},
    {"system": "b", "run": "text/seed2", "ours": 0.7, "low": 0.6, "high": 0.8, "vendors": 7, "verdict": "undecided"},
]


def study(folder, record=RECORD, scores=SCORES, **tables):
    write_json(folder / "study.json", record)
    (folder / "tables").mkdir(exist_ok=True)
    for name, rows in {"scores": scores, **tables}.items():
        pd.DataFrame(rows).to_csv(folder / "tables" / f"{name}.csv", index=False)
    return folder


def changed(record=RECORD, **values):
    """The record with `environment__commit="b"` and the like."""
    made = copy.deepcopy(record)
    for path, value in values.items():
        *above, last = path.split("__")
        place = made
        for name in above:
            place = place[name]
        place[last] = value
    return made


def judged(folder):
    return receipt_numbers.read(folder)[1].set_index(["row", "column"])["judgement"].to_dict()


def test_the_same_study_again_is_equal(tmp_path):
    one, two = (study(tmp_path / name) for name in ("one", "two"))
    found = receipt_numbers.write(one, two)
    assert found["numbers"] == 4 and found["judgements"]["equal"] == 4 and not found["verdicts_changed"]
    assert found["differs"] == {} and found["tolerance"]["relative"] == 0
    assert receipt.line(found) == "4 of 4 published numbers equal, 0 verdicts changed"
    assert found["times"] == {"published": 100.0, "here": 100.0, "runs": [1.0, 1.0, 1.0]}


def test_each_number_is_judged(tmp_path):
    """A value with its interval is one number; another machine explains the last digits, and nothing else."""
    one = study(tmp_path / "one", other=[{"what": "gone", "n": 3}, {"what": "same", "n": 4}])
    scores = [SCORES[0] | {"ours": 0.55}, SCORES[1] | {"ours": 0.7 * (1 + 1e-7)}]
    record = changed(environment__processor="B", finished="later")
    two = study(tmp_path / "two", record, [*scores[::-1]], other=[{"what": "same", "n": 5}])
    receipt_numbers.write(one, two)
    assert judged(two) == {
        ("a", "ours"): "within its interval",
        ("b", "ours"): "within tolerance",
        ("a", "vendors"): "equal",
        ("b", "vendors"): "equal",
        ("gone", "n"): "not made here",
        ("same", "n"): "different",
    }


def test_on_the_same_machine_the_last_digit_counts(tmp_path):
    one = study(tmp_path / "one")
    two = study(tmp_path / "two", scores=[SCORES[0] | {"vendors": 8}, SCORES[1] | {"high": 0.8000000001}])
    receipt_numbers.write(one, two)
    assert judged(two)["a", "vendors"] == "different" and judged(two)["b", "ours"] == "within its interval"


def test_verdicts_that_changed_are_named(tmp_path):
    ledger = [
        {"id": "M1", "statement": "s", "verdict": "undecided"},
        {"id": "M2", "statement": "s", "verdict": "reversed"},
    ]
    one = study(tmp_path / "one", ledger=ledger)
    two = study(tmp_path / "two", ledger=[ledger[0] | {"verdict": "supported"}, ledger[1]])
    found = receipt_numbers.write(one, two)
    assert found["verdicts_changed"] == ["ledger, M1: undecided → supported"]
    assert receipt.line(found).endswith("1 verdict changed")


def test_files_that_are_lacking_here_are_said(tmp_path):
    one, two = study(tmp_path / "one", RECORD | {"own_hotels": "0123456789abcdef"}), study(tmp_path / "two")
    found = receipt_numbers.write(one, two)
    assert found["differs"] == {"own files of hotels (splits or pictures)": ["0123456789ab …", "none"]}


def test_what_else_differs_is_said(tmp_path):
    here = changed(
        environment__commit="b", environment__device="H200", environment__packages={"t": "2"}, precision="bf16-mixed"
    )
    here = changed(here, runs__other={"key": "x", "wall_seconds": 1.0})
    here["runs"] |= {"text/seed1": {"key": "new", "wall_seconds": 5.0}}
    one, two = study(tmp_path / "one"), study(tmp_path / "two", here)
    found = receipt_numbers.write(one, two)
    assert found["differs"] == {
        "commit": ["a", "b"],
        "device": ["cpu", "H200"],
        "precision": ["32-true", "bf16-mixed"],
        "version of t": ["1", "2"],
        receipt.STALE: ["text/seed1"],
    }
    assert found["tolerance"] == {"relative": 1e-2, "precision": "bf16-mixed", "device": "H200"}
    assert found["times"]["runs"] == [0.75, 0.5, 1.0]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"parameters__training__epochs": 4}, "training.epochs is 3 there and 4 here"),
        ({"parameters__runs": [{"seed": [1]}]}, "runs is "),
        ({"parameters__training__new": 1}, "training.new is None there and 1 here"),
    ],
)
def test_other_parameters_give_no_receipt_and_are_named(tmp_path, change, words):
    one, two = study(tmp_path / "one"), study(tmp_path / "two")
    assert receipt_numbers.write(one, two)
    study(two, changed(**change))
    assert receipt_numbers.write(one, two) is None and not receipt.exists(two)
    assert words in receipt.obstacle(one, two)


def test_about_is_no_parameter_of_results(tmp_path):
    one, two = study(tmp_path / "one"), study(tmp_path / "two", changed(parameters__about="another word"))
    assert receipt_numbers.write(one, two)


def test_it_counts_as_long_as_neither_side_changed(tmp_path):
    one, two = study(tmp_path / "one"), study(tmp_path / "two")
    assert receipt.current(one, two) is None
    assert receipt_numbers.write(one, two) == receipt.current(one, two)
    study(one, changed(finished="2027"))
    assert receipt.current(one, two) is None and receipt_numbers.write(one, two)["published"] == "2027"


@given(
    st.lists(
        st.tuples(st.sampled_from(["x", "y, z", "", "=1"]), st.floats(allow_nan=False, width=32)),
        min_size=1,
        max_size=9,
    ),
    st.randoms(use_true_random=False),
)
def test_any_table_equals_itself_in_any_order_of_its_words(tmp_path_factory, rows, chance):
    """Rows of the same words keep their order; all others are found by their words."""
    folders = [tmp_path_factory.mktemp("tables") for _ in range(2)]
    order = sorted(range(len(rows)), key=lambda place: (chance.random(), place))
    words = [word for word, _ in rows]
    shuffled = [rows[place] for place in order]
    numbers = {word: iter([row for row in rows if row[0] == word]) for word in words}
    shuffled = [next(numbers[word]) for word, _ in shuffled]
    for folder, table in zip(folders, (rows, shuffled), strict=True):
        pd.DataFrame(table, columns=["word", "n"]).to_csv(folder / "t.csv", index=False)
    table = receipt_numbers.compare(*folders, 0.0)
    assert len(table) == len(rows) and set(table["judgement"]) == {Judgement.EQUAL}


@pytest.mark.parametrize("name", ["quick", "openclipart", "hotels", "exercises"])
def test_published_studies_are_equal_to_themselves(name):
    folder = ROOT / "results" / name
    table = receipt_numbers.compare(folder / "tables", folder / "tables", 0.0)
    assert len(table) > 500 and set(table["judgement"]) == {"equal"}
    assert receipt_numbers.verdicts_changed(folder / "tables", folder / "tables") == []
    record = read_json(folder / "study.json")
    assert difference.parameters(record["parameters"], record["parameters"]) == ""
