"""Which of the packages that a study needs are missing, found out before it starts; it imports none of them."""

from __future__ import annotations

import importlib.metadata
import re

from lib.core.errors import DataError
from lib.core.files import ROOT

MORE = "# more"
"""The line of requirements.in after which stands what a study runs without."""


def needed() -> list[str]:
    """The packages that a study needs, by their names in requirements.in."""
    lines = (ROOT / "requirements.in").read_text(encoding="utf-8").split(f"{MORE}\n")[0].splitlines()
    return [re.split(r"[~=<>! ]", line)[0] for line in lines if line and not line.startswith("#")]


def version(name: str) -> str:
    """The version of an installed package; '' where it isn't."""
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return ""


def check() -> None:
    """Raise DataError, which names all of them, when packages that a study needs are missing."""
    if missing := [name for name in needed() if not version(name)]:
        raise DataError(
            f"{len(missing)} of the packages that a study needs are missing: {', '.join(missing)}. Install them at the "
            "versions of requirements.lock, or let `make study` set up an environment that has them."
        )
