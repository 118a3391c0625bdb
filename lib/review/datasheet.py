"""A datasheet for the data of a study: the questions of MATCHED's (A.3, after Gebru et al. 2021), answered in a YAML file."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import yaml

from lib.core.errors import DataError
from lib.data.ads import Ads

# section -> question -> what the paper answers for MATCHED (A.3), in our words
MATCHED = {
    "motivation": {
        "purpose": "To link ads of one vendor by text and pictures where numbers and addresses are missing."
    },
    "composition": {
        "instances": "Escort ads: a text (title, [SEP], description) with one or more pictures, and a vendor's number.",
        "size": "28,513 ads, 27,619 different texts, 55,115 pictures, 3,549 vendors.",
        "sample": "A part of one market, seven cities; only ads with a telephone number and a picture.",
        "missing": "Nothing besides what was masked.",
        "relationships": "Ads that share a telephone number are one vendor's: numbers extracted, components joined.",
        "splits": "0.75, 0.05, 0.20 for training, validation and test.",
        "errors and noise": "Marks, emoji, gaps, random characters in texts; blur and noise in pictures; not quantified.",
        "external resources": "None.",
        "confidential data": "Numbers, mails, ids, dates and links are masked; names and places are not.",
        "offensive content": "Yes: sexual descriptions and pictures.",
        "subpopulations": "Not labelled; ethnicity stands in some texts, and could be inferred from pictures.",
        "identifies persons": "Can't be ruled out, by pictures above all; access is restricted.",
        "sensitive data": "Yes, such as names, places, ethnicity, orientation.",
    },
    "collection": {
        "acquired": "From ads as posted; vendors inferred from extracted telephone numbers.",
        "mechanisms": "Given by a company that had collected the ads.",
        "timeframe": "December 2015 to April 2016.",
        "notified": "No.",
        "consent": "No.",
    },
    "preprocessing": {
        "cleaning": "Identifiers masked in texts; ads without a number or a picture removed; pictures untouched.",
        "raw data kept": "No.",
        "software": "Not published.",
    },
    "uses": {
        "used for": "The paper.",
        "other uses": "Authorship attribution against trafficking and academic research only.",
        "limits": "Names and places in the texts are a risk, which is why access is restricted.",
    },
    "distribution": {
        "how": "On application, after an ethics board's approval.",
        "restrictions": "Agreements to be signed.",
    },
    "maintenance": {"updates": "Better masking and more platforms are planned.", "contributions": "On request."},
}


def table(path: Path | None, ads: Ads) -> pd.DataFrame:
    """The datasheet in `path` beside the paper's: columns `section, question, MATCHED, this data`; without a path nothing
    is answered.

    Raises DataError for a file that can't be read, and for a section or question that isn't one of A.3's.
    """
    answers = {} if path is None else _read(path)
    facts = {
        "ads": f"{len(ads.ads):,}",
        "texts": f"{len(ads.texts):,}",
        "images": f"{len(ads.images):,}",
        "vendors": f"{ads.ads['vendor'].nunique():,}",
        "regions": str(len(ads.regions)),
        "quarantined": f"{len(ads.quarantine):,}",
    }
    rows = []
    for section, questions in MATCHED.items():
        for question, theirs in questions.items():
            answer = str((answers.get(section) or {}).get(question) or "not answered")
            for name, value in facts.items():
                answer = answer.replace(f"{{{name}}}", value)
            rows.append({"section": section, "question": question, "MATCHED": theirs, "this data": answer})
    return pd.DataFrame(rows)


def _read(path: Path) -> dict[str, dict[str, str]]:
    try:
        # plain words only: to YAML's other loaders an answer "no" is a truth value
        answers = yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.BaseLoader)
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise DataError(f"{path}: this datasheet can't be read ({error}). See params/datasheet.yaml.") from error
    if not isinstance(answers, dict) or not all(part == "" or isinstance(part, dict) for part in answers.values()):
        raise DataError(f"{path}: a datasheet is a mapping of sections to questions. See params/datasheet.yaml.")
    for section, questions in answers.items():
        for question in (questions or {}) if section in MATCHED else [""]:
            if question not in MATCHED.get(section, {}):
                raise DataError(
                    f"{path}: a datasheet has no {f'question {question!r} in ' if question else ''}section {section!r}. "
                    "The sections and questions are those of params/datasheet.yaml."
                )
    return answers
