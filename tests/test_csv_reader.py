"""Tables in any encoding and with any delimiter come back as written, or an error says why without showing them."""

import csv
import encodings.aliases
import io
import re
import unicodedata
import warnings
from functools import cache
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from lib.core import csv_reader
from lib.core.errors import DataError

COLUMNS = ["TEXT", "IMAGES", "VENDOR"]
SECRET = "Zanzibar"
ENCODINGS = sorted({*encodings.aliases.aliases.values(), "idna", "punycode", "undefined", "no such", "a\0b", ""})
"""Every name that Python knows, and some that are no encoding of files."""
LISTED = [
    *("utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "cp1252", "latin-1", "cp1251", "gb18030"),
    *("shift_jis", "big5", "koi8-r", "mac_roman"),
]
quick = settings(deadline=None, max_examples=150)


def content(rows: list[list[str]], delimiter: str = ",", **form) -> str:
    stream = io.StringIO(newline="")
    csv.writer(stream, delimiter=delimiter, **form).writerows([COLUMNS, *rows])
    return stream.getvalue()


def written(folder: Path, text: str | bytes, name: str = "south.csv", encoding: str = "utf-8") -> Path:
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode(encoding))
    return path


def refused(path: Path, *words: str, **form) -> str:
    with pytest.raises(DataError) as error:
        csv_reader.read(path, COLUMNS, **form)
    message = str(error.value)
    assert "\n" not in message and SECRET not in message
    for word in words:
        assert word in message, message
    return message


GOOD = [[f"{SECRET} “quoted” café", "a.jpg", "José"], ["second…", "b.jpg", "2"], ["third – one", "c.jpg", "3"]]


# Any rows come back


@cache
def characters(encoding: str) -> st.SearchStrategy[str]:
    """Those that come back from an encoding; some signs of Asian ones don't. hypothesis's own search for them takes
    seconds an encoding."""
    if encoding.startswith("utf"):
        return st.characters(codec="utf-8", exclude_characters="\ufeff")
    known = [sign for sign in map(chr, range(0x10000)) if sign.encode(encoding, "ignore").decode(encoding) == sign]
    return st.sampled_from(known)


@quick
@given(st.data(), st.sampled_from(LISTED), st.sampled_from([",", ";", "\t", "|", "~", " "]), st.booleans())
def test_rows_come_back(tmp_path_factory, data, encoding, delimiter, quoted):
    cell = st.text(characters(encoding), max_size=12)
    rows = data.draw(st.lists(st.lists(cell, min_size=3, max_size=3), max_size=6))
    text = content(rows, delimiter, quoting=csv.QUOTE_ALL if quoted else csv.QUOTE_MINIMAL)
    path = written(tmp_path_factory.mktemp("rows"), text, encoding=encoding)
    found = csv_reader.read(path, COLUMNS, delimiter, encoding)
    assert found.header == COLUMNS and found.rows == list(enumerate(rows, start=2))


@quick
@given(st.binary(max_size=300), st.sampled_from(LISTED), st.sampled_from([",", ";", "\t"]), st.booleans())
@example(b"\xff\xfe\x00\x00", "utf-8", ",", False)
@example(b'"TEXT', "utf-8", ",", False)
@example(b"sep=\x00\nTEXT\x00IMAGES\x00VENDOR", "latin-1", ",", False)
@example(b"\xef\xbb\xbf", "utf-8", ",", False)
@example(b"\xff\xfe", "utf-16", ",", False)
@example(b"", "utf-16", ",", False)
@example(b"\xff\xfe\n\x00", "utf-16", ",", False)
def test_any_bytes_give_rows_or_an_error(tmp_path_factory, noise, encoding, delimiter, headed):
    head = "TEXT,IMAGES,VENDOR\r\n".encode(encoding) if headed else b""
    path = written(tmp_path_factory.mktemp("noise"), head + noise)
    try:
        assert isinstance(csv_reader.read(path, COLUMNS, delimiter, encoding), csv_reader.Rows)
    except DataError as error:
        assert "\n" not in str(error)


@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize(
    "noise", [b"", b"TEXT,IMAGES,VENDOR\n\x80\xff,a,b\n", "TEXT,IMAGES,VENDOR\n…é“,a,b\n".encode()]
)
def test_any_name_of_an_encoding_gives_rows_or_an_error(tmp_path, encoding, noise):
    with warnings.catch_warnings(action="ignore"):
        try:
            csv_reader.read(written(tmp_path, noise), COLUMNS, ",", encoding)
        except DataError as error:
            assert "\n" not in str(error) and "\0" not in str(error)


# Encodings


@pytest.mark.parametrize("encoding", ["cp1252", "utf-16", "utf-8-sig", "mac_roman"])
def test_an_encoding_that_is_named(tmp_path, encoding):
    path = written(tmp_path, content(GOOD), encoding=encoding)
    assert [fields for _, fields in csv_reader.read(path, COLUMNS, encoding=encoding).rows] == GOOD


def test_windows_bytes_name_windows_encoding(tmp_path):
    path = written(tmp_path, content(GOOD), encoding="cp1252")
    refused(path, "south.csv, line 2", "not UTF-8 (byte 0x93)", "data.encoding: cp1252", "not latin-1")


def test_chinese_bytes_have_another_remedy(tmp_path):
    path = written(tmp_path, content([["上海的文字", "a.jpg", "1"], ["北京很大", "b.jpg", "2"]]), encoding="gb18030")
    refused(path, "south.csv, line 2", "not UTF-8", "gb18030")
    refused(written(tmp_path, b"TEXT,IMAGES,VENDOR\n\x81\x8d,a,1\n"), "nor is it Windows-1252", "gb18030")
    path = written(tmp_path, content([["上海的文字", "a.jpg", "1"], ["北京很大", "b.jpg", "2"]]), encoding="gb18030")
    assert len(csv_reader.read(path, COLUMNS, encoding="gb18030").rows) == 2


def test_lines_of_old_macs_are_counted(tmp_path):
    path = written(tmp_path, content(GOOD, lineterminator="\r").replace("third –", "ÿ"), encoding="utf-8")
    path.write_bytes(path.read_bytes().replace("ÿ".encode(), b"\xff"))
    refused(path, "south.csv, line 4", "byte 0xff")


def test_bytes_that_do_not_fit_the_named_one(tmp_path):
    path = written(tmp_path, b"TEXT,IMAGES,VENDOR\nx\x81,a.jpg,1\n")
    refused(path, "south.csv, line 2", "not cp1252 (byte 0x81)", encoding="cp1252")


@pytest.mark.parametrize("mark", [True, False])
def test_a_utf_8_file_among_others_is_not_misread(tmp_path, mark):
    """Its “é” would become “Ã©”, and a label another vendor."""
    path = written(tmp_path, content(GOOD), encoding="utf-8-sig" if mark else "utf-8")
    refused(path, "UTF-8", "data.encoding", encoding="latin-1" if not mark else "cp1252")


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-32"])
def test_wide_files_name_their_encoding(tmp_path, encoding):
    path = written(tmp_path, content(GOOD), encoding=encoding)
    message = refused(path, "south.csv, line 1", "UTF-32" if encoding == "utf-32" else "UTF-16")
    [named] = re.findall(r"data\.encoding: ([\w-]+\w)", message)
    assert len(csv_reader.read(path, COLUMNS, encoding=named).rows) == 3


def test_utf_16_without_its_mark(tmp_path):
    refused(written(tmp_path, content(GOOD), encoding="utf-16-be"), "utf-16-le or utf-16-be", encoding="utf-16")
    refused(written(tmp_path, content(GOOD)), "isn't UTF-16", encoding="utf-16")


def test_columns_that_another_encoding_would_find(tmp_path):
    path = written(tmp_path, content(GOOD).replace("TEXT", "TÉXTE"), encoding="cp1252")
    with pytest.raises(DataError, match=r"In the encoding cp1252 they are there: data\.encoding is cp1251"):
        csv_reader.read(path, ["TÉXTE"], encoding="cp1251")
    refused(written(tmp_path, content(GOOD), encoding="utf-16-be"), "say utf-16-be", encoding="utf-16-le")


# Delimiters


@pytest.mark.parametrize("name", ["south.tsv", "south.TSV", "south.Tsv"])
def test_tsv_has_tabs_whatever_the_delimiter(tmp_path, name):
    path = written(tmp_path, content(GOOD, "\t"), name)
    assert len(csv_reader.read(path, COLUMNS, ";").rows) == 3
    refused(written(tmp_path, content(GOOD), name), "separated by commas, not by tabs", "rename")


@pytest.mark.parametrize("line", ["sep=;", '"sep=;"', "SEP=;", "sep=;;;", "sep=; "])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("name", ["south.csv", "south.tsv"])
def test_excels_first_line_is_obeyed(tmp_path, line, encoding, name):
    path = written(tmp_path, f"{line}\r\n{content(GOOD, ';')}", name, encoding)
    found = csv_reader.read(path, COLUMNS, "|", encoding)
    assert found.header == COLUMNS and found.rows == list(enumerate(GOOD, start=3))  # the file's own numbers


@pytest.mark.parametrize("line", ["sep=\t", "sep=\\t", '"sep=\\t"', '"sep=\t"'])
def test_excels_first_line_may_name_tabs(tmp_path, line):
    assert len(csv_reader.read(written(tmp_path, f"{line}\n{content(GOOD, chr(9))}"), COLUMNS).rows) == 3


def test_excels_first_line_may_be_wrong(tmp_path):
    refused(written(tmp_path, f"sep=;\n{content(GOOD)}"), "separated by commas", "first line", "sep=")
    refused(written(tmp_path, "sep=;\n"), "empty")
    path = written(tmp_path, f'sep=,\n{content(GOOD)}"open,x,y\n')
    refused(path, "line 6")


# Names


def test_columns_match_in_either_form(tmp_path):
    for form, other in (("NFC", "NFD"), ("NFD", "NFC")):
        text = content(GOOD).replace("VENDOR", unicodedata.normalize(form, "Verkäufer"))
        found = csv_reader.read(written(tmp_path, text), ["TEXT", unicodedata.normalize(other, "Verkäufer")])
        assert found.header == ["TEXT", "IMAGES", unicodedata.normalize("NFC", "Verkäufer")]
    both = content(GOOD).replace("IMAGES", "Ä").replace("VENDOR", "A\u0308")
    with pytest.raises(DataError, match="there twice"):
        csv_reader.read(written(tmp_path, both), ["TEXT", "Ä"])


def test_a_first_row_of_an_ad_is_not_shown(tmp_path):
    """However much its cells look like names."""
    refused(written(tmp_path, f"{SECRET},{SECRET}.jpg,{SECRET} 7\nx,y,z\n"), "its 3 columns (not shown")
    refused(written(tmp_path, f"text,images/1.jpg,{SECRET}7\nx,y,z\n"), "its 3 columns (not shown")
    refused(written(tmp_path, f'text,images,seller,"call {SECRET}, at 5"\nx,y,z\n'), "text, images, seller and 1 that")


def test_blank_lines_before_the_header(tmp_path):
    assert csv_reader.read(written(tmp_path, "\n\n" + content(GOOD)), COLUMNS).rows[0][0] == 4


def test_which_files_are_tables(tmp_path):
    for name in ("b.csv", "A.CSV", "c.tsv", "d.TsV", ".e.csv", "f.txt", "g.csv.bak", "h"):
        written(tmp_path, "", name)
    (tmp_path / "i.csv").mkdir()
    assert [path.name for path in csv_reader.tables(tmp_path)] == ["A.CSV", "b.csv", "c.tsv", "d.TsV"]
    with pytest.raises(DataError, match="can't be read"):
        csv_reader.tables(tmp_path / "none")


@pytest.mark.parametrize("name", [b"caf\xe9.csv", b"a\nb.csv"])
def test_a_name_that_could_not_be_shown(tmp_path, name):
    Path(str(tmp_path) + "/" + name.decode("utf-8", "surrogateescape")).write_bytes(b"")
    with pytest.raises(DataError, match="Rename the file") as error:
        csv_reader.tables(tmp_path)
    assert str(error.value).isprintable()
