"""Published notebooks lack what nothing reads, and nothing else."""

import json
import re

import pandas as pd

from lib.pipeline import report, thin_notebooks


def written(tmp_path, html):
    """A notebook with one table, thinned, and its table."""
    data = {"text/html": html, "text/plain": ['<td id="T_a" class="b" >']}
    cells = [{"source": ["x"], "outputs": [{"output_type": "display_data", "data": data}]}, {"source": []}]
    path = tmp_path / "a.ipynb"
    path.write_text(json.dumps({"cells": cells, "metadata": {"k": 1}}))
    thin = json.loads(thin_notebooks.content(path))
    [shown] = thin["cells"][0]["outputs"]
    assert thin["metadata"] == {"k": 1} and shown["data"]["text/plain"] == data["text/plain"]
    return "".join(shown["data"]["text/html"])


def test_a_table_keeps_its_content_and_its_style(tmp_path):
    frame = pd.DataFrame({"name": ["<b>a</b>", "ü"], "score": [0.12345, None]})
    html = report.show(frame, "a caption").to_html()
    thin = written(tmp_path, html.splitlines(keepends=True))
    assert len(thin) < 0.75 * len(html) and "_row0" not in thin and "col_heading" not in thin
    assert thin.count("<td>") == 4 and "&lt;b&gt;a&lt;/b&gt;" in thin and "a caption" in thin
    assert thin[thin.index("<style") : thin.index("</style>")].split() == (
        html[html.index("<style") : html.index("</style>")].split()
    )
    assert re.findall(r">([^<>]*)</t[dh]>", thin) == re.findall(r">([^<>]*)</t[dh]>", html)


def test_a_table_whose_cells_have_styles_of_their_own_stays(tmp_path):
    html = pd.DataFrame({"score": [1.0, 2.0]}).style.highlight_max().to_html()
    assert "_row1_col0 {" in html and written(tmp_path, html) == html


def test_other_files_are_published_as_they_are(tmp_path):
    (tmp_path / "a.csv").write_text('<td id="T_a" class="b" >\n')
    assert thin_notebooks.content(tmp_path / "a.csv") == b'<td id="T_a" class="b" >\n'
