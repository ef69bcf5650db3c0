"""Runs ``crm-tui`` in processes of their own, forked from one that has imported what they need.

A command spends most of its second on imports; several hundred commands would spend minutes on
them. ``python -m tests.command_server SOCKET`` waits at a socket; each :class:`Request` that comes
with three descriptors is carried out by a fresh child, with those as its standard streams, and
answered with the exit code; killed (-9), where the request says after how long. Nothing is shared
but what was imported: who asks for something else than an ordinary start (limits, a terminal, the
time it takes) starts the program itself.
"""

from __future__ import annotations

import atexit
import gc
import json
import os
import select
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NoReturn

PRELOADED = (
    "rich.console",
    "rich.table",
    "typer",
    "platformdirs",
    "alembic.command",
    "pypinyin",
    "rapidfuzz",
    "python_calamine",
    "sqlmodel",
    "crm_tui.models",
    "crm_tui.cli.main",
    "crm_tui.storage.sqlite",
    "crm_tui.services.upkeep.opening",
    "crm_tui.services.customers.reads",
    "crm_tui.services.orders.actions",
)
"""What is imported once. No file of a command group: their help texts have one language only.
Nor polars: its threads begin with its import and would not be there after a fork."""
READY = b"ready\n"
_LARGEST_REQUEST = 1 << 20


class CommandServer:
    """The server of this test process, started at its first command and ended with it."""

    def __init__(self) -> None:
        folder = tempfile.TemporaryDirectory(prefix="crm-")
        self._path = str(Path(folder.name) / "s")
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.command_server", self._path], stdout=subprocess.PIPE
        )
        atexit.register(self._stop, folder)
        assert self._process.stdout is not None
        assert self._process.stdout.readline() == READY

    def run(
        self,
        words: Sequence[str],
        env: dict[str, str],
        streams: Sequence[int],
        patience: float,
        kill_after: float = 0,
    ) -> int:
        """Run a command with these streams; its exit code, negative where a signal ended it.

        It is killed ``kill_after`` seconds from its start, if that is not 0. Raises
        ``TimeoutError`` for one that takes longer than ``patience`` seconds.
        """
        asked = {
            "words": list(words), "env": env, "folder": str(Path.cwd()), "kill_after": kill_after,
        }  # fmt: skip
        request = json.dumps(asked).encode()
        with socket.socket(socket.AF_UNIX) as connection:
            connection.connect(self._path)
            connection.settimeout(patience)
            socket.send_fds(connection, [len(request).to_bytes(8, "big")], streams)
            connection.sendall(request)
            return int(connection.makefile().readline())

    def _stop(self, folder: tempfile.TemporaryDirectory[str]) -> None:
        self._process.terminate()
        self._process.wait()
        folder.cleanup()


def serve(path: str) -> NoReturn:
    """Answer requests until the process is ended."""
    for name in PRELOADED:
        __import__(name)
    gc.freeze()
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(path)
    listener.listen(64)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    os.write(1, READY)
    while True:
        connection, _address = listener.accept()
        if os.fork() == 0:
            listener.close()
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            _answer(connection)
            os._exit(0)
        connection.close()


def _answer(connection: socket.socket) -> None:
    """Carry out one request and tell the exit code."""
    head, streams, _flags, _address = socket.recv_fds(connection, 8, 3)
    length = int.from_bytes(head, "big")
    content = b""
    while len(content) < length:
        content += connection.recv(min(_LARGEST_REQUEST, length - len(content)))
    request = json.loads(content)
    child = os.fork()
    if child == 0:
        connection.close()
        _become(request, streams)
    ended, _, _ = select.select([os.pidfd_open(child)], [], [], request["kill_after"] or None)
    if not ended:
        os.kill(child, signal.SIGKILL)
    _pid, status = os.waitpid(child, 0)
    connection.sendall(f"{os.waitstatus_to_exitcode(status)}\n".encode())


def _become(request: dict[str, Any], streams: Sequence[int]) -> NoReturn:
    """Be the command."""
    for number, descriptor in enumerate(streams):
        os.dup2(descriptor, number)
        os.close(descriptor)
    os.environ.clear()
    os.environ.update(request["env"])
    os.chdir(request["folder"])
    sys.argv = request["words"]
    time.tzset()
    from crm_tui.cli.main import main

    code: Any = 1
    try:
        main()
    except SystemExit as end:
        code = end.code
    finally:
        atexit._run_exitfuncs()
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code if isinstance(code, int) else 0 if code is None else 1)


if __name__ == "__main__":
    serve(sys.argv[1])
