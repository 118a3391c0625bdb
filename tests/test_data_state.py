"""The state of the user's data is its bytes, whatever its dates say, and a record of another state is refused."""

import json
import os
import shutil
import time

import pytest
import yaml

from lib.core import data_state, file_digests
from lib.core.errors import DataError
from lib.core.files import read_json, write_json
from lib.runs import results
from lib.study import plan


@pytest.fixture
def folder(tmp_path):
    """Two tables and three pictures, one of which no table names."""
    ads = tmp_path / "ads"
    (ads / "pictures").mkdir(parents=True)
    for name in ("one", "two", "other"):
        (ads / "pictures" / f"{name}.jpg").write_bytes(name.encode() * 10)
    (ads / "south.csv").write_text("TEXT,IMAGES,VENDOR\na text,pictures/one.jpg|pictures/two.jpg,1\n")
    (ads / "PARIS.CSV").write_text("TEXT,IMAGES,VENDOR\nanother,pictures/two.jpg,2\n")
    return ads


def state(folder, **more):
    return data_state.of_tables(folder, "IMAGES", "|", cache=folder.parent / "cache", **more)


def age(folder):
    """Let the files be older than a tick of the clock, so that their digests are remembered."""
    old = time.time() - 100
    for path in folder.rglob("*"):
        os.utime(path, (old, old))


CHANGES = {
    "a table's cell": lambda folder: (folder / "south.csv").write_text("TEXT,IMAGES,VENDOR\nA text,,1\n"),
    "a table with an ending in capitals": lambda folder: (folder / "PARIS.CSV").write_text(
        "TEXT,IMAGES,VENDOR\nx,,3\n"
    ),
    "a table's name": lambda folder: (folder / "PARIS.CSV").rename(folder / "rome.csv"),
    "a new table": lambda folder: (folder / "west.tsv").write_text("TEXT\tIMAGES\tVENDOR\nx\t\t3\n"),
    "a picture": lambda folder: (folder / "pictures/one.jpg").write_bytes(b"eno" * 10),
    "a picture that is gone": lambda folder: (folder / "pictures/two.jpg").unlink(),
    "two pictures exchanged": lambda folder: exchanged(folder / "pictures/one.jpg", folder / "pictures/two.jpg"),
}


def exchanged(one, two):
    between = one.with_name("between")
    one.rename(between), two.rename(one), between.rename(two)


@pytest.mark.parametrize("what", CHANGES)
@pytest.mark.parametrize("dated_back", [False, True])
def test_a_change_is_seen_whatever_the_dates_say(folder, what, dated_back):
    age(folder)
    before, times = state(folder), {path: path.stat() for path in folder.rglob("*")}
    assert state(folder) == before
    CHANGES[what](folder)
    for path, was in times.items() if dated_back else ():
        if path.exists():
            os.utime(path, ns=(was.st_atime_ns, was.st_mtime_ns))  # as `cp -p` or an archive would
    assert state(folder) != before


def test_what_does_not_count_changes_nothing(folder):
    before = state(folder)
    (folder / "pictures" / "other.jpg").write_bytes(b"not named by any table")
    (folder / "notes.txt").write_text("of the user's")
    os.utime(folder / "south.csv", (1, 1))
    (folder / "south.csv").chmod(0o600)
    assert state(folder) == before
    shutil.copytree(folder, folder.parent / "copy")
    assert state(folder.parent / "copy") == before


def test_an_unchanged_folder_costs_no_reading(folder, monkeypatch):
    monkeypatch.setattr(file_digests, "TICK", -(10**12))  # the files of this test were written just now
    before, read = state(folder), []
    monkeypatch.setattr(file_digests, "sha256", lambda path: read.append(path) or "0" * 64)
    assert state(folder) == before and not read
    (folder / "pictures/one.jpg").write_bytes(b"new")
    assert state(folder) != before and [path.name for path in read] == ["one.jpg"]


def test_a_file_that_was_written_just_now_is_read_again(folder):
    """A second change within the clock's tick leaves size and times as they are."""
    path = folder / "pictures/one.jpg"
    before, was = state(folder), path.stat()
    content = path.read_bytes()
    path.write_bytes(content[::-1])
    memories = {path: json.loads(path.read_text()) for path in (folder.parent / "cache").glob("digests-*.json")}
    [(memory, rows)] = [(path, rows) for path, rows in memories.items() if "pictures/one.jpg" in rows]
    now = path.stat()  # as if the clock hadn't moved between the two writes
    rows["pictures/one.jpg"][1:3] = [now.st_mtime_ns, now.st_ctime_ns]
    memory.write_text(json.dumps(rows))
    assert was.st_size == now.st_size and state(folder) != before


@pytest.mark.parametrize("content", ["", "no json", "[]", '{"pictures/one.jpg": 5}', '{"pictures/one.jpg": [1, 2]}'])
def test_a_broken_memory_is_none(folder, content):
    before = state(folder)
    for memory in (folder.parent / "cache").glob("digests-*.json"):
        memory.write_text(content)
    assert state(folder) == before


def test_keys_are_the_same_wherever_the_project_lies(tmp_path):
    one, two = (tmp_path / name / "sheet.yaml" for name in ("one", "two"))
    for path in (one, two):
        path.parent.mkdir()
        path.write_text("the same")
    assert data_state.of_files([one], one.parent) == data_state.of_files([two], two.parent)


def test_odd_folders_have_a_state(folder, tmp_path):
    assert data_state.of_tables(tmp_path / "nowhere", "IMAGES") == "" == data_state.of_folder(tmp_path / "nowhere")
    (folder / "broken.csv").write_bytes(b'\xff\xfe"')
    os.mkfifo(folder / "pictures" / "fifo.jpg")
    (folder / "south.csv").write_text("TEXT,IMAGES,VENDOR\na,pictures/fifo.jpg|pictures|../x|\0,1\n")
    assert state(folder) != state(tmp_path)
    assert data_state.of_folder(folder) != data_state.of_folder(folder / "pictures")


# Keys and records ----------------------------------------------------------------------------------------------------

RUN = {"notebook": "10_text", "text": ["minilm-l6"], "objective": ["ce"], "seed": [1, 2]}


@pytest.fixture
def own(folder, tmp_path, monkeypatch):
    """A function that loads a study of the folder anew, its results and notes under tmp_path."""
    monkeypatch.setattr(plan.Study, "folder", property(lambda self: tmp_path / "results"))
    monkeypatch.setattr(plan.Study, "cache", property(lambda self: tmp_path / "cache"))
    monkeypatch.setattr(data_state, "STATES", tmp_path / "states")
    weights = tmp_path / "weights"
    (weights / "minilm-l6").mkdir(parents=True), (weights / "declutr-small").mkdir()
    (weights / "minilm-l6" / "model.safetensors").write_bytes(b"weights")
    path = tmp_path / "own.yaml"
    given = {"name": "own", "data": {"source": "matched", "folder": str(folder)}, "runs": [RUN]}
    path.write_text(yaml.safe_dump(given | {"weights_folder": str(weights)}))
    return lambda: plan.load(path)


def keys(chosen):
    return [run.key for run in chosen.all_runs().values()]


@pytest.mark.parametrize("what", CHANGES)
def test_the_data_is_part_of_every_key(folder, own, what):
    before, chapter = keys(own()), own().key("01_data", {})
    assert keys(own()) == before and len(set(before)) == 2
    audit = own().key("90_paper_audit", {})
    CHANGES[what](folder)
    assert not set(keys(own())) & set(before) and own().key("01_data", {}) != chapter
    assert own().key("90_paper_audit", {}) == audit  # it reads no data


def test_weights_of_ones_own_are_part_of_the_keys_of_what_uses_them(own, tmp_path):
    before = keys(own())
    (tmp_path / "weights" / "declutr-small" / "model.safetensors").write_bytes(b"of a backbone that no run has")
    assert keys(own()) == before
    (tmp_path / "weights" / "minilm-l6" / "model.safetensors").write_bytes(b"WEIGHTS")
    assert not set(keys(own())) & set(before)


def test_data_that_is_read_is_what_it_was_when_it_was_first_read(own, tmp_path, folder):
    chosen = own()
    data_state.note_fingerprint(chosen.ads_identity, "a" * 64, folder)
    data_state.note_fingerprint(chosen.ads_identity, "a" * 64, folder)
    with pytest.raises(DataError, match="not what they were when they were first read"):
        data_state.note_fingerprint(chosen.ads_identity, "b" * 64, folder)


PLANTED = {
    "study": {"study": "another"},
    "notebook": {"notebook": "11_image"},
    "parameters": {"parameters": {"text": "minilm-l6", "objective": "supcon", "seed": 1}},
    "key": {"key": "0123456789abcdef"},
    "data": {"data": {"fingerprint": "c" * 64}},
}


@pytest.mark.parametrize("what", PLANTED)
def test_a_record_of_anything_else_is_not_read(own, folder, what):
    chosen = own()
    data_state.note_fingerprint(chosen.ads_identity, "a" * 64, folder)
    for run in chosen.all_runs().values():
        write_json(run.folder / "metrics.json", run.identity | {"data": {"fingerprint": "a" * 64}})
        assert run.record().key == run.key
    path = next(iter(chosen.all_runs().values())).folder / "metrics.json"
    write_json(path, read_json(path) | PLANTED[what])
    with pytest.raises(DataError, match=rf"another run than text/minilm-l6/ce/ad/seed1 as planned: its {what} differs"):
        results.load(chosen)


def test_a_record_of_another_state_of_the_data_is_not_read(own, folder):
    for run in own().all_runs().values():
        write_json(run.folder / "metrics.json", run.identity)
    CHANGES["a picture"](folder)
    with pytest.raises(DataError, match="its key differs"):
        results.load(own())
