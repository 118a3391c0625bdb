"""Published results change by `publish` alone, whole or not at all, and it refuses what isn't fit to be published."""

import errno
import shutil
from pathlib import Path

import pandas as pd
import pytest
import yaml

from lib.core.errors import DataError
from lib.core.files import ROOT, locked, read_json, write_json
from lib.pipeline import publish
from lib.study import config, plan, steps

CHAPTER = "90_paper_audit"


@pytest.fixture
def study(tmp_path, monkeypatch):
    """A study of one chapter, executed and published in its first state, then executed again; and the function that
    publishes it."""
    for module in (config, steps, publish):
        monkeypatch.setattr(module, "ROOT", tmp_path)
    file = tmp_path / "params.yaml"
    file.write_text(yaml.safe_dump({"name": "small", "chapters": [CHAPTER]}), encoding="utf-8")
    chosen = plan.load(file)

    def executed(score: float) -> None:
        notebook = {"cells": [], "metadata": {steps.KEY: chosen.key(CHAPTER, {})}, "nbformat": 4, "nbformat_minor": 5}
        write_json(chosen.folder / "notebooks" / f"{CHAPTER}.ipynb", notebook)
        (chosen.folder / "tables").mkdir(exist_ok=True)
        pd.DataFrame({"check": ["one"], "ours": [score]}).to_csv(chosen.folder / "tables/paper_audit.csv", index=False)
        write_json(chosen.folder / "study.json", {"study": "small", "left": []})

    def publishes(partial: bool = False):
        return publish.publish(str(file), chosen, partial)

    executed(0.5)
    (publishes() / "README.md").write_text("by hand")
    executed(0.6)
    return chosen, publishes


def content(folder) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def test_what_was_run_replaces_what_is_published(study, tmp_path):
    chosen, publishes = study
    before = content(chosen.published().folder)
    assert "0.5" in before["tables/paper_audit.csv"].decode()
    (chosen.folder / "runs" / "other").mkdir(parents=True)
    (chosen.folder / "runs" / "other" / "weights.safetensors").write_bytes(b"large")
    place = publishes()
    after = content(place)
    assert place == tmp_path / "results" / "small" and before.keys() == after.keys()
    assert "0.6" in after["tables/paper_audit.csv"].decode() and after["README.md"] == b"by hand"
    assert {path.name for path in place.parent.iterdir()} == {"small"}


def failed(chosen):
    (chosen.folder / "runs" / "x").mkdir(parents=True)
    (chosen.folder / "runs" / "x" / "notebook.failed.ipynb").write_text("{}")


def stale(chosen):
    path = chosen.folder / "notebooks" / f"{CHAPTER}.ipynb"
    write_json(path, read_json(path) | {"metadata": {steps.KEY: "0" * 16}})


def orphaned(chosen):
    (chosen.folder / "tables" / "old_name.csv").write_text("a\n1\n")


def with_a_path(chosen):
    (chosen.folder / "tables" / "paper_audit.csv").write_text(f"a\n{publish.ROOT}/x\n")


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (failed, "notebook.failed.ipynb: this notebook failed"),
        (stale, f"{CHAPTER} is stale"),
        (orphaned, "tables/old_name.csv: no chapter of this study writes it"),
        (with_a_path, "shows the path of a folder of this machine"),
        (lambda chosen: (chosen.folder / "study.json").unlink(), "was not run to its end"),
        (lambda chosen: shutil.rmtree(chosen.folder / "notebooks"), f"{CHAPTER} was not run"),
        (lambda chosen: write_json(chosen.folder / "study.json", {"left": ["a", "b"]}), "2 of its notebooks are left"),
    ],
)
def test_it_refuses_what_is_not_fit_and_changes_nothing(study, spoil, words):
    chosen, publishes = study
    before = content(chosen.published().folder)
    spoil(chosen)
    with pytest.raises(DataError, match=words):
        publishes()
    assert content(chosen.published().folder) == before


def test_a_chapter_that_cannot_be_checked_is_refused(study):
    chosen, publishes = study
    write_json(chosen.folder / "notebooks" / "40_hotel_splits.ipynb", {"metadata": {}, "cells": []})
    with pytest.raises(DataError, match=r"40_hotel_splits.*can't be checked"):
        publishes()


def test_a_study_with_something_left_can_be_published_as_such(study):
    chosen, publishes = study
    write_json(chosen.folder / "study.json", {"study": "small", "left": ["text/x/seed1"]})
    assert read_json(publishes(partial=True) / "study.json")["left"] == ["text/x/seed1"]


def test_the_repository_stays_within_its_size(study, monkeypatch):
    _, publishes = study
    monkeypatch.setattr(publish, "LIMIT", 100)
    with pytest.raises(DataError, match="together it may have"):
        publishes()


def test_while_it_is_run_nothing_is_published(study):
    chosen, publishes = study
    with locked(chosen.folder / ".lock"), pytest.raises(DataError, match="run by another process"):
        publishes()


@pytest.mark.parametrize("copied", range(3))
def test_a_full_disk_leaves_the_old_results_whole(study, monkeypatch, copied):
    chosen, publishes = study
    before, written, write = content(chosen.published().folder), [], Path.write_bytes

    def until_full(target, data):
        if len(written) == copied:
            raise OSError(errno.ENOSPC, "No space left on device")
        written.append(write(target, data))

    monkeypatch.setattr(Path, "write_bytes", until_full)
    with pytest.raises(OSError, match="No space left"):
        publishes()
    assert content(chosen.published().folder) == before
    assert {path.name for path in chosen.published().folder.parent.iterdir()} == {"small"}


@pytest.mark.parametrize("state", ["new is half written", "between the two steps", "old is not cleared up"])
def test_a_kill_at_any_point_is_made_good_by_the_next(study, state):
    chosen, publishes = study
    place = chosen.published().folder
    if state == "new is half written":
        (place.parent / ".small.new" / "tables").mkdir(parents=True)
    elif state == "between the two steps":
        place.rename(place.parent / ".small.old")
    else:
        shutil.copytree(place, place.parent / ".small.old")
    publishes()
    assert "0.6" in content(place)["tables/paper_audit.csv"].decode() and (place / "README.md").exists()
    assert {path.name for path in place.parent.iterdir()} == {"small"}


def test_every_published_table_is_one_that_a_notebook_writes():
    """Also those whose names are put together, such as those of the papers' tables."""
    for name in ("quick", "openclipart", "iconify", "hotels", "exercises"):
        written = [publish._written(path) for path in (ROOT / "notebooks").glob("*.ipynb")]
        for path in (ROOT / "results" / name / "tables").glob("*.csv"):
            assert any(pattern.fullmatch(path.stem) for patterns in written for pattern in patterns), path
