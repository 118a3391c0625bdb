"""What crosses from training to test under each split protocol, and what that alone is worth (chapter 03)."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import numpy as np
import pandas as pd

from lib.core.errors import DataError
from lib.data import identifiers, splits
from lib.data.ads import Ads
from lib.data.disclosure import LEAST
from lib.evaluation import identification, verification
from lib.evaluation.intervals import compared, mean_interval
from lib.runs import results
from lib.runs.baselines import BASELINES
from lib.study.plan import Run, Study
from lib.study.run_kinds import FUSION, IMAGE, TEXT

PROTOCOLS = ("paper", "ad", "campaign")
"""From the one that lets most through to the one that lets nothing through."""
NAMES = {"text": "text", "image": "picture"}
MODALITIES = ("text", "image", "multimodal")


def items_of(study: Study, found: Ads, alike: Mapping[str, np.ndarray]) -> dict[tuple[str, str], pd.DataFrame]:
    """The training region's items of each protocol and modality that the data has (alike: `lib.data.near_duplicates.groups`), where one vendor is tested, of sensitive data five."""
    region = found.training_region(study.data.train_region)
    there = [name for name in MODALITIES if splits.has(found.pairs, name).any()]
    least, whole = LEAST if study.sensitive else 1, {}
    for protocol in PROTOCOLS:
        for modality in there:
            items = splits.items(study, found, modality, protocol, alike)
            items = items[(items["region"] == region) & (items["part"] != "left out")].reset_index(drop=True)
            if items.loc[items["part"] == "test", "vendor"].nunique() >= least:
                whole[protocol, modality] = items
    if not whole:
        raise DataError(
            f"{study.data_folder}: {f'fewer than {LEAST} vendors' if study.sensitive else 'no vendor'} of the region {region} could be tested; nothing can be said of splits."
        )
    return whole


def crossing(
    items: Mapping[tuple[str, str], pd.DataFrame], alike: Mapping[str, np.ndarray], draws: int, seed: int
) -> pd.DataFrame:
    """What share of test items has its own text or picture in training, or a nearly equal one: `protocol, items` (of which modality), `what, share, low, high`
    (vendors resampled), `test_items, vendors`."""
    rows = []
    for (protocol, modality), table in items.items():
        train, test = (table[table["part"] == part] for part in ("train", "test"))
        for name in [name for name in NAMES if name in table and name in alike]:
            for what, of in (("own", np.arange(len(alike[name]))), ("near-duplicate", alike[name])):
                crosses = np.isin(of[test[name]], of[train[name]])
                by = pd.Series(crosses).groupby(test["vendor"].to_numpy())
                share = pd.DataFrame({"top": by.sum(), "bottom": by.size()})
                row = {
                    "protocol": protocol,
                    "items": modality,
                    "what": f"{what} {NAMES[name]}",
                    **_with_interval([share], draws, seed),
                }
                rows.append({**row, "test_items": len(test), "vendors": len(share)})
    return pd.DataFrame(rows)


def probe(items: Mapping[tuple[str, str], pd.DataFrame], texts: list[str], draws: int, seed: int) -> pd.DataFrame:
    """Macro-F1 of taking the vendor of a training text, of texts and of pairs by their text: `protocol, items, probe, mean, low, high, test_items, vendors`. *same text*: of one that is the same, no answer (which
    counts as wrong) where there is none; *nearest text*: of the nearest by MinHash. Neither learns anything; the first is the leak alone and is worth nothing where nothing leaks, the second is a baseline under any protocol."""
    linker, rows = BASELINES["minhash"]([identifiers.mask(text) for text in texts], seed), []
    for (protocol, modality), table in items.items():
        if "text" not in table:
            continue
        train, test = (table[table["part"] == part] for part in ("train", "test"))
        first = train.drop_duplicates("text").set_index("text")["vendor"]
        same = test["text"].map(first).fillna(-1).astype(int).to_numpy()
        nearest = linker.predict(test["text"].to_numpy(), train["text"].to_numpy(), train["vendor"].to_numpy())
        for name, predicted in (("same text", same), ("nearest text", nearest)):
            scored = (
                identification.scores(test["vendor"].to_numpy(), predicted, draws, seed=seed)
                .set_index("metric")
                .loc["Macro-F1"]
            )
            row = {"protocol": protocol, "items": modality, "probe": name, **scored[["mean", "low", "high"]]}
            rows.append(row | {"test_items": len(test), "vendors": scored["vendors"]})
    columns = ["protocol", "items", "probe", "mean", "low", "high", "test_items", "vendors"]
    return pd.DataFrame(rows, columns=columns)


def runs(study: Study) -> dict[str, dict[str, list[Run]]]:
    """Finished runs of the same systems under several protocols: a system's name -> protocol -> its runs. Systems with one protocol only are left out."""
    found: dict[str, dict[str, list[Run]]] = {}
    for run in study.all_runs().values():
        given = run.parameters
        if run.kind in (TEXT, IMAGE, FUSION) and run.finished:
            if "variant" in given or "faces" in given:
                continue
            name = " ".join(str(value) for key, value in given.items() if key not in ("seed", "protocol"))
            found.setdefault(name, {}).setdefault(given.get("protocol", study.split.protocol), []).append(run)
    return {
        name: {protocol: by[protocol] for protocol in PROTOCOLS if protocol in by}
        for name, by in found.items()
        if len(by) > 1
    }


def scores(study: Study, region: str) -> pd.DataFrame:
    """Macro-F1 and R-Precision@X of each system under each protocol: `system, metric, protocol, mean, low, high, run`, vendors resampled."""
    rows = []
    for system, metric, by in _compared(study):
        for protocol, found in by.items():
            shares = [_shares(run, metric, region) for run in found]
            row = {"system": system, "metric": metric, "protocol": protocol}
            scored = _with_interval(shares, study.bootstrap, study.split.seed)
            rows.append({**row, "mean": scored.pop("share"), **scored, "run": found[0].name})
    return pd.DataFrame(rows, columns=["system", "metric", "protocol", "mean", "low", "high", "run"])


def falls(study: Study, region: str) -> pd.DataFrame:
    """How much each system falls from a protocol to a stricter one: `system, metric, from, to, fall, low, high, vendors, p, p_holm, verdict` (falls, rises or
    undecided, corrected for all of them), `run`; vendors resampled, the same ones on both sides. Test items differ between protocols."""
    rows: list[dict[str, Any]] = []
    pairs: list[tuple[Any, Any]] = []
    for system, metric, by in _compared(study):
        for first, second in itertools.combinations(by, 2):
            before, after = ([_shares(run, metric, region) for run in by[protocol]] for protocol in (first, second))
            pairs.append((before, after))
            rows.append({"system": system, "metric": metric, "from": first, "to": second, "run": by[second][0].name})
    table = pd.DataFrame(rows, columns=["system", "metric", "from", "to", "run"])
    table = table.join(compared(pairs, study.bootstrap, study.split.seed)).rename(columns={"difference": "fall"})
    table["verdict"] = table["direction"].replace({"higher": "falls", "lower": "rises"})
    return table[["system", "metric", "from", "to", "fall", "low", "high", "vendors", "p", "p_holm", "verdict", "run"]]


def _compared(study: Study) -> Iterator[tuple[str, str, dict[str, list[Run]]]]:
    """Each system and metric with its runs by protocol, of the seeds that all of its protocols have."""
    for system, by in runs(study).items():
        same_seeds = set.intersection(*({run.parameters["seed"] for run in found} for found in by.values()))
        shared = {name: [run for run in found if run.parameters["seed"] in same_seeds] for name, found in by.items()}
        for metric in ("Macro-F1", "R-Precision@X") if same_seeds else ():
            yield system, metric, shared


def _shares(run: Run, metric: str, region: str) -> pd.DataFrame:
    if metric == "Macro-F1":
        found = results.predictions(run)
        return identification.shares(found["truth"].to_numpy(), found["predicted"].to_numpy())[metric]
    return verification.shares(results.queries(run, run.kind.modality_of(run.parameters)), metric, region)


def _with_interval(shares: list[pd.DataFrame], draws: int, seed: int) -> dict[str, float]:
    return dict(zip(("share", "low", "high"), mean_interval(shares, draws, seed), strict=True))


def told(crossed: pd.DataFrame, probed: pd.DataFrame, fallen: pd.DataFrame) -> str:
    """What the three tables come to, as Markdown."""

    def lines() -> Iterable[str]:
        shown = crossed[
            crossed["items"] == ("multimodal" if "multimodal" in set(crossed["items"]) else crossed["items"].iloc[0])
        ]
        for what, here in shown.groupby("what", sort=False):
            yield f"- Test items with their {what} in training: " + ", ".join(
                f"{row.protocol} {row.share:.0%}" for row in here.itertuples()
            )
        for (name, of), here in probed.groupby(["probe", "items"], sort=False):
            yield f"- Macro-F1 of the {name}, {'pairs' if of == 'multimodal' else 'texts'}: " + ", ".join(
                f"{row.protocol} {row.mean:.2f}" for row in here.itertuples()
            )
        for (first, second), here in fallen.groupby(["from", "to"], sort=False):
            counts = here["verdict"].value_counts()
            yield (
                f"- Scores of systems, from {first} to {second}: "
                + ", ".join(f"{name} {count}" for name, count in counts.items())
                + f" of {len(here)} comparisons (Holm-corrected)"
            )
        if fallen.empty:
            yield "- This study has no system under two protocols; name runs with `protocol: [paper, campaign]` to see how scores fall."

    return "\n".join(lines())
