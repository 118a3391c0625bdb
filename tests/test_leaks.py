"""Whatever a study writes of an ad is found, wherever it stands and however it is written; what it may write is not."""

import base64
import gzip
import io
import json
from pathlib import Path
from types import SimpleNamespace
from urllib.parse import quote

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from PIL import Image, PngImagePlugin
from safetensors.numpy import save_file

from lib.__main__ import main
from lib.core.errors import DataError
from lib.core.files import ROOT
from lib.pipeline import file_text, leak_index, leak_scan
from lib.study import plan
from lib.twin import ad_plan, advertisements

TEXTS = [
    "Sunny room by the old harbour with a small crooked balcony, call Quilla on 212-555-0147 [SEP] Write to "
    "quilla.brook@roomy-stay.example.net or see www.roomy-stay.example.net/rooms/harbour, we answer before noon",
    "Piano lessons für Anfänger & friends, 30% off for early birds who bring café crème and their own stool",
    "four words make one",  # shorter than a run: found as a whole
    "brush two one two five five five zero one nine nine",
]
NAMES = ["Quilla Brook", "Zephyrine", "Åsa", "730182", "17", "x9", "a8f3c2e19b"]
RUN = "room by the old harbour with a small"
SECRETS = {
    "phone": "212-555-0147",
    "e-mail": "quilla.brook@roomy-stay.example.net",
    "link": "www.roomy-stay.example.net/rooms/harbour",
    "name": "Zephyrine",
    "text": RUN,
}


def scan(folder: Path) -> list[tuple[str, str, str]]:
    found = leak_scan.scan(folder, TEXTS, NAMES, public=[])
    assert list(found.columns) == ["file", "place", "kind"]
    shown = found.to_csv().casefold()
    for secret in (*SECRETS.values(), "2125550147", "quilla", "roomy-stay", "åsa", "730182", "harbour"):
        assert secret.casefold() not in shown
    return list(found.itertuples(index=False, name=None))


def write(folder: Path, name: str, content: str | bytes) -> None:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content if isinstance(content, bytes) else content.encode())


def notebook(folder: Path, outputs=(), name="notebooks/01_data.ipynb", **cell) -> None:
    cells = [
        {"cell_type": "markdown", "metadata": {}, "source": "# The data"},
        {"cell_type": "code", "metadata": {}, "source": ["x = 1\n", "x"], "outputs": list(outputs), **cell},
    ]
    write(folder, name, json.dumps({"cells": cells, "metadata": {"kernelspec": {"name": "python3"}}, "nbformat": 4}))


def shown(mime: str, value) -> dict:
    return {"output_type": "display_data", "data": {mime: value}, "metadata": {}}


def png(**chunks) -> bytes:
    info = PngImagePlugin.PngInfo()
    for key, (value, kind) in chunks.items():
        info.add_itxt(key, value) if kind == "iTXt" else info.add_text(key, value, zip=kind == "zTXt")
    stream = io.BytesIO()
    Image.new("RGB", (4, 4)).save(stream, "PNG", pnginfo=info)
    return stream.getvalue()


def jpeg(**arguments) -> bytes:
    stream = io.BytesIO()
    Image.new("RGB", (4, 4)).save(stream, "JPEG", **arguments)
    return stream.getvalue()


@pytest.fixture
def folder(tmp_path) -> Path:
    """A study's folder in which nothing leaks."""
    notebook(tmp_path, [shown("text/html", "<table><tr><td>0.730182</td><td>17</td></tr></table>")])
    write(tmp_path, "tables/scores.csv", "region,vendors,mean\nsouth,17,0.2125550147\nwest,9,0.5\n")
    write(tmp_path, "study.json", json.dumps({"study": "clean", "seconds": [1478563200, 12.5550147]}))
    write(tmp_path, "figures/loss.png", png(Software=("Matplotlib", "tEXt")))
    write(tmp_path, ".lock", "")
    return tmp_path


def test_nothing_in_a_clean_folder(folder):
    assert scan(folder) == []


@pytest.mark.parametrize("kind", SECRETS)
def test_every_kind_in_a_cell(folder, kind):
    write(folder, "tables/leak.csv", f'a,b\n1,2\n3,"{SECRETS[kind]}"\n')
    assert ("tables/leak.csv", "row 3, column b", kind) in scan(folder)


@pytest.mark.parametrize("kind", SECRETS)
def test_every_kind_where_a_notebook_prints(folder, kind):
    notebook(folder, [{"output_type": "stream", "name": "stdout", "text": ["fine\n", f"so: {SECRETS[kind]}\n"]}])
    assert ("notebooks/01_data.ipynb", "cell 2, output 1, line 2", kind) in scan(folder)


RED = "\x1b[0;31mroom\x1b[0m by the old harbour with a small"
OUTPUTS = {
    "output 1, text/html, line 2": shown("text/html", ["<table>\n", f"<td title='{RUN}'>x</td></table>"]),
    "output 1, text/plain, line 1": shown("text/plain", RUN),
    "output 1, text/markdown, line 3": shown("text/markdown", f"a\n\n**{RUN}**"),
    "output 1, application/vnd.plotly.v1+json, value at data[0].text[1]": shown(
        "application/vnd.plotly.v1+json", {"data": [{"type": "scatter", "text": ["fine", RUN]}], "layout": {}}
    ),
    "output 1, image/svg+xml, line 1": shown("image/svg+xml", f"<svg><title>{RUN}</title></svg>"),
    "output 1, image/png, text chunk Title": shown("image/png", base64.b64encode(png(Title=(RUN, "zTXt"))).decode()),
    "output 1, traceback, line 1": {"output_type": "error", "ename": "E", "evalue": "", "traceback": [RED]},
    "output 1, error, line 1": {"output_type": "error", "ename": "KeyError", "evalue": RUN, "traceback": []},
    "output 1, value at metadata.note": {**shown("text/plain", ""), "metadata": {"note": RUN}},
}


@pytest.mark.parametrize("place", OUTPUTS)
def test_outputs_of_a_notebook(folder, place):
    notebook(folder, [OUTPUTS[place]])
    assert ("notebooks/01_data.ipynb", f"cell 2, {place}", "text") in scan(folder)


def test_other_parts_of_a_notebook(folder):
    notebook(folder, source=["x = 1\n", f"# {RUN}"])
    notebook(folder, name="a.ipynb", metadata={"tags": [RUN]})
    notebook(folder, name="b.ipynb", attachments={"a.txt": {"text/plain": RUN}})
    words = [{"output_type": "stream", "name": "stdout", "text": f"{word}\n"} for word in RUN.split()]
    notebook(folder, words, name="c.failed.ipynb")
    write(folder, "d.ipynb", json.dumps({"cells": [], "metadata": {"papermill": {"parameters": {"x": RUN}}}}))
    write(folder, "e.ipynb", "{broken\n" + RUN)
    assert {found[:2] for found in scan(folder)} == {
        ("notebooks/01_data.ipynb", "cell 2, source, line 2"),
        ("a.ipynb", "cell 2, value at metadata.tags[0]"),
        ("b.ipynb", "cell 2, attachment a.txt, text/plain, line 1"),
        ("c.failed.ipynb", "cell 2, all of stdout, line 1"),
        ("d.ipynb", "value at notebook.metadata.papermill.parameters.x"),
        ("e.ipynb", "line 2"),
    }


def test_numbers_packed_in_a_plot(folder):
    packed = base64.b64encode(np.array([1, 2125550147]).tobytes()).decode()
    notebook(folder, [shown("application/vnd.plotly.v1+json", {"data": [{"x": {"dtype": "i8", "bdata": packed}}]})])
    assert [found[2] for found in scan(folder)] == ["phone"]


EXIF = Image.Exif()
EXIF[0x010E] = RUN  # ImageDescription
EXIF[0x9C9C] = "Zephyrine".encode("utf-16-le")  # XPComment
FILES = {
    ("a.png", "text chunk Description"): png(Description=(RUN, "tEXt")),
    ("b.png", "text chunk Comment"): png(Comment=(RUN, "iTXt")),
    ("c.jpg", "EXIF tag ImageDescription"): jpeg(exif=EXIF),
    ("d.jpeg", "comment"): jpeg(comment=RUN.encode()),
    ("e.png", "bytes from"): png() + RUN.encode(),
    ("f.svg", "line 2"): f"<svg>\n<text>{RUN}</text></svg>",
    ("g.html", "line 1"): f"<p>{RUN}</p>",
    ("h.html", "line 2, embedded data, text chunk T"): "<p>\n<img src='data:image/png;base64,"
    + base64.b64encode(png(T=(RUN, "tEXt"))).decode()
    + "'>",
    ("i.txt", "line 1"): RUN.replace(" ", "\n"),
    ("j.log", "line 1"): RUN.upper(),
    ("k.yaml", "line 1"): f"about: {RUN}",
    ("l.graphml", "line 1"): f"<graphml><data key='d0'>{RUN}</data></graphml>",
    ("m.json", "value at a[1].b"): json.dumps({"a": [0, {"b": RUN}]}),
    ("n.json", "value at [0]"): json.dumps(RUN.split()),  # word by word
    ("o.csv", "row 2, column word"): "word,n\n" + "".join(f"{word},1\n" for word in RUN.split()),
    ("p.tsv", "row 1, column room"): RUN.replace(" ", "\t") + "\n",
    ("q.bin", "bytes from"): b"\xff\xfe\0\1" + RUN.encode() + b"\xff",
    ("r.npy", "bytes from"): np.array(RUN).tobytes() + b"\xff",  # UTF-32
    ("s.json.gz", "unpacked, value at [0]"): gzip.compress(json.dumps([RUN]).encode()),
    (".hidden/.t", "line 1"): RUN,
    ("runs/text/a/ad/seed1/u.md", "line 1"): RUN,
    ("v.unknown", "line 1"): RUN,
    ("x.gz", "bytes from"): b"\x1f\x8b\xff" + RUN.encode(),
    ("y.zip", "bytes from"): b"PK\3\4" + RUN.encode(),
    ("w.txt", "line 1"): RUN.encode("utf-16"),
}


@pytest.mark.parametrize("name, place", FILES)
def test_files_of_all_kinds(folder, name, place):
    write(folder, name, FILES[name, place])
    found = [(file, where) for file, where, kind in scan(folder) if kind == "text"]
    assert any(file == name and where.startswith(place) for file, where in found), found


def test_a_name_in_exif_of_another_encoding(folder):
    write(folder, "c.jpg", jpeg(exif=EXIF))
    assert ("c.jpg", "EXIF tag XPComment", "name") in scan(folder)


def test_archives_and_tensors(folder):
    np.savez_compressed(folder / "a.npz", names=np.array(["fine", "Zephyrine"]))
    save_file({"x/vectors": np.zeros(3, np.float32)}, folder / "b.safetensors", metadata={"labels": '["Zephyrine"]'})
    assert {(file, where.split(" ")[0], kind) for file, where, kind in scan(folder)} == {
        ("a.npz", "member", "name"),
        ("b.safetensors", "header,", "name"),
    }


def test_names_of_files_columns_and_keys_are_not_repeated(folder):
    write(folder, "runs/zephyrine/a.txt", RUN)
    write(folder, "tables/2125550147.csv", "x\n1\n")
    write(folder, "b.csv", f"n,Zephyrine\n1,{RUN}\n")
    write(folder, "c.json", json.dumps({"Quilla Brook": {"t": RUN}}))
    write(folder, "d.png", png(Zephyrine=(RUN, "tEXt")))
    found = scan(folder)
    assert ("runs/(entry 1 of 1 by name)", "the file's name", "name") in found
    assert ("runs/(entry 1 of 1 by name)/a.txt", "line 1", "text") in found
    assert ("tables/(entry 1 of 2 by name)", "the file's name", "phone") in found
    assert ("b.csv", "row 1, column 2", "name") in found and ("b.csv", "row 2, column 2", "text") in found
    assert ("c.json", "key at the top", "name") in found and ("c.json", "value 1", "text") in found
    assert any(file == "d.png" and place.startswith("note ") for file, place, _ in found)


WRITTEN = {
    "phone": [
        "2125550147",
        "2,125,550,147",
        "2125550147.0",
        "12125550147",
        "IMG2125550147b",
        "two one two 555 oh one four seven",
        "２１２５５５０１４７",
        "②①② ⑤⑤⑤ ⓪①④⑦",
        "21\u200b2-55\u200b5-0147",
        "&#50;12-555-0147",
        "<b>212</b>-<i>555</i>-0147",
        "tel%3A%28212%29555-0147",
        "212-555\n0147",
    ],
    "e-mail": [
        "QUILLA.BROOK@roomy-stay.example.net",
        "quilla.brook (at) roomy-stay.example dot net",
        "quilla.brook&#64;roomy-stay.example.net",
        "quilla.brook%40roomy-stay.example.net",
        "<a href='mailto:quilla.brook@roomy-stay.example.net'>x</a>",
    ],
    "link": [
        "https://roomy-stay.example.net/rooms/harbour",
        "http://www.roomy-stay.example.net/rooms/harbour?utm=1",
        "https%3A%2F%2Froomy-stay.example.net%2Frooms%2Fharbour",
    ],
    "name": [
        "zephyrine",
        "ZEPHYRINE_17",
        "Ze\u200bphy\u00adrine",
        "Ｚｅｐｈｙｒｉｎｅ",
        "Z<b>eph</b>yrine",
        "quilla  brook",
        "A\u030asa",
        "&Aring;sa",
        r"\u00c5sa",
        "%C3%85sa",
        "730182",
        "730,182",
        "730182.0",
        "images/a8f3c2e19b.jpg",
    ],
    "text": [
        RUN.title(),
        f"…{RUN}…",
        "room by the, old harbour: with a small",
        "room by<br/>the old harbour with a <b>sm</b>all",
        "<tr><td>room</td><td>by</td><td>the</td><td>old</td></tr>\n<tr><td>harbour</td><td>with</td><td>a</td><td>small</td></tr>",
        "room\\nby the old harbour\\twith a small",
        quote("room by the old harbour with a small"),
        "lessons fu\u0308r Anfa\u0308nger & friends 30 off for early",
        "lessons f&uuml;r Anf&auml;nger &amp; friends, 30% off for early",
        r"lessons f\u00fcr Anf\u00e4nger \u0026 friends, 30% off for early",
        "lessons f%C3%BCr Anf%C3%A4nger %26 friends, 30%25 off for early",
        "r\u200boom by the old harb\u00adour with a small",
        "four words make one",
        "Call Quilla on NNN-NNN-NNNN [SEP] Write to <EMAILID-N>",  # masked
        "Quilla on NNN NNN NNNN Write to <EMAILID-N> or",
    ],
}


@pytest.mark.parametrize("kind, written", [(kind, form) for kind, forms in WRITTEN.items() for form in forms])
def test_disguises(folder, kind, written):
    write(folder, "out.txt", f"see\n{written}\nend")
    assert kind in {found[2] for found in scan(folder) if found[0] == "out.txt"}


@pytest.mark.parametrize(
    "fine",
    [
        "0.2125550147 12.730182 e730182f 3730182",
        "2125550148 1478563200 21255501470",
        "17 x9",
        "Zephyrines and Quilla",  # whole words, whole names
        "words make one",
        "room by the old harbour with a",  # seven words
        "-- 5 5 0 1 9 9 2 1 --",
        "N NN N NNN NNNN N N N N",
        "example.net/other other@roomy-stay.example.net",
    ],
)
def test_no_false_alarm(folder, fine):
    write(folder, "a.txt", fine)
    assert leak_scan.scan(folder, [*TEXTS, "from 5 5 0 1 9 9 2 1 on"], NAMES, public=[]).empty


def test_public_text_is_no_leak(folder):
    write(folder, "a.txt", "\n".join(SECRETS.values()))
    assert leak_scan.scan(folder, TEXTS, NAMES, public=list(SECRETS.values())).empty


def test_the_projects_own_words_are_public_but_not_the_twins_names():
    index = leak_index.Index([], ["Ziggy", "mean", "kernelspec"])
    index.forget(leak_scan.own_sources())
    [passage] = file_text.passages("a.txt", b"Ziggy, the mean of kernelspec")
    assert [hit.secret for hit in index.find(passage)] == [("name", ("ziggy",))]


def test_many_texts_are_read_on_all_cores(monkeypatch):
    alone = leak_index.Index(TEXTS)
    monkeypatch.setattr(leak_index, "MANY", 2)
    shared = leak_index.Index(TEXTS)
    assert shared.phones == alone.phones
    assert all(np.array_equal(shared.runs[length], alone.runs[length]) for length in alone.runs)


def test_links_on_disk(folder, tmp_path_factory):
    (folder / "gone").symlink_to(tmp_path_factory.mktemp("x") / "zephyrine")
    assert ("gone", "the link's target", "name") in scan(folder)


class Searched:
    """A small twin's texts and their index (an object without a long repr for hypothesis to print)."""

    def __init__(self) -> None:
        given = ad_plan.Settings(0.001, 77, 32)
        lengths = ad_plan.template_lengths(given, ad_plan.plan(given)[0])
        vendors = [advertisements.draw_vendor(given, number, own) for number, own in enumerate(lengths)]
        self.texts = [
            advertisements.write_ad(given, ways, ad, "south", False, [])[0] for ad, ways in enumerate(vendors * 9)
        ]
        self.index = leak_index.Index(self.texts)


@pytest.fixture(scope="module")
def searched() -> Searched:
    return Searched()


def test_the_published_study_holds_nothing_of_other_ads(searched):
    folder = ROOT / "results" / "quick"
    if not (folder / "notebooks").exists():
        pytest.skip("the study was not run here")
    # Chapter 02 shows examples of the project's own, which are no leak even where an ad has the same address.
    texts = [*searched.texts, "212-555-0100, robin@example.org, www.example.org/rooms"]
    found = leak_scan.scan(folder / "notebooks", texts, ["Ziggy", "Quilla Brook"])
    # Two chapters show ads of the study's own twin, made by the same grammar: eight words of two ads may coincide.
    found = found[~found["file"].isin(["33_insights.ipynb", "36_one_ad.ipynb"]) | (found["kind"] != "text")]
    assert found.empty, found.to_string()


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(chosen=st.data())
def test_any_run_of_any_text_is_found_in_any_cell(searched, chosen):
    text = chosen.draw(st.sampled_from(searched.texts))
    words = [word for word in text.split() if any(character.isalnum() for character in word)]
    assume(len(words) >= leak_index.RUN)
    start = chosen.draw(st.integers(0, len(words) - leak_index.RUN))
    run = " ".join(words[start : start + leak_index.RUN])
    assume(any(character.isalpha() for character in run))
    rows, columns = chosen.draw(st.integers(1, 4)), chosen.draw(st.integers(1, 4))
    table = pd.DataFrame([["fine"] * columns] * rows, columns=[f"c{number}" for number in range(columns)])
    row, column = chosen.draw(st.integers(0, rows - 1)), chosen.draw(st.integers(0, columns - 1))
    table.iloc[row, column] = f"so: {run} (!)"
    written = {
        "a.csv": (table.to_csv(index=False), f"row {row + 2}, column c{column}"),
        "a.json": (table.to_json(orient="records"), f"value at [{row}].c{column}"),
        "a.html": (table.to_html(), "line "),
    }
    name = chosen.draw(st.sampled_from(sorted(written)))
    content, place = written[name]
    found = [
        passage.parts[hit.part].place
        for passage in file_text.passages(name, content.encode())
        for hit in searched.index.find(passage)
        if hit.secret[0] == "text"
    ]
    assert found and all(where.startswith(place) for where in found)


FOLDERS = {"data_folder": Path("nowhere/ads"), "hotel_pictures": Path("nowhere/hotels")}


@pytest.fixture
def study(folder, monkeypatch) -> SimpleNamespace:
    images = [Path("images/a8f3c2e19b.jpg"), Path("images/room.jpg"), Path("images/000524.jpg")]
    read = SimpleNamespace(
        texts=TEXTS, labels=["17", "Zephyrine"], images=images, names=["", "Wanda"], groups=["Ypsilanti set", ""]
    )
    monkeypatch.setattr(leak_scan.loading, "read", lambda study: read)
    monkeypatch.setattr(leak_scan, "own_sources", list)  # it takes two seconds to read, and has tests of its own
    monkeypatch.setattr(plan, "load", lambda name: SimpleNamespace(folder=folder, sensitive=True, **FOLDERS))
    return plan.load("own")


def test_a_study_that_leaks_is_refused(study, folder):
    leak_scan.check(study)
    for number in range(12):
        write(folder, f"tables/leak{number:02d}.csv", f"a\n{RUN}\n")
    write(folder, "pictures.txt", "a8f3c2e19b")
    write(folder, "names.txt", "Wanda\nXaver\nthe ypsilanti set")
    with pytest.raises(DataError) as error:
        leak_scan.check(study, ["Xaver"])
    message = str(error.value)
    assert "tables/leak05.csv, row 2, column a: text" in message and "and 6 more" in message
    assert (
        "names.txt, line 1: name; names.txt, line 2: name; names.txt, line 3: name; pictures.txt, line 1: name"
        in message
        and "\n" not in message
    )
    assert "harbour" not in message and "Wanda" not in message and "Xaver" not in message


def test_command(study, folder, monkeypatch, capsys):
    assert main(["leaks", "own"]) == 0 and "nothing" in capsys.readouterr().out
    write(folder, "a.csv", "who\nZephyrine\n")
    assert main(["leaks", "own"]) == 1
    out = capsys.readouterr().out
    assert "row 2, column who" in out and "ephyrine" not in out


BORDERS = {
    "a.csv": ["vendor\n7\n", "vendor,7\n", "who,vendor\n7,x\n"],
    "a.json": ['{"a": ["vendor", 7]}', '{"vendor": 7, "b": {"c": "vendor"}, "d": 7}'],
    "a.txt": ["vendor\n7", "vendor\r\n7", "vendor\t7"],
    "a.md": ["# vendor\n\n7 ads", "| vendor | 7 |\n|---|---|\n| vendor | 7 |", "vendor|7"],
    "a.html": [
        "<tr><th>vendor</th></tr>\n<tr><td>7</td></tr>",
        '<th class="x">vendor</th><td\n>7</td>',
        "<div>vendor</div><div>7</div>",
        "<h2>vendor</h2>7",
        "<caption>vendor</caption><tr><td>7</td></tr>",
        "&lt;th&gt;vendor&lt;/th&gt;&lt;td&gt;7&lt;/td&gt;",
    ],
    "a.svg": ["<text>vendor</text><text>7</text>", "<title>vendor</title><text>7</text>"],
}
WITHIN = {
    "a.csv": ["who\nvendor 7\n", '"vendor  7"\n'],
    "a.json": ['{"a": "of vendor 7"}', '{"vendor 7": 1}'],
    "a.txt": ["of vendor 7,", "vendor_7"],
    "a.md": ["| vendor 7 | 1 |", "**vendor** 7", "`vendor 7`"],
    "a.html": [
        "<td>vendor 7</td>",
        "<td><b>vendor</b> 7</td>",
        "<td>vendor\n7</td>\n<p>x</p>",
        "<td>vendor<br>7</td>",
        "<p>vendor&nbsp;7</p>",
    ],
    "a.svg": ["<text>vendor 7</text>", "<text><tspan>vendor</tspan> <tspan>7</tspan></text>"],
}


@pytest.mark.parametrize(("name", "content"), [(name, each) for name, forms in BORDERS.items() for each in forms])
def test_no_name_runs_from_one_cell_into_another(tmp_path, name, content):
    write(tmp_path, name, content)
    assert leak_scan.scan(tmp_path, [], ["vendor 7"], public=[]).empty


@pytest.mark.parametrize(("name", "content"), [(name, each) for name, forms in WITHIN.items() for each in forms])
def test_a_name_that_stands_in_one_cell_is_found(tmp_path, name, content):
    write(tmp_path, name, content)
    assert set(leak_scan.scan(tmp_path, [], ["vendor 7"], public=[])["kind"]) == {"name"}


def test_a_notebooks_table_of_vendors_is_no_leak(tmp_path):
    """What chapter 33 shows of vendors by number, as HTML and as text."""
    table = pd.DataFrame({"vendor": [7, 8], "taken for": [9, 7]})
    html = table.style.hide(axis="index").to_html() + table.to_html(index=False)
    for number, (mime, shown) in enumerate({"text/html": html, "text/plain": table.to_string(index=False)}.items()):
        output = {"output_type": "display_data", "metadata": {}, "data": {mime: shown.splitlines(keepends=True)}}
        cell = {"cell_type": "code", "metadata": {}, "source": [], "outputs": [output]}
        write(tmp_path, f"{number}.ipynb", json.dumps({"cells": [cell], "metadata": {}}))
    assert leak_scan.scan(tmp_path, [], ["vendor 7", "for 9", "vendor 8"], public=[]).empty


def test_numbers_and_short_texts_stand_in_one_cell_too(tmp_path):
    write(tmp_path, "a.html", "<td>212</td>\n<td>555</td><td>0147</td> <th>four</th><td>words</td><td>make one</td>")
    write(tmp_path, "a.csv", "four,words\nmake,one\n")
    assert leak_scan.scan(tmp_path, ["four words make one", "call 212-555-0147 or write to us"], public=[]).empty
    write(tmp_path, "b.html", "<td>212-555-0147</td><td>four\nwords <i>make</i> one</td>")
    found = leak_scan.scan(tmp_path, ["four words make one", "call 212-555-0147 or write to us"], public=[])
    assert set(found["kind"]) == {"phone", "text"} and set(found["file"]) == {"b.html"}


def test_a_name_with_the_sign_of_a_border_in_it_is_found_as_it_is(tmp_path):
    write(tmp_path, "a.txt", "of Quilla | Brook,")
    write(tmp_path, "b.csv", '"Wanda\nXaver"\n')
    found = leak_scan.scan(tmp_path, [], ["Quilla | Brook", "Wanda\nXaver"], public=[])
    assert set(found["file"]) == {"a.txt", "b.csv"}


def test_lines_below_a_wrapped_cell_keep_their_numbers(tmp_path):
    write(tmp_path, "a.html", "<p>x</p>\n<td>a\nb\nc</td>\n<td>vendor 7</td>")
    assert set(leak_scan.scan(tmp_path, [], ["vendor 7"], public=[])["place"]) == {"line 5"}
