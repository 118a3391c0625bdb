"""What a study says of itself: two reporting checklists (chapter 93) and a datasheet of its data (chapter 01).

The checklists are answered in params/checklist.yaml. The datasheet has the questions of MATCHED's (A.3, after Gebru et
al. 2021), answered in a file like params/datasheet.yaml; the paper's answers are in `questionnaires.yaml`.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from string import Formatter

import pandas as pd
import yaml

from lib.core import yaml_files
from lib.core.errors import DataError
from lib.core.files import ROOT, read_json
from lib.data.ads import Ads
from lib.study.plan import Study

CHECKLISTS = ROOT / "params" / "checklist.yaml"
EXPECTED = "expected are checklists, sections, and a question with its answer a line, as in params/checklist.yaml"
FACTS = (
    *("study", "data", "protocol", "bootstrap", "runs", "python", "processor", "cores", "device", "torch", "commit"),
    *("hours", "kwh", "co2", "power", "seeds", "weights", "fingerprint", "ads", "vendors"),
)
"""What a checklist's answers can name, in braces."""
UNKNOWN = "(not in the record)"
NOT_ANSWERED = "not answered"

Answers = dict[str, dict[str, str]]
"""section -> question -> answer"""


def study_facts(study: Study) -> dict[str, str]:
    """FACTS of the study's parameters and of its finished runs' records, as far as they are known."""
    records = [run.record() for run in study.all_runs().values() if run.finished]
    is_twin = study.data.source == "twin"
    twin = f"a synthetic twin at scale {study.data.scale:g}, seed {study.data.seed}"
    facts = {
        "study": study.name,
        "data": twin if is_twin else "the user's own ads",
        "protocol": study.split.protocol,
        "bootstrap": f"{study.bootstrap:,}",
        "runs": str(len(records)),
    }
    if not records:
        return facts
    first, latest = records[0].environment, records[-1].environment
    weights = [f"{weights.label} ({weights.source})" for record in records for weights in record.weights]
    facts |= {name: str(getattr(first, name)) for name in ("python", "processor", "cores", "device")}
    facts |= {
        "torch": first.packages["torch"],
        "commit": ", ".join(dict.fromkeys([first.commit, latest.commit])),
        "hours": f"{sum(record.wall_seconds for record in records) / 3600:.1f}",
        "kwh": f"{sum(record.energy.kwh for record in records):.3f}",
        "co2": f"{1000 * sum(record.energy.co2_kg for record in records):.0f}",
        "power": records[0].energy.method,
        "seeds": ", ".join(map(str, sorted({record.parameters["seed"] for record in records}))),
        "weights": ", ".join(dict.fromkeys(weights)),
    }
    if of_ads := [record for record in records if record.data.train_region]:
        facts["fingerprint"] = of_ads[0].data.fingerprint[:12]
    path = study.data_folder / "twin.json"
    if is_twin and path.exists():
        counts = read_json(path)
        facts |= {name: f"{counts[name]:,}" for name in ("ads", "vendors")}
    return facts


def checklists(study: Study, path: Path = CHECKLISTS) -> pd.DataFrame:
    """Every question with this study's answer: `checklist, section, question, answer`.

    Raises DataError for a file that isn't as params/checklist.yaml, or an answer with a word in braces that is no fact.
    """
    facts = dict.fromkeys(FACTS, UNKNOWN) | study_facts(study)
    lists = yaml_files.read(path, EXPECTED)
    try:
        rows = [
            (checklist, section, question, str(answer))
            for checklist, sections in lists.items()
            for section, questions in sections.items()
            for question, answer in questions.items()
        ]
    except AttributeError as error:
        raise DataError(f"{path}: {EXPECTED} ({error}).") from error
    for _, _, question, answer in rows:
        named = {name for _, name, _, _ in Formatter().parse(answer) if name is not None}
        if unknown := named - facts.keys():
            raise DataError(f"{path}, {question!r}: no record has {{{min(unknown)}}}; there are {', '.join(FACTS)}.")
    table = pd.DataFrame(rows, columns=["checklist", "section", "question", "answer"])
    return table.assign(answer=[answer.format(**facts) for answer in table["answer"]])


@cache
def matched_datasheet() -> Answers:
    """MATCHED's datasheet, in our words."""
    return yaml_files.read(Path(__file__).with_suffix(".yaml"), "expected are sections, questions and answers")


def datasheet(path: Path | None, ads: Ads) -> pd.DataFrame:
    """The datasheet in `path` beside the paper's: `section, question, MATCHED, this data`.

    `{ads}`, `{texts}` and the like are filled in from the data; without a path nothing is answered. Raises DataError
    for a file that can't be read, and for a section or question that isn't one of A.3's.
    """
    answers = {} if path is None else _read_datasheet(path)
    facts = {
        "ads": f"{len(ads.ads):,}",
        "texts": f"{len(ads.texts):,}",
        "images": f"{len(ads.images):,}",
        "vendors": f"{ads.ads['vendor'].nunique():,}",
        "regions": str(len(ads.regions)),
        "quarantined": f"{len(ads.quarantine):,}",
    }
    rows = []
    for section, questions in matched_datasheet().items():
        for question, in_paper in questions.items():
            answer = str((answers.get(section) or {}).get(question) or NOT_ANSWERED)
            for name, value in facts.items():
                answer = answer.replace(f"{{{name}}}", value)
            rows.append((section, question, in_paper, answer))
    return pd.DataFrame(rows, columns=["section", "question", "MATCHED", "this data"])


def _read_datasheet(path: Path) -> Answers:
    """Its answers, all text; a section without answers is empty."""
    try:
        # plain words only: to YAML's other loaders an answer "no" is a truth value
        answers = yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.BaseLoader)
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise DataError(f"{path}: this datasheet can't be read ({error}). See params/datasheet.yaml.") from error
    if not isinstance(answers, dict) or not all(part == "" or isinstance(part, dict) for part in answers.values()):
        raise DataError(f"{path}: a datasheet is a mapping of sections to questions. See params/datasheet.yaml.")
    for section, questions in answers.items():
        if section not in matched_datasheet():
            raise DataError(f"{path}: a datasheet has no section {section!r}. {_SEE}")
        for question in questions or {}:
            if question not in matched_datasheet()[section]:
                raise DataError(f"{path}: a datasheet has no question {question!r} in section {section!r}. {_SEE}")
    return answers


_SEE = "The sections and questions are those of params/datasheet.yaml."
