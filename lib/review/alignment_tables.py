"""What a study's alignments measured, as tables for chapter 35: text-to-image retrieval, the control, what is rewarded."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

import pandas as pd

from lib.core import published, tables
from lib.core.schemas import TextToImageScores
from lib.evaluation import verification
from lib.evaluation.intervals import compared
from lib.review.paper_tables import PLACES
from lib.runs import results
from lib.study.plan import Study
from lib.study.registry import ALIGNMENT_NAMES
from lib.study.run_kinds import ALIGNMENT
from lib.study.run_record import RunRecord

ROW = ["method", "variant", "temperature", "overlap", "asks", "seed", "run"]
"""What tells one alignment from another; asks: what the run was made to ask about, `overlap` (the control), `temperature`, or
nothing of the kind."""
AVERAGE = "ZS"
"""The mean of all regions, Table 8's last column."""


def runs(study: Study) -> list[tuple[dict[str, Any], RunRecord]]:
    """Each finished alignment: the columns ROW, temperature and overlap being the study's where the run names none, and
    its metrics.json."""
    found = []
    for name, run in study.all_runs().items():
        if run.kind is ALIGNMENT and run.finished:
            given = run.parameters
            row = {
                "method": ALIGNMENT_NAMES[given["method"]],
                "variant": given.get("variant", "corrected"),
                "temperature": given.get("temperature", study.alignment.temperature),
                "overlap": given.get("overlap", study.data.overlap),
                "asks": next((name for name in ("overlap", "temperature") if name in given), ""),
                "seed": given["seed"],
                "run": name,
            }
            found.append((row, run.record()))
    return found


def table(study: Study, what: str) -> pd.DataFrame:
    """The rows `text_to_image` or `rewards` of every alignment, with the columns ROW before them."""
    found = [pd.DataFrame(getattr(record, what)).assign(**row) for row, record in runs(study)]
    whole = pd.concat(found, ignore_index=True) if found else pd.DataFrame(columns=ROW)
    return whole[[*ROW, *whole.columns.difference(ROW, sort=False)]]


def usual(rows: pd.DataFrame) -> pd.DataFrame:
    """Those that ask about nothing but the study's own data and temperature."""
    return rows[rows["asks"] == ""].drop(columns=["temperature", "overlap", "asks"])


def table_8(study: Study) -> pd.DataFrame:
    """MATCHED Table 8 beside ours: `row, objective, metric, split, published, std`, and for each variant of ours `variant, ours, low, high,
    chance, vendor's level, queries, documents, run`."""
    theirs = published.table("matched", 8).rename(columns={"mean": "published"})
    ours = usual(table(study, "text_to_image")).rename(columns={"method": "objective", "mean": "ours"})
    names = {place: name for name, place in PLACES.items()} | {AVERAGE: "Avg"}
    ours = ours.assign(split=ours["region"].map(names))
    ours = ours.drop(columns=["std", "region", "vendors", "seed"])
    joined = theirs.merge(ours, how="left", on=["objective", "metric", "split"])
    columns = ["row", "objective", "metric", "split", "published", "std", "variant", "ours", "low", "high", "chance"]
    return joined[[*columns, "vendor's level", "queries", "documents", "run"]]


def control(study: Study, metric: str = "R-Precision@X") -> pd.DataFrame:
    """A metric of text-to-image retrieval, the mean of all regions, over how much texts tell of their pictures: a row a method, variant and overlap, with
    `mean, low, high, chance, vendor's level`."""
    rows = table(study, "text_to_image")
    if rows.empty:
        return rows
    rows = rows[(rows["metric"] == metric) & (rows["region"] == AVERAGE)]
    rows = rows[rows["asks"] == "overlap"]
    columns = ["method", "variant", "overlap", "mean", "low", "high", "chance", "vendor's level", "queries", "vendors"]
    return rows.sort_values(["method", "variant", "overlap"], ignore_index=True)[[*columns, "run"]]


def judged(study: Study) -> pd.DataFrame:
    """Does a method find more where texts name all that pictures show than where they name nothing, on the same vendors?

    A row a method and variant that was run at two overlaps or more: `most` and `least` overlap, R-Precision@X at both (all regions' vendors alike),
    `chance` at the most, `difference, low, high, vendors, p, p_holm, verdict` (learns: higher at the corrected 5 % level; unlearns: lower; else
    undecided, which is no proof that it can't learn), `seeds`.
    """
    rows, pairs = [], []
    for (method, variant), (least, most) in _ends(study).items():
        pairs.append((most.shares, least.shares))
        row = {"method": method, "variant": variant, "least": least.overlap, "most": most.overlap}
        rows.append(row | {"at least": least.mean, "at most": most.mean, "chance": most.chance, "seeds": len(most.shares)})  # fmt: skip
    columns = ["method", "variant", "least", "most", "at least", "at most", "chance", "seeds"]
    frame = pd.DataFrame(rows, columns=columns).join(compared(pairs, study.bootstrap, study.split.seed))
    frame["verdict"] = frame["direction"].replace({"higher": "learns", "lower": "unlearns"})
    return frame.drop(columns="direction")


def contrasts(study: Study) -> pd.DataFrame:
    """Does a method gain more from texts that tell of their pictures when it is trained as corrected than as released? `method, corrected, released` (how much
    each gains from the least to the most overlap), `difference, low, high, vendors, p, p_holm, verdict` (corrected gains more, released gains more or
    undecided): only where it does is the released objective shown to miss what was there to be found.
    """
    ends, rows, pairs = _ends(study), [], []
    for method in dict.fromkeys(method for method, _ in ends):
        if not {(method, "corrected"), (method, "released")} <= set(ends):
            continue
        (low, high), (their_low, their_high) = ends[method, "corrected"], ends[method, "released"]
        # A difference of two gains is twice the difference of two means: of what speaks for corrected, and of what speaks against.
        pairs.append(([*high.shares, *their_low.shares], [*low.shares, *their_high.shares]))
        rows.append({"method": method, "corrected": high.mean - low.mean, "released": their_high.mean - their_low.mean})
    found = compared(pairs, study.bootstrap, study.split.seed)
    found[["difference", "low", "high"]] *= 2
    table = pd.DataFrame(rows, columns=["method", "corrected", "released"]).join(found)
    told = {"higher": "corrected gains more", "lower": "released gains more"}
    return table.assign(verdict=table["direction"].replace(told)).drop(columns="direction")


class End(NamedTuple):
    """A method's runs at one overlap: R-Precision@X as sums over vendors, a frame a seed, their mean, and what chance would give."""

    overlap: float
    shares: list[pd.DataFrame]
    mean: float
    chance: float


def _ends(study: Study) -> dict[tuple[str, str], tuple[End, End]]:
    """Each method and variant of the control at its least and its most overlap, on the seeds that it was run with at both."""
    found: dict[tuple[str, str], tuple[End, End]] = {}
    at_hand = table(study, "text_to_image").drop_duplicates("run")
    at_hand = at_hand[at_hand["asks"] == "overlap"]
    for (method, variant), rows in at_hand.groupby(["method", "variant"], sort=False):
        runs = rows.pivot(index="seed", columns="overlap", values="run").sort_index(axis=1)
        if len(runs.columns) > 1 and len(runs := runs.iloc[:, [0, -1]].dropna()):
            least, most = (_end(study, runs[level], float(level)) for level in runs)
            found[str(method), str(variant)] = least, most
    return found


def _end(study: Study, names: Iterable[str], overlap: float) -> End:
    every, shares, chance = study.all_runs(), [], []
    for name in names:
        scored = tables.read(every[name].folder / "text_to_image.csv", TextToImageScores, results.AGAIN)
        scored["vendor"] = scored["region"] + " " + scored["vendor"].astype(str)
        whole = scored.assign(region="all")
        shares.append(verification.shares(whole, "R-Precision@X", "all"))
        chance.append(whole.groupby("vendor")["R-Precision@X, chance"].mean().mean())
    mean = sum(frame["top"].sum() / frame["bottom"].sum() for frame in shares) / len(shares)
    return End(overlap, shares, float(mean), float(sum(chance) / len(chance)))


def temperatures(study: Study) -> pd.DataFrame:
    """Text-to-image R-Precision@X, the mean of all regions, by temperature: `method, variant, temperature, mean, low, high, chance, run`."""
    rows = table(study, "text_to_image")
    if rows.empty:
        return rows
    rows = rows[(rows["metric"] == "R-Precision@X") & (rows["region"] == AVERAGE)]
    rows = rows[rows["asks"] != "overlap"].sort_values(["method", "variant", "temperature"])
    tried = rows.groupby(["method", "variant"])["temperature"].transform("nunique") > 1
    return rows[tried][["method", "variant", "temperature", "mean", "low", "high", "chance", "run"]]


def conclusion(judged: pd.DataFrame, contrasts: pd.DataFrame) -> tuple[str, str]:
    """What the control says of the claim that alignment fails for lack of overlap: a verdict and its reason, method by method.

    A method as released is *broken* where its corrected variant learns and gains more than it; it *works* where it learns itself. Where
    neither is shown the control says nothing of it. The verdict is *supported* when some work and none is broken, *not testable as
    published* the other way round, *partly supported* with some of both, else *undecided*.
    """
    learns = judged[judged["verdict"] == "learns"].groupby("variant")["method"].agg(set)
    works, able = (set(learns.get(name, set())) for name in ("released", "corrected"))
    broken = (set(contrasts.loc[contrasts["verdict"] == "corrected gains more", "method"]) & able) - works
    silent = set(judged["method"]) - works - broken
    said = [
        (broken, "as released {} gain less from texts that tell of their pictures than the corrected variant, which learns: their failure where texts tell nothing says nothing of the data"),
        (works, "as released {} find more where texts tell more: chance where they tell nothing is what lack of overlap would look like"),
        (silent, "of {} the control decides nothing at this size"),
    ]  # fmt: skip
    why = "; ".join(words.format(_listed(sorted(names))) for names, words in said if names)
    verdict = "partly supported" if works and broken else "supported" if works else "not testable as published" if broken else "undecided"  # fmt: skip
    return verdict, why


def verdict(study: Study) -> str:
    """What the control says of the paper's claim, in a paragraph."""
    found = judged(study)
    if not {"corrected", "released"} <= set(found["variant"]):
        return "**Not run.** This study lacks the control: alignments in both variants at two overlaps of the twin."
    verdict, why = conclusion(found, contrasts(study))
    return (
        f"**{verdict.capitalize()}.** By paired intervals over vendors (Holm), {why}. What the real ads' texts tell of their pictures "
        "can't be tested here: the twin's overlap is made."
    )


def _listed(names: list[str]) -> str:
    return " and ".join(filter(None, [", ".join(names[:-1]), names[-1]]))
