"""lib.review.arithmetic.sampling_error, paired_errors: errors of printed differences, by hand and by simulation."""

import math

import numpy as np
import pandas as pd
import pytest
from statsmodels.stats.multitest import multipletests

from lib.core import published, yaml_files
from lib.review import claimed_orders, notebook_outputs
from lib.review.analysis_plan import ORDERS
from lib.review.arithmetic import audit, contests, sampling_error
from lib.review.arithmetic.paired_errors import Z, averaged, decided_by_holm, paired


@pytest.fixture(scope="module")
def found():
    return sampling_error.comparisons()


def only(found, **where):
    rows = found
    for name, value in where.items():
        rows = rows[rows[name] == value]
    return rows.iloc[0]


@pytest.mark.parametrize("correlation", [0.0, 0.5, 0.9])
def test_the_error_is_that_of_drawn_vendors(correlation):
    """Two systems on the same vendors, one of them on fewer."""
    generator = np.random.default_rng(0)
    covariance = [[0.09, correlation * 0.3 * 0.2], [correlation * 0.3 * 0.2, 0.04]]
    scores = generator.multivariate_normal([0.5, 0.4], covariance, (4000, 120))
    differences = scores[:, :80, 0].mean(axis=1) - scores[..., 1].mean(axis=1)
    assert paired((0.3, 80), (0.2, 120)).at(correlation) == pytest.approx(differences.std(), rel=0.04)


def test_the_least_correlation_is_where_the_difference_is_just_beyond_noise():
    error = paired((0.4, 1000), (0.4, 1000))
    least = error.survives_from(0.02)
    assert pytest.approx(Z * error.at(least)) == 0.02 and 0 < least < 0.9
    assert error.survives_from(0.1) == 0 and math.isnan(error.survives_from(0.001))
    assert math.isnan(paired((0.4, 1000), (0.4, 1000), shares=False).survives_from(0.02))


def test_a_mean_over_regions_has_the_mean_of_independent_errors():
    parts = [paired((0.3, 100), (0.3, 100)), paired((0.2, 400), (0.1, 300))]
    expected = math.sqrt(sum(part.at(0.5) ** 2 for part in parts)) / 2
    assert averaged(parts).at(0.5) == pytest.approx(expected)


def test_holm_is_that_of_statsmodels():
    p = np.random.default_rng(0).random((12, 5)) ** 6
    expected = np.array([multipletests(column, method="holm")[1] < 0.05 for column in p.T]).T
    assert (decided_by_holm(p) == expected).all() and 0 < expected.mean() < 1


def test_orders_are_those_that_the_study_tests():
    """The same statements, and the same printed differences, as `lib.review.claimed_orders` reads them."""
    printed = {contest.key: contest for contest in contests.of_orders(audit.all_tables())}
    orders = [*claimed_orders.orders("identification"), *claimed_orders.orders("verification")]
    assert len(printed) == len(orders)
    for order in orders:
        contest = printed[order.statement]
        assert (contest.place, contest.better.labels["objective"]) == (order.place, order.better.objective)
        if order.better.representation:
            key = order.better.modality, order.better.representation
            assert contest.better.table == claimed_orders.RETRIEVAL_TABLES[key]


def test_by_hand(found):
    """CE+SupCon against CE, by text: 0.6540 and 0.6379 over 975 vendors; M-Vision against Vision on South."""
    row = only(found, key="CE+SupCon identifies better than CE, by text", basis=sampling_error.LARGEST)
    assert row["difference"] == pytest.approx(0.0161)
    assert row["se_0"] == pytest.approx(math.sqrt((0.654 * 0.346 + 0.6379 * 0.3621) / 975))
    row = only(found, key="Images retrieve better after multimodal training, South")
    assert row["difference"] == pytest.approx(0.0051)
    assert row["se_5"] == pytest.approx(math.sqrt((0.16**2 + 0.15**2 - 0.16 * 0.15) / 1231))
    seeds = only(found, key="CE+SupCon identifies better than CE, by text", basis=sampling_error.SEEDS)
    assert seeds["se_0"] == seeds["se_9"] == pytest.approx(0.0089 * math.sqrt(2))


def test_hotels_by_images_and_by_branches(found):
    rows = found[(found["key"] == "h-3-retrieval-id") & found["better"].str.startswith("Triplet")]
    by_basis = rows.set_index("basis")
    share = 0.285 * 0.715, 0.2343 * 0.7657
    images = math.sqrt(share[0] / 11110 + share[1] / 10973)
    assert by_basis.loc[sampling_error.IMAGES, ["se_0", "se_9"]].tolist() == pytest.approx([images, images])
    branches = math.sqrt(share[0] / 881 + share[1] / 737)
    assert by_basis.loc[sampling_error.BRANCHES, "se_0"] == pytest.approx(branches)
    assert (found[found["metric"] == "AUC"]["basis"] == sampling_error.ERROR).all()


def test_correction_only_makes_it_harder(found):
    both = found.dropna(subset=["survives_from_holm"])
    assert both["survives_from"].notna().all()
    assert (both["survives_from_holm"] >= both["survives_from"] - 1e-9).all()
    alone = found.groupby(["claim", "key", "basis"])["key"].transform("size") == 1
    single = found[alone & (found["claim"] == "m01")]
    assert (single["survives_from_holm"] - single["survives_from"]).dropna().abs().max() <= 0.01


def test_every_claim_that_rests_on_printed_scores_has_a_note(found):
    claims = published.claims()
    notes = sampling_error.notes(claims, found)
    assert set(notes) >= set(claims.loc[claims["test"] == "orders", "id"])
    assert not set(notes) & set(claims.loc[~claims["test"].isin([*ORDERS, "printed"]), "id"])
    assert all(len(note) < 600 and "nan" not in note for note in notes.values())
    assert notes["m07"] == "printed ± over vendors: of 4 comparisons 4 beyond noise at any correlation"


def test_what_the_print_turns_round_is_said(found):
    """The multimodal system's text is below both together on South."""
    row = only(found, key="Text of the multimodal system retrieves better than both together, South")
    assert row["difference"] < 0 and row["reading"].startswith("printed the other way round, ")


def test_a_claim_of_nothing_that_is_printed_has_none():
    claims = published.claims().head(1).assign(test="orders", argument="Nobody claims this")
    assert sampling_error.notes(claims, sampling_error.comparisons(claims)) == {}
    assert isinstance(sampling_error.comparisons(claims), pd.DataFrame)


def test_vendors_are_those_that_the_notebooks_count():
    """sample_sizes.yaml against the progress bars of the cells that it names."""
    cells = {"text": ("faiss_trained", (18, 20)), "image": ("faiss_multimodal", (51,))}
    cells |= {"text of multimodal": ("faiss_multimodal", (23,)), "multimodal": ("faiss_multimodal", (50,))}
    outputs = notebook_outputs.read()
    sizes = yaml_files.read(sampling_error.SIZES, "expected are numbers of vendors")["vendors"]
    assert set(sizes) == set(cells)
    for kind, (notebook, numbers) in cells.items():
        counted = outputs[(outputs["notebook"] == f"{notebook}.ipynb") & outputs["cell"].isin(numbers)]
        assert counted.groupby("region")["scored"].max().to_dict() == sizes[kind]
