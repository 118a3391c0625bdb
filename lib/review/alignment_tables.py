"""What a study's alignments measured, as tables for chapter 35.

Text-to-image retrieval (Table 8), the control, and what each objective rewards.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

import pandas as pd

from lib.core import published, tables
from lib.core.schemas import TextToImageScores
from lib.evaluation import verification
from lib.review.paper_tables import SPLITS
from lib.review.verdicts import NOT_CONVERGED, ClaimVerdict, with_verdicts
from lib.runs import convergence, results
from lib.study.plan import Study
from lib.study.registry import ALIGNMENT_NAMES
from lib.study.run_kinds import ALIGNMENT
from lib.study.run_record import RunRecord

ROW = ["method", "variant", "temperature", "overlap", "varies", "converged", "seed", "run"]
"""What tells one alignment from another; varies: what the run was given beside the study's settings, `overlap` (the
control), `temperature`, or nothing of the kind."""
AVERAGE = "ZS"
"""The mean of all regions, Table 8's last column."""


def runs(study: Study) -> list[tuple[dict[str, Any], RunRecord]]:
    """Each finished alignment: the columns ROW and its record.

    Temperature and overlap are the study's where the run names none.
    """
    finished = []
    for name, run in study.all_runs().items():
        if run.kind is ALIGNMENT and run.finished:
            parameters = run.parameters
            row = {
                "method": ALIGNMENT_NAMES[parameters["method"]],
                "variant": parameters.get("variant", "corrected"),
                "temperature": parameters.get("temperature", study.alignment.temperature),
                "overlap": parameters.get("overlap", study.data.overlap),
                "varies": next((setting for setting in ("overlap", "temperature") if setting in parameters), ""),
                "converged": convergence.converged((record := run.record()).training),
                "seed": parameters["seed"],
                "run": name,
            }
            finished.append((row, record))
    return finished


def table(study: Study, what: str) -> pd.DataFrame:
    """The rows `text_to_image` or `rewards` of every alignment's record, with the columns ROW before them."""
    parts = [pd.DataFrame(getattr(record, what)).assign(**row) for row, record in runs(study)]
    whole = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=ROW)
    return whole[[*ROW, *whole.columns.difference(ROW, sort=False)]]


def training_plan(study: Study) -> str:
    """How the study trains its alignments, in a sentence."""
    plan, training = study.alignment, study.alignment.budgeted(study.training)
    encoders = "locked, their vectors computed once, and heads" if plan.locked else "and heads"
    rates = "" if plan.locked else f", {training.text_lr:g} for text and {training.image_lr:g} for pictures"
    return (
        f"Encoders {encoders} trained for {training.budget} in batches of {training.batch_size}, "
        f"at a rate of {training.head_lr:g} for new layers{rates}; texts of up to "
        f"{plan.max_tokens or study.text.max_tokens} tokens, pictures of {study.image.pixels} pixels."
    )


def with_study_settings(rows: pd.DataFrame) -> pd.DataFrame:
    """The runs on the study's own data and temperature."""
    return rows[rows["varies"] == ""].drop(columns=["temperature", "overlap", "varies"])


def table_8(study: Study) -> pd.DataFrame:
    """MATCHED Table 8 beside ours.

    Columns `row, objective, metric, split, published, std`, and for each variant of ours `variant, ours, low, high,
    chance, converged, vendor's level, queries, documents, run`.
    """
    printed = published.table("matched", 8).rename(columns={"mean": "published"})
    ours = with_study_settings(table(study, "text_to_image")).rename(columns={"method": "objective", "mean": "ours"})
    ours = ours.assign(split=ours["region"].map(SPLITS | {AVERAGE: "Avg"}))
    ours = ours.drop(columns=["std", "region", "vendors", "seed"])
    joined = printed.merge(ours, how="left", on=["objective", "metric", "split"])
    columns = ["row", "objective", "metric", "split", "published", "std", "variant", "ours", "low", "high", "chance"]
    return joined[[*columns, "converged", "vendor's level", "queries", "documents", "run"]]


def _averages(study: Study, metric: str) -> pd.DataFrame:
    """A metric of text-to-image retrieval, the mean of all regions, of every alignment.

    Without an alignment no row, and of the columns only ROW.
    """
    rows = table(study, "text_to_image")
    return rows if rows.empty else rows[(rows["metric"] == metric) & (rows["region"] == AVERAGE)]


def control(study: Study, metric: str = "R-Precision@X") -> pd.DataFrame:
    """A metric of text-to-image retrieval, the mean of all regions, over how much texts tell of their pictures.

    A row a method, variant and overlap, with `mean, low, high, chance, vendor's level, queries, vendors, converged,
    run`.
    """
    rows = _averages(study, metric)
    if "metric" not in rows:  # no alignment was run
        return rows
    rows = rows[rows["varies"] == "overlap"].sort_values(["method", "variant", "overlap"], ignore_index=True)
    columns = ["method", "variant", "overlap", "mean", "low", "high", "chance", "vendor's level", "queries", "vendors"]
    return rows[[*columns, "converged", "run"]]


def judged(study: Study) -> pd.DataFrame:
    """Does a method find more where texts name all that pictures show than where they name nothing?

    On the same vendors. A row a method and variant that was run at two overlaps or more: `most` and `least` overlap,
    R-Precision@X at both (all regions' vendors alike), `chance` at the most, `difference, low, high, vendors, p,
    p_holm, verdict` (learns: higher at the corrected 5 % level; unlearns: lower; not converged; else undecided, which
    is no proof that it can't learn), `seeds`.
    """
    rows, pairs = [], []
    for (method, variant), (least, most) in _ends(study).items():
        pairs.append((most.shares, least.shares))
        at_ends = (least.overlap, most.overlap, least.mean, most.mean)
        rows.append((method, variant, *at_ends, most.chance, len(most.shares), least.converged and most.converged))
    columns = ["method", "variant", "least", "most", "at least", "at most", "chance", "seeds", "settled"]
    return _settled(with_verdicts(pd.DataFrame(rows, columns=columns), pairs, study, "learns", "unlearns"))


def _settled(table: pd.DataFrame) -> pd.DataFrame:
    """The table without `settled`: where that doesn't hold, a run had not converged and nothing is decided."""
    table["verdict"] = table["verdict"].where(table["settled"].astype(bool), NOT_CONVERGED)
    return table.drop(columns="settled")


def contrasts(study: Study) -> pd.DataFrame:
    """Does a method gain more from texts that tell of their pictures when trained as corrected than as released?

    Columns `method, corrected, released` (how much each gains from the least to the most overlap), `difference, low,
    high, vendors, p, p_holm, verdict` (corrected gains more, released gains more or undecided). Only where corrected
    gains more is the released objective shown to miss what was there to be found.
    """
    ends, rows, pairs = _ends(study), [], []
    for method in dict.fromkeys(method for method, _ in ends):
        if not {(method, "corrected"), (method, "released")} <= set(ends):
            continue
        (low, high), (released_low, released_high) = ends[method, "corrected"], ends[method, "released"]
        # A difference of two gains is twice the difference of two means: of what speaks for corrected, and against it.
        pairs.append(([*high.shares, *released_low.shares], [*low.shares, *released_high.shares]))
        settled = all(end.converged for end in (low, high, released_low, released_high))
        rows.append((method, high.mean - low.mean, released_high.mean - released_low.mean, settled))
    gains = pd.DataFrame(rows, columns=["method", "corrected", "released", "settled"])
    table = _settled(with_verdicts(gains, pairs, study, "corrected gains more", "released gains more"))
    table[["difference", "low", "high"]] *= 2
    return table


class End(NamedTuple):
    """A method's runs at one overlap.

    shares: R-Precision@X as sums over vendors, a frame a seed; mean: of the seeds; chance: what blind ranking gives;
    converged: whether all seeds had.
    """

    overlap: float
    shares: list[pd.DataFrame]
    mean: float
    chance: float
    converged: bool


def _ends(study: Study) -> dict[tuple[str, str], tuple[End, End]]:
    """Each method and variant of the control at its least and most overlap, on the seeds that were run at both."""
    ends: dict[tuple[str, str], tuple[End, End]] = {}
    alignments = table(study, "text_to_image").drop_duplicates("run")
    alignments = alignments[alignments["varies"] == "overlap"]
    for (method, variant), rows in alignments.groupby(["method", "variant"], sort=False):
        names = rows.pivot(index="seed", columns="overlap", values="run").sort_index(axis=1)
        if len(names.columns) > 1 and len(names := names.iloc[:, [0, -1]].dropna()):
            settled = set(rows.loc[rows["converged"] == "yes", "run"])
            least, most = (_end(study, names[overlap], float(overlap), settled) for overlap in names)
            ends[str(method), str(variant)] = least, most
    return ends


def _end(study: Study, names: Iterable[str], overlap: float, settled: set[str]) -> End:
    all_runs, shares, chance = study.all_runs(), [], []
    for name in names:
        scored = tables.read(all_runs[name].folder / "text_to_image.csv", TextToImageScores, results.AGAIN)
        scored["vendor"] = scored["region"] + " " + scored["vendor"].astype(str)
        whole = scored.assign(region="all")
        shares.append(verification.shares(whole, "R-Precision@X", "all"))
        chance.append(whole.groupby("vendor")["R-Precision@X, chance"].mean().mean())
    mean = sum(frame["top"].sum() / frame["bottom"].sum() for frame in shares) / len(shares)
    return End(overlap, shares, float(mean), float(sum(chance) / len(chance)), set(names) <= settled)


def temperatures(study: Study) -> pd.DataFrame:
    """Text-to-image R-Precision@X, the mean of all regions, by temperature, where several were tried.

    Columns `method, variant, temperature, mean, low, high, chance, run`.
    """
    rows = _averages(study, "R-Precision@X")
    if "metric" not in rows:  # no alignment was run
        return rows
    rows = rows[rows["varies"] != "overlap"].sort_values(["method", "variant", "temperature"])
    several = rows.groupby(["method", "variant"])["temperature"].transform("nunique") > 1
    return rows[several][["method", "variant", "temperature", "mean", "low", "high", "chance", "run"]]


def conclusion(judged: pd.DataFrame, contrasts: pd.DataFrame) -> tuple[ClaimVerdict, str]:
    """What the control says of the claim that alignment fails for lack of overlap: a verdict and its reason.

    A method as released is *broken* where its corrected variant learns and gains more than it; it *works* where it
    learns itself. Where neither is shown the control says nothing of it. The verdict is *supported* when some work and
    none is broken, *not testable as published* the other way round, *partly supported* with some of both, else
    *undecided*. Which methods learn as described is said beside it.
    """
    learns = judged[judged["verdict"] == "learns"].groupby("variant")["method"].agg(set)
    works, able = (set(learns.get(name, set())) for name in ("released", "corrected"))
    broken = (set(contrasts.loc[contrasts["verdict"] == "corrected gains more", "method"]) & able) - works
    silent = set(judged["method"]) - works - broken
    reasons = []
    if broken:
        reasons.append(
            f"as released {_listed(broken)} gain less from texts that tell of their pictures than the corrected "
            "variant, which learns: their failure where texts tell nothing says nothing of the data"
        )
    if works:
        reasons.append(
            f"as released {_listed(works)} find more where texts tell more: chance where they tell nothing is what "
            "lack of overlap would look like"
        )
    if silent:
        reasons.append(f"of {_listed(silent)} the control decides nothing at this size")
    if described := set(learns.get("described", set())):
        reasons.append(f"as the paper describes them {_listed(described)} find more where texts tell more")
    if works:
        verdict = ClaimVerdict.PARTLY_SUPPORTED if broken else ClaimVerdict.SUPPORTED
    else:
        verdict = ClaimVerdict.NOT_TESTABLE_AS_PUBLISHED if broken else ClaimVerdict.UNDECIDED
    return verdict, "; ".join(reasons)


def verdict(study: Study) -> str:
    """What the control says of the paper's claim, in a paragraph."""
    methods = judged(study)
    if not {"corrected", "released"} <= set(methods["variant"]):
        return "**Not run.** This study lacks the control: alignments in both variants at two overlaps of the twin."
    verdict, why = conclusion(methods, contrasts(study))
    return (
        f"**{verdict.capitalize()}.** By paired intervals over vendors (Holm), {why}. What the real ads' texts tell of "
        "their pictures can't be tested here: the twin's overlap is made."
    )


def _listed(methods: set[str]) -> str:
    names = sorted(methods)
    return " and ".join(filter(None, [", ".join(names[:-1]), names[-1]]))
