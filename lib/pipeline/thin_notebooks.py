"""Executed notebooks as they are published: without what pandas writes around each cell of a table and nothing reads.

A styled table gives every cell an id and classes, by which a style could refer to it; that is most of its bytes. Where
no style does, they are left out, and a row is one line. No output and no number changes.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

_CELL = re.compile(r'<(t[dh]) id="T_\w+" class="[^"]*"((?: [\w-]+="[^"]*")*) ?>')
_STYLED = re.compile(r"#T_\w+_(?:row|level)\d")
"""A style of single cells."""
_INDENT = re.compile(r"\n\s+(?=<)")
_WITHIN_ROW = re.compile(r"\n(?=<t[dh]>)")


def content(path: Path) -> bytes:
    """The bytes of a file as they are published: a notebook's without the idle marks of its tables, others as is."""
    if path.suffix != ".ipynb":
        return path.read_bytes()
    notebook = json.loads(path.read_text(encoding="utf-8"))
    for cell in notebook["cells"]:
        for output in cell.get("outputs", []):
            data = output.get("data", {})
            if "text/html" in data:
                data["text/html"] = _thin(data["text/html"])
    return (json.dumps(notebook, indent=1, ensure_ascii=False) + "\n").encode()


def _thin(html: Any) -> list[str]:
    text = html if isinstance(html, str) else "".join(html)
    if not _STYLED.search(text):
        text = _WITHIN_ROW.sub("", _INDENT.sub("\n", _CELL.sub(r"<\1\2>", text)))
    return text.splitlines(keepends=True)
