"""What is said of own data before anything runs."""

import csv
from pathlib import Path

import pytest

from lib.core.errors import DataError
from lib.pipeline import preflight
from lib.study import plan

SECRET = "Zanzibar"
TEXT = {"notebook": "10_text", "text": ["minilm-l6"], "objective": ["ce"], "seed": [1]}
IMAGE = {"notebook": "11_image", "image": ["efficientnet-lite0"], "objective": ["ce"], "seed": [1]}


def ads(vendors: int = 10, each: int = 8) -> list[list[str]]:
    """Half of each vendor's ads are in the north, the others in the east; no picture is there."""
    return [
        [f"{SECRET} ad {number} of {vendor}", f"{SECRET}.png", f"{SECRET}{vendor}", ("North", "East")[number % 2]]
        for vendor in range(vendors)
        for number in range(each)
    ]


def study(folder: Path, rows: list[list[str]], runs=(TEXT,), images: str | None = None, **data) -> plan.Study:
    with (folder / "posts.csv").open("w", encoding="utf-8", newline="") as stream:
        csv.writer(stream).writerows([["TEXT", "IMAGES", "VENDOR", "PLACE"], *rows])
    columns = {"images": images, "region": "PLACE"}
    own = {"source": "matched", "folder": str(folder), "columns": columns, "sensitive": False, **data}
    return plan.Study(name="x", data=own, training={"batch_size": 64, "per_vendor": 4}, runs=list(runs))


def said(chosen: plan.Study) -> list[str]:
    return preflight.sentences(chosen, chosen.all_runs().values())


def fails(chosen: plan.Study) -> str:
    with pytest.raises(DataError) as error:
        said(chosen)
    message = str(error.value)
    assert "\n" not in message and SECRET not in message
    return message


def test_what_was_read_and_what_is_learned_from(tmp_path):
    read, *splits = said(study(tmp_path, ads(), [TEXT, {**TEXT, "protocol": ["paper"]}, {**TEXT, "seed": [2]}]))
    assert read == (
        "Own data: 80 ads with texts of 10 vendors, in 2 regions (east, north). Systems are trained on east."
    )
    assert [line.split(":")[0] for line in splits] == ["Protocol ad", "Protocol paper"], "each split once"
    assert "of 10 vendors to learn from, less than a batch" in splits[0]
    numbers = [int(word) for word in splits[0].replace(",", "").split() if word.isdigit()]
    assert numbers[0] + sum(numbers[2:]) == 40, "the east's texts: to learn from, to validate, to test"


def test_what_was_put_aside_is_said(tmp_path):
    rows = ads()
    rows[3][2] = ""
    assert said(study(tmp_path, rows))[1].startswith("1 of 80 ads can't be used and were put aside")


def test_many_regions_are_not_all_named(tmp_path):
    rows = [[*row[:3], f"place {number % 30}"] for number, row in enumerate(ads(30, 30))]
    assert "place 19 and 18 more)" in said(study(tmp_path, rows, runs=()))[0]


def test_a_column_of_pictures_that_names_none(tmp_path):
    message = fails(study(tmp_path, ads(), [TEXT, IMAGE], images="IMAGES"))
    assert "data.columns.images is IMAGES" in message and "80 × there is no such file" in message
    assert "images: null" in message


def test_a_region_that_is_not_there(tmp_path):
    assert "there is no region 'noth' among east, north" in fails(study(tmp_path, ads(), train_region="noth"))


def test_runs_that_the_data_is_too_small_for(tmp_path):
    chosen = study(tmp_path, ads(40, 1))
    message = fails(chosen)
    assert message.startswith("text/minilm-l6/ce/ad/seed1, and what else is made of texts by protocol ad: ")
    assert "nothing to train on" in message
    assert len(preflight.sentences(chosen, [])) == 1, "chapters that need no run are made nevertheless"
