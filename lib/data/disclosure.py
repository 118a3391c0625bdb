"""Disclosure control for sensitive data: salted ids, and no table that shows a group of fewer than five.

    secret = salt(ROOT / "data" / "salt")
    masked_ids(["Ana", "Bea"], secret)   # ["v-5d0c41a2be97", "v-03f6e8d1c244"]
    renumbered(ads, secret)              # vendors, texts and images numbered in an order that tells nothing
    publishable(table, study.sensitive, counts=["Ads", "Vendors"], by="region")

The rules are those of official statistics (Handbook on Statistical Disclosure Control, chapter 4,
https://sdctools.github.io/HandbookSDC/): a threshold on the number of contributors to a cell, and secondary suppression,
because a suppressed count can be recovered from a total. If three regions have 5, 9 and 12 vendors and all regions have
29, the fourth has 3. `fold` therefore merges small rows with the smallest rows above the threshold until it has merged at
least two rows and their sum is large enough. It protects one table: two tables that cut the same rows differently must be
folded by the same rows.
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
    """The 32 secret bytes kept at `path`, made by the first call: outside of results, readable by its owner alone.

    Of two processes that start at once both get the bytes of the first. Who loses the file gets other ids, no wrong ones.
    Raises DataError when the file holds something else.
    """
    path = Path(path)
    if not path.exists():
        _create(path)
    found = path.read_bytes()
    if len(found) != BYTES:
        raise DataError(
            f"{path}: this is no salt ({len(found)} bytes, not {BYTES}). Remove it and a new one is made; ids in "
            "results from before then no longer agree with new ones."
        )
    return found


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


def masked_ids(values: Sequence[object], salt: bytes) -> list[str]:
    """An id for each value: "v-" and 12 hexadecimal digits of HMAC-SHA256. Equal values have equal ids.

    Without the salt nobody can tell the value of an id by hashing guesses. Two of 60,000 values share an id with a
    probability of one in 150,000.
    """
    return [f"v-{_digest(value, salt)[:12]}" for value in values]


def salted_order(values: Sequence[object], salt: bytes) -> list[int]:
    """The places of the values, (n,), in the order of their salted hashes; equal values in their given order.

    Numbers given in this order are pseudonyms: they tell nothing of how the values sort or which came first.
    """
    return sorted(range(len(values)), key=lambda place: _digest(values[place], salt))


def renumbered(found: Ads, salt: bytes) -> Ads:
    """The same ads with vendors, texts, pictures and ads numbered in their salted order.

    Runs keep such numbers (predictions, embeddings), and in the order of the files they would be raw ids: "vendor 17",
    "the ad in row 204". The fingerprint becomes a salted one, since what is kept in the order of the pictures hangs on it.
    """
    orders = {
        "ad": salted_order(range(len(found.ads)), salt),
        "vendor": salted_order(found.labels, salt),
        "text": salted_order(found.texts, salt),
        "image": salted_order(found.images, salt),
    }

    def changed(frame: pd.DataFrame) -> pd.DataFrame:
        columns = frame.columns.intersection(list(orders))
        # The new number of each old one; -1, which stands for none, stays.
        return frame.assign(
            **{name: np.append(np.argsort(np.array(orders[name], int)), -1)[frame[name]] for name in columns}
        ).sort_values("ad", kind="stable", ignore_index=True)

    return replace(
        found,
        ads=changed(found.ads),
        pairs=changed(found.pairs),
        texts=[found.texts[old] for old in orders["text"]],
        images=[found.images[old] for old in orders["image"]],
        digests=[found.digests[old] for old in orders["image"]] if found.digests else [],
        labels=[found.labels[old] for old in orders["vendor"]],
        names=[found.names[old] for old in orders["ad"]] if found.names else [],
        fingerprint=_digest(found.fingerprint, salt),
    )


def _digest(value: object, salt: bytes) -> str:
    return hmac.new(salt, str(value).encode("utf-8", "surrogatepass"), hashlib.sha256).hexdigest()


def publishable(
    table: pd.DataFrame,
    sensitive: bool,
    *,
    texts: Sequence[str] = (),
    within: str | None = None,
    averages: Sequence[str] = (),
    counts: str | Sequence[str] = (),
    also: Sequence[str] = (),
    by: str | None = None,
    total: str | None = None,
    sizes: pd.Series | None = None,
) -> pd.DataFrame:
    """What may be shown of a table: the table itself unless the data is `sensitive`, then a copy changed as below.

    texts: columns that hold text of ads or names; they are dropped.
    within: a column of groups; rows of groups with fewer than five different values of the column "vendor" are dropped.
    averages: columns of whole numbers, a vendor a row; replaced by means of five neighbours or more (`averaged`), within
        the groups of `within` if given.
    counts: columns of counts. With `by`, which names the rows, small rows are merged (`fold`); the row named `total` keeps
        its place after them. Without `by` each count from 1 to 4 becomes "<5" and the columns `also` are empty on that
        row (`hide`). A column that is zero in all rows hides nothing and makes no row small.
    sizes: for a table of shares, the size of each row's group, by the table's index; a share that stands for fewer than
        five is empty.
    """
    if not sensitive:
        return table
    table = table.drop(columns=list(texts))
    if within is not None:
        table = table[enough(table[within], table["vendor"])].copy()
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


def fold(
    frame: pd.DataFrame, count: str | Sequence[str], by: str, least: int = LEAST, means: Sequence[str] = ()
) -> pd.DataFrame:
    """The table with its small rows merged into one, the last, whose `by` is "other (n groups)".

    frame: one row a group, named in the column `by`. count: columns of counts; a row is small when one of them is under
    `least`. They are summed; `means` are averaged with the first count as the weight; all other columns are empty there.
    Is the merged row still small, or one row alone, the smallest of the rest joins it. Where even all rows together are
    too few, their small counts are "<5" (for `least` 5) and their means empty.
    """
    counts = [count] if isinstance(count, str) else list(count)
    frame = frame.reset_index(drop=True)
    order = frame[counts].min(axis=1).sort_values(kind="stable").index  # small rows come first
    folded = int((frame[counts] < least).any(axis=1).sum())
    if not folded:
        return frame
    while folded < len(frame) and (folded < 2 or (frame.loc[order[:folded], counts].sum() < least).any()):
        folded += 1
    small = frame.loc[order[:folded]]
    merged = _merged(small, counts, by, least, means)
    return pd.concat([frame.drop(index=small.index), merged], ignore_index=True).reindex(columns=frame.columns)


def _merged(small: pd.DataFrame, counts: list[str], by: str, least: int, means: Sequence[str]) -> pd.DataFrame:
    sums = small[counts].sum()
    row: dict[str, object] = {by: f"other ({len(small)} {'group' if len(small) == 1 else 'groups'})"}
    row |= {name: f"<{least}" if sums[name] < least else sums[name] for name in counts}
    weights = small[counts[0]]
    if (sums >= least).all():
        row |= {name: float((small[name] * weights).sum() / weights.sum()) for name in means}
    return pd.DataFrame([row])


def hide(frame: pd.DataFrame, count: str | Sequence[str], also: Sequence[str] = (), least: int = LEAST) -> pd.DataFrame:
    """The table with each count from 1 to `least` - 1 written as "<5", and `also` empty on that row.

    For counts that are no parts of a whole, such as how many texts each of some checks finds; for parts use `fold`.
    `also`: columns that would give the count away, such as its share of a known total.
    """
    shown = frame.copy()
    counts = [count] if isinstance(count, str) else list(count)
    small = frame[counts].gt(0) & frame[counts].lt(least)
    for name in counts:
        if small[name].any():
            shown[name] = frame[name].astype(object).mask(small[name], f"<{least}")
    for name in also:
        shown[name] = frame[name].mask(small.any(axis=1))
    return shown


def enough(groups: pd.Series, members: pd.Series, least: int = LEAST) -> np.ndarray:
    """Whether each row's group has `least` different members, (n,) bool: the rows that scores may be made of."""
    return np.asarray(members.groupby(groups).transform("nunique") >= least)


def averaged(values: np.ndarray, least: int = LEAST) -> np.ndarray:
    """The values in ascending order, (n,), each replaced by the mean of its block of `least` or more neighbours.

    A curve or a quantile of these shows no single group. Fewer than `least` values give nothing, (0,).
    """
    ordered = np.sort(np.asarray(values, float))
    if len(ordered) < least:
        return ordered[:0]
    blocks = np.array_split(ordered, len(ordered) // least)
    return np.concatenate([np.full(len(block), block.mean()) for block in blocks])


def _averaged_in_place(values: pd.Series) -> pd.Series:
    return pd.Series(averaged(values.to_numpy()), index=values.sort_values().index)
