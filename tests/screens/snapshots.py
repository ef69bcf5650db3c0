"""Screens as text that is kept and compared: what changed stands in the diff as one sees it.

``CRM_TUI_SNAPSHOTS=write pytest tests/screens`` writes them anew. The age of the data moves with
the wall clock and is left out, and so is the last line: the keys are the registry's.
"""

from __future__ import annotations

import os
import re
from contextlib import suppress
from pathlib import Path

from textual.pilot import Pilot

from crm_tui.app import ConsoleApp
from tests.screens.console import screen_text, until

FOLDER = Path(__file__).parent / "snapshots"
_AGE = re.compile(r"\d+\.\ds")


def assert_as_kept(app: ConsoleApp, name: str) -> None:
    """The screen looks as it did when the snapshot ``name`` was written."""
    shown = _shown(app)
    if os.environ.get("CRM_TUI_SNAPSHOTS") == "write":
        FOLDER.mkdir(exist_ok=True)
        _file(name).write_text(shown, "utf-8")
    assert shown == _file(name).read_text("utf-8"), f"{name} looks different"


async def comes_to_look_as_kept(app: ConsoleApp, pilot: Pilot[None], name: str) -> None:
    """As :func:`assert_as_kept`, once what has been asked for is painted: a terminal of another
    size is laid out anew bit by bit."""
    if _file(name).exists():
        kept = _file(name).read_text("utf-8")
        with suppress(AssertionError):  # what is different then is told by the next line
            await until(pilot, lambda: _shown(app) == kept)
    assert_as_kept(app, name)


def _shown(app: ConsoleApp) -> str:
    lines = (line.rstrip() for line in screen_text(app).splitlines()[:-1])
    return _AGE.sub("#.#s", "\n".join(lines)) + "\n"


def _file(name: str) -> Path:
    return FOLDER / f"{name}.txt"
