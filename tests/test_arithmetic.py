"""lib.review.arithmetic: what rounding explains is no finding, and an error of each kind is one."""

from fractions import Fraction

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lib.core import published
from lib.core.errors import DataError
from lib.review.arithmetic import audit, rounding, table_checks, text_checks
from lib.review.arithmetic.rounding import Range


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
    assert Range.of(average).meets(rounding.mean(map(Range.of, printed)))


@given(scores, st.integers(2, 4), st.sampled_from([0, 1]))
def test_a_deviation_that_was_rounded_is_never_a_finding(values, digits, ddof):
    exact = pd.Series([value / 10**9 for value in values])
    printed = [f"{value:.{digits}f}" for value in exact]
    assert Range.of(f"{exact.std(ddof=ddof):.{digits}f}").meets(rounding.spread(map(Range.of, printed), ddof))


@given(st.integers(0, 10**6), st.integers(0, 10**6))
def test_counts_are_exact(one, other):
    assert Range.of(f"{one + other:,}").meets(rounding.total([Range.of(str(one)), Range.of(str(other))]))
    assert not Range.of(str(one + other + 1)).meets(rounding.total([Range.of(str(one)), Range.of(str(other))]))


def test_products_and_quotients_hold_what_they_may_be():
    one, other = Range.of("0.5"), Range.of("2.0")
    assert (one * other).low == Fraction("0.45") * Fraction("1.95")
    assert (one / other).high == Fraction("0.55") / Fraction("1.95")
    assert Range.of("56", Fraction(100)) == Range(Fraction("0.555"), Fraction("0.565"))


def test_what_a_calculator_finds_is_found(found):
    """By hand, from the papers."""
    wrong = found[found["agrees"] == "no"].set_index("what")
    said = wrong[wrong["check"].str.startswith("text")]
    assert {"0.6141", "56", "16.625", "0.75", "5", "3549"} <= set(said["printed"])
    assert said.loc[said["printed"] == "16.625", "reading"].item().endswith("would have to be 100")  # hours
    assert wrong.loc["Images of Total", "reading"] == "fits: sum of Trainval, D_SS, D_SU, D_UU"
    assert wrong.loc["Faces of All", "reading"].startswith("fits: mean of the regions' shares")
    copied = disagreeing(found, "copy")["what"]
    assert (copied == "DeCLUTR-ViT ITC+ITM+CE text and DeCLUTR-ViT ITC+ITM+CE image").sum() == 3
    assert copied.str.endswith("R-Precision@X and Macro-F1@X").sum() == 3
    assert disagreeing(found, "partial copy")["what"].tolist() == [
        "DeCLUTR-ViT BLIP2 text and DeCLUTR-ViT BLIP2+CE text: MRR@10"
    ]
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


def test_what_another_reading_explains_is_not_called_wrong(found):
    """Classes that became one, a total of more runs than are listed, a subset's chains."""
    said = found[found["check"].str.startswith("text") & (found["agrees"] == "yes")].set_index("printed")["reading"]
    assert said["4,563"].startswith("merged into one")
    assert said["45.79"] == "at least the sum of what is listed"
    assert said["86"].startswith("at most that")


def test_where_no_gain_fits_the_nearest_is_shown(found):
    row = found[(found["check"] == "text: gain") & (found["agrees"] == "no")].iloc[0]
    assert row["printed"] == "0.75" and row["recomputed"] == pytest.approx(0.7675)
    assert "nearest: points, mean of all four regions" in row["reading"]


def test_a_deviation_is_read_as_its_score_is(found):
    """Two digits fit something else by chance."""
    average = found[(found["check"] == "average") & (found["agrees"] == "no")].assign(
        about=lambda table: table["what"].str.rpartition(" of ")[0]
    )
    fits = average[average["reading"].str.startswith("fits")]
    scores, spreads = (fits[fits["what"].str.endswith(end)] for end in ("score", "std"))
    assert len(spreads) and set(spreads["about"]) <= set(scores["about"])
    assert not spreads["reading"].str.contains("row").any()


def test_a_score_of_another_row_is_told():
    tables = planted(("matched", 5), CE | {"split": "OOD"}, "0.6647")  # that of CE+Triplet
    (row,) = (row for row in table_checks.averages(tables) if row.place == "Table 5, row 2" and row.printed == "0.6647")
    assert row.reading == "fits: that of row 5"


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


def copied(metric, ours, theirs, splits):
    """The tables, with cells of a row of Table 7 put in another's place."""
    tables = audit.all_tables()
    table = tables["matched", 7].copy()
    for split in splits:
        at = {
            name: (table["objective"] == name) & (table["metric"] == metric) & (table["split"] == split)
            for name in (ours, theirs)
        }
        table.loc[at[ours], ["mean", "std"]] = table.loc[at[theirs], ["mean", "std"]].to_numpy()
    return tables | {("matched", 7): table}


ALL = ("South", "Midwest", "West", "Northeast", "OOD")


@pytest.mark.parametrize(
    ("ours", "theirs", "splits", "check", "more"),
    [
        ("CE+Triplet", "SupCon", ALL, "copy", 1),
        ("CE+Triplet", "CE+SupCon", ALL[:2], "partial copy", 1),
        ("CE+Triplet", "CE+SupCon", ALL[:1], "partial copy", 0),
        ("Triplet", "SupCon", ALL[:3], "partial copy", 0),  # scores of two digits
    ],
)
def test_a_planted_copy_is_found(ours, theirs, splits, check, more):
    def within(tables):  # the row that was copied may stand in another table too
        return sum(row.check == check and row.place.startswith("Table 7,") for row in table_checks.copies(tables))

    assert within(copied("MRR@10", ours, theirs, splits)) - within(audit.all_tables()) == more


@pytest.mark.parametrize(("splits", "more"), [(ALL, 1), (ALL[:3], 0)])
def test_a_planted_copy_of_a_metric_is_found(splits, more):
    tables = audit.all_tables()
    table = tables["matched", 7].copy()
    for split in splits:
        ours, theirs = (
            (table["objective"] == "CE") & (table["metric"] == metric) & (table["split"] == split)
            for metric in ("Macro-F1@X", "MRR@10")
        )
        table.loc[ours, ["mean", "std"]] = table.loc[theirs, ["mean", "std"]].to_numpy()
    copies = [
        row for row in table_checks.copies(tables | {("matched", 7): table}) if "MRR@10 and Macro-F1@X" in row.what
    ]
    assert len(copies) == more


def test_no_pair_of_groups_brackets_the_whole(found):
    """Each cell of Table 12 is compared, and by hand: text, MRR, Midwest."""
    rows = found[found["check"] == "bracket"]
    assert len(rows) == 18 and (rows["agrees"] == "no").all()
    row = rows[rows["what"].str.startswith("DeCLUTR-ViT CE+SupCon text MRR@10 Midwest")].iloc[0]
    assert row["printed"] == "0.9704" and row["recomputed"] == 0.791 and row["difference"] == pytest.approx(0.1794)


@pytest.mark.parametrize(
    ("shared", "unique", "agrees"),
    [
        ("0.9600", "0.9800", "yes"),
        ("0.9800", "0.9600", "yes"),
        ("0.9704", "0.9704", "yes"),
        ("0.9705", "0.9800", "yes"),  # both may be 0.97045
        ("0.97", "0.98", "yes"),
        ("0.9706", "0.9800", "no"),
        ("0.9600", "0.9702", "no"),
    ],
)
def test_a_whole_lies_between_its_groups(shared, unique, agrees):
    """Table 9's 0.9704."""
    tables = audit.all_tables()
    table = tables["matched", 12].copy()
    where = (table["modality"] == "text") & (table["metric"] == "MRR@10") & (table["split"] == "Midwest")
    for group, score in (("shared", shared), ("unique", unique)):
        table.loc[where & (table["vendors"] == group), "mean"] = score
    rows = list(table_checks.brackets(tables | {("matched", 12): table}))
    assert [row.agrees for row in rows if "text MRR@10 Midwest" in row.what] == [agrees]
    assert sum(row.agrees == "yes" for row in rows) == (agrees == "yes")


GIVEN = {"about": "", "against": "", "table": "", "kind": "given", "scale": "1", "paper": "matched", "place": "here"}


def stated(kind, printed, tables=None, scale="1", given=(), **statement):
    """Whether a statement agrees; given: numbers that it is made of, named a, b, …"""
    rows = [GIVEN | {"id": name, "printed": number, "scale": scale} for name, number in zip("abc", given, strict=False)]
    rows.append(GIVEN | {"id": "said", "kind": kind, "printed": printed, "scale": scale} | statement)
    (row,) = text_checks.statements(audit.all_tables() if tables is None else tables, pd.DataFrame(rows))
    return row.agrees


@pytest.mark.parametrize(
    ("kind", "given", "right", "wrong"),
    [
        ("mean", ("0.25", "0.36"), ("0.31", "0.30"), ("0.29", "0.32")),
        ("merged", ("50000", "45438"), ("4563",), ("4562", "4564")),
        ("merged", ("5.0", "2.0"), ("3.9", "4.1"), ("3.8", "4.2")),
        ("product", ("2.5", "3.0"), ("7.3", "7.5", "7.8"), ("7.1", "7.9")),
        ("at least", ("2.5", "3.0"), ("5.4", "5.5", "9.9"), ("5.3",)),
        ("at most", ("87",), ("86", "87"), ("88",)),
        ("at most", ("0.870",), ("0.87", "0.871"), ("0.872",)),
        ("fewer", ("1450", "1008"), ("2457",), ("2458", "2459")),
        ("fewer", ("1.5", "1.0"), ("2.4", "2.6"), ("2.7",)),
    ],
)
def test_a_statement_is_held_to_what_it_says(kind, given, right, wrong):
    """What rounding explains is no finding, and one unit more is one."""
    sides = (
        {"about": "ids=a", "against": "ids=b"}
        if kind == "merged"
        else {"about": f"ids={'|'.join('abc'[: len(given)])}"}
    )
    assert {stated(kind, printed, given=given, **sides) for printed in right} == {"yes"}
    assert {stated(kind, printed, given=given, **sides) for printed in wrong} == {"no"}


def test_what_is_listed_is_counted():
    assert stated("count", "2", about="list=Texas|Illinois|Texas") == "yes"
    assert stated("count", "3", about="list=Texas|Illinois|Texas") == "no"


MOVED = {"paper": "hotels", "table": "5", "about": "metric=AUC;split=D_SS", "against": "metric=AUC;split=D_UU"}
"""MultiSim leads in D_SS and is third in D_UU: 79.45, after Circle's 79.56."""


def test_a_place_is_found_and_a_wrong_one_too():
    assert [stated("moved", place, **MOVED) for place in ("2", "3", "4")] == ["no", "yes", "no"]
    passed = planted(("hotels", 5), {"system": "Circle", "metric": "AUC", "split": "D_UU"}, "79.44")
    assert [stated("moved", place, passed, **MOVED) for place in ("2", "3")] == ["yes", "no"]


def test_scores_that_may_be_roundings_of_one_may_stand_in_either_order():
    for tie in ("79.45", "79.5"):
        tables = planted(("hotels", 5), {"system": "Circle", "metric": "AUC", "split": "D_UU"}, tie)
        assert [stated("moved", place, tables, **MOVED) for place in ("1", "2", "3", "4")] == ["no", "yes", "yes", "no"]


def test_a_figure_may_show_what_its_table_leaves_out(found):
    row = found[found["check"] == "text: moved"].iloc[0]
    assert (row["printed"], row["agrees"]) == ("4", "no") and row["reading"].startswith("fits: with BCE, Hard BCE")


EVERYWHERE = {"table": "7", "about": "objective=CE+SupCon", "against": "modality=image"}


def test_a_rank_has_to_hold_wherever_it_is_said_to():
    assert stated("rank", "1", **EVERYWHERE) == "yes"
    where = {"objective": "CE", "metric": "MRR@10", "split": "West"}
    assert stated("rank", "1", planted(("matched", 7), where, "0.9"), **EVERYWHERE) == "no"
    assert stated("rank", "1", planted(("matched", 7), where, "0.40"), **EVERYWHERE) == "yes"  # 0.4049 may be 0.40


def test_a_rank_that_holds_in_averages_alone_is_read_so(found):
    row = found[(found["check"] == "text: rank") & (found["place"] == "section 5 (i); A.5.2")].iloc[0]
    assert row["reading"] == "fits: by the OOD average, not in R-Precision@X West; Macro-F1@X West"


def test_a_row_that_two_tables_print_counts_once():
    """SupCon's 0.6333 and the baseline's 0.6162, which Tables 5 and 9 have, are above 0.5819."""
    about = "group=End2End;objective=CE+SupCon;metric=Macro-F1@X;split=Midwest"
    asked = {"table": "5|9", "about": about, "against": "metric=Macro-F1@X;split=Midwest"}
    assert stated("rank", "3", **asked) == "yes" and stated("rank", "4", **asked) == "no"


def test_a_planted_misprint_in_the_text_is_found(found):
    said = published.text_numbers()
    said.loc[said["id"] == "m-a2-english", "printed"] = "99.94"
    assert len(disagreeing(audit.audit(statements=said), "text: mean")) == 1 > len(disagreeing(found, "text: mean"))


def test_a_statement_about_no_cell_is_an_error():
    said = published.text_numbers()
    said.loc[said["id"] == "m-5-resnet", "about"] = "system=ResNet-500"
    with pytest.raises(DataError, match=r"text_numbers\.csv, m-5-resnet: no cell of the table fits"):
        audit.audit(statements=said)


def test_a_statement_of_no_known_kind_is_an_error():
    with pytest.raises(DataError, match="said: there is no kind 'sums'"):
        stated("sums", "1")


def test_summary_and_conclusion_count_what_disagrees(found):
    table = audit.summary(found)
    assert table["disagree"].sum() == (found["agrees"] == "no").sum() and table["checked"].sum() == len(found)
    assert "**text: product**: 1 of 1 disagree" in audit.largest(found)
    assert "**copy**: 6 found" in audit.largest(found)
    assert "agrees" in audit.largest(found[found["agrees"] == "yes"])
