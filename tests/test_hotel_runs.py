"""lib.hotel_data, lib.linking_run and lib.linkings: from listed pictures to a table, and what is wrong on the way."""

import json

import numpy as np
import pandas as pd
import pytest
import yaml

from lib import hotel_data, hotels, linking_losses, linking_run, linkings, published
from lib import study as studies
from lib.errors import DataError
from lib.files import write_json
from lib.study import Run

TINY = {"scale": 0.005, "pixels": 32, "image_pixels": 32, "epochs": 1, "batch_size": 16}
LOSSES = ["triplet", "circle", "bce"]


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    """A parameter file with hotel runs; the twin of the smoke study."""
    path = tmp_path_factory.mktemp("hotels") / "hotels.yaml"
    runs = [
        {
            "notebook": "41_hotel_linking",
            "vision": ["efficientnet-lite0"],
            "loss": [*LOSSES, "pre-trained"],
            "seed": [1, 2],
        }
    ]
    path.write_text(yaml.safe_dump({"name": path.parent.name.replace("_", "-"), "hotels": TINY, "runs": runs}))
    return path


@pytest.fixture(scope="module")
def found(study):
    return hotel_data.read(studies.load(study))


def test_the_twin_is_cleaned_and_split(found):
    checked = hotels.invariants(found.splits).set_index("invariant")
    assert checked.loc[~checked.index.str.contains("a fifth of"), "holds"].all()
    rows, branches = found.rows("D_UU")
    assert len(rows) == len(branches) and len(found.names) == found.splits["image"].nunique()
    assert found.findings.set_index("finding").loc["branches that are one place", "cases"] >= 1
    with pytest.raises(DataError, match="no picture is in the split nothing"):
        found.rows("nothing")


def collected(tmp_path, rows, **more):
    pd.DataFrame(rows, columns=["image", "label", "super_label"]).to_csv(tmp_path / "train.csv", index=False)
    path = tmp_path / "own.yaml"
    path.write_text(yaml.safe_dump({"name": "own", "hotels": {"source": "collected", "folder": str(tmp_path), **more}}))
    return studies.load(path)


def test_missing_and_foreign_pictures_are_left_out_and_counted(tmp_path, study):
    twin = studies.load(study).hotel_pictures
    listed = hotel_data.read(studies.load(study)).splits.query("split == 'Total'")
    for image in listed["image"]:
        target = tmp_path / image
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes((twin / image).read_bytes())
    rows = list(zip(listed["image"], listed["branch"], listed["chain"].fillna(0), strict=True))
    rows += [("images/none.jpg", 1, 2), ("../outside.jpg", 1, 2)]
    read = hotel_data.read(collected(tmp_path, rows))
    said = read.findings[read.findings["finding"].str.startswith("left out")]
    assert said["rows"].tolist() == [1, 1] and len(read.names) == len(listed)


def test_no_usable_picture_is_an_error(tmp_path):
    with pytest.raises(DataError, match=r"none of the 2 pictures .* can be used \(there is no such file"):
        hotel_data.read(collected(tmp_path, [("a.jpg", 1, 1), ("b.jpg", 2, 1)]))
    (tmp_path / "train.csv").unlink()
    with pytest.raises(DataError, match="no CSV file of hotel pictures"):
        hotel_data.read(studies.load(tmp_path / "own.yaml"))


@pytest.mark.parametrize(
    ("label", "match"), [("1.5", "column label: the value is not a whole number"), ("west", "not a whole number")]
)
def test_labels_are_whole_numbers(tmp_path, label, match):
    with pytest.raises(DataError, match=match):
        hotel_data.read(collected(tmp_path, [("a.jpg", label, 1)]))


def test_a_picture_in_two_splits_or_a_branch_with_two_chains_is_an_error(found):
    train = found.splits[found.splits["split"] == "Trainval"].head(1)
    with pytest.raises(DataError, match="1 pictures of the split files are in two splits"):
        hotel_data._check_labels(pd.concat([found.splits, train.assign(split="D_SS")]))
    with pytest.raises(DataError, match="has two chains in the split files"):
        hotel_data._check_labels(pd.concat([found.splits, train.assign(chain=train["chain"] + 1000)]))


def test_table_6_gives_the_defaults():
    known = linking_losses.hyperparameters("proxynca++", "Revisited Hotel-ID")
    assert known == {"temperature": 1 / 9, "rate": 0.024, "batch": 192, "proxy_rate": 240, "classes": 64}
    assert linking_losses.hyperparameters("softtriple", "Revisited Hotels-50K")["centres"] == 5
    names = set(published.table("hotels", 6)["system"])
    assert {kind.published for kind in linking_losses.KINDS.values()} == names


def linking(study, out, found, **how):
    given = {"loss": "supcon", "vision": "efficientnet-lite0", "seed": 3, "hotels": found} | how
    return linking_run.Linking("41_hotel_linking", str(study), str(out), **given)


def test_two_views_a_picture_and_the_proxies_own_rate(study, found, tmp_path):
    run = linking(study, tmp_path, found, loss="proxynca++", rate=0.01)
    assert run.hyper["per_class"] == 3 and run.hyper["batch"] == 16  # Table 6: 192 pictures of 64 branches
    assert (run.settings.proxy_rate, run.settings.epsilon, run.settings.image_rate) == (240, 1.0, 0.01)
    assert dict(run.system.named_parameters())["loss.proxies"].shape == (len(run.branches), linking_run.DIMENSIONS)
    with pytest.raises(DataError, match="supcon has no hyper-parameter margin"):
        linking(study, tmp_path, found, margin=1.0)


def test_an_untrained_backbone_is_scored_as_it_comes(study, found, tmp_path):
    run = linking(study, tmp_path, found, loss="pre-trained")
    assert run.train().empty
    table = run.link(repeats=2)
    assert set(table["split"]) == set(linking_run.SCORED) and table["mean"].between(0, 100).all()
    metrics = run.finish(weights_of="the backbone")
    assert metrics["hyperparameters"] == {} and not (tmp_path / "weights.safetensors").exists()


def made_up(study, auc, recall=(10.0, 40.0, 35.0, 30.0), equal=(10.0, 12.0, 11.0, 9.0)):
    """Finished runs whose AUC over the four tests is `auc` (loss, seed) -> four numbers."""
    chosen = studies.load(study)
    for run in chosen.all_runs().values():
        loss, seed = run.parameters["loss"], run.parameters["seed"]
        rows = []
        for place, split in enumerate(hotels.TESTS):
            for metric, value in (
                ("AUC", auc(loss, seed)[place]),
                ("R@1", recall[place]),
                (linkings.EQUAL, equal[place]),
            ):
                rows.append(
                    {
                        "metric": metric,
                        "mean": value + 0.01 * seed,
                        "std": 0.1,
                        "images": 9,
                        "branches": 3,
                        "split": split,
                    }
                )
        write_json(
            run.folder / "metrics.json", {"linking": rows, "hyperparameters": {"rate": 1.0}, "training": {"epochs": 1}}
        )
        queries = pd.DataFrame(
            {"region": "south", "vendor": np.arange(40), "R-Precision@X": 0.2 if loss == "pre-trained" else 0.6}
        )
        queries.to_csv(run.folder / "queries.csv", index=False)
    return chosen


@pytest.fixture
def chosen_root(study, monkeypatch, tmp_path):
    monkeypatch.setattr(studies.Study, "folder", property(lambda self: tmp_path))
    return study


def test_a_fall_that_every_loss_has_is_supported_and_a_rise_is_not(chosen_root):
    falling = made_up(chosen_root, lambda loss, seed: (90.0, 80.0 - len(loss), 70.0 - 2 * len(loss), 75.0))
    assert set(linkings.falls(falling)["verdict"]) == {"falls"}
    answers = linkings.verdicts(falling).set_index("question")["verdict"]
    assert answers.iloc[0] == "supported" and answers.iloc[1] == "supported"
    rising = made_up(chosen_root, lambda loss, seed: (70.0, 80.0, 90.0, 75.0))
    assert linkings.verdicts(rising)["verdict"].iloc[0] == "not supported"
    lowest = made_up(chosen_root, lambda loss, seed: (70.0, 80.0, 90.0, 75.0), recall=(50.0, 40.0, 35.0, 30.0))
    assert linkings.verdicts(lowest)["verdict"].iloc[1] == "not supported"


@pytest.mark.parametrize(("trained", "verdict"), [(80.0, "yes"), (40.0, "no"), (60.0, "undecided")])
def test_training_that_does_not_beat_the_backbone_is_said(chosen_root, trained, verdict):
    made = made_up(chosen_root, lambda loss, seed: [60.0 if loss == "pre-trained" else trained] * 4)
    answers = linkings.verdicts(made).set_index("question")["verdict"]
    assert answers["Does training beat the backbone as it comes?"] == verdict


def test_ranks_that_differ_between_seeds_alone_are_no_change_between_splits(chosen_root):
    place = {name: number for number, name in enumerate([*LOSSES, "pre-trained"])}
    same = made_up(chosen_root, lambda loss, seed: [60 + 5 * place[loss]] * 4)
    ranked = linkings.ranks(same)
    assert (ranked.loc[ranked["metric"] == "AUC", ["ours", "across", "within"]] == 1).all(axis=None)
    assert linkings.verdicts(same)["verdict"].iloc[2] == "not supported"
    turned = made_up(chosen_root, lambda loss, seed: [60 + 5 * place[loss] * sign for sign in (1, -1, 2, -2)])
    ours = linkings.ranks(turned).set_index(["metric", "one", "other"])["ours"]
    assert ours["AUC", "D_SS", "D_SU"] == pytest.approx(-1) and ours["AUC", "D_SS", "D_UU"] == pytest.approx(1)


def test_transfer_is_against_the_untrained_backbone(chosen_root):
    chosen = made_up(chosen_root, lambda loss, seed: (90, 80, 70, 75))
    moved = linkings.transfer(chosen)
    assert set(moved["loss"]) == set(LOSSES) and set(moved["verdict"]) == {"helps"}
    assert moved["difference"].tolist() == pytest.approx([0.4] * 3)
    assert "helps in 3" in linkings.transferred(moved)


def test_printed_rows_stand_beside_ours(chosen_root):
    chosen = made_up(chosen_root, lambda loss, seed: (90, 80, 70, 75))
    table = linkings.beside(chosen, 5).set_index(["system", "metric", "split"])
    assert table.loc[("Circle", "AUC", "D_UU"), "published"] == 79.56
    assert table.loc[("Circle", "AUC", "D_UU"), "ours"] == pytest.approx(70.015)
    assert np.isnan(table.loc[("BCE", "AUC", "D_UU"), "published"])  # Table 6 lists it, no table scores it
    assert np.isnan(table.loc[("SoftTriple", "R@1", "D_SS"), "ours"])


def test_runs_take_up_the_search_of_their_loss(tmp_path):
    path = tmp_path / "searched.yaml"
    shared = {"vision": ["efficientnet-lite0"], "loss": ["circle"]}
    runs = [
        {"notebook": "43_hotel_search", **shared, "seed": [7]},
        {"notebook": "41_hotel_linking", **shared, "seed": [1, 2]},
    ]
    path.write_text(yaml.safe_dump({"name": "searched", "runs": runs}))
    chosen = studies.load(path)
    names = [run.begins_with.name for run in chosen.all_runs().values() if run.notebook == "41_hotel_linking"]
    assert names == ["hotel_search/efficientnet-lite0/circle/seed7"] * 2
    alone = Run(chosen, "41_hotel_linking", {"vision": "efficientnet-lite0", "loss": "bce", "seed": 1})
    assert alone.begins_with is None
    with pytest.raises(DataError, match="names no hyper-parameter to try for circle"):
        linking_run.Search("43_hotel_search", str(path), str(tmp_path), "circle", "efficientnet-lite0", 7)


def test_a_failed_trial_is_a_row_and_a_finished_one_is_not_made_again(tmp_path, study, found, monkeypatch):
    path = tmp_path / "search.yaml"
    settings = TINY | {"search": {"any": {"rate": [1.0, 2.0]}}}
    path.write_text(yaml.safe_dump({"name": "search", "hotels": settings}))
    monkeypatch.setattr(hotel_data, "read", lambda study: found)
    search = linking_run.Search("43_hotel_search", str(path), str(tmp_path), "circle", "efficientnet-lite0", 7)
    made = []

    def tried(hyper, folder):
        made.append(hyper["rate"])
        return {"R@1": None, "problem": "diverged"} if hyper["rate"] == 1.0 else {"R@1": 0.5, "problem": ""}

    monkeypatch.setattr(search, "_tried", tried)
    table = search.trials()
    assert table["rate"].tolist() == [2.0, 1.0] and table["problem"].tolist() == ["", "diverged"]
    assert search.result["best"] == {"rate": 2.0}
    search.trials()
    assert made == [1.0, 2.0]
    json.dumps(search.result)
