"""Disclosure control for sensitive data: salted numbers, and no table that shows a group of fewer than five.

The rules are those of official statistics (Handbook on Statistical Disclosure Control, chapter 4,
https://sdctools.github.io/HandbookSDC/): a threshold on the number of contributors to a cell, and secondary
suppression, because a suppressed count can be recovered from a total. If three regions have 5, 9 and 12 vendors and all
regions have 29, the fourth has 3. `fold` therefore merges small rows with the smallest rows above the threshold. It
protects one table: two tables that cut the same rows differently must be folded by the same rows.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

from lib.core.errors import DataError
from lib.data.ads import Ads

LEAST = 5  # the smallest group that is shown
BYTES = 32


def salt(path: str | Path) -> bytes:
    """The 32 secret bytes kept at `path`; the first call makes the file, readable by its owner alone.

    Of two processes that start at once both get the bytes of the first. Raises DataError when the file holds something
    else than 32 bytes.
    """
    path = Path(path)
    if not path.exists():
        _create(path)
    salt = path.read_bytes()
    if len(salt) != BYTES:
        raise DataError(
            f"{path}: this is no salt ({len(salt)} bytes, not {BYTES}). Remove it and a new one is made; ids in "
            "results from before then no longer agree with new ones."
        )
    return salt


def _create(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    with open(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as stream:
        stream.write(secrets.token_bytes(BYTES))
        stream.flush()
        os.fsync(stream.fileno())
    try:
        os.link(temporary, path)  # unlike a rename it fails where another process was first
    except FileExistsError:
        pass
    finally:
        temporary.unlink()


def salted_order(values: Sequence[object], salt: bytes) -> list[int]:
    """The indices of the values, (n,), in the order of their salted hashes; equal values in their given order.

    Numbers assigned in this order reveal neither how the values sort nor which came first.
    """
    return sorted(range(len(values)), key=lambda index: _digest(values[index], salt))


def renumbered(ads: Ads, salt: bytes) -> Ads:
    """The same ads with vendors, groups, texts, images and ads numbered in their salted order.

    Runs store these numbers; in the order of the files they would be raw ids. The fingerprint is salted too, since
    caches in the order of the images are named by it.
    """
    orders = {
        "ad": salted_order(range(len(ads.ads)), salt),
        "vendor": salted_order(ads.labels, salt),
        "text": salted_order(ads.texts, salt),
        "image": salted_order(ads.images, salt),
    }
    if ads.groups:
        first = ads.ads.drop_duplicates("group").sort_values("group")  # a group's first ad stands for one without name
        named = [
            (ads.labels[vendor], name or ad)
            for vendor, name, ad in zip(first["vendor"], ads.groups, first["ad"], strict=True)
        ]
        orders["group"] = salted_order(named, salt)

    def renumber(frame: pd.DataFrame) -> pd.DataFrame:
        columns = frame.columns.intersection(list(orders))
        # The new number of each old one; -1 (none) stays -1.
        return frame.assign(
            **{name: np.append(np.argsort(np.array(orders[name], int)), -1)[frame[name]] for name in columns}
        ).sort_values("ad", kind="stable", ignore_index=True)

    return replace(
        ads,
        ads=renumber(ads.ads),
        pairs=renumber(ads.pairs),
        texts=[ads.texts[old] for old in orders["text"]],
        images=[ads.images[old] for old in orders["image"]],
        digests=[ads.digests[old] for old in orders["image"]] if ads.digests else [],
        labels=[ads.labels[old] for old in orders["vendor"]],
        names=[ads.names[old] for old in orders["ad"]] if ads.names else [],
        groups=[ads.groups[old] for old in orders["group"]] if ads.groups else [],
        fingerprint=_digest(ads.fingerprint, salt),
    )


def _digest(value: object, salt: bytes) -> str:
    return hmac.new(salt, str(value).encode("utf-8", "surrogatepass"), hashlib.sha256).hexdigest()


def publishable(
    table: pd.DataFrame,
    sensitive: bool,
    *,
    within: str | None = None,
    averages: Sequence[str] = (),
    counts: str | Sequence[str] = (),
    also: Sequence[str] = (),
    by: str | None = None,
    total: str | None = None,
    sizes: pd.Series | None = None,
) -> pd.DataFrame:
    """What may be shown of a table: the table itself unless the data is `sensitive`, then a copy changed as below.

    within: a column of groups; rows of groups with fewer than five different values of the column "vendor" are dropped.
    averages: columns of whole numbers, a vendor a row; replaced by means of at least five neighbours (`averaged`),
        within the groups of `within` if given.
    counts: columns of counts. With `by`, which names the rows, small rows are merged (`fold`) and the row named `total`
        comes last; a column of zeros makes no row small. Without `by` each count from 1 to 4 becomes "<5" and the
        columns `also` are empty on that row (`hide`).
    sizes: for a table of shares, the size of each row's group, by the table's index; a share that stands for fewer than
        five is empty.
    """
    if not sensitive:
        return table
    table = table[enough(table[within], table["vendor"])].copy() if within is not None else table.copy()
    for column in averages:
        groups = table[column].groupby(table[within] if within is not None else np.zeros(len(table)))
        table[column] = groups.transform(_averaged_in_place).round().astype(int)
    names = [counts] if isinstance(counts, str) else list(counts)
    if by is not None:
        totals = table[by] == total
        parts = table[~totals]
        folded = fold(parts, [name for name in names if parts[name].any()], by)
        table = pd.concat([folded, table[totals]], ignore_index=True)
    elif names:
        table = hide(table, names, also)
    if sizes is not None:
        table = table.where(table.mul(sizes.reindex(table.index), axis=0).round() >= LEAST)
    return table


def fold(frame: pd.DataFrame, count: str | Sequence[str], by: str) -> pd.DataFrame:
    """The table with its small rows merged into one, the last, whose `by` is "other (n groups)".

    frame: one row a group, named in the column `by`. count: columns of counts, which are summed; a row is small if one
    of them is under LEAST. All other columns are empty in the merged row. If that row is still small, or is one group
    alone, the smallest of the other rows joins it. If all rows together are too few, their small counts are "<5".
    """
    counts = [count] if isinstance(count, str) else list(count)
    frame = frame.reset_index(drop=True)
    order = frame[counts].min(axis=1).sort_values(kind="stable").index  # small rows come first
    folded = int((frame[counts] < LEAST).any(axis=1).sum())
    if not folded:
        return frame
    while folded < len(frame) and (folded < 2 or (frame.loc[order[:folded], counts].sum() < LEAST).any()):
        folded += 1
    small = frame.loc[order[:folded]]
    sums = small[counts].sum()
    merged = {by: f"other ({len(small)} {'group' if len(small) == 1 else 'groups'})"}
    merged |= {name: f"<{LEAST}" if sums[name] < LEAST else sums[name] for name in counts}
    return pd.concat([frame.drop(index=small.index), pd.DataFrame([merged])], ignore_index=True).reindex(
        columns=frame.columns
    )


def hide(frame: pd.DataFrame, count: str | Sequence[str], also: Sequence[str] = ()) -> pd.DataFrame:
    """The table with each count from 1 to 4 written as "<5", and `also` empty on that row.

    For counts that are not parts of a whole, such as how many texts each of several checks finds; for parts use `fold`.
    also: columns that would reveal the count, such as its share of a known total.
    """
    hidden = frame.copy()
    counts = [count] if isinstance(count, str) else list(count)
    small = frame[counts].gt(0) & frame[counts].lt(LEAST)
    for name in counts:
        if small[name].any():
            hidden[name] = frame[name].astype(object).mask(small[name], f"<{LEAST}")
    for name in also:
        hidden[name] = frame[name].mask(small.any(axis=1))
    return hidden


def enough(groups: pd.Series, members: pd.Series) -> np.ndarray:
    """Whether each row's group has at least LEAST different members, (n,) bool."""
    return np.asarray(members.groupby(groups).transform("nunique") >= LEAST)


def averaged(values: np.ndarray) -> np.ndarray:
    """The values in ascending order, (n,), each replaced by the mean of its block of at least LEAST neighbours.

    A curve or a quantile of the result shows no single group. Fewer than LEAST values give an empty array.
    """
    ordered = np.sort(np.asarray(values, float))
    if len(ordered) < LEAST:
        return ordered[:0]
    blocks = np.array_split(ordered, len(ordered) // LEAST)
    return np.concatenate([np.full(len(block), block.mean()) for block in blocks])


def _averaged_in_place(values: pd.Series) -> pd.Series:
    return pd.Series(averaged(values.to_numpy()), index=values.sort_values().index)
