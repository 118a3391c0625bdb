"""Chapter 92's ratios, measured anew beside the published ones (`make bench`)."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from lib.core import provenance
from lib.core import tables as read_back
from lib.core.files import ROOT, read_json, write_text
from lib.evaluation import intervals
from lib.pipeline import execute
from lib.study import plan

OUT = ROOT / "studies" / "bench"
TIMES = 3
"""How often the chapter is executed: ratios differ more from one execution to the next than within one."""


def ratios(tables: Path) -> pd.DataFrame:
    """Every ratio that chapter 92 measured side by side: `part, ratio, low, high` (median, least and most over
    rounds)."""
    scoring = read_back.chapter(tables / "speed_scoring.csv")["ratio"]
    rows = [{"part": "scoring retrieval", "ratio": scoring.median(), "low": scoring.min(), "high": scoring.max()}]
    for name, label, prefix in (("speed_training", "system", "training, "), ("speed_parts", "part", "")):
        for row in read_back.chapter(tables / f"{name}.csv").to_dict("records"):
            spread = {"ratio": row["ratio"], "low": row["ratio_low"], "high": row["ratio_high"]}
            rows.append({"part": prefix + row[label], **spread})
    return pd.DataFrame(rows)


def of_executions(found: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """`ratios` of several executions as one: the median of their ratios, the least and most of all rounds, and
    `between`, how many times the least ratio the largest is."""
    by = pd.concat(found, ignore_index=True).groupby("part", sort=False)
    table = pd.DataFrame({"ratio": by["ratio"].median(), "low": by["low"].min(), "high": by["high"].max()})
    return table.assign(between=by["ratio"].max() / by["ratio"].min()).reset_index()


def compared(here: pd.DataFrame, published: pd.DataFrame) -> pd.DataFrame:
    """Both side by side, with `verdict`: *slower* or *faster* where the two spreads are apart, *same* where they meet,
    *new* or *gone* where one lacks it.

    here: of `of_executions`. What is published is of one execution: its spread is widened by what executions differ by
    here.
    """
    table = here.merge(published, how="outer", on="part", suffixes=("", "_published"), sort=False)
    table["low_published"] /= table["between"]
    table["high_published"] *= table["between"]
    order = intervals.order(table["low"], table["high"], table["low_published"], table["high_published"])
    verdict = pd.Series(order, table.index).map({-1: "slower", 0: "same", 1: "faster"})
    verdict = verdict.mask(table["ratio_published"].isna(), "new").mask(table["ratio"].isna(), "gone")
    return table.assign(verdict=verdict)


def bench(name: str) -> int:
    """Execute chapter 92 again, TIMES times, write studies/bench/tables/bench.csv and say what changed; 1 when
    something became slower on the kind of machine that was published, else 0."""
    chosen = plan.load(name).published()
    source, found = ROOT / "notebooks" / "92_speed.ipynb", []
    parameters = {"study": name, "out": str(OUT.relative_to(ROOT)), "seeds": []}  # without time to quality: an hour
    for _ in range(TIMES):
        execute.execute(source, OUT / "notebooks" / source.name, parameters, source.stem)
        found.append(ratios(OUT / "tables"))
    here = of_executions(found)
    published = chosen.folder / "tables"
    has_published = (published / "speed_parts.csv").exists()
    table = compared(here, ratios(published)) if has_published else here
    write_text(OUT / "tables" / "bench.csv", table.to_csv(index=False))
    print(table.round(2).to_string(index=False))
    if not has_published:
        print(f"\nStudy {name} has no published chapter 92 to compare with.")
        return 0
    now, then = provenance.environment(), read_json(chosen.folder / "study.json")["environment"]
    if any(now[what] != then[what] for what in ("processor", "cores", "device")):
        machine = f"{then['processor']}, {then['cores']} cores"
        print(f"\nPublished on {machine}: ratios of another kind of machine may differ for that alone.")
    elif slower := list(table.loc[table["verdict"] == "slower", "part"]):
        print(f"\nSlower than published: {', '.join(slower)}.")
        return 1
    return 0
