"""Table 7's strange row: pictures retrieve at 0.001 after training by SupCon or Triplet alone. Why?

A picture's R-Precision is 0.042 without any training and 0.046 after CE; the two rows without CE are some forty times
lower, which is what a random ranking gives (`printed`). The scripts suggest why. They draw shuffled batches of 32, in
which most pictures have no other of their vendor. Their SupCon for pictures then pulls randomly drawn negatives to
each picture (`lib.runs.losses.ReleasedImageSupCon`): it is lowest where all pictures are equally alike. So
are vectors that have collapsed, and vectors that are scattered over the sphere, whoever's they are. Their Triplet has
few triplets a batch. That is a reading, and a run has to show it: a row counts as explained where a run without CE is
no better than a random ranking *and* its vectors have collapsed or are scattered (`explained`).

What no run here can show: the scripts take vectors before the last LayerNorm, while the loss looks at those after it
(analysis/extract_pretrained_image_embeddings, cell 16), and no cell that is published scores pictures alone. `inner
product` therefore stands beside cosine: where all directions are nearly one, lengths alone order the documents, and
every query gets the same list.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pandas as pd
from scipy.special import gammaln

from lib.core import published
from lib.data import disclosure
from lib.evaluation import geometry, scoring, verification
from lib.review import paper_tables, scoring_choices
from lib.runs import results
from lib.runs.results import Results
from lib.study.plan import Run
from lib.study.registry import VARIANTS

TABLE, METRIC, REGION = 7, "R-Precision@X", "South"
STRANGE = ("SupCon", "Triplet")
"""The objectives of the strange rows."""
BATCH = 32
"""Pictures of a batch, in the authors' script (train/image/imageContraClassifier.py, its default)."""
COLLAPSED = 0.95
"""Mean cosine from which vectors count as collapsed: two of them are then at most 18 degrees apart, on average."""
OWN = [name for name in results.ROW if name not in ("modality", "fusion", "faces")]
"""What tells systems for pictures alone apart."""
SCATTERED = 0.95
"""Vectors count as scattered where two pictures of one vendor are, on average, at least this share as far apart as any
two (squared distances of unit vectors)."""
SHAPE = {
    "mean_cosine": "mean cosine",
    "effective_rank": "effective rank",
    "dimensions": "dimensions",
    "length": "length",
    "length_sd": "length sd",
    "alignment": "alignment",
    "uniformity": "uniformity",
    "vectors": "vectors",
}
"""Fields of `lib.evaluation.geometry.Geometry`, and the columns they stand in."""


def printed() -> pd.DataFrame:
    """Table 7's R-Precision beside that of a random ranking: `objective, region, published, chance, times chance`.

    chance: 1 / vendors, of Table 1's vendors of the region. It is what a random ranking gives, on average over vendors,
    where each of them has a query; where some have none it is higher, so that this is the least it can be.
    """
    table = published.table("matched", TABLE)
    vendors = published.regions()["vendors"].rename(index=str.title)
    table = table[(table["metric"] == METRIC) & table["split"].isin(vendors.index)]
    chance = 1 / table["split"].map(vendors).astype(float)
    columns = {"objective": table["objective"], "region": table["split"], "published": table["mean"]}
    return pd.DataFrame(columns | {"chance": chance, "times chance": table["mean"] / chance}).reset_index(drop=True)


def by_chance(scored: pd.DataFrame, region: str) -> float:
    """R-Precision that a random ranking has on average: each query's share of relevant documents, averaged by vendor,
    then over vendors.

    scored: scored queries (`lib.evaluation.verification.scores`).
    """
    return _r_precision(scored.assign(**{METRIC: scored["relevant"] / scored["documents"]}), region)


def _r_precision(scored: pd.DataFrame, region: str) -> float:
    shares = verification.shares(scored, METRIC, region)
    return float(shares["top"].sum() / shares["bottom"].sum())


def systems(measured: Results) -> pd.DataFrame:
    """Every trained or untrained system for pictures alone, by how it retrieves and what shape its vectors have.

    Columns: those of `lib.runs.results.ROW` that differ between systems for pictures, `steps` (of the optimiser),
    `converged` (whether all seeds had), `published` (the row of Table 7 with this backbone and
    objective, South), `ours, low, high` (R-Precision in the region trained on, by cosine), `chance` (`by_chance`),
    `inner product` (R-Precision of the vectors as they come), the columns of SHAPE (of the region's test items; NaN
    where no vectors are stored, or of sensitive data with fewer than five vendors), `at chance` (whether the interval
    reaches down to chance), `collapsed` (whether the mean cosine is COLLAPSED or more; empty without vectors),
    `scattered` (SCATTERED; likewise), `seeds, run`. Numbers are means over seeds.
    """
    scores = measured.verification
    own = (scores["modality"] == "image") & (scores["objective"] != "baseline") & (scores["faces"] == "all")
    cells = _cells()
    rows = []
    for row in scores.loc[own, "row"].unique():
        runs = measured.seeds(row)
        of_row = measured.runs[measured.runs["row"] == row]
        first = of_row.iloc[0]
        region = first["train_region"]
        here = scores[(scores["row"] == row) & (scores["metric"] == METRIC) & (scores["region"] == region)].iloc[0]
        cell = cells.get((first["published"], first["objective"], paper_tables.SPLITS.get(region, "")), np.nan)
        shape = _mean_shape(measured, runs, region)
        chance = float(np.mean([by_chance(results.queries(run, "image"), region) for run in runs]))
        told = shape["mean cosine"] == shape["mean cosine"]  # not NaN
        collapsed = shape["mean cosine"] >= COLLAPSED if told else None
        scattered = not collapsed and shape["alignment"] >= SCATTERED * _any_two(shape) if told else None
        rows.append(
            {
                **{name: first[name] for name in OWN},
                "steps": of_row["steps"].mean(),
                "converged": here["converged"],
                "published": cell,
                **{"ours": here["mean"], "low": here["low"], "high": here["high"], "chance": chance},
                **shape,
                "at chance": _word(here["low"] <= chance),
                "collapsed": _word(collapsed),
                "scattered": _word(scattered),
                "seeds": len(runs),
                "run": first["run"],
            }
        )
    columns = [*OWN, "steps", "converged", "published", "ours", "low", "high", "chance", "inner product"]
    columns += [*SHAPE.values(), "at chance", "collapsed", "scattered", "seeds", "run"]
    return pd.DataFrame(rows, columns=columns)


def _cells() -> dict[tuple[str, str, str], float]:
    """Table 7's R-Precision by system, objective and split, as printed."""
    table = published.table("matched", TABLE)
    table = table[table["metric"] == METRIC]
    keys = zip(table["system"], table["objective"], table["split"], strict=True)
    return dict(zip(keys, table["mean"], strict=True))


def _any_two(shape: Mapping[str, float]) -> float:
    """The mean squared distance of two unit vectors, from their mean cosine."""
    return 2 - 2 * shape["mean cosine"]


def _mean_shape(measured: Results, runs: list[Run], region: str) -> dict[str, float]:
    """`inner product` and the columns of SHAPE, averaged over the seeds that have vectors; NaN if none has."""
    found = []
    least = disclosure.LEAST if measured.study.sensitive else 1
    for run in filter(scoring_choices.has_vectors, runs):
        items, vectors = results.vectors(run)["image"]
        here = (items["region"] == region).to_numpy()
        test = here & (items["part"] == "test").to_numpy()
        if items.loc[test, "vendor"].nunique() < least:
            continue
        shape = geometry.measure(vectors[test], items.loc[test, "vendor"].to_numpy(), seed=measured.study.split.seed)
        queries = scoring.per_query(items[here].reset_index(drop=True), vectors[here], "inner product", "kept")
        raw = _r_precision(queries[queries["member"]], region)
        found.append({"inner product": raw, **{name: getattr(shape, field) for field, name in SHAPE.items()}})
    columns = ["inner product", *SHAPE.values()]
    means: dict[str, float] = pd.DataFrame(found, columns=columns).astype(float).mean().to_dict()
    return means


def with_positive(vendors: np.ndarray, batch: int = BATCH) -> float:
    """The share of items that find another of their vendor in a shuffled batch, on average over batches.

    vendors: of all training items (n,). An item whose vendor has c of the n items finds none in a batch of b with the
    probability C(n - c, b - 1) / C(n - 1, b - 1).
    """
    counts = np.unique(vendors, return_counts=True)[1]
    size, others = counts.sum(), min(batch, counts.sum()) - 1
    alone = np.exp(_log_choices(size - counts, others) - _log_choices(size - 1, others))
    return float((counts * (1 - alone)).sum() / size)


def _log_choices(of: np.ndarray | int, chosen: int) -> np.ndarray:
    """log of the number of ways to choose `chosen` of each of `of`; -inf where there are too few."""
    of = np.atleast_1d(np.asarray(of, float))
    logs = np.full(len(of), -np.inf)
    enough = of >= chosen
    logs[enough] = gammaln(of[enough] + 1) - gammaln(of[enough] - chosen + 1) - gammaln(chosen + 1)
    return logs


def batches(measured: Results) -> str:
    """How many pictures of a shuffled batch have another of their vendor in it, here and in MATCHED, in a sentence; ''
    without a run for pictures that has vectors."""
    own = measured.runs[(measured.runs["modality"] == "image") & (measured.runs["faces"] == "all")]
    runs = [run for row in own["row"].unique() for run in measured.seeds(row) if scoring_choices.has_vectors(run)]
    if not runs:
        return ""
    region = own.set_index("run").loc[runs[0].name, "train_region"]
    items, _ = results.vectors(runs[0])["image"]
    vendors = items.loc[(items["region"] == region) & (items["part"] == "train"), "vendor"].to_numpy()
    images, known = (int(published.regions().loc[REGION.lower(), name]) for name in ("images", "vendors"))
    evenly = with_positive(np.arange(images) % known)
    return (
        f"In a shuffled batch of {BATCH}, {with_positive(vendors):.0%} of this study's training pictures meet another "
        f"of their vendor ({len(np.unique(vendors))} vendors). In MATCHED's {REGION} ({known:,} vendors) it would be "
        f"{evenly:.0%} if vendors had equally many pictures, and more as they differ. The fewer do, the less the loss "
        "tells vendors apart: what a run with many positives shows says little about one with few."
    )


def _word(holds: bool | None) -> str:
    return "" if holds is None else "yes" if holds else "no"


def without_ce(table: pd.DataFrame) -> pd.DataFrame:
    """The trained rows of `systems` whose objective has no CE."""
    return table[~table["objective"].str.split("+").map(lambda parts: bool({"CE", "pre-trained"} & set(parts)))]


def explained(table: pd.DataFrame) -> str:
    """Whether a run shows why the strange rows are at chance, as Markdown. table: of `systems`."""
    if table.empty:
        return f"This study has no system for pictures alone. {_missing(table)}"
    ours = without_ce(table)
    lines = [f"- {_described(row)}" for row in ours.to_dict("records")]
    told = [_verdict(objective, ours[ours["objective"] == objective]) for objective in STRANGE]
    return "\n".join([*lines, "", " ".join(filter(None, [*told, _missing(ours)]))]).strip()


def _verdict(objective: str, rows: pd.DataFrame) -> str:
    """What the runs of a strange row's objective say of it."""
    if rows.empty:
        return f"The row of {objective} isn't asked: no run here was trained by it alone."
    if not (rows["collapsed"] != "").any():
        return f"The row of {objective} stays open: the vectors of its runs were not stored."
    for name, words in (("collapsed", "have collapsed"), ("scattered", "are scattered whoever's they are")):
        both = rows[(rows["at chance"] == "yes") & (rows[name] == "yes")]
        if len(both):
            return (
                f"The row of {objective} is **explained** by {_names(both)}: no better than a random ranking, with "
                f"vectors that {words}."
            )
    alone = [("at chance", "is no better than chance, but its vectors have neither collapsed nor are they scattered")]
    alone += [("collapsed", "has vectors that have collapsed, but still ranks better than chance")]
    alone += [("scattered", "has vectors that are scattered, but still ranks better than chance")]
    parts = [f"{_names(rows[rows[name] == 'yes'])} {words}" for name, words in alone if (rows[name] == "yes").any()]
    parts = parts or ["no run trained by it alone is at chance, has collapsed or is scattered"]
    if (rows["converged"] == "no").any():
        parts.append(f"{_names(rows[rows['converged'] == 'no'])} had not converged")
    return f"The row of {objective} is **not explained** here: {'; '.join(parts)}."


def _names(rows: pd.DataFrame) -> str:
    return " and ".join(dict.fromkeys(f"`{_label(row)}`" for row in rows.to_dict("records")))


def _label(row: dict[str, Any]) -> str:
    """What tells a row from others of its backbone and objective."""
    return ", ".join(str(row[name]) for name in ("variant", "sampling") if name in row)


def _described(row: dict[str, Any]) -> str:
    """A row of `systems` in a sentence."""
    shape = (
        f"the mean cosine of two pictures is {row['mean cosine']:.3f} and the effective rank "
        f"{row['effective rank']:.1f} of {min(row['dimensions'], row['vectors']):.0f}: they have "
        f"{'' if row['collapsed'] == 'yes' else 'not '}collapsed; two of one vendor are {row['alignment']:.2f} apart, "
        f"any two {_any_two(row):.2f} (squared){': they are scattered' if row['scattered'] == 'yes' else ''}; by inner "
        f"product it is {row['inner product']:.3f}"
        if row["collapsed"]
        else "its vectors were not stored"
    )
    place = "no better than" if row["at chance"] == "yes" else "above"
    return (
        f"{row['system']}, {row['objective']}, {_label(row)}: R-Precision is {row['ours']:.3f} "
        f"({row['low']:.3f} to {row['high']:.3f}), {place} the {row['chance']:.3f} of a random ranking; {shape}."
    )


def _missing(rows: pd.DataFrame) -> str:
    """Which runs to add to the parameter file so that both strange rows are asked in every variant; '' if none."""
    has = set(zip(rows["objective"], rows["variant"], strict=True)) if len(rows) else set()
    lacking = [(objective, variant) for objective in STRANGE for variant in VARIANTS if (objective, variant) not in has]
    if not lacking:
        return ""

    def listed(place: int, change: Callable[[str], str] = str) -> str:
        return ", ".join(dict.fromkeys(change(pair[place]) for pair in lacking))

    names = "; ".join(f"{objective} in {variant}" for objective, variant in lacking)
    return (
        f"Not run: {names}. To ask it, add to the runs of the parameter file `notebook: 11_image` with "
        f"`objective: [{listed(0, str.lower)}]` and `variant: [{listed(1)}]`."
    )
