"""Twenty SIGKILLs at random moments of the smoke study, each followed by the same command, must end with the bytes of
an undisturbed one.

    python tests/kills.py [KILLS] [SEED]        # some twenty minutes on two cores; prints what it found, exit status 1
    if anything differs

Not a test of the suite, which kills one run (tests/test_study.py). Compared is all that the two studies wrote but
times: tables, queries, predictions, histories, records and weights.
"""

import json
import os
import random
import re
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from whole_studies import copied

TIMES = re.compile(r"second|hours|energy|wh|co2|kwh|environment|resumed|power|time|memory|mib|carbon", re.IGNORECASE)


def project(folder: Path) -> Path:
    copied(folder)
    smoke = folder / "params" / "smoke.yaml"
    smoke.write_text(re.sub(r", 92_speed, 94_gpu_speed", "", smoke.read_text(encoding="utf-8")), encoding="utf-8")
    return folder


def start(folder: Path) -> subprocess.Popen:
    given = {**os.environ, "PYTHONPATH": str(folder), "TORCH_COMPILE_DISABLE": "1"}
    given.pop("HOTEL_SPLITS", None)
    command = [sys.executable, "-m", "lib", "run", "smoke", "--jobs", "2"]
    log = (folder / "log").open("a")
    return subprocess.Popen(command, cwd=folder, stdout=log, stderr=log, env=given, start_new_session=True)


def without_times(value):
    if isinstance(value, dict):
        return {name: without_times(inner) for name, inner in value.items() if not TIMES.search(name)}
    return [without_times(inner) for inner in value] if isinstance(value, list) else value


def content(folder: Path) -> dict[str, object]:
    """All that the study wrote but notebooks and figures, by name, times left out."""
    found: dict[str, object] = {}
    out = folder / "studies" / "smoke"
    for path in sorted(out.rglob("*")):
        name = path.relative_to(out).as_posix()
        if path.suffix == ".json" and path.name == "metrics.json":
            found[name] = without_times(json.loads(path.read_text(encoding="utf-8")))
        elif path.suffix == ".csv":
            rows = [line.split(",") for line in path.read_text(encoding="utf-8").splitlines()]
            kept = [place for place, column in enumerate(rows[0]) if not TIMES.search(column)] if rows else []
            rows = [row for row in rows if not any(TIMES.fullmatch(cell) for cell in row)]  # a metric may be a time
            found[name] = [[row[place] for place in kept if place < len(row)] for row in rows]
        elif path.suffix == ".safetensors":
            found[name] = path.read_bytes()
    return found


def main(kills: int, seed: int) -> int:
    chance = random.Random(seed)
    with tempfile.TemporaryDirectory(prefix="kills ") as folder:
        whole, cut = (project(Path(folder) / name) for name in ("whole", "cut"))
        begin = time.monotonic()
        if start(whole).wait():
            print((whole / "log").read_text())
            return 1
        took, done = time.monotonic() - begin, 0
        while done < kills:
            process = start(cut)
            try:
                process.wait(chance.uniform(2, 1.5 * took / kills + 10))
                break  # it came to its end between two kills
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
                done += 1
        if start(cut).wait():
            print((cut / "log").read_text()[-5000:])
            return 1
        one, two = content(whole), content(cut)
        differing = sorted(name for name in one.keys() | two.keys() if one.get(name) != two.get(name))
        print(
            f"{done} kills (seed {seed}); {len(one)} files of an undisturbed study of {took:.0f} s, "
            f"{len(differing)} differ"
        )
        print(*differing, sep="\n")
        return int(bool(differing))


if __name__ == "__main__":
    arguments = [int(argument) for argument in sys.argv[1:]]
    sys.exit(main(*[*arguments, *(20, 1)[len(arguments) :]]))
