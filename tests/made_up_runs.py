"""Finished runs whose answers are made up, for tests of what reads runs: `measured` writes a study's folder and reads
it."""

import numpy as np
import pandas as pd
import pytest

from lib.core.files import write_json, write_text
from lib.models.backbones import BACKBONES, Provenance
from lib.runs import results
from lib.runs.losses import OBJECTIVES
from lib.study import plan
from lib.study.plan import Run, Study
from lib.study.run_kinds import usual_sampling

VENDORS, SEED = 20, 1111
TEXTS = pd.DataFrame({"text": np.arange(100), "truth": np.arange(100) % VENDORS})
PAIRS = pd.DataFrame({"text": np.arange(200) // 2, "image": np.arange(200)}).merge(TEXTS)
ITEMS = {"text": TEXTS, "image": PAIRS[["image", "truth"]], "multimodal": PAIRS}
"""The test items of each modality: each text has two pictures."""
REGIONS = ("south", "midwest", "west", "northeast")


def text(objective="ce", name="minilm-l6", **more):
    return {"notebook": "10_text", "text": name, "objective": objective} | more


def image(objective="ce", name="efficientnet-lite0", **more):
    return {"notebook": "11_image", "image": name, "objective": objective} | more


def fusion(objective="ce", how="mean", names=("minilm-l6", "efficientnet-lite0"), **more):
    return {"notebook": "12_fusion", "text": names[0], "image": names[1], "fusion": how, "objective": objective} | more


def baseline(name, **more):
    return {"notebook": "14_baselines", "baseline": name} | more


def predictions(modality, wrong, seed):
    """The test items with a share `wrong` of them taken for the next vendor; at the same seed a larger share has
    more."""
    items = ITEMS[modality]
    place = np.random.default_rng(seed).permutation(len(items))
    return items.assign(predicted=np.where(place < wrong * len(items), (items["truth"] + 1) % VENDORS, items["truth"]))


def queries(modality, wrong, seed):
    """Scored queries, three a vendor and region, of each representation that a system of the modality gives."""
    frames = []
    for place, region in enumerate(REGIONS):
        score = np.random.default_rng([seed, place]).random(3 * VENDORS) * (1 - wrong)
        scored = pd.DataFrame(
            {"query": np.arange(len(score)), "vendor": np.arange(len(score)) % VENDORS, "relevant": 3}
        )
        scored = scored.assign(**dict.fromkeys(["MRR@10", "R-Precision@X", "mAP@R"], score))
        frames.append(scored.assign(region=region, documents=80))
    whole = pd.concat(frames, ignore_index=True)
    given = ("text", "image", "multimodal") if modality == "multimodal" else (modality,)
    return pd.concat([whole.assign(modality=name) for name in given], ignore_index=True)


def write(run, wrong, loaded, resumed=False, late_fall=0.0):
    """What `lib.runs.recorder.Recorder.finish` leaves of a run; loaded: what came in place of a backbone that was asked
    for; late_fall: `lib.runs.convergence.late_fall`."""
    modality, asked = run.kind.modality_of(run.parameters), run.parameters
    weights = []
    for kind in ("text", "image", "multimodal"):
        if kind in asked:
            name = loaded.get(asked[kind], asked[kind])
            source = "random" if name.endswith("-random") or BACKBONES[name].config else "folder"
            name = name.removesuffix("-random")
            weights.append(Provenance(BACKBONES[name].kind, asked[kind], name, source, "ab" * 32, 1000).row())
    scored = queries(modality, wrong, asked["seed"])
    written = {
        **run.identity,
        "modality": modality,
        "protocol": "ad",
        "data": {"train_region": REGIONS[0]},
        "environment": {"device": "cpu"},
        "weights": weights,
        "energy": {"kwh": 0.002, "co2_kg": 0.00095, "method": "cpu estimated from rated power and load"},
        "wall_seconds": 30.0,
        "verification": [{"region": region} for region in (*REGIONS, "OOD", "ZS")],  # its scores are in queries.csv
    }
    write_text(run.folder / "queries.csv", scored.to_csv(index=False))
    if "baseline" in asked or "ce" in OBJECTIVES[asked["objective"]]:
        write_text(run.folder / "predictions.csv", predictions(modality, wrong, asked["seed"]).to_csv(index=False))
        written["identification"] = []  # that it is there is all that is read of it
    if weights and OBJECTIVES[asked["objective"]]:
        written["training"] = {"epochs": 4, "steps": 40, "late_fall": late_fall, "seconds": 20.0, "items": 300}
        written["training"] |= {"resumed": resumed}
        written["sampling"] = asked.get("sampling") or usual_sampling(asked)
    write_json(run.folder / "metrics.json", written)


@pytest.fixture
def measured(tmp_path, monkeypatch):
    """Makes a study's folder with finished runs, and reads it: measured(run, …), each a run's parameters with the share
    of `wrong` answers, and its `seed`, what was `loaded` in place of what, whether it was `resumed` and its `late_fall`
    if that matters."""
    monkeypatch.setattr(plan.Study, "folder", property(lambda self: tmp_path / self.name))

    def make(*runs):
        entries, finished = [], []
        for run in runs:
            parameters = {"seed": SEED} | run
            usual = {"wrong": 0.3, "loaded": {}, "resumed": False, "late_fall": 0.0}
            aside = [parameters.pop(name, value) for name, value in usual.items()]
            listed = {name: value if name == "notebook" else [value] for name, value in parameters.items()}
            entries.append(listed)
            finished.append((parameters, aside))
        study = Study(name="fake", bootstrap=200, runs=entries)
        for parameters, aside in finished:
            notebook = parameters.pop("notebook")
            write(Run(study, notebook, parameters), *aside)
        return results.load(study)

    return make
