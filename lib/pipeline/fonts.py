"""Names in any script in a figure: fonts that have their letters, and where none has, a stand-in that can be read.

matplotlib's own font has Latin, Greek, Cyrillic, Arabic and more, and draws a box for each letter that it lacks.
Letters that it lacks are looked for in the fonts of the system; a name that no font here can draw is shown as `name
1*`, and a line below the figure says which it is, letter by letter as Unicode numbers them.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache

from matplotlib import font_manager
from matplotlib.axis import Axis
from matplotlib.figure import Figure
from matplotlib.ft2font import FT2Font
from matplotlib.text import Text
from matplotlib.ticker import Formatter

_JOINING = "\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufe00-\ufe0f\ufeff"  # joins, directions and variants of letters
_UNSEEN = f"\\s{_JOINING}"
_LAST_RESORT = "Last Resort"  # matplotlib's font of boxes


def fit(figure: Figure) -> dict[str, str]:
    """Make a figure drawable, in place: every text gets the fonts that it needs, and what none has becomes a stand-in.
    The stand-ins, in the order of the names that they stand for; empty as a rule."""
    axes = [axis for here in figure.axes for axis in here._axis_map.values()]
    for axis in axes:
        axis.get_ticklabels(which="both")  # makes them: they would not be there before the figure is drawn
    texts = figure.findobj(Text)
    written = "".join(text.get_text() for text in texts)
    lacking = _lacking(written)
    if not lacking:
        return {}
    families, lost = _found(lacking)
    for text in texts:
        text.set_fontfamily([*text.get_fontfamily(), *families])
    if not lost:
        return {}
    letter = re.escape("".join(sorted(lost)))
    run = re.compile(f"[{letter}](?:[{letter}{_UNSEEN}]*[{letter}])?[{_JOINING}]*")
    names = sorted({name for text in texts for name in run.findall(text.get_text())})
    standing = {name: f"name {number}*" for number, name in enumerate(names, 1)}

    def shown(text: str) -> str:
        return run.sub(lambda name: standing[name[0]], text)

    for axis in axes:
        _relabel(axis, shown)
    for text in texts:
        text.set_text(shown(text.get_text()))
    told = "; ".join(
        f"{stand} is {' '.join(f'U+{ord(letter):04X}' for letter in name)}" for name, stand in standing.items()
    )
    figure.draw_without_rendering()
    below = figure.get_tightbbox().y0 / figure.get_figheight() - 0.03
    figure.text(0.01, below, f"No font here has these letters: {told}.", va="top", fontsize=6, wrap=True)
    return {stand: name for name, stand in standing.items()}


class _Standing(Formatter):
    """Labels of another formatter, each as it can be drawn."""

    def __init__(self, before: Formatter, shown: Callable[[str], str]) -> None:
        self.before, self.shown = before, shown

    def __call__(self, x: float, pos: int | None = None) -> str:
        return self.shown(self.before(x, pos))

    def format_ticks(self, values: list[float]) -> list[str]:
        return [self.shown(label) for label in self.before.format_ticks(values)]

    def get_offset(self) -> str:
        return self.shown(self.before.get_offset())


def _relabel(axis: Axis, shown: Callable[[str], str]) -> None:
    """Labels of ticks are made anew whenever a figure is drawn."""
    if any(shown(label.get_text()) != label.get_text() for label in axis.get_ticklabels(which="both")):
        axis.set_major_formatter(_Standing(axis.get_major_formatter(), shown))
        axis.set_minor_formatter(_Standing(axis.get_minor_formatter(), shown))


def _lacking(text: str) -> set[str]:
    """The letters that the usual font can't draw."""
    usual = _letters(font_manager.findfont(font_manager.FontProperties()))
    return {letter for letter in set(text) if ord(letter) not in usual and not re.match(f"[{_UNSEEN}]", letter)}


def _found(lacking: set[str]) -> tuple[list[str], set[str]]:
    """Families of fonts that have some of the letters, as few as do, and the letters that none has."""
    families, left = [], set(lacking)
    entries = {entry.name: entry for entry in font_manager.fontManager.ttflist if entry.style == "normal"}
    while left:
        by = {
            name: {letter for letter in left if ord(letter) in _letters(entries[name].fname)}
            for name in sorted(entries)
        }
        name = max(by, key=lambda name: len(by[name]), default="")
        if not by.get(name):
            break
        families.append(name)
        left -= by[name]
    return families, left


@cache
def _letters(path: str) -> frozenset[int]:
    """What a font has an outline for; nothing where it is one of bitmaps (colour emoji), which can't be scaled, or
    matplotlib's of boxes."""
    try:
        font = FT2Font(path)
    except RuntimeError:  # a file that FreeType doesn't read
        return frozenset()
    usable = font.scalable and _LAST_RESORT not in font.family_name
    return frozenset(font.get_charmap()) if usable else frozenset()
