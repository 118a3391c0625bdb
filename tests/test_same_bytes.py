"""Same seed, same machine, same bytes: every kind of run, made in two processes of their own, writes the same but for
times.

Two processes, since within one a second run may find what the first one left (hash seeds, caches, learnt vocabularies).
"""

import json
import os
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest
import yaml

from lib.core.files import ROOT

SEED, PAIR = [7], {"text": ["minilm-l6"], "image": ["efficientnet-lite0"], "seed": [7]}
HOTELS = {"image": ["efficientnet-lite0"], "loss": ["proxynca++"], "seed": SEED}
BASELINES = ["char-ngrams", "word-ngrams", "minhash", "bm25", "perceptual-hash", "majority", "random"]
RUNS = [
    {"notebook": "10_text", "text": ["minilm-l6"], "objective": ["ce+supcon"], "seed": SEED},
    {"notebook": "11_image", "image": ["efficientnet-lite0"], "objective": ["ce"], "seed": SEED},
    {"notebook": "12_fusion", "fusion": ["attention"], "objective": ["ce+supcon"], **PAIR},
    {
        "notebook": "13_single_stream",
        "multimodal": ["vilt-small", "visualbert-small"],
        "objective": ["ce"],
        "seed": SEED,
    },
    {"notebook": "14_baselines", "baseline": BASELINES, "seed": SEED},
    {"notebook": "20_alignment", "method": ["itc", "blip2"], "variant": ["corrected"], **PAIR},
    {"notebook": "20_alignment", "method": ["itc+itm", "blip2-cond"], "variant": ["released"], **PAIR},
    {"notebook": "21_alignment_finetune", "aligned": ["blip2"], "fusion": ["mean"], "objective": ["ce"], **PAIR},
    {"notebook": "43_hotel_search", **HOTELS},
    {"notebook": "41_hotel_linking", **HOTELS},
]
"""In the order in which one begins with another."""
STUDY = {
    "name": "same",
    "data": {"scale": 0.001, "pixels": 32},
    "text": {"max_tokens": 8},
    "image": {"pixels": 32},
    "training": {"epochs": 1, "patience": None, "batch_size": 16, "per_vendor": 2},
    "alignment": {"locked": True, "dimensions": 24, "queries": 3, "layers": 1, "heads": 3, "max_tokens": 8},
    "hotels": {"scale": 0.005, "pixels": 32, "image_pixels": 32, "epochs": 1, "batch_size": 16, "search_epochs": 1}
    | {"search": {"any": {"lr": [1e-3]}}},
    "bootstrap": 20,
    "runs": RUNS,
}
TIMES = {"seconds", "wall_seconds", "energy", "environment", "run", "resumed"}
"""Fields of a record that tell when, where and how fast."""


def made(place: Path) -> None:
    """Every run of the study, its results and caches below `place`."""
    from lib.hotels.linking import Linking, Search
    from lib.runs.alignment import Alignment
    from lib.runs.attribution import Experiment
    from lib.runs.baselines import Baseline
    from lib.runs.fine_tuning import FineTuning
    from lib.study import plan

    plan.Study.folder = property(lambda self: place / self.name)  # type: ignore[assignment]
    plan.Study.cache = property(lambda self: place / "cache")  # type: ignore[assignment]
    file = place / "same.yaml"
    file.write_text(yaml.safe_dump(STUDY))
    kinds = {"14_baselines": Baseline, "20_alignment": Alignment, "21_alignment_finetune": FineTuning}
    kinds |= {"43_hotel_search": Search, "41_hotel_linking": Linking}
    steps = {
        "14_baselines": ("identify", "verify"),
        "20_alignment": ("train", "embed", "retrieve", "pair_separation", "verify"),
        "43_hotel_search": ("trials",),
        "41_hotel_linking": ("train", "link", "transfer"),
    }
    for run in plan.load(str(file)).all_runs().values():
        started = kinds.get(run.notebook, Experiment)(run.notebook, str(file), str(run.folder), **run.parameters)
        for step in steps.get(run.notebook, ("train", "embed", "identify", "verify")):
            found = getattr(started, step)()
            if isinstance(found, pd.DataFrame):
                (run.folder / "tables").mkdir(parents=True, exist_ok=True)
                found.to_csv(run.folder / "tables" / f"{step}.csv")
        if run.notebook == "20_alignment" and started.system.generator is not None:
            words = started.system.generator.tokenizer.get_vocab()
            (run.folder / "vocabulary.json").write_text(json.dumps(sorted(words.items())))
        started.finish()


@pytest.fixture(scope="module")
def both(tmp_path_factory):
    """Two folders of all runs."""
    places = [tmp_path_factory.mktemp("same") for _ in range(2)]
    processes = []
    for number, place in enumerate(places):
        more = {"PYTHONHASHSEED": str(number), "OMP_NUM_THREADS": "1", "HF_HUB_OFFLINE": "1", "PYTHONPATH": str(ROOT)}
        asked = [sys.executable, __file__, str(place)]
        with (place / "said.txt").open("w") as said:
            processes.append(subprocess.Popen(asked, env=os.environ | more, cwd=ROOT, stdout=said, stderr=said))
    for process, place in zip(processes, places, strict=True):
        assert process.wait() == 0, (place / "said.txt").read_text()[-3000:]
    return [place / "same" / "runs" for place in places]


def content(path: Path) -> object:
    """What a file holds, but for times."""
    if path.suffix == ".json":
        return timeless(json.loads(path.read_text()))
    if path.suffix == ".csv":
        table = pd.read_csv(path, dtype=str, keep_default_na=False)
        return table.drop(columns=TIMES & set(table)).to_csv()
    return path.read_bytes()


def timeless(value: object) -> object:
    if isinstance(value, dict):
        return {key: timeless(found) for key, found in value.items() if key not in TIMES}
    return [timeless(found) for found in value] if isinstance(value, list) else value


def results(folder: Path) -> dict[str, Path]:
    return {str(path.relative_to(folder)): path for path in sorted(folder.rglob("*")) if path.is_file()}


@pytest.mark.parametrize(
    ("kind", "runs"),
    [
        ("text", 1),
        ("image", 1),
        ("fusion", 1),
        ("single_stream", 2),
        ("baselines", len(BASELINES)),
        ("alignment", 4),
        ("alignment_finetune", 1),
        ("hotel_search", 1),
        ("hotel_linking", 1),
    ],
)
def test_a_run_made_twice_writes_the_same_bytes(both, kind, runs):
    one, two = (results(folder / kind) for folder in both)
    assert list(one) == list(two) and sum(name.endswith("metrics.json") for name in one) == runs
    different = [name for name in one if content(one[name]) != content(two[name])]
    assert different == []


if __name__ == "__main__":
    made(Path(sys.argv[1]))
