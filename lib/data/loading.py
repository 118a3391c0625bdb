"""A study's ads: the synthetic twin, which is made if it doesn't exist yet, or the user's own folder."""

from __future__ import annotations

from lib.core import data_state
from lib.core.files import ROOT, locked
from lib.data import ads, disclosure
from lib.study.plan import Study
from lib.twin import ad_plan, advertisements


def read(study: Study) -> ads.Ads:
    """The ads table of a study. Raises DataError as `lib.data.ads.read` does.

    Vendors, texts and images of sensitive data are numbered in a salted order, so that a number reveals nothing.
    """
    twin = study.data.source == "twin"
    if twin:
        make_twin(study)
    # The user's images are decoded once to check them; the twin's need no check.
    table = ads.read(study.data_folder, None if twin else study.data, study.cache, check_pictures=not twin)
    if study.sensitive:
        table = disclosure.renumbered(table, disclosure.salt(ROOT / "data" / "salt"))
    data_state.note_fingerprint(study.ads_identity, table.fingerprint, study.data_folder)
    return table


def make_twin(study: Study) -> None:
    """Write the study's twin unless it is complete; a second process that needs it waits for the first."""
    folder, data = study.data_folder, study.data
    with locked(folder / ".lock"):
        if not (folder / "twin.json").exists():
            advertisements.write(ad_plan.Settings(data.scale, data.seed, data.pixels, data.overlap), folder)
