"""What is written is whole, and what comes from data shows as text."""

import json
import subprocess
import sys

import matplotlib.pyplot as plt
import pandas as pd
import pytest

from lib import files, report


def test_text_from_data_is_escaped():
    frame = pd.DataFrame({"text": ["<script>alert(1)</script>", "a & b"], "score": [0.12345, 1.0]})
    page = report.show(frame, caption="<b>caption</b>").to_html()
    assert "<script>" not in page and "&lt;script&gt;" in page and "<b>" not in page
    assert "0.123" in page


def test_counts_have_no_decimals_and_scores_have():
    page = report.show(pd.DataFrame({"items": [56.0, None], "mixed": [14088.0, 0.4928], "score": [1.0, 0.5]})).to_html()
    for words in (">56<", ">–<", ">14,088<", ">0.493<", ">1.000<", ">0.500<"):
        assert words in page, words


def test_equal_figures_are_equal_files(tmp_path):
    written = []
    for name in ("a.png", "b.png"):
        figure, axes = plt.subplots()
        axes.plot([1, 2])
        report.save_figure(figure, tmp_path / name)
        written.append((tmp_path / name).read_bytes())
    assert written[0] == written[1]


def test_a_write_that_fails_leaves_the_old_file(tmp_path):
    path = tmp_path / "x.txt"
    files.write_text(path, "old")
    with pytest.raises(RuntimeError), files.replacing(path) as temporary:
        temporary.write_text("half of the new")
        raise RuntimeError
    assert path.read_text() == "old" and list(tmp_path.iterdir()) == [path]


def test_the_environment_has_its_own_kernel():
    """What `make lab` and papermill start is this Python, found before the user's own kernels."""
    listed = subprocess.run(
        [sys.executable, str(files.ROOT / "bootstrap.py"), "jupyter", "kernelspec", "list", "--json"],
        capture_output=True,
        text=True,
        check=True,
    )
    kernel = json.loads(listed.stdout)["kernelspecs"]["python3"]
    assert kernel["resource_dir"].startswith(sys.prefix)
