"""Bundles of finished runs: what goes in comes out, whenever the machine vanishes, and nothing else comes in."""

import errno
import hashlib
import io
import itertools
import json
import os
import pickle
import random
import signal
import tarfile
import time
import traceback
from types import MappingProxyType

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from safetensors.numpy import save_file

from lib.core import fingerprints
from lib.core.errors import DataError
from lib.core.files import locked, read_json, sha256, write_json, write_text
from lib.pipeline import bundle_checks, bundle_parts, collect
from lib.pipeline.bundles import SMALLEST, Bundle
from lib.runs import embeddings
from lib.study import plan
from lib.study.plan import Study

PART = 60_000
FILES = {
    "history.csv": b"epoch,train_loss\n1,0.5\n",
    "queries.csv": "region,query\nsüd,1\n".encode(),
    "predictions.csv": b"",
    "trials.csv": b"lr,R@1\n0.1,0.5\n",
    "tables/verification.csv": b"metric,mean\nR-Precision@X,0.5\n" * 100,
    "trials/0.json": b'{"key": "0", "R@1": NaN}\n',
    "trials/0/history.csv": b"epoch\n1\n",
    "figures/loss.png": bundle_checks.PNG + bytes(range(256)),
    "figures/loss.svg": b'<?xml version="1.0"?>\n<svg xmlns="http://www.w3.org/2000/svg"></svg>\n',
    "notebook.ipynb": b'{"cells": [], "nbformat": 4}\n',
}
LEFT_OUT = {
    "weights.safetensors": b"w" * 50,
    "checkpoint/0123.ckpt": b"c",
    "notebook.failed.ipynb": b"{}",
    ".notebook.lock": b"",
    "tables/.verification.csv.x.csv": b"",
}
WRITTEN = (*FILES, "metrics.json")


@pytest.fixture
def place(tmp_path, monkeypatch):
    """A machine: place(name) makes a folder of studies the current one, and returns it."""
    current = [tmp_path / "there"]
    monkeypatch.setattr(plan.Study, "folder", property(lambda self: current[0] / self.name))

    def go(name):
        current[0] = tmp_path / name
        return current[0]

    return go


def study(*runs, **settings):
    """A study of these runs, by default a baseline with two seeds."""
    entries = runs or ({"notebook": "14_baselines", "baseline": ["char-ngrams"], "seed": [1, 2]},)
    return Study(name="fake", runs=list(entries), **settings)


def many(count):
    return study({"notebook": "14_baselines", "baseline": ["char-ngrams"], "seed": list(range(count))})


def finish(run, files=FILES, **record):
    """Write a run's folder as a finished run leaves it."""
    for name, content in (files | LEFT_OUT).items():
        path = run.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    code = fingerprints.fingerprint(plan.notebook(run.notebook))
    write_json(run.folder / "metrics.json", {"run": run.name, **run.identity, "code": code, **record})
    return run


def tree(folder):
    """The bytes of all files below a folder but locks, by name."""
    paths = (path for path in folder.rglob("*") if path.is_file() and not path.name.endswith("lock"))
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in paths}


def packed(run, names=WRITTEN):
    return {name: (run.folder / name).read_bytes() for name in names}


LARGE = FILES | {"queries.csv": b"q\n" * 12_000}
"""More than a part of SMALLEST holds."""


def bundle_of(folder, chosen=None, part=PART, files=FILES):
    """A bundle of all runs of a study, each finished first."""
    bundle = Bundle(folder / "file.tar", part)
    for run in (chosen or study()).all_runs().values():
        bundle.add(finish(run, files))
    return bundle


def refused(paths, match, chosen=None):
    """Collecting is refused for this reason, and the study's folder is what it was."""
    chosen = chosen or study()
    before = tree(chosen.folder)
    with pytest.raises(DataError, match=match):
        collect.collect(chosen, paths)
    assert tree(chosen.folder) == before


def members_of(part):
    with tarfile.open(part) as tar:
        return [(info, tar.extractfile(info).read() if info.isreg() else b"") for info in tar]


def rewrite(part, change):
    """A part anew, each member changed by change(info, content) -> a list of members."""
    old = members_of(part)
    with tarfile.open(part, "w", format=tarfile.USTAR_FORMAT) as tar:
        for info, content in itertools.chain.from_iterable(change(*member) for member in old):
            tar.addfile(info, io.BytesIO(content))


# What goes in comes out.


def test_a_study_is_carried_to_another_machine(place, tmp_path):
    bundle = bundle_of(tmp_path)
    before = {name: packed(run) for name, run in study().all_runs().items()}
    place("here")
    result = collect.collect(study(), [tmp_path / "file.tar"])
    runs = study().all_runs()
    assert (result.merged, result.present, result.notes) == (list(runs), [], [])
    for name, run in runs.items():
        assert tree(run.folder) == before[name]
        assert run.finished and run.record().run == name
    assert list(bundle.parts()) == [1]
    assert not list(study().folder.glob(".collect*"))


def test_paths_are_parts_or_folders_too_and_a_run_that_is_here_stays(place, tmp_path):
    bundle = bundle_of(tmp_path, part=SMALLEST)
    place("here")
    [first, second] = study().all_runs().values()
    finish(first, FILES | {"queries.csv": b"own\n"})
    result = collect.collect(study(), [*bundle.parts().values(), tmp_path])
    assert (result.merged, result.present) == ([second.name], [first.name])
    assert (first.folder / "queries.csv").read_bytes() == b"own\n" and (first.folder / "weights.safetensors").exists()
    again = collect.collect(study(), [tmp_path])
    assert (again.merged, again.present) == ([], [first.name, second.name])


def test_an_outdated_run_is_replaced_whole(place, tmp_path):
    """No file of older code stays: its weights would count as those of the new record."""
    bundle_of(tmp_path)
    place("here")
    [first, second] = study().all_runs().values()
    finish(first, key="0" * 16)
    write_text(second.folder / "metrics.json", "{")
    assert collect.collect(study(), [tmp_path]).merged == [first.name, second.name]
    assert set(tree(first.folder)) == set(WRITTEN) and first.record()


def test_vectors_are_carried_where_asked_for(place, tmp_path):
    chosen = study({"notebook": "10_text", "text": ["minilm-l6"], "objective": ["ce"], "seed": [1111]})
    [run] = chosen.all_runs().values()
    items = pd.DataFrame({"region": ["south"] * 5, "part": ["train"] * 5, "vendor": range(5), "text": range(5)})
    vectors = np.random.default_rng(0).normal(size=(5, 8)).astype(np.float32)
    finish(run)
    embeddings.save(run.folder / "embeddings.safetensors", {"text": (items, vectors)})
    Bundle(tmp_path / "with.tar", PART, embeddings=True).add(run)
    Bundle(tmp_path / "without.tar", PART).add(run)
    place("without")
    collect.collect(chosen, [tmp_path / "without.tar"])
    assert not (run.folder / "embeddings.safetensors").exists()
    place("with")
    collect.collect(chosen, [tmp_path / "with.tar"])
    loaded, stored = embeddings.load(run.folder / "embeddings.safetensors")["text"]
    assert loaded["vendor"].tolist() == list(range(5))
    assert np.array_equal(stored, vectors.astype(np.float16).astype(np.float32))


def test_equal_runs_are_equal_bytes(place, tmp_path):
    parts = bundle_of(tmp_path / "one").parts()
    for path in study().folder.rglob("*"):
        os.utime(path, (1, 1))
    again = bundle_of(tmp_path / "two").parts()
    assert [path.read_bytes() for path in parts.values()] == [path.read_bytes() for path in again.values()]
    for info, _ in members_of(parts[1]):
        assert (info.mtime, info.uid, info.gid, info.uname, info.isreg()) == (0, 0, 0, "", True)


@given(
    sizes=st.lists(st.integers(0, 50_000), min_size=1, max_size=6),
    part=st.integers(SMALLEST, 120_000),
    seed=st.integers(0, 100),
)
def test_parts_are_never_too_large_and_nothing_is_lost(tmp_path_factory, sizes, part, seed):
    folder = tmp_path_factory.mktemp("parts")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(plan.Study, "folder", property(lambda self: folder / "there"))
        bundle, chosen, letters = Bundle(folder / "file.tar", part), many(2), random.Random(seed)
        before = {}
        for run in chosen.all_runs().values():
            files = {f"tables/t{n}.csv": letters.randbytes(size).hex().encode()[:size] for n, size in enumerate(sizes)}
            bundle.add(finish(run, files))
            before[run.name] = packed(run, (*files, "metrics.json"))
        parts = bundle.parts()
        assert list(parts) == list(range(1, len(parts) + 1))
        for path in parts.values():
            assert path.stat().st_size <= part
            assert tarfile.is_tarfile(path) and len(members_of(path)) == len(bundle_parts.members(path))
        total = sum(sizes)
        assert len(parts) <= 1 + 2 * (2 * (total + 20_000)) // (part - 10_240)  # parts are filled
        patch.setattr(plan.Study, "folder", property(lambda self: folder / "here"))
        collect.collect(chosen, [folder / "file.tar"])
        assert {run.name: tree(run.folder) for run in chosen.all_runs().values()} == before


def test_a_run_is_packed_once_and_only_when_finished(place, tmp_path):
    bundle = bundle_of(tmp_path, part=SMALLEST)
    before = tree(tmp_path)
    [first, _] = study().all_runs().values()
    assert bundle.add(first) == [] and tree(tmp_path) == before
    (first.folder / "metrics.json").unlink()
    with pytest.raises(DataError, match="not finished"):
        bundle.add(first)
    finish(first, key="0" * 16)
    with pytest.raises(DataError, match="of another run"):
        Bundle(tmp_path / "other.tar", PART).add(first)


def test_a_bundle_goes_on_after_its_parts_even_when_some_were_carried_away(place, tmp_path):
    chosen = many(6)
    runs = list(chosen.all_runs().values())
    for run in runs[:3]:
        Bundle(tmp_path / "file.tar", SMALLEST).add(finish(run, LARGE))
    (tmp_path / "carried").mkdir()
    *carried, last = Bundle(tmp_path / "file.tar", SMALLEST).parts().values()
    for path in carried:
        path.rename(tmp_path / "carried" / path.name)
    before = last.read_bytes()
    for run in runs[3:]:
        Bundle(tmp_path / "file.tar", SMALLEST).add(finish(run, LARGE))
    assert last.read_bytes() == before  # it has the rest of a run that begins elsewhere
    place("here")
    refused(
        [tmp_path / "file.tar"], f"{last.name}: a run in it begins in a part before. Give {carried[-1].name}", chosen
    )
    for path in (tmp_path / "carried").iterdir():
        path.rename(tmp_path / path.name)
    assert collect.collect(chosen, [tmp_path / "file.tar"]).merged == list(chosen.all_runs())


def test_a_bundle_has_a_name_and_a_size_that_can_be(tmp_path, place):
    for path, part, match in (
        ("file.zip", PART, "is called NAME.tar"),
        ("file.tar", SMALLEST - 1, "can't be"),
        ("file.tar", 2**33, "can't be"),
    ):
        with pytest.raises(DataError, match=match):
            Bundle(tmp_path / path, part)
    bundle_of(tmp_path).check()
    (tmp_path / "file-001.tar").write_bytes(b"no tar")
    with pytest.raises(DataError, match="damaged: it is cut off, at byte 6"):
        Bundle(tmp_path / "file.tar", PART).check()
    with pytest.raises(DataError, match=r"file\.tar: the bundle can't be written here"):
        (tmp_path / "plain").write_text("")
        Bundle(tmp_path / "plain" / "file.tar", PART).check()


def test_a_manifest_must_fit_into_a_part(place, tmp_path):
    [run, _] = study().all_runs().values()
    finish(run, {f"tables/{n}.csv": b"" for n in range(300)})
    with pytest.raises(DataError, match="Allow larger parts"):
        Bundle(tmp_path / "file.tar", SMALLEST).add(run)
    assert not list(tmp_path.glob("file*"))


# Whenever the machine vanishes.


def fork(work):
    """A process that does `work(say)`; its id, and the end of a pipe that has what it said, a line each."""
    read, write = os.pipe()
    if process := os.fork():
        os.close(write)
        return process, read
    status = 2
    try:
        work(lambda line: os.write(write, f"{line}\n".encode()))
        status = 0
    except BaseException:
        traceback.print_exc()
    os._exit(status)


def said(read):
    with os.fdopen(read) as stream:
        return stream.read().split()


def whole_runs(bundle):
    """The names of the runs in a bundle that are whole, each part read by tarfile too."""
    parts = bundle.parts()
    for path in parts.values():
        members_of(path)
    found = bundle_parts.contents(parts)
    for run in found.runs:
        bundle_checks.check_pieces(run, bundle.path, parts)
    return [run.manifest.run for run in found.runs]


def runs_to_kill(count=12):
    """Finished runs, some of which are larger than a part."""
    runs = list(many(count).all_runs().values())
    for number, run in enumerate(runs):
        finish(run, LARGE if number % 3 else FILES)
    return runs


def test_kills_at_random_moments_leave_whole_parts(place, tmp_path):
    runs, chance = runs_to_kill(), random.Random(7)
    calm, begin = Bundle(tmp_path / "calm" / "file.tar", SMALLEST), time.monotonic()
    for run in runs:
        calm.add(run)
    took = time.monotonic() - begin
    bundle, kills, undisturbed = Bundle(tmp_path / "killed" / "file.tar", SMALLEST), 0, 0

    def work(say):
        for run in runs:
            bundle.add(run)
            say(run.name)

    while kills < 25:
        process, read = fork(work)
        time.sleep(chance.uniform(0, took / 2))
        os.kill(process, signal.SIGKILL)
        _, status = os.waitpid(process, 0)
        added = said(read)
        assert os.waitstatus_to_exitcode(status) in (0, -signal.SIGKILL)
        kills += status != 0
        assert set(added) <= set(whole_runs(bundle))
        if len(added) == len(runs):  # all are in: begin anew
            undisturbed += 1
            assert tree(bundle.path.parent) == tree(calm.path.parent)
            for path in bundle.path.parent.iterdir():
                path.unlink()
    for run in runs:
        bundle.add(run)
    assert tree(bundle.path.parent) == tree(calm.path.parent)  # no trace of the kills


@pytest.mark.parametrize("call", ["replace", "unlink", "chmod", "fsync"])
def test_a_kill_at_each_step_of_packing_can_be_collected_from_and_gone_on_from(place, tmp_path, call, monkeypatch):
    runs = runs_to_kill(3)
    calm = Bundle(tmp_path / "calm" / "file.tar", SMALLEST)
    for run in runs:
        calm.add(run)
    original, notes = getattr(os, call), []
    for moment, after in itertools.product(range(40), (False, True)):
        bundle = Bundle(tmp_path / f"killed {moment} {after}" / "file.tar", SMALLEST)
        steps = itertools.count()

        def dying(*arguments, steps=steps, moment=moment, after=after, **more):
            last = next(steps) == moment
            if last and not after:
                os._exit(1)
            original(*arguments, **more)
            if last:
                os._exit(1)

        def work(say, bundle=bundle, dying=dying):
            monkeypatch.setattr(os, call, dying)
            for run in runs:
                bundle.add(run)
                say(run.name)

        process, read = fork(work)
        _, status = os.waitpid(process, 0)
        added = said(read)
        assert set(added) <= set(whole_runs(bundle))
        assert os.waitstatus_to_exitcode(status) in (0, 1)
        if status == 0:
            break
        if whole_runs(bundle):
            place(f"here {moment} {after}")
            notes += collect.collect(many(3), [bundle.path]).notes
            place("there")
        for run in runs:
            bundle.add(run)
        assert tree(bundle.path.parent) == tree(calm.path.parent)
    assert call != "replace" or any("the machine stopped while" in note for note in notes)


def test_a_kill_at_each_step_of_merging_leaves_runs_that_are_whole_or_not_finished(place, tmp_path, monkeypatch):
    bundle_of(tmp_path)
    before = {name: packed(run) for name, run in study().all_runs().items()}
    original = os.replace
    for moment, after in itertools.product(range(20), (False, True)):
        place(f"here {moment} {after}")
        runs = study().all_runs()
        for run in runs.values():
            finish(run, FILES | {"queries.csv": b"old\n"}, key="0" * 16)
        steps = itertools.count()

        def dying(*arguments, steps=steps, moment=moment, after=after):
            last = next(steps) == moment
            if last and not after:
                os._exit(1)
            original(*arguments)
            if last:
                os._exit(1)

        def work(_, dying=dying):
            monkeypatch.setattr(os, "replace", dying)
            collect.collect(study(), [tmp_path])

        process, read = fork(work)
        _, status = os.waitpid(process, 0)
        assert said(read) == [] and os.waitstatus_to_exitcode(status) in (0, 1)
        for name, run in runs.items():
            if run.finished and read_json(run.folder / "metrics.json")["key"] == run.key:
                assert tree(run.folder) == before[name]
            elif run.finished:
                assert (run.folder / "queries.csv").read_bytes() == b"old\n"
        collect.collect(study(), [tmp_path])
        assert {name: tree(run.folder) for name, run in runs.items()} == before
        assert not list(study().folder.glob(".collect*"))
        if status == 0:
            break
    assert moment > 4


@pytest.mark.parametrize("space", [0, 1, 2, 3])
def test_a_full_disk_leaves_the_bundle_as_it_was(place, tmp_path, monkeypatch, space):
    runs = runs_to_kill(3)
    bundle = Bundle(tmp_path / "bundle" / "file.tar", SMALLEST)
    bundle.add(runs[0])
    bundle.add(runs[1])
    before, original, writes = tree(bundle.path.parent), tarfile.TarFile.addfile, itertools.count()

    def full(*arguments):
        if next(writes) >= space:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return original(*arguments)

    monkeypatch.setattr(tarfile.TarFile, "addfile", full)
    with pytest.raises(DataError, match=r"file\.tar: .*No space left on device.*Make room"):
        bundle.add(runs[2])
    assert tree(bundle.path.parent) == before
    monkeypatch.undo()


def test_a_full_disk_here_merges_nothing(place, tmp_path, monkeypatch):
    bundle_of(tmp_path)
    place("here")

    def full(*_):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(collect, "_write", full)
    refused([tmp_path], "No space left on device")


def test_a_study_that_is_being_run_is_not_merged_into(place, tmp_path):
    bundle_of(tmp_path)
    place("here")
    with locked(study().folder / ".lock"):
        refused([tmp_path], "being run by another process")


# Nothing else comes in.


def test_a_part_that_is_cut_off_anywhere_is_refused(place, tmp_path):
    [part] = bundle_of(tmp_path).parts().values()
    whole, chance = part.read_bytes(), random.Random(3)
    place("here")
    for size in [0, 1, 511, 512, len(whole) - 1, *(chance.randrange(len(whole)) for _ in range(40))]:
        part.write_bytes(whole[:size])
        refused([tmp_path], r"file-001\.tar: this part of a bundle is damaged: it is cut off")


def test_a_part_with_a_flipped_bit_anywhere_is_refused(place, tmp_path):
    [part] = bundle_of(tmp_path).parts().values()
    whole, chance = bytearray(part.read_bytes()), random.Random(4)
    place("here")
    for place_of in chance.sample(range(len(whole)), 150):
        changed = whole.copy()
        changed[place_of] ^= 1 << chance.randrange(8)
        part.write_bytes(changed)
        refused([tmp_path], r"file-001\.tar")


def test_what_follows_the_end_is_refused(place, tmp_path):
    [part] = bundle_of(tmp_path).parts().values()
    part.write_bytes(part.read_bytes() + bytes(10_240))
    place("here")
    refused([tmp_path], "something behind its end")


def test_parts_that_are_lacking_are_named(place, tmp_path):
    chosen = many(4)
    parts = bundle_of(tmp_path, chosen, SMALLEST, LARGE).parts()
    place("here")
    refused([parts[1]], r"file-001\.tar: the run .* goes on in another part. Give file-002\.tar too", chosen)
    refused([parts[2]], r"file-002\.tar: a run in it begins in a part before. Give file-001\.tar too", chosen)
    refused([parts[1], parts[3]], r"Give file-002\.tar too", chosen)


def test_paths_that_are_no_bundle(place, tmp_path):
    bundle_of(tmp_path)
    (tmp_path / "notes.txt").write_text("")
    (tmp_path / "empty").mkdir()
    place("here")
    refused([tmp_path / "fil.tar"], r"fil\.tar: there is no part of a bundle.*did you mean 'file-001\.tar'")
    refused([tmp_path / "notes.txt"], "there is no part of a bundle")
    refused([tmp_path / "empty"], "there is no part of a bundle")
    refused([], "no run to collect")


def test_runs_of_something_else_are_refused_and_it_is_said_what_differs(place, tmp_path, monkeypatch):
    bundle_of(tmp_path, study(training={"epochs": 4}, data={"seed": 5}, bootstrap=50))
    place("here")
    refused([tmp_path], r"training\.epochs is 4 there and 40 here", study(data={"seed": 5}, bootstrap=50))
    refused([tmp_path], r"data\.seed is 5 there and 1111 here", study(training={"epochs": 4}, bootstrap=50))
    refused([tmp_path], r"training\.epochs is 4 there.*, bootstrap is 50 there and 1000 here", study())
    same = study(training={"epochs": 4}, data={"seed": 5}, bootstrap=50, hotels={"epochs": 3}, speed={"rounds": 1})
    assert len(collect.collect(same, [tmp_path]).merged) == 2  # what a notebook doesn't read doesn't count


def test_runs_of_another_study_or_plan_are_refused(place, tmp_path):
    bundle_of(tmp_path)
    place("here")
    fewer = study({"notebook": "14_baselines", "baseline": ["char-ngrams"], "seed": [1, 3]})
    refused([tmp_path], r"seed2 is none of the study fake; did you mean 'baselines/char-ngrams/ad/seed[13]'", fewer)
    refused([tmp_path], "is of the study fake, not of other", Study(name="other", runs=study().runs))


def test_runs_of_another_code_are_refused(place, tmp_path, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr(fingerprints, "fingerprint", lambda _: "f" * 64)
        bundle_of(tmp_path)
    place("here")
    refused([tmp_path], "is of another code .ffffffffffff, of commit unknown; here")


def test_runs_of_other_own_files_are_refused(place, tmp_path, monkeypatch):
    ads = tmp_path / "ads"
    write_text(ads / "south.csv", "TEXT,IMAGES,VENDOR\na,,1\n")
    data = {"source": "matched", "folder": str(ads)}
    bundle_of(tmp_path, study(data=data))
    place("here")
    write_text(ads / "south.csv", "TEXT,IMAGES,VENDOR\nb,,1\n")
    refused([tmp_path], "other data .the files of ads differ", study(data=data))


def test_runs_of_data_that_was_read_otherwise_are_refused(place, tmp_path, monkeypatch):
    bundle = Bundle(tmp_path / "file.tar", PART)
    for run in study().all_runs().values():
        bundle.add(finish(run, data={"fingerprint": "a" * 64}))
    place("here")
    monkeypatch.setattr(plan.data_state, "noted_fingerprint", lambda _: "b" * 64)
    refused([tmp_path], "is of other data: fingerprint aaaaaaaaaaaa")


def test_of_two_bundles_the_first_is_kept_and_older_code_is_passed_over(place, tmp_path, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr(fingerprints, "fingerprint", lambda _: "f" * 64)
        bundle_of(tmp_path / "a")
    bundle_of(tmp_path / "a")  # the same bundle after a change of the code
    place("elsewhere")
    [first, second] = study().all_runs().values()
    Bundle(tmp_path / "b" / "file.tar", PART).add(finish(first, FILES | {"queries.csv": b"b\n"}))
    place("here")
    result = collect.collect(study(), [tmp_path / "a", tmp_path / "b"])
    assert result.merged == [first.name, second.name]
    assert (first.folder / "queries.csv").read_bytes() == FILES["queries.csv"]
    assert sum("also there of another code" in note for note in result.notes) == 2
    assert sum(f"the run {first.name} is also in" in note for note in result.notes) == 1
    place("there too")
    collect.collect(study(), [tmp_path / "b", tmp_path / "a"])
    assert (first.folder / "queries.csv").read_bytes() == b"b\n"


def renamed(name):
    def change(info, content):
        if info.name.endswith("queries.csv"):
            info.name = name
        return [(info, content)]

    return change


def of_kind(kind, target=""):
    def change(info, content):
        if not info.name.endswith("queries.csv"):
            return [(info, content)]
        link = tarfile.TarInfo(info.name)
        link.type, link.linkname = kind, target
        return [(link, b"")]

    return change


def without(ending):
    return lambda info, content: [] if info.name.endswith(ending) else [(info, content)]


def twice(info, content):
    return [(info, content)] * 2


def more(info, content):
    if not info.name.endswith("queries.csv"):
        return [(info, content)]
    other = tarfile.TarInfo(info.name.replace("queries", "other"))
    return [(info, content), (other, b"")]


def dated(info, content):
    info.mtime = 1
    return [(info, content)]


BAD = {
    "a way out": (renamed("../x"), "'../x' is no file of a run"),
    "a way out below": (renamed("fake/baselines/../../seed1/0123456789abcdef/queries.csv"), "is no file of a run"),
    "an absolute path": (renamed("/etc/passwd"), "'/etc/passwd' is no file of a run"),
    "another file": (renamed("fake/baselines/seed1/0123456789abcdef/run.py"), "is no file of a run"),
    "weights": (renamed("fake/baselines/seed1/0123456789abcdef/weights.safetensors"), "is no file of a run"),
    "a hidden file": (renamed("fake/baselines/seed1/0123456789abcdef/.x.csv"), "is no file of a run"),
    "a symbolic link": (of_kind(tarfile.SYMTYPE, "/etc/passwd"), "is a symbolic link"),
    "a hard link": (of_kind(tarfile.LNKTYPE, "history.csv"), "is a hard link"),
    "a device": (of_kind(tarfile.CHRTYPE), "is a device"),
    "a pipe": (of_kind(tarfile.FIFOTYPE), "is a device"),
    "a folder": (of_kind(tarfile.DIRTYPE), "is a folder"),
    "a sparse file": (of_kind(tarfile.CONTTYPE), "says more of itself"),
    "a date": (dated, "says more of itself"),
    "no manifest": (without(".manifest.json"), "the manifest of the run .* is missing"),
    "no record": (without("metrics.json"), "goes on in another part"),
    "a member twice": (twice, "is there twice"),
    "a file that isn't listed": (more, "has a file that it doesn't list, other.csv"),
}


@pytest.mark.parametrize("what", BAD)
def test_a_part_with_anything_else_is_refused(place, tmp_path, what):
    [part] = bundle_of(tmp_path).parts().values()
    change, match = BAD[what]
    rewrite(part, change)
    place("here")
    refused([tmp_path], match)
    with pytest.raises(DataError, match=match) if "goes on" not in match and "listed" not in what else open(part):
        Bundle(tmp_path / "file.tar", PART).check()


@pytest.mark.parametrize("size", [10**6, 8**11 - 1, 2**62, -1])
def test_a_size_that_can_not_be_is_refused(place, tmp_path, size):
    [part] = bundle_of(tmp_path).parts().values()
    content = bytearray(part.read_bytes())
    info = bundle_parts.header(members_of(part)[0][0].name, size)
    content[:512] = info.tobuf(tarfile.GNU_FORMAT)[:512]
    part.write_bytes(content)
    place("here")
    refused([tmp_path], "damaged")


def forged(part, contents=MappingProxyType({}), **fields):
    """A part with other contents of its first run's files, or another manifest; its digests are right."""
    (_, first), *others = members_of(part)
    manifest = json.loads(first) | fields
    for entry in manifest["files"]:
        if entry["name"] in contents:
            content = contents[entry["name"]]
            entry |= {"size": len(content), "sha256": hashlib.sha256(content).hexdigest()}
    listed = json.dumps(manifest).encode()
    folder = f"{manifest['study']}/{manifest['run']}/{manifest['key']}"
    changed = {f"{folder}/{name}": content for name, content in contents.items()}
    with tarfile.open(part, "w", format=tarfile.USTAR_FORMAT) as tar:
        begin = (f"{folder}/{hashlib.sha256(listed).hexdigest()}.manifest.json", listed)
        for name, content in [begin, *((info.name, changed.get(info.name, old)) for info, old in others)]:
            tar.addfile(bundle_parts.header(name, len(content)), io.BytesIO(content))


PICKLE = pickle.dumps({"a": 1})


@pytest.mark.parametrize(
    ("name", "content", "match"),
    [
        *((name, PICKLE, "no file that a run wrote") for name in (*FILES, "metrics.json") if name != "predictions.csv"),
        ("trials/0.json", b"[1]", "no JSON object"),
        ("notebook.ipynb", b'{"cells": [', "can't be read as .ipynb"),
        ("trials/0.json", b"[" * 10**5, "can't be read as .json"),
        ("queries.csv", b"a,b\n\0", "no text"),
        ("figures/loss.svg", b"<html></html>", "no SVG"),
        ("metrics.json", b'{"key": "0"}', "this is no record of a run"),
        ("metrics.json", b'{"study": "fake", "notebook": "10_text", "parameters": {}, "key": "0"}', "disagree"),
    ],
)
def test_a_file_that_is_not_what_its_suffix_says_is_refused(place, tmp_path, name, content, match):
    [part] = bundle_of(tmp_path, part=200_000).parts().values()
    forged(part, {name: content})
    place("here")
    refused([tmp_path], match)


def test_pickled_vectors_are_refused(place, tmp_path):
    [run, _] = study().all_runs().values()
    finish(run)
    save_file({"text/vectors": np.zeros((2, 3), np.float16)}, run.folder / "embeddings.safetensors")
    bundle = Bundle(tmp_path / "file.tar", PART, embeddings=True)
    [part] = bundle.add(run)
    forged(part, {"embeddings.safetensors": PICKLE})
    place("here")
    refused([tmp_path], "can't be read as .safetensors")


def test_a_manifest_that_says_something_else_is_refused(place, tmp_path):
    [run, _] = study().all_runs().values()
    [part] = Bundle(tmp_path / "file.tar", PART).add(finish(run))
    whole, files = part.read_bytes(), json.loads(members_of(part)[0][1])["files"]
    place("here")
    for fields, match in (
        ({"key": "x"}, "is no file of a run"),
        ({"parameters": {"baseline": "minhash", "seed": 1}}, "disagree .parameters"),
        ({"code": "0"}, "disagree .code"),
        ({"more": 1}, "the manifest of .* is none"),
        ({"files": [{**file, "size": 10**15} for file in files]}, "goes on in another part"),
        ({"files": [{**file, "size": -1} for file in files]}, "greater than or equal to 0"),
        ({"files": files + files}, "is listed twice"),
        ({"files": [{**file, "name": f"../{file['name']}"} for file in files]}, "metrics.json"),
        ({"files": [*files, {**files[0], "name": "../x.csv"}]}, "'../x.csv' is no file of a run"),
        ({"files": [{**file, "sha256": "0" * 64} for file in files]}, "not those that were packed"),
    ):
        part.write_bytes(whole)
        forged(part, **fields)
        refused([tmp_path], match)


def test_the_manifest_says_what_a_run_is(place, tmp_path):
    [run, _] = study().all_runs().values()
    [part] = Bundle(tmp_path / "file.tar", PART).add(finish(run))
    manifest = bundle_parts.contents({1: part}).runs[0].manifest
    assert (manifest.run, manifest.key, manifest.parameters) == (run.name, run.key, run.parameters)
    assert {file.name: file.sha256 for file in manifest.files} == {name: sha256(run.folder / name) for name in WRITTEN}
    assert manifest.settings["training"]["epochs"] == 40


def test_a_run_that_begins_with_a_merged_one_is_not_older(place, tmp_path):
    """Snakemake trains again what is older than the record it begins with."""
    entry = {"text": ["minilm-l6"], "image": ["efficientnet-lite0"], "seed": [1]}
    chosen = study(
        {"notebook": "20_alignment", **entry, "method": ["itc"]},
        {"notebook": "21_alignment_finetune", **entry, "aligned": ["itc"], "fusion": ["mean"], "objective": ["ce"]},
        {"notebook": "14_baselines", "baseline": ["minhash"], "seed": [1]},
    )
    alignment, tuned, other = chosen.all_runs().values()
    for run in (alignment, tuned):
        Bundle(tmp_path / f"{run.kind.name}.tar", PART).add(finish(run))
    place("here")
    finish(other)
    os.utime(other.folder / "queries.csv", (1, 1))
    collect.collect(chosen, [tmp_path / "alignment_finetune.tar"])
    for path in tuned.folder.rglob("*"):
        os.utime(path, (1, 1))
    collect.collect(chosen, [tmp_path / "alignment.tar"])
    newest = (alignment.folder / "metrics.json").stat().st_mtime
    assert all(path.stat().st_mtime >= newest for path in tuned.folder.rglob("*"))
    assert (other.folder / "queries.csv").stat().st_mtime == 1


def test_every_planned_run_has_a_name_that_bundles_can_carry(place, tmp_path):
    for path in sorted((plan.ROOT / "params").glob("*.yaml")):
        if path.stem in ("checklist", "datasheet"):
            continue
        chosen = plan.load(path.stem)
        for run in chosen.all_runs().values():
            name = f"{chosen.name}/{run.name}/{'0' * 16}/tables/{'x' * 60}.csv@{2**40}"
            assert bundle_parts._MEMBER.fullmatch(name)
            bundle_parts.header(name, 1).tobuf(tarfile.USTAR_FORMAT)
