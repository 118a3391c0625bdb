"""Tables and figures as a reader sees them: saved where they can be traced, shown the same way everywhere."""

from __future__ import annotations

import base64
import html
import io
import re
from functools import partial
from pathlib import Path
from typing import Any

import matplotlib.pyplot as plt
import pandas as pd
import seaborn as sns
from IPython.display import HTML
from markupsafe import Markup
from matplotlib.figure import Figure
from pandas.io.formats.style import Styler
from PIL import Image

from lib.core.files import replacing
from lib.core.tables import guarded
from lib.pipeline import fonts

OURS, THEIRS, NEUTRAL = "#1f6f8b", "#c8553d", "#8a8d91"
sns.set_theme(
    context="paper",
    style="whitegrid",
    rc={
        "font.sans-serif": ["DejaVu Sans"],  # matplotlib's own, so that figures don't depend on the system's fonts
        "figure.dpi": 100,
        "savefig.dpi": 110,
        "savefig.bbox": "tight",
        "axes.spines.top": False,
        "axes.spines.right": False,
        "grid.color": "#e6e6e6",
        "legend.frameon": False,
    },
)


def save_table(frame: pd.DataFrame, path: str | Path) -> pd.DataFrame:
    """Write a table as CSV, whole or not at all; the frame, to be shown.

    A text that a spreadsheet would take for a formula gets an apostrophe before it (`lib.core.tables.guarded`).
    """
    safe = frame.rename(columns=lambda name: guarded(str(name)))
    for place, name in enumerate(safe.columns):
        if not pd.api.types.is_numeric_dtype(safe.dtypes.iloc[place]):
            safe = safe.assign(**{name: safe.iloc[:, place].astype(object).map(guarded)})
    with replacing(path) as temporary:
        safe.to_csv(temporary, index=False, lineterminator="\n")
    return frame


def show(frame: pd.DataFrame, caption: str = "", digits: int = 3) -> Styler:
    """A table to look at: rounded numbers, counts without decimals, no index, every text escaped.

    digits: of numbers that aren't whole. A table without rows says so in its caption.
    """
    renamed = frame.rename(columns={name: str(name).replace("_", " ") for name in frame.columns})
    formats: dict[str, Any] = {}
    for name in renamed.select_dtypes("number").columns:
        whole = (renamed[name].dropna() % 1 == 0).all()
        formats[name] = "{:.0f}" if name == "seed" else partial(_number, digits=0 if whole else digits)
    styler = renamed.style.format(formats, na_rep="–", escape="html").format_index(escape="html", axis=1)
    styler = styler.hide(axis="index")
    styler.set_table_styles(
        [
            {"selector": "th", "props": "text-align: left; font-weight: 600; border-bottom: 1px solid #999"},
            {"selector": "td", "props": "text-align: left; padding: 2px 10px"},
            {"selector": "caption", "props": "text-align: left; color: #555; padding: 4px 0"},
        ]
    )
    if frame.empty:
        caption = f"{caption}: no rows" if caption else "no rows"
    return styler.set_caption(html.escape(caption)) if caption else styler


_SORT = """
(function (root) {
  const body = root.querySelector("tbody"), rows = Array.from(body.rows);
  root.querySelector("input").addEventListener("input", event => {
    const wanted = event.target.value.toLowerCase();
    rows.forEach(row => { row.hidden = !row.textContent.toLowerCase().includes(wanted); });
  });
  root.querySelectorAll("th").forEach((head, column) => {
    const text = row => row.cells[column].textContent;
    let turn = 1;
    head.style.cursor = "pointer";
    head.addEventListener("click", () => {
      rows.sort((one, other) => turn * text(one).localeCompare(text(other), undefined, {numeric: true}));
      turn = -turn;
      body.append(...rows);
    });
  });
})(document.currentScript.previousElementSibling);
"""


def sortable(frame: pd.DataFrame, caption: str = "", digits: int = 3, links: str = "") -> HTML:
    """A table as `show` has it, which a click on a heading sorts and a word above it filters.

    links: a column that names notebooks of the same folder, each of which becomes a link. Without scripts the table is
    an ordinary one.
    """
    styler = show(frame, caption, digits)
    if links:
        link = Markup('<a href="{0}.ipynb">{0}</a>')
        styler = styler.format(lambda name: link.format(name) if name else "", subset=[links])
    box = '<input type="search" placeholder="filter" aria-label="filter rows" style="margin: 4px 0; padding: 2px 6px">'
    return HTML(f"<div>{box}{styler.to_html()}</div><script>{_SORT}</script>")  # type: ignore[no-untyped-call]


def _number(value: float, digits: int) -> str:
    """A count has no decimals, also in a column that holds scores as well (as Table 1 does)."""
    return f"{value:,.0f}" if value % 1 == 0 and abs(value) > 1 else f"{value:,.{digits}f}"


_ACTIVE = re.compile(r"^[-+=]|^\d(?=\d*[.)])|[\\`*_{}\[\]<>#|~^&$:]")
"""What Markdown, HTML or formulas read as more than itself: at the head of a line, or anywhere."""


def markdown(value: object) -> str:
    """Any text as Markdown that shows it as it is, on one line.

    Nothing in it is a table's border, emphasis, a link, HTML, a formula or code. Whatever parameters or data say goes
    through this function before it stands among Markdown.
    """
    text = " ".join(str(value).split())
    text = _ACTIVE.sub(lambda character: f"&#{ord(character[0])};", text)
    return text.replace("&#36;", "<span>&#36;</span>")  # two signs in one element would be a formula where MathJax runs


def code(value: object) -> str:
    """The same in the letters of code."""
    return f"<code>{markdown(value)}</code>"


class Picture:
    """A figure as notebooks show it: a PNG of 256 colours, a third of the size, and what it shows in words."""

    def __init__(self, png: bytes, words: str) -> None:
        self.png, self.words = png, words

    def _repr_mimebundle_(self, **_: Any) -> tuple[dict[str, str], dict[str, dict[str, str]]]:
        data = {"image/png": base64.b64encode(self.png).decode(), "text/plain": self.words}
        return data, {"image/png": {"alt": self.words}}


def save_figure(figure: Figure, path: str | Path) -> Picture:
    """Write a figure as PNG and beside it as SVG, whole or not at all; returns what a notebook shows of it.

    Files have no date, so that equal figures are equal files. `lib.pipeline.fonts.fit` says how names appear in letters
    that no font here has.
    """
    path, drawn, small = Path(path), io.BytesIO(), io.BytesIO()
    words = described(figure)
    standing = fonts.fit(figure)
    figure.savefig(drawn, format="png")
    with Image.open(drawn) as image:
        image.convert("RGB").quantize(256, dither=Image.Dither.NONE).save(small, "PNG", optimize=True)
    with replacing(path) as temporary:
        temporary.write_bytes(small.getvalue())
    with plt.rc_context({"svg.hashsalt": path.stem}), replacing(path.with_suffix(".svg")) as temporary:
        figure.savefig(temporary, format="svg", metadata={"Date": None})
    plt.close(figure)
    return Picture(small.getvalue(), "; ".join([words, *(f"{stand} is {name}" for stand, name in standing.items())]))


def described(figure: Figure) -> str:
    """A figure in words, for those who don't see it: its panels' titles, axes and legends."""
    panels = []
    for axes in figure.axes:
        names = axes.get_legend_handles_labels()[1]
        over = " over ".join(filter(None, [axes.get_ylabel(), axes.get_xlabel()]))
        parts = [axes.get_title(), over, f"of {', '.join(names)}" if names else ""]
        panels.append(" ".join(filter(None, parts)))
    words = "; ".join(dict.fromkeys(filter(None, panels)))
    count = f"Figure of {len(panels)} panels" if len(panels) > 1 else "Figure"
    return f"{count}: {words}" if words else count


def loss_curve(history: pd.DataFrame) -> Figure:
    """Training and validation loss by step of the optimiser (`steps, train_loss, val_loss`)."""
    figure, axes = plt.subplots(figsize=(5, 2.6))
    sns.lineplot(history, x="steps", y="train_loss", marker="o", color=OURS, label="training", ax=axes)
    sns.lineplot(
        history, x="steps", y="val_loss", marker="s", color=THEIRS, linestyle="--", label="validation", ax=axes
    )
    axes.set(ylabel="loss", ylim=(min(0, history[["train_loss", "val_loss"]].min().min()), None))
    return figure
