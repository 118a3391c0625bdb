"""Which stored output each printed row of MATCHED's Tables 5 to 11 equals (`lib.review.notebook_outputs`).

A printed row is a system with three metrics in four regions: twelve means, each with its ±. It is compared with every
source: metric by metric and region by region, then with metrics exchanged, then with regions out of order too. A cell
is equal where mean and ± both are. How likely are k equal cells by chance? Suppose a printed mean had been moved by a
normal amount whose standard deviation is that of its column (table, metric and region), or the mean itself where that
is less. It then equals a given number with a probability of at most u / (s √(2π)), where u is the unit of its last
digit and s that standard deviation. Over cells this is a Poisson-binomial tail; ± is required but counted as free. The
tail is multiplied by all that was tried: rows × sources × three ways of comparing, and 27 assignments of metrics and 24
orders of regions where they were tried (Bonferroni). Below LEVEL the row counts as equal to the source in these cells.
`false_alarms` holds this against simulation.

A row is matched again in the cells that are left, so that rows of two outputs are found. What is equal is a fact; that
the one was copied from the other is a reading. A stored output can be older than the source above it, and what
the columns say of the source then need not be what made the number.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from functools import cache, reduce
from typing import NamedTuple

import numpy as np

from lib.core import published
from lib.review import notebook_outputs
from lib.review.notebook_outputs import METRICS, REGIONS, UNIT, UNIT_STD, Source

TABLES = range(5, 12)
LEVEL = 0.05
"""Family-wise: the chance that any row of any table is matched wrongly."""
WAYS = 3
"""As printed, metrics exchanged, regions out of order: each has a third of the level."""
EXCHANGES = tuple(itertools.product(range(len(METRICS)), repeat=len(METRICS)))
ORDERS = tuple(itertools.permutations(range(len(REGIONS))))
AS_PRINTED = tuple(range(len(METRICS))), tuple(range(len(REGIONS)))


class PrintedRow(NamedTuple):
    """A system of a table. rows: the printed row of each metric; means, stds: (metrics, regions)."""

    table: int
    group: str
    system: str
    objective: str
    rows: tuple[int, ...]
    means: np.ndarray
    stds: np.ndarray


class Match(NamedTuple):
    """A printed row and a source. metrics, order: which of the source's stands in each place of the row; equal:
    (metrics, regions), cells that are and were not matched before; chance: corrected for all that was tried."""

    source: Source
    metrics: tuple[int, ...]
    order: tuple[int, ...]
    equal: np.ndarray
    chance: float


@cache
def printed_rows() -> tuple[PrintedRow, ...]:
    """The systems of Tables 5 to 11 in the order of print; averages over regions (OOD, ZS, Avg) left out."""
    found = []
    for number in TABLES:
        table = published.table("matched", number)
        table = table[table["split"].isin(REGIONS)]
        table = table.assign(group=table.get("group", ""))
        for (group, system, objective), cells in table.groupby(["group", "system", "objective"], sort=False):
            arrays = [
                cells.pivot(index="metric", columns="split", values=name).reindex(index=METRICS, columns=REGIONS)
                for name in ("mean", "std", "row")
            ]
            rows = tuple(int(row) for row in arrays[2].to_numpy()[:, 0])
            means, stds = (array.to_numpy(float) for array in arrays[:2])
            found.append(PrintedRow(number, group, system, objective, rows, means, stds))
    return tuple(found)


def chances(rows: Sequence[PrintedRow], means: np.ndarray | None = None) -> np.ndarray:
    """The chance that each printed mean equals a given number: (rows, metrics, regions).

    A cell that stands in the row under an earlier metric as well, with its ±, has chance 1: it says nothing new.
    means: whose spread is taken, the rows' own if not given.
    """
    means = np.stack([row.means for row in rows]) if means is None else means
    found: np.ndarray = np.minimum(UNIT / (_widths(rows, means) * np.sqrt(2 * np.pi)), 1)
    found[_repeated(rows)] = 1
    return found


def _widths(rows: Sequence[PrintedRow], means: np.ndarray) -> np.ndarray:
    """By how much a mean could have been another: its column's standard deviation, or itself where that is less; a
    unit at least."""
    spread = np.empty_like(means)
    tables = np.array([row.table for row in rows])
    for table in set(tables):
        spread[tables == table] = means[tables == table].std(axis=0, ddof=1)
    widths: np.ndarray = np.maximum(np.minimum(spread, means), UNIT)
    return widths


def _repeated(rows: Sequence[PrintedRow]) -> np.ndarray:
    """Which cells stand under an earlier metric of their row: (rows, metrics, regions)."""
    pairs = np.stack([np.stack([row.means, row.stds]) for row in rows])
    found = np.zeros(pairs.shape[:1] + pairs.shape[2:], bool)
    for one, other in itertools.combinations(range(len(METRICS)), 2):
        found[:, other] |= (pairs[:, :, one] == pairs[:, :, other]).all(axis=1)
    return found


def equal_cells(rows: Sequence[PrintedRow], sources: Sequence[Source]) -> np.ndarray:
    """Whether mean and ± of printed cells equal those of sources' cells: (rows, sources, metrics, regions, metrics
    there, regions there)."""
    (printed_means, printed_stds), (means, stds, mean_slack, std_slack) = (
        [np.stack([getattr(one, name) for one in many]) for name in names]
        for many, names in ((rows, ("means", "stds")), (sources, ("means", "stds", "mean_slack", "std_slack")))
    )
    far = np.abs(printed_stds[:, None, :, :, None, None] - stds[None, :, None, None])
    found: np.ndarray = far <= std_slack[None, :, None, None] + UNIT_STD / 1000
    row, source, metric, region, metric_there, region_there = np.nonzero(found)  # few: the means of these alone are met
    there = source, metric_there, region_there
    far = np.abs(printed_means[row, metric, region] - means[there])
    found[found] = far <= mean_slack[there] + UNIT / 1000
    return found


def tails(chance: np.ndarray) -> np.ndarray:
    """The probability that at least 0, 1, 2 … of independent events with these probabilities (n,) happen: (n + 1,).

    Added up from products alone, so that the least tail is as exact as the largest.
    """
    of_each = reduce(np.convolve, [np.array([1 - one, one]) for one in chance], np.ones(1))
    return np.array([of_each[count:].sum() for count in range(len(of_each))])


def best(source: Source, pairs: np.ndarray, chance: np.ndarray, tried: int) -> Match:
    """The least likely of the ways in which a row equals a source.

    pairs: the row's and the source's equal cells (`equal_cells`), those that are matched already left out. chance: of
    the row's cells (`chances`), 1 for those matched already. tried: how many pairs of row and source there are.
    """
    found: list[Match] = []
    room = np.broadcast_to((1 + 2 * source.mean_slack / UNIT)[None, None], pairs.shape)
    known: dict[bytes, np.ndarray] = {}  # most sources are as exact in all cells, and all assignments alike then
    for exchanges, orders, factor in _ways(pairs):
        assigned = list(itertools.product(exchanges, orders))
        equal = placed(pairs, assigned)
        own = np.minimum(chance * placed(room, assigned), 1)
        counts = (equal & (own < 1)).sum(axis=(1, 2))
        for of_cells in own:
            if of_cells.tobytes() not in known:
                known[of_cells.tobytes()] = tails(of_cells[of_cells < 1])
        probability = [known[of_cells.tobytes()][count] for of_cells, count in zip(own, counts, strict=True)]
        corrected = np.minimum(1.0, WAYS * tried * factor * np.array(probability))
        first = int(np.lexsort((-equal.sum(axis=(1, 2)), corrected))[0])
        metrics, order = assigned[first]
        found.append(Match(source, metrics, order, equal[first], float(corrected[first])))
    return min(found, key=lambda match: (match.chance, -match.equal.sum()))


Assignments = list[tuple[int, ...]]


def _ways(pairs: np.ndarray) -> Iterator[tuple[Assignments, Assignments, int]]:
    """Assignments of metrics and orders of regions that are worth a look in each way, and how many there could be."""
    in_order = np.einsum("mrnr->mn", pairs)
    yield [AS_PRINTED[0]], [AS_PRINTED[1]], 1
    yield [_exchanged(in_order)], [AS_PRINTED[1]], len(EXCHANGES)
    if pairs.sum() > in_order.sum():
        yield [AS_PRINTED[0], _exchanged(pairs.sum(axis=(1, 3)))], list(ORDERS), len(EXCHANGES) * len(ORDERS)


def _exchanged(counts: np.ndarray) -> tuple[int, ...]:
    """For each printed metric the one with most equal cells, itself where none has more. counts: (metrics, there)."""
    own = counts.diagonal()
    return tuple(int(row.argmax()) if row.max() > own[m] else m for m, row in enumerate(counts))


def placed(pairs: np.ndarray, assigned: Sequence[tuple[tuple[int, ...], tuple[int, ...]]]) -> np.ndarray:
    """What pairs of cells (metrics, regions, metrics there, regions there) hold for each printed cell: (assignments,
    metrics, regions), when metric m is looked up in metrics[m], region r in order[r] of an assignment (metrics,
    order)."""
    metrics, orders = (np.array(places) for places in zip(*assigned, strict=True))
    own_metrics, own_regions = np.arange(len(METRICS))[:, None], np.arange(len(REGIONS))
    found: np.ndarray = pairs[own_metrics, own_regions, metrics[:, :, None], orders[:, None, :]]
    return found


def matches(
    rows: Sequence[PrintedRow], sources: Sequence[Source], means: np.ndarray | None = None
) -> list[list[Match]]:
    """Each row's sources, the least likely to be chance first; each is significant in cells that no earlier one has.

    means: the column spreads are of these (rows, metrics, regions), the rows' own if not given. A single equal cell is
    never enough (`chances` are far above LEVEL over what was tried) and isn't looked at.
    """
    chance, tried = chances(rows, means), len(rows) * len(sources)
    equal = equal_cells(rows, sources)
    found = []
    for own, pairs in zip(chance, equal, strict=True):
        of_row: list[Match] = []
        pairs, own = pairs.copy(), own.copy()
        while True:
            candidates = np.flatnonzero(pairs.any(axis=(3, 4)).sum(axis=(1, 2)) > 1).tolist()
            ranked = sorted(
                (best(sources[index], pairs[index], own, tried) for index in candidates),
                key=lambda match: (match.chance, -match.equal.sum()),
            )
            if not ranked or ranked[0].chance >= LEVEL:
                break
            of_row.append(ranked[0])
            own[ranked[0].equal] = 1
            pairs[:, ranked[0].equal] = False
        found.append(of_row)
    return found


def moved(rows: Sequence[PrintedRow], seed: int, draws: int = 1000) -> Iterator[list[PrintedRow]]:
    """The rows with every mean moved by a normal amount as `chances` supposes, a list a draw; ± as printed."""
    generator = np.random.default_rng(seed)
    means = np.stack([row.means for row in rows])
    width = _widths(rows, means)
    for _ in range(draws):
        noisy = np.round((means + width * generator.normal(size=means.shape)) / UNIT) * UNIT
        yield [row._replace(means=own) for row, own in zip(rows, noisy, strict=True)]


def false_alarms(seed: int, draws: int = 1000) -> int:
    """In how many draws of `moved` any row is matched, though no printed number has a source. At most LEVEL of them
    are expected."""
    rows, sources = printed_rows(), notebook_outputs.sources()
    means = np.stack([row.means for row in rows])
    return sum(any(matches(draw, sources, means)) for draw in moved(rows, seed, draws))
