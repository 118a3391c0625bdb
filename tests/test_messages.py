"""Error messages about sensitive data hold nothing of an ad: no text, label, pseudonym or picture's name."""

import ast
import csv
import re

import numpy as np
import pytest
import yaml
from PIL import Image

from lib.core import data_state, fingerprints
from lib.core.errors import DataError
from lib.core.files import ROOT
from lib.pipeline import execute
from lib.runs.alignment import Alignment
from lib.runs.attribution import Experiment
from lib.runs.baselines import Baseline
from lib.study import plan

SECRET = ("Zanzibarella", "quetzalcoatl", "Marmaduke", "pic-rhododendron", "Ypsilanti")
"""Words that stand in every label, text, pseudonym, picture's name and group of the data below."""
COLUMNS = {
    "text": "TEXT",
    "images": "IMAGES",
    "vendor": "VENDOR",
    "pseudonym": "NAME",
    "region": "PLACE",
    "group": "SET",
}


@pytest.fixture
def folder(tmp_path):
    made = tmp_path / "ads"
    made.mkdir()
    for number in range(40):
        shade = np.full((20, 20, 3), 6 * number, np.uint8)
        Image.fromarray(shade).save(made / f"pic-rhododendron-{number}.png")
    write(made, rows())
    return made


def rows(count=120, vendors=12):
    return [
        [
            f"quetzalcoatl room {number} near the station, quiet and clean number {number % 17}",
            f"pic-rhododendron-{number % 40}.png",
            f"Zanzibarella {number % vendors}",
            f"Marmaduke {number % vendors}",
            ("south", "west")[number % 2],
            f"Ypsilanti {number // vendors}",
        ]
        for number in range(count)
    ]


def write(folder, found, header=("TEXT", "IMAGES", "VENDOR", "NAME", "PLACE", "SET"), encoding="utf-8", delimiter=","):
    with (folder / "ads.csv").open("w", encoding=encoding, newline="") as stream:
        writer = csv.writer(stream, delimiter=delimiter)
        writer.writerows([list(header)] * bool(header) + found)


def with_cell(column, value, every=2):
    found = rows()
    for number, row in enumerate(found):
        if number % every == 0:
            row[column] = value if isinstance(value, str) else value(row[column])
    return found


def quote_left_open(folder):
    path = folder / "ads.csv"
    path.write_text(path.read_text().replace("quetzalcoatl room 7 ", '"quetzalcoatl room 7 '))


def bytes_of_windows(folder):
    write(folder, with_cell(0, lambda text: f"{text} “so” – it’s"), encoding="cp1252")


FAULTS = {
    "no header": lambda folder: write(folder, [[cell.split(" ")[0] for cell in row] for row in rows()], header=()),
    "a column is missing": lambda folder: write(
        folder, rows(), header=("TEXT", "IMAGES", "SELLER", "NAME", "PLACE", "SET")
    ),
    "a column twice": lambda folder: write(
        folder, rows(), header=("TEXT", "IMAGES", "VENDOR", "VENDOR", "PLACE", "SET")
    ),
    "another delimiter": lambda folder: write(folder, rows(), delimiter=";"),
    "a quote left open": quote_left_open,
    "another encoding": bytes_of_windows,
    "UTF-16": lambda folder: write(folder, rows(), encoding="utf-16"),
    "only a header": lambda folder: write(folder, []),
    "nothing": lambda folder: (folder / "ads.csv").write_text(""),
    "no label": lambda folder: write(folder, with_cell(2, "")),
    "control characters": lambda folder: write(folder, with_cell(2, lambda label: f"{label}\x07")),
    "control characters in groups": lambda folder: write(folder, with_cell(5, lambda name: f"{name}\x07")),
    "no region": lambda folder: write(folder, with_cell(4, "Zanzibarella <b>")),
    "too few fields": lambda folder: write(folder, [row[:3] for row in rows()]),
    "too many fields": lambda folder: write(folder, [[*row, "quetzalcoatl"] for row in rows()]),
    "several vendors": lambda folder: write(folder, [["quetzalcoatl", *row[1:2], *row[2:]] for row in rows(120, 60)]),
    "nothing of an ad": lambda folder: write(folder, [["", "", *row[2:]] for row in rows()]),
    "one vendor": lambda folder: write(folder, with_cell(2, "Zanzibarella", 1)),
    "few vendors": lambda folder: write(folder, rows(60, 3)),
    "an ad each": lambda folder: write(folder, rows(40, 40)),
    "no word": lambda folder: write(folder, with_cell(0, lambda text: "! " + "." * (len(text) % 7), 1)),
    "no pictures": lambda folder: [path.unlink() for path in folder.glob("*.png")],
    "no texts": lambda folder: write(folder, with_cell(0, "", 1)),
}


def given(tmp_path, folder, **more):
    path = tmp_path / "secret.yaml"
    data = {"source": "matched", "folder": str(folder), "columns": COLUMNS, "pseudonym": None} | more
    data.pop("pseudonym")
    smoke = yaml.safe_load((ROOT / "params" / "smoke.yaml").read_text())
    kept = {name: smoke[name] for name in ("text", "image", "training", "alignment", "bootstrap")}
    path.write_text(yaml.safe_dump({"name": "secret", "data": data, **kept}))
    return str(path)


def runs(path, out):
    """Every kind of run on ads, each as far as it gets; what they say."""
    said = []

    def tried(make):
        try:
            run = make()
            for step in ("sizes", "train", "embed", "identify", "verify", "finish"):
                if hasattr(run, step):
                    getattr(run, step)()
        except DataError as error:
            said.append(str(error))

    both = {"text": "bag-of-tokens", "image": "vit-tiny-patch16-random", "seed": 1}
    tried(lambda: Experiment("10_text", path, f"{out}/1", objective="ce+supcon", text="bag-of-tokens", seed=1))
    tried(lambda: Experiment("10_text", path, f"{out}/6", "pre-trained", 1, text="bag-of-tokens", protocol="group"))
    tried(lambda: Baseline("14_baselines", path, f"{out}/2", baseline="char-ngrams", seed=1))
    tried(lambda: Baseline("14_baselines", path, f"{out}/3", baseline="perceptual-hash", seed=1))
    tried(lambda: Experiment("12_fusion", path, f"{out}/4", objective="pre-trained", fusion="mean-similarity", **both))
    tried(lambda: Alignment("20_alignment", path, f"{out}/5", method="itc", variant="released", **both))
    return said


@pytest.fixture(autouse=True)
def apart(tmp_path, monkeypatch):
    monkeypatch.setattr(plan.Study, "cache", property(lambda self: tmp_path / "cache"))
    monkeypatch.setattr(data_state, "STATES", tmp_path / "states")


def harmless(said):
    assert said
    for message in said:
        assert "\n" not in message
        for word in SECRET:
            assert word.lower() not in message.lower(), message


@pytest.mark.parametrize("fault", FAULTS)
def test_what_runs_say_of_bad_data_holds_nothing_of_it(fault, folder, tmp_path):
    FAULTS[fault](folder)
    harmless(runs(given(tmp_path, folder), tmp_path / "out"))


def test_a_picture_or_a_table_that_changes_while_a_run_is_under_way(folder, tmp_path):
    path = given(tmp_path, folder)
    run = Experiment(
        "11_image", path, str(tmp_path / "out"), objective="pre-trained", image="vit-tiny-patch16-random", seed=1
    )
    run.sizes()
    (folder / "pic-rhododendron-3.png").write_bytes((folder / "pic-rhododendron-4.png").read_bytes())
    with pytest.raises(DataError, match="changed while") as error:
        run.embed()
    harmless([str(error.value)])
    (folder / "pic-rhododendron-3.png").unlink()
    run = Baseline("14_baselines", path, str(tmp_path / "out"), baseline="char-ngrams", seed=1)
    run.identify()
    run.verify()
    write(folder, rows()[1:])
    with pytest.raises(DataError, match="changed while the run was under way") as error:
        run.finish()
    harmless([str(error.value)])
    assert not (tmp_path / "out" / "metrics.json").exists()


def test_a_region_to_train_on_that_is_not_there(folder, tmp_path):
    harmless(runs(given(tmp_path, folder, train_region="north"), tmp_path / "out"))


def test_other_errors_are_not_shown_of_sensitive_data(folder, tmp_path):
    from papermill.exceptions import PapermillExecutionError

    error = PapermillExecutionError(1, 1, "", "KeyError", "'Zanzibarella 3'", [])
    harmless([execute._message(error, {"study": given(tmp_path, folder)})])
    assert "Zanzibarella" in execute._message(error, {"study": "smoke"})


LIKE_DATA = re.compile(
    r"\b(texts?|labels?|vendors?|pseudonyms?|names?|cells?|fields?|images?|branch|row|value)\b\W*(\[|\.|!r|$)"
)
COUNT = re.compile(r"(len|type)\(|.*\.(nunique|sum)\(\)$")
REVIEWED = {
    "data/ads.py": {"regions[name].name", "name"},  # files and regions, which chapters show as well
    "core/csv_reader.py": {"path.name"},
    "data/image_arrays.py": {"row"},  # a number
    "models/pretrained.py": {"value", "field"},  # of a model's config.json
    "data/rejected_rows.py": {"row"},
    "runs/fine_tuning.py": {"before.label", "backbone.label"},  # of weights
    "runs/results.py": {"study.name", "self.study.name"},
    "hotels/loading.py": {"study.name"},
    "study/config.py": {"value", "self.name", "name", "RENAMED[name]"},
    "study/plan.py": {"value", "self.name", "self.study.name", "name", "run.name", "first.name"},
    "twin/drawing/render.py": {"image.dtype", "image.shape"},
    "models/tokenizers.py": {"' and '.join(sorted(names.values())) or 'a vocabulary'"},  # of files
    "twin/writing/rendering.py": {"value"},  # the twin's
    # parameters, backbones, tensors, arguments of functions
    "runs/alignment.py": {"name"},
    "models/backbones.py": {"name"},
    "models/canary.py": {"name"},
    "models/face_embeddings.py": {"name"},
    "core/files.py": {"name"},
    "hotels/linking_losses.py": {"name"},
    "runs/losses.py": {"name"},
    "runs/attribution.py": {"self.parameters['image']"},
    "study/parameters.py": {"name"},
    "study/run_kinds.py": {"name", "image"},
    "evaluation/retrieval.py": {"name"},
    "runs/variants.py": {"name"},
    "models/weights.py": {"name"},
}
"""module -> expressions in its messages that look like data and are none."""


def test_no_message_of_a_run_is_made_of_what_an_ad_holds():
    """No DataError in the code of a run is formatted from a cell, a label, a text or a picture's name."""
    files = {path for path in (ROOT / "notebooks").glob("[124]*.ipynb") for path in fingerprints.modules_of(path)}
    found: dict[str, set[str]] = {}
    for path in files:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call):
                parts = [part for argument in node.exc.args for part in ast.walk(argument)]
                shown = {ast.unparse(part.value) for part in parts if isinstance(part, ast.FormattedValue)}
                found.setdefault(str(path.relative_to(ROOT / "lib")), set()).update(
                    text for text in shown if LIKE_DATA.search(text) and not COUNT.match(text)
                )
    left = {name: shown - REVIEWED.get(name, set()) for name, shown in found.items()}
    assert {name: shown for name, shown in left.items() if shown} == {}
