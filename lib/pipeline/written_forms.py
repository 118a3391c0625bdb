"""The readings of a passage: as written, and without HTML tags, terminal colours and escapes (HTML, JSON, percent).

`views` gives all of them to the search for leaks, each in parts that correspond to the passage's.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from urllib.parse import unquote

from lib.data.phone_numbers import BLANK
from lib.pipeline.file_text import Passage

_ANSI = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")
_ESCAPE = re.compile(r"\\(?:u([0-9a-fA-F]{4})|x([0-9a-fA-F]{2})|[nrt])")
_INLINE = "a|abbr|b|big|code|em|font|i|mark|q|s|small|span|strong|sub|sup|tspan|u|wbr"
_CELLS = "caption|dd|dt|figcaption|h[1-6]|li|option|summary|td|text|th|title|tr"
_BLOCKS = "article|blockquote|details|div|dl|figure|footer|header|main|nav|ol|p|pre|section|table|tbody|thead|ul"
_TAG = re.compile(
    rf"<!--|-->|<(?:/?(?:(?P<inline>{_INLINE})|(?P<cell>{_CELLS})|(?P<block>{_BLOCKS}))(?=[\s/>])[^<>]*"
    r"|[a-zA-Z!?/][^<>]*)>",
    re.IGNORECASE,
)
_WRAPPED = re.compile(
    rf"(<({_CELLS}|p)\b[^<>]*>)((?:(?!</?(?:{_CELLS}|{_BLOCKS})\b).)*)(</\2\s*>)", re.IGNORECASE | re.DOTALL
)


def views(passage: Passage) -> Iterator[list[str]]:
    """The parts' texts as they are written and as they may be meant, without repetitions."""
    raw = [_ANSI.sub("", part.text) for part in passage.parts]
    unescaped = [html.unescape(text) if "&" in text else text for text in raw]
    decoded = [_ESCAPE.sub(_character, unquote(text)) if "%" in text or "\\" in text else text for text in unescaped]
    given: list[list[str]] = []
    for view in (raw, unescaped, decoded, _untagged(raw, passage.gap), _untagged(decoded, passage.gap)):
        if view not in given:
            given.append(view)
            yield view


def _character(escape: re.Match[str]) -> str:
    code = escape[1] or escape[2]
    return chr(int(code, 16)) if code else " "


def _untagged(texts: list[str], gap: str) -> list[str]:
    """The texts without tags, which may run over lines but not over cells.

    Tags inside a line of text leave nothing, those of cells a sign that no name or number runs over, others a blank.
    The lines of a cell become one.
    """
    if not any("<" in text for text in texts):
        return texts
    joined = [gap.join(texts)] if gap == "\n" and not any("\n" in text for text in texts) else texts
    bare = [html.unescape(_TAG.sub(_blank_tag, _WRAPPED.sub(_one_line, text))) for text in joined]
    return bare if joined is texts else _split_like(bare[0], len(texts))


def _split_like(text: str, parts: int) -> list[str]:
    lines = text.split("\n")  # an unescaped line break makes a line more: it joins the last
    return [*lines[: parts - 1], "\n".join(lines[parts - 1 :])]


def _blank_tag(tag: re.Match[str]) -> str:
    blank = "" if tag["inline"] else f" {BLANK} " if tag["cell"] else "\v" if tag["block"] else " "
    return "\n" * tag[0].count("\n") + blank


def _one_line(cell: re.Match[str]) -> str:
    """A cell on one line, and the lines that it took after it, so that all others keep their numbers."""
    begin, _, text, end = cell.groups()
    return f"{begin}{text.replace(chr(10), ' ')}{end}" + "\n" * text.count("\n")
