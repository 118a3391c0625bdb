"""YAML files with unique keys, and with numbers and booleans as in YAML 1.2.

PyYAML follows YAML 1.1: it silently takes the last of two equal keys, reads `1e-4` as text, `no`, `off` or a region
called `on` as booleans, and `010` and `12:30` as 8 and 750.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import yaml

from lib.core.errors import DataError


class _Loader(yaml.SafeLoader):  # type: ignore[misc]  # PyYAML has no types
    """PyYAML's safe loader with YAML 1.2's core schema for booleans and floats, and unique keys."""

    def construct_mapping(self, node: Any, deep: bool = False) -> dict[Any, Any]:
        seen: set[str] = set()
        for key, _ in node.value:
            if isinstance(key, yaml.ScalarNode) and key.tag != "tag:yaml.org,2002:merge":
                if key.value in seen:
                    raise yaml.MarkedYAMLError(problem=f"{key.value!r} is there twice", problem_mark=key.start_mark)
                seen.add(key.value)
        mapping: dict[Any, Any] = super().construct_mapping(node, deep)
        return mapping


_FLOAT = r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)"
_DROPPED = tuple(f"tag:yaml.org,2002:{name}" for name in ("bool", "int", "float", "timestamp"))
_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag not in _DROPPED]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
_Loader.add_implicit_resolver(
    "tag:yaml.org,2002:bool", re.compile(r"^(?:true|True|TRUE|false|False|FALSE)$"), list("tTfF")
)
_Loader.add_implicit_resolver(
    "tag:yaml.org,2002:int", re.compile(r"^(?:[-+]?(?:0|[1-9][0-9]*)|0x[0-9a-fA-F]+)$"), list("-+0123456789")
)
_Loader.add_implicit_resolver("tag:yaml.org,2002:float", re.compile(rf"^(?:{_FLOAT})$"), list("-+0123456789."))


def read(path: Path, expected: str) -> dict[str, Any]:
    """The mapping in a YAML file. expected: a clause for errors that says what it should hold.

    Raises DataError, with the line, for a file that can't be read, is no UTF-8 or no YAML, names a key twice, or holds
    something else than a mapping.
    """
    try:
        content = yaml.load(path.read_text(encoding="utf-8-sig"), Loader=_Loader)  # a SafeLoader
    except yaml.MarkedYAMLError as error:
        line = f", line {error.problem_mark.line + 1}" if error.problem_mark else ""
        raise DataError(f"{path}{line}: this is not YAML ({error.problem}); {expected}.") from error
    except (yaml.YAMLError, OSError, UnicodeDecodeError, ValueError, OverflowError, RecursionError) as error:
        kind = type(error).__name__ if isinstance(error, RecursionError) else " ".join(str(error).split())
        raise DataError(f"{path}: this is no YAML file that can be read ({kind}); {expected}.") from error
    if not isinstance(content, dict) or not all(isinstance(key, str) for key in content):
        raise DataError(f"{path}: this is not a YAML mapping of names to values; {expected}.")
    return content
