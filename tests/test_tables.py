"""Tables are read back with their types, whatever names look like, and regions may have any name."""

import ast
import json
import math
import re

import made_up_runs
import numpy as np
import pandas as pd
import pandera.pandas as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from made_up_runs import PAIRS, VENDORS, fusion, image, text

from lib.core import tables
from lib.core.errors import DataError
from lib.core.files import ROOT
from lib.core.schemas import Table
from lib.pipeline import bench, report, solutions
from lib.review import claim_tests, paper_tables, study_diff, vendor_analysis
from lib.runs import embeddings, results

NAMES = [
    "75",
    "13",
    "null",
    "NA",
    "nan",
    "None",
    "北京",
    "true",
    "False",
    "1e5",
    "inf",
    "-0",
    "007",
    "1_000",
    "1.50",
    "N/A",
]
"""Regions and the like that a reader which guesses takes for numbers, for truth values or for nothing."""


class One(Table):
    name: str
    count: int
    score: float = pa.Field(nullable=True)
    holds: bool


def write(path, content):
    path.write_text(content, encoding="utf-8")
    return path


# Reading --------------------------------------------------------------------------------------------------------------


def test_types_are_the_schemas_and_names_stay_text(tmp_path):
    rows = {
        "name": NAMES,
        "count": range(len(NAMES)),
        "score": [None, *([0.1] * (len(NAMES) - 1))],
        "holds": [True, False] * 8,
    }
    path = tmp_path / "a.csv"
    pd.DataFrame(rows).to_csv(path, index=False)
    found = tables.read(path, One)
    assert found["name"].tolist() == NAMES and found["count"].tolist() == list(range(len(NAMES)))
    assert found.dtypes.astype(str).to_dict() == {"name": "str", "count": "int64", "score": "float64", "holds": "bool"}
    assert (
        found["score"].isna().tolist() == [True] + [False] * (len(NAMES) - 1)
        and found["holds"].tolist() == rows["holds"]
    )


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    rows=st.lists(
        st.tuples(
            st.text(st.characters(blacklist_categories=["Cs"], blacklist_characters="\0\r")) | st.sampled_from(NAMES),
            st.integers(-(10**17), 10**17),
            st.floats(allow_nan=True, allow_infinity=True),
            st.booleans(),
        )
    )
)
def test_what_was_written_is_read_back(tmp_path, rows):
    frame = pd.DataFrame(rows, columns=["name", "count", "score", "holds"])
    frame = frame.astype({"name": "str", "count": "int64", "score": "float64", "holds": "bool"})
    frame.to_csv(tmp_path / "a.csv", index=False)
    pd.testing.assert_frame_equal(tables.read(tmp_path / "a.csv", One), frame, check_exact=True)
    frame["name"] = [name.lstrip("'") for name in frame["name"]]  # `lib.core.tables.unguarded` says why
    frame["name"] = frame["name"].astype("str")
    report.save_table(frame.rename(columns={"score": "mean", "count": "known"}), tmp_path / "b.csv")
    again = tables.chapter(tmp_path / "b.csv").rename(columns={"mean": "score", "known": "count"})
    pd.testing.assert_frame_equal(again, frame, check_exact=True)


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        ("", "is empty"),
        ("name,count,score\na,1,1\n", "has no column holds. It needs the columns name, count, score, holds"),
        (
            "name,count,score,holds\na,1.0,1,True\n",
            "row 1 below the header, column count: the value is not a whole number",
        ),
        ("name,count,score,holds\na,,1,True\n", "row 1 below the header, column count"),
        ("name,count,score,holds\na,1_000,1,True\n", "column count"),
        ("name,count,score,holds\na,１２,1,True\n", "column count"),
        ("name,count,score,holds\na,1,1,True\nb,1,secret,1\n", "row 2 below the header, column score.*in this file: 2"),
        ("name,count,score,holds\na,1,NA,True\n", "column score: the value is not a number"),
        ("name,count,score,holds\na,1,1,yes\n", "column holds: the value is not True or False"),
        ("name,count,score,holds\na,1,1\n", "row 1 below the header, column holds: the row ends before it"),
        ("name,count,score,holds\na,1,1,True,5\n", "not a table of comma-separated values.*line 2"),
        ("name,name,count,score,holds\na,a,1,1,True\n", "two columns have the same name"),
    ],
)
def test_a_bad_table_is_one_paragraph_without_its_values(tmp_path, content, problem):
    path = write(tmp_path / "a.csv", content)
    with pytest.raises(DataError, match=problem) as error:
        tables.read(path, One, "Make it anew.")
    message = str(error.value)
    assert message.startswith(str(path)) and message.endswith("Make it anew.") and "\n" not in message
    assert "secret" not in message


def test_a_table_that_is_not_there_or_is_not_text_is_said(tmp_path):
    with pytest.raises(DataError, match="No such file"):
        tables.read(tmp_path / "a.csv", One)
    (tmp_path / "a.csv").write_bytes("name\ncafé\n".encode("latin-1"))
    with pytest.raises(DataError, match="not UTF-8"):
        tables.read(tmp_path / "a.csv", One)


def test_a_chapters_table_without_columns_is_empty(tmp_path):
    report.save_table(pd.DataFrame(), tmp_path / "a.csv")
    assert tables.chapter(tmp_path / "a.csv").empty and tables.names(tmp_path / "a.csv") == []


def test_formulas_are_marked_in_the_file_and_read_as_they_were(tmp_path):
    given = ["=1+1", "-75", "+33", "@a", "'a", "''-", "plain", ""]
    report.save_table(pd.DataFrame({"region": given}), tmp_path / "a.csv")
    assert not re.search("^[=+@-]", (tmp_path / "a.csv").read_text(), re.MULTILINE)
    assert tables.chapter(tmp_path / "a.csv")["region"].tolist() == given


# No type is guessed ---------------------------------------------------------------------------------------------------

GUESSES = {
    "read_csv",
    "read_table",
    "read_fwf",
    "read_json",
    "read_excel",
    "to_numeric",
    "convert_dtypes",
    "infer_objects",
    "genfromtxt",
    "loadtxt",
}


def sources():
    """The Python of all modules and notebooks, by name."""
    found = {str(path): path.read_text(encoding="utf-8") for path in sorted((ROOT / "lib").rglob("*.py"))}
    for path in sorted((ROOT / "notebooks").glob("*.ipynb")):
        code = (
            cell["source"]
            for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]
            if cell["cell_type"] == "code"
        )
        found[path.name] = "\n\n".join("".join(source) for source in code)
    return found


def test_no_type_is_guessed_anywhere():
    """No module or notebook uses pandas' or numpy's readers that guess types: `lib.core.tables` reads."""
    named = [
        f"{name}: {ast.unparse(node)}"
        for name, source in sources().items()
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Attribute) and node.attr in GUESSES
        if node.attr != "read_json"
        or ast.unparse(node.value) in ("pd", "pandas")  # `lib.core.files` has one that guesses nothing
    ]
    assert not named


MEASURED = re.compile(r"-?[0-9]+(?:\.[0-9]+)?(?:e[-+][0-9]+)?|True|False")
AS_TEXT = {"seed"}  # a name: `Mean` and `Std` stand beside numbers


def read_back():
    """The published tables that another part of the project reads."""
    told = (ROOT / "site" / "solutions.md").read_text(encoding="utf-8")
    named = set(re.findall(r"""\{\{ (?:table|verdicts)\(\s*"([\w/]+)""", told))
    for path in sorted((ROOT / "results").glob("*/tables/*.csv")):
        columns = tables.names(path)
        compared = set(study_diff.VALUES) & set(columns) and {"low", "high"} <= set(columns)
        by_names = path.stem in claim_tests.CHAPTERS.keys() - claim_tests.SCHEMAS
        if compared or by_names or f"{path.parent.parent.name}/{path.stem}" in named:
            yield path


def test_every_published_table_that_is_read_back_has_its_types():
    """A column of numbers that `lib/core/tables.yaml` doesn't name would be taken for words."""
    for path in read_back():
        table = tables.chapter(path)
        for name in table.columns[table.dtypes == "str"].difference(AS_TEXT):
            filled = table.loc[table[name] != "", name]
            assert filled.empty or not all(MEASURED.fullmatch(cell) for cell in filled), (path, name)


def test_every_published_table_is_read_by_its_types():
    """A name of `lib/core/tables.yaml` that stands for words in some table would make that one unreadable."""
    for path in sorted((ROOT / "results").glob("*/tables/*.csv")):
        assert len(tables.chapter(path)) == max(0, len(tables.cells(path)) if tables.names(path) else 0), path


COUNTED = {
    "power": "effect printed se vendors seeds family margin smallest vendors_needed vendors_printed vendors_margin",
    "power_at_sizes": "times vendors seeds smallest shows_printed shows_measured",
    "power_curves": "effect seeds vendors power",
    "power_planning": "sd 0.01 0.02 0.05 0.1 0.2",
    "printed_error": "difference n se_0 se_3 se_5 se_7 se_9 survives_from survives_from_holm",
    "printed_sources": "table row of cell equal chance",
    "source_findings": "cells chance",
    "orders_in_notebooks": "printed headed as_they_come cosine better_vendors worse_vendors",
    "forensic_coverage": "table printed checked flagged",
    "ledger": "effect low high seeds smallest times_needed vendors_needed seeds_needed",
    "coverage_sections": "measured printed not_as_published not_here",
    "coverage_cells": "table printed ours lacking",
    "hotel_verdicts": "effect low high",
    "statements_in_notebooks": "printed cells with_output of_other_metric of_other_system changed left_out",
    "revised_cells": "table printed revised",
    "claims_identification": "p_equivalent vendor_error smallest vendors_needed seeds_needed",
}
"""Columns of numbers that a table's reader counts with."""


@pytest.mark.parametrize("name", COUNTED)
def test_numbers_of_power_print_and_coverage_are_read_as_numbers(name, tmp_path):
    path, columns = tmp_path / f"{name}.csv", COUNTED[name].split()
    cell = {column: "True" if column == "shows_measured" else "1" for column in columns}
    pd.DataFrame([cell]).to_csv(path, index=False)
    table = tables.chapter(path)
    assert all(pd.api.types.is_numeric_dtype(table[column]) for column in columns), table.dtypes


def test_the_benchmark_reads_its_ratios(tmp_path):
    pd.DataFrame({"ratio": [1.5, 2, 2.5]}).to_csv(tmp_path / "speed_scoring.csv", index=False)
    for name, label in (("speed_training", "system"), ("speed_parts", "part")):
        rows = {label: ["75", "null"], "ratio": [1, 2], "ratio_low": [0.5, 1], "ratio_high": [2, 3]}
        pd.DataFrame(rows).to_csv(tmp_path / f"{name}.csv", index=False)
    found = bench.ratios(tmp_path)
    assert found["part"].tolist() == ["scoring retrieval", "training, 75", "training, null", "75", "null"]


def test_a_table_of_solutions_shows_what_is_missing_as_that(tmp_path, monkeypatch):
    monkeypatch.setattr(solutions, "ROOT", tmp_path)
    (tmp_path / "results" / "a" / "tables").mkdir(parents=True)
    report.save_table(
        pd.DataFrame({"region": ["null", "75"], "run": ["", ""], "verdict": ["apart", ""], "mean": [1, np.nan]}),
        tmp_path / "results" / "a" / "tables" / "t.csv",
    )
    page = solutions.filled('{{ table("a/t") }} {{ verdicts("a/t") }} {{ table("a/none") }}', {})
    assert ">null<" in page and ">75<" in page and ">run<" not in page and page.count("–") == 2
    assert "apart 1 of 1" in page and "none.csv isn't here" in page


# Regions of any name --------------------------------------------------------------------------------------------------

REGIONS = [
    ("75", "13", "69"),
    ("null", "北京", "广东省"),
    ("NA", "nan", "None"),
    ("true", "false", "1e5"),
    ("inf", "0", "1.5"),
    ("007", "7", "7.0"),
]


@pytest.fixture(params=REGIONS, ids=" ".join)
def named(request, monkeypatch, measured):
    """A finished study whose data has regions of these names."""
    monkeypatch.setattr(made_up_runs, "REGIONS", request.param)
    return measured(
        text("ce+supcon"), image("ce+supcon"), fusion("ce+supcon"), text("ce", seed=1), text("ce", seed=2)
    ), request.param


def test_averages_stand_whatever_regions_are_called(named):
    found, regions = named
    scored = found.verification
    assert list(dict.fromkeys(scored["region"])) == [*regions, "OOD", "ZS"]
    means = (
        scored[(scored["metric"] == "MRR@10") & (scored["representation"] == "text")].groupby("region")["mean"].first()
    )
    assert means["ZS"] == pytest.approx(means[list(regions)].mean())
    assert means["OOD"] == pytest.approx(means[list(regions[1:])].mean())


def test_chapters_31_to_33_work_whatever_regions_are_called(named):
    found, regions = named
    for number, representation in ((5, "text"), (7, "image"), (9, "text"), (11, "multimodal")):
        beside = paper_tables.verification(found, number, representation)
        assert len(beside) and beside["ours"].isna().all()  # none of the paper's regions is here
    assert set(paper_tables.first_result_only(found)["region"]) == set(regions)
    known = pd.DataFrame(
        [(region, vendor, 3) for region in regions for vendor in range(VENDORS)], columns=["region", "vendor", "ads"]
    )
    joined = vendor_analysis.retrieved(found).merge(known, on=["region", "vendor"])
    assert set(joined["region"]) == set(regions) and len(joined) == len(vendor_analysis.retrieved(found))
    groups = paper_tables.vendor_groups(found, set(range(VENDORS // 2)))
    assert set(groups["region"]) == set(regions[1:])
    assert set(paper_tables.shared_less_unique(found, groups)["region"]) == set(regions[1:])
    assert len(paper_tables.table_12(found, groups)) == 36


def test_tables_of_such_regions_are_compared_by_name(named, tmp_path):
    found, regions = named
    for name in ("one", "other"):
        report.save_table(found.verification.drop(columns=["row", "published"]), tmp_path / name / "verification.csv")
    beside = study_diff.compare(tmp_path / "one", tmp_path / "other")
    assert len(beside) == len(found.verification) and (beside["moved"] == 0).all()
    assert all(any(region in number.split(", ") for number in beside["number"]) for region in regions)


def test_predictions_are_whole_numbers(named):
    found, _ = named
    [run] = found.find("multimodal", "CE+SupCon")
    table = results.predictions(run)
    assert len(table) == len(PAIRS) and (table.dtypes == "int64").all()


def test_a_runs_table_with_other_than_its_columns_hold_is_refused(measured):
    found = measured(text())
    [run] = found.find("text", "CE")
    path = run.folder / "queries.csv"
    path.write_text(re.sub(r"^\d+,\d+", "0,vendor", path.read_text(), count=1, flags=re.MULTILINE))
    with pytest.raises(DataError, match=r"column vendor: the value is not a whole number.*Remove the run's folder"):
        results.queries(run, "text")


def test_floats_are_read_to_the_last_bit(tmp_path):
    values = [0.1 + 0.2, 1 / 3, math.pi * 1e-300, 5e-324, 1.7976931348623157e308]
    pd.DataFrame({"mean": values}).to_csv(tmp_path / "t.csv", index=False)
    assert tables.chapter(tmp_path / "t.csv")["mean"].tolist() == values


def test_vectors_keep_the_names_of_very_many_regions(tmp_path):
    """More than a byte counts: the 129th of 300 regions was read back as another."""
    names = [f"r{number:03d}" for number in range(300)]
    items = pd.DataFrame({"region": names, "part": "test", "vendor": range(300)})
    embeddings.save(tmp_path / "a.safetensors", {"text": (items, np.zeros((300, 2)))})
    found, _ = embeddings.load(tmp_path / "a.safetensors")["text"]
    assert found["region"].tolist() == names
