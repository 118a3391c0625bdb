"""lib.audit: what rounding explains is no finding, and an error of each kind is one."""

from fractions import Fraction

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lib import audit, published
from lib.audit import Range
from lib.errors import DataError


@pytest.fixture(scope="module")
def found():
    return audit.audit()


def disagreeing(found, check):
    return found[(found["check"] == check) & (found["agrees"] == "no")]


scores = st.lists(st.integers(0, 10**9), min_size=3, max_size=4)


@given(scores, st.integers(1, 4))
def test_an_average_that_was_rounded_is_never_a_finding(values, digits):
    exact = [Fraction(value, 10**9) for value in values]
    printed = [f"{float(value):.{digits}f}" for value in exact]
    average = f"{float(sum(exact) / len(exact)):.{digits}f}"
    assert Range.of(average).meets(audit.mean(map(Range.of, printed)))


@given(scores, st.integers(2, 4), st.sampled_from([0, 1]))
def test_a_deviation_that_was_rounded_is_never_a_finding(values, digits, ddof):
    exact = pd.Series([value / 10**9 for value in values])
    printed = [f"{value:.{digits}f}" for value in exact]
    assert Range.of(f"{exact.std(ddof=ddof):.{digits}f}").meets(audit.spread(map(Range.of, printed), ddof))


@given(st.integers(0, 10**6), st.integers(0, 10**6))
def test_counts_are_exact(one, other):
    assert Range.of(f"{one + other:,}").meets(audit.total([Range.of(str(one)), Range.of(str(other))]))
    assert not Range.of(str(one + other + 1)).meets(audit.total([Range.of(str(one)), Range.of(str(other))]))


def test_products_and_quotients_hold_what_they_may_be():
    one, other = Range.of("0.5"), Range.of("2.0")
    assert (one * other).low == Fraction("0.45") * Fraction("1.95")
    assert (one / other).high == Fraction("0.55") / Fraction("1.95")
    assert Range.of("56", Fraction(100)) == Range(Fraction("0.555"), Fraction("0.565"))


def test_what_a_calculator_finds_is_found(found):
    """By hand, from the papers."""
    wrong = found[found["agrees"] == "no"].set_index("what")
    said = wrong[wrong["check"].str.startswith("text")]
    assert {"4,563", "86", "0.6141", "56", "45.79", "16.625", "0.75"} <= set(said["printed"])
    assert said.loc[said["printed"] == "16.625", "reading"].item().endswith("would have to be 100")  # hours
    assert wrong.loc["Images of Total", "reading"] == "fits: sum of Trainval, D_SS, D_SU, D_UU"
    assert wrong.loc["Faces of All", "reading"].startswith("fits: mean of the regions' shares")
    assert (
        disagreeing(found, "copy")["what"] == "DeCLUTR-ViT ITC+ITM+CE text and DeCLUTR-ViT ITC+ITM+CE image"
    ).sum() == 3
    assert any("ITC text, R-Precision@X: ZS of score" in what for what in wrong.index)


def test_what_agrees_is_said_to(found):
    right = found[found["agrees"] == "yes"]
    spread = right[right["check"] == "spread over seeds"]
    assert len(spread) == 4 and set(spread["reading"]) == {"standard deviation of a sample (n - 1)"}
    gains = right[right["check"] == "text: gain"].set_index("printed")["reading"]
    assert gains["32.62"].startswith("points, South") and gains["1.68"].startswith(
        "points, mean of all four regions, over DeCLUTR-small SupCon"
    )
    assert gains["6.75"].startswith("points, mean of all four regions, over ViT-base-patch16 CE")
    assert (right[right["check"] == "repeated"]["paper"] == "matched").sum() > 50


def planted(key, where, value, column="mean"):
    """The tables with one cell changed."""
    tables = audit.all_tables()
    table = tables[key].copy()
    chosen = table.index
    for name, wanted in where.items():
        chosen = chosen[table.loc[chosen, name] == wanted]
    assert len(chosen) >= 1
    table.loc[chosen[0], column] = value
    return tables | {key: table}


CE = {"system": "DeCLUTR-small", "objective": "CE", "metric": "MRR@10"}


@pytest.mark.parametrize(
    ("check", "key", "where", "value", "column"),
    [
        ("average", ("matched", 5), CE | {"split": "OOD"}, "0.9999", "mean"),
        ("average", ("matched", 5), CE | {"split": "OOD"}, "0.99", "std"),
        ("total", ("matched", 1), {"metric": "Ads", "split": "West"}, "3263", "mean"),
        ("total", ("hotels", 3), {"metric": "Images", "split": "D_SU"}, "11111", "mean"),
        ("total", ("hotels", 3), {"metric": "Chains", "split": "D_UU"}, "13", "mean"),
        ("mean over seeds", ("matched", 3), {"seed": "Mean", "metric": "Macro-F1"}, "0.9750", "mean"),
        ("spread over seeds", ("matched", 3), {"seed": "Std", "metric": "Macro-F1"}, "0.0073", "mean"),
        ("repeated", ("matched", 2), {"system": "DeCLUTR-small", "objective": "CE"}, "0.6380", "mean"),
        ("repeated", ("hotels", 1), {"system": "Revisited Hotel-ID", "metric": "Chains"}, "86", "mean"),
        ("text: cell", ("matched", 4), {"system": "ResNet-50", "metric": "Macro-F1"}, "0.6395", "mean"),
        ("text: rank", ("matched", 4), {"system": "VGG-16", "metric": "Macro-F1"}, "0.9000", "mean"),
        (
            "text: gain",
            ("matched", 4),
            {"objective": "CE+SupCon", "modality": "text", "metric": "Macro-F1"},
            "0.7000",
            "mean",
        ),
    ],
)
def test_a_planted_error_is_found(found, check, key, where, value, column):
    now = audit.audit(planted(key, where, value, column))
    assert len(disagreeing(now, check)) > len(disagreeing(found, check))


def test_a_planted_copy_is_found(found):
    tables = audit.all_tables()
    table = tables["matched", 7].copy()
    ours = (table["objective"] == "CE+Triplet") & (table["metric"] == "MRR@10")
    theirs = (table["objective"] == "SupCon") & (table["metric"] == "MRR@10")
    table.loc[ours, ["mean", "std"]] = table.loc[theirs, ["mean", "std"]].to_numpy()
    now = audit.audit(tables | {("matched", 7): table})
    assert len(disagreeing(now, "copy")) > len(disagreeing(found, "copy"))


def test_a_planted_misprint_in_the_text_is_found(found):
    said = published.text_numbers()
    said.loc[said["id"] == "m-a2-english", "printed"] = "99.94"
    assert len(disagreeing(audit.audit(said=said), "text: mean")) == 1 > len(disagreeing(found, "text: mean"))


def test_a_statement_about_no_cell_is_an_error():
    said = published.text_numbers()
    said.loc[said["id"] == "m-5-resnet", "about"] = "system=ResNet-500"
    with pytest.raises(DataError, match=r"text_numbers\.csv, m-5-resnet: no cell of the table fits"):
        audit.audit(said=said)


def test_summary_and_conclusion_count_what_disagrees(found):
    table = audit.summary(found)
    assert table["disagree"].sum() == (found["agrees"] == "no").sum() and table["checked"].sum() == len(found)
    assert "**text: product**: 1 of 1 disagree" in audit.told(found)
    assert "agrees" in audit.told(found[found["agrees"] == "yes"])
