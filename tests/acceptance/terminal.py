"""A console in a real pseudo-terminal: every byte it wrote, and what a person would see."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path
from select import select
from time import monotonic

import pexpect
import pyte

READ_SECONDS = 0.005
LONGEST_WAIT = 30.0
LOOK_AGAIN = 0.05
"""Seconds after which is looked whether something has come true that no terminal shows."""


class Terminal:
    """One ``crm-tui`` in a terminal of its own."""

    def __init__(
        self,
        *arguments: str,
        folder: Path,
        rows: int = 36,
        columns: int = 120,
        language: str = "en",
        ignore_sighup: bool = False,
    ) -> None:
        environment = {
            **os.environ,
            "TERM": "xterm-256color",
            "COLORTERM": "truecolor",
            "CRM_TUI_CONFIG": str(folder / "config.toml"),
            "CRM_TUI_DATA": str(folder),
            "CRM_TUI_LANG": language,
            "PYTHONDEVMODE": "",
        }
        self.child = pexpect.spawn(
            sys.executable,
            ["-m", "crm_tui.cli.main", *arguments],
            env=environment,
            dimensions=(rows, columns),
            timeout=LONGEST_WAIT,
            ignore_sighup=ignore_sighup,
        )
        self.written = b""
        self.screen = pyte.Screen(columns, rows)
        self._stream = pyte.ByteStream(self.screen)

    def read(self) -> None:
        """Take over what has been written meanwhile."""
        self.show(self.receive())

    def receive(self) -> bytes:
        """What has been written meanwhile, not yet shown."""
        try:
            data: bytes = self.child.read_nonblocking(65536, READ_SECONDS)
        except (pexpect.TIMEOUT, pexpect.EOF):
            return b""
        self.written += data
        return data

    def show(self, data: bytes) -> None:
        """Let the screen show what was received."""
        self._stream.feed(data)

    @property
    def text(self) -> str:
        """What is on the screen; a wide character takes its two cells as one character."""
        return "\n".join(
            "".join(line[column].data for column in range(self.screen.columns))
            for line in (self.screen.buffer[row] for row in range(self.screen.lines))
        )

    def press(self, keys: str) -> None:
        """Type ``keys``."""
        self.child.send(keys)

    def wait(self, holds: Callable[[str], bool], *others: Terminal) -> float:
        """Read until ``holds`` is true of the screen; answers the moment (monotonic) it was."""
        end = monotonic() + LONGEST_WAIT
        terminals = {each.child.child_fd: each for each in (self, *others)}
        while True:
            for written in select(terminals, [], [], LOOK_AGAIN)[0]:
                terminals[written].read()
            if holds(self.text):
                return monotonic()
            assert monotonic() < end, f"it never came:\n{self.text}"

    def wait_for(self, text: str, *others: Terminal) -> float:
        """Read until ``text`` is on the screen."""
        return self.wait(lambda shown: text in shown, *others)

    def close(self) -> int | None:
        """Leave the console with ``q`` and answer its exit code."""
        self.press("q")
        end = monotonic() + LONGEST_WAIT
        while self.child.isalive() and monotonic() < end:
            self.read()
        self.child.close(force=True)
        return self.child.exitstatus
