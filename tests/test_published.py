"""The transcribed tables: complete, unambiguous, and right where we looked by hand."""

import pandas as pd
import pytest

from lib.core import published
from lib.core.errors import DataError

# Cells per table, from the printed layout: rows x columns, less the cells printed as a dash.
CELLS = {
    ("matched", 1): 5 * 5,
    ("matched", 2): 9,
    ("matched", 3): 5 * 4,
    ("matched", 4): 24 * 7,  # four scores, epochs, parameters, time
    ("matched", 5): 3 * 6 * 5,  # of OOD and ZS each row has one
    ("matched", 6): 3 * 7 * 5,
    ("matched", 7): 3 * 6 * 5,
    ("matched", 8): 3 * 3 * 5,
    ("matched", 9): 3 * 11 * 5,
    ("matched", 10): 3 * 11 * 5,
    ("matched", 11): 3 * 10 * 5,
    ("matched", 12): 3 * 2 * 2 * 3,
    ("hotels", 1): 3 * 3,
    ("hotels", 2): 10 * 3 - 1,  # no chains for D_??
    ("hotels", 3): 10 * 3 - 1,
    ("hotels", 4): 6 * 4 * 2,
    ("hotels", 5): 6 * 4 * 2,
    ("hotels", 6): 2 * (8 * 2 + 2 + 1 + 1),  # LR and BS; ProxyNCA++ has 2 more, two losses 1
}
ROWS = {
    ("matched", 1): 5, ("matched", 2): 9, ("matched", 3): 5, ("matched", 4): 24,
    ("matched", 5): 18, ("matched", 6): 21, ("matched", 7): 18, ("matched", 8): 9,
    ("matched", 9): 33, ("matched", 10): 33, ("matched", 11): 30, ("matched", 12): 12,
    ("hotels", 1): 3, ("hotels", 2): 10, ("hotels", 3): 10, ("hotels", 4): 6,
    ("hotels", 5): 6, ("hotels", 6): 8,
}  # fmt: skip
NUMBERS = {"mean", "std", "printed", "note"}
ALLOWED = {
    "metric": {
        "matched": {
            "MRR@10", "R-Precision@X", "Macro-F1@X", "Balanced accuracy", "Weighted-F1",
            "Micro-F1", "Macro-F1", "Epochs", "Parameters", "Time", "Ads", "Texts", "Images",
            "Faces", "Vendors",
        },
        "hotels": {"Images", "Branches", "Chains", "R@1", "AUC", "LR", "BS", "plr", "nc", "temp", "cpc"},
    },
    "split": {
        "matched": {"South", "Midwest", "West", "Northeast", "OOD", "ZS", "All", "Avg"},
        "hotels": {
            "Train", "Trainval", "D_SS val", "D_SS", "D_SU val", "D_SU", "D_UU val", "D_UU",
            "D_??", "Total",
        },
    },
    "modality": {"matched": {"text", "image", "multimodal", "text-to-image"}},
    "group": {"matched": {"baseline", "End2End", "Aligned", "Fine-tuned"}},
    "vendors": {"matched": {"shared", "unique"}},
    "objective": {
        "matched": {
            "CE", "Triplet", "SupCon", "CE+Triplet", "CE+SupCon", "pre-trained", "ITC", "ITC+ITM",
            "BLIP2", "BLIP2-Cond", "ITC+CE", "ITC+ITM+CE", "BLIP2+CE", "BLIP2+CE+SupCon",
        }
    },
    "system": {
        "matched": {
            "Style-Embedding", "DeCLUTR-small", "VGG-16", "ResNet-50", "DenseNet-121",
            "InceptionV3", "EfficientNetV2", "ConvNeXt-small", "ViT-base-patch16", "ViLT",
            "VisualBERT", "DeCLUTR-ViT",
        },
        "hotels": {
            "Hotels-50K", "Revisited Hotels-50K", "Revisited Hotel-ID", "Triplet", "Circle",
            "MultiSim", "ProxyNCA++", "SupCon", "SoftTriple", "BCE", "Hard BCE",
        },
    },
}  # fmt: skip
# Read from the papers by hand: (table, which cell, printed number, printed deviation or None).
SPOTS = [
    (("matched", 1), dict(split="South", metric="Ads"), "14088", None),
    (("matched", 1), dict(split="Northeast", metric="Faces"), "0.6183", None),
    (("matched", 1), dict(split="All", metric="Vendors"), "3549", None),
    (("matched", 2), dict(system="DeCLUTR-small", objective="CE+SupCon"), "0.6540", None),
    (("matched", 2), dict(system="ViT-base-patch16", objective="CE+Triplet"), "0.6378", None),
    (("matched", 2), dict(system="DeCLUTR-ViT", objective="BLIP2+CE+SupCon"), "0.9420", None),
    (("matched", 3), dict(seed="100", metric="Balanced accuracy"), "0.9670", None),
    (("matched", 3), dict(seed="Mean", metric="Micro-F1"), "0.9905", None),
    (("matched", 3), dict(seed="Std", metric="Macro-F1"), "0.0089", None),
    (("matched", 4), dict(system="Style-Embedding", metric="Time"), "4032", None),
    (("matched", 4), dict(system="DeCLUTR-small", objective="CE+Triplet", metric="Macro-F1"), "0.5503", None),
    (("matched", 4), dict(system="DenseNet-121", metric="Parameters"), "7000000", None),
    (("matched", 4), dict(system="ViLT", metric="Weighted-F1"), "0.8327", None),
    (("matched", 4), dict(fusion="concat", metric="Epochs"), "15", None),
    (("matched", 4), dict(fusion="mean", objective="CE", metric="Macro-F1"), "0.9670", None),
    (("matched", 4), dict(objective="BLIP2+CE+SupCon", metric="Time"), "5457", None),
    (("matched", 5), dict(objective="pre-trained", metric="MRR@10", split="ZS"), "0.2995", 0.36),
    (("matched", 5), dict(objective="CE+Triplet", metric="R-Precision@X", split="West"), "0.5890", 0.4),
    (("matched", 5), dict(objective="CE+SupCon", metric="Macro-F1@X", split="OOD"), "0.6737", 0.37),
    (("matched", 6), dict(system="ResNet-50", metric="MRR@10", split="West"), "0.221", 0.35),
    (("matched", 6), dict(system="ViT-base-patch16", metric="MRR@10", split="OOD"), "0.2823", 0.37),
    (("matched", 6), dict(system="DenseNet-121", metric="Macro-F1@X", split="South"), "0.04", 0.07),
    (("matched", 7), dict(objective="SupCon", metric="MRR@10", split="Northeast"), "0.0079", 0.08),
    (("matched", 7), dict(objective="Triplet", metric="R-Precision@X", split="South"), "0.0009", 0.01),
    (("matched", 7), dict(objective="CE+SupCon", metric="Macro-F1@X", split="Midwest"), "0.0948", 0.14),
    (("matched", 8), dict(objective="BLIP2", metric="MRR@10", split="South"), "0.001", 0.03),
    (("matched", 8), dict(objective="ITC+ITM", metric="R-Precision@X", split="Avg"), "0.0004", 0.01),
    (("matched", 8), dict(objective="ITC", metric="Macro-F1@X", split="Avg"), "0.0005", 0.02),
    (("matched", 9), dict(group="baseline", metric="MRR@10", split="Northeast"), "0.7449", 0.42),
    (("matched", 9), dict(group="End2End", objective="CE+SupCon", metric="R-Precision@X", split="OOD"), "0.7418", 0.28),
    (("matched", 9), dict(objective="BLIP2", metric="Macro-F1@X", split="ZS"), "0.5605", 0.38),
    (("matched", 9), dict(objective="ITC+CE", metric="R-Precision@X", split="Midwest"), "0.4885", 0.37),
    (("matched", 10), dict(group="End2End", objective="CE", metric="MRR@10", split="OOD"), "0.2575", 0.33),
    (("matched", 10), dict(objective="ITC", metric="R-Precision@X", split="ZS"), "0.1057", 0.16),
    (("matched", 10), dict(objective="ITC+CE", metric="R-Precision@X", split="South"), "0.1247", 0.17),
    (("matched", 10), dict(objective="BLIP2+CE+SupCon", metric="Macro-F1@X", split="South"), "0.1526", 0.24),
    (("matched", 11), dict(group="End2End", objective="CE", metric="MRR@10", split="South"), "0.9669", 0.13),
    (("matched", 11), dict(objective="BLIP2+CE", metric="R-Precision@X", split="South"), "0.7723", 0.2),
    (("matched", 11), dict(objective="BLIP2-Cond", metric="Macro-F1@X", split="ZS"), "0.3144", 0.33),
    (("matched", 11), dict(objective="BLIP2+CE+SupCon", metric="MRR@10", split="OOD"), "0.9602", 0.19),
    (("matched", 12), dict(modality="text", vendors="shared", metric="MRR@10", split="Midwest"), "0.7164", 0.41),
    (("matched", 12), dict(modality="image", vendors="unique", metric="R-Precision@X", split="West"), "0.1168", 0.16),
    (("matched", 12), dict(row=12, split="Northeast"), "0.5550", 0.41),
    (("hotels", 1), dict(system="Hotels-50K", metric="Images"), "1140383", None),
    (("hotels", 1), dict(system="Revisited Hotels-50K", metric="Branches"), "45438", None),
    (("hotels", 1), dict(system="Revisited Hotel-ID", metric="Chains"), "87", None),
    (("hotels", 2), dict(split="D_SU val", metric="Images"), "16095", None),
    (("hotels", 2), dict(split="D_UU", metric="Chains"), "7", None),
    (("hotels", 2), dict(split="Total", metric="Branches"), "35003", None),
    (("hotels", 3), dict(split="Train", metric="Images"), "29326", None),
    (("hotels", 3), dict(split="D_SS", metric="Branches"), "3698", None),
    (("hotels", 3), dict(split="D_??", metric="Images"), "20220", None),
    (("hotels", 4), dict(system="Triplet", metric="R@1", split="D_SS"), "10.84", None),
    (("hotels", 4), dict(system="MultiSim", metric="AUC", split="D_??"), "84.09", 0.10),
    (("hotels", 4), dict(system="SoftTriple", metric="R@1", split="D_??"), "62.87", None),
    (("hotels", 5), dict(system="ProxyNCA++", metric="AUC", split="D_SU"), "81.35", 0.32),
    (("hotels", 5), dict(system="SupCon", metric="R@1", split="D_UU"), "18.26", None),
    (("hotels", 5), dict(system="SoftTriple", metric="AUC", split="D_??"), "76.03", 0.17),
    (("hotels", 6), dict(system="ProxyNCA++", dataset="Revisited Hotel-ID", metric="nc"), "64", None),
    (("hotels", 6), dict(system="SoftTriple", dataset="Revisited Hotels-50K", metric="cpc"), "5", None),
    (("hotels", 6), dict(system="Hard BCE", dataset="Revisited Hotel-ID", metric="BS"), "256", None),
]  # fmt: skip
IDS = [f"{paper}-{number}" for paper, number in CELLS]
each_table = pytest.mark.parametrize("name", CELLS, ids=IDS)


def pick(frame: pd.DataFrame, **where: str | int) -> pd.DataFrame:
    for column, value in where.items():
        frame = frame[frame[column] == value]
    return frame


def test_every_table_is_there():
    assert published.tables() == sorted(CELLS)


@each_table
def test_complete(name):
    frame = published.table(*name)
    assert len(frame) == CELLS[name]
    assert sorted(frame["row"].unique()) == list(range(1, ROWS[name] + 1))


@each_table
def test_values_are_numbers_in_range(name):
    frame = published.table(*name)
    assert frame["mean"].notna().all()
    assert (frame["printed"].astype(float) == frame["mean"]).all()
    assert frame["printed"].str.fullmatch(r"\d+(\.\d+)?").all()
    sizes = {"Epochs", "Parameters", "Time", "Ads", "Texts", "Images", "Vendors"}
    if name[0] == "matched":
        assert frame.loc[~frame["metric"].isin(sizes), "mean"].between(0, 1).all()
        if name[1] >= 5:
            assert frame["std"].between(0, 1).all()
    elif name[1] in (4, 5):
        assert frame["mean"].between(0, 100).all()
        assert (frame["std"].notna() == (frame["metric"] == "AUC")).all()


@each_table
def test_keys_are_unique_with_and_without_the_row(name):
    frame = published.table(*name)
    key = [column for column in frame.columns if column not in NUMBERS]
    assert not frame.duplicated(key).any()
    assert not frame.duplicated([column for column in key if column != "row"]).any()


@each_table
def test_names_are_the_agreed_ones(name):
    frame = published.table(*name)
    for column, values in ALLOWED.items():
        if column in frame:
            assert set(frame[column]) <= values[name[0]], column


@each_table
def test_header_says_what_it_is(name):
    lines = (published.FOLDER / f"{name[0]}_table_{name[1]:02d}.csv").read_text(encoding="utf-8").splitlines()
    head = [line[1:] for line in lines if line.startswith("#")]
    assert ("MATCHED" if name[0] == "matched" else "Hotels-50K") in head[0]
    assert f"Table {name[1]}," in "".join(head) and "#" not in "".join(head)


@pytest.mark.parametrize("name, where, printed, std", SPOTS)
def test_spot(name, where, printed, std):
    cell = pick(published.table(*name), **where)
    assert cell["printed"].tolist() == [printed]
    if std is not None:
        assert cell["std"].item() == std


def test_every_table_has_three_spots():
    names = [name for name, *_ in SPOTS]
    assert all(names.count(name) >= 3 for name in CELLS)


def test_rows_printed_twice_agree():
    def rows(number, **where):
        frame = pick(published.table("matched", number), **where)
        return frame[["metric", "split", "printed", "std"]].values.tolist()

    assert rows(9, group="baseline") == rows(5, objective="CE+SupCon")
    assert rows(10, group="baseline") == rows(7, objective="CE+SupCon")
    assert rows(7, objective="CE") == rows(6, system="ViT-base-patch16")
    # A text row that is an image row in print: the papers' doing, so it must survive.
    assert rows(9, objective="ITC+ITM+CE") == rows(10, objective="ITC+ITM+CE")


def test_table_2_is_a_selection_of_table_4():
    full = published.table("matched", 4)
    best = full[(full["metric"] == "Macro-F1") & full["fusion"].isin(["", "mean"])]
    both = published.table("matched", 2).merge(best, on=["system", "objective"], how="left")
    assert (both["printed_x"] == both["printed_y"]).all() and len(both) == 9


def test_seed_1111_is_the_benchmark_of_table_4():
    scores = ["Balanced accuracy", "Weighted-F1", "Micro-F1", "Macro-F1"]
    seed = pick(published.table("matched", 3), seed="1111").set_index("metric")["printed"]
    row = pick(published.table("matched", 4), system="DeCLUTR-ViT", objective="CE+SupCon")
    assert seed[scores].tolist() == row.set_index("metric")["printed"][scores].tolist()


def test_times_and_parameters_match_their_printed_form():
    frame = published.table("matched", 4)
    for _, cell in frame[frame["metric"].isin(["Time", "Parameters"])].iterrows():
        text = cell["note"].removeprefix("printed ").split(";")[0]
        if cell["metric"] == "Time":
            hours, minutes, seconds = map(int, text.split(":"))
            assert cell["mean"] == 3600 * hours + 60 * minutes + seconds
        else:
            assert text.endswith("M") and cell["mean"] == int(text[:-1]) * 1_000_000


def test_unknown_table_names_those_that_exist():
    for read in (published.table, published.cells):
        with pytest.raises(DataError, match=r"no published table 13 of 'matched'.*hotels: 1, 2.*matched: 1"):
            read("matched", 13)
        with pytest.raises(DataError, match="hotel-id"):
            read("hotel-id", 1)
