"""lib.review.questionnaires, the datasheet: every question of A.3 has its row, and a slip in the file is named."""

import pandas as pd
import pytest
import yaml

from lib.core.errors import DataError
from lib.core.files import ROOT
from lib.data.ads import Ads
from lib.review import questionnaires

OURS = ROOT / "params" / "datasheet.yaml"
QUESTIONS = [
    (section, question) for section, questions in questionnaires.matched_datasheet().items() for question in questions
]


@pytest.fixture
def ads() -> Ads:
    """1,200 ads with 7 texts and 3 pictures of 40 vendors in two regions, 2 entries put aside."""
    table = pd.DataFrame(
        {
            "ad": range(1200),
            "region": ["south", "west"] * 600,
            "vendor": [ad % 40 for ad in range(1200)],
            "text": [ad % 7 for ad in range(1200)],
        }
    )
    aside = pd.DataFrame({"file": "south.csv", "row": [2, 3], "column": "TEXT", "reason": "empty"})
    return Ads(table, table.assign(image=0), list("abcdefg"), list("123"), [], "", quarantine=aside)


@pytest.fixture
def answered(tmp_path, ads):
    def table(answers) -> pd.DataFrame:
        path = tmp_path / "sheet.yaml"
        path.write_text(answers if isinstance(answers, str) else yaml.safe_dump(answers), encoding="utf-8")
        return questionnaires.datasheet(path, ads).set_index(["section", "question"])["this data"]

    return table


def test_the_twin_answers_every_question(ads):
    table = questionnaires.datasheet(OURS, ads)
    assert list(zip(table["section"], table["question"], strict=True)) == QUESTIONS
    assert not table["this data"].isin(["not answered", ""]).any()
    assert not table["this data"].str.contains(r"[{}]").any()  # every fact is filled in
    assert (table["MATCHED"].str.len() > 1).all()


def test_the_papers_answers_agree_with_its_table_1():
    from lib.core import published

    counts = published.table("matched", 1).query("split == 'All'").set_index("metric")["mean"]
    for name in ("Ads", "Texts", "Images", "Vendors"):
        assert f"{counts[name]:,.0f}" in questionnaires.matched_datasheet()["composition"]["size"]


def test_facts_are_filled_in(answered):
    size = "{ads} ads, {texts} texts, {images} pictures, {vendors} vendors, {regions} regions, {quarantined}; {other}"
    found = answered({"composition": {"size": size}})
    assert found["composition", "size"] == "1,200 ads, 7 texts, 3 pictures, 40 vendors, 2 regions, 2; {other}"


def test_what_is_missing_is_not_answered(answered):
    found = answered({"uses": {"limits": "Many.", "used for": ""}})
    assert found["uses", "limits"] == "Many."
    assert (found.drop([("uses", "limits")]) == "not answered").all() and len(found) == len(QUESTIONS)


def test_without_a_file_nothing_is_answered(ads):
    """Own data must not be given the twin's answers."""
    assert (questionnaires.datasheet(None, ads)["this data"] == "not answered").all()


@pytest.mark.parametrize("word", ["No", "no", "Yes", "0"])
def test_a_plain_no_is_an_answer(answered, word):
    assert answered(f"collection:\n  consent: {word}\n")["collection", "consent"] == word


def test_a_section_without_answers_is_not_answered(answered):
    assert answered("uses:\nmotivation:\n  purpose: x\n")["uses", "limits"] == "not answered"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("uses:\n  limitations: x\n", ["'limitations'", "'uses'"]),
        ("uses:\n  limits: x\nfunding:\n  who: x\n", ["'funding'"]),
        ("motivation:\n  limits: x\n", ["'limits'", "'motivation'"]),  # of another section
        ("funding: {}\n", ["'funding'"]),
        ("uses: a sentence\n", ["mapping"]),
        ("- uses\n", ["mapping"]),
        ("", ["mapping"]),
        ("uses: {limits: x\n", ["read"]),
        ("uses: !!python/object/apply:os.getcwd []\n", ["mapping"]),
    ],
)
def test_a_slip_is_named(answered, tmp_path, text, words):
    with pytest.raises(DataError) as error:
        answered(text)
    for word in [*words, str(tmp_path / "sheet.yaml"), "params/datasheet.yaml"]:
        assert word in str(error.value)


def test_a_file_that_is_not_there_or_no_text(tmp_path, ads):
    with pytest.raises(DataError, match=r"none\.yaml"):
        questionnaires.datasheet(tmp_path / "none.yaml", ads)
    (tmp_path / "latin.yaml").write_bytes("uses: {limits: für}".encode("latin-1"))
    with pytest.raises(DataError, match=r"latin\.yaml"):
        questionnaires.datasheet(tmp_path / "latin.yaml", ads)
