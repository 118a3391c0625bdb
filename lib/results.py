"""What a study's runs measured, as tables for the chapters."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from lib import embeddings, identification, verification
from lib.errors import DataError
from lib.files import read_json
from lib.objectives import PUBLISHED
from lib.study import Run, Study


@dataclass(frozen=True)
class Results:
    """runs: one row a run (`run, modality, system, objective, fusion, protocol, seed, epochs, seconds, …`);
    identification, verification: the runs' scores with the columns of `runs` that name them."""

    study: Study
    runs: pd.DataFrame
    identification: pd.DataFrame
    verification: pd.DataFrame

    def run(self, modality: str, objective: str) -> Run | None:
        """The first run of a modality with an objective (as the papers write it), or None."""
        found = self.runs[(self.runs["modality"] == modality) & (self.runs["objective"] == objective)]
        return self.study.all_runs()[found["run"].iloc[0]] if len(found) else None

    def macro_f1_shares(self, run: Run) -> pd.DataFrame:
        """Macro-F1 of a run as a sum over vendors, for `lib.intervals.difference`."""
        found = pd.read_csv(run.folder / "predictions.csv")
        return identification.shares(found["truth"].to_numpy(), found["predicted"].to_numpy())["Macro-F1"]

    def retrieval_shares(self, run: Run, modality: str, region: str, metric: str = "R-Precision@X") -> pd.DataFrame:
        """A retrieval metric of a run in a region as a sum over vendors, for `lib.intervals.difference`."""
        items, vectors = embeddings.load(run.folder / "embeddings.safetensors")[modality]
        return verification.shares(
            verification.scores(
                items[items["region"] == region].reset_index(drop=True), vectors[(items["region"] == region).to_numpy()]
            ),
            metric,
            region,
        )


def load(study: Study) -> Results:
    """The study's finished runs. Raises DataError when there are none."""
    found = {
        name: read_json(run.folder / "metrics.json")
        for name, run in study.all_runs().items()
        if (run.folder / "metrics.json").exists()
    }
    if not found:
        raise DataError(
            f"{study.folder / 'runs'}: this study has no finished run yet. `make study PROFILE={study.name}` runs "
            "what a chapter reads before the chapter."
        )
    runs = pd.DataFrame([_row(name, metrics) for name, metrics in found.items()])
    names = runs[["run", "modality", "system", "objective", "seed"]]
    tables = []
    for part in ("identification", "verification"):
        rows = [{"run": name, **row} for name, metrics in found.items() for row in metrics.get(part, [])]
        scores = pd.DataFrame(rows, columns=None if rows else ["run", "metric", "mean", "low", "high", "items"])
        tables.append(scores.rename(columns={"modality": "representation"}).merge(names, on="run"))
    return Results(study, runs, *tables)


def _row(name: str, metrics: dict) -> dict:
    training, weights = metrics.get("training", {}), metrics["weights"]
    return {
        "run": name,
        "modality": metrics["modality"],
        "system": " + ".join(found["label"] for found in weights),
        "objective": PUBLISHED[metrics["parameters"]["objective"]],
        "fusion": metrics["parameters"].get("fusion", ""),
        "protocol": metrics["protocol"],
        "seed": metrics["parameters"]["seed"],
        "parameters": sum(found["parameters"] for found in weights),
        "epochs": training.get("epochs", 0),
        "training_items": training.get("items", 0),
        "training_seconds": training.get("seconds", 0.0),
        "wall_seconds": metrics["wall_seconds"],
        "device": metrics["environment"]["device"],
        "key": metrics["key"],
        "weights_sha256": " ".join(found["sha256"][:8] for found in weights),
    }
