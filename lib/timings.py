"""How long the two commands take here, measured and written where they are read: study.json and the README.

python -m lib.timings quick          # `make timings`: after `make study`, runs it again and the tests
"""

from __future__ import annotations

import re
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from lib import study
from lib.files import ROOT, read_json, write_json, write_text

BLOCK = re.compile(r"(<!-- timings -->\n).*?(<!-- end of timings -->)", re.DOTALL)


def readme_block(record: dict[str, Any]) -> str:
    """The README's table of times, from a study's record."""
    rows = [
        (f"`make study` (`{record['study']}`, {record['steps_run']} steps)", record.get("wall_seconds")),
        ("`make study` again, nothing changed", record.get("unchanged_rerun_seconds")),
        ("`make test`", record.get("test_seconds")),
    ]
    lines = [
        f"| {what} | {seconds // 60:.0f} min {seconds % 60:.0f} s |" for what, seconds in rows if seconds is not None
    ]
    environment = record["environment"]
    return "\n".join(
        [f"| on {environment['cores']} cores ({environment['processor']}) | time |", "| --- | --- |", *lines, ""]
    )


def measure(name: str) -> None:
    """Time an unchanged re-run and the tests; write both to the study's record and all times into the README."""
    chosen = study.load(name)
    path = chosen.folder / "study.json"
    subprocess.run([sys.executable, "-m", "lib.graph", name], check=True, cwd=ROOT)
    _write_readme(path)  # the tests compare the two
    begin = time.monotonic()
    subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-n", "2", "--dist", "loadfile", "--no-loadscope-reorder"],
        check=True,
        cwd=ROOT,
    )
    write_json(path, read_json(path) | {"test_seconds": round(time.monotonic() - begin, 1)})
    _write_readme(path)


def _write_readme(path: Path) -> None:
    readme = ROOT / "README.md"
    block = readme_block(read_json(path))
    write_text(readme, BLOCK.sub(lambda found: found[1] + block + found[2], readme.read_text(encoding="utf-8")))


if __name__ == "__main__":
    measure(sys.argv[1])
