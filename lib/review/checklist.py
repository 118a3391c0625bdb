"""Two reporting checklists, answered in params/checklist.yaml and filled in from a study's record."""

from __future__ import annotations

from pathlib import Path
from string import Formatter

import pandas as pd

from lib.core import yaml_files
from lib.core.errors import DataError
from lib.core.files import ROOT, read_json
from lib.study.plan import Study

PATH = ROOT / "params" / "checklist.yaml"
UNKNOWN = "(not in the record)"
EXPECTED = "expected are checklists, sections, and a question with its answer a line, as in params/checklist.yaml"


def record(study: Study) -> dict[str, str]:
    """What answers can name: of the study's parameters and of its finished runs' metrics.json."""
    runs = [run.record() for run in study.all_runs().values() if run.finished]
    twin = study.data.source == "twin"
    found = {
        "study": study.name,
        "data": f"a synthetic twin at scale {study.data.scale:g}, seed {study.data.seed}"
        if twin
        else "the user's own ads",
        "protocol": study.split.protocol,
        "bootstrap": f"{study.bootstrap:,}",
        "runs": str(len(runs)),
    }
    if not runs:
        return found
    ads = [run for run in runs if run.data.train_region]
    first, latest = runs[0].environment, runs[-1].environment
    energy = [run.energy for run in runs]
    found |= {name: str(getattr(first, name)) for name in ("python", "processor", "cores", "device")}
    found |= {
        "torch": first.packages["torch"],
        "commit": ", ".join(dict.fromkeys([first.commit, latest.commit])),
        "hours": f"{sum(run.wall_seconds for run in runs) / 3600:.1f}",
        "kwh": f"{sum(one.kwh for one in energy):.3f}",
        "co2": f"{1000 * sum(one.co2_kg for one in energy):.0f}",
        "power": energy[0].method,
        "seeds": ", ".join(map(str, sorted({run.parameters["seed"] for run in runs}))),
        "weights": ", ".join(dict.fromkeys(f"{one.label} ({one.source})" for run in runs for one in run.weights)),
    }
    if ads:
        found["fingerprint"] = ads[0].data.fingerprint[:12]
    path = study.data_folder / "twin.json"
    if twin and path.exists():
        made = read_json(path)
        found |= {name: f"{made[name]:,}" for name in ("ads", "vendors")}
    return found


def table(study: Study, path: Path = PATH) -> pd.DataFrame:
    """Every question with this study's answer: `checklist, section, question, answer`. Raises DataError for a file that isn't as params/checklist.yaml, or a word in braces
    that no record has."""
    known, rows = record(study), []
    lists = yaml_files.read(path, EXPECTED)
    try:
        for name, sections in lists.items():
            for section, questions in sections.items():
                rows += [
                    {"checklist": name, "section": section, "question": question, "answer": answer}
                    for question, answer in questions.items()
                ]
    except AttributeError as error:
        raise DataError(f"{path}: {EXPECTED} ({error}).") from error
    names = {*FILLED}
    for row in rows:
        asked = {name for _, name, _, _ in Formatter().parse(str(row["answer"])) if name is not None}
        if wrong := asked - names:
            raise DataError(
                f"{path}, {row['question']!r}: no record has {{{min(wrong)}}}; there are {', '.join(FILLED)}."
            )
        row["answer"] = str(row["answer"]).format(**{name: known.get(name, UNKNOWN) for name in asked})
    return pd.DataFrame(rows)


FILLED = (
    "study", "data", "protocol", "bootstrap", "runs", "python", "processor", "cores", "device", "torch", "commit", "hours", "kwh", "co2", "power", "seeds", "weights",
    "fingerprint", "ads", "vendors",
)  # fmt: skip
"""Words in braces that answers may have."""
