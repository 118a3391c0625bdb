"""The control's tables and its verdict, on runs whose outcome is planted."""

import json

import numpy as np
import pandas as pd
import pytest

from lib.pipeline import figures
from lib.review import alignment_tables
from lib.study.plan import Study

ENTRY = {"notebook": "20_alignment", "text": ["bag-of-tokens"], "image": ["efficientnet-lite0"], "seed": [1]}
METHODS = ["itc", "itc+itm"]


@pytest.fixture
def study(tmp_path, monkeypatch):
    monkeypatch.setattr(Study, "folder", property(lambda self: tmp_path))
    control = ENTRY | {"method": METHODS, "variant": ["corrected", "released"], "overlap": [0.0, 1.0]}
    warm = ENTRY | {"method": ["itc"], "temperature": [0.3]}
    return Study(name="x", runs=[ENTRY | {"method": ["itc"]}, warm, control], bootstrap=200)


def plant(study, learns):
    """Every run's texts and their scores; learns(method, variant, overlap) -> R-Precision."""
    generator = np.random.default_rng(0)
    for run in study.all_runs().values():
        given = run.parameters
        level = learns(given["method"], given.get("variant", "corrected"), given.get("overlap", 0.0))
        scored = pd.DataFrame({"region": "south", "vendor": np.arange(60) % 30, "query": range(60)})
        scored["R-Precision@X"] = np.clip(level + generator.normal(0, 0.05, 60), 0, 1)
        scored["R-Precision@X, chance"] = 0.02
        run.folder.mkdir(parents=True)
        scored.to_csv(run.folder / "text_to_image.csv", index=False)
        row = {"metric": "R-Precision@X", "mean": level, "low": level - 0.01, "high": level + 0.01, "std": 0.1}
        row |= {"chance": 0.02, "vendor's level": 0.4, "queries": 60, "vendors": 30, "documents": 90}
        rows = [row | {"region": region} for region in ("south", "ZS")]
        rewards = [{"what": "content", "share": level, "low": level, "high": level, "pairs": 60, "vendors": 30}]
        (run.folder / "metrics.json").write_text(json.dumps(run.identity | {"text_to_image": rows, "rewards": rewards}))


def test_published_objectives_that_learn_nothing_where_sound_ones_do(study):
    plant(study, lambda method, variant, overlap: 0.1 + 0.3 * overlap * (variant == "corrected"))
    judged = alignment_tables.judged(study).set_index(["method", "variant"])
    assert set(judged["verdict"].xs("corrected", level="variant")) == {"learns"}
    assert set(judged["verdict"].xs("released", level="variant")) == {"undecided"}
    assert judged.loc[("ITC", "corrected"), "difference"] == pytest.approx(0.3, abs=0.05)
    assert judged.loc[("ITC", "corrected"), "at most"] == pytest.approx(0.4, abs=0.03)
    assert judged["chance"].tolist() == pytest.approx([0.02] * 4)
    gains = alignment_tables.contrasts(study)
    assert gains["verdict"].tolist() == ["corrected gains more"] * 2
    assert gains["difference"].tolist() == pytest.approx((gains["corrected"] - gains["released"]).tolist())
    assert gains["difference"].tolist() == pytest.approx([0.3, 0.3], abs=0.05)
    assert ((gains["low"] < gains["difference"]) & (gains["difference"] < gains["high"])).all()
    said = alignment_tables.verdict(study)
    assert "**Not testable as published.**" in said and "as released ITC and ITC+ITM gain less" in said


@pytest.mark.parametrize(
    ("gain", "verdict", "why"),
    [
        (lambda method, variant: 0.3, "**Supported.**", "as released ITC and ITC+ITM find more"),
        (lambda method, variant: 0.0, "**Undecided.**", "of ITC and ITC+ITM the control decides nothing"),
        (lambda method, variant: -0.05 * (variant == "released"), "**Undecided.**", "ITC and ITC+ITM"),
        (
            lambda method, variant: 0.3 * (method == "itc" and variant == "corrected"),
            "**Not testable as published.**",
            "of ITC+ITM the control decides nothing",
        ),
        (
            lambda method, variant: 0.3 * (method == "itc" or variant == "corrected"),
            "**Partly supported.**",
            "as released ITC find more",
        ),
    ],
)
def test_a_method_is_judged_by_itself(study, gain, verdict, why):
    """Where its corrected variant doesn't learn either, the failure of a published objective shows nothing."""
    plant(study, lambda method, variant, overlap: 0.1 + gain(method, variant) * overlap)
    said = alignment_tables.verdict(study)
    assert verdict in said and why in said


def test_tables_keep_questions_apart(study):
    plant(study, lambda method, variant, overlap: 0.1)
    whole = alignment_tables.table(study, "text_to_image")
    assert len(whole) == 2 * (1 + 1 + 8)
    assert len(alignment_tables.control(study)) == 8 and len(alignment_tables.with_study_settings(whole)) == 2
    assert alignment_tables.temperatures(study)["temperature"].tolist() == [0.1, 0.3]
    eight = alignment_tables.table_8(study).dropna(subset="ours")
    assert set(eight["objective"]) == {"ITC"} and set(eight["split"]) == {"South", "Avg"}
    assert len(alignment_tables.table(study, "rewards")) == 10
    figure = figures.control(alignment_tables.control(study), "R-Precision")
    assert [axis.get_title() for axis in figure.axes] == ["ITC", "ITC+ITM"]


def test_a_study_without_the_control_says_so(tmp_path, monkeypatch):
    monkeypatch.setattr(Study, "folder", property(lambda self: tmp_path))
    bare = Study(name="x", runs=[ENTRY | {"method": ["itc"]}])
    assert (
        alignment_tables.control(bare).empty
        and alignment_tables.judged(bare).empty
        and alignment_tables.temperatures(bare).empty
    )
    assert alignment_tables.contrasts(bare).empty
    assert "**Not run.**" in alignment_tables.verdict(bare)
