"""Open Clip Art as ads: a work's title, description and keywords, its picture, and its author as the vendor.

Source: the Debian packages openclipart-svg (what each file says of itself, in its element `Work`) and openclipart-png
(the same works drawn), a public-domain collection. File names and the source of drawings are never read for content:
they hold names and home folders.
"""

from __future__ import annotations

import posixpath
import re
import xml.etree.ElementTree as ET
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

import pandas as pd

from lib.core.errors import DataError
from lib.data import image_decoder, near_duplicates
from lib.data.real_sets import archives, cleaning, layout, names

ROOT = "usr/share/openclipart"
DROPPED = re.compile(r"hash(\(0x[0-9a-f]*\))?|", re.IGNORECASE)
"""Keywords that say nothing: what a program wrote in place of a list of keywords."""
COLLECTION = 3
"""Components of a path, below the folder of all works, that name a collection."""
SMALL = 100
"""Works of a category that is a region of its own; smaller ones are together."""


class _Work(NamedTuple):
    path: str  # without the suffix, below the folder of all works
    author: str  # as written
    title: str
    description: str
    keywords: tuple[str, ...]


class _Picture(NamedTuple):
    content: bytes  # PNG, layout.PIXELS square; empty where the file can't be decoded
    look: int  # perceptual hash
    blank: bool  # one colour all over


def build(packages: Sequence[Path], folder: Path) -> None:
    """Write the set into an empty folder. packages: the verified files of openclipart-svg and openclipart-png.

    Raises DataError when an archive is damaged or holds no works, or fewer than two authors are left.
    """
    _build(packages, folder, "openclipart", lambda table, steps: cleaning.chosen(table, "author", steps))


def build_pairs(packages: Sequence[Path], folder: Path) -> None:
    """As `build`, with the works of all authors: pairs of text and picture, whoever made them.

    For what asks of a work whether its text finds its picture (MATCHED Table 8), and not who made it.
    """
    _build(packages, folder, "openclipart-pairs", lambda table, steps: table)


def _build(
    packages: Sequence[Path],
    folder: Path,
    name: str,
    chosen: Callable[[pd.DataFrame, cleaning.Steps], pd.DataFrame],
) -> None:
    steps, (svg, png) = cleaning.Steps(), packages
    works = _works(svg, steps)
    authors = sorted({work.author for work in works if work.author})
    table = _authored(works, steps)
    table = _drawn(table, _pictures(png), steps)
    table = _without_duplicates(table, steps)
    table = _written(table, names.remover(authors), steps)
    table = chosen(table, steps)
    _write(table, folder, name)
    layout.write_about(folder, steps, authors)


def _works(package: Path, steps: cleaning.Steps) -> list[_Work]:
    """What the regular SVG files say of themselves."""
    works, files, unreadable = [], 0, 0
    start = f"{ROOT}/svg/"
    for member in archives.members(package, lambda name: name.startswith(start) and name.endswith(".svg")):
        files += 1
        if member.link:
            continue
        try:
            works.append(_described(member.name.removeprefix(start).removesuffix(".svg"), member.content))
        except ET.ParseError:
            unreadable += 1
    if not works:
        raise DataError(f"{package}: there is no work in this package. Is it openclipart-svg?")
    regular = len(works) + unreadable
    steps.note("no symbolic links", "a link is a work that stands elsewhere too", files, regular)
    steps.note("files that can be read", "what isn't XML says nothing of itself", regular, len(works))
    return works


def _described(path: str, content: bytes) -> _Work:
    """A work's metadata by its first element `Work` (Dublin Core). Raises ElementTree's ParseError."""
    root = ET.fromstring(content)
    work = next((element for element in root.iter() if _tag(element) == "Work"), root)
    texts = {"creator": "", "title": "", "description": ""}
    keywords: list[str] = []
    for element in work:
        if _tag(element) in texts:
            texts[_tag(element)] = " ".join(" ".join(element.itertext()).split())
        elif _tag(element) == "subject":
            listed = [" ".join((item.text or "").split()) for item in element.iter() if _tag(item) == "li"]
            keywords += [word for word in listed if not DROPPED.fullmatch(word)]
    return _Work(path, texts["creator"], texts["title"], texts["description"], tuple(dict.fromkeys(keywords)))


def _tag(element: ET.Element) -> str:
    return str(element.tag).rsplit("}", 1)[-1]


def _authored(works: Sequence[_Work], steps: cleaning.Steps) -> pd.DataFrame:
    """The works that name an author, by path: `path, written, author, title, description, keywords`."""
    table = pd.DataFrame(works, columns=["path", "written", "title", "description", "keywords"])
    table = table.sort_values("path", ignore_index=True)
    table.insert(2, "author", table["written"].map(names.fold))
    return steps.keep(table, table["author"] != "", "works with an author", "no name, or one that stands for nobody")


def _pictures(package: Path) -> dict[str, _Picture]:
    """The picture of each path. A link to another picture of the package is that picture; none is followed on disk."""
    start, pictures, links = f"{ROOT}/png/", {}, {}
    for member in archives.members(package, lambda name: name.startswith(start) and name.endswith(".png")):
        path = member.name.removeprefix(start).removesuffix(".png")
        if member.link:
            target = posixpath.normpath(posixpath.join(posixpath.dirname(member.name), member.link))
            links[path] = target.removeprefix(start).removesuffix(".png")
        else:
            pictures[path] = _picture(member.content)
    if not pictures:
        raise DataError(f"{package}: there is no picture in this package. Is it openclipart-png?")
    return pictures | {path: pictures[target] for path, target in links.items() if target in pictures}


def _picture(content: bytes) -> _Picture:
    try:
        square = layout.square(image_decoder.decode(content))
    except image_decoder.Unusable:
        return _Picture(b"", 0, False)
    look = int(near_duplicates.image_hashes([square])[0])
    return _Picture(layout.png(square), look, bool((square == square[0, 0]).all()))


def _drawn(table: pd.DataFrame, pictures: dict[str, _Picture], steps: cleaning.Steps) -> pd.DataFrame:
    """The works with a picture that shows something: with `content` and `look`."""
    found = table["path"].map(pictures.get)
    table = steps.keep(table.assign(picture=found), found.notna(), "works with a picture", "the file isn't there")
    decoded = table["picture"].map(lambda picture: bool(picture.content))
    table = steps.keep(table, decoded, "pictures that can be decoded", "damaged, or above 50 million pixels")
    shown = ~table["picture"].map(lambda picture: picture.blank)
    table = steps.keep(table, shown, "pictures that show something", "one colour all over")
    return table.assign(
        content=[picture.content for picture in table["picture"]],
        look=[picture.look for picture in table["picture"]],
    ).drop(columns="picture")


def _without_duplicates(table: pd.DataFrame, steps: cleaning.Steps) -> pd.DataFrame:
    """One work a look, and none that stands under two authors."""
    _, alone = cleaning.distinct(table, "look", "author")
    table = steps.keep(table, alone, "pictures of one author", "the same perceptual hash under two authors")
    first, _ = cleaning.distinct(table, "look", "author")
    return steps.keep(table, first, "different pictures", "the same perceptual hash as another work of the author")


def _written(table: pd.DataFrame, remove: Callable[[str], str], steps: cleaning.Steps) -> pd.DataFrame:
    """The works with a text that names nobody: with `plain` (title and description) and `text` (keywords as well)."""

    def clean(text: str, author: str) -> str:
        scrubbed = names.without_credits(names.without_addresses(text.replace("_", " ")))
        return names.nameless(scrubbed, author, remove, loose=True)

    columns = ["title", "description", "keywords", "written"]
    cleaned = [
        (clean(title, author), clean(description, author), _listed(clean(word, author) for word in keywords))
        for title, description, keywords, author in table[columns].itertuples(index=False)
    ]
    plain = [_joined(title, description) for title, description, _ in cleaned]
    text = [_joined(title, _joined(description, keywords, "; ")) for title, description, keywords in cleaned]
    table = table.assign(plain=plain, text=text)
    return steps.keep(table, table["text"] != "", "works with a text", "nothing is left of title, text and keywords")


def _listed(words: Iterable[str]) -> str:
    return ", ".join(dict.fromkeys(word for word in words if word))


def _joined(first: str, second: str, by: str = " [SEP] ") -> str:
    return by.join(part for part in (first, second) if part)


def _write(table: pd.DataFrame, folder: Path, name: str) -> None:
    """Write the pictures and the table, in the order of the pictures' bytes."""
    table = table.iloc[layout.by_content(list(table["content"]))].reset_index(drop=True)
    salt = layout.salt(folder)
    (folder / "images").mkdir()
    paths = [f"images/{number:05d}.png" for number in range(len(table))]
    for path, content in zip(paths, table["content"], strict=True):
        (folder / path).write_bytes(content)
    parts = table["path"].str.split("/")
    collections = parts.map(lambda part: "/".join(part[:-1][:COLLECTION]))
    category = parts.str[0]
    large = category.groupby(category).transform("size") >= SMALL
    works = pd.DataFrame(
        {
            "TEXT": table["text"],
            "IMAGES": paths,
            "VENDOR": table["author"].map(names.numbers(table["author"], salt)),
            "GROUP": collections.map(names.numbers(collections, salt)),
            "REGION": category.str.replace("_", " ").where(large, "other"),
            "AUTHORS": cleaning.shares(table["author"]),
            "PLAIN": table["plain"],
        }
    )
    layout.write_works(folder, name, works)
