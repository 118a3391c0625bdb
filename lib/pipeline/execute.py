"""Execute one notebook with parameters: whole or not at all, one line in the log, failures kept.

python -m lib execute notebooks/10_text.ipynb OUT.ipynb --parameters '{"seed": 1111}'
"""

# ruff: noqa: E402
from __future__ import annotations

import logging
import os
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

os.environ.setdefault("PYDEVD_DISABLE_FILE_VALIDATION", "1")  # the kernel's debugger warns about frozen modules
# jsonschema's checker of addresses compiles a grammar for seconds; notebooks are checked without it as well.
sys.modules.setdefault("rfc3987_syntax", None)  # type: ignore[arg-type]

import papermill
from nbclient.exceptions import DeadKernelError
from papermill.exceptions import PapermillExecutionError
from traitlets.config import Config

from lib.core import machine
from lib.core.errors import DataError
from lib.core.files import ROOT, locked, read_json, replacing, write_json
from lib.pipeline import budget, bundles
from lib.study import plan
from lib.study.run_kinds import RUN_KINDS
from lib.study.steps import KEY, MACHINES


def execute(source: Path, output: Path, parameters: dict[str, Any], label: str, key: str = "") -> None:
    """Run `source` with `parameters` and put the executed notebook at `output`.

    key: the fingerprint that it was planned with. A notebook whose key has changed when it ends (parameters, data or
    code changed meanwhile) has failed, and so has a run that left a record of anything but what was planned.

    When a cell fails, what was executed so far is kept, with its traceback, as `<output>.failed.ipynb`, and
    SystemExit carries one line that names notebook, error and file, or the kernel when that didn't start or died. One
    process at a time works on an output: a second one waits, since a study that was killed may have left its last
    notebook running.
    """
    failed = output.with_suffix(".failed.ipynb")
    begin = time.monotonic()
    with locked(output.parent / f".{output.stem}.lock"), replacing(output) as temporary:
        try:
            with budget.until_the_deadline():
                _execute(source, temporary, parameters)
        except budget.OutOfTime:
            machine.end_children()
            temporary.unlink(missing_ok=True)
            print(f"left     {label}: the time is over; it goes on from its last checkpoint", flush=True)
            os._exit(budget.LEFT)  # at once: what would clean up after the kernel doesn't expect it to be gone
        except PapermillExecutionError as error:
            os.replace(temporary, failed)
            sys.exit(f"FAILED   {label}: {error.ename}: {_message(error, parameters)}  [see {failed}]")
        except DeadKernelError:
            sys.exit(f"FAILED   {label}: its kernel died while it ran, mostly a sign that memory ran out")
        except RuntimeError as error:
            sys.exit(f"FAILED   {label}: its kernel could not be started: {_one_line(str(error))}")
        _note(temporary, source, output, key)
        if key and (wrong := _deviation(source.stem, parameters, key)):
            os.replace(temporary, failed)
            sys.exit(f"FAILED   {label}: {wrong}  [see {failed}]")
        failed.unlink(missing_ok=True)
    _pack(source.stem, parameters, label)
    print(f"done     {label}  {time.monotonic() - begin:.0f} s", flush=True)


def _pack(notebook: str, parameters: dict[str, Any], label: str) -> None:
    """Put a run that is finished into the study's bundle, where it has one."""
    if notebook in RUN_KINDS and (bundle := bundles.of_environment()):
        try:
            bundle.add(_run(notebook, parameters))
        except DataError as error:
            sys.exit(f"FAILED   {label}: it is finished, and could not be packed: {_one_line(str(error))}")


def _run(notebook: str, parameters: dict[str, Any]) -> plan.Run:
    of_run = {name: value for name, value in parameters.items() if name not in ("study", "out")}
    return plan.Run(plan.load(parameters["study"]), notebook, of_run)


def _deviation(notebook: str, parameters: dict[str, Any], key: str) -> str:
    """How what was executed differs from what was planned with this key; '' if it doesn't."""
    try:
        run = _run(notebook, parameters) if notebook in RUN_KINDS else None
        if (run.key if run else plan.load(parameters["study"]).key(notebook, {})) != key:
            return "parameters, data or code changed while it was under way; start the study again"
        if run:
            run.record()
    except (DataError, OSError) as error:
        return _one_line(str(error))
    return ""


def _execute(source: Path, output: Path, parameters: dict[str, Any]) -> None:
    # Its kernel is spoken to by sockets in a folder that no other user can read, and by no network.
    with tempfile.TemporaryDirectory(prefix="kernel-") as sockets:
        papermill.execute_notebook(
            _literal(source),
            _literal(output),
            parameters,
            kernel_name="python3",
            progress_bar=False,
            log_output=True,
            request_save_on_cell_execute=False,
            start_timeout=300,  # seconds
            config=Config({"KernelManager": {"transport": "ipc", "ip": f"{sockets}/kernel"}}),
        )


def _literal(path: Path) -> str:
    """A path as papermill takes it: to it braces are places for parameters."""
    return str(path).replace("{", "{{").replace("}", "}}")


def _note(executed: Path, source: Path, output: Path, key: str) -> None:
    """Note the key, and only the names of the paths that papermill notes; nor does a warning show anybody's folders."""
    content = read_json(executed)
    for shown in (shown for cell in content["cells"] for shown in cell.get("outputs", [])):
        if shown["output_type"] == "stream":
            shown["text"] = [line.replace(f"{ROOT}/", "") for line in shown["text"]]
    content["metadata"]["papermill"] |= {"input_path": source.name, "output_path": output.name}
    content["metadata"] |= {KEY: key} if key else {}
    write_json(executed, content)


def _message(error: PapermillExecutionError, parameters: dict[str, Any]) -> str:
    """An error's message; of sensitive data only that of our own errors, which hold nothing of it."""
    if error.ename != "DataError" and "study" in parameters and plan.load(parameters["study"]).sensitive:
        return "what it says may hold sensitive data and is not shown here"
    return _one_line(error.evalue)


def _one_line(text: str) -> str:
    return " ".join(text.split())[:600]


def logged(source: Path, output: Path, parameters: dict[str, Any], label: str, key: str = "") -> None:
    """`execute`, with a line before it; the training's rounds that it prints are marked with the run's label."""
    logging.basicConfig(level=logging.WARNING, format=f"  {label}: %(message)s", stream=sys.stdout)
    logger = logging.getLogger("papermill")
    logger.setLevel(logging.INFO)
    logger.addFilter(lambda record: record.getMessage().startswith("step "))
    if source.stem in MACHINES:  # it runs alone
        os.environ[machine.DEVICE_SHARE] = "1"
    if reason := _no_time(source.stem, parameters):
        print(f"left     {label}: {reason}", flush=True)
        sys.exit(budget.LEFT)
    print(f"running  {label}", flush=True)
    execute(source, output, parameters, label, key)


def _no_time(notebook: str, parameters: dict[str, Any]) -> str:
    """Why a notebook isn't begun, if the study's time doesn't suffice for it; '' if it does."""
    if (seconds := budget.remaining()) == float("inf"):
        return ""
    expected = budget.expected_seconds(plan.load(parameters["study"]), notebook)
    return f"it takes about {expected:.0f} s, and {max(seconds, 0):.0f} s are left" if expected >= seconds else ""


def comparison(one: str, other: str) -> Path:
    """Execute chapter 95, two studies side by side; the executed notebook, below the project's folder."""
    out = ROOT / "studies" / "compare" / f"{plan.load(one).name}-{plan.load(other).name}"
    source = plan.notebook("95_compare")
    parameters = {"study": one, "other": other, "out": str(out.relative_to(ROOT))}
    execute(source, out / source.name, parameters, source.stem)
    return (out / source.name).relative_to(ROOT)
