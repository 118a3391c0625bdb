"""lib.review.region_similarity: which vectors its tables are made of (the cosines themselves: test_data_tables)."""

from types import SimpleNamespace

import numpy as np
import pandas as pd

from lib.review import region_similarity


def items():
    rows = {"region": ["south"] * 6 + ["west"] * 6, "vendor": [0, 0, 0, 1, 1, 1] * 2}
    return pd.DataFrame(rows).assign(text=np.arange(12)[::-1], part=["train", "train", "test"] * 4)


def test_each_modality_has_a_table_of_all_pairs_and_one_of_different_vendors():
    vectors = {"text": np.eye(2)[items()["vendor"]][::-1]}
    tables = region_similarity.similarity_tables({"text": items()}, vectors)
    assert list(tables) == ["text, all pairs", "text, other vendors only"]
    assert (
        tables["text, all pairs"].loc["south", "west"] == 0.5
    )  # items take their own vectors, not those of their rows
    assert tables["text, other vendors only"].to_numpy().tolist() == [[0, 0], [0, 0]]


def test_untrained_scores_name_their_modality():
    study = SimpleNamespace(bootstrap=20, split=SimpleNamespace(seed=1))
    table = region_similarity.untrained_scores(study, {"text": items()}, {"text": np.eye(2)[items()["vendor"]][::-1]})
    rows = table[(table["metric"] == "R-Precision@X") & table["region"].isin(["south", "west"])]
    assert set(table["modality"]) == {"text"} and rows["mean"].tolist() == [1, 1]
