"""What pairs, vendors, texts and a gallery cost as they grow: time and memory over decades, the exponent, and what it
comes to (chapter 92)."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import faiss
import numpy as np
import pandas as pd
import torch
from torch import nn

from lib.data import near_duplicates
from lib.models.acceleration import device
from lib.review.speed import search_speed, training_speed
from lib.runs import batches
from lib.runs.attribution import Experiment

SIDE, LENGTH = 32, 16
"""Pixels and tokens of the made-up pairs: few, so that three decades of them are measured in minutes."""


def cost(work: Callable[..., Any], *arguments: Any) -> dict[str, float]:
    """`seconds` of calling `work` with `arguments`, and `megabytes` that the process held at its peak beyond what it
    held before (NaN where the system doesn't tell)."""
    gc.collect()
    before, begin = _memory("VmRSS", reset=True), time.perf_counter()
    kept = work(*arguments)
    seconds, peak = time.perf_counter() - begin, _memory("VmHWM")
    del kept
    return {"seconds": seconds, "megabytes": float(np.maximum(peak - before, 0))}  # NaN stays NaN


def _memory(what: str, reset: bool = False) -> float:
    """Resident memory of this process in MB, now (VmRSS) or at its peak (VmHWM); reset: a new peak begins. Linux alone
    tells."""
    try:
        if reset:
            Path("/proc/self/clear_refs").write_text("5", encoding="ascii")
        status = Path("/proc/self/status").read_text(encoding="ascii")
    except OSError:
        return float("nan")
    kilobytes = (int(line.split()[1]) for line in status.splitlines() if line.startswith(f"{what}:"))
    return next(kilobytes, float("nan")) / 1024


def sizes(largest: int, decades: int = 3) -> list[int]:
    """`largest` and its tenths, `decades` of them, smallest first."""
    return [size for back in range(decades, -1, -1) if (size := round(largest / 10**back)) >= 10 or not back]


def pairs(run: Experiment, largest: int, size: int = 32) -> pd.DataFrame:
    """An epoch of training of a multimodal run over its pairs, drawn again and again until there are enough: `what,
    size, seconds, megabytes`. Pictures of SIDE pixels, texts of LENGTH tokens."""
    system, items = run.system.to(device()).train(), run.batch_items("train")
    optimiser = torch.optim.AdamW(system.parameters(), lr=1e-6)
    text, image = items.text, items.image
    assert text is not None and items.tokens is not None, "a multimodal run reads texts"
    assert image is not None and items.pictures is not None, "a multimodal run sees pictures"
    step = max(1, items.pictures.shape[1] // SIDE)
    small = np.ascontiguousarray(np.asarray(items.pictures)[:, ::step, ::step])
    tokens = [ids[:LENGTH] for ids in items.tokens]

    def epoch(count: int) -> None:
        rows = np.arange(count) % len(items)
        columns = pd.DataFrame({"text": text[rows], "image": image[rows]})
        drawn = batches.Items(columns, items.classes[rows], tokens, items.padding, small)
        for batch in batches.training_batches(drawn, size, seed=0):
            training_speed.learn(optimiser, run.objective.of(system, training_speed.on_device(batch), "train"))

    epoch(size)  # the optimiser's state is there from now on
    return pd.DataFrame([{"what": "pairs: an epoch", "size": count, **cost(epoch, count)} for count in sizes(largest)])


def vendors(largest: int, dimensions: int = 384, size: int = 32, steps: int = 5) -> pd.DataFrame:
    """A step of the class head alone (cross-entropy, AdamW) as there are more vendors: `what, size, seconds` (of a
    step), `megabytes`."""
    generator = torch.Generator().manual_seed(0)

    def steps_of(count: int) -> nn.Module:
        head = nn.Linear(dimensions, count)
        optimiser = torch.optim.AdamW(head.parameters())
        for _ in range(steps):
            vectors = torch.randn(size, dimensions, generator=generator)
            truth = torch.randint(count, (size,), generator=generator)
            training_speed.learn(optimiser, nn.functional.cross_entropy(head(vectors), truth))
        return head

    steps_of(size)  # what is loaded once is loaded
    what = "vendors: a step of the class head"
    table = pd.DataFrame([{"what": what, "size": count, **cost(steps_of, count)} for count in sizes(largest)])
    return table.assign(seconds=table["seconds"] / steps)


def texts(largest: int, words: int = 60) -> pd.DataFrame:
    """Grouping near-duplicates among made-up texts, a quarter of them copies with one word changed: `what, size,
    seconds, megabytes`."""
    what, groups = "texts: near-duplicates", near_duplicates.text_groups
    return pd.DataFrame(
        [{"what": what, "size": count, **cost(groups, _made_up(count, words))} for count in sizes(largest)]
    )


def _made_up(count: int, words: int) -> list[str]:
    generator = np.random.default_rng(0)
    drawn = generator.integers(5000, size=(count, words))
    copies = np.flatnonzero(generator.random(count) < 0.25)
    drawn[copies] = drawn[generator.integers(count, size=len(copies))]
    drawn[copies, generator.integers(words, size=len(copies))] = generator.integers(5000, size=len(copies))
    return [" ".join(f"w{word}" for word in row) for row in drawn.tolist()]


def gallery(largest: int, dimensions: int = 128, queries: int = 1000, seed: int = 0) -> pd.DataFrame:
    """What exact and approximate search cost in galleries of 1,000, 10,000 … `largest` vectors: `index, documents,
    build` and `search` (seconds; of all queries), `recall` (share of the ten nearest that are found) and `bytes` of a
    vector.

    flat: every vector is compared. IVF: the 16 nearest of 4 √n cells are. IVF-PQ: the same with vectors of 16 bytes in
    place of floats.
    """
    rows, size = [], 1000
    with search_speed.threads():
        while size <= largest:
            query_vectors, _, documents, _ = search_speed.gallery(size, queries, dimensions, seed)
            exact = None
            for name, index in _indexes(size, dimensions):
                begin = time.perf_counter()
                if not index.is_trained:
                    index.train(documents[: max(40 * index.nlist, 10_000)])  # vectors are in no order
                index.add(documents)
                middle = time.perf_counter()
                _, near = index.search(query_vectors, 10)
                search = time.perf_counter() - middle
                exact = near if exact is None else exact
                hits = [len(set(one) & set(other)) for one, other in zip(near.tolist(), exact.tolist(), strict=True)]
                stored = len(faiss.serialize_index(index)) / size
                rows.append((name, size, middle - begin, search, sum(hits) / exact.size, stored))
            size *= 10
    return pd.DataFrame(rows, columns=["index", "documents", "build", "search", "recall", "bytes"])


def _indexes(size: int, dimensions: int) -> Iterator[tuple[str, Any]]:
    cells, inner = int(4 * size**0.5), faiss.METRIC_INNER_PRODUCT
    coarse = [faiss.IndexFlatIP(dimensions) for _ in range(2)]
    inverted: dict[str, Any] = {
        "IVF": faiss.IndexIVFFlat(coarse[0], dimensions, cells, inner),
        "IVF-PQ": faiss.IndexIVFPQ(coarse[1], dimensions, cells, 16, 8, inner),
    }
    yield "flat", faiss.IndexFlatIP(dimensions)
    for name, index in inverted.items():
        index.nprobe = 16
        for clusters in [index.cp, *([index.pq.cp] if name == "IVF-PQ" else [])]:
            clusters.niter = 10
            clusters.min_points_per_centroid = 1  # small galleries have few points; it would say so at each
        yield name, index


def exponents(grown: pd.DataFrame, by: str, size: str, columns: Sequence[str]) -> pd.DataFrame:
    """How `columns` grow with `size`, from the two largest decades: a row for each value of `by`, a column each (1: in
    proportion, 0: not at all)."""
    rows = []
    for name, table in grown.groupby(by, sort=False):
        last = _last_decades(table, size)
        rows.append({by: name} | {column: _slope(last[size], last[column]) for column in columns})
    return pd.DataFrame(rows)


def _last_decades(table: pd.DataFrame, size: str) -> pd.DataFrame:
    """The largest size and those a tenth and a hundredth of it."""
    return table.sort_values(size).tail(3)


def _slope(size: pd.Series, value: pd.Series) -> float:
    positive = value > 0
    if positive.sum() < 2:
        return float("nan")
    return float(np.polyfit(np.log(size[positive]), np.log(value[positive]), 1)[0])


def estimate(
    parts: pd.DataFrame,
    grown: pd.DataFrame,
    galleries: pd.DataFrame,
    ads: float = 1e9,
    pictures: float = 55_115 / 28_513,
) -> pd.DataFrame:
    """What `ads` advertisements would cost by what was measured here: `what, amount, unit, assuming`.

    parts: `lib.review.speed.part_speed.described`; grown: `texts`, `pairs` and `vendors` one below another;
    galleries: `gallery`. pictures: of an ad, as in MATCHED's Table 1.
    """
    rate, day, measured = parts.set_index("part")["ours"], 86_400, "the measured rate, on one machine like this one"
    text_days = ads / rate["embedding texts"] / day
    picture_days = ads * pictures / rate["embedding pictures"] / day
    near_days = _carried(grown[grown["what"] == "texts: near-duplicates"], "size", "seconds", ads) / day
    fitted, held = "the fitted exponent", "the largest gallery's bytes of a vector, 128 dimensions"
    rows = [
        ("embedding all texts", text_days, "days", f"{measured}; shared among n machines it takes an n-th"),
        ("embedding all pictures", picture_days, "days", f"{pictures:.2f} pictures an ad; {measured}"),
        ("grouping near-duplicates", near_days, "days", f"{fitted} holds beyond the largest size measured"),
    ]
    for name, table in galleries.groupby("index", sort=False):
        size = table.sort_values("documents").iloc[-1]["bytes"] * ads / 1e9
        search = _carried(table, "documents", "search", ads)
        rows.append((f"a gallery of all texts, {name}: size", size, "GB", held))
        rows.append(
            (f"a gallery of all texts, {name}: a thousand queries", search, "s", f"{fitted}; all of it in memory")
        )
    return pd.DataFrame(rows, columns=["what", "amount", "unit", "assuming"])


def _carried(table: pd.DataFrame, size: str, value: str, to: float) -> float:
    """`value` at the size `to`, along the line of the two largest decades."""
    last = _last_decades(table, size)
    slope = _slope(last[size], last[value])
    return float(last[value].iloc[-1] * (to / last[size].iloc[-1]) ** slope)
