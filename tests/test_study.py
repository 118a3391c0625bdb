"""Whole studies through the graph: executed, executed again after changes, at once, killed, published."""

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pandas as pd
import pytest
import yaml
from whole_studies import SMALL, TEXT, UNTRAINED, command, planned, run, study

from lib.core.files import ROOT, read_json


def test_every_notebook_runs(project, smoke):
    assert smoke.returncode == 0, smoke.stdout + smoke.stderr
    out = project / "studies" / "smoke"
    given = yaml.safe_load((project / "params" / "smoke.yaml").read_text(encoding="utf-8"))
    assert {path.stem for path in (out / "notebooks").glob("*.ipynb")} == set(given["chapters"]) - {"40_hotel_splits"}
    assert "40_hotel_splits was left out" in smoke.stdout and "aarashfeizi/revisited-hotels" in smoke.stdout
    finished, scored = (list((out / "runs").rglob(name)) for name in ("metrics.json", "queries.csv"))
    assert len(finished) == 10 and len(scored) == 9  # a search of hyper-parameters asks no query
    for name in (
        "runs",
        "matched_table_01",
        "matched_table_02",
        "matched_table_03",
        "matched_table_04",
        "identification_rows",
        "identification_neighbours",
        "speed_training",
        "matched_table_05",
        "matched_table_07",
        "matched_table_11",
        "matched_table_12",
        "open_set",
        "coverage",
        "calibration",
        "gallery_growth",
        "positives",
        "one_entity",
        "communities",
        "found",
        "one_ad",
        "speed_scoring",
        "speed_growth",
        "matched_table_08",
        "matched_table_09_alignment",
        "alignment_rewards",
        "claims_identification",
        "claims_verification",
        "verification",
    ):
        assert len(pd.read_csv(out / "tables" / f"{name}.csv")), name
    assert not list(out.rglob("*.failed.ipynb")) and not list(out.rglob("*.ckpt"))


def test_progress_is_shown(smoke):
    for words in ("running  text/minilm-l6/ce+supcon/ad/seed1111", "step 8/8", "[1/", "Read it from"):
        assert words in smoke.stdout
    assert "Traceback" not in smoke.stdout + smoke.stderr


def test_numbers_can_be_traced(project, smoke):
    found = read_json(project / "studies/smoke/runs/text/minilm-l6/ce+supcon/ad/seed1111/metrics.json")
    assert found["parameters"] == {"text": "minilm-l6", "objective": "ce+supcon", "seed": 1111}
    assert found["weights"][0]["label"] == "minilm-l6" and len(found["weights"][0]["sha256"]) == 64
    assert len(found["data"]["fingerprint"]) == len(found["code"]) == 64
    assert found["environment"]["device"] and found["wall_seconds"] > 0 and found["training"]["steps"] == 8
    record = read_json(project / "studies/smoke/study.json")
    assert record["wall_seconds"] > 0 and record["runs"]["text/minilm-l6/ce+supcon/ad/seed1111"]["key"] == found["key"]


def test_nothing_runs_again(project, smoke):
    before = {
        path: path.stat().st_mtime_ns
        for path in (project / "studies/smoke").rglob("*")
        if path.suffix in (".csv", ".ipynb", ".safetensors")
    }
    again = run(project, "smoke")
    assert again.returncode == 0 and "nothing was out of date" in again.stdout
    assert before == {path: path.stat().st_mtime_ns for path in before}


@pytest.mark.parametrize(
    ("file", "old", "new", "expected"),
    [
        ("lib/pipeline/report.py", 'label="training"', 'label="train"', {"chapters", "runs"}),
        ("lib/review/data_tables.py", '"Vendors": here', '"Vendors":  here', set()),
        ("lib/review/claimed_orders.yaml", "section 5 (i)", "section 5", {"claims"}),
        (
            "lib/runs/losses.py",
            '{"ce": 1.0, "supcon": 1.0}',
            '{"ce": 1.0, "supcon": 0.5}',
            {"chapters", "runs", "claims"},
        ),
    ],
)
def test_what_a_change_runs_again(project, smoke, file, old, new, expected):
    """Only what uses the changed code; layout and prose run nothing."""
    path = project / file
    text = path.read_text(encoding="utf-8")
    assert old in text
    try:
        path.write_text(text.replace(old, new), encoding="utf-8")
        names = planned(project, "smoke")
    finally:
        path.write_text(text, encoding="utf-8")
    assert ("30_identification" in names) == bool(expected & {"chapters", "claims"}), names
    assert any("/" in name for name in names) == ("runs" in expected), names


def test_published_and_run_again_on_the_same_machine_it_is_bit_equal(project, smoke):
    """A study is published, run anew from nothing, and its receipt says that all is equal. Published results stay."""
    study(project, "twice", runs=[SMALL, TEXT], chapters=["30_identification", "31_verification"])
    assert run(project, "twice").returncode == 0
    published = subprocess.run(
        [sys.executable, "-m", "lib", "publish", "twice"], cwd=project, capture_output=True, text=True
    )
    assert published.returncode == 0, published.stderr
    place = project / "results" / "twice"
    before = {path: path.read_bytes() for path in place.rglob("*") if path.is_file()}
    assert not [path for path in before if path.suffix not in (".ipynb", ".csv", ".json")]
    shutil.rmtree(project / "studies" / "twice")
    again = run(project, "twice")
    assert again.returncode == 0 and "published numbers equal, 0 verdicts changed" in again.stdout, again.stdout
    receipt = read_json(project / "studies" / "twice" / "receipt.json")
    assert receipt["numbers"] == receipt["judgements"]["equal"] > 300 and receipt["differs"] == {}
    assert receipt["times"]["runs"] and receipt["tolerance"]["relative"] == 0
    assert before == {path: path.read_bytes() for path in place.rglob("*") if path.is_file()}


def test_two_studies_at_once_on_the_same_data_both_end_well(project, smoke):
    """Neither has its twin, its decoded pictures or its texts' tokens yet: one makes them, and the other waits."""
    data = {"source": "twin", "scale": 0.001, "seed": 7, "pixels": 32}
    for name in ("left", "right"):
        study(project, name, data=data, runs=[SMALL, UNTRAINED], chapters=["31_verification"])
    begun = [
        subprocess.Popen(command(name), cwd=project, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        for name in ("left", "right")
    ]
    said = [process.communicate(timeout=1200)[0] for process in begun]
    assert [process.returncode for process in begun] == [0, 0], said
    tables = [project / "studies" / name / "tables" / "matched_table_05.csv" for name in ("left", "right")]
    assert tables[0].read_bytes() == tables[1].read_bytes()


def test_missing_packages_are_named_all_at_once(project):
    lacking = (
        "import sys, importlib.metadata as m; found = m.version\n"
        "def version(name):\n"
        "    if name in ('torch', 'bm25s'): raise m.PackageNotFoundError(name)\n"
        "    return found(name)\n"
        "m.version = version\n"
        "from lib.__main__ import main; main(['run', 'smoke'])"
    )
    done = subprocess.run([sys.executable, "-c", lacking], cwd=project, capture_output=True, text=True)
    assert done.returncode != 0 and "2 of the packages" in done.stderr and "torch, bm25s" in done.stderr


def test_killed_in_training_and_run_again_gives_the_same_tables(project, smoke):
    """SIGKILL to all processes once the first epoch's checkpoint is there; the smoke study has the undisturbed run."""
    study(project, "cut", runs=[TEXT], chapters=[])
    process = subprocess.Popen(
        command("cut"), cwd=project, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True
    )
    folder = project / "studies/cut/runs/text/minilm-l6/ce+supcon/ad/seed1111"
    deadline = time.monotonic() + 300
    while not list(folder.glob("checkpoint/*.ckpt")) and time.monotonic() < deadline:
        time.sleep(0.05)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    assert list(folder.glob("checkpoint/*.ckpt")) and not (folder / "metrics.json").exists()
    again = run(project, "cut")
    assert again.returncode == 0, again.stdout
    whole = project / "studies/smoke/runs/text/minilm-l6/ce+supcon/ad/seed1111"
    for table in ("tables/identification.csv", "tables/verification.csv", "predictions.csv"):
        assert (folder / table).read_bytes() == (whole / table).read_bytes(), table
    one, two = (pd.read_csv(path / "history.csv").drop(columns="seconds") for path in (folder, whole))
    pd.testing.assert_frame_equal(one, two, check_exact=True)


def test_some_chapters_only(project, smoke):
    again = run(project, "smoke", "--only", "01_data")
    assert again.returncode == 0 and "nothing was out of date" in again.stdout
    wrong = run(project, "smoke", "--only", "77_nothing")
    assert wrong.returncode != 0 and "77_nothing" in wrong.stderr and "01_data" in wrong.stderr


def test_a_second_process_is_told_to_wait(project, smoke):
    import fcntl

    with (project / "studies/smoke/.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        done = run(project, "smoke")
    assert done.returncode != 0 and "another process" in done.stderr


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("name: x\nepochs: 3\n", "epochs"),
        ("name: x\ndata: {scale: -1}\n", "data.scale"),
        ("- a\n", "YAML mapping"),
        ("name: x\nchapters: [77_nothing]\n", "77_nothing"),
        ("name: x\nruns: [{notebook: 10_text, seed: 3}]\n", "give a list"),
    ],
)
def test_a_wrong_parameter_file_says_where(project, content, words):
    (project / "params" / "wrong.yaml").write_text(content, encoding="utf-8")
    done = run(project, "wrong")
    assert done.returncode != 0 and words in done.stderr and "Traceback" not in done.stderr


def test_an_unknown_study_lists_the_known_ones(project):
    assert "quick" in run(project, "nothing").stderr


def test_plain_papermill_from_any_folder(tmp_path):
    """No make, no graph: the notebook makes its data on the way and writes where it was started."""
    given = {"study": "smoke", "out": "mine", "objective": "pre-trained"}
    parameters = [word for name, value in given.items() for word in ("-p", name, value)]
    papermill = str(Path(sys.executable).parent / "papermill")
    done = subprocess.run(
        [papermill, str(ROOT / "notebooks/10_text.ipynb"), "out.ipynb", *parameters],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    assert (tmp_path / "out.ipynb").exists() and (tmp_path / "mine/metrics.json").exists()
