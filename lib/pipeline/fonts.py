"""Names in any script in a figure: fonts that have their letters, and where none has, a stand-in that can be read.

matplotlib's own font has Latin, Greek, Cyrillic, Arabic and more, and draws a box for each letter that it lacks. Such
letters are looked for in the fonts of the system. A name that no font here can draw is shown as `name 1*`, and a line
below the figure gives the Unicode numbers of its letters.
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
    """Make a figure drawable, in place: every text gets the fonts that it needs, and names that none has a stand-in.

    Returns the names by their stand-ins, mostly none.
    """
    axes = [axis for panel in figure.axes for axis in panel._axis_map.values()]
    for axis in axes:
        axis.get_ticklabels(which="both")  # makes them: they would not be there before the figure is drawn
    texts = figure.findobj(Text)
    written = "".join(text.get_text() for text in texts)
    lacking = _lacking(written)
    if not lacking:
        return {}
    families, lost = _families(lacking)
    for text in texts:
        text.set_fontfamily([*text.get_fontfamily(), *families])
    if not lost:
        return {}
    letter = re.escape("".join(sorted(lost)))
    run = re.compile(f"[{letter}](?:[{letter}{_UNSEEN}]*[{letter}])?[{_JOINING}]*")
    names = sorted({name for text in texts for name in run.findall(text.get_text())})
    stand_ins = {name: f"name {number}*" for number, name in enumerate(names, 1)}

    def drawable(text: str) -> str:
        return run.sub(lambda name: stand_ins[name[0]], text)

    for axis in axes:
        _relabel(axis, drawable)
    for text in texts:
        text.set_text(drawable(text.get_text()))
    note = "; ".join(
        f"{stand_in} is {' '.join(f'U+{ord(letter):04X}' for letter in name)}" for name, stand_in in stand_ins.items()
    )
    figure.draw_without_rendering()
    below = figure.get_tightbbox().y0 / figure.get_figheight() - 0.03
    figure.text(0.01, below, f"No font here has these letters: {note}.", va="top", fontsize=6, wrap=True)
    return {stand_in: name for name, stand_in in stand_ins.items()}


class _Drawable(Formatter):
    """Labels of another formatter, each as it can be drawn."""

    def __init__(self, formatter: Formatter, drawable: Callable[[str], str]) -> None:
        self.formatter, self.drawable = formatter, drawable

    def __call__(self, x: float, pos: int | None = None) -> str:
        return self.drawable(self.formatter(x, pos))

    def format_ticks(self, values: list[float]) -> list[str]:
        return [self.drawable(label) for label in self.formatter.format_ticks(values)]

    def get_offset(self) -> str:
        return self.drawable(self.formatter.get_offset())


def _relabel(axis: Axis, drawable: Callable[[str], str]) -> None:
    """Change the formatters of an axis, since the labels of ticks are made anew whenever a figure is drawn."""
    if any(drawable(label.get_text()) != label.get_text() for label in axis.get_ticklabels(which="both")):
        axis.set_major_formatter(_Drawable(axis.get_major_formatter(), drawable))
        axis.set_minor_formatter(_Drawable(axis.get_minor_formatter(), drawable))


def _lacking(text: str) -> set[str]:
    """The letters that the usual font can't draw."""
    usual = _letters(font_manager.findfont(font_manager.FontProperties()))
    return {letter for letter in set(text) if ord(letter) not in usual and not re.match(f"[{_UNSEEN}]", letter)}


def _families(lacking: set[str]) -> tuple[list[str], set[str]]:
    """Families of fonts that have some of the letters, as few as do, and the letters that none has."""
    families, remaining = [], set(lacking)
    entries = {entry.name: entry for entry in font_manager.fontManager.ttflist if entry.style == "normal"}
    while remaining:
        letters = {
            name: {letter for letter in remaining if ord(letter) in _letters(entries[name].fname)}
            for name in sorted(entries)
        }
        best = max(letters, key=lambda name: len(letters[name]), default="")
        if not letters.get(best):
            break
        families.append(best)
        remaining -= letters[best]
    return families, remaining


@cache
def _letters(path: str) -> frozenset[int]:
    """The code points that a font has an outline for; none for fonts of bitmaps (colour emoji), which can't be scaled,
    and for matplotlib's font of boxes."""
    try:
        font = FT2Font(path)
    except RuntimeError:  # a file that FreeType doesn't read
        return frozenset()
    usable = font.scalable and _LAST_RESORT not in font.family_name
    return frozenset(font.get_charmap()) if usable else frozenset()
