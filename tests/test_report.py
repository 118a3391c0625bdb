"""What is written is whole, and what comes from data shows as text."""

import ast
import base64
import csv
import html
import json
import re
import subprocess
import sys
import tempfile
from pathlib import Path
from unittest.mock import MagicMock

import matplotlib.pyplot as plt
import networkx as nx
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from matplotlib.colors import to_hex, to_rgb
from PIL import Image

from lib.core import files
from lib.pipeline import figures, graph_figures, interactive, report, row_labels


@pytest.fixture(autouse=True)
def _close_figures():
    yield
    plt.close("all")


def test_text_from_data_is_escaped():
    frame = pd.DataFrame({"text": ["<script>alert(1)</script>", "a & b"], "score": [0.12345, 1.0]})
    page = report.show(frame, caption="<b>caption</b>").to_html()
    assert "<script>" not in page and "&lt;script&gt;" in page and "<b>" not in page
    assert "0.123" in page


def test_counts_have_no_decimals_and_scores_have():
    page = report.show(pd.DataFrame({"items": [56.0, None], "mixed": [14088.0, 0.4928], "score": [1.0, 0.5]})).to_html()
    for words in (">56<", ">–<", ">14,088<", ">0.493<", ">1.000<", ">0.500<"):
        assert words in page, words


def test_equal_figures_are_equal_files(tmp_path):
    written = []
    for folder in ("a", "b"):
        figure, axes = plt.subplots()
        axes.plot([1, 2])
        report.save_figure(figure, tmp_path / folder / "x.png")
        written.append([(tmp_path / folder / name).read_bytes() for name in ("x.png", "x.svg")])
    assert written[0] == written[1]


def test_a_write_that_fails_leaves_the_old_file(tmp_path):
    path = tmp_path / "x.txt"
    files.write_text(path, "old")
    with pytest.raises(RuntimeError), files.replacing(path) as temporary:
        temporary.write_text("half of the new")
        raise RuntimeError
    assert path.read_text() == "old" and list(tmp_path.iterdir()) == [path]


def test_the_environment_has_its_own_kernel():
    """What `make lab` and papermill start is this Python, found before the user's own kernels."""
    listed = subprocess.run(
        [sys.executable, str(files.ROOT / "bootstrap.py"), "jupyter", "kernelspec", "list", "--json"],
        capture_output=True,
        text=True,
        check=True,
    )
    kernel = json.loads(listed.stdout)["kernelspecs"]["python3"]
    assert Path(kernel["resource_dir"]).resolve().is_relative_to(Path(sys.prefix).resolve())  # .venv may be a link


def saved(frame: pd.DataFrame) -> list[list[str]]:
    """The cells of the file that `save_table` writes, header first."""
    with tempfile.TemporaryDirectory() as folder:
        report.save_table(frame, Path(folder) / "table.csv")
        with (Path(folder) / "table.csv").open(newline="", encoding="utf-8") as stream:
            return list(csv.reader(stream))


def test_a_formula_becomes_text_and_a_number_stays():
    values = ["=1+1", "+1", "-x", "@a", "\ta", "'=1", "a=1", "", " =1", -0.5, None]
    cells = saved(pd.DataFrame({"mixed": values, "number": np.linspace(-5, 5, 11), "count": range(-10, 1)}))
    assert [row[0] for row in cells[1:]] == (
        ["'=1+1", "'+1", "'-x", "'@a", "'\ta", "'=1", "a=1", "", " =1", "-0.5", ""]
    )
    assert [float(row[1]) for row in cells[1:]] == pytest.approx(np.linspace(-5, 5, 11))
    assert cells[1][2] == "-10"


def test_the_frame_that_comes_back_is_as_it_was(tmp_path):
    frame = pd.DataFrame({"text": ["=1", "a"], "number": [-1.5, 2]})
    before = frame.copy()
    assert report.save_table(frame, tmp_path / "table.csv") is frame
    pd.testing.assert_frame_equal(frame, before)
    assert [path.name for path in tmp_path.iterdir()] == ["table.csv"]


@settings(deadline=None, max_examples=60)
@given(st.lists(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0\r"), max_size=6), min_size=1))
def test_every_cell_survives_and_none_is_a_formula(texts):
    cells = [row[0] for row in saved(pd.DataFrame({"text": texts, "after": 1}))[1:]]
    assert not any(cell.startswith(("=", "+", "-", "@", "\t", "\r")) for cell in cells)
    assert [cell.removeprefix("'") for cell in cells] == [text.removeprefix("'") for text in texts]


@pytest.mark.parametrize("text", ["\ra", "a\rb", "a\r=1+1"])
def test_a_carriage_return_ends_no_row(text):
    cells = saved(pd.DataFrame({"text": [text], "after": ["x"]}))
    assert len(cells) == 2 and cells[1][1] == "x"
    assert cells[1][0].removeprefix("'").split() == text.split() and not cells[1][0].startswith("\r")


@pytest.mark.parametrize("dtype", [object, "str", "string"])
def test_a_formula_in_any_column_of_texts(dtype):
    assert saved(pd.DataFrame({"text": pd.Series(["=1", "a"], dtype=dtype)}))[1:] == [["'=1"], ["a"]]


def test_a_formula_in_a_column_of_categories():
    assert saved(pd.DataFrame({"text": pd.Series(["=1", "a"], dtype="category")}))[1:] == [["'=1"], ["a"]]


def test_columns_may_be_named_by_numbers():
    assert saved(pd.DataFrame({10: ["=1"], 11: [2]})) == [["10", "11"], ["'=1", "2"]]


@pytest.mark.parametrize("dtype", [object, "str", "category"])
def test_a_script_in_any_column_is_escaped(dtype):
    assert "<script" not in report.show(pd.DataFrame({"x": pd.Series(["<script>1</script>"], dtype=dtype)})).to_html()


def test_a_script_in_a_column_s_name_is_escaped():
    assert "<script" not in report.show(pd.DataFrame({"<script>1</script>": [1], "text": ["a"]})).to_html()


def test_contact_sheet_keeps_every_picture_in_its_row():
    def picture(value):
        return np.full((4, 6, 3), value, np.uint8)

    figure = figures.contact_sheet([[picture(1), picture(2), picture(3)], [picture(4)]], labels=["first", "second"])
    assert len(figure.axes) == 6
    shown = [[int(image.get_array()[0, 0, 0]) for image in axis.images] for axis in figure.axes]
    assert shown == [[1], [2], [3], [4], [], []]
    assert [axis.get_ylabel() for axis in figure.axes] == ["first", "", "", "second", "", ""]


def test_heatmaps_write_each_number_where_it_is_drawn_and_leave_missing_ones_blank():
    table = pd.DataFrame([[1.0, 0.25], [0.5, np.nan]], index=["south", "west"], columns=["a", "b"])
    figure = figures.heatmaps({"one": table, "two": table.T})
    assert [axis.get_title() for axis in figure.axes] == ["one", "two"]
    first, second = ({text.get_position(): text for text in axis.texts} for axis in figure.axes)
    assert {place: text.get_text() for place, text in first.items()} == {
        (0.5, 0.5): "1.00", (1.5, 0.5): "0.25", (0.5, 1.5): "0.50"}  # fmt: skip
    assert second[0.5, 1.5].get_text() == "0.25"
    on_dark, on_light = (sum(to_rgb(first[place].get_color())) for place in ((0.5, 0.5), (1.5, 0.5)))
    assert on_dark == 3 and on_light < 1
    assert [label.get_text() for label in figure.axes[0].get_yticklabels()] == ["south", "west"]
    assert [label.get_text() for label in figure.axes[0].get_xticklabels()] == ["a", "b"]


def test_an_interactive_figure_is_data_without_a_script():
    frame = pd.DataFrame({"x": [1, 10, 5], "y": [2, 20, 7], "by": ["b", "b", "a"]})
    bundle = interactive.scatter(frame, "x", "y", "by", "ads", "texts")._repr_mimebundle_(include=None)
    assert set(bundle) == {"application/vnd.plotly.v1+json", "text/plain"}  # no text/html, which would carry plotly
    found = json.loads(json.dumps(bundle["application/vnd.plotly.v1+json"]))  # it is plain data
    assert [trace["name"] for trace in found["data"]] == ["b", "a"]
    assert found["layout"]["xaxis"] == {"type": "log", "title": {"text": "ads"}}
    assert "<script" not in json.dumps(bundle) and len(json.dumps(bundle)) < 20_000


def lines(axis, colour: str, dotted: bool) -> int:
    """How many lines of a colour are drawn, dotted or whole."""
    return sum(
        len(drawn.get_segments())
        for drawn in axis.collections
        if hasattr(drawn, "get_segments")
        and to_hex(drawn.get_color()[0]) == colour
        and (drawn.get_linestyle()[0][1] is not None) == dotted
    )


def test_links_are_drawn_wrong_ones_red():
    links = nx.Graph()
    for part in ((1, 1), (1, 2), (2, 0), (3, 0)):
        links.add_node(part, kind="part", vendor=part[0])
    links.add_nodes_from("AC", kind="number")
    links.add_edge((1, 1), "A", kind="shows", ads=1, true=True)
    links.add_edge((2, 0), "C", kind="shows", ads=9, true=True)
    links.add_edge((3, 0), "C", kind="shows", ads=1, true=False)
    links.add_edge((1, 1), (1, 2), kind="split", ads=1, true=True)
    _, axis = plt.subplots()
    graph_figures.draw_links(axis, links, seed=1)
    assert (lines(axis, report.THEIRS, False), lines(axis, report.NEUTRAL, False)) == (1, 2)
    assert (lines(axis, report.THEIRS, True), lines(axis, report.NEUTRAL, True)) == (0, 1)
    squares, dots = [drawn for drawn in axis.collections if not hasattr(drawn, "get_segments")]
    assert len(dots.get_offsets()) == 2
    colours = [to_hex(colour) for colour in squares.get_facecolor()]
    assert colours[0] == colours[1] and len(set(colours)) == 3  # the two parts of vendor 1


def test_no_links_are_no_error():
    _, axis = plt.subplots()
    graph_figures.draw_links(axis, nx.Graph(), seed=1)
    assert not [drawn for drawn in axis.collections if hasattr(drawn, "get_segments")]


def test_a_row_is_called_by_what_is_not_usual_of_it():
    rows = pd.DataFrame(
        [
            ("minilm-l6", "CE", "", "corrected", "shuffled", "all", "yes"),
            ("a + b", "CE+SupCon", "mean", "released", "units", "all", "no"),
            ("a + b", "CE", "concat", "corrected", "shuffled", "no-face", "yes"),
            ("minhash", "baseline", "", "corrected", "", "all", "yes"),
        ],
        columns=["system", "objective", "fusion", "variant", "sampling", "faces", "converged"],
    )
    assert row_labels.of_rows(rows).tolist() == [
        "minilm-l6, CE",
        "a + b, CE+SupCon, released, units (not converged)",
        "a + b, CE, concat, no faces",
        "minhash",
    ]


def test_ranked_rows_keep_their_order_and_have_a_colour_for_each_kind():
    frame = pd.DataFrame(
        {"name": ["a", "b", "c"], "kind": ["x", "y", "x"], "mean": [0.9, 0.5, 0.1], "low": 0.05, "high": 0.95}
    )
    [axes] = figures.ranked(frame, "name", "kind", "score").axes
    assert [label.get_text() for label in axes.get_yticklabels()] == ["a", "b", "c"]
    assert [text.get_text() for text in axes.get_legend().get_texts()] == ["x", "y"]


def test_a_loss_below_zero_is_in_the_picture():
    history = pd.DataFrame({"steps": [1, 2], "train_loss": [1.0, -2.0], "val_loss": [0.5, -1.0]})
    [axes] = report.loss_curve(history).axes
    assert axes.get_ylim()[0] <= -2


def test_a_sortable_table_escapes_its_cells_and_links_its_chapters():
    frame = pd.DataFrame({"what": ["<script>alert(1)</script>"], "chapter": ['30"><b>']})
    page = report.sortable(frame, links="chapter").data
    assert "<script>alert" not in page and "&lt;script&gt;alert" in page and "<b>" not in page
    assert report.sortable(pd.DataFrame({"chapter": ["30_x", ""]}), links="chapter").data.count("<a href") == 1


def test_a_figure_is_shown_small_and_told_in_words(tmp_path):
    figure, axes = plt.subplots(1, 2)
    axes[0].plot([1, 2], label="<b>ours</b>")
    axes[0].set(xlabel="epoch", ylabel="loss", title="South")
    axes[0].legend()
    data, metadata = report.save_figure(figure, tmp_path / "x.png")._repr_mimebundle_()
    assert metadata["image/png"]["alt"] == "Figure of 2 panels: South loss over epoch of <b>ours</b>"
    with Image.open(tmp_path / "x.png") as shown:
        assert shown.mode == "P" and shown.width > 300
    assert base64.b64decode(data["image/png"]) == (tmp_path / "x.png").read_bytes()
    assert (tmp_path / "x.svg").read_text(encoding="utf-8").count("<svg") == 1


HOSTILE = [
    "a | b",
    "`x` *b* _c_ a_b [l](http://x.org) ![i](u) <b>x</b> <script>",
    "$x$ costs $5",
    "line\nnext | line\n\n# head",
    "- x",
    "1. y",
    "123) z",
    "> q",
    "~~s~~ {role}`x` ^a^",
    r"a\|b \\",
    "&amp; &lt; &#124;",
    "100 % of it, isn't it? (yes) a/b: c; d = e + f!",
    "北京 | مصر 😀",
    "---",
    "| | |\n|---|---|",
    "=====",
]


@pytest.mark.parametrize("said", HOSTILE)
def test_any_text_is_shown_by_markdown_as_it_is(said):
    reader, shown = MarkdownIt("gfm-like", {"linkify": False}), " ".join(said.split())

    def read(page):
        return html.unescape(re.sub("<[^>]*>", "", page)).strip()

    table = reader.render(f"| | |\n|---|---|\n| a | {report.markdown(said)} |\n| b | {report.code(said)} |\n")
    assert [read(cell) for cell in re.findall("<td>(.*?)</td>", table, re.DOTALL)] == ["a", shown, "b", shown]
    alone = reader.render(report.markdown(said))
    assert read(alone) == shown and set(re.findall("<(\\w+)", alone)) <= {"p", "span"}
    assert "$" not in re.sub(r"<span>\$</span>", "", alone)  # a formula begins and ends in one element


def shown_by(chapter, begun, **names):
    """What the cell of a chapter that has this in its code shows as Markdown, given the names that it uses."""
    cells = json.loads((files.ROOT / "notebooks" / f"{chapter}.ipynb").read_text(encoding="utf-8"))["cells"]
    [code] = [source for cell in cells if begun in (source := "".join(cell["source"]))]
    *before, last = ast.parse(code).body
    scope = {"Markdown": str, "report": report, **names}
    exec(compile(ast.Module(before, []), chapter, "exec"), scope)
    return eval(compile(ast.Expression(last.value), chapter, "eval"), scope)


@pytest.mark.parametrize("said", HOSTILE)
def test_chapters_show_what_a_study_is_about_as_it_is(said):
    plain = MagicMock(about=said, sensitive=False, bootstrap=1000)
    plain.name, plain.data.scale = "fake", 1
    for number in ("max_tokens", "pixels", "epochs", "batch_size"):
        setattr(plain.text if number == "max_tokens" else plain.image, number, 1)
    ads = MagicMock(texts=[], images=[], fingerprint="ab" * 32)
    ads.ads = pd.DataFrame({"vendor": [1]})
    ads.training_region.return_value = "null"
    acceleration = MagicMock()
    acceleration.precision.return_value = "32 bits"
    page = shown_by("00_start_here", "| study |", chosen=plain, ads=ads, acceleration=acceleration)
    shown = MarkdownIt("gfm-like", {"linkify": False}).render(page)
    rows = re.findall("<tr>\n<td>(.*?)</td>\n<td>(.*?)</td>\n</tr>", shown, re.DOTALL)
    assert len(rows) == page.strip().count("\n") - 1  # below two lines of heading
    assert html.unescape(re.sub("<[^>]*>", "", dict(rows)["study"])) == f"fake: {' '.join(said.split())}"
