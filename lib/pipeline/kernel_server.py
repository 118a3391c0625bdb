"""Kernels that start at once: one process imports what notebooks import, and every notebook's kernel is a fork of it.

A study is dozens of notebooks, and each kernel would spend up to half a minute of a core on importing torch, Lightning
and transformers. Here one process, `serve`, imports them when the first notebook asks. Jupyter starts `ask` (`python -m
lib kernel ask -f FILE`) in place of a kernel: it asks the server for a fork, hands it its own input, output and
environment, and ends when that ends. Without a server it becomes an ordinary kernel.
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
"""The environment variable that holds the server's folder."""
STARTED = b"\xff"
"""The first byte that a fork sends; its exit status, sent when it ends, is never this one."""
PRELOADED = (
    "lib.runs.attribution",
    "lib.runs.training",
    "lib.pipeline.report",
    "lib.pipeline.figures",
    "lib.pipeline.interactive",
    "ipykernel.kernelapp",
)


@contextmanager
def server(environment: Mapping[str, str]) -> Iterator[dict[str, str]]:
    """A server of kernels, with this environment, for as long as the context lasts.

    Yields what to add to the environment of those that start notebooks; nothing on systems other than Linux, where
    forks of such processes aren't safe.
    """
    if sys.platform != "linux":
        yield {}
        return
    import subprocess

    with tempfile.TemporaryDirectory(prefix="kernels-") as folder:
        spec = Path(folder) / "kernels" / "python3" / "kernel.json"
        spec.parent.mkdir(parents=True)
        command = [sys.executable, "-m", "lib", "kernel"]
        kernel = {
            "argv": [*command, "ask", "-f", "{connection_file}"],
            "display_name": "Python 3",
            "language": "python",
        }
        spec.write_text(json.dumps(kernel), encoding="utf-8")
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
                client, _ = listening.accept()
                with closing(client):
                    if not _preload():
                        return 0
                    if os.fork() == 0:
                        listening.close()
                        _be_kernel(client)
    return 0


def _preload() -> bool:
    """Import what notebooks import; returns whether it is safe to fork then, that is whether there is one thread.

    A fork has one thread alone, and would wait forever for a lock that another one holds. Some libraries start threads
    when they are imported, where the environment lets them use several.
    """
    import importlib

    # As a kernel sets it before anything is imported.
    os.environ["MPLBACKEND"] = "module://matplotlib_inline.backend_inline"
    for name in PRELOADED:
        importlib.import_module(name)
    return len(os.listdir("/proc/self/task")) == 1


def _be_kernel(client: socket.socket) -> None:
    """In a fork: take on the client's arguments, environment, folder and files, and run a kernel until it is told to
    end or the client is gone."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    client.setblocking(True)
    status = 1
    try:
        size = int.from_bytes(_exactly(client, 8), "big")
        message, files, _, _ = socket.recv_fds(client, size, 3)
        message += _exactly(client, size - len(message))
        request = json.loads(message)
        for number, file in enumerate(files):
            os.dup2(file, number)
            os.close(file)
        os.environ.clear()
        os.environ.update(request["environment"])
        os.chdir(request["folder"])
        # Its parent is the server and not Jupyter: it must not end for that, which 1 tells it.
        sys.argv = ["ipykernel_launcher", *request["arguments"], "--IPKernelApp.parent_handle=1"]
        client.sendall(STARTED)
        threading.Thread(target=_end_with, args=(client,), daemon=True).start()
        from ipykernel import kernelapp

        kernelapp.launch_new_instance()
        status = 0
    finally:
        with suppress(OSError):
            sys.stdout.flush()
            sys.stderr.flush()
            client.sendall(bytes([status]))
        os._exit(status)


def _end_with(client: socket.socket) -> None:
    """Raise the signals that the client passes on; end when it is gone."""
    while number := client.recv(1):
        os.kill(os.getpid(), number[0])
    os._exit(1)


def _exactly(client: socket.socket, count: int) -> bytes:
    """So many bytes, fewer only where the connection ends."""
    received = b""
    while len(received) < count and (more := client.recv(count - len(received))):
        received += more
    return received


def ask(arguments: list[str]) -> int:
    """Be a kernel's process for Jupyter: have the server fork one, and end as it ends."""
    try:
        server = socket.socket(socket.AF_UNIX)
        server.connect(f"{os.environ[ADDRESS]}/socket")
        request = {"arguments": arguments, "environment": dict(os.environ), "folder": os.getcwd()}
        message = json.dumps(request).encode()
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
