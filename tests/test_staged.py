"""What goes into a commit is searched for what sensitive data knows."""

import subprocess

import pandas as pd
import pytest
from PIL import Image

from lib.__main__ import main
from lib.pipeline import staged_files

AD = "A quiet room by the old harbour with a small balcony and strong coffee every morning. Ask for Zora."


def git(folder, *arguments):
    subprocess.run(["git", "-c", "user.name=x", "-c", "user.email=x@example.org", *arguments], cwd=folder, check=True)


@pytest.fixture
def repository(tmp_path):
    """A repository with a study of somebody's own ads, one of data that isn't here, and a parameter file that is
    none."""
    for folder in ("lib", "notebooks", "results/published", "params", "ads/images"):
        (tmp_path / folder).mkdir(parents=True)
    for n in range(4):
        Image.effect_noise((32, 32), 50 + n).convert("RGB").save(tmp_path / "ads" / "images" / f"{n}.png")
    rows = [{"TEXT": f"{AD} Number {n}.", "IMAGES": f"images/{n}.png", "VENDOR": f"zora-{n // 2}"} for n in range(4)]
    pd.DataFrame(rows).to_csv(tmp_path / "ads" / "south.csv", index=False)
    (tmp_path / "lib" / "own.py").write_text('"""Harbours."""\n')
    (tmp_path / "notebooks" / "01.ipynb").write_text("{}")
    (tmp_path / "results" / "published" / "t.csv").write_text("a\n1\n")
    (tmp_path / "params" / "answers.yaml").write_text("questions: []\n")
    for name, folder in (("mine", "ads"), ("gone", "gone")):
        text = f"name: {name}\ndata: {{source: matched, folder: {tmp_path / folder}}}\nruns: []\n"
        (tmp_path / "params" / f"{name}.yaml").write_text(text)
    for arguments in (["init", "-q"], ["add", "lib", "notebooks", "results"], ["commit", "-qm", "first"]):
        git(tmp_path, *arguments)
    return tmp_path


def test_an_ad_in_a_staged_notebook_is_found_and_not_shown(repository):
    [study] = staged_files.sensitive_studies(repository)
    assert study.name == "mine"
    pasted, clean = repository / "notebooks" / "01.ipynb", repository / "lib" / "own.py"
    pasted.write_text(f'{{"cells": [{{"cell_type": "markdown", "metadata": {{}}, "source": ["{AD}"]}}]}}')
    found = staged_files.search([pasted, clean], [study], repository)
    assert set(found["file"]) == {"notebooks/01.ipynb"} and {"text"} <= set(found["kind"])
    assert "harbour" not in found.to_string() and set(found["study"]) == {"mine"}
    assert staged_files.search([clean], [study], repository).empty


def test_what_the_last_commit_holds_is_public(repository):
    [study] = staged_files.sensitive_studies(repository)
    (repository / "lib" / "own.py").write_text(f'"""{AD}"""\n')
    git(repository, "commit", "-qam", "an example")
    assert staged_files.search([repository / "lib" / "own.py"], [study], repository).empty


def test_without_sensitive_data_there_is_nothing_to_do(capsys, monkeypatch):
    assert main(["staged", "README.md"]) == 0
    assert capsys.readouterr().out == ""


def test_a_finding_stops_the_commit(repository, monkeypatch, capsys):
    pasted = repository / "notebooks" / "01.ipynb"
    pasted.write_text(AD)
    monkeypatch.setattr(staged_files, "ROOT", repository)
    assert main(["staged", str(pasted)]) == 1
    assert "notebooks/01.ipynb" in capsys.readouterr().out
