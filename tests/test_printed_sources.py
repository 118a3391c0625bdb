"""Printed rows and stored outputs: planted sources are found, and chance finds none more often than it is said to."""

import re

import numpy as np
import pandas as pd
import pytest
from scipy.stats import poisson_binom

from lib.core import published
from lib.core import tables as read_back
from lib.core.errors import DataError
from lib.pipeline import figure_sources
from lib.review import (
    as_in_notebooks,
    notebook_outputs,
    printed_sources,
    revised_tables,
    scoring_choices,
    source_findings,
    source_notes,
    source_table,
)
from lib.review.notebook_outputs import EXACT, METRICS, REGIONS, NotebookOutputs, Source
from lib.review.printed_sources import PrintedRow

SHAPE = len(METRICS), len(REGIONS)


def numbers(generator):
    """Means and ± of a row, as printed."""
    return np.round(generator.uniform(0.05, 0.95, SHAPE), 4), np.round(generator.uniform(0.1, 0.4, SHAPE), 2)


def printed(means, stds, table=5, name="A"):
    return PrintedRow(table, "", name, name, (1, 2, 3), means, stds)


def source(name, means, stds):
    none = np.full(SHAPE, EXACT)
    scored = np.full(SHAPE, 100.0)
    return Source(name, means, stds, scored, none, none, scored[0], pd.Series({"loads": name}), METRICS)


def made_up(seed, rows=9, sources=7):
    generator = np.random.default_rng(seed)
    table = [printed(*numbers(generator), name=f"row {place}") for place in range(rows)]
    return table, [source(f"cell {place}", *numbers(generator)) for place in range(sources)]


def planted(row, stored, metrics=(0, 1, 2), order=(0, 1, 2, 3), where=True):
    """The row with the source's numbers in place of its own, rearranged, where they are wanted."""
    there = np.ix_(metrics, order)
    return row._replace(
        means=np.where(where, stored.means[there], row.means), stds=np.where(where, stored.stds[there], row.stds)
    )


SOUTH = np.arange(4) == 0


@pytest.mark.parametrize("seed", range(5))
def test_planted_sources_are_found(seed):
    rows, sources = made_up(seed)
    rows[0] = planted(rows[0], sources[0])
    rows[1] = planted(rows[1], sources[1], metrics=(1, 0, 2))
    rows[2] = planted(rows[2], sources[2], order=(0, 2, 1, 3))
    rows[3] = planted(planted(rows[3], sources[3], where=~SOUTH), sources[4], where=SOUTH)
    rows[4] = planted(rows[4], sources[5], where=np.arange(4) < 2)
    found = printed_sources.matches(rows, sources)
    told = [[(match.source.name, match.metrics, match.order, int(match.equal.sum())) for match in own] for own in found]
    same, straight = printed_sources.AS_PRINTED
    assert told[0] == [("cell 0", same, straight, 12)]
    assert told[1] == [("cell 1", (1, 0, 2), straight, 12)]
    assert told[2] == [("cell 2", same, (0, 2, 1, 3), 12)]
    assert told[3] == [("cell 3", same, straight, 9), ("cell 4", same, straight, 3)]
    assert told[4] == [("cell 5", same, straight, 6)]
    assert not any(told[5:])
    assert all(match.chance < printed_sources.LEVEL for own in found for match in own)


def test_a_wrong_spread_is_no_match():
    rows, sources = made_up(0)
    rows[0] = planted(rows[0], sources[0])._replace(stds=rows[0].stds)
    assert not any(printed_sources.matches(rows, sources))


def test_chance_finds_a_source_as_seldom_as_is_said():
    rows, sources = made_up(1)
    means = np.stack([row.means for row in rows])
    alarms = [any(printed_sources.matches(draw, sources, means)) for draw in printed_sources.moved(rows, 1, 200)]
    assert np.mean(alarms) <= printed_sources.LEVEL
    assert printed_sources.false_alarms(seed=1, draws=40) <= 40 * printed_sources.LEVEL


def test_a_moved_mean_equals_a_number_no_more_often_than_its_chance():
    """Of small numbers in narrow columns, where single cells do coincide; ± is the same everywhere."""
    rows, _ = made_up(2)
    small = [row._replace(means=np.round(row.means / 1000, 4), stds=np.full(SHAPE, 0.1)) for row in rows]
    means = np.stack([row.means for row in small])
    own = [source(f"cell {place}", row.means, row.stds) for place, row in enumerate(small)]
    draws = 400
    equal = [printed_sources.equal_cells(draw, own) for draw in printed_sources.moved(small, 3, draws)]
    share = np.mean([np.einsum("iimrmr->imr", one) for one in equal], axis=0)
    assert (share <= printed_sources.chances(small, means) + 4 * np.sqrt(0.25 / draws)).all()
    assert share.max() > 0.02


@pytest.mark.parametrize("count", [0, 1, 3, 6])
def test_the_tail_is_poisson_binomial(count):
    chance = np.random.default_rng(count).uniform(0.01, 0.5, 6)
    assert printed_sources.tails(chance)[count] == pytest.approx(poisson_binom(chance).sf(count - 1))


def test_a_repeated_cell_counts_once():
    rows, _ = made_up(3)
    row = rows[0]
    twice = row._replace(means=row.means[[0, 1, 1]], stds=row.stds[[0, 1, 1]])
    chance = printed_sources.chances([twice, *rows[1:]])[0]
    assert (chance[2] == 1).all() and (chance[:2] < 0.01).all()


def test_mrr_over_members_is_the_mean_without_zeros():
    """A made-up cell asks 50 vendors of whom 47 have a document; another cell says that 47 have one."""
    scores = np.random.default_rng(4).choice([0.0, 0.5, 1.0], 47)
    every = np.concatenate([scores, np.zeros(3)])
    common = {"notebook": "n.ipynb", "executed": 1, "loader": "l", "loads": "v", "representation": "text"}
    common |= {"index": "distance", "pooled": "no", "duplicates_removed": "no", "normalised": "no", "classes": "vendor"}
    rows = [
        common
        | {"cell": cell, "members_only": only, "scored": len(values), "region": region, "metric": metric}
        | {"mean": round(values.mean(), 4), "std": round(values.std(), 2)}
        for cell, only, values in ((1, "no", every), (2, "yes", scores))
        for metric in METRICS
        for region in REGIONS
    ]
    *_, found = notebook_outputs.sources_of(NotebookOutputs.validate(pd.DataFrame(rows)))
    assert found.by_members and (found.members == 47).all()
    assert (np.abs(found.means[0] - round(scores.mean(), 4)) <= found.mean_slack[0]).all()
    assert (np.abs(found.stds[0] - round(scores.std(), 2)) <= found.std_slack[0]).all()
    assert (found.mean_slack[0] < 2e-4).all() and (found.mean_slack[1:] == EXACT).all()


def test_the_published_outputs_are_whole(tmp_path):
    outputs = notebook_outputs.read()
    scores = outputs.dropna(subset="mean")
    assert len(scores) == 459 and scores.groupby("notebook")["cell"].nunique().tolist() == [29, 3, 7]
    assert not outputs.duplicated(["notebook", "cell", "representation", "region", "metric"]).any()
    bad = notebook_outputs.FILE.read_text(encoding="utf-8").replace(",vendor,", ",shop,", 1)
    (tmp_path / "bad.csv").write_text(bad, encoding="utf-8")
    with pytest.raises(DataError, match="classes"):
        read_back.read(tmp_path / "bad.csv", NotebookOutputs, comment="#")


def test_printed_rows_are_those_of_the_tables():
    rows = printed_sources.printed_rows()
    assert len(rows) == 54 and all(np.isfinite(row.means).all() for row in rows)
    number = {row.table for row in rows}
    assert number == set(printed_sources.TABLES)
    printed_once = sum(published.table("matched", table)["row"].nunique() for table in number)
    assert source_table.table().drop_duplicates(["table", "row"]).shape[0] == printed_once == len(rows) * len(METRICS)


def test_what_is_written_down_of_scoring_is_what_is_found():
    """`scoring_choices.yaml` says by hand which cells rows of Tables 5, 9 and 11 equal, and in how many numbers."""
    cells, table = source_table.cells(), source_table.table()
    own = table[table["group"] != "baseline"]
    for (number, objective), row in scoring_choices.printed_rows().items():
        here = own[(own["table"] == number) & (own["objective"] == objective)]
        if row.known != "equal":
            assert (here["reading"] == "none found").all()
            continue
        here = here[here["reading"] != "none found"]
        assert {f"{one.notebook.removesuffix('.ipynb')} {one.cell:.0f}" for one in here.itertuples()} == {row.cell}
        assert set(here["normalised"]) == {"yes" if row.scoring.likeness == "cosine" else "no"}
        assert set(here["duplicates_removed"]) == {"yes" if row.scoring.duplicates == "removed" else "no"}
        kinds = cells[(cells["table"] == number) & (cells["objective"] == objective) & (cells["group"] != "baseline")]
        found = kinds["kind"].isin(["equal", "exchanged"]).sum()
        assert int(re.match(r"\d+", row.equals)[0]) == found
        assert ("by members" in row.equals or "members alone" in row.equals) == (
            "equal by members" in set(kinds["kind"])
        )


@pytest.mark.parametrize(
    ("finding", "place", "said"),
    [
        ("metrics exchanged", "Table 5, pre-trained", "R-Precision@X equals what the cell calls MRR@1"),
        ("output of another system", "Table 8, Aligned, ITC", "source loads BLIP2"),
        ("output of another system", "Table 8, Aligned, BLIP2", "source loads ITC"),
        ("output of another system", "Table 9, End2End, CE+SupCon", "source loads CE."),
        ("output of another system", "Table 10, End2End, CE+SupCon", "source loads CE."),
        ("two outputs in a row", "Table 11, Fine-tuned, BLIP2+CE", "cell 36 in South"),
        ("scored otherwise than its table", "Table 9, Fine-tuned, BLIP2+CE+SupCon", "normalised, 213, 146"),
        ("not normalised", "Table 5, SupCon", "inner product"),
    ],
)
def test_findings(finding, place, said):
    found = source_findings.findings()
    [row] = found[(found["finding"] == finding) & (found["place"] == place)].to_dict("records")
    assert said in row["equal"] and row["follows"] and row["chance"] < printed_sources.LEVEL


def test_orders_as_in_the_notebooks():
    found = as_in_notebooks.as_in_notebooks().set_index(["claim", "instead"])
    named = found.loc["Training improves text retrieval, South", ""]
    assert named["printed"] == pytest.approx(0.8706 - 0.3265) and named["headed"] == pytest.approx(0.8706 - 0.2248)
    ce = found.loc["Training improves text retrieval, South", "CE in place of CE+SupCon"]
    assert ce["as_they_come"] == pytest.approx(0.5557 - 0.2248) and ce["cosine"] == pytest.approx(0.6850 - 0.5318)
    assert ce["better_vendors"] == ce["worse_vendors"] == 964 and ce["same_vendors"] == "yes"
    both = found.loc["Text retrieves better after multimodal training, South", ""]
    assert (both["better_vendors"], both["worse_vendors"], both["same_vendors"]) == (1411, 964, "no")
    aligned = "End-to-end training retrieves better than after BLIP2 alignment, by both"
    assert found.loc[f"{aligned}, West", ""]["worse_equals"] == "BLIP2+CE"
    assert found.loc[f"{aligned}, South", ""]["worse_equals"] == "BLIP2+CE+SupCon"


def test_revised_tables_keep_their_averages():
    table = revised_tables.tables()["matched", 11]
    row = table[(table["objective"] == "BLIP2+CE+SupCon") & (table["metric"] == "R-Precision@X")]
    cells = row.set_index("split")["mean"].astype(float)
    assert cells["Midwest"] == 0.5524 and cells["South"] == 0.7950
    assert cells["OOD"] == pytest.approx(cells[list(REGIONS[1:])].mean(), abs=1e-4)
    left_out = revised_tables.tables()["matched", 10]
    pictures = (left_out["objective"] == "CE+SupCon") & (left_out["group"] == "End2End")
    assert set(left_out.loc[pictures, "split"]) == {"South", "Northeast"}  # of MRR, which equal no output


def test_notes_are_of_claims_and_say_what_is_printed():
    claims = published.claims()
    notes = source_notes.notes(claims)
    assert set(notes) <= set(claims["id"])
    assert "CE in place of CE+SupCon: -0.013 to +0.153 (1 of 4 above 0) by the notebooks' cosine" in notes["m13"]
    assert "equals an output under CE" in notes["m19"] and "different vendors" in notes["m18"]
    assert "of 1,411 vendors in South against 964" in notes["m34"]
    assert "m01" not in notes and "m30" not in notes  # of identification
    assert not any("nan" in note for note in notes.values())


def test_every_kind_of_cell_has_a_colour():
    assert set(figure_sources.COLOURS) == set(source_table.KINDS)
    figure = figure_sources.source_map(source_table.cells())
    assert len(figure.axes[0].get_yticklabels()) == len(printed_sources.printed_rows())
