"""Studies of a run or two beside an executed one: without Snakemake, in little time, failing, bundled, of own data."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest
from whole_studies import SMALL, TEXT, UNTRAINED, planned, run, study

from lib.core.files import read_json


def test_without_snakemake_papermill_alone_runs_the_same_notebooks(project, smoke):
    study(project, "plain", runs=[SMALL], chapters=["30_identification", "91_scorecard"])
    hidden = "import sys; sys.modules['snakemake'] = None; from lib.__main__ import main; sys.exit(main(sys.argv[1:]))"
    command = [sys.executable, "-c", hidden, "run", "plain", "--jobs", "2"]
    done = subprocess.run(command, cwd=project, capture_output=True, text=True)
    assert done.returncode == 0 and "Snakemake isn't installed" in done.stdout, done.stdout + done.stderr
    assert "[3/3] done     91_scorecard" in done.stdout and "3 steps run" in done.stdout
    again = run(project, "plain")
    assert again.returncode == 0 and "nothing was out of date" in again.stdout and planned(project, "plain") == []
    folder = "runs/baselines/char-ngrams/ad/seed1111/tables/verification.csv"
    one, two = (project / "studies" / name / folder for name in ("plain", "smoke"))
    assert one.read_bytes() == two.read_bytes()


def test_a_run_is_packed_when_it_ends_and_collected_elsewhere_it_counts_as_done(project, smoke):
    study(project, "carried", runs=[SMALL], chapters=["30_identification"])
    bundle = project / "out" / "carried.tar"
    done = run(project, "carried", "--bundle", str(bundle))
    assert done.returncode == 0 and [path.name for path in bundle.parent.iterdir()] == ["carried-001.tar"]
    shutil.move(project / "studies" / "carried", project / "studies" / "was")
    collected = subprocess.run(
        [sys.executable, "-m", "lib", "collect", "carried", str(bundle)], cwd=project, capture_output=True, text=True
    )
    assert collected.returncode == 0 and "1 runs merged" in collected.stdout, collected.stdout + collected.stderr
    assert planned(project, "carried") == ["30_identification"], "its run counts as done"
    again = run(project, "carried")
    assert again.returncode == 0 and "1 steps run" in again.stdout, again.stdout
    one, two = (project / "studies" / name / "tables/matched_table_02.csv" for name in ("was", "carried"))
    assert one.read_bytes() == two.read_bytes()


def test_a_study_that_has_not_the_time_ends_well_and_goes_on_from_there(project, smoke):
    """With a second nothing is finished but what can be said without runs; then the rest, to the same bytes."""
    study(project, "timed", runs=[SMALL, UNTRAINED], chapters=["30_identification", "90_paper_audit"])
    first = run(project, "timed", "--minutes", "0.03")
    assert first.returncode == 0, first.stdout + first.stderr
    assert "Left for another time (3)" in first.stdout and "30_identification" in first.stdout
    record = read_json(project / "studies/timed/study.json")
    assert set(record["left"]) == {
        "baselines/char-ngrams/ad/seed1111",
        "text/minilm-l6/pre-trained/ad/seed1111",
        "30_identification",
    }
    assert list(record["chapters"]) == ["90_paper_audit"] and record["runs"] == {}
    refused = subprocess.run(
        [sys.executable, "-m", "lib", "publish", "timed"], cwd=project, capture_output=True, text=True
    )
    assert refused.returncode != 0 and "3 of its notebooks are left" in refused.stderr
    second = run(project, "timed", "--minutes", "30")
    assert second.returncode == 0 and "Left" not in second.stdout, second.stdout
    assert read_json(project / "studies/timed/study.json")["left"] == []
    folder = "runs/baselines/char-ngrams/ad/seed1111/tables/verification.csv"
    one, two = (project / "studies" / name / folder for name in ("timed", "smoke"))
    assert one.read_bytes() == two.read_bytes()


def test_a_failed_notebook_is_kept_and_named_and_stops_no_other(project, smoke):
    failing = {"notebook": "11_image", "image": ["vgg-16"], "objective": ["ce"], "seed": [1111]}
    pretrained = {
        "notebook": "11_image",
        "image": ["efficientnet-lite0"],
        "objective": ["pre-trained"],
        "seed": [1111],
    }
    study(project, "failing", weights="require", runs=[failing, pretrained], chapters=[])
    done = run(project, "failing")
    assert done.returncode != 0
    [line] = [line for line in done.stdout.splitlines() if "FAILED" in line]
    assert "image/vgg-16/ce/ad/seed1111" in line and "weights: require" in line and ".failed.ipynb" in line
    assert "1 of the study's notebooks failed" in done.stdout and "Traceback" not in done.stdout
    folder = project / "studies/failing/runs/image"
    kept = (folder / "vgg-16/ce/ad/seed1111/notebook.failed.ipynb").read_text(encoding="utf-8")
    assert "DataError" in kept
    assert not (folder / "vgg-16/ce/ad/seed1111/metrics.json").exists()
    assert (folder / "efficientnet-lite0/pre-trained/ad/seed1111/metrics.json").exists(), done.stdout


@pytest.fixture
def own_data(project, smoke, tmp_path) -> Path:
    """The twin's ads as the user's own folder: one file with other columns.

    Each vendor has two names, so that a region has enough vendors for scores of sensitive data.
    """
    [twin] = [path for path in (project / "data/twin").iterdir() if path.name.startswith("scale0.001-seed1111")]
    folder = tmp_path / "my ads"
    shutil.copytree(twin / "images", folder / "images")
    tables = [pd.read_csv(path, dtype=str).assign(place=path.stem) for path in sorted(twin.glob("*.csv"))]
    ads = pd.concat(tables, ignore_index=True)
    half = ads.groupby(["place", "VENDOR"]).cumcount() % 2
    ads["seller"] = "seller-" + (2 * ads["VENDOR"].astype(int) + half).astype(str).str.zfill(4)
    ads = ads.rename(columns={"TEXT": "body", "IMAGES": "photos"})[["seller", "body", "place", "photos"]]
    ads.to_csv(folder / "ads.csv", index=False, sep=";")
    return folder


def own_study(project: Path, name: str, folder: Path, **change) -> None:
    columns = {"text": "body", "images": "photos", "vendor": "seller", "region": "place"}
    data = {"source": "matched", "folder": str(folder), "delimiter": ";", "columns": columns}
    study(project, name, **{"data": data, "runs": [{**TEXT, "objective": ["pre-trained"]}], **change})


def test_bad_input_is_one_paragraph_and_leaves_nothing(project, own_data):
    table = pd.read_csv(own_data / "ads.csv", dtype=str, sep=";")
    table.loc[3:40, "seller"] = ""
    table.to_csv(own_data / "ads.csv", index=False, sep=";")
    own_study(project, "own", own_data)
    done = run(project, "own")
    assert done.returncode != 0
    message = done.stderr.strip()
    assert message.count("\n") == 0 and "ads.csv" in message and "can't be used" in message and "38" in message
    assert not (project / "studies" / "own").exists()


def test_another_state_of_the_data_runs_anew_and_a_planted_record_fails_the_study(project, own_data):
    """Pictures are replaced by others of the same size and date, or a record is changed as if of other data or code."""
    own_study(project, "changing", own_data, runs=[SMALL], chapters=["30_identification"])
    assert run(project, "changing").returncode == 0
    again = run(project, "changing")
    assert again.returncode == 0 and "nothing was out of date" in again.stdout
    path = project / "studies/changing/runs/baselines/char-ngrams/ad/seed1111/metrics.json"
    found, times = read_json(path), path.stat()
    for planted in (
        {"key": "0" * 16},
        {"parameters": {"baseline": "bm25", "seed": 1111}},
        {"data": {"fingerprint": "0" * 64}},
    ):
        path.write_text(json.dumps(found | planted), encoding="utf-8")
        os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))
        failed = run(project, "changing")
        assert failed.returncode != 0 and f"its {next(iter(planted))} differs" in failed.stdout, failed.stdout
    path.write_text(json.dumps(found), encoding="utf-8")
    os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))
    healed = run(project, "changing")
    assert healed.returncode == 0 and "1 steps run" in healed.stdout, "the chapter that failed on the planted record"
    assert planned(project, "changing") == []
    picture = next((own_data / "images").rglob("*.jpg"))
    other = next(other for other in (own_data / "images").rglob("*.jpg") if other.read_bytes() != picture.read_bytes())
    was = picture.stat()
    picture.write_bytes(other.read_bytes())
    os.utime(picture, ns=(was.st_atime_ns, was.st_mtime_ns))
    assert planned(project, "changing") == ["30_identification", "baselines/char-ngrams/ad/seed1111"]


def test_own_data_shows_no_ad_and_a_leak_fails_the_study(project, own_data):
    chapters = [
        "00_start_here",
        "01_data",
        "02_labels_and_masking",
        "03_splits_and_leakage",
        "33_insights",
        "34_knowledge_graph",
        "36_one_ad",
    ]
    own_study(project, "mine", own_data, chapters=chapters, runs=[{**TEXT, "objective": ["ce+supcon"]}])
    done = run(project, "mine")
    assert done.returncode == 0, done.stdout + done.stderr
    out = project / "studies/mine"
    files = [path for path in out.rglob("*") if path.suffix in (".ipynb", ".csv", ".json")]
    written = "".join(path.read_text(encoding="utf-8") for path in files)
    ads = pd.read_csv(own_data / "ads.csv", dtype=str, sep=";")
    for text in ads["body"]:  # said again here, in the plainest way, beside the scanner's own check
        words = text.split()
        for start in range(max(1, len(words) - 7)):
            assert json.dumps(" ".join(words[start : start + 8]))[1:-1] not in written
    assert "seller-" not in written and not list((out / "figures").glob("contact*"))

    (out / "tables" / "extra.csv").write_text("who,ads\nall,9\nseller-0003,2\n", encoding="utf-8")
    again = run(project, "mine")
    assert again.returncode != 0 and "extra.csv" in again.stdout and "row 3" in again.stdout
    assert "seller-0003" not in again.stdout + again.stderr and not (out / "study.json").exists()
