"""Ads that lack a text or a picture, names in two Unicode forms, control characters: what is kept, and what is said."""

import csv
import io
import unicodedata
from pathlib import Path

import cv2
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lib.core.errors import DataError
from lib.data import ads, near_duplicates, rejected_rows, splits, vendor_labels
from lib.review import data_tables, one_ad, split_leakage, vendor_analysis
from lib.study import plan
from lib.study.config import Columns, Data

SECRET = "Zanzibar"
NFC, NFD = (unicodedata.normalize(form, "José") for form in ("NFC", "NFD"))


def picture(folder: Path, name: str, number: int) -> str:
    path = folder / "images" / name
    path.parent.mkdir(exist_ok=True)
    cv2.imwrite(str(path), np.random.default_rng(number).integers(0, 255, (9, 12, 3), np.uint8))
    return f"images/{name}"


def layout(encoding: str = "utf-8", **columns) -> Data:
    return Data(source="matched", folder="not used", columns=Columns(**columns), encoding=encoding)


def write(folder: Path, rows: list[list[str]], name: str = "south.csv", encoding: str = "utf-8", header=None) -> None:
    stream = io.StringIO(newline="")
    csv.writer(stream).writerows([header or ["TEXT", "IMAGES", "VENDOR"], *rows])
    (folder / name).write_bytes(stream.getvalue().encode(encoding))


def mixed(folder: Path, name: str = "south.csv") -> None:
    """Sixty ads of six vendors: each third has no text, each fourth of the others no image (none named, or no file)."""
    rows = []
    for ad in range(60):
        text = "" if ad % 3 == 0 else f"{SECRET} text of ad {ad} call 212555{1000 + ad % 6}"
        shown = picture(folder, f"{ad}.png", ad)
        lost = ("", "images/gone.png")[ad % 8 // 4] if ad % 4 == 1 and text else shown
        rows.append([text, lost, f"v{ad % 6}"])
    write(folder, rows, name)


@pytest.fixture
def found(tmp_path) -> ads.Ads:
    mixed(tmp_path)
    return ads.read(tmp_path)


# Ads that lack something


def test_ads_are_kept_for_what_needs_none_of_it(found):
    assert len(found.ads) == found.rows == 60 and found.modalities == ("text", "image")
    without_text = found.ads["text"] < 0
    without_picture = found.pairs.groupby("ad")["image"].max() < 0
    assert without_text.sum() == 20 and without_picture.sum() == 10 and not (without_text & without_picture).any()
    assert len(found.texts) == 40 and len(found.images) == len(found.digests) == 50 and "" not in found.texts
    assert len(found.quarantine) == 30 and found.quarantine["reason"].str.startswith("the ad is kept without a ").all()
    assert not found.quarantine.to_csv().count(SECRET)
    for modality, count in (("text", 40), ("image", 50), ("multimodal", 30)):
        assert len(splits.split(found.pairs, modality, "ad", 1)) == count


def test_the_tenth_is_of_what_has_neither(tmp_path):
    rows = [["", picture(tmp_path, f"{ad}.png", ad), "v"] for ad in range(20)] + [["text", "", "w"]] * 20
    write(tmp_path, [*rows, ["", "", "v"], ["\x01", "images/gone.png", "v"], [f"{SECRET}\x93", "", "w"]])
    found = ads.read(tmp_path)
    assert len(found.ads) == 40 and found.quarantine["row"].gt(41).sum() == 6
    write(tmp_path, rows + [["", "images/gone.png", "v"]] * 5)
    with pytest.raises(DataError, match=r"5 of 45 rows can't be used.*5 × IMAGES: there is no such file"):
        ads.read(tmp_path)


def test_nothing_of_a_modality_is_left(tmp_path):
    write(tmp_path, [["", picture(tmp_path, f"{ad}.png", ad), f"v{ad % 2}"] for ad in range(20)])
    found = ads.read(tmp_path)
    assert found.modalities == ("image",) and found.texts == [] and set(found.pairs["text"]) == {-1}
    with pytest.raises(DataError, match="this data has no texts: a run of 10_text or 12_fusion can't be made"):
        splits.split(found.pairs, "text", "ad", 1)


def test_counts_are_of_what_is_there(found):
    table = data_tables.table_1(found).set_index("region").loc["All"]
    assert table[["Ads", "Texts", "Images", "Vendors"]].tolist() == [60, 40, 50, 6]
    each = data_tables.per_vendor(found)
    assert each[["ads", "texts", "images", "pairs"]].sum().tolist() == [60, 40, 50, 30]
    seen = np.full(50, True)
    known = vendor_analysis.factors(found, [], seen)
    assert known["faces"].sum() == 50 and known["no_faces"].sum() == 0  # no ad has the last picture for want of its own


def test_no_text_no_number_and_nothing_to_mask(found):
    texts = [found.texts[text] if text >= 0 else "" for text in found.ads["text"]]
    numbers = [vendor_labels.EXTRACTORS["ours"](text) for text in texts]
    assert sum(map(bool, numbers)) == 40
    assert (vendor_labels.communities(numbers) >= 0).sum() == 40
    missed = vendor_labels.masking_misses(texts, None)
    assert missed.equals(vendor_labels.masking_misses([text for text in texts if text], None))


def test_masking_misses_keeps_ads_and_truth_together():
    known = pd.DataFrame({"phone": ["2125550100", "3105550100"], "name": ["Bay", "Fern"]})
    missed = vendor_labels.masking_misses(["", "Fern is here"], known).set_index("what")
    assert missed.loc["the pseudonym is left"].tolist() == [1, 1.0]


def test_what_is_lacking_crosses_nothing(tmp_path, found):
    study = plan.Study(
        name="x", about="x", data={"source": "matched", "folder": str(tmp_path), "sensitive": False}, runs=[]
    )
    alike = near_duplicates.groups(found, 32, tmp_path / "cache")
    items = split_leakage.items_of(study, found, alike)
    assert {modality for _, modality in items} == {"text", "image", "multimodal"}
    crossed = split_leakage.crossing(items, alike, 20, 1)
    assert crossed["share"].between(0, 1).all()
    assert len(split_leakage.probe(items, found.texts, 20, 1))


def test_chapter_3_where_no_ad_has_both(tmp_path):
    rows = [["", picture(tmp_path, f"{ad}.png", ad), f"v{ad % 4}"] for ad in range(40)]
    write(tmp_path, rows + [[f"words of {ad}, all its own", "", f"v{ad % 4}"] for ad in range(40)])
    study = plan.Study(
        name="x", about="x", data={"source": "matched", "folder": str(tmp_path), "sensitive": False}, runs=[]
    )
    found = ads.read(tmp_path)
    items = split_leakage.items_of(study, found, near_duplicates.groups(found, 32, tmp_path / "cache"))
    assert {modality for _, modality in items} == {"text", "image"}


def test_one_ad_is_found_by_what_it_has():
    """A gallery ad without an image can rank first for a query of both; where all have both, nothing changes."""
    asked = one_ad.Investigation.__new__(one_ad.Investigation)
    about = pd.DataFrame({"ad": [0, 1, 2, 3], "region": "south", "vendor": [0, 0, 1, 1], "text": [0, 1, -1, 2]})
    asked.data = ads.Ads(about, about, ["a", "@robin_x", "c"], [], [], "")
    curves = {
        name: pd.DataFrame({"similarity": [0.1, 0.2, 0.8, 0.9], "right": [False, False, True, True]})
        for name in ("multimodal", "text", "image")
    }
    asked.links = lambda modality, part: curves[modality]
    table = pd.DataFrame(
        {"multimodal": [0.5, np.nan, np.nan, 0.6], "text": [0.5, 0.95, np.nan, 0.6], "image": [0.5, np.nan, 0.05, 0.6]}
    )
    asked.similarities = lambda given: table
    query = dict.fromkeys(("text", "image", "multimodal"), np.zeros((1, 2)))
    shown = asked.candidates(query, "@robin_x")
    assert shown["ad"].tolist() == [1, 3, 0, 2] and shown["confidence"].is_monotonic_decreasing
    assert shown["shared handles"].tolist() == [1, 0, 0, 0] and shown["multimodal similarity"].isna().tolist() == [
        True,
        False,
        False,
        True,
    ]
    table = table.fillna(0.3)
    shown = asked.candidates(query, "@robin_x", most=2)
    assert shown["ad"].tolist() == [3, 0]
    assert np.array_equal(shown["confidence"], asked.calibrated("multimodal").of(np.array([0.6, 0.5])))


# Unicode forms


def test_one_name_in_two_forms_is_one_vendor(tmp_path):
    header = ["TEXT", "IMAGES", "VENDOR", "CITY", "ALIAS"]
    rows = [
        [f"{form} {ad}", picture(tmp_path, f"{ad}.png", ad), form, f" {form}", form]
        for ad, form in enumerate([NFC, NFD] * 5)
    ]
    write(tmp_path, rows, header=header)
    found = ads.read(tmp_path, layout(region="CITY", pseudonym="ALIAS"))
    assert found.labels == [NFC] and found.regions == ["josé"] and set(found.names) == {NFC}
    assert found.training_region("jose\u0301") == "josé"
    assert f"{NFD} 1" in found.texts  # texts are as they were written


def test_a_group_is_of_one_vendor_and_an_ad_without_one_is_by_itself(tmp_path):
    header = ["TEXT", "IMAGES", "VENDOR", "SET"]
    cells = [NFC, f" {NFD} ", NFC, "", "  ", "007", "7", "null"]
    vendors = ["a", "a", "b", *"aaaaa"]
    rows = [[f"text {ad}", "", vendor, cell] for ad, (vendor, cell) in enumerate(zip(vendors, cells, strict=True))]
    rows += [[f"more {ad}", "", "b", "s"] for ad in range(12)] + [["bad", "", "a", "s\x00"]]
    write(tmp_path, rows, header=header)
    found = ads.read(tmp_path, layout(images=None, group="SET"))
    assert found.ads["group"].tolist() == [0, 0, 1, 2, 3, 4, 5, 6] + [7] * 12
    assert found.groups == [NFC, NFC, "", "", "007", "7", "null", "s"]
    assert found.pairs["group"].tolist() == found.ads["group"].tolist()
    noted = found.quarantine[found.quarantine["column"] == "SET"]
    assert noted["row"].tolist() == [5, 6, 22] and "control character" in noted["reason"].iloc[2]
    assert noted["reason"].iloc[0] == "the ad is in no group: it is one by itself" and found.rows == 21


def test_a_column_of_groups_that_is_empty_is_none(tmp_path):
    write(tmp_path, [[f"text {ad}", "", "a", ""] for ad in range(9)], header=["TEXT", "IMAGES", "VENDOR", "SET"])
    found = ads.read(tmp_path, layout(images=None, group="SET"))
    assert "group" not in found.ads and not found.groups
    with pytest.raises(DataError, match="it is empty: chapter 01"):
        splits.split(found.pairs, "text", "group", 1)
    with pytest.raises(DataError, match="no column SETS"):
        ads.read(tmp_path, layout(images=None, group="SETS"))


@pytest.mark.parametrize(("named", "stored"), [(NFC, NFD), (NFD, NFC)])
def test_a_picture_is_found_in_either_form(tmp_path, named, stored):
    picture(tmp_path, f"{stored}.png", 1)
    write(tmp_path, [["a", f"images/{named}.png", "1"], ["b", f"images/{stored}.png|images/{named}.png", "1"]])
    found = ads.read(tmp_path)
    assert len(found.images) == 1 and found.images[0].exists() and found.quarantine.empty and len(found.pairs) == 2


def test_two_files_of_one_region_in_two_forms(tmp_path):
    for form in (NFC, NFD.upper()):
        mixed(tmp_path, f"{form}.csv")
    with pytest.raises(DataError, match="Join the two files"):
        ads.read(tmp_path)


@pytest.mark.parametrize("suffix", ["csv", "CSV", "tsv"])
def test_csv_and_tsv_of_one_region_are_two_files(tmp_path, suffix):
    mixed(tmp_path)
    text = (tmp_path / "south.csv").read_text(encoding="utf-8")
    (tmp_path / f"West.{suffix}").write_text(text.replace(",", "\t") if suffix == "tsv" else text, encoding="utf-8")
    assert ads.read(tmp_path).regions == ["south", "west"]
    (tmp_path / f"West.{suffix}").rename(tmp_path / f"South.{suffix}")
    with pytest.raises(DataError, match="is the region south too"):
        ads.read(tmp_path)


@pytest.mark.parametrize("name", ["北京", "广东省", "दिल्ली", "กรุงเทพ", "İstanbul", "75"])
def test_regions_of_any_script(tmp_path, name):
    mixed(tmp_path, f"{name}.csv")
    assert ads.read(tmp_path).regions == [unicodedata.normalize("NFC", name.lower())]


# Characters


C0 = [chr(code) for code in [*range(9), 11, 12, *range(14, 32), 127]]
C1 = [chr(code) for code in range(128, 160)]


@settings(deadline=None)
@given(st.sampled_from([*C0, *C1, "\ud800", "\udfff"]), st.text(max_size=5), st.text(max_size=5))
def test_control_characters_of_both_ranges(character, before, after):
    for problem in (rejected_rows.cell_problem, rejected_rows.text_problem):
        assert problem(before + "x" + character + after)


@settings(deadline=None)
@given(
    st.text(st.characters(exclude_categories=["Cc", "Cs"]), min_size=1).filter(
        lambda text: text.replace("\ufeff", "").strip()
    )
)
def test_all_other_characters_are_fine(text):
    assert rejected_rows.cell_problem(text + "\t\r\n") == ""


def test_windows_text_read_as_latin_1_is_told(tmp_path):
    """Every byte fits Latin-1; what quotes and an ellipsis become is put aside, with the remedy."""
    rows = [[f"“{SECRET}” {ad}…", f"v{ad % 3}"] for ad in range(12)]
    write(tmp_path, rows, encoding="cp1252", header=["TEXT", "VENDOR"])
    with pytest.raises(DataError, match=r"12 of 12 rows.*cp1252") as error:
        ads.read(tmp_path, layout(images=None, encoding="latin-1"))
    assert SECRET not in str(error.value)
    assert ads.read(tmp_path, layout(images=None, encoding="cp1252")).texts[0] == f"“{SECRET}” 0…"
    write(tmp_path, [[f"text {ad}", f"v{ad}"] for ad in range(12)] + [["text", "v\x85"]], header=["TEXT", "VENDOR"])
    assert ads.read(tmp_path, layout(images=None)).quarantine["column"].tolist() == ["VENDOR"]


def test_a_mark_inside_a_label_makes_no_other_vendor(tmp_path):
    """Where files were joined, the second one's byte order mark stands before its first cell."""
    write(tmp_path, [["7", "a"], ["\ufeff7", "b\ufeff"], ["8", "\ufeff"]], header=["VENDOR", "TEXT"])
    with pytest.raises(DataError, match="1 × TEXT: empty"):
        ads.read(tmp_path, layout(images=None))
    write(tmp_path, [["7", "a"], ["\ufeff7", "b\ufeff"]], header=["VENDOR", "TEXT"])
    found = ads.read(tmp_path, layout(images=None))
    assert found.labels == ["7"] and found.texts == ["a", "b\ufeff"]
