"""What a site says first: the answers of its front page, and those at the head of chapters."""

import re

import made_up_claims
import pytest

from lib.core import published, yaml_files
from lib.core.files import ROOT
from lib.pipeline import claim_tables, front_page, site, solutions
from lib.review.verdicts import ClaimVerdict

HOSTILE = "<script>window.hacked = 1</script> | `x` $1$ **bold**"


def claims(folder, *rows):
    made_up_claims.ledger(folder, *rows)
    return claim_tables.read(folder)


def page(found) -> str:
    words = dict.fromkeys(("study", "about", "source", "machines", "standing", "runs", "finished", "svg", "name"), "")
    return solutions.template("index.md").render(front_page.parts(found), mark=front_page.claim_pages.mark, **words)


def test_every_claim_is_counted_once_and_has_one_mark(tmp_path):
    rows = [{"id": f"m{number:02}", "verdict": verdict.value} for number, verdict in enumerate(ClaimVerdict, 1)]
    found = front_page.parts(claims(tmp_path, *rows, {"id": "h01", "paper": "hotels", "verdict": "supported"}))
    assert found["claims"] == sum(sum(counts.values()) for counts in found["kinds"].values()) == len(rows) + 1
    marks = [mark for line in found["marks"] for of_paper in line["papers"] for mark in of_paper]
    assert sorted(re.findall(r'href="claims/(\w+)\.html"', "".join(marks))) == ["h01", *(row["id"] for row in rows)]
    assert found["kinds"]["measured"]["supported"] == 2


def test_a_question_is_answered_by_its_claims_with_what_was_and_could_have_been_shown(tmp_path):
    rows = [
        {"id": "m01", "low": -0.02, "high": 0.2, "smallest": 0.16},
        {"id": "m02", "low": -0.1, "high": 0.1, "smallest": 0.11},
        {"id": "m05", "verdict": "supported", "low": 0.16, "high": 0.53, "smallest": 0.2},
        {"id": "m20", "verdict": "not testable here", "low": float("nan"), "high": float("nan")},
    ]
    text = page(claims(tmp_path, *rows))
    assert "measured -0.10 to 0.20; could have shown 0.11 to 0.16</td>" in text
    assert "measured 0.16 to 0.53</td>" in text, "what is decided needs no power"
    assert text.count("?</th>") == 3, "questions of which this ledger has no claim are left out"
    assert re.search(r'href="claims/m20\.html"[^>]*><span[^>]*>not testable here</span></a></td><td></td>', text)


def test_a_study_without_claims_says_so():
    text = page([])
    assert "This study has no scorecard." in text and "<table" not in text and "## What ran on what" in text


def test_machines_of_runs_are_told_from_the_one_that_executed_the_chapters():
    here, there = ({"device": name, "processor": "a | b", "cores": 2} for name in ("cpu", "gpu"))
    assert (
        site._machines(here, {}) == site._machines(here, {"one": {"environment": here}}) == "cpu (a &#124; b, 2 cores)"
    )
    both = site._machines(here, {"one": {"environment": there}, "two": {"environment": here}})
    assert both == "runs: gpu (a &#124; b, 2 cores) and cpu (a &#124; b, 2 cores); chapters: cpu (a &#124; b, 2 cores)"


def test_a_chapter_begins_with_what_its_claims_came_to(tmp_path):
    rows = [{"id": "m01", "smallest": 0.16}, {"id": "m02", "verdict": "supported"}, {"id": "m03", "chapter": "33_x"}]
    found = claims(tmp_path, *rows)
    text = front_page.chapter_answer("01_data", found)
    assert "Of the 2 claims that this chapter tests: 1 <span" in text and "this study could have shown 0.16." in text
    assert text.index("m02") < text.index("m01"), "from the best verdict"
    assert "of the 1 claim that" in front_page.chapter_answer("33_x", found).lower()
    assert front_page.chapter_answer("40_hotel_splits", found) == ""


def test_what_a_statement_says_is_shown_as_it_is(tmp_path):
    found = claims(tmp_path, {"statement": HOSTILE})
    for text in (page(found), front_page.chapter_answer("01_data", found)):
        assert "<script>" not in text and "&lt;script&gt;" in text.replace("&#60;", "&lt;").replace("&#62;", "&gt;")
        for block in re.findall(r"<(?:table|details).*?</(?:table|details)>", text, re.DOTALL):
            assert "\n\n" not in block, "a blank line would end the HTML, and Markdown would begin"


@pytest.mark.parametrize("question", yaml_files.read(front_page.QUESTIONS, ""))
def test_the_questions_are_about_claims_of_the_ledger(question):
    known = set(published.claims()["id"])
    parts = yaml_files.read(front_page.QUESTIONS, "")[question]
    assert question.endswith("?") and {name for names in parts.values() for name in names} <= known


def test_every_published_ledger_is_answered():
    for folder in (ROOT / "results").iterdir():
        if (folder / "tables" / "ledger.csv").exists():
            assert "## All" in page(claim_tables.read(folder / "tables")), folder.name
