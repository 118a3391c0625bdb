"""The site of the default study and one of hostile data, in a real browser (Chromium), from disk."""

import html
import re
import shutil
from importlib.resources import files as package_files
from pathlib import Path
from types import SimpleNamespace

import nbformat
import pandas as pd
import pytest

from lib import figures, report, site, study
from lib.files import write_json

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
needs_browser = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium here (Debian: apt-get install chromium)")
HOSTILE = "<script>window.hacked = 1</script><img src=x onerror='window.hacked = 1'>"


@pytest.fixture(scope="module")
def pages(tmp_path_factory) -> Path:
    return site.build(study.load("quick"), tmp_path_factory.mktemp("site") / "quick").parent


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


@needs_browser
def test_every_page_loads_from_disk_without_an_error(pages, browser):
    found = sorted(path for path in pages.glob("*.html") if path.stem != "genindex")
    assert len(found) > 15
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
    texts = {path.name: path.read_text(encoding="utf-8") for path in pages.glob("*.html")}
    found = []
    for name, text in texts.items():
        for link in re.findall(r'<a [^>]*href="([^"]+)"', text):
            target, _, place = html.unescape(link).partition("#")
            if target.startswith(("http:", "https:", "mailto:")):
                continue
            target = target.split("?")[0] or name
            lost = place and target in texts and f'id="{place}"' not in texts[target]
            if not (pages / target).exists() or lost:
                found.append(f"{name}: {link}")
    return found


def test_every_link_leads_somewhere(pages):
    assert not broken_links(pages)


def test_what_a_notebook_shows_as_markdown_may_be_a_table(pages):
    text = (pages / "00_start_here.html").read_text(encoding="utf-8")
    assert "<td><p>protocol <code" in text and "|—|" not in text


def test_a_study_with_few_chapters_links_to_no_others(hostile, tmp_path):
    assert not broken_links(site.build(hostile, tmp_path / "out" / "hostile").parent)


@needs_browser
@pytest.mark.parametrize("name", ["index", "31_verification", "91_scorecard"])
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
        assert "studies.load(study)" in fold.inner_text()


@needs_browser
def test_from_a_number_to_its_run_in_two_clicks(pages, browser):
    with Visit(browser, pages / "30_identification.html") as visit:
        visit.page.locator("a[href^='runs.html#run-']").first.click()
        visit.page.wait_for_url("**/runs.html#run-*")
        anchor = visit.page.url.split("#")[1]
        visit.page.locator(f"a[href='records/{anchor}.json']").first.click()
        assert '"wall_seconds"' in visit.page.inner_text("body")


@needs_browser
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", ["index", "30_identification", "glossary"])
def test_headings_contrast_and_names_are_accessible(pages, browser, name, scheme):
    """axe-core's rules, of which nothing serious may be broken."""
    axe = (package_files("axe_playwright_python") / "axe.min.js").read_text(encoding="utf-8")
    with Visit(browser, pages / f"{name}.html", scheme=scheme) as visit:
        visit.page.evaluate(axe)
        found = visit.page.evaluate("axe.run(document.querySelector('main'))")["violations"]
        serious = {
            one["id"]: [node["html"][:150] for node in one["nodes"]][:3]
            for one in found
            if one["impact"] in ("serious", "critical")
        }
        assert not serious


@pytest.fixture
def hostile(tmp_path) -> SimpleNamespace:
    """A study with one executed chapter, whose data would like to run a script."""
    folder = tmp_path / "results"
    frame = pd.DataFrame({"text": [HOSTILE], "vendor": [1.0], "count": [2.0], "by": [HOSTILE]})
    bundle = figures.interactive_scatter(frame, "vendor", "count", "by", HOSTILE, "y")._repr_mimebundle_()
    shown = {"text/html": report.show(frame, HOSTILE).to_html()}
    outputs = [nbformat.v4.new_output("display_data", data) for data in (bundle, shown, {"text/plain": HOSTILE})]
    cell = nbformat.v4.new_code_cell("x = 1", outputs=outputs)
    (folder / "notebooks").mkdir(parents=True)
    (folder / "tables").mkdir()
    cells = [nbformat.v4.new_markdown_cell("# A chapter"), cell]
    notebook = nbformat.v4.new_notebook(cells=cells, metadata={"language_info": {"name": "python"}})
    nbformat.write(notebook, folder / "notebooks" / "01_data.ipynb")
    environment = {"device": "cpu", "processor": "x", "cores": 2}
    write_json(folder / "study.json", {"environment": environment, "runs": {}, "finished": "2026-01-01"})
    data = SimpleNamespace(source="twin", scale=0.1)
    return SimpleNamespace(name="hostile", about="x", folder=folder, data=data, all_runs=dict)


@needs_browser
def test_a_script_in_the_data_shows_as_text(hostile, tmp_path, browser):
    page = site.build(hostile, tmp_path / "out" / "hostile").parent / "01_data.html"
    with Visit(browser, page) as visit:
        visit.page.wait_for_selector(".plotly-figure .main-svg")
        assert visit.page.evaluate("typeof window.hacked") == "undefined"
        assert HOSTILE in visit.page.inner_text("td") and HOSTILE in visit.page.inner_text(".cell_output .output pre")
        assert not visit.outside


def test_a_study_without_chapters_says_what_to_do(tmp_path):
    empty = SimpleNamespace(name="x", folder=tmp_path)
    with pytest.raises(site.DataError, match="make study PROFILE=x"):
        site.build(empty, tmp_path / "out")


def test_anchors_of_runs_are_different():
    names = ["text/minilm-l6/ce/ad/seed1", "text/minilm-l6/ce+supcon/ad/seed1", "text/minilm-l6/ce-supcon/ad/seed1"]
    assert len({site._anchor(name) for name in names}) == 3
