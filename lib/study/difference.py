"""In what two studies' parameters differ, in words."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

FEW = 5
"""Parameters that are named."""
LONGEST = 40
"""Characters of a value that is shown."""


def parameters(there: Mapping[str, Any], here: Mapping[str, Any], unread: Collection[str] = ()) -> str:
    """Such as `training.epochs is 4 there and 3 here`, '' where nothing differs.

    unread: sections and fields that don't count. A parameter that one of them doesn't know differs.
    """
    one, other = _flat(there), _flat(here)
    names = [name for name in one | other if name.split(".")[0] not in unread and one.get(name) != other.get(name)]
    listed = [f"{name} is {_shown(one.get(name))} there and {_shown(other.get(name))} here" for name in names[:FEW]]
    return ", ".join(listed) + (f" and {len(names) - FEW} more" if len(names) > FEW else "")


def _flat(settings: Mapping[str, Any], above: str = "") -> dict[str, Any]:
    """Nested settings by their dotted names."""
    flat: dict[str, Any] = {}
    for name, value in settings.items():
        flat |= _flat(value, f"{above}{name}.") if isinstance(value, Mapping) else {f"{above}{name}": value}
    return flat


def _shown(value: object) -> str:
    return repr(value) if len(repr(value)) <= LONGEST else "another"
