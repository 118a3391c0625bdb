"""lib.twin.hotel_pictures: the seed decides, chains share furnishing, and what is listed twice can be found."""

import numpy as np
import pandas as pd
import pytest

from lib.core.errors import DataError
from lib.core.files import sha256
from lib.hotels import cleaning, split_invariants, split_rules, splitting
from lib.twin import hotel_pictures

SMALL = hotel_pictures.Settings(scale=0.005, pixels=32)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    path = tmp_path_factory.mktemp("hotels")
    hotel_pictures.write(SMALL, path)
    return path


def test_sizes_follow_the_scale():
    table = hotel_pictures.plan(hotel_pictures.Settings(scale=0.1))
    assert len(table) == round(97_553 * 0.1) and table["place"].nunique() == round(7_769 * 0.1)
    assert table.groupby("place").size().min() >= hotel_pictures.LEAST
    assert table.groupby("place")["chain"].nunique().max() == 1
    assert 0.15 < 1 - table.groupby("place")["known"].first().mean() < 0.3


@pytest.mark.parametrize(("scale", "lone"), [(0.005, 1), (0.02, 1), (1.0, 3)])
def test_hotels_of_one_picture_are_listed_last_and_leave_all_others_as_they_are(scale, lone):
    settings = hotel_pictures.Settings(scale=scale)
    table, listed = hotel_pictures.plan(settings), hotel_pictures.listing(settings)
    drawn = listed[listed["copy_of"] == ""]
    assert (drawn["place"].value_counts() == 1).sum() == lone and len(drawn) == len(table) + lone
    assert drawn["place"].tail(lone).tolist() == [table["place"].max() + 1 + number for number in range(lone)]
    pd.testing.assert_frame_equal(
        drawn[["place", "chain", "room", "source"]].head(len(table)), table.drop(columns="known")
    )
    assert listed["image"].is_unique and listed.groupby("label")["place"].nunique().max() == 1
    assert (
        set(listed["copy_of"]) - {""} <= set(drawn["image"]) and (listed.groupby("place")["label"].nunique() > 1).any()
    )


def test_a_picture_is_its_arguments():
    one, quality = hotel_pictures.draw(SMALL, 3, 1, 2, 0, "phone")
    same, _ = hotel_pictures.draw(SMALL, 3, 1, 2, 0, "phone")
    other, _ = hotel_pictures.draw(SMALL, 4, 1, 2, 0, "phone")
    assert (one == same).all() and (one != other).any() and one.shape == (32, 32, 3) and quality < 75


def test_chains_look_alike_and_branches_more_so():
    """Mean colours of travel pictures: rooms of a branch are nearer than branches of a chain, and these than chains."""
    settings = hotel_pictures.Settings(pixels=32)

    def colour(place, chain, room, image):
        return hotel_pictures.draw(settings, image, place, chain, room, "travel site")[0].mean((0, 1))

    apart = {"room": [], "branch": [], "chain": []}
    for chain in range(25):
        first = colour(chain, chain, 0, chain)
        apart["room"].append(np.linalg.norm(first - colour(chain, chain, 0, 1000 + chain)))
        apart["branch"].append(np.linalg.norm(first - colour(100 + chain, chain, 0, 2000 + chain)))
        apart["chain"].append(np.linalg.norm(first - colour(200 + chain, 50 + chain, 0, 3000 + chain)))
    means = {name: np.mean(values) for name, values in apart.items()}
    assert means["room"] < means["branch"] < means["chain"], means


def test_the_folder_is_whole_and_what_is_listed_twice_is_found(folder):
    listed = pd.read_csv(folder / "listed.csv").rename(columns={"label": "branch", "super_label": "chain"})
    assert all((folder / image).is_file() for image in listed["image"])
    listed["chain"] = listed["chain"].astype("Int64").replace(0, pd.NA)
    truth = pd.read_csv(folder / "truth/pictures.csv").set_index("image")["place"]
    exact, _ = cleaning.clean(listed, [sha256(folder / image) for image in listed["image"]])
    assert cleaning.scores(exact, truth)["pair_recall"] < 1  # copies that were compressed anew have other bytes
    keys = cleaning.by_look([folder / image for image in listed["image"]], folder / "cache", "looks")
    cleaned, findings = cleaning.clean(listed, keys)
    by_labels = split_rules.twin_listing(SMALL.scale, SMALL.seed)
    branches = [table.drop_duplicates("branch").set_index("branch")["chain"] for table in (cleaned, by_labels)]
    pd.testing.assert_series_equal(*branches)  # looks find the places that the twin knows
    assert 0 <= len(by_labels) - len(cleaned) < 0.02 * len(cleaned)  # and take a few pictures of one room for one
    assert findings.set_index("finding").loc["branches that are one place", "cases"] >= 1
    assert cleaning.scores(cleaned, truth) == {"pair_precision": 1.0, "pair_recall": 1.0}
    assert cleaned["branch"].nunique() == truth.nunique() < listed["branch"].nunique()
    checked = split_invariants.checked(splitting.split(cleaned, seed=1))
    assert checked.loc[checked["unit"] == "chains", "holds"].all()


def test_written_again_it_is_the_same(folder, tmp_path):
    hotel_pictures.write(SMALL, tmp_path)
    files = sorted(path.relative_to(tmp_path) for path in tmp_path.rglob("*") if path.is_file())
    assert len(files) > 400 and all(sha256(tmp_path / path) == sha256(folder / path) for path in files)


@pytest.mark.parametrize("wrong", [{"scale": 0.001}, {"pixels": 8}])
def test_a_twin_too_small_to_split_is_an_error(wrong):
    with pytest.raises(DataError):
        hotel_pictures.Settings(**wrong)
