"""The questions of chapter 42, answered by its tables."""

from __future__ import annotations

from collections.abc import Collection
from typing import NamedTuple

import numpy as np
import pandas as pd

from lib.hotels import shared_content
from lib.hotels.linking import UNTRAINED
from lib.hotels.linking_tables import directions, falls, over_seeds, ranks, recall, scores
from lib.hotels.published_splits import SEEN
from lib.study.plan import Study


class Answer(NamedTuple):
    """An answer in words, a verdict, and the difference that is hardest to decide with its 95 % interval, where it is
    one: in points, or of Kendall's tau (`metric`)."""

    answer: str
    verdict: str
    effect: float = np.nan
    low: float = np.nan
    high: float = np.nan
    metric: str = "points"


def verdicts(study: Study) -> pd.DataFrame:
    """Every question of chapter 42: `question`, and the fields of `Answer`."""
    fallen, recalled = falls(study), recall(study)
    named = shared_content.named_tests(study)
    answers = {
        "Does AUC fall from D_SS to D_SU to D_UU (section 3)?": _steps(fallen, 0.0),
        "Is R@1 lowest on D_SS, for its many small classes (B.2)?": _lowest(recalled[recalled["split"].isin(named)]),
        "Do losses rank differently in different splits (section 3)?": _ranked(ranks(study)),
        "Does training beat the backbone as it comes?": _trained(study, named),
        # A split may be easier by its hotels alone; what was trained on can explain only the rest of the fall.
        "Does AUC fall by more than that of the backbone as it comes?": _steps(fallen, fallen["untrained"]),
    }
    rows = [(question, *answer) for question, answer in answers.items()]
    return pd.DataFrame(rows, columns=["question", *Answer._fields])


def _steps(fallen: pd.DataFrame, than: float | pd.Series) -> Answer:
    """Whether every trained loss falls by more than that, in both steps."""
    fallen = fallen.assign(way=directions(fallen, than))
    untrained = fallen.drop_duplicates("from")["untrained"]
    fallen = fallen[fallen["loss"] != UNTRAINED]
    steps = fallen.groupby(["from", "to"], sort=False)["way"]
    if len(steps) < len(SEEN) - 1:
        return Answer(
            "the names of splits don't hold for what was trained on, or nothing was trained", "not testable here"
        )
    if np.ndim(than) and untrained.isna().any():
        return Answer("the study has no run of the backbone as it comes", "not testable here")
    counts = "; ".join(
        f"{split} to {harder}: " + ", ".join(f"{name} {count}" for name, count in ways.value_counts().items())
        for (split, harder), ways in steps
    )
    answer = f"{counts} (losses)"
    if untrained.notna().all():
        answer += f"; the backbone as it comes falls by {' and '.join(f'{gap:+.1f}' for gap in untrained)} points"
    ways = set(fallen["way"])
    if ways == {"falls"}:
        return Answer(answer, "supported")
    if "rises" in ways:
        return Answer(answer, "not supported")
    if "falls" in ways:
        return Answer(answer, "partly supported")
    return _undecided(answer, fallen[["fall", "low", "high"]])


def _lowest(recalled: pd.DataFrame) -> Answer:
    """Small classes: others cut to D_SS's sizes fall and are not ahead any more. Many: D_SS gains among as few branches
    as those have."""
    recalled = recalled.set_index("split")
    seen, others = recalled.loc["D_SS"], recalled.drop("D_SS")
    lowest = (others["ahead low"] > 0).all()
    cut = others.dropna(subset="equal sizes")
    small = (cut["moved high"] < 0).all() and not (cut["equal ahead low"] > 0).any()
    many = seen["moved low"] > 0
    ahead, equal, branches = others["ahead"], cut["equal ahead"], seen["equal branches"]
    answer = (
        f"other splits are {ahead.min():+.1f} to {ahead.max():+.1f} points from D_SS "
        f"(above in {(others['ahead low'] > 0).sum()} of {len(others)}); {' and '.join(cut.index)} among "
        f"{branches:.0f} branches with D_SS's class sizes {equal.min():+.1f} to {equal.max():+.1f} (above in "
        f"{(cut['equal ahead low'] > 0).sum()}); D_SS among {branches:.0f} of its {seen['branches']:.0f} branches "
        f"{seen['moved']:+.1f} ({_interval(seen, 'moved', '+.1f')}), what more branches than that do to the others is "
        "not tested"
    )
    if (others["ahead high"] < 0).any():
        return Answer(answer, "not supported")
    if not lowest:
        return _undecided(answer, others[["ahead", "ahead low", "ahead high"]])
    return Answer(answer, "supported" if small and many else "partly supported")


def _ranked(ranked: pd.DataFrame) -> Answer:
    """By both measures, over all pairs of tests: twelve single pairs would find a change by chance."""
    overall = ranked[ranked["one"] == "all"]
    answer = "; ".join(
        f"{row['metric']}: mean Kendall's tau between tests {row['ours']:.2f} ({_interval(row, '', '.2f')}); between "
        f"seeds {row['across']:.2f} across tests, {row['within']:.2f} within, difference {row['difference']:+.2f} "
        f"({_interval(row, 'difference', '+.2f')}): {row['verdict']}"
        for _, row in overall.iterrows()
    )
    ways = set(overall["verdict"])
    if ways == {"changes"}:
        return Answer(answer, "supported")
    if "changes" in ways:
        return Answer(answer, "partly supported")
    if ways == {"keeps"}:
        return Answer(answer, "not supported")
    return _undecided(answer, overall[["difference", "difference low", "difference high"]], "Kendall's tau")


def _undecided(answer: str, differences: pd.DataFrame, metric: str = "points") -> Answer:
    """An open question, with the difference whose interval is widest. differences: value and ends of the interval."""
    known = differences.dropna()
    if known.empty:
        return Answer(answer, "undecided", metric=metric)
    widest = known.iloc[int((known.iloc[:, 2] - known.iloc[:, 1]).argmax())]
    effect, low, high = map(float, widest)
    return Answer(answer, "undecided", effect, low, high, metric)


def _interval(row: pd.Series, name: str, form: str) -> str:
    """The interval of a table's column, in words."""
    low, high = (row[f"{name} {end}".strip()] for end in ("low", "high"))
    return f"{low:{form}} to {high:{form}}" if np.isfinite(low) else "no interval, for lack of seeds"


def _trained(study: Study, tests: Collection[str]) -> Answer:
    """Whether training beat the backbone as it comes: where it didn't, what differs between losses says little."""
    scored = scores(study)
    ours = over_seeds(scored[scored["loss"] != UNTRAINED], ["loss", "metric", "split"])
    before = scored[scored["loss"] == UNTRAINED].groupby(["metric", "split"])["mean"].mean().rename("before")
    table = ours[ours["split"].isin(tests)].merge(before.reset_index(), on=["metric", "split"])
    better, worse = table["low"] > table["before"], table["high"] < table["before"]
    counts = "; ".join(
        f"{metric}: higher in {better[rows].sum()}, lower in {worse[rows].sum()} of {len(rows)}"
        for metric, rows in table.groupby("metric", sort=False).groups.items()
    )
    answer = f"{counts} combinations of a loss and a split"
    if not (better | worse).any():
        return Answer(answer, "undecided")
    if not worse.any():
        return Answer(answer, "yes")
    return Answer(answer, "partly" if better.any() else "no")


def searched(chosen: pd.DataFrame) -> str:
    """What `lib.hotels.linking_tables.chosen` comes to, in a sentence."""
    if chosen.empty:
        return "Nothing was searched: all losses have the paper's values."
    hyperparameters = chosen.columns[1 : chosen.columns.get_loc("trials")]
    losses_of = {name: chosen.loc[chosen[name].notna(), "loss"] for name in hyperparameters}
    varied = ", ".join(
        name + (f" ({', '.join(losses)})" if len(losses) < len(chosen) else "") for name, losses in losses_of.items()
    )
    lead, edge = 100 * chosen["lead"], (chosen["at the edge"] != "").sum()
    sentence = (
        f"Searched were {varied}, with one seed; the best trial leads the next by {lead.min():.1f} to "
        f"{lead.max():.1f} points of R@1, and chose a value at the edge of what was tried for {edge} of {len(chosen)} "
        "losses."
    )
    shared = [name for name in ("lr", "batch") if name in chosen and chosen[name].nunique(dropna=False) > 1]
    if not shared:
        return sentence
    settings = []
    for combination, rows in chosen.groupby(shared, dropna=False):
        pairs = zip(shared, combination, strict=True)
        setting = ", ".join(f"{name} {value:g}" for name, value in pairs if pd.notna(value))
        areas = ", ".join(f"{row['loss']} {row['AUC of D_SS']:.1f}" for _, row in rows.iterrows())
        settings.append(f"{setting}: {areas}")
    return (
        f"{sentence} Losses differ in {' and '.join(shared)} as well, so that an order of losses is one of those too. "
        f"AUC of D_SS by what was chosen: {'; '.join(settings)}."
    )


def transferred(moved: pd.DataFrame) -> str:
    """What `lib.hotels.linking_tables.transfer` comes to, in a sentence."""
    if moved.empty:
        return "Whether rooms help to link ads was not asked: this study has no untrained run beside the trained ones."
    counts = ", ".join(f"{name} in {count}" for name, count in moved["verdict"].value_counts().items())
    return (
        f"Training on hotel rooms, of {len(moved)} combinations of a loss and a region: {counts} (Holm-corrected). "
        f"Mean difference of R-Precision {moved['difference'].mean():+.3f}."
    )
