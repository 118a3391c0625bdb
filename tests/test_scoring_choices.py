"""How vectors are scored: each choice of the authors' cells against a plain loop over what they do."""

import numpy as np
import pandas as pd
import pytest
from made_up_runs import REGIONS, baseline, fusion, image, text

from lib.core import published
from lib.evaluation import scoring, verification
from lib.pipeline import figures, report
from lib.review import claimed_orders, scoring_choices, scoring_claims, study_diff
from lib.review.scoring_choices import ALONE, AS_PRINTED, Scoring
from lib.runs import embeddings


def made_up(seed=0, vendors=6, size=90, values=3, dimensions=4):
    """Items of one region and vectors of a few whole numbers, so that many are equal; the last vendor has no
    document."""
    generator = np.random.default_rng(seed)
    items = pd.DataFrame({"vendor": np.arange(size) % vendors, "region": "south"})
    part = np.where(generator.random(size) < 0.4, "test", "train")
    items["part"] = np.where(items["vendor"] == vendors - 1, "test", part)
    return items, generator.integers(1, values + 1, (size, dimensions)).astype(np.float32)


def store(found, modality, seed=0, scale=1.0, given=("text",)):
    """Vectors of four regions for each run of a modality: a vendor's point with noise."""
    for name in found.runs.loc[found.runs["modality"] == modality, "run"]:
        generator = np.random.default_rng([seed, sum(map(ord, name))])
        frames = [
            pd.DataFrame({"vendor": np.arange(120) % 12, "region": region, "text": np.arange(120)})
            for region in REGIONS
        ]
        items = pd.concat(frames, ignore_index=True)
        items["part"] = np.where(items["text"] % 5 == 0, "test", "train")
        points = np.eye(12)[items["vendor"]] + scale * generator.normal(size=(len(items), 12))
        vectors = {one: (items, points * generator.uniform(0.5, 2, (len(items), 1))) for one in given}
        embeddings.save(found.study.all_runs()[name].folder / "embeddings.safetensors", vectors)


def by_hand(items, vectors, inner, removed, every):
    """R-Precision by vendor and precision at 1 by vendor as the authors' cells compute them: dictionaries, loops."""
    training, test = ({}, {}) if removed else ([], [])
    for place, (vendor, part) in enumerate(zip(items["vendor"], items["part"], strict=True)):
        side = training if part == "train" else test
        if removed:
            side.setdefault(vectors[place].tobytes(), (vectors[place], vendor))
        else:
            side.append((vectors[place], vendor))
    if removed:
        test = [value for key, value in test.items() if key not in training]
        training = list(training.values())
    documents, owners = np.array([v for v, _ in training], float), np.array([o for _, o in training])
    precision, first = {}, {}
    for vector, vendor in test:
        likeness = documents @ vector.astype(float)
        if not inner:
            likeness = likeness / np.linalg.norm(documents, axis=1) / np.linalg.norm(vector)
        best = owners[np.argsort(-np.round(likeness, 9), kind="stable")]
        count = (owners == vendor).sum()
        if count:
            precision.setdefault(vendor, []).append((best[:count] == vendor).mean())
        if count or every:
            first.setdefault(vendor, []).append(float(best[0] == vendor))
    return tuple(np.mean([np.mean(values) for values in found.values()]) for found in (precision, first))


@pytest.mark.parametrize("inner", [False, True])
@pytest.mark.parametrize("removed", [False, True])
@pytest.mark.parametrize("every", [False, True])
def test_each_choice_is_what_a_plain_loop_does(inner, removed, every):
    for seed in range(3):
        items, vectors = made_up(seed)
        queries = scoring.per_query(
            items, vectors, "inner product" if inner else "cosine", "removed" if removed else "kept"
        )
        asked = queries if every else queries[queries["member"]]
        scores = [
            (shares["top"].sum() / shares["bottom"].sum())
            for metric in ("R-Precision@X", "MRR@10")
            for shares in [verification.shares(asked, metric, "south", scoring_choices.FIRST_ONLY)]
        ]
        assert scores == pytest.approx(by_hand(items, vectors, inner, removed, every))


def test_our_own_choices_score_as_the_study_does():
    items, vectors = made_up()
    queries = scoring.per_query(items, vectors, "cosine", "kept")
    ours = verification.scores(items, vectors)
    members = queries[queries["member"]].reset_index(drop=True)
    pd.testing.assert_frame_equal(members[ours.columns], ours, check_dtype=False)
    assert (queries["vendor"] == 5).sum() == (~queries["member"]).sum() == 15


def test_of_equal_vectors_the_first_stays_whoever_it_is_of():
    vectors = np.array([[1, 0], [1, 0], [0, 1], [0, 1], [1, 0], [2, 0]], np.float32)
    asked, kept = scoring.without_duplicates(np.array([2, 3, 4, 5]), np.array([0, 1]), vectors)
    assert asked.tolist() == [2, 5] and kept.tolist() == [0]  # a vector of another length is no duplicate


def test_lengths_alone_make_the_inner_product_differ():
    items, vectors = made_up(values=9)
    unit = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    both = [scoring.per_query(items, unit, likeness, "kept") for likeness in ("cosine", "inner product")]
    assert both[0]["R-Precision@X"].dropna().mean() == pytest.approx(both[1]["R-Precision@X"].dropna().mean(), abs=0.02)
    raw = scoring.per_query(items, vectors, "inner product", "kept")
    assert not np.allclose(raw["R-Precision@X"].dropna(), both[0]["R-Precision@X"].dropna())


def test_what_is_known_of_printed_rows_is_of_rows_that_are_printed():
    for (table, objective), row in scoring_choices.printed_rows().items():
        printed = published.table("matched", table)
        assert objective in set(printed["objective"]) and row.known in ("equal", "loaded")
        assert (
            row.scoring.likeness in ("cosine", "inner product")
            and row.scoring.duplicates == "removed"
            and row.scoring.queries in ("members", "all")
        )
    assert len(scoring_choices.sources()) == len(scoring_choices.printed_rows())


def test_the_authors_own_gain_by_cosine():
    change = scoring_choices.authors_change().set_index(["objective", "region", "metric"])
    south = change.xs("South", level="region").xs("R-Precision@X", level="metric")
    gain = south.loc["CE"] - south.loc["pre-trained"]
    assert gain["inner product"] == pytest.approx(0.3309) and gain["cosine"] == pytest.approx(0.1532)
    assert len(change) == 24 and (change["difference"] > 0).all()


def test_what_each_choice_does_to_rows(measured):
    found = measured(
        text("ce"),
        text("ce+supcon", seed=1),
        text("ce+supcon", seed=2),
        text("pre-trained"),
        fusion("ce"),
        image("ce"),
        baseline("minhash"),
    )
    store(found, "text")
    effects = scoring_choices.effects(found)
    assert list(effects) == [column for column in scoring_choices.COLUMNS if column != "p"]
    assert set(effects["table"]) == {"Table 5"} and set(effects["choice"]) == {*ALONE, AS_PRINTED}
    assert scoring_choices.left_out(found).endswith("Table 9, CE.")
    assert effects["difference"].to_numpy() == pytest.approx((effects["theirs"] - effects["ours"]).to_numpy())
    south = effects[effects["region"] == "south"].set_index(["objective", "metric", "choice"])
    assert south.loc[("CE", "R-Precision@X", "inner product"), "published"] == 0.5557
    assert not effects.loc[effects["choice"] == "all queries", "difference"].any()
    assert set(effects.loc[effects["choice"].isin(scoring_choices.OF_MRR), "metric"]) == {"MRR@10"}
    # The untrained row's headings are exchanged: its R-Precision is a precision at 1, its MRR an R-Precision.
    untrained = south.loc["pre-trained"]
    assert untrained.loc[("MRR@10", AS_PRINTED), "theirs"] < untrained.loc[("R-Precision@X", AS_PRINTED), "theirs"]
    assert scoring_choices.norms(found)["variation"].between(0.1, 1).all()
    said = scoring_choices.summary(effects)
    assert said.count("\n- ") == len(ALONE) and "*all queries* changes nothing here: the vendor of every query" in said


def test_effects_can_be_drawn_and_are_no_numbers_to_compare(measured, tmp_path):
    found = measured(text("ce"))
    store(found, "text")
    effects = scoring_choices.effects(found)
    figure = figures.changes(effects, "choice", "objective", "region", "change")
    assert {axis.get_title() for axis in figure.axes} == {*ALONE, AS_PRINTED}
    report.save_table(effects, tmp_path / "scoring_choices.csv")
    with pytest.raises(Exception, match="no table with intervals"):
        study_diff.numbers(tmp_path)


def test_without_vectors_there_is_nothing_to_score(measured):
    found = measured(text("ce"))
    effects = scoring_choices.effects(found)
    assert effects.empty and "No run with stored vectors" in scoring_choices.summary(effects)
    assert scoring_choices.left_out(found).endswith("Table 5, CE.")
    assert scoring_claims.survival(None).empty


def test_scores_of_few_vendors_of_sensitive_data_are_left_out(measured, monkeypatch):
    found = measured(text("ce"))
    store(found, "text")
    monkeypatch.setattr(type(found.study), "sensitive", property(lambda self: True))
    assert len(scoring_choices.effects(found))
    monkeypatch.setattr(scoring_choices.disclosure, "LEAST", 13)
    assert scoring_choices.effects(found).empty


def test_claims_are_tested_under_each_choice(measured):
    found = measured(text("ce"), text("ce+supcon"), text("pre-trained"), image("ce+supcon"), fusion("ce+supcon"))
    store(found, "text", scale=0.4)
    store(found, "image", scale=0.4, given=("image",))
    tested = claimed_orders.verification(found, "corrected")
    compared = scoring_claims.comparisons(found, tested)
    orders = scoring_claims.compared_orders()
    assert len(compared) == 4 * len(orders) and len(orders) == 10 * len(REGIONS)
    by = compared.set_index(["choice", "claim"])
    ours = by.loc["ours"]
    assert ours["verdict"].to_dict() == tested.set_index("claim").loc[ours.index, "verdict"].to_dict()
    assert by.loc[(AS_PRINTED, "Text retrieves better than images, South"), "verdict"] == "not known"
    assert (
        by.loc[("inner product", "Text retrieves better after multimodal training, South"), "verdict"] == "no vectors"
    )
    assert by.loc[("inner product", "Text retrieves better than images, South"), "verdict"] != "no vectors"
    side = claimed_orders.Side("text", "CE+SupCon", "text")
    row = scoring_choices.Row(5, "CE+SupCon", claimed_orders.runs_of(found, side), "text")
    shares = scoring_choices.Scored(row, list(REGIONS)).shares(ALONE["inner product"], "R-Precision@X", "south")
    other = scoring_choices.Scored(row._replace(runs=found.find("text", "CE")), list(REGIONS))
    less = other.shares(Scoring(likeness="inner product"), "R-Precision@X", "south")
    expected = shares[0]["top"].sum() / len(shares[0]) - less[0]["top"].sum() / len(less[0])
    assert by.loc[("inner product", "CE+SupCon retrieves better than CE, by text, South"), "ours"] == pytest.approx(
        expected
    )
    wide = scoring_claims.by_region(compared)
    assert list(wide) == ["claim", "published", "ours", "inner product", "duplicates removed", AS_PRINTED]
    assert len(wide) == (ours["verdict"] != "not run").sum() > 20


def comparison(verdicts):
    """Comparisons of one claim in one region: a row a choice with its verdict."""
    decided = {"supported": (0.1, 0.3), "reversed": (-0.3, -0.1), "undecided": (-0.1, 0.1)}
    rows = []
    for choice, verdict in verdicts.items():
        low, high = decided.get(verdict, (np.nan, np.nan))
        row = {"claim": "Training improves text retrieval, South", "choice": choice, "verdict": verdict}
        row |= {"variant": "corrected"}
        rows.append(row | {"ours": (low + high) / 2, "low": low, "high": high, "p_holm": 0.01, "published": 0.1})
    return pd.DataFrame(rows)


@pytest.mark.parametrize(
    ("others", "survives"),
    [
        (("supported", "supported"), "yes"),
        (("undecided", "supported"), "no"),
        (("supported", "not known"), "yes"),
        (("no vectors", "not known"), "not known"),
    ],
)
def test_a_claim_survives_where_no_choice_changes_its_verdict(others, survives):
    verdicts = dict(zip(("ours", "inner product", AS_PRINTED), ("supported", *others), strict=True))
    table = scoring_claims.survival(comparison(verdicts))
    assert table["id"].tolist() == ["m13"] and table["survives"].tolist() == [survives]
    assert table[list(verdicts)].iloc[0].to_dict() == verdicts
    said = scoring_claims.said(table)["m13"]
    assert said == f"scored in another way (chapter 31): inner product {others[0]}, {AS_PRINTED} {others[1]}"


def test_a_run_is_scored_by_its_variants_choice():
    """Ours is `verification.scores`; the released scoring of texts asks members alone, without duplicates."""
    rng = np.random.default_rng(3)
    items = pd.DataFrame(
        {"region": "south", "vendor": np.arange(40) % 5, "part": np.where(np.arange(40) % 4, "train", "test")}
    )
    vectors = rng.normal(size=(40, 6)).astype(np.float32)
    vectors[4] = vectors[5]  # a query that equals a document
    pd.testing.assert_frame_equal(
        scoring.scores(items, vectors, scoring.Scoring()), verification.scores(items, vectors)
    )
    released = scoring.scores(items, vectors, scoring.Scoring("inner product", "removed"))
    assert list(released) == list(verification.scores(items, vectors)) and len(released) == 9
    every = scoring.per_query(items, vectors, "inner product", "removed")
    assert released["R-Precision@X"].tolist() == every.loc[every["member"], "R-Precision@X"].tolist()


def test_two_seeds_remove_the_same_duplicates_and_number_queries_alike():
    """A text that is read as another one is its duplicate for every seed, however their vectors were rounded."""
    rng = np.random.default_rng(5)
    items = pd.DataFrame({"region": "south", "vendor": np.arange(40) % 5, "part": np.repeat(["train", "test"], 20)})
    contents = np.arange(40)
    contents[[3, 22, 30, 31]] = 2, 7, 25, 24  # a document twice, a query that is a document, two queries twice
    seeds = []
    for seed in range(2):
        vectors = rng.normal(size=(40, 6)).astype(np.float32)[contents]
        vectors[30 + seed] += np.float32(1e-6)  # one equals no other in its last bits, in each seed another
        seeds.append(scoring.scores(items, vectors, scoring.Scoring("inner product", "removed"), contents))
    key = ["region", "query", "vendor", "relevant", "documents"]
    pd.testing.assert_frame_equal(seeds[0][key], seeds[1][key])
    kept = [number for number in range(20) if number not in (2, 10, 11)]
    assert seeds[0]["query"].tolist() == kept and seeds[0]["documents"].eq(20).all()
    assert seeds[0]["vendor"].tolist() == items["vendor"].iloc[20:].to_numpy()[kept].tolist()
    assert seeds[0].groupby("vendor")["relevant"].first().tolist() == [4, 4, 4, 3, 4]


def test_changes_of_one_region_can_be_drawn():
    row = {"panel": "a", "label": "b", "region": "known", "difference": 0.1}
    table = pd.DataFrame([row | {"difference low": 0.0, "difference high": 0.2}])
    assert figures.changes(table, "panel", "label", "region", "change").axes
