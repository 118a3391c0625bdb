"""lib.hotels.loading, lib.hotels.linking and lib.hotels.linking_tables: from listed pictures to a table, and what is
wrong on the way."""

import json

import numpy as np
import pandas as pd
import pytest
import yaml

from lib.core import published
from lib.core.errors import DataError
from lib.core.files import write_json
from lib.hotels import linking as linking_run
from lib.hotels import (
    linking_losses,
    linking_tables,
    linking_verdicts,
    loading,
    published_splits,
    shared_content,
    split_invariants,
)
from lib.runs.trainer import Trainer
from lib.study import plan
from lib.study.plan import Run

TINY = {"scale": 0.005, "pixels": 32, "image_pixels": 32, "epochs": 1, "batch_size": 16}
LOSSES = ["triplet", "circle", "bce"]


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    """A parameter file with hotel runs; the twin of the smoke study."""
    path = tmp_path_factory.mktemp("hotels") / "hotels.yaml"
    runs = [
        {
            "notebook": "41_hotel_linking",
            "image": ["efficientnet-lite0"],
            "loss": [*LOSSES, "pre-trained"],
            "seed": [1, 2, 3],
        }
    ]
    data = {"scale": 0.001, "pixels": 32}  # of ads, to which a run is transferred
    given = {"name": path.parent.name.replace("_", "-"), "data": data, "hotels": TINY, "runs": runs}
    path.write_text(yaml.safe_dump(given))
    return path


@pytest.fixture(scope="module")
def found(study):
    return loading.read(plan.load(study))


def test_the_twin_is_cleaned_and_split(found):
    checked = split_invariants.checked(found.splits).set_index("invariant")
    assert checked.loc[~checked.index.str.contains("a fifth of"), "holds"].all()
    rows, branches = found.rows("D_UU")
    assert len(rows) == len(branches) and len(found.names) == found.splits["image"].nunique()
    cases = found.findings.set_index("finding")["cases"]
    assert cases["branches that are one place"] >= 1 and cases["left out: branch of one picture"] == 1
    assert found.splits.groupby(["split", "branch"], observed=True).size().min() > 1
    with pytest.raises(DataError, match="no picture is in the split nothing"):
        found.rows("nothing")


def collected(tmp_path, rows, **more):
    pd.DataFrame(rows, columns=["image", "label", "super_label"]).to_csv(tmp_path / "train.csv", index=False)
    path = tmp_path / "own.yaml"
    path.write_text(yaml.safe_dump({"name": "own", "hotels": {"source": "collected", "folder": str(tmp_path), **more}}))
    return plan.load(path)


def test_missing_and_foreign_pictures_are_left_out_and_counted(tmp_path, study):
    twin = plan.load(study).hotel_pictures
    listed = loading.read(plan.load(study)).splits.query("split == 'Total'")
    for image in listed["image"]:
        target = tmp_path / image
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes((twin / image).read_bytes())
    rows = list(zip(listed["image"], listed["branch"], listed["chain"].fillna(0), strict=True))
    rows += [("images/none.jpg", 1, 2), ("../outside.jpg", 1, 2)]
    read = loading.read(collected(tmp_path, rows))
    said = read.findings[read.findings["finding"].str.startswith("left out")]
    assert said["rows"].tolist() == [1, 1, 0] and len(read.names) == len(listed)


def test_no_usable_picture_is_an_error(tmp_path):
    with pytest.raises(DataError, match=r"none of the 2 pictures .* can be used \(there is no such file"):
        loading.read(collected(tmp_path, [("a.jpg", 1, 1), ("b.jpg", 2, 1)]))
    (tmp_path / "train.csv").unlink()
    with pytest.raises(DataError, match="no CSV file of hotel pictures"):
        loading.read(plan.load(tmp_path / "own.yaml"))


@pytest.mark.parametrize(
    ("label", "match"), [("1.5", "column label: the value is not a whole number"), ("west", "not a whole number")]
)
def test_labels_are_whole_numbers(tmp_path, label, match):
    with pytest.raises(DataError, match=match):
        loading.read(collected(tmp_path, [("a.jpg", label, 1)]))


def test_a_picture_in_two_splits_or_a_branch_with_two_chains_is_an_error(found):
    train = found.splits[found.splits["split"] == "Trainval"].head(1)
    with pytest.raises(DataError, match="1 pictures of the split files are in two splits of Trainval, D_SS"):
        loading._check_labels(pd.concat([found.splits, train.assign(split="D_SS")]))
    with pytest.raises(DataError, match="1 branches have two chains in the split files"):
        loading._check_labels(pd.concat([found.splits, train.assign(chain=train["chain"] + 1000)]))


@pytest.mark.parametrize(
    ("split", "also"), [("D_SS val", "D_SU"), ("Train", "D_SS"), ("Train", "D_UU val"), ("D_SS val", "D_SU val")]
)
def test_a_picture_of_train_or_validation_in_another_part_is_an_error(found, split, also):
    """Though Trainval and the tests share none: the search is trained on Train and looks at the validation splits."""
    loading._check_labels(found.splits)
    one = found.splits[found.splits["split"] == split].head(1)
    elsewhere = found.splits[~((found.splits["split"] == "Trainval") & found.splits["image"].isin(one["image"]))]
    with pytest.raises(DataError, match="1 pictures of the split files are in two splits of Train, D_SS val"):
        loading._check_labels(pd.concat([elsewhere, one.assign(split=also)]))


def test_names_of_tests_hold_for_a_model_of_trainval_and_not_for_one_of_train(found):
    sizes = published_splits.split_sizes(found.splits).set_index("split")
    seen = loading.seen(found.splits, linking_run.TRAINED).set_index("split")
    assert seen["as_named"].all() and list(seen.index) == published_splits.TESTS
    assert seen.loc["D_SS", "chains_seen"] == sizes.loc["D_SS", "chains"] and seen.loc["D_SU", "branches_seen"] == 0
    less = loading.seen(found.splits, linking_run.TUNED).set_index("split")
    assert less.loc["D_SS", "branches_seen"] == sizes.loc["D_SS", "branches_in_train"] < less.loc["D_SS", "branches"]
    assert not less.loc["D_SS", "as_named"] and less.loc["D_UU", "as_named"]


def test_table_6_gives_the_defaults():
    known = linking_losses.hyperparameters("proxynca++", "Revisited Hotel-ID")
    assert known == {"temperature": 1 / 9, "lr": 0.024, "batch": 192, "proxy_lr": 240, "classes": 64}
    assert linking_losses.hyperparameters("softtriple", "Revisited Hotels-50K")["centres"] == 5
    names = set(published.table("hotels", 6)["system"])
    assert {kind.published for kind in linking_losses.KINDS.values()} == names


def linking(study, out, found, **how):
    given = {"loss": "supcon", "image": "efficientnet-lite0", "seed": 3, "hotels": found} | how
    return linking_run.Linking("41_hotel_linking", str(study), str(out), **given)


def test_two_views_a_picture_and_the_proxies_own_rate(study, found, tmp_path):
    run = linking(study, tmp_path, found, loss="proxynca++", hyperparameters={"lr": 0.01})
    assert run.hyper["per_class"] == 3 and run.hyper["batch"] == 16  # Table 6: 192 pictures of 64 branches
    assert (run.settings.proxy_lr, run.settings.epsilon, run.settings.image_lr) == (240, 1.0, 0.01)
    assert dict(run.system.named_parameters())["loss.proxies"].shape == (len(run.branches), linking_run.DIMENSIONS)
    assert set(run.branches) == set(found.rows("Trainval")[1]) > set(found.rows("Train")[1])
    with pytest.raises(DataError, match="supcon has no hyper-parameter margin"):
        linking(study, tmp_path, found, hyperparameters={"margin": 1.0})


def test_an_untrained_backbone_is_scored_as_it_comes(study, found, tmp_path, monkeypatch):
    run = linking(study, tmp_path, found, loss="pre-trained")
    assert run.train().empty
    monkeypatch.setattr(linking_run, "DRAWS", 2)
    table = run.link()
    assert set(table["split"]) == set(published_splits.TESTS) and table["mean"].between(0, 100).all()
    cut = table[table["metric"] == linking_tables.EQUAL].set_index("split")["branches"]
    assert cut.nunique() == 1 and list(cut.index) == published_splits.SEEN
    whole = table[(table["metric"] == "R@1") & table["split"].isin(published_splits.SEEN)]
    assert cut["D_SS"] <= whole["branches"].min()
    run.finish()
    metrics = json.loads((tmp_path / "metrics.json").read_text())
    assert metrics["hyperparameters"] == {} and not (tmp_path / "weights.safetensors").exists()
    assert metrics["data"]["trained_on"] == "Trainval" and all(row["as_named"] for row in metrics["data"]["seen"])


def test_trials_are_trained_on_train_and_runs_on_trainval(tmp_path, study, found, monkeypatch):
    trained = []
    monkeypatch.setattr(
        Trainer, "fit", lambda trainer, loss, train, val, settings, items: trained.append((loss.__self__.part, items))
    )
    monkeypatch.setattr(loading, "read", lambda study: found)
    path = tmp_path / "search.yaml"
    path.write_text(yaml.safe_dump({"name": "search", "hotels": TINY | {"search": {"any": {"lr": [1.0]}}}}))
    search = linking_run.Search("43_hotel_search", str(path), str(tmp_path), "circle", "efficientnet-lite0", 7)
    assert search.trials()["R@1"].between(0, 1).all()
    linking(study, tmp_path, found).train()
    assert trained == [(part, len(found.rows(part)[0])) for part in ("Train", "Trainval")]


def made_up(study, auc, recall=(10.0, 40.0, 35.0, 30.0), equal=(15.0, 15.0, 14.0), named=True):
    """Finished runs whose AUC over the four tests is `auc` (loss, seed) -> four numbers."""
    chosen = plan.load(study)
    seen = [
        {"split": split, "branches": 3, "branches_seen": 3, "as_named": named or split != "D_SS"}
        for split in published_splits.TESTS
    ]
    for run in chosen.all_runs().values():
        loss, seed = run.parameters["loss"], run.parameters["seed"]
        rows = []
        for place, split in enumerate(published_splits.TESTS):
            scored = [("AUC", auc(loss, seed)[place], 50), ("R@1", recall[place] + len(loss) / 1e4, 50)]
            if split in published_splits.SEEN:
                scored.append((linking_tables.EQUAL, equal[place] + len(loss) / 1e4, 18))
            for metric, value, branches in scored:
                rows.append(
                    {
                        "metric": metric,
                        "mean": value + 0.01 * seed,
                        "std": 0.1,
                        "images": 99,
                        "branches": branches,
                        "split": split,
                    }
                )
        metrics = {
            "linking": rows,
            "hyperparameters": {"lr": 1.0},
            "training": {"epochs": 1, "seconds": 1.0, "items": 9, "resumed": False},
        }
        write_json(
            run.folder / "metrics.json", metrics | run.identity | {"data": {"seen": seen, "trained_on": "Trainval"}}
        )
        queries = pd.DataFrame(
            {"region": "south", "vendor": np.arange(40), "R-Precision@X": 0.2 if loss == "pre-trained" else 0.6}
        ).assign(modality="image")
        queries.to_csv(run.folder / "queries.csv", index=False)
    return chosen


@pytest.fixture
def chosen_root(study, monkeypatch, tmp_path):
    monkeypatch.setattr(plan.Study, "folder", property(lambda self: tmp_path))
    return study


def test_a_fall_that_every_loss_has_is_supported_and_a_rise_is_not(chosen_root):
    falling = made_up(chosen_root, lambda loss, seed: (90.0, 80.0 - len(loss), 70.0 - 2 * len(loss), 75.0))
    assert set(linking_tables.falls(falling)["verdict"]) == {"falls"}
    answers = linking_verdicts.verdicts(falling).set_index("question")["verdict"]
    assert answers.iloc[0] == "supported" and answers.iloc[1] == "supported"
    rising = made_up(chosen_root, lambda loss, seed: (70.0, 80.0, 90.0, 75.0))
    assert linking_verdicts.verdicts(rising)["verdict"].iloc[0] == "not supported"


def test_only_falls_between_splits_that_are_as_named_are_judged(chosen_root):
    """A model that hasn't seen some chains of D_SS can't tell what seeing them is worth."""
    made = made_up(chosen_root, lambda loss, seed: (90.0, 80.0, 70.0, 75.0), named=False)
    assert set(linking_tables.falls(made)["from"]) == {"D_SU"}
    answers = linking_verdicts.verdicts(made).set_index("question")["verdict"]
    assert answers.iloc[0] == answers.iloc[-1] == "not testable here"
    assert not linking_tables.seen(made)["as_named"].all()


@pytest.mark.parametrize(
    ("own", "verdict"),
    [((0, 0), "supported"), ((20, 20), "not supported"), ((10, 0), "partly supported"), ((10, 10), "undecided")],
)
def test_what_the_backbone_falls_by_itself_is_not_trainings(chosen_root, own, verdict):
    """Trained models fall by 10 points in both steps, give or take a tenth; the backbone as it comes by `own`."""
    before = (90, 90 - own[0], 90 - sum(own), 75)

    def auc(loss, seed):
        return before if loss == "pre-trained" else (95 + (seed - 2) / 10, 85, 75 - (seed - 2) / 10, 75)

    made = made_up(chosen_root, auc)
    assert linking_tables.falls(made).drop_duplicates("from")["untrained"].tolist() == pytest.approx(own)
    judged = linking_verdicts.verdicts(made)
    assert judged["verdict"].iloc[0] == "supported"  # it falls, by whatever reason
    assert judged["question"].iloc[-1].startswith("Does AUC fall by more") and judged["verdict"].iloc[-1] == verdict


@pytest.mark.parametrize(
    ("recall", "equal", "verdict"),
    [
        ((10, 40, 35, 30), (15, 15, 14), "supported"),
        ((10, 40, 35, 30), (10, 10, 9), "partly supported"),  # fewer branches don't help D_SS
        ((10, 40, 35, 30), (15, 30, 29), "partly supported"),  # others stay ahead at equal sizes
        ((50, 40, 35, 30), (50, 12, 11), "not supported"),  # not lowest at all
    ],
)
def test_why_recall_is_low_where_all_was_seen(chosen_root, recall, equal, verdict):
    made = made_up(chosen_root, lambda loss, seed: (90.0, 80.0, 70.0, 75.0), recall, equal)
    judged = linking_verdicts.verdicts(made).iloc[1]
    assert judged["verdict"] == verdict
    assert (
        "among 18 of its 50 branches" in judged["answer"]
        and "what more branches than that do to the others is not tested" in judged["answer"]
    )


def test_a_lead_within_seeds_spread_decides_nothing(chosen_root):
    made = made_up(chosen_root, lambda loss, seed: (90.0, 80.0, 70.0, 75.0))
    for run in made.all_runs().values():
        path = run.folder / "metrics.json"
        metrics = json.loads(path.read_text())
        for row in metrics["linking"]:
            if row["metric"] == "R@1" and row["split"] == "D_SS":
                row["mean"] += 40 * (run.parameters["seed"] == 2)  # by two seeds lowest, by the other not
        write_json(path, metrics)
    assert linking_verdicts.verdicts(made)["verdict"].iloc[1] == "undecided"


@pytest.mark.parametrize(("trained", "verdict"), [(80.0, "yes"), (40.0, "no"), (60.0, "undecided")])
def test_training_that_does_not_beat_the_backbone_is_said(chosen_root, trained, verdict):
    made = made_up(chosen_root, lambda loss, seed: [60.0 if loss == "pre-trained" else trained] * 4)
    answers = linking_verdicts.verdicts(made).set_index("question")["verdict"]
    assert answers["Does training beat the backbone as it comes?"] == verdict


def test_ranks_that_differ_between_seeds_alone_are_no_change_between_splits(chosen_root):
    place = {name: number for number, name in enumerate([*LOSSES, "pre-trained"])}
    same = made_up(chosen_root, lambda loss, seed: [60 + 5 * place[loss]] * 4)
    ranked = linking_tables.ranks(same)
    assert ranked[["ours", "low", "high", "across", "within"]].to_numpy() == pytest.approx(1)
    assert len(ranked) == 2 * 7 and (ranked["one"] == "all").sum() == 2
    assert linking_verdicts.verdicts(same)["verdict"].iloc[2] == "not supported"
    turned = made_up(chosen_root, lambda loss, seed: [60 + 5 * place[loss] * sign for sign in (1, -1, 2, -2)])
    ours = linking_tables.ranks(turned).set_index(["metric", "one", "other"])["ours"]
    assert ours["AUC", "D_SS", "D_SU"] == pytest.approx(-1) and ours["AUC", "D_SS", "D_UU"] == pytest.approx(1)
    # By AUC the order changes, by R@1 it keeps; the latter's tables don't drown in the former's.
    assert linking_verdicts.verdicts(turned)["verdict"].iloc[2] == "partly supported"
    drawn = made_up(chosen_root, lambda loss, seed: [60 + (place[loss] * seed * (split + 2)) % 5 for split in range(4)])
    assert linking_verdicts.verdicts(drawn)["verdict"].iloc[2] == "undecided"


def emoji(folder, concepts):
    """Split files whose D_?? draws these concepts, a list for each of its branches."""
    drawn = [(f"{branch}/{row}.png", branch, 0, concept) for branch, of in enumerate(concepts) for row, concept in of]
    pd.DataFrame(drawn, columns=["image", "label", "super_label", "CONCEPT"]).to_csv(folder / "test4.csv", index=False)


@pytest.mark.parametrize(
    ("concepts", "count"),
    [([[4, 7, 9]] * 3, 3), ([[4, 7], [4, 9]], 0), ([[4, 4], [4, 4]], 0), ([[4, 7]], 0), ([[-1, -1], [-1, -1]], 0)],
)
def test_content_cannot_help_where_all_branches_draw_the_same_concepts_once(tmp_path, concepts, count):
    emoji(tmp_path, [list(enumerate(of)) for of in concepts])
    path = tmp_path / "own.yaml"
    hotels = {"source": "splits", "folder": str(tmp_path)}
    path.write_text(yaml.safe_dump({"name": "own", "hotels": hotels, "hotel_splits": str(tmp_path)}))
    chosen = plan.load(path)
    assert shared_content.concepts(chosen) == count
    assert ("D_??" in shared_content.named_tests(chosen)) == (not count)
    listed = pd.read_csv(tmp_path / "test4.csv")
    listed.drop(columns="CONCEPT").to_csv(tmp_path / "test4.csv", index=False)
    assert shared_content.concepts(chosen) == 0


def test_a_test_without_content_is_shown_and_no_verdict_counts_it(chosen_root, monkeypatch):
    branches = np.repeat([1, 2, 3], [2, 3, 4])
    splits = pd.concat([pd.DataFrame({"split": split, "branch": branches}) for split in published_splits.TESTS])
    auc = lambda loss, seed: (90.0, 80.0 - len(loss), 70.0 - 2 * len(loss), 20.0 - 2 * seed * len(loss))  # noqa: E731
    made = made_up(chosen_root, auc, recall=(30.0, 40.0, 35.0, 3.0))
    assert linking_tables.without_content(made, splits).empty
    assert "no test" in shared_content.in_words(0, linking_tables.without_content(made, splits))
    assert linking_verdicts.verdicts(made)["verdict"].iloc[1] == "not supported"
    assert "of 12;" in linking_verdicts.verdicts(made)["answer"].iloc[3]
    monkeypatch.setattr(shared_content, "concepts", lambda study: 60)
    table = linking_tables.without_content(made, splits)
    assert table["split"].tolist() == published_splits.TESTS and table.isna().sum().sum() == 0
    assert table["chance"].to_numpy() == pytest.approx(100 * (2 * 1 + 3 * 2 + 4 * 3) / (9 * 8))
    said = shared_content.in_words(60, table)
    assert "draw the same 60 concepts" in said and "of trained models 3.0 (D_SS 30.0)" in said
    judged = linking_verdicts.verdicts(made)
    assert judged["verdict"].iloc[1] != "not supported" and "of 12;" not in judged["answer"].iloc[3]
    assert len(linking_tables.ranks(made)) == 2 * 4


def test_one_seed_decides_nothing(chosen_root, monkeypatch):
    made = made_up(chosen_root, lambda loss, seed: (90.0, 80.0, 70.0, 75.0))
    alone = {name: run for name, run in made.all_runs().items() if run.parameters["seed"] == 1}
    monkeypatch.setattr(plan.Study, "all_runs", lambda self: alone)
    assert linking_verdicts.verdicts(made)["verdict"].iloc[:3].tolist() == ["undecided"] * 3


def test_harm_that_vendors_agree_on_outlasts_the_correction_and_chance_does_not(chosen_root, monkeypatch):
    """As many comparisons as the study has: with resamples for one interval alone, Holm's smallest p would be above 5
    %."""
    made = made_up(chosen_root, lambda loss, seed: (90, 80, 70, 75))
    regions, generator = [f"region {number}" for number in range(11)], np.random.default_rng(0)
    for run in made.all_runs().values():
        untrained = run.parameters["loss"] == "pre-trained"
        frames = [
            pd.DataFrame(
                {
                    "region": region,
                    "vendor": np.arange(40),
                    "R-Precision@X": (0.5 if untrained or number else 0.3) + 0.1 * generator.normal(size=40),
                }
            )
            for number, region in enumerate(regions)
        ]
        pd.concat(frames).assign(modality="image").to_csv(run.folder / "queries.csv", index=False)
    moved = linking_tables.transfer(made)
    assert len(moved) == 33 and {"low", "high", "p_holm"} <= set(moved)
    assert set(moved.loc[moved["region"] == "region 0", "verdict"]) == {"harms"}
    assert (moved.loc[moved["region"] != "region 0", "verdict"] == "undecided").mean() > 0.95
    assert "harms in 3" in linking_verdicts.transferred(moved)


def searches(chosen, **leads):
    """A finished search of each loss: the chosen rate and its lead."""
    rates = [0.0001, 0.0003, 0.001]
    found = {}
    for loss, (rate, lead) in leads.items():
        run = Run(chosen, "43_hotel_search", {"image": "efficientnet-lite0", "loss": loss, "seed": 7})
        tried = [rate, *(other for other in rates if other != rate)]
        rows = [{"lr": value, "R@1": 0.5 - lead * (place > 0), "problem": ""} for place, value in enumerate(tried)]
        write_json(run.folder / "metrics.json", run.identity | {"trials": rows, "best": {"lr": rate}, "epochs": 3})
        found[run.name] = run
    return found


def test_what_the_search_chose_and_by_how_little(chosen_root, monkeypatch):
    made = made_up(chosen_root, lambda loss, seed: (60 + 9 * (loss == "circle"), 80, 70, 75))
    runs = made.all_runs() | searches(made, triplet=(0.0003, 0.02), circle=(0.001, 0.001))
    monkeypatch.setattr(plan.Study, "all_runs", lambda self: runs)
    table = linking_tables.chosen(made).set_index("loss")
    assert table.loc["circle", ["lr", "trials", "epochs", "at the edge"]].tolist() == [0.001, 3, 3, "lr"]
    assert table.loc["triplet", "at the edge"] == "" and table["lead"].tolist() == pytest.approx([0.02, 0.001])
    said = linking_verdicts.searched(linking_tables.chosen(made))
    assert "0.1 to 2.0 points" in said and "at the edge of what was tried for 1 of 2 losses" in said
    assert "Searched were lr, with one seed" in said and "lr 0.0003: triplet 60.0; lr 0.001: circle 69.0" in said
    shared = made.all_runs() | searches(made, triplet=(0.001, 0.02), circle=(0.001, 0.001))
    monkeypatch.setattr(plan.Study, "all_runs", lambda self: shared)
    same = linking_tables.chosen(made)
    assert "Losses differ" not in linking_verdicts.searched(same)
    same.insert(2, "batch", [64.0, 32.0])
    assert "Losses differ in batch as well" in linking_verdicts.searched(same)
    apart = same.assign(lr=[0.001, 0.003], batch=[64.0, float("nan")])  # of one loss no batch was tried
    assert "lr 0.001, batch 64: " in linking_verdicts.searched(apart) and "lr 0.003: " in linking_verdicts.searched(
        apart
    )


def test_without_a_search_nothing_was_chosen(chosen_root):
    made = made_up(chosen_root, lambda loss, seed: (90, 80, 70, 75))
    assert linking_tables.chosen(made).empty and "Nothing was searched" in linking_verdicts.searched(
        linking_tables.chosen(made)
    )


def test_transfer_is_against_the_untrained_backbone(chosen_root):
    chosen = made_up(chosen_root, lambda loss, seed: (90, 80, 70, 75))
    moved = linking_tables.transfer(chosen)
    assert set(moved["loss"]) == set(LOSSES) and set(moved["verdict"]) == {"helps"}
    assert moved["difference"].tolist() == pytest.approx([0.4] * 3)
    assert "helps in 3" in linking_verdicts.transferred(moved)


def test_printed_rows_stand_beside_ours(chosen_root):
    chosen = made_up(chosen_root, lambda loss, seed: (90, 80, 70, 75))
    table = linking_tables.beside(chosen, 5).set_index(["system", "metric", "split"])
    assert table.loc[("Circle", "AUC", "D_UU"), "published"] == 79.56
    assert table.loc[("Circle", "AUC", "D_UU"), "ours"] == pytest.approx(70.02)
    assert np.isnan(table.loc[("BCE", "AUC", "D_UU"), "published"])  # Table 6 lists it, no table scores it
    assert np.isnan(table.loc[("SoftTriple", "R@1", "D_SS"), "ours"])


def test_runs_take_up_the_search_of_their_loss(tmp_path):
    path = tmp_path / "searched.yaml"
    shared = {"image": ["efficientnet-lite0"], "loss": ["circle"]}
    runs = [
        {"notebook": "43_hotel_search", **shared, "seed": [7]},
        {"notebook": "41_hotel_linking", **shared, "seed": [1, 2]},
    ]
    searched = {"search": {"circle": {"lr": [1.0]}}}
    path.write_text(yaml.safe_dump({"name": "searched", "hotels": searched, "runs": runs}))
    chosen = plan.load(path)
    names = [run.prerequisite.name for run in chosen.all_runs().values() if run.notebook == "41_hotel_linking"]
    assert names == ["hotel_search/efficientnet-lite0/circle/seed7"] * 2
    alone = Run(chosen, "41_hotel_linking", {"image": "efficientnet-lite0", "loss": "bce", "seed": 1})
    assert alone.prerequisite is None
    path.write_text(yaml.safe_dump({"name": "searched", "runs": runs}))
    with pytest.raises(DataError, match="names no hyper-parameter to try for circle"):
        plan.load(path)
    path.write_text(yaml.safe_dump({"name": "searched"}))
    with pytest.raises(DataError, match="names no hyper-parameter to try for circle"):
        linking_run.Search("43_hotel_search", str(path), str(tmp_path), "circle", "efficientnet-lite0", 7)


def test_a_failed_trial_is_a_row_and_a_finished_one_is_not_made_again(tmp_path, study, found, monkeypatch):
    path = tmp_path / "search.yaml"
    settings = TINY | {"search": {"any": {"lr": [1.0, 2.0]}}}
    path.write_text(yaml.safe_dump({"name": "search", "hotels": settings}))
    monkeypatch.setattr(loading, "read", lambda study: found)
    search = linking_run.Search("43_hotel_search", str(path), str(tmp_path), "circle", "efficientnet-lite0", 7)
    made = []

    def tried(hyper, folder):
        made.append(hyper["lr"])
        return {"R@1": None, "problem": "diverged"} if hyper["lr"] == 1.0 else {"R@1": 0.5, "problem": ""}

    monkeypatch.setattr(search, "_trial", tried)
    table = search.trials()
    assert table["lr"].tolist() == [2.0, 1.0] and table["problem"].tolist() == ["", "diverged"]
    assert search.recorder.results["best"] == {"lr": 2.0}
    again = linking_run.Search("43_hotel_search", str(path), str(tmp_path), "circle", "efficientnet-lite0", 7)
    monkeypatch.setattr(again, "_trial", tried)
    pd.testing.assert_frame_equal(again.trials(), table)
    assert made == [1.0, 2.0]
    json.dumps(search.recorder.results)
