"""Sphinx's settings of a study's site; `lib.pipeline.site` gives the pages, the title and the folders."""

from typing import Any

from docutils.nodes import list_item
from sphinx.addnodes import toctree
from sphinx.application import Sphinx

project = "An executable review"
author = "the authors of this study"
extensions = ["myst_nb"]
nb_execution_mode = "off"
nb_render_markdown_format = "gfm"  # what notebooks display as Markdown may hold tables
nb_ipywidgets_js = {}  # there are no widgets, and its scripts would come from the network
nb_code_prompt_show = "Show the code"
nb_code_prompt_hide = "Hide the code"
myst_heading_anchors = 3
suppress_warnings = ["mystnb.unknown_mime_type", "myst.header", "myst.xref_missing"]
exclude_patterns: list[str] = []

html_theme = "pydata_sphinx_theme"
html_css_files = ["site.css"]
html_js_files = [("plotly.min.js", {"defer": "defer"}), ("site.js", {"defer": "defer"})]
html_show_search_summary = False  # a page that is opened from disk may not fetch others
html_copy_source = False
html_show_sourcelink = False
html_theme_options = {
    "show_prev_next": True,
    "navigation_with_keys": False,
    "navbar_align": "left",
    "navbar_center": [],
    "navbar_end": ["theme-switcher"],
    "navbar_persistent": ["search-button-field"],
    "secondary_sidebar_items": [],
    "footer_start": ["aid"],
    "footer_end": [],
    "back_to_top_button": True,
}
html_sidebars = {"**": ["chapters"]}
html_context = {"default_mode": "auto"}


def setup(app: Sphinx) -> None:
    app.connect("html-page-context", chapters)


def chapters(app: Sphinx, pagename: str, templatename: str, context: dict[str, Any], doctree: Any) -> None:
    """For the template chapters.html: the parts of the front page, each with its pages and their titles; and the
    headings of this page, which stand there too, so that tables have the width of the page.

    Sphinx's own `toctree` copies the headings of every page for every page: six tenths of a build's time.
    """
    titles = app.env.titles
    [title] = app.env.tocs[pagename].children if pagename in app.env.tocs else [()]
    context["headings"] = {
        heading[0][0]["anchorname"]: heading[0].astext()
        for below in title[1:]
        for heading in below.findall(list_item)
        if heading.parent is below
    }
    context["parts"] = {
        part["caption"]: {name: titles[name].astext() for _, name in part["entries"]}
        for part in app.env.master_doctree.findall(toctree)
    }
