"""What is known of a study's own data before anything runs: what was read, and whether its runs can be made of it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from lib.core.errors import DataError
from lib.data import loading
from lib.data.ads import Ads
from lib.runs.ad_items import AdItems
from lib.study.plan import Run, Study

SHOWN = 12
"""Regions, at most, that are named in a line."""
_CALLED = {"text": ("texts", "text"), "image": ("pictures", "images")}
"""modality -> its plural, and its field of `data.columns`."""
_ITEMS = {"text": "texts", "image": "pictures", "multimodal": "pairs of a text and a picture"}


def sentences(study: Study, runs: Iterable[Run]) -> list[str]:
    """What to tell a reader of the study's own ads before its `runs` are made: a sentence or two each.

    Raises DataError where the ads can't be read (`lib.data.loading.read`), where there is no region called as
    `data.train_region` says, where a column is named and no ad has what it should hold, and where a run would have
    nothing to learn from or to be tested on.
    """
    data = loading.read(study)
    region = data.training_region(study.data.train_region)
    _check_columns(study, data)
    return [_read(data, region), *_set_aside(data), *_to_learn_from(study, data, runs)]


def _read(data: Ads, region: str) -> str:
    regions, content = data.regions, " and ".join(_CALLED[modality][0] for modality in data.modalities)
    named = ", ".join(regions[:SHOWN]) + (f" and {len(regions) - SHOWN} more" if len(regions) > SHOWN else "")
    where = f"in {len(regions)} regions ({named})" if len(regions) > 1 else f"all in one region ({named})"
    return (
        f"Own data: {len(data.ads):,} ads with {content} of {len(data.labels):,} vendors, {where}. Systems are trained "
        f"on {region}."
    )


def _set_aside(data: Ads) -> Iterator[str]:
    """How many rows became no ad, and how many ads lack a text or a picture."""
    if unusable := data.rows - len(data.ads):
        yield f"{unusable:,} of {data.rows:,} ads can't be used and were put aside; chapter 01 says why."
    for modality, what in (("text", "text"), ("image", "picture")):
        lacking = int((data.pairs.groupby("ad")[modality].max() < 0).sum())
        if modality in data.modalities and lacking:
            yield (
                f"{lacking:,} of {len(data.ads):,} ads have no {what} and serve where none is needed; chapter 01 says "
                "why."
            )


def _check_columns(study: Study, data: Ads) -> None:
    """Raise DataError where a column of texts or of pictures is named and not one of its cells can be used."""
    for modality, (plural, field) in _CALLED.items():
        column = getattr(study.data.columns, field)
        if column is not None and modality not in data.modalities:
            reasons = data.quarantine.loc[data.quarantine["column"] == column, "reason"].str.split(": ", n=1).str[-1]
            counted = "; ".join(f"{count:,} × {reason}" for reason, count in reasons.value_counts().head(3).items())
            raise DataError(
                f"{study.data_folder}: data.columns.{field} is {column}, and not one of its cells can be used: "
                f"{counted}. Paths of pictures start from the folder. If the data has no {plural}, say {field}: null "
                "there, and what needs them is left out."
            )


def _to_learn_from(study: Study, data: Ads, runs: Iterable[Run]) -> Iterator[str]:
    """How much each kind of run learns from and is tested on, a sentence for each split.

    Splits by campaign are left to the runs: to know them, all pictures have to be compared.
    """
    of_ads = [run for run in runs if not run.kind.hotels]
    items = {(run.kind.modality_of(run.parameters), run.parameters.get("protocol", "")): run for run in of_ads}
    for (modality, given), run in items.items():
        protocol = given or study.split.protocol
        if protocol == "campaign":
            continue
        found = AdItems(study, modality, protocol, script=run.kind.script_of(run.parameters))
        found.ads = data
        try:
            vendors, tested = len(found.classes), int(found.test_part().sum())
        except DataError as error:
            raise DataError(
                f"{run.name}, and what else is made of {_ITEMS[modality]} by protocol {protocol}: {error}"
            ) from error
        learned = int(found.part("train").sum())
        few = ", less than a batch" if learned < study.training.batch_size else ""
        yield (
            f"Protocol {protocol}: {learned:,} {_ITEMS[modality]} of {vendors:,} vendors to learn from{few}, "
            f"{int(found.part('val').sum()):,} to validate, {tested:,} to test."
        )
