"""Prose is spelt as in Britain (`make lint` finds what is misspelt anywhere)."""

import ast
import json
import re
from importlib.resources import files

import pytest

from lib.core.files import ROOT

PAGES = [ROOT / name for name in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md")]
PAGES += [path for folder in ("docs", "site", "notebooks", "lib") for path in sorted((ROOT / folder).rglob("*"))]
ELSEWHERE = {"meter", "program"}
"""American words that are British too, of a device and on a computer."""
NAMES = re.compile(r"Labeled Faces|LICENSE")
NO_PROSE = re.compile(r"`[^`]*`|\]\([^)]*\)|https?://\S+|<[^>]*>|^```.*?^```", re.DOTALL | re.MULTILINE)


def american() -> dict[str, str]:
    """American words and how they are spelt in Britain, as codespell has them."""
    listed = files("codespell_lib") / "data" / "dictionary_en-GB_to_en-US.txt"
    pairs = (line.strip().split("->") for line in listed.read_text(encoding="utf-8").splitlines())
    return {word.strip(): british for british, words in pairs for word in words.rstrip(",").split(",")}


def prose(path) -> str:
    """The sentences of a page, of a notebook's Markdown, or of a module's docstrings."""
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".ipynb":
        cells = json.loads(text)["cells"]
        text = "\n".join("".join(cell["source"]) for cell in cells if cell["cell_type"] == "markdown")
    elif path.suffix == ".py":
        nodes = (ast.Module, ast.ClassDef, ast.FunctionDef)
        text = "\n".join(ast.get_docstring(node) or "" for node in ast.walk(ast.parse(text)) if isinstance(node, nodes))
    return NO_PROSE.sub(" ", NAMES.sub(" ", text))


@pytest.fixture(scope="module")
def words():
    return american()


@pytest.mark.parametrize("suffix", [".md", ".ipynb", ".py"])
def test_prose_is_british(words, suffix):
    found = [
        f"{path.relative_to(ROOT)}: {word}, for {words[word.lower()]}"
        for path in PAGES
        if path.suffix == suffix
        for word in re.findall(r"[A-Za-z]+", prose(path))
        if word.lower() in words and word.lower() not in ELSEWHERE
    ]
    assert not found


def test_american_words_are_found(words):
    assert words["color"] == "colour" and len(words) > 400
