"""What happens around training, each part beside a plain way of doing it, in one run (chapter 92).

A part is a pair of functions that do the same work and say how many items they did;
`lib.review.speed.training_speed.in_turns` calls them in turns.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import pandas as pd
import torch

from lib.core.files import ROOT, read_json
from lib.data import face_detection, identifiers, image_arrays
from lib.models.acceleration import device
from lib.review.speed import training_speed
from lib.runs import embeddings
from lib.runs.attribution import Experiment
from lib.study import plan
from lib.twin import ad_plan, advertisements

Work = Callable[[], int]
"""Does a part's work once and says how many items it did."""

PARTS = {
    "tokenising": ("texts", "one call a text, padded to the authors' length", "one call for all texts, not padded"),
    "embedding texts": ("texts", "batches as they come, padded to the authors' length", "batches of like length"),
    "decoding": ("pictures", "file opened, shrunk and cropped at each use", "read from the array on disk"),
    "embedding pictures": ("pictures", "one at a time, decoded at each use", "blocks of the array on disk"),
    "detecting faces": ("pictures", "one process", "two processes"),
    "drawing the twin": ("ads", "one process", "two processes"),
}
"""A part's items, its plain way and ours, in words."""


def measure(run: Experiment, items: int, scale: float, rounds: int, padded: int) -> pd.DataFrame:
    """Items a second of every part of PARTS, both ways in turns: columns `system` (the part), `round, plain, ours,
    ratio`.

    run: one with a text and an image backbone. items: how many texts or pictures a call does; scale: of the twin that
    is drawn; padded: tokens that the plain way pads a text to.
    """
    parts = {
        **_texts(run, items, padded),
        **_pictures(run, items),
        "detecting faces": (_detecting(run, items, 1), _detecting(run, items, 2)),
        "drawing the twin": (_drawing(scale, 1), _drawing(scale, 2)),
    }
    rows = []
    for name, (plain, ours) in parts.items():
        rows += training_speed.in_turns(name, timed(plain), timed(ours), rounds)
    return pd.DataFrame(rows)


def described(table: pd.DataFrame) -> pd.DataFrame:
    """`lib.review.speed.training_speed.spread` of `measure`, with what each part counts and how its two ways go:
    `items, plain way, our way`."""
    words = pd.DataFrame.from_dict(PARTS, orient="index", columns=["items", "plain way", "our way"])
    return training_speed.spread(table).rename(columns={"system": "part"}).join(words, on="part")


def timed(work: Work) -> Callable[[], float]:
    """Items a second of one call."""

    def rate() -> float:
        begin = time.perf_counter()
        done = work()
        return done / (time.perf_counter() - begin)

    return rate


def _texts(run: Experiment, items: int, padded: int) -> dict[str, tuple[Work, Work]]:
    system, precision = run.system.to(device()).eval(), run.study.training.precision
    masked = [identifiers.mask(text) for text in run.data.ads.texts[:items]]
    tokens = run.inputs.tokens[:items]

    def padded_tokens(texts: list[str]) -> dict[str, torch.Tensor]:
        batch: dict[str, torch.Tensor] = system.tokenizer(
            texts, padding="max_length", truncation=True, max_length=padded, return_tensors="pt"
        )
        return batch

    @torch.inference_mode()
    def embedded() -> int:
        few = masked[: max(1, items // 8)]  # at full length a text takes many times as long
        for start in range(0, len(few), 32):
            batch = padded_tokens(few[start : start + 32])
            system.encode_text(batch["input_ids"].to(device()), batch["attention_mask"].to(device()))
        return len(few)

    return {
        "tokenising": (
            lambda: len([padded_tokens([text]) for text in masked]),
            lambda: len(system.tokenizer(masked, truncation=True, max_length=run.inputs.max_tokens)["input_ids"]),
        ),
        "embedding texts": (embedded, lambda: len(embeddings.encode_texts(system, tokens, precision))),
    }


def _pictures(run: Experiment, items: int) -> dict[str, tuple[Work, Work]]:
    system, precision, side = run.system.to(device()).eval(), run.study.training.precision, run.study.image.pixels
    files, array = run.data.ads.images[:items], run.inputs.images

    @torch.inference_mode()
    def one_by_one() -> int:
        for file in files:
            system.encode_image(torch.from_numpy(image_arrays.decode(file, side)[None]).to(device()))
        return len(files)

    return {
        "decoding": (
            lambda: len([image_arrays.decode(file, side) for file in files]),
            lambda: len(np.array(array[:items])),
        ),
        "embedding pictures": (one_by_one, lambda: len(embeddings.encode_images(system, array[:items], precision))),
    }


def _detecting(run: Experiment, items: int, processes: int) -> Work:
    folder = run.study.data_folder
    names = [image.relative_to(folder).as_posix() for image in run.data.ads.images[:items]]

    def work() -> int:
        with tempfile.TemporaryDirectory() as cache:  # a new one, since what was detected once never is again
            return len(face_detection.detect(names, folder, "MTCNN", Path(cache), "speed", processes))

    return work


def _drawing(scale: float, processes: int) -> Work:
    def work() -> int:
        with tempfile.TemporaryDirectory() as folder:
            advertisements.write(ad_plan.Settings(scale, 1111, 96), Path(folder), processes)
            return int(read_json(Path(folder) / "twin.json")["ads"])

    return work


STARTS = {
    "Python alone": "pass",
    "what a chapter imports": "from lib.pipeline import figures, report; from lib.review import paper_tables",
    "what a run imports that trains nothing": "from lib.pipeline import report; from lib.runs import attribution",
    "what a run imports that trains": "from lib.pipeline import report; from lib.runs import attribution, training",
}
"""How a notebook begins -> its imports."""
SITE = """
import tempfile
from pathlib import Path
from lib.pipeline import site
from lib.study import plan
with tempfile.TemporaryDirectory() as folder:
    site.build(plan.shown({study!r}), Path(folder) / "site")
"""
"""What builds the site of a study, to be formatted with its name."""


def start_up(rounds: int, starts: Mapping[str, str] = STARTS) -> pd.DataFrame:
    """Seconds until a new interpreter has done what `starts` say, as importing what a notebook begins with: `start,
    seconds` (median), `low, high` (least and most of `rounds`)."""
    rows = []
    for name, code in starts.items():
        taken = []
        for _ in range(rounds):
            begin = time.perf_counter()
            subprocess.run([sys.executable, "-c", code], check=True, cwd=ROOT)
            taken.append(time.perf_counter() - begin)
        rows.append({"start": name, "seconds": np.median(taken), "low": min(taken), "high": max(taken)})
    return pd.DataFrame(rows)


def notebook_times(folder: Path) -> pd.DataFrame:
    """What a study's notebooks took, from what papermill noted in chapters and from the runs' records: `notebook,
    executions, seconds` (all together), longest first."""
    rows = [
        {"notebook": path.stem, "seconds": read_json(path)["metadata"]["papermill"]["duration"]}
        for path in plan.executed(folder)
    ]
    for path in (folder / "runs").rglob("metrics.json"):
        record = read_json(path)
        rows.append({"notebook": record["notebook"], "seconds": record["wall_seconds"]})
    table = pd.DataFrame(rows, columns=["notebook", "seconds"])
    table = table.groupby("notebook", as_index=False).agg(executions=("seconds", "size"), seconds=("seconds", "sum"))
    return table.sort_values("seconds", ascending=False, ignore_index=True)
