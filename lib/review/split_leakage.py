"""What crosses from training to test under each split protocol, and what that alone is worth (chapter 03).

Items of a study are tables by protocol and modality: `(protocol, modality)` -> `vendor, text?, image?, part`.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping

import numpy as np
import pandas as pd

from lib.core.errors import DataError
from lib.data import identifiers, splits
from lib.data.ads import Ads
from lib.data.disclosure import LEAST
from lib.evaluation import identification, verification
from lib.evaluation.intervals import mean_interval
from lib.review.verdicts import with_verdicts
from lib.runs import results
from lib.runs.baselines import BASELINES
from lib.study.plan import Run, Study
from lib.study.run_kinds import CONTENT, FUSION, IMAGE, SINGLE_STREAM, TEXT

PROTOCOLS = ("paper", "ad", "group", "campaign")
"""From the one that lets most cross to the one that lets nothing cross; `group` is for data with groups. It lets texts
and pictures cross that `campaign` doesn't, and `campaign` lets groups cross."""
ORDER = ("released", *PROTOCOLS)
"""All protocols in that order. What crosses `released` depends on the script: `lib.review.released_items`."""
NAMES = {"text": "text", "image": "picture"}
Items = Mapping[tuple[str, str], pd.DataFrame]


def items_of(study: Study, ads: Ads, alike: Mapping[str, np.ndarray]) -> dict[tuple[str, str], pd.DataFrame]:
    """The training region's items by each protocol and each modality that the data has.

    alike: `lib.data.near_duplicates.groups`. The protocol `group` is left out where the data has no groups. Items of
    which too few vendors are tested are left out; raises DataError when that is so of all. One vendor is enough, of
    sensitive data five are.
    """
    region = ads.training_region(study.data.train_region)
    modalities = [name for name in CONTENT if splits.has(ads.pairs, name).any()]
    least, tables = LEAST if study.sensitive else 1, {}
    for protocol in [name for name in PROTOCOLS if name != "group" or ads.groups]:
        for modality in modalities:
            items = splits.items(study, ads, modality, protocol, alike)
            items = items[items["region"] == region].reset_index(drop=True)
            if items.loc[items["part"] == "test", "vendor"].nunique() >= least:
                tables[protocol, modality] = items
    if not tables:
        raise DataError(
            f"{study.data_folder}: {f'fewer than {LEAST} vendors' if study.sensitive else 'no vendor'} of the region "
            f"{region} could be tested; nothing can be said of splits."
        )
    return tables


def part_sizes(items: Items) -> pd.DataFrame:
    """The number of items of each part: `protocol, items_of` (the modality), a column for each part, and
    `left_out_vendors`, those that have too little to be on both sides."""
    rows = []
    for (protocol, modality), table in items.items():
        sizes = splits.sizes(table).set_index("part")
        counts = sizes["items"].reindex(list(splits.PARTS), fill_value=0)
        left_out = int(sizes["vendors"].get("left out", 0))
        rows.append({"protocol": protocol, "items_of": modality, **counts, "left_out_vendors": left_out})
    return pd.DataFrame(rows)


def crossing(items: Items, alike: Mapping[str, np.ndarray], draws: int, seed: int) -> pd.DataFrame:
    """The share of test items that have their own text or picture, or a near-duplicate of it, in training.

    Columns `protocol, items` (their modality), `what, share, low, high` (vendors resampled), `test_items, vendors`.
    """
    rows = []
    for (protocol, modality), table in items.items():
        train, test = (table[table["part"] == part] for part in ("train", "test"))
        for name in [name for name in NAMES if name in table and name in alike]:
            for what, groups in (("own", np.arange(len(alike[name]))), ("near-duplicate", alike[name])):
                crosses = np.isin(groups[test[name]], groups[train[name]])
                by = pd.Series(crosses).groupby(test["vendor"].to_numpy())
                shares = pd.DataFrame({"top": by.sum(), "bottom": by.size()})
                score = mean_interval([shares], draws, seed)
                rows.append((protocol, modality, f"{what} {NAMES[name]}", *score, len(test), len(shares)))
    columns = ["protocol", "items", "what", "share", "low", "high", "test_items", "vendors"]
    return pd.DataFrame(rows, columns=columns)


def probe(items: Items, texts: list[str], draws: int, seed: int) -> pd.DataFrame:
    """Macro-F1 of two probes that learn nothing: they answer with the vendor of a training text.

    - `same text`: the vendor of the same text, no answer (which counts as wrong) without one. This is the leak alone.
    - `nearest text`: the vendor of the nearest text by MinHash, a baseline under any protocol.

    Columns `protocol, items, probe, mean, low, high, test_items, vendors`, for items that have a text.
    """
    linker, rows = BASELINES["minhash"]([identifiers.mask(text) for text in texts], seed), []
    for (protocol, modality), table in items.items():
        if "text" not in table:
            continue
        train, test = (table[table["part"] == part] for part in ("train", "test"))
        first = train.drop_duplicates("text").set_index("text")["vendor"]
        same = test["text"].map(first).fillna(-1).astype(int).to_numpy()
        nearest = linker.predict(test["text"].to_numpy(), train["text"].to_numpy(), train["vendor"].to_numpy())
        for name, predicted in (("same text", same), ("nearest text", nearest)):
            scores = identification.scores(test["vendor"].to_numpy(), predicted, draws, seed=seed)
            f1 = scores.set_index("metric").loc["Macro-F1"]
            rows.append((protocol, modality, name, *f1[["mean", "low", "high"]], len(test), f1["vendors"]))
    columns = ["protocol", "items", "probe", "mean", "low", "high", "test_items", "vendors"]
    return pd.DataFrame(rows, columns=columns)


def runs(study: Study) -> dict[str, dict[str, list[Run]]]:
    """Finished runs of the same system under several protocols: the system's name -> protocol -> its runs.

    Systems with one protocol only are left out.
    """
    systems: dict[str, dict[str, list[Run]]] = {}
    for run in study.all_runs().values():
        parameters = run.parameters
        if (
            run.kind in (TEXT, IMAGE, FUSION, SINGLE_STREAM)
            and run.finished
            and not {"variant", "faces"} & set(parameters)
        ):
            name = " ".join(str(value) for key, value in parameters.items() if key not in ("seed", "protocol"))
            protocol = parameters.get("protocol", study.split.protocol)
            systems.setdefault(name, {}).setdefault(protocol, []).append(run)
    return {
        name: {protocol: by_protocol[protocol] for protocol in ORDER if protocol in by_protocol}
        for name, by_protocol in systems.items()
        if len(by_protocol) > 1
    }


def scores(study: Study, region: str) -> pd.DataFrame:
    """Macro-F1 and R-Precision@X of each system under each protocol (vendors resampled).

    Columns `system, metric, protocol, mean, low, high, run` (the first seed's).
    """
    rows = []
    for system, metric, by_protocol in _compared(study):
        for protocol, seeds in by_protocol.items():
            shares = [_shares(run, metric, region) for run in seeds]
            score = mean_interval(shares, study.bootstrap, study.split.seed)
            rows.append((system, metric, protocol, *score, seeds[0].name))
    return pd.DataFrame(rows, columns=["system", "metric", "protocol", "mean", "low", "high", "run"])


def falls(study: Study, region: str) -> pd.DataFrame:
    """How much each system falls from a protocol to a stricter one; the same vendors are resampled on both sides.

    Columns `system, metric, from, to, fall, low, high, vendors, p, p_holm, verdict` (falls, rises or undecided,
    corrected for all rows), `run`. Test items differ between protocols.
    """
    rows, pairs = [], []
    for system, metric, by_protocol in _compared(study):
        shares = {protocol: [_shares(run, metric, region) for run in seeds] for protocol, seeds in by_protocol.items()}
        for first, second in itertools.combinations(by_protocol, 2):
            pairs.append((shares[first], shares[second]))
            rows.append((system, metric, first, second, by_protocol[second][0].name))
    table = pd.DataFrame(rows, columns=["system", "metric", "from", "to", "run"])
    table = with_verdicts(table, pairs, study, "falls", "rises").rename(columns={"difference": "fall"})
    return table[["system", "metric", "from", "to", "fall", "low", "high", "vendors", "p", "p_holm", "verdict", "run"]]


def _compared(study: Study) -> Iterator[tuple[str, str, dict[str, list[Run]]]]:
    """Each system and metric with its runs by protocol, of the seeds that all of its protocols have."""
    for system, by_protocol in runs(study).items():
        same_seeds = set.intersection(*({run.parameters["seed"] for run in seeds} for seeds in by_protocol.values()))
        shared = {
            protocol: [run for run in seeds if run.parameters["seed"] in same_seeds]
            for protocol, seeds in by_protocol.items()
        }
        for metric in ("Macro-F1", "R-Precision@X") if same_seeds else ():
            yield system, metric, shared


def _shares(run: Run, metric: str, region: str) -> pd.DataFrame:
    """A metric of a run as sums over vendors, for `lib.evaluation.intervals`."""
    if metric == "Macro-F1":
        answers = results.predictions(run)
        return identification.shares(answers["truth"].to_numpy(), answers["predicted"].to_numpy())[metric]
    return verification.shares(results.queries(run, run.kind.modality_of(run.parameters)), metric, region)


def summary(crossed: pd.DataFrame, probed: pd.DataFrame, fallen: pd.DataFrame) -> str:
    """What `crossing`, `probe` and `falls` come to, as a list in Markdown."""
    modality = "multimodal" if "multimodal" in set(crossed["items"]) else crossed["items"].iloc[0]
    lines = []
    for what, rows in crossed[crossed["items"] == modality].groupby("what", sort=False):
        shares = (f"{row.protocol} {row.share:.0%}" for row in rows.itertuples())
        lines.append(f"Test items with their {what} in training: {', '.join(shares)}")
    for (name, items), rows in probed.groupby(["probe", "items"], sort=False):
        scores = (f"{row.protocol} {row.mean:.2f}" for row in rows.itertuples())
        of = "pairs" if items == "multimodal" else "texts"
        lines.append(f"Macro-F1 of the {name}, {of}: {', '.join(scores)}")
    for (first, second), rows in fallen.groupby(["from", "to"], sort=False):
        verdicts = ", ".join(f"{verdict} {count}" for verdict, count in rows["verdict"].value_counts().items())
        compared = f"of {len(rows)} comparisons (Holm-corrected)"
        lines.append(f"Scores of systems, from {first} to {second}: {verdicts} {compared}")
    if fallen.empty:
        remedy = "name runs with `protocol: [paper, campaign, released]` to see how scores fall"
        lines.append(f"This study has no system under two protocols; {remedy}.")
    return "\n".join(f"- {line}" for line in lines)
