"""From the key to the figures: how long a person waits for the last values and their age."""

from __future__ import annotations

import tempfile
from pathlib import Path
from time import monotonic

from crm_tui.app import UPKEEP_AFTER_SECONDS
from tests.acceptance.terminal import LONGEST_WAIT, Terminal

KEY = "7"
AGE = "as of"
AT_REST = UPKEEP_AFTER_SECONDS + 5
"""Seconds after which a console has done what it does after it came up."""


def opened(database: Path) -> float:
    """Seconds from the key to the arrival of the bytes that show the age of the figures, in a
    console that has come up and was left alone."""
    with tempfile.TemporaryDirectory() as folder:
        console = Terminal("--db", str(database), folder=Path(folder))
        console.child.delaybeforesend = None  # pexpect would wait 50 ms before each key
        try:
            console.wait_for("All keys")
            _left_alone(console)
            return _shown(console)
        finally:
            console.child.close(force=True)


def _left_alone(console: Terminal) -> None:
    begun = monotonic()
    while monotonic() - begun < AT_REST:
        console.read()


def _shown(console: Terminal) -> float:
    begun = monotonic()
    console.press(KEY)
    while monotonic() - begun < LONGEST_WAIT:
        data = console.receive()
        arrived = monotonic()
        console.show(data)
        if AGE in console.text:
            return arrived - begun
    raise TimeoutError(f"{AGE!r} was never shown:\n{console.text}")
