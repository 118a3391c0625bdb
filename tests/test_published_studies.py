"""What is committed under results/ comes from the code as it stands, and the README says what it says."""

import json
import re
import subprocess

import pandas as pd
import pytest

from lib import study, timings
from lib.files import ROOT, read_json

STUDIES = [path.parent.name for path in sorted((ROOT / "results").glob("*/study.json")) if path.parent.name != "smoke"]
LIMIT = 20 * 2**20


@pytest.mark.parametrize("name", STUDIES)
def test_executed_from_this_code(name):
    """The key of each run and chapter, over its code and parameters, is the one that it was executed with."""
    chosen, record = study.load(name), read_json(ROOT / "results" / name / "study.json")
    runs = chosen.all_runs()
    assert {run: found["key"] for run, found in record["runs"].items()} == {run: runs[run].key for run in runs}
    assert set(record["chapters"]) == set(chosen.chapters)
    assert record["chapters"] == {chapter: chosen.key(chapter, {}) for chapter in chosen.chapters}
    for run in runs.values():
        assert read_json(run.folder / "metrics.json")["key"] == run.key
        assert (run.folder / "notebook.ipynb").exists()


@pytest.mark.parametrize("name", STUDIES)
def test_tables_trace_to_runs(name):
    """Each number beside the paper's is in the metrics of the run that its row names."""
    folder = ROOT / "results" / name
    table = pd.read_csv(folder / "tables" / "matched_table_04.csv").dropna(subset="ours")
    assert len(table)
    for row in table.itertuples():
        metrics = read_json(folder / "runs" / row.run / "metrics.json")
        [found] = [score for score in metrics["identification"] if score["metric"] == row.metric]
        assert row.ours == pytest.approx(found["mean"]) and row.low <= row.ours <= row.high
        assert metrics["weights"] and metrics["data"]["fingerprint"] and metrics["code"]


@pytest.mark.parametrize("name", STUDIES)
def test_no_notebook_failed(name):
    for path in (ROOT / "results" / name).rglob("*.ipynb"):
        outputs = [
            output
            for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]
            for output in cell.get("outputs", [])
        ]
        assert not any(output["output_type"] == "error" for output in outputs), path
        assert not path.name.endswith(".failed.ipynb")


def test_readme_states_the_measured_times():
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    [block] = [found.group(0) for found in timings.BLOCK.finditer(text)]
    assert timings.readme_block(read_json(ROOT / "results/quick/study.json")) in block


def test_readme_maps_every_notebook_and_only_those():
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    named = set(re.findall(r"\]\(notebooks/(\w+)\.ipynb\)", text))
    assert named == {path.stem for path in (ROOT / "notebooks").glob("*.ipynb")}
    for target in re.findall(r"\]\(([^)#:]+)\)", text):
        assert (ROOT / target).exists(), target


def test_repository_stays_small_and_holds_no_data():
    try:
        names = subprocess.run(
            ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True
        ).stdout.split("\0")
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("not a git checkout")
    files = [ROOT / name for name in names if name and (ROOT / name).exists()]
    assert sum(path.stat().st_size for path in files) < LIMIT
    assert not [path for path in files if path.suffix in (".safetensors", ".ckpt", ".npy", ".pth", ".pkl", ".jpg")]
