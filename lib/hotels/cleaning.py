"""One picture, one branch, one chain: pictures of hotels made fit for splitting (Revisited Hotels, section 2.2).

The original data sets come from web services, where one place may be listed under several names; the paper removed
pictures that stood under several classes, whereby 4,563 of 50,000 classes fell together (Table 1). It doesn't say how.
Here: branches that share a picture are one place.

Of what is left, a branch of a single picture has nothing to be linked with. The paper asks for "a minimum number of
images" of a class; the authors' script leaves such branches out before it splits, those of unknown chains too
(create_splits.ipynb, cell 14). Of Hotel-ID's 97,556 pictures it left out three (its outputs of cells 5 and 18).
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path, PurePosixPath

import numpy as np
import pandas as pd

from lib.core import cached
from lib.core.errors import DataError
from lib.data import image_arrays, near_duplicates
from lib.data.components import components


def by_name(images: Sequence[str]) -> list[str]:
    """Keys of pictures by their paths alone: the file's name, which in these data sets is an id of its content."""
    return [PurePosixPath(image).stem for image in images]


def by_look(images: Sequence[Path], cache: Path, fingerprint: str, digests: Sequence[str] = ()) -> list[int]:
    """Keys of pictures by their content: a number for each group that looks the same (`lib.data.near_duplicates`).

    Hashes are kept in `cache` under the `fingerprint` of the files' bytes and the code that decodes them; digests: the
    SHA-256 of each of `images` as it was then. Raises DataError as `lib.data.image_arrays.read` does.
    """
    pictures = map(image_arrays.read, images, digests or [""] * len(images))
    path = cache / f"looks-{fingerprint[:16]}-{image_arrays.rules()[:8]}.npy"
    hashes = cached.array(path, lambda: near_duplicates.image_hashes(pictures))
    groups: list[int] = near_duplicates.image_groups(hashes).tolist()
    return groups


def clean(listed: pd.DataFrame, keys: Sequence[str | int]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """One row a picture (`image, branch, chain`), and what was mended (`finding, cases, rows`).

    listed: `image, branch, chain` (Int64, <NA> where unknown), in any number of rows; keys: equal for equal pictures
    (`by_name` or `by_look`), one a row. Branches that share a picture become one, under the label of the one with most
    pictures. Where a branch's rows name several known chains, the commonest counts, and none where two are equally
    common. Raises DataError when there isn't a key for each row.
    """
    if len(keys) != len(listed):
        raise DataError(f"{len(keys)} keys for {len(listed)} pictures: give one for each row.")
    table = listed[["image", "branch", "chain"]].assign(key=list(keys)).reset_index(drop=True)
    repeated = table[table.duplicated(["key", "branch"], keep=False)]
    shared = table[table.groupby("key")["branch"].transform("nunique") > 1]
    place = _places(table)
    joined = place.groupby(place).transform("size") > 1
    joined_rows = table["branch"].map(joined)
    table["branch"] = table["branch"].map(place)
    chains = table.dropna(subset="chain").groupby("branch")["chain"]
    ambiguous = table[table["branch"].map(chains.nunique()).fillna(0) > 1]
    table["chain"] = pd.array(table["branch"].map(chains.agg(_commonest)), "Int64")
    findings = [
        ("picture listed twice", repeated.groupby(["key", "branch"]).ngroups, len(repeated)),
        ("picture under several branches", shared["key"].nunique(), len(shared)),
        ("branches that are one place", place[joined].nunique(), int(joined_rows.sum())),
        ("branch of several chains", ambiguous["branch"].nunique(), len(ambiguous)),
    ]
    cleaned = table.drop_duplicates("key").drop(columns="key").reset_index(drop=True)
    return cleaned, pd.DataFrame(findings, columns=["finding", "cases", "rows"])


def without_lone(cleaned: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The rows (`image, branch, chain`, one a picture) of branches of two pictures or more, and how many were left out
    (`finding, cases, rows`)."""
    lone = cleaned.groupby("branch")["image"].transform("size") == 1
    findings = pd.DataFrame(
        {"finding": ["left out: branch of one picture"], "cases": [lone.sum()], "rows": [lone.sum()]}
    )
    return cleaned[~lone].reset_index(drop=True), findings


def _places(table: pd.DataFrame) -> pd.Series:
    """Each branch's place (index: the branches): the one with most pictures of those that pictures join."""
    sizes = table["branch"].value_counts().rename_axis("branch").rename("size").reset_index()
    number = pd.Series(sizes.index, index=sizes["branch"])
    first = table.groupby("key")["branch"].transform("first")
    sizes["group"] = components(len(sizes), np.column_stack([number[table["branch"]], number[first]]))
    sizes = sizes.sort_values(["size", "branch"], ascending=[False, True])
    return pd.Series(sizes.groupby("group")["branch"].transform("first").to_numpy(), index=sizes["branch"].to_numpy())


def _commonest(chains: pd.Series) -> object:
    counts = chains.value_counts()
    return pd.NA if len(counts) > 1 and counts.iloc[0] == counts.iloc[1] else int(counts.index[0])


def scores(cleaned: pd.DataFrame, truth: pd.Series) -> dict[str, float]:
    """How well cleaning puts pictures together: of pairs of pictures under one branch the share that is one place's
    (`pair_precision`), and of pairs of one place the share under one branch (`pair_recall`). truth: image -> place."""
    from sklearn.metrics.cluster import pair_confusion_matrix

    (_, wrong), (apart, together) = pair_confusion_matrix(truth.loc[cleaned["image"]], cleaned["branch"])
    return {
        "pair_precision": float(together / (together + wrong)) if together + wrong else np.nan,
        "pair_recall": float(together / (together + apart)) if together + apart else np.nan,
    }
