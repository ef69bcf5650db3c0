"""``crm-tui`` as people and scripts run it: a process of its own."""

from __future__ import annotations

import json
import os
import pty
import re
import select
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from tests.command_server import CommandServer

CRM_TUI = str(Path(sys.executable).with_name("crm-tui"))
PATIENCE = 60
"""Seconds after which a command counts as hanging."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a command said."""

    code: int
    out: str
    err: str

    @property
    def killed(self) -> bool:
        """Whether it was at work still when it was killed (-9)."""
        return self.code == -signal.SIGKILL

    @property
    def document(self) -> Any:
        """The one JSON document on stdout."""
        return json.loads(self.out)


def arguments(database: object, *words: object) -> list[str]:
    """The command line of ``crm-tui --db DATABASE WORDS…``."""
    return [CRM_TUI, "--db", str(database), *map(str, words)]


def surroundings(**more: str) -> dict[str, str]:
    """The environment of a command: English, and a home that nothing is read from."""
    return os.environ | {"CRM_TUI_LANG": "en", "COLUMNS": "120"} | more


def crm(
    database: object,
    *words: object,
    typed: str = "",
    before: Callable[[], None] | None = None,
    **env: str,
) -> Answer:
    """Run a command to its end, in a process of its own, with ``typed`` on stdin.

    With ``before``, which runs in that process first, the program is started from nothing; else it
    is forked from a process that has its imports behind it (:mod:`tests.command_server`).
    """
    if before is None:
        return _forked(arguments(database, *words), surroundings(**env), typed)
    done = subprocess.run(
        arguments(database, *words),
        env=surroundings(**env),
        input=typed,
        capture_output=True,
        encoding="utf-8",
        timeout=PATIENCE,
        check=False,
        preexec_fn=before,
    )
    return Answer(done.returncode, done.stdout, done.stderr)


def killed(moment: float, database: object, *words: object) -> Answer:
    """Run a command as :func:`crm` does and kill it (-9) after so many seconds: it has its imports
    behind it, so that the kill meets its work. What it had said counts."""
    return _forked(arguments(database, *words), surroundings(), kill_after=moment)


def _forked(
    words: list[str], env: dict[str, str], typed: str = "", kill_after: float = 0
) -> Answer:
    with ExitStack() as files:
        given, out, err = (files.enter_context(tempfile.TemporaryFile()) for _stream in range(3))
        given.write(typed.encode())
        given.seek(0)
        streams = [stream.fileno() for stream in (given, out, err)]
        code = _server().run(words, env, streams, PATIENCE, kill_after)
        said = []
        for stream in (out, err):
            stream.seek(0)
            said.append(stream.read().decode())
    return Answer(code, *said)


@cache
def _server() -> CommandServer:
    return CommandServer()


def assert_clear(answer: Answer, code: int = 1) -> None:
    """Refused in one line on stderr, and nothing else."""
    assert answer.code == code, answer
    assert answer.out == ""
    assert len(answer.err.strip().splitlines()) == 1, answer.err
    assert "Traceback" not in answer.err and "made a mistake" not in answer.err


def assert_clear_json(answer: Answer) -> dict[str, Any]:
    """Refused with one error document on stdout; answers what it says."""
    assert answer.code == 1, answer
    error: dict[str, Any] = answer.document["error"]
    assert error["code"] not in ("", "program"), error
    assert error["message"] and "\n" not in error["message"]
    assert "Traceback" not in answer.err
    return error


def on_terminal(words: Sequence[str], **env: str) -> tuple[int, bytes]:
    """Run a command on a pseudo-terminal; its exit code and every byte that it sent there.

    Ours is forked as by :func:`crm`; any other program is started.
    """
    ours, theirs = pty.openpty()

    def run() -> int:
        try:
            if words[0] == CRM_TUI:
                streams = (theirs, theirs, theirs)
                return _server().run(words, surroundings(**env), streams, PATIENCE)
            return subprocess.run(
                words, env=surroundings(**env), stdin=theirs, stdout=theirs, stderr=theirs,
                timeout=PATIENCE, check=False,
            ).returncode  # fmt: skip
        finally:
            os.close(theirs)

    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(run)
        sent = _read_all(ours)
        code = running.result()
    os.close(ours)
    return code, sent


def _read_all(terminal: int) -> bytes:
    sent = b""
    while select.select([terminal], [], [], PATIENCE)[0]:
        try:
            chunk = os.read(terminal, 65_536)
        except OSError:
            break
        if not chunk:
            break
        sent += chunk
    return sent


_OUR_OWN = re.compile(r"\x1b\[[0-9;]*[mK]")
_ACTING = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]"
)


def acting_characters(sent: bytes) -> list[str]:
    """What in ``sent`` a terminal would act on, other than colours, erased and ended lines."""
    text = sent.decode("utf-8", errors="surrogateescape")
    return [hex(ord(char)) for char in _ACTING.findall(_OUR_OWN.sub("", text))]
