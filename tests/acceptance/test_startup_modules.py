"""What may be loaded before anybody sees anything: it decides how fast the program starts."""

from __future__ import annotations

import subprocess
import sys

import pytest

HEAVY = {
    "alembic",
    "calamine",
    "fastexcel",
    "plotext",
    "polars",
    "psycopg",
    "pydantic",
    "pypinyin",
    "python_calamine",
    "scipy",
    "sqlalchemy",
    "sqlmodel",
    "xlsxwriter",
}
HELP_MAY_NOT = HEAVY | {"textual", "rich.console", "asyncio"}

HELP = """
from crm_tui.cli.main import main
sys.argv = ["crm-tui", "--help"]
try:
    main()
except SystemExit:
    pass
"""
FIRST_FRAME = """
import crm_tui.cli.console
import crm_tui.app
import crm_tui.screens.board
from crm_tui.config import load_config
load_config()
"""


def loaded_by(program: str) -> set[str]:
    """The modules that ``program`` has loaded when it ends."""
    ended = subprocess.run(
        [sys.executable, "-c", f"import sys\n{program}\nprint('LOADED', *sorted(sys.modules))"],
        check=True,
        capture_output=True,
        text=True,
    )
    return set(ended.stdout.rpartition("LOADED ")[2].split())


def test_help_loads_nothing_heavy() -> None:
    assert loaded_by(HELP) & HELP_MAY_NOT == set()


def test_the_first_frame_waits_for_nothing_heavy() -> None:
    loaded = loaded_by(FIRST_FRAME)
    assert "textual" in loaded, "the check has looked at something else"
    assert loaded & HEAVY == set()


@pytest.mark.parametrize("module", ["sqlmodel", "polars"])
def test_the_check_would_see_a_heavy_module(module: str) -> None:
    assert module in loaded_by(f"import {module}")
