"""The site of the default study and one of hostile data, in a real browser (Chromium), from disk."""

import base64
import html
import io
import re
import shutil
import subprocess
from importlib.resources import files as package_files
from pathlib import Path
from types import SimpleNamespace

import made_up_claims
import nbformat
import pandas as pd
import pytest
from PIL import Image

from lib.core.files import ROOT, write_json
from lib.pipeline import interactive, page_links, report, site, site_state, solutions
from lib.review import receipt, receipt_numbers
from lib.study import plan

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
needs_browser = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium here (Debian: apt-get install chromium)")
THEMES = ("light", "dark")
HOSTILE = "<script>window.hacked = 1</script><img src=x onerror='window.hacked = 1'>"


@pytest.fixture(scope="module")
def pages(tmp_path_factory) -> Path:
    return site.build(plan.load("results/quick"), tmp_path_factory.mktemp("site") / "quick").parent


@pytest.fixture(scope="module")
def browser():
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playing:
        begun = playing.chromium.launch(
            executable_path=CHROMIUM,
            args=["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"],
        )
        yield begun
        begun.close()


class Visit:
    """A page in the browser, with what it complained of and what it asked for that isn't on the disk."""

    def __init__(self, browser, path: Path, query: str = "", width: int = 1280, scheme: str = "light") -> None:
        self.page = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme).new_page()
        self.errors, self.outside = [], []
        self.page.on("console", lambda message: self.errors.append(message.text) if message.type == "error" else None)
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.page.on("request", lambda asked: self.outside.append(asked.url) if asked.url.startswith("http") else None)
        self.page.goto(f"{path.as_uri()}{query}")
        self.page.wait_for_load_state("load")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.page.context.close()


def every(pages: Path) -> list[Path]:
    """A site's pages; below _static lie parts of the theme."""
    return sorted(path for path in pages.rglob("*.html") if "_static" not in path.parts)


@needs_browser
def test_every_page_loads_from_disk_without_an_error(pages, browser):
    one_of_each_test = ("index", "m07", "m20", "m21", "m22", "m26", "m28", "m33", "m36", "h01", "h03", "h07")
    found = [path for path in every(pages) if path.stem != "genindex"]
    found = [path for path in found if path.parent.name != "claims" or path.stem in one_of_each_test]
    assert len(found) > 30
    with Visit(browser, pages / "index.html") as visit:
        for path in found:
            visit.page.goto(path.as_uri())
            assert not visit.errors and not visit.outside, path.name
            assert visit.page.locator("h1").count() == 1, path.name
            assert not visit.page.locator("img:not([alt]), img[alt='']").count(), path.name
            broken = "[...document.images].filter(image => image.complete && !image.naturalWidth).length"
            assert visit.page.evaluate(broken) == 0, path.name


def broken_links(pages: Path) -> list[str]:
    """Links of a site's pages, to files and to places in them, that lead nowhere."""
    texts = {path.resolve(): path.read_text(encoding="utf-8") for path in every(pages)}
    found = []
    for path, text in texts.items():
        for link in re.findall(r"""<a [^>]*href=["']([^"']+)["']""", text):
            target, _, place = html.unescape(link).partition("#")
            if target.startswith(("http:", "https:", "mailto:")):
                continue
            leads = (path.parent / target.split("?")[0]).resolve() if target else path
            lost = place and leads in texts and not re.search(f"""id=["']{place}["']""", texts[leads])
            if not leads.exists() or lost:
                found.append(f"{path.name}: {link}")
    return found


def test_every_link_leads_somewhere(pages):
    assert not broken_links(pages)


def test_what_a_notebook_shows_as_markdown_may_be_a_table(pages):
    text = (pages / "00_start_here.html").read_text(encoding="utf-8")
    assert "<td><p>protocol <code" in text and "|—|" not in text


def test_a_study_with_few_chapters_links_to_no_others(hostile, tmp_path):
    out = site.build(hostile, tmp_path / "out" / "hostile").parent
    assert not broken_links(out)
    assert not (out / "claims").exists() and "Claims</a>" not in (out / "index.html").read_text(encoding="utf-8")


@needs_browser
@pytest.mark.parametrize("name", ["index", "31_verification", "91_scorecard", "claims/index", "claims/m07"])
def test_a_phone_shows_a_page_without_scrolling_sideways(pages, browser, name):
    with Visit(browser, pages / f"{name}.html", width=390) as visit:
        assert visit.page.evaluate("document.documentElement.scrollWidth") <= 390


@needs_browser
def test_search_finds_a_term(pages, browser):
    with Visit(browser, pages / "search.html", "?q=calibration") as visit:
        visit.page.wait_for_selector("#search-results li a")
        assert "32_known_and_new_vendors" in visit.page.inner_html("#search-results")
        assert not visit.errors and not visit.outside


@needs_browser
def test_an_interactive_figure_reacts(pages, browser):
    with Visit(browser, pages / "31_verification.html") as visit:
        visit.page.wait_for_selector(".plotly-figure .legendtoggle")
        visit.page.locator(".plotly-figure .legendtoggle").first.click()
        visit.page.wait_for_function(
            "document.querySelector('.plotly-figure').data.some(trace => trace.visible === 'legendonly')"
        )


@needs_browser
def test_tables_sort_and_the_code_unfolds(pages, browser):
    with Visit(browser, pages / "30_identification.html") as visit:
        column = (
            "[...document.querySelector('.cell_output table').tBodies[0].rows].map(row => row.cells[0].textContent)"
        )
        head = visit.page.locator(".cell_output table thead th").first
        head.click()
        up = visit.page.evaluate(column)
        head.click()
        down = visit.page.evaluate(column)
        assert head.get_attribute("aria-sort") == "descending" and up[0] == down[-1] and up[0] != up[-1]
        fold = visit.page.locator("details.hide").first
        assert fold.get_attribute("open") is None
        fold.locator("summary").click()
        assert "plan.load(study)" in fold.inner_text()


@needs_browser
def test_from_a_number_to_its_run_in_two_clicks(pages, browser):
    with Visit(browser, pages / "30_identification.html") as visit:
        visit.page.locator("a[href^='runs.html#run-']").first.click()
        visit.page.wait_for_url("**/runs.html#run-*")
        anchor = visit.page.url.split("#")[1]
        visit.page.locator(f"a[href='records/{anchor}.json']").first.click()
        assert '"wall_seconds"' in visit.page.inner_text("body")


@needs_browser
@pytest.mark.parametrize(
    ("name", "scheme", "width"),
    [
        *((name, scheme, 1280) for name in ("index", "31_verification", "glossary", "search") for scheme in THEMES),
        ("solutions", "dark", 1280),
        *((name, scheme, 1280) for name in ("claims/index", "claims/m07") for scheme in THEMES),
        ("claims/m27", "dark", 390),
        ("claims/m33", "light", 390),
        ("index", "light", 390),
        ("91_scorecard", "dark", 390),
    ],
)
def test_headings_contrast_and_names_are_accessible(pages, browser, name, scheme, width):
    """axe-core's rules on the whole page, its navigation and search too, of which none may be broken."""
    axe = (package_files("axe_playwright_python") / "axe.min.js").read_text(encoding="utf-8")
    with Visit(browser, pages / f"{name}.html", width=width, scheme=scheme) as visit:
        visit.page.evaluate(axe)
        found = visit.page.evaluate("axe.run()")["violations"]
        assert not {one["id"]: [node["html"][:150] for node in one["nodes"]][:3] for one in found}


@needs_browser
def test_from_the_scorecard_to_a_claim_and_to_its_run(pages, browser):
    with Visit(browser, pages / "index.html") as visit:
        visit.page.locator("article a[href='claims/index.html']").click()
        assert visit.page.locator("nav.bd-links li.current > a").inner_text() == "Claims"
        visit.page.goto((pages / "91_scorecard.html").as_uri())
        visit.page.locator("td a[href='claims/m04.html']").first.click()
        assert visit.page.locator("h1").inner_text().startswith("m04: Both modalities together")
        assert "undecided" in visit.page.locator(".claim-verdict .verdict").inner_text()
        visit.page.locator("a[href^='../runs.html#run-']").first.click()
        visit.page.wait_for_url("**/runs.html#run-*")
        facts = f"//*[@id='{visit.page.url.split('#')[1]}']/following::table[1]"
        assert visit.page.locator(facts).locator("a[href='claims/m04.html']").count() == 1, "and back to its claims"
        assert not visit.errors and not visit.outside


@needs_browser
def test_from_the_front_page_to_whether_multitask_training_helps_how_sure_that_is_and_which_run_says_so(pages, browser):
    with Visit(browser, pages / "index.html") as visit:
        row = visit.page.locator("table.answers tr", has_text="Does multitask training")
        assert row.locator("a.mark").count() == 3 and "could have shown" in row.inner_text()
        row.locator("a.mark").first.click()
        assert visit.page.locator("h1").inner_text().startswith("m01: CE+SupCon identifies better")
        assert visit.page.locator("a[href^='../runs.html#run-']").count() >= 2
        visit.page.goto((pages / "index.html").as_uri())
        visit.page.locator("article a[href='own_data.html']").first.click()
        visit.page.wait_for_url("**/own_data.html")
        visit.page.wait_for_load_state("load")
        assert visit.page.locator("h1").count() == 1 and not visit.errors and not visit.outside


@needs_browser
def test_a_chapter_opens_with_its_answer_and_shows_its_headings_beside(pages, browser):
    with Visit(browser, pages / "30_identification.html", width=1300) as visit:
        answer = visit.page.locator("article p", has_text="Answer.").first
        assert "claims that this chapter tests" in answer.inner_text() and answer.bounding_box()["y"] < 500
        headings = visit.page.locator("nav.chapters ul.headings a")
        assert headings.count() == visit.page.locator("article h2").count() > 3
        table = visit.page.locator(".cell_output table").first
        assert table.bounding_box()["width"] > 900, "tables have the width that the headings took"
        table.evaluate("table => table.scrollLeft = 300")
        first = table.locator("tbody tr").first.locator("td, th").first
        assert first.bounding_box()["x"] >= table.bounding_box()["x"] - 1, "the first column stays"


@needs_browser
def test_the_list_of_claims_sorts_by_verdict(pages, browser):
    with Visit(browser, pages / "claims" / "index.html") as visit:
        column = "[...document.querySelectorAll('table')[1].tBodies[0].rows].map(row => row.cells[2].textContent)"
        assert visit.page.evaluate(column)[0] == "supported"  # as it stands, from the best to the untestable
        visit.page.locator("table").nth(1).locator("th").nth(2).click()
        by_name = visit.page.evaluate(column)
        assert by_name == sorted(by_name) and len(by_name) > 40


def test_chapters_and_glossary_lead_to_claims(pages):
    """A chapter's comparisons to the claims that rest on them, but not to those of another study."""
    identification, control, glossary, exercise = (
        (pages / f"{name}.html").read_text(encoding="utf-8")
        for name in ("30_identification", "35_alignment", "glossary", "exercises/30_identification")
    )
    assert re.search(
        r'<td[^>]*><a href="claims/m01\.html">CE\+SupCon identifies better than CE, by text</a>', identification
    )
    assert 'href="claims/m11.html"' in control
    assert glossary.count('href="claims/index.html"') > 3 and "claims/m" not in exercise


@needs_browser
@pytest.mark.parametrize("scheme", THEMES)
def test_a_page_prints_without_code_and_navigation(pages, browser, scheme):
    """On white, whatever the theme, and with every table within the paper's width."""
    with Visit(browser, pages / "30_identification.html", width=720, scheme=scheme) as visit:
        assert len(re.findall(rb"/Type /Page\b", visit.page.pdf(format="A4"))) > 2
        visit.page.emulate_media(media="print")
        visit.page.evaluate("window.dispatchEvent(new Event('beforeprint'))")
        printed = visit.page.inner_text("body")
        assert "Which of the known vendors posted this ad?" in printed and "macro-F1" in printed
        for other in ("Show the code", "Search", "The papers’ arithmetic", "Next", "PNG", "As data:"):
            assert other not in printed
        assert visit.page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
        wide = (
            "[...document.querySelectorAll('.cell_output table')].filter("
            "table => table.scrollWidth > table.clientWidth + 1 || table.getBoundingClientRect().right > innerWidth)"
        )
        assert visit.page.evaluate(f"{wide}.length") == 0
        assert visit.page.evaluate("[...document.images].every(image => image.naturalWidth > 0)")
        visit.page.evaluate("window.dispatchEvent(new Event('afterprint'))")
        assert visit.page.evaluate("document.documentElement.dataset.theme") == scheme


@needs_browser
@pytest.mark.parametrize(("kind", "begins"), [("png", b"\x89PNG"), ("svg", b"<svg")])
def test_an_interactive_figure_can_be_saved(pages, browser, kind, begins):
    with Visit(browser, pages / "31_verification.html") as visit:
        visit.page.wait_for_selector(".plotly-figure .main-svg")
        with visit.page.expect_download() as saved:
            visit.page.locator(f"button[data-format={kind}]").first.click()
        assert saved.value.suggested_filename == f"31_verification-1.{kind}"
        assert Path(saved.value.path()).read_bytes().startswith(begins)
        assert not visit.errors and not visit.outside
        words = visit.page.locator(".plotly-figure").first.get_attribute("aria-label")
        assert "texts" in words and "CE+SupCon" in words


@pytest.mark.parametrize("drawn", [True, False])
def test_a_figure_is_offered_as_svg_where_there_is_one(hostile, tmp_path, drawn):
    """The repository holds none: then the first page says where they come from."""
    if drawn:
        (hostile.folder / "figures").mkdir()
        (hostile.folder / "figures" / "01_data-2.svg").write_text("<svg/>")
    out = site.build(hostile, tmp_path / "out" / "hostile").parent
    page, front = ((out / name).read_text(encoding="utf-8") for name in ("01_data.html", "index.html"))
    assert ('href="figures/01_data-2.svg"' in page) == drawn == (out / "figures" / "01_data-2.svg").exists()
    assert 'href="figures/01_data-2.png"' in page
    assert ("the repository holds none of them" in " ".join(front.split())) != drawn


def chapters_with_exercises() -> dict[str, list[str]]:
    found = {path.stem: solutions.exercises(path.stem) for path in sorted((ROOT / "notebooks").glob("*.ipynb"))}
    return {name: asked for name, asked in found.items() if asked}


def test_every_exercise_has_an_answer_that_says_what_it_rests_on():
    page = (site.SOURCES / "solutions.md").read_text(encoding="utf-8")
    parts = re.split(r"""^\{\{ chapter\("(\w+)"\) \}\}$""", page, flags=re.MULTILINE)[1:]
    answered = {
        name: [int(number) for number in re.findall(r"^\{\{ exercise\((\d+)\) \}\}$", text, re.MULTILINE)]
        for name, text in zip(parts[::2], parts[1::2], strict=True)
    }
    assert answered == {name: list(range(1, 1 + len(asked))) for name, asked in chapters_with_exercises().items()}
    for answer in re.split(r"^\{\{ exercise\(\d+\) \}\}$", page, flags=re.MULTILINE)[1:]:
        assert re.match(rf"\n\n\*\*({'|'.join(solutions.KINDS)})\.\*\* \w?", answer), answer[:80]


def test_every_chapter_of_a_study_has_exercises():
    for name in plan.load("smoke").chapters:
        assert name in chapters_with_exercises()
    assert "95_compare" in chapters_with_exercises()


def test_solutions_show_what_the_executed_tables_say(pages):
    text = (pages / "solutions.html").read_text(encoding="utf-8")
    assert "{{" not in text and "isn't here" not in text and "no rows" not in text
    table = pd.read_csv(ROOT / "results" / "exercises" / "tables" / "identification_rows.csv").set_index("run")
    run = "baselines/word-ngrams/ad/seed1111"
    anchor = page_links.anchor(run)
    row = re.search(rf"<tr>(?:(?!</tr>).)*exercises/runs\.html#{anchor}(?:(?!</tr>).)*</tr>", text, re.DOTALL)[0]
    assert f">{table.loc[run, 'mean']:.3f}<" in row
    assert f"exercises/{'31_verification'}.html" in text
    for name in ("03_splits_and_leakage", "30_identification"):
        here = (pages / f"{name}.html").read_text(encoding="utf-8")
        assert f'href="solutions.html#{solutions.anchor(name)}"' in here


def test_solutions_follow_the_tables(monkeypatch, tmp_path):
    """Made-up tables: a swap that is there, one that isn't, verdicts, and a table that was not made."""
    folder = tmp_path / "results" / "exercises" / "tables"
    folder.mkdir(parents=True)
    monkeypatch.setattr(solutions, "ROOT", tmp_path)
    scores = {"Balanced accuracy": {"A": 0.5, "B": 0.6}, "Weighted-F1": {"A": 0.7, "B": 0.6}}
    rows = [
        {"modality": "text", "variant": "corrected", "our_system": "x", "objective": of, "metric": metric, "ours": ours}
        for metric, found in scores.items()
        for of, ours in found.items()
    ]
    pd.DataFrame(rows).to_csv(folder / "matched_table_04.csv")
    assert solutions.swaps() == "Ordered differently: x A and x B (text)."
    rows[0]["ours"] = 0.65
    pd.DataFrame(rows).to_csv(folder / "matched_table_04.csv")
    assert solutions.swaps().startswith("No two rows")
    pd.DataFrame({"verdict": ["falls", "undecided", "falls", None], "of": [1, 1, 2, 1]}).to_csv(folder / "t.csv")
    assert solutions.filled('{{ verdicts("exercises/t") }}', {}) == "falls 2 of 3, undecided 1 of 3"
    query = "of in [1, 3] and verdict == 'falls'"
    assert solutions.filled(f'{{{{ verdicts("exercises/t", rows="{query}") }}}}', {}) == "falls 1 of 1"
    (folder / "matched_table_04.csv").unlink()
    for lost in ('table("exercises/u")', 'verdicts("exercises/u")', "swaps()"):
        assert ".csv isn't here" in solutions.filled(f"{{{{ {lost} }}}}", {})


def test_what_a_table_says_is_escaped_in_solutions(monkeypatch, tmp_path):
    folder = tmp_path / "results" / "exercises" / "tables"
    folder.mkdir(parents=True)
    monkeypatch.setattr(solutions, "ROOT", tmp_path)
    pd.DataFrame({"verdict": ["<b>falls</b>"], "words": ["<i>1</i>"]}).to_csv(folder / "t.csv", index=False)
    page = solutions.filled('{{ verdicts("exercises/t") }} {{ table("exercises/t") }}', {})
    assert "&lt;b&gt;falls&lt;/b&gt; 1 of 1" in page and "&lt;i&gt;1" in page
    assert "<b>" not in page and "<i>" not in page


def test_an_exercise_may_run_over_lines(monkeypatch, tmp_path):
    monkeypatch.setattr(solutions, "ROOT", tmp_path)
    text = "## Exercises\n1. One\n   goes on.\n2. Two. *Solution: study `exercises`.*\n\nWords after the list."
    cells = [nbformat.v4.new_markdown_cell("# A chapter"), nbformat.v4.new_markdown_cell(text)]
    (tmp_path / "notebooks").mkdir()
    nbformat.write(nbformat.v4.new_notebook(cells=cells), tmp_path / "notebooks" / "01_data.ipynb")
    assert solutions.exercises("01_data") == ["One goes on.", "Two."]


def test_the_number_of_solutions_is_counted():
    page = "{{ count() }}.\n\n**Executed.** a\n\n**Yours.** b\n\n**Yours.** c\n\n**In words.** d\n"
    assert "Of 4 exercises 1 have an executed solution, 0 have" in solutions.filled(page, {})
    assert "2 have none" in solutions.count(page)


@pytest.fixture
def hostile(tmp_path) -> SimpleNamespace:
    """A study with one executed chapter, whose data would like to run a script."""
    folder = tmp_path / "results"
    frame = pd.DataFrame({"text": [HOSTILE], "vendor": [1.0], "count": [2.0], "by": [HOSTILE]})
    bundle = interactive.scatter(frame, "vendor", "count", "by", HOSTILE, "y")._repr_mimebundle_()
    shown = {"text/html": report.show(frame, HOSTILE).to_html()}
    pixel = io.BytesIO()
    Image.new("RGB", (1, 1)).save(pixel, "PNG")
    drawn = {"image/png": base64.b64encode(pixel.getvalue()).decode()}
    outputs = [nbformat.v4.new_output("display_data", data) for data in (bundle, shown, {"text/plain": HOSTILE}, drawn)]
    cell = nbformat.v4.new_code_cell("x = 1", outputs=outputs)
    (folder / "notebooks").mkdir(parents=True)
    (folder / "tables").mkdir()
    cells = [nbformat.v4.new_markdown_cell("# A chapter"), cell]
    notebook = nbformat.v4.new_notebook(cells=cells, metadata={"language_info": {"name": "python"}})
    nbformat.write(notebook, folder / "notebooks" / "01_data.ipynb")
    environment = {"device": "cpu", "processor": "x", "cores": 2}
    write_json(folder / "study.json", {"environment": environment, "runs": {}, "finished": "2026-01-01"})
    data = SimpleNamespace(source="twin", scale=0.1)
    return SimpleNamespace(name="hostile", about="x", standing="run here", folder=folder, data=data, all_runs=dict)


@needs_browser
def test_a_script_in_the_data_shows_as_text(hostile, tmp_path, browser):
    page = site.build(hostile, tmp_path / "out" / "hostile").parent / "01_data.html"
    with Visit(browser, page) as visit:
        visit.page.wait_for_selector(".plotly-figure .main-svg")
        assert visit.page.evaluate("typeof window.hacked") == "undefined"
        assert HOSTILE in visit.page.inner_text("td") and HOSTILE in visit.page.inner_text(".cell_output .output pre")
        assert not visit.outside


@needs_browser
def test_a_claim_of_which_everything_is_known_is_a_page(hostile, tmp_path, browser):
    """Tables that older studies lack, with words that would like to run a script or end the HTML they stand in."""
    words = f"{HOSTILE}\n\n**bold** $x$"
    texts = {name: words for name in ("place", "statement", "why", "twin", "printed_error", "in_notebooks", "planned")}
    made_up_claims.ledger(hostile.folder / "tables", made_up_claims.LATER | texts)
    made_up_claims.others(hostile.folder / "tables", words)
    out = site.build(hostile, tmp_path / "out" / "hostile").parent
    assert not broken_links(out)
    axe = (package_files("axe_playwright_python") / "axe.min.js").read_text(encoding="utf-8")
    with Visit(browser, out / "claims" / "m01.html", width=390) as visit:
        assert visit.page.evaluate("typeof window.hacked") == "undefined" and not visit.outside and not visit.errors
        assert visit.page.locator("main img, main strong:text('bold')").count() == 0
        said = visit.page.inner_text("main")
        for heading in ("Power", "The paper’s own sampling error", "The analysis plan", "The rows that the test reads"):
            assert heading in said
        assert said.count("<script>window.hacked = 1</script>") > 10  # its quotes are typographic in prose
        assert visit.page.evaluate("document.documentElement.scrollWidth") <= 390
        visit.page.evaluate(axe)
        assert not [one["id"] for one in visit.page.evaluate("axe.run()")["violations"]]
        visit.page.goto((out / "claims" / "index.html").as_uri())
        assert visit.page.evaluate("typeof window.hacked") == "undefined" and HOSTILE in visit.page.inner_text("main")


@needs_browser
def test_a_receipt_is_a_page_that_names_what_changed(hostile, tmp_path, browser):
    """Of a study that was run here; words of tables and packages show as text."""
    numbers = pd.DataFrame(
        [
            ["t", HOSTILE, "ours", "0.5", "0.4", "0.6", "0.55", "within its interval"],
            ["t", "b", "ours", "0.5", "0.4", "0.6", "0.5", "equal"],
        ],
        columns=receipt_numbers.COLUMNS,
    )
    numbers.to_csv(hostile.folder / "receipt.csv", index=False)
    found = {
        "published": "2026-01-01",
        "finished": "2026-02-02",
        "numbers": 2,
        "judgements": {"equal": 1, "within tolerance": 0, "within its interval": 1, "different": 0, "not made here": 0},
        "tolerance": {"relative": 0.01, "precision": "bf16-mixed", "device": "cpu"},
        "verdicts_changed": [f"ledger, M1: {HOSTILE} → supported"],
        "differs": {f"version of {HOSTILE}": ["1", "2"], receipt.STALE: ["text/x/seed1"]},
        "times": {"published": 100.0, "here": 150.0, "runs": [1.5, 1.2, 1.9]},
    }
    write_json(hostile.folder / "receipt.json", found)
    out = site.build(hostile, tmp_path / "out" / "hostile").parent
    assert not broken_links(out) and (out / "receipt.csv").exists()
    with Visit(browser, out / "receipt.html") as visit:
        assert visit.page.evaluate("typeof window.hacked") == "undefined" and not visit.outside
        said = visit.page.inner_text("main")
        for words in (
            "1 of 2 published numbers equal, 1 within their intervals, 1 verdict changed",
            "differ of 1 notebooks: text/x/seed1",
            "The whole study took 150 s here and 100 s when published",
            "0.55",
            HOSTILE,
        ):
            assert words in said, words
        assert "Receipt" in visit.page.inner_html("nav.bd-links")


def test_a_site_is_built_again_only_when_something_it_shows_changed(tmp_path, monkeypatch):
    monkeypatch.setattr(site_state, "folder", lambda chosen: tmp_path)
    chosen = plan.load("results/quick")
    assert not site_state.unchanged(chosen)
    site_state.note(chosen, site_state.state(chosen))
    assert site_state.unchanged(chosen)
    assert not site_state.unchanged(chosen.model_copy(update={"about": "another"}))
    monkeypatch.setattr(site_state, "SOURCES", ("site",))
    assert not site_state.unchanged(chosen)


def test_a_study_without_chapters_says_what_to_do(tmp_path):
    empty = SimpleNamespace(name="x", folder=tmp_path)
    with pytest.raises(site.DataError, match="make study PROFILE=x"):
        site.build(empty, tmp_path / "out")


def test_anchors_of_runs_are_different():
    names = ["text/minilm-l6/ce/ad/seed1", "text/minilm-l6/ce+supcon/ad/seed1", "text/minilm-l6/ce-supcon/ad/seed1"]
    assert len({page_links.anchor(name) for name in names}) == 3


def test_readme_says_what_make_stands_for():
    """Without make: its commands are those of the Makefile, which may say more (how many jobs, how many workers)."""
    said = re.findall(r"`(python3 bootstrap\.py python -m [^`]+)`", (ROOT / "README.md").read_text(encoding="utf-8"))
    made = subprocess.run(["make", "-n", "study", "test"], cwd=ROOT, capture_output=True, text=True).stdout
    assert [command.split()[4] for command in said] == ["lib", "pytest"]
    for command in said:
        assert any(re.sub('"', "", line).startswith(command) for line in made.splitlines()), command
