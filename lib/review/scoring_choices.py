"""How vectors are scored, as a factor: each choice that the authors' cells make, alone and as printed, on our vectors.

Their analysis notebooks score MATCHED's Tables 5 and 9 in more than one way (`scoring_choices.yaml`). Four choices
differ from ours:

* likeness: documents are ranked by the *inner product* of vectors as they come; ours is their cosine;
* duplicates are *removed* (`remove_duplicate_embeddings`; `lib.evaluation.scoring`);
* queries: *all* are asked, those too whose vendor has no document; ours are members' alone (`find_members`). A query
  without a document counts 0 in MRR; R-Precision and Macro-F1 skip it, in their code as in ours;
* MRR looks at the *first result only*, whatever its name says.

Their `recall_at_k` for untrained vectors also rounds each query's share to two decimals; that is left out here.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from lib.core import published, yaml_files
from lib.data import disclosure
from lib.evaluation import retrieval, verification
from lib.evaluation import scoring as scoring_of
from lib.evaluation.intervals import Score, compared, holm, mean_interval
from lib.runs import results
from lib.runs.results import Results
from lib.study.plan import Run

Metrics = dict[str, tuple[str, bool]]
"""In the form of `lib.evaluation.retrieval.metrics`."""
METRICS: Metrics = {name: retrieval.metrics()[name] for name in ("R-Precision@X", "MRR@10", "Macro-F1@X")}
"""The metrics that MATCHED prints."""
FIRST_ONLY: Metrics = METRICS | {"MRR@10": ("first", True)}
SWAPPED: Metrics = METRICS | {"R-Precision@X": ("first", False), "MRR@10": METRICS["R-Precision@X"]}
"""What stands under each heading in the printed row of the untrained encoder."""
AS_PRINTED = "as printed"


class Scoring(NamedTuple):
    """One way to score vectors; by default ours."""

    likeness: str = "cosine"
    duplicates: str = "kept"
    queries: str = "members"
    metrics: Metrics = METRICS


ALONE = {
    "inner product": Scoring(likeness="inner product"),
    "duplicates removed": Scoring(duplicates="removed"),
    "all queries": Scoring(queries="all"),
    "first result only": Scoring(metrics=FIRST_ONLY),
}
"""Each choice by itself."""
OF_MRR = ("all queries", "first result only")
"""The choices that change MRR alone."""


class Printed(NamedTuple):
    """How a printed row was scored, and whence that is known (`scoring_choices.yaml`)."""

    scoring: Scoring
    known: str
    cell: str
    equals: str
    by_cosine: dict[str, dict[str, float]]


class Row(NamedTuple):
    """A printed row that runs of ours stand beside: a table's number and objective, its runs, a seed each, and what
    they retrieve by."""

    table: int
    objective: str
    runs: list[Run]
    representation: str


@cache
def printed_rows() -> dict[tuple[int, str], Printed]:
    """How rows of MATCHED's tables were scored, by table and objective, as far as it is known."""
    listed = yaml_files.read(Path(__file__).with_suffix(".yaml"), "expected are the rows of tables")["rows"]
    found = {}
    for row in listed:
        metrics = SWAPPED if row.get("swapped") else FIRST_ONLY
        scoring = Scoring(row["likeness"], row["duplicates"], row["queries"], metrics)
        key = row["table"], row["objective"]
        found[key] = Printed(scoring, row["known"], row["cell"], row["equals"], row.get("by_cosine", {}))
    return found


def sources() -> pd.DataFrame:
    """Which cell each printed row came from: `table, objective, likeness, duplicates, queries, cell, known, equals`."""
    rows = [
        (table, objective, *row.scoring[:3], row.cell, row.known, row.equals)
        for (table, objective), row in printed_rows().items()
    ]
    columns = ["table", "objective", "likeness", "duplicates", "queries", "cell", "known", "equals"]
    return pd.DataFrame(rows, columns=columns)


def authors_change() -> pd.DataFrame:
    """What cosine in place of the inner product does to the authors' own vectors, where both outputs are stored.

    Columns `objective, region, metric, inner product, cosine, difference`, of Table 5's rows. R-Precision and Macro-F1
    alone: their MRR was also asked of other queries. The inner product's R-Precision of untrained vectors is printed
    as MRR.
    """
    printed = published.table("matched", 5).set_index(["objective", "metric", "split"])["mean"]
    rows = []
    for (_, objective), row in printed_rows().items():
        headings = {column: heading for heading, (column, by_vendor) in row.scoring.metrics.items() if by_vendor}
        for region, scores in row.by_cosine.items():
            for metric, cosine in scores.items():
                heading = metric if metric == "Macro-F1@X" else headings["R-Precision@X"]
                raw = printed[objective, heading, region]
                rows.append((objective, region, metric, raw, cosine, cosine - raw))
    return pd.DataFrame(rows, columns=["objective", "region", "metric", "inner product", "cosine", "difference"])


class Scored:
    """A row's queries scored in any way, a frame a seed; each ranking is made once."""

    def __init__(self, row: Row, regions: list[str]) -> None:
        """regions: those that may be scored."""
        self._seeds = []
        for run in row.runs:
            items, vectors = results.vectors(run)[row.representation]
            rows = items["region"].isin(regions).to_numpy()
            self._seeds.append((items[rows].reset_index(drop=True), vectors[rows]))
        self._ranked: dict[tuple[str, str], list[pd.DataFrame]] = {}

    def queries(self, scoring: Scoring) -> list[pd.DataFrame]:
        """`lib.evaluation.scoring.per_query` of each seed, of the queries that are asked."""
        key = scoring.likeness, scoring.duplicates
        if key not in self._ranked:
            self._ranked[key] = [scoring_of.per_query(items, vectors, *key) for items, vectors in self._seeds]
        every = self._ranked[key]
        return every if scoring.queries == "all" else [frame[frame["member"]] for frame in every]

    def shares(self, scoring: Scoring, metric: str, region: str) -> list[pd.DataFrame]:
        """A metric as `lib.evaluation.intervals.Score`, a frame a seed."""
        return [verification.shares(frame, metric, region, scoring.metrics) for frame in self.queries(scoring)]


def rows(measured: Results) -> list[Row]:
    """The rows of Tables 5 and 9 that runs with stored vectors stand beside."""
    with_vectors = [row._replace(runs=[run for run in row.runs if has_vectors(run)]) for row in _beside(measured)]
    return [row for row in with_vectors if row.runs]


def left_out(measured: Results) -> str:
    """The rows of Tables 5 and 9 that runs of ours stand beside, but whose vectors are not there, in a sentence."""
    names = [f"Table {row.table}, {row.objective}" for row in _beside(measured) if not any(map(has_vectors, row.runs))]
    if not names:
        return ""
    return f"Left out, since the runs' vectors were not stored: {'; '.join(names)}."


def _beside(measured: Results) -> list[Row]:
    """The rows of Tables 5 and 9 that runs of ours stand beside."""
    found = []
    for table, modality in ((5, "text"), (9, "multimodal")):
        printed = published.table("matched", table)
        if "group" in printed:
            printed = printed[printed["group"] != "baseline"]
        for objective in dict.fromkeys(printed["objective"]):
            if runs := measured.find(modality, objective):
                found.append(Row(table, objective, runs, "text"))
    return found


def has_vectors(run: Run) -> bool:
    return (run.folder / "embeddings.safetensors").exists()


def scored(measured: Results, row: Row) -> tuple[Scored, list[str]]:
    """The row's scores, and the regions that the study scored."""
    regions = list(measured.runs.set_index("run").loc[row.runs[0].name, "regions"])
    return Scored(row, regions), regions


COLUMNS = ["table", "objective", "region", "metric", "choice", "published", "ours", "theirs", "difference"]
COLUMNS += ["difference low", "difference high", "p", "p_holm", "vendors", "queries", "run"]


def effects(measured: Results) -> pd.DataFrame:
    """What each choice alone, and all those of the printed row together, do to our rows of Tables 5 and 9: COLUMNS
    without `p`.

    A row for each row of the tables, region, metric and choice. ours, theirs: our score as we define it, and with the
    choice, of the same stored vectors (16-bit floats); difference: theirs less ours, with its 95 % interval, vendors
    resampled in pairs; p_holm: corrected among the rows of a choice. vendors: of either side; queries: that are asked.
    Choices that change MRR alone have no row for the others. Of sensitive data a row over fewer than five vendors is
    left out.
    """
    found: list[dict[str, Any]] = []
    pairs: list[tuple[Score, Score]] = []
    for row in rows(measured):
        vectors, regions = scored(measured, row)
        printed = printed_rows().get((row.table, row.objective))
        choices = ALONE | ({AS_PRINTED: printed.scoring} if printed else {})
        table = published.table("matched", row.table)
        table = table[table["objective"] == row.objective].drop_duplicates(["metric", "split"], keep="last")
        cells = table.set_index(["metric", "split"])["mean"]
        for region in regions:
            for metric in METRICS:
                usual = vectors.shares(Scoring(), metric, region)
                for choice, scoring in choices.items():
                    if choice in OF_MRR and metric != "MRR@10":
                        continue
                    chosen = vectors.shares(scoring, metric, region)
                    if min(min(map(len, chosen)), min(map(len, usual))) < _least(measured):
                        continue
                    pairs.append((chosen, usual))
                    found.append(
                        {
                            "table": f"Table {row.table}",
                            "objective": row.objective,
                            "region": region,
                            "metric": metric,
                            "choice": choice,
                            "published": cells.get((metric, region.title()), np.nan),
                            "ours": mean_interval(usual, 1, 0)[0],
                            "theirs": mean_interval(chosen, 1, 0)[0],
                            "queries": int((vectors.queries(scoring)[0]["region"] == region).sum()),
                            "run": row.runs[0].name,
                        }
                    )
    tested = compared(pairs, measured.study.bootstrap, measured.study.split.seed)
    tested = tested.rename(columns={end: f"difference {end}" for end in ("low", "high")})
    table = pd.DataFrame(found).join(tested).reindex(columns=COLUMNS)
    for group in table.groupby("choice").groups.values():
        table.loc[group, "p_holm"] = holm(table.loc[group, "p"].astype(float))
    return table.drop(columns="p")


def _least(measured: Results) -> int:
    return disclosure.LEAST if measured.study.sensitive else 1


def summary(table: pd.DataFrame) -> str:
    """What each choice does to R-Precision and MRR, in words, as Markdown. table: of `effects`."""
    if table.empty:
        return "No run with stored vectors stands beside a row of Table 5 or 9."
    lines = []
    for choice, group in table.groupby("choice", sort=False):
        if not group["difference"].any():
            why = ": the vendor of every query has a document" if choice == "all queries" else ""
            lines.append(f"- *{choice}* changes nothing here{why}.")
            continue
        parts = []
        for metric, scores in group.groupby("metric", sort=False):
            decided = scores["p_holm"] < 0.05
            raised, lowered = (int((decided & (scores["difference"] * sign > 0)).sum()) for sign in (1, -1))
            largest = scores.loc[scores["difference"].abs().idxmax()]
            parts.append(
                f"{metric} by {scores['difference'].mean():+.3f} on average, {largest['difference']:+.3f} at most "
                f"({largest['table']}, {largest['objective']}, {largest['region']}); decidedly up in {raised} "
                f"and down in {lowered} of {len(scores)}"
            )
        lines.append(f"- *{choice}* changes {'; '.join(parts)}.")
    return "\n".join(lines)


def norms(measured: Results) -> pd.DataFrame:
    """How much the lengths of vectors vary, which is all that cosine and inner product differ in.

    Columns `table, objective, length` (mean), `variation` (standard deviation over mean), `vectors, run`, of the first
    seed.
    """
    found = []
    for row in rows(measured):
        _, vectors = results.vectors(row.runs[0])[row.representation]
        lengths = np.linalg.norm(vectors, axis=1)
        variation = lengths.std() / lengths.mean()
        found.append((row.table, row.objective, lengths.mean(), variation, len(vectors), row.runs[0].name))
    return pd.DataFrame(found, columns=["table", "objective", "length", "variation", "vectors", "run"])
