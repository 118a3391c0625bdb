"""The pages of claims: from a study's tables to the words and numbers of a page (tests/test_site.py has them built)."""

import html
import re
import xml.etree.ElementTree as ElementTree

import made_up_claims
import pytest

from lib.core.errors import DataError
from lib.core.files import ROOT
from lib.pipeline import claim_figure, claim_pages, claim_tables, figures, page_links
from lib.review.claim_tests import TESTS
from lib.review.verdicts import ClaimVerdict

SVG = "{http://www.w3.org/2000/svg}"


def page(tables, tmp_path, name="m01", chapters=("01_data",), runs=("text/x/ce/seed1",)) -> str:
    """A claim's page as Markdown."""
    claim_pages.write(claim_tables.read(tables), chapters, runs, tmp_path / "pages", tmp_path / "extra")
    return (tmp_path / "pages" / "claims" / f"{name}.md").read_text(encoding="utf-8")


def test_a_page_holds_what_a_reader_needs_to_check_the_verdict(tmp_path):
    made_up_claims.ledger(tmp_path / "tables", made_up_claims.LATER)
    made_up_claims.others(tmp_path / "tables")
    text = html.unescape(page(tmp_path / "tables", tmp_path))
    for words in (
        ">undecided</span> MATCHED, Table 2",
        "by corrected undecided",
        "whether the objective helps",
        "some real set",
        "| smallest effect that this study could have shown (80 % power) | 0.123 |",
        "| 1,234 |",
        "more would not decide it",
        "The printed difference is within its own noise.",
        "The notebook has another number.",
        "follows the plan",
        "<td>0.043</td>",
        "<td>0.009</td>",
        '<a href="../runs.html#run-text-x-ce-seed1">text/x/ce/seed1</a>',
        "<code>text/x/gone/seed1</code>",
        '<a href="../01_data.html">',
        "lib.review.claimed_orders</code>",
        '<a href="m01_claims_identification.csv" download>',
    ):
        assert words in text, words
    written = (tmp_path / "extra" / "claims" / "m01_claims_identification.csv").read_text(encoding="utf-8")
    assert written.count("\n") == 3 and "text/x/gone/seed1" in written


def test_parts_whose_tables_a_study_lacks_are_left_out(tmp_path):
    made_up_claims.ledger(tmp_path / "tables", {"id": "m99", "runs": "", "chapter": ""})
    text = page(tmp_path / "tables", tmp_path, "m99")
    headings = re.findall("^## (.+)$", text, re.MULTILINE)
    assert headings == ["Printed and measured", "What the data can say", "Where it comes from"]
    assert "no real set was run in this study" in text and "+0.08 (+0.001 to +0.17)" in text


def test_a_cell_of_nothing_but_a_verdict_is_coloured():
    table = '<td id="a">undecided</td><td>undecided since</td><td>not testable here</td><th>supported</th>'
    found = claim_pages.marked(table)
    assert re.findall('<span class="verdict"[^>]*>([^<]+)</span>', found) == ["undecided", "not testable here"]
    assert re.sub("</?span[^>]*>", "", found) == table


def test_without_a_ledger_there_are_no_pages(tmp_path):
    assert claim_tables.read(tmp_path) == []
    assert claim_pages.write([], (), (), tmp_path / "pages", tmp_path / "extra") == ""
    assert not (tmp_path / "pages").exists()


@pytest.mark.parametrize("study", ["quick", "openclipart", "hotels"])
def test_every_claim_of_a_published_study_has_a_page(study, tmp_path):
    claims = claim_tables.read(ROOT / "results" / study / "tables")
    claim_pages.write(claims, (), (), tmp_path / "pages", tmp_path / "extra")
    written = {path.stem for path in (tmp_path / "pages" / "claims").glob("*.md")}
    assert written == {"index", *(claim.row["id"] for claim in claims)} and len(written) > 50


def test_a_figure_has_both_intervals_and_says_its_numbers(tmp_path):
    made_up_claims.ledger(tmp_path, {})
    made_up_claims.others(tmp_path)
    [claim] = claim_tables.read(tmp_path)
    [row] = claim_figure.rows(claim)  # the variant that was not run has none
    printed, ours = row.marks
    assert row.label == "described: undecided"
    assert (ours.value, ours.low, ours.high) == (0.08, 0.001, 0.17)
    assert printed.value == 0.016 and printed.high - printed.low == pytest.approx(2 * 1.959964 * 0.02)
    svg = ElementTree.fromstring(claim_figure.drawn([row], "A <title>", "difference", claim_figure.margin(claim)))
    assert svg.find(f"{SVG}title").text == "A <title>"
    said = svg.find(f"{SVG}desc").text
    assert "ours +0.08 (+0.001 to +0.17)" in said and "paper +0.016 (-0.0232 to +0.0552)" in said
    assert "margin of 0.01" in said
    width = float(svg.get("viewBox").split()[2])
    places = [float(mark.get("cx")) for mark in svg.iter(f"{SVG}circle")]
    places += [float(line.get(end)) for line in svg.iter(f"{SVG}line") for end in ("x1", "x2")]
    assert all(0 <= place <= width for place in places)


def test_a_printed_interval_belongs_to_its_region(tmp_path):
    made_up_claims.ledger(tmp_path, {"id": "m15"})
    statement = "CE+SupCon retrieves better than CE, by text"
    regions = ("South", "West")
    rows = [made_up_claims.COMPARISON | {"claim": f"{statement}, {region}"} for region in regions]
    made_up_claims._write(tmp_path, "claims_verification", *rows)
    error = made_up_claims.ERROR | {"claim": "m15", "statement": statement, "split": "West", "se_5": 0.1}
    made_up_claims._write(tmp_path, "printed_error", error)
    south, west = claim_figure.rows(claim_tables.read(tmp_path)[0])
    assert [south.label, west.label] == ["South, described: undecided", "West, described: undecided"]
    assert not south.marks[0].has_interval
    assert west.marks[0].high == pytest.approx(0.016 + 0.196, abs=1e-4)


def test_a_figure_of_one_number_is_drawn():
    svg = claim_figure.drawn([claim_figure.Row("x", (claim_figure.Mark(True, 0.0),))], "t", "of")
    assert "nan" not in svg and "ours +0" in svg


def test_what_is_worked_out_from_the_print_is_not_called_ours(tmp_path):
    made_up_claims.ledger(tmp_path, {"id": "m98"}, {"id": "m99", "verdict": "consistent as printed"})
    measured, printed = (claim_figure.rows(claim)[0].marks[0] for claim in claim_tables.read(tmp_path))
    assert measured.words.startswith("ours +0.08") and printed.words.startswith("paper +0.08")


def test_a_claim_on_printed_numbers_shows_them_in_a_table_and_their_error_in_a_figure(tmp_path):
    text = page(ROOT / "results" / "quick" / "tables", tmp_path, "m33")
    assert text.count("<td>6.75</td>") == 2  # once more among the rows
    assert "<svg " in text and "ours, 95" not in text


def test_it_is_known_what_each_test_reads():
    """Of tests that read nothing but the print there is nothing to show."""
    assert set(TESTS) - set(claim_tables.READS) <= {"spread", "order_moves", "moves_more", "foretells_nothing", "none"}


def test_verdicts_have_colours_that_their_letters_stand_out_from():
    def light(colour: str) -> float:
        channels = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
        linear = [value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4 for value in channels]
        return sum(part * value for part, value in zip((0.2126, 0.7152, 0.0722), linear, strict=True))

    assert set(map(str, ClaimVerdict)) <= set(figures.VERDICTS)
    for verdict in figures.VERDICTS:
        colours = re.findall("#[0-9a-f]{6}", claim_pages.mark(verdict))
        dark, bright = sorted(map(light, colours))
        assert (bright + 0.05) / (dark + 0.05) >= 4.5, verdict
        assert f">{verdict}<" in claim_pages.mark(verdict)


@pytest.mark.parametrize("bad", ["../m01", "M 1", ""])
def test_an_id_that_is_no_name_of_a_file_is_refused(tmp_path, bad):
    made_up_claims.ledger(tmp_path, {"id": bad})
    with pytest.raises(DataError, match=r"ledger\.csv, row 1 below the header, column id"):
        claim_tables.read(tmp_path)


def test_tables_link_claims_where_a_column_names_them():
    table = (
        "<table><thead><tr><th>id</th><th class='x'>vendor</th></tr></thead>"
        "<tbody><tr><td>m01</td><td>m01</td></tr><tr><td>m02</td><td></td></tr></tbody></table>"
    )
    linked = page_links.claims(table, {"m01": "claims/m01.html"})
    assert linked == table.replace("<td>m01</td><td>", '<td><a href="claims/m01.html">m01</a></td><td>')
    compared = "<table><tr><th>claim</th></tr><tr><td>A &lt; B</td></tr></table>"
    assert '<a href="c.html">A &lt; B</a>' in page_links.claims(compared, {"A < B": "c.html"})


def test_lists_link_claims_that_begin_an_item():
    pages = {"m01": "1.html", "A is better": "1.html", "A is better (as printed)": "2.html"}
    text = "- m01: `runs/x`\n- A is better (MATCHED, x): holds\n- A is better (as printed) (y): holds\n- m01x: no"
    linked = page_links.claims_in_prose(text, pages).split("\n")
    assert linked[0] == '- <a href="1.html">m01</a>: `runs/x`'
    assert linked[1] == '- <a href="1.html">A is better</a> (MATCHED, x): holds'
    assert linked[2] == '- <a href="2.html">A is better (as printed)</a> (y): holds'
    assert linked[3] == "- m01x: no"


def test_what_several_claims_rest_on_leads_to_the_first(tmp_path):
    made_up_claims.ledger(tmp_path, {}, {"id": "m02", "statement": "another"})
    made_up_claims.others(tmp_path)
    names = claim_pages.names(claim_tables.read(tmp_path))
    assert names[made_up_claims.COMPARISON["claim"]] == names["m01"] == "claims/m01.html"
    assert names["another"] == names["m02"] == "claims/m02.html"
