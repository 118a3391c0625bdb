"""A study's executed notebooks as a static site that opens from disk, without network (`make site`).

    python -m lib site quick             # build/site/quick/index.html

Sphinx with MyST-NB renders the pages. Before that each executed notebook is rewritten: figures become files with their
words and downloads, plotly's data becomes an element that one local script draws, and the name of a run becomes a link
to what is known of it. Beside the study's chapters stand those of the study `exercises`, which are solutions, in a
folder of their own. Runs' records are read as plain JSON, since a published study may be of older code.
"""

from __future__ import annotations

import base64
import itertools
import json
import re
import shutil
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import nbformat
from markupsafe import Markup

from lib.core.errors import DataError
from lib.core.files import ROOT, read_json, write_text
from lib.pipeline import claim_pages, claim_tables, front_page, page_links, receipt_page, report, site_state, solutions
from lib.pipeline.claim_tables import Evidence
from lib.review import receipt, variant_readings
from lib.study import plan
from lib.study.plan import Study

SOURCES = ROOT / "site"
"""Sphinx's configuration, styles, scripts and the pages that are written by hand."""
PARTS = {
    "Start": ("00", "05"),
    "The data": ("01", "02", "03"),
    "MATCHED": ("30", "31", "32", "33", "34", "35", "36", "37"),
    "Hotels": ("40", "42"),
    "What it comes to": ("50", "89", "90", "91", "92", "93", "94"),
}
"""The chapters of the navigation, by the beginning of their names."""
AFTER = "92"
"""The chapter before which the page of claims stands, after the scorecard."""
DOCS = ROOT / "docs"
"""Pages that the repository shows too."""
PAGES = (
    "how_to_read",
    "teaching",
    "glossary",
    "variants",
    "studies",
    "own_data",
    "real_sets",
    "hotels",
    "faces",
    "weights",
    "clusters_and_gpus",
    "how_it_is_built",
)
NO_SVG = (
    "PNG; as SVG they are written where the study is run (`make study PROFILE={name}`), since the repository holds "
    "none of them"
)
_WRITTEN = re.compile(r"/(tables|figures)/(\w+)\.(csv|png)")


def build(chosen: Study, out: Path | None = None) -> Path:
    """Build the site of a study into `out` (build/site/<study>); its first page. Raises DataError when no chapter of it
    is executed, or Sphinx fails."""
    out = out or site_state.folder(chosen)
    chapters = plan.executed(chosen.folder)
    if not chapters:
        raise DataError(
            f"{chosen.folder / 'notebooks'}: no chapter of this study is executed. Run it first: "
            f"make study PROFILE={chosen.name}"
        )
    pages, extra = out.with_name(f".{chosen.name}.pages"), out.with_name(f".{chosen.name}.extra")
    for folder in (out, pages, extra):
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
    claims = claim_tables.read(chosen.folder / "tables")
    _of_study(chosen, chapters, pages, extra, "solutions.html", claims)
    names = [path.stem for path in chapters]
    claims_page = claim_pages.write(claims, names, _runs(chosen), pages, extra)
    solved = _solutions(chosen, names, pages, extra)
    for name in PAGES:
        page = (DOCS / f"{name}.md").read_text(encoding="utf-8")
        page = page.replace(claim_pages.LINK, f"[all claims]({claims_page}.md)") if claims_page else page
        page = page.replace("](../notebooks/", "](").replace(variant_readings.LINK, variant_readings.page())
        write_text(pages / f"{name}.md", _known_links(page, names))
    if receipt.exists(chosen.folder):
        template = (SOURCES / "receipt.md").read_text(encoding="utf-8")
        write_text(pages / "receipt.md", receipt_page.page(template, chosen.folder, extra))
    write_text(pages / "index.md", _front(chosen, names, solved, claims_page, front_page.parts(claims)))
    _sphinx(pages, out, extra, chosen)
    for folder in (pages, extra):
        shutil.rmtree(folder)
    return out / "index.html"


def _of_study(
    chosen: Study,
    chapters: Sequence[Path],
    pages: Path,
    extra: Path,
    answers: str,
    claims: Sequence[Evidence],
    suffix: str = "",
) -> None:
    """A study's executed chapters as pages, with its tables, figures and runs. answers: the page of solutions, from
    there; claims: those that have pages, which chapters lead to and begin with; suffix: of the titles."""
    runs, pages_of_claims = _runs(chosen), claim_pages.names(claims)
    for path in chapters:
        notebook = nbformat.read(path, as_version=4)  # type: ignore[no-untyped-call]
        rewrite(notebook, path.stem, chosen.folder, extra, runs, pages_of_claims)
        for cell in notebook.cells:
            if cell.cell_type != "markdown":
                continue
            cell.source = cell.source.replace("](../docs/", f"]({answers.removesuffix('solutions.html')}")
            if cell.source.startswith("## Exercises"):
                cell.source += f'\n\n<a href="{answers}#{solutions.anchor(path.stem)}">Answers</a>'
        head: list[str] = notebook.cells[0].source.split("\n\n")  # the title, the question, and more
        head[0] += suffix
        head.insert(2, front_page.chapter_answer(path.stem, claims))
        notebook.cells[0].source = "\n\n".join(filter(None, head))
        pages.mkdir(exist_ok=True)
        nbformat.write(notebook, pages / path.name)  # type: ignore[no-untyped-call]
    shutil.copytree(chosen.folder / "tables", extra / "tables")
    write_text(pages / "runs.md", _runs_page(runs, claims, extra, suffix))


def _solutions(chosen: Study, chapters: Sequence[str], pages: Path, extra: Path) -> list[str]:
    """The page of solutions and the executed chapters that it tells of, in a folder of their own unless the site is
    theirs; the names of all of these pages."""
    own = chosen.name == solutions.STUDY
    solved = chosen if own else plan.load(f"results/{solutions.STUDY}")
    executed = plan.executed(solved.folder)
    within = "" if own else f"{solved.name}/"
    if within and executed:
        _of_study(solved, executed, pages / within, extra / within, "../solutions.html", (), ": exercises solved")
    page = (SOURCES / "solutions.md").read_text(encoding="utf-8")
    page = solutions.filled(page, {path.stem: f"{within}{path.stem}.html" for path in executed})
    write_text(
        pages / "solutions.md", _known_links(page_links.runs(page, _runs(solved), f"{within}runs.html"), chapters)
    )
    names = [*(path.stem for path in executed), "runs"] if within and executed else []
    return ["solutions", *(f"{within}{name}" for name in names)]


def rewrite(
    notebook: nbformat.NotebookNode,
    chapter: str,
    folder: Path,
    extra: Path,
    runs: Mapping[str, Any],
    claims: Mapping[str, str],
) -> None:
    """Change a notebook in place into what the site shows of it. folder: the study's; extra: where figures are put;
    runs: whose names become links; claims: pages by what claims are called, which become links too."""
    count = 0
    for cell in notebook.cells:
        if cell.cell_type != "code":
            continue
        cell.metadata["tags"] = [*cell.metadata.get("tags", []), "hide-input"]
        cell.source = cell.source.rstrip()
        written = _WRITTEN.findall(cell.source)
        names = iter([name for kind, name, _ in written if kind == "figures"])
        outputs = []
        for output in cell.outputs:
            data = output.get("data", {})
            if "image/png" in data:
                count += 1
                name = next(names, f"{chapter}-{count}")
                outputs.append(_figure(data["image/png"], name, _words(output), folder, extra))
            elif "application/vnd.plotly.v1+json" in data:
                count += 1
                outputs.append(_plotly(data["application/vnd.plotly.v1+json"], f"{chapter}-{count}"))
            elif "text/html" in data:
                shown = page_links.runs(page_links.to_pages("".join(data["text/html"]), folder), runs)
                outputs.append(_html(claim_pages.marked(page_links.claims(shown, claims))))
            elif "text/markdown" in data:
                prose = page_links.runs_in_prose("".join(data["text/markdown"]), runs)
                outputs.append(_output("text/markdown", page_links.claims_in_prose(prose, claims)))
            elif output.output_type != "stream":  # rounds of training and warnings are for who runs it
                outputs.append(output)
        if tables := [
            name for kind, name, _ in written if kind == "tables" and (folder / "tables" / f"{name}.csv").exists()
        ]:
            link = Markup('<a href="tables/{0}.csv" download>{0}.csv</a>')
            links = Markup(", ").join(link.format(name) for name in dict.fromkeys(tables))
            outputs.append(_html(Markup('<p class="downloads">As data: {}</p>').format(links)))
        cell.outputs = outputs
    notebook.cells = list(_joined(notebook.cells))


def _joined(cells: Sequence[nbformat.NotebookNode]) -> Iterator[nbformat.NotebookNode]:
    """Code that shows nothing is folded into the code after it, so that a reader finds one fold where there were
    three."""
    waiting: list[str] = []
    for cell, after in itertools.zip_longest(cells, cells[1:]):
        if cell.cell_type == "code" and not cell.outputs and after is not None and after.cell_type == "code":
            waiting.append(cell.source)
            continue
        if waiting:
            cell.source, waiting = "\n\n".join([*waiting, cell.source]), []
        yield cell


def _html(text: str) -> nbformat.NotebookNode:
    return _output("text/html", text)


def _output(kind: str, text: str) -> nbformat.NotebookNode:
    output: nbformat.NotebookNode = nbformat.v4.new_output("display_data", {kind: text})  # type: ignore[no-untyped-call]
    return output


def _words(output: nbformat.NotebookNode) -> str:
    """What a figure shows, as its maker noted it; notebooks executed before figures had words have none."""
    metadata = output.get("metadata", {}).get("image/png", {})
    return str(metadata.get("alt", "")) if isinstance(metadata, Mapping) else ""


def _figure(png: str, name: str, words: str, folder: Path, extra: Path) -> nbformat.NotebookNode:
    (extra / "figures").mkdir(parents=True, exist_ok=True)
    (extra / "figures" / f"{name}.png").write_bytes(base64.b64decode("".join(png)))
    kinds = ["png"]
    if (drawn := folder / "figures" / f"{name}.svg").exists():
        shutil.copy(drawn, extra / "figures")
        kinds.append("svg")
    link = Markup('<a href="figures/{}.{}" download>{}</a>')
    return _html(
        Markup(
            '<figure class="shown"><a href="figures/{0}.png"><img src="figures/{0}.png" alt="{1}"></a>'
            "<figcaption>{2}</figcaption></figure>"
        ).format(
            name,
            words or name.replace("_", " "),
            Markup(" · ").join(link.format(name, kind, kind.upper()) for kind in kinds),
        )
    )


def _plotly(figure: Mapping[str, Any], name: str) -> nbformat.NotebookNode:
    content = json.dumps(figure).replace("<", "\\u003c")  # nothing in it can end the element that holds it
    button = Markup('<button type="button" data-figure="plotly-{}" data-format="{}">{}</button>')
    return _html(
        Markup(
            '<figure class="shown"><div class="plotly-figure" id="plotly-{0}" role="figure" aria-label="{1}"></div>'
            '<script type="application/json" data-for="plotly-{0}">{2}</script>'
            "<noscript>This figure is drawn by a script.</noscript>"
            "<figcaption>As it is shown: {3}</figcaption></figure>"
        ).format(
            name,
            _plotly_words(figure),
            Markup(content),
            Markup(" · ").join(button.format(name, kind, kind.upper()) for kind in ("png", "svg")),
        )
    )


def _plotly_words(figure: Mapping[str, Any]) -> str:
    """What an interactive figure shows: its title and axes, and what it tells apart."""
    layout = figure.get("layout", {})
    parts = [layout, *(axis for name, axis in layout.items() if re.match("[xy]axis", name))]
    titles = (part.get("title", "") for part in parts)
    words = [title.get("text", "") if isinstance(title, Mapping) else str(title) for title in titles]
    words += [str(note.get("text", "")) for note in layout.get("annotations", [])]  # titles of panels
    names = dict.fromkeys(str(trace["name"]) for trace in figure.get("data", []) if trace.get("name"))
    shown = ", ".join(dict.fromkeys(re.sub("<[^>]*>", " ", word) for word in words if word))
    return "Interactive figure" + (f": {shown}" if shown else "") + (f"; of {', '.join(names)}" if names else "")


def _runs(chosen: Study) -> dict[str, dict[str, Any]]:
    """The records of the finished runs, by name."""
    records = {name: run.folder / "metrics.json" for name, run in chosen.all_runs().items()}
    return {name: read_json(path) for name, path in records.items() if path.exists()}


def _runs_page(runs: Mapping[str, Mapping[str, Any]], claims: Sequence[Evidence], extra: Path, suffix: str) -> str:
    """site/runs.md filled in, with the claims that rest on each run, and the records that it links to."""
    for name, record in runs.items():
        write_text(extra / "records" / f"{page_links.anchor(name)}.json", json.dumps(record, indent=1))
    described = [
        {
            "name": name,
            "anchor": page_links.anchor(name),
            "facts": _facts(record),
            "claims": [claim.row["id"] for claim in claims if name in claim.row["runs"].split()],
        }
        for name, record in runs.items()
    ]
    return solutions.template("runs.md").render(runs=described, suffix=suffix)


def _facts(record: Mapping[str, Any]) -> dict[str, str]:
    """What a run is made of and took, as Markdown; '' for what its record lacks."""
    show, code, environment = report.markdown, report.code, record["environment"]
    data = record.get("data")
    facts = {
        "parameters": show(", ".join(f"{key} {value}" for key, value in record["parameters"].items())),
        "data": f"{show(data['source'])}, {code(data['fingerprint'][:12])}" if data else "",
        "code": f"{code(record['code'][:12])}, commit {code(str(environment.get('commit', ''))[:12])}",
        "weights": "; ".join(
            f"{show(weights['label'])} ({show(weights['source'])}, {code(weights['sha256'][:12])})"
            for weights in record.get("weights", [])
        ),
        "device": show(f"{environment['device']} ({environment['processor']})"),
        "time": f"{record['wall_seconds']:.0f} s",
    }
    return {what: Markup(value) for what, value in facts.items()}


def _front(chosen: Study, chapters: list[str], solved: list[str], claims: str, answers: Mapping[str, Any]) -> str:
    """The first page: the questions and their answers, every claim, what data and device, three ways to read, and the
    chapters. claims: the page of all claims; answers: of `lib.pipeline.front_page.parts`."""
    record = read_json(chosen.folder / "study.json")
    data = chosen.data
    source = (
        f"a synthetic twin at {data.scale:g} of MATCHED's size, with no person in it"
        if data.source == "twin"
        else "somebody's own data, shown in counts and scores only"
    )
    page = solutions.template("index.md").render(
        answers,
        mark=claim_pages.mark,
        name=Markup(report.markdown(chosen.name)),
        study=Markup(report.code(chosen.name)),
        about=Markup(report.markdown(chosen.about)),
        source=source,
        machines=_machines(record["environment"], _runs(chosen)),
        standing=chosen.standing,
        runs=len(record["runs"]),
        finished=record["finished"][:10],
        svg="PNG and SVG" if any((chosen.folder / "figures").glob("*.svg")) else NO_SVG.format(name=chosen.name),
    )
    page = _known_links(page, chapters)
    parts = {part: [name for name in chapters if name.startswith(begun)] for part, begun in PARTS.items()}
    if claims:
        last = parts["What it comes to"]
        last.insert(sum(name < AFTER for name in last), claims)
    beside = [*PAGES, "runs", *(["receipt"] if receipt.exists(chosen.folder) else [])]
    parts |= {"Exercises": solved, "Beside": beside}
    for part, names in parts.items():
        if names:
            page += "\n".join(["", "```{toctree}", ":hidden:", f":caption: {part}", "", *names, "```", ""])
    return page


def _machines(environment: Mapping[str, Any], runs: Mapping[str, Mapping[str, Any]]) -> Markup:
    """What the runs were made on, and the chapters where that is another machine. environment: of the study's record,
    which is of the last machine that executed a part of it."""
    of_chapters = _machine(environment)
    of_runs = dict.fromkeys(_machine(record["environment"]) for record in runs.values())
    if set(of_runs) <= {of_chapters}:
        return of_chapters
    return Markup("runs: {}; chapters: {}").format(Markup(" and ").join(of_runs), of_chapters)


def _machine(environment: Mapping[str, Any]) -> Markup:
    return Markup(
        report.markdown(f"{environment['device']} ({environment['processor']}, {environment['cores']} cores)")
    )


def _known_links(page: str, chapters: Sequence[str]) -> str:
    """A page whose links to chapters that this study doesn't have are plain words."""
    return re.sub(r"\[([^\]]+)\]\((\w+)\.ipynb\)", lambda link: link[0] if link[2] in chapters else link[1], page)


def _sphinx(pages: Path, out: Path, extra: Path, chosen: Study) -> None:
    from plotly.offline import get_plotlyjs
    from sphinx.cmd.build import build_main

    static = extra.with_name(f".{chosen.name}.static")
    shutil.copytree(SOURCES / "_static", static, dirs_exist_ok=True)
    write_text(static / "plotly.min.js", get_plotlyjs())
    settings = {
        "html_extra_path": str(extra),
        "html_static_path": str(static),
        "html_title": f"Executable review: {chosen.name}",
        "templates_path": str(SOURCES / "_templates"),
    }
    arguments = [item for name, value in settings.items() for item in ("-D", f"{name}={value}")]
    arguments += ["-q", "-b", "html", "-j", "2", "-c", str(SOURCES), "-d", str(out / ".doctrees")]
    status = build_main([*arguments, str(pages), str(out)])
    shutil.rmtree(static)
    shutil.rmtree(out / ".doctrees", ignore_errors=True)
    if status:
        raise DataError(f"{out}: Sphinx could not build the site (status {status}); what it printed above says why.")
