"""The hotels' split files: how they are read, counted, checked and set beside the paper."""

import os
import subprocess
import sys
import traceback
from pathlib import Path

import pandas as pd
import pytest
import yaml

from lib.core import published
from lib.core.errors import DataError
from lib.core.files import ROOT
from lib.hotels import published_splits, split_checks, split_invariants

SHARED = Path(__file__).resolve().parents[2] / "shared" / "data" / "hotelid_splits"
REAL = Path(os.environ.get("HOTEL_SPLITS") or SHARED)

# A data set as B.1 describes it, as branch: (chain, images). Chain 0 is unknown.
BRANCHES = {
    "train": {1: (10, 8), 2: (11, 8)},
    "val1": {1: (10, 2)},
    "val2": {3: (11, 3)},
    "val3": {4: (12, 2)},
    "test1": {2: (11, 2), 3: (11, 2)},
    "test2": {5: (10, 4)},
    "test3": {6: (13, 3)},
    "test4": {7: (0, 2), 8: (0, 5)},
}


def rows(stem: str) -> list[tuple[str, int, int]]:
    return [
        (f"{stem}/{branch}/{number}.jpg", branch, chain)
        for branch, (chain, images) in BRANCHES[stem].items()
        for number in range(images)
    ]


def write(folder: Path, stem: str, content: list[tuple]) -> None:
    pd.DataFrame(content, columns=["image", "label", "super_label"]).to_csv(folder / f"{stem}.csv", index=False)


@pytest.fixture
def files() -> dict[str, list[tuple[str, int, int]]]:
    """The rows of every file, for a test to spoil before `save` writes them."""
    content = {stem: rows(stem) for stem in BRANCHES}
    content["trainval"] = [row for stem in ("train", "val1", "val2", "val3") for row in content[stem]]
    content["all"] = [row for stem in ("trainval", "test1", "test2", "test3", "test4") for row in content[stem]]
    return content


@pytest.fixture
def save(tmp_path, files):
    def save() -> Path:
        for stem, content in files.items():
            write(tmp_path, stem, content)
        return tmp_path

    return save


@pytest.fixture
def fifty(save, files) -> Path:
    """A folder like that of Hotels-50K: no file of a training set or of all, 0 a known chain, one code for each branch
    of unknown chain, in the folder -1 of its pictures."""
    files["test3"] = [(image, branch, 0) for image, branch, _ in files["test3"]]
    files["test4"] = [(f"-1/{image}", branch, 100 + branch) for image, branch, _ in files["test4"]]
    for stem in ("train", "trainval", "all"):
        del files[stem]
    folder = save()
    (folder / "label2chain.csv").write_text("label,chain\n")
    return folder


def violations(folder: Path) -> dict[str, int]:
    """Invariant → violations, for the invariants that don't hold."""
    table = split_invariants.checked(published_splits.read_splits(folder))
    assert (table["holds"] == (table["violations"] == 0)).all()
    return table[~table["holds"]].set_index("invariant")["violations"].to_dict()


# ---- reading


def test_reads_every_file_into_one_table(save, files):
    splits = published_splits.read_splits(save())
    assert list(splits.columns) == ["split", "image", "branch", "chain"]
    assert splits["split"].value_counts().to_dict() == {
        published_splits.FILES[stem]: len(rows) for stem, rows in files.items()
    }
    assert splits["branch"].dtype == "int64" and splits["chain"].dtype == "Int64"


def test_the_unknown_chain_is_the_given_code(save, files):
    files["test4"] = [(image, branch, -1) for image, branch, _ in files["test4"]] + [("new.jpg", 8, 0)]
    folder = save()
    unknown = published_splits.read_splits(folder, unknown_chain=-1).query("split == 'D_??'")["chain"].isna()
    assert unknown.tolist() == [True] * 7 + [False]
    assert published_splits.unknown_chains(folder, -1) == [-1]


def test_where_d_unknown_lacks_that_code_all_its_codes_are_unknown(fifty):
    """As in Hotels-50K: each branch of unknown chain has its own, and 0 is a known chain."""
    assert published_splits.unknown_chains(fifty) == [107, 108]
    splits = published_splits.read_splits(fifty, partial=True)
    assert splits.query("split == 'D_??'")["chain"].isna().all()
    assert splits.query("split == 'D_UU'")["chain"].tolist() == [0, 0, 0]


def test_a_byte_order_mark_and_further_columns_do_no_harm(save):
    folder = save()
    text = (folder / "val2.csv").read_text().splitlines()
    (folder / "val2.csv").write_text("\n".join(f"{line},x" for line in text), encoding="utf-8-sig")
    assert (published_splits.read_splits(folder)["split"] == "D_SU val").sum() == len(rows("val2"))


@pytest.mark.parametrize("folder", ["", "/no/such/folder"])
def test_no_folder_says_how_to_get_the_files(folder):
    with pytest.raises(DataError, match="aarashfeizi/revisited-hotels"):
        published_splits.read_splits(folder)


def test_missing_files_are_all_named(save):
    folder = save()
    (folder / "val2.csv").unlink()
    (folder / "all.csv").unlink()
    with pytest.raises(DataError, match=r"lacks val2\.csv, all\.csv.*aarashfeizi"):
        published_splits.read_splits(folder)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", r"test3\.csv is empty"),
        (b"image,label,super_label\n", r"test3\.csv has a header but no rows"),
        ("image,label,super_label\ncafé.jpg,1,2\n".encode("latin-1"), r"test3\.csv is not UTF-8"),
        (b"image,label\na.jpg,1\n", r"test3\.csv has no column super_label"),
        (b"picture,hotel\na.jpg,1\n", r"has no column image, label, super_label"),
        (b"image,label,super_label\na.jpg,1,2\nb.jpg,1,2,3,4\n", r"not a table of comma.*line 3"),
        (
            b"image,label,super_label\na.jpg,1,2\nb.jpg,1.0,2\n",
            r"row 2 below the header, column label: the value is not a whole number",
        ),
        (
            b"image,label,super_label\na.jpg,1,Inn\n",
            r"row 1 below the header, column super_label: the value is not a whole number",
        ),
        (b"image,label,super_label\na.jpg,1,\n", r"row 1 below the header, column super_label"),
        (b"image,label,super_label\na.jpg,1\n", r"row 1 below the header, column super_label"),
        (b"image,label,super_label\na.jpg,99999999999999999999,1\n", r"row 1 below the header, column label"),
        (b"image,label,super_label\n,1,2\n", r"row 1 below the header, column image: the value is not a path"),
    ],
)
def test_a_bad_file_is_one_paragraph(save, content, message):
    folder = save()
    (folder / "test3.csv").write_bytes(content)
    with pytest.raises(DataError, match=message) as error:
        published_splits.read_splits(folder)
    assert "\n" not in str(error.value).strip()


def test_an_error_does_not_show_the_value(save):
    folder = save()
    (folder / "test3.csv").write_text("image,label,super_label\na.jpg,Grand Hotel,2\n")
    with pytest.raises(DataError) as error:
        published_splits.read_splits(folder)
    assert "Grand Hotel" not in "".join(traceback.format_exception(error.value))


def test_the_unknown_chain_must_be_a_whole_number(save):
    with pytest.raises(DataError, match="unknown_chain"):
        published_splits.read_splits(save(), unknown_chain="0")


def test_a_folder_without_any_of_the_files_is_an_error(tmp_path):
    (tmp_path / "label2chain.csv").write_text("label,chain\n")
    with pytest.raises(DataError, match=r"lacks train\.csv, trainval\.csv.*aarashfeizi"):
        published_splits.read_splits(tmp_path, partial=True)


# ---- counting


def test_sizes(save):
    sizes = published_splits.split_sizes(published_splits.read_splits(save())).set_index("split")
    assert list(sizes.index) == list(published_splits.FILES.values())
    assert sizes.loc["Total", ["images", "branches", "chains", "images_of_unknown_chain"]].tolist() == [41, 8, 4, 7]
    assert sizes.loc["D_??", ["branches", "chains", "fewest", "median", "most"]].tolist() == [2, 0, 2, 3.5, 5]
    seen = ["reference", "branches_in_train", "branches_in_trainval", "chains_in_train", "chains_in_trainval"]
    assert sizes.loc["D_SS", seen].tolist() == ["Trainval", 1, 2, 1, 1]
    assert sizes.loc["D_SU val", seen].tolist() == ["Train", 0, 1, 1, 1]
    assert sizes.loc["D_UU val", seen].tolist() == ["Train", 0, 1, 0, 1]
    assert sizes.loc["D_UU", seen].tolist() == ["Trainval", 0, 0, 0, 0]


def test_class_sizes_count_every_branch_once(save):
    splits = published_splits.read_splits(save())
    table = split_checks.class_sizes(splits, width=5)
    assert table[table["split"] == "D_??"][["images_from", "branches"]].values.tolist() == [[0, 1], [5, 1]]
    branches = published_splits.split_sizes(splits).set_index("split")["branches"]
    assert table.groupby("split", observed=True)["branches"].sum().to_dict() == branches.to_dict()


# ---- checking


def test_a_sound_data_set_breaks_only_the_fifth(save):
    # A fifth of a branch's ten or fewer images is less than the two that B.1's other threshold asks for.
    assert violations(save()) == {"D_SS: a fifth of a branch's images or fewer": 1}


def planted(files, *changes):
    """Append (file, image, branch, chain) to the file and to the wholes that contain it."""
    wholes = {"train": ["trainval", "all"], "val1": ["trainval", "all"], "val2": ["trainval", "all"]}
    for stem, *row in changes:
        for name in [stem, *wholes.get(stem, ["all"])]:
            files[name].append(tuple(row))


TESTS_SHARE = "Trainval, D_SS, D_SU, D_UU, D_?? share no picture"
VALS_SHARE = "Train, D_SS val, D_SU val, D_UU val share no picture"


@pytest.mark.parametrize(
    ("changes", "invariant", "count"),
    [
        ([("test2", "test2/5/0.jpg", 5, 10)], "A file lists each picture once", 2),  # in test2 and in all
        ([("test3", "test2/5/0.jpg", 6, 13)], "A picture has the same branch and chain in every file", 1),
        ([("test2", "new.jpg", 5, 11)], "A branch has one chain", 1),
        ([("test2", "new.jpg", 9, 10)], "A branch has two images or more in a split that has it", 2),  # test2 and all
        ([("test4", "new.jpg", 7, 10)], "D_?? has pictures of unknown chain only", 1),
        ([("test2", "new.jpg", 5, 0)], "All pictures of unknown chain are in D_??", 1),
        ([("test1", "test2/5/0.jpg", 5, 10)], TESTS_SHARE, 1),
        ([("val2", "train/1/0.jpg", 1, 10)], VALS_SHARE, 1),
        ([("test1", "new.jpg", 7, 0)], "D_SU, D_UU, D_?? hold all images of their branches in Total", 1),
        ([("val1", "new.jpg", 3, 11)], "D_SU val, D_UU val hold all images of their branches in Trainval", 1),
        ([("test1", "new.jpg", 9, 10)], "D_SS: branches are seen in Trainval", 1),
        ([("test1", "new.jpg", 9, 19)], "D_SS: chains are seen in Trainval", 1),
        ([("test2", "new.jpg", 1, 10)], "D_SU: branches are new to Trainval", 1),
        ([("test2", "new.jpg", 9, 19)], "D_SU: chains are seen in Trainval", 1),
        ([("test3", "new.jpg", 1, 13)], "D_UU: branches are new to Trainval", 1),
        ([("test3", "new.jpg", 9, 10)], "D_UU: chains are new to Trainval", 1),
        ([("test4", "new.jpg", 9, 19)], "Trainval has all known chains of Total but D_UU's", 1),
        ([("val1", "new.jpg", 9, 10)], "D_SS val: branches are seen in Train", 1),
        ([("val1", "new.jpg", 9, 19)], "D_SS val: chains are seen in Train", 1),
        ([("val2", "new.jpg", 1, 10)], "D_SU val: branches are new to Train", 1),
        ([("val2", "new.jpg", 9, 19)], "D_SU val: chains are seen in Train", 1),
        ([("val3", "new.jpg", 1, 12)], "D_UU val: branches are new to Train", 1),
        ([("val3", "new.jpg", 9, 10)], "D_UU val: chains are new to Train", 1),
        ([("val1", "new.jpg", 9, 19)], "Train has all known chains of Trainval but D_UU val's", 1),
        ([("test1", f"new{i}.jpg", 2, 11) for i in range(3)], "D_SS: as before, or the split's fewest", 1),
        ([("val1", f"new{i}.jpg", 2, 11) for i in range(3)], "D_SS val: as before, or the split's fewest", 1),
        ([("val1", f"new{i}.jpg", 2, 11) for i in range(3)], "D_SS val: a fifth of a branch's images or fewer", 1),
    ],
)
def test_a_planted_violation_is_found(save, files, changes, invariant, count):
    planted(files, *changes)
    assert violations(save()).get(invariant) == count


@pytest.mark.parametrize(
    ("whole", "invariant"),
    [
        ("all", "Trainval, D_SS, D_SU, D_UU, D_?? make up Total"),
        ("trainval", "Train, D_SS val, D_SU val, D_UU val make up Trainval"),
    ],
)
def test_a_picture_of_no_part_is_found(save, files, whole, invariant):
    files[whole].append(("new.jpg", 1, 10))
    assert violations(save())[invariant] == 1


def test_every_invariant_has_a_test(save):
    marks = test_a_planted_violation_is_found.pytestmark + test_a_picture_of_no_part_is_found.pytestmark
    tested = {value for mark in marks for case in mark.args[1] for value in case if isinstance(value, str)}
    tested |= set(violations(save()))
    assert tested >= set(split_invariants.checked(published_splits.read_splits(save()))["invariant"])


def test_only_what_the_paper_says_of_the_tests_has_a_plain_place(save):
    findings = split_invariants.checked(published_splits.read_splits(save())).set_index("invariant")["place"]
    assert findings["D_UU: chains are new to Trainval"] == "§2.2"
    assert findings["D_UU val: chains are new to Train"] == "§2.2, by analogy"
    assert findings[VALS_SHARE] == "implied"


def test_findings_name_no_picture(save, files):
    planted(files, ("test1", "test2/5/0.jpg", 5, 10))
    findings = split_invariants.checked(published_splits.read_splits(save()))
    assert not findings.astype(str).apply(lambda column: column.str.contains("jpg")).any(axis=None)


# ---- files that are missing, galleries that were made equal


def test_what_missing_files_leave_is_checked_and_the_rest_is_named(fifty):
    splits = published_splits.read_splits(fifty, partial=True)
    done, left = split_invariants.checked(splits, True), split_invariants.not_checked(splits, True)
    assert done["holds"].all() and not set(done["invariant"]) & set(left["invariant"])
    why = left.set_index("invariant")["why"]
    assert why["D_?? has pictures of unknown chain only"] == split_invariants.BY_CONSTRUCTION
    assert why["D_SS: branches are seen in Trainval"] == "without trainval.csv"
    assert why["D_SU val, D_UU val hold all images of their branches in Trainval"] == "without trainval.csv, train.csv"
    parts = "D_SS val, D_SU val, D_UU val, D_SS, D_SU, D_UU, D_??"
    counts = done.set_index("invariant")["checked"]
    assert counts[f"{parts} share no picture"] == len(splits)
    assert counts[f"D_SU, D_UU, D_??: branches are in no other of {parts}"] == 4
    assert not done["invariant"].str.contains("Trainval").any()
    sizes = published_splits.split_sizes(splits)
    assert not [name for name in sizes if "_in_train" in name]
    assert "can't be told" in split_checks.train_in_words(sizes)
    assert len(split_checks.listed(splits)) == len(splits)


@pytest.mark.parametrize(
    ("stem", "row", "invariant"),
    [
        ("test3", ("val2/3/0.jpg", 6, 0), "D_SS val, D_SU val, D_UU val, D_SS, D_SU, D_UU, D_?? share no picture"),
        ("test2", ("new.jpg", 3, 11), "D_SU, D_UU, D_??: branches are in no other of D_SS val, D_SU val"),
        ("val1", ("new.jpg", 1, 0), "D_UU: chains are in no other of D_SS val, D_SU val"),
        ("val1", ("new.jpg", 4, 12), "D_SU val, D_UU val: branches are in no other of D_SS val"),
        ("val2", ("new.jpg", 3, 108), "All pictures of unknown chain are in D_??"),
    ],
)
def test_a_violation_is_found_without_the_training_files(fifty, stem, row, invariant):
    with (fifty / f"{stem}.csv").open("a") as file:
        file.write(",".join(map(str, row)) + "\n")
    done = split_invariants.checked(published_splits.read_splits(fifty, partial=True), True)
    (broken,) = done.loc[done["invariant"].str.startswith(invariant), "holds"]
    assert not broken


def test_the_files_and_codes_are_said(fifty, save):
    splits = published_splits.read_splits(fifty, partial=True)
    said = split_checks.files_in_words(fifty, splits)
    assert "7 of 10 split files" in said and "; train.csv, trainval.csv, all.csv (Train" in said
    assert "label2chain.csv" in said
    assert "without trainval.csv." in split_checks.without(splits, "It", ["Trainval", "D_SS"])
    said = split_checks.unknown_in_words(splits, published_splits.unknown_chains(fifty), 0)
    assert "2 codes of 2 branches" in said and "7 of its 7 pictures, and 0 of 18 others" in said
    assert split_checks.unknown_in_words(splits, [0], 0) == "The code of an unknown chain is 0."
    table = split_checks.compare(published_splits.split_sizes(splits), published.table("hotels", 2))
    assert (table.query("place == 'Total'")["verdict"] == "not testable here").all()
    assert "of 20 figures 0 are equal to ours; Images of D_SS val: 22,121, ours 2" in split_checks.compared_in_words(
        table
    )


def test_whole_files_leave_nothing_unchecked(save, files):
    splits = published_splits.read_splits(save())
    assert split_invariants.not_checked(splits).empty and not split_checks.without(splits, "It", ["Total"])
    assert "1 of the 2 branches of D_SS are not seen (50%)" in split_checks.train_in_words(
        published_splits.split_sizes(splits)
    )


def test_of_equal_galleries_nothing_is_asked_that_needs_all_images(save, files):
    files["test1"], files["test2"] = rows("test1")[:2], rows("test2")[:2]
    files["test3"] = rows("test3")[:2]
    files["all"] = [row for stem in ("trainval", "test1", "test2", "test3", "test4") for row in files[stem]]
    files["all"].append(rows("test3")[2])  # of a new branch, and in no gallery
    left = split_invariants.not_checked(published_splits.read_splits(save()))
    assert set(left["why"]) == {split_invariants.GALLERIES_MADE_EQUAL} and len(left) == 5
    assert not left["invariant"].str.contains(" val").any(), "those galleries are as they were"
    assert "D_SS: a fifth of a branch's images or fewer" not in violations(save())


# ---- beside the paper


def test_the_table_of_a_data_set():
    assert split_checks.table_of("Revisited Hotel-ID") == 3
    with pytest.raises(DataError, match="Revisited Hotels-50K and Revisited Hotel-ID"):
        split_checks.table_of("Hotel-ID")


def test_compare_gives_every_verdict(save):
    sizes = published_splits.split_sizes(published_splits.read_splits(save())).query("split in ['Train', 'D_??']")
    printed = pd.DataFrame(
        [("Train", "Images", 16.0), ("Train", "Branches", 3.0), ("D_??", "Chains", None), ("Elsewhere", "Images", 5.0)],
        columns=["split", "metric", "mean"],
    )
    table = split_checks.compare(sizes, printed).set_index(["place", "quantity"])
    assert list(table.columns) == ["published", "ours", "difference", "verdict"]
    assert table.loc[("Train", "Images")].tolist() == [16, 16, 0, "equal"]
    assert table.loc[("Train", "Branches")].tolist() == [3, 2, -1, "differs"]
    assert table.loc[("D_??", "Chains"), "verdict"] == "not printed"
    assert table.loc[("Train", "Chains"), "verdict"] == "not printed"  # a row that the paper lacks is shown too
    assert table.loc[("Elsewhere", "Images"), "verdict"] == "not testable here"


def test_the_graph_tells_chapter_40_whose_split_files_they_are(save):
    """Those of Hotels-50K have another code for an unknown chain, and stand in another table."""
    folder = save()
    given = {"table_6": "Revisited Hotels-50K", "unknown_chain": -1}
    own = {"name": "fifty", "hotels": given, "chapters": ["40_hotel_splits"], "hotel_splits": str(folder)}
    (folder / "fifty.yaml").write_text(yaml.safe_dump(own))
    command = [sys.executable, "-m", "snakemake", "--dry-run", "--printshellcmds", "--nolock", "--cores", "1"]
    done = subprocess.run(
        [*command, "--config", f"study={folder}/fifty.yaml"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        env={name: value for name, value in os.environ.items() if name != "HOTEL_SPLITS"},
    )
    assert done.returncode == 0, done.stdout + done.stderr
    (asked,) = [line for line in done.stdout.splitlines() if "40_hotel_splits" in line and "--parameters" in line]
    assert '"unknown_chain": -1' in asked and '"dataset": "Revisited Hotels-50K"' in asked


@pytest.mark.skipif(not REAL.is_dir(), reason="the published split files are not here: set HOTEL_SPLITS")
def test_the_published_files():
    splits = published_splits.read_splits(REAL)
    sizes = published_splits.split_sizes(splits)
    table = split_checks.compare(sizes, published.table("hotels", 3))
    assert set(table["verdict"]) == {"equal", "not printed"}
    assert table.loc[table["verdict"] == "not printed", ["place", "quantity"]].values.tolist() == [["D_??", "Chains"]]
    total = sizes.query("split == 'Total'").assign(split="Revisited Hotel-ID")
    table = split_checks.compare(total, published.table("hotels", 1), by="system").set_index("place")
    assert set(table.loc["Revisited Hotel-ID", "verdict"]) == {"equal"}
    findings = split_invariants.checked(splits)
    assert set(findings.loc[~findings["holds"], "invariant"]) == {
        "D_SS: a fifth of a branch's images or fewer",
        "D_SS val: a fifth of a branch's images or fewer",
    }
