"""The twin: counts, truth, determinism to the byte, resuming, and nobody in it."""

import hashlib
import re

import numpy as np
import pandas as pd
import pytest

from lib.core.files import read_json
from lib.data import ads, identifiers
from lib.twin import ad_plan, advertisements, difficulty
from lib.twin.drawing.people import FACES
from lib.twin.writing.phone_hiding import HIDINGS

SETTINGS = ad_plan.Settings(scale=0.001, seed=7, pixels=32)


def digest(folder):
    files = sorted(path for path in folder.rglob("*") if path.is_file() and path.name != "twin.json")
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    path = tmp_path_factory.mktemp("twin")
    advertisements.write(SETTINGS, path, processes=2)
    return path


@pytest.mark.parametrize("scale", [0.01, 0.1, 1.0])
def test_table_1_is_met_exactly(scale):
    """Ads, unique texts, images, vendors and faces of each region, from the plan alone."""
    planned, shown = ad_plan.plan(ad_plan.Settings(scale, 1111, 96))
    sizes = ad_plan.counts(scale)
    for region, size in sizes.iterrows():
        here, pictures = planned[planned["region"] == region], shown[shown["region"] == region]
        assert len(here) == size["ads"] and here["vendor"].nunique() == size["vendors"]
        assert (here["copied"] < 0).sum() == size["texts"]
        assert pictures["image"].nunique() == size["images"]
        faces = pictures.drop_duplicates("image")["face"] == "visible"
        assert abs(faces.sum() - size["faces"] * size["images"]) <= 0.5
        assert set(pictures["ad"]) == set(here["ad"]), "every ad has a picture"
    if scale == 1.0:
        assert sizes[["ads", "texts", "images", "vendors"]].sum().tolist() == [28513, 27619, 55115, 3549]


def test_plan_keeps_to_one_vendor_and_region():
    planned, shown = ad_plan.plan(ad_plan.Settings(0.05, 3, 96))
    owner = planned.set_index("ad")[["vendor", "region", "copied"]]
    copies = owner[owner["copied"] >= 0]
    originals = owner.loc[copies["copied"]]
    assert (copies["vendor"].to_numpy() == originals["vendor"].to_numpy()).all()
    assert (copies["region"].to_numpy() == originals["region"].to_numpy()).all() and (originals["copied"] == -1).all()
    assert (shown["vendor"].to_numpy() == owner.loc[shown["ad"], "vendor"].to_numpy()).all()
    assert shown.groupby("image")["vendor"].nunique().max() == 1
    assert shown.duplicated("image").any(), "some pictures are shown again"
    regions = planned.groupby("vendor")["region"].nunique()
    assert 0.1 < (regions > 1).mean() < 0.5, "some vendors post in several regions"


def test_same_seed_same_bytes_whatever_the_processes(folder, tmp_path):
    advertisements.write(SETTINGS, tmp_path, processes=1)
    assert digest(tmp_path) == digest(folder)


def test_another_seed_is_another_twin(folder, tmp_path):
    advertisements.write(ad_plan.Settings(0.002, 8, 32), tmp_path)
    same = set(digest(tmp_path).values()) & set(digest(folder).values())
    assert not same


def test_a_cut_off_generation_goes_on(folder, tmp_path):
    advertisements.write(SETTINGS, tmp_path)
    images = sorted((tmp_path / "images").rglob("*.jpg"))
    kept = images[0].stat().st_mtime_ns
    for path in [*images[5:], tmp_path / "west.csv", tmp_path / "twin.json"]:
        path.unlink()
    advertisements.write(SETTINGS, tmp_path)
    assert digest(tmp_path) == digest(folder)
    assert images[0].stat().st_mtime_ns == kept, "what was there is not drawn again"


def test_the_loader_reads_it_as_matched(folder):
    found = ads.read(folder)
    sizes = ad_plan.counts(SETTINGS.scale)
    assert len(found.ads) == sizes["ads"].sum() and len(found.images) == sizes["images"].sum()
    assert found.ads.groupby("region")["text"].nunique().to_dict() == sizes["texts"].to_dict()
    assert all(text.count("[SEP]") == 1 for text in found.texts)


def test_truth_fits_the_ads(folder):
    truth = pd.read_csv(folder / "truth" / "ads.csv", dtype={"phone": str, "phone2": str})
    tables = pd.concat([pd.read_csv(folder / f"{region}.csv") for region in ads.REGIONS], ignore_index=True)
    assert (truth["vendor"].to_numpy() == tables["VENDOR"].to_numpy()).all()
    vendors = pd.read_csv(folder / "truth" / "vendors.csv", dtype=str).set_index("vendor")
    for row in truth.itertuples():
        assert row.phone in vendors.loc[str(row.vendor), "phones"].split("|")
        assert row.name in vendors.loc[str(row.vendor), "names"].split("|")
    owners = vendors["phones"].str.split("|").explode()
    assert owners.is_unique, "no two vendors share a number"
    images = pd.read_csv(folder / "truth" / "images.csv")
    assert set(images["face"]) <= {"none", *FACES}
    assert set(images["image"]) == set(tables["IMAGES"].str.split("|").explode())


def test_nobody_is_in_it(folder):
    """Numbers only from the fictional range, addresses only at example.org, after every way of hiding is undone."""
    text = " ".join(pd.concat([pd.read_csv(folder / f"{region}.csv") for region in ads.REGIONS])["TEXT"])
    for found in re.findall(r"[\w.+-]+@([\w.-]+)", text):
        assert found.rstrip(".").endswith("example.org")
    truth = pd.read_csv(folder / "truth" / "ads.csv", dtype=str)
    assert truth["phone"].str.fullmatch(r"[2-9]\d\d55501\d\d").all()
    assert set(truth["hiding"]) <= set(HIDINGS)
    texts = pd.concat([pd.read_csv(folder / f"{region}.csv") for region in ads.REGIONS], ignore_index=True)["TEXT"]
    found = np.mean([phone in identifiers.phones(text) for phone, text in zip(truth["phone"], texts, strict=True)])
    assert found > 0.9, "numbers are hidden as ads hide them: the extractor finds most"


@pytest.mark.parametrize("seed", [1111, 2])
def test_lengths_follow_the_paper(seed):
    """At full size, whatever the seed: the expected tokens of a region's texts, from the plan alone."""
    settings = ad_plan.Settings(1.0, seed, 96)
    planned, _ = ad_plan.plan(settings)
    usual = np.array([lengths.mean() for lengths in ad_plan.template_lengths(settings, planned)])
    originals = planned[planned["copied"] < 0]
    means = originals.assign(tokens=usual[originals["vendor"]]).groupby("region")["tokens"].mean()
    for region, tokens in ad_plan.PUBLISHED["tokens"].items():
        assert means[region] * ad_plan.RENDERED == pytest.approx(tokens, rel=0.01)


def test_the_record_tells_what_was_made(folder):
    made = read_json(folder / "twin.json")
    assert made["pictures"]["made"] == made["images"] and made["pictures"]["seconds"] > 0
    assert made["texts"]["made"] == ad_plan.counts(SETTINGS.scale)["texts"].sum()


def test_overlap_names_what_pictures_show(tmp_path):
    def named(overlap):
        settings = ad_plan.Settings(0.002, 7, 32, overlap)
        planned, shown = ad_plan.plan(settings)
        images = shown.groupby("ad")["image"].agg(list)
        lengths = ad_plan.template_lengths(settings, planned)
        ways = {
            owner: advertisements.draw_vendor(settings, owner, lengths[owner]) for owner in planned["vendor"].unique()
        }
        hits = []
        for ad, owner, region in planned[["ad", "vendor", "region"]].head(30).itertuples(index=False):
            text, _ = advertisements.write_ad(settings, ways[owner], ad, region, False, images[ad])
            things = [
                thing
                for image in images[ad]
                for thing in advertisements.render.things(
                    *ways[owner].rooms[advertisements.scene(settings, ways[owner], image)[1]]
                )
            ]
            hits.append(
                np.mean([re.sub(r"\W+", "", thing.lower()) in re.sub(r"\W+", "", text.lower()) for thing in things])
            )
        return np.mean(hits)

    assert named(0.0) < 0.1 < named(0.5) < named(1.0)


@pytest.mark.parametrize("region", ad_plan.REGIONS)
def test_difficulty_is_interpolated_over_the_logarithm_of_the_scale(region):
    small, middle, large = (difficulty.habits(region, scale) for scale in (0.1, 0.1**0.5, 1.0))
    assert middle.main == pytest.approx((small.main + large.main) / 2)
    assert middle.varied == pytest.approx((small.varied + large.varied) / 2)
    assert (
        difficulty.habits(region, 0.001) == difficulty.habits(region, 0.02) and difficulty.habits(region, 2.0) == large
    )
    assert 0 < small.varied < 1 and small.main >= 1 and 0 < large.edited < 1


@pytest.mark.parametrize("scale", [0.02, 0.1, 1.0])
def test_vendors_who_write_anew_are_as_many_as_asked_for(scale):
    """By vendors where size doesn't count; more of the large ones where it does."""
    settings = ad_plan.Settings(scale, 5, 96)
    planned, _ = ad_plan.plan(settings)
    found = difficulty.varied(settings, planned)
    assert found == difficulty.varied(settings, planned)
    originals = planned[planned["copied"] < 0]
    for region, rows in originals.groupby("region"):
        posts = rows.groupby("vendor").size()
        own = difficulty.habits(region, scale)
        chance = np.minimum(1, own.varied * (posts / posts.mean()) ** own.tilt)
        anew = np.array([(region, vendor) in found for vendor in posts.index])
        assert abs(anew.sum() - chance.sum()) < 3
        if scale == 1.0 and own.tilt:
            assert posts[anew].mean() > posts[~anew].mean()


def test_an_ad_written_anew_has_no_template(folder):
    truth = pd.read_csv(folder / "truth" / "ads.csv")
    planned, _ = ad_plan.plan(SETTINGS)
    anew = [
        pair in difficulty.varied(SETTINGS, planned) for pair in zip(planned["region"], planned["vendor"], strict=True)
    ]
    assert (truth.loc[anew, "template"] == -1).all() and any(anew)
    assert (truth.loc[~np.array(anew) & (truth["language"] == "en"), "template"] >= 0).all()
