"""A study's ads: the twin, made on the way if it is not there yet, or the user's own folder."""

from __future__ import annotations

from lib.core import data_state
from lib.core.files import ROOT, locked
from lib.data import ads, disclosure
from lib.study.config import Data
from lib.study.plan import Study
from lib.twin import ad_plan, advertisements


def read(study: Study) -> ads.Ads:
    """The ads table of a study. Raises DataError as `lib.data.ads.read` does.

    Of sensitive data vendors, texts and pictures are numbered in a salted order, so that a number tells nothing.
    """
    found = _read(study)
    if study.sensitive:
        found = disclosure.renumbered(found, disclosure.salt(ROOT / "data" / "salt"))
    data_state.note_fingerprint(study.ads_identity, found.fingerprint, study.data_folder)
    return found


def _read(study: Study) -> ads.Ads:
    """The user's pictures are looked into, once each; the twin's are our own."""
    if study.data.source == "twin":
        make_twin(study)
        return ads.read(study.data_folder, cache=study.cache, check_pictures=False)
    return ads.read(study.data_folder, layout(study.data), study.cache)


def layout(given: Data) -> ads.Layout:
    """The layout of the user's CSV files, as the parameter file has it."""
    return ads.Layout(
        **given.columns.model_dump(),
        separator=given.separator,
        delimiter=given.delimiter,
        encoding=given.encoding,
    )


def make_twin(study: Study) -> None:
    """Write the study's twin unless it is there, whole; a second process that wants it waits for the first."""
    folder, data = study.data_folder, study.data
    with locked(folder / ".lock"):
        if not (folder / "twin.json").exists():
            advertisements.write(ad_plan.Settings(data.scale, data.seed, data.pixels, data.overlap), folder)
