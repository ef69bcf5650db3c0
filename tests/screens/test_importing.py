"""``:import`` in the console: the file is completed, tried, shown, brought in, and taken back."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlmodel import func, select

from crm_tui.app import ConsoleApp
from crm_tui.core.language import set_language
from crm_tui.models import Customer
from crm_tui.screens.dialogs.form_dialog import FormDialog
from crm_tui.screens.dialogs.import_verdict import ImportVerdictDialog
from crm_tui.services.imports import large
from crm_tui.services.imports import reads as imports
from crm_tui.storage.store import Store
from tests.screens.console import console, screen_text, settled, toasts, until
from tests.workbooks import csv_file

PEOPLE = [
    ["昵称", "手机", "微信号", "不知道的列"],
    ["安娜", "13800138000", "wx_anna", ""],
    ["安娜小号", "13800138000", "", ""],
    ["坏号码", "1.38E+10", "", ""],
]


@pytest.fixture(autouse=True)
def _english() -> None:
    set_language("en")


def _customers(store: Store) -> int:
    with store.read() as work:
        return int(work.session.exec(select(func.count()).select_from(Customer)).one())


def _shows(app: ConsoleApp, kind: type) -> bool:
    return isinstance(app.screen, kind)


async def test_a_file_is_tried_brought_in_and_taken_back(
    sqlite_store: Store, tmp_path: Path
) -> None:
    file = csv_file(tmp_path / "people.csv", PEOPLE)
    async with console(sqlite_store) as (app, pilot):
        app.screen.run_line(f"import {file}")  # type: ignore[attr-defined]
        await until(pilot, lambda: _shows(app, FormDialog))
        await pilot.press("ctrl+s")
        await until(pilot, lambda: _shows(app, ImportVerdictDialog))
        await settled(pilot)
        shown = screen_text(app)
        assert "1 new · 1 merged · 1 rejected" in shown
        assert "Columns: 昵称, 手机, 微信号" in shown
        assert "不知道的列" in shown
        assert "Row 4" in shown and "digits are lost" in shown
        assert _customers(sqlite_store) == 0

        await pilot.press("enter")
        await until(pilot, lambda: _customers(sqlite_store) == 1)
        await until(pilot, lambda: _shows(app, ImportVerdictDialog))
        await settled(pilot)
        assert "Esc closes" in screen_text(app)

        await pilot.press("escape")
        await settled(pilot)
        await pilot.press("u")
        await until(pilot, lambda: _customers(sqlite_store) == 0)
        await until(pilot, lambda: any("Removed: 1" in said for said in toasts(app)))


async def test_what_is_no_table_is_refused_in_the_form(sqlite_store: Store, tmp_path: Path) -> None:
    file = tmp_path / "nothing.csv"
    file.write_text("once upon a time\nthere was a studio\n")
    async with console(sqlite_store) as (app, pilot):
        app.screen.run_line(f"import {file}")  # type: ignore[attr-defined]
        await until(pilot, lambda: _shows(app, FormDialog))
        await pilot.press("ctrl+s")
        await until(pilot, lambda: "no sheet has a header row" in screen_text(app))
        assert _shows(app, FormDialog)


async def test_a_large_file_comes_in_portions(
    sqlite_store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(large, "LARGE", 100)
    rows = [["昵称", "手机"], *([f"老板{at}", f"13{at:09d}"] for at in range(200))]
    file = csv_file(tmp_path / "many.csv", rows)
    async with console(sqlite_store) as (app, pilot):
        app.screen.run_line(f"import {file}")  # type: ignore[attr-defined]
        await until(pilot, lambda: _shows(app, FormDialog))
        await pilot.press("ctrl+s")
        await until(pilot, lambda: _shows(app, ImportVerdictDialog))
        await pilot.press("enter")
        await until(pilot, lambda: _customers(sqlite_store) == 200)
        await until(pilot, lambda: _shows(app, ImportVerdictDialog))
        await settled(pilot)
        assert "200 new" in screen_text(app)
        with sqlite_store.read() as work:
            (batch,) = imports.batches(work)
        assert (batch.rows_done, batch.state.value) == (200, "done")
