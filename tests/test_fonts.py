"""lib.pipeline.fonts: names in any script stand in a figure without a box, and none raises."""

import re
import unicodedata
import warnings
import xml.etree.ElementTree as ET

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest

from lib.pipeline import figures, fonts, report

NAMES = {
    "Chinese": ["北京", "广东省", "south"],
    "Arabic and Hebrew": ["مصر", "ישראל", "Москва"],
    "emoji": ["😀 town", "👩‍👩‍👧", "🇫🇷"],
    "of India, Thailand and Korea": ["हिन्दी", "ไทย", "한국"],
    "mixed": ["Île-北京 2", "北京 市", "a\u202eb\ufe0f"],
    "like numbers": ["75", "null", "1e5"],
}


@pytest.fixture(autouse=True)
def no_box():
    with warnings.catch_warnings():
        warnings.filterwarnings("error", "Glyph")
        yield


def drawn(names):
    """Each kind of figure that shows names: ticks that are set, ticks of categories, titles, legends, notes, a graph's
    labels."""
    frame = pd.DataFrame(np.eye(3), index=names, columns=names)
    yield figures.heatmaps({names[0]: frame})
    yield figures.bars(pd.DataFrame({"a": names, "b": [1, 2, 3]}), "a", "b", names[1])
    figure, axes = plt.subplots(layout="constrained")
    axes.barh(names, [1, 2, 3], label=names[0])
    axes.legend(title=names[1])
    axes.set_ylabel(f"vendors, {names[2]}")
    axes.annotate(names[1], (1, 1))
    figure.suptitle(names[0])
    yield figure
    table = pd.DataFrame({"x": [1, 2] * 3, "y": 0.5, "low": 0.4, "high": 0.6, "by": np.repeat(names, 2)})
    yield figures.lines(table, "x", "y", "by", names[0], "y")


@pytest.mark.parametrize("names", NAMES.values(), ids=NAMES)
def test_no_letter_is_a_box(tmp_path, names):
    for number, figure in enumerate(drawn(names)):
        picture = report.save_figure(figure, tmp_path / f"{number}.png")
        assert any(name in picture.words for name in names)  # what a figure says, whatever can be drawn
        ET.parse(tmp_path / f"{number}.svg")


def lone(monkeypatch):
    """As if this system had matplotlib's own font alone."""
    own = [entry for entry in fonts.font_manager.fontManager.ttflist if entry.name == "DejaVu Sans"]
    monkeypatch.setattr(fonts.font_manager.fontManager, "ttflist", own)


def test_a_name_that_no_font_has_stands_in_numbered_and_told(tmp_path, monkeypatch):
    lone(monkeypatch)
    for figure in drawn(["广东省", "Île-北京 2", "south"]):
        standing = fonts.fit(figure)
        assert standing == {"name 1*": "北京", "name 2*": "广东省"}
        figure.draw_without_rendering()  # ticks are labelled anew
        texts = [text.get_text() for text in figure.findobj(fonts.Text)]
        assert "name 2*" in " ".join(texts) and "Île-name 1* 2" in " ".join(texts)
        assert not any(unicodedata.name(letter, "").startswith("CJK") for text in texts for letter in text)
        [told] = [text for text in texts if text.startswith("No font here")]
        assert "name 1* is U+5317 U+4EAC" in told and "name 2* is U+5E7F U+4E1C U+7701" in told
        plt.close(figure)


def test_the_note_is_below_all_else(monkeypatch):
    lone(monkeypatch)
    for figure in drawn(NAMES["Chinese"]):
        fonts.fit(figure)
        figure.draw_without_rendering()
        [note] = [text for text in figure.texts if text.get_text().startswith("No font here")]
        others = [
            text for text in figure.findobj(fonts.Text) if text is not note and text.get_text() and text.get_visible()
        ]
        assert note.get_window_extent().y1 <= min(text.get_window_extent().y0 for text in others)
        plt.close(figure)


def test_the_words_of_a_figure_say_what_stands_in(tmp_path, monkeypatch):
    lone(monkeypatch)
    figure = figures.bars(pd.DataFrame({"a": ["北京"], "b": [1]}), "a", "b", "x")
    assert report.save_figure(figure, tmp_path / "a.png").words.endswith("; name 1* is 北京")


def test_a_font_of_the_system_is_used_where_it_has_the_letters(monkeypatch):
    monkeypatch.setattr(
        fonts,
        "_letters",
        lambda path: frozenset(range(128)) if "DejaVuSans.ttf" in path else frozenset([0x5317, 0x4EAC]),
    )
    figure, axes = plt.subplots()
    axes.set_title("北京")
    assert fonts.fit(figure) == {}
    [first, second] = axes.title.get_fontfamily()
    assert first == "sans-serif" and second in {entry.name for entry in fonts.font_manager.fontManager.ttflist}
    plt.close(figure)


def test_a_figure_of_usual_letters_is_left_as_it_is(tmp_path):
    def make():
        figure = figures.bars(pd.DataFrame({"a": ["x", "ÿ"], "b": [1, 2]}), "a", "b", "x, 95 % – “all”")
        return figure

    report.save_figure(make(), tmp_path / "a.png")
    figure = make()
    assert fonts.fit(figure) == {}
    figure.savefig(tmp_path / "b.svg", format="svg", metadata={"Date": None})
    plt.close(figure)
    shapes = [re.findall(r' d="([^"]+)"', (tmp_path / name).read_text()) for name in ("a.svg", "b.svg")]
    assert shapes[0] == shapes[1]
