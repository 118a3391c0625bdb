"""Anybody's folder: other layouts, and every kind of bad input that is expected to come."""

import csv
import html
import io
import os
import struct
import zlib
from pathlib import Path

import cv2
import numpy as np
import pandas as pd
import pytest
import yaml
from PIL import Image

from lib.core.errors import DataError
from lib.core.files import ROOT
from lib.data import ads, image_arrays, image_files, loading, rejected_rows, splits
from lib.pipeline import report
from lib.study import plan
from lib.study.config import Columns, Data
from lib.study.run_kinds import OF_BENCHMARKS

SECRET = "Zanzibar"
"""A word in each text, vendor and file name of the test data: no message and no quarantine may hold it."""

COLUMNS = ["TEXT", "IMAGES", "VENDOR"]


class Folder:
    """A data folder of forty good ads of ten vendors with a picture each; tests add to it or spoil it."""

    header = COLUMNS

    def __init__(self, path: Path) -> None:
        self.path = path
        (path / "images").mkdir()
        self.rows = [[f"{SECRET} ad {row}", f"images/{self.picture(row)}", f"{SECRET}{row % 10}"] for row in range(40)]
        self.write()

    def picture(self, number: int) -> str:
        name = f"{SECRET}{number}.jpg"
        pixels = np.random.default_rng(number).integers(0, 255, (9, 12, 3), np.uint8)
        cv2.imwrite(str(self.path / "images" / name), pixels)
        return name

    def write(self, *more: list[str], name: str = "south.csv", encoding: str = "utf-8", **form) -> None:
        """The good ads and then `more` rows, the first of which is row 42."""
        (self.path / name).write_bytes(self.csv(*self.rows, *more, **form).encode(encoding))

    def csv(self, *rows: list[str], **form) -> str:
        stream = io.StringIO()
        csv.writer(stream, lineterminator="\n", **form).writerows([self.header, *rows])
        return stream.getvalue()

    def read(self, separator: str = "|", delimiter: str = ",", **columns) -> ads.Ads:
        form = {"folder": str(self.path), "separator": separator, "delimiter": delimiter}
        return ads.read(self.path, Data(source="matched", columns=Columns(**columns), **form))


@pytest.fixture
def folder(tmp_path) -> Folder:
    path = tmp_path / "data"
    path.mkdir()
    return Folder(path)


def put_aside(folder: Folder, row: list[str], column: str, reason: str) -> None:
    """With `row` added as row 42, it alone goes to the quarantine, and the reason tells nothing of it."""
    folder.write(row)
    found = folder.read()
    [entry] = found.quarantine.to_dict("records")
    assert (entry["file"], entry["row"], entry["column"]) == ("south.csv", 42, column)
    assert reason in entry["reason"] and SECRET not in entry["reason"]
    assert len(found.ads) == 40 and found.rows == 41


def kept_without(folder: Folder, row: list[str], column: str, reason: str) -> None:
    """With `row` added as row 42, the ad is kept without its text or image; the quarantine says why, and no more."""
    folder.write(row)
    found = folder.read()
    [entry] = found.quarantine.to_dict("records")
    assert (entry["file"], entry["row"], entry["column"]) == ("south.csv", 42, column)
    what = {"TEXT": "text", "IMAGES": "picture"}[column]
    assert entry["reason"].startswith(f"the ad is kept without a {what}: ")
    assert reason in entry["reason"] and SECRET not in entry["reason"]
    assert len(found.ads) == found.rows == 41
    last = found.pairs[found.pairs["ad"] == 40]
    assert last["text" if column == "TEXT" else "image"].tolist() == [-1] and len(found.texts) + len(found.images) == 81


def stops(folder: Folder, *words: str, **columns) -> None:
    """Reading raises a DataError of one paragraph with these words and nothing of an ad."""
    with pytest.raises(DataError) as error:
        folder.read(**columns)
    message = str(error.value)
    assert "\n" not in message and SECRET not in message
    for word in words:
        assert word in message, message


def good(folder: Folder, text: str) -> None:
    """The text is read as it was written."""
    folder.write([text, "images/" + folder.picture(99), "x"])
    found = folder.read()
    assert found.quarantine.empty and found.texts[-1] == text


# The whole file


@pytest.mark.parametrize(("delimiter", "name"), [(";", "semicolons"), ("\t", "tabs"), ("|", "vertical bars")])
def test_wrong_delimiter(folder, delimiter, name):
    folder.write(delimiter=delimiter, quoting=csv.QUOTE_ALL)
    shown = '"\\t"' if delimiter == "\t" else f'"{delimiter}"'  # as YAML has it
    stops(folder, "south.csv, first line", f"separated by {name}", f"delimiter: {shown}")
    assert len(folder.read(delimiter=delimiter).ads) == 40


def test_wrong_delimiter_and_other_columns(folder):
    folder.header = ["body", "pictures", "seller"]
    folder.write(delimiter=";")
    stops(folder, "separated by semicolons")


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be"])
def test_utf_16(folder, encoding):
    folder.write(encoding=encoding)
    stops(folder, "south.csv", "UTF-16", "iconv")


def test_latin_1(folder):
    folder.rows[1][0] = "café"
    folder.write(encoding="latin-1")
    stops(folder, "south.csv, line 3", "not UTF-8", "0xe9", "data.encoding: cp1252", "not latin-1")


def test_byte_order_mark(folder):
    folder.write(encoding="utf-8-sig")
    assert len(folder.read().ads) == 40


@pytest.mark.parametrize("quoted", [False, True])
def test_quotes_that_do_not_close(folder, quoted):
    """Whether rows after it have quotes, one of which then ends it in the wrong place, or have none."""
    form = {"quoting": csv.QUOTE_ALL} if quoted else {}
    lines = folder.csv(*folder.rows, **form).splitlines()
    lines[6] = f'"{SECRET} open,images/{SECRET}1.jpg,1'
    lines.insert(3, '"two\nlines",images/a.jpg,1')  # a line break inside a text: rows and lines differ after it
    (folder.path / "south.csv").write_text("\n".join(lines), encoding="utf-8")
    stops(folder, "south.csv, line 9:", "a quote opens here")


def test_a_column_twice(folder):
    folder.header = ["TEXT", "IMAGES", "VENDOR", "TEXT"]
    folder.rows = [[*row, "x"] for row in folder.rows]
    folder.write()
    stops(folder, "south.csv, first line", "TEXT is there twice", "Remove or rename")


def test_a_column_that_nobody_reads_may_be_there_twice(folder):
    folder.header = ["TEXT", "IMAGES", "VENDOR", "note", "note"]
    folder.rows = [[*row, "x", "y"] for row in folder.rows]
    folder.write()
    assert len(folder.read().ads) == 40


def test_missing_column(folder):
    folder.header = ["TEXT", "IMAGES", "SELLER"]
    folder.write()
    stops(folder, "south.csv, first line", "no column VENDOR among TEXT, IMAGES, SELLER", "data.columns")
    assert len(folder.read(vendor="SELLER").ads) == 40


def test_a_column_in_other_letters_and_a_file_that_holds_no_ads(folder):
    folder.header = ["Text", "IMAGES", "vendor"]
    folder.write()
    stops(folder, "no column TEXT and VENDOR", "Capitals count: the file has Text for TEXT and vendor for VENDOR")
    folder.header = COLUMNS
    folder.write()
    (folder.path / "codebook.csv").write_text("column,meaning\nTEXT,what it says\n", encoding="utf-8")
    stops(folder, "codebook.csv", "a file that holds no ads belongs elsewhere", "set to null there")


def test_no_header_shows_no_ad(folder):
    folder.header = [f"call {SECRET} on 212-555-0100, all day", "images/1.jpg", "7"]
    folder.write()
    stops(folder, "no column TEXT and IMAGES and VENDOR among its 3 columns (not shown")


def test_line_ends_of_any_system(folder):
    """Old Mac's make the file one line for whoever looks for a line feed."""
    for end in ("\r\n", "\r"):
        folder.path.joinpath("south.csv").write_bytes(folder.csv(*folder.rows).replace("\n", end).encode())
        assert len(folder.read().ads) == 40


def test_a_first_line_without_end(folder):
    folder.path.joinpath("south.csv").write_text(SECRET * 100_000, encoding="utf-8")
    stops(folder, "south.csv, first line", "no column")


def test_a_folder_called_like_a_file_is_none(folder):
    (folder.path / "west.csv").mkdir()
    assert folder.read().regions == ["south"]


def test_a_file_that_is_not_there(folder):
    (folder.path / "west.csv").symlink_to(folder.path / "nothing")
    stops(folder, "west.csv", "can't be read")


def test_empty_file(folder):
    folder.path.joinpath("south.csv").write_bytes(b"")
    stops(folder, "south.csv", "empty", "CSV")


def test_no_folder_and_no_file(tmp_path):
    with pytest.raises(DataError, match="no such folder"):
        ads.read(tmp_path / "nothing")
    with pytest.raises(DataError, match=r"a spreadsheet is saved as CSV.*south\.csv, midwest\.csv"):
        ads.read(tmp_path)


# A row


@pytest.mark.parametrize(("place", "column"), enumerate(COLUMNS))
def test_empty_cell(folder, place, column):
    row = ["text", "images/" + folder.picture(99), "x"]
    row[place] = "  "
    (put_aside if column == "VENDOR" else kept_without)(folder, row, column, "empty")


@pytest.mark.parametrize(("row", "words"), [(["text", "images/x.jpg"], "fewer"), (["a", "b", "c", "d"], "more")])
def test_ragged_row(folder, row, words):
    put_aside(folder, row, "", f"{words} fields")


def test_empty_fields_at_the_end_and_blank_lines_are_no_loss(folder):
    folder.write(["text", "images/" + folder.picture(99), "x", "", ""])
    path = folder.path / "south.csv"
    path.write_text(path.read_text(encoding="utf-8").replace("\n", "\n\n"), encoding="utf-8")
    found = folder.read()
    assert len(found.ads) == 41 and found.quarantine.empty


def test_nul_bytes(folder):
    kept_without(folder, [f"{SECRET}\0{SECRET}", "images/" + folder.picture(99), "x"], "TEXT", "NUL byte")


def test_nul_byte_in_a_path(folder):
    kept_without(folder, ["text", f"images/{SECRET}\0.jpg", "x"], "IMAGES", "NUL byte")


def test_a_million_characters(folder):
    kept_without(folder, [SECRET * 125_000, "images/" + folder.picture(99), "x"], "TEXT", "longer than 100,000")
    assert csv.field_size_limit() == 131_072  # other readers' limit is as it was


@pytest.mark.parametrize(
    "path",
    [
        f"../../{SECRET}.jpg",
        f"images/../../{SECRET}.jpg",
        f"/etc/{SECRET}",
        f"link/{SECRET}.jpg",
        f"images/link{SECRET}.jpg",
        f"images/dangling{SECRET}.jpg",
    ],
)
def test_paths_out_of_the_folder(folder, path):
    outside = folder.path.parent / "outside"
    outside.mkdir()
    for place in (outside, folder.path.parent):
        cv2.imwrite(str(place / f"{SECRET}.jpg"), np.zeros((9, 9, 3), np.uint8))
    (folder.path / "link").symlink_to(outside)
    (folder.path / "images" / f"link{SECRET}.jpg").symlink_to(outside / f"{SECRET}.jpg")
    (folder.path / "images" / f"dangling{SECRET}.jpg").symlink_to(outside / "nothing")
    kept_without(folder, ["text", path, "x"], "IMAGES", "out of the data folder")


def test_link_inside_the_folder_is_fine(folder):
    (folder.path / "images" / "link.jpg").symlink_to(folder.path / folder.rows[0][1])
    folder.write(["text", "images/link.jpg", "x"])
    assert folder.read().quarantine.empty


@pytest.mark.parametrize("path", [f"images/{SECRET}gone.jpg", "images", f"images/{'x' * 5000}"])
def test_missing_picture(folder, path):
    kept_without(folder, ["text", path, "x"], "IMAGES", "no such file")


def test_a_pipe_is_no_picture_to_wait_for(folder):
    os.mkfifo(folder.path / "images" / "pipe.jpg")
    kept_without(folder, ["text", "images/pipe.jpg", "x"], "IMAGES", "no such file")


def test_an_image_that_is_a_text_file(folder):
    (folder.path / "images" / f"{SECRET}.jpg").write_text("not a picture")
    kept_without(folder, ["text", f"images/{SECRET}.jpg", "x"], "IMAGES", "no picture")


@pytest.mark.parametrize("kind", [".jpg", ".png", ".webp"])
def test_a_truncated_picture(folder, kind):
    path = folder.path / "images" / f"{SECRET}{kind}"
    cv2.imwrite(str(path), np.random.default_rng(0).integers(0, 255, (64, 64, 3), np.uint8))
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2])
    kept_without(folder, ["text", f"images/{path.name}", "x"], "IMAGES", "pic")


def bomb(path: Path, side: int) -> None:
    """A PNG of a few hundred bytes that says it unpacks to side² pixels of three bytes."""

    def chunk(name: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))

    header = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    rows = zlib.compress(bytes(100_000), 9)
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", rows) + chunk(b"IEND", b""))


@pytest.mark.filterwarnings("ignore::PIL.Image.DecompressionBombWarning")
@pytest.mark.parametrize("side", [7_100, 12_000, 60_000])
def test_a_png_that_unpacks_to_gigabytes(folder, side, monkeypatch):
    monkeypatch.setattr(cv2, "imread", None)  # it is never unpacked
    bomb(folder.path / "images" / f"{SECRET}.png", side)
    kept_without(folder, ["text", f"images/{SECRET}.png", "x"], "IMAGES", "more than 50 million pixels")
    with pytest.raises(DataError, match="no picture that can be decoded"):
        image_arrays.decode(folder.path / "images" / f"{SECRET}.png", 16)


@pytest.mark.parametrize("kind", [".jpg", ".png", ".webp", ".bmp", ".tiff", ".gif"])
@pytest.mark.parametrize("grey", [False, True])
def test_a_good_picture_of_any_kind_is_kept(tmp_path, kind, grey):
    pixels = np.random.default_rng(0).integers(0, 255, (5, 64, 3), np.uint8)
    Image.fromarray(pixels[..., 0] if grey else pixels).save(tmp_path / f"x{kind}")
    assert image_arrays.problem(tmp_path / f"x{kind}") == ""
    assert image_arrays.decode(tmp_path / f"x{kind}", 8).shape == (8, 8, 3)


def test_an_ad_keeps_its_good_pictures(folder):
    name = folder.picture(99)
    folder.write(["text", f"images/{SECRET}gone.jpg| images/{name} ||images/{name}", "x"])
    found = folder.read()
    assert len(found.ads) == 41 and found.images[-1].name == name and (found.pairs["ad"] == 40).sum() == 1
    [entry] = found.quarantine.to_dict("records")
    assert (entry["row"], entry["column"]) == (42, "IMAGES")
    assert "picture 1 of 2 was taken off" in entry["reason"] and SECRET not in entry["reason"]


# Texts that are fine


@pytest.mark.parametrize(
    "text",
    [
        "مرحبا بالعالم ‏rtl‎ \u202eevil\u202c",
        "zero\u200bwidth\u200d\ufeff\u2060",
        "<script>alert('x')</script> & <img src=x onerror=alert(1)>",
        "**bold** [a](javascript:alert(1)) `code` | table |\n\n# heading\n---",
        "$\\frac{1}{2}$ \\input{/etc/passwd} %",
        '=HYPERLINK("http://example.org","x")',
        "+1+cmd|' /C calc'!A0",
        "-2+3",
        "@SUM(A1)",
        'tabs\tand\r\nline breaks, commas and "quotes"',
        "e\u0301 and \U0001f469\u200d\U0001f467",
        "x" * 100_000,
    ],
)
def test_a_text_goes_through_unchanged(folder, text):
    good(folder, text)


@pytest.mark.parametrize("text", ["<script>alert('x')</script>", "<img src=x onerror=alert(1)>", "a & b"])
def test_shown_tables_escape(text):
    """In a cell, in a column's name and in the caption."""
    shown = report.show(pd.DataFrame({"x": [text]}), caption=text).to_html()
    assert text not in shown and shown.count(html.escape(text, quote=False).split("'")[0]) == 2


# Labels and regions


def test_the_same_ad_under_two_vendors(folder):
    """The same text, and pictures that are copies under other names: its label is ambiguous, so both rows go."""
    content = (folder.path / folder.rows[3][1]).read_bytes()
    (folder.path / "images" / "copy.jpg").write_bytes(content)
    folder.write([folder.rows[3][0], "images/copy.jpg", "another"])
    found = folder.read()
    assert found.quarantine["row"].tolist() == [5, 42] and set(found.quarantine["column"]) == {""}
    assert found.quarantine["reason"].str.contains("several vendors").all() and "another" not in found.labels


def test_the_same_ad_twice_of_one_vendor_is_kept(folder):
    folder.write(folder.rows[3], [folder.rows[3][0], "images/" + folder.picture(99), "another"])
    found = folder.read()
    assert len(found.ads) == 42 and found.quarantine.empty


def test_a_vendor_with_one_ad_is_kept_and_left_out_of_splits(folder):
    folder.write(["text", "images/" + folder.picture(99), "single"])
    found = folder.read()
    items = splits.split(found.pairs, "multimodal", "ad", 1)
    assert set(items.loc[items["vendor"] == found.labels.index("single"), "part"]) == {"left out"}
    assert set(items["part"]) == {"train", "val", "test", "left out"}


def test_an_empty_region(folder):
    (folder.path / "west.csv").write_text("TEXT,IMAGES,VENDOR\n", encoding="utf-8")
    found = folder.read()
    assert found.regions == ["south"] and len(found.ads) == 40
    [entry] = found.quarantine.to_dict("records")
    assert (entry["file"], entry["row"]) == ("west.csv", 1) and "left out" in entry["reason"]


def test_nothing_but_empty_regions(folder):
    (folder.path / "south.csv").write_text("TEXT,IMAGES,VENDOR\n", encoding="utf-8")
    stops(folder, "south.csv", "no ads")


def test_more_than_a_tenth_stops_with_a_summary(folder):
    bad = [["", "x", "y"]] * 3 + [["", f"{SECRET}.jpg", "y"]]
    folder.write(*bad)
    assert len(folder.read().ads) == 40  # of 44
    folder.write(*bad, ["short"])
    stops(folder, "5 of 45 rows", "4 × TEXT: empty", "4 × IMAGES: there is no such file", "south.csv row 42")


def test_the_summary_counts_rows_and_names_each_once(folder):
    """Not what a row lacked before it was rejected for something else."""
    folder.write(*([f"{SECRET} twice", "images/gone.jpg", vendor] for vendor in "abcdefgh"))
    stops(
        folder, "8 of 48 rows", "8 × the same ad stands under several vendors. The first: ", "row 42, south.csv row 43"
    )


def test_any_region_in_order(folder):
    folder.write(name="Zürich nord.csv")
    folder.write(name="northeast.CSV")
    folder.write(name="Aargau.csv")
    (folder.path / ".hidden.csv").write_text("no data", encoding="utf-8")
    found = folder.read()
    assert found.regions == ["south", "northeast", "aargau", "zürich nord"]
    assert found.training_region() == "south" and found.training_region("aargau") == "aargau"
    with pytest.raises(DataError, match=r"data\.train_region"):
        found.training_region("midwest")


def test_the_largest_region_is_trained_on_without_south(folder):
    folder.header = [*folder.header, "CITY"]
    folder.rows = [[*row, "Basel" if number < 15 else " BERN "] for number, row in enumerate(folder.rows)]
    folder.write(["text", "images/x.jpg", "1", "<script>"])
    found = folder.read(region="CITY")
    assert found.regions == ["basel", "bern"] and found.training_region() == "bern"
    assert found.quarantine["column"].tolist() == ["CITY"]


@pytest.mark.parametrize("name", ["<b>", "ZS", "x" * 41, "_", "a|b"])
def test_a_region_that_no_table_could_show(folder, name):
    (folder.path / "south.csv").rename(folder.path / f"{name}.csv")
    stops(folder, "Rename the file")


def test_two_files_of_one_region(folder):
    folder.write(name="South.csv")
    stops(folder, "south.csv", "South.csv", "Join the two files")


# Layouts


def test_another_layout(folder):
    folder.header = ["id", "seller", "body", "pics", "alias"]
    folder.rows = [
        [str(number), vendor, text, images + ";" + images, f"alias {number}"]
        for number, (text, images, vendor) in enumerate(folder.rows)
    ]
    folder.write(delimiter="\t")
    found = folder.read(text="body", images="pics", vendor="seller", pseudonym="alias", separator=";", delimiter="\t")
    assert len(found.ads) == len(found.pairs) == 40 and found.names[7] == "alias 7"
    assert found.modalities == ("text", "image")


def test_text_only(folder):
    found = folder.read(images=None)
    assert found.modalities == ("text",) and found.images == [] and set(found.pairs["image"]) == {-1}
    assert len(found.pairs) == 40 and len(splits.split(found.pairs, "text", "paper", 1)) == 40
    for modality in ("image", "multimodal"):
        with pytest.raises(DataError, match="no pictures: a run of 11_image or 12_fusion can't be made"):
            splits.split(found.pairs, modality, "ad", 1)


def test_image_only(folder):
    found = folder.read(text=None)
    assert found.modalities == ("image",) and found.texts == [] and set(found.pairs["text"]) == {-1}
    assert len(found.pairs) == 40 and len(splits.split(found.pairs, "image", "ad", 1)) == 40
    with pytest.raises(DataError, match="no texts: a run of 10_text or 12_fusion can't be made"):
        splits.split(found.pairs, "multimodal", "ad", 1)


EXAMPLE = ROOT / "params" / "own_data.example.yaml"


def test_the_example_is_valid_and_says_the_defaults():
    """Whoever leaves a line out gets what the example says, but for the folder, the runs and what trains in minutes."""
    example = plan.load(EXAMPLE)
    assert example.data == Data(source="matched", folder=example.data.folder, sensitive=True)
    assert example.split == plan.Study(name="x").split and example.left_out == []


def own_study(path: Path, **given) -> plan.Study:
    example = yaml.safe_load(EXAMPLE.read_text(encoding="utf-8"))
    return plan.Study(**{**example, "data": {"source": "matched", "folder": str(path), **given}})


def test_the_study_says_what_text_only_data_leaves_out(folder):
    chosen = own_study(folder.path, columns={"images": None})
    assert {run.notebook for run in chosen.all_runs().values()} == {"10_text", "14_baselines"}
    assert [line.split(" left out")[0] for line in chosen.left_out] == ["4 runs of 11_image", "3 runs of 12_fusion"]
    assert all("data.columns.images is null" in line for line in chosen.left_out)
    assert chosen.possible_chapters == chosen.chapters
    assert loading.read(chosen).modalities == ("text",)


def test_the_study_says_what_image_only_data_leaves_out(folder):
    chosen = own_study(folder.path, columns={"text": None})
    assert {run.notebook for run in chosen.all_runs().values()} == {"11_image"}
    assert "02_labels_and_masking" not in chosen.possible_chapters
    assert "Chapter 02_labels_and_masking was left out: this data has no texts" in chosen.left_out[-1]


def test_chapters_that_compare_runs_need_one(folder):
    chosen = own_study(folder.path, columns={"images": None})
    chosen = chosen.model_copy(update={"runs": [entry for entry in chosen.runs if entry["notebook"] == "11_image"]})
    assert chosen.all_runs() == {} and "30_identification" not in chosen.possible_chapters
    assert "01_data" in chosen.possible_chapters


def test_chapters_about_benchmarks_need_one(folder):
    """Of a study whose systems are trained by CE alone, or only in variants, they are left out, with what to add."""
    chosen = own_study(folder.path)
    text = {"notebook": "10_text", "text": ["minilm-l6"], "seed": [1]}
    for runs in ([{**text, "objective": ["ce"]}], [{**text, "objective": ["ce+supcon"], "variant": ["described"]}]):
        without = chosen.model_copy(update={"runs": runs})
        assert [name for name in chosen.chapters if name not in without.possible_chapters] == list(OF_BENCHMARKS)
        assert all("trained by ce+supcon" in line and "Add that objective" in line for line in without.left_out)


def test_whole_data_leaves_nothing_out(folder):
    chosen = own_study(folder.path)
    assert chosen.left_out == [] and len(chosen.all_runs()) == 12


@pytest.mark.parametrize(
    "given",
    [
        {"columns": {"text": None, "images": None}},
        {"columns": {"text": "A", "images": "A"}},
        {"columns": {"body": "A"}},
        {"delimiter": '"'},
        {"delimiter": ",,"},
        {"separator": ""},
        {"folder": ""},
    ],
)
def test_a_mapping_that_means_nothing(folder, given):
    with pytest.raises(ValueError):
        own_study(folder.path, **given)


# What is remembered


def test_pictures_are_looked_into_once(folder, tmp_path, monkeypatch):
    seen = []
    look = image_arrays.problem
    monkeypatch.setattr(image_arrays, "problem", lambda path, *known: seen.append(path.name) or look(path, *known))
    cache = tmp_path / "cache"
    before = ads.read(folder.path, cache=cache)
    assert len(seen) == 40 and ads.read(folder.path, cache=cache).fingerprint == before.fingerprint and len(seen) == 40
    changed = folder.path / folder.rows[5][1]
    changed.write_bytes(changed.read_bytes()[:300])
    after = ads.read(folder.path, cache=cache)
    assert seen[40:] == [changed.name] and after.quarantine["row"].tolist() == [7]
    assert len(after.ads) == 40 and len(after.images) == len(after.digests) == 39
    assert after.fingerprint != before.fingerprint
    for keeper in cache.iterdir():
        keeper.write_text("cut o", encoding="utf-8")  # a cache that can't be read is none
    assert ads.read(folder.path, cache=cache).fingerprint == after.fingerprint


def test_the_fingerprint_is_of_contents(folder, tmp_path):
    before = folder.read().fingerprint
    for path in folder.path.rglob("*.jpg"):
        os.utime(path, (1, 1))
    assert folder.read().fingerprint == before == ads.read(folder.path, cache=tmp_path / "cache").fingerprint
    folder.write(["text", "images/" + folder.picture(99), "x"])
    assert folder.read().fingerprint != before


def test_nothing_is_written_into_the_data_folder(folder, tmp_path):
    before = sorted(folder.path.rglob("*"))
    ads.read(folder.path, cache=tmp_path / "cache")
    assert sorted(folder.path.rglob("*")) == before


def test_the_quarantine_keeps_its_columns(folder):
    assert tuple(folder.read().quarantine.columns) == rejected_rows.COLUMNS
    assert image_files.inspect(folder.path, []) == {}
