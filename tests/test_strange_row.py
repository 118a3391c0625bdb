"""Table 7's strange row: what counts as chance, as collapse and as an explanation, on made-up runs and vectors."""

import numpy as np
import pandas as pd
import pytest
from made_up_runs import REGIONS, VENDORS, baseline, image, text

from lib.core import published
from lib.pipeline import figures, report
from lib.review import strange_row
from lib.runs import embeddings, results
from lib.study.registry import VARIANTS

BY_CHANCE = 0.97  # the share of wrong answers that leaves made-up scores below a random ranking's


def store(found, spread):
    """Vectors of pictures for each run: one direction, and noise times `spread`, by the run's variant."""
    for run in found.runs.loc[found.runs["modality"] == "image", ["run", "variant"]].itertuples():
        items = pd.concat(
            [pd.DataFrame({"vendor": np.arange(100) % VENDORS, "region": region}) for region in REGIONS],
            ignore_index=True,
        )
        items["part"] = np.where(np.arange(len(items)) % 3 == 0, "test", "train")
        noise = np.random.default_rng(7).normal(size=(len(items), 16))
        vectors = 5 * np.eye(16)[0] + spread[run.variant] * noise
        path = found.study.all_runs()[run.run].folder / "embeddings.safetensors"
        embeddings.save(path, {"image": (items, vectors.astype(np.float32))})


def test_the_printed_rows_are_at_chance_and_no_other_is():
    table = strange_row.printed()
    strange = table["objective"].isin(strange_row.STRANGE)
    assert strange.sum() == 8 and len(table) == 24
    assert table.loc[strange, "times chance"].between(0.5, 2).all()
    assert table.loc[~strange, "times chance"].min() > 30
    south = table[(table["objective"] == "SupCon") & (table["region"] == "South")].iloc[0]
    assert south["chance"] == 1 / published.regions().loc["south", "vendors"] and south["published"] == 0.001


def test_chance_is_the_share_of_relevant_documents_by_vendor():
    scored = pd.DataFrame(
        {
            "region": ["south", "south", "south", "west"],
            "vendor": [0, 0, 1, 0],
            "relevant": [2, 2, 8, 1],
            "documents": 10,
            "R-Precision@X": 0.9,
        }
    )
    assert strange_row.by_chance(scored, "south") == pytest.approx((0.2 + 0.8) / 2)


def test_how_many_find_a_positive_in_a_shuffled_batch():
    assert strange_row.with_positive(np.zeros(40), 8) == 1 and strange_row.with_positive(np.arange(40), 8) == 0
    assert strange_row.with_positive(np.array([0, 0, 1, 2]), 2) == pytest.approx(2 / 4 * 1 / 3)
    assert strange_row.with_positive(np.array([0, 0, 1]), 8) == pytest.approx(2 / 3)  # all three in one batch
    vendors, generator = np.repeat(np.arange(12), [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]), np.random.default_rng(0)
    met = []
    for _ in range(4000):
        batch = generator.choice(vendors, 10, replace=False)
        met.append(np.mean([(batch == vendor).sum() > 1 for vendor in batch]))
    assert strange_row.with_positive(vendors, 10) == pytest.approx(np.mean(met), abs=0.01)


def test_batches_here_and_theirs_in_a_sentence(measured):
    found = measured(image("pre-trained"), text("ce"))
    assert strange_row.batches(found) == ""
    store(found, {"corrected": 1.0})
    assert f"({VENDORS} vendors). In MATCHED's South (1,450 vendors) it would be 2%" in strange_row.batches(found)


def test_systems_for_pictures_with_their_shape(measured):
    found = measured(
        image("pre-trained"),
        image("supcon", variant="released", wrong=BY_CHANCE),
        image("ce", seed=1),
        image("ce", seed=2),
        image("ce", faces="no-face"),
        text("supcon"),
        baseline("perceptual-hash"),
    )
    store(found, {"corrected": 1.0, "released": 0.01})
    table = strange_row.systems(found).set_index("objective")
    assert set(table.index) == {"pre-trained", "SupCon", "CE"} and table.loc["CE", "seeds"] == 2
    assert set(results.ROW) - {"modality", "objective", "fusion", "faces"} <= set(table)
    assert table["chance"].to_numpy() == pytest.approx(3 / 80)
    assert table.loc["SupCon", "published"] == 0.001 and table.loc["CE", "published"] == 0.0459
    assert table["at chance"].to_dict() == {"pre-trained": "no", "SupCon": "yes", "CE": "no"}
    assert table["collapsed"].to_dict() == {"pre-trained": "no", "SupCon": "yes", "CE": "no"}
    assert table.loc["SupCon", "mean cosine"] > 0.999 and table.loc["SupCon", "effective rank"] < 1.5
    assert table.loc["SupCon", "uniformity"] > table.loc["CE", "uniformity"]
    assert (table["vectors"] == 34).all() and (table["dimensions"] == 16).all()
    assert table["inner product"].between(0, 0.2).all()
    assert list(strange_row.without_ce(table.reset_index())["objective"]) == ["SupCon"]


def test_a_row_is_explained_where_vectors_are_scattered_at_chance(measured):
    """Two vectors of one vendor are as far apart as any two."""
    found = measured(image("supcon", variant="released", wrong=BY_CHANCE))
    store(found, {"released": 5.0})
    table = strange_row.systems(found)
    assert table[["collapsed", "scattered"]].to_numpy().tolist() == [["no", "yes"]]
    told = strange_row.explained(table)
    assert "**explained**" in told and "with vectors that are scattered whoever's they are" in told


def test_a_row_is_explained_where_chance_and_collapse_come_together(measured):
    found = measured(*(image(one, variant="released", wrong=BY_CHANCE) for one in ("supcon", "triplet")))
    store(found, {"released": 0.01})
    told = strange_row.explained(strange_row.systems(found))
    for objective in strange_row.STRANGE:
        assert f"The row of {objective} is **explained** by `released" in told
    assert "- efficientnet-lite0, SupCon, released" in told and "no better than the 0.037 of a random ranking" in told
    others = [variant for variant in VARIANTS if variant != "released"]
    assert f"`objective: [supcon, triplet]` and `variant: [{', '.join(others)}]`" in told


@pytest.mark.parametrize(
    ("wrong", "spread", "words"),
    [
        (0.3, 0.01, "vectors that have collapsed, but still ranks better than chance"),
        (0.3, 5.0, "vectors that are scattered, but still ranks better than chance"),
    ],
)
def test_one_without_the_other_explains_nothing(measured, wrong, spread, words):
    found = measured(*(image("supcon", variant=variant, wrong=wrong) for variant in VARIANTS))
    store(found, dict.fromkeys(VARIANTS, spread))
    told = strange_row.explained(strange_row.systems(found))
    assert "The row of SupCon is **not explained** here: " in told and words in told
    assert "The row of Triplet isn't asked" in told and "SupCon in" not in told


def test_what_has_not_converged_is_said(measured):
    found = measured(image("supcon", variant="released", late_fall=0.3), image("pre-trained"))
    store(found, dict.fromkeys(VARIANTS, 1.0))
    table = strange_row.systems(found).set_index("objective")
    assert table["converged"].to_dict() == {"SupCon": "no", "pre-trained": "yes"}
    assert table["steps"].to_dict() == {"SupCon": 40, "pre-trained": 0}
    assert "`released" in (told := strange_row.explained(table.reset_index())) and "had not converged" in told


def test_without_vectors_or_runs_it_says_what_to_do(measured):
    found = measured(image("supcon", variant="released", wrong=BY_CHANCE))
    told = strange_row.explained(table := strange_row.systems(found))
    assert table[["mean cosine", "inner product"]].isna().all(axis=None) and list(table["collapsed"]) == [""]
    assert "stays open: the vectors of its runs were not stored" in told
    empty = strange_row.systems(measured(text("ce")))
    assert empty.empty and list(empty) == list(table)
    none = strange_row.explained(empty)
    assert none.startswith("This study has no system for pictures alone. Not run: SupCon in") and "11_image" in none


def test_shapes_of_few_vendors_of_sensitive_data_are_left_out(measured, monkeypatch):
    found = measured(image("supcon", variant="released"))
    store(found, {"released": 1.0})
    monkeypatch.setattr(type(found.study), "sensitive", property(lambda self: True))
    assert strange_row.systems(found)["mean cosine"].notna().all()
    monkeypatch.setattr(strange_row.disclosure, "LEAST", VENDORS + 1)
    assert strange_row.systems(found)["mean cosine"].isna().all()


def test_systems_can_be_drawn(measured, tmp_path):
    found = measured(image("pre-trained"), image("supcon", variant="released", wrong=BY_CHANCE))
    store(found, {"corrected": 1.0, "released": 0.01})
    figure = figures.alignment_and_uniformity(strange_row.systems(found), "ours")
    [axes] = figure.axes
    assert len(axes.texts) == 2 and {text.get_text() for text in axes.get_legend().get_texts()} >= {
        "SupCon",
        "released",
    }
    report.save_figure(figure, tmp_path / "shape.png")
