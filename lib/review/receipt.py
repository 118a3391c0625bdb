"""The receipt of a study that was run again: what its comparison with the published study came to, and what differs.

`lib.review.receipt_numbers` makes it. It is read without the libraries that this takes, so that a study with nothing to
do ends at once.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from statistics import median
from typing import Any

from lib.core.files import read_json
from lib.study import difference, plan

STALE = "code, own data or weights of"
"""In `differs`: the runs and chapters whose keys differ."""


class Judgement(StrEnum):
    """How a new number stands to the published one."""

    EQUAL = "equal"  # to the last digit, its interval too
    TOLERANCE = "within tolerance"  # of the device and precision (receipt_numbers.TOLERANCES), its interval too
    INTERVAL = "within its interval"  # the published one; its own interval may have changed
    DIFFERENT = "different"
    ABSENT = "not made here"


def what_differs(published: Mapping[str, Any], here: Mapping[str, Any]) -> dict[str, Any]:
    """What else differs between two studies' records (study.json): `what -> [published, here]`; only what does."""
    one, two = published["environment"], here["environment"]
    keys = {
        kind: {name: run["key"] for name, run in record["runs"].items()} | record["chapters"]
        for kind, record in (("published", published), ("here", here))
    }
    shared = keys["published"].keys() & keys["here"].keys()
    stale = sorted(name for name in shared if keys["published"][name] != keys["here"][name])
    packages = {name: [version, two["packages"].get(name)] for name, version in one["packages"].items()}
    found = {name: [one.get(name), two.get(name)] for name in ("commit", "python", "processor", "cores", "device")}
    if "precision" in published:  # older studies don't say it
        found["precision"] = [published["precision"], here["precision"]]
    files = [record.get("own_hotels", "") for record in (published, here)]
    if files[0] != files[1]:
        found["own files of hotels (splits or pictures)"] = [f"{text[:12]} …" if text else "none" for text in files]
    found |= {f"version of {name}": versions for name, versions in packages.items()}
    different = {name: values for name, values in found.items() if values[0] != values[1]}
    return different | ({STALE: stale} if stale else {})


def times(published: Mapping[str, Any], here: Mapping[str, Any]) -> dict[str, Any]:
    """How long the study and its runs took, here and as published: `published`, `here` (seconds of the whole study,
    where it ran whole) and `runs`: the median over runs, and the least and most, of here / published."""
    pairs = [
        (run["wall_seconds"], here["runs"][name]["wall_seconds"])
        for name, run in published["runs"].items()
        if name in here["runs"] and run["wall_seconds"] > 0
    ]
    ratios = [two / one for one, two in pairs]
    spread = [round(value, 3) for value in (median(ratios), min(ratios), max(ratios))] if ratios else []
    return {"published": published.get("wall_seconds"), "here": here.get("wall_seconds"), "runs": spread}


def obstacle(published: Path, here: Path) -> str:
    """Why there is no receipt, as a sentence; '' where there can be one."""
    if not (published / "study.json").exists():
        return "nothing is published under this name."
    one, two = (read_json(folder / "study.json")["parameters"] for folder in (published, here))
    if differs := difference.parameters(one, two, plan.OF_NO_RESULT):
        return f"what is published was run with other parameters: {differs}."
    return ""


def line(receipt: Mapping[str, Any]) -> str:
    """A receipt in a sentence, for the console."""
    judged = receipt["judgements"]
    others = [f"{judged[name]:,} {name}" for name in map(str, Judgement) if name != "equal" and judged[name]]
    changed = len(receipt["verdicts_changed"])
    verdicts = f"{changed} {'verdict' if changed == 1 else 'verdicts'} changed"
    equal = f"{judged['equal']:,} of {receipt['numbers']:,} published numbers equal"
    return ", ".join([equal, *(text.replace("its interval", "their intervals") for text in others), verdicts])


def times_in_words(times: Mapping[str, Any]) -> str:
    """How the machine's times compare (`times`), in a sentence or two."""
    said = []
    if times["published"] and times["here"]:
        said.append(f"The whole study took {times['here']:.0f} s here and {times['published']:.0f} s when published.")
    if times["runs"]:
        middle, least, most = times["runs"]
        said.append(f"A run took {middle:.2f} times as long as then (median; {least:.2f} to {most:.2f}).")
    return " ".join(said) or "No run is in both."


def exists(folder: Path) -> bool:
    """Whether a study has a receipt."""
    return (folder / "receipt.json").exists()


def current(published: Path, here: Path) -> dict[str, Any] | None:
    """The receipt in a study's folder `here` if it is of what now stands there and is published."""
    if not exists(here):
        return None
    receipt: dict[str, Any] = read_json(here / "receipt.json")
    finished = [read_json(folder / "study.json")["finished"] for folder in (published, here)]
    return receipt if [receipt["published"], receipt["finished"]] == finished else None
