"""Has anything become slower? Chapter 92 executed again, its ratios beside the published ones (`make bench`).

python -m lib.bench cpu
"""

from __future__ import annotations

import sys
from pathlib import Path

import pandas as pd

from lib import intervals, notebooks, record, study
from lib import tables as read_back
from lib.files import ROOT, read_json, write_text

OUT = ROOT / "results" / "bench"


def ratios(tables: Path) -> pd.DataFrame:
    """Every ratio that chapter 92 measured side by side: `part, ratio, low, high` (median, least and most over rounds)."""
    scoring = read_back.chapter(tables / "speed_scoring.csv")["ratio"]
    rows = [{"part": "scoring retrieval", "ratio": scoring.median(), "low": scoring.min(), "high": scoring.max()}]
    for name, label, prefix in (("speed_training", "system", "training, "), ("speed_parts", "part", "")):
        for row in read_back.chapter(tables / f"{name}.csv").to_dict("records"):
            spread = {"ratio": row["ratio"], "low": row["ratio_low"], "high": row["ratio_high"]}
            rows.append({"part": prefix + row[label], **spread})
    return pd.DataFrame(rows)


def beside(here: pd.DataFrame, published: pd.DataFrame) -> pd.DataFrame:
    """Both side by side, with `verdict`: *slower* or *faster* where the two spreads are apart, *same* where they meet, *new* or *gone* where one lacks it."""
    table = here.merge(published, how="outer", on="part", suffixes=("", "_published"), sort=False)
    found = intervals.order(table["low"], table["high"], table["low_published"], table["high_published"])
    verdict = pd.Series(found, table.index).map({-1: "slower", 0: "same", 1: "faster"})
    verdict = verdict.mask(table["ratio_published"].isna(), "new").mask(table["ratio"].isna(), "gone")
    return table.assign(verdict=verdict)


def main(name: str) -> None:
    """Measure, write results/bench/tables/bench.csv, say what changed; exit with 1 when something became slower on the kind of machine that was published."""
    chosen = study.load(name)
    source, given = ROOT / "notebooks" / "92_speed.ipynb", {"study": name, "out": str(OUT.relative_to(ROOT))}
    notebooks.execute(source, OUT / "notebooks" / source.name, given, source.stem)
    here = ratios(OUT / "tables")
    before, machine = chosen.folder / "tables", record.environment()
    if not (before / "speed_parts.csv").exists():
        write_text(OUT / "tables" / "bench.csv", here.to_csv(index=False))
        print(
            here.round(2).to_string(index=False),
            f"\nStudy {name} has no published chapter 92 to compare with.",
            sep="\n",
        )
        return
    table = beside(here, ratios(before))
    write_text(OUT / "tables" / "bench.csv", table.to_csv(index=False))
    then = read_json(chosen.folder / "study.json")["environment"]
    alike = all(machine[what] == then[what] for what in ("processor", "cores", "device"))
    print(table.round(2).to_string(index=False))
    if not alike:
        print(
            f"\nPublished on {then['processor']}, {then['cores']} cores: ratios of another kind of machine may differ for that alone."
        )
    elif slower := list(table.loc[table["verdict"] == "slower", "part"]):
        sys.exit(f"\nSlower than published: {', '.join(slower)}.")


if __name__ == "__main__":
    main(sys.argv[1])
