"""Kernels that begin in no time: one process imports what notebooks import, and every notebook's kernel is a fork of
it.

A study is dozens of notebooks, each a process that would spend up to half a minute of a core on importing torch,
Lightning and transformers alone. `Server` is that process; it imports when the first notebook asks. `python -m lib
kernel ask -f FILE` is what Jupyter starts in place of a kernel: it asks the server for one, hands it its own input,
output and environment, and ends when that ends. If there is no server, it becomes an ordinary kernel.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import sys
import tempfile
import threading
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from pathlib import Path

from lib.core.files import ROOT

ADDRESS = "NOTEBOOK_KERNELS"
"""The environment variable with the folder of the server that is to be asked."""
STARTED = b"\xff"
"""What a fork says before anything else; no exit status of it is the same."""
PRELOADED = (
    "lib.runs.attribution",
    "lib.runs.training",
    "lib.pipeline.report",
    "lib.pipeline.figures",
    "ipykernel.kernelapp",
)


@contextmanager
def server(environment: Mapping[str, str]) -> Iterator[dict[str, str]]:
    """A server of kernels, with this environment, for as long as the context lasts; what to add to the environment of
    those that start notebooks. Elsewhere than on Linux nothing: forks of such processes aren't safe there."""
    if sys.platform != "linux":
        yield {}
        return
    import subprocess

    with tempfile.TemporaryDirectory(prefix="kernels-") as folder:
        spec = Path(folder) / "kernels" / "python3" / "kernel.json"
        spec.parent.mkdir(parents=True)
        command = [sys.executable, "-m", "lib", "kernel"]
        started = {
            "argv": [*command, "ask", "-f", "{connection_file}"],
            "display_name": "Python 3",
            "language": "python",
        }
        spec.write_text(json.dumps(started), encoding="utf-8")
        with subprocess.Popen([*command, "serve", folder], env=environment, cwd=ROOT) as process:
            try:
                paths = [folder, *filter(None, [os.environ.get("JUPYTER_PATH")])]
                yield {ADDRESS: folder, "JUPYTER_PATH": os.pathsep.join(paths)}
            finally:
                process.terminate()


def serve(folder: str) -> int:
    """Fork a kernel for everyone who asks, until this process's parent is gone."""
    parent = os.getppid()
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for the forks
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(f"{folder}/socket")
        listening.listen(64)
        listening.settimeout(2)
        while os.getppid() == parent:
            with suppress(TimeoutError):
                asked, _ = listening.accept()
                with closing(asked):
                    if not _preload():
                        return 0
                    if os.fork() == 0:
                        listening.close()
                        _be_kernel(asked)
    return 0


def _preload() -> bool:
    """Import what notebooks import; whether it is safe to fork then: a fork has one thread alone, and would wait for
    ever for what another one holds. Some libraries start threads when they are imported, where they are told to use
    several."""
    import importlib

    os.environ["MPLBACKEND"] = (
        "module://matplotlib_inline.backend_inline"  # as a kernel sets it before anything is imported
    )
    for name in PRELOADED:
        importlib.import_module(name)
    return len(os.listdir("/proc/self/task")) == 1


def _be_kernel(asked: socket.socket) -> None:
    """In a fork: take on the asker's arguments, environment, folder and files, and run a kernel until it is told to end
    or the asker is gone."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    asked.setblocking(True)
    status = 1
    try:
        size = int.from_bytes(_exactly(asked, 8), "big")
        message, files, _, _ = socket.recv_fds(asked, size, 3)
        message += _exactly(asked, size - len(message))
        told = json.loads(message)
        for number, file in enumerate(files):
            os.dup2(file, number)
            os.close(file)
        os.environ.clear()
        os.environ.update(told["environment"])
        os.chdir(told["folder"])
        # Its parent is the server and not Jupyter: it must not end for that, which 1 tells it.
        sys.argv = ["ipykernel_launcher", *told["arguments"], "--IPKernelApp.parent_handle=1"]
        asked.sendall(STARTED)
        threading.Thread(target=_end_with, args=(asked,), daemon=True).start()
        from ipykernel import kernelapp

        kernelapp.launch_new_instance()
        status = 0
    finally:
        with suppress(OSError):
            sys.stdout.flush()
            sys.stderr.flush()
            asked.sendall(bytes([status]))
        os._exit(status)


def _end_with(asked: socket.socket) -> None:
    """What the asker is told of signals is passed on; when it is gone, so is the kernel."""
    while told := asked.recv(1):
        os.kill(os.getpid(), told[0])
    os._exit(1)


def _exactly(asked: socket.socket, count: int) -> bytes:
    found = b""
    while len(found) < count and (more := asked.recv(count - len(found))):
        found += more
    return found


def ask(arguments: list[str]) -> int:
    """Be a kernel's process for Jupyter: have the server fork one, and end as it ends."""
    try:
        server = socket.socket(socket.AF_UNIX)
        server.connect(f"{os.environ[ADDRESS]}/socket")
        told = {"arguments": arguments, "environment": dict(os.environ), "folder": os.getcwd()}
        message = json.dumps(told).encode()
        server.sendall(len(message).to_bytes(8, "big"))
        sent = socket.send_fds(server, [message], [0, 1, 2])
        server.sendall(message[sent:])
        started = server.recv(1) == STARTED
    except (KeyError, OSError):
        started = False
    if not started:
        os.execv(sys.executable, [sys.executable, "-m", "ipykernel_launcher", *arguments])
    signal.signal(signal.SIGINT, lambda number, _: server.sendall(bytes([number])))
    status = server.recv(1)
    return status[0] if status else 1
