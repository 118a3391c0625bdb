"""What is committed under results/ comes from the code as it stands, and the README maps what is there."""

import json
import re

import pandas as pd
import pytest

from lib.core import tables
from lib.core.files import ROOT, read_json
from lib.hotels import linking_losses
from lib.pipeline import execute, publish
from lib.study import plan

STUDIES = [path.parent.name for path in sorted((ROOT / "results").glob("*/study.json"))]
WITH_RUNS = [name for name in STUDIES if read_json(ROOT / "results" / name / "study.json")["runs"]]


def test_the_default_study_was_executed_from_this_code():
    """All of it, and the key of each run and chapter, over its code and parameters, is the one it was executed with."""
    chosen, record = plan.load("results/quick"), read_json(ROOT / "results" / "quick" / "study.json")
    vars(chosen)["own_hotels"] = record.get("own_hotels", "")  # the split files that it was executed with
    runs = chosen.all_runs()
    assert {run: found["key"] for run, found in record["runs"].items()} == {name: run.key for name, run in runs.items()}
    assert record["chapters"] == {chapter: chosen.key(chapter, {}) for chapter in chosen.chapters}
    for run in runs.values():
        assert read_json(run.folder / "metrics.json")["key"] == run.key
        assert (run.folder / "notebook.ipynb").exists()


@pytest.mark.parametrize("name", STUDIES)
def test_a_study_says_what_it_was_executed_from(name):
    """Larger ones take hours and are not executed again for each change: their record names the commit."""
    record = read_json(ROOT / "results" / name / "study.json")
    assert len(record["environment"]["commit"]) >= 7 and record["parameters"]["name"] == name
    for chapter in record["chapters"]:
        assert (ROOT / "results" / name / "notebooks" / f"{chapter}.ipynb").exists()


@pytest.mark.parametrize(
    "name", [name for name in WITH_RUNS if (ROOT / "results" / name / "tables/matched_table_04.csv").exists()]
)
def test_tables_trace_to_runs(name):
    """Each number beside the paper's is in the metrics of the run that its row names, or their mean over its seeds."""
    folder = ROOT / "results" / name
    table = pd.read_csv(folder / "tables" / "matched_table_04.csv").dropna(subset="ours")
    assert len(table)
    for row in table.itertuples():
        seeds = [read_json(path) for path in (folder / "runs" / row.run).parent.glob("seed*/metrics.json")]
        found = [score["mean"] for run in seeds for score in run["identification"] if score["metric"] == row.metric]
        assert len(found) == row.seeds and row.ours == pytest.approx(sum(found) / len(found))
        assert row.low <= row.ours <= row.high
        assert all(run["weights"] and run["data"]["fingerprint"] and run["code"] for run in seeds)


def test_hotels_have_every_loss_in_three_seeds_and_trace_to_them():
    """Each number of ours beside Table 5 is the mean of its runs', and no loss is missing."""
    folder = ROOT / "results" / "hotels"
    table = pd.read_csv(folder / "tables" / "hotels_table_05.csv").dropna(subset="ours")
    trained = table[~table["run"].str.contains("pre-trained")]
    losses = trained["run"].str.split("/").str[2]
    assert set(losses) == set(linking_losses.KINDS) and (trained["seeds"] >= 3).all()
    assert (trained.groupby(losses).size() == 8).all()  # two measures of four splits
    for row in trained.itertuples():
        runs = [read_json(path) for path in (folder / "runs" / row.run).parent.glob("seed*/metrics.json")]
        found = [
            score["mean"]
            for run in runs
            for score in run["linking"]
            if (score["metric"], score["split"]) == (row.metric, row.split)
        ]
        assert len(found) == row.seeds and row.ours == pytest.approx(sum(found) / len(found))


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


def test_two_published_studies_can_be_compared(tmp_path):
    """Chapter 95 as `make compare` executes it, on a study and itself: every number is within, none moved."""
    given = {"study": "results/quick", "other": "results/quick", "out": str(tmp_path)}
    execute.execute(plan.notebook("95_compare"), tmp_path / "95_compare.ipynb", given, "95_compare")
    moved = tables.chapter(tmp_path / "tables" / "compare.csv")
    assert len(moved) > 100 and set(moved["verdict"]) <= {"within", "no interval"} and set(moved["moved"]) == {"0.0"}
    assert "(one, published)" in (tmp_path / "95_compare.ipynb").read_text(encoding="utf-8")


def test_readme_maps_every_notebook_and_only_those():
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    named = set(re.findall(r"\]\(notebooks/(\w+)\.ipynb\)", text))
    assert named == {path.stem for path in (ROOT / "notebooks").glob("*.ipynb")}
    for target in re.findall(r"\]\(([^)#:]+)\)", text):
        assert (ROOT / target).exists(), target


def test_the_twin_of_the_default_study_meets_its_targets():
    """The calibration card, target by target. Scores of the untrained text encoder are met within their intervals."""
    card = pd.read_csv(ROOT / "results/quick/tables/calibration_card.csv")
    aimed = card[card["target"] == "yes"].set_index(["statistic", "region"])
    statistic = aimed.index.get_level_values("statistic")
    counts = aimed[statistic.isin(["ads", "texts", "images", "vendors"])]
    assert len(counts) == 20 and (counts["difference"] == 0).all()
    assert aimed.loc["share of faces", "difference"].abs().max() < 0.005
    tokens = aimed.loc["mean tokens of a text"]
    assert len(tokens) == 4 and (tokens["difference"] / tokens["published"]).abs().max() < 0.1
    assert aimed.loc["share of texts in English", "difference"].abs().max() < 0.003
    difficulty = aimed[statistic.str.contains("untrained text encoder")]
    assert len(difficulty) == 12 and (difficulty["met"] == "yes").all()
    assert difficulty["published"].between(difficulty["low"], difficulty["high"]).all()
    [baseline] = pd.read_csv(ROOT / "results/quick/tables/character_baseline.csv")["score"]
    assert 0.2 < baseline < 0.95


def test_repository_stays_small_and_holds_no_data():
    files = [ROOT / name for name in publish.tracked()]
    if not files:
        pytest.skip("not a git checkout")
    assert sum(path.stat().st_size for path in files) < publish.LIMIT
    assert not [path for path in files if path.suffix in (".safetensors", ".ckpt", ".npy", ".pth", ".pkl", ".jpg")]
