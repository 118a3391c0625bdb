"""Search all that a study wrote for what only its data knows, before the study counts as done.

    python -m lib leaks my_study        # a table of findings, none of which shows what was found; exit status 1

`lib.pipeline.leak_index` says what is searched for and `lib.pipeline.file_text` what of a file is read. What the
project's own notebooks and modules hold is public and no leak: their examples, and also names such as "mean" that are
words of the code, so that a vendor called "Max" is not searched for. The twin's word lists are not taken for public.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import pandas as pd

from lib.core.errors import DataError
from lib.core.files import ROOT
from lib.data import ads, loading
from lib.data.real_sets import layout
from lib.data.real_sets.names import Search
from lib.pipeline.file_text import Part, Passage, passages
from lib.pipeline.leak_index import Index
from lib.study.plan import Study

COLUMNS = ("file", "place", "kind")
SHORTEST_STEM = 6  # characters of an image file's name that is an id and not just a word
TWIN_WORDS = ("twin/ad", "twin/lexicon", "twin/writing/")
"""Modules of lib whose names of people and places are content, not code."""
LISTED = 10  # findings in an error message


def scan(
    folder: Path,
    texts: Sequence[str],
    names: Sequence[str] = (),
    public: Sequence[str] | None = None,
    files: Sequence[Path] | None = None,
) -> pd.DataFrame:
    """Every place under `folder` that holds something of the data, also in hidden files and below run folders.

    texts: the ads'. names: vendors' labels, pseudonyms, groups, ids. public: texts whose words are no leak (default:
    the project's own sources). files: those of the folder to search (default: all). Returns `file` (below the folder),
    `place` and `kind` (phone, e-mail, link, name, text), a row each, in order. No finding shows what was found: where a
    file's, column's or key's name is a leak itself, its number stands instead.
    """
    index = Index(texts, names)
    index.forget(own_sources() if public is None else public)
    searched = _files(folder) if files is None else files
    rows = [row for file in searched for row in _findings(index, folder, file)]
    return pd.DataFrame(rows, columns=list(COLUMNS)).drop_duplicates(ignore_index=True)


def own_sources(root: Path = ROOT) -> list[str]:
    """The texts of the project that are public: its notebooks, modules and printed tables, and what all tables of a
    notebook consist of. The twin's lists of names are not among them, else no vendor could be called Violet."""
    code = root / "lib"
    modules = [
        path for path in sorted(code.rglob("*.py")) if not path.relative_to(code).as_posix().startswith(TWIN_WORDS)
    ]
    published = sorted((root / "results" / "published").glob("*.csv"))
    paths = [*sorted((root / "notebooks").glob("*.ipynb")), *modules, *published]
    return [*(path.read_text(encoding="utf-8") for path in paths), pd.DataFrame({"": [0]})._repr_html_()]


def _files(folder: Path) -> list[Path]:
    """Everything below the folder, links to folders unopened."""
    return sorted(Path(top) / name for top, below, names in os.walk(folder) for name in (*below, *names))


def _findings(index: Index, folder: Path, path: Path) -> Iterator[dict[str, str]]:
    for passage in _all_passages(path.relative_to(folder).as_posix(), path):
        for (kind, _), number in dict.fromkeys((hit.secret, hit.part) for hit in index.find(passage)):
            part = passage.parts[number]
            place = part.place if _clean(index, part.place) else part.position
            yield {"file": _shown(index, folder, path), "place": place, "kind": kind}


def _all_passages(name: str, path: Path) -> Iterator[Passage]:
    yield Passage([Part(Path(name).name, "the file's name", "the file's name")])
    yield Passage([Part(name, "the file's path", "the file's path")], shortest=sys.maxsize)
    if path.is_symlink():
        yield Passage([Part(os.readlink(path), "the link's target", "the link's target")])
    if path.is_file():
        yield from passages(name, _content(path))


def _content(path: Path) -> bytes:
    """The bytes; of safetensors, which can be very large, the header alone."""
    with path.open("rb") as stream:
        if path.suffix in (".safetensors", ".ckpt"):  # a checkpoint of a training that was cut off is one too
            size = stream.read(8)
            return size + stream.read(min(int.from_bytes(size, "little"), 2**27))
        return stream.read()


def _shown(index: Index, folder: Path, path: Path) -> str:
    """The file's path below the folder, with a number for each name in it that is a leak itself."""
    steps, above = [], folder
    for name in path.relative_to(folder).parts:
        entries = sorted(os.listdir(above))
        steps.append(name if _clean(index, name) else f"(entry {entries.index(name) + 1} of {len(entries)} by name)")
        above /= name
    return "/".join(steps)


def _clean(index: Index, text: str) -> bool:
    return not any(index.find(Passage([Part(text, "", "")])))


def check(study: Study, names: Sequence[str] = ()) -> None:
    """Raise DataError, which names the first findings, when something of the study's data is in its results.

    names: what else identifies somebody, beside the labels, pseudonyms and groups that the data has.
    """
    findings = of_study(study, names)
    if findings.empty:
        return
    listed = "; ".join(f"{row.file}, {row.place}: {row.kind}" for row in findings.head(LISTED).itertuples())
    more = f"; and {len(findings) - LISTED} more" if len(findings) > LISTED else ""
    raise DataError(
        f"{study.folder}: this study's data is sensitive, and something of it stands in what the study wrote, so it "
        f"does not count as done. {len(findings)} {'place' if len(findings) == 1 else 'places'}: {listed}{more}. "
        "Take it out of the notebook that writes it (show counts or salted ids, see lib/data/disclosure.py), remove "
        "those files and run the study again; pass nothing on before that. "
        "`python -m lib leaks` with the study lists all places."
    )


def of_study(study: Study, names: Sequence[str] = ()) -> pd.DataFrame:
    """`scan` of the study's folder for what `secrets_of` has of its data, if it is sensitive, and for further `names`.

    Of real sets (`lib.data.real_sets`) of works or of hotel pictures also for their authors' names, which are known by
    their hashes alone.
    """
    texts, own = secrets_of(study) if study.sensitive else ([], [])
    findings = [scan(study.folder, texts, [*own, *names])]
    for folder in (study.data_folder, study.hotel_pictures):
        if (search := layout.name_search(folder)) is not None:
            findings.append(hashed_names(study.folder, search))
    return pd.concat(findings, ignore_index=True).drop_duplicates(ignore_index=True)


def hashed_names(folder: Path, search: Search, public: Sequence[str] | None = None) -> pd.DataFrame:
    """Every place under `folder` that holds a name which `search` knows, in the form of `scan`."""
    search.forget(own_sources() if public is None else public)
    rows = []
    for number, path in enumerate(_files(folder), 1):
        name = path.relative_to(folder).as_posix()
        shown = f"(file {number} in order)" if search.stands_in(name) else name
        for passage in _all_passages(name, path):
            parts = (part for part in passage.parts if search.stands_in(part.text))
            rows += [(shown, part.position if search.stands_in(part.place) else part.place, "name") for part in parts]
    return pd.DataFrame(rows, columns=list(COLUMNS))


def secrets_of(study: Study) -> tuple[list[str], list[str]]:
    """What only the study's data knows: the ads' texts; and labels, pseudonyms, groups' and images' file names."""
    data = loading.read(study)
    return list(data.texts), [*data.labels, *sorted({*data.names, *data.groups} - {""}), *_stems(data)]


def _stems(data: ads.Ads) -> list[str]:
    """The names of image files that are ids: long, and not just a number."""
    stems = {path.stem for path in data.images}
    return sorted(stem for stem in stems if len(stem) >= SHORTEST_STEM and not stem.isdecimal())
