"""Tests of claims on scores with intervals: a level, vendors in bins (Figures 3 to 7), counts of answers."""

from __future__ import annotations

import pandas as pd
from statsmodels.stats.proportion import confint_proportions_2indep

from lib.review.tests_of_claims.finding import CHAPTERS, Finding, StudyTables, absent, apart, combined, of_sameness
from lib.review.verdicts import ClaimVerdict


def interval(tables: StudyTables, argument: str) -> Finding:
    """`table;column=value;score;level;above|same`: is the score's interval above a level in every row?

    With *same* the claim is that the level holds: then a difference speaks against it, and none proves nothing.
    """
    name, where, score, level, side = argument.split(";")
    table = tables[name]
    if table is None or table.empty:
        return absent(name)
    column, _, value = where.partition("=")
    table = table if column.endswith("!") else table[table[column] == value]
    low, high = (f"{score}_{end}" if f"{score}_{end}" in table else end for end in ("low", "high"))
    rows = table[[score, low, high]].set_axis(["value", "low", "high"], axis="columns") - float(level)
    rows = rows.join(table[[column for column in ("p_holm", "run") if column in table]])
    finding = combined(rows, name, f"{score} less {level}")
    return of_sameness(finding) if side == "same" else finding


def setting(tables: StudyTables, argument: str) -> Finding:
    """`table;column;value;score`: does this value of a setting score above each other one, all else alike?

    Decided where their intervals are apart.
    """
    name, column, value, score = argument.split(";")
    table = tables[name]
    if table is None or table.empty:
        return absent(name)
    rows = []
    for _, group in table.groupby(["method", "variant"]):
        of_value = group[column].astype(float) == float(value)
        for _, other in group[~of_value].iterrows() if of_value.any() else ():
            chosen = group[of_value].iloc[0]
            rows.append(apart(chosen, other, score) | {"run": chosen["run"], "other_run": other["run"]})
    rows_table = pd.DataFrame(rows, columns=["value", "low", "high", "run", "other_run"])
    return combined(rows_table, name, f"{score} at {column} {value} less at another, pairs whose intervals are apart")


def bins(tables: StudyTables, argument: str) -> Finding:
    """`table;factor;one;other;part`: in each bin of vendors, is one system's mean above the other's in the nearest bin?

    part: `all` bins, those `below` a value of the factor, or those `from` it on (`below 120`). Decided where their
    intervals are apart.
    """
    name, factor, one, other, part = argument.split(";")
    table = tables[name]
    if table is None or not {one, other} <= set(table["system"]):
        return absent(name)
    table = table[table["factor"] == factor]
    side, _, limit = part.partition(" ")
    if side != "all":
        table = table[(table["value"] < float(limit)) == (side == "below")]
    rows = []
    for _, group in _panels(table):
        first, second = (group[group["system"] == system] for system in (one, other))
        for _, row in first.iterrows() if len(second) else ():
            rows.append(apart(row, second.loc[(second["value"] - row["value"]).abs().idxmin()]))
    if table.empty or not rows:
        why = f"no vendors of this study make a mean over {factor} ({part}; chapter {CHAPTERS[name]})"
        return Finding(ClaimVerdict.NOT_TESTABLE_HERE, why, chapter=CHAPTERS[name])
    what = f"{one} less {other} over {factor}{'' if side == 'all' else f' {part}'}, bins whose intervals are apart"
    return combined(pd.DataFrame(rows), name, what)


def trend(tables: StudyTables, argument: str) -> Finding:
    """`table;factor;one;other;grows|shrinks`: how a system's lead over another goes from the first bin to the last.

    Without an `other` it is the system's own score that goes. Decided where the ends are apart even if each mean lay
    at the nearer end of its interval.
    """
    name, factor, one, other, way = argument.split(";")
    table = tables[name]
    if table is None or not {one, other or one} <= set(table["system"]):
        return absent(name)
    rows = []
    for _, group in _panels(table[table["factor"] == factor]):
        means = [group[group["system"] == system].sort_values("value") for system in ([one, other] if other else [one])]
        if min(map(len, means)) < 2:
            continue
        ends = [apart(of_system.iloc[0], of_system.iloc[-1]) for of_system in means]
        lead = pd.Series(ends[0]) - (pd.Series(ends[1])[["value", "high", "low"]].to_numpy() if other else 0.0)
        rows.append(lead if way == "shrinks" else (-lead).rename({"low": "high", "high": "low"}))
    if not rows:
        why = f"no panel of this study has two means over {factor} (chapter {CHAPTERS[name]})"
        return Finding(ClaimVerdict.NOT_TESTABLE_HERE, why, chapter=CHAPTERS[name])
    lead_of = f"the lead of {one} over {other}" if other else f"the score of {one}"
    return combined(pd.DataFrame(rows), name, f"how far {lead_of} {way} over {factor}, panels")


def _panels(table: pd.DataFrame) -> list[tuple[object, pd.DataFrame]]:
    """The panels of a figure, by region and metric."""
    keys = [column for column in ("region", "metric") if column in table]
    return list(table.groupby(keys)) if keys else [("", table)]


def positives(tables: StudyTables, argument: str) -> Finding:
    """`one;other`: has one system more true and fewer false positives than the other on the same items?

    On the same items either follows from the other: each answer that isn't right is a false positive of some vendor.
    effect: the difference of their shares of right answers, with a 95 % interval as of two samples of items (Newcombe
    1998), which is cautious where both systems find the same items easy, and bold where a vendor's items are alike.
    """
    table = tables["positives"]
    one, other = argument.split(";")
    if table is None or not {one, other} <= set(table["system"]):
        return absent("positives")
    first, second = (table.set_index("system").loc[name] for name in (one, other))
    why = ", ".join(
        f"{name}: {row['true']:.0f} true and {row['false']:.0f} false of {row['items']:.0f} items"
        for name, row in ((one, first), (other, second))
    )
    chapter = CHAPTERS["positives"]
    if first["items"] != second["items"]:
        why += (
            ": a text with several pictures is several items of one system and one of the other, so that their counts "
            "can't be compared"
        )
        gap = float(first["right"] - second["right"])
        return Finding(ClaimVerdict.NOT_TESTABLE_AS_PUBLISHED, why, gap, chapter=chapter)
    counts = [first["true"], first["items"], second["true"], second["items"]]
    low, high = map(float, confint_proportions_2indep(*counts, method="newcomb"))
    rows = pd.DataFrame([{"value": float(first["right"] - second["right"]), "low": low, "high": high}])
    return combined(rows, "positives", f"{why}; shares of right answers")
