"""lib.review.questionnaires, the checklists: questions with answers that come from the record where it has them."""

import pytest

from lib.core import data_state
from lib.core.errors import DataError
from lib.core.files import write_json
from lib.models.backbones import Provenance
from lib.review import questionnaires
from lib.study.plan import Study

RUN = {
    "data": {"train_region": "south", "fingerprint": "abcdef0123456789"},
    "environment": {
        "python": "3.11.7",
        "processor": "some CPU",
        "cores": 2,
        "device": "cpu",
        "packages": {"torch": "2.11.0"},
        "commit": "c0ffee",
    },
    "wall_seconds": 1800.0,
    "energy": {"kwh": 0.01, "co2_kg": 0.004, "method": "estimated"},
    "weights": [Provenance("text", "minilm-l6", "minilm-l6", "package", "ab" * 32, 1000).row()],
}


@pytest.fixture
def study(tmp_path, monkeypatch):
    monkeypatch.setattr(Study, "folder", property(lambda self: tmp_path))
    monkeypatch.setattr(data_state, "STATES", tmp_path / "states")  # the twin may have been read in this checkout
    chosen = Study(
        name="small", runs=[{"notebook": "10_text", "text": ["minilm-l6"], "objective": ["ce"], "seed": [7, 8]}]
    )
    for run in chosen.all_runs().values():
        write_json(run.folder / "metrics.json", RUN | run.identity)
    return chosen


def test_answers_are_filled_in_from_the_record(study):
    table = questionnaires.checklists(study)
    assert set(table["checklist"]) == {"REFORMS", "Responsible NLP (MATCHED A.1)"} and len(table) > 35
    said = table.set_index("question")["answer"]
    assert "2 runs, 1.0 hours" in said["Are parameters, budget and infrastructure reported?"]
    assert "seeds (7, 8)" in said["How is uncertainty given?"] and "c0ffee" in said["Is the code available?"]
    assert "minilm-l6 (package)" in said["Are models described?"] and (table["answer"] != "").all()


def test_what_the_record_lacks_is_said(tmp_path, monkeypatch):
    monkeypatch.setattr(Study, "folder", property(lambda self: tmp_path))
    said = questionnaires.checklists(Study(name="empty")).set_index("question")["answer"]
    assert questionnaires.UNKNOWN in said["Is the environment described?"]


@pytest.mark.parametrize(
    ("text", "match"),
    [
        ("A:\n  B:\n    Why?: because {nothing}", r"'Why\?': no record has \{nothing\}"),
        ("- one", "expected are checklists"),
        ("{", "expected are checklists"),
    ],
)
def test_a_file_that_is_not_one_is_an_error(tmp_path, text, match):
    path = tmp_path / "checklist.yaml"
    path.write_text(text)
    with pytest.raises(DataError, match=match):
        questionnaires.checklists(Study(name="empty"), path)
