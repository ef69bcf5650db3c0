"""Screens as text that is kept and compared: what changed stands in the diff as one sees it.

``CRM_TUI_SNAPSHOTS=write pytest tests/screens`` writes them anew. The age of the data moves with
the wall clock and is left out, and so is the last line: the keys are the registry's.
"""

from __future__ import annotations

import os
import re
from pathlib import Path

from crm_tui.app import ConsoleApp
from tests.screens.console import screen_text

FOLDER = Path(__file__).parent / "snapshots"
_AGE = re.compile(r"\d+\.\ds")


def assert_as_kept(app: ConsoleApp, name: str) -> None:
    """The screen looks as it did when the snapshot ``name`` was written."""
    lines = (line.rstrip() for line in screen_text(app).splitlines()[:-1])
    shown = _AGE.sub("#.#s", "\n".join(lines)) + "\n"
    file = FOLDER / f"{name}.txt"
    if os.environ.get("CRM_TUI_SNAPSHOTS") == "write":
        FOLDER.mkdir(exist_ok=True)
        file.write_text(shown, "utf-8")
    assert shown == file.read_text("utf-8"), f"{name} looks different"
