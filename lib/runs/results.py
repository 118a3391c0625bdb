"""What a study's runs measured, as tables for the chapters; runs that differ in their seed alone are one row."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from pandera.typing import DataFrame
from safetensors import safe_open

from lib.core import tables as read_back
from lib.core.errors import DataError
from lib.core.schemas import Predictions, RunQueries, ScoredQueries
from lib.evaluation import identification, verification
from lib.evaluation.calibration import Scores
from lib.runs import convergence, embeddings
from lib.study.plan import Run, Study
from lib.study.registry import ALIGNMENT_NAMES, BACKBONES, OBJECTIVE_NAMES, RANDOM
from lib.study.run_kinds import UNTRAINED
from lib.study.run_record import RunRecord, WeightsRecord

ROLES = {"text": "DeCLUTR-small", "image": "ViT-base-patch16", "multimodal": "DeCLUTR-ViT"}
"""The paper's benchmark of each modality."""
STANDING_IN = {"minilm-l6": "DeCLUTR-small", "efficientnet-lite0": "ViT-base-patch16"}
"""The packaged backbones, and the benchmark whose role they play."""
ROW = ["modality", "system", "objective", "fusion", "variant", "sampling", "faces"]
"""What makes a row: all that differs between systems but the seed."""
ASIDE = ("overlap", "temperature", "protocol")
"""Parameters of runs that answer a question of their own, on other data or with other settings
(`lib.review.alignment_tables`)."""


AGAIN = "Remove the run's folder and run the study again."
"""What to do about a run's table that can't be read."""
FEW = 6
"""Run folders that are named in one line."""


@dataclass(frozen=True)
class Results:
    """runs: one row a run, with the columns ROW and `run, row, seed, published, protocol, steps, converged, …`; `row`
    names the system that the run is a seed of, by its first run. converged: `yes`, `no`, or `not known` (of a record
    that doesn't say how the validation loss fell); `yes` where nothing was trained."""

    study: Study
    runs: pd.DataFrame

    def find(self, modality: str, objective: str, **where: str | bool) -> list[Run]:
        """The runs, a seed each, of the first row with an objective (as the papers write it) that fits `where`, columns
        of `runs`; without more said, of the benchmark (see `benchmark`). Empty if there is none."""
        chosen = self.runs[(self.runs["modality"] == modality) & (self.runs["objective"] == objective)]
        for column, value in (where or {"benchmark": True}).items():
            chosen = chosen[chosen[column] == value]
        return self.seeds(chosen["row"].iloc[0]) if len(chosen) else []

    def seeds(self, row: str) -> list[Run]:
        """The runs of a row."""
        every = self.study.all_runs()
        return [every[name] for name in self.runs.loc[self.runs["row"] == row, "run"]]

    def benchmark(self, modality: str, objective: str, variant: str, fusion: str = "") -> list[Run]:
        """The runs, a seed each, of the paper's benchmark in a variant, at the variant's own sampling; empty if it
        wasn't run. fusion: if not the mean. The untrained row of `described` is that of `corrected`."""
        variant = "corrected" if variant == "described" and objective == UNTRAINED else variant
        where = {"published": ROLES[modality], "fusion": fusion} if fusion else {"role": True}
        return self.find(modality, objective, variant=variant, usual=True, faces="all", **where)

    def of(self, runs: list[Run]) -> pd.Series:
        """What `runs` says of the first of a row's runs."""
        first: pd.Series = self.runs.set_index("run").loc[runs[0].name]
        return first

    def converged(self, runs: Iterable[Run]) -> str:
        """Whether all of these runs had converged: `yes`, `no` or `not known`."""
        return _worst(self.runs.set_index("run").loc[[run.name for run in runs], "converged"])

    def behind(self, names: Iterable[str]) -> list[Run]:
        """Every seed of the rows that these runs, a seed of each, belong to."""
        row = self.runs.set_index("run")["row"]
        return [run for first in dict.fromkeys(row[name] for name in names) for run in self.seeds(first)]

    def representations(self, objective: str = "CE+SupCon") -> dict[str, tuple[list[Run], str]]:
        """The five representations that MATCHED compares (A.6.2), by its names, of the benchmarks that were run: the
        runs, a seed each, and the modality they retrieve by. Raises DataError when there is none."""
        by = {name: self.find(name, objective) for name in ("text", "image", "multimodal")}
        named = {
            "Text": (by["text"], "text"),
            "Vision": (by["image"], "image"),
            "Multimodal": (by["multimodal"], "multimodal"),
            "M-Text": (by["multimodal"], "text"),
            "M-Vision": (by["multimodal"], "image"),
        }
        present = {name: (runs, modality) for name, (runs, modality) in named.items() if runs}
        if not present:
            raise DataError(
                f"{self.study.name}: no benchmark with the objective {objective} was run (text, image or multimodal); "
                "add one to the runs of the parameter file, or leave out the chapters that compare them."
            )
        return present

    def scored(self, runs: list[Run], modality: str) -> DataFrame[ScoredQueries]:
        """Scored queries (`lib.evaluation.verification.scores`) of a row's runs in a modality, averaged over seeds."""
        return _averaged([queries(run, modality) for run in runs])

    def macro_f1_shares(self, runs: list[Run]) -> list[pd.DataFrame]:
        """Macro-F1 of a row's runs as sums over vendors, for `lib.evaluation.intervals.difference`."""
        return [
            identification.shares(frame["truth"].to_numpy(), frame["predicted"].to_numpy())["Macro-F1"]
            for frame in map(predictions, runs)
        ]

    def retrieval_shares(self, runs: list[Run], modality: str, region: str) -> list[pd.DataFrame]:
        """A region's R-Precision@X of a row's runs as sums over vendors, for `lib.evaluation.intervals.difference`."""
        return [verification.shares(queries(run, modality), "R-Precision@X", region) for run in runs]

    @cached_property
    def identification(self) -> pd.DataFrame:
        """`lib.evaluation.identification.scores` of each row that identifies, with `row, run` (its first) and the
        columns ROW."""
        tables = []
        for row, runs in self.runs.groupby("row", sort=False):
            if runs["identifies"].all():
                seeds = [predictions(run) for run in self.seeds(row)]
                table = identification.scores(
                    seeds[0]["truth"].to_numpy(),
                    [frame["predicted"].to_numpy() for frame in seeds],
                    self.study.bootstrap,
                    self.study.split.seed,
                )
                tables.append(table.assign(row=row))
        columns = ["metric", "mean", "low", "high", "items", "vendors", "seeds", "seed_sd", "row"]
        whole = pd.concat(tables, ignore_index=True) if tables else pd.DataFrame(columns=columns)
        return self._named(whole.reindex(columns=columns))

    @cached_property
    def verification(self) -> pd.DataFrame:
        """`lib.evaluation.verification.table` of each row and `representation` (text, image, multimodal), with `row,
        run` and the columns ROW. Scores of queries are averaged over seeds first."""
        tables = []
        for row, runs in self.runs.groupby("row", sort=False):
            seeds = [all_queries(run) for run in self.seeds(row)]
            first = runs.iloc[0]
            for modality in seeds[0]["modality"].unique():
                table = verification.table(
                    _averaged([frame[frame["modality"] == modality] for frame in seeds]),
                    self.study.bootstrap,
                    self.study.split.seed,
                    first["train_region"],
                    first["regions"],
                )
                tables.append(table.assign(representation=modality, row=row, seeds=len(seeds)))
        return self._named(pd.concat(tables, ignore_index=True))

    def _named(self, table: pd.DataFrame) -> pd.DataFrame:
        first = self.runs.drop_duplicates("row")
        worst = self.runs.groupby("row")["converged"].agg(_worst)  # a row has converged where all its seeds have
        first = first[["row", "run", "role", "usual", "benchmark", "published", "steps", "scoring", *ROW]]
        return table.merge(first.assign(converged=first["row"].map(worst)), on="row")


def _worst(converged: Iterable[str]) -> str:
    """Of words of `lib.runs.convergence.converged` the one that holds of all runs together."""
    return min(converged, key=("no", "not known", "yes").index)


def predictions(run: Run) -> DataFrame[Predictions]:
    """What a run took each test item for: `truth, predicted` (vendors), and the item's `text` and `image`."""
    return read_back.read(run.folder / "predictions.csv", Predictions, AGAIN)


def all_queries(run: Run) -> DataFrame[RunQueries]:
    """A run's scored queries (`lib.evaluation.verification.scores`) of each `modality`."""
    return read_back.read(run.folder / "queries.csv", RunQueries, AGAIN)


def queries(run: Run, modality: str) -> DataFrame[RunQueries]:
    """A run's scored queries of a modality."""
    table = all_queries(run)
    selected: DataFrame[RunQueries] = table[table["modality"] == modality]
    return selected


def vectors(run: Run) -> dict[str, tuple[pd.DataFrame, np.ndarray]]:
    """A run's items and vectors by modality (`lib.runs.embeddings.load`). Raises DataError when they are not there."""
    path = run.folder / "embeddings.safetensors"
    if not path.exists():
        raise DataError(f"{path}: it is not there; vectors are not published. Run the study anew.")
    return embeddings.load(path)


def weights_file(run: Run) -> Path:
    """The file of a run's weights. Raises DataError when it isn't there."""
    path = run.folder / "weights.safetensors"
    if not path.exists():
        raise DataError(
            f"{path}: it is not there; weights are not published. Run the study here or, if that was done, remove the "
            "run's folder and run it again."
        )
    return path


def class_scores(run: Run, modality: str, trained_on: str) -> dict[str, Scores]:
    """The class scores of a run's validation and test items (`val`, `test`), from its stored vectors and its head's
    weights.

    Raises DataError when these are missing (they are never published) or the head is no linear layer.
    """
    stored, weights = vectors(run), weights_file(run)
    items, embedded = stored.get(embeddings.IDENTIFIED, stored[modality])
    with safe_open(weights, framework="numpy") as head:
        if not {"head.weight", "head.bias"} <= set(head.keys()):
            raise DataError(f"{run.folder}: this run has no linear class head, so it gives no probabilities.")
        weight, bias = (head.get_tensor(f"head.{name}").astype(np.float32) for name in ("weight", "bias"))
    here = items["region"] == trained_on
    classes = np.unique(items["vendor"][here & (items["part"] == "train")])
    scored = {}
    for part in ("val", "test"):
        rows = (here & (items["part"] == part) & items["vendor"].isin(classes)).to_numpy()
        vendors = items["vendor"].to_numpy()[rows]
        scored[part] = Scores(embedded[rows] @ weight.T + bias, np.searchsorted(classes, vendors), vendors)
    return scored


def sources(*runs: Run) -> str:
    """The run folders, below the study's, that a figure or table came from, as Markdown; more than FEW are folded away.

    Of a run that hadn't converged, or isn't known to have, that is said.
    """
    marks = {"no": " (not converged)", "not known": " (convergence not known)"}
    said = {f"runs/{run.name}": marks.get(convergence.converged(run.record().training), "") for run in runs}
    if len(said) <= FEW:
        return "From " + ", ".join(f"`{folder}`{mark}" for folder, mark in said.items()) + "."
    listed = "".join(f"<li><code>{folder}</code>{mark}</li>" for folder, mark in said.items())
    unsettled = sum(map(bool, said.values()))
    more = f", {unsettled} of which had not converged or aren't known to have" if unsettled else ""
    return f"<details><summary>From {len(said)} runs{more}</summary><ul>{listed}</ul></details>"


def _averaged(seeds: list[pd.DataFrame]) -> DataFrame[ScoredQueries]:
    """Scores of the same queries, averaged over seeds. Raises DataError where the seeds scored different ones."""
    if len(seeds) == 1:
        first: DataFrame[ScoredQueries] = seeds[0].reset_index(drop=True)
        return first
    key = ["region", "query", "vendor", "relevant", "documents"]
    by_query = pd.concat(seeds).drop(columns="modality").groupby(key, sort=False, as_index=False)
    if (by_query.size()["size"] != len(seeds)).any():
        raise DataError(
            "Verification: seeds of one system scored different queries, and there is no mean of them. They were split "
            "or scored in different ways: remove the system's run folders and run the study again."
        )
    means: DataFrame[ScoredQueries] = by_query.mean()
    return means


def load(study: Study) -> Results:
    """The study's finished runs. Raises DataError when there are none."""
    records = {
        name: run.record()
        for name, run in study.all_runs().items()
        if not run.kind.hotels and not set(ASIDE) & set(run.parameters) and run.finished
    }
    if not records:
        raise DataError(
            f"{study.folder / 'runs'}: this study has no finished run yet. `make study PROFILE={study.name}` runs "
            "what a chapter reads before the chapter."
        )
    runs = pd.DataFrame([_row(name, record) for name, record in records.items()])
    runs["row"] = runs.groupby(ROW, sort=False)["run"].transform("first")
    return Results(study, runs)


def _row(name: str, record: RunRecord) -> dict[str, Any]:
    training, weights, parameters = record.training, record.weights, record.parameters
    encoders = [backbone for backbone in weights if backbone.kind != "generator"]
    published, benchmark = _published_system(parameters, encoders)
    benchmark = benchmark and "faces" not in parameters and all(backbone.source != "random" for backbone in encoders)
    scored = pd.DataFrame(record.verification)["region"]
    metered = np.nan if training and training.resumed else 1.0  # an interrupted run's meter began anew
    return {
        "run": name,
        "modality": record.modality,
        "system": " + ".join(backbone.label for backbone in weights) or parameters["baseline"],
        "objective": _objective(parameters),
        "fusion": parameters.get("fusion", "mean" if "method" in parameters else ""),
        "variant": parameters.get("variant", "corrected"),
        "sampling": record.sampling,
        "usual": "sampling" not in parameters,
        "scoring": record.scoring,
        "faces": parameters.get("faces", "all"),
        "published": published,
        "role": benchmark,
        "benchmark": benchmark and not {"variant", "sampling"} & set(parameters),
        "identifies": record.identification is not None,
        "protocol": record.protocol,
        "train_region": record.data.train_region,
        "regions": [region for region in dict.fromkeys(scored) if region not in ("OOD", "ZS")],
        "seed": parameters["seed"],
        "parameters": sum(backbone.parameters for backbone in weights),
        "epochs": training.epochs if training else 0,
        "steps": training.steps if training else 0,
        "late_fall": training.late_fall if training else np.nan,
        "converged": convergence.converged(training),
        "training_items": training.items if training else 0,
        "training_seconds": training.seconds if training else 0.0,
        "wall_seconds": record.wall_seconds,
        "wh": 1000 * record.energy.kwh * metered,
        "co2_g": 1000 * record.energy.co2_kg * metered,
        "power": record.energy.method,
        "device": record.environment.device,
        "key": record.key,
        "weights_sha256": " ".join(backbone.sha256[:8] for backbone in weights),
    }


def _objective(parameters: dict[str, Any]) -> str:
    """As the papers write it: of an alignment its method, of one that was fine-tuned both."""
    method = ALIGNMENT_NAMES.get(parameters.get("method", parameters.get("aligned", "")), "")
    objective = parameters.get("objective", "")
    objective = OBJECTIVE_NAMES.get(objective, objective)
    return "+".join(filter(None, [method, objective])) or "baseline"


def _published_system(parameters: dict[str, Any], weights: list[WeightsRecord]) -> tuple[str, bool]:
    """The system of the papers' tables that a run may stand beside, '' if none, and whether it is a benchmark of
    theirs; of two encoders, when both are and are fused as theirs."""
    names = [_published(backbone) for backbone in weights]
    if len(names) == 2:
        system = ROLES["multimodal"] if names == [ROLES["text"], ROLES["image"]] else ""
        return system, bool(system) and parameters.get("fusion", "mean") in ("mean", "mean-similarity")
    system = names[0] if names else ""
    return system, system in ROLES.values()


def _published(backbone: WeightsRecord) -> str:
    """The papers' name of a backbone's architecture, whatever its weights are, or of the benchmark whose role it plays;
    '' for a stand-in for anything but a benchmark."""
    loaded, requested = backbone.loaded, backbone.requested
    in_its_role = requested == loaded or BACKBONES[requested.removesuffix(RANDOM)].published in ROLES.values()
    return BACKBONES[loaded].published or (STANDING_IN.get(loaded, "") if in_its_role else "")
