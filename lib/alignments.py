"""What a study's alignments measured, as tables for chapter 35: text-to-image retrieval, the control, what is rewarded."""

from __future__ import annotations

import pandas as pd

from lib import published, verification
from lib.catalogue import ALIGNMENT_NAMES
from lib.compare import PLACES
from lib.files import read_json
from lib.intervals import difference, holm
from lib.study import Study

ROW = ["method", "variant", "temperature", "overlap", "asks", "seed", "run"]
"""What tells one alignment from another; asks: what the run was made to ask about, `overlap` (the control), `temperature`, or
nothing of the kind."""
AVERAGE = "ZS"
"""The mean of all regions, Table 8's last column."""


def runs(study: Study) -> list[tuple[dict, dict]]:
    """Each finished alignment: the columns ROW, temperature and overlap being the study's where the run names none, and
    its metrics.json."""
    found = []
    for name, run in study.all_runs().items():
        path = run.folder / "metrics.json"
        if run.notebook == "20_alignment" and path.exists():
            given = run.parameters
            row = {
                "method": ALIGNMENT_NAMES[given["method"]],
                "variant": given.get("variant", "sound"),
                "temperature": given.get("temperature", study.alignment.temperature),
                "overlap": given.get("overlap", study.data.overlap),
                "asks": next((name for name in ("overlap", "temperature") if name in given), ""),
                "seed": given["seed"],
                "run": name,
            }
            found.append((row, read_json(path)))
    return found


def table(study: Study, what: str) -> pd.DataFrame:
    """The rows `text_to_image` or `rewards` of every alignment, with the columns ROW before them."""
    found = [pd.DataFrame(metrics[what]).assign(**row) for row, metrics in runs(study)]
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
    `chance` at the most, `difference, low, high, p, p_holm, verdict` (learns: higher at the corrected 5 % level; unlearns: lower; else
    undecided).
    """
    rows = []
    at_hand = table(study, "text_to_image").drop_duplicates("run")
    at_hand = at_hand[at_hand["asks"] == "overlap"]
    for (method, variant), found in at_hand.groupby(["method", "variant"], sort=False):
        least, most = found["overlap"].min(), found["overlap"].max()
        if least == most:
            continue
        sides = {level: _shares(study, found.loc[found["overlap"] == level, "run"]) for level in (most, least)}
        gap = difference(sides[most][0], sides[least][0], study.bootstrap, study.split.seed)
        means = {level: float(pd.concat(shares)["top"].mean()) for level, (shares, _) in sides.items()}
        rows.append(
            {
                "method": method,
                "variant": variant,
                "least": least,
                "most": most,
                "at least": means[least],
                "at most": means[most],
                "chance": sides[most][1],
                **gap,
            }
        )
    columns = ["method", "variant", "least", "most", "at least", "at most", "chance", "difference", "low", "high"]
    frame = pd.DataFrame(rows, columns=[*columns, "vendors", "p", "direction"])
    frame["p_holm"] = holm(frame["p"].astype(float))
    decided = frame["p_holm"] < 0.05
    frame["verdict"] = frame["direction"].map({"higher": "learns", "lower": "unlearns"}).where(decided, "undecided")
    return frame.drop(columns="direction")


def _shares(study: Study, names: pd.Series) -> tuple[list[pd.DataFrame], float]:
    """R-Precision@X of each run's texts as sums over vendors and regions, and what chance would give."""
    every, shares, chance = study.all_runs(), [], []
    for name in names:
        scored = pd.read_csv(every[name].folder / "text_to_image.csv")
        scored["vendor"] = scored["region"] + " " + scored["vendor"].astype(str)
        whole = scored.assign(region="all")
        shares.append(verification.shares(whole, "R-Precision@X", "all"))
        chance.append(whole.groupby("vendor")["R-Precision@X, chance"].mean().mean())
    return shares, float(sum(chance) / len(chance))


def temperatures(study: Study) -> pd.DataFrame:
    """Text-to-image R-Precision@X, the mean of all regions, by temperature: `method, variant, temperature, mean, low, high, chance, run`."""
    rows = table(study, "text_to_image")
    if rows.empty:
        return rows
    rows = rows[(rows["metric"] == "R-Precision@X") & (rows["region"] == AVERAGE)]
    rows = rows[rows["asks"] != "overlap"].sort_values(["method", "variant", "temperature"])
    tried = rows.groupby(["method", "variant"])["temperature"].transform("nunique") > 1
    return rows[tried][["method", "variant", "temperature", "mean", "low", "high", "chance", "run"]]


def verdict(study: Study) -> str:
    """What the control says of the paper's claim, in a paragraph."""
    found = judged(study)
    if not {"sound", "published"} <= set(found["variant"]):
        return "**Not run.** This study lacks the control: alignments in both variants at two overlaps of the twin."
    learns = found[found["verdict"] == "learns"].groupby("variant")["method"].agg(list)
    told = {name: list(learns.get(name, [])) for name in ("sound", "published")}
    count = found.groupby("variant").size()
    said = "; ".join(
        f"{name}: {len(told[name])} of {count[name]} learn" + (f" ({', '.join(told[name])})" if told[name] else "")
        for name in ("sound", "published")
    )
    broken = sorted(set(found["method"]) - set(told["published"]))
    able = sorted(set(told["sound"]) & set(broken))
    if able:
        conclusion = (
            f"**Not supported by what was run.** As published, {_listed(broken)} find no more where a text names everything that its pictures show, so "
            f"that their failure where it names nothing tells nothing of the data; the textbook's {_listed(able)} do find more. What the real ads' texts "
            "tell of their pictures can't be tested here: the twin's overlap is made."
        )
    elif not broken:
        conclusion = "**Possible.** As published, every method finds more where texts tell more, so that chance at overlap 0 is what lack of overlap would look like."
    else:
        conclusion = "**Undecided.** At this size neither variant learns from texts that tell all, so that failure where they tell nothing proves nothing."
    return f"Higher at the largest overlap than at the smallest, by paired intervals over vendors (Holm): {said}. {conclusion}"


def _listed(names: list[str]) -> str:
    return " and ".join(filter(None, [", ".join(names[:-1]), names[-1]]))
