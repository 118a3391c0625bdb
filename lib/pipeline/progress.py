"""What a study's steps print while they are executed: shown a line for each that starts, ends or fails, and counted."""

from __future__ import annotations

import re
import subprocess
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence

from lib.core.files import ROOT

_STEPS = re.compile(r"^(\d+) of (\d+) steps")
_SHOWN = ("running ", "FAILED ", "left ")


class Progress:
    """Takes the lines that `lib.pipeline.execute` prints in each step, and prints those that a reader wants to see.

    steps: how many are done; failures: a line for each that failed; other: whatever else was printed.
    """

    def __init__(self) -> None:
        self.steps = 0
        self.failures: list[str] = []
        self.other: list[str] = []
        self._before = ""
        self._ended: list[str] = []
        self._lock = threading.Lock()

    def failed(self, names: Iterable[str]) -> None:
        """Count steps that failed, also those whose process ended without saying so."""
        said = {failure.split(":")[0] for failure in self.failures}
        self.failures += [f"{name}: its process ended without a word" for name in names if name not in said]

    def line(self, text: str) -> None:
        """Take a line. It may be called by several threads."""
        with self._lock:
            self._take(text)

    def _take(self, text: str) -> None:
        if match := _STEPS.match(text):
            self._before = f"[{match[1]}/{match[2]}] "
            for ended in self._ended:
                print(f"{self._before}{ended}", flush=True)
            self._ended.clear()
        elif text.startswith("done "):
            self.steps += 1
            self._ended.append(text)  # shown with the number of steps, which follows it
        elif text.startswith(_SHOWN) or (text.startswith("  ") and not text.startswith("   ")):
            print(f"{self._before}{text}", flush=True)
            if text.startswith("FAILED "):
                self.failures.append(text.removeprefix("FAILED ").strip())
        else:
            self.other.append(text)


def follow(command: Sequence[str], environment: Mapping[str, str], line: Callable[[str], None]) -> int:
    """Run a command in the project's folder, and hand over each line that it prints; its exit status."""
    process = subprocess.Popen(
        command, cwd=ROOT, env=environment, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    assert process.stdout is not None  # a pipe
    for text in process.stdout:
        line(text.rstrip())
    return process.wait()
