"""Iconify's icons as hotel pictures: the author is the chain, a set (and its style, where it has some) the branch.

Written are the ten split files of `lib.hotels.published_splits` in `splits/`, the list of all pictures (`iconify.csv`),
and the pictures. The tests of seen branches, new branches of seen authors and new authors (D_SS, D_SU, D_UU) have
galleries of equal size: as many branches, and GALLERY pictures of each. D_?? are the emoji sets: all of them draw the
same concepts, each once, so that what a picture shows doesn't tell whose it is.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from lib.core.errors import DataError
from lib.core.files import write_csv
from lib.data import near_duplicates
from lib.data.real_sets import cleaning, icons, layout, names

FEWEST, MOST = 40, 60
"""Pictures of a branch that is kept, and at most."""
GALLERY = 20
"""Pictures of each branch in a gallery."""
NEW_AUTHORS, NEW_BRANCHES = 4, 3
"""One author in so many is held out, and of the others with several branches one branch in so many."""
VALIDATION_GALLERY = 10


def build(packages: Sequence[Path], folder: Path) -> None:
    """Write the set into an empty folder. packages: the verified file of @iconify/json.

    Raises DataError when the archive is damaged, resvg isn't installed, or too few groups are left to split.
    """
    icons.renderer()  # before anything is read that takes time
    steps = cleaning.Steps()
    pictures, emoji, authors = _rendered(packages[0], steps)
    pictures = _distinct(pictures, steps)
    pictures = _numbered(pd.concat([pictures, emoji], ignore_index=True), layout.salt(folder))
    files = splits(pictures)
    steps.note("pictures of a split", "galleries are equally large", len(pictures), len(files["all"]))
    for name in ("images", "splits"):
        (folder / name).mkdir()
    for path, content in files["all"][["image", "content"]].itertuples(index=False):
        (folder / path).write_bytes(content)
    columns = ["image", "label", "super_label", "GROUP", "CONCEPT"]
    write_csv(folder / "iconify.csv", files["all"][columns])
    for name, rows in files.items():
        write_csv(folder / "splits" / f"{name}.csv", rows[columns])
    layout.write_about(folder, steps, authors)


def _rendered(package: Path, steps: cleaning.Steps) -> tuple[pd.DataFrame, pd.DataFrame, list[str]]:
    """The candidates of each group and the emoji of all emoji sets (`author, set, style, name, emoji, picture`), and
    the authors' names."""
    rows, emoji, authors, count = [], [], set(), 0
    for icon_set in icons.sets(package, steps):
        authors.add(icon_set.author)
        count += len(icon_set.icons)
        if icon_set.emoji:
            emoji.append(icon_set)
            continue
        for name, style in icons.candidates(icon_set).itertuples(index=False):
            rows.append((icon_set.author, icon_set.prefix, style, name, False, icons.drawn(icon_set.icons[name])))
    columns = ["author", "set", "style", "name", "emoji", "picture"]
    table = pd.DataFrame(rows, columns=columns)
    steps.note(
        f"at most {icons.CANDIDATES} icons of a group are rendered", "speed; drawn by the seed", count, len(rows)
    )
    table = steps.keep(table, table["picture"].notna(), "icons that render", "no picture, or one colour all over")
    shared = _emoji(emoji, columns)
    steps.note(
        "emoji that all emoji sets draw", "a test of its own", sum(len(each.icons) for each in emoji), len(shared)
    )
    return table, shared, sorted(authors - {""})


def _emoji(sets: Sequence[icons.IconSet], columns: Sequence[str]) -> pd.DataFrame:
    """Up to MOST concepts that every emoji set draws, each once a set; rows as of `_rendered`."""
    shared = sorted(set.intersection(*(set(each.icons) for each in sets))) if sets else []
    order = pd.Series(shared, dtype=str).sample(frac=1, random_state=cleaning.SEED)
    kept: list[list[tuple[object, ...]]] = []
    for name in order:
        pictures = [(each, icons.drawn(each.icons[name])) for each in sets]
        if all(picture is not None for _, picture in pictures) and len(kept) < MOST:
            kept.append([(each.author, each.prefix, "", name, True, picture) for each, picture in pictures])
    return pd.DataFrame([row for concept in kept for row in concept], columns=list(columns))


def _distinct(table: pd.DataFrame, steps: cleaning.Steps) -> pd.DataFrame:
    """The pictures that stand in one group only and once, of groups with FEWEST or more, MOST of each."""
    looks = near_duplicates.image_hashes(table["picture"])
    table = table.assign(look=looks, place=table["set"] + "/" + table["style"])
    _, alone = cleaning.distinct(table, "look", "place")
    table = steps.keep(table, alone, "icons of one group", "the same perceptual hash in two groups")
    first, _ = cleaning.distinct(table, "look", "place")
    table = steps.keep(table, first, "different icons", "the same perceptual hash as another icon of the group")
    large = table.groupby("place")["place"].transform("size") >= FEWEST
    table = steps.keep(table, large, f"groups of {FEWEST} or more", "fewer can't be split")
    order = table.sample(frac=1, random_state=cleaning.SEED).groupby("place").cumcount().sort_index()
    table = steps.keep(table, order < MOST, f"at most {MOST} of a group", "groups of like size")
    return table.drop(columns=["look", "place"])


def _numbered(table: pd.DataFrame, salt: bytes) -> pd.DataFrame:
    """The pictures in the order of their bytes: `image, content, label, super_label` (0 for emoji), `GROUP, CONCEPT,
    emoji`.

    Groups, sets and authors are numbered from 1 in the order of salted hashes; concepts are those of emoji, else -1.
    """
    contents = [layout.png(picture) for picture in table["picture"]]
    table = table.assign(content=contents).iloc[layout.by_content(contents)].reset_index(drop=True)
    group, author = table["set"] + "/" + table["style"], table["author"].map(names.fold)
    concepts = table["name"].map(names.numbers(table["name"][table["emoji"]], salt))
    return pd.DataFrame(
        {
            "image": [f"images/{number:05d}.png" for number in range(len(table))],
            "content": table["content"],
            "label": group.map(names.numbers(group, salt)) + 1,
            "super_label": (author.map(names.numbers(author, salt)) + 1).where(~table["emoji"], 0),
            "GROUP": table["set"].map(names.numbers(table["set"], salt)) + 1,
            "CONCEPT": concepts.where(table["emoji"], -1).astype(int),
            "emoji": table["emoji"],
        }
    )


def splits(pictures: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """The rows of each split file (`lib.hotels.published_splits.FILES`).

    pictures: `image, label, super_label, emoji`. `all` is what is in one of the others: some of the groups that are
    held out are in no gallery. Raises DataError when there are too few authors or groups to hold any out.
    """
    known = pictures[~pictures["emoji"].astype(bool)]
    trainval, tests = _cut(known, GALLERY)
    train, validations = _cut(trainval, VALIDATION_GALLERY)
    emoji = pictures[pictures["emoji"].astype(bool)]
    used = pd.concat([trainval, *tests, emoji]).sort_index()
    files = {"train": train, "trainval": trainval, "test4": emoji, "all": used}
    files |= {f"test{number}": rows for number, rows in enumerate(tests, start=1)}
    return files | {f"val{number}": rows for number, rows in enumerate(validations, start=1)}


def _cut(pictures: pd.DataFrame, gallery: int) -> tuple[pd.DataFrame, list[pd.DataFrame]]:
    """What is left to train on; and galleries of seen groups, of new groups of seen authors, and of new authors."""
    generator = np.random.default_rng(cleaning.SEED)
    authors = generator.permutation(pictures["super_label"].unique())
    new = pictures["super_label"].isin(authors[: len(authors) // NEW_AUTHORS])
    rest = pictures[~new]
    groups = rest.drop_duplicates("label")[["label", "super_label"]].sample(frac=1, random_state=cleaning.SEED)
    size = groups.groupby("super_label")["label"].transform("size")
    held = groups.loc[groups.groupby("super_label").cumcount() < size // NEW_BRANCHES, "label"]
    parts = [rest[~rest["label"].isin(held)], rest[rest["label"].isin(held)], pictures[new]]
    fewest = min(part["label"].nunique() for part in parts)
    if fewest < 2:
        raise DataError(
            f"Of {pictures['super_label'].nunique()} authors with {pictures['label'].nunique()} groups of icons too "
            "few can be held out. Is this the whole package?"
        )
    galleries = [_gallery(part, fewest, gallery) for part in parts]
    return parts[0].drop(galleries[0].index), galleries


def _gallery(part: pd.DataFrame, groups: int, each: int) -> pd.DataFrame:
    """So many groups, drawn by the seed, and so many pictures of each."""
    shuffled = part.sample(frac=1, random_state=cleaning.SEED)
    chosen = shuffled["label"].drop_duplicates().head(groups)
    return shuffled[shuffled["label"].isin(chosen)].groupby("label").head(each).sort_index()
