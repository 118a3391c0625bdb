"""Whole studies through the graph, in a copy of the project whose path has spaces and braces in it."""

import json
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

from lib.core.files import ROOT, read_json

TEXT = {"notebook": "10_text", "text": ["minilm-l6"], "objective": ["ce+supcon"], "seed": [1111]}


@pytest.fixture(scope="session")
def project(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("a folder") / "the {project}"
    for name in ("lib", "notebooks", "params", "results/published"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("Snakefile", "bootstrap.py", "requirements.in", "requirements.lock", "pyproject.toml", "Makefile"):
        shutil.copy(ROOT / name, folder / name)
    return folder


def study(project: Path, name: str, **change) -> None:
    """Write params/<name>.yaml: the smoke study with some of its fields changed."""
    given = yaml.safe_load((ROOT / "params" / "smoke.yaml").read_text(encoding="utf-8"))
    (project / "params" / f"{name}.yaml").write_text(
        yaml.safe_dump({**given, "name": name, **change}, sort_keys=False), encoding="utf-8"
    )


def command(name: str, *arguments: str) -> list[str]:
    return [sys.executable, "-m", "lib", "run", name, "--jobs", "2", *arguments]


def run(project: Path, name: str, *arguments: str) -> subprocess.CompletedProcess:
    environment = {key: value for key, value in os.environ.items() if key != "HOTEL_SPLITS"}
    return subprocess.run(
        command(name, *arguments), cwd=project, capture_output=True, text=True, timeout=1700, env=environment
    )


@pytest.fixture(scope="session")
def smoke(project) -> subprocess.CompletedProcess:
    return run(project, "smoke")


def planned(project: Path, name: str) -> list[str]:
    """What the graph would run: the lines that Snakemake's dry run names notebooks in."""
    shown = subprocess.run(
        [
            sys.executable,
            "-m",
            "snakemake",
            "--cores",
            "1",
            "--config",
            f"study={name}",
            "--dry-run",
            "--printshellcmds",
            "--nolock",
            "--rerun-triggers",
            "params",
            "mtime",
        ],
        cwd=project,
        capture_output=True,
        text=True,
        check=True,
    )
    return sorted({line.split("--label ")[1].split(" ")[0] for line in shown.stdout.splitlines() if "--label " in line})


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
    for words in ("running  text/minilm-l6/ce+supcon/ad/seed1111", "epoch 2/2", "[1/", "Read it from"):
        assert words in smoke.stdout
    assert "Traceback" not in smoke.stdout + smoke.stderr


def test_numbers_can_be_traced(project, smoke):
    found = read_json(project / "studies/smoke/runs/text/minilm-l6/ce+supcon/ad/seed1111/metrics.json")
    assert found["parameters"] == {"text": "minilm-l6", "objective": "ce+supcon", "seed": 1111}
    assert found["weights"][0]["label"] == "minilm-l6" and len(found["weights"][0]["sha256"]) == 64
    assert len(found["data"]["fingerprint"]) == len(found["code"]) == 64
    assert found["environment"]["device"] and found["wall_seconds"] > 0 and found["training"]["epochs"] == 2
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


SMALL = {"notebook": "14_baselines", "baseline": ["char-ngrams"], "seed": [1111]}
UNTRAINED = {**TEXT, "objective": ["pre-trained"]}
"""Runs of seconds."""


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


def test_some_chapters_only(project, smoke):
    again = run(project, "smoke", "--only", "01_data")
    assert again.returncode == 0 and "nothing was out of date" in again.stdout
    wrong = run(project, "smoke", "--only", "77_nothing")
    assert wrong.returncode != 0 and "77_nothing" in wrong.stderr and "01_data" in wrong.stderr


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
    baseline = {"notebook": "14_baselines", "baseline": ["char-ngrams"], "seed": [1111]}
    own_study(project, "changing", own_data, runs=[baseline], chapters=["31_verification"])
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
    assert planned(project, "changing") == ["31_verification", "baselines/char-ngrams/ad/seed1111"]


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
